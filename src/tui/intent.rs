//! The wishes of screens and overlays, and the overlays themselves: opening one is a wish, so that each names the other.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::action::KeyAction;
use super::context::Context;
use super::ids::{Target, Tone};
use super::keymap::KeyContext;
use super::message::{Effect, Message};
use crate::engine::command::Command;

/// A wish of a screen or an overlay to the rest of the terminal.
#[derive(Debug)]
pub enum Intent {
    /// Ask the loop.
    Effect(Effect),
    /// All of these, in order.
    All(Vec<Self>),
    /// Lay this on top.
    Open(Box<dyn Overlay>),
    /// Take the topmost overlay away.
    Close,
    /// Do what a key would do on the screen below.
    Perform(KeyAction),
    /// Go to a screen and to what is meant on it.
    Go(Target),
    /// Narrow the list by words.
    Filter(String),
    /// Tell the operator.
    Say(Tone, String),
}

impl Intent {
    /// Returns the intent to run `command`.
    #[must_use]
    pub fn run(command: Command) -> Self {
        Self::Effect(Effect::Run(command))
    }
}

/// Something that lies on top of a screen.
pub trait Overlay: std::fmt::Debug {
    /// Returns the place of the keymap that holds in it.
    fn context(&self) -> KeyContext;

    /// Performs an action.
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
