//! Rules of approval as the faces show them: in the order in which they are asked, with what each has decided so far.

mod replay;

pub use replay::{Replay, ReplayRow, ReplaySide, VerdictCounts};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::approval::{ApprovalRule, RuleEffect, RuleState};
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::store::approvals::{self, RuleTally};

/// Days over which the share of approvals by rules is counted.
pub const SHARE_DAYS: u32 = 30;

/// The rules of approval and what came of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApprovalOverview {
    /// The file that they are read from; the name of the built-in ones where there is no file.
    pub file: String,
    /// Whether the operator has a file of their own.
    pub is_own: bool,
    /// What is wrong with the file, as `file:line: message`. While there is a mistake, nothing is approved by rules.
    pub mistakes: Vec<String>,
    /// Deny rules first, then allow rules, each in the order of the file.
    pub rules: Vec<ApprovalRuleItem>,
    /// Who approved in the last [`SHARE_DAYS`] days.
    pub share: ApprovalShare,
}

/// One rule of approval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApprovalRuleItem {
    /// Its own name.
    pub name: String,
    /// Its version, from 1.
    pub version: u32,
    /// Whether it allows or denies.
    pub effect: RuleEffect,
    /// Whether it is asked, and whether it acts.
    pub state: RuleState,
    /// How sure an allowing rule is, 0..=1.
    pub confidence: Option<f64>,
    /// Why, in the words of the file.
    pub reason: String,
    /// The conditions, all of which must hold.
    pub when: Vec<String>,
    /// Whether it may approve a first mail to somebody, in live mode.
    pub may_mail_strangers: bool,
    /// Moves that it decided, acting or in shadow.
    pub hits: u64,
    /// When it last decided one.
    pub last_hit: Option<Timestamp>,
    /// Moves that it approved.
    pub approved: u64,
    /// Its decisions in shadow, against what the operator then did.
    pub shadow: ShadowResult,
}

/// Decisions in shadow, by moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ShadowResult {
    /// The operator did the same: approved what it would have allowed, skipped what it would have denied.
    pub agreed: u64,
    /// The operator did the opposite.
    pub disagreed: u64,
    /// The move still stands, or ended by itself.
    pub undecided: u64,
}

impl ShadowResult {
    /// Returns the share of agreement, 0..=1; none while nothing was decided.
    #[must_use]
    pub fn agreement(&self) -> Option<f64> {
        share(self.agreed, self.disagreed)
    }
}

/// Who approved moves in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ApprovalShare {
    /// The window, in days.
    pub days: u32,
    /// Moves that rules approved.
    pub by_rules: u64,
    /// Moves that the operator approved.
    pub by_operator: u64,
    /// The rules' share, 0..=1; none if nothing was approved.
    pub share: Option<f64>,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of moves are far below 2^52"
)]
#[must_use]
fn share(part: u64, rest: u64) -> Option<f64> {
    (part + rest > 0).then(|| part as f64 / (part + rest) as f64)
}

impl Engine {
    /// Returns the rules of approval with what each has decided, and who approved of late.
    ///
    /// # Errors
    /// If the database cannot be read. A mistake in the file is part of the answer.
    pub fn approval_rules(&self) -> Result<ApprovalOverview> {
        let loaded = self.core().approval_rules();
        let since = days_before(self.now(), SHARE_DAYS);
        self.store().read(|tx| {
            let (by_rules, by_operator) = approvals::approvals_since(tx, since)?;
            let mut overview = ApprovalOverview {
                file: loaded.file.clone(),
                is_own: loaded.is_own,
                mistakes: Vec::new(),
                rules: Vec::new(),
                share: ApprovalShare {
                    days: SHARE_DAYS,
                    by_rules,
                    by_operator,
                    share: share(by_rules, by_operator),
                },
            };
            match &loaded.rules {
                Ok(rules) => {
                    for rule in rules.rules() {
                        overview
                            .rules
                            .push(item(rule, approvals::tally(tx, &rule.name)?));
                    }
                }
                Err(mistakes) => overview.mistakes.clone_from(mistakes),
            }
            Ok(overview)
        })
    }
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::MIN)
}

fn item(rule: &ApprovalRule, tally: RuleTally) -> ApprovalRuleItem {
    ApprovalRuleItem {
        name: rule.name.clone(),
        version: rule.version,
        effect: rule.effect,
        state: rule.state,
        confidence: rule.confidence,
        reason: rule.reason.clone(),
        when: rule.when.iter().map(|c| c.text().to_owned()).collect(),
        may_mail_strangers: rule.may_mail_strangers,
        hits: tally.hits,
        last_hit: tally.last_hit,
        approved: tally.approved,
        shadow: ShadowResult {
            agreed: tally.agreed,
            disagreed: tally.disagreed,
            undecided: tally.undecided,
        },
    }
}
