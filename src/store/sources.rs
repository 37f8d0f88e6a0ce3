//! Cursors, counts and failures of each source.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use super::jobs::JobRow;
use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::job::Standing;

/// Counts of one run of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// Events looked at.
    pub seen: u64,
    /// Signals that were new.
    pub new: u64,
    /// Of these, about a known person.
    pub matched: u64,
    /// Events that made no signal, by reason.
    pub dropped: std::collections::BTreeMap<String, u64>,
}

impl SourceCounts {
    /// Counts an event that makes no signal.
    pub fn drop_one(&mut self, reason: &str) {
        *self.dropped.entry(reason.to_owned()).or_default() += 1;
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        self.new += other.new;
        self.matched += other.matched;
        for (reason, n) in &other.dropped {
            *self.dropped.entry(reason.clone()).or_default() += n;
        }
    }
}

/// State of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceState {
    /// Its name, such as `mail:work`.
    pub name: String,
    /// Instant of its last run.
    pub last_run_at: Option<Timestamp>,
    /// Instant of its last run without an error.
    pub last_clean_at: Option<Timestamp>,
    /// Error of the last run; empty if it succeeded.
    pub last_error: String,
    /// Failed runs since the last clean one.
    pub failures: u64,
    /// Events looked at, ever.
    pub seen: u64,
    /// Signals that were new, ever.
    pub new: u64,
    /// Of these, about a known person.
    pub matched: u64,
    /// Events that made no signal.
    pub dropped: u64,
    /// Reasons for dropping them, with counts.
    pub drop_reasons: Vec<(String, u64)>,
    /// The cursor, in the source's own words.
    pub cursor: String,
    /// Instant before which it is left alone, unless asked for by name.
    pub next_try_at: Option<Timestamp>,
}

impl SourceState {
    /// Returns the state of a source that was never asked.
    #[must_use]
    pub fn never(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            last_run_at: None,
            last_clean_at: None,
            last_error: String::new(),
            failures: 0,
            seen: 0,
            new: 0,
            matched: 0,
            dropped: 0,
            drop_reasons: Vec::new(),
            cursor: String::new(),
            next_try_at: None,
        }
    }
}

/// One run of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRunRow {
    /// Start of the run.
    pub started_at: Timestamp,
    /// End of the run.
    pub ended_at: Timestamp,
    /// Events looked at.
    pub seen: u64,
    /// Signals that were new.
    pub new: u64,
    /// Of these, about a known person.
    pub matched: u64,
    /// Events that made no signal.
    pub dropped: u64,
    /// Error of the run; empty if it succeeded.
    pub error: String,
}

/// Runs that are kept of each source.
const KEPT_RUNS: u32 = 200;

/// Returns the end of a source's rest, and the number of its failures in a row.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn standing(tx: &ReadTx<'_>, name: &str) -> Result<(Option<Timestamp>, u64)> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT next_try_at, failures FROM source_state WHERE name = ?1")?
        .query_row([name], |row| {
            let failures: i64 = row.get(1)?;
            Ok((
                row.get::<_, Option<i64>>(0)?.map(instant),
                u64::try_from(failures).unwrap_or(0),
            ))
        })
        .optional()?
        .unwrap_or_default())
}

/// Returns the instant of a source's last run.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn last_run(tx: &ReadTx<'_>, name: &str) -> Result<Option<Timestamp>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT last_run_at FROM source_state WHERE name = ?1")?
        .query_row([name], |row| row.get::<_, Option<i64>>(0))
        .optional()?
        .flatten()
        .map(instant))
}

/// Returns the newest runs of a source, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn runs(tx: &ReadTx<'_>, name: &str, limit: u32) -> Result<Vec<SourceRunRow>> {
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    let mut statement = tx.sql().prepare_cached(
        "SELECT started_at, ended_at, seen, new, matched, dropped, error FROM source_run WHERE name = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = statement.query_map((name, limit), |row| {
        Ok(SourceRunRow {
            started_at: instant(row.get(0)?),
            ended_at: instant(row.get(1)?),
            seen: number(row.get(2)?),
            new: number(row.get(3)?),
            matched: number(row.get(4)?),
            dropped: number(row.get(5)?),
            error: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Adds a run's counts, in one transaction with the rows that they count.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn count(tx: &WriteTx<'_>, name: &str, counts: &SourceCounts) -> Result<()> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let dropped: u64 = counts.dropped.values().sum();
    tx.sql()
        .prepare_cached(
            "INSERT INTO source_state (name, seen, new, matched, dropped) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET seen = seen + excluded.seen, new = new + excluded.new,
                 matched = matched + excluded.matched, dropped = dropped + excluded.dropped",
        )?
        .execute((name, number(counts.seen), number(counts.new), number(counts.matched), number(dropped)))?;
    let mut statement = tx.sql().prepare_cached(
        "INSERT INTO source_drop (name, reason, n) VALUES (?1, ?2, ?3) ON CONFLICT (name, reason) DO UPDATE SET n = n + excluded.n",
    )?;
    for (reason, n) in &counts.dropped {
        statement.execute((name, reason, number(*n)))?;
    }
    Ok(())
}

/// Returns a source as it stands, in the terms of jobs; its due time is the end of its rest.
///
/// # Errors
/// If the database cannot be read.
pub fn as_job(tx: &ReadTx<'_>, name: &str) -> Result<JobRow> {
    let (due_at, failures) = standing(tx, name)?;
    let row = tx
        .sql()
        .prepare_cached(
            "SELECT last_run_at, last_clean_at, last_error, cursor FROM source_state WHERE name = ?1",
        )?
        .query_row([name], |row| {
            Ok(JobRow {
                standing: Standing {
                    due_at,
                    failures,
                    last_run_at: row.get::<_, Option<i64>>(0)?.map(instant),
                    ..Standing::default()
                },
                last_ok_at: row.get::<_, Option<i64>>(1)?.map(instant),
                error: row.get(2)?,
                cursor: row.get(3)?,
            })
        })
        .optional()?;
    Ok(row.unwrap_or_default())
}

/// Ends the rest of a source that failed. Tells whether it rested.
///
/// # Errors
/// If SQLite refuses.
pub fn wake(tx: &WriteTx<'_>, name: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE source_state SET next_try_at = NULL WHERE name = ?1 AND next_try_at IS NOT NULL",
        )?
        .execute([name])?
        > 0)
}

/// Records how a run ended; an empty error is a clean one. After a failure the source is left alone until `next_try`.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn finish(
    tx: &WriteTx<'_>,
    name: &str,
    run: &SourceRunRow,
    next_try: Option<Timestamp>,
) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO source_state (name, last_run_at, last_clean_at, last_error, failures, next_try_at)
             VALUES (?1, ?2, CASE WHEN ?3 = '' THEN ?2 END, ?3, ?3 <> '', ?4)
             ON CONFLICT (name) DO UPDATE SET last_run_at = excluded.last_run_at,
                 last_clean_at = coalesce(excluded.last_clean_at, last_clean_at), last_error = excluded.last_error,
                 failures = CASE WHEN excluded.last_error = '' THEN 0 ELSE failures + 1 END, next_try_at = excluded.next_try_at",
        )?
        .execute((name, run.ended_at.as_millisecond(), &run.error, next_try.map(Timestamp::as_millisecond)))?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    tx.sql()
        .prepare_cached(
            "INSERT INTO source_run (name, started_at, ended_at, seen, new, matched, dropped, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            name,
            run.started_at.as_millisecond(),
            run.ended_at.as_millisecond(),
            number(run.seen),
            number(run.new),
            number(run.matched),
            number(run.dropped),
            &run.error,
        ))?;
    tx.sql()
        .prepare_cached(
            "DELETE FROM source_run WHERE name = ?1 AND id <= (SELECT id FROM source_run WHERE name = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute((name, KEPT_RUNS))?;
    Ok(())
}

/// Returns a source's cursor, in its own words; empty if it was never read.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn cursor(tx: &ReadTx<'_>, name: &str) -> Result<String> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT cursor FROM source_state WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Stores a source's cursor, in one transaction with the rows up to it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_cursor(tx: &WriteTx<'_>, name: &str, cursor: &str) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO source_state (name, cursor) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor",
        )?
        .execute((name, cursor))?;
    Ok(())
}

/// Lists all sources by name.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list(tx: &ReadTx<'_>) -> Result<Vec<SourceState>> {
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    let mut statement = tx.sql().prepare_cached(
        "SELECT name, last_run_at, last_clean_at, last_error, failures, seen, new, matched, dropped, cursor, next_try_at FROM source_state ORDER BY name",
    )?;
    let mut states = statement
        .query_map([], |row| {
            Ok(SourceState {
                name: row.get(0)?,
                last_run_at: row.get::<_, Option<i64>>(1)?.map(instant),
                last_clean_at: row.get::<_, Option<i64>>(2)?.map(instant),
                last_error: row.get(3)?,
                failures: number(row.get(4)?),
                seen: number(row.get(5)?),
                new: number(row.get(6)?),
                matched: number(row.get(7)?),
                dropped: number(row.get(8)?),
                drop_reasons: Vec::new(),
                cursor: row.get(9)?,
                next_try_at: row.get::<_, Option<i64>>(10)?.map(instant),
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut reasons = tx.sql().prepare_cached(
        "SELECT reason, n FROM source_drop WHERE name = ?1 ORDER BY n DESC, reason",
    )?;
    for state in &mut states {
        state.drop_reasons = reasons
            .query_map([&state.name], |row| Ok((row.get(0)?, number(row.get(1)?))))?
            .collect::<rusqlite::Result<_>>()?;
    }
    Ok(states)
}

/// Returns the end of the last clean pass, and the failures of each source's last run.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn health(tx: &ReadTx<'_>) -> Result<(Option<Timestamp>, Vec<String>)> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT name, last_clean_at, last_error FROM source_state WHERE last_run_at IS NOT NULL",
    )?;
    let (mut synced, mut problems) = (None, Vec::new());
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let error: String = row.get(2)?;
        if !error.is_empty() {
            problems.push(format!("{}: {error}", row.get::<_, String>(0)?));
        }
        synced = synced.max(row.get::<_, Option<i64>>(1)?);
    }
    Ok((synced.map(instant), problems))
}

/// Tells whether a Maildir file was read before, and remembers it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn see_file(tx: &WriteTx<'_>, source: &str, unique_name: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "INSERT INTO maildir_seen (source, unique_name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute((source, unique_name))?
        > 0)
}

/// Tells whether a Maildir file was read before.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn has_seen_file(tx: &ReadTx<'_>, source: &str, unique_name: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM maildir_seen WHERE source = ?1 AND unique_name = ?2)",
        )?
        .query_row((source, unique_name), |row| row.get(0))?)
}
