//! Bounds of approval rules; the rules themselves are in `approval.toml`.

use serde::{Deserialize, Serialize};

/// Bounds of approval by rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalConfig {
    /// A rule approves nothing that goes to more addresses than this.
    pub max_recipients: u32,
    /// Days for which past decisions are kept, for `caseyos rules replay`; the last about each move is kept longer.
    pub keep_days: u32,
}

impl Default for ApprovalConfig {
    fn default() -> Self {
        Self {
            max_recipients: 1,
            keep_days: 90,
        }
    }
}

impl ApprovalConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=100).contains(&self.max_recipients) {
            return Err("max_recipients must be between 1 and 100.".into());
        }
        if !(1..=3650).contains(&self.keep_days) {
            return Err("keep_days must be between 1 and 3650.".into());
        }
        Ok(())
    }
}
