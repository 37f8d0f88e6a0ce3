//! Moves: recommended actions on Today's list.

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
