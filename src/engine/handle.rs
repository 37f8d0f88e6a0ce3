//! The handle that faces hold: its transactions, its clock, its settings.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{Config, Paths};
use crate::domain::by::By;
use crate::domain::rule::Rules;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::clock;
use crate::engine::ground::core::Core;
use crate::engine::orders;
use crate::engine::outside::Outside;
use crate::engine::road::outcomes;
use crate::engine::road::scoring;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::moves::ScoringScope;
use crate::store::{Durability, Event, Store, WriteTx};

/// The handle that every face holds. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Engine {
    core: Arc<Core>,
    outside: Arc<Outside>,
}

impl Engine {
    /// Makes the handle over an installation that is open.
    pub(in crate::engine) fn over(core: Core) -> Self {
        let core = Arc::new(core);
        let outside = Arc::new(Outside::new(Arc::clone(&core)));
        Self { core, outside }
    }

    /// Tells whether there is an installation at `paths`.
    #[must_use]
    pub fn exists(paths: &Paths) -> bool {
        paths.data.join(crate::store::FILE_NAME).exists()
    }

    /// Returns an engine over a copy of the database in `folder`.
    pub(in crate::engine) fn over_copy(&self, folder: &Path) -> Result<Self> {
        let store = self.core.store.copy(folder)?;
        let core = Core::new(
            self.core.env.clone(),
            self.core.paths.clone(),
            self.core.config.clone(),
            store,
            self.core.listeners,
        );
        Ok(Self::over(core))
    }

    /// Runs `job` in a write transaction, after what was ordered beside the database has its rows. If it recorded an outcome, every score is derived anew before the commit, so that
    /// what is stored is always what the facts say.
    pub(in crate::engine) fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        job: impl FnOnce(&WriteTx<'_>, &Core, Timestamp) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        orders::bring_in(&self.core)?;
        self.core.prepare_templates();
        let core = Arc::clone(&self.core);
        self.core.store.write(durability, move |tx| {
            let now = core.env.now();
            if let Some(from) = clock::note(tx, &core, now)? {
                note_set_back(tx, from, now)?;
            }
            let value = job(tx, &core, now)?;
            if tx.has_emitted(outcomes::RECORDED) {
                scoring::rescore(tx, &core, ScoringScope::All, now)?;
            }
            Ok(value)
        })
    }

    /// Runs `job` as [`Self::write`] does, where it needs drafts: each that is not there is rendered while nothing is locked, and `job` begins anew.
    ///
    /// # Errors
    /// As `job`, and if what the drafts are made of never holds still.
    pub(in crate::engine) fn write_drafts<T: Send + 'static>(
        &self,
        durability: Durability,
        job: impl Fn(&WriteTx<'_>, &Core, Timestamp) -> Result<T> + Clone + Send + 'static,
    ) -> Result<T> {
        const ROUNDS: u32 = 48;
        for _ in 0..ROUNDS {
            match self.write(durability, job.clone()) {
                Err(EngineError::Unrendered { template, context }) => {
                    self.core.prepare_draft(&template, &context)?;
                }
                done => return done,
            }
        }
        Err(EngineError::Outside(
            "What the draft says keeps changing; nothing was changed. Try again in a moment."
                .into(),
        ))
    }

    pub(in crate::engine) fn core(&self) -> &Core {
        &self.core
    }

    /// Returns the way to the providers.
    pub(in crate::engine) const fn outside(&self) -> &Arc<Outside> {
        &self.outside
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
}

/// Notes in the trail that the clock was set back.
fn note_set_back(tx: &WriteTx<'_>, from: Timestamp, now: Timestamp) -> Result<()> {
    let set_back = Change {
        by: &By::Engine,
        event: "clock.set_back",
        about: vec!["clock".into()],
        detail: serde_json::json!({"from": from, "to": now}),
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, set_back, now).map(|_| ())
}
