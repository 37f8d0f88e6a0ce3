//! CaseyOS: a chief of staff in a terminal, as one local binary.
//!
//! The modules stand in reading order; data flows one way along them and only the engine turns corners.
//! `ARCHITECTURE.md` draws the road and says which room may name which.

pub mod config;
pub mod connectors;
pub mod domain;
pub mod engine;
pub mod env;
pub mod secrets;
pub mod store;
pub mod telemetry;

pub mod cli;
pub mod demo;
pub mod http;
pub mod tui;
