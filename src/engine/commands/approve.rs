//! Approval: consent to the effect of a move, which passes the one door.

use crate::domain::action::Means;
use crate::domain::by::By;
use crate::domain::guard::{Mode, Verdict};
use crate::domain::id::MoveId;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::WaitsFor;
use crate::engine::effects::answer::{queued, sent};
use crate::engine::effects::ask::{Ask, Asked, ask_in, earlier_of, preview, verdicts};
use crate::engine::effects::forecast::{Outlook, foretell};
use crate::engine::effects::kind::{Made, Way};
use crate::engine::effects::make;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::lookup::find_move;
use crate::engine::handle::Engine;
use crate::env::crash_point;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::{MoveRow, MoveState};
use crate::store::{Durability, ReadTx, WriteTx, executions, moves, undo};
use jiff::Timestamp;

impl Engine {
    pub(in crate::engine) fn approve(
        &self,
        id: MoveId,
        content_hash: Option<[u8; 32]>,
        by: By,
    ) -> Result<Done> {
        // A claim that an earlier process left behind may be of this very move.
        self.reconcile()?;
        let now = self.now();
        let is_by_hand = self.store().read(|tx| {
            let mv = find_move(tx, id)?;
            // An approved move has its answer, whatever approval would come to today.
            let is_new = executions::of_move(tx, id)?.is_empty();
            let means = make::means_of(tx, self.core(), &mv, now)?;
            Ok::<_, EngineError>(is_new && means == Means::ByHand)
        })?;
        // Consent to something else that was looked at is consent to that alone.
        if is_by_hand && content_hash.is_none() {
            return self.tick_off(id, String::new());
        }
        if by.is_person()
            && let Some(row) = self.drafted_of(id)?
        {
            if self.core().mode() == Mode::Live {
                return self.send_lying_draft(&row, content_hash, by);
            }
            if let Some(done) = self.no_more_a_draft(&row)? {
                return Ok(done);
            }
        }
        crash_point("before-approval");
        let asked = self.write_drafts(Durability::Full, move |tx, core, now| {
            approve_in(tx, core, id, content_hash, by.clone(), now)
        })?;
        crash_point("after-approval");
        self.carry_out(asked)
    }

    /// Returns what approval would let out, without doing it: the same code with nothing written.
    pub(in crate::engine) fn preview_move(&self, id: MoveId) -> Result<Done> {
        let now = self.now();
        if self.core().mode() == Mode::Live
            && let Some(row) = self.drafted_of(id)?
        {
            return self.preview_lying_draft(&row);
        }
        self.store().read(|tx| {
            let mv = find_move(tx, id)?;
            match make::make(tx, self.core(), &mv, now)? {
                Way::Effect(made) => {
                    preview(tx, self.core(), &make::ask_of(made, &mv, By::Operator), now)
                }
                Way::ByHand(why) => Ok(Done::Nothing {
                    summary: format!("Move {id} is done by hand ({why}): approving it ticks it off. Nothing would be sent."),
                }),
                Way::Lacks(lack) => Err(EngineError::Input(lack)),
            }
        })
    }
}

/// Returns the guards' answers as they would be if the operator consented now.
pub(in crate::engine) fn would_be(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    made: &Made,
    outlook: &mut Outlook<'_, '_>,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let ask = make::ask_of(made.clone(), mv, By::Operator);
    let mut asked = verdicts(tx, core, &ask, earlier_of(tx, mv.id)?, now)?;
    foretell(tx, mv.contact_id, made, outlook, &mut asked)?;
    Ok(asked)
}

/// Answers an approval of a move whose effect is out or on its way: the same answer again, and no second effect.
fn answered_before(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<Done> {
    Ok(match row.status {
        ExecutionStatus::Sent | ExecutionStatus::Drafted => sent(core, row, None),
        _ if row.waits_for == WaitsFor::UndoWindow
            && row.not_before > now
            && row.error.is_empty() =>
        {
            let undo = undo::of_execution(tx, row.id)?;
            queued(core, row, row.not_before, undo)
        }
        _ => Done::Held {
            summary: format!(
                "{} is approved already and waits ({}).",
                row.move_id
                    .map_or_else(|| row.subject.clone(), |id| format!("Move {id}")),
                if row.error.is_empty() {
                    "for the next sync"
                } else {
                    &row.error
                }
            ),
            execution: row.id,
            clears_at: None,
            verdicts: executions::verdicts(tx, row.id)?,
            undo: None,
        },
    })
}

fn approve_in(
    tx: &WriteTx<'_>,
    core: &Core,
    id: MoveId,
    seen: Option<[u8; 32]>,
    by: By,
    now: Timestamp,
) -> Result<Asked> {
    let mv = find_move(tx, id)?;
    let answered = |done| Ok(Asked::Answered(Box::new(done)));
    let attempts = executions::of_move(tx, id)?;
    if let Some(row) = attempts.iter().find(|e| {
        !matches!(
            e.status,
            ExecutionStatus::Cancelled | ExecutionStatus::Failed
        )
    }) {
        return answered(answered_before(tx, core, row, now)?);
    }
    // The operator may approve what was put off; a rule decided before that must not.
    let may = mv.status == MoveStatus::Open || (mv.status == MoveStatus::Snoozed && by.is_person());
    if !may {
        return answered(Done::Nothing {
            summary: format!("Move {id} is {} already ({}).", mv.status, mv.close_reason),
        });
    }
    let made = match make::make(tx, core, &mv, now)? {
        Way::Effect(made) => made,
        Way::ByHand(why) => {
            return Err(EngineError::Input(format!(
                "Move {id} is done by hand now ({why}); `caseyos done {id}` ticks it off. Nothing was approved."
            )));
        }
        Way::Lacks(lack) => return Err(EngineError::Input(lack)),
    };
    let ask = Ask {
        key: Some(format!("move:{id}:{}", attempts.len())),
        seen,
        ..make::ask_of(made, &mv, by)
    };
    let asked = ask_in(tx, core, ask, now)?;
    if let Asked::Go(..) | Asked::Waits(..) = asked {
        let approved = MoveState {
            status: MoveStatus::Approved,
            snoozed_until: None,
            ..mv.state()
        };
        moves::set_state(tx, &approved, now)?;
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::domain::template::Context;
    use crate::engine::jobs::tests::{HandClock, paths};
    use crate::env::Env;

    #[test]
    fn a_draft_is_never_rendered_while_the_database_is_locked() {
        let home = tempfile::TempDir::new().unwrap();
        let env = Env::new(Arc::new(HandClock::new()), 1);
        let engine = Engine::create(env, paths(home.path())).unwrap();
        let draft = |tx: &ReadTx<'_>, core: &Core, name: &str| {
            let context = Context {
                first_name: Some(name.into()),
                ..Context::default()
            };
            core.draft(tx, "check_in", context)
        };
        let locked = engine.write(Durability::Normal, move |tx, core, _| {
            draft(tx, core, "Ann").map(drop)
        });
        assert!(matches!(locked, Err(EngineError::Unrendered { .. })));
        // Rendered between two tries, it is there for the second.
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let drawn = engine.write_drafts(Durability::Normal, move |tx, core, _| {
            counted.fetch_add(1, Ordering::Relaxed);
            draft(tx, core, "Ann")
        });
        assert!(drawn.is_ok());
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        // One whose values never hold still is given up.
        let counted = Arc::clone(&runs);
        let restless = engine.write_drafts(Durability::Normal, move |tx, core, _| {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            draft(tx, core, &format!("Ann{}", "x".repeat(run as usize))).map(drop)
        });
        assert!(matches!(restless, Err(EngineError::Outside(_))));
        // Read without a lock, it is made at once.
        let read = engine.store().read(|tx| draft(tx, engine.core(), "Bob"));
        assert!(read.is_ok());
    }
}
