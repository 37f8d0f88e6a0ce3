//! The question of a skip whose reason is that they asked to be left alone: the person, or their firm.

use super::picker::{Picker, Picking, Row};
use crate::domain::id::MoveId;
use crate::domain::suppression::Whom;
use crate::engine::command::Command;
use crate::tui::intent::Intent;

/// The choice of whom to leave alone.
#[derive(Debug)]
pub struct Alone {
    ids: Vec<MoveId>,
    reason: String,
    picker: Picker<Whom>,
}

impl Alone {
    /// Asks whom to leave alone, as the moves `ids` are skipped for `reason`.
    #[must_use]
    pub fn new(ids: Vec<MoveId>, reason: String) -> Self {
        let rows = [
            (Whom::Me, "them", "the person, at every address"),
            (Whom::Firm, "their firm", "everybody there"),
        ];
        let rows = rows.map(|(value, label, detail)| Row {
            value,
            label: label.to_owned(),
            detail: detail.to_owned(),
        });
        Self {
            ids,
            reason,
            picker: Picker::new(
                "Never write again to".into(),
                "them, or their firm",
                rows.into(),
            ),
        }
    }
}

impl Picking for Alone {
    type Value = Whom;

    fn picker(&self) -> &Picker<Whom> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<Whom> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        let Some(whom) = self.picker.chosen() else {
            return Vec::new();
        };
        vec![
            Intent::Close,
            Intent::run(Command::Skip {
                ids: self.ids.clone(),
                reason: self.reason.clone(),
                suppress: Some(*whom),
            }),
        ]
    }
}
