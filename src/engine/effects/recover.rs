//! What was broken off: looked up at its provider, and never sent again blindly.

use jiff::Timestamp;
use serde_json::json;

use super::kinds;
use super::outcome::Outcome;
use super::settle::{is_still, requeue};
use super::strays::Depth;
use super::take_back::set_move;
use crate::domain::by::By;
use crate::domain::guard::Mode;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::{Answer, Step, next_step};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::orders;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::{Durability, executions};

impl Engine {
    /// Brings what was ordered beside the database into it, settles what a process that died left half done, and asks about what nobody knew of. Returns how many executions were found to have
    /// left.
    pub(in crate::engine) fn reconcile(&self) -> Result<u64> {
        self.reconcile_with(Depth::Names)
    }

    /// Reconciles, and looks for messages of ours that nobody knows in as many files as `depth` says.
    pub(in crate::engine) fn reconcile_with(&self, depth: Depth) -> Result<u64> {
        orders::bring_in(self.core())?;
        orders::raise_what_is_noted(self.core())?;
        let stuck = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::waiting(tx, ExecutionStatus::Sending)?))?;
        let mut left = 0;
        for row in stuck {
            if !self.core().is_abandoned(row.id, &row.holder)? {
                continue;
            }
            let outcome = self.look_up(&row, "the program stopped before it left", true)?;
            left += u64::from(matches!(outcome, Outcome::Settled(_)));
            self.core().forget_holder(&row.holder);
        }
        left += self.ask_about_uncertain(true)?;
        // A folder that cannot be looked into now is no reason to leave the rest undone.
        match self.notice_strays(depth) {
            Ok(noticed) => left += noticed,
            Err(error) => {
                tracing::warn!(%error, "messages that nobody knows could not be looked for")
            }
        }
        Ok(left)
    }

    /// Asks about messages of which nobody knew whether they left, when it is time to. `all`: also before its time where asking costs nothing.
    pub(in crate::engine) fn ask_about_uncertain(&self, all: bool) -> Result<u64> {
        let now = self.now();
        let unknown = self.store().read(|tx| {
            Ok::<_, EngineError>(executions::waiting(tx, ExecutionStatus::Uncertain)?)
        })?;
        let mut left = 0;
        for row in unknown {
            let is_cheap = all && kinds::of(row.kind).is_cheap_to_find(self.core(), &row);
            if !is_cheap && row.check_at.is_some_and(|at| at > now) {
                continue;
            }
            let outcome = self.look_up(&row, &row.error, false)?;
            left += u64::from(matches!(outcome, Outcome::Settled(_)));
        }
        Ok(left)
    }

    /// Asks the provider what became of a message that may have left, and does what its answer says. `crashed`: the process that sent it died.
    pub(in crate::engine) fn look_up(
        &self,
        row: &ExecutionRow,
        why: &str,
        crashed: bool,
    ) -> Result<Outcome> {
        let now = self.now();
        let mut why = why.to_owned();
        let (answer, found) = match kinds::of(row.kind).find(self.outside(), row, now) {
            Ok(asked) => asked,
            // It cannot be asked now, so nothing is known.
            Err(error) => {
                tracing::warn!(execution = row.id.0, %error, "what became of a message could not be found out");
                why = error.to_string();
                (Answer::Silent, None)
            }
        };
        if let Some(delivered) = found {
            return self.settle_as(row, delivered);
        }
        let since = row.claimed_at.unwrap_or(now);
        match next_step(answer, row.asks, since, now) {
            Step::AskAt(at) => {
                let asks = row.asks + i64::from(answer == Answer::NotFoundYet);
                self.put_in_doubt(row, clean_line(&why, 500), at, asks)
            }
            Step::Settle | Step::Requeue => self.never_left(row, clean_line(&why, 500), crashed),
        }
    }

    /// Puts a message that the provider certainly does not have back into the queue: at once if it was not its fault, else as after any try.
    fn never_left(&self, row: &ExecutionRow, reason: String, crashed: bool) -> Result<Outcome> {
        if !crashed {
            return self.did_not_leave(row, reason, None, None);
        }
        let row = row.clone();
        self.write(Durability::Full, move |tx, _, now| {
            if is_still(tx, row.id, row.status, &row.holder)? {
                requeue(tx, &row, &reason, None, now)?;
            }
            Ok(Outcome::Gone)
        })
    }

    fn put_in_doubt(
        &self,
        row: &ExecutionRow,
        reason: String,
        ask_at: Timestamp,
        asks: i64,
    ) -> Result<Outcome> {
        let row = row.clone();
        self.write(Durability::Full, move |tx, core, now| {
            if !is_still(tx, row.id, row.status, &row.holder)?
                || !executions::doubt(tx, row.id, row.status, &reason, ask_at, asks)?
            {
                return Ok(Outcome::Gone);
            }
            set_move(tx, &row, MoveStatus::Executing, None, "", now)?;
            let subject = format!("execution:{}", row.id);
            if row.status == ExecutionStatus::Sending {
                let in_doubt = Change {
                    by: &By::Engine,
                    event: "execution.uncertain",
                    about: vec![subject],
                    detail: json!({"because": reason, "message_id": row.message_id}),
                    tells: Tells::Same,
                    back: Back::None,
                };
                change(tx, in_doubt, now)?;
            } else {
                tx.emit(now, "execution.uncertain", subject)?;
            }
            let at = ask_at
                .to_zoned(core.config.operator.zone())
                .strftime("%H:%M:%S");
            Ok(Outcome::Uncertain(format!(
                "{}: {reason} {} again; {} is asked again from {at}.",
                match row.mode {
                    Mode::Live => "Nobody knows yet whether it left",
                    Mode::Draft | Mode::DryRun => "Nobody knows yet whether the draft was made",
                },
                match row.mode {
                    Mode::Live => "It is not sent",
                    Mode::Draft | Mode::DryRun => "It is not made",
                },
                row.transport
            )))
        })
    }
}
