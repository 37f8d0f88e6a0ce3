//! The world's own door, `/__world`: faults, the log, the clock, and what happens in a double.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::server::Shared;
use super::{FaultRule, WorldRequest, WorldResponse};

/// Prefix of the world's own paths.
pub(super) const PREFIX: &str = "/__world";

fn refused(status: u16, message: impl Into<String>) -> WorldResponse {
    WorldResponse::json(status, &json!({"error": message.into()}))
}

fn done(value: &Value) -> WorldResponse {
    WorldResponse::json(200, value)
}

/// Answers a request to the world itself.
pub(super) fn answer(shared: &Shared, request: &WorldRequest) -> WorldResponse {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", []) => done(&shared.described()),
        ("GET", ["faults"]) => done(&json!(shared.plan().rules())),
        ("POST", ["faults"]) => add_faults(shared, request),
        ("DELETE", ["faults"]) => {
            shared.plan().remove(None);
            done(&json!({}))
        }
        ("DELETE", ["faults", id]) => match id.parse() {
            Ok(id) => {
                shared.plan().remove(Some(id));
                done(&json!({}))
            }
            Err(_) => refused(400, "a fault's id is a number"),
        },
        ("GET", ["requests"]) => done(&json!(shared.log().all())),
        ("DELETE", ["requests"]) => {
            shared.log().clear();
            done(&json!({}))
        }
        ("POST", ["clock"]) => match request
            .json()
            .get("advance_seconds")
            .and_then(Value::as_i64)
        {
            Some(seconds) => {
                shared.advance(jiff::SignedDuration::from_secs(seconds));
                done(&json!({"now": shared.now()}))
            }
            None => refused(400, "{\"advance_seconds\": N} moves the world's clock"),
        },
        ("GET", [name]) => match shared.double(name) {
            Some(double) => done(&double.lock().unwrap_or_else(PoisonError::into_inner).show()),
            None => refused(404, format!("no double is called \"{name}\"")),
        },
        ("POST", [name, what]) => match shared.double(name) {
            Some(double) => {
                let now = shared.now();
                let mut double = double.lock().unwrap_or_else(PoisonError::into_inner);
                match double.happen(what, &request.json(), now) {
                    Ok(value) => done(&value),
                    Err(reason) => refused(400, reason),
                }
            }
            None => refused(404, format!("no double is called \"{name}\"")),
        },
        _ => refused(
            404,
            "the world has no such door; see `caseyos world --help`",
        ),
    }
}

fn add_faults(shared: &Shared, request: &WorldRequest) -> WorldResponse {
    let given = match serde_json::from_slice::<Value>(&request.body) {
        Ok(Value::Array(rules)) => rules,
        Ok(one) => vec![one],
        Err(error) => return refused(400, format!("not JSON: {error}")),
    };
    let rules: Result<Vec<FaultRule>, _> = given.into_iter().map(serde_json::from_value).collect();
    match rules {
        Ok(rules) => {
            let mut plan = shared.plan();
            let ids: Vec<u64> = rules.into_iter().map(|rule| plan.add(rule)).collect();
            done(&json!({"ids": ids}))
        }
        Err(error) => refused(400, format!("not a fault: {error}")),
    }
}
