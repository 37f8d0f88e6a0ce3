//! Lines that may be longer than their pane, with a sign of how far one is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState};

use crate::tui::context::Context;

/// Draws `lines` from line `top` on inside `inner`; where they do not fit, a scrollbar stands on the frame to the right.
pub fn lines(
    frame: &mut Frame<'_>,
    inner: Rect,
    lines: Vec<Line<'static>>,
    top: usize,
    cx: &Context,
) {
    let height = usize::from(inner.height);
    let total = lines.len();
    let top = top.min(total.saturating_sub(height));
    let visible: Vec<_> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(visible).style(cx.styles().text), inner);
    bar(frame, inner, total, top, cx);
}

/// Draws a scrollbar on the frame to the right of `inner` if `total` lines do not fit.
pub fn bar(frame: &mut Frame<'_>, inner: Rect, total: usize, top: usize, cx: &Context) {
    let height = usize::from(inner.height);
    if total <= height || height == 0 {
        return;
    }
    let mut state = ScrollbarState::new(total - height + 1)
        .position(top)
        .viewport_content_length(height);
    let ascii = cx.glyphs().ascii;
    let track = Rect {
        width: inner.width + 1,
        ..inner
    };
    frame.render_stateful_widget(
        Scrollbar::new(ScrollbarOrientation::VerticalRight)
            .begin_symbol(None)
            .end_symbol(None)
            .track_symbol(Some(if ascii { "|" } else { "│" }))
            .thumb_symbol(if ascii { "#" } else { "┃" })
            .track_style(cx.styles().border)
            .thumb_style(cx.styles().border_focus),
        track.intersection(frame.area()),
        &mut state,
    );
}

/// Moves a position by `by` lines within a text of `total` lines seen `height` at a time.
#[must_use]
pub fn moved(top: usize, by: isize, total: usize, height: usize) -> usize {
    top.min(total.saturating_sub(height))
        .saturating_add_signed(by)
        .min(total.saturating_sub(height))
}
