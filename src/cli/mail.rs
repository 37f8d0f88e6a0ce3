//! `caseyos mail`: mailboxes, and the understanding of messages.

pub(super) mod imap;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Run;
use super::output::{Ending, fit, moment};
use crate::config::edit::{edit, set_mail_account};
use crate::config::{MailAccount, MailKind};
use crate::domain::email::{Decision, MessageId};
use crate::engine::queries::mail::{read_alone, thread_files};
use crate::engine::{EngineError, MailFolders, mail_folders};
use crate::env::file;

/// Add and test mailboxes; show how a message is understood.
#[derive(Debug, Args)]
pub(super) struct MailArgs {
    #[command(subcommand)]
    command: MailCommand,
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    /// Add a mailbox. Mail is sent from the first one.
    #[command(
        after_help = "Examples:\n  caseyos mail add maildir ~/Mail/work\n  caseyos mail add imap casey@gmx.de\n  caseyos mail add gmail"
    )]
    Add(AddArgs),
    /// Test a mailbox on a server: reach both servers, sign in, find the folders. Nothing is sent or changed.
    ///
    /// Exit code 0 if all is well, 1 if not.
    #[command(after_help = "Example:\n  caseyos mail check work")]
    Check {
        /// The mailbox's name.
        name: String,
    },
    /// List the mailboxes with their folders.
    List,
    /// Show how a message is understood: class, label, quotes, thread, matching contact, and the reasons.
    #[command(
        after_help = "Examples:\n  caseyos mail read message.eml\n  caseyos mail read message.eml --json --ours '<id@host>'\n  cat message.eml | caseyos mail read -"
    )]
    Read {
        /// The message's file; `-` reads standard input.
        file: PathBuf,
        /// Treat this Message-ID as ours; repeatable.
        #[arg(long, value_name = "MESSAGE-ID")]
        ours: Vec<String>,
    },
    /// Group a folder's message files into threads, by headers alone; or list Gmail's threads with somebody.
    #[command(
        after_help = "Examples:\n  caseyos mail threads ~/Mail/archive --json\n  caseyos mail threads --with ann@acme.com          also what is older than CaseyOS"
    )]
    Threads {
        /// Folder: a Maildir or any folder with message files, subfolders included.
        #[arg(required_unless_present = "with")]
        dir: Option<PathBuf>,
        /// List Gmail's threads with somebody: an address, a contact's number or external id.
        #[arg(long, value_name = "WHO", conflicts_with = "dir")]
        with: Option<String>,
        /// Maximum number of threads, with --with.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100), requires = "with")]
        limit: u8,
    },
}

#[derive(Debug, Args)]
struct AddArgs {
    #[command(subcommand)]
    kind: AddKind,
}

#[derive(Debug, Subcommand)]
enum AddKind {
    /// Folders on this machine: another program fills the inbox and empties the outbox.
    #[command(
        after_help = "Examples:\n  caseyos mail add maildir ~/Mail/work\n  caseyos mail add maildir ~/Mail --name work --inbox INBOX --outbox Outbox --drafts Drafts"
    )]
    Maildir(MaildirArgs),
    /// A mail server: IMAP to read and to keep drafts, SMTP to send. The servers are found by the address.
    ///
    /// The search covers a table of well-known hosts, the domain's SRV records, its mail exchanger (MX), and the file that it publishes for mail programs. You see where the servers come from; nothing is guessed.
    #[command(
        after_help = "Examples:\n  caseyos mail add imap casey@gmx.de\n  caseyos mail add imap casey@firm.example --dry-run\n  caseyos mail add imap casey@firm.example --imap mail.firm.example --smtp mail.firm.example:587\n  caseyos mail add imap casey@firm.example --name work --user casey --folder Answers\nThen: caseyos auth login mail NAME, and caseyos mail check NAME"
    )]
    Imap(imap::ImapArgs),
    /// Gmail by its API, with the Google account of `caseyos auth login google`.
    #[command(after_help = "Example:\n  caseyos mail add gmail --name work")]
    Gmail {
        /// Its name here.
        #[arg(long, default_value = "gmail")]
        name: String,
    },
}

#[derive(Debug, Args)]
struct MaildirArgs {
    /// Root of the Maildir. If it is a Maildir itself, it is the inbox, with .Outbox and .Drafts in it; else inbox, outbox and drafts
    /// are folders below it, made if missing.
    path: PathBuf,
    /// Name of the mailbox; the folder's by default.
    #[arg(long)]
    name: Option<String>,
    /// The inbox below the root.
    #[arg(long, default_value = "")]
    inbox: String,
    /// The outbox below the root.
    #[arg(long, default_value = "")]
    outbox: String,
    /// The drafts below the root.
    #[arg(long, default_value = "")]
    drafts: String,
}

/// The largest message that is read.
const MAX_MESSAGE_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of each file that are read for threading.
const MAX_HEADER_BYTES: u64 = 256 * 1024;
/// Files of a folder that are threaded at most.
const MAX_FILES: usize = 200_000;

pub(super) fn run(run: &mut Run<'_>, args: &MailArgs) -> Result<Ending, EngineError> {
    match &args.command {
        MailCommand::Add(args) => match &args.kind {
            AddKind::Maildir(args) => add_maildir(run, args),
            AddKind::Imap(args) => imap::run(run, args),
            AddKind::Gmail { name } => {
                run.engine()?;
                keep(
                    run,
                    &MailAccount::new(name, MailKind::Gmail),
                    "`caseyos auth login google` signs in, if you have not yet.",
                )
            }
        },
        MailCommand::Check { name } => check(run, name),
        MailCommand::List => list(run),
        MailCommand::Read { file, ours } => read(run, file, ours),
        MailCommand::Threads { dir, with, limit } => match (dir, with) {
            (_, Some(who)) => correspondence(run, who, *limit),
            (Some(dir), None) => threads(run, dir),
            (None, None) => Err(EngineError::Input("Name a folder, or --with WHO.".into())),
        },
    }
}

fn add_maildir(run: &mut Run<'_>, args: &MaildirArgs) -> Result<Ending, EngineError> {
    // The data must be there first, so that a new user is told to begin at the beginning.
    run.engine()?;
    let bad = |e: std::io::Error| {
        EngineError::Input(format!("{} cannot be used: {e}.", args.path.display()))
    };
    let path = std::path::absolute(&args.path).map_err(bad)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => path
            .file_name()
            .map_or_else(|| "mail".to_owned(), |n| n.to_string_lossy().to_lowercase()),
    };
    let account = MailAccount {
        path: path.display().to_string(),
        inbox: args.inbox.clone(),
        outbox: args.outbox.clone(),
        drafts: args.drafts.clone(),
        ..MailAccount::new(name, MailKind::Maildir)
    };
    let folders = mail_folders(&account, true)?;
    edit(&run.paths.config, |document| {
        set_mail_account(document, &account)
    })?;
    if run.out.is_json() {
        run.out.json(&folders)?;
    } else {
        run.out.line(&format!(
            "Mailbox {} added. Mail leaves from the first mailbox of the configuration.",
            folders.name
        ))?;
        print_folders(run, &folders)?;
    }
    Ok(Ending::Done)
}

/// Writes a mailbox into the configuration and says so.
fn keep(run: &mut Run<'_>, account: &MailAccount, next: &str) -> Result<Ending, EngineError> {
    edit(&run.paths.config, |document| {
        set_mail_account(document, account)
    })?;
    if run.out.is_json() {
        run.out.json(account)?;
        return Ok(Ending::Done);
    }
    run.out.line(&format!(
        "Mailbox {} added. Mail leaves from the first mailbox of the configuration.",
        account.name
    ))?;
    run.out.line(next)?;
    Ok(Ending::Done)
}

/// Shows the servers of a mailbox.
fn show_servers(run: &mut Run<'_>, account: &MailAccount) -> Result<(), EngineError> {
    for (what, server) in [("IMAP", &account.imap), ("SMTP", &account.smtp)] {
        if let Some(server) = server {
            run.out.line(&format!(
                "  {what}  {}:{} ({})",
                server.host, server.port, server.security
            ))?;
        }
    }
    Ok(())
}

fn check(run: &mut Run<'_>, name: &str) -> Result<Ending, EngineError> {
    let report = run.engine()?.check_mailbox(name)?;
    if run.out.is_json() {
        run.out.json(&report)?;
        return Ok(Ending::Done);
    }
    run.out
        .line(&format!("{name}: both servers were reached and know you."))?;
    for (what, value) in [
        ("inbox", format!("{} messages", report.messages)),
        ("sent", report.sent),
        ("drafts", report.drafts),
        (
            "news",
            if report.tells_news {
                "told at once (IDLE)".into()
            } else {
                "at each pass".into()
            },
        ),
        (
            "reports",
            if report.reports {
                "asked for (DSN)".into()
            } else {
                "as the receiver likes".into()
            },
        ),
    ] {
        run.out.line(&format!("  {}  {value}", fit(what, 7)))?;
    }
    Ok(Ending::Done)
}

fn print_folders(run: &mut Run<'_>, folders: &MailFolders) -> Result<(), EngineError> {
    for (what, path) in [
        ("inbox", &folders.inbox),
        ("outbox", &folders.outbox),
        ("drafts", &folders.drafts),
    ] {
        run.out.line(&format!("  {}  {path}", fit(what, 7)))?;
    }
    Ok(())
}

fn list(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let all = engine
        .config()
        .mail
        .accounts
        .iter()
        .map(|a| mail_folders(a, false))
        .collect::<Result<Vec<_>, _>>()?;
    if run.out.is_json() {
        run.out.json(&all)?;
    } else {
        for folders in &all {
            run.out.heading(&folders.name)?;
            print_folders(run, folders)?;
        }
        if all.is_empty() {
            run.out
                .talk("No mailbox yet; `caseyos mail add maildir PATH` adds one.")?;
        }
    }
    Ok(if all.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn read(run: &mut Run<'_>, path: &Path, ours: &[String]) -> Result<Ending, EngineError> {
    let bytes = if path.as_os_str() == "-" {
        file::read_from(std::io::stdin(), MAX_MESSAGE_BYTES)
    } else {
        file::read(path, MAX_MESSAGE_BYTES)
    };
    let bytes = bytes
        .map_err(|e| EngineError::Input(format!("{} cannot be read: {e}.", path.display())))?;
    let ours: Vec<MessageId> = ours.iter().filter_map(|id| MessageId::find(id)).collect();
    // A message can be read without any data of one's own; with data, its sender and thread are looked up.
    let reading = match run.engine() {
        Ok(engine) => engine.read_mail(&bytes, &ours)?,
        Err(error) if error.is_missing_data() => read_alone(&bytes, &ours),
        Err(other) => return Err(other),
    };
    if run.out.is_json() {
        run.out.json(&reading)?;
        return Ok(Ending::Done);
    }
    let out = &mut *run.out;
    let label = reading
        .label
        .map(|l| format!(", {}", serde_json::json!(l).as_str().unwrap_or_default()))
        .unwrap_or_default();
    let check = if reading.check_label {
        "  (check label)"
    } else {
        ""
    };
    out.heading(&format!(
        "{}{label}, {:.0} % sure{check}",
        reading.class.as_str(),
        reading.confidence * 100.0
    ))?;
    if let Some(from) = &reading.from {
        out.line(&format!("from     {} <{}>", from.name, from.address))?;
    }
    out.line(&format!("subject  {}", reading.subject))?;
    if let Some(contact) = &reading.contact {
        out.line(&format!(
            "contact  {}",
            contact
                .get("name")
                .and_then(|n| n.as_str())
                .unwrap_or_default()
        ))?;
    }
    if let Some(parent) = &reading.in_reply_to {
        out.line(&format!(
            "answers  {parent}{}",
            if reading.answers_ours { " (ours)" } else { "" }
        ))?;
    }
    if let Some(until) = reading.out_of_office_until {
        out.line(&format!("away     until {until}"))?;
    }
    if reading.opt_out.decision != Decision::No {
        let wish = &reading.opt_out;
        out.line(&format!(
            "opt-out  {}, {:.0} % sure, for {}: {}",
            wish.decision.as_str(),
            wish.probability * 100.0,
            wish.scope.whom(),
            wish.because.join(", ")
        ))?;
    }
    for reason in &reading.because {
        out.line(&format!("because  {reason}"))?;
    }
    if reading.quoted_removed.lines > 0 {
        out.line(&format!(
            "quoted   {} lines removed",
            reading.quoted_removed.lines
        ))?;
    }
    out.line("")?;
    out.block(&reading.text)?;
    Ok(Ending::Done)
}

/// Reads the beginning of a message, where its header is.
fn read_header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file::open(path)?
        .take(MAX_HEADER_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[derive(Serialize)]
struct Skipped {
    file: String,
    reason: String,
}

fn correspondence(run: &mut Run<'_>, who: &str, most: u8) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let found = engine.correspondence(who, most)?;
    if run.out.is_json() {
        run.out.json(&found)?;
    } else {
        for thread in &found {
            let at = thread
                .last_at
                .map(|at| moment(at, engine.now(), &engine.zone()))
                .unwrap_or_default();
            let last = if thread.last_is_ours { "you" } else { "they" };
            run.out.line(&format!(
                "{}  {:>3}  {}  {}",
                fit(&at, 17),
                thread.messages,
                fit(&format!("{last} wrote last"), 15),
                thread.subject
            ))?;
        }
        if found.is_empty() {
            run.out.talk("No mail with them.")?;
        }
    }
    Ok(if found.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn threads(run: &mut Run<'_>, dir: &Path) -> Result<Ending, EngineError> {
    let mut names = Vec::new();
    collect(dir, dir, &mut names, 0)
        .map_err(|e| EngineError::Input(format!("{} cannot be read: {e}.", dir.display())))?;
    names.sort();
    let mut skipped = Vec::new();
    let files =
        names
            .into_iter()
            .take(MAX_FILES)
            .filter_map(|name| match read_header(&dir.join(&name)) {
                Ok(bytes) => Some((name, bytes)),
                Err(e) => {
                    skipped.push(Skipped {
                        file: name,
                        reason: e.to_string(),
                    });
                    None
                }
            });
    let groups = thread_files(files);
    if run.out.is_json() {
        run.out.json(&groups)?;
    } else {
        for group in &groups {
            run.out
                .heading(&format!("{} ({})", group.subject, group.files.len()))?;
            for file in &group.files {
                run.out.line(&format!("  {file}"))?;
            }
        }
    }
    for s in &skipped {
        run.out
            .talk(&format!("{} was left out: {}.", s.file, s.reason))?;
    }
    Ok(match (groups.is_empty(), skipped.is_empty()) {
        (_, false) => Ending::Partly,
        (true, true) => Ending::Nothing,
        (false, true) => Ending::Done,
    })
}

/// Collects the files below a folder by their names relative to it; a Maildir's `tmp` holds no messages yet.
fn collect(root: &Path, dir: &Path, names: &mut Vec<String>, depth: usize) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let is_hidden_file = path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with('.'))
            && path.is_file();
        if path.is_dir() {
            if depth < 8 && path.file_name().is_some_and(|n| n != "tmp") {
                collect(root, &path, names, depth + 1)?;
            }
        } else if !is_hidden_file && let Ok(name) = path.strip_prefix(root) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
