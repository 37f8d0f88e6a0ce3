//! The decision: hard denials first, then deny rules, then allow rules.

use super::facts::{Facts, Variable};
use super::{ApprovalRule, ApprovalRules, RuleEffect, RuleState};
use crate::domain::contact::LifecycleStage;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::guard::Mode;
use crate::domain::words::words;

words! {
    /// The verdict of a decision.
    pub enum Verdict ("a verdict") {
        /// The move is approved.
        Allow = "allow",
        /// A reason against it: the operator decides.
        Deny = "deny",
        /// No reason for it: the operator decides.
        Operator = "operator",
    }
}

words! {
    /// A denial that no rule can lift.
    pub enum HardDenial ("a hard denial") {
        /// The kill switch is on.
        Stopped = "stopped",
        /// Only the operator can do it.
        ByHand = "by_hand",
        /// There is nobody to write to.
        UnknownRecipient = "unknown_recipient",
        /// The address or its domain is suppressed, or a move asks whether they opted out.
        Suppressed = "suppressed",
        /// They asked not to be written to.
        OptedOut = "opted_out",
        /// Their stage says not to write.
        DoNotContact = "do_not_contact",
        /// They are away.
        Paused = "paused",
        /// The move was approved before, and it came back.
        ApprovedBefore = "approved_before",
        /// Their last mail complains, refuses, opts out or says that they are the wrong person.
        Refused = "refused",
        /// The label of their mail is too unsure to act on.
        UnsureLabel = "unsure_label",
        /// There is no draft.
        NoDraft = "no_draft",
        /// The operator wrote in the draft and has not approved it.
        Edited = "edited",
        /// The draft has a gap that nobody filled.
        Unfilled = "unfilled",
        /// More people would get it than a rule may write to.
        Recipients = "recipients",
        /// Nobody ever wrote to them, and the mode is live.
        Stranger = "stranger",
    }
}

/// The rule or part of the program that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedBy {
    /// The program itself.
    Hard(HardDenial),
    /// A rule.
    Rule {
        /// Its name.
        name: String,
        /// Its version.
        version: u32,
        /// Its state when it decided.
        state: RuleState,
    },
    /// No rule matched.
    Nobody,
}

/// A decision about one move.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule or part of the program that decided.
    pub by: DecidedBy,
    /// Confidence of an allowing rule, 0..=1.
    pub confidence: Option<f64>,
    /// Reason, as a sentence.
    pub reason: String,
}

/// The decision of the rules that are on, and the one that the rules in shadow would change it to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decisions {
    /// The decision to act on.
    pub acting: Decision,
    /// The decision if the rules in shadow were on; none where none of them would have been the first to match.
    pub shadow: Option<Decision>,
}

impl Decision {
    fn hard(denial: HardDenial, reason: String) -> Self {
        Self {
            verdict: Verdict::Deny,
            by: DecidedBy::Hard(denial),
            confidence: None,
            reason,
        }
    }

    fn of(rule: &ApprovalRule, reason: String) -> Self {
        Self {
            verdict: match rule.effect {
                RuleEffect::Allow => Verdict::Allow,
                RuleEffect::Deny => Verdict::Deny,
            },
            by: DecidedBy::Rule {
                name: rule.name.clone(),
                version: rule.version,
                state: rule.state,
            },
            confidence: rule.confidence,
            reason,
        }
    }

    /// Returns the decider's name: the rule's, the hard denial's, or none.
    #[must_use]
    pub fn decider(&self) -> &str {
        match &self.by {
            DecidedBy::Hard(denial) => denial.as_str(),
            DecidedBy::Rule { name, .. } => name,
            DecidedBy::Nobody => "",
        }
    }

    /// Tells whether a rule in shadow decided.
    #[must_use]
    pub const fn is_in_shadow(&self) -> bool {
        matches!(
            self.by,
            DecidedBy::Rule {
                state: RuleState::Shadow,
                ..
            }
        )
    }
}

/// Decides about a move.
#[must_use]
pub fn decide(rules: &ApprovalRules, facts: &Facts) -> Decisions {
    if let Some(denied) = hard_denial(facts) {
        return Decisions {
            acting: denied,
            shadow: None,
        };
    }
    let is_stranger = is_stranger(facts);
    let mut shadow = None;
    // Deny rules come first: that is how the rules are sorted.
    for rule in rules.rules() {
        let is_asked = match rule.state {
            RuleState::Off => false,
            RuleState::Shadow => shadow.is_none(),
            RuleState::On => true,
        };
        if !is_asked {
            continue;
        }
        let Some(reason) = matches(rule, facts) else {
            continue;
        };
        let decision = if rule.effect == RuleEffect::Allow
            && is_stranger
            && !rule.may_mail_strangers
        {
            Decision::hard(
                HardDenial::Stranger,
                format!(
                    "{} would allow it, but nobody ever wrote to them, and the rule does not say may_mail_strangers",
                    rule.name
                ),
            )
        } else {
            Decision::of(rule, reason)
        };
        if rule.state == RuleState::On {
            return Decisions {
                acting: decision,
                shadow,
            };
        }
        // A rule in shadow that may not write to a stranger decides nothing that could be compared later.
        shadow = Some(decision);
    }
    Decisions {
        acting: Decision {
            verdict: Verdict::Operator,
            by: DecidedBy::Nobody,
            confidence: None,
            reason: "no rule that is on matches".into(),
        },
        shadow,
    }
}

/// Returns the reason for which a rule matches; none if it does not.
fn matches(rule: &ApprovalRule, facts: &Facts) -> Option<String> {
    for condition in &rule.when {
        match (condition.holds(facts), rule.effect) {
            (Ok(true), _) => {}
            (Ok(false), _) | (Err(_), RuleEffect::Allow) => return None,
            // What cannot be told apart from what it forbids is forbidden.
            (Err(lack), RuleEffect::Deny) => {
                return Some(format!(
                    "{lack}, and a deny rule that cannot be asked denies ({})",
                    rule.reason
                ));
            }
        }
    }
    Some(rule.reason.clone())
}

fn is_stranger(facts: &Facts) -> bool {
    // What is not known counts as the worse: no mail, and live.
    let mode = facts.text(Variable::EngineMode).map(str::parse);
    let is_live = matches!(mode, Some(Ok(Mode::Live) | Err(_)) | None);
    is_live && facts.number(Variable::HistoryMails).unwrap_or(0.0) < 1.0
}

fn hard_denial(facts: &Facts) -> Option<Decision> {
    HardDenial::ALL
        .iter()
        .find_map(|denial| because(*denial, facts).map(|reason| Decision::hard(*denial, reason)))
}

fn because(denial: HardDenial, facts: &Facts) -> Option<String> {
    // What is not known counts as the worse.
    let is = |variable| facts.flag(variable).unwrap_or(true);
    let is_not = |variable| !facts.flag(variable).unwrap_or(false);
    let number = |variable| facts.number(variable).unwrap_or(f64::MAX);
    let when = |holds: bool, reason: &str| holds.then(|| reason.to_owned());
    match denial {
        HardDenial::Stopped => when(is(Variable::EngineStopped), "everything is stopped"),
        HardDenial::ByHand => when(is(Variable::MoveByHand), "only you can do it"),
        HardDenial::UnknownRecipient => when(
            is_not(Variable::ContactKnown),
            "nobody is known to write to",
        ),
        HardDenial::Suppressed => when(
            is(Variable::ContactSuppressed),
            "the address or its domain is suppressed, or a move asks whether they opted out",
        ),
        HardDenial::OptedOut => when(
            number(Variable::HistoryOptOuts) > 0.0,
            "they asked not to be written to",
        ),
        HardDenial::DoNotContact => when(
            facts
                .text(Variable::ContactStage)
                .map(LifecycleStage::from_stored)
                == Some(LifecycleStage::DoNotContact),
            "their stage is do_not_contact",
        ),
        HardDenial::Paused => when(is(Variable::ContactPaused), "they are away"),
        HardDenial::ApprovedBefore => when(
            number(Variable::HistoryAttempts) > 0.0,
            "it was approved before and came back",
        ),
        HardDenial::Refused => [Variable::HistoryLastLabel, Variable::ThreadLabel]
            .into_iter()
            .filter_map(|variable| facts.text(variable)?.parse::<ReplyLabel>().ok())
            .find(|label| label.refuses())
            .map(|label| format!("their last mail is labeled {label}")),
        HardDenial::UnsureLabel => when(
            is(Variable::ThreadCheck) || is(Variable::HistoryLastCheck),
            "it is not sure what their mail says",
        ),
        HardDenial::NoDraft => {
            is_not(Variable::DraftMade).then(|| match facts.text(Variable::DraftProblem) {
                Some(problem) if !problem.is_empty() => format!("there is no draft: {problem}"),
                _ => "there is no draft".to_owned(),
            })
        }
        HardDenial::Edited => when(
            is(Variable::DraftEdited),
            "the draft holds words of yours that you have not approved",
        ),
        HardDenial::Unfilled => match facts.text(Variable::DraftUnfilled) {
            Some("") => None,
            Some(gap) => Some(format!("the draft has a gap: {gap}")),
            None => Some("nobody looked for gaps in the draft".into()),
        },
        HardDenial::Recipients => {
            let (many, most) = (
                number(Variable::DraftRecipients),
                facts.number(Variable::EngineMaxRecipients).unwrap_or(1.0),
            );
            (many > most)
                .then(|| format!("it goes to {many} addresses, and rules may write to {most}"))
        }
        // It depends on the rule, so it is asked with the rules.
        HardDenial::Stranger => None,
    }
}
