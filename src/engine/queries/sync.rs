//! What the Sync screen shows: how the sources and services stand, and the messages that want the operator.

use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::queries::health::Health;
use crate::engine::queries::outbox::OutboxItem;
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
