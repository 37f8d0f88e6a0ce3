//! The network: time limits, proxies and certificates.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Time limits, proxies and certificates of every HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Time limit for a connection, in seconds.
    pub connect_seconds: u32,
    /// Time without a byte after which an answer is given up, in seconds.
    pub read_seconds: u32,
    /// Time limit for a whole answer, in seconds, a mail server's too.
    pub whole_seconds: u32,
    /// Longest answer, in megabytes after decompression.
    pub max_megabytes: u32,
    /// Retries of a request that may be repeated.
    pub retries: u32,
    /// Longest wait for a busy service, in seconds; beyond, a later pass asks again.
    pub patience_seconds: u32,
    /// `environment`, `none`, or a proxy's URL.
    pub proxy: String,
    /// A file of further root certificates in PEM, beside the system's.
    pub ca_file: String,
    /// The name server that is asked about mail domains, with or without a port; the system's if this is empty.
    pub dns_server: String,
    /// Addresses of a mail domain's settings in Mozilla's format; `{domain}` stands for the domain.
    pub mail_settings_urls: Vec<String>,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            connect_seconds: 10,
            read_seconds: 30,
            whole_seconds: 120,
            max_megabytes: 64,
            retries: 3,
            patience_seconds: 60,
            proxy: "environment".into(),
            ca_file: String::new(),
            dns_server: String::new(),
            mail_settings_urls: vec![
                "https://autoconfig.{domain}/mail/config-v1.1.xml".into(),
                "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml".into(),
            ],
        }
    }
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
        for (name, value, least, most) in [
            ("connect_seconds", self.connect_seconds, 1, 300),
            ("read_seconds", self.read_seconds, 1, 600),
            ("whole_seconds", self.whole_seconds, 1, 3600),
            ("max_megabytes", self.max_megabytes, 1, 1024),
            ("retries", self.retries, 0, 10),
            ("patience_seconds", self.patience_seconds, 0, 3600),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!("{name} must be between {least} and {most}."));
            }
        }
        let is_url = ["http://", "https://"]
            .iter()
            .any(|scheme| self.proxy.starts_with(scheme));
        if !is_url && !matches!(self.proxy.as_str(), "environment" | "none") {
            return Err(
                "proxy must be \"environment\", \"none\" or the URL of an HTTP proxy.".into(),
            );
        }
        for url in &self.mail_settings_urls {
            // Whoever can change the answer on its way chooses where a password is sent.
            let is_protected = ["https://", "http://127.0.0.1:", "http://localhost:"]
                .iter()
                .any(|start| url.starts_with(start));
            if !is_protected || !url.contains("{domain}") {
                return Err(format!(
                    "mail_settings_urls = \"{url}\" must begin with https:// and have {{domain}} in it."
                ));
            }
        }
        if self.dns_server.trim().is_empty() || self.dns_server().is_some() {
            return Ok(());
        }
        Err(format!(
            "dns_server = \"{}\" is no address such as \"9.9.9.9\" or \"127.0.0.1:5353\".",
            self.dns_server
        ))
    }
}
