//! The undo list.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::id::UndoId;

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
