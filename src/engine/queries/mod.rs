//! Read models: what the faces show, ready made.

pub mod contacts;
pub mod show;
pub mod today;
pub mod undo;
