//! Moves: recommended actions on Today's list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{ContactId, DealId, SignalId};
use super::words::words;

words! {
    /// The status of a move.
    pub enum MoveStatus ("a move's status") {
        /// On the list.
        Open = "open",
        /// Put off until a time.
        Snoozed = "snoozed",
        /// Consented to; waits for a guard or for its turn.
        Approved = "approved",
        /// Being carried out.
        Executing = "executing",
        /// Carried out, or ticked off.
        Done = "done",
        /// Taken off the list by the operator.
        Skipped = "skipped",
        /// Overtaken by time or events.
        Expired = "expired",
    }
}

impl MoveStatus {
    /// Tells whether the move still stands: there is at most one such move of a family for a contact or deal.
    #[must_use]
    pub const fn is_standing(self) -> bool {
        matches!(
            self,
            Self::Open | Self::Snoozed | Self::Approved | Self::Executing
        )
    }
}

/// The subject of a move, about which a family has one standing move. Stored as one word: `contact:12`, `deal:7` or `signal:3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MoveSubject {
    /// A person.
    Contact(ContactId),
    /// A deal.
    Deal(DealId),
    /// A signal about nobody known.
    Signal(SignalId),
}

impl std::fmt::Display for MoveSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Contact(id) => write!(f, "contact:{id}"),
            Self::Deal(id) => write!(f, "deal:{id}"),
            Self::Signal(id) => write!(f, "signal:{id}"),
        }
    }
}

/// A text that names no subject of a move.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no subject of a move: contact:N, deal:N or signal:N is")]
pub struct UnknownSubject(String);

impl std::str::FromStr for MoveSubject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, UnknownSubject> {
        let unknown = || UnknownSubject(super::text::clean_line(text, 80));
        let (kind, number) = text.split_once(':').ok_or_else(unknown)?;
        let number = number.parse().map_err(|_| unknown())?;
        match kind {
            "contact" => Ok(Self::Contact(ContactId(number))),
            "deal" => Ok(Self::Deal(DealId(number))),
            "signal" => Ok(Self::Signal(SignalId(number))),
            _ => Err(unknown()),
        }
    }
}

/// Default length of a meeting, in minutes.
pub const MEETING_MINUTES: u32 = 30;
/// The longest meeting that is booked, in minutes.
pub const MAX_MEETING_MINUTES: u32 = 12 * 60;

/// The operator's plan for a move, beside the words of its mail. An empty field says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MovePlan {
    /// Start of the meeting. With it, a move that would offer times books one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// True if times are offered by mail although one is set.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_mail: bool,
    /// Length of the meeting, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Title of the meeting.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Place of the meeting.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// True for a meeting with a video call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_call: Option<bool>,
    /// Due time of a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The stage that a deal goes to, by id or name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stage: String,
    /// New values by the properties' names; an empty one clears it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// The task that is completed, as `hubspot:777`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub task: String,
}

impl MovePlan {
    /// Tells whether the plan is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns this plan with what `over` says in its place.
    #[must_use]
    pub fn under(self, over: Self) -> Self {
        let text = |below: String, above: String| if above.is_empty() { below } else { above };
        let mut properties = self.properties;
        properties.extend(over.properties);
        Self {
            starts_at: over.starts_at.or(self.starts_at.filter(|_| !over.by_mail)),
            by_mail: over.by_mail || (self.by_mail && over.starts_at.is_none()),
            minutes: over.minutes.or(self.minutes),
            title: text(self.title, over.title),
            place: text(self.place, over.place),
            with_call: over.with_call.or(self.with_call),
            due: over.due.or(self.due),
            stage: text(self.stage, over.stage),
            properties,
            task: text(self.task, over.task),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_later_holds_and_the_rest_stays() {
        let at = |s| Timestamp::from_second(s).ok();
        let properties = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect()
        };
        let below = MovePlan {
            starts_at: at(1),
            title: "Kickoff".into(),
            properties: properties(&[("jobtitle", "CTO"), ("city", "Madrid")]),
            ..MovePlan::default()
        };
        let over = MovePlan {
            starts_at: at(2),
            minutes: Some(45),
            properties: properties(&[("city", "")]),
            ..MovePlan::default()
        };
        let both = below.under(over);
        assert_eq!((both.starts_at, both.minutes), (at(2), Some(45)));
        assert_eq!(both.title, "Kickoff");
        assert_eq!(
            both.properties,
            properties(&[("city", ""), ("jobtitle", "CTO")])
        );
        let by_mail = MovePlan {
            by_mail: true,
            ..MovePlan::default()
        };
        assert_eq!(both.clone().under(by_mail.clone()).starts_at, None);
        assert!(
            !by_mail.under(both.clone()).by_mail,
            "a new time is a new wish"
        );
        assert!(MovePlan::default().is_empty() && !both.is_empty());
    }

    #[test]
    fn a_subject_is_read_back_as_written_and_no_other_is() {
        for subject in [
            MoveSubject::Contact(ContactId(12)),
            MoveSubject::Deal(DealId(7)),
            MoveSubject::Signal(SignalId(3)),
        ] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        for text in ["", "contact", "contact:", "contact:x", "move:1", "deal 7"] {
            assert!(text.parse::<MoveSubject>().is_err(), "{text}");
        }
    }
}
