//! The search against hand-worked cases and against a scan of every minute.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{closes_at, parse_days, parse_holidays, parse_window, parse_zone};
use super::*;

fn policy(zone: &str, window: &str, days: &str, holidays: &str) -> SendPolicy {
    SendPolicy {
        window: parse_window(window).unwrap(),
        days: parse_days(days).unwrap(),
        holidays: parse_holidays(holidays).unwrap(),
        zone: parse_zone(zone).unwrap(),
    }
}

fn at(policy: &SendPolicy, now: &str) -> String {
    next_allowed(policy, now.parse().unwrap()).map_or("none".into(), |slot| slot.at.to_string())
}

#[test]
fn ordinary_days_are_found() {
    let check = |now: &str, expect: &str| {
        let policy = policy("Europe/Madrid", "09:00-17:00", "mon-fri", "2026-12-25");
        assert_eq!(at(&policy, now), expect, "{now}");
    };
    check("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z");
    check("2026-11-23T07:59:59.999Z", "2026-11-23T08:00:00Z");
    check("2026-11-23T10:11:12.345Z", "2026-11-23T10:11:12.345Z");
    check(
        "2026-11-23T15:59:59.999999999Z",
        "2026-11-23T15:59:59.999999999Z",
    );
    check("2026-11-23T16:00:00Z", "2026-11-24T08:00:00Z");
    check("2026-11-27T16:00:00Z", "2026-11-30T08:00:00Z");
    check("2026-12-24T16:00:00Z", "2026-12-28T08:00:00Z");
    check("2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z");
}

#[test]
fn clock_changes_are_exact() {
    let check = |zone: &str, window: &str, now: &str, expect: &str| {
        assert_eq!(
            at(&policy(zone, window, "all", ""), now),
            expect,
            "{zone} {window} {now}"
        );
    };
    // New York springs over 02:00-03:00 on 8 March 2026.
    check(
        "America/New_York",
        "02:30-04:00",
        "2026-03-08T06:00:00Z",
        "2026-03-08T07:00:00Z",
    );
    check(
        "America/New_York",
        "02:15-02:45",
        "2026-03-08T06:00:00Z",
        "2026-03-09T06:15:00Z",
    );
    check(
        "America/New_York",
        "02:00-02:59",
        "2026-03-08T06:59:59Z",
        "2026-03-09T06:00:00Z",
    );
    check(
        "America/New_York",
        "03:00-04:00",
        "2026-03-08T06:59:00Z",
        "2026-03-08T07:00:00Z",
    );
    // It falls back over 01:00-02:00 on 1 November 2026: both passes are inside.
    check(
        "America/New_York",
        "01:30-02:00",
        "2026-11-01T04:00:00Z",
        "2026-11-01T05:30:00Z",
    );
    check(
        "America/New_York",
        "01:30-02:00",
        "2026-11-01T05:59:00Z",
        "2026-11-01T05:59:00Z",
    );
    check(
        "America/New_York",
        "01:30-02:00",
        "2026-11-01T06:00:00Z",
        "2026-11-01T06:30:00Z",
    );
    check(
        "America/New_York",
        "01:00-01:30",
        "2026-11-01T05:30:00Z",
        "2026-11-01T06:00:00Z",
    );
    check(
        "America/New_York",
        "01:00-01:30",
        "2026-11-01T06:30:00Z",
        "2026-11-02T06:00:00Z",
    );
    check(
        "America/New_York",
        "01:30-01:00",
        "2026-11-01T06:00:00Z",
        "2026-11-01T06:30:00Z",
    );
    // Lord Howe moves by half an hour: gap 02:00-02:30 on 4 October 2026, fold 01:30-02:00 on 5 April.
    check(
        "Australia/Lord_Howe",
        "02:15-03:00",
        "2026-10-03T15:00:00Z",
        "2026-10-03T15:30:00Z",
    );
    check(
        "Australia/Lord_Howe",
        "01:45-02:00",
        "2026-04-04T15:05:00Z",
        "2026-04-04T15:15:00Z",
    );
    // Apia had no 30 December 2011.
    check(
        "Pacific/Apia",
        "09:00-17:00",
        "2011-12-30T04:00:00Z",
        "2011-12-30T19:00:00Z",
    );
    // Zones whose offset is no whole hour.
    check(
        "Asia/Kolkata",
        "09:00-17:00",
        "2026-11-23T03:29:59Z",
        "2026-11-23T03:30:00Z",
    );
    check(
        "Pacific/Chatham",
        "09:00-17:00",
        "2026-11-22T19:00:00Z",
        "2026-11-22T19:15:00Z",
    );
    check(
        "Asia/Kathmandu",
        "09:00-17:00",
        "2026-11-23T03:00:00Z",
        "2026-11-23T03:15:00Z",
    );
    // Midnight itself is skipped: Beirut on 29 March 2026, and repeated: Havana on 3 November 2024.
    check(
        "Asia/Beirut",
        "00:00-01:30",
        "2026-03-28T21:00:00Z",
        "2026-03-28T22:00:00Z",
    );
    check(
        "America/Havana",
        "00:30-01:00",
        "2024-11-03T05:00:00Z",
        "2024-11-03T05:30:00Z",
    );
}

#[test]
fn a_day_is_the_local_date_of_the_instant_itself() {
    let check = |now: &str, expect: &str| {
        let policy = policy("UTC", "22:00-06:00", "mon,wed", "2026-11-25");
        assert_eq!(at(&policy, now), expect, "{now}");
    };
    // Sunday night: nothing until Monday's date begins.
    check("2026-11-22T23:00:00Z", "2026-11-23T00:00:00Z");
    check("2026-11-23T05:59:00Z", "2026-11-23T05:59:00Z");
    check("2026-11-23T06:00:00Z", "2026-11-23T22:00:00Z");
    // Tuesday's small hours are Tuesday's; Wednesday is a holiday.
    check("2026-11-24T00:00:00Z", "2026-11-30T00:00:00Z");
}

#[test]
fn the_horizon_is_forty_five_days_and_includes_its_last_instant() {
    let check = |holidays: &str, now: &str, expect: &str| {
        assert_eq!(
            at(&policy("UTC", "09:00-17:00", "all", holidays), now),
            expect,
            "{holidays} {now}"
        );
    };
    let weeks = "2026-11-23..2027-01-06";
    check(weeks, "2026-11-23T09:00:00Z", "2027-01-07T09:00:00Z");
    check(weeks, "2026-11-23T08:59:59.999999999Z", "none");
    check(
        weeks,
        "2026-11-23T09:00:00.000000001Z",
        "2027-01-07T09:00:00Z",
    );
    assert_eq!(
        at(&policy("UTC", "9-17", "none", ""), "2026-11-23T09:00:00Z"),
        "none"
    );
    assert_eq!(
        at(&policy("UTC", "9-17", "all", ""), "9999-12-30T22:00:00Z"),
        "none"
    );
}

#[test]
fn every_instant_of_a_whole_day_window_is_open() {
    let policy = policy("Europe/Madrid", "00:00-24:00", "all", "");
    for now in [
        "2026-11-23T12:34:56.789Z",
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:30:00Z",
    ] {
        assert_eq!(
            at(&policy, now),
            now.parse::<Timestamp>().unwrap().to_string()
        );
    }
}

#[test]
fn the_reasons_say_what_decides() {
    use ReasonKind::{Day, Holiday, Window};
    let check =
        |window: &str, days: &str, holidays: &str, now: &str, expect: &[(ReasonKind, &str)]| {
            let found = search(
                &policy("Europe/Madrid", window, days, holidays),
                now.parse().unwrap(),
            );
            let said: Vec<(ReasonKind, &str)> = found
                .because
                .iter()
                .map(|r| (r.kind, r.text.as_str()))
                .collect();
            assert_eq!(said, expect, "{now}");
        };
    check(
        "9-17",
        "mon-fri",
        "",
        "2026-11-23T09:15:00Z",
        &[(
            Window,
            "It is Monday 10:15 in Europe/Madrid, inside the window 09:00-17:00.",
        )],
    );
    check(
        "9-17",
        "mon-fri",
        "",
        "2026-11-23T06:00:00Z",
        &[(
            Window,
            "The window opens at 09:00 Europe/Madrid on Monday 23 November.",
        )],
    );
    check(
        "9-17",
        "mon-fri",
        "",
        "2026-11-28T12:00:00Z",
        &[
            (Day, "It is Saturday in Europe/Madrid; days are mon-fri."),
            (
                Window,
                "The window opens at 09:00 Europe/Madrid on Monday 30 November.",
            ),
        ],
    );
    check(
        "9-17",
        "mon-fri",
        "2026-12-25",
        "2026-12-24T18:00:00Z",
        &[
            (
                Window,
                "The window 09:00-17:00 is over for 24 December in Europe/Madrid.",
            ),
            (Holiday, "25 December is a holiday."),
            (Day, "26 December is a Saturday; days are mon-fri."),
            (
                Window,
                "The window opens at 09:00 Europe/Madrid on Monday 28 December.",
            ),
        ],
    );
    check(
        "22-6",
        "mon",
        "",
        "2026-11-22T22:00:00Z",
        &[
            (Day, "It is Sunday in Europe/Madrid; days are mon."),
            (
                Window,
                "Monday 23 November begins at 00:00 Europe/Madrid, inside the window 22:00-06:00.",
            ),
        ],
    );
    check(
        "02:30-04:00",
        "all",
        "",
        "2026-03-29T00:00:00Z",
        &[(
            Window,
            "The clocks change in Europe/Madrid on 29 March; 03:00 is the first time inside the window 02:30-04:00.",
        )],
    );
    check(
        "9-17",
        "none",
        "",
        "2026-03-29T00:00:00Z",
        &[(Day, "No day of the week is allowed.")],
    );
}

#[test]
fn the_answer_prints_as_json() {
    let policy = policy("Europe/Madrid", "9-17", "mon-fri", "");
    let found = search(&policy, "2026-11-23T06:00:00Z".parse().unwrap());
    assert_eq!(
        serde_json::to_string(&found).unwrap(),
        r#"{"at":"2026-11-23T08:00:00Z","because":[{"kind":"window","text":"The window opens at 09:00 Europe/Madrid on Monday 23 November."}]}"#
    );
    let back: SendPolicy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
    assert_eq!(back, policy);
}

/// Looks at every minute on its own, in the plainest words: what do the clocks show, and is that allowed?
fn scan(policy: &SendPolicy, now: Timestamp) -> Option<Timestamp> {
    let minute = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
    let (start, end) = (minute(policy.window.start), minute(policy.window.end));
    (0..=45 * 24 * 60)
        .map(|m| now + SignedDuration::from_mins(m))
        .find(|at| {
            let local = at.to_zoned(policy.zone.clone()).datetime();
            let shown = minute(local.time());
            let in_hours = match start.cmp(&end) {
                std::cmp::Ordering::Less => (start..end).contains(&shown),
                _ => !(end..start).contains(&shown),
            };
            in_hours
                && policy.days.iter().any(|d| d == local.weekday())
                && !policy.holidays.iter().any(|d| *d == local.date())
        })
}

/// Places and times around changes of the clock, and ordinary ones.
const TURNS: &[(&str, &str)] = &[
    ("Europe/Madrid", "2026-03-29T00:00:00Z"),
    ("Europe/Madrid", "2026-10-25T00:00:00Z"),
    ("America/New_York", "2026-03-08T05:00:00Z"),
    ("America/New_York", "2026-11-01T04:00:00Z"),
    ("America/St_Johns", "2026-11-01T03:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T13:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T13:00:00Z"),
    ("Pacific/Apia", "2011-12-30T08:00:00Z"),
    ("Pacific/Chatham", "2026-04-04T12:00:00Z"),
    ("Asia/Kolkata", "2026-11-23T00:00:00Z"),
    ("Asia/Beirut", "2026-03-28T20:00:00Z"),
    ("America/Havana", "2024-11-03T03:00:00Z"),
    ("Africa/Casablanca", "2026-02-15T00:00:00Z"),
    ("Antarctica/Troll", "2026-03-29T00:00:00Z"),
    ("America/Caracas", "2016-05-01T05:00:00Z"),
    ("Asia/Pyongyang", "2018-05-04T14:00:00Z"),
    ("UTC", "2026-12-31T20:00:00Z"),
];

fn case() -> impl Strategy<Value = (SendPolicy, Timestamp)> {
    // Coarse times meet the edges of gaps and folds far more often than minutes do.
    (
        0..TURNS.len(),
        -3000_i64..3000,
        prop_oneof![
            (0_i32..96, 0_i32..96).prop_map(|(a, b)| (a * 15, b * 15)),
            (0_i32..300, 0_i32..300)
        ],
        0_u8..128,
        proptest::collection::btree_set(-2_i64..50, 0..12),
        proptest::bool::weighted(0.1),
    )
        .prop_map(|(turn, minutes, (start, end), bits, holidays, long)| {
            let (zone, around) = TURNS[turn];
            let now = around.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
            let time = |m: i32| Time::new((m / 60) as i8, (m % 60) as i8, 0, 0).unwrap();
            let zone = parse_zone(zone).unwrap();
            let today = now.to_zoned(zone.clone()).date();
            let day = |n: i64| today + jiff::Span::new().days(n);
            let holidays: BTreeSet<Date> = if long {
                (-2..44).map(day).collect()
            } else {
                holidays.into_iter().map(day).collect()
            };
            let policy = SendPolicy {
                window: super::super::Window {
                    start: time(start),
                    end: time(end),
                },
                days: Weekdays::ALL
                    .iter()
                    .filter(|d| bits & (1 << d.to_monday_zero_offset()) != 0)
                    .collect(),
                holidays,
                zone,
            };
            (policy, now)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_search_agrees_with_a_scan_of_every_minute((policy, now) in case()) {
        let found = search(&policy, now);
        prop_assert_eq!(found.at, scan(&policy, now));
        prop_assert!(!found.because.is_empty());
        if let Some(at) = found.at {
            prop_assert!(policy.is_open(at));
        }
    }

    #[test]
    fn asking_later_gives_the_same_answer((policy, now) in case(), part in 0.0_f64..1.0) {
        if let Some(slot) = next_allowed(&policy, now) {
            let wait = slot.at.duration_since(now).as_secs_f64() * part;
            let later = now + SignedDuration::from_secs_f64(wait);
            prop_assert_eq!(next_allowed(&policy, later.min(slot.at)).map(|s| s.at), Some(slot.at));
        }
    }

    #[test]
    fn an_open_stretch_ends_where_it_is_said_to((policy, now) in case()) {
        if let Some(slot) = next_allowed(&policy, now) {
            let end = closes_at(&policy, slot.at);
            let scanned = end.unwrap_or(Timestamp::MAX).min(slot.at + SignedDuration::from_hours(72));
            for m in 0..=scanned.duration_since(slot.at).as_mins() {
                let minute = slot.at + SignedDuration::from_mins(m);
                prop_assert!(policy.is_open(minute) || end.is_some_and(|end| minute >= end), "{}", minute);
            }
            if let Some(end) = end {
                prop_assert!(end > slot.at && !policy.is_open(end));
                prop_assert!(policy.is_open(end - SignedDuration::from_nanos(1)));
            }
        }
    }
}
