//! The written forms of a policy's parts, and what is said when one is mistaken.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};

use super::window::{Weekdays, Window};
use crate::domain::text::clean_line;

/// The most holidays that a policy may list.
const MAX_HOLIDAYS: usize = 10_000;

/// An unreadable part of a policy. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The window is not two times of day.
    #[error("\"{given}\" is not a window: {problem}. Write it as 09:00-17:00.")]
    Window {
        /// The text given, cleaned and cut.
        given: String,
        /// The mistake.
        problem: &'static str,
    },
    /// A name is not one of the days.
    #[error(
        "\"{given}\" is not a day. Write days as mon,tue or mon-fri, or weekdays, weekend, all or none."
    )]
    Days {
        /// The part that was not understood, cleaned and cut.
        given: String,
    },
    /// A holiday is not a date.
    #[error(
        "\"{given}\" is not a date. Write holidays as 2026-12-25,2027-01-01, or a range as 2026-12-24..2027-01-01."
    )]
    Holiday {
        /// The part that was not understood, cleaned and cut.
        given: String,
    },
    /// The list names more days than anyone has.
    #[error(
        "The holidays are more than {MAX_HOLIDAYS} days. To stop sending altogether, use days = \"none\"."
    )]
    TooManyHolidays,
    /// There is no such zone.
    #[error(
        "\"{given}\" is not a time zone.{} Use an IANA name such as Europe/Madrid.",
        suggestion(near)
    )]
    Zone {
        /// The text given, cleaned and cut.
        given: String,
        /// Names that may have been meant, nearest first.
        near: Vec<String>,
    },
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!(" Did you mean {}?", near.join(" or "))
    }
}

/// Reads a window: `09:00-17:00`, `9-17`, `9am-5pm`, `22:00-06:00` (crosses midnight), `00:00-24:00` or `all day`.
///
/// # Errors
/// [`ScheduleError::Window`] says what is wrong.
pub fn parse_window(text: &str) -> Result<Window, ScheduleError> {
    let error = |problem| ScheduleError::Window {
        given: clean_line(text, 40),
        problem,
    };
    let lower = text.trim().to_lowercase();
    if matches!(lower.as_str(), "all day" | "always" | "all") {
        return Ok(Window::ALL_DAY);
    }
    let (start, end) = lower
        .split_once(['-', '–', '—'])
        .or_else(|| lower.split_once(" to "))
        .ok_or_else(|| error("it has no hyphen between two times"))?;
    let start = parse_bound(start).ok_or_else(|| error("its start is no time of day"))?;
    let end = parse_bound(end).ok_or_else(|| error("its end is no time of day"))?;
    let Bound::At(start) = start else {
        return Err(error("it starts at the end of the day"));
    };
    let end = match end {
        Bound::At(time) => time,
        Bound::EndOfDay => Time::midnight(),
    };
    // Nobody who writes a time twice is sure to mean the whole day.
    if start == end && start != Time::midnight() {
        return Err(error(
            "it ends when it begins; the whole day is 00:00-24:00",
        ));
    }
    Ok(Window { start, end })
}

enum Bound {
    At(Time),
    EndOfDay,
}

/// Reads one end of a window: `9`, `9:30`, `09:30:00`, `9am`, `24:00`.
fn parse_bound(text: &str) -> Option<Bound> {
    let text = text.trim();
    if let Some(time) = parse_clock(text) {
        return Some(Bound::At(time));
    }
    if matches!(text, "24" | "24:00" | "24:00:00") {
        return Some(Bound::EndOfDay);
    }
    number(text, 2)
        .and_then(|hour| Time::new(hour, 0, 0, 0).ok())
        .map(Bound::At)
}

/// Reads a time of day in lower case that can be nothing else: `9:30`, `09:30:15`, `9am`, `9:30 pm`, `noon`. A bare hour is not one.
pub(in crate::domain) fn parse_clock(text: &str) -> Option<Time> {
    if text == "noon" || text == "midday" {
        return Some(Time::constant(12, 0, 0, 0));
    }
    let half = |suffixes: [&str; 2]| suffixes.iter().find_map(|s| text.strip_suffix(s));
    let (digits, half_day) = match (half(["am", "a.m."]), half(["pm", "p.m."])) {
        (Some(digits), _) => (digits.trim_end(), Some(0)),
        (_, Some(digits)) => (digits.trim_end(), Some(12)),
        _ => (text, None),
    };
    let mut parts = digits.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = match parts.next() {
        Some(part) => exactly_two(part)?,
        None if half_day.is_some() => 0,
        None => return None,
    };
    let second = match parts.next() {
        Some(part) => exactly_two(part)?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let hour = match half_day {
        Some(offset) if (1..=12).contains(&hour) => hour % 12 + offset,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, second, 0).ok()
}

fn exactly_two(digits: &str) -> Option<i8> {
    (digits.len() == 2).then(|| number(digits, 2)).flatten()
}

/// Reads up to `max_digits` ASCII digits and nothing else.
pub(in crate::domain) fn number(digits: &str, max_digits: usize) -> Option<i8> {
    let plain = !digits.is_empty()
        && digits.len() <= max_digits
        && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Reads a set of days: `mon,tue`, `mon-fri`, `fri-mon` (over the weekend), `weekdays`, `weekend`, `all`, and `none` or nothing
/// at all for the empty set. Full English names are fine.
///
/// # Errors
/// [`ScheduleError::Days`] names the part that is no day.
pub fn parse_days(text: &str) -> Result<Weekdays, ScheduleError> {
    let lower = text.to_lowercase().replace(['–', '—'], "-");
    let mut days = Weekdays::NONE;
    for part in lower.split([',', ';', '+', '|']) {
        // "mon - fri" is one part, "mon fri" are two.
        let part = part.trim().replace(" - ", "-");
        for word in part.split_whitespace() {
            let error = || ScheduleError::Days {
                given: clean_line(word, 40),
            };
            let added = match word {
                "all" | "daily" | "any" | "everyday" | "*" => Weekdays::ALL,
                "weekdays" | "weekday" | "workdays" | "business" => Weekdays::MON_TO_FRI,
                "weekend" | "weekends" => Weekdays::WEEKEND,
                "none" => Weekdays::NONE,
                _ => match word.split_once('-') {
                    Some((from, to)) => day_range(
                        parse_day(from).ok_or_else(error)?,
                        parse_day(to).ok_or_else(error)?,
                    ),
                    None => Weekdays::NONE.with(parse_day(word).ok_or_else(error)?),
                },
            };
            days = days.union(added);
        }
    }
    Ok(days)
}

fn day_range(from: Weekday, to: Weekday) -> Weekdays {
    let count = usize::from(to.since(from).unsigned_abs()) + 1;
    from.cycle_forward().take(count).collect()
}

/// Reads a weekday's English name, whole or cut to three letters and more, in lower case.
pub(in crate::domain) fn parse_day(name: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let name = name.trim().trim_end_matches('.');
    (name.len() >= 3)
        .then(|| NAMES.iter().find(|(full, _)| full.starts_with(name)))
        .flatten()
        .map(|(_, day)| *day)
}

/// Reads a list of dates, `2026-12-25,2027-01-01`; a range `2026-12-24..2027-01-01` stands for every date from the first to the last.
/// Nothing at all is no holiday.
///
/// # Errors
/// Names the part that is no date.
pub fn parse_holidays(text: &str) -> Result<BTreeSet<Date>, ScheduleError> {
    let mut holidays = BTreeSet::new();
    for part in text
        .split(|c: char| c == ',' || c == ';' || c.is_whitespace())
        .filter(|part| !part.is_empty())
    {
        let error = || ScheduleError::Holiday {
            given: clean_line(part, 40),
        };
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        let first = parse_date(first).ok_or_else(error)?;
        let last = parse_date(last).ok_or_else(error)?;
        if last < first {
            return Err(error());
        }
        for date in first.series(1.day()).take_while(|date| *date <= last) {
            holidays.insert(date);
            if holidays.len() > MAX_HOLIDAYS {
                return Err(ScheduleError::TooManyHolidays);
            }
        }
    }
    Ok(holidays)
}

/// Reads `2026-12-25` and nothing else; jiff alone would also take a time and ignore it.
pub(in crate::domain) fn parse_date(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_are_read_in_the_forms_people_write() {
        let check = |text: &str, expect: &str| {
            assert_eq!(parse_window(text).unwrap().to_string(), expect, "{text}");
        };
        check("09:00-17:00", "09:00-17:00");
        check("9-17", "09:00-17:00");
        check(" 9:30 – 17 ", "09:30-17:00");
        check("9am-5pm", "09:00-17:00");
        check("9:15 am to 12pm", "09:15-12:00");
        check("12am-6am", "00:00-06:00");
        check("22:00-06:00", "22:00-06:00");
        check("00:00-24:00", "00:00-24:00");
        check("0-24", "00:00-24:00");
        check("00:00-00:00", "00:00-24:00");
        check("09:00-24:00", "09:00-24:00");
        check("09:00:30-17:00:00", "09:00:30-17:00");
        check("All day", "00:00-24:00");
    }

    #[test]
    fn a_window_that_is_none_is_refused_with_what_is_wrong() {
        let check = |text: &str, expect: &str| {
            let said = parse_window(text).unwrap_err().to_string();
            assert!(said.contains(expect), "{text}: {said}");
            assert!(said.contains("09:00-17:00"), "{text}: {said}");
        };
        check("", "no hyphen");
        check("9", "no hyphen");
        check("24:00-06:00", "starts at the end");
        check("9-25", "its end");
        check("13pm-14", "its start");
        check("0am-3", "its start");
        check("9:5-17:00", "its start");
        check("9-17-18", "its end");
        check("-5-17", "its start");
        check("٩-17", "its start");
        check("\u{1b}[2J-17", "its start");
        check("17:00-17:00", "ends when it begins");
        check("9-9am", "00:00-24:00");
    }

    #[test]
    fn the_part_of_a_window_after_midnight_is_inside() {
        let window = parse_window("22:00-06:00").unwrap();
        let inside = |text: &str| window.contains(text.parse().unwrap());
        assert!(inside("22:00:00") && inside("23:59:59") && inside("00:00:00"));
        assert!(inside("05:59:59.999999999"));
        assert!(!inside("06:00:00") && !inside("21:59:59.999999999"));
    }

    #[test]
    fn days_are_read_as_lists_ranges_and_words() {
        let check = |text: &str, expect: &str| {
            assert_eq!(parse_days(text).unwrap().to_string(), expect, "{text}");
        };
        check("mon,tue", "mon,tue");
        check("mon-fri", "mon-fri");
        check("Monday - Friday", "mon-fri");
        check("fri-mon", "mon,fri-sun");
        check("mon,wed,fri", "mon,wed,fri");
        check("mon-wed, sat", "mon-wed,sat");
        check("tue thurs", "tue,thu");
        check("weekdays", "mon-fri");
        check("weekend", "sat,sun");
        check("weekdays,sat", "mon-sat");
        check("all", "all");
        check("mon-sun", "all");
        check("wed-wed", "wed");
        check("", "none");
        check("none", "none");
    }

    #[test]
    fn a_word_that_is_no_day_is_named() {
        let check = |text: &str, expect: &str| {
            let said = parse_days(text).unwrap_err().to_string();
            assert!(said.starts_with(&format!("\"{expect}\"")), "{text}: {said}");
        };
        check("mon,tuo", "tuo");
        check("1-5", "1-5");
        check("t", "t");
        check("mon-", "mon-");
        check("mondays", "mondays");
    }

    #[test]
    fn holidays_are_dates_and_ranges_of_dates() {
        let check = |text: &str, expect: &[&str]| {
            let dates: Vec<String> = parse_holidays(text)
                .unwrap()
                .iter()
                .map(Date::to_string)
                .collect();
            assert_eq!(dates, expect, "{text}");
        };
        check("2027-01-01, 2026-12-25", &["2026-12-25", "2027-01-01"]);
        check("2026-12-25,2026-12-25,", &["2026-12-25"]);
        check(
            "2028-02-28..2028-03-01",
            &["2028-02-28", "2028-02-29", "2028-03-01"],
        );
        check("", &[]);
        for wrong in [
            "25/12/2026",
            "2026-02-30",
            "20261225",
            "2026-12-25T10:00",
            "2027-01-02..2027-01-01",
            "x",
        ] {
            let said = parse_holidays(wrong).unwrap_err().to_string();
            assert!(said.contains("is not a date"), "{wrong}: {said}");
        }
        assert_eq!(
            parse_holidays("0001-01-01..9999-12-31"),
            Err(ScheduleError::TooManyHolidays)
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bits in 0_u8..128, start in 0_i32..86_400, end in 0_i32..86_400) {
            let days: Weekdays = Weekdays::ALL.iter().filter(|d| bits & (1 << d.to_monday_zero_offset()) != 0).collect();
            prop_assert_eq!(parse_days(&days.to_string()).unwrap(), days);
            let time = |s: i32| Time::new((s / 3600) as i8, (s / 60 % 60) as i8, (s % 60) as i8, 0).unwrap();
            let window = Window { start: time(start), end: time(end) };
            let back = parse_window(&window.to_string()).unwrap();
            prop_assert!(back == window || (window.is_all_day() && back.is_all_day()));
            if start == end && start > 0 {
                let twice = format!("{}-{}", window.start, window.end);
                prop_assert!(parse_window(&twice).is_err());
            }
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in "\\PC{0,60}") {
            let _ = parse_window(&text);
            let _ = parse_days(&text);
            let _ = parse_holidays(&text);
            let _ = super::super::parse_zone(&text);
        }
    }
}
