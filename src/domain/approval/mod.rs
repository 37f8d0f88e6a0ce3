//! Approval by rules: the moves that need not wait for the operator. Facts in, a decision out.
//!
//! Deny rules come first, then allow rules, and the first that matches decides; [`HardDenial`] holds the denials that no rule can lift.

mod cases;
mod decide;
mod expression;
mod facts;
mod parse;
mod unfilled;

#[cfg(test)]
mod tests;

pub use cases::{Case, CaseResult, check_case, read_cases};
pub use decide::{DecidedBy, Decision, Decisions, HardDenial, Verdict, decide};
pub use expression::{Condition, NotKnown, WrongCondition};
pub use facts::{Facts, Kind, Value, Variable};
pub use unfilled::find_unfilled;

use sha2::{Digest, Sha256};

use super::rule::RuleError;
use super::words::words;

/// The built-in rules' text, for the operator to start from.
pub const BUILTIN: &str = include_str!("../../../assets/approval.toml");

words! {
    /// The effect of a matching approval rule.
    pub enum RuleEffect ("an effect of a rule") {
        /// The operator decides, whatever other rules say.
        Deny = "deny",
        /// The move is approved.
        Allow = "allow",
    }
}

words! {
    /// The state of an approval rule.
    #[derive(Default)]
    pub enum RuleState ("a rule's state") {
        /// Not evaluated.
        Off = "off",
        /// Evaluated and counted, without effect.
        #[default]
        Shadow = "shadow",
        /// Evaluated, with effect.
        On = "on",
    }
}

/// One rule of approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRule {
    /// Its own name.
    pub name: String,
    /// Raised by the operator when its meaning changes.
    pub version: u32,
    /// Its effect on a match.
    pub effect: RuleEffect,
    /// Its state.
    pub state: RuleState,
    /// Conditions, all of which must hold.
    pub when: Vec<Condition>,
    /// Confidence of an allowing rule, 0..=1.
    pub confidence: Option<f64>,
    /// Reason, in the operator's words.
    pub reason: String,
    /// True if the rule says explicitly that it may approve a first mail to somebody in live mode.
    pub may_mail_strangers: bool,
    /// The line where it begins, from 1.
    pub line: usize,
}

/// The rules of one file, deny rules first.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRules {
    rules: Vec<ApprovalRule>,
    hash: [u8; 32],
}

impl ApprovalRules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// Returns every mistake with its line.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<RuleError>> {
        parse::parse(text, file).map(Self::of)
    }

    /// Returns the built-in rules.
    ///
    /// # Panics
    /// Never: a test reads them.
    #[must_use]
    pub fn builtin() -> Self {
        Self::parse(BUILTIN, "approval.toml").unwrap_or_else(|_| Self::of(Vec::new()))
    }

    fn of(mut rules: Vec<ApprovalRule>) -> Self {
        // The order within an effect is the file's, and part of its meaning.
        rules.sort_by_key(|rule| rule.effect);
        let mut hasher = Sha256::new();
        let mut text = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        for rule in &rules {
            text(&rule.name);
            text(&rule.version.to_string());
            text(rule.effect.as_str());
            text(rule.state.as_str());
            text(&rule.when.len().to_string());
            for condition in &rule.when {
                text(condition.text());
            }
            text(&rule.confidence.unwrap_or(-1.0).to_string());
            text(&rule.reason);
            text(if rule.may_mail_strangers { "s" } else { "" });
        }
        Self {
            rules,
            hash: hasher.finalize().into(),
        }
    }

    /// Returns the rules in the order of evaluation.
    #[must_use]
    pub fn rules(&self) -> &[ApprovalRule] {
        &self.rules
    }

    /// Returns the hash of the rules' content.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Tells whether any rule is evaluated at all.
    #[must_use]
    pub fn asks_anything(&self) -> bool {
        self.rules.iter().any(|rule| rule.state != RuleState::Off)
    }

    /// Returns the same rules with those in shadow turned on, for tests of them.
    #[must_use]
    pub fn as_if_on(&self) -> Self {
        let mut rules = self.rules.clone();
        for rule in &mut rules {
            if rule.state == RuleState::Shadow {
                rule.state = RuleState::On;
            }
        }
        Self::of(rules)
    }
}
