//! What the Sync screen shows: how each source stands, and the messages that want the operator.

use jiff::Timestamp;

use super::outbox::OutboxItem;
use crate::engine::{Engine, EngineError, Result};
use crate::store::executions::ExecutionStatus;
use crate::store::sources::{self, SourceState};

/// A source whose last clean run is younger is healthy.
const HEALTHY_MINUTES: i64 = 5;
/// One whose last clean run is older fails.
const DEGRADED_MINUTES: i64 = 15;

/// How a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Healthy,
    /// Late, or its last run failed.
    Degraded,
    /// It has brought nothing for a quarter of an hour.
    Failing,
    /// It is fed by hand.
    Unknown,
}

/// A source with how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// Name, times and counts.
    pub state: SourceState,
    /// How it is.
    pub grade: Grade,
    /// Why it is not healthy.
    pub why: String,
}

impl Engine {
    /// Returns how each source stands, and the messages that failed or of which nobody knows whether they left.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn sync_state(&self) -> Result<(Vec<SourceLine>, Vec<OutboxItem>)> {
        let now = self.now();
        let states = self
            .store()
            .read(|tx| Ok::<_, EngineError>(sources::list(tx)?))?;
        let sources = states
            .into_iter()
            .map(|state| {
                let (grade, why) = grade(&state, now);
                SourceLine { state, grade, why }
            })
            .collect();
        let wants_operator = |item: &OutboxItem| {
            matches!(
                item.status,
                ExecutionStatus::Failed | ExecutionStatus::Uncertain
            )
        };
        let messages = self.outbox()?.into_iter().filter(wants_operator).collect();
        Ok((sources, messages))
    }
}

fn grade(state: &SourceState, now: Timestamp) -> (Grade, String) {
    if state.last_run_at.is_none() {
        return (Grade::Unknown, String::new());
    }
    let Some(clean) = state.last_clean_at else {
        return (Grade::Failing, "no run has ended well yet".into());
    };
    let minutes = now.duration_since(clean).as_mins();
    if minutes >= DEGRADED_MINUTES {
        return (
            Grade::Failing,
            format!("the last clean run was {minutes} minutes ago"),
        );
    }
    if !state.last_error.is_empty() {
        return (Grade::Degraded, "the last run failed".into());
    }
    if minutes >= HEALTHY_MINUTES {
        return (
            Grade::Degraded,
            format!("the last clean run was {minutes} minutes ago"),
        );
    }
    (Grade::Healthy, String::new())
}
