//! The demo world: a seeded, fictional firm on the same code as real data.
//!
//! A demo lives in a folder of its own that is a complete installation (configuration, database, mailbox), so every command
//! runs on it with `CASEYOS_HOME` set to that folder. Three things make it a demo: its past was seeded, its clock is shifted so that it is a
//! working hour when it is opened, and [`pulse`] plays its correspondents. Nothing in it touches the network: mail
//! goes from one of its folders to another.

pub mod world;

mod arrivals;
mod correspondents;
mod ground;
mod home;
mod seeding;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Paths;
use crate::engine::{Engine, EngineError};
use crate::env::{Env, ShiftedClock};

pub use ground::DEFAULT_SEED;

/// Which world to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoRequest {
    /// Decides names, amounts, times and tempers.
    pub seed: u64,
    /// Throw the world away that is there and make a new one.
    pub fresh: bool,
    /// The folder, if it is not the usual one.
    pub folder: Option<PathBuf>,
}

impl Default for DemoRequest {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            fresh: false,
            folder: None,
        }
    }
}

/// An open demo. While it is held, no other process throws the world away.
#[derive(Debug)]
pub struct Demo {
    /// The engine on the demo's data and clock.
    pub engine: Engine,
    /// Where it lives: the `CASEYOS_HOME` of commands that are to run on it.
    pub folder: PathBuf,
    /// Whether the world was made just now.
    pub is_new: bool,
    _lock: home::Lock,
}

/// Opens the demo world, made if it is not there or was only half made. `env` is the process's own, not yet shifted.
///
/// # Errors
/// If the folder holds something else, another process has the demo open while a fresh one is asked for, or a file cannot be written.
pub fn open(env: &Env, paths: &Paths, request: &DemoRequest) -> Result<Demo, EngineError> {
    let folder = match &request.folder {
        Some(folder) => folder.clone(),
        None => home::folder(paths, request.seed),
    };
    let folder = std::path::absolute(&folder)
        .map_err(|e| EngineError::Outside(format!("{} cannot be found: {e}.", folder.display())))?;
    let (mut lock, state) = home::enter(&folder, request.fresh)?;
    let is_new = state.is_none();
    let real_now = env.now();
    let state = match state {
        Some(mut state) => {
            state.reopen(real_now);
            state
        }
        None => {
            let state = home::State::new(request.seed, real_now);
            seeding::make(&folder, &state)?;
            state
        }
    };
    state.save(&folder)?;
    lock.share()?;
    let env = shifted(env, &state);
    Ok(Demo {
        engine: Engine::open(env, Paths::in_folder(&folder))?,
        folder,
        is_new,
        _lock: lock,
    })
}

/// Returns the environment that an installation runs in: the demo's shifted clock if `paths` leads to a demo, else `env` as it is.
/// Costs one failed file look-up where there is no demo.
#[must_use]
pub fn clock_for(paths: &Paths, env: Env) -> Env {
    match home::State::load(&paths.data) {
        Some(state) => shifted(&env, &state),
        None => env,
    }
}

fn shifted(env: &Env, state: &home::State) -> Env {
    env.with_clock(Arc::new(ShiftedClock::new(env.clock(), state.shift())))
}

/// Tells whether a data folder is a demo's.
#[must_use]
pub fn is_demo(data: &Path) -> bool {
    home::State::load(data).is_some()
}

/// Lets the demo's correspondents do what is due by the engine's clock: answer mail that left, write unasked, fill in forms. Does nothing
/// where there is no demo. Call it before a pass over the sources. Returns how many messages and events arrived.
///
/// What is due follows from the outbox, the seed and the clock alone, so nothing is kept, nothing is lost by a restart, and nothing
/// comes twice.
///
/// # Errors
/// If the mailbox or the database cannot be read or written.
pub fn pulse(engine: &Engine) -> Result<usize, EngineError> {
    let Some(state) = home::State::load(&engine.paths().data) else {
        return Ok(0);
    };
    let answers = correspondents::answer(engine, &state)?;
    Ok(answers + arrivals::arrive(engine, &state)?)
}

#[cfg(test)]
mod tests;
