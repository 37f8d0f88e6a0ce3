//! The engine's errors. Their kind decides the exit code.

use crate::config::ConfigError;
use crate::store::StoreError;

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

/// The engine's result.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;
