//! The consequences of a mail that left: the message itself, the contact, the wait for an answer, the outcome.

use jiff::{SignedDuration, Timestamp};

use crate::domain::email::subject::thread_subject;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::engine::effects::kinds::mail::draft::Content;
use crate::engine::effects::kinds::mail::render::content_of;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::road::outcomes::{Observed, record};
use crate::store::executions::ExecutionRow;
use crate::store::messages::MessageRow;
use crate::store::{WriteTx, executions, messages, people, remotes};

/// Mails without an answer after which silence makes no further move.
const MAX_UNANSWERED: i64 = 3;

/// Records a message that left as it was approved.
pub(in crate::engine) fn record_sent(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<()> {
    record_left(tx, core, row, content_of(row)?, now)
}

/// Records a message that left at `now` with a content that may be another than the approved one.
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
            class: None,
            label: None,
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
        move_id: row.move_id,
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
