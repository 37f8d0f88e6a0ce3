//! Finding people, moves and messages by what the operator calls them.

use crate::domain::id::{ContactId, ExecutionId, MoveId};
use crate::engine::error::{EngineError, Result};
use crate::store::executions::ExecutionRow;
use crate::store::moves::MoveRow;
use crate::store::people::Person;
use crate::store::people::RecordKind;
use crate::store::{ReadTx, executions, moves, people};

/// Finds a person by address, number or external id; none if nobody is known by it.
pub(in crate::engine) fn look_up_person(tx: &ReadTx<'_>, who: &str) -> Result<Option<Person>> {
    let who = who.trim();
    let by_number = who.parse().ok().map(ContactId);
    let id = match (by_number, who.split_once(':')) {
        (Some(id), _) => Some(id),
        (None, Some((system, external))) => {
            people::find_by_external_id(tx, RecordKind::Contact, system, external)?.map(ContactId)
        }
        (None, None) => people::find_by_email(tx, who)?,
    };
    Ok(id.map(|id| people::load(tx, id)).transpose()?.flatten())
}

/// Finds a person by address, number or external id.
pub(in crate::engine) fn find_person(tx: &ReadTx<'_>, who: &str) -> Result<Person> {
    look_up_person(tx, who)?.ok_or_else(|| {
        let who = crate::domain::text::clean_line(who.trim(), 120);
        EngineError::NotFound(format!("Nobody is known as \"{who}\"; `caseyos contacts search` finds people by name, address or firm."))
    })
}

/// Finds a move by its number.
pub(in crate::engine) fn find_move(tx: &ReadTx<'_>, id: MoveId) -> Result<MoveRow> {
    moves::load(tx, id)?.ok_or_else(|| no_such_move(id))
}

/// Says that no move has this number.
pub(in crate::engine) fn no_such_move(id: MoveId) -> EngineError {
    EngineError::NotFound(format!(
        "There is no move {id}; `caseyos today` lists those that are open."
    ))
}

/// Finds a message of the outbox by its number.
pub(in crate::engine) fn find_message(tx: &ReadTx<'_>, id: ExecutionId) -> Result<ExecutionRow> {
    executions::load(tx, id)?.ok_or_else(|| {
        EngineError::NotFound(format!(
            "There is no message {id} in the outbox; `caseyos outbox` lists them."
        ))
    })
}
