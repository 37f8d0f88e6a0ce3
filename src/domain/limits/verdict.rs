//! The verdict of one limit, and its words.

use jiff::{SignedDuration, Timestamp};

/// Which limit.
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
    /// The last room of the hour or the day, which is kept for what comes first.
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

/// The state of one limit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LimitVerdict {
    /// Which limit.
    pub limit: LimitKind,
    /// Messages that count against it now.
    pub used: u32,
    /// The most that may; one more may go while `used < cap`. For the gap, 1.
    pub cap: u32,
    /// The instant from which it has room if nothing more is sent; `None` if it has room now, or never will.
    pub clears_at: Option<Timestamp>,
    /// Set while it has room for one more message.
    pub passed: bool,
    /// Time by which the last send is dated ahead of the clock, which somebody must have set back; none if it is not.
    #[serde(skip)]
    pub ahead: Option<SignedDuration>,
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
        let sentence = self.plain();
        match self.ahead.filter(|_| !self.passed) {
            Some(ahead) => format!(
                "{}, and the last send is dated {} ahead of this clock.",
                sentence.trim_end_matches('.'),
                span(ahead)
            ),
            None => sentence,
        }
    }

    fn plain(&self) -> String {
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
            LimitKind::MinGap if self.ahead.is_some() => "Messages keep a gap.".to_owned(),
            LimitKind::MinGap => {
                "Messages keep a gap, and the last one has only just left.".to_owned()
            }
            LimitKind::Reserved => {
                let wait = match used {
                    1 => "1 answer or follow-up waits".to_owned(),
                    _ => format!("{used} answers or follow-ups wait"),
                };
                format!("Room for {cap} more is left, and is kept for what comes first: {wait}.")
            }
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

/// Returns a duration in its two largest units: `1 h 42 min`, `42 min`, `30 s`.
fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(1);
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .skip_while(|(n, _)| *n == 0)
        .take(2)
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n} {unit}"))
        .collect();
    parts.join(" ")
}
