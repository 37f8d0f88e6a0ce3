//! The forecast held against passes that ask the guards themselves: a clock is stepped through every instant that was named, the
//! moment before each, and others at random.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::by::By;
use crate::domain::guard::{
    self, ApprovalFacts, Asks as Wants, GuardFacts, GuardKind, InDraft, KillSwitch, Mode, Pause,
    Verdict,
};
use crate::domain::limits::{judge, reserve};
use crate::domain::outbox::CHECK_AGAIN;
use crate::domain::schedule::{Weekdays, Window, next_allowed};

/// Zones of both hemispheres with an instant around which their clocks change, and some that never do.
const TURNS: [(&str, &str); 8] = [
    ("Europe/Madrid", "2026-10-25T01:00:00Z"),
    ("Europe/London", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("America/Santiago", "2026-09-06T04:00:00Z"),
    ("Australia/Sydney", "2026-10-03T16:00:00Z"),
    ("Pacific/Auckland", "2026-09-26T14:00:00Z"),
    ("Asia/Tokyo", "2026-10-25T01:00:00Z"),
    ("Asia/Kolkata", "2026-11-01T06:00:00Z"),
];

/// A message as its row stands.
struct Row {
    message: Message,
    check_at: Option<Timestamp>,
    left_at: Option<Timestamp>,
    is_ended: bool,
}

/// An outbox whose messages really leave.
struct World {
    facts: Facts,
    rows: Vec<Row>,
}

impl World {
    fn new(facts: &Facts) -> Self {
        let row = |message: &Message| Row {
            message: message.clone(),
            check_at: message.check_at,
            left_at: None,
            is_ended: false,
        };
        Self {
            facts: facts.clone(),
            rows: facts.messages.iter().map(row).collect(),
        }
    }

    fn waits(row: &Row) -> bool {
        row.left_at.is_none() && !row.is_ended
    }

    /// Returns when the messages before a class can leave, as the rows say.
    fn ready_before(&self, class: SendClass, now: Timestamp) -> Vec<Timestamp> {
        self.rows
            .iter()
            .filter(|row| Self::waits(row) && row.message.class < class)
            .filter_map(|row| {
                let m = &row.message;
                let ready = row.check_at.map_or(m.not_before, |at| at.max(m.not_before));
                (m.expires_at > ready.max(now)).then_some(ready)
            })
            .collect()
    }

    fn history(&self, to: &Recipient) -> SendHistory {
        let of = |sends: &Sends, counts: &dyn Fn(usize, &Row) -> bool| {
            let mut sends = sends.clone();
            for (i, row) in self.rows.iter().enumerate() {
                if let Some(at) = row.left_at.filter(|_| counts(i, row)) {
                    sends.add(at);
                }
            }
            sends
        };
        SendHistory {
            all: of(&self.facts.sent, &|_, _| true),
            to_contact: of(&to.sent, &|i, _| to.same.contains(&i)),
            to_domain: match to.domain {
                Some(d) => of(&self.facts.domains[d], &|_, row| {
                    row.message.to.domain == Some(d)
                }),
                None => Sends::default(),
            },
            is_free_mail: to.domain.is_none(),
            mailbox_first_send: self.facts.first_send,
        }
    }

    /// Asks the eight guards, with the limits put together as the gate does.
    fn ask(
        &self,
        class: SendClass,
        carrier: Carrier,
        to: &Recipient,
        expires_at: Timestamp,
        is_refused: bool,
        now: Timestamp,
    ) -> Vec<Verdict> {
        let mut judged = check(&self.facts.limits, &self.history(to), now);
        if class != SendClass::Reply {
            judged.extend(judge(&self.results(), now));
            if judged.iter().all(|v| v.passed) {
                judged.extend(reserve(&judged, &self.ready_before(class, now), now));
            }
        }
        let pause = self.facts.paused_until.filter(|until| *until > now);
        let facts = GuardFacts {
            asks: Wants {
                suppression: true,
                limits: true,
                window: true,
                in_draft: InDraft::Makes("a draft"),
            },
            approved: Mode::Live,
            earlier: None,
            kill_switch: KillSwitch::Running,
            pause: pause.map(|until| Pause {
                since: self.facts.now,
                until,
                reason: String::new(),
            }),
            clock: None,
            approval: Some(ApprovalFacts {
                by: By::Operator,
                expires_at,
                content_hash: [0; 32],
            }),
            content_hash: [0; 32],
            asked: None,
            suppressed: is_refused.then(String::new),
            limits: judged,
            slot: next_allowed(&self.facts.windows[to.window], now),
            zone: String::new(),
            mode: Mode::Live,
            transport: match carrier.takes(now) {
                Some(at) if at <= now => Ok(String::new()),
                at => Err((String::new(), at)),
            },
        };
        guard::check(&facts, now)
    }

    /// Tells whether bounces or complaints hold anything back.
    fn holds(&self, now: Timestamp) -> bool {
        judge(&self.results(), now).iter().any(|v| !v.passed)
    }

    fn results(&self) -> MailResults {
        let mut results = self.facts.results.clone();
        for at in self.rows.iter().filter_map(|row| row.left_at) {
            results.sent.add(at);
        }
        results
    }

    fn answer(&self, q: &Question, now: Timestamp) -> bool {
        let verdicts = self.ask(q.class, q.carrier, &q.to, Timestamp::MAX, false, now);
        match q.asks {
            Asks::Everything => verdicts.iter().all(|v| v.passed),
            Asks::Limits => limits_pass(&verdicts),
        }
    }

    /// Makes a pass; returns whether each message's limits and each question passed at its turn. Without a gap, a message that leaves may free
    /// room at once that the rest of its own pass does not see yet, so the pass is made again until nothing more leaves.
    fn pass(&mut self, questions: &[Question], now: Timestamp) -> (Vec<Option<bool>>, Vec<bool>) {
        let (mut limits, mut answers) = self.one_pass(questions, now);
        let left = |world: &Self| {
            world
                .rows
                .iter()
                .filter(|row| row.left_at.is_some())
                .count()
        };
        let mut before = None;
        while self.facts.limits.min_gap_seconds == 0 && before != Some(left(self)) {
            before = Some(left(self));
            let (again, said) = self.one_pass(questions, now);
            for (passed, again) in limits.iter_mut().zip(again) {
                *passed = (*passed).max(again);
            }
            for (passed, again) in answers.iter_mut().zip(said) {
                *passed |= again;
            }
        }
        (limits, answers)
    }

    fn one_pass(
        &mut self,
        questions: &[Question],
        now: Timestamp,
    ) -> (Vec<Option<bool>>, Vec<bool>) {
        let mut limits = vec![None; self.rows.len()];
        let mut answers = vec![false; questions.len()];
        for class in SendClass::ALL {
            let mut questions_at = |world: &Self, place| {
                for (i, q) in questions.iter().enumerate() {
                    if q.class == *class && q.place == place {
                        answers[i] = world.answer(q, now);
                    }
                }
            };
            questions_at(self, Place::First);
            for (i, passes) in limits.iter_mut().enumerate() {
                let row = &self.rows[i];
                if row.message.class != *class || !Self::waits(row) {
                    continue;
                }
                let m = row.message.clone();
                let verdicts = self.ask(m.class, m.carrier, &m.to, m.expires_at, m.is_refused, now);
                *passes = Some(limits_pass(&verdicts));
                if m.not_before > now {
                    continue;
                }
                let row = &mut self.rows[i];
                match guard::binding(&verdicts) {
                    None => row.left_at = Some(now),
                    Some(v) if matches!(v.guard, GuardKind::Approval | GuardKind::Suppression) => {
                        row.is_ended = true;
                    }
                    Some(v) => row.check_at = Some(v.clears_at.unwrap_or(now + CHECK_AGAIN)),
                }
            }
            questions_at(self, Place::Last);
        }
        (limits, answers)
    }
}

fn limits_pass(verdicts: &[Verdict]) -> bool {
    verdicts
        .iter()
        .any(|v| v.guard == GuardKind::RateLimits && v.passed)
}

fn some_limits() -> impl Strategy<Value = Limits> {
    (
        1_u32..4,
        1_u32..5,
        1_u32..8,
        1_u32..5,
        prop_oneof![Just(0_u32), Just(30), Just(900), Just(4000)],
        proptest::option::of((0_u32..4, 0_u32..4)),
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

/// Sends of the last minutes, so many minutes ago, and now and then some dated ahead.
fn some_sends(most: usize, minutes: i64) -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(-5_i64..minutes, 0..most)
}

/// A turn of the clocks, the minutes to it, and windows: zone, beginning and end in minutes, weekdays, holidays.
type Windows = (usize, i64, Vec<(usize, i32, i32, u8, BTreeSet<i64>)>);

fn some_windows() -> impl Strategy<Value = Windows> {
    let quarter = prop_oneof![(28_i32..44, 56_i32..76), (0_i32..96, 0_i32..96)];
    let days = prop_oneof![Just(0b001_1111_u8), Just(0b111_1111), 1_u8..128];
    let window = (
        0..TURNS.len(),
        quarter,
        days,
        proptest::collection::btree_set(0_i64..6, 0..2),
    )
        .prop_map(|(zone, (start, end), days, holidays)| {
            (zone, start * 15, end * 15, days, holidays)
        });
    (
        0..TURNS.len(),
        -2880_i64..1440,
        proptest::collection::vec(window, 1..4),
    )
}

type Mail = (
    usize,
    i64,
    Option<i64>,
    i64,
    (u8, i64),
    usize,
    Option<usize>,
    usize,
);

fn some_mail() -> impl Strategy<Value = Mail> {
    (
        0_usize..3,
        prop_oneof![Just(0_i64), Just(20), -4000_i64..0, 0_i64..8000],
        proptest::option::weighted(0.3, -3600_i64..90_000),
        3600_i64..180_000,
        (0_u8..20, 0_i64..40_000),
        0_usize..8,
        proptest::option::weighted(0.8, 0_usize..2),
        0_usize..5,
    )
}

fn case() -> impl Strategy<Value = (Facts, Vec<Question>, Vec<i64>)> {
    (
        some_limits(),
        some_windows(),
        (
            some_sends(7, 3000),
            proptest::collection::vec(some_sends(3, 11_000), 5),
        ),
        (
            prop_oneof![Just(0_usize), 18_usize..24],
            some_sends(3, 9000),
            some_sends(2, 9000),
            0_i64..12_000,
        ),
        (
            proptest::collection::vec(some_mail(), 0..9),
            proptest::option::weighted(0.15, 0_i64..80_000),
        ),
        proptest::collection::vec((some_mail(), any::<bool>(), any::<bool>()), 0..4),
        proptest::collection::vec(0_i64..260_000, 40),
    )
        .prop_map(
            |(
                limits,
                (turn, minutes, windows),
                (sent, persons),
                (more, bounced, reported, new),
                (mut mail, pause),
                asked,
                steps,
            )| {
                let now = t(TURNS[turn].1) + SignedDuration::from_mins(minutes);
                let seconds = |s: i64| now + SignedDuration::from_secs(s);
                let sends =
                    |ago: &[i64]| -> Sends { ago.iter().map(|m| seconds(-m * 60)).collect() };
                let windows: Vec<SendPolicy> = windows
                    .into_iter()
                    .map(|(zone, start, end, bits, holidays)| {
                        let zone = parse_zone(TURNS[zone].0).unwrap();
                        let today = now.to_zoned(zone.clone()).date();
                        let time = |m: i32| jiff::civil::time((m / 60) as i8, (m % 60) as i8, 0, 0);
                        SendPolicy {
                            window: Window {
                                start: time(start),
                                end: time(end),
                            },
                            days: Weekdays::ALL
                                .iter()
                                .filter(|d| bits & (1 << d.to_monday_zero_offset()) != 0)
                                .collect(),
                            holidays: holidays
                                .into_iter()
                                .map(|n| today + jiff::Span::new().days(n))
                                .collect(),
                            zone,
                        }
                    })
                    .collect();
                // So many were sent in the week that a bounce may mean something.
                let week: Vec<i64> = (0..more as i64).map(|i| i * 480 + 7).collect();
                let sent: Vec<i64> = sent.into_iter().chain(week.iter().copied()).collect();
                mail.sort_by_key(|m| m.0);
                let of_person = |person: usize| {
                    let same = mail
                        .iter()
                        .enumerate()
                        .filter(|(_, m)| m.7 == person)
                        .map(|(i, _)| i);
                    (sends(&persons[person]), same.collect::<Vec<_>>())
                };
                let recipient = |m: &Mail| {
                    let (sent, same) = of_person(m.7);
                    Recipient {
                        window: m.5 % windows.len(),
                        domain: m.6,
                        sent,
                        same,
                    }
                };
                let carrier = |(kind, at): (u8, i64)| match kind {
                    0 => Carrier::Broken,
                    1 | 2 => Carrier::From(seconds(at)),
                    _ => Carrier::Well,
                };
                let messages = mail
                    .iter()
                    .map(|m| Message {
                        class: SendClass::ALL[m.0],
                        not_before: seconds(m.1),
                        check_at: m.2.map(seconds),
                        expires_at: seconds(m.3),
                        is_refused: m.4.0 == 19,
                        carrier: carrier(m.4),
                        to: recipient(m),
                    })
                    .collect();
                let questions = asked
                    .iter()
                    .map(|(m, everything, first)| Question {
                        class: SendClass::ALL[m.0],
                        asks: if *everything {
                            Asks::Everything
                        } else {
                            Asks::Limits
                        },
                        place: if *first { Place::First } else { Place::Last },
                        carrier: carrier(m.4),
                        to: recipient(m),
                    })
                    .collect();
                let facts = Facts {
                    now,
                    paused_until: pause.map(seconds),
                    limits,
                    first_send: sent.iter().max().map(|m| seconds(-m * 60)),
                    results: MailResults {
                        sent: sends(&sent),
                        bounced: sends(&bounced),
                        reported: sends(&reported),
                        new_until: Some(seconds(new * 60 - 100_000)),
                    },
                    sent: sends(&sent),
                    domains: vec![sends(&persons[0]), sends(&persons[1])],
                    windows,
                    messages,
                };
                (facts, questions, steps)
            },
        )
}

/// The instants to step through: those named, the moments before them, and others.
fn instants(facts: &Facts, found: &Forecast, steps: &[i64]) -> BTreeSet<Timestamp> {
    let named = found
        .messages
        .iter()
        .chain(&found.questions)
        .flat_map(|f| [f.leaves_at(), f.limits_clear_at]);
    named
        .flatten()
        .chain(found.hold_clears_at)
        .flat_map(|at| [at - SignedDuration::from_millis(1), at])
        .chain(
            steps
                .iter()
                .map(|s| facts.now + SignedDuration::from_secs(*s)),
        )
        .filter(|at| *at >= facts.now)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_said_comes_true((facts, questions, steps) in case()) {
        let found = play(&facts, &questions);
        let mut world = World::new(&facts);
        for now in instants(&facts, &found, &steps) {
            let (limits, answers) = world.pass(&questions, now);
            for (i, (passed, said)) in limits.iter().zip(&found.messages).enumerate() {
                if let (Some(passed), Some(clears)) = (passed, said.limits_clear_at) {
                    prop_assert!(*passed || now != clears, "the limits refuse {} at {}: {:?}", i, now, said);
                    prop_assert!(!passed || now >= clears, "the limits let {} pass at {}: {:?}", i, now, said);
                }
            }
            if let Some(clears) = found.hold_clears_at {
                prop_assert!(now >= clears || world.holds(now), "nothing is held at {}", now);
                prop_assert!(now != clears || !world.holds(now), "something is held at {}", now);
            }
            for (i, (passed, said)) in answers.iter().zip(&found.questions).enumerate() {
                if let Some(at) = said.leaves_at() {
                    prop_assert!(*passed || now != at, "question {} is refused at {}: {:?}", i, now, said);
                    prop_assert!(!passed || now >= at, "question {} passes at {}: {:?}", i, now, said);
                }
            }
        }
        for (i, (row, said)) in world.rows.iter().zip(&found.messages).enumerate() {
            prop_assert_eq!(row.left_at, said.leaves_at(), "message {}: {:?}", i, said);
            if let Some(at) = row.left_at {
                prop_assert!(facts.windows[row.message.to.window].is_open(at));
            }
        }
    }

    #[test]
    fn asked_later_it_says_the_same((facts, _, steps) in case()) {
        let first = play(&facts, &[]);
        let mut world = World::new(&facts);
        let until = facts.now + SignedDuration::from_secs(steps[0]);
        for now in instants(&facts, &first, &steps).into_iter().filter(|at| *at <= until) {
            world.pass(&[], now);
        }
        let mut later = Facts { now: until, ..facts.clone() };
        for (i, row) in world.rows.iter().enumerate() {
            let Some(at) = row.left_at else { continue };
            later.sent.add(at);
            later.results.sent.add(at);
            later.first_send = later.first_send.or(Some(at));
            if let Some(d) = row.message.to.domain {
                later.domains[d].add(at);
            }
            for other in &mut later.messages {
                if other.to.same.contains(&i) {
                    other.to.sent.add(at);
                }
            }
        }
        let is_waiting: Vec<bool> = world.rows.iter().map(World::waits).collect();
        let places: Vec<usize> = (0..is_waiting.len()).filter(|i| is_waiting[*i]).collect();
        let mut kept = Vec::new();
        for i in &places {
            let mut message = later.messages[*i].clone();
            message.check_at = world.rows[*i].check_at;
            message.to.same = places.iter().enumerate().filter(|(_, p)| message.to.same.contains(p)).map(|(n, _)| n).collect();
            kept.push(message);
        }
        later.messages = kept;
        let second = play(&later, &[]);
        for (n, i) in places.iter().enumerate() {
            prop_assert_eq!(second.messages[n].leaves_at(), first.messages[*i].leaves_at(), "message {}", i);
        }
    }
}
