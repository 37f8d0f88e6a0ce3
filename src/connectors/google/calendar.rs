//! Google Calendar: the requests that read calendars and put meetings into them, and their answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{id, read};
use crate::connectors::lenient::{list, or_default, present};
use crate::connectors::transport::{Body, CallError, Method, Request, Response, segment};
use crate::domain::email::MailboxKey;
use crate::domain::schedule::parse_zone;
use crate::domain::service::Service;

const ROOT: &str = "/calendar/v3";
/// Events in one page.
pub const PAGE: u32 = 250;
/// Calendars that one question for busy times may name.
pub const MAX_BUSY_CALENDARS: usize = 50;

fn get(operation: &'static str, path: &str) -> Request {
    Request::get(Service::Calendar, operation, format!("{ROOT}{path}"))
}

fn write(operation: &'static str, method: Method, path: &str, body: Body) -> Request {
    Request::write(
        Service::Calendar,
        operation,
        method,
        format!("{ROOT}{path}"),
        body,
    )
}

fn events_of(calendar: &str) -> String {
    format!("/calendars/{}/events", segment(calendar))
}

fn event_path(calendar: &str, event: &str) -> String {
    format!("{}/{}", events_of(calendar), segment(event))
}

/// The scope of a reading of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading<'a> {
    /// All events that touch a span of time.
    Span(Timestamp, Timestamp),
    /// Events changed since a token was given.
    Since(&'a str),
}

/// Asks for a page of events, recurring ones as their single instances and cancelled ones too. What a token was given for must be asked
/// again in the same words, so everything but the span is the same in both readings.
#[must_use]
pub fn list_events(calendar: &str, reading: Reading<'_>, page_token: &str) -> Request {
    let request = get("calendar.events.list", &events_of(calendar))
        .with("singleEvents", "true")
        .with("showDeleted", "true")
        .with("maxResults", PAGE.to_string());
    let request = match reading {
        Reading::Span(from, to) => request
            .with("timeMin", from.to_string())
            .with("timeMax", to.to_string()),
        Reading::Since(token) => request.with("syncToken", token),
    };
    if page_token.is_empty() {
        request
    } else {
        request.with("pageToken", page_token)
    }
}

/// Asks for one event.
#[must_use]
pub fn get_event(calendar: &str, event: &str) -> Request {
    get("calendar.events.get", &event_path(calendar, event))
}

/// A meeting to put into a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Its name, which we choose, so that asking twice makes one event; see [`event_id`].
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its place.
    pub place: String,
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// The IANA name of the zone that it is shown in.
    pub zone: String,
    /// The guests: address and name.
    pub attendees: Vec<(String, String)>,
    /// True for an event with a video call.
    pub with_call: bool,
}

impl NewEvent {
    fn body(&self) -> Value {
        let time = |at: Timestamp| json!({ "dateTime": at.to_string(), "timeZone": self.zone });
        let attendees: Vec<Value> = self
            .attendees
            .iter()
            .map(|(address, name)| {
                if name.is_empty() {
                    json!({ "email": address })
                } else {
                    json!({ "email": address, "displayName": name })
                }
            })
            .collect();
        let mut body = json!({
            "id": self.id,
            "summary": self.title,
            "start": time(self.start),
            "end": time(self.end),
            "attendees": attendees,
            "extendedProperties": { "private": { "caseyos": self.id } },
        });
        for (name, text) in [
            ("description", &self.description),
            ("location", &self.place),
        ] {
            if !text.is_empty()
                && let Some(fields) = body.as_object_mut()
            {
                fields.insert(name.into(), json!(text));
            }
        }
        if self.with_call
            && let Some(fields) = body.as_object_mut()
        {
            fields.insert(
                "conferenceData".into(),
                json!({ "createRequest": {
                    "requestId": self.id,
                    "conferenceSolutionKey": { "type": "hangoutsMeet" },
                } }),
            );
        }
        body
    }
}

/// Makes an event's name of bytes: Google takes lower case base32hex (RFC 2938) of 5 to 1024 characters.
#[must_use]
pub fn event_id(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let digit = DIGITS.get((held >> bits & 31) as usize).copied();
            out.push(char::from(digit.unwrap_or(b'0')));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        let digit = DIGITS.get((held << (5 - bits) & 31) as usize).copied();
        out.push(char::from(digit.unwrap_or(b'0')));
    }
    out
}

/// Puts a meeting into a calendar and invites. Asked again it answers 409, as the name is taken: that is how an event that nobody answered
/// about is found, and why this may be sent again.
#[must_use]
pub fn insert_event(calendar: &str, event: &NewEvent) -> Request {
    write(
        "calendar.events.insert",
        Method::Post,
        &events_of(calendar),
        Body::Json(event.body()),
    )
    .with("sendUpdates", "all")
    .with(
        "conferenceDataVersion",
        if event.with_call { "1" } else { "0" },
    )
    .repeatable()
}

/// Moves a meeting and tells the others.
#[must_use]
pub fn move_event(
    calendar: &str,
    event: &str,
    start: Timestamp,
    end: Timestamp,
    zone: &str,
) -> Request {
    let time = |at: Timestamp| json!({ "dateTime": at.to_string(), "timeZone": zone });
    write(
        "calendar.events.patch",
        Method::Patch,
        &event_path(calendar, event),
        Body::Json(json!({ "start": time(start), "end": time(end) })),
    )
    .with("sendUpdates", "all")
    .repeatable()
}

/// Takes a meeting out of a calendar and tells the others. The second time it answers 410.
#[must_use]
pub fn delete_event(calendar: &str, event: &str) -> Request {
    write(
        "calendar.events.delete",
        Method::Delete,
        &event_path(calendar, event),
        Body::Empty,
    )
    .with("sendUpdates", "all")
    .repeatable()
}

/// Asks when calendars are busy.
#[must_use]
pub fn busy_times(calendars: &[String], from: Timestamp, to: Timestamp) -> Request {
    let items: Vec<Value> = calendars
        .iter()
        .take(MAX_BUSY_CALENDARS)
        .map(|c| json!({ "id": c }))
        .collect();
    write(
        "calendar.freebusy.query",
        Method::Post,
        "/freeBusy",
        Body::Json(
            json!({ "timeMin": from.to_string(), "timeMax": to.to_string(), "items": items }),
        ),
    )
    .reading()
}

/// Asks which calendars there are.
#[must_use]
pub fn list_calendars(page_token: &str) -> Request {
    let request = get("calendar.calendarList.list", "/users/me/calendarList")
        .with("maxResults", PAGE.to_string());
    if page_token.is_empty() {
        request
    } else {
        request.with("pageToken", page_token)
    }
}

/// Asks for the account's zone.
#[must_use]
pub fn zone_setting() -> Request {
    get("calendar.settings.get", "/users/me/settings/timezone")
}

/// An answer to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answer {
    /// Not at all yet, or in a way that is not known.
    #[default]
    None,
    /// They come.
    Accepted,
    /// They do not.
    Declined,
    /// They may.
    Tentative,
}

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attendee {
    /// The address in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// Their answer.
    pub answer: Answer,
    /// True if they made the event.
    pub is_organizer: bool,
    /// True for the calendar's own person.
    pub is_self: bool,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Google's name for it; an instance of a series has one of its own.
    pub id: String,
    /// The name that it has in every calendar and in invitations by mail; instances of a series share it.
    pub uid: String,
    /// The series that it is an instance of; empty if none.
    pub series: String,
    /// True if it was called off or removed. Then everything but the id may be missing.
    pub is_cancelled: bool,
    /// Its title.
    pub title: String,
    /// Its place.
    pub place: String,
    /// Its start; none where that cannot be read.
    pub start: Option<Timestamp>,
    /// Its end.
    pub end: Option<Timestamp>,
    /// Start of the instance before it was moved.
    pub original_start: Option<Timestamp>,
    /// True if it has dates instead of times.
    pub is_all_day: bool,
    /// Instant of its last change.
    pub updated: Option<Timestamp>,
    /// The people who take part, without rooms.
    pub attendees: Vec<Attendee>,
    /// True if it is not a meeting: a birthday, a place of work, time off.
    pub is_private_time: bool,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventPage {
    /// The events that could be read.
    pub events: Vec<Event>,
    /// The token of the next page; empty on the last one.
    pub next: String,
    /// The token for what changes from here on; only on the last page.
    pub sync_token: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireEvents {
    #[serde(deserialize_with = "list")]
    items: Vec<WireEvent>,
    #[serde(deserialize_with = "id")]
    next_page_token: String,
    #[serde(deserialize_with = "id")]
    next_sync_token: String,
    #[serde(deserialize_with = "or_default")]
    time_zone: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireEvent {
    #[serde(deserialize_with = "id")]
    id: String,
    #[serde(rename = "iCalUID", deserialize_with = "id")]
    i_cal_uid: String,
    #[serde(deserialize_with = "id")]
    recurring_event_id: String,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    event_type: String,
    #[serde(deserialize_with = "or_default")]
    summary: String,
    #[serde(deserialize_with = "or_default")]
    location: String,
    #[serde(deserialize_with = "or_default")]
    updated: String,
    #[serde(deserialize_with = "or_default")]
    start: WireTime,
    #[serde(deserialize_with = "or_default")]
    end: WireTime,
    #[serde(deserialize_with = "or_default")]
    original_start_time: WireTime,
    #[serde(deserialize_with = "or_default")]
    organizer: WirePerson,
    #[serde(deserialize_with = "list")]
    attendees: Vec<WirePerson>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireTime {
    #[serde(deserialize_with = "or_default")]
    date: String,
    #[serde(deserialize_with = "or_default")]
    date_time: String,
    #[serde(deserialize_with = "or_default")]
    time_zone: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePerson {
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    display_name: String,
    #[serde(deserialize_with = "or_default")]
    response_status: String,
    #[serde(deserialize_with = "or_default")]
    organizer: bool,
    #[serde(rename = "self", deserialize_with = "or_default")]
    is_self: bool,
    #[serde(deserialize_with = "or_default")]
    resource: bool,
}

impl WireTime {
    /// Returns the instant: a date is its midnight in the given zone, a time without an offset is read in its own zone.
    fn instant(&self, calendar_zone: &TimeZone) -> Option<Timestamp> {
        if !self.date_time.is_empty() {
            if let Ok(at) = self.date_time.parse() {
                return Some(at);
            }
            let zone = parse_zone(&self.time_zone).unwrap_or_else(|_| calendar_zone.clone());
            let local: jiff::civil::DateTime = self.date_time.parse().ok()?;
            return zone.to_timestamp(local).ok();
        }
        let date: Date = self.date.parse().ok()?;
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        calendar_zone.to_timestamp(midnight).ok()
    }
}

fn answer(word: &str) -> Answer {
    match word {
        "accepted" => Answer::Accepted,
        "declined" => Answer::Declined,
        "tentative" => Answer::Tentative,
        _ => Answer::None,
    }
}

impl WireEvent {
    fn read(self, zone: &TimeZone) -> Event {
        let mut attendees: Vec<Attendee> = self
            .attendees
            .into_iter()
            .filter(|a| !a.resource && !a.email.is_empty())
            .map(|a| Attendee {
                answer: answer(&a.response_status),
                email: a.email.trim().to_lowercase(),
                name: a.display_name,
                is_organizer: a.organizer,
                is_self: a.is_self,
            })
            .collect();
        // The organizer comes, listed or not.
        let organizer = self.organizer.email.trim().to_lowercase();
        let mailbox = MailboxKey::of(&organizer);
        let listed = attendees
            .iter()
            .position(|a| MailboxKey::of(&a.email) == mailbox);
        let is_alone = attendees.is_empty();
        match listed.and_then(|at| attendees.get_mut(at)) {
            Some(listed) => listed.is_organizer = true,
            None if !organizer.is_empty() && !is_alone => attendees.push(Attendee {
                email: organizer,
                name: self.organizer.display_name,
                answer: Answer::Accepted,
                is_organizer: true,
                is_self: self.organizer.is_self,
            }),
            None => {}
        }
        Event {
            is_cancelled: self.status == "cancelled",
            is_private_time: !matches!(self.event_type.as_str(), "" | "default" | "fromGmail"),
            is_all_day: self.start.date_time.is_empty() && !self.start.date.is_empty(),
            start: self.start.instant(zone),
            end: self.end.instant(zone),
            original_start: self.original_start_time.instant(zone),
            updated: self.updated.parse().ok(),
            id: self.id,
            uid: self.i_cal_uid,
            series: self.recurring_event_id,
            title: self.summary,
            place: self.location,
            attendees,
        }
    }
}

/// Reads a page of events; dates without a time are read in the calendar's zone, else in `zone`.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_events(response: &Response, zone: &TimeZone) -> Result<EventPage, CallError> {
    let wire: WireEvents = read(response)?;
    let zone = parse_zone(&wire.time_zone).unwrap_or_else(|_| zone.clone());
    Ok(EventPage {
        events: wire
            .items
            .into_iter()
            .filter(|e| !e.id.is_empty())
            .map(|e| e.read(&zone))
            .collect(),
        next: wire.next_page_token,
        sync_token: wire.next_sync_token,
    })
}

/// Reads one event.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_event(response: &Response, zone: &TimeZone) -> Result<Event, CallError> {
    Ok(read::<WireEvent>(response)?.read(zone))
}

/// The busy times of calendars.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Busy {
    /// The spans, in no order.
    pub spans: Vec<(Timestamp, Timestamp)>,
    /// Calendars that could not be asked, with Google's word for why.
    pub unknown: Vec<(String, String)>,
}

/// Reads the busy times of calendars.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_busy(response: &Response) -> Result<Busy, CallError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire {
        #[serde(deserialize_with = "present")]
        calendars: BTreeMap<String, WireCalendar>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct WireCalendar {
        #[serde(deserialize_with = "list")]
        busy: Vec<Span>,
        #[serde(deserialize_with = "list")]
        errors: Vec<Fault>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Span {
        #[serde(deserialize_with = "or_default")]
        start: String,
        #[serde(deserialize_with = "or_default")]
        end: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Fault {
        #[serde(deserialize_with = "or_default")]
        reason: String,
    }
    let wire: Wire = read(response)?;
    let mut busy = Busy::default();
    for (name, calendar) in wire.calendars {
        for span in calendar.busy {
            if let (Ok(start), Ok(end)) = (span.start.parse(), span.end.parse()) {
                busy.spans.push((start, end));
            }
        }
        if let Some(fault) = calendar.errors.into_iter().next() {
            busy.unknown.push((name, fault.reason));
        }
    }
    Ok(busy)
}

/// Reads which calendars there are: their ids, and the token of the next page.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_calendars(response: &Response) -> Result<(Vec<String>, String), CallError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Wire {
        #[serde(deserialize_with = "list")]
        items: Vec<Entry>,
        #[serde(deserialize_with = "id")]
        next_page_token: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Entry {
        #[serde(deserialize_with = "id")]
        id: String,
    }
    let wire: Wire = read(response)?;
    let ids = wire.items.into_iter().map(|e| e.id);
    Ok((
        ids.filter(|i| !i.is_empty()).collect(),
        wire.next_page_token,
    ))
}

/// Reads the account's zone; none if it is none that is known.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_zone(response: &Response) -> Result<Option<TimeZone>, CallError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire {
        #[serde(deserialize_with = "or_default")]
        value: String,
    }
    Ok(parse_zone(&read::<Wire>(response)?.value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::contract::{Vendor, assert_known, describe};
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn meeting(with_call: bool) -> NewEvent {
        NewEvent {
            id: event_id(b"booking 1"),
            title: "Intro".into(),
            description: String::new(),
            place: "Room 1".into(),
            start: at("2026-11-24T10:00:00Z"),
            end: at("2026-11-24T10:30:00Z"),
            zone: "Europe/Madrid".into(),
            attendees: vec![("ann@acme.example".into(), "Ann".into())],
            with_call,
        }
    }

    fn every_request() -> Vec<Request> {
        let (from, to) = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        vec![
            list_events("primary", Reading::Span(from, to), ""),
            list_events("team@group.calendar.google.com", Reading::Since("t=="), "p"),
            get_event("primary", "abc_20261124T100000Z"),
            insert_event("primary", &meeting(true)),
            insert_event("primary", &meeting(false)),
            move_event("primary", "abc", from, to, "Europe/Madrid"),
            delete_event("primary", "abc"),
            busy_times(&["primary".into(), "x@y.example".into()], from, to),
            list_calendars(""),
            list_calendars("p"),
            zone_setting(),
        ]
    }

    #[test]
    fn calendar_knows_every_request_that_is_built() {
        let known = assert_known(Vendor::Calendar, &every_request());
        assert_eq!(known.len(), 8, "{known:?}");
        for request in every_request() {
            assert!(known.contains(request.operation), "{}", request.operation);
        }
    }

    #[test]
    fn the_answers_of_a_mock_of_calendar_are_read() {
        let answer = |request: &Request| describe(Vendor::Calendar).example(request);
        let requests = every_request();
        let page = read_events(&answer(&requests[0]), &TimeZone::UTC).unwrap();
        assert_eq!((page.events.len(), page.next.as_str()), (1, "string"));
        assert_eq!(page.events[0].start.unwrap(), at("2019-08-24T14:15:22Z"));
        read_event(&answer(&requests[2]), &TimeZone::UTC).unwrap();
        let busy = read_busy(&answer(&requests[7])).unwrap();
        assert_eq!(busy.spans.len(), 1);
        assert_eq!(read_calendars(&answer(&requests[8])).unwrap().0, ["string"]);
        assert_eq!(read_zone(&answer(&requests[10])).unwrap(), None);
    }

    #[test]
    fn times_are_read_with_offsets_with_zones_and_as_whole_days() {
        let madrid = parse_zone("Europe/Madrid").unwrap();
        let check = |wire: Value, expect: Option<&str>| {
            let time: WireTime = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!(time.instant(&madrid), expect.map(at), "{wire}");
        };
        let summer = "2026-07-01T08:00:00Z";
        check(
            json!({"dateTime": "2026-07-01T10:00:00+02:00"}),
            Some(summer),
        );
        check(json!({"dateTime": "2026-07-01T10:00:00"}), Some(summer));
        let tokyo = json!({"dateTime": "2026-07-01T17:00:00", "timeZone": "Asia/Tokyo"});
        check(tokyo, Some(summer));
        check(json!({"date": "2026-11-24"}), Some("2026-11-23T23:00:00Z"));
        // The clocks skip 02:30 that night; the hour after it is meant.
        check(
            json!({"dateTime": "2026-03-29T02:30:00"}),
            Some("2026-03-29T01:30:00Z"),
        );
        for broken in [
            json!({}),
            json!({"date": "string"}),
            json!({"dateTime": "soon"}),
        ] {
            check(broken, None);
        }
    }

    #[test]
    fn who_made_the_event_takes_part_and_rooms_do_not() {
        let wire = json!({"items": [
            {"id": "a", "iCalUID": "a@google.com", "status": "confirmed", "organizer": {"email": "Ann@acme.example"},
             "attendees": [{"email": "casey@ruiz.example", "self": true, "responseStatus": "accepted"},
                           {"email": "room@resource.example", "resource": true}],
             "start": {"dateTime": "2026-11-24T10:00:00Z"}, "end": {"dateTime": "2026-11-24T10:30:00Z"}},
            {"id": "b", "status": "cancelled"},
            {"status": "confirmed"}
        ], "nextSyncToken": "s"});
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: wire.to_string().into_bytes(),
        };
        let page = read_events(&response, &TimeZone::UTC).unwrap();
        let [first, second] = &page.events[..] else {
            panic!("{page:#?}")
        };
        let people: Vec<_> = first
            .attendees
            .iter()
            .map(|a| (a.email.as_str(), a.answer))
            .collect();
        let expected = [
            ("casey@ruiz.example", Answer::Accepted),
            ("ann@acme.example", Answer::Accepted),
        ];
        assert_eq!(people, expected);
        assert!(second.is_cancelled && second.start.is_none());
    }

    proptest! {
        #[test]
        fn event_ids_are_of_googles_alphabet_and_differ(a: [u8; 16], b: [u8; 16]) {
            let id = event_id(&a);
            prop_assert!(id.len() >= 5);
            let allowed = |c: char| matches!(c, 'a'..='v' | '0'..='9');
            prop_assert!(id.chars().all(allowed));
            prop_assert_eq!(id == event_id(&b), a == b);
        }
    }
}
