//! Signals: observed events, stored once and never edited.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::words::words;

words! {
    /// The source of a signal.
    pub enum Source ("a source") {
        /// A form on the operator's site.
        Form = "form",
        /// The CRM.
        Hubspot = "hubspot",
        /// A Gmail mailbox.
        Gmail = "gmail",
        /// A calendar.
        Calendar = "calendar",
        /// X, formerly Twitter.
        X = "x",
        /// A local Maildir, or IMAP.
        Mail = "mail",
        /// Typed or handed in by the operator.
        Manual = "manual",
        /// The program's own clock.
        Timer = "timer",
    }
}

words! {
    /// The kind of signal.
    pub enum SignalKind ("a signal kind") {
        /// Somebody filled a form.
        FormSubmitted = "form.submitted",
        /// A deal came into being.
        DealCreated = "hubspot.deal_created",
        /// A deal moved to another stage.
        DealStageChanged = "hubspot.deal_stage_changed",
        /// A deal's amount changed.
        DealAmountChanged = "hubspot.deal_amount_changed",
        /// A person answered by mail.
        ReplyReceived = "mail.reply_received",
        /// A machine answered by mail: out of office and the like.
        AutoReply = "mail.auto_reply",
        /// Mail came back.
        Bounced = "mail.bounced",
        /// A person asked not to be written to.
        OptedOut = "mail.opted_out",
        /// A read receipt came.
        ReadReceipt = "mail.read_receipt",
        /// A meeting was agreed.
        MeetingBooked = "calendar.meeting_booked",
        /// A meeting takes place within a day.
        MeetingTomorrow = "calendar.meeting_tomorrow",
        /// A meeting took place.
        MeetingHeld = "calendar.meeting_held",
        /// A meeting was moved.
        MeetingRescheduled = "calendar.meeting_rescheduled",
        /// A meeting was declined or called off.
        MeetingDeclined = "calendar.meeting_declined",
        /// Somebody did not come.
        NoShow = "calendar.no_show",
        /// A post names the operator.
        Mention = "x.mention",
        /// A post was answered, liked or shared.
        Engagement = "x.engagement",
        /// A watched author posted.
        ThoughtLeader = "x.thought_leader",
        /// A post names a competitor.
        CompetitorMention = "x.competitor_mention",
        /// Mail stayed without an answer.
        NoReply = "timer.no_reply",
        /// A customer has been quiet.
        QuietCustomer = "timer.quiet_customer",
        /// A renewal is near.
        RenewalNear = "timer.renewal_near",
        /// A proposal is about to expire.
        ProposalExpiring = "timer.proposal_expiring",
        /// A task is past its due time.
        TaskOverdue = "timer.task_overdue",
        /// A step of an onboarding is due.
        OnboardingStep = "timer.onboarding_step",
        /// A piece of content is ready for use.
        ContentReady = "timer.content_ready",
        /// The operator says that something is to be done.
        Manual = "manual",
    }
}

impl SignalKind {
    /// Tells whether a person other than the operator acted, which ends a silence.
    #[must_use]
    pub const fn is_their_activity(self) -> bool {
        matches!(
            self,
            Self::FormSubmitted
                | Self::ReplyReceived
                | Self::MeetingBooked
                | Self::MeetingHeld
                | Self::MeetingRescheduled
                | Self::Mention
                | Self::Engagement
        )
    }
}

words! {
    /// The part of the work that a move belongs to.
    pub enum Domain ("a domain") {
        /// Winning customers.
        Sales = "sales",
        /// Being heard.
        Marketing = "marketing",
        /// Customer success: keeping customers well.
        Cs = "cs",
    }
}

/// The most bytes of payload that are kept of one signal.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// An observed event as a source hands it over.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalDraft {
    /// Its source.
    pub source: Source,
    /// Its kind.
    pub kind: SignalKind,
    /// The source's own id for the event; empty where it has none.
    pub external_id: String,
    /// The source's version of the event: a changed record is a new signal. 0 where there is none.
    pub version: i64,
    /// Instant of the event, as the source gives it.
    pub occurred_at: Timestamp,
    /// The address of the person it is about, as given.
    pub email: Option<String>,
    /// Everything else that the source said.
    pub payload: Map<String, Value>,
}

impl SignalDraft {
    /// Returns the SHA-256 of the canonical event: source, kind, instant, address and the payload with its keys in order.
    /// Two sightings of one event have one hash, whatever the order of keys.
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
        hasher.update(canonical_json(&Value::Object(self.payload.clone())).as_bytes());
        hasher.finalize().into()
    }

    /// Returns a text of the payload, by key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.payload
            .get(key)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|s| !s.is_empty())
    }

    /// Returns a number of the payload, by key; numbers written as text count.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f64> {
        number(self.payload.get(key)?)
    }

    /// Returns an instant of the payload, by key (RFC 3339).
    #[must_use]
    pub fn instant(&self, key: &str) -> Option<Timestamp> {
        self.text(key)?.parse().ok()
    }
}

/// Reads a number that may be written as text, as CRMs do.
#[must_use]
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => s.trim().replace([',', '$', '€', '£', ' '], "").parse().ok(),
        _ => None,
    }
    .filter(|n: &f64| n.is_finite())
}

/// Writes JSON with the keys of every object in order and no white space, so that equal values have equal bytes.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    fn write(value: &Value, out: &mut String) {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                out.push('{');
                for (i, (key, value)) in entries.into_iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::String(key.clone()).to_string());
                    out.push(':');
                    write(value, out);
                }
                out.push('}');
            }
            Value::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write(item, out);
                }
                out.push(']');
            }
            plain => out.push_str(&plain.to_string()),
        }
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(payload: Value) -> SignalDraft {
        SignalDraft {
            source: Source::Form,
            kind: SignalKind::FormSubmitted,
            external_id: String::new(),
            version: 0,
            occurred_at: Timestamp::UNIX_EPOCH,
            email: Some("Ann@Acme.example".into()),
            payload: payload.as_object().cloned().unwrap_or_default(),
        }
    }

    #[test]
    fn the_order_of_keys_does_not_change_the_hash() {
        let a = draft(serde_json::from_str(r#"{"b":1,"a":{"y":[1,2],"x":null}}"#).unwrap());
        let b = draft(serde_json::from_str(r#"{"a":{"x":null,"y":[1,2]},"b":1}"#).unwrap());
        assert_eq!(a.hash(), b.hash());
        let c = draft(serde_json::from_str(r#"{"a":{"x":null,"y":[2,1]},"b":1}"#).unwrap());
        assert_ne!(a.hash(), c.hash());
    }

    #[test]
    fn every_word_reads_back_as_itself() {
        for kind in SignalKind::ALL {
            assert_eq!(kind.as_str().parse::<SignalKind>().as_ref(), Ok(kind));
        }
        let error = "form.submited".parse::<SignalKind>().unwrap_err();
        assert_eq!(error.suggestion.as_deref(), Some("form.submitted"));
    }

    #[test]
    fn numbers_written_as_text_count() {
        let d = draft(serde_json::json!({"amount": "64,000", "n": 3, "bad": "x"}));
        assert_eq!(d.number("amount"), Some(64000.0));
        assert_eq!(d.number("n"), Some(3.0));
        assert_eq!(d.number("bad"), None);
    }
}
