//! Changes that the operator made here, written to HubSpot.

use std::collections::BTreeMap;

use serde::Serialize;

use super::content::RecordContent;
use super::operation::Operation;
use super::wishes::ask_to_write;
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::contact::LifecycleStage;
use crate::domain::crm::ContactField;
use crate::domain::effect::Origin;
use crate::engine::effects::ask::{Ask, Wish};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::road::sources::hubspot::{
    CARRIER as HUBSPOT, draft_of, local, read_base, slot_text,
};
use crate::store::executions::{self, ExecutionStatus};
use crate::store::{Durability, contacts, hubspot};

/// The most edits that one push takes along.
const MOST_EDITS: usize = 1_000;

/// The result of a push, or of its rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PushReport {
    /// True if nothing was written, as asked.
    pub dry_run: bool,
    /// The exact requests, where they were asked for.
    pub requests: Vec<String>,
    /// Writes that were done.
    pub sent: u64,
    /// Writes that wait.
    pub waiting: u64,
    /// Writes that HubSpot refused.
    pub failed: u64,
    /// Fields that wait for a decision.
    pub conflicts: u64,
    /// Sentences about refusals and holds.
    pub problems: Vec<String>,
}

/// A change that was made here to a contact that HubSpot has.
struct Edit {
    content: RecordContent,
    /// The contact's id in HubSpot.
    object: String,
    key: String,
}

impl Engine {
    /// Writes the changes that were made here to HubSpot; shows them only, if so asked.
    ///
    /// # Errors
    /// Fails when the database cannot be used.
    pub fn hubspot_push(&self, dry_run: bool) -> Result<PushReport> {
        let edits = self.local_edits()?;
        if dry_run {
            return self.rehearse_push(edits);
        }
        let mut report = self.push_waiting()?;
        for edit in edits {
            let (key, object) = (edit.key, edit.object);
            let asked = ask_to_write(self, edit.content, &key, Origin::Push, false);
            match asked {
                Ok(Done::Changed { .. }) => report.sent += 1,
                Ok(Done::Held { summary, .. } | Done::Blocked { summary, .. }) => {
                    report.waiting += 1;
                    report.problems.push(summary);
                }
                Ok(_) => {}
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    report.failed += 1;
                    report.problems.push(error.to_string());
                }
            }
            self.mark_pushed(&key, object)?;
        }
        report.conflicts = self.store().read(|tx| hubspot::conflicts(tx, false))?.len() as u64;
        Ok(report)
    }

    /// Carries out the writes that wait.
    fn push_waiting(&self) -> Result<PushReport> {
        let mut report = PushReport::default();
        let before = self
            .store()
            .read(|tx| executions::waiting_through(tx, HUBSPOT))?;
        self.reconcile()?;
        let sent = self.drain_through(HUBSPOT)?.sent;
        report.sent = sent;
        for row in before {
            let now_there = self.store().read(|tx| executions::load(tx, row.id))?;
            match now_there.map(|row| (row.status, row.error)) {
                Some((ExecutionStatus::Failed, why)) => {
                    report.failed += 1;
                    report.problems.push(format!("{}: {why}", row.subject));
                }
                Some((
                    ExecutionStatus::Queued | ExecutionStatus::Sending | ExecutionStatus::Uncertain,
                    why,
                )) => {
                    report.waiting += 1;
                    report.problems.push(format!("{}: {why}", row.subject));
                }
                _ => {}
            }
        }
        Ok(report)
    }

    fn rehearse_push(&self, edits: Vec<Edit>) -> Result<PushReport> {
        let core = self.core();
        let now = self.now();
        let mut requests = self.store().read(|tx| {
            let mut requests = Vec::new();
            for row in executions::waiting_through(tx, HUBSPOT)? {
                let request =
                    crate::engine::effects::kinds::of(row.kind).request(core, &row, now)?;
                requests.push(String::from_utf8_lossy(&request).into_owned());
            }
            Ok::<_, EngineError>(requests)
        })?;
        for edit in edits {
            let shown = self.ask_for(true, move |_, _, _| {
                let action = edit.content.operation.action();
                let ask = Ask {
                    origin: Origin::Push,
                    ..Ask::wish(super::made(&edit.content)?, action)
                };
                Ok(Wish::Ask(Box::new(ask)))
            })?;
            if let Done::Shown { message, .. } = shown {
                requests.push(message);
            }
        }
        Ok(PushReport {
            dry_run: true,
            waiting: requests.len() as u64,
            requests,
            ..PushReport::default()
        })
    }

    /// Notes that a change is on its way. One that was refused for good stays a change that is to be written.
    fn mark_pushed(&self, key: &str, object: String) -> Result<()> {
        let key = super::wishes::key_of(key);
        self.write(Durability::Normal, move |tx, _, now| {
            let row = executions::by_key(tx, &key)?;
            let is_on_its_way = row.is_some_and(|row| {
                !matches!(
                    row.status,
                    ExecutionStatus::Queued | ExecutionStatus::Failed
                )
            });
            if is_on_its_way {
                hubspot::mark_applied(tx, "contacts", &object, now)?;
            }
            Ok(())
        })
    }

    /// Returns the changes that the operator made here to contacts that HubSpot has, each as a write.
    fn local_edits(&self) -> Result<Vec<Edit>> {
        self.store().read(|tx| {
            let mut edits = Vec::new();
            for (id, contact) in hubspot::changed_here(tx, MOST_EDITS)? {
                let (Some(seen), Some(row)) = (
                    hubspot::find_seen(tx, "contacts", &id)?,
                    contacts::get(tx, contact)?,
                ) else {
                    continue;
                };
                let base = read_base(&seen);
                let mut then = draft_of(&base);
                drop(then.normalize());
                let (mut properties, mut before) = (BTreeMap::new(), BTreeMap::new());
                for field in ContactField::ALL {
                    let here = local(&row, *field);
                    let name = field.as_str();
                    // Everybody is a lead here before anything else is known, which tells the portal nothing.
                    let is_told = *field != ContactField::LifecycleStage
                        || (is_portal_stage(row.stage)
                            && !(row.stage == LifecycleStage::Lead && base.get(name).is_none()));
                    if here != slot_text(&then, *field)
                        && is_told
                        && !hubspot::is_in_conflict(tx, "contacts", &id, name)?
                    {
                        properties.insert(name.to_owned(), here);
                        before.insert(name.to_owned(), base.text(name).to_owned());
                    }
                }
                if properties.is_empty() {
                    continue;
                }
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let summary = format!(
                    "{} of {}",
                    names.join(", "),
                    crate::domain::text::clean_line(&row.full_name(), 120)
                );
                let key = format!(
                    "edit:{id}:{}:{}",
                    seen.applied_at.as_millisecond(),
                    row.updated_at.as_millisecond()
                );
                let operation = Operation::Set {
                    kind: ObjectKind::Contacts,
                    id: id.clone(),
                    record: contact.0,
                    properties,
                    base: before,
                    decided: false,
                };
                edits.push(Edit {
                    content: RecordContent {
                        operation,
                        summary,
                        by_halves: true,
                    },
                    object: id,
                    key,
                });
            }
            Ok(edits)
        })
    }
}

/// Tells whether a stage of ours is one that every portal has.
const fn is_portal_stage(stage: LifecycleStage) -> bool {
    match stage {
        LifecycleStage::Subscriber
        | LifecycleStage::Lead
        | LifecycleStage::Opportunity
        | LifecycleStage::Customer
        | LifecycleStage::Other => true,
        LifecycleStage::FormerCustomer | LifecycleStage::DoNotContact => false,
    }
}
