//! Intake: the tail that all sources share, from an observed event to a ranked move.
//!
//! The records that intake leaves depend on the set of signals, not on the order in which they came: a batch is taken in the order in which
//! things happened; a move is what its newest signal makes it; a deal and its outcomes are computed from its whole
//! history each time; and a signal that someone has already answered, or that was handled, opens nothing.

mod assign;
mod deals;
mod propose;

pub(in crate::engine) use assign::{assign, may_assign, may_unassign, person_of, unassign};
pub(in crate::engine) use propose::{is_in_question, propose_after_all, what_happened};

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::consent::{Law, ends_mail, sentence_of};
use crate::domain::email::address::{EmailAddress, is_free_mail_domain};
use crate::domain::email::unread::REASON;
use crate::domain::email::{Decision, MailboxKey, OptOut};
use crate::domain::id::{ContactId, DealId, SignalId};
use crate::domain::meeting::MeetingStatus;
use crate::domain::moves::MoveSubject;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::signal::{Said, SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened, Returned, Wish};
use crate::engine::road::outcomes::{Observed, RECORDED, record};
use crate::store::deals::{MeetingRow, save_meeting, set_meeting_state};
use crate::store::people::NewPerson;
use crate::store::{WriteTx, outcomes, people, signals};

/// Counts of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Taken {
    /// Signals that were new.
    pub new: u64,
    /// Of these, about a known person or deal.
    pub matched: u64,
    /// Events that were known already.
    pub known: u64,
    /// Moves that came up.
    pub proposed: u64,
    /// Moves that a newer signal changed.
    pub refreshed: u64,
    /// Moves that events closed.
    pub closed: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
    /// Contacts that were made.
    pub contacts: u64,
}

impl Taken {
    pub fn add(&mut self, other: &Self) {
        self.new += other.new;
        self.matched += other.matched;
        self.known += other.known;
        self.proposed += other.proposed;
        self.refreshed += other.refreshed;
        self.closed += other.closed;
        self.outcomes += other.outcomes;
        self.contacts += other.contacts;
    }
}

/// Takes in a batch, in the order in which things happened.
pub(in crate::engine) fn take_all(
    tx: &WriteTx<'_>,
    core: &Core,
    drafts: Vec<SignalDraft>,
    now: Timestamp,
) -> Result<Taken> {
    let mut taken = Taken::default();
    let ordered: BTreeMap<_, _> = drafts
        .into_iter()
        .map(|d| ((d.occurred_at, d.hash()), d))
        .collect();
    for draft in ordered.into_values() {
        taken.add(&take_told(tx, core, &draft, now)?);
    }
    Ok(taken)
}

/// Takes in one event that somebody else observed. A mailbox finds out itself which addresses its reports are about; here the event says it.
pub(in crate::engine) fn take_told(
    tx: &WriteTx<'_>,
    core: &Core,
    draft: &SignalDraft,
    now: Timestamp,
) -> Result<Taken> {
    let (signal, taken) = take(tx, core, draft, None, now)?;
    let Some(signal) = signal.filter(|_| draft.is_hard_bounce()) else {
        return Ok(taken);
    };
    let contact = signals::load(tx, signal)?.contact_id;
    if let (Some(contact), Some(address)) = (contact, &draft.email) {
        let what = Arrived::Bounce {
            because: Returned::Address,
            addresses: vec![MailboxKey::of(address).to_string()],
        };
        core.tell(tx, &Happened { contact, what }, now)?;
    }
    Ok(taken)
}

/// Takes in one event; `known_contact` overrules the address, for mail that a thread ties to somebody. Returns the signal, or none if it
/// was known.
pub(in crate::engine) fn take(
    tx: &WriteTx<'_>,
    core: &Core,
    draft: &SignalDraft,
    known_contact: Option<ContactId>,
    now: Timestamp,
) -> Result<(Option<SignalId>, Taken)> {
    let hash = draft.hash();
    let (stored, mut taken) = store(tx, core, draft, &hash, known_contact, now)?;
    let Some((id, contact, deal)) = stored else {
        return Ok((None, taken));
    };
    if let Some(contact) = contact {
        taken.closed += propose::close_overtaken(tx, draft, contact, now)?;
        // Before the rules are asked: an answer that asks to be left alone gets no reply unasked.
        if let Some(what) = wish_in(draft, id) {
            core.tell(tx, &Happened { contact, what }, now)?;
        }
    }
    propose::propose(tx, core, draft, &hash, (id, contact, deal), &mut taken, now)?;
    if let (Some(contact), SignalKind::MeetingBooked) = (contact, draft.kind()) {
        let what = Arrived::Booking;
        core.tell(tx, &Happened { contact, what }, now)?;
    }
    Ok((Some(id), taken))
}

/// Returns the wish to be left alone that an event tells of. What was said beside another answer is a doubt.
pub(in crate::engine) fn wish_in(draft: &SignalDraft, signal: SignalId) -> Option<Arrived> {
    let said = draft.said().mail();
    let wishes = draft.wish();
    let heard = match wishes {
        Some(_) => OptOut::default(),
        None => draft.heard(),
    };
    let wishes = wishes.or(Some(heard.decision).filter(|one| *one != Decision::No));
    let demand = draft.demand().or(heard.demand);
    let words = &draft.about().words;
    let text = draft.unjudged_text();
    let text = match words.text.as_deref() {
        Some(own) if text.trim().is_empty() => own,
        _ => text.as_str(),
    };
    let wish = || Wish {
        signal,
        at: draft.occurred_at,
        written_from: draft.email.clone(),
        scope: draft.scope(),
        sentence: match said.and_then(|mail| mail.sentence.as_ref()) {
            Some(sentence) => clean_line(sentence, 200),
            None => sentence_of(text, &heard.because),
        },
        demand,
        law: Law::named_in(&format!("{}\n{text}", words.searched())),
        is_unread: said.is_some_and(|mail| mail.is_unread)
            || heard.because.first().is_some_and(|why| why == REASON),
    };
    // An invitation that was answered is an answer as well.
    let is_beside = matches!(draft.said(), Said::Meeting(_));
    match (draft.kind(), wishes, demand) {
        (SignalKind::OptedOut, ..) => Some(Arrived::OptOut(wish())),
        (_, Some(Decision::Yes), _) if !is_beside => Some(Arrived::OptOut(wish())),
        (_, Some(Decision::Yes | Decision::Ask), _) => Some(Arrived::Doubt(wish())),
        (_, _, Some(demand)) if ends_mail(demand) => Some(Arrived::OptOut(wish())),
        (_, _, Some(_)) => Some(Arrived::Demand(wish())),
        (_, _, None) => None,
    }
}

/// Takes in an event that was dealt with before this installation began: it changes the records and makes no move.
pub(in crate::engine) fn take_as_past(
    tx: &WriteTx<'_>,
    core: &Core,
    draft: &SignalDraft,
    known_contact: Option<ContactId>,
    now: Timestamp,
) -> Result<()> {
    store(tx, core, draft, &draft.hash(), known_contact, now).map(drop)
}

type Stored = (SignalId, Option<ContactId>, Option<DealId>);

/// Stores an event with what follows for the records; none if it was known.
fn store(
    tx: &WriteTx<'_>,
    core: &Core,
    draft: &SignalDraft,
    hash: &[u8; 32],
    known_contact: Option<ContactId>,
    now: Timestamp,
) -> Result<(Option<Stored>, Taken)> {
    let mut taken = Taken::default();
    if signals::find_same(tx, draft, hash)?.is_some() {
        taken.known = 1;
        return Ok((None, taken));
    }
    let contact = match known_contact {
        Some(contact) => Some(contact),
        None => contact_of(tx, draft, &mut taken, now)?,
    };
    let deal = deals::deal_of(tx, draft, contact, now)?;
    let id = signals::insert(tx, draft, hash, (contact, deal), now)?;
    tx.emit(now, "signal.stored", format!("signal:{id}"))?;
    taken.new = 1;
    taken.matched = u64::from(contact.is_some() || deal.is_some());
    if let Some(deal) = deal {
        taken.outcomes += deals::replay(tx, core, deal, now)?;
    }
    if let Some(contact) = contact {
        if draft.kind().is_their_activity() {
            people::touch(tx, contact, draft.occurred_at)?;
        }
        taken.outcomes += meeting_and_outcome(tx, draft, contact, id, now)?;
    }
    Ok((Some((id, contact, deal)), taken))
}

/// Finds the person by address, or makes one: an event about an unknown person makes a contact.
fn contact_of(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    taken: &mut Taken,
    now: Timestamp,
) -> Result<Option<ContactId>> {
    let Some(address) = draft
        .email
        .as_deref()
        .and_then(|text| EmailAddress::pasted(text).ok())
    else {
        return Ok(None);
    };
    let who = &draft.about().who;
    let (first_name, last_name) = who.names();
    let domain = if is_free_mail_domain(address.domain()) {
        ""
    } else {
        address.registrable_domain()
    };
    let person = NewPerson {
        first_name,
        last_name,
        email: address.as_str().to_owned(),
        company: clean_line(who.company.as_deref().unwrap_or_default(), 120),
        company_domain: domain.to_owned(),
    };
    if let Some(known) = people::find_by_email(tx, person.email.as_str())? {
        // Whichever signal came first, what a later one says of an unknown name or firm is not lost.
        if people::complete(tx, known, &person, now)? {
            tx.emit(now, "contact.changed", format!("contact:{known}"))?;
        }
        return Ok(Some(known));
    }
    let id = people::add(tx, &person, now)?;
    tx.emit(now, "contact.added", format!("contact:{id}"))?;
    taken.contacts += 1;
    Ok(Some(id))
}

/// Returns the calendar's own name of the meeting that a signal is about.
fn meeting_uid(draft: &SignalDraft) -> Option<String> {
    let uid = match (&draft.about().meeting.uid, draft.source) {
        (Some(uid), _) => uid,
        // The clock names its own event, not the meeting.
        (None, Source::Timer) => "",
        (None, _) => &draft.external_id,
    };
    Some(clean_line(uid, 200)).filter(|uid| !uid.is_empty())
}

fn meeting_and_outcome(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    contact: ContactId,
    signal: SignalId,
    now: Timestamp,
) -> Result<u64> {
    use MeetingStatus as S;
    let (state, outcome) = match draft.kind() {
        SignalKind::MeetingBooked => (S::Booked, Some(OutcomeKind::MeetingBooked)),
        SignalKind::MeetingRescheduled => (S::Booked, Some(OutcomeKind::MeetingRescheduled)),
        SignalKind::MeetingHeld => (S::Held, Some(OutcomeKind::MeetingHeld)),
        SignalKind::NoShow => (S::NoShow, Some(OutcomeKind::MeetingNoShow)),
        SignalKind::MeetingDeclined => (S::Declined, None),
        _ => return Ok(0),
    };
    let starts_at = draft.about().meeting.starts_at;
    if let (Some(starts_at), Some(uid)) = (starts_at, meeting_uid(draft)) {
        let meeting = MeetingRow {
            uid,
            contact_id: Some(contact),
            title: clean_line(
                draft.about().words.title.as_deref().unwrap_or_default(),
                200,
            ),
            starts_at,
            state,
            as_of: draft.occurred_at,
        };
        save_meeting(tx, &meeting, now)?;
    } else if let (Some(uid), true) = (meeting_uid(draft), state != S::Booked) {
        set_meeting_state(tx, &uid, state, draft.occurred_at, now)?;
    }
    let Some(kind) = outcome else { return Ok(0) };
    // An invitation by mail and the calendar tell of one meeting, and one outcome comes of it.
    let once = match (meeting_uid(draft), kind, starts_at) {
        (Some(uid), OutcomeKind::MeetingRescheduled, Some(at)) => {
            format!("meeting:{uid}:{kind}:{}", at.as_second())
        }
        (Some(uid), ..) => format!("meeting:{uid}:{kind}"),
        (None, ..) => format!("signal:{signal}:{kind}"),
    };
    if kind == OutcomeKind::MeetingNoShow
        && let Some(uid) = meeting_uid(draft)
    {
        // It was taken for held until somebody said otherwise.
        let held = format!("meeting:{uid}:{}", OutcomeKind::MeetingHeld);
        if let Some(id) = outcomes::find_by_once(tx, &held)? {
            outcomes::set_undone(tx, id, true, now)?;
            tx.emit(now, RECORDED, format!("outcome:{id}"))?;
        }
    }
    let observed = Observed {
        contact: Some(contact),
        signal: Some(signal),
        ..Observed::new(kind, OutcomeSource::Calendar, draft.occurred_at, once)
    };
    Ok(u64::from(record(tx, observed, now)?.is_some()))
}

/// Returns the age beyond which an event makes no move any more.
fn too_old(core: &Core, due_at: Timestamp, now: Timestamp) -> bool {
    let days = i64::from(core.config.timers.move_expires_days);
    now.duration_since(due_at) > SignedDuration::from_hours(24 * days)
}

/// Names what a move is about.
fn subject_of(
    signal: SignalId,
    contact: Option<ContactId>,
    deal: Option<DealId>,
    kind: SignalKind,
) -> MoveSubject {
    let is_about_deal = matches!(
        kind,
        SignalKind::DealCreated
            | SignalKind::DealStageChanged
            | SignalKind::DealAmountChanged
            | SignalKind::ProposalExpiring
            | SignalKind::RenewalNear
    );
    match (contact, deal) {
        (_, Some(deal)) if is_about_deal => MoveSubject::Deal(deal),
        (Some(contact), _) => MoveSubject::Contact(contact),
        (None, Some(deal)) => MoveSubject::Deal(deal),
        (None, None) => MoveSubject::Signal(signal),
    }
}
