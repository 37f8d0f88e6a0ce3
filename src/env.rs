//! The outside world: the clock, chance and the process environment.
//!
//! Nothing else in the program reads the wall clock, draws a random number or looks at an environment
//! variable. `CASEYOS_NOW` fixes the clock and `CASEYOS_SEED` the chance, so that a whole run can be repeated.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the outside"
)]

pub mod file;

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A source of the current instant.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for repeatable runs.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that runs at the pace of another but a fixed distance away from it.
#[derive(Debug, Clone)]
pub struct ShiftedClock {
    base: Arc<dyn Clock>,
    shift: SignedDuration,
}

impl ShiftedClock {
    /// Makes a clock that shows `base` plus `shift`.
    #[must_use]
    pub fn new(base: Arc<dyn Clock>, shift: SignedDuration) -> Self {
        Self { base, shift }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let base = self.base.now();
        base.checked_add(self.shift).unwrap_or(base)
    }
}

/// The way in which a run has its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockKind {
    /// It is the machine's own.
    #[default]
    Running,
    /// `CASEYOS_NOW` sets it.
    Set,
    /// It is moved at will, and this is meant: that of a demo, or one that `CASEYOS_NOW` sets beside `CASEYOS_PRACTICE=1`.
    Practice,
}

/// The clock and the chance that a run is given. Cheap to clone; clones share both.
#[derive(Debug, Clone)]
pub struct Env {
    clock: Arc<dyn Clock>,
    kind: ClockKind,
    chance: Arc<AtomicU64>,
}

impl Env {
    /// Makes an environment from a clock and a seed.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            kind: ClockKind::Running,
            chance: Arc::new(AtomicU64::new(seed)),
        }
    }

    /// Makes the environment of this process: `CASEYOS_NOW` (RFC 3339) and `CASEYOS_SEED` (a whole number), where they
    /// are set, else the machine's clock and a seed from the operating system. `CASEYOS_PRACTICE=1` says that a clock that is set is meant.
    ///
    /// # Errors
    /// Names the variable that holds something else.
    pub fn from_process() -> Result<Self, String> {
        let clock: Arc<dyn Clock> = match variable("CASEYOS_NOW") {
            Some(text) => {
                Arc::new(FixedClock(text.parse().map_err(|e| {
                    format!("CASEYOS_NOW is not an RFC 3339 instant: {e}.")
                })?))
            }
            None => Arc::new(SystemClock),
        };
        let seed = match variable("CASEYOS_SEED") {
            Some(text) => text
                .parse()
                .map_err(|_| "CASEYOS_SEED is not a whole number.".to_owned())?,
            None => RandomState::new().build_hasher().finish(),
        };
        let kind = match variable("CASEYOS_NOW") {
            None => ClockKind::Running,
            Some(_) if variable("CASEYOS_PRACTICE").as_deref() == Some("1") => ClockKind::Practice,
            Some(_) => ClockKind::Set,
        };
        Ok(Self {
            kind,
            ..Self::new(clock, seed)
        })
    }

    /// Returns the way in which this run has its clock.
    #[must_use]
    pub const fn clock_kind(&self) -> ClockKind {
        self.kind
    }

    /// Returns the current instant, to the millisecond, as the store keeps it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Returns the clock, to build another upon.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Returns the same chance under another clock, which is one to practice or to look ahead with.
    #[must_use]
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kind: ClockKind::Practice,
            chance: Arc::clone(&self.chance),
        }
    }

    /// Draws the next 64 bits of chance (SplitMix64; not for secrets).
    #[must_use]
    pub fn draw(&self) -> u64 {
        const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        mix(self
            .chance
            .fetch_add(GAMMA, Ordering::Relaxed)
            .wrapping_add(GAMMA))
    }
}

/// Scrambles 64 bits (the output function of SplitMix64, Steele, Lea and Flood 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Returns bytes of chance that nobody can guess, for secrets; no seed fixes them.
///
/// # Errors
/// Fails if the operating system gives none.
pub fn unguessable<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| "the operating system gives no chance".to_owned())?;
    Ok(bytes)
}

/// Returns the time since the first call, for measuring durations; it says nothing of the date.
#[must_use]
pub fn monotonic() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Returns the time since a fixed instant before any process began, the same in all of them; none where there is no such clock. It says nothing of
/// the date, is not set back, and begins anew when the machine does.
#[must_use]
pub fn uptime() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::try_from(time).ok()
    }
    #[cfg(not(unix))]
    None
}

/// Returns an environment variable that is set, not empty and Unicode.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns an environment variable that is set and not empty, for paths.
#[must_use]
pub fn variable_os(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Makes the command that starts another program, which gets none of our secrets: of our own variables only those that name places and times.
#[must_use]
pub fn program(name: impl AsRef<std::ffi::OsStr>) -> std::process::Command {
    const HARMLESS: &[&str] = &[
        "CASEYOS_HOME",
        "CASEYOS_CONFIG",
        "CASEYOS_LOG",
        "CASEYOS_NOW",
        "CASEYOS_SEED",
        "CASEYOS_PRACTICE",
    ];
    let mut command = std::process::Command::new(name);
    for (name, _) in std::env::vars_os() {
        let is_ours = name.to_string_lossy().starts_with("CASEYOS_");
        if is_ours && !HARMLESS.iter().any(|harmless| name == *harmless) {
            command.env_remove(name);
        }
    }
    command
}

/// Returns the command that this process was started with, its program's name without the path; for other processes to name it.
#[must_use]
pub fn command_line() -> String {
    let mut words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(program) = words.first_mut()
        && let Some((_, name)) = program.rsplit_once(['/', '\\'])
    {
        *program = name.to_owned();
    }
    words.join(" ")
}

/// Returns the name of the machine's own time zone, as `TZ` or the system's link says it; nobody has checked it.
#[must_use]
pub fn system_zone() -> Option<String> {
    variable("TZ")
        .or_else(|| {
            let link = std::fs::read_link("/etc/localtime").ok()?;
            let (_, name) = link.to_str()?.split_once("zoneinfo/")?;
            Some(name.to_owned())
        })
        .map(|name| name.trim_start_matches(':').to_owned())
}

/// Ends the process on the spot, as a kill would, if `CASEYOS_CRASH_AT` names this place: `name`, or `name#3` for the third time
/// that it is passed. For tests of recovery; release builds have no such places.
pub fn crash_point(name: &str) {
    static PASSED: AtomicU64 = AtomicU64::new(0);
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(wanted) = variable("CASEYOS_CRASH_AT") else {
        return;
    };
    let (place, time) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    if place == name && time.parse() == Ok(PASSED.fetch_add(1, Ordering::Relaxed) + 1) {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_numbers() {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
        let (a, b) = (Env::new(Arc::clone(&clock), 7), Env::new(clock, 7));
        let draw = |env: &Env| [env.draw(), env.draw(), env.draw()];
        assert_eq!(draw(&a), draw(&b));
    }

    #[test]
    fn a_shifted_clock_keeps_its_distance() {
        let base: Arc<dyn Clock> = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
        let clock = ShiftedClock::new(base, SignedDuration::from_hours(2));
        assert_eq!(clock.now().as_second(), 7200);
    }
}
