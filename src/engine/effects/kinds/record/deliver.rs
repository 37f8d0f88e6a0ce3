//! Delivery of a record: look, send, and look for it where no answer came.
//!
//! A record is never written over a version that was not seen: it is fetched just before, and a change made there meanwhile is merged or becomes a
//! conflict. A write whose answer never came is looked for through the record's ties, never in the search index alone.

use jiff::{SignedDuration, Timestamp};

use super::content::RecordContent;
use super::operation::Operation;
use crate::connectors::hubspot::objects::{self, BATCH, Object};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::hubspot::search::{self, Filter};
use crate::connectors::hubspot::{associations, engagements};
use crate::connectors::transport::{CallError, CallErrorKind, Fate};
use crate::domain::crm::{Merged, Sides, merge};
use crate::domain::effect::Ended;
use crate::domain::outbox::Answer;
use crate::engine::effects::kind::{Delivered, Stopped, Undelivered};
use crate::engine::error::{EngineError, Result};
use crate::engine::outside::Outside;
use crate::engine::road::sources::hubspot::said;
use crate::env::crash_point;
use crate::store::executions::{self, ExecutionRow};
use crate::store::hubspot::{self, Conflict};
use crate::store::{Durability, StoreError};

/// The time for which an unanswered write is left alone before it is asked after: the request may still be on its way.
const SETTLES_IN: SignedDuration = SignedDuration::from_secs(60);
/// The time after which the search index is believed when it knows nothing of a write.
const INDEX_LAG: SignedDuration = SignedDuration::from_mins(10);
/// The most pages of ties that are looked through for one write.
const MAX_TIE_PAGES: usize = 20;

const SAYS_SO: &str = "HubSpot says so already; nothing was written.";
const CONFLICT: &str = "It was changed in HubSpot since it was last seen here, so nothing was written. `caseyos hubspot conflicts` shows both.";

fn at(operation: &Operation, remote: &str) -> Delivered {
    Delivered {
        remote: remote.to_owned(),
        ..Delivered::at(format!("hubspot:{}", operation.place(remote)))
    }
}

fn kept(error: &EngineError) -> Undelivered {
    Undelivered::for_now(error.to_string())
}

/// Returns the operation as it is carried out: after the look just before, where there was one.
pub(super) fn carried(row: &ExecutionRow) -> Result<Operation> {
    if row.carried.is_empty() {
        return Ok(RecordContent::read(&row.content)?.operation);
    }
    Ok(serde_json::from_str(&row.carried)
        .map_err(|e| StoreError::Invalid(format!("the operation of execution {}: {e}", row.id)))?)
}

/// Writes a record.
pub(super) fn deliver(
    outside: &Outside,
    row: &ExecutionRow,
    stopped: Stopped<'_>,
) -> Result<Delivered, Undelivered> {
    let content = RecordContent::read(&row.content).map_err(|e| kept(&e))?;
    let mut operation = content.operation.clone();
    if let Operation::Set { .. } = operation {
        if let Some(ended) = look(outside, row, &content, &mut operation)? {
            return Ok(ended);
        }
        // The change and the values that it replaces are known before it is made, so that it can be looked for and taken back.
        keep_carried(outside, row, &operation).map_err(|e| kept(&e))?;
        crash_point("record-after-look");
    }
    if let Some(reason) = stopped() {
        return Err(Undelivered::Stopped { reason });
    }
    // An earlier try may have made it all the same, whoever let it be tried again.
    if row.tries > 1 && operation.makes().is_some() {
        match look_up(outside, row, &operation) {
            Ok(Some(id)) => return Ok(at(&operation, &id)),
            Ok(None) => {}
            Err(error) => {
                return Err(Undelivered::Unknown {
                    reason: said(&error),
                });
            }
        }
    }
    let version = outside.core.config.hubspot.api_version;
    match outside.call(&operation.request(version, &row.mark)) {
        Ok(response) => match objects::parse_object(&response).map(|o| o.id) {
            // It was made, and without its name nobody finds it again: it is looked for as if no answer had come.
            Err(error) if operation.makes().is_some() => {
                unanswered(outside, row, &operation, &error)
            }
            Ok(id) if id.is_empty() && operation.makes().is_some() => {
                let error = CallError::of(
                    CallErrorKind::BadAnswer,
                    Fate::Sent,
                    "the answer does not name what was made",
                );
                unanswered(outside, row, &operation, &error)
            }
            named => Ok(at(&operation, &named.unwrap_or_default())),
        },
        // A record that is gone already needs no putting away.
        Err(error)
            if error.kind == CallErrorKind::NotFound
                && matches!(operation, Operation::Archive { .. }) =>
        {
            Ok(at(&operation, ""))
        }
        Err(error) => unanswered(outside, row, &operation, &error),
    }
}

/// Decides what a failed call means. An unknown fate is looked into at once, and again later.
fn unanswered(
    outside: &Outside,
    row: &ExecutionRow,
    operation: &Operation,
    error: &CallError,
) -> Result<Delivered, Undelivered> {
    let reason = said(error);
    match (error.fate, error.kind) {
        (Fate::NotSent, _)
        | (
            Fate::Answered,
            CallErrorKind::RateLimited
            | CallErrorKind::QuotaExhausted
            | CallErrorKind::Unauthorized
            | CallErrorKind::CircuitOpen,
        ) => Err(Undelivered::NotSent {
            reason,
            ended: None,
            retry_after: error.retry_after,
        }),
        // An answer that cannot be read says nothing of what was done.
        (Fate::Answered, kind) if kind != CallErrorKind::BadAnswer => {
            Err(Undelivered::for_good(reason, Ended::Refused))
        }
        _ => match look_up(outside, row, operation) {
            Ok(Some(id)) => Ok(at(operation, &id)),
            Ok(None) | Err(_) => Err(Undelivered::Unknown { reason }),
        },
    }
}

/// Asks HubSpot for a write.
pub(super) fn find(
    outside: &Outside,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<(Answer, Option<Delivered>)> {
    let operation = carried(row)?;
    // A change whose look was not kept was never sent.
    if matches!(operation, Operation::Set { .. }) && row.carried.is_empty() {
        return Ok((Answer::NeverHad, None));
    }
    let age = row
        .claimed_at
        .map_or(SignedDuration::MAX, |at| now.duration_since(at));
    let has_ties = operation.makes().is_none_or(|(_, ties)| !ties.is_empty());
    Ok(match look_up(outside, row, &operation) {
        Ok(Some(id)) => (Answer::Found, Some(at(&operation, &id))),
        // A look through ties is certain once the request can no longer be on its way; one through the index only much later.
        Ok(None) if age < SETTLES_IN || (!has_ties && age < INDEX_LAG) => {
            (Answer::NotFoundYet, None)
        }
        Ok(None) => (Answer::NeverHad, None),
        Err(error) => {
            tracing::info!(execution = row.id.0, error = %said(&error), "a record could not be asked after");
            (Answer::Silent, None)
        }
    })
}

fn keep_carried(outside: &Outside, row: &ExecutionRow, operation: &Operation) -> Result<()> {
    let id = row.id;
    let text = serde_json::to_string(operation).map_err(|e| StoreError::Invalid(e.to_string()))?;
    Ok(outside.core.store.write(Durability::Full, move |tx| {
        executions::set_carried(tx, id, &text)
    })?)
}

/// Fetches the record just before it is changed, and takes out of the change everything that must not be written. Returns the end of a change of
/// which nothing is left.
fn look(
    outside: &Outside,
    row: &ExecutionRow,
    content: &RecordContent,
    operation: &mut Operation,
) -> Result<Option<Delivered>, Undelivered> {
    let place = operation.place("");
    let Operation::Set {
        kind,
        id,
        record,
        properties,
        base,
        decided,
    } = operation
    else {
        return Ok(None);
    };
    let core = &outside.core;
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    let request = objects::get(core.config.hubspot.api_version, *kind, id, &names);
    let answer = outside
        .call(&request)
        .and_then(|r| objects::parse_object(&r));
    let there = match answer {
        Ok(object) => object,
        Err(error)
            if matches!(
                error.kind,
                CallErrorKind::NotFound | CallErrorKind::Forbidden
            ) =>
        {
            return Err(Undelivered::for_good(said(&error), Ended::Refused));
        }
        // A look changes nothing, so whatever happened, nothing was written.
        Err(error) => return Err(Undelivered::for_now(said(&error))),
    };
    let now = core.env.now();
    let asked = properties.clone();
    let (mut same, mut conflicts, mut dropped, mut replaced) =
        (0, Vec::new(), Vec::new(), Vec::new());
    properties.retain(|name, value| {
        let remote = there.properties.text(name);
        let remote_at = there
            .properties_with_history
            .get(name)
            .and_then(|all| all.first())
            .and_then(|e| e.timestamp);
        let sides = Sides {
            base: base.get(name).map(String::as_str),
            remote,
            remote_at,
            local: value,
            // A wish is as old as its consent, however long it waited.
            local_at: Some(row.approved_at),
        };
        let decision = merge(&sides, core.config.hubspot.owner_of(name));
        let is_decided = *decided && sides.base == Some(remote);
        if decision == Merged::KeepLocal || (decision == Merged::Conflict && is_decided) {
            replaced.push((name.clone(), remote.to_owned()));
        }
        match decision {
            Merged::KeepLocal => true,
            Merged::Same => {
                same += 1;
                replaced.push((name.clone(), remote.to_owned()));
                false
            }
            Merged::TakeRemote => {
                dropped.push(name.clone());
                false
            }
            Merged::Conflict if is_decided => true,
            Merged::Conflict => {
                conflicts.push(Conflict {
                    id: 0,
                    kind: kind.as_str().into(),
                    object_id: id.clone(),
                    record_id: *record,
                    field: name.clone(),
                    base: sides.base.unwrap_or_default().into(),
                    remote: remote.into(),
                    local: value.clone(),
                    remote_at,
                    found_at: now,
                    resolved_at: None,
                    taken: String::new(),
                });
                false
            }
        }
    });
    let is_conflict = !conflicts.is_empty();
    if is_conflict {
        let kept_conflicts: Result<(), StoreError> =
            core.store.write(Durability::Full, move |tx| {
                for conflict in &conflicts {
                    hubspot::add_conflict(tx, conflict)?;
                }
                tx.emit(now, "hubspot.conflict", "hubspot")
            });
        kept_conflicts.map_err(|e| Undelivered::for_now(e.to_string()))?;
    }
    let is_complete = properties.len() + same == asked.len();
    if !properties.is_empty() && (is_complete || content.by_halves) {
        // What was shown is what leaves, also what HubSpot says already.
        if is_complete {
            *properties = asked;
        }
        base.extend(replaced);
        return Ok(None);
    }
    if is_conflict {
        return Err(Undelivered::for_good(CONFLICT, Ended::Conflict));
    }
    if dropped.is_empty() {
        tracing::info!(execution = row.id.0, SAYS_SO);
        return Ok(Some(Delivered {
            ended: Ended::SaysSo,
            ..Delivered::at(format!("hubspot:{place}"))
        }));
    }
    // The value that was asked for may be the one that was seen last: then only HubSpot's side moved, and no ownership was asked.
    Err(Undelivered::for_good(
        format!(
            "HubSpot's own value of {} stands, as it was changed there since it was last seen here or by [hubspot.ownership]; nothing was written. `caseyos sync` brings it, and then it can be asked for again.",
            dropped.join(", ")
        ),
        Ended::Theirs,
    ))
}

/// Looks for a write by what the API itself says and not its search index. None means that it certainly was not done.
fn look_up(
    outside: &Outside,
    row: &ExecutionRow,
    operation: &Operation,
) -> Result<Option<String>, CallError> {
    let version = outside.core.config.hubspot.api_version;
    if let Some((kind, ties)) = operation.makes() {
        return look_up_made(outside, row, kind, ties);
    }
    let get = |kind, id: &str, names: &[&str]| {
        objects::parse_object(&outside.call(&objects::get(version, kind, id, names))?)
    };
    let is_gone = |kind, id: &str| match outside.call(&objects::get(version, kind, id, &[])) {
        Ok(_) => Ok(None),
        Err(error) if error.kind == CallErrorKind::NotFound => Ok(Some(id.to_owned())),
        Err(error) => Err(error),
    };
    match operation {
        Operation::Set {
            kind,
            id,
            properties,
            ..
        } => {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            let there = get(*kind, id, &names)?;
            let all = properties
                .iter()
                .all(|(n, v)| there.properties.text(n) == v);
            Ok(all.then(|| id.clone()))
        }
        Operation::Merge { primary, other } => {
            let there = get(ObjectKind::Contacts, other, &[])?;
            let survivor = get(ObjectKind::Contacts, primary, &[])?;
            Ok((there.id == survivor.id).then_some(survivor.id))
        }
        Operation::GdprDelete { id, .. } => is_gone(ObjectKind::Contacts, id),
        Operation::Archive { kind, id } => is_gone(*kind, id),
        Operation::Task { .. } | Operation::Note { .. } | Operation::Call { .. } => Ok(None),
    }
}

fn look_up_made(
    outside: &Outside,
    row: &ExecutionRow,
    kind: ObjectKind,
    ties: &[objects::TieTo],
) -> Result<Option<String>, CallError> {
    let version = outside.core.config.hubspot.api_version;
    let carries = |objects: Vec<Object>| {
        objects
            .into_iter()
            .find(|o| engagements::carries(kind, o, &row.mark))
            .map(|o| o.id)
    };
    let Some(tie) = ties.first() else {
        let word = engagements::mark(&row.mark);
        let filter = [Filter::holds_word(engagements::body_property(kind), word)];
        let answer = outside.call(&search::after_id(version, kind, "", &filter))?;
        return Ok(carries(objects::parse_page(&answer)?.results));
    };
    let mut ids = Vec::new();
    let mut request = associations::batch_read(version, tie.kind, kind, [tie.id.as_str()]);
    for _ in 0..MAX_TIE_PAGES {
        let mut tied = associations::parse(&outside.call(&request)?)?
            .remove(&tie.id)
            .unwrap_or_default();
        ids.append(&mut tied.ids);
        match tied.next {
            Some(next) => {
                request = associations::batch_read_more(version, tie.kind, kind, &tie.id, &next);
            }
            None => break,
        }
    }
    for chunk in ids.chunks(BATCH) {
        let request = objects::batch_read(version, kind, chunk.iter().map(String::as_str));
        let answer = outside.call(&request)?;
        if let Some(id) = carries(objects::parse_batch(&answer)?.results) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
