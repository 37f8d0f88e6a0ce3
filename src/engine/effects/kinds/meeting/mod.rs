//! Meetings: put into the calendar, which invites, moved, and taken out again.
//!
//! A meeting goes into the calendar under a name that we choose before it is asked. Asked twice, the calendar has one event; where no answer came,
//! it is asked by that name, and never told to make another.

mod content;
mod wishes;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use self::content::{
    Change, Invitation, MeetingChange, MeetingContent, Span, Wanted, event_name, invitation,
};
use crate::connectors::google::calendar::{self, NewEvent};
use crate::connectors::transport::{CallError, CallErrorKind, Fate, Request, Response, record};
use crate::domain::action::Means;
use crate::domain::effect::{EffectKind, Ended};
use crate::domain::guard::{Asks, InDraft, Mode};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::Answer;
use crate::domain::service::{Provider, Service};
use crate::engine::effects::intent::plan_of;
use crate::engine::effects::kind::{
    Delivered, Effect, Inverse, Made, Readiness, Shown, Stopped, Undelivered, Way, Words,
};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::ground::meeting::{follow, once_at, taken_back};
use crate::engine::ground::reach::Reach;
use crate::engine::ground::say::day_and_time;
use crate::engine::outside::auth::is_signed_in_by;
use crate::engine::outside::google::sentence;
use crate::engine::outside::{Outside, standing};
use crate::store::calendar::{self as events, BookingRow, BookingState};
use crate::store::executions::{self, ExecutionRow, ExecutionStatus};
use crate::store::moves::{MoveRow, MoveState};
use crate::store::{ReadTx, WriteTx, moves, people};

pub use wishes::Booking;

/// The carrier of meetings, as executions name it. A mailbox cannot be named so.
const CALENDAR: &str = "google:calendar";
/// A request that is younger may still be under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(10);

/// A meeting with a person.
pub(in crate::engine) struct Meeting;

fn made(core: &Core, content: &MeetingContent) -> Result<Made> {
    Ok(Made {
        kind: EffectKind::Meeting,
        content: content.written()?,
        to: content.to().to_owned(),
        subject: content.subject(core),
        in_reply_to: String::new(),
        edited: false,
    })
}

/// Returns the event of an invitation under the name that its execution gives it.
fn event_of(invitation: &Invitation, row: &ExecutionRow) -> NewEvent {
    NewEvent {
        id: row.mark.clone(),
        ..invitation.event.clone()
    }
}

/// Returns the request that carries out a meeting's effect.
fn request_of(content: &MeetingContent, row: &ExecutionRow) -> Request {
    match content {
        MeetingContent::Book(invitation) => {
            calendar::insert_event(&invitation.calendar, &event_of(invitation, row))
        }
        MeetingContent::Change(change) => match &change.change {
            Change::Move { to, zone, .. } => {
                calendar::move_event(&change.calendar, &change.event, to.start, to.end, zone)
            }
            Change::Cancel { .. } => calendar::delete_event(&change.calendar, &change.event),
        },
    }
}

impl Effect for Meeting {
    fn kind(&self) -> EffectKind {
        EffectKind::Meeting
    }

    fn means(&self) -> Means {
        Means::Meeting
    }

    fn asks(&self) -> Asks {
        Asks {
            suppression: true,
            limits: false,
            window: false,
            in_draft: InDraft::Refuses("an invitation would leave at once"),
        }
    }

    fn words(&self) -> Words {
        Words {
            heading: "Invitation",
            missing: "No invitation",
            ready: "invitation ready",
            closing: "invited",
            after: "The meeting is booked and they are invited; u takes it back.",
            not_edited: "is an invitation; another time or title changes it",
        }
    }

    fn claims(&self, tx: &ReadTx<'_>, mv: &MoveRow) -> Result<bool> {
        Ok(mv.action.offers_times(&mv.template) && plan_of(tx, mv)?.1.starts_at.is_some())
    }

    fn make(&self, tx: &ReadTx<'_>, core: &Core, mv: &MoveRow, now: Timestamp) -> Result<Way> {
        let (_, plan) = plan_of(tx, mv)?;
        let person = match mv.contact_id {
            Some(contact) => people::load(tx, contact)?,
            None => None,
        };
        let Some(person) = person.filter(|p| !p.email.is_empty()) else {
            return Ok(Way::Lacks(format!(
                "Move {} has nobody to invite: no address is known.",
                mv.id
            )));
        };
        let wanted = Wanted {
            person: &person,
            start: plan.starts_at.unwrap_or(now),
            plan: &plan,
            edit: Some(format!("`caseyos edit {}", mv.id)),
        };
        let invitation = match invitation(tx, core, &wanted, now)? {
            Ok(invitation) => invitation,
            Err(lack) => return Ok(Way::Lacks(lack)),
        };
        Ok(Way::Effect(made(
            core,
            &MeetingContent::Book(Box::new(invitation)),
        )?))
    }

    fn shown(&self, core: &Core, content: &str) -> Result<Shown> {
        let content = MeetingContent::read(content)?;
        let promise = match &content {
            MeetingContent::Book(_) => {
                "The meeting is taken out of the calendar and they are told. The invitation cannot be unsent."
            }
            MeetingContent::Change(change) => match change.change {
                Change::Move { .. } => {
                    "The meeting goes back to when it was and they are told again."
                }
                Change::Cancel { .. } => {
                    "Until it leaves it is withdrawn. Once they are told, the meeting has to be booked anew."
                }
            },
        };
        Ok(Shown {
            to: content.to().to_owned(),
            subject: content.subject(core),
            parts: content.parts(core),
            letter: None,
            promise: promise.into(),
        })
    }

    fn waits(&self, _content: &str) -> bool {
        true
    }

    /// One meeting with one person at one time, whoever asks for it; one change of a booking at a time.
    fn once(&self, tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<String> {
        match MeetingContent::read(&row.content)? {
            MeetingContent::Book(invitation) => once_at(tx, row.contact_id, invitation.event.start),
            MeetingContent::Change(change) => Ok(format!("booking:{}", change.booking)),
        }
    }

    fn rival(&self, tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<Option<ExecutionRow>> {
        let own = executions::by_once(tx, &row.once)?;
        if own.is_some() {
            return Ok(own);
        }
        let (slot, booked_by) = match MeetingContent::read(&row.content)? {
            MeetingContent::Book(_) => (row.once.clone(), None),
            MeetingContent::Change(change) => match change.change {
                Change::Move { to, .. } => {
                    let booking = events::load_booking(tx, &change.booking.to_string())?;
                    (
                        once_at(tx, row.contact_id, to.start)?,
                        booking.and_then(|booking| booking.execution_id),
                    )
                }
                Change::Cancel { .. } => return Ok(None),
            },
        };
        // The time that it moves to may be taken, or be about to be.
        if let Some(there) = executions::by_once(tx, &slot)?.filter(|e| Some(e.id) != booked_by) {
            return Ok(Some(there));
        }
        for status in [
            ExecutionStatus::Queued,
            ExecutionStatus::Sending,
            ExecutionStatus::Uncertain,
        ] {
            for other in executions::waiting(tx, status)? {
                if other.kind != EffectKind::Meeting {
                    continue;
                }
                if let MeetingContent::Change(change) = MeetingContent::read(&other.content)?
                    && let Change::Move { to, .. } = change.change
                    && once_at(tx, other.contact_id, to.start)? == slot
                {
                    return Ok(Some(other));
                }
            }
        }
        Ok(None)
    }

    fn mark(&self, tx: &ReadTx<'_>, id: ExecutionId, salt: &str, content: &str) -> Result<String> {
        match MeetingContent::read(content)? {
            MeetingContent::Book(_) => event_name(tx, id, salt),
            MeetingContent::Change(change) => Ok(change.event),
        }
    }

    fn ends(&self, content: &str) -> Result<Option<(Timestamp, &'static str)>> {
        Ok(match MeetingContent::read(content)? {
            MeetingContent::Book(invitation) => Some((
                invitation.event.start,
                "the meeting would begin in the past",
            )),
            MeetingContent::Change(change) => match change.change {
                Change::Move { to, .. } => Some((to.start, "the meeting would begin in the past")),
                Change::Cancel { .. } => None,
            },
        })
    }

    fn carrier(&self, _core: &Core) -> Result<String, String> {
        Ok(CALENDAR.into())
    }

    fn readiness(
        &self,
        tx: &ReadTx<'_>,
        _core: &Core,
        _carrier: &str,
        now: Timestamp,
    ) -> Result<Readiness> {
        if !is_signed_in_by(tx, Provider::Google)? {
            let why = "nobody is signed in; `caseyos auth login google`".to_owned();
            return Ok(Err((why, None)));
        }
        Ok(standing::health(tx, Service::Calendar, now)?)
    }

    fn request(&self, core: &Core, row: &ExecutionRow, _now: Timestamp) -> Result<Vec<u8>> {
        let request = request_of(&MeetingContent::read(&row.content)?, row);
        let base = core.config.base_url(request.service);
        let text = record::written(base, true, &request)
            .map_err(|e| EngineError::Input(format!("{}.", e.message)))?;
        Ok(text.into_bytes())
    }

    fn deliver(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        _rendered: &[u8],
        stopped: Stopped<'_>,
    ) -> Result<Delivered, Undelivered> {
        let content =
            MeetingContent::read(&row.content).map_err(|e| Undelivered::for_now(e.to_string()))?;
        if let Some(reason) = stopped() {
            return Err(Undelivered::Stopped { reason });
        }
        match &content {
            MeetingContent::Book(invitation) => book(outside, invitation, row),
            MeetingContent::Change(change) => match outside.call(&request_of(&content, row)) {
                Ok(_) => Ok(at(&change.calendar, &change.event)),
                Err(error) => changed(outside, change, &error),
            },
        }
    }

    /// Asks the calendar. While the request may still be on its way, its absence says nothing: who asked anew would have two. Later it may be asked
    /// for again; under its name there is never a second.
    fn find(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        now: Timestamp,
    ) -> Result<(Answer, Option<Delivered>)> {
        let is_under_way = row
            .claimed_at
            .is_some_and(|at| now.duration_since(at) < UNDER_WAY);
        let absent = if is_under_way {
            Answer::NotFoundYet
        } else {
            Answer::NeverHad
        };
        let content = MeetingContent::read(&row.content)?;
        let (calendar, event) = match &content {
            MeetingContent::Book(invitation) => (&invitation.calendar, &row.mark),
            MeetingContent::Change(change) => (&change.calendar, &change.event),
        };
        let Some(there) = begins_at(outside, calendar, event) else {
            return Ok((Answer::Silent, None));
        };
        let is_done = match &content {
            MeetingContent::Book(_) => there.is_some(),
            MeetingContent::Change(change) => match &change.change {
                Change::Move { to, .. } => there == Some(to.start),
                Change::Cancel { .. } => there.is_none(),
            },
        };
        Ok(if is_done {
            (Answer::Found, Some(at(calendar, event)))
        } else {
            (absent, None)
        })
    }

    fn settled(
        &self,
        tx: &WriteTx<'_>,
        _core: &Core,
        row: &ExecutionRow,
        delivered: &Delivered,
        now: Timestamp,
    ) -> Result<()> {
        match MeetingContent::read(&row.content)? {
            MeetingContent::Book(invitation) => booked(tx, row, &invitation, delivered, now),
            MeetingContent::Change(change) => match change.change {
                Change::Move { to, .. } => moved(tx, row, &change, to, now),
                Change::Cancel { .. } => called_off(tx, row, &change, now),
            },
        }
    }

    fn inverse(&self, tx: &ReadTx<'_>, core: &Core, row: &ExecutionRow) -> Result<Inverse> {
        let booking = match MeetingContent::read(&row.content)? {
            MeetingContent::Book(_) => events::of_execution(tx, row.id)?,
            MeetingContent::Change(change) => {
                events::load_booking(tx, &change.booking.to_string())?
            }
        };
        let Some(booking) = booking else {
            return Ok(Inverse::Never("The booking is gone.".into()));
        };
        if booking.state != BookingState::Booked {
            return Ok(Inverse::Never(format!(
                "Booking {} is {}; there is nothing to take back.",
                booking.id,
                booking.state.as_str().replace('_', " ")
            )));
        }
        let change = match MeetingContent::read(&row.content)? {
            MeetingContent::Book(_) => Change::Cancel { at: span(&booking) },
            MeetingContent::Change(made) => match made.change {
                Change::Move { from, zone, .. } => Change::Move {
                    from: span(&booking),
                    to: from,
                    zone,
                },
                Change::Cancel { .. } => {
                    return Ok(Inverse::Never(
                        "They were told that the meeting is off; book it anew.".into(),
                    ));
                }
            },
        };
        let content = change_of(tx, core, &booking, change)?;
        Ok(Inverse::By(made(core, &content)?))
    }

    /// Opens the moves again that the booking closed besides its own.
    fn undone(&self, tx: &WriteTx<'_>, row: &ExecutionRow, now: Timestamp) -> Result<()> {
        for id in moves::closed_by(tx, row.id)? {
            moves::set_closed_by(tx, id, None)?;
            let Some(mv) = moves::load(tx, id)?.filter(|mv| mv.status == MoveStatus::Done) else {
                continue;
            };
            let other = moves::find_standing(tx, mv.subject, mv.action.family())?;
            if other.is_none() {
                let state = MoveState {
                    status: MoveStatus::Open,
                    closed_at: None,
                    close_reason: String::new(),
                    ..mv.state()
                };
                moves::set_state(tx, &state, now)?;
                tx.emit(now, "move.changed", format!("move:{id}"))?;
            }
        }
        Ok(())
    }

    fn named(&self, row: &ExecutionRow) -> String {
        match MeetingContent::read(&row.content) {
            Ok(MeetingContent::Change(change)) => match change.change {
                Change::Move { .. } => format!("the new time of the meeting with {}", row.to_key),
                Change::Cancel { .. } => format!("the end of the meeting with {}", row.to_key),
            },
            _ => format!("the invitation to {}", row.to_key),
        }
    }

    fn said(&self, core: &Core, row: &ExecutionRow) -> String {
        let zone = core.config.operator.zone();
        let clock = |at: Timestamp| day_and_time(at, core.env.now(), &zone);
        match MeetingContent::read(&row.content) {
            Ok(MeetingContent::Change(change)) => match change.change {
                Change::Move { to, .. } => format!(
                    "Moved booking {} to {}; they are told.",
                    change.booking,
                    clock(to.start)
                ),
                Change::Cancel { .. } => format!(
                    "Booking {} was taken out of the calendar, and they are told.",
                    change.booking
                ),
            },
            _ => format!(
                "Put into the calendar and invited {}: {}. `caseyos undo` takes it out again.",
                row.to_key, row.subject
            ),
        }
    }

    fn would(&self, _mode: Mode, shown: &Shown) -> String {
        format!(
            "Would put this into the calendar and invite {}. Nothing was sent.",
            shown.to
        )
    }

    fn said_before(&self, tx: &ReadTx<'_>, _core: &Core, row: &ExecutionRow) -> Result<String> {
        if let MeetingContent::Change(change) = MeetingContent::read(&row.content)? {
            let being = match change.change {
                Change::Move { .. } => "being moved",
                Change::Cancel { .. } => "being called off",
            };
            return Ok(format!(
                "Booking {} with the same person is {being} already (message {}: {}). Nothing was done.",
                change.booking, row.id, row.status
            ));
        }
        Ok(match (row.status, events::of_execution(tx, row.id)?) {
            (ExecutionStatus::Sent, Some(booking)) => {
                format!("That meeting is booked already (booking {}).", booking.id)
            }
            _ => format!(
                "That meeting is asked for already (message {}: {}). It is not booked twice.",
                row.id, row.status
            ),
        })
    }
}

fn span(booking: &BookingRow) -> Span {
    Span {
        start: booking.starts_at,
        end: booking.ends_at,
    }
}

/// Makes a change of a booking.
fn change_of(
    tx: &ReadTx<'_>,
    core: &Core,
    booking: &BookingRow,
    change: Change,
) -> Result<MeetingContent> {
    let person = people::load(tx, booking.contact_id)?;
    let event: Option<NewEvent> = serde_json::from_str(&booking.content).ok();
    let invited = event
        .as_ref()
        .and_then(|event| event.attendees.first())
        .map(|(address, _)| address.clone());
    Ok(MeetingContent::Change(Box::new(MeetingChange {
        booking: booking.id,
        calendar: booking.calendar.clone(),
        event: booking.event.clone(),
        title: event.map(|event| event.title).unwrap_or_default(),
        to: invited.unwrap_or_default(),
        their_zone: person
            .map(|p| crate::domain::schedule::zone_name(&core.zone_of(&p)))
            .unwrap_or_default(),
        change,
    })))
}

fn at(calendar: &str, event: &str) -> Delivered {
    Delivered {
        remote: event.to_owned(),
        ..Delivered::at(format!("{CALENDAR}/{calendar}/{event}"))
    }
}

fn undelivered(error: &CallError) -> Undelivered {
    let reason = sentence(error);
    match error.fate {
        Fate::Unknown | Fate::Sent => Undelivered::Unknown { reason },
        Fate::NotSent | Fate::Answered => Undelivered::NotSent {
            reason,
            ended: (error.fate == Fate::Answered
                && matches!(
                    error.kind,
                    CallErrorKind::Invalid | CallErrorKind::NotFound | CallErrorKind::Forbidden
                ))
            .then_some(Ended::Refused),
            retry_after: error.retry_after,
        },
    }
}

/// Puts a meeting into the calendar, which invites.
fn book(
    outside: &Outside,
    invitation: &Invitation,
    row: &ExecutionRow,
) -> Result<Delivered, Undelivered> {
    let (calendar, event) = (&invitation.calendar, event_of(invitation, row));
    match outside.call(&calendar::insert_event(calendar, &event)) {
        Ok(answer) => Ok(at(calendar, &name_given(outside, &event.id, &answer))),
        // The name is ours alone: what is there under it is this meeting, unless somebody has taken it out since.
        Err(error) if error.kind == CallErrorKind::Conflict => {
            match begins_at(outside, calendar, &event.id) {
                Some(Some(_)) => Ok(at(calendar, &event.id)),
                Some(None) => Err(Undelivered::for_good(
                    "This meeting was put into the calendar before and taken out again.",
                    Ended::Refused,
                )),
                None => Err(Undelivered::Unknown {
                    reason: sentence(&error),
                }),
            }
        }
        Err(error) => Err(undelivered(&error)),
    }
}

/// Decides what a failed change of a meeting means.
fn changed(
    outside: &Outside,
    change: &MeetingChange,
    error: &CallError,
) -> Result<Delivered, Undelivered> {
    let is_gone = matches!(error.kind, CallErrorKind::Gone | CallErrorKind::NotFound);
    match &change.change {
        // What is gone already needs no taking out.
        Change::Cancel { .. } if is_gone => Ok(at(&change.calendar, &change.event)),
        Change::Move { to, .. } if matches!(error.fate, Fate::Unknown | Fate::Sent) => {
            match begins_at(outside, &change.calendar, &change.event) {
                Some(Some(there)) if there == to.start => Ok(at(&change.calendar, &change.event)),
                _ => Err(undelivered(error)),
            }
        }
        Change::Move { .. } if is_gone => Err(Undelivered::for_good(
            "The meeting is no longer in the calendar.",
            Ended::Refused,
        )),
        Change::Cancel { .. } | Change::Move { .. } => Err(undelivered(error)),
    }
}

/// Asks a calendar for the begin of an event: the outer none if that cannot be learned now, the inner one if the event is not there.
fn begins_at(outside: &Outside, calendar: &str, event: &str) -> Option<Option<Timestamp>> {
    match outside.call(&calendar::get_event(calendar, event)) {
        Ok(answer) => calendar::read_event(&answer, &outside.core.config.operator.zone())
            .ok()
            .map(|event| event.start.filter(|_| !event.is_cancelled)),
        Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => Some(None),
        Err(_) => None,
    }
}

/// Returns the name under which an event really stands: a server that is not Google's may give it another than the one asked for, and under
/// ours it could be neither found nor taken back.
fn name_given(outside: &Outside, asked: &str, answer: &Response) -> String {
    match calendar::read_event(answer, &outside.core.config.operator.zone()) {
        Ok(event) if !event.id.is_empty() => event.id,
        _ => asked.to_owned(),
    }
}

/// Records a booking, by which the meeting can be moved and taken back, and closes the moves that asked for it.
fn booked(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    invitation: &Invitation,
    delivered: &Delivered,
    now: Timestamp,
) -> Result<()> {
    let Some(contact) = row.contact_id else {
        return Ok(());
    };
    let event = event_of(invitation, row);
    let name = if delivered.remote.is_empty() {
        &event.id
    } else {
        &delivered.remote
    };
    let booking = BookingRow {
        id: 0,
        execution_id: Some(row.id),
        calendar: invitation.calendar.clone(),
        event: name.clone(),
        contact_id: contact,
        starts_at: event.start,
        ends_at: event.end,
        content: json!(event).to_string(),
        state: BookingState::Booked,
        error: String::new(),
        at: now,
    };
    let id = events::add_booking(tx, &booking)?;
    people::touch(tx, contact, now)?;
    close_those_that_asked(tx, row, contact, id, now)?;
    Ok(tx.emit(now, "meeting.booked", format!("booking:{id}"))?)
}

/// Closes the open moves of a person that ask for a meeting: there is one now.
fn close_those_that_asked(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    contact: ContactId,
    booking: i64,
    now: Timestamp,
) -> Result<()> {
    for contact in Reach::contacts(tx, contact)? {
        for mv in moves::of_contact(tx, contact)? {
            let is_open = matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed);
            if !is_open || Some(mv.id) == row.move_id || !mv.action.offers_times(&mv.template) {
                continue;
            }
            let state = MoveState {
                status: MoveStatus::Done,
                snoozed_until: None,
                closed_at: Some(now),
                close_reason: format!("a meeting is booked (booking {booking})"),
                ..mv.state()
            };
            moves::set_state(tx, &state, now)?;
            moves::set_closed_by(tx, mv.id, Some(row.id))?;
            tx.emit(now, "move.changed", format!("move:{}", mv.id))?;
        }
    }
    Ok(())
}

/// Records the new time of a meeting; its name follows, so that another may be booked at the old one.
fn moved(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    change: &MeetingChange,
    to: Span,
    now: Timestamp,
) -> Result<()> {
    events::set_booking_time(tx, change.booking, (to.start, to.end))?;
    executions::set_once(tx, row.id, "")?;
    if let Some(booking) = events::load_booking(tx, &change.booking.to_string())? {
        follow(tx, &booking)?;
    }
    Ok(tx.emit(now, "meeting.moved", format!("booking:{}", change.booking))?)
}

/// Records that a meeting was taken out of the calendar; the same may be asked for again.
fn called_off(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    change: &MeetingChange,
    now: Timestamp,
) -> Result<()> {
    executions::set_once(tx, row.id, "")?;
    match events::load_booking(tx, &change.booking.to_string())? {
        Some(booking) => {
            let why = "the meeting was called off";
            taken_back(tx, &booking, why, row.undoes.is_some(), now)
        }
        None => Ok(()),
    }
}
