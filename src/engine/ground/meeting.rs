//! The one name of a meeting, whoever asks for it.

use jiff::Timestamp;

use crate::domain::effect::Ended;
use crate::domain::id::ContactId;
use crate::engine::error::Result;
use crate::engine::ground::reach::Reach;
use crate::store::calendar::{self as events, BookingRow, BookingState};
use crate::store::executions::{self, End, ExecutionStatus};
use crate::store::{ReadTx, WriteTx, undo};

/// Names the meeting with a person at an instant, whichever of their contacts it is asked for. One that has its name keeps it, though another
/// contact turned out since to be the same person.
pub(in crate::engine) fn once_at(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    start: Timestamp,
) -> Result<String> {
    let name = |who: i64| format!("meeting:{who}:{}", start.as_second());
    let contacts = match contact {
        Some(contact) => Reach::contacts(tx, contact)?,
        None => Vec::new(),
    };
    for contact in &contacts {
        let known = name(contact.0);
        if executions::by_once(tx, &known)?.is_some() {
            return Ok(known);
        }
    }
    Ok(name(contacts.first().map_or(0, |c| c.0)))
}

/// Records that a booked meeting is in the calendar no more, for this reason: it has nothing to undo, and another may be booked at its time. The
/// effect that booked it stays as it is if `by_undo`, since whoever undoes it settles it.
pub(in crate::engine) fn taken_back(
    tx: &WriteTx<'_>,
    booking: &BookingRow,
    because: &str,
    by_undo: bool,
    now: Timestamp,
) -> Result<()> {
    events::settle_booking(
        tx,
        booking.id,
        BookingState::Booked,
        BookingState::TakenBack,
    )?;
    // Else the next undo would come upon one of them and find nothing to take back, for ever.
    for of_meeting in executions::by_mark(tx, Some(booking.contact_id), &booking.event)? {
        if let Some(entry) = undo::of_execution(tx, of_meeting)? {
            undo::mark(tx, entry, now)?;
        }
    }
    if let Some(execution) = booking.execution_id.filter(|_| !by_undo) {
        let end = End {
            to: ExecutionStatus::Cancelled,
            ended: Ended::TakenBack,
            location: "",
            because,
        };
        executions::settle(tx, execution, ExecutionStatus::Sent, end, now)?;
    }
    Ok(tx.emit(now, "meeting.taken_back", format!("booking:{}", booking.id))?)
}

/// Lets the name of a booking's effect follow its time.
pub(in crate::engine) fn follow(tx: &WriteTx<'_>, booking: &BookingRow) -> Result<()> {
    if let Some(execution) = booking.execution_id {
        let once = once_at(tx, Some(booking.contact_id), booking.starts_at)?;
        executions::set_once(tx, execution, &once)?;
    }
    Ok(())
}
