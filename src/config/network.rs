//! What the program asks the network by itself.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// What the program asks the network by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// The name server that `caseyos doctor` asks, with or without a port; the system's if this is empty.
    pub dns_server: String,
}

impl NetworkConfig {
    /// Returns the name server to ask; none for the system's.
    #[must_use]
    pub fn dns_server(&self) -> Option<SocketAddr> {
        let text = self.dns_server.trim();
        text.parse()
            .ok()
            .or_else(|| Some(SocketAddr::new(text.parse::<IpAddr>().ok()?, 53)))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.dns_server.trim().is_empty() || self.dns_server().is_some() {
            return Ok(());
        }
        Err(format!(
            "dns_server = \"{}\" is no address such as \"9.9.9.9\" or \"127.0.0.1:5353\".",
            self.dns_server
        ))
    }
}
