//! A place in a list that is kept over refreshes, and the marks on its lines.
//!
//! The place is an item, not a number: when the list is read again, the selected item stays on its line of the screen; when it is gone, what
//! takes its place in the list is selected.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::tui::action::KeyAction;

/// Two clicks within this time are one double click.
const DOUBLE: Duration = Duration::from_millis(400);

/// A place in a list, and its marks. The list itself lies elsewhere: every question brings its length and how many rows are seen.
#[derive(Debug)]
pub struct Cursor<K> {
    selected: usize,
    top: usize,
    marks: BTreeSet<K>,
    clicked: Option<(Duration, K)>,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self {
            selected: 0,
            top: 0,
            marks: BTreeSet::new(),
            clicked: None,
        }
    }
}

impl<K: Clone + Ord> Cursor<K> {
    /// Returns the selected row.
    #[must_use]
    pub const fn selected(&self) -> usize {
        self.selected
    }

    /// Returns the first row that is seen.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Returns the marked items.
    #[must_use]
    pub const fn marks(&self) -> &BTreeSet<K> {
        &self.marks
    }

    /// Changes the marks.
    pub const fn marks_mut(&mut self) -> &mut BTreeSet<K> {
        &mut self.marks
    }

    /// Marks or unmarks an item.
    pub fn toggle(&mut self, key: K) {
        if !self.marks.remove(&key) {
            self.marks.insert(key);
        }
    }

    /// Selects a row and brings it into view; tells whether another row is selected now.
    pub fn select(&mut self, index: usize, len: usize, view: usize) -> bool {
        let before = self.selected;
        self.selected = index.min(len.saturating_sub(1));
        self.keep_in_view(len, view);
        before != self.selected
    }

    /// Brings the selected row into view.
    pub fn keep_in_view(&mut self, len: usize, view: usize) {
        let view = view.max(1);
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top + view {
            self.top = self.selected + 1 - view;
        }
        self.top = self.top.min(len.saturating_sub(view));
    }

    /// Returns the row that a key leads to; none if the key means no movement within a list.
    #[must_use]
    pub fn target(&self, action: KeyAction, len: usize, view: usize) -> Option<usize> {
        let view = view.max(1);
        Some(match action {
            KeyAction::Down => self.selected.saturating_add(1),
            KeyAction::Up => self.selected.saturating_sub(1),
            KeyAction::HalfPageDown => self.selected.saturating_add((view / 2).max(1)),
            KeyAction::HalfPageUp => self.selected.saturating_sub((view / 2).max(1)),
            KeyAction::PageDown => self.selected.saturating_add(view),
            KeyAction::PageUp => self.selected.saturating_sub(view),
            KeyAction::Top => 0,
            KeyAction::Bottom => len.saturating_sub(1),
            _ => return None,
        })
    }

    /// Moves the view by `by` rows; the selection is taken along only when it would leave it.
    pub fn wheel(&mut self, by: isize, len: usize, view: usize) -> bool {
        let view = view.max(1);
        self.top = self
            .top
            .saturating_add_signed(by)
            .min(len.saturating_sub(view));
        let to = self
            .selected
            .clamp(self.top, (self.top + view).saturating_sub(1));
        self.select(to, len, view)
    }

    /// Notes a click on an item; tells whether it was the second of a double click.
    pub fn clicked(&mut self, key: K, elapsed: Duration) -> bool {
        let double = self
            .clicked
            .as_ref()
            .is_some_and(|(when, which)| *which == key && elapsed.saturating_sub(*when) < DOUBLE);
        self.clicked = (!double).then_some((elapsed, key));
        double
    }

    /// Takes over that the list was read again: the selected item is now at `found`, or gone. `turned` says that the list is another one, so
    /// that the place in it means nothing any more. Tells whether the same item is still selected.
    pub fn refreshed(
        &mut self,
        found: Option<usize>,
        turned: bool,
        len: usize,
        view: usize,
    ) -> bool {
        let line = self.selected.saturating_sub(self.top);
        match found {
            Some(index) => {
                self.top = index.saturating_sub(line);
                self.selected = index;
            }
            None if turned => {
                self.selected = 0;
                self.top = 0;
            }
            None => self.selected = self.selected.min(len.saturating_sub(1)),
        }
        self.keep_in_view(len, view);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_item_stays_on_its_line() {
        let mut cursor: Cursor<u32> = Cursor::default();
        cursor.select(20, 100, 10);
        assert_eq!((cursor.selected(), cursor.top()), (20, 11));
        cursor.refreshed(Some(23), false, 103, 10);
        assert_eq!((cursor.selected(), cursor.top()), (23, 14));
        cursor.refreshed(None, false, 10, 10);
        assert_eq!((cursor.selected(), cursor.top()), (9, 0));
        cursor.refreshed(None, true, 10, 10);
        assert_eq!((cursor.selected(), cursor.top()), (0, 0));
    }

    #[test]
    fn the_wheel_takes_the_selection_along_at_the_edge() {
        let mut cursor: Cursor<u32> = Cursor::default();
        assert!(cursor.wheel(3, 100, 10));
        assert_eq!((cursor.selected(), cursor.top()), (3, 3));
        assert!(!cursor.wheel(-1, 100, 10));
        assert_eq!((cursor.selected(), cursor.top()), (3, 2));
    }

    #[test]
    fn two_clicks_soon_after_one_another_open() {
        let mut cursor: Cursor<u32> = Cursor::default();
        let ms = Duration::from_millis;
        assert!(!cursor.clicked(1, ms(0)));
        assert!(cursor.clicked(1, ms(100)));
        assert!(!cursor.clicked(1, ms(200)));
        assert!(!cursor.clicked(2, ms(250)));
        assert!(!cursor.clicked(2, ms(900)));
    }
}
