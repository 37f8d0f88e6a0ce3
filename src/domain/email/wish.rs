//! A person's wish to be left alone: how sure it is, whom it speaks for, and the reasons.
//!
//! Three answers: yes, no, and ask, where the operator decides and mail waits. [`judge`](super::judge) gives them.

use serde::Serialize;
use serde::ser::SerializeStruct as _;

use crate::domain::words::words;

words! {
    /// The answer to the question of a wish to be left alone.
    pub enum Decision ("a decision") {
        /// They wish it.
        Yes = "yes",
        /// They may wish it, or wish something else besides: the operator decides.
        Ask = "ask",
        /// They don't.
        No = "no",
    }
}

words! {
    /// A demand under a law of data protection.
    pub enum Demand ("a demand") {
        /// Their data are to be deleted.
        Erasure = "erasure",
        /// Their data are not to be used for advertising.
        Objection = "objection",
        /// They want to know what is stored of them.
        Access = "access",
        /// They withdraw their consent.
        Withdrawal = "withdrawal",
    }
}

/// The people whom a wish speaks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// The writer.
    #[default]
    Me,
    /// Everybody at the writer's firm.
    Firm,
    /// The addresses that the text names, in lower case.
    Addresses(Vec<String>),
    /// The writer, and the addresses that the text names besides, in lower case.
    MeAnd(Vec<String>),
    /// Everybody at the domain that the text names, in lower case.
    Domain(String),
}

impl Scope {
    /// Returns the scope's word: `me`, `firm`, `addresses`, `me_and_addresses`, `domain`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Firm => "firm",
            Self::Addresses(_) => "addresses",
            Self::MeAnd(_) => "me_and_addresses",
            Self::Domain(_) => "domain",
        }
    }

    /// Returns the people in words: "the writer", "everybody at their firm", the addresses, "everybody at acme.example".
    #[must_use]
    pub fn whom(&self) -> String {
        match self {
            Self::Me => "the writer".to_owned(),
            Self::Firm => "everybody at their firm".to_owned(),
            Self::Addresses(list) => list.join(", "),
            Self::MeAnd(list) => format!("the writer, {}", list.join(", ")),
            Self::Domain(domain) => format!("everybody at {domain}"),
        }
    }
}

/// A wish to be left alone: how sure it is, whom it speaks for, and the reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct OptOut {
    /// The answer.
    pub decision: Decision,
    /// The people whom it speaks for; the writer alone if the answer is no.
    pub scope: Scope,
    /// Probability that it is such a wish, 0..1, as such scores turned out on replies that the training had not seen.
    pub probability: f64,
    /// The phrases and sentences that speak for the answer; none if it is no.
    pub because: Vec<String>,
    /// A demand by law.
    pub demand: Option<Demand>,
}

impl Default for OptOut {
    fn default() -> Self {
        Self {
            decision: Decision::No,
            scope: Scope::Me,
            probability: 0.0,
            because: Vec::new(),
            demand: None,
        }
    }
}

impl Serialize for OptOut {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = usize::from(!matches!(self.scope, Scope::Me | Scope::Firm));
        let mut out = serializer.serialize_struct("OptOut", 5 + named)?;
        out.serialize_field("decision", &self.decision)?;
        out.serialize_field("scope", self.scope.as_str())?;
        match &self.scope {
            Scope::Me | Scope::Firm => {}
            Scope::Addresses(list) | Scope::MeAnd(list) => {
                out.serialize_field("addresses", list)?
            }
            Scope::Domain(domain) => out.serialize_field("domain", domain)?,
        }
        out.serialize_field("probability", &self.probability)?;
        out.serialize_field("because", &self.because)?;
        out.serialize_field("demand", &self.demand)?;
        out.end()
    }
}

impl OptOut {
    /// A wish that needs no reading: an unsubscribe link's message, a provider's complaint loop.
    #[must_use]
    pub fn certain(probability: f64, why: String) -> Self {
        Self {
            decision: Decision::Yes,
            probability,
            because: vec![why],
            ..Self::default()
        }
    }
}
