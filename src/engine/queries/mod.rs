//! Read models: what the faces show, ready made.

pub mod approvals;
pub mod audit;
pub mod contacts;
pub mod lists;
pub mod mail;
pub mod show;
pub mod today;
pub mod undo;
pub mod when;
pub mod why;
