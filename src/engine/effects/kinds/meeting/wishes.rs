//! Meetings that the operator asks for directly: booked, moved, called off.

use jiff::{SignedDuration, Timestamp};

use super::content::{Change, MeetingContent, Span, Wanted, calendar_zone, invitation};
use super::{change_of, made, span};
use crate::domain::action::ActionKind;
use crate::domain::moves::MovePlan;
use crate::domain::text::clean_line;
use crate::engine::effects::ask::{Ask, Wish};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::store::ReadTx;
use crate::store::calendar::{self as events, BookingRow, BookingState};

/// A meeting to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The other person: an address, a number or an external id.
    pub who: String,
    /// Its begin.
    pub start: Timestamp,
    /// Its length.
    pub length: SignedDuration,
    /// Its title; "Call with NAME" if empty.
    pub title: String,
    /// Its place.
    pub place: String,
    /// True for a video call.
    pub with_call: bool,
}

fn find_booking(tx: &ReadTx<'_>, name: &str) -> Result<BookingRow> {
    events::load_booking(tx, name)?.ok_or_else(|| {
        EngineError::NotFound(format!(
            "There is no booking {}; `caseyos meetings` lists meetings, and only those booked from here can be changed here.",
            clean_line(name, 80)
        ))
    })
}

fn state_of(booking: &BookingRow) -> String {
    booking.state.as_str().replace('_', " ")
}

impl Engine {
    /// Books a meeting, which invites; `dry_run` shows the request instead.
    ///
    /// # Errors
    /// Fails when nobody is known by that name, no address of theirs is known, or the calendar refuses.
    pub fn book_meeting(&self, wish: &Booking, dry_run: bool) -> Result<Done> {
        let wish = wish.clone();
        self.ask_for(dry_run, move |tx, core, now| {
            let person = find_person(tx, &wish.who)?;
            if person.email.is_empty() {
                return Err(EngineError::Input(format!(
                    "No address is known of {}, so nobody can be invited.",
                    person.name()
                )));
            }
            let plan = MovePlan {
                minutes: u32::try_from(wish.length.as_mins()).ok(),
                title: wish.title,
                place: wish.place,
                with_call: Some(wish.with_call),
                ..MovePlan::default()
            };
            let wanted = Wanted {
                person: &person,
                start: wish.start,
                plan: &plan,
                edit: None,
            };
            let invitation = invitation(tx, core, &wanted, now)?.map_err(EngineError::Input)?;
            let made = made(core, &MeetingContent::Book(Box::new(invitation)))?;
            let ask = Ask {
                contact: Some(person.contact_id()),
                ..Ask::wish(made, ActionKind::BookMeeting)
            };
            Ok(Wish::Ask(Box::new(ask)))
        })
    }

    /// Moves a meeting that was booked from here to another time, and tells the others; `dry_run` shows the request instead. It keeps its length
    /// unless `length` says otherwise.
    ///
    /// # Errors
    /// Fails when there is no such booking, its new time lies in the past, or the calendar refuses.
    pub fn move_meeting(
        &self,
        name: &str,
        start: Timestamp,
        length: Option<SignedDuration>,
        dry_run: bool,
    ) -> Result<Done> {
        let name = name.to_owned();
        self.ask_for(dry_run, move |tx, core, now| {
            let booking = find_booking(tx, &name)?;
            if start <= now {
                return Err(EngineError::Input(
                    "The meeting would begin in the past. Nothing was moved.".into(),
                ));
            }
            let length =
                length.unwrap_or_else(|| booking.ends_at.duration_since(booking.starts_at));
            let end = start.checked_add(length).map_err(|_| {
                EngineError::Input("The meeting would end beyond what calendars know.".into())
            })?;
            if booking.state != BookingState::Booked {
                return Ok(Wish::Answered(Done::Blocked {
                    summary: format!(
                        "Booking {} is {}; it cannot be moved. Nothing was changed.",
                        booking.id,
                        state_of(&booking)
                    ),
                    verdicts: Vec::new(),
                }));
            }
            let to = Span { start, end };
            if span(&booking) == to {
                return Ok(Wish::Answered(Done::Nothing {
                    summary: format!("Booking {} is at that time already.", booking.id),
                }));
            }
            let change = Change::Move {
                from: span(&booking),
                to,
                zone: calendar_zone(core),
            };
            let made = made(core, &change_of(tx, core, &booking, change)?)?;
            let ask = Ask {
                contact: Some(booking.contact_id),
                ..Ask::wish(made, ActionKind::Reschedule)
            };
            Ok(Wish::Ask(Box::new(ask)))
        })
    }

    /// Takes a meeting that was booked from here out of the calendar, and tells the others; `dry_run` shows the request instead.
    ///
    /// # Errors
    /// Fails when there is no such booking, or the calendar refuses.
    pub fn cancel_meeting(&self, name: &str, dry_run: bool) -> Result<Done> {
        let name = name.to_owned();
        self.ask_for(dry_run, move |tx, core, _| {
            let booking = find_booking(tx, &name)?;
            if booking.state != BookingState::Booked {
                return Ok(Wish::Answered(Done::Nothing {
                    summary: format!(
                        "Booking {} is {}; there is nothing to take back.",
                        booking.id,
                        state_of(&booking)
                    ),
                }));
            }
            let change = Change::Cancel { at: span(&booking) };
            let made = made(core, &change_of(tx, core, &booking, change)?)?;
            let ask = Ask {
                contact: Some(booking.contact_id),
                ..Ask::wish(made, ActionKind::Reschedule)
            };
            Ok(Wish::Ask(Box::new(ask)))
        })
    }
}
