//! HubSpot in memory: a portal with records, ties, pipelines and owners, as strict as the vendor's description.
//!
//! The portal refuses what HubSpot refuses: unknown properties, more than ten thousand results, batches above a hundred, an existing address.

mod filling;
mod records;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::oauth::Grants;
use super::{Double, Setting, WorldRequest, WorldResponse};
use crate::domain::service::HubspotVersion;

pub use filling::{MY_OWNER, OTHER_OWNER};

/// The token that the portal takes.
pub const TOKEN: &str = "world-hubspot-token";
/// The client secret that the portal signs webhooks with.
pub const CLIENT_SECRET: &str = "world-hubspot-client-secret";

const KINDS: [&str; 8] = [
    "contacts",
    "companies",
    "deals",
    "tasks",
    "notes",
    "meetings",
    "emails",
    "calls",
];

/// A record.
#[derive(Debug, Clone, Default)]
struct Record {
    properties: BTreeMap<String, String>,
    /// Newest first, with their instants.
    history: BTreeMap<String, Vec<(String, Timestamp)>>,
    created: Timestamp,
    modified: Timestamp,
    /// Instant at which the search index takes in the last change.
    indexed: Timestamp,
    archived: bool,
    /// By kind, the ids that it is tied to.
    ties: BTreeMap<&'static str, BTreeSet<u64>>,
}

/// A change that is made after a number of further requests.
#[derive(Debug)]
struct Moving {
    left: u64,
    kind: &'static str,
    id: u64,
    properties: Vec<(String, String)>,
}

type Answer = Result<WorldResponse, WorldResponse>;

/// HubSpot in memory.
#[derive(Debug)]
pub struct HubspotDouble {
    records: BTreeMap<&'static str, BTreeMap<u64, Record>>,
    /// Old ids of merged records.
    merged: BTreeMap<u64, u64>,
    blocked: BTreeSet<String>,
    next_id: u64,
    lag: SignedDuration,
    /// Changes to make after a number of further requests: the id and its properties.
    moving: Vec<Moving>,
    /// A stamp that every new change gets instead of its instant.
    frozen_stamp: Option<Timestamp>,
    token: String,
    /// The grants of sign-in, where sign-in is a double too.
    grants: Option<Grants>,
    searches: Vec<Timestamp>,
    search_limit: Option<usize>,
    /// Further properties that the portal has.
    extra: BTreeSet<String>,
}

impl HubspotDouble {
    /// Makes a portal with its pipelines and owners and without records.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            records: KINDS.iter().map(|kind| (*kind, BTreeMap::new())).collect(),
            merged: BTreeMap::new(),
            blocked: BTreeSet::new(),
            next_id: 501,
            lag: SignedDuration::ZERO,
            moving: Vec::new(),
            frozen_stamp: None,
            token: TOKEN.into(),
            grants: None,
            searches: Vec::new(),
            search_limit: None,
            extra: BTreeSet::new(),
        }
    }

    /// Lets in the tokens that sign-in gave.
    #[must_use]
    pub fn with_grants(mut self, grants: Grants) -> Self {
        self.grants = Some(grants);
        self
    }

    /// Lets the search index lag behind every write.
    pub fn lag(&mut self, by: SignedDuration) {
        self.lag = by;
    }

    /// Gives every change from now on the same stamp.
    pub fn freeze_stamps(&mut self, at: Option<Timestamp>) {
        self.frozen_stamp = at;
    }

    /// Takes another token from now on; all others are refused.
    pub fn change_token(&mut self, token: &str) {
        self.token = token.into();
    }

    /// Refuses more searches a second than this.
    pub fn limit_searches(&mut self, per_second: usize) {
        self.search_limit = Some(per_second);
    }

    /// Changes a record after a number of further requests: it moves while pages are read.
    pub fn change_after(
        &mut self,
        requests: u64,
        kind: &str,
        id: u64,
        properties: &[(&str, &str)],
    ) {
        if let Some(kind) = kind_of(kind) {
            let properties = properties
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect();
            self.moving.push(Moving {
                left: requests,
                kind,
                id,
                properties,
            });
        }
    }

    fn move_on(&mut self, now: Timestamp) {
        let mut due = Vec::new();
        self.moving.retain_mut(|moving| {
            if moving.left == 0 {
                due.push((
                    moving.kind,
                    moving.id,
                    std::mem::take(&mut moving.properties),
                ));
                return false;
            }
            moving.left -= 1;
            true
        });
        for (kind, id, properties) in due {
            let changes: Vec<(&str, &str)> = properties
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            self.change(kind, id, &changes, now);
        }
    }

    fn route(&mut self, request: &WorldRequest, now: Timestamp) -> Answer {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        let body = if request.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&request.body).map_err(|e| {
                refusal(400, "VALIDATION_ERROR", &format!("Invalid input JSON: {e}"))
            })?
        };
        let rest = versionless(&segments)
            .ok_or_else(|| refusal(404, "OBJECT_NOT_FOUND", "no such path"))?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        match (method, rest.as_slice()) {
            ("GET", ["owners"]) => Ok(filling::owners(request)),
            ("GET", ["pipelines", "deals"]) => Ok(filling::pipelines()),
            ("GET", ["details"]) => Ok(WorldResponse::json(
                200,
                &json!({"portalId": 424_242, "timeZone": "Europe/Madrid", "accountType": "STANDARD", "companyCurrency": "EUR",
                    "uiDomain": "app.hubspot.com", "utcOffset": "+01:00", "utcOffsetMilliseconds": 3_600_000}),
            )),
            ("POST", ["objects", kind, "search"]) => self.search(known(kind)?, &body, now),
            ("GET", ["objects", kind]) => self.list(known(kind)?, request),
            ("POST", ["objects", kind]) => self.create(known(kind)?, &body, now),
            ("POST", ["objects", kind, "batch", verb]) => {
                self.batch(known(kind)?, verb, &body, now)
            }
            ("POST", ["objects", kind, "merge"]) => self.merge(known(kind)?, &body, now),
            ("POST", ["objects", "contacts", "gdpr-delete"]) => self.gdpr_delete(&body),
            ("GET", ["objects", kind, id]) => self.get(known(kind)?, id, request),
            ("PATCH", ["objects", kind, id]) => self.patch(known(kind)?, id, &body, now),
            ("DELETE", ["objects", kind, id]) => self.archive(known(kind)?, id, now),
            ("GET", ["objects", from, id, "associations", to]) => {
                self.list_ties(known(from)?, id, known(to)?)
            }
            ("PUT", ["objects", from, id, "associations", "default", to, other])
            | ("PUT", ["objects", from, id, "associations", to, other]) => {
                self.tie_by_text(known(from)?, id, known(to)?, other)
            }
            ("DELETE", ["objects", from, id, "associations", to, other]) => {
                self.untie(known(from)?, id, known(to)?, other)
            }
            ("POST", ["associations", from, to, "batch", "read"]) => {
                self.read_ties(known(from)?, known(to)?, &body)
            }
            _ => Err(refusal(404, "OBJECT_NOT_FOUND", "no such path")),
        }
    }
}

impl Double for HubspotDouble {
    fn name(&self) -> &'static str {
        "hubspot"
    }

    fn serves(&self, path: &str) -> bool {
        ["/crm/", "/account-info/", "/communication-preferences/"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
    }

    fn handle(&mut self, request: &WorldRequest, now: Timestamp) -> WorldResponse {
        self.move_on(now);
        let may_enter = request.bearer().is_some_and(|token| match &self.grants {
            Some(grants) => grants.scopes_of(token, now).is_some(),
            None => token == self.token,
        });
        if !may_enter {
            return refusal(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found or not valid.",
            );
        }
        let answer = self.route(request, now).unwrap_or_else(|refused| refused);
        if request.path.ends_with("/search") {
            return answer;
        }
        answer
            .with("x-hubspot-ratelimit-max", "100")
            .with("x-hubspot-ratelimit-remaining", "99")
            .with("x-hubspot-ratelimit-interval-milliseconds", "10000")
            .with("x-hubspot-ratelimit-daily", "250000")
            .with("x-hubspot-ratelimit-daily-remaining", "249000")
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        vec![("hubspot", "url", base.into())]
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CASEYOS_HUBSPOT_TOKEN", self.token.clone()),
            ("CASEYOS_HUBSPOT_CLIENT_SECRET", CLIENT_SECRET.into()),
        ]
    }

    fn show(&self) -> Value {
        let counts: Map<String, Value> = self
            .records
            .iter()
            .map(|(kind, all)| {
                (
                    (*kind).to_owned(),
                    json!(all.values().filter(|r| !r.archived).count()),
                )
            })
            .collect();
        json!({"objects": counts, "blocked": self.blocked})
    }

    fn happen(&mut self, what: &str, given: &Value, now: Timestamp) -> Result<Value, String> {
        let word = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or("");
        let kind = kind_of(word("type")).ok_or("\"type\" names a kind of object, such as deals");
        let properties: Vec<(String, String)> = given
            .get("properties")
            .and_then(Value::as_object)
            .map(|map| map.iter().map(|(n, v)| (n.clone(), plain(v))).collect())
            .unwrap_or_default();
        let pairs: Vec<(&str, &str)> = properties
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        match what {
            "create" => Ok(json!({"id": self.add(kind?, &pairs, now).to_string()})),
            "change" => {
                let id = word("id").parse().map_err(|_| "\"id\" is missing")?;
                self.change(kind?, id, &pairs, now)
                    .then(|| json!({}))
                    .ok_or_else(|| "there is no such record".into())
            }
            "archive" => {
                self.archive(kind?, word("id"), now)
                    .map_err(|_| "there is no such record")?;
                Ok(json!({}))
            }
            "lag" => {
                let seconds = given
                    .get("seconds")
                    .and_then(Value::as_i64)
                    .ok_or("\"seconds\" is missing")?;
                self.lag = SignedDuration::from_secs(seconds.clamp(0, 86_400));
                Ok(json!({}))
            }
            _ => Err("create, change, archive or lag".into()),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn kind_of(word: &str) -> Option<&'static str> {
    KINDS.iter().find(|kind| **kind == word).copied()
}

fn known(word: &str) -> Result<&'static str, WorldResponse> {
    kind_of(word).ok_or_else(|| {
        refusal(
            400,
            "VALIDATION_ERROR",
            &format!("Unable to infer object type from: {word}"),
        )
    })
}

/// Takes the version out of a path, in whichever place it has; none where it is not one that exists.
fn versionless(segments: &[&str]) -> Option<Vec<String>> {
    let dated = |word: &str| word != "v3" && word.parse::<HubspotVersion>().is_ok();
    let owned = |parts: &[&[&str]]| Some(parts.concat().iter().map(|s| (*s).to_owned()).collect());
    match segments {
        ["crm", family, version, rest @ ..] if dated(version) => {
            // Version 2026-09 has no listing of one record's ties.
            let lists_ties =
                *family == "objects" && rest.len() == 4 && rest.get(2) == Some(&"associations");
            if lists_ties && *version == "2026-09" {
                return None;
            }
            owned(&[&[family], rest])
        }
        ["crm", "v4", rest @ ..] if rest.contains(&"associations") => owned(&[rest]),
        ["crm", "v3", rest @ ..] if !rest.contains(&"associations") => owned(&[rest]),
        ["account-info", version, rest @ ..] if dated(version) || *version == "v3" => {
            owned(&[rest])
        }
        _ => None,
    }
}

/// Refuses as HubSpot does.
fn refusal(status: u16, category: &str, message: &str) -> WorldResponse {
    WorldResponse::json(
        status,
        &json!({"status": "error", "category": category, "message": message, "correlationId": "00000000-0000-4000-8000-000000000000"}),
    )
}

#[cfg(test)]
mod tests;
