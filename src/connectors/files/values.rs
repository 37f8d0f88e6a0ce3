//! Dates, flags and shares as exports write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::domain::amount;

/// Reads a day. `03/04/2026` is the fourth of March, as in the United States, unless only the other reading is a
/// date; `03.04.2026` is the third of April.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let day = text.split(['T', ' ']).next().unwrap_or("");
    if let Ok(date) = day.parse::<Date>() {
        return sane(date);
    }
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return sane(Date::strptime("%Y%m%d", text).ok()?);
    }
    if (12..=14).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(parse_instant(text)?.to_zoned(TimeZone::UTC).date());
    }
    for separator in ['/', '.', '-'] {
        let parts: Vec<&str> = day.split(separator).collect();
        if let [a, b, c] = parts.as_slice()
            && let (Ok(a), Ok(b), Ok(c)) = (a.parse::<i16>(), b.parse::<i16>(), c.parse::<i16>())
        {
            let (year, x, y) = if a > 31 {
                (a, b, c)
            } else {
                (if c < 100 { c + 2000 } else { c }, a, b)
            };
            let (month, day) = match separator {
                _ if a > 31 => (x, y),
                '/' if x <= 12 => (x, y),
                _ => (y, x),
            };
            let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
            return sane(date);
        }
    }
    let words = text.replace(',', " ");
    let words: Vec<&str> = words.split_whitespace().take(3).collect();
    let text = words.join(" ");
    [
        "%d %b %Y", "%b %d %Y", "%d %B %Y", "%B %d %Y", "%d-%b-%Y", "%d-%b-%y",
    ]
    .iter()
    .find_map(|format| Date::strptime(format, &text).ok())
    .and_then(sane)
}

fn sane(date: Date) -> Option<Date> {
    (1900..=2200).contains(&date.year()).then_some(date)
}

/// Reads an instant: RFC 3339, epoch seconds or milliseconds, a date with or without a time. What names no zone is
/// taken as UTC.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) && (9..=14).contains(&text.len()) {
        let n: i64 = text.parse().ok()?;
        return if text.len() >= 12 {
            Timestamp::from_millisecond(n).ok()
        } else {
            Timestamp::from_second(n).ok()
        };
    }
    if let Ok(at) = text.parse::<DateTime>() {
        sane(at.date())?;
        return at.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    }
    let date = parse_date(text)?;
    let (_, rest) = text.split_once(' ').unwrap_or_default();
    let time = parse_time(rest).unwrap_or(Time::midnight());
    date.to_datetime(time)
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|z| z.timestamp())
}

fn parse_time(text: &str) -> Option<Time> {
    let text = text.trim();
    ["%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p"]
        .iter()
        .find_map(|format| Time::strptime(format, text).ok())
}

/// Reads a flag that stops contact. Whatever is neither blank nor a clear "no" counts as "yes": a date or a reason in
/// such a column means that somebody asked to be left alone.
#[must_use]
pub fn parse_stop_flag(text: &str) -> bool {
    let text = text.trim();
    let no = [
        "",
        "0",
        "false",
        "no",
        "n",
        "f",
        "nein",
        "non",
        "off",
        "falsch",
        "faux",
        "falso",
        "never",
        "subscribed",
        "null",
        "none",
        "opted in",
        "not opted out",
        "nej",
        "nee",
        "nie",
        "não",
        "allow",
        "allowed",
        "active",
        "enabled",
        "opt in",
        "never subscribed",
        "never_subscribed",
        "non-subscribed",
        "unconfirmed",
        "0.0",
    ];
    !(no.iter().any(|word| text.eq_ignore_ascii_case(word))
        || crate::domain::contact::is_placeholder(text))
}

/// Reads a share of one: `0.85`, `0,85`, `85%`, or `85` of 100.
#[must_use]
pub fn parse_share(text: &str) -> Option<f64> {
    let text = text.trim();
    let (digits, percent) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim(), true),
        None => (text, false),
    };
    let n = amount::number(digits)?;
    let share = if percent || n > 1.0 { n / 100.0 } else { n };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// Returns an IANA zone name as it may be looked up: HubSpot's `europe_slash_berlin` is turned back. None for what
/// has not that form.
#[must_use]
pub fn parse_zone(text: &str) -> Option<String> {
    let text = text.trim();
    let restored;
    let text = if text.contains("_slash_") {
        restored = text
            .split("_slash_")
            .map(|part| {
                part.split('_')
                    .map(|word| {
                        let mut letters = word.chars();
                        letters.next().map_or_else(String::new, |c| {
                            c.to_ascii_uppercase().to_string() + letters.as_str()
                        })
                    })
                    .collect::<Vec<_>>()
                    .join("_")
            })
            .collect::<Vec<_>>()
            .join("/");
        restored.as_str()
    } else {
        text
    };
    let fits = text.len() <= 64
        && (text.contains('/') || text == "UTC")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_many_hands() {
        let check = |text: &str, expect: &str| {
            assert_eq!(
                parse_date(text).map(|d| d.to_string()).unwrap_or_default(),
                expect,
                "{text:?}"
            );
        };
        check("2026-03-04", "2026-03-04");
        check("2026-03-04T10:00:00Z", "2026-03-04");
        check("20260304", "2026-03-04");
        check("3/4/2026", "2026-03-04");
        check("13/4/2026", "2026-04-13");
        check("03.04.2026", "2026-04-03");
        check("2026/03/04", "2026-03-04");
        check("04 Mar 2026", "2026-03-04");
        check("March 4, 2026", "2026-03-04");
        check("1772582400000", "2026-03-04");
        check("31/31/2026", "");
        check("soon", "");
        check("", "");
        check("99999-01-01", "");
    }

    #[test]
    fn instants_are_read_and_taken_as_utc() {
        let check = |text: &str, expect: &str| {
            assert_eq!(
                parse_instant(text)
                    .map(|d| d.to_string())
                    .unwrap_or_default(),
                expect,
                "{text:?}"
            );
        };
        check("2026-03-04T10:00:00+02:00", "2026-03-04T08:00:00Z");
        check("2026-03-04 10:00", "2026-03-04T10:00:00Z");
        check("3/4/2026 1:05 PM", "2026-03-04T13:05:00Z");
        check("04 Mar 2026", "2026-03-04T00:00:00Z");
        check("1772582400", "2026-03-04T00:00:00Z");
        check("yesterday", "");
    }

    #[test]
    fn anything_but_a_clear_no_stops_contact() {
        for no in ["", " ", "false", "FALSE", "0", "No", "nein", "-", "n/a"] {
            assert!(!parse_stop_flag(no), "{no:?}");
        }
        for yes in [
            "true",
            "1",
            "Yes",
            "x",
            "2024-01-02",
            "asked on the phone",
            "Ja",
        ] {
            assert!(parse_stop_flag(yes), "{yes:?}");
        }
    }

    #[test]
    fn shares_and_zones_are_read() {
        assert_eq!(parse_share("0.85"), Some(0.85));
        assert_eq!(parse_share("85 %"), Some(0.85));
        assert_eq!(parse_share("85"), Some(0.85));
        assert_eq!(parse_share("0,5"), Some(0.5));
        assert_eq!(parse_share("850"), None);
        assert_eq!(parse_share("1,234"), None);
        assert_eq!(parse_share("NaN"), None);
        assert_eq!(parse_share("high"), None);
        assert_eq!(
            parse_zone("europe_slash_berlin").as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(
            parse_zone("america_slash_new_york").as_deref(),
            Some("America/New_York")
        );
        assert_eq!(parse_zone("Asia/Tokyo").as_deref(), Some("Asia/Tokyo"));
        assert_eq!(parse_zone("GMT plus one"), None);
    }
}
