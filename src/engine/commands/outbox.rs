//! What the operator does with messages of the outbox: try them now, drop them, take them back to edit them.

use crate::engine::ground::lookup::find_message;
use jiff::Timestamp;
use serde_json::json;

use crate::domain::guard::EffectKind;
use crate::domain::id::{ExecutionId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::WaitsFor;
use crate::engine::commands::approve::expiry;
use crate::engine::effects::cancel;
use crate::engine::effects::deed::{self, Way, named};
use crate::engine::effects::kinds::carry::close_write;
use crate::engine::effects::kinds::mail::draft::Content;
use crate::engine::effects::kinds::mail::post::Delivered;
use crate::engine::effects::settle::settle;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::undo::{Step, remember};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::{DraftRow, MoveState};
use crate::store::{Durability, StoreError, WriteTx, audit, executions, moves, undo};

fn nothing(summary: String) -> Result<Option<Done>> {
    Ok(Some(Done::Nothing { summary }))
}

impl Engine {
    /// Tries a message now. It stays the same message under the same Message-ID and key, so nothing can leave twice.
    pub(in crate::engine) fn retry(&self, id: ExecutionId, force: bool) -> Result<Done> {
        self.reconcile()?;
        let answered = self.write(Durability::Full, move |tx, core, now| {
            let row = find_message(tx, id)?;
            match row.status {
                ExecutionStatus::Queued => {}
                ExecutionStatus::Failed => may_try_again(tx, core, &row, now)?,
                ExecutionStatus::Uncertain if force => {}
                ExecutionStatus::Uncertain => {
                    return Err(EngineError::Input(format!(
                        "Nobody knows whether message {id} left: {} Look into what you sent. If it is not there, `caseyos outbox retry {id} --force` sends it again; nothing was done.",
                        row.error
                    )));
                }
                ExecutionStatus::Sending => {
                    return nothing(format!("Message {id} is leaving right now."));
                }
                ExecutionStatus::Sent | ExecutionStatus::Drafted | ExecutionStatus::Cancelled => {
                    return nothing(format!("Message {id} is {}; there is nothing to try.", row.status));
                }
            }
            executions::requeue(tx, id, row.status, "", Some((now, WaitsFor::Turn)))?;
            // The operator asks for exactly this content again, so the consent is as new as the wish.
            if row.status != ExecutionStatus::Queued {
                executions::renew(tx, id, expiry(core, now))?;
                set_move(tx, &row, MoveStatus::Approved, now)?;
            }
            let detail = json!({"was": row.status, "force": force});
            audit::append(tx, now, "operator", "execution.retried", &format!("execution:{id}"), &detail)?;
            tx.emit(now, "execution.requeued", format!("execution:{id}"))?;
            Ok(None)
        })?;
        if let Some(done) = answered {
            return Ok(done);
        }
        self.finish_in_turn(id)
    }

    /// Drops a message that waits or was given up, or closes one that may have left.
    pub(in crate::engine) fn withdraw(&self, id: ExecutionId) -> Result<Done> {
        let row = self.store().read(|tx| find_message(tx, id))?;
        if row.status == ExecutionStatus::Queued && row.is_of_draft() {
            return self.leave_draft(&row);
        }
        self.write(Durability::Full, move |tx, core, now| {
            let row = find_message(tx, id)?;
            let (summary, promise) = match row.status {
                ExecutionStatus::Queued => (
                    format!(
                        "Withdrawn: {} was not sent. Move {} is open again.",
                        named(&row),
                        row.move_id
                    ),
                    "It is queued again with the same consent, as long as that holds.",
                ),
                ExecutionStatus::Failed => (
                    format!(
                        "Dropped: {} was never sent. Move {} stays open.",
                        named(&row),
                        row.move_id
                    ),
                    "It is listed again among those that could not be sent.",
                ),
                ExecutionStatus::Uncertain => (
                    format!(
                        "Closed: {} counts as sent, since it may have left. Move {} is done.",
                        named(&row),
                        row.move_id
                    ),
                    "",
                ),
                _ => {
                    return Ok(Done::Nothing {
                        summary: format!(
                            "Execution {id} is {}; it cannot be withdrawn.",
                            row.status
                        ),
                    });
                }
            };
            let undo = if row.status == ExecutionStatus::Uncertain {
                let delivered = Delivered {
                    location: "unknown: closed by the operator".into(),
                    is_draft: row.mode != crate::domain::guard::Mode::Live,
                };
                settle(tx, core, id, row.status, &delivered, now)?;
                close_write(tx, id, now)?;
                None
            } else {
                cancel(tx, &row, "withdrawn by the operator", MoveStatus::Open, now)?;
                let entry = undo::of_execution(tx, id)?;
                if let Some(entry) = entry {
                    undo::mark(tx, entry, now)?;
                }
                let step = Step::Outbox {
                    id,
                    status: row.status,
                };
                Some(remember(
                    tx,
                    &format!("Withdraw {}", named(&row)),
                    promise,
                    &step,
                    now,
                )?)
            };
            let detail = json!({"move": row.move_id, "was": row.status});
            audit::append(
                tx,
                now,
                "operator",
                "execution.withdrawn",
                &format!("execution:{id}"),
                &detail,
            )?;
            Ok(Done::Changed { summary, undo })
        })
    }

    /// Takes a message back to an open move whose draft says what the message said.
    pub(in crate::engine) fn recall(&self, id: ExecutionId) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            let row = find_message(tx, id)?;
            if !matches!(row.status, ExecutionStatus::Queued | ExecutionStatus::Failed) {
                return Err(EngineError::Input(format!(
                    "Message {id} is {}; only one that waits or was given up can be edited. Nothing was changed.",
                    row.status
                )));
            }
            if row.is_of_draft() {
                return Err(EngineError::Input(format!(
                    "Message {id} is a draft in \"{}\". Nothing was changed; `caseyos outbox drop {id}` leaves it there, and then `caseyos edit {}` changes it in place.",
                    row.transport, row.move_id
                )));
            }
            let content: Option<Content> = (row.kind == EffectKind::Mail)
                .then(|| serde_json::from_str(&row.content))
                .transpose()
                .map_err(|e| StoreError::Invalid(format!("the content of execution {id}: {e}")))?;
            if row.status == ExecutionStatus::Failed {
                refuse_if_move_went_on(tx, &row)?;
            }
            cancel(tx, &row, "taken back to be edited", MoveStatus::Open, now)?;
            if let Some(entry) = undo::of_execution(tx, id)? {
                undo::mark(tx, entry, now)?;
            }
            let previous = moves::draft(tx, row.move_id)?;
            // What is no mail is made anew of what is settled, which nothing has changed.
            if let Some(content) = content {
                let kept = DraftRow { subject: content.subject, body: content.body };
                moves::set_draft(tx, row.move_id, Some(&kept), now)?;
            }
            let summary = format!("Took {} back to move {}", named(&row), row.move_id);
            let promise = "The draft goes back to what it was. The approval does not come back: approve the move again.";
            let step = Step::Draft { id: row.move_id, previous };
            let undo = remember(tx, &summary, promise, &step, now)?;
            let detail = json!({"move": row.move_id, "was": row.status});
            audit::append(tx, now, "operator", "execution.recalled", &format!("execution:{id}"), &detail)?;
            tx.emit(now, "move.changed", format!("move:{}", row.move_id))?;
            Ok(Done::Changed {
                summary: format!("{summary}, which is open again; `caseyos edit {}` changes it.", row.move_id),
                undo: Some(undo),
            })
        })
    }
}

/// Refuses to try a message again whose move went on since.
pub(in crate::engine) fn may_try_again(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<()> {
    let refused = |why: String| Err(EngineError::Input(format!("{why} Nothing was done.")));
    let mv = refuse_if_move_went_on(tx, row)?;
    if row.kind != EffectKind::Mail {
        let mv =
            moves::load(tx, mv)?.ok_or_else(|| crate::engine::ground::lookup::no_such_move(mv))?;
        let is_same = match deed::make(tx, core, &mv, now) {
            Ok(Way::Deed(deed)) => deed.hash()? == row.content_hash,
            Ok(Way::ByHand(_)) | Err(EngineError::Input(_)) => false,
            Err(other) => return Err(other),
        };
        if is_same {
            return Ok(());
        }
        return refused(format!(
            "What move {} would do has changed since; `caseyos approve {}` does that.",
            mv.id, mv.id
        ));
    }
    let content: Content = serde_json::from_str(&row.content)
        .map_err(|e| StoreError::Invalid(format!("the content of execution {}: {e}", row.id)))?;
    let edited = moves::draft(tx, mv)?;
    if edited.is_some_and(|own| (own.subject, own.body) != (content.subject, content.body)) {
        return refused(format!(
            "The draft of move {mv} was edited since; `caseyos approve {mv}` sends that."
        ));
    }
    Ok(())
}

/// Refuses to touch a message that was given up if its move has gone on without it: closed, or with another message. Returns the move.
fn refuse_if_move_went_on(tx: &WriteTx<'_>, row: &ExecutionRow) -> Result<MoveId> {
    let refused = |why: String| Err(EngineError::Input(format!("{why} Nothing was done.")));
    let Some(mv) = moves::load(tx, row.move_id)? else {
        return refused(format!("Move {} is gone.", row.move_id));
    };
    if !matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed) {
        return refused(format!("Move {} is {} since.", mv.id, mv.status));
    }
    let later = executions::of_move(tx, mv.id)?.into_iter().find(|e| {
        e.id != row.id
            && !matches!(
                e.status,
                ExecutionStatus::Cancelled | ExecutionStatus::Failed
            )
    });
    if let Some(later) = later {
        return refused(format!(
            "Move {} has another message since ({}).",
            mv.id, later.id
        ));
    }
    Ok(mv.id)
}

pub(in crate::engine) fn set_move(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    status: MoveStatus,
    now: Timestamp,
) -> Result<()> {
    let state = MoveState {
        id: row.move_id,
        status,
        snoozed_until: None,
        closed_at: None,
        close_reason: String::new(),
    };
    moves::set_state(tx, &state, now)?;
    tx.emit(now, "move.changed", format!("move:{}", row.move_id))?;
    Ok(())
}
