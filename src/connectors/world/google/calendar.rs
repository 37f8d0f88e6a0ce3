//! Google's calendars: events with their answers, series with single instances, what changed since a token, and busy times.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is read by a name answers null for what it has not, and what is written to are objects made here"
)]

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{Answer, holds_only, invalid, knows, not_found, page_size, refusal};
use crate::connectors::world::{WorldRequest, WorldResponse};
use crate::domain::schedule::parse_zone;

/// Parameters of a list.
const LIST: &[&str] = &[
    "singleEvents",
    "showDeleted",
    "maxResults",
    "pageToken",
    "syncToken",
    "timeMin",
    "timeMax",
    "timeZone",
    "orderBy",
    "q",
    "updatedMin",
    "iCalUID",
    "eventTypes",
    "maxAttendees",
    "alwaysIncludeEmail",
    "showHiddenInvitations",
    "privateExtendedProperty",
    "sharedExtendedProperty",
];
const NOT_WITH_TOKEN: &[&str] = &[
    "timeMin",
    "timeMax",
    "orderBy",
    "q",
    "updatedMin",
    "iCalUID",
    "privateExtendedProperty",
    "sharedExtendedProperty",
];
/// Fields of an event that is put in or changed.
const FIELDS: &[&str] = &[
    "id",
    "summary",
    "description",
    "location",
    "start",
    "end",
    "attendees",
    "extendedProperties",
    "conferenceData",
    "recurrence",
    "transparency",
    "visibility",
    "reminders",
    "status",
    "eventType",
    "colorId",
    "guestsCanModify",
    "guestsCanInviteOthers",
    "guestsCanSeeOtherGuests",
    "source",
    "iCalUID",
    "sequence",
];
/// Instances of a series that are shown at most.
const MAX_INSTANCES: usize = 200;

#[derive(Debug, Clone)]
struct Stored {
    fields: Map<String, Value>,
    changed: u64,
    is_cancelled: bool,
}

#[derive(Debug, Default)]
struct Calendar {
    events: BTreeMap<String, Stored>,
}

/// The calendars of an account.
#[derive(Debug)]
pub struct CalendarWorld {
    address: String,
    calendars: BTreeMap<String, Calendar>,
    /// The account's zone.
    pub zone: String,
    /// Notices that were sent, in order: the event and the address.
    pub told: Vec<(String, String)>,
    /// Events on a page at most, whatever size is asked for.
    pub page_limit: usize,
    changes: u64,
    tokens_from: u64,
}

impl CalendarWorld {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            calendars: BTreeMap::from([(address.to_owned(), Calendar::default())]),
            zone: "UTC".into(),
            told: Vec::new(),
            page_limit: 2500,
            changes: 100,
            tokens_from: 0,
        }
    }

    /// Adds an empty calendar.
    pub fn add_calendar(&mut self, id: &str) {
        self.calendars.entry(id.to_owned()).or_default();
    }

    /// Makes every token that was handed out too old.
    pub fn expire_sync_tokens(&mut self) {
        self.changes += 1;
        self.tokens_from = self.changes;
    }

    pub(super) fn answer(
        &mut self,
        request: &WorldRequest,
        path: &[&str],
        now: Timestamp,
    ) -> Answer {
        match (request.method.as_str(), path) {
            ("POST", ["freeBusy"]) => self.busy(request),
            ("GET", ["users", "me", "calendarList"]) => {
                knows(
                    request,
                    &[
                        "maxResults",
                        "pageToken",
                        "minAccessRole",
                        "showDeleted",
                        "showHidden",
                        "syncToken",
                    ],
                )?;
                let items: Vec<Value> = self
                    .calendars
                    .keys()
                    .map(|id| json!({"id": id, "summary": id, "timeZone": self.zone, "primary": *id == self.address, "accessRole": "owner"}))
                    .collect();
                Ok(WorldResponse::json(
                    200,
                    &json!({"kind": "calendar#calendarList", "items": items}),
                ))
            }
            ("GET", ["users", "me", "settings", "timezone"]) => {
                knows(request, &[])?;
                Ok(WorldResponse::json(
                    200,
                    &json!({"kind": "calendar#setting", "id": "timezone", "value": self.zone}),
                ))
            }
            ("GET", ["calendars", calendar]) => {
                let id = self.known(calendar)?;
                Ok(WorldResponse::json(
                    200,
                    &json!({"id": id, "summary": id, "timeZone": self.zone}),
                ))
            }
            ("GET", ["calendars", calendar, "events"]) => self.list(request, calendar),
            ("POST", ["calendars", calendar, "events"]) => self.insert(request, calendar, now),
            ("GET", ["calendars", calendar, "events", event]) => {
                knows(request, &["alwaysIncludeEmail", "maxAttendees", "timeZone"])?;
                let id = self.known(calendar)?;
                let stored = self.event(&id, event)?;
                Ok(WorldResponse::json(
                    200,
                    &Value::Object(stored.fields.clone()),
                ))
            }
            ("PATCH", ["calendars", calendar, "events", event]) => {
                knows(
                    request,
                    &[
                        "sendUpdates",
                        "conferenceDataVersion",
                        "maxAttendees",
                        "supportsAttachments",
                        "sendNotifications",
                        "alwaysIncludeEmail",
                    ],
                )?;
                let body = request.json();
                holds_only(&body, FIELDS)?;
                let id = self.known(calendar)?;
                if self.event(&id, event)?.is_cancelled {
                    return Err(not_found());
                }
                self.change(&id, event, now, |fields| {
                    for (name, value) in body.as_object().into_iter().flatten() {
                        fields.insert(name.clone(), value.clone());
                    }
                });
                self.tell(request, &id, event);
                let stored = self.event(&id, event)?;
                Ok(WorldResponse::json(
                    200,
                    &Value::Object(stored.fields.clone()),
                ))
            }
            ("DELETE", ["calendars", calendar, "events", event]) => {
                knows(request, &["sendUpdates", "sendNotifications"])?;
                let id = self.known(calendar)?;
                if self.event(&id, event)?.is_cancelled {
                    return Err(refusal(410, "deleted", "Resource has been deleted"));
                }
                self.tell(request, &id, event);
                self.cancel(&id, event, now);
                Ok(WorldResponse::empty(204))
            }
            _ => Err(not_found()),
        }
    }

    fn known(&self, calendar: &str) -> Result<String, WorldResponse> {
        let id = if calendar == "primary" {
            &self.address
        } else {
            calendar
        };
        if self.calendars.contains_key(id) {
            Ok(id.to_owned())
        } else {
            Err(not_found())
        }
    }

    fn event(&self, calendar: &str, event: &str) -> Result<&Stored, WorldResponse> {
        self.calendars
            .get(calendar)
            .and_then(|c| c.events.get(event))
            .ok_or_else(not_found)
    }

    fn change(
        &mut self,
        calendar: &str,
        event: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> bool {
        self.changes += 1;
        let stamp = self.changes;
        let stored = self
            .calendars
            .get_mut(calendar)
            .and_then(|c| c.events.get_mut(event));
        let Some(stored) = stored else { return false };
        change(&mut stored.fields);
        stored.changed = stamp;
        stored
            .fields
            .insert("updated".into(), json!(now.to_string()));
        stored
            .fields
            .insert("etag".into(), json!(format!("\"{stamp}\"")));
        true
    }

    fn cancel(&mut self, calendar: &str, event: &str, now: Timestamp) -> bool {
        let done = self.change(calendar, event, now, |fields| {
            fields.insert("status".into(), json!("cancelled"));
        });
        if let Some(stored) = self
            .calendars
            .get_mut(calendar)
            .and_then(|c| c.events.get_mut(event))
        {
            stored.is_cancelled = true;
        }
        done
    }

    fn tell(&mut self, request: &WorldRequest, calendar: &str, event: &str) {
        if !matches!(request.param("sendUpdates"), Some("all" | "externalOnly")) {
            return;
        }
        let Ok(stored) = self.event(calendar, event) else {
            return;
        };
        let told: Vec<(String, String)> = stored
            .fields
            .get("attendees")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|a| Some((event.to_owned(), a["email"].as_str()?.to_owned())))
            .collect();
        self.told.extend(told);
    }

    fn insert(&mut self, request: &WorldRequest, calendar: &str, now: Timestamp) -> Answer {
        knows(
            request,
            &[
                "sendUpdates",
                "conferenceDataVersion",
                "maxAttendees",
                "supportsAttachments",
                "sendNotifications",
                "eventLabelVersion",
            ],
        )?;
        let body = request.json();
        holds_only(&body, FIELDS)?;
        let calendar = self.known(calendar)?;
        let id = match body["id"].as_str() {
            None => format!("made{}", self.changes),
            Some(id) => {
                let allowed = |c: char| matches!(c, 'a'..='v' | '0'..='9');
                if !(5..=1024).contains(&id.len()) || !id.chars().all(allowed) {
                    return Err(invalid("Invalid resource id value."));
                }
                id.to_owned()
            }
        };
        if self.event(&calendar, &id).is_ok() {
            return Err(refusal(
                409,
                "duplicate",
                "The requested identifier already exists.",
            ));
        }
        for end in ["start", "end"] {
            if moment(&body[end], &self.zone).is_none() {
                return Err(refusal(400, "required", &format!("Missing {end} time.")));
            }
        }
        self.put(&calendar, &id, &body, now);
        self.tell(request, &calendar, &id);
        let stored = self.event(&calendar, &id)?;
        Ok(WorldResponse::json(
            200,
            &Value::Object(stored.fields.clone()),
        ))
    }

    fn put(&mut self, calendar: &str, id: &str, body: &Value, now: Timestamp) {
        self.changes += 1;
        let mut fields = body.as_object().cloned().unwrap_or_default();
        let mut set = |name: &str, value: Value| {
            fields.entry(name).or_insert(value);
        };
        set("kind", json!("calendar#event"));
        set("id", json!(id));
        set("status", json!("confirmed"));
        set("iCalUID", json!(format!("{id}@google.com")));
        set("organizer", json!({"email": self.address, "self": true}));
        set("created", json!(now.to_string()));
        set("updated", json!(now.to_string()));
        set("etag", json!(format!("\"{}\"", self.changes)));
        if let Some(attendees) = fields.get_mut("attendees").and_then(Value::as_array_mut) {
            for attendee in attendees.iter_mut().filter_map(Value::as_object_mut) {
                attendee
                    .entry("responseStatus")
                    .or_insert(json!("needsAction"));
                if attendee.get("email").is_some_and(|e| *e == self.address) {
                    attendee.insert("self".into(), json!(true));
                }
            }
        }
        let stored = Stored {
            fields,
            changed: self.changes,
            is_cancelled: false,
        };
        if let Some(calendar) = self.calendars.get_mut(calendar) {
            calendar.events.insert(id.to_owned(), stored);
        }
    }

    fn list(&mut self, request: &WorldRequest, calendar: &str) -> Answer {
        knows(request, LIST)?;
        let calendar = self.known(calendar)?;
        let since = match request.param("syncToken") {
            None => None,
            Some(token) => {
                if let Some((name, _)) = request
                    .query
                    .iter()
                    .find(|(name, _)| NOT_WITH_TOKEN.contains(&name.as_str()))
                {
                    return Err(invalid(&format!("Sync token cannot be used with {name}.")));
                }
                let since: u64 = token
                    .strip_prefix("sync")
                    .and_then(|t| t.parse().ok())
                    .ok_or_else(|| invalid("Invalid sync token value."))?;
                if since < self.tokens_from {
                    return Err(refusal(
                        410,
                        "fullSyncRequired",
                        "Sync token is no longer valid, a full sync is required.",
                    ));
                }
                Some(since)
            }
        };
        let bound = |name: &str| -> Result<Option<Timestamp>, WorldResponse> {
            match request.param(name) {
                None => Ok(None),
                Some(text) => text
                    .parse()
                    .map(Some)
                    .map_err(|_| invalid(&format!("Bad Request: {name}"))),
            }
        };
        let (from, to) = (bound("timeMin")?, bound("timeMax")?);
        let single = request.param("singleEvents") == Some("true");
        let with_deleted = since.is_some() || request.param("showDeleted") == Some("true");
        let mut found: BTreeMap<String, Value> = BTreeMap::new();
        for (id, stored) in self
            .calendars
            .get(&calendar)
            .map(|c| &c.events)
            .into_iter()
            .flatten()
        {
            if stored.is_cancelled && !with_deleted || since.is_some_and(|s| stored.changed <= s) {
                continue;
            }
            let instances = if single { self.instances(stored) } else { None };
            for (id, fields) in
                instances.unwrap_or_else(|| vec![(id.clone(), stored.fields.clone())])
            {
                let start = moment(fields.get("start").unwrap_or(&Value::Null), &self.zone);
                let end = moment(fields.get("end").unwrap_or(&Value::Null), &self.zone);
                let is_out = to.is_some_and(|to| start.is_some_and(|s| s >= to))
                    || from.is_some_and(|from| end.is_some_and(|e| e <= from));
                if is_out {
                    continue;
                }
                let cancelled = fields.get("status").is_some_and(|s| s == "cancelled");
                let shown = if cancelled {
                    json!({"id": id, "status": "cancelled", "kind": "calendar#event"})
                } else {
                    Value::Object(fields)
                };
                // An instance that was changed by itself stands in the place of the one that the series makes.
                found.insert(id, shown);
            }
        }
        let below = match request.param("pageToken") {
            None => String::new(),
            Some(token) => token
                .strip_prefix("after:")
                .ok_or_else(|| invalid("Invalid page token value."))?
                .to_owned(),
        };
        let size = page_size(request, 250, self.page_limit)?;
        let rest: Vec<(String, Value)> = found
            .into_iter()
            .filter(|(id, _)| below.is_empty() || *id > below)
            .collect();
        let mut body =
            json!({"kind": "calendar#events", "timeZone": self.zone, "summary": calendar});
        if rest.len() > size
            && let Some((last, _)) = rest.get(size - 1)
        {
            body["nextPageToken"] = json!(format!("after:{last}"));
        } else {
            body["nextSyncToken"] = json!(format!("sync{}", self.changes));
        }
        let items: Vec<Value> = rest.into_iter().take(size).map(|(_, e)| e).collect();
        body["items"] = json!(items);
        Ok(WorldResponse::json(200, &body))
    }

    /// Returns the instances of a series, but those that were changed by themselves; none if it is no series.
    fn instances(&self, stored: &Stored) -> Option<Vec<(String, Map<String, Value>)>> {
        let rule = stored.fields.get("recurrence")?.get(0)?.as_str()?;
        let part = |name: &str| {
            rule.trim_start_matches("RRULE:")
                .split(';')
                .filter_map(|p| p.split_once('='))
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v)
        };
        let days = match part("FREQ")? {
            "DAILY" => 1,
            "WEEKLY" => 7,
            _ => return None,
        };
        let count: usize = part("COUNT").and_then(|n| n.parse().ok()).unwrap_or(52);
        let id = stored.fields.get("id")?.as_str()?;
        let (start, end) = (
            moment(stored.fields.get("start")?, &self.zone)?,
            moment(stored.fields.get("end")?, &self.zone)?,
        );
        let mut all = Vec::new();
        for n in 0..count.min(MAX_INSTANCES) {
            let shift = SignedDuration::from_hours(24 * days * i64::try_from(n).ok()?);
            let (start, end) = (start.checked_add(shift).ok()?, end.checked_add(shift).ok()?);
            let name = format!("{id}_{}", start.strftime("%Y%m%dT%H%M%SZ"));
            let is_changed = self
                .calendars
                .values()
                .any(|c| c.events.contains_key(&name));
            if is_changed {
                continue;
            }
            let mut fields = stored.fields.clone();
            fields.remove("recurrence");
            fields.insert("id".into(), json!(name));
            fields.insert("recurringEventId".into(), json!(id));
            fields.insert(
                "originalStartTime".into(),
                json!({"dateTime": start.to_string()}),
            );
            fields.insert("start".into(), json!({"dateTime": start.to_string()}));
            fields.insert("end".into(), json!({"dateTime": end.to_string()}));
            all.push((name, fields));
        }
        Some(all)
    }

    fn busy(&self, request: &WorldRequest) -> Answer {
        knows(request, &[])?;
        let body = request.json();
        holds_only(
            &body,
            &[
                "timeMin",
                "timeMax",
                "timeZone",
                "items",
                "groupExpansionMax",
                "calendarExpansionMax",
            ],
        )?;
        let bound = |name: &str| {
            body[name]
                .as_str()
                .and_then(|t| t.parse::<Timestamp>().ok())
                .ok_or_else(|| invalid(&format!("Bad Request: {name}")))
        };
        let (from, to) = (bound("timeMin")?, bound("timeMax")?);
        let mut calendars = Map::new();
        for item in body["items"].as_array().into_iter().flatten() {
            let asked = item["id"].as_str().unwrap_or_default();
            let Ok(id) = self.known(asked) else {
                let unknown =
                    json!({"errors": [{"domain": "global", "reason": "notFound"}], "busy": []});
                calendars.insert(asked.to_owned(), unknown);
                continue;
            };
            let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
            for stored in self
                .calendars
                .get(&id)
                .into_iter()
                .flat_map(|c| c.events.values())
            {
                let is_free = stored
                    .fields
                    .get("transparency")
                    .is_some_and(|t| t == "transparent");
                if stored.is_cancelled || is_free {
                    continue;
                }
                let each = self.instances(stored).map_or_else(
                    || vec![stored.fields.clone()],
                    |all| all.into_iter().map(|(_, f)| f).collect(),
                );
                for fields in each {
                    let at = |name: &str| moment(fields.get(name)?, &self.zone);
                    if let (Some(start), Some(end)) = (at("start"), at("end"))
                        && start < to
                        && end > from
                    {
                        spans.push((start.max(from), end.min(to)));
                    }
                }
            }
            spans.sort();
            let busy: Vec<Value> = spans
                .iter()
                .map(|(s, e)| json!({"start": s.to_string(), "end": e.to_string()}))
                .collect();
            calendars.insert(asked.to_owned(), json!({ "busy": busy }));
        }
        Ok(WorldResponse::json(
            200,
            &json!({"kind": "calendar#freeBusy", "timeMin": body["timeMin"], "timeMax": body["timeMax"], "calendars": calendars}),
        ))
    }

    pub(super) fn show(&self) -> Value {
        let all: Map<String, Value> = self
            .calendars
            .iter()
            .map(|(id, c)| {
                let events: Vec<&Map<String, Value>> =
                    c.events.values().map(|e| &e.fields).collect();
                (id.clone(), json!(events))
            })
            .collect();
        json!({"zone": self.zone, "told": self.told, "events": all})
    }

    pub(super) fn happen(
        &mut self,
        what: &str,
        given: &Value,
        now: Timestamp,
    ) -> Result<Value, String> {
        let calendar = self
            .known(given["calendar"].as_str().unwrap_or("primary"))
            .map_err(|_| "there is no such calendar")?;
        let event = given["event"].as_str().unwrap_or_default();
        let absent = || "there is no such event".to_owned();
        match what {
            // Somebody puts an event in, or changes one: the fields are Google's.
            "event" => {
                let id = match given["fields"]["id"].as_str().unwrap_or(event) {
                    "" => (1..)
                        .map(|n| format!("event{n}"))
                        .find(|id| self.event(&calendar, id).is_err())
                        .unwrap_or_default(),
                    id => id.to_owned(),
                };
                if self.event(&calendar, &id).is_ok() {
                    self.change(&calendar, &id, now, |fields| {
                        for (name, value) in given["fields"].as_object().into_iter().flatten() {
                            fields.insert(name.clone(), value.clone());
                        }
                    });
                } else {
                    self.put(&calendar, &id, &given["fields"], now);
                }
                Ok(json!({ "id": id }))
            }
            // Somebody answers an invitation.
            "respond" => {
                let done = self.change(&calendar, event, now, |fields| {
                    let attendees = fields.get_mut("attendees").and_then(Value::as_array_mut);
                    for attendee in attendees.into_iter().flatten() {
                        if attendee["email"] == given["email"] {
                            attendee["responseStatus"] = given["response"].clone();
                        }
                    }
                });
                if done { Ok(json!({})) } else { Err(absent()) }
            }
            "cancel" => {
                if self.cancel(&calendar, event, now) {
                    Ok(json!({}))
                } else {
                    Err(absent())
                }
            }
            _ => {
                self.expire_sync_tokens();
                Ok(json!({}))
            }
        }
    }
}

/// Reads a time or a date of an event.
fn moment(value: &Value, zone: &str) -> Option<Timestamp> {
    if let Some(text) = value["dateTime"].as_str() {
        if let Ok(at) = text.parse() {
            return Some(at);
        }
        let local: jiff::civil::DateTime = text.parse().ok()?;
        let zone = parse_zone(value["timeZone"].as_str().unwrap_or(zone)).ok()?;
        return zone.to_timestamp(local).ok();
    }
    let date: jiff::civil::Date = value["date"].as_str()?.parse().ok()?;
    let zone = parse_zone(zone).unwrap_or(TimeZone::UTC);
    zone.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
        .ok()
}
