//! The practice world as the faces start it.

use crate::connectors::world::{self, Filling};
use crate::engine::error::{EngineError, Result};
use crate::env::Env;

pub use crate::connectors::world::World;

/// Starts a world of every provider on a port of this machine; on any free one if `port` is 0.
///
/// # Errors
/// If the port is taken.
pub fn start(env: &Env, port: u16, seed: u64, contacts: usize) -> Result<World> {
    let options = world::WorldOptions {
        port,
        clock: env.clock(),
    };
    let doubles = world::providers(Filling { seed, contacts }, env.now());
    World::start(options, doubles).map_err(|e| {
        EngineError::Outside(format!(
            "The practice world could not begin on port {port}: {e}."
        ))
    })
}
