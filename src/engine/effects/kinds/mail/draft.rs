//! Drafts: what approval would send, made from the move, its template and what is known.
//!
//! A draft that nobody touched is made anew each time, so it always says what is known now; what the operator wrote is kept. Approval is
//! bound to the hash of the whole content, headers of the thread included.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::Operator;
use crate::domain::action::{ActionKind, Means};
pub(in crate::engine) use crate::domain::audit::hex;
use crate::domain::deal::short_amount;
use crate::domain::email::message_id::{MessageId, parse_list};
use crate::domain::email::subject::base_subject;
use crate::domain::email::thread::reply_headers_to;
use crate::domain::schedule::zone_name;
use crate::domain::signal::Said;
use crate::domain::slots::{SlotQuery, free_slots};
use crate::domain::template::{Context, DealFacts, MeetingFacts, OnboardingFacts, OperatorFacts};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::sentence;
use crate::store::messages::MessageRow;
use crate::store::moves::MoveRow;
use crate::store::people::Person;
use crate::store::signals::SignalRow;
use crate::store::{ReadTx, calendar, deals, messages, moves, people, signals};

/// The content of a message: what approval is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Content {
    /// The sender's name.
    pub from_name: String,
    /// The sender's address.
    pub from: String,
    /// The recipient's name.
    pub to_name: String,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// The message that it answers, with angle brackets; empty for a first one.
    pub in_reply_to: String,
    /// The chain above it, oldest first.
    pub references: Vec<String>,
}

impl Content {
    /// Returns the hash that approval is bound to.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let texts = [
            &self.from_name,
            &self.from,
            &self.to_name,
            &self.to,
            &self.subject,
            &self.body,
            &self.in_reply_to,
        ];
        for text in texts.into_iter().chain(&self.references) {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().into()
    }
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Draft {
    pub content: Content,
    pub edited: bool,
}

/// Makes the draft of a move; the inner error says what is missing: an address, the operator's own, or a template's variable.
pub(in crate::engine) fn make(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    now: Timestamp,
) -> Result<Result<Draft, String>> {
    let operator = &core.config.operator;
    if operator.address.is_empty() {
        return Ok(Err(format!(
            "No mail can be written before {} says who you are: set [operator] name and address, or run `caseyos init`.",
            core.paths.config.display()
        )));
    }
    let person = match mv.contact_id {
        Some(contact) => people::load(tx, contact)?,
        None => None,
    };
    let Some(person) = person.filter(|p| !p.email.is_empty()) else {
        return Ok(Err(format!(
            "Move {} has nobody to write to: no address is known.",
            mv.id
        )));
    };
    let parent = thread_parent(tx, mv, &person)?;
    let own = moves::draft(tx, mv.id)?;
    let edited = own.is_some();
    let (subject, body) = match own {
        Some(own) => (own.subject, own.body),
        None => match from_template(tx, core, mv, &person, parent.as_ref(), now)? {
            Ok(words) => words,
            Err(lack) => return Ok(Err(lack)),
        },
    };
    let headers = parent.as_ref().and_then(|parent| {
        let id = MessageId::find(&parent.message_id)?;
        let in_reply_to = parse_list(&parent.in_reply_to);
        let references = parse_list(&parent.references);
        Some(reply_headers_to(
            Some(&id),
            &in_reply_to,
            &references,
            &parent.subject,
        ))
    });
    let (in_reply_to, references) = match &headers {
        Some(h) => (
            h.in_reply_to
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            h.references.iter().map(ToString::to_string).collect(),
        ),
        None => (String::new(), Vec::new()),
    };
    // An answer under another subject would leave the thread in most mail programs, so an untouched one keeps its parent's.
    let subject = match &headers {
        Some(h) if !edited => h.subject.clone(),
        _ => subject,
    };
    Ok(Ok(Draft {
        content: Content {
            from_name: operator.name.clone(),
            from: operator.address.clone(),
            to_name: clean_line(&person.name(), 120),
            to: person.email.trim().to_owned(),
            subject,
            body,
            in_reply_to,
            references,
        },
        edited,
    }))
}

/// Returns the message that the move's mail continues: theirs for a reply, our last one for a bump.
fn thread_parent(tx: &ReadTx<'_>, mv: &MoveRow, person: &Person) -> Result<Option<MessageRow>> {
    match mv.action {
        ActionKind::Reply => {
            let of_lead = messages::of_signal(tx, person.contact_id(), mv.lead_signal_id)?;
            Ok(match of_lead {
                Some(message) => Some(message),
                None => messages::of_contact(tx, person.contact_id(), 20)?
                    .into_iter()
                    .find(|m| m.inbound),
            })
        }
        ActionKind::ThreadBump => {
            let lead = signals::load(tx, mv.lead_signal_id)?;
            let message_id = lead.draft.about().words.message_id.as_deref();
            let named = message_id
                .map(|id| messages::find(tx, id))
                .transpose()?
                .flatten();
            Ok(match named {
                Some(message) => Some(message),
                None => messages::of_contact(tx, person.contact_id(), 20)?
                    .into_iter()
                    .find(|m| !m.inbound),
            })
        }
        _ => Ok(None),
    }
}

fn from_template(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    person: &Person,
    parent: Option<&MessageRow>,
    now: Timestamp,
) -> Result<Result<(String, String), String>> {
    let template = match mv.template.as_str() {
        "" => crate::domain::template::default_for(mv.action).unwrap_or("send_email"),
        name => name,
    };
    let lead = signals::load(tx, mv.lead_signal_id)?;
    let context = context(tx, core, mv, person, &lead, parent, now)?;
    let rendered = core.draft(tx, template, context)?;
    Ok(rendered
        .map(|rendered| (rendered.subject, rendered.body))
        .map_err(|e| {
            let why = sentence(&e.to_string());
            format!("The draft cannot be made: {why} Edit the draft, or mend the template.")
        }))
}

fn operator_facts(operator: &Operator) -> OperatorFacts {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    OperatorFacts {
        name: operator.name.clone(),
        first_name: None,
        email: operator.address.clone(),
        company: some(&operator.company),
        job_title: None,
        postal_address: some(&operator.postal_address),
        booking_link: None,
        signature: some(&operator.signature),
    }
}

fn context(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    person: &Person,
    lead: &SignalRow,
    parent: Option<&MessageRow>,
    now: Timestamp,
) -> Result<Context> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let zone = core.zone_of(person);
    let day = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%-d %B %Y").to_string();
    let deal = mv
        .deal_id
        .map(|d| deals::load(tx, d))
        .transpose()?
        .flatten();
    let about = lead.draft.about();
    let line = |text: &Option<String>, most| text.as_deref().map(|t| clean_line(t, most));
    let local = about.meeting.starts_at.map(|at| at.to_zoned(zone.clone()));
    let format = |pattern: &str| local.as_ref().map(|z| z.strftime(pattern).to_string());
    let form = match lead.draft.said() {
        // A template may name any field of the operator's own form.
        Said::Form(_) => lead.draft.payload().clone().into_iter().collect(),
        _ => BTreeMap::new(),
    };
    Ok(Context {
        first_name: some(&person.first_name),
        last_name: some(&person.last_name),
        full_name: some(format!("{} {}", person.first_name, person.last_name).trim()),
        job_title: some(&person.title),
        email: some(&person.email),
        company: some(&person.company),
        topic: line(&about.words.topic, 120),
        last_subject: parent
            .map(|p| base_subject(&p.subject).text)
            .filter(|s| !s.is_empty()),
        last_sent_on: parent.filter(|p| !p.inbound).map(|p| {
            let sent = p.sent_at.to_zoned(zone.clone());
            let days = now.duration_since(p.sent_at).as_hours() / 24;
            let is_this_year = sent.year() == now.to_zoned(zone.clone()).year();
            sent.strftime(match (days < 6, is_this_year) {
                (true, _) => "%A",
                (false, true) => "%-d %B",
                (false, false) => "%-d %B %Y",
            })
            .to_string()
        }),
        slots: if mv.action.offers_times(&mv.template) {
            offered_times(tx, core, person, now)?
        } else {
            Vec::new()
        },
        operator: operator_facts(&core.config.operator),
        deal: deal.map_or_else(DealFacts::default, |deal| DealFacts {
            name: some(&deal.name),
            amount: deal
                .amount
                .filter(|a| a.0 > 0)
                .map(|a| short_amount(a, &deal.currency)),
            stage: some(&deal.stage),
            close_date: deal.expires_at.map(day),
            renewal_date: deal
                .renewal_at
                .map(day)
                .or_else(|| line(&about.deal.renewal, 40)),
        }),
        meeting: MeetingFacts {
            title: line(&about.words.title, 120),
            when: format("%A %-d %B at %H:%M"),
            day: format("%A %-d %B"),
            time: format("%H:%M"),
            place: line(&about.meeting.place, 200),
        },
        onboarding: OnboardingFacts {
            step: line(&about.words.step, 120),
        },
        form,
    })
}

/// So old may be what is known of the calendars, for times to be offered.
const BUSY_KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long the meeting is that times are offered for.
const OFFERED_LENGTH: SignedDuration = SignedDuration::from_mins(30);
/// The hours, where the other person is, near which times are offered on one day after the other, so that morning and afternoon both come up.
const OFFERED_HOURS: [i8; 3] = [10, 14, 11];

/// Returns times at which both can meet, as the other person's clock shows them, from tomorrow on: a draft then stays the same all day. Empty
/// if it is not known when the operator is busy.
fn offered_times(
    tx: &ReadTx<'_>,
    core: &Core,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<String>> {
    let Some(busy) = calendar::busy(tx, now)? else {
        return Ok(Vec::new());
    };
    let age = now.duration_since(busy.read_at);
    // Read under a clock that was ahead, it is as old as one likes.
    if age > BUSY_KNOWN_FOR || age < -BUSY_KNOWN_FOR {
        return Ok(Vec::new());
    }
    let zone = core.zone_of(person);
    let ours = core.send_policy(core.config.operator.zone())?;
    let theirs = core.send_policy(zone.clone())?;
    let tomorrow = now
        .to_zoned(core.config.operator.zone())
        .tomorrow()
        .and_then(|day| day.start_of_day())
        .map_or(now, |start| start.timestamp());
    let found = free_slots(&SlotQuery {
        ours: &ours,
        theirs: &theirs,
        busy: &busy.spans,
        from: tomorrow,
        to: busy.until,
        length: OFFERED_LENGTH,
        per_day: 48,
        limit: 200,
    });
    let mut days: Vec<Vec<Zoned>> = Vec::new();
    for slot in found {
        let at = slot.start.to_zoned(zone.clone());
        match days.last_mut() {
            Some(day) if day.first().is_some_and(|first| first.date() == at.date()) => day.push(at),
            _ => days.push(vec![at]),
        }
    }
    let label = zone_label(&zone);
    Ok(days
        .into_iter()
        .zip(OFFERED_HOURS)
        .filter_map(|(day, hour)| {
            let wanted = i32::from(hour) * 60;
            day.into_iter().min_by_key(|at| {
                (i32::from(at.hour()) * 60 + i32::from(at.minute()) - wanted).abs()
            })
        })
        .map(|at| format!("{}{label}", at.strftime("%A %-d %B at %H:%M")))
        .collect())
}

/// Names a zone for somebody who lives in it: " (Madrid time)".
fn zone_label(zone: &TimeZone) -> String {
    let name = zone_name(zone);
    match name.rsplit_once('/') {
        Some(("Etc", _)) | None => format!(" ({})", name.trim_start_matches("Etc/")),
        Some((_, city)) => format!(" ({} time)", city.replace('_', " ")),
    }
}

/// Returns whether approval of a move sends a mail.
pub(in crate::engine) fn sends_mail(mv: &MoveRow) -> bool {
    mv.action.means() == Means::Mail
}
