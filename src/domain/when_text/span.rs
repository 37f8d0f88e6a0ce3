//! Lengths of time: `2d`, `1h30m`, `3 days`, `a week`.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{MAX_BYTES, WhenError, words_of};
use crate::domain::text::clean_line;

/// The longest number of units that is read; a longer one is a slip.
const MAX_DIGITS: usize = 6;

/// Returns the length that `text` names: `30d`, `12h`, `90m` (minutes), `1mo`, `2 weeks`, `1h 30m`, `last 30 days`, `P30D`. It is more than zero.
///
/// # Errors
/// [`WhenError::Empty`] or [`WhenError::Span`].
pub fn parse_span(text: &str) -> Result<Span, WhenError> {
    let phrase = text.trim().to_lowercase();
    let error = || WhenError::Span {
        given: clean_line(text, 40),
    };
    if phrase.is_empty() {
        return Err(WhenError::Empty);
    }
    if phrase.len() > MAX_BYTES {
        return Err(error());
    }
    let span = if phrase.starts_with('p') && !phrase.starts_with("past") {
        phrase.to_uppercase().parse::<Span>().map_err(|_| error())?
    } else {
        let words = words_of(&phrase);
        let words = match words.as_slice() {
            ["last" | "past", rest @ ..] => rest,
            all => all,
        };
        match leading(words) {
            Some((span, [] | ["ago"])) => span,
            _ => return Err(error()),
        }
    };
    if span.is_positive() {
        Ok(span)
    } else {
        Err(error())
    }
}

/// Returns the instant that lies `span` before `now`, days and more by the calendar of `zone`; `None` before the calendar begins.
#[must_use]
pub fn before(now: Timestamp, span: Span, zone: &TimeZone) -> Option<Timestamp> {
    now.to_zoned(zone.clone())
        .checked_sub(span)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// Reads a length at the beginning of `words`, with `in` before it or `from now` after it.
pub(super) fn leading<'w>(words: &'w [&'w str]) -> Option<(Span, &'w [&'w str])> {
    let mut rest = match words {
        ["in", rest @ ..] => rest,
        all => all,
    };
    let mut total = Span::new();
    let mut found = false;
    loop {
        let (span, after) = match rest {
            ["half", "an", "hour", after @ ..] => {
                (total.try_minutes(total.get_minutes() + 30).ok()?, after)
            }
            ["and", after @ ..] if found && !after.is_empty() => {
                rest = after;
                continue;
            }
            [count, unit, after @ ..]
                if let (Some(count), Some(unit)) = (count_of(count), Unit::named(unit)) =>
            {
                (unit.add(total, count)?, after)
            }
            [word, after @ ..] => match compact(word, total) {
                Some(span) => (span, after),
                None => break,
            },
            [] => break,
        };
        total = span;
        rest = after;
        found = true;
    }
    let rest = match rest {
        ["from", "now", rest @ ..] | ["later" | "hence", rest @ ..] => rest,
        rest => rest,
    };
    found.then_some((total, rest))
}

/// Reads a number and its unit written together, once or more: `2d`, `1h30m`, `1.5h`.
fn compact(word: &str, total: Span) -> Option<Span> {
    let mut total = total;
    let mut rest = word;
    while !rest.is_empty() {
        let letters = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(letters)?;
        let next = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (name, beyond) = tail.split_at_checked(next)?;
        let unit = Unit::named(name)?;
        total = match number.split_once('.') {
            None => unit.add(total, digits(number)?)?,
            // Parts of an hour are exact; parts of a day would be a guess.
            Some((whole, part)) if matches!(unit, Unit::Hour) && part.len() == 1 => {
                let minutes = digits(whole)? * 60 + digits(part)? * 6;
                Unit::Minute.add(total, minutes)?
            }
            Some(_) => return None,
        };
        rest = beyond;
    }
    Some(total)
}

fn digits(text: &str) -> Option<i64> {
    let plain =
        !text.is_empty() && text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn count_of(word: &str) -> Option<i64> {
    const WORDS: [&str; 10] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    let by_name = (1_i64..).zip(WORDS).find(|(_, name)| *name == word);
    by_name.map(|(count, _)| count).or_else(|| digits(word))
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "s" | "sec" | "secs" | "second" | "seconds" => Self::Second,
            "m" | "min" | "mins" | "minute" | "minutes" => Self::Minute,
            "h" | "hr" | "hrs" | "hour" | "hours" => Self::Hour,
            "d" | "day" | "days" => Self::Day,
            "w" | "wk" | "wks" | "week" | "weeks" => Self::Week,
            "mo" | "mos" | "month" | "months" => Self::Month,
            "y" | "yr" | "yrs" | "year" | "years" => Self::Year,
            _ => return None,
        })
    }

    /// Returns `span` with `count` more of this unit; `None` beyond what a span can hold.
    fn add(self, span: Span, count: i64) -> Option<Span> {
        match self {
            Self::Second => span.try_seconds(span.get_seconds() + count),
            Self::Minute => span.try_minutes(span.get_minutes() + count),
            Self::Hour => span.try_hours(i64::from(span.get_hours()) + count),
            Self::Day => span.try_days(i64::from(span.get_days()) + count),
            Self::Week => span.try_weeks(i64::from(span.get_weeks()) + count),
            Self::Month => span.try_months(i64::from(span.get_months()) + count),
            Self::Year => span.try_years(i64::from(span.get_years()) + count),
        }
        .ok()
    }
}
