//! HubSpot's API: requests built and answers read, without a socket.

pub mod paths;

pub mod objects;
pub mod search;

pub mod associations;
pub mod engagements;
pub mod forms;
pub mod owners;
pub mod pipelines;
pub mod refusal;
pub mod webhook;

#[cfg(test)]
mod tests;

use super::transport::Request;
use super::wire::{Probe, TokenPaths, Wire};
use crate::domain::service::{HubspotVersion, Service};
use paths::{ObjectKind, Place, path};

/// HubSpot's wire.
pub static WIRE: Wire = Wire {
    tokens: |version| TokenPaths {
        token: path(version, Place::Token),
        revoke: path(version, Place::TokenRevocation),
        introspect: Some(path(version, Place::TokenIntrospection)),
    },
    probes,
    classify: refusal::classify,
    ..Wire::BARE
};

/// Returns for each right to read the smallest request that needs it.
fn probes(version: HubspotVersion) -> Vec<Probe> {
    let probe = |operation, place| {
        Request::get(Service::Hubspot, operation, path(version, place)).with("limit", "1")
    };
    let objects = Place::Objects;
    vec![
        (
            "crm.objects.contacts.read",
            probe("hubspot.contacts.list", objects(ObjectKind::Contacts)),
        ),
        (
            "crm.objects.companies.read",
            probe("hubspot.companies.list", objects(ObjectKind::Companies)),
        ),
        (
            "crm.objects.deals.read",
            probe("hubspot.deals.list", objects(ObjectKind::Deals)),
        ),
        (
            "crm.objects.owners.read",
            probe("hubspot.owners.list", Place::Owners),
        ),
    ]
}
