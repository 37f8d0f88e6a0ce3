//! The undo list.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::id::{ExecutionId, UndoId};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    /// The entry.
    pub id: UndoId,
    /// Instant of the change.
    pub at: Timestamp,
    /// The change, in words.
    pub summary: String,
    /// The part that undo brings back, and the part that it cannot.
    pub promise: String,
    /// The step that undoes it, as the engine's JSON.
    pub step: String,
    /// The entry that this one took back.
    pub undoes: Option<UndoId>,
    /// Instant at which it was undone.
    pub undone_at: Option<Timestamp>,
}

/// Adds an entry.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add(
    tx: &WriteTx<'_>,
    now: Timestamp,
    summary: &str,
    promise: &str,
    step: &str,
    undoes: Option<UndoId>,
) -> Result<UndoId> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO undo (at, summary, promise, step, undoes) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            now.as_millisecond(),
            summary,
            promise,
            step,
            undoes.map(|id| id.0),
        ))?;
    Ok(UndoId(tx.sql().last_insert_rowid()))
}

/// Marks an entry as undone; returns true if it was not before.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn mark(tx: &WriteTx<'_>, id: UndoId, now: Timestamp) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("UPDATE undo SET undone_at = ?2 WHERE id = ?1 AND undone_at IS NULL")?
        .execute((id.0, now.as_millisecond()))?
        > 0)
}

/// Puts an entry back into force with the step that takes it back now.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn renew(tx: &WriteTx<'_>, id: UndoId, step: &str) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE undo SET undone_at = NULL, step = ?2 WHERE id = ?1")?
        .execute((id.0, step))?;
    Ok(())
}

/// Finds an entry; if none is named, the newest that is not undone, is not about a message that never left, and is not of the program's own:
/// nobody lifts by accident what somebody else asked for meanwhile.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, id: Option<UndoId>) -> Result<Option<UndoRow>> {
    let (sql, key) = match id {
        Some(id) => (
            "SELECT id, at, summary, promise, step, undone_at, undoes FROM undo WHERE id = ?1",
            id.0,
        ),
        None => (
            "SELECT id, at, summary, promise, step, undone_at, undoes FROM undo WHERE undone_at IS NULL AND undoes IS NULL AND id > ?1
             AND coalesce(undo.step ->> 'by_itself', 0) = 0
             AND NOT EXISTS (SELECT 1 FROM execution e WHERE undo.step ->> 'step' = 'execution' AND e.id = undo.step ->> 'id'
                             AND e.status IN ('failed', 'cancelled')) ORDER BY id DESC LIMIT 1",
            0,
        ),
    };
    Ok(tx
        .sql()
        .prepare_cached(sql)?
        .query_row([key], from_row)
        .optional()?)
}

/// Finds the undo entry of an execution.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_execution(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Option<UndoId>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT id FROM undo WHERE step ->> 'step' = 'execution' AND step ->> 'id' = ?1 AND undone_at IS NULL ORDER BY id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| row.get(0).map(UndoId))
        .optional()?)
}

/// Puts the undo entry of an execution back into force: it is queued again.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn revive_execution(tx: &WriteTx<'_>, id: ExecutionId) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE undo SET undone_at = NULL WHERE step ->> 'step' = 'execution' AND step ->> 'id' = ?1",
        )?
        .execute([id.0])?;
    Ok(())
}

/// Lists entries, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<UndoRow>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id, at, summary, promise, step, undone_at, undoes FROM undo ORDER BY id DESC LIMIT ?1",
    )?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<UndoRow> {
    Ok(UndoRow {
        id: UndoId(row.get(0)?),
        at: instant(row.get(1)?),
        summary: row.get(2)?,
        promise: row.get(3)?,
        step: row.get(4)?,
        undone_at: row.get::<_, Option<i64>>(5)?.map(instant),
        undoes: row.get::<_, Option<i64>>(6)?.map(UndoId),
    })
}
