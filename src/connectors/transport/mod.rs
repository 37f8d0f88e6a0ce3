//! The one way out over HTTP. Connectors build a [`Request`] and read a [`Response`] and know no socket; a [`Transport`] carries the one to
//! the other. What a failure says about the effect ("not sent", "answered", "unknown") is decided here and nowhere else.

pub mod fate;
mod http;
pub mod record;
pub mod refusal;

use std::time::Duration;

use serde_json::Value;

use crate::domain::service::Service;
use crate::domain::text::clean_line;
use crate::secrets::Secret;

pub use crate::domain::service::Budget;
pub use http::{HttpSettings, HttpTransport, Proxy};
pub use record::{RecordingTransport, written};

/// An answer of ordinary size.
pub const ORDINARY_BYTES: usize = 16 * 1024 * 1024;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The body of a request.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// A form, `application/x-www-form-urlencoded`. It may hold secrets and is never logged.
    Form(Vec<(&'static str, Secret)>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json(..)",
            Self::Form(_) => "Form(..)",
        })
    }
}

/// The effect of sending the same request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it reads, or it sets what the first one set. It is retried.
    Harmless,
    /// A second effect. It is sent once; an answer that does not come leaves the effect unknown.
    Doubles,
}

/// A request as a connector builds it: without host, token or retries.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The service that it goes to.
    pub service: Service,
    /// The operation's name for logs and tests, such as `gmail.users.messages.send`.
    pub operation: &'static str,
    /// The method.
    pub method: Method,
    /// The path from the root, its segments percent-encoded.
    pub path: String,
    /// The query's parameters, not encoded yet.
    pub query: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
    /// The effect of sending it twice.
    pub repeat: Repeat,
    /// The budget that it draws on.
    pub budget: Budget,
    /// Units of the budget that it costs; Gmail counts units, the others requests.
    pub cost: u32,
    /// A longer answer is refused.
    pub max_bytes: usize,
    /// True if it changes nothing there. In dry-run mode a change is recorded and not sent.
    pub reads: bool,
    /// True if it only removes what has not left: it may go though everything is stopped.
    pub takes_back: bool,
}

impl Request {
    /// Makes a request that reads, with no parameters, for one unit.
    #[must_use]
    pub fn get(service: Service, operation: &'static str, path: impl Into<String>) -> Self {
        Self {
            service,
            operation,
            method: Method::Get,
            path: path.into(),
            query: Vec::new(),
            body: Body::Empty,
            repeat: Repeat::Harmless,
            budget: Budget::General,
            cost: 1,
            max_bytes: ORDINARY_BYTES,
            reads: true,
            takes_back: false,
        }
    }

    /// Makes a request whose repetition would double its effect.
    #[must_use]
    pub fn write(
        service: Service,
        operation: &'static str,
        method: Method,
        path: impl Into<String>,
        body: Body,
    ) -> Self {
        Self {
            method,
            body,
            repeat: Repeat::Doubles,
            reads: false,
            ..Self::get(service, operation, path)
        }
    }

    /// Adds a parameter of the query.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Sets its cost.
    #[must_use]
    pub const fn costing(mut self, units: u32) -> Self {
        self.cost = units;
        self
    }

    /// Says that sending it again does nothing more than sending it once.
    #[must_use]
    pub const fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Harmless;
        self
    }

    /// Says that it only removes what has not left.
    #[must_use]
    pub const fn taking_back(mut self) -> Self {
        self.takes_back = true;
        self
    }

    /// Says that it changes nothing though its method may: a batch that is read, a question with a body.
    #[must_use]
    pub const fn reading(mut self) -> Self {
        self.reads = true;
        self.repeat = Repeat::Harmless;
        self
    }

    /// Says that it is a search, which reads.
    #[must_use]
    pub const fn search(mut self) -> Self {
        self.budget = Budget::Search;
        self.reading()
    }
}

/// Encodes a segment of a path: everything but unreserved characters.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// An answer with a status of 200 to 299.
#[derive(Clone, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

impl Response {
    /// Returns a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// Fails if it has another shape.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|e| CallError {
            status: Some(self.status),
            ..CallError::of(
                CallErrorKind::BadAnswer,
                fate::fate(fate::Stage::Answered(self.status)),
                // An error of serde may quote the text it read.
                clean_line(&format!("the answer is not what it should be: {e}"), 200),
            )
        })
    }
}

/// The effect of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing reached the service.
    NotSent,
    /// The service answered that it did not do it.
    Answered,
    /// Done or not: the answer did not come.
    Unknown,
    /// The service did it, but its answer cannot be read: ask for the result.
    Sent,
}

/// The kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// Nobody is signed in.
    SignedOut,
    /// The token is refused, also after a refresh: 401.
    Unauthorized,
    /// A right is missing: 403.
    Forbidden,
    /// There is no such thing: 404.
    NotFound,
    /// A conflict with the present state: 409.
    Conflict,
    /// The thing is gone, or a cursor is too old: 410.
    Gone,
    /// The request is refused as it is: another 4xx.
    Invalid,
    /// Too many requests: 429 or a vendor's own word for it.
    RateLimited,
    /// A budget that lasts a day is used up.
    QuotaExhausted,
    /// The service failed: 5xx.
    Server,
    /// The network failed.
    Network,
    /// No answer in time.
    TimedOut,
    /// The answer is longer than it may be.
    TooLarge,
    /// The answer is not what it should be.
    BadAnswer,
    /// A redirect to elsewhere.
    Redirected,
    /// The service failed often of late, so it is not asked for a while.
    CircuitOpen,
    /// The run stops here: dry-run records and does not send. The body holds the request's text.
    Recorded,
    /// The operator stopped it.
    Stopped,
}

/// A failed request.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// The kind of failure.
    pub kind: CallErrorKind,
    /// The fate of the effect.
    pub fate: Fate,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The failure, without secrets and in few words.
    pub message: String,
    /// Time for which the service wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The body of the refusal, if it is JSON of a bounded size; else null.
    pub body: Value,
}

impl CallError {
    /// Makes an error that no answer lies behind.
    #[must_use]
    pub fn of(kind: CallErrorKind, fate: Fate, message: impl Into<String>) -> Self {
        Self {
            kind,
            fate,
            status: None,
            message: message.into(),
            retry_after: None,
            body: Value::Null,
        }
    }
}

/// Carries requests.
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Sends one request to `base` with the given token, once, and reads the answer whole.
    ///
    /// # Errors
    /// Whatever keeps a good answer from coming, with what that says about the effect.
    fn send(
        &self,
        base: &str,
        token: Option<&Secret>,
        request: &Request,
    ) -> Result<Response, CallError>;
}
