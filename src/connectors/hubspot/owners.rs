//! The users that records belong to.

use serde::Deserialize;

use super::paths::{Place, path};
use crate::connectors::lenient::{list as list_of, or_default};
use crate::connectors::transport::{CallError, Request, Response};
use crate::domain::service::{HubspotVersion, Service};
use crate::domain::text::clean_line;

/// A user that records may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The id that records carry.
    pub id: String,
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "list_of")]
    results: Vec<Raw>,
    #[serde(default)]
    paging: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
}

/// Asks for a page of owners.
#[must_use]
pub fn list(version: HubspotVersion, after: &str) -> Request {
    let request = Request::get(
        Service::Hubspot,
        "hubspot.owners.list",
        path(version, Place::Owners),
    )
    .with("limit", "100");
    if after.is_empty() {
        request
    } else {
        request.with("after", after)
    }
}

/// Reads a page of owners and the mark of the next page.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn parse(response: &Response) -> Result<(Vec<Owner>, Option<String>), CallError> {
    let answer: Answer = response.json()?;
    let next = answer
        .paging
        .as_ref()
        .and_then(|p| p.pointer("/next/after"))
        .and_then(|after| after.as_str())
        .filter(|after| !after.is_empty())
        .map(str::to_owned);
    let owners = answer
        .results
        .into_iter()
        .filter(|raw| !raw.id.is_empty())
        .map(|raw| Owner {
            id: clean_line(&raw.id, 60),
            email: clean_line(&raw.email.unwrap_or_default(), 254).to_lowercase(),
            name: clean_line(
                &format!(
                    "{} {}",
                    raw.first_name.unwrap_or_default(),
                    raw.last_name.unwrap_or_default()
                ),
                200,
            ),
        })
        .collect();
    Ok((owners, next))
}
