//! Health of the database.

use std::path::Path;

use super::{FILE_NAME, Result, Store, StoreError, migrations};

/// Health of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// Finding of SQLite's quick check; empty if it found nothing.
    pub damage: String,
    /// The schema's version.
    pub schema: i64,
    /// The file's size in bytes.
    pub bytes: u64,
    /// Of these, free pages, in bytes.
    pub free_bytes: u64,
    /// The log's size in bytes.
    pub log_bytes: u64,
    /// True in WAL mode.
    pub is_wal: bool,
}

/// Looks at the whole file: costs time in proportion to its size.
///
/// # Errors
/// Fails if the file cannot be read at all.
pub fn examine(store: &Store) -> Result<Examination> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    let path = store.directory().join(FILE_NAME);
    let log = store.directory().join(format!("{FILE_NAME}-wal"));
    store.read(|tx| {
        let number = |sql: &str| -> Result<i64> { Ok(tx.sql().query_row(sql, [], |r| r.get(0))?) };
        let text = |sql: &str| -> Result<String> { Ok(tx.sql().query_row(sql, [], |r| r.get(0))?) };
        let damage = text("PRAGMA quick_check(1)")?;
        let free = number("PRAGMA freelist_count")?.saturating_mul(number("PRAGMA page_size")?);
        Ok::<_, StoreError>(Examination {
            damage: if damage == "ok" {
                String::new()
            } else {
                damage
            },
            schema: migrations::version(tx.sql())?,
            bytes: size(&path),
            free_bytes: u64::try_from(free).unwrap_or(0),
            log_bytes: size(&log),
            is_wal: text("PRAGMA journal_mode")? == "wal",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;

    #[test]
    fn a_new_database_is_whole() {
        let (_folder, store) = store();
        let found = examine(&store).unwrap();
        assert_eq!((found.damage.as_str(), found.is_wal), ("", true));
        assert_eq!(found.schema, migrations::NEWEST);
        assert!(found.bytes > 0);
    }
}
