//! The end of an open stretch.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use super::SendPolicy;
use super::search::horizon;

/// Returns the first instant after `from`, which is open, at which `policy` is closed; `None` if there is none within
/// [`HORIZON_DAYS`](super::HORIZON_DAYS).
#[must_use]
pub fn closes_at(policy: &SendPolicy, from: Timestamp) -> Option<Timestamp> {
    let horizon = horizon(from);
    let mut changes = policy.zone.following(from);
    let mut from = from;
    while from <= horizon {
        let offset = policy.zone.to_offset(from);
        let change = changes.next().map(|change| change.timestamp());
        let mut local = offset.to_datetime(from);
        loop {
            local = next_bound(policy, local)?;
            let at = offset.to_timestamp(local).ok()?;
            if at > horizon || change.is_some_and(|change| at >= change) {
                break;
            }
            if !is_open(policy, local) {
                return Some(at);
            }
        }
        from = change?;
        if !policy.is_open(from) {
            return Some(from);
        }
    }
    None
}

/// Returns the next local time at which the window may end: its end, or midnight.
fn next_bound(policy: &SendPolicy, local: DateTime) -> Option<DateTime> {
    let (window, date) = (policy.window, local.date());
    if !window.is_all_day() && local.time() < window.end {
        return Some(date.to_datetime(window.end));
    }
    date.tomorrow()
        .ok()
        .map(|next| next.to_datetime(Time::midnight()))
}

fn is_open(policy: &SendPolicy, local: DateTime) -> bool {
    policy.window.contains(local.time()) && policy.allows_date(local.date())
}
