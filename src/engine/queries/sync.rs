//! What the Sync screen shows: how the sources and services stand, and the messages that want the operator.

use super::health::Health;
use super::outbox::OutboxItem;
use crate::engine::{Engine, Result};
use crate::store::executions::ExecutionStatus;

impl Engine {
    /// Returns how the sources and services stand, and the messages that failed or of which nobody knows whether they left.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn sync_state(&self) -> Result<(Health, Vec<OutboxItem>)> {
        let wants_operator = |item: &OutboxItem| {
            matches!(
                item.status,
                ExecutionStatus::Failed | ExecutionStatus::Uncertain
            )
        };
        let messages = self.outbox()?.into_iter().filter(wants_operator).collect();
        Ok((self.health()?, messages))
    }
}
