//! Plain lists: outcomes, deals, sources, suppressions, the audit trail.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::deal::Cents;
use crate::domain::id::{ContactId, DealId};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::store::deals;
use crate::store::outcomes::{self, OutcomeRow};
use crate::store::suppressions::{self, Suppression};

/// A deal as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DealItem {
    /// The deal.
    pub id: DealId,
    /// Its name.
    pub name: String,
    /// The person.
    pub contact_id: Option<ContactId>,
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
    /// When it is to be renewed.
    pub renewal_at: Option<Timestamp>,
    /// When its proposal expires.
    pub expires_at: Option<Timestamp>,
}

impl Engine {
    /// Lists outcomes, newest first; of one person, if so asked.
    ///
    /// # Errors
    /// If nobody is known as `who`, or the database cannot be read.
    pub fn list_outcomes(&self, who: Option<&str>, limit: usize) -> Result<Vec<OutcomeRow>> {
        self.store().read(|tx| {
            let contact = who
                .map(|who| find_person(tx, who))
                .transpose()?
                .map(|p| p.contact_id());
            Ok(outcomes::list(tx, contact, limit)?)
        })
    }

    /// Lists deals, the open ones first, by amount.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_deals(&self, limit: usize) -> Result<Vec<DealItem>> {
        self.store().read(|tx| {
            let rows = deals::list(tx, limit)?;
            Ok(rows
                .into_iter()
                .map(|row| DealItem {
                    id: row.id,
                    name: row.name,
                    contact_id: row.contact_id,
                    amount: row.amount.map(Cents::units),
                    currency: row.currency,
                    pipeline: row.pipeline,
                    stage: row.stage,
                    is_closed: row.is_closed,
                    is_won: row.is_won,
                    renewal_at: row.renewal_at,
                    expires_at: row.expires_at,
                })
                .collect())
        })
    }

    /// Finds a person's number by address, number or external id.
    ///
    /// # Errors
    /// If nobody is known by that.
    pub fn find_contact(&self, who: &str) -> Result<ContactId> {
        self.store()
            .read(|tx| Ok(find_person(tx, who)?.contact_id()))
    }

    /// Lists what must never be written to.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_suppressions(&self) -> Result<Vec<Suppression>> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(suppressions::list(tx)?))
    }
}
