//! Pipeline: the open deals by stage in the pipeline's own order, what each stage amounts to, and what was won and lost of late.
//!
//! The stages are columns where there is room, else one list. The selected deal is kept by its number over refreshes, also when it changes
//! its stage.

mod board;
mod card;
mod layout;

use std::sync::Arc;

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::domain::id::DealId;
use crate::engine::queries::pipeline::{DealCard, DealLine, Pipeline as Deals};
use crate::engine::queries::timeline::Subject;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Message};
use crate::tui::parts::{Cursor, Empty, Timeline};
use crate::tui::reader::Reader;
use crate::tui::screen::Screen;
use crate::tui::text::clean;
use crate::tui::widgets::body;
use crate::tui::widgets::frame::{block, title};

/// A column of the board: a stage, or what was closed one way.
#[derive(Debug, Clone, Copy)]
struct Column<'a> {
    title: &'a str,
    count: u64,
    deals: &'a [DealLine],
    sums: &'a [crate::engine::queries::pipeline::Sum],
}

/// The screen.
#[derive(Debug)]
pub struct Pipeline {
    reader: Reader,
    deals: Option<Arc<Deals>>,
    won: Vec<DealLine>,
    lost: Vec<DealLine>,
    error: Option<String>,
    column: usize,
    row: usize,
    /// The first row that is seen in each column.
    tops: Vec<usize>,
    /// The first line that is seen of the list.
    top: usize,
    card: Reader,
    deal: Option<Arc<DealCard>>,
    history: Timeline,
    opened: bool,
    /// A deal that another screen named, until the deals are known.
    sought: Option<DealId>,
    clicked: Cursor<DealId>,
}

impl Pipeline {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub fn new() -> Self {
        Self {
            reader: Reader::new(ScreenId::Pipeline, Part::List),
            deals: None,
            won: Vec::new(),
            lost: Vec::new(),
            error: None,
            column: 0,
            row: 0,
            tops: Vec::new(),
            top: 0,
            card: Reader::new(ScreenId::Pipeline, Part::Side),
            deal: None,
            history: Timeline::new(ScreenId::Pipeline),
            opened: false,
            sought: None,
            clicked: Cursor::default(),
        }
    }

    fn columns(&self) -> Vec<Column<'_>> {
        let Some(deals) = &self.deals else {
            return Vec::new();
        };
        let mut columns: Vec<Column<'_>> = deals
            .stages
            .iter()
            .map(|stage| Column {
                title: &stage.title,
                count: stage.count,
                deals: &stage.deals,
                sums: &stage.sums,
            })
            .collect();
        for (title, list, sums) in [
            ("Won, 30 days", &self.won, &deals.won),
            ("Lost, 30 days", &self.lost, &deals.lost),
        ] {
            columns.push(Column {
                title,
                count: sums.iter().map(|sum| sum.count).sum(),
                deals: list,
                sums,
            });
        }
        columns
    }

    fn is_empty(&self) -> bool {
        self.columns().iter().all(|column| column.count == 0)
    }

    fn current(&self) -> Option<&DealLine> {
        let columns = self.columns();
        columns.get(self.column)?.deals.get(self.row)
    }

    fn put(&mut self, deals: &Arc<Deals>, cx: &Context) -> Vec<Intent> {
        let kept = self.sought.take().or(self.current().map(|deal| deal.id));
        let (won, lost) = deals.closed.iter().cloned().partition(|deal| deal.is_won);
        self.won = won;
        self.lost = lost;
        self.deals = Some(Arc::clone(deals));
        self.error = None;
        let place = kept.and_then(|id| {
            self.columns().iter().enumerate().find_map(|(c, column)| {
                let row = column.deals.iter().position(|deal| deal.id == id)?;
                Some((c, row))
            })
        });
        match place {
            Some((column, row)) => {
                self.column = column;
                self.row = row;
            }
            None if self.current().is_none() => self.select_some_deal(),
            None => {}
        }
        self.tops.resize(self.columns().len(), 0);
        self.keep_in_view(cx);
        if self.opened { self.want() } else { Vec::new() }
    }

    /// Selects a deal near the place where none is any more.
    fn select_some_deal(&mut self) {
        let lengths: Vec<usize> = self.columns().iter().map(|c| c.deals.len()).collect();
        let here = lengths.get(self.column).copied().unwrap_or(0);
        if here > 0 {
            self.row = self.row.min(here - 1);
            return;
        }
        self.row = 0;
        self.column = lengths.iter().position(|n| *n > 0).unwrap_or(0);
    }

    /// Steps through the rows of the column, or, where the stages stand below one another, through all of them.
    fn step(&mut self, by: isize, cx: &Context) {
        if layout::is_board(cx) {
            let len = self
                .columns()
                .get(self.column)
                .map_or(0, |column| column.deals.len());
            self.row = self
                .row
                .saturating_add_signed(by)
                .min(len.saturating_sub(1));
        } else {
            let all: Vec<(usize, usize)> = self.places();
            let here = all
                .iter()
                .position(|place| *place == (self.column, self.row))
                .unwrap_or(0);
            let to = here
                .saturating_add_signed(by)
                .min(all.len().saturating_sub(1));
            if let Some((column, row)) = all.get(to) {
                (self.column, self.row) = (*column, *row);
            }
        }
        self.keep_in_view(cx);
    }

    fn places(&self) -> Vec<(usize, usize)> {
        self.columns()
            .iter()
            .enumerate()
            .flat_map(|(c, column)| (0..column.deals.len()).map(move |row| (c, row)))
            .collect()
    }

    /// Goes to the next column with deals in it.
    fn sideways(&mut self, by: isize, cx: &Context) {
        let lengths: Vec<usize> = self.columns().iter().map(|c| c.deals.len()).collect();
        let mut to = self.column;
        loop {
            let Some(next) = to.checked_add_signed(by).filter(|n| *n < lengths.len()) else {
                return;
            };
            to = next;
            let len = lengths.get(to).copied().unwrap_or(0);
            if len > 0 {
                self.column = to;
                let top = self.tops.get(to).copied().unwrap_or(0);
                self.row = if layout::is_board(cx) {
                    // The row beside the one that was left.
                    let before = self.tops.get(self.column).copied().unwrap_or(0);
                    self.row
                        .saturating_sub(before)
                        .saturating_add(top)
                        .min(len - 1)
                } else {
                    0
                };
                self.keep_in_view(cx);
                return;
            }
        }
    }

    fn want(&mut self) -> Vec<Intent> {
        let id = self.current().map(|deal| deal.id);
        if self.deal.as_ref().map(|card| card.deal.id) != id {
            self.deal = None;
            self.card.turn();
        }
        let mut intents = self.history.of(id.map(Subject::Deal));
        intents.extend(id.map(|id| self.card.ask(Look::Deal(id))));
        intents
    }

    fn open(&mut self) -> Vec<Intent> {
        if self.current().is_none() {
            return Vec::new();
        }
        self.opened = true;
        self.want()
    }

    fn copy(&self) -> Vec<Intent> {
        match self.current().map(|deal| deal.email.clone()) {
            Some(email) if !email.is_empty() => vec![
                Intent::Say(
                    Tone::Good,
                    format!("{} is on the clipboard.", clean(&email)),
                ),
                Intent::Effect(Effect::Copy(email)),
            ],
            _ => vec![Intent::Say(Tone::Plain, "No address is known.".into())],
        }
    }

    fn go_move(&self) -> Vec<Intent> {
        let standing = self.deal.as_ref().and_then(|card| {
            card.moves
                .iter()
                .find(|mv| mv.status.is_standing())
                .map(|mv| mv.id)
        });
        match standing {
            Some(id) => vec![Intent::Go(Target::Move(id))],
            None if !self.opened => vec![Intent::Say(
                Tone::Plain,
                "Open the deal first; its moves are read with it.".into(),
            )],
            None => vec![Intent::Say(
                Tone::Plain,
                "There is no open move about this deal.".into(),
            )],
        }
    }

    fn empty(&self) -> Empty {
        if let Some(error) = &self.error {
            Empty::failed("The deals", error)
        } else if self.deals.is_none() {
            Empty::reading()
        } else {
            Empty::new("No deals yet")
                .say("Here are the deals by stage, with what each stage amounts to, and what was won and lost in the last 30 days.")
                .gap()
                .command("caseyos auth login hubspot", "let a CRM bring them")
                .command("caseyos deals add NAME --contact ADDRESS --amount N --stage S", "one by hand")
        }
    }

    fn point(&mut self, event: MouseEvent, cx: &Context) -> Vec<Intent> {
        match event.kind {
            MouseEventKind::ScrollDown => self.step(1, cx),
            MouseEventKind::ScrollUp => self.step(-1, cx),
            MouseEventKind::Down(MouseButton::Left) => {
                let Some((column, row)) = self.place_at(event.column, event.row, cx) else {
                    return Vec::new();
                };
                (self.column, self.row) = (column, row);
                self.keep_in_view(cx);
                let id = self.current().map(|deal| deal.id);
                if let Some(id) = id
                    && self.clicked.clicked(id, cx.elapsed)
                {
                    return self.open();
                }
            }
            _ => {}
        }
        Vec::new()
    }
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen for Pipeline {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        if self.opened {
            let (_, history) = layout::areas(body(cx.size));
            if action == KeyAction::GoMove
                && self.history.current().and_then(|row| row.move_id).is_none()
            {
                return self.go_move();
            }
            if let Some(intents) = self.history.act(action, history) {
                return intents;
            }
        }
        let page = isize::try_from(layout::rows(cx)).unwrap_or(1);
        match action {
            KeyAction::Back => self.opened = false,
            KeyAction::Open => return self.open(),
            KeyAction::Refresh => {
                let mut intents = vec![
                    self.reader.ask(Look::Pipeline),
                    Intent::Effect(Effect::Sync),
                ];
                if self.opened {
                    intents.extend(self.want());
                }
                return intents;
            }
            KeyAction::CopyAddress => return self.copy(),
            KeyAction::GoMove => return self.go_move(),
            _ if self.opened => {}
            KeyAction::Down => self.step(1, cx),
            KeyAction::Up => self.step(-1, cx),
            KeyAction::HalfPageDown => self.step((page / 2).max(1), cx),
            KeyAction::HalfPageUp => self.step(-(page / 2).max(1), cx),
            KeyAction::PageDown => self.step(page, cx),
            KeyAction::PageUp => self.step(-page, cx),
            KeyAction::Top => self.step(isize::MIN / 2, cx),
            KeyAction::Bottom => self.step(isize::MAX / 2, cx),
            KeyAction::Right | KeyAction::NextPane => self.sideways(1, cx),
            KeyAction::Left | KeyAction::PreviousPane => self.sideways(-1, cx),
            _ => {}
        }
        Vec::new()
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        match message {
            Message::Read { .. } => {
                match self.reader.take(message) {
                    Some(Ok(Sight::Pipeline(deals))) => return self.put(deals, cx),
                    Some(Err(error)) => {
                        self.error = Some(error.clone());
                        if self.deals.is_some() {
                            return vec![Intent::Say(
                                Tone::Bad,
                                format!("The deals could not be read again: {error}"),
                            )];
                        }
                        return Vec::new();
                    }
                    _ => {}
                }
                match self.card.take(message) {
                    Some(Ok(Sight::Deal(card))) => self.deal = Some(Arc::clone(card)),
                    Some(Err(error)) => return vec![Intent::Say(Tone::Bad, error.clone())],
                    _ => {}
                }
                let (_, history) = layout::areas(body(cx.size));
                self.history.receive(message, history)
            }
            Message::Changed | Message::Synced(_) => vec![self.reader.ask(Look::Pipeline)],
            Message::Input(Event::Resize(..)) => {
                self.keep_in_view(cx);
                let (_, history) = layout::areas(body(cx.size));
                self.history.resized(history);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn reveal(&mut self, target: Target, _cx: &Context) -> Vec<Intent> {
        let Target::Deal(id) = target else {
            return Vec::new();
        };
        self.sought = Some(id);
        self.opened = true;
        vec![self.reader.ask(Look::Pipeline)]
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        if self.opened {
            let (_, history) = layout::areas(area);
            return self.history.mouse(event, history, cx).unwrap_or_default();
        }
        self.point(event, cx)
    }

    fn hints(&self) -> &'static [KeyAction] {
        if self.opened {
            return &[
                KeyAction::Back,
                KeyAction::Open,
                KeyAction::GoMove,
                KeyAction::CopyAddress,
                KeyAction::Help,
                KeyAction::Go(ScreenId::Today),
            ];
        }
        &[
            KeyAction::Open,
            KeyAction::Left,
            KeyAction::Right,
            KeyAction::CopyAddress,
            KeyAction::Refresh,
            KeyAction::Palette,
            KeyAction::Help,
            KeyAction::Go(ScreenId::Today),
            KeyAction::Quit,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        if self.is_empty() {
            let outer = block(title("Pipeline", cx), true, cx);
            let inner = outer.inner(area);
            frame.render_widget(outer, area);
            self.empty().draw(frame, inner, cx);
        } else if self.opened {
            self.draw_deal(frame, area, cx);
        } else if layout::is_board(cx) {
            self.draw_board(frame, area, cx);
        } else {
            self.draw_list(frame, area, cx);
        }
    }
}
