//! HTTP for real: TLS by rustls, time limits, bounded answers, no redirects, and a log that holds no body, token or value.

use std::error::Error as _;
use std::io::Read;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::blocking::{Client, ClientBuilder, RequestBuilder};
use serde_json::Value;

use super::fate::{self, Stage};
use super::refusal::Classify;
use super::{Body, CallError, CallErrorKind, Method, Request, Response, Transport};
use crate::domain::text::clean_line;
use crate::env::monotonic;
use crate::secrets::Secret;

/// Bytes of a refusal that are kept.
const REFUSAL_BYTES: usize = 64 * 1024;
/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// An answer with more headers is cut off there; a double or a proxy may send anything.
const MAX_HEADERS: usize = 200;

/// The proxy that requests go through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// The proxy of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
    #[default]
    Environment,
    /// No proxy.
    None,
    /// This proxy.
    Url(String),
}

/// Limits of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Time limit for the connection.
    pub connect: Duration,
    /// Time without a byte after which an answer is given up.
    pub read: Duration,
    /// Time limit for the whole answer.
    pub whole: Duration,
    /// Longest answer after decompression, whatever the request allows.
    pub max_bytes: usize,
    /// The proxy that requests go through. This machine itself is never asked through a proxy.
    pub proxy: Proxy,
    /// Further root certificates in PEM, with the file's name.
    pub roots: Option<(String, Vec<u8>)>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            whole: Duration::from_secs(120),
            max_bytes: 64 * 1024 * 1024,
            proxy: Proxy::Environment,
            roots: None,
        }
    }
}

/// HTTP for real. Clients are made at their first request: that costs milliseconds which a start should not.
#[derive(Debug)]
pub struct HttpTransport {
    settings: HttpSettings,
    classify: Classify,
    /// For this machine, for plain HTTP elsewhere, for TLS.
    clients: [OnceLock<Client>; 3],
    sent: AtomicU64,
}

impl HttpTransport {
    /// Makes a transport with limits of its own, which has refusals read by `classify`.
    #[must_use]
    pub fn new(settings: HttpSettings, classify: Classify) -> Self {
        Self {
            settings,
            classify,
            clients: Default::default(),
            sent: AtomicU64::default(),
        }
    }

    fn client(&self, url: &reqwest::Url) -> Result<&Client, CallError> {
        let is_tls = url.scheme() == "https";
        let [here, plain, tls] = &self.clients;
        let slot = match (is_tls, is_this_machine(url)) {
            (false, true) => here,
            (false, false) => plain,
            (true, _) => tls,
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let invalid = |message: String| before(CallErrorKind::Invalid, message);
        let mut builder = self.builder();
        if is_tls {
            if let Some((name, pem)) = &self.settings.roots {
                let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(|e| {
                    invalid(format!("the certificates in {name} cannot be read: {e}"))
                })?;
                builder = builder.tls_certs_merge(roots);
            }
        } else {
            // No certificate is looked at, so none need be loaded.
            builder = builder.tls_certs_only([]);
        }
        builder = match &self.settings.proxy {
            _ if is_this_machine(url) => builder.no_proxy(),
            Proxy::Environment => builder,
            Proxy::None => builder.no_proxy(),
            Proxy::Url(proxy) => builder.proxy(
                reqwest::Proxy::all(proxy)
                    .map_err(|e| invalid(format!("the proxy cannot be used: {}", deepest(&e))))?,
            ),
        };
        let client = builder
            .build()
            .map_err(|e| before(CallErrorKind::Network, deepest(&e)))?;
        Ok(slot.get_or_init(|| client))
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .user_agent(concat!("caseyos/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.settings.connect)
            .timeout(self.settings.read)
            .pool_idle_timeout(Duration::from_secs(30))
    }

    fn exchange(
        &self,
        base: &str,
        token: Option<&Secret>,
        request: &Request,
        id: &str,
    ) -> Result<Response, CallError> {
        let started = monotonic();
        let url = url_of(base, request)?;
        let is_secret = token.is_some() || matches!(request.body, Body::Form(_));
        if is_secret && url.scheme() != "https" && !is_this_machine(&url) {
            return Err(before(
                CallErrorKind::Invalid,
                format!("{base} is not https, and a token would travel in the clear"),
            ));
        }
        let client = self.client(&url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut builder = client
            .request(method_of(request.method), url)
            .header("x-request-id", id);
        if let Some(token) = token {
            builder = builder.bearer_auth(token.expose());
        }
        let mut answer = with_body(builder, &request.body)?
            .send()
            .map_err(|e| unanswered(&e, &host))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .take(MAX_HEADERS)
            .map(|(n, v)| {
                (
                    n.as_str().to_owned(),
                    String::from_utf8_lossy(v.as_bytes()).into_owned(),
                )
            })
            .collect();
        let mut response = Response {
            status,
            headers,
            body: Vec::new(),
        };
        let is_good = (200..300).contains(&status);
        let limit = if is_good {
            request.max_bytes.min(self.settings.max_bytes)
        } else {
            REFUSAL_BYTES
        };
        let read = read_body(&mut answer, limit, started + self.settings.whole);
        match (is_good, read) {
            (true, Ok(body)) => {
                response.body = body;
                Ok(response)
            }
            (true, Err(unread)) => Err(unread.told(&host, status, limit)),
            // What a refusal says at length is of no use if it cannot be read; that it is one is known.
            (false, read) => {
                response.body = read.unwrap_or_default();
                Err(refused(request, &response, self.classify))
            }
        }
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        base: &str,
        token: Option<&Secret>,
        request: &Request,
    ) -> Result<Response, CallError> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{number}", std::process::id());
        let started = monotonic();
        let result = self.exchange(base, token, request, &id);
        let millis = u64::try_from((monotonic() - started).as_millis()).unwrap_or(u64::MAX);
        let operation = request.operation;
        match &result {
            Ok(response) => {
                let (status, bytes) = (response.status, response.body.len());
                tracing::debug!(operation, %id, status, bytes, millis, "answered");
            }
            Err(error) => {
                let (status, kind, fate) = (error.status, error.kind, error.fate);
                tracing::info!(operation, %id, ?status, ?kind, ?fate, millis, "no good answer");
            }
        }
        result
    }
}

/// Returns the whole URL of a request.
pub(super) fn url_of(base: &str, request: &Request) -> Result<reqwest::Url, CallError> {
    let invalid = |reason: String| {
        before(
            CallErrorKind::Invalid,
            format!(
                "the address {} cannot be used: {reason}",
                clean_line(base, 200)
            ),
        )
    };
    let url = format!("{}{}", base.trim_end_matches('/'), request.path);
    let mut url = reqwest::Url::parse(&url).map_err(|e| invalid(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it is neither http nor https".into()));
    }
    if !request.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&request.query);
    }
    Ok(url)
}

fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

const fn method_of(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn with_body(builder: RequestBuilder, body: &Body) -> Result<RequestBuilder, CallError> {
    Ok(match body {
        Body::Empty => builder,
        Body::Json(value) => builder
            .header("content-type", "application/json")
            .body(value.to_string()),
        Body::Form(fields) => {
            let mut form = reqwest::Url::parse("http://form.invalid/")
                .map_err(|e| before(CallErrorKind::Invalid, e.to_string()))?;
            form.query_pairs_mut()
                .extend_pairs(fields.iter().map(|(n, v)| (n, v.expose())));
            builder
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.query().unwrap_or("").to_owned())
        }
    })
}

fn before(kind: CallErrorKind, message: String) -> CallError {
    CallError::of(kind, fate::fate(Stage::BeforeSending), message)
}

/// Returns what lies at the bottom of an error: the layers above only say that something went wrong. The URL is never part of it.
fn deepest(error: &reqwest::Error) -> String {
    let mut source = error.source();
    let mut said = None;
    while let Some(inner) = source {
        said = Some(inner.to_string());
        source = inner.source();
    }
    let said = said.unwrap_or_else(|| "the request could not be made".into());
    clean_line(&said, 200)
}

fn unanswered(error: &reqwest::Error, host: &str) -> CallError {
    let stage = if error.is_connect() || error.is_builder() {
        Stage::BeforeSending
    } else {
        Stage::Waiting
    };
    let (kind, message) = match (stage, error.is_timeout()) {
        (Stage::BeforeSending, true) => (
            CallErrorKind::TimedOut,
            format!("{host} could not be reached in time"),
        ),
        (Stage::BeforeSending, false) => (
            CallErrorKind::Network,
            format!("{host} could not be reached: {}", deepest(error)),
        ),
        (_, true) => (
            CallErrorKind::TimedOut,
            format!("{host} took the request and did not answer in time"),
        ),
        (_, false) => (
            CallErrorKind::Network,
            format!(
                "the connection to {host} broke before an answer came: {}",
                deepest(error)
            ),
        ),
    };
    CallError::of(kind, fate::fate(stage), message)
}

/// Gives the reason that a body could not be read whole.
enum Unread {
    TooLong,
    TooSlow,
    Broken(String),
}

impl Unread {
    fn told(self, host: &str, status: u16, limit: usize) -> CallError {
        let (kind, message) = match self {
            Self::TooLong => (
                CallErrorKind::TooLarge,
                format!(
                    "the answer of {host} is longer than {} MB and was not read on",
                    limit / 1_048_576
                ),
            ),
            Self::TooSlow => (
                CallErrorKind::TimedOut,
                format!("the answer of {host} did not come to its end in time"),
            ),
            Self::Broken(reason) => (
                CallErrorKind::Network,
                format!("the connection to {host} broke in the middle of the answer: {reason}"),
            ),
        };
        CallError {
            status: Some(status),
            ..CallError::of(kind, fate::fate(Stage::Answered(status)), message)
        }
    }
}

/// Reads a body of at most `limit` bytes, counted after decompression, until `end`.
fn read_body(answer: &mut impl Read, limit: usize, end: Duration) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    let mut chunk = vec![0_u8; CHUNK];
    loop {
        let size = match answer.read(&mut chunk) {
            Ok(0) => return Ok(body),
            Ok(size) => size,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) if e.kind() == std::io::ErrorKind::TimedOut => return Err(Unread::TooSlow),
            Err(e) => {
                let is_slow = e
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
                    .is_some_and(reqwest::Error::is_timeout);
                return Err(if is_slow {
                    Unread::TooSlow
                } else {
                    Unread::Broken(clean_line(&e.to_string(), 120))
                });
            }
        };
        if body.len() + size > limit {
            return Err(Unread::TooLong);
        }
        body.extend_from_slice(chunk.get(..size).unwrap_or_default());
        if monotonic() > end {
            return Err(Unread::TooSlow);
        }
    }
}

fn refused(request: &Request, response: &Response, classify: Classify) -> CallError {
    let status = response.status;
    let date = response.header("date").and_then(http_date);
    let mut error = CallError {
        status: Some(status),
        retry_after: response
            .header("retry-after")
            .and_then(|text| retry_after(text, date)),
        body: serde_json::from_slice(&response.body).unwrap_or(Value::Null),
        ..CallError::of(
            fate::kind(status),
            fate::fate(Stage::Answered(status)),
            String::new(),
        )
    };
    classify(request.service, &mut error, date);
    if let Some(to) = response.header("location").filter(|_| status / 100 == 3) {
        let host = reqwest::Url::parse(to).ok();
        let host = host.as_ref().and_then(|url| url.host_str());
        error.message.push_str(&format!(
            "; it named {}",
            clean_line(host.unwrap_or("another page"), 100)
        ));
    }
    error
}

fn http_date(text: &str) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(text).ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
}

/// Reads `Retry-After`: seconds, or a date, which is measured by the service's own clock, since ours may differ from it.
fn retry_after(text: &str, date: Option<Timestamp>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let seconds = if seconds < 0.0 { 0.0 } else { seconds };
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let seconds = http_date(text)?
        .as_second()
        .saturating_sub(date?.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::super::refusal::by_status;
    use super::*;
    use crate::domain::service::Service;

    fn plain() -> HttpTransport {
        HttpTransport::new(HttpSettings::default(), by_status)
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date_by_the_services_own_clock() {
        let date = "2026-11-23T10:10:00Z".parse().ok();
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(
                retry_after(text, date).map(|d| d.as_secs()),
                expect,
                "{text}"
            );
        };
        check("7", Some(7));
        check(" 0 ", Some(0));
        check("1.5", Some(1));
        check("-3", Some(0));
        check("Mon, 23 Nov 2026 10:10:30 GMT", Some(30));
        check("Mon, 23 Nov 2026 10:00:00 GMT", Some(0));
        check("soon", None);
        check("NaN", None);
        check("1e300", None);
    }

    #[test]
    fn a_token_does_not_travel_in_the_clear() {
        let request = Request::get(Service::Hubspot, "test", "/crm");
        let error = plain()
            .send("http://crm.example", Some(&Secret::new("sesame")), &request)
            .unwrap_err();
        assert_eq!(error.fate, super::super::Fate::NotSent);
        assert!(error.message.contains("in the clear"), "{error}");
        // A form is what tokens are asked for with.
        let form = Body::Form(vec![("refresh_token", Secret::new("sesame"))]);
        let request = Request::write(Service::GoogleAuth, "test", Method::Post, "/token", form);
        let error = plain()
            .send("http://auth.example", None, &request)
            .unwrap_err();
        assert!(error.message.contains("in the clear"), "{error}");
    }

    #[test]
    fn an_address_that_is_none_is_refused_before_anything_leaves() {
        let request = Request::get(Service::Gmail, "test", "/x");
        for base in ["", "nonsense", "ftp://files.example", "file:///etc"] {
            let error = plain().send(base, None, &request).unwrap_err();
            assert_eq!(error.kind, CallErrorKind::Invalid, "{base}");
        }
    }

    #[test]
    fn nobody_listening_is_not_sent() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let error = plain()
            .send(
                &format!("http://127.0.0.1:{port}"),
                Some(&Secret::new("sesame")),
                &Request::get(Service::Gmail, "test", "/x"),
            )
            .unwrap_err();
        assert_eq!(
            (error.kind, error.fate),
            (CallErrorKind::Network, super::super::Fate::NotSent)
        );
        assert!(error.message.contains("could not be reached"), "{error}");
    }
}
