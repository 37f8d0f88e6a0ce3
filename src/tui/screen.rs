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

/// One screen. It changes itself upon messages and returns wishes; it never waits.
pub trait Screen: std::fmt::Debug {
    /// Performs an action.
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent>;

    /// Takes a message other than input. [`Message::Changed`], [`Message::Synced`] and [`Message::Tick`] come only to the shown screen.
    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent>;

    /// Notes that the screen comes up, for the first time or again, so that its content is read anew.
    fn shown(&mut self, cx: &Context) -> Vec<Intent> {
        self.receive(&Message::Changed, cx)
    }

    /// Shows something that another screen named.
    fn reveal(&mut self, target: Target, cx: &Context) -> Vec<Intent> {
        let _ = (target, cx);
        Vec::new()
    }

    /// Takes a click, a drag or a turn of the wheel within `area`, the screen's own.
    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent>;

    /// Notes that a command goes out, so that the screen can show it at once.
    fn started(&mut self, command: &Command, cx: &Context) {
        let _ = (command, cx);
    }

    /// Narrows the list by words.
    fn filter(&mut self, words: &str, cx: &Context) -> Vec<Intent> {
        let _ = (words, cx);
        Vec::new()
    }

    /// Returns the shown domain; none for all.
    fn domain(&self) -> Option<Domain> {
        None
    }

    /// Returns the actions that the footer names, the most wanted first.
    fn hints(&self) -> &'static [KeyAction];

    /// Draws the screen.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context);
}
