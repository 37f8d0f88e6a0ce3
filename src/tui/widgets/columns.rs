//! A name and its text in two columns.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::text::wrap;

/// Returns a line with a name in a column before it; further lines of the text stand below the first.
#[must_use]
pub fn columns(
    name: &str,
    column: usize,
    name_style: Style,
    text: &str,
    text_style: Style,
    cells: usize,
) -> Vec<Line<'static>> {
    let room = cells.saturating_sub(column).max(8);
    let mut wrapped = wrap(text, room);
    if wrapped.is_empty() {
        wrapped.push(String::new());
    }
    wrapped
        .into_iter()
        .enumerate()
        .map(|(i, line)| {
            let before = if i == 0 { name } else { "" };
            Line::from(vec![
                Span::styled(format!("{before:<column$}"), name_style),
                Span::styled(line, text_style),
            ])
        })
        .collect()
}
