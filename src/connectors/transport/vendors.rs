//! The vendors' refusals: one function for each shape, from the body to a kind of failure and a plain sentence.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{CallError, CallErrorKind as Kind};
use crate::domain::service::{Provider, Service};
use crate::domain::text::clean_line;

/// Characters of a vendor's own sentence that are kept.
const MAX_SENTENCE: usize = 300;
/// HubSpot's rolling window, which is waited out when it names no time.
const HUBSPOT_WINDOW: Duration = Duration::from_secs(10);

/// Reads a refusal's body and sets its kind and sentence. `date` is the service's own clock, if it showed it.
pub(super) fn classify(service: Service, error: &mut CallError, date: Option<Timestamp>) {
    match service.provider() {
        Some(Provider::Google) => google(service, error, date),
        Some(Provider::Hubspot) => hubspot(error),
        // What a stranger's server says at length is of no interest.
        None => {
            let status = error.status.unwrap_or_default();
            error.message = format!("{} are not there ({status})", service.label());
        }
    }
}

fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn google(service: Service, error: &mut CallError, date: Option<Timestamp>) {
    let body = &error.body;
    let status_word = text(body, "/error/status").unwrap_or("");
    let detail = body
        .pointer("/error/details")
        .and_then(Value::as_array)
        .and_then(|details| details.iter().find_map(|detail| text(detail, "/reason")));
    let reason = text(body, "/error/errors/0/reason")
        .or(detail)
        .unwrap_or(status_word);
    let sentence = clean_line(text(body, "/error/message").unwrap_or(""), MAX_SENTENCE);
    let name = service.label();
    let (kind, meaning) = match reason {
        "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED"
        | "RESOURCE_EXHAUSTED" => (Kind::RateLimited, "asks for a slower pace".to_owned()),
        "dailyLimitExceeded" | "dailyLimitExceededUnreg" | "quotaExceeded" => (
            Kind::QuotaExhausted,
            "says that the budget of the day is used up".to_owned(),
        ),
        "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => (
            Kind::Forbidden,
            "says that a right was not given at sign-in; `caseyos auth login google` asks for it again".to_owned(),
        ),
        "accessNotConfigured" | "SERVICE_DISABLED" => (
            Kind::Forbidden,
            "is not switched on in the Google Cloud project that the client id belongs to; switch its API on there".to_owned(),
        ),
        "domainPolicy" => (
            Kind::Forbidden,
            "is closed to other programs by the administrator of the domain".to_owned(),
        ),
        "authError" | "UNAUTHENTICATED" => (Kind::Unauthorized, "refuses the token".to_owned()),
        "backendError" | "internalError" | "INTERNAL" | "UNAVAILABLE" => {
            (Kind::Server, "failed".to_owned())
        }
        "fullSyncRequired" | "updatedMinTooLongAgo" => (
            Kind::Gone,
            "no longer knows the place up to which it was read".to_owned(),
        ),
        "notFound" => (Kind::NotFound, "knows no such thing".to_owned()),
        "duplicate" | "conditionNotMet" => (Kind::Conflict, "has it already".to_owned()),
        _ => (error.kind, says(error.kind).to_owned()),
    };
    if kind == Kind::RateLimited && error.retry_after.is_none() {
        error.retry_after = retry_time(&sentence, date);
    }
    error.kind = kind;
    error.message = told(name, &meaning, error.status, reason, &sentence);
}

/// Reads "User-rate limit exceeded.  Retry after 2026-11-23T10:00:00.000Z".
fn retry_time(sentence: &str, date: Option<Timestamp>) -> Option<Duration> {
    let (_, after) = sentence.split_once("Retry after ")?;
    let at: Timestamp = after
        .split_whitespace()
        .next()?
        .trim_end_matches(['.', ')', ','])
        .parse()
        .ok()?;
    let seconds = at.as_second().saturating_sub(date?.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn hubspot(error: &mut CallError) {
    let body = &error.body;
    let policy = text(body, "/policyName").unwrap_or("");
    let category = text(body, "/category")
        .or_else(|| text(body, "/errorType"))
        .unwrap_or("");
    let mut sentence = clean_line(text(body, "/message").unwrap_or(""), MAX_SENTENCE);
    if let Some(first) = text(body, "/errors/0/message")
        && !sentence.contains(first)
    {
        sentence = clean_line(&format!("{sentence} {first}"), MAX_SENTENCE);
    }
    let (kind, meaning) = match (category, policy) {
        (_, "DAILY") => (
            Kind::QuotaExhausted,
            "says that the budget of the day is used up",
        ),
        ("RATE_LIMITS" | "RATE_LIMIT", _) => (Kind::RateLimited, "asks for a slower pace"),
        ("MISSING_SCOPES", _) => (
            Kind::Forbidden,
            "says that the token lacks a right; give it to the app, and `caseyos auth login hubspot` again",
        ),
        ("INVALID_AUTHENTICATION" | "EXPIRED_AUTHENTICATION", _) => {
            (Kind::Unauthorized, "refuses the token")
        }
        ("OBJECT_NOT_FOUND", _) => (Kind::NotFound, "knows no such record"),
        ("CONFLICT" | "OBJECT_ALREADY_EXISTS", _) => (Kind::Conflict, "has it already"),
        ("VALIDATION_ERROR", _) if error.status == Some(400) => {
            (Kind::Invalid, "refuses what was asked")
        }
        _ => (error.kind, says(error.kind)),
    };
    if kind == Kind::RateLimited && error.retry_after.is_none() {
        error.retry_after = Some(if policy == "SECONDLY" {
            Duration::from_secs(1)
        } else {
            HUBSPOT_WINDOW
        });
    }
    let word = if policy.is_empty() { category } else { policy };
    let mut message = told("HubSpot", meaning, error.status, word, &sentence);
    if let Some(id) = text(body, "/correlationId") {
        message.push_str(&format!(" [correlation {}]", clean_line(id, 60)));
    }
    error.kind = kind;
    error.message = message;
}

/// Explains a status where the body says nothing more.
const fn says(kind: Kind) -> &'static str {
    match kind {
        Kind::Unauthorized => "refuses the token",
        Kind::Forbidden => "forbids it",
        Kind::NotFound => "knows no such thing",
        Kind::Conflict => "says that it stands against what is there",
        Kind::Gone => "says that it is no longer there",
        Kind::RateLimited => "asks for a slower pace",
        Kind::Server => "failed",
        Kind::TimedOut => "waited too long for the request",
        Kind::Redirected => "wanted to lead elsewhere, where no credentials go",
        _ => "refuses what was asked",
    }
}

fn told(name: &str, meaning: &str, status: Option<u16>, word: &str, sentence: &str) -> String {
    let status = status.map_or(String::new(), |status| status.to_string());
    let word = clean_line(word, 60);
    let between = if word.is_empty() || status.is_empty() {
        ""
    } else {
        ", "
    };
    let mut message = format!("{name} {meaning} ({status}{between}{word})");
    if !sentence.is_empty() {
        message.push_str(&format!(": {}", sentence.trim_end_matches('.')));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::transport::Fate;
    use serde_json::json;

    fn classified(service: Service, status: u16, body: Value) -> CallError {
        let mut error = CallError {
            status: Some(status),
            body,
            ..CallError::of(super::super::fate::kind(status), Fate::Answered, "")
        };
        classify(service, &mut error, "2026-11-23T10:00:00Z".parse().ok());
        error
    }

    #[test]
    fn googles_reasons_are_understood() {
        let check = |status: u16, reason: &str, expect: Kind| {
            let body = json!({"error": {"code": status, "message": "m", "status": "X", "errors": [{"reason": reason}]}});
            let error = classified(Service::Gmail, status, body);
            assert_eq!(error.kind, expect, "{reason}");
            assert!(error.message.contains(reason), "{}", error.message);
        };
        check(403, "rateLimitExceeded", Kind::RateLimited);
        check(403, "userRateLimitExceeded", Kind::RateLimited);
        check(403, "dailyLimitExceeded", Kind::QuotaExhausted);
        check(403, "quotaExceeded", Kind::QuotaExhausted);
        check(403, "insufficientPermissions", Kind::Forbidden);
        check(403, "accessNotConfigured", Kind::Forbidden);
        check(403, "domainPolicy", Kind::Forbidden);
        check(403, "forbidden", Kind::Forbidden);
        check(401, "authError", Kind::Unauthorized);
        check(500, "backendError", Kind::Server);
        check(410, "fullSyncRequired", Kind::Gone);
        check(404, "notFound", Kind::NotFound);
        check(409, "duplicate", Kind::Conflict);
        check(400, "failedPrecondition", Kind::Invalid);
        check(400, "invalidArgument", Kind::Invalid);
    }

    #[test]
    fn googles_newer_shape_and_its_times_are_understood() {
        let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down",
            "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}]}});
        assert_eq!(
            classified(Service::Gmail, 429, body).kind,
            Kind::RateLimited
        );
        let body = json!({"error": {"message": "User-rate limit exceeded.  Retry after 2026-11-23T10:15:00.000Z",
            "errors": [{"reason": "userRateLimitExceeded"}]}});
        let error = classified(Service::Gmail, 429, body);
        assert_eq!(error.retry_after, Some(Duration::from_secs(900)));
    }

    #[test]
    fn hubspots_categories_and_policies_are_understood() {
        let check = |status: u16, body: Value, expect: Kind, wait: Option<u64>| {
            let error = classified(Service::Hubspot, status, body.clone());
            assert_eq!(error.kind, expect, "{body}");
            assert_eq!(error.retry_after.map(|d| d.as_secs()), wait, "{body}");
        };
        let limit = |policy: &str| json!({"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "m"});
        check(
            429,
            limit("TEN_SECONDLY_ROLLING"),
            Kind::RateLimited,
            Some(10),
        );
        check(429, limit("SECONDLY"), Kind::RateLimited, Some(1));
        check(429, limit("DAILY"), Kind::QuotaExhausted, None);
        let category = |word: &str| json!({"status": "error", "category": word, "message": "m"});
        check(403, category("MISSING_SCOPES"), Kind::Forbidden, None);
        check(404, category("OBJECT_NOT_FOUND"), Kind::NotFound, None);
        check(409, category("CONFLICT"), Kind::Conflict, None);
        check(400, category("VALIDATION_ERROR"), Kind::Invalid, None);
        check(
            401,
            category("INVALID_AUTHENTICATION"),
            Kind::Unauthorized,
            None,
        );
        check(502, Value::Null, Kind::Server, None);
    }

    #[test]
    fn a_vendors_sentence_is_clean_bounded_and_told_plainly() {
        let error = classified(
            Service::Hubspot,
            400,
            json!({"category": "VALIDATION_ERROR", "message": "bad\u{1b}[2J input", "correlationId": "c-1",
                "errors": [{"message": "email is not valid"}]}),
        );
        assert!(!error.message.contains('\u{1b}'));
        assert!(
            error
                .message
                .starts_with("HubSpot refuses what was asked (400, VALIDATION_ERROR): bad"),
            "{}",
            error.message
        );
        assert!(error.message.contains("email is not valid"));
        assert!(error.message.ends_with("[correlation c-1]"));
        let long = classified(
            Service::Calendar,
            400,
            json!({"error": {"message": "x".repeat(10_000)}}),
        );
        assert!(long.message.len() < 600);
    }
}
