//! The road in: from an observed event to a ranked move, and from an outcome to the score.

pub(in crate::engine) mod intake;
pub(in crate::engine) mod outcomes;
pub(in crate::engine) mod refresh;
pub(in crate::engine) mod scoring;
pub mod sources;
