//! The state of a rule of approval: off, shadow or on. Choosing confirms, and turning a rule on says what follows.

use ratatui::text::{Line, Span};

use super::confirm::Confirm;
use super::picker::{Picker, Picking, Row};
use crate::domain::approval::RuleState;
use crate::engine::command::Command;
use crate::tui::context::Context;
use crate::tui::intent::Intent;
use crate::tui::text::clean;

/// The choice of a rule's state.
#[derive(Debug)]
pub struct SetRule {
    name: String,
    now: RuleState,
    picker: Picker<RuleState>,
}

impl SetRule {
    /// Asks for the new state of a rule.
    #[must_use]
    pub fn new(name: &str, now: RuleState) -> Self {
        let rows = RuleState::ALL
            .iter()
            .map(|state| Row {
                value: *state,
                label: state_words(*state).to_owned(),
                detail: if *state == now { "now" } else { "" }.to_owned(),
            })
            .collect();
        Self {
            name: name.to_owned(),
            now,
            picker: Picker::new(format!("The rule {}", clean(name)), "off, shadow, on", rows),
        }
    }
}

impl Picking for SetRule {
    type Value = RuleState;

    fn picker(&self) -> &Picker<RuleState> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<RuleState> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        let Some(state) = self.picker.chosen() else {
            return Vec::new();
        };
        if *state == self.now {
            return vec![Intent::Close];
        }
        let set = Intent::run(Command::SetApprovalRule {
            name: self.name.clone(),
            state: *state,
        });
        let next = match state {
            RuleState::Off | RuleState::Shadow => set,
            // What acts without being asked is asked for twice.
            RuleState::On => Intent::Open(Box::new(Confirm::new(
                "Let the rule act",
                &format!(
                    "From the next pass on, {} decides without asking you. Its decisions stand in the log.",
                    clean(&self.name)
                ),
                set,
            ))),
        };
        vec![Intent::Close, next]
    }

    fn note(&self, cx: &Context) -> Option<Line<'static>> {
        let note = match self.picker.chosen()? {
            RuleState::On => "   from the next pass on it approves without asking you",
            RuleState::Shadow => "   you decide; what it would have done is counted",
            RuleState::Off => "   you decide; nothing is counted",
        };
        Some(Line::from(Span::styled(note, cx.styles().muted)))
    }
}

/// Returns the meaning of a state.
#[must_use]
pub fn state_words(state: RuleState) -> &'static str {
    match state {
        RuleState::Off => "off: it is not asked",
        RuleState::Shadow => "shadow: it decides and is counted, and nothing follows",
        RuleState::On => "on: it acts",
    }
}
