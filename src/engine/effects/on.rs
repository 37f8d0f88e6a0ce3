//! Arrivals that end what waits to leave.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::moves::MoveStatus;
use crate::engine::effects::kinds;
use crate::engine::effects::take_back::cancel;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened, Returned};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::{WriteTx, executions};

/// Takes back what waits for a person who answered or cannot be reached: after an answer it would read as if nobody had listened.
pub(in crate::engine) fn end_waiting(
    tx: &WriteTx<'_>,
    _: &Core,
    happened: &Happened,
    now: Timestamp,
) -> Result<()> {
    let reason = match happened.what {
        Arrived::Reply => "they answered",
        Arrived::Bounce {
            because: Returned::Address,
            ..
        } => "their address bounced",
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
    for row in executions::queued_for(tx, happened.contact)? {
        // A change of records says nothing to them.
        if !kinds::of(row.kind).asks().suppression {
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
