//! Executions: the outbox. A row is committed as `sending` before a byte leaves.

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use super::{ReadTx, Result, WriteTx, instant, sends, word};
use crate::domain::action::ActionKind;
use crate::domain::audit::hex;
use crate::domain::by::By;
use crate::domain::effect::{EffectKind, Ended, Origin};
use crate::domain::email::address::firm_domain;
use crate::domain::email::{DomainKey, MailboxKey};
use crate::domain::guard::{GuardKind, Mode, Verdict};
use crate::domain::id::{ContactId, ExecutionId, MoveId};
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::domain::trail::{ExecutionState, route};
use crate::domain::words::words;

words! {
    /// The status of an execution.
    pub enum ExecutionStatus ("an execution's status") {
        /// Approved; waits for its turn.
        Queued = "queued",
        /// Claimed; it may have left.
        Sending = "sending",
        /// Delivered to the mailbox, the calendar or HubSpot.
        Sent = "sent",
        /// A draft of it lies in the Drafts folder.
        Drafted = "drafted",
        /// Not sent, and not tried again.
        Failed = "failed",
        /// Sent or not: nobody knows yet.
        Uncertain = "uncertain",
        /// Taken back before it was sent.
        Cancelled = "cancelled",
    }
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRow {
    /// The row's id; 0 before it is stored.
    pub id: ExecutionId,
    /// Its origin.
    pub origin: Origin,
    /// The move that asked for it; none for a wish of its own.
    pub move_id: Option<MoveId>,
    /// The execution that it takes back.
    pub undoes: Option<ExecutionId>,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The action.
    pub action: ActionKind,
    /// The means: mail, a calendar, or records.
    pub kind: EffectKind,
    /// The idempotency key: same key, same effect.
    pub idempotency_key: String,
    /// The effect's name: no two rows that live have the same. Empty where the same may be asked for again.
    pub once: String,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// Its end, beside the status.
    pub ended: Ended,
    /// What approval meant when it was given.
    pub mode: Mode,
    /// The mailbox or service that it leaves through.
    pub transport: String,
    /// The recipient's address in lower case; empty if it goes to nobody.
    pub to_key: String,
    /// The recipient's domain.
    pub to_domain: String,
    /// The subject.
    pub subject: String,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// Our own name for it on the other side, under which it is looked up; empty where the Message-ID is that.
    pub mark: String,
    /// The hash of what was approved.
    pub content_hash: [u8; 32],
    /// The approved content, as JSON.
    pub content: String,
    /// The content that was carried out in the end, where a look just before changed it.
    pub carried: String,
    /// The other side's name for what came of it.
    pub remote_id: String,
    /// Who consented.
    pub approved_by: By,
    /// When.
    pub approved_at: Timestamp,
    /// End of the approval.
    pub approval_expires_at: Timestamp,
    /// Instant before which nothing is tried.
    pub not_before: Timestamp,
    /// The process that claimed it.
    pub holder: String,
    /// Instant of the last claim.
    pub claimed_at: Option<Timestamp>,
    /// Instant at which it ended.
    pub settled_at: Option<Timestamp>,
    /// Number of tries.
    pub tries: i64,
    /// Place of the message; of one that has not ended, place of its draft.
    pub location: String,
    /// The last error; empty if none.
    pub error: String,
    /// True if the message lay ready on disk at the claim.
    pub is_staged: bool,
    /// The kind of send: reply, follow-up or first touch.
    pub class: SendClass,
    /// The wait that ends at `not_before`.
    pub waits_for: WaitsFor,
    /// Instant at which the guard that held it, or the provider that did not know it, is asked again.
    pub check_at: Option<Timestamp>,
    /// Number of times the provider did not know the message.
    pub asks: i64,
}

impl ExecutionRow {
    /// Tells whether it may still leave or may have left: nothing else may be done with its move meanwhile.
    #[must_use]
    pub const fn is_underway(&self) -> bool {
        matches!(
            self.status,
            ExecutionStatus::Queued | ExecutionStatus::Sending | ExecutionStatus::Uncertain
        )
    }

    /// Returns its state as the audit trail notes it.
    #[must_use]
    pub fn state(&self) -> ExecutionState {
        ExecutionState {
            status: self.status.to_string(),
            ended: self.ended.to_string(),
            mode: self.mode.to_string(),
            content: hex(&self.content_hash),
            by: self.approved_by.to_string(),
            until_ms: self.approval_expires_at.as_millisecond(),
            route: Some(route(
                &self.to_key,
                self.contact_id.map(|contact| contact.0),
                &self.transport,
                self.class.as_str(),
            )),
        }
    }

    /// Tells whether it is carried out from a draft that lies in its mailbox.
    #[must_use]
    pub const fn is_of_draft(&self) -> bool {
        self.is_underway() && !self.location.is_empty()
    }
}

const COLUMNS: &str = "id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain, subject, \
    message_id, content_hash, content, approved_by, approved_at, approval_expires_at, not_before, holder, claimed_at, settled_at, \
    tries, location, error, is_staged, send_class, waits_for, check_at, asks, kind, origin, undoes, once, ended, mark, carried, remote_id";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ExecutionRow> {
    let text = |i| row.get::<_, String>(i);
    let at = |i| row.get::<_, i64>(i).map(instant);
    let maybe_at = |i| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.map(instant));
    Ok(ExecutionRow {
        id: ExecutionId(row.get(0)?),
        move_id: row.get::<_, Option<i64>>(1)?.map(MoveId),
        contact_id: row.get::<_, Option<i64>>(2)?.map(ContactId),
        action: word(&text(3)?)?,
        idempotency_key: row.get(4)?,
        status: word(&text(5)?)?,
        mode: word(&text(6)?)?,
        transport: row.get(7)?,
        to_key: row.get(8)?,
        to_domain: row.get(9)?,
        subject: row.get(10)?,
        message_id: row.get(11)?,
        content_hash: row.get(12)?,
        content: row.get(13)?,
        approved_by: word(&text(14)?)?,
        approved_at: at(15)?,
        approval_expires_at: at(16)?,
        not_before: at(17)?,
        holder: row.get(18)?,
        claimed_at: maybe_at(19)?,
        settled_at: maybe_at(20)?,
        tries: row.get(21)?,
        location: row.get(22)?,
        error: row.get(23)?,
        is_staged: row.get(24)?,
        class: word(&text(25)?)?,
        waits_for: word(&text(26)?)?,
        check_at: maybe_at(27)?,
        asks: row.get(28)?,
        kind: word(&text(29)?)?,
        origin: word(&text(30)?)?,
        undoes: row.get::<_, Option<i64>>(31)?.map(ExecutionId),
        once: row.get(32)?,
        ended: word(&text(33)?)?,
        mark: row.get(34)?,
        carried: row.get(35)?,
        remote_id: row.get(36)?,
    })
}

/// Returns the id that the next execution will have, for what is made from it.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn next_id(tx: &ReadTx<'_>) -> Result<ExecutionId> {
    let last: Option<i64> = tx
        .sql()
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'execution'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(ExecutionId(last.unwrap_or(0) + 1))
}

/// Stores a queued execution under the id that [`next_id`] gave.
///
/// # Errors
/// Fails if SQLite refuses; a second one with the same idempotency key is refused.
pub fn insert(tx: &WriteTx<'_>, row: &ExecutionRow) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO execution (id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain,
                 subject, message_id, content_hash, content, approved_by, approved_at, approval_expires_at, not_before,
                 send_class, waits_for, kind, origin, undoes, once, mark, to_mailbox)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)",
        )?
        .execute(rusqlite::params![
            row.id.0,
            row.move_id.map(|m| m.0),
            row.contact_id.map(|c| c.0),
            row.action.as_str(),
            row.idempotency_key,
            row.status.as_str(),
            row.mode.as_str(),
            row.transport,
            row.to_key,
            row.to_domain,
            row.subject,
            row.message_id,
            row.content_hash,
            row.content,
            row.approved_by.to_string(),
            row.approved_at.as_millisecond(),
            row.approval_expires_at.as_millisecond(),
            row.not_before.as_millisecond(),
            row.class.as_str(),
            row.waits_for.as_str(),
            row.kind.as_str(),
            row.origin.as_str(),
            row.undoes.map(|e| e.0),
            row.once,
            row.mark,
            MailboxKey::beside(&row.to_key).as_ref().map(MailboxKey::as_str),
        ])?;
    Ok(())
}

/// Loads an execution.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Option<ExecutionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM execution WHERE id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], from_row)
        .optional()?)
}

/// Returns a move's executions, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_move(tx: &ReadTx<'_>, id: MoveId) -> Result<Vec<ExecutionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM execution WHERE move_id = ?1 ORDER BY id DESC");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([id.0], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the executions that meet an SQL condition of this room.
pub(super) fn listed(
    tx: &ReadTx<'_>,
    condition: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<ExecutionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM execution WHERE {condition}");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map(values, from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the executions in a state that waits for something, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn waiting(tx: &ReadTx<'_>, status: ExecutionStatus) -> Result<Vec<ExecutionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE status = ?1 AND status IN ('queued', 'sending', 'uncertain') ORDER BY id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([status.as_str()], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the queued executions that can still be canceled, the first to leave first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn in_undo_window(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<ExecutionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM execution
         WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain') AND waits_for = 'undo_window' AND not_before > ?1
         ORDER BY not_before, id LIMIT 50"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([now.as_millisecond()], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the expected send times of the queued live messages that rank before a class, unless their approval ends earlier.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn ready_before(tx: &ReadTx<'_>, class: SendClass, now: Timestamp) -> Result<Vec<Timestamp>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT max(not_before, coalesce(check_at, 0)) AS ready FROM execution
         WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain') AND mode = 'live' AND kind = 'mail' AND approval_expires_at > max(not_before, coalesce(check_at, 0), ?2)
           AND (send_class = 'reply' OR (?1 = 'first_touch' AND send_class = 'follow_up'))",
    )?;
    Ok(statement
        .query_map((class.as_str(), now.as_millisecond()), |row| {
            row.get(0).map(instant)
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Counts the executions that are queued.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn count_queued(tx: &ReadTx<'_>) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM execution WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain')")?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Claims a queued execution: from here on it may have left. Returns true if it was still queued.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn claim(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    holder: &str,
    rendered: &[u8],
    is_staged: bool,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = 'sending', holder = ?2, rendered = ?3, claimed_at = ?4, is_staged = ?5, tries = tries + 1,
                 check_at = NULL, asks = 0
             WHERE id = ?1 AND status = 'queued'",
        )?
        .execute((id.0, holder, rendered, now.as_millisecond(), is_staged))?
        > 0)
}

/// Returns the message of a claimed execution, as rendered.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn rendered(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Vec<u8>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT coalesce(rendered, x'') FROM execution WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?)
}

/// Returns the SHA-256 of exactly what an execution let out, or was to.
///
/// # Errors
/// If the database cannot be read.
pub fn rendered_hash(tx: &ReadTx<'_>, id: ExecutionId) -> Result<[u8; 32]> {
    Ok(Sha256::digest(rendered(tx, id)?).into())
}

/// The end of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End<'a> {
    /// Its new status.
    pub to: ExecutionStatus,
    /// Its end.
    pub ended: Ended,
    /// The place of what came of it; empty for none.
    pub location: &'a str,
    /// The sentence for the operator.
    pub because: &'a str,
}

/// Ends an execution that was `from`; returns whether it still was.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn settle(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    from: ExecutionStatus,
    end: End<'_>,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = ?3, location = ?4, error = ?5, settled_at = ?6, holder = '', ended = ?7 WHERE id = ?1 AND status = ?2",
        )?
        .execute((
            id.0,
            from.as_str(),
            end.to.as_str(),
            end.location,
            end.because,
            now.as_millisecond(),
            end.ended.as_str(),
        ))?
        > 0)
}

/// Keeps the content that is carried out in the end, before it is.
///
/// # Errors
/// If SQLite refuses.
pub fn set_carried(tx: &WriteTx<'_>, id: ExecutionId, carried: &str) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET carried = ?2 WHERE id = ?1")?
        .execute((id.0, carried))?;
    Ok(())
}

/// Keeps the other side's name for what came of an execution.
///
/// # Errors
/// If SQLite refuses.
pub fn set_remote(tx: &WriteTx<'_>, id: ExecutionId, remote: &str) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET remote_id = ?2 WHERE id = ?1 AND ?2 <> ''")?
        .execute((id.0, remote))?;
    Ok(())
}

/// Gives the effect of an execution another name, or none, so that the same may be asked for again.
///
/// # Errors
/// If SQLite refuses.
pub fn set_once(tx: &WriteTx<'_>, id: ExecutionId, once: &str) -> Result<()> {
    // A name that another effect has since stays with that one.
    tx.sql()
        .prepare_cached("UPDATE OR IGNORE execution SET once = ?2 WHERE id = ?1")?
        .execute((id.0, once))?;
    Ok(())
}

/// Finds the execution that lives under an effect's name.
///
/// # Errors
/// If the database cannot be read.
pub fn by_once(tx: &ReadTx<'_>, once: &str) -> Result<Option<ExecutionRow>> {
    if once.is_empty() {
        return Ok(None);
    }
    let found = listed(
        tx,
        "once = ?1 AND once <> '' AND status NOT IN ('failed', 'cancelled')",
        [once],
    )?;
    Ok(found.into_iter().next())
}

/// Finds the newest execution that takes another one back.
///
/// # Errors
/// If the database cannot be read.
pub fn newest_undoing(tx: &ReadTx<'_>, of: ExecutionId) -> Result<Option<ExecutionRow>> {
    let found = listed(
        tx,
        "undoes = ?1 AND undoes IS NOT NULL ORDER BY id DESC LIMIT 1",
        [of.0],
    )?;
    Ok(found.into_iter().next())
}

/// Returns the executions about a person's record that we call so on the other side.
///
/// # Errors
/// If the database cannot be read.
pub fn by_mark(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    mark: &str,
) -> Result<Vec<ExecutionId>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT id FROM execution WHERE contact_id IS ?1 AND mark = ?2")?;
    Ok(statement
        .query_map((contact.map(|c| c.0), mark), |row| {
            row.get(0).map(ExecutionId)
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns what was written since an instant to the record at a location, oldest first.
///
/// # Errors
/// If the database cannot be read.
pub fn written_since(
    tx: &ReadTx<'_>,
    location: &str,
    since: Timestamp,
) -> Result<Vec<ExecutionRow>> {
    listed(
        tx,
        "kind = 'record' AND status = 'sent' AND location = ?1 AND settled_at >= ?2 ORDER BY settled_at, id",
        (location, since.as_millisecond()),
    )
}

/// Finds an execution by its idempotency key.
///
/// # Errors
/// If the database cannot be read.
pub fn by_key(tx: &ReadTx<'_>, key: &str) -> Result<Option<ExecutionRow>> {
    Ok(listed(tx, "idempotency_key = ?1", [key])?
        .into_iter()
        .next())
}

/// Returns the executions of a carrier that are not settled, oldest first.
///
/// # Errors
/// If the database cannot be read.
pub fn waiting_through(tx: &ReadTx<'_>, transport: &str) -> Result<Vec<ExecutionRow>> {
    listed(
        tx,
        "status IN ('queued', 'sending', 'uncertain') AND transport = ?1 ORDER BY id",
        [transport],
    )
}

/// Notes what held a queued execution back, and when that is asked again.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn note_held(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    reason: &str,
    check_at: Option<Timestamp>,
) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET error = ?2, check_at = ?3 WHERE id = ?1")?
        .execute((id.0, reason, check_at.map(Timestamp::as_millisecond)))?;
    Ok(())
}

/// Puts an execution that was `from` and has not left back into the queue; returns true if it still was.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn requeue(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    from: ExecutionStatus,
    reason: &str,
    wait: Option<(Timestamp, WaitsFor)>,
) -> Result<bool> {
    let (not_before, waits_for) = match wait {
        Some((at, what)) => (Some(at.as_millisecond()), Some(what.as_str())),
        None => (None, None),
    };
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = 'queued', ended = '', holder = '', settled_at = NULL, check_at = NULL, asks = 0, error = ?3,
                 not_before = coalesce(?4, not_before), waits_for = coalesce(?5, waits_for)
             WHERE id = ?1 AND status = ?2",
        )?
        .execute((id.0, from.as_str(), reason, not_before, waits_for))?
        > 0)
}

/// Takes back a try that broke off before anything could leave.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn uncount_try(tx: &WriteTx<'_>, id: ExecutionId) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET tries = max(tries - 1, 0) WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Starts a message's tries over with an approval that holds until `expires`. `earlier`: the tries that may have been heard.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn renew(tx: &WriteTx<'_>, id: ExecutionId, expires: Timestamp, earlier: i64) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET tries = ?3, approval_expires_at = ?2 WHERE id = ?1")?
        .execute((id.0, expires.as_millisecond(), earlier))?;
    Ok(())
}

/// Marks an execution that was `from` as uncertain, with the instant to ask the provider again; returns true if it still was.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn doubt(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    from: ExecutionStatus,
    reason: &str,
    check_at: Timestamp,
    asks: i64,
) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = 'uncertain', holder = '', error = ?3, check_at = ?4, asks = ?5 WHERE id = ?1 AND status = ?2",
        )?
        .execute((id.0, from.as_str(), reason, check_at.as_millisecond(), asks))?
        > 0)
}

/// Makes every queued message due for another look: its hold was lifted.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn ask_anew(tx: &WriteTx<'_>) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET check_at = NULL WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain')")?
        .execute([])?;
    Ok(())
}

/// Returns the next instant at which a message of the outbox needs a look: to send it, or to ask its provider.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn next_due(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    let at: Option<i64> = tx
        .sql()
        .prepare_cached(
            "SELECT min(CASE status WHEN 'queued' THEN max(not_before, coalesce(check_at, 0)) ELSE coalesce(check_at, 0) END)
             FROM execution WHERE status IN ('queued', 'sending', 'uncertain') AND status <> 'sending'",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(instant))
}

/// Counts the live messages being sent through a mailbox.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn count_sending(tx: &ReadTx<'_>, transport: &str) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached(
            "SELECT count(*) FROM execution
             WHERE status = 'sending' AND status IN ('queued', 'sending', 'uncertain') AND transport = ?1 AND mode = 'live'",
        )?
        .query_row([transport], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Returns failed messages whose move still waits for the operator, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn dead(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<ExecutionRow>> {
    // If the move went on since, the failure is history.
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE status = 'failed'
         AND (move_id IS NULL OR EXISTS (SELECT 1 FROM move m WHERE m.id = execution.move_id AND m.status IN ('open', 'snoozed')))
         AND NOT EXISTS (SELECT 1 FROM execution later WHERE later.move_id = execution.move_id AND later.id > execution.id)
         ORDER BY settled_at DESC LIMIT ?1"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Stores the guards' answers of one phase, in place of earlier ones.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save_verdicts(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    phase: &str,
    verdicts: &[Verdict],
) -> Result<()> {
    let mut statement = tx.sql().prepare_cached(
        "INSERT INTO verdict (execution_id, phase, position, guard, passed, detail, clears_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET guard = excluded.guard, passed = excluded.passed, detail = excluded.detail,
             clears_at = excluded.clears_at",
    )?;
    for (position, v) in (1_i64..).zip(verdicts) {
        let clears = v.clears_at.map(Timestamp::as_millisecond);
        statement.execute((
            id.0,
            phase,
            position,
            v.guard.as_str(),
            v.passed,
            &v.detail,
            clears,
        ))?;
    }
    Ok(())
}

/// Returns the guards' last stored answers: of the claim, else of the approval.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn verdicts(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Vec<Verdict>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT guard, passed, detail, clears_at FROM verdict WHERE execution_id = ?1
         AND phase = (SELECT max(phase) FROM verdict WHERE execution_id = ?1) ORDER BY position",
    )?;
    let rows = statement.query_map([id.0], |row| {
        Ok(Verdict {
            guard: word::<GuardKind>(&row.get::<_, String>(0)?)?,
            passed: row.get(1)?,
            detail: row.get(2)?,
            clears_at: row.get::<_, Option<i64>>(3)?.map(instant),
            waits_for: None,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Instants of sends, for the limits. Executions that are being sent count as sent: they may have left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendTimes {
    /// In the last 7 days.
    pub all: Vec<Timestamp>,
    /// Of these, to the contact.
    pub to_contact: Vec<Timestamp>,
    /// Of these, to the domain.
    pub to_domain: Vec<Timestamp>,
    /// The first mail that ever left.
    pub first: Option<Timestamp>,
}

/// Reads the sends of the last 7 days; `is_theirs` picks those to the person.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn send_times(
    tx: &ReadTx<'_>,
    is_theirs: impl Fn(Option<ContactId>, &str) -> bool,
    firm: Option<&DomainKey>,
    now: Timestamp,
) -> Result<SendTimes> {
    let mut times = SendTimes::default();
    for sent in sends::of_week(tx, now)? {
        times.all.push(sent.at);
        if is_theirs(sent.contact, &sent.to_key) {
            times.to_contact.push(sent.at);
        }
        let theirs = || firm_domain(&MailboxKey::of(&sent.to_key).domain());
        if firm.is_some_and(|firm| theirs().as_ref() == Some(firm)) {
            times.to_domain.push(sent.at);
        }
    }
    times.first = first_sent(tx, now)?;
    Ok(times)
}

/// Returns the instant of the first mail ever sent, but for what is dated ahead.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn first_sent(tx: &ReadTx<'_>, now: Timestamp) -> Result<Option<Timestamp>> {
    let at: Option<i64> = tx
        .sql()
        .prepare_cached(
            "SELECT min(settled_at) FROM execution WHERE status = 'sent' AND kind = 'mail' AND settled_at <= ?1",
        )?
        .query_row([sends::counted_until(now)], |row| row.get(0))?;
    Ok(at.map(instant))
}

/// Sends, bounces and spam reports since an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailHealth {
    /// Sends.
    pub sent: Vec<Timestamp>,
    /// Bounces.
    pub bounced: Vec<Timestamp>,
    /// Reports of spam.
    pub reported: Vec<Timestamp>,
}

/// Reads the sends, bounces and spam reports since an instant, but for what is dated ahead.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn mail_health(tx: &ReadTx<'_>, since: Timestamp, now: Timestamp) -> Result<MailHealth> {
    let times = |sql: &str| -> Result<Vec<Timestamp>> {
        let mut statement = tx.sql().prepare_cached(sql)?;
        Ok(statement
            .query_map([since.as_millisecond(), sends::counted_until(now)], |row| {
                row.get(0).map(instant)
            })?
            .collect::<rusqlite::Result<_>>()?)
    };
    Ok(MailHealth {
        sent: times("SELECT settled_at FROM execution WHERE status = 'sent' AND settled_at > ?1 AND settled_at <= ?2 AND kind = 'mail' ORDER BY settled_at")?,
        bounced: times(
            "SELECT occurred_at FROM outcome WHERE occurred_at > ?1 AND occurred_at <= ?2 AND kind = 'email_bounced' AND undone_at IS NULL ORDER BY occurred_at",
        )?,
        reported: times(
            "SELECT sent_at FROM message
             WHERE sent_at > ?1 AND sent_at <= ?2 AND direction = 'in' AND class = 'opt_out' AND label = 'complaint' ORDER BY sent_at",
        )?,
    })
}

/// Counts the mails sent in the last 24 hours.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn sent_today(tx: &ReadTx<'_>, now: Timestamp) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM execution WHERE status = 'sent' AND settled_at > ?1 AND settled_at <= ?2 AND kind = 'mail'")?
        .query_row([now.as_millisecond() - 86_400_000, sends::counted_until(now)], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Sets the instant from which silence after a sent mail counts; none means never.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_silence(tx: &WriteTx<'_>, id: ExecutionId, at: Option<Timestamp>) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET silence_at = ?2 WHERE id = ?1")?
        .execute((id.0, at.map(Timestamp::as_millisecond)))?;
    Ok(())
}

/// Moves every awaited silence on by the length of a pause.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn shift_silence(tx: &WriteTx<'_>, since: Timestamp, until: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE execution SET silence_at = silence_at + max(0, ?2 - max(?1, coalesce(settled_at, ?1)))
             WHERE silence_at IS NOT NULL AND answered_at IS NULL AND silence_at > ?1",
        )?
        .execute((since.as_millisecond(), until.as_millisecond()))?;
    Ok(())
}

/// Notes that a contact answered: no earlier mail waits for an answer any more.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn mark_answered(tx: &WriteTx<'_>, contact: ContactId, at: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE execution SET answered_at = ?2 WHERE contact_id = ?1 AND status = 'sent' AND answered_at IS NULL AND settled_at <= ?2",
        )?
        .execute((contact.0, at.as_millisecond()))?;
    Ok(())
}

/// Returns the sent executions whose wait for an answer is over.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn silent(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<ExecutionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE silence_at IS NOT NULL AND answered_at IS NULL AND silence_at <= ?1 ORDER BY silence_at, id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([now.as_millisecond()], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Counts the mails sent to a contact since their last answer.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn unanswered(tx: &ReadTx<'_>, contact: ContactId) -> Result<i64> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT count(*) FROM execution WHERE contact_id = ?1 AND status = 'sent' AND answered_at IS NULL AND kind = 'mail'")?
        .query_row([contact.0], |row| row.get(0))?)
}

/// Finds the execution that an event about a contact is best attributed to: the last one that reached them before it, within a window.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn cause(
    tx: &ReadTx<'_>,
    contact: ContactId,
    at: Timestamp,
    window_days: i64,
) -> Result<Option<ExecutionRow>> {
    let at = at.as_millisecond();
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE contact_id = ?1 AND status = 'sent' AND settled_at BETWEEN ?2 AND ?3 AND to_key <> ''
         ORDER BY settled_at DESC, id DESC LIMIT 1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((contact.0, at - window_days * 86_400_000, at), from_row)
        .optional()?)
}

/// Finds the execution that sent a message, by our Message-ID or by the one that the provider put in its place.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn by_message_id(tx: &ReadTx<'_>, message_id: &str) -> Result<Option<ExecutionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE message_id = ?1
         OR id IN (SELECT execution_id FROM remote_message WHERE message_id = ?1 AND message_id <> '') LIMIT 1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([message_id], from_row)
        .optional()?)
}

/// Tells whether a mail was ever sent to a contact.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn has_written_to(tx: &ReadTx<'_>, contact: ContactId) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM execution WHERE contact_id = ?1 AND status = 'sent' AND kind = 'mail')",
        )?
        .query_row([contact.0], |row| row.get(0))?)
}

/// The mail that was sent to a mailbox, or put among the drafts.
const SENT_TO: &str = "FROM execution WHERE status IN ('sent', 'drafted') AND kind = 'mail'
     AND ((to_key = ?1 AND to_mailbox IS NULL) OR to_mailbox = ?1)";

/// Tells whether a mail was sent to a mailbox under whichever spelling, or put among the drafts, between two instants.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn has_sent_to_between(
    tx: &ReadTx<'_>,
    to: &MailboxKey,
    from: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 {SENT_TO} AND settled_at BETWEEN ?2 AND ?3)");
    Ok(tx.sql().prepare_cached(&sql)?.query_row(
        (to.as_str(), from.as_millisecond(), until.as_millisecond()),
        |row| row.get(0),
    )?)
}

/// Tells whether a mail was ever sent to a mailbox under whichever spelling, or put among the drafts.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn has_sent_to(tx: &ReadTx<'_>, to: &MailboxKey) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 {SENT_TO})");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([to.as_str()], |row| row.get(0))?)
}
