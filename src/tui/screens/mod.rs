//! The screens: one line of the registry each, so that a new one touches nothing else here.

pub mod today;

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::action::KeyAction;
use super::context::Context;
use super::keymap::KeyContext;
use super::message::{Intent, Message};
use crate::domain::signal::Domain;
use crate::engine::command::Command;

/// One screen. It changes itself upon messages and says what it wants done; it never waits.
pub trait Screen: std::fmt::Debug {
    /// Returns the place of the keymap that holds on it.
    fn context(&self) -> KeyContext;

    /// Does what a key means.
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent>;

    /// Takes a message other than input.
    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent>;

    /// Takes a click, a drag or a turn of the wheel within `area`, which is what it draws on.
    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent>;

    /// Hears that a command goes out, so that it can show it at once.
    fn started(&mut self, command: &Command, cx: &Context);

    /// Narrows what it shows by words.
    fn filter(&mut self, words: &str, cx: &Context) -> Vec<Intent>;

    /// Returns the words that it is narrowed by.
    fn filtered_by(&self) -> &str;

    /// Returns the domain that it shows; none for all.
    fn domain(&self) -> Option<Domain>;

    /// Returns the actions that the footer names, the most wanted first.
    fn hints(&self) -> &'static [KeyAction];

    /// Draws it.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context);
}

/// A line of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What leads to it.
    pub go: KeyAction,
    /// Makes it.
    pub make: fn() -> Box<dyn Screen>,
}

/// Every screen that is built; the first is where one starts.
pub const SCREENS: &[Entry] = &[Entry {
    go: KeyAction::GoToday,
    make: || Box::new(today::Today::new()),
}];
