//! The engine: commands in, transactions and events out.
//!
//! Every change by anyone is a [`command::Command`]; every look is a query. Faces hold an [`Engine`] and nothing else.

pub mod command;
pub mod queries;
