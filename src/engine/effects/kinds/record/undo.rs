//! Taking writes to HubSpot back: what was made is put away, what was changed goes back to what it replaced.
//!
//! Taking back is a write like any other: a row before it is a request, never over a value that somebody set since, and asked after where no
//! answer came.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::id::{ExecutionId, UndoId};
use crate::domain::moves::MoveStatus;
use crate::engine::effects::kinds::record::operation::Operation;
use crate::engine::effects::kinds::record::outbox::read;
use crate::engine::effects::kinds::record::outbox::{CLOSED, SAYS_SO};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::{Step, remember};
use crate::store::executions::ExecutionStatus;
use crate::store::hubspot::{self, WriteRow, WriteStatus};
use crate::store::{Durability, ReadTx, WriteTx, audit, executions, undo};

/// Says what taking a write back brings back; none if it cannot be taken back.
pub(in crate::engine) fn promise(operation: &Operation, remote: &str) -> Option<&'static str> {
    operation.inverse(remote).map(|inverse| match inverse {
        Operation::Archive { .. } => {
            "It is put away in HubSpot, where it can be restored for 90 days."
        }
        _ => "The values that it replaced are written back, but never over what was changed there since.",
    })
}

/// Adds a write that was done to the undo list, if it can be taken back.
pub(in crate::engine) fn remember_write(
    tx: &WriteTx<'_>,
    id: i64,
    now: Timestamp,
) -> Result<Option<UndoId>> {
    let Some(row) = hubspot::load_write(tx, id)? else {
        return Ok(None);
    };
    match promise(&read(&row)?, &row.remote_id) {
        Some(promise) => {
            let step = Step::HubspotWrite { id };
            remember(tx, &row.summary, promise, &step, now).map(Some)
        }
        None => Ok(None),
    }
}

/// Says what taking a write back would do now, and whether it can be asked for.
pub(in crate::engine) fn promise_of(tx: &ReadTx<'_>, id: i64) -> Result<(String, bool)> {
    let Some(row) = hubspot::load_write(tx, id)? else {
        return Ok(("It is not known any more.".into(), false));
    };
    Ok(match (row.status, promise(&read(&row)?, &row.remote_id)) {
        (WriteStatus::Sent, Some(promise)) => (promise.into(), true),
        (WriteStatus::Queued, _) => (
            "It was not written yet: it is taken out of the queue.".into(),
            true,
        ),
        (WriteStatus::Sending | WriteStatus::Uncertain, _) => (
            "Cannot be taken back now: it may be written just now.".into(),
            false,
        ),
        _ => ("There is nothing to take back.".into(), false),
    })
}

impl Engine {
    /// Takes a write back that was asked for directly.
    pub(in crate::engine) fn undo_hubspot_write(&self, id: i64, entry: UndoId) -> Result<Done> {
        let row = self
            .store()
            .read(|tx| hubspot::load_write(tx, id))?
            .ok_or_else(|| EngineError::NotFound(format!("There is no write {id}.")))?;
        let summary = row.summary.clone();
        if row.status == WriteStatus::Queued {
            return self.write(Durability::Full, move |tx, _, now| {
                let steps = (WriteStatus::Queued, WriteStatus::Cancelled);
                if !hubspot::settle_write(tx, id, steps, ("", "withdrawn by the operator"), now)? {
                    return Ok(Done::Nothing {
                        summary: format!(
                            "{summary}: it is being written just now; it cannot be taken back yet."
                        ),
                    });
                }
                undo::mark(tx, entry, now)?;
                note(tx, "hubspot.withdrawn", id, now)?;
                Ok(Done::Changed {
                    summary: format!("Withdrawn: {summary} was not written."),
                    undo: None,
                })
            });
        }
        match self.write_back(&row)? {
            Some(refused) => Ok(refused),
            None => self.write(Durability::Full, move |tx, _, now| {
                undo::mark(tx, entry, now)?;
                note(tx, "hubspot.undone", id, now)?;
                Ok(Done::Changed {
                    summary: format!("Undone in HubSpot: {summary}."),
                    undo: None,
                })
            }),
        }
    }

    /// Takes back what an execution wrote; its move is open again.
    pub(in crate::engine) fn undo_record(
        &self,
        execution: ExecutionId,
        entry: UndoId,
    ) -> Result<Done> {
        let found = self.store().read(|tx| {
            let Some(row) = executions::load(tx, execution)? else {
                return Ok::<_, EngineError>(None);
            };
            Ok(
                crate::engine::effects::kinds::carry::find_write(tx, execution)?
                    .map(|write| (row, write)),
            )
        })?;
        let Some((row, write)) = found else {
            return Err(EngineError::NotFound(format!(
                "There is no write of execution {execution}."
            )));
        };
        self.store()
            .read(|tx| crate::engine::effects::kinds::carry::may_reopen(tx, row.move_id))?;
        if let Some(refused) = self.write_back(&write)? {
            return Ok(refused);
        }
        self.write(Durability::Full, move |tx, _, now| {
            let (from, to) = (ExecutionStatus::Sent, ExecutionStatus::Cancelled);
            if !executions::settle(tx, row.id, from, to, ("", "undone by the operator"), now)? {
                return Ok(Done::Nothing {
                    summary: format!("Execution {execution} was taken back already."),
                });
            }
            crate::engine::effects::kinds::carry::take_back(tx, &row, now)?;
            undo::mark(tx, entry, now)?;
            note(tx, "hubspot.undone", write.id, now)?;
            Ok(Done::Changed {
                summary: format!(
                    "Undone in HubSpot: {}. Move {} is {} again.",
                    row.subject,
                    row.move_id,
                    MoveStatus::Open
                ),
                undo: None,
            })
        })
    }

    /// Writes the inverse of a write. Returns why it was not done, if so.
    fn write_back(&self, row: &WriteRow) -> Result<Option<Done>> {
        let blocked = |summary: String| {
            Ok(Some(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            }))
        };
        let summary = &row.summary;
        let inverse = match row.status {
            WriteStatus::Sent => read(row)?.inverse(&row.remote_id),
            WriteStatus::Sending | WriteStatus::Uncertain => {
                return blocked(format!(
                    "{summary}: it may be written just now; the next sync tells, and then it can be taken back. Nothing was changed."
                ));
            }
            // Nothing was written, so nothing needs writing back.
            WriteStatus::Cancelled if row.error == SAYS_SO => return Ok(None),
            WriteStatus::Cancelled if row.error == CLOSED => {
                return blocked(format!(
                    "{summary}: nobody knows whether it was written; look into HubSpot. Nothing was changed."
                ));
            }
            WriteStatus::Queued | WriteStatus::Failed | WriteStatus::Cancelled => {
                return Ok(Some(Done::Nothing {
                    summary: format!(
                        "{summary}: it was not written; there is nothing to take back."
                    ),
                }));
            }
        };
        let Some(inverse) = inverse else {
            return blocked(format!(
                "{summary}: this cannot be taken back. Nothing was changed."
            ));
        };
        // What takes back must not wait in a queue until nobody remembers it.
        if let Some(refused) = self.must_be_free()? {
            return Ok(Some(refused));
        }
        let key = self.undo_key(&row.key)?;
        let asked = self.ask_to_write(
            &inverse,
            format!("Undo: {summary}"),
            key.clone(),
            "operator",
            false,
        );
        let written = self.store().read(|tx| hubspot::find_write(tx, &key))?;
        match written.map(|w| (w.status, w.error)) {
            Some((WriteStatus::Sent, _)) => Ok(None),
            // "HubSpot says so already" is as good as written.
            Some((WriteStatus::Cancelled, why)) if why == SAYS_SO => Ok(None),
            _ => asked.map(Some).map_err(|error| match error {
                EngineError::Outside(why) => EngineError::Outside(format!(
                    "{why} Ask for the undo again after that; it then ends what is left."
                )),
                other => other,
            }),
        }
    }

    /// Returns the key under which a write is taken back: the one that waits, or the next that is free.
    fn undo_key(&self, of: &str) -> Result<String> {
        self.store().read(|tx| {
            for n in 0_u32.. {
                let key = format!("undo:{n}:{of}");
                match hubspot::find_write(tx, &key)?.map(|w| w.status) {
                    Some(WriteStatus::Failed | WriteStatus::Cancelled) => {}
                    _ => return Ok(key),
                }
            }
            Ok(format!("undo:{of}"))
        })
    }
}

fn note(tx: &WriteTx<'_>, event: &str, id: i64, now: Timestamp) -> Result<()> {
    let subject = format!("hubspot_write:{id}");
    audit::append(tx, now, "operator", event, &subject, &json!({}))?;
    Ok(tx.emit(now, "undo", subject)?)
}
