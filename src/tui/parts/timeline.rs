//! The timeline of a person or a deal, as a list that opens its entries.

use std::sync::Arc;

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::listing::{Framing, Moved, row_line};
use super::{Empty, Item, Listing, RowState};
use crate::engine::queries::timeline::{Place, Subject, TimelineItem, TimelineKind};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Message;
use crate::tui::overlays::viewer::Viewer;
use crate::tui::reader::Reader;
use crate::tui::text::clean;
use crate::tui::times;

impl Item for TimelineItem {
    type Key = Place;

    fn key(&self) -> Place {
        self.place
    }
}

/// Lines of the screen that an entry takes.
const ROW: u16 = 2;

/// The timeline of one subject at a time.
#[derive(Debug)]
pub struct Timeline {
    subject: Option<Subject>,
    list: Listing<TimelineItem>,
    entry: Reader,
}

const fn label(kind: TimelineKind) -> &'static str {
    match kind {
        TimelineKind::Pause => "pause",
        TimelineKind::Meeting => "meeting",
        TimelineKind::Outcome => "outcome",
        TimelineKind::Closed => "move closed",
        TimelineKind::MailOut => "mail to them",
        TimelineKind::Execution => "approved",
        TimelineKind::Move => "move",
        TimelineKind::MailIn => "mail from them",
        TimelineKind::Signal => "signal",
        TimelineKind::Suppression => "never write",
        TimelineKind::Deal => "deal",
        TimelineKind::Record => "record",
    }
}

impl Timeline {
    /// Makes the timeline of a screen.
    #[must_use]
    pub fn new(screen: ScreenId) -> Self {
        Self {
            subject: None,
            list: Listing::new(screen, Part::Inner, ROW),
            entry: Reader::new(screen, Part::Entry),
        }
    }

    /// Shows the timeline of `subject` from now on; none shows nothing. Returns the questions.
    pub fn of(&mut self, subject: Option<Subject>) -> Vec<Intent> {
        if self.subject != subject {
            self.subject = subject;
            self.list.clear();
            self.entry.turn();
        }
        self.read()
    }

    /// Reads it again.
    pub fn read(&mut self) -> Vec<Intent> {
        let Some(subject) = self.subject else {
            return Vec::new();
        };
        let page = self.list.page();
        vec![self.list.ask(Look::Timeline { subject, page })]
    }

    /// Takes an answer; an entry that was asked for is opened.
    pub fn receive(&mut self, message: &Message, area: Rect) -> Vec<Intent> {
        self.list.take(message, area, |sight| match sight {
            Sight::Timeline(rows) => Some(Arc::clone(rows)),
            _ => None,
        });
        match self.entry.take(message) {
            Some(Ok(Sight::Entry(entry))) => {
                vec![Intent::Open(Box::new(Viewer::of_entry(entry)))]
            }
            Some(Err(error)) => vec![Intent::Say(Tone::Bad, error.clone())],
            _ => Vec::new(),
        }
    }

    /// Returns the selected entry.
    #[must_use]
    pub fn current(&self) -> Option<&TimelineItem> {
        self.list.current()
    }

    /// Returns the newest entry that belongs to a move that stands.
    #[must_use]
    pub fn standing_move(&self) -> Option<&TimelineItem> {
        self.list.rows().iter().find(|row| {
            row.kind == TimelineKind::Move
                && matches!(
                    row.state.as_str(),
                    "open" | "snoozed" | "approved" | "executing"
                )
        })
    }

    /// Performs an action; none if it means nothing to a timeline.
    pub fn act(&mut self, action: KeyAction, area: Rect) -> Option<Vec<Intent>> {
        match action {
            KeyAction::Open => Some(self.open()),
            KeyAction::GoMove => Some(match self.current().and_then(|row| row.move_id) {
                Some(id) => vec![Intent::Go(Target::Move(id))],
                None => vec![Intent::Say(
                    Tone::Plain,
                    "This entry belongs to no move.".into(),
                )],
            }),
            KeyAction::Mark => None,
            other => {
                let moved = self.list.act(other, area)?;
                Some(self.follow(moved))
            }
        }
    }

    fn open(&mut self) -> Vec<Intent> {
        let (Some(subject), Some(place)) = (self.subject, self.current().map(|row| row.place))
        else {
            return Vec::new();
        };
        self.entry.turn();
        vec![self.entry.ask(Look::Entry { subject, place })]
    }

    fn follow(&mut self, moved: Moved) -> Vec<Intent> {
        if moved.open {
            self.open()
        } else if moved.more {
            self.read()
        } else {
            Vec::new()
        }
    }

    /// Takes a click or a turn of the wheel; none if it was not on the timeline.
    pub fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Option<Vec<Intent>> {
        let moved = self.list.mouse(event, area, cx)?;
        Some(self.follow(moved))
    }

    /// Keeps the selected entry in view after a resize.
    pub fn resized(&mut self, area: Rect) {
        self.list.resized(area);
    }

    /// Draws the timeline.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, focused: bool, cx: &Context) {
        let framing = Framing {
            heading: "Timeline",
            note: None,
            focused,
        };
        let empty = self
            .list
            .draw(frame, area, framing, cx, |item, state, cells| {
                // Without the keys nothing in it is chosen.
                let state = RowState {
                    selected: state.selected && focused,
                    ..state
                };
                row(item, state, cells, cx).into()
            });
        let Some(inner) = empty else { return };
        match (self.subject, self.list.error()) {
            (Some(_), Some(error)) => {
                Empty::failed("The timeline", error).draw(frame, inner, cx);
            }
            (Some(_), None) if self.list.loaded() => {
                Empty::new("Nothing yet")
                    .say("Signals, mails, moves, meetings, outcomes and deals stand here as they come in.")
                    .draw(frame, inner, cx);
            }
            _ => {}
        }
    }
}

fn row(item: &TimelineItem, state: RowState, cells: usize, cx: &Context) -> [Line<'static>; 2] {
    let styles = cx.styles();
    let style = match item.kind {
        TimelineKind::MailIn | TimelineKind::Meeting => styles.accent,
        TimelineKind::Outcome => styles.good,
        TimelineKind::Suppression | TimelineKind::Pause => styles.warning,
        _ => styles.text,
    };
    let dot = cx.glyphs().dot;
    let mut first = vec![
        Span::styled(format!("{:<15}", label(item.kind)), style),
        Span::styled(clean(&item.title), styles.text.patch(Style::new().bold())),
    ];
    if let Some(id) = item.move_id {
        first.push(Span::styled(format!("  #{id}"), styles.faint));
    }
    let mut second = vec![Span::styled(
        format!("{:<15}", times::away(item.at, cx.now)),
        styles.faint,
    )];
    second.push(Span::styled(
        times::at(item.at, cx.now, &cx.zone),
        styles.muted,
    ));
    for part in [&item.state, &item.detail] {
        if !part.is_empty() {
            second.push(Span::styled(
                format!(" {dot} {}", clean(part)),
                styles.muted,
            ));
        }
    }
    [
        row_line(state, first, cells, cx),
        row_line(
            RowState {
                marked: false,
                ..state
            },
            second,
            cells,
            cx,
        ),
    ]
}
