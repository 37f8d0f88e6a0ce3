//! cli.

pub mod contacts;
pub mod demo;
