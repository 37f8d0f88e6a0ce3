//! The records that a write is about, on both sides.

use std::collections::BTreeMap;

use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::id::DealId;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::lookup::find_person;
use crate::engine::road::sources::hubspot::{read_base, shown_stage};
use crate::store::deals::DealRow;
use crate::store::hubspot::{self, StageRow};
use crate::store::people::Person;
use crate::store::people::RecordKind;
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

/// Returns a person on both sides; none if they are not in HubSpot as far as the last reading knows.
pub(super) fn contact_there(tx: &ReadTx<'_>, person: &Person) -> Result<Option<Both>> {
    let id = hubspot::id_of(tx, RecordKind::Contact, person.id)?;
    Ok(id.map(|id| Both {
        kind: ObjectKind::Contacts,
        id,
        record: person.id,
        name: clean_line(&person.name(), 120),
    }))
}

/// Returns a deal on both sides; none if it is not in HubSpot as far as the last reading knows.
pub(super) fn deal_there(tx: &ReadTx<'_>, deal: DealRow) -> Result<Option<Both>> {
    let id = hubspot::id_of(tx, RecordKind::Deal, deal.id.0)?;
    Ok(id.map(|id| Both {
        kind: ObjectKind::Deals,
        id,
        record: deal.id.0,
        name: if deal.name.is_empty() {
            format!("deal {}", deal.id)
        } else {
            deal.name
        },
    }))
}

/// New values of properties, and what they mean in words.
pub(in crate::engine) type Change = (BTreeMap<String, String>, String);

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
            let there = contact_there(tx, &person)?;
            there.ok_or_else(|| not_there(&clean_line(&person.name(), 120)))
        }
        Target::Deal(text) => {
            let text = text.trim();
            let by_external = match text.split_once(':') {
                Some((system, id)) => {
                    people::find_by_external_id(tx, RecordKind::Deal, system, id)?.map(DealId)
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
            let name = deal.name.clone();
            deal_there(tx, deal)?.ok_or_else(|| not_there(&name))
        }
    }
}

/// Returns the change that moves a deal to a stage, given by its id or its name and looked for in the deal's own pipeline first. The inner
/// error says that there is no such stage.
pub(in crate::engine) fn to_stage(
    tx: &ReadTx<'_>,
    deal: &Both,
    text: &str,
) -> Result<Result<Change, String>> {
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
    let Some(stage) = found else {
        let known: Vec<String> = all
            .iter()
            .filter(|s| pipeline.is_empty() || s.pipeline == pipeline)
            .map(|s| format!("{} ({})", s.id, s.label))
            .collect();
        return Ok(Err(format!(
            "There is no stage \"{}\"; the deal's pipeline has {}. Nothing was written.",
            clean_line(text, 80),
            if known.is_empty() {
                "none that is known: `caseyos sync` reads them".into()
            } else {
                known.join(", ")
            }
        )));
    };
    let properties = BTreeMap::from([
        ("dealstage".to_owned(), stage.id.clone()),
        ("pipeline".to_owned(), stage.pipeline.clone()),
    ]);
    let summary = format!("{} to {}", deal.name, shown_stage(stage));
    Ok(Ok((properties, summary)))
}
