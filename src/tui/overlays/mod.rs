//! What lies on top of a screen for a while: questions, choices, texts. They are a stack; the keys go to the topmost.

pub mod approve;
pub mod confirm;
pub mod editor;
pub mod field;
pub mod find;
pub mod help;
pub mod import;
pub mod outcome;
pub mod palette;
pub mod person;
pub mod picker;
pub mod resume;
pub mod rule_state;
pub mod skip;
pub mod snooze;
pub mod undo;
pub mod viewer;

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::action::KeyAction;
use super::context::Context;
use super::keymap::KeyContext;
use super::message::{Intent, Message};
use crate::engine::command::Command;

/// Something that lies on top of a screen.
pub trait Overlay: std::fmt::Debug {
    /// Returns the place of the keymap that holds in it.
    fn context(&self) -> KeyContext;

    /// Does what a key means.
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent>;

    /// Takes a key that means nothing by the keymap, as text is.
    fn enter(&mut self, key: KeyEvent, cx: &Context) -> Vec<Intent> {
        let _ = (key, cx);
        Vec::new()
    }

    /// Takes pasted text.
    fn paste(&mut self, text: &str, cx: &Context) -> Vec<Intent> {
        let _ = (text, cx);
        Vec::new()
    }

    /// Takes a message other than input.
    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        let _ = (message, cx);
        Vec::new()
    }

    /// Takes a click or a turn of the wheel on the screen, which is `area`.
    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        let _ = (event, area, cx);
        Vec::new()
    }

    /// Returns the actions that the footer names.
    fn hints(&self) -> &'static [KeyAction];

    /// Returns the command that would keep what was written and not saved yet.
    fn unsaved(&self) -> Option<Command> {
        None
    }

    /// Draws it on the screen, which is `area`.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context);
}
