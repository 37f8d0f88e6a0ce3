//! The double's search: filters, one sort, at most ten thousand results, an index that may lag.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::WorldResponse;
use super::records::page;
use super::{Answer, HubspotDouble, Record, refusal};

/// Results that one query can be paged through.
const CAP: usize = 10_000;

impl HubspotDouble {
    pub(super) fn search(&mut self, kind: &'static str, body: &Value, now: Timestamp) -> Answer {
        self.searches
            .retain(|at| now.duration_since(*at).as_millis() < 1_000);
        if self
            .search_limit
            .is_some_and(|limit| self.searches.len() >= limit)
        {
            return Err(WorldResponse::json(
                429,
                &json!({"status": "error", "errorType": "RATE_LIMIT", "policyName": "SECONDLY", "message": "You have reached your secondly limit.",
                    "correlationId": "00000000-0000-4000-8000-000000000000"}),
            ));
        }
        self.searches.push(now);
        let object = body
            .as_object()
            .ok_or_else(|| refusal(400, "VALIDATION_ERROR", "a body is needed"))?;
        let allowed = [
            "filterGroups",
            "sorts",
            "properties",
            "limit",
            "after",
            "query",
        ];
        if let Some(unknown) = object.keys().find(|key| !allowed.contains(&key.as_str())) {
            return Err(refusal(
                400,
                "VALIDATION_ERROR",
                &format!("Unknown field: {unknown}"),
            ));
        }
        let limit = object.get("limit").and_then(Value::as_u64).unwrap_or(10);
        if limit > 200 {
            return Err(refusal(
                400,
                "VALIDATION_ERROR",
                "limit must be at most 200",
            ));
        }
        let limit = usize::try_from(limit).unwrap_or(0);
        let after = match object.get("after") {
            None | Some(Value::Null) => 0,
            Some(Value::String(text)) => text
                .parse::<usize>()
                .map_err(|_| refusal(400, "VALIDATION_ERROR", "after is no offset"))?,
            Some(_) => return Err(refusal(400, "VALIDATION_ERROR", "after must be a text")),
        };
        if after + limit > CAP {
            return Err(refusal(
                400,
                "VALIDATION_ERROR",
                "The maximum number of results that can be paged through is 10000",
            ));
        }
        let groups = filter_groups(object.get("filterGroups"))?;
        let names: Vec<&str> = groups.iter().flatten().map(|f| f.name.as_str()).collect();
        for name in names {
            if !self.has_property(kind, name) {
                return Err(refusal(
                    400,
                    "VALIDATION_ERROR",
                    &format!(
                        "There was a problem with the request: property {name} does not exist"
                    ),
                ));
            }
        }
        let query = object
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_lowercase();
        let empty = std::collections::BTreeMap::new();
        let all = self.records.get(kind).unwrap_or(&empty);
        let sort = object
            .get("sorts")
            .and_then(Value::as_array)
            .and_then(|s| s.first());
        let (by, descending) = match sort {
            Some(Value::String(text)) => (text.trim_start_matches('-'), text.starts_with('-')),
            Some(Value::Object(map)) => (
                map.get("propertyName")
                    .and_then(Value::as_str)
                    .unwrap_or("createdate"),
                map.get("direction").and_then(Value::as_str) == Some("DESCENDING"),
            ),
            _ => ("hs_object_id", false),
        };
        // A filter on the id that only bounds it from below spares looking at what lies before: pages of a hundred thousand records.
        let from = match groups.as_slice() {
            [only] => only
                .iter()
                .find(|f| f.name == "hs_object_id" && f.operator == "GT")
                .and_then(|f| f.value.parse::<u64>().ok())
                .map_or(0, |id| id.saturating_add(1)),
            _ => 0,
        };
        let matches = |id: u64, record: &Record| {
            !record.archived
                && record.indexed <= now
                && (groups.is_empty()
                    || groups
                        .iter()
                        .any(|group| group.iter().all(|f| f.holds(kind, id, record))))
                && (query.is_empty()
                    || record
                        .properties
                        .values()
                        .any(|v| v.to_lowercase().contains(&query)))
        };
        let wanted: Vec<&str> = object
            .get("properties")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let mut found: Vec<(u64, &Record)> = Vec::new();
        let mut total = 0;
        for (id, record) in all.range(from..) {
            if matches(*id, record) {
                total += 1;
                found.push((*id, record));
            }
            // In the order of ids the rest needs only to be known of, not looked at.
            if by == "hs_object_id" && !descending && found.len() > after + limit {
                total += all.len();
                break;
            }
        }
        if by != "hs_object_id" {
            found
                .sort_by_key(|(id, record)| (record.value(kind, *id, by).unwrap_or_default(), *id));
        }
        if descending {
            found.reverse();
        }
        let more = found.len() > after + limit;
        let results = found
            .iter()
            .skip(after)
            .take(limit)
            .map(|(id, record)| record.shown(kind, *id, &wanted));
        Ok(page(
            results.collect(),
            more.then(|| (after + limit).to_string()),
            Some(total),
        ))
    }
}

struct Filter {
    name: String,
    operator: String,
    value: String,
    high: String,
    values: Vec<String>,
}

fn filter_groups(given: Option<&Value>) -> Result<Vec<Vec<Filter>>, WorldResponse> {
    let wrong = |what: &str| refusal(400, "VALIDATION_ERROR", what);
    let Some(groups) = given.and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    if groups.len() > 5 {
        return Err(wrong("at most 5 filter groups"));
    }
    groups
        .iter()
        .map(|group| {
            let filters = group
                .get("filters")
                .and_then(Value::as_array)
                .ok_or_else(|| wrong("filters are missing"))?;
            if filters.len() > 6 {
                return Err(wrong("at most 6 filters in a group"));
            }
            filters
                .iter()
                .map(|filter| {
                    let text = |key: &str| {
                        filter
                            .get(key)
                            .and_then(Value::as_str)
                            .unwrap_or("")
                            .to_owned()
                    };
                    if filter.get("value").is_some_and(|v| !v.is_string()) {
                        return Err(wrong("a filter's value is a text"));
                    }
                    Ok(Filter {
                        name: text("propertyName"),
                        operator: text("operator"),
                        value: text("value"),
                        high: text("highValue"),
                        values: filter
                            .get("values")
                            .and_then(Value::as_array)
                            .map(|v| {
                                v.iter()
                                    .filter_map(Value::as_str)
                                    .map(str::to_owned)
                                    .collect()
                            })
                            .unwrap_or_default(),
                    })
                })
                .collect()
        })
        .collect()
}

impl Filter {
    fn holds(&self, kind: &str, id: u64, record: &Record) -> bool {
        let Some(value) = record.value(kind, id, &self.name) else {
            return matches!(
                self.operator.as_str(),
                "NOT_HAS_PROPERTY" | "NEQ" | "NOT_IN"
            );
        };
        let order = |other: &str| rank(&value).partial_cmp(&rank(other));
        let token = || {
            value
                .to_lowercase()
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == self.value.to_lowercase())
        };
        use std::cmp::Ordering::{Greater, Less};
        match self.operator.as_str() {
            "EQ" => {
                value.eq_ignore_ascii_case(&self.value)
                    || order(&self.value) == Some(std::cmp::Ordering::Equal) && is_number(&value)
            }
            "NEQ" => !value.eq_ignore_ascii_case(&self.value),
            "GT" => order(&self.value) == Some(Greater),
            "GTE" => order(&self.value).is_some_and(|o| o != Less),
            "LT" => order(&self.value) == Some(Less),
            "LTE" => order(&self.value).is_some_and(|o| o != Greater),
            "BETWEEN" => {
                order(&self.value).is_some_and(|o| o != Less)
                    && order(&self.high).is_some_and(|o| o != Greater)
            }
            "IN" => self.values.iter().any(|v| v.eq_ignore_ascii_case(&value)),
            "NOT_IN" => !self.values.iter().any(|v| v.eq_ignore_ascii_case(&value)),
            "HAS_PROPERTY" => true,
            "CONTAINS_TOKEN" => token(),
            "NOT_CONTAINS_TOKEN" => !token(),
            _ => false,
        }
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// Returns a number to compare by: of a number, or of an instant.
fn rank(text: &str) -> f64 {
    if let Ok(number) = text.parse::<f64>() {
        return number;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this millennium are exact in f64"
    )]
    text.parse::<Timestamp>()
        .map_or(f64::NAN, |at| at.as_millisecond() as f64)
}
