//! The audit trail: append-only and hash-chained.
//!
//! Each row's hash covers its content and the hash before it; `meta` remembers the last one. An edited, removed, inserted or
//! reordered row therefore breaks the chain at a nameable place. The beginning may be cut off, which leaves an entry about the
//! cut; the database refuses every other change. Entries carry the state of the executions and suppressions that their transaction changed
//! (`store::watch`), so that the tables can be held against the trail.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;
use serde_json::Value;

use super::watch::{self, HEAD, remembered, whole_trail_removed};
use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::audit::{ACCEPTED, BROKEN, Broken, Cut, Link, PRUNED, Walk, end_fault, hex};
use crate::domain::id::ExecutionId;
use crate::domain::trail::{ExecutionState, Finding, Findings, Trail};

pub use super::watch::HashOf;

/// A name under which the highest number that may be deleted was kept once. Nothing reads it any more.
const PRUNE_TO: &str = "audit_prune_to";

/// One entry of the trail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// The place in the trail, from 1.
    pub seq: i64,
    /// Instant of the event.
    pub at: Timestamp,
    /// The actor: `operator`, a rule, or `engine`.
    pub actor: String,
    /// The event, such as `execution.sent`.
    pub event: String,
    /// The subject, such as `move:12`.
    pub subject: String,
    /// The particulars.
    pub detail: Value,
}

/// Result of checking the chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AuditCheck {
    /// Entries that hold, from the first on.
    pub entries: i64,
    /// True if the chain holds.
    pub intact: bool,
    /// Number of the entry that breaks it.
    pub broken_at: Option<i64>,
    /// Reason for the break; empty if there is none.
    pub reason: String,
    /// True if only the end is at fault, now or once, and the operator may accept the trail as it stands.
    pub may_be_accepted: bool,
    /// The number of the first entry; greater than 1 if earlier ones were cut off, 0 if there is none.
    pub first: i64,
    /// The number of the last entry that holds.
    pub last: i64,
    /// The hash of the last entry that holds: whoever keeps it can tell later whether the trail was rebuilt.
    pub head: String,
}

impl AuditCheck {
    /// Returns the outcome of a walk.
    #[must_use]
    pub fn of(walk: &Walk, broken: Option<Broken>) -> Self {
        let (last, head) = walk
            .last()
            .map_or((0, String::new()), |(seq, hash)| (seq, hex(&hash)));
        let (broken_at, reason) = match broken {
            Some(broken) => (Some(broken.at), broken.reason),
            None => (None, String::new()),
        };
        Self {
            entries: walk.entries(),
            intact: broken_at.is_none(),
            broken_at,
            reason,
            may_be_accepted: false,
            first: walk.first(),
            last,
            head,
        }
    }
}

/// Result of holding the tables against the trail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DeepCheck {
    /// The chain by itself. Behind a break nothing is compared.
    #[serde(flatten)]
    pub check: AuditCheck,
    /// The tables beside it.
    pub tables: Findings,
}

/// Selects the entries to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Only of one subject, such as `move:12`.
    pub subject: Option<String>,
    /// Only of one event, or of all that begin with it and a dot: `execution` or `execution.sent`.
    pub event: Option<String>,
    /// Only by one actor, or by all that begin with it and a colon: `rule` or `rule:replied-before`.
    pub actor: Option<String>,
    /// Only from this instant on.
    pub since: Option<Timestamp>,
    /// Maximum number of entries.
    pub limit: usize,
}

/// Adds an entry at the end of the trail, with the state of what this transaction changed.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn append(
    tx: &WriteTx<'_>,
    at: Timestamp,
    actor: &str,
    event: &str,
    subject: &str,
    detail: &Value,
) -> Result<()> {
    tx.see(at);
    let what = (actor, event, subject);
    Ok(watch::append(tx.sql(), at.as_millisecond(), what, detail)?)
}

/// Calls `each` with the entries from an instant on, in their order, until it refuses one. Linear in their number.
///
/// # Errors
/// Fails if the database cannot be read, or the error of `each`.
pub fn each<E: From<super::StoreError>>(
    tx: &ReadTx<'_>,
    since: Option<Timestamp>,
    mut each: impl FnMut(&Link<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let wrong = |e: rusqlite::Error| E::from(e.into());
    let mut statement = tx
        .sql()
        .prepare(
            "SELECT seq, at, actor, event, subject, detail, previous, hash FROM audit
             WHERE ?1 IS NULL OR seq >= (SELECT min(seq) FROM audit WHERE at >= ?1) ORDER BY seq",
        )
        .map_err(wrong)?;
    let mut rows = statement
        .query([since.map(Timestamp::as_millisecond)])
        .map_err(wrong)?;
    while let Some(row) = rows.next().map_err(wrong)? {
        // Bytes that are not text were put there by somebody; as an empty text they break the chain here.
        let text = |i| {
            row.get_ref(i)
                .ok()
                .and_then(|v| v.as_str().ok())
                .unwrap_or("")
        };
        let bytes = |i| {
            row.get_ref(i)
                .ok()
                .and_then(|v| v.as_blob().ok())
                .unwrap_or(&[])
        };
        each(&Link {
            seq: row.get(0).map_err(wrong)?,
            at: row.get(1).map_err(wrong)?,
            actor: text(2),
            event: text(3),
            subject: text(4),
            detail: text(5),
            previous: bytes(6),
            hash: bytes(7),
        })?;
    }
    Ok(())
}

/// An early end of a walk over the trail.
enum Stop {
    Broken(Broken),
    Store(super::StoreError),
}

impl From<super::StoreError> for Stop {
    fn from(error: super::StoreError) -> Self {
        Self::Store(error)
    }
}

/// Checks the whole chain. Linear in its length.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn verify(tx: &ReadTx<'_>) -> Result<AuditCheck> {
    verify_and(tx, &mut |_| {})
}

/// Checks the whole chain and holds the tables against it. Linear in the number of entries and rows.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn verify_deep(tx: &ReadTx<'_>, hash: HashOf<'_>) -> Result<DeepCheck> {
    let mut trail = Trail::default();
    let check = verify_and(tx, &mut |link| trail.hear(link))?;
    // What the entries behind a break tell is as good as nothing.
    let mut tables = Findings::default();
    if check.intact || check.may_be_accepted {
        watch::compare(tx.sql(), &mut trail, hash, &mut tables)?;
        trail.end(&mut tables);
    }
    if super::control::meta(tx, PRUNE_TO)?.is_some() {
        tables.add(Finding {
            about: "audit".into(),
            entry: None,
            fault: format!("`{PRUNE_TO}` in the table `meta` was set, and not by the program."),
            help: "It lets nobody delete an entry any more; somebody tried to.".into(),
        });
    }
    Ok(DeepCheck { check, tables })
}

fn verify_and(tx: &ReadTx<'_>, hear: &mut dyn FnMut(&Link<'_>)) -> Result<AuditCheck> {
    let mut walk = Walk::default();
    let walked = each(tx, None, |link| {
        walk.step(link).map_err(Stop::Broken)?;
        hear(link);
        Ok(())
    });
    let (broken, may_be_accepted) = match walked {
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Broken(broken)) => (Some(broken), false),
        Ok(()) => match walk.end().err() {
            Some(broken) => (Some(broken), false),
            None => {
                let broken = match walk.noted() {
                    Some(noted) => Some(noted),
                    None => head_fault(tx, &walk)?,
                };
                let is_any = broken.is_some();
                (broken, is_any)
            }
        },
    };
    Ok(AuditCheck {
        may_be_accepted,
        ..AuditCheck::of(&walk, broken)
    })
}

/// Returns the state that the trail last noted of an execution, by the entries about it alone; none if they carry none.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn noted_state(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Noted> {
    let found: Option<Option<String>> = tx
        .sql()
        .prepare_cached(
            "SELECT (SELECT detail ->> '$.state' FROM audit a WHERE a.subject = ?1 AND CASE WHEN json_valid(a.detail) THEN a.detail ->> '$.state' END IS NOT NULL
                ORDER BY a.seq DESC LIMIT 1)
             FROM audit WHERE subject = ?1 LIMIT 1",
        )?
        .query_row([format!("execution:{id}")], |row| row.get(0))
        .optional()?;
    Ok(match found {
        None => Noted::Never,
        Some(state) => state
            .and_then(|text| serde_json::from_str(&text).ok())
            .map_or(Noted::WithoutState, Noted::As),
    })
}

/// The last word of the trail about an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// No entry is about it.
    Never,
    /// Entries are about it, of a version that noted no states.
    WithoutState,
    /// The state in which the last entry left it.
    As(ExecutionState),
}

/// Returns the number and the instant of the first entry.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn first(tx: &ReadTx<'_>) -> Result<Option<(i64, Timestamp)>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT seq, at FROM audit ORDER BY seq LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, instant(row.get(1)?))))
        .optional()?)
}

/// Compares the end of the chain with the head remembered in `meta`.
fn head_fault(tx: &ReadTx<'_>, walk: &Walk) -> Result<Option<Broken>> {
    let head = super::control::meta(tx, HEAD)?;
    let last = walk.last().map(|(seq, own)| (seq, hex(&own)));
    if last.is_none() && head.is_none() {
        // Numbers that were given out are remembered even where their rows went with the trail.
        let given: i64 = tx.sql().query_row(
            "SELECT (SELECT count(*) FROM execution) + coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name IN ('execution', 'undo')), 0)",
            [],
            |row| row.get(0),
        )?;
        return Ok((given > 0).then(whole_trail_removed));
    }
    Ok(end_fault(
        last.as_ref().map(|(seq, hash)| (*seq, hash.as_str())),
        head.as_deref().and_then(remembered),
    ))
}

/// Cuts off the entries older than an instant, if there are any, and adds an entry about the cut. Returns it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn prune(tx: &WriteTx<'_>, before: Timestamp, now: Timestamp) -> Result<Option<Cut>> {
    // A prefix by number: an entry that is old but stands behind a younger one stays.
    let kept: Option<i64> = tx
        .sql()
        .prepare_cached("SELECT min(seq) FROM audit WHERE at >= ?1")?
        .query_row([before.as_millisecond()], |row| row.get(0))?;
    let through: Option<i64> = match kept {
        Some(kept) => Some(kept - 1),
        None => tx
            .sql()
            .prepare_cached("SELECT max(seq) FROM audit")?
            .query_row([], |row| row.get(0))?,
    };
    // A break that nobody has accepted stays a finding, however old it gets.
    let open: Option<i64> = tx
        .sql()
        .prepare_cached(
            "SELECT min(seq) FROM audit WHERE event = ?1 AND seq > coalesce((SELECT max(seq) FROM audit WHERE event = ?2), 0)",
        )?
        .query_row([BROKEN, ACCEPTED], |row| row.get(0))?;
    let through = match (through, open) {
        (Some(through), Some(open)) => Some(through.min(open - 1)),
        (through, _) => through,
    };
    let Some(through) = through else {
        return Ok(None);
    };
    let last: Option<(Vec<u8>, i64)> = tx
        .sql()
        .prepare_cached("SELECT hash, at FROM audit WHERE seq = ?1")?
        .query_row([through], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((hash, until)) = last else {
        return Ok(None);
    };
    let count: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM audit WHERE seq <= ?1")?
        .query_row([through], |row| row.get(0))?;
    let cut = Cut {
        through,
        count,
        hash: hex(&hash),
        until: instant(until),
    };
    let detail =
        serde_json::to_value(&cut).map_err(|e| super::StoreError::Invalid(e.to_string()))?;
    append(tx, now, "engine", PRUNED, "audit", &detail)?;
    tx.sql()
        .prepare_cached("DELETE FROM audit WHERE seq <= ?1")?
        .execute([through])?;
    Ok(Some(cut))
}

/// Returns the number of entries, from the first to the last.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn length(tx: &ReadTx<'_>) -> Result<i64> {
    Ok(tx.sql().query_row(
        "SELECT coalesce((SELECT max(seq) FROM audit) - (SELECT min(seq) FROM audit) + 1, 0)",
        [],
        |row| row.get(0),
    )?)
}

/// Returns the newest entries, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(tx: &ReadTx<'_>, filter: &AuditFilter) -> Result<Vec<AuditEntry>> {
    let sql = format!(
        "SELECT {ENTRY} FROM audit
         WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR event = ?2 OR substr(event, 1, length(?2) + 1) = ?2 || '.')
           AND (?3 IS NULL OR actor = ?3 OR substr(actor, 1, length(?3) + 1) = ?3 || ':') AND (?4 IS NULL OR at >= ?4)
         ORDER BY seq DESC LIMIT ?5"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let rows = statement.query_map(
        (
            filter.subject.as_deref(),
            filter.event.as_deref(),
            filter.actor.as_deref(),
            filter.since.map(Timestamp::as_millisecond),
            i64::try_from(filter.limit).unwrap_or(i64::MAX),
        ),
        entry,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

const ENTRY: &str = "seq, at, actor, event, subject, detail, previous, hash";

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditEntry> {
    let detail: String = row.get(5)?;
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: instant(row.get(1)?),
        actor: row.get(2)?,
        event: row.get(3)?,
        subject: row.get(4)?,
        detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
    })
}

/// Returns an entry with the hash before it and its own, in hexadecimal digits.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, seq: i64) -> Result<Option<(AuditEntry, String, String)>> {
    let sql = format!("SELECT {ENTRY} FROM audit WHERE seq = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([seq], |row| {
            let (previous, hash): (Vec<u8>, Vec<u8>) = (row.get(6)?, row.get(7)?);
            Ok((entry(row)?, hex(&previous), hex(&hash)))
        })
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, Store, StoreError};
    use serde_json::json;

    fn filled() -> (tempfile::TempDir, Store) {
        let (directory, store) = store();
        store
            .write(Durability::Full, |tx| {
                for i in 0..5 {
                    append(
                        tx,
                        Timestamp::UNIX_EPOCH,
                        "operator",
                        "test",
                        &format!("move:{i}"),
                        &json!({"i": i}),
                    )?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        (directory, store)
    }

    fn tamper(store: &Store, sql: &'static str) -> AuditCheck {
        let path = store.directory().join(crate::store::FILE_NAME);
        let connection = rusqlite::Connection::open(path).unwrap();
        connection
            .execute_batch("DROP TRIGGER audit_is_append_only_update; DROP TRIGGER audit_is_append_only_delete; DROP TRIGGER audit_is_append_only_insert;")
            .unwrap();
        connection.execute_batch(sql).unwrap();
        store.read(verify).unwrap()
    }

    #[test]
    fn an_entry_that_stands_is_not_written_again_in_any_way() {
        let (_directory, store) = filled();
        let path = store.directory().join(crate::store::FILE_NAME);
        let connection = rusqlite::Connection::open(path).unwrap();
        let copy = "SELECT seq, at, 'somebody', event, subject, detail, previous, hash FROM audit WHERE seq = 2";
        let columns = "(seq, at, actor, event, subject, detail, previous, hash)";
        for sql in [
            format!("INSERT OR REPLACE INTO audit {columns} {copy}"),
            format!("REPLACE INTO audit {columns} {copy}"),
            format!("INSERT OR IGNORE INTO audit {columns} {copy}"),
            "UPDATE OR REPLACE audit SET actor = 'somebody' WHERE seq = 2".to_owned(),
            "DELETE FROM audit WHERE seq = 2".to_owned(),
        ] {
            let refused = connection.execute_batch(&sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
        assert!(store.read(verify).unwrap().intact);
    }

    #[test]
    fn an_untouched_chain_holds() {
        let (_directory, store) = filled();
        let check = store.read(verify).unwrap();
        assert!(check.intact && check.entries == 5, "{check:?}");
    }

    #[test]
    fn every_kind_of_tampering_is_found_and_named() {
        let check = |sql, at| {
            let (_directory, store) = filled();
            let found = tamper(&store, sql);
            assert_eq!(
                (found.intact, found.broken_at),
                (false, Some(at)),
                "{sql}: {found:?}"
            );
        };
        check("UPDATE audit SET detail = '{\"i\":9}' WHERE seq = 3", 3);
        check("UPDATE audit SET at = 1 WHERE seq = 1", 1);
        check("DELETE FROM audit WHERE seq = 2", 2);
        check("DELETE FROM audit WHERE seq = 5", 5);
        check("DELETE FROM audit", 1);
        check(
            "UPDATE audit SET seq = -1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = -1",
            2,
        );
        check("UPDATE meta SET value = '4:00' WHERE key = 'audit_head'", 5);
        check("DELETE FROM meta WHERE key = 'audit_head'", 5);
        check("DELETE FROM audit WHERE seq < 3", 2);
        check(
            "INSERT INTO meta VALUES ('audit_prune_to', '2'); DELETE FROM audit WHERE seq < 3",
            2,
        );
    }

    #[test]
    fn what_is_old_is_cut_off_and_the_chain_holds() {
        let (_directory, store) = filled();
        let day = |n: i64| Timestamp::from_second(n * 86_400).unwrap();
        for n in 1..4 {
            store
                .write(Durability::Full, move |tx| {
                    append(tx, day(n), "operator", "test", "move:9", &json!({}))
                })
                .unwrap();
        }
        let prune_to = |before: i64| {
            store
                .write(Durability::Full, move |tx| prune(tx, day(before), day(10)))
                .unwrap()
        };
        let cut = prune_to(2).unwrap();
        assert_eq!((cut.through, cut.count, cut.until), (6, 6, day(1)));
        let check = store.read(verify).unwrap();
        assert!(check.intact, "{check:?}");
        assert_eq!((check.first, check.last, check.entries), (7, 9, 3));
        // A second cut takes the first one's record along, and leaves its own.
        assert_eq!(prune_to(9).unwrap().through, 8);
        assert_eq!(store.read(verify).unwrap().first, 9);
        assert_eq!(prune_to(9), None);
        assert_eq!(prune_to(11).unwrap().through, 10);
        let check = store.read(verify).unwrap();
        assert!(
            check.intact && check.first == 11 && check.entries == 1,
            "{check:?}"
        );
        let refused: Result<()> = store.write(Durability::Normal, |tx| {
            Ok(tx.sql().execute("DELETE FROM audit", []).map(drop)?)
        });
        assert!(refused.unwrap_err().to_string().contains("append-only"));
        assert!(!tamper(&store, "DELETE FROM audit WHERE seq = 11").intact);
    }

    #[test]
    fn the_trail_refuses_edits() {
        let (_directory, store) = filled();
        let refused: Result<()> = store.write(Durability::Normal, |tx| {
            tx.sql()
                .execute("UPDATE audit SET actor = 'x' WHERE seq = 1", [])?;
            Ok(())
        });
        assert!(refused.unwrap_err().to_string().contains("append-only"));
    }
}
