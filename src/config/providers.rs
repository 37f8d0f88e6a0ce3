//! The providers' accounts: where their services are and what is taken from them.

use serde::{Deserialize, Serialize};

use crate::domain::account::AppStatus;
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
            client_id: String::new(),
            app_status: AppStatus::default(),
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
    /// The id of the operator's own app, for signing in by OAuth; a token needs none.
    pub client_id: String,
    /// Where the browser is sent back to, as it is registered with the app: `localhost` or `127.0.0.1`, with a port and a path.
    pub redirect_uri: String,
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
            client_id: String::new(),
            redirect_uri: "http://localhost:8765/callback".into(),
            url: "https://api.hubapi.com".into(),
            authorize_url: "https://app.hubspot.com/oauth/authorize".into(),
            api_version: HubspotVersion::default(),
        }
    }
}

impl HubspotConfig {
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
