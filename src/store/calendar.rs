//! Calendar events as last read, and the meetings booked from here.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::meeting::MeetingState;

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

/// A meeting that was booked from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// The row's id; 0 before it is stored.
    pub id: i64,
    /// The key of the meeting: same key, same meeting.
    pub once: String,
    /// The calendar to book it in.
    pub calendar: String,
    /// The id that we gave it.
    pub event: String,
    /// The contact it is with.
    pub contact_id: ContactId,
    /// Its start.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
    /// The event to write to the calendar, as JSON.
    pub content: String,
    /// `booking`, `booked`, `failed` or `taken_back`.
    pub state: String,
    /// The last error; empty if none.
    pub error: String,
    /// Instant of the request.
    pub at: Timestamp,
    /// New start and end, while the calendar is asked to move it.
    pub moving_to: Option<(Timestamp, Timestamp)>,
    /// Instant of the request to move it.
    pub moving_at: Option<Timestamp>,
}

const BOOKING: &str = "id, once, calendar, event, contact_id, starts_at, ends_at, content, state, error, at, new_start, new_end, moving_at";

fn booking(row: &rusqlite::Row<'_>) -> rusqlite::Result<BookingRow> {
    Ok(BookingRow {
        id: row.get(0)?,
        once: row.get(1)?,
        calendar: row.get(2)?,
        event: row.get(3)?,
        contact_id: ContactId(row.get(4)?),
        starts_at: instant(row.get(5)?),
        ends_at: instant(row.get(6)?),
        content: row.get(7)?,
        state: row.get(8)?,
        error: row.get(9)?,
        at: instant(row.get(10)?),
        moving_to: row
            .get::<_, Option<i64>>(11)?
            .map(instant)
            .zip(row.get::<_, Option<i64>>(12)?.map(instant)),
        moving_at: row.get::<_, Option<i64>>(13)?.map(instant),
    })
}

/// Stores a booking before the calendar is asked.
///
/// # Errors
/// Fails if SQLite refuses, as it does a second booking of the same meeting.
pub fn begin_booking(tx: &WriteTx<'_>, row: &BookingRow) -> Result<i64> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO booking (once, calendar, event, contact_id, starts_at, ends_at, content, state, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'booking', ?8)",
        )?
        .execute(rusqlite::params![
            row.once,
            row.calendar,
            row.event,
            row.contact_id.0,
            row.starts_at.as_millisecond(),
            row.ends_at.as_millisecond(),
            row.content,
            row.at.as_millisecond(),
        ])?;
    Ok(tx.sql().last_insert_rowid())
}

/// Settles a booking; returns true if it was `from` until now.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn settle_booking(
    tx: &WriteTx<'_>,
    id: i64,
    from: &str,
    to: &str,
    error: &str,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("UPDATE booking SET state = ?3, error = ?4 WHERE id = ?1 AND state = ?2")?
        .execute((id, from, to, error))?
        > 0)
}

/// Keeps the id that the calendar gave a booking's event, in place of the one that we asked for.
///
/// # Errors
/// Fails if the database cannot be written.
pub fn name_booking(tx: &WriteTx<'_>, id: i64, event: &str) -> Result<()> {
    // Two events with one id are one event, and the first booking has it.
    tx.sql()
        .prepare_cached("UPDATE OR IGNORE booking SET event = ?2 WHERE id = ?1")?
        .execute((id, event))?;
    Ok(())
}

/// Notes a meeting's new time before the calendar is asked; returns true if it was booked and not being moved.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn begin_moving(
    tx: &WriteTx<'_>,
    id: i64,
    to: (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE booking SET new_start = ?2, new_end = ?3, moving_at = ?4 WHERE id = ?1 AND state = 'booked' AND new_start IS NULL",
        )?
        .execute((
            id,
            to.0.as_millisecond(),
            to.1.as_millisecond(),
            now.as_millisecond(),
        ))?
        > 0)
}

/// Ends the moving of a meeting, to its new time or back to its old one. Returns true if it was being moved.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn end_moving(tx: &WriteTx<'_>, id: i64, moved: bool) -> Result<bool> {
    let sql = if moved {
        "UPDATE booking SET starts_at = new_start, ends_at = new_end, new_start = NULL, new_end = NULL, moving_at = NULL WHERE id = ?1 AND new_start IS NOT NULL"
    } else {
        "UPDATE booking SET new_start = NULL, new_end = NULL, moving_at = NULL WHERE id = ?1 AND new_start IS NOT NULL"
    };
    Ok(tx.sql().prepare_cached(sql)?.execute([id])? > 0)
}

/// Returns the meetings whose move the calendar has not confirmed.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn moving(tx: &ReadTx<'_>) -> Result<Vec<BookingRow>> {
    let sql = format!("SELECT {BOOKING} FROM booking WHERE new_start IS NOT NULL ORDER BY id");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([], booking)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Lets a booking follow a meeting that was moved in the calendar itself.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn follow(tx: &WriteTx<'_>, event: &EventRow) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE booking SET starts_at = ?3, ends_at = ?4
             WHERE calendar = ?1 AND event = ?2 AND state = 'booked' AND new_start IS NULL AND (starts_at, ends_at) <> (?3, ?4)",
        )?
        .execute((
            &event.calendar,
            &event.event,
            event.starts_at.as_millisecond(),
            event.ends_at.as_millisecond(),
        ))?;
    Ok(())
}

/// Finds a booking by its key, in any state.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_booking(tx: &ReadTx<'_>, once: &str) -> Result<Option<BookingRow>> {
    let sql = format!("SELECT {BOOKING} FROM booking WHERE once = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([once], booking)
        .optional()?)
}

/// Finds the booking that an execution made.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_execution(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Option<BookingRow>> {
    find_booking(tx, &format!("execution:{id}"))
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

/// Returns the bookings that the calendar has not confirmed.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn open_bookings(tx: &ReadTx<'_>) -> Result<Vec<BookingRow>> {
    let sql = format!("SELECT {BOOKING} FROM booking WHERE state = 'booking' ORDER BY id");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([], booking)?
        .collect::<rusqlite::Result<_>>()?)
}

/// The operator's busy times, as the calendars last gave them.
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
