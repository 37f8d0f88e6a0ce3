//! Moves that come back to the list.

use jiff::Timestamp;

use crate::engine::error::{May, Refused, Result};
use crate::store::moves::MoveState;
use crate::store::{ReadTx, WriteTx, moves};

/// Puts a move back, unless a newer one has taken its place.
pub(in crate::engine) fn reopen(tx: &WriteTx<'_>, state: &MoveState, now: Timestamp) -> Result<()> {
    refuse_if_replaced(tx, state)??;
    moves::set_state(tx, state, now)?;
    tx.emit(now, "move.changed", format!("move:{}", state.id))?;
    Ok(())
}

/// Refuses to bring a move back whose place another has taken.
pub(in crate::engine) fn refuse_if_replaced(tx: &ReadTx<'_>, state: &MoveState) -> Result<May> {
    if state.status.is_standing()
        && let Some(mv) = moves::load(tx, state.id)?
        && let Some(other) = moves::find_standing(tx, mv.subject, mv.action.family())?
        && other.id != state.id
    {
        return Ok(Err(Refused::Overtaken(format!(
            "Move {} cannot come back: move {} has taken its place since. Nothing was changed.",
            state.id, other.id
        ))));
    }
    Ok(Ok(()))
}
