//! HubSpot's refusals.

use serde_json::Value;

use crate::connectors::transport::CallError;
use crate::domain::text::clean_line;

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
    use crate::connectors::transport::{CallErrorKind, Fate};
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
}
