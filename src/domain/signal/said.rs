//! The content of a signal, typed once: payload in, fields out.
//!
//! Sources and tools spell one field in several ways, and anybody may put any value under any key. This is the one place that knows the
//! spellings. A value that is not what its key says is left out and named; keys that nobody asks for stay in the payload.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::about::{About, DealNamed, MeetingNamed, Who, Words};
use super::asks::Asks;
use super::fields::{Fault, Fields, Unreadable};
use super::kinds::SignalKind;
use super::wish;
use crate::domain::email::classify::{CHECK_BELOW, ReplyLabel};
use crate::domain::email::{Decision, Demand, MailClass, Scope};
use crate::domain::text::clean_line;

/// The fields that only a signal of its kind has.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A filled form.
    Form(FormSaid),
    /// A deal that came into being or changed.
    Deal(Box<DealSaid>),
    /// A mail that came in.
    Mail(MailSaid),
    /// A meeting that was agreed, moved, held or called off; with the fields of the mail that told so, if one did.
    Meeting(MailSaid),
    /// A post.
    Post(PostSaid),
    /// Time that went by.
    Timer(TimerSaid),
    /// A wish of the operator's.
    Manual(Box<WishSaid>),
}

/// A filled form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormSaid {
    /// Its name.
    pub form: Option<String>,
    /// The page that it stands on.
    pub page: Option<String>,
}

/// A deal as its source tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DealSaid {
    /// The source's own name of its company.
    pub company: Option<String>,
    /// Its pipeline.
    pub pipeline: Option<String>,
    /// The stages of that pipeline, in order.
    pub stages: Option<Vec<String>>,
    /// The stage that it is in now, in the pipeline's own words.
    pub stage: Option<String>,
    /// The place of that stage in the pipeline, from 0.
    pub position: Option<i64>,
    /// The stage that it was in before.
    pub from_stage: Option<String>,
    /// Its renewal.
    pub renewal_at: Option<Timestamp>,
    /// The end of its proposal.
    pub expires_at: Option<Timestamp>,
    /// True if it was put away.
    pub is_archived: Option<bool>,
    /// True if it is won.
    pub is_won: Option<bool>,
    /// True if it is won or lost.
    pub is_closed: Option<bool>,
}

/// A mail as it was understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MailSaid {
    /// Its class.
    pub class: Option<MailClass>,
    /// The meaning of what a person wrote.
    pub label: Option<ReplyLabel>,
    /// The confidence in the label, 0..=1.
    pub confidence: Option<f64>,
    /// True if the operator should check the label.
    pub is_unsure: bool,
    /// The sentence that says it.
    pub sentence: Option<String>,
    /// True if it is written in a language that is not read.
    pub is_unread: bool,
}

/// A post.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSaid {
    /// True if the operator watches its author.
    pub is_leader: bool,
    /// Its relevance, 0..=1.
    pub relevance: Option<f64>,
    /// Answers, likes and the like, in all.
    pub engagement: f64,
}

/// Time that went by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimerSaid {
    /// The beginning of a silence, in words.
    pub since: Option<String>,
    /// The end of a proposal, in words.
    pub expires: Option<String>,
}

/// A wish of the operator's, with what is settled of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WishSaid {
    /// Length of the meeting.
    pub minutes: Option<u32>,
    /// True for a meeting with a video call.
    pub call: Option<bool>,
    /// The stage that a deal is to go to.
    pub stage: Option<String>,
    /// New values by the names of their properties; an empty one clears it.
    pub properties: BTreeMap<String, String>,
    /// The task that is to be completed.
    pub task: Option<String>,
}

/// A payload that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub about: About,
    pub said: Said,
    pub wish: Option<Decision>,
    pub scope: Scope,
    pub demand: Option<Demand>,
    pub unreadable: Vec<Unreadable>,
}

impl Content {
    /// Reads the payload of a signal: the one parser, for signals from sources and from the store alike.
    pub(super) fn read(kind: SignalKind, payload: &Map<String, Value>) -> Self {
        use SignalKind as K;
        let mut fields = Fields::of(payload);
        let f = &mut fields;
        let wish = wish::told(kind, f);
        let said = match kind {
            K::FormSubmitted => Said::Form(FormSaid {
                form: f.text(&["form", "form_name"]),
                page: f.text(&["page"]),
            }),
            K::DealCreated | K::DealStageChanged | K::DealAmountChanged => {
                Said::Deal(Box::new(DealSaid::read(f)))
            }
            K::ReplyReceived | K::AutoReply | K::Bounced | K::OptedOut | K::ReadReceipt => {
                Said::Mail(MailSaid::read(f))
            }
            K::MeetingBooked
            | K::MeetingTomorrow
            | K::MeetingHeld
            | K::MeetingRescheduled
            | K::MeetingDeclined
            | K::NoShow => Said::Meeting(MailSaid::read(f)),
            K::Mention | K::Engagement | K::ThoughtLeader | K::CompetitorMention => {
                Said::Post(PostSaid::read(f))
            }
            K::NoReply
            | K::QuietCustomer
            | K::RenewalNear
            | K::ProposalExpiring
            | K::TaskOverdue
            | K::OnboardingStep
            | K::ContentReady => Said::Timer(TimerSaid {
                since: f.text(&["since"]),
                expires: f.text(&["expires"]),
            }),
            K::Manual => Said::Manual(Box::new(WishSaid::read(f))),
        };
        // Whichever kind of event says it, what stands beside a wish belongs to it.
        let is_theirs = kind != K::Manual;
        let scope = f.quietly(scope);
        let demand = f.quietly(|f| f.word("demand"));
        let demand = demand
            .or_else(|| wish::demanded(payload))
            .filter(|_| is_theirs);
        let about = About {
            who: Who::read(f),
            deal: DealNamed::read(f),
            // A form may well have a field "start" that is no meeting's.
            meeting: match said {
                Said::Mail(_) | Said::Meeting(_) | Said::Manual(_) => MeetingNamed::read(f),
                _ => f.quietly(MeetingNamed::read),
            },
            words: Words::read(f),
            asks: match said {
                Said::Manual(_) => Asks::read(f),
                _ => f.quietly(Asks::read),
            },
        };
        Self {
            about,
            said,
            wish,
            scope,
            demand,
            unreadable: fields.into_unreadable(),
        }
    }
}

impl Said {
    /// Returns the mail, if the signal came by one.
    #[must_use]
    pub const fn mail(&self) -> Option<&MailSaid> {
        match self {
            Self::Mail(mail) | Self::Meeting(mail) => Some(mail),
            _ => None,
        }
    }
}

impl DealSaid {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            company: f.text(&["company_key"]),
            pipeline: f.text(&["pipeline"]),
            stages: f.texts("pipeline_stages"),
            stage: f.text(&["to_stage", "new_stage", "stage", "dealstage"]),
            position: f.number(&["stage_position"]).map(whole),
            from_stage: f.text(&["from_stage", "old_stage"]),
            renewal_at: f.day(&["renewal_at", "renewal_date"]),
            expires_at: f.day(&["expires_at", "proposal_expires_at"]),
            is_archived: f.flag("is_archived"),
            is_won: f.flag("is_won"),
            is_closed: f.flag("is_closed"),
        }
    }
}

impl MailSaid {
    fn read(f: &mut Fields<'_>) -> Self {
        let label: Option<ReplyLabel> = f.word("label");
        let confidence = f.number(&["confidence"]);
        let is_low = label.is_some() && confidence.is_some_and(|sure| sure < CHECK_BELOW);
        Self {
            class: f.word("class"),
            label,
            confidence,
            is_unsure: f.flag("check_label").unwrap_or(false) || is_low,
            sentence: f.text(&["opt_out_sentence"]),
            is_unread: f.text(&["opt_out_language"]).as_deref() == Some("unread"),
        }
    }
}

/// Reads whom a wish speaks for. One that names nobody is the writer's own.
fn scope(f: &mut Fields<'_>) -> Scope {
    match f.text(&["opt_out_scope"]).as_deref() {
        Some("firm") => Scope::Firm,
        Some(word @ ("addresses" | "me_and_addresses")) => match f.texts("opt_out_addresses") {
            Some(list) if list.is_empty() => Scope::Me,
            Some(list) if word == "addresses" => Scope::Addresses(list),
            Some(list) => Scope::MeAnd(list),
            None => Scope::Me,
        },
        Some("domain") => f.text(&["opt_out_domain"]).map_or(Scope::Me, Scope::Domain),
        _ => Scope::Me,
    }
}

impl PostSaid {
    fn read(f: &mut Fields<'_>) -> Self {
        let parts = ["likes", "reposts", "retweets", "replies", "quotes"];
        Self {
            is_leader: f.flag("thought_leader").unwrap_or(false),
            relevance: f.number(&["relevance"]),
            engagement: f
                .number(&["engagement", "engagements"])
                .unwrap_or_else(|| parts.iter().filter_map(|key| f.number(&[key])).sum()),
        }
    }
}

impl WishSaid {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            minutes: f.minutes(&["minutes"]),
            call: f.flag("call"),
            stage: f.text(&["stage"]),
            properties: properties(f),
            task: f.text(&["task"]),
        }
    }
}

fn properties(f: &mut Fields<'_>) -> BTreeMap<String, String> {
    let found = f.first(&["properties"], |value| match value {
        Value::Object(map) => Ok(Some(map)),
        _ => Err(Fault::NotObject),
    });
    let mut read = BTreeMap::new();
    for (name, value) in found.into_iter().flatten().take(50) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => {
                f.wrong(&format!("properties.{name}"), Fault::NotText);
                continue;
            }
        };
        read.insert(clean_line(name, 100), text);
    }
    read
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a stage's place is a small whole number; anything else is cut to one"
)]
fn whole(n: f64) -> i64 {
    n.clamp(-1e6, 1e6) as i64
}
