//! Features that stand beside one another: each may name the road, the effects and the ground, never another feature.

pub(in crate::engine) mod approvals;
pub(in crate::engine) mod consent;
pub mod correspondence;
pub mod hubspot;
pub mod import;
pub mod mailboxes;
pub mod meetings;
pub mod post;
pub mod seed;
pub(in crate::engine) mod upkeep;
pub mod world;
