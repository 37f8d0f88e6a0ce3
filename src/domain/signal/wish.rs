//! Facts of a payload that say "write no more": the one place that knows how providers, tools and people spell them.
//!
//! A wish is a yes or a doubt, and never a guess: a value that says no, or is empty, says nothing; one that says neither is a doubt.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::kinds::SignalKind;
use crate::domain::email::{Decision, MailClass, bounce};
use crate::domain::words::UnknownWord;

/// Objects within objects that are looked into, for events that wrap their facts.
const MAX_DEPTH: usize = 4;
/// Most entries of one object that are looked at.
const MAX_KEYS: usize = 500;

/// Parts of keys whose true value is a wish, in letters alone.
const FLAGS: &[&str] = &[
    "optout",
    "optedout",
    "unsubscrib",
    "donotcontact",
    "donotemail",
    "donotmail",
    "dontcontact",
    "dontemail",
    "nevercontact",
    "markedspam",
    "markedasspam",
    "spamcomplaint",
    "spamreport",
    "reportedspam",
    "reportedasspam",
    "complained",
    "consentwithdrawn",
    "withdrawnconsent",
    "withdrewconsent",
    "consentrevoked",
    "revokedconsent",
];
/// Whole keys of the same kind.
const FLAG_KEYS: &[&str] = &[
    "dnc",
    "isdnc",
    "complaint",
    "abuse",
    "suppressed",
    "blocklisted",
];
/// Parts of keys that only look like one of these: our own fields beside a wish, links, counters.
const BESIDE: &[&str] = &[
    "optoutscope",
    "optoutsentence",
    "optoutdomain",
    "optoutaddresses",
    "optoutlanguage",
    "url",
    "link",
    "header",
    "token",
    "count",
    "total",
    "rate",
    "listunsubscribe",
    "page",
];
/// Whole keys whose false value puts the consent in doubt.
const CONSENTS: &[&str] = &[
    "consent",
    "marketingconsent",
    "emailconsent",
    "mailconsent",
    "gdprconsent",
    "hasconsent",
    "consentgiven",
    "consents",
];
/// The same, but on a form a box that was not ticked.
const SIGN_UPS: &[&str] = &[
    "subscribed",
    "issubscribed",
    "optin",
    "optedin",
    "emailoptin",
];
/// Keys that hold the word of an event or a state.
const STATES: &[&str] = &[
    "class",
    "label",
    "status",
    "state",
    "event",
    "eventname",
    "eventtype",
    "type",
    "subtype",
    "reason",
    "action",
    "recordtype",
    "notificationtype",
    "feedbacktype",
    "category",
    "disposition",
    "intent",
    "replytype",
    "replystatus",
    "liststatus",
    "subscription",
    "subscriptionstatus",
    "subscriptionstate",
    "emailstatus",
    "marketingstatus",
    "contactstatus",
    "leadstatus",
    "hsleadstatus",
    "consentstatus",
    "preference",
    "lifecycle",
    "lifecyclestage",
    "tag",
    "tags",
    "form",
    "formname",
];
/// Words of an event or a state that are a wish.
const WISHES: &[&str] = &[
    "optout",
    "optedout",
    "optsout",
    "emailoptout",
    "unsubscribe",
    "unsubscribed",
    "emailunsubscribed",
    "globalunsubscribe",
    "groupunsubscribe",
    "listunsubscribe",
    "unsubscribeme",
    "donotcontact",
    "dnc",
    "donotemail",
    "donotmail",
    "spamcomplaint",
    "spamreport",
    "markedspam",
    "markedasspam",
    "reportedspam",
    "complained",
    "consentwithdrawn",
    "consentrevoked",
    "withdrawalofconsent",
];
/// The same, but not as a label: an angry answer is a complaint too.
const COMPLAINTS: &[&str] = &["complaint", "spam", "abuse", "emailcomplaint"];
/// The same, of a consent or a subscription.
const ENDED: &[&str] = &["withdrawn", "revoked", "withdrew", "optout", "ended"];

const YES: &[&str] = &[
    "yes", "y", "true", "t", "1", "on", "x", "checked", "ticked", "ja", "oui", "si", "sim",
];
const NO: &[&str] = &[
    "no",
    "n",
    "false",
    "f",
    "0",
    "off",
    "none",
    "never",
    "null",
    "nil",
    "na",
    "unchecked",
    "nein",
    "non",
    "nao",
    "subscribed",
    "optedin",
    "optin",
    "active",
];

/// Returns the wish that a payload tells of, and names a value of `opt_out` that says nothing.
pub(super) fn told(kind: SignalKind, f: &mut Fields<'_>) -> Option<Decision> {
    if let Some(Value::String(text)) = f.get("opt_out")
        && said(&Value::String(text.clone())) == Some(Decision::Ask)
        && letters(text) != "ask"
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
        let key = letters(key);
        match value {
            Value::Bool(true) => matches!(
                key.as_str(),
                "hard"
                    | "ishard"
                    | "hardbounce"
                    | "hardbounced"
                    | "ishardbounce"
                    | "permanent"
                    | "ispermanent"
            ),
            Value::String(text) => {
                let word = letters(text);
                let is_kind = key.contains("bounce")
                    || matches!(
                        key.as_str(),
                        "type"
                            | "subtype"
                            | "severity"
                            | "category"
                            | "classification"
                            | "event"
                            | "status"
                            | "reason"
                            | "diagnostic"
                            | "error"
                            | "code"
                            | "kind"
                    );
                is_kind
                    && (matches!(
                        word.as_str(),
                        "hard"
                            | "hardbounce"
                            | "hardbounced"
                            | "permanent"
                            | "permanentfailure"
                            | "bouncehard"
                            | "invalid"
                            | "invalidemail"
                            | "bademailaddress"
                            | "unknownuser"
                            | "userunknown"
                            | "nosuchuser"
                    ) || bounce::is_dead_address(text))
            }
            Value::Object(inner) if depth < MAX_DEPTH => hard(inner, depth + 1),
            _ => false,
        }
    })
}

fn look(kind: SignalKind, payload: &Map<String, Value>, depth: usize) -> Option<Decision> {
    let mut found = None;
    for (key, value) in payload.iter().take(MAX_KEYS) {
        let name = letters(key);
        let one = match value {
            // What the operator asks to be written elsewhere is nobody's wish.
            Value::Object(_) if kind == SignalKind::Manual => None,
            Value::Object(inner) if depth < MAX_DEPTH => look(kind, inner, depth + 1),
            value => fact(kind, &name, value),
        };
        match one {
            Some(Decision::Yes) => return one,
            Some(Decision::Ask) => found = one,
            Some(Decision::No) | None => {}
        }
    }
    found
}

/// Returns what one field says.
fn fact(kind: SignalKind, key: &str, value: &Value) -> Option<Decision> {
    if BESIDE.iter().any(|part| key.contains(part)) {
        return None;
    }
    if FLAGS.iter().any(|part| key.contains(part)) || FLAG_KEYS.contains(&key) {
        return said(value);
    }
    let denies = || said(value) == Some(Decision::No) && !value.is_null();
    if CONSENTS.contains(&key) && denies() {
        return Some(Decision::Ask);
    }
    if SIGN_UPS.contains(&key) && denies() && kind != SignalKind::FormSubmitted {
        return Some(Decision::Ask);
    }
    if STATES.contains(&key) || CONSENTS.contains(&key) {
        return match value {
            Value::Array(items) => items.iter().take(100).find_map(|item| state(key, item)),
            value => state(key, value),
        };
    }
    None
}

/// Returns the wish that a word of an event or a state is.
fn state(key: &str, value: &Value) -> Option<Decision> {
    let word = letters(value.as_str()?);
    let is_label = matches!(key, "label" | "class");
    let is_consent = key.contains("consent") || key.contains("subscription");
    let is_wish = WISHES.contains(&word.as_str())
        || !is_label && COMPLAINTS.contains(&word.as_str())
        || is_consent && ENDED.contains(&word.as_str());
    if is_wish {
        return Some(Decision::Yes);
    }
    // A form that is named after it: "Unsubscribe from our newsletter".
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
        Value::String(text) => {
            let word = letters(text);
            let is_instant = text.trim().get(..4).is_some_and(|year| {
                year.bytes().all(|b| b.is_ascii_digit()) && text.trim().get(4..5) == Some("-")
            });
            if word.is_empty() {
                None
            } else if YES.contains(&word.as_str()) || WISHES.contains(&word.as_str()) || is_instant
            {
                Some(Decision::Yes)
            } else if NO.contains(&word.as_str()) {
                Some(Decision::No)
            } else {
                Some(Decision::Ask)
            }
        }
    }
}

/// Returns the letters and digits of a text, in lower case.
fn letters(text: &str) -> String {
    text.chars()
        .take(200)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
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
            json!({"type": "complaint"}),
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
            json!({"form_name": "Unsubscribe from the newsletter"}),
            json!({"opt_out": false, "label": "unsubscribe"}),
            json!({"opt_out": "ask", "label": "unsubscribe"}),
        ] {
            check(SignalKind::FormSubmitted, payload, Some(Decision::Ask));
        }
        check(
            SignalKind::ReplyReceived,
            json!({"subscribed": false}),
            Some(Decision::Ask),
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
        assert!(is_hard_bounce(Some(MailClass::BounceHard), &Map::new()));
        let doubtful = json!({"bounce_type": "hard"});
        assert!(!is_hard_bounce(
            Some(MailClass::BounceDoubtful),
            doubtful.as_object().unwrap()
        ));
    }
}
