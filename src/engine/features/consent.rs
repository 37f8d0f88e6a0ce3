//! Arrivals that end the consent to be written to.

use jiff::Timestamp;
use serde_json::json;

use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened};
use crate::store::suppressions::SuppressedBy;
use crate::store::{WriteTx, audit, people, suppressions};

/// Suppresses the addresses of a person who opted out, and those that bounced.
pub(in crate::engine) fn suppress(
    tx: &WriteTx<'_>,
    _: &Core,
    happened: &Happened,
    now: Timestamp,
) -> Result<()> {
    match &happened.what {
        // It counts for the address that we wrote to and for the one that they wrote from.
        Arrived::OptOut { written_from } => {
            let known_by = people::addresses(tx, happened.contact)?;
            let reason = ("asked not to be written to", "opt-out");
            add(tx, known_by.iter().chain(written_from), reason, now)
        }
        Arrived::Bounce { addresses, .. } => {
            add(tx, addresses, ("the address bounced", "bounce"), now)
        }
        Arrived::Reply | Arrived::Booking | Arrived::Merge | Arrived::Erasure => Ok(()),
    }
}

fn add<'a>(
    tx: &WriteTx<'_>,
    addresses: impl IntoIterator<Item = &'a String>,
    (reason, because): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    for address in addresses {
        if suppressions::add(tx, address, reason, SuppressedBy::Mail, now)? {
            let detail = json!({"because": because});
            audit::append(tx, now, "engine", "suppression.added", address, &detail)?;
            tx.emit(now, "suppression.changed", address.clone())?;
        }
    }
    Ok(())
}
