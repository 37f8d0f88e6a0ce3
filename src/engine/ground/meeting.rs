//! The one name of a meeting, whoever asks for it.

use jiff::Timestamp;

use crate::domain::id::ContactId;
use crate::engine::error::Result;
use crate::engine::ground::reach::Reach;
use crate::store::calendar::BookingRow;
use crate::store::{ReadTx, WriteTx, executions};

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

/// Lets the name of a booking's effect follow its time.
pub(in crate::engine) fn follow(tx: &WriteTx<'_>, booking: &BookingRow) -> Result<()> {
    if let Some(execution) = booking.execution_id {
        let once = once_at(tx, Some(booking.contact_id), booking.starts_at)?;
        executions::set_once(tx, execution, &once)?;
    }
    Ok(())
}
