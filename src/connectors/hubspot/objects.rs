//! Records: read one, many or a page of them, make and change them.
//!
//! All values of properties are texts, numbers and yes or no too. A date is milliseconds since 1970 or ISO 8601.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::paths::{BatchVerb, ObjectKind, Place, path};
use crate::connectors::lenient::{list as list_of, lists, or_default, present};
use crate::connectors::transport::{Body, CallError, Method, Request, Response};
use crate::domain::service::{HubspotVersion, Service};

/// The most records in one batch, and on one page of a list.
pub const BATCH: usize = 100;
/// Bytes of one value that are kept; longer ones are bodies of notes that nobody edits here.
const MAX_VALUE: usize = 64 * 1024;

/// The properties of a record that have a value.
///
/// Names and values stand one after another in one text: a hundred thousand records with twenty properties each are held and dropped without two
/// million small texts.
#[derive(Clone, Default)]
pub struct Properties {
    text: String,
    /// Ends of each name and of the value behind it; a name begins where the value before it ended.
    ends: Vec<(u32, u32)>,
}

impl Properties {
    /// Returns a value; none where it is missing or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }

    /// Returns a value, empty where it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// Returns an instant; none where it is missing or is none.
    #[must_use]
    pub fn instant(&self, name: &str) -> Option<Timestamp> {
        self.get(name).and_then(instant)
    }

    /// Sets a value.
    pub fn set_named(&mut self, name: &str, value: impl Into<String>) {
        if self.iter().any(|(n, _)| n == name) {
            let mut others = Self::default();
            for (n, v) in self.iter().filter(|(n, _)| *n != name) {
                others.add(n, v);
            }
            *self = others;
        }
        self.add(name, &value.into());
    }

    fn add(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value);
        self.close(start, middle, true);
    }

    /// Keeps what stands in the text from `start` on as a name and, from `middle` on, its value; or takes it away again. What is too long to be
    /// numbered is left out.
    fn close(&mut self, start: usize, middle: usize, is_there: bool) {
        match (u32::try_from(middle), u32::try_from(self.text.len())) {
            (Ok(middle), Ok(end)) if is_there => self.ends.push((middle, end)),
            _ => self.text.truncate(start),
        }
    }

    /// Returns all of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(middle, end)| {
            let (middle, end) = (*middle as usize, *end as usize);
            let name = self.text.get(start..middle).unwrap_or_default();
            start = end;
            (name, self.text.get(middle..end).unwrap_or_default())
        })
    }
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Properties {}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Reads a date as HubSpot writes them.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Timestamp::from_millisecond(text.parse().ok()?).ok();
    }
    let parsed: Timestamp = match text.parse() {
        Ok(instant) => instant,
        Err(_) => {
            let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
            date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        }
    };
    // As the store keeps it.
    Timestamp::from_millisecond(parsed.as_millisecond()).ok()
}

/// Writes an instant as HubSpot takes it.
#[must_use]
pub fn millis(at: Timestamp) -> String {
    at.as_millisecond().to_string()
}

/// Puts a plain value at the end of a text, whatever it is: texts, numbers, yes and no. Says whether there was one; an object or a list is none.
struct Append<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Append<'_> {
    fn shown<E>(self, value: impl ToString) -> Result<bool, E> {
        self.0.push_str(&value.to_string());
        Ok(true)
    }
}

impl<'de> Visitor<'de> for Append<'_> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        let mut end = text.len().min(MAX_VALUE);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.0.push_str(text.get(..end).unwrap_or_default());
        Ok(end > 0)
    }
    fn visit_bool<E>(self, value: bool) -> Result<bool, E> {
        self.shown(value)
    }
    fn visit_i64<E>(self, value: i64) -> Result<bool, E> {
        self.shown(value)
    }
    fn visit_u64<E>(self, value: u64) -> Result<bool, E> {
        self.shown(value)
    }
    fn visit_f64<E>(self, value: f64) -> Result<bool, E> {
        self.shown(value)
    }
    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_none<E>(self) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }
}

/// A value as text; none if it is missing or not a plain value.
struct Plain(Option<String>);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::new();
        let is_there = Append(&mut text).deserialize(deserializer)?;
        Ok(Self(is_there.then_some(text)))
    }
}

/// Puts a name at the end of a text.
struct AppendName<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for AppendName<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AppendName<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = Properties;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("properties")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut all = Properties {
                    text: String::with_capacity(512),
                    ends: Vec::with_capacity(24),
                };
                loop {
                    let start = all.text.len();
                    if map.next_key_seed(AppendName(&mut all.text))?.is_none() {
                        break;
                    }
                    let middle = all.text.len();
                    let is_there = map.next_value_seed(Append(&mut all.text))?;
                    all.close(start, middle, is_there);
                }
                // Thousands of records wait to be written at once.
                all.text.shrink_to_fit();
                all.ends.shrink_to_fit();
                Ok(all)
            }
        }
        deserializer.deserialize_map(Seen)
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.ends.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn lenient_instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    Ok(Plain::deserialize(deserializer)?
        .0
        .as_deref()
        .and_then(instant))
}

fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Plain::deserialize(deserializer)?.0.unwrap_or_default())
}

fn lenient_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Plain::deserialize(deserializer)?
        .0
        .and_then(|text| text.parse().ok()))
}

fn lenient_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Plain::deserialize(deserializer)?.0.as_deref() == Some("true"))
}

/// A record that another is tied to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tied {
    /// Its id.
    #[serde(default, deserialize_with = "lenient_text")]
    pub id: String,
    /// The tie's name, such as `deal_to_contact`.
    #[serde(rename = "type", default, deserialize_with = "lenient_text")]
    pub tie: String,
}

/// The ties of a record to one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Ties {
    /// The records.
    #[serde(default, deserialize_with = "list_of")]
    pub results: Vec<Tied>,
}

/// One earlier value of a property.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Earlier {
    /// The value.
    #[serde(default, deserialize_with = "lenient_text")]
    pub value: String,
    /// Since when.
    #[serde(default, deserialize_with = "lenient_instant")]
    pub timestamp: Option<Timestamp>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Its id; empty where there is none.
    #[serde(default, deserialize_with = "lenient_text")]
    pub id: String,
    /// Its properties.
    #[serde(default, deserialize_with = "or_default")]
    pub properties: Properties,
    /// Since when it exists.
    #[serde(default, deserialize_with = "lenient_instant")]
    pub created_at: Option<Timestamp>,
    /// Instant of its last change.
    #[serde(default, deserialize_with = "lenient_instant")]
    pub updated_at: Option<Timestamp>,
    /// True if it is archived.
    #[serde(default, deserialize_with = "lenient_flag")]
    pub archived: bool,
    /// Its ties, by kind.
    #[serde(default, deserialize_with = "present")]
    pub associations: BTreeMap<String, Ties>,
    /// Earlier values, newest first.
    #[serde(default, deserialize_with = "lists")]
    pub properties_with_history: BTreeMap<String, Vec<Earlier>>,
}

impl Object {
    /// Returns when the record was last changed.
    #[must_use]
    pub fn modified(&self, kind: ObjectKind) -> Option<Timestamp> {
        self.properties
            .instant(kind.modified_property())
            .or(self.updated_at)
    }

    /// Returns when the record came into being.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.properties.instant("createdate").or(self.created_at)
    }

    /// Returns the first record of a kind that it is tied to.
    #[must_use]
    pub fn first_tied(&self, kind: ObjectKind) -> Option<&str> {
        self.associations
            .get(kind.as_str())
            .and_then(|ties| ties.results.first())
            .map(|tied| tied.id.as_str())
            .filter(|id| !id.is_empty())
    }

    /// Returns the ids of records that were made one with this one.
    pub fn merged(&self) -> impl Iterator<Item = &str> {
        self.properties
            .text("hs_merged_object_ids")
            .split(';')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .take(250)
    }
}

/// The place of the next page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
struct Next {
    #[serde(default, deserialize_with = "lenient_text")]
    after: String,
}

/// One page of records.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Page {
    /// The records.
    #[serde(default, deserialize_with = "list_of")]
    pub results: Vec<Object>,
    #[serde(default)]
    paging: Option<Paging>,
    /// Number of results in all, where a search gives it.
    #[serde(default, deserialize_with = "lenient_count")]
    pub total: Option<u64>,
}

impl Page {
    /// Returns the mark of the next page; none at the last.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.paging
            .as_ref()?
            .next
            .as_ref()
            .map(|next| next.after.as_str())
            .filter(|after| !after.is_empty())
    }
}

/// An error about one item of a batch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ItemError {
    /// The kind of error.
    #[serde(default, deserialize_with = "lenient_text")]
    pub category: String,
    /// The error, in words.
    #[serde(default, deserialize_with = "lenient_text")]
    pub message: String,
    /// The ids that it is about.
    #[serde(default, deserialize_with = "or_default")]
    pub context: BTreeMap<String, Value>,
}

impl ItemError {
    /// Returns the ids of the records that it is about.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        ["ids", "id", "objectId"]
            .iter()
            .filter_map(|key| self.context.get(*key))
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                Value::String(text) => vec![text.as_str()],
                _ => Vec::new(),
            })
            .collect()
    }
}

/// The answer to a batch: 200, or 207 where part of it failed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Batch {
    /// The records that were read, made or changed.
    #[serde(default, deserialize_with = "list_of")]
    pub results: Vec<Object>,
    /// Errors, item by item.
    #[serde(default, deserialize_with = "list_of")]
    pub errors: Vec<ItemError>,
}

/// Reads a page of records.
///
/// # Errors
/// Fails if the answer is not a page of records.
pub fn parse_page(response: &Response) -> Result<Page, CallError> {
    response.json()
}

/// Reads one record.
///
/// # Errors
/// Fails if the answer is not a record.
pub fn parse_object(response: &Response) -> Result<Object, CallError> {
    response.json()
}

/// Reads the answer to a batch.
///
/// # Errors
/// Fails if the answer is not that of a batch.
pub fn parse_batch(response: &Response) -> Result<Batch, CallError> {
    response.json()
}

fn asking(mut request: Request, properties: &[&str]) -> Request {
    for name in properties {
        request = request.with("properties", *name);
    }
    request
}

/// Lists records in the order of their ids, with their ties.
#[must_use]
pub fn list(
    version: HubspotVersion,
    kind: ObjectKind,
    ties: &[ObjectKind],
    after: &str,
    archived: bool,
) -> Request {
    let mut request = Request::get(
        Service::Hubspot,
        "hubspot.objects.list",
        path(version, Place::Objects(kind)),
    )
    .with("limit", BATCH.to_string());
    if !after.is_empty() {
        request = request.with("after", after);
    }
    if archived {
        request = request.with("archived", "true");
    }
    request = asking(request, kind.properties());
    for other in ties {
        request = request.with("associations", other.as_str());
    }
    request
}

/// Reads one record, with the history of the named properties.
#[must_use]
pub fn get(version: HubspotVersion, kind: ObjectKind, id: &str, history: &[&str]) -> Request {
    let request = Request::get(
        Service::Hubspot,
        "hubspot.objects.get",
        path(version, Place::Object(kind, id)),
    );
    let mut request = asking(request, kind.properties());
    for name in history {
        if !kind.properties().contains(name) {
            request = request.with("properties", *name);
        }
        request = request.with("propertiesWithHistory", *name);
    }
    request
}

/// Finds a contact by address.
#[must_use]
pub fn get_by_email(version: HubspotVersion, email: &str) -> Request {
    let place = Place::Object(ObjectKind::Contacts, email);
    let request = Request::get(
        Service::Hubspot,
        "hubspot.objects.get",
        path(version, place),
    )
    .with("idProperty", "email");
    asking(request, ObjectKind::Contacts.properties())
}

/// Reads up to a hundred records.
#[must_use]
pub fn batch_read<'a>(
    version: HubspotVersion,
    kind: ObjectKind,
    ids: impl IntoIterator<Item = &'a str>,
) -> Request {
    let inputs: Vec<Value> = ids
        .into_iter()
        .take(BATCH)
        .map(|id| json!({"id": id}))
        .collect();
    let body =
        json!({"inputs": inputs, "properties": kind.properties(), "propertiesWithHistory": []});
    let path = path(version, Place::Batch(kind, BatchVerb::Read));
    Request::write(
        Service::Hubspot,
        "hubspot.objects.batch_read",
        Method::Post,
        path,
        Body::Json(body),
    )
    .reading()
}

/// A record that a new one is to be tied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieTo {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its id.
    pub id: String,
}

/// Makes a record. Sent twice, it is there twice.
#[must_use]
pub fn create(
    version: HubspotVersion,
    kind: ObjectKind,
    properties: &BTreeMap<String, String>,
    ties: &[TieTo],
) -> Request {
    // The newest descriptions require the list even where it is empty.
    let associations: Vec<Value> = ties
        .iter()
        .filter_map(|tie| {
            let id = kind.tie_to(tie.kind)?;
            let types =
                json!([{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id}]);
            Some(json!({"to": {"id": tie.id}, "types": types}))
        })
        .collect();
    let body = json!({"properties": properties, "associations": associations});
    let path = path(version, Place::Objects(kind));
    Request::write(
        Service::Hubspot,
        "hubspot.objects.create",
        Method::Post,
        path,
        Body::Json(body),
    )
}

/// Changes properties of a record. Sent twice, it says the same.
#[must_use]
pub fn update(
    version: HubspotVersion,
    kind: ObjectKind,
    id: &str,
    properties: &BTreeMap<String, String>,
) -> Request {
    let path = path(version, Place::Object(kind, id));
    let body = Body::Json(json!({"properties": properties}));
    Request::write(
        Service::Hubspot,
        "hubspot.objects.update",
        Method::Patch,
        path,
        body,
    )
    .repeatable()
}

/// Changes properties of up to a hundred records.
#[must_use]
pub fn batch_update(
    version: HubspotVersion,
    kind: ObjectKind,
    changes: &[(String, BTreeMap<String, String>)],
) -> Request {
    let inputs: Vec<Value> = changes
        .iter()
        .take(BATCH)
        .map(|(id, properties)| json!({"id": id, "properties": properties}))
        .collect();
    let path = path(version, Place::Batch(kind, BatchVerb::Update));
    let body = Body::Json(json!({"inputs": inputs}));
    Request::write(
        Service::Hubspot,
        "hubspot.objects.batch_update",
        Method::Post,
        path,
        body,
    )
    .repeatable()
}

/// Archives a record; the portal can bring it back for ninety days.
#[must_use]
pub fn archive(version: HubspotVersion, kind: ObjectKind, id: &str) -> Request {
    let path = path(version, Place::Object(kind, id));
    Request::write(
        Service::Hubspot,
        "hubspot.objects.archive",
        Method::Delete,
        path,
        Body::Empty,
    )
    .repeatable()
}

/// Makes one record out of two. It cannot be undone.
#[must_use]
pub fn merge(version: HubspotVersion, kind: ObjectKind, primary: &str, other: &str) -> Request {
    let path = path(version, Place::Merge(kind));
    let body = Body::Json(json!({"primaryObjectId": primary, "objectIdToMerge": other}));
    Request::write(
        Service::Hubspot,
        "hubspot.objects.merge",
        Method::Post,
        path,
        body,
    )
}

/// Removes a person for good and keeps the address from coming back. It cannot be undone.
#[must_use]
pub fn gdpr_delete(version: HubspotVersion, id: &str) -> Request {
    let path = path(version, Place::GdprDelete);
    let body = Body::Json(json!({"objectId": id}));
    Request::write(
        Service::Hubspot,
        "hubspot.contacts.gdpr_delete",
        Method::Post,
        path,
        body,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_as_milliseconds_or_as_text() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(
                instant(text).map(|t| t.to_string()).as_deref(),
                expect,
                "{text}"
            );
        };
        check("1764000000000", Some("2025-11-24T16:00:00Z"));
        check("2026-11-23T10:00:00.123Z", Some("2026-11-23T10:00:00.123Z"));
        check("2026-11-23", Some("2026-11-23T00:00:00Z"));
        check("string", None);
        check("", None);
        check("99999999999999999999", None);
        check("ééééééé", None);
    }

    #[test]
    fn a_record_is_read_whatever_its_values_are() {
        let text = r#"{"id": 501, "properties": {"email": "a@b.example", "n": 3, "yes": true, "none": null, "odd": {"x": [1]}, "list": [1]},
            "createdAt": "2019-10-30T03:30:17.883Z", "updatedAt": "string", "archived": false, "extra": [],
            "associations": {"companies": {"results": [{"id": "9", "type": "contact_to_company"}]}}}"#;
        let object: Object = serde_json::from_str(text).unwrap();
        assert_eq!(object.id, "501");
        assert_eq!(object.properties.text("n"), "3");
        assert_eq!(object.properties.text("yes"), "true");
        assert_eq!(object.properties.get("none"), None);
        assert_eq!(object.properties.get("odd"), None);
        assert_eq!(object.updated_at, None);
        assert_eq!(object.first_tied(ObjectKind::Companies), Some("9"));
    }

    #[test]
    fn properties_are_set_over_and_kept_apart() {
        let mut properties: Properties =
            serde_json::from_str(r#"{"a": "1", "ab": "ü\n", "none": null, "b": ""}"#).unwrap();
        properties.set_named("a", "longer");
        properties.set_named("c", "3");
        properties.set_named("ab", "");
        let all: Vec<(&str, &str)> = properties.iter().collect();
        assert_eq!(all, [("a", "longer"), ("c", "3"), ("ab", "")]);
        assert_eq!((properties.get("ab"), properties.text("c")), (None, "3"));
        let text = serde_json::to_string(&properties).unwrap();
        assert_eq!(text, r#"{"a":"longer","c":"3","ab":""}"#);
        let long = format!(r#"{{"x": "{}", "y": "1"}}"#, "é".repeat(MAX_VALUE));
        let properties: Properties = serde_json::from_str(&long).unwrap();
        assert_eq!(properties.text("x").len(), MAX_VALUE);
        assert_eq!(properties.text("y"), "1");
    }

    #[test]
    fn a_partial_batch_names_the_items_that_failed() {
        let text = r#"{"status":"COMPLETE","results":[{"id":"1","properties":{}}],"numErrors":1,
            "errors":[{"status":"error","category":"OBJECT_NOT_FOUND","message":"gone","context":{"ids":["2","3"]},"errors":[],"links":{}}]}"#;
        let batch: Batch = serde_json::from_str(text).unwrap();
        assert_eq!(batch.results.len(), 1);
        assert_eq!(batch.errors.first().unwrap().ids(), ["2", "3"]);
    }
}
