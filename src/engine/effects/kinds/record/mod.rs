//! Changes of records in HubSpot: tasks, notes, calls, fields, stages, merges, removals.

mod content;
mod deliver;
pub mod gates;
pub(in crate::engine) mod job;
mod make;
mod operation;
pub mod push;
pub mod targets;
pub mod wishes;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::make::{is_about_records, record_of};
use crate::connectors::hubspot::objects::Object;
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::transport::record;
use crate::domain::action::{ActionKind, Means};
use crate::domain::contact::LifecycleStage;
use crate::domain::crm::ContactField;
use crate::domain::effect::{EffectKind, Ended, Origin};
use crate::domain::email::{MailboxKey, Named};
use crate::domain::guard::{Asks, InDraft, Mode};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::outbox::Answer;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::service::{Provider, Service};
use crate::domain::suppression::Cause;
use crate::engine::effects::kind::{
    Delivered, Effect, Inverse, Made, Readiness, Shown, Stopped, Undelivered, Way, Words,
};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::{Core, instance};
use crate::engine::ground::happened::{Arrived, Happened};
use crate::engine::outside::auth::is_signed_in_by;
use crate::engine::outside::{Outside, standing};
use crate::engine::road::outcomes::{Observed, RECORDED, record as record_outcome};
use crate::engine::road::sources::hubspot::{CARRIER as HUBSPOT, base_of, read_base};
use crate::store::executions::{self, ExecutionRow, ExecutionStatus};
use crate::store::hubspot::{self, SYSTEM, SeenWriter};
use crate::store::moves::MoveRow;
use crate::store::people::RecordKind;
use crate::store::suppressions::{self, SuppressedBy};
use crate::store::{ReadTx, WriteTx, outcomes, people};

pub(in crate::engine) use self::content::RecordContent;
pub(in crate::engine) use self::operation::Operation;

/// A change of records in HubSpot.
pub(in crate::engine) struct Record;

fn made(content: &RecordContent) -> Result<Made> {
    Ok(Made {
        kind: EffectKind::Record,
        content: content.written()?,
        to: String::new(),
        subject: content.summary.clone(),
        in_reply_to: String::new(),
        edited: false,
    })
}

/// Names the outcome of the task that an operation completed or made, as the reading of HubSpot names it: it counts once, whoever tells
/// first. None for what is about no task.
fn completed_once(operation: &Operation, remote: &str) -> Option<String> {
    let task = match operation {
        Operation::Set {
            kind: ObjectKind::Tasks,
            id,
            ..
        } => id,
        Operation::Task { .. } => remote,
        _ => return None,
    };
    Some(format!("hubspot:task:{task}:completed"))
}

impl Effect for Record {
    fn kind(&self) -> EffectKind {
        EffectKind::Record
    }

    fn means(&self) -> Means {
        Means::Record
    }

    fn asks(&self) -> Asks {
        Asks {
            suppression: false,
            limits: false,
            window: false,
            in_draft: InDraft::Refuses("nothing is written elsewhere"),
        }
    }

    fn words(&self) -> Words {
        Words {
            heading: "To HubSpot",
            missing: "Nothing to write yet",
            ready: "written for you",
            closing: "written to HubSpot",
            after: "It is written to HubSpot; u takes it back.",
            not_edited: "is written to HubSpot; `caseyos edit` changes its fields",
        }
    }

    fn claims(&self, _tx: &ReadTx<'_>, mv: &MoveRow) -> Result<bool> {
        Ok(is_about_records(mv.action))
    }

    fn means_for(
        &self,
        tx: &ReadTx<'_>,
        core: &Core,
        mv: &MoveRow,
        now: Timestamp,
    ) -> Result<Means> {
        Ok(match self.make(tx, core, mv, now)? {
            Way::ByHand(_) => Means::ByHand,
            Way::Effect(_) | Way::Lacks(_) => Means::Record,
        })
    }

    fn make(&self, tx: &ReadTx<'_>, core: &Core, mv: &MoveRow, now: Timestamp) -> Result<Way> {
        record_of(tx, core, mv, now)
    }

    fn shown(&self, core: &Core, content: &str) -> Result<Shown> {
        let content = RecordContent::read(content)?;
        Ok(Shown {
            to: "HubSpot".into(),
            parts: content.parts(core),
            promise: content.promise().into(),
            subject: content.summary,
            letter: None,
        })
    }

    /// A record that can be taken back after it was written gains nothing by waiting.
    fn waits(&self, content: &str) -> bool {
        RecordContent::read(content).is_ok_and(|content| {
            content.operation.inverse("made").is_none() && !content.operation.is_tidying()
        })
    }

    fn once(&self, _tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<String> {
        let content = RecordContent::read(&row.content)?;
        let named = content.operation.once();
        Ok(match named {
            Some(name) => format!("record:{name}"),
            None => format!("record:{}", row.idempotency_key),
        })
    }

    fn mark(&self, tx: &ReadTx<'_>, id: ExecutionId, salt: &str, _content: &str) -> Result<String> {
        // The installation is named in it: another one that writes to the same portal has executions of the same numbers.
        Ok(format!("execution:{}:{id}:{salt}", instance(tx)?))
    }

    fn carrier(&self, _core: &Core) -> Result<String, String> {
        Ok(HUBSPOT.into())
    }

    fn readiness(
        &self,
        tx: &ReadTx<'_>,
        _core: &Core,
        _carrier: &str,
        now: Timestamp,
    ) -> Result<Readiness> {
        if !is_signed_in_by(tx, Provider::Hubspot)? {
            let why = "nobody is signed in; `caseyos auth login hubspot`".to_owned();
            return Ok(Err((why, None)));
        }
        Ok(standing::health(tx, Service::Hubspot, now)?)
    }

    fn request(&self, core: &Core, row: &ExecutionRow, _now: Timestamp) -> Result<Vec<u8>> {
        let operation = deliver::carried(row)?;
        let request = operation.request(core.config.hubspot.api_version, &row.mark);
        let text = record::written(core.config.base_url(Service::Hubspot), true, &request)
            .map_err(|e| EngineError::Input(format!("{}.", e.message)))?;
        Ok(text.into_bytes())
    }

    fn deliver(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        _rendered: &[u8],
        stopped: Stopped<'_>,
    ) -> Result<Delivered, Undelivered> {
        deliver::deliver(outside, row, stopped)
    }

    fn find(
        &self,
        outside: &Outside,
        row: &ExecutionRow,
        now: Timestamp,
    ) -> Result<(Answer, Option<Delivered>)> {
        deliver::find(outside, row, now)
    }

    fn settled(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        row: &ExecutionRow,
        delivered: &Delivered,
        now: Timestamp,
    ) -> Result<()> {
        let operation = deliver::carried(row)?;
        if delivered.ended == Ended::Done {
            note_done(tx, core, &operation, &delivered.remote, now)?;
        }
        // The same field may be written again, to another value.
        if operation.once().is_some() {
            executions::set_once(tx, row.id, "")?;
        }
        if row.action == ActionKind::CompleteTask
            && row.origin == Origin::Move
            && let Some(once) = completed_once(&operation, &delivered.remote)
        {
            let completed = Observed {
                contact: row.contact_id,
                execution: Some(row.id),
                move_id: row.move_id,
                action: Some(row.action),
                ..Observed::new(
                    OutcomeKind::TaskCompleted,
                    OutcomeSource::Hubspot,
                    now,
                    once,
                )
            };
            record_outcome(tx, completed, now)?;
        }
        Ok(())
    }

    fn inverse(&self, _tx: &ReadTx<'_>, _core: &Core, row: &ExecutionRow) -> Result<Inverse> {
        let never = |why: &str| Ok(Inverse::Never(format!("{}: {why}", row.subject)));
        match row.ended {
            Ended::SaysSo => return Ok(Inverse::Nothing),
            Ended::Closed => {
                return never("nobody knows whether it was written; look into HubSpot.");
            }
            _ => {}
        }
        match deliver::carried(row)?.inverse(&row.remote_id) {
            Some(operation) => Ok(Inverse::By(made(&RecordContent {
                operation,
                summary: format!("Undo: {}", row.subject),
                by_halves: false,
            })?)),
            None => never("this cannot be taken back."),
        }
    }

    /// Takes the outcome of a completed task back: it counts no more.
    fn undone(&self, tx: &WriteTx<'_>, row: &ExecutionRow, now: Timestamp) -> Result<()> {
        let once = completed_once(&deliver::carried(row)?, &row.remote_id);
        let outcome = once.map(|once| outcomes::find_by_once(tx, &once));
        if let Some(outcome) = outcome.transpose()?.flatten() {
            outcomes::set_undone(tx, outcome, true, now)?;
            tx.emit(now, RECORDED, format!("outcome:{outcome}"))?;
        }
        Ok(())
    }

    fn named(&self, row: &ExecutionRow) -> String {
        row.subject.clone()
    }

    fn said(&self, _core: &Core, row: &ExecutionRow) -> String {
        match (row.ended, row.origin) {
            (Ended::SaysSo, _) => format!(
                "{}: HubSpot says so already; nothing was written.",
                row.subject
            ),
            (_, Origin::Wish | Origin::Push | Origin::Undo) => {
                format!("{}: written to HubSpot.", row.subject)
            }
            _ => format!("Written to HubSpot: {} ({}).", row.subject, row.location),
        }
    }

    fn may_differ(&self) -> bool {
        true
    }

    fn would(&self, _mode: Mode, shown: &Shown) -> String {
        format!(
            "{}: this would be written to HubSpot. Nothing was sent.",
            shown.subject
        )
    }

    fn said_before(&self, _tx: &ReadTx<'_>, _core: &Core, row: &ExecutionRow) -> Result<String> {
        Ok(match row.status {
            ExecutionStatus::Sent => format!("{}: written already.", row.subject),
            status => format!(
                "{}: asked for already (message {}: {status}). Nothing was written again.",
                row.subject, row.id
            ),
        })
    }
}

/// Notes here what was done there.
pub(in crate::engine) fn note_done(
    tx: &WriteTx<'_>,
    core: &Core,
    operation: &Operation,
    remote: &str,
    now: Timestamp,
) -> Result<()> {
    match operation {
        Operation::Set {
            kind,
            id,
            properties,
            ..
        } => note_set(tx, *kind, id, properties, now),
        Operation::Merge { primary, other } => {
            let survivor = if remote.is_empty() { primary } else { remote };
            note_merged(tx, core, (primary, other, survivor), now)
        }
        Operation::GdprDelete { id, email } => note_removed(tx, core, (id, email), now),
        Operation::Task { .. }
        | Operation::Note { .. }
        | Operation::Call { .. }
        | Operation::Archive { .. } => Ok(()),
    }
}

/// Keeps new values as seen. A stage or an amount is told by the next reading, as any other change of it.
fn note_set(
    tx: &WriteTx<'_>,
    kind: ObjectKind,
    id: &str,
    properties: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<()> {
    if kind != ObjectKind::Contacts {
        return Ok(());
    }
    let Some(seen) = hubspot::find_seen(tx, kind.as_str(), id)? else {
        return Ok(());
    };
    let mut base = read_base(&seen);
    for (name, value) in properties {
        base.set_named(name, value.clone());
    }
    let object = Object {
        id: id.to_owned(),
        properties: base,
        created_at: None,
        updated_at: None,
        archived: false,
        associations: BTreeMap::new(),
        properties_with_history: BTreeMap::new(),
    };
    let base = base_of(kind, &object);
    SeenWriter::new(tx, now)?.save(kind.as_str(), id, seen.modified_at, false, &base)?;
    Ok(())
}

/// Lets both old ids lead to the record that survived, here as there.
fn note_merged(
    tx: &WriteTx<'_>,
    core: &Core,
    (primary, other, survivor): (&str, &str, &str),
    now: Timestamp,
) -> Result<()> {
    let find = |id: &str| people::find_by_external_id(tx, RecordKind::Contact, SYSTEM, id);
    let Some(record) = find(primary)?.or(find(other)?) else {
        return Ok(());
    };
    for id in [primary, other, survivor] {
        hubspot::merge_into(tx, RecordKind::Contact, id, record)?;
    }
    let (contact, what) = (ContactId(record), Arrived::Merge);
    core.tell(tx, &Happened { contact, what }, now)?;
    Ok(tx.emit(now, "contact.changed", format!("contact:{record}"))?)
}

/// Keeps a removed person from being written to.
fn note_removed(
    tx: &WriteTx<'_>,
    core: &Core,
    (id, email): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    if !email.is_empty() {
        let named = Named::Mailbox(MailboxKey::of(email));
        let why = ("removed for good in HubSpot", SuppressedBy::Hubspot);
        suppressions::add(tx, (&named, email), Cause::Erased, why, now)?;
    }
    if let Some(record) = people::find_by_external_id(tx, RecordKind::Contact, SYSTEM, id)? {
        let stage = LifecycleStage::DoNotContact.as_str();
        hubspot::set_field(
            tx,
            ContactId(record),
            ContactField::LifecycleStage,
            stage,
            now,
        )?;
        tx.emit(now, "contact.changed", format!("contact:{record}"))?;
        let (contact, what) = (ContactId(record), Arrived::Erasure);
        core.tell(tx, &Happened { contact, what }, now)?;
    }
    hubspot::forget_object(tx, "contacts", id)?;
    Ok(tx.emit(now, "suppression.changed", "hubspot")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_a_task_has_the_outcome_of_one() {
        let set = |kind| Operation::Set {
            kind,
            id: "7".into(),
            record: 0,
            properties: BTreeMap::new(),
            base: BTreeMap::new(),
            decided: false,
        };
        let note = Operation::Note {
            body: String::new(),
            at: Timestamp::UNIX_EPOCH,
            owner: None,
            ties: Vec::new(),
        };
        let check = |operation: &Operation, expect: Option<&str>| {
            assert_eq!(
                completed_once(operation, "7").as_deref(),
                expect,
                "{operation:?}"
            );
        };
        check(&set(ObjectKind::Tasks), Some("hubspot:task:7:completed"));
        // Numbers of other records may be the same.
        check(&set(ObjectKind::Contacts), None);
        check(&note, None);
    }
}
