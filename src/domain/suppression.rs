//! The causes for which somebody is never written to.

use super::words::words;

words! {
    /// The cause of a suppression.
    pub enum Cause ("a cause of a suppression") {
        /// The person asked for no more mail.
        OptedOut = "opted_out",
        /// The person had their data removed.
        Erased = "erased",
        /// The operator decided it.
        Operator = "operator",
        /// Mail to the address comes back for good.
        Bounced = "bounced",
    }
}

impl Cause {
    /// Tells whether it holds for the person, at whichever address. A bounce says something of one address only.
    #[must_use]
    pub const fn follows_person(self) -> bool {
        match self {
            Self::OptedOut | Self::Erased | Self::Operator => true,
            Self::Bounced => false,
        }
    }
}
