//! The engine: commands in, transactions and events out.
//!
//! Every change by anyone is a [`command::Command`]; every look is a query. Faces hold an [`Engine`] and nothing else.

pub mod command;
pub mod correspondence;
pub mod hubspot;
pub mod import;
pub mod meetings;
pub mod post;
pub mod queries;
pub mod seed;
pub mod sync;
pub mod world;

mod approvals;
mod commands;
mod core;
mod deed;
mod draft;
mod drafts;
mod execute;
mod gate;
mod google;
mod intake;
mod mailboxes;
mod outcomes;
mod providers;
mod scoring;
mod sources;
mod undo;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::core::Core;
use crate::config::{Config, ConfigError, Paths};
use crate::domain::guard::Mode;
use crate::domain::id::MoveId;
use crate::domain::rule::Rules;
use crate::env::Env;
use crate::store::moves::ScoringScope;
use crate::store::{Durability, Event, Store, StoreError, WriteTx};
use command::{Command, Done};
use queries::show::MoveDetail;
use queries::today::{TodayList, TodayQuery};
use queries::undo::UndoItem;

pub use providers::sign_in::{Asking, MissingScope, Said, SignedIn, SignedOut};

pub use execute::{DueReport, MailFolders, mail_folders};
pub use mailboxes::{FoundSettings, MailboxReport, Needed, SettingsSource};
pub use sources::lines::{LinesReport, RejectedLine};
pub use sources::{PassControl, PassScope, PassStep, PassWatcher};
pub use sync::{SourceOutcome, SourceReport, SyncReport};

/// What can go wrong in the engine. The kind decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for makes no sense as it was given.
    #[error("{0}")]
    Input(String),
    /// Something outside the program failed; the sentence says what was kept.
    #[error("{0}")]
    Outside(String),
}

impl EngineError {
    /// Tells whether there is no installation yet.
    #[must_use]
    pub const fn is_missing_data(&self) -> bool {
        matches!(self, Self::Store(StoreError::Missing(_)))
    }
}

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

/// The engine's result.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// The handle that every face holds. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Engine {
    core: Arc<Core>,
}

impl Engine {
    /// Opens the installation at `paths`.
    ///
    /// # Errors
    /// If the configuration is wrong or there is no data yet.
    pub fn open(env: Env, paths: Paths) -> Result<Self> {
        let config = Config::load(&paths.config)?;
        let store = Store::open(&paths.data, env.now())?;
        Ok(Self {
            core: Arc::new(Core::new(env, paths, config, store)),
        })
    }

    /// Tells whether there is an installation at `paths`.
    #[must_use]
    pub fn exists(paths: &Paths) -> bool {
        paths.data.join(crate::store::FILE_NAME).exists()
    }

    /// Makes the installation at `paths` if there is none, and opens it.
    ///
    /// # Errors
    /// If the configuration is wrong or the data cannot be made.
    pub fn create(env: Env, paths: Paths) -> Result<Self> {
        let config = Config::load(&paths.config)?;
        let store = Store::create(&paths.data, env.now())?;
        let engine = Self {
            core: Arc::new(Core::new(env, paths, config, store)),
        };
        let name = format!("{:012x}", engine.core.env.draw() & 0xFFFF_FFFF_FFFF);
        engine.write(Durability::Full, move |tx, _, _| {
            if crate::store::control::meta(tx, core::INSTANCE)?.is_none() {
                crate::store::control::set_meta(tx, core::INSTANCE, &name)?;
            }
            Ok(())
        })?;
        Ok(engine)
    }

    /// Returns an engine over a copy of the database in `folder`.
    pub(in crate::engine) fn over_copy(&self, folder: &Path) -> Result<Self> {
        let store = self.core.store.copy(folder)?;
        let core = Core::new(
            self.core.env.clone(),
            self.core.paths.clone(),
            self.core.config.clone(),
            store,
        );
        Ok(Self {
            core: Arc::new(core),
        })
    }

    /// Runs `job` in a write transaction. If it recorded an outcome, every score is derived anew before the commit, so that
    /// what is stored is always what the facts say.
    pub(in crate::engine) fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        job: impl FnOnce(&WriteTx<'_>, &Core, Timestamp) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let core = Arc::clone(&self.core);
        self.core.store.write(durability, move |tx| {
            let now = core.env.now();
            let value = job(tx, &core, now)?;
            if tx.has_emitted(outcomes::RECORDED) {
                scoring::rescore(tx, &core, ScoringScope::All, now)?;
            }
            Ok(value)
        })
    }

    pub(in crate::engine) fn core(&self) -> &Core {
        &self.core
    }

    pub(in crate::engine) fn store(&self) -> &Store {
        &self.core.store
    }

    /// Returns the current instant by the engine's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.core.env.now()
    }

    /// Returns the operator's time zone.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.core.config.operator.zone()
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.core.config
    }

    /// Returns the places of the installation.
    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.core.paths
    }

    /// Subscribes to what changes in this process.
    #[must_use]
    pub fn subscribe(&self) -> std::sync::mpsc::Receiver<Event> {
        self.core.store.subscribe()
    }

    /// Returns a number that grows whenever any process has committed a change.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.core.store.data_version()?)
    }

    /// Returns the rules in force: the operator's own before the built-in ones.
    ///
    /// # Errors
    /// If the operator's file has a mistake.
    pub fn rules(&self) -> Result<&Rules> {
        self.core.rules()
    }

    /// Records that the operator changed the mode.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn note_mode(&self, mode: Mode) -> Result<()> {
        self.write(Durability::Full, move |tx, _, now| {
            crate::store::audit::append(
                tx,
                now,
                "operator",
                "mode.set",
                "mode",
                &serde_json::json!({"mode": mode}),
            )?;
            Ok(tx.emit(now, "mode.set", "mode")?)
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
