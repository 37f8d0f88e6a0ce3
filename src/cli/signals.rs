//! `caseyos signals`: what was observed.

mod health;

use std::io::BufReader;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Run;
use super::output::{Ending, fit, moment};
use crate::engine::{EngineError, LinesReport};

/// What was observed: add signals, list them, see how the sources are.
#[derive(Debug, Args)]
pub(super) struct SignalsArgs {
    #[command(subcommand)]
    command: SignalsCommand,
}

#[derive(Debug, Subcommand)]
enum SignalsCommand {
    /// Add signals from JSON lines: form submissions, deals, meetings, anything that should become a move.
    ///
    /// Each line is an object with `kind` and `at` (RFC 3339), and usually `source` and `email`; what else it holds is kept as payload. A bad
    /// line is rejected with its number, the rest go in; exit code 3 says so. A line that is known already adds nothing.
    #[command(
        after_help = "Example line:\n  {\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-23T09:30:00Z\",\"email\":\"ann@acme.example\",\"message\":\"Pricing?\"}\n\nExamples:\n  caseyos signals add --file forms.jsonl\n  tail -1 forms.jsonl | caseyos signals add --file -"
    )]
    Add {
        /// The file; `-` reads standard input.
        #[arg(long)]
        file: PathBuf,
    },
    /// List signals, newest first.
    List {
        /// Only of one person.
        who: Option<String>,
        /// Only those about nobody known.
        #[arg(long, conflicts_with = "who")]
        unmatched: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show how each source stands: lag, cursor, counts, what was dropped and why, what is left of budgets, circuits, next tries.
    ///
    /// A source is healthy if its last clean run is younger than 5 minutes, degraded under 15 or if it fails now and then, and failing after
    /// that.
    #[command(
        after_help = "Examples:\n  caseyos signals health\n  caseyos signals health --json | jq '.[] | select(.grade != \"healthy\")'"
    )]
    Health,
}

pub(super) fn run(run: &mut Run<'_>, args: &SignalsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        SignalsCommand::Add { file } => {
            let report = if file.as_os_str() == "-" {
                engine.add_signals(std::io::stdin().lock())?
            } else {
                let opened = std::fs::File::open(file).map_err(|e| {
                    EngineError::Input(format!(
                        "{} cannot be read: {e}. Nothing was changed.",
                        file.display()
                    ))
                })?;
                engine.add_signals(BufReader::new(opened))?
            };
            if run.out.is_json() {
                run.out.json(&report)?;
            } else {
                print_report(run, &report)?;
            }
            Ok(match (report.rejected.is_empty(), report.lines) {
                (false, _) => Ending::Partly,
                (true, 0) => Ending::Nothing,
                (true, _) => Ending::Done,
            })
        }
        SignalsCommand::List {
            who,
            unmatched,
            limit,
        } => {
            let items = engine.list_signals(who.as_deref(), *unmatched, *limit)?;
            if run.out.is_json() {
                run.out.json(&items)?;
            } else {
                for s in &items {
                    let who = s.email.clone().unwrap_or_default();
                    let mark = if s.matched { "" } else { " (unmatched)" };
                    run.out.line(&format!(
                        "{:>6}  {}  {}  {}  {}{mark}",
                        s.id,
                        fit(&moment(s.at, engine.now(), &engine.zone()), 16),
                        fit(&s.kind, 28),
                        fit(&who, 30),
                        s.summary
                    ))?;
                }
            }
            Ok(if items.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
        SignalsCommand::Health => health::run(run, &engine),
    }
}

fn print_report(run: &mut Run<'_>, report: &LinesReport) -> Result<(), EngineError> {
    run.out.line(&format!(
        "{} lines: {} new, {} known already, {} rejected; {} new contacts, {} new moves, {} refreshed, {} closed, {} outcomes.",
        report.lines,
        report.new,
        report.known,
        report.rejected.len(),
        report.contacts,
        report.proposed,
        report.refreshed,
        report.closed,
        report.outcomes
    ))?;
    for rejected in report.rejected.iter().take(20) {
        run.out.talk(&format!(
            "line {}: {}.",
            rejected.line,
            rejected.reason.trim_end_matches('.')
        ))?;
    }
    if report.rejected.len() > 20 {
        run.out.talk(&format!(
            "… and {} more; --json lists all.",
            report.rejected.len() - 20
        ))?;
    }
    Ok(())
}
