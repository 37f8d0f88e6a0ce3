//! What a move writes to HubSpot when it is approved: a task, a note, a logged call, a stage, fields, a completed task.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::content::RecordContent;
use super::made;
use super::operation::Operation;
use super::targets::{Both, contact_there, deal_there, to_stage};
use crate::connectors::hubspot::objects::TieTo;
use crate::connectors::hubspot::paths::ObjectKind;
use crate::domain::action::ActionKind;
use crate::domain::service::Provider;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::effects::intent::plan_of;
use crate::engine::effects::kind::Way;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::road::sources::hubspot::{kept, owner_among, read_base};
use crate::store::moves::MoveRow;
use crate::store::{ReadTx, deals, hubspot, moves, people};

/// The longest text of an activity, in bytes.
const MAX_TEXT: usize = 60_000;

/// Tells whether an action can be carried out by writing records.
pub(super) const fn is_about_records(action: ActionKind) -> bool {
    matches!(
        action,
        ActionKind::CreateTask
            | ActionKind::CompleteTask
            | ActionKind::UpdateDealStage
            | ActionKind::UpdateContact
            | ActionKind::UpdateCrm
            | ActionKind::AddNote
            | ActionKind::LogCall
    )
}

/// Makes the effect of a move about records.
pub(super) fn record_of(tx: &ReadTx<'_>, core: &Core, mv: &MoveRow, now: Timestamp) -> Result<Way> {
    let by_hand = |why: &str| Ok(Way::ByHand(why.to_owned()));
    let not_read = |name: &str| Ok(Way::ByHand(format!("{name} was not read from HubSpot yet")));
    let (lead, plan) = plan_of(tx, mv)?;
    let own = moves::draft(tx, mv.id)?;
    if !crate::engine::outside::auth::is_signed_in_by(tx, Provider::Hubspot)? {
        return by_hand("nobody is signed in to HubSpot");
    }
    let lacks = |what: &str, how: &str| {
        Ok(Way::Lacks(format!(
            "Move {} names no {what}: `caseyos edit {} {how}`. `caseyos done {}` ticks it off instead.",
            mv.id, mv.id, mv.id
        )))
    };
    let deal = mv.deal_id.map(|id| deals::load(tx, id)).transpose()?;
    let deal = match deal.flatten() {
        Some(deal) => deal_there(tx, deal)?,
        None => None,
    };
    let person = mv.contact_id.map(|id| people::load(tx, id)).transpose()?;
    let contact = match person.flatten() {
        Some(person) => contact_there(tx, &person)?,
        None => None,
    };
    let about: Vec<&Both> = contact.iter().chain(&deal).collect();
    let nobody_there = || by_hand("whom it is about is not in HubSpot");
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
    let subject = own
        .as_ref()
        .map_or(mv.title.as_str(), |own| own.subject.as_str());
    let subject = clean_line(subject, 500);
    let body = match &own {
        Some(own) => clean_block(&own.body, MAX_TEXT),
        None => {
            let words = &lead.draft.about().words;
            let texts = [&words.note, &words.body, &words.text, &words.message];
            let text = texts.into_iter().find_map(|text| text.as_deref());
            clean_block(text.unwrap_or_default(), MAX_TEXT)
        }
    };
    let (operation, summary) = match mv.action {
        ActionKind::CreateTask if about.is_empty() => return nobody_there(),
        ActionKind::CreateTask => {
            let due = plan.due.or_else(|| lead.draft.about().asks.due_at());
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
        ActionKind::AddNote | ActionKind::LogCall if about.is_empty() => return nobody_there(),
        ActionKind::AddNote if body.is_empty() => return lacks("text", "--body TEXT"),
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
                return by_hand("its deal is not in HubSpot");
            };
            if plan.stage.is_empty() {
                return lacks("stage", "--stage STAGE");
            }
            let (properties, summary) = match to_stage(tx, deal, &plan.stage)? {
                Ok(found) => found,
                Err(lack) => return Ok(Way::Lacks(lack)),
            };
            match set(tx, deal, properties)? {
                Some(operation) => (operation, summary),
                None => return not_read(&deal.name),
            }
        }
        ActionKind::UpdateContact | ActionKind::UpdateCrm => {
            let Some(contact) = &contact else {
                return nobody_there();
            };
            match mv.action {
                _ if !plan.properties.is_empty() => {}
                ActionKind::UpdateCrm => return by_hand("it names no fields"),
                _ => return lacks("field", "--set NAME=VALUE"),
            }
            let known = kept(contact.kind);
            if let Some(name) = plan
                .properties
                .keys()
                .find(|n| !known.contains(&n.as_str()))
            {
                return Ok(Way::Lacks(format!(
                    "What \"{name}\" says in HubSpot is not read here, so a move cannot change it safely; `caseyos hubspot set` can. Known: {}.",
                    known.join(", ")
                )));
            }
            let words: Vec<&str> = plan.properties.keys().map(String::as_str).collect();
            let summary = format!("{} of {}", words.join(", "), contact.name);
            match set(tx, contact, plan.properties.clone())? {
                Some(operation) => (operation, summary),
                None => return not_read(&contact.name),
            }
        }
        ActionKind::CompleteTask => {
            let Some(id) = plan.task.strip_prefix("hubspot:") else {
                return by_hand("it is no task of HubSpot's");
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
                None => return not_read("its task"),
            }
        }
        _ => return by_hand("it is not a matter of records"),
    };
    Ok(Way::Effect(made(&RecordContent {
        operation,
        summary,
        by_halves: false,
    })?))
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
