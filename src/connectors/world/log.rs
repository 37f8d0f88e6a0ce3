//! The log of requests, with their tokens and secrets as hashes.

use std::collections::VecDeque;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::WorldRequest;

/// Largest size of the log, in bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of one body that are kept.
const MAX_BODY: usize = 64 * 1024;
/// The fields of forms that are secrets.
const SECRET_FIELDS: &[&str] = &[
    "client_secret",
    "refresh_token",
    "code",
    "code_verifier",
    "token",
    "access_token",
];

/// A request that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// Its number, from 1.
    pub n: u64,
    /// True if it came to the other port, where nothing should.
    pub elsewhere: bool,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query's parameters.
    pub query: Vec<(String, String)>,
    /// The headers; of a token, its hash.
    pub headers: Vec<(String, String)>,
    /// The body's text, up to 64 KiB; of a form's secrets, their hashes.
    pub body: String,
    /// The fault that hit it; empty if none.
    pub fault: String,
    /// The status that was answered; 0 if there was none.
    pub status: u16,
}

impl Logged {
    fn size(&self) -> usize {
        let pairs =
            |p: &[(String, String)]| p.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
        200 + self.path.len() + self.body.len() + pairs(&self.query) + pairs(&self.headers)
    }
}

/// Returns the hash that stands for a token in the log.
#[must_use]
pub fn token_name(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let hex: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

fn masked(request: &WorldRequest) -> String {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        let end = request.body.len().min(MAX_BODY);
        return String::from_utf8_lossy(request.body.get(..end).unwrap_or_default()).into_owned();
    }
    let fields: Vec<String> = request
        .form()
        .into_iter()
        .map(|(name, value)| {
            if SECRET_FIELDS.contains(&name.as_str()) {
                format!("{name}={}", token_name(&value))
            } else {
                format!("{name}={value}")
            }
        })
        .collect();
    fields.join("&")
}

/// The log. The oldest requests make room for new ones.
#[derive(Debug, Default)]
pub(super) struct Log {
    kept: VecDeque<Logged>,
    bytes: usize,
    count: u64,
}

impl Log {
    /// Takes a request in and returns its number.
    pub fn take(&mut self, request: &WorldRequest, elsewhere: bool, fault: String) -> u64 {
        self.count += 1;
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| match name.as_str() {
                "authorization" | "x-goog-api-key" | "x-api-key" | "cookie" => {
                    let (scheme, token) = value.split_once(' ').unwrap_or(("", value));
                    (name.clone(), format!("{scheme} {}", token_name(token)))
                }
                _ => (name.clone(), value.clone()),
            })
            .collect();
        let logged = Logged {
            n: self.count,
            elsewhere,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers,
            body: masked(request),
            fault,
            status: 0,
        };
        self.bytes += logged.size();
        self.kept.push_back(logged);
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.size();
        }
        self.count
    }

    /// Notes the answer's status.
    pub fn answered(&mut self, n: u64, status: u16) {
        if let Some(logged) = self.kept.iter_mut().rev().find(|logged| logged.n == n) {
            logged.status = status;
        }
    }

    pub fn all(&self) -> Vec<Logged> {
        self.kept.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_holds_no_token() {
        let mut log = Log::default();
        log.take(
            &WorldRequest {
                headers: vec![
                    ("authorization".into(), "Bearer sesame".into()),
                    (
                        "content-type".into(),
                        "application/x-www-form-urlencoded".into(),
                    ),
                ],
                body: b"grant_type=refresh_token&refresh_token=sesame".to_vec(),
                ..WorldRequest::default()
            },
            false,
            String::new(),
        );
        let text = serde_json::to_string(&log.all()).unwrap();
        assert!(!text.contains("sesame"), "{text}");
        assert!(text.contains(&format!("Bearer {}", token_name("sesame"))));
        assert!(text.contains("grant_type=refresh_token"));
    }
}
