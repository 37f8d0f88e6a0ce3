//! Contacts: people as they are found by typing, and everything with the one that is selected.

mod card;

use std::sync::Arc;

use crossterm::event::{Event, MouseEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::id::ContactId;
use crate::engine::command::Command;
use crate::engine::queries::contacts::ContactCard;
use crate::engine::queries::timeline::{ContactLine, Subject};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Message};
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::find::Find;
use crate::tui::overlays::outcome::Outcome;
use crate::tui::parts::listing::{Framing, Moved, row_line};
use crate::tui::parts::{Empty, Item, Listing, RowState, Split, TextPane, Timeline};
use crate::tui::reader::Reader;
use crate::tui::screen::Screen;
use crate::tui::text::{clean, fit, pad};
use crate::tui::times;
use crate::tui::widgets::body;
use card::name;

impl Item for ContactLine {
    type Key = ContactId;

    fn key(&self) -> ContactId {
        self.id
    }
}

/// The most lines of the card.
const CARD: u16 = 14;

/// The screen.
#[derive(Debug)]
pub struct Contacts {
    words: String,
    list: Listing<ContactLine>,
    total: u64,
    card: Reader,
    person: Option<Arc<ContactCard>>,
    timeline: Timeline,
    split: Split,
}

/// The areas of the parts; none for a hidden one.
struct Areas {
    list: Option<Rect>,
    card: Option<Rect>,
    timeline: Option<Rect>,
}

impl Contacts {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub fn new() -> Self {
        Self {
            words: String::new(),
            list: Listing::new(ScreenId::Contacts, Part::List, 1),
            total: 0,
            card: Reader::new(ScreenId::Contacts, Part::Side),
            person: None,
            timeline: Timeline::new(ScreenId::Contacts),
            split: Split::new(46),
        }
    }

    fn areas(&self, area: Rect) -> Areas {
        let (list, side) = self.split.areas(area);
        let (card, timeline) = side.map_or((None, None), |side| {
            let height = CARD.min(side.height * 2 / 5);
            let card = Rect { height, ..side };
            let timeline = Rect {
                y: side.y + height,
                height: side.height - height,
                ..side
            };
            (Some(card), Some(timeline))
        });
        Areas {
            list,
            card,
            timeline,
        }
    }

    fn list_area(&self, cx: &Context) -> Rect {
        self.areas(body(cx.size)).list.unwrap_or(body(cx.size))
    }

    fn timeline_area(&self, cx: &Context) -> Rect {
        self.areas(body(cx.size)).timeline.unwrap_or(body(cx.size))
    }

    fn read(&mut self) -> Intent {
        let look = Look::Contacts {
            words: self.words.clone(),
            page: self.list.page(),
        };
        self.list.ask(look)
    }

    /// Asks for everything about the selected person, and forgets what belongs to another one.
    fn want_person(&mut self) -> Vec<Intent> {
        let id = self.list.current().map(|line| line.id);
        if self.person.as_ref().map(|p| p.item.id) != id {
            self.person = None;
            self.card.turn();
        }
        let mut intents = self.timeline.of(id.map(Subject::Contact));
        intents.extend(id.map(|id| self.card.ask(Look::Person(id))));
        intents
    }

    fn moved(&mut self, moved: Moved) -> Vec<Intent> {
        let mut intents = Vec::new();
        if moved.changed {
            intents.extend(self.want_person());
        }
        if moved.more {
            intents.push(self.read());
        }
        if moved.open {
            self.split.opened = true;
        }
        intents
    }

    /// Returns the people that an act is for: the marked ones that are known, else the selected one.
    fn targets(&self) -> Vec<&ContactLine> {
        let marks = self.list.cursor().marks();
        if marks.is_empty() {
            return self.list.current().into_iter().collect();
        }
        self.list
            .rows()
            .iter()
            .filter(|line| marks.contains(&line.id))
            .collect()
    }

    fn suppress(&self) -> Vec<Intent> {
        let targets = self.targets();
        let addresses: Vec<String> = targets
            .iter()
            .map(|line| line.email.clone())
            .filter(|email| !email.is_empty())
            .collect();
        if addresses.is_empty() {
            return vec![Intent::Say(
                Tone::Plain,
                "There is no address to put on the list.".into(),
            )];
        }
        let without = targets.len() - addresses.len();
        let whom = match addresses.as_slice() {
            [one] => clean(one),
            many => format!("{} people", many.len()),
        };
        let rest = if without > 0 {
            format!(" {without} without an address are left out.")
        } else {
            String::new()
        };
        let hidden = self
            .list
            .cursor()
            .marks()
            .len()
            .saturating_sub(targets.len());
        let hidden = if hidden > 0 {
            format!(" {hidden} marked but not in view are left out.")
        } else {
            String::new()
        };
        let text = format!(
            "Nothing is ever sent to {whom} again, whatever was approved.{rest}{hidden} It can be undone."
        );
        let all = addresses
            .into_iter()
            .map(|value| {
                Intent::run(Command::Suppress {
                    value,
                    reason: "the operator's wish, on Contacts".into(),
                })
            })
            .collect();
        vec![Intent::Open(Box::new(Confirm::new(
            "Never write to them again",
            &text,
            Intent::All(all),
        )))]
    }

    fn copy(&self) -> Vec<Intent> {
        let addresses: Vec<String> = self
            .targets()
            .iter()
            .map(|line| line.email.clone())
            .filter(|email| !email.is_empty())
            .collect();
        let said = match addresses.as_slice() {
            [] => return vec![Intent::Say(Tone::Plain, "No address is known.".into())],
            [one] => format!("{} is on the clipboard.", clean(one)),
            many => format!("{} addresses are on the clipboard.", many.len()),
        };
        vec![
            Intent::Effect(Effect::Copy(addresses.join(", "))),
            Intent::Say(Tone::Good, said),
        ]
    }

    fn outcome(&self) -> Vec<Intent> {
        let ids: Vec<ContactId> = self.targets().iter().map(|line| line.id).collect();
        let what = match (ids.as_slice(), self.list.current()) {
            ([], _) => {
                return vec![Intent::Say(Tone::Plain, "Nobody is selected.".into())];
            }
            ([_], Some(line)) => name(line),
            (many, _) => format!("{} marked people", many.len()),
        };
        vec![Intent::Open(Box::new(Outcome::of_people(ids, what)))]
    }

    fn go_move(&self) -> Vec<Intent> {
        match self.timeline.standing_move().and_then(|row| row.move_id) {
            Some(id) => vec![Intent::Go(Target::Move(id))],
            None => vec![Intent::Say(
                Tone::Plain,
                "There is no open move with them.".into(),
            )],
        }
    }

    fn back(&mut self) -> Vec<Intent> {
        if self.split.opened {
            self.split.opened = false;
        } else if !self.list.cursor().marks().is_empty() {
            self.list.cursor_mut().marks_mut().clear();
        } else if !self.words.is_empty() {
            self.words.clear();
            self.list.turn();
            return vec![self.read()];
        }
        Vec::new()
    }

    fn empty(&self) -> Empty {
        if let Some(error) = self.list.error() {
            Empty::failed("The contacts", error)
        } else if !self.list.loaded() {
            Empty::reading()
        } else if !self.words.is_empty() {
            Empty::nothing_found(&format!(
                "Nobody's name, address or company has words beginning with \"{}\".",
                clean(&self.words)
            ))
        } else {
            Empty::new("Nobody yet")
                .say("Here are the people: whoever is found by name, address or firm, with everything that ever happened between you.")
                .gap()
                .command("caseyos contacts import FILE", "an export of a CRM or an address book")
                .command("caseyos contacts add --email …", "one by hand")
                .gap()
                .key(KeyAction::Go(ScreenId::Today), "see what is to be done first")
        }
    }
}

impl Default for Contacts {
    fn default() -> Self {
        Self::new()
    }
}

fn row(line: &ContactLine, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
    let styles = cx.styles();
    let cut = cx.glyphs().cut;
    // Name, company and address share the width; when they were last in touch stands at the right.
    let room = cells.saturating_sub(2 + 7);
    let (who, firm) = (room * 2 / 5, room * 3 / 10);
    let mail = room.saturating_sub(who + firm);
    let column = |text: &str, cells: usize| format!("{} ", pad(text, cells.saturating_sub(1), cut));
    let touched = line
        .last_contact_at
        .map_or_else(String::new, |at| times::span(cx.now.duration_since(at)));
    let never = line.stage == crate::domain::contact::LifecycleStage::DoNotContact;
    let style = if never { styles.faint } else { styles.text };
    row_line(
        state,
        vec![
            Span::styled(column(&name(line), who), style),
            Span::styled(column(&clean(&line.company), firm), styles.muted),
            Span::styled(column(&clean(&line.email), mail), styles.muted),
            Span::styled(format!("{touched:>6} "), styles.faint),
        ],
        cells,
        cx,
    )
}

impl Screen for Contacts {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        if self.split.act(action) {
            return Vec::new();
        }
        if self.split.opened
            && let Some(intents) = self.timeline.act(action, self.timeline_area(cx))
        {
            return intents;
        }
        match action {
            KeyAction::Open | KeyAction::NextPane | KeyAction::PreviousPane => {
                if self.list.current().is_some() {
                    self.split.opened = !self.split.opened;
                }
                Vec::new()
            }
            KeyAction::Back => self.back(),
            KeyAction::Find => {
                self.split.opened = false;
                vec![Intent::Open(Box::new(Find::new(
                    &self.words,
                    "a name, an address or a firm",
                )))]
            }
            KeyAction::Refresh => {
                let mut intents = vec![self.read(), Intent::Effect(Effect::Sync)];
                intents.extend(self.want_person());
                intents
            }
            KeyAction::CopyAddress => self.copy(),
            KeyAction::Suppress => self.suppress(),
            KeyAction::Outcome => self.outcome(),
            KeyAction::GoMove => self.go_move(),
            other if !self.split.opened => match self.list.act(other, self.list_area(cx)) {
                Some(moved) => self.moved(moved),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        match message {
            Message::Read { .. } => {
                let area = self.list_area(cx);
                let mut total = self.total;
                let before = self.list.current().map(|line| line.id);
                let answered = self.list.take(message, area, |sight| match sight {
                    Sight::Contacts(rows, all) => {
                        total = *all;
                        Some(Arc::clone(rows))
                    }
                    _ => None,
                });
                self.total = total;
                if answered {
                    let now = self.list.current().map(|line| line.id);
                    return if now == before && self.person.is_some() {
                        Vec::new()
                    } else {
                        self.want_person()
                    };
                }
                if let Some(answer) = self.card.take(message) {
                    return match answer {
                        Ok(Sight::Person(card)) => {
                            self.person = Some(Arc::clone(card));
                            Vec::new()
                        }
                        Err(error) => vec![Intent::Say(Tone::Bad, error.clone())],
                        Ok(_) => Vec::new(),
                    };
                }
                self.timeline.receive(message, self.timeline_area(cx))
            }
            Message::Changed | Message::Synced(_) => {
                let mut intents = vec![self.read()];
                if self.list.current().is_some() {
                    intents.extend(self.want_person());
                }
                intents
            }
            Message::Input(Event::Resize(..)) => {
                self.list.resized(self.list_area(cx));
                self.timeline.resized(self.timeline_area(cx));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn reveal(&mut self, target: Target, _cx: &Context) -> Vec<Intent> {
        let Target::Contact(id) = target else {
            return Vec::new();
        };
        self.words.clear();
        self.list.seek(id);
        self.split.opened = true;
        vec![self.read()]
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        if self.split.mouse(event, area) {
            return Vec::new();
        }
        let areas = self.areas(area);
        if let Some(list) = areas.list
            && let Some(moved) = self.list.mouse(event, list, cx)
        {
            if matches!(event.kind, crossterm::event::MouseEventKind::Down(_)) {
                self.split.opened = false;
            }
            return self.moved(moved);
        }
        if let Some(timeline) = areas.timeline
            && let Some(intents) = self.timeline.mouse(event, timeline, cx)
        {
            if matches!(event.kind, crossterm::event::MouseEventKind::Down(_)) {
                self.split.opened = true;
            }
            return intents;
        }
        Vec::new()
    }

    fn started(&mut self, command: &Command, _cx: &Context) {
        if matches!(
            command,
            Command::Suppress { .. } | Command::RecordOutcome { .. }
        ) {
            self.list.cursor_mut().marks_mut().clear();
        }
    }

    fn filter(&mut self, words: &str, _cx: &Context) -> Vec<Intent> {
        if self.words == words {
            return Vec::new();
        }
        words.clone_into(&mut self.words);
        self.list.turn();
        vec![self.read()]
    }

    fn hints(&self) -> &'static [KeyAction] {
        if self.split.opened {
            return &[
                KeyAction::Back,
                KeyAction::Open,
                KeyAction::GoMove,
                KeyAction::CopyAddress,
                KeyAction::Outcome,
                KeyAction::Suppress,
                KeyAction::Help,
            ];
        }
        &[
            KeyAction::Find,
            KeyAction::Open,
            KeyAction::GoMove,
            KeyAction::CopyAddress,
            KeyAction::Outcome,
            KeyAction::Suppress,
            KeyAction::Mark,
            KeyAction::Undo,
            KeyAction::Palette,
            KeyAction::Help,
            KeyAction::Go(ScreenId::Today),
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let areas = self.areas(area);
        let styles = cx.styles();
        if let Some(list) = areas.list {
            let note = if self.words.is_empty() {
                Line::from(Span::styled(
                    format!(" {} people ", self.total),
                    styles.muted,
                ))
            } else {
                Line::from(vec![
                    Span::styled(
                        format!(" /{} ", fit(&clean(&self.words), 20, cx.glyphs().cut)),
                        styles.matched,
                    ),
                    Span::styled(format!(" {} found ", self.list.rows().len()), styles.muted),
                ])
            };
            let framing = Framing {
                heading: "Contacts",
                note: Some(note),
                focused: !self.split.opened,
            };
            let empty = self
                .list
                .draw(frame, list, framing, cx, |line, state, cells| {
                    vec![row(line, state, cells, cx)]
                });
            if let Some(inner) = empty {
                self.empty().draw(frame, inner, cx);
            }
        }
        if let Some(card) = areas.card {
            let (cells, _) = TextPane::room(card);
            let lines = card::lines(self.list.current(), self.person.as_deref(), cells, cx);
            TextPane::default().draw(frame, card, "Card", false, lines, cx);
        }
        if let Some(timeline) = areas.timeline {
            self.timeline.draw(frame, timeline, self.split.opened, cx);
        }
    }
}
