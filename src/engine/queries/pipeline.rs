//! The deals by stage, in their pipelines' own order, with what each stage amounts to.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::deal::{Cents, DEFAULT_STAGES, default_stage_order, short_amount, stage_title};
use crate::domain::id::{ContactId, DealId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::store::deals::{NamedDeal, StageSum};
use crate::store::{deals, moves};

/// The most open deals that are listed; all of them are counted and summed.
pub const MOST_OPEN: usize = 5_000;
/// The most closed deals that are listed.
const MOST_CLOSED: usize = 500;
/// Won and lost deals are shown for so many days.
pub const CLOSED_DAYS: i64 = 30;
/// The name of the pipeline that a deal is in if no other is named.
const DEFAULT_PIPELINE: &str = "default";

/// A deal as the pipeline shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DealLine {
    /// The deal.
    pub id: DealId,
    /// Its name.
    pub name: String,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The person's name, or address; empty if there is none.
    pub contact: String,
    /// The person's address.
    pub email: String,
    /// The firm's name.
    pub company: String,
    /// The amount in units; none if unknown.
    pub amount: Option<f64>,
    /// The ISO 4217 code.
    pub currency: String,
    /// The pipeline.
    pub pipeline: String,
    /// The stage.
    pub stage: String,
    /// Whether it is won or lost.
    pub is_closed: bool,
    /// Whether it is won.
    pub is_won: bool,
    /// When something about it last changed.
    pub changed_at: Timestamp,
    /// When it is to be renewed.
    pub renewal_at: Option<Timestamp>,
    /// When its proposal expires.
    pub expires_at: Option<Timestamp>,
}

impl DealLine {
    /// Returns the amount in short form; a question mark if it is unknown.
    #[must_use]
    pub fn short_amount(&self) -> String {
        self.amount.map_or_else(
            || "?".to_owned(),
            |units| short_amount(Cents::from_units(units), &self.currency),
        )
    }
}

impl From<NamedDeal> for DealLine {
    fn from(named: NamedDeal) -> Self {
        let NamedDeal {
            deal,
            contact,
            email,
            company,
        } = named;
        Self {
            id: deal.id,
            name: deal.name,
            contact_id: deal.contact_id,
            contact: if contact.is_empty() {
                email.clone()
            } else {
                contact
            },
            email,
            company,
            amount: deal.amount.map(Cents::units),
            currency: deal.currency,
            pipeline: deal.pipeline,
            stage: deal.stage,
            is_closed: deal.is_closed,
            is_won: deal.is_won,
            changed_at: deal.as_of,
            renewal_at: deal.renewal_at,
            expires_at: deal.expires_at,
        }
    }
}

/// What some deals amount to in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sum {
    /// The ISO 4217 code; empty if unknown.
    pub currency: String,
    /// How many deals.
    pub count: u64,
    /// How many of them have no amount.
    pub unknown: u64,
    /// What the others amount to, in units.
    pub amount: f64,
}

impl From<&StageSum> for Sum {
    fn from(sum: &StageSum) -> Self {
        Self {
            currency: sum.currency.clone(),
            count: sum.count,
            unknown: sum.unknown,
            amount: sum.sum.units(),
        }
    }
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// The pipeline.
    pub pipeline: String,
    /// The stage's name, as its source writes it.
    pub stage: String,
    /// The stage's name for people.
    pub title: String,
    /// Its place in the pipeline, if it is known.
    pub position: Option<i64>,
    /// How many open deals are in it.
    pub count: u64,
    /// What they amount to, by currency.
    pub sums: Vec<Sum>,
    /// The deals, the largest first.
    pub deals: Vec<DealLine>,
}

/// The deals by stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pipeline {
    /// The stages with open deals, in their pipelines' order.
    pub stages: Vec<Stage>,
    /// How many open deals there are; the largest are listed.
    pub open: u64,
    /// What was won in the last 30 days, by currency.
    pub won: Vec<Sum>,
    /// What was lost in the last 30 days, by currency.
    pub lost: Vec<Sum>,
    /// The deals that were won or lost in the last 30 days, newest first.
    pub closed: Vec<DealLine>,
    /// When this was read.
    pub now: Timestamp,
}

/// One move about a deal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DealMove {
    /// The move.
    pub id: MoveId,
    /// A few words.
    pub title: String,
    /// Where it stands.
    pub status: MoveStatus,
    /// When it is due.
    pub due_at: Timestamp,
}

/// A deal with its moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DealCard {
    /// The deal.
    #[serde(flatten)]
    pub deal: DealLine,
    /// Its stage's name for people.
    pub stage_title: String,
    /// Its moves, those that stand first.
    pub moves: Vec<DealMove>,
}

/// Returns sums in short form: `3 · $64k + €12k`.
#[must_use]
pub fn sums_in_words(sums: &[Sum]) -> String {
    sums.iter()
        .filter(|sum| sum.unknown < sum.count)
        .map(|sum| short_amount(Cents::from_units(sum.amount), &sum.currency))
        .collect::<Vec<_>>()
        .join(" + ")
}

fn place(pipeline: &str, stage: &str, position: Option<i64>) -> (bool, String, i64, String) {
    (
        pipeline != DEFAULT_PIPELINE,
        pipeline.to_owned(),
        position
            .or_else(|| default_stage_order(stage))
            .unwrap_or(i64::MAX),
        stage.to_owned(),
    )
}

impl Engine {
    /// Shows the deals by stage.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn pipeline(&self) -> Result<Pipeline> {
        let now = self.now();
        let since = now
            .checked_sub(SignedDuration::from_hours(24 * CLOSED_DAYS))
            .unwrap_or(now);
        self.store().read(|tx| {
            let mut stages: BTreeMap<(bool, String, i64, String), Stage> = BTreeMap::new();
            let mut positions: BTreeMap<(String, String), Option<i64>> = BTreeMap::new();
            let sums = deals::open_sums(tx)?;
            for sum in &sums {
                let known = positions
                    .entry((sum.pipeline.clone(), sum.stage.clone()))
                    .or_insert(sum.position);
                *known = (*known).or(sum.position);
            }
            // The default pipeline shows its empty stages too, where deals are in it.
            if positions.keys().any(|(pipeline, stage)| {
                pipeline == DEFAULT_PIPELINE && default_stage_order(stage).is_some()
            }) {
                for stage in DEFAULT_STAGES.iter().filter(|s| !s.starts_with("closed")) {
                    positions
                        .entry((DEFAULT_PIPELINE.to_owned(), (*stage).to_owned()))
                        .or_insert(None);
                }
            }
            for ((pipeline, stage), position) in &positions {
                stages.insert(
                    place(pipeline, stage, *position),
                    Stage {
                        pipeline: pipeline.clone(),
                        stage: stage.clone(),
                        title: stage_title(stage),
                        position: position.or_else(|| default_stage_order(stage)),
                        count: 0,
                        sums: Vec::new(),
                        deals: Vec::new(),
                    },
                );
            }
            let find = |pipeline: &str, stage: &str| {
                let position = positions.get(&(pipeline.to_owned(), stage.to_owned()));
                place(pipeline, stage, position.copied().flatten())
            };
            for sum in &sums {
                if let Some(stage) = stages.get_mut(&find(&sum.pipeline, &sum.stage)) {
                    stage.count += sum.count;
                    stage.sums.push(sum.into());
                }
            }
            for named in deals::open_named(tx, MOST_OPEN)? {
                let key = find(&named.deal.pipeline, &named.deal.stage);
                if let Some(stage) = stages.get_mut(&key) {
                    stage.deals.push(named.into());
                }
            }
            let closed = deals::closed_sums(tx, since)?;
            let of = |word: &str| {
                closed
                    .iter()
                    .filter(|sum| sum.stage == word)
                    .map(Sum::from)
                    .collect()
            };
            Ok::<_, EngineError>(Pipeline {
                open: sums.iter().map(|sum| sum.count).sum(),
                stages: stages.into_values().collect(),
                won: of("won"),
                lost: of("lost"),
                closed: deals::closed_named(tx, since, MOST_CLOSED)?
                    .into_iter()
                    .map(Into::into)
                    .collect(),
                now,
            })
        })
    }

    /// Shows a deal with its moves.
    ///
    /// # Errors
    /// If it is gone, or the database cannot be read.
    pub fn deal_card(&self, id: DealId) -> Result<DealCard> {
        self.store().read(|tx| {
            let deal = deals::load_named(tx, id)?
                .ok_or_else(|| EngineError::NotFound(format!("There is no deal {id}.")))?;
            let mut all = moves::of_deal(tx, id)?;
            all.sort_by_key(|mv| (!mv.status.is_standing(), std::cmp::Reverse(mv.id)));
            let deal = DealLine::from(deal);
            Ok(DealCard {
                stage_title: stage_title(&deal.stage),
                moves: all
                    .into_iter()
                    .take(50)
                    .map(|mv| DealMove {
                        id: mv.id,
                        title: mv.title,
                        status: mv.status,
                        due_at: mv.due_at,
                    })
                    .collect(),
                deal,
            })
        })
    }
}
