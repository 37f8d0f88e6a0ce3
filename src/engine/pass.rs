//! The pass: settle what was interrupted, read every source side by side, ask the timers, send what may go.
//!
//! Each source is read on a thread of its own under a lease of its own, so that two processes never read one at once and one that fails
//! or is slow does not hold the others. What leaves, leaves at the end, one process at a time, and only if the mailbox that it leaves
//! from was read: an answer or an opt-out may lie in it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::connectors::link;
use crate::domain::nearest;
use crate::domain::text::clean_line;
use crate::domain::words::words;
use crate::engine::error::{EngineError, Result};
use crate::engine::features::approvals;
use crate::engine::ground::say::clock;
use crate::engine::handle::Engine;
use crate::engine::outside::wait;
use crate::engine::road::intake;
use crate::engine::road::sources::{PassScope, PassStep, SignalSource, SourceRun, timer};
use crate::store::lease::{self, Lease};
use crate::store::moves::ScoringScope;
use crate::store::sources::SourceRunRow;
use crate::store::{Durability, executions, sources};

/// How long a pass waits for another process's.
const PATIENCE: Duration = Duration::from_secs(60);
/// Events that are kept: hints for faces that were not looking.
const KEPT_EVENTS: u32 = 10_000;
const POLL: Duration = Duration::from_millis(25);
/// A timed reading may come so much before its time: looks and readings have one pace.
const EARLY_SECONDS: i64 = 3;
/// What is kept of a failure.
const MAX_PROBLEM: usize = 500;
/// How long a source is left alone after its second, third and later failures in a row. One failure may be chance.
const REST_MINUTES: [i64; 3] = [1, 5, 30];

words! {
    /// What became of a source in a pass.
    pub enum SourceOutcome ("an outcome of a source") {
        /// It was read.
        Read = "read",
        /// It could not be read, or not all of it; what could be is kept.
        Failed = "failed",
        /// It was left out: it rests after failures, another process reads it, or the link is metered.
        Skipped = "skipped",
    }
}

/// What one source brought in a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub outcome: SourceOutcome,
    /// Messages and events looked at.
    pub seen: u64,
    /// Signals that were new.
    pub new: u64,
    /// Of these, about a known person.
    pub matched: u64,
    /// Events that made no signal.
    pub dropped: u64,
    /// Why it failed or was left out; empty if it was read.
    pub problem: String,
    /// It is left alone until then, unless it is asked for by name.
    pub next_try_at: Option<Timestamp>,
}

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
    /// Drafts that the operator was found to have sent by hand.
    pub sent_by_hand: u64,
    /// Approved messages that still wait.
    pub waiting: u64,
    /// Whether it was a rehearsal: nothing was kept and nothing left.
    pub dry_run: bool,
    /// What each source brought; those that were not due are not named.
    pub sources: Vec<SourceReport>,
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
        let skipped = self
            .sources
            .iter()
            .filter(|source| source.outcome == SourceOutcome::Skipped)
            .count();
        for (n, one, many) in [
            (self.closed, "move closed", "moves closed"),
            (self.outcomes, "outcome", "outcomes"),
            (
                self.approved_by_rules,
                "approved by a rule",
                "approved by rules",
            ),
            (self.sent, "sent", "sent"),
            (self.sent_by_hand, "sent by hand", "sent by hand"),
            (self.waiting, "waiting", "waiting"),
            (skipped as u64, "source left out", "sources left out"),
            (self.problems.len() as u64, "problem", "problems"),
        ] {
            if n > 0 {
                parts.push(count(n, one, many));
            }
        }
        let parts = parts.join(", ");
        self.summary = if self.dry_run {
            format!("A real pass would bring {parts}. Nothing was kept.")
        } else {
            format!("{parts}.")
        };
    }
}

/// A source that a pass looked at.
enum Looked {
    /// It is not due.
    NotDue,
    /// It was left out.
    Skipped {
        why: String,
        next_try: Option<Timestamp>,
    },
    /// It was read, well or badly.
    Read {
        started: Timestamp,
        run: Result<SourceRun>,
    },
}

impl Engine {
    /// Makes one pass over all sources and timers and sends what waits and may go. Blocks for as long as the pass takes.
    ///
    /// # Errors
    /// If the database cannot be used; a source that fails is part of the report.
    pub fn sync(&self) -> Result<SyncReport> {
        self.sync_with(&PassScope::default())
    }

    /// Makes a pass on a copy of the database and throws the copy away: the sources are really asked, nothing is kept, nothing leaves.
    ///
    /// # Errors
    /// If the database cannot be copied.
    pub fn rehearse_sync(&self, scope: &PassScope) -> Result<SyncReport> {
        let name = "rehearsal";
        let _lease = self.take_lease(name, "made a rehearsal", PATIENCE)?;
        let folder = self.store().directory().join(name);
        // What a killed rehearsal left.
        drop(std::fs::remove_dir_all(&folder));
        let copied = self.over_copy(&folder);
        let report = copied.and_then(|copy| {
            copy.sync_with(&PassScope {
                rehearsal: true,
                timed: false,
                ..scope.clone()
            })
        });
        drop(std::fs::remove_dir_all(&folder));
        report
    }

    /// Makes the pass that `scope` describes.
    ///
    /// # Errors
    /// If the database cannot be used, or no source is called so.
    pub fn sync_with(&self, scope: &PassScope) -> Result<SyncReport> {
        let all = crate::engine::road::sources::all(self);
        if !scope.only.is_empty() {
            self.check_name(&scope.only, &all)?;
        }
        let mut report = SyncReport {
            dry_run: scope.rehearsal,
            ..SyncReport::default()
        };
        // A mistake in the rules would hide moves, so it is found before anything is read.
        self.core().rules()?;
        if !scope.rehearsal {
            let _lease = self.take_pass()?;
            self.end_pause_in_time()?;
            report.sent = self.reconcile()?;
        }
        self.refresh()?;
        let asked: Vec<_> = all
            .iter()
            .filter(|source| scope.asks_for(&source.name()))
            .collect();
        let metered = scope.timed
            && self.config().sync.pause_on_metered
            && asked.iter().any(|source| source.is_remote())
            && link::is_metered() == Some(true);
        let looked = std::thread::scope(|threads| {
            let handles: Vec<_> = asked
                .iter()
                .map(|source| {
                    threads.spawn(|| {
                        let flag = scope.control.flag();
                        wait::stoppable(flag, || self.look_at(source.as_ref(), scope, metered))
                    })
                })
                .collect();
            let broken = || EngineError::Outside("it broke off (see the log)".into());
            handles
                .into_iter()
                .map(|handle| handle.join().unwrap_or_else(|_| Err(broken())))
                .collect::<Vec<_>>()
        });
        // The mailbox that mail leaves from: nothing leaves unless it was read, now, to its end.
        let gate = self
            .config()
            .mail
            .accounts
            .first()
            .map(crate::engine::road::sources::mailbox::source_name);
        let mut is_gate_read = gate.is_none() && scope.only.is_empty();
        let mut is_gate_due = true;
        for (source, looked) in asked.iter().zip(looked) {
            let name = source.name();
            if gate.as_ref() == Some(&name) {
                is_gate_read =
                    matches!(&looked, Ok(Looked::Read { run: Ok(run), .. }) if !run.is_partial);
                is_gate_due = !matches!(&looked, Ok(Looked::NotDue));
            }
            self.settle_source(&name, source.is_remote(), looked, scope, &mut report)?;
        }
        let was_stopped = scope.control.is_stopped();
        if is_gate_read && !was_stopped {
            self.finish_pass(scope, &mut report)?;
        } else {
            report.waiting = self
                .store()
                .read(|tx| Ok::<_, EngineError>(executions::count_queued(tx)?))?;
            if scope.only.is_empty() && is_gate_due && !was_stopped {
                report.problems.push("The mailbox that mail leaves from could not be read, so nothing was sent and no silence was counted.".into());
            }
        }
        if was_stopped {
            report.problems.push("It was stopped. What was read is kept, nothing was sent, and the next pass goes on from there.".into());
        }
        report.problems.extend(self.ending_sign_in()?);
        self.prune_audit()?;
        let outside = Arc::clone(self.outside());
        self.write(Durability::Normal, move |tx, _, now| {
            outside.note_usage(tx, now)?;
            Ok(tx.prune_events(KEPT_EVENTS)?)
        })?;
        report.summarise();
        Ok(report)
    }

    /// Asks the timers and sends what may go.
    fn finish_pass(&self, scope: &PassScope, report: &mut SyncReport) -> Result<()> {
        let _lease = self.take_pass()?;
        let started = self.now();
        let run = self.run_timers().map(|(counts, taken)| SourceRun {
            counts,
            taken,
            ..SourceRun::default()
        });
        let looked = Ok(Looked::Read { started, run });
        self.settle_source(timer::NAME, false, looked, scope, report)?;
        if scope.rehearsal {
            report.waiting = self
                .store()
                .read(|tx| Ok::<_, EngineError>(executions::count_queued(tx)?))?;
            return Ok(());
        }
        report.add_rules(self.approve_by_rules(true)?);
        let (sent, waiting) = self.drain()?;
        report.sent += sent;
        report.waiting = waiting;
        self.prune_audit()
    }

    fn check_name(&self, only: &str, all: &[Box<dyn SignalSource>]) -> Result<()> {
        let names: Vec<String> = all.iter().map(|source| source.name()).collect();
        let scope = PassScope {
            only: only.to_owned(),
            ..PassScope::default()
        };
        if names.iter().any(|name| scope.asks_for(name)) {
            return Ok(());
        }
        let given = clean_line(only, 60);
        let known = if names.is_empty() {
            "no source is set up; `caseyos mail add` and `caseyos auth login` do that".to_owned()
        } else {
            let meant = nearest(only, names.iter().map(String::as_str));
            let meant = meant.map_or(String::new(), |name| format!("; did you mean \"{name}\"?"));
            format!("there is {}{meant}", names.join(", "))
        };
        Err(EngineError::Input(format!(
            "No source is called \"{given}\": {known}. Nothing was done."
        )))
    }

    /// Reads a source, if it is due, may be asked, and is not being read elsewhere.
    fn look_at(
        &self,
        source: &dyn SignalSource,
        scope: &PassScope,
        metered: bool,
    ) -> Result<Looked> {
        let name = source.name();
        let skipped = |why: String, next_try| {
            scope.control.tell(&name, PassStep::Skipped);
            Ok(Looked::Skipped { why, next_try })
        };
        if source.is_remote() && scope.only.is_empty() {
            let now = self.now();
            let (last_run, (rests_until, failures)) = self.store().read(|tx| {
                Ok::<_, EngineError>((sources::last_run(tx, &name)?, sources::standing(tx, &name)?))
            })?;
            if let Some(until) = rests_until.filter(|until| *until > now) {
                return skipped(
                    format!("it failed {failures} times in a row and rests"),
                    Some(until),
                );
            }
            let pace = i64::from(self.config().sync.seconds(&name));
            let is_early = |at: Timestamp| {
                (0..pace - EARLY_SECONDS).contains(&(now.as_second() - at.as_second()))
            };
            if scope.timed && last_run.is_some_and(is_early) {
                return Ok(Looked::NotDue);
            }
            if metered {
                return skipped("the link is metered".into(), None);
            }
        }
        scope
            .control
            .tell(&name, PassStep::Reading { seen: 0, of: None });
        // A mailbox is worth waiting for: what may leave hangs on it.
        let patience = if scope.only.is_empty() && !name.starts_with("mail:") {
            Duration::ZERO
        } else {
            PATIENCE
        };
        let Some(_lease) = self.wait_for_lease(&lease_name(&name), patience)? else {
            return skipped("another CaseyOS is reading it".into(), None);
        };
        let started = self.now();
        let run = source.read(self, scope);
        let step = match &run {
            Ok(run) if run.problem.is_empty() => PassStep::Read,
            _ => PassStep::Failed,
        };
        scope.control.tell(&name, step);
        Ok(Looked::Read { started, run })
    }

    /// Notes what became of a source, in the report and in the store.
    fn settle_source(
        &self,
        name: &str,
        is_remote: bool,
        looked: Result<Looked>,
        scope: &PassScope,
        report: &mut SyncReport,
    ) -> Result<()> {
        let (started, run) = match looked {
            Ok(Looked::NotDue) => return Ok(()),
            Ok(Looked::Skipped { why, next_try }) => {
                // A source that rests after failures is still a problem; one that is merely being read elsewhere is none.
                if let Some(until) = next_try {
                    let at = clock(until, self.now(), &self.zone());
                    report.problems.push(format!(
                        "{name}: {why} until {at}; `caseyos sync --source {name}` asks it now."
                    ));
                }
                report.sources.push(SourceReport {
                    name: name.to_owned(),
                    outcome: SourceOutcome::Skipped,
                    seen: 0,
                    new: 0,
                    matched: 0,
                    dropped: 0,
                    problem: why,
                    next_try_at: next_try,
                });
                return Ok(());
            }
            Ok(Looked::Read { started, run }) => (started, run),
            Err(error) => (self.now(), Err(error)),
        };
        let mut brought = SourceRun::default();
        let problem = match run {
            Ok(run) => {
                report.add(&run.counts, &run.taken);
                report.sent_by_hand += run.sent_by_hand;
                brought = run;
                std::mem::take(&mut brought.problem)
            }
            // The store's own failure is everybody's, not this source's.
            Err(EngineError::Store(error)) => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        let problem = clean_line(&problem, MAX_PROBLEM);
        // That it was stopped says nothing of the source.
        let is_stopped = scope.control.is_stopped() && !problem.is_empty();
        let counts = &brought.counts;
        let row = SourceRunRow {
            started_at: started,
            ended_at: self.now(),
            seen: counts.seen,
            new: counts.new,
            matched: counts.matched,
            dropped: counts.dropped.values().sum(),
            error: problem.clone(),
        };
        let mut next_try = None;
        if !is_stopped {
            let (key, row) = (name.to_owned(), row.clone());
            let outside = Arc::clone(self.outside());
            next_try = self.write(Durability::Normal, move |tx, _, now| {
                let (_, failures) = sources::standing(tx, &key)?;
                let rest = (is_remote && !row.error.is_empty())
                    .then(|| rest_after(failures + 1))
                    .flatten();
                let next_try = rest.and_then(|rest| now.checked_add(rest).ok());
                sources::finish(tx, &key, &row, next_try)?;
                outside.note_usage(tx, now)?;
                tx.emit(now, "source.finished", key)?;
                Ok(next_try)
            })?;
            if !problem.is_empty() {
                let again = next_try.map_or(String::new(), |at| {
                    format!(" It rests until {}.", clock(at, self.now(), &self.zone()))
                });
                report.problems.push(format!("{name}: {problem}{again}"));
            }
        }
        report.sources.push(SourceReport {
            name: name.to_owned(),
            outcome: if problem.is_empty() {
                SourceOutcome::Read
            } else {
                SourceOutcome::Failed
            },
            seen: row.seen,
            new: row.new,
            matched: row.matched,
            dropped: row.dropped,
            problem,
            next_try_at: next_try,
        });
        Ok(())
    }

    fn take_pass(&self) -> Result<Lease> {
        self.take_lease("pass", "been making a pass", PATIENCE)
    }

    fn take_lease(&self, name: &str, doing: &str, patience: Duration) -> Result<Lease> {
        self.wait_for_lease(name, patience)?.ok_or_else(|| {
            EngineError::Outside(format!(
                "Another CaseyOS has {doing} for more than a minute. Nothing was changed here; try again later."
            ))
        })
    }

    fn wait_for_lease(&self, name: &str, patience: Duration) -> Result<Option<Lease>> {
        let mut waited = Duration::ZERO;
        loop {
            let lease = lease::try_take(self.store().directory(), name)?;
            if lease.is_some() || waited >= patience || !wait::pause(POLL) {
                return Ok(lease);
            }
            waited += POLL;
        }
    }

    /// Scores every standing move again and stores what changed. Returns how many scores changed.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn rescore_all(&self) -> Result<u64> {
        self.write(Durability::Normal, |tx, core, now: Timestamp| {
            crate::engine::road::scoring::rescore(tx, core, ScoringScope::All, now)
        })
    }
}

/// Returns the lease of a source: a name for a file.
fn lease_name(source: &str) -> String {
    let plain: String = source
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(60)
        .collect();
    format!("source-{plain}")
}

/// Returns how long a source rests after so many failures in a row.
fn rest_after(failures: u64) -> Option<SignedDuration> {
    let index = usize::try_from(failures.checked_sub(2)?).unwrap_or(usize::MAX);
    let minutes = REST_MINUTES.get(index.min(REST_MINUTES.len() - 1))?;
    Some(SignedDuration::from_mins(*minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_rests_longer_with_each_failure() {
        let check = |failures: u64, minutes: Option<i64>| {
            assert_eq!(
                rest_after(failures).map(|d| d.as_mins()),
                minutes,
                "{failures}"
            );
        };
        check(0, None);
        check(1, None);
        check(2, Some(1));
        check(3, Some(5));
        check(4, Some(30));
        check(400, Some(30));
    }

    #[test]
    fn a_lease_is_a_name_for_a_file() {
        assert_eq!(lease_name("mail:../../x"), "source-mail-------x");
    }
}
