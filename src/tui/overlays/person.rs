//! The person for a signal: a search through all contacts as one types.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::picker::{Click, Picker, Row};
use crate::domain::id::{ContactId, SignalId};
use crate::engine::command::{Command, MatchTo};
use crate::engine::queries::contacts::ContactItem;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId};
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Message;
use crate::tui::reader::Reader;
use crate::tui::text::clean;

/// The choice of a person for a signal.
#[derive(Debug)]
pub struct Person {
    signal: SignalId,
    picker: Picker<ContactId>,
    reader: Reader,
    error: Option<String>,
}

impl Person {
    /// Asks for the person behind a signal, and begins with a search for `words`.
    #[must_use]
    pub fn open(signal: SignalId, words: &str) -> Vec<Intent> {
        let mut picker = Picker::new(
            format!("Whom is signal {signal} about?"),
            "a name, an address or a firm",
            Vec::new(),
        );
        picker.field.insert(&clean(words));
        picker.put(Vec::new());
        let mut person = Self {
            signal,
            picker,
            reader: Reader::new(ScreenId::Signals, Part::Inner),
            error: None,
        };
        let search = person.search();
        let mut intents = vec![Intent::Open(Box::new(person))];
        intents.extend(search);
        intents
    }

    fn search(&mut self) -> Vec<Intent> {
        let words = clean(self.picker.field.text());
        if words.is_empty() {
            self.picker.put(Vec::new());
            self.reader.turn();
            return Vec::new();
        }
        vec![self.reader.ask(Look::People(words))]
    }

    fn confirm(&self) -> Vec<Intent> {
        match self.picker.chosen() {
            Some(contact) => vec![
                Intent::Close,
                Intent::run(Command::MatchSignal {
                    id: self.signal,
                    to: MatchTo::Contact(*contact),
                }),
            ],
            None => Vec::new(),
        }
    }
}

fn row(person: &ContactItem) -> Row<ContactId> {
    let (name, email) = (clean(&person.name), clean(&person.email));
    let label = if name.is_empty() { email.clone() } else { name };
    let detail = [clean(&person.company), email]
        .into_iter()
        .filter(|part| !part.is_empty() && *part != label)
        .collect::<Vec<_>>()
        .join(" · ");
    Row {
        value: person.id,
        label,
        detail,
    }
}

impl Overlay for Person {
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
        let before = self.picker.field.text().to_owned();
        self.picker.enter(key);
        if self.picker.field.text() == before {
            return Vec::new();
        }
        self.search()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        self.picker.paste(text);
        self.search()
    }

    fn receive(&mut self, message: &Message, _cx: &Context) -> Vec<Intent> {
        match self.reader.take(message) {
            Some(Ok(Sight::People(people))) => {
                self.error = None;
                self.picker.put(people.iter().map(row).collect());
            }
            Some(Err(error)) => self.error = Some(error.clone()),
            Some(Ok(_)) | None => {}
        }
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
        let note = match &self.error {
            Some(error) => Some(Span::styled(
                format!("   {}", clean(error)),
                cx.styles().bad,
            )),
            None if self.picker.chosen().is_none() => Some(Span::styled(
                "   type to search everybody".to_owned(),
                cx.styles().faint,
            )),
            None => None,
        };
        self.picker.draw(frame, area, note.map(Line::from), cx);
    }
}
