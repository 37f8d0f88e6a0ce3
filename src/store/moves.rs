//! Moves: the rows behind Today's list.
//!
//! The list is read from an index over open moves by score, so it costs the same at ten moves and at ten thousand. Snoozed moves
//! are not in that index; the end of a snooze is a change like a step of the score, found through `changes_at`.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, StoreError, WriteTx, instant, word};
use crate::domain::action::{ActionKind, Family};
use crate::domain::aps::Points;
use crate::domain::contact::LifecycleStage;
use crate::domain::id::{ContactId, DealId, ExecutionId, MoveId, SignalId};
use crate::domain::moves::{MovePlan, MoveStatus, MoveSubject};
use crate::domain::signal::Domain;

/// A move.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveRow {
    /// The row's id; 0 before it is stored.
    pub id: MoveId,
    /// The subject, of which a family has one open move.
    pub subject: MoveSubject,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The deal.
    pub deal_id: Option<DealId>,
    /// The signal that decides what the move is.
    pub lead_signal_id: SignalId,
    /// The action.
    pub action: ActionKind,
    /// The part of the work.
    pub domain: Domain,
    /// Its status.
    pub status: MoveStatus,
    /// A few words for the list.
    pub title: String,
    /// The rule that made it.
    pub rule: String,
    /// The mail template; empty for what is done by hand.
    pub template: String,
    /// Revenue, urgency, effort and strategic value, each 0..=1.
    pub components: [f64; 4],
    /// Reasons for revenue, urgency and strategic value.
    pub why: [String; 3],
    /// The score as of the last scoring.
    pub score: Points,
    /// Start of its clock.
    pub started_at: Timestamp,
    /// Its due time.
    pub due_at: Timestamp,
    /// Instant of its next change by time: a step of the score, or the end of a snooze.
    pub changes_at: Timestamp,
    /// End of its snooze.
    pub snoozed_until: Option<Timestamp>,
    /// Instant of its first signal.
    pub created_at: Timestamp,
    /// Instant at which it was closed.
    pub closed_at: Option<Timestamp>,
    /// Reason for closing it.
    pub close_reason: String,
}

const COLUMNS: &str = "m.id, m.subject, m.contact_id, m.deal_id, m.lead_signal_id, m.action, m.domain, m.status, m.title, m.rule, \
    m.template, m.revenue, m.urgency, m.effort, m.strategic, m.revenue_why, m.urgency_why, m.strategic_why, m.score, m.started_at, \
    m.due_at, m.changes_at, m.snoozed_until, m.created_at, m.closed_at, m.close_reason";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<MoveRow> {
    let text = |i| row.get_ref(i).and_then(|v| v.as_str().map_err(Into::into));
    Ok(MoveRow {
        id: MoveId(row.get(0)?),
        subject: word(text(1)?)?,
        contact_id: row.get::<_, Option<i64>>(2)?.map(ContactId),
        deal_id: row.get::<_, Option<i64>>(3)?.map(DealId),
        lead_signal_id: SignalId(row.get(4)?),
        action: word(text(5)?)?,
        domain: word(text(6)?)?,
        status: word(text(7)?)?,
        title: row.get(8)?,
        rule: row.get(9)?,
        template: row.get(10)?,
        components: [row.get(11)?, row.get(12)?, row.get(13)?, row.get(14)?],
        why: [row.get(15)?, row.get(16)?, row.get(17)?],
        score: Points(row.get(18)?),
        started_at: instant(row.get(19)?),
        due_at: instant(row.get(20)?),
        changes_at: instant(row.get(21)?),
        snoozed_until: row.get::<_, Option<i64>>(22)?.map(instant),
        created_at: instant(row.get(23)?),
        closed_at: row.get::<_, Option<i64>>(24)?.map(instant),
        close_reason: row.get(25)?,
    })
}

/// Loads a move.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn load(tx: &ReadTx<'_>, id: MoveId) -> Result<Option<MoveRow>> {
    let sql = format!("SELECT {COLUMNS} FROM move m WHERE m.id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], from_row)
        .optional()?)
}

/// Finds the standing move of a family about a subject.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_standing(
    tx: &ReadTx<'_>,
    subject: MoveSubject,
    family: Family,
) -> Result<Option<MoveRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM move m WHERE m.subject = ?1 AND m.family = ?2
         AND m.status IN ('open', 'snoozed', 'approved', 'executing')"
    );
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row((subject.to_string(), family.as_str()), from_row)
        .optional()?)
}

/// Finds the move of a family about a subject that was done or skipped after an instant, if there is one.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn find_handled_after(
    tx: &ReadTx<'_>,
    subject: MoveSubject,
    family: Family,
    at: Timestamp,
) -> Result<Option<MoveId>> {
    Ok(tx
        .sql()
        .prepare_cached(
            "SELECT id FROM move WHERE subject = ?1 AND family = ?2 AND closed_at > ?3 AND status IN ('done', 'skipped')
             ORDER BY closed_at LIMIT 1",
        )?
        .query_row((subject.to_string(), family.as_str(), at.as_millisecond()), |row| row.get(0).map(MoveId))
        .optional()?)
}

/// Stores a move, new or changed; returns its id.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn save(tx: &WriteTx<'_>, mv: &MoveRow, now: Timestamp) -> Result<MoveId> {
    let id = (mv.id.0 > 0).then_some(mv.id.0);
    let [revenue, urgency, effort, strategic] = mv.components;
    let [revenue_why, urgency_why, strategic_why] = &mv.why;
    tx.sql()
        .prepare_cached(
            "INSERT INTO move (id, subject, family, contact_id, stage, deal_id, lead_signal_id, action, domain, status, title, rule, template,
                 revenue, urgency, effort, strategic, revenue_why, urgency_why, strategic_why, score, started_at, due_at, changes_at,
                 snoozed_until, created_at, updated_at, closed_at, close_reason)
             VALUES (?1, ?2, ?3, ?4, coalesce((SELECT stage FROM contact WHERE id = ?4), ''), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
                 ?25, ?26, ?27, ?28)
             ON CONFLICT (id) DO UPDATE SET contact_id = excluded.contact_id, stage = excluded.stage, deal_id = excluded.deal_id,
                 lead_signal_id = excluded.lead_signal_id, action = excluded.action, domain = excluded.domain,
                 status = excluded.status, title = excluded.title, rule = excluded.rule, template = excluded.template,
                 revenue = excluded.revenue, urgency = excluded.urgency, effort = excluded.effort, strategic = excluded.strategic,
                 revenue_why = excluded.revenue_why, urgency_why = excluded.urgency_why, strategic_why = excluded.strategic_why,
                 score = excluded.score, started_at = excluded.started_at, due_at = excluded.due_at,
                 changes_at = excluded.changes_at, snoozed_until = excluded.snoozed_until, created_at = excluded.created_at,
                 updated_at = excluded.updated_at, closed_at = excluded.closed_at, close_reason = excluded.close_reason",
        )?
        .execute(rusqlite::params![
            id,
            mv.subject.to_string(),
            mv.action.family().as_str(),
            mv.contact_id.map(|c| c.0),
            mv.deal_id.map(|d| d.0),
            mv.lead_signal_id.0,
            mv.action.as_str(),
            mv.domain.as_str(),
            mv.status.as_str(),
            mv.title,
            mv.rule,
            mv.template,
            revenue,
            urgency,
            effort,
            strategic,
            revenue_why,
            urgency_why,
            strategic_why,
            mv.score.0,
            mv.started_at.as_millisecond(),
            mv.due_at.as_millisecond(),
            mv.changes_at.as_millisecond(),
            mv.snoozed_until.map(Timestamp::as_millisecond),
            mv.created_at.as_millisecond(),
            now.as_millisecond(),
            mv.closed_at.map(Timestamp::as_millisecond),
            mv.close_reason,
        ])?;
    Ok(id.map_or_else(|| MoveId(tx.sql().last_insert_rowid()), MoveId))
}

/// Names a signal as evidence of a move.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn add_evidence(tx: &WriteTx<'_>, id: MoveId, signal: SignalId) -> Result<()> {
    tx.sql()
        .prepare_cached(
            "INSERT INTO move_signal (move_id, signal_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute((id.0, signal.0))?;
    Ok(())
}

/// Removes a signal from the evidence of a move.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn remove_evidence(tx: &WriteTx<'_>, id: MoveId, signal: SignalId) -> Result<()> {
    tx.sql()
        .prepare_cached("DELETE FROM move_signal WHERE move_id = ?1 AND signal_id = ?2")?
        .execute((id.0, signal.0))?;
    Ok(())
}

/// Sets a score and the instant of its next change.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_score(tx: &WriteTx<'_>, id: MoveId, score: Points, changes_at: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE move SET score = ?2, changes_at = ?3 WHERE id = ?1")?
        .execute((id.0, score.0, changes_at.as_millisecond()))?;
    Ok(())
}

/// The part of a move that commands change and undo restores.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MoveState {
    /// The move.
    pub id: MoveId,
    /// Its status.
    pub status: MoveStatus,
    /// End of its snooze; of the last one if that ended by itself.
    pub snoozed_until: Option<Timestamp>,
    /// Instant at which it was closed.
    pub closed_at: Option<Timestamp>,
    /// Reason for closing it.
    pub close_reason: String,
}

impl MoveRow {
    /// Returns the part that commands change.
    #[must_use]
    pub fn state(&self) -> MoveState {
        MoveState {
            id: self.id,
            status: self.status,
            snoozed_until: self.snoozed_until,
            closed_at: self.closed_at,
            close_reason: self.close_reason.clone(),
        }
    }
}

/// Sets the status of a move. `changes_at` moves with it: a snooze ends, and anything else is looked at when next scored.
///
/// # Errors
/// Fails if SQLite refuses, as it does when another move of the family already stands.
pub fn set_state(tx: &WriteTx<'_>, state: &MoveState, now: Timestamp) -> Result<()> {
    let look_at = match (state.status, state.snoozed_until) {
        (MoveStatus::Snoozed, Some(until)) => until,
        _ => now,
    };
    tx.sql()
        .prepare_cached(
            "UPDATE move SET status = ?2, snoozed_until = ?3, closed_at = ?4, close_reason = ?5, changes_at = ?6, updated_at = ?7
             WHERE id = ?1",
        )?
        .execute((
            state.id.0,
            state.status.as_str(),
            state.snoozed_until.map(Timestamp::as_millisecond),
            state.closed_at.map(Timestamp::as_millisecond),
            &state.close_reason,
            look_at.as_millisecond(),
            now.as_millisecond(),
        ))?;
    Ok(())
}

/// Notes the effect that closed a move besides its own.
///
/// # Errors
/// If SQLite refuses.
pub fn set_closed_by(tx: &WriteTx<'_>, id: MoveId, by: Option<ExecutionId>) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE move SET closed_by = ?2 WHERE id = ?1")?
        .execute((id.0, by.map(|e| e.0)))?;
    Ok(())
}

/// Returns the moves that an effect closed besides its own.
///
/// # Errors
/// If the database cannot be read.
pub fn closed_by(tx: &ReadTx<'_>, by: ExecutionId) -> Result<Vec<MoveId>> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT id FROM move WHERE closed_by = ?1 AND closed_by IS NOT NULL ORDER BY id",
    )?;
    Ok(statement
        .query_map([by.0], |row| row.get(0).map(MoveId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Moves the due times that fell into a pause on by its length, so that as much time is left for each as there was when it began. What is tied
/// to a date of the other side's or of the law's, such as a meeting, stays. Returns how many.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn shift_due(tx: &WriteTx<'_>, since: Timestamp, until: Timestamp) -> Result<usize> {
    let length = until.as_millisecond() - since.as_millisecond();
    Ok(tx
        .sql()
        .prepare_cached(
            "UPDATE move SET due_at = due_at + ?3, started_at = min(started_at + ?3, due_at + ?3), changes_at = 0
             WHERE status IN ('open', 'snoozed') AND due_at > ?1 AND due_at <= ?2 AND action NOT IN ('prep_meeting', 'answer_demand')",
        )?
        .execute((since.as_millisecond(), until.as_millisecond(), length))?)
}

/// Tells whether any move stands: open, snoozed, approved or executing.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn is_any_standing(tx: &ReadTx<'_>) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM move INDEXED BY move_one_of_a_family WHERE status IN ('open', 'snoozed', 'approved', 'executing'))")?
        .query_row([], |row| row.get(0))?)
}

/// Tells whether any move needs a look at `now`.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn any_change_due(tx: &ReadTx<'_>, now: Timestamp) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM move WHERE status IN ('open', 'snoozed') AND changes_at <= ?1)")?
        .query_row([now.as_millisecond()], |row| row.get(0))?)
}

/// The part of a move that scoring reads; small, because ten thousand are read at once.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoringRow {
    /// The move.
    pub id: MoveId,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The person's lifecycle stage; none if nobody is known.
    pub stage: Option<LifecycleStage>,
    /// The action.
    pub action: ActionKind,
    /// Open or snoozed.
    pub status: MoveStatus,
    /// Revenue, urgency, effort and strategic value.
    pub components: [f64; 4],
    /// The stored score.
    pub score: Points,
    /// Start of its clock.
    pub started_at: Timestamp,
    /// Its due time.
    pub due_at: Timestamp,
    /// Instant of its next change by time, as stored.
    pub changes_at: Timestamp,
    /// End of its snooze.
    pub snoozed_until: Option<Timestamp>,
    /// Instant of the last change to anything but its score.
    pub touched_at: Timestamp,
}

/// Selects the moves to score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoringScope {
    /// Those that need a look at this instant.
    Due(Timestamp),
    /// The open and snoozed ones of one contact.
    Contact(ContactId),
    /// One move.
    Move(MoveId),
    /// All that are open or snoozed.
    All,
}

/// Reads the moves to score.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn for_scoring(tx: &ReadTx<'_>, scope: ScoringScope) -> Result<Vec<ScoringRow>> {
    let (filter, key) = match scope {
        ScoringScope::Due(now) => ("m.changes_at <= ?1", now.as_millisecond()),
        ScoringScope::Contact(contact) => ("m.contact_id = ?1", contact.0),
        ScoringScope::Move(id) => ("m.id = ?1", id.0),
        ScoringScope::All => ("?1 = 0", 0),
    };
    let sql = format!(
        "SELECT m.id, m.contact_id, m.stage, m.action, m.status, m.revenue, m.urgency, m.effort, m.strategic, m.score,
             m.started_at, m.due_at, m.changes_at, m.snoozed_until, m.updated_at
         FROM move m WHERE m.status IN ('open', 'snoozed') AND {filter}"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let rows = statement.query_map([key], |row| {
        let text = |i| row.get_ref(i).and_then(|v| v.as_str().map_err(Into::into));
        Ok(ScoringRow {
            id: MoveId(row.get(0)?),
            contact_id: row.get::<_, Option<i64>>(1)?.map(ContactId),
            stage: match text(2)? {
                "" => None,
                word => Some(LifecycleStage::from_stored(word)),
            },
            action: word(text(3)?)?,
            status: word(text(4)?)?,
            components: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?],
            score: Points(row.get(9)?),
            started_at: instant(row.get(10)?),
            due_at: instant(row.get(11)?),
            changes_at: instant(row.get(12)?),
            snoozed_until: row.get::<_, Option<i64>>(13)?.map(instant),
            touched_at: instant(row.get(14)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One line of the list as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRow {
    /// The move.
    pub id: MoveId,
    /// The score.
    pub score: Points,
    /// A few words.
    pub title: String,
    /// The action.
    pub action: ActionKind,
    /// The part of the work.
    pub domain: Domain,
    /// The person's name.
    pub contact: String,
    /// The person's address.
    pub email: String,
    /// The person's firm.
    pub company: String,
    /// Its due time.
    pub due_at: Timestamp,
    /// Instant of its first signal.
    pub created_at: Timestamp,
    /// Reason that it came up.
    pub because: String,
}

const LIST_COLUMNS: &str = "m.id, m.score, m.title, m.action, m.domain, coalesce(trim(c.first_name || ' ' || c.last_name), ''), \
    coalesce(c.email, ''), coalesce(f.name, ''), m.due_at, m.created_at, m.urgency_why";
const LIST_JOINS: &str =
    "LEFT JOIN contact c ON c.id = m.contact_id LEFT JOIN company f ON f.id = c.company_id";

fn list_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ListRow> {
    let text = |i| row.get_ref(i).and_then(|v| v.as_str().map_err(Into::into));
    Ok(ListRow {
        id: MoveId(row.get(0)?),
        score: Points(row.get(1)?),
        title: row.get(2)?,
        action: word(text(3)?)?,
        domain: word(text(4)?)?,
        contact: row.get(5)?,
        email: row.get(6)?,
        company: row.get(7)?,
        due_at: instant(row.get(8)?),
        created_at: instant(row.get(9)?),
        because: row.get(10)?,
    })
}

/// Lists open moves, best first; search words are in lower case.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list_open(
    tx: &ReadTx<'_>,
    domain: Option<Domain>,
    words: &[String],
    limit: usize,
) -> Result<Vec<ListRow>> {
    let by_domain = if domain.is_some() {
        "m.domain = ?1"
    } else {
        "?1 IS NULL"
    };
    let sql = format!(
        "SELECT {LIST_COLUMNS} FROM move m {LIST_JOINS} WHERE m.status = 'open' AND {by_domain}
         ORDER BY m.score DESC, m.due_at, m.created_at, m.id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let mut rows = statement.query([domain.map(Domain::as_str)])?;
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(row) = rows.next()? else { break };
        let row = list_row(row)?;
        let text = || {
            format!(
                "{} {} {} {}",
                row.title, row.contact, row.email, row.company
            )
            .to_lowercase()
        };
        if words.is_empty() || {
            let text = text();
            words.iter().all(|w| text.contains(w.as_str()))
        } {
            found.push(row);
        }
    }
    Ok(found)
}

/// Returns one move's line, whatever its status.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn list_one(tx: &ReadTx<'_>, id: MoveId) -> Result<Option<ListRow>> {
    let sql = format!("SELECT {LIST_COLUMNS} FROM move m {LIST_JOINS} WHERE m.id = ?1");
    Ok(tx
        .sql()
        .prepare_cached(&sql)?
        .query_row([id.0], list_row)
        .optional()?)
}

/// Returns the number of open moves above one in the list, and the best score among the others.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn standing(tx: &ReadTx<'_>, mv: &MoveRow) -> Result<(usize, Option<Points>)> {
    let before: i64 = tx
        .sql()
        .prepare_cached(
            "SELECT count(*) FROM move WHERE status = 'open'
             AND score >= ?1 AND (score > ?1 OR (due_at, created_at, id) < (?2, ?3, ?4))",
        )?
        .query_row(
            (
                mv.score.0,
                mv.due_at.as_millisecond(),
                mv.created_at.as_millisecond(),
                mv.id.0,
            ),
            |row| row.get(0),
        )?;
    let leader = tx
        .sql()
        .prepare_cached(
            "SELECT score FROM move WHERE status = 'open' AND id <> ?1 ORDER BY score DESC LIMIT 1",
        )?
        .query_row([mv.id.0], |row| row.get(0).map(Points))
        .optional()?;
    Ok((usize::try_from(before).unwrap_or(0), leader))
}

/// Returns the number of open moves of each domain.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn open_counts(tx: &ReadTx<'_>) -> Result<Vec<(Domain, u64)>> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT domain, n FROM open_count")?;
    Ok(statement
        .query_map([], |row| {
            Ok((
                word(&row.get::<_, String>(0)?)?,
                u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0),
            ))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns a contact's moves, newest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_contact(tx: &ReadTx<'_>, contact: ContactId) -> Result<Vec<MoveRow>> {
    let sql = format!("SELECT {COLUMNS} FROM move m WHERE m.contact_id = ?1 ORDER BY m.id DESC");
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([contact.0], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the standing moves about a deal or about its contact.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn of_deal(tx: &ReadTx<'_>, deal: DealId) -> Result<Vec<MoveRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM move m WHERE m.subject = 'deal:' || ?1 AND m.status IN ('open', 'snoozed', 'approved', 'executing')"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([deal.0], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Returns the open tasks that were due at or before an instant.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn overdue_tasks(tx: &ReadTx<'_>, due_before: Timestamp) -> Result<Vec<MoveRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM move m WHERE m.status = 'open' AND m.family = 'task' AND m.due_at <= ?1 ORDER BY m.due_at"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    Ok(statement
        .query_map([due_before.as_millisecond()], from_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// The operator's text, used in place of the template's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DraftRow {
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Returns the operator's text for a move.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn draft(tx: &ReadTx<'_>, id: MoveId) -> Result<Option<DraftRow>> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT subject, body FROM draft WHERE move_id = ?1")?
        .query_row([id.0], |row| {
            Ok(DraftRow {
                subject: row.get(0)?,
                body: row.get(1)?,
            })
        })
        .optional()?)
}

/// Stores the operator's text for a move, or deletes it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_draft(
    tx: &WriteTx<'_>,
    id: MoveId,
    draft: Option<&DraftRow>,
    now: Timestamp,
) -> Result<()> {
    match draft {
        Some(draft) => tx
            .sql()
            .prepare_cached(
                "INSERT INTO draft (move_id, subject, body, updated_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (move_id) DO UPDATE SET subject = excluded.subject, body = excluded.body, updated_at = excluded.updated_at",
            )?
            .execute((id.0, &draft.subject, &draft.body, now.as_millisecond()))?,
        None => tx.sql().prepare_cached("DELETE FROM draft WHERE move_id = ?1")?.execute([id.0])?,
    };
    Ok(())
}

/// Returns the operator's plan for a move: everything but the mail's words.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn plan(tx: &ReadTx<'_>, id: MoveId) -> Result<Option<MovePlan>> {
    let text: Option<String> = tx
        .sql()
        .prepare_cached("SELECT plan FROM move_plan WHERE move_id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    text.map(|text| {
        serde_json::from_str(&text)
            .map_err(|e| StoreError::Invalid(format!("the plan of move {id}: {e}")))
    })
    .transpose()
}

/// Stores the operator's plan for a move, or deletes it.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn set_plan(
    tx: &WriteTx<'_>,
    id: MoveId,
    plan: Option<&MovePlan>,
    now: Timestamp,
) -> Result<()> {
    match plan {
        Some(plan) => {
            let text =
                serde_json::to_string(plan).map_err(|e| StoreError::Invalid(e.to_string()))?;
            tx.sql()
                .prepare_cached(
                    "INSERT INTO move_plan (move_id, plan, updated_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT (move_id) DO UPDATE SET plan = excluded.plan, updated_at = excluded.updated_at",
                )?
                .execute((id.0, text, now.as_millisecond()))?
        }
        None => tx
            .sql()
            .prepare_cached("DELETE FROM move_plan WHERE move_id = ?1")?
            .execute([id.0])?,
    };
    Ok(())
}
