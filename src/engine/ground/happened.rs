//! Happenings: arrivals that others act on.

use crate::domain::id::ContactId;

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
    OptOut {
        /// The address that they wrote from.
        written_from: Option<String>,
    },
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

/// The reason of a bounce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Returned {
    /// The address does not exist or takes no mail.
    Address,
    /// The receiving side refuses mail of this kind; the address may be good.
    Policy,
}
