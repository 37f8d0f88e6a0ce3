//! Messages of ours that lie outside and that no execution knows: the database is older than what was done with it.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::id::ExecutionId;
use crate::domain::words::words;

words! {
    /// The standing of a message of ours that was found.
    pub enum StrayState ("a stray's state") {
        /// Nobody knows it; mail to its recipient is held.
        Open = "open",
        /// An execution took it in.
        Adopted = "adopted",
        /// The operator knows of it.
        Known = "known",
    }
}

/// A message of ours that was found outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StrayRow {
    /// The row's id; 0 before it is stored.
    pub id: i64,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// The mailbox in which it lies.
    pub transport: String,
    /// Its place there.
    pub location: String,
    /// The recipient's address in lower case.
    pub to_key: String,
    /// Its subject.
    pub subject: String,
    /// Its own date.
    pub sent_at: Timestamp,
    /// Instant of its finding.
    pub found_at: Timestamp,
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(StrayRow, StrayState)> {
    let stray = StrayRow {
        id: row.get(0)?,
        message_id: row.get(1)?,
        transport: row.get(2)?,
        location: row.get(3)?,
        to_key: row.get(4)?,
        subject: row.get(5)?,
        sent_at: instant(row.get(6)?),
        found_at: instant(row.get(7)?),
    };
    Ok((stray, word(&row.get::<_, String>(8)?)?))
}

const COLUMNS: &str =
    "id, message_id, transport, location, to_key, subject, sent_at, found_at, state";

/// Stores a message that was found; returns its id, or none if it is stored already.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add(
    tx: &WriteTx<'_>,
    stray: &StrayRow,
    state: StrayState,
    execution: Option<ExecutionId>,
) -> Result<Option<i64>> {
    let added = tx
        .sql()
        .prepare_cached(
            "INSERT INTO stray (message_id, transport, location, to_key, subject, sent_at, found_at, state, execution_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (message_id) DO NOTHING",
        )?
        .execute((
            &stray.message_id,
            &stray.transport,
            &stray.location,
            &stray.to_key,
            &stray.subject,
            stray.sent_at.as_millisecond(),
            stray.found_at.as_millisecond(),
            state.as_str(),
            execution.map(|id| id.0),
        ))?;
    Ok((added > 0).then(|| tx.sql().last_insert_rowid()))
}

/// Returns the messages that nobody knows, the oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn open(tx: &ReadTx<'_>) -> Result<Vec<StrayRow>> {
    let sql = format!("SELECT {COLUMNS} FROM stray WHERE state = 'open' ORDER BY sent_at, id");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([], |row| from_row(row).map(|(stray, _)| stray))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Loads a message that was found, with its standing.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: i64) -> Result<Option<(StrayRow, StrayState)>> {
    let sql = format!("SELECT {COLUMNS} FROM stray WHERE id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id], from_row)
        .optional()?)
}

/// Sets the standing of a message that was open; returns true if it was.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn settle(tx: &WriteTx<'_>, id: i64, state: StrayState) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("UPDATE stray SET state = ?2 WHERE id = ?1 AND state = 'open'")?
        .execute((id, state.as_str()))?
        > 0)
}

/// Returns the Message-IDs, with angle brackets, that begin so and that an execution, a message or a stray has.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn known_ids(tx: &ReadTx<'_>, beginning: &str) -> Result<Vec<String>> {
    // As a range, so that the indexes serve it. No id has a character beyond ASCII's last.
    let end = format!("{beginning}\u{7f}");
    let mut statement = tx.sql().prepare_cached(
        "SELECT message_id FROM execution WHERE message_id BETWEEN ?1 AND ?2
         UNION SELECT message_id FROM remote_message WHERE message_id BETWEEN ?1 AND ?2 AND message_id <> ''
         UNION SELECT message_id FROM message WHERE message_id BETWEEN ?1 AND ?2
         UNION SELECT message_id FROM stray WHERE message_id BETWEEN ?1 AND ?2",
    )?;
    Ok(statement
        .query_map((beginning, &end), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, StoreError};

    fn stray(id: &str) -> StrayRow {
        StrayRow {
            id: 0,
            message_id: id.into(),
            transport: "mail".into(),
            location: "outbox".into(),
            to_key: "ann@acme.example".into(),
            subject: "Pricing".into(),
            sent_at: Timestamp::UNIX_EPOCH,
            found_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_stray_is_stored_once_and_open_until_it_is_settled() {
        let (_directory, store) = store();
        let add = |id: &'static str| {
            store
                .write(Durability::Full, move |tx| {
                    add(tx, &stray(id), StrayState::Open, None)
                })
                .unwrap()
        };
        assert_eq!(add("<caseyos.a.1.x@y>"), Some(1));
        assert_eq!(add("<caseyos.a.1.x@y>"), None);
        assert_eq!(add("<caseyos.b.1.x@y>"), Some(2));
        let known = store.read(|tx| known_ids(tx, "<caseyos.a.")).unwrap();
        assert_eq!(known, ["<caseyos.a.1.x@y>"]);
        let settle = || {
            store
                .write(Durability::Full, |tx| settle(tx, 1, StrayState::Known))
                .unwrap()
        };
        assert!(settle());
        assert!(!settle());
        let open: Vec<i64> = store
            .read(open)
            .unwrap()
            .into_iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(open, [2]);
        let one = store.read(|tx| Ok::<_, StoreError>(load(tx, 1)?.map(|(_, state)| state)));
        assert_eq!(one.unwrap(), Some(StrayState::Known));
    }
}
