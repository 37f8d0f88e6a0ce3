//! Mail servers whose answers do not come: after the message was handed in, after a draft or a copy was filed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::home::{Home, Ran, form, shown};
use crate::imap;
use crate::mail_servers::{MailServers, PASSWORD};

/// What a server does with what it is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// It takes it, and the answer never comes.
    NoAnswer,
    /// It takes it, and cuts the connection.
    CutAfter,
    /// It cuts the connection and takes nothing.
    CutBefore,
    /// It says "not now".
    NotNow,
}

const HARMS: [Harm; 4] = [
    Harm::NoAnswer,
    Harm::CutAfter,
    Harm::CutBefore,
    Harm::NotNow,
];

/// An SMTP server that harms the first message that it is handed, and keeps those that it takes.
struct Smtp {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Smtp {
    fn start(harm: Harm) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (kept, handed) = (taken.clone(), AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                drop(talk(stream, harm, &handed, &kept));
            }
        });
        Self { port, taken }
    }

    fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

fn talk(
    mut stream: TcpStream,
    harm: Harm,
    handed: &AtomicUsize,
    kept: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 mail.test ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => stream.write_all(b"250-mail.test\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n")?,
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut message = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line)? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    message.push_str(&line);
                }
                let is_harmed = handed.fetch_add(1, Ordering::SeqCst) == 0;
                if !is_harmed || matches!(harm, Harm::NoAnswer | Harm::CutAfter) {
                    kept.lock().unwrap().push(message);
                }
                match harm {
                    _ if !is_harmed => stream.write_all(b"250 taken\r\n")?,
                    Harm::NotNow => stream.write_all(b"451 not now\r\n")?,
                    Harm::CutAfter | Harm::CutBefore => return Ok(()),
                    // Until the other side gives up.
                    Harm::NoAnswer => return lines.read_to_end(&mut Vec::new()).map(drop),
                }
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => stream.write_all(b"250 ok\r\n")?,
        }
    }
}

/// A door before an IMAP server that harms the first message that is filed through it.
fn imap_door(server: u16, harm: Harm) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let filed = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let filed = filed.clone();
            std::thread::spawn(move || drop(pass(client, server, harm, &filed)));
        }
    });
    port
}

fn pass(
    mut client: TcpStream,
    server: u16,
    harm: Harm,
    filed: &AtomicUsize,
) -> std::io::Result<()> {
    let mut there = TcpStream::connect(("127.0.0.1", server))?;
    let (mut back, mut to_client) = (there.try_clone()?, client.try_clone()?);
    // What the server says, until nothing of it may be heard any more.
    let is_deaf = Arc::new(AtomicUsize::new(0));
    let deaf = is_deaf.clone();
    let answers = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = back.read(&mut bytes) {
            // "Go on" for the literal is the last thing that is passed.
            let heard = deaf.load(Ordering::SeqCst);
            if heard == 0 || (heard == 1 && bytes.starts_with(b"+")) {
                if to_client.write_all(&bytes[..n]).is_err() {
                    break;
                }
                if heard == 1 {
                    deaf.store(2, Ordering::SeqCst);
                }
            }
            let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
            if heard == 2 && text.contains("OK") && harm == Harm::CutAfter {
                drop(to_client.shutdown(std::net::Shutdown::Both));
            }
        }
        drop(to_client.shutdown(std::net::Shutdown::Both));
    });
    let mut bytes = [0; 65536];
    while let Ok(n @ 1..) = client.read(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
        if text.contains("APPEND") && filed.fetch_add(1, Ordering::SeqCst) == 0 {
            match harm {
                Harm::CutBefore => break,
                Harm::NotNow => {
                    let tag = text.split(' ').next().unwrap_or_default().to_owned();
                    client.write_all(format!("{tag} NO not now\r\n").as_bytes())?;
                    continue;
                }
                Harm::NoAnswer | Harm::CutAfter => is_deaf.store(1, Ordering::SeqCst),
            }
        }
        there.write_all(&bytes[..n])?;
    }
    drop(client.shutdown(std::net::Shutdown::Both));
    drop(there.shutdown(std::net::Shutdown::Both));
    drop(answers.join());
    Ok(())
}

/// An installation whose mail is handed to `smtp` and filed through `imap`; with its move.
fn home(servers: &MailServers, imap: u16, smtp: u16, mode: &str) -> (Home, i64) {
    let home = imap::home(
        servers,
        ("tls", servers.imaps, servers.submissions),
        PASSWORD,
    );
    home.edit_config(|config| {
        let (before, _) = config.rsplit_once("[[mail.accounts]]").unwrap();
        let before = before.replace("whole_seconds = 120", "whole_seconds = 1");
        format!(
            "{before}[[mail.accounts]]\nname = \"work\"\nkind = \"imap\"\nuser = \"casey\"\nca_file = \"{}\"\n\
             imap = {{ host = \"127.0.0.1\", port = {imap}, security = \"none\" }}\n\
             smtp = {{ host = \"127.0.0.1\", port = {smtp}, security = \"none\" }}\n",
            shown(&servers.authority())
        )
    });
    imap::contacts(&home);
    home.ok(&format!("mode {mode}"));
    home.signals(&[form(
        "dana@client.example",
        "2026-11-23T09:40:00Z",
        "What does it cost?",
    )])
    .exits(0);
    let mv = home.find_move("dana@client.example", "email_follow_up");
    (home, mv)
}

fn at(home: &Home, now: &str, line: &str) -> Ran {
    home.command(line.split_whitespace())
        .env("CASEYOS_MAIL_WORK_PASSWORD", PASSWORD)
        .env("CASEYOS_NOW", now)
        .output()
        .unwrap()
        .into()
}

fn status(home: &Home) -> String {
    home.database()
        .query_row("SELECT status FROM execution", [], |row| row.get(0))
        .unwrap()
}

const LATER: [&str; 4] = [
    "2026-11-23T10:02:00Z",
    "2026-11-23T10:07:00Z",
    "2026-11-23T10:40:00Z",
    "2026-11-23T11:20:00Z",
];

/// Empties the folders that the cases share.
fn clear(servers: &MailServers) {
    for folder in ["Sent", "Entw&APw-rfe"] {
        for file in servers.folder("casey", folder) {
            std::fs::remove_file(file).unwrap();
        }
    }
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_mail_whose_acceptance_was_not_heard_is_never_handed_in_again_by_itself() {
    let servers = MailServers::start();
    for harm in HARMS {
        clear(&servers);
        let smtp = Smtp::start(harm);
        let (home, mv) = home(&servers, servers.imap, smtp.port, "live");
        let ran = at(&home, "2026-11-23T10:00:00Z", &format!("approve {mv}"));
        println!(
            "| DATA, {harm:?} | {} | {:?} | {} |",
            status(&home),
            ran.code,
            ran.err.trim()
        );
        assert_eq!(ran.code, Some(1), "{harm:?}: {ran:?}");
        assert!(ran.err.trim().ends_with('.'), "{harm:?}: {ran:?}");
        let was_taken = matches!(harm, Harm::NoAnswer | Harm::CutAfter);
        for now in LATER {
            at(&home, now, "sync");
        }
        if harm == Harm::NotNow {
            // The server said that it did not take it, so it was handed in again.
            assert_eq!(
                (status(&home).as_str(), smtp.taken()),
                ("sent", 1),
                "{harm:?}"
            );
            assert_eq!(servers.folder("casey", "Sent").len(), 1);
            continue;
        }
        assert_eq!(status(&home), "uncertain", "{harm:?}");
        assert_eq!(smtp.taken(), usize::from(was_taken), "{harm:?}");
        // The operator looks, and says what is so.
        let line = if was_taken {
            "outbox drop 1"
        } else {
            "outbox retry 1 --force"
        };
        let ended = at(&home, "2026-11-23T11:30:00Z", line);
        assert_eq!(ended.code, Some(0), "{harm:?}: {ended:?}");
        assert_eq!(
            (status(&home).as_str(), smtp.taken()),
            ("sent", 1),
            "{harm:?}"
        );
        assert_eq!(home.outcomes(), ["email_sent"], "{harm:?}");
        home.audit_holds();
    }
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_copy_whose_filing_was_not_heard_does_not_send_the_mail_again() {
    let servers = MailServers::start();
    for harm in HARMS {
        clear(&servers);
        let door = imap_door(servers.imap, harm);
        let (home, mv) = home(&servers, door, servers.submissions, "live");
        home.edit_config(|config| {
            config.replace(
                &format!(
                    "host = \"127.0.0.1\", port = {}, security = \"none\"",
                    servers.submissions
                ),
                &format!(
                    "host = \"localhost\", port = {}, security = \"tls\"",
                    servers.submissions
                ),
            )
        });
        let before = servers.folder("dana", "INBOX").len();
        let ran = at(&home, "2026-11-23T10:00:00Z", &format!("approve {mv}"));
        println!(
            "| copy, {harm:?} | {} | {:?} | {} |",
            status(&home),
            ran.code,
            ran.out.trim()
        );
        assert_eq!(
            (ran.code, status(&home).as_str()),
            (Some(0), "sent"),
            "{harm:?}: {ran:?}"
        );
        for now in LATER {
            at(&home, now, "sync");
        }
        crate::home::poll(std::time::Duration::from_secs(30), "the mail", || {
            servers.folder("dana", "INBOX").len() > before
        });
        assert_eq!(
            servers.folder("dana", "INBOX").len(),
            before + 1,
            "{harm:?}"
        );
        assert!(servers.folder("casey", "Sent").len() <= 1, "{harm:?}");
        assert_eq!(home.outcomes(), ["email_sent"], "{harm:?}");
    }
}

#[test]
#[ignore = "needs root, Dovecot and Postfix"]
fn a_draft_whose_filing_was_not_heard_is_there_once() {
    let servers = MailServers::start();
    for harm in HARMS {
        clear(&servers);
        let door = imap_door(servers.imap, harm);
        let (home, mv) = home(&servers, door, servers.submissions, "draft");
        let ran = at(&home, "2026-11-23T10:00:00Z", &format!("approve {mv}"));
        let there = servers.folder("casey", "Entw&APw-rfe").len();
        println!(
            "| APPEND, {harm:?} | {} | {:?} | {}{} |",
            status(&home),
            ran.code,
            ran.out.trim(),
            ran.err.trim()
        );
        assert_eq!(
            status(&home) == "drafted",
            ran.code == Some(0),
            "{harm:?}: {ran:?}"
        );
        if status(&home) == "drafted" {
            assert_eq!(there, 1, "{harm:?}");
        }
        for now in LATER {
            at(&home, now, "sync");
        }
        assert_eq!(status(&home), "drafted", "{harm:?}");
        assert_eq!(servers.folder("casey", "Entw&APw-rfe").len(), 1, "{harm:?}");
        home.audit_holds();
    }
}
