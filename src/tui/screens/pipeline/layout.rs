//! The room that the board, the list and one deal have. Keys, mouse and drawing ask the same functions.

use ratatui::layout::Rect;

use crate::tui::context::Context;
use crate::tui::parts::Split;
use crate::tui::widgets::body;

/// The least width for stages as columns.
const BOARD: u16 = 120;

/// Lines of a deal on the board.
pub(super) const CARD: u16 = 2;
/// Lines of a column that are no deals: the frame and its sum.
const CHROME: u16 = 3;

/// Tells whether the stages are columns.
pub(super) fn is_board(cx: &Context) -> bool {
    cx.size.width >= BOARD
}

/// Returns how many deals are seen at once, one below the other.
pub(super) fn rows(cx: &Context) -> usize {
    let area = body(cx.size);
    usize::from(if is_board(cx) {
        area.height.saturating_sub(CHROME) / CARD
    } else {
        area.height.saturating_sub(2)
    })
    .max(1)
}

/// Returns the areas of the deal and its history.
pub(super) fn areas(area: Rect) -> (Rect, Rect) {
    if Split::narrow(area) {
        let height = (area.height * 2 / 5).min(14);
        return (
            Rect { height, ..area },
            Rect {
                y: area.y + height,
                height: area.height - height,
                ..area
            },
        );
    }
    let width = area.width * 2 / 5;
    (
        Rect { width, ..area },
        Rect {
            x: area.x + width,
            width: area.width - width,
            ..area
        },
    )
}
