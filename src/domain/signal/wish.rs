//! Facts of a payload that say "write no more". How tools and people spell them is known by [`wishes`]; here stands what counts in an
//! event, where a wish is acted upon at once.
//!
//! A wish is a yes or a doubt, and never a guess: a value that says no, or is empty, says nothing; one that says neither is a doubt.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::kinds::SignalKind;
use crate::domain::email::{Decision, Demand, MailClass, bounce};
use crate::domain::wishes::{self, Name, Subject, Topic, key_of};
use crate::domain::words::UnknownWord;

/// Objects within objects that are looked into, for events that wrap their facts.
const MAX_DEPTH: usize = 4;
/// Most entries of one object or list that are looked at.
const MAX_KEYS: usize = 500;
/// Bytes of free text that are read.
const MAX_TEXT: usize = 8000;

/// Keys of an object that hold the value of what it is the value of.
const VALUES: &[&str] = &[
    "value",
    "values",
    "answer",
    "answers",
    "response",
    "checked",
    "selected",
    "propertyvalue",
    "fieldvalue",
    "newvalue",
];
/// The same, only within the object.
const STANDS: &[&str] = &["status", "state", "at", "date", "timestamp", "on"];
/// Keys of an object that name a field.
const NAMES: &[&str] = &[
    "name",
    "key",
    "field",
    "fieldname",
    "property",
    "propertyname",
    "label",
    "id",
    "slug",
    "question",
    "title",
    "ref",
];
/// Those of them that name nothing else in a whole event.
const TOP_NAMES: &[&str] = &["propertyname", "fieldname"];
/// Fields of free text that a person wrote.
const FREE_TEXTS: &[&str] = &[
    "message",
    "yourmessage",
    "text",
    "body",
    "comment",
    "comments",
    "feedback",
    "question",
    "questions",
    "notes",
    "enquiry",
    "inquiry",
    "details",
    "reply",
    "replytext",
    "additionalinfo",
    "anythingelse",
];

/// Returns the wish that a payload tells of, and names a value of `opt_out` that says nothing.
pub(super) fn told(kind: SignalKind, f: &mut Fields<'_>) -> Option<Decision> {
    if let Some(Value::String(text)) = f.get("opt_out")
        && said(&Value::String(text.clone())) == Some(Decision::Ask)
        && key_of(text) != "ask"
    {
        let words = &["yes", "ask", "no"];
        f.wrong("opt_out", UnknownWord::new("a decision", text, words));
    }
    let own = f.get("opt_out").and_then(said);
    if own == Some(Decision::Ask) {
        return own;
    }
    let found = look(kind, f.payload(), 0);
    match (own, found) {
        // Two facts that contradict each other.
        (Some(Decision::No), Some(_)) => Some(Decision::Ask),
        (_, found) => found,
    }
}

/// Tells whether a payload of a bounce says that mail to the address comes back for good.
pub(super) fn is_hard_bounce(class: Option<MailClass>, payload: &Map<String, Value>) -> bool {
    if let Some(class) = class {
        return class == MailClass::BounceHard;
    }
    hard(payload, 0)
}

fn hard(payload: &Map<String, Value>, depth: usize) -> bool {
    payload.iter().take(MAX_KEYS).any(|(key, value)| {
        let key = key_of(key);
        match value {
            Value::Bool(true) => wishes::is_hard_flag(&key),
            Value::String(text) => {
                wishes::is_bounce_kind(&key)
                    && (wishes::is_hard(&key_of(text)) || bounce::is_dead_address(text))
            }
            Value::Object(inner) if depth < MAX_DEPTH => hard(inner, depth + 1),
            _ => false,
        }
    })
}

/// Tells whether an event of another kind says that mail to the address comes back for good: there only words of bounces count.
pub(super) fn tells_hard_bounce(payload: &Map<String, Value>, depth: usize) -> bool {
    payload.iter().take(MAX_KEYS).any(|(key, value)| {
        let key = key_of(key);
        match value {
            Value::Bool(true) => wishes::is_hard_bounce_flag(&key),
            Value::String(text) => wishes::tells_hard_bounce(&key, &key_of(text)),
            Value::Object(inner) if depth < MAX_DEPTH => tells_hard_bounce(inner, depth + 1),
            _ => false,
        }
    })
}

/// Returns the demand that a payload makes by a field of its own: `"gdpr_erasure": true`.
pub(super) fn demanded(payload: &Map<String, Value>) -> Option<Demand> {
    payload.iter().take(MAX_KEYS).find_map(|(key, value)| {
        let is_erasure = Name::of(key).is_erasure();
        (is_erasure && said(value) == Some(Decision::Yes)).then_some(Demand::Erasure)
    })
}

/// Returns the free texts of a payload, a line each.
pub(super) fn free_text(payload: &Map<String, Value>) -> String {
    let mut out = String::new();
    gather(payload, 0, &mut out);
    out
}

fn gather(payload: &Map<String, Value>, depth: usize, out: &mut String) {
    let mut add = |key: &str, value: &Value| {
        if let Value::String(text) = value
            && FREE_TEXTS.contains(&key)
            && out.len() < MAX_TEXT
        {
            let text: String = text.chars().take(MAX_TEXT).collect();
            out.push_str(text.trim());
            out.push('\n');
        }
    };
    if let Some((name, value)) = pair(payload, depth) {
        add(&key_of(&name), value);
    }
    for (key, value) in payload.iter().take(MAX_KEYS) {
        add(&key_of(key), value);
    }
    if depth == MAX_DEPTH {
        return;
    }
    for value in payload.values().take(MAX_KEYS) {
        match value {
            Value::Object(inner) => gather(inner, depth + 1, out),
            Value::Array(items) => {
                for inner in items.iter().take(MAX_KEYS).filter_map(Value::as_object) {
                    gather(inner, depth + 1, out);
                }
            }
            _ => {}
        }
    }
}

/// Returns the name and the value of an object that is a field: `{"name": "unsubscribe", "value": "yes"}`.
fn pair(object: &Map<String, Value>, depth: usize) -> Option<(String, &Value)> {
    // At the top, a name is a person's.
    let names = if depth == 0 { TOP_NAMES } else { NAMES };
    let find = |keys: &[&str]| {
        keys.iter().find_map(|wanted| {
            let known = object.iter().take(MAX_KEYS);
            known
                .filter(|(_, value)| !value.is_null())
                .find(|(key, _)| key_of(key) == *wanted)
                .map(|(_, value)| value)
        })
    };
    let value = find(VALUES)?;
    let name = find(names)?.as_str()?;
    Some((name.to_owned(), value))
}

fn look(kind: SignalKind, payload: &Map<String, Value>, depth: usize) -> Option<Decision> {
    let mut found = None;
    let mut hear = |one: Option<Decision>| match (one, found) {
        (Some(Decision::Yes), _) | (Some(Decision::Ask), None) => found = one,
        _ => {}
    };
    if kind != SignalKind::Manual
        && let Some((name, value)) = pair(payload, depth)
    {
        hear(fact(kind, &name, value));
    }
    for (key, value) in payload.iter().take(MAX_KEYS) {
        hear(match value {
            // What the operator asks to be written elsewhere is nobody's wish.
            Value::Object(_) if kind == SignalKind::Manual => None,
            Value::Object(inner) if depth < MAX_DEPTH => {
                held(kind, key, inner).or_else(|| look(kind, inner, depth + 1))
            }
            Value::Array(items)
                if depth < MAX_DEPTH
                    && kind != SignalKind::Manual
                    && items.iter().any(Value::is_object) =>
            {
                let mut within = None;
                for inner in items.iter().take(MAX_KEYS).filter_map(Value::as_object) {
                    match look(kind, inner, depth + 1) {
                        Some(Decision::Yes) => within = Some(Decision::Yes),
                        Some(Decision::Ask) if within.is_none() => within = Some(Decision::Ask),
                        _ => {}
                    }
                }
                within
            }
            value => fact(kind, key, value),
        });
    }
    found
}

/// Returns what a field says whose value is an object: `{"value": true}`, or one for each channel.
fn held(kind: SignalKind, key: &str, inner: &Map<String, Value>) -> Option<Decision> {
    let is_complaint = Name::of(key).is_complaint();
    let one = |value: &Value| fact(kind, key, value).filter(|one| *one != Decision::No);
    let told = inner.iter().take(MAX_KEYS).find_map(|(name, value)| {
        let name = key_of(name);
        let is_value = VALUES.contains(&name.as_str());
        let is_stand = STANDS.contains(&name.as_str()) || wishes::is_mail_part(&name);
        (is_value || is_stand && !is_complaint)
            .then(|| one(value))
            .flatten()
    });
    told.or_else(|| {
        // A part of it, such as a list of its own.
        let is_flag = one(&Value::Bool(true)) == Some(Decision::Yes);
        let is_part = |(name, value): (&String, &Value)| {
            let at = Name::of(name);
            value == &Value::Bool(true)
                && !at.is_beside()
                && !at.is_of_another_channel()
                && !NAMES.contains(&at.letters())
        };
        (is_flag && !is_complaint && inner.iter().take(MAX_KEYS).any(is_part))
            .then_some(Decision::Ask)
    })
}

/// Returns what one field says.
fn fact(kind: SignalKind, key: &str, value: &Value) -> Option<Decision> {
    let name = Name::of(key);
    if name.is_beside() || name.is_of_another_channel() {
        return None;
    }
    if name.is_complaint() {
        return complaint(value);
    }
    let topic = Topic::of(&name);
    if topic.is_some_and(|topic| topic.is_sure) {
        return said(value);
    }
    let denies = said(value) == Some(Decision::No);
    let is_leave = topic.is_some_and(|topic| topic.asks_for_leave(&name));
    if is_leave && denies {
        // On a form, a box that was not ticked refuses nothing; a "no" in words does.
        let is_box = topic.is_some_and(|topic| topic.is_box) && kind == SignalKind::FormSubmitted;
        let is_word = matches!(value, Value::String(text) if wishes::is_no(text));
        if !is_box || is_word {
            return Some(Decision::Ask);
        }
    }
    let is_state = matches!(
        topic.map(|topic| topic.subject),
        Some(Subject::Status | Subject::MailStatus | Subject::Subscribed)
    );
    if !is_state && !name.is_event() {
        return None;
    }
    match value {
        Value::Array(items) => items
            .iter()
            .take(100)
            .find_map(|item| state(kind, &name, topic, item)),
        Value::String(text) if matches!(name.letters(), "tag" | "tags") => text
            .split([',', ';', '|', '\n'])
            .take(100)
            .find_map(|tag| state(kind, &name, topic, &Value::String(tag.to_owned()))),
        value => state(kind, &name, topic, value),
    }
}

/// Returns what a field named a complaint says: only a plain yes, or a word of spam, is one about our mail.
fn complaint(value: &Value) -> Option<Decision> {
    let is_plain = match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() == Some(1.0),
        Value::String(text) => {
            matches!(key_of(text).as_str(), "spam" | "abuse") || said(value) == Some(Decision::Yes)
        }
        _ => false,
    };
    is_plain.then_some(Decision::Yes)
}

/// Returns the wish that a word of an event or a state is.
fn state(kind: SignalKind, name: &Name, topic: Option<Topic>, value: &Value) -> Option<Decision> {
    let text = value.as_str()?;
    let key = name.letters();
    let is_label = matches!(key, "label" | "class");
    // "Complaint" is also what people choose on a form to complain about something else.
    if kind == SignalKind::FormSubmitted && key_of(text) == "complaint" {
        return (!is_label).then_some(Decision::Ask);
    }
    if wishes::is_wish(text) || !is_label && wishes::is_complaint(text) {
        return Some(Decision::Yes);
    }
    let is_leave = topic.is_some_and(|topic| topic.asks_for_leave(name));
    if (is_leave || key.contains("consent") || key.contains("subscription"))
        && let Some(ended) = wishes::ended(text)
    {
        return Some(ended);
    }
    // A form that is named after it: "Unsubscribe from our newsletter".
    let word = key_of(text);
    let is_form = matches!(key, "form" | "formname");
    (is_form && (word.contains("unsubscrib") || word.contains("optout"))).then_some(Decision::Ask)
}

/// Returns what the value of a flag says; none where it is empty.
fn said(value: &Value) -> Option<Decision> {
    let truth = |yes| if yes { Decision::Yes } else { Decision::No };
    match value {
        Value::Null | Value::Object(_) => None,
        Value::Bool(flag) => Some(truth(*flag)),
        Value::Number(number) => Some(truth(number.as_f64() != Some(0.0))),
        Value::Array(items) => (!items.is_empty()).then_some(Decision::Ask),
        Value::String(text) => wishes::answer(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(kind: SignalKind, payload: Value, expect: Option<Decision>) {
        let map = payload.as_object().cloned().unwrap();
        assert_eq!(
            told(kind, &mut Fields::of(&map)),
            expect,
            "{kind} {payload}"
        );
    }

    #[test]
    fn every_spelling_of_write_no_more_is_a_wish() {
        for payload in [
            json!({"opt_out": true}),
            json!({"opt_out": "yes"}),
            json!({"opt_out": "YES"}),
            json!({"opt_out": 1}),
            json!({"optOut": "true"}),
            json!({"opted_out": "1"}),
            json!({"opted_out_at": "2026-11-20T10:00:00Z"}),
            json!({"hs_email_optout": "true"}),
            json!({"HasOptedOutOfEmail": true}),
            json!({"unsubscribed": true}),
            json!({"unsubscribe": "on"}),
            json!({"is_unsubscribed": "y"}),
            json!({"unsubscribed_at": "2026-11-20"}),
            json!({"do_not_contact": true}),
            json!({"doNotEmail": 1}),
            json!({"dnc": true}),
            json!({"marked_spam": true}),
            json!({"marked_as_spam": 1}),
            json!({"complaint": true}),
            json!({"spam_complaint": "yes"}),
            json!({"consent_withdrawn": true}),
            json!({"consent": "withdrawn"}),
            json!({"consent_status": "revoked"}),
            json!({"label": "unsubscribe"}),
            json!({"class": "opt_out"}),
            json!({"status": "Unsubscribed"}),
            json!({"subscription_status": "unsubscribed"}),
            json!({"event": "unsubscribe"}),
            json!({"event": "spamreport"}),
            json!({"event": "complained"}),
            json!({"properties": {"hs_email_optout": {"value": "true"}}}),
            json!({"opt_out": {"value": true}}),
            json!({"opt_out": {"email": true}}),
            json!({"opt_out": {"email": true, "sms": false}}),
            json!({"fields": [{"name": "unsubscribe", "value": "yes"}]}),
            json!({"fields": [{"name": "unsubscribe", "value": "no"}, {"label": "Do not contact", "answer": true}]}),
            json!({"propertyName": "hs_email_optout", "propertyValue": "true"}),
            json!({"tags": "vip, do not contact"}),
            json!({"tags": "unsubscribed;vip"}),
            json!({"email_blacklisted": 1}),
            json!({"emailBlacklisted": true}),
            json!({"is_suppressed": true}),
            json!({"SuppressSending": true}),
            json!({"suppress_email": "yes"}),
            json!({"type": "unsub"}),
            json!({"no_email": true}),
            json!({"no_contact": true}),
            json!({"remove_me": true}),
            json!({"gdpr_erasure": true}),
            json!({"complaint": "spam"}),
            json!({"complaint": {"complaintFeedbackType": "abuse"}}),
            json!({"email_sms_opt_out": true}),
            json!({"account_opt_out": true}),
            json!({"gdpr_consent": "withdrawn"}),
            json!({"RecordType": "SpamComplaint"}),
            json!({"lifecycle": "do_not_contact"}),
            json!({"lifecycle_stage": "Do not contact"}),
            json!({"lead_status": "DNC"}),
            json!({"tags": ["warm", "unsubscribed"]}),
            json!({"form": "Unsubscribe"}),
            json!({"data": {"contact": {"unsubscribed": true}}}),
        ] {
            for kind in [
                SignalKind::FormSubmitted,
                SignalKind::ReplyReceived,
                SignalKind::DealCreated,
                SignalKind::Mention,
            ] {
                check(kind, payload.clone(), Some(Decision::Yes));
            }
        }
    }

    #[test]
    fn a_no_says_nothing_and_neither_is_a_doubt() {
        for payload in [
            json!({"opt_out": false}),
            json!({"opt_out": "no"}),
            json!({"opt_out": ""}),
            json!({"opt_out": null}),
            json!({"opt_out": 0}),
            json!({"opt_out": "0"}),
            json!({"opt_out": []}),
            json!({"unsubscribed": "false"}),
            json!({"unsubscribed": "never"}),
            json!({"unsubscribed_at": null}),
            json!({"do_not_contact": "No"}),
            json!({"label": "interested"}),
            json!({"label": "complaint"}),
            json!({"status": "subscribed"}),
            json!({"consent": true}),
            json!({"consent": "yes"}),
            json!({"lifecycle": "lead"}),
            json!({"newsletter": false}),
            json!({"opt_in": false}),
            json!({"unsubscribe_url": "https://acme.example/u"}),
            json!({"list_unsubscribe": "<mailto:u@acme.example>"}),
            json!({"unsubscribe_count": 3}),
            json!({"opt_out_scope": "firm"}),
            json!({"message": "How do I unsubscribe?"}),
            json!({"sms_opt_out": true}),
            json!({"smsOptOut": true}),
            json!({"opt_out_of_sms": true}),
            json!({"opt_out": {"sms": true}}),
            json!({"opt_out": {"email": false, "phone": true}}),
            json!({"opt_out": {"value": false}}),
            json!({"phone_opt_out": true}),
            json!({"do_not_call": true}),
            json!({"call_opt_out": true}),
            json!({"cookie_opt_out": true}),
            json!({"push_unsubscribed": true}),
            json!({"opt_out_deadline": "2026-12-01"}),
            json!({"unsubscribeUrl": "yes"}),
            json!({"can_unsubscribe": true}),
            json!({"not_unsubscribed": true}),
            json!({"complaint": "The lift is noisy"}),
            json!({"complaint": 4711}),
            json!({"complaint": {"text": "The lift is noisy"}}),
            json!({"complained_about": "the noise"}),
            json!({"suppress_notifications": true}),
            json!({"ip_blacklisted": true}),
            json!({"tags": "vip, contact soon"}),
            json!({"fields": [{"name": "unsubscribe", "value": "no"}]}),
            json!({"fields": [{"name": "company", "value": "Acme"}]}),
            json!({"gdpr_erasure": false}),
            json!({"no_email": false}),
        ] {
            check(SignalKind::FormSubmitted, payload, None);
        }
        for payload in [
            json!({"opt_out": "ask"}),
            json!({"opt_out": "banana"}),
            json!({"opt_out": ["newsletter"]}),
            json!({"unsubscribed": "newsletter"}),
            json!({"consent": false}),
            json!({"consent": "no"}),
            json!({"gdpr_consent": "denied"}),
            json!({"subscribed": false}),
            json!({"is_subscribed": false}),
            json!({"email_opt_in": false}),
            json!({"opt_in": "no"}),
            json!({"newsletter": "no"}),
            json!({"opt_out": {"newsletter": true}}),
            json!({"type": "complaint"}),
            json!({"form_name": "Unsubscribe from the newsletter"}),
            json!({"opt_out": false, "label": "unsubscribe"}),
            json!({"opt_out": "ask", "label": "unsubscribe"}),
        ] {
            check(SignalKind::FormSubmitted, payload, Some(Decision::Ask));
        }
        for payload in [
            json!({"subscribed": false}),
            json!({"opt_in": false}),
            json!({"newsletter": false}),
        ] {
            check(SignalKind::ReplyReceived, payload, Some(Decision::Ask));
        }
        check(
            SignalKind::ReplyReceived,
            json!({"type": "complaint"}),
            Some(Decision::Yes),
        );
        check(
            SignalKind::Manual,
            json!({"properties": {"hs_email_optout": "true"}}),
            None,
        );
    }

    #[test]
    fn a_hard_bounce_is_told_from_a_soft_one() {
        let check = |payload: Value, expect: bool| {
            let map = payload.as_object().unwrap();
            assert_eq!(is_hard_bounce(None, map), expect, "{payload}");
        };
        check(json!({"bounce_type": "hard"}), true);
        check(json!({"bounceType": "Permanent"}), true);
        check(json!({"type": "HardBounce"}), true);
        check(json!({"hard": true}), true);
        check(json!({"severity": "permanent"}), true);
        check(json!({"bounce": {"bounceType": "Permanent"}}), true);
        check(json!({"status": "5.1.1"}), true);
        check(json!({"reason": "550 5.1.1 user unknown"}), true);
        check(json!({"bounce_type": "soft"}), false);
        check(json!({"bounceType": "Transient"}), false);
        check(json!({"status": "4.2.2"}), false);
        check(json!({"reason": "550 5.7.1 blocked"}), false);
        check(json!({"hard": false}), false);
        check(json!({}), false);
        let beside = |payload: Value, expect: bool| {
            let map = payload.as_object().unwrap();
            assert_eq!(tells_hard_bounce(map, 0), expect, "{payload}");
        };
        beside(json!({"bounce_type": "hard"}), true);
        beside(json!({"status": "cleaned"}), true);
        beside(json!({"data": {"hard_bounced": true}}), true);
        beside(json!({"bounce_type": "soft"}), false);
        beside(json!({"type": "hard"}), false);
        beside(json!({"reason": "user unknown"}), false);
        assert!(is_hard_bounce(Some(MailClass::BounceHard), &Map::new()));
        let doubtful = json!({"bounce_type": "hard"});
        assert!(!is_hard_bounce(
            Some(MailClass::BounceDoubtful),
            doubtful.as_object().unwrap()
        ));
    }
}
