//! What the operator may ask to be written: a task, a note, properties, a deal's stage.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use crate::connectors::hubspot::objects::{self, TieTo};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::id::DealId;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::effects::kinds::record::operation::Operation;
use crate::engine::effects::kinds::record::outbox::written;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::engine::road::sources::hubspot::{my_owner, read_base, said, shown_stage};
use crate::store::hubspot::{self, NewWrite, SYSTEM, StageRow};
use crate::store::{Durability, ReadTx, audit, deals, people};

/// Whom or what a write is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A person: an address, our number, or `hubspot:501`.
    Contact(String),
    /// A deal: its name, our number, or `hubspot:9001`.
    Deal(String),
}

/// What the operator asks to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Make a task.
    Task {
        /// What is to be done.
        subject: String,
        /// More about it.
        body: String,
        /// When it is due.
        due: Timestamp,
        /// Whom or what it is about.
        about: Vec<Target>,
    },
    /// Write a note.
    Note {
        /// The text.
        body: String,
        /// Whom or what it is about.
        about: Vec<Target>,
    },
    /// Log a call that was made.
    Call {
        /// What it was about.
        title: String,
        /// What came of it.
        body: String,
        /// Whom or what it was about.
        about: Vec<Target>,
    },
    /// Change properties.
    Set {
        /// Whose.
        target: Target,
        /// The new values by the properties' names; an empty one clears it.
        properties: BTreeMap<String, String>,
    },
    /// Move a deal to another stage, by its id or its name.
    Stage {
        /// Our number, the name, or `hubspot:9001`.
        deal: String,
        /// The stage.
        stage: String,
    },
}

/// A record on both sides.
pub(in crate::engine) struct Both {
    pub kind: ObjectKind,
    pub id: String,
    pub record: i64,
    pub name: String,
}

impl Engine {
    /// Asks for something to be written to HubSpot, and writes it if the guards let it. `key` makes a second wish for the same effect the same;
    /// without one each wish is its own.
    ///
    /// # Errors
    /// If what it is about is not in HubSpot, or HubSpot refuses it.
    pub fn hubspot_wish(&self, wish: &Wish, key: Option<&str>, dry_run: bool) -> Result<Done> {
        let (operation, summary) = self.operation_of(wish)?;
        let key = match key {
            Some(key) => clean_line(key, 100),
            None => self.fresh_key()?,
        };
        self.ask_to_write(&operation, summary, key, "operator", dry_run)
    }

    /// Returns a key that no write has.
    pub(in crate::engine) fn fresh_key(&self) -> Result<String> {
        loop {
            let key = format!("{:016x}", self.core().env.draw());
            if self
                .store()
                .read(|tx| hubspot::find_write(tx, &key))?
                .is_none()
            {
                return Ok(key);
            }
        }
    }

    /// Keeps a write and carries it out; shows it only, if so asked.
    pub(in crate::engine) fn ask_to_write(
        &self,
        operation: &Operation,
        summary: String,
        key: String,
        by: &str,
        dry_run: bool,
    ) -> Result<Done> {
        if dry_run {
            return Ok(self.show_request(operation, &key, &summary));
        }
        let write = NewWrite {
            key: key.clone(),
            operation: written(operation)?,
            summary: summary.clone(),
            asked_by: by.to_owned(),
        };
        let asked_by = by.to_owned();
        let id = self.write(Durability::Full, move |tx, _, now| {
            let id = hubspot::add_write(tx, &write, now)?;
            if let Some(id) = id {
                let detail = json!({"what": write.summary, "key": write.key});
                audit::append(
                    tx,
                    now,
                    &asked_by,
                    "hubspot.asked",
                    &format!("hubspot_write:{id}"),
                    &detail,
                )?;
                tx.emit(now, "hubspot.asked", format!("hubspot_write:{id}"))?;
            }
            Ok(id)
        })?;
        match id {
            Some(id) => self.carry_out_write(id),
            None => {
                let known = self.store().read(|tx| hubspot::find_write(tx, &key))?;
                let status = known.map_or("known", |w| w.status.as_str());
                Ok(Done::Nothing {
                    summary: format!(
                        "A write with the key {key} is there already ({status}); nothing was written again."
                    ),
                })
            }
        }
    }

    fn operation_of(&self, wish: &Wish) -> Result<(Operation, String)> {
        // Whose it is to be; without a known owner it is nobody's.
        let owner = my_owner(self).ok();
        match wish {
            Wish::Task {
                subject,
                body,
                due,
                about,
            } => {
                let (ties, names) = self.ties(about)?;
                let subject = filled(clean_line(subject, 500), "A task needs a subject")?;
                let body = clean_block(body, 60_000);
                let summary = format!("Task \"{subject}\"{names}");
                Ok((
                    Operation::Task {
                        subject,
                        body,
                        due: *due,
                        owner,
                        ties,
                    },
                    summary,
                ))
            }
            Wish::Note { body, about } => {
                let (ties, names) = self.ties(about)?;
                let body = filled(clean_block(body, 60_000), "A note needs a text")?;
                let summary = format!("Note{names}");
                Ok((
                    Operation::Note {
                        body,
                        at: self.now(),
                        owner,
                        ties,
                    },
                    summary,
                ))
            }
            Wish::Call { title, body, about } => {
                let (ties, names) = self.ties(about)?;
                let title = filled(clean_line(title, 500), "A call needs a title")?;
                let summary = format!("Call \"{title}\"{names}");
                Ok((
                    Operation::Call {
                        title,
                        body: clean_block(body, 60_000),
                        at: self.now(),
                        owner,
                        ties,
                    },
                    summary,
                ))
            }
            Wish::Set { target, properties } => {
                let both = self.find_both(target)?;
                if properties.is_empty() {
                    return Err(EngineError::Input(
                        "Name at least one property=value. Nothing was written.".into(),
                    ));
                }
                let properties: BTreeMap<String, String> = properties
                    .iter()
                    .map(|(name, value)| (clean_line(name, 100), clean_block(value, 60_000)))
                    .collect();
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let summary = format!("{} of {}", names.join(", "), both.name);
                Ok((self.set(&both, properties)?, summary))
            }
            Wish::Stage { deal, stage } => {
                let both = self.find_both(&Target::Deal(deal.clone()))?;
                let (properties, summary) = self.store().read(|tx| to_stage(tx, &both, stage))?;
                Ok((self.set(&both, properties)?, summary))
            }
        }
    }

    /// Makes a change, with what each property said when the operator last saw it: at the last reading, else now.
    fn set(&self, both: &Both, properties: BTreeMap<String, String>) -> Result<Operation> {
        let seen = self
            .store()
            .read(|tx| hubspot::find_seen(tx, both.kind.as_str(), &both.id))?;
        let known = seen.as_ref().map(read_base).unwrap_or_default();
        let mut base: BTreeMap<String, String> = BTreeMap::new();
        let kept = crate::engine::road::sources::hubspot::kept(both.kind);
        let unknown: Vec<&str> = properties
            .keys()
            .map(String::as_str)
            .filter(|n| !kept.contains(n))
            .collect();
        if seen.is_none() || !unknown.is_empty() {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            let request = objects::get(
                self.config().hubspot.api_version,
                both.kind,
                &both.id,
                &names,
            );
            let answer = self
                .outside()
                .call(&request)
                .and_then(|r| objects::parse_object(&r));
            let there = answer
                .map_err(|e| EngineError::Outside(format!("{} Nothing was written.", said(&e))))?;
            base.extend(
                names
                    .iter()
                    .map(|n| ((*n).to_owned(), there.properties.text(n).to_owned())),
            );
        }
        if seen.is_some() {
            base.extend(
                properties
                    .keys()
                    .filter(|n| kept.contains(&n.as_str()))
                    .map(|n| (n.clone(), known.text(n).to_owned())),
            );
        }
        Ok(Operation::Set {
            kind: both.kind,
            id: both.id.clone(),
            record: both.record,
            properties,
            base,
            decided: false,
        })
    }

    fn ties(&self, about: &[Target]) -> Result<(Vec<TieTo>, String)> {
        let mut ties = Vec::new();
        let mut names = Vec::new();
        for target in about {
            let both = self.find_both(target)?;
            ties.push(TieTo {
                kind: both.kind,
                id: both.id,
            });
            names.push(both.name);
        }
        let names = if names.is_empty() {
            String::new()
        } else {
            format!(" for {}", names.join(" and "))
        };
        Ok((ties, names))
    }

    fn find_both(&self, target: &Target) -> Result<Both> {
        self.store().read(|tx| find_both(tx, target))
    }
}

/// Finds a record on both sides.
pub(in crate::engine) fn find_both(tx: &ReadTx<'_>, target: &Target) -> Result<Both> {
    let not_there = |name: &str| {
        EngineError::Input(format!(
            "{name} is not in HubSpot as far as the last sync knows; `caseyos sync` reads what is new there. Nothing was written."
        ))
    };
    match target {
        Target::Contact(who) => {
            let person = find_person(tx, who)?;
            let name = clean_line(&person.name(), 120);
            let id = hubspot::id_of(tx, "contact", person.id)?.ok_or_else(|| not_there(&name))?;
            Ok(Both {
                kind: ObjectKind::Contacts,
                id,
                record: person.id,
                name,
            })
        }
        Target::Deal(text) => {
            let text = text.trim();
            let by_external = match text.split_once(':') {
                Some((system, id)) => {
                    people::find_by_external_id(tx, "deal", system, id)?.map(DealId)
                }
                None => None,
            };
            let id = match (by_external, text.parse::<i64>()) {
                (Some(id), _) => Some(id),
                (None, Ok(number)) => Some(DealId(number)),
                (None, Err(_)) => hubspot::find_deal(tx, text)?,
            };
            let deal = match id {
                Some(id) => deals::load(tx, id)?,
                None => None,
            };
            let Some(deal) = deal else {
                return Err(EngineError::NotFound(format!(
                    "There is no deal \"{}\"; `caseyos deals list` shows all.",
                    clean_line(text, 120)
                )));
            };
            let id = hubspot::id_of(tx, "deal", deal.id.0)?.ok_or_else(|| not_there(&deal.name))?;
            Ok(Both {
                kind: ObjectKind::Deals,
                id,
                record: deal.id.0,
                name: if deal.name.is_empty() {
                    format!("deal {}", deal.id)
                } else {
                    deal.name
                },
            })
        }
    }
}

/// Returns the properties that move a deal to a stage, given by its id or its name and looked for in the deal's own pipeline first; and
/// what that is, in words.
pub(in crate::engine) fn to_stage(
    tx: &ReadTx<'_>,
    deal: &Both,
    text: &str,
) -> Result<(BTreeMap<String, String>, String)> {
    let all = hubspot::stages(tx)?;
    let seen = hubspot::find_seen(tx, deal.kind.as_str(), &deal.id)?;
    let pipeline = seen
        .as_ref()
        .map(|s| read_base(s).text("pipeline").to_owned())
        .unwrap_or_default();
    let wanted = text.trim().to_lowercase();
    let matches = |s: &&StageRow| s.id.to_lowercase() == wanted || s.label.to_lowercase() == wanted;
    let found = all
        .iter()
        .filter(|s| s.pipeline == pipeline)
        .find(matches)
        .or_else(|| all.iter().find(matches));
    let stage = found.ok_or_else(|| {
        let known: Vec<String> = all
            .iter()
            .filter(|s| pipeline.is_empty() || s.pipeline == pipeline)
            .map(|s| format!("{} ({})", s.id, s.label))
            .collect();
        EngineError::Input(format!(
            "There is no stage \"{}\"; the deal's pipeline has {}. Nothing was written.",
            clean_line(text, 80),
            if known.is_empty() {
                "none that is known: `caseyos sync` reads them".into()
            } else {
                known.join(", ")
            }
        ))
    })?;
    let properties = BTreeMap::from([
        ("dealstage".to_owned(), stage.id.clone()),
        ("pipeline".to_owned(), stage.pipeline.clone()),
    ]);
    Ok((
        properties,
        format!("{} to {}", deal.name, shown_stage(stage)),
    ))
}

fn filled(text: String, otherwise: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(EngineError::Input(format!(
            "{otherwise}. Nothing was written."
        )));
    }
    Ok(text)
}

/// Returns the record here that the portal calls `id`, for messages.
pub(in crate::engine) fn local_contact(engine: &Engine, id: &str) -> Result<Option<i64>> {
    Ok(engine
        .store()
        .read(|tx| people::find_by_external_id(tx, "contact", SYSTEM, id))?)
}
