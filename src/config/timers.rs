//! Delays after which silence and dates make moves.

use serde::{Deserialize, Serialize};

/// The program's own clock as a source of signals, in days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timers {
    /// Days without an answer before a thread is bumped.
    pub no_reply_days: u32,
    /// Days of silence before a customer is asked how things are.
    pub quiet_customer_days: u32,
    /// Days before a renewal at which it becomes a move.
    pub renewal_days: u32,
    /// Days before a proposal expires at which it becomes a move.
    pub proposal_expiring_days: u32,
    /// Hours past its due time at which a task counts as overdue.
    pub overdue_hours: u32,
    /// Days after which an open move that nobody touched expires.
    pub move_expires_days: u32,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            no_reply_days: 4,
            quiet_customer_days: 14,
            renewal_days: 45,
            proposal_expiring_days: 5,
            overdue_hours: 24,
            move_expires_days: 30,
        }
    }
}

impl Timers {
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, value) in [
            ("no_reply_days", self.no_reply_days),
            ("quiet_customer_days", self.quiet_customer_days),
            ("renewal_days", self.renewal_days),
            ("proposal_expiring_days", self.proposal_expiring_days),
            ("overdue_hours", self.overdue_hours),
            ("move_expires_days", self.move_expires_days),
        ] {
            if !(1..=3650).contains(&value) {
                return Err(format!("{name} must be between 1 and 3650."));
            }
        }
        Ok(())
    }
}
