//! The gate: gathers what the eight guards look at and asks them.

use jiff::Timestamp;

use super::Result;
use super::core::Core;
use super::draft::Content;
use super::execute::Post;
use super::providers;
use crate::config::MailKind;
use crate::domain::email::address::{EmailAddress, is_free_mail_domain};
use crate::domain::guard::{self, ApprovalFacts, GuardFacts, GuardKind, Mode, Verdict};
use crate::domain::id::ExecutionId;
use crate::domain::limits::{self, SendHistory};
use crate::domain::schedule::{next_allowed, zone_name};
use crate::domain::service::Service;
use crate::store::executions::ExecutionRow;
use crate::store::people::Person;
use crate::store::{ReadTx, control, executions, people, suppressions};

/// An effect that is asked about.
pub(in crate::engine) struct Effect<'a> {
    pub person: Option<&'a Person>,
    pub to_key: &'a str,
    pub content_hash: [u8; 32],
    pub approval: Option<ApprovalFacts>,
    pub earlier: Option<(ExecutionId, &'static str)>,
    pub mode: Mode,
    pub transport: Result<String, String>,
}

/// Asks the guards about an effect.
pub(in crate::engine) fn ask(
    tx: &ReadTx<'_>,
    core: &Core,
    effect: Effect<'_>,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let zone = effect
        .person
        .map_or_else(|| core.config.operator.zone(), |p| core.zone_of(p));
    let zone_label = zone_name(&zone);
    let policy = core.send_policy(zone)?;
    let history = history(tx, effect.person, effect.to_key, now)?;
    let facts = GuardFacts {
        earlier: effect.earlier,
        kill_switch: control::kill_switch(tx),
        approval: effect.approval,
        content_hash: effect.content_hash,
        suppressed: suppressed(tx, effect.person, effect.to_key)?,
        limits: limits::check(&core.limits(), &history, now),
        slot: next_allowed(&policy, now),
        zone: zone_label,
        mode: effect.mode,
        transport: carried_by(tx, core, effect.transport, now)?,
    };
    Ok(guard::check(&facts, now))
}

/// Says whether what carries a message may be asked now: a mailbox behind a service hangs on how that service stands.
fn carried_by(
    tx: &ReadTx<'_>,
    core: &Core,
    account: Result<String, String>,
    now: Timestamp,
) -> Result<Result<String, (String, Option<Timestamp>)>> {
    let name = match account {
        Ok(name) => name,
        Err(reason) => return Ok(Err((reason, None))),
    };
    let is_gmail = core
        .config
        .mail
        .accounts
        .iter()
        .any(|a| a.name == name && a.kind == MailKind::Gmail);
    if is_gmail && let Err(refused) = providers::health(tx, Service::Gmail, now)? {
        return Ok(Err(refused));
    }
    Ok(Ok(name))
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
    // What leaves is what the row holds, so a row that was tampered with does not match its own approval.
    let held: Option<Content> = serde_json::from_str(&row.content).ok();
    let effect = Effect {
        person: person.as_ref(),
        to_key: &row.to_key,
        content_hash: held.as_ref().map_or([0; 32], Content::hash),
        approval: Some(ApprovalFacts {
            by: row.approved_by.clone(),
            expires_at: row.approval_expires_at,
            content_hash: row.content_hash,
        }),
        earlier: None,
        mode: stricter(row.mode, core.mode()),
        transport: Post::of(core, &row.transport)
            .map(|_| row.transport.clone())
            .map_err(|e| e.to_string()),
    };
    ask(tx, core, effect, now)
}

/// Returns the stricter of what was approved and what is set now: a live approval does not leave after the mode was turned down.
fn stricter(approved: Mode, set: Mode) -> Mode {
    match (approved, set) {
        (Mode::Live, Mode::Live) => Mode::Live,
        (Mode::Draft, Mode::DryRun) | (_, Mode::DryRun) | (Mode::DryRun, _) => Mode::DryRun,
        // An approved draft stays a draft; an approved live mail is held while the mode says draft.
        (Mode::Draft, _) => Mode::Draft,
        (Mode::Live, Mode::Draft) => Mode::DryRun,
    }
}

/// Returns what left, as the limits need it.
pub(in crate::engine) fn history(
    tx: &ReadTx<'_>,
    person: Option<&Person>,
    to_key: &str,
    now: Timestamp,
) -> Result<SendHistory> {
    let domain = to_key.rsplit_once('@').map_or("", |(_, domain)| domain);
    let times = executions::send_times(tx, person.map(Person::contact_id), domain, now)?;
    Ok(SendHistory {
        all: times.all.into(),
        to_contact: times.to_contact.into(),
        to_domain: times.to_domain.into(),
        is_free_mail: is_free_mail_domain(domain),
        mailbox_first_send: times.first,
    })
}

/// Returns why an address must not be written to.
pub(in crate::engine) fn suppressed(
    tx: &ReadTx<'_>,
    person: Option<&Person>,
    to_key: &str,
) -> Result<Option<String>> {
    // `ann+crm@` and, at Gmail, `a.nn@` reach the same person as `ann@`, who asked once.
    let canonical = EmailAddress::parse(to_key)
        .map(|a| a.canonical_key())
        .unwrap_or_default();
    for key in [to_key, &canonical] {
        if let Some(found) = suppressions::find(tx, key)? {
            return Ok(Some(format!(
                "{} is suppressed: {}",
                found.value, found.reason
            )));
        }
    }
    Ok(person
        .filter(|p| p.stage == "do_not_contact")
        .map(|_| "the contact's stage is do_not_contact".to_owned()))
}

/// Tells whether a refusal ends an approval: neither time nor lifting a general stop would let exactly this message go.
pub(in crate::engine) fn is_final(refusal: &Verdict) -> bool {
    match refusal.guard {
        GuardKind::Idempotency | GuardKind::Approval | GuardKind::Suppression => true,
        GuardKind::KillSwitch
        | GuardKind::RateLimits
        | GuardKind::SendWindow
        | GuardKind::Mode
        | GuardKind::ConnectorHealth => false,
    }
}
