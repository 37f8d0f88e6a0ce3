//! `caseyos show`: one move in full.

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Run;
use super::output::{Ending, Out, fit, moment};
use crate::domain::guard::{Verdict, binding};
use crate::domain::id::MoveId;
use crate::domain::moves::MoveStatus;
use crate::domain::words::spoken;
use crate::engine::EngineError;
use crate::engine::queries::show::MoveDetail;

/// Show one move: person, action, score (terms that add up), evidence, draft and the guards' answers.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  caseyos show 12\n  caseyos show 12 --json | jq .terms")]
pub(super) struct ShowArgs {
    /// The move's number, as `caseyos today` shows it.
    id: i64,
}

pub(super) fn run(run: &mut Run<'_>, args: &ShowArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let detail = engine.show(MoveId(args.id))?;
    if run.out.is_json() {
        run.out.json(&detail)?;
    } else {
        print(run.out, &detail, engine.now(), &engine.zone())?;
    }
    Ok(Ending::Done)
}

fn print(
    out: &mut Out,
    d: &MoveDetail,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(), EngineError> {
    let status = match d.status {
        MoveStatus::Open => format!("#{} in the list", d.item.rank),
        MoveStatus::Snoozed => match d.snoozed_until {
            Some(until) => format!("snoozed until {}", moment(until, now, zone)),
            None => "snoozed".into(),
        },
        status if d.close_reason.is_empty() => status.to_string(),
        status => format!("{status}: {}", d.close_reason),
    };
    out.heading(&format!("{}  {} · {}", d.item.score, d.item.title, status))?;
    let line = |out: &mut Out, name: &str, text: &str| {
        if text.is_empty() {
            Ok(())
        } else {
            out.line(&format!("{}  {text}", fit(name, 8)))
        }
    };
    let mut who = d.item.contact.clone();
    for part in [&d.job_title, &d.item.company, &d.item.email] {
        if !part.is_empty() {
            who = if who.is_empty() {
                part.clone()
            } else {
                format!("{who}, {part}")
            };
        }
    }
    line(out, "who", &who)?;
    line(out, "stage", &d.stage)?;
    line(out, "where", &d.time_zone)?;
    line(out, "deal", &d.deal)?;
    line(
        out,
        "what",
        &format!(
            "{} ({}), due {}, by rule {}",
            d.item.action.label(),
            d.item.domain,
            moment(d.item.due_at, now, zone),
            d.rule
        ),
    )?;
    out.line("")?;
    out.heading(&format!("Why {}", d.item.score))?;
    for term in &d.terms {
        let product = match (term.component, term.weight) {
            (Some(component), Some(weight)) => format!("{component:.2} × {weight:.0}"),
            _ => String::new(),
        };
        out.line(&format!(
            "{}  {:>11}  {:>+7.2}  {}",
            fit(term.name.as_str(), 10),
            product,
            term.points.points(),
            term.evidence
        ))?;
    }
    if !d.counterfactual.is_empty() && d.status == MoveStatus::Open {
        let words: Vec<String> = d
            .counterfactual
            .iter()
            .map(|c| c.words(|at| moment(at, now, zone)))
            .collect();
        out.line(&format!("would lead if {}", words.join(", or if ")))?;
    }
    if !d.evidence.is_empty() {
        out.line("")?;
        out.heading("Evidence")?;
        for e in &d.evidence {
            out.line(&format!(
                "{}  {}  {} ({}, signal {})",
                fit(&moment(e.occurred_at, now, zone), 16),
                fit(&spoken(&e.kind), 28),
                e.summary,
                e.source,
                e.signal_id
            ))?;
        }
    }
    if let Some(problem) = &d.draft_problem {
        out.line("")?;
        out.heading(d.missing)?;
        out.line(problem)?;
    }
    if let Some(deed) = &d.deed {
        out.line("")?;
        out.heading(d.heading)?;
        out.line(&deed.summary)?;
        for part in &deed.parts {
            for (i, text) in part.value.lines().enumerate() {
                let name = if i == 0 { part.name.as_str() } else { "" };
                out.line(&format!("{}  {text}", fit(name, 10)))?;
            }
        }
        out.line(&format!("{}  {}", fit("undo", 10), deed.undo))?;
    }
    if let Some(draft) = &d.draft {
        out.line("")?;
        out.heading(if draft.edited {
            "Draft (your words)"
        } else {
            "Draft"
        })?;
        out.line(&format!("To: {}", draft.to))?;
        out.line(&format!("Subject: {}", draft.subject))?;
        if let Some(parent) = &draft.in_reply_to {
            out.line(&format!("In-Reply-To: {parent}"))?;
        }
        out.line("")?;
        out.block(&draft.body)?;
    }
    print_verdicts(out, &d.verdicts, now, zone)?;
    for e in &d.executions {
        out.line("")?;
        out.heading(&format!("Execution {}: {}", e.id, e.status))?;
        out.line(&format!(
            "approved by {} {}",
            e.approved_by,
            moment(e.approved_at, now, zone)
        ))?;
        for text in [&e.message_id, &e.location, &e.error] {
            if !text.is_empty() {
                out.line(text)?;
            }
        }
    }
    Ok(())
}

/// Prints the guards' answers, the binding one marked.
pub(super) fn print_verdicts(
    out: &mut Out,
    verdicts: &[Verdict],
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(), EngineError> {
    if verdicts.is_empty() {
        return Ok(());
    }
    let decides = binding(verdicts).map(|v| v.guard);
    out.line("")?;
    out.heading("Before it goes")?;
    for v in verdicts {
        let clears = v
            .clears_at
            .map(|at| format!("; clears {}", moment(at, now, zone)))
            .unwrap_or_default();
        let mark = match (v.passed, decides == Some(v.guard)) {
            (true, _) => "ok  ",
            (false, true) => "HOLD",
            (false, false) => "no  ",
        };
        out.line(&format!(
            "{mark}  {}  {}{clears}",
            fit(v.guard.words(), 16),
            match clears.is_empty() {
                true => v.detail.as_str(),
                false => v.detail.trim_end_matches('.'),
            }
        ))?;
    }
    Ok(())
}
