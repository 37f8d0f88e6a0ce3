//! The forecast on hand-worked outboxes, and against the guards themselves.

mod comes_true;

use jiff::SignedDuration;

use super::*;
use crate::domain::limits::{LimitKind, Ramp, SendHistory, check};
use crate::domain::schedule::{
    Reason, ReasonKind, parse_days, parse_holidays, parse_window, parse_zone,
};

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

fn office(zone: &str) -> SendPolicy {
    SendPolicy {
        window: parse_window("09:00-17:00").unwrap(),
        days: parse_days("mon-fri").unwrap(),
        holidays: parse_holidays("2026-12-25").unwrap(),
        zone: parse_zone(zone).unwrap(),
    }
}

fn wide() -> Limits {
    Limits {
        per_contact_week: 1000,
        per_domain_day: 1000,
        per_day: 1000,
        per_hour: 1000,
        min_gap_seconds: 0,
        ramp: None,
    }
}

fn message(class: SendClass, window: usize, now: Timestamp) -> Message {
    Message {
        class,
        not_before: now,
        check_at: None,
        expires_at: now + SignedDuration::from_hours(24),
        is_refused: false,
        carrier: Carrier::Well,
        to: Recipient {
            window,
            ..Recipient::default()
        },
    }
}

fn question(class: SendClass, asks: Asks) -> Question {
    Question {
        class,
        asks,
        place: Place::Last,
        carrier: Carrier::Well,
        to: Recipient::default(),
    }
}

fn leaves(facts: &Facts) -> Vec<Option<String>> {
    play(facts, &[])
        .messages
        .iter()
        .map(|m| m.leaves_at().map(|at| at.to_string()))
        .collect()
}

/// The next mail to somebody while nothing else waits.
fn next_send(
    policy: &SendPolicy,
    limits: &Limits,
    history: &SendHistory,
    now: Timestamp,
) -> (Option<Timestamp>, Option<LimitKind>, Vec<Reason>) {
    let facts = Facts {
        now,
        limits: limits.clone(),
        sent: history.all.clone(),
        first_send: history.mailbox_first_send,
        windows: vec![policy.clone()],
        domains: vec![history.to_domain.clone()],
        ..Facts::default()
    };
    let mut next = question(SendClass::FirstTouch, Asks::Everything);
    next.to.sent = history.to_contact.clone();
    next.to.domain = (!history.is_free_mail).then_some(0);
    let found = play(&facts, &[next]).questions.remove(0);
    (
        found.leaves_at(),
        found.held.as_ref().map(|held| held.verdict.limit),
        because(policy, now, &found),
    )
}

fn old_mailbox(all: Vec<Timestamp>) -> SendHistory {
    SendHistory {
        all: all.into(),
        mailbox_first_send: Some(t("2026-01-01T00:00:00Z")),
        ..SendHistory::default()
    }
}

#[test]
fn the_next_send_satisfies_window_and_limits_at_once() {
    let madrid = office("Europe/Madrid");
    let next = |history: &SendHistory| next_send(&madrid, &Limits::default(), history, noon());
    let (at, limit, _) = next(&old_mailbox(vec![]));
    assert_eq!((at, limit), (Some(noon()), None));
    // Room in the hour's limit comes at 12:55Z, inside the window.
    let (at, limit, because) = next(&old_mailbox((1..=5).map(|i| ago(i * 60)).collect()));
    assert_eq!(
        (at, limit),
        (Some(t("2026-11-23T12:55:00Z")), Some(LimitKind::PerHour))
    );
    assert_eq!(
        because.first().unwrap().text,
        "5 of 5 messages left this mailbox in the last hour. It has room again at 13:55 on Monday 23 November."
    );
    // The contact's week clears on Saturday: Monday's opening it is.
    let (at, limit, because) = next(&SendHistory {
        to_contact: vec![ago(86_400), ago(2 * 86_400)].into(),
        ..old_mailbox(vec![])
    });
    assert_eq!(
        (at, limit),
        (
            Some(t("2026-11-30T08:00:00Z")),
            Some(LimitKind::PerContactWeek)
        )
    );
    let kinds: Vec<ReasonKind> = because.iter().map(|r| r.kind).collect();
    assert_eq!(
        kinds,
        [ReasonKind::Limit, ReasonKind::Day, ReasonKind::Window]
    );
    // A gap of seconds decides nothing on a Sunday.
    let sunday = t("2026-11-22T12:00:00Z");
    let (at, limit, _) = next_send(
        &madrid,
        &Limits::default(),
        &old_mailbox(vec![sunday]),
        sunday,
    );
    assert_eq!((at, limit), (Some(t("2026-11-23T08:00:00Z")), None));
}

#[test]
fn a_day_of_another_year_has_its_year() {
    let history = SendHistory {
        to_contact: vec![t("2026-12-29T10:00:00Z"), t("2026-12-30T10:00:00Z")].into(),
        ..old_mailbox(vec![])
    };
    let (_, _, because) = next_send(
        &office("UTC"),
        &Limits::default(),
        &history,
        t("2026-12-30T12:00:00Z"),
    );
    assert_eq!(
        because.first().unwrap().text,
        "2 of 2 messages went to this contact in the last 7 days. It has room again at 10:00 on Tuesday 5 January 2027."
    );
}

#[test]
fn what_never_has_room_has_no_next_send() {
    let limits = Limits {
        per_day: 0,
        ..Limits::default()
    };
    let policy = office("Europe/Madrid");
    let (at, limit, because) = next_send(&policy, &limits, &old_mailbox(vec![]), noon());
    assert_eq!((at, limit), (None, Some(LimitKind::PerDay)));
    assert_eq!(
        because.first().unwrap().text,
        "0 of 0 messages left this mailbox in the last 24 hours. It never has room."
    );
    let far = old_mailbox(vec![t("9999-12-30T00:00:00Z")]);
    assert_eq!(next_send(&policy, &Limits::default(), &far, noon()).0, None);
}

#[test]
fn the_next_send_is_the_first_instant_that_satisfies_both() {
    let policy = office("Europe/Madrid");
    let check = |sends: &[i64], week: &[i64], limits: &Limits| {
        let history = SendHistory {
            all: sends.iter().map(|minutes| ago(minutes * 60)).collect(),
            to_contact: week.iter().map(|minutes| ago(minutes * 60)).collect(),
            ..old_mailbox(vec![])
        };
        let at = next_send(&policy, limits, &history, noon()).0.unwrap();
        let may =
            |at| policy.is_open(at) && self::check(limits, &history, at).iter().all(|v| v.passed);
        assert!(may(at), "{sends:?}");
        for minute in 0..at.duration_since(noon()).as_mins() {
            assert!(
                !may(noon() + SignedDuration::from_mins(minute)),
                "{sends:?} {minute}"
            );
        }
        assert!(
            at == noon() || !may(at - SignedDuration::from_nanos(1)),
            "{sends:?}"
        );
    };
    let ramp = Limits {
        per_hour: 1000,
        ramp: Some(Ramp {
            first_day: 1,
            step: 1,
        }),
        ..Limits::default()
    };
    check(&[0], &[], &Limits::default());
    check(&[1, 2, 3, 4, 5, 6, 7], &[], &Limits::default());
    check(&[1, 200, 300], &[2000, 3000, 10], &Limits::default());
    check(&[1, 2, 3, 1300, 1400], &[], &ramp);
}

/// The case that had four answers: an answer to London, whose window opens later, and a first mail to Tokyo, whose window is open.
#[test]
fn room_that_is_kept_for_an_answer_is_forecast_to_the_second() {
    let now = t("2026-11-17T07:30:00Z");
    let facts = Facts {
        now,
        limits: Limits {
            per_day: 3,
            ..wide()
        },
        sent: vec![t("2026-11-17T07:00:00Z"), t("2026-11-17T07:00:00Z")].into(),
        windows: vec![office("Europe/London"), office("Asia/Tokyo")],
        messages: vec![
            message(SendClass::Reply, 0, now),
            message(SendClass::FirstTouch, 1, now),
        ],
        ..Facts::default()
    };
    let found = play(&facts, &[]);
    let [answer, first] = found.messages.as_slice() else {
        panic!("two messages");
    };
    assert_eq!(answer.leaves_at(), Some(t("2026-11-17T09:00:00Z")));
    assert_eq!(first.leaves_at(), Some(t("2026-11-18T07:00:00Z")));
    assert_eq!(first.limits_clear_at, first.leaves_at());
    let held = first.held.as_ref().unwrap();
    assert_eq!(
        held.sentence(&office("Asia/Tokyo"), now),
        "Once the message before it has left, the limit in 24 hours is full: 3 of 3. It has room again at 16:00 on Wednesday 18 November."
    );
}

#[test]
fn bounces_hold_all_but_answers_until_they_count_no_more() {
    let now = t("2026-11-24T10:10:00Z");
    let sent: Sends = (0..20)
        .map(|i| t("2026-11-24T09:00:00Z") + SignedDuration::from_mins(i))
        .collect();
    let facts = Facts {
        now,
        limits: wide(),
        sent: sent.clone(),
        first_send: Some(t("2026-11-24T09:00:00Z")),
        results: MailResults {
            sent,
            bounced: vec![t("2026-11-24T10:00:00Z")].into(),
            new_until: Some(t("2026-12-24T09:00:00Z")),
            ..MailResults::default()
        },
        windows: vec![office("UTC")],
        ..Facts::default()
    };
    let ask = |facts: &Facts| {
        let classes = [SendClass::Reply, SendClass::FollowUp];
        let asked = classes.map(|class| question(class, Asks::Everything));
        let found = play(facts, &asked);
        let at: Vec<_> = found.questions.iter().map(Foreseen::leaves_at).collect();
        (at, found.hold_clears_at, found.questions[1].clone())
    };
    // 19 mails are too few to mean something.
    let clears = t("2026-12-01T09:00:00Z");
    let (at, hold, follow_up) = ask(&facts);
    assert_eq!((at, hold), (vec![Some(now), Some(clears)], Some(clears)));
    assert_eq!(
        because(&office("UTC"), now, &follow_up)
            .first()
            .unwrap()
            .text,
        "Came back in the last 7 days: 1, which is 5 % or more of what was sent, so nothing but answers leaves. It has room again at 09:00 on Tuesday 1 December."
    );
    // An answer that leaves makes it less than 5 %.
    let opens = t("2026-11-24T14:00:00Z");
    let mut waiting = facts;
    waiting.windows.push(office("America/New_York"));
    waiting.messages.push(message(SendClass::Reply, 1, now));
    let (at, hold, _) = ask(&waiting);
    assert_eq!((at, hold), (vec![Some(now), Some(opens)], Some(opens)));
}

#[test]
fn no_two_leave_at_once_where_a_gap_lies_between() {
    let now = t("2026-11-24T10:00:00Z");
    let mut facts = Facts {
        now,
        limits: Limits {
            min_gap_seconds: 30,
            per_hour: 3,
            ..wide()
        },
        windows: vec![office("UTC")],
        messages: vec![message(SendClass::FirstTouch, 0, now); 4],
        ..Facts::default()
    };
    facts.messages[0].not_before = now + SignedDuration::from_secs(20);
    let at = |time: &str| Some(format!("2026-11-24T{time}Z"));
    assert_eq!(
        leaves(&facts),
        [
            at("10:00:30"),
            at("10:00:00"),
            at("10:01:00"),
            at("11:00:00")
        ]
    );
    let last = question(SendClass::FirstTouch, Asks::Everything);
    let found = play(&facts, &[last]).questions.remove(0);
    assert_eq!(found.leaves_at(), Some(t("2026-11-24T11:00:30Z")));
    assert_eq!(
        because(&office("UTC"), now, &found).first().unwrap().text,
        "Once the 4 messages before it have left, the gap between two messages holds. It has room again at 11:00:30 on Tuesday 24 November."
    );
}

#[test]
fn the_window_is_named_before_the_queue_that_waits_for_it() {
    let now = t("2026-11-24T06:00:00Z");
    let facts = Facts {
        now,
        limits: Limits {
            min_gap_seconds: 30,
            ..wide()
        },
        windows: vec![office("UTC")],
        messages: vec![message(SendClass::FirstTouch, 0, now)],
        ..Facts::default()
    };
    let next = question(SendClass::FirstTouch, Asks::Everything);
    let found = play(&facts, &[next]).questions.remove(0);
    let because: Vec<String> = because(&office("UTC"), now, &found)
        .into_iter()
        .map(|reason| reason.text)
        .collect();
    assert_eq!(
        because,
        [
            "The window opens at 09:00 UTC on Tuesday 24 November.",
            "Once the message before it has left, the gap between two messages holds. It has room again at 09:00:30 on Tuesday 24 November.",
        ]
    );
}

#[test]
fn each_end_has_its_name() {
    let now = t("2026-11-24T16:00:00Z");
    let mut facts = Facts {
        now,
        limits: wide(),
        paused_until: Some(t("2026-11-24T16:30:00Z")),
        windows: vec![office("UTC"), office("Asia/Tokyo")],
        messages: vec![message(SendClass::FirstTouch, 0, now); 5],
        ..Facts::default()
    };
    let hours = |h| now + SignedDuration::from_hours(h);
    facts.messages[1].expires_at = now + SignedDuration::from_mins(30);
    facts.messages[2].is_refused = true;
    facts.messages[3].carrier = Carrier::Broken;
    facts.messages[4].carrier = Carrier::From(hours(2));
    let fates: Vec<Fate> = play(&facts, &[]).messages.iter().map(|m| m.fate).collect();
    assert_eq!(
        fates,
        [
            Fate::Leaves(t("2026-11-24T16:30:00Z")),
            Fate::Expires(t("2026-11-24T16:30:00Z")),
            Fate::Refused,
            Fate::Never,
            Fate::Leaves(t("2026-11-25T09:00:00Z")),
        ]
    );
}

#[test]
fn a_long_outbox_is_forecast_to_its_end() {
    let now = t("2026-11-24T10:00:00Z");
    let facts = Facts {
        now,
        limits: Limits {
            min_gap_seconds: 1,
            ..wide()
        },
        windows: vec![office("UTC")],
        messages: vec![message(SendClass::FirstTouch, 0, now); 1_200],
        ..Facts::default()
    };
    let found = play(&facts, &[]);
    let last = found.messages.iter().rposition(|m| m.leaves_at().is_some());
    assert_eq!(last, Some(999));
    assert_eq!(found.messages[1_100].fate, Fate::Later);
}
