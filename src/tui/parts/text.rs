//! A framed text beside a list, which scrolls.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::widgets::frame::{block, title};
use crate::tui::widgets::scroll;

/// The scroll position of a text.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextPane {
    top: usize,
}

impl TextPane {
    /// Begins at the text's beginning.
    #[must_use]
    pub const fn new() -> Self {
        Self { top: 0 }
    }

    /// Returns to the text's beginning.
    pub const fn reset(&mut self) {
        self.top = 0;
    }

    /// Scrolls by lines; `total` lines are seen `height` at a time.
    pub fn scroll(&mut self, by: isize, total: usize, height: usize) {
        self.top = scroll::moved(self.top, by, total, height);
    }

    /// Performs an action on the text; tells whether it means anything.
    pub fn act(&mut self, action: KeyAction, total: usize, height: usize) -> bool {
        let page = isize::try_from(height.max(1)).unwrap_or(1);
        let by = match action {
            KeyAction::Down => 1,
            KeyAction::Up => -1,
            KeyAction::HalfPageDown => (page / 2).max(1),
            KeyAction::HalfPageUp => -(page / 2).max(1),
            KeyAction::PageDown => page,
            KeyAction::PageUp => -page,
            KeyAction::Top => isize::MIN,
            KeyAction::Bottom => isize::MAX,
            _ => return false,
        };
        self.scroll(by, total, height);
        true
    }

    /// Returns the cells of a line and the lines of a frame of this size.
    #[must_use]
    pub fn room(area: Rect) -> (usize, usize) {
        (
            usize::from(area.width.saturating_sub(4)),
            usize::from(area.height.saturating_sub(2)),
        )
    }

    /// Draws the frame and the text; `note` stands at the frame's right.
    pub fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        heading: &str,
        focused: bool,
        lines: Vec<Line<'static>>,
        cx: &Context,
    ) {
        let outer = block(title(heading, cx), focused, cx);
        let inner = outer.inner(area);
        frame.render_widget(outer, area);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(1),
            ..inner
        };
        scroll::lines(frame, inner, lines, self.top, cx);
    }
}
