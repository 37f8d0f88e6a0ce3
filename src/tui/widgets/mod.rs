//! Drawings that several places share.

pub mod chart;
mod columns;
pub mod footer;
pub mod frame;
pub mod scroll;
pub mod status;
pub mod verdicts;

pub use columns::columns;
pub use frame::{bar, body, popup};
