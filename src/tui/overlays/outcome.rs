//! The outcome of a move or a person: one of the twenty kinds, and a note if there is something to remember.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::field::Field;
use super::picker::{Picker, Picking, Row};
use crate::domain::id::{ContactId, MoveId};
use crate::domain::outcome::OutcomeKind;
use crate::engine::command::Command;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::text::clean;
use crate::tui::widgets::popup;

const WIDTH: u16 = 76;

/// The subject of an outcome.
#[derive(Debug, Clone, Copy)]
enum Of {
    Move(MoveId),
    Person(ContactId),
}

/// The choice of an outcome.
#[derive(Debug)]
pub struct Outcome {
    of: Vec<Of>,
    what: String,
    picker: Picker<OutcomeKind>,
}

impl Outcome {
    /// Asks for the outcome of the moves `ids`, named `what`.
    #[must_use]
    pub fn new(ids: Vec<MoveId>, what: String) -> Self {
        Self::of(ids.into_iter().map(Of::Move).collect(), what)
    }

    /// Asks for the outcome with the people `ids`, named `what`.
    #[must_use]
    pub fn of_people(ids: Vec<ContactId>, what: String) -> Self {
        Self::of(ids.into_iter().map(Of::Person).collect(), what)
    }

    fn of(of: Vec<Of>, what: String) -> Self {
        let rows = OutcomeKind::ALL
            .iter()
            .map(|kind| Row {
                value: *kind,
                label: kind.as_str().replace('_', " "),
                detail: format!("{:+}", kind.impact()),
            })
            .collect();
        Self {
            of,
            picker: Picker::new(format!("Outcome of {what}"), "type to find", rows),
            what,
        }
    }
}

impl Picking for Outcome {
    type Value = OutcomeKind;

    fn picker(&self) -> &Picker<OutcomeKind> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<OutcomeKind> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        let Some(kind) = self.picker.chosen() else {
            return Vec::new();
        };
        vec![
            Intent::Close,
            Intent::Open(Box::new(Note {
                of: self.of.clone(),
                what: self.what.clone(),
                kind: *kind,
                field: Field::new(""),
            })),
        ]
    }
}

/// The note that goes with an outcome; it may stay empty.
#[derive(Debug)]
struct Note {
    of: Vec<Of>,
    what: String,
    kind: OutcomeKind,
    field: Field,
}

impl Note {
    fn commands(&self) -> impl Iterator<Item = Intent> {
        let note = clean(self.field.text());
        let kind = self.kind;
        self.of.iter().map(move |of| {
            let (move_id, contact_id) = match of {
                Of::Move(id) => (Some(*id), None),
                Of::Person(id) => (None, Some(*id)),
            };
            Intent::run(Command::RecordOutcome {
                kind,
                move_id,
                contact_id,
                at: None,
                note: note.clone(),
            })
        })
    }
}

impl Overlay for Note {
    fn context(&self) -> KeyContext {
        KeyContext::Find
    }

    fn act(&mut self, action: KeyAction, _cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => std::iter::once(Intent::Close)
                .chain(self.commands())
                .collect(),
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
        let heading = format!(
            "{} {} {}",
            self.kind.as_str().replace('_', " "),
            cx.glyphs().dot,
            self.what
        );
        let inner = popup(frame, area, WIDTH, 5, &heading, cx);
        let line = Rect { height: 1, ..inner };
        self.field.draw(
            frame,
            line,
            " > ",
            "a note, if there is something to remember",
            cx,
        );
        let key = |action| cx.keymap.key(KeyContext::Find, action);
        frame.render_widget(
            Paragraph::new(Line::from(Span::styled(
                format!(
                    "   {} records it, {} does not",
                    key(KeyAction::Confirm),
                    key(KeyAction::Back)
                ),
                cx.styles().muted,
            ))),
            Rect {
                y: inner.y + 2,
                height: 1,
                ..inner
            }
            .intersection(inner),
        );
    }
}
