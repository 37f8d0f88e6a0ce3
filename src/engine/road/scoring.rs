//! Scoring: facts from the store through the pure score and back.
//!
//! A stored score holds until `changes_at`, so a look at the list has to score again only what has reached a step. Scoring many
//! moves reads them and the tallies in one query each and writes only the scores that changed.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::action::Family;
use crate::domain::aps::{Score, ScoreFacts, score};
use crate::domain::contact::LifecycleStage;
use crate::domain::id::ContactId;
use crate::domain::learning::{Mean, OutcomeTerm, contact_mean, segment_mean, term_of};
use crate::domain::moves::MoveStatus;
use crate::engine::error::Result;
use crate::engine::ground::clock;
use crate::engine::ground::core::Core;
use crate::store::moves::{self, MoveState, ScoringRow, ScoringScope};
use crate::store::outcomes::{Scope, contact_scope, each_scope, segment_scope, tallies};
use crate::store::{ReadTx, WriteTx};

/// From so many moves on, all tallies are read at once instead of one scope at a time.
const MANY: usize = 50;

/// Past outcomes added up, each scope read once.
pub(in crate::engine) struct Tallies {
    contacts: HashMap<ContactId, Mean>,
    /// By stage and family; a handful.
    segments: Vec<(LifecycleStage, Family, Mean)>,
    /// All segments by name, where all was read at once; then `contacts` has every contact with outcomes too.
    all_segments: Option<HashMap<String, Mean>>,
    now: Timestamp,
}

impl Tallies {
    pub fn new(now: Timestamp) -> Self {
        Self {
            contacts: HashMap::new(),
            segments: Vec::new(),
            all_segments: None,
            now,
        }
    }

    /// Makes ready for so many moves.
    pub fn for_many(tx: &ReadTx<'_>, moves: usize, now: Timestamp) -> Result<Self> {
        let mut all = Self::new(now);
        if moves >= MANY {
            let mut segments = HashMap::new();
            each_scope(tx, now, |scope, tallies| match scope {
                Scope::Contact(id) => {
                    all.contacts.insert(id, contact_mean(tallies, now));
                }
                Scope::Named(name) => {
                    segments.insert(name.to_owned(), segment_mean(tallies, now));
                }
            })?;
            all.all_segments = Some(segments);
        }
        Ok(all)
    }

    fn of_contact(&mut self, tx: &ReadTx<'_>, contact: ContactId) -> Result<Mean> {
        if let Some(mean) = self.contacts.get(&contact) {
            return Ok(*mean);
        }
        if self.all_segments.is_some() {
            return Ok(Mean::default());
        }
        let mean = contact_mean(&tallies(tx, &contact_scope(contact), self.now)?, self.now);
        self.contacts.insert(contact, mean);
        Ok(mean)
    }

    fn of_segment(
        &mut self,
        tx: &ReadTx<'_>,
        stage: LifecycleStage,
        family: Family,
    ) -> Result<Mean> {
        let known = self
            .segments
            .iter()
            .find(|(s, f, _)| *f == family && *s == stage);
        if let Some((_, _, mean)) = known {
            return Ok(*mean);
        }
        let scope = segment_scope(stage, family);
        let mean = match &self.all_segments {
            Some(all) => all.get(&scope).copied().unwrap_or_default(),
            None => segment_mean(&tallies(tx, &scope, self.now)?, self.now),
        };
        self.segments.push((stage, family, mean));
        Ok(mean)
    }

    /// Returns what past outcomes add to a move of `family` with a person at `stage`, if somebody is known.
    pub fn term(
        &mut self,
        tx: &ReadTx<'_>,
        contact: Option<ContactId>,
        stage: Option<LifecycleStage>,
        family: Family,
    ) -> Result<OutcomeTerm> {
        let own = match contact {
            Some(contact) => self.of_contact(tx, contact)?,
            None => Mean::default(),
        };
        let alike = match stage {
            Some(stage) => self.of_segment(tx, stage, family)?,
            None => Mean::default(),
        };
        Ok(term_of(own, alike))
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
    if row.action.never_expires() {
        return Timestamp::MAX;
    }
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
    let mut tallies = Tallies::for_many(tx, rows.len(), now)?;
    let mut changed = 0;
    // A clock that nobody believes ends nothing.
    let ends = !clock::is_in_doubt(tx, core, now)?;
    for row in &rows {
        if row.status == MoveStatus::Snoozed {
            if ends && row.snoozed_until.is_none_or(|until| until <= now) {
                let open = MoveState {
                    id: row.id,
                    status: MoveStatus::Open,
                    // Kept: a clock that is put back behind it brings the snooze back.
                    snoozed_until: row.snoozed_until,
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
        if ends && expires <= now && row.status != MoveStatus::Snoozed {
            let expired = MoveState {
                id: row.id,
                status: MoveStatus::Expired,
                snoozed_until: row.snoozed_until,
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
    let term = tallies.term(tx, row.contact_id, row.stage, row.action.family())?;
    Ok(score(&facts(row, term), &core.config.score.weights, now))
}
