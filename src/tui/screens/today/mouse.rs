//! The mouse on Today's Moves: click selects, double click opens, the wheel scrolls what is under it, and the border between list and
//! panes can be dragged.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::areas::ROW;
use super::{Focus, Today};
use crate::tui::context::Context;
use crate::tui::intent::Intent;

impl Today {
    pub(super) fn point(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        if self.split.mouse(event, area) {
            return Vec::new();
        }
        let at = Position::new(event.column, event.row);
        let areas = self.areas(area, cx);
        let in_list = areas.list.filter(|list| list.contains(at));
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(list) = in_list {
                    return self.click(event.row, list, cx);
                }
                if let Some(pane) = self.pane_at(at, areas.panes, cx) {
                    self.focus = pane;
                }
                Vec::new()
            }
            MouseEventKind::ScrollDown => self.wheel(1, at, in_list.is_some(), areas.panes, cx),
            MouseEventKind::ScrollUp => self.wheel(-1, at, in_list.is_some(), areas.panes, cx),
            MouseEventKind::Down(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Up(_)
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
        let index = self.cursor.top() + rows;
        if rows >= self.rows_in_view(cx) || index >= self.items.len() {
            return Vec::new();
        }
        let intents = self.select(index, cx);
        let Some(id) = self.current().map(|item| item.id) else {
            return intents;
        };
        if self.cursor.clicked(id, cx.elapsed) {
            self.split.opened = true;
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
            let (len, view) = (self.items.len(), self.rows_in_view(cx));
            if self.cursor.wheel(by, len, view) {
                self.scroll = [0; 3];
            }
            return self.select(self.cursor.selected(), cx);
        }
        if let Some(pane) = self.pane_at(at, panes, cx) {
            self.scroll_pane(pane, by * 3, cx);
        }
        Vec::new()
    }
}
