//! What came of a move: one of the twenty outcomes.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Overlay;
use super::picker::{Click, Picker, Row};
use crate::domain::id::MoveId;
use crate::domain::outcome::OutcomeKind;
use crate::engine::command::Command;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
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

impl Overlay for Outcome {
    fn context(&self) -> KeyContext {
        KeyContext::Picker
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => self.confirm(),
            KeyAction::Back => vec![Intent::Close],
            other => {
                self.picker.act(other, cx);
                Vec::new()
            }
        }
    }

    fn enter(&mut self, key: KeyEvent, _cx: &Context) -> Vec<Intent> {
        self.picker.enter(key);
        Vec::new()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        self.picker.paste(text);
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, _cx: &Context) -> Vec<Intent> {
        match self.picker.mouse(event, area) {
            Click::Row => self.confirm(),
            Click::Outside => vec![Intent::Close],
            Click::Nowhere => Vec::new(),
        }
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back, KeyAction::Down]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        self.picker.draw(frame, area, None, cx);
    }
}
