//! Happenings: arrivals that others act on.

use jiff::Timestamp;

use crate::domain::consent::Law;
use crate::domain::email::{Demand, Scope};
use crate::domain::id::{ContactId, SignalId};

/// An arrival about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Happened {
    /// The person.
    pub contact: ContactId,
    /// The kind of arrival.
    pub what: Arrived,
}

/// The kind of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Arrived {
    /// They answered a mail.
    Reply,
    /// They asked not to be written to.
    OptOut(Wish),
    /// They may have asked not to be written to.
    Doubt(Wish),
    /// They demand something about their data, and may still be written to.
    Demand(Wish),
    /// Mail to them came back for good.
    Bounce {
        /// The reason.
        because: Returned,
        /// The addresses that no longer take mail.
        addresses: Vec<String>,
    },
    /// A meeting with them is agreed.
    Booking,
    /// Their record took in another one of theirs.
    Merge,
    /// Their record was removed for good.
    Erasure,
}

/// A wish to be left alone, or a demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Wish {
    /// The signal that tells of it.
    pub signal: SignalId,
    /// Instant of the wish.
    pub at: Timestamp,
    /// The address that they wrote from.
    pub written_from: Option<String>,
    /// The people whom it speaks for.
    pub scope: Scope,
    /// Their sentence.
    pub sentence: String,
    /// A demand by law.
    pub demand: Option<Demand>,
    /// The law that it names.
    pub law: Law,
    /// True if it is written in a language that is not read.
    pub is_unread: bool,
}

/// The reason of a bounce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Returned {
    /// The address does not exist or takes no mail.
    Address,
    /// The receiving side refuses mail of this kind; the address may be good.
    Policy,
}
