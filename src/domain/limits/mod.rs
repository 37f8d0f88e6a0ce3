//! Limits on the number of messages: rolling windows, never calendar ones, and the instant at which each has room again.
//!
//! A send counts against a window of length `W` from its own instant until exactly `W` later, when it no longer counts. As time passes
//! without a send, counts only fall and the ramp only rises, so a limit that has cleared stays clear. That is
//! why the shown next-send time does not move as it is looked at again.

mod deliverability;
mod next;

pub use deliverability::{MailResults, judge};
pub use next::{NextSend, next_send};

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
    fn room_from(&self, window: SignedDuration, cap: u32) -> Option<Timestamp> {
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

    /// Returns them in order.
    fn iter(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.0.iter().copied()
    }

    fn first(&self) -> Option<Timestamp> {
        self.0.first().copied()
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

/// The kind of limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Messages to one contact in 7 days.
    PerContactWeek,
    /// Messages to one domain in 24 hours.
    PerDomainDay,
    /// Messages from the mailbox in 24 hours.
    PerDay,
    /// The lower daily cap of a new mailbox.
    Ramp,
    /// Messages from the mailbox in 60 minutes.
    PerHour,
    /// The least time between two messages.
    MinGap,
    /// Messages that came back, in 7 days; too many of them pause sending.
    Bounces,
    /// Messages that their reader reported as spam, in 7 days; too many of them pause sending.
    Complaints,
    /// The last room of the hour or the day, reserved for messages of a higher class.
    Reserved,
}

impl LimitKind {
    /// Returns what it limits, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::PerContactWeek => "to one contact in 7 days",
            Self::PerDomainDay => "to one domain in 24 hours",
            Self::PerDay => "in 24 hours",
            Self::Ramp => "in 24 hours, new mailbox",
            Self::PerHour => "in one hour",
            Self::MinGap => "gap between two mails",
            Self::Bounces => "bounces in 7 days",
            Self::Complaints => "spam complaints in 7 days",
            Self::Reserved => "kept for answers and follow-ups",
        }
    }
}

/// The verdict of one limit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LimitVerdict {
    /// The limit.
    pub limit: LimitKind,
    /// Messages that count against it now.
    pub used: u32,
    /// The most that may; one more may go while `used < cap`. For the gap, 1.
    pub cap: u32,
    /// The instant from which it has room if nothing more is sent; `None` if it has room now, or never will.
    pub clears_at: Option<Timestamp>,
    /// True if it has room for one more message now.
    pub passed: bool,
}

impl LimitVerdict {
    /// Returns the verdict in two or three words, such as `3/20 today`; empty for a gap that has passed.
    #[must_use]
    pub fn short(&self) -> String {
        let Self { used, cap, .. } = self;
        let window = match self.limit {
            LimitKind::PerContactWeek => "to them this week",
            LimitKind::PerDomainDay => "to their domain today",
            LimitKind::PerDay => "today",
            LimitKind::Ramp => "of the ramp",
            LimitKind::PerHour => "this hour",
            LimitKind::MinGap
            | LimitKind::Bounces
            | LimitKind::Complaints
            | LimitKind::Reserved => {
                return String::new();
            }
        };
        format!("{used}/{cap} {window}")
    }

    /// Returns the verdict as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { used, cap, .. } = self;
        match self.limit {
            LimitKind::PerContactWeek => {
                format!("{used} of {cap} messages went to this contact in the last 7 days.")
            }
            LimitKind::PerDomainDay => {
                format!("{used} of {cap} messages went to this domain in the last 24 hours.")
            }
            LimitKind::PerDay => {
                format!("{used} of {cap} messages left this mailbox in the last 24 hours.")
            }
            LimitKind::Ramp => format!(
                "{used} of {cap} messages that a mailbox this new may send left it in the last 24 hours."
            ),
            LimitKind::PerHour => {
                format!("{used} of {cap} messages left this mailbox in the last hour.")
            }
            LimitKind::MinGap if self.passed => {
                "The least time since the last message has passed.".to_owned()
            }
            LimitKind::MinGap => {
                "Messages keep a gap, and the last one has only just left.".to_owned()
            }
            LimitKind::Reserved => format!(
                "Room for {cap} more is left, and is kept for what comes first: {used} answers or follow-ups wait."
            ),
            LimitKind::Bounces if self.passed => format!("Came back in the last 7 days: {used}."),
            LimitKind::Bounces => format!(
                "Came back in the last 7 days: {used}, which is 5 % or more of what was sent, so nothing but answers leaves."
            ),
            LimitKind::Complaints if self.passed => {
                format!("Reported as spam in the last 7 days: {used}.")
            }
            LimitKind::Complaints => format!(
                "Reported as spam in the last 7 days: {used}, which is 0.1 % or more of what was sent, so nothing but answers leaves."
            ),
        }
    }
}

/// Judges every configured limit at `now`, always in the order of [`LimitKind`]. The domain's cap is left out for free mail, the
/// ramp where none is configured.
#[must_use]
pub fn check(limits: &Limits, history: &SendHistory, now: Timestamp) -> Vec<LimitVerdict> {
    let gap = SignedDuration::from_secs(i64::from(limits.min_gap_seconds));
    let rolling = |limit, sends: &Sends, window, cap| {
        verdict(
            limit,
            sends.within(window, now),
            cap,
            sends.room_from(window, cap),
            now,
        )
    };
    let mut verdicts = Vec::with_capacity(6);
    verdicts.push(rolling(
        LimitKind::PerContactWeek,
        &history.to_contact,
        WEEK,
        limits.per_contact_week,
    ));
    if !history.is_free_mail {
        verdicts.push(rolling(
            LimitKind::PerDomainDay,
            &history.to_domain,
            DAY,
            limits.per_domain_day,
        ));
    }
    verdicts.push(rolling(
        LimitKind::PerDay,
        &history.all,
        DAY,
        limits.per_day,
    ));
    if let Some(ramp) = limits.ramp {
        let first = first_send(history);
        verdicts.push(verdict(
            LimitKind::Ramp,
            history.all.within(DAY, now),
            ramp.cap(limits.per_day, ramp_day(first, now)),
            ramp.room_from(limits.per_day, &history.all, first),
            now,
        ));
    }
    verdicts.push(rolling(
        LimitKind::PerHour,
        &history.all,
        HOUR,
        limits.per_hour,
    ));
    verdicts.push(rolling(LimitKind::MinGap, &history.all, gap, 1));
    verdicts
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
            })
        })
}

/// Returns the limit that decides: of those without room, the one that clears last (one that never does comes before all);
/// of equals, the one with the smaller cap, then the first. `None` if all have room.
#[must_use]
pub fn binding(verdicts: &[LimitVerdict]) -> Option<&LimitVerdict> {
    let weight = |v: &LimitVerdict| (v.clears_at.is_none(), v.clears_at, std::cmp::Reverse(v.cap));
    verdicts
        .iter()
        .filter(|verdict| !verdict.passed)
        .reduce(|best, other| {
            if weight(other) > weight(best) {
                other
            } else {
                best
            }
        })
}

fn verdict(
    limit: LimitKind,
    used: usize,
    cap: u32,
    room_from: Option<Timestamp>,
    now: Timestamp,
) -> LimitVerdict {
    let passed = room_from.is_some_and(|from| from <= now);
    LimitVerdict {
        limit,
        used: u32::try_from(used).unwrap_or(u32::MAX),
        cap,
        clears_at: room_from.filter(|_| !passed),
        passed,
    }
}

fn first_send(history: &SendHistory) -> Option<Timestamp> {
    match (history.mailbox_first_send, history.all.first()) {
        (Some(known), Some(seen)) => Some(known.min(seen)),
        (known, seen) => known.or(seen),
    }
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
