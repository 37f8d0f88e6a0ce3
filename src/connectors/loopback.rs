//! The small server that the browser is sent back to after the operator has consented (RFC 8252, section 7.3).
//!
//! The server listens on 127.0.0.1 alone, takes one answer with the right path and state, and closes when it is dropped. Anything else
//! (an icon's request, another program, a page that guesses) is turned away and changes nothing. Each connection has a thread
//! of its own, as browsers open some that stay silent.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::oauth::{NotOurs, Redirect, read_redirect};
use crate::secrets::Secret;

/// A longer head of a request is refused.
const MAX_HEAD: usize = 16 * 1024;
/// Silence that one connection is allowed.
const SILENCE: Duration = Duration::from_secs(5);
/// Connections at a time; more are closed at once.
const MAX_CONNECTIONS: usize = 16;
const POLL: Duration = Duration::from_millis(20);

/// A request that came to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knock {
    /// The answer.
    Answer(Redirect),
    /// A request that looks like an answer but is not ours.
    Stranger(NotOurs),
}

/// The server, which ends when it is dropped.
#[derive(Debug)]
pub struct Loopback {
    redirect_uri: String,
    knocks: Receiver<Knock>,
    closed: Arc<AtomicBool>,
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

#[derive(Clone)]
struct Door {
    hosts: [String; 2],
    path: String,
    state: Secret,
    is_answered: Arc<AtomicBool>,
    knocks: Sender<Knock>,
}

impl Loopback {
    /// Listens on `port` (0 for any free one) of 127.0.0.1 for a request to `path` with `state`. The address that the browser is sent to has `host`,
    /// which is `127.0.0.1` or `localhost`.
    ///
    /// # Errors
    /// Fails if the port cannot be opened.
    pub fn open(host: &str, port: u16, path: &str, state: Secret) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (sender, knocks) = channel();
        let closed = Arc::new(AtomicBool::new(false));
        let door = Door {
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            path: path.to_owned(),
            state,
            is_answered: Arc::default(),
            knocks: sender,
        };
        let is_closed = Arc::clone(&closed);
        std::thread::Builder::new()
            .name("sign-in".into())
            .spawn(move || serve(&listener, &door, &is_closed))?;
        Ok(Self {
            redirect_uri: format!("http://{host}:{port}{path}"),
            knocks,
            closed,
        })
    }

    /// Returns the address that the browser is to be sent to.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Returns what came next, waiting for it at most so long.
    #[must_use]
    pub fn next(&self, limit: Duration) -> Option<Knock> {
        self.knocks.recv_timeout(limit).ok()
    }
}

fn serve(listener: &TcpListener, door: &Door, closed: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    while !closed.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, _)) => {
                if open.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
                    continue;
                }
                open.fetch_add(1, Ordering::SeqCst);
                let (door, count) = (door.clone(), Arc::clone(&open));
                let spawned = std::thread::Builder::new()
                    .name("sign-in-answer".into())
                    .spawn(move || {
                        // A browser that has gone is nobody's loss: its answer has been taken.
                        drop(admit(stream, &door));
                        count.fetch_sub(1, Ordering::SeqCst);
                    });
                if spawned.is_err() {
                    open.fetch_sub(1, Ordering::SeqCst);
                }
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::sleep(POLL),
            Err(_) => std::thread::sleep(POLL),
        }
    }
}

fn admit(mut stream: TcpStream, door: &Door) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    answer(&mut stream, door)
}

fn answer(stream: &mut (impl Read + Write), door: &Door) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = stream.read(&mut buffer)?;
        if n == 0 || head.len() + n > MAX_HEAD {
            return Ok(());
        }
        head.extend(buffer.iter().take(n));
    }
    let head = String::from_utf8_lossy(&head);
    let (page, knock) = door.open(&head);
    let written = write_page(stream, page);
    // The page goes out first: whoever waits for the answer may end the process as soon as it is there, and would leave the browser with a
    // broken connection. An answer whose page could not be shown is an answer all the same.
    if let Some(knock) = knock {
        // Nobody may be waiting any more.
        drop(door.knocks.send(knock));
    }
    written
}

/// A status, a title and a sentence.
type Page = (&'static str, &'static str, &'static str);

fn write_page(stream: &mut impl Write, (status, title, text): Page) -> std::io::Result<()> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>CaseyOS</title><h1>{title}</h1><p>{text}</p></html>\n"
    );
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n\r\n{page}",
        page.len()
    )?;
    stream.flush()
}

impl Door {
    /// Returns the page that answers the head of a request, and the news for the waiting sign-in.
    fn open(&self, head: &str) -> (Page, Option<Knock>) {
        let nothing = (
            (
                "404 Not Found",
                "Nothing here",
                "This address serves one purpose: taking the answer of a sign-in.",
            ),
            None,
        );
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (words.next(), words.next().unwrap_or_default());
        let host = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("host"))
            .map(|(_, value)| value.trim());
        // A page elsewhere that had its own name point here would come with that name.
        if host.is_none_or(|host| !self.hosts.iter().any(|h| h.eq_ignore_ascii_case(host))) {
            return nothing;
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if method != Some("GET") || path != self.path {
            return nothing;
        }
        match read_redirect(query, &self.state) {
            Err(reason) => (
                (
                    "400 Bad Request",
                    "This is not the sign-in that was started",
                    "Nothing was taken from it. Go on in the page that CaseyOS opened, or start again in the terminal.",
                ),
                Some(Knock::Stranger(reason)),
            ),
            Ok(_) if self.is_answered.swap(true, Ordering::SeqCst) => (
                (
                    "400 Bad Request",
                    "Already answered",
                    "The answer of this sign-in has been taken before. You can close this page.",
                ),
                None,
            ),
            Ok(redirect) => {
                let page = match &redirect {
                    Redirect::Code(_) => (
                        "200 OK",
                        "CaseyOS has the answer",
                        "You can close this page; the terminal says how it went.",
                    ),
                    Redirect::Refused(_) => (
                        "200 OK",
                        "Sign-in was cancelled",
                        "Nothing was changed. You can close this page.",
                    ),
                };
                (page, Some(Knock::Answer(redirect)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Loopback {
        Loopback::open("127.0.0.1", 0, "/callback", Secret::new("ours")).unwrap()
    }

    fn get(server: &Loopback, request: &str) -> String {
        let host = server
            .redirect_uri()
            .trim_start_matches("http://")
            .trim_end_matches("/callback");
        let mut stream = TcpStream::connect(host).unwrap();
        let request = request.replace("HOST", host);
        stream.write_all(request.as_bytes()).unwrap();
        let mut out = String::new();
        stream.read_to_string(&mut out).unwrap();
        out
    }

    fn knock(server: &Loopback, target: &str) -> String {
        get(
            server,
            &format!("GET {target} HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        )
    }

    #[test]
    fn the_answer_is_taken_once_and_nothing_else_is() {
        let server = server();
        let silent = TcpStream::connect(
            server
                .redirect_uri()
                .trim_start_matches("http://")
                .trim_end_matches("/callback"),
        )
        .unwrap();
        assert!(knock(&server, "/favicon.ico").starts_with("HTTP/1.1 404"));
        assert!(knock(&server, "/?code=a&state=ours").starts_with("HTTP/1.1 404"));
        let posted = "POST /callback?code=a&state=ours HTTP/1.1\r\nHost: HOST\r\n\r\n";
        assert!(get(&server, posted).starts_with("HTTP/1.1 404"));
        let renamed = "GET /callback?code=a&state=ours HTTP/1.1\r\nHost: evil.example\r\n\r\n";
        assert!(get(&server, renamed).starts_with("HTTP/1.1 404"));
        let wrong = knock(&server, "/callback?code=a&state=theirs");
        assert!(wrong.starts_with("HTTP/1.1 400"), "{wrong}");
        assert_eq!(server.next(SILENCE), Some(Knock::Stranger(NotOurs::State)));
        let right = knock(&server, "/callback?code=a&state=ours");
        assert!(right.starts_with("HTTP/1.1 200"), "{right}");
        assert!(right.contains("no-store") && !right.contains("ours"));
        assert_eq!(
            server.next(SILENCE),
            Some(Knock::Answer(Redirect::Code(Secret::new("a"))))
        );
        assert!(knock(&server, "/callback?code=b&state=ours").starts_with("HTTP/1.1 400"));
        drop(silent);
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let server = server();
        let page = knock(&server, "/callback?error=access_denied&state=ours");
        assert!(page.contains("cancelled"), "{page}");
        assert_eq!(
            server.next(SILENCE),
            Some(Knock::Answer(Redirect::Refused("access_denied".into())))
        );
    }

    /// A browser that looks at every byte of the page whether the answer was told already.
    struct Browser {
        request: std::io::Cursor<Vec<u8>>,
        page: Vec<u8>,
        knocks: Receiver<Knock>,
    }

    impl Read for Browser {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.request.read(buffer)
        }
    }

    impl Write for Browser {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            assert!(self.knocks.try_recv().is_err());
            self.page.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_page_is_written_before_the_answer_is_told() {
        let (sender, knocks) = channel();
        let door = Door {
            hosts: ["127.0.0.1:1".into(), "localhost:1".into()],
            path: "/callback".into(),
            state: Secret::new("ours"),
            is_answered: Arc::default(),
            knocks: sender,
        };
        let request = "GET /callback?error=no&state=ours HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n";
        let mut browser = Browser {
            request: std::io::Cursor::new(request.into()),
            page: Vec::new(),
            knocks,
        };
        answer(&mut browser, &door).unwrap();
        assert!(browser.page.ends_with(b"</html>\n"));
        assert!(browser.knocks.try_recv().is_ok());
    }

    #[test]
    fn a_head_without_end_is_cut_off() {
        let server = server();
        let long = format!("GET /callback?{} HTTP/1.1\r\n", "x".repeat(MAX_HEAD));
        let mut stream = TcpStream::connect(
            server
                .redirect_uri()
                .trim_start_matches("http://")
                .trim_end_matches("/callback"),
        )
        .unwrap();
        // The server may close before all is written.
        drop(stream.write_all(long.as_bytes()));
        let mut out = Vec::new();
        drop(stream.read_to_end(&mut out));
        assert!(out.is_empty());
    }
}
