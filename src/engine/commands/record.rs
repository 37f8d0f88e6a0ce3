//! Outcomes that the operator records by hand.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::by::By;
use crate::domain::id::{ContactId, MoveId};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::no_such_move;
use crate::engine::handle::Engine;
use crate::engine::road::outcomes::{Observed, record};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::store::{Durability, executions, moves, people};

impl Engine {
    pub(in crate::engine) fn record_outcome(
        &self,
        kind: OutcomeKind,
        move_id: Option<MoveId>,
        contact_id: Option<ContactId>,
        at: Option<Timestamp>,
        note: String,
    ) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            let mv = move_id
                .map(|id| moves::load(tx, id)?.ok_or_else(|| no_such_move(id)))
                .transpose()?;
            let contact = contact_id.or(mv.as_ref().and_then(|mv| mv.contact_id));
            let Some(person) = contact.map(|c| people::load(tx, c)).transpose()?.flatten() else {
                return Err(EngineError::Input(
                    "An outcome needs a move or a contact that exists. Nothing was recorded."
                        .into(),
                ));
            };
            let at = at.unwrap_or(now);
            if at > now {
                return Err(EngineError::Input(
                    "An outcome cannot lie in the future. Nothing was recorded.".into(),
                ));
            }
            let sent = match move_id {
                Some(id) => executions::of_move(tx, id)?.into_iter().next(),
                None => None,
            };
            let observed = Observed {
                contact: Some(person.contact_id()),
                deal: mv.as_ref().and_then(|mv| mv.deal_id),
                execution: sent.map(|e| e.id),
                move_id,
                action: mv.as_ref().map(|mv| mv.action),
                note: clean_line(&note, 500),
                ..Observed::new(
                    kind,
                    OutcomeSource::Manual,
                    at,
                    format!(
                        "manual:{}:{}:{kind}:{}",
                        move_id.map_or(0, |m| m.0),
                        person.id,
                        at.as_millisecond()
                    ),
                )
            };
            let Some(outcome) = record(tx, observed, now)? else {
                return Ok(Done::Nothing {
                    summary: "That outcome is recorded already.".into(),
                });
            };
            let summary = format!("Recorded {kind} for {}", person.name());
            let promise = "The outcome no longer counts.";
            let step = Step::Outcome {
                id: outcome,
                undone: true,
            };
            let recorded = Change {
                by: &By::Operator,
                event: "outcome.recorded",
                about: vec![format!("outcome:{outcome}")],
                detail: json!({"kind": kind, "contact": person.id}),
                tells: Tells::Nothing,
                back: Back::Entry(&summary, promise, step),
            };
            let undo = change(tx, recorded, now)?;
            Ok(Done::Recorded {
                summary: format!("{summary} ({:+}).", kind.impact()),
                outcome,
                undo,
            })
        })
    }
}
