//! What a move writes to HubSpot when it is approved: a task, a note, a logged call, a stage, fields, a completed task.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connectors::hubspot::objects::TieTo;
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::action::ActionKind;
use crate::domain::moves::MovePlan;
use crate::domain::service::{Provider, Service};
use crate::domain::text::{clean_block, clean_line};
use crate::engine::effects::kinds::record::operation::{Operation, shown};
use crate::engine::effects::kinds::record::undo;
use crate::engine::effects::kinds::record::wishes::Target;
use crate::engine::effects::kinds::record::wishes::{Both, find_both, to_stage};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::road::sources::hubspot::{kept, owner_among, read_base};
use crate::store::moves::{DraftRow, MoveRow};
use crate::store::signals::SignalRow;
use crate::store::{ReadTx, hubspot};

/// The longest text of an activity, in bytes.
const MAX_TEXT: usize = 60_000;

/// What approval of a move writes to HubSpot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct RecordDeed {
    /// What is written.
    pub operation: Operation,
    /// The same in words.
    pub summary: String,
}

impl RecordDeed {
    /// Returns the exact request, without the token.
    pub fn shown(&self, core: &Core, key: &str) -> String {
        let config = &core.config;
        let request = self.operation.request(config.hubspot.api_version, key);
        shown(config.base_url(Service::Hubspot), &request)
    }

    /// Says what taking it back will bring back.
    pub fn promise(&self) -> &'static str {
        undo::promise(&self.operation, "made").unwrap_or("It cannot be taken back.")
    }

    /// Returns its parts for a face: a name and a value each.
    pub fn parts(&self, core: &Core) -> Vec<(String, String)> {
        let zone = core.config.operator.zone();
        let filled =
            |name: &str, text: &str| (!text.is_empty()).then(|| (name.to_owned(), text.to_owned()));
        match &self.operation {
            Operation::Task {
                subject, body, due, ..
            } => [
                filled("task", subject),
                filled(
                    "due",
                    &due.to_zoned(zone)
                        .strftime("%a %-d %b %Y %H:%M")
                        .to_string(),
                ),
                filled("text", body),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Operation::Note { body, .. } => filled("note", body).into_iter().collect(),
            Operation::Call { title, body, .. } => [filled("call", title), filled("text", body)]
                .into_iter()
                .flatten()
                .collect(),
            Operation::Set {
                properties, base, ..
            } => properties
                .iter()
                .map(|(name, value)| {
                    let before = base.get(name).map_or("", String::as_str);
                    let change = if before.is_empty() {
                        value.clone()
                    } else {
                        format!("{before} -> {value}")
                    };
                    (name.clone(), change)
                })
                .collect(),
            Operation::Archive { .. } | Operation::Merge { .. } | Operation::GdprDelete { .. } => {
                Vec::new()
            }
        }
    }
}

/// What there is to write a record deed from.
pub(in crate::engine) struct Sources<'a> {
    pub mv: &'a MoveRow,
    pub lead: &'a SignalRow,
    pub plan: &'a MovePlan,
    pub own: Option<&'a DraftRow>,
}

/// Returns what a move writes to HubSpot; else, as the inner error, why it is done by hand.
///
/// # Errors
/// [`EngineError::Input`] says what the move still lacks.
pub(in crate::engine) fn record_of(
    tx: &ReadTx<'_>,
    core: &Core,
    from: &Sources<'_>,
    now: Timestamp,
) -> Result<std::result::Result<RecordDeed, String>> {
    let (mv, plan) = (from.mv, from.plan);
    if !crate::engine::outside::auth::is_signed_in_by(tx, Provider::Hubspot)? {
        return Ok(Err("nobody is signed in to HubSpot".into()));
    }
    let lacks = |what: &str, how: &str| {
        EngineError::Input(format!(
            "Move {} names no {what}: `caseyos edit {} {how}`. `caseyos done {}` ticks it off instead.",
            mv.id, mv.id, mv.id
        ))
    };
    let deal = match mv.deal_id {
        Some(id) => there(find_both(tx, &Target::Deal(id.0.to_string())))?,
        None => None,
    };
    let contact = match mv.contact_id {
        Some(id) => there(find_both(tx, &Target::Contact(id.0.to_string())))?,
        None => None,
    };
    let about: Vec<&Both> = contact.iter().chain(&deal).collect();
    let by_hand = || Ok(Err("whom it is about is not in HubSpot".to_owned()));
    let names = || {
        let names: Vec<&str> = about.iter().map(|both| both.name.as_str()).collect();
        format!(" for {}", names.join(" and "))
    };
    let ties = || -> Vec<TieTo> {
        about
            .iter()
            .map(|both| TieTo {
                kind: both.kind,
                id: both.id.clone(),
            })
            .collect()
    };
    let owner = || -> Result<Option<String>> {
        Ok(owner_among(hubspot::owners(tx)?, &core.config.operator))
    };
    let subject = from
        .own
        .map_or(mv.title.as_str(), |own| own.subject.as_str());
    let subject = clean_line(subject, 500);
    let body = match from.own {
        Some(own) => clean_block(&own.body, MAX_TEXT),
        None => {
            let words = &from.lead.draft.about().words;
            let texts = [&words.note, &words.body, &words.text, &words.message];
            let text = texts.into_iter().find_map(|text| text.as_deref());
            clean_block(text.unwrap_or_default(), MAX_TEXT)
        }
    };
    let (operation, summary) = match mv.action {
        ActionKind::CreateTask if about.is_empty() => return by_hand(),
        ActionKind::CreateTask => {
            let due = plan.due.or_else(|| from.lead.draft.about().asks.due_at());
            let summary = format!("Task \"{subject}\"{}", names());
            let operation = Operation::Task {
                subject,
                body,
                due: due.unwrap_or(mv.due_at),
                owner: owner()?,
                ties: ties(),
            };
            (operation, summary)
        }
        ActionKind::AddNote | ActionKind::LogCall if about.is_empty() => return by_hand(),
        ActionKind::AddNote if body.is_empty() => return Err(lacks("text", "--body TEXT")),
        ActionKind::AddNote => {
            let summary = format!("Note{}", names());
            let operation = Operation::Note {
                body,
                at: mv.started_at.min(now),
                owner: owner()?,
                ties: ties(),
            };
            (operation, summary)
        }
        ActionKind::LogCall => {
            let summary = format!("Call \"{subject}\"{}", names());
            let operation = Operation::Call {
                title: subject,
                body,
                at: mv.started_at.min(now),
                owner: owner()?,
                ties: ties(),
            };
            (operation, summary)
        }
        ActionKind::UpdateDealStage => {
            let Some(deal) = &deal else {
                return Ok(Err("its deal is not in HubSpot".into()));
            };
            if plan.stage.is_empty() {
                return Err(lacks("stage", "--stage STAGE"));
            }
            let (properties, summary) = to_stage(tx, deal, &plan.stage)?;
            match set(tx, deal, properties)? {
                Some(operation) => (operation, summary),
                None => return Ok(Err(format!("{} was not read from HubSpot yet", deal.name))),
            }
        }
        ActionKind::UpdateContact | ActionKind::UpdateCrm => {
            let Some(contact) = &contact else {
                return by_hand();
            };
            match mv.action {
                _ if !plan.properties.is_empty() => {}
                ActionKind::UpdateCrm => return Ok(Err("it names no fields".into())),
                _ => return Err(lacks("field", "--set NAME=VALUE")),
            }
            let known = kept(contact.kind);
            if let Some(name) = plan
                .properties
                .keys()
                .find(|n| !known.contains(&n.as_str()))
            {
                return Err(EngineError::Input(format!(
                    "What \"{name}\" says in HubSpot is not read here, so a move cannot change it safely; `caseyos hubspot set` can. Known: {}.",
                    known.join(", ")
                )));
            }
            let words: Vec<&str> = plan.properties.keys().map(String::as_str).collect();
            let summary = format!("{} of {}", words.join(", "), contact.name);
            match set(tx, contact, plan.properties.clone())? {
                Some(operation) => (operation, summary),
                None => {
                    return Ok(Err(format!(
                        "{} was not read from HubSpot yet",
                        contact.name
                    )));
                }
            }
        }
        ActionKind::CompleteTask => {
            let Some(id) = plan.task.strip_prefix("hubspot:") else {
                return Ok(Err("it is no task of HubSpot's".into()));
            };
            let task = Both {
                kind: ObjectKind::Tasks,
                id: id.trim().to_owned(),
                record: 0,
                name: mv.title.clone(),
            };
            let done = BTreeMap::from([("hs_task_status".to_owned(), "COMPLETED".to_owned())]);
            match set(tx, &task, done)? {
                Some(operation) => (operation, format!("Task \"{subject}\" completed")),
                None => return Ok(Err("its task was not read from HubSpot yet".into())),
            }
        }
        _ => return Ok(Err("it is not a matter of records".into())),
    };
    Ok(Ok(RecordDeed { operation, summary }))
}

/// Takes "is not in HubSpot" as nothing.
fn there(found: Result<Both>) -> Result<Option<Both>> {
    match found {
        Ok(both) => Ok(Some(both)),
        Err(EngineError::Input(_) | EngineError::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Makes a change of a record that was read, with what it said then; none if it was not.
fn set(
    tx: &ReadTx<'_>,
    both: &Both,
    properties: BTreeMap<String, String>,
) -> Result<Option<Operation>> {
    let Some(seen) = hubspot::find_seen(tx, both.kind.as_str(), &both.id)? else {
        return Ok(None);
    };
    let known = read_base(&seen);
    let base = properties
        .keys()
        .map(|name| (name.clone(), known.text(name).to_owned()))
        .collect();
    Ok(Some(Operation::Set {
        kind: both.kind,
        id: both.id.clone(),
        record: both.record,
        properties,
        base,
        decided: false,
    }))
}
