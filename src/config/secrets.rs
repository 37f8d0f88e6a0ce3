//! Where secrets are kept.

use serde::{Deserialize, Serialize};

use crate::domain::account::SecretChoice;

/// Where secrets are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsConfig {
    /// The place.
    pub backend: SecretChoice,
}
