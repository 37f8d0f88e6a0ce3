//! The audit trail: append-only and hash-chained.
//!
//! Each row's hash covers its content and the hash before it; `meta` remembers the last one. An edited, removed, inserted or
//! reordered row therefore breaks the chain at a place that can be named.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ReadTx, Result, WriteTx, instant};
use crate::domain::signal::canonical_json;

const HEAD: &str = "audit_head";

/// One entry of the trail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// The place in the trail, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `operator`, a rule, or `engine`.
    pub actor: String,
    /// What, such as `execution.sent`.
    pub event: String,
    /// To what, such as `move:12`.
    pub subject: String,
    /// The particulars.
    pub detail: Value,
}

/// What a check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditCheck {
    /// Entries looked at.
    pub entries: i64,
    /// Whether the chain holds.
    pub intact: bool,
    /// Where it breaks.
    pub broken_at: Option<i64>,
    /// How.
    pub reason: String,
}

fn hash(seq: i64, at: i64, texts: [&str; 4], previous: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seq.to_be_bytes());
    hasher.update(at.to_be_bytes());
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.update(previous);
    hasher.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Adds an entry at the end of the trail.
///
/// # Errors
/// If SQLite refuses.
pub fn append(
    tx: &WriteTx<'_>,
    at: Timestamp,
    actor: &str,
    event: &str,
    subject: &str,
    detail: &Value,
) -> Result<()> {
    let last: Option<(i64, Vec<u8>)> = tx
        .sql()
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last_seq, previous) = last.unwrap_or_default();
    let (seq, at, detail) = (last_seq + 1, at.as_millisecond(), canonical_json(detail));
    let hash = hash(seq, at, [actor, event, subject, &detail], &previous);
    tx.sql()
        .prepare_cached(
            "INSERT INTO audit (seq, at, actor, event, subject, detail, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((seq, at, actor, event, subject, &detail, &previous, hash))?;
    tx.sql()
        .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
        .execute((HEAD, format!("{seq}:{}", hex(&hash))))?;
    Ok(())
}

/// Checks the whole chain. Linear in its length.
///
/// # Errors
/// If the database cannot be read.
pub fn verify(tx: &ReadTx<'_>) -> Result<AuditCheck> {
    let mut statement = tx.sql().prepare(
        "SELECT seq, at, actor, event, subject, detail, previous, hash FROM audit ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let (mut entries, mut previous) = (0_i64, Vec::<u8>::new());
    let broken = |entries, at: i64, reason: &str| AuditCheck {
        entries,
        intact: false,
        broken_at: Some(at),
        reason: reason.into(),
    };
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        if seq != entries + 1 {
            return Ok(broken(entries, entries + 1, "an entry is missing here"));
        }
        let text = |i| {
            row.get_ref(i)
                .and_then(|v| v.as_str().map_err(Into::into).map(str::to_owned))
        };
        let (actor, event, subject, detail): (String, String, String, String) =
            (text(2)?, text(3)?, text(4)?, text(5)?);
        let (linked, stored): (Vec<u8>, Vec<u8>) = (row.get(6)?, row.get(7)?);
        if linked != previous {
            return Ok(broken(
                entries,
                seq,
                "the entry before this one was changed, removed or moved",
            ));
        }
        if stored
            != hash(
                seq,
                row.get(1)?,
                [&actor, &event, &subject, &detail],
                &previous,
            )
        {
            return Ok(broken(entries, seq, "this entry was changed"));
        }
        entries += 1;
        previous = stored;
    }
    let head: Option<String> = super::control::meta(tx, HEAD)?;
    let expected = (entries > 0).then(|| format!("{entries}:{}", hex(&previous)));
    if head != expected {
        return Ok(broken(
            entries,
            entries + 1,
            "entries at the end were removed",
        ));
    }
    Ok(AuditCheck {
        entries,
        intact: true,
        broken_at: None,
        reason: String::new(),
    })
}

/// Returns the newest entries, newest first, optionally of one subject.
///
/// # Errors
/// If the database cannot be read.
pub fn list(tx: &ReadTx<'_>, subject: Option<&str>, limit: usize) -> Result<Vec<AuditEntry>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT seq, at, actor, event, subject, detail FROM audit WHERE ?1 IS NULL OR subject = ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let rows = statement.query_map((subject, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
        let detail: String = row.get(5)?;
        Ok(AuditEntry {
            seq: row.get(0)?,
            at: instant(row.get(1)?),
            actor: row.get(2)?,
            event: row.get(3)?,
            subject: row.get(4)?,
            detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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
            .execute_batch("DROP TRIGGER audit_is_append_only_update; DROP TRIGGER audit_is_append_only_delete;")
            .unwrap();
        connection.execute_batch(sql).unwrap();
        store.read(verify).unwrap()
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
