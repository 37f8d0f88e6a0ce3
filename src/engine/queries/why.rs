//! Why something was, was not, or is not yet done: of a contact, or of one move.

use crate::engine::ground::lookup::{find_message, find_person, no_such_move};
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::action::Means;
use crate::domain::effect::Ended;
use crate::domain::guard::{GuardKind, Pause, Verdict, binding};
use crate::domain::id::{ContactId, ExecutionId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::engine::commands::approve::would_be;
use crate::engine::effects::forecast::Outlook;
use crate::engine::effects::gate;
use crate::engine::effects::kind::Way;
use crate::engine::effects::make;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::queries::outbox::{Reason, reason};
use crate::engine::queries::when::NextSendView;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::MoveRow;
use crate::store::{ReadTx, control, executions, moves};

/// One move of the person, and what decides it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhyMove {
    /// The move; none for a message that belongs to none.
    pub id: Option<MoveId>,
    /// A few words.
    pub title: String,
    /// Its status.
    pub status: MoveStatus,
    /// The one thing that decides where it stands, as a sentence.
    pub because: String,
    /// The guard that decides it, if one does.
    pub guard: Option<GuardKind>,
    /// The instant at which that clears by itself.
    pub clears_at: Option<Timestamp>,
    /// The instant at which it leaves as things stand, if it is approved.
    pub leaves_at: Option<Timestamp>,
    /// The execution, if there is one.
    pub execution: Option<ExecutionId>,
    /// The guards' answers.
    pub verdicts: Vec<Verdict>,
}

/// Why things with a person stand as they do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The person.
    pub contact_id: ContactId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Why nothing may be sent at all; none if it may.
    pub blocked: Option<String>,
    /// Until when nothing is sent unasked, and why.
    pub paused: Option<String>,
    /// The pause of everything that is in force.
    pub pause: Option<Pause>,
    /// The next mail, and what decides it.
    pub next_send: NextSendView,
    /// The moves, those that stand first.
    pub moves: Vec<WhyMove>,
}

const MAX_MOVES: usize = 20;

impl Engine {
    /// Explains why things with a person stand as they do; `who` is an address, a contact's number or an external id.
    ///
    /// # Errors
    /// If nobody is known by that.
    pub fn why(&self, who: &str) -> Result<Why> {
        let next_send = self.when(who)?;
        let now = self.now();
        self.store().read(|tx| {
            let person = find_person(tx, who)?;
            let mut all = moves::of_contact(tx, person.contact_id())?;
            all.sort_by_key(|mv| (!mv.status.is_standing(), std::cmp::Reverse(mv.id)));
            let mut explained = Vec::new();
            let mut outlook = Outlook::new(tx, self.core(), now);
            for mv in all.into_iter().take(MAX_MOVES) {
                explained.push(explain(tx, self.core(), mv, &mut outlook, now)?);
            }
            Ok(Why {
                contact_id: person.contact_id(),
                name: person.name(),
                email: person.email.clone(),
                blocked: gate::barred(tx, Some(person.contact_id()), &person.address_key())?,
                pause: control::pause(tx, now)?,
                paused: person
                    .paused_until
                    .filter(|until| *until > now)
                    .map(|until| format!("{} (until {until})", person.pause_reason)),
                next_send,
                moves: explained,
            })
        })
    }
}

/// Explains one move.
fn explain(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: MoveRow,
    outlook: &mut Outlook<'_, '_>,
    now: Timestamp,
) -> Result<WhyMove> {
    let execution = executions::of_move(tx, mv.id)?.into_iter().next();
    let mut why = WhyMove {
        id: Some(mv.id),
        title: mv.title.clone(),
        status: mv.status,
        because: mv.close_reason.clone(),
        guard: None,
        clears_at: None,
        leaves_at: None,
        execution: execution.as_ref().map(|e| e.id),
        verdicts: Vec::new(),
    };
    let mut take = |found: Reason| {
        why.guard = found.guard;
        why.clears_at = found.clears_at;
        why.leaves_at = found.leaves_at;
        why.verdicts = found.verdicts;
        found.because
    };
    match (mv.status, &execution) {
        (MoveStatus::Open | MoveStatus::Snoozed, _)
            if make::means_of(tx, core, &mv, now)? != Means::ByHand =>
        {
            match make::make(tx, core, &mv, now)? {
                Way::ByHand(_) => {}
                Way::Effect(made) => {
                    why.verdicts = would_be(tx, core, &mv, &made, outlook, now)?;
                    let refusal = binding(&why.verdicts);
                    why.because = match refusal {
                        Some(v) => {
                            format!(
                                "waits for your approval; then {}: {}",
                                v.guard.words(),
                                v.detail
                            )
                        }
                        None => "waits for your approval; nothing else stands in its way".into(),
                    };
                    why.clears_at = refusal.and_then(|v| v.clears_at);
                    why.guard = refusal.map(|v| v.guard);
                }
                Way::Lacks(lack) => why.because = lack,
            }
            // Otherwise an approval that a guard ended would look as if nobody had ever given it.
            let is_told = |e: &ExecutionRow| {
                e.status == ExecutionStatus::Failed
                    || (e.status == ExecutionStatus::Cancelled && e.ended == Ended::Guarded)
            };
            if let Some(dead) = execution.filter(is_told) {
                let found = reason(tx, core, &dead, outlook, now)?;
                why.because = format!("{}; {}", found.because.trim_end_matches('.'), why.because);
            }
        }
        (MoveStatus::Open | MoveStatus::Snoozed, _) => {
            why.because = "is done by hand; approving it ticks it off".into();
        }
        (MoveStatus::Approved | MoveStatus::Executing, Some(e)) => {
            let found = reason(tx, core, e, outlook, now)?;
            let is_queued = e.status == ExecutionStatus::Queued;
            let because = take(found);
            why.because = match why.guard {
                Some(_) => format!("is approved and held by {because}"),
                None if is_queued => format!("is approved and waits: {because}"),
                None => because,
            };
        }
        (_, Some(e)) if !e.error.is_empty() => why.because = e.error.clone(),
        _ => {}
    }
    if let (true, Some(e)) = (why.verdicts.is_empty(), why.execution) {
        why.verdicts = executions::verdicts(tx, e)?;
    }
    Ok(why)
}

/// Explains a message that belongs to no move.
fn explain_wish(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<WhyMove> {
    let found = reason(tx, core, row, &mut Outlook::new(tx, core, now), now)?;
    Ok(WhyMove {
        id: None,
        title: row.subject.clone(),
        status: match row.status {
            ExecutionStatus::Queued => MoveStatus::Approved,
            ExecutionStatus::Sending | ExecutionStatus::Uncertain => MoveStatus::Executing,
            ExecutionStatus::Sent | ExecutionStatus::Drafted => MoveStatus::Done,
            ExecutionStatus::Failed | ExecutionStatus::Cancelled => MoveStatus::Expired,
        },
        because: found.because,
        guard: found.guard,
        clears_at: found.clears_at,
        leaves_at: found.leaves_at,
        execution: Some(row.id),
        verdicts: found.verdicts,
    })
}

impl Engine {
    /// Explains one thing: `move:12`, or `execution:7` for a message; none if `what` names neither.
    ///
    /// # Errors
    /// If there is no such move or message.
    pub fn why_one(&self, what: &str) -> Result<Option<WhyMove>> {
        let now = self.now();
        let Some((kind, number)) = what.trim().split_once(':') else {
            return Ok(None);
        };
        let number: Option<i64> = number.parse().ok();
        self.store().read(|tx| {
            let (id, message) = match (kind, number) {
                ("move", Some(id)) => (MoveId(id), None),
                ("execution" | "message", Some(id)) => {
                    let row = find_message(tx, ExecutionId(id))?;
                    match row.move_id {
                        Some(id) => (id, Some(row)),
                        None => return explain_wish(tx, self.core(), &row, now).map(Some),
                    }
                }
                _ => return Ok(None),
            };
            let mv = moves::load(tx, id)?.ok_or_else(|| no_such_move(id))?;
            let mut outlook = Outlook::new(tx, self.core(), now);
            let mut why = explain(tx, self.core(), mv, &mut outlook, now)?;
            // Asked about a message, it is that message's own fate that is told.
            if let Some(row) = message {
                let found = reason(tx, self.core(), &row, &mut outlook, now)?;
                why = WhyMove {
                    because: found.because,
                    guard: found.guard,
                    clears_at: found.clears_at,
                    leaves_at: found.leaves_at,
                    execution: Some(row.id),
                    verdicts: found.verdicts,
                    ..why
                };
            }
            Ok(Some(why))
        })
    }
}
