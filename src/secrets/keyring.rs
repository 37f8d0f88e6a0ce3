//! The system's keyring: Keychain, the Credential Manager, or the Secret Service by D-Bus.
//!
//! A keyring may wait for a person to unlock it, or for a bus that never answers, so each call has a time limit of its own.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use keyring::{Entry, Error};

use super::{Secret, VaultError};

/// The name under which the keyring shows the program's entries.
const SERVICE: &str = "caseyos";
/// Time limit for reading: nobody need be there.
const LOOK: Duration = Duration::from_secs(4);
/// Time limit for writing: somebody has just signed in and may be asked to unlock the keyring.
const WRITE: Duration = Duration::from_secs(60);

/// Tells why there is no keyring here, without asking the bus if there cannot be one.
pub(super) fn check() -> Result<(), VaultError> {
    bounded(LOOK, || {
        Entry::store_status()
            .as_ref()
            .map(|&()| ())
            .map_err(|e| VaultError::NoKeyring(e.to_string()))
    })
}

/// Returns an entry. A locked keyring that nobody unlocks looks like one without the entry.
pub(super) fn get(user: &str) -> Result<Option<Secret>, VaultError> {
    let user = user.to_owned();
    bounded(LOOK, move || match entry(&user)?.get_password() {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(failure(&error)),
    })
}

/// Writes an entry.
pub(super) fn set(user: &str, secret: &Secret) -> Result<(), VaultError> {
    let (user, secret) = (user.to_owned(), secret.clone());
    bounded(WRITE, move || {
        entry(&user)?
            .set_password(secret.expose())
            .map_err(|e| failure(&e))
    })
}

/// Removes an entry; tells whether there was one.
pub(super) fn remove(user: &str) -> Result<bool, VaultError> {
    let user = user.to_owned();
    bounded(WRITE, move || match entry(&user)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(failure(&error)),
    })
}

fn entry(user: &str) -> Result<Entry, VaultError> {
    if let Err(error) = Entry::store_status() {
        return Err(VaultError::NoKeyring(error.to_string()));
    }
    Entry::new(SERVICE, user).map_err(|e| failure(&e))
}

/// Puts a keyring's error into words. The errors that hold data of an entry don't say it.
fn failure(error: &Error) -> VaultError {
    match error {
        Error::NoStorageAccess(reason) => {
            VaultError::Keyring(format!("it is locked or refuses access: {reason}"))
        }
        Error::NoDefaultStore => VaultError::NoKeyring("there is none on this system".into()),
        other => VaultError::Keyring(other.to_string()),
    }
}

/// Tells whether a bus could be there at all: asking for one that is not may take as long as D-Bus likes.
fn may_have_bus() -> bool {
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        return true;
    }
    crate::env::variable_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || crate::env::variable_os("XDG_RUNTIME_DIR")
            .is_some_and(|folder| std::path::Path::new(&folder).join("bus").exists())
}

/// Runs `job` beside and gives it up after `limit`. A thread that is given up ends with the process.
fn bounded<T: Send + 'static>(
    limit: Duration,
    job: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    if !may_have_bus() {
        return Err(VaultError::NoKeyring(
            "there is no D-Bus session here, as under cron and SSH".into(),
        ));
    }
    let (sender, receiver) = channel();
    std::thread::Builder::new()
        .name("keyring".into())
        .spawn(move || drop(sender.send(job())))
        .map_err(|e| VaultError::Keyring(e.to_string()))?;
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(VaultError::Keyring(format!(
            "it did not answer within {} seconds; it may wait for somebody to unlock it",
            limit.as_secs()
        ))),
        Err(RecvTimeoutError::Disconnected) => {
            Err(VaultError::Keyring("it failed unexpectedly".into()))
        }
    }
}
