//! Settling: what is recorded when a message left, did not leave, or when nobody knows.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::claim::check_again;
use super::gate;
use super::kind::Delivered;
use super::kinds;
use super::outcome::Outcome;
use super::take_back::{DRAFT_WAS_MADE, put_back, set_move, taken_back};
use crate::domain::audit::hex;
use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::guard::Mode;
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::{RETRY_MINUTES, WaitsFor, retry_at};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::road::sources::mailbox::take_refusal;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::executions::{End, ExecutionRow, ExecutionStatus};
use crate::store::{Durability, WriteTx, executions};

impl Engine {
    /// Settles an execution as delivered.
    pub(in crate::engine) fn settle_as(
        &self,
        row: &ExecutionRow,
        delivered: Delivered,
    ) -> Result<Outcome> {
        // Before it counts as sent, so that a kill in between leaves nothing to be sent once more by hand.
        if let Err(error) = kinds::of(row.kind).tidy(self.outside(), row, &delivered) {
            tracing::warn!(execution = row.id.0, %error, "what a delivery left behind could not be cleared away");
        }
        let (id, from, holder) = (row.id, row.status, row.holder.clone());
        let settled = self.write(Durability::Full, move |tx, core, now| {
            if !is_still(tx, id, from, &holder)? {
                return Ok(None);
            }
            settle(tx, core, id, from, &delivered, now)
        })?;
        Ok(settled.map_or(Outcome::Gone, |row| Outcome::Settled(Box::new(row))))
    }

    /// Puts a message that a stop held back in the last moment back into the queue. It was no try.
    pub(in crate::engine) fn was_stopped(
        &self,
        row: &ExecutionRow,
        reason: String,
    ) -> Result<Outcome> {
        let row = row.clone();
        self.write(Durability::Full, move |tx, core, now| {
            let id = row.id;
            if !is_still(tx, id, row.status, &row.holder)? {
                return Ok(Outcome::Gone);
            }
            requeue(tx, &row, &reason, None, now)?;
            executions::uncount_try(tx, id)?;
            executions::note_held(tx, id, &reason, check_again(now))?;
            let verdicts = gate::ask_again(tx, core, &row, now)?;
            executions::save_verdicts(tx, id, "claim", &verdicts)?;
            Ok(Outcome::Held(verdicts))
        })
    }

    /// Records that a message certainly did not leave: it is tried again later, or given up.
    pub(in crate::engine) fn did_not_leave(
        &self,
        row: &ExecutionRow,
        reason: String,
        ended: Option<Ended>,
        retry_after: Option<SignedDuration>,
    ) -> Result<Outcome> {
        let row = row.clone();
        self.write(Durability::Full, move |tx, core, now| {
            let id = row.id;
            if !is_still(tx, id, row.status, &row.holder)? {
                return Ok(Outcome::Gone);
            }
            let reason = crate::domain::text::clean_line(&reason, 500);
            let again = retry_at(row.tries, now, retry_after).filter(|_| ended.is_none());
            let Some(again) = again else {
                let said = give_up(tx, &row, &reason, ended, now)?;
                if ended != Some(Ended::NoSuchAddress) || said.is_empty() {
                    return Ok(Outcome::Failed(said));
                }
                take_refusal(tx, core, &row, &reason, now)?;
                return Ok(Outcome::Failed(format!(
                    "It was refused and not sent: {reason} The address counts as bounced, so nothing more goes there; `caseyos suppress remove {}` lifts that.",
                    row.to_key
                )));
            };
            requeue(tx, &row, &reason, Some((again, WaitsFor::Retry)), now)?;
            let at = again.to_zoned(core.config.operator.zone()).strftime("%H:%M:%S");
            Ok(Outcome::Failed(format!(
                "{} {reason} It stays approved and is tried again from {at}; `caseyos outbox retry {id}` tries it now.",
                not_done(row.mode)
            )))
        })
    }
}

/// Begins the sentence about a message that did not leave, or a draft that was not made.
const fn not_done(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "It was not sent:",
        Mode::Draft | Mode::DryRun => "The draft was not made:",
    }
}

/// Tells whether an execution is still as it was found: another process may have recovered it meanwhile and be sending it right now, and must
/// not have its claim taken away.
pub(in crate::engine) fn is_still(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    status: ExecutionStatus,
    holder: &str,
) -> Result<bool> {
    Ok(executions::load(tx, id)?.is_some_and(|row| row.status == status && row.holder == holder))
}

/// Records that an execution left: its consequences, the closed move, the audit entry; all or nothing.
pub(in crate::engine) fn settle(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    from: ExecutionStatus,
    delivered: &Delivered,
    now: Timestamp,
) -> Result<Option<ExecutionRow>> {
    let (to, event) = if delivered.is_draft {
        (ExecutionStatus::Drafted, "execution.drafted")
    } else {
        (ExecutionStatus::Sent, "execution.sent")
    };
    let end = End {
        to,
        ended: delivered.ended,
        location: &delivered.location,
        because: "",
    };
    if !executions::settle(tx, id, from, end, now)? {
        return Ok(None);
    }
    executions::set_remote(tx, id, &delivered.remote)?;
    let Some(row) = executions::load(tx, id)? else {
        return Ok(None);
    };
    let effect = kinds::of(row.kind);
    let closing = if delivered.is_draft {
        DRAFT_WAS_MADE
    } else {
        effect.words().closing
    };
    set_move(tx, &row, MoveStatus::Done, Some(now), closing, now)?;
    effect.settled(tx, core, &row, delivered, now)?;
    if let Some(original) = row.undoes
        && let Some(original) = executions::load(tx, original)?
    {
        taken_back(tx, &original, now)?;
    }
    let settled = Change {
        by: &row.approved_by,
        event,
        about: vec![format!("execution:{id}")],
        detail: json!({
            "move": row.move_id,
            "origin": row.origin,
            "kind": row.kind,
            "what": row.subject,
            "action": row.action,
            "message_id": row.message_id,
            "content_hash": hex(&row.content_hash),
            "request_hash": hex(&executions::rendered_hash(tx, id)?),
            "location": delivered.location,
        }),
        tells: Tells::As("execution.settled"),
        back: Back::None,
    };
    change(tx, settled, now)?;
    Ok(Some(row))
}

/// Gives up an execution that did not leave. It is kept for the operator, and its move is open again.
fn give_up(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    ended: Option<Ended>,
    now: Timestamp,
) -> Result<String> {
    if row.is_of_draft() {
        put_back(tx, row, reason, now)?;
        return Ok(format!(
            "{} {reason} The draft lies where it was; nothing is tried again by itself.",
            not_done(row.mode)
        ));
    }
    let id = row.id;
    let end = End {
        to: ExecutionStatus::Failed,
        ended: ended.unwrap_or(Ended::GaveUp),
        location: "",
        because: reason,
    };
    if !executions::settle(tx, id, row.status, end, now)? {
        return Ok(String::new());
    }
    set_move(tx, row, MoveStatus::Open, None, "", now)?;
    let detail = json!({"because": reason, "tries": row.tries, "ended": end.ended});
    let subject = format!("execution:{id}");
    let failed = Change {
        by: &By::Engine,
        event: "execution.failed",
        about: vec![subject],
        detail,
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, failed, now)?;
    let how = if ended.is_some() {
        "It was refused and not sent".to_owned()
    } else {
        format!("It was not sent in {} tries", RETRY_MINUTES.len() + 1)
    };
    Ok(match row.move_id {
        Some(_) => format!(
            "{how}: {reason} It is not tried again by itself. The move is open again with its draft; `caseyos outbox` shows what can be done."
        ),
        None => format!(
            "{}: {how}, and nothing was changed there. {reason}",
            row.subject
        ),
    })
}

/// Puts a message that has not left back into the queue.
pub(in crate::engine) fn requeue(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    wait: Option<(Timestamp, WaitsFor)>,
    now: Timestamp,
) -> Result<bool> {
    let id = row.id;
    if !executions::requeue(tx, id, row.status, reason, wait)? {
        return Ok(false);
    }
    set_move(tx, row, MoveStatus::Approved, None, "", now)?;
    let subject = format!("execution:{id}");
    let detail = json!({"because": reason});
    let requeued = Change {
        by: &By::Engine,
        event: "execution.requeued",
        about: vec![subject],
        detail,
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, requeued, now)?;
    Ok(true)
}
