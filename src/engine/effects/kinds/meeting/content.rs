//! The content of a meeting's effect: an invitation, or a change of a meeting that was booked from here.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::connectors::google::calendar::{NewEvent, event_id};
use crate::domain::id::ExecutionId;
use crate::domain::moves::{MAX_MEETING_MINUTES, MEETING_MINUTES, MovePlan};
use crate::domain::schedule::{parse_zone, zone_name};
use crate::domain::service::Provider;
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::{Core, instance};
use crate::engine::ground::say::day_and_time;
use crate::engine::outside::auth::is_signed_in_by;
use crate::store::people::Person;
use crate::store::{ReadTx, StoreError};

/// An invitation to a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Invitation {
    /// The calendar that it goes into.
    pub calendar: String,
    /// The meeting. Its own name is the execution's mark.
    pub event: NewEvent,
    /// The address that it invites.
    pub to: String,
    /// The IANA name of the zone that they live in, as far as it is known.
    pub their_zone: String,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Span {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// A change of a booked meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub(in crate::engine) enum Change {
    /// Another time.
    Move { from: Span, to: Span, zone: String },
    /// Out of the calendar.
    Cancel { at: Span },
}

/// A change of a meeting that was booked from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct MeetingChange {
    /// The booking.
    pub booking: i64,
    /// Its calendar.
    pub calendar: String,
    /// Its event's name there.
    pub event: String,
    /// Its title.
    pub title: String,
    /// The address of the other person.
    pub to: String,
    /// The IANA name of the zone that they live in, as far as it is known.
    pub their_zone: String,
    /// The change.
    pub change: Change,
}

/// The content of a meeting's effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::engine) enum MeetingContent {
    Change(Box<MeetingChange>),
    Book(Box<Invitation>),
}

impl MeetingContent {
    pub fn read(content: &str) -> Result<Self> {
        Ok(serde_json::from_str(content)
            .map_err(|e| StoreError::Invalid(format!("the content of a meeting: {e}")))?)
    }

    pub fn written(&self) -> Result<String> {
        Ok(serde_json::to_string(self).map_err(|e| StoreError::Invalid(e.to_string()))?)
    }

    /// Returns the address of the other person.
    pub fn to(&self) -> &str {
        match self {
            Self::Book(invitation) => &invitation.to,
            Self::Change(change) => &change.to,
        }
    }

    /// Returns its name in a list.
    pub fn subject(&self, core: &Core) -> String {
        let zone = core.config.operator.zone();
        let at = |at: Timestamp| day_and_time(at, core.env.now(), &zone);
        match self {
            Self::Book(invitation) => {
                let event = &invitation.event;
                format!("{}, {}", event.title, at(event.start))
            }
            Self::Change(change) => match &change.change {
                Change::Move { to, .. } => format!("{} moved to {}", change.title, at(to.start)),
                Change::Cancel { at: span } => {
                    format!("{}, {} called off", change.title, at(span.start))
                }
            },
        }
    }

    /// Returns its parts, a name and a value each.
    pub fn parts(&self, core: &Core) -> Vec<(String, String)> {
        let part = |name: &str, value: String| (name.to_owned(), value);
        let mut parts = vec![part("to", self.to().to_owned())];
        match self {
            Self::Book(invitation) => {
                let event = &invitation.event;
                let span = Span {
                    start: event.start,
                    end: event.end,
                };
                parts.push(part("title", event.title.clone()));
                parts.extend(when(core, "when", span, &invitation.their_zone));
                if !event.place.is_empty() {
                    parts.push(part("where", event.place.clone()));
                }
                if event.with_call {
                    parts.push(part("call", "with a video call".into()));
                }
                parts.push(part("calendar", invitation.calendar.clone()));
            }
            Self::Change(change) => {
                parts.push(part("title", change.title.clone()));
                match &change.change {
                    Change::Move { from, to, .. } => {
                        parts.extend(when(core, "from", *from, "").into_iter().take(1));
                        parts.extend(when(core, "when", *to, &change.their_zone));
                    }
                    Change::Cancel { at } => {
                        parts.extend(when(core, "called off", *at, &change.their_zone));
                    }
                }
                parts.push(part("calendar", change.calendar.clone()));
            }
        }
        parts
    }
}

/// Says a span on our clock and, where theirs shows another time, on theirs.
fn when(core: &Core, name: &str, span: Span, their_zone: &str) -> Vec<(String, String)> {
    let zone = core.config.operator.zone();
    let at = |at: Timestamp, pattern: &str| at.to_zoned(zone.clone()).strftime(pattern).to_string();
    let mut parts = vec![(
        name.to_owned(),
        format!(
            "{} to {} ({})",
            at(span.start, "%a %-d %b %Y %H:%M"),
            at(span.end, "%H:%M"),
            zone_name(&zone)
        ),
    )];
    if let Ok(theirs) = parse_zone(their_zone)
        && their_zone != zone_name(&zone)
    {
        let there = span.start.to_zoned(theirs);
        parts.push((
            "there".to_owned(),
            format!("{} ({their_zone})", there.strftime("%a %H:%M")),
        ));
    }
    parts
}

/// Returns the event's name that an execution gives it: the same for every try, so that however often the calendar is asked there is one meeting.
pub(super) fn event_name(tx: &ReadTx<'_>, execution: ExecutionId, salt: &str) -> Result<String> {
    let hash = Sha256::digest(format!("{}:execution:{execution}:{salt}", instance(tx)?));
    Ok(event_id(hash.get(..20).unwrap_or(&hash)))
}

/// A meeting to invite somebody to, as far as it is settled.
pub(super) struct Wanted<'a> {
    pub person: &'a Person,
    pub start: Timestamp,
    pub plan: &'a MovePlan,
    /// Begins the hint of what else can be done: such as "caseyos edit 3".
    pub edit: Option<String>,
}

/// Makes an invitation; the inner error says what it lacks.
pub(super) fn invitation(
    tx: &ReadTx<'_>,
    core: &Core,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<Result<Invitation, String>> {
    let (person, plan) = (wanted.person, wanted.plan);
    let hint = |more: &str, otherwise: &str| match &wanted.edit {
        Some(edit) => more.replace("{edit}", edit),
        None => otherwise.to_owned(),
    };
    if !is_signed_in_by(tx, Provider::Google)? {
        return Ok(Err(format!(
            "No calendar is signed in to: `caseyos auth login google`.{}",
            hint(" {edit} --no-time` offers times by mail instead.", "")
        )));
    }
    if wanted.start <= now {
        return Ok(Err(format!(
            "The meeting would begin in the past{}",
            hint(
                "; {edit} --at TIME` sets another time, `--no-time` offers times by mail instead.",
                ". Nothing was booked."
            )
        )));
    }
    let minutes = plan
        .minutes
        .unwrap_or(MEETING_MINUTES)
        .clamp(1, MAX_MEETING_MINUTES);
    let length = SignedDuration::from_mins(i64::from(minutes));
    let Ok(end) = wanted.start.checked_add(length) else {
        return Ok(Err(
            "The meeting would end beyond what calendars know.".into()
        ));
    };
    let name = clean_line(&person.name(), 120);
    let title = match clean_line(&plan.title, 200) {
        title if title.is_empty() => call_with(&name, &person.email),
        title => title,
    };
    let calendar = core.config.google.calendars.first().cloned();
    Ok(Ok(Invitation {
        event: NewEvent {
            id: String::new(),
            title,
            description: String::new(),
            place: clean_line(&plan.place, 200),
            start: wanted.start,
            end,
            zone: calendar_zone(core),
            attendees: vec![(person.email.trim().to_owned(), name)],
            with_call: plan.with_call.unwrap_or(false),
        },
        calendar: calendar.unwrap_or_else(|| "primary".into()),
        to: person.email.trim().to_owned(),
        their_zone: zone_name(&core.zone_of(person)),
    }))
}

/// Returns the zone in which a calendar shows our meetings: the operator's, where it has a name that calendars know.
pub(super) fn calendar_zone(core: &Core) -> String {
    let zone = core.config.operator.zone();
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// Returns the title of a meeting that was given none.
fn call_with(name: &str, address: &str) -> String {
    format!("Call with {}", if name.is_empty() { address } else { name })
}
