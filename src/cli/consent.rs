//! `caseyos consent`: answers to whether somebody opted out.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::Ending;
use crate::domain::id::MoveId;
use crate::domain::suppression::Whom;
use crate::engine::EngineError;
use crate::engine::command::Command;

/// Answer a move that asks whether somebody opted out; until then all mail to them waits.
#[derive(Debug, Args)]
pub(super) struct ConsentArgs {
    #[command(subcommand)]
    command: ConsentCommand,
}

#[derive(Debug, Subcommand)]
enum ConsentCommand {
    /// Say yes, they opted out: they are suppressed, and what was to be written to them ends.
    #[command(
        after_help = "Examples:\n  caseyos consent yes 12\n  caseyos consent yes 12 --scope firm"
    )]
    Yes {
        /// The move's number.
        id: i64,
        /// Suppress the person (me), everybody at their firm (firm) or at the domain of their address (domain); as their mail says by default.
        #[arg(long, value_name = "WHOM")]
        scope: Option<Whom>,
    },
    /// Say no, they did not: mail to them is free again, and their mail gets its move as usual.
    #[command(after_help = "Example:\n  caseyos consent no 12")]
    No {
        /// The move's number.
        id: i64,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &ConsentArgs) -> Result<Ending, EngineError> {
    let (id, opted_out, whom) = match args.command {
        ConsentCommand::Yes { id, scope } => (MoveId(id), true, scope),
        ConsentCommand::No { id } => (MoveId(id), false, None),
    };
    let done = run.engine()?.run(Command::AnswerOptOut {
        id,
        opted_out,
        whom,
    })?;
    finish(run, &done)
}
