//! What was taken from a budget, in a file that all processes of an installation share.
//!
//! It is read, changed and written under the file's lock, which the operating system gives back when a process dies. Nothing is synced: what
//! it says is of interest for a minute, and a machine that lost its power has asked nobody meanwhile.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::time::Duration;

use crate::store::create_private_directory;

/// What was taken: when, by the machine's own clock, and how much.
pub(super) type Taken = VecDeque<(Duration, u32)>;

/// Bytes of one entry: microseconds and units.
const ENTRY: usize = 12;
/// Bytes before the first one: how many there are.
const HEAD: usize = 4;
/// No budget has more entries in its longest window.
const MOST: usize = 100_000;
/// How often the lock is tried for. Whoever holds it needs microseconds; one that was stopped in the middle must not stop the others.
const TRIES: u32 = 1_000;
const NAP: Duration = Duration::from_millis(1);
/// An entry that lies further ahead is from before the machine was started.
const AHEAD: Duration = Duration::from_secs(60);

/// The file of a budget. It is made at the first use.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    file: Option<File>,
}

impl Ledger {
    pub const fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Lets `decide` see what all processes took, and keeps what it adds if it says so. None if the file cannot be used.
    pub fn change<T>(
        &mut self,
        now: Duration,
        taken: &mut Taken,
        decide: impl FnOnce(&mut Taken) -> (T, bool),
    ) -> Option<T> {
        let file = match &mut self.file {
            Some(file) => file,
            slot => slot.insert(open(&self.path).ok()?),
        };
        (0..TRIES).find(|_| {
            let is_ours = file.try_lock().is_ok();
            if !is_ours {
                std::thread::sleep(NAP);
            }
            is_ours
        })?;
        *taken = read(file, now);
        let (value, is_changed) = decide(taken);
        if is_changed {
            write(file, taken);
        }
        // A lock that cannot be given back goes with the file.
        if file.unlock().is_err() {
            self.file = None;
        }
        Some(value)
    }
}

fn open(path: &std::path::Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        create_private_directory(folder).map_err(std::io::Error::other)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn read(file: &File, now: Duration) -> Taken {
    use std::os::unix::fs::FileExt;
    let mut head = [0; HEAD];
    if file.read_exact_at(&mut head, 0).is_err() {
        return Taken::new();
    }
    let count = usize::try_from(u32::from_le_bytes(head)).unwrap_or(0);
    let mut bytes = vec![0; count.min(MOST) * ENTRY];
    if file.read_exact_at(&mut bytes, HEAD as u64).is_err() {
        return Taken::new();
    }
    let mut taken: Taken = bytes
        .chunks_exact(ENTRY)
        .filter_map(|entry| {
            let (at, units) = entry.split_first_chunk::<8>()?;
            let units = units.first_chunk::<4>()?;
            let at = Duration::from_micros(u64::from_le_bytes(*at));
            Some((at, u32::from_le_bytes(*units)))
        })
        .filter(|(at, _)| *at <= now + AHEAD)
        .collect();
    // Each process looks at the clock before it has the lock.
    taken.make_contiguous().sort_unstable();
    taken
}

/// Writes in one piece, so that a kill leaves the old state or the new one.
#[cfg(unix)]
fn write(file: &File, taken: &Taken) {
    use std::os::unix::fs::FileExt;
    let count = u32::try_from(taken.len()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(HEAD + taken.len() * ENTRY);
    bytes.extend(count.to_le_bytes());
    for (at, units) in taken {
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        bytes.extend(micros.to_le_bytes());
        bytes.extend(units.to_le_bytes());
    }
    if let Err(error) = file.write_all_at(&bytes, 0) {
        tracing::debug!(%error, "a budget could not be shared");
    }
}

// Without a clock that all processes share nothing is shared: `crate::engine::outside::budget::Budgets` makes no ledger there.
#[cfg(not(unix))]
fn read(_: &File, _: Duration) -> Taken {
    Taken::new()
}

#[cfg(not(unix))]
fn write(_: &File, _: &Taken) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_the_file_is_read_or_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/budget-gmail");
        let now = Duration::from_secs(1_000);
        let mut ledger = Ledger::new(path.clone());
        let mut seen = |bytes: &[u8]| {
            create_private_directory(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            let mut taken = Taken::new();
            ledger
                .change(now, &mut taken, |taken| (taken.len(), false))
                .unwrap()
        };
        let entry = |seconds: u64| {
            let mut bytes = (seconds * 1_000_000).to_le_bytes().to_vec();
            bytes.extend(5_u32.to_le_bytes());
            bytes
        };
        let file = |count: u32, entries: &[Vec<u8>]| {
            [&count.to_le_bytes()[..], &entries.concat()].concat()
        };
        assert_eq!(seen(b""), 0);
        assert_eq!(seen(b"x"), 0);
        assert_eq!(seen(&file(2, &[entry(990), entry(999)])), 2);
        // What is left behind a shorter state does not count.
        assert_eq!(seen(&file(1, &[entry(990), entry(999)])), 1);
        assert_eq!(seen(&file(u32::MAX, &[entry(990)])), 0);
        // From before the machine was started.
        assert_eq!(seen(&file(2, &[entry(990), entry(5_000)])), 1);
    }

    #[test]
    fn a_file_that_cannot_be_is_done_without() {
        let mut ledger = Ledger::new("/dev/null/locks/budget-gmail".into());
        let used = ledger.change(Duration::ZERO, &mut Taken::new(), |_| ((), true));
        assert!(used.is_none());
    }
}
