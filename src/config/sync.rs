//! Intervals between readings of the sources while the console is open.

use serde::{Deserialize, Serialize};

/// Intervals between readings of each kind of source while the console is open. Folders on this machine are read at every look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    /// Seconds between two readings of a mailbox on a server.
    pub mail_seconds: u32,
    /// Seconds between two readings of the calendar.
    pub calendar_seconds: u32,
    /// Seconds between two readings of HubSpot.
    pub hubspot_seconds: u32,
    /// True if servers are left alone while the link is metered.
    pub pause_on_metered: bool,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            mail_seconds: 60,
            calendar_seconds: 300,
            hubspot_seconds: 300,
            pause_on_metered: true,
        }
    }
}

impl SyncConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, value) in [
            ("mail_seconds", self.mail_seconds),
            ("calendar_seconds", self.calendar_seconds),
            ("hubspot_seconds", self.hubspot_seconds),
        ] {
            if !(5..=86_400).contains(&value) {
                return Err(format!("{name} must be between 5 and 86400."));
            }
        }
        Ok(())
    }

    /// Returns the seconds between two readings of a source.
    #[must_use]
    pub fn seconds(&self, source: &str) -> u32 {
        match source.split(':').next().unwrap_or(source) {
            "hubspot" => self.hubspot_seconds,
            "calendar" => self.calendar_seconds,
            _ => self.mail_seconds,
        }
    }
}
