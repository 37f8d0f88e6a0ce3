//! Changes of records in HubSpot.

pub(in crate::engine) mod deeds;
pub mod gates;
pub(in crate::engine) mod job;
pub(in crate::engine) mod operation;
pub mod outbox;
pub(in crate::engine) mod undo;
pub mod wishes;
