//! Orders that were given beside the database, brought into it: the stop flag becomes the kill switch's row, pending suppressions become rows.
//!
//! The files count from the moment they are there. Every writer brings them in before its own work, so the trail and the undo list have them as
//! soon as the lock is free.

use serde_json::json;

use jiff::Timestamp;

use crate::domain::by::By;
use crate::domain::email::Named;
use crate::domain::guard::KillSwitch;
use crate::domain::id::UndoId;
use crate::domain::suppression::Cause;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::store::flags::{self, PendingSuppression, StopFlag};
use crate::store::suppressions::{NO_REASON, SuppressedBy};
use crate::store::{Durability, WriteTx, control, executions, suppressions};

/// The kill switch as it was noted.
pub(in crate::engine) struct NotedStop {
    /// Its entry of the undo list; none if the database said so already.
    pub undo: Option<UndoId>,
    /// True if the database did not say so yet.
    pub is_new: bool,
    /// Number of effects that are approved and wait.
    pub waiting: u64,
}

/// Notes in the database that everything is stopped.
pub(in crate::engine) fn note_stop(
    tx: &WriteTx<'_>,
    reason: &str,
    now: Timestamp,
) -> Result<NotedStop> {
    let before = control::kill_switch_row(tx);
    let waiting = executions::count_queued(tx)?;
    if matches!(before, KillSwitch::Stopped { .. }) {
        return Ok(NotedStop {
            undo: None,
            is_new: false,
            waiting,
        });
    }
    control::set_kill_switch(tx, true, reason, now)?;
    executions::ask_anew(tx)?;
    let step = Step::KillSwitch {
        stopped: false,
        reason: String::new(),
    };
    let promise = "Effects may go out again, if nothing waits; else `caseyos resume` shows first what would go.";
    let stopped = Change {
        by: &By::Operator,
        event: "kill_switch.stopped",
        about: vec!["kill_switch".into()],
        detail: json!({"reason": reason, "waiting": waiting}),
        tells: Tells::Same,
        back: Back::Entry("Stop everything", promise, step),
    };
    Ok(NotedStop {
        undo: change(tx, stopped, now)?,
        is_new: true,
        waiting,
    })
}

/// Notes a suppression in the database; none if it is there already, else its entry of the undo list.
pub(in crate::engine) fn note_suppression(
    tx: &WriteTx<'_>,
    (named, value): (&Named, &str),
    reason: &str,
    now: Timestamp,
) -> Result<Option<Option<UndoId>>> {
    let reason = if reason.is_empty() { NO_REASON } else { reason };
    let standing = suppressions::of(tx, named)?;
    if standing.iter().any(|one| one.cause.follows_person()) {
        return Ok(None);
    }
    let why = (reason, SuppressedBy::Operator);
    suppressions::add(tx, (named, value), Cause::Operator, why, now)?;
    let step = Step::Suppression {
        value: value.to_owned(),
        reason: reason.to_owned(),
        present: false,
        cause: Cause::Operator,
    };
    let added = Change {
        by: &By::Operator,
        event: "suppression.added",
        about: vec![value.to_owned()],
        detail: json!({"reason": reason}),
        tells: Tells::As("suppression.changed"),
        back: Back::Entry(
            &format!("Suppressed {value}"),
            "It may be written to again.",
            step,
        ),
    };
    change(tx, added, now).map(Some)
}

/// Brings what was ordered beside the database into it. Costs a look at two names where there is nothing.
///
/// # Errors
/// Fails if the database cannot be written.
pub(in crate::engine) fn bring_in(core: &Core) -> Result<()> {
    // A copy is thrown away, and with it what it would have taken in.
    let Some(home) = core.store.orders() else {
        return Ok(());
    };
    let pending = pending(home);
    let flag = flags::stop_flag(home);
    let is_noted = || {
        let row = core
            .store
            .read(|tx| Ok::<_, EngineError>(control::kill_switch_row(tx)))?;
        Ok::<_, EngineError>(matches!(row, KillSwitch::Stopped { .. }))
    };
    let stops = flag != StopFlag::Absent && !is_noted()?;
    if !stops && pending.is_empty() {
        return Ok(());
    }
    let now = core.env.now();
    let home = home.to_owned();
    let orders = home.clone();
    let taken = pending.clone();
    core.store.write(Durability::Full, move |tx| {
        // Lifted meanwhile by whoever had the lock, it is no order any more.
        if stops {
            let reason = match flags::stop_flag(&orders) {
                StopFlag::Raised { reason, .. } => Some(reason),
                StopFlag::Unreadable => Some(String::new()),
                StopFlag::Absent => None,
            };
            if let Some(reason) = reason {
                note_stop(tx, &reason, now)?;
            }
        }
        let standing = flags::suppressions(&orders)?;
        for order in pending.iter().filter(|order| standing.contains(order)) {
            if let Ok(named) = Named::parse(&order.value) {
                note_suppression(tx, (&named, &order.value), &order.reason, now)?;
            }
        }
        Ok::<_, EngineError>(())
    })?;
    for order in taken {
        if let Err(error) = flags::forget_suppression(&home, &order.value) {
            tracing::warn!(%error, "a suppression is in the database and its file beside it stays");
        }
    }
    Ok(())
}

/// Returns the pending suppressions. Where they cannot be read the guard holds everything, and other work goes on.
fn pending(home: &std::path::Path) -> Vec<PendingSuppression> {
    let is_value = |order: &PendingSuppression| Named::parse(&order.value).is_ok();
    match flags::suppressions(home) {
        Ok(all) => all.into_iter().filter(is_value).collect(),
        Err(error) => {
            tracing::warn!(%error, "the suppressions beside the database cannot be read");
            Vec::new()
        }
    }
}

/// Raises the flag of a stop that the database alone says, as one that was restored does.
pub(in crate::engine) fn raise_what_is_noted(core: &Core) -> Result<()> {
    let Some(home) = core.store.orders() else {
        return Ok(());
    };
    let row = core
        .store
        .read(|tx| Ok::<_, EngineError>(control::kill_switch_row(tx)))?;
    if let KillSwitch::Stopped { reason, since } = row
        && flags::stop_flag(home) == StopFlag::Absent
        && let Err(error) = flags::raise_stop(home, &reason, since)
    {
        tracing::warn!(%error, "the stop flag could not be raised; the database says it");
    }
    Ok(())
}
