//! `caseyos undo`: take something back.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment};
use crate::domain::id::UndoId;
use crate::engine::EngineError;
use crate::engine::command::Command;

/// Take back the newest change, or one of the list.
///
/// Each entry says beforehand what comes back and what cannot. An undo can itself be undone. A mail that has left cannot be unsent.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos undo list\n  caseyos undo\n  caseyos undo 7",
    args_conflicts_with_subcommands = true
)]
pub(super) struct UndoArgs {
    #[command(subcommand)]
    command: Option<UndoCommand>,
    /// The entry's number; the newest if none is given.
    id: Option<i64>,
    /// Shows what can be taken back.
    #[arg(long)]
    list: bool,
    /// With --list: at most so many.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Subcommand)]
enum UndoCommand {
    /// Show what can be taken back, with what comes back and what cannot.
    #[command(after_help = "Example:\n  caseyos undo list --limit 50")]
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &UndoArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let limit = match &args.command {
        Some(UndoCommand::List { limit }) => Some(*limit),
        None => args.list.then_some(args.limit),
    };
    let Some(limit) = limit else {
        let done = engine.run(Command::Undo {
            id: args.id.map(UndoId),
        })?;
        return finish(run, &done);
    };
    let entries = engine.undo_list(limit)?;
    if run.out.is_json() {
        run.out.json(&entries)?;
    } else {
        for e in &entries {
            let state = match (e.undone_at, e.possible) {
                (Some(_), _) => "undone",
                (None, true) => "",
                (None, false) => "cannot be undone",
            };
            run.out.line(&format!(
                "{:>5}  {}  {}  {state}",
                e.id,
                fit(&moment(e.at, engine.now(), &engine.zone()), 16),
                e.summary
            ))?;
            run.out.line(&format!("       {}", e.promise))?;
        }
    }
    Ok(if entries.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}
