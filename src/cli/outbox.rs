//! `caseyos outbox`: approved messages that are not sent yet.

use std::io::Write as _;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Run;
use super::approve::finish;
use super::moves::{Words, edit_words};
use super::output::{Ending, Out, fit, moment};
use super::show::print_verdicts;
use crate::domain::id::ExecutionId;
use crate::engine::EngineError;
use crate::engine::command::{Command, Done};
use crate::engine::queries::outbox::{ExecutionStatus, OutboxItem};

/// Show approved messages that are not sent yet, in the order of sending, and what each waits for.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos outbox\n  caseyos outbox show 7\n  caseyos outbox retry 7\n  caseyos outbox drop 7\n  caseyos outbox edit 7 --subject 'Better words'"
)]
pub(super) struct OutboxArgs {
    #[command(subcommand)]
    command: Option<OutboxCommand>,
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// List the messages (the default).
    List,
    /// Show one message in full.
    #[command(after_help = "Example:\n  caseyos outbox show 7")]
    Show {
        /// The message's number, as the list shows it.
        id: i64,
    },
    /// Send a message now, without its undo window or its wait for the next try; also one that was given up.
    ///
    /// The message keeps its Message-ID, so nothing is sent twice. The guards are asked as always.
    #[command(after_help = "Example:\n  caseyos outbox retry 7")]
    Retry {
        /// The message's number.
        id: i64,
        /// Also retry one that may have been sent: check your sent mail first.
        #[arg(long)]
        force: bool,
    },
    /// Drop a message and reopen its move. One that may have been sent counts as sent.
    #[command(after_help = "Example:\n  caseyos outbox drop 7")]
    Drop {
        /// The message's number.
        id: i64,
    },
    /// List messages of ours that were sent and that this database knows nothing of, as after a restore; mail to the same people is held.
    Strays,
    /// Count such a message as known, so that mail to its recipient is held no more.
    ///
    /// First see what it said. If an open move would say the same, `caseyos done` or `caseyos skip` takes that off the list.
    #[command(after_help = "Example:\n  caseyos outbox known 1")]
    Known {
        /// The number, as `outbox strays` shows it.
        id: i64,
    },
    /// Drop a message, reopen its move and edit its draft, with options or in $EDITOR. Approve it again to send it.
    #[command(
        after_help = "Examples:\n  caseyos outbox edit 7\n  caseyos outbox edit 7 --body-file better.txt"
    )]
    Edit {
        /// The message's number.
        id: i64,
        #[command(flatten)]
        words: Words,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &OutboxArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let command = match &args.command {
        None | Some(OutboxCommand::List) => {
            let items = engine.outbox()?;
            if run.out.is_json() {
                run.out.json(&items)?;
            } else if items.is_empty() {
                run.out.line("Nothing waits.")?;
            } else {
                print_list(run.out, &items, engine.now(), &engine.zone())?;
            }
            return Ok(if items.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            });
        }
        Some(OutboxCommand::Strays) => return strays(run),
        Some(OutboxCommand::Known { id }) => Command::KnowStray { id: *id },
        Some(OutboxCommand::Show { id }) => return show(run, ExecutionId(*id)),
        Some(OutboxCommand::Retry { id, force }) => Command::Retry {
            id: ExecutionId(*id),
            force: *force,
        },
        Some(OutboxCommand::Drop { id }) => Command::Withdraw {
            id: ExecutionId(*id),
        },
        Some(OutboxCommand::Edit { id, words }) => {
            let id = ExecutionId(*id);
            let move_id = engine.outbox_item(id)?.item.move_id;
            let recalled = engine.run(Command::Recall { id })?;
            if !words.are_given() && !run.is_in_terminal() {
                return finish(run, &recalled);
            }
            // It is back in either case; the draft can be edited again.
            let Some(move_id) = move_id else {
                return finish(run, &recalled);
            };
            let edited = edit_words(&engine, move_id, words)?;
            let done = match edited {
                Done::Nothing { .. } => recalled,
                done => done,
            };
            return finish(run, &done);
        }
    };
    finish(run, &engine.run(command)?)
}

/// Prints messages, two lines for each.
pub(super) fn print_list(
    out: &mut Out,
    items: &[OutboxItem],
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(), EngineError> {
    for item in items {
        let state = match (item.status, item.leaves_at) {
            (ExecutionStatus::Queued, Some(at)) if at > now => {
                let seconds = at.duration_since(now).as_secs();
                if seconds < 120 {
                    format!("in {seconds} s")
                } else {
                    moment(at, now, zone)
                }
            }
            (ExecutionStatus::Queued, Some(_)) => "next sync".into(),
            (status, _) => status.to_string(),
        };
        out.line(&format!(
            "{:>5}  {}  {}  {}",
            item.id,
            fit(&state, 16),
            fit(&item.to, 32),
            item.subject
        ))?;
        let clears = item
            .clears_at
            .map(|at| format!(" (clears {})", moment(at, now, zone)))
            .unwrap_or_default();
        let because = match clears.is_empty() {
            true => item.because.as_str(),
            false => item.because.trim_end_matches('.'),
        };
        out.line(&format!("       {because}{clears}"))?;
    }
    Ok(())
}

fn strays(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let all = engine.unknown_mail()?;
    if run.out.is_json() {
        run.out.json(&all)?;
    } else if all.is_empty() {
        run.out.line("Every message of ours is known.")?;
    }
    if !run.out.is_json() {
        let (now, zone) = (engine.now(), engine.zone());
        for stray in &all {
            let number = match stray.id {
                0 => "new".into(),
                id => id.to_string(),
            };
            let at = moment(stray.sent_at, now, &zone);
            run.out.line(&format!(
                "{number:>5}  {}  {}  {}",
                fit(&at, 16),
                fit(&stray.to_key, 32),
                stray.subject
            ))?;
            run.out.line(&format!("       {}", stray.location))?;
        }
    }
    Ok(if all.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn show(run: &mut Run<'_>, id: ExecutionId) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let detail = engine.outbox_item(id)?;
    if run.out.is_json() {
        run.out.json(&detail)?;
        return Ok(Ending::Done);
    }
    let (now, zone) = (engine.now(), engine.zone());
    print_list(run.out, std::slice::from_ref(&detail.item), now, &zone)?;
    let item = &detail.item;
    run.out.line(&format!(
        "{} · {} · through {} · approved by {} {}, holds until {} · tried {}",
        item.move_id
            .map_or_else(|| item.origin.to_string(), |id| format!("move {id}")),
        item.class,
        item.account,
        item.approved_by,
        moment(item.approved_at, now, &zone),
        moment(item.approval_expires_at, now, &zone),
        item.tries
    ))?;
    let can: Vec<&str> = item.can.iter().map(|act| act.as_str()).collect();
    if !can.is_empty() {
        run.out.line(&format!("can: {}", can.join(", ")))?;
    }
    run.out.line("")?;
    run.out.line(&format!("Subject: {}", item.subject))?;
    run.out.block(&detail.body)?;
    print_verdicts(run.out, &detail.verdicts, now, &zone)?;
    Ok(Ending::Done)
}

/// Asks a question on the terminal; only a yes is one.
pub(super) fn ask(out: &mut Out, question: &str) -> Result<bool, EngineError> {
    let failed =
        |e: std::io::Error| EngineError::Outside(format!("The question could not be asked: {e}."));
    out.flush().map_err(failed)?;
    let mut err = std::io::stderr();
    write!(err, "{question} [y/N] ").map_err(failed)?;
    err.flush().map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(failed)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}
