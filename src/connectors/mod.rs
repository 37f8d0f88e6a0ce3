//! The outside's formats: build what goes out, parse what comes in. Connectors know no store.

pub mod files;
pub mod link;
pub mod mail;
pub mod transport;
pub mod world;
