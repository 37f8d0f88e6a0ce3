//! Provider-side facts of messages: their ids and threads, the Message-IDs that they really carry, and the addresses that mailboxes write from.

use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx};
use crate::domain::id::ExecutionId;

/// A message or draft at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteMessage {
    /// The Message-ID that it really carries, with angle brackets; empty if that is not known.
    pub message_id: String,
    /// The provider's name for it.
    pub remote_id: String,
    /// The provider's name for its thread.
    pub thread: String,
}

/// Stores the provider's facts of an execution's message.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set(tx: &WriteTx<'_>, id: ExecutionId, remote: &RemoteMessage) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO remote_message (execution_id, message_id, remote_id, thread) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (execution_id) DO UPDATE SET remote_id = excluded.remote_id, thread = excluded.thread,
                 message_id = CASE WHEN excluded.message_id = '' THEN message_id ELSE excluded.message_id END",
        )?
        .execute((id.0, &remote.message_id, &remote.remote_id, &remote.thread))?;
    Ok(())
}

/// Returns the provider's facts of an execution's message.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Option<RemoteMessage>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT message_id, remote_id, thread FROM remote_message WHERE execution_id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(RemoteMessage {
                message_id: row.get(0)?,
                remote_id: row.get(1)?,
                thread: row.get(2)?,
            })
        })
        .optional()?)
}

/// Returns the newest execution whose message lies in a provider's thread.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn in_thread(tx: &ReadTx<'_>, thread: &str) -> Result<Option<ExecutionId>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT max(execution_id) FROM remote_message WHERE thread = ?1 AND thread <> ''",
        )?
        .query_row([thread], |row| row.get::<_, Option<i64>>(0))?
        .map(ExecutionId))
}

/// Keeps the addresses that a mailbox writes from, in place of earlier ones.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_own_addresses(tx: &WriteTx<'_>, source: &str, addresses: &[String]) -> Result<()> {
    tx.sql()
        .prepare_cached("DELETE FROM own_address WHERE source = ?1")?
        .execute([source])?;
    let mut statement = tx.sql().prepare_cached(
        "INSERT INTO own_address (source, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for address in addresses {
        statement.execute((source, address))?;
    }
    Ok(())
}

/// Returns all addresses that the mailboxes write from.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn own_addresses(tx: &ReadTx<'_>) -> Result<Vec<String>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT DISTINCT address FROM own_address")?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}
