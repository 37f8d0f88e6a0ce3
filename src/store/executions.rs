//! Executions: the outbox. A row is committed as `sending` before a byte leaves.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant, sends, word};
use crate::domain::action::ActionKind;
use crate::domain::guard::{EffectKind, GuardKind, Mode, Verdict};
use crate::domain::id::{ContactId, ExecutionId, MoveId};
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::domain::words::words;

words! {
    /// Where an execution stands.
    pub enum ExecutionStatus ("an execution's status") {
        /// Approved; waits for its turn.
        Queued = "queued",
        /// Claimed; it may have left.
        Sending = "sending",
        /// It left.
        Sent = "sent",
        /// A draft of it lies in the Drafts folder.
        Drafted = "drafted",
        /// It did not leave and is not tried again.
        Failed = "failed",
        /// Nobody knows yet whether it left.
        Uncertain = "uncertain",
        /// It was taken back before it left.
        Cancelled = "cancelled",
    }
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRow {
    /// The row's id; 0 before it is stored.
    pub id: ExecutionId,
    /// The move.
    pub move_id: MoveId,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// What is carried out.
    pub action: ActionKind,
    /// Through what: mail, a calendar, or records.
    pub kind: EffectKind,
    /// Same key, same effect.
    pub idempotency_key: String,
    /// Where it stands.
    pub status: ExecutionStatus,
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
    /// The hash of what was approved.
    pub content_hash: [u8; 32],
    /// What was approved, as JSON.
    pub content: String,
    /// Who consented.
    pub approved_by: String,
    /// When.
    pub approved_at: Timestamp,
    /// Until when the consent holds.
    pub approval_expires_at: Timestamp,
    /// Nothing is tried before.
    pub not_before: Timestamp,
    /// The process that claimed it.
    pub holder: String,
    /// When it was claimed.
    pub claimed_at: Option<Timestamp>,
    /// When it ended.
    pub settled_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: i64,
    /// Where the message lies; of one that has not ended, where a draft of it lies.
    pub location: String,
    /// What went wrong last.
    pub error: String,
    /// Whether the message lay ready on disk when it was claimed.
    pub is_staged: bool,
    /// What it is to the person whom it goes to.
    pub class: SendClass,
    /// What `not_before` is the end of.
    pub waits_for: WaitsFor,
    /// When what held it, or the provider that did not know of it, is asked again.
    pub check_at: Option<Timestamp>,
    /// How often the provider said that it does not know the message.
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

    /// Tells whether it is carried out from a draft that lies in its mailbox.
    #[must_use]
    pub const fn is_of_draft(&self) -> bool {
        matches!(self.kind, EffectKind::Mail) && self.is_underway() && !self.location.is_empty()
    }
}

const COLUMNS: &str = "id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain, subject, \
    message_id, content_hash, content, approved_by, approved_at, approval_expires_at, not_before, holder, claimed_at, settled_at, \
    tries, location, error, is_staged, send_class, waits_for, check_at, asks, kind";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ExecutionRow> {
    Ok(ExecutionRow {
        id: ExecutionId(row.get(0)?),
        move_id: MoveId(row.get(1)?),
        contact_id: row.get::<_, Option<i64>>(2)?.map(ContactId),
        action: word(&row.get::<_, String>(3)?)?,
        idempotency_key: row.get(4)?,
        status: word(&row.get::<_, String>(5)?)?,
        mode: word(&row.get::<_, String>(6)?)?,
        transport: row.get(7)?,
        to_key: row.get(8)?,
        to_domain: row.get(9)?,
        subject: row.get(10)?,
        message_id: row.get(11)?,
        content_hash: row.get(12)?,
        content: row.get(13)?,
        approved_by: row.get(14)?,
        approved_at: instant(row.get(15)?),
        approval_expires_at: instant(row.get(16)?),
        not_before: instant(row.get(17)?),
        holder: row.get(18)?,
        claimed_at: row.get::<_, Option<i64>>(19)?.map(instant),
        settled_at: row.get::<_, Option<i64>>(20)?.map(instant),
        tries: row.get(21)?,
        location: row.get(22)?,
        error: row.get(23)?,
        is_staged: row.get(24)?,
        class: word(&row.get::<_, String>(25)?)?,
        waits_for: word(&row.get::<_, String>(26)?)?,
        check_at: row.get::<_, Option<i64>>(27)?.map(instant),
        asks: row.get(28)?,
        kind: word(&row.get::<_, String>(29)?)?,
    })
}

/// Returns the id that the next execution will have, for what is made from it.
///
/// # Errors
/// If the database cannot be read.
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
/// If SQLite refuses; a second one with the same idempotency key is refused.
pub fn insert(tx: &WriteTx<'_>, row: &ExecutionRow) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO execution (id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain,
                 subject, message_id, content_hash, content, approved_by, approved_at, approval_expires_at, not_before,
                 send_class, waits_for, kind)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(rusqlite::params![
            row.id.0,
            row.move_id.0,
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
            row.approved_by,
            row.approved_at.as_millisecond(),
            row.approval_expires_at.as_millisecond(),
            row.not_before.as_millisecond(),
            row.class.as_str(),
            row.waits_for.as_str(),
            row.kind.as_str(),
        ])?;
    Ok(())
}

/// Loads an execution.
///
/// # Errors
/// If the database cannot be read.
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
/// If the database cannot be read.
pub fn of_move(tx: &ReadTx<'_>, id: MoveId) -> Result<Vec<ExecutionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM execution WHERE move_id = ?1 ORDER BY id DESC");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([id.0], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the executions that fit a condition of this room's own.
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
/// If the database cannot be read.
pub fn waiting(tx: &ReadTx<'_>, status: ExecutionStatus) -> Result<Vec<ExecutionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE status = ?1 AND status IN ('queued', 'sending', 'uncertain') ORDER BY id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([status.as_str()], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the queued executions that can still be taken back before they leave, the first to leave first.
///
/// # Errors
/// If the database cannot be read.
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

/// Returns when the queued live messages that come before one of a class can leave, as far as that is known, if their consent holds until then.
///
/// # Errors
/// If the database cannot be read.
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
/// If the database cannot be read.
pub fn count_queued(tx: &ReadTx<'_>) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM execution WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain')")?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Claims a queued execution: from here on it may have left. Returns whether it was still queued.
///
/// # Errors
/// If SQLite refuses.
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

/// Returns the message of a claimed execution as it was to leave.
///
/// # Errors
/// If the database cannot be read.
pub fn rendered(tx: &ReadTx<'_>, id: ExecutionId) -> Result<Vec<u8>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT coalesce(rendered, x'') FROM execution WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?)
}

/// Ends an execution that was `from`; returns whether it still was.
///
/// # Errors
/// If SQLite refuses.
pub fn settle(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    from: ExecutionStatus,
    to: ExecutionStatus,
    result: (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let (location, error) = result;
    let ended = !matches!(
        to,
        ExecutionStatus::Queued | ExecutionStatus::Sending | ExecutionStatus::Uncertain
    );
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE execution SET status = ?3, location = ?4, error = ?5, settled_at = ?6, holder = '' WHERE id = ?1 AND status = ?2",
        )?
        .execute((id.0, from.as_str(), to.as_str(), location, error, ended.then(|| now.as_millisecond())))?
        > 0)
}

/// Notes what held a queued execution back, and when that is asked again.
///
/// # Errors
/// If SQLite refuses.
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

/// Puts an execution that was `from` and has not left back into the queue; returns whether it still was.
///
/// # Errors
/// If SQLite refuses.
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
            "UPDATE execution SET status = 'queued', holder = '', settled_at = NULL, check_at = NULL, asks = 0, error = ?3,
                 not_before = coalesce(?4, not_before), waits_for = coalesce(?5, waits_for)
             WHERE id = ?1 AND status = ?2",
        )?
        .execute((id.0, from.as_str(), reason, not_before, waits_for))?
        > 0)
}

/// Takes a try back: it was broken off before anything could leave.
///
/// # Errors
/// If SQLite refuses.
pub fn uncount_try(tx: &WriteTx<'_>, id: ExecutionId) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET tries = max(tries - 1, 0) WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Begins a message's tries anew with a consent that holds until `expires`.
///
/// # Errors
/// If SQLite refuses.
pub fn renew(tx: &WriteTx<'_>, id: ExecutionId, expires: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET tries = 0, approval_expires_at = ?2 WHERE id = ?1")?
        .execute((id.0, expires.as_millisecond()))?;
    Ok(())
}

/// Notes that nobody knows whether an execution that was `from` left, and when the provider is asked again; returns whether it still was.
///
/// # Errors
/// If SQLite refuses.
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

/// Lets every queued message be asked about at once: what held them is lifted.
///
/// # Errors
/// If SQLite refuses.
pub fn ask_anew(tx: &WriteTx<'_>) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET check_at = NULL WHERE status = 'queued' AND status IN ('queued', 'sending', 'uncertain')")?
        .execute([])?;
    Ok(())
}

/// Returns the first instant at which a message of the outbox needs a look: it may leave, or its provider is to be asked.
///
/// # Errors
/// If the database cannot be read.
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

/// Counts the live messages that are on their way through a mailbox.
///
/// # Errors
/// If the database cannot be read.
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

/// Returns messages that were given up and whose move still waits for the operator, newest first.
///
/// # Errors
/// If the database cannot be read.
pub fn dead(tx: &ReadTx<'_>, limit: usize) -> Result<Vec<ExecutionRow>> {
    // One whose move went on since is history.
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE status = 'failed'
         AND EXISTS (SELECT 1 FROM move m WHERE m.id = execution.move_id AND m.status IN ('open', 'snoozed'))
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
/// If SQLite refuses.
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
/// If the database cannot be read.
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
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What left, as the limits need it. Executions that are being sent count as sent: they may have left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendTimes {
    /// In the last 7 days.
    pub all: Vec<Timestamp>,
    /// To the contact, in the last 7 days.
    pub to_contact: Vec<Timestamp>,
    /// To the domain, in the last 7 days.
    pub to_domain: Vec<Timestamp>,
    /// The first mail that ever left.
    pub first: Option<Timestamp>,
}

/// Reads what left in the last 7 days; `is_theirs` tells what went to the person.
///
/// # Errors
/// If the database cannot be read.
pub fn send_times(
    tx: &ReadTx<'_>,
    is_theirs: impl Fn(Option<ContactId>, &str) -> bool,
    domain: &str,
    now: Timestamp,
) -> Result<SendTimes> {
    let mut times = SendTimes::default();
    for sent in sends::of_week(tx, now)? {
        times.all.push(sent.at);
        if is_theirs(sent.contact, &sent.to_key) {
            times.to_contact.push(sent.at);
        }
        if !domain.is_empty() && sent.to_domain == domain {
            times.to_domain.push(sent.at);
        }
    }
    times.first = first_sent(tx)?;
    Ok(times)
}

/// Returns when the first mail ever left.
///
/// # Errors
/// If the database cannot be read.
pub fn first_sent(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    let at: Option<i64> = tx
        .sql()
        .prepare_cached(
            "SELECT min(settled_at) FROM execution WHERE status = 'sent' AND kind = 'mail'",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(instant))
}

/// What was sent and what came back since an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailHealth {
    /// What left.
    pub sent: Vec<Timestamp>,
    /// Bounces.
    pub bounced: Vec<Timestamp>,
    /// Reports of spam.
    pub reported: Vec<Timestamp>,
}

/// Reads what was sent and what came back since an instant.
///
/// # Errors
/// If the database cannot be read.
pub fn mail_health(tx: &ReadTx<'_>, since: Timestamp) -> Result<MailHealth> {
    let times = |sql: &str| -> Result<Vec<Timestamp>> {
        let mut statement = tx.sql().prepare_cached(sql)?;
        Ok(statement
            .query_map([since.as_millisecond()], |row| row.get(0).map(instant))?
            .collect::<rusqlite::Result<_>>()?)
    };
    Ok(MailHealth {
        sent: times("SELECT settled_at FROM execution WHERE status = 'sent' AND settled_at > ?1 AND kind = 'mail' ORDER BY settled_at")?,
        bounced: times(
            "SELECT occurred_at FROM outcome WHERE occurred_at > ?1 AND kind = 'email_bounced' AND undone_at IS NULL ORDER BY occurred_at",
        )?,
        reported: times(
            "SELECT sent_at FROM message
             WHERE sent_at > ?1 AND direction = 'in' AND class = 'opt_out' AND label = 'complaint' ORDER BY sent_at",
        )?,
    })
}

/// Counts what left in the last 24 hours.
///
/// # Errors
/// If the database cannot be read.
pub fn sent_today(tx: &ReadTx<'_>, now: Timestamp) -> Result<u64> {
    let n: i64 = tx
        .sql()
        .prepare_cached("SELECT count(*) FROM execution WHERE status = 'sent' AND settled_at > ?1 AND kind = 'mail'")?
        .query_row([now.as_millisecond() - 86_400_000], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Sets when silence after a sent mail means something; none means never.
///
/// # Errors
/// If SQLite refuses.
pub fn set_silence(tx: &WriteTx<'_>, id: ExecutionId, at: Option<Timestamp>) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE execution SET silence_at = ?2 WHERE id = ?1")?
        .execute((id.0, at.map(Timestamp::as_millisecond)))?;
    Ok(())
}

/// Takes the days of a pause out of every silence that is being waited for.
///
/// # Errors
/// If SQLite refuses.
pub fn shift_silence(tx: &WriteTx<'_>, since: Timestamp, until: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE execution SET silence_at = silence_at + max(0, ?2 - max(?1, coalesce(settled_at, ?1)))
             WHERE silence_at IS NOT NULL AND answered_at IS NULL AND silence_at > ?1",
        )?
        .execute((since.as_millisecond(), until.as_millisecond()))?;
    Ok(())
}

/// Notes that a contact answered: no mail that left before waits for an answer any more.
///
/// # Errors
/// If SQLite refuses.
pub fn mark_answered(tx: &WriteTx<'_>, contact: ContactId, at: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "UPDATE execution SET answered_at = ?2 WHERE contact_id = ?1 AND status = 'sent' AND answered_at IS NULL AND settled_at <= ?2",
        )?
        .execute((contact.0, at.as_millisecond()))?;
    Ok(())
}

/// Returns the sent executions whose time of silence is over.
///
/// # Errors
/// If the database cannot be read.
pub fn silent(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<ExecutionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE silence_at IS NOT NULL AND answered_at IS NULL AND silence_at <= ?1 ORDER BY silence_at, id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([now.as_millisecond()], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Counts the mails that left to a contact since the last answer.
///
/// # Errors
/// If the database cannot be read.
pub fn unanswered(tx: &ReadTx<'_>, contact: ContactId) -> Result<i64> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT count(*) FROM execution WHERE contact_id = ?1 AND status = 'sent' AND answered_at IS NULL AND kind = 'mail'")?
        .query_row([contact.0], |row| row.get(0))?)
}

/// Finds the execution that an event about a contact is best attributed to: the last one that reached them before it, within a window.
///
/// # Errors
/// If the database cannot be read.
pub fn cause(
    tx: &ReadTx<'_>,
    contact: ContactId,
    at: Timestamp,
    window_days: i64,
) -> Result<Option<ExecutionRow>> {
    let at = at.as_millisecond();
    let sql = format!(
        "SELECT {COLUMNS} FROM execution WHERE contact_id = ?1 AND status = 'sent' AND settled_at BETWEEN ?2 AND ?3 AND kind <> 'record'
         ORDER BY settled_at DESC, id DESC LIMIT 1"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((contact.0, at - window_days * 86_400_000, at), from_row)
        .optional()?)
}

/// Finds the execution that sent a message, by the Message-ID that it was given or by the one that its provider put in the place of that.
///
/// # Errors
/// If the database cannot be read.
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

/// Returns a contact's queued executions.
///
/// # Errors
/// If the database cannot be read.
pub fn queued_for(tx: &ReadTx<'_>, contact: ContactId) -> Result<Vec<ExecutionRow>> {
    Ok(waiting(tx, ExecutionStatus::Queued)?
        .into_iter()
        .filter(|row| row.contact_id == Some(contact))
        .collect())
}

/// Tells whether a mail ever left to a contact.
///
/// # Errors
/// If the database cannot be read.
pub fn has_written_to(tx: &ReadTx<'_>, contact: ContactId) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM execution WHERE contact_id = ?1 AND status = 'sent' AND kind = 'mail')",
        )?
        .query_row([contact.0], |row| row.get(0))?)
}

/// Tells whether a mail ever left to an address in lower case.
///
/// # Errors
/// If the database cannot be read.
pub fn has_sent_to(tx: &ReadTx<'_>, to_key: &str) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM execution WHERE to_key = ?1 AND status IN ('sent', 'drafted') AND kind = 'mail')")?
        .query_row([to_key], |row| row.get(0))?)
}
