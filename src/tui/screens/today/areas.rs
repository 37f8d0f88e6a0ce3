//! The areas of the screen. Drawing and the mouse ask the same functions, so that a click meets what is seen.

use ratatui::layout::Rect;

use super::{Focus, Today};
use crate::tui::context::Context;
use crate::tui::widgets::body;

/// Lines of the screen that a move takes.
pub(super) const ROW: u16 = 2;

/// The areas of the parts; none for a hidden one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Areas {
    /// The list.
    pub(super) list: Option<Rect>,
    /// Everything about the selected move.
    pub(super) panes: Option<Rect>,
}

impl Today {
    pub(super) fn areas(&self, area: Rect, _cx: &Context) -> Areas {
        let (list, panes) = self.split.areas(area);
        Areas { list, panes }
    }

    /// Returns how many moves fit into the list.
    pub(super) fn rows_in_view(&self, cx: &Context) -> usize {
        let height = body(cx.size).height.saturating_sub(2);
        usize::from((height / ROW).max(1))
    }

    /// Shares the height of `area` among the three panes whose contents have these many lines. The pane that the keys go to, else the
    /// draft, gives or takes.
    pub(super) fn stack(&self, area: Rect, lines: [usize; 3]) -> [Rect; 3] {
        let height = usize::from(area.height);
        let flexible = if self.focus == Focus::List {
            Focus::Draft.index()
        } else {
            self.focus.index()
        };
        let mut heights = lines.map(|n| n + 2);
        // The others get what they need, up to a share each. Where the pane with the keys would be cut, they give way to it; a pane
        // without its first line would say nothing.
        let share = if height >= 36 {
            height * 2 / 5
        } else {
            height / 3
        };
        let wanted: usize = heights
            .iter()
            .enumerate()
            .map(|(i, h)| if i == flexible { *h } else { (*h).min(share) })
            .sum();
        let most = if self.focus != Focus::List && wanted > height {
            height / 5
        } else {
            share
        };
        let mut rest = height;
        for (i, wanted) in heights.iter_mut().enumerate() {
            if i != flexible {
                *wanted = (*wanted).min(most).max(3);
                rest = rest.saturating_sub(*wanted);
            }
        }
        let draft = Focus::Draft.index();
        for (i, given) in heights.iter_mut().enumerate() {
            if i == flexible {
                *given = if i == draft { rest } else { (*given).min(rest) };
                rest -= *given;
            }
        }
        // What the pane with the keys does not need goes to the draft.
        if let Some(given) = heights.get_mut(draft) {
            *given += rest;
        }
        let mut y = area.y;
        heights.map(|h| {
            let h = u16::try_from(h).unwrap_or(0);
            let rect = Rect {
                x: area.x,
                y,
                width: area.width,
                height: h,
            };
            y = y.saturating_add(h);
            rect.intersection(area)
        })
    }
}
