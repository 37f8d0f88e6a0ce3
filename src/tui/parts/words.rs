//! The lines that the texts beside lists are made of.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::context::Context;
use crate::tui::text::wrap;

/// Cells of the names before values.
const NAME: usize = 11;

/// Lines of a text, in the making.
#[derive(Debug)]
pub struct Words<'a> {
    lines: Vec<Line<'static>>,
    cells: usize,
    cx: &'a Context,
}

impl<'a> Words<'a> {
    /// Begins a text of so many cells.
    #[must_use]
    pub const fn new(cells: usize, cx: &'a Context) -> Self {
        Self {
            lines: Vec::new(),
            cells,
            cx,
        }
    }

    /// Returns the lines.
    #[must_use]
    pub fn done(self) -> Vec<Line<'static>> {
        self.lines
    }

    /// Adds a heading, with an empty line before it where something stands before.
    pub fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.styled(text, self.cx.styles().heading);
    }

    /// Adds a text of its own, wrapped.
    pub fn text(&mut self, text: &str) {
        self.styled(text, self.cx.styles().text);
    }

    /// Adds a text that matters less.
    pub fn muted(&mut self, text: &str) {
        self.styled(text, self.cx.styles().muted);
    }

    /// Adds a text in a style.
    pub fn styled(&mut self, text: &str, style: Style) {
        for line in wrap(text, self.cells) {
            self.lines.push(Line::from(Span::styled(line, style)));
        }
    }

    /// Adds a line as it is.
    pub fn line(&mut self, line: Line<'static>) {
        self.lines.push(line);
    }

    /// Adds a name and its value, wrapped beside it; nothing if there is no value.
    pub fn value(&mut self, name: &str, value: &str) {
        self.value_in(name, value, self.cx.styles().text);
    }

    /// Adds a name and its value in a style.
    pub fn value_in(&mut self, name: &str, value: &str, style: Style) {
        if value.trim().is_empty() {
            return;
        }
        let name_style = self.cx.styles().muted;
        for (i, line) in wrap(value, self.cells.saturating_sub(NAME + 1))
            .into_iter()
            .enumerate()
        {
            let name = if i == 0 { name } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("{name:<NAME$} "), name_style),
                Span::styled(line, style),
            ]));
        }
    }
}
