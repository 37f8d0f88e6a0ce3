//! The engine's errors. Their kind decides the exit code.

use crate::config::ConfigError;
use crate::domain::template::Context;
use crate::store::{HoldsStoreError, StoreError};

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
    /// A write transaction needs a draft that was not rendered before it. Whoever may need one writes by `Engine::write_drafts`, which renders it
    /// and tries again.
    #[error("A draft was not ready; nothing was changed. Try again.")]
    Unrendered {
        /// The template's name.
        template: String,
        /// The values of the draft.
        context: Box<Context>,
    },
}

impl HoldsStoreError for EngineError {
    fn store_error(&mut self) -> Option<&mut StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Config(_)
            | Self::NotFound(_)
            | Self::Input(_)
            | Self::Outside(_)
            | Self::Unrendered { .. } => None,
        }
    }
}

impl EngineError {
    /// Tells whether there is no installation yet.
    #[must_use]
    pub const fn is_missing_data(&self) -> bool {
        matches!(self, Self::Store(StoreError::Missing(_)))
    }
}

/// A refusal as a plain value, for a caller who asks before anything is done. `?` makes an error of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Refused {
    /// The thing does not exist; the sentence names it.
    Missing(String),
    /// Something that happened since has overtaken it; the sentence says what.
    Overtaken(String),
}

impl Refused {
    /// Returns the sentence.
    pub fn why(self) -> String {
        match self {
            Self::Missing(why) | Self::Overtaken(why) => why,
        }
    }
}

impl From<Refused> for EngineError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Missing(why) => Self::NotFound(why),
            Refused::Overtaken(why) => Self::Input(why),
        }
    }
}

/// The answer to the question whether something may be done.
pub(in crate::engine) type May<T = ()> = std::result::Result<T, Refused>;

/// The engine's result.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;
