//! Approval by rules: which moves need not wait for the operator. Facts in, a decision out.
//!
//! Deny rules are asked first, then allow rules, and the first that matches decides; what no rule may lift is in [`HardDenial`], in code.

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

/// The built-in rules' text, for the operator to begin from.
pub const BUILTIN: &str = include_str!("../../../assets/approval.toml");

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

/// One rule of approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRule {
    /// Its own name.
    pub name: String,
    /// Raised by the operator when its meaning changes.
    pub version: u32,
    /// What it does where it matches.
    pub effect: RuleEffect,
    /// Whether it is asked, and whether it acts.
    pub state: RuleState,
    /// What must hold, all of it.
    pub when: Vec<Condition>,
    /// How sure an allowing rule is, 0..=1.
    pub confidence: Option<f64>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Whether it may approve a first mail to somebody in live mode: said in so many words or not at all.
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
    /// Every mistake with its line.
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

    /// Returns the rules in the order in which they are asked.
    #[must_use]
    pub fn rules(&self) -> &[ApprovalRule] {
        &self.rules
    }

    /// Returns the hash of everything that the rules say.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Tells whether any rule is asked at all.
    #[must_use]
    pub fn asks_anything(&self) -> bool {
        self.rules.iter().any(|rule| rule.state != RuleState::Off)
    }

    /// Returns the same rules with those in shadow turned on: what a test of them asks.
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
