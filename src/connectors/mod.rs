//! The outside's formats: build what goes out, parse what comes in. Connectors know no store.

pub mod clock;
#[cfg(test)]
pub(crate) mod contract;
pub mod dns;
pub mod files;
pub mod google;
pub mod hubspot;
mod lenient;
pub mod link;
pub mod loopback;
pub mod mail;
pub mod oauth;
pub mod transport;
pub mod world;
