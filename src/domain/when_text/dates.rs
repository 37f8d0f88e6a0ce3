//! Dates as people write them: `2026-12-01`, `1 dec`, `December 1st 2027`, and the ones that two people read differently.

use jiff::civil::Date;

use super::{Day, Reader, WhenError};
use crate::domain::schedule::{number, parse_date};
use crate::domain::text::clean_line;

impl Reader<'_> {
    /// Reads a date at the beginning of `words`.
    pub(super) fn date<'w>(
        &self,
        words: &'w [&'w str],
    ) -> Result<Option<(Day, &'w [&'w str])>, WhenError> {
        let Some((word, after)) = words.split_first() else {
            return Ok(None);
        };
        if let Some(date) = parse_date(&word.replace('/', "-")) {
            return Ok(Some((Day::On(date), after)));
        }
        if let Some(day) = self.numeric(word)? {
            return Ok(Some((day, after)));
        }
        let (day, month, after) = match words {
            [day, "of", month, after @ ..] | [day, month, after @ ..]
                if let (Some(day), Some(month)) = (day_number(day), month_number(month)) =>
            {
                (day, month, after)
            }
            [month, day, after @ ..]
                if let (Some(day), Some(month)) = (day_number(day), month_number(month)) =>
            {
                (day, month, after)
            }
            _ => return Ok(None),
        };
        if let Some((year, beyond)) = after.split_first()
            && let Some(year) = year_number(year)
        {
            return Ok(Some((self.full(year, month, day)?, beyond)));
        }
        // 2024 is a leap year: a day that it does not have, no year has.
        if Date::new(2024, month, day).is_err() {
            return Err(self.no_such_date());
        }
        Ok(Some((Day::Yearly(day, month), after)))
    }

    /// Reads a date of digits alone. Clear are those with dots, day first, and those with a slash
    /// where one number is no month, or both are the same.
    fn numeric(&self, word: &str) -> Result<Option<Day>, WhenError> {
        let parts: Vec<&str> = word.trim_end_matches('.').split(['/', '.', '-']).collect();
        let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !(2..=3).contains(&parts.len()) || !parts.iter().all(digits) {
            return Ok(None);
        }
        let ambiguous = || WhenError::Ambiguous {
            given: clean_line(word, 20),
        };
        // "1.12" may be a number; "1.12." is a day.
        let dotted = !word.contains(['/', '-']) && (parts.len() == 3 || word.ends_with('.'));
        let (first, second, year) = match parts.as_slice() {
            [first, second] if word.contains('/') => (first, second, None),
            [first, second, year] if word.contains('/') && first.len() <= 2 => (
                first,
                second,
                Some(year_number(year).ok_or_else(ambiguous)?),
            ),
            [first, second] if dotted => (first, second, None),
            [first, second, year] if dotted && first.len() <= 2 => (
                first,
                second,
                Some(year_number(year).ok_or_else(ambiguous)?),
            ),
            // An impossible date in the right order is a slip, not a doubt.
            [year, _, _] if year.len() == 4 => return Err(self.no_such_date()),
            _ => return Err(ambiguous()),
        };
        let (Some(first), Some(second)) = (number(first, 2), number(second, 2)) else {
            return Err(ambiguous());
        };
        // Who writes dots writes the day first.
        let (day, month) = match (first, second) {
            (day @ 1..=31, month @ 1..=12) if dotted => (day, month),
            _ if dotted => return Err(self.no_such_date()),
            (same, other) if same == other => (same, same),
            (day @ 13.., month @ 1..=12) | (month @ 1..=12, day @ 13..) => (day, month),
            (1..=12, 1..=12) => return Err(ambiguous()),
            _ => return Err(self.no_such_date()),
        };
        match year {
            Some(year) => self.full(year, month, day).map(Some),
            None if Date::new(2024, month, day).is_ok() => Ok(Some(Day::Yearly(day, month))),
            None => Err(self.no_such_date()),
        }
    }

    fn full(&self, year: i16, month: i8, day: i8) -> Result<Day, WhenError> {
        Date::new(year, month, day)
            .map(Day::On)
            .map_err(|_| self.no_such_date())
    }

    fn no_such_date(&self) -> WhenError {
        WhenError::NoSuchDate {
            given: self.given.clone(),
        }
    }
}

/// Reads `1`, `1.`, `1st`, `22nd`.
fn day_number(word: &str) -> Option<i8> {
    let digits = ["st", "nd", "rd", "th", "."]
        .iter()
        .find_map(|suffix| word.strip_suffix(suffix))
        .unwrap_or(word);
    number(digits, 2).filter(|day| (1..=31).contains(day))
}

fn year_number(word: &str) -> Option<i16> {
    let plain = word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    if plain { word.parse().ok() } else { None }
}

/// Reads a month's English name in lower case, whole or cut to three letters and more.
fn month_number(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches('.');
    if word.len() < 3 {
        return None;
    }
    (1_i8..)
        .zip(NAMES)
        .find(|(_, name)| name.starts_with(word))
        .map(|(month, _)| month)
}
