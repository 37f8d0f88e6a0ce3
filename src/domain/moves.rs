//! Moves: recommended actions on Today's list.

use jiff::Timestamp;

use super::action::{ActionKind, Components};
use super::signal::Domain;
use super::words::words;

words! {
    /// Where a move stands.
    pub enum MoveStatus ("a move's status") {
        /// On the list.
        Open = "open",
        /// Put off until a time.
        Snoozed = "snoozed",
        /// Consented to; waits for a guard or for its turn.
        Approved = "approved",
        /// Being carried out.
        Executing = "executing",
        /// Carried out, or ticked off.
        Done = "done",
        /// Taken off the list by the operator.
        Skipped = "skipped",
        /// Overtaken by time or events.
        Expired = "expired",
    }
}

impl MoveStatus {
    /// Tells whether the move still stands: there is at most one such move of a family for a contact or deal.
    #[must_use]
    pub const fn is_standing(self) -> bool {
        matches!(
            self,
            Self::Open | Self::Snoozed | Self::Approved | Self::Executing
        )
    }
}

/// What a rule makes of a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The rule's id.
    pub rule: String,
    /// What to do.
    pub action: ActionKind,
    /// The part of the work.
    pub domain: Domain,
    /// A few words for the list, such as "Send proposal".
    pub title: String,
    /// The mail template's name; empty for what is done by hand.
    pub template: String,
    /// Revenue (a hint, overruled by a deal's amount), urgency, effort and strategic value, each 0..=1.
    pub components: Components,
    /// Why it is urgent, in a few words, such as "asked for pricing".
    pub urgency_why: String,
    /// Why it is of strategic value, in a few words; may be empty.
    pub strategic_why: String,
    /// When it is due.
    pub due_at: Timestamp,
}
