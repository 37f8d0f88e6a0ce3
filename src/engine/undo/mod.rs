//! Undo: what can be taken back, said beforehand, and taken back exactly.
//!
//! An entry holds the state to return to. Taking it back makes an entry of its own, so an undo can be undone. What left by mail
//! says honestly that it cannot be unsent.

use crate::engine::ground::say::sentence;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::guard::{EffectKind, KillSwitch};
use crate::domain::id::{ContactId, ExecutionId, MoveId, OutcomeId, SignalId, UndoId};
use crate::domain::moves::{MovePlan, MoveStatus};
use crate::engine::commands::approve::undo_window;
use crate::engine::commands::outbox::{may_try_again, set_move};
use crate::engine::commands::pause::finish_pause;
use crate::engine::effects::deed::named;
use crate::engine::effects::kinds::mail::drafts::Found;
use crate::engine::effects::kinds::mail::post::{Post, remove_local_draft};
use crate::engine::effects::kinds::record::undo::promise_of;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::capital;
use crate::engine::handle::Engine;
use crate::engine::road::intake;
use crate::engine::road::outcomes::RECORDED;
use crate::store::control::HoldKind;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::{DraftRow, MoveState};
use crate::store::undo::UndoRow;
use crate::store::{
    Durability, ReadTx, WriteTx, audit, calendar as events, control, executions, moves, outcomes,
    suppressions, undo,
};

/// How to take something back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(in crate::engine) enum Step {
    /// Put moves back to where they stood, with what the change counted taken out of the score.
    Moves {
        states: Vec<MoveState>,
        /// Scopes in which a skip was counted, with its instant.
        counted: Vec<(String, Timestamp)>,
        /// Outcomes that the change recorded.
        outcomes: Vec<OutcomeId>,
        /// Whether to count these again instead of no more.
        #[serde(default)]
        again: bool,
    },
    /// Put a draft back.
    Draft {
        id: MoveId,
        previous: Option<DraftRow>,
    },
    /// Take an execution back, as far as its state allows.
    Execution { id: ExecutionId },
    /// Make an outcome count no more, or again.
    Outcome { id: OutcomeId, undone: bool },
    /// Take a signal away from whom it was given to, or give it again.
    Signal {
        id: SignalId,
        contact: ContactId,
        /// Whether it is matched now, so that this takes it away.
        matched: bool,
        /// Moves that the match closed, as they stood before.
        closed: Vec<MoveState>,
    },
    /// Lift a suppression, or put one back.
    Suppression {
        value: String,
        reason: String,
        present: bool,
    },
    /// Put a message of the outbox back to where it stood: queued, given up, or cancelled.
    Outbox {
        id: ExecutionId,
        status: ExecutionStatus,
    },
    /// Stop everything, or let it run again.
    KillSwitch { stopped: bool, reason: String },
    /// Let a pause end then; without an instant, now.
    Pause {
        id: i64,
        until: Option<Timestamp>,
        reason: String,
    },
    /// Hold mail back for bounces again, or lift that again.
    Deliverability { id: i64, held: bool },
    /// Take a meeting out of the calendar again.
    Meeting { id: i64 },
    /// Put a meeting back to when it was.
    MeetingTime {
        id: i64,
        starts_at: Timestamp,
        ends_at: Timestamp,
    },
    /// Take a write to HubSpot back.
    HubspotWrite { id: i64 },
    /// Put what was settled of a move back.
    Plan {
        id: MoveId,
        previous: Option<MovePlan>,
    },
}

/// Adds an entry to the undo list.
pub(in crate::engine) fn remember(
    tx: &WriteTx<'_>,
    summary: &str,
    promise: &str,
    step: &Step,
    now: Timestamp,
) -> Result<UndoId> {
    Ok(undo::add(tx, now, summary, promise, &written(step)?, None)?)
}

fn written(step: &Step) -> Result<String> {
    Ok(
        serde_json::to_string(step)
            .map_err(|e| crate::store::StoreError::Invalid(e.to_string()))?,
    )
}

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
            return self.undo_execution(&entry, id);
        }
        if let Step::Meeting { id } = step {
            return self.take_meeting_back(&id.to_string(), Some(entry.id));
        }
        if let Step::MeetingTime {
            id,
            starts_at,
            ends_at,
        } = step
        {
            return self.put_meeting_back(id, (starts_at, ends_at), entry.id);
        }
        if let Step::HubspotWrite { id } = step {
            return self.undo_hubspot_write(id, entry.id);
        }
        self.write(Durability::Full, move |tx, core, now| {
            // Asked twice at once, it is undone once.
            if !undo::mark(tx, entry.id, now)? {
                return Ok(Done::Nothing {
                    summary: format!("Entry {} was undone already.", entry.id),
                });
            }
            let inverse = apply(tx, core, &step, now)?;
            audit::append(
                tx,
                now,
                "operator",
                "undo",
                &format!("undo:{}", entry.id),
                &json!({"what": entry.summary}),
            )?;
            tx.emit(now, "undo", format!("undo:{}", entry.id))?;
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

    /// Takes back an execution: a queued one is withdrawn, a draft's file is removed, a sent mail cannot be unsent.
    fn undo_execution(&self, entry: &UndoRow, id: ExecutionId) -> Result<Done> {
        let row = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))?
            .ok_or_else(|| EngineError::NotFound(format!("There is no execution {id}.")))?;
        let (entry_id, what) = (entry.id, entry.summary.clone());
        match row.status {
            ExecutionStatus::Queued if row.is_of_draft() => self.leave_draft(&row),
            ExecutionStatus::Queued => self.write(Durability::Full, move |tx, _, now| {
                if !crate::engine::effects::cancel(
                    tx,
                    &row,
                    "withdrawn by the operator",
                    MoveStatus::Open,
                    now,
                )? {
                    return Ok(Done::Nothing {
                        summary: format!("Execution {id} has just left; it cannot be taken back."),
                    });
                }
                undo::mark(tx, entry_id, now)?;
                let again = redo_execution(tx, entry_id, &what, id, now)?;
                audit::append(
                    tx,
                    now,
                    "operator",
                    "execution.withdrawn",
                    &format!("execution:{id}"),
                    &json!({"move": row.move_id}),
                )?;
                Ok(Done::Changed {
                    summary: format!(
                        "Withdrawn: {} was not sent. Move {} is open again.",
                        named(&row),
                        row.move_id
                    ),
                    undo: Some(again),
                })
            }),
            ExecutionStatus::Drafted => {
                let found = self.look_after_draft(&row);
                if found.map_err(|e| not_removed(&row, &e))? == Found::Left {
                    return Ok(cannot_be_unsent(&row));
                }
                // What is far away is asked before the transaction, which must wait for nobody; asked again it is gone, which is as good.
                let post = Post::of(self.outside(), &row.transport)?;
                let back = MoveState {
                    id: row.move_id,
                    status: MoveStatus::Open,
                    snoozed_until: None,
                    closed_at: None,
                    close_reason: String::new(),
                };
                // Before anything is removed: afterwards it would be too late to refuse.
                self.store().read(|tx| refuse_if_replaced(tx, &back))?;
                let far = match !post.is_local() {
                    true => Some(post.remove_draft(&row).map_err(|e| not_removed(&row, &e))?),
                    false => None,
                };
                self.write(Durability::Full, move |tx, core, now| {
                    let to = ExecutionStatus::Cancelled;
                    let because = ("", "draft removed by undo");
                    if !executions::settle(tx, id, ExecutionStatus::Drafted, to, because, now)? {
                        return Ok(Done::Nothing {
                            summary: format!("Execution {id} was taken back already."),
                        });
                    }
                    let state = MoveState {
                        id: row.move_id,
                        status: MoveStatus::Open,
                        snoozed_until: None,
                        closed_at: None,
                        close_reason: String::new(),
                    };
                    reopen(tx, &state, now)?;
                    undo::mark(tx, entry_id, now)?;
                    let again = redo_execution(tx, entry_id, &what, id, now)?;
                    audit::append(
                        tx,
                        now,
                        "operator",
                        "execution.undrafted",
                        &format!("execution:{id}"),
                        &json!({"move": row.move_id}),
                    )?;
                    tx.emit(now, "execution.cancelled", format!("execution:{id}"))?;
                    // The file goes once nothing else can refuse, and before the commit: killed in between, it can be undone again.
                    let was_there = match far {
                        Some(was_there) => was_there,
                        None => remove_local_draft(core, &row)?,
                    };
                    let file = if was_there {
                        "The draft was removed"
                    } else {
                        "The draft was gone already"
                    };
                    Ok(Done::Changed {
                        summary: format!("{file}, and move {} is open again.", row.move_id),
                        undo: Some(again),
                    })
                })
            }
            ExecutionStatus::Sent if row.kind == EffectKind::Record => {
                self.undo_record(id, entry_id)
            }
            ExecutionStatus::Sent if row.kind == EffectKind::Meeting => {
                let booking = self
                    .store()
                    .read(|tx| events::of_execution(tx, id))?
                    .ok_or_else(|| {
                        EngineError::NotFound(format!("There is no booking of execution {id}."))
                    })?;
                self.take_meeting_back(&booking.id.to_string(), Some(entry_id))
            }
            ExecutionStatus::Sent => Ok(cannot_be_unsent(&row)),
            ExecutionStatus::Sending | ExecutionStatus::Uncertain => Ok(Done::Blocked {
                summary: format!(
                    "Execution {id} is leaving right now; the next sync tells what became of it."
                ),
                verdicts: Vec::new(),
            }),
            ExecutionStatus::Failed | ExecutionStatus::Cancelled => Ok(Done::Nothing {
                summary: format!("Execution {id} never left; there is nothing to take back."),
            }),
        }
    }
}

/// Says that a draft could not be taken back.
fn not_removed(row: &ExecutionRow, error: &EngineError) -> EngineError {
    EngineError::Outside(format!(
        "The draft to {} could not be taken back: {} Nothing was changed here; asked again, undo looks whether it is still there.",
        row.to_key,
        sentence(&error.to_string())
    ))
}

fn cannot_be_unsent(row: &ExecutionRow) -> Done {
    Done::Blocked {
        summary: format!(
            "The mail to {} left and cannot be unsent. Nothing was changed; `caseyos undo --list` shows what else can be undone.",
            row.to_key
        ),
        verdicts: Vec::new(),
    }
}

/// Says what taking an entry back brings back now and what it cannot, and whether it can be asked for: what has left meanwhile cannot be unsent.
pub(in crate::engine) fn promise_now(tx: &ReadTx<'_>, entry: &UndoRow) -> Result<(String, bool)> {
    let id = match serde_json::from_str(&entry.step) {
        Ok(Step::Execution { id }) => id,
        Ok(Step::HubspotWrite { id }) => return promise_of(tx, id),
        _ => return Ok((entry.promise.clone(), true)),
    };
    let Some(row) = executions::load(tx, id)? else {
        return Ok((entry.promise.clone(), false));
    };
    let (to, account) = (&row.to_key, &row.transport);
    Ok(match row.status {
        ExecutionStatus::Queued if row.is_of_draft() => (
            format!(
                "Nothing leaves: the draft to {to} stays in the Drafts folder of \"{account}\" as it lies."
            ),
            true,
        ),
        ExecutionStatus::Queued => (
            format!(
                "{} has not left: it is withdrawn and the move comes back.",
                capital(&named(&row))
            ),
            true,
        ),
        ExecutionStatus::Sent if row.kind != EffectKind::Mail => (entry.promise.clone(), true),
        ExecutionStatus::Sending | ExecutionStatus::Uncertain if row.kind != EffectKind::Mail => (
            format!(
                "Cannot be taken back now: {} may have left. The next sync tells.",
                named(&row)
            ),
            false,
        ),
        ExecutionStatus::Drafted => (
            format!(
                "The draft is removed from the Drafts folder of \"{account}\" and the move comes back."
            ),
            true,
        ),
        ExecutionStatus::Sent => (
            format!(
                "Cannot be taken back: the mail left through \"{account}\" and lies with {to}."
            ),
            false,
        ),
        ExecutionStatus::Sending | ExecutionStatus::Uncertain => (
            format!(
                "Cannot be taken back now: the mail to {to} may have left through \"{account}\"."
            ),
            false,
        ),
        ExecutionStatus::Failed => (
            "It never left; `caseyos outbox` shows what can be done with it.".into(),
            false,
        ),
        ExecutionStatus::Cancelled if row.kind != EffectKind::Mail => {
            ("It was taken back, or never left.".into(), false)
        }
        ExecutionStatus::Cancelled => (
            "It never left; there is nothing to take back.".into(),
            false,
        ),
    })
}

/// Remembers how a message that was taken back is queued again.
fn redo_execution(
    tx: &WriteTx<'_>,
    entry: UndoId,
    what: &str,
    id: ExecutionId,
    now: Timestamp,
) -> Result<UndoId> {
    let step = Step::Outbox {
        id,
        status: ExecutionStatus::Queued,
    };
    let promise = "It is queued again with the same consent, as long as that holds.";
    let summary = format!("Undone: {what}");
    Ok(undo::add(
        tx,
        now,
        &summary,
        promise,
        &written(&step)?,
        Some(entry),
    )?)
}

/// Puts a message of the outbox back to where it stood, and returns where it was.
fn put_in_outbox(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    to: ExecutionStatus,
    now: Timestamp,
) -> Result<ExecutionStatus> {
    let refused = |why: String| EngineError::Input(format!("{why} Nothing was changed."));
    let row = executions::load(tx, id)?
        .ok_or_else(|| EngineError::NotFound(format!("There is no execution {id}.")))?;
    let from = row.status;
    match (from, to) {
        (ExecutionStatus::Cancelled, ExecutionStatus::Queued) => {
            may_try_again(tx, core, &row, now)?;
            if row.approval_expires_at <= now {
                return Err(refused(format!(
                    "The consent to message {id} has ended; approve move {} anew.",
                    row.move_id
                )));
            }
            executions::requeue(tx, id, from, "", Some(undo_window(core, row.mode, now)))?;
            set_move(tx, &row, MoveStatus::Approved, now)?;
            undo::revive_execution(tx, id)?;
        }
        (ExecutionStatus::Cancelled, ExecutionStatus::Failed) => {
            let why = (
                "",
                "it could not be sent; dropped and put back by the operator",
            );
            executions::settle(tx, id, from, to, why, now)?;
        }
        (ExecutionStatus::Queued | ExecutionStatus::Failed, ExecutionStatus::Cancelled) => {
            let why = "withdrawn by the operator";
            crate::engine::effects::cancel(tx, &row, why, MoveStatus::Open, now)?;
            if let Some(entry) = undo::of_execution(tx, id)? {
                undo::mark(tx, entry, now)?;
            }
        }
        _ => return Err(refused(format!("Message {id} is {from} since."))),
    }
    Ok(from)
}

/// Puts a move back, unless a newer one has taken its place.
pub(in crate::engine) fn reopen(tx: &WriteTx<'_>, state: &MoveState, now: Timestamp) -> Result<()> {
    refuse_if_replaced(tx, state)?;
    moves::set_state(tx, state, now)?;
    tx.emit(now, "move.changed", format!("move:{}", state.id))?;
    Ok(())
}

/// Refuses to bring a move back whose place another has taken.
pub(in crate::engine) fn refuse_if_replaced(tx: &ReadTx<'_>, state: &MoveState) -> Result<()> {
    if state.status.is_standing()
        && let Some(mv) = moves::load(tx, state.id)?
        && let Some(other) = moves::find_standing(tx, &mv.subject, mv.action.family())?
        && other.id != state.id
    {
        return Err(EngineError::Input(format!(
            "Move {} cannot come back: move {} has taken its place since. Nothing was changed.",
            state.id, other.id
        )));
    }
    Ok(())
}

/// Refuses to turn back a move whose message is on its way or out: it would read as not sent, or be sent after it was skipped.
fn refuse_if_on_its_way(tx: &WriteTx<'_>, id: MoveId) -> Result<()> {
    let effect = executions::of_move(tx, id)?.into_iter().find(|e| {
        !matches!(
            e.status,
            ExecutionStatus::Cancelled | ExecutionStatus::Failed
        )
    });
    match effect {
        None => Ok(()),
        Some(e) => Err(EngineError::Input(format!(
            "Move {id} has been approved since (execution {}: {}). Nothing was changed; undo the approval first.",
            e.id, e.status
        ))),
    }
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
                    refuse_if_on_its_way(tx, state.id)?;
                    before.push(mv.state());
                    reopen(tx, state, now)?;
                }
            }
            let (n, impact) = if *again {
                (1, crate::engine::commands::moves::SKIP_IMPACT)
            } else {
                (-1, -crate::engine::commands::moves::SKIP_IMPACT)
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
        } => {
            if *present {
                suppressions::add(tx, value, reason, "operator", now)?;
            } else {
                suppressions::remove_own(tx, value)?;
            }
            tx.emit(now, "suppression.changed", value.clone())?;
            Step::Suppression {
                value: value.clone(),
                reason: reason.clone(),
                present: !present,
            }
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
        // These ask somebody outside, and so are taken back before this is reached.
        Step::Execution { .. }
        | Step::Meeting { .. }
        | Step::MeetingTime { .. }
        | Step::HubspotWrite { .. } => step.clone(),
        Step::Outbox { id, status } => Step::Outbox {
            id: *id,
            status: put_in_outbox(tx, core, *id, *status, now)?,
        },
        Step::KillSwitch { stopped, reason } => {
            let waiting = executions::count_queued(tx)?;
            if !stopped && waiting > 0 {
                return Err(EngineError::Input(format!(
                    "{waiting} approved and waiting; `caseyos resume` shows what would go before it goes. Nothing was changed."
                )));
            }
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
                Some(until) if *until <= now => {
                    return Err(EngineError::Input(
                        "That pause is over by now. Nothing was changed.".into(),
                    ));
                }
                Some(until) => {
                    if !is_standing {
                        if control::hold(tx, HoldKind::Pause)?.is_some() {
                            return Err(EngineError::Input(
                                "Another pause is in force since. Nothing was changed.".into(),
                            ));
                        }
                        control::restore_hold(tx, *id)?;
                    }
                    control::set_hold_end(tx, *id, *until, reason)?;
                }
                None => {
                    if let Some(hold) = &before {
                        finish_pause(tx, core, hold, "operator", now)?;
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
