//! Every double of a practice world, and its filling.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::SharedDouble;
use super::google::GoogleDouble;
use super::hubspot::HubspotDouble;
use super::oauth::{Grants, OauthDouble};
use crate::domain::service::Provider;

/// How a practice world is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filling {
    /// The seed of everything that is made up.
    pub seed: u64,
    /// How many contacts the CRM holds.
    pub contacts: usize,
}

/// Returns a double of every provider.
#[must_use]
pub fn providers(filling: Filling, now: Timestamp) -> Vec<SharedDouble> {
    let google = Grants::new(Provider::Google);
    let hubspot_grants = Grants::new(Provider::Hubspot);
    vec![
        Arc::new(Mutex::new(OauthDouble::new(google.clone()))),
        Arc::new(Mutex::new(GoogleDouble::new("casey@ruiz.example", google))),
        Arc::new(Mutex::new(OauthDouble::new(hubspot_grants.clone()))),
        Arc::new(Mutex::new(
            HubspotDouble::filled(filling.seed, filling.contacts, now).with_grants(hubspot_grants),
        )),
    ]
}
