//! Opening an installation with everything that is registered.

use std::time::Duration;

use crate::config::{Config, Paths};
use crate::engine::error::Result;
use crate::engine::ground::core::{self, Core, Listener};
use crate::engine::handle::Engine;
use crate::engine::listeners::LISTENERS;
use crate::env::Env;
use crate::store::{Durability, Store};

impl Engine {
    /// Opens the installation at `paths`.
    ///
    /// # Errors
    /// If the configuration is wrong or there is no data yet.
    pub fn open(env: Env, paths: Paths) -> Result<Self> {
        let config = Config::load(&paths.config)?;
        let store = Store::open(&paths.data, env.now())?;
        Ok(Self::over(Core::new(env, paths, config, store, LISTENERS)))
    }

    /// Opens the installation at `paths`, and waits for another process no longer than `patience`, now and at every write.
    ///
    /// # Errors
    /// As [`Self::open`], and if another process keeps the database to itself.
    pub(in crate::engine) fn open_within(
        env: Env,
        paths: Paths,
        patience: Duration,
    ) -> Result<Self> {
        let config = Config::load(&paths.config)?;
        let store = Store::open_within(&paths.data, patience, env.now())?;
        Ok(Self::over(Core::new(env, paths, config, store, LISTENERS)))
    }

    /// Makes the installation at `paths` if there is none, and opens it.
    ///
    /// # Errors
    /// If the configuration is wrong or the data cannot be made.
    pub fn create(env: Env, paths: Paths) -> Result<Self> {
        Self::create_with(env, paths, LISTENERS)
    }

    /// Makes the installation at `paths` with listeners of its own.
    pub(in crate::engine) fn create_with(
        env: Env,
        paths: Paths,
        listeners: &'static [Listener],
    ) -> Result<Self> {
        let config = Config::load(&paths.config)?;
        let store = Store::create(&paths.data, env.now())?;
        let engine = Self::over(Core::new(env, paths, config, store, listeners));
        let name = format!("{:012x}", engine.core().env.draw() & 0xFFFF_FFFF_FFFF);
        engine.write(Durability::Full, move |tx, _, _| {
            if crate::store::control::meta(tx, core::INSTANCE)?.is_none() {
                crate::store::control::set_meta(tx, core::INSTANCE, &name)?;
            }
            Ok(())
        })?;
        Ok(engine)
    }
}
