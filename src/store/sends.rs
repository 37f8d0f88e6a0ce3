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

/// Reads the people to whom something is queued.
///
/// # Errors
/// If the database cannot be read.
pub fn queued_people(tx: &ReadTx<'_>) -> Result<HashMap<ContactId, Person>> {
    Ok(people::queued(tx)?
        .into_iter()
        .map(|person| (person.contact_id(), person))
        .collect())
}
