//! Mailboxes, domains and firms that must never be written to, found by identity.

use jiff::Timestamp;
use serde::Serialize;

use super::flags::{self, PendingSuppression};
use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::email::{DomainKey, MailboxKey, Named};
use crate::domain::suppression::{Cause, SuppressionKind};
use crate::domain::words::words;

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

/// One mailbox, domain or firm that must never be written to, for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// `ann@acme.example`, `acme.example` or `firm:Acme GmbH`, as it was named.
    pub value: String,
    /// Its reach.
    pub kind: SuppressionKind,
    /// Cause of the suppression.
    pub cause: Cause,
    /// Reason for the suppression.
    pub reason: String,
    /// The person or part of the program that set it.
    pub source: String,
    /// Its start.
    pub created_at: Timestamp,
}

/// The reason of an operator's suppression for which none was given.
pub const NO_REASON: &str = "by the operator";

/// Adds a suppression; returns true if it is new for this cause. `value` is how it was named.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add(
    tx: &WriteTx<'_>,
    (named, value): (&Named, &str),
    cause: Cause,
    (reason, source): (&str, SuppressedBy),
    now: Timestamp,
) -> Result<bool> {
    let kind = SuppressionKind::of(named);
    Ok(tx
        .sql()
        .prepare_cached(
            "INSERT INTO suppression (key, cause, value, kind, reason, source, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO NOTHING",
        )?
        .execute((
            named.as_str(),
            cause.as_str(),
            value,
            kind.as_str(),
            reason,
            source.as_str(),
            now.as_millisecond(),
        ))?
        > 0)
}

/// Lifts a suppression, whatever its causes, also one that the database does not have yet; returns those that it had.
///
/// # Errors
/// Fails if SQLite refuses, or if what is written down beside the database cannot be removed.
pub fn remove(tx: &WriteTx<'_>, named: &Named) -> Result<Vec<Suppression>> {
    forget_pending(tx, named)?;
    let mut statement = tx.sql().prepare_cached(
        "DELETE FROM suppression WHERE key = ?1 RETURNING value, kind, cause, reason, source, created_at",
    )?;
    read_all(statement.query([named.as_str()])?)
}

/// Lifts a suppression for one cause; returns true if there was one. Those for other causes stay.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn remove_cause(tx: &WriteTx<'_>, named: &Named, cause: Cause) -> Result<bool> {
    if cause == Cause::Operator {
        forget_pending(tx, named)?;
    }
    Ok(tx
        .sql()
        .prepare_cached("DELETE FROM suppression WHERE key = ?1 AND cause = ?2")?
        .execute([named.as_str(), cause.as_str()])?
        > 0)
}

fn forget_pending(tx: &WriteTx<'_>, named: &Named) -> Result<()> {
    if tx.owns_orders() {
        for (known, pending) in pending(tx)? {
            if known == *named {
                flags::forget_suppression(tx.home(), &pending.value)?;
            }
        }
    }
    Ok(())
}

/// Returns what is only written down beside the database, with what it names.
fn pending(tx: &ReadTx<'_>) -> Result<Vec<(Named, PendingSuppression)>> {
    let all = flags::suppressions(tx.home())?.into_iter();
    Ok(all
        .filter_map(|one| Some((Named::parse(&one.value).ok()?, one)))
        .collect())
}

fn of_pending(named: &Named, pending: PendingSuppression) -> Suppression {
    Suppression {
        kind: SuppressionKind::of(named),
        value: pending.value,
        cause: Cause::Operator,
        reason: match pending.reason {
            reason if reason.is_empty() => NO_REASON.into(),
            reason => reason,
        },
        source: SuppressedBy::Operator.to_string(),
        created_at: pending.since,
    }
}

/// Returns the suppressions of exactly this mailbox, domain or firm that the database has, the person's own wish first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of(tx: &ReadTx<'_>, named: &Named) -> Result<Vec<Suppression>> {
    of_key(tx, named.as_str())
}

/// Returns the suppression of a mailbox: its own, or that of its domain or one above it. One that is only written down beside the database counts
/// like any other.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn find(tx: &ReadTx<'_>, mailbox: &MailboxKey) -> Result<Option<Suppression>> {
    let pending = pending(tx)?;
    let domain = mailbox.domain();
    for key in std::iter::once(mailbox.as_str()).chain(domain.and_above()) {
        if let Some((named, found)) = pending.iter().find(|(named, _)| named.as_str() == key) {
            return Ok(Some(of_pending(named, found.clone())));
        }
        if let Some(found) = of_key(tx, key)?.into_iter().next() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns whatever bars a mailbox, with each cause: itself, its domain and those above it. What is only written down beside the database
/// counts like any other.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn over(tx: &ReadTx<'_>, mailbox: &MailboxKey) -> Result<Vec<(Named, Cause)>> {
    let pending = pending(tx)?;
    let domain = mailbox.domain();
    let mut all = Vec::new();
    for key in std::iter::once(mailbox.as_str()).chain(domain.and_above()) {
        let beside = pending.iter().filter(|(named, _)| named.as_str() == key);
        all.extend(beside.map(|(named, _)| (named.clone(), Cause::Operator)));
        for found in of_key(tx, key)? {
            let named = match found.kind {
                SuppressionKind::Address => Named::Mailbox(mailbox.clone()),
                SuppressionKind::Domain => Named::Domain(DomainKey::of(key)),
                // No mailbox or domain is the key of a firm's name.
                SuppressionKind::Firm => continue,
            };
            all.push((named, found.cause));
        }
    }
    Ok(all)
}

/// Returns the first suppression of a person's mailboxes that holds for the person, wherever else they are written to.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn find_of_person<'a>(
    tx: &ReadTx<'_>,
    mailboxes: impl IntoIterator<Item = &'a MailboxKey>,
) -> Result<Option<Suppression>> {
    let pending = pending(tx)?;
    for mailbox in mailboxes {
        let key = mailbox.as_str();
        if let Some((named, found)) = pending.iter().find(|(named, _)| named.as_str() == key) {
            return Ok(Some(of_pending(named, found.clone())));
        }
        let all = of_key(tx, key)?;
        if let Some(found) = all.into_iter().find(|found| found.cause.follows_person()) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns the first suppression of one of these firms, each named by its name or by a domain; a domain is barred by those above it too.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn find_of_firm(tx: &ReadTx<'_>, firms: &[Named]) -> Result<Option<Suppression>> {
    let pending = pending(tx)?;
    for key in firms.iter().flat_map(Named::and_above) {
        if let Some((named, found)) = pending.iter().find(|(named, _)| named.as_str() == key) {
            return Ok(Some(of_pending(named, found.clone())));
        }
        let all = of_key(tx, key)?;
        if let Some(found) = all.into_iter().find(|found| found.cause.follows_person()) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn of_key(tx: &ReadTx<'_>, key: &str) -> Result<Vec<Suppression>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT value, kind, cause, reason, source, created_at FROM suppression WHERE key = ?1",
    )?;
    let mut found = read_all(statement.query([key])?)?;
    found.sort_by_key(|one| one.cause);
    Ok(found)
}

/// Lists all suppressions by value, with those that are only written down beside the database.
///
/// # Errors
/// Fails if the database or what is written down beside it cannot be read.
pub fn list(tx: &ReadTx<'_>) -> Result<Vec<Suppression>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT value, kind, cause, reason, source, created_at FROM suppression ORDER BY value, cause",
    )?;
    let mut all = read_all(statement.query([])?)?;
    for (named, found) in pending(tx)? {
        if of_key(tx, named.as_str())?.is_empty() {
            all.push(of_pending(&named, found));
        }
    }
    all.sort_by(|a, b| (&a.value, a.cause).cmp(&(&b.value, b.cause)));
    Ok(all)
}

fn read_all(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Suppression>> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cause: String = row.get(2)?;
        found.push(Suppression {
            value: row.get(0)?,
            kind: word(&row.get::<_, String>(1)?)?,
            // A cause of a later version is taken for the widest there is: nobody is written to who must not be.
            cause: cause.parse().unwrap_or(Cause::OptedOut),
            reason: row.get(3)?,
            source: row.get(4)?,
            created_at: instant(row.get(5)?),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, StoreError};

    fn put(tx: &WriteTx<'_>, value: &str, cause: Cause) -> Result<bool> {
        let named = Named::parse(value).unwrap();
        add(
            tx,
            (&named, value),
            cause,
            ("because", SuppressedBy::Mail),
            Timestamp::UNIX_EPOCH,
        )
    }

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
            let key = MailboxKey::of(address);
            let found = store.read::<_, StoreError>(|tx| find(tx, &key)).unwrap();
            assert_eq!(found.is_some(), expect, "{address}");
        };
        check("ann@mail.acme.example", true);
        check("Bo+x@kite.example", true);
        check("al@kite.example", false);
        let values = || -> Vec<String> {
            let all = store.read(list).unwrap();
            all.into_iter().map(|s| s.value).collect()
        };
        assert_eq!(values(), ["acme.example", "bo@kite.example"]);
        let domain = Named::parse("acme.example").unwrap();
        let lifted: Result<_, StoreError> =
            store.write(Durability::Normal, move |tx| remove(tx, &domain));
        assert_eq!(lifted.unwrap().len(), 0);
        check("ann@acme.example", false);
        assert_eq!(values(), ["bo@kite.example"]);
    }

    #[test]
    fn a_domain_covers_its_addresses_and_subdomains_and_no_lookalike() {
        let (_directory, store) = store();
        store
            .write::<_, StoreError>(Durability::Normal, |tx| {
                put(tx, "acme.example", Cause::Operator)?;
                put(tx, "*@müller.example", Cause::Operator)?;
                put(tx, "bo@kite.example", Cause::Bounced)
            })
            .unwrap();
        let check = |address: &str, expect: bool| {
            let key = MailboxKey::of(address);
            let found = store.read::<_, StoreError>(|tx| find(tx, &key)).unwrap();
            assert_eq!(found.is_some(), expect, "{address}");
        };
        check("ann@acme.example", true);
        check("ann@mail.acme.example", true);
        check("ann@notacme.example", false);
        check("ann@xn--mller-kva.example", true);
        check("bo@kite.example", true);
        check("Bo+x@kite.example", true);
        check("al@kite.example", false);
        let domain = Named::parse("@acme.example").unwrap();
        let lifted: Result<_, StoreError> =
            store.write(Durability::Normal, move |tx| remove(tx, &domain));
        assert_eq!(lifted.unwrap().len(), 1);
        check("ann@acme.example", false);
    }

    #[test]
    fn causes_stand_beside_each_other() {
        let (_directory, store) = store();
        let ann = Named::parse("ann@acme.example").unwrap();
        store
            .write::<_, StoreError>(Durability::Normal, {
                let ann = ann.clone();
                move |tx| {
                    assert!(put(tx, "ann@acme.example", Cause::Bounced)?);
                    assert!(find_of_person(tx, [&MailboxKey::of("ann@acme.example")])?.is_none());
                    assert!(put(tx, "Ann+x@acme.example", Cause::Operator)?);
                    assert!(
                        !put(tx, "ann@acme.example", Cause::Operator)?,
                        "known already"
                    );
                    assert!(put(tx, "ann@acme.example", Cause::OptedOut)?);
                    let first = find(tx, &MailboxKey::of("ann@acme.example"))?.unwrap();
                    assert_eq!(
                        first.cause,
                        Cause::OptedOut,
                        "the person's wish is named first"
                    );
                    assert!(remove_cause(tx, &ann, Cause::Operator)?);
                    assert_eq!(of(tx, &ann)?.len(), 2, "what others asked for stays");
                    Ok(())
                }
            })
            .unwrap();
    }
}
