//! The undo list, newest first.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::picker::draw_waiting;
use crate::engine::command::Command;
use crate::engine::queries::undo::UndoItem;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::looks::Answer;
use crate::tui::message::{Effect, Message};
use crate::tui::text::{clean, fit, width};
use crate::tui::times;
use crate::tui::widgets::frame::{middle, popup};
use crate::tui::widgets::scroll;

const WIDTH: u16 = 90;
/// Lines of an entry: the change, and the promise of its undo.
const ROW: u16 = 2;

/// The undo list.
#[derive(Debug)]
pub struct UndoList {
    items: Option<Answer<Vec<UndoItem>>>,
    selected: usize,
    top: usize,
}

impl UndoList {
    /// Awaits the list.
    #[must_use]
    pub fn new() -> Self {
        Self {
            items: None,
            selected: 0,
            top: 0,
        }
    }

    fn items(&self) -> &[UndoItem] {
        match &self.items {
            Some(Ok(items)) => items,
            _ => &[],
        }
    }

    fn outer(&self, area: Rect) -> Rect {
        let rows = u16::try_from(self.items().len()).unwrap_or(u16::MAX);
        let wanted = rows.saturating_mul(ROW).saturating_add(2);
        middle(
            area,
            WIDTH,
            wanted.min(area.height.saturating_sub(4)).max(6),
        )
    }

    fn rows_in_view(&self, area: Rect) -> usize {
        usize::from((self.outer(area).height.saturating_sub(2) / ROW).max(1))
    }

    fn step(&mut self, by: isize, area: Rect) {
        let last = self.items().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
        let rows = self.rows_in_view(area);
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top + rows {
            self.top = self.selected + 1 - rows;
        }
    }

    fn confirm(&self) -> Vec<Intent> {
        match self.items().get(self.selected) {
            None => vec![Intent::Close],
            Some(item) if item.undone_at.is_some() => vec![Intent::Say(
                Tone::Plain,
                "That was taken back already.".into(),
            )],
            Some(item) => vec![
                Intent::Close,
                Intent::run(Command::Undo { id: Some(item.id) }),
            ],
        }
    }
}

impl Default for UndoList {
    fn default() -> Self {
        Self::new()
    }
}

impl Overlay for UndoList {
    fn context(&self) -> KeyContext {
        KeyContext::List
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        let page = isize::try_from(self.rows_in_view(cx.size)).unwrap_or(1);
        match action {
            KeyAction::Confirm => return self.confirm(),
            KeyAction::Back => return vec![Intent::Close],
            KeyAction::Down => self.step(1, cx.size),
            KeyAction::Up => self.step(-1, cx.size),
            KeyAction::PageDown => self.step(page, cx.size),
            KeyAction::PageUp => self.step(-page, cx.size),
            KeyAction::Top => self.step(isize::MIN, cx.size),
            KeyAction::Bottom => self.step(isize::MAX, cx.size),
            _ => {}
        }
        Vec::new()
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        match message {
            Message::UndoListed(answer) => {
                // The entry that the cursor stands on stays under it.
                let kept = self.items().get(self.selected).map(|item| item.id);
                self.items = Some(answer.clone());
                if let Some(index) = self.items().iter().position(|item| Some(item.id) == kept) {
                    self.selected = index;
                }
                self.step(0, cx.size);
                Vec::new()
            }
            Message::Changed => vec![Intent::Effect(Effect::UndoList)],
            _ => Vec::new(),
        }
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, _cx: &Context) -> Vec<Intent> {
        match event.kind {
            MouseEventKind::ScrollDown => self.step(1, area),
            MouseEventKind::ScrollUp => self.step(-1, area),
            MouseEventKind::Down(MouseButton::Left) => {
                let outer = self.outer(area);
                if !outer.contains(Position::new(event.column, event.row)) {
                    return vec![Intent::Close];
                }
                if let Some(line) = event.row.checked_sub(outer.y + 1) {
                    let index = self.top + usize::from(line / ROW);
                    if index < self.items().len() {
                        self.selected = index;
                    }
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back, KeyAction::Down]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (styles, glyphs) = (cx.styles(), cx.glyphs());
        let heading = "Undo: Enter takes the selected change back";
        let items = match &self.items {
            None => return draw_waiting(frame, area, "Undo", "Reading…", cx),
            Some(Err(error)) => {
                return draw_waiting(
                    frame,
                    area,
                    "Undo",
                    &format!("The list could not be read: {}", clean(error)),
                    cx,
                );
            }
            Some(Ok(items)) if items.is_empty() => {
                return draw_waiting(
                    frame,
                    area,
                    "Undo",
                    "Nothing was done yet that could be taken back.",
                    cx,
                );
            }
            Some(Ok(items)) => items,
        };
        let outer = self.outer(area);
        let inner = popup(frame, area, outer.width, outer.height, heading, cx);
        let cells = usize::from(inner.width);
        let mut lines = Vec::new();
        for (index, item) in items
            .iter()
            .enumerate()
            .skip(self.top)
            .take(self.rows_in_view(area))
        {
            let selected = index == self.selected;
            let back = if selected {
                styles.selected
            } else {
                Style::new()
            };
            let undone = item.undone_at.is_some();
            let age = times::away(item.at, cx.now);
            let room = cells.saturating_sub(width(&age) + 5);
            let what = fit(&clean(&item.summary), room, glyphs.cut);
            let filler = room.saturating_sub(width(&what));
            lines.push(Line::from(vec![
                Span::styled(
                    format!(" {} ", if selected { glyphs.cursor } else { " " }),
                    styles.cursor.patch(back),
                ),
                Span::styled(
                    what,
                    if undone { styles.faint } else { styles.text }.patch(back),
                ),
                Span::styled(
                    format!("{} {age} ", " ".repeat(filler)),
                    styles.muted.patch(back),
                ),
            ]));
            let promise = match item.undone_at {
                Some(at) => format!("taken back {}", times::both(at, cx.now, &cx.zone)),
                None => clean(&item.promise),
            };
            let promise = fit(&promise, cells.saturating_sub(6), glyphs.cut);
            let filler = cells.saturating_sub(width(&promise) + 5);
            lines.push(Line::from(vec![
                Span::styled(
                    format!(" {}   ", if selected { glyphs.cursor } else { " " }),
                    styles.cursor.patch(back),
                ),
                Span::styled(promise, styles.muted.patch(back)),
                Span::styled(" ".repeat(filler), back),
            ]));
        }
        frame.render_widget(Paragraph::new(lines), inner);
        scroll::bar(frame, inner, items.len() * 2, self.top * 2, cx);
    }
}
