//! The open and closed stretches of one policy, each looked for once.

use jiff::Timestamp;

use crate::domain::schedule::{SendPolicy, closes_at, opens_at};

#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: Timestamp,
    /// Its end, which is not part of it; none if it has none in sight.
    until: Option<Timestamp>,
    is_open: bool,
}

/// A policy with the stretches that are known of it.
#[derive(Debug)]
pub(super) struct Windows<'a> {
    policy: &'a SendPolicy,
    known: Vec<Stretch>,
}

impl<'a> Windows<'a> {
    pub(super) const fn new(policy: &'a SendPolicy) -> Self {
        Self {
            policy,
            known: Vec::new(),
        }
    }

    /// Returns the first open instant at or after `at`.
    pub(super) fn opens(&mut self, at: Timestamp) -> Option<Timestamp> {
        let stretch = self.stretch(at);
        if stretch.is_open {
            Some(at)
        } else {
            stretch.until
        }
    }

    /// Returns the first instant after `at` at which it opens or closes.
    pub(super) fn turns(&mut self, at: Timestamp) -> Option<Timestamp> {
        self.stretch(at).until
    }

    fn stretch(&mut self, at: Timestamp) -> Stretch {
        let place = self.known.partition_point(|known| known.from <= at);
        let before = place.checked_sub(1).and_then(|i| self.known.get(i));
        if let Some(known) = before.filter(|known| known.until.is_none_or(|until| at < until)) {
            return *known;
        }
        let is_open = self.policy.is_open(at);
        let until = if is_open {
            closes_at(self.policy, at)
        } else {
            opens_at(self.policy, at)
        };
        let found = Stretch {
            from: at,
            until,
            is_open,
        };
        self.known.insert(place, found);
        found
    }
}
