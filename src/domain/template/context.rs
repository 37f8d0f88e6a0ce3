//! Variables of templates, cleaned on their way in.

use std::collections::BTreeMap;

use minijinja::Value;
use serde::Serialize;

use crate::domain::contact::{greeting, name};
use crate::domain::text::{clean_block, clean_line};

const MAX_LINE_CHARS: usize = 300;
const MAX_BLOCK_BYTES: usize = 8 * 1024;
const MAX_FIELDS: usize = 100;

/// The variables that a template may name, with what they are. Besides them, `form.` may be followed by any field of the form.
pub const KNOWN: &[(&str, &str)] = &[
    (
        "first_name",
        "The contact's first name as a greeting says it; none if there is no good one.",
    ),
    ("last_name", "The contact's last name."),
    ("full_name", "The contact's whole name."),
    ("job_title", "What the contact does."),
    ("email", "The contact's address."),
    ("company", "The contact's company."),
    ("topic", "What it is about, as a short phrase."),
    ("last_subject", "The subject of the thread, without Re:."),
    (
        "last_sent_on",
        "The day of our last mail in the thread, such as Tuesday.",
    ),
    (
        "slots",
        "A list of times to offer, ready to print; may be empty.",
    ),
    ("operator.name", "The operator's whole name."),
    ("operator.first_name", "The operator's first name."),
    ("operator.email", "The operator's address."),
    ("operator.company", "The operator's company."),
    ("operator.job_title", "What the operator does."),
    ("operator.postal_address", "The operator's postal address."),
    (
        "operator.booking_link",
        "A page where a time can be booked.",
    ),
    ("operator.signature", "The lines at the end of a mail."),
    ("deal.name", "The deal's name."),
    ("deal.amount", "The deal's amount, ready to print."),
    ("deal.stage", "The deal's stage, ready to print."),
    ("deal.close_date", "The day by which it should be decided."),
    ("deal.renewal_date", "The day on which it ends or renews."),
    ("meeting.title", "The meeting's title."),
    ("meeting.when", "Its day and time, in the contact's zone."),
    ("meeting.day", "Its day alone."),
    ("meeting.time", "Its time alone."),
    ("meeting.place", "Its place or link."),
    ("onboarding.step", "The step of the onboarding that is due."),
    ("form.message", "What they wrote in the form."),
    ("form.topic", "The topic that they chose in the form."),
    ("form.page", "The page that the form stands on."),
    ("operator", "All of the operator's fields."),
    (
        "deal",
        "All of the deal's fields; empty if there is no deal.",
    ),
    (
        "meeting",
        "All of the meeting's fields; empty if there is none.",
    ),
    ("onboarding", "All of the onboarding's fields."),
    ("form", "All fields of the form; empty if there was none."),
];

/// The values for one message. What is none, empty or blank counts as missing, so that a `default` applies.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Context {
    /// The contact's first name.
    pub first_name: Option<String>,
    /// The contact's last name.
    pub last_name: Option<String>,
    /// The contact's whole name.
    pub full_name: Option<String>,
    /// The contact's job title.
    pub job_title: Option<String>,
    /// The contact's address.
    pub email: Option<String>,
    /// The contact's company.
    pub company: Option<String>,
    /// The topic, as a short phrase.
    pub topic: Option<String>,
    /// The subject of the thread without `Re:`.
    pub last_subject: Option<String>,
    /// The day of our last mail in the thread, ready to print.
    pub last_sent_on: Option<String>,
    /// Times to offer, ready to print in the contact's zone.
    pub slots: Vec<String>,
    /// The operator.
    pub operator: OperatorFacts,
    /// The deal; all fields none if there is none.
    pub deal: DealFacts,
    /// The meeting; all fields none if there is none.
    pub meeting: MeetingFacts,
    /// The onboarding; all fields none if there is none.
    pub onboarding: OnboardingFacts,
    /// The fields of the form, as it sent them.
    pub form: BTreeMap<String, serde_json::Value>,
}

/// The writer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OperatorFacts {
    /// The whole name; required of every message.
    pub name: String,
    /// The first name; taken from the name if none.
    pub first_name: Option<String>,
    /// The address.
    pub email: String,
    /// The company.
    pub company: Option<String>,
    /// The operator's job title.
    pub job_title: Option<String>,
    /// The postal address.
    pub postal_address: Option<String>,
    /// A page where a time can be booked.
    pub booking_link: Option<String>,
    /// The lines at the end; made from the name and the company if none.
    pub signature: Option<String>,
}

/// The deal that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DealFacts {
    /// Its name.
    pub name: Option<String>,
    /// Its amount, ready to print.
    pub amount: Option<String>,
    /// Its stage, ready to print.
    pub stage: Option<String>,
    /// The day by which it should be decided, ready to print.
    pub close_date: Option<String>,
    /// The day on which it ends or renews, ready to print.
    pub renewal_date: Option<String>,
}

/// The meeting that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MeetingFacts {
    /// Its title.
    pub title: Option<String>,
    /// Its day and time in the contact's zone, ready to print.
    pub when: Option<String>,
    /// Its day alone.
    pub day: Option<String>,
    /// Its time alone.
    pub time: Option<String>,
    /// Its place or link.
    pub place: Option<String>,
}

/// The onboarding that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OnboardingFacts {
    /// The step that is due.
    pub step: Option<String>,
}

impl Context {
    /// Returns the values for the template engine: cleaned, and without what is empty.
    pub(super) fn values(&self) -> Value {
        let mut root = serde_json::to_value(self).unwrap_or_default();
        if let Some(root) = root.as_object_mut() {
            root.remove("form");
        }
        clean(&mut root, "");
        if let Some(root) = root.as_object_mut() {
            let text = |key: &str| root.get(key).and_then(|n| n.as_str()).unwrap_or_default();
            let first = greeted(text("first_name"), text("last_name"), text("company"));
            match first {
                Some(first) => root.insert("first_name".into(), first.into()),
                None => root.remove("first_name"),
            };
            // Lists and groups are always there, so that asking whether they are empty is no error.
            root.entry("slots")
                .or_insert_with(|| Vec::<String>::new().into());
            root.insert("form".into(), self.form_values());
            if let Some(operator) = root.get_mut("operator").and_then(|o| o.as_object_mut()) {
                complete(operator);
            }
        }
        to_value(&root)
    }

    fn form_values(&self) -> serde_json::Value {
        let fields = self
            .form
            .iter()
            .take(MAX_FIELDS)
            .filter_map(|(key, value)| {
                let text = match value {
                    serde_json::Value::String(text) => clean_block(text, MAX_BLOCK_BYTES),
                    serde_json::Value::Number(_) | serde_json::Value::Bool(_) => value.to_string(),
                    _ => return None,
                };
                let text = text.trim();
                (!text.is_empty()).then(|| (identifier(key), text.to_owned().into()))
            });
        serde_json::Value::Object(fields.collect())
    }
}

/// Fills in what follows from the operator's name.
fn complete(operator: &mut serde_json::Map<String, serde_json::Value>) {
    let text = |key: &str| {
        operator
            .get(key)
            .and_then(|v| v.as_str())
            .map(str::to_owned)
    };
    let Some(name) = text("name") else {
        return;
    };
    let (first, _) = name::split(&name);
    let first = first.unwrap_or_else(|| name.clone());
    let signature = match text("company") {
        Some(company) => format!("{name}\n{company}"),
        None => name,
    };
    operator.entry("first_name").or_insert(first.into());
    operator.entry("signature").or_insert(signature.into());
}

/// Tells whether a variable, such as `deal.name`, can have a value.
pub(super) fn is_known(variable: &str) -> bool {
    variable
        .strip_prefix("form.")
        .is_some_and(|field| !field.is_empty())
        || KNOWN.iter().any(|(name, _)| *name == variable)
}

/// Tells whether a word is what exports write where there is no name.
pub(super) fn is_no_name(word: &str) -> bool {
    const NO_NAMES: &[&str] = &[
        "null",
        "none",
        "nil",
        "nan",
        "n/a",
        "na",
        "undefined",
        "unknown",
        "test",
        "-",
        "--",
        "?",
    ];
    NO_NAMES.contains(&word.trim().to_lowercase().as_str())
}

/// Returns the first name that a greeting says.
fn greeted(first: &str, last: &str, company: &str) -> Option<String> {
    greeting::first_name(first, last, company).filter(|name| !is_no_name(name))
}

/// Makes a name for use after a dot: `Your message` is `your_message`.
fn identifier(key: &str) -> String {
    let mut out: String = clean_line(key, 60)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .flat_map(char::to_lowercase)
        .collect();
    if out.starts_with(|c: char| c.is_numeric()) {
        out.insert(0, '_');
    }
    out
}

/// Cleans every text and takes out what is empty.
fn clean(value: &mut serde_json::Value, key: &str) {
    match value {
        serde_json::Value::String(text) => {
            *text = if matches!(key, "signature" | "postal_address") {
                clean_block(text, MAX_BLOCK_BYTES).trim().to_owned()
            } else {
                clean_line(text, MAX_LINE_CHARS)
            };
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| clean(item, key));
            items.retain(|item| item.as_str().is_none_or(|text| !text.is_empty()));
        }
        serde_json::Value::Object(map) => {
            map.iter_mut().for_each(|(key, item)| clean(item, key));
            map.retain(|_, item| !item.is_null() && item.as_str().is_none_or(|t| !t.is_empty()));
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// Returns a value for every known variable, to try a template with.
pub(super) fn sample() -> Value {
    let mut root = serde_json::Map::new();
    for (name, _) in KNOWN {
        match name.split_once('.') {
            Some((group, field)) => {
                let group = root
                    .entry(group)
                    .or_insert_with(|| serde_json::Map::new().into());
                if let Some(group) = group.as_object_mut() {
                    group.insert(field.to_owned(), "x".into());
                }
            }
            None if *name == "slots" => {
                root.insert("slots".into(), vec!["x"].into());
            }
            None => {
                root.entry(*name).or_insert_with(|| "x".into());
            }
        }
    }
    to_value(&serde_json::Value::Object(root))
}

fn to_value(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Object(map) => {
            Value::from_pairs(map.iter().map(|(key, item)| (key.clone(), to_value(item))))
        }
        serde_json::Value::Array(items) => items.iter().map(to_value).collect(),
        serde_json::Value::String(text) => text.clone().into(),
        serde_json::Value::Bool(flag) => (*flag).into(),
        serde_json::Value::Number(number) => number.to_string().into(),
        serde_json::Value::Null => Value::UNDEFINED,
    }
}
