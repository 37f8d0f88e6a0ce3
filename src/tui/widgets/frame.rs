//! Frames, bars and the boxes that overlays lie in.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear};

use crate::tui::context::Context;
use crate::tui::text::{self, fit};

/// Returns the part of the screen between the line at the top and the line at the bottom.
#[must_use]
pub fn body(size: Rect) -> Rect {
    Rect {
        y: size.y + 1,
        height: size.height.saturating_sub(2),
        ..size
    }
}

/// Returns a frame with a title; `focused` says that the keys go to it.
#[must_use]
pub fn block<'a>(title: impl Into<Line<'a>>, focused: bool, cx: &Context) -> Block<'a> {
    let styles = cx.styles();
    Block::new()
        .borders(Borders::ALL)
        .border_set(cx.glyphs().border)
        .border_style(if focused {
            styles.border_focus
        } else {
            styles.border
        })
        .title(title.into())
}

/// Returns a title with a space on either side.
#[must_use]
pub fn title(text: &str, cx: &Context) -> Line<'static> {
    Line::from(Span::styled(format!(" {text} "), cx.styles().heading))
}

/// Clears a box of at most `width` by `height` cells in the middle of `area`, frames it and returns what is inside.
pub fn popup(
    frame: &mut Frame<'_>,
    area: Rect,
    width: u16,
    height: u16,
    heading: &str,
    cx: &Context,
) -> Rect {
    let outer = middle(area, width, height);
    clear(frame, outer);
    let heading = fit(
        heading,
        usize::from(outer.width.saturating_sub(4)),
        cx.glyphs().cut,
    );
    let block = block(title(&heading, cx), true, cx).style(cx.styles().text);
    let inner = block.inner(outer);
    frame.render_widget(block, outer);
    inner.intersection(area)
}

/// Empties a box. A wide character that reaches into it from the left is taken away as a whole: its half would hide the frame.
pub fn clear(frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let Some(x) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.y..area.bottom() {
        if let Some(cell) = frame.buffer_mut().cell_mut((x, y))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
}

/// Returns a box of at most `width` by `height` cells in the middle of `area`, a little above it.
#[must_use]
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) * 2 / 5,
        width,
        height,
    }
}

/// Returns a bar of `cells` cells, filled to `share` of 0..=1, in eighths of a cell where the signs allow it.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a bar is a few cells long"
)]
pub fn bar(share: f64, cells: usize, signs: &[&str]) -> String {
    let steps = signs.len().max(1);
    let total = (share.clamp(0.0, 1.0) * (cells * steps) as f64).round() as usize;
    let (full, part) = (total / steps, total % steps);
    let mut out = String::new();
    for _ in 0..full {
        out.push_str(signs.last().copied().unwrap_or("#"));
    }
    let mut drawn = full;
    if let Some(sign) = part.checked_sub(1).and_then(|i| signs.get(i)) {
        out.push_str(sign);
        drawn += 1;
    }
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(drawn)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_eighths() {
        let signs = &["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
        let check =
            |share, cells, expect: &str| assert_eq!(bar(share, cells, signs), expect, "{share}");
        check(0.0, 4, "    ");
        check(1.0, 4, "████");
        check(0.5, 4, "██  ");
        check(0.53125, 4, "██▏ ");
        check(2.0, 2, "██");
        assert_eq!(bar(0.6, 4, &["#"]), "##  ");
    }
}
