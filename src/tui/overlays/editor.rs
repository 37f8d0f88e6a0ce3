//! Writing a draft in place: the subject, then the text.

use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use ratatui_textarea::{CursorMove, Input, TextArea, WrapMode};

use super::confirm::Confirm;
use super::field::Field;
use crate::domain::id::MoveId;
use crate::domain::text::clean_block;
use crate::engine::command::Command;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::text::{MAX_BLOCK_BYTES, clean, fit};
use crate::tui::widgets::frame::{block, clear, middle, title};

const WIDTH: u16 = 84;

/// A draft that is being written.
#[derive(Debug)]
pub struct Editor {
    id: MoveId,
    to: String,
    subject: Field,
    body: TextArea<'static>,
    /// The first subject and text, to tell whether anything changed.
    before: (String, String),
    in_subject: bool,
}

impl Editor {
    /// Opens the draft of a move.
    #[must_use]
    pub fn new(id: MoveId, to: &str, subject: &str, body: &str, cx: &Context) -> Self {
        let cleaned = clean_block(body, MAX_BLOCK_BYTES);
        let mut area = TextArea::new(cleaned.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_cursor_line_style(Style::new());
        area.set_style(cx.styles().text);
        area.set_cursor_style(Style::new().reversed());
        area.set_max_histories(500);
        let subject = Field::new(&clean(subject));
        Self {
            id,
            to: clean(to),
            in_subject: subject.text().is_empty(),
            before: (subject.text().to_owned(), cleaned),
            subject,
            body: area,
        }
    }

    fn text(&self) -> (String, String) {
        (self.subject.text().to_owned(), self.body.lines().join("\n"))
    }

    fn changed(&self) -> bool {
        self.text() != self.before
    }

    fn command(&self) -> Command {
        let (subject, body) = self.text();
        Command::EditDraft {
            id: self.id,
            subject,
            body,
        }
    }

    fn outer(area: Rect) -> Rect {
        middle(area, WIDTH, area.height.saturating_sub(3).max(8))
    }

    /// The line of the subject and the box of the text.
    fn fields(inner: Rect) -> (Rect, Rect) {
        let subject = Rect {
            y: inner.y + 1,
            height: 1,
            ..inner
        };
        let body = Rect {
            x: inner.x + 1,
            y: inner.y + 3,
            width: inner.width.saturating_sub(2),
            height: inner.height.saturating_sub(4),
        };
        (subject, body)
    }
}

impl Overlay for Editor {
    fn context(&self) -> KeyContext {
        KeyContext::Editor
    }

    fn act(&mut self, action: KeyAction, _cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Save if !self.changed() => vec![
                Intent::Close,
                Intent::Say(Tone::Plain, "Nothing was changed.".into()),
            ],
            KeyAction::Save if self.subject.text().trim().is_empty() => {
                self.in_subject = true;
                vec![Intent::Say(
                    Tone::Warning,
                    "A subject is needed; the draft is not saved yet.".into(),
                )]
            }
            KeyAction::Save => vec![Intent::Close, Intent::run(self.command())],
            KeyAction::Back if self.changed() => vec![Intent::Open(Box::new(Confirm::discard(
                "What you wrote is not saved yet.",
            )))],
            KeyAction::Back => vec![Intent::Close],
            KeyAction::NextPane | KeyAction::PreviousPane => {
                self.in_subject = !self.in_subject;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn enter(&mut self, key: KeyEvent, _cx: &Context) -> Vec<Intent> {
        use crossterm::event::KeyCode;
        if self.in_subject {
            if matches!(key.code, KeyCode::Enter | KeyCode::Down) {
                self.in_subject = false;
            } else {
                self.subject.key(key);
            }
        } else {
            let at_top = self.body.cursor().0 == 0;
            if key.code == KeyCode::Up && at_top {
                self.in_subject = true;
            } else {
                self.body.input(Input::from(key));
            }
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        if self.in_subject {
            self.subject.insert(text);
        } else {
            self.body.insert_str(clean_block(text, MAX_BLOCK_BYTES));
        }
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        let outer = Self::outer(area);
        let inner = block("", true, cx).inner(outer);
        let (subject, body) = Self::fields(inner);
        let at = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::Down(_) if subject.contains(at) => self.in_subject = true,
            MouseEventKind::Down(_) if body.contains(at) => self.in_subject = false,
            MouseEventKind::ScrollDown => self.body.move_cursor(CursorMove::Down),
            MouseEventKind::ScrollUp => self.body.move_cursor(CursorMove::Up),
            _ => {}
        }
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Save, KeyAction::Back, KeyAction::NextPane]
    }

    fn unsaved(&self) -> Option<Command> {
        self.changed().then(|| self.command())
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let styles = cx.styles();
        let outer = Self::outer(area);
        clear(frame, outer);
        let heading = if self.changed() {
            "Edit the draft, not saved yet"
        } else {
            "Edit the draft"
        };
        let frame_of_editor = block(title(heading, cx), true, cx);
        let inner = frame_of_editor.inner(outer);
        frame.render_widget(frame_of_editor, outer);
        if inner.height < 5 {
            return;
        }
        let (subject, body) = Self::fields(inner);
        let to = fit(
            &self.to,
            usize::from(inner.width).saturating_sub(10),
            cx.glyphs().cut,
        );
        frame.render_widget(
            Paragraph::new(Line::from(vec![
                Span::styled(" To       ", styles.muted),
                Span::styled(to, styles.text),
            ])),
            Rect { height: 1, ..inner },
        );
        let rule = if cx.glyphs().ascii { "-" } else { "─" };
        frame.render_widget(
            Paragraph::new(Line::from(Span::styled(
                rule.repeat(usize::from(inner.width)),
                styles.border,
            ))),
            Rect {
                y: inner.y + 2,
                height: 1,
                ..inner
            },
        );
        if self.in_subject {
            let mut quiet = self.body.clone();
            quiet.set_cursor_style(Style::new());
            frame.render_widget(&quiet, body);
            self.subject.draw(frame, subject, " Subject  ", "", cx);
        } else {
            frame.render_widget(&self.body, body);
            let text = fit(
                self.subject.text(),
                usize::from(inner.width).saturating_sub(10),
                cx.glyphs().cut,
            );
            frame.render_widget(
                Paragraph::new(Line::from(vec![
                    Span::styled(" Subject  ", styles.muted),
                    Span::styled(text, styles.text.patch(Style::new().bold())),
                ])),
                subject,
            );
        }
        let key = |action| cx.keymap.key(KeyContext::Editor, action);
        frame.render_widget(
            Paragraph::new(Line::from(vec![
                Span::styled(format!(" {}", key(KeyAction::Save)), styles.key),
                Span::styled(" saves   ", styles.muted),
                Span::styled(key(KeyAction::Back), styles.key),
                Span::styled(" leaves   ", styles.muted),
                Span::styled(key(KeyAction::NextPane), styles.key),
                Span::styled(" subject or text", styles.muted),
            ])),
            Rect {
                y: inner.bottom() - 1,
                height: 1,
                ..inner
            },
        );
    }
}
