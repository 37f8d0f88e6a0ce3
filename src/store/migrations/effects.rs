//! The rest of the step to one outbox, which SQL alone cannot do: writes to HubSpot and bookings become executions, bound to their content's hash.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::super::{Result, StoreError};
use crate::domain::effect::{EffectKind, content_hash};

/// An execution that a row of another outbox becomes.
struct Moved<'a> {
    origin: &'a str,
    kind: EffectKind,
    contact: Option<i64>,
    action: &'a str,
    key: String,
    once: String,
    status: &'a str,
    ended: &'a str,
    transport: &'a str,
    to: String,
    subject: String,
    mark: String,
    content: String,
    carried: String,
    remote: String,
    by: String,
    asked_at: i64,
    claimed_at: Option<i64>,
    settled_at: Option<i64>,
    holder: String,
    tries: i64,
    location: String,
    error: String,
}

/// A consent that was given before consents had an end holds for so long, in milliseconds: a year.
const OLD_CONSENT: i64 = 365 * 86_400_000;

fn add(connection: &Connection, row: &Moved<'_>) -> Result<i64> {
    let to = row.to.to_lowercase();
    connection.execute(
        "INSERT INTO execution (origin, kind, contact_id, action, idempotency_key, once, status, ended, mode, transport, to_key, to_domain, subject,
             message_id, mark, content_hash, content, carried, remote_id, approved_by, approved_at, approval_expires_at, not_before, send_class,
             holder, claimed_at, settled_at, tries, location, error, check_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'live', ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?20, 'reply',
             ?22, ?23, ?24, ?25, ?26, ?27, iif(?7 = 'uncertain', ?20, NULL))",
        params![
            row.origin,
            row.kind.as_str(),
            row.contact,
            row.action,
            row.key,
            row.once,
            row.status,
            row.ended,
            row.transport,
            to,
            to.rsplit_once('@').map_or("", |(_, domain)| domain),
            row.subject,
            format!("<{}@caseyos.invalid>", row.key),
            row.mark,
            content_hash(row.kind, &row.content),
            row.content,
            row.carried,
            row.remote,
            row.by,
            row.asked_at,
            row.asked_at + OLD_CONSENT,
            row.holder,
            row.claimed_at,
            row.settled_at,
            row.tries,
            row.location,
            row.error,
        ],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Moves what SQL cannot, after the tables were made anew.
pub(super) fn finish(connection: &Connection) -> Result<()> {
    let bookings = move_bookings(connection)?;
    let writes = move_writes(connection)?;
    point_undo(connection, &bookings, &writes)?;
    connection.execute_batch("DROP TABLE hubspot_write;")?;
    Ok(())
}

fn iso(ms: i64) -> Result<String> {
    Timestamp::from_millisecond(ms)
        .map(|at| at.to_string())
        .map_err(|e| StoreError::Invalid(e.to_string()))
}

/// A booking as it stood in the old table.
struct OldBooking {
    id: i64,
    once: String,
    calendar: String,
    event: String,
    contact: i64,
    starts_at: i64,
    ends_at: i64,
    content: String,
    state: String,
    error: String,
    at: i64,
    moving: Option<(i64, i64, i64)>,
}

impl OldBooking {
    fn event_json(&self) -> Value {
        let mut event: Value = serde_json::from_str(&self.content).unwrap_or_else(|_| json!({}));
        if let Some(fields) = event.as_object_mut() {
            fields.insert("id".into(), Value::from(self.event.as_str()));
        }
        event
    }

    fn to(&self) -> String {
        self.event_json()
            .pointer("/attendees/0/0")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    fn title(&self) -> String {
        self.event_json()
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    fn location(&self) -> String {
        format!("google:calendar/{}/{}", self.calendar, self.event)
    }

    fn invitation(&self) -> String {
        let mut event = self.event_json();
        if let (Some(fields), Ok(start), Ok(end)) = (
            event.as_object_mut(),
            iso(self.starts_at),
            iso(self.ends_at),
        ) {
            fields.insert("start".into(), Value::from(start));
            fields.insert("end".into(), Value::from(end));
        }
        json!({"calendar": self.calendar, "event": event, "to": self.to(), "their_zone": ""})
            .to_string()
    }

    fn change(&self, from: (i64, i64), to: (i64, i64)) -> Result<String> {
        let span = |(start, end): (i64, i64)| -> Result<Value> {
            Ok(json!({"start": iso(start)?, "end": iso(end)?}))
        };
        let zone = self
            .event_json()
            .get("zone")
            .and_then(Value::as_str)
            .unwrap_or("UTC")
            .to_owned();
        let change = json!({"what": "move", "from": span(from)?, "to": span(to)?, "zone": zone});
        Ok(json!({"booking": self.id, "calendar": self.calendar, "event": self.event, "title": self.title(), "to": self.to(), "their_zone": "",
            "change": change})
        .to_string())
    }

    fn moved<'a>(&self, key: String, once: String, content: String, status: &'a str) -> Moved<'a> {
        let is_open = status == "uncertain";
        Moved {
            origin: "wish",
            kind: EffectKind::Meeting,
            contact: Some(self.contact),
            action: "book_meeting",
            key,
            once,
            status,
            ended: if is_open { "" } else { "done" },
            transport: "google:calendar",
            to: self.to(),
            subject: self.title(),
            mark: self.event.clone(),
            content,
            carried: String::new(),
            remote: self.event.clone(),
            by: "operator".into(),
            asked_at: self.at,
            claimed_at: Some(self.at),
            settled_at: (!is_open).then_some(self.at),
            holder: String::new(),
            tries: 1,
            location: if is_open {
                String::new()
            } else {
                self.location()
            },
            error: self.error.clone(),
        }
    }
}

fn old_bookings(connection: &Connection) -> Result<Vec<OldBooking>> {
    let mut statement = connection.prepare(
        "SELECT id, once, calendar, event, contact_id, starts_at, ends_at, content, state, error, at, new_start, new_end, moving_at FROM booking ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        let moving: (Option<i64>, Option<i64>, Option<i64>) =
            (row.get(11)?, row.get(12)?, row.get(13)?);
        Ok(OldBooking {
            id: row.get(0)?,
            once: row.get(1)?,
            calendar: row.get(2)?,
            event: row.get(3)?,
            contact: row.get(4)?,
            starts_at: row.get(5)?,
            ends_at: row.get(6)?,
            content: row.get(7)?,
            state: row.get(8)?,
            error: row.get(9)?,
            at: row.get(10)?,
            moving: match moving {
                (Some(start), Some(end), at) => Some((start, end, at.unwrap_or(0))),
                _ => None,
            },
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Brings the bookings along. Returns the execution of each that has one.
fn move_bookings(connection: &Connection) -> Result<HashMap<i64, (i64, OldBooking)>> {
    let mut executions = HashMap::new();
    for booking in old_bookings(connection)? {
        let named = booking
            .once
            .strip_prefix("execution:")
            .and_then(|id| id.parse::<i64>().ok());
        let once = format!(
            "meeting:{}:{}",
            booking.contact,
            booking.starts_at.div_euclid(1000)
        );
        let is_taken: bool = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM execution WHERE once = ?1 AND status NOT IN ('failed', 'cancelled'))",
            [&once],
            |row| row.get(0),
        )?;
        let once = if is_taken { String::new() } else { once };
        let key = format!("booking:{}", booking.id);
        let execution = match (named, booking.state.as_str()) {
            (Some(id), _) => Some(id),
            (None, "booking") => {
                let row = booking.moved(key, once, booking.invitation(), "uncertain");
                add(connection, &row)?;
                continue;
            }
            (None, "booked") => {
                let row = booking.moved(key, once, booking.invitation(), "sent");
                Some(add(connection, &row)?)
            }
            (None, _) => None,
        };
        if let Some(id) = execution {
            connection.execute(
                "UPDATE execution SET mark = ?2, remote_id = ?2 WHERE id = ?1 AND mark = ''",
                (id, &booking.event),
            )?;
        }
        connection.execute(
            "INSERT INTO booking_new (id, execution_id, calendar, event, contact_id, starts_at, ends_at, content, state, error, at)
             VALUES (?1, (SELECT id FROM execution WHERE id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                booking.id,
                execution,
                booking.calendar,
                booking.event,
                booking.contact,
                booking.starts_at,
                booking.ends_at,
                booking.content,
                // One that is still being made by an execution is that execution's business.
                if booking.state == "booking" { "failed" } else { &booking.state },
                booking.error,
                booking.at,
            ],
        )?;
        if let (Some((start, end, at)), "booked") = (booking.moving, booking.state.as_str()) {
            let content = booking.change((booking.starts_at, booking.ends_at), (start, end))?;
            let row = Moved {
                asked_at: at,
                claimed_at: Some(at),
                action: "reschedule",
                ..booking.moved(
                    format!("moving:{}", booking.id),
                    format!("booking:{}", booking.id),
                    content,
                    "uncertain",
                )
            };
            add(connection, &row)?;
        }
        if let Some(id) = execution {
            executions.insert(booking.id, (id, booking));
        }
    }
    connection.execute_batch("DROP TABLE booking; ALTER TABLE booking_new RENAME TO booking;")?;
    Ok(executions)
}

/// A write to HubSpot as it stood in the old table.
struct OldWrite {
    id: i64,
    key: String,
    operation: String,
    status: String,
    summary: String,
    by: String,
    holder: String,
    tries: i64,
    remote: String,
    error: String,
    created_at: i64,
    claimed_at: Option<i64>,
    settled_at: Option<i64>,
}

/// The sentences by which older versions told the ends of a write apart.
const SAYS_SO: &str = "HubSpot says so already; nothing was written.";
const CLOSED: &str = "closed by the operator; it may have been written";

impl OldWrite {
    fn ended(&self) -> &'static str {
        match self.status.as_str() {
            "sent" => "done",
            "failed" => "refused",
            "cancelled" if self.error == SAYS_SO => "says_so",
            "cancelled" if self.error == CLOSED => "closed",
            "cancelled" if self.error.starts_with("conflict") => "conflict",
            "cancelled" => "withdrawn",
            _ => "",
        }
    }

    /// A write that was given up because HubSpot said so already counted as done.
    fn status(&self) -> &str {
        match self.ended() {
            "says_so" | "closed" => "sent",
            _ => &self.status,
        }
    }

    fn action(&self) -> &'static str {
        let operation: Value = serde_json::from_str(&self.operation).unwrap_or_default();
        match operation.get("operation").and_then(Value::as_str) {
            Some("task") => "create_task",
            Some("note") => "add_note",
            Some("call") => "log_call",
            Some("merge") => "merge_contacts",
            Some("gdpr_delete") => "data_cleanup",
            _ => "update_crm",
        }
    }
}

/// Brings the writes along. Returns the execution of each that the undo list may name.
fn move_writes(connection: &Connection) -> Result<HashMap<i64, i64>> {
    let instance: String = connection
        .query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| {
            row.get(0)
        })
        .optional()?
        .unwrap_or_else(|| "local".into());
    let family = format!("execution:{instance}:");
    let mut statement = connection.prepare(
        "SELECT id, key, operation, status, summary, asked_by, holder, tries, remote_id, error, created_at, claimed_at, settled_at FROM hubspot_write ORDER BY id",
    )?;
    let writes: Vec<OldWrite> = statement
        .query_map([], |row| {
            Ok(OldWrite {
                id: row.get(0)?,
                key: row.get(1)?,
                operation: row.get(2)?,
                status: row.get(3)?,
                summary: row.get(4)?,
                by: row.get(5)?,
                holder: row.get(6)?,
                tries: row.get(7)?,
                remote: row.get(8)?,
                error: row.get(9)?,
                created_at: row.get(10)?,
                claimed_at: row.get(11)?,
                settled_at: row.get(12)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut executions = HashMap::new();
    for write in writes {
        let of_execution = write
            .key
            .strip_prefix(&family)
            .and_then(|rest| rest.split(':').next()?.parse::<i64>().ok());
        if let Some(id) = of_execution {
            // Later writes of one execution come later here, so the newest has the last word.
            connection.execute(
                "UPDATE execution SET mark = ?2, carried = ?3, remote_id = ?4,
                     ended = CASE WHEN status = 'sent' AND ?5 IN ('says_so', 'closed') THEN ?5 ELSE ended END
                 WHERE id = ?1",
                (id, &write.key, &write.operation, &write.remote, write.ended()),
            )?;
            executions.insert(write.id, id);
            continue;
        }
        let origin = match write.key.split_once(':') {
            Some(("undo", _)) => "undo",
            Some(("edit", _)) => "push",
            _ => "wish",
        };
        let summary = serde_json::to_string(&write.summary)
            .map_err(|e| StoreError::Invalid(e.to_string()))?;
        let by_halves = if origin == "undo" {
            ""
        } else {
            ",\"by_halves\":true"
        };
        let content = format!(
            "{{\"operation\":{},\"summary\":{summary}{by_halves}}}",
            write.operation
        );
        let row = Moved {
            origin,
            kind: EffectKind::Record,
            contact: None,
            action: write.action(),
            key: format!("wish:{}", write.key),
            once: format!("record:key:{}", write.key),
            status: write.status(),
            ended: write.ended(),
            transport: "hubspot:crm",
            to: String::new(),
            subject: write.summary.clone(),
            mark: write.key.clone(),
            content,
            carried: write.operation.clone(),
            remote: write.remote.clone(),
            by: write.by.clone(),
            asked_at: write.created_at,
            claimed_at: write.claimed_at,
            settled_at: write.settled_at,
            holder: write.holder.clone(),
            tries: write.tries,
            location: if write.remote.is_empty() {
                String::new()
            } else {
                format!("hubspot:{}", write.remote)
            },
            error: write.error.clone(),
        };
        executions.insert(write.id, add(connection, &row)?);
    }
    Ok(executions)
}

/// Lets the undo list name executions where it named bookings and writes.
fn point_undo(
    connection: &Connection,
    bookings: &HashMap<i64, (i64, OldBooking)>,
    writes: &HashMap<i64, i64>,
) -> Result<()> {
    let mut statement = connection.prepare(
        "SELECT id, step ->> 'step', step ->> 'id', step ->> 'starts_at', step ->> 'ends_at', undone_at IS NOT NULL, at FROM undo
         WHERE step ->> 'step' IN ('meeting', 'meeting_time', 'hubspot_write') ORDER BY id",
    )?;
    type Entry = (i64, String, i64, Option<String>, Option<String>, bool, i64);
    let entries: Vec<Entry> = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (entry, step, id, starts_at, ends_at, is_undone, at) in entries {
        let instant = |text: Option<String>| -> Option<i64> {
            Some(text?.parse::<Timestamp>().ok()?.as_millisecond())
        };
        let execution = match step.as_str() {
            "meeting" => bookings.get(&id).map(|(execution, _)| *execution),
            "hubspot_write" => writes.get(&id).copied(),
            _ => match (bookings.get(&id), instant(starts_at), instant(ends_at)) {
                (Some((_, booking)), Some(start), Some(end)) if !is_undone => {
                    let content =
                        booking.change((start, end), (booking.starts_at, booking.ends_at))?;
                    let row = Moved {
                        asked_at: at,
                        action: "reschedule",
                        ..booking.moved(format!("moved:{entry}"), String::new(), content, "sent")
                    };
                    Some(add(connection, &row)?)
                }
                _ => None,
            },
        };
        match execution {
            Some(execution) => connection.execute(
                "UPDATE undo SET step = json_object('step', 'execution', 'id', ?2) WHERE id = ?1",
                (entry, execution),
            )?,
            // Nothing that could be taken back is left of it.
            None => connection.execute(
                "UPDATE undo SET step = json_object('step', 'execution', 'id', 0), undone_at = coalesce(undone_at, at) WHERE id = ?1",
                [entry],
            )?,
        };
    }
    Ok(())
}
