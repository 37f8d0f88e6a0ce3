//! HTTP for real: TLS by rustls, time limits, bounded answers, no redirects.

use std::io::Read;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::{Body, CallError, CallErrorKind, Fate, Method, Request, Response, Transport};
use crate::secrets::Secret;

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(60);
/// What is kept of a refusal.
const REFUSAL_BYTES: usize = 64 * 1024;

/// HTTP for real. The client is made at the first request: it costs milliseconds that a start should not.
#[derive(Debug, Default)]
pub struct HttpTransport {
    client: OnceLock<reqwest::blocking::Client>,
}

impl HttpTransport {
    fn client(&self) -> Result<&reqwest::blocking::Client, CallError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::blocking::Client::builder()
            .user_agent(concat!("caseyos/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .build()
            .map_err(|e| failure(CallErrorKind::Network, Fate::NotSent, e.to_string()))?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn failure(kind: CallErrorKind, fate: Fate, message: String) -> CallError {
    CallError {
        kind,
        fate,
        status: None,
        message,
        retry_after: None,
        body: Value::Null,
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        base: &str,
        token: Option<&Secret>,
        request: &Request,
    ) -> Result<Response, CallError> {
        let client = self.client()?;
        let url = format!("{}{}", base.trim_end_matches('/'), request.path);
        let mut url = reqwest::Url::parse(&url).map_err(|e| {
            failure(
                CallErrorKind::Invalid,
                Fate::NotSent,
                format!("{base}: {e}"),
            )
        })?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = client.request(method, url);
        if let Some(token) = token {
            builder = builder.bearer_auth(token.expose());
        }
        builder = match &request.body {
            Body::Empty => builder,
            Body::Json(value) => builder
                .header("content-type", "application/json")
                .body(value.to_string()),
            Body::Form(fields) => {
                let mut form = reqwest::Url::parse("http://form.invalid/")
                    .map_err(|e| failure(CallErrorKind::Invalid, Fate::NotSent, e.to_string()))?;
                form.query_pairs_mut()
                    .extend_pairs(fields.iter().map(|(n, v)| (n, v.expose())));
                builder
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.query().unwrap_or("").to_owned())
            }
        };
        let mut answer = builder.send().map_err(|e| {
            let fate = if e.is_connect() || e.is_builder() {
                Fate::NotSent
            } else {
                Fate::Unknown
            };
            let kind = if e.is_timeout() {
                CallErrorKind::TimedOut
            } else {
                CallErrorKind::Network
            };
            failure(kind, fate, e.without_url().to_string())
        })?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(n, v)| {
                (
                    n.as_str().to_owned(),
                    String::from_utf8_lossy(v.as_bytes()).into_owned(),
                )
            })
            .collect();
        let limit = if (200..300).contains(&status) {
            request.max_bytes
        } else {
            REFUSAL_BYTES
        };
        let mut body = Vec::new();
        let unread =
            |e: std::io::Error| failure(CallErrorKind::Network, Fate::Unknown, e.to_string());
        Read::by_ref(&mut answer)
            .take(limit as u64 + 1)
            .read_to_end(&mut body)
            .map_err(unread)?;
        let response = Response {
            status,
            headers,
            body,
        };
        if (200..300).contains(&status) {
            if response.body.len() > limit {
                return Err(failure(
                    CallErrorKind::TooLarge,
                    Fate::Unknown,
                    format!("the answer is longer than {limit} bytes"),
                ));
            }
            return Ok(response);
        }
        Err(refusal(&response))
    }
}

fn refusal(response: &Response) -> CallError {
    let kind = match response.status {
        300..=399 => CallErrorKind::Redirected,
        401 => CallErrorKind::Unauthorized,
        403 => CallErrorKind::Forbidden,
        404 => CallErrorKind::NotFound,
        409 => CallErrorKind::Conflict,
        410 => CallErrorKind::Gone,
        429 => CallErrorKind::RateLimited,
        500.. => CallErrorKind::Server,
        _ => CallErrorKind::Invalid,
    };
    let fate = match kind {
        CallErrorKind::Server => Fate::Unknown,
        _ => Fate::Answered,
    };
    CallError {
        kind,
        fate,
        status: Some(response.status),
        message: format!("answered {}", response.status),
        retry_after: response
            .header("retry-after")
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs),
        body: serde_json::from_slice(&response.body).unwrap_or(Value::Null),
    }
}
