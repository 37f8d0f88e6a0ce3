//! Read models: what the faces show, ready made.

pub mod show;
pub mod today;
pub mod undo;
