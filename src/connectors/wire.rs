//! The form of a provider's wire: the requests that code makes which knows no provider, and the reader of its refusals.

use super::transport::Request;
use super::transport::refusal::{Classify, by_status};
use crate::domain::service::HubspotVersion;

/// A right with the smallest request that needs it.
pub type Probe = (&'static str, Request);

/// What a provider's connector supplies to the code that knows no provider. HubSpot's paths follow a version; others pass over it.
#[derive(Debug)]
pub struct Wire {
    /// The paths of its server of tokens; empty where nobody consents in a browser.
    pub tokens: fn(HubspotVersion) -> TokenPaths,
    /// The request that says whose a token is; none if its server of tokens is asked.
    pub profile: Option<fn() -> Request>,
    /// The requests that a pasted token is tried with before it is kept.
    pub probes: fn(HubspotVersion) -> Vec<Probe>,
    /// The reader of its refusals.
    pub classify: Classify,
}

impl Wire {
    /// A provider without requests of the kind, whose refusals say no more than their status.
    pub const BARE: Self = Self {
        tokens: |_| TokenPaths {
            token: String::new(),
            revoke: String::new(),
            introspect: None,
        },
        profile: None,
        probes: |_| Vec::new(),
        classify: by_status,
    };
}

/// The paths of a server of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPaths {
    /// The grant and the refresh.
    pub token: String,
    /// The withdrawal.
    pub revoke: String,
    /// The question about a token, where it can be asked.
    pub introspect: Option<String>,
}
