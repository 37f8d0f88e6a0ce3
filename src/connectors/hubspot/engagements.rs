//! Activities: tasks and notes as they are written.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::objects::{Object, millis};
use super::paths::ObjectKind;

/// Returns the mark that makes a task or note of ours findable: without it, one whose answer never came could not be told from one never made.
#[must_use]
pub fn mark(key: &str) -> String {
    format!("caseyos{key}")
}

/// Returns the properties of a task.
#[must_use]
pub fn task(
    subject: &str,
    body: &str,
    due: Timestamp,
    owner: Option<&str>,
    key: &str,
) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::from([
        ("hs_timestamp".to_owned(), millis(due)),
        ("hs_task_subject".to_owned(), subject.to_owned()),
        ("hs_task_body".to_owned(), marked(body, key)),
        ("hs_task_status".to_owned(), "NOT_STARTED".to_owned()),
        ("hs_task_type".to_owned(), "TODO".to_owned()),
    ]);
    if let Some(owner) = owner {
        properties.insert("hubspot_owner_id".to_owned(), owner.to_owned());
    }
    properties
}

/// Returns the properties of a note.
#[must_use]
pub fn note(body: &str, at: Timestamp, owner: Option<&str>, key: &str) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::from([
        ("hs_timestamp".to_owned(), millis(at)),
        ("hs_note_body".to_owned(), marked(body, key)),
    ]);
    if let Some(owner) = owner {
        properties.insert("hubspot_owner_id".to_owned(), owner.to_owned());
    }
    properties
}

/// Returns the properties of a call that was made.
#[must_use]
pub fn call(
    title: &str,
    body: &str,
    at: Timestamp,
    owner: Option<&str>,
    key: &str,
) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::from([
        ("hs_timestamp".to_owned(), millis(at)),
        ("hs_call_title".to_owned(), title.to_owned()),
        ("hs_call_body".to_owned(), marked(body, key)),
        ("hs_call_direction".to_owned(), "OUTBOUND".to_owned()),
        ("hs_call_status".to_owned(), "COMPLETED".to_owned()),
    ]);
    if let Some(owner) = owner {
        properties.insert("hubspot_owner_id".to_owned(), owner.to_owned());
    }
    properties
}

fn marked(body: &str, key: &str) -> String {
    let mark = mark(key);
    if body.is_empty() {
        mark
    } else {
        format!("{body}\n\n{mark}")
    }
}

/// Tells whether an activity is the one that was made under `key`.
#[must_use]
pub fn carries(kind: ObjectKind, object: &Object, key: &str) -> bool {
    let body = match kind {
        ObjectKind::Tasks => "hs_task_body",
        ObjectKind::Notes => "hs_note_body",
        ObjectKind::Calls => "hs_call_body",
        _ => return false,
    };
    object.properties.text(body).contains(&mark(key))
}

/// Returns the property that holds the text of an activity.
#[must_use]
pub const fn body_property(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Notes => "hs_note_body",
        ObjectKind::Calls => "hs_call_body",
        _ => "hs_task_body",
    }
}
