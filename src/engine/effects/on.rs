//! Arrivals that end what waits to leave.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::effect::Ended;
use crate::domain::moves::MoveStatus;
use crate::engine::effects::kinds;
use crate::engine::effects::take_back::cancel;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened, Returned};
use crate::store::{WriteTx, audit, executions};

/// Takes back what waits for a person who answered, opted out or cannot be reached: after an answer it would read as if nobody had listened.
pub(in crate::engine) fn end_waiting(
    tx: &WriteTx<'_>,
    _: &Core,
    happened: &Happened,
    now: Timestamp,
) -> Result<()> {
    let reason = match happened.what {
        Arrived::Reply => "they answered",
        Arrived::OptOut { .. } => "they opted out",
        Arrived::Bounce {
            because: Returned::Address,
            ..
        } => "their address bounced",
        Arrived::Bounce {
            because: Returned::Policy,
            ..
        }
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
            audit::append(
                tx,
                now,
                "engine",
                "execution.cancelled",
                &format!("execution:{}", row.id),
                &json!({"because": reason}),
            )?;
        }
    }
    Ok(())
}
