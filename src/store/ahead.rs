//! What is dated ahead of the clock, after it was set back: dates that would hold things for as long as the clock was wrong are reckoned anew.
//!
//! What happened keeps its date: sends, outcomes, signals, the trail. Only what waits for a date is touched.

use jiff::{SignedDuration, Timestamp};

use super::sends::counted_until;
use super::{ReadTx, Result, WriteTx, instant};

/// Returns the instant of the newest event; none where there is none.
///
/// # Errors
/// Fails if the database cannot be read.
pub fn newest_event(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    let at: Option<i64> = tx
        .sql()
        .prepare_cached("SELECT max(at) FROM event")?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(instant))
}

/// Brings back what waits for a date that a wrong clock made. What was put off keeps its length from now, consent that was given ahead has ended so that
/// its move comes back, moves that expired are open again, scores and decisions are due again, and an absence lasts no longer than `absence`.
///
/// # Errors
/// Fails if SQLite refuses.
pub fn bring_back(tx: &WriteTx<'_>, absence: SignedDuration, now: Timestamp) -> Result<()> {
    let longest = now
        .checked_add(absence)
        .unwrap_or(Timestamp::MAX)
        .as_millisecond();
    let (at, until) = (now.as_millisecond(), counted_until(now));
    for sql in [
        "UPDATE move SET due_at = ?1 + due_at - created_at, started_at = ?1 + started_at - created_at, created_at = ?1 WHERE created_at > ?2",
        "UPDATE move SET snoozed_until = ?1 + max(0, snoozed_until - updated_at) WHERE status = 'snoozed' AND updated_at > ?2",
        // One move of a family is open at a time: where another came up since, it stays as it is.
        "UPDATE OR IGNORE move SET status = 'open', closed_at = NULL, close_reason = '' WHERE status = 'expired' AND closed_at > ?2",
        // A snooze that only the wrong clock had ended goes on, unless it was set by that clock too: then it had its length.
        "UPDATE move SET status = 'snoozed', changes_at = snoozed_until WHERE status = 'open' AND snoozed_until > ?1 AND updated_at > ?2
             AND NOT EXISTS (SELECT 1 FROM audit WHERE audit.subject = 'move:' || move.id AND audit.event = 'move.snoozed' AND audit.at > ?2)",
        "UPDATE move SET snoozed_until = NULL WHERE status = 'open' AND snoozed_until > ?1 AND ?1 < ?2",
        "UPDATE move SET closed_at = ?1 WHERE closed_at > ?2",
        "UPDATE move SET updated_at = ?1 WHERE updated_at > ?2",
        "UPDATE hold SET until = ?1 + max(0, until - since), since = ?1 WHERE ended_at IS NULL AND since > ?2",
        // One that only the wrong clock had ended is in force again, unless another took its place.
        "UPDATE OR IGNORE hold SET ended_at = NULL, ended_by = '' WHERE kind = 'pause' AND ended_by = 'engine' AND ended_at > ?1 AND ?2 > ?1",
        "UPDATE execution SET approval_expires_at = ?1, not_before = ?1, check_at = NULL WHERE status = 'queued' AND approved_at > ?2",
        "UPDATE execution SET not_before = ?1, check_at = NULL WHERE status = 'queued' AND max(not_before, coalesce(check_at, 0)) > ?2",
        "UPDATE execution SET silence_at = ?1 + silence_at - settled_at WHERE silence_at IS NOT NULL AND settled_at > ?2",
        "UPDATE contact SET last_contact_at = ?1 WHERE last_contact_at > ?2",
        "UPDATE service_state SET held_until = NULL WHERE held_until > ?2",
        "UPDATE approval_state SET look_at = 0, decided_at = min(decided_at, ?1) WHERE ?1 < ?2",
        // The score of every standing move is made anew.
        "UPDATE move SET changes_at = 0 WHERE status IN ('open', 'snoozed') AND ?1 < ?2",
    ] {
        tx.sql().execute(sql, [at, until])?;
    }
    tx.sql().execute(
        "UPDATE contact SET paused_until = ?1 WHERE paused_until > ?1",
        [longest],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::store;
    use crate::store::{Durability, StoreError};

    #[test]
    fn every_statement_fits_the_schema() {
        let (_directory, store) = store();
        store
            .write(Durability::Normal, |tx| {
                let now = Timestamp::from_second(1_800_000_000).unwrap();
                assert_eq!(newest_event(tx)?, None);
                bring_back(tx, SignedDuration::from_hours(24), now)?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
