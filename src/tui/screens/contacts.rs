//! Contacts.

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use super::parts::Empty;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::message::{Intent, Message};
use crate::tui::widgets::frame::{block, title};

/// The screen.
#[derive(Debug, Default)]
pub struct Contacts {}

impl Contacts {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl Screen for Contacts {
    fn act(&mut self, _action: KeyAction, _cx: &Context) -> Vec<Intent> {
        Vec::new()
    }

    fn receive(&mut self, _message: &Message, _cx: &Context) -> Vec<Intent> {
        Vec::new()
    }

    fn mouse(&mut self, _event: MouseEvent, _area: Rect, _cx: &Context) -> Vec<Intent> {
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[
            KeyAction::GoToday,
            KeyAction::Palette,
            KeyAction::Help,
            KeyAction::Quit,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let outer = block(title("Contacts", cx), true, cx);
        let inner = outer.inner(area);
        frame.render_widget(outer, area);
        Empty::reading().draw(frame, inner, cx);
    }
}
