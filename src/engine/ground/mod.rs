//! The ground of the engine: what every other part stands on and what names none of them.

pub(in crate::engine) mod approval_rules;
pub(in crate::engine) mod clock;
pub mod command;
pub(in crate::engine) mod core;
pub(in crate::engine) mod drafts;
pub(in crate::engine) mod happened;
pub(in crate::engine) mod lookup;
pub(in crate::engine) mod meeting;
pub(in crate::engine) mod output;
pub(in crate::engine) mod paused;
pub(in crate::engine) mod reach;
pub(in crate::engine) mod say;
