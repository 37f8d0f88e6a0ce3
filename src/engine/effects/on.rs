//! Arrivals that end what waits to leave.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::email::MailboxKey;
use crate::domain::moves::MoveStatus;
use crate::engine::effects::kinds;
use crate::engine::effects::take_back::cancel;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened, Returned};
use crate::engine::ground::reach::Reach;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::{WriteTx, executions};

/// Takes back what waits for a person who answered or cannot be reached: after an answer it would read as if nobody had listened.
pub(in crate::engine) fn end_waiting(
    tx: &WriteTx<'_>,
    _: &Core,
    happened: &Happened,
    now: Timestamp,
) -> Result<()> {
    let (reason, bounced) = match &happened.what {
        Arrived::Reply => ("they answered", None),
        Arrived::Bounce {
            because: Returned::Address,
            addresses,
        } => ("their address bounced", Some(addresses)),
        Arrived::Bounce {
            because: Returned::Policy,
            ..
        }
        // Ended for everybody whom the wish speaks for, or held until it is clear.
        | Arrived::OptOut(_)
        | Arrived::Doubt(_)
        | Arrived::Demand(_)
        | Arrived::Booking
        | Arrived::Merge
        | Arrived::Erasure => return Ok(()),
    };
    let reach = Reach::of(tx, Some(happened.contact), "")?;
    // An answer is the person's; a bounce is one address's, and mail to another may go.
    let is_meant = |row: &ExecutionRow| match bounced {
        None => reach.includes(row.contact_id, &row.to_key),
        Some(addresses) if addresses.is_empty() => row.contact_id == Some(happened.contact),
        Some(addresses) => {
            let to = MailboxKey::of(&row.to_key);
            addresses.iter().any(|one| MailboxKey::of(one) == to)
        }
    };
    for row in executions::waiting(tx, ExecutionStatus::Queued)? {
        // A change of records says nothing to them.
        if !kinds::of(row.kind).asks().suppression || !is_meant(&row) {
            continue;
        }
        let end = (Ended::Overtaken, reason);
        if cancel(tx, &row, end, MoveStatus::Expired, now)? {
            let ended = Change {
                by: &By::Engine,
                event: "execution.cancelled",
                about: vec![format!("execution:{}", row.id)],
                detail: json!({"because": reason}),
                tells: Tells::Nothing,
                back: Back::None,
            };
            change(tx, ended, now)?;
        }
    }
    Ok(())
}
