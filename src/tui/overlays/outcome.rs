//! What came of a move: one of the twenty outcomes.

use super::picker::{Picker, Picking, Row};
use crate::domain::id::MoveId;
use crate::domain::outcome::OutcomeKind;
use crate::engine::command::Command;
use crate::tui::message::Intent;

/// The choice of an outcome.
#[derive(Debug)]
pub struct Outcome {
    ids: Vec<MoveId>,
    picker: Picker<OutcomeKind>,
}

impl Outcome {
    /// Asks what came of `ids`, which are `what`.
    #[must_use]
    pub fn new(ids: Vec<MoveId>, what: String) -> Self {
        let rows = OutcomeKind::ALL
            .iter()
            .map(|kind| Row {
                value: *kind,
                label: kind.as_str().replace('_', " "),
                detail: format!("{:+}", kind.impact()),
            })
            .collect();
        Self {
            ids,
            picker: Picker::new(format!("Outcome of {what}"), "type to find", rows),
        }
    }
}

impl Picking for Outcome {
    type Value = OutcomeKind;

    fn picker(&self) -> &Picker<OutcomeKind> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<OutcomeKind> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        let Some(kind) = self.picker.chosen() else {
            return Vec::new();
        };
        let mut intents = vec![Intent::Close];
        intents.extend(self.ids.iter().map(|id| {
            Intent::run(Command::RecordOutcome {
                kind: *kind,
                move_id: Some(*id),
                contact_id: None,
                at: None,
                note: String::new(),
            })
        }));
        intents
    }
}
