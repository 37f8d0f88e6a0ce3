//! The receiver of webhooks: a small HTTP server that checks, keeps and answers at once.
//!
//! The server listens on loopback unless told otherwise. Its callers are never believed: an event only names the record to fetch at the next pass.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::engine::hubspot::Call;
use crate::engine::{Engine, EngineError};

/// A longer body is refused.
const MAX_BODY: usize = 1024 * 1024;
/// Time limit for a call: HubSpot gives up after five seconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// Interval between looks at the stop flag.
const LOOK: Duration = Duration::from_millis(50);

/// A server that listens already and answers once it runs.
#[derive(Debug)]
pub struct Server {
    listener: std::net::TcpListener,
    engine: Engine,
    address: SocketAddr,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// Fails if the address cannot be bound.
    pub fn bind(engine: Engine, ip: IpAddr, port: u16) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((ip, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            engine,
            address,
        })
    }

    /// Returns the address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is set, and lets the calls at hand end.
    ///
    /// # Errors
    /// Fails if the server cannot run.
    pub fn run(self, stop: Arc<AtomicBool>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let result = runtime.block_on(async move {
            let listener = TcpListener::from_std(self.listener)?;
            let router = router(self.engine);
            let stopped = async move {
                while !stop.load(Ordering::Relaxed) {
                    tokio::time::sleep(LOOK).await;
                }
            };
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
        });
        // A client that holds its connection open must not hold the end up.
        runtime.shutdown_timeout(PATIENCE);
        result
    }
}

fn router(engine: Engine) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/webhooks/hubspot", post(hubspot))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(engine)
}

async fn health() -> &'static str {
    "ok\n"
}

/// Takes in a call: 204 once it is kept, 401 for a bad signature, 400 for a signed body that is not a list of events. Without detail: a
/// false caller learns nothing.
async fn hubspot(
    State(engine): State<Engine>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned)
    };
    let timestamp = header("x-hubspot-request-timestamp");
    let signature = header("x-hubspot-signature-v3");
    let target = uri
        .path_and_query()
        .map_or_else(|| uri.path().to_owned(), ToString::to_string);
    // The database may keep a call waiting, and the others must not wait with it.
    let kept = tokio::task::spawn_blocking(move || {
        engine.receive_webhook(Call {
            method: method.as_str(),
            target: &target,
            timestamp: timestamp.as_deref(),
            signature: signature.as_deref(),
            body: &body,
        })
    });
    match tokio::time::timeout(PATIENCE, kept).await {
        Ok(Ok(Ok(Some(_)))) => StatusCode::NO_CONTENT,
        Ok(Ok(Ok(None))) => StatusCode::UNAUTHORIZED,
        Ok(Ok(Err(EngineError::Input(_)))) => StatusCode::BAD_REQUEST,
        Ok(Ok(Err(error))) => {
            tracing::error!(%error, "a webhook could not be kept");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
