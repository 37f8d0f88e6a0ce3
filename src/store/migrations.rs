//! Schema versions, kept in `user_version`. Steps are only ever added; each runs in one transaction, after an online backup.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::{Result, StoreError, create_private_directory};

/// The steps, oldest first. A released step is never edited.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_foundation.sql"),
    include_str!("migrations/0002_gate.sql"),
    include_str!("migrations/0003_providers.sql"),
    include_str!("migrations/0004_hubspot.sql"),
    include_str!("migrations/0005_mailboxes.sql"),
    include_str!("migrations/0006_console.sql"),
];

/// The newest schema version that this program knows.
pub const NEWEST: i64 = STEPS.len() as i64;

/// Returns the file's schema version; 0 for an empty file.
pub(super) fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Runs the steps that the file lacks. Two processes may come at once: the version is read again inside each transaction.
pub(super) fn run(connection: &mut Connection, backups: &Path, now: Timestamp) -> Result<()> {
    let found = version(connection)?;
    // Kept in the file; set again for one whose making was interrupted.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    if found > NEWEST {
        return Err(StoreError::Newer {
            found,
            known: NEWEST,
        });
    }
    if found > 0 && found < NEWEST {
        create_private_directory(backups)?;
        let stamp = now.strftime("%Y%m%dT%H%M%SZ");
        let target = backups.join(format!("caseyos-schema{found}-{stamp}.db"));
        super::create_private_file(&target)?;
        connection.backup("main", &target, None::<fn(rusqlite::backup::Progress)>)?;
    }
    for (step, sql) in (1_i64..).zip(STEPS) {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from_sqlite)?;
        if version(&transaction)? < step {
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "user_version", step)?;
            transaction.commit().map_err(StoreError::from_sqlite)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{FILE_NAME, Store};

    #[test]
    fn opening_again_changes_nothing() {
        let (_directory, store) = store();
        let again = Store::create(store.directory(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(again.read(|tx| version(tx.sql())).unwrap(), NEWEST);
        assert!(!store.directory().join("backups").exists());
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let (_directory, store) = store();
        let path = store.directory().join(FILE_NAME);
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", NEWEST + 1)
            .unwrap();
        let error = Store::open(store.directory(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
    }
}
