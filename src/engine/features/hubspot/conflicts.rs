//! Conflicts: fields that were changed on both sides, decided by the operator.

use std::collections::BTreeMap;

use serde_json::json;

use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::by::By;
use crate::domain::crm::ContactField;
use crate::domain::effect::Origin;
use crate::domain::id::ContactId;
use crate::engine::effects::kinds::record::wishes::ask_to_write;
use crate::engine::effects::kinds::record::{Operation, RecordContent};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::Durability;
use crate::store::hubspot::{self, Conflict};

/// Whose value is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The portal's.
    Hubspot,
    /// The one that stands here.
    Local,
}

impl Engine {
    /// Lists fields that wait for a decision, or all that ever did.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn hubspot_conflicts(&self, all: bool) -> Result<Vec<Conflict>> {
        Ok(self.store().read(|tx| hubspot::conflicts(tx, all))?)
    }

    /// Settles a conflict: the portal's value is taken here, or ours is written there.
    ///
    /// # Errors
    /// If there is no such conflict, or HubSpot refuses the value.
    pub fn resolve_conflict(&self, id: i64, take: Take) -> Result<Done> {
        let found = self.store().read(|tx| hubspot::load_conflict(tx, id))?;
        let Some(conflict) = found else {
            return Err(EngineError::NotFound(format!(
                "There is no conflict {id}; `caseyos hubspot conflicts` lists them."
            )));
        };
        if conflict.resolved_at.is_some() {
            return Ok(Done::Nothing {
                summary: format!("Conflict {id} was settled already."),
            });
        }
        match take {
            Take::Hubspot => self.take_theirs(conflict),
            Take::Local => self.write_ours(conflict),
        }
    }

    fn take_theirs(&self, conflict: Conflict) -> Result<Done> {
        self.write(Durability::Full, move |tx, _, now| {
            if !hubspot::resolve_conflict(tx, conflict.id, "hubspot", now)? {
                return Ok(Done::Nothing {
                    summary: format!("Conflict {} was settled already.", conflict.id),
                });
            }
            if let Some(field) = field_of(&conflict)
                .filter(|f| *f != ContactField::LifecycleStage || !conflict.remote.is_empty())
            {
                hubspot::set_field(
                    tx,
                    ContactId(conflict.record_id),
                    field,
                    &conflict.remote,
                    now,
                )?;
                hubspot::mark_applied(tx, &conflict.kind, &conflict.object_id, now)?;
                tx.emit(
                    now,
                    "contact.changed",
                    format!("contact:{}", conflict.record_id),
                )?;
            }
            note(tx, &conflict, "hubspot", now)?;
            Ok(Done::Changed {
                summary: format!(
                    "{} is \"{}\" now, as HubSpot says.",
                    conflict.field, conflict.remote
                ),
                undo: None,
            })
        })
    }

    fn write_ours(&self, conflict: Conflict) -> Result<Done> {
        if let Some(blocked) = self.must_be_free()? {
            return Ok(blocked);
        }
        let kind: ObjectKind = conflict
            .kind
            .parse()
            .map_err(|e| crate::store::StoreError::Invalid(format!("{e}")))?;
        let operation = Operation::Set {
            kind,
            id: conflict.object_id.clone(),
            record: conflict.record_id,
            properties: BTreeMap::from([(conflict.field.clone(), conflict.local.clone())]),
            base: BTreeMap::from([(conflict.field.clone(), conflict.remote.clone())]),
            decided: true,
        };
        let key = format!("conflict:{}:{}", conflict.id, self.now().as_millisecond());
        let content = RecordContent {
            summary: format!("{} = \"{}\"", conflict.field, conflict.local),
            operation,
            by_halves: true,
        };
        let done = ask_to_write(self, content, &key, Origin::Wish, false)?;
        if matches!(done, Done::Changed { .. } | Done::Nothing { .. }) {
            self.write(Durability::Full, move |tx, _, now| {
                hubspot::resolve_conflict(tx, conflict.id, "local", now)?;
                if let Some(field) = field_of(&conflict) {
                    hubspot::set_field(
                        tx,
                        ContactId(conflict.record_id),
                        field,
                        &conflict.local,
                        now,
                    )?;
                    hubspot::mark_applied(tx, &conflict.kind, &conflict.object_id, now)?;
                }
                note(tx, &conflict, "local", now)
            })?;
        }
        Ok(done)
    }
}

/// Returns the field of a contact that a conflict is about; none if it is about something else.
fn field_of(conflict: &Conflict) -> Option<ContactField> {
    match conflict.kind.parse() {
        Ok(ObjectKind::Contacts) => conflict.field.parse().ok(),
        _ => None,
    }
}

fn note(
    tx: &crate::store::WriteTx<'_>,
    conflict: &Conflict,
    taken: &str,
    now: jiff::Timestamp,
) -> Result<()> {
    let settled = Change {
        by: &By::Operator,
        event: "hubspot.conflict_settled",
        about: vec![format!("hubspot_conflict:{}", conflict.id)],
        detail: json!({"field": conflict.field, "object": format!("{}:{}", conflict.kind, conflict.object_id), "taken": taken}),
        tells: Tells::As("hubspot.conflict"),
        back: Back::None,
    };
    change(tx, settled, now).map(|_| ())
}
