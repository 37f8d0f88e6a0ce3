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
    include_str!("migrations/0007_deeds.sql"),
    include_str!("migrations/0008_keyutils.sql"),
    include_str!("migrations/0009_jobs.sql"),
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
    fn a_file_of_the_first_version_keeps_its_rows_and_leaves_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let old = Connection::open(folder.path().join(FILE_NAME)).unwrap();
        old.execute_batch(STEPS[0]).unwrap();
        old.execute_batch(
            "INSERT INTO contact (id, first_name, email, created_at, updated_at) VALUES (7, 'Ann', 'ann@acme.example', 1, 1);
             INSERT INTO signal (id, source, kind, occurred_at, seen_at, contact_id, state, payload, hash)
                 VALUES (3, 'form', 'form.submitted', 1, 1, 7, 'matched', '{}', x'00');
             INSERT INTO move (id, subject, family, contact_id, lead_signal_id, action, domain, status, title, rule, revenue, urgency, effort,
                 strategic, revenue_why, urgency_why, strategic_why, score, started_at, due_at, changes_at, created_at, updated_at)
                 VALUES (5, 'contact:7', 'mail', 7, 3, 'email_follow_up', 'sales', 'done', 'Answer', 'form', 0.5, 0.5, 0.5, 0.5, '', '', '', 1, 1, 1, 1, 1, 1);
             INSERT INTO execution (id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain, subject, message_id,
                 content_hash, content, approved_by, approved_at, approval_expires_at, not_before, settled_at)
                 VALUES (9, 5, 7, 'email_follow_up', 'move:5:0', 'sent', 'live', 'mail', 'ann@acme.example', 'acme.example', 'Hi', '<a@b>',
                 x'00', '{}', 'operator', 1, 2, 1, 1);
             INSERT INTO suppression (value, kind, reason, source, created_at) VALUES ('bob@bolt.example', 'address', 'asked', 'mail', 1);
             PRAGMA user_version = 1;",
        )
        .unwrap();
        drop(old);
        let store = Store::open(folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        let counts = store
            .read(|tx| {
                assert_eq!(version(tx.sql())?, NEWEST);
                let sql = "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM signal), (SELECT count(*) FROM execution WHERE status = 'sent'),
                           (SELECT count(*) FROM suppression)";
                Ok::<(i64, i64, i64, i64), StoreError>(tx.sql().query_row(sql, [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?)
            })
            .unwrap();
        assert_eq!(counts, (1, 1, 1, 1));
        assert_eq!(
            std::fs::read_dir(folder.path().join("backups"))
                .unwrap()
                .count(),
            1
        );
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
