//! The holder of the database's write lock, for sentences: a transaction writes who it is beside the database as long as it lasts.
//!
//! Other programs write nothing. Where the operating system lists its locks, they are found there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::domain::text::clean_line;
use crate::env;

/// Bytes of the note: always as many, so that a shorter one covers a longer one.
const NOTE_BYTES: usize = 256;
/// Characters shown of a command.
const MAX_COMMAND: usize = 100;
/// The byte of the shared-memory file that a writer locks in WAL mode (SQLite's `WAL_WRITE_LOCK`).
const WRITE_LOCK_BYTE: u64 = 120;
/// The first byte of the database file that locks are taken on (SQLite's `PENDING_BYTE`), by whoever keeps it wholly to itself.
const PENDING_BYTE: u64 = 0x4000_0000;

/// A process that holds the write lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// The command that it runs; empty if nobody knows.
    pub command: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.command.as_str() {
            "" => write!(f, "process {}", self.pid),
            command => write!(f, "process {} (`{command}`)", self.pid),
        }
    }
}

fn path_of(directory: &Path) -> PathBuf {
    directory.join("caseyos.writer")
}

/// The note of this process's write transactions.
#[derive(Debug)]
pub(super) struct Note {
    file: File,
    text: [u8; NOTE_BYTES],
}

impl Note {
    /// Opens the note of a database's directory.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let path = path_of(directory);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut text = [b' '; NOTE_BYTES];
        let command = clean_line(&env::command_line(), MAX_COMMAND);
        let line = format!("{} {command}", std::process::id());
        for (to, from) in text.iter_mut().zip(line.bytes().take(NOTE_BYTES)) {
            *to = from;
        }
        let file = options.open(&path)?;
        Ok(Self { file, text })
    }

    /// Says that this process has the lock for as long as the answer lives.
    pub fn held(&mut self) -> Held<'_> {
        self.set(true);
        Held(self)
    }

    /// Says that this process has the lock, or has it no more. Nothing depends on it but a sentence, so a failure is nobody's.
    fn set(&mut self, holds: bool) {
        let blank = [b' '; NOTE_BYTES];
        let text = if holds { &self.text } else { &blank };
        drop(
            self.file
                .seek(SeekFrom::Start(0))
                .and_then(|_| self.file.write_all(text)),
        );
    }
}

/// The time for which a note stands.
pub(super) struct Held<'a>(&'a mut Note);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Returns the process that holds the write lock of a database file, as far as it can be found.
#[must_use]
pub fn find(database: &Path) -> Option<Holder> {
    let noted = database
        .parent()
        .and_then(|directory| fs::read(path_of(directory)).ok())
        .and_then(|bytes| read_note(&bytes));
    match locked_by(database) {
        Some(pid) => {
            let command = match noted.filter(|noted| noted.pid == pid) {
                Some(noted) => noted.command,
                None => command_of(pid),
            };
            Some(Holder { pid, command })
        }
        None => noted.filter(|noted| !is_gone(noted.pid)),
    }
}

fn read_note(bytes: &[u8]) -> Option<Holder> {
    let text = String::from_utf8_lossy(bytes);
    let (pid, command) = text.trim().split_once(' ')?;
    Some(Holder {
        pid: pid.parse().ok()?,
        command: clean_line(command, MAX_COMMAND),
    })
}

/// Returns the process that the operating system names as the holder; none where it keeps no list.
#[cfg(target_os = "linux")]
fn locked_by(database: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let inode = |path: &Path| fs::metadata(path).map(|m| m.ino()).ok();
    let mut shared = database.as_os_str().to_owned();
    shared.push("-shm");
    let shared = inode(Path::new(&shared));
    let database = inode(database);
    let locks = fs::read_to_string("/proc/locks").ok()?;
    pid_in(&locks, shared, database)
}

#[cfg(not(target_os = "linux"))]
fn locked_by(_database: &Path) -> Option<u32> {
    None
}

/// Finds the writer in the system's list of locks: `1: POSIX ADVISORY WRITE 4711 fe:00:1234 120 120`.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "there is no such list")
)]
fn pid_in(locks: &str, shared: Option<u64>, database: Option<u64>) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        // A lock that is waited for has an arrow before its kind.
        let (kind, _, access) = (words.next()?, words.next()?, words.next()?);
        let pid: u32 = words.next()?.parse().ok()?;
        let inode: u64 = words.next()?.rsplit(':').next()?.parse().ok()?;
        let start: u64 = words.next()?.parse().ok()?;
        let end: u64 = words.next()?.parse().unwrap_or(u64::MAX);
        let is_writer = Some(inode) == shared && (start..=end).contains(&WRITE_LOCK_BYTE);
        let is_alone = Some(inode) == database && end >= PENDING_BYTE;
        (kind == "POSIX" && access == "WRITE" && pid > 0 && (is_writer || is_alone)).then_some(pid)
    })
}

/// Returns the command that a process runs; empty where it cannot be seen.
fn command_of(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<String> = bytes
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    clean_line(&words.join(" "), MAX_COMMAND)
}

fn is_gone(pid: u32) -> bool {
    Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_is_found_in_the_systems_list() {
        let check = |line: &str, expect: Option<u32>| {
            assert_eq!(pid_in(line, Some(77), Some(66)), expect, "{line}");
        };
        check(
            "1: POSIX  ADVISORY  WRITE 4711 fe:00:77 120 120",
            Some(4711),
        );
        check("1: POSIX  ADVISORY  READ  4711 fe:00:77 123 123", None);
        check("1: POSIX  ADVISORY  WRITE 4711 fe:00:77 121 122", None);
        check("1: POSIX  ADVISORY  WRITE 4711 fe:00:78 120 120", None);
        check("1: -> POSIX  ADVISORY  WRITE 4711 fe:00:77 120 120", None);
        check("1: FLOCK  ADVISORY  WRITE 4711 fe:00:77 0 EOF", None);
        check(
            "2: POSIX  ADVISORY  WRITE 12 fe:00:66 1073741826 1073742335",
            Some(12),
        );
        check("2: POSIX  ADVISORY  WRITE 0 fe:00:77 120 120", None);
        check("", None);
    }

    #[test]
    fn a_note_is_read_as_it_was_written_until_it_is_taken_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut note = Note::open(directory.path()).unwrap();
        let held = note.held();
        let database = directory.path().join("x.db");
        let found = find(&database).unwrap();
        assert_eq!(found.pid, std::process::id());
        assert!(found.to_string().starts_with("process "), "{found}");
        drop(held);
        assert_eq!(find(&database), None);
    }
}
