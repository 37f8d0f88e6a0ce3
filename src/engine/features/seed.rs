//! Seeding: a past that this installation did not live through, written within the store's own rules.
//!
//! Only a new, empty installation may be seeded; the demo is the one caller. What happened is stored as the road itself would have stored it:
//! mail that came in is read by the real source, mail that left is an execution with its message and its move, a deal is what its
//! signals tell. What was dealt with in that past makes no moves now.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::domain::action::ActionKind;
use crate::domain::aps::Points;
use crate::domain::by::By;
use crate::domain::contact::ContactDraft;
use crate::domain::effect::{self, EffectKind, Ended};
use crate::domain::email::{MailboxKey, Named};
use crate::domain::guard::Mode;
use crate::domain::id::{ContactId, MoveId};
use crate::domain::moves::{MoveStatus, MoveSubject};
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::signal::{Domain, SignalDraft, SignalKind, Source};
use crate::domain::suppression::Cause;
use crate::engine::effects::kinds::mail::draft::Content;
use crate::engine::effects::kinds::mail::sent::record_sent;
use crate::engine::error::{EngineError, Result};
use crate::engine::features::post::IncomingMail;
use crate::engine::ground::core::Core;
use crate::engine::handle::Engine;
use crate::engine::road::intake;
use crate::engine::road::outcomes::{Observed, record};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::store::contacts::{ContactWriter, Origin, RunMemory};
use crate::store::executions::{End, ExecutionRow, ExecutionStatus};
use crate::store::moves::{MoveRow, MoveState};
use crate::store::suppressions::SuppressedBy;
use crate::store::{
    Durability, WriteTx, companies, contacts, executions, moves, people, signals, suppressions,
};

/// Facts about a firm besides its people.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedCompany {
    /// Its domain, by which it is found among those that the contacts brought.
    pub domain: String,
    /// Its trade.
    pub industry: String,
    /// 0..=1: how well it fits.
    pub icp_fit: f64,
    /// True for a firm whose name is worth showing.
    pub is_logo: bool,
    /// True for a partner.
    pub is_partner: bool,
}

/// A mail that the operator sent before the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedSent {
    /// The recipient's address, which must be a contact's.
    pub to: String,
    /// The action that the mail was.
    pub action: ActionKind,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Instant at which it left.
    pub at: Timestamp,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// The Message-ID that it answers, with angle brackets; empty for a first mail.
    pub in_reply_to: String,
    /// The chain above it, oldest first, with angle brackets.
    pub references: Vec<String>,
    /// True for a mail after which silence means something.
    pub awaits_answer: bool,
}

/// One mail of the past.
#[derive(Debug, Clone, PartialEq)]
pub enum SeedMail {
    /// A mail that left; boxed, because the other kind is smaller.
    Sent(Box<SeedSent>),
    /// A mail that came in, as a file of this name.
    Received(String, Box<IncomingMail>),
}

/// An outcome of earlier work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedOutcome {
    /// The address of the person, who must be a contact.
    pub email: String,
    /// The kind of outcome.
    pub kind: OutcomeKind,
    /// The action that caused it.
    pub action: ActionKind,
    /// Instant of the outcome.
    pub at: Timestamp,
}

fn unknown(email: &str) -> EngineError {
    EngineError::Input(format!("{email} is nobody's address."))
}

impl Engine {
    /// Writes the people and the firms of a new world.
    ///
    /// # Errors
    /// [`EngineError::Input`] if there are contacts already, so that no real data can be mixed with invented ones.
    pub fn seed_people(&self, people: Vec<ContactDraft>, firms: Vec<SeedCompany>) -> Result<()> {
        self.write(Durability::Normal, move |tx, _, now| {
            if contacts::count(tx)? > 0 {
                return Err(EngineError::Input(
                    "Only an empty installation can be seeded. Nothing was changed.".into(),
                ));
            }
            let mut memory = RunMemory::default();
            let mut writer = ContactWriter::new(tx, now)?;
            for mut person in people {
                person
                    .normalize()
                    .map_err(|fault| EngineError::Input(format!("{}.", fault.reason)))?;
                writer.write(&person, Origin::Import, &mut memory)?;
            }
            for firm in &firms {
                companies::set_standing(
                    tx,
                    &firm.domain,
                    &firm.industry,
                    firm.icp_fit,
                    (firm.is_logo, firm.is_partner),
                    now,
                )?;
            }
            let seeded = Change {
                by: &By::Engine,
                event: "world.seeded",
                about: vec!["people".into()],
                detail: json!({"firms": firms.len()}),
                tells: Tells::Of("contacts.imported", "seed".into()),
                back: Back::None,
            };
            change(tx, seeded, now).map(|_| ())
        })
    }

    /// Stores events that were dealt with long ago: deals become what they tell, and no moves come up.
    ///
    /// # Errors
    /// Fails where the database cannot be written.
    pub fn seed_events(&self, events: Vec<SignalDraft>) -> Result<()> {
        self.write(Durability::Normal, move |tx, core, now| {
            let mut events = events;
            events.sort_by_cached_key(|e| (e.occurred_at, e.hash()));
            for event in &events {
                intake::take_as_past(tx, core, event, None, now)?;
            }
            Ok(())
        })
    }

    /// Plays back correspondence in rounds: in each, what came in is read by the mailbox's own source and what left is stored as the
    /// execution of the move that it answered, or of one of its own.
    ///
    /// # Errors
    /// Fails where somebody is nobody's contact, or a file or the database cannot be written.
    pub fn seed_mail(&self, rounds: Vec<Vec<SeedMail>>) -> Result<()> {
        let account = self
            .config()
            .mail
            .accounts
            .first()
            .cloned()
            .ok_or_else(|| {
                EngineError::Input("Mail can be seeded only where a mailbox is set up.".into())
            })?;
        for round in rounds {
            let mut left = Vec::new();
            let mut any_came = false;
            for mail in round {
                match mail {
                    SeedMail::Sent(sent) => left.push(*sent),
                    SeedMail::Received(name, mail) => {
                        self.receive(&name, &mail)?;
                        any_came = true;
                    }
                }
            }
            if !left.is_empty() {
                let transport = account.name.clone();
                self.write(Durability::Normal, move |tx, core, now| {
                    for sent in left {
                        store_sent(tx, core, &transport, sent, now)?;
                    }
                    Ok(())
                })?;
            }
            if any_came {
                self.read_maildir(&account)?;
            }
        }
        Ok(())
    }

    /// Records what came of earlier work. Who asked to be left alone then, or whose address bounced, is not written to any more.
    ///
    /// # Errors
    /// Fails where somebody is nobody's contact or the database cannot be written.
    pub fn seed_outcomes(&self, seeded: Vec<SeedOutcome>) -> Result<()> {
        self.write(Durability::Normal, move |tx, _, now| {
            for (n, outcome) in seeded.into_iter().enumerate() {
                let contact = people::find_by_email(tx, &outcome.email)?
                    .ok_or_else(|| unknown(&outcome.email))?;
                let observed = Observed {
                    contact: Some(contact),
                    action: Some(outcome.action),
                    ..Observed::new(
                        outcome.kind,
                        source_of(outcome.kind),
                        outcome.at,
                        format!("past:{n}"),
                    )
                };
                record(tx, observed, now)?;
                let (cause, reason) = match outcome.kind {
                    OutcomeKind::EmailUnsubscribed => {
                        (Cause::OptedOut, "asked not to be written to")
                    }
                    OutcomeKind::EmailBounced => (Cause::Bounced, "the address bounced"),
                    _ => continue,
                };
                let address = outcome.email.to_lowercase();
                let named = Named::Mailbox(MailboxKey::of(&address));
                let why = (reason, SuppressedBy::Mail);
                if suppressions::add(tx, (&named, &address), cause, why, outcome.at)? {
                    let added = Change {
                        by: &By::Engine,
                        event: "suppression.added",
                        about: vec![address],
                        detail: json!({"because": reason}),
                        tells: Tells::Nothing,
                        back: Back::None,
                    };
                    change(tx, added, now)?;
                }
            }
            Ok(())
        })
    }
}

/// Returns who would have told of an outcome.
const fn source_of(kind: OutcomeKind) -> OutcomeSource {
    use OutcomeKind as K;
    match kind {
        K::EmailSent | K::NoResponse | K::TaskCompleted | K::TaskOverdue => OutcomeSource::System,
        K::MeetingBooked | K::MeetingHeld | K::MeetingNoShow | K::MeetingRescheduled => {
            OutcomeSource::Calendar
        }
        K::DealCreated
        | K::DealStageAdvanced
        | K::DealStageRegressed
        | K::DealWon
        | K::DealLost => OutcomeSource::Hubspot,
        K::EmailOpened
        | K::EmailClicked
        | K::EmailReplied
        | K::EmailBounced
        | K::EmailUnsubscribed
        | K::PositiveResponse
        | K::NegativeResponse => OutcomeSource::Mail,
    }
}

fn store_sent(
    tx: &WriteTx<'_>,
    core: &Core,
    transport: &str,
    sent: SeedSent,
    now: Timestamp,
) -> Result<()> {
    let to_key = sent.to.to_lowercase();
    let contact = people::find_by_email(tx, &to_key)?.ok_or_else(|| unknown(&sent.to))?;
    let move_id = move_of(tx, &sent, contact, now)?;
    let operator = &core.config.operator;
    let content = Content {
        from_name: operator.name.clone(),
        from: operator.address.clone(),
        to_name: people::load(tx, contact)?
            .map(|p| p.name())
            .unwrap_or_default(),
        to: sent.to,
        subject: sent.subject,
        body: sent.body,
        in_reply_to: sent.in_reply_to,
        references: sent.references,
    };
    let id = executions::next_id(tx)?;
    let row = ExecutionRow {
        id,
        origin: effect::Origin::Move,
        move_id: Some(move_id),
        undoes: None,
        contact_id: Some(contact),
        action: sent.action,
        kind: EffectKind::Mail,
        idempotency_key: format!("past:{}", sent.message_id),
        once: String::new(),
        status: ExecutionStatus::Queued,
        ended: Ended::Not,
        mode: Mode::Live,
        transport: transport.to_owned(),
        to_domain: to_key
            .rsplit_once('@')
            .map_or_else(String::new, |(_, domain)| domain.to_owned()),
        to_key,
        subject: content.subject.clone(),
        message_id: sent.message_id,
        mark: String::new(),
        content_hash: content.hash(),
        content: serde_json::to_string(&content)
            .map_err(|e| crate::store::StoreError::Invalid(e.to_string()))?,
        carried: String::new(),
        remote_id: String::new(),
        approved_by: By::Operator,
        approved_at: sent.at,
        approval_expires_at: sent
            .at
            .checked_add(SignedDuration::from_hours(24))
            .unwrap_or(sent.at),
        not_before: sent.at,
        holder: String::new(),
        claimed_at: None,
        settled_at: Some(sent.at),
        tries: 1,
        location: String::new(),
        error: String::new(),
        is_staged: false,
        class: SendClass::FollowUp,
        waits_for: WaitsFor::Turn,
        check_at: None,
        asks: 0,
    };
    executions::insert(tx, &row)?;
    executions::settle(
        tx,
        id,
        ExecutionStatus::Queued,
        End {
            to: ExecutionStatus::Sent,
            ended: Ended::Done,
            location: "",
            because: "",
        },
        sent.at,
    )?;
    record_sent(tx, core, &row, sent.at)?;
    if !sent.awaits_answer {
        executions::set_silence(tx, id, None)?;
    }
    Ok(())
}

/// Returns the move that a mail of the past carried out, closed: the standing one that it answered, else one of its own.
fn move_of(
    tx: &WriteTx<'_>,
    sent: &SeedSent,
    contact: ContactId,
    now: Timestamp,
) -> Result<MoveId> {
    let subject = MoveSubject::Contact(contact);
    let standing = moves::find_standing(tx, subject, sent.action.family())?;
    if let Some(mv) = standing.filter(|mv| mv.started_at <= sent.at) {
        let done = MoveState {
            id: mv.id,
            status: MoveStatus::Done,
            snoozed_until: None,
            closed_at: Some(sent.at),
            close_reason: "sent".into(),
        };
        moves::set_state(tx, &done, now)?;
        return Ok(mv.id);
    }
    let title = format!("{}: {}", sent.action.label(), sent.subject);
    let mut payload = Map::new();
    payload.insert("note".into(), Value::from(title.as_str()));
    let draft = SignalDraft::new(Source::Manual, SignalKind::Manual, sent.at, payload)
        .with_id(format!("past:{}", sent.message_id), 0)
        .with_email(Some(sent.to.clone()));
    let signal = signals::insert(tx, &draft, &draft.hash(), (Some(contact), None), now)?;
    let mv = MoveRow {
        id: MoveId(0),
        subject,
        contact_id: Some(contact),
        deal_id: None,
        lead_signal_id: signal,
        action: sent.action,
        domain: Domain::Sales,
        status: MoveStatus::Done,
        title,
        rule: "manual".into(),
        template: String::new(),
        components: [0.4, 0.5, 0.5, 0.5],
        why: ["no deal".into(), "by hand".into(), String::new()],
        score: Points(0),
        started_at: sent.at,
        due_at: sent.at,
        changes_at: sent.at,
        snoozed_until: None,
        created_at: sent.at,
        closed_at: Some(sent.at),
        close_reason: "sent".into(),
    };
    let id = moves::save(tx, &mv, now)?;
    moves::add_evidence(tx, id, signal)?;
    Ok(id)
}
