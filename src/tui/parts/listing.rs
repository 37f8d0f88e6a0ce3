//! A list of any length, of which the lines around the selected one are known.
//!
//! The list is read in windows by key: whoever comes near the end of a window asks for the one around the selected line. Memory and time stay
//! the same for ten lines and for a million.

use std::fmt::Debug;
use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::{Alignment, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::cursor::Cursor;
use crate::engine::queries::page::{Anchor, Page, Slice};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Message;
use crate::tui::reader::Reader;
use crate::tui::text::fit;
use crate::tui::widgets::frame::{block, title};
use crate::tui::widgets::scroll;

/// The lines of a window.
const WINDOW: usize = 400;

/// The least lines known beyond the selected one; below, the next window is asked for.
const AHEAD: usize = 120;

/// A line of a list, with the key by which it is found again; no two lines share a key.
pub trait Item: Debug {
    /// The key, which the list's query pages by.
    type Key: Clone + Ord + Debug;

    /// Returns the key.
    fn key(&self) -> Self::Key;
}

/// The state of a row in drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowState {
    /// True for the selected row.
    pub selected: bool,
    /// True for a marked row.
    pub marked: bool,
}

/// The effect of a key or the mouse on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Another line is selected.
    pub changed: bool,
    /// The window's end is near: the list is to be read again.
    pub more: bool,
    /// The selected line is to be opened.
    pub open: bool,
}

/// The frame around a list.
#[derive(Debug)]
pub struct Framing<'a> {
    /// The heading at the left.
    pub heading: &'a str,
    /// The note at the right.
    pub note: Option<Line<'static>>,
    /// True if the keys go to the list.
    pub focused: bool,
}

/// A list of any length.
#[derive(Debug)]
pub struct Listing<T: Item> {
    window: Arc<Slice<T>>,
    cursor: Cursor<T::Key>,
    reader: Reader,
    /// Lines of the screen that a row takes.
    row_height: u16,
    loaded: bool,
    error: Option<String>,
    /// The list became another one; the place in it means nothing.
    turned: bool,
    /// The end or the beginning was asked for and is not known yet.
    edge: Option<Anchor<T::Key>>,
}

impl<T: Item> Listing<T> {
    /// Makes a list of rows of so many lines, before anything is read.
    #[must_use]
    pub fn new(screen: ScreenId, part: Part, row_height: u16) -> Self {
        Self {
            window: Arc::default(),
            cursor: Cursor::default(),
            reader: Reader::new(screen, part),
            row_height: row_height.max(1),
            loaded: false,
            error: None,
            turned: false,
            edge: None,
        }
    }

    /// Returns the rows that are known.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.window.rows
    }

    /// Tells whether an answer came.
    #[must_use]
    pub const fn loaded(&self) -> bool {
        self.loaded
    }

    /// Returns the error of the last reading.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns the selected line.
    #[must_use]
    pub fn current(&self) -> Option<&T> {
        self.window.rows.get(self.cursor.selected())
    }

    /// Returns the place and the marks.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor<T::Key> {
        &self.cursor
    }

    /// Changes the place and the marks.
    pub const fn cursor_mut(&mut self) -> &mut Cursor<T::Key> {
        &mut self.cursor
    }

    /// Notes that the list is another one from now on: other words, another filter.
    pub fn turn(&mut self) {
        self.turned = true;
        self.edge = None;
        self.reader.turn();
    }

    /// Empties the list: what it shows belongs to something else from now on.
    pub fn clear(&mut self) {
        self.turn();
        self.window = Arc::default();
        self.loaded = false;
        self.error = None;
        self.cursor = Cursor::default();
    }

    /// Looks for the item with this key, to select it next.
    pub fn seek(&mut self, key: T::Key) {
        self.turn();
        self.edge = Some(Anchor::Around(key));
    }

    /// Returns the page of the list to read next.
    #[must_use]
    pub fn page(&self) -> Page<T::Key> {
        let anchor = match (&self.edge, self.current()) {
            (Some(edge), _) => edge.clone(),
            (None, Some(current)) if !self.turned && self.window.before => {
                Anchor::Around(current.key())
            }
            // Without lines above, those near the beginning are read from there, so that what is new comes into the window.
            (None, Some(current)) if !self.turned && self.cursor.selected() + AHEAD >= WINDOW => {
                Anchor::Around(current.key())
            }
            _ => Anchor::First,
        };
        Page {
            anchor,
            limit: WINDOW,
        }
    }

    /// Asks for the list; `look` must have been made with [`Self::page`].
    pub fn ask(&mut self, look: Look) -> Intent {
        self.reader.ask(look)
    }

    /// Takes an answer over, if `message` is one to this list: `pick` finds the rows in it. Tells whether it was.
    pub fn take(
        &mut self,
        message: &Message,
        body: Rect,
        pick: impl FnOnce(&Sight) -> Option<Arc<Slice<T>>>,
    ) -> bool {
        let Some(answer) = self.reader.take(message) else {
            return false;
        };
        match answer {
            Ok(sight) => {
                if let Some(slice) = pick(sight) {
                    self.put(slice, body);
                }
            }
            Err(error) => self.error = Some(error.clone()),
        }
        true
    }

    /// Puts rows into the list; the selected line is kept.
    pub fn put(&mut self, slice: Arc<Slice<T>>, list: Rect) {
        let kept = self.current().map(Item::key);
        let was_first = kept.is_none();
        self.window = slice;
        self.loaded = true;
        self.error = None;
        let turned = std::mem::take(&mut self.turned);
        let edge = self.edge.take();
        let view = self.view(list);
        let len = self.window.rows.len();
        match edge {
            Some(Anchor::Last) => {
                self.cursor.select(len.saturating_sub(1), len, view);
                return;
            }
            Some(Anchor::First) => {
                self.cursor.select(0, len, view);
                return;
            }
            Some(Anchor::Around(sought)) => {
                let at = self.window.rows.iter().position(|row| row.key() == sought);
                self.cursor.select(at.unwrap_or(0), len, view);
                return;
            }
            None => {}
        }
        let found = kept
            .as_ref()
            .and_then(|key| self.window.rows.iter().position(|row| row.key() == *key));
        if found.is_none() && !turned && !was_first {
            // It is gone from the list. In a window around its key, what followed it stands in the middle.
            let near = if self.window.before {
                WINDOW / 2
            } else {
                self.cursor.selected()
            };
            self.cursor.select(near, len, view);
            return;
        }
        self.cursor.refreshed(found, turned, len, view);
    }

    /// Returns how many rows fit into a framed list of this size.
    #[must_use]
    pub fn view(&self, list: Rect) -> usize {
        usize::from((list.height.saturating_sub(2) / self.row_height).max(1))
    }

    fn moved(&self, changed: bool) -> Moved {
        let selected = self.cursor.selected();
        let len = self.window.rows.len();
        let near_end = self.window.after && selected + AHEAD > len;
        let near_beginning = self.window.before && selected < AHEAD;
        Moved {
            changed,
            more: changed && (near_end || near_beginning),
            open: false,
        }
    }

    /// Performs an action on the list; none if the action means nothing to a list.
    pub fn act(&mut self, action: KeyAction, list: Rect) -> Option<Moved> {
        let view = self.view(list);
        let len = self.window.rows.len();
        if action == KeyAction::Mark {
            let key = self.current()?.key();
            self.cursor.toggle(key);
            let changed = self.cursor.select(self.cursor.selected() + 1, len, view);
            return Some(self.moved(changed));
        }
        let edge = match action {
            KeyAction::Top if self.window.before => Some(Anchor::First),
            KeyAction::Bottom if self.window.after => Some(Anchor::Last),
            _ => None,
        };
        if edge.is_some() {
            self.edge = edge;
            return Some(Moved {
                changed: false,
                more: true,
                open: false,
            });
        }
        let to = self.cursor.target(action, len, view)?;
        let changed = self.cursor.select(to, len, view);
        Some(self.moved(changed))
    }

    /// Takes a click or a turn of the wheel on the framed list; none if it was neither.
    pub fn mouse(&mut self, event: MouseEvent, list: Rect, cx: &Context) -> Option<Moved> {
        if !list.contains(Position::new(event.column, event.row)) {
            return None;
        }
        let view = self.view(list);
        let len = self.window.rows.len();
        match event.kind {
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let by = if event.kind == MouseEventKind::ScrollDown {
                    1
                } else {
                    -1
                };
                let changed = self.cursor.wheel(by, len, view);
                Some(self.moved(changed))
            }
            MouseEventKind::Down(MouseButton::Left) => {
                let line = event.row.checked_sub(list.y + 1)?;
                let row = usize::from(line / self.row_height);
                let index = self.cursor.top() + row;
                if row >= view || index >= len {
                    return None;
                }
                let changed = self.cursor.select(index, len, view);
                let key = self.current()?.key();
                let open = self.cursor.clicked(key, cx.elapsed);
                Some(Moved {
                    open,
                    ..self.moved(changed)
                })
            }
            _ => None,
        }
    }

    /// Keeps the selected line in view after a resize.
    pub fn resized(&mut self, list: Rect) {
        let view = self.view(list);
        self.cursor.keep_in_view(self.window.rows.len(), view);
    }

    /// Draws the frame and the rows; `row` draws one within so many cells, as lines of exactly the row's height. Returns what is inside the
    /// frame if there are no rows, for an [`super::Empty`].
    pub fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        framing: Framing<'_>,
        cx: &Context,
        mut row: impl FnMut(&T, RowState, usize) -> Vec<Line<'static>>,
    ) -> Option<Rect> {
        let mut outer = block(title(framing.heading, cx), framing.focused, cx);
        let mut notes: Vec<Span<'static>> = Vec::new();
        if !self.cursor.marks().is_empty() {
            notes.push(Span::styled(
                format!(
                    " {} {} marked ",
                    cx.glyphs().mark,
                    self.cursor.marks().len()
                ),
                cx.styles().mark,
            ));
        }
        if let Some(note) = framing.note {
            notes.extend(note.spans);
        }
        if !notes.is_empty() {
            outer = outer.title(Line::from(notes).alignment(Alignment::Right));
        }
        let inner = outer.inner(area);
        frame.render_widget(outer, area);
        if self.window.rows.is_empty() {
            return Some(inner);
        }
        let cells = usize::from(inner.width);
        let view = self.view(area);
        let mut lines = Vec::with_capacity(view * usize::from(self.row_height));
        for (index, item) in self
            .window
            .rows
            .iter()
            .enumerate()
            .skip(self.cursor.top())
            .take(view)
        {
            let state = RowState {
                selected: index == self.cursor.selected(),
                marked: self.cursor.marks().contains(&item.key()),
            };
            lines.extend(row(item, state, cells));
        }
        frame.render_widget(Paragraph::new(lines), inner);
        let per = usize::from(self.row_height);
        scroll::bar(
            frame,
            inner,
            self.window.rows.len() * per,
            self.cursor.top() * per,
            cx,
        );
        None
    }
}

/// Returns the first cells of a row: the cursor and the mark.
#[must_use]
pub fn lead(state: RowState, cx: &Context) -> Vec<Span<'static>> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    vec![
        Span::styled(
            if state.selected { glyphs.cursor } else { " " },
            styles.cursor,
        ),
        Span::styled(if state.marked { glyphs.mark } else { " " }, styles.mark),
    ]
}

/// Returns a row as a line of exactly `cells` cells: the cursor, the mark and `spans`, cut where there is no room, with the selection's
/// colour behind all of it.
#[must_use]
pub fn row_line(
    state: RowState,
    spans: Vec<Span<'static>>,
    cells: usize,
    cx: &Context,
) -> Line<'static> {
    let back = if state.selected {
        cx.styles().selected
    } else {
        ratatui::style::Style::new()
    };
    let mut line: Vec<Span<'static>> = Vec::with_capacity(spans.len() + 3);
    let mut used = 0;
    for span in lead(state, cx).into_iter().chain(spans) {
        let room = cells.saturating_sub(used);
        if room == 0 {
            break;
        }
        let text = fit(&span.content, room, cx.glyphs().cut);
        used += crate::tui::text::width(&text);
        line.push(Span::styled(text, span.style.patch(back)));
    }
    line.push(Span::styled(" ".repeat(cells.saturating_sub(used)), back));
    Line::from(line)
}
