//! What the Rules screen shows: what may leave now and what holds it, the limits, and the rules that make moves with how often each did.

use jiff::Timestamp;

use crate::domain::rule::Effect;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::queries::approvals::ApprovalOverview;
use crate::engine::queries::limits::LimitsView;
use crate::store::metrics::{RuleHits, rule_hits};

/// A rule that makes moves of signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalRule {
    /// Its own name.
    pub id: String,
    /// Whether it is asked.
    pub is_on: bool,
    /// The kinds of signals that it is for.
    pub signals: Vec<String>,
    /// What it makes of them: the action, or that it makes nothing.
    pub makes: String,
    /// Moves that it made.
    pub made: u64,
    /// Of these, done.
    pub done: u64,
    /// Of these, skipped.
    pub skipped: u64,
    /// When the newest of them came up.
    pub last_at: Option<Timestamp>,
}

/// Everything that decides what becomes a move and what may leave.
#[derive(Debug, Clone, PartialEq)]
pub struct RulesState {
    /// The limits, the kill switch and the pauses.
    pub limits: LimitsView,
    /// The rules of approval, with what each decided.
    pub approvals: ApprovalOverview,
    /// The rules that make moves, in the order in which they are asked.
    pub signals: Vec<SignalRule>,
    /// Why the operator's own rules cannot be read; empty if they can.
    pub problem: String,
}

impl Engine {
    /// Returns what decides what becomes a move and what may leave.
    ///
    /// # Errors
    /// If the database cannot be read. A mistake in the operator's rules is part of the answer.
    pub fn rules_state(&self) -> Result<RulesState> {
        let limits = self.limits(None)?;
        let hits = self
            .store()
            .read(|tx| Ok::<_, EngineError>(rule_hits(tx)?))?;
        let (signals, problem) = match self.rules() {
            Err(error) => (Vec::new(), error.to_string()),
            Ok(rules) => {
                let of = |id: &str| hits.iter().find(|h| h.rule == id).cloned();
                let known = rules.rules().iter().map(|rule| {
                    let hits = of(&rule.id).unwrap_or_default();
                    with_hits(
                        SignalRule {
                            id: rule.id.clone(),
                            is_on: rule.enabled,
                            signals: rule.signals.iter().map(ToString::to_string).collect(),
                            makes: makes(&rule.effect),
                            made: 0,
                            done: 0,
                            skipped: 0,
                            last_at: None,
                        },
                        &hits,
                    )
                });
                (known.collect(), String::new())
            }
        };
        Ok(RulesState {
            limits,
            approvals: self.approval_rules()?,
            signals,
            problem,
        })
    }
}

/// Says what a rule makes.
fn makes(effect: &Effect) -> String {
    match effect {
        Effect::Ignore => "nothing: the signal is passed over".into(),
        Effect::Propose(recipe) if recipe.from_signal => "what the signal itself says".into(),
        Effect::Propose(recipe) => format!(
            "{}, due in {} h, {}",
            recipe.action.label(),
            recipe.due.as_hours(),
            recipe.domain
        ),
    }
}

fn with_hits(rule: SignalRule, hits: &RuleHits) -> SignalRule {
    SignalRule {
        made: hits.made,
        done: hits.done,
        skipped: hits.skipped,
        last_at: hits.last_at,
        ..rule
    }
}
