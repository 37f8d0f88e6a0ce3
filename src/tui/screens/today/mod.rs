//! Today's Moves: the ranked list, and beside it why, the draft and what stands before it goes.
//!
//! Position and marks are kept by the moves' ids. When the list is read again, the selected move stays on its line of the screen; when it
//! is gone, the move that takes its place in the list is selected.

mod acts;
mod areas;
mod details;
mod gate;
mod list;
mod mouse;
mod panes;
mod pending;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crossterm::event::MouseEvent;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::domain::action::ActionKind;
use crate::domain::id::MoveId;
use crate::domain::signal::Domain;
use crate::engine::command::Command;
use crate::engine::queries::news::FirstSteps;
use crate::engine::queries::show::MoveDetail;
use crate::engine::queries::today::{TodayItem, TodayList, TodayQuery};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Message};
use crate::tui::overlays::viewer::Viewer;
use crate::tui::parts::{Cursor, Split};
use crate::tui::reader::Reader;
use crate::tui::screen::Screen;
use details::Details;
use pending::Pending;

/// The number of moves read at first; more follow near the end of the list.
const FIRST_LIMIT: usize = 200;

/// The least moves known below the selected one; below, more are read.
const AHEAD: usize = 50;

/// The list is read again after this time even if nothing changed, since scores rise and snoozes end.
const REREAD_SECONDS: i64 = 30;

/// The pane that the keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    List,
    Why,
    Draft,
    Gate,
}

impl Focus {
    const PANES: [Self; 3] = [Self::Why, Self::Draft, Self::Gate];

    const fn index(self) -> usize {
        match self {
            Self::List | Self::Why => 0,
            Self::Draft => 1,
            Self::Gate => 2,
        }
    }
}

/// The moves as they were read; shared, since a long list is not copied for a frame.
#[derive(Debug, Default)]
struct Rows(Option<Arc<TodayList>>);

impl std::ops::Deref for Rows {
    type Target = [TodayItem];

    fn deref(&self) -> &[TodayItem] {
        self.0.as_ref().map_or(&[], |list| list.moves.as_slice())
    }
}

/// The screen.
#[derive(Debug)]
pub struct Today {
    query: TodayQuery,
    /// The newest request, the newest request with another query, and the newest answer.
    asked: u64,
    valid_from: u64,
    answered: u64,
    items: Rows,
    /// The words or the domain changed, so the place in the list means nothing any more.
    turned: bool,
    loaded: bool,
    read_at: Option<Timestamp>,
    error: Option<String>,
    cursor: Cursor<MoveId>,
    to_last: bool,
    /// A move that another screen named; it is looked for in the whole list, and shown by itself if it is not open any more.
    sought: Option<(u64, MoveId)>,
    pending: BTreeMap<MoveId, Pending>,
    details: Details,
    focus: Focus,
    scroll: [usize; 3],
    split: Split,
    side: Reader,
    /// Which of the first steps were taken, where there is nothing to show.
    steps: Option<FirstSteps>,
}

impl Today {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub fn new() -> Self {
        Self {
            query: TodayQuery {
                limit: FIRST_LIMIT,
                ..TodayQuery::default()
            },
            asked: 0,
            valid_from: 0,
            answered: 0,
            items: Rows::default(),
            turned: false,
            loaded: false,
            read_at: None,
            error: None,
            cursor: Cursor::default(),
            to_last: false,
            sought: None,
            pending: BTreeMap::new(),
            details: Details::default(),
            focus: Focus::List,
            scroll: [0; 3],
            split: Split::new(48),
            side: Reader::new(ScreenId::Today, Part::Side),
            steps: None,
        }
    }

    /// Returns the query that the screen starts with.
    #[must_use]
    pub fn first_query() -> TodayQuery {
        TodayQuery {
            limit: FIRST_LIMIT,
            ..TodayQuery::default()
        }
    }

    fn current(&self) -> Option<&TodayItem> {
        self.items.get(self.cursor.selected())
    }

    fn current_detail(&self) -> Option<&Arc<MoveDetail>> {
        self.details.get(self.current()?.id)
    }

    /// Asks for the list again; `anew` if an earlier answer would be for another query.
    fn read(&mut self, anew: bool) -> Intent {
        self.asked += 1;
        if anew {
            self.valid_from = self.asked;
            self.turned = true;
        }
        // As much as is needed around the place in the list, in steps, and no more: every read costs by its length.
        let needed = if anew {
            0
        } else {
            self.cursor.selected() + AHEAD
        };
        if !self.to_last {
            self.query.limit = needed.div_ceil(FIRST_LIMIT).max(1) * FIRST_LIMIT;
        }
        Intent::Effect(Effect::List {
            generation: self.asked,
            query: self.query.clone(),
        })
    }

    fn listed(&mut self, generation: u64, list: &Arc<TodayList>, cx: &Context) -> Vec<Intent> {
        if generation < self.valid_from || generation < self.answered {
            return Vec::new();
        }
        self.answered = generation;
        self.read_at = Some(list.now);
        self.error = None;
        let kept = self.current().map(|item| item.id);
        self.items = Rows(Some(Arc::clone(list)));
        self.loaded = true;
        self.pending
            .retain(|_, p| p.settles_at.is_none_or(|at| generation < at));
        // A mark on a move that left the list must not be acted on unseen.
        if !self.cursor.marks().is_empty()
            && self.query.search.is_empty()
            && self.items.len() < self.query.limit
        {
            let here: BTreeSet<MoveId> = self.items.iter().map(|item| item.id).collect();
            self.cursor.marks_mut().retain(|id| here.contains(id));
        }
        let found = kept.and_then(|id| self.items.iter().position(|item| item.id == id));
        let (len, view) = (self.items.len(), self.rows_in_view(cx));
        let turned = std::mem::take(&mut self.turned);
        if !self.cursor.refreshed(found, turned, len, view) {
            self.scroll = [0; 3];
        }
        if std::mem::take(&mut self.to_last) {
            self.cursor.select(len.saturating_sub(1), len, view);
        }
        if let Some((asked, id)) = self.sought
            && generation >= asked
        {
            self.sought = None;
            match self.items.iter().position(|item| item.id == id) {
                Some(index) => {
                    self.cursor.select(index, len, view);
                    self.split.opened = true;
                    self.focus = Focus::Draft;
                }
                None => {
                    self.keep_in_view(cx);
                    let mut intents = self.want_details();
                    intents.push(Intent::Open(Box::new(Viewer::of_move(id))));
                    intents.push(Intent::Effect(Effect::Show(vec![id])));
                    return intents;
                }
            }
        }
        let mut intents = self.want_details();
        if self.items.is_empty() && cx.status.open.all == 0 {
            intents.push(self.side.ask(Look::Steps));
        }
        intents
    }

    /// Selects a line, brings it into view and asks for what is not known of it and its neighbours.
    fn select(&mut self, index: usize, cx: &Context) -> Vec<Intent> {
        let (len, view) = (self.items.len(), self.rows_in_view(cx));
        let index = index.min(len.saturating_sub(1));
        if self.cursor.select(index, len, view) {
            self.scroll = [0; 3];
        }
        let mut intents = self.want_details();
        let near_end = index + AHEAD > self.items.len();
        if near_end && self.items.len() >= self.query.limit {
            intents.push(self.read(false));
        }
        intents
    }

    fn want_details(&mut self) -> Vec<Intent> {
        let near = [0isize, 1, -1, 2, 3]
            .iter()
            .filter_map(|by| self.cursor.selected().checked_add_signed(*by))
            .filter_map(|i| self.items.get(i))
            .map(|item| item.id);
        let ids = self.details.wanted(near);
        if ids.is_empty() {
            Vec::new()
        } else {
            vec![Intent::Effect(Effect::Show(ids))]
        }
    }

    fn keep_in_view(&mut self, cx: &Context) {
        let view = self.rows_in_view(cx);
        self.cursor.keep_in_view(self.items.len(), view);
    }

    /// Returns the moves that an action is for: the marked ones, else the selected one.
    fn targets(&self) -> Vec<MoveId> {
        let marks = self.cursor.marks();
        if marks.is_empty() {
            return self.current().map(|item| item.id).into_iter().collect();
        }
        // In the order of the list; what the filter hides comes last.
        let mut ids: Vec<MoveId> = self
            .items
            .iter()
            .map(|item| item.id)
            .filter(|id| marks.contains(id))
            .collect();
        let rest: Vec<MoveId> = marks
            .iter()
            .filter(|id| !ids.contains(id))
            .copied()
            .collect();
        ids.extend(rest);
        ids
    }

    fn set_domain(&mut self, domain: Option<Domain>) -> Vec<Intent> {
        if self.query.domain == domain {
            return Vec::new();
        }
        self.query.domain = domain;
        vec![self.read(true)]
    }

    fn settle(&mut self, command: &Command, went_well: bool) -> Vec<Intent> {
        let read = self.read(false);
        let at = self.asked;
        for id in pending::changed_by(command).0 {
            if went_well {
                if let Some(pending) = self.pending.get_mut(&id) {
                    pending.settles_at = Some(at);
                }
            } else {
                self.pending.remove(&id);
            }
        }
        self.details.make_stale();
        vec![read]
    }
}

impl Default for Today {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen for Today {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        self.perform(action, cx)
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        match message {
            Message::Listed { generation, result } => match result {
                Ok(list) => self.listed(*generation, list, cx),
                Err(error) => {
                    self.error = Some(error.clone());
                    if self.loaded {
                        vec![Intent::Say(
                            Tone::Bad,
                            format!("The list could not be read again: {error}"),
                        )]
                    } else {
                        Vec::new()
                    }
                }
            },
            Message::Read { .. } => {
                if let Some(Ok(Sight::Steps(steps))) = self.side.take(message) {
                    self.steps = Some(*steps);
                }
                Vec::new()
            }
            Message::Shown { id, result } => {
                self.details.put(*id, result.clone());
                Vec::new()
            }
            Message::Changed => {
                self.details.make_stale();
                vec![self.read(false)]
            }
            Message::Ran { command, result } => {
                let went_well = matches!(
                    result,
                    Ok(done) if !matches!(done, crate::engine::command::Done::Blocked { .. })
                );
                self.settle(command, went_well)
            }
            Message::Tick { now, .. } => {
                let old = self
                    .read_at
                    .is_some_and(|at| now.duration_since(at).as_secs() >= REREAD_SECONDS);
                if old && self.asked == self.answered {
                    self.details.make_stale();
                    return vec![self.read(false)];
                }
                Vec::new()
            }
            Message::Input(_) => {
                self.keep_in_view(cx);
                Vec::new()
            }
            Message::Synced(_) => vec![self.read(false)],
            _ => Vec::new(),
        }
    }

    fn reveal(&mut self, target: Target, cx: &Context) -> Vec<Intent> {
        let Target::Move(id) = target else {
            return Vec::new();
        };
        self.query.search.clear();
        self.query.domain = None;
        let all = usize::try_from(cx.status.open.all).unwrap_or(usize::MAX);
        let read = self.read(true);
        // Wherever in the list it stands.
        self.query.limit = all.max(FIRST_LIMIT) + AHEAD;
        self.sought = Some((self.asked, id));
        let Intent::Effect(Effect::List { generation, .. }) = read else {
            return Vec::new();
        };
        vec![Intent::Effect(Effect::List {
            generation,
            query: self.query.clone(),
        })]
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        self.point(event, area, cx)
    }

    fn started(&mut self, command: &Command, _cx: &Context) {
        let (moves, word) = pending::changed_by(command);
        for id in moves {
            self.cursor.marks_mut().remove(&id);
            self.pending.insert(
                id,
                Pending {
                    word,
                    settles_at: None,
                },
            );
        }
    }

    fn filter(&mut self, words: &str, _cx: &Context) -> Vec<Intent> {
        if self.query.search == words {
            return Vec::new();
        }
        words.clone_into(&mut self.query.search);
        vec![self.read(true)]
    }

    fn domain(&self) -> Option<Domain> {
        self.query.domain
    }

    fn hints(&self) -> &'static [KeyAction] {
        if self.items.is_empty() {
            return &[
                KeyAction::Refresh,
                KeyAction::Find,
                KeyAction::DomainAll,
                KeyAction::Undo,
                KeyAction::Palette,
                KeyAction::Help,
                KeyAction::Quit,
            ];
        }
        let is_question = |item: &TodayItem| item.action == ActionKind::ConfirmOptOut;
        if self.current().is_some_and(is_question) {
            return &[
                KeyAction::OptedOut,
                KeyAction::NotOptedOut,
                KeyAction::Snooze,
                KeyAction::Undo,
                KeyAction::Back,
                KeyAction::Palette,
                KeyAction::Help,
                KeyAction::Quit,
            ];
        }
        if self.focus != Focus::List {
            return &[
                KeyAction::Back,
                KeyAction::NextPane,
                KeyAction::Approve,
                KeyAction::DryRun,
                KeyAction::Edit,
                KeyAction::Snooze,
                KeyAction::Skip,
                KeyAction::Outcome,
                KeyAction::Help,
            ];
        }
        &[
            KeyAction::Approve,
            KeyAction::DryRun,
            KeyAction::Edit,
            KeyAction::Snooze,
            KeyAction::Skip,
            KeyAction::Outcome,
            KeyAction::Undo,
            KeyAction::Find,
            KeyAction::Palette,
            KeyAction::Help,
            KeyAction::Quit,
            KeyAction::Mark,
            KeyAction::CopyAddress,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let areas = self.areas(area, cx);
        if let Some(list) = areas.list {
            self.draw_list(frame, list, cx);
        }
        if let Some(panes) = areas.panes {
            self.draw_panes(frame, panes, cx);
        }
    }
}
