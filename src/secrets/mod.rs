//! Secrets: a type that never prints what it holds, and the places where they are kept.
//!
//! Nothing here writes a secret to the disk in plain text, and none of the places stands in for another unasked.

mod environment;
mod error;
mod file;
mod kernel;
mod keyring;
mod vault;

use std::fmt;

use zeroize::Zeroize;

pub use environment::{credential, variable_of};
pub use error::VaultError;
pub use vault::{Places, Standing, Vault};

/// A token, key or password. `Debug` and `Display` print `****`, it has no serialisation, comparing takes the same time wherever two differ,
/// and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns what it holds, for the one place that must put it on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Tells whether it holds nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns it without white space at its ends, which comes along when a secret is pasted or read from a file.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        Self(self.0.trim().to_owned())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes())
            .is_ok()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_what_it_holds() {
        let secret = Secret::new("hunter2");
        let all = format!(
            "{secret} {secret:?} {:?} {:#?}",
            Some(&secret),
            std::slice::from_ref(&secret)
        );
        assert!(!all.contains("hunter2"), "{all}");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn secrets_compare_by_what_they_hold() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }
}
