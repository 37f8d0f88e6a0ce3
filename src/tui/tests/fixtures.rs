//! A believable list, made of values.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

use crate::domain::action::{ActionKind, Means};
use crate::domain::aps::{Counterfactual, Points, Term, TermName};
use crate::domain::deal::Cents;
use crate::domain::guard::{GuardKind, KillSwitch, Mode, Verdict};
use crate::domain::id::{ContactId, MoveId, SignalId, UndoId};
use crate::domain::moves::MoveStatus;
use crate::domain::signal::Domain;
use crate::engine::import::{
    Fate, ImportReport, OnConflict, Overwrite, ReportedColumn, ReportedPerson, ReportedSuspicion,
};
use crate::engine::queries::show::{DraftView, Evidence, MoveDetail};
use crate::engine::queries::today::{OpenCounts, TodayItem, TodayList};
use crate::engine::queries::undo::UndoItem;
use crate::tui::app::App;
use crate::tui::context::{Context, Status};
use crate::tui::keymap::Keymap;
use crate::tui::theme::{Depth, Surroundings, Theme};

pub fn now() -> Timestamp {
    "2026-11-24T13:02:00Z".parse().unwrap()
}

fn in_minutes(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

pub fn surroundings() -> Surroundings {
    Surroundings {
        depth: Depth::True,
        light: false,
        ascii: false,
    }
}

pub fn context(width: u16, height: u16) -> Context {
    Context {
        keymap: Keymap::load(None).unwrap(),
        theme: Theme::built_in("dark", surroundings()),
        zone: TimeZone::get("Europe/Madrid").unwrap(),
        now: now(),
        elapsed: std::time::Duration::from_secs(1),
        size: Rect::new(0, 0, width, height),
        screen: crate::tui::ids::ScreenId::Today,
        status: Status::default(),
    }
}

pub fn app(width: u16, height: u16) -> App {
    App::new(
        context(width, height),
        surroundings(),
        std::path::PathBuf::from("/nonexistent"),
    )
}

type Row = (
    i64,
    &'static str,
    ActionKind,
    Domain,
    &'static str,
    &'static str,
    i64,
    &'static str,
);

const ROWS: &[Row] = &[
    (
        8740,
        "Send proposal",
        ActionKind::SendProposal,
        Domain::Sales,
        "Dana Ruiz",
        "Northwind",
        38,
        "contract stage reached",
    ),
    (
        8115,
        "Reply",
        ActionKind::Reply,
        Domain::Sales,
        "Omar Haddad",
        "Kite Labs",
        68,
        "asked for pricing and a demo next week",
    ),
    (
        7460,
        "Prep call",
        ActionKind::PrepMeeting,
        Domain::Sales,
        "Lena Fox",
        "Arbor & Finch",
        1198,
        "meeting tomorrow 09:00",
    ),
    (
        7012,
        "Renewal outreach",
        ActionKind::RenewalOutreach,
        Domain::Cs,
        "Priya Raman",
        "Solstice Robotics",
        1440,
        "renews in 41 days, $48k a year",
    ),
    (
        6890,
        "Follow up",
        ActionKind::EmailFollowUp,
        Domain::Sales,
        "山田 花子",
        "東京テック",
        -95,
        "form: \"looking for an alternative to Acme\"",
    ),
    (
        6655,
        "Check in",
        ActionKind::CheckIn,
        Domain::Cs,
        "Tomás Ó Briain",
        "Quayside",
        300,
        "quiet for 16 days",
    ),
    (
        6120,
        "Bump the thread",
        ActionKind::ThreadBump,
        Domain::Sales,
        "Ingrid Solberg",
        "Fjordline",
        480,
        "no answer for 4 days",
    ),
    (
        5900,
        "Review deal",
        ActionKind::ReviewDeal,
        Domain::Sales,
        "Marcus Webb",
        "Halcyon Freight",
        420,
        "amount fell from $80k to $52k",
    ),
    (
        5544,
        "Answer their post",
        ActionKind::SocialReply,
        Domain::Marketing,
        "Jo Park",
        "",
        1300,
        "\"anyone know a good tool for…\", 140 likes",
    ),
    (
        5210,
        "Reschedule",
        ActionKind::Reschedule,
        Domain::Sales,
        "Elif Kaya",
        "Bosphor Data",
        200,
        "did not come to the call",
    ),
    (
        4800,
        "Welcome",
        ActionKind::OnboardingKickoff,
        Domain::Cs,
        "Ben Achterberg",
        "Polder Systems",
        1500,
        "deal won",
    ),
    (
        4431,
        "Newsletter draft",
        ActionKind::NewsletterDraft,
        Domain::Marketing,
        "",
        "",
        4300,
        "article \"Cold starts\" is ready",
    ),
    (
        3120,
        "Clean up data",
        ActionKind::DataCleanup,
        Domain::Sales,
        "",
        "Vantage Group",
        9000,
        "two records look alike",
    ),
    (
        1800,
        "Learn from the loss",
        ActionKind::WinLossAnalysis,
        Domain::Sales,
        "Sam Oyelaran",
        "Brightwater",
        7000,
        "deal lost to a competitor",
    ),
];

pub fn item(index: usize) -> TodayItem {
    let row = &ROWS[index % ROWS.len()];
    TodayItem {
        rank: index + 1,
        id: MoveId(101 + i64::try_from(index).unwrap()),
        score: Points(row.0),
        title: row.1.into(),
        action: row.2,
        domain: row.3,
        contact: row.4.into(),
        email: if row.4.is_empty() {
            String::new()
        } else {
            format!(
                "{}@{}.example",
                row.4.split(' ').next().unwrap().to_lowercase(),
                row.5.split(' ').next().unwrap().to_lowercase()
            )
        },
        company: row.5.into(),
        due_at: in_minutes(row.6),
        because: row.7.into(),
    }
}

pub fn list(count: usize) -> TodayList {
    let moves: Vec<TodayItem> = (0..count).map(item).collect();
    let of = |domain| moves.iter().filter(|m| m.domain == domain).count() as u64;
    TodayList {
        now: now(),
        mode: Mode::Live,
        kill_switch: KillSwitch::Running,
        clock: None,
        open: OpenCounts {
            all: count as u64,
            sales: of(Domain::Sales),
            marketing: of(Domain::Marketing),
            cs: of(Domain::Cs),
        },
        sent: 3,
        sent_cap: 20,
        pause: None,
        leaving: Vec::new(),
        waiting: 1,
        synced_at: Some(in_minutes(-2)),
        problems: Vec::new(),
        moves,
    }
}

pub fn verdicts(held: bool) -> Vec<Verdict> {
    let pass = |guard, detail: &str| Verdict {
        guard,
        passed: true,
        detail: detail.into(),
        clears_at: None,
        waits_for: None,
    };
    vec![
        pass(GuardKind::Idempotency, "not carried out before"),
        pass(GuardKind::KillSwitch, "running"),
        Verdict {
            passed: false,
            ..pass(GuardKind::Approval, "not approved yet")
        },
        pass(GuardKind::Suppression, "may be written to"),
        pass(
            GuardKind::RateLimits,
            "3/20 today, 1/5 this hour, 1/2 this week",
        ),
        if held {
            Verdict {
                guard: GuardKind::SendWindow,
                passed: false,
                detail: "closed in Asia/Tokyo (22:02 there)".into(),
                clears_at: Some("2026-11-25T00:00:00Z".parse().unwrap()),
                waits_for: None,
            }
        } else {
            pass(GuardKind::SendWindow, "open in Europe/Madrid")
        },
        pass(GuardKind::Mode, "live"),
        pass(GuardKind::ConnectorHealth, "maildir is well"),
    ]
}

pub fn detail(index: usize) -> Arc<MoveDetail> {
    let item = item(index);
    let total = item.score.0;
    let term = |name, component: f64, weight: f64, points: i64, evidence: &str| Term {
        name,
        component: Some(component),
        weight: Some(weight),
        points: Points(points),
        evidence: evidence.into(),
    };
    let (revenue, urgency, ease, strategic) = (3600, 2000, 1050, 1000);
    let mail = item.action.means() == Means::Mail;
    let draft = mail.then(|| DraftView {
        from: "Casey Rivera <casey@rivera.example>".into(),
        to: format!("{} <{}>", item.contact, item.email),
        subject: "Re: Proposal for Q1".into(),
        body: "Hi Dana,\n\nthank you for the call on Thursday. As promised, here is the proposal for the EU roll-out: \
               twelve months, forty seats, with the onboarding you asked for.\n\nThree things that we agreed on:\n\n  \
               1. Start on 11 January, after your freeze.\n  2. Single sign-on before the first team moves.\n  \
               3. A review after six weeks, with an exit if it does not fit.\n\nCould you tell me by Friday whether the dates \
               work for Marta's team?\n\nBest\nCasey\n\n> On Thu, 19 Nov 2026 Dana Ruiz wrote:\n> could you send it over before the board meets?"
            .into(),
        in_reply_to: Some("<a1@northwind.example>".into()),
        edited: false,
        content_hash: "ab".repeat(32),
    });
    Arc::new(MoveDetail {
        status: MoveStatus::Open,
        means: item.action.means(),
        heading: if mail { "Draft" } else { "By hand" },
        missing: if mail { "No draft" } else { "By hand" },
        after: "",
        not_edited: if mail {
            ""
        } else {
            "is done by hand; there is no draft to edit"
        },
        offers_times: item.action.offers_times(""),
        deed: None,
        snoozed_until: None,
        created_at: in_minutes(-64),
        close_reason: String::new(),
        rule: "deal_stage_contract".into(),
        contact_id: Some(ContactId(7)),
        job_title: "VP Operations".into(),
        stage: "opportunity".into(),
        time_zone: "Europe/Madrid, 14:02 there".into(),
        deal: "Northwind EU $64,000".into(),
        terms: vec![
            term(
                TermName::Revenue,
                0.9,
                40.0,
                revenue,
                "deal \"Northwind EU\" $64,000",
            ),
            term(
                TermName::Urgency,
                0.8,
                25.0,
                urgency,
                "stage moved 20 min ago, due in 38 m",
            ),
            term(TermName::Ease, 0.7, 15.0, ease, "template ready"),
            term(TermName::Strategic, 0.5, 20.0, strategic, "ICP fit 0.86"),
            Term {
                name: TermName::Outcomes,
                component: None,
                weight: None,
                points: Points(total - revenue - urgency - ease - strategic),
                evidence: "3 replies of 7 in this segment".into(),
            },
        ],
        leader_score: (index > 0).then_some(Points(8740)),
        counterfactual: if index == 0 {
            Vec::new()
        } else {
            vec![
                Counterfactual::DueBy { at: in_minutes(18) },
                Counterfactual::DealAtLeast {
                    amount: Cents::from_units(100_000.0),
                },
            ]
        },
        evidence: vec![
            Evidence {
                signal_id: SignalId(41),
                source: "hubspot".into(),
                kind: "hubspot.deal_stage_changed".into(),
                occurred_at: in_minutes(-20),
                summary: "Northwind EU moved to contract sent".into(),
            },
            Evidence {
                signal_id: SignalId(33),
                source: "mail".into(),
                kind: "mail.reply_received".into(),
                occurred_at: in_minutes(-7000),
                summary: "could you send it over before the board meets?".into(),
            },
        ],
        draft,
        draft_problem: None,
        verdicts: if mail {
            verdicts(index == 4)
        } else {
            Vec::new()
        },
        executions: Vec::new(),
        item,
    })
}

pub fn undo_items() -> Vec<UndoItem> {
    (0..5)
        .map(|i| UndoItem {
            id: UndoId(50 - i),
            at: in_minutes(-3 - i * 30),
            summary: [
                "Snoozed \"Reply · Omar Haddad\" until tomorrow 09:00.",
                "Skipped 2 moves: not relevant.",
            ][usize::try_from(i % 2).unwrap()]
            .into(),
            promise: "They come back to the list.".into(),
            undone_at: (i == 3).then(|| in_minutes(-10)),
            possible: true,
        })
        .collect()
}

/// A look at a file with somebody of each fate.
pub fn import_report(on_conflict: OnConflict) -> ImportReport {
    let person = |row: u64, fate: Fate, known: &str, name: &str| ReportedPerson {
        row,
        line: row + 1,
        fate,
        contact: (!known.is_empty()).then_some(40 + i64::try_from(row).unwrap()),
        known: known.into(),
        name: name.into(),
        overwritten: Vec::new(),
        suppressed: None,
    };
    let changed = ReportedPerson {
        overwritten: vec![Overwrite {
            field: "title",
            old: "Buyer".into(),
            new: "Head of purchasing".into(),
        }],
        ..person(2, Fate::Overwrite, "Omar Haddad", "Omar Haddad")
    };
    let stopped = ReportedPerson {
        suppressed: Some("opted_out"),
        ..person(4, Fate::Add, "", "Nina \u{1b}[31mBerg")
    };
    ImportReport {
        file: "/home/casey/people.csv".into(),
        mark: None,
        vendor: "HubSpot".into(),
        system: "hubspot".into(),
        dry_run: true,
        cancelled: false,
        rows: 6,
        new: 3,
        updated: 2,
        unchanged: 0,
        rejected: 1,
        padded: 0,
        taken: 0,
        opted_out: 1,
        bounced: 0,
        lifted: 0,
        not_held: 0,
        not_held_lines: Vec::new(),
        overwritten: 1,
        other_people: 2,
        second_numbers: 0,
        continued: 0,
        on_conflict,
        people: vec![
            person(1, Fate::Merge, "Dana Ruiz", "Dana Ruiz"),
            changed,
            person(3, Fate::KeepBoth, "Greta Holm", "Sven Lund"),
            stopped,
            person(5, Fate::LeaveOut, "Greta Holm", "Ivo Lund"),
        ],
        dates: Vec::new(),
        suspicious: vec![ReportedSuspicion {
            column: "Mood".into(),
            count: 2,
            lines: vec![2, 4],
            map: Some("mail_status"),
        }],
        skipped: Default::default(),
        columns: vec![ReportedColumn {
            header: "Email".into(),
            field: Some("email".into()),
        }],
        dropped: Vec::new(),
        rejects: Vec::new(),
        rejects_file: None,
        rejects_error: None,
    }
}
