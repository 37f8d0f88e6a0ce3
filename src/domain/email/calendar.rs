//! Answers to invitations: who accepts what, read leniently from an iCalendar object (RFC 5546 REPLY and COUNTER).

use jiff::Timestamp;
use jiff::civil;
use serde::Serialize;

use super::address::EmailAddress;

const MAX_LINES: usize = 20_000;
const MAX_VALUE_CHARS: usize = 500;

/// The attendee's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Participation {
    /// Coming.
    Accepted,
    /// Not coming.
    Declined,
    /// Perhaps coming.
    Tentative,
    /// Someone else is coming.
    Delegated,
    /// Another time proposed.
    Countered,
    /// No readable answer.
    NeedsAction,
}

/// One calendar object, as far as an answer needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalendarAnswer {
    /// The iTIP method, upper case: `REPLY`, `COUNTER`, `REQUEST`, `CANCEL`; empty if none was given.
    pub method: String,
    /// The answer.
    pub answer: Participation,
    /// The person who answered.
    pub attendee: Option<EmailAddress>,
    /// The event's UID.
    pub uid: Option<String>,
    /// Start of the event. A time in an unknown zone counts as UTC.
    pub start: Option<Timestamp>,
    /// The event's title.
    pub summary: Option<String>,
}

impl CalendarAnswer {
    /// Tells whether this answers an invitation, rather than being one.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        matches!(self.method.as_str(), "REPLY" | "COUNTER")
    }
}

/// Reads a calendar object; `method` is the Content-Type's parameter, for objects that lack the property.
#[must_use]
pub fn read(text: &str, method: Option<&str>) -> CalendarAnswer {
    let mut answer = CalendarAnswer {
        method: method.unwrap_or_default().to_ascii_uppercase(),
        answer: Participation::NeedsAction,
        attendee: None,
        uid: None,
        start: None,
        summary: None,
    };
    let mut in_event = true;
    for line in unfold(text) {
        let (head, value) = split_value(&line);
        let mut parts = head.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
        match name.as_str() {
            // A time zone has DTSTART too, and an alarm a SUMMARY.
            "BEGIN" => {
                in_event = !matches!(
                    value.trim(),
                    "VTIMEZONE" | "VALARM" | "STANDARD" | "DAYLIGHT"
                )
            }
            "END" => in_event = true,
            "METHOD" => {
                answer.method = value.trim().to_ascii_uppercase().chars().take(20).collect()
            }
            _ if !in_event => {}
            "ATTENDEE" => {
                if let Some(status) = parts.clone().find_map(partstat) {
                    answer.answer = status;
                }
                answer.attendee = EmailAddress::parse(value).ok().or(answer.attendee);
            }
            "UID" => answer.uid = kept(value),
            "SUMMARY" => {
                answer.summary = kept(
                    &value
                        .replace("\\,", ",")
                        .replace("\\;", ";")
                        .replace("\\n", " "),
                )
            }
            "DTSTART" => answer.start = instant(value.trim(), parts),
            // Some programs write the parameter as a line of its own.
            _ => {
                if let Some(status) = partstat(&line) {
                    answer.answer = status;
                }
            }
        }
    }
    if answer.method == "COUNTER" {
        answer.answer = Participation::Countered;
    }
    answer
}

fn partstat(parameter: &str) -> Option<Participation> {
    let (name, value) = parameter.split_once(['=', ':'])?;
    if !name.trim().eq_ignore_ascii_case("PARTSTAT") {
        return None;
    }
    match value.trim().trim_matches('"').to_ascii_uppercase().as_str() {
        "ACCEPTED" => Some(Participation::Accepted),
        "DECLINED" => Some(Participation::Declined),
        "TENTATIVE" => Some(Participation::Tentative),
        "DELEGATED" => Some(Participation::Delegated),
        _ => Some(Participation::NeedsAction),
    }
}

fn kept(value: &str) -> Option<String> {
    let value = crate::domain::text::clean_line(value, MAX_VALUE_CHARS);
    (!value.is_empty()).then_some(value)
}

/// Splits at the first colon outside double quotes.
fn split_value(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ':' if !quoted => {
                return (
                    line.get(..at).unwrap_or_default(),
                    line.get(at + 1..).unwrap_or_default(),
                );
            }
            _ => {}
        }
    }
    (line, "")
}

fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().take(MAX_LINES) {
        let line = line.trim_end_matches('\r');
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some(last)) if last.len() < 8192 => last.push_str(more),
            (Some(_), Some(_)) => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn instant<'p>(value: &str, parameters: impl Iterator<Item = &'p str>) -> Option<Timestamp> {
    let (utc, digits) = match value.strip_suffix(['Z', 'z']) {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let small = |range: std::ops::Range<usize>| number(range).and_then(|n| i8::try_from(n).ok());
    let date = civil::Date::new(number(0..4)?, small(4..6)?, small(6..8)?).ok()?;
    let time = match digits.get(8..9) {
        Some("T" | "t") => {
            civil::Time::new(small(9..11)?, small(11..13)?, small(13..15).unwrap_or(0), 0).ok()?
        }
        _ => civil::Time::midnight(),
    };
    let zone = parameters
        .filter_map(|p| p.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("TZID"))
        .and_then(|(_, zone)| jiff::tz::TimeZone::get(zone.trim_matches('"')).ok());
    let zone = match zone {
        Some(zone) if !utc => zone,
        _ => jiff::tz::TimeZone::UTC,
    };
    zone.to_timestamp(civil::DateTime::from_parts(date, time))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_google_is_read() {
        let text = "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//EN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Madrid:20260303T150000\r\n\
            UID:abc@google.com\r\nATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACC\r\n EPTED;CN=\"Ann: Smith\";X-NUM-GUESTS=0:mailto:Ann@acme.io\r\n\
            SUMMARY:Intro\\, call\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let got = read(text, None);
        assert!(got.is_reply());
        assert_eq!(got.answer, Participation::Accepted);
        assert_eq!(got.attendee.unwrap().as_str(), "ann@acme.io");
        assert_eq!(got.uid.as_deref(), Some("abc@google.com"));
        assert_eq!(got.start.unwrap().to_string(), "2026-03-03T14:00:00Z");
        assert_eq!(got.summary.as_deref(), Some("Intro, call"));
    }

    #[test]
    fn a_zones_own_start_is_not_the_events() {
        let text = "METHOD:COUNTER\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:16010101T030000\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART:20260303T090000Z\nEND:VEVENT";
        let got = read(text, None);
        assert_eq!(got.answer, Participation::Countered);
        assert_eq!(got.start.unwrap().to_string(), "2026-03-03T09:00:00Z");
    }

    #[test]
    fn fragments_are_read_as_far_as_they_go() {
        let got = read("BEGIN:VCALENDAR\nMETHOD:REPLY\nPARTSTAT=ACCEPTED", None);
        assert!(got.is_reply());
        assert_eq!(got.answer, Participation::Accepted);
        assert_eq!(
            read("PARTSTAT=DECLINED", Some("reply")).answer,
            Participation::Declined
        );
        assert_eq!(read("", None).answer, Participation::NeedsAction);
        assert_eq!(read("DTSTART:99999999T999999\nDTSTART:é", None).start, None);
    }
}
