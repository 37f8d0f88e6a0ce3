//! The pass: settle what was interrupted, read every source, ask the timers, send what may go.
//!
//! One process at a time makes a pass; another that comes meanwhile waits for it, and then makes its own, which finds little left to
//! do. A source that fails does not hold the others back.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::sources::{PassScope, timer};
use super::{Engine, EngineError, Result, approvals, intake};
use crate::store::lease::{self, Lease};
use crate::store::moves::ScoringScope;
use crate::store::{Durability, executions, sources};

/// How long a pass waits for another process's.
const PATIENCE: Duration = Duration::from_secs(60);
/// Events that are kept: hints for faces that were not looking.
const KEPT_EVENTS: u32 = 10_000;
const POLL: Duration = Duration::from_millis(25);

/// What one pass did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SyncReport {
    /// Messages and events looked at.
    pub seen: u64,
    /// Signals that were new.
    pub new: u64,
    /// Moves that came up.
    pub proposed: u64,
    /// Moves that events closed.
    pub closed: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
    /// Moves that rules approved.
    pub approved_by_rules: u64,
    /// Messages that left, or drafts that were made.
    pub sent: u64,
    /// Approved messages that still wait.
    pub waiting: u64,
    /// What failed, by source.
    pub problems: Vec<String>,
    /// The one-line summary.
    pub summary: String,
}

impl SyncReport {
    fn add(&mut self, counts: &sources::SourceCounts, taken: &intake::Taken) {
        self.seen += counts.seen;
        self.new += taken.new;
        self.proposed += taken.proposed;
        self.closed += taken.closed;
        self.outcomes += taken.outcomes;
    }

    fn add_rules(&mut self, run: approvals::RuleRun) {
        self.approved_by_rules += run.approved;
        self.sent += run.sent;
        self.problems.extend(run.problems);
    }

    fn summarise(&mut self) {
        let count =
            |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let mut parts = vec![
            count(self.new, "new signal", "new signals"),
            count(self.proposed, "new move", "new moves"),
        ];
        for (n, one, many) in [
            (self.closed, "move closed", "moves closed"),
            (self.outcomes, "outcome", "outcomes"),
            (
                self.approved_by_rules,
                "approved by a rule",
                "approved by rules",
            ),
            (self.sent, "sent", "sent"),
            (self.waiting, "waiting", "waiting"),
            (self.problems.len() as u64, "problem", "problems"),
        ] {
            if n > 0 {
                parts.push(count(n, one, many));
            }
        }
        self.summary = format!("{}.", parts.join(", "));
    }
}

impl Engine {
    /// Makes one pass over all sources and timers and sends what waits and may go. Blocks for as long as the pass takes.
    ///
    /// # Errors
    /// If the database cannot be used; a source that fails is part of the report.
    pub fn sync(&self) -> Result<SyncReport> {
        let _lease = self.take_pass()?;
        self.end_pause_in_time()?;
        let mut report = SyncReport {
            sent: self.reconcile()?,
            ..SyncReport::default()
        };
        // A mistake in the rules would hide moves, so it is found before anything is read.
        self.core().rules()?;
        self.refresh()?;
        let mut unread = false;
        for (i, source) in super::sources::all(self).into_iter().enumerate() {
            let read = source.read(self, &PassScope::default());
            unread |= i == 0 && read.is_err();
            let read = read.map(|run| (run.counts, run.taken, run.problem));
            self.finish_source(source.name(), read, &mut report)?;
        }
        if unread {
            // An answer or an opt-out may lie in what could not be read: silence means nothing now, and nothing may leave.
            report.waiting = self
                .store()
                .read(|tx| Ok::<_, EngineError>(executions::count_queued(tx)?))?;
            report.problems.push("The mailbox that mail leaves from could not be read, so nothing was sent and no silence was counted.".into());
        } else {
            let timers = self
                .run_timers()
                .map(|(counts, taken)| (counts, taken, String::new()));
            self.finish_source(timer::NAME.to_owned(), timers, &mut report)?;
            report.add_rules(self.approve_by_rules(true)?);
            let (sent, waiting) = self.drain()?;
            report.sent += sent;
            report.waiting = waiting;
        }
        self.prune_audit()?;
        self.write(Durability::Normal, |tx, _, _| {
            Ok(tx.prune_events(KEPT_EVENTS)?)
        })?;
        report.summarise();
        Ok(report)
    }

    fn take_pass(&self) -> Result<Lease> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lease) = lease::try_take(self.store().directory(), "pass")? {
                return Ok(lease);
            }
            if waited >= PATIENCE {
                return Err(EngineError::Outside(
                    "Another CaseyOS has been making a pass for more than a minute. Nothing was changed here; try again later.".into(),
                ));
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }

    fn finish_source(
        &self,
        name: String,
        read: Result<(sources::SourceCounts, intake::Taken, String)>,
        report: &mut SyncReport,
    ) -> Result<()> {
        let problem = match read {
            Ok((counts, taken, problem)) => {
                report.add(&counts, &taken);
                problem
            }
            // The store's own failure is everybody's, not this source's.
            Err(EngineError::Store(error)) => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        if !problem.is_empty() {
            report.problems.push(format!("{name}: {problem}"));
        }
        self.write(Durability::Normal, move |tx, _, now| {
            sources::finish(tx, &name, &problem, now)?;
            tx.emit(now, "source.finished", name)?;
            Ok(())
        })
    }

    /// Scores every standing move again and stores what changed. Returns how many scores changed.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn rescore_all(&self) -> Result<u64> {
        self.write(Durability::Normal, |tx, core, now: Timestamp| {
            super::scoring::rescore(tx, core, ScoringScope::All, now)
        })
    }
}
