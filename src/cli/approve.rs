//! `caseyos approve`: consent to a move, and carry it out.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::Run;
use super::output::Ending;
use super::show::print_verdicts;
use crate::domain::by::By;
use crate::domain::guard::KillSwitch;
use crate::domain::id::{ExecutionId, MoveId};
use crate::engine::command::{Command, Done};
use crate::engine::queries::outbox::ExecutionStatus;
use crate::engine::{Engine, EngineError};
use crate::env::monotonic;

/// Approve moves: send a mail (or draft it in mode draft), book a meeting, or write a record, if the guards allow it.
///
/// The approval covers exactly the present content and holds for 24 hours. A live mail waits 20 seconds (outbox.undo_seconds) before it leaves;
/// `caseyos undo` cancels it until then, and the open console or the next `caseyos sync` sends it. If a guard only needs time, the approval
/// is kept and a later `caseyos sync` sends it; exit code 4 says so. Meetings and records need mode live. A move that you do by hand is marked done.
/// In mode live, a draft that already lies in the mailbox is sent as it is; if it was changed there, you see it first.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos approve 12 --dry-run\n  caseyos approve 12\n  caseyos approve 12 13 14\n  caseyos approve 12 --wait                  counts down, then sends\n  caseyos approve 12 --hash $(caseyos show 12 --json | jq -r .draft.content_hash)"
)]
pub(super) struct ApproveArgs {
    /// The moves' numbers.
    #[arg(required = true)]
    ids: Vec<i64>,
    /// Show the exact message and the guards' answers; send and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Approve only if the draft still has this content hash (see `show --json`).
    #[arg(long, value_name = "HEX")]
    hash: Option<String>,
    #[command(flatten)]
    leave: Leave,
}

/// The way in which something that is approved leaves.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Leave {
    /// Lets it go at once, without the time in which it can be taken back.
    #[arg(long, conflicts_with = "wait")]
    now: bool,
    /// Wait for the undo window to end, and show the result.
    #[arg(long)]
    wait: bool,
}

const POLL: Duration = Duration::from_millis(100);

pub(super) fn run(run: &mut Run<'_>, args: &ApproveArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let mut ids: Vec<MoveId> = Vec::new();
    for id in args.ids.iter().copied().map(MoveId) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let content_hash = args.hash.as_deref().map(parse_hash).transpose()?;
    if let [id] = *ids {
        let done = approve(&engine, id, content_hash, args.dry_run)?;
        let done = leave(run, &engine, id, done, args.leave)?;
        return show_or_finish(run, &done);
    }
    if content_hash.is_some() {
        return Err(EngineError::Input(
            "--hash is the content of one move; name one. Nothing was approved.".into(),
        ));
    }
    // A number that is wrong is a slip: nothing is approved before all of them are known.
    for id in &ids {
        engine.show(*id)?;
    }
    several(run, &engine, &ids, args)
}

fn approve(
    engine: &Engine,
    id: MoveId,
    content_hash: Option<[u8; 32]>,
    dry_run: bool,
) -> Result<Done, EngineError> {
    if dry_run {
        return engine.preview(id);
    }
    engine.run(Command::Approve {
        id,
        content_hash,
        by: By::Operator,
    })
}

fn leave(
    run: &mut Run<'_>,
    engine: &Engine,
    id: MoveId,
    done: Done,
    leave: Leave,
) -> Result<Done, EngineError> {
    match let_out(run, engine, done, leave)? {
        Some(done) => Ok(done),
        // Another process let it out meanwhile; asked again, the same approval has the same answer.
        None => approve(engine, id, None, false),
    }
}

/// Approves moves one after another: what is refused to one keeps no other back.
fn several(
    run: &mut Run<'_>,
    engine: &Engine,
    ids: &[MoveId],
    args: &ApproveArgs,
) -> Result<Ending, EngineError> {
    let asked: Vec<_> = ids
        .iter()
        .map(|id| (*id, approve(engine, *id, None, args.dry_run)))
        .collect();
    let mut shown = Vec::new();
    let mut endings = Vec::new();
    for (id, asked) in asked {
        let done = asked.and_then(|done| leave(run, engine, id, done, args.leave));
        let mut value = match &done {
            Ok(done) => serde_json::to_value(done).unwrap_or_default(),
            Err(error) => {
                serde_json::json!({"result": "failed", "summary": error.to_string()})
            }
        };
        if !run.out.is_json() {
            run.out.line(&format!("Move {id}:"))?;
        }
        match done {
            Ok(done) if run.out.is_json() => endings.push(ending_of(&done)),
            Ok(done) => endings.push(show_or_finish(run, &done)?),
            Err(error) => {
                if !run.out.is_json() {
                    run.out.line(&error.to_string())?;
                }
                endings.push(Ending::Partly);
            }
        }
        if let Some(fields) = value.as_object_mut() {
            fields.insert("move".into(), id.0.into());
        }
        shown.push(value);
    }
    if run.out.is_json() {
        run.out.json(&shown)?;
    }
    // What was done already speaks neither for nor against the others.
    if endings.iter().any(|ending| *ending != Ending::Nothing) {
        endings.retain(|ending| *ending != Ending::Nothing);
    }
    let first = endings.first().copied().unwrap_or(Ending::Nothing);
    Ok(match endings.iter().all(|ending| *ending == first) {
        true => first,
        false => Ending::Partly,
    })
}

/// Lets out what is queued as the operator said: at once, or when its time is over; none if another process let it out meanwhile.
pub(super) fn let_out(
    run: &mut Run<'_>,
    engine: &Engine,
    done: Done,
    leave: Leave,
) -> Result<Option<Done>, EngineError> {
    match done {
        Done::Queued { execution, .. } if leave.now => engine
            .run(Command::Retry {
                id: execution,
                force: false,
            })
            .map(Some),
        Done::Queued {
            execution,
            leaves_at,
            ..
        } if leave.wait => wait(run, engine, execution, leaves_at),
        done => Ok(Some(done)),
    }
}

/// Prints how something that was asked for directly ended, let out as the operator said.
pub(super) fn finish_wish(
    run: &mut Run<'_>,
    engine: &Engine,
    done: Done,
    leave: Leave,
) -> Result<Ending, EngineError> {
    let done = match let_out(run, engine, done, leave)? {
        Some(done) => done,
        None => Done::Nothing {
            summary: "Another process let it out meanwhile; `caseyos outbox` shows how it stands."
                .into(),
        },
    };
    show_or_finish(run, &done)
}

/// Prints how a change ended; a request that is only shown goes to stdout as it is.
pub(super) fn show_or_finish(run: &mut Run<'_>, done: &Done) -> Result<Ending, EngineError> {
    if let (
        false,
        Done::Shown {
            message, verdicts, ..
        },
    ) = (run.out.is_json(), done)
    {
        let (now, zone) = {
            let engine = run.engine()?;
            (engine.now(), engine.zone())
        };
        run.out.block(&message.replace("\r\n", "\n"))?;
        print_verdicts(run.out, verdicts, now, &zone)?;
        run.out.talk(done.summary())?;
        return Ok(Ending::Done);
    }
    finish(run, done)
}

/// Waits for a message's undo window and sends it then; none if it is sent already. A stop by anybody ends the wait.
fn wait(
    run: &mut Run<'_>,
    engine: &Engine,
    id: ExecutionId,
    leaves_at: Timestamp,
) -> Result<Option<Done>, EngineError> {
    super::listen_for_interrupt(&run.interrupt);
    let total = Duration::try_from(leaves_at.duration_since(engine.now())).unwrap_or_default();
    let begin = monotonic();
    let terminal = std::io::stderr().is_terminal();
    let mut shown = None;
    loop {
        let left = total.saturating_sub(monotonic().saturating_sub(begin));
        let (status, kill_switch) = engine.message_status(id)?;
        let stays = |summary: &str| Done::Held {
            summary: summary.to_owned(),
            execution: id,
            clears_at: None,
            verdicts: Vec::new(),
            undo: None,
        };
        match status {
            ExecutionStatus::Queued => {}
            ExecutionStatus::Sent | ExecutionStatus::Drafted => return Ok(None),
            ExecutionStatus::Cancelled => {
                return Ok(Some(Done::Nothing {
                    summary: "It was taken back meanwhile; nothing was sent.".into(),
                }));
            }
            ExecutionStatus::Sending | ExecutionStatus::Uncertain | ExecutionStatus::Failed => {
                return Ok(Some(stays(
                    "Another process took it up; `caseyos outbox` shows how it stands.",
                )));
            }
        }
        if kill_switch != KillSwitch::Running {
            return Ok(Some(stays(
                "Held by the kill switch: everything was stopped. The approval is kept.",
            )));
        }
        if run.interrupt.load(Ordering::Relaxed) {
            return Ok(Some(stays(
                "Not waited for: it stays queued, and the next sync sends it.",
            )));
        }
        if left.is_zero() {
            if terminal {
                drop(writeln!(std::io::stderr()));
            }
            return engine.run(Command::Retry { id, force: false }).map(Some);
        }
        let seconds = left.as_secs() + 1;
        if shown != Some(seconds) && (terminal || shown.is_none()) {
            let text = format!(
                "leaves in {seconds} s; Ctrl-C leaves it queued, `caseyos undo` takes it back"
            );
            if terminal {
                drop(write!(std::io::stderr(), "\r{text}  "));
            } else {
                run.out.talk(&text)?;
            }
            shown = Some(seconds);
        }
        std::thread::sleep(POLL.min(left));
    }
}

fn parse_hash(text: &str) -> Result<[u8; 32], EngineError> {
    let wrong = || {
        EngineError::Input("--hash takes the 64 hexadecimal digits that `show --json` gives as draft.content_hash.".into())
    };
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = text
            .get(2 * i..2 * i + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .ok_or_else(wrong)?;
    }
    Ok(bytes)
}

/// Prints the result of a change and returns its exit code.
pub(super) fn finish(run: &mut Run<'_>, done: &Done) -> Result<Ending, EngineError> {
    if !matches!(done, Done::Nothing { .. }) {
        run.out.did(done.summary());
    }
    if run.out.is_json() {
        run.out.json(done)?;
    } else {
        run.out.line(done.summary())?;
    }
    Ok(ending_of(done))
}

const fn ending_of(done: &Done) -> Ending {
    match done {
        Done::Changed { .. }
        | Done::Sent { .. }
        | Done::Queued { .. }
        | Done::Shown { .. }
        | Done::Recorded { .. } => Ending::Done,
        Done::Held { .. } | Done::Blocked { .. } => Ending::Blocked,
        Done::Nothing { .. } => Ending::Nothing,
    }
}
