//! Calendar events as last read, and the meetings booked from here.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::meeting::MeetingState;
use crate::domain::words::words;

/// An event as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The calendar.
    pub calendar: String,
    /// The provider's id for it.
    pub event: String,
    /// The meeting's UID, which invitations by mail carry too.
    pub uid: String,
    /// The series that it is an instance of; empty if none.
    pub series: String,
    /// The contact it is with, if known.
    pub contact_id: Option<ContactId>,
    /// Their address.
    pub email: String,
    /// Its title.
    pub title: String,
    /// Its start.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
    /// Its state.
    pub state: MeetingState,
    /// The full reading that saw it last, by its millisecond.
    pub seen_in: i64,
    /// Instant of its last change.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "calendar, event, uid, series, contact_id, email, title, starts_at, ends_at, state, seen_in, updated_at";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        calendar: row.get(0)?,
        event: row.get(1)?,
        uid: row.get(2)?,
        series: row.get(3)?,
        contact_id: row.get::<_, Option<i64>>(4)?.map(ContactId),
        email: row.get(5)?,
        title: row.get(6)?,
        starts_at: instant(row.get(7)?),
        ends_at: instant(row.get(8)?),
        state: word(&row.get::<_, String>(9)?)?,
        seen_in: row.get(10)?,
        updated_at: instant(row.get(11)?),
    })
}

/// Loads an event.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, calendar: &str, event: &str) -> Result<Option<EventRow>> {
    let sql = format!("SELECT {COLUMNS} FROM calendar_event WHERE calendar = ?1 AND event = ?2");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((calendar, event), from_row)
        .optional()?)
}

/// Stores an event as it is now.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save(tx: &WriteTx<'_>, row: &EventRow) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO calendar_event (calendar, event, uid, series, contact_id, email, title, starts_at, ends_at, state, seen_in, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (calendar, event) DO UPDATE SET uid = excluded.uid, series = excluded.series, contact_id = excluded.contact_id,
                 email = excluded.email, title = excluded.title, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
                 state = excluded.state, seen_in = max(seen_in, excluded.seen_in), updated_at = excluded.updated_at",
        )?
        .execute(rusqlite::params![
            row.calendar,
            row.event,
            row.uid,
            row.series,
            row.contact_id.map(|c| c.0),
            row.email,
            row.title,
            row.starts_at.as_millisecond(),
            row.ends_at.as_millisecond(),
            row.state.as_str(),
            row.seen_in,
            row.updated_at.as_millisecond(),
        ])?;
    Ok(())
}

fn rows(
    tx: &ReadTx<'_>,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<EventRow>> {
    let sql = format!("SELECT {COLUMNS} FROM calendar_event WHERE {condition}");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map(parameters, from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns agreed meetings that have ended, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn ended(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<EventRow>> {
    let condition = "state = 'agreed' AND ends_at <= ?1 ORDER BY ends_at, event";
    rows(tx, condition, [now.as_millisecond()])
}

/// Returns the standing events of a span that a full reading did not see.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn unseen(
    tx: &ReadTx<'_>,
    calendar: &str,
    reading: i64,
    span: (Timestamp, Timestamp),
) -> Result<Vec<EventRow>> {
    let condition = "calendar = ?1 AND seen_in < ?2 AND starts_at >= ?3 AND starts_at < ?4 AND state IN ('invited', 'agreed') ORDER BY event";
    let (from, to) = (span.0.as_millisecond(), span.1.as_millisecond());
    rows(tx, condition, (calendar, reading, from, to))
}

/// Returns the meetings that begin between two instants, in order.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn between(tx: &ReadTx<'_>, from: Timestamp, to: Timestamp) -> Result<Vec<EventRow>> {
    let condition = "starts_at >= ?1 AND starts_at < ?2 ORDER BY starts_at, event";
    rows(tx, condition, (from.as_millisecond(), to.as_millisecond()))
}

/// Finds an event by its id in any calendar.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, event: &str) -> Result<Option<EventRow>> {
    Ok(rows(tx, "event = ?1 ORDER BY calendar LIMIT 1", [event])?.pop())
}

/// Tells whether an instance of a series was agreed before.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn knows_series(tx: &ReadTx<'_>, series: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM calendar_event WHERE series = ?1 AND series <> '' AND state IN ('agreed', 'held', 'no_show'))",
        )?
        .query_row([series], |row| row.get(0))?)
}

words! {
    /// The state of a booking.
    pub enum BookingState ("a booking's state") {
        /// The meeting stands in the calendar.
        Booked = "booked",
        /// The calendar did not take it.
        Failed = "failed",
        /// It was taken out of the calendar again.
        TakenBack = "taken_back",
    }
}

/// A meeting that was booked from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// The row's id; 0 before it is stored.
    pub id: i64,
    /// The execution that booked it; none for one that an older version booked and took back.
    pub execution_id: Option<ExecutionId>,
    /// Its calendar.
    pub calendar: String,
    /// The event's name there.
    pub event: String,
    /// The other person.
    pub contact_id: ContactId,
    /// Its begin.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
    /// The event as the calendar was given it, as JSON.
    pub content: String,
    /// Its state.
    pub state: BookingState,
    /// The last failure, as a sentence.
    pub error: String,
    /// The instant of the booking.
    pub at: Timestamp,
}

const BOOKING: &str =
    "id, execution_id, calendar, event, contact_id, starts_at, ends_at, content, state, error, at";

fn booking(row: &rusqlite::Row<'_>) -> rusqlite::Result<BookingRow> {
    Ok(BookingRow {
        id: row.get(0)?,
        execution_id: row.get::<_, Option<i64>>(1)?.map(ExecutionId),
        calendar: row.get(2)?,
        event: row.get(3)?,
        contact_id: ContactId(row.get(4)?),
        starts_at: instant(row.get(5)?),
        ends_at: instant(row.get(6)?),
        content: row.get(7)?,
        state: word(&row.get::<_, String>(8)?)?,
        error: row.get(9)?,
        at: instant(row.get(10)?),
    })
}

/// Stores a booking; one of the same event is that booking. Returns its id.
///
/// # Errors
/// If SQLite refuses.
pub fn add_booking(tx: &WriteTx<'_>, row: &BookingRow) -> Result<i64> {
    Ok(tx
        .sql()
        .prepare_cached(
            "INSERT INTO booking (execution_id, calendar, event, contact_id, starts_at, ends_at, content, state, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (event) DO UPDATE SET execution_id = excluded.execution_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
                 content = excluded.content, state = excluded.state
             RETURNING id",
        )?
        .query_row(
            rusqlite::params![
                row.execution_id.map(|e| e.0),
                row.calendar,
                row.event,
                row.contact_id.0,
                row.starts_at.as_millisecond(),
                row.ends_at.as_millisecond(),
                row.content,
                row.state.as_str(),
                row.at.as_millisecond(),
            ],
            |row| row.get(0),
        )?)
}

/// Settles a booking; returns true if it was `from` until now.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn settle_booking(
    tx: &WriteTx<'_>,
    id: i64,
    from: BookingState,
    to: BookingState,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("UPDATE booking SET state = ?3 WHERE id = ?1 AND state = ?2")?
        .execute((id, from.as_str(), to.as_str()))?
        > 0)
}

/// Notes the new time of a booked meeting.
///
/// # Errors
/// If SQLite refuses.
pub fn set_booking_time(
    tx: &WriteTx<'_>,
    id: i64,
    (starts_at, ends_at): (Timestamp, Timestamp),
) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE booking SET starts_at = ?2, ends_at = ?3 WHERE id = ?1")?
        .execute((id, starts_at.as_millisecond(), ends_at.as_millisecond()))?;
    Ok(())
}

/// Lets a booking follow a meeting that was moved in the calendar itself; returns the booking if it moved.
///
/// # Errors
/// If SQLite refuses.
pub fn follow(tx: &WriteTx<'_>, event: &EventRow) -> Result<Option<BookingRow>> {
    let sql = format!(
        "UPDATE booking SET starts_at = ?3, ends_at = ?4
         WHERE calendar = ?1 AND event = ?2 AND state = 'booked' AND (starts_at, ends_at) <> (?3, ?4)
         RETURNING {BOOKING}"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row(
            (
                &event.calendar,
                &event.event,
                event.starts_at.as_millisecond(),
                event.ends_at.as_millisecond(),
            ),
            booking,
        )
        .optional()?)
}

/// Finds the booking that an execution made.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_execution(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Option<BookingRow>> {
    let sql = format!("SELECT {BOOKING} FROM booking WHERE execution_id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], booking)
        .optional()?)
}

/// Finds a booking by its number or its event's id.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load_booking(tx: &ReadTx<'_>, name: &str) -> Result<Option<BookingRow>> {
    let sql = format!("SELECT {BOOKING} FROM booking WHERE event = ?1 OR id = ?2");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((name, name.parse::<i64>().unwrap_or(0)), booking)
        .optional()?)
}

/// When the operator is busy, as the calendars last said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusyTimes {
    /// The spans, the earliest first.
    pub spans: Vec<(Timestamp, Timestamp)>,
    /// Instant of the reading.
    pub read_at: Timestamp,
    /// Instant up to which they are known.
    pub until: Timestamp,
}

/// Stores the operator's busy times, in place of earlier ones.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_busy(tx: &WriteTx<'_>, busy: &BusyTimes) -> Result<()> {
    tx.sql()
        .prepare_cached("DELETE FROM calendar_busy")?
        .execute([])?;
    let mut add = tx.sql().prepare_cached(
        "INSERT OR IGNORE INTO calendar_busy (starts_at, ends_at) VALUES (?1, ?2)",
    )?;
    for (start, end) in &busy.spans {
        add.execute((start.as_millisecond(), end.as_millisecond()))?;
    }
    tx.sql()
        .prepare_cached(
            "INSERT INTO calendar_busy_read (id, read_at, until) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET read_at = excluded.read_at, until = excluded.until",
        )?
        .execute((busy.read_at.as_millisecond(), busy.until.as_millisecond()))?;
    Ok(())
}

/// Returns the busy times after an instant; none if no calendar was ever read.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn busy(tx: &ReadTx<'_>, from: Timestamp) -> Result<Option<BusyTimes>> {
    let read: Option<(i64, i64)> = tx
        .sql()
        .prepare_cached("SELECT read_at, until FROM calendar_busy_read WHERE id = 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((read_at, until)) = read else {
        return Ok(None);
    };
    let mut statement = tx.sql().prepare_cached(
        "SELECT starts_at, ends_at FROM calendar_busy WHERE ends_at > ?1 ORDER BY starts_at, ends_at",
    )?;
    let spans = statement
        .query_map([from.as_millisecond()], |row| {
            Ok((instant(row.get(0)?), instant(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(BusyTimes {
        spans,
        read_at: instant(read_at),
        until: instant(until),
    }))
}
