//! Google's services: the requests that are built for them and how their answers are read. Unknown fields are normal, missing ones too, and an id
//! is a text even where it looks like a number.

pub mod calendar;
pub mod gmail;
pub mod refusal;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::transport::{CallError, CallErrorKind, Fate, Response};
use super::wire::{TokenPaths, Wire};

/// Google's wire.
pub static WIRE: Wire = Wire {
    tokens: |_| TokenPaths {
        token: "/token".into(),
        revoke: "/revoke".into(),
        introspect: None,
    },
    profile: Some(gmail::profile),
    classify: refusal::classify,
    ..Wire::BARE
};

/// The longest text of an answer that is taken as an id or a token.
const MAX_ID_BYTES: usize = 2048;

/// Writes bytes in the alphabet that Google's answers and questions use.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads bytes in either alphabet, padded or not; none if it is neither.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const READER: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);
    let plain: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            c => c,
        })
        .collect();
    READER.decode(plain).ok()
}

/// Returns Google's word for why it refused, such as `rateLimitExceeded`; empty if it gave none.
#[must_use]
pub fn reason(error: &CallError) -> &str {
    error
        .body
        .pointer("/error/errors/0/reason")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Reads an answer that is an object; a list in its place would be read field by field.
fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, CallError> {
    if response.body.trim_ascii_start().starts_with(b"{") {
        return response.json();
    }
    Err(CallError {
        kind: CallErrorKind::BadAnswer,
        fate: Fate::Answered,
        status: Some(response.status),
        message: "the answer is not what it should be: no object".into(),
        retry_after: None,
        body: Value::Null,
    })
}

/// Reads an id: a text, or a number as its digits. Anything else, or a text that is too long, gives none.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if text.len() <= MAX_ID_BYTES => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_alphabets_are_read_with_and_without_padding() {
        for text in ["-_-_YQ==", "+/+/YQ", "-_-_YQ\r\n"] {
            assert_eq!(decode(text).unwrap(), b"\xfb\xff\xbfa", "{text}");
        }
        assert_eq!(decode("not base64!"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
