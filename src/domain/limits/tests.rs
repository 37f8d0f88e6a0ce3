//! The limits on hand-worked histories, and against the plain definition.

use proptest::prelude::*;

use super::*;

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Monday noon.
fn noon() -> Timestamp {
    t("2026-11-23T12:00:00Z")
}

fn ago(seconds: i64) -> Timestamp {
    noon() - SignedDuration::from_secs(seconds)
}

fn old_mailbox(all: Vec<Timestamp>) -> SendHistory {
    SendHistory {
        all: all.into(),
        mailbox_first_send: Some(t("2026-01-01T00:00:00Z")),
        ..SendHistory::default()
    }
}

fn stands(
    limits: &Limits,
    history: &SendHistory,
    kind: LimitKind,
) -> (u32, u32, bool, Option<String>) {
    let verdicts = check(limits, history, noon());
    let v = verdicts.iter().find(|v| v.limit == kind).unwrap();
    (
        v.used,
        v.cap,
        v.passed,
        v.clears_at.map(|at| at.to_string()),
    )
}

#[test]
fn a_send_leaves_its_window_after_exactly_its_length() {
    let limits = Limits {
        per_hour: 1,
        ..Limits::default()
    };
    let check = |seconds: i64, expect: (u32, u32, bool, Option<&str>)| {
        let (used, cap, passed, clears) = stands(
            &limits,
            &old_mailbox(vec![ago(seconds)]),
            LimitKind::PerHour,
        );
        assert_eq!(
            (used, cap, passed, clears.as_deref()),
            expect,
            "{seconds} s ago"
        );
    };
    check(3600, (0, 1, true, None));
    check(3599, (1, 1, false, Some("2026-11-23T12:00:01Z")));
    check(0, (1, 1, false, Some("2026-11-23T13:00:00Z")));
    check(-60, (1, 1, false, Some("2026-11-23T13:01:00Z")));
}

#[test]
fn the_week_is_seven_rolling_days_and_counts_one_contact() {
    let history = SendHistory {
        to_contact: vec![ago(3 * 86_400), ago(7 * 86_400 - 1), ago(7 * 86_400)].into(),
        ..old_mailbox(vec![])
    };
    assert_eq!(
        stands(&Limits::default(), &history, LimitKind::PerContactWeek),
        (2, 2, false, Some("2026-11-23T12:00:01Z".into()))
    );
}

#[test]
fn the_send_that_makes_room_is_the_one_that_counts() {
    // Seven in the hour against a cap of five: two more must leave before there is room, then one.
    let history = old_mailbox((1..=7).map(|i| ago(i * 60)).collect());
    assert_eq!(
        stands(&Limits::default(), &history, LimitKind::PerHour),
        (7, 5, false, Some("2026-11-23T12:55:00Z".into()))
    );
}

#[test]
fn the_gap_is_counted_from_the_last_message() {
    let check = |gap: u32, seconds: i64, expect: Option<&str>| {
        let limits = Limits {
            min_gap_seconds: gap,
            ..Limits::default()
        };
        let (_, _, passed, clears) =
            stands(&limits, &old_mailbox(vec![ago(seconds)]), LimitKind::MinGap);
        assert_eq!(clears.as_deref(), expect, "{gap} {seconds}");
        assert_eq!(passed, expect.is_none());
    };
    check(30, 10, Some("2026-11-23T12:00:20Z"));
    check(30, 30, None);
    check(0, 0, None);
    check(0, -5, None);
}

#[test]
fn free_mail_has_no_domain_cap() {
    let mut history = old_mailbox(vec![]);
    history.to_domain = (1..=5).map(|i| ago(i * 60)).collect();
    let kinds = |h: &SendHistory| {
        check(&Limits::default(), h, noon())
            .iter()
            .filter(|v| !v.passed)
            .map(|v| v.limit)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&history), [LimitKind::PerDomainDay]);
    history.is_free_mail = true;
    assert!(kinds(&history).is_empty());
}

#[test]
fn a_new_mailbox_may_send_ten_then_five_more_each_day() {
    let limits = Limits {
        per_hour: 1000,
        min_gap_seconds: 0,
        ..Limits::default()
    };
    let check = |first_hours_ago: i64, sends: i64, expect: (u32, u32, bool, Option<&str>)| {
        let history = SendHistory {
            all: (0..sends).map(|i| ago(60 * (i + 1))).collect(),
            mailbox_first_send: Some(ago(first_hours_ago * 3600)),
            ..SendHistory::default()
        };
        let (used, cap, passed, clears) = stands(&limits, &history, LimitKind::Ramp);
        assert_eq!(
            (used, cap, passed, clears.as_deref()),
            expect,
            "{first_hours_ago} {sends}"
        );
    };
    check(10, 9, (9, 10, true, None));
    // Ten sent; the cap grows to 15 when the mailbox is a day old, before any send leaves the window.
    check(10, 10, (10, 10, false, Some("2026-11-24T02:00:00Z")));
    check(23, 14, (14, 10, false, Some("2026-11-23T13:00:00Z")));
    check(24, 14, (14, 15, true, None));
    // Fifteen are too many for the second day too; the sends leave before the third begins.
    check(25, 15, (15, 15, false, Some("2026-11-24T11:00:00Z")));
    check(47, 19, (19, 15, false, Some("2026-11-23T13:00:00Z")));
    check(48, 19, (19, 20, true, None));
    check(480, 20, (20, 20, false, Some("2026-11-24T11:40:00Z")));
    let empty = SendHistory::default();
    assert_eq!(
        stands(&limits, &empty, LimitKind::Ramp),
        (0, 10, true, None)
    );
}

#[test]
fn the_limit_that_clears_last_is_the_one_named() {
    let bound = |limits: &Limits, history: &SendHistory| {
        binding(&check(limits, history, noon())).map(|v| v.limit)
    };
    let five = old_mailbox((0..5).map(|i| ago(60 * i)).collect());
    assert_eq!(bound(&Limits::default(), &five), Some(LimitKind::PerHour));
    let many = old_mailbox((0..20).map(|i| ago(60 * i)).collect());
    assert_eq!(bound(&Limits::default(), &many), Some(LimitKind::PerDay));
    let none = Limits {
        per_hour: 0,
        ..Limits::default()
    };
    assert_eq!(bound(&none, &many), Some(LimitKind::PerHour));
    assert_eq!(bound(&Limits::default(), &old_mailbox(vec![])), None);
}

#[test]
fn the_order_is_fixed_and_the_json_stable() {
    let verdicts = check(&Limits::default(), &old_mailbox(vec![ago(10)]), noon());
    let order: Vec<LimitKind> = verdicts.iter().map(|v| v.limit).collect();
    use LimitKind::*;
    assert_eq!(
        order,
        [PerContactWeek, PerDomainDay, PerDay, Ramp, PerHour, MinGap]
    );
    assert_eq!(
        serde_json::to_string(verdicts.last().unwrap()).unwrap(),
        r#"{"limit":"min_gap","used":1,"cap":1,"clears_at":"2026-11-23T12:00:20Z","passed":false}"#
    );
}

fn some_limits() -> impl Strategy<Value = Limits> {
    (
        1_u32..4,
        1_u32..5,
        1_u32..25,
        1_u32..8,
        0_u32..4000,
        proptest::option::of((0_u32..6, 0_u32..4)),
    )
        .prop_map(
            |(per_contact_week, per_domain_day, per_day, per_hour, min_gap_seconds, ramp)| Limits {
                per_contact_week,
                per_domain_day,
                per_day,
                per_hour,
                min_gap_seconds,
                ramp: ramp.map(|(first_day, step)| Ramp { first_day, step }),
            },
        )
}

fn some_history() -> impl Strategy<Value = SendHistory> {
    let sends =
        |most: i64| proptest::collection::vec((-10_i64..most).prop_map(|m| ago(m * 60)), 0..30);
    (
        sends(2900),
        sends(11_000),
        sends(2900),
        proptest::bool::ANY,
        proptest::option::of(0_i64..6000),
    )
        .prop_map(
            |(all, to_contact, to_domain, is_free_mail, first)| SendHistory {
                all: all.into(),
                to_contact: to_contact.into(),
                to_domain: to_domain.into(),
                is_free_mail,
                mailbox_first_send: first.map(|m| ago(m * 60)),
            },
        )
}

#[test]
fn sends_dated_ahead_of_the_clock_are_named() {
    let check = |seconds: i64, kind: LimitKind, expect: &str| {
        let limits = Limits {
            per_hour: 1,
            ..Limits::default()
        };
        let verdicts = check(&limits, &old_mailbox(vec![ago(seconds)]), noon());
        let v = verdicts.iter().find(|v| v.limit == kind).unwrap();
        assert_eq!(v.sentence(), expect, "{seconds} {kind:?}");
    };
    check(
        10,
        LimitKind::MinGap,
        "Messages keep a gap, and the last one has only just left.",
    );
    check(
        -6120,
        LimitKind::MinGap,
        "Messages keep a gap, and the last send is dated 1 h 42 min ahead of this clock.",
    );
    check(
        -30,
        LimitKind::PerHour,
        "1 of 1 messages left this mailbox in the last hour, and the last send is dated 30 s ahead of this clock.",
    );
}

#[test]
fn the_next_room_is_where_a_send_stops_counting_or_the_ramp_rises() {
    let check = |sends: &[i64], first: i64, expect: i64| {
        let all: Sends = sends.iter().map(|minutes| ago(minutes * 60)).collect();
        let found = next_room(&Limits::default(), &all, Some(ago(first * 3600)), noon());
        assert_eq!(found, Some(ago(-expect * 60)), "{sends:?} {first}");
    };
    check(&[90, 20], 100, 40);
    check(&[90], 23, 60);
    check(&[23 * 60 + 50], 100, 10);
    check(&[], 24, 24 * 60);
}

proptest! {
    #[test]
    fn a_limit_clears_at_exactly_the_instant_it_names(limits in some_limits(), history in some_history()) {
        let at = |kind, when| {
            let verdicts = check(&limits, &history, when);
            verdicts.iter().find(|v| v.limit == kind).unwrap().clone()
        };
        for v in check(&limits, &history, noon()) {
            // A send that a clock which was set back dates ahead takes room that is not used yet.
            if v.ahead.is_none() {
                prop_assert_eq!(v.passed, v.used < v.cap || limits.min_gap_seconds == 0 && v.limit == LimitKind::MinGap);
            }
            if let Some(clears) = v.clears_at {
                prop_assert!(!at(v.limit, clears - SignedDuration::from_nanos(1)).passed, "{:?}", v);
                prop_assert!(at(v.limit, clears).passed, "{:?}", v);
                prop_assert!(at(v.limit, clears + SignedDuration::from_hours(30)).passed, "{:?}", v);
            }
        }
    }
}

#[test]
fn the_last_room_is_kept_for_what_comes_first() {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let minutes = |m: i64| now + SignedDuration::from_mins(m);
    let of = |limit, used, cap| LimitVerdict {
        limit,
        used,
        cap,
        clears_at: None,
        passed: true,
        ahead: None,
    };
    let verdicts = [of(LimitKind::PerDay, 17, 20), of(LimitKind::PerHour, 4, 5)];
    let check = |ready: &[i64], expect: Option<(u32, u32, i64)>| {
        let ready: Vec<Timestamp> = ready.iter().map(|m| minutes(*m)).collect();
        let got = reserve(&verdicts, &ready, now).map(|v| (v.used, v.cap, v.clears_at.unwrap()));
        assert_eq!(got, expect.map(|(u, c, m)| (u, c, minutes(m))), "{ready:?}");
    };
    check(&[], None);
    check(&[10], Some((1, 1, 10)));
    check(&[70], None);
    check(&[70, 80], None);
    check(&[70, 80, 90], Some((3, 3, 70)));
    check(&[1500, 1501, 1502], None);
}

#[test]
fn a_first_send_that_is_dated_ahead_closes_no_ramp() {
    let ahead = t("2027-11-23T12:00:00Z");
    let verdicts = mailbox(&Limits::default(), &Sends::default(), Some(ahead), noon());
    assert!(verdicts.iter().all(|v| v.passed), "{verdicts:#?}");
    // A moment ahead it is a first day like any other.
    let soon = noon() + SignedDuration::from_mins(5);
    let all: Sends = vec![soon; 10].into();
    let verdicts = mailbox(&Limits::default(), &all, Some(soon), noon());
    let ramp = verdicts
        .iter()
        .find(|v| v.limit == LimitKind::Ramp)
        .unwrap();
    assert!(!ramp.passed);
    let clears = ramp.clears_at.unwrap();
    assert!(
        clears <= noon() + SignedDuration::from_hours(25),
        "{clears}"
    );
    let room = next_room(&Limits::default(), &Sends::default(), Some(ahead), noon()).unwrap();
    assert!(room <= noon() + SignedDuration::from_hours(24), "{room}");
}
