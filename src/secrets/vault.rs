//! One way to all secrets: the environment first, then the one place that the operator chose.
//!
//! No place stands in for another unasked. With `auto` the place is the system's keyring; where there is none, that is said, and a file
//! with a passphrase is used only after the operator asked for it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::environment::{self, credential, variable_of};
use super::error::VaultError;
use super::file::{SecretFile, Unlocked};
use super::{Secret, kernel, keyring};
use crate::domain::account::{SecretChoice, SecretPlace};

/// The file's name inside the data directory.
const FILE_NAME: &str = "secrets.sealed";
/// The name of the passphrase itself, which only the environment supplies.
const PASSPHRASE: &str = "passphrase";

/// Where secrets may lie.
#[derive(Debug, Clone)]
pub struct Places {
    /// What the operator chose.
    pub choice: SecretChoice,
    /// The data directory.
    pub directory: PathBuf,
    /// The installation's own name, as several may share a keyring.
    pub owner: String,
}

/// How things stand with the chosen place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What the operator chose.
    pub choice: SecretChoice,
    /// Where a secret would be kept; none if that cannot be done now.
    pub place: Option<SecretPlace>,
    /// Why not.
    pub problem: Option<VaultError>,
}

/// Asks the operator for the file's passphrase; the argument tells whether the file is made now.
type Ask = Box<dyn Fn(bool) -> Option<Secret> + Send + Sync>;

/// The way to all secrets. Making one touches nothing.
pub struct Vault {
    places: Places,
    file: SecretFile,
    ask: OnceLock<Ask>,
    unlocked: Mutex<Option<Unlocked>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Makes the way to the secrets of an installation.
    #[must_use]
    pub fn new(places: Places) -> Self {
        Self {
            file: SecretFile {
                path: places.directory.join(FILE_NAME),
            },
            places,
            ask: OnceLock::new(),
            unlocked: Mutex::default(),
        }
    }

    /// Returns the place of the file of secrets.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file.path
    }

    /// Says whom to ask for the passphrase where the environment does not supply it. Only the first call counts.
    pub fn ask_with(&self, ask: impl Fn(bool) -> Option<Secret> + Send + Sync + 'static) {
        // A second one would ask the same person.
        drop(self.ask.set(Box::new(ask)));
    }

    /// Returns a secret and where it lay.
    ///
    /// # Errors
    /// If the place cannot be looked into. That it holds nothing is no error.
    pub fn get(&self, name: &str) -> Result<Option<(Secret, SecretPlace)>, VaultError> {
        if let Some(secret) = credential(name) {
            return Ok(Some((secret, SecretPlace::Environment)));
        }
        let found = match self.places.choice {
            SecretChoice::Environment => None,
            SecretChoice::Auto | SecretChoice::Keyring => {
                keyring::get(&self.user(name))?.map(|s| (s, SecretPlace::Keyring))
            }
            SecretChoice::Keyutils => {
                kernel::get(&self.user(name))?.map(|s| (s, SecretPlace::Keyutils))
            }
            SecretChoice::File if !self.file.exists() => None,
            SecretChoice::File => self
                .file
                .get(self.unlock()?.as_ref().ok_or(VaultError::Locked)?, name)?
                .map(|s| (s, SecretPlace::File)),
        };
        Ok(found)
    }

    /// Keeps a secret and returns where.
    ///
    /// # Errors
    /// If it cannot be kept there; it is kept nowhere then.
    pub fn set(&self, name: &str, secret: &Secret) -> Result<SecretPlace, VaultError> {
        if credential(name).is_some() {
            return Err(VaultError::Overridden(variable_of(name)));
        }
        match self.places.choice {
            SecretChoice::Environment => Err(VaultError::ReadOnly),
            SecretChoice::Auto | SecretChoice::Keyring => {
                keyring::set(&self.user(name), secret)?;
                Ok(SecretPlace::Keyring)
            }
            SecretChoice::Keyutils => {
                kernel::set(&self.user(name), secret)?;
                Ok(SecretPlace::Keyutils)
            }
            SecretChoice::File => {
                let unlocked = self.unlock()?;
                let text = Zeroizing::new(secret.expose().to_owned());
                self.file
                    .change(unlocked.as_ref().ok_or(VaultError::Locked)?, |entries| {
                        entries.insert(name.to_owned(), text)
                    })?;
                Ok(SecretPlace::File)
            }
        }
    }

    /// Removes a secret from the chosen place; tells whether it was there.
    ///
    /// # Errors
    /// If the place cannot be changed.
    pub fn remove(&self, name: &str) -> Result<bool, VaultError> {
        match self.places.choice {
            SecretChoice::Environment => Ok(false),
            SecretChoice::Auto | SecretChoice::Keyring => keyring::remove(&self.user(name)),
            SecretChoice::Keyutils => kernel::remove(&self.user(name)),
            SecretChoice::File if !self.file.exists() => Ok(false),
            SecretChoice::File => {
                let unlocked = self.unlock()?;
                self.file
                    .change(unlocked.as_ref().ok_or(VaultError::Locked)?, |entries| {
                        entries.remove(name).is_some()
                    })
            }
        }
    }

    /// Makes sure that a secret can be kept, so that nobody signs in for nothing, and returns where it would be.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Result<SecretPlace, VaultError> {
        match self.places.choice {
            SecretChoice::Environment => Err(VaultError::ReadOnly),
            SecretChoice::Auto | SecretChoice::Keyring => {
                keyring::check().map(|()| SecretPlace::Keyring)
            }
            SecretChoice::Keyutils => kernel::check().map(|()| SecretPlace::Keyutils),
            SecretChoice::File => self.unlock().map(|_| SecretPlace::File),
        }
    }

    /// Tells how things stand without asking anybody and without opening the file.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let looked = match self.places.choice {
            SecretChoice::Environment => Ok(SecretPlace::Environment),
            SecretChoice::Auto | SecretChoice::Keyring => {
                keyring::check().map(|()| SecretPlace::Keyring)
            }
            SecretChoice::Keyutils => kernel::check().map(|()| SecretPlace::Keyutils),
            SecretChoice::File => passphrase()
                .and_then(|found| found.ok_or(VaultError::Locked))
                .map(|_| SecretPlace::File),
        };
        Standing {
            choice: self.places.choice,
            place: looked.as_ref().ok().copied(),
            problem: looked.err(),
        }
    }

    fn user(&self, name: &str) -> String {
        format!("{name} ({})", self.places.owner)
    }

    fn unlock(&self) -> Result<MutexGuard<'_, Option<Unlocked>>, VaultError> {
        let mut unlocked = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        if unlocked.is_none() {
            let is_new = !self.file.exists();
            let passphrase = match passphrase()? {
                Some(passphrase) => passphrase,
                None => self
                    .ask
                    .get()
                    .and_then(|ask| ask(is_new))
                    .ok_or(VaultError::Locked)?,
            };
            *unlocked = Some(self.file.unlock(&passphrase)?);
        }
        Ok(unlocked)
    }
}

/// Returns the passphrase that the environment supplies: `CASEYOS_PASSPHRASE`, the credential of that name, or what stands in the file
/// that `CASEYOS_PASSPHRASE_FILE` names.
fn passphrase() -> Result<Option<Secret>, VaultError> {
    if let Some(secret) = credential(PASSPHRASE) {
        return Ok(Some(secret));
    }
    let Some(path) = crate::env::variable_os("CASEYOS_PASSPHRASE_FILE") else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    let secret = environment::read(&path).map_err(|e| {
        VaultError::File(format!(
            "its passphrase cannot be read from {}: {e}",
            path.display()
        ))
    })?;
    Ok(Some(secret).filter(|s| !s.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(choice: SecretChoice) -> (tempfile::TempDir, Vault) {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::new(Places {
            choice,
            directory: folder.path().to_owned(),
            owner: "test".into(),
        });
        (folder, vault)
    }

    #[test]
    fn a_file_is_made_only_when_something_is_kept_and_asks_once() {
        let (_folder, vault) = vault(SecretChoice::File);
        assert_eq!(vault.get("x:y").unwrap(), None);
        assert_eq!(vault.set("x:y", &Secret::new("s")), Err(VaultError::Locked));
        assert!(!vault.file().exists());
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&asked);
        vault.ask_with(move |is_new| {
            assert!(is_new);
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Some(Secret::new("open sesame"))
        });
        assert_eq!(vault.set("x:y", &Secret::new("s")), Ok(SecretPlace::File));
        let (secret, place) = vault.get("x:y").unwrap().unwrap();
        assert_eq!((secret.expose(), place), ("s", SecretPlace::File));
        assert!(vault.remove("x:y").unwrap());
        assert!(!vault.remove("x:y").unwrap());
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[test]
    fn the_kernel_keeps_what_it_is_given_and_no_file_stands_in_for_it() {
        let (_folder, vault) = vault(SecretChoice::Keyutils);
        let standing = vault.standing();
        if standing.place.is_none() {
            eprintln!("passed over: {:?}", standing.problem);
            assert!(vault.set("x:y", &Secret::new("s")).is_err());
            assert!(!vault.file().exists());
            return;
        }
        let name = format!("x:{}", std::process::id());
        assert_eq!(
            vault.set(&name, &Secret::new("s")),
            Ok(SecretPlace::Keyutils)
        );
        let (secret, place) = vault.get(&name).unwrap().unwrap();
        assert_eq!((secret.expose(), place), ("s", SecretPlace::Keyutils));
        assert!(vault.remove(&name).unwrap());
        assert!(!vault.file().exists());
    }

    #[test]
    fn the_environment_alone_keeps_nothing() {
        let (_folder, vault) = vault(SecretChoice::Environment);
        assert_eq!(vault.get("x:y").unwrap(), None);
        assert_eq!(
            vault.set("x:y", &Secret::new("s")),
            Err(VaultError::ReadOnly)
        );
        assert!(!vault.file().exists());
    }
}
