//! Drafts that lie in mailboxes, and what becomes of them there: sent by hand, changed, or deleted.

use jiff::Timestamp;

use super::executions::{ExecutionRow, listed};
use super::{ReadTx, Result, WriteTx};
use crate::domain::id::{ContactId, ExecutionId};

/// Drafts of one mailbox that are looked after, at most: the newest.
const MAX_DRAFTS: usize = 200;

/// Returns the executions whose draft was made in a mailbox since an instant and is not known to have left, oldest first.
///
/// # Errors
/// If the database cannot be read.
pub fn lying(tx: &ReadTx<'_>, transport: &str, since: Timestamp) -> Result<Vec<ExecutionRow>> {
    let mut rows = listed(
        tx,
        "status = 'drafted' AND settled_at > ?1 AND transport = ?2 ORDER BY settled_at DESC LIMIT ?3",
        (
            since.as_millisecond(),
            transport,
            i64::try_from(MAX_DRAFTS).unwrap_or(i64::MAX),
        ),
    )?;
    rows.reverse();
    Ok(rows)
}

/// What a draft had become when it left by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAs<'a> {
    /// Its subject.
    pub subject: &'a str,
    /// The recipient's address in lower case.
    pub to_key: &'a str,
    /// The person.
    pub contact: Option<ContactId>,
}

/// Notes as what a draft left that was sent by hand: limits count by whom it really went to.
///
/// # Errors
/// If SQLite refuses.
pub fn set_left_as(tx: &WriteTx<'_>, id: ExecutionId, left: &LeftAs<'_>) -> Result<()> {
    let domain = left
        .to_key
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain);
    tx.sql()
        .prepare_cached(
            "UPDATE execution SET subject = ?2, to_key = ?3, to_domain = ?4, contact_id = ?5 WHERE id = ?1",
        )?
        .execute((
            id.0,
            left.subject,
            left.to_key,
            domain,
            left.contact.map(|c| c.0),
        ))?;
    Ok(())
}
