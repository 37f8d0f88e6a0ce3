//! The next send: the first instant at which the window is open and every limit has room.

use jiff::Timestamp;

use super::{LimitKind, LimitVerdict, Limits, SendHistory, binding, check};
use crate::domain::schedule::{
    NextAllowed, Reason, ReasonKind, SendPolicy, clock, day_month, day_name, horizon, search,
    search_until,
};

/// The next send, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NextSend {
    /// The instant; `None` if there is none within 45 days, or a limit never has room.
    pub at: Option<Timestamp>,
    /// The reasons, in the order in which they were met; never empty.
    pub because: Vec<Reason>,
    /// The limit that makes it later than the window alone would, if one does.
    pub binding: Option<LimitKind>,
}

/// Returns the first instant at or after `earliest`, and within 45 days of it, at which `policy` is open and all `limits` have room, if
/// nothing else is sent meanwhile. Asked again at any instant before the answer, it gives the same answer.
#[must_use]
pub fn next_send(
    policy: &SendPolicy,
    limits: &Limits,
    history: &SendHistory,
    earliest: Timestamp,
) -> NextSend {
    let by_policy = search(policy, earliest);
    let verdicts = check(limits, history, earliest);
    let Some(full) = binding(&verdicts) else {
        return unlimited(by_policy);
    };
    let Some(room) = full.clears_at else {
        return NextSend {
            at: None,
            because: vec![Reason::new(
                ReasonKind::Limit,
                format!("{} It never has room.", full.sentence()),
            )],
            binding: Some(full.limit),
        };
    };
    // A limit that clears before the window opens decides nothing. No search is needed then: nothing is open until `at`.
    if by_policy.at.is_none_or(|at| at >= room) {
        return unlimited(by_policy);
    }
    // Limits that have cleared stay clear, so the first open instant from here on satisfies both.
    let found = search_until(policy, room, horizon(earliest));
    let mut because = vec![limit_reason(policy, full, room)];
    if found.at != Some(room) {
        because.extend(found.because);
    }
    NextSend {
        at: found.at,
        because,
        binding: Some(full.limit),
    }
}

fn unlimited(found: NextAllowed) -> NextSend {
    NextSend {
        at: found.at,
        because: found.because,
        binding: None,
    }
}

fn limit_reason(policy: &SendPolicy, full: &LimitVerdict, room: Timestamp) -> Reason {
    let local = policy.local(room);
    Reason::new(
        ReasonKind::Limit,
        format!(
            "{} It has room again at {} on {} {}.",
            full.sentence(),
            clock(local.time()),
            day_name(local.weekday()),
            day_month(local.date())
        ),
    )
}
