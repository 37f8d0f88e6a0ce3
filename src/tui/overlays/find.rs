//! Words that narrow the list while they are typed.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::field::Field;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;

/// The line to type in, at the bottom of the screen.
#[derive(Debug)]
pub struct Find {
    field: Field,
    /// The hint: the fields that are searched.
    what: &'static str,
}

impl Find {
    /// Starts with the words that already narrow the list; `what` names the searched fields.
    #[must_use]
    pub fn new(words: &str, what: &'static str) -> Self {
        Self {
            field: Field::new(words),
            what,
        }
    }

    fn changed(&self) -> Vec<Intent> {
        vec![Intent::Filter(self.field.text().to_owned())]
    }
}

impl Overlay for Find {
    fn context(&self) -> KeyContext {
        KeyContext::Find
    }

    fn act(&mut self, action: KeyAction, _cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => vec![Intent::Close],
            KeyAction::Back => vec![Intent::Close, Intent::Filter(String::new())],
            KeyAction::Down | KeyAction::Up => vec![Intent::Perform(action)],
            _ => Vec::new(),
        }
    }

    fn enter(&mut self, key: KeyEvent, _cx: &Context) -> Vec<Intent> {
        self.field.key(key);
        self.changed()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        self.field.insert(text);
        self.changed()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let line = Rect {
            y: area.bottom().saturating_sub(1),
            height: 1,
            ..area
        };
        frame.render_widget(Clear, line);
        let key = |action| cx.keymap.key(KeyContext::Find, action);
        let placeholder = format!(
            "{}   {} keeps, {} clears",
            self.what,
            key(KeyAction::Confirm),
            key(KeyAction::Back)
        );
        self.field.draw(frame, line, " / ", &placeholder, cx);
    }
}
