//! `caseyos serve`: the receiver of webhooks.

use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use clap::Args;

use super::Run;
use super::output::Ending;
use crate::engine::EngineError;
use crate::http::Server;

/// Receive HubSpot's webhooks: POST /webhooks/hubspot, checked by signature and kept for the next sync. GET /health for monitoring.
///
/// The server listens on 127.0.0.1; put a proxy or a tunnel with TLS before it and set `serve.public_url` to the URL that HubSpot calls, for the
/// signature covers it. Stop it with Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos serve\n  caseyos serve --port 9000\n  curl -s http://127.0.0.1:8787/health"
)]
pub(super) struct ServeArgs {
    /// Port; 0 takes any free one. Default: `serve.port` in config.toml.
    #[arg(long)]
    port: Option<u16>,
    /// IP address to listen at. Default: `serve.bind` in config.toml.
    #[arg(long)]
    bind: Option<IpAddr>,
}

pub(super) fn run(run: &mut Run<'_>, args: &ServeArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    engine.ready_for_webhooks()?;
    let config = engine.config().serve.clone();
    let bind = match args.bind {
        Some(bind) => bind,
        None => config
            .bind
            .parse()
            .map_err(|_| EngineError::Input("[serve] bind is no IP address.".into()))?,
    };
    let port = args.port.unwrap_or(config.port);
    let server = Server::bind(engine, bind, port).map_err(|e| {
        EngineError::Outside(format!(
            "{bind}:{port} could not be listened at: {e}. Choose another with --port."
        ))
    })?;
    super::listen_for_interrupt(&run.interrupt);
    let url = format!("http://{}", server.address());
    if run.out.is_json() {
        run.out
            .line(&serde_json::json!({"url": url, "public_url": config.public_url}).to_string())?;
    } else {
        run.out
            .line(&format!("Listening at {url}. Ctrl-C ends it."))?;
    }
    if !bind.is_loopback() {
        run.out.talk("It can be reached from other machines, without TLS. Better listen on 127.0.0.1 behind a proxy with TLS.")?;
    }
    if config.public_url.is_empty() {
        run.out.talk("[serve] public_url is not set, so no signature can be good. Set it to the URL that HubSpot calls.")?;
    }
    // A reader at the end of a pipe needs the address while the server runs.
    drop(run.out.flush());
    server
        .run(Arc::clone(&run.interrupt))
        .map_err(|e| EngineError::Outside(format!("The server ended: {e}.")))?;
    Ok(Ending::Done)
}
