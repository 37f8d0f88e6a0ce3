//! Signals: observed events, stored once and never edited.

mod about;
mod asks;
mod fields;
mod kinds;
mod said;
mod wish;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use about::{About, DealNamed, MeetingNamed, Who, Words, split_name};
pub use asks::{Asks, Due};
pub use fields::{Fault, Unreadable};
pub use kinds::{Domain, SignalKind, Source};
pub use said::{DealSaid, FormSaid, MailSaid, PostSaid, Said, TimerSaid, WishSaid};

use super::amount::{AmountFault, Decimal};
use super::email::quote::strip;
use super::email::{Decision, Demand, OptOut, Scope, judge, judge_absence};
use about::DECIMAL;
use said::Content;

/// The most bytes of payload that are kept of one signal.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// An observed event as a source hands it over, its payload read once.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalDraft {
    /// Its source.
    pub source: Source,
    /// The source's own name for the event; empty where it has none.
    pub external_id: String,
    /// The source's version of the event: a changed record is a new signal. 0 where there is none.
    pub version: i64,
    /// The instant at which it happened, by the source's word.
    pub occurred_at: Timestamp,
    /// The address of the person it is about, as given.
    pub email: Option<String>,
    kind: SignalKind,
    payload: Map<String, Value>,
    content: Box<Content>,
}

impl SignalDraft {
    /// Makes a draft of an event without a name of its own and without an address, and reads its payload.
    #[must_use]
    pub fn new(
        source: Source,
        kind: SignalKind,
        occurred_at: Timestamp,
        payload: Map<String, Value>,
    ) -> Self {
        Self {
            source,
            external_id: String::new(),
            version: 0,
            occurred_at,
            email: None,
            kind,
            content: Box::new(Content::read(kind, &payload)),
            payload,
        }
    }

    /// Returns the draft under the source's own name and version.
    #[must_use]
    pub fn with_id(self, external_id: impl Into<String>, version: i64) -> Self {
        Self {
            external_id: external_id.into(),
            version,
            ..self
        }
    }

    /// Returns the draft with the address of the person it is about.
    #[must_use]
    pub fn with_email(self, email: Option<String>) -> Self {
        Self { email, ..self }
    }

    /// Returns the draft with its amount read by the habit of its column, and the habit noted in its payload. One that says so itself, or that
    /// reads the same without it, is left as it is.
    #[must_use]
    pub fn with_decimal(self, decimal: Decimal) -> Self {
        let says_so = self.payload.get(DECIMAL).and_then(about::decimal).is_some();
        if says_so || self.written_amount().is_none() {
            return self;
        }
        let mut payload = self.payload.clone();
        payload.insert(DECIMAL.to_owned(), decimal.as_str().into());
        let read = Content::read(self.kind, &payload);
        if read == *self.content {
            return self;
        }
        Self {
            payload,
            content: Box::new(read),
            ..self
        }
    }

    /// Returns the kind of event.
    #[must_use]
    pub const fn kind(&self) -> SignalKind {
        self.kind
    }

    /// Returns the fields that only an event of its kind has.
    #[must_use]
    pub const fn said(&self) -> &Said {
        &self.content.said
    }

    /// Returns the fields that an event of any kind may have.
    #[must_use]
    pub const fn about(&self) -> &About {
        &self.content.about
    }

    /// Returns the fields that are not what their keys say.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.content.unreadable
    }

    /// Returns the wish to be left alone that the event tells of: a yes, or a doubt.
    #[must_use]
    pub const fn wish(&self) -> Option<Decision> {
        self.content.wish
    }

    /// Returns the demand by law that the event tells of.
    #[must_use]
    pub const fn demand(&self) -> Option<Demand> {
        self.content.demand
    }

    /// Returns what a person wrote in the event, free of quotes, where no mailbox has judged it; empty if there is nothing.
    #[must_use]
    pub fn unjudged_text(&self) -> String {
        let is_written = matches!(
            self.kind,
            SignalKind::FormSubmitted | SignalKind::ReplyReceived | SignalKind::AutoReply
        );
        let is_judged = self.said().mail().is_some_and(|mail| mail.class.is_some())
            && self.source == Source::Mail;
        if !is_written || is_judged {
            return String::new();
        }
        let text = wish::free_text(&self.payload);
        let own = strip(&text).text;
        if own.trim().is_empty() { text } else { own }
    }

    /// Judges what a person wrote in the event where no mailbox has.
    #[must_use]
    pub fn heard(&self) -> OptOut {
        let text = self.unjudged_text();
        match self.kind {
            _ if text.trim().is_empty() => OptOut::default(),
            SignalKind::AutoReply => judge_absence(&text),
            _ => judge("", &text, ""),
        }
    }

    /// Returns whom the wish of the event speaks for.
    #[must_use]
    pub fn scope(&self) -> Scope {
        if self.wish().is_some() || self.kind == SignalKind::OptedOut {
            self.content.scope.clone()
        } else {
            self.heard().scope
        }
    }

    /// Tells whether the event says that mail to its address comes back for good.
    #[must_use]
    pub fn is_hard_bounce(&self) -> bool {
        let class = self.said().mail().and_then(|mail| mail.class);
        match self.kind {
            SignalKind::Bounced => wish::is_hard_bounce(class, &self.payload),
            SignalKind::Manual => false,
            _ => class.is_none() && wish::tells_hard_bounce(&self.payload, 0),
        }
    }

    /// Returns everything that the source said, to be kept and shown.
    #[must_use]
    pub const fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// Returns the amount with its key, if it was written as text.
    #[must_use]
    pub fn written_amount(&self) -> Option<(&'static str, &str)> {
        about::written_amount(&self.payload)
    }

    /// Returns the amount that has two readings, if it has.
    #[must_use]
    pub fn ambiguous_amount(&self) -> Option<&Unreadable> {
        self.unreadable()
            .iter()
            .find(|field| matches!(field.fault, Fault::Amount(AmountFault::Ambiguous { .. })))
    }

    /// Returns the SHA-256 of the canonical event: source, kind, instant, address and the payload with its keys in order.
    /// Two sightings of one event have one hash, whatever the order of keys, and however its amounts came to be read.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for part in [self.source.as_str(), self.kind.as_str(), &self.external_id] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        hasher.update(self.version.to_be_bytes());
        hasher.update(self.occurred_at.as_millisecond().to_be_bytes());
        hasher.update(
            self.email
                .as_deref()
                .unwrap_or("")
                .trim()
                .to_lowercase()
                .as_bytes(),
        );
        hasher.update([0]);
        let is_observed =
            |key: &str, value: &Value| key != DECIMAL || about::decimal(value).is_none();
        let mut payload = String::new();
        write_object(&self.payload, is_observed, &mut payload);
        hasher.update(payload.as_bytes());
        hasher.finalize().into()
    }

    /// Returns the payload as it is stored.
    #[must_use]
    pub fn canonical_payload(&self) -> String {
        let mut payload = String::new();
        write_object(&self.payload, |_, _| true, &mut payload);
        payload
    }
}

fn write_object(
    map: &Map<String, Value>,
    is_kept: impl Fn(&str, &Value) -> bool,
    out: &mut String,
) {
    let mut entries: Vec<_> = map.iter().filter(|(k, v)| is_kept(k, v)).collect();
    entries.sort_by_key(|(key, _)| *key);
    out.push('{');
    for (i, (key, value)) in entries.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&Value::String(key.clone()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

/// Writes JSON with the keys of every object in order and no white space, so that equal values have equal bytes.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => write_object(map, |_, _| true, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests;
