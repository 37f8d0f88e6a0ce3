//! HubSpot beyond reading: what is written there, conflicts, and the two gates through which nothing comes back.
//!
//! A write is a row before it is a request. It leaves only in mode live while the kill switch is off, and never over a version that was not
//! seen: the record is fetched just before, and what changed there meanwhile is merged or becomes a conflict.

mod conflicts;
mod hooks;

use serde::Serialize;

use crate::domain::by::By;

use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::road::sources::hubspot::{CARRIER as HUBSPOT, is_set_up};
use crate::store::executions::{self, ExecutionRow, ExecutionStatus};
use crate::store::hubspot::{self, StageRow};

pub use crate::engine::effects::kinds::record::gates::Gate;
pub use crate::engine::effects::kinds::record::push::PushReport;
pub use crate::engine::effects::kinds::record::targets::Target;
pub use crate::engine::effects::kinds::record::wishes::Wish;
pub use crate::store::hubspot::Conflict;
pub use conflicts::Take;
pub use hooks::Call;

/// How far the reading of one kind is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindStatus {
    /// The kind of record.
    pub kind: String,
    /// How many were seen.
    pub seen: u64,
    /// What changed since then is read next; none before the first whole reading.
    pub since: Option<jiff::Timestamp>,
    /// Whether a reading is under way or was interrupted.
    pub under_way: bool,
    /// When the last whole reading ended.
    pub done_at: Option<jiff::Timestamp>,
}

/// A write that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingWrite {
    /// Its number in the outbox.
    pub id: i64,
    /// Its idempotency key.
    pub key: String,
    /// Its status.
    pub status: ExecutionStatus,
    /// The write in words.
    pub summary: String,
    /// The one who asked for it.
    pub asked_by: By,
    /// The number of tries.
    pub tries: i64,
    /// The record that it made or changed.
    pub remote_id: String,
    /// The last failure, or what holds it.
    pub error: String,
    /// The instant of the ask.
    pub created_at: jiff::Timestamp,
    /// The instant of the last claim.
    pub claimed_at: Option<jiff::Timestamp>,
    /// The instant of its end.
    pub settled_at: Option<jiff::Timestamp>,
}

impl From<ExecutionRow> for WaitingWrite {
    fn from(row: ExecutionRow) -> Self {
        Self {
            id: row.id.0,
            key: row.idempotency_key,
            status: row.status,
            summary: row.subject,
            asked_by: row.approved_by,
            tries: row.tries,
            remote_id: row.remote_id,
            error: row.error,
            created_at: row.approved_at,
            claimed_at: row.claimed_at,
            settled_at: row.settled_at,
        }
    }
}

/// How things stand with HubSpot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HubspotStatus {
    /// Whether anybody is signed in.
    pub signed_in: bool,
    /// Where the API is.
    pub url: String,
    /// The version of its paths.
    pub api_version: String,
    /// Whose records are read.
    pub owner: String,
    /// The owners that the portal knows: id, address, name.
    pub owners: Vec<(String, String, String)>,
    /// How far the reading of each kind is.
    pub kinds: Vec<KindStatus>,
    /// The pipelines' stages in order.
    pub stages: Vec<StageRow>,
    /// Fields that wait for a decision.
    pub conflicts: usize,
    /// Writes that wait.
    pub waiting: Vec<WaitingWrite>,
    /// Events of webhooks that the next sync looks into.
    pub events_waiting: usize,
}

impl Engine {
    /// Returns how things stand with HubSpot.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn hubspot_status(&self) -> Result<HubspotStatus> {
        use crate::connectors::hubspot::paths::ObjectKind;
        let config = &self.config().hubspot;
        let signed_in = is_set_up(self);
        self.store().read(|tx| {
            let counts = hubspot::counts(tx)?;
            let kinds = ObjectKind::ALL
                .iter()
                .map(|kind| {
                    let sweep = hubspot::load_sweep(tx, kind.as_str())?;
                    Ok::<_, crate::store::StoreError>(KindStatus {
                        kind: kind.as_str().into(),
                        seen: counts
                            .iter()
                            .find(|(k, _)| k == kind.as_str())
                            .map_or(0, |(_, n)| *n),
                        since: sweep.since,
                        under_way: sweep.began_at.is_some(),
                        done_at: sweep.done_at,
                    })
                })
                .collect::<std::result::Result<_, _>>()?;
            Ok(HubspotStatus {
                signed_in,
                url: config.url.clone(),
                api_version: config.api_version.as_str().into(),
                owner: config.owner.clone(),
                owners: hubspot::owners(tx)?,
                kinds,
                stages: hubspot::stages(tx)?,
                conflicts: hubspot::conflicts(tx, false)?.len(),
                waiting: executions::waiting_through(tx, HUBSPOT)?
                    .into_iter()
                    .map(WaitingWrite::from)
                    .collect(),
                events_waiting: hubspot::waiting_events(tx, 10_000)?.len(),
            })
        })
    }
}
