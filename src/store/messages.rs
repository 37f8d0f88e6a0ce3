//! Mail that went out and came in, and the threads it forms.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant, word_or_none};
use crate::domain::email::MailClass;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::id::{ContactId, ExecutionId, MessageRowId, SignalId};

/// A message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MessageRow {
    /// True if it came in.
    pub inbound: bool,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// The number of the first message of its thread; 0 makes it the first of a new one.
    pub thread_id: i64,
    /// The contact it is with.
    pub contact_id: Option<ContactId>,
    /// The execution that sent it.
    pub execution_id: Option<ExecutionId>,
    /// The signal that it made.
    pub signal_id: Option<SignalId>,
    /// The sender's address.
    pub from_address: String,
    /// The recipient's address.
    pub to_address: String,
    /// The subject.
    pub subject: String,
    /// The subject without what replying added.
    pub base_subject: String,
    /// Its own date.
    pub sent_at: Timestamp,
    /// The Message-ID that it answers, with angle brackets.
    pub in_reply_to: String,
    /// The chain above it, oldest first, with spaces between.
    pub references: String,
    /// The text, without quotes and signature.
    pub text: String,
    /// Its class; none for one that went out.
    pub class: Option<MailClass>,
    /// Its label; none if it has none.
    pub label: Option<ReplyLabel>,
    /// Confidence in the label, 0..=1.
    pub confidence: f64,
    /// The mailbox that it was found in or left from.
    pub source: String,
    /// The file's name there.
    pub file: String,
    /// The provider's name for its thread; empty where it has none.
    pub remote_thread: String,
}

/// Stores a message; none if it was stored before.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn insert(tx: &WriteTx<'_>, message: &MessageRow) -> Result<Option<MessageRowId>> {
    let inserted = tx
        .sql()
        .prepare_cached(
            "INSERT INTO message (direction, message_id, thread_id, contact_id, execution_id, signal_id, from_address, to_address,
                 subject, base_subject, sent_at, in_reply_to, refs, text, class, label, confidence, source, file, remote_thread)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
             ON CONFLICT (message_id, direction) DO NOTHING",
        )?
        .execute(rusqlite::params![
            if message.inbound { "in" } else { "out" },
            message.message_id,
            message.thread_id,
            message.contact_id.map(|c| c.0),
            message.execution_id.map(|e| e.0),
            message.signal_id.map(|s| s.0),
            message.from_address,
            message.to_address,
            message.subject,
            message.base_subject,
            message.sent_at.as_millisecond(),
            message.in_reply_to,
            message.references,
            message.text,
            message.class.map_or("", MailClass::as_str),
            message.label.map_or("", ReplyLabel::as_str),
            message.confidence,
            message.source,
            message.file,
            message.remote_thread,
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let id = tx.sql().last_insert_rowid();
    if message.thread_id == 0 {
        tx.sql()
            .prepare_cached("UPDATE message SET thread_id = id WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(Some(MessageRowId(id)))
}

const COLUMNS: &str = "direction, message_id, thread_id, contact_id, execution_id, signal_id, from_address, to_address, subject, \
    base_subject, sent_at, in_reply_to, refs, text, class, label, confidence, source, file, remote_thread";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<MessageRow> {
    let text = |i| row.get_ref(i).and_then(|v| v.as_str().map_err(Into::into));
    Ok(MessageRow {
        inbound: row.get::<_, String>(0)? == "in",
        message_id: row.get(1)?,
        thread_id: row.get(2)?,
        contact_id: row.get::<_, Option<i64>>(3)?.map(ContactId),
        execution_id: row.get::<_, Option<i64>>(4)?.map(ExecutionId),
        signal_id: row.get::<_, Option<i64>>(5)?.map(SignalId),
        from_address: row.get(6)?,
        to_address: row.get(7)?,
        subject: row.get(8)?,
        base_subject: row.get(9)?,
        sent_at: instant(row.get(10)?),
        in_reply_to: row.get(11)?,
        references: row.get(12)?,
        text: row.get(13)?,
        class: word_or_none(text(14)?)?,
        label: word_or_none(text(15)?)?,
        confidence: row.get(16)?,
        source: row.get(17)?,
        file: row.get(18)?,
        remote_thread: row.get(19)?,
    })
}

/// Finds a message by its Message-ID, with angle brackets; one that went out before one that came in.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find(tx: &ReadTx<'_>, message_id: &str) -> Result<Option<MessageRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE message_id = ?1 ORDER BY direction DESC LIMIT 1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([message_id], from_row)
        .optional()?)
}

/// Returns the newest message of a provider's thread.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn in_remote_thread(tx: &ReadTx<'_>, thread: &str) -> Result<Option<MessageRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE remote_thread = ?1 AND remote_thread <> '' ORDER BY sent_at DESC, id DESC LIMIT 1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([thread], from_row)
        .optional()?)
}

/// Returns the texts that were sent in a thread, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn sent_in_thread(tx: &ReadTx<'_>, thread_id: i64, limit: usize) -> Result<Vec<String>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT text FROM message WHERE thread_id = ?1 AND direction = 'out' ORDER BY sent_at DESC, id DESC LIMIT ?2",
    )?;
    Ok(statement
        .query_map(
            (thread_id, i64::try_from(limit).unwrap_or(i64::MAX)),
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?)
}

/// Finds the message that a signal came from.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_signal(
    tx: &ReadTx<'_>,
    contact: ContactId,
    signal: SignalId,
) -> Result<Option<MessageRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM message WHERE contact_id = ?1 AND signal_id = ?2 LIMIT 1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((contact.0, signal.0), from_row)
        .optional()?)
}

/// Loads a message by its number.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: MessageRowId) -> Result<Option<MessageRow>> {
    let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], from_row)
        .optional()?)
}

/// Returns the messages with a contact, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_contact(tx: &ReadTx<'_>, contact: ContactId, limit: usize) -> Result<Vec<MessageRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE contact_id = ?1 ORDER BY sent_at DESC, id DESC LIMIT ?2"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map(
            (contact.0, i64::try_from(limit).unwrap_or(i64::MAX)),
            from_row,
        )?
        .collect::<rusqlite::Result<_>>()?)
}

/// Tells whether a message of ours to this contact has this base subject.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn sent_with_subject(tx: &ReadTx<'_>, contact: ContactId, base_subject: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM message WHERE contact_id = ?1 AND direction = 'out' AND base_subject = ?2 COLLATE NOCASE)",
        )?
        .query_row((contact.0, base_subject), |row| row.get(0))?)
}
