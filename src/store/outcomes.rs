//! Outcomes, and the daily tallies that the score reads.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::action::Family;
use crate::domain::contact::LifecycleStage;
use crate::domain::id::{ContactId, DealId, ExecutionId, MoveId, OutcomeId, SignalId};
use crate::domain::learning::{MEMORY_DAYS, Tally, day_of};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};

/// An outcome to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOutcome {
    /// The kind of outcome.
    pub kind: OutcomeKind,
    /// The contact.
    pub contact_id: Option<ContactId>,
    /// The deal.
    pub deal_id: Option<DealId>,
    /// The move that caused it.
    pub move_id: Option<MoveId>,
    /// The execution that caused it.
    pub execution_id: Option<ExecutionId>,
    /// The signal that says so.
    pub signal_id: Option<SignalId>,
    /// The family of the action that caused it; none if that is unknown.
    pub family: Option<Family>,
    /// The person's lifecycle stage at the time; none if nobody is known.
    pub segment: Option<LifecycleStage>,
    /// The source that says so.
    pub source: OutcomeSource,
    /// Confidence, 0..=1.
    pub confidence: f64,
    /// Instant of the outcome.
    pub occurred_at: Timestamp,
    /// A note to remember it by.
    pub note: String,
    /// The key of the outcome: a second sighting has the same.
    pub once: String,
}

/// A stored outcome, as faces list it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeRow {
    /// The outcome.
    pub id: OutcomeId,
    /// The kind of outcome.
    pub kind: OutcomeKind,
    /// Its worth.
    pub impact: i64,
    /// The contact.
    pub contact_id: Option<ContactId>,
    /// The person's name; empty if nobody is known.
    pub contact: String,
    /// The person's address.
    pub email: String,
    /// The deal.
    pub deal_id: Option<DealId>,
    /// The move that caused it.
    pub move_id: Option<MoveId>,
    /// The execution that caused it.
    pub execution_id: Option<ExecutionId>,
    /// The signal that says so.
    pub signal_id: Option<SignalId>,
    /// The family of the action that caused it.
    pub family: String,
    /// The source that says so.
    pub source: OutcomeSource,
    /// Confidence, 0..=1.
    pub confidence: f64,
    /// Instant of the outcome.
    pub occurred_at: Timestamp,
    /// Instant of the recording.
    pub recorded_at: Timestamp,
    /// A note to remember it by.
    pub note: String,
    /// Instant at which it was undone; from then on it does not count.
    pub undone_at: Option<Timestamp>,
}

/// Returns the scope of a contact's tallies.
#[must_use]
pub fn contact_scope(contact: ContactId) -> String {
    format!("contact:{contact}")
}

/// Returns the scope of a segment's tallies: people at one lifecycle stage and one family of actions.
#[must_use]
pub fn segment_scope(stage: LifecycleStage, family: Family) -> String {
    scope_of(stage.as_str(), family.as_str())
}

fn scope_of(segment: &str, family: &str) -> String {
    format!("segment:{segment}/{family}")
}

/// Adds to a scope's tally of a day; negative numbers take away.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn tally(tx: &WriteTx<'_>, scope: &str, at: Timestamp, n: i64, impact: i64) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO outcome_tally (scope, day, n, impact) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (scope, day) DO UPDATE SET n = n + excluded.n, impact = impact + excluded.impact",
        )?
        .execute((scope, day_of(at), n, impact))?;
    Ok(())
}

/// Stores an outcome and counts it; none if it was stored before.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn insert(tx: &WriteTx<'_>, outcome: &NewOutcome, now: Timestamp) -> Result<Option<OutcomeId>> {
    let segment = outcome.segment.map_or("", LifecycleStage::as_str);
    let family = outcome.family.map_or("", Family::as_str);
    let inserted = tx
        .sql()
        .prepare_cached(
            "INSERT INTO outcome (kind, contact_id, deal_id, move_id, execution_id, signal_id, family, segment, source, confidence,
                 occurred_at, recorded_at, note, once)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (once) DO NOTHING",
        )?
        .execute(rusqlite::params![
            outcome.kind.as_str(),
            outcome.contact_id.map(|c| c.0),
            outcome.deal_id.map(|d| d.0),
            outcome.move_id.map(|m| m.0),
            outcome.execution_id.map(|e| e.0),
            outcome.signal_id.map(|s| s.0),
            family,
            segment,
            outcome.source.as_str(),
            outcome.confidence,
            outcome.occurred_at.as_millisecond(),
            now.as_millisecond(),
            outcome.note,
            outcome.once,
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let id = OutcomeId(tx.sql().last_insert_rowid());
    count(
        tx,
        outcome.kind,
        outcome.contact_id,
        segment,
        family,
        outcome.occurred_at,
        1,
    )?;
    Ok(Some(id))
}

/// Counts an outcome in its scopes. Segment and family come as they are stored, so that an outcome is taken from the very scope that it was
/// added to.
fn count(
    tx: &WriteTx<'_>,
    kind: OutcomeKind,
    contact: Option<ContactId>,
    segment: &str,
    family: &str,
    at: Timestamp,
    sign: i64,
) -> Result<()> {
    let impact = kind.impact();
    if impact == 0 {
        return Ok(());
    }
    if let Some(contact) = contact {
        tally(tx, &contact_scope(contact), at, sign, sign * impact)?;
    }
    if !segment.is_empty() && !family.is_empty() {
        tally(tx, &scope_of(segment, family), at, sign, sign * impact)?;
    }
    Ok(())
}

/// Finds an outcome by its key.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_by_once(tx: &ReadTx<'_>, once: &str) -> Result<Option<OutcomeId>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT id FROM outcome WHERE once = ?1")?
        .query_row([once], |row| row.get(0))
        .optional()?
        .map(OutcomeId))
}

/// Undoes an outcome, or restores it; returns the contact whose score it changes.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_undone(
    tx: &WriteTx<'_>,
    id: OutcomeId,
    undone: bool,
    now: Timestamp,
) -> Result<Option<ContactId>> {
    let row: Option<(String, Option<i64>, String, String, i64)> = tx
        .sql()
        .prepare_cached("SELECT kind, contact_id, segment, family, occurred_at FROM outcome WHERE id = ?1 AND (undone_at IS NULL) = ?2")?
        .query_row((id.0, undone), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .optional()?;
    let Some((kind, contact, segment, family, at)) = row else {
        return Ok(None);
    };
    tx.sql()
        .prepare_cached("UPDATE outcome SET undone_at = ?2 WHERE id = ?1")?
        .execute((id.0, undone.then(|| now.as_millisecond())))?;
    let contact = contact.map(ContactId);
    count(
        tx,
        word(&kind)?,
        contact,
        &segment,
        &family,
        instant(at),
        if undone { -1 } else { 1 },
    )?;
    Ok(contact)
}

/// Returns the outcomes that a deal's own history made, each with its key.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_deal_history(tx: &ReadTx<'_>, deal: DealId) -> Result<Vec<(OutcomeId, String)>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT id, once FROM outcome WHERE deal_id = ?1 AND once LIKE 'deal:%'")?;
    Ok(statement
        .query_map([deal.0], |row| Ok((OutcomeId(row.get(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Removes an outcome that turned out not to have happened, and its tallies.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn withdraw(tx: &WriteTx<'_>, id: OutcomeId, now: Timestamp) -> Result<()> {
    set_undone(tx, id, true, now)?;
    tx.sql()
        .prepare_cached("DELETE FROM outcome WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Returns the outcomes recorded by marking a move done that still count.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn done_by_hand(tx: &ReadTx<'_>, id: MoveId) -> Result<Vec<OutcomeId>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id FROM outcome WHERE move_id = ?1 AND kind = 'task_completed' AND source = 'manual' AND undone_at IS NULL",
    )?;
    Ok(statement
        .query_map([id.0], |row| row.get(0).map(OutcomeId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns a scope's tallies, by day.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn tallies(tx: &ReadTx<'_>, scope: &str, now: Timestamp) -> Result<Vec<Tally>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT day, n, impact FROM outcome_tally WHERE scope = ?1 AND day >= ?2 AND n <> 0 ORDER BY day")?;
    Ok(statement
        .query_map((scope, day_of(now) - MEMORY_DAYS), |row| {
            Ok(Tally {
                day: row.get(0)?,
                n: row.get(1)?,
                impact: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// The scope of tallies: a contact, or a family of actions in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// A contact's.
    Contact(ContactId),
    /// Another scope's, by its name.
    Named(&'a str),
}

/// Hands over all tallies, one scope after another, for scoring many moves at once.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn each_scope(
    tx: &ReadTx<'_>,
    now: Timestamp,
    mut take: impl FnMut(Scope<'_>, &[Tally]),
) -> Result<()> {
    let mut hand_over = |scope: &str, tallies: &[Tally]| {
        let contact = scope
            .strip_prefix("contact:")
            .and_then(|id| id.parse().ok())
            .map(ContactId);
        if !tallies.is_empty() {
            take(contact.map_or(Scope::Named(scope), Scope::Contact), tallies);
        }
    };
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT scope, day, n, impact FROM outcome_tally WHERE day >= ?1 AND n <> 0 ORDER BY scope, day")?;
    let mut rows = statement.query([day_of(now) - MEMORY_DAYS])?;
    let mut scope = String::new();
    let mut tallies = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row
            .get_ref(0)?
            .as_str()
            .map_err(|e| super::StoreError::Invalid(e.to_string()))?;
        if name != scope {
            hand_over(&scope, &tallies);
            tallies.clear();
            name.clone_into(&mut scope);
        }
        tallies.push(Tally {
            day: row.get(1)?,
            n: row.get(2)?,
            impact: row.get(3)?,
        });
    }
    hand_over(&scope, &tallies);
    Ok(())
}

/// Lists outcomes, newest first, optionally of one contact.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(tx: &ReadTx<'_>, contact: Option<ContactId>, limit: usize) -> Result<Vec<OutcomeRow>> {
    let filter = if contact.is_some() {
        "o.contact_id = ?1"
    } else {
        "?1 IS NULL"
    };
    let sql = format!(
        "SELECT o.id, o.kind, o.contact_id, coalesce(c.first_name || ' ' || c.last_name, ''), coalesce(c.email, ''), o.deal_id,
             o.move_id, o.execution_id, o.signal_id, o.family, o.source, o.confidence, o.occurred_at, o.recorded_at, o.note, o.undone_at
         FROM outcome o LEFT JOIN contact c ON c.id = o.contact_id WHERE {filter} ORDER BY o.occurred_at DESC, o.id DESC LIMIT ?2"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let rows = statement.query_map(
        (
            contact.map(|c| c.0),
            i64::try_from(limit).unwrap_or(i64::MAX),
        ),
        |row| {
            let kind: OutcomeKind = word(&row.get::<_, String>(1)?)?;
            Ok(OutcomeRow {
                id: OutcomeId(row.get(0)?),
                kind,
                impact: kind.impact(),
                contact_id: row.get::<_, Option<i64>>(2)?.map(ContactId),
                contact: row.get::<_, String>(3)?.trim().to_owned(),
                email: row.get(4)?,
                deal_id: row.get::<_, Option<i64>>(5)?.map(DealId),
                move_id: row.get::<_, Option<i64>>(6)?.map(MoveId),
                execution_id: row.get::<_, Option<i64>>(7)?.map(ExecutionId),
                signal_id: row.get::<_, Option<i64>>(8)?.map(SignalId),
                family: row.get(9)?,
                source: word(&row.get::<_, String>(10)?)?,
                confidence: row.get(11)?,
                occurred_at: instant(row.get(12)?),
                recorded_at: instant(row.get(13)?),
                note: row.get(14)?,
                undone_at: row.get::<_, Option<i64>>(15)?.map(instant),
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
