//! Meetings: free times, booking, taking back, and who did not come.
//!
//! A booking is committed before the calendar is asked, under a name for the event that we choose. Asked twice, the calendar has one event; where no
//! answer came, it is asked by that name, and never told to make another.

mod change;
pub(in crate::engine) mod job;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::connectors::google::calendar::{self, NewEvent, event_id};
use crate::connectors::transport::{CallErrorKind, Fate, Response};
use crate::domain::email::address::EmailAddress;
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::meeting::MeetingState;
use crate::domain::schedule::zone_name;
use crate::domain::signal::SignalKind;
use crate::domain::slots::{SlotQuery, free_slots};
use crate::domain::text::clean_line;
use crate::engine::effects::deed::{calendar_zone, call_with};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::engine::outside::google::{failed, sentence};
use crate::engine::road::sources::calendar::tell;
use crate::engine::undo::{Step, remember};
use crate::env::crash_point;
use crate::store::calendar::{self as events, BookingRow, EventRow};
use crate::store::{Durability, audit, control, suppressions};

/// A booking that is younger may still be under way in another process.
pub(in crate::engine) const UNDER_WAY: SignedDuration = SignedDuration::from_mins(10);
/// Times of one day that are offered.
const PER_DAY: usize = 3;

/// A time at which both can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferedSlot {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// As the clock shows it here.
    pub here: String,
    /// As the clock shows it there.
    pub there: String,
}

/// Times at which both can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotList {
    /// The other person's address.
    pub with: String,
    /// Our zone.
    pub our_zone: String,
    /// Their zone.
    pub their_zone: String,
    /// The times, the earliest first.
    pub slots: Vec<OfferedSlot>,
    /// Calendars that could not be asked, with why.
    pub unknown: Vec<(String, String)>,
}

/// A meeting to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// With whom: an address, a number or an external id.
    pub who: String,
    /// When it begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub length: SignedDuration,
    /// What it is called; "Call with NAME" if empty.
    pub title: String,
    /// Where it is.
    pub place: String,
    /// Whether it gets a video call.
    pub with_call: bool,
}

impl Engine {
    /// Finds times at which the operator and somebody else can meet.
    ///
    /// # Errors
    /// If nobody is known by that, or the calendars cannot be asked.
    pub fn free_slots(
        &self,
        who: &str,
        length: SignedDuration,
        within: SignedDuration,
        limit: usize,
    ) -> Result<SlotList> {
        let now = self.now();
        let person = self.store().read(|tx| find_person(tx, who))?;
        let core = self.core();
        let ours = core.send_policy(self.zone())?;
        let theirs = core.send_policy(core.zone_of(&person))?;
        let to = now.checked_add(within).unwrap_or(now);
        let calendars = &self.config().google.calendars;
        let answer = self
            .outside()
            .call(&calendar::busy_times(calendars, now, to))
            .and_then(|answer| calendar::read_busy(&answer))
            .map_err(|e| failed(&e))?;
        if !calendars.is_empty() && answer.unknown.len() >= calendars.len() {
            return Err(EngineError::Outside(
                "None of the calendars in [google] calendars could be asked when it is busy; `caseyos doctor` shows what is missing.".into(),
            ));
        }
        let query = SlotQuery {
            ours: &ours,
            theirs: &theirs,
            busy: &answer.spans,
            from: now,
            to,
            length,
            per_day: PER_DAY,
            limit,
        };
        let shown = |at: Timestamp, zone: &jiff::tz::TimeZone| {
            at.to_zoned(zone.clone())
                .strftime("%a %-d %b %H:%M")
                .to_string()
        };
        Ok(SlotList {
            with: person.email.clone(),
            our_zone: zone_name(&ours.zone),
            their_zone: zone_name(&theirs.zone),
            slots: free_slots(&query)
                .into_iter()
                .map(|slot| OfferedSlot {
                    start: slot.start,
                    end: slot.end,
                    here: shown(slot.start, &ours.zone),
                    there: shown(slot.start, &theirs.zone),
                })
                .collect(),
            unknown: answer
                .unknown
                .into_iter()
                .map(|(name, why)| (clean_line(&name, 120), clean_line(&why, 80)))
                .collect(),
        })
    }

    /// Lists the meetings that begin between two instants, as the calendars last showed them.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn meetings(&self, from: Timestamp, to: Timestamp) -> Result<Vec<EventRow>> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(events::between(tx, from, to)?))
    }

    /// Books a meeting and invites; `dry_run` shows what would be asked.
    ///
    /// # Errors
    /// If nobody is known by that, or the calendar refuses.
    pub fn book_meeting(&self, wish: &Booking, dry_run: bool) -> Result<Done> {
        let now = self.now();
        if wish.start <= now {
            return Err(EngineError::Input(
                "The meeting would begin in the past. Nothing was booked.".into(),
            ));
        }
        let person = self.store().read(|tx| find_person(tx, &wish.who))?;
        if person.email.is_empty() {
            return Err(EngineError::Input(format!(
                "No address is known of {}, so nobody can be invited.",
                person.name()
            )));
        }
        let calendar = self.config().google.calendars.first().cloned();
        let calendar = calendar.unwrap_or_else(|| "primary".into());
        let end = wish.start.checked_add(wish.length).map_err(|_| {
            EngineError::Input("The meeting would end beyond what calendars know.".into())
        })?;
        let name = clean_line(&person.name(), 120);
        let title = match clean_line(&wish.title, 200) {
            title if title.is_empty() => call_with(&name, &person.email),
            title => title,
        };
        let mut event = NewEvent {
            id: String::new(),
            title,
            description: String::new(),
            place: clean_line(&wish.place, 200),
            start: wish.start,
            end,
            zone: calendar_zone(self.core()),
            attendees: vec![(person.email.clone(), name)],
            with_call: wish.with_call,
        };
        // The same wish is the same meeting, unless the one before was given up or taken back.
        let wished = format!("{}:{}:{}:{calendar}", person.id, wish.start, end);
        let (once, known) = self.store().read(|tx| {
            for n in 0.. {
                let once = format!("{wished}:{n}");
                match events::find_booking(tx, &once)? {
                    Some(b) if matches!(b.state.as_str(), "failed" | "taken_back") => {}
                    // One that was moved since is another meeting by now.
                    Some(b) if b.starts_at != wish.start => {}
                    known => return Ok::<_, EngineError>((once, known)),
                }
            }
            Ok((wished.clone(), None))
        })?;
        if let Some(known) = known {
            return Ok(Done::Nothing {
                summary: if known.state == "booked" {
                    format!("That meeting is booked already (booking {}).", known.id)
                } else {
                    format!(
                        "Booking {} is under way; the next sync tells what became of it. It is not booked twice.",
                        known.id
                    )
                },
            });
        }
        let instance = self.store().read(crate::engine::ground::core::instance)?;
        let hash = Sha256::digest(format!("{instance}:{once}"));
        event.id = event_id(hash.get(..20).unwrap_or(&hash));
        let request = calendar::insert_event(&calendar, &event);
        if dry_run || self.core().mode() == Mode::DryRun {
            let body = match &request.body {
                crate::connectors::transport::Body::Json(body) => body.clone(),
                _ => serde_json::Value::Null,
            };
            return Ok(Done::Nothing {
                summary: format!(
                    "Would ask: {} {}?{} {body}",
                    request.method.as_str(),
                    request.path,
                    request
                        .query
                        .iter()
                        .map(|(n, v)| format!("{n}={v}"))
                        .collect::<Vec<_>>()
                        .join("&"),
                ),
            });
        }
        if let Some(summary) = self.why_not_to(Some(&person.email), &person.stage)? {
            return Ok(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            });
        }
        let row = BookingRow {
            id: 0,
            once,
            calendar: calendar.clone(),
            event: event.id.clone(),
            contact_id: person.contact_id(),
            starts_at: event.start,
            ends_at: event.end,
            content: json!(event).to_string(),
            state: String::new(),
            error: String::new(),
            at: now,
            moving_to: None,
            moving_at: None,
        };
        let id = self.write(Durability::Full, move |tx, _, now| {
            let id = events::begin_booking(tx, &row)?;
            let detail = json!({"event": row.event, "starts_at": row.starts_at.to_string(), "contact": row.contact_id});
            audit::append(tx, now, "operator", "meeting.booking", &format!("booking:{id}"), &detail)?;
            Ok(id)
        })?;
        crash_point("booking-begun");
        let answer = self.outside().call(&request);
        crash_point("booking-asked");
        match answer {
            Ok(answer) => {
                let name = self.name_given(&event.id, &answer);
                self.write(Durability::Full, move |tx, _, _| {
                    Ok(events::name_booking(tx, id, &name)?)
                })?;
                self.booked(id)
            }
            // The name is ours alone: what is there under it is this meeting.
            Err(e) if e.kind == CallErrorKind::Conflict => self.booked(id),
            Err(e) if matches!(e.fate, Fate::Unknown | Fate::Sent) => {
                match self.is_in_calendar(&calendar, &event.id) {
                    Some(true) => self.booked(id),
                    // It may still be on its way there: only later does its absence mean something.
                    Some(false) | None => Err(EngineError::Outside(format!(
                        "Nobody knows yet whether the calendar took it: {} Booking {id} is kept; the next sync asks, and it is not booked twice.",
                        sentence(&e)
                    ))),
                }
            }
            Err(e) => self.not_booked(id, &sentence(&e)),
        }
    }

    /// Says why nothing may go out to somebody now, if so.
    pub(in crate::engine) fn why_not_to(
        &self,
        address: Option<&str>,
        stage: &str,
    ) -> Result<Option<String>> {
        let paused = self.paused_because()?;
        let (switch, suppressed) = self.store().read(|tx| {
            let suppressed = match address {
                Some(address) => {
                    let key = address.to_lowercase();
                    // They may have asked under another spelling of the same address.
                    let canonical = EmailAddress::parse(&key)
                        .map(|a| a.canonical_key())
                        .unwrap_or_default();
                    match suppressions::find(tx, &key)? {
                        None => suppressions::find(tx, &canonical)?,
                        found => found,
                    }
                }
                None => None,
            };
            Ok::<_, EngineError>((control::kill_switch(tx), suppressed))
        })?;
        if let (KillSwitch::Running, Some(paused), Mode::Live) =
            (&switch, paused, self.core().mode())
        {
            return Ok(Some(format!(
                "kill_switch: {paused}. Nothing was asked of the calendar."
            )));
        }
        Ok(match (switch, suppressed, self.core().mode()) {
            (KillSwitch::Running, None, Mode::Live) if stage != "do_not_contact" => None,
            (KillSwitch::Running, None, Mode::Live) => {
                Some("do_not_contact: they are not to be contacted. Nothing was asked of the calendar.".into())
            }
            (KillSwitch::Running, Some(s), _) => Some(format!(
                "suppression: {} is not to be written to ({}), and an invitation is mail. Nothing was asked of the calendar.",
                s.value, s.reason
            )),
            (KillSwitch::Running, None, _) => Some(
                "mode: an invitation leaves at once, which only mode live lets it; `caseyos mode live`. Nothing was asked of the calendar.".into(),
            ),
            _ => Some("kill_switch: everything is stopped; `caseyos resume` lets it run. Nothing was asked of the calendar.".into()),
        })
    }

    /// Asks whether an event of ours is in a calendar; none if that cannot be learned now.
    pub(in crate::engine) fn is_in_calendar(&self, calendar: &str, event: &str) -> Option<bool> {
        match self.outside().call(&calendar::get_event(calendar, event)) {
            Ok(answer) => calendar::read_event(&answer, &self.zone())
                .ok()
                .map(|found| !found.is_cancelled),
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => {
                Some(false)
            }
            Err(_) => None,
        }
    }

    /// Returns the name under which an event really stands: a server that is not Google's may give it another than the one asked for, and
    /// under ours it could be neither found nor taken back.
    pub(in crate::engine) fn name_given(&self, asked: &str, answer: &Response) -> String {
        match calendar::read_event(answer, &self.zone()) {
            Ok(event) if !event.id.is_empty() => event.id,
            _ => asked.to_owned(),
        }
    }

    fn booked(&self, id: i64) -> Result<Done> {
        self.write(Durability::Full, move |tx, core, now| {
            let Some(row) = events::load_booking(tx, &id.to_string())? else {
                return Err(EngineError::NotFound(format!("There is no booking {id}.")));
            };
            if !events::settle_booking(tx, id, "booking", "booked", "")? {
                return Ok(Done::Nothing { summary: format!("Booking {id} was settled already.") });
            }
            let at = row.starts_at.to_zoned(core.config.operator.zone());
            let summary = format!("Booked for {} and invited (booking {id}).", at.strftime("%a %-d %b %H:%M"));
            let promise = "The meeting is taken out of the calendar and they are told. The invitation cannot be unsent.";
            let undo = remember(tx, &summary, promise, &Step::Meeting { id }, now)?;
            audit::append(tx, now, "operator", "meeting.booked", &format!("booking:{id}"), &json!({"event": row.event}))?;
            tx.emit(now, "meeting.booked", format!("booking:{id}"))?;
            Ok(Done::Changed { summary, undo: Some(undo) })
        })
    }

    fn not_booked(&self, id: i64, reason: &str) -> Result<Done> {
        let why = clean_line(reason, 300);
        let said = why.clone();
        self.write(Durability::Full, move |tx, _, now| {
            events::settle_booking(tx, id, "booking", "failed", &why)?;
            audit::append(
                tx,
                now,
                "engine",
                "meeting.not_booked",
                &format!("booking:{id}"),
                &json!({"because": why}),
            )?;
            Ok(())
        })?;
        Err(EngineError::Outside(format!(
            "The meeting was not booked: {said}"
        )))
    }

    /// Asks the calendar about bookings whose answer did not come.
    pub(in crate::engine) fn settle_bookings(&self) -> Result<()> {
        let now = self.now();
        let open = self
            .store()
            .read(|tx| Ok::<_, EngineError>(events::open_bookings(tx)?))?;
        for row in open
            .into_iter()
            .filter(|row| now.duration_since(row.at) >= UNDER_WAY)
        {
            match self.is_in_calendar(&row.calendar, &row.event) {
                Some(true) => drop(self.booked(row.id)?),
                Some(false) => drop(self.not_booked(row.id, "the calendar does not know it")),
                None => {}
            }
        }
        self.settle_moves()
    }

    /// Records that somebody did not come to a meeting.
    ///
    /// # Errors
    /// If there is no such meeting or it has not begun.
    pub fn note_no_show(&self, event: &str) -> Result<Done> {
        let name = event.to_owned();
        self.write(Durability::Full, move |tx, core, now| {
            let Some(row) = events::find(tx, &name)? else {
                return Err(EngineError::NotFound(format!(
                    "There is no meeting {}; `caseyos meetings --json` shows their names.",
                    clean_line(&name, 80)
                )));
            };
            if row.starts_at > now {
                return Err(EngineError::Input(
                    "The meeting has not begun yet. Nothing was changed.".into(),
                ));
            }
            if row.state == MeetingState::NoShow {
                return Ok(Done::Nothing {
                    summary: "That is known already.".into(),
                });
            }
            let row = EventRow {
                state: MeetingState::NoShow,
                ..row
            };
            tell(tx, core, &row, (SignalKind::NoShow, 0, now), now)?;
            events::save(tx, &row)?;
            audit::append(
                tx,
                now,
                "operator",
                "meeting.no_show",
                &format!("event:{name}"),
                &json!({"email": row.email}),
            )?;
            Ok(Done::Changed {
                summary: format!("{} did not come to \"{}\".", row.email, row.title),
                undo: None,
            })
        })
    }
}
