//! Invitations and records as execution carries them out: deliver once, and find what was delivered.
//!
//! A meeting goes into the calendar under a name that the execution's number makes, so that asking again makes no second one. A record goes
//! through HubSpot's own outbox under a key that names the execution, which follows up what was not answered.

use jiff::Timestamp;
use serde_json::json;

use crate::connectors::google::calendar::{self, NewEvent};
use crate::connectors::transport::{CallError, CallErrorKind, Fate};
use crate::domain::id::{ExecutionId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::Answer;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::text::clean_line;
use crate::engine::effects::deed::{Invitation, held};
use crate::engine::effects::kinds::mail::post::{Delivered, Undelivered};
use crate::engine::effects::kinds::meeting::UNDER_WAY;
use crate::engine::effects::kinds::record::deeds::RecordDeed;
use crate::engine::effects::kinds::record::outbox::{CLOSED, NOT_DONE, SAYS_SO};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::instance;
use crate::engine::handle::Engine;
use crate::engine::outside::google::sentence;
use crate::engine::road::outcomes::{Observed, RECORDED, record};
use crate::engine::undo::reopen;
use crate::store::calendar::{self as events, BookingRow};
use crate::store::executions::ExecutionRow;
use crate::store::hubspot::{self, NewWrite, WriteRow, WriteStatus};
use crate::store::moves::MoveState;
use crate::store::{Durability, ReadTx, WriteTx, audit, moves, outcomes, people};

/// Returns how the keys of an execution's writes to HubSpot begin. A write that was certainly not done is followed by another under a key of its
/// own; one of which that is not certain is never followed by a second.
///
/// The installation is named in it: another one that writes to the same portal has executions of the same numbers.
fn write_family(tx: &ReadTx<'_>, id: ExecutionId) -> Result<String> {
    Ok(format!("execution:{}:{id}:", instance(tx)?))
}

/// Finds the write of an execution that was done, or that may have been.
pub(in crate::engine) fn find_write(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Option<WriteRow>> {
    let newest = hubspot::newest_write_of(tx, &write_family(tx, id)?)?;
    Ok(newest.filter(|write| !was_not_done(write)))
}

fn was_not_done(write: &WriteRow) -> bool {
    match write.status {
        WriteStatus::Failed => true,
        WriteStatus::Cancelled => write.error != SAYS_SO && write.error != CLOSED,
        WriteStatus::Queued | WriteStatus::Sending | WriteStatus::Sent | WriteStatus::Uncertain => {
            false
        }
    }
}

/// Ends the write of an execution that the operator closed: it counts as done, and must not be done after all.
pub(in crate::engine) fn close_write(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    now: Timestamp,
) -> Result<()> {
    if let Some(write) = find_write(tx, id)?
        && matches!(
            write.status,
            WriteStatus::Uncertain | WriteStatus::Queued | WriteStatus::Sending
        )
    {
        let steps = (write.status, WriteStatus::Cancelled);
        hubspot::settle_write(tx, write.id, steps, ("", CLOSED), now)?;
    }
    Ok(())
}

/// Returns what makes a meeting that an execution booked known as its.
fn booking_of(row: &ExecutionRow) -> String {
    format!("execution:{}", row.id)
}

/// Returns the execution that a booking came of, if it came of one.
pub(in crate::engine) fn execution_of(booking: &BookingRow) -> Option<i64> {
    booking.once.strip_prefix("execution:")?.parse().ok()
}

fn kept(error: &EngineError) -> Undelivered {
    Undelivered::NotSent {
        reason: error.to_string(),
        is_final: false,
        retry_after: None,
    }
}

impl Engine {
    fn meeting_of(&self, row: &ExecutionRow) -> Result<(String, NewEvent)> {
        let invitation: Invitation = held(row)?;
        let event = self.store().read(|tx| invitation.event_of(tx, row.id))?;
        Ok((invitation.calendar, event))
    }

    /// Puts a meeting into the calendar, which invites.
    pub(in crate::engine) fn deliver_meeting(
        &self,
        row: &ExecutionRow,
        stopped: &dyn Fn() -> Option<String>,
    ) -> Result<Delivered, Undelivered> {
        let (calendar, event) = self.meeting_of(row).map_err(|e| kept(&e))?;
        if let Some(reason) = stopped() {
            return Err(Undelivered::Stopped { reason });
        }
        match self
            .outside()
            .call(&calendar::insert_event(&calendar, &event))
        {
            Ok(answer) => Ok(meeting_at(&calendar, &self.name_given(&event.id, &answer))),
            // The name is ours alone: what is there under it is this meeting, unless somebody has taken it out since.
            Err(error) if error.kind == CallErrorKind::Conflict => {
                match self.is_in_calendar(&calendar, &event.id) {
                    Some(true) => Ok(meeting_at(&calendar, &event.id)),
                    Some(false) => Err(Undelivered::NotSent {
                        reason: "this meeting was put into the calendar before and taken out again"
                            .into(),
                        is_final: true,
                        retry_after: None,
                    }),
                    None => Err(Undelivered::Unknown {
                        reason: sentence(&error),
                    }),
                }
            }
            Err(error) => Err(undelivered(&error)),
        }
    }

    /// Asks the calendar what became of a meeting. While the request may still be on its way, that it is not there says nothing: who approved the
    /// move anew would have two. After that it may be asked for again; under its name there is never a second.
    fn find_meeting(&self, row: &ExecutionRow) -> Result<(Answer, Option<Delivered>)> {
        let (calendar, event) = self.meeting_of(row)?;
        Ok(match self.is_in_calendar(&calendar, &event.id) {
            Some(true) => (Answer::Found, Some(meeting_at(&calendar, &event.id))),
            Some(false) if self.is_under_way(row) => (Answer::NotFoundYet, None),
            Some(false) => (Answer::NeverHad, None),
            None => (Answer::Silent, None),
        })
    }

    fn is_under_way(&self, row: &ExecutionRow) -> bool {
        row.claimed_at
            .is_some_and(|at| self.now().duration_since(at) < UNDER_WAY)
    }

    /// Writes a record to HubSpot.
    pub(in crate::engine) fn deliver_record(
        &self,
        row: &ExecutionRow,
        stopped: &dyn Fn() -> Option<String>,
    ) -> Result<Delivered, Undelivered> {
        let write = self.begin_write(row).map_err(|e| kept(&e))?;
        if let Some(reason) = stopped() {
            self.drop_write(&write).map_err(|e| kept(&e))?;
            return Err(Undelivered::Stopped { reason });
        }
        if write.status == WriteStatus::Queued
            && let Err(error) = self.carry_out_write(write.id)
        {
            tracing::info!(execution = row.id.0, %error, "a record was not written");
        }
        // Whatever the call said, the row knows.
        let load = || self.store().read(|tx| hubspot::load_write(tx, write.id));
        let Some(write) = load().map_err(|e| kept(&e.into()))? else {
            return Err(kept(&EngineError::Outside("the write is gone".into())));
        };
        self.delivered_as(&write, row)
    }

    /// Says what a write's state means for the execution that asked for it.
    fn delivered_as(&self, write: &WriteRow, row: &ExecutionRow) -> Result<Delivered, Undelivered> {
        let reason = write.error.clone();
        match write.status {
            WriteStatus::Sent => record_at(write, row).map_err(|e| kept(&e)),
            // It says so there already: nothing was left to write.
            WriteStatus::Cancelled if !was_not_done(write) => {
                record_at(write, row).map_err(|e| kept(&e))
            }
            WriteStatus::Cancelled if reason.starts_with(NOT_DONE) => Err(Undelivered::NotSent {
                reason: reason.trim_start_matches(NOT_DONE).to_owned(),
                is_final: false,
                retry_after: None,
            }),
            WriteStatus::Cancelled | WriteStatus::Failed => Err(Undelivered::NotSent {
                reason,
                is_final: true,
                retry_after: None,
            }),
            // It is this execution that tries again, not the write by itself.
            WriteStatus::Queued => {
                self.drop_write(write).map_err(|e| kept(&e))?;
                Err(Undelivered::NotSent {
                    reason: if reason.is_empty() {
                        "HubSpot was not asked".into()
                    } else {
                        reason
                    },
                    is_final: false,
                    retry_after: None,
                })
            }
            WriteStatus::Sending | WriteStatus::Uncertain => Err(Undelivered::Unknown { reason }),
        }
    }

    fn begin_write(&self, row: &ExecutionRow) -> Result<WriteRow> {
        let deed: RecordDeed = held(row)?;
        let operation = crate::engine::effects::kinds::record::outbox::written(&deed.operation)?;
        let (id, asked_by) = (row.id, row.approved_by.clone());
        self.write(Durability::Full, move |tx, _, now| {
            if let Some(write) = find_write(tx, id)? {
                return Ok(write);
            }
            let family = write_family(tx, id)?;
            let earlier = hubspot::newest_write_of(tx, &family)?;
            let key = format!("{family}{}", earlier.map_or(1, |w| w.id + 1));
            let write = NewWrite {
                key: key.clone(),
                operation,
                summary: deed.summary,
                asked_by,
            };
            if let Some(id) = hubspot::add_write(tx, &write, now)? {
                let subject = format!("hubspot_write:{id}");
                let detail = json!({"what": write.summary, "key": write.key});
                audit::append(tx, now, &write.asked_by, "hubspot.asked", &subject, &detail)?;
            }
            hubspot::find_write(tx, &key)?
                .ok_or_else(|| EngineError::Outside("the write could not be kept".into()))
        })
    }

    /// Takes a write out of HubSpot's queue, if it still lies there.
    fn drop_write(&self, write: &WriteRow) -> Result<()> {
        let (id, error) = (write.id, write.error.clone());
        self.write(Durability::Full, move |tx, _, now| {
            let steps = (WriteStatus::Queued, WriteStatus::Cancelled);
            let why = format!("{NOT_DONE}{error}");
            hubspot::settle_write(tx, id, steps, ("", &why), now)?;
            Ok(())
        })
    }

    /// Asks HubSpot's outbox, and through it HubSpot, what became of a record.
    fn find_record(&self, row: &ExecutionRow) -> Result<(Answer, Option<Delivered>)> {
        let load = || self.store().read(|tx| find_write(tx, row.id));
        let Some(mut write) = load()? else {
            return Ok((Answer::NeverHad, None));
        };
        let is_open = match write.status {
            WriteStatus::Uncertain => true,
            WriteStatus::Sending => {
                crate::store::lease::is_abandoned(self.store().directory(), &write.holder)?
                    || self.core().is_abandoned(row.id, &write.holder)?
            }
            _ => false,
        };
        if is_open {
            if let Err(error) = self.ask_after_write(&write) {
                tracing::info!(execution = row.id.0, %error, "what became of a record is not known yet");
            }
            let id = write.id;
            let now_there = self.store().read(|tx| hubspot::load_write(tx, id))?;
            write = now_there.unwrap_or(write);
        }
        Ok(match self.delivered_as(&write, row) {
            Ok(delivered) => (Answer::Found, Some(delivered)),
            Err(Undelivered::Unknown { .. }) => (Answer::Silent, None),
            Err(Undelivered::NotSent { .. } | Undelivered::Stopped { .. }) => {
                (Answer::NeverHad, None)
            }
        })
    }

    /// Asks what became of an execution that is no mail.
    pub(in crate::engine) fn find_carried(
        &self,
        row: &ExecutionRow,
    ) -> Result<(Answer, Option<Delivered>)> {
        match row.kind {
            crate::domain::guard::EffectKind::Meeting => self.find_meeting(row),
            _ => self.find_record(row),
        }
    }
}

fn meeting_at(calendar: &str, event: &str) -> Delivered {
    Delivered {
        location: format!("google:calendar/{calendar}/{event}"),
        is_draft: false,
    }
}

fn record_at(write: &WriteRow, row: &ExecutionRow) -> Result<Delivered> {
    let deed: RecordDeed = held(row)?;
    Ok(Delivered {
        location: format!("hubspot:{}", deed.operation.place(&write.remote_id)),
        is_draft: false,
    })
}

fn undelivered(error: &CallError) -> Undelivered {
    let reason = sentence(error);
    match error.fate {
        Fate::Unknown | Fate::Sent => Undelivered::Unknown { reason },
        Fate::NotSent | Fate::Answered => Undelivered::NotSent {
            reason,
            is_final: error.fate == Fate::Answered
                && matches!(
                    error.kind,
                    CallErrorKind::Invalid | CallErrorKind::NotFound | CallErrorKind::Forbidden
                ),
            retry_after: error.retry_after,
        },
    }
}

/// Records what follows from an invitation that left: the booking, by which it can be moved and taken back, and that they were in touch.
pub(in crate::engine) fn record_booked(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<()> {
    let invitation: Invitation = held(row)?;
    let event = invitation.event_of(tx, row.id)?;
    let Some(contact) = row.contact_id else {
        return Ok(());
    };
    let booking = BookingRow {
        id: 0,
        once: booking_of(row),
        calendar: invitation.calendar,
        event: event.id.clone(),
        contact_id: contact,
        starts_at: event.start,
        ends_at: event.end,
        content: json!(event).to_string(),
        state: String::new(),
        error: String::new(),
        at: now,
        moving_to: None,
        moving_at: None,
    };
    let id = events::begin_booking(tx, &booking)?;
    if let Some((_, name)) = row.location.rsplit_once('/') {
        events::name_booking(tx, id, name)?;
    }
    events::settle_booking(tx, id, "booking", "booked", "")?;
    people::touch(tx, contact, now)?;
    tx.emit(now, "meeting.booked", format!("booking:{id}"))?;
    Ok(())
}

/// Records what follows from a record that was written: a completed task is an outcome.
pub(in crate::engine) fn record_written(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<()> {
    if row.action != crate::domain::action::ActionKind::CompleteTask {
        return Ok(());
    }
    let completed = Observed {
        contact: row.contact_id,
        execution: Some(row.id),
        move_id: Some(row.move_id),
        action: Some(row.action),
        ..Observed::new(
            OutcomeKind::TaskCompleted,
            OutcomeSource::Hubspot,
            now,
            completed_once(row),
        )
    };
    record(tx, completed, now)?;
    Ok(())
}

/// Returns the name of the outcome of a completed task, the same that the reading of HubSpot gives it: it counts once, whoever tells first.
fn completed_once(row: &ExecutionRow) -> String {
    let task = row.location.rsplit_once('/').map_or("", |(_, id)| id);
    format!("hubspot:task:{task}:completed")
}

/// Opens the move of an execution again that was taken back after it was done; what it counted for counts no more.
pub(in crate::engine) fn take_back(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<()> {
    if let Some(outcome) = outcomes::find_by_once(tx, &completed_once(row))? {
        outcomes::set_undone(tx, outcome, true, now)?;
        tx.emit(now, RECORDED, format!("outcome:{outcome}"))?;
    }
    reopen(tx, &open(row.move_id), now)
}

fn open(id: MoveId) -> MoveState {
    MoveState {
        id,
        status: MoveStatus::Open,
        snoozed_until: None,
        closed_at: None,
        close_reason: String::new(),
    }
}

/// Refuses to open a move again whose place another has taken; asked before what cannot be refused any more is done.
pub(in crate::engine) fn may_reopen(tx: &ReadTx<'_>, id: MoveId) -> Result<()> {
    if moves::load(tx, id)?.is_none() {
        let why = clean_line(&format!("Move {id} is gone. Nothing was changed."), 120);
        return Err(EngineError::Input(why));
    }
    crate::engine::undo::refuse_if_replaced(tx, &open(id))
}
