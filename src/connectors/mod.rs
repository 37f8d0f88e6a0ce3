//! The outside's formats: build what goes out, parse what comes in. Connectors know no store.

pub mod files;
pub mod loopback;
pub mod mail;
pub mod oauth;
pub mod transport;
pub mod world;
