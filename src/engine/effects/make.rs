//! The effect of a move: the first kind that claims the move makes it.

use jiff::Timestamp;

use super::ask::Ask;
use super::kind::{Effect, Way};
use super::kinds;
use crate::domain::action::{ActionKind, Means};
use crate::domain::by::By;
use crate::domain::effect::Origin;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::store::ReadTx;
use crate::store::moves::MoveRow;

/// Returns the kind that carries out a move; none for one that is done by hand.
pub(in crate::engine) fn kind_of(
    tx: &ReadTx<'_>,
    mv: &MoveRow,
) -> Result<Option<&'static dyn Effect>> {
    for kind in kinds::ALL {
        if kind.claims(tx, mv)? {
            return Ok(Some(*kind));
        }
    }
    Ok(None)
}

/// Returns how a move would be carried out, without making its effect where that can be helped.
pub(in crate::engine) fn means_of(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    now: Timestamp,
) -> Result<Means> {
    match kind_of(tx, mv)? {
        Some(kind) => kind.means_for(tx, core, mv, now),
        None => Ok(Means::ByHand),
    }
}

/// Makes the effect that approval of a move would carry out now.
pub(in crate::engine) fn make(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    now: Timestamp,
) -> Result<Way> {
    match kind_of(tx, mv)? {
        Some(kind) => kind.make(tx, core, mv, now),
        None => Ok(Way::ByHand("it is work of your own".into())),
    }
}

/// Returns the ask of a move.
pub(in crate::engine) fn ask_of(made: super::kind::Made, mv: &MoveRow, by: By) -> Ask {
    Ask {
        origin: Origin::Move,
        move_id: Some(mv.id),
        contact: mv.contact_id,
        by,
        ..Ask::wish(made, mv.action)
    }
}

/// Tells whether the words of an action's effect can be edited although it is no mail.
pub(in crate::engine) const fn has_words(action: ActionKind) -> bool {
    matches!(
        action,
        ActionKind::CreateTask | ActionKind::AddNote | ActionKind::LogCall
    )
}
