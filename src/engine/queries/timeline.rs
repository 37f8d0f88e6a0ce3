//! Everything with one person or about one deal, newest first, and each entry in full.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::contact::LifecycleStage;
use crate::domain::deal::{Cents, short_amount};
use crate::domain::guard::Verdict;
use crate::domain::id::{ContactId, DealId, ExecutionId, MessageRowId, MoveId, SignalId};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::engine::queries::page::{Page, Slice};
use crate::engine::road::intake::what_happened;
use crate::store::contacts::{self, ContactRow, Touch};
use crate::store::timeline::{self, TimelineRow, Way};
use crate::store::{ReadTx, deals, executions, messages, moves, signals};

pub use crate::store::timeline::{Place, Subject, TimelineKind};

/// A line of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineItem {
    /// Instant of the entry.
    pub at: Timestamp,
    /// The kind of thing.
    pub kind: TimelineKind,
    /// Its number within its kind.
    pub id: i64,
    /// A title in a few words.
    pub title: String,
    /// More of it; may be empty.
    pub detail: String,
    /// Its state; may be empty.
    pub state: String,
    /// The move that it belongs to.
    pub move_id: Option<MoveId>,
    /// Its place in the timeline, to go on from.
    pub cursor: String,
    /// The same, as the program uses it.
    #[serde(skip)]
    pub place: Place,
}

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelinePage {
    /// The person.
    pub contact_id: ContactId,
    /// The lines, newest first.
    pub entries: Vec<TimelineItem>,
    /// The `before` of the next page; none at the end.
    pub next: Option<String>,
}

/// One thing that is known of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FactValue {
    /// An instant.
    At(Timestamp),
    /// Words.
    Text(String),
}

/// An entry of a timeline in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// Its title.
    pub title: String,
    /// Facts about it, by name.
    pub facts: Vec<(String, FactValue)>,
    /// Its text: a mail, a payload, a draft.
    pub text: String,
    /// The guards' verdicts.
    pub verdicts: Vec<Verdict>,
}

/// One line of the list of people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactLine {
    /// Their number.
    pub id: ContactId,
    /// The name; empty if unknown, as with every text here.
    pub name: String,
    /// The address that mail goes to.
    pub email: String,
    /// The job title.
    pub title: String,
    /// The company's name.
    pub company: String,
    /// The lifecycle stage.
    pub stage: LifecycleStage,
    /// The last mail, meeting or visit either way.
    pub last_contact_at: Option<Timestamp>,
}

impl From<ContactRow> for ContactLine {
    fn from(row: ContactRow) -> Self {
        Self {
            id: row.id,
            name: row.full_name(),
            email: row.email,
            title: row.title,
            company: row.company,
            stage: row.stage,
            last_contact_at: row.last_contact_at,
        }
    }
}

/// People who are found by words; more are not looked at.
const MOST_FOUND: usize = 200;

fn cursor(place: Place) -> String {
    format!("{}.{}.{}", place.at, place.kind, place.id)
}

fn parse_cursor(text: &str) -> Option<Place> {
    let mut parts = text.splitn(3, '.');
    Some(Place {
        at: parts.next()?.parse().ok()?,
        kind: parts.next()?.parse().ok()?,
        id: parts.next()?.parse().ok()?,
    })
}

fn item(tx: &ReadTx<'_>, row: TimelineRow) -> Result<TimelineItem> {
    let mut title = row.title.clone();
    let mut detail = row.detail.clone();
    match row.place.kind {
        TimelineKind::Signal => {
            let signal = signals::load(tx, SignalId(row.place.id))?;
            title = what_happened(&signal.draft);
            detail = format!("{} from {}", row.title, row.detail);
        }
        TimelineKind::Outcome => title = title.replace('_', " "),
        TimelineKind::Deal => {
            if let Some(deal) = deals::load(tx, DealId(row.place.id))? {
                detail = amount_and_stage(deal.amount, &deal.currency, &deal.stage);
            }
        }
        TimelineKind::Pause => {
            detail = title;
            title = "automatic sending pauses until then".into();
        }
        TimelineKind::Record => {
            detail = title;
            title = "first known".into();
        }
        _ => {}
    }
    Ok(TimelineItem {
        at: row.at(),
        kind: row.place.kind,
        id: row.place.id,
        title,
        detail,
        state: row.state,
        move_id: row.move_id,
        cursor: cursor(row.place),
        place: row.place,
    })
}

fn amount_and_stage(amount: Option<Cents>, currency: &str, stage: &str) -> String {
    match amount {
        Some(amount) => format!("{}, {stage}", short_amount(amount, currency)),
        None => stage.to_owned(),
    }
}

impl Engine {
    /// Reads a page of a timeline.
    ///
    /// # Errors
    /// Fails where the database cannot be read.
    pub fn timeline(&self, subject: Subject, page: &Page<Place>) -> Result<Slice<TimelineItem>> {
        self.store().read(|tx| {
            let slice = Slice::read(
                page,
                |from, n| timeline::page(tx, subject, from.copied(), Way::Older, n),
                |to, n| timeline::page(tx, subject, to.copied(), Way::Newer, n),
            )?;
            let rows = slice.rows.into_iter().map(|row| item(tx, row));
            Ok(Slice {
                rows: rows.collect::<Result<_>>()?,
                before: slice.before,
                after: slice.after,
            })
        })
    }

    /// Reads the timeline of the person that `who` names, newest first, what is older than the cursor `before` if one is given.
    ///
    /// # Errors
    /// Fails where nobody is known by that, the cursor is none of a timeline, or the database cannot be read.
    pub fn timeline_of(
        &self,
        who: &str,
        before: Option<&str>,
        limit: usize,
    ) -> Result<TimelinePage> {
        let from = before
            .map(|text| {
                parse_cursor(text).ok_or_else(|| {
                    EngineError::Input(format!(
                        "\"{}\" is no place in a timeline; give what `next` said.",
                        crate::domain::text::clean_line(text, 80)
                    ))
                })
            })
            .transpose()?;
        let limit = limit.clamp(1, 10_000);
        self.store().read(|tx| {
            let id = find_person(tx, who)?.contact_id();
            let subject = Subject::Contact(id);
            // The place itself was shown on the page before.
            let mut rows = timeline::page(tx, subject, from, Way::Older, limit + 2)?;
            rows.retain(|row| Some(row.place) != from);
            let is_more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| is_more).map(|row| cursor(row.place));
            Ok(TimelinePage {
                contact_id: id,
                entries: rows
                    .into_iter()
                    .map(|row| item(tx, row))
                    .collect::<Result<_>>()?,
                next,
            })
        })
    }

    /// Reads an entry of a timeline in full.
    ///
    /// # Errors
    /// Fails where it is gone, or the database cannot be read.
    pub fn timeline_entry(&self, subject: Subject, place: Place) -> Result<TimelineEntry> {
        self.store().read(|tx| {
            let line = timeline::page(tx, subject, Some(place), Way::Older, 1)?
                .into_iter()
                .find(|row| row.place == place)
                .ok_or_else(|| EngineError::NotFound("It is not there any more.".into()))?;
            let line = item(tx, line)?;
            entry(tx, &line)
        })
    }

    /// Reads a page of the list of people: those in touch last first, or those whose names, addresses or companies have words beginning with
    /// those of `words`, the best first.
    ///
    /// # Errors
    /// Fails where the database cannot be read.
    pub fn contacts_page(&self, words: &str, page: &Page<ContactId>) -> Result<Slice<ContactLine>> {
        self.store().read(|tx| {
            if !words.trim().is_empty() {
                let hits = contacts::search(tx, words, MOST_FOUND)?;
                return Ok(Slice::whole(
                    hits.into_iter().map(|hit| hit.contact.into()).collect(),
                ));
            }
            let slice = Slice::read(
                page,
                |from, n| contacts::in_touch(tx, from.copied(), Touch::Longer, n),
                |to, n| contacts::in_touch(tx, to.copied(), Touch::Since, n),
            )?;
            Ok(Slice {
                rows: slice.rows.into_iter().map(Into::into).collect(),
                before: slice.before,
                after: slice.after,
            })
        })
    }

    /// Counts the people.
    ///
    /// # Errors
    /// Fails where the database cannot be read.
    pub fn count_contacts(&self) -> Result<u64> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(contacts::count(tx)?))
    }
}

struct Facts(Vec<(String, FactValue)>);

impl Facts {
    fn text(&mut self, name: &str, value: String) {
        if !value.trim().is_empty() {
            self.0.push((name.to_owned(), FactValue::Text(value)));
        }
    }

    fn at(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.0.push((name.to_owned(), FactValue::At(at)));
        }
    }
}

fn entry(tx: &ReadTx<'_>, line: &TimelineItem) -> Result<TimelineEntry> {
    let mut facts = Facts(vec![("When".to_owned(), FactValue::At(line.at))]);
    let mut text = String::new();
    let mut verdicts = Vec::new();
    match line.kind {
        TimelineKind::MailIn | TimelineKind::MailOut => {
            if let Some(mail) = messages::load(tx, MessageRowId(line.id))? {
                facts.text("From", mail.from_address);
                facts.text("To", mail.to_address);
                facts.text("Subject", mail.subject);
                if let Some(label) = mail.label {
                    facts.text(
                        "Read as",
                        format!("{label} ({:.0} %)", mail.confidence * 100.0),
                    );
                }
                facts.text("Mailbox", mail.source);
                facts.text("Message-ID", mail.message_id);
                text = mail.text;
            }
        }
        TimelineKind::Execution => {
            if let Some(row) = executions::load(tx, ExecutionId(line.id))? {
                facts.text("Status", row.status.to_string());
                facts.text("Mode", row.mode.to_string());
                facts.text("Approved by", row.approved_by.to_string());
                facts.text("To", row.to_key);
                facts.text("Subject", row.subject);
                facts.at("Ended", row.settled_at);
                facts.text("Tries", row.tries.to_string());
                facts.text("Location", row.location);
                facts.text("Error", row.error);
                facts.text("Message-ID", row.message_id);
                verdicts = executions::verdicts(tx, row.id)?;
                text = serde_json::from_str::<serde_json::Value>(&row.content)
                    .ok()
                    .and_then(|v| v.get("body").and_then(|b| b.as_str()).map(str::to_owned))
                    .unwrap_or_default();
            }
        }
        TimelineKind::Move | TimelineKind::Closed => {
            if let Some(mv) = moves::load(tx, MoveId(line.id))? {
                facts.text("Move", format!("{} {}", mv.id, mv.title));
                facts.text("Status", mv.status.to_string());
                facts.text("Closed because", mv.close_reason);
                facts.at("Due", Some(mv.due_at));
                facts.text("Made by", mv.rule);
                let [revenue, urgency, strategic] = mv.why;
                facts.text("Revenue", revenue);
                facts.text("Urgency", urgency);
                facts.text("Strategic", strategic);
                for signal in signals::of_move(tx, mv.id, 20)? {
                    text.push_str(&format!(
                        "{}  {}\n",
                        signal.draft.occurred_at,
                        what_happened(&signal.draft)
                    ));
                }
            }
        }
        TimelineKind::Signal => {
            let signal = signals::load(tx, SignalId(line.id))?;
            facts.text("Kind", signal.draft.kind().to_string());
            facts.text("Source", signal.draft.source.to_string());
            facts.at("Stored", Some(signal.seen_at));
            text = serde_json::to_string_pretty(signal.draft.payload()).unwrap_or_default();
            for field in signal.draft.unreadable() {
                facts.text("Not read", field.to_string());
            }
            facts.text("Address", signal.draft.email.unwrap_or_default());
            facts.text("Their id", signal.draft.external_id);
        }
        TimelineKind::Outcome
        | TimelineKind::Meeting
        | TimelineKind::Deal
        | TimelineKind::Suppression
        | TimelineKind::Pause
        | TimelineKind::Record => {
            facts.text("What", line.title.clone());
            facts.text("State", line.state.clone());
            text.clone_from(&line.detail);
        }
    }
    facts.text(
        "Belongs to",
        line.move_id
            .map(|id| format!("move {id}"))
            .unwrap_or_default(),
    );
    Ok(TimelineEntry {
        title: line.title.clone(),
        facts: facts.0,
        text,
        verdicts,
    })
}
