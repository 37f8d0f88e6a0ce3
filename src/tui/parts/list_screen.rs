//! The screen that is a list with a text about its selected line. Reading, keys, mouse and frames are the same for all of them; each adds
//! its own rows, texts and keys.

use std::sync::Arc;

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::listing::Framing;
use super::{Did, Empty, Item, Listing, Pair, RowState, TextPane, Words};
use crate::engine::queries::page::{Page, Slice};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{ScreenId, Target};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Message};
use crate::tui::overlays::find::Find;
use crate::tui::screen::Screen;

/// The key that finds a row again.
type Key<T> = <<T as Listed>::Row as Item>::Key;

/// The meaning of an action on one such screen.
#[derive(Debug)]
pub enum Meaning {
    /// The meaning that the action has on all of them.
    Common,
    /// These wishes.
    Own(Vec<Intent>),
    /// The list is another one from now on and is read from its beginning.
    Anew,
}

/// One screen's own part: its rows, texts and keys.
pub trait Listed: std::fmt::Debug + Default {
    /// A row of the list.
    type Row: Item;

    /// The screen.
    const SCREEN: ScreenId;
    /// The list's share of the width, in hundredths.
    const SHARE: u16;
    /// The subject of "… could not be read".
    const ROWS: &'static str;
    /// The hint in the field of words that narrow the list; none for a list without it.
    const FINDS: Option<&'static str> = None;
    /// The actions that the footer names, the most wanted first.
    const HINTS: &'static [KeyAction];

    /// Makes the question for a page of the list, narrowed by `words`.
    fn look(&self, words: &str, page: Page<Key<Self>>) -> Look;

    /// Takes the rows out of an answer, with whatever else came with them.
    fn rows(&mut self, sight: &Sight) -> Option<Arc<Slice<Self::Row>>>;

    /// Tells whether a message makes the list out of date.
    fn outdates(&self, message: &Message) -> bool {
        matches!(message, Message::Changed | Message::Synced(_))
    }

    /// Returns the meaning of an action here.
    fn act(&mut self, action: KeyAction, pair: &Pair<Self::Row>, cx: &Context) -> Meaning;

    /// Returns the wishes that go with the list when the screen is shown.
    fn shown(&mut self) -> Vec<Intent> {
        Vec::new()
    }

    /// Returns the wishes that go with the list when the operator asks for a newer one.
    fn refresh(&mut self) -> Vec<Intent> {
        vec![Intent::Effect(Effect::Sync)]
    }

    /// Notes that another line or another list is selected.
    fn turned(&mut self) {}

    /// Asks for the selected line in full, for a list that knows it in part.
    fn look_closer(&mut self, row: Option<&Self::Row>) -> Vec<Intent> {
        let _ = row;
        Vec::new()
    }

    /// Takes an answer that is not the list's.
    fn receive(&mut self, message: &Message, pane: &mut TextPane) {
        let _ = (message, pane);
    }

    /// Takes something that another screen named, to be shown in the text; tells whether the screen can show it.
    fn reveal(&mut self, target: Target) -> bool {
        let _ = target;
        false
    }

    /// Returns the list's heading.
    fn heading(&self, words: &str, cx: &Context) -> String;

    /// Returns the note on the frame of the list, which is `width` cells wide.
    fn note(
        &self,
        list: &Listing<Self::Row>,
        words: &str,
        width: u16,
        cx: &Context,
    ) -> Option<Line<'static>> {
        let _ = (list, words, width, cx);
        None
    }

    /// Returns the words that stand in for rows; `loaded` says that the list was read.
    fn empty(&self, words: &str, loaded: bool) -> Empty;

    /// Draws a row within so many cells.
    fn row(&self, row: &Self::Row, state: RowState, cells: usize, cx: &Context) -> Line<'static>;

    /// Returns the heading of the text.
    fn side_heading(&self, row: Option<&Self::Row>) -> String;

    /// Writes the text about the selected line.
    fn describe(&self, row: Option<&Self::Row>, text: &mut Words<'_>, cx: &Context);
}

/// A list with a text about its selected line.
#[derive(Debug)]
pub struct ListScreen<T: Listed> {
    own: T,
    pair: Pair<T::Row>,
    words: String,
}

impl<T: Listed> Default for ListScreen<T> {
    fn default() -> Self {
        Self {
            own: T::default(),
            pair: Pair::new(T::SCREEN, 1, T::SHARE),
            words: String::new(),
        }
    }
}

impl<T: Listed> ListScreen<T> {
    fn read(&mut self) -> Intent {
        let look = self.own.look(&self.words, self.pair.list.page());
        self.pair.list.ask(look)
    }

    fn read_anew(&mut self) -> Vec<Intent> {
        self.pair.list.turn();
        self.own.turned();
        vec![self.read()]
    }

    fn text(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let mut text = Words::new(cells, cx);
        self.own.describe(self.pair.list.current(), &mut text, cx);
        text.done()
    }

    /// Counts the lines of the text.
    fn total(&self, cx: &Context) -> usize {
        self.text(self.pair.side_cells(cx), cx).len()
    }

    fn after(&mut self, did: Option<Did>) -> Vec<Intent> {
        let mut intents = Vec::new();
        if did.is_some_and(Did::changed) {
            self.own.turned();
            intents.extend(self.own.look_closer(self.pair.list.current()));
        }
        if did.is_some_and(Did::more) {
            intents.push(self.read());
        }
        intents
    }

    fn empty(&self) -> Empty {
        match self.pair.list.error() {
            Some(error) => Empty::failed(T::ROWS, error),
            None => self.own.empty(&self.words, self.pair.list.loaded()),
        }
    }
}

impl<T: Listed> Screen for ListScreen<T> {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match self.own.act(action, &self.pair, cx) {
            Meaning::Common => {}
            Meaning::Own(intents) => return intents,
            Meaning::Anew => return self.read_anew(),
        }
        match (action, T::FINDS) {
            (KeyAction::Refresh, _) => {
                let mut intents = vec![self.read()];
                intents.extend(self.own.refresh());
                return intents;
            }
            (KeyAction::Find, Some(hint)) => {
                return vec![Intent::Open(Box::new(Find::new(&self.words, hint)))];
            }
            (KeyAction::Back, _) if !self.pair.split.opened && !self.words.is_empty() => {
                self.words.clear();
                return self.read_anew();
            }
            _ => {}
        }
        let total = self.total(cx);
        let did = self.pair.act(action, cx, total);
        self.after(did)
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        self.pair.resized(message, cx);
        if self.own.outdates(message) {
            return vec![self.read()];
        }
        let area = self.pair.list_area(cx);
        let own = &mut self.own;
        if self.pair.list.take(message, area, |sight| own.rows(sight)) {
            return self.own.look_closer(self.pair.list.current());
        }
        self.own.receive(message, &mut self.pair.pane);
        Vec::new()
    }

    fn shown(&mut self, _cx: &Context) -> Vec<Intent> {
        let mut intents = vec![self.read()];
        intents.extend(self.own.shown());
        intents
    }

    fn reveal(&mut self, target: Target, _cx: &Context) -> Vec<Intent> {
        if !self.own.reveal(target) {
            return Vec::new();
        }
        self.pair.split.opened = true;
        self.pair.pane.reset();
        self.own.look_closer(self.pair.list.current())
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        let total = self.total(cx);
        let did = self.pair.mouse(event, area, cx, total);
        self.after(did)
    }

    fn filter(&mut self, words: &str, _cx: &Context) -> Vec<Intent> {
        if self.words == words {
            return Vec::new();
        }
        words.clone_into(&mut self.words);
        self.read_anew()
    }

    fn hints(&self) -> &'static [KeyAction] {
        T::HINTS
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (list, side) = self.pair.split.areas(area);
        let opened = self.pair.split.opened;
        if let Some(area) = list {
            let list = &self.pair.list;
            let framing = Framing {
                heading: &self.own.heading(&self.words, cx),
                note: self.own.note(list, &self.words, area.width, cx),
                focused: !opened,
            };
            let inner = list.draw(frame, area, framing, cx, |row, state, cells| {
                vec![self.own.row(row, state, cells, cx)]
            });
            if let Some(inner) = inner {
                self.empty().draw(frame, inner, cx);
            }
        }
        if let Some(side) = side {
            let (cells, _) = TextPane::room(side);
            let heading = self.own.side_heading(self.pair.list.current());
            let lines = self.text(cells, cx);
            self.pair
                .pane
                .draw(frame, side, &heading, opened, lines, cx);
        }
    }
}
