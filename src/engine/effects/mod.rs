//! Execution: claim, deliver, settle, and what becomes of an execution that was broken off.
//!
//! ```text
//! queued -> sending (committed before a byte leaves) -> sent | drafted
//!                     -> queued again (never left: tried after 1, 5 and 30 minutes) -> failed (kept for the operator)
//!                     -> uncertain (nobody knows) -> sent | queued again, as the provider says
//! ```
//!
//! A process that claims holds a lock file that the operating system releases when it dies. An execution found `sending` whose holder is
//! gone is looked up in the mailbox by its own Message-ID. It is never sent again blindly.

pub(in crate::engine) mod claim;
pub(in crate::engine) mod deed;
pub(in crate::engine) mod drain;
pub(in crate::engine) mod forecast;
pub(in crate::engine) mod gate;
pub mod kinds;
pub(in crate::engine) mod recover;
pub(in crate::engine) mod settle;

use jiff::{SignedDuration, Timestamp};

use crate::domain::guard::{EffectKind, KillSwitch, Mode, Verdict};
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::env::crash_point;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::MoveState;
use crate::store::{Durability, WriteTx, control, drafts, executions, moves};

use claim::{Claim, claim};
use kinds::mail::post::{Post, Undelivered};

/// Why a move is done whose draft lies in a mailbox.
const DRAFT_WAS_MADE: &str = "a draft was made";

/// How one execution went.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum Outcome {
    /// It left, or a draft of it was made.
    Settled(Box<ExecutionRow>),
    /// A guard holds it.
    Held(Vec<Verdict>),
    /// A guard refused for good: it is cancelled and the move is open again.
    Cancelled(Vec<Verdict>),
    /// It could not be delivered; the sentence says what was kept.
    Failed(String),
    /// Nobody knows whether it left; the sentence says what is done about it.
    Uncertain(String),
    /// Its time has not come, or another message is on its way through the same mailbox.
    NotYet,
    /// It was not queued any more: another process has it, or it was taken back.
    Gone,
}

impl Engine {
    /// Carries out a queued execution, if the guards let it.
    pub(in crate::engine) fn execute(&self, id: ExecutionId) -> Result<Outcome> {
        crash_point("before-claim");
        let Some(_in_flight) = self.core().begin(id) else {
            return Ok(Outcome::Gone);
        };
        let holder = self.core().holder()?.to_owned();
        let (row, message) = match self.write(Durability::Full, move |tx, core, now| {
            claim(tx, core, id, &holder, now)
        })? {
            Claim::Go(row, message) => (*row, message),
            Claim::No(outcome) => return Ok(outcome),
        };
        crash_point("after-claim");
        let mode = row.mode;
        let stopped = || self.stopped(mode);
        let delivered = match row.kind {
            EffectKind::Mail => match Post::of(self.outside(), &row.transport) {
                Ok(post) => post.deliver(&row, &message, &stopped),
                Err(error) => Err(Undelivered::NotSent {
                    reason: error.to_string(),
                    is_final: false,
                    retry_after: None,
                }),
            },
            EffectKind::Meeting => self.deliver_meeting(&row, &stopped),
            EffectKind::Record => self.deliver_record(&row, &stopped),
        };
        crash_point("after-delivery");
        let outcome = match delivered {
            Ok(delivered) => self.settle_as(&row, delivered)?,
            Err(Undelivered::Stopped { reason }) => self.was_stopped(&row, reason)?,
            Err(Undelivered::NotSent {
                reason,
                is_final,
                retry_after,
            }) => {
                let after = retry_after.and_then(|d| SignedDuration::try_from(d).ok());
                self.did_not_leave(&row, reason, is_final, after)?
            }
            // The error may have come after the effect, so it is looked for before anything else is believed.
            Err(Undelivered::Unknown { reason }) => self.look_up(&row, &reason, false)?,
        };
        crash_point("after-settle");
        Ok(outcome)
    }

    /// Tells why nothing may leave any more. Asked directly before the bytes leave, so that a stop by any process holds what was claimed before.
    fn stopped(&self, mode: Mode) -> Option<String> {
        let read = self.store().read(|tx| {
            let pause = control::pause(tx, self.now())?.filter(|_| mode == Mode::Live);
            Ok::<_, EngineError>((control::kill_switch(tx), pause))
        });
        match read {
            Ok((KillSwitch::Running, None)) => None,
            Ok((KillSwitch::Running, Some(pause))) => Some(format!(
                "kill_switch: paused by the operator until {}",
                pause.until
            )),
            Ok((KillSwitch::Stopped { .. }, _)) => {
                Some("kill_switch: stopped by the operator just before it left".into())
            }
            Ok((KillSwitch::Unreadable, _)) | Err(_) => {
                Some("kill_switch: it cannot be read, which counts as stopped".into())
            }
        }
    }
}

/// Takes back an execution that has not left, and puts its move where `to` says.
pub(in crate::engine) fn cancel(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    to: MoveStatus,
    now: Timestamp,
) -> Result<bool> {
    if row.is_of_draft() {
        return put_back(tx, row, reason, now);
    }
    let (from, cancelled) = (row.status, ExecutionStatus::Cancelled);
    if !matches!(from, ExecutionStatus::Queued | ExecutionStatus::Failed)
        || !executions::settle(tx, row.id, from, cancelled, ("", reason), now)?
    {
        return Ok(false);
    }
    // The move of one that was given up went its own way.
    if from == ExecutionStatus::Queued {
        let closed = (to != MoveStatus::Open).then_some(now);
        let why = if closed.is_some() { reason } else { "" };
        set_move(tx, row, to, closed, why, now)?;
    }
    tx.emit(now, "execution.cancelled", format!("execution:{}", row.id))?;
    Ok(true)
}

/// Leaves the draft that an execution was to be carried out from where it lies.
fn put_back(tx: &WriteTx<'_>, row: &ExecutionRow, reason: &str, now: Timestamp) -> Result<bool> {
    if !drafts::put_back(tx, row, reason, now)? {
        return Ok(false);
    }
    set_move(tx, row, MoveStatus::Done, Some(now), DRAFT_WAS_MADE, now)?;
    tx.emit(now, "execution.settled", format!("execution:{}", row.id))?;
    Ok(true)
}

fn set_move(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    status: MoveStatus,
    closed_at: Option<Timestamp>,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let state = MoveState {
        id: row.move_id,
        status,
        snoozed_until: None,
        closed_at,
        close_reason: reason.into(),
    };
    moves::set_state(tx, &state, now)?;
    Ok(())
}
