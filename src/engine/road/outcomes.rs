//! Outcomes: recorded once, attributed to what caused them, and counted into the score.
//!
//! An outcome changes the score of every move of its segment, not only the contact's own, so the transaction that records
//! one scores all moves again when it ends; see [`RECORDED`].

use jiff::Timestamp;

use crate::domain::action::ActionKind;
use crate::domain::id::{ContactId, DealId, ExecutionId, MoveId, OutcomeId, SignalId};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::engine::error::Result;
use crate::store::outcomes::NewOutcome;
use crate::store::{WriteTx, executions, outcomes, people};

/// The event of an outcome that came or went.
pub(in crate::engine) const RECORDED: &str = "outcome.recorded";
/// Days within which an outcome is put down to the last mail that left before it.
const ATTRIBUTION_DAYS: i64 = 30;

/// An outcome as its source sees it; what it does not know is looked up.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Observed {
    pub kind: OutcomeKind,
    pub source: OutcomeSource,
    pub contact: Option<ContactId>,
    pub deal: Option<DealId>,
    pub execution: Option<ExecutionId>,
    pub move_id: Option<MoveId>,
    pub action: Option<ActionKind>,
    pub signal: Option<SignalId>,
    pub confidence: f64,
    pub at: Timestamp,
    pub note: String,
    pub once: String,
}

impl Observed {
    /// Makes an observation of `kind` that is sure and of which nothing else is known.
    pub fn new(kind: OutcomeKind, source: OutcomeSource, at: Timestamp, once: String) -> Self {
        Self {
            kind,
            source,
            contact: None,
            deal: None,
            execution: None,
            move_id: None,
            action: None,
            signal: None,
            confidence: 1.0,
            at,
            note: String::new(),
            once,
        }
    }
}

/// Records an outcome, attributed to the execution that caused it; none if it was
/// recorded before.
pub(in crate::engine) fn record(
    tx: &WriteTx<'_>,
    seen: Observed,
    now: Timestamp,
) -> Result<Option<OutcomeId>> {
    let cause = match (seen.execution, seen.contact) {
        (Some(id), _) => executions::load(tx, id)?,
        (None, Some(contact)) if seen.move_id.is_none() => {
            executions::cause(tx, contact, seen.at, ATTRIBUTION_DAYS)?
        }
        _ => None,
    };
    let contact = seen.contact.or(cause.as_ref().and_then(|c| c.contact_id));
    let stage = match contact {
        Some(contact) => people::stage_of(tx, contact)?,
        None => None,
    };
    let action = seen.action.or(cause.as_ref().map(|c| c.action));
    let stored = outcomes::insert(
        tx,
        &NewOutcome {
            kind: seen.kind,
            contact_id: contact,
            deal_id: seen.deal,
            move_id: seen.move_id.or(cause.as_ref().and_then(|c| c.move_id)),
            execution_id: cause.as_ref().map(|c| c.id),
            signal_id: seen.signal,
            family: action.map(ActionKind::family),
            segment: stage,
            source: seen.source,
            confidence: seen.confidence.clamp(0.0, 1.0),
            occurred_at: seen.at,
            note: seen.note,
            once: seen.once,
        },
        now,
    )?;
    if let Some(id) = stored {
        tx.emit(now, RECORDED, format!("outcome:{id}"))?;
    }
    Ok(stored)
}
