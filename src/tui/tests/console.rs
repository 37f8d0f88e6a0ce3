//! Signals, Sync, Log, Rules and Metrics: drawn at three sizes, and driven by their keys.

use std::sync::Arc;

use insta::assert_snapshot;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fixtures::now;
use super::*;
use crate::domain::action::ActionKind;
use crate::domain::approval::{RuleEffect, RuleState};
use crate::domain::circuit::Position;
use crate::domain::guard::KillSwitch;
use crate::domain::id::{ContactId, ExecutionId, MoveId, SignalId};
use crate::domain::limits::LimitKind;
use crate::domain::metrics::{Came, Closed, Ended, Facts, How, Who, Window, compute};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::domain::outcome::OutcomeKind;
use crate::domain::service::Service;
use crate::domain::signal::Source;
use crate::engine::command::MatchTo;
use crate::engine::queries::approvals::{
    ApprovalOverview, ApprovalRuleItem, ApprovalShare, ShadowResult,
};
use crate::engine::queries::health::{Grade, Health, ServiceHealth, SourceHealth};
use crate::engine::queries::jobs::{JobItem, JobState};
use crate::engine::queries::limits::{LimitRow, LimitsView};
use crate::engine::queries::log::{AuditCheck, AuditEntry};
use crate::engine::queries::outbox::{OutboxAct, OutboxItem};
use crate::engine::queries::page::Slice;
use crate::engine::queries::rules::{RulesState, SignalRule};
use crate::engine::queries::signals::{SignalDetail, SignalItem, SignalMove, SourceTally};
use crate::store::executions::ExecutionStatus;
use crate::store::providers::{Quota, Usage};
use crate::store::sources::SourceState;
use crate::tui::looks::{Answer, Look, Sight, rule_lines, sync_lines};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The answers to the looks of these screens.
#[derive(Clone, Copy, PartialEq)]
enum World {
    Full,
    Empty,
    Broken,
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn payload(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn signals() -> Vec<SignalItem> {
    let kinds = [
        (
            "x",
            "x.mention",
            "mentioned us: our planner quit, what do you use?",
            false,
        ),
        ("form", "form.submitted", "form: contact", false),
        (
            "hubspot",
            "hubspot.deal_stage_changed",
            "stage: contractsent",
            true,
        ),
        ("mail", "mail.reply_received", "reply: interested", true),
        ("calendar", "calendar.no_show", "did not come", true),
        ("timer", "timer.quiet_customer", "quiet: since 9 Nov", true),
    ];
    (0..40_i64)
        .map(|i| {
            let at = usize::try_from(i).unwrap();
            let (source, kind, summary, matched) = if at < 2 { kinds[at] } else { kinds[2 + at % 4] };
            SignalItem {
                id: SignalId(500 - i),
                source: source.into(),
                kind: kind.into(),
                at: ago(i * 47 + 12),
                seen_at: ago(i * 47 + 10),
                email: (!matched && at == 1).then(|| "info at northwind".to_owned()),
                contact_id: matched.then_some(ContactId(7)),
                contact: if matched { "山田 花子" } else { "" }.into(),
                deal_id: None,
                matched,
                summary: summary.into(),
                move_id: (at % 3 != 2).then_some(MoveId(101 + i)),
                called: "@field_ops".into(),
                payload: payload(json!({"author": "@field_ops", "text": "our planner quit, what do you use?", "likes": 12})),
            }
        })
        .collect()
}

fn job() -> JobItem {
    JobItem {
        hindrance: String::new(),
        name: "audit".into(),
        about: "Cuts off the old end of the trail".into(),
        state: JobState::Dead,
        every_seconds: Some(3600),
        next_due_at: None,
        last_run_at: Some(now()),
        last_ok_at: None,
        tries: 4,
        error: "the disk is full".into(),
    }
}

fn detail(id: SignalId) -> SignalDetail {
    let item = signals().into_iter().find(|s| s.id == id).unwrap();
    SignalDetail {
        external_id: "x-18007".into(),
        version: 0,
        hash: "fa525138a0956dc30b1e".into(),
        contact_email: if item.matched {
            "hanako@tokyo.example"
        } else {
            ""
        }
        .into(),
        company: if item.matched { "東京テック" } else { "" }.into(),
        deal: String::new(),
        moves: vec![SignalMove {
            id: MoveId(101),
            title: "Answer the post".into(),
            rule: "post".into(),
            status: MoveStatus::Open,
            close_reason: String::new(),
            due_at: ago(-60 * 20),
            leads: true,
            evidence: 1,
        }],
        outcomes: vec![OutcomeKind::EmailReplied],
        no_move: String::new(),
        unreadable: Vec::new(),
        item,
    }
}

fn tallies() -> Arc<[SourceTally]> {
    Arc::new([
        SourceTally {
            source: Source::X,
            n: 1_204_331,
            unmatched: 2,
        },
        SourceTally {
            source: Source::Mail,
            n: 812,
            unmatched: 0,
        },
    ])
}

fn log() -> Vec<AuditEntry> {
    let events = [
        "execution.sent",
        "move.skipped",
        "suppression.added",
        "mode.set",
    ];
    (0..60_i64)
        .map(|i| {
            let at = usize::try_from(i).unwrap() % 4;
            AuditEntry {
                seq: 60 - i,
                at: ago(i * 90),
                actor: if at == 2 { "engine" } else { "operator" }.into(),
                event: events[at].into(),
                subject: if at == 2 { "ann@acme.example".into() } else { format!("move:{}", 101 + i) },
                detail: json!({"because": "opt-out", "verdicts": [{"guard": "send_window", "passed": true}]}),
            }
        })
        .collect()
}

fn metrics(is_full: bool) -> crate::domain::metrics::Metrics {
    let zone = TimeZone::get("Europe/Madrid").unwrap();
    let window = Window::last(30, now(), &zone, |date| {
        date.weekday() != jiff::civil::Weekday::Sunday
    });
    let mut facts = Facts::default();
    if is_full {
        for i in 0..90_i64 {
            facts.ended.push(Ended {
                id: ExecutionId(i),
                at: ago(i * 420),
                how: if i % 30 == 7 { How::Failed } else { How::Sent },
                who: Who::Contact(ContactId(i % 40)),
                by_rule: i % 3 == 0,
            });
            facts.closed.push(Closed {
                at: ago(i * 420),
                is_done: i % 5 > 0,
                action: [
                    ActionKind::Reply,
                    ActionKind::SendProposal,
                    ActionKind::CheckIn,
                ][usize::try_from(i).unwrap() % 3],
            });
            if i % 4 == 0 {
                for kind in [OutcomeKind::EmailReplied, OutcomeKind::MeetingBooked] {
                    facts.came.push(Came {
                        kind,
                        at: ago(i * 420 - 100),
                        contact: Some(ContactId(i % 40)),
                        execution: Some(ExecutionId(i)),
                    });
                }
            }
        }
    }
    compute(&window, "Europe/Madrid".into(), &facts, |_| 8, |_| 20.0)
}

fn service() -> ServiceHealth {
    ServiceHealth {
        service: Service::Hubspot,
        grade: Grade::Failing,
        circuit: Position::Open,
        failures: 5,
        reason: "it answered 503".into(),
        opened_at: Some(ago(1)),
        next_try_at: Some(now() + SignedDuration::from_secs(40)),
        quotas: vec![Quota {
            name: "daily".into(),
            most: 250_000,
            left: 41_000,
            seen_at: ago(1),
        }],
        today: Usage {
            calls: 812,
            failed: 9,
            retried: 6,
            units: 812,
        },
    }
}

fn source(name: &str, grade: Grade, clean: i64, error: &str) -> SourceHealth {
    SourceHealth {
        state: SourceState {
            last_run_at: Some(ago(1)),
            last_clean_at: Some(ago(clean)),
            last_error: error.into(),
            failures: u64::from(!error.is_empty()) * 3,
            seen: 1840,
            new: 312,
            matched: 300,
            dropped: 12,
            drop_reasons: vec![("newsletters".into(), 12)],
            cursor: "2026-11-24T12:58:00.000Z;after=18007".into(),
            ..SourceState::never(name)
        },
        grade,
        why: match grade {
            Grade::Healthy => String::new(),
            _ => "the last clean run was 22 minutes ago".into(),
        },
        lag_seconds: Some(clean * 60),
        is_read: true,
        recent_runs: 50,
        recent_failures: if error.is_empty() { 0 } else { 3 },
        runs: Vec::new(),
        service: (name == "hubspot").then(service),
    }
}

pub fn dead_letter() -> OutboxItem {
    OutboxItem {
        id: ExecutionId(9),
        move_id: Some(MoveId(102)),
        origin: crate::domain::effect::Origin::Move,
        contact_id: Some(ContactId(7)),
        contact: "Omar Haddad".into(),
        to: "omar@kite.example".into(),
        subject: "Re: Pricing".into(),
        kind: crate::domain::effect::EffectKind::Mail,
        status: ExecutionStatus::Failed,
        class: SendClass::ALL[0],
        account: "work".into(),
        approved_by: crate::domain::by::By::Operator,
        approved_at: ago(90),
        approval_expires_at: ago(-600),
        waits_for: WaitsFor::ALL[0],
        not_before: ago(60),
        leaves_at: None,
        guard: None,
        because: "The server refused it: 550 no such mailbox.".into(),
        clears_at: None,
        tries: 3,
        can: vec![OutboxAct::Retry, OutboxAct::Drop],
        undo: None,
    }
}

fn rules_state(is_full: bool) -> RulesState {
    let limit = |limit: LimitKind, used: u32, cap: u32, binds: bool| LimitRow {
        limit,
        title: limit.title(),
        used,
        queued: u32::from(binds) * 2,
        cap,
        is_full: used >= cap,
        is_binding: binds,
        clears_at: (used >= cap).then(|| ago(-38)),
        detail: format!("{used} of {cap} used"),
    };
    let rule = |name: &str, state: RuleState, effect: RuleEffect| ApprovalRuleItem {
        name: name.into(),
        version: 1,
        effect,
        state,
        confidence: Some(0.95),
        reason: "they answered us before".into(),
        when: vec!["contact.replied_days <= 90".into()],
        may_mail_strangers: false,
        hits: 31,
        last_hit: Some(ago(50)),
        approved: 12,
        shadow: ShadowResult {
            agreed: 17,
            disagreed: 2,
            undecided: 1,
        },
    };
    RulesState {
        approvals: ApprovalOverview {
            file: "approval.toml".into(),
            is_own: true,
            mistakes: if is_full {
                Vec::new()
            } else {
                vec!["approval.toml:3: unknown key".into()]
            },
            rules: if is_full {
                vec![
                    rule("competitors", RuleState::On, RuleEffect::Deny),
                    rule("replied-before", RuleState::Shadow, RuleEffect::Allow),
                    rule("high-fit", RuleState::Off, RuleEffect::Allow),
                ]
            } else {
                Vec::new()
            },
            share: ApprovalShare {
                days: 30,
                by_rules: 12,
                by_operator: 20,
                share: Some(0.375),
            },
        },
        limits: LimitsView {
            now: now(),
            contact: None,
            limits: vec![
                limit(LimitKind::PerDay, 14, 20, false),
                limit(LimitKind::PerHour, 5, 5, true),
                limit(LimitKind::MinGap, 0, 1, false),
            ],
            binding: is_full.then_some(LimitKind::PerHour),
            next_room: Some(ago(-38)),
            queued: 2,
            kill_switch: if is_full {
                KillSwitch::Running
            } else {
                KillSwitch::Stopped {
                    reason: "a wrong list".into(),
                    since: ago(4),
                }
            },
            pause: None,
            deliverability: None,
        },
        signals: ["form", "reply-interested", "stage-contract-sent"]
            .into_iter()
            .map(|id| SignalRule {
                id: id.into(),
                is_on: id != "form",
                signals: vec!["form.submitted".into()],
                makes: "Email follow up, due in 2 h, sales".into(),
                made: 14,
                done: 9,
                skipped: 2,
                last_at: Some(ago(120)),
            })
            .collect(),
        problem: String::new(),
    }
}

fn answer(look: &Look, world: World) -> Answer<Sight> {
    if world == World::Broken {
        return Err("the database is locked by another program".into());
    }
    let full = world == World::Full;
    Ok(match look {
        Look::Signals { query, .. } => {
            let mut rows = if full { signals() } else { Vec::new() };
            rows.retain(|s| {
                query
                    .source
                    .is_none_or(|source| s.source == source.as_str())
            });
            Sight::Signals(
                Arc::new(Slice::whole(rows)),
                if full { tallies() } else { Arc::new([]) },
            )
        }
        Look::Signal(id) => Sight::Signal(Arc::new(detail(*id))),
        Look::Metrics(_) => Sight::Metrics(Arc::new(metrics(full))),
        Look::Log { .. } => Sight::Log(
            Arc::new(Slice::whole(if full { log() } else { Vec::new() })),
            Arc::new(["execution.sent".to_owned(), "mode.set".to_owned()]),
        ),
        Look::LogCheck => Sight::LogCheck(AuditCheck {
            entries: if full { 41 } else { 0 },
            intact: !full,
            broken_at: full.then_some(42),
            reason: if full {
                "this entry was changed".into()
            } else {
                String::new()
            },
            may_be_accepted: false,
            first: i64::from(full),
            last: if full { 41 } else { 0 },
            head: String::new(),
        }),
        Look::Sync => {
            let sources = vec![
                source(
                    "mail:work",
                    Grade::Failing,
                    22,
                    "the folder /home/casey/Mail is gone",
                ),
                source("hubspot", Grade::Healthy, 1, ""),
            ];
            let health = Health {
                at: now(),
                grade: Grade::Failing,
                sources,
                services: vec![service()],
            };
            let lines = if full {
                sync_lines::lines(health, vec![dead_letter()], vec![job()])
            } else {
                Slice::default()
            };
            Sight::Sync(Arc::new(lines))
        }
        Look::Rules => Sight::Rules(Arc::new(rule_lines::lines(rules_state(full)))),
        other => return Err(format!("{other:?} is not asked here")),
    })
}

/// Answers the screens until they ask no more.
fn settle(bench: &mut Bench, world: World) {
    for _ in 0..20 {
        let asked: Vec<_> = std::mem::take(&mut bench.other);
        let (reads, rest): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .partition(|effect| matches!(effect, Effect::Read { .. }));
        bench.other = rest;
        if reads.is_empty() {
            return;
        }
        for read in reads {
            if let Effect::Read { asked, look } = read {
                let result = answer(&look, world);
                bench.tell(Message::Read { asked, result });
            }
        }
    }
    panic!("the screens never stop asking");
}

fn at(width: u16, height: u16, keys: &str, world: World) -> Bench {
    let mut bench = Bench::new(width, height, fixtures::list(14));
    press(&mut bench, keys, world);
    bench
}

fn press(bench: &mut Bench, keys: &str, world: World) {
    for key in keys.split(' ') {
        bench.press(key);
        settle(bench, world);
    }
}

const SCREENS: [(&str, &str); 5] = [
    ("signals", "g s"),
    ("sync", "g y"),
    ("log", "g l"),
    ("rules", "g r"),
    ("metrics", "g m"),
];

#[test]
fn every_screen_is_drawn_full_empty_and_in_error_at_every_size() {
    for (name, keys) in SCREENS {
        for (width, height) in SIZES {
            for (state, world) in [
                ("full", World::Full),
                ("empty", World::Empty),
                ("error", World::Broken),
            ] {
                let screen = at(width, height, keys, world).screen();
                assert_snapshot!(format!("{name}_{state}_{width}"), screen);
            }
        }
    }
}

#[test]
fn an_error_names_the_key_that_tries_again_and_an_empty_screen_what_to_do() {
    for (name, keys) in SCREENS {
        let broken = at(120, 40, keys, World::Broken).screen();
        assert!(broken.contains("r  try again"), "{name}: {broken}");
    }
    for (keys, expect) in [
        ("g s", "caseyos signals add"),
        ("g y", "caseyos mail add"),
        ("g l", "caseyos audit list"),
        ("g m", "caseyos metrics"),
    ] {
        let empty = at(120, 40, keys, World::Empty).screen();
        assert!(empty.contains(expect), "{keys}: {empty}");
    }
}

#[test]
fn one_pane_at_a_time_where_it_is_narrow() {
    for (name, keys) in SCREENS {
        let mut bench = at(80, 24, keys, World::Full);
        press(&mut bench, "j enter", World::Full);
        if name != "rules" {
            assert_snapshot!(format!("{name}_narrow_detail"), bench.screen());
        }
        press(&mut bench, "esc", World::Full);
        assert_eq!(bench.app.depth(), 0, "{name}");
    }
}

#[test]
fn the_least_room_is_enough_and_the_mouse_goes_anywhere() {
    use crossterm::event::{KeyModifiers as M, MouseButton, MouseEvent, MouseEventKind as K};
    for (name, keys) in SCREENS {
        for (width, height) in [(60, 15), (99, 15), (100, 15), (120, 40)] {
            let mut bench = at(width, height, keys, World::Full);
            for kind in [
                K::Down(MouseButton::Left),
                K::Drag(MouseButton::Left),
                K::Up(MouseButton::Left),
                K::ScrollDown,
                K::ScrollUp,
            ] {
                for column in (0..width).step_by(7) {
                    for row in 1..height - 1 {
                        let event = MouseEvent {
                            kind,
                            column,
                            row,
                            modifiers: M::NONE,
                        };
                        bench.tell(Message::Input(Event::Mouse(event)));
                        settle(&mut bench, World::Full);
                    }
                }
                bench.screen();
            }
            assert!(!bench.screen().is_empty(), "{name}");
        }
    }
}

#[test]
fn an_unmatched_signal_is_given_to_somebody_and_a_matched_one_is_not() {
    let mut bench = at(120, 40, "g s", World::Full);
    press(&mut bench, "n", World::Full);
    assert!(
        bench.screen().contains("@field_ops becomes a contact"),
        "{}",
        bench.screen()
    );
    press(&mut bench, "a", World::Full);
    let expect = Command::MatchSignal {
        id: SignalId(500),
        to: MatchTo::New {
            name: "@field_ops".into(),
            email: String::new(),
            company: String::new(),
        },
    };
    assert_eq!(bench.commands, [expect]);
    press(&mut bench, "j j n", World::Full);
    assert_eq!((bench.app.depth(), bench.commands.len()), (0, 1));
    assert!(bench.screen().contains("already"), "{}", bench.screen());
}

#[test]
fn the_feed_goes_round_its_sources_and_orders() {
    let mut bench = at(200, 60, "g s", World::Full);
    assert!(bench.screen().contains("1,205,143"), "{}", bench.screen());
    press(&mut bench, "f", World::Full);
    assert!(
        bench.screen().contains("x · unmatched first"),
        "{}",
        bench.screen()
    );
    press(&mut bench, "f f i", World::Full);
    assert!(
        bench.screen().contains("all sources · newest first"),
        "{}",
        bench.screen()
    );
}

#[test]
fn the_selected_signal_stays_where_it_is_when_new_ones_come() {
    let mut bench = at(120, 40, "g s", World::Full);
    press(&mut bench, "j j j", World::Full);
    let before = bench.screen();
    assert!(before.contains("Signal 497"), "{before}");
    bench.tell(Message::Changed);
    settle(&mut bench, World::Full);
    assert_eq!(bench.screen(), before);
}

#[test]
fn what_failed_is_tried_again_or_dropped_after_a_question() {
    let mut bench = at(120, 40, "g y", World::Full);
    press(&mut bench, "t", World::Full);
    assert!(bench.commands.is_empty(), "a source is no message");
    press(&mut bench, "r", World::Full);
    assert_eq!(bench.other, [Effect::SyncOnly("mail:work".into())]);
    press(&mut bench, "G t k t", World::Full);
    press(&mut bench, "D", World::Full);
    assert_eq!(bench.commands.len(), 2, "dropping is asked first");
    press(&mut bench, "a", World::Full);
    let id = ExecutionId(9);
    assert_eq!(
        bench.commands,
        [
            Command::RetryJob {
                name: "audit".into()
            },
            Command::Retry { id, force: false },
            Command::Withdraw { id }
        ]
    );
}

#[test]
fn a_rule_acts_only_after_it_was_chosen_and_confirmed() {
    let mut bench = at(120, 40, "g r", World::Full);
    press(&mut bench, "j j enter", World::Full);
    assert!(
        bench.screen().contains("The rule replied-before"),
        "{}",
        bench.screen()
    );
    press(&mut bench, "down down enter", World::Full);
    assert!(bench.commands.is_empty() && bench.app.depth() == 1);
    press(&mut bench, "a", World::Full);
    let set = |name: &str, state| Command::SetApprovalRule {
        name: name.into(),
        state,
    };
    assert_eq!(bench.commands, [set("replied-before", RuleState::On)]);
    press(&mut bench, "esc k enter", World::Full);
    press(&mut bench, "enter", World::Full);
    assert_eq!(bench.commands[1], set("competitors", RuleState::Off));
}

#[test]
fn the_window_of_the_metrics_goes_round() {
    let mut bench = at(120, 40, "g m", World::Full);
    for days in ["90 days", "7 days", "30 days"] {
        press(&mut bench, "w", World::Full);
        assert!(bench.screen().contains(&format!("Metrics, {days}")));
    }
}

#[test]
fn an_entry_of_the_log_leads_to_what_it_is_about() {
    let mut bench = at(120, 40, "g l", World::Full);
    assert!(bench.screen().contains("CHAIN BROKEN at 42"));
    press(&mut bench, "m", World::Full);
    assert!(
        bench.screen().contains("Today's Moves"),
        "{}",
        bench.screen()
    );
}

#[test]
fn hostile_text_never_reaches_these_screens() {
    let mut bench = at(120, 40, "g s", World::Empty);
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2JR\u{202e}x";
    let mut rows = signals();
    for row in &mut rows {
        row.contact = hostile.into();
        row.summary = hostile.repeat(50);
        row.called = hostile.into();
        row.payload = payload(json!({"name": hostile, "text": hostile}));
    }
    bench.press("r");
    let asked: Vec<_> = std::mem::take(&mut bench.other);
    for effect in asked {
        if let Effect::Read { asked, .. } = effect {
            let sight = Sight::Signals(Arc::new(Slice::whole(rows.clone())), tallies());
            bench.tell(Message::Read {
                asked,
                result: Ok(sight),
            });
        }
    }
    let shown = SignalDetail {
        item: rows[0].clone(),
        company: hostile.into(),
        external_id: hostile.into(),
        no_move: hostile.into(),
        ..detail(SignalId(500))
    };
    let asked: Vec<_> = std::mem::take(&mut bench.other);
    for effect in asked {
        if let Effect::Read { asked, .. } = effect {
            let sight = Sight::Signal(Arc::new(shown.clone()));
            bench.tell(Message::Read {
                asked,
                result: Ok(sight),
            });
        }
    }
    let screen = bench.screen();
    for c in screen.chars().filter(|c| *c != '\n') {
        assert!(!crate::domain::text::is_hostile(c), "{c:?} in\n{screen}");
    }
}
