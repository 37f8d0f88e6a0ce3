//! The providers' accounts: the places of their services, and the data to read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::account::AppStatus;
use crate::domain::crm::Ownership;
use crate::domain::service::{Backoff, Base, Consent, Limit, Provider, RedirectTo, Service};

pub use crate::domain::service::HubspotVersion;

/// A provider's table as code reads it that knows no provider: by the keys that the rows in [`crate::domain::service`] name.
trait Table {
    /// Returns a key's value; none if the table has no such key.
    fn value(&self, key: &str) -> Option<&dyn Value>;
}

/// A value of a table.
trait Value {
    /// Returns a text or a word.
    fn text(&self) -> Option<&str> {
        None
    }

    /// Returns a number.
    fn number(&self) -> Option<u32> {
        None
    }
}

impl Value for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Value for u32 {
    fn number(&self) -> Option<u32> {
        Some(*self)
    }
}

impl Value for AppStatus {
    fn text(&self) -> Option<&str> {
        Some(self.as_str())
    }
}

impl Value for HubspotVersion {}
impl Value for Vec<String> {}
impl Value for BTreeMap<String, Ownership> {}

/// Declares a provider's table: its keys in the order of the example, each with its type and default.
macro_rules! table {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $( $(#[$key_doc:meta])* $key:ident: $kind:ty = $default:expr, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $( $(#[$key_doc])* pub $key: $kind, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $key: $default, )* }
            }
        }

        impl Table for $name {
            fn value(&self, key: &str) -> Option<&dyn Value> {
                match key {
                    $( stringify!($key) => Some(&self.$key), )*
                    _ => None,
                }
            }
        }
    };
}

table! {
    /// Google's account: Gmail and Calendar.
    pub struct GoogleConfig {
        /// The id of the operator's own app of type "Desktop".
        client_id: String = String::new(),
        /// The app's publishing status.
        app_status: AppStatus = AppStatus::default(),
        /// The calendars that are read and asked for busy times; meetings are booked in the first. `primary` is the account's own.
        calendars: Vec<String> = vec!["primary".into()],
        /// The URL of Gmail's API.
        gmail_url: String = Service::Gmail.usual_url().into(),
        /// The URL of Calendar's API.
        calendar_url: String = Service::Calendar.usual_url().into(),
        /// The page on which the operator consents.
        authorize_url: String = usual_page(Provider::Google),
        /// The URL at which tokens are granted, refreshed and revoked.
        auth_url: String = Service::GoogleAuth.usual_url().into(),
        /// Gmail's units in a minute; 0 lifts the limit.
        gmail_units_per_minute: u32 = usual_most(Service::Gmail, "gmail_units_per_minute"),
        /// Requests to Calendar in a minute; 0 lifts the limit.
        calendar_per_minute: u32 = usual_most(Service::Calendar, "calendar_per_minute"),
        /// The first wait before a request is tried again, at most; each further one is twice as long.
        backoff_millis: u32 = Provider::Google.row().backoff.millis,
        /// No wait is longer, unless the service asks for it.
        backoff_most_seconds: u32 = Provider::Google.row().backoff.most_seconds,
    }
}

table! {
    /// HubSpot's account.
    pub struct HubspotConfig {
        /// The id of the operator's own app, for signing in by OAuth; a token needs none.
        client_id: String = String::new(),
        /// The address that the browser is sent back to, as registered with the app: `localhost` or `127.0.0.1`, with a port and a path.
        redirect_uri: String = usual_redirect(Provider::Hubspot),
        /// The URL of the API.
        url: String = Service::Hubspot.usual_url().into(),
        /// The page on which the operator consents.
        authorize_url: String = usual_page(Provider::Hubspot),
        /// The version of the paths.
        api_version: HubspotVersion = HubspotVersion::default(),
        /// Requests in a second, searches apart; 0 lifts the limit.
        per_second: u32 = usual_most(Service::Hubspot, "per_second"),
        /// Requests in ten seconds, searches apart; 0 lifts the limit.
        per_ten_seconds: u32 = usual_most(Service::Hubspot, "per_ten_seconds"),
        /// Searches in a second; 0 lifts the limit.
        searches_per_second: u32 = usual_most(Service::Hubspot, "searches_per_second"),
        /// The first wait before a request is tried again, at most; each further one is twice as long.
        backoff_millis: u32 = Provider::Hubspot.row().backoff.millis,
        /// No wait is longer, unless the service asks for it.
        backoff_most_seconds: u32 = Provider::Hubspot.row().backoff.most_seconds,
        /// The owner whose contacts and deals are read: "me", the id of an owner, or "all".
        owner: String = "all".into(),
        /// Minutes by which each reading looks back before the last one: the portal's index lags behind its records.
        overlap_minutes: u32 = 5,
        /// The side that decides when a field was changed on both, by the property's name.
        ownership: BTreeMap<String, Ownership> = BTreeMap::new(),
    }
}

/// Returns the page of consent that a provider's row names.
fn usual_page(provider: Provider) -> String {
    let consent = provider.row().consent();
    consent.map_or_else(String::new, |consent| consent.page.into())
}

/// Returns the registered address that a provider's row names.
fn usual_redirect(provider: Provider) -> String {
    match provider.row().consent().map(|consent| consent.redirect) {
        Some(RedirectTo::Registered(uri)) => uri.into(),
        Some(RedirectTo::AnyPort) | None => String::new(),
    }
}

/// Returns the limit that a service's row names under a key.
fn usual_most(service: Service, key: &str) -> u32 {
    let mut limits = service.row().budgets.iter().flat_map(|b| b.limits);
    limits
        .find(|limit| limit.key == Some(key))
        .map_or(0, |limit| limit.most)
}

/// Reads host, port and path of an address that the browser is sent back to.
fn parse_redirect(uri: &str) -> Option<(&str, u16, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/')?);
    let (host, port) = authority.split_once(':')?;
    let is_ours = matches!(host, "localhost" | "127.0.0.1");
    let is_plain = path
        .bytes()
        .all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#');
    (is_ours && is_plain).then_some((host, port.parse().ok()?, path))
}

impl HubspotConfig {
    /// Returns the side that decides about a property.
    #[must_use]
    pub fn owner_of(&self, property: &str) -> Ownership {
        self.ownership.get(property).copied().unwrap_or_default()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let is_id = !self.owner.is_empty() && self.owner.bytes().all(|b| b.is_ascii_digit());
        if !(is_id || matches!(self.owner.as_str(), "me" | "all")) {
            return Err(format!(
                "owner must be \"me\", \"all\" or an owner's id, and is \"{}\".",
                self.owner
            ));
        }
        if self.overlap_minutes > 1_440 {
            return Err("overlap_minutes must be at most 1440.".into());
        }
        if parse_redirect(&self.redirect_uri).is_some() {
            return Ok(());
        }
        Err(format!(
            "redirect_uri = \"{}\" must be like \"http://localhost:8765/callback\".",
            self.redirect_uri
        ))
    }
}

impl super::Config {
    /// Returns a provider's table.
    fn table(&self, provider: Provider) -> &dyn Table {
        match provider {
            Provider::Google => &self.google,
            Provider::Hubspot => &self.hubspot,
        }
    }

    fn text(&self, provider: Provider, key: &str) -> Option<&str> {
        self.table(provider).value(key).and_then(Value::text)
    }

    fn number(&self, provider: Provider, key: &str) -> Option<u32> {
        self.table(provider).value(key).and_then(Value::number)
    }

    /// Returns the base URL of a service.
    #[must_use]
    pub fn base_url(&self, service: Service) -> &str {
        let row = service.row();
        match (row.base, row.provider) {
            (Base::Own(key, url), Some(provider)) => self.text(provider, key).unwrap_or(url),
            (Base::Own(_, url), None) => url,
            (Base::Of(other), _) => self.base_url(other),
            (Base::Elsewhere, _) => "",
        }
    }

    /// Returns the maximum of a service's limit; 0 lifts it.
    #[must_use]
    pub fn most(&self, service: Service, limit: &Limit) -> u32 {
        let set = service.provider().zip(limit.key);
        set.and_then(|(provider, key)| self.number(provider, key))
            .unwrap_or(limit.most)
    }

    /// Returns the waits before a service is asked again.
    #[must_use]
    pub fn backoff(&self, service: Service) -> Backoff {
        let Some(provider) = service.provider() else {
            return Backoff::USUAL;
        };
        let usual = provider.row().backoff;
        let number = |key, usual| self.number(provider, key).unwrap_or(usual);
        Backoff {
            millis: number("backoff_millis", usual.millis),
            most_seconds: number("backoff_most_seconds", usual.most_seconds),
        }
    }

    /// Returns the id of the operator's own app at a provider; empty if there is none.
    #[must_use]
    pub fn client_id(&self, provider: Provider) -> &str {
        self.text(provider, "client_id").unwrap_or_default()
    }

    /// Returns the publishing status of the operator's own app at a provider.
    #[must_use]
    pub fn app_status(&self, provider: Provider) -> AppStatus {
        self.text(provider, "app_status")
            .and_then(|word| word.parse().ok())
            .unwrap_or_default()
    }

    /// Returns the page on which the operator consents.
    #[must_use]
    pub fn consent_page<'a>(&'a self, provider: Provider, consent: &Consent) -> &'a str {
        self.text(provider, "authorize_url").unwrap_or(consent.page)
    }

    /// Returns host, port and path of the address that the browser is sent back to; port 0 is any free one.
    #[must_use]
    pub fn redirect(&self, provider: Provider, consent: &Consent) -> (&str, u16, &str) {
        match consent.redirect {
            RedirectTo::AnyPort => ("127.0.0.1", 0, "/callback"),
            RedirectTo::Registered(usual) => {
                let uri = self.text(provider, "redirect_uri").unwrap_or(usual);
                parse_redirect(uri).unwrap_or(("localhost", 0, "/"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_key_that_a_row_names_stands_in_its_providers_table_with_its_default() {
        let config = Config::default();
        for service in Service::ALL {
            let row = service.row();
            let Some(provider) = row.provider else {
                assert!(row.budgets.is_empty() && row.base == Base::Elsewhere);
                continue;
            };
            if let Base::Own(key, url) = row.base {
                assert_eq!(config.text(provider, key), Some(url), "{service}");
            }
            for limit in row.budgets.iter().flat_map(|budget| budget.limits) {
                if let Some(key) = limit.key {
                    assert_eq!(config.number(provider, key), Some(limit.most), "{key}");
                }
            }
        }
        for &provider in Provider::ALL {
            let row = provider.row();
            assert_eq!(config.backoff(row.api), row.backoff, "{provider}");
            let Some(consent) = row.consent() else {
                continue;
            };
            let text = |key| config.text(provider, key);
            assert_eq!(text("client_id"), Some(""), "{provider}");
            assert_eq!(text("authorize_url"), Some(consent.page), "{provider}");
            assert_eq!(text("app_status").is_some(), consent.testing.is_some());
            if let RedirectTo::Registered(uri) = consent.redirect {
                assert_eq!(text("redirect_uri"), Some(uri), "{provider}");
                assert!(parse_redirect(uri).is_some(), "{uri}");
            }
        }
    }

    #[test]
    fn what_the_file_says_goes_before_the_row() {
        let mut config = Config::default();
        config.google.calendar_url = "http://127.0.0.1:1".into();
        config.google.calendar_per_minute = 7;
        config.google.app_status = AppStatus::Production;
        config.hubspot.url = "http://127.0.0.1:2".into();
        config.hubspot.redirect_uri = "http://127.0.0.1:3/back".into();
        config.hubspot.backoff_millis = 1;
        let url = |service| config.base_url(service);
        assert_eq!(url(Service::Calendar), "http://127.0.0.1:1");
        assert_eq!(url(Service::Gmail), "https://gmail.googleapis.com");
        assert_eq!(url(Service::HubspotAuth), "http://127.0.0.1:2");
        assert_eq!(url(Service::MailSettings), "");
        let limit = &Service::Calendar.row().budgets[0].limits[0];
        assert_eq!(config.most(Service::Calendar, limit), 7);
        assert_eq!(config.app_status(Provider::Google), AppStatus::Production);
        assert_eq!(config.app_status(Provider::Hubspot), AppStatus::Unknown);
        assert_eq!(config.backoff(Service::HubspotAuth).millis, 1);
        assert_eq!(config.backoff(Service::MailSettings), Backoff::USUAL);
        let back =
            |provider: Provider| config.redirect(provider, provider.row().consent().unwrap());
        assert_eq!(back(Provider::Google), ("127.0.0.1", 0, "/callback"));
        assert_eq!(back(Provider::Hubspot), ("127.0.0.1", 3, "/back"));
    }
}
