//! Gmail as a source: what came into the mailbox since a point of its history, and before that the last weeks, newest first.
//!
//! The cursor holds points of the history with the time at which each was current. A pass starts a little behind the newest, as Gmail may file
//! a message under a point that was handed out already; what is known makes nothing twice. A point moves on only after every page behind it was
//! taken in. When Gmail no longer knows a point, the mailbox is read anew from a day before it.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::MailAccount;
use crate::connectors::google::gmail::{self, Message, Page};
use crate::connectors::mail::parse::parse;
use crate::connectors::transport::{CallError, CallErrorKind};
use crate::domain::email::address::EmailAddress;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::outside::Outside;
use crate::engine::outside::google::{Stop, failed};
use crate::engine::road::sources::mailbox::{Incoming, about, source_name, take_incoming};
use crate::engine::road::sources::{PassScope, SignalSource, SourceRun};
use crate::env::{crash_point, monotonic};
use crate::store::{Durability, remotes, sources};

/// Messages in one transaction.
const BATCH: usize = 25;
/// Time before the newest point at which a pass starts.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// Points that are kept; passes may follow each other closely.
const MAX_POINTS: usize = 20;
/// Longest time for which the reading of old mail holds up a pass; the next one goes on.
const BACKFILL_SLICE: Duration = Duration::from_secs(45);
/// Tries for a message that cannot be read.
const MAX_TRIES: u32 = 5;
/// Number of such messages that are remembered.
const MAX_UNREAD: usize = 200;
/// Time between two questions for the account's addresses.
const ADDRESSES_AGE: SignedDuration = SignedDuration::from_hours(24);

/// A mailbox at Gmail.
#[derive(Debug)]
pub(in crate::engine) struct GmailSource(pub MailAccount);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// Points of the history, oldest first, with the millisecond at which each was current.
    points: Vec<(i64, String)>,
    /// The reading of what lay there before, while it lasts.
    backfill: Option<Backfill>,
    /// Messages that could not be read, with the number of tries.
    unread: Vec<(String, u32)>,
    /// The millisecond at which the account's addresses were asked for.
    addresses_at: i64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Backfill {
    /// The second from which on mail is read.
    after: i64,
    /// The token of the page to go on with; empty for the first.
    page: String,
}

impl SignalSource for GmailSource {
    fn name(&self) -> String {
        source_name(&self.0)
    }

    fn about(&self) -> String {
        about(&self.0)
    }

    fn read(&self, engine: &Engine, scope: &PassScope, cursor: &str) -> Result<SourceRun> {
        let mut reading = Reading {
            engine,
            outside: engine.outside(),
            name: self.name(),
            account: &self.0,
            cursor: serde_json::from_str(cursor).unwrap_or_default(),
            run: SourceRun::default(),
        };
        engine.watch_drafts(&self.0, &mut reading.run);
        reading.pass(scope)?;
        Ok(reading.run)
    }
}

/// One reading, with what it has come to so far.
struct Reading<'a> {
    engine: &'a Engine,
    outside: &'a Outside,
    name: String,
    account: &'a MailAccount,
    cursor: Cursor,
    run: SourceRun,
}

impl Reading<'_> {
    fn pass(&mut self, scope: &PassScope) -> Result<()> {
        let now = self.engine.now();
        self.learn_addresses(now);
        let is_first = self.cursor.points.is_empty();
        if is_first || scope.full || scope.since.is_some() {
            let days = i64::from(self.account.backfill_days);
            let first = shifted(now, SignedDuration::from_hours(24 * days));
            self.begin(scope.since.unwrap_or(first), now)?;
        }
        if !is_first && let Err(stop) = self.follow_history(now) {
            if !matches!(&stop, Stop::Call(e) if e.kind == CallErrorKind::NotFound) {
                return Err(stop.into());
            }
            // Gmail forgets its history after about a week, sometimes after hours.
            let known = self.cursor.points.last().map_or(0, |(at, _)| *at);
            let known = Timestamp::from_millisecond(known).unwrap_or(now);
            self.cursor.points.clear();
            self.begin(shifted(known, SignedDuration::from_hours(24)), now)?;
        }
        self.retry_unread()?;
        self.read_back(scope)
    }

    /// Notes where the history stands now and begins to read what lies before. The point comes first, so nothing falls between the two.
    fn begin(&mut self, since: Timestamp, now: Timestamp) -> Result<()> {
        if self.cursor.points.is_empty() {
            let point = self.newest_point().map_err(|e| failed(&e))?;
            // An empty mailbox may have no point; then the next pass begins again.
            if !point.is_empty() {
                self.cursor.points.push((now.as_millisecond(), point));
            }
        }
        // A reading that is not done yet still goes back as far as it was to go.
        let unfinished = self.cursor.backfill.as_ref().map(|b| b.after);
        self.cursor.backfill = Some(Backfill {
            after: unfinished.map_or(since.as_second(), |after| after.min(since.as_second())),
            page: String::new(),
        });
        self.commit(Vec::new())
    }

    /// Asks where the history stands: the profile says it, and where there is none, the newest message.
    fn newest_point(&self) -> Result<String, CallError> {
        match self.outside.call(&gmail::profile()) {
            Ok(answer) => {
                let point = gmail::read_profile(&answer)?.history_id;
                if !point.is_empty() {
                    return Ok(point);
                }
            }
            Err(error) if error.status.is_none() || is_about_us(&error) => return Err(error),
            Err(error) => tracing::warn!(%error, "the mailbox has no profile"),
        }
        let newest = gmail::read_messages(&self.outside.call(&gmail::list_messages("", ""))?)?;
        let Some(newest) = newest.messages.first() else {
            return Ok(String::new());
        };
        let answer = self
            .outside
            .call(&gmail::get_headers(&newest.id, &["Date"]))?;
        Ok(gmail::read_message(&answer)?.history_id)
    }

    /// Takes in what was added since the last pass, page by page, and moves the point.
    fn follow_history(&mut self, now: Timestamp) -> Result<(), Stop> {
        let edge = shifted(now, OVERLAP).as_millisecond();
        let start = self.cursor.points.iter().rev().find(|(at, _)| *at <= edge);
        let start = start
            .or(self.cursor.points.first())
            .map(|(_, point)| point.clone())
            .unwrap_or_default();
        let (mut page, mut asked) = (String::new(), HashSet::new());
        let mut newest = String::new();
        loop {
            let answer = self.outside.call(&gmail::history(&start, &page))?;
            let read = gmail::read_history(&answer)?;
            if !read.history_id.is_empty() {
                newest = read.history_id.clone();
            }
            self.take(read.messages)?;
            if read.next.is_empty() {
                break;
            }
            if !asked.insert(read.next.clone()) {
                self.run.is_partial = true;
                self.trouble("Gmail's history repeats a page, so it was left there; the next pass reads it again");
                return Ok(());
            }
            page = read.next;
        }
        if !newest.is_empty() {
            self.cursor.points.push((now.as_millisecond(), newest));
            // What lies before the edge of the overlap is needed once: as the place to start from.
            let edge_at = self.cursor.points.iter().rposition(|(at, _)| *at <= edge);
            self.cursor.points.drain(..edge_at.unwrap_or(0));
            while self.cursor.points.len() > MAX_POINTS {
                self.cursor.points.remove(1);
            }
        }
        Ok(self.commit(Vec::new())?)
    }

    /// Reads what lay in the mailbox before, from the newest on.
    fn read_back(&mut self, scope: &PassScope) -> Result<()> {
        let begun = monotonic();
        let mut asked = HashSet::new();
        let mut is_fresh = false;
        while let Some(backfill) = self.cursor.backfill.clone() {
            // Chats are told by their label once they are there: not every server that speaks Gmail's language knows the search for them.
            let search = format!("after:{}", backfill.after);
            let answer = self
                .outside
                .call(&gmail::list_messages(&search, &backfill.page));
            let read: Page = match answer.and_then(|a| gmail::read_messages(&a)) {
                Ok(read) => read,
                // A token from an earlier pass has grown too old. What was read is skipped at no cost.
                Err(e)
                    if e.kind == CallErrorKind::Invalid
                        && !backfill.page.is_empty()
                        && !is_fresh =>
                {
                    is_fresh = true;
                    self.cursor.backfill = Some(Backfill {
                        page: String::new(),
                        ..backfill
                    });
                    continue;
                }
                Err(error) => return Err(failed(&error)),
            };
            self.take(read.messages)?;
            if !read.next.is_empty() && !asked.insert(read.next.clone()) {
                self.run.is_partial = true;
                self.trouble("Gmail's list of messages repeats a page, so it was left there; the next pass reads it again");
                return Ok(());
            }
            self.cursor.backfill = (!read.next.is_empty()).then_some(Backfill {
                page: read.next,
                ..backfill
            });
            self.commit(Vec::new())?;
            if !scope.full && monotonic().saturating_sub(begun) > BACKFILL_SLICE {
                break;
            }
        }
        Ok(())
    }

    fn retry_unread(&mut self) -> Result<()> {
        let again = self.cursor.unread.iter().map(|(id, _)| Message {
            id: id.clone(),
            ..Message::default()
        });
        Ok(self.take(again.collect())?)
    }

    /// Fetches the messages that are not known yet and takes them in, batch by batch.
    fn take(&mut self, listed: Vec<Message>) -> Result<(), Stop> {
        let name = &self.name;
        let unseen = self.engine.store().read(|tx| {
            let mut unseen = Vec::new();
            for message in listed {
                if !sources::has_seen_file(tx, name, &seen_as(&message))? {
                    unseen.push(message);
                }
            }
            Ok::<_, EngineError>(unseen)
        });
        for batch in unseen?.chunks(BATCH) {
            let (mut read, mut stopped) = (Vec::with_capacity(batch.len()), None);
            for message in batch {
                match self.fetch(message) {
                    Ok(incoming) => read.extend(incoming),
                    Err(error) => {
                        stopped = Some(error);
                        break;
                    }
                }
            }
            // What came before the failure is kept.
            self.commit(read)?;
            if let Some(error) = stopped {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Fetches a message; none if it is there no more or cannot be read now.
    fn fetch(&mut self, listed: &Message) -> Result<Option<Incoming>, CallError> {
        let without_text = |message: &Message, why| Incoming {
            unique: seen_as(message),
            not_inbound: Some(why),
            ..Incoming::default()
        };
        if let Some(why) = listed.is_not_inbound() {
            return Ok(Some(without_text(listed, why)));
        }
        let answer = self.outside.call(&gmail::get_message(&listed.id));
        let message = match answer.and_then(|a| gmail::read_message(&a)) {
            Ok(message) => message,
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => {
                self.forget_unread(&listed.id);
                return Ok(Some(without_text(listed, "deleted since")));
            }
            Err(e) if is_its_own_fault(&e) => return Ok(self.put_off(listed, &e.message)),
            Err(error) => return Err(error),
        };
        if let Some(why) = message.is_not_inbound() {
            let named = Message {
                id: listed.id.clone(),
                ..message
            };
            self.forget_unread(&listed.id);
            return Ok(Some(without_text(&named, why)));
        }
        let Some(bytes) = message.bytes() else {
            return Ok(self.put_off(listed, "its text did not come"));
        };
        self.forget_unread(&listed.id);
        Ok(Some(Incoming {
            unique: listed.id.clone(),
            mail: parse(&bytes),
            remote_thread: message.thread_id,
            not_inbound: None,
        }))
    }

    fn forget_unread(&mut self, id: &str) {
        self.cursor.unread.retain(|(known, _)| known != id);
    }

    /// Remembers a message that cannot be read, and gives it up after some tries: it must not hold up the others for good.
    fn put_off(&mut self, message: &Message, why: &str) -> Option<Incoming> {
        let tries = self.cursor.unread.iter().find(|(id, _)| *id == message.id);
        let tries = tries.map_or(0, |(_, n)| *n) + 1;
        self.forget_unread(&message.id);
        if tries >= MAX_TRIES || self.cursor.unread.len() >= MAX_UNREAD {
            return Some(Incoming {
                unique: message.id.clone(),
                not_inbound: Some("could not be read"),
                ..Incoming::default()
            });
        }
        self.cursor.unread.push((message.id.clone(), tries));
        self.trouble(&format!(
            "a message cannot be read and is tried again next time: {why}"
        ));
        None
    }

    fn trouble(&mut self, what: &str) {
        if self.run.problem.is_empty() {
            self.run.problem = format!("{}.", crate::domain::text::clean_line(what, 300));
        }
    }

    /// Takes in messages with the cursor as it stands, in one transaction.
    fn commit(&mut self, read: Vec<Incoming>) -> Result<()> {
        let source = self.name.clone();
        let cursor = serde_json::json!(self.cursor).to_string();
        let (counts, taken) = self.engine.write(Durability::Full, move |tx, core, now| {
            let taken = take_incoming(tx, core, &source, read, now)?;
            sources::set_cursor(tx, &source, &cursor)?;
            Ok(taken)
        })?;
        self.run.counts.add(&counts);
        self.run.taken.add(&taken);
        crash_point("gmail-batch");
        Ok(())
    }

    /// Asks once a day from which addresses the account writes; without an answer those that are known go on to count.
    fn learn_addresses(&mut self, now: Timestamp) {
        let asked = Timestamp::from_millisecond(self.cursor.addresses_at).unwrap_or_default();
        if now.duration_since(asked) < ADDRESSES_AGE && asked <= now {
            return;
        }
        let answers = [
            self.outside
                .call(&gmail::profile())
                .and_then(|a| Ok(vec![gmail::read_profile(&a)?.email_address])),
            self.outside
                .call(&gmail::send_as())
                .and_then(|a| gmail::read_send_as(&a)),
        ];
        if answers.iter().all(Result::is_err) {
            return;
        }
        let mut addresses: Vec<String> = answers
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|text| EmailAddress::parse(&text).ok())
            .map(|address| address.to_string())
            .take(100)
            .collect();
        addresses.sort();
        addresses.dedup();
        let source = self.name.clone();
        let stored = self.engine.write(Durability::Normal, move |tx, _, _| {
            Ok(remotes::set_own_addresses(tx, &source, &addresses)?)
        });
        if stored.is_ok() {
            self.cursor.addresses_at = now.as_millisecond();
        }
    }
}

/// Returns the name under which a message counts as looked at. One in the spam folder or the bin may come out again, and then counts anew.
fn seen_as(message: &Message) -> String {
    let is_away = message.is_labelled("SPAM") || message.is_labelled("TRASH");
    format!("{}{}", if is_away { "away/" } else { "" }, message.id)
}

/// Tells whether a failure is about who we are rather than about what was asked.
fn is_about_us(error: &CallError) -> bool {
    use CallErrorKind as K;
    matches!(
        error.kind,
        K::SignedOut
            | K::Unauthorized
            | K::Forbidden
            | K::RateLimited
            | K::QuotaExhausted
            | K::Server
            | K::CircuitOpen
    )
}

/// Tells whether a failure is the one message's, so that others may be read.
fn is_its_own_fault(error: &CallError) -> bool {
    use CallErrorKind as K;
    matches!(error.kind, K::TooLarge | K::BadAnswer | K::Invalid)
}

fn shifted(at: Timestamp, back: SignedDuration) -> Timestamp {
    at.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH)
}
