//! Jobs: what runs by the clock or in every pass, as one list with one table.
//!
//! A job is data and a function. Its standing (next run, failures in a row, last error, cursor) is a row; its lease is a locked file, so that a
//! job runs in one process at a time and a killed one leaves nothing to wait for. A job that fails or panics is caught, counted and left
//! alone for a while, and the others go on.

pub(in crate::engine) mod books;
pub(in crate::engine) mod ending;
pub(in crate::engine) mod job;
pub(in crate::engine) mod registry;
pub(in crate::engine) mod report;
mod revive;
pub(in crate::engine) mod run;

#[cfg(test)]
pub(in crate::engine) mod tests;
