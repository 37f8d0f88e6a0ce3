//! Why something was, was not, or is not yet done: of a contact, or of one move.

use jiff::Timestamp;
use serde::Serialize;

use super::when::NextSendView;
use crate::domain::guard::{Verdict, binding};
use crate::domain::id::{ContactId, ExecutionId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::engine::{Engine, EngineError, Result, draft, gate};
use crate::store::executions::ExecutionStatus;
use crate::store::people::Person;
use crate::store::{ReadTx, executions, moves, people};

/// One move of the person, and what decides it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhyMove {
    /// The move.
    pub id: MoveId,
    /// A few words.
    pub title: String,
    /// Where it stands.
    pub status: MoveStatus,
    /// What decides that it is where it is, as a sentence.
    pub because: String,
    /// When that clears by itself.
    pub clears_at: Option<Timestamp>,
    /// The execution, if there is one.
    pub execution: Option<ExecutionId>,
    /// What the guards say or said.
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
    /// When the next mail may go, and what decides it.
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
            for mv in all.into_iter().take(MAX_MOVES) {
                let execution = executions::of_move(tx, mv.id)?.into_iter().next();
                let mut verdicts = match &execution {
                    Some(e) => executions::verdicts(tx, e.id)?,
                    None => Vec::new(),
                };
                let (mut because, mut clears_at) = (mv.close_reason.clone(), None);
                match (mv.status, &execution) {
                    (MoveStatus::Open | MoveStatus::Snoozed, _) if draft::sends_mail(&mv) => {
                        match draft::make(tx, self.core(), &mv, now) {
                            Ok(made) => {
                                verdicts = crate::engine::commands::would_be(
                                    tx,
                                    self.core(),
                                    &mv,
                                    &made,
                                    now,
                                )?;
                                because = match binding(&verdicts) {
                                    Some(v) => format!(
                                        "waits for your approval; then {}: {}",
                                        v.guard, v.detail
                                    ),
                                    None => {
                                        "waits for your approval; nothing else stands in its way"
                                            .into()
                                    }
                                };
                                clears_at = binding(&verdicts).and_then(|v| v.clears_at);
                            }
                            Err(EngineError::Input(problem)) => because = problem,
                            Err(other) => return Err(other),
                        }
                    }
                    (MoveStatus::Open | MoveStatus::Snoozed, _) => {
                        because = "is done by hand; approving it ticks it off".into()
                    }
                    (MoveStatus::Approved, Some(e)) if e.status == ExecutionStatus::Queued => {
                        // What holds it now, not what held it when it was last tried.
                        verdicts = gate::ask_again(tx, self.core(), e, now)?;
                        because = match binding(&verdicts) {
                            Some(v) => format!("is approved and held by {}: {}", v.guard, v.detail),
                            None => "is approved; the next sync sends it".into(),
                        };
                        clears_at = binding(&verdicts).and_then(|v| v.clears_at);
                    }
                    (_, Some(e)) if !e.error.is_empty() => because = e.error.clone(),
                    _ => {}
                }
                explained.push(WhyMove {
                    id: mv.id,
                    title: mv.title,
                    status: mv.status,
                    because,
                    clears_at,
                    execution: execution.map(|e| e.id),
                    verdicts,
                });
            }
            Ok(Why {
                contact_id: person.contact_id(),
                name: person.name(),
                email: person.email.clone(),
                blocked: gate::suppressed(tx, Some(&person), &person.address_key())?,
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

/// Finds a person by address, number or external id.
pub(in crate::engine) fn find_person(tx: &ReadTx<'_>, who: &str) -> Result<Person> {
    let who = who.trim();
    let by_number = who.parse().ok().map(ContactId);
    let id = match (by_number, who.split_once(':')) {
        (Some(id), _) => Some(id),
        (None, Some((system, external))) => {
            people::find_by_external_id(tx, "contact", system, external)?.map(ContactId)
        }
        (None, None) => people::find_by_email(tx, &who.to_lowercase())?,
    };
    let person = id.map(|id| people::load(tx, id)).transpose()?.flatten();
    person.ok_or_else(|| {
        let who = crate::domain::text::clean_line(who, 120);
        EngineError::NotFound(format!("Nobody is known as \"{who}\"; `caseyos contacts search` finds people by name, address or firm."))
    })
}
