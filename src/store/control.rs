//! State that all processes share: the kill switch, pauses, and the installation's own facts.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::flags::{self, StopFlag};
use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::guard::{KillSwitch, Pause};
use crate::domain::words::words;

words! {
    /// The kind of a hold on sending.
    pub enum HoldKind ("a hold") {
        /// The operator planned it.
        Pause = "pause",
        /// Too much came back or was reported as spam.
        Deliverability = "deliverability",
    }
}

/// A time at which nothing leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The row's id.
    pub id: i64,
    /// Reason for the hold.
    pub reason: String,
    /// Its start.
    pub since: Timestamp,
    /// The planned end of a pause.
    pub until: Option<Timestamp>,
}

/// Reads the kill switch: the flag beside the database, which needs no lock to be raised, then the row. Whatever is not plainly "running" counts
/// as stopped.
#[must_use]
pub fn kill_switch(tx: &ReadTx<'_>) -> KillSwitch {
    match flags::stop_flag(tx.home()) {
        StopFlag::Absent => kill_switch_row(tx),
        StopFlag::Raised { reason, since } => KillSwitch::Stopped { reason, since },
        StopFlag::Unreadable => KillSwitch::Unreadable,
    }
}

/// Reads the kill switch as the database alone has it.
#[must_use]
pub fn kill_switch_row(tx: &ReadTx<'_>) -> KillSwitch {
    let row: rusqlite::Result<(String, String, i64)> = tx
        .sql()
        .prepare_cached("SELECT value, reason, at FROM control WHERE key = 'kill_switch'")
        .and_then(|mut s| s.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))));
    match row {
        Ok((value, _, _)) if value == "running" => KillSwitch::Running,
        Ok((value, reason, at)) if value == "stopped" => KillSwitch::Stopped {
            reason,
            since: instant(at),
        },
        _ => KillSwitch::Unreadable,
    }
}

/// Sets the kill switch, the row and the flag beside it. The flag goes while the lock is held, and a row that is not committed says "stopped" yet.
///
/// # Errors
/// Fails if SQLite refuses, or if the flag cannot be removed: then everything stays stopped.
pub fn set_kill_switch(
    tx: &WriteTx<'_>,
    stopped: bool,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO control (key, value, reason, at) VALUES ('kill_switch', ?1, ?2, ?3)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, reason = excluded.reason, at = excluded.at",
        )?
        .execute((if stopped { "stopped" } else { "running" }, reason, now.as_millisecond()))?;
    if !tx.owns_orders() {
        return Ok(());
    }
    if !stopped {
        return flags::lower_stop(tx.home());
    }
    // The row stops everything by itself, so a flag that cannot be made leaves nothing running.
    if let Err(error) = flags::raise_stop(tx.home(), reason, now) {
        tracing::warn!(%error, "the stop flag could not be raised; the database says it");
    }
    Ok(())
}

/// Returns the standing hold of a kind; a pause past its end stands until it is ended, too.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn hold(tx: &ReadTx<'_>, kind: HoldKind) -> Result<Option<Hold>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT id, reason, since, until FROM hold WHERE kind = ?1 AND ended_at IS NULL",
        )?
        .query_row([kind.as_str()], |row| {
            Ok(Hold {
                id: row.get(0)?,
                reason: row.get(1)?,
                since: instant(row.get(2)?),
                until: row.get::<_, Option<i64>>(3)?.map(instant),
            })
        })
        .optional()?)
}

/// Returns the pause that is in force.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn pause(tx: &ReadTx<'_>, now: Timestamp) -> Result<Option<Pause>> {
    Ok(hold(tx, HoldKind::Pause)?.and_then(|hold| {
        let until = hold.until.filter(|until| *until > now)?;
        Some(Pause {
            since: hold.since,
            until,
            reason: hold.reason,
        })
    }))
}

/// Begins a hold in place of one of its kind; returns its id.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn begin_hold(
    tx: &WriteTx<'_>,
    kind: HoldKind,
    reason: &str,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<i64> {
    tx.sql()
        .prepare_cached("INSERT INTO hold (kind, reason, since, until) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            kind.as_str(),
            reason,
            since.as_millisecond(),
            until.map(Timestamp::as_millisecond),
        ))?;
    Ok(tx.sql().last_insert_rowid())
}

/// Moves the planned end of a pause.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_hold_end(tx: &WriteTx<'_>, id: i64, until: Timestamp, reason: &str) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE hold SET until = ?2, reason = ?3 WHERE id = ?1")?
        .execute((id, until.as_millisecond(), reason))?;
    Ok(())
}

/// Ends a hold.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn end_hold(tx: &WriteTx<'_>, id: i64, by: &str, at: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE hold SET ended_at = ?2, ended_by = ?3 WHERE id = ?1 AND ended_at IS NULL",
        )?
        .execute((id, at.as_millisecond(), by))?;
    Ok(())
}

/// Puts an ended hold back into force.
///
/// # Errors
/// Fails if SQLite refuses, as it does while another hold of the kind is in force.
pub fn restore_hold(tx: &WriteTx<'_>, id: i64) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE hold SET ended_at = NULL, ended_by = '' WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Returns the instant at which the operator last lifted a hold of a kind.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn last_lifted(tx: &ReadTx<'_>, kind: HoldKind) -> Result<Option<Timestamp>> {
    let at: Option<i64> = tx
        .sql()
        .prepare_cached("SELECT max(ended_at) FROM hold WHERE kind = ?1 AND ended_by = 'operator'")?
        .query_row([kind.as_str()], |row| row.get(0))?;
    Ok(at.map(instant))
}

/// Returns the pauses, ended or not, that reach beyond an instant, each with its start and end.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn pauses_since(tx: &ReadTx<'_>, since: Timestamp) -> Result<Vec<(Timestamp, Timestamp)>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT since, coalesce(ended_at, until) FROM hold WHERE kind = 'pause' AND coalesce(ended_at, until) > ?1 ORDER BY since",
    )?;
    Ok(statement
        .query_map([since.as_millisecond()], |row| {
            Ok((instant(row.get(0)?), instant(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns one of the installation's own facts.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn meta(tx: &ReadTx<'_>, key: &str) -> Result<Option<String>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Sets one of the installation's own facts.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_meta(tx: &WriteTx<'_>, key: &str, value: &str) -> Result<()> {
    tx.sql()
        .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
        .execute((key, value))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, StoreError};

    #[test]
    fn the_flag_and_the_row_stop_each_by_itself() {
        let (directory, store) = store();
        let home = store.directory().to_owned();
        let check = |flag: bool, row: bool, expect: bool| {
            store
                .write(Durability::Full, move |tx| {
                    set_kill_switch(tx, row, "row", Timestamp::UNIX_EPOCH)
                })
                .unwrap();
            flags::lower_stop(&home).unwrap();
            if flag {
                flags::raise_stop(&home, "flag", Timestamp::UNIX_EPOCH).unwrap();
            }
            let is_stopped = store
                .read(|tx| Ok::<_, StoreError>(kill_switch(tx) != KillSwitch::Running))
                .unwrap();
            assert_eq!(is_stopped, expect, "flag {flag}, row {row}");
            // A copy obeys the same flag.
            let copy = directory.path().join(format!("copy-{flag}-{row}"));
            let copied = store.copy(&copy).unwrap();
            let in_copy = copied
                .read(|tx| Ok::<_, StoreError>(kill_switch(tx) != KillSwitch::Running))
                .unwrap();
            assert_eq!(in_copy, expect, "the copy, flag {flag}, row {row}");
        };
        check(false, false, false);
        check(false, true, true);
        check(true, false, true);
        check(true, true, true);
    }

    #[test]
    fn setting_the_switch_sets_the_flag_with_it() {
        let (_directory, store) = store();
        let set = |stopped| {
            store
                .write(Durability::Full, move |tx| {
                    set_kill_switch(tx, stopped, "why", Timestamp::UNIX_EPOCH)
                })
                .unwrap();
            flags::stop_flag(store.directory())
        };
        assert!(matches!(set(true), StopFlag::Raised { reason, .. } if reason == "why"));
        assert_eq!(set(false), StopFlag::Absent);
    }

    #[test]
    fn a_kill_switch_that_cannot_be_read_counts_as_stopped() {
        let (_directory, store) = store();
        let read = || {
            store
                .read(|tx| Ok::<_, StoreError>(kill_switch(tx)))
                .unwrap()
        };
        assert_eq!(read(), KillSwitch::Running);
        store
            .write(Durability::Full, |tx| {
                set_kill_switch(tx, true, "holiday", Timestamp::UNIX_EPOCH)
            })
            .unwrap();
        assert!(matches!(read(), KillSwitch::Stopped { reason, .. } if reason == "holiday"));
        flags::lower_stop(store.directory()).unwrap();
        for sql in [
            "UPDATE control SET value = 'rnning'",
            "DELETE FROM control",
            "DROP TABLE control",
        ] {
            store
                .write(Durability::Normal, move |tx| {
                    Ok::<_, StoreError>(tx.sql().execute_batch(sql)?)
                })
                .unwrap();
            assert_eq!(read(), KillSwitch::Unreadable, "{sql}");
        }
    }
}
