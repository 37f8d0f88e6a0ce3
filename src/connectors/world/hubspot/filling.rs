//! The content of a portal: pipelines, owners, properties, and as many people with firms and deals as are asked for.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{WorldRequest, WorldResponse};
use super::HubspotDouble;

/// The owner that stands for the operator.
pub const MY_OWNER: &str = "71";
/// Another owner.
pub const OTHER_OWNER: &str = "72";

const FIRST: [&str; 16] = [
    "Ann", "Bo", "Carla", "Dana", "Emil", "Fay", "Goran", "Hana", "Ivo", "Jun", "Kai", "Lea",
    "Mats", "Nia", "Omar", "Pia",
];
const LAST: [&str; 16] = [
    "Abel", "Brandt", "Costa", "Duarte", "Ekman", "Falk", "Gallo", "Hughes", "Ibarra", "Jansen",
    "Kovac", "Lind", "Moreau", "Novak", "Okafor", "Petrov",
];
const TITLES: [&str; 5] = [
    "CEO",
    "Head of Sales",
    "Engineer",
    "Marketing Manager",
    "Buyer",
];
const STAGES: [&str; 5] = [
    "appointmentscheduled",
    "qualifiedtobuy",
    "presentationscheduled",
    "contractsent",
    "closedwon",
];

pub(super) fn owners(request: &WorldRequest) -> WorldResponse {
    let all = [
        (MY_OWNER, "casey@ruiz.example", "Casey", "Ruiz"),
        (OTHER_OWNER, "sam@ruiz.example", "Sam", "Okoye"),
    ];
    let results: Vec<Value> = all
        .iter()
        .filter(|(_, email, _, _)| request.param("email").is_none_or(|wanted| wanted == *email))
        .map(|(id, email, first, last)| {
            json!({"id": id, "email": email, "firstName": first, "lastName": last, "type": "PERSON", "userId": 9, "archived": false,
                "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"})
        })
        .collect();
    WorldResponse::json(200, &json!({"results": results}))
}

pub(super) fn pipelines() -> WorldResponse {
    let stage = |id: &str, label: &str, order: i64, probability: &str, closed: bool| {
        json!({"id": id, "label": label, "displayOrder": order, "archived": false, "metadata": {"isClosed": closed.to_string(), "probability": probability},
            "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"})
    };
    let pipeline = |id: &str, label: &str, order: i64, stages: Vec<Value>| {
        json!({"id": id, "label": label, "displayOrder": order, "archived": false, "stages": stages,
            "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-01-01T00:00:00Z"})
    };
    let sales = vec![
        stage(
            "appointmentscheduled",
            "Appointment Scheduled",
            0,
            "0.2",
            false,
        ),
        stage("qualifiedtobuy", "Qualified To Buy", 1, "0.4", false),
        stage(
            "presentationscheduled",
            "Presentation Scheduled",
            2,
            "0.6",
            false,
        ),
        stage(
            "decisionmakerboughtin",
            "Decision Maker Bought-In",
            3,
            "0.8",
            false,
        ),
        stage("contractsent", "Contract Sent", 4, "0.9", false),
        stage("closedwon", "Closed Won", 5, "1.0", true),
        stage("closedlost", "Closed Lost", 6, "0.0", true),
    ];
    // Not in the order of the list, and with names that say nothing: only displayOrder and the metadata count.
    let partner = vec![
        stage("9003", "Signed", 30, "1.0", true),
        stage("9001", "First talk", 10, "0.1", false),
        stage("9004", "Gone", 40, "0.0", true),
        stage("9002", "Terms agreed", 20, "0.7", false),
    ];
    let results = [
        pipeline("default", "Sales Pipeline", 0, sales),
        pipeline("880", "Partners", 1, partner),
    ];
    WorldResponse::json(200, &json!({"results": results}))
}

/// Returns the properties that a kind of record has, besides those that every kind has.
pub(super) const fn properties(kind: &str) -> &'static [&'static str] {
    match kind.as_bytes() {
        b"contacts" => &[
            "email",
            "hs_additional_emails",
            "firstname",
            "lastname",
            "phone",
            "mobilephone",
            "jobtitle",
            "company",
            "city",
            "state",
            "country",
            "hs_timezone",
            "lifecyclestage",
            "hs_email_optout",
            "associatedcompanyid",
            "recent_conversion_date",
            "recent_conversion_event_name",
            "website",
            "hs_lead_status",
        ],
        b"companies" => &["name", "domain", "industry", "city", "country", "phone"],
        b"deals" => &[
            "dealname",
            "dealstage",
            "pipeline",
            "amount",
            "deal_currency_code",
            "closedate",
            "description",
        ],
        b"tasks" => &[
            "hs_timestamp",
            "hs_task_subject",
            "hs_task_body",
            "hs_task_status",
            "hs_task_priority",
            "hs_task_type",
            "hs_task_completion_date",
        ],
        b"notes" => &["hs_timestamp", "hs_note_body"],
        b"meetings" => &[
            "hs_timestamp",
            "hs_meeting_title",
            "hs_meeting_start_time",
            "hs_meeting_end_time",
            "hs_meeting_outcome",
        ],
        b"emails" => &[
            "hs_timestamp",
            "hs_email_direction",
            "hs_email_subject",
            "hs_email_text",
            "hs_email_status",
        ],
        _ => &[
            "hs_timestamp",
            "hs_call_title",
            "hs_call_body",
            "hs_call_direction",
            "hs_call_status",
        ],
    }
}

/// The properties that every kind has.
pub(super) const COMMON: &[&str] = &["hubspot_owner_id"];
/// Those that nobody can write.
pub(super) const READ_ONLY: &[&str] = &[
    "hs_object_id",
    "createdate",
    "hs_createdate",
    "lastmodifieddate",
    "hs_lastmodifieddate",
    "hs_merged_object_ids",
];

impl HubspotDouble {
    /// Makes a portal with this many contacts, a firm for every fifth and a deal for every fourth, all from the seed.
    #[must_use]
    pub fn filled(seed: u64, contacts: usize, now: Timestamp) -> Self {
        let mut portal = Self::empty();
        // The past: what a first reading finds must not look like news.
        let then = now
            .checked_sub(SignedDuration::from_hours(24 * 200))
            .unwrap_or(now);
        let mut state = seed;
        let mut draw = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below.max(1)
        };
        let pick =
            |list: &[&'static str], at: usize| list.get(at % list.len()).copied().unwrap_or("");
        let firms: Vec<u64> = (0..contacts.div_ceil(5))
            .map(|n| {
                let name = format!("Firm {n:05}");
                let domain = format!("firm{n:05}.example");
                portal.add(
                    "companies",
                    &[
                        ("name", &name),
                        ("domain", &domain),
                        ("industry", "COMPUTER_SOFTWARE"),
                    ],
                    then,
                )
            })
            .collect();
        let people: Vec<u64> = (0..contacts)
            .map(|n| {
                let (first, last) = (pick(&FIRST, draw(16)), pick(&LAST, draw(16)));
                let firm = n / 5;
                let email = format!(
                    "{}.{}{n}@firm{firm:05}.example",
                    first.to_lowercase(),
                    last.to_lowercase()
                );
                let company = firms.get(firm).copied().unwrap_or(0).to_string();
                let phone = format!("+1 555 {:07}", n % 10_000_000);
                let stage = pick(
                    &[
                        "lead",
                        "subscriber",
                        "marketingqualifiedlead",
                        "opportunity",
                        "customer",
                    ],
                    draw(5),
                );
                let id = portal.add(
                    "contacts",
                    &[
                        ("email", &email),
                        ("firstname", first),
                        ("lastname", last),
                        ("phone", &phone),
                        ("jobtitle", pick(&TITLES, draw(5))),
                        ("city", "Utrecht"),
                        ("country", "Netherlands"),
                        ("lifecyclestage", stage),
                        ("hubspot_owner_id", MY_OWNER),
                        ("associatedcompanyid", &company),
                    ],
                    then,
                );
                if let Some(firm) = firms.get(firm) {
                    portal.tie("contacts", id, "companies", *firm);
                }
                id
            })
            .collect();
        for (n, person) in people.iter().enumerate().step_by(4) {
            let amount = (1_000 + draw(90_000)).to_string();
            let name = format!("Deal {n:05}");
            let stage = pick(&STAGES, draw(5));
            let deal = portal.add(
                "deals",
                &[
                    ("dealname", &name),
                    ("dealstage", stage),
                    ("pipeline", "default"),
                    ("amount", &amount),
                    ("hubspot_owner_id", MY_OWNER),
                ],
                then,
            );
            portal.tie("deals", deal, "contacts", *person);
            if let Some(firm) = firms.get(n / 5) {
                portal.tie("deals", deal, "companies", *firm);
            }
        }
        portal
    }
}
