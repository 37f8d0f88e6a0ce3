//! Google's refusals.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::connectors::transport::refusal::{MAX_SENTENCE, says, text, told};
use crate::connectors::transport::{CallError, CallErrorKind as Kind};
use crate::domain::service::Service;
use crate::domain::text::clean_line;

/// Reads a refusal's body and sets its kind and sentence. `date` is the service's own clock, if it showed it.
pub fn classify(service: Service, error: &mut CallError, date: Option<Timestamp>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::transport::{Fate, fate};
    use serde_json::json;

    fn classified(service: Service, status: u16, body: Value) -> CallError {
        let mut error = CallError {
            status: Some(status),
            body,
            ..CallError::of(fate::kind(status), Fate::Answered, "")
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
    fn a_long_sentence_is_cut() {
        let long = classified(
            Service::Calendar,
            400,
            json!({"error": {"message": "x".repeat(10_000)}}),
        );
        assert!(long.message.len() < 600);
    }
}
