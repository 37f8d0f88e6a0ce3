//! Settling: what is recorded when a message left, did not leave, or when nobody knows.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::email::subject::thread_subject;
use crate::domain::guard::{EffectKind, Mode};
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::{RETRY_MINUTES, WaitsFor, retry_at};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::engine::effects::kinds::carry::{record_booked, record_written};
use crate::engine::effects::kinds::mail::draft::Content;
use crate::engine::effects::kinds::mail::post::{Delivered, Post};
use crate::engine::effects::kinds::mail::render::content_of;
use crate::engine::effects::{Outcome, set_move};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::road::outcomes::{Observed, record};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::messages::MessageRow;
use crate::store::{Durability, WriteTx, audit, executions, messages, people, remotes};

/// Mails without an answer after which silence makes no further move.
const MAX_UNANSWERED: i64 = 3;

impl Engine {
    /// Settles an execution as delivered.
    pub(in crate::engine) fn settle_as(
        &self,
        row: &ExecutionRow,
        delivered: Delivered,
    ) -> Result<Outcome> {
        // Before it counts as sent, so that a kill in between cannot leave the draft to be sent once more by hand.
        if row.is_of_draft()
            && !delivered.is_draft
            && let Err(error) =
                Post::of(self.outside(), &row.transport).and_then(|post| post.clear_draft(row))
        {
            tracing::warn!(execution = row.id.0, %error, "the draft of a message that left could not be removed");
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
            executions::note_held(
                tx,
                id,
                &reason,
                crate::engine::effects::claim::check_again(now),
            )?;
            let verdicts = crate::engine::effects::gate::ask_again(tx, core, &row, now)?;
            executions::save_verdicts(tx, id, "claim", &verdicts)?;
            Ok(Outcome::Held(verdicts))
        })
    }

    /// Records that a message certainly did not leave: it is tried again later, or given up.
    pub(in crate::engine) fn did_not_leave(
        &self,
        row: &ExecutionRow,
        reason: String,
        is_final: bool,
        retry_after: Option<SignedDuration>,
    ) -> Result<Outcome> {
        let row = row.clone();
        self.write(Durability::Full, move |tx, core, now| {
            let id = row.id;
            if !is_still(tx, id, row.status, &row.holder)? {
                return Ok(Outcome::Gone);
            }
            let reason = crate::domain::text::clean_line(&reason, 500);
            let again = retry_at(row.tries, now, retry_after).filter(|_| !is_final);
            let Some(again) = again else {
                return give_up(tx, &row, &reason, is_final, now).map(Outcome::Failed);
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

/// Records that an execution left: the message, the outcome, the closed move, the audit entry; all or nothing.
pub(in crate::engine) fn settle(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    from: ExecutionStatus,
    delivered: &Delivered,
    now: Timestamp,
) -> Result<Option<ExecutionRow>> {
    let kind = executions::load(tx, id)?
        .map(|row| row.kind)
        .unwrap_or_default();
    let (to, closing, event) = if delivered.is_draft {
        (
            ExecutionStatus::Drafted,
            crate::engine::effects::DRAFT_WAS_MADE,
            "execution.drafted",
        )
    } else {
        let closing = match kind {
            EffectKind::Mail => "sent",
            EffectKind::Meeting => "invited",
            EffectKind::Record => "written to HubSpot",
        };
        (ExecutionStatus::Sent, closing, "execution.sent")
    };
    if !executions::settle(tx, id, from, to, (&delivered.location, ""), now)? {
        return Ok(None);
    }
    let Some(row) = executions::load(tx, id)? else {
        return Ok(None);
    };
    set_move(tx, &row, MoveStatus::Done, Some(now), closing, now)?;
    match row.kind {
        EffectKind::Mail if delivered.is_draft => {}
        EffectKind::Mail => record_sent(tx, core, &row, now)?,
        EffectKind::Meeting => record_booked(tx, &row, now)?,
        EffectKind::Record => record_written(tx, &row, now)?,
    }
    audit::append(
        tx,
        now,
        &row.approved_by,
        event,
        &format!("execution:{id}"),
        &json!({
            "move": row.move_id,
            "action": row.action,
            "message_id": row.message_id,
            "content_hash": crate::engine::effects::kinds::mail::draft::hex(&row.content_hash),
            "location": delivered.location,
        }),
    )?;
    tx.emit(now, "execution.settled", format!("execution:{id}"))?;
    Ok(Some(row))
}

/// Records what follows from a message that left: the message itself, the contact, the wait for an answer, the outcome.
pub(in crate::engine) fn record_sent(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<()> {
    record_left(tx, core, row, content_of(row)?, now)
}

/// As [`record_sent`], for a message that left at `now` with a content that may be another than the approved one.
pub(in crate::engine) fn record_left(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    content: Content,
    now: Timestamp,
) -> Result<()> {
    let thread_id = match content.in_reply_to.as_str() {
        "" => 0,
        parent => messages::find(tx, parent)?.map_or(0, |m| m.thread_id),
    };
    // A provider may have put another Message-ID in the place of ours; answers will name that one.
    let remote = remotes::load(tx, row.id)?.unwrap_or_default();
    messages::insert(
        tx,
        &MessageRow {
            inbound: false,
            message_id: if remote.message_id.is_empty() {
                row.message_id.clone()
            } else {
                remote.message_id
            },
            thread_id,
            contact_id: row.contact_id,
            execution_id: Some(row.id),
            signal_id: None,
            from_address: content.from,
            to_address: row.to_key.clone(),
            base_subject: thread_subject(&content.subject),
            subject: content.subject,
            sent_at: now,
            in_reply_to: content.in_reply_to,
            references: content.references.join(" "),
            text: content.body,
            class: String::new(),
            label: String::new(),
            confidence: 1.0,
            source: row.transport.clone(),
            file: remote.remote_id,
            remote_thread: remote.thread,
        },
    )?;
    if let Some(contact) = row.contact_id {
        people::touch(tx, contact, now)?;
        if row.action.expects_answer() && executions::unanswered(tx, contact)? <= MAX_UNANSWERED {
            let days = i64::from(core.config.timers.no_reply_days);
            executions::set_silence(
                tx,
                row.id,
                now.checked_add(SignedDuration::from_hours(24 * days)).ok(),
            )?;
        }
    }
    let sent = Observed {
        contact: row.contact_id,
        execution: Some(row.id),
        move_id: Some(row.move_id),
        action: Some(row.action),
        ..Observed::new(
            OutcomeKind::EmailSent,
            OutcomeSource::System,
            now,
            format!("execution:{}:email_sent", row.id),
        )
    };
    record(tx, sent, now)?;
    Ok(())
}

/// Gives up a message that did not leave. It is kept for the operator, and its move is open again.
fn give_up(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    is_final: bool,
    now: Timestamp,
) -> Result<String> {
    if row.is_of_draft() {
        crate::engine::effects::put_back(tx, row, reason, now)?;
        return Ok(format!(
            "{} {reason} The draft lies where it was; nothing is tried again by itself.",
            not_done(row.mode)
        ));
    }
    let (id, to) = (row.id, ExecutionStatus::Failed);
    if !executions::settle(tx, id, row.status, to, ("", reason), now)? {
        return Ok(String::new());
    }
    set_move(tx, row, MoveStatus::Open, None, "", now)?;
    let detail = json!({"because": reason, "tries": row.tries, "final": is_final});
    let subject = format!("execution:{id}");
    audit::append(tx, now, "engine", "execution.failed", &subject, &detail)?;
    tx.emit(now, "execution.failed", subject)?;
    let how = if is_final {
        "It was refused and not sent".to_owned()
    } else {
        format!("It was not sent in {} tries", RETRY_MINUTES.len() + 1)
    };
    Ok(format!(
        "{how}: {reason} It is not tried again by itself. The move is open again with its draft; `caseyos outbox` shows what can be done."
    ))
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
    audit::append(tx, now, "engine", "execution.requeued", &subject, &detail)?;
    tx.emit(now, "execution.requeued", subject)?;
    Ok(true)
}
