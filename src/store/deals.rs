//! Deals and meetings, as the signals about them left them.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::deal::Cents;
use crate::domain::id::{CompanyId, ContactId, DealId};
use crate::domain::meeting::MeetingStatus;

/// A deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealRow {
    /// The row's id; 0 before it is stored.
    pub id: DealId,
    /// Its name.
    pub name: String,
    /// The firm.
    pub company_id: Option<CompanyId>,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The amount; none if unknown.
    pub amount: Option<Cents>,
    /// The ISO 4217 code; empty if unknown.
    pub currency: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The stage's name.
    pub stage: String,
    /// The stage's place in its pipeline, if it is known.
    pub stage_position: Option<i64>,
    /// True if won or lost.
    pub is_closed: bool,
    /// True if won.
    pub is_won: bool,
    /// Renewal date.
    pub renewal_at: Option<Timestamp>,
    /// Expiry of its proposal.
    pub expires_at: Option<Timestamp>,
    /// The instant of the newest event that was applied.
    pub as_of: Timestamp,
}

const COLUMNS: &str = "id, name, company_id, contact_id, amount, currency, pipeline, stage, stage_position, is_closed, is_won, \
    renewal_at, expires_at, as_of";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<DealRow> {
    Ok(DealRow {
        id: DealId(row.get(0)?),
        name: row.get(1)?,
        company_id: row.get::<_, Option<i64>>(2)?.map(CompanyId),
        contact_id: row.get::<_, Option<i64>>(3)?.map(ContactId),
        amount: row.get::<_, Option<i64>>(4)?.map(Cents),
        currency: row.get(5)?,
        pipeline: row.get(6)?,
        stage: row.get(7)?,
        stage_position: row.get(8)?,
        is_closed: row.get(9)?,
        is_won: row.get(10)?,
        renewal_at: row.get::<_, Option<i64>>(11)?.map(instant),
        expires_at: row.get::<_, Option<i64>>(12)?.map(instant),
        as_of: instant(row.get(13)?),
    })
}

/// Loads a deal.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: DealId) -> Result<Option<DealRow>> {
    let sql = format!("SELECT {COLUMNS} FROM deal WHERE id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], from_row)
        .optional()?)
}

/// Returns a contact's open deal with the largest amount.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn largest_open(tx: &ReadTx<'_>, contact: ContactId) -> Result<Option<DealRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deal WHERE contact_id = ?1 AND is_closed = 0 ORDER BY coalesce(amount, 0) DESC, id LIMIT 1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([contact.0], from_row)
        .optional()?)
}

/// Stores a deal, new or changed.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save(tx: &WriteTx<'_>, deal: &DealRow, now: Timestamp) -> Result<DealId> {
    let now = now.as_millisecond();
    let id = (deal.id.0 > 0).then_some(deal.id.0);
    tx.sql()
        .prepare_cached(
            "INSERT INTO deal (id, name, company_id, contact_id, amount, currency, pipeline, stage, stage_position, is_closed,
                 is_won, renewal_at, expires_at, as_of, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, company_id = excluded.company_id,
                 contact_id = excluded.contact_id, amount = excluded.amount, currency = excluded.currency,
                 pipeline = excluded.pipeline, stage = excluded.stage, stage_position = excluded.stage_position,
                 is_closed = excluded.is_closed, is_won = excluded.is_won, renewal_at = excluded.renewal_at,
                 expires_at = excluded.expires_at, as_of = excluded.as_of, updated_at = excluded.updated_at",
        )?
        .execute(rusqlite::params![
            id,
            deal.name,
            deal.company_id.map(|c| c.0),
            deal.contact_id.map(|c| c.0),
            deal.amount.map(|a| a.0),
            deal.currency,
            deal.pipeline,
            deal.stage,
            deal.stage_position,
            deal.is_closed,
            deal.is_won,
            deal.renewal_at.map(Timestamp::as_millisecond),
            deal.expires_at.map(Timestamp::as_millisecond),
            deal.as_of.as_millisecond(),
            now,
        ])?;
    Ok(id.map_or_else(|| DealId(tx.sql().last_insert_rowid()), DealId))
}

/// Lists deals, the open ones first, by amount.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<DealRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deal ORDER BY is_closed, coalesce(amount, 0) DESC, id LIMIT ?1"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns deals whose renewal falls between two instants.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn renewals(tx: &ReadTx<'_>, from: Timestamp, to: Timestamp) -> Result<Vec<DealRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deal WHERE renewal_at IS NOT NULL AND renewal_at BETWEEN ?1 AND ?2 ORDER BY renewal_at, id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map((from.as_millisecond(), to.as_millisecond()), from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns open deals whose proposal expires between two instants.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn expiries(tx: &ReadTx<'_>, from: Timestamp, to: Timestamp) -> Result<Vec<DealRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM deal WHERE expires_at IS NOT NULL AND is_closed = 0 AND expires_at BETWEEN ?1 AND ?2 ORDER BY expires_at, id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map((from.as_millisecond(), to.as_millisecond()), from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// A deal with the names of those it is with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDeal {
    /// The deal.
    pub deal: DealRow,
    /// The person's name; empty if there is none.
    pub contact: String,
    /// The person's address.
    pub email: String,
    /// The firm's name.
    pub company: String,
}

/// Number and sum of the deals of one stage in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSum {
    /// The pipeline's name.
    pub pipeline: String,
    /// The stage's name.
    pub stage: String,
    /// The stage's place in its pipeline, if it is known.
    pub position: Option<i64>,
    /// The ISO 4217 code; empty if unknown.
    pub currency: String,
    /// Number of deals.
    pub count: u64,
    /// Deals without an amount.
    pub unknown: u64,
    /// Sum of the other deals' amounts.
    pub sum: Cents,
}

const NAMED: &str = "SELECT d.id, d.name, d.company_id, d.contact_id, d.amount, d.currency, d.pipeline, d.stage, d.stage_position, \
    d.is_closed, d.is_won, d.renewal_at, d.expires_at, d.as_of, coalesce(trim(c.first_name || ' ' || c.last_name), ''), \
    coalesce(c.email, ''), coalesce(f.name, g.name, '') FROM deal d LEFT JOIN contact c ON c.id = d.contact_id \
    LEFT JOIN company f ON f.id = d.company_id LEFT JOIN company g ON g.id = c.company_id";

fn named(row: &rusqlite::Row<'_>) -> rusqlite::Result<NamedDeal> {
    Ok(NamedDeal {
        deal: from_row(row)?,
        contact: row.get(14)?,
        email: row.get(15)?,
        company: row.get(16)?,
    })
}

/// Returns a deal with its names.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load_named(tx: &ReadTx<'_>, id: DealId) -> Result<Option<NamedDeal>> {
    Ok(tx
        .sql()
        .prepare_cached(&format!("{NAMED} WHERE d.id = ?1"))?
        .query_row([id.0], named)
        .optional()?)
}

/// Returns the largest open deals.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn open_named(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<NamedDeal>> {
    let mut statement = tx.sql().prepare_cached(&format!(
        "{NAMED} WHERE d.is_closed = 0 ORDER BY coalesce(d.amount, 0) DESC, d.id LIMIT ?1"
    ))?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], named)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the deals that were won or lost since an instant, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn closed_named(tx: &ReadTx<'_>, since: Timestamp, limit: usize) -> Result<Vec<NamedDeal>> {
    let mut statement = tx.sql().prepare_cached(&format!(
        "{NAMED} WHERE d.is_closed = 1 AND d.as_of >= ?1 ORDER BY d.as_of DESC, d.id DESC LIMIT ?2"
    ))?;
    Ok(statement
        .query_map(
            (
                since.as_millisecond(),
                i64::try_from(limit).unwrap_or(i64::MAX),
            ),
            named,
        )?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the sum of the open deals of each stage, by currency.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn open_sums(tx: &ReadTx<'_>) -> Result<Vec<StageSum>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT pipeline, stage, min(stage_position), currency, count(*), sum(amount IS NULL), coalesce(sum(amount), 0)
         FROM deal WHERE is_closed = 0 GROUP BY pipeline, stage, currency",
    )?;
    Ok(statement
        .query_map([], sum)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the sum of the deals won, or of those lost, since an instant, by currency; the stage is `won` or `lost`.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn closed_sums(tx: &ReadTx<'_>, since: Timestamp) -> Result<Vec<StageSum>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT '', CASE WHEN is_won THEN 'won' ELSE 'lost' END, NULL, currency, count(*), sum(amount IS NULL), coalesce(sum(amount), 0)
         FROM deal WHERE is_closed = 1 AND as_of >= ?1 GROUP BY is_won, currency",
    )?;
    Ok(statement
        .query_map([since.as_millisecond()], sum)?
        .collect::<rusqlite::Result<_>>()?)
}

fn sum(row: &rusqlite::Row<'_>) -> rusqlite::Result<StageSum> {
    Ok(StageSum {
        pipeline: row.get(0)?,
        stage: row.get(1)?,
        position: row.get(2)?,
        currency: row.get(3)?,
        count: row.get::<_, i64>(4)?.unsigned_abs(),
        unknown: row.get::<_, i64>(5)?.unsigned_abs(),
        sum: Cents(row.get(6)?),
    })
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingRow {
    /// The calendar's own name for it.
    pub uid: String,
    /// The contact it is with.
    pub contact_id: Option<ContactId>,
    /// Its title.
    pub title: String,
    /// Its start.
    pub starts_at: Timestamp,
    /// Its status.
    pub state: MeetingStatus,
    /// The instant of its newest event.
    pub as_of: Timestamp,
}

/// Stores a meeting; an event older than the stored one changes nothing.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save_meeting(tx: &WriteTx<'_>, meeting: &MeetingRow, now: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO meeting (uid, contact_id, title, starts_at, state, as_of, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (uid) DO UPDATE SET contact_id = coalesce(excluded.contact_id, contact_id), title = excluded.title,
                 starts_at = excluded.starts_at, state = excluded.state, as_of = excluded.as_of, updated_at = excluded.updated_at
             WHERE excluded.as_of >= as_of",
        )?
        .execute((
            &meeting.uid,
            meeting.contact_id.map(|c| c.0),
            &meeting.title,
            meeting.starts_at.as_millisecond(),
            meeting.state.as_str(),
            meeting.as_of.as_millisecond(),
            now.as_millisecond(),
        ))?;
    Ok(())
}

/// Sets the state of a known meeting; an event older than the stored one changes nothing.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_meeting_state(
    tx: &WriteTx<'_>,
    uid: &str,
    state: MeetingStatus,
    as_of: Timestamp,
    now: Timestamp,
) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE meeting SET state = ?2, as_of = ?3, updated_at = ?4 WHERE uid = ?1 AND as_of <= ?3")?
        .execute((uid, state.as_str(), as_of.as_millisecond(), now.as_millisecond()))?;
    Ok(())
}

/// Finds a booked meeting by the calendar's id for it.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn meeting(tx: &ReadTx<'_>, uid: &str) -> Result<Option<MeetingRow>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT uid, contact_id, title, starts_at, as_of FROM meeting WHERE uid = ?1 AND state = 'booked'",
        )?
        .query_row([uid], booked)
        .optional()?)
}

fn booked(row: &rusqlite::Row<'_>) -> rusqlite::Result<MeetingRow> {
    Ok(MeetingRow {
        uid: row.get(0)?,
        contact_id: row.get::<_, Option<i64>>(1)?.map(ContactId),
        title: row.get(2)?,
        starts_at: instant(row.get(3)?),
        state: MeetingStatus::Booked,
        as_of: instant(row.get(4)?),
    })
}

/// Returns the booked meetings that begin between two instants.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn meetings_ahead(tx: &ReadTx<'_>, from: Timestamp, to: Timestamp) -> Result<Vec<MeetingRow>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT uid, contact_id, title, starts_at, as_of FROM meeting WHERE state = 'booked' AND starts_at > ?1 AND starts_at <= ?2
         ORDER BY starts_at, uid",
    )?;
    Ok(statement
        .query_map((from.as_millisecond(), to.as_millisecond()), booked)?
        .collect::<rusqlite::Result<_>>()?)
}
