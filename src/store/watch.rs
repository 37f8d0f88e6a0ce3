//! Watches which executions and suppressions a transaction changes, so that its entries in the audit trail carry the state they are left in.
//!
//! Triggers of the writer's own connection note the changes, whichever statement makes them; another program with the file open has none. An
//! entry about an execution carries its state, any other the suppressions that were set or lifted before it. What no entry told of by the
//! end of the transaction gets one of its own. Entries are written here alone.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use serde_json::{Map, Value, json};

use crate::domain::audit::{BROKEN, Broken, Link, end_fault, hex};
use crate::domain::effect::EffectKind;
use crate::domain::email::Named;
use crate::domain::signal::canonical_json;
use crate::domain::suppression::SuppressionKind;
use crate::domain::trail::{
    ExecutionState, Findings, HoldState, SuppressionName, Trail, execution_of, route,
};

/// The name under which the last entry is remembered.
pub(super) const HEAD: &str = "audit_head";

/// The event of a change that nothing else told of.
const NOTED: &str = "execution.noted";
const SUPPRESSIONS_NOTED: &str = "suppression.noted";
/// The event of taking stock of all there is.
const STOCK: &str = "audit.stock_taken";
/// Number of records in one entry: entries must stay short enough to be read.
const PER_ENTRY: u32 = 200;

/// Begins to note the changes of a connection.
pub(super) fn begin(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS touched_execution (id INTEGER PRIMARY KEY);
         CREATE TEMP TABLE IF NOT EXISTS touched_suppression (key TEXT NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (key, cause)) WITHOUT ROWID;
         CREATE TEMP TABLE IF NOT EXISTS touched_hold (id INTEGER PRIMARY KEY);
         CREATE TEMP TRIGGER IF NOT EXISTS hold_is_new AFTER INSERT ON main.hold BEGIN
             INSERT OR IGNORE INTO touched_hold VALUES (new.id);
         END;
         CREATE TEMP TRIGGER IF NOT EXISTS hold_is_changed AFTER UPDATE ON main.hold BEGIN
             INSERT OR IGNORE INTO touched_hold VALUES (new.id);
         END;
         CREATE TEMP TRIGGER IF NOT EXISTS execution_is_new AFTER INSERT ON main.execution BEGIN
             INSERT OR IGNORE INTO touched_execution VALUES (new.id);
         END;
         CREATE TEMP TRIGGER IF NOT EXISTS execution_is_changed
         AFTER UPDATE OF status, ended, mode, content_hash, approved_by, approval_expires_at, to_key, contact_id, transport, send_class
         ON main.execution BEGIN
             INSERT OR IGNORE INTO touched_execution VALUES (new.id);
         END;
         CREATE TEMP TRIGGER IF NOT EXISTS suppression_is_new AFTER INSERT ON main.suppression BEGIN
             INSERT OR IGNORE INTO touched_suppression VALUES (new.key, new.cause);
         END;
         CREATE TEMP TRIGGER IF NOT EXISTS suppression_is_gone AFTER DELETE ON main.suppression BEGIN
             INSERT OR IGNORE INTO touched_suppression VALUES (old.key, old.cause);
         END;",
    )
}

const STATE: &str = "status, ended, mode, lower(hex(content_hash)), approved_by, approval_expires_at, to_key, contact_id, transport, send_class";
/// Number of the columns of [`STATE`].
const STATE_COLUMNS: usize = 10;

/// Reads the columns of [`STATE`], which begin at `from`.
fn state(row: &Row<'_>, from: usize) -> Result<ExecutionState> {
    Ok(ExecutionState {
        status: row.get(from)?,
        ended: row.get(from + 1)?,
        mode: row.get(from + 2)?,
        content: row.get(from + 3)?,
        by: row.get(from + 4)?,
        until_ms: row.get(from + 5)?,
        route: Some(route(
            &row.get::<_, String>(from + 6)?,
            row.get(from + 7)?,
            &row.get::<_, String>(from + 8)?,
            &row.get::<_, String>(from + 9)?,
        )),
    })
}

fn state_of(connection: &Connection, id: i64) -> Result<Option<ExecutionState>> {
    let sql = format!("SELECT {STATE} FROM execution WHERE id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| state(row, 0)).transpose()
}

/// Adds an entry of who, what and about what at the end of the trail, with the state of what was changed before it. Its instant is in
/// milliseconds.
pub(super) fn append(
    connection: &Connection,
    at: i64,
    (actor, event, subject): (&str, &str, &str),
    detail: &Value,
) -> Result<()> {
    let detail = completed(connection, event, subject, detail)?;
    append_as_it_is(connection, at, (actor, event, subject), &detail)
}

fn append_as_it_is(
    connection: &Connection,
    at: i64,
    (actor, event, subject): (&str, &str, &str),
    detail: &Value,
) -> Result<()> {
    let last: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    // A trail that ends otherwise than it was left must not be healed by the next entry: that it was found so becomes an entry itself.
    if event != BROKEN
        && let Some(found) = fault_at_end(connection, last.as_ref())?
    {
        append_as_it_is(connection, at, ("engine", BROKEN, "audit"), &json!(found))?;
        return append_as_it_is(connection, at, (actor, event, subject), detail);
    }
    let (last_seq, previous) = last.unwrap_or_default();
    let seq = last_seq.checked_add(1).ok_or_else(numbers_used_up)?;
    let detail = canonical_json(detail);
    let link = Link {
        seq,
        at,
        actor,
        event,
        subject,
        detail: &detail,
        previous: &previous,
        hash: &[],
    };
    let hash = link.hash_as(seq);
    connection
        .prepare_cached(
            "INSERT INTO audit (seq, at, actor, event, subject, detail, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((seq, at, actor, event, subject, &detail, &previous, hash))?;
    connection
        .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
        .execute((HEAD, format!("{seq}:{}", hex(&hash))))?;
    Ok(())
}

fn numbers_used_up() -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(
        "the audit trail has an entry with the highest number there is, which the program never wrote; put back a backup".into(),
    )
}

/// Compares the last entry with what is remembered of it, before another one follows it.
fn fault_at_end(connection: &Connection, last: Option<&(i64, Vec<u8>)>) -> Result<Option<Broken>> {
    let head: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([HEAD], |row| row.get(0))
        .optional()?;
    if last.is_none() && head.is_none() && is_known_to_have_been(connection)? {
        return Ok(Some(whole_trail_removed()));
    }
    let own = last.map(|(seq, hash)| (*seq, hex(hash)));
    Ok(end_fault(
        own.as_ref().map(|(seq, hash)| (*seq, hash.as_str())),
        head.as_deref().and_then(remembered),
    ))
}

/// Reads the number and the hash that are remembered of the last entry.
pub(super) fn remembered(text: &str) -> Option<(i64, &str)> {
    let (seq, hash) = text.split_once(':')?;
    Some((seq.parse().ok()?, hash))
}

/// Returns the break of a trail that went with all that was remembered of it.
pub(super) fn whole_trail_removed() -> Broken {
    Broken {
        at: 1,
        reason: "the whole trail was removed: something was approved or changed, and no entry tells of it".into(),
    }
}

/// Tells whether an execution was made by an earlier transaction, so that a trail must have been there.
fn is_known_to_have_been(connection: &Connection) -> Result<bool> {
    let is_watched: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM temp.sqlite_master WHERE name = 'touched_execution')",
        [],
        |row| row.get(0),
    )?;
    // What only stock is taken of was there before there was a trail.
    if !is_watched {
        return Ok(false);
    }
    connection.query_row(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'execution'), 0) > (SELECT count(*) FROM touched_execution)",
        [],
        |row| row.get(0),
    )
}

/// Returns the particulars of an entry that is about to be written, with the state of what it is about.
fn completed(connection: &Connection, event: &str, subject: &str, detail: &Value) -> Result<Value> {
    let Value::Object(map) = detail else {
        return Ok(detail.clone());
    };
    let mut map = map.clone();
    match execution_of(subject) {
        Some(id) => {
            if let Some(state) = state_of(connection, id)? {
                map.insert("state".into(), json!(state));
                connection
                    .prepare_cached("DELETE FROM touched_execution WHERE id = ?1")?
                    .execute([id])?;
            }
        }
        // The end of an execution may stand between the setting of a suppression and the entry about it.
        None if event.starts_with("execution.") => {}
        None => {
            for (key, names) in take_suppressions(connection)? {
                map.insert(key.into(), json!(names));
            }
            let holds = take_holds(connection)?;
            if !holds.is_empty() {
                map.insert("hold_states".into(), json!(holds));
            }
        }
    }
    Ok(Value::Object(map))
}

/// Takes up to [`PER_ENTRY`] of the suppressions that were changed: those that stand now and those that do not.
fn take_suppressions(connection: &Connection) -> Result<Vec<(&'static str, Vec<SuppressionName>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.key, t.cause, EXISTS (SELECT 1 FROM suppression s WHERE s.key = t.key AND s.cause = t.cause)
         FROM touched_suppression t ORDER BY t.key, t.cause LIMIT ?1",
    )?;
    let (mut set, mut lifted) = (Vec::new(), Vec::new());
    let mut rows = statement.query([PER_ENTRY])?;
    while let Some(row) = rows.next()? {
        let name = SuppressionName {
            key: row.get(0)?,
            cause: row.get(1)?,
        };
        if row.get(2)? {
            set.push(name);
        } else {
            lifted.push(name);
        }
    }
    drop(rows);
    let mut taken = connection
        .prepare_cached("DELETE FROM touched_suppression WHERE key = ?1 AND cause = ?2")?;
    for name in set.iter().chain(&lifted) {
        taken.execute((&name.key, &name.cause))?;
    }
    let all = [("suppressed", set), ("lifted", lifted)];
    Ok(all
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .collect())
}

const HOLD: &str = "id, kind, since, until, ended_at";

fn hold(row: &Row<'_>) -> Result<HoldState> {
    Ok(HoldState {
        id: row.get(0)?,
        kind: row.get(1)?,
        since_ms: row.get(2)?,
        until_ms: row.get(3)?,
        ended_ms: row.get(4)?,
    })
}

/// Takes the holds that were changed. There is one of each kind at a time.
fn take_holds(connection: &Connection) -> Result<Vec<HoldState>> {
    let sql =
        format!("SELECT {HOLD} FROM hold WHERE id IN (SELECT id FROM touched_hold) ORDER BY id");
    let all = connection
        .prepare_cached(&sql)?
        .query_map([], hold)?
        .collect::<Result<_>>()?;
    connection
        .prepare_cached("DELETE FROM touched_hold")?
        .execute([])?;
    Ok(all)
}

/// Writes the entries about what no entry of the transaction told of. `at` is its instant, where it is known.
pub(super) fn finish(connection: &Connection, at: Option<i64>) -> Result<()> {
    let ids: Vec<i64> = connection
        .prepare_cached("SELECT id FROM touched_execution ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for id in ids {
        // A claim has no entry: it is the beginning of what the next one tells.
        if state_of(connection, id)?.is_some_and(|state| state.status != "sending") {
            let at = at.map_or_else(|| settled_at(connection, id), Ok)?;
            let about = format!("execution:{id}");
            append(connection, at, ("engine", NOTED, &about), &json!({}))?;
        }
    }
    connection
        .prepare_cached("DELETE FROM touched_execution")?
        .execute([])?;
    let is_left = || -> Result<bool> {
        connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM touched_suppression) OR EXISTS (SELECT 1 FROM touched_hold)",
            )?
            .query_row([], |row| row.get(0))
    };
    while is_left()? {
        let at = at.map_or_else(|| suppressed_at(connection), Ok)?;
        append(
            connection,
            at,
            ("engine", SUPPRESSIONS_NOTED, "suppression"),
            &json!({}),
        )?;
    }
    Ok(())
}

fn settled_at(connection: &Connection, id: i64) -> Result<i64> {
    connection
        .prepare_cached(
            "SELECT coalesce(settled_at, claimed_at, approved_at) FROM execution WHERE id = ?1",
        )?
        .query_row([id], |row| row.get(0))
}

/// Returns the instant of the newest suppression that was changed, or of the last entry where all of them are gone.
fn suppressed_at(connection: &Connection) -> Result<i64> {
    connection
        .prepare_cached(
            "SELECT coalesce((SELECT max(s.created_at) FROM suppression s JOIN touched_suppression t USING (key, cause)),
                             (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 0)",
        )?
        .query_row([], |row| row.get(0))
}

/// The hash that consent to a content of a kind is bound to.
pub type HashOf<'a> = &'a dyn Fn(EffectKind, &str) -> [u8; 32];

/// Holds every execution and suppression against the trail.
pub(super) fn compare(
    connection: &Connection,
    trail: &mut Trail,
    hash: HashOf<'_>,
    found: &mut Findings,
) -> Result<()> {
    let sql = format!("SELECT id, approved_at, {STATE}, kind, content FROM execution ORDER BY id");
    let mut executions = connection.prepare(&sql)?;
    let mut rows = executions.query([])?;
    while let Some(row) = rows.next()? {
        let (id, state) = (row.get(0)?, state(row, 2)?);
        let kind: String = row.get(2 + STATE_COLUMNS)?;
        let content: String = row.get(3 + STATE_COLUMNS)?;
        let is_whole = kind
            .parse::<EffectKind>()
            .is_ok_and(|kind| hex(&hash(kind, &content)) == state.content);
        trail.execution(id, (&state, is_whole), row.get(1)?, found);
    }
    let mut suppressions = connection
        .prepare("SELECT key, cause, created_at, kind FROM suppression ORDER BY key, cause")?;
    let mut rows = suppressions.query([])?;
    while let Some(row) = rows.next()? {
        let name = SuppressionName {
            key: row.get(0)?,
            cause: row.get(1)?,
        };
        if row.get::<_, String>(3)? != SuppressionKind::of(&Named::again(&name.key)).as_str() {
            Trail::other_reach(&name.key, found);
        }
        trail.suppression(name, row.get(2)?, found);
    }
    let sql = format!("SELECT {HOLD} FROM hold ORDER BY id");
    let mut holds = connection.prepare(&sql)?;
    let mut rows = holds.query([])?;
    while let Some(row) = rows.next()? {
        trail.hold(&hold(row)?, found);
    }
    Ok(())
}

/// Notes the state of everything there is, in a file whose entries carried none yet.
pub(super) fn take_stock(connection: &Connection) -> Result<()> {
    let (last, executions): (Option<i64>, i64) = connection.query_row(
        "SELECT (SELECT at FROM audit ORDER BY seq DESC LIMIT 1), (SELECT count(*) FROM execution)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // A trail that was removed whole must go on to be missed.
    if last.is_none() && executions > 0 {
        return Ok(());
    }
    let at = last.unwrap_or_default();
    let sql = format!("SELECT id, {STATE} FROM execution ORDER BY id");
    let mut statement = connection.prepare(&sql)?;
    let all: Vec<(i64, ExecutionState)> = statement
        .query_map([], |row| Ok((row.get(0)?, state(row, 1)?)))?
        .collect::<Result<_>>()?;
    // What may still leave is asked for by its own entries when it does.
    let (open, ended): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, state)| {
        matches!(
            state.status.as_str(),
            "queued" | "sending" | "uncertain" | "drafted"
        )
    });
    for (id, state) in open {
        let about = format!("execution:{id}");
        append_as_it_is(
            connection,
            at,
            ("engine", NOTED, &about),
            &json!({"state": state}),
        )?;
    }
    for some in ended.chunks(PER_ENTRY as usize) {
        let mut states = Map::new();
        for (id, state) in some {
            states.insert(id.to_string(), json!(state));
        }
        append_as_it_is(
            connection,
            at,
            ("engine", STOCK, "tables"),
            &json!({"states": states}),
        )?;
    }
    let mut statement =
        connection.prepare("SELECT key, cause FROM suppression ORDER BY key, cause")?;
    let names: Vec<SuppressionName> = statement
        .query_map([], |row| {
            Ok(SuppressionName {
                key: row.get(0)?,
                cause: row.get(1)?,
            })
        })?
        .collect::<Result<_>>()?;
    for some in names.chunks(PER_ENTRY as usize) {
        append_as_it_is(
            connection,
            at,
            ("engine", STOCK, "tables"),
            &json!({"suppressed": some}),
        )?;
    }
    Ok(())
}
