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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::service::{Base, Service};

    #[test]
    fn every_provider_has_a_double_that_points_its_table_here() {
        let filling = Filling {
            seed: 7,
            contacts: 0,
        };
        let base = "http://127.0.0.1:1";
        let mut settings = Vec::new();
        for double in providers(filling, Timestamp::UNIX_EPOCH) {
            settings.extend(double.lock().unwrap().settings(base));
        }
        for service in Service::ALL {
            let (Some(provider), Base::Own(key, _)) = (service.provider(), service.row().base)
            else {
                continue;
            };
            let wanted = (provider.as_str(), key, base.to_owned());
            assert!(settings.contains(&wanted), "{service}");
        }
    }
}
