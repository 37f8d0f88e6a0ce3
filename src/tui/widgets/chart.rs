//! Numbers as pictures in a few lines of cells.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::bar;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Sparkline};

use crate::tui::context::Context;
use crate::tui::text::{fit, width};

/// Bars for a terminal that has no eighths of a cell.
const ASCII: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "#",
    five_eighths: "#",
    half: "#",
    three_eighths: "_",
    one_quarter: "_",
    one_eighth: "_",
    empty: " ",
};

/// Columns over time: a title with what is read off them, the columns, and the names of the first and the last.
#[derive(Debug)]
pub struct Columns<'a> {
    /// The title.
    pub title: &'a str,
    /// The reading in words: a picture alone tells a screen reader nothing.
    pub reading: String,
    /// The values, oldest first.
    pub values: Vec<u64>,
    /// The names of the first and the last column.
    pub ends: (String, String),
    /// The style of the columns.
    pub style: Style,
}

/// Fits values to so many cells: each takes as many as there are for it, or several share one by their greatest.
#[must_use]
pub fn stretched(values: &[u64], cells: usize) -> Vec<u64> {
    if values.is_empty() || cells == 0 {
        return Vec::new();
    }
    if values.len() <= cells {
        let n = values.len();
        return (0..cells)
            .filter_map(|cell| values.get(cell * n / cells).copied())
            .collect();
    }
    let share = values.len().div_ceil(cells);
    values
        .rchunks(share)
        .rev()
        .map(|chunk| chunk.iter().copied().max().unwrap_or(0))
        .collect()
}

impl Columns<'_> {
    /// Draws them; three lines are the least.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        if area.height < 3 || area.width < 8 {
            return;
        }
        let styles = cx.styles();
        let cells = usize::from(area.width);
        let title = fit(self.title, cells, cx.glyphs().cut);
        let room = cells.saturating_sub(width(&title) + 2);
        let head = Line::from(vec![
            Span::styled(title, styles.heading),
            Span::styled(
                format!("  {}", fit(&self.reading, room, cx.glyphs().cut)),
                styles.text,
            ),
        ]);
        frame.render_widget(Paragraph::new(head), Rect { height: 1, ..area });
        let data = stretched(&self.values, cells);
        let drawn = data.len();
        let columns = Sparkline::default()
            .data(data)
            .max(self.values.iter().copied().max().unwrap_or(0).max(1))
            .bar_set(if cx.glyphs().ascii {
                ASCII
            } else {
                bar::NINE_LEVELS
            })
            .style(self.style);
        frame.render_widget(
            columns,
            Rect {
                y: area.y + 1,
                height: area.height - 2,
                ..area
            },
        );
        let (first, last) = &self.ends;
        let gap = drawn.saturating_sub(width(first) + width(last)).max(1);
        let axis = format!("{first}{}{last}", " ".repeat(gap));
        frame.render_widget(
            Paragraph::new(Line::from(Span::styled(
                fit(&axis, cells, cx.glyphs().cut),
                styles.faint,
            ))),
            Rect {
                y: area.bottom() - 1,
                height: 1,
                ..area
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spread_or_joined_to_the_cells_there_are() {
        let check = |values: &[u64], cells, expect: &[u64]| {
            assert_eq!(stretched(values, cells), expect, "{values:?} in {cells}");
        };
        check(&[1, 2], 5, &[1, 1, 1, 2, 2]);
        check(&[1, 2, 3], 3, &[1, 2, 3]);
        check(&[1, 9, 2, 3, 4], 3, &[1, 9, 4]);
        check(&[], 3, &[]);
        check(&[1], 0, &[]);
    }
}
