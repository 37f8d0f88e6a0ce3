//! The providers' accounts: the places of their services, and the data to read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::account::AppStatus;
use crate::domain::crm::Ownership;
use crate::domain::service::Service;

pub use crate::domain::service::HubspotVersion;

/// Google's account: Gmail and Calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoogleConfig {
    /// The id of the operator's own app of type "Desktop".
    pub client_id: String,
    /// The app's publishing status.
    pub app_status: AppStatus,
    /// The calendars that are read and asked for busy times; meetings are booked in the first. `primary` is the account's own.
    pub calendars: Vec<String>,
    /// The URL of Gmail's API.
    pub gmail_url: String,
    /// The URL of Calendar's API.
    pub calendar_url: String,
    /// The page on which the operator consents.
    pub authorize_url: String,
    /// The URL at which tokens are granted, refreshed and revoked.
    pub auth_url: String,
    /// Gmail's units in a minute; 0 lifts the limit.
    pub gmail_units_per_minute: u32,
    /// Requests to Calendar in a minute; 0 lifts the limit.
    pub calendar_per_minute: u32,
    /// The first wait before a request is tried again, at most; each further one is twice as long.
    pub backoff_millis: u32,
    /// No wait is longer, unless the service asks for it.
    pub backoff_most_seconds: u32,
}

impl Default for GoogleConfig {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            app_status: AppStatus::default(),
            calendars: vec!["primary".into()],
            gmail_url: "https://gmail.googleapis.com".into(),
            calendar_url: "https://www.googleapis.com".into(),
            authorize_url: "https://accounts.google.com/o/oauth2/v2/auth".into(),
            auth_url: "https://oauth2.googleapis.com".into(),
            gmail_units_per_minute: 6_000,
            calendar_per_minute: 600,
            backoff_millis: 2_000,
            backoff_most_seconds: 60,
        }
    }
}

/// HubSpot's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HubspotConfig {
    /// The id of the operator's own app, for signing in by OAuth; a token needs none.
    pub client_id: String,
    /// The address that the browser is sent back to, as registered with the app: `localhost` or `127.0.0.1`, with a port and a path.
    pub redirect_uri: String,
    /// The URL of the API.
    pub url: String,
    /// The page on which the operator consents.
    pub authorize_url: String,
    /// The version of the paths.
    pub api_version: HubspotVersion,
    /// Requests in a second, searches apart; 0 lifts the limit.
    pub per_second: u32,
    /// Requests in ten seconds, searches apart; 0 lifts the limit.
    pub per_ten_seconds: u32,
    /// Searches in a second; 0 lifts the limit.
    pub searches_per_second: u32,
    /// The first wait before a request is tried again, at most; each further one is twice as long.
    pub backoff_millis: u32,
    /// No wait is longer, unless the service asks for it.
    pub backoff_most_seconds: u32,
    /// The owner whose contacts and deals are read: "me", the id of an owner, or "all".
    pub owner: String,
    /// Minutes by which each reading looks back before the last one: the portal's index lags behind its records.
    pub overlap_minutes: u32,
    /// The side that decides when a field was changed on both, by the property's name.
    pub ownership: BTreeMap<String, Ownership>,
}

impl Default for HubspotConfig {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            redirect_uri: "http://localhost:8765/callback".into(),
            url: "https://api.hubapi.com".into(),
            authorize_url: "https://app.hubspot.com/oauth/authorize".into(),
            api_version: HubspotVersion::default(),
            per_second: 10,
            per_ten_seconds: 100,
            searches_per_second: 4,
            backoff_millis: 1_000,
            backoff_most_seconds: 30,
            owner: "all".into(),
            overlap_minutes: 5,
            ownership: BTreeMap::new(),
        }
    }
}

impl HubspotConfig {
    /// Returns the side that decides about a property.
    #[must_use]
    pub fn owner_of(&self, property: &str) -> Ownership {
        self.ownership.get(property).copied().unwrap_or_default()
    }

    /// Returns host, port and path of the address that the browser is sent back to.
    #[must_use]
    pub fn redirect(&self) -> Option<(&str, u16, &str)> {
        let rest = self.redirect_uri.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/')?);
        let (host, port) = authority.split_once(':')?;
        let is_ours = matches!(host, "localhost" | "127.0.0.1");
        let is_plain = path
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#');
        (is_ours && is_plain).then_some((host, port.parse().ok()?, path))
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
        if self.redirect().is_some() {
            return Ok(());
        }
        Err(format!(
            "redirect_uri = \"{}\" must be like \"http://localhost:8765/callback\".",
            self.redirect_uri
        ))
    }
}

impl super::Config {
    /// Returns the base URL of a service.
    #[must_use]
    pub fn base_url(&self, service: Service) -> &str {
        match service {
            Service::Gmail => &self.google.gmail_url,
            Service::Calendar => &self.google.calendar_url,
            Service::GoogleAuth => &self.google.auth_url,
            Service::Hubspot | Service::HubspotAuth => &self.hubspot.url,
            // Each domain has its own.
            Service::MailSettings => "",
        }
    }
}
