//! Messages to the terminal, and the effects that it asks of the loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use jiff::Timestamp;

use super::ids::{Asked, Job, Progress};
use super::looks::{Answer, Look, Sight};
use crate::domain::id::MoveId;
use crate::engine::SyncReport;
use crate::engine::command::{Command, Done};
use crate::engine::import::{ImportReport, OnConflict};
use crate::engine::queries::outbox::OutboxItem;
use crate::engine::queries::show::MoveDetail;
use crate::engine::queries::today::{TodayList, TodayQuery};
use crate::engine::queries::undo::UndoItem;

/// An event. The loop hands each to [`super::app::App::update`].
#[derive(Debug)]
pub enum Message {
    /// The operator did something.
    Input(Event),
    /// Time went by.
    Tick {
        /// The instant, by the engine's clock.
        now: Timestamp,
        /// Since the program began.
        elapsed: Duration,
    },
    /// This process or another changed the data.
    Changed,
    /// A mail server announced new mail.
    MailCame,
    /// The list was read.
    Listed {
        /// The number of the request.
        generation: u64,
        /// The list.
        result: Answer<Arc<TodayList>>,
    },
    /// A part of a screen was read.
    Read {
        /// The question.
        asked: Asked,
        /// The sight.
        result: Answer<Sight>,
    },
    /// A move was read.
    Shown {
        /// The move.
        id: MoveId,
        /// The move in full.
        result: Answer<Arc<MoveDetail>>,
    },
    /// The message that approval would send was made.
    Previewed {
        /// The move.
        id: MoveId,
        /// The message and the verdicts.
        result: Answer<Done>,
    },
    /// A command ended.
    Ran {
        /// The command.
        command: Command,
        /// The result.
        result: Answer<Done>,
    },
    /// The undo list was read.
    UndoListed(Answer<Vec<UndoItem>>),
    /// The outbox as it would leave after a resume was read.
    Waits(Answer<Vec<OutboxItem>>),
    /// A pass over the sources began.
    SyncStarted,
    /// A pass over the sources ended.
    Synced(Answer<SyncReport>),
    /// The operator's own editor was closed.
    EditedOutside {
        /// The move.
        id: MoveId,
        /// Subject and text if they changed.
        result: Answer<Option<(String, String)>>,
    },
    /// The terminal said what colour its background has.
    Background {
        /// True for a light one.
        light: bool,
    },
    /// A job went on.
    Progress(Job, Progress),
    /// A file was looked at that may be imported.
    Rehearsed {
        /// The file with the choice that it was looked at with.
        wish: ImportWish,
        /// What the import would do.
        result: Answer<Box<ImportReport>>,
    },
    /// An import ended.
    Imported(Answer<Box<ImportReport>>),
    /// A failure worth telling the operator.
    Problem(String),
    /// The system asks the program to end.
    Terminate,
}

/// A file of people, and the choice for rows with somebody else's address or id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportWish {
    /// The file.
    pub path: PathBuf,
    /// The choice.
    pub on_conflict: OnConflict,
}

/// An order to the loop. Nobody waits for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the list; only the newest request counts.
    List {
        /// Comes back with the answer.
        generation: u64,
        /// The query.
        query: TodayQuery,
    },
    /// Read a part of a screen; only the newest question of a part counts.
    Read {
        /// Comes back with the answer.
        asked: Asked,
        /// The look.
        look: Look,
    },
    /// Read these moves in full, the first first.
    Show(Vec<MoveId>),
    /// Make the message that an approval would send.
    Preview(MoveId),
    /// Carry out a command, after those asked for before.
    Run(Command),
    /// Read the undo list.
    UndoList,
    /// Read the outbox as it would leave after a resume.
    Waiting,
    /// Pass over the sources now.
    Sync,
    /// Look at a file that may be imported, and keep nothing; a newer look takes the place of an older one.
    Rehearse(ImportWish),
    /// Bring people in from a file.
    Import(ImportWish),
    /// Stop looking at a file; an import goes on.
    CancelRehearsal,
    /// Stop the work in progress where possible; finished work is kept.
    CancelJobs,
    /// Tell the desktop, if the operator wants it told.
    Notify(String),
    /// Read one source now, by its name.
    SyncOnly(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Let the operator's own editor change a draft.
    EditOutside {
        /// The move.
        id: MoveId,
        /// The subject.
        subject: String,
        /// The text.
        body: String,
    },
    /// Draw every cell again.
    Redraw,
    /// Stop the process until the shell continues it.
    Suspend,
    /// End.
    Quit,
}
