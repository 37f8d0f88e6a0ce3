//! Google Calendar as a source: meetings that were booked, moved, declined, held or missed.
//!
//! The first reading takes a span of time, each later one what changed since. When Google no longer knows the token, or the span's end draws near,
//! the span is read anew; what that does not show any more was called off meanwhile. A change is found by comparing an event with what
//! was last seen of it, so reading anything twice makes nothing twice. A meeting is known by the name that invitations by mail carry too.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::connectors::google::calendar::{self, Answer, Attendee, Event, EventPage, Reading};
use crate::connectors::transport::{CallError, CallErrorKind};
use crate::domain::email::MailboxKey;
use crate::domain::email::address::{EmailAddress, is_free_mail_domain};
use crate::domain::id::ContactId;
use crate::domain::meeting::{Before, MeetingState, MeetingStatus, News, Shown, Word, compare};
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::ground::meeting::{follow, taken_back};
use crate::engine::handle::Engine;
use crate::engine::outside::Outside;
use crate::engine::outside::google::failed;
use crate::engine::road::intake::{self, Taken};
use crate::engine::road::sources::{PassScope, SignalSource, SourceRun};
use crate::env::crash_point;
use crate::store::calendar::{self as events, BookingState, BusyTimes, EventRow};
use crate::store::deals::{MeetingRow, save_meeting, set_meeting_state};
use crate::store::sources::{self, SourceCounts};
use crate::store::{Durability, ReadTx, WriteTx, people, remotes};

/// The name of the source.
pub(in crate::engine) const NAME: &str = "calendar";
/// Days that a full reading goes back.
const BACK: i64 = 30;
/// Days that it goes ahead.
const AHEAD: i64 = 120;
/// Days after which the span is read anew, so that its end stays ahead.
const RENEW: i64 = 30;
/// A meeting that ended longer ago when it is first seen asks for nothing any more.
const FRESH: i64 = 3;
/// Further instances of a series make no signals.
const SERIES_AHEAD: i64 = 8;
/// An event with more unknown people is no meeting with one of them.
const MAX_STRANGERS: usize = 3;

/// The account's calendars.
#[derive(Debug)]
pub(in crate::engine) struct CalendarSource;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    calendars: BTreeMap<String, Place>,
}

/// So many days ahead it is asked when the operator is busy.
const BUSY_AHEAD: i64 = 21;
/// So many spans are kept at most.
const MOST_SPANS: usize = 2_000;

/// The point up to which a calendar was read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// The token that changes are asked with; empty until a full reading is through.
    token: String,
    /// The page at which a full reading goes on.
    page: String,
    /// The millisecond at which the last full reading began.
    full_at: i64,
}

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

impl SignalSource for CalendarSource {
    fn name(&self) -> String {
        NAME.into()
    }

    fn about(&self) -> String {
        "Reads Google Calendar".into()
    }

    fn read(&self, engine: &Engine, scope: &PassScope, cursor: &str) -> Result<SourceRun> {
        let mut cursor: Cursor = serde_json::from_str(cursor).unwrap_or_default();
        let mut run = SourceRun::default();
        let mut failure = None;
        for name in engine.config().google.calendars.clone() {
            // A calendar that is gone or closed to us must not hold back the others.
            if let Err(error) = read_calendar(engine, &name, scope, &mut cursor, &mut run) {
                if matches!(error, EngineError::Store(_)) {
                    return Err(error);
                }
                failure.get_or_insert(error);
            }
        }
        learn_busy_times(engine)?;
        let (counts, taken) = engine.write(Durability::Full, close_ended)?;
        run.counts.add(&counts);
        run.taken.add(&taken);
        failure.map_or(Ok(run), Err)
    }
}

/// Asks when the operator is busy, for drafts that offer times. It is a courtesy: a calendar that does not say holds nothing up.
fn learn_busy_times(engine: &Engine) -> Result<()> {
    let now = engine.now();
    let until = shifted(now, BUSY_AHEAD);
    let asked = engine
        .outside()
        .call(&calendar::busy_times(
            &engine.config().google.calendars,
            now,
            until,
        ))
        .and_then(|answer| calendar::read_busy(&answer));
    match asked {
        // Half an answer would offer times that are taken.
        Ok(answer) if answer.unknown.is_empty() => {
            let mut spans = answer.spans;
            spans.sort_unstable();
            // What comes after those that are kept is not known to be free.
            let until = spans.get(MOST_SPANS).map_or(until, |(start, _)| *start);
            spans.truncate(MOST_SPANS);
            let busy = BusyTimes {
                spans,
                read_at: now,
                until,
            };
            engine.write(Durability::Normal, move |tx, _, _| {
                Ok(events::set_busy(tx, &busy)?)
            })
        }
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::info!(%error, "when the operator is busy could not be learned");
            Ok(())
        }
    }
}

fn read_calendar(
    engine: &Engine,
    name: &str,
    scope: &PassScope,
    cursor: &mut Cursor,
    run: &mut SourceRun,
) -> Result<()> {
    let now = engine.now();
    let mut place = cursor.calendars.get(name).cloned().unwrap_or_default();
    let age = now.as_millisecond().saturating_sub(place.full_at);
    let is_old = age > i64::try_from(days(RENEW).as_millis()).unwrap_or(i64::MAX);
    if scope.full || scope.since.is_some() || is_old {
        place = Place::default();
    }
    let mut asked = HashSet::new();
    loop {
        let is_full = place.token.is_empty();
        if is_full && place.full_at == 0 {
            place.full_at = now.as_millisecond();
        }
        let begun = Timestamp::from_millisecond(place.full_at).unwrap_or(now);
        let from = scope.since.unwrap_or_else(|| shifted(begun, -BACK));
        let span = (from, shifted(begun, AHEAD));
        let reading = if is_full {
            Reading::Span(span.0, span.1)
        } else {
            Reading::Since(&place.token)
        };
        let page = match fetch(engine.outside(), name, reading, &place.page) {
            Ok(page) => page,
            // The token, or the page of an interrupted reading, is too old.
            Err(e)
                if matches!(e.kind, CallErrorKind::Gone | CallErrorKind::Invalid)
                    && (!is_full || !place.page.is_empty())
                    && asked.insert("anew".to_owned()) =>
            {
                place = Place::default();
                continue;
            }
            Err(error) => return Err(failed(&error)),
        };
        let is_last = page.next.is_empty();
        let repeats = !is_last && !asked.insert(format!("page {}", page.next));
        place.page = page.next;
        let finished = is_last && is_full;
        let seen_in = place.full_at;
        if is_last && !page.sync_token.is_empty() {
            place.token = page.sync_token;
        }
        if finished && place.token.is_empty() {
            // No token came: the span is read again next time.
            place.full_at = 0;
        }
        // The pages of a reading of changes are not kept: begun anew, it shows the same again.
        let kept = Place {
            page: if is_full {
                place.page.clone()
            } else {
                String::new()
            },
            ..place.clone()
        };
        cursor.calendars.insert(name.to_owned(), kept);
        let (calendar, text) = (name.to_owned(), json!(cursor).to_string());
        let (counts, taken) = engine.write(Durability::Full, move |tx, core, now| {
            let (mut counts, mut taken) = (SourceCounts::default(), Taken::default());
            for event in page.events {
                take(
                    tx,
                    core,
                    (&calendar, seen_in),
                    event,
                    (&mut counts, &mut taken),
                    now,
                )?;
            }
            if finished && !repeats {
                for row in events::unseen(tx, &calendar, seen_in, (span.0.max(now), span.1))? {
                    let gone = Event {
                        id: row.event.clone(),
                        is_cancelled: true,
                        ..Event::default()
                    };
                    take(
                        tx,
                        core,
                        (&calendar, seen_in),
                        gone,
                        (&mut counts, &mut taken),
                        now,
                    )?;
                }
            }
            sources::count(tx, NAME, &counts)?;
            sources::set_cursor(tx, NAME, &text)?;
            Ok((counts, taken))
        })?;
        crash_point("calendar-page");
        run.counts.add(&counts);
        run.taken.add(&taken);
        if repeats {
            run.problem = format!(
                "the calendar {} repeats a page, so it was left there; the next pass reads it again.",
                clean_line(name, 80)
            );
            return Ok(());
        }
        if is_last {
            return Ok(());
        }
    }
}

fn fetch(
    outside: &Outside,
    name: &str,
    reading: Reading<'_>,
    page: &str,
) -> Result<EventPage, CallError> {
    let answer = outside.call(&calendar::list_events(name, reading, page))?;
    calendar::read_events(&answer, &outside.core.config.operator.zone())
}

fn shifted(at: Timestamp, by: i64) -> Timestamp {
    at.checked_add(days(by)).unwrap_or(at)
}

/// Who else takes part: the one that the meeting is with.
struct Other {
    contact: Option<ContactId>,
    attendee: Attendee,
}

/// Finds the one that a meeting is with; the error is why it is none of ours.
fn other(
    tx: &ReadTx<'_>,
    core: &Core,
    event: &Event,
) -> Result<Result<(Other, Answer), &'static str>> {
    let operator = &core.config.operator;
    let told = remotes::own_addresses(tx)?;
    let own: HashSet<MailboxKey> = std::iter::once(&operator.address)
        .chain(&operator.aliases)
        .chain(&told)
        .map(|a| MailboxKey::of(a))
        .collect();
    let is_own = |a: &Attendee| a.is_self || own.contains(&MailboxKey::of(&a.email));
    let ours = event
        .attendees
        .iter()
        .find(|a| is_own(a))
        .map_or(Answer::Accepted, |a| a.answer);
    let mut others: Vec<&Attendee> = event.attendees.iter().filter(|a| !is_own(a)).collect();
    others.sort_by_key(|a| (!a.is_organizer, a.answer != Answer::Accepted));
    if others.is_empty() || event.is_private_time {
        return Ok(Err("nobody else takes part"));
    }
    for attendee in &others {
        if let Some(contact) = people::find_by_email(tx, &attendee.email)? {
            let attendee = (*attendee).clone();
            let contact = Some(contact);
            return Ok(Ok((Other { contact, attendee }, ours)));
        }
    }
    let home = MailboxKey::of(&operator.address).domain();
    let with_address: Vec<(&Attendee, EmailAddress)> = others
        .into_iter()
        .filter_map(|a| Some((a, EmailAddress::parse(&a.email).ok()?)))
        .collect();
    if with_address.is_empty() {
        return Ok(Err("nobody with an address takes part"));
    }
    let strangers: Vec<&Attendee> = with_address
        .into_iter()
        .filter(|(_, e)| e.key().domain() != home || is_free_mail_domain(home.as_str()))
        .map(|(a, _)| a)
        .collect();
    Ok(match strangers.first() {
        None => Err("only colleagues take part"),
        Some(_) if strangers.len() > MAX_STRANGERS => Err("nobody known takes part"),
        Some(first) => {
            let attendee = (*first).clone();
            let contact = None;
            Ok((Other { contact, attendee }, ours))
        }
    })
}

fn word(other: &Attendee, ours: Answer) -> Word {
    match (other.answer, ours) {
        _ if ours == Answer::Declined => Word::WeDecline,
        (Answer::Declined, _) => Word::TheyDecline,
        (_, Answer::Accepted) if other.is_organizer => Word::Agreed,
        (Answer::Accepted, _) if !other.is_organizer => Word::Agreed,
        _ => Word::Open,
    }
}

/// Takes in an event as it is now.
fn take(
    tx: &WriteTx<'_>,
    core: &Core,
    (calendar, seen_in): (&str, i64),
    event: Event,
    (counts, taken): (&mut SourceCounts, &mut Taken),
    now: Timestamp,
) -> Result<()> {
    counts.seen += 1;
    let known = events::load(tx, calendar, &event.id)?;
    let changed_at = event.updated.unwrap_or(now).min(now);
    let mut row = match (&known, event.is_cancelled) {
        (None, true) => {
            counts.drop_one("called off before it was seen");
            return Ok(());
        }
        (Some(known), true) => EventRow {
            updated_at: changed_at,
            ..known.clone()
        },
        (_, false) => {
            let (Some(starts_at), Some(ends_at)) = (event.start, event.end) else {
                counts.drop_one("its time cannot be read");
                return Ok(());
            };
            let (other, _) = match other(tx, core, &event)? {
                Ok(found) => found,
                Err(why) => {
                    counts.drop_one(why);
                    return Ok(());
                }
            };
            EventRow {
                calendar: calendar.to_owned(),
                event: event.id.clone(),
                uid: match &known {
                    Some(known) => known.uid.clone(),
                    None => uid_of(tx, &event, starts_at)?,
                },
                series: event.series.clone(),
                contact_id: other.contact.or(known.as_ref().and_then(|k| k.contact_id)),
                email: other.attendee.email,
                title: clean_line(&event.title, 200),
                starts_at,
                ends_at: ends_at.max(starts_at),
                state: MeetingState::Invited,
                seen_in,
                updated_at: changed_at,
            }
        }
    };
    let said = match other(tx, core, &event)? {
        Ok((other, ours)) => word(&other.attendee, ours),
        Err(_) => Word::Open,
    };
    let before = known.as_ref().map(|k| Before {
        state: k.state,
        starts_at: k.starts_at,
        ends_at: k.ends_at,
    });
    let shown = Shown {
        is_cancelled: event.is_cancelled,
        word: said,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        changed_at,
    };
    let (state, news) = compare(before.as_ref(), &shown, now);
    row.state = state;
    let series_known = events::knows_series(tx, &row.series)?;
    match news {
        Some(news) if !row.series.is_empty() && is_one_of_many(news, &row, series_known, now) => {
            note_quietly(tx, &row, news, now)?;
            counts.drop_one("a further instance of a series");
        }
        Some(news) => {
            let (kind, version) = match news {
                News::Booked => (SignalKind::MeetingBooked, changed_at.as_millisecond()),
                News::Rescheduled => (
                    SignalKind::MeetingRescheduled,
                    row.starts_at.as_millisecond(),
                ),
                News::Declined => (SignalKind::MeetingDeclined, changed_at.as_millisecond()),
                News::NoShow => (SignalKind::NoShow, 0),
            };
            let one = tell(tx, core, &row, (kind, version, changed_at), now)?;
            counts.new += one.new;
            counts.matched += one.matched;
            taken.add(&one);
            if row.contact_id.is_none() {
                row.contact_id = people::find_by_email(tx, &row.email)?;
            }
        }
        None if before.map(|b| b.state) == Some(state) => {
            counts.drop_one("nothing of note changed")
        }
        None => counts.drop_one("waits for an answer, or is over"),
    }
    events::save(tx, &row)?;
    if event.is_cancelled {
        let booked = events::load_booking(tx, &row.event)?.filter(|booking| {
            booking.event == row.event
                && booking.calendar == row.calendar
                && booking.state == BookingState::Booked
        });
        if let Some(booking) = booked {
            let why = "the meeting was called off in the calendar";
            taken_back(tx, &booking, why, false, now)?;
        }
    } else if let Some(booking) = events::follow(tx, &row)? {
        follow(tx, &booking)?;
    }
    Ok(())
}

/// Returns the name of the meeting: the one of the invitation. The instances of a series share that, so all but the one that the invitation by
/// mail named get their time added.
fn uid_of(tx: &ReadTx<'_>, event: &Event, starts_at: Timestamp) -> Result<String> {
    let uid = if event.uid.is_empty() {
        &event.id
    } else {
        &event.uid
    };
    let uid = clean_line(uid, 150);
    if event.series.is_empty() {
        return Ok(uid);
    }
    let at = event.original_start.unwrap_or(starts_at);
    let named = crate::store::deals::meeting(tx, &uid)?.is_some_and(|m| m.starts_at == at);
    Ok(if named { uid } else { format!("{uid}#{at}") })
}

/// Tells whether an event only repeats for another date what its series has told.
fn is_one_of_many(news: News, row: &EventRow, series_known: bool, now: Timestamp) -> bool {
    match news {
        News::Booked => series_known,
        News::Rescheduled | News::Declined => row.starts_at > shifted(now, SERIES_AHEAD),
        News::NoShow => false,
    }
}

/// Notes in the list of meetings what makes no signal.
fn note_quietly(tx: &WriteTx<'_>, row: &EventRow, news: News, now: Timestamp) -> Result<()> {
    match news {
        News::Booked | News::Rescheduled => {
            let meeting = MeetingRow {
                uid: row.uid.clone(),
                contact_id: row.contact_id,
                title: row.title.clone(),
                starts_at: row.starts_at,
                state: MeetingStatus::Booked,
                as_of: row.updated_at,
            };
            save_meeting(tx, &meeting, now)?;
        }
        News::Declined | News::NoShow => {
            set_meeting_state(tx, &row.uid, MeetingStatus::Declined, row.updated_at, now)?;
        }
    }
    Ok(())
}

/// Hands a piece of news to intake.
pub(in crate::engine) fn tell(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &EventRow,
    (kind, version, at): (SignalKind, i64, Timestamp),
    now: Timestamp,
) -> Result<Taken> {
    let payload = json!({
        "uid": row.uid,
        "title": row.title,
        "starts_at": row.starts_at.to_string(),
        "ends_at": row.ends_at.to_string(),
        "event": row.event,
        "calendar": row.calendar,
    });
    let payload = payload.as_object().cloned().unwrap_or_default();
    let draft = SignalDraft::new(Source::Calendar, kind, at.min(now), payload)
        .with_id(row.event.clone(), version)
        .with_email((!row.email.is_empty()).then(|| row.email.clone()));
    // A meeting of long ago belongs to the records, and asks for nothing any more.
    if kind == SignalKind::MeetingHeld && row.ends_at < shifted(now, -FRESH) {
        intake::take_as_past(tx, core, &draft, row.contact_id, now)?;
        return Ok(Taken {
            new: 1,
            matched: u64::from(row.contact_id.is_some()),
            ..Taken::default()
        });
    }
    Ok(intake::take(tx, core, &draft, row.contact_id, now)?.1)
}

/// Counts agreed meetings that have ended as held.
fn close_ended(tx: &WriteTx<'_>, core: &Core, now: Timestamp) -> Result<(SourceCounts, Taken)> {
    let (mut counts, mut taken) = (SourceCounts::default(), Taken::default());
    for row in events::ended(tx, now)? {
        let row = EventRow {
            state: MeetingState::Held,
            ..row
        };
        let one = tell(
            tx,
            core,
            &row,
            (SignalKind::MeetingHeld, 0, row.ends_at),
            now,
        )?;
        counts.seen += 1;
        counts.new += one.new;
        counts.matched += one.matched;
        taken.add(&one);
        events::save(tx, &row)?;
    }
    sources::count(tx, NAME, &counts)?;
    Ok((counts, taken))
}
