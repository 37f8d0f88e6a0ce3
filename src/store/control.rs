//! What all processes must agree on: the kill switch, and the installation's own facts.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::guard::KillSwitch;

/// Reads the kill switch. Whatever is not plainly "running" counts as stopped.
#[must_use]
pub fn kill_switch(tx: &ReadTx<'_>) -> KillSwitch {
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

/// Sets the kill switch.
///
/// # Errors
/// If SQLite refuses.
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
    Ok(())
}

/// Returns one of the installation's own facts.
///
/// # Errors
/// If the database cannot be read.
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
/// If SQLite refuses.
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
