//! Drafts in the mailboxes, and their ends there: sent by hand, changed, or deleted.

use jiff::Timestamp;

use super::executions::{ExecutionRow, listed};
use super::{ReadTx, Result, WriteTx};
use crate::domain::by::By;
use crate::domain::email::MailboxKey;
use crate::domain::guard::Mode;
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::outbox::{SendClass, WaitsFor};

/// Drafts watched per mailbox at most: the newest.
const MAX_DRAFTS: usize = 200;

/// Returns the executions whose draft was made in a mailbox since an instant and is not known to be sent, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
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

/// A draft as it was when it was sent by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAs<'a> {
    /// Its subject.
    pub subject: &'a str,
    /// The recipient's address in lower case.
    pub to_key: &'a str,
    /// The person.
    pub contact: Option<ContactId>,
}

/// Notes a hand-sent draft's real subject and recipient: limits count by these.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_left_as(tx: &WriteTx<'_>, id: ExecutionId, left: &LeftAs<'_>) -> Result<()> {
    let domain = left
        .to_key
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain);
    tx.sql()
        .prepare_cached(
            "UPDATE execution SET subject = ?2, to_key = ?3, to_domain = ?4, contact_id = ?5, to_mailbox = ?6 WHERE id = ?1",
        )?
        .execute((
            id.0,
            left.subject,
            left.to_key,
            domain,
            left.contact.map(|c| c.0),
            MailboxKey::beside(left.to_key).as_ref().map(MailboxKey::as_str),
        ))?;
    Ok(())
}

/// A draft's execution as it is queued again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requeued {
    /// The mode of the new approval.
    pub mode: Mode,
    /// The approved content, as JSON.
    pub content: String,
    /// Its hash.
    pub content_hash: [u8; 32],
    /// Its subject.
    pub subject: String,
    /// Who consented.
    pub approved_by: By,
    /// When.
    pub approved_at: Timestamp,
    /// End of the approval.
    pub approval_expires_at: Timestamp,
    /// Instant before which nothing is tried.
    pub not_before: Timestamp,
    /// The wait that ends at `not_before`.
    pub waits_for: WaitsFor,
    /// The kind of send: reply, follow-up or first touch.
    pub class: SendClass,
}

/// Queues an execution whose draft lies in its mailbox; returns true if it still was a draft. The draft's place stays noted.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn queue_again(tx: &WriteTx<'_>, id: ExecutionId, anew: &Requeued) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = 'queued', ended = '', mode = ?2, content = ?3, content_hash = ?4, subject = ?5, approved_by = ?6,
                 approved_at = ?7, approval_expires_at = ?8, not_before = ?9, waits_for = ?10, send_class = ?11, holder = '',
                 settled_at = NULL, check_at = NULL, asks = 0, tries = 0, error = ''
             WHERE id = ?1 AND status = 'drafted'",
        )?
        .execute(rusqlite::params![
            id.0,
            anew.mode.as_str(),
            anew.content,
            anew.content_hash,
            anew.subject,
            anew.approved_by.to_string(),
            anew.approved_at.as_millisecond(),
            anew.approval_expires_at.as_millisecond(),
            anew.not_before.as_millisecond(),
            anew.waits_for.as_str(),
            anew.class.as_str(),
        ])?
        > 0)
}

/// Makes an execution that was `from` a draft again, where it was; returns true if it still was `from`.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn put_back(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = 'drafted', ended = 'done', mode = 'draft', error = ?3, settled_at = ?4, holder = '', check_at = NULL, asks = 0
             WHERE id = ?1 AND status = ?2 AND location <> ''",
        )?
        .execute((row.id.0, row.status.as_str(), reason, now.as_millisecond()))?
        > 0)
}

/// Takes over the content found in a draft; returns true if it still was a draft.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn adopt(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    content: &str,
    hash: [u8; 32],
    subject: &str,
    rendered: &[u8],
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET content = ?2, content_hash = ?3, subject = ?4, rendered = ?5 WHERE id = ?1 AND status = 'drafted'",
        )?
        .execute((id.0, content, hash, subject, rendered))?
        > 0)
}
