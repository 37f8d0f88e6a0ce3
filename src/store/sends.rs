//! Mail that left, as the limits count it, and what the forecast reads of the people in the queue at once.

use std::collections::HashMap;

use jiff::Timestamp;

use super::people::{self, Person};
use super::{ReadTx, Result, instant};
use crate::domain::id::ContactId;

/// A mail that left or may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The instant from which it counts.
    pub at: Timestamp,
    /// The person.
    pub contact: Option<ContactId>,
    /// The recipient's address in lower case.
    pub to_key: String,
}

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// Reads the mail of the last 7 days, oldest first. Executions that are being sent count as sent: they may have left. What is dated more than a day
/// ahead left under a wrong clock, and would close every limit until that date: it is not counted, and [`ahead`] tells of it.
///
/// # Errors
/// If the database cannot be read.
pub fn of_week(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<Sent>> {
    let since = now.as_millisecond() - WEEK_MS;
    let mut statement = tx.sql().prepare_cached(
        "SELECT settled_at AS at, contact_id, to_key FROM execution WHERE status = 'sent' AND settled_at > ?1 AND settled_at <= ?2
             AND kind = 'mail'
         UNION ALL
         SELECT claimed_at, contact_id, to_key FROM execution
         WHERE status IN ('queued', 'sending', 'uncertain') AND status <> 'queued' AND mode = 'live' AND kind = 'mail'
             AND coalesce(claimed_at, 0) <= ?2
         ORDER BY at",
    )?;
    let until = counted_until(now);
    let rows = statement.query_map([since, until], |row| {
        Ok(Sent {
            at: row.get::<_, Option<i64>>(0)?.map_or(now, instant),
            contact: row.get::<_, Option<i64>>(1)?.map(ContactId),
            to_key: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns the last instant, in milliseconds, that a date counts by: what is dated later was written under a wrong clock.
pub(super) fn counted_until(now: Timestamp) -> i64 {
    now.as_millisecond().saturating_add(DAY_MS)
}

/// Mail that is dated more than a day ahead: how much, and the latest date.
///
/// # Errors
/// If the database cannot be read.
pub fn ahead(tx: &ReadTx<'_>, now: Timestamp) -> Result<Option<(u64, Timestamp)>> {
    let (count, latest): (i64, Option<i64>) = tx
        .sql()
        .prepare_cached(
            "SELECT count(*), max(coalesce(settled_at, claimed_at)) FROM execution WHERE status IN ('sent', 'sending', 'uncertain') AND coalesce(settled_at, claimed_at) > ?1 AND kind = 'mail'",
        )?
        .query_row([counted_until(now)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(latest.map(|at| (u64::try_from(count).unwrap_or(0), instant(at))))
}

/// The people to whom something is queued.
#[derive(Debug, Clone, Default)]
pub struct QueuedPeople {
    people: HashMap<ContactId, Person>,
    namesakes: HashMap<ContactId, Vec<ContactId>>,
    addresses: HashMap<ContactId, Vec<String>>,
}

impl QueuedPeople {
    /// Returns a person.
    #[must_use]
    pub fn get(&self, id: ContactId) -> Option<&Person> {
        self.people.get(&id)
    }

    /// Returns the other contacts who are the same person.
    #[must_use]
    pub fn namesakes(&self, id: ContactId) -> &[ContactId] {
        self.namesakes.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Returns every address that a person or a namesake is known by.
    #[must_use]
    pub fn addresses(&self, id: ContactId) -> &[String] {
        self.addresses.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// Reads the people to whom something is queued.
///
/// # Errors
/// If the database cannot be read.
pub fn queued_people(tx: &ReadTx<'_>) -> Result<QueuedPeople> {
    let mut namesakes: HashMap<ContactId, Vec<ContactId>> = HashMap::new();
    for (id, other) in people::namesakes_of_queued(tx)? {
        namesakes.entry(id).or_default().push(other);
    }
    let mut addresses: HashMap<ContactId, Vec<String>> = HashMap::new();
    for (id, key) in people::addresses_of_queued(tx)? {
        addresses.entry(id).or_default().push(key);
    }
    // The few namesakes that wait for nothing themselves are asked one by one.
    for other in namesakes.values().flatten() {
        if !addresses.contains_key(other) {
            addresses.insert(*other, people::addresses(tx, *other)?);
        }
    }
    Ok(QueuedPeople {
        people: people::queued(tx)?
            .into_iter()
            .map(|person| (person.contact_id(), person))
            .collect(),
        namesakes,
        addresses,
    })
}
