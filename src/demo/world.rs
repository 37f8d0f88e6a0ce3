//! The world of the demo, made from a seed and an instant and from nothing else: the operator, the firms she knows, the mail and the
//! events so far, and what her correspondents will answer.
//!
//! The texts are in `assets/demo`; the seed decides names, amounts, times and tempers. Every address ends in `.example`, so that
//! nothing of it can reach anyone.

mod chance;
mod make;
mod material;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};

use crate::domain::action::ActionKind;
use crate::domain::contact::LifecycleStage;
use crate::domain::deal::Cents;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::outcome::OutcomeKind;
use crate::domain::signal::SignalDraft;

/// The texts in `assets/demo` do not make a world; the tests see to it that this does not happen in a release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the demo's texts do not make a world: {0}")]
pub struct WorldError(pub String);

/// The whole world at its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// The operator.
    pub operator: Operator,
    /// The firms.
    pub companies: Vec<Company>,
    /// The people, firm by firm.
    pub contacts: Vec<Contact>,
    /// The deals.
    pub deals: Vec<Deal>,
    /// The mail before the beginning, each thread with its oldest message first.
    pub past_threads: Vec<Thread>,
    /// The events that wait to be taken in, oldest first; see [`signal_line`].
    pub signals: Vec<SignalDraft>,
    /// Outcomes of earlier work.
    pub past_outcomes: Vec<PastOutcome>,
    /// The correspondents' future answers; without one for an action they stay silent.
    pub scheduled_replies: Vec<ScheduledReply>,
}

/// The operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The whole name.
    pub name: String,
    /// The first name.
    pub first_name: String,
    /// The address.
    pub email: String,
    /// The firm.
    pub company: String,
    /// Her job title.
    pub job_title: String,
    /// The firm's postal address.
    pub postal_address: String,
    /// The firm's product.
    pub product: String,
    /// The name of the time zone.
    pub zone: String,
}

/// A firm.
#[derive(Debug, Clone, PartialEq)]
pub struct Company {
    /// Its key in other records.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its domain, ending in `.example`.
    pub domain: String,
    /// Its trade.
    pub industry: String,
    /// Its city.
    pub city: String,
    /// Its country.
    pub country: String,
    /// Its IANA time zone.
    pub zone: String,
    /// 0..=1: its fit.
    pub icp_fit: f64,
    /// True if its name is worth showing.
    pub is_logo: bool,
    /// True for a partner.
    pub is_partner: bool,
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// The firm's key.
    pub company: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The address; it is the person's key.
    pub email: String,
    /// The job title.
    pub title: String,
    /// The lifecycle stage.
    pub stage: LifecycleStage,
    /// The city of the firm.
    pub city: String,
    /// The country of the firm.
    pub country: String,
    /// The IANA time zone.
    pub zone: String,
    /// The id in the CRM.
    pub external_id: String,
    /// Instant of the person's last mail.
    pub last_inbound_at: Option<Timestamp>,
    /// Instant of the operator's last mail to the person.
    pub last_outbound_at: Option<Timestamp>,
}

impl Contact {
    /// Returns the whole name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// A deal.
#[derive(Debug, Clone, PartialEq)]
pub struct Deal {
    /// The id in the CRM.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// The firm's key.
    pub company: String,
    /// The address of the person who decides.
    pub contact_email: String,
    /// Its amount.
    pub amount: Cents,
    /// The currency's ISO code.
    pub currency: String,
    /// A stage of the default pipeline.
    pub stage: String,
    /// Its renewal date.
    pub renewal_at: Option<Timestamp>,
    /// Expiry of the proposal.
    pub expires_at: Option<Timestamp>,
    /// Instant of its making.
    pub created_at: Timestamp,
}

/// The side whose turn it is in a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Their message waits for an answer.
    Us,
    /// The operator's message waits for an answer.
    Them,
    /// Nobody waits.
    Nobody,
}

/// A thread of mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    /// The address of the person.
    pub contact_email: String,
    /// The side whose turn it is.
    pub turn: Turn,
    /// The action of the operator's first message.
    pub action: ActionKind,
    /// The subject without `Re:`.
    pub subject: String,
    /// The messages, oldest first; there is at least one.
    pub messages: Vec<Message>,
}

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the operator.
    Inbound,
    /// From the operator.
    Outbound,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its direction.
    pub direction: Direction,
    /// The sender's name and address.
    pub from: (String, String),
    /// The recipient's name and address.
    pub to: (String, String),
    /// With `Re:` where it is an answer.
    pub subject: String,
    /// Plain text with `\n` line ends.
    pub body: String,
    /// Instant of sending.
    pub at: Timestamp,
    /// The zone in which its date is written.
    pub zone: String,
    /// Without angle brackets.
    pub message_id: String,
    /// The Message-ID of the message that it answers.
    pub in_reply_to: Option<String>,
    /// The Message-IDs of the thread before it, oldest first.
    pub references: Vec<String>,
    /// Further headers, such as those of machine mail.
    pub headers: Vec<(String, String)>,
    /// The label of an inbound message, for tests of the reader; none for an outbound one.
    pub label: Option<ReplyLabel>,
}

/// An outcome of earlier work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOutcome {
    /// The address of the person.
    pub contact_email: String,
    /// The kind of outcome.
    pub kind: OutcomeKind,
    /// The action that caused it.
    pub action: ActionKind,
    /// Instant of the outcome.
    pub at: Timestamp,
}

/// A correspondent's future answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledReply {
    /// The correspondent's name.
    pub name: String,
    /// The correspondent's address.
    pub email: String,
    /// The actions that are answered so; empty for all that no other reply names.
    pub actions: Vec<ActionKind>,
    /// Seconds from the operator's mail to the answer, 8 to 90.
    pub delay_seconds: u32,
    /// The label of the answer.
    pub label: ReplyLabel,
    /// For an automatic reply, the subject with `{subject}` for the operator's; a person answers with `Re:`.
    pub auto_subject: Option<String>,
    /// The text, without a quoted part.
    pub body: String,
}

impl World {
    /// Makes the world of `seed` as it is at `now`. The same arguments make the same world. Reads no clock and no file.
    ///
    /// # Errors
    /// Names the text of `assets/demo` that is wrong; the texts are part of the program, so no user can cause it.
    pub fn generate(
        seed: u64,
        now: Timestamp,
        operator_zone: &TimeZone,
    ) -> Result<Self, WorldError> {
        make::world(seed, now, operator_zone)
    }

    /// Returns what a correspondent answers to a mail that did `action`, or none if they never answer. An unknown action is taken for a
    /// free mail.
    #[must_use]
    pub fn reply_to(&self, email: &str, action: Option<ActionKind>) -> Option<&ScheduledReply> {
        let action = action.unwrap_or(ActionKind::SendEmail);
        let theirs = || {
            self.scheduled_replies
                .iter()
                .filter(|r| r.email.eq_ignore_ascii_case(email))
        };
        theirs()
            .find(|r| r.actions.contains(&action))
            .or_else(|| theirs().find(|r| r.actions.is_empty()))
    }
}

/// Returns the JSON line that `signals add --file` takes for a signal.
#[must_use]
pub fn signal_line(signal: &SignalDraft) -> Value {
    let mut line = Map::new();
    line.insert("source".into(), signal.source.as_str().into());
    line.insert("kind".into(), signal.kind().as_str().into());
    line.insert("at".into(), signal.occurred_at.to_string().into());
    if let Some(email) = &signal.email {
        line.insert("email".into(), email.as_str().into());
    }
    if !signal.external_id.is_empty() {
        line.insert("external_id".into(), signal.external_id.as_str().into());
    }
    for (key, value) in signal.payload() {
        line.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(line)
}

/// Returns the instant at which the demo should begin: now, if the operator is at work, else ten o'clock of the last Tuesday,
/// Wednesday or Thursday, so that mail may go out and tomorrow is a working day.
#[must_use]
pub fn opening_time(now: Timestamp, operator_zone: &TimeZone) -> Timestamp {
    let local = now.to_zoned(operator_zone.clone());
    let good_day = |day: Weekday| {
        matches!(
            day,
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday
        )
    };
    if good_day(local.weekday()) && (10..15).contains(&local.hour()) {
        return now;
    }
    let mut date = local.date();
    // Today's ten o'clock may still lie ahead; a day that is over is as good as any.
    for _ in 0..8 {
        let Ok(before) = date.checked_sub(1.day()) else {
            return now;
        };
        date = before;
        if good_day(date.weekday()) && date.weekday() != Weekday::Monday {
            break;
        }
    }
    date.at(10, 12, 0, 0)
        .to_zoned(operator_zone.clone())
        .map_or(now, |at| at.timestamp())
}

#[cfg(test)]
mod tests;
