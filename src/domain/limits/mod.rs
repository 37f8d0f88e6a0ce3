//! Limits on the number of messages: rolling windows, never calendar ones, and the instant at which each has room again.
//!
//! A send counts against a window of length `W` from its own instant until exactly `W` later, when it no longer counts. As time passes
//! without a send, counts only fall and the ramp only rises, so a limit that has cleared stays clear. That is
//! why the shown next-send time does not move as it is looked at again.

mod deliverability;
mod sends;
mod verdict;

pub use deliverability::{MailResults, NEW_MAILBOX, judge};
pub use sends::Sends;
pub use verdict::{LimitKind, LimitVerdict, binding};

use jiff::{SignedDuration, Timestamp};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most messages in each rolling window.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// To one contact in 7 days.
    pub per_contact_week: u32,
    /// To one company's domain in 24 hours; free-mail domains are exempt.
    pub per_domain_day: u32,
    /// From the mailbox in 24 hours.
    pub per_day: u32,
    /// From the mailbox in 60 minutes.
    pub per_hour: u32,
    /// Least seconds between two messages; 0 for no gap.
    pub min_gap_seconds: u32,
    /// A lower daily cap for a new mailbox; `None` for none.
    pub ramp: Option<Ramp>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_contact_week: 2,
            per_domain_day: 5,
            per_day: 20,
            per_hour: 5,
            min_gap_seconds: 30,
            ramp: Some(Ramp::default()),
        }
    }
}

/// The growing daily cap of a new mailbox. Its days are periods of 24 hours from the first send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ramp {
    /// Messages in 24 hours on the first day.
    pub first_day: u32,
    /// Messages added on each further day, up to the daily cap.
    pub step: u32,
}

impl Default for Ramp {
    fn default() -> Self {
        Self {
            first_day: 10,
            step: 5,
        }
    }
}

/// Past sends, as the limits need them. Sends that are queued or on their way belong here too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendHistory {
    /// Everything sent from the mailbox in the last 24 hours or more.
    pub all: Sends,
    /// Sends to this contact in the last 7 days or more.
    pub to_contact: Sends,
    /// Sends to this contact's domain in the last 24 hours or more.
    pub to_domain: Sends,
    /// True if many unrelated people share the domain (gmail.com), which exempts it from the per-domain cap.
    pub is_free_mail: bool,
    /// Instant of the mailbox's first send, from which the ramp counts; `None` if it never sent.
    pub mailbox_first_send: Option<Timestamp>,
}

/// Judges every configured limit at `now`, always in the order of [`LimitKind`]. The domain's cap is left out for free mail, the
/// ramp where none is configured.
#[must_use]
pub fn check(limits: &Limits, history: &SendHistory, now: Timestamp) -> Vec<LimitVerdict> {
    let to_domain = (!history.is_free_mail).then_some(&history.to_domain);
    let mut verdicts = personal(limits, &history.to_contact, to_domain, now);
    verdicts.extend(mailbox(
        limits,
        &history.all,
        history.mailbox_first_send,
        now,
    ));
    verdicts
}

/// Judges the limits on mail to one person; `to_domain` is none where the domain has no cap.
#[must_use]
pub fn personal(
    limits: &Limits,
    to_contact: &Sends,
    to_domain: Option<&Sends>,
    now: Timestamp,
) -> Vec<LimitVerdict> {
    let week = rolling(
        LimitKind::PerContactWeek,
        to_contact,
        WEEK,
        limits.per_contact_week,
        now,
    );
    let day = to_domain.map(|sends| {
        rolling(
            LimitKind::PerDomainDay,
            sends,
            DAY,
            limits.per_domain_day,
            now,
        )
    });
    std::iter::once(week).chain(day).collect()
}

/// Judges the limits on all mail of the mailbox.
#[must_use]
pub fn mailbox(
    limits: &Limits,
    all: &Sends,
    first_send: Option<Timestamp>,
    now: Timestamp,
) -> Vec<LimitVerdict> {
    let gap = SignedDuration::from_secs(i64::from(limits.min_gap_seconds));
    let mut verdicts = Vec::with_capacity(4);
    verdicts.push(rolling(LimitKind::PerDay, all, DAY, limits.per_day, now));
    if let Some(ramp) = limits.ramp {
        let first = begins_at(all, first_send, now);
        verdicts.push(verdict(
            LimitKind::Ramp,
            all,
            DAY,
            ramp.cap(limits.per_day, ramp_day(first, now)),
            ramp.room_from(limits.per_day, all, first),
            now,
        ));
    }
    verdicts.push(rolling(LimitKind::PerHour, all, HOUR, limits.per_hour, now));
    // Where no gap is asked for, none is kept from a send that a clock which was set back dates a moment ahead either.
    let none = Sends::default();
    let close = if gap.is_zero() { &none } else { all };
    verdicts.push(rolling(LimitKind::MinGap, close, gap, 1, now));
    verdicts
}

fn rolling(
    limit: LimitKind,
    sends: &Sends,
    window: SignedDuration,
    cap: u32,
    now: Timestamp,
) -> LimitVerdict {
    let room_from = sends.room_from(window, cap);
    verdict(limit, sends, window, cap, room_from, now)
}

fn verdict(
    limit: LimitKind,
    sends: &Sends,
    window: SignedDuration,
    cap: u32,
    room_from: Option<Timestamp>,
    now: Timestamp,
) -> LimitVerdict {
    let passed = room_from.is_some_and(|from| from <= now);
    LimitVerdict {
        limit,
        used: u32::try_from(sends.within(window, now)).unwrap_or(u32::MAX),
        cap,
        clears_at: room_from.filter(|_| !passed),
        passed,
        ahead: sends
            .last()
            .filter(|last| *last > now)
            .map(|last| last.duration_since(now)),
    }
}

/// Returns the first instant after `now` at which the room of the hour or the day grows, if nothing is sent.
#[must_use]
pub fn next_room(
    limits: &Limits,
    all: &Sends,
    first_send: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let first = begins_at(all, first_send, now);
    let next_day = limits
        .ramp
        .and(first)
        .and_then(|first| days_after(first, ramp_day(Some(first), now) + 1));
    [
        all.next_to_leave(HOUR, now),
        all.next_to_leave(DAY, now),
        next_day,
    ]
    .into_iter()
    .flatten()
    .min()
}

/// Keeps the last room of the hour and the day for messages that come first and will be ready while it lasts: `ready` are the instants at which
/// they can leave. None if there is room for all.
#[must_use]
pub fn reserve(
    verdicts: &[LimitVerdict],
    ready: &[Timestamp],
    now: Timestamp,
) -> Option<LimitVerdict> {
    verdicts
        .iter()
        .filter_map(|v| match v.limit {
            LimitKind::PerHour => Some((v, HOUR)),
            LimitKind::PerDay | LimitKind::Ramp => Some((v, DAY)),
            _ => None,
        })
        .find_map(|(v, window)| {
            let room = v.cap.saturating_sub(v.used);
            let soon = ready.iter().filter(|at| at.duration_since(now) < window);
            let used = u32::try_from(soon.clone().count()).unwrap_or(u32::MAX);
            let first = soon.min().copied()?;
            (used >= room).then(|| LimitVerdict {
                limit: LimitKind::Reserved,
                used,
                cap: room,
                // The turn of the first of them, or a moment later if its turn is now.
                clears_at: Some(
                    first.max(now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now)),
                ),
                passed: false,
                ahead: None,
            })
        })
}

/// Returns the instant from which the days of the ramp count. A first send that is dated ahead counts from now, as the ramp would be closed until then.
fn begins_at(all: &Sends, first_send: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let first = first_send.into_iter().chain(all.first()).min();
    first.map(|first| first.min(now))
}

/// Returns the number of whole periods of 24 hours since the first send.
fn ramp_day(first: Option<Timestamp>, now: Timestamp) -> u64 {
    let age = first.map_or(0, |first| now.duration_since(first).as_hours() / 24);
    u64::try_from(age).unwrap_or(0)
}

impl Ramp {
    /// Returns the cap on the day that is `day` whole days after the first send.
    fn cap(self, per_day: u32, day: u64) -> u32 {
        let grown = u64::from(self.step)
            .saturating_mul(day)
            .saturating_add(u64::from(self.first_day));
        u32::try_from(grown).map_or(per_day, |grown| grown.min(per_day))
    }

    /// Returns the instant from which the ramp has room: the first at which the sends that still count are fewer than what the day
    /// allows, whether because one leaves the window or because the cap grows. `None` if there is no such instant.
    fn room_from(self, per_day: u32, sends: &Sends, first: Option<Timestamp>) -> Option<Timestamp> {
        let Some(first) = first else {
            return sends.room_from(DAY, self.cap(per_day, 0));
        };
        // This ends at the latest on the day that begins after the newest send has left the window.
        let mut day = 0_u64;
        loop {
            let cap = self.cap(per_day, day);
            let begins = days_after(first, day)?;
            let room = sends.room_from(DAY, cap).map(|room| room.max(begins));
            if cap >= per_day || self.step == 0 {
                return room;
            }
            let ends = days_after(first, day + 1)?;
            if let Some(room) = room.filter(|room| *room < ends) {
                return Some(room);
            }
            day += 1;
        }
    }
}

fn days_after(first: Timestamp, days: u64) -> Option<Timestamp> {
    let hours = i64::try_from(days).ok()?.checked_mul(24)?;
    first.checked_add(SignedDuration::from_hours(hours)).ok()
}

#[cfg(test)]
mod tests;
