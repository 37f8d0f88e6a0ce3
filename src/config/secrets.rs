//! The place of secrets.

use serde::{Deserialize, Serialize};

use crate::domain::account::SecretChoice;

/// The place of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsConfig {
    /// The place.
    pub backend: SecretChoice,
}
