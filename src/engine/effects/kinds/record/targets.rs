//! The records that a write is about, on both sides.

use std::collections::BTreeMap;

use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::id::DealId;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::lookup::find_person;
use crate::engine::road::sources::hubspot::{read_base, shown_stage};
use crate::store::hubspot::{self, StageRow};
use crate::store::{ReadTx, deals, people};

/// The record that a write is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A person: an address, our number, or `hubspot:501`.
    Contact(String),
    /// A deal: its name, our number, or `hubspot:9001`.
    Deal(String),
}

/// A record on both sides.
pub(in crate::engine) struct Both {
    pub kind: ObjectKind,
    pub id: String,
    pub record: i64,
    pub name: String,
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
