//! Deeds: what approval of a move carries out. A mail, an invitation to a meeting, or a change of records; else the operator does it by hand.
//!
//! Whichever it is, consent is bound to the hash of its whole content, it passes the same gate, and it is a row before it leaves.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::connectors::google::calendar::{self, NewEvent, event_id};
use crate::domain::action::{ActionKind, Means};
use crate::domain::guard::EffectKind;
use crate::domain::id::ExecutionId;
use crate::domain::moves::{MAX_MEETING_MINUTES, MEETING_MINUTES, MovePlan};
use crate::domain::schedule::{parse_zone, zone_name};
use crate::domain::service::Provider;
use crate::domain::signal::Said;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::effects::kinds::mail::draft::{self, Content, Draft};
use crate::engine::effects::kinds::record::deeds::{RecordDeed, Sources, record_of};
use crate::engine::effects::kinds::record::operation::shown;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::{Core, instance};
use crate::store::executions::ExecutionRow;
use crate::store::moves::MoveRow;
use crate::store::people::Person;
use crate::store::signals::SignalRow;
use crate::store::{ReadTx, StoreError, moves, people, signals};

/// What invitations leave through, as executions name it. A mailbox cannot be named so.
pub(in crate::engine) const CALENDAR: &str = "google:calendar";
/// What records are written through.
pub(in crate::engine) const HUBSPOT: &str = "hubspot:crm";

/// The longest part that is shown, in bytes.
const MAX_PART: usize = 60_000;

/// An invitation to a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Invitation {
    /// The calendar that it goes into.
    pub calendar: String,
    /// The meeting. Its own name is made of the execution's number when it is known.
    pub event: NewEvent,
    /// Whom it invites.
    pub to: String,
    /// The IANA name of the zone that they live in, as far as it is known.
    pub their_zone: String,
}

impl Invitation {
    /// Returns the meeting under the name that an execution gives it: the same for every try, so that however often the calendar is asked there
    /// is one meeting.
    pub fn event_of(&self, tx: &ReadTx<'_>, execution: ExecutionId) -> Result<NewEvent> {
        let hash = Sha256::digest(format!("{}:execution:{execution}", instance(tx)?));
        Ok(NewEvent {
            id: event_id(hash.get(..20).unwrap_or(&hash)),
            ..self.event.clone()
        })
    }

    /// Returns its subject for a list.
    pub fn subject(&self, core: &Core) -> String {
        let at = self.event.start.to_zoned(core.config.operator.zone());
        format!("{}, {}", self.event.title, at.strftime("%a %-d %b %H:%M"))
    }
}

/// What approval carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Deed {
    /// A mail.
    Mail(Draft),
    /// An invitation.
    Meeting(Box<Invitation>),
    /// A change of records.
    Record(Box<RecordDeed>),
}

/// What approval of a move comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Way {
    /// It is carried out from here.
    Deed(Deed),
    /// The operator does it, and why not from here; approval ticks it off.
    ByHand(String),
}

/// Tells how a move would be carried out, without making what approval carries out.
pub(in crate::engine) fn means_of(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    now: Timestamp,
) -> Result<Means> {
    if mv.action.means() == Means::Mail {
        let is_meeting =
            mv.action.offers_times(&mv.template) && plan_of(tx, mv)?.1.starts_at.is_some();
        return Ok(if is_meeting {
            Means::Meeting
        } else {
            Means::Mail
        });
    }
    match make(tx, core, mv, now) {
        Ok(Way::ByHand(_)) => Ok(Means::ByHand),
        Ok(Way::Deed(_)) | Err(EngineError::Input(_)) => Ok(Means::Record),
        Err(other) => Err(other),
    }
}

/// Returns the signal that leads a move, and what is settled of it: by the operator, else by the signal.
fn plan_of(tx: &ReadTx<'_>, mv: &MoveRow) -> Result<(SignalRow, MovePlan)> {
    let lead = signals::load(tx, mv.lead_signal_id)?;
    let own = moves::plan(tx, mv.id)?.unwrap_or_default();
    let plan = said_by(&lead).under(own);
    Ok((lead, plan))
}

/// Returns the plan that a signal given by hand settles. Of other signals, times and stages are past, not planned.
fn said_by(lead: &SignalRow) -> MovePlan {
    let Said::Manual(wish) = lead.draft.said() else {
        return MovePlan::default();
    };
    let about = lead.draft.about();
    let line = |text: &Option<String>, most| clean_line(text.as_deref().unwrap_or_default(), most);
    MovePlan {
        starts_at: about.meeting.starts_at,
        by_mail: false,
        minutes: wish.minutes.map(|n| n.min(MAX_MEETING_MINUTES)),
        title: String::new(),
        place: line(&about.meeting.place, 200),
        with_call: wish.call,
        due: about.asks.due_at(),
        stage: line(&wish.stage, 100),
        properties: wish.properties.clone(),
        task: line(&wish.task, 100),
    }
}

/// Makes what approval of a move would carry out now.
///
/// # Errors
/// [`EngineError::Input`] says what is missing.
pub(in crate::engine) fn make(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    now: Timestamp,
) -> Result<Way> {
    if mv.action.means() == Means::Mail {
        if mv.action.offers_times(&mv.template) {
            let (_, plan) = plan_of(tx, mv)?;
            if let Some(start) = plan.starts_at {
                let invitation = invitation(tx, core, mv, &plan, start, now)?;
                return Ok(Way::Deed(Deed::Meeting(Box::new(invitation))));
            }
        }
        return Ok(Way::Deed(Deed::Mail(draft::make(tx, core, mv, now)?)));
    }
    if !is_about_records(mv.action) {
        return Ok(Way::ByHand("it is work of your own".into()));
    }
    let (lead, plan) = plan_of(tx, mv)?;
    let own = moves::draft(tx, mv.id)?;
    let from = Sources {
        mv,
        lead: &lead,
        plan: &plan,
        own: own.as_ref(),
    };
    Ok(match record_of(tx, core, &from, now)? {
        Ok(record) => Way::Deed(Deed::Record(Box::new(record))),
        Err(why) => Way::ByHand(why),
    })
}

/// Tells whether an action can be carried out by writing records.
pub(in crate::engine) const fn is_about_records(action: ActionKind) -> bool {
    matches!(
        action,
        ActionKind::CreateTask
            | ActionKind::CompleteTask
            | ActionKind::UpdateDealStage
            | ActionKind::UpdateContact
            | ActionKind::UpdateCrm
            | ActionKind::AddNote
            | ActionKind::LogCall
    )
}

/// Tells whether the words of an action's record can be edited like a draft.
pub(in crate::engine) const fn has_words(action: ActionKind) -> bool {
    matches!(
        action,
        ActionKind::CreateTask | ActionKind::AddNote | ActionKind::LogCall
    )
}

fn invitation(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    plan: &MovePlan,
    start: Timestamp,
    now: Timestamp,
) -> Result<Invitation> {
    let refused = |why: String| EngineError::Input(why);
    let person: Option<Person> = match mv.contact_id {
        Some(contact) => people::load(tx, contact)?,
        None => None,
    };
    let Some(person) = person.filter(|p| !p.email.is_empty()) else {
        return Err(refused(format!(
            "Move {} has nobody to invite: no address is known.",
            mv.id
        )));
    };
    let google = &core.config.google;
    let calendar = google.calendars.first().cloned();
    let calendar = calendar.unwrap_or_else(|| "primary".into());
    if !crate::engine::outside::auth::is_signed_in_by(tx, Provider::Google)? {
        return Err(refused(format!(
            "No calendar is signed in to: `caseyos auth login google`. `caseyos edit {} --no-time` offers times by mail instead.",
            mv.id
        )));
    }
    if start <= now {
        return Err(refused(format!(
            "The meeting would begin in the past; `caseyos edit {} --at TIME` sets another time, `--no-time` offers times by mail instead.",
            mv.id
        )));
    }
    let minutes = plan
        .minutes
        .unwrap_or(MEETING_MINUTES)
        .clamp(1, MAX_MEETING_MINUTES);
    let end = start
        .checked_add(SignedDuration::from_mins(i64::from(minutes)))
        .map_err(|_| refused("The meeting would end beyond what calendars know.".into()))?;
    let name = clean_line(&person.name(), 120);
    let title = match clean_line(&plan.title, 200) {
        title if title.is_empty() => call_with(&name, &person.email),
        title => title,
    };
    Ok(Invitation {
        event: NewEvent {
            id: String::new(),
            title,
            description: String::new(),
            place: clean_line(&plan.place, 200),
            start,
            end,
            zone: calendar_zone(core),
            attendees: vec![(person.email.trim().to_owned(), name)],
            with_call: plan.with_call.unwrap_or(false),
        },
        calendar,
        to: person.email.trim().to_owned(),
        their_zone: zone_name(&core.zone_of(&person)),
    })
}

/// Returns the zone that a calendar shows our meetings in: the operator's, where it has a name that calendars know.
pub(in crate::engine) fn calendar_zone(core: &Core) -> String {
    let zone = core.config.operator.zone();
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// Returns what a meeting with somebody is called if nobody says otherwise.
pub(in crate::engine) fn call_with(name: &str, address: &str) -> String {
    format!("Call with {}", if name.is_empty() { address } else { name })
}

impl Deed {
    /// Returns what it reaches.
    pub const fn kind(&self) -> EffectKind {
        match self {
            Self::Mail(_) => EffectKind::Mail,
            Self::Meeting(_) => EffectKind::Meeting,
            Self::Record(_) => EffectKind::Record,
        }
    }

    /// Returns how it is carried out.
    pub const fn means(&self) -> Means {
        match self {
            Self::Mail(_) => Means::Mail,
            Self::Meeting(_) => Means::Meeting,
            Self::Record(_) => Means::Record,
        }
    }

    /// Returns the address that it goes to in lower case; empty if it goes to nobody.
    pub fn to_key(&self) -> String {
        match self {
            Self::Mail(draft) => draft.content.to.to_lowercase(),
            Self::Meeting(invitation) => invitation.to.to_lowercase(),
            Self::Record(_) => String::new(),
        }
    }

    /// Returns what a list calls it.
    pub fn subject(&self, core: &Core) -> String {
        match self {
            Self::Mail(draft) => draft.content.subject.clone(),
            Self::Meeting(invitation) => invitation.subject(core),
            Self::Record(record) => record.summary.clone(),
        }
    }

    /// Returns the message that it answers; empty if none.
    pub fn in_reply_to(&self) -> &str {
        match self {
            Self::Mail(draft) => &draft.content.in_reply_to,
            Self::Meeting(_) | Self::Record(_) => "",
        }
    }

    /// Returns its content as it is kept.
    pub fn content(&self) -> Result<String> {
        let written = match self {
            Self::Mail(draft) => serde_json::to_string(&draft.content),
            Self::Meeting(invitation) => serde_json::to_string(invitation),
            Self::Record(record) => serde_json::to_string(record),
        };
        Ok(written.map_err(|e| StoreError::Invalid(e.to_string()))?)
    }

    /// Returns the hash that approval is bound to.
    pub fn hash(&self) -> Result<[u8; 32]> {
        match self {
            Self::Mail(draft) => Ok(draft.content.hash()),
            Self::Meeting(_) | Self::Record(_) => Ok(hash_of(self.kind(), &self.content()?)),
        }
    }

    /// Returns the exact request that would leave, without tokens; none for a mail, whose message is more than its content.
    pub fn request(
        &self,
        tx: &ReadTx<'_>,
        core: &Core,
        execution: ExecutionId,
    ) -> Result<Option<String>> {
        Ok(match self {
            Self::Mail(_) => None,
            Self::Meeting(invitation) => {
                let event = invitation.event_of(tx, execution)?;
                let request = calendar::insert_event(&invitation.calendar, &event);
                Some(shown(core.config.base_url(request.service), &request))
            }
            Self::Record(record) => Some(record.shown(core, &format!("execution:{execution}:1"))),
        })
    }

    /// Returns its parts for a face, a name and a value each; none for a mail.
    pub fn parts(&self, core: &Core) -> Vec<(String, String)> {
        // Some of it was written elsewhere.
        self.raw_parts(core)
            .into_iter()
            .map(|(name, value)| (clean_line(&name, 100), clean_block(&value, MAX_PART)))
            .collect()
    }

    fn raw_parts(&self, core: &Core) -> Vec<(String, String)> {
        match self {
            Self::Mail(_) => Vec::new(),
            Self::Record(record) => record.parts(core),
            Self::Meeting(invitation) => {
                let event = &invitation.event;
                let zone = core.config.operator.zone();
                let at = |at: Timestamp, pattern: &str| {
                    at.to_zoned(zone.clone()).strftime(pattern).to_string()
                };
                let mut parts = vec![
                    ("to".to_owned(), invitation.to.clone()),
                    ("title".to_owned(), event.title.clone()),
                    (
                        "when".to_owned(),
                        format!(
                            "{} to {} ({})",
                            at(event.start, "%a %-d %b %Y %H:%M"),
                            at(event.end, "%H:%M"),
                            zone_name(&zone)
                        ),
                    ),
                ];
                if let Ok(theirs) = parse_zone(&invitation.their_zone)
                    && invitation.their_zone != zone_name(&zone)
                {
                    let there = event.start.to_zoned(theirs);
                    parts.push((
                        "there".to_owned(),
                        format!("{} ({})", there.strftime("%a %H:%M"), invitation.their_zone),
                    ));
                }
                if !event.place.is_empty() {
                    parts.push(("where".to_owned(), event.place.clone()));
                }
                if event.with_call {
                    parts.push(("call".to_owned(), "with a video call".to_owned()));
                }
                parts.push(("calendar".to_owned(), invitation.calendar.clone()));
                parts
            }
        }
    }

    /// Says what taking it back will bring back.
    pub fn promise(&self) -> &'static str {
        match self {
            Self::Mail(_) => "Once it has left it cannot be unsent.",
            Self::Meeting(_) => {
                "The meeting is taken out of the calendar and they are told. The invitation cannot be unsent."
            }
            Self::Record(record) => record.promise(),
        }
    }
}

fn hash_of(kind: EffectKind, content: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(kind.as_str());
    hasher.update([0]);
    hasher.update(content);
    hasher.finalize().into()
}

/// Returns the hash of what an execution holds; zeros if that cannot be read, which no approval matches.
pub(in crate::engine) fn held_hash(row: &ExecutionRow) -> [u8; 32] {
    match row.kind {
        EffectKind::Mail => {
            serde_json::from_str::<Content>(&row.content).map_or([0; 32], |content| content.hash())
        }
        EffectKind::Meeting | EffectKind::Record => hash_of(row.kind, &row.content),
    }
}

/// Reads what an execution that is no mail holds.
pub(in crate::engine) fn held<T: serde::de::DeserializeOwned>(row: &ExecutionRow) -> Result<T> {
    Ok(serde_json::from_str(&row.content)
        .map_err(|e| StoreError::Invalid(format!("the content of execution {}: {e}", row.id)))?)
}

/// Describes what an execution that is no mail carries out, a line for each part.
pub(in crate::engine) fn described(core: &Core, row: &ExecutionRow) -> Result<String> {
    let deed = match row.kind {
        EffectKind::Meeting => Deed::Meeting(Box::new(held(row)?)),
        _ => Deed::Record(Box::new(held(row)?)),
    };
    let lines: Vec<String> = deed
        .parts(core)
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    Ok(lines.join("\n"))
}

/// Names an execution in a sentence: "the mail to ann@acme.example".
pub(in crate::engine) fn named(row: &ExecutionRow) -> String {
    match row.kind {
        EffectKind::Mail => format!("the mail to {}", row.to_key),
        EffectKind::Meeting => format!("the invitation to {}", row.to_key),
        EffectKind::Record => row.subject.clone(),
    }
}
