//! The server: takes requests over HTTP/1.1 on 127.0.0.1, applies faults, and hands them to the doubles.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::faults::{self, Befalls, Fault, FaultRule, Plan, When};
use super::log::{Log, Logged};
use super::{Setting, SharedDouble, WorldRequest, WorldResponse, admin, pairs};
use crate::env::{Clock, SystemClock};

/// A longer request is refused.
const MAX_REQUEST: usize = 64 * 1024 * 1024;
/// A piece of a huge answer.
const CHUNK: usize = 64 * 1024;

/// Options of a world.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// The port; any free one if 0.
    pub port: u16,
    /// The clock that the doubles live by.
    pub clock: Arc<dyn Clock>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            port: 0,
            clock: Arc::new(SystemClock),
        }
    }
}

/// The state that the world's threads and its owner share.
pub(super) struct Shared {
    base: String,
    elsewhere: String,
    doubles: Vec<SharedDouble>,
    clock: Arc<dyn Clock>,
    ahead_millis: AtomicI64,
    plan: Mutex<Plan>,
    log: Mutex<Log>,
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn plan(&self) -> MutexGuard<'_, Plan> {
        lock(&self.plan)
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        let ahead = SignedDuration::from_millis(self.ahead_millis.load(Ordering::Relaxed));
        now.checked_add(ahead).unwrap_or(now)
    }

    pub fn advance(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(0);
        self.ahead_millis.fetch_add(millis, Ordering::Relaxed);
    }

    pub fn double(&self, name: &str) -> Option<&SharedDouble> {
        self.doubles
            .iter()
            .find(|double| lock(double).name() == name)
    }

    pub fn described(&self) -> Value {
        let names: Vec<&str> = self.doubles.iter().map(|d| lock(d).name()).collect();
        let environment: serde_json::Map<String, Value> = self
            .doubles
            .iter()
            .flat_map(|d| lock(d).environment())
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        json!({
            "url": self.base,
            "elsewhere_url": self.elsewhere,
            "providers": names,
            "now": self.now(),
            "config": self.config_lines(),
            "environment": environment,
        })
    }

    fn settings(&self) -> Vec<Setting> {
        self.doubles
            .iter()
            .flat_map(|double| lock(double).settings(&self.base))
            .collect()
    }

    fn config_lines(&self) -> String {
        let mut lines = Vec::new();
        let mut table = "";
        for (its_table, key, value) in self.settings() {
            if its_table != table {
                table = its_table;
                lines.push(format!("[{table}]"));
            }
            lines.push(format!("{key} = {value:?}"));
        }
        lines.join("\n")
    }
}

/// Providers in memory behind a port of this machine, until it is dropped.
pub struct World {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("base", &self.shared.base)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Starts a world of the given doubles.
    ///
    /// # Errors
    /// Fails if the port is taken.
    pub fn start(options: WorldOptions, doubles: Vec<SharedDouble>) -> io::Result<Self> {
        let bind =
            |port| std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let (main, other) = (bind(options.port)?, bind(0)?);
        let shared = Arc::new(Shared {
            base: format!("http://{}", main.local_addr()?),
            // A name that is another host's to any client, and yet this machine.
            elsewhere: format!("http://localhost:{}", other.local_addr()?.port()),
            doubles,
            clock: options.clock,
            ahead_millis: AtomicI64::new(0),
            plan: Mutex::default(),
            log: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("world")
            .enable_all()
            .build()?;
        for (listener, elsewhere) in [(main, false), (other, true)] {
            listener.set_nonblocking(true)?;
            let state = Door {
                shared: Arc::clone(&shared),
                elsewhere,
            };
            let guard = runtime.enter();
            let listener = Lines(TcpListener::from_std(listener)?);
            drop(guard);
            let router = axum::Router::new().fallback(take).with_state(state);
            let service = router.into_make_service_with_connect_info::<Line>();
            runtime.spawn(async move { axum::serve(listener, service).await });
        }
        Ok(Self {
            shared,
            runtime: Some(runtime),
        })
    }

    /// Returns its URL, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.shared.base
    }

    /// Returns the URL of the other port, which stands for another host.
    #[must_use]
    pub fn elsewhere(&self) -> &str {
        &self.shared.elsewhere
    }

    /// Describes it: URLs, names, lines for `config.toml`, variables for the environment.
    #[must_use]
    pub fn described(&self) -> Value {
        self.shared.described()
    }

    /// Returns the lines of `config.toml` that point CaseyOS at it.
    #[must_use]
    pub fn config_lines(&self) -> String {
        self.shared.config_lines()
    }

    /// Returns the same as keys and values.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        self.shared.settings()
    }

    /// Adds a fault and returns its id.
    pub fn harm(&self, rule: FaultRule) -> u64 {
        self.shared.plan().add(rule)
    }

    /// Takes every fault away.
    pub fn heal(&self) {
        self.shared.plan().remove(None);
    }

    /// Returns every request that came in, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.log().all()
    }

    /// Forgets the requests that came in.
    pub fn forget(&self) {
        self.shared.log().clear();
    }

    /// Moves the doubles' clock.
    pub fn advance(&self, by: SignedDuration) {
        self.shared.advance(by);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Clone)]
struct Door {
    shared: Arc<Shared>,
    elsewhere: bool,
}

/// A connection that a fault can cut.
#[derive(Debug, Clone, Default)]
struct Line {
    is_cut: Arc<AtomicBool>,
}

impl Line {
    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.is_cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

struct Lines(TcpListener);

struct LineStream {
    stream: TcpStream,
    line: Line,
}

impl Listener for Lines {
    type Io = LineStream;
    type Addr = Line;

    async fn accept(&mut self) -> (LineStream, Line) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        // A delayed small packet is only lost time here.
        drop(stream.set_nodelay(true));
        let line = Line::default();
        let stream = LineStream {
            stream,
            line: line.clone(),
        };
        (stream, line)
    }

    fn local_addr(&self) -> io::Result<Line> {
        Ok(Line::default())
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.remote_addr().clone()
    }
}

impl AsyncRead for LineStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for LineStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

async fn take(
    State(door): State<Door>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let shared = &door.shared;
    let (head, body) = request.into_parts();
    let raw_query = head.uri.query().unwrap_or("").to_owned();
    let mut asked = WorldRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: pairs(&raw_query),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body: Vec::new(),
        base: shared.base.clone(),
    };
    let is_admin =
        asked.path == admin::PREFIX || asked.path.starts_with(&format!("{}/", admin::PREFIX));
    let befalls = if is_admin || door.elsewhere {
        Befalls::default()
    } else {
        shared
            .plan()
            .befalls(&asked.method, &asked.path, &raw_query)
    };
    if befalls.harm == Some(Fault::Cut { when: When::Before }) {
        let n = shared.log().take(&asked, false, said(&befalls));
        shared.log().answered(n, 0);
        line.cut();
        return Response::default();
    }
    match to_bytes(body, MAX_REQUEST).await {
        Ok(bytes) => asked.body = bytes.to_vec(),
        Err(_) => return respond(WorldResponse::empty(413), None),
    }
    if is_admin {
        return respond(admin::answer(shared, &asked), None);
    }
    let n = shared.log().take(&asked, door.elsewhere, said(&befalls));
    if befalls.latency_millis > 0 {
        tokio::time::sleep(Duration::from_millis(befalls.latency_millis)).await;
    }
    if door.elsewhere {
        shared.log().answered(n, 200);
        let caught = json!({"access_token": "elsewhere", "results": [], "messages": []});
        return respond(WorldResponse::json(200, &caught), None);
    }
    let date = date_header(shared, befalls.skew_seconds);
    let handle = || handled(shared, &asked);
    let note = |status: u16| shared.log().answered(n, status);
    match befalls.harm {
        None | Some(Fault::Latency { .. } | Fault::Skew { .. }) => {
            let answer = handle();
            note(answer.status);
            respond(answer, date)
        }
        Some(Fault::Status {
            status,
            retry_after,
            body,
        }) => {
            let mut answer = match body {
                Value::Null => WorldResponse::text(status, "text/plain", "a fault on demand"),
                body => WorldResponse::json(status, &body),
            };
            if let Some(wait) = retry_after {
                answer = answer.with("retry-after", wait);
            }
            note(status);
            respond(answer, date)
        }
        Some(Fault::DoneBut { status }) => {
            drop(handle());
            note(status);
            let said = WorldResponse::text(status, "text/plain", "a fault on demand");
            respond(said, date)
        }
        Some(Fault::Hang) => {
            drop(handle());
            std::future::pending().await
        }
        Some(Fault::Cut { when: When::Body }) => {
            let answer = handle();
            note(answer.status);
            cut_short(answer)
        }
        Some(Fault::Cut { .. }) => {
            drop(handle());
            line.cut();
            Response::default()
        }
        Some(Fault::Malformed) => {
            let mut answer = handle();
            note(answer.status);
            answer.body.truncate(answer.body.len() / 2);
            answer.body.extend_from_slice(b"\"<html>");
            respond(answer, date)
        }
        Some(Fault::Huge { bytes }) => {
            note(200);
            huge(bytes)
        }
        Some(Fault::Redirect { to }) => {
            note(302);
            let to = if to.is_empty() {
                format!("{}{}", shared.elsewhere, asked.path)
            } else {
                to
            };
            respond(WorldResponse::empty(302).with("location", to), date)
        }
        Some(Fault::RepeatPage) => {
            let mut answer = handle();
            note(answer.status);
            let in_body = asked.json();
            let token = asked
                .param("pageToken")
                .or_else(|| asked.param("after"))
                .or_else(|| in_body.get("after").and_then(Value::as_str));
            if let Ok(mut value) = serde_json::from_slice::<Value>(&answer.body) {
                faults::repeat_page(&mut value, token);
                answer.body = value.to_string().into_bytes();
            }
            respond(answer, date)
        }
    }
}

fn handled(shared: &Shared, asked: &WorldRequest) -> WorldResponse {
    let now = shared.now();
    shared
        .doubles
        .iter()
        .find_map(|double| {
            let mut double = lock(double);
            double
                .serves(&asked.path)
                .then(|| double.handle(asked, now))
        })
        .unwrap_or_else(|| {
            WorldResponse::json(404, &json!({"error": "no double serves this path"}))
        })
}

fn said(befalls: &Befalls) -> String {
    befalls
        .harm
        .as_ref()
        .and_then(|harm| serde_json::to_value(harm).ok())
        .and_then(|value| {
            value
                .get("fault")
                .and_then(Value::as_str)
                .map(str::to_owned)
        })
        .unwrap_or_default()
}

/// The doubles' own time as `Date`; the machine's is written by the server itself, so this is only for clocks that differ.
fn date_header(shared: &Shared, skew_seconds: i64) -> Option<String> {
    let at = shared
        .now()
        .checked_add(SignedDuration::from_secs(skew_seconds))
        .ok()?;
    Some(httpdate::fmt_http_date(
        std::time::SystemTime::UNIX_EPOCH
            + Duration::from_secs(u64::try_from(at.as_second()).ok()?),
    ))
}

fn head(answer: &WorldResponse, date: Option<String>) -> Response {
    let mut response = Response::default();
    *response.status_mut() = axum::http::StatusCode::from_u16(answer.status)
        .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let date = date.map(|date| ("date".to_owned(), date));
    for (name, value) in answer.headers.iter().chain(&date) {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            headers.append(name, value);
        }
    }
    response
}

fn respond(answer: WorldResponse, date: Option<String>) -> Response {
    let mut response = head(&answer, date);
    *response.body_mut() = Body::from(answer.body);
    response
}

/// Promises the whole body, sends half, and cuts the connection.
fn cut_short(answer: WorldResponse) -> Response {
    let mut response = head(&answer, None);
    response
        .headers_mut()
        .insert("content-length", HeaderValue::from(answer.body.len()));
    let half = answer.body.len() / 2;
    let half = Bytes::from(answer.body).slice(..half);
    let parts = stream::unfold(Some(half), |half| async move {
        if let Some(half) = half {
            return Some((Ok(half), None));
        }
        // What was sent must be on its way before the cut, or nothing of it arrives.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
    });
    *response.body_mut() = Body::from_stream(parts);
    response
}

fn huge(bytes: u64) -> Response {
    let chunk = Bytes::from(vec![b' '; CHUNK]);
    let parts = stream::unfold(bytes, move |left| {
        let size = left.min(CHUNK as u64);
        let part = chunk.slice(..usize::try_from(size).unwrap_or(CHUNK));
        let next = (size > 0).then(|| (Ok::<_, io::Error>(part), left - size));
        std::future::ready(next)
    });
    let mut response = head(
        &WorldResponse::empty(200).with("content-type", "application/json"),
        None,
    );
    *response.body_mut() = Body::from_stream(parts);
    response
}
