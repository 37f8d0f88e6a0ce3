//! The engine: commands in, transactions and events out.
//!
//! Every change by anyone is a [`command::Command`]; every look is a query. Faces hold an [`Engine`] and nothing else.

pub mod command;
pub mod queries;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{Config, ConfigError, Paths};
use crate::domain::id::MoveId;
use crate::env::Env;
use crate::store::{Event, Store, StoreError};
use command::{Command, Done};
use queries::show::MoveDetail;
use queries::today::{TodayList, TodayQuery};
use queries::undo::UndoItem;

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

/// The engine's result.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// The handle that every face holds. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    env: Env,
    paths: Paths,
    config: Config,
    store: Store,
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
            inner: Arc::new(Inner {
                env,
                paths,
                config,
                store,
            }),
        })
    }

    /// Returns the current instant by the engine's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.env.now()
    }

    /// Returns the operator's time zone.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.inner.config.operator.zone()
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Returns the places of the installation.
    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.inner.paths
    }

    /// Returns the store.
    pub(in crate::engine) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Subscribes to what changes in this process.
    #[must_use]
    pub fn subscribe(&self) -> std::sync::mpsc::Receiver<Event> {
        self.inner.store.subscribe()
    }

    /// Returns a number that grows whenever any process has committed a change.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.inner.store.data_version()?)
    }

    /// Carries out one change. Blocks for as long as the change takes.
    ///
    /// # Errors
    /// What prevented it, with what was kept. A guard's refusal is not an error but [`Done::Blocked`].
    pub fn run(&self, command: Command) -> Result<Done> {
        let _ = command;
        Err(EngineError::Input("not built yet".into()))
    }

    /// Returns what approval of a move would send, without doing it.
    ///
    /// # Errors
    /// If there is no such move or its draft cannot be made.
    pub fn preview(&self, id: MoveId) -> Result<Done> {
        let _ = id;
        Err(EngineError::Input("not built yet".into()))
    }

    /// Lists Today's Moves. Costs the same however many contacts and moves there are.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn today(&self, query: &TodayQuery) -> Result<TodayList> {
        let _ = query;
        Err(EngineError::Input("not built yet".into()))
    }

    /// Shows one move in full.
    ///
    /// # Errors
    /// If there is no such move.
    pub fn show(&self, id: MoveId) -> Result<MoveDetail> {
        let _ = id;
        Err(EngineError::Input("not built yet".into()))
    }

    /// Lists what can be undone, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn undo_list(&self, limit: usize) -> Result<Vec<UndoItem>> {
        let _ = limit;
        Err(EngineError::Input("not built yet".into()))
    }

    /// Makes one pass over all sources and timers and sends what waits and may go. Blocks for as long as the pass takes.
    ///
    /// # Errors
    /// If the database cannot be used; a source that fails is part of the report.
    pub fn sync(&self) -> Result<SyncReport> {
        Err(EngineError::Input("not built yet".into()))
    }
}

/// What one pass did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct SyncReport {
    /// Messages and events looked at.
    pub seen: u64,
    /// Signals that were new.
    pub new: u64,
    /// Moves that came up.
    pub proposed: u64,
    /// Moves that events closed.
    pub closed: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
    /// Messages that left, or drafts that were made.
    pub sent: u64,
    /// Approved messages that still wait.
    pub waiting: u64,
    /// What failed, by source.
    pub problems: Vec<String>,
    /// The one-line summary.
    pub summary: String,
}
