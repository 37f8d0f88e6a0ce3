//! Every command by its name, with its key.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Overlay;
use super::picker::{Click, Picker, Row};
use crate::tui::action::{Group, KeyAction};
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
use crate::tui::message::Intent;

/// The choice of a command.
#[derive(Debug)]
pub struct Palette {
    picker: Picker<KeyAction>,
}

impl Palette {
    /// Offers every command, with the keys that hold in `below`.
    #[must_use]
    pub fn new(below: KeyContext, cx: &Context) -> Self {
        let rows = Group::ALL
            .iter()
            .flat_map(|group| KeyAction::ALL.iter().filter(|a| a.group() == *group))
            .filter(|action| action.in_palette())
            .map(|action| Row {
                value: *action,
                label: match action {
                    KeyAction::KillSwitch if cx.status.stopped() => {
                        "Resume: let effects out again".to_owned()
                    }
                    other => other.title().to_owned(),
                },
                detail: cx.keymap.keys(below, *action).join(", "),
            })
            .collect();
        Self {
            picker: Picker::new("Commands".into(), "type to find", rows),
        }
    }

    fn confirm(&self) -> Vec<Intent> {
        match self.picker.chosen() {
            Some(action) => vec![Intent::Close, Intent::Perform(*action)],
            None => Vec::new(),
        }
    }
}

impl Overlay for Palette {
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
