//! The entries of the undo list: how to take something back, kept with the state to return to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::{ContactId, ExecutionId, MoveId, OutcomeId, SignalId};
use crate::domain::moves::{MovePlan, MoveStatus};
use crate::domain::suppression::Cause;
use crate::engine::error::Result;
use crate::store::StoreError;
use crate::store::executions::ExecutionStatus;
use crate::store::moves::{DraftRow, MoveState};
use crate::store::suppressions::SuppressedBy;

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
        /// Its cause; the operator's word where none is kept.
        #[serde(default = "by_operator")]
        cause: Cause,
    },
    /// Lift what came of a wish to be left alone, or of the answer to whether there was one; or bring it again.
    OptOut(OptOut),
    /// Several steps, each of which takes back a part of one change.
    All { steps: Vec<Step> },
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
    /// Put what was settled of a move back.
    Plan {
        id: MoveId,
        previous: Option<MovePlan>,
    },
}

/// What came of a wish to be left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct OptOut {
    /// Suppressions that it brought.
    pub suppressed: Vec<Suppressed>,
    /// Moves that it ended, closed or made.
    pub turned: Vec<Turned>,
    /// Moves whose question it answered, with the keys of whom each was about.
    pub asked: Vec<(MoveId, Vec<String>)>,
    /// The outcome that counts with it, by its key; empty if none does.
    pub outcome: String,
    /// Whether it is in force now, so that the step lifts it.
    pub in_force: bool,
    /// Whether the program noted it by itself, so that undo takes it back only when it is named.
    #[serde(default)]
    pub by_itself: bool,
}

/// A suppression that a wish brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Suppressed {
    pub value: String,
    pub reason: String,
    pub source: SuppressedBy,
}

/// A move that a change turned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Turned {
    /// The state that it had.
    pub before: MoveState,
    /// The status that it got. One that has another by now has gone on, and is left.
    pub after: MoveStatus,
}

const fn by_operator() -> Cause {
    Cause::Operator
}

/// Writes a step as it is kept.
pub(super) fn written(step: &Step) -> Result<String> {
    Ok(serde_json::to_string(step).map_err(|e| StoreError::Invalid(e.to_string()))?)
}
