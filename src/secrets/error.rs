//! The failures of every place for secrets, with the way out of each.

/// Why a secret cannot be had or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no keyring.
    #[error("there is no keyring that can be used ({0})")]
    NoKeyring(String),
    /// The keyring refuses or does not answer.
    #[error("the keyring cannot be used: {0}")]
    Keyring(String),
    /// The file of secrets cannot be used.
    #[error("the file of secrets cannot be used: {0}")]
    File(String),
    /// The file does not open.
    #[error("the passphrase does not open the file of secrets, or the file was changed")]
    WrongPassphrase,
    /// Nobody supplied the passphrase.
    #[error("the file of secrets is locked and nobody can be asked for its passphrase")]
    Locked,
    /// Secrets come from the environment alone.
    #[error(
        "secrets are taken from the environment alone ([secrets] backend = \"environment\"), so none can be kept"
    )]
    ReadOnly,
    /// The environment supplies it, so that what is kept would not be used.
    #[error("{0} is set, which goes before whatever is kept")]
    Overridden(String),
}

impl VaultError {
    /// Returns what the operator can do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::NoKeyring(_) => {
                "Use a session with a keyring, or keep secrets in a file with a passphrase (`caseyos auth login … --keep file`), or supply them by environment variables."
            }
            Self::Keyring(_) => {
                "Unlock the keyring and try again, or choose another place with [secrets] backend in the configuration."
            }
            Self::File(_) => {
                "Look at the file; if it is lost, remove it and sign in again with `caseyos auth login`."
            }
            Self::WrongPassphrase => {
                "Try again with the passphrase that it was made with; if that is lost, remove the file and sign in again."
            }
            Self::Locked => {
                "Set CASEYOS_PASSPHRASE, or CASEYOS_PASSPHRASE_FILE to a file that only you can read."
            }
            Self::ReadOnly => {
                "Set [secrets] backend to \"auto\", \"keyring\", \"keyutils\" or \"file\", or set the variable instead."
            }
            Self::Overridden(_) => "Unset the variable to use what `caseyos auth login` keeps.",
        }
    }
}
