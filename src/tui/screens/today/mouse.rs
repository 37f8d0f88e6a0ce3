//! The mouse on Today's Moves: click selects, double click opens, the wheel scrolls what is under it, and the border between list and
//! panes can be dragged.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::areas::ROW;
use super::{Focus, Today};
use crate::tui::context::Context;
use crate::tui::message::Intent;

/// Two clicks within this time are one double click.
const DOUBLE: Duration = Duration::from_millis(400);

impl Today {
    pub(super) fn point(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        let at = Position::new(event.column, event.row);
        let areas = self.areas(area, cx);
        let in_list = areas.list.filter(|list| list.contains(at));
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                // The frames of list and panes stand side by side; either is the handle.
                if let (Some(list), Some(_)) = (areas.list, areas.panes)
                    && (event.column == list.right() || event.column + 1 == list.right())
                {
                    self.dragging = true;
                    return Vec::new();
                }
                if let Some(list) = in_list {
                    return self.click(event.row, list, cx);
                }
                if let Some(pane) = self.pane_at(at, areas.panes, cx) {
                    self.focus = pane;
                }
                Vec::new()
            }
            MouseEventKind::Drag(MouseButton::Left) if self.dragging => {
                let share = i32::from(event.column.saturating_sub(area.x)) * 100
                    / i32::from(area.width.max(1));
                self.set_split(share + 1)
            }
            MouseEventKind::Up(_) => {
                self.dragging = false;
                Vec::new()
            }
            MouseEventKind::ScrollDown => self.wheel(1, at, in_list.is_some(), areas.panes, cx),
            MouseEventKind::ScrollUp => self.wheel(-1, at, in_list.is_some(), areas.panes, cx),
            MouseEventKind::Down(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => Vec::new(),
        }
    }

    fn click(&mut self, row: u16, list: Rect, cx: &Context) -> Vec<Intent> {
        self.focus = Focus::List;
        let Some(line) = row.checked_sub(list.y + 1) else {
            return Vec::new();
        };
        let rows = usize::from(line / ROW);
        let index = self.top + rows;
        if rows >= self.rows_in_view(cx) || index >= self.items.len() {
            return Vec::new();
        }
        let intents = self.select(index, cx);
        let Some(id) = self.current().map(|item| item.id) else {
            return intents;
        };
        let double = self
            .clicked
            .is_some_and(|(when, which)| which == id && cx.elapsed.saturating_sub(when) < DOUBLE);
        self.clicked = (!double).then_some((cx.elapsed, id));
        if double {
            self.opened = true;
            self.focus = Focus::Draft;
        }
        intents
    }

    fn pane_at(&self, at: Position, panes: Option<Rect>, cx: &Context) -> Option<Focus> {
        let panes = panes?;
        let detail = self.current_detail()?;
        let contents = self.contents(detail, panes.width, cx);
        let lengths = [0, 1, 2].map(|i: usize| contents.get(i).map_or(0, Vec::len));
        Focus::PANES
            .into_iter()
            .zip(self.stack(panes, lengths))
            .find(|(_, rect)| rect.contains(at))
            .map(|(pane, _)| pane)
    }

    fn wheel(
        &mut self,
        by: isize,
        at: Position,
        in_list: bool,
        panes: Option<Rect>,
        cx: &Context,
    ) -> Vec<Intent> {
        if in_list {
            // The view moves; the selection is taken along only when it would leave it.
            let rows = self.rows_in_view(cx);
            let last = self.items.len().saturating_sub(rows);
            self.top = self.top.saturating_add_signed(by).min(last);
            let to = self
                .selected
                .clamp(self.top, (self.top + rows).saturating_sub(1));
            return self.select(to, cx);
        }
        if let Some(pane) = self.pane_at(at, panes, cx) {
            self.scroll_pane(pane, by * 3, cx);
        }
        Vec::new()
    }
}
