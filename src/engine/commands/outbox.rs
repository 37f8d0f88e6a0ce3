//! What the operator does with messages of the outbox: try them now, drop them, take them back to edit them.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::guard::Mode;
use crate::domain::id::{ExecutionId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::WaitsFor;
use crate::engine::effects::ask::expiry;
use crate::engine::effects::kind::{Delivered, Way};
use crate::engine::effects::outcome::named;
use crate::engine::effects::settle::settle;
use crate::engine::effects::take_back::{cancel, set_move};
use crate::engine::effects::{kinds, make};
use crate::engine::error::{EngineError, May, Refused, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::lookup::{find_message, no_such_move};
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::DraftRow;
use crate::store::{Durability, ReadTx, executions, moves, undo};

fn nothing(summary: String) -> Result<Option<Done>> {
    Ok(Some(Done::Nothing { summary }))
}

impl Engine {
    /// Tries a message now. It stays the same message under the same Message-ID and key, so nothing can leave twice.
    pub(in crate::engine) fn retry(&self, id: ExecutionId, force: bool) -> Result<Done> {
        self.reconcile()?;
        let answered = self.write_drafts(Durability::Full, move |tx, core, now| {
            let row = find_message(tx, id)?;
            match row.status {
                ExecutionStatus::Queued => {}
                ExecutionStatus::Failed => may_try_again(tx, core, &row, now)??,
                ExecutionStatus::Uncertain if force => {}
                ExecutionStatus::Uncertain => {
                    return Err(EngineError::Input(format!(
                        "Nobody knows whether message {id} left: {} Look into what you sent. If it is not there, `caseyos outbox retry {id} --force` sends it again; nothing was done.",
                        row.error
                    )));
                }
                ExecutionStatus::Sending => {
                    return nothing(format!("Message {id} is leaving right now."));
                }
                ExecutionStatus::Sent | ExecutionStatus::Drafted | ExecutionStatus::Cancelled => {
                    return nothing(format!("Message {id} is {}; there is nothing to try.", row.status));
                }
            }
            executions::requeue(tx, id, row.status, "", Some((now, WaitsFor::Turn)))?;
            // The operator asks for exactly this content again, so the consent is as new as the wish.
            if row.status != ExecutionStatus::Queued {
                let earlier = i64::from(row.status == ExecutionStatus::Uncertain);
                executions::renew(tx, id, expiry(core, now), earlier)?;
                set_move(tx, &row, MoveStatus::Approved, None, "", now)?;
            }
            let retried = Change {
                by: &By::Operator,
                event: "execution.retried",
                about: vec![format!("execution:{id}")],
                detail: json!({"was": row.status, "force": force}),
                tells: Tells::As("execution.requeued"),
                back: Back::None,
            };
            change(tx, retried, now)?;
            Ok(None)
        })?;
        if let Some(done) = answered {
            return Ok(done);
        }
        self.finish_in_turn(id)
    }

    /// Drops a message that waits or was given up, or closes one that may have left.
    pub(in crate::engine) fn withdraw(&self, id: ExecutionId) -> Result<Done> {
        let row = self.store().read(|tx| find_message(tx, id))?;
        if row.status == ExecutionStatus::Queued && row.is_of_draft() {
            return self.leave_draft(&row);
        }
        self.write(Durability::Full, move |tx, core, now| {
            let row = find_message(tx, id)?;
            let (summary, promise) = match row.status {
                ExecutionStatus::Queued => (
                    format!(
                        "Withdrawn: {} was not sent.{}",
                        named(&row),
                        of_move(&row, "is open again")
                    ),
                    "It is queued again with the same consent, as long as that holds.",
                ),
                ExecutionStatus::Failed => (
                    format!(
                        "Dropped: {} was never sent.{}",
                        named(&row),
                        of_move(&row, "stays open")
                    ),
                    "It is listed again among those that could not be sent.",
                ),
                ExecutionStatus::Uncertain => (
                    format!(
                        "Closed: {} counts as sent, since it may have left.{}",
                        named(&row),
                        of_move(&row, "is done")
                    ),
                    "",
                ),
                _ => {
                    return Ok(Done::Nothing {
                        summary: format!(
                            "Execution {id} is {}; it cannot be withdrawn.",
                            row.status
                        ),
                    });
                }
            };
            let title = format!("Withdraw {}", named(&row));
            let back = if row.status == ExecutionStatus::Uncertain {
                let delivered = Delivered {
                    is_draft: row.mode != Mode::Live,
                    ended: Ended::Closed,
                    ..Delivered::at("unknown: closed by the operator")
                };
                settle(tx, core, id, row.status, &delivered, now)?;
                Back::None
            } else {
                let because = (Ended::Withdrawn, "withdrawn by the operator");
                cancel(tx, &row, because, MoveStatus::Open, now)?;
                let entry = undo::of_execution(tx, id)?;
                if let Some(entry) = entry {
                    undo::mark(tx, entry, now)?;
                }
                let step = Step::Outbox {
                    id,
                    status: row.status,
                };
                Back::Entry(&title, promise, step)
            };
            let withdrawn = Change {
                by: &By::Operator,
                event: "execution.withdrawn",
                about: vec![format!("execution:{id}")],
                detail: json!({"move": row.move_id, "was": row.status}),
                tells: Tells::Nothing,
                back,
            };
            let undo = change(tx, withdrawn, now)?;
            Ok(Done::Changed { summary, undo })
        })
    }

    /// Takes a message back to an open move whose draft says what the message said.
    pub(in crate::engine) fn recall(&self, id: ExecutionId) -> Result<Done> {
        self.write(Durability::Full, move |tx, core, now| {
            let row = find_message(tx, id)?;
            if !matches!(row.status, ExecutionStatus::Queued | ExecutionStatus::Failed) {
                return Err(EngineError::Input(format!(
                    "Message {id} is {}; only one that waits or was given up can be edited. Nothing was changed.",
                    row.status
                )));
            }
            let Some(mv) = row.move_id else {
                return Err(EngineError::Input(format!(
                    "Message {id} belongs to no move, so there is no draft to edit. Nothing was changed; `caseyos outbox drop {id}` takes it back, and then it can be asked for anew."
                )));
            };
            if row.is_of_draft() {
                return Err(EngineError::Input(format!(
                    "Message {id} is a draft in \"{}\". Nothing was changed; `caseyos outbox drop {id}` leaves it there, and then `caseyos edit {mv}` changes it in place.",
                    row.transport
                )));
            }
            let letter = kinds::of(row.kind).shown(core, &row.content)?.letter;
            if row.status == ExecutionStatus::Failed {
                refuse_if_move_went_on(tx, &row)??;
            }
            let because = (Ended::Withdrawn, "taken back to be edited");
            cancel(tx, &row, because, MoveStatus::Open, now)?;
            if let Some(entry) = undo::of_execution(tx, id)? {
                undo::mark(tx, entry, now)?;
            }
            let previous = moves::draft(tx, mv)?;
            // An effect without a letter is made anew of what is settled, which nothing has changed.
            if let Some(letter) = letter {
                let kept = DraftRow { subject: letter.subject, body: letter.body };
                moves::set_draft(tx, mv, Some(&kept), now)?;
            }
            let summary = format!("Took {} back to move {mv}", named(&row));
            let promise = "The draft goes back to what it was. The approval does not come back: approve the move again.";
            let step = Step::Draft { id: mv, previous };
            let recalled = Change {
                by: &By::Operator,
                event: "execution.recalled",
                about: vec![format!("execution:{id}")],
                detail: json!({"move": row.move_id, "was": row.status}),
                tells: Tells::Of("move.changed", format!("move:{mv}")),
                back: Back::Entry(&summary, promise, step),
            };
            let undo = change(tx, recalled, now)?;
            Ok(Done::Changed {
                summary: format!("{summary}, which is open again; `caseyos edit {mv}` changes it."),
                undo,
            })
        })
    }
}

/// Says how the move of an execution stands; nothing for one that has no move.
fn of_move(row: &ExecutionRow, stands: &str) -> String {
    row.move_id
        .map_or_else(String::new, |id| format!(" Move {id} {stands}."))
}

/// Refuses to try a message again whose move went on since.
pub(in crate::engine) fn may_try_again(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<May> {
    let id = match refuse_if_move_went_on(tx, row)? {
        Ok(Some(id)) => id,
        Ok(None) => return refuse_if_asked_anew(tx, row),
        Err(refused) => return Ok(Err(refused)),
    };
    let mv = moves::load(tx, id)?.ok_or_else(|| no_such_move(id))?;
    let effect = kinds::of(row.kind);
    let is_same = match effect.shown(core, &row.content)?.letter {
        // A message that the operator edited since is another one; a template may say something else by now.
        Some(letter) => moves::draft(tx, id)?
            .is_none_or(|own| (own.subject, own.body) == (letter.subject, letter.body)),
        None => match make::make(tx, core, &mv, now)? {
            Way::Effect(made) => effect.hash(&made.content) == row.content_hash,
            Way::ByHand(_) | Way::Lacks(_) => false,
        },
    };
    if is_same {
        return Ok(Ok(()));
    }
    Ok(Err(Refused::Overtaken(format!(
        "What move {id} would do was changed since; `caseyos approve {id}` does that. Nothing was done."
    ))))
}

/// Refuses to try a wish again whose effect was asked for anew.
fn refuse_if_asked_anew(tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<May> {
    let other = executions::by_once(tx, &row.once)?.filter(|other| other.id != row.id);
    Ok(match other {
        None => Ok(()),
        Some(other) => Err(Refused::Overtaken(format!(
            "It was asked for anew since (message {}: {}). Nothing was done.",
            other.id, other.status
        ))),
    })
}

/// Refuses to touch a message that was given up if its move has gone on without it: closed, or with another message. Returns the move, if it has
/// one.
fn refuse_if_move_went_on(tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<May<Option<MoveId>>> {
    let refused = |why: String| Ok(Err(Refused::Overtaken(format!("{why} Nothing was done."))));
    let Some(id) = row.move_id else {
        return Ok(Ok(None));
    };
    let Some(mv) = moves::load(tx, id)? else {
        return refused(format!("Move {id} is gone."));
    };
    if !matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed) {
        return refused(format!("Move {id} is {} since.", mv.status));
    }
    let later = executions::of_move(tx, id)?.into_iter().find(|e| {
        e.id != row.id
            && !matches!(
                e.status,
                ExecutionStatus::Cancelled | ExecutionStatus::Failed
            )
    });
    if let Some(later) = later {
        return refused(format!(
            "Move {id} has another message since ({}).",
            later.id
        ));
    }
    Ok(Ok(Some(id)))
}
