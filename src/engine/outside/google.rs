//! What Google's sources and posts share: how a failed call is told, and what stops a reading.

use crate::connectors::transport::{CallError, CallErrorKind};
use crate::domain::text::clean_line;
use crate::engine::error::EngineError;

/// Why a reading stopped.
#[derive(Debug)]
pub(in crate::engine) enum Stop {
    /// A call failed.
    Call(CallError),
    /// The program's own side failed.
    Engine(EngineError),
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<Stop> for EngineError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Call(error) => failed(&error),
            Stop::Engine(error) => error,
        }
    }
}

/// Says what went wrong with a call, as a sentence.
pub(in crate::engine) fn sentence(error: &CallError) -> String {
    let message = clean_line(error.message.trim_end_matches('.'), 300);
    let mend = match error.kind {
        CallErrorKind::Unauthorized => " `caseyos auth login google` signs in anew.",
        CallErrorKind::Forbidden => {
            " `caseyos auth status` shows which permissions are missing; the API must be enabled in the Google Cloud project too."
        }
        _ => "",
    };
    format!("{message}.{mend}")
}

/// Returns a failed call as the engine's error.
pub(in crate::engine) fn failed(error: &CallError) -> EngineError {
    EngineError::Outside(sentence(error))
}
