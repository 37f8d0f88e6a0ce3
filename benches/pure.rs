//! The jobs that ask nothing but the processor: scoring, and reading mail.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that fails shall stop with the cause"
)]

use std::fmt::Write as _;
use std::hint::black_box;

use caseyos::domain::approval::{ApprovalRules, Facts, Variable, decide};
use caseyos::domain::aps::{ScoreFacts, Weights, score};
use caseyos::domain::email::{Decision, MessageId, judge};
use caseyos::domain::learning::{Tally, outcome_term};
use caseyos::engine::queries::mail::{read_alone, thread_files};
use criterion::{Criterion, Throughput};
use jiff::{SignedDuration, Timestamp};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    scores(&mut criterion);
    approvals(&mut criterion);
    mail(&mut criterion);
    criterion.final_summary();
}

fn scores(criterion: &mut Criterion) {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    // The golden ratio's multiples spread over 0..1 more evenly than chance would.
    let mut last = 0.0_f64;
    let mut share = move || {
        last = (last + 0.618_033_988_749_895).fract();
        last
    };
    let tallies: Vec<Tally> = (20_000..20_030)
        .map(|day| Tally {
            day,
            n: 2,
            impact: 9,
        })
        .collect();
    let moves: Vec<ScoreFacts> = (0..10_000)
        .map(|n| {
            let started_at = now - SignedDuration::from_mins(n % 600);
            ScoreFacts {
                revenue: share(),
                base_urgency: share(),
                effort: share(),
                strategic: share(),
                started_at,
                due_at: started_at + SignedDuration::from_hours(4),
                outcome: outcome_term(&tallies, &tallies, now),
            }
        })
        .collect();
    let weights = Weights::default();
    let mut group = criterion.benchmark_group("score");
    group.throughput(Throughput::Elements(moves.len() as u64));
    group.bench_function("10000 moves", |b| {
        b.iter(|| {
            black_box(&moves)
                .iter()
                .map(|facts| score(facts, &weights, now).total.0)
                .sum::<i64>()
        });
    });
    group.finish();
}

/// Ten thousand moves against fifty rules that are all asked, as none of them matches: the most that deciding can cost.
fn approvals(criterion: &mut Criterion) {
    let mut text = String::new();
    for n in 0..50 {
        let (effect, confidence) = match n % 5 {
            0 => ("deny", ""),
            _ => ("allow", "confidence = 0.9"),
        };
        let _ = write!(
            text,
            r#"
            [[rule]]
            name = "rule-{n}"
            effect = "{effect}"
            state = "on"
            when = [
              'contact.stage in ["customer", "opportunity", "lead"] and contact.icp_fit|default(0) >= 0.{n:02}',
              'history.replies > {n} or history.days_since_reply|default(999) < {n} or "rule {n}" in draft.subject|lower',
            ]
            reason = "Because of {n}."
            {confidence}
            "#
        );
    }
    let rules = ApprovalRules::parse(&text, "approval.toml").unwrap();
    let moves: Vec<Facts> = (0..10_000_u32)
        .map(|n| {
            let mut facts = Facts::of_a_plain_case();
            facts.set(
                Variable::ContactStage,
                if n % 3 == 0 { "lead" } else { "customer" },
            );
            facts.set(Variable::ContactFit, 0.5 + f64::from(n % 50) / 100.0);
            facts.set(Variable::HistoryReplies, 0_u32);
            facts.set(
                Variable::DraftSubject,
                format!("Re: Your note of the {n}th"),
            );
            facts
        })
        .collect();
    let mut group = criterion.benchmark_group("approval");
    group.throughput(Throughput::Elements(moves.len() as u64));
    group.bench_function("10000 moves, 50 rules", |b| {
        b.iter(|| {
            black_box(&moves)
                .iter()
                .filter(|facts| decide(&rules, facts).acting.confidence.is_some())
                .count()
        });
    });
    group.finish();
}

fn reply() -> Vec<u8> {
    let mut text = String::from(
        "From: Dana Ruiz <dana@northwind.example>\r\nTo: Casey Rivera <casey@rivera.example>\r\nSubject: Re: Your note\r\n\
         Date: Tue, 24 Nov 2026 10:10:00 +0100\r\nMessage-ID: <r1@northwind.example>\r\nIn-Reply-To: <caseyos.1.2@rivera.example>\r\n\
         References: <caseyos.1.2@rivera.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Hi Casey,\r\n\r\nThis looks interesting. Could we talk on Thursday at 10? Please send the pricing along.\r\n\r\nDana\r\n\r\n\
         On Tue, 24 Nov 2026 at 09:30, Casey Rivera <casey@rivera.example> wrote:\r\n",
    );
    for n in 0..60 {
        let _ = write!(
            text,
            "> Line {n} of what was said before, at some length.\r\n"
        );
    }
    text.into_bytes()
}

fn mail(criterion: &mut Criterion) {
    let message = reply();
    let ours = [MessageId::find("<caseyos.1.2@rivera.example>").unwrap()];
    assert!(read_alone(&message, &ours).answers_ours);
    criterion.bench_function("read a reply of 4 KB", |b| {
        b.iter(|| read_alone(black_box(&message), &ours));
    });

    let text = "Thanks for the note, Casey. We have settled on another system for this year. Please take me off your list.";
    assert_eq!(judge("", text, "").decision, Decision::Yes);
    criterion.bench_function("judge whether a reply opts out", |b| {
        b.iter(|| judge("", black_box(text), black_box("May I call on Thursday?")));
    });

    let mut large = message.clone();
    large.extend(b"> quoted line after quoted line\r\n".repeat(150_000));
    criterion.bench_function("read a reply of 5 MB", |b| {
        b.iter(|| read_alone(black_box(&large), &ours));
    });

    let files: Vec<(String, Vec<u8>)> = (0..1_000)
        .map(|n| {
            let parent = match n % 5 {
                0 => String::new(),
                _ => format!("In-Reply-To: <{}@a.example>\r\n", n - 1),
            };
            let text = format!(
                "From: a@a.example\r\nSubject: Thread {}\r\nDate: Tue, 24 Nov 2026 10:10:00 +0000\r\nMessage-ID: <{n}@a.example>\r\n{parent}\r\nHi.\r\n",
                n / 5
            );
            (n.to_string(), text.into_bytes())
        })
        .collect();
    assert_eq!(thread_files(files.clone()).len(), 200);
    criterion.bench_function("thread 1000 messages", |b| {
        b.iter(|| thread_files(black_box(files.clone())));
    });
}
