//! The screens' trait.

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::action::KeyAction;
use super::context::Context;
use super::ids::Target;
use super::intent::Intent;
use super::message::Message;
use crate::domain::signal::Domain;
use crate::engine::command::Command;

/// One screen. It changes itself upon messages and says what it wants done; it never waits.
pub trait Screen: std::fmt::Debug {
    /// Does what a key means.
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent>;

    /// Takes a message other than input. [`Message::Changed`], [`Message::Synced`] and [`Message::Tick`] come only while it is shown.
    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent>;

    /// Hears that it is shown now, for the first time or again: what it shows is to be read anew.
    fn shown(&mut self, cx: &Context) -> Vec<Intent> {
        self.receive(&Message::Changed, cx)
    }

    /// Shows something that another screen named.
    fn reveal(&mut self, target: Target, cx: &Context) -> Vec<Intent> {
        let _ = (target, cx);
        Vec::new()
    }

    /// Takes a click, a drag or a turn of the wheel within `area`, which is what it draws on.
    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent>;

    /// Hears that a command goes out, so that it can show it at once.
    fn started(&mut self, command: &Command, cx: &Context) {
        let _ = (command, cx);
    }

    /// Narrows what it shows by words.
    fn filter(&mut self, words: &str, cx: &Context) -> Vec<Intent> {
        let _ = (words, cx);
        Vec::new()
    }

    /// Returns the domain that it shows; none for all.
    fn domain(&self) -> Option<Domain> {
        None
    }

    /// Returns the actions that the footer names, the most wanted first.
    fn hints(&self) -> &'static [KeyAction];

    /// Draws it.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context);
}
