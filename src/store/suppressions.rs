//! Addresses and domains that must never be written to.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::words::words;

words! {
    /// The reach of a suppression.
    pub enum SuppressionKind ("a kind of suppression") {
        /// One address.
        Address = "address",
        /// Every address of a domain, and of those below it.
        Domain = "domain",
    }
}

words! {
    /// The one who sets a suppression. What somebody else set outranks the operator's.
    pub enum SuppressedBy ("a source of suppressions") {
        /// The operator.
        Operator = "operator",
        /// A mail of theirs, or one that came back.
        Mail = "mail",
        /// An imported record.
        Import = "import",
        /// A removal in HubSpot.
        Hubspot = "hubspot",
    }
}

/// One address or domain that must never be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// `ann@acme.example` or `acme.example`, in lower case.
    pub value: String,
    /// Its reach.
    pub kind: SuppressionKind,
    /// Reason for the suppression.
    pub reason: String,
    /// The person or part of the program that set it, as stored.
    pub source: String,
    /// Its start.
    pub created_at: Timestamp,
}

/// Adds a suppression; returns true if it is new. `value` is in lower case. The person's own wish outranks the operator's: it
/// replaces the operator's reason, so that undoing the operator's suppression does not lift it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add(
    tx: &WriteTx<'_>,
    value: &str,
    reason: &str,
    source: SuppressedBy,
    now: Timestamp,
) -> Result<bool> {
    let kind = if value.contains('@') {
        SuppressionKind::Address
    } else {
        SuppressionKind::Domain
    };
    Ok(tx
        .sql()
        .prepare_cached(
            "INSERT INTO suppression (value, kind, reason, source, created_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (value) DO UPDATE SET reason = excluded.reason, source = excluded.source
                 WHERE excluded.source <> ?6 AND source = ?6",
        )?
        .execute((
            value,
            kind.as_str(),
            reason,
            source.as_str(),
            now.as_millisecond(),
            SuppressedBy::Operator.as_str(),
        ))?
        > 0)
}

/// Lifts a suppression; returns true if there was one.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn remove(tx: &WriteTx<'_>, value: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("DELETE FROM suppression WHERE value = ?1")?
        .execute([value])?
        > 0)
}

/// Lifts a suppression that the operator set; returns true if there was one.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn remove_own(tx: &WriteTx<'_>, value: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("DELETE FROM suppression WHERE value = ?1 AND source = ?2")?
        .execute([value, SuppressedBy::Operator.as_str()])?
        > 0)
}

/// Returns the suppression of an address: its own, or that of its domain or one above it.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, address_key: &str) -> Result<Option<Suppression>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT value, kind, reason, source, created_at FROM suppression WHERE value = ?1",
    )?;
    let mut value = address_key;
    loop {
        if let Some(found) = statement.query_row([value], from_row).optional()? {
            return Ok(Some(found));
        }
        let Some((_, rest)) = value.split_once('@').or_else(|| value.split_once('.')) else {
            return Ok(None);
        };
        value = rest;
    }
}

/// Lists all suppressions by value.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(tx: &ReadTx<'_>) -> Result<Vec<Suppression>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT value, kind, reason, source, created_at FROM suppression ORDER BY value",
    )?;
    Ok(statement
        .query_map([], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        value: row.get(0)?,
        kind: word(&row.get::<_, String>(1)?)?,
        reason: row.get(2)?,
        source: row.get(3)?,
        created_at: instant(row.get(4)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, StoreError};

    #[test]
    fn a_domain_covers_its_addresses_and_subdomains_and_no_lookalike() {
        let (_directory, store) = store();
        store
            .write(Durability::Normal, |tx| {
                add(
                    tx,
                    "acme.example",
                    "asked",
                    SuppressedBy::Operator,
                    Timestamp::UNIX_EPOCH,
                )?;
                add(
                    tx,
                    "bo@kite.example",
                    "bounced",
                    SuppressedBy::Mail,
                    Timestamp::UNIX_EPOCH,
                )
            })
            .unwrap();
        let check = |address: &str, expect: bool| {
            let found = store.read(|tx| find(tx, address)).unwrap();
            assert_eq!(found.is_some(), expect, "{address}");
        };
        check("ann@acme.example", true);
        check("ann@mail.acme.example", true);
        check("ann@notacme.example", false);
        check("bo@kite.example", true);
        check("al@kite.example", false);
        let lifted: Result<bool, StoreError> =
            store.write(Durability::Normal, |tx| remove(tx, "acme.example"));
        assert!(lifted.unwrap());
        check("ann@acme.example", false);
    }
}
