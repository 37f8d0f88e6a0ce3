//! The providers in memory, served over real HTTP on loopback: a practice ground for the operator, and what the tests talk to.
//!
//! A [`Double`] answers for one provider and keeps its state. A [`World`] serves several of them on one port, does harm on demand
//! ([`faults`]), and keeps a log of what came in, in which tokens stand as hashes. A second port, "elsewhere", stands for another host:
//! nothing that is meant for a provider may ever arrive there.

mod admin;
mod all;
pub mod faults;
pub mod google;
pub mod hubspot;
mod log;
pub mod names;
pub mod oauth;
mod server;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;

pub use all::{Filling, providers};
pub use faults::{Fault, FaultRule, When};
pub use log::{Logged, token_name};
pub use server::{World, WorldOptions};

/// A key of `config.toml`: its table, its name, its value.
pub type Setting = (&'static str, &'static str, String);

/// A provider in memory.
pub trait Double: Send {
    /// Returns its name, such as `hubspot`.
    fn name(&self) -> &'static str;

    /// Tells whether a path is one of its own.
    fn serves(&self, path: &str) -> bool;

    /// Answers a request as the provider would, and changes what it changes.
    fn handle(&mut self, request: &WorldRequest, now: Timestamp) -> WorldResponse;

    /// Returns what points CaseyOS at it: table, key and value of `config.toml`.
    fn settings(&self, base: &str) -> Vec<Setting>;

    /// Returns the environment's variables that sign CaseyOS in to it.
    fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Shows its state, for `GET /__world/NAME`.
    fn show(&self) -> Value {
        Value::Null
    }

    /// Makes something happen in it, such as a mail that arrives, for `POST /__world/NAME/WHAT`.
    ///
    /// # Errors
    /// Says why that cannot happen.
    fn happen(&mut self, what: &str, given: &Value, now: Timestamp) -> Result<Value, String> {
        let (_, _) = (given, now);
        Err(format!("nothing called \"{what}\" happens here"))
    }
}

/// A double that its world and a test share.
pub type SharedDouble = Arc<Mutex<dyn Double>>;

/// What a double is asked. Names of headers are in lower case.
#[derive(Debug, Clone, Default)]
pub struct WorldRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query's parameters in order, decoded.
    pub query: Vec<(String, String)>,
    /// The headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The world's own URL, for answers that hold links.
    pub base: String,
}

impl WorldRequest {
    /// Returns a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// Returns a parameter of the query.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Returns every value of a parameter that may be repeated.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Returns the bearer token.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Returns the body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Returns the fields of a form.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    /// Returns the path's segments, decoded.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        self.path
            .trim_matches('/')
            .split('/')
            // `+` stands for itself in a path.
            .map(|segment| decode(&segment.replace('+', "%2B")))
            .collect()
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
}

/// Decodes `a=b&c=d`.
pub(in crate::connectors::world) fn pairs(text: &str) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://form.invalid/?{text}"))
        .map(|url| {
            url.query_pairs()
                .map(|(n, v)| (n.into_owned(), v.into_owned()))
                .collect()
        })
        .unwrap_or_default()
}

fn decode(segment: &str) -> String {
    pairs(&format!("s={}", segment.replace('&', "%26")))
        .pop()
        .map(|(_, value)| value)
        .unwrap_or_default()
}

/// What a double answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorldResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WorldResponse {
    /// Answers with JSON.
    #[must_use]
    pub fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![(
                "content-type".into(),
                "application/json; charset=UTF-8".into(),
            )],
            body: value.to_string().into_bytes(),
        }
    }

    /// Answers with a status alone.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// Answers with text of a type, such as `text/html`.
    #[must_use]
    pub fn text(status: u16, kind: &str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), kind.into())],
            body: body.into().into_bytes(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_its_query_form_and_path() {
        let request = WorldRequest {
            path: "/crm/objects/2026-03/contacts/a%40b+c".into(),
            query: pairs("q=rfc822msgid%3A%3Cx%3E&labelIds=A&labelIds=B"),
            headers: vec![("authorization".into(), "Bearer t-1".into())],
            body: b"grant_type=refresh_token&refresh_token=r%2B1".to_vec(),
            ..WorldRequest::default()
        };
        assert_eq!(request.param("q"), Some("rfc822msgid:<x>"));
        assert_eq!(request.params("labelIds").collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(request.bearer(), Some("t-1"));
        assert_eq!(request.form()[1], ("refresh_token".into(), "r+1".into()));
        assert_eq!(request.segments()[4], "a@b+c");
        assert_eq!(request.json(), Value::Null);
    }
}
