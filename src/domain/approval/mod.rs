//! Approval by rules: which moves need not wait for the operator.

mod expression;
mod facts;
mod unfilled;

pub use expression::{Condition, NotKnown, WrongCondition};
pub use facts::{Facts, Kind, Value, Variable};
pub use unfilled::find_unfilled;

use super::words::words;

words! {
    /// What a rule of approval does where it matches.
    pub enum RuleEffect ("an effect of a rule") {
        /// The operator decides, whatever other rules say.
        Deny = "deny",
        /// The move is approved.
        Allow = "allow",
    }
}

words! {
    /// Whether a rule of approval is asked, and whether it acts.
    #[derive(Default)]
    pub enum RuleState ("a rule's state") {
        /// It is not asked.
        Off = "off",
        /// It decides and is counted, and nothing follows from it.
        #[default]
        Shadow = "shadow",
        /// It acts.
        On = "on",
    }
}
