//! Signals: stored once, never edited.

mod feed;

pub use feed::{
    FeedCount, FeedFilter, FeedRow, MadeMove, Place, Stretch, ToldOutcome, assign, counts,
    moves_of, outcomes_of, page,
};

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, StoreError, WriteTx, instant, word};
use crate::domain::id::{ContactId, DealId, MoveId, SignalId};
use crate::domain::signal::{SignalDraft, SignalKind, Source};

/// A stored signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalRow {
    /// The row's id.
    pub id: SignalId,
    /// The observation.
    pub draft: SignalDraft,
    /// Instant at which it was stored.
    pub seen_at: Timestamp,
    /// The contact it is about.
    pub contact_id: Option<ContactId>,
    /// The deal it is about.
    pub deal_id: Option<DealId>,
    /// True if it is about a known contact or deal.
    pub matched: bool,
    /// The event's hash.
    pub hash: Vec<u8>,
}

/// Finds the same signal: by the source's id for it, or by its content.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_same(
    tx: &ReadTx<'_>,
    draft: &SignalDraft,
    hash: &[u8; 32],
) -> Result<Option<SignalId>> {
    let by_hash = tx
        .sql()
        .prepare_cached("SELECT id FROM signal WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0).map(SignalId))
        .optional()?;
    if by_hash.is_some() || draft.external_id.is_empty() {
        return Ok(by_hash);
    }
    Ok(tx
        .sql()
        .prepare_cached("SELECT id FROM signal WHERE source = ?1 AND external_id = ?2 AND kind = ?3 AND version = ?4 AND external_id <> ''")?
        .query_row((draft.source.as_str(), &draft.external_id, draft.kind().as_str(), draft.version), |row| row.get(0).map(SignalId))
        .optional()?)
}

/// Stores a signal that [`find_same`] did not find.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn insert(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    hash: &[u8; 32],
    about: (Option<ContactId>, Option<DealId>),
    now: Timestamp,
) -> Result<SignalId> {
    let (contact, deal) = about;
    let state = if contact.is_some()
        || deal.is_some()
        || draft.email.is_none() && draft.kind() == SignalKind::Manual
    {
        "matched"
    } else {
        "unmatched"
    };
    tx.sql()
        .prepare_cached(
            "INSERT INTO signal (source, external_id, kind, version, occurred_at, seen_at, email, contact_id, deal_id, state, payload, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            draft.source.as_str(),
            &draft.external_id,
            draft.kind().as_str(),
            draft.version,
            draft.occurred_at.as_millisecond(),
            now.as_millisecond(),
            draft.email.as_deref().unwrap_or(""),
            contact.map(|c| c.0),
            deal.map(|d| d.0),
            state,
            draft.canonical_payload(),
            hash,
        ))?;
    Ok(SignalId(tx.sql().last_insert_rowid()))
}

const COLUMNS: &str = "s.id, s.source, s.external_id, s.kind, s.version, s.occurred_at, s.seen_at, s.email, s.contact_id, \
    s.deal_id, s.state, s.payload, s.hash";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SignalRow> {
    let email: String = row.get(7)?;
    let payload: String = row.get(11)?;
    Ok(SignalRow {
        id: SignalId(row.get(0)?),
        draft: SignalDraft::new(
            word::<Source>(&row.get::<_, String>(1)?)?,
            word::<SignalKind>(&row.get::<_, String>(3)?)?,
            instant(row.get(5)?),
            serde_json::from_str(&payload).unwrap_or_default(),
        )
        .with_id(row.get::<_, String>(2)?, row.get(4)?)
        .with_email((!email.is_empty()).then_some(email)),
        seen_at: instant(row.get(6)?),
        contact_id: row.get::<_, Option<i64>>(8)?.map(ContactId),
        deal_id: row.get::<_, Option<i64>>(9)?.map(DealId),
        matched: row.get::<_, String>(10)? == "matched",
        hash: row.get(12)?,
    })
}

/// Finds a signal.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, id: SignalId) -> Result<Option<SignalRow>> {
    let sql = format!("SELECT {COLUMNS} FROM signal s WHERE s.id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], from_row)
        .optional()?)
}

/// Loads a signal.
///
/// # Errors
/// Fails if there is no such signal or the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: SignalId) -> Result<SignalRow> {
    find(tx, id)?.ok_or_else(|| StoreError::Invalid(format!("signal {id} is missing")))
}

/// Returns the signals behind a move, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_move(tx: &ReadTx<'_>, id: MoveId, limit: usize) -> Result<Vec<SignalRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM move_signal m JOIN signal s ON s.id = m.signal_id WHERE m.move_id = ?1
         ORDER BY s.occurred_at DESC, s.hash DESC LIMIT ?2"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map((id.0, i64::try_from(limit).unwrap_or(i64::MAX)), from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the signals about a deal in the order in which they happened; equal instants by content.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_deal(tx: &ReadTx<'_>, deal: DealId) -> Result<Vec<SignalRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM signal s WHERE s.deal_id = ?1 ORDER BY s.occurred_at, s.hash"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([deal.0], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the last thing that one of these contacts wrote: a mail or a form; none if they never did.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn last_written(tx: &ReadTx<'_>, contacts: &[ContactId]) -> Result<Option<SignalRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM signal s WHERE s.contact_id = ?1 AND s.kind IN ('mail.reply_received', 'mail.opted_out', 'form.submitted')
         ORDER BY s.occurred_at DESC, s.hash DESC LIMIT 1"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let mut last: Option<SignalRow> = None;
    for contact in contacts {
        let one = statement.query_row([contact.0], from_row).optional()?;
        let is_later = |row: &SignalRow| {
            last.as_ref()
                .is_none_or(|last| row.draft.occurred_at > last.draft.occurred_at)
        };
        if let Some(row) = one.filter(is_later) {
            last = Some(row);
        }
    }
    Ok(last)
}

/// Returns the signals of a contact at or after an instant that can overtake a move: answers, opt-outs, bounces and what became
/// of meetings.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn overtaking_since(
    tx: &ReadTx<'_>,
    contact: ContactId,
    since: Timestamp,
) -> Result<Vec<SignalRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM signal s WHERE s.contact_id = ?1 AND s.occurred_at >= ?2
             AND (s.kind LIKE 'mail.%' OR s.kind LIKE 'calendar.%') ORDER BY s.occurred_at, s.hash"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map((contact.0, since.as_millisecond()), from_row)?
        .collect::<rusqlite::Result<_>>()?)
}
