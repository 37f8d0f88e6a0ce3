//! Other rules asked about the past: the facts of each decision were kept with it, so the answer is exact.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::approval::{ApprovalRules, Decisions, Facts, Verdict, decide};
use crate::domain::by::By;
use crate::domain::id::MoveId;
use crate::domain::moves::MoveStatus;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::store::approvals::{self, PastDecision};

/// How often each verdict was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct VerdictCounts {
    /// Approved by a rule.
    pub allow: u64,
    /// Something spoke against it.
    pub deny: u64,
    /// Left to the operator.
    pub operator: u64,
    /// Would have been decided by a rule in shadow.
    pub shadow: u64,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplaySide {
    /// The verdict that is acted on.
    pub verdict: Verdict,
    /// The rule or hard denial; empty if none.
    pub rule: String,
    /// The rule in shadow that would have decided; empty if none.
    pub shadow_rule: String,
}

/// A decision that would have been another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayRow {
    /// The move.
    pub move_id: MoveId,
    /// Its title.
    pub title: String,
    /// When it was decided.
    pub at: Timestamp,
    /// What was decided.
    pub was: ReplaySide,
    /// What the rules in question decide.
    pub would: ReplaySide,
    /// Why.
    pub reason: String,
    /// What became of the move: where it stands, and who approved it.
    pub since_then: String,
}

/// The past, decided again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// From when on.
    pub since: Timestamp,
    /// Decisions that were asked about again.
    pub decisions: u64,
    /// The moves that they were about.
    pub moves: u64,
    /// What was decided.
    pub was: VerdictCounts,
    /// What the rules in question decide.
    pub would: VerdictCounts,
    /// Decisions that come out otherwise.
    pub different: u64,
    /// Moves that would have been approved and were not.
    pub newly_allowed: u64,
    /// Moves that were approved and would not have been.
    pub no_longer_allowed: u64,
    /// Moves that would have been denied and were not.
    pub newly_denied: u64,
    /// The newest of the decisions that come out otherwise.
    pub rows: Vec<ReplayRow>,
}

impl Engine {
    /// Asks rules about the decisions since an instant, as the facts were then. Returns at most `limit` of those that come out otherwise.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn replay_approvals(
        &self,
        rules: &ApprovalRules,
        since: Timestamp,
        limit: usize,
    ) -> Result<Replay> {
        let mut replay = Replay {
            since,
            decisions: 0,
            moves: 0,
            was: VerdictCounts::default(),
            would: VerdictCounts::default(),
            different: 0,
            newly_allowed: 0,
            no_longer_allowed: 0,
            newly_denied: 0,
            rows: Vec::new(),
        };
        let mut seen = HashSet::new();
        let (mut allowed, mut ended, mut denied) = (HashSet::new(), HashSet::new(), HashSet::new());
        self.store().read(|tx| {
            approvals::past(tx, since, |past| {
                replay.decisions += 1;
                seen.insert(past.move_id);
                let mut facts = Facts::default();
                // A variable that this version no longer has is simply not asked about.
                if let Ok(json) = serde_json::from_str(&past.facts) {
                    drop(facts.take_json(&json));
                }
                let decisions = decide(rules, &facts);
                let was = ReplaySide {
                    verdict: past.verdict,
                    rule: past.decider.clone(),
                    shadow_rule: past.shadow_rule.clone(),
                };
                let would = side(&decisions);
                replay.was.add(&was);
                replay.would.add(&would);
                if was == would {
                    return;
                }
                replay.different += 1;
                match (was.verdict, would.verdict) {
                    (Verdict::Allow, Verdict::Allow) | (Verdict::Deny, Verdict::Deny) => {}
                    (_, Verdict::Allow) => drop(allowed.insert(past.move_id)),
                    (Verdict::Allow, _) => drop(ended.insert(past.move_id)),
                    (_, Verdict::Deny) => drop(denied.insert(past.move_id)),
                    (_, Verdict::Operator) => {}
                }
                replay.rows.push(row(past, was, would, &decisions));
                // The newest are kept; twice the number bounds the memory at a cost that is constant for each row.
                if replay.rows.len() >= limit.saturating_mul(2).max(64) {
                    let surplus = replay.rows.len().saturating_sub(limit);
                    replay.rows.drain(..surplus);
                }
            })?;
            Ok::<_, EngineError>(())
        })?;
        let surplus = replay.rows.len().saturating_sub(limit);
        replay.rows.drain(..surplus);
        replay.rows.reverse();
        replay.moves = seen.len() as u64;
        replay.newly_allowed = allowed.len() as u64;
        replay.no_longer_allowed = ended.len() as u64;
        replay.newly_denied = denied.len() as u64;
        Ok(replay)
    }
}

impl VerdictCounts {
    fn add(&mut self, side: &ReplaySide) {
        match side.verdict {
            Verdict::Allow => self.allow += 1,
            Verdict::Deny => self.deny += 1,
            Verdict::Operator => self.operator += 1,
        }
        self.shadow += u64::from(!side.shadow_rule.is_empty());
    }
}

fn side(decisions: &Decisions) -> ReplaySide {
    let shadow = decisions.shadow.as_ref().filter(|d| d.is_in_shadow());
    ReplaySide {
        verdict: decisions.acting.verdict,
        rule: decisions.acting.decider().to_owned(),
        shadow_rule: shadow.map_or_else(String::new, |d| d.decider().to_owned()),
    }
}

fn row(past: PastDecision, was: ReplaySide, would: ReplaySide, decisions: &Decisions) -> ReplayRow {
    let telling = match &decisions.shadow {
        Some(shadow) if decisions.acting.decider().is_empty() => shadow,
        _ => &decisions.acting,
    };
    let since_then = match (past.status, past.approved_by) {
        (MoveStatus::Done | MoveStatus::Approved | MoveStatus::Executing, Some(By::Operator)) => {
            "approved by you".to_owned()
        }
        (status, None | Some(By::Operator)) => status.to_string(),
        (status, Some(by)) => format!("{status}, approved by {by}"),
    };
    ReplayRow {
        move_id: past.move_id,
        title: past.title,
        at: past.at,
        was,
        would,
        reason: telling.reason.clone(),
        since_then,
    }
}
