//! Signals from JSON lines: form submissions, deals, anything that a tool exports.
//!
//! Each line is an object with `source`, `kind` and `at`, and usually `email`; the rest of it is kept as payload. A bad line is
//! rejected with its number, and the others go in. So is a line whose amount has two readings, unless the operator or the other amounts of
//! its column tell which is meant.

use std::collections::BTreeMap;
use std::io::BufRead;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::amount::{Decimal, Habit};
use crate::domain::by::By;
use crate::domain::distinct;
use crate::domain::email::address::EmailAddress;
use crate::domain::signal::{Asks, MAX_PAYLOAD_BYTES, SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::road::intake::{self, Taken};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::sources::{self, SourceCounts};
use crate::store::{Durability, signals};

/// Lines in one transaction.
const BATCH: usize = 500;
/// The longest line that is read.
const MAX_LINE_BYTES: usize = 1024 * 1024;
/// Most lines of one input that are told of as no signals.
const MAX_REJECTED: usize = 10_000;
/// Longest time that an event may lie ahead of the clock: clocks differ.
const MAX_AHEAD_MS: i64 = 10 * 60 * 1000;

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedLine {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// The result of a file of lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LinesReport {
    /// Lines that hold something.
    pub lines: u64,
    /// Signals that were new.
    pub new: u64,
    /// Of these, about a known person or deal.
    pub matched: u64,
    /// Lines that were known already.
    pub known: u64,
    /// Lines that were not taken.
    pub rejected: Vec<RejectedLine>,
    /// Contacts that were made.
    pub contacts: u64,
    /// Moves that came up.
    pub proposed: u64,
    /// Moves that a newer signal changed.
    pub refreshed: u64,
    /// Moves that events closed.
    pub closed: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
    /// Amounts with two readings that the operator or the rest of their column decided.
    pub decided: u64,
}

impl LinesReport {
    fn add(&mut self, taken: &Taken) {
        self.new += taken.new;
        self.matched += taken.matched;
        self.known += taken.known;
        self.contacts += taken.contacts;
        self.proposed += taken.proposed;
        self.refreshed += taken.refreshed;
        self.closed += taken.closed;
        self.outcomes += taken.outcomes;
    }
}

/// Reads one line.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_line(line: &str, now: Timestamp) -> Result<SignalDraft, String> {
    let Value::Object(mut fields) = distinct::parse(line)? else {
        return Err("not a JSON object".into());
    };
    let mut text = |key: &str| -> Result<Option<String>, String> {
        match fields.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("\"{key}\" is not a text")),
        }
    };
    let kind = text("kind")?.ok_or("\"kind\" is missing")?;
    let kind: SignalKind = kind.trim().parse().map_err(|e| format!("\"kind\": {e}"))?;
    let source = match text("source")? {
        Some(word) => word
            .trim()
            .parse()
            .map_err(|e| format!("\"source\": {e}"))?,
        None => Source::Manual,
    };
    let at = text("at")?.ok_or("\"at\" is missing; it takes an RFC 3339 instant")?;
    let occurred_at: Timestamp = at
        .trim()
        .parse()
        .map_err(|_| format!("\"at\" is not an RFC 3339 instant: {}", clean_line(&at, 60)))?;
    if occurred_at.as_millisecond() > now.as_millisecond() + MAX_AHEAD_MS {
        return Err(format!(
            "\"at\" lies in the future: {}",
            clean_line(&at, 60)
        ));
    }
    let occurred_at =
        Timestamp::from_millisecond(occurred_at.as_millisecond()).map_err(|e| e.to_string())?;
    let email = text("email")?
        .map(|e| e.trim().to_owned())
        .filter(|e| !e.is_empty());
    if let Some(email) = &email {
        EmailAddress::pasted(email)
            .map_err(|_| format!("\"email\" is not a mail address: {}", clean_line(email, 80)))?;
    }
    let external_id = match fields.get("external_id").or_else(|| fields.get("id")) {
        Some(Value::String(id)) => clean_line(id, 200),
        Some(Value::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    let version = fields.get("version").and_then(Value::as_i64).unwrap_or(0);
    let payload = clean_payload(fields);
    if serde_json::to_string(&payload).map_or(usize::MAX, |text| text.len()) > MAX_PAYLOAD_BYTES {
        return Err(format!("it holds more than {MAX_PAYLOAD_BYTES} bytes"));
    }
    let draft = SignalDraft::new(source, kind, occurred_at, payload)
        .with_id(external_id, version)
        .with_email(email);
    let asked = |key: &str| kind == SignalKind::Manual && Asks::KEYS.contains(&key);
    match draft.unreadable().iter().find(|field| asked(&field.key)) {
        Some(field) => Err(field.to_string()),
        None => Ok(draft),
    }
}

/// The habits of a file's columns: each source writes each of its fields in its own way.
#[derive(Default)]
struct Habits(BTreeMap<(Source, &'static str), Habit>);

impl Habits {
    fn learn(&mut self, draft: &SignalDraft) {
        if let Some((key, text)) = draft.written_amount() {
            self.0.entry((draft.source, key)).or_default().learn(text);
        }
    }

    fn of(&self, draft: &SignalDraft) -> Option<Decimal> {
        let (key, _) = draft.written_amount()?;
        self.0.get(&(draft.source, key))?.decimal()
    }
}

fn clean_payload(fields: Map<String, Value>) -> Map<String, Value> {
    fn clean(value: Value, depth: usize) -> Value {
        match value {
            Value::String(text) => {
                Value::String(crate::domain::text::clean_block(&text, MAX_PAYLOAD_BYTES))
            }
            Value::Array(items) if depth < 16 => {
                Value::Array(items.into_iter().map(|v| clean(v, depth + 1)).collect())
            }
            Value::Object(map) if depth < 16 => Value::Object(
                map.into_iter()
                    .map(|(k, v)| (clean_line(&k, 100), clean(v, depth + 1)))
                    .collect(),
            ),
            Value::Array(_) | Value::Object(_) => Value::Null,
            plain => plain,
        }
    }
    match clean(Value::Object(fields), 0) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Returns the text of a line. A byte that is none of UTF-8 is not replaced: nobody would see what was lost.
fn text_of(line: &[u8]) -> std::result::Result<&str, String> {
    let text = std::str::from_utf8(line).map_err(|e| {
        format!(
            "not UTF-8: byte {} is part of no character",
            e.valid_up_to() + 1
        )
    })?;
    Ok(text.trim().trim_start_matches('\u{feff}'))
}

/// Reads one line of bounded length; none at the end. A longer line is read to its end and reported as too long.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    line.clear();
    let mut too_long = false;
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok((!line.is_empty() || too_long).then_some(too_long));
        }
        let end = chunk.iter().position(|b| *b == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        if line.len() + part.len() > MAX_LINE_BYTES {
            too_long = true;
        } else {
            line.extend_from_slice(part);
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(Some(too_long));
        }
    }
}

impl Engine {
    /// Tells whether an event is stored already.
    ///
    /// # Errors
    /// Fails where the database cannot be read.
    pub fn knows_event(&self, event: &SignalDraft) -> Result<bool> {
        let hash = event.hash();
        self.store()
            .read(|tx| Ok(signals::find_same(tx, event, &hash)?.is_some()))
    }

    /// Takes in one signal that a face made.
    ///
    /// # Errors
    /// Fails where its address is not one, or the database cannot be written.
    pub fn add_signal(&self, draft: SignalDraft) -> Result<LinesReport> {
        if let Some(email) = &draft.email {
            EmailAddress::pasted(email).map_err(|e| EngineError::Input(e.to_string()))?;
        }
        self.write(Durability::Full, move |tx, core, now| {
            let taken = intake::take_told(tx, core, &draft, now)?;
            let counts = SourceCounts {
                seen: 1,
                new: taken.new,
                matched: taken.matched,
                ..SourceCounts::default()
            };
            sources::count(tx, draft.source.as_str(), &counts)?;
            let added = Change {
                by: &By::Operator,
                event: "signals.added",
                about: vec![draft.kind().to_string()],
                detail: serde_json::json!({"new": taken.new}),
                tells: Tells::Nothing,
                back: Back::None,
            };
            change(tx, added, now)?;
            let mut report = LinesReport {
                lines: 1,
                ..LinesReport::default()
            };
            report.add(&taken);
            Ok(report)
        })
    }

    /// Takes in signals from JSON lines. `decimal` is the mark before decimals in them, where the operator says it.
    ///
    /// # Errors
    /// Fails where the input cannot be read or the database cannot be written; batches that were committed before stay.
    pub fn add_signals(
        &self,
        mut reader: impl BufRead,
        decimal: Option<Decimal>,
    ) -> Result<LinesReport> {
        let mut report = LinesReport::default();
        let mut number = 0;
        let mut line = Vec::new();
        // All lines are read first and taken in the order in which things happened, so a file's own order means nothing.
        let mut lines = Vec::new();
        let mut habits = Habits::default();
        while let Some(too_long) = next_line(&mut reader, &mut line)
            .map_err(|e| EngineError::Outside(format!("The input cannot be read: {e}.")))?
        {
            number += 1;
            if line.trim_ascii().is_empty() && !too_long {
                continue;
            }
            report.lines += 1;
            let parsed = if too_long {
                Err(format!("longer than {MAX_LINE_BYTES} bytes"))
            } else {
                text_of(&line).and_then(|text| parse_line(text, self.now()))
            };
            if report.rejected.len() == MAX_REJECTED {
                return Err(EngineError::Input(format!(
                    "More than {MAX_REJECTED} lines are no signals, the first of them line {}. Nothing was changed.",
                    report.rejected.first().map_or(0, |rejected| rejected.line)
                )));
            }
            match parsed {
                Ok(draft) => {
                    habits.learn(&draft);
                    lines.push((number, draft));
                }
                Err(reason) => report.rejected.push(RejectedLine {
                    line: number,
                    reason,
                }),
            }
        }
        let mut drafts = Vec::with_capacity(lines.len());
        for (line, draft) in lines {
            let draft = match decimal.or_else(|| habits.of(&draft)) {
                Some(decimal) => {
                    let read = draft.clone().with_decimal(decimal);
                    report.decided += u64::from(read != draft);
                    read
                }
                None => draft,
            };
            let doubt = draft.ambiguous_amount().map(|field| RejectedLine {
                line,
                reason: format!("{field}: say --decimal comma or --decimal point"),
            });
            match doubt {
                // An event that was taken in before adds nothing, however it is read.
                Some(doubt) if !self.knows_event(&draft)? => report.rejected.push(doubt),
                _ => drafts.push(draft),
            }
        }
        report.rejected.sort_by_key(|rejected| rejected.line);
        drafts.sort_by_cached_key(|d| (d.occurred_at, d.hash()));
        while !drafts.is_empty() {
            let batch: Vec<SignalDraft> = drafts.drain(..drafts.len().min(BATCH)).collect();
            let size = batch.len() as u64;
            let (taken, known) = self.write(Durability::Full, move |tx, core, now| {
                let taken = intake::take_all(tx, core, batch, now)?;
                let counts = SourceCounts {
                    seen: size,
                    new: taken.new,
                    matched: taken.matched,
                    ..SourceCounts::default()
                };
                sources::count(tx, "lines", &counts)?;
                let added = Change {
                    by: &By::Operator,
                    event: "signals.added",
                    about: vec!["lines".into()],
                    detail: serde_json::json!({"new": taken.new, "proposed": taken.proposed}),
                    tells: Tells::Nothing,
                    back: Back::None,
                };
                change(tx, added, now)?;
                // Two equal lines in one batch are one event.
                let known = size - taken.new;
                Ok((taken, known))
            })?;
            report.add(&Taken { known, ..taken });
        }
        let rejected = report.rejected.len() as u64;
        if rejected > 0 {
            self.write(Durability::Normal, move |tx, _, _| {
                let mut counts = SourceCounts {
                    seen: rejected,
                    ..SourceCounts::default()
                };
                counts.dropped.insert("rejected line".into(), rejected);
                Ok(sources::count(tx, "lines", &counts)?)
            })?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_says_what_is_wrong() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let check = |line: &str, expect: &str| {
            let error = parse_line(line, now).unwrap_err();
            assert!(error.contains(expect), "{line}: {error}");
        };
        check("nope", "not JSON");
        check("[1]", "not a JSON object");
        check(
            r#"{"kind":"form.submitted","email":"a@x.io","email":"b@x.io"}"#,
            "the key \"email\" stands twice",
        );
        check(r#"{"at":"2026-11-23T10:00:00Z"}"#, "\"kind\" is missing");
        check(
            r#"{"kind":"form.submited","at":"2026-11-23T10:00:00Z"}"#,
            "did you mean \"form.submitted\"",
        );
        check(r#"{"kind":"form.submitted"}"#, "\"at\" is missing");
        check(r#"{"kind":"form.submitted","at":"yesterday"}"#, "RFC 3339");
        check(
            r#"{"kind":"form.submitted","at":"2027-11-23T10:00:00Z"}"#,
            "future",
        );
        check(
            r#"{"kind":"form.submitted","at":"2026-11-23T10:00:00Z","email":"nobody"}"#,
            "not a mail address",
        );
    }

    #[test]
    fn a_byte_of_no_character_is_named() {
        let fault = text_of(b"{\"name\":\"Zo\xeb\"}").unwrap_err();
        assert_eq!(fault, "not UTF-8: byte 12 is part of no character");
        assert_eq!(text_of(b"\xef\xbb\xbf {} \r"), Ok(" {}"));
    }

    #[test]
    fn a_wish_that_cannot_be_meant_is_refused() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let line = |kind: &str| {
            format!(r#"{{"kind":"{kind}","at":"2026-11-23T10:00:00Z","urgency":7,"minutes":"x"}}"#)
        };
        assert_eq!(
            parse_line(&line("manual"), now),
            Err("urgency must be a number from 0 to 1".into())
        );
        assert!(parse_line(&line("form.submitted"), now).is_ok());
    }

    #[test]
    fn what_a_line_holds_is_kept_as_payload_and_cleaned() {
        let line = r#"{"source":"form","kind":"form.submitted","at":"2026-11-23T10:00:00.123456Z","email":" Ann@Acme.example ",
            "message":"hi\u001b[31m","n":3,"id":7}"#;
        let draft = parse_line(line, "2026-11-23T12:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(draft.external_id, "7");
        assert_eq!(draft.about().words.message.as_deref(), Some("hi"));
        assert_eq!(draft.payload()["message"], "hi");
        assert_eq!(draft.payload()["n"], 3);
        assert_eq!(draft.occurred_at.to_string(), "2026-11-23T10:00:00.123Z");
    }
}
