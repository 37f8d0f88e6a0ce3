//! The operator.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::schedule::parse_zone;

/// The person in whose name everything is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// The full name, as mail shows it.
    pub name: String,
    /// The address that mail comes from.
    pub address: String,
    /// Further addresses that are the operator's own: mail from them is never a reply.
    pub aliases: Vec<String>,
    /// The firm.
    pub company: String,
    /// An IANA zone name; times are shown in it.
    pub time_zone: String,
    /// The signature below a mail; the name if empty.
    pub signature: String,
    /// The postal address that sequence mail carries.
    pub postal_address: String,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            name: String::new(),
            address: String::new(),
            aliases: Vec::new(),
            company: String::new(),
            time_zone: "UTC".into(),
            signature: String::new(),
            postal_address: String::new(),
        }
    }
}

impl Operator {
    /// Returns the operator's zone; UTC if the name is unknown, which loading refuses beforehand.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        if self.time_zone == "UTC" {
            return TimeZone::UTC;
        }
        parse_zone(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.time_zone != "UTC" {
            parse_zone(&self.time_zone).map_err(|e| e.to_string())?;
        }
        for address in std::iter::once(&self.address).chain(&self.aliases) {
            check_address(address)?;
        }
        Ok(())
    }
}

/// Checks an address of the operator's; an empty one is none yet.
///
/// # Errors
/// Says that it is no mail address.
pub fn check_address(address: &str) -> Result<(), String> {
    if address.is_empty() || address.contains('@') {
        Ok(())
    } else {
        Err(format!("\"{address}\" is not a mail address."))
    }
}
