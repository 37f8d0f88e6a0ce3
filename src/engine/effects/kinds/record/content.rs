//! The content of a record's effect: one operation in HubSpot, with its words.

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::store::StoreError;

/// The longest part that is shown, in bytes.
const MAX_PART: usize = 60_000;

/// An operation in HubSpot, with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct RecordContent {
    /// The operation.
    pub operation: Operation,
    /// The same in words.
    pub summary: String,
    /// True if a part of it may be written where the rest may not: a wish names fields, a move asks for the whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_halves: bool,
}

impl RecordContent {
    pub fn read(content: &str) -> Result<Self> {
        Ok(serde_json::from_str(content)
            .map_err(|e| StoreError::Invalid(format!("the content of a record: {e}")))?)
    }

    pub fn written(&self) -> Result<String> {
        Ok(serde_json::to_string(self).map_err(|e| StoreError::Invalid(e.to_string()))?)
    }

    /// Returns the promise of what undo brings back.
    pub fn promise(&self) -> &'static str {
        match self.operation.inverse("made") {
            Some(Operation::Archive { .. }) => {
                "It is put away in HubSpot, where it can be restored for 90 days."
            }
            Some(_) => {
                "The values that it replaced are written back, but never over what was changed there since."
            }
            None => "It cannot be taken back.",
        }
    }

    /// Returns its parts, a name and a value each. Some of it was written elsewhere.
    pub fn parts(&self, core: &Core) -> Vec<(String, String)> {
        self.raw_parts(core)
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (clean_line(&name, 100), clean_block(&value, MAX_PART)))
            .collect()
    }

    fn raw_parts(&self, core: &Core) -> Vec<(String, String)> {
        let part = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        match &self.operation {
            Operation::Task {
                subject, body, due, ..
            } => {
                let due = due.to_zoned(core.config.operator.zone());
                vec![
                    part("task", subject),
                    part("due", &due.strftime("%a %-d %b %Y %H:%M").to_string()),
                    part("text", body),
                ]
            }
            Operation::Note { body, .. } => vec![part("note", body)],
            Operation::Call { title, body, .. } => vec![part("call", title), part("text", body)],
            Operation::Set {
                properties, base, ..
            } => properties
                .iter()
                .map(|(name, value)| {
                    let before = base.get(name).map_or("", String::as_str);
                    let change = if before.is_empty() {
                        value.clone()
                    } else {
                        format!("{before} -> {value}")
                    };
                    (name.clone(), change)
                })
                .collect(),
            Operation::Archive { .. } | Operation::Merge { .. } | Operation::GdprDelete { .. } => {
                Vec::new()
            }
        }
    }
}
