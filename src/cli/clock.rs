//! `caseyos clock`: how the clock stands, and its confirmation after a jump.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, capital, moment};
use crate::engine::EngineError;
use crate::engine::command::Command;

/// Show the clock, or confirm it after a jump.
///
/// When the clock is more than 30 days past the last time CaseyOS ran, or more than a day behind it, nothing is sent and nothing expires until you
/// confirm it, or until a server you are signed in to has the same time. A clock set by CASEYOS_NOW sends nothing either, unless CASEYOS_PRACTICE=1 is
/// set beside it.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 the clock is believed, 4 it is not.\n\nExamples:\n  caseyos clock\n  caseyos clock confirm\n  caseyos clock --json"
)]
pub(super) struct ClockArgs {
    #[command(subcommand)]
    command: Option<ClockCommand>,
}

#[derive(Debug, Subcommand)]
enum ClockCommand {
    /// Believe the clock: you really were away that long, or it is right again.
    #[command(after_help = "Example:\n  caseyos clock confirm")]
    Confirm,
}

pub(super) fn run(run: &mut Run<'_>, args: &ClockArgs) -> Result<Ending, EngineError> {
    let engine = run.quiet_engine()?;
    if let Some(ClockCommand::Confirm) = &args.command {
        return finish(run, &engine.run(Command::ConfirmClock)?);
    }
    let view = engine.clock()?;
    if run.out.is_json() {
        run.out.json(&view)?;
    } else {
        let zone = engine.zone();
        let known = match view.known {
            Some(known) => moment(known, view.now, &zone),
            None => "never".to_owned(),
        };
        run.out.line(&format!(
            "{}, last known {known}",
            view.now.to_zoned(zone).strftime("%a %-d %b %Y %H:%M:%S")
        ))?;
        match &view.problem {
            Some(why) => run.out.line(&format!("{}.", capital(why)))?,
            None => run.out.line("The clock is believed.")?,
        }
    }
    Ok(if view.problem.is_some() {
        Ending::Blocked
    } else {
        Ending::Done
    })
}
