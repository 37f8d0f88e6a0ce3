//! cli.

pub mod contacts;
