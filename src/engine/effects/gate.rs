//! The gate: gathers what the eight guards look at and asks them.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::kinds;
use crate::domain::by::By;
use crate::domain::contact::LifecycleStage;
use crate::domain::effect::EffectKind;
use crate::domain::email::address::is_free_mail_domain;
use crate::domain::email::{MailClass, MailboxKey};
use crate::domain::guard::{
    self, ApprovalFacts, Asks, GuardFacts, GuardKind, InDraft, Mode, Verdict,
};
use crate::domain::id::{ContactId, ExecutionId, MoveId};
use crate::domain::limits::{self, LimitVerdict, MailResults, NEW_MAILBOX, SendHistory};
use crate::domain::outbox::SendClass;
use crate::domain::schedule::{next_allowed, zone_name};
use crate::engine::error::Result;
use crate::engine::ground::clock;
use crate::engine::ground::core::Core;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::control::HoldKind;
use crate::store::executions::{ExecutionRow, SendTimes};
use crate::store::people::Person;
use crate::store::{
    ReadTx, WriteTx, control, executions, messages, people, questions, strays, suppressions,
};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The consent that a candidate rests on.
pub(in crate::engine) type Consent = ApprovalFacts;

/// An effect that is asked about.
pub(in crate::engine) struct Candidate<'a> {
    pub kind: EffectKind,
    pub content: &'a str,
    pub person: Option<&'a Person>,
    pub to_key: &'a str,
    pub content_hash: [u8; 32],
    pub consent: Consent,
    pub earlier: Option<(ExecutionId, &'static str)>,
    /// The mode that it is approved in.
    pub approved: Mode,
    pub class: SendClass,
    /// The name of what carries it, or the reason why nothing does.
    pub carrier: Result<String, String>,
}

/// Asks the guards about an effect.
pub(in crate::engine) fn ask(
    tx: &ReadTx<'_>,
    core: &Core,
    candidate: Candidate<'_>,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let effect = kinds::of(candidate.kind);
    let asks = effect.asks();
    let zone = candidate
        .person
        .map_or_else(|| core.config.operator.zone(), |p| core.zone_of(p));
    let zone_label = zone_name(&zone);
    let policy = core.send_policy(zone)?;
    let mode = core.mode();
    let limits = if asks.limits {
        judged(tx, core, &candidate, mode, now)?
    } else {
        Vec::new()
    };
    let transport = match candidate.carrier {
        Ok(carrier) => effect.readiness(tx, core, &carrier, now)?,
        Err(reason) => Err((reason, None)),
    };
    let facts = GuardFacts {
        asks,
        earlier: candidate.earlier,
        kill_switch: control::kill_switch(tx),
        pause: control::pause(tx, now)?,
        clock: clock::refusal(tx, core, now)?,
        approval: Some(candidate.consent),
        content_hash: candidate.content_hash,
        suppressed: suppressed(tx, candidate.person, candidate.to_key)?,
        asked: asked(
            tx,
            candidate.person.map(Person::contact_id),
            candidate.to_key,
        )?,
        limits,
        slot: next_allowed(&policy, now),
        zone: zone_label,
        approved: candidate.approved,
        mode,
        transport,
    };
    let mut verdicts = guard::check(&facts, now);
    // What may have been sent already, by a database that knew more than this one does.
    if asks.limits
        && let Some(why) = held_by(tx, candidate.to_key)?
        && let Some(done) = verdicts
            .iter_mut()
            .find(|v| v.guard == GuardKind::Idempotency)
    {
        done.passed = false;
        done.detail = why;
    }
    // Consent to a time ends with it.
    if let Some((at, why)) = effect.ends(candidate.content)?
        && at <= now
        && let Some(approval) = verdicts.iter_mut().find(|v| v.guard == GuardKind::Approval)
    {
        approval.passed = false;
        approval.detail = why.into();
    }
    Ok(verdicts)
}

/// Judges the limits on mail.
fn judged(
    tx: &ReadTx<'_>,
    core: &Core,
    candidate: &Candidate<'_>,
    mode: Mode,
    now: Timestamp,
) -> Result<Vec<LimitVerdict>> {
    let history = history(tx, candidate.person, candidate.to_key, now)?;
    let mut judged = limits::check(&core.limits(), &history, now);
    // An answer to a person goes out whatever came back from others.
    if candidate.class != SendClass::Reply {
        judged.extend(deliverability(tx, core, now)?);
        let leaves = candidate.approved == Mode::Live && mode == Mode::Live;
        if leaves && judged.iter().all(|v| v.passed) {
            let ready = executions::ready_before(tx, candidate.class, now)?;
            judged.extend(limits::reserve(&judged, &ready, now));
        }
    }
    Ok(judged)
}

/// Asks the guards again about a queued execution.
pub(in crate::engine) fn ask_again(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let person = row
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    let candidate = Candidate {
        kind: row.kind,
        content: &row.content,
        person: person.as_ref(),
        to_key: &row.to_key,
        // The row's own content leaves, so a row that was tampered with does not match its approval.
        content_hash: kinds::of(row.kind).hash(&row.content),
        consent: Consent {
            by: row.approved_by.clone(),
            expires_at: row.approval_expires_at,
            content_hash: row.content_hash,
        },
        earlier: None,
        approved: row.mode,
        class: row.class,
        carrier: Ok(row.transport.clone()),
    };
    ask(tx, core, candidate, now)
}

/// Returns the refusal of everything that leaves now: the kill switch, a pause, or the mode.
pub(in crate::engine) fn standing_refusal(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<Option<Verdict>> {
    let hash = [0; 32];
    let facts = GuardFacts {
        asks: Asks {
            suppression: false,
            limits: false,
            window: false,
            in_draft: InDraft::Refuses("nothing leaves"),
        },
        earlier: None,
        kill_switch: control::kill_switch(tx),
        pause: control::pause(tx, now)?,
        clock: clock::refusal(tx, core, now)?,
        approval: Some(Consent {
            by: By::Operator,
            expires_at: Timestamp::MAX,
            content_hash: hash,
        }),
        content_hash: hash,
        suppressed: None,
        asked: None,
        limits: Vec::new(),
        slot: None,
        zone: String::new(),
        approved: Mode::Live,
        mode: core.mode(),
        transport: Ok(String::new()),
    };
    let verdicts = guard::check(&facts, now);
    Ok(guard::binding(&verdicts).cloned())
}

/// Returns what left, as the limits need it.
pub(in crate::engine) fn history(
    tx: &ReadTx<'_>,
    person: Option<&Person>,
    to_key: &str,
    now: Timestamp,
) -> Result<SendHistory> {
    let times = send_times(tx, person, to_key, now)?;
    let domain = MailboxKey::of(to_key).domain();
    Ok(SendHistory {
        all: times.all.into(),
        to_contact: times.to_contact.into(),
        to_domain: times.to_domain.into(),
        is_free_mail: is_free_mail_domain(domain.as_str()),
        mailbox_first_send: times.first,
    })
}

/// Returns when mail left: in all, to a person behind whichever of their addresses, and to the domain.
pub(in crate::engine) fn send_times(
    tx: &ReadTx<'_>,
    person: Option<&Person>,
    to_key: &str,
    now: Timestamp,
) -> Result<SendTimes> {
    let reach = Reach::of(tx, person.map(Person::contact_id), to_key)?;
    Ok(executions::send_times(
        tx,
        |contact, to| reach.includes(contact, to),
        &MailboxKey::of(to_key).domain(),
        now,
    )?)
}

/// A person behind all their contacts and addresses: what the limits count for, and what an opt-out holds for.
///
/// One person are a contact, the contacts of the same name at the same firm, and those who have one of their mailboxes under another spelling.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Reach {
    pub ids: Vec<ContactId>,
    pub mailboxes: Vec<MailboxKey>,
}

impl Reach {
    /// Begins with whoever is behind an address.
    pub(super) fn behind(to: &str) -> Self {
        Self {
            ids: Vec::new(),
            mailboxes: vec![MailboxKey::of(to)],
        }
    }

    /// Returns the person who is written to: a contact, if one is known, at an address.
    pub(in crate::engine) fn of(
        tx: &ReadTx<'_>,
        contact: Option<ContactId>,
        to: &str,
    ) -> Result<Self> {
        let mut reach = Self::behind(to);
        let mut next: Vec<ContactId> = contact.into_iter().collect();
        next.extend(people::of_mailbox(tx, &MailboxKey::of(to))?);
        while let Some(id) = next.pop() {
            if reach.ids.contains(&id) || reach.ids.len() >= MOST_CONTACTS {
                continue;
            }
            let addresses = people::addresses(tx, id)?;
            next.extend(people::namesakes(tx, id)?);
            for address in &addresses {
                next.extend(people::of_mailbox(tx, &MailboxKey::of(address))?);
            }
            reach.add(id, &addresses);
        }
        Ok(reach)
    }

    /// Adds a contact with their addresses.
    pub(super) fn add(&mut self, id: ContactId, addresses: &[String]) {
        self.ids.push(id);
        for mailbox in addresses.iter().map(|address| MailboxKey::of(address)) {
            if !self.mailboxes.contains(&mailbox) {
                self.mailboxes.push(mailbox);
            }
        }
    }

    /// Adds another person.
    pub(super) fn join(&mut self, other: Self) {
        for id in other.ids {
            if !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
        for mailbox in other.mailboxes {
            if !self.mailboxes.contains(&mailbox) {
                self.mailboxes.push(mailbox);
            }
        }
    }

    /// Tells whether mail to a contact and an address goes to them.
    pub(in crate::engine) fn includes(&self, contact: Option<ContactId>, to: &str) -> bool {
        contact.is_some_and(|id| self.ids.contains(&id))
            || self.mailboxes.contains(&MailboxKey::of(to))
    }
}

/// Contacts that are looked at as one person; more of one name at one firm are a mistake in the records.
const MOST_CONTACTS: usize = 50;

/// Returns what a message is to the person whom it goes to.
pub(in crate::engine) fn class_of(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    to_key: &str,
    in_reply_to: &str,
) -> Result<SendClass> {
    if !in_reply_to.is_empty()
        && let Some(parent) = messages::find(tx, in_reply_to)?
        && parent.inbound
        && parent.class.is_none_or(MailClass::may_be_answered)
    {
        return Ok(SendClass::Reply);
    }
    let reach = Reach::of(tx, contact, to_key)?;
    let mut was_written_to = executions::has_sent_to(tx, to_key)?;
    for id in reach.ids {
        was_written_to = was_written_to || executions::has_written_to(tx, id)?;
    }
    Ok(if was_written_to {
        SendClass::FollowUp
    } else {
        SendClass::FirstTouch
    })
}

/// Judges bounces and complaints of the last 7 days, or since the operator let mail out again by hand.
pub(in crate::engine) fn deliverability(
    tx: &ReadTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<[LimitVerdict; 2]> {
    Ok(limits::judge(&results(tx, core, now)?, now))
}

/// Reads what was sent and what came back in that time.
pub(super) fn results(tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<MailResults> {
    let week_ago = now.checked_sub(WEEK).unwrap_or(Timestamp::MIN);
    let lifted = control::last_lifted(tx, HoldKind::Deliverability)?;
    // Lifted under a clock that was ahead, it would hide for long what comes back now.
    let lifted = lifted.filter(|at| *at <= now);
    let since = lifted.map_or(week_ago, |at| at.max(week_ago));
    let health = executions::mail_health(tx, since, now)?;
    let first = executions::first_sent(tx, now)?;
    Ok(MailResults {
        sent: health.sent.into(),
        bounced: health.bounced.into(),
        reported: health.reported.into(),
        new_until: first
            .filter(|_| core.config.limits.ramp.enabled)
            .and_then(|first| first.checked_add(NEW_MAILBOX).ok()),
    })
}

/// Begins or ends the automatic pause, as the results of the last days say, so that there is a row that tells why and since when.
pub(in crate::engine) fn review_deliverability(
    tx: &WriteTx<'_>,
    core: &Core,
    now: Timestamp,
) -> Result<()> {
    let verdicts = deliverability(tx, core, now)?;
    let hold = control::hold(tx, HoldKind::Deliverability)?;
    let refusal = limits::binding(&verdicts);
    let (event, detail) = match (hold, refusal) {
        (None, Some(refusal)) => {
            let reason = refusal.sentence();
            control::begin_hold(tx, HoldKind::Deliverability, &reason, now, None)?;
            (
                "deliverability.paused",
                json!({"because": reason, "verdicts": verdicts}),
            )
        }
        (Some(hold), None) => {
            control::end_hold(tx, hold.id, "engine", now)?;
            (
                "deliverability.cleared",
                json!({"since": hold.since, "because": hold.reason}),
            )
        }
        _ => return Ok(()),
    };
    let held = Change {
        by: &By::Engine,
        event,
        about: vec!["deliverability".into()],
        detail,
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, held, now).map(|_| ())
}

/// Returns why somebody must not be written to: their address or its domain is suppressed, or they are, at whichever address or contact.
pub(in crate::engine) fn suppressed(
    tx: &ReadTx<'_>,
    person: Option<&Person>,
    to_key: &str,
) -> Result<Option<String>> {
    if let Some(found) = suppressions::find(tx, &MailboxKey::of(to_key))? {
        return Ok(Some(format!(
            "{} is suppressed: {}",
            found.value, found.reason
        )));
    }
    let reach = Reach::of(tx, person.map(Person::contact_id), to_key)?;
    if let Some(found) = suppressions::find_of_person(tx, reach.mailboxes)? {
        return Ok(Some(format!(
            "they are suppressed at {}: {}",
            found.value, found.reason
        )));
    }
    for id in &reach.ids {
        if people::stage_of(tx, *id)? == Some(LifecycleStage::DoNotContact) {
            return Ok(Some(if person.is_some_and(|p| p.contact_id() == *id) {
                "the contact's stage is do_not_contact".to_owned()
            } else {
                format!("contact {id} is the same person, whose stage is do_not_contact")
            }));
        }
    }
    Ok(None)
}

/// Returns why mail to an address is held: a message of ours to them lies outside, and nobody knows what it was.
fn held_by(tx: &ReadTx<'_>, to_key: &str) -> Result<Option<String>> {
    let open = strays::open(tx)?;
    if open.is_empty() {
        return Ok(None);
    }
    let asked = MailboxKey::of(to_key);
    let found = open
        .into_iter()
        .find(|stray| MailboxKey::of(&stray.to_key) == asked);
    Ok(found.map(|stray| {
        format!(
            "a message of ours to them (\"{}\") is in {} and this database knows nothing of it, so this may say the same again; `caseyos outbox strays` shows it and `caseyos outbox known {}` lifts this",
            stray.subject, stray.location, stray.id
        )
    }))
}

/// Returns why the recipient of a claimed execution must not be written to, for the look directly before it leaves.
pub(in crate::engine) fn suppressed_since(
    tx: &ReadTx<'_>,
    row: &ExecutionRow,
) -> Result<Option<String>> {
    let person = row
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    barred(tx, person.as_ref(), &row.to_key)
}

/// Returns the move that asks whether somebody opted out, while nobody has answered it: about their address or its domain, or about them at
/// whichever address or contact.
pub(in crate::engine) fn asked(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    to_key: &str,
) -> Result<Option<MoveId>> {
    if !questions::is_any_open(tx)? {
        return Ok(None);
    }
    if let Some(id) = questions::find(tx, &MailboxKey::of(to_key))? {
        return Ok(Some(id));
    }
    for mailbox in &Reach::of(tx, contact, to_key)?.mailboxes {
        if let Some(id) = questions::of_mailbox(tx, mailbox)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Returns why nothing may be written to somebody now, suppressed or in question.
pub(in crate::engine) fn barred(
    tx: &ReadTx<'_>,
    person: Option<&Person>,
    to_key: &str,
) -> Result<Option<String>> {
    if let Some(reason) = suppressed(tx, person, to_key)? {
        return Ok(Some(reason));
    }
    let asked = asked(tx, person.map(Person::contact_id), to_key)?;
    Ok(asked.map(guard::asked_first))
}

/// Tells whether a refusal ends an approval: neither time nor lifting a general stop would let exactly this message go.
pub(in crate::engine) fn is_final(refusal: &Verdict) -> bool {
    match refusal.guard {
        GuardKind::Suppression if refusal.waits_for.is_some() => false,
        GuardKind::Idempotency | GuardKind::Approval | GuardKind::Suppression => true,
        GuardKind::KillSwitch
        | GuardKind::RateLimits
        | GuardKind::SendWindow
        | GuardKind::Mode
        | GuardKind::ConnectorHealth => false,
    }
}
