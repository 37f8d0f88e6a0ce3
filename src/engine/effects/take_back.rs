//! Taking back: what has not left is withdrawn, a draft is removed, and what was carried out is undone by an effect of its own, if it can be.

use jiff::Timestamp;
use serde_json::json;

use super::ask::{Ask, Asked, ask_in};
use super::kind::Inverse;
use super::kinds;
use super::outcome::named;
use crate::domain::by::By;
use crate::domain::effect::{Ended, Origin};
use crate::domain::id::{ExecutionId, MoveId, UndoId};
use crate::domain::moves::MoveStatus;
use crate::engine::error::{EngineError, May, Refused, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::lookup::find_message;
use crate::engine::ground::say::{capital, sentence};
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::reopen::{refuse_if_replaced, reopen};
use crate::env::crash_point;
use crate::store::executions::{End, ExecutionRow, ExecutionStatus};
use crate::store::moves::MoveState;
use crate::store::undo::UndoRow;
use crate::store::{Durability, ReadTx, WriteTx, drafts, executions, moves, undo};

/// The reason of a move that is done because its draft lies in a mailbox.
pub(super) const DRAFT_WAS_MADE: &str = "a draft was made";

/// Returns the state of a move that is open again.
pub(in crate::engine) fn open(id: MoveId) -> MoveState {
    MoveState {
        id,
        status: MoveStatus::Open,
        snoozed_until: None,
        closed_at: None,
        close_reason: String::new(),
    }
}

/// Sets the state of an execution's move, if it has one.
pub(in crate::engine) fn set_move(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    status: MoveStatus,
    closed_at: Option<Timestamp>,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let Some(id) = row.move_id else {
        return Ok(());
    };
    let state = MoveState {
        status,
        closed_at,
        close_reason: reason.into(),
        ..open(id)
    };
    moves::set_state(tx, &state, now)?;
    Ok(tx.emit(now, "move.changed", format!("move:{id}"))?)
}

/// Takes back an execution that has not left, and puts its move where `to` says.
pub(in crate::engine) fn cancel(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    (ended, reason): (Ended, &str),
    to: MoveStatus,
    now: Timestamp,
) -> Result<bool> {
    if row.is_of_draft() {
        return put_back(tx, row, reason, now);
    }
    let from = row.status;
    let end = End {
        to: ExecutionStatus::Cancelled,
        ended,
        location: "",
        because: reason,
    };
    if !matches!(from, ExecutionStatus::Queued | ExecutionStatus::Failed)
        || !executions::settle(tx, row.id, from, end, now)?
    {
        return Ok(false);
    }
    // The move of one that was given up went its own way.
    if from == ExecutionStatus::Queued {
        let closed = (to != MoveStatus::Open).then_some(now);
        let why = if closed.is_some() { reason } else { "" };
        set_move(tx, row, to, closed, why, now)?;
    }
    tx.emit(now, "execution.cancelled", format!("execution:{}", row.id))?;
    Ok(true)
}

/// Leaves the draft that an execution was to be carried out from where it lies.
pub(super) fn put_back(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    if !drafts::put_back(tx, row, reason, now)? {
        return Ok(false);
    }
    set_move(tx, row, MoveStatus::Done, Some(now), DRAFT_WAS_MADE, now)?;
    tx.emit(now, "execution.settled", format!("execution:{}", row.id))?;
    Ok(true)
}

/// Refuses to open a move again whose place another has taken; asked before anything is done that cannot be refused any more.
fn may_reopen(tx: &ReadTx<'_>, id: Option<MoveId>) -> Result<May> {
    let Some(id) = id else {
        return Ok(Ok(()));
    };
    if moves::load(tx, id)?.is_none() {
        return Ok(Err(Refused::Overtaken(format!(
            "Move {id} is gone. Nothing was changed."
        ))));
    }
    refuse_if_replaced(tx, &open(id))
}

fn again(row: &ExecutionRow) -> String {
    row.move_id
        .map_or_else(String::new, |id| format!(" Move {id} is open again."))
}

/// Ends an execution whose effect was taken back on the other side, and opens its move again.
pub(super) fn taken_back(tx: &WriteTx<'_>, row: &ExecutionRow, now: Timestamp) -> Result<bool> {
    let end = End {
        to: ExecutionStatus::Cancelled,
        ended: Ended::TakenBack,
        location: "",
        because: "undone by the operator",
    };
    if !executions::settle(tx, row.id, ExecutionStatus::Sent, end, now)? {
        return Ok(false);
    }
    kinds::of(row.kind).undone(tx, row, now)?;
    if let Some(entry) = undo::of_execution(tx, row.id)? {
        undo::mark(tx, entry, now)?;
    }
    if let Some(id) = row.move_id {
        reopen(tx, &open(id), now)?;
    }
    let subject = format!("execution:{}", row.id);
    let taken = Change {
        by: &By::Operator,
        event: "execution.taken_back",
        about: vec![subject],
        detail: json!({"move": row.move_id}),
        tells: Tells::As("execution.cancelled"),
        back: Back::None,
    };
    change(tx, taken, now).map(|_| true)
}

/// A withdrawal by the operator, told of already by [`cancel`].
fn withdrawn<'a>(row: &ExecutionRow, back: Back<'a>) -> Change<'a> {
    Change {
        by: &By::Operator,
        event: "execution.withdrawn",
        about: vec![format!("execution:{}", row.id)],
        detail: json!({"move": row.move_id}),
        tells: Tells::Nothing,
        back,
    }
}

impl Engine {
    /// Takes back an execution as far as its state allows.
    pub(in crate::engine) fn take_back(&self, entry: &UndoRow, id: ExecutionId) -> Result<Done> {
        // A claim that an earlier process left behind may be of this execution, or of the one that takes it back.
        self.reconcile()?;
        let row = self.store().read(|tx| find_message(tx, id))?;
        match row.status {
            ExecutionStatus::Cancelled if row.ended == Ended::TakenBack => Ok(Done::Changed {
                summary: format!("Undone: {}.{}", capital(&named(&row)), again(&row)),
                undo: None,
            }),
            ExecutionStatus::Queued if row.is_of_draft() => self.leave_draft(&row),
            ExecutionStatus::Queued => self.withdraw_queued(entry, row),
            ExecutionStatus::Drafted => self.remove_draft(entry, row),
            ExecutionStatus::Sent => self.take_back_sent(entry, row),
            ExecutionStatus::Sending | ExecutionStatus::Uncertain => Ok(Done::Blocked {
                summary: format!(
                    "{} may be leaving right now; the next sync tells what became of it. Nothing was changed.",
                    capital(&named(&row))
                ),
                verdicts: Vec::new(),
            }),
            ExecutionStatus::Failed | ExecutionStatus::Cancelled => Ok(Done::Nothing {
                summary: format!("Execution {id} never left; there is nothing to take back."),
            }),
        }
    }

    /// Takes back that a draft is to be carried out anew: it stays where it lies. The entry of the undo list goes on to hold, for the draft.
    pub(in crate::engine) fn leave_draft(&self, row: &ExecutionRow) -> Result<Done> {
        let row = row.clone();
        self.write(Durability::Full, move |tx, _, now| {
            let id = row.id;
            if !cancel(tx, &row, (Ended::Withdrawn, ""), MoveStatus::Open, now)? {
                return Ok(Done::Nothing {
                    summary: format!("Execution {id} has just left; it cannot be taken back."),
                });
            }
            change(tx, withdrawn(&row, Back::None), now)?;
            Ok(Done::Changed {
                summary: format!(
                    "Withdrawn: nothing was sent, and the draft to {} lies in \"{}\" as before.",
                    row.to_key, row.transport
                ),
                undo: undo::of_execution(tx, id)?,
            })
        })
    }

    fn withdraw_queued(&self, entry: &UndoRow, row: ExecutionRow) -> Result<Done> {
        let (entry_id, what) = (entry.id, entry.summary.clone());
        self.write(Durability::Full, move |tx, _, now| {
            let id = row.id;
            let because = (Ended::Withdrawn, "withdrawn by the operator");
            if !cancel(tx, &row, because, MoveStatus::Open, now)? {
                return Ok(Done::Nothing {
                    summary: format!("Execution {id} has just left; it cannot be taken back."),
                });
            }
            undo::mark(tx, entry_id, now)?;
            let back = Back::Redo(entry_id, &what, id);
            let undo = change(tx, withdrawn(&row, back), now)?;
            Ok(Done::Changed {
                summary: format!("Withdrawn: {} was not sent.{}", named(&row), again(&row)),
                undo,
            })
        })
    }

    fn remove_draft(&self, entry: &UndoRow, row: ExecutionRow) -> Result<Done> {
        let not_removed = |error: &EngineError| {
            EngineError::Outside(format!(
                "The draft to {} could not be taken back: {} Nothing was changed here; asked again, undo looks whether it is still there.",
                row.to_key,
                sentence(&error.to_string())
            ))
        };
        let left = kinds::of(row.kind).left_by_hand(self, &row);
        if left.map_err(|e| not_removed(&e))? {
            return Ok(self.cannot_be_undone(&row));
        }
        // Before anything is removed: afterwards it would be too late to refuse. Killed before the commit, it can be undone again.
        self.store().read(|tx| may_reopen(tx, row.move_id))??;
        let discarded = kinds::of(row.kind).discard(self.outside(), &row);
        let was_there = discarded.map_err(|e| not_removed(&e))?;
        crash_point("draft-removed");
        let (entry_id, what) = (entry.id, entry.summary.clone());
        self.write(Durability::Full, move |tx, _, now| {
            let id = row.id;
            let end = End {
                to: ExecutionStatus::Cancelled,
                ended: Ended::TakenBack,
                location: "",
                because: "draft removed by undo",
            };
            if !executions::settle(tx, id, ExecutionStatus::Drafted, end, now)? {
                return Ok(Done::Nothing {
                    summary: format!("Execution {id} was taken back already."),
                });
            }
            if let Some(mv) = row.move_id {
                reopen(tx, &open(mv), now)?;
            }
            undo::mark(tx, entry_id, now)?;
            let removed = Change {
                by: &By::Operator,
                event: "execution.undrafted",
                about: vec![format!("execution:{id}")],
                detail: json!({"move": row.move_id}),
                tells: Tells::As("execution.cancelled"),
                back: Back::Redo(entry_id, &what, id),
            };
            let undo = change(tx, removed, now)?;
            let file = if was_there {
                "The draft was removed"
            } else {
                "The draft was gone already"
            };
            let again = row
                .move_id
                .map_or_else(String::new, |mv| format!(", and move {mv} is open again"));
            Ok(Done::Changed {
                summary: format!("{file}{again}."),
                undo,
            })
        })
    }

    fn cannot_be_undone(&self, row: &ExecutionRow) -> Done {
        Done::Blocked {
            summary: format!(
                "{} left and cannot be unsent. Nothing was changed; `caseyos undo --list` shows what else can be undone.",
                capital(&named(row))
            ),
            verdicts: Vec::new(),
        }
    }

    /// Undoes what was carried out by an effect of its own, which passes the same door. Asked again after a failure, it ends what is left.
    fn take_back_sent(&self, entry: &UndoRow, row: ExecutionRow) -> Result<Done> {
        let core = self.core();
        let inverse = self.store().read(|tx| {
            may_reopen(tx, row.move_id)??;
            kinds::of(row.kind).inverse(tx, core, &row)
        })?;
        let made = match inverse {
            Inverse::By(made) => made,
            Inverse::Nothing => return self.end_undo(&row, entry.id),
            Inverse::Never(why) => {
                return Ok(Done::Blocked {
                    summary: format!(
                        "{} Nothing was changed; `caseyos undo --list` shows what else can be undone.",
                        sentence(&why)
                    ),
                    verdicts: Vec::new(),
                });
            }
        };
        // What takes back must not wait in a queue until nobody remembers it.
        if let Some(refused) = self.must_be_free()? {
            return Ok(refused);
        }
        let original = row.clone();
        let asked = self.write(Durability::Full, move |tx, core, now| {
            ask_for_inverse(tx, core, &original, made, now)
        })?;
        crash_point("undo-asked");
        let id = match asked {
            Asked::Go(id, _) => id,
            Asked::Waits(waiting, ..) => waiting.id,
            Asked::Answered(done) => return Ok(*done),
        };
        let outcome = self.execute_in_turn(id)?;
        let done = self.answer(id, None, outcome).map_err(|error| match error {
            EngineError::Outside(why) => EngineError::Outside(format!(
                "{why} Ask for the undo again after that; it then ends what is left."
            )),
            other => other,
        });
        let now_there = self.store().read(|tx| find_message(tx, id))?;
        match now_there.status {
            ExecutionStatus::Sent => self.end_undo(&row, entry.id),
            ExecutionStatus::Failed => self.drop_refused(now_there, done),
            _ => done,
        }
    }

    /// Ends an execution whose effect is gone on the other side, with its entry of the undo list.
    fn end_undo(&self, row: &ExecutionRow, entry: UndoId) -> Result<Done> {
        let row = row.clone();
        self.write(Durability::Full, move |tx, _, now| {
            let now_there = find_message(tx, row.id)?;
            if now_there.status == ExecutionStatus::Sent {
                taken_back(tx, &now_there, now)?;
            }
            undo::mark(tx, entry, now)?;
            tx.emit(now, "undo", format!("undo:{entry}"))?;
            Ok(Done::Changed {
                summary: format!("Undone: {}.{}", capital(&named(&row)), again(&row)),
                undo: None,
            })
        })
    }
}

/// Asks for the effect that takes another one back. One that is still on its way is the answer; one that never left is asked for anew.
fn ask_for_inverse(
    tx: &WriteTx<'_>,
    core: &Core,
    original: &ExecutionRow,
    made: super::kind::Made,
    now: Timestamp,
) -> Result<Asked> {
    let earlier = executions::newest_undoing(tx, original.id)?;
    if let Some(earlier) = earlier {
        match earlier.status {
            ExecutionStatus::Queued | ExecutionStatus::Sent => {
                return Ok(Asked::Go(earlier.id, None));
            }
            ExecutionStatus::Sending | ExecutionStatus::Uncertain => {
                return Ok(Asked::Answered(Box::new(Done::Blocked {
                    summary: format!(
                        "{} is being taken back just now; the next sync tells what became of it. Nothing was changed.",
                        capital(&named(original))
                    ),
                    verdicts: Vec::new(),
                })));
            }
            ExecutionStatus::Failed | ExecutionStatus::Cancelled | ExecutionStatus::Drafted => {}
        }
    }
    let ask = Ask {
        origin: Origin::Undo,
        contact: original.contact_id,
        undoes: Some(original.id),
        by: By::Operator,
        at_once: true,
        ..Ask::wish(made, original.action)
    };
    ask_in(tx, core, ask, now)
}

/// Says what taking an execution back brings back now and what it cannot, and whether it can be asked for.
pub(in crate::engine) fn promise_of(
    tx: &ReadTx<'_>,
    core: &Core,
    entry: &UndoRow,
    id: ExecutionId,
) -> Result<(String, bool)> {
    let Some(row) = executions::load(tx, id)? else {
        return Ok((entry.promise.clone(), false));
    };
    let (to, account) = (&row.to_key, &row.transport);
    let comes_back = if row.move_id.is_some() {
        " and the move comes back"
    } else {
        ""
    };
    Ok(match row.status {
        ExecutionStatus::Queued if row.is_of_draft() => (
            format!(
                "Nothing leaves: the draft to {to} stays in the Drafts folder of \"{account}\" as it lies."
            ),
            true,
        ),
        ExecutionStatus::Queued => (
            format!(
                "{} has not left: it is withdrawn{comes_back}.",
                capital(&named(&row))
            ),
            true,
        ),
        ExecutionStatus::Drafted => match may_reopen(tx, row.move_id)? {
            Ok(()) => (
                format!(
                    "The draft is removed from the Drafts folder of \"{account}\"{comes_back}."
                ),
                true,
            ),
            Err(refused) => (refused.why(), false),
        },
        ExecutionStatus::Sent => match kinds::of(row.kind).inverse(tx, core, &row)? {
            Inverse::By(_) | Inverse::Nothing => match may_reopen(tx, row.move_id)? {
                Ok(()) => (entry.promise.clone(), true),
                Err(refused) => (refused.why(), false),
            },
            Inverse::Never(why) => (why, false),
        },
        ExecutionStatus::Sending | ExecutionStatus::Uncertain => (
            format!(
                "Cannot be taken back now: {} may have left. The next sync tells.",
                named(&row)
            ),
            false,
        ),
        ExecutionStatus::Failed => (
            "It never left; `caseyos outbox` shows what can be done with it.".into(),
            false,
        ),
        ExecutionStatus::Cancelled => (
            "It was taken back, or never left; there is nothing to take back.".into(),
            false,
        ),
    })
}
