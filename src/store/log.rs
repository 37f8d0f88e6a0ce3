//! The audit trail for reading: by place, by event, by subject. [`super::audit`] writes and checks it.

use rusqlite::types::Value as Sql;

use super::audit::AuditEntry;
use super::{ReadTx, Result, instant};

/// Selects the entries to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only of these events; all if none is named.
    pub events: Vec<String>,
    /// Only of one subject, such as `move:12`.
    pub subject: String,
}

fn sql_of(by_event: bool, by_subject: bool, up: bool, bounded: bool) -> String {
    let mut conditions = Vec::new();
    if by_event {
        conditions.push("event = ?1");
    }
    if by_subject {
        // The subject is the rarer of the two.
        conditions.push("subject = ?2");
    }
    match (up, bounded) {
        (false, true) => conditions.push("seq <= ?3"),
        (true, true) => conditions.push("seq > ?3"),
        (_, false) => {}
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    };
    let order = if up { "ASC" } else { "DESC" };
    format!(
        "SELECT seq, at, actor, event, subject, detail FROM audit {filter} ORDER BY seq {order} LIMIT ?4"
    )
}

/// Reads entries from a place on, newest first, or, if `up`, those newer than it, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn page(
    tx: &ReadTx<'_>,
    filter: &LogFilter,
    from: Option<i64>,
    up: bool,
    limit: usize,
) -> Result<Vec<AuditEntry>> {
    let mut all = Vec::new();
    let one = |event: Option<&String>, all: &mut Vec<AuditEntry>| -> Result<()> {
        let by_subject = !filter.subject.is_empty();
        let sql = sql_of(event.is_some(), by_subject, up, from.is_some());
        let mut statement = tx.sql().prepare_cached(&sql)?;
        let bound = [
            (1, event.map(|e| Sql::from(e.clone()))),
            (2, by_subject.then(|| Sql::from(filter.subject.clone()))),
            (3, from.map(Sql::from)),
            (4, Some(Sql::from(i64::try_from(limit).unwrap_or(i64::MAX)))),
        ];
        for (index, value) in bound {
            if let Some(value) = value {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let detail: String = row.get(5)?;
            all.push(AuditEntry {
                seq: row.get(0)?,
                at: instant(row.get(1)?),
                actor: row.get(2)?,
                event: row.get(3)?,
                subject: row.get(4)?,
                detail: serde_json::from_str(&detail).unwrap_or(serde_json::Value::String(detail)),
            });
        }
        Ok(())
    };
    if filter.events.is_empty() {
        one(None, &mut all)?;
    } else {
        for event in &filter.events {
            one(Some(event), &mut all)?;
        }
        all.sort_by_key(|e| if up { e.seq } else { -e.seq });
        all.truncate(limit);
    }
    Ok(all)
}

/// Returns the names of the events in the trail: one step in the index for each, however long the trail is.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn events(tx: &ReadTx<'_>) -> Result<Vec<String>> {
    let mut statement = tx.sql().prepare_cached(
        "WITH RECURSIVE known (event) AS (
             SELECT min(event) FROM audit
             UNION ALL
             SELECT (SELECT min(event) FROM audit WHERE event > known.event) FROM known WHERE known.event IS NOT NULL
         )
         SELECT event FROM known WHERE event IS NOT NULL LIMIT 500",
    )?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, Store, StoreError, audit};

    fn filled() -> (tempfile::TempDir, Store) {
        let (directory, store) = store();
        store
            .write(Durability::Normal, |tx| {
                for i in 0..30 {
                    let event = ["move.done", "mode.set", "execution.sent"][i % 3];
                    let subject = format!("move:{}", i % 4);
                    let detail = serde_json::json!({"i": i});
                    audit::append(
                        tx,
                        Timestamp::UNIX_EPOCH,
                        "operator",
                        event,
                        &subject,
                        &detail,
                    )?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        (directory, store)
    }

    #[test]
    fn entries_are_found_by_event_subject_and_place() {
        let (_directory, store) = filled();
        let check = |events: &[&str], subject: &str, from, up, expect: &[i64]| {
            let filter = LogFilter {
                events: events.iter().map(|e| (*e).to_owned()).collect(),
                subject: subject.into(),
            };
            let found = store.read(|tx| page(tx, &filter, from, up, 3)).unwrap();
            let seqs: Vec<i64> = found.iter().map(|e| e.seq).collect();
            assert_eq!(seqs, expect, "{filter:?} {from:?} {up}");
        };
        check(&[], "", None, false, &[30, 29, 28]);
        check(&[], "", Some(28), false, &[28, 27, 26]);
        check(&[], "", Some(28), true, &[29, 30]);
        check(&[], "", None, true, &[1, 2, 3]);
        check(&["mode.set"], "", None, false, &[29, 26, 23]);
        check(&["mode.set", "move.done"], "", None, false, &[29, 28, 26]);
        check(&[], "move:1", Some(10), false, &[10, 6, 2]);
        check(&["mode.set"], "move:1", None, false, &[26, 14, 2]);
        check(&[], "nothing", None, false, &[]);
        assert_eq!(
            store.read(events).unwrap(),
            ["execution.sent", "mode.set", "move.done"]
        );
    }

    #[test]
    fn no_look_at_the_trail_sorts_it() {
        let (_directory, store) = store();
        for (by_event, by_subject) in [(false, false), (true, false), (false, true)] {
            for up in [false, true] {
                let sql = sql_of(by_event, by_subject, up, true);
                let plan: String = store
                    .read(|tx| {
                        let mut statement =
                            tx.sql().prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                        let mut rows = statement.raw_query();
                        let row = rows.next()?.map(|row| row.get(3)).transpose()?;
                        Ok::<_, StoreError>(row.unwrap_or_default())
                    })
                    .unwrap();
                assert!(plan.starts_with("SEARCH"), "{sql}: {plan}");
            }
        }
    }
}
