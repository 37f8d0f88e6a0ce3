//! The rest of the step to one identity of a mailbox, which SQL alone cannot do: the keys of the addresses that are stored.

use rusqlite::{Connection, params};

use crate::domain::email::{MailboxKey, Named};
use crate::domain::suppression::Cause;

/// Fills the keys of addresses and suppressions.
pub(super) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    let mut addresses = connection.prepare("SELECT key FROM contact_email")?;
    let mut set = connection.prepare("UPDATE contact_email SET mailbox = ?2 WHERE key = ?1")?;
    // Read whole before anything is written: a row must not be met again under its new state.
    let others: Vec<(String, MailboxKey)> = addresses
        .query_map([], |row| row.get::<_, String>(0))?
        .filter_map(|key| {
            key.map(|key| {
                Some((MailboxKey::of(&key), key)).filter(|(mailbox, key)| mailbox.as_str() != key)
            })
            .transpose()
        })
        .map(|pair| pair.map(|(mailbox, key)| (key, mailbox)))
        .collect::<rusqlite::Result<_>>()?;
    for (key, mailbox) in others {
        set.execute((key, mailbox.as_str()))?;
    }
    let mut rows =
        connection.prepare("SELECT value, reason, source, created_at FROM suppression")?;
    let mut add = connection.prepare(
        "INSERT OR IGNORE INTO suppression_of_identity (key, cause, value, kind, reason, source, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let value: String = row.get(0)?;
        let (reason, source): (String, String) = (row.get(1)?, row.get(2)?);
        // "*@acme.example" was taken for an address once, and suppressed nobody.
        let named = Named::parse(&value).unwrap_or_else(|_| Named::Mailbox(MailboxKey::of(&value)));
        let kind = match &named {
            Named::Mailbox(_) => "address",
            Named::Domain(_) => "domain",
            // No version of that age took a firm.
            Named::Firm(_) => continue,
        };
        let cause = cause_of(&source, &reason);
        add.execute(params![
            named.as_str(),
            cause.as_str(),
            value,
            kind,
            reason,
            source,
            row.get::<_, i64>(3)?
        ])?;
    }
    connection.execute_batch(
        "DROP TABLE suppression;
         ALTER TABLE suppression_of_identity RENAME TO suppression;",
    )?;
    Ok(())
}

/// Tells why a suppression was set that was kept without a cause.
fn cause_of(source: &str, reason: &str) -> Cause {
    match (source, reason) {
        ("operator", _) => Cause::Operator,
        ("hubspot", _) => Cause::Erased,
        (_, "the address bounced") => Cause::Bounced,
        _ => Cause::OptedOut,
    }
}
