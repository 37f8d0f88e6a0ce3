//! The common part of IMAP and SMTP: the server, the protection of the connection, and the sign-in.

use crate::secrets::Secret;

/// The protection of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// Plain at first, then TLS; nothing secret is said before.
    StartTls,
    /// None.
    None,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host's name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protection of the connection.
    pub protection: Protection,
    /// Further certificates that are trusted, in PEM; empty for those of the system alone.
    pub extra_roots: Vec<u8>,
}

impl Endpoint {
    /// Returns host and port for a sentence.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The credentials of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A name and an OAuth 2 access token (XOAUTH2).
    Token {
        /// The name.
        user: String,
        /// The token.
        token: Secret,
    },
}

/// Returns the message of SASL's XOAUTH2.
pub(super) fn xoauth2(user: &str, token: &Secret) -> Vec<u8> {
    format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose()).into_bytes()
}

/// Returns the message of SASL's PLAIN (RFC 4616), which takes any password; IMAP's LOGIN takes none that is not ASCII.
pub(super) fn plain(user: &str, password: &Secret) -> Vec<u8> {
    format!("\0{user}\0{}", password.expose()).into_bytes()
}
