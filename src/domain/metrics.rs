//! Metrics: the results of the operator's work, from executions, outcomes and decisions.
//!
//! docs/metrics.md defines each number; this is the one place that computes them. Days are those of the operator's calendar. A person counts once
//! in a funnel however often they were written to, and once a day in a count of answers; what was taken back is not among
//! the facts at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::action::ActionKind;
use super::id::{ContactId, ExecutionId};
use super::outcome::OutcomeKind;
use super::words::words;

/// Below this many cases a share says little.
pub const FEW: u64 = 20;

/// A person, by their record, else by the address that was written to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// A contact.
    Contact(ContactId),
    /// An address that is nobody's.
    Address(String),
}

/// The end of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Sent.
    Sent,
    /// Drafted.
    Drafted,
    /// Not sent.
    Failed,
}

/// An execution that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The execution.
    pub id: ExecutionId,
    /// Instant of its end.
    pub at: Timestamp,
    /// The way it ended.
    pub how: How,
    /// The recipient.
    pub who: Who,
    /// True if a rule approved it.
    pub by_rule: bool,
}

/// An outcome that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The kind of outcome.
    pub kind: OutcomeKind,
    /// Its instant.
    pub at: Timestamp,
    /// The contact.
    pub contact: Option<ContactId>,
    /// The execution credited with it.
    pub execution: Option<ExecutionId>,
}

/// A move that the operator decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Instant of the decision.
    pub at: Timestamp,
    /// Done, or skipped.
    pub is_done: bool,
    /// The move's action.
    pub action: ActionKind,
}

/// Everything that metrics are computed from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Executions that ended.
    pub ended: Vec<Ended>,
    /// Outcomes that count.
    pub came: Vec<Came>,
    /// Moves that were decided on.
    pub closed: Vec<Closed>,
    /// Approvals that wait for their turn: the operator's, and those of rules.
    pub waiting: (u64, u64),
}

/// The days that metrics are computed for: whole days of the operator's calendar, the last one up to now.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    days: Vec<(Date, Timestamp, bool)>,
    now: Timestamp,
}

impl Window {
    /// Returns the last `days` days in `zone`, today included; `works` tells which are working days.
    #[must_use]
    pub fn last(
        days: usize,
        now: Timestamp,
        zone: &TimeZone,
        works: impl Fn(Date) -> bool,
    ) -> Self {
        let mut list = Vec::with_capacity(days);
        let mut date = now.to_zoned(zone.clone()).date();
        for _ in 0..days.max(1) {
            let Ok(start) = date.to_zoned(zone.clone()) else {
                break;
            };
            list.push((date, start.timestamp(), works(date)));
            let Ok(before) = date.yesterday() else { break };
            date = before;
        }
        list.reverse();
        Self { days: list, now }
    }

    /// Returns the start of the first day.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.days.first().map_or(self.now, |(_, start, _)| *start)
    }

    /// Returns the place of the day that an instant lies in.
    fn day_of(&self, at: Timestamp) -> Option<usize> {
        if at > self.now {
            return None;
        }
        self.days
            .partition_point(|(_, start, _)| *start <= at)
            .checked_sub(1)
    }
}

/// A share of a number, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// The part.
    pub n: u64,
    /// The whole.
    pub of: u64,
    /// In percent with one decimal; none of nothing.
    pub percent: Option<f64>,
}

impl Share {
    /// Returns the share of `n` in `of`.
    #[must_use]
    pub fn new(n: u64, of: u64) -> Self {
        Self {
            n,
            of,
            percent: (of > 0).then(|| one_decimal(100.0 * number(n) / number(of))),
        }
    }
}

/// The people that a window's mails reached, and their responses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Funnel {
    /// Mails that left.
    pub mails: u64,
    /// People they went to.
    pub reached: u64,
    /// Of these, the people who answered one of them.
    pub replied: Share,
    /// The people who answered positively.
    pub positive: Share,
    /// The people who booked a meeting.
    pub booked: Share,
}

/// Events of one day, of one week, or of the whole window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Mails that left.
    pub sent: u64,
    /// Drafts that were made.
    pub drafted: u64,
    /// Executions that failed.
    pub failed: u64,
    /// People who answered, each once a day.
    pub replied: u64,
    /// People who answered positively, each once a day.
    pub positive: u64,
    /// Meetings that were booked, one for a person and day.
    pub booked: u64,
    /// Meetings that took place.
    pub held: u64,
    /// Meetings that somebody did not come to.
    pub no_shows: u64,
    /// Mails that came back.
    pub bounced: u64,
    /// People who opted out.
    pub opted_out: u64,
    /// Deals that were won.
    pub won: u64,
    /// Moves that were done.
    pub done: u64,
    /// Moves that were skipped.
    pub skipped: u64,
    /// Minutes that the done moves saved.
    pub minutes_saved: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.drafted += other.drafted;
        self.failed += other.failed;
        self.replied += other.replied;
        self.positive += other.positive;
        self.booked += other.booked;
        self.held += other.held;
        self.no_shows += other.no_shows;
        self.bounced += other.bounced;
        self.opted_out += other.opted_out;
        self.won += other.won;
        self.done += other.done;
        self.skipped += other.skipped;
        self.minutes_saved += other.minutes_saved;
    }

    fn is_active(&self) -> bool {
        self.sent + self.drafted + self.failed + self.done + self.skipped > 0
    }
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The date in the operator's zone.
    pub date: Date,
    /// The day's events.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Seven days, the last week ending today.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Week {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// People reached in the week who answered since.
    pub replied: Share,
    /// The week's events.
    #[serde(flatten)]
    pub counts: Counts,
}

words! {
    /// A number with a target.
    pub enum MeasureName ("a measure") {
        /// Mails sent on an average working day.
        MailsPerDay = "mails_per_day",
        /// People who answered, of those written to.
        ReplyRate = "reply_rate",
        /// Meetings booked in an average week.
        MeetingsPerWeek = "meetings_per_week",
        /// Approvals given by rules, of all.
        AutoApproval = "auto_approval",
        /// Hours saved on an average working day.
        HoursSavedPerDay = "hours_saved_per_day",
        /// Moves done, of those decided.
        MovesAccepted = "moves_accepted",
        /// Executions that ended well.
        ExecutionsOk = "executions_ok",
    }
}

impl MeasureName {
    /// Returns the words that name it on a screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::MailsPerDay => "mails a working day",
            Self::ReplyRate => "reply rate",
            Self::MeetingsPerWeek => "meetings a week",
            Self::AutoApproval => "approved by rules",
            Self::HoursSavedPerDay => "hours saved a working day",
            Self::MovesAccepted => "moves accepted",
            Self::ExecutionsOk => "executions ok",
        }
    }

    /// Tells whether it is a share in percent.
    #[must_use]
    pub const fn is_share(self) -> bool {
        matches!(
            self,
            Self::ReplyRate | Self::AutoApproval | Self::MovesAccepted | Self::ExecutionsOk
        )
    }
}

/// A number with its target beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// Its name.
    pub name: MeasureName,
    /// The number, with one decimal; none where there is nothing to compute it from.
    pub value: Option<f64>,
    /// Cases counted.
    pub n: u64,
    /// Cases or days that they are divided by.
    pub of: u64,
    /// The target; 0 is none.
    pub target: f64,
    /// True if the target is reached; none without a number or a target.
    pub is_met: Option<bool>,
    /// True if a share rests on fewer than 20 cases.
    pub is_small: bool,
}

/// The time saved by one kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Saved {
    /// The action.
    pub action: ActionKind,
    /// Number of moves done.
    pub moves: u64,
    /// Minutes saved, in all.
    pub minutes: u64,
}

/// The metrics of a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// Instant of the computation.
    pub now: Timestamp,
    /// Start of the window.
    pub since: Timestamp,
    /// The zone whose days are counted.
    pub time_zone: String,
    /// The people that the window's mails reached, and their responses.
    pub funnel: Funnel,
    /// Numbers with targets.
    pub measures: Vec<Measure>,
    /// Today.
    pub today: Counts,
    /// The whole window.
    pub total: Counts,
    /// Minutes saved by kind of action, the most first.
    pub saved: Vec<Saved>,
    /// Each day, oldest first.
    pub days: Vec<Day>,
    /// Each week, oldest first; the last ends today.
    pub weeks: Vec<Week>,
}

/// Computes the metrics of a window. `minutes` gives the minutes that a done move of a kind saves, `target` the target of a measure.
#[must_use]
pub fn compute(
    window: &Window,
    zone_name: String,
    facts: &Facts,
    minutes: impl Fn(ActionKind) -> u32,
    target: impl Fn(MeasureName) -> f64,
) -> Metrics {
    let mut days: Vec<Counts> = vec![Counts::default(); window.days.len()];
    let on = |at: Timestamp| window.day_of(at);
    for ended in &facts.ended {
        if let Some(day) = on(ended.at).and_then(|i| days.get_mut(i)) {
            match ended.how {
                How::Sent => day.sent += 1,
                How::Drafted => day.drafted += 1,
                How::Failed => day.failed += 1,
            }
        }
    }
    count_outcomes(&facts.came, &on, &mut days);
    let mut saved: BTreeMap<ActionKind, (u64, u64)> = BTreeMap::new();
    for closed in &facts.closed {
        let Some(day) = on(closed.at).and_then(|i| days.get_mut(i)) else {
            continue;
        };
        if closed.is_done {
            let worth = u64::from(minutes(closed.action));
            day.done += 1;
            day.minutes_saved += worth;
            let entry = saved.entry(closed.action).or_default();
            entry.0 += 1;
            entry.1 += worth;
        } else {
            day.skipped += 1;
        }
    }
    let mut total = Counts::default();
    for day in &days {
        total.add(day);
    }
    let funnel = funnel(facts, |ended| on(ended.at).is_some());
    let mut saved: Vec<Saved> = saved
        .into_iter()
        .map(|(action, (moves, minutes))| Saved {
            action,
            moves,
            minutes,
        })
        .collect();
    saved.sort_by_key(|s| (std::cmp::Reverse(s.minutes), s.action));
    Metrics {
        now: window.now,
        since: window.since(),
        time_zone: zone_name,
        measures: measures(window, facts, &days, &total, &funnel, target),
        funnel,
        today: days.last().copied().unwrap_or_default(),
        total,
        saved,
        weeks: weeks(window, facts, &days),
        days: window
            .days
            .iter()
            .zip(days)
            .map(|((date, ..), counts)| Day {
                date: *date,
                counts,
            })
            .collect(),
    }
}

/// Counts outcomes into their days. Answers and bookings of one person count once a day: one answer may be told of by the mailbox, by a CRM and
/// by the operator. An outcome that names nobody cannot be told from another and counts by itself.
fn count_outcomes(came: &[Came], on: &impl Fn(Timestamp) -> Option<usize>, days: &mut [Counts]) {
    let mut seen: HashSet<(OutcomeKind, ContactId, usize)> = HashSet::new();
    for outcome in came {
        let Some(index) = on(outcome.at) else {
            continue;
        };
        let is_first = outcome
            .contact
            .is_none_or(|contact| seen.insert((outcome.kind, contact, index)));
        let Some(day) = days.get_mut(index).filter(|_| is_first) else {
            continue;
        };
        match outcome.kind {
            OutcomeKind::EmailReplied => day.replied += 1,
            OutcomeKind::PositiveResponse => day.positive += 1,
            OutcomeKind::MeetingBooked => day.booked += 1,
            OutcomeKind::MeetingHeld => day.held += 1,
            OutcomeKind::MeetingNoShow => day.no_shows += 1,
            OutcomeKind::EmailBounced => day.bounced += 1,
            OutcomeKind::EmailUnsubscribed => day.opted_out += 1,
            OutcomeKind::DealWon => day.won += 1,
            _ => {}
        }
    }
}

/// Follows the people whom the mails of a time reached to what they did since.
fn funnel(facts: &Facts, wanted: impl Fn(&Ended) -> bool) -> Funnel {
    let mut mails = 0;
    let mut reached: HashSet<&Who> = HashSet::new();
    let mut whose: HashMap<ExecutionId, &Who> = HashMap::new();
    for ended in facts
        .ended
        .iter()
        .filter(|e| e.how == How::Sent && wanted(e))
    {
        mails += 1;
        reached.insert(&ended.who);
        whose.insert(ended.id, &ended.who);
    }
    let came = |kind: OutcomeKind| {
        let people: HashSet<&Who> = facts
            .came
            .iter()
            .filter(|o| o.kind == kind)
            .filter_map(|o| whose.get(&o.execution?).copied())
            .collect();
        Share::new(count(people.len()), count(reached.len()))
    };
    Funnel {
        mails,
        reached: count(reached.len()),
        replied: came(OutcomeKind::EmailReplied),
        positive: came(OutcomeKind::PositiveResponse),
        booked: came(OutcomeKind::MeetingBooked),
    }
}

/// Cuts the window into weeks, each with what became of the people whom its mails reached. One pass, however many weeks there are.
fn weeks(window: &Window, facts: &Facts, days: &[Counts]) -> Vec<Week> {
    let length = window.days.len();
    let week_of = |day: usize| (length - 1 - day) / 7;
    let n = length.div_ceil(7);
    let mut reached: Vec<HashSet<&Who>> = vec![HashSet::new(); n];
    let mut replied: Vec<HashSet<&Who>> = vec![HashSet::new(); n];
    let mut whose: HashMap<ExecutionId, (usize, &Who)> = HashMap::new();
    for ended in facts.ended.iter().filter(|e| e.how == How::Sent) {
        if let Some(week) = window.day_of(ended.at).map(week_of)
            && let Some(people) = reached.get_mut(week)
        {
            people.insert(&ended.who);
            whose.insert(ended.id, (week, &ended.who));
        }
    }
    for outcome in facts
        .came
        .iter()
        .filter(|o| o.kind == OutcomeKind::EmailReplied)
    {
        if let Some((week, who)) = outcome.execution.and_then(|id| whose.get(&id).copied())
            && let Some(people) = replied.get_mut(week)
        {
            people.insert(who);
        }
    }
    let dates: Vec<Date> = window.days.iter().map(|(date, ..)| *date).collect();
    let mut weeks: Vec<Week> = dates
        .rchunks(7)
        .zip(days.rchunks(7))
        .zip(replied.iter().zip(&reached))
        .filter_map(|((dates, days), (replied, reached))| {
            let mut counts = Counts::default();
            for day in days {
                counts.add(day);
            }
            Some(Week {
                from: *dates.first()?,
                to: *dates.last()?,
                replied: Share::new(count(replied.len()), count(reached.len())),
                counts,
            })
        })
        .collect();
    weeks.reverse();
    weeks
}

fn measures(
    window: &Window,
    facts: &Facts,
    days: &[Counts],
    total: &Counts,
    funnel: &Funnel,
    target: impl Fn(MeasureName) -> f64,
) -> Vec<Measure> {
    // A new installation is not measured by the days before it.
    let first = days.iter().position(Counts::is_active);
    let active = first.map_or(0, |first| days.len() - first);
    let working = first.map_or(0, |first| {
        let worked = window.days.iter().skip(first).filter(|(.., works)| *works);
        count(worked.count()).max(1)
    });
    let approved = facts.ended.iter().fold((0, 0), |(all, by_rule), e| {
        (all + 1, by_rule + u64::from(e.by_rule))
    });
    let (waiting_own, waiting_rule) = facts.waiting;
    let ended = total.sent + total.drafted + total.failed;
    MeasureName::ALL
        .iter()
        .map(|name| {
            let target = target(*name);
            let (value, n, of) = match name {
                MeasureName::ReplyRate => share(funnel.replied),
                MeasureName::AutoApproval => share(Share::new(
                    approved.1 + waiting_rule,
                    approved.0 + waiting_own + waiting_rule,
                )),
                MeasureName::MovesAccepted => {
                    let waiting = waiting_own + waiting_rule;
                    let accepted = total.done + waiting;
                    share(Share::new(accepted, accepted + total.skipped))
                }
                MeasureName::ExecutionsOk => share(Share::new(total.sent + total.drafted, ended)),
                MeasureName::MailsPerDay => average(number(total.sent), total.sent, working),
                MeasureName::HoursSavedPerDay => average(
                    number(total.minutes_saved) / 60.0,
                    total.minutes_saved,
                    working,
                ),
                MeasureName::MeetingsPerWeek => {
                    let active = count(active);
                    let weeks = number(active.max(7)) / 7.0;
                    let value = (active > 0).then(|| one_decimal(number(total.booked) / weeks));
                    (value, total.booked, active)
                }
            };
            Measure {
                name: *name,
                value,
                n,
                of,
                target,
                is_met: value.filter(|_| target > 0.0).map(|v| v >= target),
                is_small: name.is_share() && of < FEW,
            }
        })
        .collect()
}

fn share(share: Share) -> (Option<f64>, u64, u64) {
    (share.percent, share.n, share.of)
}

fn average(sum: f64, n: u64, days: u64) -> (Option<f64>, u64, u64) {
    let value = (days > 0).then(|| one_decimal(sum / number(days)));
    (value, n, days)
}

fn one_decimal(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn number(n: u64) -> f64 {
    n as f64
}

/// Returns the longest window: four years.
pub const MAX_DAYS: usize = 1_461;

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Madrid").unwrap()
    }

    /// Friday evening; Madrid is an hour ahead of UTC.
    const NOW: &str = "2026-11-27T17:00:00Z";

    fn window(days: usize) -> Window {
        Window::last(days, t(NOW), &zone(), |date| {
            !matches!(
                date.weekday(),
                jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
            )
        })
    }

    fn ended(id: i64, at: &str, contact: i64, how: How, by_rule: bool) -> Ended {
        Ended {
            id: ExecutionId(id),
            at: t(at),
            how,
            who: Who::Contact(ContactId(contact)),
            by_rule,
        }
    }

    fn came(kind: OutcomeKind, at: &str, contact: i64, execution: i64) -> Came {
        Came {
            kind,
            at: t(at),
            contact: Some(ContactId(contact)),
            execution: (execution > 0).then_some(ExecutionId(execution)),
        }
    }

    fn closed(at: &str, is_done: bool, action: ActionKind) -> Closed {
        Closed {
            at: t(at),
            is_done,
            action,
        }
    }

    /// Three people are written to, one of them twice; two answer, one of them twice and told of by two sources; one books.
    fn week_of_work() -> Facts {
        use OutcomeKind as O;
        Facts {
            ended: vec![
                ended(1, "2026-11-23T09:00:00Z", 1, How::Sent, false),
                ended(2, "2026-11-23T09:05:00Z", 2, How::Sent, true),
                ended(3, "2026-11-25T09:00:00Z", 1, How::Sent, false),
                ended(4, "2026-11-26T09:00:00Z", 3, How::Sent, true),
                ended(5, "2026-11-26T09:10:00Z", 4, How::Drafted, false),
                ended(6, "2026-11-26T09:20:00Z", 5, How::Failed, false),
            ],
            came: vec![
                came(O::EmailReplied, "2026-11-24T10:00:00Z", 1, 1),
                came(O::EmailReplied, "2026-11-24T10:00:01Z", 1, 1),
                came(O::EmailReplied, "2026-11-26T08:00:00Z", 1, 3),
                came(O::EmailReplied, "2026-11-27T08:00:00Z", 3, 4),
                // Nothing that was sent led to this one.
                came(O::EmailReplied, "2026-11-27T09:00:00Z", 9, 0),
                came(O::PositiveResponse, "2026-11-24T10:00:00Z", 1, 1),
                came(O::MeetingBooked, "2026-11-27T08:30:00Z", 3, 4),
                came(O::MeetingBooked, "2026-11-27T08:31:00Z", 3, 4),
            ],
            closed: vec![
                closed("2026-11-23T09:00:00Z", true, ActionKind::SendProposal),
                closed("2026-11-23T09:05:00Z", true, ActionKind::Reply),
                closed("2026-11-25T09:00:00Z", true, ActionKind::Reply),
                closed("2026-11-26T12:00:00Z", false, ActionKind::CheckIn),
            ],
            waiting: (0, 0),
        }
    }

    fn computed(days: usize, facts: &Facts) -> Metrics {
        let minutes = |action| if action == ActionKind::Reply { 6 } else { 20 };
        let target = |name| match name {
            MeasureName::MeetingsPerWeek => 10.0,
            MeasureName::ExecutionsOk => 0.0,
            _ => 50.0,
        };
        compute(
            &window(days),
            "Europe/Madrid".into(),
            facts,
            minutes,
            target,
        )
    }

    fn measure(metrics: &Metrics, name: MeasureName) -> (Option<f64>, u64, u64) {
        let m = metrics.measures.iter().find(|m| m.name == name).unwrap();
        (m.value, m.n, m.of)
    }

    #[test]
    fn a_person_counts_once_in_the_funnel_however_often_they_were_written_to_or_answered() {
        let funnel = computed(7, &week_of_work()).funnel;
        assert_eq!((funnel.mails, funnel.reached), (4, 3));
        assert_eq!(
            funnel.replied,
            Share {
                n: 2,
                of: 3,
                percent: Some(66.7)
            }
        );
        assert_eq!(
            funnel.positive,
            Share {
                n: 1,
                of: 3,
                percent: Some(33.3)
            }
        );
        assert_eq!(
            funnel.booked,
            Share {
                n: 1,
                of: 3,
                percent: Some(33.3)
            }
        );
    }

    #[test]
    fn measures_are_what_they_come_to_by_hand() {
        let metrics = computed(7, &week_of_work());
        let check = |name, expect| assert_eq!(measure(&metrics, name), expect, "{name}");
        // Five working days, Monday to Friday.
        check(MeasureName::MailsPerDay, (Some(0.8), 4, 5));
        check(MeasureName::ReplyRate, (Some(66.7), 2, 3));
        // One meeting in less than a week is one a week.
        check(MeasureName::MeetingsPerWeek, (Some(1.0), 1, 5));
        check(MeasureName::AutoApproval, (Some(33.3), 2, 6));
        // 20 + 6 + 6 minutes in five days.
        check(MeasureName::HoursSavedPerDay, (Some(0.1), 32, 5));
        check(MeasureName::MovesAccepted, (Some(75.0), 3, 4));
        check(MeasureName::ExecutionsOk, (Some(83.3), 5, 6));
        let ok = metrics
            .measures
            .iter()
            .find(|m| m.name == MeasureName::ExecutionsOk);
        assert_eq!(ok.unwrap().is_met, None, "a target of 0 is none");
        assert_eq!(
            metrics.saved[0],
            Saved {
                action: ActionKind::SendProposal,
                moves: 1,
                minutes: 20
            }
        );
        assert_eq!(
            metrics.saved[1],
            Saved {
                action: ActionKind::Reply,
                moves: 2,
                minutes: 12
            }
        );
    }

    #[test]
    fn days_are_those_of_the_operator() {
        let facts = Facts {
            ended: vec![
                // 23:59 on Monday and 00:01 on Tuesday in Madrid.
                ended(1, "2026-11-23T22:59:00Z", 1, How::Sent, false),
                ended(2, "2026-11-23T23:01:00Z", 2, How::Sent, false),
                // Not yet.
                ended(3, "2026-11-27T18:00:00Z", 3, How::Sent, false),
            ],
            ..Facts::default()
        };
        let metrics = computed(7, &facts);
        let by_day: Vec<(String, u64)> = metrics
            .days
            .iter()
            .map(|d| (d.date.to_string(), d.counts.sent))
            .filter(|(_, n)| *n > 0)
            .collect();
        assert_eq!(by_day, [("2026-11-23".into(), 1), ("2026-11-24".into(), 1)]);
        assert_eq!(metrics.since, t("2026-11-20T23:00:00Z"));
        assert_eq!(metrics.total.sent, 2);
    }

    #[test]
    fn a_day_on_which_the_clocks_change_is_one_day() {
        let window = Window::last(3, t("2026-10-26T12:00:00Z"), &zone(), |_| true);
        let starts: Vec<String> = window.days.iter().map(|(_, s, _)| s.to_string()).collect();
        assert_eq!(
            starts,
            [
                "2026-10-23T22:00:00Z",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z"
            ]
        );
    }

    #[test]
    fn weeks_end_today_and_follow_their_own_people() {
        let mut facts = week_of_work();
        facts
            .ended
            .push(ended(7, "2026-11-18T09:00:00Z", 8, How::Sent, false));
        facts.came.push(came(
            OutcomeKind::EmailReplied,
            "2026-11-24T12:00:00Z",
            8,
            7,
        ));
        let metrics = computed(14, &facts);
        let weeks: Vec<_> = metrics
            .weeks
            .iter()
            .map(|w| {
                (
                    w.from.to_string(),
                    w.to.to_string(),
                    w.replied.n,
                    w.replied.of,
                )
            })
            .collect();
        assert_eq!(
            weeks,
            [
                ("2026-11-14".into(), "2026-11-20".into(), 1, 1),
                ("2026-11-21".into(), "2026-11-27".into(), 2, 3)
            ]
        );
        // Ten days since the first mail.
        assert_eq!(
            measure(&metrics, MeasureName::MeetingsPerWeek),
            (Some(0.7), 1, 10)
        );
    }

    #[test]
    fn nothing_gives_no_number_rather_than_a_zero() {
        let metrics = computed(30, &Facts::default());
        assert_eq!(metrics.days.len(), 30);
        for measure in &metrics.measures {
            assert_eq!(
                (measure.value, measure.is_met),
                (None, None),
                "{}",
                measure.name
            );
        }
    }
}
