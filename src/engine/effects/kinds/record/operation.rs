//! One write to HubSpot, as it is kept and as it is sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connectors::hubspot::engagements;
use crate::connectors::hubspot::objects::{self, TieTo};
use crate::connectors::hubspot::paths::ObjectKind;
use crate::connectors::transport::Request;
use crate::domain::action::ActionKind;
use crate::domain::service::HubspotVersion;

/// A write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "operation")]
pub(in crate::engine) enum Operation {
    /// Make a task.
    Task {
        subject: String,
        body: String,
        due: Timestamp,
        owner: Option<String>,
        ties: Vec<TieTo>,
    },
    /// Write a note.
    Note {
        body: String,
        at: Timestamp,
        owner: Option<String>,
        ties: Vec<TieTo>,
    },
    /// Log a call that was made.
    Call {
        title: String,
        body: String,
        at: Timestamp,
        owner: Option<String>,
        ties: Vec<TieTo>,
    },
    /// Put a task, note or call of ours away again.
    Archive { kind: ObjectKind, id: String },
    /// Change properties of a record.
    Set {
        kind: ObjectKind,
        id: String,
        /// Our number for the record.
        record: i64,
        properties: BTreeMap<String, String>,
        /// What each of them said when the change was asked for; from the look just before the change on, what it replaces.
        base: BTreeMap<String, String>,
        /// Whether the operator has seen the portal's value and decided against it.
        decided: bool,
    },
    /// Make one contact of two.
    Merge { primary: String, other: String },
    /// Remove a contact for good.
    GdprDelete { id: String, email: String },
}

impl Operation {
    /// Returns the request that carries it out.
    pub fn request(&self, version: HubspotVersion, key: &str) -> Request {
        match self {
            Self::Task {
                subject,
                body,
                due,
                owner,
                ties,
            } => objects::create(
                version,
                ObjectKind::Tasks,
                &engagements::task(subject, body, *due, owner.as_deref(), key),
                ties,
            ),
            Self::Note {
                body,
                at,
                owner,
                ties,
            } => objects::create(
                version,
                ObjectKind::Notes,
                &engagements::note(body, *at, owner.as_deref(), key),
                ties,
            ),
            Self::Call {
                title,
                body,
                at,
                owner,
                ties,
            } => objects::create(
                version,
                ObjectKind::Calls,
                &engagements::call(title, body, *at, owner.as_deref(), key),
                ties,
            ),
            Self::Archive { kind, id } => objects::archive(version, *kind, id),
            Self::Set {
                kind,
                id,
                properties,
                ..
            } => objects::update(version, *kind, id, properties),
            Self::Merge { primary, other } => {
                objects::merge(version, ObjectKind::Contacts, primary, other)
            }
            Self::GdprDelete { id, .. } => objects::gdpr_delete(version, id),
        }
    }

    /// Returns the kind of record that it makes and what that is tied to; none if it makes nothing.
    pub fn makes(&self) -> Option<(ObjectKind, &[TieTo])> {
        match self {
            Self::Task { ties, .. } => Some((ObjectKind::Tasks, ties)),
            Self::Note { ties, .. } => Some((ObjectKind::Notes, ties)),
            Self::Call { ties, .. } => Some((ObjectKind::Calls, ties)),
            Self::Archive { .. }
            | Self::Set { .. }
            | Self::Merge { .. }
            | Self::GdprDelete { .. } => None,
        }
    }

    /// Returns what takes it back once it was done, under the name that HubSpot gave to what it made; none for what cannot be taken back.
    pub fn inverse(&self, remote: &str) -> Option<Self> {
        match self {
            Self::Set {
                kind,
                id,
                record,
                properties,
                base,
                ..
            } => Some(Self::Set {
                kind: *kind,
                id: id.clone(),
                record: *record,
                properties: properties
                    .keys()
                    .map(|name| (name.clone(), base.get(name).cloned().unwrap_or_default()))
                    .collect(),
                base: properties.clone(),
                decided: false,
            }),
            Self::Merge { .. } | Self::GdprDelete { .. } | Self::Archive { .. } => None,
            Self::Task { .. } | Self::Note { .. } | Self::Call { .. } => {
                let (kind, _) = self.makes()?;
                (!remote.is_empty()).then(|| Self::Archive {
                    kind,
                    id: remote.to_owned(),
                })
            }
        }
    }

    /// Returns the name of its effect, of which there is one living at a time; none for one that makes something new.
    pub fn once(&self) -> Option<String> {
        match self {
            Self::Task { .. } | Self::Note { .. } | Self::Call { .. } => None,
            Self::Archive { kind, id } => Some(format!("archive:{kind}/{id}")),
            Self::Set {
                kind,
                id,
                properties,
                ..
            } => {
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                Some(format!("{kind}/{id}:{}", names.join("+")))
            }
            Self::Merge { primary, other } => Some(format!("merge:{primary}+{other}")),
            Self::GdprDelete { id, .. } => Some(format!("gdpr:{id}")),
        }
    }

    /// Tells whether it only puts away something of ours.
    pub const fn is_tidying(&self) -> bool {
        matches!(self, Self::Archive { .. })
    }

    /// Returns the action that it stands for where no move names one.
    pub const fn action(&self) -> ActionKind {
        match self {
            Self::Task { .. } => ActionKind::CreateTask,
            Self::Note { .. } => ActionKind::AddNote,
            Self::Call { .. } => ActionKind::LogCall,
            Self::Set { kind, .. } => match kind {
                ObjectKind::Deals => ActionKind::UpdateDealStage,
                ObjectKind::Contacts => ActionKind::UpdateContact,
                _ => ActionKind::UpdateCrm,
            },
            Self::Archive { .. } => ActionKind::UpdateCrm,
            Self::Merge { .. } => ActionKind::MergeContacts,
            Self::GdprDelete { .. } => ActionKind::DataCleanup,
        }
    }

    /// Returns where in HubSpot it is seen, as `tasks/123`.
    pub fn place(&self, remote: &str) -> String {
        match (self, self.makes()) {
            (_, Some((kind, _))) => format!("{kind}/{remote}"),
            (Self::Set { kind, id, .. } | Self::Archive { kind, id }, _) => format!("{kind}/{id}"),
            _ => remote.to_owned(),
        }
    }
}
