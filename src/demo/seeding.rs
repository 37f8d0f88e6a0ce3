//! From the generated world to an installation: the configuration, the people, the past, and what waits today.
//!
//! The past is played in two steps, the day before and the beginning itself, each with the clock set to it and ended by an
//! ordinary pass, so that silences, renewals and meetings are noticed by the timers that notice them in real life.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Map;

use super::ground::wrong_world;
use super::home::{self, State};
use super::world::{Deal, Direction, Message, PastOutcome, Turn, World, signal_line};
use crate::config::{Config, MailAccount, MailConfig, MailKind, Operator, Paths, Ui};
use crate::domain::action::ActionKind;
use crate::domain::contact::{ContactDraft, ExternalId};
use crate::domain::guard::Mode;
use crate::domain::outcome::OutcomeKind;
use crate::domain::signal::{Said, SignalDraft, SignalKind, Source};
use crate::engine::post::IncomingMail;
use crate::engine::seed::{SeedCompany, SeedMail, SeedOutcome, SeedSent};
use crate::engine::{Engine, EngineError};
use crate::env::{Clock, Env};

/// Time between the first pass and the beginning.
const DAY_BEFORE: SignedDuration = SignedDuration::from_hours(20);
/// Seconds between two passes while the demo is open: its correspondents answer soon.
const SYNC_SECONDS: u32 = 3;

/// A clock that seeding sets.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl SetClock {
    fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

/// Makes the world of `state` in an empty folder.
pub(super) fn make(folder: &Path, state: &State) -> Result<(), EngineError> {
    let world = World::generate(state.seed, state.began_at, &home::zone()).map_err(wrong_world)?;
    write_config(folder, &world)?;
    let eve = state
        .began_at
        .checked_sub(DAY_BEFORE)
        .unwrap_or(state.began_at);
    let clock = Arc::new(SetClock(AtomicI64::new(eve.as_millisecond())));
    let env = Env::new(Arc::clone(&clock) as Arc<dyn Clock>, state.seed);
    let engine = Engine::create(env, Paths::in_folder(folder))?;
    engine.make_mailbox()?;

    engine.seed_people(
        world.contacts.iter().map(|c| person(&world, c)).collect(),
        world.companies.iter().map(firm).collect(),
    )?;
    engine.seed_events(
        world
            .deals
            .iter()
            .flat_map(|d| told_before(&world, d, state))
            .collect(),
    )?;
    engine.seed_mail(rounds(&world, |at| at <= eve))?;
    let outcomes = world
        .past_outcomes
        .iter()
        .filter(|o| !is_told_elsewhere(&world, o));
    engine.seed_outcomes(outcomes.map(outcome).collect())?;
    observe(&engine, &world, |at| at <= eve)?;
    engine.sync()?;

    clock.set(state.began_at);
    engine.seed_mail(rounds(&world, |at| at > eve))?;
    observe(&engine, &world, |at| at > eve)?;
    engine.sync()?;
    Ok(())
}

fn write_config(folder: &Path, world: &World) -> Result<(), EngineError> {
    let operator = &world.operator;
    let config = Config {
        mode: Mode::Live,
        operator: Operator {
            name: operator.name.clone(),
            address: operator.email.clone(),
            company: operator.company.clone(),
            time_zone: operator.zone.clone(),
            postal_address: operator.postal_address.clone(),
            ..Operator::default()
        },
        mail: MailConfig {
            accounts: vec![MailAccount {
                path: folder.join("mail").display().to_string(),
                ..MailAccount::new("demo", MailKind::Maildir)
            }],
        },
        ui: Ui {
            sync_seconds: SYNC_SECONDS,
            ..Ui::default()
        },
        ..Config::default()
    };
    let text = toml::to_string(&config).map_err(|e| EngineError::Outside(format!("{e}.")))?;
    let path = folder.join("config.toml");
    let head = "# The configuration of a demo world. Its mail goes from one folder below to another and reaches nobody.\n";
    crate::config::edit::replace(&path, &format!("{head}{text}"))
        .map_err(|e| EngineError::Outside(format!("writing {} failed: {e}.", path.display())))
}

fn person(world: &World, contact: &super::world::Contact) -> ContactDraft {
    let firm = world.companies.iter().find(|c| c.key == contact.company);
    ContactDraft {
        external_ids: vec![ExternalId {
            system: "hubspot".into(),
            id: contact.external_id.clone(),
        }],
        first_name: Some(contact.first_name.clone()),
        last_name: Some(contact.last_name.clone()),
        emails: vec![contact.email.clone()],
        title: Some(contact.title.clone()),
        company: firm.map(|f| f.name.clone()),
        company_domain: firm.map(|f| f.domain.clone()),
        city: Some(contact.city.clone()),
        country: Some(contact.country.clone()),
        time_zone: Some(contact.zone.clone()),
        stage: Some(contact.stage),
        ..ContactDraft::default()
    }
}

fn firm(company: &super::world::Company) -> SeedCompany {
    SeedCompany {
        domain: company.domain.clone(),
        industry: company.industry.clone(),
        icp_fit: company.icp_fit,
        is_logo: company.is_logo,
        is_partner: company.is_partner,
    }
}

/// Returns what the CRM told of a deal before today's signals: that it came into being, and how far it got.
fn told_before(world: &World, deal: &Deal, state: &State) -> Vec<SignalDraft> {
    const FIRST_STAGE: &str = "appointmentscheduled";
    let today = world
        .signals
        .iter()
        .find(|s| s.about().deal.id.as_ref() == Some(&deal.external_id));
    if today.is_some_and(|s| s.kind() == SignalKind::DealCreated) {
        return Vec::new();
    }
    let reached = today
        .and_then(|s| match s.said() {
            Said::Deal(said) => said.from_stage.as_deref(),
            _ => None,
        })
        .unwrap_or(&deal.stage);
    let tell = |kind: SignalKind, at: Timestamp, stage: &str, from: Option<&str>| {
        let mut payload = Map::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                payload.insert(key.into(), value.into());
            }
        };
        put("deal_id", Some(deal.external_id.clone()));
        put("deal", Some(deal.name.clone()));
        put("currency", Some(deal.currency.clone()));
        put("stage", Some(stage.to_owned()));
        put("from_stage", from.map(str::to_owned));
        put("renewal_at", deal.renewal_at.map(|at| at.to_string()));
        put("expires_at", deal.expires_at.map(|at| at.to_string()));
        payload.insert("amount".into(), deal.amount.units().into());
        SignalDraft::new(Source::Hubspot, kind, at, payload)
            .with_id(format!("past-{}-{stage}", deal.external_id), 0)
            .with_email(Some(deal.contact_email.clone()))
    };
    let mut told = vec![tell(
        SignalKind::DealCreated,
        deal.created_at,
        FIRST_STAGE,
        None,
    )];
    if reached != FIRST_STAGE {
        let since = state.began_at.duration_since(deal.created_at);
        let at = deal
            .created_at
            .checked_add(since / 2)
            .unwrap_or(deal.created_at);
        told.push(tell(
            SignalKind::DealStageChanged,
            at,
            reached,
            Some(FIRST_STAGE),
        ));
    }
    told
}

/// Tells whether a thread or an event of the world tells of an outcome already: the road records it itself then.
fn is_told_elsewhere(world: &World, outcome: &PastOutcome) -> bool {
    let kind = match outcome.kind {
        OutcomeKind::EmailReplied | OutcomeKind::EmailUnsubscribed => {
            return world
                .past_threads
                .iter()
                .filter(|t| t.contact_email == outcome.contact_email)
                .flat_map(|t| &t.messages)
                .any(|m| {
                    m.direction == Direction::Inbound
                        && m.at.duration_since(outcome.at).abs() < SignedDuration::from_hours(72)
                });
        }
        OutcomeKind::MeetingBooked => SignalKind::MeetingBooked,
        OutcomeKind::DealWon => SignalKind::DealStageChanged,
        _ => return false,
    };
    world
        .signals
        .iter()
        .any(|s| s.kind() == kind && s.email.as_deref() == Some(outcome.contact_email.as_str()))
}

fn outcome(past: &PastOutcome) -> SeedOutcome {
    SeedOutcome {
        email: past.contact_email.clone(),
        kind: past.kind,
        action: past.action,
        at: past.at,
    }
}

/// Returns the correspondence whose instants `wanted` takes, in rounds: what stands deeper in its thread comes later.
fn rounds(world: &World, wanted: impl Fn(Timestamp) -> bool) -> Vec<Vec<SeedMail>> {
    let depth = world.past_threads.iter().map(|t| t.messages.len()).max();
    (0..depth.unwrap_or(0))
        .map(|depth| {
            world
                .past_threads
                .iter()
                .filter_map(|thread| {
                    let message = thread.messages.get(depth).filter(|m| wanted(m.at))?;
                    let before = thread.messages.get(..depth).unwrap_or_default();
                    let is_last = depth + 1 == thread.messages.len();
                    Some(match message.direction {
                        Direction::Inbound => received(message),
                        Direction::Outbound => SeedMail::Sent(Box::new(SeedSent {
                            action: action_of(thread.action, before),
                            awaits_answer: is_last && thread.turn == Turn::Them,
                            ..sent(message)
                        })),
                    })
                })
                .collect()
        })
        .collect()
}

/// Returns what a mail of the operator's did: the thread's own action first, then an answer, or a nudge where nobody had answered.
fn action_of(first: ActionKind, before: &[Message]) -> ActionKind {
    if before.is_empty() {
        first
    } else if before.iter().any(|m| m.direction == Direction::Inbound) {
        ActionKind::Reply
    } else {
        ActionKind::ThreadBump
    }
}

fn sent(message: &Message) -> SeedSent {
    let bracketed = |id: &String| format!("<{id}>");
    SeedSent {
        to: message.to.1.clone(),
        action: ActionKind::SendEmail,
        subject: message.subject.clone(),
        body: message.body.clone(),
        at: message.at,
        message_id: bracketed(&message.message_id),
        in_reply_to: message
            .in_reply_to
            .as_ref()
            .map(bracketed)
            .unwrap_or_default(),
        references: message.references.iter().map(bracketed).collect(),
        awaits_answer: false,
    }
}

fn received(message: &Message) -> SeedMail {
    let local = message.message_id.split('@').next().unwrap_or_default();
    SeedMail::Received(
        format!("{}.{local}.demo", message.at.as_second()),
        Box::new(IncomingMail {
            from: message.from.clone(),
            to: message.to.clone(),
            subject: message.subject.clone(),
            body: message.body.clone(),
            at: message.at,
            zone: TimeZone::get(&message.zone).ok(),
            message_id: message.message_id.clone(),
            in_reply_to: message.in_reply_to.clone(),
            references: message.references.clone(),
            headers: message.headers.clone(),
        }),
    )
}

/// Takes in the events whose instants `wanted` takes, as lines of a file.
fn observe(
    engine: &Engine,
    world: &World,
    wanted: impl Fn(Timestamp) -> bool,
) -> Result<(), EngineError> {
    let lines: Vec<String> = world
        .signals
        .iter()
        .filter(|s| wanted(s.occurred_at))
        .map(|s| signal_line(s).to_string())
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let report = engine.add_signals(lines.join("\n").as_bytes(), None)?;
    match report.rejected.first() {
        None => Ok(()),
        Some(line) => Err(EngineError::Outside(format!(
            "an event of the demo was rejected: {}.",
            line.reason
        ))),
    }
}
