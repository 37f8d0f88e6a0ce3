//! The providers' accounts: where their services are and what is taken from them.

use serde::{Deserialize, Serialize};

use crate::domain::service::Service;

pub use crate::domain::service::HubspotVersion;

/// Google's account: Gmail and Calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoogleConfig {
    /// Where Gmail's API is.
    pub gmail_url: String,
    /// Where Calendar's API is.
    pub calendar_url: String,
    /// The page on which the operator consents.
    pub authorize_url: String,
    /// Where tokens are given, refreshed and revoked.
    pub auth_url: String,
}

impl Default for GoogleConfig {
    fn default() -> Self {
        Self {
            gmail_url: "https://gmail.googleapis.com".into(),
            calendar_url: "https://www.googleapis.com".into(),
            authorize_url: "https://accounts.google.com/o/oauth2/v2/auth".into(),
            auth_url: "https://oauth2.googleapis.com".into(),
        }
    }
}

/// HubSpot's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HubspotConfig {
    /// Where the API is.
    pub url: String,
    /// The page on which the operator consents.
    pub authorize_url: String,
    /// The version of the paths.
    pub api_version: HubspotVersion,
}

impl Default for HubspotConfig {
    fn default() -> Self {
        Self {
            url: "https://api.hubapi.com".into(),
            authorize_url: "https://app.hubspot.com/oauth/authorize".into(),
            api_version: HubspotVersion::default(),
        }
    }
}

impl super::Config {
    /// Returns where a service is.
    #[must_use]
    pub fn base_url(&self, service: Service) -> &str {
        match service {
            Service::Gmail => &self.google.gmail_url,
            Service::Calendar => &self.google.calendar_url,
            Service::GoogleAuth => &self.google.auth_url,
            Service::Hubspot | Service::HubspotAuth => &self.hubspot.url,
        }
    }
}
