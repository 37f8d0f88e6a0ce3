//! The move that a signal asks for itself.

use jiff::{SignedDuration, Timestamp};

use super::fields::{Fault, Fields};
use super::kinds::Domain;
use crate::domain::action::ActionKind;
use crate::domain::duration::parse_duration;

/// The fields in which a signal says of what kind, how urgent and how large the move is that it wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asks {
    /// The thing to be done.
    pub action: Option<ActionKind>,
    /// The part of the work.
    pub domain: Option<Domain>,
    /// 0..=1.
    pub urgency: Option<f64>,
    /// 0..=1.
    pub effort: Option<f64>,
    /// 0..=1.
    pub strategic: Option<f64>,
    /// 0..=1.
    pub revenue: Option<f64>,
    /// Its due time.
    pub due: Option<Due>,
}

/// A due time as a signal gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Some time after the signal.
    After(SignedDuration),
    /// At an instant.
    At(Timestamp),
}

impl Asks {
    /// The keys of its fields.
    pub const KEYS: &'static [&'static str] = &[
        "action",
        "domain",
        "urgency",
        "effort",
        "strategic",
        "revenue",
        "due",
    ];

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            urgency: fields.share(&["urgency"]),
            effort: fields.share(&["effort"]),
            strategic: fields.share(&["strategic"]),
            revenue: fields.share(&["revenue"]),
            action: fields.word("action"),
            domain: fields.word("domain"),
            due: fields.first(&["due"], |value| {
                let due = value.as_str().ok_or(Fault::NotText)?.trim();
                match due {
                    "" => Ok(None),
                    due => due
                        .parse()
                        .map(Due::At)
                        .or_else(|_| parse_duration(due).map(Due::After))
                        .map(Some)
                        .map_err(Fault::NotDue),
                }
            }),
        }
    }

    /// Returns the instant at which the move is due, if the signal names one.
    #[must_use]
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self.due {
            Some(Due::At(at)) => Some(at),
            Some(Due::After(_)) | None => None,
        }
    }
}
