//! The outside services that the program talks to over HTTP, and which account each belongs to.

use super::words::words;

words! {
    /// An account that the operator signs in to.
    pub enum Provider ("a provider") {
        /// Google: Gmail and Calendar.
        Google = "google",
        /// HubSpot.
        Hubspot = "hubspot",
    }
}

words! {
    /// An HTTP service with a base URL, a budget and a circuit breaker of its own.
    pub enum Service ("a service") {
        /// Gmail's API.
        Gmail = "gmail",
        /// Google Calendar's API.
        Calendar = "calendar",
        /// Google's sign-in: tokens and their revocation.
        GoogleAuth = "google_auth",
        /// HubSpot's API.
        Hubspot = "hubspot",
        /// HubSpot's sign-in.
        HubspotAuth = "hubspot_auth",
        /// A mail domain's settings of its servers (autoconfig); nobody signs in there.
        MailSettings = "mail_settings",
    }
}

words! {
    /// A version of HubSpot's paths.
    #[derive(Default)]
    pub enum HubspotVersion ("a version of HubSpot's API") {
        /// The old paths, which end in September 2027.
        V3 = "v3",
        /// Of March 2026.
        #[default]
        March2026 = "2026-03",
        /// Of September 2026.
        September2026 = "2026-09",
    }
}

impl Service {
    /// Returns its name as the operator knows it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Gmail => "Gmail",
            Self::Calendar => "Google Calendar",
            Self::GoogleAuth => "Google's sign-in",
            Self::Hubspot => "HubSpot",
            Self::HubspotAuth => "HubSpot's sign-in",
            Self::MailSettings => "the domain's mail settings",
        }
    }

    /// Returns the account that the service belongs to, if it is one of an account.
    #[must_use]
    pub const fn provider(self) -> Option<Provider> {
        match self {
            Self::Gmail | Self::Calendar | Self::GoogleAuth => Some(Provider::Google),
            Self::Hubspot | Self::HubspotAuth => Some(Provider::Hubspot),
            Self::MailSettings => None,
        }
    }
}
