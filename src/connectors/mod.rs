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
mod wire;
pub mod world;

use jiff::Timestamp;

pub use wire::{Probe, TokenPaths, Wire};

use crate::domain::service::{Provider, Service};
use transport::CallError;

/// Returns a provider's wire.
#[must_use]
pub const fn wire(provider: Provider) -> &'static Wire {
    match provider {
        Provider::Google => &google::WIRE,
        Provider::Hubspot => &hubspot::WIRE,
    }
}

/// Reads a refusal as its service's provider writes them. `date` is the service's own clock, if it showed it.
pub fn classify(service: Service, error: &mut CallError, date: Option<Timestamp>) {
    match service.provider() {
        Some(provider) => (wire(provider).classify)(service, error, date),
        // What a stranger's server says at length is of no interest.
        None => {
            let status = error.status.unwrap_or_default();
            error.message = format!("{} are not there ({status})", service.label());
        }
    }
}
