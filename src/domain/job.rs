//! The rules of jobs: their turns, their rests after failures, and their end as dead letters.
//!
//! Every date is held against the clock before it is believed. A clock that jumps ahead and comes back leaves dates behind that lie
//! further off than any wait could put them; such a date counts as past, and the next run writes a sound one.

use jiff::{SignedDuration, Timestamp};

use super::outbox::RETRY_MINUTES;
use super::words::words;

/// Seconds by which a timed run may come early: passes and paces share one rhythm.
const EARLY_SECONDS: i64 = 3;

words! {
    /// The state of a job.
    pub enum JobState ("a state of a job") {
        /// Runs in its turn.
        Waiting = "waiting",
        /// Given up after its last try; the operator revives it.
        Dead = "dead",
    }
}

/// The cadence of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Every pass.
    Pass,
    /// Every pass that somebody asks for; timed passes keep this many seconds between two runs.
    Paced(u32),
    /// So many seconds between two runs, however many passes there are.
    Seconds(u32),
}

impl Every {
    /// Returns the seconds between two runs; none for a job of every pass.
    #[must_use]
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::Pass => None,
            Self::Paced(seconds) | Self::Seconds(seconds) => Some(seconds),
        }
    }
}

/// The patience with a job that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Tried at the next pass again, always: work on this machine.
    Endless,
    /// Rests longer with each failure after the first, which may be chance, and is never given up.
    Resting,
    /// Tried again after 1, 5 and 30 minutes, and then given up.
    Limited,
}

/// The consequence of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next pass tries again.
    AtOnce,
    /// A rest of this length.
    Rest(SignedDuration),
    /// The end: it was the last try.
    GiveUp,
}

impl Patience {
    /// Decides the consequence of the latest of so many failures in a row.
    #[must_use]
    pub fn after(self, failures: u64) -> Next {
        let rest = |index: u64| {
            let minutes = RETRY_MINUTES.get(usize::try_from(index).ok()?)?;
            Some(Next::Rest(SignedDuration::from_mins(*minutes)))
        };
        match self {
            Self::Endless => Next::AtOnce,
            Self::Resting => failures.checked_sub(2).map_or(Next::AtOnce, |index| {
                rest(index).unwrap_or(Next::Rest(longest_rest()))
            }),
            Self::Limited => rest(failures.saturating_sub(1)).unwrap_or(Next::GiveUp),
        }
    }
}

fn longest_rest() -> SignedDuration {
    SignedDuration::from_mins(RETRY_MINUTES.iter().copied().max().unwrap_or(0))
}

/// The facts that a job's turn is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: JobState,
    /// Its next run, or the end of its rest; none for the next pass.
    pub due_at: Option<Timestamp>,
    /// Failures since the last good run.
    pub failures: u64,
    /// Its last run.
    pub last_run_at: Option<Timestamp>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            state: JobState::Waiting,
            due_at: None,
            failures: 0,
            last_run_at: None,
        }
    }
}

/// The occasion on which a job may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody asks for this job by name.
    ByName,
    /// Somebody asks for a pass.
    Pass,
    /// The clock asks for a pass.
    Timed,
}

/// A job's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Its turn has come.
    Due,
    /// Its turn is yet to come.
    NotYet,
    /// Failures keep it resting until then.
    Rests(Timestamp),
    /// Given up.
    Dead,
}

impl Standing {
    /// Judges a job's turn. Endless patience means no rest, whatever an earlier plan of the job left behind.
    #[must_use]
    pub fn turn(
        &self,
        every: Every,
        patience: Patience,
        occasion: Occasion,
        now: Timestamp,
    ) -> Turn {
        if occasion == Occasion::ByName {
            return Turn::Due;
        }
        if self.state == JobState::Dead {
            return Turn::Dead;
        }
        match self.due_at.filter(|at| is_ahead(*at, every, now)) {
            Some(_) if self.failures > 0 && patience == Patience::Endless => {}
            Some(at) if self.failures > 0 => return Turn::Rests(at),
            Some(_) => return Turn::NotYet,
            None => {}
        }
        match (every, occasion, self.last_run_at) {
            (Every::Paced(pace), Occasion::Timed, Some(at))
                if (0..i64::from(pace) - EARLY_SECONDS)
                    .contains(&(now.as_second() - at.as_second())) =>
            {
                Turn::NotYet
            }
            _ => Turn::Due,
        }
    }

    /// Returns the instant of the next run; none for the next pass.
    #[must_use]
    pub fn next_due(&self, every: Every, patience: Patience, now: Timestamp) -> Option<Timestamp> {
        match self.turn(every, patience, Occasion::Timed, now) {
            Turn::Due | Turn::Dead => None,
            Turn::Rests(at) => Some(at),
            Turn::NotYet => self
                .due_at
                .filter(|at| is_ahead(*at, every, now))
                .or_else(|| {
                    let pace = SignedDuration::from_secs(i64::from(every.seconds()?));
                    self.last_run_at?.checked_add(pace).ok()
                }),
        }
    }

    /// Returns the standing after a run that ended now, well or badly.
    #[must_use]
    pub fn after_run(
        &self,
        every: Every,
        patience: Patience,
        has_failed: bool,
        now: Timestamp,
    ) -> Self {
        let later = |by: SignedDuration| now.checked_add(by).ok();
        let at_pace = match every {
            Every::Seconds(seconds) => later(SignedDuration::from_secs(i64::from(seconds))),
            Every::Pass | Every::Paced(_) => None,
        };
        let failures = if has_failed { self.failures + 1 } else { 0 };
        let (state, due_at) = match patience.after(failures) {
            _ if !has_failed => (JobState::Waiting, at_pace),
            Next::AtOnce => (JobState::Waiting, None),
            Next::Rest(rest) => (JobState::Waiting, later(rest)),
            Next::GiveUp => (JobState::Dead, None),
        };
        Self {
            state,
            due_at,
            failures,
            last_run_at: Some(now),
        }
    }
}

/// Tells whether an instant lies ahead, and no further than a wait could put it.
fn is_ahead(at: Timestamp, every: Every, now: Timestamp) -> bool {
    let pace = SignedDuration::from_secs(i64::from(every.seconds().unwrap_or(0)));
    at > now && at.duration_since(now) <= pace.max(longest_rest())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR: i64 = 365 * 24 * 3600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn patience_ends_as_it_is_meant_to() {
        let minutes = |n| Next::Rest(SignedDuration::from_mins(n));
        let check = |patience: Patience, expect: [Next; 6]| {
            for (failures, expect) in [1, 2, 3, 4, 5, 400].into_iter().zip(expect) {
                assert_eq!(patience.after(failures), expect, "{patience:?} {failures}");
            }
        };
        check(Patience::Endless, [Next::AtOnce; 6]);
        check(
            Patience::Resting,
            [
                Next::AtOnce,
                minutes(1),
                minutes(5),
                minutes(30),
                minutes(30),
                minutes(30),
            ],
        );
        check(
            Patience::Limited,
            [
                minutes(1),
                minutes(5),
                minutes(30),
                Next::GiveUp,
                Next::GiveUp,
                Next::GiveUp,
            ],
        );
        assert_eq!(Patience::Resting.after(u64::MAX), minutes(30));
        assert_eq!(Patience::Limited.after(u64::MAX), Next::GiveUp);
    }

    #[test]
    fn a_turn_follows_the_cadence_the_occasion_and_the_failures() {
        let run = |last: i64, due: Option<i64>, failures: u64| Standing {
            due_at: due.map(at),
            failures,
            last_run_at: Some(at(last)),
            ..Standing::default()
        };
        let check = |standing: Standing, every: Every, occasion: Occasion, expect: Turn| {
            assert_eq!(
                standing.turn(every, Patience::Resting, occasion, at(0)),
                expect,
                "{standing:?} {every:?} {occasion:?}"
            );
        };
        use Occasion::{ByName, Pass, Timed};
        for every in [Every::Pass, Every::Paced(60), Every::Seconds(60)] {
            for occasion in [ByName, Pass, Timed] {
                check(Standing::default(), every, occasion, Turn::Due);
            }
        }
        check(run(-1, None, 0), Every::Pass, Timed, Turn::Due);
        check(run(-30, None, 0), Every::Paced(60), Timed, Turn::NotYet);
        check(run(-30, None, 0), Every::Paced(60), Pass, Turn::Due);
        check(run(-58, None, 0), Every::Paced(60), Timed, Turn::Due);
        check(
            run(-30, Some(30), 0),
            Every::Seconds(60),
            Pass,
            Turn::NotYet,
        );
        check(run(-30, Some(30), 0), Every::Seconds(60), ByName, Turn::Due);
        check(run(-60, Some(0), 0), Every::Seconds(60), Pass, Turn::Due);
        check(
            run(-9, Some(300), 3),
            Every::Paced(60),
            Pass,
            Turn::Rests(at(300)),
        );
        check(run(-9, Some(300), 3), Every::Paced(60), ByName, Turn::Due);
        let dead = Standing {
            state: JobState::Dead,
            ..run(-9, None, 4)
        };
        check(dead, Every::Pass, Pass, Turn::Dead);
        check(dead, Every::Pass, ByName, Turn::Due);
        // A mailbox that moved to this machine while it rested.
        let moved = run(-9, Some(300), 3).turn(Every::Pass, Patience::Endless, Pass, at(0));
        assert_eq!(moved, Turn::Due);
    }

    #[test]
    fn a_dead_job_that_runs_well_lives_again() {
        let mut standing = Standing::default();
        for failures in 1..=4 {
            standing = standing.after_run(Every::Seconds(60), Patience::Limited, true, at(0));
            assert_eq!(standing.failures, failures);
        }
        assert_eq!((standing.state, standing.due_at), (JobState::Dead, None));
        let standing = standing.after_run(Every::Seconds(60), Patience::Limited, false, at(9));
        assert_eq!(
            (standing.state, standing.due_at, standing.failures),
            (JobState::Waiting, Some(at(69)), 0)
        );
    }

    #[test]
    fn the_next_run_is_named_where_one_is_known() {
        let standing = |due: Option<i64>, failures| Standing {
            due_at: due.map(at),
            failures,
            last_run_at: Some(at(-10)),
            ..Standing::default()
        };
        let check = |standing: Standing, every, expect: Option<i64>| {
            assert_eq!(
                standing.next_due(every, Patience::Resting, at(0)),
                expect.map(at),
                "{every:?}"
            );
        };
        check(standing(None, 0), Every::Pass, None);
        check(standing(None, 0), Every::Paced(60), Some(50));
        check(standing(Some(50), 0), Every::Seconds(60), Some(50));
        check(standing(Some(300), 2), Every::Paced(60), Some(300));
    }

    fn cadences() -> impl Strategy<Value = (Every, Patience)> {
        let every = prop_oneof![
            Just(Every::Pass),
            (5_u32..86_400).prop_map(Every::Paced),
            (5_u32..86_400).prop_map(Every::Seconds),
        ];
        let patience = prop_oneof![
            Just(Patience::Endless),
            Just(Patience::Resting),
            Just(Patience::Limited),
        ];
        (every, patience)
    }

    proptest! {
        #[test]
        fn no_jump_of_the_clock_starves_a_job_or_runs_it_in_a_loop(
            (every, patience) in cadences(),
            fails in proptest::collection::vec(any::<bool>(), 1..4),
            jumps in proptest::collection::vec(-2 * YEAR..2 * YEAR, 0..4),
        ) {
            let (mut now, mut standing) = (at(0), Standing::default());
            for (has_failed, jump) in fails.iter().zip(jumps.iter().chain(std::iter::repeat(&0))) {
                standing = standing.after_run(every, patience, *has_failed, now);
                now = now.checked_add(SignedDuration::from_secs(*jump)).unwrap();
            }
            prop_assume!(standing.state == JobState::Waiting);
            // Its turn comes within a cadence or the longest rest, whatever the clock did.
            let wait = i64::from(every.seconds().unwrap_or(0)).max(30 * 60);
            let later = now.checked_add(SignedDuration::from_secs(wait)).unwrap();
            let due = [now, later].map(|at| standing.turn(every, patience, Occasion::Timed, at) == Turn::Due);
            prop_assert!(due.contains(&true), "{:?}", standing);
            // And having run, a job of the clock is not due again at once.
            let ran = standing.after_run(every, patience, false, now);
            if let Every::Seconds(_) = every {
                prop_assert_eq!(ran.turn(every, patience, Occasion::Pass, now), Turn::NotYet);
            }
            if let Every::Paced(_) = every {
                prop_assert_eq!(ran.turn(every, patience, Occasion::Timed, now), Turn::NotYet);
            }
        }
    }
}
