//! Retention of the audit trail.

use serde::{Deserialize, Serialize};

/// Retention of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Days for which entries are kept; 0 is for ever.
    pub keep_days: u32,
}

impl AuditConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.keep_days > 36_500 {
            return Err("keep_days must be at most 36500; 0 keeps all.".into());
        }
        Ok(())
    }
}
