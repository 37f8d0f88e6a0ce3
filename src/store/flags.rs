//! Orders that wait for no lock: files in the home that count from the moment they are there, until the database says the same.
//!
//! Whoever holds the database's write lock may keep it for minutes, or be suspended with it. The order to stop and the order to write to somebody
//! no more must be in force all the same, so the file comes first and the row as soon as the lock does. A file needs no content to count, so an
//! order can be given on a disk that is full.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Result, StoreError};
use crate::domain::text::clean_line;

/// The stop flag's name in the data directory. As long as the file is there, nothing leaves.
pub const STOP_FILE: &str = "caseyos.stop";
/// The folder, in the data directory, of the suppressions that the database does not have yet.
pub const SUPPRESS_FOLDER: &str = "caseyos.suppress";
/// Bytes read of an order's file; what is longer was not written here.
const MAX_BYTES: u64 = 4096;
const MAX_REASON: usize = 200;
/// The longest name that file systems allow is 255 bytes.
const MAX_NAME: usize = 240;

/// The stop flag as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopFlag {
    /// There is none.
    Absent,
    /// Everything is stopped.
    Raised {
        /// The reason that was given; empty for none.
        reason: String,
        /// Its start.
        since: Timestamp,
    },
    /// Something is there that cannot be read, which counts as stopped.
    Unreadable,
}

/// A suppression that the database may not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSuppression {
    /// The address or domain in lower case.
    pub value: String,
    /// The reason that was given; empty for none.
    pub reason: String,
    /// Its start.
    pub since: Timestamp,
}

/// The content of an order's file. A file made by hand may hold a reason in plain words, or nothing.
#[derive(Serialize, Deserialize)]
struct Written {
    since: Timestamp,
    #[serde(default)]
    reason: String,
}

/// Reads the stop flag.
#[must_use]
pub fn stop_flag(home: &Path) -> StopFlag {
    let path = home.join(STOP_FILE);
    match read_order(&path) {
        Ok(Some((since, reason))) => StopFlag::Raised { reason, since },
        Ok(None) => StopFlag::Absent,
        Err(error) => {
            tracing::warn!(%error, "the stop flag cannot be read, which counts as stopped");
            StopFlag::Unreadable
        }
    }
}

/// Raises the stop flag; one that is raised already keeps its reason.
///
/// # Errors
/// Fails if the file cannot be made. A reason that cannot be written, as on a full disk, is left out.
pub fn raise_stop(home: &Path, reason: &str, now: Timestamp) -> io::Result<()> {
    give(&home.join(STOP_FILE), reason, now)
}

/// Lowers the stop flag, if it is raised.
///
/// # Errors
/// Fails if the file cannot be removed: then everything stays stopped.
pub fn lower_stop(home: &Path) -> Result<()> {
    let path = home.join(STOP_FILE);
    take_away(&path)
        .map_err(|e| StoreError::file(format!("removing the stop flag {}", path.display()), e))
}

/// Writes down a suppression beside the database. `value` is in lower case.
///
/// # Errors
/// Fails if the file cannot be made.
pub fn suppress(home: &Path, value: &str, reason: &str, now: Timestamp) -> io::Result<()> {
    let folder = home.join(SUPPRESS_FOLDER);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    let name = written_name(value);
    if name.len() > MAX_NAME {
        return Err(io::Error::other("the address is too long to name a file"));
    }
    give(&folder.join(name), reason, now)
}

/// Removes a suppression that is written down beside the database, if it is.
///
/// # Errors
/// Fails if the file cannot be removed.
pub fn forget_suppression(home: &Path, value: &str) -> Result<()> {
    let folder = home.join(SUPPRESS_FOLDER);
    let path = folder.join(written_name(value));
    take_away(&path).map_err(|e| StoreError::file(format!("removing {}", path.display()), e))?;
    // An empty folder means nothing; one that others are filling stays.
    drop(fs::remove_dir(&folder));
    Ok(())
}

/// Returns the suppressions that are written down beside the database.
///
/// # Errors
/// Fails if the folder is there and cannot be read: then nobody knows who must not be written to.
pub fn suppressions(home: &Path) -> Result<Vec<PendingSuppression>> {
    let folder = home.join(SUPPRESS_FOLDER);
    let failed = |e| StoreError::file(format!("reading {}", folder.display()), e);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let Some(value) = entry.file_name().to_str().and_then(read_name) else {
            continue;
        };
        // The name alone says whom; an unreadable reason is none.
        let (since, reason) = match read_order(&entry.path()) {
            Ok(Some(order)) => order,
            Ok(None) => continue,
            Err(_) => (Timestamp::UNIX_EPOCH, String::new()),
        };
        found.push(PendingSuppression {
            value,
            reason,
            since,
        });
    }
    found.sort_by(|a, b| a.value.cmp(&b.value));
    Ok(found)
}

/// Makes an order's file. Its being there is the order; the reason is written after it.
fn give(path: &Path, reason: &str, now: Timestamp) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    };
    let written = Written {
        since: now,
        reason: clean_line(reason, MAX_REASON),
    };
    let kept = serde_json::to_vec(&written)
        .map_err(io::Error::other)
        .and_then(|bytes| file.write_all(&bytes))
        .and_then(|()| file.sync_all());
    if let Err(error) = kept {
        tracing::warn!(%error, "the reason of an order could not be kept; the order is in force");
    }
    sync_folder_of(path);
    Ok(())
}

fn take_away(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => {
            sync_folder_of(path);
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync_folder_of(path: &Path) {
    if let Some(folder) = path.parent()
        && let Err(error) = File::open(folder).and_then(|f| f.sync_all())
    {
        tracing::warn!(%error, "the data directory could not be synced");
    }
}

/// Reads an order's file; none if it is not there.
fn read_order(path: &Path) -> io::Result<Option<(Timestamp, String)>> {
    let is_there = || match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    if !is_there()? {
        return Ok(None);
    }
    let read = || -> io::Result<(Timestamp, String)> {
        let about = fs::metadata(path)?;
        // Opening a pipe would wait for its writer.
        if !about.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(written) = serde_json::from_str::<Written>(&text) {
            return Ok((written.since, clean_line(&written.reason, MAX_REASON)));
        }
        let made = about
            .modified()
            .ok()
            .and_then(|at| Timestamp::try_from(at).ok());
        // What was broken off is no reason that anybody gave.
        let reason = if text.starts_with('{') {
            String::new()
        } else {
            clean_line(&text, MAX_REASON)
        };
        Ok((made.unwrap_or(Timestamp::UNIX_EPOCH), reason))
    };
    match read() {
        Ok(order) => Ok(Some(order)),
        // It was taken away meanwhile. A link that leads nowhere is still there.
        Err(_) if !is_there()? => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the name of a value's file: what file systems may not take as it is stands as `%` with two digits.
fn written_name(value: &str) -> String {
    let mut name = String::new();
    for (place, byte) in value.bytes().enumerate() {
        let is_plain = byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'@' | b'-' | b'_' | b'+')
            || (byte == b'.' && place > 0);
        if is_plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    name
}

/// Reads the name of a value's file; none if it is no value's.
fn read_name(name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    let value = String::from_utf8(bytes).ok()?.to_lowercase();
    (!value.is_empty() && !name.starts_with('.')).then_some(value)
}

/// Returns where the stop flag of a home is.
#[must_use]
pub fn stop_path(home: &Path) -> PathBuf {
    home.join(STOP_FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_the_place_of_the_flag_stops() {
        let home = tempfile::tempdir().unwrap();
        let path = stop_path(home.path());
        let check = |make: &dyn Fn(), expect: Result<&str, ()>| {
            make();
            match (stop_flag(home.path()), expect) {
                (StopFlag::Raised { reason, .. }, Ok(wanted)) => assert_eq!(reason, wanted),
                (StopFlag::Unreadable, Err(())) => {}
                (got, wanted) => panic!("{got:?} is not {wanted:?}"),
            }
            lower_stop(home.path()).unwrap();
            assert_eq!(stop_flag(home.path()), StopFlag::Absent);
        };
        assert_eq!(stop_flag(home.path()), StopFlag::Absent);
        check(
            &|| raise_stop(home.path(), "on holiday", Timestamp::UNIX_EPOCH).unwrap(),
            Ok("on holiday"),
        );
        check(&|| fs::write(&path, "").unwrap(), Ok(""));
        check(&|| fs::write(&path, "by hand\n").unwrap(), Ok("by hand"));
        check(&|| fs::write(&path, "{\"since\":\"19").unwrap(), Ok(""));
        check(&|| fs::write(&path, [0xff, b'x']).unwrap(), Ok("\u{fffd}x"));
        check(&|| fs::create_dir(&path).unwrap(), Err(()));
        #[cfg(unix)]
        check(
            &|| std::os::unix::fs::symlink("nowhere", &path).unwrap(),
            Err(()),
        );
    }

    #[test]
    fn a_flag_that_is_raised_keeps_its_first_reason() {
        let home = tempfile::tempdir().unwrap();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        raise_stop(home.path(), "first", at(1)).unwrap();
        raise_stop(home.path(), "second", at(2)).unwrap();
        let expect = StopFlag::Raised {
            reason: "first".into(),
            since: at(1),
        };
        assert_eq!(stop_flag(home.path()), expect);
        assert!(raise_stop(&home.path().join("none"), "", at(1)).is_err());
    }

    #[test]
    fn a_suppression_is_kept_under_its_own_name() {
        let home = tempfile::tempdir().unwrap();
        let check = |value: &str, name: &str| {
            suppress(home.path(), value, "asked", Timestamp::UNIX_EPOCH).unwrap();
            assert!(
                home.path().join(SUPPRESS_FOLDER).join(name).exists(),
                "{name}"
            );
            let found = suppressions(home.path()).unwrap();
            let expect = PendingSuppression {
                value: value.into(),
                reason: "asked".into(),
                since: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(found, [expect]);
            forget_suppression(home.path(), value).unwrap();
            assert_eq!(suppressions(home.path()).unwrap(), []);
        };
        check("ann@acme.example", "ann@acme.example");
        check("acme.example", "acme.example");
        check("a/b@acme.example", "a%2fb@acme.example");
        check("\"a b\"@acme.example", "%22a%20b%22@acme.example");
        check(".x@acme.example", "%2ex@acme.example");
        check("ann@m\u{fc}ller.example", "ann@m%c3%bcller.example");
        assert!(!home.path().join(SUPPRESS_FOLDER).exists());
    }

    #[test]
    fn names_that_are_no_value_are_passed_over() {
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(read_name(name).as_deref(), expect, "{name:?}");
        };
        check("Ann@Acme.example", Some("ann@acme.example"));
        check(".hidden", None);
        check("%zz", None);
        check("%f", None);
        check("%ff", None);
        check("", None);
    }
}
