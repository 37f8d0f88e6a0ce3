//! Accounts signed in to, without their secrets.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::{ReadTx, Result, WriteTx, instant, word};
use crate::domain::account::{AccountKind, SecretPlace};

/// An account that was signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `google`, `hubspot`, or `mail:` and a mailbox's name.
    pub name: String,
    /// The way of signing in.
    pub kind: AccountKind,
    /// The address, or the provider's name for the user; empty if unknown.
    pub address: String,
    /// The rights that were given.
    pub scopes: Vec<String>,
    /// The place that keeps the secret.
    pub place: SecretPlace,
    /// Instant of the sign-in.
    pub granted_at: Timestamp,
    /// Instant of the last token refresh.
    pub refreshed_at: Option<Timestamp>,
    /// End of the access token.
    pub expires_at: Option<Timestamp>,
    /// End of the sign-in itself, if the provider named one.
    pub refresh_expires_at: Option<Timestamp>,
    /// Reason that it no longer works; empty while it works.
    pub problem: String,
    /// Start of the problem.
    pub problem_at: Option<Timestamp>,
}

const COLUMNS: &str = "name, kind, address, scopes, place, granted_at, refreshed_at, expires_at, refresh_expires_at, problem, problem_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    let time = |column: &str| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(instant))
    };
    Ok(Account {
        name: row.get("name")?,
        kind: word(&row.get::<_, String>("kind")?)?,
        address: row.get("address")?,
        scopes: row
            .get::<_, String>("scopes")?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        place: word(&row.get::<_, String>("place")?)?,
        granted_at: instant(row.get("granted_at")?),
        refreshed_at: time("refreshed_at")?,
        expires_at: time("expires_at")?,
        refresh_expires_at: time("refresh_expires_at")?,
        problem: row.get("problem")?,
        problem_at: time("problem_at")?,
    })
}

/// Returns an account by its name.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, name: &str) -> Result<Option<Account>> {
    Ok(tx
        .sql()
        .prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE name = ?1"))?
        .query_row([name], read)
        .optional()?)
}

/// Returns all accounts by name.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn all(tx: &ReadTx<'_>) -> Result<Vec<Account>> {
    let mut statement = tx
        .sql()
        .prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY name"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Records an account, in place of the one of the same name.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn put(tx: &WriteTx<'_>, account: &Account) -> Result<()> {
    let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    tx.sql()
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO account ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        ))?
        .execute((
            &account.name,
            account.kind.as_str(),
            &account.address,
            account.scopes.join(" "),
            account.place.as_str(),
            account.granted_at.as_millisecond(),
            ms(account.refreshed_at),
            ms(account.expires_at),
            ms(account.refresh_expires_at),
            &account.problem,
            ms(account.problem_at),
        ))?;
    Ok(())
}

/// Forgets an account; tells whether there was one.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn remove(tx: &WriteTx<'_>, name: &str) -> Result<bool> {
    let removed = tx
        .sql()
        .prepare_cached("DELETE FROM account WHERE name = ?1")?
        .execute([name])?;
    Ok(removed > 0)
}

/// Records that a token was refreshed, which also shows that the account works.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn note_refresh(
    tx: &WriteTx<'_>,
    name: &str,
    now: Timestamp,
    expires_at: Option<Timestamp>,
    refresh_expires_at: Option<Timestamp>,
) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE account SET refreshed_at = ?2, expires_at = ?3, refresh_expires_at = coalesce(?4, refresh_expires_at),
               problem = '', problem_at = NULL WHERE name = ?1",
        )?
        .execute((
            name,
            now.as_millisecond(),
            expires_at.map(Timestamp::as_millisecond),
            refresh_expires_at.map(Timestamp::as_millisecond),
        ))?;
    Ok(())
}

/// Records why an account no longer works.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn note_problem(tx: &WriteTx<'_>, name: &str, problem: &str, now: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE account SET problem = ?2, problem_at = ?3 WHERE name = ?1")?
        .execute((name, problem, now.as_millisecond()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, StoreError};

    #[test]
    fn an_account_comes_back_as_it_was_put() {
        let (_folder, store) = store();
        let account = Account {
            name: "google".into(),
            kind: AccountKind::Oauth,
            address: "casey@ruiz.example".into(),
            scopes: vec!["a".into(), "b".into()],
            place: SecretPlace::Keyring,
            granted_at: Timestamp::UNIX_EPOCH,
            refreshed_at: None,
            expires_at: Some(Timestamp::UNIX_EPOCH),
            refresh_expires_at: None,
            problem: String::new(),
            problem_at: None,
        };
        let put_in = account.clone();
        store
            .write(Durability::Full, move |tx| {
                put(tx, &put_in)?;
                note_problem(tx, "google", "withdrawn", Timestamp::UNIX_EPOCH)
            })
            .unwrap();
        let find = || {
            store
                .read(|tx| find(tx, "google"))
                .unwrap()
                .ok_or(StoreError::Writer)
        };
        assert_eq!(find().unwrap().problem, "withdrawn");
        store
            .write(Durability::Full, |tx| {
                note_refresh(tx, "google", Timestamp::UNIX_EPOCH, None, None)
            })
            .unwrap();
        let expect = Account {
            refreshed_at: Some(Timestamp::UNIX_EPOCH),
            expires_at: None,
            ..account
        };
        assert_eq!(find().unwrap(), expect);
        assert_eq!(store.read(all).unwrap(), [expect]);
        assert!(
            store
                .write(Durability::Full, |tx| remove(tx, "google"))
                .unwrap()
        );
        assert!(find().is_err());
    }
}
