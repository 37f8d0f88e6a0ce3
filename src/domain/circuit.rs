//! The circuit breaker: a service that fails often is left alone for a while, then asked once, and trusted again when it answers.

use jiff::{SignedDuration, Timestamp};

use super::words::words;

/// Failures in a row that open a circuit.
pub const OPENS_AFTER: u32 = 5;
/// Trials in a row that must go well before it closes.
pub const CLOSES_AFTER: u32 = 2;
/// Rest of an open circuit before a trial; also the time that a trial may take before another process may try.
pub const REST: SignedDuration = SignedDuration::from_secs(60);

words! {
    /// The position of a circuit.
    #[derive(Default)]
    pub enum Position ("a circuit's position") {
        /// Requests go out.
        #[default]
        Closed = "closed",
        /// No request goes out until the next trial.
        Open = "open",
        /// One request is out to see whether the service answers again.
        Trial = "trial",
    }
}

/// A service's circuit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circuit {
    /// Its position.
    pub position: Position,
    /// Failures in a row.
    pub failures: u32,
    /// Trials in a row that went well.
    pub successes: u32,
    /// Instant at which it opened.
    pub opened_at: Option<Timestamp>,
    /// Earliest instant of the next trial.
    pub next_try_at: Option<Timestamp>,
}

/// Permission for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Allowed.
    Free,
    /// Allowed as the trial, which must be claimed first.
    AsTrial,
    /// Refused until the next try.
    Barred {
        /// Instant of the next try.
        until: Timestamp,
    },
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(REST).unwrap_or(now)
}

impl Circuit {
    /// Tells whether a request may go out.
    #[must_use]
    pub fn passage(&self, now: Timestamp) -> Passage {
        match (self.position, self.next_try_at) {
            (Position::Closed, _) => Passage::Free,
            (Position::Open | Position::Trial, Some(until)) if now < until => {
                // A clock that was set back must not bar a service for hours.
                Passage::Barred {
                    until: until.min(later(now)),
                }
            }
            (Position::Open | Position::Trial, _) => Passage::AsTrial,
        }
    }

    /// Claims the trial: nobody else may try until it has ended or was given up.
    #[must_use]
    pub fn tried(&self, now: Timestamp) -> Self {
        Self {
            position: Position::Trial,
            next_try_at: Some(later(now)),
            ..self.clone()
        }
    }

    /// Counts a failure.
    #[must_use]
    pub fn failed(&self, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        if self.position == Position::Closed && failures < OPENS_AFTER {
            return Self {
                failures,
                ..self.clone()
            };
        }
        Self {
            position: Position::Open,
            failures,
            successes: 0,
            opened_at: self.opened_at.or(Some(now)),
            next_try_at: Some(later(now)),
        }
    }

    /// Counts a success.
    #[must_use]
    pub fn succeeded(&self, now: Timestamp) -> Self {
        let successes = self.successes.saturating_add(1);
        if self.position == Position::Closed || successes >= CLOSES_AFTER {
            return Self::default();
        }
        Self {
            position: Position::Trial,
            successes,
            // The next trial may follow at once.
            next_try_at: Some(now),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    #[test]
    fn five_failures_open_it_and_two_trials_close_it() {
        let mut circuit = Circuit::default();
        for i in 0..4 {
            circuit = circuit.failed(at(i));
            assert_eq!(circuit.passage(at(i)), Passage::Free);
        }
        circuit = circuit.failed(at(4));
        assert_eq!(circuit.position, Position::Open);
        assert_eq!(circuit.passage(at(63)), Passage::Barred { until: at(64) });
        assert_eq!(circuit.passage(at(64)), Passage::AsTrial);
        circuit = circuit.tried(at(64));
        assert_eq!(circuit.passage(at(65)), Passage::Barred { until: at(124) });
        circuit = circuit.succeeded(at(66));
        assert_eq!(circuit.passage(at(66)), Passage::AsTrial);
        circuit = circuit.tried(at(66)).succeeded(at(67));
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn a_trial_that_fails_opens_it_for_another_minute() {
        let mut circuit = Circuit::default();
        for i in 0..5 {
            circuit = circuit.failed(at(i));
        }
        circuit = circuit.tried(at(70)).succeeded(at(71));
        circuit = circuit.tried(at(72)).failed(at(73));
        assert_eq!(circuit.successes, 0);
        assert_eq!(circuit.opened_at, Some(at(4)));
        assert_eq!(circuit.passage(at(100)), Passage::Barred { until: at(133) });
    }

    #[test]
    fn a_success_forgets_the_failures_before_it() {
        let mut circuit = Circuit::default();
        for i in 0..4 {
            circuit = circuit.failed(at(i));
        }
        circuit = circuit.succeeded(at(5)).failed(at(6));
        assert_eq!((circuit.failures, circuit.position), (1, Position::Closed));
    }

    #[test]
    fn a_clock_that_was_set_back_bars_for_a_minute_at_most() {
        let mut circuit = Circuit::default();
        for _ in 0..5 {
            circuit = circuit.failed(at(100_000));
        }
        assert_eq!(circuit.passage(at(0)), Passage::Barred { until: at(60) });
    }
}
