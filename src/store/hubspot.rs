//! The HubSpot portal as last read: records, readings under way, stages, owners, conflicts.

use jiff::Timestamp;
use rusqlite::{CachedStatement, OptionalExtension};
use serde::Serialize;

use super::people::RecordKind;
use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::company::name_key;
use crate::domain::contact::LifecycleStage;
use crate::domain::crm::ContactField;
use crate::domain::id::{CompanyId, ContactId, DealId};

/// The system's name in external ids.
pub const SYSTEM: &str = "hubspot";

/// A record as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Instant of its last change in the portal.
    pub modified_at: Timestamp,
    /// Instant at which it was last brought in.
    pub applied_at: Timestamp,
    /// True if it is archived.
    pub is_archived: bool,
    /// Its kept properties, as JSON.
    pub base: String,
}

/// Reads and writes records as seen, with its statements prepared once.
pub struct SeenWriter<'a> {
    find: CachedStatement<'a>,
    save: CachedStatement<'a>,
    now: i64,
}

impl std::fmt::Debug for SeenWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeenWriter").finish_non_exhaustive()
    }
}

fn seen(row: &rusqlite::Row<'_>) -> rusqlite::Result<Seen> {
    Ok(Seen {
        modified_at: instant(row.get(0)?),
        applied_at: instant(row.get(1)?),
        is_archived: row.get(2)?,
        base: row.get(3)?,
    })
}

const FIND: &str = "SELECT modified_at, applied_at, is_archived, base FROM hubspot_object WHERE kind = ?1 AND id = ?2";

impl<'a> SeenWriter<'a> {
    /// Prepares the statements.
    ///
    /// # Errors
    /// Fails if the database refuses one.
    pub fn new(tx: &'a WriteTx<'a>, now: Timestamp) -> Result<Self> {
        Ok(Self {
            find: tx.sql().prepare_cached(FIND)?,
            save: tx.sql().prepare_cached(
                "INSERT INTO hubspot_object (kind, id, modified_at, applied_at, is_archived, base) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (kind, id) DO UPDATE SET modified_at = excluded.modified_at, applied_at = excluded.applied_at,
                     is_archived = excluded.is_archived, base = excluded.base",
            )?,
            now: now.as_millisecond(),
        })
    }

    /// Finds a record.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub fn find(&mut self, kind: &str, id: &str) -> Result<Option<Seen>> {
        Ok(self.find.query_row((kind, id), seen).optional()?)
    }

    /// Stores a record as it is now.
    ///
    /// # Errors
    /// Fails if SQLite refuses.
    pub fn save(
        &mut self,
        kind: &str,
        id: &str,
        modified_at: Timestamp,
        is_archived: bool,
        base: &str,
    ) -> Result<()> {
        self.save.execute((
            kind,
            id,
            modified_at.as_millisecond(),
            self.now,
            is_archived,
            base,
        ))?;
        Ok(())
    }
}

/// Finds a record as last seen.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_seen(tx: &ReadTx<'_>, kind: &str, id: &str) -> Result<Option<Seen>> {
    Ok(tx
        .sql()
        .prepare_cached(FIND)?
        .query_row((kind, id), seen)
        .optional()?)
}

/// Returns the instant of a record's last change in the portal, as last seen.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn seen_at(tx: &ReadTx<'_>, kind: &str, id: &str) -> Result<Option<Timestamp>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT modified_at FROM hubspot_object WHERE kind = ?1 AND id = ?2")?
        .query_row((kind, id), |row| row.get(0).map(instant))
        .optional()?)
}

/// Tells whether any record of a kind was seen.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn is_any_seen(tx: &ReadTx<'_>, kind: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM hubspot_object WHERE kind = ?1)")?
        .query_row([kind], |row| row.get(0))?)
}

/// Counts the records of each kind that are not archived.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn counts(tx: &ReadTx<'_>) -> Result<Vec<(String, u64)>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT kind, count(*) FROM hubspot_object WHERE is_archived = 0 GROUP BY kind ORDER BY kind")?;
    Ok(statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0),
            ))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Progress of reading one kind of record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sweep {
    /// Only records changed at or after this are read; all of them if none.
    pub since: Option<Timestamp>,
    /// The last id, or the mark of the next page, of the reading under way.
    pub last: String,
    /// Start of the reading under way.
    pub began_at: Option<Timestamp>,
    /// End of the last complete reading.
    pub done_at: Option<Timestamp>,
    /// Start of the first reading.
    pub horizon: Option<Timestamp>,
}

/// Loads how far the reading of a kind is.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load_sweep(tx: &ReadTx<'_>, kind: &str) -> Result<Sweep> {
    let found = tx
        .sql()
        .prepare_cached(
            "SELECT since, last, began_at, done_at, horizon FROM hubspot_sweep WHERE kind = ?1",
        )?
        .query_row([kind], |row| {
            let at = |i| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.map(instant));
            Ok(Sweep {
                since: at(0)?,
                last: row.get(1)?,
                began_at: at(2)?,
                done_at: at(3)?,
                horizon: at(4)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Stores how far the reading of a kind is; with the rows that it brought, in one transaction.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save_sweep(tx: &WriteTx<'_>, kind: &str, sweep: &Sweep) -> Result<()> {
    let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    tx.sql()
        .prepare_cached(
            "INSERT INTO hubspot_sweep (kind, since, last, began_at, done_at, horizon) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (kind) DO UPDATE SET since = excluded.since, last = excluded.last, began_at = excluded.began_at,
                 done_at = excluded.done_at, horizon = excluded.horizon",
        )?
        .execute((kind, ms(sweep.since), &sweep.last, ms(sweep.began_at), ms(sweep.done_at), ms(sweep.horizon)))?;
    Ok(())
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRow {
    /// The pipeline's id.
    pub pipeline: String,
    /// The pipeline's name.
    pub pipeline_label: String,
    /// The stage's id.
    pub id: String,
    /// The stage's name.
    pub label: String,
    /// Its place in the pipeline, from 0.
    pub position: i64,
    /// True if it ends a deal.
    pub is_closed: bool,
    /// True if it wins the deal.
    pub is_won: bool,
    /// Probability of a win, 0..=1.
    pub probability: Option<f64>,
}

/// Replaces all stages.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save_stages(tx: &WriteTx<'_>, stages: &[StageRow]) -> Result<()> {
    tx.sql().execute("DELETE FROM hubspot_stage", [])?;
    let mut insert = tx.sql().prepare_cached(
        "INSERT OR REPLACE INTO hubspot_stage (pipeline, id, pipeline_label, label, position, is_closed, is_won, probability)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for s in stages {
        insert.execute((
            &s.pipeline,
            &s.id,
            &s.pipeline_label,
            &s.label,
            s.position,
            s.is_closed,
            s.is_won,
            s.probability,
        ))?;
    }
    Ok(())
}

/// Lists all stages in the order of their pipelines.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn stages(tx: &ReadTx<'_>) -> Result<Vec<StageRow>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT pipeline, pipeline_label, id, label, position, is_closed, is_won, probability FROM hubspot_stage ORDER BY pipeline, position, id",
    )?;
    Ok(statement
        .query_map([], |row| {
            Ok(StageRow {
                pipeline: row.get(0)?,
                pipeline_label: row.get(1)?,
                id: row.get(2)?,
                label: row.get(3)?,
                position: row.get(4)?,
                is_closed: row.get(5)?,
                is_won: row.get(6)?,
                probability: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Replaces all owners, each with id, address and name.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save_owners(tx: &WriteTx<'_>, owners: &[(String, String, String)]) -> Result<()> {
    tx.sql().execute("DELETE FROM hubspot_owner", [])?;
    let mut insert = tx.sql().prepare_cached(
        "INSERT OR REPLACE INTO hubspot_owner (id, email, name) VALUES (?1, ?2, ?3)",
    )?;
    for (id, email, name) in owners {
        insert.execute((id, email, name))?;
    }
    Ok(())
}

/// Lists all owners, each with id, address and name.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn owners(tx: &ReadTx<'_>) -> Result<Vec<(String, String, String)>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT id, email, name FROM hubspot_owner ORDER BY id")?;
    Ok(statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the portal's id for a record of ours.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn id_of(tx: &ReadTx<'_>, kind: RecordKind, record: i64) -> Result<Option<String>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT x.external FROM external_id x LEFT JOIN hubspot_object o ON o.id = x.external AND o.is_archived = 0
             WHERE x.record_id = ?1 AND x.kind = ?2 AND x.system = 'hubspot' ORDER BY o.id IS NULL, length(x.external) DESC, x.external DESC LIMIT 1",
        )?
        .query_row((record, kind.as_str()), |row| row.get(0))
        .optional()?)
}

/// A firm of the portal: its id there, our number, its name and its domain.
pub type KnownCompany = (String, CompanyId, String, Option<String>);

/// Returns the firms that the portal knows.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn known_companies(tx: &ReadTx<'_>) -> Result<Vec<KnownCompany>> {
    let mut statement = tx.sql().prepare(
        "SELECT x.external, c.id, c.name, c.domain FROM external_id x JOIN company c ON c.id = x.record_id WHERE x.kind = 'company' AND x.system = 'hubspot'",
    )?;
    Ok(statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                CompanyId(row.get(1)?),
                row.get(2)?,
                row.get(3)?,
            ))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the name and the domain of the firm with a portal id.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn known_company(tx: &ReadTx<'_>, external: &str) -> Result<Option<(String, Option<String>)>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT c.name, c.domain FROM external_id x JOIN company c ON c.id = x.record_id
             WHERE x.external = ?1 AND x.system = 'hubspot' AND x.kind = 'company'",
        )?
        .query_row([external], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Brings a firm in: matched by portal id, else by domain, else by name, else as a new one.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save_company(
    tx: &WriteTx<'_>,
    external: &str,
    (name, domain, industry): (&str, Option<&str>, &str),
    now: Timestamp,
) -> Result<CompanyId> {
    let sql = tx.sql();
    let at = now.as_millisecond();
    let key = name_key(name);
    let mut known: Option<i64> =
        super::people::find_by_external_id(tx, RecordKind::Company, SYSTEM, external)?;
    let of_domain: Option<i64> = match domain {
        Some(domain) => sql
            .prepare_cached("SELECT id FROM company WHERE domain = ?1")?
            .query_row([domain], |row| row.get(0))
            .optional()?,
        None => None,
    };
    if known.is_none() {
        known = of_domain;
    }
    if known.is_none() && !key.is_empty() {
        known = sql
            .prepare_cached("SELECT id FROM company WHERE name_key = ?1 AND (?2 = 0 OR domain IS NULL) ORDER BY id LIMIT 1")?
            .query_row((&key, domain.is_some()), |row| row.get(0))
            .optional()?;
    }
    let shown = if name.is_empty() {
        domain.unwrap_or_default()
    } else {
        name
    };
    let id = match known {
        Some(id) => {
            // A domain that belongs to another firm stays there.
            let domain = domain.filter(|_| of_domain.is_none_or(|other| other == id));
            sql.prepare_cached(
                "UPDATE company SET name = CASE WHEN ?2 = '' THEN name ELSE ?2 END, name_key = CASE WHEN ?3 = '' THEN name_key ELSE ?3 END,
                     domain = coalesce(?4, domain), industry = CASE WHEN ?5 = '' THEN industry ELSE ?5 END, updated_at = ?6
                 WHERE id = ?1 AND (name <> ?2 OR domain IS NOT coalesce(?4, domain) OR industry <> ?5)",
            )?
            .execute((id, name, &key, domain, industry, at))?;
            id
        }
        None => sql
            .prepare_cached(
                "INSERT INTO company (name, name_key, domain, industry, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )?
            .insert((shown, name_key(shown), domain, industry, at))?,
    };
    super::people::set_external_id(tx, RecordKind::Company, SYSTEM, external, id)?;
    Ok(CompanyId(id))
}

const fn column(field: ContactField) -> &'static str {
    match field {
        ContactField::FirstName => "first_name",
        ContactField::LastName => "last_name",
        ContactField::Phone => "phone",
        ContactField::MobilePhone => "mobile",
        ContactField::JobTitle => "title",
        ContactField::City => "city",
        ContactField::State => "state",
        ContactField::Country => "country",
        ContactField::LifecycleStage => "stage",
    }
}

/// Sets a contact's field, also to nothing.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_field(
    tx: &WriteTx<'_>,
    id: ContactId,
    field: ContactField,
    value: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = format!(
        "UPDATE contact SET {} = ?2, updated_at = ?3 WHERE id = ?1",
        column(field)
    );
    tx.sql()
        .prepare_cached(&sql)?
        .execute((id.0, value, now.as_millisecond()))?;
    if matches!(field, ContactField::FirstName | ContactField::LastName) {
        super::people::name_again(tx, id)?;
    }
    Ok(())
}

/// Marks a record as equal here and in the portal.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn mark_applied(tx: &WriteTx<'_>, kind: &str, id: &str, now: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE hubspot_object SET applied_at = ?3 WHERE kind = ?1 AND id = ?2")?
        .execute((kind, id, now.as_millisecond()))?;
    Ok(())
}

/// Lists contacts changed here since they were last brought in: the portal's id and our number.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn changed_here(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<(String, ContactId)>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT o.id, c.id FROM hubspot_object o
         JOIN external_id x ON x.external = o.id AND x.system = 'hubspot' AND x.kind = 'contact'
         JOIN contact c ON c.id = x.record_id
         WHERE o.kind = 'contacts' AND o.is_archived = 0 AND c.updated_at > o.applied_at ORDER BY c.id LIMIT ?1",
    )?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok((row.get(0)?, ContactId(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Points the old id of a merged record to the surviving one, with the addresses and deals of the record that it pointed to before, and with its
/// stop, if it had one.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn merge_into(tx: &WriteTx<'_>, kind: RecordKind, old: &str, survivor: i64) -> Result<()> {
    let before = super::people::find_by_external_id(tx, kind, SYSTEM, old)?;
    super::people::set_external_id(tx, kind, SYSTEM, old, survivor)?;
    if let Some(before) = before.filter(|before| kind == RecordKind::Contact && *before != survivor)
    {
        tx.sql()
            .prepare_cached("UPDATE contact_email SET contact_id = ?2 WHERE contact_id = ?1")?
            .execute((before, survivor))?;
        tx.sql()
            .prepare_cached(
                "UPDATE contact SET stage = ?3 WHERE id = ?2 AND EXISTS (SELECT 1 FROM contact WHERE id = ?1 AND stage = ?3)",
            )?
            .execute((before, survivor, LifecycleStage::DoNotContact.as_str()))?;
        tx.sql()
            .prepare_cached("UPDATE deal SET contact_id = ?2 WHERE contact_id = ?1")?
            .execute((before, survivor))?;
    }
    Ok(())
}

/// Finds a deal by its name, or by our number.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_deal(tx: &ReadTx<'_>, name: &str) -> Result<Option<DealId>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT id FROM deal WHERE name = ?1 COLLATE NOCASE ORDER BY is_closed, id LIMIT 1",
        )?
        .query_row([name], |row| row.get(0).map(DealId))
        .optional()?)
}

/// A field that was changed on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Its number; 0 before it is stored.
    pub id: i64,
    /// The kind of record.
    pub kind: String,
    /// The portal's id for it.
    pub object_id: String,
    /// Our number for it.
    pub record_id: i64,
    /// The field.
    pub field: String,
    /// The value that both sides last agreed on.
    pub base: String,
    /// The portal's value.
    pub remote: String,
    /// The value here.
    pub local: String,
    /// Instant at which the portal's value was set, if known.
    pub remote_at: Option<Timestamp>,
    /// Instant at which the conflict was found.
    pub found_at: Timestamp,
    /// Instant at which it was settled.
    pub resolved_at: Option<Timestamp>,
    /// The side whose value was taken; empty while it is open.
    pub taken: String,
}

/// Adds a conflict, or brings the open one of that field up to date.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_conflict(tx: &WriteTx<'_>, c: &Conflict) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO hubspot_conflict (kind, object_id, record_id, field, base, remote, local, remote_at, found_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (kind, object_id, field) WHERE resolved_at IS NULL DO UPDATE SET remote = excluded.remote, local = excluded.local, remote_at = excluded.remote_at",
        )?
        .execute((
            &c.kind,
            &c.object_id,
            c.record_id,
            &c.field,
            &c.base,
            &c.remote,
            &c.local,
            c.remote_at.map(Timestamp::as_millisecond),
            c.found_at.as_millisecond(),
        ))?;
    Ok(())
}

const CONFLICT: &str = "SELECT id, kind, object_id, record_id, field, base, remote, local, remote_at, found_at, resolved_at, taken FROM hubspot_conflict";

fn conflict(row: &rusqlite::Row<'_>) -> rusqlite::Result<Conflict> {
    Ok(Conflict {
        id: row.get(0)?,
        kind: row.get(1)?,
        object_id: row.get(2)?,
        record_id: row.get(3)?,
        field: row.get(4)?,
        base: row.get(5)?,
        remote: row.get(6)?,
        local: row.get(7)?,
        remote_at: row.get::<_, Option<i64>>(8)?.map(instant),
        found_at: instant(row.get(9)?),
        resolved_at: row.get::<_, Option<i64>>(10)?.map(instant),
        taken: row.get(11)?,
    })
}

/// Lists conflicts, the open ones only unless `all`.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn conflicts(tx: &ReadTx<'_>, all: bool) -> Result<Vec<Conflict>> {
    let sql = format!("{CONFLICT} WHERE ?1 OR resolved_at IS NULL ORDER BY id");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([all], conflict)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Loads a conflict.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load_conflict(tx: &ReadTx<'_>, id: i64) -> Result<Option<Conflict>> {
    let sql = format!("{CONFLICT} WHERE id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id], conflict)
        .optional()?)
}

/// Tells whether a field waits for the operator's decision.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn is_in_conflict(tx: &ReadTx<'_>, kind: &str, object_id: &str, field: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT 1 FROM hubspot_conflict WHERE kind = ?1 AND object_id = ?2 AND field = ?3 AND resolved_at IS NULL")?
        .exists((kind, object_id, field))?)
}

/// Settles a conflict; returns whether it was open.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn resolve_conflict(tx: &WriteTx<'_>, id: i64, taken: &str, now: Timestamp) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("UPDATE hubspot_conflict SET resolved_at = ?2, taken = ?3 WHERE id = ?1 AND resolved_at IS NULL")?
        .execute((id, now.as_millisecond(), taken))?
        > 0)
}

/// An event that a webhook brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The row's id; 0 before it is stored.
    pub id: i64,
    /// The event's key: a redelivery has the same.
    pub key: String,
    /// The kind of record, in the plural; HubSpot's own word for other kinds.
    pub kind: String,
    /// The record.
    pub object_id: String,
    /// The event, such as `contact.propertyChange`.
    pub what: String,
    /// Instant of the event, if known.
    pub occurred_at: Option<Timestamp>,
}

/// Adds an event; returns whether it is new.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_event(tx: &WriteTx<'_>, event: &EventRow, now: Timestamp) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "INSERT INTO hubspot_event (event_key, kind, object_id, what, occurred_at, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute((
            &event.key,
            &event.kind,
            &event.object_id,
            &event.what,
            event.occurred_at.map(Timestamp::as_millisecond),
            now.as_millisecond(),
        ))?
        > 0)
}

/// Lists events that no pass has handled yet, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn waiting_events(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<EventRow>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id, event_key, kind, object_id, what, occurred_at FROM hubspot_event WHERE done_at IS NULL ORDER BY id LIMIT ?1",
    )?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(EventRow {
                id: row.get(0)?,
                key: row.get(1)?,
                kind: row.get(2)?,
                object_id: row.get(3)?,
                what: row.get(4)?,
                occurred_at: row.get::<_, Option<i64>>(5)?.map(instant),
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Marks events as handled, and forgets those of long ago.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn finish_events(tx: &WriteTx<'_>, ids: &[i64], now: Timestamp) -> Result<()> {
    let at = now.as_millisecond();
    let mut done = tx
        .sql()
        .prepare_cached("UPDATE hubspot_event SET done_at = ?2 WHERE id = ?1")?;
    for id in ids {
        done.execute((id, at))?;
    }
    // HubSpot redelivers for a day or so; a month is ample to know an event again.
    tx.sql()
        .prepare_cached("DELETE FROM hubspot_event WHERE done_at < ?1")?
        .execute([at - 30 * 86_400_000])?;
    Ok(())
}

/// Forgets a record and every snapshot of it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn forget_object(tx: &WriteTx<'_>, kind: &str, id: &str) -> Result<()> {
    for sql in [
        "DELETE FROM hubspot_object WHERE kind = ?1 AND id = ?2",
        "DELETE FROM hubspot_snapshot WHERE kind = ?1 AND object_id = ?2",
        "DELETE FROM hubspot_conflict WHERE kind = ?1 AND object_id = ?2",
    ] {
        tx.sql().prepare_cached(sql)?.execute((kind, id))?;
    }
    Ok(())
}

/// Stores a record's last content before it is merged away or deleted for good.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_snapshot(
    tx: &WriteTx<'_>,
    kind: &str,
    object_id: &str,
    reason: &str,
    holds: &str,
    now: Timestamp,
) -> Result<i64> {
    tx.sql()
        .prepare_cached("INSERT INTO hubspot_snapshot (kind, object_id, taken_at, reason, holds) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((kind, object_id, now.as_millisecond(), reason, holds))?;
    Ok(tx.sql().last_insert_rowid())
}
