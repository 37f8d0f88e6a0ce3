//! The two halves of a policy that repeat: hours of the day and days of the week.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Time, Weekday};

use super::parse::{ScheduleError, parse_days, parse_window};

/// Hours of the day, from `start` (inclusive) to `end` (exclusive), as the clock on the wall shows them.
///
/// An `end` at or before the `start` crosses midnight; so an end of `00:00` means the end of the day, and equal times
/// mean the whole day. Written `09:00-17:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Window {
    /// The first moment that is inside.
    pub start: Time,
    /// The first moment that is no longer inside; `00:00` for the end of the day.
    pub end: Time,
}

impl Window {
    /// The whole day.
    pub const ALL_DAY: Self = Self {
        start: Time::midnight(),
        end: Time::midnight(),
    };

    /// Tells whether every time of day is inside.
    #[must_use]
    pub fn is_all_day(self) -> bool {
        self.start == self.end
    }

    /// Tells whether the time of day is inside.
    #[must_use]
    pub fn contains(self, time: Time) -> bool {
        if self.start < self.end {
            self.start <= time && time < self.end
        } else {
            time >= self.start || time < self.end
        }
    }

    /// Returns the first time of the same date, at or after `floor`, that is inside; `None` if the date has no more.
    #[must_use]
    pub fn first_from(self, floor: Time) -> Option<Time> {
        if self.contains(floor) {
            Some(floor)
        } else {
            (floor < self.start).then_some(self.start)
        }
    }
}

impl Default for Window {
    /// Office hours, 09:00-17:00.
    fn default() -> Self {
        Self {
            start: Time::constant(9, 0, 0, 0),
            end: Time::constant(17, 0, 0, 0),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all_day() {
            return f.write_str("00:00-24:00");
        }
        write_time(f, self.start)?;
        f.write_str("-")?;
        if self.end == Time::midnight() {
            return f.write_str("24:00");
        }
        write_time(f, self.end)
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, time: Time) -> fmt::Result {
    write!(f, "{:02}:{:02}", time.hour(), time.minute())?;
    if time.second() != 0 {
        write!(f, ":{:02}", time.second())?;
    }
    Ok(())
}

impl FromStr for Window {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        parse_window(text)
    }
}

impl TryFrom<String> for Window {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        parse_window(&text)
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

/// A set of days of the week. Written `mon-fri`, `mon,wed`, `all` or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Weekdays(u8);

impl Weekdays {
    /// No day at all.
    pub const NONE: Self = Self(0);
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);
    /// Monday to Friday.
    pub const MON_TO_FRI: Self = Self(0b001_1111);
    /// Saturday and Sunday.
    pub const WEEKEND: Self = Self(0b110_0000);

    /// Tells whether the day is in the set.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }

    /// Returns the set with `day` added.
    #[must_use]
    pub fn with(self, day: Weekday) -> Self {
        Self(self.0 | bit(day))
    }

    /// Returns the days that are in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether no day is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the days of the set, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::Monday
            .cycle_forward()
            .take(7)
            .filter(move |day| self.contains(*day))
    }
}

impl Default for Weekdays {
    /// Monday to Friday.
    fn default() -> Self {
        Self::MON_TO_FRI
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        days.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("all");
        }
        if self.is_empty() {
            return f.write_str("none");
        }
        let days: Vec<Weekday> = self.iter().collect();
        // Runs of three and more read better as a range; two days are named.
        let mut rest = days.as_slice();
        let mut first = true;
        while let Some((&start, _)) = rest.split_first() {
            let run = rest
                .iter()
                .zip(start.cycle_forward())
                .take_while(|(day, expected)| *day == expected)
                .count();
            let (named, after) = rest.split_at_checked(run).unwrap_or((rest, &[]));
            rest = after;
            match named {
                [from, _, .., to] => {
                    write!(
                        f,
                        "{}{}-{}",
                        comma(first),
                        short_name(*from),
                        short_name(*to)
                    )?;
                    first = false;
                }
                few => {
                    for day in few {
                        write!(f, "{}{}", comma(first), short_name(*day))?;
                        first = false;
                    }
                }
            }
        }
        Ok(())
    }
}

fn comma(first: bool) -> &'static str {
    if first { "" } else { "," }
}

impl FromStr for Weekdays {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        parse_days(text)
    }
}

impl TryFrom<String> for Weekdays {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        parse_days(&text)
    }
}

impl From<Weekdays> for String {
    fn from(days: Weekdays) -> Self {
        days.to_string()
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

/// Returns the three-letter name, as it is written in a policy.
fn short_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}
