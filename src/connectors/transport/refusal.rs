//! Refusals: from an answer's body to a kind of failure and a plain sentence. Each vendor's own shape is read beside its requests, by a
//! function of the type [`Classify`]; what they share is here.

use jiff::Timestamp;
use serde_json::Value;

use super::{CallError, CallErrorKind as Kind};
use crate::domain::service::Service;
use crate::domain::text::clean_line;

/// Characters of a vendor's own sentence that are kept.
pub const MAX_SENTENCE: usize = 300;

/// The reader of a vendor's refusals: sets kind and sentence from the body. The instant is the service's own clock, if it showed it.
pub type Classify = fn(Service, &mut CallError, Option<Timestamp>);

/// Sets the sentence from the status alone, for a vendor whose bodies say nothing more.
pub fn by_status(service: Service, error: &mut CallError, _: Option<Timestamp>) {
    error.message = told(service.label(), says(error.kind), error.status, "", "");
}

/// Returns the text at a place of a body; none if it is empty.
#[must_use]
pub fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// Explains a status where the body says nothing more.
#[must_use]
pub const fn says(kind: Kind) -> &'static str {
    match kind {
        Kind::Unauthorized => "refuses the token",
        Kind::Forbidden => "forbids it",
        Kind::NotFound => "knows no such thing",
        Kind::Conflict => "says that it stands against what is there",
        Kind::Gone => "says that it is no longer there",
        Kind::RateLimited => "asks for a slower pace",
        Kind::Server => "failed",
        Kind::TimedOut => "waited too long for the request",
        Kind::Redirected => "wanted to lead elsewhere, where no credentials go",
        _ => "refuses what was asked",
    }
}

/// Makes the sentence of a refusal: who refuses and how, in brackets the status and the vendor's word, then the vendor's own sentence.
#[must_use]
pub fn told(name: &str, meaning: &str, status: Option<u16>, word: &str, sentence: &str) -> String {
    let status = status.map_or(String::new(), |status| status.to_string());
    let word = clean_line(word, 60);
    let between = if word.is_empty() || status.is_empty() {
        ""
    } else {
        ", "
    };
    let mut message = format!("{name} {meaning} ({status}{between}{word})");
    if !sentence.is_empty() {
        message.push_str(&format!(": {}", sentence.trim_end_matches('.')));
    }
    message
}
