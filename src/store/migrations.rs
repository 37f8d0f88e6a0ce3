//! Schema versions, kept in `user_version`. Steps are only ever added; each runs in one transaction, after an online backup.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::{Result, StoreError, create_private_directory};

mod effects;
mod identity;
mod person;

/// One step: its SQL, then the rest of it that SQL cannot do.
struct Step {
    sql: &'static str,
    then: Option<fn(&Connection) -> Result<()>>,
}

const fn sql(sql: &'static str) -> Step {
    Step { sql, then: None }
}

/// The steps, oldest first. A released step is never edited.
const STEPS: &[Step] = &[
    sql(include_str!("migrations/0001_foundation.sql")),
    sql(include_str!("migrations/0002_gate.sql")),
    sql(include_str!("migrations/0003_providers.sql")),
    sql(include_str!("migrations/0004_hubspot.sql")),
    sql(include_str!("migrations/0005_mailboxes.sql")),
    sql(include_str!("migrations/0006_console.sql")),
    sql(include_str!("migrations/0007_deeds.sql")),
    sql(include_str!("migrations/0008_keyutils.sql")),
    Step {
        sql: include_str!("migrations/0009_effects.sql"),
        then: Some(effects::finish),
    },
    sql(include_str!("migrations/0010_jobs.sql")),
    Step {
        sql: include_str!("migrations/0011_identity.sql"),
        then: Some(|connection| Ok(identity::finish(connection)?)),
    },
    sql(include_str!("migrations/0012_strays.sql")),
    sql(include_str!("migrations/0013_trail.sql")),
    sql(include_str!("migrations/0014_opt_out_questions.sql")),
    Step {
        sql: include_str!("migrations/0015_trail_ends.sql"),
        then: Some(|connection| Ok(super::watch::take_stock(connection)?)),
    },
    Step {
        sql: include_str!("migrations/0016_person.sql"),
        then: Some(|connection| Ok(person::finish(connection)?)),
    },
    Step {
        sql: include_str!("migrations/0017_names.sql"),
        then: Some(|connection| Ok(person::finish(connection)?)),
    },
    sql(include_str!("migrations/0018_firms.sql")),
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
    if found == NEWEST {
        return Ok(());
    }
    // A step may make a table anew that others refer to. The setting has no effect inside a transaction.
    connection.pragma_update(None, "foreign_keys", false)?;
    let ran = run_steps(connection);
    connection.pragma_update(None, "foreign_keys", true)?;
    ran
}

fn run_steps(connection: &mut Connection) -> Result<()> {
    for (number, step) in (1_i64..).zip(STEPS) {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from_sqlite)?;
        if version(&transaction)? < number {
            transaction.execute_batch(step.sql)?;
            if let Some(then) = step.then {
                then(&transaction)?;
            }
            refuse_loose_ends(&transaction)?;
            transaction.pragma_update(None, "user_version", number)?;
            transaction.commit().map_err(StoreError::from_sqlite)?;
        }
    }
    Ok(())
}

/// Refuses a step that left a row which refers to nothing.
fn refuse_loose_ends(connection: &Connection) -> Result<()> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        None => Ok(()),
        Some(row) => {
            let table: String = row.get(0)?;
            Err(StoreError::Invalid(format!(
                "a row of {table} refers to nothing"
            )))
        }
    }
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

    /// The rows that each version of the schema brought, kept for good: a file of a version holds those of every version up to it.
    const ROWS: &[(i64, &str)] = &[
        (1, include_str!("../../tests/data/schemas/0001.sql")),
        (4, include_str!("../../tests/data/schemas/0004.sql")),
        (5, include_str!("../../tests/data/schemas/0005.sql")),
        (7, include_str!("../../tests/data/schemas/0007.sql")),
        (12, include_str!("../../tests/data/schemas/0012.sql")),
        (14, include_str!("../../tests/data/schemas/0014.sql")),
    ];

    /// Makes a file as a version left it, and opens it with the newest.
    fn opened(at: i64) -> (tempfile::TempDir, Store) {
        opened_with(at, "")
    }

    fn opened_with(at: i64, more: &str) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let old = Connection::open(folder.path().join(FILE_NAME)).unwrap();
        // As a migration does it: tables are built anew under rows that name them.
        old.pragma_update(None, "foreign_keys", false).unwrap();
        for (number, step) in (1..=at).zip(STEPS) {
            old.execute_batch(step.sql).unwrap();
            if let Some(then) = step.then {
                then(&old).unwrap();
            }
            let rows = ROWS.iter().filter(|(from, _)| *from == number);
            for (_, rows) in rows {
                old.execute_batch(rows).unwrap();
            }
        }
        old.execute_batch(more).unwrap();
        old.pragma_update(None, "user_version", at).unwrap();
        drop(old);
        let store = Store::open(folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        (folder, store)
    }

    fn text(store: &Store, sql: &str) -> String {
        let found: std::result::Result<String, StoreError> =
            store.read(|tx| Ok(tx.sql().query_row(sql, [], |row| row.get(0))?));
        found.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    #[test]
    fn a_file_of_every_version_keeps_its_rows_and_leaves_a_backup() {
        for at in 1..NEWEST {
            let (folder, store) = opened(at);
            let version = store.read(|tx| version(tx.sql())).unwrap();
            assert_eq!(version, NEWEST, "from {at}");
            let states = "SELECT group_concat(status, ' ') FROM (SELECT status FROM execution WHERE id <= 7 ORDER BY id)";
            assert_eq!(
                text(&store, states),
                "queued sending sent drafted failed uncertain cancelled",
                "from {at}"
            );
            let rest = "SELECT (SELECT count(*) FROM contact) || ' ' || (SELECT count(*) FROM signal) || ' ' || (SELECT count(*) FROM suppression)
                || ' ' || (SELECT count(*) FROM verdict) || ' ' || (SELECT count(*) FROM message)";
            assert_eq!(text(&store, rest), "2 1 1 1 1", "from {at}");
            let backups = std::fs::read_dir(folder.path().join("backups")).unwrap();
            assert_eq!(backups.count(), 1, "from {at}");
            // Every row can be read as the program reads it.
            store
                .read(|tx| {
                    for id in 1..60 {
                        crate::store::executions::load(tx, crate::domain::id::ExecutionId(id))?;
                    }
                    Ok::<_, StoreError>(())
                })
                .unwrap();
        }
    }

    #[test]
    fn addresses_come_to_be_compared_by_their_mailbox() {
        use crate::domain::email::MailboxKey;
        use crate::store::{people, suppressions};

        let more = "DELETE FROM suppression;
            INSERT INTO suppression (value, kind, reason, source, created_at) VALUES
                ('bo+x@kite.example', 'address', 'asked not to be written to', 'mail', 1),
                ('bo@kite.example', 'address', 'the address bounced', 'mail', 2),
                ('*@moss.example', 'address', 'by the operator', 'operator', 3),
                ('müller.example', 'domain', 'by the operator', 'operator', 4),
                ('a.nn@gmail.com', 'address', 'removed for good in HubSpot', 'hubspot', 5);
            INSERT INTO contact_email (key, contact_id) SELECT 'a.n.n+crm@googlemail.com', min(id) FROM contact;";
        for at in [1, 9, 10] {
            let (_folder, store) = opened_with(at, more);
            let found = "SELECT group_concat(key || ' ' || kind || ' ' || cause, ', ') FROM (SELECT * FROM suppression ORDER BY created_at)";
            assert_eq!(
                text(&store, found),
                "bo@kite.example address opted_out, bo@kite.example address bounced, moss.example domain operator, \
                 xn--mller-kva.example domain operator, ann@gmail.com address erased",
                "from {at}"
            );
            store
                .read::<_, StoreError>(|tx| {
                    let is_never = |address: &str| {
                        suppressions::find(tx, &MailboxKey::of(address))
                            .map(|found| found.is_some())
                    };
                    assert!(is_never("Bo@kite.example")?);
                    assert!(is_never("ann@müller.example")?);
                    assert!(is_never("x@moss.example")?);
                    let known = people::find_by_email(tx, "ann@gmail.com")?;
                    assert!(known.is_some(), "from {at}");
                    Ok(())
                })
                .unwrap();
        }
    }

    #[test]
    fn people_come_to_be_known_by_their_name_and_their_providers_mailbox() {
        use crate::domain::email::MailboxKey;
        use crate::store::{executions, people, suppressions};

        let more = "DELETE FROM suppression;
            INSERT INTO suppression (key, cause, value, kind, reason, source, created_at) VALUES
                ('bo@me.com', 'opted_out', 'bo@me.com', 'address', 'asked not to be written to', 'mail', 1),
                ('bo@icloud.com', 'opted_out', 'bo@icloud.com', 'address', 'asked not to be written to', 'mail', 2),
                ('googlemail.com', 'operator', 'googlemail.com', 'domain', 'by the operator', 'operator', 3);
            INSERT INTO contact (id, first_name, last_name, created_at, updated_at) VALUES
                (501, 'Ängla', 'Öberg', 1, 1), (502, 'Oberg, Angla', '', 1, 1), (503, 'Ann', '', 1, 1);
            INSERT INTO contact_email (key, contact_id, mailbox) VALUES ('angla@me.com', 501, NULL), ('o@acme.example', 502, NULL);
            UPDATE execution SET to_key = 'angla+x@mac.com' WHERE id = 3;";
        for at in [12, 14] {
            let (_folder, store) = opened_with(at, more);
            let found = "SELECT group_concat(key || ' ' || cause, ', ') FROM (SELECT * FROM suppression ORDER BY created_at)";
            assert_eq!(
                text(&store, found),
                "bo@icloud.com opted_out, gmail.com operator",
                "from {at}"
            );
            let names = "SELECT group_concat(name_key, ', ') FROM (SELECT * FROM contact WHERE id > 500 ORDER BY id)";
            assert_eq!(text(&store, names), "angla oberg, angla oberg, ");
            store
                .read::<_, StoreError>(|tx| {
                    let icloud = MailboxKey::of("angla@icloud.com");
                    assert!(suppressions::find(tx, &MailboxKey::of("bo@mac.com"))?.is_some());
                    assert_eq!(people::of_mailbox(tx, &icloud)?.len(), 1);
                    assert!(executions::has_sent_to(tx, &icloud)?, "from {at}");
                    Ok(())
                })
                .unwrap();
        }
    }

    #[test]
    fn names_come_to_be_compared_with_their_nicknames() {
        let more = "INSERT INTO contact (id, first_name, last_name, created_at, updated_at, name_key) VALUES
                (501, 'Bob', 'Lee (he/him)', 1, 1, 'bob he him lee'), (502, 'Robert', 'Lee', 1, 1, 'lee robert'), (503, 'Ann', '(she/her)', 1, 1, 'ann she her');";
        let (_folder, store) = opened_with(16, more);
        let names = "SELECT group_concat(name_key, ', ') FROM (SELECT * FROM contact WHERE id > 500 ORDER BY id)";
        assert_eq!(text(&store, names), "lee robert, lee robert, ");
    }

    #[test]
    fn suppressions_stay_while_firms_come_to_be_suppressed() {
        let all = "SELECT group_concat(key || ' ' || kind || ' ' || cause || ' ' || created_at, ', ') FROM suppression";
        let (_folder, newest) = opened(NEWEST);
        let (_older, store) = opened(17);
        assert_eq!(text(&store, all), text(&newest, all));
        let added = store.write::<_, StoreError>(crate::store::Durability::Normal, |tx| {
            tx.sql().execute(
                "INSERT INTO suppression VALUES ('firm:acme', 'operator', 'firm:Acme', 'firm', 'asked', 'operator', 1)",
                [],
            )?;
            Ok(())
        });
        assert!(added.is_ok(), "{added:?}");
    }

    #[test]
    fn writes_to_hubspot_become_executions_in_their_states() {
        for at in 4..NEWEST {
            let (_folder, store) = opened(at);
            let sql = "SELECT group_concat(line, ', ') FROM (SELECT subject || ' ' || origin || ' ' || status || ' ' || ended AS line
                FROM execution WHERE origin <> 'move' AND kind = 'record' ORDER BY id)";
            assert_eq!(
                text(&store, sql),
                "Task \"Call Ann\" wish queued , Note wish sending , Call \"Renewal\" wish sent done, jobtitle of Ann wish failed refused, \
                 city of Ann push uncertain , Undo: Call \"Renewal\" undo sent says_so",
                "from {at}"
            );
            let undo = "SELECT e.subject FROM undo u JOIN execution e ON e.id = u.step ->> 'id' WHERE u.id = 2 AND u.step ->> 'step' = 'execution'";
            assert_eq!(text(&store, undo), "Call \"Renewal\"", "from {at}");
            let consent =
                "SELECT hex(content_hash) FROM execution WHERE subject = 'Task \"Call Ann\"'";
            let content = text(
                &store,
                "SELECT content FROM execution WHERE subject = 'Task \"Call Ann\"'",
            );
            let hash = crate::domain::effect::content_hash(
                crate::domain::effect::EffectKind::Record,
                &content,
            );
            assert_eq!(
                text(&store, consent),
                crate::domain::audit::hex(&hash).to_uppercase()
            );
        }
    }

    #[test]
    fn bookings_become_executions_and_stay_as_records_of_meetings() {
        for at in 5..NEWEST {
            let (_folder, store) = opened(at);
            let bookings = "SELECT group_concat(id || ' ' || state || ' ' || (execution_id IS NOT NULL), ', ') FROM (SELECT * FROM booking WHERE id < 20 ORDER BY id)";
            assert_eq!(
                text(&store, bookings),
                "2 booked 1, 3 failed 0, 4 taken_back 0",
                "from {at}"
            );
            let asked = "SELECT group_concat(status || ' ' || mark, ', ') FROM (SELECT * FROM execution WHERE origin = 'wish' AND kind = 'meeting'
                AND mark IN ('ev1', 'ev2') AND idempotency_key LIKE 'booking:%' ORDER BY id)";
            assert_eq!(text(&store, asked), "uncertain ev1, sent ev2", "from {at}");
            let undo = "SELECT e.mark FROM undo u JOIN execution e ON e.id = u.step ->> 'id' WHERE u.id = 3";
            assert_eq!(text(&store, undo), "ev2", "from {at}");
        }
    }

    #[test]
    fn effects_of_moves_keep_what_their_outboxes_knew() {
        for at in 7..NEWEST {
            let (_folder, store) = opened(at);
            let records = "SELECT group_concat(id || ' ' || status || ' ' || ended || ' ' || mark || ' ' || remote_id, ', ')
                FROM (SELECT * FROM execution WHERE id BETWEEN 22 AND 24 ORDER BY id)";
            assert_eq!(
                text(&store, records),
                "22 sent done execution:abcdef012345:22:21 88, 23 uncertain  execution:abcdef012345:23:1 , 24 sent says_so execution:abcdef012345:24:1 ",
                "from {at}"
            );
            // The meeting that both roads booked has its name once.
            let names = "SELECT count(*) || ' ' || count(DISTINCT once) FROM execution WHERE once LIKE 'meeting:%' AND status NOT IN ('failed', 'cancelled')";
            let (all, distinct) = text(&store, names)
                .split_once(' ')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .unwrap();
            assert_eq!(all, distinct, "from {at}");
            let moving = "SELECT status || ' ' || (content ->> '$.change.to.start') FROM execution WHERE idempotency_key = 'moving:20'";
            assert_eq!(
                text(&store, moving),
                "uncertain 2026-11-28T14:00:00Z",
                "from {at}"
            );
            let back = "SELECT content ->> '$.change.from.start' FROM undo u JOIN execution e ON e.id = u.step ->> 'id' WHERE u.id = 20";
            assert_eq!(text(&store, back), "2026-11-27T09:00:00Z", "from {at}");
        }
    }

    #[test]
    fn strays_keep_their_standing() {
        for at in 12..=NEWEST {
            let (_folder, store) = opened(at);
            let open = store.read(crate::store::strays::open).unwrap();
            let open: Vec<&str> = open.iter().map(|row| row.to_key.as_str()).collect();
            assert_eq!(open, ["ann@acme.example"], "from {at}");
        }
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
