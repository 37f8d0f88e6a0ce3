//! The closed set of conditions, and the facts of a signal that they test.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::deal::Cents;
use crate::domain::signal::{
    About, Asks, MailSaid, PostSaid, Said, SignalDraft, SignalKind, Words,
};
use crate::domain::text::{clean_block, clean_line};

/// The most bytes of a signal's text that are searched for phrases.
const MAX_TEXT_BYTES: usize = 32 * 1024;

/// Conditions on a signal; a field that is empty or none matches anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditions {
    /// Labels, one of which the reply has.
    pub label: Vec<String>,
    /// Classes, one of which the message has.
    pub class: Vec<String>,
    /// The deal's stage is one of these.
    pub stage: Vec<String>,
    /// The contact's stage is one of these.
    pub lifecycle: Vec<String>,
    /// There is a deal, or there is none.
    pub has_deal: Option<bool>,
    /// The deal's amount is at least this, in units.
    pub min_amount: Option<f64>,
    /// The deal's amount is at most this, in units.
    pub max_amount: Option<f64>,
    /// One of these words or phrases stands in the text.
    pub text: Vec<String>,
    /// A buying phrase stands in the text, or none does.
    pub buying_phrase: Option<bool>,
    /// The author is a thought leader, or is none.
    pub thought_leader: Option<bool>,
    /// The post's relevance is known and above this.
    pub relevance_above: Option<f64>,
    /// The post's relevance is known and below this.
    pub relevance_below: Option<f64>,
    /// The post has more engagements than this.
    pub engagement_above: Option<f64>,
    /// Each of these fields of the signal has one of the values.
    pub payload: Vec<(String, Vec<String>)>,
}

/// The facts of a signal that rules can use. [`SignalFacts::of`] reads the signal; the engine adds the records.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalFacts {
    /// The kind of signal.
    pub kind: SignalKind,
    /// The instant of the event.
    pub occurred_at: Timestamp,
    /// The beginning of the meeting of which it speaks.
    pub event_at: Option<Timestamp>,
    /// Its fields, for conditions that name one.
    pub payload: Map<String, Value>,
    /// The move that it asks for.
    pub asks: Asks,
    /// The mail that it came by.
    pub mail: Option<MailSaid>,
    /// The post that it is.
    pub post: PostSaid,
    /// True if there is a deal.
    pub has_deal: bool,
    /// The deal's amount.
    pub amount: Option<Cents>,
    /// The deal's stage.
    pub stage: Option<String>,
    /// The deal's name.
    pub deal: Option<String>,
    /// The contact's stage.
    pub lifecycle: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    words: Words,
    /// The text that is searched for phrases, folded; see [`SignalFacts::set_text`].
    text: String,
}

impl SignalFacts {
    /// Reads the facts in the signal itself.
    #[must_use]
    pub fn of(signal: &SignalDraft) -> Self {
        let About {
            who,
            deal,
            meeting,
            words,
            asks,
        } = signal.about();
        let line = |text: &Option<String>| text.as_deref().map(|t| clean_line(t, 200));
        let mut facts = Self {
            kind: signal.kind(),
            occurred_at: signal.occurred_at,
            event_at: meeting.starts_at,
            payload: signal.payload().clone(),
            asks: asks.clone(),
            mail: signal.said().mail().cloned(),
            post: match signal.said() {
                Said::Post(post) => post.clone(),
                _ => PostSaid::default(),
            },
            has_deal: deal.amount.is_some() || deal.name.is_some() || deal.stage.is_some(),
            amount: deal.amount,
            stage: line(&deal.stage),
            deal: line(&deal.name),
            lifecycle: line(&who.lifecycle),
            company: line(&who.company),
            words: words.clone(),
            text: String::new(),
        };
        facts.set_text(&words.searched());
        facts
    }

    /// Replaces the text that is searched for phrases: of a reply, give what they wrote without the quoted part.
    pub fn set_text(&mut self, text: &str) {
        self.text = fold(&clean_block(text, MAX_TEXT_BYTES));
    }

    /// Returns a value that a title may name.
    pub(super) fn named(&self, name: &str) -> Option<String> {
        let words = &self.words;
        let known = match name {
            "company" => &self.company,
            "deal" => &self.deal,
            "topic" => &words.topic,
            "competitor" => &words.competitor,
            "step" => &words.step,
            "title" => &words.title,
            _ => &None,
        };
        known
            .as_deref()
            .map(|value| clean_line(value, 100))
            .filter(|value| !value.is_empty())
    }

    fn label(&self) -> Option<&'static str> {
        Some(self.mail.as_ref()?.label?.as_str())
    }

    fn class(&self) -> Option<&'static str> {
        Some(self.mail.as_ref()?.class?.as_str())
    }

    fn is_thought_leader(&self) -> bool {
        self.kind == SignalKind::ThoughtLeader || self.post.is_leader
    }

    fn phrase<'a>(&self, phrases: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        phrases
            .into_iter()
            .find(|phrase| contains_phrase(&self.text, &fold(phrase)))
    }

    fn buying_phrase<'a>(&self, phrases: &[&'a str]) -> Option<&'a str> {
        match self.words.is_buying {
            true => Some("buying phrase"),
            false => self.phrase(phrases.iter().copied()),
        }
    }
}

impl Conditions {
    /// Tells whether all conditions hold.
    #[must_use]
    pub fn hold(&self, facts: &SignalFacts, buying_phrases: &[&str]) -> bool {
        let among = |list: &[String], value: Option<&str>| {
            list.is_empty()
                || value.is_some_and(|v| list.iter().any(|item| squeeze(item) == squeeze(v)))
        };
        let above = |limit: Option<f64>, value: Option<f64>| {
            limit.is_none_or(|limit| value.is_some_and(|v| v > limit))
        };
        let relevance = facts.post.relevance;
        among(&self.label, facts.label())
            && among(&self.class, facts.class())
            && among(&self.stage, facts.stage.as_deref())
            && among(&self.lifecycle, facts.lifecycle.as_deref())
            && self.has_deal.is_none_or(|wanted| wanted == facts.has_deal)
            && self
                .min_amount
                .is_none_or(|least| facts.amount.is_some_and(|a| a >= Cents::from_units(least)))
            && self
                .max_amount
                .is_none_or(|most| facts.amount.is_some_and(|a| a <= Cents::from_units(most)))
            && self
                .thought_leader
                .is_none_or(|wanted| wanted == facts.is_thought_leader())
            && above(self.relevance_above, relevance)
            && self
                .relevance_below
                .is_none_or(|limit| relevance.is_some_and(|r| r < limit))
            && above(self.engagement_above, Some(facts.post.engagement))
            && self.payload.iter().all(|(key, values)| {
                let given = facts.payload.get(key).map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                among(values, given.as_deref())
            })
            // The searches in the text come last: they cost the most.
            && (self.text.is_empty() || facts.phrase(self.text.iter().map(String::as_str)).is_some())
            && self
                .buying_phrase
                .is_none_or(|wanted| wanted == facts.buying_phrase(buying_phrases).is_some())
    }

    /// Explains why the conditions hold, naming the matches.
    #[must_use]
    pub fn words(&self, facts: &SignalFacts, buying_phrases: &[&str]) -> String {
        let mut words: Vec<String> = Vec::new();
        let lists = [
            ("label", &self.label, facts.label()),
            ("class", &self.class, facts.class()),
            ("stage", &self.stage, facts.stage.as_deref()),
            ("lifecycle", &self.lifecycle, facts.lifecycle.as_deref()),
        ];
        for (name, list, value) in lists {
            if let (false, Some(value)) = (list.is_empty(), value) {
                words.push(format!("{name} {value}"));
            }
        }
        match self.has_deal {
            Some(true) => words.push("has a deal".into()),
            Some(false) => words.push("has no deal".into()),
            None => {}
        }
        if let (true, Some(amount)) = (
            self.min_amount.is_some() || self.max_amount.is_some(),
            facts.amount,
        ) {
            words.push(format!("amount {}", amount.units()));
        }
        match self.thought_leader {
            Some(true) => words.push("by a thought leader".into()),
            Some(false) => words.push("not by a thought leader".into()),
            None => {}
        }
        if let (true, Some(relevance)) = (
            self.relevance_above.is_some() || self.relevance_below.is_some(),
            facts.post.relevance,
        ) {
            words.push(format!("relevance {relevance}"));
        }
        if let Some(limit) = self.engagement_above {
            words.push(format!(
                "{} engagements, above {limit}",
                facts.post.engagement
            ));
        }
        for (key, _) in &self.payload {
            words.push(format!("field {key}"));
        }
        if let Some(phrase) = facts.phrase(self.text.iter().map(String::as_str)) {
            words.push(format!("\"{phrase}\" in the text"));
        }
        if let (Some(true), Some(phrase)) =
            (self.buying_phrase, facts.buying_phrase(buying_phrases))
        {
            words.push(format!("\"{phrase}\" in the text"));
        }
        words.join(", ")
    }
}

/// Folds a word for comparison: case, spaces, dashes and underscores do not matter ("Contract Sent" is "contractsent").
fn squeeze(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Folds a text for the search of phrases: lower case, single spaces, straight apostrophes.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(
            word.chars()
                .map(|c| if c == '\u{2019}' { '\'' } else { c })
                .flat_map(char::to_lowercase),
        );
    }
    out
}

/// Tells whether a folded phrase stands in a folded text as whole words: "call" is not in "locally".
fn contains_phrase(text: &str, phrase: &str) -> bool {
    if phrase.is_empty() {
        return false;
    }
    text.match_indices(phrase).any(|(at, found)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
