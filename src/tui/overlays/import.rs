//! The file for an import of people.

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::field::Field;
use super::import_preview::Preview;
use crate::engine::import::OnConflict;
use crate::env;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::message::{Effect, ImportWish};
use crate::tui::widgets::popup;

const WIDTH: u16 = 84;

/// The line for the file's name.
#[derive(Debug, Default)]
pub struct Import {
    field: Field,
}

impl Import {
    /// Asks for the file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the typed path without the quotes that a file manager puts around a dropped name; `~` is the home.
    fn path(&self) -> PathBuf {
        let typed = self.field.text().trim().trim_matches(['\'', '"']);
        match (typed.strip_prefix("~/"), env::variable("HOME")) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ => PathBuf::from(typed),
        }
    }
}

impl Overlay for Import {
    fn context(&self) -> KeyContext {
        KeyContext::Find
    }

    fn act(&mut self, action: KeyAction, _cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => {
                let path = self.path();
                if path.as_os_str().is_empty() {
                    return vec![Intent::Say(Tone::Warning, "A file is needed.".into())];
                }
                let wish = ImportWish {
                    path,
                    on_conflict: OnConflict::KeepBoth,
                };
                vec![
                    Intent::Close,
                    Intent::Open(Box::new(Preview::new(wish.clone()))),
                    Intent::Effect(Effect::Rehearse(wish)),
                ]
            }
            KeyAction::Back => vec![Intent::Close],
            _ => Vec::new(),
        }
    }

    fn enter(&mut self, key: KeyEvent, _cx: &Context) -> Vec<Intent> {
        self.field.key(key);
        Vec::new()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        self.field.insert(text);
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let inner = popup(frame, area, WIDTH, 6, "Import contacts", cx);
        let line = Rect { height: 1, ..inner };
        self.field
            .draw(frame, line, " > ", "a CSV export of a CRM, or vCards", cx);
        let key = |action| cx.keymap.key(KeyContext::Find, action);
        let say = |text: String| Line::from(Span::styled(text, cx.styles().muted));
        let notes = vec![
            say(
                "   Rows that cannot be taken are written beside the file, with their reasons."
                    .into(),
            ),
            say(format!(
                "   {} shows what would happen first, {} leaves",
                key(KeyAction::Confirm),
                key(KeyAction::Back)
            )),
        ];
        let below = Rect {
            y: inner.y + 2,
            height: inner.height.saturating_sub(2),
            ..inner
        };
        frame.render_widget(Paragraph::new(notes), below);
    }
}
