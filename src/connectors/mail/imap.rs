//! IMAP (RFC 9051 and 3501): reading folders by UID, the folders of special use, appending, and waiting for news.
//!
//! The library is asynchronous; a session here owns a small runtime and blocks, because whoever reads a mailbox has a thread of its own. Every
//! step has a time limit, and what a server may say in one step is bounded.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_imap::types::{Capabilities, NameAttribute};
use async_imap::{Authenticator, Client, Session};
use futures_util::TryStreamExt;
use jiff::civil::Date;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ALL_VERSIONS, ClientConfig};

use super::wire::{Endpoint, Login, Protection, plain, xoauth2};
use crate::domain::email::address::EmailAddress;
use crate::domain::email::message_id::MessageId;
use crate::domain::text::clean_line;

const CONNECT: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_secs(60);
/// Bytes that a server may send in one step besides the requested messages.
const STEP_BYTES: u64 = 64 * 1024 * 1024;
/// Servers hang up on whoever idles for half an hour (RFC 2177), and middle boxes much sooner.
const IDLE: Duration = Duration::from_secs(9 * 60);
/// Longest time until a wait notices that it is told to stop.
const IDLE_STEP: Duration = Duration::from_secs(1);

/// A reason that a mailbox cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// The server cannot be reached, or the connection broke.
    #[error("{server} cannot be reached: {reason}")]
    Network {
        /// Host and port.
        server: String,
        /// The cause.
        reason: String,
    },
    /// The server refuses the name or the password.
    #[error("{server} refuses the sign-in: {reason}")]
    SignIn {
        /// Host and port.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// The server refuses the request.
    #[error("{server} answers: {reason}")]
    Refused {
        /// Host and port.
        server: String,
        /// The server's words.
        reason: String,
    },
}

/// The state of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderState {
    /// While this is the same, UIDs mean the same messages.
    pub uid_validity: u32,
    /// The UID that the next message gets; 0 if the server does not say.
    pub uid_next: u32,
    /// The newest change of anything, where the server offers it (RFC 7162); else 0.
    pub mod_sequence: u64,
    /// Messages in it.
    pub exists: u32,
}

/// A message as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedMail {
    /// Its UID.
    pub uid: u32,
    /// The message, cut at the limit.
    pub bytes: Vec<u8>,
}

/// The folders that a server names by their use (RFC 6154), else by their usual names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecialFolders {
    /// Copies of sent mail.
    pub sent: Option<String>,
    /// Drafts.
    pub drafts: Option<String>,
}

/// A connection to a mailbox.
pub struct ImapSession {
    runtime: Runtime,
    session: Option<Session<Wire>>,
    budget: Arc<Budget>,
    capabilities: Option<Capabilities>,
    server: String,
    patience: Duration,
}

impl fmt::Debug for ImapSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImapSession({})", self.server)
    }
}

impl ImapSession {
    /// Connects and signs in.
    ///
    /// # Errors
    /// Fails if the server cannot be reached safely or refuses the sign-in.
    pub fn connect(endpoint: &Endpoint, login: &Login) -> Result<Self, ImapError> {
        let server = endpoint.shown();
        let network = |reason: String| ImapError::Network {
            server: server.clone(),
            reason,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| network(e.to_string()))?;
        let budget = Arc::new(Budget::default());
        budget.grant(STEP_BYTES);
        let client = runtime
            .block_on(within(CONNECT, dial(endpoint, &budget)))
            .map_err(network)?;
        let signing_in = async {
            match login {
                Login::Token { user, token } => {
                    client
                        .authenticate("XOAUTH2", Sasl(xoauth2(user, token)))
                        .await
                }
                Login::Password { user, password }
                    if password.expose().is_ascii() && user.is_ascii() =>
                {
                    client.login(user, password.expose()).await
                }
                Login::Password { user, password } => {
                    client
                        .authenticate("PLAIN", Sasl(plain(user, password)))
                        .await
                }
            }
            .map_err(|(error, _)| error)
        };
        let session = runtime
            .block_on(async { tokio::time::timeout(STEP, signing_in).await })
            .map_err(|_| network("it did not answer in time".into()))?
            .map_err(|error| match error {
                // RFC 5530: what stands behind the server is not there, which says nothing about whoever asks.
                async_imap::error::Error::No(text) if said(&text).contains("[UNAVAILABLE]") => {
                    network(said(&text))
                }
                async_imap::error::Error::No(text) | async_imap::error::Error::Bad(text) => {
                    ImapError::SignIn {
                        server: server.clone(),
                        reason: said(&text),
                    }
                }
                other => network(other.to_string()),
            })?;
        Ok(Self {
            runtime,
            session: Some(session),
            budget,
            capabilities: None,
            server,
            patience: STEP,
        })
    }

    /// Sets how long the server may take for an answer from here on.
    pub fn give_up_after(&mut self, limit: Duration) {
        self.patience = limit;
    }

    fn step<T>(
        &mut self,
        allowance: u64,
        run: impl AsyncFnOnce(&mut Session<Wire>) -> async_imap::error::Result<T>,
    ) -> Result<T, ImapError> {
        self.budget.grant(allowance);
        let Some(session) = self.session.as_mut() else {
            return Err(ImapError::Network {
                server: self.server.clone(),
                reason: "the connection has ended".into(),
            });
        };
        let patience = self.patience;
        let result = self
            .runtime
            .block_on(async { tokio::time::timeout(patience, run(session)).await });
        let reason = match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(async_imap::error::Error::No(text) | async_imap::error::Error::Bad(text))) => {
                return Err(ImapError::Refused {
                    server: self.server.clone(),
                    reason: said(&text),
                });
            }
            Ok(Err(error)) => clean_line(&error.to_string(), 300),
            Err(_) => "it did not answer in time".into(),
        };
        // What comes next on this connection could be the rest of an answer to something else.
        self.session = None;
        Err(ImapError::Network {
            server: self.server.clone(),
            reason,
        })
    }

    fn has(&mut self, capability: &str) -> Result<bool, ImapError> {
        if self.capabilities.is_none() {
            let all = self.step(STEP_BYTES, async |s| s.capabilities().await)?;
            self.capabilities = Some(all);
        }
        Ok(self
            .capabilities
            .as_ref()
            .is_some_and(|c| c.has_str(capability)))
    }

    /// Opens a folder for reading; nothing in it is marked as seen.
    ///
    /// # Errors
    /// Fails if there is no such folder or the server fails.
    pub fn examine(&mut self, folder: &str) -> Result<FolderState, ImapError> {
        let name = encode_folder(folder);
        let mailbox = self.step(STEP_BYTES, async |s| s.examine(&name).await)?;
        Ok(FolderState {
            uid_validity: mailbox.uid_validity.unwrap_or(0),
            uid_next: mailbox.uid_next.unwrap_or(0),
            mod_sequence: mailbox.highest_modseq.unwrap_or(0),
            exists: mailbox.exists,
        })
    }

    /// Lists the UIDs of the open folder from `first` on, lowest first.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn uids_from(&mut self, first: u32) -> Result<Vec<u32>, ImapError> {
        // `n:*` always names the last message, even one below n (RFC 9051, 9).
        let found = self.search(&format!("UID {first}:*"))?;
        Ok(found.into_iter().filter(|uid| *uid >= first).collect())
    }

    /// Lists the UIDs of the open folder that arrived on `day` or later, lowest first.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn uids_since(&mut self, day: Date) -> Result<Vec<u32>, ImapError> {
        self.search(&since(day))
    }

    /// Lists the UIDs of the open folder that arrived on `day` or later and go to an address, lowest first.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn uids_to(&mut self, to: &EmailAddress, day: Date) -> Result<Vec<u32>, ImapError> {
        let quoted = to.as_str().replace('\\', "\\\\").replace('"', "\\\"");
        self.search(&format!("{} TO \"{quoted}\"", since(day)))
    }

    /// Lists the UIDs of the open folder whose Message-ID is `id`.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn find_message_id(&mut self, id: &MessageId) -> Result<Vec<u32>, ImapError> {
        let quoted = id.to_string().replace('\\', "\\\\").replace('"', "\\\"");
        self.search(&format!("HEADER Message-ID \"{quoted}\""))
    }

    /// Lists the UIDs of the open folder that arrived on `day` or later and whose Message-ID holds `part`, lowest first. All days if none.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn uids_named(&mut self, part: &str, day: Option<Date>) -> Result<Vec<u32>, ImapError> {
        let quoted = part.replace('\\', "\\\\").replace('"', "\\\"");
        let days = day.map_or(String::new(), |day| format!("{} ", since(day)));
        self.search(&format!("{days}HEADER Message-ID \"{quoted}\""))
    }

    fn search(&mut self, query: &str) -> Result<Vec<u32>, ImapError> {
        let found = self.step(STEP_BYTES, async |s| s.uid_search(query).await)?;
        let mut uids: Vec<u32> = found.into_iter().collect();
        uids.sort_unstable();
        Ok(uids)
    }

    /// Fetches messages of the open folder, each cut at `limit` bytes. Those that are gone are left out.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn fetch(&mut self, uids: &[u32], limit: u32) -> Result<Vec<FetchedMail>, ImapError> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let set = uids
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(",");
        let items = format!("(UID BODY.PEEK[]<0.{limit}>)");
        let allowance = STEP_BYTES + uids.len() as u64 * (u64::from(limit) + 4096);
        let mut fetched: Vec<FetchedMail> = self.step(allowance, async |s| {
            let mut all = Vec::new();
            let mut stream = s.uid_fetch(&set, &items).await?;
            while let Some(fetch) = stream.try_next().await? {
                // A server may tell of other messages in between.
                if let (Some(uid), Some(body)) = (fetch.uid, fetch.body()) {
                    let end = body.len().min(limit as usize);
                    all.push(FetchedMail {
                        uid,
                        bytes: body.get(..end).unwrap_or(body).to_vec(),
                    });
                }
            }
            Ok(all)
        })?;
        fetched.retain(|mail| uids.contains(&mail.uid));
        fetched.sort_by_key(|mail| mail.uid);
        fetched.dedup_by_key(|mail| mail.uid);
        Ok(fetched)
    }

    /// Finds the folders for sent mail and for drafts.
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn special_folders(&mut self) -> Result<SpecialFolders, ImapError> {
        let names = self.step(STEP_BYTES, async |s| {
            let stream = s.list(Some(""), Some("*")).await?;
            stream
                .map_ok(|name| {
                    let sent = name.attributes().contains(&NameAttribute::Sent);
                    let drafts = name.attributes().contains(&NameAttribute::Drafts);
                    let cannot = name.attributes().contains(&NameAttribute::NoSelect);
                    (
                        name.name().to_owned(),
                        name.delimiter().map(str::to_owned),
                        sent,
                        drafts,
                        cannot,
                    )
                })
                .try_collect::<Vec<_>>()
                .await
        })?;
        let named = |usual: &[&str]| {
            names
                .iter()
                .filter(|(.., cannot)| !cannot)
                .find(|(name, delimiter, ..)| {
                    let last = match delimiter.as_deref() {
                        Some(d) if !d.is_empty() => name.rsplit(d).next().unwrap_or(name),
                        _ => name,
                    };
                    usual.iter().any(|u| u.eq_ignore_ascii_case(last))
                })
                .map(|(name, ..)| decode_folder(name))
        };
        let of_use = |sent: bool| {
            names
                .iter()
                .find(|(_, _, s, d, cannot)| !cannot && if sent { *s } else { *d })
                .map(|(name, ..)| decode_folder(name))
        };
        Ok(SpecialFolders {
            sent: of_use(true).or_else(|| {
                named(&[
                    "Sent",
                    "Sent Items",
                    "Sent Messages",
                    "Sent Mail",
                    "Gesendet",
                    "Enviados",
                ])
            }),
            drafts: of_use(false).or_else(|| named(&["Drafts", "Draft", "Entwürfe", "Borradores"])),
        })
    }

    /// Makes a folder if there is none with that name.
    ///
    /// # Errors
    /// Fails if the server fails or refuses for another reason.
    pub fn ensure_folder(&mut self, folder: &str) -> Result<(), ImapError> {
        match self.examine(folder) {
            Ok(_) => Ok(()),
            Err(ImapError::Refused { .. }) => {
                let name = encode_folder(folder);
                self.step(STEP_BYTES, async |s| s.create(&name).await)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts a message into a folder.
    ///
    /// # Errors
    /// Fails if the server fails or refuses.
    pub fn append(&mut self, folder: &str, flags: &str, message: &[u8]) -> Result<(), ImapError> {
        let name = encode_folder(folder);
        self.step(STEP_BYTES, async |s| {
            s.append(&name, Some(flags), None, message).await
        })
    }

    /// Removes a message of `folder` for good; nothing else that is marked as deleted goes with it where the server knows how.
    ///
    /// # Errors
    /// Fails if the server fails or refuses.
    pub fn delete(&mut self, folder: &str, uid: u32) -> Result<(), ImapError> {
        let name = encode_folder(folder);
        let by_uid = self.has("UIDPLUS")?;
        let set = uid.to_string();
        self.step(STEP_BYTES, async |s| {
            s.select(&name).await?;
            s.uid_store(&set, "+FLAGS.SILENT (\\Deleted)")
                .await?
                .try_collect::<Vec<_>>()
                .await?;
            if by_uid {
                s.uid_expunge(&set).await?.try_collect::<Vec<_>>().await?;
            } else {
                s.expunge().await?.try_collect::<Vec<_>>().await?;
            }
            Ok(())
        })
    }

    /// Tells whether the server tells of news by itself (RFC 2177).
    ///
    /// # Errors
    /// Fails if the server fails.
    pub fn tells_news(&mut self) -> Result<bool, ImapError> {
        self.has("IDLE")
    }

    /// Waits in the open folder until the server tells of something, `stop` is set or some minutes pass. Returns whether there is news,
    /// or none if the server does not offer to tell.
    ///
    /// # Errors
    /// Fails if the connection breaks.
    pub fn wait_for_news(&mut self, stop: &AtomicBool) -> Result<Option<bool>, ImapError> {
        if !self.tells_news()? {
            return Ok(None);
        }
        let broken = |server: &str, reason: String| ImapError::Network {
            server: server.to_owned(),
            reason,
        };
        let server = self.server.clone();
        let Some(session) = self.session.take() else {
            return Err(broken(&server, "the connection has ended".into()));
        };
        self.budget.grant(STEP_BYTES);
        let waited = self.runtime.block_on(async {
            let mut handle = session.idle();
            tokio::time::timeout(STEP, handle.init())
                .await
                .map_err(|_| "it did not answer in time".to_owned())?
                .map_err(|e| e.to_string())?;
            let mut waited = Duration::ZERO;
            let mut news = false;
            {
                let (wait, _interrupt) = handle.wait_with_timeout(IDLE);
                tokio::pin!(wait);
                while waited < IDLE && !stop.load(Ordering::Relaxed) {
                    match tokio::time::timeout(IDLE_STEP, &mut wait).await {
                        Ok(Ok(async_imap::extensions::idle::IdleResponse::NewData(_))) => {
                            news = true;
                            break;
                        }
                        Ok(Ok(_)) => break,
                        Ok(Err(error)) => return Err(error.to_string()),
                        Err(_) => waited += IDLE_STEP,
                    }
                }
            }
            let session = tokio::time::timeout(STEP, handle.done())
                .await
                .map_err(|_| "it did not answer in time".to_owned())?
                .map_err(|e| e.to_string())?;
            Ok((session, news))
        });
        match waited {
            Ok((session, news)) => {
                self.session = Some(session);
                Ok(Some(news))
            }
            Err(reason) => Err(broken(&server, clean_line(&reason, 300))),
        }
    }

    /// Says goodbye. A server that does not answer any more is left all the same.
    pub fn close(mut self) {
        drop(self.step(STEP_BYTES, async |s| s.logout().await));
    }
}

/// A server's words, cleaned.
fn said(text: &str) -> String {
    // The library reports a refusal as Rust's debugging form of it; what is quoted in there is what the server said.
    let inner = text
        .split_once("information: Some(\"")
        .or_else(|| text.split_once("info: Some(\""))
        .and_then(|(_, rest)| rest.rsplit_once("\")"))
        .map_or(text, |(quoted, _)| quoted);
    clean_line(inner, 300)
}

async fn within<T>(
    limit: Duration,
    job: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    tokio::time::timeout(limit, job)
        .await
        .unwrap_or_else(|_| Err("it did not answer in time".into()))
}

async fn dial(endpoint: &Endpoint, budget: &Arc<Budget>) -> Result<Client<Wire>, String> {
    let text = |e: std::io::Error| e.to_string();
    let tcp = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(text)?;
    tcp.set_nodelay(true).map_err(text)?;
    let wire = |stream: Box<dyn Stream>| Wire {
        stream,
        budget: Arc::clone(budget),
    };
    let greeted = |greeting: std::io::Result<Option<_>>| match greeting {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err("it hung up at once".to_owned()),
        Err(e) => Err(e.to_string()),
    };
    match endpoint.protection {
        Protection::None => {
            let mut client = Client::new(wire(Box::new(tcp)));
            greeted(client.read_response().await.map(|r| r.map(drop)))?;
            Ok(client)
        }
        Protection::Tls => {
            let mut client = Client::new(wire(Box::new(encrypt(endpoint, tcp).await?)));
            greeted(client.read_response().await.map(|r| r.map(drop)))?;
            Ok(client)
        }
        Protection::StartTls => {
            let mut client = Client::new(tcp);
            greeted(client.read_response().await.map(|r| r.map(drop)))?;
            client
                .run_command_and_check_ok("STARTTLS", None)
                .await
                .map_err(|e| {
                    format!("it offers no STARTTLS: {}", clean_line(&e.to_string(), 200))
                })?;
            // What came before the handshake could have been put there by anybody: the buffer goes with the client.
            let tls = encrypt(endpoint, client.into_inner()).await?;
            Ok(Client::new(wire(Box::new(tls))))
        }
    }
}

async fn encrypt(
    endpoint: &Endpoint,
    tcp: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let provider = Arc::new(default_provider());
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&endpoint.extra_roots) {
        roots.push(certificate.map_err(|e| format!("a further certificate cannot be read: {e}"))?);
    }
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
            .map_err(|e| e.to_string())?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|e| e.to_string())?;
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
        .map_err(|e| e.to_string())
}

/// One message of a sign-in; a challenge that follows it is a refusal, and is answered with nothing.
struct Sasl(Vec<u8>);

impl Authenticator for Sasl {
    type Response = Vec<u8>;

    fn process(&mut self, _: &[u8]) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

/// The bytes that a server may still send.
#[derive(Debug, Default)]
struct Budget(std::sync::atomic::AtomicU64);

impl Budget {
    fn grant(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    fn spend(&self, bytes: u64) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .is_ok()
    }
}

/// A connection that ends when the server sends more than it may: the library keeps an answer in memory until it is whole.
#[derive(Debug)]
struct Wire {
    stream: Box<dyn Stream>,
    budget: Arc<Budget>,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = polled
            && !self.budget.spend((buf.filled().len() - before) as u64)
        {
            return Poll::Ready(Err(std::io::Error::other("it sends more than it may")));
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Says "arrived on `day` or later" as IMAP does.
fn since(day: Date) -> String {
    let month = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    .get(usize::try_from(day.month() - 1).unwrap_or(0))
    .copied()
    .unwrap_or("Jan");
    format!("SINCE {}-{month}-{:04}", day.day(), day.year())
}

/// Encodes a folder's name in the modified UTF-7 of RFC 3501, 5.1.3.
#[must_use]
pub fn encode_folder(name: &str) -> String {
    use base64::Engine as _;
    let mut out = String::with_capacity(name.len());
    let mut wide: Vec<u8> = Vec::new();
    let flush = |wide: &mut Vec<u8>, out: &mut String| {
        if !wide.is_empty() {
            let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&*wide);
            out.push('&');
            out.push_str(&encoded.replace('/', ","));
            out.push('-');
            wide.clear();
        }
    };
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut wide, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0_u16; 2];
            wide.extend(
                c.encode_utf16(&mut units)
                    .iter()
                    .flat_map(|u| u.to_be_bytes()),
            );
        }
    }
    flush(&mut wide, &mut out);
    out
}

/// Decodes a folder's name; one that is not well formed is returned as it is.
#[must_use]
pub fn decode_folder(name: &str) -> String {
    use base64::Engine as _;
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((encoded, tail)) = after.split_once('-') else {
            return name.to_owned();
        };
        if encoded.is_empty() {
            out.push('&');
        } else {
            let Ok(bytes) =
                base64::engine::general_purpose::STANDARD_NO_PAD.decode(encoded.replace(',', "/"))
            else {
                return name.to_owned();
            };
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| {
                    pair.iter()
                        .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
                })
                .collect();
            match String::from_utf16(&units) {
                Ok(text) => out.push_str(&text),
                Err(_) => return name.to_owned(),
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folders_name_survives_the_modified_utf_7() {
        let check = |plain: &str, wire: &str| {
            assert_eq!(encode_folder(plain), wire);
            assert_eq!(decode_folder(wire), plain);
        };
        check("INBOX", "INBOX");
        check("Entwürfe", "Entw&APw-rfe");
        check("R&D", "R&-D");
        check("台北/日本語", "&U,BTFw-/&ZeVnLIqe-");
        check("Sent 📮", "Sent &2D3c7g-");
        // Not well formed: shown as it is.
        assert_eq!(decode_folder("a&b"), "a&b");
        assert_eq!(decode_folder("a&!!-"), "a&!!-");
    }

    #[test]
    fn a_sign_in_says_its_word_once() {
        let mut sasl = Sasl(plain("casey", &crate::secrets::Secret::new("pässword")));
        assert_eq!(sasl.process(b""), "\0casey\0pässword".as_bytes());
        assert_eq!(sasl.process(b"error"), b"");
    }

    #[test]
    fn a_budget_is_spent_to_the_byte() {
        let budget = Budget::default();
        budget.grant(10);
        assert!(budget.spend(10));
        assert!(!budget.spend(1));
    }
}
