//! The sights of the screens beside Today in tests: a full world, an empty one, and one that cannot be read.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::fixtures::now;
use crate::domain::contact::LifecycleStage;
use crate::domain::deal::stage_title;
use crate::domain::id::{ContactId, DealId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::engine::queries::contacts::{ContactCard, ContactItem};
use crate::engine::queries::news::{FirstSteps, Mark, News};
use crate::engine::queries::page::Slice;
use crate::engine::queries::pipeline::{DealCard, DealLine, DealMove, Pipeline, Stage, Sum};
use crate::engine::queries::timeline::{
    ContactLine, FactValue, Place, TimelineEntry, TimelineItem, TimelineKind,
};
use crate::tui::looks::{Answer, Look, Sight};

/// The state of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    Full,
    Empty,
    Broken,
}

const PEOPLE: &[(&str, &str, &str, &str)] = &[
    (
        "Dana Ruiz",
        "dana@northwind.example",
        "VP Operations",
        "Northwind",
    ),
    ("Omar Haddad", "omar@kite.example", "CTO", "Kite Labs"),
    ("山田 花子", "hanako@tokyo.example", "部長", "東京テック"),
    (
        "Tomás Ó Briain",
        "tomas@quayside.example",
        "Head of Support",
        "Quayside",
    ),
    ("", "info@nobody.example", "", ""),
    (
        "Priya Raman",
        "priya@solstice.example",
        "Director",
        "Solstice Robotics",
    ),
];

fn ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

pub fn person(index: usize) -> ContactLine {
    let (name, email, title, company) = PEOPLE[index % PEOPLE.len()];
    let number = i64::try_from(index).unwrap();
    ContactLine {
        id: ContactId(number + 1),
        name: name.into(),
        email: email.into(),
        title: title.into(),
        company: company.into(),
        stage: if index == 3 {
            LifecycleStage::DoNotContact
        } else {
            LifecycleStage::Lead
        },
        last_contact_at: (index < 20).then(|| ago(number * 7 + 1)),
    }
}

fn people(words: &str) -> Vec<ContactLine> {
    (0..40)
        .map(person)
        .filter(|p| {
            format!("{} {} {}", p.name, p.email, p.company)
                .to_lowercase()
                .contains(&words.to_lowercase())
        })
        .collect()
}

fn card(id: ContactId) -> ContactCard {
    let line = person(usize::try_from(id.0 - 1).unwrap());
    ContactCard {
        item: ContactItem {
            id,
            name: line.name.clone(),
            first_name: String::new(),
            last_name: String::new(),
            email: line.email.clone(),
            title: line.title.clone(),
            company: line.company.clone(),
            phone: "+34 600 000 000".into(),
            mobile_phone: String::new(),
            city: "Madrid".into(),
            country: "Spain".into(),
            lifecycle_stage: line.stage,
            updated_at: ago(5),
        },
        emails: vec![line.email.clone()],
        external_ids: vec!["hubspot:501".into()],
        company_domain: "northwind.example".into(),
        state: String::new(),
        time_zone: "Europe/Madrid".into(),
        linkedin: String::new(),
        icp_fit: Some(0.86),
        renewal_at: None,
        notes: "Met at the fair; likes short mails.".into(),
        last_contact_at: line.last_contact_at,
        created_at: ago(9_000),
        suppressed: (line.stage == LifecycleStage::DoNotContact)
            .then(|| "marked as do not contact".into()),
    }
}

const HISTORY: &[(TimelineKind, &str, &str, &str, Option<i64>)] = &[
    (
        TimelineKind::Meeting,
        "Northwind and us",
        "",
        "booked",
        None,
    ),
    (
        TimelineKind::Move,
        "Send proposal",
        "contract stage reached",
        "open",
        Some(101),
    ),
    (
        TimelineKind::MailIn,
        "Re: Proposal for Q1",
        "dana@northwind.example",
        "interested",
        Some(101),
    ),
    (
        TimelineKind::Outcome,
        "reply positive",
        "sounded keen",
        "system",
        Some(90),
    ),
    (
        TimelineKind::MailOut,
        "Proposal for Q1",
        "dana@northwind.example",
        "",
        Some(90),
    ),
    (
        TimelineKind::Execution,
        "Proposal for Q1",
        "",
        "sent",
        Some(90),
    ),
    (
        TimelineKind::Signal,
        "form: \"looking for an alternative\"",
        "form.submitted from form",
        "",
        None,
    ),
    (
        TimelineKind::Deal,
        "Northwind EU",
        "$64k, contractsent",
        "open",
        None,
    ),
    (
        TimelineKind::Record,
        "first known",
        "Met at the fair; likes short mails.",
        "lead",
        None,
    ),
];

fn history() -> Vec<TimelineItem> {
    HISTORY
        .iter()
        .enumerate()
        .map(|(i, (kind, title, detail, state, mv))| {
            let number = i64::try_from(i).unwrap();
            let at = ago(number * 30 - 20);
            let place = Place {
                at: at.as_millisecond(),
                kind: *kind,
                id: number + 1,
            };
            TimelineItem {
                at,
                kind: *kind,
                id: place.id,
                title: (*title).into(),
                detail: (*detail).into(),
                state: (*state).into(),
                move_id: mv.map(MoveId),
                cursor: String::new(),
                place,
            }
        })
        .collect()
}

fn deal(id: i64, stage: &str, amount: Option<f64>, currency: &str) -> DealLine {
    let (name, email, _, company) = PEOPLE[usize::try_from(id).unwrap() % PEOPLE.len()];
    DealLine {
        id: DealId(id),
        name: format!(
            "{} {id}",
            if company.is_empty() {
                "A deal"
            } else {
                company
            }
        ),
        contact_id: Some(ContactId(id)),
        contact: name.into(),
        email: email.into(),
        company: company.into(),
        amount,
        currency: currency.into(),
        pipeline: "default".into(),
        stage: stage.into(),
        is_closed: stage.starts_with("closed"),
        is_won: stage == "closedwon",
        changed_at: ago(id * 11),
        renewal_at: None,
        expires_at: Some(now() + SignedDuration::from_hours(50)),
    }
}

fn sum(currency: &str, count: u64, unknown: u64, amount: f64) -> Sum {
    Sum {
        currency: currency.into(),
        count,
        unknown,
        amount,
    }
}

fn pipeline(full: bool) -> Pipeline {
    let stage = |name: &str, sums: Vec<Sum>, deals: Vec<DealLine>| Stage {
        pipeline: "default".into(),
        stage: name.into(),
        title: stage_title(name),
        position: None,
        count: sums.iter().map(|s| s.count).sum(),
        sums,
        deals,
    };
    if !full {
        return Pipeline {
            stages: Vec::new(),
            open: 0,
            won: Vec::new(),
            lost: Vec::new(),
            closed: Vec::new(),
            now: now(),
        };
    }
    let many: Vec<DealLine> = (10..40)
        .map(|i| {
            deal(
                i,
                "qualifiedtobuy",
                Some(40_000.0 - 500.0 * (i as f64)),
                "EUR",
            )
        })
        .collect();
    Pipeline {
        stages: vec![
            stage(
                "appointmentscheduled",
                vec![sum("USD", 2, 1, 64_000.0), sum("EUR", 1, 0, 12_500.0)],
                vec![
                    deal(1, "appointmentscheduled", Some(64_000.0), "USD"),
                    deal(2, "appointmentscheduled", Some(12_500.0), "EUR"),
                    deal(3, "appointmentscheduled", None, ""),
                ],
            ),
            stage("qualifiedtobuy", vec![sum("EUR", 30, 0, 832_500.0)], many),
            stage("presentationscheduled", Vec::new(), Vec::new()),
            stage(
                "contractsent",
                vec![sum("USD", 1, 0, 105_200.0)],
                vec![deal(5, "contractsent", Some(105_200.0), "USD")],
            ),
        ],
        open: 34,
        won: vec![sum("USD", 1, 0, 20_000.0)],
        lost: vec![sum("EUR", 1, 1, 0.0)],
        closed: vec![
            deal(6, "closedwon", Some(20_000.0), "USD"),
            deal(7, "closedlost", None, "EUR"),
        ],
        now: now(),
    }
}

/// Answers a look; none for what this world does not know.
pub fn see(world: World, look: &Look) -> Option<Answer<Sight>> {
    if world == World::Broken {
        return Some(Err("the database is locked by another program".into()));
    }
    let full = world == World::Full;
    Some(Ok(match look {
        Look::Contacts { words, .. } => {
            let rows = if full { people(words) } else { Vec::new() };
            Sight::Contacts(Arc::new(Slice::whole(rows)), if full { 40 } else { 0 })
        }
        Look::Person(id) => Sight::Person(Arc::new(card(*id))),
        Look::Timeline { .. } => Sight::Timeline(Arc::new(Slice::whole(history()))),
        Look::Entry { .. } => Sight::Entry(Arc::new(TimelineEntry {
            title: "Re: Proposal for Q1".into(),
            facts: vec![
                ("When".into(), FactValue::At(ago(3))),
                (
                    "From".into(),
                    FactValue::Text("dana@northwind.example".into()),
                ),
            ],
            text: "Sounds good, let us talk.\u{1b}[31m".into(),
            verdicts: Vec::new(),
        })),
        Look::Pipeline => Sight::Pipeline(Arc::new(pipeline(full))),
        Look::Deal(id) => Sight::Deal(Arc::new(DealCard {
            stage_title: stage_title("contractsent"),
            deal: deal(id.0, "contractsent", Some(1.0), "USD"),
            moves: vec![DealMove {
                id: MoveId(101),
                title: "Send proposal".into(),
                status: MoveStatus::Open,
                due_at: now() + SignedDuration::from_hours(1),
            }],
        })),
        Look::News(since) => Sight::News(News {
            mark: Mark {
                message: 7,
                settled: 7,
            },
            sentences: since
                .map(|_| "Dana Ruiz is interested: Re: Proposal".to_owned())
                .into_iter()
                .collect(),
            due: 3,
        }),
        Look::Steps => Sight::Steps(FirstSteps {
            people: true,
            mailbox: false,
            synced: false,
            approved: false,
        }),
        _ => return None,
    }))
}
