//! Pieces of sentences for the operator.

use jiff::Timestamp;
use jiff::tz::TimeZone;

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
    let day = match there.date() {
        date if date == here.date() => "",
        date if date.year() == here.year() => "%a %-d %b ",
        _ => "%a %-d %b %Y ",
    };
    let time = if there.second() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    there.strftime(&format!("{day}{time}")).to_string()
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
    }
}
