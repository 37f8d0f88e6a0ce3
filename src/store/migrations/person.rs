//! The rest of the step to one identity of a person, which SQL alone cannot do: the keys of names, and those of mailboxes under the rules of
//! their providers.

use rusqlite::Connection;

use crate::domain::contact::who::NameKey;
use crate::domain::email::{DomainKey, MailboxKey};

/// Fills the keys of names and of mailboxes that mail went to, and brings those that are stored up to date.
pub(super) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    name_contacts(connection)?;
    place(
        connection,
        "SELECT key, mailbox FROM contact_email",
        "UPDATE contact_email SET mailbox = ?2 WHERE key = ?1",
    )?;
    place(
        connection,
        "SELECT DISTINCT to_key, to_mailbox FROM execution",
        "UPDATE execution SET to_mailbox = ?2 WHERE to_key = ?1",
    )?;
    for table in ["suppression", "opt_out_question"] {
        rekey(connection, table)?;
    }
    Ok(())
}

fn name_contacts(connection: &Connection) -> rusqlite::Result<()> {
    let mut names = connection.prepare("SELECT id, first_name, last_name FROM contact")?;
    // Read whole before anything is written: a row must not be met again under its new state.
    let named: Vec<(i64, NameKey)> = names
        .query_map([], |row| {
            let (first, last): (String, String) = (row.get(1)?, row.get(2)?);
            Ok(NameKey::of(&first, &last).map(|key| (row.get(0), key)))
        })?
        .filter_map(Result::transpose)
        .map(|found| found.and_then(|(id, key)| Ok((id?, key))))
        .collect::<rusqlite::Result<_>>()?;
    let mut set = connection.prepare("UPDATE contact SET name_key = ?2 WHERE id = ?1")?;
    for (id, key) in named {
        set.execute((id, key.as_str()))?;
    }
    Ok(())
}

/// Sets the mailbox beside each address whose kept one is not what it is now.
fn place(connection: &Connection, read: &str, write: &str) -> rusqlite::Result<()> {
    let mut addresses = connection.prepare(read)?;
    let all: Vec<(String, Option<String>)> = addresses
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut set = connection.prepare(write)?;
    for (address, kept) in all {
        let mailbox = MailboxKey::beside(&address).map(|mailbox| mailbox.to_string());
        if mailbox != kept {
            set.execute((address, mailbox))?;
        }
    }
    Ok(())
}

/// Brings the keys of mailboxes and domains up to date; of two that become one, one stays.
fn rekey(connection: &Connection, table: &str) -> rusqlite::Result<()> {
    let mut keys = connection.prepare(&format!("SELECT DISTINCT key FROM {table}"))?;
    let all: Vec<String> = keys
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut set = connection.prepare(&format!(
        "UPDATE OR IGNORE {table} SET key = ?2 WHERE key = ?1"
    ))?;
    let mut clear = connection.prepare(&format!("DELETE FROM {table} WHERE key = ?1"))?;
    for key in all {
        let now = if key.contains('@') {
            MailboxKey::of(&key).to_string()
        } else {
            DomainKey::of(&key).to_string()
        };
        if now != key {
            set.execute((&key, &now))?;
            clear.execute([&key])?;
        }
    }
    Ok(())
}
