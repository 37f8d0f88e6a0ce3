//! Ties between records, read and made.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::objects::BATCH;
use super::paths::{BatchVerb, ObjectKind, Place, path};
use crate::connectors::lenient::{list as list_of, or_default};
use crate::connectors::transport::{Body, CallError, Method, Request, Response};
use crate::domain::service::{HubspotVersion, Service};

/// Asks what up to a hundred records are tied to. Works in every version; the listing of one record's ties does not.
#[must_use]
pub fn batch_read<'a>(
    version: HubspotVersion,
    from: ObjectKind,
    to: ObjectKind,
    ids: impl IntoIterator<Item = &'a str>,
) -> Request {
    let inputs: Vec<Value> = ids
        .into_iter()
        .take(BATCH)
        .map(|id| json!({"id": id}))
        .collect();
    read(version, from, to, inputs)
}

/// Asks for more of what one record is tied to.
#[must_use]
pub fn batch_read_more(
    version: HubspotVersion,
    from: ObjectKind,
    to: ObjectKind,
    id: &str,
    after: &str,
) -> Request {
    read(version, from, to, vec![json!({"id": id, "after": after})])
}

fn read(version: HubspotVersion, from: ObjectKind, to: ObjectKind, inputs: Vec<Value>) -> Request {
    let path = path(version, Place::AssociationBatch(from, to, BatchVerb::Read));
    let body = Body::Json(json!({"inputs": inputs}));
    Request::write(
        Service::Hubspot,
        "hubspot.associations.batch_read",
        Method::Post,
        path,
        body,
    )
    .reading()
}

/// Lists what one record is tied to. Version 2026-09 does not have it.
#[must_use]
pub fn list(
    version: HubspotVersion,
    from: ObjectKind,
    id: &str,
    to: ObjectKind,
    after: &str,
) -> Request {
    let path = path(version, Place::Associations(from, id, to));
    let request =
        Request::get(Service::Hubspot, "hubspot.associations.list", path).with("limit", "500");
    if after.is_empty() {
        request
    } else {
        request.with("after", after)
    }
}

/// Ties two records with the usual type.
#[must_use]
pub fn tie(
    version: HubspotVersion,
    from: ObjectKind,
    id: &str,
    to: ObjectKind,
    other: &str,
) -> Request {
    let path = path(version, Place::DefaultAssociation(from, id, to, other));
    Request::write(
        Service::Hubspot,
        "hubspot.associations.create_default",
        Method::Put,
        path,
        Body::Empty,
    )
    .repeatable()
}

/// Unties two records.
#[must_use]
pub fn untie(
    version: HubspotVersion,
    from: ObjectKind,
    id: &str,
    to: ObjectKind,
    other: &str,
) -> Request {
    let path = path(version, Place::Association(from, id, to, other));
    Request::write(
        Service::Hubspot,
        "hubspot.associations.archive",
        Method::Delete,
        path,
        Body::Empty,
    )
    .repeatable()
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "list_of")]
    results: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default, deserialize_with = "or_default")]
    from: From,
    #[serde(default, deserialize_with = "list_of")]
    to: Vec<To>,
    #[serde(default)]
    paging: Option<Value>,
}

#[derive(Default, Deserialize)]
struct From {
    #[serde(default)]
    id: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    #[serde(default)]
    to_object_id: Value,
}

/// The ties of one record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TiedTo {
    /// The ids, in the order given.
    pub ids: Vec<String>,
    /// The mark of the next page, where there is more.
    pub next: Option<String>,
}

fn id_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) => n.to_string(),
        _ => String::new(),
    }
}

/// Reads the ties of records, by their id. A record without ties is absent.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn parse(response: &Response) -> Result<BTreeMap<String, TiedTo>, CallError> {
    let answer: Answer = response.json()?;
    let mut all: BTreeMap<String, TiedTo> = BTreeMap::new();
    for one in answer.results {
        let tied = all.entry(id_text(&one.from.id)).or_default();
        tied.ids.extend(
            one.to
                .iter()
                .map(|to| id_text(&to.to_object_id))
                .filter(|id| !id.is_empty()),
        );
        tied.next = one
            .paging
            .as_ref()
            .and_then(|paging| paging.pointer("/next/after"))
            .map(id_text)
            .filter(|after| !after.is_empty());
    }
    Ok(all)
}
