//! The double's records: one by one and in batches, with their ties.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::{WorldRequest, WorldResponse};
use super::filling::{COMMON, READ_ONLY, properties};
use super::{Answer, HubspotDouble, Record, kind_of, refusal};

/// Returns a page of records.
pub(super) fn page(
    results: Vec<Value>,
    next: Option<String>,
    total: Option<usize>,
) -> WorldResponse {
    let mut answer = json!({"results": results});
    if let Some(object) = answer.as_object_mut() {
        if let Some(next) = next {
            object.insert(
                "paging".into(),
                json!({"next": {"after": next, "link": "?after="}}),
            );
        }
        if let Some(total) = total {
            object.insert("total".into(), json!(total));
        }
    }
    WorldResponse::json(200, &answer)
}

impl Record {
    /// Returns a property's value, also of those that HubSpot keeps itself.
    pub(super) fn value(&self, kind: &str, id: u64, name: &str) -> Option<String> {
        match name {
            "hs_object_id" => Some(id.to_string()),
            "createdate" | "hs_createdate" => Some(self.created.to_string()),
            "lastmodifieddate" if kind == "contacts" => Some(self.modified.to_string()),
            "hs_lastmodifieddate" => Some(self.modified.to_string()),
            _ => self.properties.get(name).filter(|v| !v.is_empty()).cloned(),
        }
    }

    pub(super) fn shown(&self, kind: &str, id: u64, wanted: &[&str]) -> Value {
        let mut all = Map::new();
        for name in wanted.iter().copied().chain(["hs_object_id"]) {
            all.insert(
                name.into(),
                self.value(kind, id, name)
                    .map_or(Value::Null, Value::String),
            );
        }
        json!({"id": id.to_string(), "properties": all, "createdAt": self.created, "updatedAt": self.modified, "archived": self.archived})
    }

    fn set(&mut self, name: &str, value: &str, now: Timestamp) {
        self.properties.insert(name.to_owned(), value.to_owned());
        let history = self.history.entry(name.to_owned()).or_default();
        history.insert(0, (value.to_owned(), now));
        history.truncate(20);
    }
}

fn bad(message: &str) -> WorldResponse {
    refusal(400, "VALIDATION_ERROR", message)
}

fn only(body: &Value, allowed: &[&str]) -> Result<(), WorldResponse> {
    let object = body.as_object().ok_or_else(|| bad("a body is needed"))?;
    match object.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(unknown) => Err(bad(&format!("Unknown field: {unknown}"))),
        None => Ok(()),
    }
}

impl HubspotDouble {
    pub(super) fn has_property(&self, kind: &str, name: &str) -> bool {
        properties(kind).contains(&name)
            || COMMON.contains(&name)
            || READ_ONLY.contains(&name)
            || self.extra.contains(name)
    }

    /// Gives the portal a property of its own.
    pub fn add_property(&mut self, name: &str) {
        self.extra.insert(name.to_owned());
    }

    /// Makes a record and returns its id.
    pub fn add(&mut self, kind: &str, values: &[(&str, &str)], now: Timestamp) -> u64 {
        let Some(kind) = kind_of(kind) else { return 0 };
        let id = self.next_id;
        self.next_id += 1;
        let stamp = self.frozen_stamp.unwrap_or(now);
        let mut record = Record {
            created: stamp,
            modified: stamp,
            indexed: now.checked_add(self.lag).unwrap_or(now),
            ..Record::default()
        };
        for (name, value) in values {
            record
                .properties
                .insert((*name).to_owned(), (*value).to_owned());
        }
        self.records.entry(kind).or_default().insert(id, record);
        id
    }

    /// Changes a record; returns whether there is one.
    pub fn change(&mut self, kind: &str, id: u64, values: &[(&str, &str)], now: Timestamp) -> bool {
        let stamp = self.frozen_stamp.unwrap_or(now);
        let lag = self.lag;
        let id = self.current(id);
        let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(&id)) else {
            return false;
        };
        for (name, value) in values {
            record.set(name, value, stamp);
        }
        record.modified = stamp;
        record.indexed = now.checked_add(lag).unwrap_or(now);
        true
    }

    /// Returns a property of a record, for tests.
    #[must_use]
    pub fn property(&self, kind: &str, id: u64, name: &str) -> Option<String> {
        let id = self.current(id);
        self.records.get(kind)?.get(&id)?.value(kind, id, name)
    }

    /// Returns the ids of the records of a kind that are not archived.
    #[must_use]
    pub fn ids(&self, kind: &str) -> Vec<u64> {
        self.records
            .get(kind)
            .map(|all| {
                all.iter()
                    .filter(|(_, r)| !r.archived)
                    .map(|(id, _)| *id)
                    .collect()
            })
            .unwrap_or_default()
    }

    /// Ties two records, both ways.
    pub fn tie(&mut self, from: &str, id: u64, to: &str, other: u64) {
        let (Some(from), Some(to)) = (kind_of(from), kind_of(to)) else {
            return;
        };
        if let Some(record) = self.records.get_mut(from).and_then(|all| all.get_mut(&id)) {
            record.ties.entry(to).or_default().insert(other);
        }
        if let Some(record) = self.records.get_mut(to).and_then(|all| all.get_mut(&other)) {
            record.ties.entry(from).or_default().insert(id);
        }
    }

    /// Returns the id that an id leads to today.
    fn current(&self, mut id: u64) -> u64 {
        while let Some(next) = self.merged.get(&id) {
            id = *next;
        }
        id
    }

    fn find(&self, kind: &str, text: &str) -> Result<(u64, &Record), WorldResponse> {
        let missing = || refusal(404, "OBJECT_NOT_FOUND", "resource not found");
        let id = self.current(text.parse().map_err(|_| missing())?);
        let record = self
            .records
            .get(kind)
            .and_then(|all| all.get(&id))
            .ok_or_else(missing)?;
        Ok((id, record))
    }

    fn by_property(&self, kind: &str, name: &str, value: &str) -> Option<u64> {
        let wanted = value.to_lowercase();
        self.records.get(kind)?.iter().find_map(|(id, r)| {
            (!r.archived
                && r.properties
                    .get(name)
                    .is_some_and(|v| v.to_lowercase() == wanted))
            .then_some(*id)
        })
    }

    pub(super) fn list(&self, kind: &'static str, request: &WorldRequest) -> Answer {
        let limit: usize = request
            .param("limit")
            .unwrap_or("10")
            .parse()
            .map_err(|_| bad("limit is no number"))?;
        if !(1..=100).contains(&limit) {
            return Err(bad("limit must be between 1 and 100"));
        }
        let after: u64 = match request.param("after") {
            None => 0,
            Some(text) => text.parse().map_err(|_| bad("after is no mark of ours"))?,
        };
        let archived = request.param("archived") == Some("true");
        let wanted: Vec<&str> = request
            .params("properties")
            .flat_map(|p| p.split(','))
            .collect();
        let tied: Vec<&str> = request
            .params("associations")
            .flat_map(|p| p.split(','))
            .collect();
        let empty = BTreeMap::new();
        let mut found = self
            .records
            .get(kind)
            .unwrap_or(&empty)
            .range(after..)
            .filter(|(_, r)| r.archived == archived);
        let results: Vec<Value> = found
            .by_ref()
            .take(limit)
            .map(|(id, record)| {
                let mut shown = record.shown(kind, *id, &wanted);
                with_ties(&mut shown, record, &tied);
                shown
            })
            .collect();
        let next = found.next().map(|(id, _)| id.to_string());
        Ok(page(results, next, None))
    }

    pub(super) fn get(&self, kind: &'static str, id: &str, request: &WorldRequest) -> Answer {
        let by_property = match request.param("idProperty") {
            Some(name) if name != "hs_object_id" => {
                let found = self.by_property(kind, name, id);
                Some(
                    found
                        .ok_or_else(|| refusal(404, "OBJECT_NOT_FOUND", "resource not found"))?
                        .to_string(),
                )
            }
            _ => None,
        };
        let (id, record) = self.find(kind, by_property.as_deref().unwrap_or(id))?;
        if record.archived != (request.param("archived") == Some("true")) {
            return Err(refusal(404, "OBJECT_NOT_FOUND", "resource not found"));
        }
        let wanted: Vec<&str> = request.params("properties").collect();
        let mut shown = record.shown(kind, id, &wanted);
        let history: Map<String, Value> = request
            .params("propertiesWithHistory")
            .map(|name| {
                let list: Vec<Value> = record
                    .history
                    .get(name)
                    .map(|all| all.iter().map(|(v, at)| json!({"value": v, "timestamp": at, "sourceType": "CRM_UI"})).collect())
                    .unwrap_or_default();
                (name.to_owned(), Value::Array(list))
            })
            .collect();
        if let (Some(object), false) = (shown.as_object_mut(), history.is_empty()) {
            object.insert("propertiesWithHistory".into(), Value::Object(history));
        }
        let tied: Vec<&str> = request.params("associations").collect();
        with_ties(&mut shown, record, &tied);
        Ok(WorldResponse::json(200, &shown))
    }

    /// Checks properties that are to be written, as the portal would.
    fn check(
        &self,
        kind: &str,
        given: Option<&Value>,
        itself: Option<u64>,
    ) -> Result<Vec<(String, String)>, WorldResponse> {
        let map = given
            .and_then(Value::as_object)
            .ok_or_else(|| bad("properties are missing"))?;
        let mut all = Vec::new();
        for (name, value) in map {
            let fault = |why: &str| {
                WorldResponse::json(
                    400,
                    &json!({"status": "error", "category": "VALIDATION_ERROR", "message": "Property values were not valid",
                        "correlationId": "00000000-0000-4000-8000-000000000000",
                        "errors": [{"message": why, "code": "INVALID", "in": "properties", "context": {"propertyName": [name]}}]}),
                )
            };
            if !self.has_property(kind, name) {
                return Err(fault(&format!("Property \"{name}\" does not exist")));
            }
            if READ_ONLY.contains(&name.as_str()) {
                return Err(fault(&format!("\"{name}\" is a read only property")));
            }
            let Some(text) = value.as_str() else {
                return Err(bad("Invalid input JSON: a property's value is a text"));
            };
            if name == "amount" && !text.is_empty() && text.parse::<f64>().is_err() {
                return Err(fault(&format!("{text} was not a valid number.")));
            }
            if name == "email" {
                if self.blocked.contains(&text.to_lowercase()) {
                    return Err(refusal(
                        400,
                        "VALIDATION_ERROR",
                        "This address was removed for good and can't be added again",
                    ));
                }
                if let Some(there) = self
                    .by_property(kind, "email", text)
                    .filter(|id| Some(*id) != itself)
                {
                    return Err(refusal(
                        409,
                        "CONFLICT",
                        &format!("Contact already exists. Existing ID: {there}"),
                    ));
                }
            }
            all.push((name.clone(), text.to_owned()));
        }
        Ok(all)
    }

    pub(super) fn create(&mut self, kind: &'static str, body: &Value, now: Timestamp) -> Answer {
        only(body, &["properties", "associations"])?;
        let values = self.check(kind, body.get("properties"), None)?;
        let is_activity = matches!(kind, "tasks" | "notes" | "meetings" | "emails" | "calls");
        if is_activity && !values.iter().any(|(name, _)| name == "hs_timestamp") {
            return Err(bad("hs_timestamp is required"));
        }
        let pairs: Vec<(&str, &str)> = values
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let id = self.add(kind, &pairs, now);
        for tie in body
            .get("associations")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let other = tie
                .pointer("/to/id")
                .and_then(Value::as_str)
                .and_then(|t| t.parse().ok());
            let type_id = tie
                .pointer("/types/0/associationTypeId")
                .and_then(Value::as_u64);
            let to = match type_id {
                Some(202 | 204 | 200 | 198 | 194 | 3) => "contacts",
                Some(214 | 216 | 212 | 210 | 206) => "deals",
                Some(279 | 1) => "companies",
                _ => return Err(bad("no such association type")),
            };
            if let Some(other) = other {
                self.tie(kind, id, to, other);
            }
        }
        let (id, record) = self.find(kind, &id.to_string())?;
        let wanted: Vec<&str> = pairs.iter().map(|(n, _)| *n).collect();
        Ok(WorldResponse::json(201, &record.shown(kind, id, &wanted)))
    }

    pub(super) fn patch(
        &mut self,
        kind: &'static str,
        id: &str,
        body: &Value,
        now: Timestamp,
    ) -> Answer {
        only(body, &["properties"])?;
        let (id, record) = self.find(kind, id)?;
        if record.archived {
            return Err(refusal(404, "OBJECT_NOT_FOUND", "resource not found"));
        }
        let values = self.check(kind, body.get("properties"), Some(id))?;
        let pairs: Vec<(&str, &str)> = values
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        self.change(kind, id, &pairs, now);
        let (id, record) = self.find(kind, &id.to_string())?;
        let wanted: Vec<&str> = pairs.iter().map(|(n, _)| *n).collect();
        Ok(WorldResponse::json(200, &record.shown(kind, id, &wanted)))
    }

    pub(super) fn archive(&mut self, kind: &'static str, id: &str, now: Timestamp) -> Answer {
        let (id, _) = self.find(kind, id)?;
        if let Some(record) = self.records.get_mut(kind).and_then(|all| all.get_mut(&id)) {
            record.archived = true;
            record.modified = now;
        }
        Ok(WorldResponse::empty(204))
    }

    pub(super) fn batch(
        &mut self,
        kind: &'static str,
        verb: &str,
        body: &Value,
        now: Timestamp,
    ) -> Answer {
        let inputs = body
            .get("inputs")
            .and_then(Value::as_array)
            .ok_or_else(|| bad("inputs are missing"))?
            .clone();
        if inputs.len() > 100 {
            return Err(bad("at most 100 inputs"));
        }
        match verb {
            "read" => only(
                body,
                &[
                    "inputs",
                    "properties",
                    "propertiesWithHistory",
                    "idProperty",
                ],
            )?,
            _ => only(body, &["inputs"])?,
        }
        let wanted: Vec<&str> = body
            .get("properties")
            .and_then(Value::as_array)
            .map(|l| l.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in &inputs {
            let id = input
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned();
            let done = match verb {
                "read" => self.find(kind, &id).and_then(|(id, record)| {
                    if record.archived {
                        return Err(refusal(404, "OBJECT_NOT_FOUND", "resource not found"));
                    }
                    Ok(record.shown(kind, id, &wanted))
                }),
                "create" => self.create(kind, input, now).map(|r| body_of(&r)),
                "update" => {
                    let change = json!({"properties": input.get("properties")});
                    self.patch(kind, &id, &change, now).map(|r| body_of(&r))
                }
                "upsert" => {
                    let name = input
                        .get("idProperty")
                        .and_then(Value::as_str)
                        .unwrap_or("hs_object_id");
                    let found = if name == "hs_object_id" {
                        id.parse().ok()
                    } else {
                        self.by_property(kind, name, &id)
                    };
                    let change = json!({"properties": input.get("properties")});
                    match found {
                        Some(found) => self
                            .patch(kind, &found.to_string(), &change, now)
                            .map(|r| body_of(&r)),
                        None => self.create(kind, &change, now).map(|r| body_of(&r)),
                    }
                }
                "archive" => self.archive(kind, &id, now).map(|_| Value::Null),
                _ => return Err(refusal(404, "OBJECT_NOT_FOUND", "no such path")),
            };
            match done {
                Ok(value) => results.push(value),
                Err(refused) => {
                    let why = body_of(&refused);
                    errors.push(json!({"status": "error", "category": why.get("category"), "message": why.get("message"),
                        "context": {"ids": [id]}, "errors": [], "links": {}}));
                }
            }
        }
        if verb == "archive" {
            return Ok(WorldResponse::empty(204));
        }
        let made = if verb == "create" { 201 } else { 200 };
        let status = if errors.is_empty() { made } else { 207 };
        let mut answer =
            json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
        if let (Some(object), false) = (answer.as_object_mut(), errors.is_empty()) {
            object.insert("numErrors".into(), json!(errors.len()));
            object.insert("errors".into(), Value::Array(errors));
        }
        Ok(WorldResponse::json(status, &answer))
    }

    pub(super) fn merge(&mut self, kind: &'static str, body: &Value, now: Timestamp) -> Answer {
        only(body, &["primaryObjectId", "objectIdToMerge"])?;
        let text = |key: &str| {
            body.get(key)
                .and_then(Value::as_str)
                .ok_or_else(|| bad("both ids are texts"))
        };
        let (primary, _) = self.find(kind, text("primaryObjectId")?)?;
        let (other, _) = self.find(kind, text("objectIdToMerge")?)?;
        if primary == other {
            return Err(bad("a record can't be merged with itself"));
        }
        let all = self.records.entry(kind).or_default();
        let Some(lost) = all.remove(&other) else {
            return Err(bad("no such record"));
        };
        let Some(mut kept) = all.remove(&primary) else {
            return Err(bad("no such record"));
        };
        for (name, value) in lost.properties {
            if name == "email" && kept.properties.contains_key("email") {
                let more = kept
                    .properties
                    .entry("hs_additional_emails".into())
                    .or_default();
                more.push_str(if more.is_empty() { "" } else { ";" });
                more.push_str(&value);
            } else {
                kept.properties.entry(name).or_insert(value);
            }
        }
        for (to, ids) in lost.ties {
            kept.ties.entry(to).or_default().extend(ids);
        }
        let mut ids = kept
            .properties
            .get("hs_merged_object_ids")
            .cloned()
            .unwrap_or_default();
        for id in [primary, other] {
            ids.push_str(if ids.is_empty() { "" } else { ";" });
            ids.push_str(&id.to_string());
        }
        kept.properties.insert("hs_merged_object_ids".into(), ids);
        kept.modified = now;
        // The record that survives carries a new id, and the old ones lead to it.
        let id = self.next_id;
        self.next_id += 1;
        self.merged.insert(primary, id);
        self.merged.insert(other, id);
        let shown = kept.shown(kind, id, &["email", "hs_merged_object_ids"]);
        let ties = kept.ties.clone();
        self.records.entry(kind).or_default().insert(id, kept);
        for (to, others) in ties {
            for tied in others {
                self.tie(kind, id, to, tied);
            }
        }
        Ok(WorldResponse::json(200, &shown))
    }

    pub(super) fn gdpr_delete(&mut self, body: &Value) -> Answer {
        only(body, &["objectId", "idProperty"])?;
        let text = body
            .get("objectId")
            .and_then(Value::as_str)
            .ok_or_else(|| bad("objectId is missing"))?;
        let id = match body.get("idProperty").and_then(Value::as_str) {
            Some("email") => {
                self.blocked.insert(text.to_lowercase());
                self.by_property("contacts", "email", text)
            }
            _ => Some(self.find("contacts", text)?.0),
        };
        if let Some(record) = id.and_then(|id| self.records.get_mut("contacts")?.remove(&id)) {
            self.blocked
                .extend(record.properties.get("email").map(|e| e.to_lowercase()));
        }
        Ok(WorldResponse::empty(204))
    }

    pub(super) fn list_ties(&self, from: &'static str, id: &str, to: &'static str) -> Answer {
        let (_, record) = self.find(from, id)?;
        Ok(page(tied(record, to), None, None))
    }

    pub(super) fn read_ties(&self, from: &'static str, to: &'static str, body: &Value) -> Answer {
        only(body, &["inputs"])?;
        let inputs = body
            .get("inputs")
            .and_then(Value::as_array)
            .ok_or_else(|| bad("inputs are missing"))?;
        if inputs.len() > 100 {
            return Err(bad("at most 100 inputs"));
        }
        let results: Vec<Value> = inputs
            .iter()
            .filter_map(|input| {
                let id = input.get("id")?.as_str()?;
                let (_, record) = self.find(from, id).ok()?;
                let to = tied(record, to);
                (!to.is_empty()).then(|| json!({"from": {"id": id}, "to": to}))
            })
            .collect();
        let at = Timestamp::UNIX_EPOCH;
        Ok(WorldResponse::json(
            200,
            &json!({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}),
        ))
    }

    pub(super) fn tie_by_text(
        &mut self,
        from: &'static str,
        id: &str,
        to: &'static str,
        other: &str,
    ) -> Answer {
        let (id, _) = self.find(from, id)?;
        let (other, _) = self.find(to, other)?;
        self.tie(from, id, to, other);
        Ok(WorldResponse::json(
            200,
            &json!({"status": "COMPLETE", "results": []}),
        ))
    }

    pub(super) fn untie(
        &mut self,
        from: &'static str,
        id: &str,
        to: &'static str,
        other: &str,
    ) -> Answer {
        let (id, _) = self.find(from, id)?;
        let (other, _) = self.find(to, other)?;
        for (kind, one, far, two) in [(from, id, to, other), (to, other, from, id)] {
            if let Some(ties) = self
                .records
                .get_mut(kind)
                .and_then(|all| all.get_mut(&one))
                .and_then(|r| r.ties.get_mut(far))
            {
                ties.remove(&two);
            }
        }
        Ok(WorldResponse::empty(204))
    }
}

fn body_of(response: &WorldResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

fn tied(record: &Record, to: &str) -> Vec<Value> {
    record
        .ties
        .get(to)
        .into_iter()
        .flatten()
        .map(|id| json!({"toObjectId": id.to_string(), "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 1}]}))
        .collect()
}

fn with_ties(shown: &mut Value, record: &Record, kinds: &[&str]) {
    let ties: Map<String, Value> = kinds
        .iter()
        .filter_map(|kind| {
            let ids = record.ties.get(kind).filter(|ids| !ids.is_empty())?;
            let results: Vec<Value> = ids
                .iter()
                .map(|id| json!({"id": id.to_string(), "type": "tied"}))
                .collect();
            Some(((*kind).to_owned(), json!({"results": results})))
        })
        .collect();
    if let (Some(object), false) = (shown.as_object_mut(), ties.is_empty()) {
        object.insert("associations".into(), Value::Object(ties));
    }
}
