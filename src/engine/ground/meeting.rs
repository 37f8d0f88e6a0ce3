//! The one name of a meeting, whoever asks for it.

use jiff::Timestamp;

use crate::domain::id::ContactId;
use crate::engine::error::Result;
use crate::store::calendar::BookingRow;
use crate::store::{ReadTx, WriteTx, executions, people};

/// Names the meeting with a person at an instant, whichever of their contacts it is asked for.
pub(in crate::engine) fn once_at(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    start: Timestamp,
) -> Result<String> {
    let mut who = contact.map_or(0, |c| c.0);
    if let Some(contact) = contact {
        for other in people::namesakes(tx, contact)? {
            who = who.min(other.0);
        }
    }
    Ok(format!("meeting:{who}:{}", start.as_second()))
}

/// Lets the name of a booking's effect follow its time.
pub(in crate::engine) fn follow(tx: &WriteTx<'_>, booking: &BookingRow) -> Result<()> {
    if let Some(execution) = booking.execution_id {
        let once = once_at(tx, Some(booking.contact_id), booking.starts_at)?;
        executions::set_once(tx, execution, &once)?;
    }
    Ok(())
}
