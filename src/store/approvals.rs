//! Decisions of the approval rules, with the facts as they were, and the person's past that the rules ask about.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{ReadTx, Result, WriteTx, instant, word, word_or_none};
use crate::domain::action::ActionKind;
use crate::domain::approval::{DecidedBy, Decision, Decisions, Verdict};
use crate::domain::by::By;
use crate::domain::email::MailboxKey;
use crate::domain::id::{CompanyId, ContactId, MoveId};
use crate::domain::moves::MoveStatus;

/// A person's past, as rules may ask about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Mails of ours to the address.
    pub mails: u32,
    /// Instant of our last mail to the person.
    pub last_outbound: Option<Timestamp>,
    /// Instant of their last mail.
    pub last_inbound: Option<Timestamp>,
    /// Answers of theirs, written by a human.
    pub replies: u32,
    /// Instant of the last such answer.
    pub last_reply: Option<Timestamp>,
    /// Replies, positive responses, meetings booked or held.
    pub good: u32,
    /// Bounces, opt-outs, negative responses, missed meetings.
    pub bad: u32,
    /// Mails that bounced.
    pub bounces: u32,
    /// Times they asked not to be written to.
    pub opt_outs: u32,
    /// Mails sent to them since their last answer.
    pub unanswered: u32,
}

impl History {
    /// Adds the past of another contact of the same person. A bounce says something of that contact's address only.
    fn join(&mut self, other: &Self) {
        self.mails += other.mails;
        self.last_outbound = self.last_outbound.max(other.last_outbound);
        self.last_inbound = self.last_inbound.max(other.last_inbound);
        self.replies += other.replies;
        self.last_reply = self.last_reply.max(other.last_reply);
        self.good += other.good;
        self.bad += other.bad.saturating_sub(other.bounces);
        self.opt_outs += other.opt_outs;
        self.unanswered += other.unanswered;
    }
}

/// Reads the past of a person: a contact, and the others who are the same person. Mails are those to a mailbox.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn history(
    tx: &ReadTx<'_>,
    contact: ContactId,
    same: &[ContactId],
    mailbox: &MailboxKey,
) -> Result<History> {
    let mut all = of_contact(tx, contact, mailbox)?;
    for other in same.iter().filter(|other| **other != contact) {
        all.join(&of_contact(tx, *other, mailbox)?);
    }
    Ok(all)
}

fn of_contact(tx: &ReadTx<'_>, contact: ContactId, mailbox: &MailboxKey) -> Result<History> {
    let mut sent = tx.sql().prepare_cached(
        "SELECT to_address, count(*), max(sent_at) FROM message WHERE contact_id = ?1 AND direction = 'out' GROUP BY to_address",
    )?;
    let mut rows = sent.query([contact.0])?;
    let (mut mails, mut last_outbound): (u32, Option<i64>) = (0, None);
    while let Some(row) = rows.next()? {
        let to: String = row.get(0)?;
        if MailboxKey::of(&to) == *mailbox {
            mails += row.get::<_, u32>(1)?;
        }
        last_outbound = last_outbound.max(row.get(2)?);
    }
    let last_inbound: Option<i64> = tx
        .sql()
        .prepare_cached(
            "SELECT max(sent_at) FROM message WHERE contact_id = ?1 AND direction = 'in'",
        )?
        .query_row([contact.0], |row| row.get(0))?;
    let (replies, last_reply): (u32, Option<i64>) = tx
        .sql()
        .prepare_cached(
            "SELECT count(*), max(occurred_at) FROM signal WHERE contact_id = ?1 AND kind = 'mail.reply_received'",
        )?
        .query_row([contact.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (good, bad, bounces, opt_outs): (u32, u32, u32, u32) = tx
        .sql()
        .prepare_cached(
            "SELECT coalesce(sum(kind IN ('email_replied', 'positive_response', 'meeting_booked', 'meeting_held')), 0),
                 coalesce(sum(kind IN ('email_bounced', 'email_unsubscribed', 'negative_response', 'meeting_no_show')), 0),
                 coalesce(sum(kind = 'email_bounced'), 0), coalesce(sum(kind = 'email_unsubscribed'), 0)
             FROM outcome WHERE contact_id = ?1 AND undone_at IS NULL",
        )?
        .query_row([contact.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let unanswered = super::executions::unanswered(tx, contact)?;
    Ok(History {
        mails,
        last_outbound: last_outbound.map(instant),
        last_inbound: last_inbound.map(instant),
        replies,
        last_reply: last_reply.map(instant),
        good,
        bad,
        bounces,
        opt_outs,
        unanswered: u32::try_from(unanswered).unwrap_or(u32::MAX),
    })
}

/// Returns a firm's own domain; empty if none is known.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn company_domain(tx: &ReadTx<'_>, company: CompanyId) -> Result<String> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT coalesce(domain, '') FROM company WHERE id = ?1")?
        .query_row([company.0], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Returns the open moves that changed since the rules last decided about them, best first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn undecided(
    tx: &ReadTx<'_>,
    actions: &[ActionKind],
    context: &[u8; 32],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<MoveId>> {
    let actions: Vec<&str> = actions.iter().map(|a| a.as_str()).collect();
    let mut statement = tx.sql().prepare_cached(
        "SELECT m.id FROM move m
         LEFT JOIN approval_state a ON a.move_id = m.id
         LEFT JOIN contact c ON c.id = m.contact_id
         LEFT JOIN deal d ON d.id = m.deal_id
         LEFT JOIN draft f ON f.move_id = m.id
         WHERE m.status = 'open' AND instr(?4, ' ' || m.action || ' ') > 0
           AND (a.move_id IS NULL OR a.context <> ?1 OR a.look_at <= ?2 OR m.updated_at >= a.decided_at
                OR c.updated_at >= a.decided_at OR c.last_contact_at >= a.decided_at
                OR d.updated_at >= a.decided_at OR f.updated_at >= a.decided_at)
         ORDER BY m.score DESC, m.due_at, m.created_at, m.id LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let listed = format!(" {} ", actions.join(" "));
    Ok(statement
        .query_map(
            (context.as_slice(), now.as_millisecond(), limit, listed),
            |row| row.get(0).map(MoveId),
        )?
        .collect::<rusqlite::Result<_>>()?)
}

/// A decision about a move, to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDecision {
    /// The move.
    pub move_id: MoveId,
    /// The verdicts, acting and in shadow.
    pub decisions: Decisions,
    /// The facts, as JSON.
    pub facts: String,
    /// The hash of the facts.
    pub inputs_hash: [u8; 32],
    /// The hash of the facts that time alone does not change.
    pub facts_hash: [u8; 32],
    /// Instant at which it needs another look.
    pub look_at: Timestamp,
}

fn outcome(decisions: &Decisions) -> String {
    let told = |d: &Decision| format!("{} {}", d.verdict, d.decider());
    match &decisions.shadow {
        Some(shadow) => format!("{}; {}", told(&decisions.acting), told(shadow)),
        None => told(&decisions.acting),
    }
}

/// Keeps a decision. Returns true if it is news: other facts, other rules, or another verdict than last time.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn keep(
    tx: &WriteTx<'_>,
    new: &NewDecision,
    rules_hash: &[u8; 32],
    context: &[u8; 32],
    at: Timestamp,
) -> Result<bool> {
    let outcome = outcome(&new.decisions);
    let last: Option<(Vec<u8>, Vec<u8>, String)> = tx
        .sql()
        .prepare_cached(
            "SELECT context, facts_hash, outcome FROM approval_state WHERE move_id = ?1",
        )?
        .query_row([new.move_id.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    tx.sql()
        .prepare_cached(
            "INSERT INTO approval_state (move_id, decided_at, look_at, context, facts_hash, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (move_id) DO UPDATE SET decided_at = excluded.decided_at, look_at = excluded.look_at,
                 context = excluded.context, facts_hash = excluded.facts_hash, outcome = excluded.outcome",
        )?
        .execute((
            new.move_id.0,
            at.as_millisecond(),
            new.look_at.as_millisecond(),
            context.as_slice(),
            new.facts_hash.as_slice(),
            &outcome,
        ))?;
    let is_same = last.is_some_and(|(known_context, facts, known)| {
        known_context == context && facts == new.facts_hash && known == outcome
    });
    if is_same {
        return Ok(false);
    }
    let acting = &new.decisions.acting;
    let (kind, version) = match &acting.by {
        DecidedBy::Hard(_) => ("hard", 0),
        DecidedBy::Rule { version, .. } => ("rule", *version),
        DecidedBy::Nobody => ("nobody", 0),
    };
    // A hard denial in shadow counts for no rule.
    let shadow = new.decisions.shadow.as_ref().filter(|d| d.is_in_shadow());
    let shadow_version = match shadow.map(|d| &d.by) {
        Some(DecidedBy::Rule { version, .. }) => *version,
        _ => 0,
    };
    tx.sql()
        .prepare_cached(
            "INSERT INTO approval_decision (move_id, at, verdict, kind, decider, version, confidence, reason, shadow_rule, shadow_verdict,
                 shadow_version, shadow_confidence, shadow_reason, rules_hash, inputs_hash, facts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(rusqlite::params![
            new.move_id.0,
            at.as_millisecond(),
            acting.verdict.as_str(),
            kind,
            acting.decider(),
            version,
            acting.confidence,
            acting.reason,
            shadow.map_or("", Decision::decider),
            shadow.map_or("", |d| d.verdict.as_str()),
            shadow_version,
            shadow.and_then(|d| d.confidence),
            shadow.map_or("", |d| d.reason.as_str()),
            rules_hash.as_slice(),
            new.inputs_hash.as_slice(),
            new.facts,
        ])?;
    Ok(true)
}

/// Asks for another look at a move at an instant.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn look_again(tx: &WriteTx<'_>, id: MoveId, at: Timestamp) -> Result<()> {
    tx.sql()
        .prepare_cached("UPDATE approval_state SET look_at = ?2 WHERE move_id = ?1")?
        .execute((id.0, at.as_millisecond()))?;
    Ok(())
}

/// Tells whether any decision is older than an instant.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn any_before(tx: &ReadTx<'_>, at: Timestamp) -> Result<bool> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM approval_decision WHERE at < ?1)")?
        .query_row([at.as_millisecond()], |row| row.get(0))?)
}

/// Forgets decisions older than an instant, except each move's last. Returns their number.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn forget_before(tx: &WriteTx<'_>, at: Timestamp) -> Result<usize> {
    Ok(tx
        .sql()
        .prepare_cached(
            "DELETE FROM approval_decision WHERE at < ?1 AND id < (SELECT max(id) FROM approval_decision l WHERE l.move_id = approval_decision.move_id)",
        )?
        .execute([at.as_millisecond()])?)
}

/// A stored decision, with the move's later fate.
#[derive(Debug, Clone, PartialEq)]
pub struct PastDecision {
    /// The move.
    pub move_id: MoveId,
    /// Its title.
    pub title: String,
    /// Instant of the decision.
    pub at: Timestamp,
    /// The verdict that was acted on.
    pub verdict: Verdict,
    /// The rule or hard denial; empty if none.
    pub decider: String,
    /// Reason for the verdict.
    pub reason: String,
    /// The rule in shadow that would have decided; empty if none.
    pub shadow_rule: String,
    /// The move's status now.
    pub status: MoveStatus,
    /// The last approver; none if nobody approved.
    pub approved_by: Option<By>,
    /// The facts, as JSON.
    pub facts: String,
}

/// Calls `each` with the decisions since an instant, oldest first.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn past(tx: &ReadTx<'_>, since: Timestamp, mut each: impl FnMut(PastDecision)) -> Result<()> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT d.move_id, m.title, d.at, d.verdict, d.decider, d.reason, d.shadow_rule, m.status,
             coalesce((SELECT e.approved_by FROM execution e WHERE e.move_id = d.move_id ORDER BY e.id DESC LIMIT 1), ''), d.facts
         FROM approval_decision d JOIN move m ON m.id = d.move_id WHERE d.at >= ?1 ORDER BY d.at, d.id",
    )?;
    let mut rows = statement.query([since.as_millisecond()])?;
    while let Some(row) = rows.next()? {
        each(PastDecision {
            move_id: MoveId(row.get(0)?),
            title: row.get(1)?,
            at: instant(row.get(2)?),
            verdict: word(&row.get::<_, String>(3)?)?,
            decider: row.get(4)?,
            reason: row.get(5)?,
            shadow_rule: row.get(6)?,
            status: word(&row.get::<_, String>(7)?)?,
            approved_by: word_or_none(&row.get::<_, String>(8)?)?,
            facts: row.get(9)?,
        });
    }
    Ok(())
}

/// A rule's decisions, counted by move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Moves that it decided, acting or in shadow.
    pub hits: u64,
    /// Instant of its last decision.
    pub last_hit: Option<Timestamp>,
    /// Moves that it approved.
    pub approved: u64,
    /// In shadow: moves that the operator decided the same way.
    pub agreed: u64,
    /// In shadow: moves that the operator decided the other way.
    pub disagreed: u64,
    /// In shadow: moves that are still open, or that ended by themselves.
    pub undecided: u64,
}

/// Counts a rule's decisions, by moves.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn tally(tx: &ReadTx<'_>, rule: &str) -> Result<RuleTally> {
    let (hits, last): (i64, Option<i64>) = tx
        .sql()
        .prepare_cached(
            "SELECT count(DISTINCT move_id), max(at) FROM (
                 SELECT move_id, at FROM approval_decision WHERE kind = 'rule' AND decider = ?1
                 UNION ALL SELECT move_id, at FROM approval_decision WHERE shadow_rule <> '' AND shadow_rule = ?1)",
        )?
        .query_row([rule], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let approved: i64 = tx
        .sql()
        .prepare_cached(
            "SELECT count(DISTINCT d.move_id) FROM approval_decision d
             WHERE d.kind = 'rule' AND d.decider = ?1 AND d.verdict = 'allow' AND EXISTS (
                 SELECT 1 FROM execution e WHERE e.move_id = d.move_id AND e.approved_by = 'rule:' || ?1)",
        )?
        .query_row([rule], |row| row.get(0))?;
    // A move counts by the rule's last decision about it.
    let (agreed, disagreed, undecided): (i64, i64, i64) = tx
        .sql()
        .prepare_cached(
            "WITH last AS (
                 SELECT move_id, max(id) AS id FROM approval_decision WHERE shadow_rule <> '' AND shadow_rule = ?1 GROUP BY move_id
             ), judged AS (
                 SELECT d.shadow_verdict AS verdict,
                     EXISTS (SELECT 1 FROM execution e WHERE e.move_id = d.move_id AND e.approved_by = 'operator' AND e.approved_at >= d.at
                             AND e.status <> 'cancelled') AS was_approved,
                     m.status = 'skipped' AND m.closed_at >= d.at AS was_skipped
                 FROM last JOIN approval_decision d ON d.id = last.id JOIN move m ON m.id = d.move_id
             )
             SELECT coalesce(sum(iif(verdict = 'allow', was_approved, was_skipped AND NOT was_approved)), 0),
                 coalesce(sum(iif(verdict = 'allow', was_skipped AND NOT was_approved, was_approved)), 0),
                 coalesce(sum(NOT was_approved AND NOT was_skipped), 0) FROM judged",
        )?
        .query_row([rule], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(RuleTally {
        hits: count(hits),
        last_hit: last.map(instant),
        approved: count(approved),
        agreed: count(agreed),
        disagreed: count(disagreed),
        undecided: count(undecided),
    })
}

/// Counts the moves approved since an instant: by rules, and by the operator. Canceled approvals do not count.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn approvals_since(tx: &ReadTx<'_>, since: Timestamp) -> Result<(u64, u64)> {
    let (rules, operator): (i64, i64) = tx
        .sql()
        .prepare_cached(
            "SELECT count(DISTINCT iif(approved_by LIKE 'rule:%', move_id, NULL)), count(DISTINCT iif(approved_by NOT LIKE 'rule:%', move_id, NULL))
             FROM execution WHERE approved_at >= ?1 AND status <> 'cancelled' AND kind = 'mail'",
        )?
        .query_row([since.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((
        u64::try_from(rules).unwrap_or(0),
        u64::try_from(operator).unwrap_or(0),
    ))
}
