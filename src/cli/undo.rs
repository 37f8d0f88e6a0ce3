//! `caseyos undo`: undo and its list.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment};
use crate::domain::id::UndoId;
use crate::engine::EngineError;
use crate::engine::command::Command;

/// Undo the last change, or the one you name.
///
/// Each entry says beforehand what comes back and what cannot. You can undo an undo. A sent mail cannot be unsent.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos undo list\n  caseyos undo\n  caseyos undo 7",
    args_conflicts_with_subcommands = true
)]
pub(super) struct UndoArgs {
    #[command(subcommand)]
    command: Option<UndoCommand>,
    /// The entry's number; the newest by default.
    id: Option<i64>,
    /// List what can be undone.
    #[arg(long)]
    list: bool,
    /// Maximum number of entries, with --list.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Subcommand)]
enum UndoCommand {
    /// List what can be undone, with what comes back and what cannot.
    #[command(after_help = "Example:\n  caseyos undo list --limit 50")]
    List {
        /// Maximum number of entries.
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
