use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::*;
use crate::domain::aps::{ScoreFacts, Weights, score};
use crate::domain::contact::LifecycleStage;
use crate::domain::deal::revenue_of;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::rule::{Rules, SignalFacts};
use crate::domain::signal::{SignalKind, Source};

fn now() -> Timestamp {
    "2026-03-04T09:30:00Z".parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn world(seed: u64) -> World {
    World::generate(seed, now(), &zone("Europe/Stockholm")).unwrap()
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_seed_another() {
    assert_eq!(world(7), world(7));
    assert_ne!(world(7).contacts, world(8).contacts);
    assert_ne!(world(7).deals, world(8).deals);
}

#[test]
fn the_world_has_the_promised_size() {
    let w = world(1);
    assert_eq!(w.companies.len(), 20);
    assert_eq!(w.contacts.len(), 60);
    assert!(w.past_threads.len() >= 15);
    assert!(w.signals.len() >= 15);
    assert!(w.past_outcomes.len() >= 30);
    let zones: BTreeSet<_> = w.contacts.iter().map(|c| &c.zone).collect();
    assert!(zones.len() >= 15);
    let stages: BTreeSet<_> = w.contacts.iter().map(|c| c.stage).collect();
    for stage in LifecycleStage::ALL {
        assert!(stages.contains(stage), "{stage}");
    }
    for c in &w.companies {
        assert!(TimeZone::get(&c.zone).is_ok(), "{}", c.zone);
        assert!((0.0..=1.0).contains(&c.icp_fit));
    }
}

#[test]
fn every_address_is_fictional_plain_and_used_once() {
    for seed in 0..40 {
        let w = world(seed);
        let emails: BTreeSet<_> = w.contacts.iter().map(|c| c.email.as_str()).collect();
        assert_eq!(emails.len(), w.contacts.len(), "seed {seed}");
        let all = emails
            .into_iter()
            .chain([w.operator.email.as_str()])
            .chain(w.signals.iter().filter_map(|s| s.email.as_deref()))
            .chain(
                w.past_threads
                    .iter()
                    .flat_map(|t| &t.messages)
                    .map(|m| m.from.1.as_str()),
            );
        for email in all {
            let (name, domain) = email.split_once('@').unwrap();
            assert!(domain.ends_with(".example"), "{email}");
            assert!(
                !name.starts_with('.') && !name.ends_with('.') && name.len() > 2,
                "{email}"
            );
            assert!(email.is_ascii(), "{email}");
        }
    }
}

#[test]
fn threads_hang_together_and_lie_in_the_past() {
    for seed in 0..40 {
        let w = world(seed);
        let mut ids = BTreeSet::new();
        for thread in &w.past_threads {
            let mut previous: Option<&Message> = None;
            for m in &thread.messages {
                assert!(m.at < now(), "{}", thread.subject);
                assert!(ids.insert(m.message_id.clone()));
                assert!(!m.body.contains('{') && !m.body.contains('}'), "{}", m.body);
                assert_eq!(m.in_reply_to, previous.map(|p| p.message_id.clone()));
                assert!(previous.is_none_or(|p| p.at < m.at), "{}", thread.subject);
                assert_eq!(m.label.is_none(), m.direction == Direction::Outbound);
                previous = Some(m);
            }
            let last = previous.unwrap();
            match thread.turn {
                Turn::Us => assert_eq!(last.direction, Direction::Inbound),
                Turn::Them => {
                    assert_eq!(last.direction, Direction::Outbound);
                    assert!(now().duration_since(last.at) >= SignedDuration::from_hours(5 * 24));
                }
                Turn::Nobody => {}
            }
        }
        assert!(w.past_outcomes.iter().all(|o| o.at < now()));
        assert!(w.signals.iter().all(|s| s.occurred_at < now()));
    }
}

#[test]
fn only_one_customer_has_been_quiet_and_only_one_renewal_is_near() {
    let w = world(3);
    let quiet: Vec<_> = w
        .contacts
        .iter()
        .filter(|c| c.stage == LifecycleStage::Customer)
        .filter(|c| {
            c.last_inbound_at
                .is_none_or(|at| now().duration_since(at) > SignedDuration::from_hours(14 * 24))
        })
        .map(|c| c.company.as_str())
        .collect();
    assert_eq!(quiet, ["nordlys"]);
    let near = |days: i64| {
        w.deals
            .iter()
            .filter_map(|d| d.renewal_at)
            .filter(|at| at.duration_since(now()) < SignedDuration::from_hours(days * 24))
            .count()
    };
    assert_eq!((near(20), near(45), near(100)), (0, 1, 1));
}

#[test]
fn a_signal_line_says_everything_that_the_signal_says() {
    for signal in &world(5).signals {
        let line = signal_line(signal);
        assert_eq!(line["kind"], signal.kind().as_str());
        assert_eq!(line["source"], signal.source.as_str());
        assert_eq!(
            line["at"].as_str().unwrap().parse::<Timestamp>().unwrap(),
            signal.occurred_at
        );
        for (key, value) in signal.payload() {
            assert_eq!(line[key], *value, "{key}");
        }
    }
}

/// Proposes what the engine would, from the signals, the mail that waits and the two timers.
#[test]
fn the_world_makes_a_full_and_well_spread_list() {
    let w = world(1);
    let rules = Rules::builtin();
    let mut facts: Vec<(SignalFacts, Option<Cents>)> = w
        .signals
        .iter()
        .map(|s| (SignalFacts::of(s), s.about().deal.amount))
        .collect();
    let mut derived = |kind: SignalKind, email: &str, label: &str, text: &str, at: Timestamp| {
        let mut payload = Map::new();
        payload.insert("label".into(), label.into());
        payload.insert("text".into(), text.into());
        let draft =
            SignalDraft::new(Source::Mail, kind, at, payload).with_email(Some(email.into()));
        let amount = w
            .deals
            .iter()
            .find(|d| d.contact_email == email)
            .map(|d| d.amount);
        facts.push((SignalFacts::of(&draft), amount));
    };
    for thread in &w.past_threads {
        let last = thread.messages.last().unwrap();
        match thread.turn {
            Turn::Us => derived(
                SignalKind::ReplyReceived,
                &thread.contact_email,
                last.label.map_or("", ReplyLabel::as_str),
                &last.body,
                last.at,
            ),
            Turn::Them => derived(SignalKind::NoReply, &thread.contact_email, "", "", now()),
            Turn::Nobody => {}
        }
    }
    derived(SignalKind::QuietCustomer, "", "", "", now());
    derived(SignalKind::RenewalNear, "", "", "", now());
    let mut domains: BTreeMap<&str, usize> = BTreeMap::new();
    let mut scores = Vec::new();
    for (facts, amount) in &facts {
        let Some(p) = rules.propose(facts) else {
            continue;
        };
        *domains.entry(p.domain.as_str()).or_default() += 1;
        let s = score(
            &ScoreFacts {
                revenue: amount.map_or(p.revenue_hint, |a| revenue_of(Some(a))),
                base_urgency: p.urgency,
                effort: p.effort,
                strategic: p.strategic,
                started_at: facts.occurred_at,
                due_at: p.due_at,
                outcome: crate::domain::learning::OutcomeTerm::default(),
            },
            &Weights::default(),
            now(),
        );
        scores.push(s.total.points());
    }
    let total: usize = domains.values().sum();
    assert!((20..=27).contains(&total), "{domains:?}");
    assert!(
        domains["sales"] >= 12 && domains["marketing"] >= 4 && domains["cs"] >= 4,
        "{domains:?}"
    );
    scores.sort_by(f64::total_cmp);
    assert!(
        scores[scores.len() - 1] > 85.0 && scores[0] < 55.0,
        "{scores:?}"
    );
}

#[test]
fn correspondents_answer_in_time_and_some_never_do() {
    let w = world(1);
    let mut silent = 0;
    for c in &w.contacts {
        match w.reply_to(&c.email, Some(ActionKind::SendEmail)) {
            Some(reply) => {
                assert!((8..=90).contains(&reply.delay_seconds));
                assert!(!reply.body.contains('{'), "{}", reply.body);
                assert!(reply.body.contains(&c.first_name) || reply.body.contains(&c.last_name));
            }
            None => silent += 1,
        }
    }
    assert!((5..=25).contains(&silent), "{silent}");
    let stranger = "t.halicki@granitowy-dach.example";
    let answered = (0..20)
        .filter(|seed| world(*seed).reply_to(stranger, None).is_some())
        .count();
    assert!(answered >= 12, "{answered}");
    assert!(w.reply_to("nobody@nowhere.example", None).is_none());
}

#[test]
fn the_demo_begins_when_mail_may_go_out() {
    let check = |now: &str, expect: &str| {
        let opens = opening_time(now.parse().unwrap(), &zone("Europe/Stockholm"));
        assert_eq!(opens, expect.parse().unwrap(), "{now}");
    };
    check("2026-03-04T09:30:00Z", "2026-03-04T09:30:00Z");
    check("2026-03-04T22:30:00Z", "2026-03-03T09:12:00Z");
    check("2026-03-07T09:30:00Z", "2026-03-05T09:12:00Z");
    check("2026-03-09T05:00:00Z", "2026-03-05T09:12:00Z");
}

#[test]
fn the_world_holds_together_at_any_hour_and_in_any_zone() {
    for (now, name) in [
        ("2026-03-07T23:59:59Z", "Pacific/Auckland"),
        ("2026-03-09T00:05:00Z", "America/Los_Angeles"),
        ("2026-12-31T23:30:00Z", "Pacific/Kiritimati"),
        ("2026-03-29T01:30:00Z", "Europe/Madrid"),
        ("2028-02-29T12:00:00Z", "UTC"),
    ] {
        let now: Timestamp = now.parse().unwrap();
        let w = World::generate(9, now, &zone(name)).unwrap();
        for thread in &w.past_threads {
            assert!(
                thread.messages.windows(2).all(|m| m[0].at < m[1].at),
                "{now}"
            );
            assert!(
                thread.messages.iter().all(|m| m.at < now),
                "{now} {}",
                thread.subject
            );
        }
        let booked = w
            .signals
            .iter()
            .find(|s| s.kind() == SignalKind::MeetingBooked)
            .unwrap();
        let ahead = booked
            .about()
            .meeting
            .starts_at
            .unwrap()
            .duration_since(now);
        assert!(
            ahead > SignedDuration::ZERO && ahead < SignedDuration::from_hours(48),
            "{now}"
        );
        assert!(
            w.deals
                .iter()
                .filter_map(|d| d.renewal_at)
                .all(|at| at > now)
        );
    }
}
