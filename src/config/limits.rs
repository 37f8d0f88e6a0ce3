//! Limits on the amount of mail, and the hours for it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::schedule::{SendPolicy, parse_days, parse_holidays, parse_window};

/// The hours for mail, in the other person's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SendWindow {
    /// From and to, such as `09:00-17:00`.
    pub window: String,
    /// Days, such as `mon-fri`.
    pub days: String,
    /// Dates without mail.
    pub holidays: Vec<String>,
}

impl Default for SendWindow {
    fn default() -> Self {
        Self {
            window: "09:00-17:00".into(),
            days: "mon-fri".into(),
            holidays: Vec::new(),
        }
    }
}

impl SendWindow {
    /// Returns the policy for a person in `zone`.
    ///
    /// # Errors
    /// Names the setting that cannot be read.
    pub fn policy(&self, zone: TimeZone) -> Result<SendPolicy, String> {
        let mut holidays: BTreeSet<Date> = BTreeSet::new();
        for text in &self.holidays {
            holidays.extend(parse_holidays(text).map_err(|e| e.to_string())?);
        }
        Ok(SendPolicy {
            window: parse_window(&self.window).map_err(|e| e.to_string())?,
            days: parse_days(&self.days).map_err(|e| e.to_string())?,
            holidays,
            zone,
        })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        self.policy(TimeZone::UTC).map(drop)
    }
}

/// Limits on the number of mails, on rolling windows; the smallest limit wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// In 24 hours, in all.
    pub per_day: u32,
    /// In one hour, in all.
    pub per_hour: u32,
    /// In 7 days, to one contact.
    pub per_contact_week: u32,
    /// In 24 hours, to one domain; free-mail domains are exempt.
    pub per_domain_day: u32,
    /// Seconds between two mails.
    pub min_gap_seconds: u32,
    /// The ramp of a new mailbox.
    pub ramp: RampConfig,
    /// Hours for which an approval holds.
    pub approval_hours: u32,
}

/// The ramp of a new mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RampConfig {
    /// True if there is a ramp.
    pub enabled: bool,
    /// Mails on the first day.
    pub first_day: u32,
    /// Mails added on each later day.
    pub step: u32,
}

impl Default for RampConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            first_day: 10,
            step: 5,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            per_day: 20,
            per_hour: 5,
            per_contact_week: 2,
            per_domain_day: 5,
            min_gap_seconds: 30,
            ramp: RampConfig::default(),
            approval_hours: 24,
        }
    }
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, value) in [
            ("per_day", self.per_day),
            ("per_hour", self.per_hour),
            ("per_contact_week", self.per_contact_week),
            ("per_domain_day", self.per_domain_day),
            ("approval_hours", self.approval_hours),
        ] {
            if !(1..=100_000).contains(&value) {
                return Err(format!(
                    "{name} must be between 1 and 100000; `caseyos stop` is what stops all mail."
                ));
            }
        }
        if self.min_gap_seconds > 86_400 {
            return Err("min_gap_seconds must be at most 86400.".into());
        }
        Ok(())
    }
}
