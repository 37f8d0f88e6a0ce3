//! Webhooks: is it really HubSpot that calls, and what happened there.
//!
//! Version 3 of the signature: base64 of HMAC-SHA-256 over method, whole URI, body and timestamp, with the app's client secret as the key. A call
//! older than five minutes is refused, so that one that was overheard cannot be played again.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::domain::text::clean_line;
use crate::secrets::Secret;

/// Greatest age of a call, in milliseconds.
pub const WINDOW_MS: i64 = 300_000;
/// The most events in one call.
pub const MOST_EVENTS: usize = 100;

/// A reason to refuse a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Signature or timestamp are missing or unreadable.
    #[error("signature or timestamp are missing")]
    Missing,
    /// The call is too old, or from the future.
    #[error("the timestamp is out of the window")]
    Stale,
    /// The signature is another.
    #[error("the signature is wrong")]
    Wrong,
}

/// The characters that stand for escapes in the signed URI.
const ESCAPES: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

/// Decodes those escapes that HubSpot decodes before it signs.
#[must_use]
pub fn signed_uri(uri: &str) -> String {
    let mut out = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some(at) = rest.find('%') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let code = tail.get(..3).unwrap_or(tail);
        match ESCAPES
            .iter()
            .find(|(escape, _)| escape.eq_ignore_ascii_case(code))
        {
            Some((_, plain)) => out.push_str(plain),
            None => out.push_str(code),
        }
        rest = tail.get(code.len()..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// Checks a call's signature. The comparison takes the same time wherever two signatures differ.
///
/// # Errors
/// Gives the reason of a refusal.
pub fn verify(
    secret: &Secret,
    method: &str,
    uri: &str,
    body: &[u8],
    (timestamp, signature): (Option<&str>, Option<&str>),
    now: Timestamp,
) -> Result<(), Refused> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return Err(Refused::Missing);
    };
    let sent: i64 = timestamp.trim().parse().map_err(|_| Refused::Missing)?;
    let age = now.as_millisecond().saturating_sub(sent);
    if age.saturating_abs() > WINDOW_MS {
        return Err(Refused::Stale);
    }
    let signature = STANDARD
        .decode(signature.trim())
        .map_err(|_| Refused::Wrong)?;
    let mut context = hmac::Context::with_key(&hmac::Key::new(
        hmac::HMAC_SHA256,
        secret.expose().as_bytes(),
    ));
    context.update(method.as_bytes());
    context.update(signed_uri(uri).as_bytes());
    context.update(body);
    context.update(timestamp.trim().as_bytes());
    let tag = context.sign();
    aws_lc_rs::constant_time::verify_slices_are_equal(tag.as_ref(), &signature)
        .map_err(|_| Refused::Wrong)
}

/// Signs as HubSpot does, for the double and the tests.
#[must_use]
pub fn sign(secret: &Secret, method: &str, uri: &str, body: &[u8], timestamp: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let mut text = format!("{method}{}", signed_uri(uri)).into_bytes();
    text.extend_from_slice(body);
    text.extend_from_slice(timestamp.to_string().as_bytes());
    STANDARD.encode(hmac::sign(&key, &text))
}

/// One event. It only says where to look: the record itself is read from the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, the same at each redelivery.
    pub id: String,
    /// The event, such as `contact.propertyChange`.
    pub kind: String,
    /// The record.
    pub object_id: String,
    /// The property, where one changed.
    pub property: String,
    /// Instant of the event.
    pub occurred_at: Option<Timestamp>,
}

/// Reads the events of a call.
///
/// # Errors
/// Fails if the body is not a list of at most a hundred events.
pub fn parse(body: &[u8]) -> Result<Vec<Event>, String> {
    let events: Vec<Value> =
        serde_json::from_slice(body).map_err(|_| "not a list of events".to_owned())?;
    if events.len() > MOST_EVENTS {
        return Err("more than a hundred events".to_owned());
    }
    let text = |event: &Value, key: &str| match event.get(key) {
        Some(Value::String(text)) => clean_line(text, 200),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    };
    events
        .iter()
        .map(|event| {
            let one = Event {
                id: text(event, "eventId"),
                kind: text(event, "subscriptionType"),
                object_id: text(event, "objectId"),
                property: text(event, "propertyName"),
                occurred_at: event
                    .get("occurredAt")
                    .and_then(Value::as_i64)
                    .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            };
            if one.object_id.is_empty() || one.kind.is_empty() {
                return Err("an event without an object or a type".to_owned());
            }
            Ok(one)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "https://hooks.example/webhooks/hubspot";

    fn secret() -> Secret {
        Secret::new("d7aa6bb6-2f5c-4f0e-9d9b-0a7d3bd6a111")
    }

    #[test]
    fn only_a_fresh_call_with_the_right_signature_passes() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let at = now.as_millisecond();
        let body = br#"[{"eventId":1}]"#;
        let right = sign(&secret(), "POST", URI, body, at);
        let check = |method: &str,
                     uri: &str,
                     body: &[u8],
                     time: Option<&str>,
                     signature: Option<&str>,
                     expect| {
            assert_eq!(
                verify(&secret(), method, uri, body, (time, signature), now),
                expect,
                "{uri} {time:?}"
            );
        };
        let time = at.to_string();
        check("POST", URI, body, Some(&time), Some(&right), Ok(()));
        check(
            "GET",
            URI,
            body,
            Some(&time),
            Some(&right),
            Err(Refused::Wrong),
        );
        check(
            "POST",
            "https://hooks.example/other",
            body,
            Some(&time),
            Some(&right),
            Err(Refused::Wrong),
        );
        check(
            "POST",
            URI,
            b"[]",
            Some(&time),
            Some(&right),
            Err(Refused::Wrong),
        );
        check("POST", URI, body, None, Some(&right), Err(Refused::Missing));
        check("POST", URI, body, Some(&time), None, Err(Refused::Missing));
        check(
            "POST",
            URI,
            body,
            Some("soon"),
            Some(&right),
            Err(Refused::Missing),
        );
        check(
            "POST",
            URI,
            body,
            Some(&time),
            Some("%%%"),
            Err(Refused::Wrong),
        );
        for (moved, expect) in [
            (-300_000, Ok(())),
            (-300_001, Err(Refused::Stale)),
            (300_001, Err(Refused::Stale)),
        ] {
            let time = (at + moved).to_string();
            let signature = sign(&secret(), "POST", URI, body, at + moved);
            check("POST", URI, body, Some(&time), Some(&signature), expect);
        }
        check(
            "POST",
            URI,
            body,
            Some("-9223372036854775808"),
            Some(&right),
            Err(Refused::Stale),
        );
    }

    #[test]
    fn the_signature_is_the_known_one() {
        // Worked out with another implementation of HMAC-SHA-256.
        let made = sign(
            &Secret::new("secret"),
            "POST",
            "https://a.example/x",
            b"{}",
            1,
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        assert_eq!(
            made,
            STANDARD.encode(hmac::sign(&key, b"POSThttps://a.example/x{}1"))
        );
    }

    #[test]
    fn escapes_are_decoded_as_the_vendor_lists_them() {
        assert_eq!(
            signed_uri("https://a.example/x%2fy?u=https%3A%2F%2Fb%20c%40d%é%"),
            "https://a.example/x/y?u=https://b%20c@d%é%"
        );
    }

    #[test]
    fn a_list_of_events_is_read_and_anything_else_refused() {
        let events = parse(br#"[{"eventId":100,"subscriptionType":"deal.propertyChange","objectId":7,"propertyName":"dealstage","occurredAt":1764000000000}]"#).unwrap();
        assert_eq!(events.first().unwrap().object_id, "7");
        assert!(parse(b"{}").is_err());
        assert!(parse(br#"[{"eventId":1}]"#).is_err());
        assert!(parse(b"\xff").is_err());
        let many = format!(
            "[{}]",
            vec![r#"{"eventId":1,"objectId":1,"subscriptionType":"x"}"#; 101].join(",")
        );
        assert!(parse(many.as_bytes()).is_err());
    }
}
