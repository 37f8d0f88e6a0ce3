//! Arrivals that end the consent to be written to.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::by::By;
use crate::domain::email::{MailboxKey, Named};
use crate::domain::suppression::Cause;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::suppressions::SuppressedBy;
use crate::store::{WriteTx, people, suppressions};

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
            let addresses = known_by.iter().chain(written_from);
            add(tx, addresses, Cause::OptedOut, reason, now)
        }
        Arrived::Bounce { addresses, .. } => {
            let reason = ("the address bounced", "bounce");
            add(tx, addresses, Cause::Bounced, reason, now)
        }
        Arrived::Reply | Arrived::Booking | Arrived::Merge | Arrived::Erasure => Ok(()),
    }
}

fn add<'a>(
    tx: &WriteTx<'_>,
    addresses: impl IntoIterator<Item = &'a String>,
    cause: Cause,
    (reason, because): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    for address in addresses {
        let named = Named::Mailbox(MailboxKey::of(address));
        if suppressions::add(
            tx,
            (&named, address),
            cause,
            (reason, SuppressedBy::Mail),
            now,
        )? {
            let added = Change {
                by: &By::Engine,
                event: "suppression.added",
                about: vec![address.clone()],
                detail: json!({"because": because}),
                tells: Tells::As("suppression.changed"),
                back: Back::None,
            };
            change(tx, added, now)?;
        }
    }
    Ok(())
}
