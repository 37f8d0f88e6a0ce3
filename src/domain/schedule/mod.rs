//! Allowed times: windows, business days and holidays in the other person's time zone.
//!
//! The rule, in full. An instant is open when all three hold for its **own local date and time** in the policy's zone:
//! its time of day is in the window (start inclusive, end exclusive), its weekday is allowed, and its date is no holiday.
//! The part of a midnight-crossing window that lies after midnight therefore belongs to the new day: with `22:00-06:00`
//! and `mon`, Monday 00:00-06:00 and Monday 22:00-24:00 are open, Tuesday 03:00 is not.
//!
//! Local time is taken as the clocks on the wall show it. A time that a clock change skips does not exist, so a window whose
//! start is skipped opens at the first instant after the gap, and one that is skipped whole does not open that day. A time that a clock
//! change repeats is open both times.

mod business;
mod closing;
mod parse;
mod search;
mod window;
mod zones;

pub use business::{
    add_business_days, first_business_instant_after, first_business_instant_from, is_business_day,
};
pub(in crate::domain) use closing::closes_at;
pub use parse::{ScheduleError, parse_days, parse_holidays, parse_window};
pub(in crate::domain) use parse::{number, parse_clock, parse_date, parse_day};
pub use search::{
    HORIZON_DAYS, NextAllowed, Reason, ReasonKind, Slot, next_allowed, search, short_date,
};
pub(in crate::domain) use search::{clock, date_from, day_month, day_name, horizon, opens_at};
pub use window::{Weekdays, Window};
pub use zones::{parse_zone, zone_name};

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The times at which messages may go to someone: the hours, the weekdays, the days off, and the zone in which all three are read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendPolicy {
    /// The hours of the day.
    pub window: Window,
    /// The allowed days of the week; an empty set allows none.
    pub days: Weekdays,
    /// Local dates on which nothing goes.
    #[serde(default)]
    pub holidays: BTreeSet<Date>,
    /// The zone in which the window, the weekdays and the holidays are read.
    #[serde(with = "zones::as_name")]
    pub zone: TimeZone,
}

impl SendPolicy {
    /// Tells whether `at` is inside the window on an allowed day that is no holiday.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = self.local(at);
        self.window.contains(local.time()) && self.allows_date(local.date())
    }

    /// Tells whether `date` is an allowed weekday and no holiday.
    #[must_use]
    pub fn allows_date(&self, date: Date) -> bool {
        is_business_day(date, self.days, &self.holidays)
    }

    /// Returns `at` as the clocks of this policy's zone show it.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }
}
