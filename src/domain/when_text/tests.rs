//! Phrases and what they mean, on an ordinary Wednesday and on the days when the clocks change.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::schedule::parse_zone;

const NINE: Time = Time::constant(9, 0, 0, 0);

/// Reads `phrase` when the clock in `zone` shows `now`, and returns what it will show then.
fn read(phrase: &str, now: &str, zone: &str) -> Result<String, WhenError> {
    let zone = parse_zone(zone).unwrap();
    let now: DateTime = now.parse().unwrap();
    let now = now.to_zoned(zone.clone()).unwrap().timestamp();
    parse_when(phrase, now, &zone, NINE).map(|at| {
        at.to_zoned(zone)
            .strftime("%a %Y-%m-%d %H:%M:%S")
            .to_string()
    })
}

#[test]
fn phrases_are_read_on_an_ordinary_wednesday() {
    let check = |phrase: &str, expect: &str| {
        assert_eq!(
            read(phrase, "2026-11-25T10:30", "Europe/Madrid").as_deref(),
            Ok(expect),
            "{phrase}"
        );
    };
    check("1h", "Wed 2026-11-25 11:30:00");
    check("90m", "Wed 2026-11-25 12:00:00");
    check("1h30m", "Wed 2026-11-25 12:00:00");
    check("1.5h", "Wed 2026-11-25 12:00:00");
    check("in half an hour", "Wed 2026-11-25 11:00:00");
    check("1 hour and 15 minutes", "Wed 2026-11-25 11:45:00");
    check("2d", "Fri 2026-11-27 10:30:00");
    check("3 days", "Sat 2026-11-28 10:30:00");
    check("in 2 weeks", "Wed 2026-12-09 10:30:00");
    check("In Two Weeks", "Wed 2026-12-09 10:30:00");
    check("a week from now", "Wed 2026-12-02 10:30:00");
    check("2d 9:00", "Fri 2026-11-27 09:00:00");
    check("in 2 days at 9", "Fri 2026-11-27 09:00:00");
    check("1mo", "Fri 2026-12-25 10:30:00");
    check("today 15:00", "Wed 2026-11-25 15:00:00");
    check("tomorrow", "Thu 2026-11-26 09:00:00");
    check("tomorrow 9:00", "Thu 2026-11-26 09:00:00");
    check("tomorrow at 9am", "Thu 2026-11-26 09:00:00");
    check("tomorrow at 9", "Thu 2026-11-26 09:00:00");
    check("tomorrow, at 9 pm", "Thu 2026-11-26 21:00:00");
    check("9am tomorrow", "Thu 2026-11-26 09:00:00");
    check("tomorrow noon", "Thu 2026-11-26 12:00:00");
    check("tomorrow afternoon", "Thu 2026-11-26 14:00:00");
    check("day after tomorrow", "Fri 2026-11-27 09:00:00");
    check("monday", "Mon 2026-11-30 09:00:00");
    check("next monday", "Mon 2026-11-30 09:00:00");
    check("friday", "Fri 2026-11-27 09:00:00");
    check("this friday", "Fri 2026-11-27 09:00:00");
    check("next friday", "Fri 2026-12-04 09:00:00");
    check("wed", "Wed 2026-12-02 09:00:00");
    check("on mon 14:30", "Mon 2026-11-30 14:30:00");
    check("14:30 mon", "Mon 2026-11-30 14:30:00");
    check("friday morning", "Fri 2026-11-27 09:00:00");
    check("next week", "Mon 2026-11-30 09:00:00");
    check("next month", "Tue 2026-12-01 09:00:00");
    check("weekend", "Sat 2026-11-28 09:00:00");
    check("end of day", "Wed 2026-11-25 18:00:00");
    check("end of week", "Fri 2026-11-27 09:00:00");
    check("end of month", "Mon 2026-11-30 09:00:00");
    check("end of next month 17:00", "Thu 2026-12-31 17:00:00");
    check("tonight", "Wed 2026-11-25 20:00:00");
    check("tonight at 22:15", "Wed 2026-11-25 22:15:00");
    check("this afternoon", "Wed 2026-11-25 14:00:00");
    check("this evening", "Wed 2026-11-25 18:00:00");
    check("afternoon", "Wed 2026-11-25 14:00:00");
    check("14:30", "Wed 2026-11-25 14:30:00");
    check("at 9", "Thu 2026-11-26 09:00:00");
    check("9am", "Thu 2026-11-26 09:00:00");
    check("1.12.2026", "Tue 2026-12-01 09:00:00");
    check("1.12. at 10", "Tue 2026-12-01 10:00:00");
    check("13.12.2026 14:30", "Sun 2026-12-13 14:30:00");
    check("2026-12-01", "Tue 2026-12-01 09:00:00");
    check("2026/12/01", "Tue 2026-12-01 09:00:00");
    check("2026-12-01 14:00", "Tue 2026-12-01 14:00:00");
    check("2026-12-01 2pm", "Tue 2026-12-01 14:00:00");
    check("2026-12-01T14:00", "Tue 2026-12-01 14:00:00");
    check("2026-12-01T14:00:00Z", "Tue 2026-12-01 15:00:00");
    check("2026-12-01T14:00:00-05:00", "Tue 2026-12-01 20:00:00");
    check(
        "2026-12-01T14:00:00+05:30[Asia/Kolkata]",
        "Tue 2026-12-01 09:30:00",
    );
    check("1 dec", "Tue 2026-12-01 09:00:00");
    check("1st of December", "Tue 2026-12-01 09:00:00");
    check("dec 1 9:30", "Tue 2026-12-01 09:30:00");
    check("Dec. 1st, 2027, 9:30", "Wed 2027-12-01 09:30:00");
    check("1 feb", "Mon 2027-02-01 09:00:00");
    check("25 nov", "Thu 2027-11-25 09:00:00");
    check("25 nov 17:00", "Wed 2026-11-25 17:00:00");
    check("29 feb", "Tue 2028-02-29 09:00:00");
    check("25/12", "Fri 2026-12-25 09:00:00");
    check("12/25/2026", "Fri 2026-12-25 09:00:00");
}

#[test]
fn weeks_begin_on_monday_and_a_weekday_is_never_today() {
    let check = |now: &str, phrase: &str, expect: &str| {
        assert_eq!(
            read(phrase, now, "UTC").as_deref(),
            Ok(expect),
            "{phrase} on {now}"
        );
    };
    // A Monday.
    check("2026-11-23T08:00", "monday", "Mon 2026-11-30 09:00:00");
    check("2026-11-23T08:00", "next monday", "Mon 2026-11-30 09:00:00");
    check("2026-11-23T08:00", "next week", "Mon 2026-11-30 09:00:00");
    check("2026-11-23T08:00", "next fri", "Fri 2026-12-04 09:00:00");
    // A Friday before nine, and a Sunday.
    check("2026-11-27T08:00", "end of week", "Fri 2026-11-27 09:00:00");
    check("2026-11-29T08:00", "next monday", "Mon 2026-11-30 09:00:00");
    check("2026-11-29T08:00", "next sunday", "Sun 2026-12-06 09:00:00");
    check("2026-11-29T08:00", "weekend", "Sat 2026-12-05 09:00:00");
    // Ends of months and years.
    check("2027-01-31T08:00", "1 month", "Sun 2027-02-28 08:00:00");
    check("2026-12-31T08:00", "tomorrow", "Fri 2027-01-01 09:00:00");
    check("2026-12-31T08:00", "next month", "Fri 2027-01-01 09:00:00");
    check("2096-03-01T08:00", "29 feb", "Fri 2104-02-29 09:00:00");
}

#[test]
fn changes_of_the_clock_keep_the_time_of_day() {
    let check = |now: &str, phrase: &str, expect: &str| {
        assert_eq!(
            read(phrase, now, "Europe/Madrid").as_deref(),
            Ok(expect),
            "{phrase} on {now}"
        );
    };
    check("2026-03-28T10:00", "1d", "Sun 2026-03-29 10:00:00");
    check("2026-03-28T10:00", "24h", "Sun 2026-03-29 11:00:00");
    check(
        "2026-03-28T10:00",
        "tomorrow 2:30",
        "Sun 2026-03-29 03:30:00",
    );
    check("2026-10-24T10:00", "1 day", "Sun 2026-10-25 10:00:00");
    check("2026-10-24T10:00", "24 hours", "Sun 2026-10-25 09:00:00");
    check(
        "2026-10-24T10:00",
        "tomorrow 2:30",
        "Sun 2026-10-25 02:30:00",
    );
}

#[test]
fn what_is_unclear_or_past_is_refused_with_the_reason() {
    let check = |phrase: &str, expect: &str| {
        let said = read(phrase, "2026-11-25T10:30", "Europe/Madrid")
            .unwrap_err()
            .to_string();
        assert!(said.contains(expect), "{phrase}: {said}");
    };
    check("", "No time was given");
    check("12/1", "Write it as 1 dec or 2026-12-01");
    check("12/1 9:00", "can be read as two dates");
    check("12/1/2026", "can be read as two dates");
    check("25/12/26", "can be read as two dates");
    check("1-12-2026", "can be read as two dates");
    check("1.12", "can be read as two dates");
    check("12.31.2026", "There is no 12.31.2026");
    check("12-1", "can be read as two dates");
    check("mon 14", "Write the hour as 14:00");
    check("9", "not a time that I understand");
    check("soon", "Try 2h, 3 days");
    check("tomorrow tomorrow", "not a time");
    check("9:00 10:00", "not a time");
    check("25:00", "not a time");
    check("13pm", "not a time");
    check("at", "not a time");
    check("30 feb", "no 30 feb in the calendar");
    check("feb 29 2027", "in the calendar");
    check("2026-02-30", "in the calendar");
    check("31/31", "in the calendar");
    check("yesterday", "not a time");
    check(
        "today",
        "not in the future: that was Wednesday 25 November 2026, 09:00",
    );
    check("this morning", "not in the future");
    check("2026-11-24", "not in the future");
    check("2025-01-01T00:00:00Z", "not in the future");
    check("0d", "not in the future");
    check("-1h", "not a time");
    check("999999 years", "not a time");
    check("9999-12-31", "too far");
    check("\u{1b}[31mmonday", "\"monday\" is not a time");
    check(&"1d ".repeat(500), "not a time");
}

#[test]
fn lengths_are_read_for_looking_back() {
    let check = |text: &str, expect: &str| {
        assert_eq!(parse_span(text).unwrap().to_string(), expect, "{text}");
    };
    check("30d", "P30D");
    check("2 weeks", "P2W");
    check("90m", "PT90M");
    check("1mo", "P1M");
    check("1 year", "P1Y");
    check("1h 30m", "PT1H30M");
    check("last 7 days", "P7D");
    check("3 days ago", "P3D");
    check("P30D", "P30D");
    for wrong in [
        "30",
        "d",
        "0d",
        "-3d",
        "3 parsecs",
        "3d 9:00",
        "-P3D",
        "p",
        "1e9d",
        "9999999d",
        "3.5d",
        "tomorrow",
    ] {
        let said = parse_span(wrong).unwrap_err().to_string();
        assert!(said.contains("30d, 12h"), "{wrong}: {said}");
    }
    assert!(matches!(parse_span("  "), Err(WhenError::Empty)));
    let now: Timestamp = "2026-03-30T07:00:00Z".parse().unwrap();
    let madrid = parse_zone("Europe/Madrid").unwrap();
    let back = |text: &str| {
        before(now, parse_span(text).unwrap(), &madrid)
            .unwrap()
            .to_string()
    };
    assert_eq!(back("2d"), "2026-03-28T08:00:00Z");
    assert_eq!(back("48h"), "2026-03-28T07:00:00Z");
    assert_eq!(before(now, parse_span("19998y").unwrap(), &madrid), None);
}

proptest! {
    #[test]
    fn no_phrase_panics_and_every_answer_is_in_the_future(
        words in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(vec![
                    "in", "at", "next", "this", "end", "of", "day", "month", "week", "mon", "tomorrow", "tonight", "dec", "am", "1", "29", "feb",
                    "9:00", "2d", "1.5h", "2026-12-01", "12/1", "a", "half", "an", "hour", "from", "now", "2027", "99", "999999", "y", "1st",
                ]).prop_map(str::to_owned),
                "\\PC{0,6}",
            ],
            0..6,
        ),
        minutes in 0_i64..600_000,
    ) {
        let zone = parse_zone("Australia/Lord_Howe").unwrap();
        let now = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
        let phrase = words.join(" ");
        if let Ok(at) = parse_when(&phrase, now, &zone, NINE) {
            prop_assert!(at > now);
        }
        if let Ok(span) = parse_span(&phrase) {
            prop_assert!(span.is_positive());
        }
    }
}

#[test]
fn a_time_that_a_clock_change_skips_or_repeats_is_told_of() {
    let zone = TimeZone::get("Europe/Madrid").unwrap();
    let check = |text: &str, at: &str, expect: &str| {
        let now = "2026-03-20T10:00:00Z".parse().unwrap();
        let told = read_when(text, now, &zone, Time::constant(9, 0, 0, 0)).unwrap();
        assert_eq!(told.at.to_string(), at, "{text}");
        assert_eq!(told.clock_change.unwrap_or_default(), expect, "{text}");
    };
    let skipped = "The clocks go forward on 29 March and skip 02:30, so 03:30 is meant.";
    check("29 mar 2:30", "2026-03-29T01:30:00Z", skipped);
    check("2026-03-29 02:30", "2026-03-29T01:30:00Z", skipped);
    check("2026-03-29T02:30", "2026-03-29T01:30:00Z", skipped);
    let twice = "The clocks go back on 25 October and show 02:30 twice; the first is meant.";
    check("2026-10-25 02:30", "2026-10-25T00:30:00Z", twice);
    check("25 oct 2:30", "2026-10-25T00:30:00Z", twice);
    check("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z", "");
    check("29 mar 3:30", "2026-03-29T01:30:00Z", "");
    check("2h", "2026-03-20T12:00:00Z", "");
    check("tomorrow", "2026-03-21T08:00:00Z", "");
}
