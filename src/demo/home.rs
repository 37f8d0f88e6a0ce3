//! The demo's folder: found, guarded, thrown away only if it is a demo's, and its state in `demo.toml`.
//!
//! `demo.lock` is the first file in the folder and marks it as one that may be thrown away; `demo.toml` is the last and says that the world is
//! whole. Who finds the first without the second makes the world anew.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::DEFAULT_SEED;
use super::world::opening_time;
use crate::config::Paths;
use crate::engine::{EngineError, create_private_directory};
use crate::env;

const LOCK: &str = "demo.lock";
const STATE: &str = "demo.toml";
/// The lock file's text, so that a file of that name alone does not give a folder away.
const MARK: &str =
    "A demo world of CaseyOS. `caseyos demo --fresh` may throw this folder's contents away.\n";
/// The time zone of the demo's operator.
pub(super) const ZONE: &str = "Europe/London";

/// Returns the demo's folder: the installation itself if it is a demo, else `demo` in `CASEYOS_HOME`, else `caseyos-demo` beside the
/// operator's own data. Other seeds have their numbers added, so that no world takes the place of another.
pub(super) fn folder(paths: &Paths, seed: u64) -> PathBuf {
    if State::load(&paths.data).is_some_and(|s| s.seed == seed || seed == DEFAULT_SEED) {
        return paths.data.clone();
    }
    let suffix = match seed {
        DEFAULT_SEED => String::new(),
        seed => format!("-{seed}"),
    };
    if env::variable_os("CASEYOS_HOME").is_some() {
        return paths.data.join(format!("demo{suffix}"));
    }
    paths
        .data
        .parent()
        .unwrap_or(&paths.data)
        .join(format!("caseyos-demo{suffix}"))
}

/// Returns the zone that the demo's operator works in.
pub(super) fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

/// A demo's state, beside its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The seed of its world.
    pub seed: u64,
    /// The instant at which the world begins, by its own clock.
    pub began_at: Timestamp,
    /// Number of openings.
    pub visit: u32,
    /// Instant of the last opening, by the demo's clock.
    pub visited_at: Timestamp,
    /// Lead of the demo's clock over the real one, in milliseconds.
    pub shift_ms: i64,
}

impl State {
    /// Begins a world at a good hour near the real instant.
    pub fn new(seed: u64, real_now: Timestamp) -> Self {
        let began_at = opening_time(real_now, &zone());
        let began_at = Timestamp::from_millisecond(began_at.as_millisecond()).unwrap_or(began_at);
        Self {
            seed,
            began_at,
            visit: 1,
            visited_at: began_at,
            shift_ms: began_at.as_millisecond() - real_now.as_millisecond(),
        }
    }

    /// Opens the world again. Its clock went on meanwhile; outside working hours it goes on to the next working morning, and never back.
    pub fn reopen(&mut self, real_now: Timestamp) {
        let continued = real_now
            .checked_add(self.shift())
            .unwrap_or(real_now)
            .max(self.visited_at);
        let at = working_time_from(continued, &zone());
        self.shift_ms = at.as_millisecond() - real_now.as_millisecond();
        self.visited_at = at;
        self.visit = self.visit.saturating_add(1);
    }

    /// Returns the lead of the demo's clock over the real one.
    pub const fn shift(&self) -> SignedDuration {
        SignedDuration::from_millis(self.shift_ms)
    }

    /// Reads the state of a folder; none if there is no whole demo in it.
    pub fn load(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(STATE)).ok()?;
        toml::from_str(&text).ok()
    }

    /// Writes the state: whole or not at all.
    pub fn save(&self, folder: &Path) -> Result<(), EngineError> {
        let text = toml::to_string(self).map_err(|e| EngineError::Outside(format!("{e}.")))?;
        let text = format!("# The state of a demo world of CaseyOS; not to be edited.\n{text}");
        let tmp = folder.join("demo.toml.new");
        fs::write(&tmp, text)
            .and_then(|()| fs::rename(&tmp, folder.join(STATE)))
            .map_err(|e| failed("writing", &folder.join(STATE), &e))
    }
}

/// Returns `at` if mail may go out then, else ten o'clock of the next working day.
fn working_time_from(at: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = at.to_zoned(zone.clone());
    let works = |day: Weekday| !matches!(day, Weekday::Saturday | Weekday::Sunday);
    if works(local.weekday()) && (9..16).contains(&local.hour()) {
        return at;
    }
    let mut date = local.date();
    for _ in 0..8 {
        let morning = date.at(10, 12, 0, 0).to_zoned(zone.clone());
        match morning {
            Ok(morning) if works(date.weekday()) && morning.timestamp() > at => {
                return morning.timestamp();
            }
            _ => {}
        }
        let Ok(next) = date.checked_add(1.day()) else {
            return at;
        };
        date = next;
    }
    at
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Outside(format!("{what} {} failed: {error}.", path.display()))
}

/// The hold on a demo's folder: alone while a world is made, shared while one is open. It ends when it is dropped, or with the process.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    folder: PathBuf,
}

impl Lock {
    /// Lets others open the world beside this process.
    pub fn share(&mut self) -> Result<(), EngineError> {
        let path = self.folder.join(LOCK);
        self.file
            .unlock()
            .and_then(|()| self.file.lock_shared())
            .map_err(|e| failed("locking", &path, &e))
    }
}

/// Enters the folder: returns its state if there is a whole world that is to stay, else none and an empty folder, held alone.
///
/// # Errors
/// Fails if the folder is not a demo's and not empty, or is in use.
pub(super) fn enter(folder: &Path, fresh: bool) -> Result<(Lock, Option<State>), EngineError> {
    claim(folder)?;
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|e| failed("opening", &path, &e))?;
    let lock = Lock {
        file,
        folder: folder.to_owned(),
    };
    if !fresh {
        // Whoever makes the world holds it alone, so it is whole once the lock can be shared.
        lock.file
            .lock_shared()
            .map_err(|e| failed("locking", &path, &e))?;
        if let Some(state) = State::load(folder) {
            return Ok((lock, Some(state)));
        }
        lock.file
            .unlock()
            .map_err(|e| failed("unlocking", &path, &e))?;
    }
    match lock.file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(EngineError::Outside(format!(
                "The demo in {} is open in another terminal. Nothing was thrown away; close it there first.",
                folder.display()
            )));
        }
        Err(TryLockError::Error(e)) => return Err(failed("locking", &path, &e)),
    }
    empty(folder)?;
    Ok((lock, None))
}

/// Makes sure that the folder is a demo's, which a new or an empty one becomes.
fn claim(folder: &Path) -> Result<(), EngineError> {
    let path = folder.join(LOCK);
    let is_link = fs::symlink_metadata(folder).is_ok_and(|m| m.file_type().is_symlink());
    let refuse = |why: &str| {
        Err(EngineError::Input(format!(
            "{} {why}, so no demo is made in it and nothing was deleted. Give another folder, or move it away.",
            folder.display()
        )))
    };
    if is_link {
        return refuse("is a link");
    }
    if let Ok(text) = fs::read_to_string(&path) {
        return if text == MARK {
            Ok(())
        } else {
            refuse("is not a demo's folder")
        };
    }
    create_private_directory(folder)?;
    let mut entries = fs::read_dir(folder).map_err(|e| failed("reading", folder, &e))?;
    if entries.next().is_some() {
        return refuse("holds files that are not a demo's");
    }
    // Written under another name first: a lock file without its words would mark nothing.
    let tmp = folder.join("demo.lock.new");
    File::create(&tmp)
        .and_then(|mut file| file.write_all(MARK.as_bytes()))
        .and_then(|()| fs::rename(&tmp, &path))
        .map_err(|e| failed("writing", &path, &e))
}

/// Throws everything in the folder away but the lock, the state first: what is half thrown away is no world any more.
fn empty(folder: &Path) -> Result<(), EngineError> {
    let state = folder.join(STATE);
    match fs::remove_file(&state) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed("removing", &state, &e));
        }
        _ => {}
    }
    for entry in fs::read_dir(folder).map_err(|e| failed("reading", folder, &e))? {
        let path = entry.map_err(|e| failed("reading", folder, &e))?.path();
        if path.file_name().is_some_and(|name| name == LOCK) {
            continue;
        }
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|m| m.is_dir());
        let removed = if is_folder {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            // SQLite takes its side files away by itself when the last to use them ends.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(|e| failed("removing", &path, &e))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(now: &str) -> State {
        State::new(1, now.parse().unwrap())
    }

    #[test]
    fn the_demo_begins_and_goes_on_in_working_hours_and_never_goes_back() {
        // A Saturday night becomes the Thursday before.
        let mut state = state("2026-03-07T23:00:00Z");
        assert_eq!(state.began_at.to_string(), "2026-03-05T10:12:00Z");
        // Ten minutes later nothing moves.
        let shift = state.shift_ms;
        state.reopen("2026-03-07T23:10:00Z".parse().unwrap());
        assert_eq!((state.shift_ms, state.visit), (shift, 2));
        // Eight hours later it would be evening, so it is the next morning.
        state.reopen("2026-03-08T07:00:00Z".parse().unwrap());
        assert_eq!(state.visited_at.to_string(), "2026-03-06T10:12:00Z");
        // Over the weekend, to Monday.
        state.reopen("2026-03-08T20:00:00Z".parse().unwrap());
        assert_eq!(state.visited_at.to_string(), "2026-03-09T10:12:00Z");
        // A machine whose clock was set back does not turn the demo's back.
        state.reopen("2026-03-01T20:00:00Z".parse().unwrap());
        assert_eq!(state.visited_at.to_string(), "2026-03-09T10:12:00Z");
    }

    #[test]
    fn only_a_folder_that_carries_the_mark_is_emptied() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("mine");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("thesis.txt"), "years").unwrap();
        for fresh in [false, true] {
            let error = enter(&folder, fresh).unwrap_err();
            assert!(matches!(error, EngineError::Input(_)), "{error}");
        }
        fs::write(folder.join(LOCK), "mine too").unwrap();
        fs::write(folder.join(STATE), "seed = 1").unwrap();
        assert!(enter(&folder, true).is_err());
        assert_eq!(
            fs::read_to_string(folder.join("thesis.txt")).unwrap(),
            "years"
        );

        let demo = root.path().join("demo");
        let (lock, found) = enter(&demo, false).unwrap();
        assert!(found.is_none());
        fs::write(demo.join("caseyos.db"), "half made").unwrap();
        drop(lock);
        // Killed before the state was written: the next one begins anew.
        let (lock, found) = enter(&demo, false).unwrap();
        assert!(found.is_none() && !demo.join("caseyos.db").exists());
        state("2026-03-04T10:00:00Z").save(&demo).unwrap();
        drop(lock);
        let (open, found) = enter(&demo, false).unwrap();
        assert!(found.is_some());
        let error = enter(&demo, true).unwrap_err();
        assert!(error.to_string().contains("another terminal"), "{error}");
        drop(open);
        assert!(enter(&demo, true).unwrap().1.is_none());
        assert!(!demo.join(STATE).exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("real");
        fs::create_dir(&real).unwrap();
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(enter(&link, true).is_err());
    }
}
