//! The receiver of webhooks.

use serde::{Deserialize, Serialize};

/// The address of `caseyos serve`, here and outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// The address to listen at.
    pub bind: String,
    /// The port.
    pub port: u16,
    /// The URL under which HubSpot reaches it, such as `https://hooks.example.com`: the signature covers it.
    pub public_url: String,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1".into(),
            port: 8787,
            public_url: String::new(),
        }
    }
}

impl ServeConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.bind.parse::<std::net::IpAddr>().is_err() {
            return Err(format!(
                "bind must be an IP address such as 127.0.0.1, and is \"{}\".",
                self.bind
            ));
        }
        let url = self.public_url.as_str();
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        if !url.is_empty() && (!is_url || url.contains(['?', '#', ' '])) {
            return Err(format!(
                "public_url must be like \"https://hooks.example.com\", and is \"{url}\"."
            ));
        }
        Ok(())
    }
}
