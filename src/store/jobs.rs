//! The standing of jobs: the next run, failures in a row, the last error, and a cursor of their own.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, StoreError, WriteTx, instant};
use crate::domain::job::{JobState, Standing};

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobRow {
    /// Its turn and its failures.
    pub standing: Standing,
    /// Why the last run failed; empty if it did not.
    pub error: String,
    /// Its place in its own work, in its own words.
    pub cursor: String,
    /// Its last good run.
    pub last_ok_at: Option<Timestamp>,
}

/// Returns a job's row; that of one which never ran, if there is none.
///
/// # Errors
/// If the database cannot be read.
pub fn load(tx: &ReadTx<'_>, name: &str) -> Result<JobRow> {
    let row = tx
        .sql()
        .prepare_cached(
            "SELECT state, due_at, tries, error, cursor, last_run_at, last_ok_at FROM job WHERE name = ?1",
        )?
        .query_row([name], |row| {
            let state: String = row.get(0)?;
            let at = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(instant));
            let failures: i64 = row.get(2)?;
            let job = JobRow {
                standing: Standing {
                    state: JobState::Waiting,
                    due_at: at(1)?,
                    failures: u64::try_from(failures).unwrap_or(0),
                    last_run_at: at(5)?,
                },
                error: row.get(3)?,
                cursor: row.get(4)?,
                last_ok_at: at(6)?,
            };
            Ok((state, job))
        })
        .optional()?;
    let Some((state, mut job)) = row else {
        return Ok(JobRow::default());
    };
    job.standing.state = state
        .parse()
        .map_err(|e| StoreError::Invalid(format!("job {name}: {e}")))?;
    Ok(job)
}

/// Records the end of a run; an empty error is a good one.
///
/// # Errors
/// If SQLite refuses.
pub fn finish(
    tx: &WriteTx<'_>,
    name: &str,
    standing: &Standing,
    error: &str,
    now: Timestamp,
) -> Result<()> {
    let failures = i64::try_from(standing.failures).unwrap_or(i64::MAX);
    tx.sql()
        .prepare_cached(
            "INSERT INTO job (name, state, due_at, tries, error, last_run_at, last_ok_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?5 = '' THEN ?6 END)
             ON CONFLICT (name) DO UPDATE SET state = excluded.state, due_at = excluded.due_at, tries = excluded.tries,
                 error = excluded.error, last_run_at = excluded.last_run_at, last_ok_at = coalesce(excluded.last_ok_at, last_ok_at)",
        )?
        .execute((
            name,
            standing.state.as_str(),
            standing.due_at.map(Timestamp::as_millisecond),
            failures,
            error,
            now.as_millisecond(),
        ))?;
    Ok(())
}

/// Keeps a job's cursor; in one transaction with the work up to there.
///
/// # Errors
/// If SQLite refuses.
pub fn set_cursor(tx: &WriteTx<'_>, name: &str, cursor: &str) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO job (name, cursor) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor",
        )?
        .execute((name, cursor))?;
    Ok(())
}

/// Makes a job that failed due at the next pass, its failures forgotten. Tells whether there was one.
///
/// # Errors
/// If SQLite refuses.
pub fn revive(tx: &WriteTx<'_>, name: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE job SET state = 'waiting', due_at = NULL, tries = 0 WHERE name = ?1 AND (state = 'dead' OR tries > 0)",
        )?
        .execute([name])?
        > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Durability;
    use crate::store::tests::store;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_job_keeps_its_last_good_run_its_error_and_its_cursor() {
        let (_directory, store) = store();
        let failed = Standing {
            state: JobState::Dead,
            due_at: Some(at(99)),
            failures: 4,
            last_run_at: Some(at(20)),
        };
        store
            .write(Durability::Normal, move |tx| {
                assert_eq!(load(tx, "audit")?, JobRow::default());
                let well = Standing {
                    last_run_at: Some(at(10)),
                    ..Standing::default()
                };
                finish(tx, "audit", &well, "", at(10))?;
                set_cursor(tx, "audit", "7")?;
                finish(tx, "audit", &failed, "the disk is full", at(20))?;
                assert_eq!(
                    load(tx, "audit")?,
                    JobRow {
                        standing: failed,
                        error: "the disk is full".into(),
                        cursor: "7".into(),
                        last_ok_at: Some(at(10)),
                    }
                );
                assert!(revive(tx, "audit")?);
                assert!(!revive(tx, "audit")?);
                let row = load(tx, "audit")?;
                assert_eq!(
                    (
                        row.standing.state,
                        row.standing.due_at,
                        row.standing.failures
                    ),
                    (JobState::Waiting, None, 0)
                );
                assert!(!revive(tx, "unknown")?);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
