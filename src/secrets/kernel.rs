//! The Linux kernel's own keyring (keyutils), for machines without a desktop.
//!
//! This keyring needs no passphrase and no D-Bus, and it forgets: at a restart, and after the days without use that
//! `/proc/sys/kernel/keys/persistent_keyring_expiry` names. The operator must then sign in again, which is why nothing falls back to it.

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{check, get, remove, set};
#[cfg(target_os = "linux")]
pub(super) use linux::{check, get, remove, set};

#[cfg(target_os = "linux")]
mod linux {
    use keyring_core::Error;
    use keyring_core::api::CredentialApi;
    use linux_keyutils_keyring_store::Cred;

    use crate::secrets::{Secret, VaultError};

    /// The name under which the keyring shows the program's entries.
    const SERVICE: &str = "caseyos";

    /// Tells why the kernel keeps nothing here, such as a container's filter of system calls.
    pub(in crate::secrets) fn check() -> Result<(), VaultError> {
        entry("check").map(drop)
    }

    /// Returns an entry.
    pub(in crate::secrets) fn get(user: &str) -> Result<Option<Secret>, VaultError> {
        match entry(user)?.get_secret() {
            Ok(bytes) => String::from_utf8(bytes)
                .map(|text| Some(Secret::new(text)))
                .map_err(|_| VaultError::Keyring("what it holds is no text".into())),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Writes an entry.
    pub(in crate::secrets) fn set(user: &str, secret: &Secret) -> Result<(), VaultError> {
        entry(user)?
            .set_secret(secret.expose().as_bytes())
            .map_err(|e| failure(&e))
    }

    /// Removes an entry; tells whether there was one.
    pub(in crate::secrets) fn remove(user: &str) -> Result<bool, VaultError> {
        match entry(user)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(failure(&error)),
        }
    }

    fn entry(user: &str) -> Result<Cred, VaultError> {
        let refused =
            |reason: String| VaultError::NoKeyring(format!("the kernel refuses its own: {reason}"));
        let delimiters = ["".into(), "@".into(), "".into()];
        let build = || {
            Cred::build_from_specifiers(None, &delimiters, false, SERVICE, user)
                .map_err(|e| refused(told(&e)))
        };
        // A thread without a session's keyring, as under cron, is given one by the first, and the user's persistent keyring is tied to that; only
        // what is built then looks into it.
        build()?;
        let entry = build()?;
        // Without the persistent keyring a secret would be gone with this process.
        if entry.persistent.is_none() {
            return Err(refused("it keeps nothing beyond a session".into()));
        }
        Ok(entry)
    }

    fn failure(error: &Error) -> VaultError {
        VaultError::Keyring(told(error))
    }

    /// Puts an error into words. Those that hold data of an entry don't say it.
    fn told(error: &Error) -> String {
        match error {
            Error::NoStorageAccess(reason) | Error::PlatformFailure(reason) => reason.to_string(),
            other => other.to_string(),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use crate::secrets::{Secret, VaultError};

    fn none<T>() -> Result<T, VaultError> {
        Err(VaultError::NoKeyring(
            "only Linux has one in its kernel".into(),
        ))
    }

    pub(in crate::secrets) fn check() -> Result<(), VaultError> {
        none()
    }

    pub(in crate::secrets) fn get(_: &str) -> Result<Option<Secret>, VaultError> {
        none()
    }

    pub(in crate::secrets) fn set(_: &str, _: &Secret) -> Result<(), VaultError> {
        none()
    }

    pub(in crate::secrets) fn remove(_: &str) -> Result<bool, VaultError> {
        none()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::secrets::Secret;

    #[test]
    fn the_kernel_gives_back_what_it_keeps_or_refuses_everything() {
        let user = format!("test:{} (test)", std::process::id());
        if check().is_err() {
            assert!(get(&user).is_err() && set(&user, &Secret::new("s")).is_err());
            return;
        }
        assert_eq!(get(&user), Ok(None));
        assert_eq!(remove(&user), Ok(false));
        for text in ["first", "a second, löng"] {
            set(&user, &Secret::new(text)).unwrap();
            assert_eq!(get(&user), Ok(Some(Secret::new(text))));
        }
        assert_eq!(remove(&user), Ok(true));
    }
}
