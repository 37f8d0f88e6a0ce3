//! The recording mode: reads go out, writes are written down instead. What is written down is the exact request, with `****` for secrets.

use serde_json::Value;

use super::{Body, CallError, CallErrorKind, Fate, Request, Response, Transport, http};
use crate::secrets::Secret;

/// Lets reads through and answers every write with [`CallErrorKind::Recorded`] and the request's text as the body.
#[derive(Debug)]
pub struct RecordingTransport<'a> {
    /// The transport for reads.
    pub reads: &'a dyn Transport,
}

impl Transport for RecordingTransport<'_> {
    fn send(
        &self,
        base: &str,
        token: Option<&Secret>,
        request: &Request,
    ) -> Result<Response, CallError> {
        if request.reads {
            return self.reads.send(base, token, request);
        }
        let text = written(base, token.is_some(), request)?;
        Err(CallError {
            body: Value::String(text),
            ..CallError::of(
                CallErrorKind::Recorded,
                Fate::NotSent,
                "it was recorded and not sent: the mode is dry-run",
            )
        })
    }
}

/// Writes a request down as it would go over the wire, secrets as `****`.
///
/// # Errors
/// Fails if `base` is not a URL.
pub fn written(base: &str, with_token: bool, request: &Request) -> Result<String, CallError> {
    let url = http::url_of(base, request)?;
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    let mut host = url.host_str().unwrap_or_default().to_owned();
    if let Some(port) = url.port() {
        host.push_str(&format!(":{port}"));
    }
    let mut text = format!(
        "{} {target} HTTP/1.1\nHost: {host}\n",
        request.method.as_str()
    );
    if with_token {
        text.push_str("Authorization: Bearer ****\n");
    }
    let body = match &request.body {
        Body::Empty => return Ok(text),
        Body::Json(value) => {
            text.push_str("Content-Type: application/json\n");
            value.to_string()
        }
        Body::Form(fields) => {
            text.push_str("Content-Type: application/x-www-form-urlencoded\n");
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, _)| format!("{name}=****"))
                .collect();
            fields.join("&")
        }
    };
    text.push_str(&format!("\n{body}\n"));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::transport::Method;
    use crate::domain::service::Service;
    use serde_json::json;

    #[test]
    fn a_write_is_written_down_as_it_would_go_without_its_token() {
        let request = Request::write(
            Service::Gmail,
            "gmail.users.messages.send",
            Method::Post,
            "/gmail/v1/users/me/messages/send",
            Body::Json(json!({"raw": "aGk"})),
        )
        .with("alt", "a b&c");
        let text = written("https://gmail.googleapis.com", true, &request).unwrap();
        assert_eq!(
            text,
            "POST /gmail/v1/users/me/messages/send?alt=a+b%26c HTTP/1.1\nHost: gmail.googleapis.com\nAuthorization: Bearer ****\nContent-Type: application/json\n\n{\"raw\":\"aGk\"}\n"
        );
        let form = Request::write(
            Service::GoogleAuth,
            "oauth2.token",
            Method::Post,
            "/token",
            Body::Form(vec![("refresh_token", Secret::new("sesame"))]),
        );
        let text = written("http://127.0.0.1:9", false, &form).unwrap();
        assert!(text.contains("Host: 127.0.0.1:9\n") && text.ends_with("\nrefresh_token=****\n"));
    }
}
