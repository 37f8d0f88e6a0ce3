//! The facts behind the metrics, read from covering indexes: no row of a message or a payload is touched.

use jiff::Timestamp;

use super::executions::ExecutionStatus;
use super::{ReadTx, Result, instant, word};
use crate::domain::by::By;
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::metrics::{Came, Closed, Ended, Facts, How, Who};
use crate::domain::moves::MoveStatus;
use crate::domain::outcome::OutcomeKind;

/// Reads the moves, outcomes and approvals between two instants, both included, and the approvals that still wait.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn facts(tx: &ReadTx<'_>, since: Timestamp, until: Timestamp) -> Result<Facts> {
    let between = (since.as_millisecond(), until.as_millisecond());
    Ok(Facts {
        ended: ended(tx, between)?,
        came: came(tx, between)?,
        closed: closed(tx, between)?,
        waiting: waiting(tx, between)?,
    })
}

/// Reads a word of a closed list without a copy of its text.
fn read<T: std::str::FromStr>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T> {
    word(row.get_ref(column)?.as_str()?)
}

fn who(contact: Option<i64>, address: Result<&str, rusqlite::types::FromSqlError>) -> Who {
    match contact {
        Some(contact) => Who::Contact(ContactId(contact)),
        None => Who::Address(address.unwrap_or_default().to_owned()),
    }
}

const ENDED: &str = "SELECT id, settled_at, status, contact_id, to_key, approved_by FROM execution \
    WHERE settled_at IS NOT NULL AND settled_at BETWEEN ?1 AND ?2 AND kind = 'mail' ORDER BY settled_at";

fn ended(tx: &ReadTx<'_>, between: (i64, i64)) -> Result<Vec<Ended>> {
    let mut statement = tx.sql().prepare_cached(ENDED)?;
    let mut rows = statement.query(between)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let how = match read(row, 2)? {
            ExecutionStatus::Sent => How::Sent,
            ExecutionStatus::Drafted => How::Drafted,
            ExecutionStatus::Failed => How::Failed,
            // An undone outcome counts neither as good nor as bad.
            ExecutionStatus::Queued
            | ExecutionStatus::Sending
            | ExecutionStatus::Uncertain
            | ExecutionStatus::Cancelled => continue,
        };
        all.push(Ended {
            id: ExecutionId(row.get(0)?),
            at: instant(row.get(1)?),
            how,
            who: who(row.get(3)?, row.get_ref(4)?.as_str()),
            by_rule: read::<By>(row, 5)? != By::Operator,
        });
    }
    Ok(all)
}

const CAME: &str = "SELECT occurred_at, contact_id, execution_id FROM outcome \
    WHERE undone_at IS NULL AND kind = ?1 AND occurred_at BETWEEN ?2 AND ?3 ORDER BY occurred_at";

fn came(tx: &ReadTx<'_>, (since, until): (i64, i64)) -> Result<Vec<Came>> {
    let mut statement = tx.sql().prepare_cached(CAME)?;
    let mut all = Vec::new();
    for kind in [
        OutcomeKind::EmailReplied,
        OutcomeKind::PositiveResponse,
        OutcomeKind::MeetingBooked,
        OutcomeKind::MeetingHeld,
        OutcomeKind::MeetingNoShow,
        OutcomeKind::EmailBounced,
        OutcomeKind::EmailUnsubscribed,
        OutcomeKind::DealWon,
    ] {
        let mut rows = statement.query((kind.as_str(), since, until))?;
        while let Some(row) = rows.next()? {
            all.push(Came {
                kind,
                at: instant(row.get(0)?),
                contact: row.get::<_, Option<i64>>(1)?.map(ContactId),
                execution: row.get::<_, Option<i64>>(2)?.map(ExecutionId),
            });
        }
    }
    Ok(all)
}

const CLOSED: &str = "SELECT closed_at, status, action FROM move \
    WHERE closed_at IS NOT NULL AND closed_at BETWEEN ?1 AND ?2 ORDER BY closed_at";

fn closed(tx: &ReadTx<'_>, between: (i64, i64)) -> Result<Vec<Closed>> {
    let mut statement = tx.sql().prepare_cached(CLOSED)?;
    let mut rows = statement.query(between)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let is_done = match read(row, 1)? {
            MoveStatus::Done => true,
            MoveStatus::Skipped => false,
            // An expired move was nobody's decision.
            _ => continue,
        };
        all.push(Closed {
            at: instant(row.get(0)?),
            is_done,
            action: read(row, 2)?,
        });
    }
    Ok(all)
}

/// Returns how many approvals still wait: those of the operator and those of rules.
fn waiting(tx: &ReadTx<'_>, between: (i64, i64)) -> Result<(u64, u64)> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT approved_by FROM execution WHERE status IN ('queued', 'sending', 'uncertain') AND kind = 'mail' AND approved_at BETWEEN ?1 AND ?2",
    )?;
    let mut rows = statement.query(between)?;
    let (mut by_operator, mut by_rule) = (0, 0);
    while let Some(row) = rows.next()? {
        if read::<By>(row, 0)? == By::Operator {
            by_operator += 1;
        } else {
            by_rule += 1;
        }
    }
    Ok((by_operator, by_rule))
}

/// Moves made by a rule, and their ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleHits {
    /// The rule.
    pub rule: String,
    /// Moves that it made.
    pub made: u64,
    /// Of these, done.
    pub done: u64,
    /// Of these, skipped.
    pub skipped: u64,
    /// Instant of its newest move.
    pub last_at: Option<Timestamp>,
}

const RULE_HITS: &str = "SELECT rule, status, count(*), max(created_at) FROM move GROUP BY rule, status ORDER BY rule, status";

/// Returns how often each rule made a move, by rule.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn rule_hits(tx: &ReadTx<'_>) -> Result<Vec<RuleHits>> {
    let mut statement = tx.sql().prepare_cached(RULE_HITS)?;
    let mut rows = statement.query([])?;
    let mut all: Vec<RuleHits> = Vec::new();
    while let Some(row) = rows.next()? {
        let rule: String = row.get(0)?;
        if all.last().is_none_or(|last| last.rule != rule) {
            all.push(RuleHits {
                rule,
                ..RuleHits::default()
            });
        }
        let n = u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        let at = row.get::<_, Option<i64>>(3)?.map(instant);
        let status = read(row, 1)?;
        if let Some(hits) = all.last_mut() {
            hits.made += n;
            match status {
                MoveStatus::Done => hits.done += n,
                MoveStatus::Skipped => hits.skipped += n,
                MoveStatus::Open
                | MoveStatus::Snoozed
                | MoveStatus::Approved
                | MoveStatus::Executing
                | MoveStatus::Expired => {}
            }
            hits.last_at = hits.last_at.max(at);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;

    #[test]
    fn every_read_is_served_by_an_index_alone() {
        let (_directory, store) = store();
        let plan = |sql: &str| -> String {
            store
                .read(|tx| {
                    let mut statement = tx.sql().prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                    let count = statement.parameter_count();
                    let lines: Vec<String> = statement
                        .query_map(rusqlite::params_from_iter(vec!["0"; count]), |row| {
                            row.get(3)
                        })?
                        .collect::<rusqlite::Result<_>>()?;
                    Ok::<_, crate::store::StoreError>(lines.join("; "))
                })
                .unwrap()
        };
        for (sql, index) in [
            (ENDED, "execution_counted"),
            (CAME, "outcome_counted"),
            (CLOSED, "move_counted"),
            (RULE_HITS, "move_by_rule"),
        ] {
            let plan = plan(sql);
            assert!(
                plan.contains(&format!("COVERING INDEX {index}")) && !plan.contains("TEMP B-TREE"),
                "{sql}: {plan}"
            );
        }
    }
}
