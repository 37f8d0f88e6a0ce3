//! `caseyos why`: why things with a person stand as they do.

use clap::Args;

use super::Run;
use super::output::{Ending, fit, moment};
use super::show::print_verdicts;
use crate::engine::EngineError;

/// Explain why things with a person stand as they do: what holds each move, and when that clears.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  caseyos why lead@example.com\n  caseyos why 42 --json")]
pub(super) struct WhyArgs {
    /// An address, a contact's number, or an external id such as hubspot:501.
    who: String,
}

pub(super) fn run(run: &mut Run<'_>, args: &WhyArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
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
            mv.id,
            fit(mv.status.as_str(), 9),
            mv.title,
            mv.because
        ))?;
    }
    if let Some(first) = why.moves.first() {
        print_verdicts(run.out, &first.verdicts, now, &zone)?;
    }
    Ok(Ending::Done)
}
