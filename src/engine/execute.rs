//! Execution: claim, deliver, settle, and what becomes of an execution whose process died.
//!
//! ```text
//! queued -> sending (committed before a byte leaves) -> sent | drafted | queued again (never left) | failed
//! ```
//!
//! A process that claims holds a lock file that the operating system releases when it dies. An execution found `sending` whose holder is
//! gone is looked up in the mailbox by its own Message-ID: found, it is settled as it went; not found, it never left and is queued again.
//! It is never sent again blindly.

mod post;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::core::Core;
use super::draft::Content;
use super::gate;
use super::outcomes::{Observed, record};
use super::{Engine, EngineError, Result};
use crate::connectors::mail::compose::{OutboundMail, compose};
use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::message_id::{MessageId, parse_list};
use crate::domain::email::subject::thread_subject;
use crate::domain::guard::{Verdict, binding};
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::env::crash_point;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::messages::MessageRow;
use crate::store::moves::MoveState;
use crate::store::{Durability, WriteTx, audit, executions, messages, moves, people, remotes};

pub(in crate::engine) use post::{Delivered, Post, Undelivered, layout};
pub use post::{MailFolders, mail_folders};

/// Tries after which a message that cannot be delivered is given up.
const MAX_TRIES: i64 = 3;
/// Mails without an answer after which silence makes no further move.
const MAX_UNANSWERED: i64 = 3;

/// How one execution went.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum Outcome {
    /// It left, or a draft of it was made.
    Settled(Box<ExecutionRow>),
    /// A guard holds it.
    Held(Vec<Verdict>),
    /// A guard refused for good: it is cancelled and the move is open again.
    Cancelled(Vec<Verdict>),
    /// It could not be delivered; the sentence says what was kept.
    Failed(String),
    /// It was not queued any more: another process has it, or it was taken back.
    Gone,
}

enum Claim {
    Go(Box<ExecutionRow>, Vec<u8>),
    No(Outcome),
}

impl Engine {
    /// Carries out a queued execution, if the guards let it.
    pub(in crate::engine) fn execute(&self, id: ExecutionId) -> Result<Outcome> {
        crash_point("before-claim");
        let Some(_in_flight) = self.core().begin(id) else {
            return Ok(Outcome::Gone);
        };
        let holder = self.core().holder()?.to_owned();
        let (row, message) = match self.write(Durability::Full, move |tx, core, now| {
            claim(tx, core, id, &holder, now)
        })? {
            Claim::Go(row, message) => (*row, message),
            Claim::No(outcome) => return Ok(outcome),
        };
        crash_point("after-claim");
        let delivered = match Post::of(self.core(), &row.transport) {
            Ok(post) => post.deliver(&row, &message),
            Err(error) => Err(Undelivered::NotSent {
                reason: error.to_string(),
                is_final: false,
                retry_after: None,
            }),
        };
        crash_point("after-delivery");
        match delivered {
            Ok(delivered) => {
                let settled = self.write(Durability::Full, move |tx, core, now| {
                    settle(tx, core, id, &delivered, now)
                })?;
                crash_point("after-settle");
                Ok(settled.map_or(Outcome::Gone, |row| Outcome::Settled(Box::new(row))))
            }
            Err(error) => {
                // An error may come after the message is in place, so it is looked for before it counts as not sent.
                let found = Post::of(self.core(), &row.transport).and_then(|post| post.find(&row));
                if let Ok(Some(delivered)) = found {
                    let settled = self.write(Durability::Full, move |tx, core, now| {
                        settle(tx, core, id, &delivered, now)
                    })?;
                    return Ok(settled.map_or(Outcome::Gone, |row| Outcome::Settled(Box::new(row))));
                }
                let reason = error.reason().to_owned();
                self.write(Durability::Full, move |tx, _, now| {
                    never_left(tx, id, &reason, now)
                })
                .map(Outcome::Failed)
            }
        }
    }

    /// Settles what a process that died left half done. Returns how many executions were found to have left.
    pub(in crate::engine) fn reconcile(&self) -> Result<u64> {
        let stuck = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::waiting(tx, ExecutionStatus::Sending)?))?;
        let mut left = 0;
        for row in stuck {
            if !self.core().is_abandoned(row.id, &row.holder)? {
                continue;
            }
            let found = Post::of(self.core(), &row.transport).and_then(|post| post.find(&row));
            let id = row.id;
            let holder = row.holder.clone();
            match found {
                Ok(Some(delivered)) => {
                    let settled = self.write(Durability::Full, move |tx, core, now| {
                        if !is_still_held(tx, id, &holder)? {
                            return Ok(None);
                        }
                        settle(tx, core, id, &delivered, now)
                    })?;
                    left += u64::from(settled.is_some());
                }
                Ok(None) => {
                    let reason = "the program stopped before it left";
                    self.write(Durability::Full, move |tx, _, now| {
                        if is_still_held(tx, id, &holder)? {
                            requeue(tx, id, reason, now)?;
                        }
                        Ok(())
                    })?;
                }
                // The mailbox cannot be looked at now, so nothing is known: it stays as it is, and the next pass asks again.
                Err(error) => {
                    tracing::warn!(execution = id.0, %error, "an interrupted execution could not be looked up")
                }
            }
            self.core().forget_holder(&row.holder);
        }
        Ok(left)
    }

    /// Carries out what is queued, oldest first. Returns how many left and how many still wait.
    pub(in crate::engine) fn drain(&self) -> Result<(u64, u64)> {
        let queued = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::waiting(tx, ExecutionStatus::Queued)?))?;
        let (mut left, mut waiting) = (0, 0);
        for row in queued {
            if row.not_before > self.now() {
                waiting += 1;
                continue;
            }
            let outcome = match self.execute(row.id) {
                Ok(outcome) => outcome,
                // One that cannot be carried out must not hold up those behind it.
                Err(error) => {
                    tracing::error!(execution = row.id.0, %error, "an execution could not be carried out");
                    waiting += 1;
                    continue;
                }
            };
            match outcome {
                Outcome::Settled(_) => left += 1,
                Outcome::Held(_) | Outcome::Failed(_) => waiting += 1,
                Outcome::Cancelled(_) | Outcome::Gone => {}
            }
        }
        Ok((left, waiting))
    }
}

/// Tells whether a claim is still the one that was found abandoned: another process may have recovered it meanwhile and be
/// sending it right now, and must not have its claim taken away.
fn is_still_held(tx: &WriteTx<'_>, id: ExecutionId, holder: &str) -> Result<bool> {
    Ok(executions::load(tx, id)?
        .is_some_and(|row| row.status == ExecutionStatus::Sending && row.holder == holder))
}

/// Asks the guards again and claims the execution with the message rendered.
fn claim(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    holder: &str,
    now: Timestamp,
) -> Result<Claim> {
    let Some(row) = executions::load(tx, id)?.filter(|row| row.status == ExecutionStatus::Queued)
    else {
        return Ok(Claim::No(Outcome::Gone));
    };
    // A move that was taken elsewhere since must not send, whatever its execution says.
    if moves::load(tx, row.move_id)?.is_none_or(|mv| mv.status != MoveStatus::Approved) {
        let why = "the move is no longer approved";
        executions::settle(
            tx,
            id,
            ExecutionStatus::Queued,
            ExecutionStatus::Cancelled,
            ("", why),
            now,
        )?;
        audit::append(
            tx,
            now,
            "engine",
            "execution.cancelled",
            &format!("execution:{id}"),
            &json!({"because": why}),
        )?;
        return Ok(Claim::No(Outcome::Gone));
    }
    let verdicts = gate::ask_again(tx, core, &row, now)?;
    executions::save_verdicts(tx, id, "claim", &verdicts)?;
    if let Some(refusal) = binding(&verdicts) {
        let sentence = format!("{}: {}", refusal.guard, refusal.detail);
        executions::note_held(tx, id, &sentence)?;
        if !gate::is_final(refusal) {
            return Ok(Claim::No(Outcome::Held(verdicts)));
        }
        cancel(tx, &row, &sentence, MoveStatus::Open, now)?;
        audit::append(
            tx,
            now,
            "engine",
            "execution.cancelled",
            &format!("execution:{id}"),
            &json!({"because": sentence, "verdicts": verdicts}),
        )?;
        return Ok(Claim::No(Outcome::Cancelled(verdicts)));
    }
    let message = render(&row, now)?;
    // Before the claim is committed: once it is, a message that lies nowhere can only have left.
    let staged = Post::of(core, &row.transport).and_then(|post| post.stage(&row, &message));
    if !executions::claim(tx, id, holder, &message, staged.is_ok(), now)? {
        return Ok(Claim::No(Outcome::Gone));
    }
    set_move(tx, &row, MoveStatus::Executing, None, "", now)?;
    tx.emit(now, "execution.claimed", format!("execution:{id}"))?;
    Ok(Claim::Go(Box::new(row), message))
}

/// Builds the message of an execution from what was approved.
pub(in crate::engine) fn render(row: &ExecutionRow, now: Timestamp) -> Result<Vec<u8>> {
    let content: Content = serde_json::from_str(&row.content).map_err(|e| {
        crate::store::StoreError::Invalid(format!("the content of execution {}: {e}", row.id))
    })?;
    render_content(&content, &row.message_id, now)
}

/// Builds a message.
pub(in crate::engine) fn render_content(
    content: &Content,
    message_id: &str,
    now: Timestamp,
) -> Result<Vec<u8>> {
    let refused = |why: String| {
        EngineError::Input(format!(
            "The message cannot be built: {why}. Nothing was sent; edit the draft or the address."
        ))
    };
    let mailbox = |name: &str, address: &str| {
        EmailAddress::parse(address)
            .map(|address| Mailbox {
                name: name.to_owned(),
                address,
            })
            .map_err(|e| refused(e.to_string()))
    };
    let mail = OutboundMail {
        from: mailbox(&content.from_name, &content.from)?,
        to: vec![mailbox(&content.to_name, &content.to)?],
        subject: content.subject.clone(),
        body: content.body.clone(),
        date: now,
        zone: None,
        message_id: MessageId::find(message_id)
            .ok_or_else(|| refused("it has no Message-ID".into()))?,
        in_reply_to: MessageId::find(&content.in_reply_to),
        references: content
            .references
            .iter()
            .flat_map(|id| parse_list(id))
            .collect(),
        list_unsubscribe_mailto: None,
        list_unsubscribe_url: None,
        extra_headers: Vec::new(),
    };
    compose(&mail).map_err(|e| refused(e.to_string()))
}

/// Records that an execution left: the message, the outcome, the closed move, the audit entry; all or nothing.
fn settle(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    delivered: &Delivered,
    now: Timestamp,
) -> Result<Option<ExecutionRow>> {
    let to = if delivered.is_draft {
        ExecutionStatus::Drafted
    } else {
        ExecutionStatus::Sent
    };
    if !executions::settle(
        tx,
        id,
        ExecutionStatus::Sending,
        to,
        (&delivered.location, ""),
        now,
    )? {
        return Ok(None);
    }
    let Some(row) = executions::load(tx, id)? else {
        return Ok(None);
    };
    let closing = if delivered.is_draft {
        "a draft was made"
    } else {
        "sent"
    };
    set_move(tx, &row, MoveStatus::Done, Some(now), closing, now)?;
    if !delivered.is_draft {
        record_sent(tx, core, &row, now)?;
    }
    audit::append(
        tx,
        now,
        &row.approved_by,
        if delivered.is_draft {
            "execution.drafted"
        } else {
            "execution.sent"
        },
        &format!("execution:{id}"),
        &json!({
            "move": row.move_id,
            "action": row.action,
            "message_id": row.message_id,
            "content_hash": super::draft::hex(&row.content_hash),
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
    let content: Content = serde_json::from_str(&row.content).map_err(|e| {
        crate::store::StoreError::Invalid(format!("the content of execution {}: {e}", row.id))
    })?;
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

/// Puts a message that certainly did not leave back into the queue, or gives it up after too many tries.
fn never_left(tx: &WriteTx<'_>, id: ExecutionId, reason: &str, now: Timestamp) -> Result<String> {
    let Some(row) = executions::load(tx, id)? else {
        return Ok(String::new());
    };
    if row.tries < MAX_TRIES {
        requeue(tx, id, reason, now)?;
        return Ok(format!(
            "It was not sent: {reason} It stays approved, and the next sync tries again."
        ));
    }
    let to = ExecutionStatus::Failed;
    if !executions::settle(tx, id, ExecutionStatus::Sending, to, ("", reason), now)? {
        return Ok(String::new());
    }
    set_move(tx, &row, MoveStatus::Open, None, "", now)?;
    audit::append(
        tx,
        now,
        "engine",
        "execution.failed",
        &format!("execution:{id}"),
        &json!({"because": reason, "tries": row.tries}),
    )?;
    tx.emit(now, "execution.failed", format!("execution:{id}"))?;
    Ok(format!(
        "It was not sent in {MAX_TRIES} tries and is not tried again: {reason} The move is open again, its draft is kept."
    ))
}

fn requeue(tx: &WriteTx<'_>, id: ExecutionId, reason: &str, now: Timestamp) -> Result<()> {
    if executions::settle(
        tx,
        id,
        ExecutionStatus::Sending,
        ExecutionStatus::Queued,
        ("", reason),
        now,
    )? {
        if let Some(row) = executions::load(tx, id)? {
            set_move(tx, &row, MoveStatus::Approved, None, "", now)?;
        }
        audit::append(
            tx,
            now,
            "engine",
            "execution.requeued",
            &format!("execution:{id}"),
            &json!({"because": reason}),
        )?;
        tx.emit(now, "execution.requeued", format!("execution:{id}"))?;
    }
    Ok(())
}

/// Takes back an execution that has not left, and puts its move where `to` says.
pub(in crate::engine) fn cancel(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    to: MoveStatus,
    now: Timestamp,
) -> Result<bool> {
    if !executions::settle(
        tx,
        row.id,
        ExecutionStatus::Queued,
        ExecutionStatus::Cancelled,
        ("", reason),
        now,
    )? {
        return Ok(false);
    }
    let closed = (to != MoveStatus::Open).then_some(now);
    set_move(
        tx,
        row,
        to,
        closed,
        if closed.is_some() { reason } else { "" },
        now,
    )?;
    tx.emit(now, "execution.cancelled", format!("execution:{}", row.id))?;
    Ok(true)
}

fn set_move(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    status: MoveStatus,
    closed_at: Option<Timestamp>,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let state = MoveState {
        id: row.move_id,
        status,
        snoozed_until: None,
        closed_at,
        close_reason: reason.into(),
    };
    moves::set_state(tx, &state, now)?;
    Ok(())
}
