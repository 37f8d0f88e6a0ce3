//! Pipelines and their stages, in the portal's own order.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

use super::paths::{ObjectKind, Place, path};
use crate::connectors::lenient::{list as list_of, or_default};
use crate::connectors::transport::{CallError, Request, Response};
use crate::domain::service::{HubspotVersion, Service};
use crate::domain::text::clean_line;

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// True if it ends a deal.
    pub is_closed: bool,
    /// True if it wins the deal.
    pub is_won: bool,
    /// Probability of a win, 0 to 1.
    pub probability: Option<f64>,
}

/// A pipeline with its stages in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Its stages, in the portal's order.
    pub stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "list_of")]
    results: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    label: String,
    #[serde(default, deserialize_with = "or_default")]
    display_order: i64,
    #[serde(default, deserialize_with = "or_default")]
    archived: bool,
    #[serde(default, deserialize_with = "list_of")]
    stages: Vec<RawStage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStage {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    label: String,
    #[serde(default, deserialize_with = "or_default")]
    display_order: i64,
    #[serde(default, deserialize_with = "or_default")]
    metadata: BTreeMap<String, Value>,
}

/// Asks for the pipelines of deals.
#[must_use]
pub fn list(version: HubspotVersion) -> Request {
    Request::get(
        Service::Hubspot,
        "hubspot.pipelines.list",
        path(version, Place::Pipelines(ObjectKind::Deals)),
    )
}

/// Reads pipelines. A stage closes a deal if it says so, or if a win there is certain or impossible.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn parse(response: &Response) -> Result<Vec<Pipeline>, CallError> {
    let answer: Answer = response.json()?;
    let mut all = answer.results;
    all.retain(|p| !p.archived && !p.id.is_empty());
    all.sort_by_key(|p| p.display_order);
    Ok(all
        .into_iter()
        .take(200)
        .map(|mut raw| {
            raw.stages.retain(|s| !s.id.is_empty());
            raw.stages.sort_by_key(|s| s.display_order);
            Pipeline {
                id: clean_line(&raw.id, 100),
                label: clean_line(&raw.label, 200),
                stages: raw.stages.iter().take(200).map(stage).collect(),
            }
        })
        .collect())
}

fn stage(raw: &RawStage) -> Stage {
    let word = |key: &str| {
        raw.metadata.get(key).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let probability = word("probability")
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|p| (0.0..=1.0).contains(p));
    let certain = probability.is_some_and(|p| p >= 1.0);
    let impossible = probability.is_some_and(|p| p <= 0.0);
    let is_closed = word("isClosed").map_or(certain || impossible, |text| text == "true");
    Stage {
        id: clean_line(&raw.id, 100),
        label: clean_line(&raw.label, 200),
        is_closed,
        is_won: is_closed && certain,
        probability,
    }
}
