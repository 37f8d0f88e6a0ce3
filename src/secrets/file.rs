//! The file of secrets: one map of names to secrets, sealed with a passphrase.
//!
//! ```text
//! "CASEYOS-SECRETS" 1 | memory KiB, passes, lanes (u32 LE each) | salt 16 | nonce 12 | AES-256-GCM(JSON), tag 16
//! ```
//!
//! The key is Argon2id of the passphrase. Everything before the sealed part is authenticated with it, so no parameter can be changed
//! unseen; they are bounded before they are used, as a forged header could otherwise ask for all memory.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::{Secret, VaultError};

const MAGIC: &[u8; 16] = b"CASEYOS-SECRETS\x01";
const SALT: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEADER: usize = MAGIC.len() + 12 + SALT;
/// OWASP's first choice for Argon2id with one pass more: a pass must stay small in memory.
const COST: Cost = Cost {
    memory: 19 * 1024,
    passes: 3,
    lanes: 1,
};
/// Highest cost that a file may ask for: 256 MiB, 16 passes, 4 lanes.
const MOST: Cost = Cost {
    memory: 256 * 1024,
    passes: 16,
    lanes: 4,
};
/// Longest file of secrets.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory: u32,
    passes: u32,
    lanes: u32,
}

type Key = Zeroizing<[u8; 32]>;
type Entries = BTreeMap<String, Zeroizing<String>>;

/// The key of a file, kept for as long as the process runs so that it is derived once.
pub(super) struct Unlocked {
    salt: [u8; SALT],
    cost: Cost,
    key: Key,
}

/// The file of secrets at a place.
pub(super) struct SecretFile {
    pub path: PathBuf,
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> VaultError {
    VaultError::File(format!("{what} {} failed: {error}", path.display()))
}

impl SecretFile {
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Opens the file with a passphrase. One that is not there yet gets a fresh salt and is made by the first [`Self::change`].
    pub fn unlock(&self, passphrase: &Secret) -> Result<Unlocked, VaultError> {
        let unlocked = match self.bytes()? {
            Some(bytes) => {
                let (cost, salt) = header(&bytes)?;
                let unlocked = Unlocked::derive(passphrase, salt, cost)?;
                open(&bytes, &unlocked)?;
                unlocked
            }
            None => {
                let salt = crate::env::unguessable().map_err(VaultError::File)?;
                Unlocked::derive(passphrase, salt, COST)?
            }
        };
        Ok(unlocked)
    }

    pub fn get(&self, unlocked: &Unlocked, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self
            .entries(unlocked)?
            .get(name)
            .map(|text| Secret::new(text.as_str())))
    }

    /// Changes what the file holds. Another process that changes it at the same time waits.
    pub fn change<T>(
        &self,
        unlocked: &Unlocked,
        change: impl FnOnce(&mut Entries) -> T,
    ) -> Result<T, VaultError> {
        let _lock = self.lock()?;
        let mut entries = self.entries(unlocked)?;
        let value = change(&mut entries);
        let sealed = seal(&entries, unlocked)?;
        self.replace(&sealed)?;
        Ok(value)
    }

    fn entries(&self, unlocked: &Unlocked) -> Result<Entries, VaultError> {
        match self.bytes()? {
            Some(bytes) => open(&bytes, unlocked),
            None => Ok(Entries::new()),
        }
    }

    fn bytes(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed("reading", &self.path, &e)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| failed("reading", &self.path, &e))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(VaultError::File(format!(
                "{} is too long for a file of secrets",
                self.path.display()
            )));
        }
        Ok(Some(bytes))
    }

    fn private(&self, path: &Path) -> Result<File, VaultError> {
        if let Some(folder) = path.parent() {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder
                .create(folder)
                .map_err(|e| failed("making", folder, &e))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|e| failed("making", path, &e))
    }

    fn lock(&self) -> Result<File, VaultError> {
        let path = self.path.with_extension("lock");
        let file = self.private(&path)?;
        file.lock().map_err(|e| failed("locking", &path, &e))?;
        Ok(file)
    }

    /// Replaces the file whole or not at all, also when power fails.
    fn replace(&self, bytes: &[u8]) -> Result<(), VaultError> {
        let next = self.path.with_extension("new");
        let write = || -> std::io::Result<()> {
            // One that a crash left behind may have been made with other rights.
            drop(std::fs::remove_file(&next));
            let mut file = self.private(&next).map_err(std::io::Error::other)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&next, &self.path)?;
            #[cfg(unix)]
            if let Some(folder) = self.path.parent() {
                File::open(folder)?.sync_all()?;
            }
            Ok(())
        };
        write().map_err(|e| failed("writing", &self.path, &e))
    }
}

impl Unlocked {
    fn derive(passphrase: &Secret, salt: [u8; SALT], cost: Cost) -> Result<Self, VaultError> {
        let cannot = |e: argon2::Error| VaultError::File(format!("the key cannot be derived: {e}"));
        let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(cannot)?;
        let mut key = Key::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), &salt, key.as_mut_slice())
            .map_err(cannot)?;
        Ok(Self { salt, cost, key })
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, VaultError> {
        RandomizedNonceKey::new(&AES_256_GCM, self.key.as_slice())
            .map_err(|_| VaultError::File("the cipher refuses its key".into()))
    }

    fn header(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for n in [self.cost.memory, self.cost.passes, self.cost.lanes] {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend(self.salt);
        bytes
    }
}

fn damaged() -> VaultError {
    VaultError::File("it is no file of secrets that this version can read, or it is damaged".into())
}

/// Reads what the key is derived from, within bounds.
fn header(bytes: &[u8]) -> Result<(Cost, [u8; SALT]), VaultError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?))
    };
    let parts = || {
        let cost = Cost {
            memory: number(0)?,
            passes: number(4)?,
            lanes: number(8)?,
        };
        let salt: [u8; SALT] = rest.get(12..12 + SALT)?.try_into().ok()?;
        Some((cost, salt))
    };
    let (cost, salt) = parts().ok_or_else(damaged)?;
    let fits = cost.memory <= MOST.memory && cost.passes <= MOST.passes && cost.lanes <= MOST.lanes;
    if fits {
        Ok((cost, salt))
    } else {
        Err(damaged())
    }
}

fn open(bytes: &[u8], unlocked: &Unlocked) -> Result<Entries, VaultError> {
    let (cost, salt) = header(bytes)?;
    if cost != unlocked.cost || salt != unlocked.salt {
        return Err(VaultError::File(
            "it was made anew by another process meanwhile; try again".into(),
        ));
    }
    let (Some(head), Some(nonce), Some(sealed)) = (
        bytes.get(..HEADER),
        bytes.get(HEADER..HEADER + NONCE),
        bytes.get(HEADER + NONCE..).filter(|s| s.len() >= TAG),
    ) else {
        return Err(damaged());
    };
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
    let mut text = Zeroizing::new(sealed.to_vec());
    let plain = unlocked
        .cipher()?
        .open_in_place(nonce, Aad::from(head), text.as_mut_slice())
        .map_err(|_| VaultError::WrongPassphrase)?;
    serde_json::from_slice::<BTreeMap<String, String>>(plain)
        .map(|map| {
            map.into_iter()
                .map(|(name, text)| (name, Zeroizing::new(text)))
                .collect()
        })
        .map_err(|_| damaged())
}

fn seal(entries: &Entries, unlocked: &Unlocked) -> Result<Vec<u8>, VaultError> {
    let plain: BTreeMap<&str, &str> = entries
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let json = Zeroizing::new(serde_json::to_vec(&plain).map_err(|_| damaged())?);
    let mut out = unlocked.header();
    // A buffer that grew would leave a copy of the plain text behind.
    let mut text = Vec::with_capacity(json.len() + TAG);
    text.extend_from_slice(&json);
    let nonce = unlocked
        .cipher()?
        .seal_in_place_append_tag(Aad::from(out.as_slice()), &mut text)
        .map_err(|_| VaultError::File("sealing it failed".into()))?;
    out.extend(nonce.as_ref());
    out.extend(text);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, SecretFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = SecretFile {
            path: folder.path().join("secrets.sealed"),
        };
        (folder, file)
    }

    fn put(file: &SecretFile, unlocked: &Unlocked, name: &str, text: &str) {
        file.change(unlocked, |entries| {
            entries.insert(name.into(), Zeroizing::new(text.into()))
        })
        .unwrap();
    }

    #[test]
    fn what_is_put_in_comes_out_with_the_passphrase_alone() {
        let (_folder, file) = place();
        let unlocked = file.unlock(&Secret::new("correct horse")).unwrap();
        assert!(file.get(&unlocked, "a").unwrap().is_none());
        put(&file, &unlocked, "a", "hunter2");
        put(&file, &unlocked, "b", "swordfish");
        let again = file.unlock(&Secret::new("correct horse")).unwrap();
        assert_eq!(file.get(&again, "a").unwrap().unwrap().expose(), "hunter2");
        assert!(matches!(
            file.unlock(&Secret::new("wrong")),
            Err(VaultError::WrongPassphrase)
        ));
        let bytes = std::fs::read(&file.path).unwrap();
        for plain in ["hunter2", "swordfish", "correct horse"] {
            assert!(!bytes.windows(plain.len()).any(|w| w == plain.as_bytes()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, file) = place();
        put(&file, &file.unlock(&Secret::new("x")).unwrap(), "a", "b");
        let mode = std::fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_was_changed_at_any_byte_is_refused() {
        let (_folder, file) = place();
        put(&file, &file.unlock(&Secret::new("x")).unwrap(), "a", "b");
        let good = std::fs::read(&file.path).unwrap();
        let unlocked = file.unlock(&Secret::new("x")).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(open(&bad, &unlocked).is_err(), "byte {at}");
        }
        for length in 0..good.len() {
            assert!(open(&good[..length], &unlocked).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_forged_header_cannot_ask_for_all_memory() {
        let mut bytes = MAGIC.to_vec();
        for n in [u32::MAX, 1, 1] {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend([0; 60]);
        assert!(header(&bytes).is_err());
    }
}
