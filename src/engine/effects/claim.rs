//! The claim: the guards are asked again, and the message is rendered and laid ready, before anything may leave.

use jiff::Timestamp;
use serde_json::json;

use super::gate;
use super::kinds;
use super::outcome::Outcome;
use super::outcome::sentence_of;
use super::take_back::{cancel, set_move};
use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::guard::{Mode, binding};
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::CHECK_AGAIN;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::executions::{End, ExecutionRow, ExecutionStatus};
use crate::store::{WriteTx, executions, moves};

/// Returns the instant at which a guard that names no end is asked again.
pub(in crate::engine) fn check_again(now: Timestamp) -> Option<Timestamp> {
    now.checked_add(CHECK_AGAIN).ok()
}

pub(in crate::engine) enum Claim {
    Go(Box<ExecutionRow>, Vec<u8>),
    No(Outcome),
}

/// Asks the guards again and claims the execution with the message rendered.
pub(in crate::engine) fn claim(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    holder: &str,
    now: Timestamp,
) -> Result<Claim> {
    let no = |outcome| Ok(Claim::No(outcome));
    let Some(row) = executions::load(tx, id)?.filter(|row| row.status == ExecutionStatus::Queued)
    else {
        return no(Outcome::Gone);
    };
    // A move that was taken elsewhere since must not send, whatever its execution says.
    if let Some(mv) = row.move_id
        && moves::load(tx, mv)?.is_none_or(|mv| mv.status != MoveStatus::Approved)
    {
        let why = "the move is no longer approved";
        let end = End {
            to: ExecutionStatus::Cancelled,
            ended: Ended::Overtaken,
            location: "",
            because: why,
        };
        executions::settle(tx, id, ExecutionStatus::Queued, end, now)?;
        let detail = json!({"because": why});
        note(tx, id, &detail, now)?;
        return no(Outcome::Gone);
    }
    let is_live = row.mode == Mode::Live;
    if row.not_before > now {
        return no(Outcome::NotYet);
    }
    let effect = kinds::of(row.kind);
    if is_live && effect.asks().limits {
        gate::review_deliverability(tx, core, now)?;
    }
    let verdicts = gate::ask_again(tx, core, &row, now)?;
    executions::save_verdicts(tx, id, "claim", &verdicts)?;
    if let Some(refusal) = binding(&verdicts) {
        let sentence = sentence_of(refusal);
        let is_changed = gate::is_changed(tx, &row)?;
        let again = refusal.clears_at.or(check_again(now));
        executions::note_held(tx, id, &sentence, again)?;
        if !gate::is_final(refusal) {
            return no(Outcome::Held(verdicts));
        }
        if row.move_id.is_none() && row.mode == Mode::Live {
            give_up_wish(tx, &row, &sentence, now)?;
        } else {
            let because = (Ended::Guarded, sentence.as_str());
            cancel(tx, &row, because, MoveStatus::Open, now)?;
        }
        let detail = json!({"because": sentence, "verdicts": verdicts});
        note(tx, id, &detail, now)?;
        return no(if is_changed {
            Outcome::Changed(verdicts)
        } else {
            Outcome::Cancelled(verdicts)
        });
    }
    let at_once = u64::from(core.config.outbox.at_once);
    if is_live && executions::count_sending(tx, &row.transport)? >= at_once {
        return no(Outcome::NotYet);
    }
    let rendered = effect.request(core, &row, now)?;
    // Before the claim is committed: once it is, a message that lies nowhere can only have left.
    let is_staged = effect.stage(core, &row, &rendered).unwrap_or(false);
    if !executions::claim(tx, id, holder, &rendered, is_staged, now)? {
        return no(Outcome::Gone);
    }
    set_move(tx, &row, MoveStatus::Executing, None, "", now)?;
    tx.emit(now, "execution.claimed", format!("execution:{id}"))?;
    // As it stands now: what became of it is judged by when it was claimed and whether it was laid ready.
    match executions::load(tx, id)? {
        Some(claimed) => Ok(Claim::Go(Box::new(claimed), rendered)),
        None => no(Outcome::Gone),
    }
}

/// Gives up a wish that a guard refuses for good. It has no move to come back to, so it is kept for the operator.
fn give_up_wish(tx: &WriteTx<'_>, row: &ExecutionRow, because: &str, now: Timestamp) -> Result<()> {
    let end = End {
        to: ExecutionStatus::Failed,
        ended: Ended::Guarded,
        location: "",
        because,
    };
    executions::settle(tx, row.id, ExecutionStatus::Queued, end, now)?;
    Ok(tx.emit(now, "execution.failed", format!("execution:{}", row.id))?)
}

fn note(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    let ended = Change {
        by: &By::Engine,
        event: "execution.cancelled",
        about: vec![format!("execution:{id}")],
        detail: detail.clone(),
        tells: Tells::Nothing,
        back: Back::None,
    };
    change(tx, ended, now).map(|_| ())
}
