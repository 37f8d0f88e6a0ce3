//! Instants of sends, kept in order, and how many of them count against a rolling window.

use jiff::{SignedDuration, Timestamp};

/// Instants of sends, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sends(Vec<Timestamp>);

impl From<Vec<Timestamp>> for Sends {
    /// Takes the instants in any order; those already in order cost nothing more.
    fn from(mut sends: Vec<Timestamp>) -> Self {
        if !sends.is_sorted() {
            sends.sort_unstable();
        }
        Self(sends)
    }
}

impl FromIterator<Timestamp> for Sends {
    fn from_iter<I: IntoIterator<Item = Timestamp>>(sends: I) -> Self {
        sends.into_iter().collect::<Vec<_>>().into()
    }
}

impl Sends {
    /// Returns how many count at `now` against a window of length `window`. A send dated after `now`
    /// (another process's clock) counts too: too few messages are better than too many.
    #[must_use]
    pub fn within(&self, window: SignedDuration, now: Timestamp) -> usize {
        if window.is_zero() {
            return 0;
        }
        self.0.len()
            - self
                .0
                .partition_point(|sent| now.duration_since(*sent) >= window)
    }

    /// Returns the instant from which fewer than `cap` sends count against `window`: `Timestamp::MIN` if that was always so, `None` if it will never be.
    pub(super) fn room_from(&self, window: SignedDuration, cap: u32) -> Option<Timestamp> {
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        if window.is_zero() {
            return Some(Timestamp::MIN);
        }
        if cap == 0 {
            return None;
        }
        match self.0.len().checked_sub(cap) {
            None => Some(Timestamp::MIN),
            Some(last_to_leave) => self.0.get(last_to_leave)?.checked_add(window).ok(),
        }
    }

    /// Returns the first instant after `now` at which a send stops counting against `window`.
    #[must_use]
    pub fn next_to_leave(&self, window: SignedDuration, now: Timestamp) -> Option<Timestamp> {
        let gone = self.0.len() - self.within(window, now);
        self.0.get(gone)?.checked_add(window).ok()
    }

    /// Adds a send.
    pub fn add(&mut self, at: Timestamp) {
        let place = self.0.partition_point(|sent| *sent <= at);
        self.0.insert(place, at);
    }

    /// Returns the instants in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn first(&self) -> Option<Timestamp> {
        self.0.first().copied()
    }

    pub(super) fn last(&self) -> Option<Timestamp> {
        self.0.last().copied()
    }
}
