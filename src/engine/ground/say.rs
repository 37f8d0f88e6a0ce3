//! Pieces of sentences for the operator.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::schedule::short_date;

/// Returns the text with its first letter as a capital.
pub(in crate::engine) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Returns the text as a sentence: with one full stop.
pub(in crate::engine) fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// Returns an instant as a clock in `zone` shows it: `10:00` today, `Tue 24 Nov 08:00:20` on another day, with the year in another one.
pub(in crate::engine) fn clock(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (there, here) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let time = if there.second() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    let time = there.strftime(time);
    if there.date() == here.date() {
        return time.to_string();
    }
    let date = short_date(there.date(), here.date());
    format!("{} {date} {time}", there.strftime("%a"))
}

/// Returns the day of an instant in `zone`: `24 Nov`, with the year in another one.
pub(in crate::engine) fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let on = |at: Timestamp| at.to_zoned(zone.clone()).date();
    short_date(on(at), on(now))
}

/// Returns an instant with its day, today's too: `Tue 24 Nov 08:00`, with the year in another one.
pub(in crate::engine) fn day_and_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let there = at.to_zoned(zone.clone());
    format!(
        "{} {} {}",
        there.strftime("%a"),
        day(at, now, zone),
        there.strftime("%H:%M")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_says_no_more_than_is_needed() {
        let zone = crate::domain::schedule::parse_zone("Europe/Madrid").unwrap();
        let check = |at: &str, expect: &str| {
            let now = "2026-12-29T10:00:00Z".parse().unwrap();
            assert_eq!(clock(at.parse().unwrap(), now, &zone), expect, "{at}");
        };
        check("2026-12-29T10:00:20Z", "11:00:20");
        check("2026-12-29T15:00:00.5Z", "16:00");
        check("2026-12-29T23:30:00Z", "Wed 30 Dec 00:30");
        check("2026-12-31T23:00:00Z", "Fri 1 Jan 2027 00:00");
        check("2025-12-29T08:00:01Z", "Mon 29 Dec 2025 09:00:01");
        let day = |at: &str| {
            day_and_time(
                at.parse().unwrap(),
                "2026-12-29T10:00:00Z".parse().unwrap(),
                &zone,
            )
        };
        assert_eq!(day("2026-12-29T15:00:00Z"), "Tue 29 Dec 16:00");
        assert_eq!(day("2027-01-04T15:00:00Z"), "Mon 4 Jan 2027 16:00");
    }
}
