//! One execution, carried out: claimed, delivered, settled.

use std::time::Duration;

use jiff::SignedDuration;

use super::claim::{Claim, claim};
use super::gate;
use super::kind::Undelivered;
use super::kinds;
use super::outcome::Outcome;
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::id::{ExecutionId, UndoId};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::say::clock;
use crate::engine::handle::Engine;
use crate::env::crash_point;
use crate::store::executions::ExecutionRow;
use crate::store::{Durability, control, undo};

/// The time for which an approval that leaves at once waits for another message of the same mailbox.
const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(25);

impl Engine {
    /// Carries out a queued execution, if the guards let it.
    pub(in crate::engine) fn execute(&self, id: ExecutionId) -> Result<Outcome> {
        crash_point("before-claim");
        let Some(_in_flight) = self.core().begin(id) else {
            return Ok(Outcome::Gone);
        };
        let holder = self.core().holder()?.to_owned();
        let (row, rendered) = match self.write(Durability::Full, move |tx, core, now| {
            claim(tx, core, id, &holder, now)
        })? {
            Claim::Go(row, rendered) => (*row, rendered),
            Claim::No(outcome) => return Ok(outcome),
        };
        crash_point("after-claim");
        let stopped = || self.stopped(&row);
        let delivered = kinds::of(row.kind).deliver(self.outside(), &row, &rendered, &stopped);
        crash_point("after-delivery");
        let outcome = match delivered {
            Ok(delivered) => self.settle_as(&row, delivered)?,
            Err(Undelivered::Stopped { reason }) => self.was_stopped(&row, reason)?,
            Err(Undelivered::NotSent {
                reason,
                ended,
                retry_after,
            }) => {
                let after = retry_after.and_then(|d| SignedDuration::try_from(d).ok());
                self.did_not_leave(&row, reason, ended, after)?
            }
            // The error may have come after the effect, so it is looked for before anything else is believed.
            Err(Undelivered::Unknown { reason }) => self.look_up(&row, &reason, false)?,
        };
        crash_point("after-settle");
        Ok(outcome)
    }

    /// Carries out an execution as soon as no other message is on its way through its mailbox.
    pub(in crate::engine) fn execute_in_turn(&self, id: ExecutionId) -> Result<Outcome> {
        let mut waited = Duration::ZERO;
        loop {
            let outcome = self.execute(id)?;
            if outcome != Outcome::NotYet || waited >= PATIENCE {
                return Ok(outcome);
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }

    /// Carries out a queued execution now and says how it went.
    pub(in crate::engine) fn finish_in_turn(&self, id: ExecutionId) -> Result<Done> {
        let undo: Option<UndoId> = self
            .store()
            .read(|tx| Ok::<_, EngineError>(undo::of_execution(tx, id)?))?;
        let outcome = self.execute_in_turn(id)?;
        self.answer(id, undo, outcome)
    }

    /// Returns the reason why an effect may not leave any more. Asked directly before the bytes leave, so that a stop or a suppression by any
    /// process holds what was claimed before, also where the database cannot be written.
    fn stopped(&self, row: &ExecutionRow) -> Option<String> {
        let read = self.store().read(|tx| {
            let pause = control::pause(tx, self.now())?.filter(|_| row.mode == Mode::Live);
            let suppressed = if kinds::of(row.kind).asks().suppression {
                gate::suppressed_since(tx, row)?
            } else {
                None
            };
            Ok::<_, EngineError>((control::kill_switch(tx), pause, suppressed))
        });
        match read {
            Ok((KillSwitch::Running, None, None)) => None,
            Ok((KillSwitch::Running, None, Some(why))) => Some(format!("suppression: {why}")),
            Ok((KillSwitch::Running, Some(pause), _)) => Some(format!(
                "kill switch: paused by the operator until {}",
                clock(pause.until, self.now(), &self.zone())
            )),
            Ok((KillSwitch::Stopped { .. }, _, _)) => {
                Some("kill switch: stopped by the operator just before it left".into())
            }
            Ok((KillSwitch::Unreadable, _, _)) | Err(_) => {
                Some("kill switch: it cannot be read, which counts as stopped".into())
            }
        }
    }
}
