//! The reasons for an instant that the forecast names, in words.

use jiff::Timestamp;

use super::{Fate, Foreseen, Held};
use crate::domain::limits::LimitKind;
use crate::domain::schedule::{Reason, ReasonKind, SendPolicy, clock, date_from, day_name, search};

/// Returns what decides when a message leaves that could leave from `from` on, in the order in which it is met; never empty.
#[must_use]
pub fn because(policy: &SendPolicy, from: Timestamp, foreseen: &Foreseen) -> Vec<Reason> {
    let Some(held) = &foreseen.held else {
        return search(policy, from).because;
    };
    let opens = search(policy, from);
    let mut because = Vec::new();
    if opens.at.is_some_and(|at| from < at && at <= held.since) {
        because.extend(opens.because);
    }
    because.push(Reason::new(ReasonKind::Limit, held.sentence(policy, from)));
    if let (Some(room), Fate::Leaves(at)) = (held.room_at, foreseen.fate)
        && room < at
    {
        because.extend(search(policy, room).because);
    }
    because
}

impl Held {
    /// Returns the limit and the instant at which it has room again as sentences, on the clocks of the policy's zone.
    #[must_use]
    pub fn sentence(&self, policy: &SendPolicy, from: Timestamp) -> String {
        let full = self.full();
        let Some(room) = self.room_at else {
            return format!("{full} It never has room.");
        };
        let local = policy.local(room);
        format!(
            "{full} It has room again at {} on {} {}.",
            clock(local.time()),
            day_name(local.weekday()),
            date_from(local.date(), policy.local(from).date())
        )
    }

    /// Says which limit it is. One that messages have filled which have not left yet does not stand like that now.
    fn full(&self) -> String {
        let verdict = &self.verdict;
        let first = match self.before {
            0 => return verdict.sentence(),
            1 => "Once the message before it has left".to_owned(),
            n => format!("Once the {n} messages before it have left"),
        };
        match verdict.limit {
            LimitKind::MinGap => format!("{first}, the gap between two messages holds."),
            LimitKind::PerContactWeek
            | LimitKind::PerDomainDay
            | LimitKind::PerDay
            | LimitKind::Ramp
            | LimitKind::PerHour => format!(
                "{first}, the limit {} is full: {} of {}.",
                verdict.limit.title(),
                verdict.used,
                verdict.cap
            ),
            LimitKind::Bounces | LimitKind::Complaints | LimitKind::Reserved => verdict.sentence(),
        }
    }
}
