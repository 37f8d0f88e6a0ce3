//! The fate of an effect after a failure, and whether the request may be sent again. Both are decided here alone.
//!
//! | where it failed | the effect |
//! |---|---|
//! | before a byte left: no address, no connection, no TLS | not sent |
//! | after it may have left: no answer, cut, too slow | unknown |
//! | 2xx, and the answer cannot be read | sent |
//! | 3xx, 4xx, 501, 505 | answered: the service says that it did not do it |
//! | any other 5xx | unknown: a gateway may speak for a server that did it |

use super::{CallError, CallErrorKind, Fate, Repeat};

/// The stage at which a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The request or the connection was being made.
    BeforeSending,
    /// The request may have left; nothing has come back.
    Waiting,
    /// An answer with this status has come, or its beginning.
    Answered(u16),
}

/// Returns the fate that a failure at a stage implies.
#[must_use]
pub const fn fate(stage: Stage) -> Fate {
    match stage {
        Stage::BeforeSending => Fate::NotSent,
        Stage::Waiting => Fate::Unknown,
        Stage::Answered(200..=299) => Fate::Sent,
        Stage::Answered(300..=499 | 501 | 505) => Fate::Answered,
        Stage::Answered(_) => Fate::Unknown,
    }
}

/// Returns what kind of failure a status is, as long as its body says nothing else.
#[must_use]
pub const fn kind(status: u16) -> CallErrorKind {
    match status {
        200..=299 => CallErrorKind::BadAnswer,
        300..=399 => CallErrorKind::Redirected,
        401 => CallErrorKind::Unauthorized,
        403 => CallErrorKind::Forbidden,
        404 => CallErrorKind::NotFound,
        408 => CallErrorKind::TimedOut,
        409 | 412 => CallErrorKind::Conflict,
        410 => CallErrorKind::Gone,
        425 | 429 => CallErrorKind::RateLimited,
        500.. => CallErrorKind::Server,
        _ => CallErrorKind::Invalid,
    }
}

/// Tells whether a request that failed may be sent again at once.
#[must_use]
pub fn may_repeat(repeat: Repeat, error: &CallError) -> bool {
    let is_passing = match error.kind {
        CallErrorKind::RateLimited | CallErrorKind::Network | CallErrorKind::TimedOut => true,
        CallErrorKind::Server => matches!(error.status, Some(500 | 502 | 503 | 504) | None),
        CallErrorKind::SignedOut
        | CallErrorKind::Unauthorized
        | CallErrorKind::Forbidden
        | CallErrorKind::NotFound
        | CallErrorKind::Conflict
        | CallErrorKind::Gone
        | CallErrorKind::Invalid
        | CallErrorKind::QuotaExhausted
        | CallErrorKind::TooLarge
        | CallErrorKind::BadAnswer
        | CallErrorKind::Redirected
        | CallErrorKind::CircuitOpen
        | CallErrorKind::Recorded
        | CallErrorKind::Stopped => false,
    };
    let is_safe = match (repeat, error.fate) {
        (Repeat::Harmless, _) | (Repeat::Doubles, Fate::NotSent | Fate::Answered) => true,
        (Repeat::Doubles, Fate::Unknown | Fate::Sent) => false,
    };
    is_passing && is_safe
}

/// Tells whether a failure is the service's fault rather than the request's.
#[must_use]
pub const fn is_outage(kind: CallErrorKind) -> bool {
    matches!(
        kind,
        CallErrorKind::Server | CallErrorKind::Network | CallErrorKind::TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_became_of_the_request() {
        let check = |stage: Stage, expect: Fate| assert_eq!(fate(stage), expect, "{stage:?}");
        check(Stage::BeforeSending, Fate::NotSent);
        check(Stage::Waiting, Fate::Unknown);
        check(Stage::Answered(200), Fate::Sent);
        check(Stage::Answered(204), Fate::Sent);
        check(Stage::Answered(302), Fate::Answered);
        for refused in [400, 401, 403, 404, 408, 409, 410, 412, 425, 429, 501] {
            check(Stage::Answered(refused), Fate::Answered);
        }
        for unknown in [500, 502, 503, 504, 520, 599] {
            check(Stage::Answered(unknown), Fate::Unknown);
        }
    }

    #[test]
    fn what_would_double_is_repeated_only_where_it_was_surely_not_done() {
        let check = |repeat: Repeat, stage: Stage, kind: CallErrorKind, expect: bool| {
            let error = CallError {
                kind,
                fate: fate(stage),
                status: match stage {
                    Stage::Answered(status) => Some(status),
                    Stage::BeforeSending | Stage::Waiting => None,
                },
                ..CallError::of(kind, fate(stage), "")
            };
            assert_eq!(may_repeat(repeat, &error), expect, "{repeat:?} {stage:?}");
        };
        use CallErrorKind as K;
        for repeat in [Repeat::Harmless, Repeat::Doubles] {
            check(repeat, Stage::BeforeSending, K::Network, true);
            check(repeat, Stage::Answered(429), kind(429), true);
            check(repeat, Stage::Answered(408), kind(408), true);
            for status in [302, 400, 401, 403, 404, 409, 410, 501] {
                check(repeat, Stage::Answered(status), kind(status), false);
            }
            check(repeat, Stage::Answered(200), K::BadAnswer, false);
        }
        for status in [500, 502, 503, 504] {
            check(
                Repeat::Harmless,
                Stage::Answered(status),
                kind(status),
                true,
            );
            check(
                Repeat::Doubles,
                Stage::Answered(status),
                kind(status),
                false,
            );
        }
        check(Repeat::Harmless, Stage::Waiting, K::TimedOut, true);
        check(Repeat::Doubles, Stage::Waiting, K::TimedOut, false);
        check(Repeat::Harmless, Stage::Answered(200), K::Network, true);
        check(Repeat::Doubles, Stage::Answered(200), K::Network, false);
    }
}
