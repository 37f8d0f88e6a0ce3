//! The outbox: every message that was approved and has not left, with what it waits for.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::by::By;
use crate::domain::effect::{EffectKind, Ended, Origin};
use crate::domain::forecast::{Fate, Foreseen};
use crate::domain::guard::{GuardKind, KillSwitch, Verdict, binding};
use crate::domain::id::{ContactId, ExecutionId, MoveId, UndoId};
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::domain::words::words;
use crate::engine::effects::forecast::Outlook;
use crate::engine::effects::gate;
use crate::engine::effects::kinds;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::{clock, sentence};
use crate::engine::handle::Engine;
use crate::store::executions::ExecutionRow;
pub use crate::store::executions::ExecutionStatus;
use crate::store::{ReadTx, control, executions, people, undo};

/// Messages that were given up and are shown.
const MAX_DEAD: usize = 200;

words! {
    /// Things to do with a message of the outbox.
    pub enum OutboxAct ("something to do with a message of the outbox") {
        /// Take it back: `caseyos undo`, or `caseyos outbox drop`.
        Drop = "drop",
        /// Take it back and change it.
        Edit = "edit",
        /// Try it now.
        Retry = "retry",
    }
}

/// A message of the outbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutboxItem {
    /// The execution.
    pub id: ExecutionId,
    /// The move; none for a wish of its own.
    pub move_id: Option<MoveId>,
    /// Its origin: `move`, `wish`, `push`, `undo`, `sequence` or `agent`.
    pub origin: Origin,
    /// The person.
    pub contact_id: Option<ContactId>,
    /// The person's name.
    pub contact: String,
    /// The recipient's address; empty for a record.
    pub to: String,
    /// The subject, or what it is in words.
    pub subject: String,
    /// Its kind: a `mail`, an invitation to a `meeting`, or a `record` that is written.
    pub kind: EffectKind,
    /// Its status: `queued`, `sending`, `uncertain` or `failed`.
    pub status: ExecutionStatus,
    /// Its class, which decides the order.
    pub class: SendClass,
    /// The mailbox that it leaves from.
    pub account: String,
    /// Who consented.
    pub approved_by: By,
    /// The instant of the consent.
    pub approved_at: Timestamp,
    /// Until when the consent holds.
    pub approval_expires_at: Timestamp,
    /// The wait that ends at `not_before`.
    pub waits_for: WaitsFor,
    /// The end of its undo window, or the next try.
    pub not_before: Timestamp,
    /// The instant at which it leaves as things stand, with those before it counted; none if it will not leave by itself or that is not known.
    pub leaves_at: Option<Timestamp>,
    /// The guard that holds it.
    pub guard: Option<GuardKind>,
    /// The one thing that it waits for, or what went wrong, as a sentence.
    pub because: String,
    /// The instant at which that clears by itself.
    pub clears_at: Option<Timestamp>,
    /// Tries so far.
    pub tries: i64,
    /// The things that can be done with it.
    pub can: Vec<OutboxAct>,
    /// The entry of the undo list that takes it back.
    pub undo: Option<UndoId>,
}

impl OutboxItem {
    /// Tells whether it can still be taken back before it leaves, and is counted down.
    #[must_use]
    pub fn is_in_undo_window(&self, now: Timestamp) -> bool {
        self.status == ExecutionStatus::Queued
            && self.waits_for == WaitsFor::UndoWindow
            && self.not_before > now
    }
}

/// A message of the outbox in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutboxDetail {
    /// The line of the list.
    #[serde(flatten)]
    pub item: OutboxItem,
    /// The text.
    pub body: String,
    /// Exactly what leaves, or left, with `****` for secrets.
    pub request: String,
    /// The message's own id.
    pub message_id: String,
    /// The guards' answers.
    pub verdicts: Vec<Verdict>,
}

/// The one thing that a message waits for, and when it clears.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct Reason {
    pub guard: Option<GuardKind>,
    pub because: String,
    pub clears_at: Option<Timestamp>,
    pub leaves_at: Option<Timestamp>,
    pub verdicts: Vec<Verdict>,
}

/// Returns the one thing that a message of the outbox waits for.
pub(in crate::engine) fn reason(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    outlook: &mut Outlook<'_, '_>,
    now: Timestamp,
) -> Result<Reason> {
    let zone = core.config.operator.zone();
    let clock = |at: Timestamp| clock(at, now, &zone);
    let mut verdicts = executions::verdicts(tx, row.id)?;
    let mut found = Reason {
        guard: None,
        because: row.error.clone(),
        clears_at: None,
        leaves_at: None,
        verdicts: Vec::new(),
    };
    match row.status {
        ExecutionStatus::Queued => {
            // What holds it now, not what held it when it was last tried.
            verdicts = gate::ask_again(tx, core, row, now)?;
            outlook.say_of(row.id, &mut verdicts)?;
            let foreseen = outlook.of(row.id)?;
            let fate = foreseen.as_ref().map(|f| f.fate);
            found.leaves_at = foreseen.as_ref().and_then(Foreseen::leaves_at);
            let held = outlook.held(row.id)?;
            let refusal =
                binding(&verdicts).filter(|v| v.clears_at.is_none_or(|at| at > row.not_before));
            let own = (row.not_before > now).then_some(row.not_before);
            match (refusal, own, row.waits_for) {
                (Some(v), ..) => {
                    found.guard = Some(v.guard);
                    found.because = format!("{}: {}", v.guard.words(), v.detail);
                    found.clears_at = v.clears_at;
                    // While everything is stopped there is no forecast but of what `resume` would let out.
                    found.leaves_at = found
                        .leaves_at
                        .filter(|_| v.clears_at.is_some() || v.guard == GuardKind::KillSwitch);
                    if let (Some(held), Some(true)) =
                        (held, v.clears_at.map(|at| found.leaves_at > Some(at)))
                    {
                        found.because = format!(
                            "{} Then after those before it: {held}",
                            sentence(&found.because)
                        );
                    }
                }
                (None, Some(at), WaitsFor::Retry) => {
                    found.because = format!(
                        "{} It is tried again at {}.",
                        sentence(&row.error),
                        clock(at)
                    );
                    found.clears_at = own;
                }
                (None, Some(at), _) => {
                    found.because = format!("can be taken back until {}", clock(at));
                    found.clears_at = own;
                }
                (None, None, _) => match fate {
                    Some(Fate::Leaves(at)) if at > now => {
                        found.because =
                            format!("after those before it: {}", held.unwrap_or_default());
                        found.clears_at = Some(at);
                    }
                    Some(Fate::Later) => found.because = "after those before it".into(),
                    _ => found.because = "nothing; the next sync sends it".into(),
                },
            }
            if let Some(Fate::Expires(ends)) = fate {
                found.because = format!(
                    "{} Its approval ends at {}, before it could leave.",
                    sentence(&found.because),
                    clock(ends)
                );
            }
        }
        ExecutionStatus::Sending => found.because = "it is leaving right now".into(),
        ExecutionStatus::Uncertain => {
            found.because = format!("nobody knows yet whether it left: {}", sentence(&row.error));
            found.clears_at = row.check_at;
        }
        ExecutionStatus::Failed => {
            found.because = format!("it could not be sent: {}", sentence(&row.error));
        }
        ExecutionStatus::Sent => found.because = "it left".into(),
        ExecutionStatus::Drafted => found.because = "a draft of it was made; nothing left".into(),
        ExecutionStatus::Cancelled if row.ended == Ended::Guarded => {
            found.because = format!("it was not sent: {}", sentence(&row.error));
        }
        ExecutionStatus::Cancelled => {
            found.because = format!("it was taken back: {}", sentence(&row.error))
        }
    }
    found.verdicts = verdicts;
    Ok(found)
}

fn item(tx: &ReadTx<'_>, row: &ExecutionRow, why: &Reason) -> Result<OutboxItem> {
    let person = row
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    let can = match row.status {
        // A wish has no draft to edit.
        ExecutionStatus::Queued | ExecutionStatus::Failed if row.move_id.is_none() => {
            vec![OutboxAct::Retry, OutboxAct::Drop]
        }
        ExecutionStatus::Queued | ExecutionStatus::Failed => {
            vec![OutboxAct::Retry, OutboxAct::Edit, OutboxAct::Drop]
        }
        ExecutionStatus::Uncertain => vec![OutboxAct::Retry, OutboxAct::Drop],
        _ => Vec::new(),
    };
    Ok(OutboxItem {
        id: row.id,
        move_id: row.move_id,
        origin: row.origin,
        contact_id: row.contact_id,
        contact: person.map(|p| p.name()).unwrap_or_default(),
        to: row.to_key.clone(),
        subject: row.subject.clone(),
        kind: row.kind,
        status: row.status,
        class: row.class,
        account: row.transport.clone(),
        approved_by: row.approved_by.clone(),
        approved_at: row.approved_at,
        approval_expires_at: row.approval_expires_at,
        waits_for: row.waits_for,
        not_before: row.not_before,
        leaves_at: why.leaves_at,
        guard: why.guard,
        because: why.because.clone(),
        clears_at: why.clears_at,
        tries: row.tries,
        can,
        undo: undo::of_execution(tx, row.id)?,
    })
}

impl Engine {
    /// Lists the messages that were approved and have not left, in the order in which they leave; then those of which nobody knows whether
    /// they left, and those that could not be sent.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>> {
        self.list_outbox(false)
    }

    /// Lists what waits as it would leave if effects were let out now.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn outbox_if_resumed(&self) -> Result<Vec<OutboxItem>> {
        let mut items = self.list_outbox(true)?;
        items.retain(|item| item.status == ExecutionStatus::Queued);
        Ok(items)
    }

    fn list_outbox(&self, resumed: bool) -> Result<Vec<OutboxItem>> {
        let (core, now) = (self.core(), self.now());
        self.store().read(|tx| {
            let mut outlook = if resumed {
                Outlook::resumed(tx, core, now)
            } else {
                Outlook::new(tx, core, now)
            };
            let mut rows = outlook.queue()?.to_vec();
            rows.extend(executions::waiting(tx, ExecutionStatus::Sending)?);
            rows.extend(executions::waiting(tx, ExecutionStatus::Uncertain)?);
            rows.extend(executions::dead(tx, MAX_DEAD)?);
            let mut items = rows
                .iter()
                .map(|row| {
                    let why = reason(tx, core, row, &mut outlook, now)?;
                    item(tx, row, &why)
                })
                .collect::<Result<Vec<_>>>()?;
            items.sort_by_key(|item| {
                let waits = item.status == ExecutionStatus::Queued;
                (!waits, waits && item.leaves_at.is_none(), item.leaves_at)
            });
            Ok(items)
        })
    }

    /// Shows one message in full, whatever became of it.
    ///
    /// # Errors
    /// If there is no such message.
    pub fn outbox_item(&self, id: ExecutionId) -> Result<OutboxDetail> {
        let (core, now) = (self.core(), self.now());
        self.store().read(|tx| {
            let row = crate::engine::ground::lookup::find_message(tx, id)?;
            let why = reason(tx, core, &row, &mut Outlook::new(tx, core, now), now)?;
            let shown = kinds::of(row.kind).shown(core, &row.content)?;
            let rendered = executions::rendered(tx, id)?;
            let request = if rendered.is_empty() {
                kinds::of(row.kind).request(core, &row, now)?
            } else {
                rendered
            };
            Ok(OutboxDetail {
                item: item(tx, &row, &why)?,
                body: shown.text(),
                request: String::from_utf8_lossy(&request).into_owned(),
                message_id: row.message_id.clone(),
                verdicts: why.verdicts,
            })
        })
    }

    /// Returns where a message stands; cheap enough to be asked often.
    ///
    /// # Errors
    /// If there is no such message.
    pub fn message_status(&self, id: ExecutionId) -> Result<(ExecutionStatus, KillSwitch)> {
        self.store().read(|tx| {
            let row = crate::engine::ground::lookup::find_message(tx, id)?;
            Ok((row.status, control::kill_switch(tx)))
        })
    }
}
