//! The next allowed instant, and the reasons for it.
//!
//! Between two changes of a zone's offset, local time runs evenly. The search therefore walks those stretches, finds the first
//! open local time of each by calendar arithmetic alone, and is exact about gaps, repeated hours, days of 23 or
//! 25 hours and days that a zone skipped, without treating any of them specially.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{SignedDuration, Timestamp};

use super::window::Window;
use super::zones::zone_name;
use super::{SendPolicy, Weekdays};

/// Reach of the search for an allowed instant, in periods of 24 hours. One exactly that far away counts.
pub const HORIZON_DAYS: i64 = 45;

/// Holidays named one by one in an explanation.
const NAMED_HOLIDAYS: usize = 4;

/// The kind of rule behind a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The hours of the day.
    Window,
    /// The days of the week.
    Day,
    /// A day off.
    Holiday,
    /// A limit on the number of messages.
    Limit,
    /// Something that time alone does not lift: a suppression, or the kill switch.
    Blocked,
}

/// One reason, as a sentence for the operator and a kind for a machine.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// The rule behind it.
    pub kind: ReasonKind,
    /// A plain English sentence with its full stop.
    pub text: String,
}

impl Reason {
    /// Makes a reason.
    pub fn new(kind: ReasonKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

/// An allowed instant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Slot {
    /// The instant.
    pub at: Timestamp,
    /// The reasons, in the order in which they were met; never empty.
    pub because: Vec<Reason>,
}

/// The answer to "when next?", also where there is no such time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NextAllowed {
    /// The first allowed instant; `None` if there is none within [`HORIZON_DAYS`].
    pub at: Option<Timestamp>,
    /// The reasons, in the order in which they were met; never empty.
    pub because: Vec<Reason>,
}

/// Returns the first instant at or after `now` that `policy` allows; `None` if none lies within [`HORIZON_DAYS`].
#[must_use]
pub fn next_allowed(policy: &SendPolicy, now: Timestamp) -> Option<Slot> {
    let NextAllowed { at, because } = search(policy, now);
    at.map(|at| Slot { at, because })
}

/// Returns the first instant at or after `now` that `policy` allows, with its reasons or the obstacles.
#[must_use]
pub fn search(policy: &SendPolicy, now: Timestamp) -> NextAllowed {
    let mut passed = Passed::default();
    let at = find(policy, now, &mut passed);
    let because = match at {
        Some(at) if at == now => vec![open_now(policy, now)],
        Some(at) => {
            let mut because = passed.reasons(policy, now);
            because.push(arrival(policy, at, now));
            because
        }
        None => nothing_found(policy, &passed),
    };
    NextAllowed { at, because }
}

/// Returns the instant that [`search`] finds, without what decided it.
pub(in crate::domain) fn opens_at(policy: &SendPolicy, now: Timestamp) -> Option<Timestamp> {
    find(policy, now, &mut Passed::default())
}

/// Returns the last instant that counts for someone who asks at `now`.
pub(in crate::domain) fn horizon(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * HORIZON_DAYS))
        .unwrap_or(Timestamp::MAX)
}

fn find(policy: &SendPolicy, now: Timestamp, passed: &mut Passed) -> Option<Timestamp> {
    let horizon = horizon(now);
    let mut changes = policy.zone.following(now);
    let mut from = now;
    while from <= horizon {
        let offset = policy.zone.to_offset(from);
        let until = changes.next().map(|change| change.timestamp());
        let inside = |at: &Timestamp| *at <= horizon && until.is_none_or(|until| *at < until);
        let mut local = Some(offset.to_datetime(from));
        while let Some(floor) = local {
            if offset.to_timestamp(floor).ok().filter(inside).is_none() {
                break;
            }
            match first_on_date(policy, floor) {
                Ok(time) => {
                    let at = offset.to_timestamp(floor.date().to_datetime(time)).ok();
                    if let Some(at) = at.filter(inside) {
                        return Some(at);
                    }
                    break;
                }
                Err(why) => passed.note(floor.date(), why),
            }
            local = floor
                .date()
                .tomorrow()
                .ok()
                .map(|d| d.to_datetime(Time::midnight()));
        }
        from = until?;
    }
    None
}

/// Returns the first open time on the date of `floor`, not before it, or the reason that there is none.
fn first_on_date(policy: &SendPolicy, floor: DateTime) -> Result<Time, Refusal> {
    if !policy.days.contains(floor.weekday()) {
        return Err(Refusal::Day(floor.weekday()));
    }
    if policy.holidays.contains(&floor.date()) {
        return Err(Refusal::Holiday);
    }
    policy
        .window
        .first_from(floor.time())
        .ok_or(Refusal::Closed)
}

/// Reason that a date offers nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Day(Weekday),
    Holiday,
    Closed,
}

/// Dates skipped, oldest first.
#[derive(Debug, Default)]
struct Passed(Vec<(Date, Refusal)>);

impl Passed {
    fn note(&mut self, date: Date, why: Refusal) {
        // A repeated hour at midnight brings the same date twice.
        if self.0.last() != Some(&(date, why)) {
            self.0.push((date, why));
        }
    }

    fn reasons(&self, policy: &SendPolicy, now: Timestamp) -> Vec<Reason> {
        let here = policy.local(now).date();
        let zone = zone_name(&policy.zone);
        let mut because = Vec::new();
        let mut told_days = Weekdays::NONE;
        let mut holidays: Vec<Date> = Vec::new();
        for (i, (date, why)) in self.0.iter().enumerate() {
            match why {
                Refusal::Day(day) if told_days.is_empty() => {
                    told_days = told_days.with(*day);
                    let text = if i == 0 {
                        format!(
                            "It is {} in {zone}; days are {}.",
                            day_name(*day),
                            policy.days
                        )
                    } else {
                        format!(
                            "{} is a {}; days are {}.",
                            date_from(*date, here),
                            day_name(*day),
                            policy.days
                        )
                    };
                    because.push(Reason::new(ReasonKind::Day, text));
                }
                Refusal::Day(_) => {}
                Refusal::Holiday => {
                    holidays.push(*date);
                    if holidays.len() <= NAMED_HOLIDAYS {
                        because.push(Reason::new(
                            ReasonKind::Holiday,
                            format!("{} is a holiday.", date_from(*date, here)),
                        ));
                    }
                }
                Refusal::Closed => because.push(Reason::new(
                    ReasonKind::Window,
                    format!(
                        "The window {} is over for {} in {zone}.",
                        policy.window,
                        date_from(*date, here)
                    ),
                )),
            }
        }
        if let (Some(last), more @ 1..) = (
            holidays.last(),
            holidays.len().saturating_sub(NAMED_HOLIDAYS),
        ) {
            let text = match more {
                1 => format!("{} is a holiday.", date_from(*last, here)),
                more => format!(
                    "{more} more holidays follow, the last on {}.",
                    date_from(*last, here)
                ),
            };
            because.push(Reason::new(ReasonKind::Holiday, text));
        }
        because
    }
}

fn open_now(policy: &SendPolicy, now: Timestamp) -> Reason {
    let local = policy.local(now);
    let text = format!(
        "It is {} {} in {}, inside the window {}.",
        day_name(local.weekday()),
        clock(local.time()),
        zone_name(&policy.zone),
        policy.window
    );
    Reason::new(ReasonKind::Window, text)
}

/// Explains why `at` is the first allowed instant: the window opens, the day begins, or the clocks jump into the window.
fn arrival(policy: &SendPolicy, at: Timestamp, now: Timestamp) -> Reason {
    let zone = zone_name(&policy.zone);
    let local = policy.local(at);
    let date = date_from(local.date(), policy.local(now).date());
    let time = clock(local.time());
    if time_is_start(policy.window, local.time()) {
        return Reason::new(
            ReasonKind::Window,
            format!(
                "The window opens at {time} {zone} on {} {date}.",
                day_name(local.weekday())
            ),
        );
    }
    let text = if local.time() == Time::midnight() {
        format!(
            "{} {date} begins at 00:00 {zone}, inside the window {}.",
            day_name(local.weekday()),
            policy.window
        )
    } else {
        format!(
            "The clocks change in {zone} on {date}; {time} is the first time inside the window {}.",
            policy.window
        )
    };
    Reason::new(ReasonKind::Window, text)
}

fn time_is_start(window: Window, time: Time) -> bool {
    !window.is_all_day() && window.start == time
}

fn nothing_found(policy: &SendPolicy, passed: &Passed) -> Vec<Reason> {
    let holidays = passed
        .0
        .iter()
        .filter(|(_, why)| *why == Refusal::Holiday)
        .count();
    let reason = if policy.days.is_empty() {
        Reason::new(ReasonKind::Day, "No day of the week is allowed.")
    } else if holidays > 0 {
        Reason::new(
            ReasonKind::Holiday,
            format!(
                "Nothing is open within {HORIZON_DAYS} days: days are {}, and {holidays} of them are holidays.",
                policy.days
            ),
        )
    } else {
        Reason::new(
            ReasonKind::Window,
            format!(
                "The window {} does not open on {} within {HORIZON_DAYS} days.",
                policy.window, policy.days
            ),
        )
    };
    vec![reason]
}

/// Returns the time of day without what is zero: `09:00`, `09:00:30`.
pub(in crate::domain) fn clock(time: Time) -> String {
    let mut text = format!("{:02}:{:02}", time.hour(), time.minute());
    if time.second() != 0 || time.subsec_nanosecond() != 0 {
        text.push_str(&format!(":{:02}", time.second()));
    }
    text
}

/// Returns a date as people say it: `25 December`.
pub(in crate::domain) fn day_month(date: Date) -> String {
    let month = match date.month() {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    };
    format!("{} {month}", date.day())
}

/// Returns a date in short, as people say it who stand at another: `24 Nov`, with its year if that is another.
#[must_use]
pub fn short_date(date: Date, here: Date) -> String {
    let pattern = if date.year() == here.year() {
        "%-d %b"
    } else {
        "%-d %b %Y"
    };
    date.strftime(pattern).to_string()
}

/// Returns a date as people say it who stand at another: with its year if that is another.
pub(in crate::domain) fn date_from(date: Date, here: Date) -> String {
    if date.year() == here.year() {
        day_month(date)
    } else {
        format!("{} {}", day_month(date), date.year())
    }
}

/// Returns the full English name of a weekday.
pub(in crate::domain) fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

#[cfg(test)]
mod tests;
