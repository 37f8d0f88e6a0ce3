//! The answers of the machine, in words for the operator.

use jiff::Timestamp;

use super::forecast::Outlook;
use super::kinds;
use super::outcome::{Outcome, named};
use crate::domain::forecast::{Fate, Foreseen};
use crate::domain::guard::{InDraft, Verdict, binding};
use crate::domain::id::{ExecutionId, UndoId};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::{capital, clock, sentence};
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
            Outcome::Held(verdicts) => self.held(id, undo, verdicts)?,
            Outcome::Cancelled(verdicts) | Outcome::Changed(verdicts) => {
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

    /// Says until when an execution can be taken back, or what will hold it beyond that.
    pub(super) fn waits(
        &self,
        row: &ExecutionRow,
        undo: Option<UndoId>,
        verdicts: Vec<Verdict>,
    ) -> Result<Done> {
        if binding(&verdicts).is_some() {
            return self.held(row.id, undo, verdicts);
        }
        let now = self.now();
        let foreseen = self
            .store()
            .read(|tx| Outlook::new(tx, self.core(), now).of(row.id))?;
        if let Some(leaves_at) = foreseen.as_ref().and_then(Foreseen::leaves_at) {
            return Ok(queued(self.core(), row, leaves_at, undo));
        }
        let rest = match foreseen.map(|f| f.fate) {
            Some(Fate::Expires(ends)) => format!(
                "leaves after those before it, and there is no room before its approval ends at {}. Then the move will be open again, to be approved anew.",
                clock(ends, now, &self.zone())
            ),
            _ => "leaves after those before it; `caseyos outbox` shows when.".to_owned(),
        };
        Ok(Done::Held {
            summary: format!("{} is queued and {rest}", capital(&named(row))),
            execution: row.id,
            clears_at: None,
            verdicts: Vec::new(),
            undo,
        })
    }

    /// Says what holds an execution, when that clears, and when it leaves then.
    fn held(
        &self,
        id: ExecutionId,
        undo: Option<UndoId>,
        mut verdicts: Vec<Verdict>,
    ) -> Result<Done> {
        let now = self.now();
        let foreseen = self.store().read(|tx| {
            let mut outlook = Outlook::new(tx, self.core(), now);
            outlook.say_of(id, &mut verdicts)?;
            outlook.of(id)
        })?;
        let at = |at: Timestamp| clock(at, now, &self.zone());
        let clears = binding(&verdicts).and_then(|v| v.clears_at);
        let ending = match foreseen.map(|f| f.fate) {
            // A promise that the approval's own end would break must not be made.
            Some(Fate::Expires(ends)) => format!(
                "The approval {}: the move will be open again, to be approved anew.",
                match clears {
                    Some(clears) if clears >= ends => "expires before that".to_owned(),
                    _ => format!("expires at {}, before it could leave", at(ends)),
                }
            ),
            Some(Fate::Leaves(leaves)) if clears.is_some_and(|clears| leaves > clears) => format!(
                "The approval is kept, and it leaves at {}, after those before it.",
                at(leaves)
            ),
            _ => "The approval is kept; a sync after that sends it.".to_owned(),
        };
        Ok(Done::Held {
            summary: refusal_sentence(self, &verdicts, &ending),
            execution: id,
            clears_at: clears,
            verdicts,
            undo,
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
    let at = clock(leaves_at, core.env.now(), &core.config.operator.zone());
    Done::Queued {
        summary: format!(
            "{} is queued, leaves at {at}; `caseyos undo` takes it back until then.",
            capital(&named(row))
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
                let label = at.to_zoned(zone.clone()).strftime("%Z").to_string();
                format!(" It clears at {} {label}.", clock(at, engine.now(), &zone))
            });
            format!(
                "Held by {}: {}{} {ending}",
                v.guard.words(),
                sentence(&v.detail),
                until.unwrap_or_default()
            )
        }
        None => ending.to_owned(),
    }
}
