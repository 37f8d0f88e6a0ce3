//! Read models: what the faces show, ready made.

pub mod contacts;
pub mod lists;
pub mod mail;
pub mod page;
pub mod pipeline;
pub mod show;
pub mod timeline;
pub mod today;
pub mod undo;
pub mod when;
pub mod why;
