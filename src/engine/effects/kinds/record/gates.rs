//! The two gates through which nothing comes back: merging two contacts, and removing one for good.
//!
//! Each says beforehand what can't come back, and opens only to a phrase that names what it is about.

use super::content::RecordContent;
use super::operation::Operation;
use super::wishes::ask_to_write;
use crate::connectors::hubspot::objects;
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::effect::Origin;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::engine::road::sources::hubspot::said;
use crate::store::people::RecordKind;
use crate::store::{Durability, hubspot};

/// A gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Make one contact of two: the first survives.
    Merge {
        /// Who survives.
        primary: String,
        /// Who goes into them.
        other: String,
    },
    /// Remove a contact for good.
    GdprDelete {
        /// Who.
        who: String,
    },
}

struct Person {
    id: String,
    name: String,
    email: String,
}

impl Engine {
    /// Opens a gate, if `phrase` is the one that it asks for; says what it asks for and what can't come back if not.
    ///
    /// # Errors
    /// If nobody like that is in HubSpot, the phrase is another, or HubSpot refuses.
    pub fn pass_gate(&self, gate: &Gate, phrase: Option<&str>, dry_run: bool) -> Result<Done> {
        let (operation, wanted, warning, summary) = match gate {
            Gate::Merge { primary, other } => {
                let (kept, lost) = (self.in_portal(primary)?, self.in_portal(other)?);
                if kept.id == lost.id {
                    return Err(EngineError::Input(
                        "Both are one record in HubSpot already. Nothing was changed.".into(),
                    ));
                }
                let wanted = format!("merge {} into {}", lost.id, kept.id);
                let warning = format!(
                    "HubSpot merges {} ({}) into {} ({}) for ever. What can't come back: the second record as one of its own, and which of its activities were whose. A snapshot of both is kept here, from which the lost record can be made anew without its history.",
                    lost.name, lost.id, kept.name, kept.id
                );
                let summary = format!("{} merged into {}", lost.name, kept.name);
                (
                    Operation::Merge {
                        primary: kept.id,
                        other: lost.id,
                    },
                    wanted,
                    warning,
                    summary,
                )
            }
            Gate::GdprDelete { who } => {
                let person = self.in_portal(who)?;
                let label = if person.email.is_empty() {
                    person.id.clone()
                } else {
                    person.email.clone()
                };
                let wanted = format!("delete {label} for ever");
                let warning = format!(
                    "HubSpot removes {} ({}) with everything that it knows of them, and never takes the address again. Nothing of it can come back, and no snapshot is kept. Here the address is suppressed.",
                    person.name, person.id
                );
                let summary = format!("{label} removed for good");
                (
                    Operation::GdprDelete {
                        id: person.id,
                        email: person.email,
                    },
                    wanted,
                    warning,
                    summary,
                )
            }
        };
        if dry_run {
            let content = RecordContent {
                operation,
                summary: warning,
                by_halves: false,
            };
            return ask_to_write(self, content, &self.fresh_key()?, Origin::Wish, true);
        }
        if phrase.map(str::trim) != Some(wanted.as_str()) {
            return Err(EngineError::Input(format!(
                "{warning} Nothing was changed. To do it, give --confirm \"{wanted}\"."
            )));
        }
        if let Some(blocked) = self.must_be_free()? {
            return Ok(blocked);
        }
        if let Operation::Merge { primary, other } = &operation {
            self.keep_snapshots(&[primary, other])?;
        }
        let content = RecordContent {
            operation,
            summary,
            by_halves: false,
        };
        let done = ask_to_write(self, content, &self.fresh_key()?, Origin::Wish, false)?;
        Ok(match done {
            Done::Changed { summary, .. } => Done::Changed {
                summary: format!("{summary} It cannot be undone."),
                undo: None,
            },
            other => other,
        })
    }

    fn in_portal(&self, who: &str) -> Result<Person> {
        self.store().read(|tx| {
            let person = find_person(tx, who)?;
            let id = match who.trim().strip_prefix("hubspot:") {
                Some(id) => Some(id.to_owned()),
                None => hubspot::id_of(tx, RecordKind::Contact, person.id)?,
            };
            let name = clean_line(&person.name(), 120);
            let id = id.ok_or_else(|| {
                EngineError::Input(format!("{name} is not in HubSpot. Nothing was changed."))
            })?;
            Ok(Person {
                id,
                name,
                email: person.address_key(),
            })
        })
    }

    /// Keeps what records hold now, fetched and not remembered.
    fn keep_snapshots(&self, ids: &[&String]) -> Result<()> {
        let version = self.config().hubspot.api_version;
        let mut held = Vec::new();
        for id in ids {
            let request = objects::get(version, ObjectKind::Contacts, id, &[]);
            let answer = self.outside().call(&request);
            let response = answer.map_err(|e| {
                EngineError::Outside(format!(
                    "{} No snapshot could be taken, so nothing was merged.",
                    said(&e)
                ))
            })?;
            held.push((
                (*id).clone(),
                String::from_utf8_lossy(&response.body).into_owned(),
            ));
        }
        self.write(Durability::Full, move |tx, _, now| {
            for (id, holds) in &held {
                hubspot::add_snapshot(tx, "contacts", id, "before a merge", holds, now)?;
            }
            Ok(())
        })
    }
}
