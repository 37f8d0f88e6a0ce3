//! New replies and failures since a mark, for faces that announce them at once.

use jiff::Timestamp;

use super::{ReadTx, Result, word};
use crate::domain::email::classify::ReplyLabel;

/// The point up to which news was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// The newest message.
    pub message: i64,
    /// Instant at which the newest settled execution ended, in milliseconds.
    pub settled: i64,
}

/// A mail of theirs that should be answered soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The sender's name; the address if the name is unknown.
    pub from: String,
    /// The label: interested, or a request for a meeting.
    pub label: ReplyLabel,
    /// The subject.
    pub subject: String,
}

/// A message of ours that could not be sent, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The last error.
    pub error: String,
}

/// News of each kind announced at once, at most.
const MOST: usize = 5;

/// Returns the current mark.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn mark(tx: &ReadTx<'_>) -> Result<Mark> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT coalesce((SELECT max(id) FROM message), 0),
                 coalesce((SELECT max(settled_at) FROM execution WHERE settled_at IS NOT NULL), 0)",
        )?
        .query_row([], |row| {
            Ok(Mark {
                message: row.get(0)?,
                settled: row.get(1)?,
            })
        })?)
}

/// Returns the mails since a mark that should be answered soon.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn replies(tx: &ReadTx<'_>, since: Mark) -> Result<Vec<Reply>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT coalesce(nullif(trim(c.first_name || ' ' || c.last_name), ''), m.from_address), m.label, m.subject
         FROM message m LEFT JOIN contact c ON c.id = m.contact_id
         WHERE m.id > ?1 AND m.direction = 'in' AND m.label IN ('interested', 'meeting_request') ORDER BY m.id LIMIT ?2",
    )?;
    let rows = statement.query_map((since.message, MOST as i64), |row| {
        Ok(Reply {
            from: row.get(0)?,
            label: word(&row.get::<_, String>(1)?)?,
            subject: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns the messages that failed since a mark.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn troubles(tx: &ReadTx<'_>, since: Mark) -> Result<Vec<Trouble>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT iif(to_key = '', subject, to_key), subject, error FROM execution WHERE settled_at IS NOT NULL AND settled_at > ?1 AND status = 'failed'
         ORDER BY settled_at LIMIT ?2",
    )?;
    let rows = statement.query_map((since.settled, MOST as i64), |row| {
        Ok(Trouble {
            to: row.get(0)?,
            subject: row.get(1)?,
            error: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Counts the open moves that are due at or before an instant.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn due(tx: &ReadTx<'_>, by: Timestamp) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM move WHERE status = 'open' AND due_at <= ?1")?
        .query_row([by.as_millisecond()], |row| row.get(0))?;
    Ok(n.unsigned_abs())
}

/// Tells which first steps were taken: a contact added, a mailbox read, a move approved.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn steps(tx: &ReadTx<'_>) -> Result<[bool; 3]> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM contact), EXISTS (SELECT 1 FROM source_state WHERE last_clean_at IS NOT NULL),
                 EXISTS (SELECT 1 FROM execution)",
        )?
        .query_row([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?)
}
