//! HubSpot's refusals.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::connectors::transport::refusal::{MAX_SENTENCE, says, text, told};
use crate::connectors::transport::{CallError, CallErrorKind as Kind};
use crate::domain::service::Service;
use crate::domain::text::clean_line;

/// The rolling window, which is waited out when a refusal names no time.
const ROLLING: Duration = Duration::from_secs(10);

/// Reads a refusal's body and sets its kind and sentence.
pub fn classify(_: Service, error: &mut CallError, _: Option<Timestamp>) {
    let body = &error.body;
    let policy = text(body, "/policyName").unwrap_or("");
    let category = text(body, "/category")
        .or_else(|| text(body, "/errorType"))
        .unwrap_or("");
    let mut sentence = clean_line(text(body, "/message").unwrap_or(""), MAX_SENTENCE);
    if let Some(first) = text(body, "/errors/0/message")
        && !sentence.contains(first)
    {
        sentence = clean_line(&format!("{sentence} {first}"), MAX_SENTENCE);
    }
    let (kind, meaning) = match (category, policy) {
        (_, "DAILY") => (
            Kind::QuotaExhausted,
            "says that the budget of the day is used up",
        ),
        ("RATE_LIMITS" | "RATE_LIMIT", _) => (Kind::RateLimited, "asks for a slower pace"),
        ("MISSING_SCOPES", _) => (
            Kind::Forbidden,
            "says that the token lacks a right; give it to the app, and `caseyos auth login hubspot` again",
        ),
        ("INVALID_AUTHENTICATION" | "EXPIRED_AUTHENTICATION", _) => {
            (Kind::Unauthorized, "refuses the token")
        }
        ("OBJECT_NOT_FOUND", _) => (Kind::NotFound, "knows no such record"),
        ("CONFLICT" | "OBJECT_ALREADY_EXISTS", _) => (Kind::Conflict, "has it already"),
        ("VALIDATION_ERROR", _) if error.status == Some(400) => {
            (Kind::Invalid, "refuses what was asked")
        }
        _ => (error.kind, says(error.kind)),
    };
    if kind == Kind::RateLimited && error.retry_after.is_none() {
        error.retry_after = Some(if policy == "SECONDLY" {
            Duration::from_secs(1)
        } else {
            ROLLING
        });
    }
    let word = if policy.is_empty() { category } else { policy };
    let mut message = told("HubSpot", meaning, error.status, word, &sentence);
    if let Some(id) = text(body, "/correlationId") {
        message.push_str(&format!(" [correlation {}]", clean_line(id, 60)));
    }
    error.kind = kind;
    error.message = message;
}

/// A refusal, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The kind of error, such as `VALIDATION_ERROR`.
    pub category: String,
    /// The error, in words.
    pub message: String,
    /// The property at fault and why, one by one.
    pub properties: Vec<(String, String)>,
    /// The record that is there already.
    pub existing: Option<String>,
}

/// Reads a refusal's body.
#[must_use]
pub fn read(error: &CallError) -> Refusal {
    let text = |key: &str| {
        error
            .body
            .get(key)
            .and_then(Value::as_str)
            .map(|t| clean_line(t, 400))
            .unwrap_or_default()
    };
    let message = text("message");
    let properties = error
        .body
        .get("errors")
        .and_then(Value::as_array)
        .map(|errors| errors.iter().take(50).map(property).collect())
        .unwrap_or_default();
    Refusal {
        category: text("category"),
        existing: existing(&message),
        properties,
        message,
    }
}

fn property(error: &Value) -> (String, String) {
    let word = |pointer: &str| {
        error
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(|t| clean_line(t, 200))
            .filter(|t| !t.is_empty())
    };
    let name = word("/context/propertyName/0")
        .or_else(|| word("/in"))
        .or_else(|| word("/name"));
    (
        name.unwrap_or_default(),
        word("/message").unwrap_or_default(),
    )
}

/// Returns the id in "Existing ID: 501".
fn existing(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Existing ID:")?;
    let id: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    (!id.is_empty()).then_some(id)
}

impl Refusal {
    /// Returns the refusal as a sentence without its full stop.
    #[must_use]
    pub fn sentence(&self, error: &CallError) -> String {
        let mut text = if self.message.is_empty() {
            error.message.clone()
        } else {
            self.message.clone()
        };
        for (name, why) in self.properties.iter().take(5) {
            let said = if name.is_empty() {
                why.clone()
            } else {
                format!("{name}: {why}")
            };
            if !text.contains(&said) {
                text.push_str("; ");
                text.push_str(&said);
            }
        }
        text.trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::transport::{CallErrorKind, Fate, fate};
    use serde_json::json;

    #[test]
    fn a_refusal_names_properties_and_the_record_that_is_there() {
        let error = CallError {
            kind: CallErrorKind::Conflict,
            fate: Fate::Answered,
            status: Some(409),
            message: "answered 409".into(),
            retry_after: None,
            body: json!({"category": "CONFLICT", "message": "Contact already exists. Existing ID: 501",
                "errors": [{"message": "is not valid", "code": "INVALID", "context": {"propertyName": ["amount"]}}]}),
        };
        let refusal = read(&error);
        assert_eq!(refusal.existing.as_deref(), Some("501"));
        assert_eq!(
            refusal.properties,
            [("amount".to_owned(), "is not valid".to_owned())]
        );
        assert_eq!(
            refusal.sentence(&error),
            "Contact already exists. Existing ID: 501; amount: is not valid"
        );
    }

    fn classified(service: Service, status: u16, body: Value) -> CallError {
        let mut error = CallError {
            status: Some(status),
            body,
            ..CallError::of(fate::kind(status), Fate::Answered, "")
        };
        classify(service, &mut error, "2026-11-23T10:00:00Z".parse().ok());
        error
    }

    #[test]
    fn hubspots_categories_and_policies_are_understood() {
        let check = |status: u16, body: Value, expect: Kind, wait: Option<u64>| {
            let error = classified(Service::Hubspot, status, body.clone());
            assert_eq!(error.kind, expect, "{body}");
            assert_eq!(error.retry_after.map(|d| d.as_secs()), wait, "{body}");
        };
        let limit = |policy: &str| json!({"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "m"});
        check(
            429,
            limit("TEN_SECONDLY_ROLLING"),
            Kind::RateLimited,
            Some(10),
        );
        check(429, limit("SECONDLY"), Kind::RateLimited, Some(1));
        check(429, limit("DAILY"), Kind::QuotaExhausted, None);
        let category = |word: &str| json!({"status": "error", "category": word, "message": "m"});
        check(403, category("MISSING_SCOPES"), Kind::Forbidden, None);
        check(404, category("OBJECT_NOT_FOUND"), Kind::NotFound, None);
        check(409, category("CONFLICT"), Kind::Conflict, None);
        check(400, category("VALIDATION_ERROR"), Kind::Invalid, None);
        check(
            401,
            category("INVALID_AUTHENTICATION"),
            Kind::Unauthorized,
            None,
        );
        check(502, Value::Null, Kind::Server, None);
    }

    #[test]
    fn a_vendors_sentence_is_clean_bounded_and_told_plainly() {
        let error = classified(
            Service::Hubspot,
            400,
            json!({"category": "VALIDATION_ERROR", "message": "bad\u{1b}[2J input", "correlationId": "c-1",
                "errors": [{"message": "email is not valid"}]}),
        );
        assert!(!error.message.contains('\u{1b}'));
        assert!(
            error
                .message
                .starts_with("HubSpot refuses what was asked (400, VALIDATION_ERROR): bad"),
            "{}",
            error.message
        );
        assert!(error.message.contains("email is not valid"));
        assert!(error.message.ends_with("[correlation c-1]"));
    }
}
