//! A person's wish to be left alone: how sure it is, whom it speaks for, and the reasons.
//!
//! Three answers: yes, no, and ask, where the operator decides and mail waits. The text must be free of quotes and signature.

use serde::Serialize;
use serde::ser::SerializeStruct as _;

use super::classify::{self, Classification, ReplyLabel};
use crate::domain::text::clean_line;
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
    /// Everybody at the domain that the text names, in lower case.
    Domain(String),
}

impl Scope {
    /// Returns the scope's word: `me`, `firm`, `addresses`, `domain`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Firm => "firm",
            Self::Addresses(_) => "addresses",
            Self::Domain(_) => "domain",
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
        let named = usize::from(matches!(self.scope, Scope::Addresses(_) | Scope::Domain(_)));
        let mut out = serializer.serialize_struct("OptOut", 5 + named)?;
        out.serialize_field("decision", &self.decision)?;
        out.serialize_field("scope", self.scope.as_str())?;
        match &self.scope {
            Scope::Me | Scope::Firm => {}
            Scope::Addresses(list) => out.serialize_field("addresses", list)?,
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

/// Judges what a person wrote. `subject` is the message's, `text` what remains without quotes and signature, and `asked` our last sentence
/// that asks something, or nothing.
#[must_use]
pub fn judge(subject: &str, text: &str, _asked: &str) -> OptOut {
    if classify::is_opt_out_subject(subject) && text.trim().is_empty() {
        return OptOut::certain(0.97, format!("the subject is \"{subject}\""));
    }
    let folded = text.to_lowercase();
    let demand = demand(&folded);
    let meaning = classify::classify(text);
    if meaning.label != ReplyLabel::Unsubscribe && demand.is_none_or(|d| d == Demand::Access) {
        return OptOut {
            demand,
            ..OptOut::default()
        };
    }
    let sentences = || text.split_inclusive(['.', '!', '?', '\n']);
    let said: Vec<(&str, Classification)> =
        sentences().map(|s| (s, classify::classify(s))).collect();
    let is_interested = said.iter().any(|(_, c)| {
        use ReplyLabel as L;
        matches!(
            c.label,
            L::Interested | L::MeetingRequest | L::MeetingConfirmed | L::Question
        )
    });
    let mut because = meaning.because;
    let speaks = said
        .iter()
        .find(|(_, c)| c.label == ReplyLabel::Unsubscribe);
    because.extend(speaks.map(|(s, _)| format!("\"{}\"", clean_line(s, 120))));
    OptOut {
        decision: if is_interested {
            Decision::Ask
        } else {
            Decision::Yes
        },
        scope: scope(&folded),
        probability: meaning.confidence,
        because,
        demand,
    }
}

fn scope(folded: &str) -> Scope {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')');
    let mut addresses = Vec::new();
    for token in folded.split(ends).filter(|t| t.contains('@')) {
        let token = token.trim_matches(['.', ':', '!', '?']);
        match token.trim_start_matches('*').strip_prefix('@') {
            Some(domain) => return Scope::Domain(domain.to_owned()),
            None if addresses.iter().any(|a| a == token) => {}
            None => addresses.push(token.to_owned()),
        }
    }
    let firm = [
        "all of us",
        "everyone at",
        "everybody at",
        "our company",
        "our firm",
    ];
    if firm.iter().any(|words| folded.contains(words)) {
        return Scope::Firm;
    }
    if addresses.is_empty() {
        Scope::Me
    } else {
        Scope::Addresses(addresses)
    }
}

fn demand(folded: &str) -> Option<Demand> {
    let laws = ["gdpr", "ccpa", "lgpd", "can-spam"];
    if !laws.iter().any(|law| folded.contains(law)) {
        return None;
    }
    [
        ("eras", Demand::Erasure),
        ("delete", Demand::Erasure),
        ("object", Demand::Objection),
        ("access", Demand::Access),
        ("withdraw", Demand::Withdrawal),
    ]
    .into_iter()
    .find(|(verb, _)| folded.contains(verb))
    .map(|(_, demand)| demand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_told_from_a_wish_beside_others() {
        let check = |text: &str, expect: (Decision, Scope)| {
            let got = judge("Re: Prices", text, "");
            assert_eq!((got.decision, got.scope), expect, "{text}");
        };
        check(
            "Please remove me from your list.",
            (Decision::Yes, Scope::Me),
        );
        check("Sounds good.", (Decision::No, Scope::Me));
        check(
            "I'm interested, please send the offer. But remove me from your list.",
            (Decision::Ask, Scope::Me),
        );
        check(
            "Please unsubscribe everyone at our company from your list.",
            (Decision::Yes, Scope::Firm),
        );
        check(
            "Please unsubscribe al@acme.example and bo@acme.example from your list.",
            (
                Decision::Yes,
                Scope::Addresses(vec!["al@acme.example".into(), "bo@acme.example".into()]),
            ),
        );
        check(
            "Please unsubscribe *@acme.example from your list.",
            (Decision::Yes, Scope::Domain("acme.example".into())),
        );
    }

    #[test]
    fn a_demand_is_told_by_law_and_verb() {
        let check = |text: &str, expect| assert_eq!(judge("", text, "").demand, expect, "{text}");
        check("Under the GDPR, erase my data.", Some(Demand::Erasure));
        check("Under the CCPA, delete my data.", Some(Demand::Erasure));
        check("Delete the file.", None);
    }
}
