//! Times as the operator types them: `2d`, `tomorrow 9:00`, `next monday`, `1 dec`, an RFC 3339 instant.
//!
//! Rules that a reader must not break: nothing is guessed where people differ (`12/1` is refused), an answer is always in
//! the future, and everything is read in the operator's zone. Units of a day and more keep the local time of day
//! across a clock change; hours and less are exact durations. A local time that a clock change skips moves forward by the length
//! of the gap, one that it repeats means the first.

mod dates;
mod span;
#[cfg(test)]
mod tests;

pub use span::{before, parse_span};

use std::cell::Cell;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

use super::schedule::{clock, day_month, day_name, number, parse_clock, parse_date, parse_day};
use super::text::clean_line;

/// The longest phrase that is read.
const MAX_BYTES: usize = 100;

/// Examples of readable times, for messages and help.
pub const EXAMPLES: &str =
    "2h, 3 days, tomorrow 9:00, monday, next week, end of month, 1 dec, 2026-12-01 14:00";

/// The parts of a day that have a name, by the hour at which they begin.
const AFTERNOON: Time = Time::constant(14, 0, 0, 0);
const EVENING: Time = Time::constant(18, 0, 0, 0);
const TONIGHT: Time = Time::constant(20, 0, 0, 0);

/// A phrase without a future instant. Each message says what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Nothing was typed.
    #[error("No time was given. Try {EXAMPLES}.")]
    Empty,
    /// A word is not understood.
    #[error("\"{given}\" is not a time that I understand. Try {EXAMPLES}.")]
    Unknown {
        /// The text given, cleaned and cut.
        given: String,
    },
    /// Day and month could change places.
    #[error(
        "\"{given}\" can be read as two dates, day or month first. Write it as 1 dec or 2026-12-01."
    )]
    Ambiguous {
        /// The text given, cleaned and cut.
        given: String,
    },
    /// A number stands where a time of day should.
    #[error(
        "\"{given}\" is not clear: a bare number could be an hour or a day. Write the hour as {given}:00."
    )]
    BareNumber {
        /// The number.
        given: String,
    },
    /// The calendar has no such day.
    #[error("There is no {given} in the calendar.")]
    NoSuchDate {
        /// The text given, cleaned and cut.
        given: String,
    },
    /// The instant is not after now.
    #[error("\"{given}\" is not in the future: that was {was}.")]
    Past {
        /// The text given, cleaned and cut.
        given: String,
        /// The instant as the operator's clock showed it.
        was: String,
    },
    /// A duration is not one.
    #[error("\"{given}\" is not a length of time. Write it as 30d, 12h, 90m, 2 weeks or 1 month.")]
    Span {
        /// The text given, cleaned and cut.
        given: String,
    },
    /// The instant is beyond the calendar's range.
    #[error("\"{given}\" is too far away.")]
    TooFar {
        /// The text given, cleaned and cut.
        given: String,
    },
}

/// An instant that was read from a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The instant.
    pub at: Timestamp,
    /// The reading of a local time that a clock change skips or repeats, in a sentence; none for any other.
    pub clock_change: Option<String>,
}

/// Says how a local time is read that a change of the clocks skips or repeats; none for any other.
fn clock_change(local: DateTime, zone: &TimeZone) -> Option<String> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let day = day_month(local.date());
    let said = clock(local.time());
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => {
            let read = ambiguous.compatible().ok()?.to_zoned(zone.clone());
            Some(format!(
                "The clocks go forward on {day} and skip {said}, so {} is meant.",
                clock(read.time())
            ))
        }
        AmbiguousOffset::Fold { .. } => Some(format!(
            "The clocks go back on {day} and show {said} twice; the first is meant."
        )),
    }
}

/// Returns the future instant that `text` names, as [`parse_when`], with what is to be said about it.
///
/// # Errors
/// As [`parse_when`].
pub fn read_when(
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
    default_time: Time,
) -> Result<Told, WhenError> {
    let (at, local) = read(text, now, zone, default_time)?;
    Ok(Told {
        at,
        clock_change: local.and_then(|local| clock_change(local, zone)),
    })
}

/// Returns the future instant that `text` names, read at `now` in `zone`; a day without a time of day means that day at `default_time`.
///
/// - Lengths: `1h`, `90m`, `1h30m`, `2d`, `3 days`, `in 2 weeks`, `a month`, each also with a time of day (`2d 9:00`).
/// - Days: `today`, `tomorrow`, `day after tomorrow`; a weekday is the next one after today, and with `next` the one in the
///   week that begins on the next Monday; `next week` is that Monday, `next month` its first day; `weekend` is Saturday;
///   `end of week` Friday, `end of month` its last day.
/// - Dates: `2026-12-01`, `1 dec`, `dec 1st`, `1 december 2027`; without a year, the next one to come.
/// - Times of day: `14:30`, `9am`, `at 9`, `noon`, `morning` (the default time), `afternoon` (14:00), `evening` (18:00), `tonight` (20:00);
///   alone, today if that is still to come, else tomorrow. `end of day` is 18:00 today.
/// - RFC 3339: `2026-12-01T14:00:00Z`; without an offset it is read in `zone`.
///
/// # Errors
/// Gives the reason that there is no such future instant; see [`WhenError`].
pub fn parse_when(
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
    default_time: Time,
) -> Result<Timestamp, WhenError> {
    read(text, now, zone, default_time).map(|(at, _)| at)
}

/// Returns the instant, and the local time that it was read from, if it was.
fn read(
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
    default_time: Time,
) -> Result<(Timestamp, Option<DateTime>), WhenError> {
    let phrase = text.trim();
    if phrase.is_empty() {
        return Err(WhenError::Empty);
    }
    let given = clean_line(phrase, 40);
    let reader = Reader {
        given: given.clone(),
        now,
        today: now.to_zoned(zone.clone()).datetime(),
        zone,
        default_time,
        local: Cell::new(None),
    };
    if phrase.len() > MAX_BYTES {
        return Err(reader.unknown());
    }
    let (at, local) = match parse_instant(phrase, zone) {
        Some(found) => found,
        None => {
            let at = reader.read(&phrase.to_lowercase())?;
            (at, reader.local.get())
        }
    };
    if at <= now {
        let was = at.to_zoned(zone.clone());
        return Err(WhenError::Past {
            given,
            was: format!(
                "{} {} {}, {}",
                day_name(was.weekday()),
                day_month(was.date()),
                was.year(),
                clock(was.time())
            ),
        });
    }
    Ok((at, local))
}

/// Reads the machine forms: an RFC 3339 instant, or a local date and time joined by `T`, which comes with the instant.
fn parse_instant(phrase: &str, zone: &TimeZone) -> Option<(Timestamp, Option<DateTime>)> {
    let begins_with_year = phrase.len() > 10 && phrase.get(..10).and_then(parse_date).is_some();
    if !begins_with_year {
        return None;
    }
    if let Ok(at) = phrase.parse::<Timestamp>() {
        return Some((at, None));
    }
    let local: DateTime = phrase.parse().ok()?;
    // jiff reads a civil time out of a zoned one and drops the zone; what carries a zone must not come this far.
    if phrase.contains(['[', '+']) {
        return None;
    }
    let zoned = local.to_zoned(zone.clone()).ok()?;
    Some((zoned.timestamp(), Some(local)))
}

/// A day read from the beginning of some words.
struct Found<'w> {
    day: Day,
    /// The time of day that its words imply ("tonight").
    time: Option<Time>,
    rest: &'w [&'w str],
}

/// State of reading a phrase.
struct Reader<'a> {
    given: String,
    now: Timestamp,
    today: DateTime,
    zone: &'a TimeZone,
    default_time: Time,
    /// The local time that the last instant was made from.
    local: Cell<Option<DateTime>>,
}

/// The day part of a phrase.
enum Day {
    On(Date),
    /// A day and month without a year: the next one to come.
    Yearly(i8, i8),
    /// A length from now.
    After(Span),
}

impl Reader<'_> {
    fn unknown(&self) -> WhenError {
        WhenError::Unknown {
            given: self.given.clone(),
        }
    }

    fn too_far(&self) -> WhenError {
        WhenError::TooFar {
            given: self.given.clone(),
        }
    }

    fn read(&self, phrase: &str) -> Result<Timestamp, WhenError> {
        let words = words_of(phrase);
        let mut rest: &[&str] = &words;
        let (mut day, mut time, mut implied) = (None, None, None);
        while let Some((word, after)) = rest.split_first() {
            if matches!(*word, "at" | "on" | "by" | "the" | "until") && !after.is_empty() {
                rest = after;
                // "at 9" can only be an hour.
                if *word == "at"
                    && let Some((hour, beyond)) = after.split_first()
                    && let Some(clock) = number(hour, 2).and_then(|h| Time::new(h, 0, 0, 0).ok())
                    && !beyond.first().is_some_and(|w| is_half_day(w))
                    && time.replace(clock).is_none()
                {
                    rest = beyond;
                }
                continue;
            }
            if let Some((found, beyond)) = self.time(rest) {
                if time.replace(found).is_some() {
                    return Err(self.unknown());
                }
                rest = beyond;
            } else if let Some(found) = self.day(rest)? {
                if day.replace(found.day).is_some() {
                    return Err(self.unknown());
                }
                implied = found.time;
                rest = found.rest;
            } else if rest.len() < words.len() && number(word, 2).is_some() {
                return Err(WhenError::BareNumber {
                    given: clean_line(word, 10),
                });
            } else {
                return Err(self.unknown());
            }
        }
        self.settle(day, time.or(implied))
    }

    /// Turns the parts into an instant.
    fn settle(&self, day: Option<Day>, time: Option<Time>) -> Result<Timestamp, WhenError> {
        let at_or_default = time.unwrap_or(self.default_time);
        match day {
            Some(Day::On(date)) => self.instant(date.to_datetime(at_or_default)),
            Some(Day::Yearly(day, month)) => self.next_yearly(day, month, at_or_default),
            Some(Day::After(span)) => {
                let at = self
                    .now
                    .to_zoned(self.zone.clone())
                    .checked_add(span)
                    .map_err(|_| self.too_far())?;
                match time {
                    None => Ok(at.timestamp()),
                    Some(time) => self.instant(at.date().to_datetime(time)),
                }
            }
            None => {
                let time = time.ok_or_else(|| self.unknown())?;
                let today = self.instant(self.today.date().to_datetime(time))?;
                if today > self.now {
                    Ok(today)
                } else {
                    self.instant(self.days_ahead(1)?.to_datetime(time))
                }
            }
        }
    }

    fn instant(&self, local: DateTime) -> Result<Timestamp, WhenError> {
        self.local.set(Some(local));
        local
            .to_zoned(self.zone.clone())
            .map(|zoned| zoned.timestamp())
            .map_err(|_| self.too_far())
    }

    fn days_ahead(&self, days: i64) -> Result<Date, WhenError> {
        self.today
            .date()
            .checked_add(Span::new().try_days(days).map_err(|_| self.too_far())?)
            .map_err(|_| self.too_far())
    }

    /// Returns the next such day of a year, looking far enough for a 29 February (eight years at the turn of a century).
    fn next_yearly(&self, day: i8, month: i8, time: Time) -> Result<Timestamp, WhenError> {
        for year in self.today.year()..=self.today.year().saturating_add(8) {
            if let Ok(date) = Date::new(year, month, day) {
                let at = self.instant(date.to_datetime(time))?;
                if at > self.now {
                    return Ok(at);
                }
            }
        }
        Err(WhenError::NoSuchDate {
            given: self.given.clone(),
        })
    }

    /// Reads a time of day at the beginning of `words`.
    fn time<'w>(&self, words: &'w [&'w str]) -> Option<(Time, &'w [&'w str])> {
        let (word, after) = words.split_first()?;
        if let Some((half, beyond)) = after.split_first()
            && is_half_day(half)
            && let Some(time) = parse_clock(&format!("{word}{half}"))
        {
            return Some((time, beyond));
        }
        let time = self.part_of_day(word).or_else(|| parse_clock(word))?;
        Some((time, after))
    }

    fn part_of_day(&self, word: &str) -> Option<Time> {
        match word {
            "morning" => Some(self.default_time),
            "afternoon" => Some(AFTERNOON),
            "evening" => Some(EVENING),
            "night" => Some(TONIGHT),
            _ => None,
        }
    }

    /// Reads a day or a length at the beginning of `words`.
    fn day<'w>(&self, words: &'w [&'w str]) -> Result<Option<Found<'w>>, WhenError> {
        let to_monday = i64::from(7 - self.today.weekday().to_monday_zero_offset());
        let mut time = None;
        let (date, rest) = match words {
            [
                "this",
                part @ ("morning" | "afternoon" | "evening"),
                rest @ ..,
            ] => {
                time = self.part_of_day(part);
                (self.days_ahead(0)?, rest)
            }
            ["tonight", rest @ ..] => {
                time = Some(TONIGHT);
                (self.days_ahead(0)?, rest)
            }
            ["end", "of", "day", rest @ ..] | ["eod", rest @ ..] => {
                time = Some(EVENING);
                (self.days_ahead(0)?, rest)
            }
            ["today", rest @ ..] => (self.days_ahead(0)?, rest),
            ["tomorrow" | "tmrw" | "tmr", rest @ ..] => (self.days_ahead(1)?, rest),
            ["day", "after", "tomorrow", rest @ ..] => (self.days_ahead(2)?, rest),
            ["end", "of", "week", rest @ ..] | ["eow", rest @ ..] => {
                (self.coming(Weekday::Friday, 0)?, rest)
            }
            ["end", "of", "month", rest @ ..] | ["eom", rest @ ..] => {
                (self.today.date().last_of_month(), rest)
            }
            ["end", "of", "next", "month", rest @ ..] => (self.next_month()?.last_of_month(), rest),
            ["next", "week", rest @ ..] => (self.days_ahead(to_monday)?, rest),
            ["next", "month", rest @ ..] => (self.next_month()?, rest),
            ["next", "weekend", rest @ ..] => (self.days_ahead(to_monday + 5)?, rest),
            ["weekend", rest @ ..] | ["this", "weekend", rest @ ..] => {
                (self.coming(Weekday::Saturday, 1)?, rest)
            }
            ["next", name, rest @ ..] if let Some(day) = parse_day(name) => {
                let ahead = to_monday + i64::from(day.to_monday_zero_offset());
                (self.days_ahead(ahead)?, rest)
            }
            [name, rest @ ..] | ["this", name, rest @ ..] if let Some(day) = parse_day(name) => {
                (self.coming(day, 1)?, rest)
            }
            _ => {
                let found = match self.date(words)? {
                    Some(found) => Some(found),
                    None => span::leading(words).map(|(span, rest)| (Day::After(span), rest)),
                };
                return Ok(found.map(|(day, rest)| Found { day, time, rest }));
            }
        };
        Ok(Some(Found {
            day: Day::On(date),
            time,
            rest,
        }))
    }

    /// Returns the first such weekday that is at least `least` days ahead.
    fn coming(&self, day: Weekday, least: i64) -> Result<Date, WhenError> {
        let ahead = i64::from(self.today.weekday().until(day));
        self.days_ahead(if ahead < least { ahead + 7 } else { ahead })
    }

    fn next_month(&self) -> Result<Date, WhenError> {
        let first = self.today.date().first_of_month();
        first.checked_add(1.month()).map_err(|_| self.too_far())
    }
}

/// Cuts a phrase in lower case into words.
fn words_of(phrase: &str) -> Vec<&str> {
    phrase
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect()
}

fn is_half_day(word: &str) -> bool {
    matches!(word, "am" | "pm" | "a.m." | "p.m.")
}
