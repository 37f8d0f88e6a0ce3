//! A home to run the program in: a folder, a clock, a mailbox, and what the tests ask of them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use caseyos::env::monotonic;
use mail_parser::MessageParser;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// A Monday morning, inside everybody's window.
pub const MONDAY: &str = "2026-11-23T10:00:00Z";
pub const OPERATOR: &str = "casey@ruiz.example";

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub bytes: Vec<u8>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout,
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "out: {}\nerr: {}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err))
    }
}

/// A message of a folder, parsed.
#[derive(Debug, Clone)]
pub struct Mail {
    pub path: PathBuf,
    pub raw: String,
    pub message_id: String,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub subject: String,
    pub to: String,
    pub body: String,
}

pub struct Home {
    dir: TempDir,
    pub now: String,
}

/// A home whose clock shows another instant.
pub struct Later<'a> {
    home: &'a Home,
    now: String,
}

impl Later<'_> {
    #[track_caller]
    pub fn run(&self, line: &str) -> Ran {
        let mut command = self.home.command(line.split_whitespace());
        command
            .env("CASEYOS_NOW", &self.now)
            .output()
            .unwrap()
            .into()
    }

    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        self.run(line).exits(0).out
    }

    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} --json")).exits(0).json()
    }
}

impl Home {
    /// A folder without anything in it; in memory where that can be had, as thousands of commits are synced.
    pub fn empty() -> Self {
        Self {
            dir: folder(),
            now: MONDAY.into(),
        }
    }

    /// An installation of somebody in UTC, without contacts or mail.
    pub fn init() -> Self {
        let home = Self::empty();
        home.run([
            "init",
            "--yes",
            "--name",
            "Casey Ruiz",
            "--address",
            OPERATOR,
            "--time-zone",
            "UTC",
        ])
        .exits(0);
        home
    }

    /// An installation with a mailbox, in mode live, where limits don't come into the way.
    pub fn live() -> Self {
        static MODEL: OnceLock<Home> = OnceLock::new();
        MODEL
            .get_or_init(|| {
                let home = Self::init();
                home.add_mailbox();
                home.limits("per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\n[limits.ramp]\nenabled = false");
                home.run(["mode", "live"]).exits(0);
                home
            })
            .copy()
    }

    /// The same home in another folder.
    pub fn copy(&self) -> Self {
        let copy = Self {
            dir: folder(),
            now: self.now.clone(),
        };
        copy_folder(self.path(), copy.path());
        let config = fs::read_to_string(copy.path().join("config.toml")).unwrap_or_default();
        let config = config.replace(&shown(self.path()), &shown(copy.path()));
        if !config.is_empty() {
            fs::write(copy.path().join("config.toml"), config).unwrap();
        }
        copy
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn at(&mut self, now: &str) -> &mut Self {
        self.now = now.into();
        self
    }

    /// The same home at another instant.
    pub fn at_later(&self, now: &str) -> Later<'_> {
        Later {
            home: self,
            now: now.into(),
        }
    }

    pub fn add_mailbox(&self) {
        let root = self.path().join("Mail");
        self.run([
            "mail".as_ref(),
            "add".as_ref(),
            "maildir".as_ref(),
            root.as_os_str(),
        ])
        .exits(0);
    }

    /// Replaces the limits of the configuration.
    pub fn limits(&self, lines: &str) {
        self.edit_config(|config| {
            let without = match config.split_once("[limits]") {
                Some((before, after)) => {
                    let rest = after.find("\n[mail").map_or("", |at| &after[at + 1..]);
                    format!("{before}{rest}")
                }
                None => config,
            };
            // Most tests are not about the time in which a mail can be taken back.
            format!("{without}\n[limits]\n{lines}\n\n[outbox]\nundo_seconds = 0\n")
        });
    }

    /// Sets for how long a live approval waits before it leaves.
    pub fn undo_window(&self, seconds: u32) {
        self.edit_config(|config| {
            let lines = config.lines().map(|line| match line {
                line if line.starts_with("undo_seconds") => format!("undo_seconds = {seconds}"),
                line => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n") + "\n"
        });
    }

    pub fn edit_config(&self, change: impl FnOnce(String) -> String) {
        let path = self.path().join("config.toml");
        let config = change(fs::read_to_string(&path).unwrap());
        fs::write(&path, config).unwrap();
    }

    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caseyos"));
        command
            .args(args)
            .env("CASEYOS_HOME", self.path())
            .env("HOME", self.path())
            .env("CASEYOS_NOW", &self.now)
            // A clock that is set lets effects out in practice alone.
            .env("CASEYOS_PRACTICE", "1")
            .env("CASEYOS_SEED", "7")
            .env_remove("CASEYOS_CONFIG")
            .env_remove("CASEYOS_CRASH_AT")
            .env_remove("NO_COLOR")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        let variables = fs::read_to_string(self.path().join("test-variables"));
        for line in variables.unwrap_or_default().lines() {
            if let Some((name, value)) = line.split_once('=') {
                command.env(name, value);
            }
        }
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        self.command(args).output().unwrap().into()
    }

    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        self.run(line.split_whitespace()).exits(0).out
    }

    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        self.run(line.split_whitespace().chain(["--json"]))
            .exits(0)
            .json()
    }

    pub fn run_with_input<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read all of it closes the pipe.
        drop(child.stdin.take().unwrap().write_all(input));
        child.wait_with_output().unwrap().into()
    }

    /// Sets a variable of the environment for every later run.
    pub fn set_variable(&self, name: &str, value: &str) {
        let path = self.path().join("test-variables");
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, format!("{before}{name}={value}\n")).unwrap();
    }

    /// Runs with a crash point set; returns whether the program ended there.
    pub fn crashes_at(&self, point: &str, line: &str) -> bool {
        let output = self
            .command(line.split_whitespace())
            .env("CASEYOS_CRASH_AT", point)
            .output()
            .unwrap();
        output.status.code().is_none()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    #[track_caller]
    pub fn signals(&self, lines: &[String]) -> Ran {
        self.run_with_input(
            ["signals", "add", "--file", "-", "--json"],
            lines.join("\n").as_bytes(),
        )
    }

    #[track_caller]
    pub fn contacts(&self, csv: &str) {
        self.run_with_input(["contacts", "import", "-"], csv.as_bytes())
            .exits(0);
    }

    pub fn inbox(&self) -> PathBuf {
        self.path().join("Mail/inbox")
    }

    /// Puts a message into the inbox as a mail program would.
    pub fn deliver(&self, name: &str, message: impl AsRef<[u8]>) {
        let tmp = self.inbox().join("tmp").join(name);
        fs::write(&tmp, message).unwrap();
        fs::rename(tmp, self.inbox().join("new").join(name)).unwrap();
    }

    pub fn folder(&self, name: &str) -> Vec<Mail> {
        let mut found = Vec::new();
        for place in ["new", "cur"] {
            let Ok(entries) = fs::read_dir(self.path().join("Mail").join(name).join(place)) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                found.push(read_mail(path));
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    pub fn outbox(&self) -> Vec<Mail> {
        self.folder("outbox")
    }

    pub fn drafts(&self) -> Vec<Mail> {
        self.folder("drafts")
    }

    /// Everything of today's list.
    #[track_caller]
    pub fn today(&self) -> Vec<Value> {
        self.json("today --limit 100000")["moves"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The number of the open move of a person and an action.
    #[track_caller]
    pub fn find_move(&self, email: &str, action: &str) -> i64 {
        let today = self.today();
        today
            .iter()
            .find(|m| m["email"] == email && m["action"] == action)
            .unwrap_or_else(|| panic!("no {action} for {email} in {today:#?}"))["id"]
            .as_i64()
            .unwrap()
    }

    /// The kinds of all outcomes, sorted.
    #[track_caller]
    pub fn outcomes(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self
            .run(["outcome", "list", "--limit", "100000", "--json"])
            .exits(0)
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.sort();
        kinds
    }

    #[track_caller]
    pub fn audit_holds(&self) {
        self.run(["audit", "verify", "--deep"]).exits(0);
    }

    /// The database itself, for what no command can do.
    pub fn database(&self) -> Connection {
        let connection = Connection::open(self.path().join("caseyos.db")).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }
}

pub fn read_mail(path: PathBuf) -> Mail {
    let bytes = fs::read(&path).unwrap();
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    let list = |value: &mail_parser::HeaderValue| -> Vec<String> {
        value
            .as_text_list()
            .map(|l| l.iter().map(|id| format!("<{id}>")).collect())
            .unwrap_or_default()
    };
    Mail {
        message_id: format!("<{}>", parsed.message_id().unwrap_or_default()),
        in_reply_to: list(parsed.in_reply_to()),
        references: list(parsed.references()),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        to: parsed
            .to()
            .and_then(|t| t.first())
            .and_then(|a| a.address())
            .unwrap_or_default()
            .to_owned(),
        body: parsed.body_text(0).unwrap_or_default().into_owned(),
        raw: String::from_utf8_lossy(&bytes).into_owned(),
        path,
    }
}

fn folder() -> TempDir {
    TempDir::new_in("/dev/shm")
        .or_else(|_| TempDir::new())
        .unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A line of a form.
pub fn form(email: &str, at: &str, message: &str) -> String {
    serde_json::json!({"source": "form", "kind": "form.submitted", "at": at, "email": email, "message": message}).to_string()
}

/// A plain message to the operator.
pub fn letter(from: &str, subject: &str, date: &str, more: &str, body: &str) -> String {
    let words = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "");
    let id = format!("<{}.{}@mail.example>", words(date), words(from));
    format!(
        "Return-Path: <{from}>\r\nFrom: {from}\r\nTo: {OPERATOR}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: {id}\r\n{more}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
}

/// An answer to a message of ours.
pub fn answer(to: &Mail, from: &str, date: &str, body: &str) -> String {
    let more = format!(
        "In-Reply-To: {}\r\nReferences: {}\r\n",
        to.message_id, to.message_id
    );
    letter(from, &format!("Re: {}", to.subject), date, &more, body)
}

/// Polls until `done` says so; fails after `bound`.
#[track_caller]
pub fn poll(bound: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let begin = monotonic();
    while !done() {
        assert!(
            monotonic() - begin < bound,
            "{what} took longer than {bound:?}"
        );
        std::thread::yield_now();
    }
}

/// What must never reach a terminal: C0 controls but tab and line feed, DEL, C1 controls, bidirectional controls and other
/// invisible formatting.
pub fn hostile(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .filter(|c| {
            (c.is_control() && !matches!(c, '\n' | '\t'))
                || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        })
        .map(|c| format!("U+{:04X}", c as u32))
        .collect()
}
