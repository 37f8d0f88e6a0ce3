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

use jiff::Timestamp;

use crate::domain::service::{Provider, Service};
use transport::CallError;

/// Reads a refusal as its service's provider writes them. `date` is the service's own clock, if it showed it.
pub fn classify(service: Service, error: &mut CallError, date: Option<Timestamp>) {
    match service.provider() {
        Some(Provider::Google) => google::refusal::classify(service, error, date),
        Some(Provider::Hubspot) => hubspot::refusal::classify(service, error, date),
        // What a stranger's server says at length is of no interest.
        None => {
            let status = error.status.unwrap_or_default();
            error.message = format!("{} are not there ({status})", service.label());
        }
    }
}
