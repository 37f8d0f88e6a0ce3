//! The log: what was decided and done, and whether the chain of it holds.

use std::sync::Arc;

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::parts::listing::{Framing, row_line};
use super::parts::{Did, Empty, Item, Pair, Reader, RowState, TextPane, Words};
use super::{Screen, ScreenId, Target};
use crate::domain::id::{ContactId, DealId, MoveId, SignalId};
use crate::engine::queries::log::{AuditCheck, AuditEntry};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Intent, Message, Part, Tone};
use crate::tui::overlays::find::Find;
use crate::tui::text::{clean, fit, pad};
use crate::tui::times;

/// The most bytes of an entry's particulars that are shown.
const MAX_DETAIL: usize = 16 * 1024;

impl Item for AuditEntry {
    /// The newest come first.
    type Key = std::cmp::Reverse<i64>;

    fn key(&self) -> Self::Key {
        std::cmp::Reverse(self.seq)
    }
}

/// The screen.
#[derive(Debug)]
pub struct Log {
    pair: Pair<AuditEntry>,
    checker: Reader,
    /// What the last check found.
    check: Option<Result<AuditCheck, String>>,
    events: Arc<[String]>,
    event: Option<String>,
    words: String,
}

impl Log {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pair: Pair::new(ScreenId::Log, 1, 58),
            checker: Reader::new(ScreenId::Log, Part::Inner),
            check: None,
            events: Arc::new([]),
            event: None,
            words: String::new(),
        }
    }

    fn read(&mut self) -> Intent {
        let look = Look::Log {
            event: self.event.clone(),
            words: self.words.clone(),
            page: self.pair.list.page(),
        };
        self.pair.list.ask(look)
    }

    fn read_anew(&mut self) -> Vec<Intent> {
        self.pair.list.turn();
        vec![self.read()]
    }

    fn verify(&mut self) -> Intent {
        self.checker.ask(Look::LogCheck)
    }

    fn after(&mut self, did: Did) -> Vec<Intent> {
        if did.more() {
            return vec![self.read()];
        }
        Vec::new()
    }

    fn next_event(&mut self) -> Vec<Intent> {
        let next = match &self.event {
            None => self.events.first(),
            Some(now) => self.events.iter().find(|event| *event > now),
        };
        self.event = next.cloned();
        self.read_anew()
    }

    fn newest(&self) -> i64 {
        self.pair.list.rows().first().map_or(0, |entry| entry.seq)
    }

    /// Says in a few words how the chain is; a sign stands before it, as colour alone says nothing to some.
    fn chain(&self, cx: &Context) -> Span<'static> {
        let (styles, glyphs) = (cx.styles(), cx.glyphs());
        if self.checker.waits() {
            return Span::styled(
                format!(" {} checking the chain ", glyphs.wait),
                styles.muted,
            );
        }
        match &self.check {
            None => Span::styled(format!(" {} chain not checked ", glyphs.wait), styles.muted),
            Some(Err(_)) => Span::styled(
                format!(" {} chain could not be checked ", glyphs.alert),
                styles.warning,
            ),
            Some(Ok(check)) => match check.broken_at {
                Some(at) => Span::styled(
                    format!(" {} CHAIN BROKEN at {at} ", glyphs.refuse),
                    styles.bad,
                ),
                // Entries that came since were not looked at.
                None if self.newest() > check.entries => Span::styled(
                    format!(" {} chain held at {} ", glyphs.pass, check.entries),
                    styles.muted,
                ),
                None => Span::styled(
                    format!(" {} chain holds, {} entries ", glyphs.pass, check.entries),
                    styles.good,
                ),
            },
        }
    }

    fn empty(&self) -> Empty {
        if let Some(error) = self.pair.list.error() {
            return Empty::failed("The log", error);
        }
        if !self.pair.list.loaded() {
            return Empty::reading();
        }
        if !self.words.is_empty() {
            return Empty::nothing_found(
                "No entry has such an event or subject; try sent, suppression or move:12.",
            );
        }
        Empty::new("Nothing was decided yet")
            .say("Every approval, every message that left, every change of a rule is written down here and chained, so that no line can be altered unseen.")
            .gap()
            .key(KeyAction::GoToday, "see what is to be decided")
            .command("caseyos audit list", "the same as text")
    }

    fn text(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let mut words = Words::new(cells, cx);
        let styles = cx.styles();
        if let Some(Ok(check)) = &self.check
            && let Some(at) = check.broken_at
        {
            words.styled(
                &format!("The chain is broken at entry {at}: {}.", check.reason),
                styles.bad,
            );
            words.text(&format!(
                "The {} entries before it hold. Whoever changed the file did it outside of CaseyOS; a backup lies in the data folder.",
                check.entries
            ));
            words.line(Line::default());
        }
        if let Some(Err(error)) = &self.check {
            words.styled(error, styles.bad);
        }
        let Some(entry) = self.pair.list.current() else {
            return words.done();
        };
        words.styled(&clean(&entry.event), styles.heading);
        words.value("when", &times::both(entry.at, cx.now, &cx.zone));
        words.value("who", &entry.actor);
        words.value("what", &entry.subject);
        words.value("place", &entry.seq.to_string());
        if target(&entry.subject).is_some() {
            let key = cx.keymap.key(ScreenId::Log.context(), KeyAction::GoMove);
            words.line(Line::from(vec![
                Span::styled(format!(" {key}"), styles.key),
                Span::styled(" shows it", styles.text),
            ]));
        }
        words.heading("Particulars");
        let text = serde_json::to_string_pretty(&entry.detail).unwrap_or_default();
        words.text(&crate::domain::text::clean_block(&text, MAX_DETAIL));
        words.done()
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns what a subject names, if a screen shows it.
fn target(subject: &str) -> Option<Target> {
    let (kind, number) = subject.split_once(':')?;
    let number: i64 = number.parse().ok()?;
    match kind {
        "move" => Some(Target::Move(MoveId(number))),
        "contact" => Some(Target::Contact(ContactId(number))),
        "deal" => Some(Target::Deal(DealId(number))),
        "signal" => Some(Target::Signal(SignalId(number))),
        _ => None,
    }
}

fn row(entry: &AuditEntry, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
    let (styles, cut) = (cx.styles(), cx.glyphs().cut);
    let room = cells.saturating_sub(2 + 7 + 18);
    let actor_cells = (room / 6).clamp(8, 16);
    let subject_cells = (room / 3).clamp(8, 26);
    let event_cells = room.saturating_sub(actor_cells + subject_cells + 2);
    let when = pad(&times::at(entry.at, cx.now, &cx.zone), 17, cut);
    let spans = vec![
        Span::styled(format!("{:>6} ", entry.seq), styles.faint),
        Span::styled(format!("{when} "), styles.muted),
        Span::styled(
            format!("{} ", pad(&clean(&entry.event), event_cells, cut)),
            styles.text,
        ),
        Span::styled(
            format!("{} ", pad(&clean(&entry.subject), subject_cells, cut)),
            styles.accent,
        ),
        Span::styled(pad(&clean(&entry.actor), actor_cells, cut), styles.muted),
    ];
    row_line(state, spans, cells, cx)
}

impl Screen for Log {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Verify => return vec![self.verify()],
            KeyAction::NextFilter => return self.next_event(),
            KeyAction::Refresh => return vec![self.read(), self.verify()],
            KeyAction::Find => {
                return vec![Intent::Open(Box::new(Find::new(
                    &self.words,
                    "events, or a subject such as move:12",
                )))];
            }
            KeyAction::GoMove => {
                let found = self.pair.list.current().and_then(|e| target(&e.subject));
                return vec![match found {
                    Some(target) => Intent::Go(target),
                    None => Intent::Say(
                        Tone::Plain,
                        "No other screen shows what this entry is about.".into(),
                    ),
                }];
            }
            KeyAction::Back if !self.pair.split.opened && !self.words.is_empty() => {
                self.words.clear();
                return self.read_anew();
            }
            _ => {}
        }
        let total = self.text(self.pair.side_cells(cx), cx).len();
        match self.pair.act(action, cx, total) {
            Some(did) => self.after(did),
            None => Vec::new(),
        }
    }

    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent> {
        self.pair.resized(message, cx);
        if matches!(message, Message::Changed) {
            return vec![self.read()];
        }
        let area = self.pair.list_area(cx);
        let mut events = None;
        if self.pair.list.take(message, area, |sight| match sight {
            Sight::Log(slice, known) => {
                events = Some(Arc::clone(known));
                Some(Arc::clone(slice))
            }
            _ => None,
        }) {
            self.events = events.unwrap_or_else(|| Arc::clone(&self.events));
        }
        match self.checker.take(message) {
            Some(Ok(Sight::LogCheck(check))) => {
                if check.broken_at.is_some() {
                    self.pair.pane.reset();
                }
                self.check = Some(Ok(check.clone()));
            }
            Some(Err(error)) => self.check = Some(Err(error.clone())),
            Some(Ok(_)) | None => {}
        }
        Vec::new()
    }

    fn shown(&mut self, _cx: &Context) -> Vec<Intent> {
        vec![self.read(), self.verify()]
    }

    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent> {
        let total = self.text(self.pair.side_cells(cx), cx).len();
        match self.pair.mouse(event, area, cx, total) {
            Some(did) => self.after(did),
            None => Vec::new(),
        }
    }

    fn filter(&mut self, words: &str, _cx: &Context) -> Vec<Intent> {
        if self.words == words {
            return Vec::new();
        }
        self.words = words.to_owned();
        self.read_anew()
    }

    fn filtered_by(&self) -> &str {
        &self.words
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[
            KeyAction::Open,
            KeyAction::Verify,
            KeyAction::NextFilter,
            KeyAction::Find,
            KeyAction::GoMove,
            KeyAction::Palette,
            KeyAction::Help,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (list, side) = self.pair.split.areas(area);
        let opened = self.pair.split.opened;
        if let Some(list) = list {
            let narrowed = match (&self.event, self.words.as_str()) {
                (Some(event), _) => format!("Log: {event}"),
                (None, "") => "Log".to_owned(),
                (None, words) => format!("Log: {words}"),
            };
            let heading = fit(&clean(&narrowed), 30, cx.glyphs().cut);
            let framing = Framing {
                heading: &heading,
                note: Some(Line::from(self.chain(cx))),
                focused: !opened,
            };
            let inner = self
                .pair
                .list
                .draw(frame, list, framing, cx, |entry, state, cells| {
                    vec![row(entry, state, cells, cx)]
                });
            if let Some(inner) = inner {
                self.empty().draw(frame, inner, cx);
            }
        }
        if let Some(side) = side {
            let (cells, _) = TextPane::room(side);
            let lines = self.text(cells, cx);
            self.pair.pane.draw(frame, side, "Entry", opened, lines, cx);
        }
    }
}
