//! Mail templates: a subject in front matter, a plain-text body, and variables that must be there.
//!
//! ```text
//! ---
//! subject: Your note to {{ operator.company|default("us") }}
//! ---
//! Hi {{ first_name|default("there") }},
//! ...
//! ```
//!
//! A variable without a value and without a `default` is an error before anything is sent, never a hole in the text. Values are
//! data: they are cleaned, and a template in a value is never run. A name that no template can know is refused when it is loaded.

mod bounds;
mod context;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use bounds::{FUEL, Limited, MAX_BODY_BYTES, MAX_DEPTH, MAX_SUBJECT_CHARS, excess};
pub use bounds::{MAX_OWN_TEMPLATES, MAX_TEMPLATE_BYTES};
pub use context::{Context, DealFacts, KNOWN, MeetingFacts, OnboardingFacts, OperatorFacts};

use super::action::ActionKind;
use super::nearest;
use super::text::clean_line;

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/templates/", $name, ".j2")))),*]
    };
}

/// The built-in templates by name.
pub const BUILTIN: &[(&str, &str)] = builtin![
    "book_meeting",
    "check_in",
    "contract_follow_up",
    "deal_follow_up",
    "deal_outreach",
    "email_follow_up",
    "form_follow_up",
    "meeting_follow_up",
    "onboarding_follow_up",
    "onboarding_kickoff",
    "proposal_expiring",
    "renewal_outreach",
    "reply",
    "reply_complaint",
    "reply_interested",
    "reply_meeting_confirmed",
    "reply_meeting_request",
    "reply_not_interested",
    "reply_not_now",
    "reply_objection",
    "reply_question",
    "reply_referral",
    "reply_wrong_person",
    "reschedule",
    "reschedule_declined",
    "send_email",
    "send_proposal",
    "thread_bump",
];

/// Returns the names of the built-in templates.
#[must_use]
pub fn builtin_names() -> Vec<&'static str> {
    BUILTIN.iter().map(|(name, _)| *name).collect()
}

/// Returns the template of an action where no rule names one; none for an action that sends no mail.
#[must_use]
pub const fn default_for(action: ActionKind) -> Option<&'static str> {
    match action {
        ActionKind::SendEmail
        | ActionKind::Reply
        | ActionKind::EmailFollowUp
        | ActionKind::ThreadBump
        | ActionKind::BookMeeting
        | ActionKind::MeetingFollowUp
        | ActionKind::Reschedule
        | ActionKind::SendProposal
        | ActionKind::ContractFollowUp
        | ActionKind::DealOutreach
        | ActionKind::CheckIn
        | ActionKind::RenewalOutreach
        | ActionKind::OnboardingKickoff
        | ActionKind::OnboardingFollowUp => Some(action.as_str()),
        ActionKind::ScheduleMeeting => Some("book_meeting"),
        ActionKind::PrepMeeting
        | ActionKind::PrepPresentation
        | ActionKind::ReviewDeal
        | ActionKind::LogCall
        | ActionKind::ConnectLinkedin
        | ActionKind::WinLossAnalysis
        | ActionKind::ContentRepurpose
        | ActionKind::SocialPost
        | ActionKind::SocialReply
        | ActionKind::NewsletterDraft
        | ActionKind::AssetCreate
        | ActionKind::ReviewBattleCard
        | ActionKind::HealthCheck
        | ActionKind::RiskEscalation
        | ActionKind::CreateTask
        | ActionKind::CompleteTask
        | ActionKind::UpdateDealStage
        | ActionKind::UpdateContact
        | ActionKind::UpdateCrm
        | ActionKind::AddNote
        | ActionKind::MergeContacts
        | ActionKind::EnrichContact
        | ActionKind::DataCleanup
        | ActionKind::ConfirmOptOut
        | ActionKind::NoteOptOut
        | ActionKind::AnswerDemand => None,
    }
}

/// A message as a template makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One clean line.
    pub subject: String,
    /// Plain text with `\n` line ends, ending in one.
    pub body: String,
}

/// An error in loading or rendering a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is none of that name.
    #[error("there is no template \"{name}\"{}", suggested(.suggestion))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name, if one is near.
        suggestion: Option<String>,
    },
    /// The text is not a template.
    #[error("template \"{template}\", line {line}: {message}")]
    Syntax {
        /// The template's name.
        template: String,
        /// From 1, counted with the front matter.
        line: usize,
        /// The mistake.
        message: String,
    },
    /// An unknown variable.
    #[error("template \"{template}\" names \"{variable}\", which is not known{}", suggested(.suggestion))]
    UnknownVariable {
        /// The template's name.
        template: String,
        /// The variable.
        variable: String,
        /// The nearest known one, if one is near.
        suggestion: Option<String>,
    },
    /// A variable has no value here and the template no default for it.
    #[error(
        "template \"{template}\", line {line}: {variable} has no value here; give it one, or write {variable}|default(\"…\")"
    )]
    MissingVariable {
        /// The template's name.
        template: String,
        /// The variable.
        variable: String,
        /// From 1, counted with the front matter.
        line: usize,
    },
    /// It does more than a mail needs: loops within loops, or text that grows.
    #[error(
        "template \"{template}\", line {line}: it takes too much work to write this mail; take out loops within loops and text that repeats itself"
    )]
    TooMuch {
        /// The template's name.
        template: String,
        /// From 1, counted with the front matter; the line at which it was given up.
        line: usize,
    },
    /// A message that must not be sent as it is.
    #[error("template \"{template}\" makes a message that must not go out: {reason}")]
    Refused {
        /// The template's name.
        template: String,
        /// The fault of the message.
        reason: &'static str,
    },
}

fn suggested(word: &Option<String>) -> String {
    word.as_ref()
        .map_or_else(String::new, |word| format!("; did you mean \"{word}\"?"))
}

/// The templates that are there: the built-in ones and the operator's, which override by name.
#[derive(Debug)]
pub struct Templates {
    env: Environment<'static>,
    /// By name: the lines of the file on which the subject and the body begin.
    lines: BTreeMap<String, (usize, usize)>,
    /// By name: the mistakes of those that were left out.
    broken: BTreeMap<String, TemplateError>,
}

/// A template of the operator: its name, and its text or the reason why it cannot be had.
pub type OwnTemplate = (String, Result<String, String>);

impl Templates {
    /// Loads the built-in templates alone. They are checked by a test.
    #[must_use]
    pub fn builtin() -> Self {
        Self::load(&[]).0
    }

    /// Loads the built-in templates and then the operator's, given as name and text. A template with a mistake, or whose text could not be had, is left out and
    /// reported, together with all others; the built-in one of its name does not stand in for it.
    #[must_use]
    pub fn load(own: &[OwnTemplate]) -> (Self, Vec<TemplateError>) {
        let mut env = Environment::empty();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        // Without this an error in a release build does not know the variable's name.
        env.set_debug(true);
        env.set_fuel(Some(FUEL));
        env.set_recursion_limit(MAX_DEPTH);
        add_filters(&mut env);
        let mut templates = Self {
            env,
            lines: BTreeMap::new(),
            broken: BTreeMap::new(),
        };
        let mut errors = Vec::new();
        // Those of the program are checked by its tests and not at every start.
        let builtin = BUILTIN.iter().map(|(n, t)| (*n, Ok(*t), false));
        let own = own.iter().map(|(n, t)| (n.as_str(), t.as_deref(), true));
        for (name, text, checked) in builtin.chain(own) {
            templates.remove(name);
            let text = text.map_err(|why: &String| TemplateError::Syntax {
                template: name.to_owned(),
                line: 1,
                message: format!("it cannot be read: {why}"),
            });
            let added = text
                .and_then(|text| templates.add(name, text))
                .and_then(|()| {
                    if checked {
                        templates.check(name)
                    } else {
                        Ok(())
                    }
                });
            if let Err(error) = added {
                templates.remove(name);
                templates.broken.insert(name.to_owned(), error.clone());
                errors.push(error);
            }
        }
        (templates, errors)
    }

    /// Returns the names in order, those with a mistake too: a rule may name them, and the mistake is said where one is used.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self
            .lines
            .keys()
            .chain(self.broken.keys())
            .map(String::as_str)
            .collect();
        all.into_iter().collect()
    }

    /// Returns the mistakes of the templates that cannot be used.
    pub fn mistakes(&self) -> impl Iterator<Item = &TemplateError> {
        self.broken.values()
    }

    /// Tells whether there is a template of that name that can be used.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.lines.contains_key(name)
    }

    /// Renders the template `name` with `context`.
    ///
    /// # Errors
    /// Names the template and the variable without a value, its mistake, or the reason that the message must not go out. One that works
    /// too long or writes too much is given up.
    pub fn render(&self, name: &str, context: &Context) -> Result<Rendered, TemplateError> {
        if let Some(mistake) = self.broken.get(name) {
            return Err(mistake.clone());
        }
        let Some((subject_line, body_line)) = self.lines.get(name).copied() else {
            return Err(TemplateError::Unknown {
                name: clean_line(name, 60),
                suggestion: nearest(name, self.names()).map(str::to_owned),
            });
        };
        let values = context.values();
        let subject = self.part(&subject_of(name), name, &values, subject_line)?;
        let body = self.part(name, name, &values, body_line)?;
        let rendered = Rendered {
            subject: clean_line(&subject, MAX_SUBJECT_CHARS),
            body: tidy(&body),
        };
        match fault(&rendered) {
            Some(reason) => Err(TemplateError::Refused {
                template: name.to_owned(),
                reason,
            }),
            None => Ok(rendered),
        }
    }

    fn part(
        &self,
        part: &str,
        name: &str,
        values: &Value,
        first_line: usize,
    ) -> Result<String, TemplateError> {
        let mut out = Limited::default();
        let done = self.env.get_template(part).and_then(|template| {
            template
                .render_captured_to(values.clone(), &mut out)
                .map(drop)
        });
        match (done, out.is_full()) {
            (_, true) => Err(TemplateError::Refused {
                template: name.to_owned(),
                reason: TOO_LONG,
            }),
            (Err(error), false) => Err(explain(&error, name, first_line)),
            (Ok(()), false) => Ok(out.into_text()),
        }
    }

    fn remove(&mut self, name: &str) {
        self.env.remove_template(name);
        self.env.remove_template(&subject_of(name));
        self.lines.remove(name);
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), TemplateError> {
        let wrong = |line: usize, message: &str| TemplateError::Syntax {
            template: name.to_owned(),
            line,
            message: message.to_owned(),
        };
        if text.len() as u64 > MAX_TEMPLATE_BYTES {
            return Err(wrong(1, "the template is larger than 64 KB"));
        }
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let parts = split(&text).map_err(|(line, message)| wrong(line, &message))?;
        if let Some(offset) = excess(&text) {
            let line = text
                .get(..offset)
                .map_or(1, |t| t.matches('\n').count() + 1);
            return Err(wrong(line, "a tag is too long, or there are more than 300"));
        }
        let sections = [
            (subject_of(name), parts.subject, parts.subject_line),
            (name.to_owned(), parts.body, parts.body_line),
        ];
        for (section, source, line) in sections {
            self.env
                .add_template_owned(section, source)
                .map_err(|error| explain(&error, name, line))?;
        }
        let lines = (parts.subject_line, parts.body_line);
        self.lines.insert(name.to_owned(), lines);
        Ok(())
    }

    /// Looks for names that cannot be known, and for filters that do not exist: these show only when a template runs, so it is tried
    /// with a value for everything.
    fn check(&self, name: &str) -> Result<(), TemplateError> {
        let (subject_line, body_line) = self.lines.get(name).copied().unwrap_or((1, 1));
        let sections = [
            (subject_of(name), subject_line),
            (name.to_owned(), body_line),
        ];
        let mut used = BTreeSet::new();
        for (section, line) in &sections {
            let template = self
                .env
                .get_template(section)
                .map_err(|error| explain(&error, name, *line))?;
            used.extend(template.undeclared_variables(true));
            if bounds::builds_of_values(&template) {
                return Err(TemplateError::Syntax {
                    template: name.to_owned(),
                    line: *line,
                    message: "a list or a map may hold fixed values only, no variables".to_owned(),
                });
            }
        }
        if let Some(variable) = used.into_iter().find(|v| !context::is_known(v)) {
            return Err(TemplateError::UnknownVariable {
                template: name.to_owned(),
                suggestion: nearest(&variable, KNOWN.iter().map(|(n, _)| *n)).map(str::to_owned),
                variable,
            });
        }
        let values = context::sample();
        for (section, line) in &sections {
            match self.part(section, name, &values, *line) {
                // A form may have fields that only the operator knows of.
                Ok(_) | Err(TemplateError::MissingVariable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

const TOO_LONG: &str = "it is longer than 256 KB";

fn subject_of(name: &str) -> String {
    format!("{name} (subject)")
}

struct Parts {
    subject: String,
    subject_line: usize,
    body: String,
    body_line: usize,
}

/// Splits front matter and body, naming the line of a mistake.
fn split(text: &str) -> Result<Parts, (usize, String)> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line.trim_end()) != Some("---") {
        return Err((
            1,
            "a template begins with ---, a line \"subject: ...\" and --- again".into(),
        ));
    }
    let mut subject = None;
    for (i, line) in lines.by_ref() {
        let number = i + 1;
        if line.trim_end() == "---" {
            let Some((subject, subject_line)) = subject else {
                return Err((number, "the front matter has no subject".into()));
            };
            let body: String = lines.flat_map(|(_, line)| [line, "\n"]).collect();
            if body.trim().is_empty() {
                return Err((number, "the template has no body".into()));
            }
            return Ok(Parts {
                subject,
                subject_line,
                body,
                body_line: number + 1,
            });
        }
        if line.trim().is_empty() {
            continue;
        }
        match line.split_once(':').map(|(k, v)| (k.trim(), v.trim())) {
            Some(("subject", "")) => return Err((number, "the subject is empty".into())),
            Some(("subject", _)) if subject.is_some() => {
                return Err((number, "there is a second subject".into()));
            }
            Some(("subject", value)) => subject = Some((unquoted(value).to_owned(), number)),
            Some((key, _)) => {
                return Err((
                    number,
                    format!(
                        "unknown key \"{}\" in the front matter; it has only subject",
                        clean_line(key, 60)
                    ),
                ));
            }
            None => return Err((number, "the front matter has only \"key: value\"".into())),
        }
    }
    Err((1, "the front matter does not end with ---".into()))
}

/// Takes off the quotes that stand around a whole subject, as in YAML, but not those within it.
fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|v| v.strip_suffix('"'))
        .filter(|v| !v.is_empty() && !v.starts_with("\" ") && v.matches('"').count() % 2 == 0)
        .unwrap_or(value)
}

fn explain(error: &minijinja::Error, name: &str, first_line: usize) -> TemplateError {
    let line = error.line().unwrap_or(1) + first_line - 1;
    if is_out_of_fuel(error) {
        return TemplateError::TooMuch {
            template: name.to_owned(),
            line,
        };
    }
    if error.kind() == ErrorKind::UndefinedError {
        // The library says "`deal.name` is undefined".
        let variable = error
            .detail()
            .and_then(|detail| detail.split('`').nth(1))
            .unwrap_or("a variable");
        return TemplateError::MissingVariable {
            template: name.to_owned(),
            variable: clean_line(variable, 80),
            line,
        };
    }
    let message = match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    };
    TemplateError::Syntax {
        template: name.to_owned(),
        line,
        message: clean_line(&message, 200),
    }
}

/// Tells whether a template was given up for its work. The error may be that of an included template, beneath others.
fn is_out_of_fuel(error: &minijinja::Error) -> bool {
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        if error
            .downcast_ref::<minijinja::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::OutOfFuel)
        {
            return true;
        }
        next = error.source();
    }
    false
}

fn add_filters(env: &mut Environment<'static>) {
    env.add_filter("default", minijinja::filters::default);
    env.add_filter("d", minijinja::filters::default);
    env.add_filter("lower", minijinja::filters::lower);
    env.add_filter("upper", minijinja::filters::upper);
    env.add_filter("title", minijinja::filters::title);
    env.add_filter("capitalize", minijinja::filters::capitalize);
    env.add_filter("trim", minijinja::filters::trim);
    env.add_filter("replace", minijinja::filters::replace);
    env.add_filter("join", minijinja::filters::join);
    env.add_filter("first", minijinja::filters::first);
    env.add_filter("last", minijinja::filters::last);
    env.add_filter("length", minijinja::filters::length);
    env.add_filter("re", |subject: String| reply_subject(&subject));
    env.add_filter("quote", |text: String| quoted(&text));
    env.add_filter("lower_first", |text: String| lower_first(&text));
    env.add_test("defined", minijinja::tests::is_defined);
    env.add_test("undefined", minijinja::tests::is_undefined);
}

/// Puts `Re: ` before a subject that does not have it.
fn reply_subject(subject: &str) -> String {
    let subject = subject.trim();
    match subject.get(..3) {
        Some(start) if start.eq_ignore_ascii_case("re:") => subject.to_owned(),
        _ => format!("Re: {subject}"),
    }
}

/// Marks every line as quoted; a long text is cut, since the reader wrote it.
fn quoted(text: &str) -> String {
    const MAX_LINES: usize = 12;
    let mut lines: Vec<String> = text
        .trim()
        .lines()
        .take(MAX_LINES)
        .map(|line| format!("> {}", line.trim_end()).trim_end().to_owned())
        .collect();
    if text.trim().lines().count() > MAX_LINES {
        lines.push("> [...]".into());
    }
    lines.join("\n")
}

/// Lowers the first letter for use within a sentence, but leaves "CRM migration" and "X" as they are.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() && second.is_alphabetic() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Takes out what conditions leave behind: white space at line ends and more than one empty line.
fn tidy(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut empty = 0;
    for line in body.lines().map(str::trim_end) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line);
    }
    out.push('\n');
    out
}

/// Returns why a message must not go out.
fn fault(message: &Rendered) -> Option<&'static str> {
    let Rendered { subject, body } = message;
    if subject.trim().is_empty() {
        return Some("the subject is empty");
    }
    if body.trim().is_empty() {
        return Some("the body is empty");
    }
    if body.len() > MAX_BODY_BYTES {
        return Some(TOO_LONG);
    }
    if [subject, body]
        .iter()
        .any(|text| text.contains("{{") || text.contains("{%") || text.contains("}}"))
    {
        return Some("a placeholder is left in the text");
    }
    body.lines()
        .next()
        .filter(|line| has_empty_greeting(line))
        .map(|_| "the greeting has no name")
}

/// Tells whether a line greets nobody: "Hi ,". A plain "Hi," is as its author wrote it.
fn has_empty_greeting(line: &str) -> bool {
    const GREETINGS: &[&str] = &[
        "hi", "hello", "hey", "dear", "hola", "hallo", "bonjour", "ciao",
    ];
    let bare = line.trim_end_matches(|c: char| c.is_ascii_punctuation() || c.is_whitespace());
    let rest = line.get(bare.len()..).unwrap_or("");
    if rest.starts_with(char::is_whitespace) {
        return GREETINGS.contains(&bare.to_lowercase().as_str());
    }
    let mut words = bare.split_whitespace();
    matches!((words.next(), words.next(), words.next()), (Some(greeting), Some(name), None)
        if GREETINGS.contains(&greeting.to_lowercase().as_str()) && context::is_no_name(name))
}

#[cfg(test)]
mod tests;
