//! What comes unasked while somebody watches: a form, a deal that moves, a mail out of the blue.
//!
//! Each visit has its schedule, which the seed and the visit's number decide.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ground::{draw, wrong_world};
use super::home::{self, State};
use super::world::{Contact, World, WorldError, signal_line};
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::engine::post::IncomingMail;
use crate::engine::{Engine, EngineError};

/// Seconds after the opening at which something comes; then it is quiet.
const SCHEDULE: [i64; 8] = [40, 120, 240, 420, 660, 960, 1320, 1800];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrivals {
    arrival: Vec<Arrival>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    /// A firm's key and the number of the contact there.
    who: Option<(String, usize)>,
    /// An address of somebody unknown.
    email: Option<String>,
    source: Option<Source>,
    kind: Option<SignalKind>,
    /// The firm's deal is meant.
    #[serde(default)]
    deal: bool,
    #[serde(default)]
    payload: Map<String, Value>,
    /// For a mail.
    subject: Option<String>,
    text: Option<String>,
}

fn read() -> Result<Vec<Arrival>, EngineError> {
    let text = include_str!("../../assets/demo/arrivals.toml");
    toml::from_str::<Arrivals>(text)
        .map(|a| a.arrival)
        .map_err(|e| wrong_world(WorldError(format!("arrivals.toml: {e}"))))
}

/// Lets come what is due. Returns how much came.
pub(super) fn arrive(engine: &Engine, state: &State) -> Result<usize, EngineError> {
    let now = engine.now();
    let due: Vec<(usize, Timestamp)> = SCHEDULE
        .iter()
        .enumerate()
        .filter_map(|(n, seconds)| {
            let at = state
                .visited_at
                .checked_add(SignedDuration::from_secs(*seconds))
                .ok()?;
            (at <= now).then_some((n, at))
        })
        .collect();
    if due.is_empty() {
        return Ok(0);
    }
    let names = engine.inbox_names()?;
    let mut made: Option<(World, Vec<Arrival>)> = None;
    let mut came = 0;
    for (n, at) in due {
        let unique = format!(
            "{}.new-{:016x}.demo",
            at.as_second(),
            draw(
                state.seed,
                &["arrival", &state.visit.to_string(), &n.to_string()]
            )
        );
        if names.contains(&unique) {
            continue;
        }
        let (world, arrivals) = match &mut made {
            Some(made) => made,
            None => {
                let world = World::generate(state.seed, state.began_at, &home::zone())
                    .map_err(wrong_world)?;
                made.insert((world, read()?))
            }
        };
        // Each visit goes on where the one before stopped.
        let first = usize::try_from(state.visit.saturating_sub(1)).unwrap_or(0) * 3;
        let Some(arrival) = arrivals.get((first + n) % arrivals.len().max(1)) else {
            continue;
        };
        came += usize::from(one(engine, world, arrival, &unique, at)?);
    }
    Ok(came)
}

fn one(
    engine: &Engine,
    world: &World,
    arrival: &Arrival,
    unique: &str,
    at: Timestamp,
) -> Result<bool, EngineError> {
    let contact = arrival
        .who
        .as_ref()
        .and_then(|(firm, n)| world.contacts.iter().filter(|c| c.company == *firm).nth(*n));
    if let (Some(contact), Some(subject), Some(text)) = (contact, &arrival.subject, &arrival.text) {
        engine.receive(unique, &letter(world, contact, subject, text, unique, at))?;
        return Ok(true);
    }
    let (Some(source), Some(kind)) = (arrival.source, arrival.kind) else {
        return Ok(false);
    };
    let mut payload = arrival.payload.clone();
    let deal = contact
        .filter(|_| arrival.deal)
        .and_then(|c| world.deals.iter().find(|d| d.company == c.company));
    if let Some(deal) = deal {
        payload.insert("deal_id".into(), deal.external_id.as_str().into());
        payload.insert("deal".into(), deal.name.as_str().into());
    }
    let event = SignalDraft {
        source,
        kind,
        external_id: unique.to_owned(),
        version: 0,
        occurred_at: at,
        email: contact
            .map(|c| c.email.clone())
            .or_else(|| arrival.email.clone()),
        payload,
    };
    if engine.knows_event(&event)? {
        return Ok(false);
    }
    engine.add_signals(signal_line(&event).to_string().as_bytes())?;
    Ok(true)
}

fn letter(
    world: &World,
    contact: &Contact,
    subject: &str,
    text: &str,
    unique: &str,
    at: Timestamp,
) -> IncomingMail {
    let body = text
        .trim()
        .replace("{first}", &contact.first_name)
        .replace("{last}", &contact.last_name)
        .replace("{me}", &world.operator.first_name);
    let domain = contact
        .email
        .split_once('@')
        .map_or("demo.example", |(_, d)| d);
    IncomingMail {
        from: (contact.name(), contact.email.clone()),
        to: (world.operator.name.clone(), world.operator.email.clone()),
        subject: subject.to_owned(),
        body: format!("{body}\n"),
        at,
        zone: TimeZone::get(&contact.zone).ok(),
        message_id: format!("{unique}@{domain}"),
        in_reply_to: None,
        references: Vec::new(),
        headers: Vec::new(),
    }
}
