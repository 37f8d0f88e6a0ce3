//! The kinds of effect, one folder each.

pub(in crate::engine) mod carry;
pub mod mail;
pub mod meeting;
pub mod record;
