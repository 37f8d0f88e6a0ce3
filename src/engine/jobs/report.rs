//! The report of a pass.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::job::JobState;
use crate::domain::words::words;
use crate::engine::ground::say::day;
use crate::engine::jobs::ending::{Ended, Ending};
use crate::engine::jobs::job::{Books, JobRun};

words! {
    /// The outcome of a source in a pass.
    pub enum SourceOutcome ("an outcome of a source") {
        /// Read.
        Read = "read",
        /// Not read, or not all of it; the part that could be is kept.
        Failed = "failed",
        /// Left out: it rests after failures, another process reads it, or the link is metered.
        Skipped = "skipped",
    }
}

words! {
    /// The outcome of a job that was asked for by name.
    pub enum JobOutcome ("an outcome of a job") {
        /// Run well.
        Done = "done",
        /// Failed, at least in part.
        Failed = "failed",
        /// Not run.
        Skipped = "skipped",
    }
}

/// The part of one source in a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// Its name.
    pub name: String,
    /// Its outcome.
    pub outcome: SourceOutcome,
    /// Messages and events looked at.
    pub seen: u64,
    /// Signals that were new.
    pub new: u64,
    /// Of these, about a known person.
    pub matched: u64,
    /// Events that made no signal.
    pub dropped: u64,
    /// The reason of a failure, or of leaving it out; empty if it was read.
    pub problem: String,
    /// The end of its rest; until then only asking for it by name reads it.
    pub next_try_at: Option<Timestamp>,
}

/// The part of one job in a pass, for who asked for it by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobReport {
    /// Its name.
    pub name: String,
    /// Its outcome.
    pub outcome: JobOutcome,
    /// The reason of a failure, or of leaving it out; empty if it ran well.
    pub problem: String,
    /// The counts of the run, and of the jobs that had to go before it.
    pub pass: SyncReport,
}

/// The report of the jobs that were due by the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueJobs {
    /// The jobs with a time of their own that ran, by name.
    pub ran: Vec<String>,
    /// The counts of the pass around them.
    pub pass: SyncReport,
}

/// The report of one pass.
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
    /// A rehearsal: nothing was kept and nothing left.
    pub dry_run: bool,
    /// The sources; those that were not due are not named.
    pub sources: Vec<SourceReport>,
    /// Failures, by source or job.
    pub problems: Vec<String>,
    /// The one-line summary.
    pub summary: String,
}

impl SyncReport {
    /// Adds the end of a job's turn.
    pub(in crate::engine) fn add(&mut self, ending: &Ending, now: Timestamp, zone: &TimeZone) {
        match &ending.ended {
            Ended::NotDue | Ended::Unusable(_) => {}
            Ended::LeftOut { why, until } => {
                // A job that rests after failures is still a problem; one that merely runs elsewhere is none.
                if let Some(until) = until {
                    self.problems.push(format!(
                        "{}: {why} until {}; {}.",
                        ending.name,
                        shown(*until, now, zone),
                        asks_now(ending)
                    ));
                }
                if ending.plan.books == Books::Sources {
                    let skipped = (SourceOutcome::Skipped, why.as_str(), *until);
                    self.add_source(&ending.name, skipped, &JobRun::default());
                }
            }
            Ended::Ran { run, .. } => {
                self.add_counts(run);
                self.problems.extend(run.notices.iter().cloned());
                let rests = ending.standing.and_then(|after| after.due_at);
                let has_failed = !run.problem.is_empty();
                // The end of a stopped run was not recorded: it says nothing of the job.
                if has_failed && let Some(after) = ending.standing {
                    let again = match (after.state, rests) {
                        (JobState::Dead, _) => format!(
                            " It was given up after {} tries; `caseyos jobs retry {}` revives it.",
                            after.failures, ending.name
                        ),
                        (JobState::Waiting, Some(at)) => {
                            format!(" It rests until {}.", shown(at, now, zone))
                        }
                        (JobState::Waiting, None) => String::new(),
                    };
                    self.problems
                        .push(format!("{}: {}{again}", ending.name, run.problem));
                }
                if ending.plan.books == Books::Sources {
                    let outcome = if has_failed {
                        SourceOutcome::Failed
                    } else {
                        SourceOutcome::Read
                    };
                    self.add_source(&ending.name, (outcome, &run.problem, rests), run);
                }
            }
        }
    }

    fn add_counts(&mut self, run: &JobRun) {
        self.seen += run.counts.seen;
        self.new += run.taken.new;
        self.proposed += run.taken.proposed;
        self.closed += run.taken.closed;
        self.outcomes += run.taken.outcomes;
        self.approved_by_rules += run.approved;
        self.sent += run.sent;
        self.sent_by_hand += run.sent_by_hand;
    }

    fn add_source(
        &mut self,
        name: &str,
        (outcome, problem, next_try_at): (SourceOutcome, &str, Option<Timestamp>),
        run: &JobRun,
    ) {
        self.sources.push(SourceReport {
            name: name.to_owned(),
            outcome,
            seen: run.counts.seen,
            new: run.counts.new,
            matched: run.counts.matched,
            dropped: run.counts.dropped.values().sum(),
            problem: problem.to_owned(),
            next_try_at,
        });
    }

    /// Tells whether it brought nothing and sent nothing.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.new + self.sent + self.closed + self.outcomes == 0
    }

    /// Writes the summary.
    pub(in crate::engine) fn summarise(&mut self) {
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

/// Returns the command that does not wait for the end of a rest.
fn asks_now(ending: &Ending) -> String {
    match ending.plan.books {
        Books::Sources => format!("`caseyos sync --source {}` asks it now", ending.name),
        Books::Jobs => format!("`caseyos jobs run {}` runs it now", ending.name),
    }
}

fn shown(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let time = at.to_zoned(zone.clone());
    format!("{} {}", day(at, now, zone), time.strftime("%H:%M"))
}
