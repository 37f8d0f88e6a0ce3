//! The facts that approval rules can use: a closed table of named, typed values, gathered once for each decision and stored with it.

use serde_json::{Map, Value as Json};

use crate::domain::nearest;
use crate::domain::text::clean_line;

/// The type of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A text.
    Text,
}

impl Kind {
    /// Returns the kind with its article, for sentences.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
        }
    }
}

/// A value of a variable.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Unknown.
    #[default]
    Unknown,
    /// True or false.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::Unknown
        }
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Into::into)
    }
}

macro_rules! variables {
    ($( $variant:ident = $group:literal . $name:literal, $kind:ident, $ages:literal, $doc:literal; )*) => {
        /// A variable for rules.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Variable {
            $( #[doc = $doc] $variant, )*
        }

        impl Variable {
            /// Every variable, in the order of the table in the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the group, such as `contact`.
            #[must_use]
            pub const fn group(self) -> &'static str {
                match self { $(Self::$variant => $group,)* }
            }

            /// Returns the name within the group.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the kind of its value.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// Tells whether it changes by time alone, so that a new value of it is not news.
            #[must_use]
            pub const fn ages(self) -> bool {
                match self { $(Self::$variant => $ages,)* }
            }

            /// Returns its meaning, in one line.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

variables! {
    ContactKnown = "contact"."known", Flag, false, "Whether there is a person with an address to write to.";
    ContactName = "contact"."name", Text, false, "Given and family name.";
    ContactEmail = "contact"."email", Text, false, "The address, in lower case.";
    ContactEmailDomain = "contact"."domain", Text, false, "What follows the @ of the address.";
    ContactFreeMail = "contact"."free_mail", Flag, false, "Whether that is a domain that anybody can have an address at, such as gmail.com.";
    ContactTitle = "contact"."title", Text, false, "The job title.";
    ContactStage = "contact"."stage", Text, false, "subscriber, lead, opportunity, customer, former_customer, other or do_not_contact.";
    ContactCountry = "contact"."country", Text, false, "The country, as written.";
    ContactFit = "contact"."icp_fit", Number, false, "How well the person fits, 0 to 1: the person's own figure, else the firm's.";
    ContactSuppressed = "contact"."suppressed", Flag, false, "Whether the address or its domain is suppressed, or a move asks whether they opted out.";
    ContactPaused = "contact"."paused", Flag, false, "Whether an out-of-office note asks for silence until later.";
    CompanyName = "company"."name", Text, false, "The firm's name.";
    CompanyDomain = "company"."domain", Text, false, "The firm's own domain.";
    CompanyFit = "company"."icp_fit", Number, false, "How well the firm fits, 0 to 1.";
    CompanyLogo = "company"."is_logo", Flag, false, "Whether the firm's name alone is worth something.";
    CompanyPartner = "company"."is_partner", Flag, false, "Whether the firm is a partner.";
    CompanyVerified = "company"."domain_verified", Flag, false, "Whether the address is at the firm's own domain, which is no free-mail domain, and nothing to it bounced.";
    DealExists = "deal"."exists", Flag, false, "Whether the move is about a deal.";
    DealAmount = "deal"."amount", Number, false, "The deal's amount, in whole units of its currency.";
    DealCurrency = "deal"."currency", Text, false, "The deal's currency, such as USD.";
    DealStage = "deal"."stage", Text, false, "The deal's stage, as its pipeline names it.";
    DealClosed = "deal"."is_closed", Flag, false, "Whether the deal is won or lost.";
    DealWon = "deal"."is_won", Flag, false, "Whether the deal is won.";
    DealRenewalDays = "deal"."days_to_renewal", Number, true, "Whole days until the deal is to be renewed.";
    ThreadLabel = "thread"."label", Text, false, "What their mail that the move answers says, such as interested.";
    ThreadConfidence = "thread"."label_confidence", Number, false, "How sure that label is, 0 to 1.";
    ThreadCheck = "thread"."check_label", Flag, false, "Whether that label is too unsure to act on.";
    ThreadInboundDays = "thread"."days_since_inbound", Number, true, "Whole days since their last mail.";
    ThreadOutboundDays = "thread"."days_since_outbound", Number, true, "Whole days since your last mail to them.";
    ThreadUnanswered = "thread"."unanswered", Number, false, "Mails that left to them since they last answered.";
    DraftMade = "draft"."made", Flag, false, "Whether there is a draft.";
    DraftProblem = "draft"."problem", Text, false, "Why there can be none.";
    DraftTemplate = "draft"."template", Text, false, "The template's name.";
    DraftSubject = "draft"."subject", Text, false, "The subject.";
    DraftText = "draft"."text", Text, false, "The text.";
    DraftWords = "draft"."words", Number, false, "How many words the text has.";
    DraftReply = "draft"."is_reply", Flag, false, "Whether it continues a thread.";
    DraftEdited = "draft"."edited", Flag, false, "Whether it holds words of your own.";
    DraftRecipients = "draft"."recipients", Number, false, "How many addresses it goes to.";
    DraftUnfilled = "draft"."unfilled", Text, false, "What in it looks like a gap that nobody filled, such as `[NAME]`; empty if nothing does.";
    HistoryMails = "history"."mails_sent", Number, false, "Mails of yours that ever went to the person.";
    HistoryReplies = "history"."replies", Number, false, "Answers of theirs, written by a human.";
    HistoryReplyDays = "history"."days_since_reply", Number, true, "Whole days since the last of them.";
    HistoryGood = "history"."good_outcomes", Number, false, "Replies, positive responses and meetings booked or held.";
    HistoryBad = "history"."bad_outcomes", Number, false, "Bounces, opt-outs, negative responses and missed meetings.";
    HistoryBounces = "history"."bounces", Number, false, "Mails to them that bounced.";
    HistoryOptOuts = "history"."opt_outs", Number, false, "Times they asked not to be written to.";
    HistoryLastLabel = "history"."last_label", Text, false, "What the last thing that they wrote says, such as complaint.";
    HistoryLastCheck = "history"."check_last_label", Flag, false, "Whether that label is too unsure to act on.";
    HistoryAttempts = "history"."attempts", Number, false, "Approvals that this very move had before.";
    TimeHour = "time"."hour", Number, true, "The hour where the person is, 0 to 23.";
    TimeWeekday = "time"."weekday", Text, true, "mon, tue, wed, thu, fri, sat or sun, where the person is.";
    TimeWeekend = "time"."is_weekend", Flag, true, "Whether it is Saturday or Sunday there.";
    MoveAction = "move"."action", Text, false, "What the move does, such as reply or send_email.";
    MoveDomain = "move"."domain", Text, false, "sales, marketing or cs.";
    MoveRule = "move"."rule", Text, false, "The id of the rule that made the move.";
    MoveSignal = "move"."signal", Text, false, "The kind of the signal behind it, such as form.submitted.";
    MoveScore = "move"."score", Number, true, "The APS, 0 to 100.";
    MoveRevenue = "move"."revenue", Number, false, "Its revenue component, 0 to 1.";
    MoveStrategic = "move"."strategic", Number, false, "Its strategic component, 0 to 1.";
    MoveAgeHours = "move"."age_hours", Number, true, "Whole hours since it came up.";
    MoveOverdue = "move"."is_overdue", Flag, true, "Whether its due time has passed.";
    MoveByHand = "move"."by_hand", Flag, false, "Whether only you can do it, as with a call.";
    EngineMode = "engine"."mode", Text, false, "draft, dry-run or live.";
    EngineStopped = "engine"."stopped", Flag, false, "Whether the kill switch is on.";
    EngineMaxRecipients = "engine"."max_recipients", Number, false, "approval.max_recipients of the configuration.";
}

impl Variable {
    /// Finds a variable by its full name.
    #[must_use]
    pub fn find(group: &str, name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|v| v.group() == group && v.name() == name)
    }

    /// Returns the nearest variable to an unknown name, as an ending of a sentence.
    #[must_use]
    pub fn hint(full_name: &str) -> String {
        let all: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
        nearest(full_name, all.iter().map(String::as_str)).map_or_else(
            || "; `caseyos rules variables` lists all".to_owned(),
            |meant| format!("; did you mean {meant}?"),
        )
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.group(), self.name())
    }
}

/// The values of all variables for one move at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    values: Vec<Value>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            values: vec![Value::Unknown; Variable::ALL.len()],
        }
    }
}

impl Facts {
    /// Returns the facts that a test case starts from: a person mailed before, a clean draft to one address, and live mode.
    #[must_use]
    pub fn of_a_plain_case() -> Self {
        let mut facts = Self::default();
        for flag in [
            Variable::ContactSuppressed,
            Variable::ContactPaused,
            Variable::ThreadCheck,
            Variable::HistoryLastCheck,
            Variable::DraftEdited,
            Variable::MoveByHand,
            Variable::EngineStopped,
        ] {
            facts.set(flag, false);
        }
        facts.set(Variable::ContactKnown, true);
        facts.set(Variable::DraftMade, true);
        facts.set(Variable::DraftRecipients, 1_u32);
        facts.set(Variable::DraftUnfilled, "");
        facts.set(Variable::HistoryMails, 1_u32);
        facts.set(Variable::HistoryOptOuts, 0_u32);
        facts.set(Variable::HistoryAttempts, 0_u32);
        facts.set(Variable::EngineMode, "live");
        facts.set(Variable::EngineMaxRecipients, 1_u32);
        facts
    }

    /// Sets a value.
    pub fn set(&mut self, variable: Variable, value: impl Into<Value>) {
        if let Some(slot) = self.values.get_mut(variable as usize) {
            *slot = value.into();
        }
    }

    /// Returns a value.
    #[must_use]
    pub fn get(&self, variable: Variable) -> &Value {
        self.values
            .get(variable as usize)
            .unwrap_or(&Value::Unknown)
    }

    /// Returns a flag; none if it is not known.
    #[must_use]
    pub fn flag(&self, variable: Variable) -> Option<bool> {
        match self.get(variable) {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// Returns a number; none if it is not known.
    #[must_use]
    pub fn number(&self, variable: Variable) -> Option<f64> {
        match self.get(variable) {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns a text; none if it is not known.
    #[must_use]
    pub fn text(&self, variable: Variable) -> Option<&str> {
        match self.get(variable) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the known values as an object of groups, in a fixed order; on request without those that time alone changes.
    #[must_use]
    pub fn to_json(&self, with_ageing: bool) -> Json {
        let mut groups = Map::new();
        for variable in Variable::ALL {
            if variable.ages() && !with_ageing {
                continue;
            }
            let value = match self.get(*variable) {
                Value::Unknown => continue,
                Value::Flag(flag) => Json::Bool(*flag),
                Value::Number(number) => whole_or_not(*number),
                Value::Text(text) => Json::String(text.clone()),
            };
            let group = groups
                .entry(variable.group())
                .or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(group) = group {
                group.insert(variable.name().to_owned(), value);
            }
        }
        Json::Object(groups)
    }

    /// Reads values from an object of groups.
    ///
    /// # Errors
    /// Names a key that is not a variable, or whose value is of another type.
    pub fn take_json(&mut self, json: &Json) -> Result<(), String> {
        let Json::Object(groups) = json else {
            return Err("facts are an object of groups, such as {\"contact\": {…}}".into());
        };
        for (group, values) in groups {
            let Json::Object(values) = values else {
                return Err(format!("{} is not an object", clean_line(group, 60)));
            };
            for (name, value) in values {
                let full = clean_line(&format!("{group}.{name}"), 80);
                let Some(variable) = Variable::find(group, name) else {
                    return Err(format!(
                        "there is no variable {full}{}",
                        Variable::hint(&full)
                    ));
                };
                let value = match (variable.kind(), value) {
                    (_, Json::Null) => Value::Unknown,
                    (Kind::Flag, Json::Bool(flag)) => Value::Flag(*flag),
                    (Kind::Number, Json::Number(n)) => n.as_f64().into(),
                    (Kind::Text, Json::String(text)) => Value::Text(text.clone()),
                    (kind, _) => {
                        return Err(format!("{full} must be {}", kind.with_article()));
                    }
                };
                self.set(variable, value);
            }
        }
        Ok(())
    }
}

/// Writes a whole number without a fraction, so that equal values have equal words.
fn whole_or_not(number: f64) -> Json {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only whole numbers within 2^53 are cast"
    )]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Json::from(number as i64)
    } else {
        Json::from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_stored_is_read_back_as_it_was() {
        let mut facts = Facts::of_a_plain_case();
        facts.set(Variable::ContactFit, 0.85);
        facts.set(Variable::ContactName, "Ann \"A\" Ó\u{202e}");
        facts.set(Variable::TimeHour, 9_u32);
        let mut again = Facts::default();
        again.take_json(&facts.to_json(true)).unwrap();
        assert_eq!(again, facts);
        assert_eq!(facts.to_json(false)["time"], Json::Null);
    }

    #[test]
    fn what_is_no_variable_or_has_another_kind_is_named() {
        let check = |json: Json, expect: &str| {
            let error = Facts::default().take_json(&json).unwrap_err();
            assert!(error.contains(expect), "{error}");
        };
        check(
            json!({"contact": {"stgae": "lead"}}),
            "did you mean contact.stage?",
        );
        check(
            json!({"contact": {"stage": 4}}),
            "contact.stage must be a text",
        );
        check(json!({"contact": "lead"}), "contact is not an object");
        check(json!([1]), "object of groups");
    }
}
