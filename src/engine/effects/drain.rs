//! What leaves next: answers to people first, then follow-ups, then first mails, each in the order of their approval.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::outcome::Outcome;
use crate::domain::guard::Mode;
use crate::domain::id::ExecutionId;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::clock;
use crate::engine::handle::Engine;
use crate::engine::road::sources::mailbox::source_name;
use crate::store::executions::{self, ExecutionRow, ExecutionStatus};
use crate::store::{ReadTx, sources};

/// What became of the messages whose time had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DueReport {
    /// Messages that left, or were found to have left.
    pub sent: u64,
    /// Messages that were tried and still wait.
    pub waiting: u64,
    /// Messages that another hand changed after their approval, so that they were not sent.
    pub changed: u64,
}

/// Puts messages into the order in which they leave.
fn in_order(rows: &mut [ExecutionRow]) {
    rows.sort_by_key(|row| (row.class, row.approved_at, row.id));
}

/// Returns the queue, in the order in which it leaves.
pub(in crate::engine) fn queue(tx: &ReadTx<'_>) -> Result<Vec<ExecutionRow>> {
    let mut rows = executions::waiting(tx, ExecutionStatus::Queued)?;
    in_order(&mut rows);
    Ok(rows)
}

/// So long after the mailbox was read, or the operator looked at a message, it may leave without a new look.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

/// Tells whether an instant is so near that no new look is needed. One ahead is not: the clock was wrong, and says nothing of the time since.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    (SignedDuration::ZERO..FRESH).contains(&now.duration_since(at))
}

impl Engine {
    /// Carries out what is queued and whose own time has come. Returns what became of it.
    pub(in crate::engine) fn drain(&self) -> Result<DueReport> {
        self.drain_those(|_| true)
    }

    /// Carries out what is queued through one carrier and whose own time has come. Returns what became of it.
    pub(in crate::engine) fn drain_through(&self, carrier: &str) -> Result<DueReport> {
        self.drain_those(|row| row.transport == carrier)
    }

    /// Returns when a message of the outbox next needs a look; cheap enough to be asked every second.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(executions::next_due(tx)?))
    }

    /// Lets out what is due now, without a pass over the sources: messages whose undo window or wait for another try is over, or whose
    /// guard was to clear by now. Costs one look at an index when nothing is due.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn run_due(&self) -> Result<DueReport> {
        let now = self.now();
        if self.next_due()?.is_none_or(|at| at > now) {
            return Ok(DueReport::default());
        }
        if self
            .store()
            .read(|tx| clock::is_in_doubt(tx, self.core(), now))?
        {
            return Ok(DueReport::default());
        }
        self.end_pause_in_time()?;
        let found = self.ask_about_uncertain(false)?;
        let is_read = self.is_gate_fresh(now)?;
        let report = self.drain_those(|row| {
            row.check_at.is_none_or(|at| at <= now)
                && (is_read || row.mode != Mode::Live || is_recent(row.approved_at, now))
        })?;
        Ok(DueReport {
            sent: report.sent + found,
            ..report
        })
    }

    /// Tells whether the mailbox that mail leaves from was read of late. Without a pass, only what was approved just now may leave unless it
    /// was: over a weekend's sleep an answer or an opt-out may have come.
    fn is_gate_fresh(&self, now: Timestamp) -> Result<bool> {
        let Some(account) = self.config().mail.accounts.first() else {
            return Ok(true);
        };
        let name = source_name(account);
        self.store().read(|tx| {
            let is_clean = sources::standing(tx, &name)?.1 == 0;
            Ok(is_clean && sources::last_run(tx, &name)?.is_some_and(|at| is_recent(at, now)))
        })
    }

    fn drain_those(&self, wanted: impl Fn(&ExecutionRow) -> bool) -> Result<DueReport> {
        let mut queued = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::waiting(tx, ExecutionStatus::Queued)?))?;
        let now = self.now();
        in_order(&mut queued);
        let mut accounts: BTreeMap<String, VecDeque<ExecutionId>> = BTreeMap::new();
        let mut report = DueReport::default();
        for row in queued {
            if row.not_before > now || !wanted(&row) {
                report.waiting += 1;
            } else {
                accounts.entry(row.transport).or_default().push_back(row.id);
            }
        }
        // Mailboxes do not wait for one another; through each of them so many go at the same time as it is set to.
        let at_once = usize::try_from(self.config().outbox.at_once).unwrap_or(1);
        let workers: usize = accounts.values().map(|ids| ids.len().min(at_once)).sum();
        let lanes: Vec<Mutex<VecDeque<ExecutionId>>> =
            accounts.into_values().map(Mutex::new).collect();
        let reports = if workers <= 1 {
            lanes.iter().map(|lane| self.work_off(lane)).collect()
        } else {
            std::thread::scope(|scope| {
                let mut running = Vec::with_capacity(workers);
                for lane in &lanes {
                    let length = lane.lock().unwrap_or_else(PoisonError::into_inner).len();
                    for _ in 0..length.min(at_once) {
                        running.push(scope.spawn(|| self.work_off(lane)));
                    }
                }
                running
                    .into_iter()
                    .map(|worker| worker.join().unwrap_or_default())
                    .collect::<Vec<_>>()
            })
        };
        for done in reports {
            report.sent += done.sent;
            report.waiting += done.waiting;
            report.changed += done.changed;
        }
        Ok(report)
    }

    /// Carries out one mailbox's messages. Each asks the guards in its own transaction, so a stop holds all that come after it.
    fn work_off(&self, lane: &Mutex<VecDeque<ExecutionId>>) -> DueReport {
        let mut report = DueReport::default();
        let next = || {
            lane.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front()
        };
        while let Some(id) = next() {
            match self.execute(id) {
                Ok(Outcome::Settled(_)) => report.sent += 1,
                Ok(
                    Outcome::Held(_) | Outcome::Failed(_) | Outcome::Uncertain(_) | Outcome::NotYet,
                ) => report.waiting += 1,
                Ok(Outcome::Changed(_)) => report.changed += 1,
                Ok(Outcome::Cancelled(_) | Outcome::Gone) => {}
                // One that cannot be carried out must not hold up those behind it.
                Err(error) => {
                    tracing::error!(execution = id.0, %error, "an execution could not be carried out");
                    report.waiting += 1;
                }
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_by_a_clock_that_was_ahead_is_not_recent() {
        let check = |minutes: i64, expect: bool| {
            let now = Timestamp::UNIX_EPOCH;
            let at = now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
            assert_eq!(is_recent(at, now), expect, "{minutes}");
        };
        check(0, true);
        check(-14, true);
        check(-15, false);
        check(1, false);
        check(365 * 24 * 60, false);
    }
}
