//! The causes for which somebody is never written to.

use serde::{Deserialize, Serialize};

use super::email::Named;
use super::words::words;

words! {
    /// The cause of a suppression.
    pub enum Cause ("a cause of a suppression") {
        /// The person asked for no more mail.
        OptedOut = "opted_out",
        /// The person had their data removed.
        Erased = "erased",
        /// The operator decided it.
        Operator = "operator",
        /// Mail to the address comes back for good.
        Bounced = "bounced",
    }
}

impl Cause {
    /// Tells whether it holds for the person, at whichever address. A bounce says something of one address only.
    #[must_use]
    pub const fn follows_person(self) -> bool {
        match self {
            Self::OptedOut | Self::Erased | Self::Operator => true,
            Self::Bounced => false,
        }
    }
}

/// A suppression as a file of contacts carries it, `bounced:ann@acme.example` or `operator:acme.example`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedSuppression {
    /// The cause.
    pub cause: Cause,
    /// The address or domain.
    pub value: String,
}

impl CarriedSuppression {
    /// Reads the form in which it is written; None for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (cause, value) = text.trim().split_once(':')?;
        let named = Named::parse(value).ok()?;
        Some(Self {
            cause: cause.trim().parse().ok()?,
            value: named.as_str().to_owned(),
        })
    }
}

impl std::fmt::Display for CarriedSuppression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.cause, self.value)
    }
}

words! {
    /// The reach of a suppression.
    pub enum SuppressionKind ("a kind of suppression") {
        /// One address.
        Address = "address",
        /// Every address of a domain, and of those below it.
        Domain = "domain",
        /// Everybody at a firm of a name.
        Firm = "firm",
    }
}

impl SuppressionKind {
    /// Returns the reach of what is named.
    #[must_use]
    pub const fn of(named: &Named) -> Self {
        match named {
            Named::Mailbox(_) => Self::Address,
            Named::Domain(_) => Self::Domain,
            Named::Firm(_) => Self::Firm,
        }
    }
}

words! {
    /// The people whom the operator suppresses for one who asked to be left alone.
    pub enum Whom ("whom to leave alone") {
        /// The person, at every address.
        Me = "me",
        /// Everybody at the person's firm.
        Firm = "firm",
        /// Everybody at the domain of the person's address.
        Domain = "domain",
    }
}
