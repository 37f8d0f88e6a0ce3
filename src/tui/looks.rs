//! What screens look at beside Today's Moves: one kind of look and one kind of sight for each query, answered in one place.
//!
//! A new screen adds a variant to [`Look`], one to [`Sight`] and a line to [`answer`]; the lane beside the loop, the order of the answers and
//! the errors are the same for all.

use super::message::Answer;
use crate::engine::Engine;

/// Something to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Nothing; for tests of the lane.
    Nothing,
}

/// What was seen. It is shared, since a long list is not copied for a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// Nothing.
    Nothing,
}

/// Answers a look. It blocks; the jobs call it beside the loop.
///
/// # Errors
/// A sentence for the operator.
pub fn answer(_engine: &Engine, look: &Look) -> Answer<Sight> {
    Ok(match look {
        Look::Nothing => Sight::Nothing,
    })
}
