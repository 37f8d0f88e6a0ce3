//! The answers of the machine, in words for the operator.

use jiff::Timestamp;

use super::kinds;
use super::outcome::{Outcome, named};
use crate::domain::guard::{InDraft, Verdict, binding};
use crate::domain::id::{ExecutionId, UndoId};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::{capital, sentence};
use crate::engine::handle::Engine;
use crate::store::executions::{self, ExecutionRow, ExecutionStatus};

impl Engine {
    /// Says how an execution went.
    pub(in crate::engine) fn answer(
        &self,
        id: ExecutionId,
        undo: Option<UndoId>,
        outcome: Outcome,
    ) -> Result<Done> {
        let load = || {
            self.store()
                .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))
        };
        Ok(match outcome {
            Outcome::Settled(row) => sent(self.core(), &row, undo),
            Outcome::Held(verdicts) => {
                let expires = load()?.map(|row| row.approval_expires_at);
                held(self, id, undo, verdicts, expires)
            }
            Outcome::Cancelled(verdicts) => {
                let ending = match load()? {
                    Some(row) if row.status == ExecutionStatus::Drafted => {
                        "Nothing was sent, and the draft lies where it was."
                    }
                    Some(row) if row.move_id.is_none() => "Nothing was sent.",
                    _ => "Nothing was sent, and the move is open again.",
                };
                Done::Blocked {
                    summary: refusal_sentence(self, &verdicts, ending),
                    verdicts,
                }
            }
            Outcome::Failed(reason) | Outcome::Uncertain(reason) => {
                return Err(EngineError::Outside(reason));
            }
            Outcome::NotYet => Done::Held {
                summary: "Another message is on its way through this mailbox. This one stays approved and follows with the next sync.".into(),
                execution: id,
                clears_at: None,
                verdicts: Vec::new(),
                undo,
            },
            Outcome::Gone => match load()? {
                Some(row)
                    if matches!(
                        row.status,
                        ExecutionStatus::Sent | ExecutionStatus::Drafted
                    ) =>
                {
                    sent(self.core(), &row, undo)
                }
                _ => Done::Nothing {
                    summary: format!("Execution {id} is in another process's hands."),
                },
            },
        })
    }
}

/// Says that an execution was carried out.
pub(in crate::engine) fn sent(core: &Core, row: &ExecutionRow, undo: Option<UndoId>) -> Done {
    let effect = kinds::of(row.kind);
    // Nothing is promised of a mail that has left: it cannot be unsent.
    let can_be_undone = row.status == ExecutionStatus::Drafted
        || matches!(effect.asks().in_draft, InDraft::Refuses(_));
    Done::Sent {
        summary: effect.said(core, row),
        execution: row.id,
        status: row.status.as_str().into(),
        location: row.location.clone(),
        message_id: row.message_id.clone(),
        undo: undo.filter(|_| can_be_undone),
    }
}

/// Says when an execution leaves, and until when it can be taken back.
pub(in crate::engine) fn queued(
    core: &Core,
    row: &ExecutionRow,
    leaves_at: Timestamp,
    undo: Option<UndoId>,
) -> Done {
    let zone = core.config.operator.zone();
    let (there, here) = (
        leaves_at.to_zoned(zone.clone()),
        core.env.now().to_zoned(zone),
    );
    let pattern = if there.date() == here.date() {
        "%H:%M:%S"
    } else {
        "%a %-d %b %H:%M:%S"
    };
    Done::Queued {
        summary: format!(
            "{} is queued, leaves at {}; `caseyos undo` takes it back until then.",
            capital(&named(row)),
            there.strftime(pattern)
        ),
        execution: row.id,
        leaves_at,
        undo,
    }
}

fn refusal_sentence(engine: &Engine, verdicts: &[Verdict], ending: &str) -> String {
    match binding(verdicts) {
        Some(v) => {
            let until = v.clears_at.map(|at| {
                let zone = engine.zone();
                format!(
                    " It clears at {}.",
                    at.to_zoned(zone).strftime("%a %-d %b %H:%M:%S %Z")
                )
            });
            format!(
                "Held by {}: {}{} {ending}",
                v.guard,
                sentence(&v.detail),
                until.unwrap_or_default()
            )
        }
        None => ending.to_owned(),
    }
}

/// Says what holds an execution.
pub(in crate::engine) fn held(
    engine: &Engine,
    id: ExecutionId,
    undo: Option<UndoId>,
    verdicts: Vec<Verdict>,
    expires: Option<Timestamp>,
) -> Done {
    let clears = binding(&verdicts).and_then(|v| v.clears_at);
    // A promise that the approval's own end would break must not be made.
    let ending = match (clears, expires) {
        (Some(clears), Some(expires)) if clears >= expires => {
            "The approval expires before that: the move will be open again, to be approved anew."
        }
        _ => "The approval is kept; a sync after that sends it.",
    };
    let summary = refusal_sentence(engine, &verdicts, ending);
    Done::Held {
        summary,
        execution: id,
        clears_at: clears,
        verdicts,
        undo,
    }
}
