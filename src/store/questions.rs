//! Open questions of whether somebody opted out: whom they are about, found by identity like suppressions.

use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx};
use crate::domain::email::{MailboxKey, Named};
use crate::domain::id::MoveId;

/// Lets a move ask about a mailbox, a domain or a firm.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add(tx: &WriteTx<'_>, named: &Named, id: MoveId) -> Result<()> {
    add_key(tx, named.as_str(), id)
}

/// Lets a move ask about a key again, as [`answer`] gave it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_key(tx: &WriteTx<'_>, key: &str, id: MoveId) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO opt_out_question (key, move_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute((key, id.0))?;
    Ok(())
}

/// Ends what a move asks; returns the keys that it asked about.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn answer(tx: &WriteTx<'_>, id: MoveId) -> Result<Vec<String>> {
    let mut statement = tx
        .sql()
        .prepare_cached("DELETE FROM opt_out_question WHERE move_id = ?1 RETURNING key")?;
    let mut keys = statement
        .query_map([id.0], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    keys.sort();
    Ok(keys)
}

/// Tells whether a move asks about anybody.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn is_open(tx: &ReadTx<'_>, id: MoveId) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM opt_out_question WHERE move_id = ?1)")?
        .query_row([id.0], |row| row.get(0))?)
}

/// Tells whether any question is open; asked first, as nearly always there is none.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn is_any_open(tx: &ReadTx<'_>) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM opt_out_question)")?
        .query_row([], |row| row.get(0))?)
}

/// Returns the first move that asks about a mailbox, its domain or one above it.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, mailbox: &MailboxKey) -> Result<Option<MoveId>> {
    let domain = mailbox.domain();
    for key in std::iter::once(mailbox.as_str()).chain(domain.and_above()) {
        let found = of_key(tx, key)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Returns the first move that asks about exactly this mailbox.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_mailbox(tx: &ReadTx<'_>, mailbox: &MailboxKey) -> Result<Option<MoveId>> {
    of_key(tx, mailbox.as_str())
}

/// Returns the first move that asks about one of these firms, each named by its name or by a domain.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_firm(tx: &ReadTx<'_>, firms: &[Named]) -> Result<Option<MoveId>> {
    for key in firms.iter().flat_map(Named::and_above) {
        let found = of_key(tx, key)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn of_key(tx: &ReadTx<'_>, key: &str) -> Result<Option<MoveId>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT move_id FROM opt_out_question WHERE key = ?1 ORDER BY move_id LIMIT 1",
        )?
        .query_row([key], |row| row.get(0).map(MoveId))
        .optional()?)
}
