//! The ground under the demo's parts: chance from the seed, and the failure of the world's own texts.

use super::world::WorldError;
use crate::engine::EngineError;

/// The seed of the world that opens when no other is asked for.
pub const DEFAULT_SEED: u64 = 1;

/// Scrambles a seed and some texts into 64 bits, the same for the same input.
pub(super) fn draw(seed: u64, texts: &[&str]) -> u64 {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    hasher.update(seed.to_be_bytes());
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    digest
        .first_chunk::<8>()
        .map_or(seed, |bytes| u64::from_be_bytes(*bytes))
}

/// Returns a failure of the world's own texts as the engine's; no user can cause it.
pub(super) fn wrong_world(error: WorldError) -> EngineError {
    EngineError::Outside(format!("{error}."))
}
