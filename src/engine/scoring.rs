//! Scoring: facts from the store through the pure score and back.
//!
//! A stored score holds until `changes_at`, so a look at the list has to score again only what has reached a step. Scoring many
//! moves reads them and the tallies in one query each and writes only the scores that changed.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::Result;
use super::core::Core;
use crate::domain::aps::{Score, ScoreFacts, score};
use crate::domain::id::ContactId;
use crate::domain::learning::{OutcomeTerm, Tally, outcome_term};
use crate::domain::moves::MoveStatus;
use crate::store::moves::{self, MoveState, ScoringRow, ScoringScope};
use crate::store::outcomes::{all_tallies, contact_scope, segment_scope, tallies};
use crate::store::{ReadTx, WriteTx};

/// From so many moves on, all tallies are read at once instead of one scope at a time.
const MANY: usize = 50;

/// Outcome tallies by scope, read once each.
pub(in crate::engine) struct Tallies {
    known: HashMap<String, Vec<Tally>>,
    terms: HashMap<(i64, String), OutcomeTerm>,
    is_complete: bool,
    now: Timestamp,
}

impl Tallies {
    pub fn new(now: Timestamp) -> Self {
        Self {
            known: HashMap::new(),
            terms: HashMap::new(),
            is_complete: false,
            now,
        }
    }

    fn complete(tx: &ReadTx<'_>, now: Timestamp) -> Result<Self> {
        Ok(Self {
            known: all_tallies(tx, now)?,
            terms: HashMap::new(),
            is_complete: true,
            now,
        })
    }

    fn load(&mut self, tx: &ReadTx<'_>, scope: &str) -> Result<()> {
        if !self.is_complete && !self.known.contains_key(scope) {
            self.known
                .insert(scope.to_owned(), tallies(tx, scope, self.now)?);
        }
        Ok(())
    }

    /// Returns what past outcomes add to a move of `family` with a person at `stage`.
    pub fn term(
        &mut self,
        tx: &ReadTx<'_>,
        contact: Option<ContactId>,
        stage: &str,
        family: &str,
    ) -> Result<OutcomeTerm> {
        if self.is_complete && self.known.is_empty() {
            return Ok(OutcomeTerm::default());
        }
        let segment = segment_scope(stage, family);
        let key = (contact.map_or(0, |c| c.0), segment);
        if let Some(term) = self.terms.get(&key) {
            return Ok(*term);
        }
        let own = contact.map(contact_scope).unwrap_or_default();
        self.load(tx, &own)?;
        self.load(tx, &key.1)?;
        let of = |scope: &str| self.known.get(scope).map_or(&[][..], Vec::as_slice);
        let term = outcome_term(of(&own), of(&key.1), self.now);
        self.terms.insert(key, term);
        Ok(term)
    }
}

/// Returns the facts of a score.
pub(in crate::engine) fn facts(row: &ScoringRow, outcome: OutcomeTerm) -> ScoreFacts {
    let [revenue, base_urgency, effort, strategic] = row.components;
    ScoreFacts {
        revenue,
        base_urgency,
        effort,
        strategic,
        started_at: row.started_at,
        due_at: row.due_at,
        outcome,
    }
}

/// Returns when an open move that nobody touched leaves the list: so many days after it was due, or after it was last touched.
pub(in crate::engine) fn expires_at(core: &Core, row: &ScoringRow) -> Timestamp {
    let days = i64::from(core.config.timers.move_expires_days);
    row.due_at
        .max(row.touched_at)
        .checked_add(SignedDuration::from_hours(24 * days))
        .unwrap_or(Timestamp::MAX)
}

/// Scores the moves in `scope` again, ends snoozes and lets old moves expire. Returns how many rows changed.
pub(in crate::engine) fn rescore(
    tx: &WriteTx<'_>,
    core: &Core,
    scope: ScoringScope,
    now: Timestamp,
) -> Result<u64> {
    let rows = moves::for_scoring(tx, scope)?;
    let mut tallies = if rows.len() >= MANY {
        Tallies::complete(tx, now)?
    } else {
        Tallies::new(now)
    };
    let mut changed = 0;
    for row in &rows {
        if row.status == MoveStatus::Snoozed {
            if row.snoozed_until.is_none_or(|until| until <= now) {
                let open = MoveState {
                    id: row.id,
                    status: MoveStatus::Open,
                    snoozed_until: None,
                    closed_at: None,
                    close_reason: String::new(),
                };
                moves::set_state(tx, &open, now)?;
                tx.emit(now, "move.woke", format!("move:{}", row.id))?;
                changed += 1;
            } else {
                if let Some(until) = row.snoozed_until.filter(|until| *until != row.changes_at) {
                    moves::set_score(tx, row.id, row.score, until)?;
                }
                continue;
            }
        }
        let expires = expires_at(core, row);
        // Its snooze has just ended: that is a touch.
        if expires <= now && row.status != MoveStatus::Snoozed {
            let expired = MoveState {
                id: row.id,
                status: MoveStatus::Expired,
                snoozed_until: None,
                closed_at: Some(now),
                close_reason: format!(
                    "nobody touched it for {} days",
                    core.config.timers.move_expires_days
                ),
            };
            moves::set_state(tx, &expired, now)?;
            tx.emit(now, "move.expired", format!("move:{}", row.id))?;
            changed += 1;
            continue;
        }
        let Score {
            total, holds_until, ..
        } = score_row(tx, core, row, &mut tallies, now)?;
        let changes_at = if expires > now {
            holds_until.min(expires)
        } else {
            holds_until
        };
        if total != row.score || changes_at != row.changes_at || row.status == MoveStatus::Snoozed {
            moves::set_score(tx, row.id, total, changes_at)?;
            changed += 1;
        }
    }
    if changed > 0 {
        tx.emit(now, "moves.rescored", changed.to_string())?;
    }
    Ok(changed)
}

/// Scores one row.
pub(in crate::engine) fn score_row(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ScoringRow,
    tallies: &mut Tallies,
    now: Timestamp,
) -> Result<Score> {
    let term = tallies.term(tx, row.contact_id, &row.stage, row.action.family())?;
    Ok(score(&facts(row, term), &core.config.score.weights, now))
}
