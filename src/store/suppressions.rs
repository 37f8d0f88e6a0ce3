//! Addresses and domains that must never be written to.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::flags::{self, PendingSuppression};
use super::{ReadTx, Result, WriteTx, instant};

/// One address or domain that must never be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// `ann@acme.example` or `acme.example`, in lower case.
    pub value: String,
    /// `address` or `domain`.
    pub kind: String,
    /// Reason for the suppression.
    pub reason: String,
    /// The person or part of the program that set it.
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
    source: &str,
    now: Timestamp,
) -> Result<bool> {
    let kind = kind_of(value);
    Ok(tx
        .sql()
        .prepare_cached(
            "INSERT INTO suppression (value, kind, reason, source, created_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (value) DO UPDATE SET reason = excluded.reason, source = excluded.source
                 WHERE excluded.source <> 'operator' AND source = 'operator'",
        )?
        .execute((value, kind, reason, source, now.as_millisecond()))?
        > 0)
}

fn kind_of(value: &str) -> &'static str {
    if value.contains('@') {
        "address"
    } else {
        "domain"
    }
}

/// Lifts a suppression, also one that the database does not have yet; returns true if there was one in it.
///
/// # Errors
/// Fails if SQLite refuses, or if what is written down beside the database cannot be removed.
pub fn remove(tx: &WriteTx<'_>, value: &str) -> Result<bool> {
    forget_pending(tx, value)?;
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
    forget_pending(tx, value)?;
    Ok(tx
        .sql()
        .prepare_cached("DELETE FROM suppression WHERE value = ?1 AND source = 'operator'")?
        .execute([value])?
        > 0)
}

fn forget_pending(tx: &WriteTx<'_>, value: &str) -> Result<()> {
    if tx.owns_orders() {
        return flags::forget_suppression(tx.home(), value);
    }
    Ok(())
}

fn of_pending(pending: PendingSuppression) -> Suppression {
    Suppression {
        kind: kind_of(&pending.value).into(),
        value: pending.value,
        reason: match pending.reason {
            reason if reason.is_empty() => "by the operator".into(),
            reason => reason,
        },
        source: "operator".into(),
        created_at: pending.since,
    }
}

/// Returns the suppression of an address: its own, or that of its domain or one above it. One that is only written down beside the database
/// counts like any other.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn find(tx: &ReadTx<'_>, address_key: &str) -> Result<Option<Suppression>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT value, kind, reason, source, created_at FROM suppression WHERE value = ?1",
    )?;
    let mut pending = flags::suppressions(tx.home())?;
    let mut value = address_key;
    loop {
        if let Some(place) = pending.iter().position(|p| p.value == value) {
            return Ok(Some(of_pending(pending.swap_remove(place))));
        }
        if let Some(found) = statement.query_row([value], from_row).optional()? {
            return Ok(Some(found));
        }
        let Some((_, rest)) = value.split_once('@').or_else(|| value.split_once('.')) else {
            return Ok(None);
        };
        value = rest;
    }
}

/// Lists all suppressions by value, with those that are only written down beside the database.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn list(tx: &ReadTx<'_>) -> Result<Vec<Suppression>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT value, kind, reason, source, created_at FROM suppression ORDER BY value",
    )?;
    let mut all: Vec<Suppression> = statement
        .query_map([], from_row)?
        .collect::<rusqlite::Result<_>>()?;
    for pending in flags::suppressions(tx.home())? {
        if all.iter().all(|known| known.value != pending.value) {
            all.push(of_pending(pending));
        }
    }
    all.sort_by(|a, b| a.value.cmp(&b.value));
    Ok(all)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        value: row.get(0)?,
        kind: row.get(1)?,
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
    fn a_suppression_beside_the_database_counts_until_it_is_lifted() {
        let (_directory, store) = store();
        let home = store.directory().to_owned();
        let pend = |value: &str| {
            flags::suppress(&home, value, "asked", Timestamp::UNIX_EPOCH).unwrap();
        };
        pend("acme.example");
        pend("bo@kite.example");
        let check = |address: &str, expect: bool| {
            let found = store.read(|tx| find(tx, address)).unwrap();
            assert_eq!(found.is_some(), expect, "{address}");
        };
        check("ann@mail.acme.example", true);
        check("bo@kite.example", true);
        check("al@kite.example", false);
        let values = || -> Vec<String> {
            let all = store.read(list).unwrap();
            all.into_iter().map(|s| s.value).collect()
        };
        assert_eq!(values(), ["acme.example", "bo@kite.example"]);
        let lifted: Result<bool, StoreError> =
            store.write(Durability::Normal, |tx| remove(tx, "acme.example"));
        assert!(!lifted.unwrap());
        check("ann@acme.example", false);
        assert_eq!(values(), ["bo@kite.example"]);
    }

    #[test]
    fn a_domain_covers_its_addresses_and_subdomains_and_no_lookalike() {
        let (_directory, store) = store();
        store
            .write(Durability::Normal, |tx| {
                add(
                    tx,
                    "acme.example",
                    "asked",
                    "operator",
                    Timestamp::UNIX_EPOCH,
                )?;
                add(
                    tx,
                    "bo@kite.example",
                    "bounced",
                    "mail",
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
