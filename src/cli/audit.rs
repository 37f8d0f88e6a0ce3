//! `caseyos audit`: the append-only trail.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment, since};
use crate::engine::command::Command;
use crate::engine::queries::audit::{
    AuditCheck, AuditFilter, Findings, Judgement, MAX_SEALS_BYTES, verify_export,
};
use crate::engine::{EngineError, create_private_file};
use crate::env::file;

/// Search and check the append-only log of decisions and effects.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

const EXAMPLES: &str = "\
Examples:
  caseyos audit list --since 7d --event execution    what left, failed or was withdrawn
  caseyos audit show 41                              one entry in full
  caseyos audit verify --deep                        whether anybody changed the trail, or the tables beside it
  caseyos audit seal /media/usb/seals.jsonl          how the trail ends now, kept where nobody changes both
  caseyos audit verify --against /media/usb/seals.jsonl
  caseyos audit accept --because 'a disk failed'     once you know how the end was lost
  caseyos audit export --output trail.jsonl          the trail for somebody else to check";

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check the chain, and name any entry that was edited, removed, inserted or moved.
    ///
    /// Exit code 1 if it is broken. --deep holds executions, approvals and suppressions against it; --against tells if its end was cut off, an
    /// older database was put back or all of it was rewritten.
    #[command(
        after_help = "Examples:\n  caseyos audit verify\n  caseyos audit verify --deep           the tables too\n  caseyos audit verify --against seals.jsonl\n  caseyos audit verify trail.jsonl      an export, without the database"
    )]
    Verify {
        /// Check this export instead of the trail itself.
        #[arg(conflicts_with_all = ["deep", "against"])]
        file: Option<PathBuf>,
        /// Check the outbox and the suppressions against the trail too.
        #[arg(long)]
        deep: bool,
        /// Check the trail against the seals in this file (and the tables as --deep does).
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Write down how the trail ends now: its last number and hash.
    ///
    /// A seal is a line; in a file that has seals already it is added at the end. Keep the file where nobody changes it together with the
    /// database: on another machine or a stick.
    #[command(
        after_help = "Examples:\n  caseyos audit seal /media/usb/seals.jsonl\n  caseyos audit seal | mail -s seal me@elsewhere.example"
    )]
    Seal {
        /// File to add the seal to; standard output by default.
        file: Option<PathBuf>,
    },
    /// Take the trail as it stands after its end was cut off.
    ///
    /// Until then `audit verify` and `doctor` say that it is broken. What you write is kept as an entry.
    #[command(
        after_help = "Example:\n  caseyos audit accept --because \"the disk lost its last minute on 23 Nov\""
    )]
    Accept {
        /// Reason, for whoever reads the trail later.
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
    /// List the newest entries.
    #[command(
        after_help = "Examples:\n  caseyos audit list move:12\n  caseyos audit list --actor rule --since 30d\n  caseyos audit list --event approval --limit 200 --json"
    )]
    List {
        /// Only entries about a subject, such as move:12 or execution:7.
        #[arg(value_name = "SUBJECT", conflicts_with = "subject")]
        about: Option<String>,
        /// Only entries about a subject, such as move:12 or execution:7.
        #[arg(long)]
        subject: Option<String>,
        /// Only one event, or a group: execution.sent, or execution.
        #[arg(long)]
        event: Option<String>,
        /// Only one actor, or a group: operator, rule:replied-before, or rule.
        #[arg(long)]
        actor: Option<String>,
        /// Only entries since then: a length of time such as 7d, or a date.
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// Maximum number of entries.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show one entry in full, with its hash.
    #[command(after_help = "Examples:\n  caseyos audit show 41\n  caseyos audit show 41 --json")]
    Show {
        /// The entry's number.
        seq: i64,
    },
    /// Write the trail as JSON lines that anybody can check.
    ///
    /// docs/safety.md explains the hashes, with a program that checks an export.
    #[command(
        after_help = "Examples:\n  caseyos audit export > trail.jsonl\n  caseyos audit export --since 90d --output trail.jsonl"
    )]
    Export {
        /// Only entries since then: a length of time such as 90d, or a date.
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// File to write, readable by you alone; standard output by default.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replace the file even if CaseyOS didn't write it or it changed since.
        #[arg(long, requires = "output")]
        force: bool,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &AuditArgs) -> Result<Ending, EngineError> {
    match &args.command {
        AuditCommand::Verify {
            file: Some(file), ..
        } => {
            let check = verify_export(BufReader::new(open(file)?))?;
            told(run, &check, &check, &file.display().to_string())?;
            Ok(Ending::Done)
        }
        AuditCommand::Verify {
            against: Some(path),
            ..
        } => against(run, path),
        AuditCommand::Verify { deep: true, .. } => {
            let deep = run.engine()?.verify_audit_deep()?;
            if !deep.check.intact {
                findings(run, &deep.tables)?;
            }
            told(run, &deep.check, &deep, THE_TRAIL)?;
            tables(run, &deep.tables)?;
            Ok(Ending::Done)
        }
        AuditCommand::Verify { .. } => {
            let check = run.engine()?.verify_audit()?;
            told(run, &check, &check, THE_TRAIL)?;
            Ok(Ending::Done)
        }
        AuditCommand::Seal { file } => seal(run, file.as_deref()),
        AuditCommand::Accept { because } => {
            let because = because.clone();
            let done = run.engine()?.run(Command::AcceptTrail { because })?;
            finish(run, &done)
        }
        AuditCommand::List {
            about,
            subject,
            event,
            actor,
            since: from,
            limit,
        } => {
            let engine = run.engine()?;
            let from = from
                .as_deref()
                .map(|text| since(text, engine.now(), &engine.zone()))
                .transpose()?;
            let filter = AuditFilter {
                subject: about.clone().or_else(|| subject.clone()),
                event: event.clone(),
                actor: actor.clone(),
                since: from,
                limit: *limit,
            };
            list(run, &filter)
        }
        AuditCommand::Show { seq } => show(run, *seq),
        AuditCommand::Export {
            since: from,
            output,
            force,
        } => export(run, from.as_deref(), output.as_deref(), *force),
    }
}

const THE_TRAIL: &str = "The audit trail";

fn unreadable(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Input(format!("{} cannot be read: {error}.", path.display()))
}

fn open(path: &Path) -> Result<File, EngineError> {
    file::open(path).map_err(|e| unreadable(path, &e))
}

/// Tells the result about the chain; `all` is what JSON shows of it.
fn told(
    run: &mut Run<'_>,
    check: &AuditCheck,
    all: &impl serde::Serialize,
    what: &str,
) -> Result<(), EngineError> {
    if run.out.is_json() {
        run.out.json(all)?;
    }
    if let (Some(at), true) = (check.broken_at, check.may_be_accepted) {
        return Err(EngineError::Outside(format!(
            "{what} is broken at entry {at}: {}. Put back a backup; or, once you know how it came about, `caseyos audit accept --because \"...\"` takes it as it stands.",
            check.reason
        )));
    }
    if let Some(at) = check.broken_at {
        return Err(EngineError::Outside(format!(
            "{what} is broken at entry {at}: {}. Everything before it holds ({} entries).",
            check.reason, check.entries
        )));
    }
    if !run.out.is_json() {
        run.out.line(&match check.first {
            0 | 1 => format!("The chain holds: {} entries.", check.entries),
            first => format!(
                "The chain holds: {} entries, from {first} to {}; those before were cut off.",
                check.entries, check.last
            ),
        })?;
        if !check.head.is_empty() {
            run.out
                .line(&format!("Last: {} {}", check.last, check.head))?;
        }
    }
    Ok(())
}

fn findings(run: &mut Run<'_>, tables: &Findings) -> Result<(), EngineError> {
    if run.out.is_json() {
        return Ok(());
    }
    for finding in &tables.findings {
        run.out
            .line(&format!("{} {}", finding.fault, finding.help))?;
    }
    match tables.found - tables.findings.len() as u64 {
        0 => Ok(()),
        more => run.out.line(&format!("{more} more of this kind.")),
    }
}

/// Tells the result about the tables.
fn tables(run: &mut Run<'_>, tables: &Findings) -> Result<(), EngineError> {
    findings(run, tables)?;
    if tables.found > 0 {
        let (what, verb) = match tables.found {
            1 => ("1 record".to_owned(), "is"),
            n => (format!("{n} records"), "are"),
        };
        return Err(EngineError::Outside(format!(
            "{what} {verb} not as the audit trail says. The trail itself holds."
        )));
    }
    if !run.out.is_json() {
        run.out.line(&format!(
            "The tables say the same: {} executions, {} suppressions.",
            tables.executions, tables.suppressions
        ))?;
    }
    Ok(())
}

fn against(run: &mut Run<'_>, path: &Path) -> Result<Ending, EngineError> {
    let text = file::read_text(path, MAX_SEALS_BYTES).map_err(|e| unreadable(path, &e))?;
    let checked = run.engine()?.verify_audit_against(&text)?;
    let seals = &checked.seals;
    told(run, &checked.deep.check, &checked, THE_TRAIL)?;
    if let Some(fault) = &seals.fault {
        findings(run, &checked.deep.tables)?;
        return Err(EngineError::Outside(fault.clone()));
    }
    tables(run, &checked.deep.tables)?;
    let too_old = seals.judgement == Judgement::TooOld;
    if !run.out.is_json() {
        run.out.line(&if too_old {
            format!(
                "Nothing can be said by the seals: entry {}, the newest that was sealed, was cut off with the old ones. Seal the trail anew with `caseyos audit seal`.",
                seals.last
            )
        } else {
            format!(
                "The trail is as sealed: {} of {} seals compared, the newest at entry {} on {}.",
                seals.held, seals.seals, seals.last, seals.at
            )
        })?;
    }
    Ok(if too_old {
        Ending::Partly
    } else {
        Ending::Done
    })
}

fn seal(run: &mut Run<'_>, path: Option<&Path>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    if let Some(path) = path {
        engine.may_write_to(path)?;
    }
    let known = match path.map(|path| (path, file::read_text(path, MAX_SEALS_BYTES))) {
        None => None,
        Some((_, Ok(text))) => Some(text).filter(|text| !text.trim().is_empty()),
        Some((_, Err(e))) if e.kind() == std::io::ErrorKind::NotFound => None,
        Some((path, Err(e))) => return Err(unreadable(path, &e)),
    };
    let seal = engine.seal_audit(known.as_deref())?;
    let line = serde_json::to_string(&seal)
        .map_err(|e| EngineError::Outside(format!("The seal cannot be made: {e}.")))?;
    let Some(path) = path else {
        run.out.line(&line)?;
        return Ok(Ending::Done);
    };
    let unwritable = |e: std::io::Error| {
        EngineError::Outside(format!(
            "{} cannot be written: {}. The trail was not sealed.",
            path.display(),
            file::said(&e)
        ))
    };
    create_private_file(path)?;
    let is_cut = known.is_some_and(|text| !text.ends_with('\n'));
    let line = format!("{}{line}\n", if is_cut { "\n" } else { "" });
    let mut out = File::options()
        .append(true)
        .open(path)
        .map_err(unwritable)?;
    // In one piece: half a line would spoil the file.
    out.write_all(line.as_bytes())
        .and_then(|()| out.sync_all())
        .map_err(unwritable)?;
    if run.out.is_json() {
        run.out.json(&seal)?;
    } else {
        let what = match seal.last {
            0 => "the trail is empty".to_owned(),
            last => format!("entry {last}, {}", seal.head),
        };
        run.out
            .line(&format!("Sealed in {}: {what}.", path.display()))?;
    }
    Ok(Ending::Done)
}

fn list(run: &mut Run<'_>, filter: &AuditFilter) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let entries = engine.filter_audit(filter)?;
    if run.out.is_json() {
        run.out.json(&entries)?;
    } else {
        for e in &entries {
            let when = fit(&moment(e.at, engine.now(), &engine.zone()), 16);
            run.out.line(&format!(
                "{:>6}  {when}  {}  {}  {}",
                e.seq,
                fit(&e.actor, 20),
                fit(&e.event, 22),
                e.subject
            ))?;
        }
    }
    Ok(if entries.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn show(run: &mut Run<'_>, seq: i64) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let found = engine.audit_entry(seq)?;
    if run.out.is_json() {
        run.out.json(&found)?;
        return Ok(Ending::Done);
    }
    let entry = &found.entry;
    run.out.heading(&format!("{seq} {}", entry.event))?;
    let before = match found.previous.as_str() {
        "" => "none: it is the first",
        hash => hash,
    };
    let at = entry
        .at
        .to_zoned(engine.zone())
        .strftime("%a %-d %b %Y %H:%M:%S%.f %Z")
        .to_string();
    for (what, text) in [
        ("at", at.as_str()),
        ("by", &entry.actor),
        ("about", &entry.subject),
        ("hash", &found.hash),
        ("before", before),
    ] {
        run.out.line(&format!("{}  {text}", fit(what, 6)))?;
    }
    let detail = serde_json::to_string_pretty(&entry.detail)
        .map_err(|e| EngineError::Outside(format!("The particulars cannot be shown: {e}.")))?;
    run.out.block(&detail)?;
    Ok(Ending::Done)
}

fn export(
    run: &mut Run<'_>,
    from: Option<&str>,
    output: Option<&Path>,
    force: bool,
) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let from = from
        .map(|text| since(text, engine.now(), &engine.zone()))
        .transpose()?;
    let Some(path) = output else {
        engine.export_audit(from, &mut *run.out)?;
        return Ok(Ending::Done);
    };
    let entries = engine.export_audit_to_file(from, path, force)?;
    if run.out.is_json() {
        run.out
            .json(&serde_json::json!({"file": path.display().to_string(), "entries": entries}))?;
    } else {
        run.out
            .line(&format!("{entries} entries written to {}.", path.display()))?;
    }
    Ok(Ending::Done)
}
