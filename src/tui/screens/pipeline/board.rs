//! The stages as columns, or below one another where it is narrow.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::{CARD, is_board, rows};
use super::{Column, Pipeline};
use crate::engine::queries::pipeline::{DealLine, sums_in_words};
use crate::tui::context::Context;
use crate::tui::parts::RowState;
use crate::tui::parts::listing::row_line;
use crate::tui::text::{clean, fit, pad, width};
use crate::tui::times;
use crate::tui::widgets::frame::{block, title};
use crate::tui::widgets::{body, scroll};

/// The least width of a column.
const LEAST: u16 = 24;

/// A line of the list: a stage's heading, or the deal at a place.
enum ListLine<'a> {
    Stage(Column<'a>),
    Deal(usize, usize, &'a DealLine),
}

impl Pipeline {
    fn lines(&self) -> Vec<ListLine<'_>> {
        let mut lines = Vec::new();
        for (c, column) in self.columns().into_iter().enumerate() {
            if column.count == 0 {
                continue;
            }
            lines.push(ListLine::Stage(column));
            lines.extend(
                column
                    .deals
                    .iter()
                    .enumerate()
                    .map(|(row, deal)| ListLine::Deal(c, row, deal)),
            );
        }
        lines
    }

    fn line_of_current(&self) -> usize {
        self.lines()
            .iter()
            .position(|line| {
                matches!(line, ListLine::Deal(c, row, _) if (*c, *row) == (self.column, self.row))
            })
            .unwrap_or(0)
    }

    /// Brings the selected deal into view.
    pub(super) fn keep_in_view(&mut self, cx: &Context) {
        let view = rows(cx);
        let row = self.row;
        if let Some(top) = self.tops.get_mut(self.column) {
            *top = (*top).min(row).max((row + 1).saturating_sub(view));
        }
        let line = self.line_of_current();
        // The heading above the first deal of a stage comes into view with it.
        let above = if row == 0 {
            line.saturating_sub(1)
        } else {
            line
        };
        self.top = self.top.min(above).max((line + 1).saturating_sub(view));
    }

    /// Returns the first column that is seen, how many are, and how wide each is.
    fn columns_in_view(&self, area: Rect) -> (usize, usize, u16) {
        let all = self.columns().len().max(1);
        let fits = usize::from((area.width / LEAST).max(1)).min(all);
        let first = (self.column + 1).saturating_sub(fits).min(all - fits);
        let each = area.width / u16::try_from(fits).unwrap_or(1).max(1);
        (first, fits, each)
    }

    /// Returns the deal that is drawn at a cell of the screen.
    pub(super) fn place_at(&self, x: u16, y: u16, cx: &Context) -> Option<(usize, usize)> {
        let area = body(cx.size);
        if is_board(cx) {
            let (first, fits, each) = self.columns_in_view(area);
            let nth = usize::from(x.checked_sub(area.x)? / each.max(1)).min(fits - 1);
            let column = first + nth;
            let line = y.checked_sub(area.y + 2)?;
            let row = self.tops.get(column).copied().unwrap_or(0) + usize::from(line / CARD);
            let deals = self.columns().get(column)?.deals.len();
            return (row < deals).then_some((column, row));
        }
        let line = usize::from(y.checked_sub(area.y + 1)?);
        match self.lines().get(self.top + line) {
            Some(ListLine::Deal(column, row, _)) => Some((*column, *row)),
            _ => None,
        }
    }

    pub(super) fn draw_board(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let styles = cx.styles();
        let columns = self.columns();
        let (first, fits, each) = self.columns_in_view(area);
        for (nth, (c, column)) in columns
            .iter()
            .enumerate()
            .skip(first)
            .take(fits)
            .enumerate()
        {
            let x = area.x + each * u16::try_from(nth).unwrap_or(0);
            let width = if nth + 1 == fits {
                area.right().saturating_sub(x)
            } else {
                each
            };
            let rect = Rect { x, width, ..area };
            let here = c == self.column;
            let cells = usize::from(width.saturating_sub(2));
            let hidden = (nth == 0 && first > 0) || (nth + 1 == fits && c + 1 < columns.len());
            let heading = fit(
                &format!(
                    "{} {}{}",
                    clean(column.title),
                    column.count,
                    if hidden { cx.glyphs().cut } else { "" }
                ),
                cells.saturating_sub(2),
                cx.glyphs().cut,
            );
            let outer = block(title(&heading, cx), here, cx);
            let inner = outer.inner(rect);
            frame.render_widget(outer, rect);
            let sums = sums_in_words(column.sums);
            let mut lines = vec![Line::from(Span::styled(
                pad(&format!("  {sums}"), cells, cx.glyphs().cut),
                styles.accent,
            ))];
            let top = self.tops.get(c).copied().unwrap_or(0);
            let view = rows(cx);
            for (row, deal) in column.deals.iter().enumerate().skip(top).take(view) {
                let state = RowState {
                    selected: here && row == self.row,
                    marked: false,
                };
                lines.extend(card(deal, state, cells, cx));
            }
            frame.render_widget(Paragraph::new(lines), inner);
            let below = Rect {
                y: inner.y + 1,
                height: inner.height.saturating_sub(1),
                ..inner
            };
            scroll::bar(
                frame,
                below,
                column.deals.len() * usize::from(CARD),
                top * usize::from(CARD),
                cx,
            );
        }
    }

    pub(super) fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let styles = cx.styles();
        let open = self.deals.as_ref().map_or(0, |deals| deals.open);
        let outer = block(title(&format!("Pipeline {open} open"), cx), true, cx);
        let inner = outer.inner(area);
        frame.render_widget(outer, area);
        let cells = usize::from(inner.width);
        let all = self.lines();
        let lines: Vec<Line<'static>> = all
            .iter()
            .skip(self.top)
            .take(usize::from(inner.height))
            .map(|line| match line {
                ListLine::Stage(column) => Line::from(vec![
                    Span::styled(
                        format!(" {} {}", clean(column.title), column.count),
                        styles.heading,
                    ),
                    Span::styled(format!("  {}", sums_in_words(column.sums)), styles.accent),
                ]),
                ListLine::Deal(column, row, deal) => {
                    let state = RowState {
                        selected: (*column, *row) == (self.column, self.row),
                        marked: false,
                    };
                    let room = cells.saturating_sub(2 + 9 + 7);
                    let who = room / 3;
                    row_line(
                        state,
                        vec![
                            Span::styled(
                                pad(
                                    &format!("{} ", clean(&deal.name)),
                                    room - who,
                                    cx.glyphs().cut,
                                ),
                                styles.text,
                            ),
                            Span::styled(
                                pad(&format!("{} ", clean(&deal.contact)), who, cx.glyphs().cut),
                                styles.muted,
                            ),
                            Span::styled(format!("{:>8} ", deal.short_amount()), styles.text),
                            Span::styled(format!("{:>6} ", age(deal, cx)), styles.faint),
                        ],
                        cells,
                        cx,
                    )
                }
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), inner);
        scroll::bar(frame, inner, all.len(), self.top, cx);
    }
}

fn age(deal: &DealLine, cx: &Context) -> String {
    times::span(cx.now.duration_since(deal.changed_at))
}

fn card(deal: &DealLine, state: RowState, cells: usize, cx: &Context) -> [Line<'static>; 2] {
    let styles = cx.styles();
    let cut = cx.glyphs().cut;
    let amount = deal.short_amount();
    let room = cells.saturating_sub(2);
    let name = room.saturating_sub(width(&amount) + 2);
    let second = if deal.contact.is_empty() {
        clean(&deal.company)
    } else {
        clean(&deal.contact)
    };
    let since = age(deal, cx);
    let who = room.saturating_sub(width(&since) + 2);
    [
        row_line(
            state,
            vec![
                Span::styled(
                    pad(&clean(&deal.name), name, cut),
                    styles.text.patch(Style::new().bold()),
                ),
                Span::styled(format!(" {amount} "), styles.text),
            ],
            cells,
            cx,
        ),
        row_line(
            state,
            vec![
                Span::styled(pad(&second, who, cut), styles.muted),
                Span::styled(format!(" {since} "), styles.faint),
            ],
            cells,
            cx,
        ),
    ]
}
