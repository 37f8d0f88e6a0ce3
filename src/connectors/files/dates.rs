//! Dates as exports write them, each column in one order of day and month.
//!
//! `03/04/2026` alone says nothing about its order; its column does. So a column is looked over before its first row is
//! read, and all its dates are read in the one order that every one of them allows.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::header::{Field, Mapping};
use crate::domain::contact::name::fold;
use crate::domain::date_order::DateOrder;
use crate::domain::words::words;

/// The reason that a cell is no date at all.
pub(super) const NOT_A_DATE: &str = "not a date";
const NOT_IN_ORDER: &str = "not a date in the order of its column";
const IN_NO_ORDER: &str = "in a column that contradicts itself about day and month";

words! {
    /// The reason for an order.
    pub enum OrderCause ("a cause of an order of dates") {
        /// The operator named it.
        Told = "told",
        /// No other fits all values of the column.
        Values = "values",
        /// All values allow it, and it is the habit where the operator is.
        Habit = "habit",
        /// None fits all values.
        Contradiction = "contradiction",
    }
}

/// The order of one column's dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDates {
    /// The column's place, from 0.
    pub index: usize,
    /// The order; None if the column contradicts itself.
    pub order: Option<DateOrder>,
    /// Its cause.
    pub cause: OrderCause,
    /// The line of the file that decides, or the two that contradict each other.
    pub lines: Vec<u64>,
    /// Number of cells looked at whose reading depends on the order.
    pub count: u64,
}

/// A look over the columns of dates of a file.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    columns: Vec<Seen>,
}

#[derive(Debug, Clone)]
struct Seen {
    index: usize,
    /// The orders that all cells allow, as bits.
    allowed: u8,
    /// The first line against each order.
    against: [Option<u64>; 3],
    /// The first line with a date in dots, which Americans do not write.
    dotted: Option<u64>,
    count: u64,
}

const ORDERS: [DateOrder; 3] = [
    DateOrder::DayFirst,
    DateOrder::MonthFirst,
    DateOrder::YearFirst,
];

const fn bit(order: DateOrder) -> u8 {
    match order {
        DateOrder::DayFirst => 1,
        DateOrder::MonthFirst => 2,
        DateOrder::YearFirst => 4,
    }
}

impl Survey {
    /// Returns a survey of the columns that a mapping reads as dates, before any cell was looked at.
    #[must_use]
    pub fn new(mapping: &Mapping) -> Self {
        let is_date = |field: Field| matches!(field, Field::RenewalDate | Field::CreatedAt);
        let columns = mapping
            .plan
            .iter()
            .filter(|(_, field, _)| is_date(*field))
            .map(|(index, ..)| Seen {
                index: *index,
                allowed: 7,
                against: [None; 3],
                dotted: None,
                count: 0,
            });
        Self {
            columns: columns.collect(),
        }
    }

    /// Tells whether there is no column of dates.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Looks at a row, whose cells `cell` yields.
    pub(super) fn note<'a>(
        &mut self,
        line: u64,
        cell: impl Fn(usize) -> std::borrow::Cow<'a, [u8]>,
    ) {
        for seen in &mut self.columns {
            let raw = cell(seen.index);
            let Some(parts) = std::str::from_utf8(&raw).ok().and_then(Parts::of) else {
                continue;
            };
            if parts.separator == b'.' && parts.lengths[0] <= 2 {
                seen.dotted.get_or_insert(line);
            }
            let fits = match parts.is_fixed() {
                true => 0,
                false => ORDERS
                    .iter()
                    .filter(|order| parts.read(**order).is_some())
                    .fold(0, |mask, order| mask | bit(*order)),
            };
            if fits == 0 {
                continue;
            }
            seen.count += 1;
            seen.allowed &= fits;
            for (order, against) in ORDERS.iter().zip(&mut seen.against) {
                if fits & bit(*order) == 0 {
                    against.get_or_insert(line);
                }
            }
        }
    }

    /// Decides the order of each column. `told` is the operator's word, which goes before all; `habit` decides where
    /// the values leave it open.
    #[must_use]
    pub fn decide(&self, told: Option<DateOrder>, habit: DateOrder) -> Vec<ColumnDates> {
        let columns = self.columns.iter();
        columns.map(|seen| seen.decide(told, habit)).collect()
    }
}

impl Seen {
    fn decide(&self, told: Option<DateOrder>, habit: DateOrder) -> ColumnDates {
        use DateOrder::{DayFirst, MonthFirst, YearFirst};
        let can = |order| self.allowed & bit(order) != 0;
        let [no_day_first, no_month_first, no_year_first] = self.against;
        let (order, cause, lines) = match told {
            Some(order) => (Some(order), OrderCause::Told, [None; 2]),
            None if self.allowed == 0 => {
                let mut lines = [no_day_first, no_month_first];
                if no_day_first == no_month_first {
                    lines[1] = no_year_first;
                }
                lines.sort_unstable();
                (None, OrderCause::Contradiction, lines)
            }
            // Two digits of a year in front are rare: only where they are the custom, or nothing else fits.
            None if habit == YearFirst && can(YearFirst) => {
                (Some(YearFirst), OrderCause::Habit, [None; 2])
            }
            None => match (can(DayFirst), can(MonthFirst)) {
                (true, true) if self.dotted.is_some() => {
                    (Some(DayFirst), OrderCause::Values, [self.dotted, None])
                }
                (true, true) if habit == DayFirst => (Some(DayFirst), OrderCause::Habit, [None; 2]),
                // Who puts the year first puts the month before the day.
                (true, true) => (Some(MonthFirst), OrderCause::Habit, [None; 2]),
                (true, false) => (Some(DayFirst), OrderCause::Values, [no_month_first, None]),
                (false, true) => (Some(MonthFirst), OrderCause::Values, [no_day_first, None]),
                (false, false) => (Some(YearFirst), OrderCause::Values, [no_day_first, None]),
            },
        };
        ColumnDates {
            index: self.index,
            order,
            cause,
            lines: lines.into_iter().flatten().collect(),
            count: self.count,
        }
    }
}

/// A date of three numbers.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    numbers: [i16; 3],
    /// Digits of each number.
    lengths: [usize; 3],
    separator: u8,
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let (mut numbers, mut lengths) = ([0; 3], [0; 3]);
        let mut rest = text;
        let mut separator = 0;
        for (place, (number, length)) in numbers.iter_mut().zip(&mut lengths).enumerate() {
            *length = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, after) = rest.split_at_checked(*length)?;
            if !(1..=4).contains(length) {
                return None;
            }
            *number = digits.parse().ok()?;
            rest = after;
            if place < 2 {
                let found = *after.as_bytes().first()?;
                if !matches!(found, b'/' | b'.' | b'-') || (place == 1 && found != separator) {
                    return None;
                }
                separator = found;
                rest = after.get(1..)?.trim_start_matches(' ');
            }
        }
        // What follows may be a time, or the dot with which some countries end a date.
        let is_whole = rest.is_empty()
            || rest.starts_with(['T', 't', ' ', ',', '.'])
            || rest.starts_with('\u{a0}');
        is_whole.then_some(Self {
            numbers,
            lengths,
            separator,
            rest: rest.get(1..).unwrap_or(""),
        })
    }

    /// Tells whether the form alone says the order: four digits of a year in front, or dots.
    fn is_fixed(&self) -> bool {
        self.lengths[0] == 4 || self.separator == b'.'
    }

    /// Reads the date; `order` counts only where the form leaves it open.
    fn read(&self, order: DateOrder) -> Option<Date> {
        let [a, b, c] = self.numbers;
        let [a_length, _, c_length] = self.lengths;
        let order = match self.is_fixed() {
            true if a_length == 4 => DateOrder::YearFirst,
            true => DateOrder::DayFirst,
            false => order,
        };
        let ((year, length), month, day, others) = match order {
            DateOrder::DayFirst => ((c, c_length), b, a, a_length),
            DateOrder::MonthFirst => ((c, c_length), a, b, a_length),
            DateOrder::YearFirst => ((a, a_length), b, c, c_length),
        };
        if others > 2 {
            return None;
        }
        let year = whole_year(year, length)?;
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        date.ok().and_then(sane)
    }
}

/// Returns the year that its written digits mean: two of them are of 1970 to 2069, as POSIX reads them.
fn whole_year(year: i16, digits: usize) -> Option<i16> {
    match digits {
        4 => Some(year),
        2 if year < 70 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

fn sane(date: Date) -> Option<Date> {
    (1900..=2200).contains(&date.year()).then_some(date)
}

/// Reads a day. `order` is that of the column; None if it contradicts itself, so that only dates whose form says their
/// order can be read.
///
/// # Errors
/// Returns the fault of the value, in words that follow "each".
pub(super) fn parse_date(text: &str, order: Option<DateOrder>) -> Result<Date, &'static str> {
    let text = text.trim();
    if let Some(parts) = Parts::of(text) {
        let Some(order) = order.or(parts.is_fixed().then_some(DateOrder::DayFirst)) else {
            return Err(IN_NO_ORDER);
        };
        return parts.read(order).ok_or_else(|| {
            let other = ORDERS.iter().any(|other| parts.read(*other).is_some());
            if other { NOT_IN_ORDER } else { NOT_A_DATE }
        });
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let date = match text.len() {
        8 if digits => Date::strptime("%Y%m%d", text).ok(),
        12..=14 if digits => instant_of_digits(text).map(|at| at.to_zoned(TimeZone::UTC).date()),
        _ => serial(text).map(DateTime::date).or_else(|| worded(text)),
    };
    date.and_then(sane).ok_or(NOT_A_DATE)
}

/// Reads the number by which a spreadsheet keeps a date: the days since the end of 1899, its fraction the time.
fn serial(text: &str) -> Option<DateTime> {
    let (days, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if days.len() != 5 || !is_number(days) || !is_number(fraction) || fraction.len() > 16 {
        return None;
    }
    // 1950 to 2099: other numbers of five digits are more likely no dates.
    let days: i64 = days
        .parse()
        .ok()
        .filter(|n| (18_264..=73_050).contains(n))?;
    let share: f64 = format!("0.{fraction}").parse().ok()?;
    let start = Date::new(1899, 12, 30).ok()?.to_datetime(Time::midnight());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of a day in seconds is below 86,401"
    )]
    let seconds = (share * 86_400.0).round() as i64;
    start
        .checked_add(SignedDuration::from_secs(days * 86_400 + seconds))
        .ok()
}

/// The months' names in the languages of exports, without accents; three letters and more stand for one where they
/// are no other month's.
const MONTHS: [&str; 12] = [
    "january januar janvier enero gennaio janeiro januari",
    "february februar fevrier febrero febbraio fevereiro februari",
    "march marz maerz mars marzo marco maart mrz",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
];

fn month(word: &str) -> Option<i8> {
    if word.len() < 3 {
        return None;
    }
    let mut found = (1_i8..).zip(MONTHS).filter(|(_, names)| {
        names
            .split_ascii_whitespace()
            .any(|name| name.starts_with(word) || (word == "sept" && name == "september"))
    });
    let (month, _) = found.next()?;
    found.next().is_none().then_some(month)
}

/// Reads a date whose month is a word: "4 Mar 2026", "March 4th, 2026", "4. März 2026", "Wed, 04-Mar-26".
fn worded(text: &str) -> Option<Date> {
    if text.len() > 60 {
        return None;
    }
    let time = text.find(':').and_then(|colon| text.get(..colon));
    // The hour before the colon is no part of the date.
    let text = time.map_or(text, |before| {
        before.trim_end_matches(|c: char| c.is_ascii_digit())
    });
    let folded = fold(text);
    let (mut month_found, mut numbers, mut odd) = (None, Vec::new(), 0);
    for word in folded.split(' ') {
        let bare = ["st", "nd", "rd", "th"]
            .iter()
            .find_map(|end| word.strip_suffix(end))
            .filter(|bare| bare.bytes().all(|b| b.is_ascii_digit()))
            .unwrap_or(word);
        if let Ok(number) = bare.parse::<i16>() {
            numbers.push((number, bare.len()));
        } else if let (None, Some(month)) = (month_found, month(word)) {
            month_found = Some(month);
        } else if !matches!(word, "of" | "de" | "del" | "the" | "" | "t") {
            // A weekday may stand before.
            odd += 1;
            if odd > 1 || !numbers.is_empty() {
                return None;
            }
        }
    }
    let (year, day) = match numbers.as_slice() {
        [(year, 4), (day, 1 | 2)] => (*year, *day),
        [(day, 1 | 2), (year, digits @ (2 | 4))] => (whole_year(*year, *digits)?, *day),
        _ => return None,
    };
    Date::new(year, month_found?, i8::try_from(day).ok()?).ok()
}

/// Reads an instant: RFC 3339, epoch seconds or milliseconds, a date with or without a time. What names no zone is
/// taken as UTC. `order` is as for [`parse_date`].
///
/// # Errors
/// As [`parse_date`].
pub(super) fn parse_instant(
    text: &str,
    order: Option<DateOrder>,
) -> Result<Timestamp, &'static str> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) && (9..=14).contains(&text.len()) {
        return instant_of_digits(text).ok_or(NOT_A_DATE);
    }
    let at = match text.parse::<DateTime>().ok().or_else(|| serial(text)) {
        Some(at) => sane(at.date()).map(|_| at).ok_or(NOT_A_DATE)?,
        None => {
            let date = parse_date(text, order)?;
            let rest = Parts::of(text).map_or(text, |parts| parts.rest);
            date.to_datetime(time_in(rest).unwrap_or(Time::midnight()))
        }
    };
    at.to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .map_err(|_| NOT_A_DATE)
}

fn instant_of_digits(text: &str) -> Option<Timestamp> {
    let n: i64 = text.parse().ok()?;
    if text.len() >= 12 {
        Timestamp::from_millisecond(n).ok()
    } else {
        Timestamp::from_second(n).ok()
    }
}

/// Finds a time of day in what follows a date.
fn time_in(text: &str) -> Option<Time> {
    let mut words = text
        .split([' ', ',', 'T', '\u{a0}', '\u{202f}'])
        .filter(|w| !w.is_empty());
    let clock = words.by_ref().find(|word| word.contains(':'))?;
    let half = words
        .next()
        .map(|word| word.to_ascii_uppercase().replace('.', ""))
        .filter(|word| matches!(word.as_str(), "AM" | "PM"));
    let text = half.map_or_else(|| clock.to_owned(), |half| format!("{clock} {half}"));
    ["%I:%M %p", "%I:%M:%S %p", "%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|format| Time::strptime(format, &text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{DayFirst, MonthFirst, YearFirst};

    fn day(text: &str, order: Option<DateOrder>) -> String {
        parse_date(text, order).map_or_else(str::to_owned, |date| date.to_string())
    }

    #[test]
    fn days_are_read_in_many_hands() {
        for (text, expect) in [
            ("2026-03-04", "2026-03-04"),
            ("2026-3-4", "2026-03-04"),
            ("2026-03-04T10:00:00Z", "2026-03-04"),
            ("20260304", "2026-03-04"),
            ("03.04.2026", "2026-04-03"),
            ("3.4.26", "2026-04-03"),
            ("2026. 03. 04.", "2026-03-04"),
            ("2026/03/04", "2026-03-04"),
            ("04 Mar 2026", "2026-03-04"),
            ("04-Mar-26", "2026-03-04"),
            ("March 4, 2026", "2026-03-04"),
            ("March 4th 2026 10:30 AM", "2026-03-04"),
            ("Wednesday, March 4, 2026", "2026-03-04"),
            ("4. März 2026", "2026-03-04"),
            ("4 de marzo de 2026", "2026-03-04"),
            ("4 août 2026", "2026-08-04"),
            ("12 juin 2026", "2026-06-12"),
            ("1772582400000", "2026-03-04"),
            ("46085", "2026-03-04"),
            ("46085.75", "2026-03-04"),
            ("31/31/2026", NOT_A_DATE),
            ("12.31.2026", NOT_A_DATE),
            ("soon", NOT_A_DATE),
            ("", NOT_A_DATE),
            ("99999-01-01", NOT_A_DATE),
            ("99999", NOT_A_DATE),
            ("12345", NOT_A_DATE),
            ("2026-02-30", NOT_A_DATE),
        ] {
            assert_eq!(day(text, Some(DayFirst)), expect, "{text:?}");
            if !text.contains('/') {
                assert_eq!(day(text, None), expect, "{text:?}");
            }
        }
        for (text, order, expect) in [
            ("3/4/2026", MonthFirst, "2026-03-04"),
            ("3/4/2026", DayFirst, "2026-04-03"),
            ("3-4-2026 10:00", DayFirst, "2026-04-03"),
            ("03/04/05", YearFirst, "2003-04-05"),
            ("03/04/99", DayFirst, "1999-04-03"),
            ("13/4/2026", MonthFirst, NOT_IN_ORDER),
        ] {
            assert_eq!(day(text, Some(order)), expect, "{text:?}");
        }
        assert_eq!(day("31/12/2026", None), IN_NO_ORDER);
    }

    #[test]
    fn instants_are_read_and_taken_as_utc() {
        let check = |text: &str, expect: &str| {
            let found = parse_instant(text, Some(MonthFirst));
            assert_eq!(
                found.map_or_else(str::to_owned, |at| at.to_string()),
                expect,
                "{text:?}"
            );
        };
        check("2026-03-04T10:00:00+02:00", "2026-03-04T08:00:00Z");
        check("2026-03-04 10:00", "2026-03-04T10:00:00Z");
        check("3/4/2026 1:05 PM", "2026-03-04T13:05:00Z");
        check("3/4/2026, 1:05:06 p.m.", "2026-03-04T13:05:06Z");
        check("04.03.2026 13:05", "2026-03-04T13:05:00Z");
        check("04 Mar 2026 13:05", "2026-03-04T13:05:00Z");
        check("04 Mar 2026", "2026-03-04T00:00:00Z");
        check("1772582400", "2026-03-04T00:00:00Z");
        check("46085.75", "2026-03-04T18:00:00Z");
        check("yesterday", NOT_A_DATE);
    }

    #[test]
    fn a_column_has_one_order() {
        let check = |cells: &[&str], habit: DateOrder, expect: (&str, &str, &[u64])| {
            let mut survey = Survey {
                columns: vec![Seen {
                    index: 0,
                    allowed: 7,
                    against: [None; 3],
                    dotted: None,
                    count: 0,
                }],
            };
            for (cell, line) in cells.iter().zip(2..) {
                survey.note(line, |_| cell.as_bytes().into());
            }
            let found = survey.decide(None, habit).remove(0);
            let order = found.order.map_or("", DateOrder::as_str);
            assert_eq!(
                (order, found.cause.as_str(), found.lines.as_slice()),
                expect,
                "{cells:?}"
            );
        };
        let european = ["02/01/2027", "31/12/2026", "04/03/2027"];
        check(&european, MonthFirst, ("dmy", "values", &[3]));
        check(
            &["02/01/2027", "12/31/2026"],
            DayFirst,
            ("mdy", "values", &[3]),
        );
        check(
            &["02/01/2027", "03/04/2027"],
            DayFirst,
            ("dmy", "habit", &[]),
        );
        check(
            &["02/01/2027", "03/04/2027"],
            MonthFirst,
            ("mdy", "habit", &[]),
        );
        check(
            &["02/01/2027", "03/04/2027"],
            YearFirst,
            ("mdy", "habit", &[]),
        );
        check(&["02/01/27", "03/04/27"], YearFirst, ("ymd", "habit", &[]));
        check(&["31/12/26"], MonthFirst, ("dmy", "values", &[2]));
        check(&["99/12/26"], MonthFirst, ("ymd", "values", &[2]));
        check(
            &["02/01/2027", "03.04.2027"],
            MonthFirst,
            ("dmy", "values", &[3]),
        );
        check(
            &["01/02/2027", "07/30/2026", "30/07/2026"],
            DayFirst,
            ("", "contradiction", &[3, 4]),
        );
        check(
            &["31-12-2026", "01/02/2027"],
            MonthFirst,
            ("dmy", "values", &[2]),
        );
        // What is no date in any order, or in one order only by its form, says nothing.
        check(
            &["99/99/2027", "2026-12-31", "Dec 31, 2026", "", "01/02/2027"],
            MonthFirst,
            ("mdy", "habit", &[]),
        );
    }
}
