//! Search: records by their content, two hundred a page.
//!
//! A query ends at ten thousand results, so a long reading is never paged by the server's own mark: each page asks for ids above the last one,
//! in the order of ids. Equal instants and records that change meanwhile then neither lose nor double anything.

use serde_json::{Value, json};

use super::paths::{ObjectKind, Place, path};
use crate::connectors::transport::{Body, Method, Request};
use crate::domain::service::{HubspotVersion, Service};

/// The most results on one page.
pub const PAGE: usize = 200;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    property: String,
    operator: &'static str,
    value: String,
}

impl Filter {
    /// The property is that.
    #[must_use]
    pub fn equal(property: &str, value: impl Into<String>) -> Self {
        Self {
            property: property.into(),
            operator: "EQ",
            value: value.into(),
        }
    }

    /// The property is more.
    #[must_use]
    pub fn above(property: &str, value: impl Into<String>) -> Self {
        Self {
            property: property.into(),
            operator: "GT",
            value: value.into(),
        }
    }

    /// The property is that or more.
    #[must_use]
    pub fn from(property: &str, value: impl Into<String>) -> Self {
        Self {
            property: property.into(),
            operator: "GTE",
            value: value.into(),
        }
    }

    /// The property holds a word.
    #[must_use]
    pub fn holds_word(property: &str, value: impl Into<String>) -> Self {
        Self {
            property: property.into(),
            operator: "CONTAINS_TOKEN",
            value: value.into(),
        }
    }
}

/// Asks for the records with ids above `after_id` that meet all conditions, in the order of their ids.
#[must_use]
pub fn after_id(
    version: HubspotVersion,
    kind: ObjectKind,
    after_id: &str,
    filters: &[Filter],
) -> Request {
    let last = if after_id.is_empty() { "0" } else { after_id };
    let filters: Vec<Value> = std::iter::once(&Filter::above("hs_object_id", last))
        .chain(filters)
        .map(|f| json!({"propertyName": f.property, "operator": f.operator, "value": f.value}))
        .collect();
    // All five fields, always: newer descriptions require them and older servers take them.
    let body = json!({
        "filterGroups": [{"filters": filters}],
        "sorts": ["hs_object_id"],
        "properties": kind.properties(),
        "limit": PAGE,
        "after": "0",
    });
    Request::write(
        Service::Hubspot,
        "hubspot.objects.search",
        Method::Post,
        path(version, Place::Search(kind)),
        Body::Json(body),
    )
    .search()
}
