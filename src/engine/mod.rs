//! The engine: commands in, transactions and events out.
//!
//! Every change by anyone is a [`command::Command`]; every look is a query. Faces hold an [`Engine`] and nothing else.

pub mod queries;

mod commands;
mod effects;
mod error;
mod features;
mod ground;
mod handle;
mod jobs;
mod listeners;
mod open;
mod orders;
mod outside;
mod pass;
mod road;
mod undo;

use std::path::Path;

use crate::domain::by::By;
use crate::domain::guard::Mode;
use crate::domain::id::MoveId;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::Durability;
use command::{Command, Done};
use queries::show::MoveDetail;
use queries::today::{TodayList, TodayQuery};
use queries::undo::UndoItem;

pub use effects::drain::DueReport;
pub use effects::kinds::mail::post::{MailFolders, mail_folders};
pub use error::{EngineError, Result};
pub use features::mailboxes::{FoundSettings, MailboxReport, Needed, SettingsSource};
pub use features::{correspondence, hubspot, import, meetings, post, seed, world};
pub use ground::command;
pub use handle::Engine;
pub use jobs::report::{DueJobs, JobOutcome, JobReport, SourceOutcome, SourceReport, SyncReport};
pub use outside::sign_in::{Asking, MissingScope, Said, SignedIn, SignedOut};
pub use road::sources::lines::{LinesReport, RejectedLine};
pub use road::sources::{PassControl, PassScope, PassStep, PassWatcher};

/// Makes an empty file that its owner alone may read, for what must not be seen by others.
///
/// # Errors
/// If it cannot be made.
pub fn create_private_file(path: &Path) -> Result<()> {
    Ok(crate::store::create_private_file(path)?)
}

/// Makes a directory that its owner alone may enter.
///
/// # Errors
/// If it cannot be made.
pub fn create_private_directory(path: &Path) -> Result<()> {
    Ok(crate::store::create_private_directory(path)?)
}

impl Engine {
    /// Records that the operator changed the mode.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn note_mode(&self, mode: Mode) -> Result<()> {
        self.write(Durability::Full, move |tx, _, now| {
            let set = Change {
                by: &By::Operator,
                event: "mode.set",
                about: vec!["mode".into()],
                detail: serde_json::json!({"mode": mode}),
                tells: Tells::Same,
                back: Back::None,
            };
            change(tx, set, now).map(|_| ())
        })
    }

    /// Carries out one change. Blocks for as long as the change takes.
    ///
    /// # Errors
    /// What prevented it, with what was kept. A guard's refusal is not an error but [`Done::Blocked`].
    pub fn run(&self, command: Command) -> Result<Done> {
        self.dispatch(command)
    }

    /// Returns what approval of a move would send, without doing it.
    ///
    /// # Errors
    /// If there is no such move or its draft cannot be made.
    pub fn preview(&self, id: MoveId) -> Result<Done> {
        self.preview_move(id)
    }

    /// Lists Today's Moves. Costs the same however many contacts and moves there are.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn today(&self, query: &TodayQuery) -> Result<TodayList> {
        self.list_today(query)
    }

    /// Shows one move in full.
    ///
    /// # Errors
    /// If there is no such move.
    pub fn show(&self, id: MoveId) -> Result<MoveDetail> {
        self.show_move(id)
    }

    /// Lists what can be undone, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn undo_list(&self, limit: usize) -> Result<Vec<UndoItem>> {
        self.list_undo(limit)
    }
}
