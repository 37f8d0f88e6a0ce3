//! The undo list.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::id::UndoId;
use crate::engine::{Engine, Result};
use crate::store::undo;

/// One thing that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoItem {
    /// The entry.
    pub id: UndoId,
    /// When it was done.
    pub at: Timestamp,
    /// What was done.
    pub summary: String,
    /// What comes back, and what cannot.
    pub promise: String,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

impl Engine {
    pub(in crate::engine) fn list_undo(&self, limit: usize) -> Result<Vec<UndoItem>> {
        self.store().read(|tx| {
            let rows = undo::list(tx, limit)?;
            Ok(rows
                .into_iter()
                .map(|row| UndoItem {
                    id: row.id,
                    at: row.at,
                    summary: row.summary,
                    promise: row.promise,
                    undone_at: row.undone_at,
                })
                .collect())
        })
    }
}
