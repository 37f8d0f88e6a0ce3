//! What the operator may ask to be written: a task, a note, properties, a deal's stage.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::content::RecordContent;
use super::deliver::carried;
use super::made;
use super::operation::Operation;
use super::targets::{Both, Target, find_both, to_stage};
use crate::connectors::hubspot::objects::{self, TieTo};
use crate::domain::effect::Origin;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::effects::ask::{Ask, Wish as Known};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::road::sources::hubspot::{my_owner, read_base, said};
use crate::store::{executions, hubspot};

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

/// Returns the idempotency key of a wish's own key.
pub(super) fn key_of(key: &str) -> String {
    format!("wish:{key}")
}

/// Asks for a write to HubSpot under a key; shows it only, if so asked.
pub(in crate::engine) fn ask_to_write(
    engine: &Engine,
    content: RecordContent,
    key: &str,
    origin: Origin,
    dry_run: bool,
) -> Result<Done> {
    let idempotency = key_of(key);
    let key = key.to_owned();
    engine.ask_for(dry_run, move |tx, _, _| {
        if let Some(known) = executions::by_key(tx, &idempotency)? {
            return Ok(Known::Answered(Done::Nothing {
                summary: format!(
                    "A write with the key {key} is there already ({}); nothing was written again.",
                    known.status
                ),
            }));
        }
        let ask = Ask {
            origin,
            key: Some(idempotency),
            // It has no move to come back to, so it waits for a guard that may let it go.
            keeps: true,
            ..Ask::wish(made(&content)?, content.operation.action())
        };
        Ok(Known::Ask(Box::new(ask)))
    })
}

impl Engine {
    /// Asks for a write to HubSpot, and writes it if the guards let it. `key` makes a second wish for the same effect the same; without one each
    /// wish is its own.
    ///
    /// # Errors
    /// Fails when its subject is not in HubSpot, or HubSpot refuses it.
    pub fn hubspot_wish(&self, wish: &Wish, key: Option<&str>, dry_run: bool) -> Result<Done> {
        let (operation, summary) = self.operation_of(wish)?;
        let key = match key {
            Some(key) => clean_line(key, 100),
            None => self.fresh_key()?,
        };
        let content = RecordContent {
            operation,
            summary,
            by_halves: true,
        };
        ask_to_write(self, content, &key, Origin::Wish, dry_run)
    }

    /// Returns a key that no write has.
    pub(super) fn fresh_key(&self) -> Result<String> {
        loop {
            let key = format!("{:016x}", self.core().env.draw());
            let known = self
                .store()
                .read(|tx| executions::by_key(tx, &key_of(&key)))?;
            if known.is_none() {
                return Ok(key);
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
                let found = self.store().read(|tx| to_stage(tx, &both, stage))?;
                let (properties, summary) = found.map_err(EngineError::Input)?;
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
        if let Some(seen) = &seen {
            // The operator saw what was written from here since, too.
            let place = format!("hubspot:{}/{}", both.kind, both.id);
            let since = seen.applied_at;
            let written = self
                .store()
                .read(|tx| executions::written_since(tx, &place, since))?;
            for row in &written {
                if let Operation::Set {
                    properties: own, ..
                } = carried(row)?
                {
                    base.extend(own.into_iter().filter(|(n, _)| properties.contains_key(n)));
                }
            }
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

fn filled(text: String, otherwise: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(EngineError::Input(format!(
            "{otherwise}. Nothing was written."
        )));
    }
    Ok(text)
}
