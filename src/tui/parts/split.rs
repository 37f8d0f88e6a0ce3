//! The list at the left and what is selected at the right; where there is no room for both, one of them.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::tui::action::KeyAction;

/// The least width for two panes.
pub const TWO_PANES: u16 = 100;

/// The step of the border by a key, in hundredths.
const STEP: i32 = 4;

/// The border between the list and its side.
#[derive(Debug, Clone)]
pub struct Split {
    /// The list's share of the width, in hundredths.
    share: u16,
    dragging: bool,
    /// True once the side was opened: it has the keys, and where there is room for one pane it is the one that is seen.
    pub opened: bool,
}

impl Split {
    /// Makes a split with the list's share of the width, in hundredths.
    #[must_use]
    pub const fn new(share: u16) -> Self {
        Self {
            share,
            dragging: false,
            opened: false,
        }
    }

    /// Tells whether there is room for one pane only.
    #[must_use]
    pub const fn narrow(area: Rect) -> bool {
        area.width < TWO_PANES
    }

    /// Returns the areas of list and side; none for a hidden one.
    #[must_use]
    pub fn areas(&self, area: Rect) -> (Option<Rect>, Option<Rect>) {
        if Self::narrow(area) {
            return if self.opened {
                (None, Some(area))
            } else {
                (Some(area), None)
            };
        }
        let left = u16::try_from(u32::from(area.width) * u32::from(self.share) / 100)
            .unwrap_or(area.width / 2);
        let list = Rect {
            width: left,
            ..area
        };
        let side = Rect {
            x: area.x + left,
            width: area.width - left,
            ..area
        };
        (Some(list), Some(side))
    }

    /// Performs an action on the border; tells whether it means anything.
    pub fn act(&mut self, action: KeyAction) -> bool {
        match action {
            KeyAction::Widen => self.set(i32::from(self.share) + STEP),
            KeyAction::Narrow => self.set(i32::from(self.share) - STEP),
            _ => return false,
        }
        true
    }

    fn set(&mut self, to: i32) {
        self.share = u16::try_from(to.clamp(25, 70)).unwrap_or(48);
    }

    /// Takes a press, a drag or a release on the border; tells whether it was one.
    pub fn mouse(&mut self, event: MouseEvent, area: Rect) -> bool {
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                // The frames of list and side stand next to each other; either is the handle.
                if let (Some(list), Some(_)) = self.areas(area)
                    && (event.column == list.right() || event.column + 1 == list.right())
                {
                    self.dragging = true;
                }
                self.dragging
            }
            MouseEventKind::Drag(MouseButton::Left) if self.dragging => {
                let at = i32::from(event.column.saturating_sub(area.x));
                self.set(at * 100 / i32::from(area.width.max(1)) + 1);
                true
            }
            MouseEventKind::Up(_) => std::mem::take(&mut self.dragging),
            _ => false,
        }
    }
}
