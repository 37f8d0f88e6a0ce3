//! Leases, which keep two processes from the same work: locked files that the operating system releases when a process dies.
//!
//! A row with an expiry would have to be renewed, and after a kill the next start would wait for it to run out. A file
//! lock is free the instant its holder is gone.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::{Result, StoreError, create_private_directory};

/// A held lease. It ends when it is dropped, or with the process.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

fn path_of(directory: &Path, name: &str) -> PathBuf {
    directory.join("locks").join(format!("{name}.lock"))
}

/// Takes the lease `name` if nobody holds it.
///
/// # Errors
/// Fails if the lock file cannot be made or locked.
pub fn try_take(directory: &Path, name: &str) -> Result<Option<Lease>> {
    let path = path_of(directory, name);
    if let Some(parent) = path.parent() {
        create_private_directory(parent)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(&path)
        .map_err(|e| StoreError::file(format!("opening {}", path.display()), e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lease { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => {
            Err(StoreError::file(format!("locking {}", path.display()), e))
        }
    }
}

/// Tells whether the process that took the lease `name` is gone.
///
/// # Errors
/// Fails if the lock file cannot be examined.
pub fn is_abandoned(directory: &Path, name: &str) -> Result<bool> {
    if !path_of(directory, name).exists() {
        return Ok(true);
    }
    Ok(try_take(directory, name)?.is_some())
}

/// Removes the lock file of a holder that is gone for good.
pub fn forget(directory: &Path, name: &str) {
    // The file means nothing once its holder is gone; one that stays does no harm.
    drop(std::fs::remove_file(path_of(directory, name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_has_one_holder_and_ends_when_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let held = try_take(directory.path(), "pass").unwrap();
        assert!(held.is_some());
        assert!(try_take(directory.path(), "pass").unwrap().is_none());
        assert!(!is_abandoned(directory.path(), "pass").unwrap());
        drop(held);
        assert!(is_abandoned(directory.path(), "pass").unwrap());
        assert!(is_abandoned(directory.path(), "never").unwrap());
    }
}
