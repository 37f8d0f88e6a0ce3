//! The gate: gathers what the eight guards look at and asks them.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::kinds;
use crate::domain::by::By;
use crate::domain::contact::LifecycleStage;
use crate::domain::effect::EffectKind;
use crate::domain::email::address::{firm_domain, is_free_mail_domain};
use crate::domain::email::{MailClass, MailboxKey, firm_in};
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
use crate::engine::ground::reach::Reach;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::audit::Noted;
use crate::store::control::HoldKind;
use crate::store::executions::{ExecutionRow, ExecutionStatus, SendTimes};
use crate::store::people::Person;
use crate::store::{
    ReadTx, WriteTx, audit, control, executions, messages, people, questions, strays, suppressions,
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
    let contact = candidate.person.map(Person::contact_id);
    let reach = Reach::of(tx, contact, candidate.to_key)?;
    let limits = if asks.limits {
        judged(tx, core, (&candidate, &reach), mode, now)?
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
        suppressed: suppressed(tx, &reach, contact, candidate.to_key)?,
        asked: asked(tx, &reach, candidate.to_key)?,
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
        && let Some(why) = held_by(tx, &reach)?
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
    (candidate, reach): (&Candidate<'_>, &Reach),
    mode: Mode,
    now: Timestamp,
) -> Result<Vec<LimitVerdict>> {
    let history = history(tx, reach, candidate.to_key, now)?;
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
    let mut verdicts = ask(tx, core, candidate, now)?;
    if let Some(why) = consent_fault(tx, row)?
        && let Some(approval) = verdicts.iter_mut().find(|v| v.guard == GuardKind::Approval)
    {
        approval.passed = false;
        approval.detail = why.into();
    }
    Ok(verdicts)
}

/// Holds the consent of a queued execution against the audit trail, where it cannot be changed unseen. Returns the fault.
fn consent_fault(tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<Option<&'static str>> {
    if row.status != ExecutionStatus::Queued {
        return Ok(None);
    }
    Ok(match audit::noted_state(tx, row.id)? {
        Noted::As(noted) if row.state().is_as(&noted) => None,
        Noted::As(_) => Some(
            "its approval was changed, or its recipient, and not by the program; `caseyos audit verify --deep` says how",
        ),
        Noted::WithoutState => None,
        // Its entries may have been cut off with all of their time.
        Noted::Never => {
            let first = audit::first(tx)?;
            let is_cut = first.is_some_and(|(seq, at)| seq > 1 && row.approved_at <= at);
            (!is_cut).then_some("no entry of the audit trail says that it was approved")
        }
    })
}

/// Tells whether another hand changed what a queued execution would send, or its consent.
pub(in crate::engine) fn is_changed(tx: &ReadTx<'_>, row: &ExecutionRow) -> Result<bool> {
    let is_other = kinds::of(row.kind).hash(&row.content) != row.content_hash;
    Ok(is_other || consent_fault(tx, row)?.is_some())
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
    reach: &Reach,
    to_key: &str,
    now: Timestamp,
) -> Result<SendHistory> {
    let times = send_times(tx, reach, to_key, now)?;
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
    reach: &Reach,
    to_key: &str,
    now: Timestamp,
) -> Result<SendTimes> {
    Ok(executions::send_times(
        tx,
        |contact, to| reach.includes(contact, to),
        firm_domain(&MailboxKey::of(to_key).domain()).as_ref(),
        now,
    )?)
}

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
    let mut was_written_to = false;
    for mailbox in &reach.mailboxes {
        was_written_to = was_written_to || executions::has_sent_to(tx, mailbox)?;
    }
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

/// Returns why somebody must not be written to: their address or its domain is suppressed, or they are, at whichever address or contact, or a firm
/// that they are at.
pub(in crate::engine) fn suppressed(
    tx: &ReadTx<'_>,
    reach: &Reach,
    contact: Option<ContactId>,
    to_key: &str,
) -> Result<Option<String>> {
    if let Some(found) = suppressions::find(tx, &MailboxKey::of(to_key))? {
        return Ok(Some(format!(
            "{} is suppressed: {}",
            found.value, found.reason
        )));
    }
    if let Some(found) = suppressions::find_of_person(tx, &reach.mailboxes)? {
        return Ok(Some(format!(
            "they are suppressed at {}: {}",
            found.value, found.reason
        )));
    }
    if let Some(found) = suppressions::find_of_firm(tx, &reach.firms(tx)?)? {
        let firm = firm_in(&found.value).unwrap_or(&found.value);
        return Ok(Some(format!(
            "they are at {firm}, where everybody is suppressed: {}",
            found.reason
        )));
    }
    for id in &reach.ids {
        if people::stage_of(tx, *id)? == Some(LifecycleStage::DoNotContact) {
            return Ok(Some(if contact == Some(*id) {
                "the contact's stage is do_not_contact".to_owned()
            } else {
                format!("contact {id} is the same person, whose stage is do_not_contact")
            }));
        }
    }
    Ok(None)
}

/// Returns why mail to a person is held: a message of ours to them lies outside, and nobody knows what it was.
fn held_by(tx: &ReadTx<'_>, reach: &Reach) -> Result<Option<String>> {
    let open = strays::open(tx)?;
    if open.is_empty() {
        return Ok(None);
    }
    let found = open
        .into_iter()
        .find(|stray| reach.includes(None, &stray.to_key));
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
    barred(tx, row.contact_id, &row.to_key)
}

/// Returns the move that asks whether somebody opted out, while nobody has answered it: about their address or its domain, about them at
/// whichever address or contact, or about a firm that they are at.
pub(in crate::engine) fn asked(
    tx: &ReadTx<'_>,
    reach: &Reach,
    to_key: &str,
) -> Result<Option<MoveId>> {
    if !questions::is_any_open(tx)? {
        return Ok(None);
    }
    if let Some(id) = questions::find(tx, &MailboxKey::of(to_key))? {
        return Ok(Some(id));
    }
    for mailbox in &reach.mailboxes {
        if let Some(id) = questions::of_mailbox(tx, mailbox)? {
            return Ok(Some(id));
        }
    }
    Ok(questions::of_firm(tx, &reach.firms(tx)?)?)
}

/// Returns why nothing may be written to somebody now, suppressed or in question.
pub(in crate::engine) fn barred(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    to_key: &str,
) -> Result<Option<String>> {
    let reach = Reach::of(tx, contact, to_key)?;
    if let Some(reason) = suppressed(tx, &reach, contact, to_key)? {
        return Ok(Some(reason));
    }
    let asked = asked(tx, &reach, to_key)?;
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
