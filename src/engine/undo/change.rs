//! The one way in which a change is noted: a line in the trail, an event for those who listen, and an entry of the undo list.

use jiff::Timestamp;
use serde_json::Value;

use super::step::{Step, written};
use crate::domain::by::By;
use crate::domain::id::{ExecutionId, UndoId};
use crate::engine::error::Result;
use crate::store::executions::ExecutionStatus;
use crate::store::{WriteTx, audit, undo};

/// A change, as it is noted beside the rows that it writes. Every field must be named, so none can be forgotten.
pub(in crate::engine) struct Change<'a> {
    /// The one who makes it.
    pub by: &'a By,
    /// Kind of the line in the trail, such as `move.done`.
    pub event: &'static str,
    /// Records that it changes, such as `move:3`; each gets a line and an event of its own.
    pub about: Vec<String>,
    /// Particulars for the trail. Neither secrets nor the words of a message belong here.
    pub detail: Value,
    /// The event that listeners get.
    pub tells: Tells,
    /// The way back.
    pub back: Back<'a>,
}

/// The event of a change.
pub(in crate::engine) enum Tells {
    /// The kind of its line in the trail, about the same record.
    Same,
    /// Another kind, about the same record.
    As(&'static str),
    /// Another kind, about another record.
    Of(&'static str, String),
    /// None: the step that the change consists of has told already, or nobody shows it.
    Nothing,
}

/// The way back from a change.
pub(in crate::engine) enum Back<'a> {
    /// An entry of the undo list: its summary, what taking it back brings, and the step.
    Entry(&'a str, &'a str, Step),
    /// The entry of a withdrawal, which stands for the entry that it took back: that one, its summary, and the message to queue again.
    Redo(UndoId, &'a str, ExecutionId),
    /// None: it can be taken back only by its opposite, or not at all; or the entry stands already.
    None,
}

/// Notes a change in the transaction that makes it. Returns its entry of the undo list, if it has one.
///
/// # Errors
/// Fails if the database refuses.
pub(in crate::engine) fn change(
    tx: &WriteTx<'_>,
    change: Change<'_>,
    now: Timestamp,
) -> Result<Option<UndoId>> {
    let Change {
        by,
        event,
        about,
        detail,
        tells,
        back,
    } = change;
    let entry = match back {
        Back::Entry(summary, promise, step) => {
            let step = written(&step)?;
            Some(undo::add(tx, now, summary, promise, &step, None)?)
        }
        Back::Redo(entry, what, id) => {
            let step = Step::Outbox {
                id,
                status: ExecutionStatus::Queued,
            };
            let promise = "It is queued again with the same consent, as long as that holds.";
            let summary = format!("Undone: {what}");
            let step = written(&step)?;
            Some(undo::add(tx, now, &summary, promise, &step, Some(entry))?)
        }
        Back::None => None,
    };
    for subject in about {
        audit::append(tx, now, &by.to_string(), event, &subject, &detail)?;
        match &tells {
            Tells::Same => tx.emit(now, event, subject)?,
            Tells::As(kind) => tx.emit(now, kind, subject)?,
            Tells::Of(kind, other) => tx.emit(now, kind, other.as_str())?,
            Tells::Nothing => {}
        }
    }
    Ok(entry)
}
