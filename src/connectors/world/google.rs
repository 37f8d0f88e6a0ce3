//! Google in memory: a mailbox and calendars, as strict as the vendor's descriptions about what they are asked.

pub mod calendar;
pub mod gmail;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::oauth::Grants;
use super::{Double, Setting, WorldRequest, WorldResponse};
use crate::domain::service::Provider;
use calendar::CalendarWorld;
use gmail::MailboxWorld;

/// Parameters that every operation of Google's takes.
const GLOBAL: &[&str] = &["alt", "fields", "key", "prettyPrint", "quotaUser"];

/// An answer, or a refusal.
type Answer = Result<WorldResponse, WorldResponse>;

/// Gmail and Calendar of one account.
#[derive(Debug)]
pub struct GoogleDouble {
    grants: Grants,
    /// The mailbox.
    pub mailbox: MailboxWorld,
    /// The calendars.
    pub calendars: CalendarWorld,
    /// Units a minute that Gmail allows; none for as many as are asked for.
    pub units_a_minute: Option<u32>,
    spent: VecDeque<(Timestamp, u32)>,
}

impl GoogleDouble {
    /// Makes an empty mailbox and an empty calendar for an address.
    #[must_use]
    pub fn new(address: &str, grants: Grants) -> Self {
        Self {
            grants,
            mailbox: MailboxWorld::new(address),
            calendars: CalendarWorld::new(address),
            units_a_minute: None,
            spent: VecDeque::new(),
        }
    }

    /// Makes an account to which [`Grants::standing_token`] is the key.
    #[must_use]
    pub fn alone(address: &str) -> Self {
        Self::new(address, Grants::new(Provider::Google))
    }

    fn answer(&mut self, request: &WorldRequest, now: Timestamp) -> Answer {
        let scopes = request
            .bearer()
            .and_then(|token| self.grants.scopes_of(token, now));
        if scopes.is_none() {
            return Err(refusal(401, "authError", "Invalid Credentials"));
        }
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["gmail", "v1", "users", user, rest @ ..]
                if *user == "me" || *user == self.mailbox.address =>
            {
                self.spend(gmail::cost(&request.method, rest), now)?;
                self.mailbox.answer(request, rest, now)
            }
            ["calendar", "v3", rest @ ..] => self.calendars.answer(request, rest, now),
            _ => Err(not_found()),
        }
    }

    fn spend(&mut self, units: u32, now: Timestamp) -> Result<(), WorldResponse> {
        let Some(limit) = self.units_a_minute else {
            return Ok(());
        };
        let minute = SignedDuration::from_mins(1);
        self.spent
            .retain(|(at, _)| now.duration_since(*at) < minute);
        let spent: u32 = self.spent.iter().map(|(_, units)| units).sum();
        if spent + units > limit {
            return Err(refusal(
                429,
                "rateLimitExceeded",
                "Quota exceeded for quota metric 'Queries'",
            ));
        }
        self.spent.push_back((now, units));
        Ok(())
    }
}

impl Double for GoogleDouble {
    fn name(&self) -> &'static str {
        "google"
    }

    fn serves(&self, path: &str) -> bool {
        path.starts_with("/gmail/v1/") || path.starts_with("/calendar/v3/")
    }

    fn handle(&mut self, request: &WorldRequest, now: Timestamp) -> WorldResponse {
        self.answer(request, now).unwrap_or_else(|refusal| refusal)
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        vec![
            ("google", "gmail_url", base.to_owned()),
            ("google", "calendar_url", base.to_owned()),
        ]
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![("CASEYOS_GOOGLE_TOKEN", self.grants.standing_token())]
    }

    fn show(&self) -> Value {
        json!({ "mailbox": self.mailbox.show(), "calendars": self.calendars.show() })
    }

    fn happen(&mut self, what: &str, given: &Value, now: Timestamp) -> Result<Value, String> {
        match what {
            "units_a_minute" => {
                self.units_a_minute = given["units"].as_u64().and_then(|n| u32::try_from(n).ok());
                Ok(json!({}))
            }
            "event" | "respond" | "cancel" | "expire_sync_tokens" => {
                self.calendars.happen(what, given, now)
            }
            _ => self.mailbox.happen(what, given, now),
        }
    }
}

/// Makes a refusal in Google's shape.
fn refusal(status: u16, reason: &str, message: &str) -> WorldResponse {
    let word = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        429 => "RESOURCE_EXHAUSTED",
        _ => "FAILED_PRECONDITION",
    };
    WorldResponse::json(
        status,
        &json!({"error": {
            "code": status,
            "message": message,
            "status": word,
            "errors": [{"domain": "global", "reason": reason, "message": message}],
        }}),
    )
}

fn invalid(message: &str) -> WorldResponse {
    refusal(400, "invalidArgument", message)
}

fn not_found() -> WorldResponse {
    refusal(404, "notFound", "Requested entity was not found.")
}

/// Refuses a parameter that the operation does not know.
fn knows(request: &WorldRequest, names: &[&str]) -> Result<(), WorldResponse> {
    match request
        .query
        .iter()
        .find(|(name, _)| !names.contains(&name.as_str()) && !GLOBAL.contains(&name.as_str()))
    {
        Some((name, _)) => Err(invalid(&format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter."
        ))),
        None => Ok(()),
    }
}

/// Refuses a field of an object that is not known there.
fn holds_only(object: &Value, names: &[&str]) -> Result<(), WorldResponse> {
    let Some(fields) = object.as_object() else {
        return Err(invalid("Invalid JSON payload received."));
    };
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(invalid(&format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."
        ))),
        None => Ok(()),
    }
}

/// Reads `maxResults`.
fn page_size(request: &WorldRequest, usual: usize, most: usize) -> Result<usize, WorldResponse> {
    match request.param("maxResults") {
        None => Ok(usual.min(most)),
        Some(text) => match text.parse::<usize>() {
            Ok(n) if n > 0 => Ok(n.min(most)),
            _ => Err(invalid("Invalid maxResults")),
        },
    }
}
