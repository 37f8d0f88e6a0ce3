//! The end of a job's turn.

use jiff::Timestamp;

use crate::domain::job::Standing;
use crate::engine::jobs::job::{JobRun, Plan};
use crate::store::StoreError;

/// The end of a job's turn in a pass.
#[derive(Debug)]
pub(in crate::engine) enum Ended {
    /// Its turn had not come.
    NotDue,
    /// Left out: it rests, it was given up, another process is at it, or the link is metered.
    LeftOut {
        why: String,
        until: Option<Timestamp>,
    },
    /// Run, well or badly. The problem of a run that failed altogether stands where that of a part would.
    Ran { started: Timestamp, run: JobRun },
    /// The store failed a source, which is everybody's failure.
    Unusable(StoreError),
}

/// A job with the end of its turn.
#[derive(Debug)]
pub(in crate::engine) struct Ending {
    pub name: String,
    pub plan: Plan,
    pub ended: Ended,
    /// Its standing after the run, once that was recorded.
    pub standing: Option<Standing>,
}

impl Ending {
    /// Tells whether it ran to its end, so that nothing it looks for lies unread.
    pub const fn is_complete(&self) -> bool {
        matches!(&self.ended, Ended::Ran { run, .. } if !run.is_partial)
    }
}
