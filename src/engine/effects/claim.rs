//! The claim: the guards are asked again, and the message is rendered and laid ready, before anything may leave.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::guard::{EffectKind, Mode, binding};
use crate::domain::id::ExecutionId;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::CHECK_AGAIN;
use crate::engine::effects::gate;
use crate::engine::effects::kinds::mail::post::stage;
use crate::engine::effects::kinds::mail::render::render;
use crate::engine::effects::{Outcome, cancel, set_move};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::{WriteTx, audit, executions, moves};

/// Returns when something that names no end is asked again.
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
    if moves::load(tx, row.move_id)?.is_none_or(|mv| mv.status != MoveStatus::Approved) {
        let why = "the move is no longer approved";
        let (from, to) = (ExecutionStatus::Queued, ExecutionStatus::Cancelled);
        executions::settle(tx, id, from, to, ("", why), now)?;
        let detail = json!({"because": why});
        note(tx, id, &detail, now)?;
        return no(Outcome::Gone);
    }
    let is_live = row.mode == Mode::Live;
    if row.not_before > now {
        return no(Outcome::NotYet);
    }
    let is_mail = row.kind == EffectKind::Mail;
    if is_live && is_mail {
        gate::review_deliverability(tx, core, now)?;
    }
    let verdicts = gate::ask_again(tx, core, &row, now)?;
    executions::save_verdicts(tx, id, "claim", &verdicts)?;
    if let Some(refusal) = binding(&verdicts) {
        let sentence = format!("{}: {}", refusal.guard, refusal.detail);
        let again = refusal.clears_at.or(check_again(now));
        executions::note_held(tx, id, &sentence, again)?;
        if !gate::is_final(refusal) {
            return no(Outcome::Held(verdicts));
        }
        cancel(tx, &row, &sentence, MoveStatus::Open, now)?;
        let detail = json!({"because": sentence, "verdicts": verdicts});
        note(tx, id, &detail, now)?;
        return no(Outcome::Cancelled(verdicts));
    }
    let at_once = u64::from(core.config.outbox.at_once);
    if is_live && executions::count_sending(tx, &row.transport)? >= at_once {
        return no(Outcome::NotYet);
    }
    let (message, is_staged) = if is_mail {
        let message = render(&row, now)?;
        // Before the claim is committed: once it is, a message that lies nowhere can only have left.
        let staged = stage(core, &row, &message);
        (message, staged.unwrap_or(false))
    } else {
        (row.content.clone().into_bytes(), false)
    };
    if !executions::claim(tx, id, holder, &message, is_staged, now)? {
        return no(Outcome::Gone);
    }
    set_move(tx, &row, MoveStatus::Executing, None, "", now)?;
    tx.emit(now, "execution.claimed", format!("execution:{id}"))?;
    // As it stands now: what became of it is judged by when it was claimed and whether it was laid ready.
    match executions::load(tx, id)? {
        Some(claimed) => Ok(Claim::Go(Box::new(claimed), message)),
        None => no(Outcome::Gone),
    }
}

fn note(
    tx: &WriteTx<'_>,
    id: ExecutionId,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    let subject = format!("execution:{id}");
    audit::append(tx, now, "engine", "execution.cancelled", &subject, detail)?;
    Ok(())
}
