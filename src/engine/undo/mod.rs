//! Undo: what can be taken back, said beforehand, and taken back exactly.
//!
//! An entry holds the state to return to. Taking it back makes an entry of its own, so an undo can be undone. What left by mail
//! says honestly that it cannot be unsent.

pub(in crate::engine) mod change;
pub(in crate::engine) mod reopen;
pub(in crate::engine) mod step;

use jiff::Timestamp;
use serde_json::json;

use self::change::{Back, Change, Tells, change};
use self::reopen::{refuse_if_replaced, reopen};
use self::step::{Step, written};
use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::email::Named;
use crate::domain::guard::KillSwitch;
use crate::domain::id::{ExecutionId, MoveId, UndoId};
use crate::domain::moves::MoveStatus;
use crate::engine::commands::moves::SKIP_IMPACT;
use crate::engine::commands::outbox::may_try_again;
use crate::engine::commands::pause::finish_pause;
use crate::engine::effects::ask::undo_window;
use crate::engine::effects::opt_out;
use crate::engine::effects::take_back::{cancel, promise_of, set_move};
use crate::engine::error::{EngineError, May, Refused, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::road::intake::{self, may_assign, may_unassign};
use crate::engine::road::outcomes::RECORDED;
use crate::store::control::HoldKind;
use crate::store::executions::{End, ExecutionStatus};
use crate::store::suppressions::SuppressedBy;
use crate::store::undo::UndoRow;
use crate::store::{
    Durability, ReadTx, WriteTx, control, executions, moves, outcomes, suppressions, undo,
};

impl Engine {
    pub(in crate::engine) fn undo(&self, id: Option<UndoId>) -> Result<Done> {
        let entry = self
            .store()
            .read(|tx| Ok::<_, EngineError>(undo::find(tx, id)?))?;
        let Some(entry) = entry else {
            return match id {
                Some(id) => Err(EngineError::NotFound(format!(
                    "There is no undo entry {id}; `caseyos undo --list` shows all."
                ))),
                None => Ok(Done::Nothing {
                    summary: "There is nothing to undo.".into(),
                }),
            };
        };
        if entry.undone_at.is_some() {
            return Ok(Done::Nothing {
                summary: format!("Entry {} was undone already.", entry.id),
            });
        }
        let step: Step = serde_json::from_str(&entry.step).map_err(|e| {
            crate::store::StoreError::Invalid(format!("undo entry {}: {e}", entry.id))
        })?;
        if let Step::Execution { id } = step {
            return self.take_back(&entry, id);
        }
        self.write_drafts(Durability::Full, move |tx, core, now| {
            // Asked twice at once, it is undone once.
            if !undo::mark(tx, entry.id, now)? {
                return Ok(Done::Nothing {
                    summary: format!("Entry {} was undone already.", entry.id),
                });
            }
            refuse(tx, core, &step, now)??;
            let inverse = apply(tx, core, &step, now)?;
            let undone = Change {
                by: &By::Operator,
                event: "undo",
                about: vec![format!("undo:{}", entry.id)],
                detail: json!({"what": entry.summary}),
                tells: Tells::Same,
                back: Back::None,
            };
            change(tx, undone, now)?;
            // Taking back an undo does the thing again: its own entry is in force again, and no third one is made.
            if let Some(original) = entry.undoes {
                // An execution that is queued again may have become anything by the time that it is taken back once more.
                let inverse = match &step {
                    Step::Outbox { id, status } if *status == ExecutionStatus::Queued => {
                        Step::Execution { id: *id }
                    }
                    _ => inverse,
                };
                undo::renew(tx, original, &written(&inverse)?)?;
                let summary = entry.summary.replacen("Undone: ", "Done again: ", 1);
                return Ok(Done::Changed {
                    summary,
                    undo: Some(original),
                });
            }
            let summary = format!("Undone: {}", entry.summary);
            let promise = "What was undone is done again.";
            let again = undo::add(
                tx,
                now,
                &summary,
                promise,
                &written(&inverse)?,
                Some(entry.id),
            )?;
            Ok(Done::Changed {
                summary,
                undo: Some(again),
            })
        })
    }
}

/// Says what taking an entry back brings back now and what it cannot, and whether it can be asked for: a message that has left cannot be unsent,
/// and a move that has gone on does not come back.
pub(in crate::engine) fn promise_now(
    tx: &ReadTx<'_>,
    core: &Core,
    entry: &UndoRow,
    now: Timestamp,
) -> Result<(String, bool)> {
    let Ok(step) = serde_json::from_str::<Step>(&entry.step) else {
        return Ok((entry.promise.clone(), false));
    };
    if let Step::Execution { id } = step {
        return promise_of(tx, core, entry, id);
    }
    Ok(match refuse(tx, core, &step, now)? {
        Ok(()) => (entry.promise.clone(), true),
        Err(refused) => (refused.why(), false),
    })
}

/// Refuses a step that what happened since has overtaken.
fn refuse(tx: &ReadTx<'_>, core: &Core, step: &Step, now: Timestamp) -> Result<May> {
    let refused = |why: &str| Err(Refused::Overtaken(format!("{why} Nothing was changed.")));
    Ok(match step {
        Step::Moves { states, .. } => {
            for state in states {
                if moves::load(tx, state.id)?.is_none() {
                    continue;
                }
                for answer in [
                    refuse_if_on_its_way(tx, state.id)?,
                    refuse_if_replaced(tx, state)?,
                ] {
                    if answer.is_err() {
                        return Ok(answer);
                    }
                }
            }
            Ok(())
        }
        Step::Signal {
            id, matched: true, ..
        } => may_unassign(tx, *id)?.map(drop),
        Step::Signal { id, contact, .. } => may_assign(tx, *id, *contact)?.map(drop),
        Step::Outbox { id, status } => may_put_in_outbox(tx, core, *id, *status, now)?,
        Step::KillSwitch { stopped: false, .. } => match executions::count_queued(tx)? {
            0 => Ok(()),
            waiting => refused(&format!(
                "{waiting} approved and waiting; `caseyos resume` shows what would go before it goes."
            )),
        },
        Step::Pause {
            id,
            until: Some(until),
            ..
        } => match control::hold(tx, HoldKind::Pause)? {
            _ if *until <= now => refused("That pause is over by now."),
            Some(hold) if hold.id != *id => refused("Another pause is in force since."),
            _ => Ok(()),
        },
        Step::Draft { id, .. } | Step::Plan { id, .. } => refuse_if_on_its_way(tx, *id)?,
        Step::All { steps } => {
            for step in steps {
                let answer = refuse(tx, core, step, now)?;
                if answer.is_err() {
                    return Ok(answer);
                }
            }
            Ok(())
        }
        Step::OptOut(_)
        | Step::Outcome { .. }
        | Step::Suppression { .. }
        | Step::Execution { .. }
        | Step::KillSwitch { .. }
        | Step::Pause { .. }
        | Step::Deliverability { .. } => Ok(()),
    })
}

/// Refuses to put a message of the outbox back to where it cannot stand any more.
fn may_put_in_outbox(
    tx: &ReadTx<'_>,
    core: &Core,
    id: ExecutionId,
    to: ExecutionStatus,
    now: Timestamp,
) -> Result<May> {
    let Some(row) = executions::load(tx, id)? else {
        return Ok(Err(Refused::Missing(format!(
            "There is no execution {id}."
        ))));
    };
    let refused = |why: String| Err(Refused::Overtaken(format!("{why} Nothing was changed.")));
    Ok(match (row.status, to) {
        (ExecutionStatus::Cancelled, ExecutionStatus::Queued) => {
            match may_try_again(tx, core, &row, now)? {
                Ok(()) if row.approval_expires_at <= now => refused(format!(
                    "The consent to message {id} has ended; ask for it anew."
                )),
                answer => answer,
            }
        }
        (ExecutionStatus::Cancelled, ExecutionStatus::Failed)
        | (ExecutionStatus::Queued | ExecutionStatus::Failed, ExecutionStatus::Cancelled) => Ok(()),
        (from, _) => refused(format!("Message {id} is {from} since.")),
    })
}

/// Puts a message of the outbox back to where it stood, and returns where it was.
fn put_in_outbox(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    to: ExecutionStatus,
    now: Timestamp,
) -> Result<ExecutionStatus> {
    let row = executions::load(tx, id)?
        .ok_or_else(|| EngineError::NotFound(format!("There is no execution {id}.")))?;
    let from = row.status;
    match (from, to) {
        (ExecutionStatus::Cancelled, ExecutionStatus::Queued) => {
            executions::requeue(tx, id, from, "", Some(undo_window(core, row.mode, now)))?;
            set_move(tx, &row, MoveStatus::Approved, None, "", now)?;
            undo::revive_execution(tx, id)?;
        }
        (ExecutionStatus::Cancelled, ExecutionStatus::Failed) => {
            let end = End {
                to,
                ended: row.ended,
                location: "",
                because: "it could not be sent; dropped and put back by the operator",
            };
            executions::settle(tx, id, from, end, now)?;
        }
        (ExecutionStatus::Queued | ExecutionStatus::Failed, ExecutionStatus::Cancelled) => {
            let why = (Ended::Withdrawn, "withdrawn by the operator");
            cancel(tx, &row, why, MoveStatus::Open, now)?;
            if let Some(entry) = undo::of_execution(tx, id)? {
                undo::mark(tx, entry, now)?;
            }
        }
        // Refused before.
        _ => {}
    }
    Ok(from)
}

/// Refuses to turn back a move whose message is on its way or out: it would read as not sent, or be sent after it was skipped.
fn refuse_if_on_its_way(tx: &ReadTx<'_>, id: MoveId) -> Result<May> {
    let effect = executions::of_move(tx, id)?.into_iter().find(|e| {
        !matches!(
            e.status,
            ExecutionStatus::Cancelled | ExecutionStatus::Failed
        )
    });
    Ok(match effect {
        None => Ok(()),
        Some(e) => Err(Refused::Overtaken(format!(
            "Move {id} has been approved since (execution {}: {}). Nothing was changed; undo the approval first.",
            e.id, e.status
        ))),
    })
}

/// Applies a step and returns the one that takes it back.
fn apply(tx: &WriteTx<'_>, core: &Core, step: &Step, now: Timestamp) -> Result<Step> {
    Ok(match step {
        Step::Moves {
            states,
            counted,
            outcomes: recorded,
            again,
        } => {
            let mut before = Vec::with_capacity(states.len());
            for state in states {
                if let Some(mv) = moves::load(tx, state.id)? {
                    before.push(mv.state());
                    reopen(tx, state, now)?;
                }
            }
            let (n, impact) = if *again {
                (1, SKIP_IMPACT)
            } else {
                (-1, -SKIP_IMPACT)
            };
            for (scope, at) in counted {
                outcomes::tally(tx, scope, *at, n, impact)?;
                tx.emit(now, RECORDED, scope.clone())?;
            }
            for id in recorded {
                outcomes::set_undone(tx, *id, !again, now)?;
                tx.emit(now, RECORDED, format!("outcome:{id}"))?;
            }
            Step::Moves {
                states: before,
                counted: counted.clone(),
                outcomes: recorded.clone(),
                again: !again,
            }
        }
        Step::Draft { id, previous } => {
            let now_there = moves::draft(tx, *id)?;
            moves::set_draft(tx, *id, previous.as_ref(), now)?;
            tx.emit(now, "move.changed", format!("move:{id}"))?;
            Step::Draft {
                id: *id,
                previous: now_there,
            }
        }
        Step::Outcome { id, undone } => {
            outcomes::set_undone(tx, *id, *undone, now)?;
            tx.emit(now, RECORDED, format!("outcome:{id}"))?;
            Step::Outcome {
                id: *id,
                undone: !undone,
            }
        }
        Step::Signal {
            id,
            contact,
            matched: true,
            closed,
        } => {
            intake::unassign(tx, core, *id, closed, now)?;
            Step::Signal {
                id: *id,
                contact: *contact,
                matched: false,
                closed: Vec::new(),
            }
        }
        Step::Signal {
            id,
            contact,
            matched: false,
            ..
        } => Step::Signal {
            id: *id,
            contact: *contact,
            matched: true,
            closed: intake::assign(tx, core, *id, *contact, now)?.closed,
        },
        Step::Suppression {
            value,
            reason,
            present,
            cause,
        } => {
            let named = Named::parse(value).map_err(|e| EngineError::Input(e.to_string()))?;
            if *present {
                let why = (reason.as_str(), SuppressedBy::Operator);
                suppressions::add(tx, (&named, value), *cause, why, now)?;
            } else {
                suppressions::remove_cause(tx, &named, *cause)?;
            }
            tx.emit(now, "suppression.changed", value.clone())?;
            Step::Suppression {
                value: value.clone(),
                reason: reason.clone(),
                present: !present,
                cause: *cause,
            }
        }
        Step::OptOut(step) => Step::OptOut(opt_out::turn(tx, step, now)?),
        Step::All { steps } => {
            let mut inverse = Vec::with_capacity(steps.len());
            for step in steps.iter().rev() {
                inverse.push(apply(tx, core, step, now)?);
            }
            Step::All { steps: inverse }
        }
        Step::Plan { id, previous } => {
            let now_there = moves::plan(tx, *id)?;
            moves::set_plan(tx, *id, previous.as_ref(), now)?;
            tx.emit(now, "move.changed", format!("move:{id}"))?;
            Step::Plan {
                id: *id,
                previous: now_there,
            }
        }
        // It may ask somebody outside, and so is taken back before this is reached.
        Step::Execution { .. } => step.clone(),
        Step::Outbox { id, status } => Step::Outbox {
            id: *id,
            status: put_in_outbox(tx, core, *id, *status, now)?,
        },
        Step::KillSwitch { stopped, reason } => {
            let before = match control::kill_switch(tx) {
                KillSwitch::Stopped { reason, .. } => reason,
                KillSwitch::Running | KillSwitch::Unreadable => String::new(),
            };
            control::set_kill_switch(tx, *stopped, reason, now)?;
            executions::ask_anew(tx)?;
            tx.emit(now, "kill_switch.changed", "kill_switch")?;
            Step::KillSwitch {
                stopped: !stopped,
                reason: before,
            }
        }
        Step::Pause { id, until, reason } => {
            let standing = control::hold(tx, HoldKind::Pause)?;
            let is_standing = standing.as_ref().is_some_and(|hold| hold.id == *id);
            let before = standing.filter(|_| is_standing);
            match until {
                Some(until) => {
                    if !is_standing {
                        control::restore_hold(tx, *id)?;
                    }
                    control::set_hold_end(tx, *id, *until, reason)?;
                }
                None => {
                    if let Some(hold) = &before {
                        finish_pause(tx, core, hold, &By::Operator, Back::None, now)?;
                    }
                }
            }
            tx.emit(now, "pause.set", "pause")?;
            Step::Pause {
                id: *id,
                until: before.as_ref().and_then(|hold| hold.until),
                reason: before.map(|hold| hold.reason).unwrap_or_default(),
            }
        }
        Step::Deliverability { id, held } => {
            if *held {
                if let Some(other) = control::hold(tx, HoldKind::Deliverability)? {
                    control::end_hold(tx, other.id, "engine", now)?;
                }
                control::restore_hold(tx, *id)?;
            } else {
                control::end_hold(tx, *id, "operator", now)?;
            }
            executions::ask_anew(tx)?;
            tx.emit(now, "deliverability.changed", "deliverability")?;
            Step::Deliverability {
                id: *id,
                held: !held,
            }
        }
    })
}
