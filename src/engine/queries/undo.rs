//! The undo list.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::id::UndoId;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::undo::promise_now;
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
    /// Whether it can be taken back now.
    pub possible: bool,
}

impl Engine {
    pub(in crate::engine) fn list_undo(&self, limit: usize) -> Result<Vec<UndoItem>> {
        let now = self.now();
        self.store().read(|tx| {
            let rows = undo::list(tx, limit)?;
            rows.into_iter()
                .map(|row| {
                    let (promise, possible) = promise_now(tx, self.core(), &row, now)?;
                    Ok(UndoItem {
                        id: row.id,
                        at: row.at,
                        possible: possible && row.undone_at.is_none(),
                        summary: row.summary,
                        promise,
                        undone_at: row.undone_at,
                    })
                })
                .collect::<Result<_>>()
        })
    }
}
