//! The wait and the order of approved mail.

use serde::{Deserialize, Serialize};

/// The outbox's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboxConfig {
    /// Seconds for which a live approval can be taken back before it leaves; 0 for none.
    pub undo_seconds: u32,
    /// Messages that may be on their way through one mailbox at the same time.
    pub at_once: u32,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            undo_seconds: 20,
            at_once: 1,
        }
    }
}

impl OutboxConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.undo_seconds > 86_400 {
            return Err("undo_seconds must be at most 86400.".into());
        }
        if !(1..=16).contains(&self.at_once) {
            return Err("at_once must be between 1 and 16.".into());
        }
        Ok(())
    }
}
