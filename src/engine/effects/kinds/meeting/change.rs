//! Booked meetings that are moved or taken back.
//!
//! The new time is committed before the calendar is asked. Where no answer came, the calendar is asked when the meeting is.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::connectors::google::calendar;
use crate::connectors::transport::{Body, CallErrorKind, Fate};
use crate::domain::guard::Mode;
use crate::domain::id::{ExecutionId, UndoId};
use crate::domain::text::clean_line;
use crate::engine::effects::deed::calendar_zone;
use crate::engine::effects::kinds::meeting::UNDER_WAY;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::outside::google::sentence;
use crate::engine::undo::{Step, remember};
use crate::env::crash_point;
use crate::store::calendar::{self as events, BookingRow};
use crate::store::executions::ExecutionStatus;
use crate::store::{Durability, audit, executions, people, undo};

type Span = (Timestamp, Timestamp);

impl Engine {
    fn booking(&self, name: &str) -> Result<BookingRow> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(events::load_booking(tx, name)?))?
            .ok_or_else(|| {
                EngineError::NotFound(format!(
                    "There is no booking {}; `caseyos meetings` lists meetings, and only those booked from here can be changed here.",
                    clean_line(name, 80)
                ))
            })
    }

    /// Takes a meeting that was booked from here out of the calendar, and tells the others. If a move's approval booked it, the move is open again.
    ///
    /// # Errors
    /// If there is no such booking, or the calendar refuses.
    pub fn take_meeting_back(&self, name: &str, entry: Option<UndoId>) -> Result<Done> {
        let row = self.booking(name)?;
        if row.state != "booked" {
            return Ok(Done::Nothing {
                summary: format!(
                    "Booking {} is {}; there is nothing to take back.",
                    row.id,
                    row.state.replace('_', " ")
                ),
            });
        }
        if let Some(summary) = self.why_not_to(None, "")? {
            return Ok(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            });
        }
        let execution = crate::engine::effects::kinds::carry::execution_of(&row).map(ExecutionId);
        let execution = match execution {
            Some(id) => self
                .store()
                .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))?,
            None => None,
        };
        if let (Some(execution), Some(_)) = (&execution, entry) {
            let id = execution.move_id;
            self.store()
                .read(|tx| crate::engine::effects::kinds::carry::may_reopen(tx, id))?;
        }
        let was_there = match self
            .outside()
            .call(&calendar::delete_event(&row.calendar, &row.event))
        {
            Ok(_) => true,
            Err(e) if matches!(e.kind, CallErrorKind::Gone | CallErrorKind::NotFound) => false,
            Err(error) => {
                return Err(EngineError::Outside(format!(
                    "Booking {} could not be taken out of the calendar: {} It stands here as it was; asked again, it is taken out once.",
                    row.id,
                    sentence(&error)
                )));
            }
        };
        crash_point("booking-deleted");
        self.write(Durability::Full, move |tx, _, now| {
            events::settle_booking(tx, row.id, "booked", "taken_back", "")?;
            if let Some(entry) = entry {
                undo::mark(tx, entry, now)?;
            }
            // Else the next undo would come upon it, and find nothing to take back, for ever.
            undo::mark_meeting(tx, row.id, now)?;
            let mut again = String::new();
            if let Some(execution) = execution {
                let because = ("", "the meeting was taken back");
                let (from, to) = (ExecutionStatus::Sent, ExecutionStatus::Cancelled);
                executions::settle(tx, execution.id, from, to, because, now)?;
                if let Some(entry) = undo::of_execution(tx, execution.id)? {
                    undo::mark(tx, entry, now)?;
                }
                // What called a meeting off is no reason to offer it anew; what took the approval back is.
                if entry.is_some() {
                    crate::engine::effects::kinds::carry::take_back(tx, &execution, now)?;
                    again = format!(" Move {} is open again.", execution.move_id);
                }
            }
            audit::append(
                tx,
                now,
                "operator",
                "meeting.taken_back",
                &format!("booking:{}", row.id),
                &json!({"event": row.event}),
            )?;
            tx.emit(now, "meeting.taken_back", format!("booking:{}", row.id))?;
            Ok(Done::Changed {
                summary: if was_there {
                    format!(
                        "Booking {} was taken out of the calendar, and they are told.{again}",
                        row.id
                    )
                } else {
                    format!(
                        "Booking {} was not in the calendar any more; it is taken back here.{again}",
                        row.id
                    )
                },
                undo: None,
            })
        })
    }

    /// Moves a meeting that was booked from here to another time, and tells the others; `dry_run` shows what would be asked. It stays as long as
    /// it was unless `length` says otherwise.
    ///
    /// # Errors
    /// If there is no such booking, or the calendar refuses.
    pub fn move_meeting(
        &self,
        name: &str,
        start: Timestamp,
        length: Option<SignedDuration>,
        dry_run: bool,
    ) -> Result<Done> {
        let row = self.booking(name)?;
        if start <= self.now() {
            return Err(EngineError::Input(
                "The meeting would begin in the past. Nothing was moved.".into(),
            ));
        }
        let length = length.unwrap_or_else(|| row.ends_at.duration_since(row.starts_at));
        let end = start.checked_add(length).map_err(|_| {
            EngineError::Input("The meeting would end beyond what calendars know.".into())
        })?;
        self.change_time(&row, (start, end), None, dry_run)
    }

    /// Puts a meeting that was moved back to when it was.
    pub(in crate::engine) fn put_meeting_back(
        &self,
        id: i64,
        to: Span,
        entry: UndoId,
    ) -> Result<Done> {
        if to.0 <= self.now() {
            return Err(EngineError::Input(
                "When the meeting was to begin before it was moved has passed. Nothing was changed."
                    .into(),
            ));
        }
        let row = self.booking(&id.to_string())?;
        self.change_time(&row, to, Some(entry), false)
    }

    fn change_time(
        &self,
        row: &BookingRow,
        to: Span,
        entry: Option<UndoId>,
        dry_run: bool,
    ) -> Result<Done> {
        let nothing = |summary: String| Ok(Done::Nothing { summary });
        let id = row.id;
        let blocked = |summary: String| {
            Ok(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            })
        };
        if row.state != "booked" {
            return blocked(format!(
                "Booking {id} is {}; it cannot be moved. Nothing was changed.",
                row.state.replace('_', " ")
            ));
        }
        if row.moving_to.is_some() {
            return blocked(format!(
                "Booking {id} is being moved; the next sync tells what became of it. Nothing was changed."
            ));
        }
        // What stands here may have been moved in the calendar since.
        if (row.starts_at, row.ends_at) == to
            && !dry_run
            && self.begins_at(row).flatten() == Some(to.0)
        {
            if let Some(entry) = entry {
                self.write(Durability::Full, move |tx, _, now| {
                    Ok(undo::mark(tx, entry, now)?)
                })?;
            }
            return nothing(format!("Booking {id} is at that time already."));
        }
        let zone = calendar_zone(self.core());
        let request = calendar::move_event(&row.calendar, &row.event, to.0, to.1, &zone);
        if dry_run || self.core().mode() == Mode::DryRun {
            let body = match &request.body {
                Body::Json(body) => body.to_string(),
                _ => String::new(),
            };
            return nothing(format!(
                "Would ask: {} {}?sendUpdates=all {body}",
                request.method.as_str(),
                request.path
            ));
        }
        let person = self
            .store()
            .read(|tx| Ok::<_, EngineError>(people::load(tx, row.contact_id)?))?;
        let (email, stage) = person.map(|p| (p.email, p.stage)).unwrap_or_default();
        if let Some(summary) = self.why_not_to(Some(&email), &stage)? {
            return Ok(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            });
        }
        let is_begun = self.write(Durability::Full, move |tx, _, now| {
            if !events::begin_moving(tx, id, to, now)? {
                return Ok(false);
            }
            let detail = json!({"to": to.0.to_string()});
            let subject = format!("booking:{id}");
            audit::append(tx, now, "operator", "meeting.moving", &subject, &detail)?;
            Ok(true)
        })?;
        if !is_begun {
            return nothing(format!(
                "Booking {id} has changed just now. Nothing was moved."
            ));
        }
        crash_point("moving-begun");
        let answer = self.outside().call(&request);
        crash_point("moving-asked");
        match answer {
            Ok(_) => self.moved(row, entry),
            Err(error) if matches!(error.fate, Fate::Unknown | Fate::Sent) => {
                match self.begins_at(row) {
                    Some(start) if start == Some(to.0) => self.moved(row, entry),
                    _ => Err(EngineError::Outside(format!(
                        "Nobody knows yet whether the meeting was moved: {} The next sync asks the calendar.",
                        sentence(&error)
                    ))),
                }
            }
            Err(error) => {
                let why = sentence(&error);
                self.not_moved(id, &why)?;
                Err(EngineError::Outside(format!(
                    "The meeting was not moved: {why}"
                )))
            }
        }
    }

    /// Asks the calendar when a meeting begins; none if that cannot be learned now.
    fn begins_at(&self, row: &BookingRow) -> Option<Option<Timestamp>> {
        match self
            .outside()
            .call(&calendar::get_event(&row.calendar, &row.event))
        {
            Ok(answer) => calendar::read_event(&answer, &self.zone())
                .ok()
                .map(|event| event.start.filter(|_| !event.is_cancelled)),
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => Some(None),
            Err(_) => None,
        }
    }

    fn moved(&self, row: &BookingRow, entry: Option<UndoId>) -> Result<Done> {
        let before = row.clone();
        self.write(Durability::Full, move |tx, core, now| {
            let id = before.id;
            if !events::end_moving(tx, id, true)? {
                return Ok(Done::Nothing {
                    summary: format!("The moving of booking {id} was settled already."),
                });
            }
            let Some(row) = events::load_booking(tx, &id.to_string())? else {
                return Err(EngineError::NotFound(format!("There is no booking {id}.")));
            };
            let at = row.starts_at.to_zoned(core.config.operator.zone());
            let summary = format!(
                "Moved booking {id} to {}; they are told.",
                at.strftime("%a %-d %b %H:%M")
            );
            let undo = match entry {
                Some(entry) => {
                    undo::mark(tx, entry, now)?;
                    None
                }
                None => {
                    let promise = "The meeting goes back to when it was and they are told again.";
                    let step = Step::MeetingTime {
                        id,
                        starts_at: before.starts_at,
                        ends_at: before.ends_at,
                    };
                    Some(remember(tx, &summary, promise, &step, now)?)
                }
            };
            let detail = json!({"event": row.event, "starts_at": row.starts_at.to_string()});
            let subject = format!("booking:{id}");
            audit::append(tx, now, "operator", "meeting.moved", &subject, &detail)?;
            tx.emit(now, "meeting.moved", subject)?;
            Ok(Done::Changed { summary, undo })
        })
    }

    fn not_moved(&self, id: i64, reason: &str) -> Result<()> {
        let why = clean_line(reason, 300);
        self.write(Durability::Full, move |tx, _, now| {
            if events::end_moving(tx, id, false)? {
                let detail = json!({"because": why});
                let subject = format!("booking:{id}");
                audit::append(tx, now, "engine", "meeting.not_moved", &subject, &detail)?;
            }
            Ok(())
        })
    }

    /// Asks the calendar about meetings whose moving nobody answered.
    pub(in crate::engine) fn settle_moves(&self) -> Result<()> {
        let open = self
            .store()
            .read(|tx| Ok::<_, EngineError>(events::moving(tx)?))?;
        for row in open {
            let Some((start, _)) = row.moving_to else {
                continue;
            };
            match self.begins_at(&row) {
                Some(Some(at)) if at == start => drop(self.moved(&row, None)?),
                // It may still be on its way there.
                Some(_)
                    if row
                        .moving_at
                        .is_some_and(|at| self.now().duration_since(at) < UNDER_WAY) => {}
                Some(None) => self.not_moved(row.id, "it is no longer in the calendar")?,
                Some(Some(_)) => {
                    self.not_moved(row.id, "the calendar has it at another time")?;
                }
                None => {}
            }
        }
        Ok(())
    }
}
