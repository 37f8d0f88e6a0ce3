//! The texts of `assets/demo` as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Turn, WorldError};
use crate::domain::action::ActionKind;
use crate::domain::contact::LifecycleStage;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::outcome::OutcomeKind;
use crate::domain::signal::{SignalKind, Source};

/// A firm's key and the number of a contact there.
pub(super) type Who = (String, usize);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub first: Vec<String>,
    pub last: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Firm {
    pub operator: FirmOperator,
    pub company: Vec<FirmCompany>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirmOperator {
    pub name: String,
    pub email: String,
    pub company: String,
    pub job_title: String,
    pub postal_address: String,
    pub product: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirmCompany {
    pub key: String,
    pub name: String,
    pub domain: String,
    pub industry: String,
    pub city: String,
    pub country: String,
    pub zone: String,
    pub culture: String,
    pub icp_fit: f64,
    #[serde(default)]
    pub is_logo: bool,
    #[serde(default)]
    pub is_partner: bool,
    pub contacts: Vec<FirmContact>,
    #[serde(default)]
    pub deals: Vec<FirmDeal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirmContact {
    pub title: String,
    pub stage: LifecycleStage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirmDeal {
    pub key: String,
    pub name: String,
    pub low: i64,
    pub high: i64,
    pub currency: String,
    pub stage: String,
    pub renews_in: Option<i64>,
    pub expires_in: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Threads {
    pub thread: Vec<TextThread>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextThread {
    pub who: Who,
    pub state: Turn,
    pub subject: String,
    pub action: ActionKind,
    pub messages: Vec<TextMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextMessage {
    pub from: Side,
    pub days: Option<i64>,
    pub hours: Option<i64>,
    pub label: Option<ReplyLabel>,
    pub text: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Us,
    Them,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Events {
    pub signal: Vec<Event>,
    pub outcome: Vec<EventOutcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub source: Source,
    pub kind: SignalKind,
    pub ago: i64,
    pub who: Option<Who>,
    pub person: Option<Person>,
    pub deal: Option<String>,
    #[serde(default)]
    pub payload: Map<String, Value>,
    pub event: Option<Meeting>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub company: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meeting {
    pub tomorrow_at: Option<String>,
    pub minutes_ago: Option<i64>,
    pub minutes: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventOutcome {
    pub who: Who,
    pub kind: OutcomeKind,
    pub action: ActionKind,
    pub days: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replies {
    pub tempers: Tempers,
    pub answer: Vec<Answers>,
    pub busy: Busy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tempers {
    pub warm: i64,
    pub cool: i64,
    pub busy: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    #[serde(default)]
    pub actions: Vec<ActionKind>,
    pub warm: Vec<Answer>,
    pub cool: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub label: ReplyLabel,
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Busy {
    pub subject: String,
    pub text: String,
}

/// All texts.
pub(super) struct Material {
    pub names: BTreeMap<String, Names>,
    pub firm: Firm,
    pub threads: Vec<TextThread>,
    pub events: Events,
    pub replies: Replies,
}

impl Material {
    /// Reads the texts that are part of the program.
    pub(super) fn load() -> Result<Self, WorldError> {
        let threads: Threads = read(
            "threads.toml",
            include_str!("../../../assets/demo/threads.toml"),
        )?;
        Ok(Self {
            names: read(
                "names.toml",
                include_str!("../../../assets/demo/names.toml"),
            )?,
            firm: read("firm.toml", include_str!("../../../assets/demo/firm.toml"))?,
            threads: threads.thread,
            events: read(
                "signals.toml",
                include_str!("../../../assets/demo/signals.toml"),
            )?,
            replies: read(
                "replies.toml",
                include_str!("../../../assets/demo/replies.toml"),
            )?,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, WorldError> {
    toml::from_str(text).map_err(|error| WorldError(format!("{name}: {error}")))
}
