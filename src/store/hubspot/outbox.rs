//! The outbox of writes to HubSpot: a row is committed as `sending` before its request leaves.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::words::words;

words! {
    /// The status of a write.
    pub enum WriteStatus ("a write's status") {
        /// Asked for; waits for its turn.
        Queued = "queued",
        /// Claimed; it may have left.
        Sending = "sending",
        /// Done in HubSpot.
        Sent = "sent",
        /// Refused, and not tried again.
        Failed = "failed",
        /// Done or not: nobody knows yet.
        Uncertain = "uncertain",
        /// Taken back, or no longer wanted.
        Cancelled = "cancelled",
    }
}

/// A write that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWrite {
    /// The idempotency key: same key, same effect.
    pub key: String,
    /// The operation, as the engine's JSON.
    pub operation: String,
    /// The operation, in words.
    pub summary: String,
    /// The asker.
    pub asked_by: String,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WriteRow {
    /// Its number.
    pub id: i64,
    /// The idempotency key: same key, same effect.
    pub key: String,
    /// The operation, as the engine's JSON.
    #[serde(skip)]
    pub operation: String,
    /// Its status.
    pub status: WriteStatus,
    /// The operation, in words.
    pub summary: String,
    /// The asker.
    pub asked_by: String,
    /// The process that carries it out.
    #[serde(skip)]
    pub holder: String,
    /// Number of tries.
    pub tries: i64,
    /// The record that it made or changed.
    pub remote_id: String,
    /// The last error, or the guard that holds it.
    pub error: String,
    /// Instant of the request.
    pub created_at: Timestamp,
    /// Instant of the last claim.
    pub claimed_at: Option<Timestamp>,
    /// Instant at which it ended.
    pub settled_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, key, operation, status, summary, asked_by, holder, tries, remote_id, error, created_at, claimed_at, settled_at FROM hubspot_write";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<WriteRow> {
    let at = |i| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.map(instant));
    Ok(WriteRow {
        id: row.get(0)?,
        key: row.get(1)?,
        operation: row.get(2)?,
        status: word::<WriteStatus>(&row.get::<_, String>(3)?)?,
        summary: row.get(4)?,
        asked_by: row.get(5)?,
        holder: row.get(6)?,
        tries: row.get(7)?,
        remote_id: row.get(8)?,
        error: row.get(9)?,
        created_at: instant(row.get(10)?),
        claimed_at: at(11)?,
        settled_at: at(12)?,
    })
}

/// Adds a write; none if one with that key exists.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_write(tx: &WriteTx<'_>, write: &NewWrite, now: Timestamp) -> Result<Option<i64>> {
    let added = tx
        .sql()
        .prepare_cached(
            "INSERT INTO hubspot_write (key, operation, status, summary, asked_by, created_at) VALUES (?1, ?2, 'queued', ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute((&write.key, &write.operation, &write.summary, &write.asked_by, now.as_millisecond()))?;
    Ok((added > 0).then(|| tx.sql().last_insert_rowid()))
}

/// Loads a write.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load_write(tx: &ReadTx<'_>, id: i64) -> Result<Option<WriteRow>> {
    let sql = format!("{COLUMNS} WHERE id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id], from_row)
        .optional()?)
}

/// Finds a write by its key.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_write(tx: &ReadTx<'_>, key: &str) -> Result<Option<WriteRow>> {
    let sql = format!("{COLUMNS} WHERE key = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([key], from_row)
        .optional()?)
}

/// Finds the newest write whose key begins with `family`, which ends in a colon.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn newest_write_of(tx: &ReadTx<'_>, family: &str) -> Result<Option<WriteRow>> {
    // A semicolon is the next character after a colon.
    let beyond = format!("{};", family.trim_end_matches(':'));
    let sql = format!("{COLUMNS} WHERE key >= ?1 AND key < ?2 ORDER BY id DESC LIMIT 1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((family, beyond), from_row)
        .optional()?)
}

/// Lists writes that are not settled, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn waiting_writes(tx: &ReadTx<'_>) -> Result<Vec<WriteRow>> {
    let sql = format!("{COLUMNS} WHERE status IN ('queued', 'sending', 'uncertain') ORDER BY id");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Lists writes, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn writes(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<WriteRow>> {
    let sql = format!("{COLUMNS} ORDER BY id DESC LIMIT ?1");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Stores the exact operation of a write, once the record was examined.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_operation(tx: &WriteTx<'_>, id: i64, operation: &str) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE hubspot_write SET operation = ?2 WHERE id = ?1")?
        .execute((id, operation))?;
    Ok(())
}

/// Claims a queued write; returns whether it was still queued.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn claim_write(tx: &WriteTx<'_>, id: i64, holder: &str, now: Timestamp) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE hubspot_write SET status = 'sending', holder = ?2, claimed_at = ?3, tries = tries + 1, error = '' WHERE id = ?1 AND status = 'queued'",
        )?
        .execute((id, holder, now.as_millisecond()))?
        > 0)
}

/// Moves a write from one state to another; returns whether it stood in the first.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn settle_write(
    tx: &WriteTx<'_>,
    id: i64,
    (from, to): (WriteStatus, WriteStatus),
    (remote_id, error): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let ended = matches!(
        to,
        WriteStatus::Sent | WriteStatus::Failed | WriteStatus::Cancelled
    );
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE hubspot_write SET status = ?3, remote_id = CASE WHEN ?4 = '' THEN remote_id ELSE ?4 END, error = ?5, settled_at = ?6
             WHERE id = ?1 AND status = ?2",
        )?
        .execute((id, from.as_str(), to.as_str(), remote_id, error, ended.then(|| now.as_millisecond())))?
        > 0)
}
