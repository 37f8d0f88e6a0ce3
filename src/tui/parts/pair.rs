//! A list with a text about its selected line beside it: what keys and the mouse mean to the two together.

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::listing::Moved;
use super::{Item, Listing, Split, TextPane};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId};
use crate::tui::message::Message;
use crate::tui::widgets::body;

/// The effect of a key or the mouse on the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Another line is selected, or the window's end is near.
    Moved(Moved),
    /// Something else that is dealt with.
    Handled,
}

impl Did {
    /// Tells whether another line is selected.
    #[must_use]
    pub const fn changed(self) -> bool {
        matches!(self, Self::Moved(Moved { changed: true, .. }))
    }

    /// Tells whether the list is to be read again.
    #[must_use]
    pub const fn more(self) -> bool {
        matches!(self, Self::Moved(Moved { more: true, .. }))
    }
}

/// A list and the text beside it.
#[derive(Debug)]
pub struct Pair<T: Item> {
    /// The list.
    pub list: Listing<T>,
    /// The border between them.
    pub split: Split,
    /// The scroll position of the text.
    pub pane: TextPane,
}

impl<T: Item> Pair<T> {
    /// Makes the two, before anything is read; `share` is the list's, in hundredths.
    #[must_use]
    pub fn new(screen: ScreenId, row_height: u16, share: u16) -> Self {
        Self {
            list: Listing::new(screen, Part::List, row_height),
            split: Split::new(share),
            pane: TextPane::default(),
        }
    }

    /// Returns the area of the list, shown or not.
    #[must_use]
    pub fn list_area(&self, cx: &Context) -> Rect {
        let area = body(cx.size);
        self.split.areas(area).0.unwrap_or(area)
    }

    /// Returns the area of the text, shown or not.
    #[must_use]
    pub fn side_area(&self, cx: &Context) -> Rect {
        let area = body(cx.size);
        self.split.areas(area).1.unwrap_or(area)
    }

    /// Returns how many cells a line of the text has.
    #[must_use]
    pub fn side_cells(&self, cx: &Context) -> usize {
        TextPane::room(self.side_area(cx)).0
    }

    /// Keeps the place in view after a resize.
    pub fn resized(&mut self, message: &Message, cx: &Context) {
        if matches!(message, Message::Input(Event::Resize(..))) {
            let area = self.list_area(cx);
            self.list.resized(area);
        }
    }

    /// Does what a key means to the list, or to the text where it was opened; none if it means nothing to either. `total` is how many
    /// lines the text has.
    pub fn act(&mut self, action: KeyAction, cx: &Context, total: usize) -> Option<Did> {
        if self.split.act(action) {
            return Some(Did::Handled);
        }
        match action {
            KeyAction::Open if !self.split.opened && self.list.current().is_some() => {
                self.split.opened = true;
                return Some(Did::Handled);
            }
            KeyAction::NextPane | KeyAction::PreviousPane => {
                self.split.opened = !self.split.opened && self.list.current().is_some();
                return Some(Did::Handled);
            }
            KeyAction::Back if self.split.opened => {
                self.split.opened = false;
                return Some(Did::Handled);
            }
            _ => {}
        }
        if self.split.opened {
            let (_, height) = TextPane::room(self.side_area(cx));
            return self.pane.act(action, total, height).then_some(Did::Handled);
        }
        let area = self.list_area(cx);
        let moved = self.list.act(action, area)?;
        self.follow(moved);
        Some(Did::Moved(moved))
    }

    fn follow(&mut self, moved: Moved) {
        if moved.changed {
            self.pane.reset();
        }
        if moved.open {
            self.split.opened = true;
        }
    }

    /// Takes a click, a drag or a turn of the wheel; none if it means nothing.
    pub fn mouse(
        &mut self,
        event: MouseEvent,
        area: Rect,
        cx: &Context,
        total: usize,
    ) -> Option<Did> {
        if self.split.mouse(event, area) {
            return Some(Did::Handled);
        }
        let (list, side) = self.split.areas(area);
        let at = Position::new(event.column, event.row);
        if let Some(list) = list.filter(|list| list.contains(at)) {
            let moved = self.list.mouse(event, list, cx)?;
            if matches!(event.kind, MouseEventKind::Down(_)) {
                self.split.opened = false;
            }
            self.follow(moved);
            return Some(Did::Moved(moved));
        }
        let side = side.filter(|side| side.contains(at))?;
        let (_, height) = TextPane::room(side);
        let by = match event.kind {
            MouseEventKind::ScrollDown => 3,
            MouseEventKind::ScrollUp => -3,
            MouseEventKind::Down(MouseButton::Left) => {
                self.split.opened = self.list.current().is_some();
                return Some(Did::Handled);
            }
            _ => return None,
        };
        self.pane.scroll(by, total, height);
        Some(Did::Handled)
    }
}
