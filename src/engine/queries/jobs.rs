//! The jobs as they stand, for people.

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::jobs::{books, registry};

pub use crate::domain::job::JobState;

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobItem {
    /// Its name.
    pub name: String,
    /// Its purpose in a few words.
    pub about: String,
    /// Its state.
    pub state: JobState,
    /// Seconds between two runs; none for a job of every pass.
    pub every_seconds: Option<u32>,
    /// Its next run; none for the next pass, and for a dead job.
    pub next_due_at: Option<Timestamp>,
    /// Its last run.
    pub last_run_at: Option<Timestamp>,
    /// Its last good run.
    pub last_ok_at: Option<Timestamp>,
    /// Failures since the last good run.
    pub tries: u64,
    /// The failure of the last run; empty if it ran well.
    pub error: String,
    /// The reason that it does nothing now; empty if there is none.
    pub hindrance: String,
}

impl Engine {
    /// Lists every job, in the order in which a pass runs them.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn jobs(&self) -> Result<Vec<JobItem>> {
        let now = self.now();
        let jobs = registry::all(self);
        self.store().read(|tx| {
            let mut items = Vec::with_capacity(jobs.len());
            for job in &jobs {
                let (name, plan) = (job.name(), job.plan(self));
                let row = books::load(tx, &name, plan.books)?;
                items.push(JobItem {
                    name,
                    about: job.about(),
                    state: row.standing.state,
                    every_seconds: plan.every.seconds(),
                    next_due_at: row.standing.next_due(plan.every, plan.patience, now),
                    last_run_at: row.standing.last_run_at,
                    last_ok_at: row.last_ok_at,
                    tries: row.standing.failures,
                    error: row.error,
                    hindrance: job.hindrance(self).unwrap_or_default(),
                });
            }
            Ok(items)
        })
    }
}
