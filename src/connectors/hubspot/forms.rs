//! Forms: a contact says when it last filled one and which. The API of forms needs a right of its own; these two properties come with every contact.

use jiff::Timestamp;

use super::objects::Object;

/// A form that was filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormFilled {
    /// Instant of the submission.
    pub at: Timestamp,
    /// Which, as the portal names it.
    pub name: String,
}

/// Returns the last form that a contact filled.
#[must_use]
pub fn last(contact: &Object) -> Option<FormFilled> {
    Some(FormFilled {
        at: contact.properties.instant("recent_conversion_date")?,
        name: contact
            .properties
            .text("recent_conversion_event_name")
            .to_owned(),
    })
}
