//! `caseyos why`: the reason that something was not sent.

use clap::Args;

use super::Run;
use super::output::{Ending, fit, moment};
use super::show::print_verdicts;
use crate::engine::queries::why::WhyMove;
use crate::engine::{Engine, EngineError};

/// Explain why something was not sent, and when that clears: for a person, a move, or a message of the outbox.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos why lead@example.com\n  caseyos why 42 --json                contact 42\n  caseyos why move:12\n  caseyos why execution:7"
)]
pub(super) struct WhyArgs {
    /// Address, contact number, external id such as hubspot:501, move:12, or execution:7.
    who: String,
}

pub(super) fn run(run: &mut Run<'_>, args: &WhyArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    if let Some(one) = engine.why_one(&args.who)? {
        return print_one(run, &engine, &one);
    }
    let why = engine.why(&args.who)?;
    if run.out.is_json() {
        run.out.json(&why)?;
        return Ok(Ending::Done);
    }
    let (now, zone) = (engine.now(), engine.zone());
    run.out.heading(&format!("{} <{}>", why.name, why.email))?;
    if let Some(blocked) = &why.blocked {
        run.out.line(&format!("never written to: {blocked}"))?;
    }
    if let Some(pause) = &why.pause {
        let until = moment(pause.until, now, &zone);
        run.out.line(&format!(
            "everything is paused until {until} {}",
            pause.reason
        ))?;
    }
    if let Some(paused) = &why.paused {
        run.out.line(&format!("paused: {paused}"))?;
    }
    match why.next_send.at {
        Some(at) if at <= now => run.out.line("next mail: may go now")?,
        Some(at) => run
            .out
            .line(&format!("next mail: from {}", moment(at, now, &zone)))?,
        None => run.out.line("next mail: none")?,
    }
    for reason in &why.next_send.because {
        run.out.line(&format!("  {}", reason.text))?;
    }
    if why.moves.is_empty() {
        run.out.line("no moves")?;
    }
    for mv in &why.moves {
        let clears = mv
            .clears_at
            .map(|at| format!(" (clears {})", moment(at, now, &zone)))
            .unwrap_or_default();
        run.out.line(&format!(
            "{:>5}  {}  {}  {}{clears}",
            mv.id.map_or_else(String::new, |id| id.to_string()),
            fit(mv.status.as_str(), 9),
            mv.title,
            match clears.is_empty() {
                true => mv.because.as_str(),
                false => mv.because.trim_end_matches('.'),
            }
        ))?;
    }
    if let Some(first) = why.moves.first() {
        print_verdicts(run.out, &first.verdicts, now, &zone)?;
    }
    Ok(Ending::Done)
}

fn print_one(run: &mut Run<'_>, engine: &Engine, one: &WhyMove) -> Result<Ending, EngineError> {
    if run.out.is_json() {
        run.out.json(one)?;
        return Ok(Ending::Done);
    }
    let (now, zone) = (engine.now(), engine.zone());
    run.out.heading(&format!(
        "{}  {} ({})",
        match (one.id, one.execution) {
            (Some(id), _) => format!("move {id}"),
            (None, Some(id)) => format!("message {id}"),
            (None, None) => String::new(),
        },
        one.title,
        one.status
    ))?;
    run.out.line(&one.because)?;
    if let Some(at) = one.clears_at {
        run.out
            .line(&format!("clears {}", moment(at, now, &zone)))?;
    }
    if let Some(at) = one.leaves_at {
        run.out
            .line(&format!("leaves {}", moment(at, now, &zone)))?;
    }
    print_verdicts(run.out, &one.verdicts, now, &zone)?;
    Ok(Ending::Done)
}
