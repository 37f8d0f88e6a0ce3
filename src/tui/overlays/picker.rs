//! Choosing one of several by typing: a line to type in and the rows that fit, best first. The base of several overlays.

use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::field::Field;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::text::{fit, pad, width};
use crate::tui::widgets::frame::{block, clear, middle, popup, title};
use crate::tui::widgets::scroll;

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// The value.
    pub value: T,
    /// The label; typing matches it.
    pub label: String,
    /// The detail at the right.
    pub detail: String,
}

/// A row that matches what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit {
    row: usize,
    /// The characters of the label that matched.
    letters: Vec<u32>,
    score: u32,
}

/// A choice by typing.
#[derive(Debug)]
pub struct Picker<T> {
    /// The typed text.
    pub field: Field,
    /// The heading on the frame.
    pub heading: String,
    /// The hint in the empty line.
    pub placeholder: &'static str,
    rows: Vec<Row<T>>,
    /// True if a search elsewhere found the rows; its order is kept.
    searched: bool,
    hits: Vec<Hit>,
    selected: usize,
    top: usize,
}

/// The place of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click {
    /// Nothing.
    Nowhere,
    /// A row, which is selected now.
    Row,
    /// Beside the picker.
    Outside,
}

/// Lines of a picker that are not rows: the frame and the line to type in with a rule below it.
const CHROME: u16 = 4;
/// The most rows that are seen at once.
const MAX_ROWS: usize = 16;
const WIDTH: u16 = 76;

impl<T: Clone> Picker<T> {
    /// Makes a picker of `rows`.
    #[must_use]
    pub fn new(heading: String, placeholder: &'static str, rows: Vec<Row<T>>) -> Self {
        let mut picker = Self {
            field: Field::default(),
            heading,
            placeholder,
            rows,
            searched: false,
            hits: Vec::new(),
            selected: 0,
            top: 0,
        };
        picker.rank();
        picker
    }

    /// Replaces the rows by the results of a search elsewhere; typing no longer ranks them.
    pub fn put(&mut self, rows: Vec<Row<T>>) {
        self.rows = rows;
        self.searched = true;
        self.rank();
    }

    /// Returns the selected value; none if nothing fits.
    #[must_use]
    pub fn chosen(&self) -> Option<&T> {
        let hit = self.hits.get(self.selected)?;
        self.rows.get(hit.row).map(|row| &row.value)
    }

    /// Takes a key that means something to the choice.
    pub fn act(&mut self, action: KeyAction, cx: &Context) {
        let page = isize::try_from(self.rows_in_view(cx.size)).unwrap_or(1);
        match action {
            KeyAction::Down => self.step(1, true, cx.size),
            KeyAction::Up => self.step(-1, true, cx.size),
            KeyAction::PageDown => self.step(page, false, cx.size),
            KeyAction::PageUp => self.step(-page, false, cx.size),
            _ => {}
        }
    }

    fn step(&mut self, by: isize, around: bool, area: Rect) {
        let count = self.hits.len();
        if count == 0 {
            return;
        }
        self.selected = if around {
            (self.selected + count).saturating_add_signed(by) % count
        } else {
            self.selected.saturating_add_signed(by).min(count - 1)
        };
        let rows = self.rows_in_view(area);
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top + rows {
            self.top = self.selected + 1 - rows;
        }
    }

    /// Takes a key that is text.
    pub fn enter(&mut self, key: KeyEvent) {
        let before = self.field.text().to_owned();
        if self.field.key(key) && self.field.text() != before {
            self.rank();
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.field.insert(text);
        self.rank();
    }

    /// Takes a click or a turn of the wheel.
    pub fn mouse(&mut self, event: MouseEvent, area: Rect) -> Click {
        match event.kind {
            MouseEventKind::ScrollDown => self.step(1, false, area),
            MouseEventKind::ScrollUp => self.step(-1, false, area),
            MouseEventKind::Down(MouseButton::Left) => {
                let outer = self.outer(area);
                if !outer.contains(Position::new(event.column, event.row)) {
                    return Click::Outside;
                }
                if let Some(line) = event.row.checked_sub(outer.y + 3) {
                    let index = self.top + usize::from(line);
                    if usize::from(line) < self.rows_in_view(area) && index < self.hits.len() {
                        self.selected = index;
                        return Click::Row;
                    }
                }
            }
            _ => {}
        }
        Click::Nowhere
    }

    fn rank(&mut self) {
        self.selected = 0;
        self.top = 0;
        if self.searched {
            let all = |row| Hit {
                row,
                letters: Vec::new(),
                score: 0,
            };
            self.hits = (0..self.rows.len()).map(all).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(
            self.field.text(),
            CaseMatching::Ignore,
            Normalization::Smart,
        );
        let mut buffer = Vec::new();
        self.hits = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(row, entry)| {
                let mut letters = Vec::new();
                let score = pattern.indices(
                    Utf32Str::new(&entry.label, &mut buffer),
                    &mut matcher,
                    &mut letters,
                )?;
                Some(Hit {
                    row,
                    letters,
                    score,
                })
            })
            .collect();
        // Equal matches stay in their own order.
        self.hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    }

    fn rows_in_view(&self, area: Rect) -> usize {
        let room = usize::from(area.height.saturating_sub(CHROME + 2)).max(1);
        self.rows.len().clamp(1, MAX_ROWS).min(room)
    }

    fn outer(&self, area: Rect) -> Rect {
        let height = u16::try_from(self.rows_in_view(area)).unwrap_or(1) + CHROME;
        middle(area, WIDTH, height)
    }

    /// Draws the choice; `note` stands below the line to type in, else how many rows fit.
    pub fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        note: Option<Line<'static>>,
        cx: &Context,
    ) {
        let styles = cx.styles();
        let outer = self.outer(area);
        let inner = popup(frame, area, outer.width, outer.height, &self.heading, cx);
        if inner.height < 3 {
            return;
        }
        let line = Rect { height: 1, ..inner };
        self.field.draw(frame, line, " > ", self.placeholder, cx);
        let note = note.unwrap_or_else(|| {
            Line::from(Span::styled(
                format!("   {} of {}", self.hits.len(), self.rows.len()),
                styles.faint,
            ))
        });
        frame.render_widget(
            Paragraph::new(note),
            Rect {
                y: inner.y + 1,
                height: 1,
                ..inner
            },
        );
        let rest = Rect {
            y: inner.y + 2,
            height: inner.height - 2,
            ..inner
        };
        let cells = usize::from(rest.width);
        let lines: Vec<Line<'static>> = self
            .hits
            .iter()
            .enumerate()
            .skip(self.top)
            .take(usize::from(rest.height))
            .filter_map(|(i, hit)| {
                let row = self.rows.get(hit.row)?;
                Some(draw_row(row, hit, i == self.selected, cells, cx))
            })
            .collect();
        if lines.is_empty() {
            frame.render_widget(
                Paragraph::new(Line::from(Span::styled("   nothing fits", styles.muted))),
                rest,
            );
        } else {
            frame.render_widget(Paragraph::new(lines), rest);
        }
        scroll::bar(frame, rest, self.hits.len(), self.top, cx);
    }
}

fn draw_row<T>(
    row: &Row<T>,
    hit: &Hit,
    selected: bool,
    cells: usize,
    cx: &Context,
) -> Line<'static> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    let back = if selected {
        styles.selected
    } else {
        Style::new()
    };
    let detail = fit(&row.detail, cells / 2, glyphs.cut);
    let room = cells.saturating_sub(width(&detail) + 4);
    let label = fit(&row.label, room, glyphs.cut);
    let mut line = vec![Span::styled(
        format!(" {} ", if selected { glyphs.cursor } else { " " }),
        styles.cursor.patch(back),
    )];
    let mut used = 0;
    for (i, c) in label.chars().enumerate() {
        let matched = u32::try_from(i).is_ok_and(|i| hit.letters.contains(&i));
        let style = if matched { styles.matched } else { styles.text };
        let c = c.to_string();
        used += width(&c);
        line.push(Span::styled(c, style.patch(back)));
    }
    line.push(Span::styled(pad("", room.saturating_sub(used), ""), back));
    line.push(Span::styled(detail, styles.muted.patch(back)));
    line.push(Span::styled(" ", back));
    Line::from(line)
}

/// An overlay that is one choice from a list and no more: it says what follows from the choice, and the rest is the same for all.
pub trait Picking: std::fmt::Debug {
    /// The value.
    type Value: Clone;

    /// Returns the list.
    fn picker(&self) -> &Picker<Self::Value>;

    /// Returns the list, to move in it.
    fn picker_mut(&mut self) -> &mut Picker<Self::Value>;

    /// Returns the wishes that follow from the choice.
    fn confirm(&self) -> Vec<Intent>;

    /// Returns a line to be shown below the list.
    fn note(&self, _cx: &Context) -> Option<Line<'static>> {
        None
    }
}

impl<P: Picking> Overlay for P {
    fn context(&self) -> KeyContext {
        KeyContext::Picker
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => self.confirm(),
            KeyAction::Back => vec![Intent::Close],
            other => {
                self.picker_mut().act(other, cx);
                Vec::new()
            }
        }
    }

    fn enter(&mut self, key: KeyEvent, _cx: &Context) -> Vec<Intent> {
        self.picker_mut().enter(key);
        Vec::new()
    }

    fn paste(&mut self, text: &str, _cx: &Context) -> Vec<Intent> {
        self.picker_mut().paste(text);
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, _cx: &Context) -> Vec<Intent> {
        match self.picker_mut().mouse(event, area) {
            Click::Row => self.confirm(),
            Click::Outside => vec![Intent::Close],
            Click::Nowhere => Vec::new(),
        }
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back, KeyAction::Down]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        self.picker().draw(frame, area, self.note(cx), cx);
    }
}

/// Draws the frame of a list that is not ready yet, with a sentence in it.
pub fn draw_waiting(frame: &mut Frame<'_>, area: Rect, heading: &str, text: &str, cx: &Context) {
    let outer = middle(area, WIDTH, 5);
    clear(frame, outer);
    let block = block(title(heading, cx), true, cx);
    let inner = block.inner(outer);
    frame.render_widget(block, outer);
    frame.render_widget(
        Paragraph::new(Line::from(Span::styled(
            format!(" {text}"),
            cx.styles().muted,
        ))),
        inner,
    );
}
