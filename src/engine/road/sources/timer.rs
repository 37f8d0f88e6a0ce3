//! The clock as a source: silence, meetings, renewals and tasks that time has made worth a look.
//!
//! Each timer names its event so that asking again adds nothing: a silence by its execution, a renewal by its date, a quiet customer
//! by the last contact.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::domain::id::ContactId;
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::ground::paused::paused_between;
use crate::engine::ground::say;
use crate::engine::handle::Engine;
use crate::engine::road::intake::{self, Taken};
use crate::engine::road::outcomes::{Observed, record};
use crate::store::sources::{self, SourceCounts};
use crate::store::{Durability, ReadTx, WriteTx, control, deals, executions, moves, people};

/// The name of the source.
pub(in crate::engine) const NAME: &str = "timer";
/// Signals that are stored in one transaction.
const BATCH: usize = 200;
/// A meeting this near is worth preparing.
const MEETING_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// A renewal that passed no longer ago than this still counts as near.
const RENEWAL_GRACE_DAYS: i64 = 7;

fn days(n: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(n))
}

fn shifted(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}

impl Engine {
    /// Asks every timer once. What came due is stored in batches, so that nobody else waits long for the writer.
    pub(in crate::engine) fn run_timers(&self) -> Result<(SourceCounts, Taken)> {
        let mut taken = self.write(Durability::Full, silences)?;
        let now = self.now();
        let drafts = self.store().read(|tx| {
            let core = self.core();
            let mut drafts = meetings(tx, core, now)?;
            drafts.extend(quiet_customers(tx, core, now)?);
            drafts.extend(renewals(tx, core, now)?);
            drafts.extend(expiries(tx, core, now)?);
            // What was noticed before keeps its first instant: the stored signal wins by its name.
            let mut new = Vec::new();
            for (draft, contact) in drafts {
                if crate::store::signals::find_same(tx, &draft, &draft.hash())?.is_none() {
                    new.push((draft, contact));
                }
            }
            Ok::<_, EngineError>(new)
        })?;
        let mut rest = drafts.into_iter();
        loop {
            let batch: Due = rest.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            taken.add(&self.write(Durability::Normal, move |tx, core, now| {
                let mut taken = Taken::default();
                for (draft, contact) in batch {
                    let (_, one) = intake::take(tx, core, &draft, contact, now)?;
                    taken.add(&one);
                }
                Ok(taken)
            })?);
        }
        let taken = self.write(Durability::Normal, move |tx, core, now| {
            let mut taken = taken;
            taken.add(&overdue(tx, core, now)?);
            sources::count(tx, NAME, &counts(&taken))?;
            Ok(taken)
        })?;
        Ok((counts(&taken), taken))
    }
}

fn counts(taken: &Taken) -> SourceCounts {
    SourceCounts {
        seen: taken.new,
        new: taken.new,
        matched: taken.matched,
        ..SourceCounts::default()
    }
}

type Due = Vec<(SignalDraft, Option<ContactId>)>;

fn signal(
    kind: SignalKind,
    external_id: String,
    at: Timestamp,
    email: Option<String>,
    payload: Value,
) -> SignalDraft {
    let payload = match payload {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    SignalDraft::new(Source::Timer, kind, at, payload)
        .with_id(external_id, 0)
        .with_email(email.filter(|e| !e.is_empty()))
}

/// Mail without an answer: an outcome, and a bump unless they are away.
fn silences(tx: &WriteTx<'_>, core: &Core, now: Timestamp) -> Result<Taken> {
    let mut taken = Taken::default();
    // While nothing leaves by the operator's own wish, their silence means nothing; when the pause ends, its days are taken out.
    if control::pause(tx, now)?.is_some() {
        return Ok(taken);
    }
    let zone = core.config.operator.zone();
    for row in executions::silent(tx, now)? {
        let Some(person) = row
            .contact_id
            .map(|c| people::load(tx, c))
            .transpose()?
            .flatten()
        else {
            executions::set_silence(tx, row.id, None)?;
            continue;
        };
        if let Some(until) = person.paused_until.filter(|until| *until > now) {
            executions::set_silence(tx, row.id, Some(until))?;
            continue;
        }
        executions::set_silence(tx, row.id, None)?;
        let silence = Observed {
            contact: row.contact_id,
            execution: Some(row.id),
            move_id: row.move_id,
            action: Some(row.action),
            ..Observed::new(
                OutcomeKind::NoResponse,
                OutcomeSource::System,
                now,
                format!("execution:{}:no_response", row.id),
            )
        };
        taken.outcomes += u64::from(record(tx, silence, now)?.is_some());
        let sent = row.settled_at.unwrap_or(now);
        let payload = json!({
            "message_id": row.message_id,
            "subject": row.subject,
            "execution": row.id,
            "since": say::day(sent, now, &zone),
        });
        let draft = signal(
            SignalKind::NoReply,
            format!("execution:{}", row.id),
            now,
            Some(person.email.clone()),
            payload,
        );
        let (_, one) = intake::take(tx, core, &draft, row.contact_id, now)?;
        taken.add(&one);
    }
    Ok(taken)
}

fn meetings(tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<Due> {
    let zone = core.config.operator.zone();
    let mut due = Vec::new();
    for meeting in deals::meetings_ahead(tx, now, shifted(now, MEETING_AHEAD))? {
        let person = meeting
            .contact_id
            .map(|c| people::load(tx, c))
            .transpose()?
            .flatten();
        let local = meeting.starts_at.to_zoned(zone.clone());
        let payload = json!({
            "uid": meeting.uid,
            "title": if meeting.title.is_empty() { local.strftime("call at %H:%M").to_string() } else { meeting.title },
            "starts_at": meeting.starts_at,
        });
        let id = format!("meeting:{}:{}", meeting.uid, meeting.starts_at.as_second());
        // The instant is the meeting's, not the pass's: whenever it is noticed, it is the same event.
        let noticed = shifted(meeting.starts_at, -MEETING_AHEAD).max(meeting.as_of);
        due.push((
            signal(
                SignalKind::MeetingTomorrow,
                id,
                noticed,
                person.map(|p| p.email),
                payload,
            ),
            meeting.contact_id,
        ));
    }
    Ok(due)
}

fn quiet_customers(tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<Due> {
    let quiet = days(core.config.timers.quiet_customer_days);
    let zone = core.config.operator.zone();
    let mut due = Vec::new();
    // The days of a pause are no silence, so those in whose quiet days it falls are looked at so much later. A pause within that time counts too.
    let mut before = shifted(now, -quiet);
    for _ in 0..3 {
        before = shifted(now, -(quiet + paused_between(tx, before, now)?));
    }
    for (contact, email, last) in people::quiet_customers(tx, before)? {
        let since = say::day(last, now, &zone);
        let id = format!("contact:{contact}:{}", last.as_second());
        // A silence that is years old has not begun today.
        let at = shifted(last, quiet).max(shifted(now, -days(1)));
        let draft = signal(
            SignalKind::QuietCustomer,
            id,
            at,
            Some(email),
            json!({"since": format!("since {since}")}),
        );
        due.push((draft, Some(contact)));
    }
    Ok(due)
}

fn renewals(tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<Due> {
    let ahead = days(core.config.timers.renewal_days);
    let from = shifted(now, SignedDuration::from_hours(-24 * RENEWAL_GRACE_DAYS));
    let to = shifted(now, ahead);
    let day = |at: Timestamp| {
        at.to_zoned(jiff::tz::TimeZone::UTC)
            .strftime("%Y-%m-%d")
            .to_string()
    };
    let mut due = Vec::new();
    for deal in deals::renewals(tx, from, to)? {
        let Some(at) = deal.renewal_at else { continue };
        let person = deal
            .contact_id
            .map(|c| people::load(tx, c))
            .transpose()?
            .flatten();
        let payload = json!({"deal_row": deal.id, "deal": deal.name, "amount": deal.amount.map(crate::domain::deal::Cents::units), "renewal_date": day(at)});
        let id = format!("deal:{}:{}", deal.id, day(at));
        due.push((
            signal(
                SignalKind::RenewalNear,
                id,
                shifted(at, -ahead),
                person.map(|p| p.email),
                payload,
            ),
            deal.contact_id,
        ));
    }
    for (contact, email, at) in people::renewals(tx, from, to)? {
        let id = format!("contact:{contact}:{}", day(at));
        due.push((
            signal(
                SignalKind::RenewalNear,
                id,
                shifted(at, -ahead),
                Some(email),
                json!({"renewal_date": day(at)}),
            ),
            Some(contact),
        ));
    }
    Ok(due
        .into_iter()
        .map(|(draft, contact)| (no_older(draft, now), contact))
        .collect())
}

fn expiries(tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<Due> {
    let ahead = days(core.config.timers.proposal_expiring_days);
    let mut due = Vec::new();
    for deal in deals::expiries(tx, now, shifted(now, ahead))? {
        let Some(at) = deal.expires_at else { continue };
        let person = deal
            .contact_id
            .map(|c| people::load(tx, c))
            .transpose()?
            .flatten();
        let expires = say::day(at, now, &core.config.operator.zone());
        let payload = json!({"deal": deal.name, "expires": expires, "amount": deal.amount.map(crate::domain::deal::Cents::units)});
        let id = format!("deal:{}:{}", deal.id, at.as_second());
        let draft = signal(
            SignalKind::ProposalExpiring,
            id,
            shifted(at, -ahead),
            person.map(|p| p.email),
            payload,
        );
        due.push((no_older(draft, now), deal.contact_id));
    }
    Ok(due)
}

/// A date that came near long before it was known here counts from now: the move must not be born expired.
fn no_older(mut draft: SignalDraft, now: Timestamp) -> SignalDraft {
    draft.occurred_at = draft.occurred_at.max(shifted(now, -days(7)));
    draft
}

/// Tasks past their due time: an outcome, and evidence that the task is pressing.
fn overdue(tx: &WriteTx<'_>, core: &Core, now: Timestamp) -> Result<Taken> {
    let mut taken = Taken::default();
    let late = SignedDuration::from_hours(i64::from(core.config.timers.overdue_hours));
    for mv in moves::overdue_tasks(tx, shifted(now, -late))? {
        let overdue = Observed {
            contact: mv.contact_id,
            deal: mv.deal_id,
            move_id: Some(mv.id),
            action: Some(mv.action),
            ..Observed::new(
                OutcomeKind::TaskOverdue,
                OutcomeSource::System,
                now,
                format!("move:{}:task_overdue", mv.id),
            )
        };
        if record(tx, overdue, now)?.is_some() {
            taken.outcomes += 1;
            let payload = json!({"move": mv.id, "title": mv.title});
            let draft = signal(
                SignalKind::TaskOverdue,
                format!("move:{}", mv.id),
                shifted(mv.due_at, late),
                None,
                payload,
            );
            let hash = draft.hash();
            if crate::store::signals::find_same(tx, &draft, &hash)?.is_none() {
                let id = crate::store::signals::insert(
                    tx,
                    &draft,
                    &hash,
                    (mv.contact_id, mv.deal_id),
                    now,
                )?;
                moves::add_evidence(tx, mv.id, id)?;
                taken.new += 1;
                taken.matched += 1;
            }
        }
    }
    Ok(taken)
}
