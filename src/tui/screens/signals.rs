//! Signals: the live feed, those about nobody known first, and everything about the selected one.

use std::sync::Arc;

use crossterm::event::MouseEvent;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::parts::listing::{Framing, row_line};
use super::parts::{Did, Empty, Item, Pair, Reader, RowState, TextPane, Words};
use super::{Screen, ScreenId, Target};
use crate::domain::id::SignalId;
use crate::domain::signal::Source;
use crate::engine::command::{Command, MatchTo};
use crate::engine::queries::signals::{
    SignalDetail, SignalItem, SignalOrder, SignalPlace, SignalQuery, SourceTally, kinds_named,
};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::{Effect, Intent, Message, Part, Tone};
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::find::Find;
use crate::tui::overlays::person::Person;
use crate::tui::text::{clean, fit, pad, width};
use crate::tui::times;

/// The most bytes of a payload that are shown.
const MAX_PAYLOAD: usize = 16 * 1024;

impl Item for SignalItem {
    type Key = SignalPlace;

    fn key(&self) -> SignalPlace {
        self.place()
    }
}

/// The screen.
#[derive(Debug)]
pub struct Signals {
    pair: Pair<SignalItem>,
    side: Reader,
    detail: Option<Arc<SignalDetail>>,
    side_error: Option<String>,
    sources: Arc<[SourceTally]>,
    order: SignalOrder,
    source: Option<Source>,
    words: String,
    /// What another screen named and what may not be in the list: it is shown until another line is selected.
    named: Option<SignalId>,
}

impl Signals {
    /// Makes the screen, before anything is read.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pair: Pair::new(ScreenId::Signals, 1, 52),
            side: Reader::new(ScreenId::Signals, Part::Side),
            detail: None,
            side_error: None,
            sources: Arc::new([]),
            order: SignalOrder::UnmatchedFirst,
            source: None,
            words: String::new(),
            named: None,
        }
    }

    fn read(&mut self) -> Intent {
        let text = self.words.trim();
        let is_address = text.contains('@');
        let query = SignalQuery {
            who: is_address.then(|| text.to_owned()),
            source: self.source,
            kinds: match is_address || text.is_empty() {
                true => None,
                false => Some(kinds_named(text)),
            },
            order: self.order,
            ..SignalQuery::default()
        };
        let page = self.pair.list.page();
        self.pair.list.ask(Look::Signals { query, page })
    }

    fn read_anew(&mut self) -> Vec<Intent> {
        self.pair.list.turn();
        self.named = None;
        vec![self.read()]
    }

    /// Tells whether the words name no kind, so that nothing need be read.
    fn names_nothing(&self) -> bool {
        let text = self.words.trim();
        !text.is_empty() && !text.contains('@') && kinds_named(text).is_empty()
    }

    fn wanted(&self) -> Option<SignalId> {
        self.named.or(self.pair.list.current().map(|item| item.id))
    }

    /// Asks for the selected signal in full.
    fn look_closer(&mut self) -> Vec<Intent> {
        let Some(id) = self.wanted() else {
            self.detail = None;
            return Vec::new();
        };
        self.side.turn();
        self.side_error = None;
        vec![self.side.ask(Look::Signal(id))]
    }

    fn after(&mut self, did: Did) -> Vec<Intent> {
        let mut intents = Vec::new();
        if did.changed() {
            self.named = None;
            intents.extend(self.look_closer());
        }
        if did.more() {
            intents.push(self.read());
        }
        intents
    }

    fn next_source(&mut self) -> Vec<Intent> {
        let known: Vec<Source> = Source::ALL
            .iter()
            .filter(|source| self.sources.iter().any(|t| t.source == **source))
            .copied()
            .collect();
        self.source = match self.source {
            None => known.first().copied(),
            Some(now) => known.iter().find(|source| **source > now).copied(),
        };
        self.read_anew()
    }

    /// Returns the selected signal if it is about nobody known, else says why it cannot be matched.
    fn unmatched(&self) -> Result<&SignalItem, Vec<Intent>> {
        match self.pair.list.current() {
            Some(item) if !item.matched => Ok(item),
            Some(item) => {
                let who = if item.contact.is_empty() {
                    "something known".to_owned()
                } else {
                    clean(&item.contact)
                };
                Err(vec![Intent::Say(
                    Tone::Plain,
                    format!("This signal is about {who} already."),
                )])
            }
            None => Err(vec![Intent::Say(
                Tone::Plain,
                "No signal is selected.".into(),
            )]),
        }
    }

    fn make_contact(&self) -> Vec<Intent> {
        match self.unmatched() {
            Err(intents) => intents,
            Ok(item) => {
                let name = clean(&item.called);
                if name.is_empty() && item.email.is_none() {
                    return vec![Intent::Say(
                        Tone::Warning,
                        format!(
                            "It names nobody; `caseyos signals match {} --new --name NAME` makes a contact.",
                            item.id
                        ),
                    )];
                }
                let email = item.email.clone().unwrap_or_default();
                let whom = if name.is_empty() {
                    clean(&email)
                } else {
                    name.clone()
                };
                let make = Command::MatchSignal {
                    id: item.id,
                    to: MatchTo::New {
                        name,
                        email,
                        company: String::new(),
                    },
                };
                vec![Intent::Open(Box::new(Confirm::new(
                    "Make a contact",
                    &format!(
                        "{whom} becomes a contact, and signal {} is about them from now on.",
                        item.id
                    ),
                    Intent::run(make),
                )))]
            }
        }
    }

    fn count(&self) -> (u64, u64) {
        self.sources
            .iter()
            .filter(|tally| self.source.is_none_or(|source| source == tally.source))
            .fold((0, 0), |(n, unmatched), t| {
                (n + t.n, unmatched + t.unmatched)
            })
    }

    fn note(&self, room: u16, cx: &Context) -> Line<'static> {
        let styles = cx.styles();
        let (n, unmatched) = self.count();
        let order = match self.order {
            SignalOrder::UnmatchedFirst => "unmatched first",
            SignalOrder::Newest => "newest first",
            SignalOrder::Unmatched => "unmatched only",
        };
        let source = self.source.map_or("all sources", Source::as_str);
        // The heading and the counts come first where the frame is short.
        let wide = room >= 64;
        let mut spans = Vec::new();
        if wide || self.source.is_some() {
            spans.push(format!(" {source} {}", cx.glyphs().dot));
        }
        if wide || self.order != SignalOrder::UnmatchedFirst {
            spans.push(format!(" {order} {}", cx.glyphs().dot));
        }
        let mut spans: Vec<Span<'static>> = spans
            .into_iter()
            .map(|text| Span::styled(text, styles.muted))
            .collect();
        spans.push(Span::raw(" "));
        // How many of one person there are is not kept, and not counted for a title.
        if !self.words.contains('@') {
            spans.push(Span::styled(format!("{} ", thousands(n)), styles.text));
        }
        if unmatched > 0 {
            spans.push(Span::styled(
                format!("{} {} unmatched ", cx.glyphs().alert, thousands(unmatched)),
                styles.warning,
            ));
        }
        Line::from(spans)
    }

    fn empty(&self) -> Empty {
        if let Some(error) = self.pair.list.error() {
            return Empty::failed("The signals", error);
        }
        if self.names_nothing() {
            return Empty::nothing_found(
                "No kind of signal has these words; try form, deal, reply, meeting or a person's address.",
            );
        }
        if !self.pair.list.loaded() {
            return Empty::reading();
        }
        if !self.words.is_empty() {
            return Empty::nothing_found("No signal of that kind or person is stored.");
        }
        if self.order == SignalOrder::Unmatched {
            return Empty::new("Every signal is about somebody known")
                .gap()
                .key(KeyAction::NextOrder, "show the others");
        }
        if self.source.is_some() {
            return Empty::new("Nothing from this source")
                .gap()
                .key(KeyAction::NextFilter, "show the next source");
        }
        Empty::new("No signal yet")
            .say("A form, a reply, a deal, a meeting: what comes in stands here, and what it led to.")
            .gap()
            .key(KeyAction::Refresh, "look at the sources now")
            .gap()
            .command("caseyos signals add --file FILE", "add signals")
            .command("caseyos mail add maildir PATH", "add a mailbox")
            .command("caseyos demo", "a world to try")
    }

    fn text(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let mut words = Words::new(cells, cx);
        let Some(id) = self.wanted() else {
            return Vec::new();
        };
        match &self.detail {
            Some(detail) if detail.item.id == id => describe(detail, &mut words, cx),
            _ => match &self.side_error {
                Some(error) => words.styled(error, cx.styles().bad),
                None => words.muted("Reading…"),
            },
        }
        words.done()
    }
}

impl Default for Signals {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a number with its thousands apart.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn whom(item: &SignalItem) -> String {
    match (&item.contact, &item.email) {
        (name, _) if !name.is_empty() => clean(name),
        (_, Some(email)) => clean(email),
        _ => clean(&item.called),
    }
}

fn row(item: &SignalItem, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    let (mark, mark_style) = if item.matched {
        (" ", styles.muted)
    } else {
        (glyphs.alert, styles.warning)
    };
    let when = pad(&brief(item.at, cx), 7, glyphs.cut);
    // A summary tells the kind; where there is room, the kind's own name stands before it.
    let kind_cells = if cells >= 84 { 26 } else { 0 };
    let made = match item.move_id {
        Some(id) if cells >= 64 => format!(" move {id}"),
        _ => String::new(),
    };
    let room = cells.saturating_sub(2 + 2 + 8 + kind_cells + width(&made));
    let who = match whom(item) {
        who if who.is_empty() && !item.matched => "nobody known".into(),
        who => who,
    };
    let who_cells = (room * 2 / 5).min(26);
    let summary_cells = room.saturating_sub(who_cells + 1);
    let mut spans = vec![
        Span::styled(format!("{mark} "), mark_style),
        Span::styled(format!("{when} "), styles.muted),
        Span::styled(pad(&item.kind, kind_cells, glyphs.cut), styles.accent),
        Span::styled(
            format!("{} ", pad(&who, who_cells, glyphs.cut)),
            styles.text,
        ),
        Span::styled(
            pad(&clean(&item.summary), summary_cells, glyphs.cut),
            styles.muted,
        ),
    ];
    if !made.is_empty() {
        spans.push(Span::styled(made, styles.faint));
    }
    row_line(state, spans, cells, cx)
}

/// Returns when it happened in at most seven cells: the time today, else the date.
fn brief(at: Timestamp, cx: &Context) -> String {
    let (there, here) = (
        at.to_zoned(cx.zone.clone()),
        cx.now.to_zoned(cx.zone.clone()),
    );
    if there.date() == here.date() {
        times::clock(at, &cx.zone)
    } else if there.year() == here.year() {
        there.strftime("%-d %b").to_string()
    } else {
        there.strftime("%b %Y").to_string().replacen("20", "", 1)
    }
}

fn describe(detail: &SignalDetail, words: &mut Words<'_>, cx: &Context) {
    let (styles, item) = (cx.styles(), &detail.item);
    words.styled(
        &format!("{}: {}", item.kind, clean(&item.summary)),
        styles.heading,
    );
    let when = times::both(item.at, cx.now, &cx.zone);
    words.value("happened", &when);
    if item.seen_at.duration_since(item.at).as_secs().abs() >= 60 {
        words.value("stored", &times::both(item.seen_at, cx.now, &cx.zone));
    }
    let named = match detail.external_id.as_str() {
        "" => item.source.clone(),
        id if detail.version > 0 => format!("{}, {id}, version {}", item.source, detail.version),
        id => format!("{}, {id}", item.source),
    };
    words.value("source", &named);
    words.heading("Whom it is about");
    match item.contact_id {
        Some(id) => {
            let firm = match detail.company.as_str() {
                "" => String::new(),
                firm => format!(", {firm}"),
            };
            words.value("contact", &format!("{}{firm}", clean(&item.contact)));
            words.value("address", &detail.contact_email);
            words.value("number", &id.to_string());
        }
        None if item.matched => {}
        None => {
            words.value_in("nobody", &whom(item), styles.warning);
            let key = |action| cx.keymap.key(ScreenId::Signals.context(), action);
            words.line(Line::from(vec![
                Span::styled(format!(" {}", key(KeyAction::Match)), styles.key),
                Span::styled(" says whom it is about   ", styles.text),
                Span::styled(key(KeyAction::MakeContact), styles.key),
                Span::styled(" makes a contact of it", styles.text),
            ]));
        }
    }
    words.value("deal", &detail.deal);
    words.heading("What it led to");
    for mv in &detail.moves {
        let part = if mv.leads {
            "it decides"
        } else {
            "it is evidence of"
        };
        words.text(&format!("{part} move {}: {}", mv.id, clean(&mv.title)));
        let state = match mv.close_reason.as_str() {
            "" => mv.status.to_string(),
            reason => format!("{}: {}", mv.status, clean(reason)),
        };
        words.value("status", &state);
        words.value("due", &times::at(mv.due_at, cx.now, &cx.zone));
        let plural = if mv.evidence == 1 { "" } else { "s" };
        words.value(
            "rule",
            &format!("{}, on {} signal{plural}", mv.rule, mv.evidence),
        );
    }
    if !detail.no_move.is_empty() {
        words.muted(&detail.no_move);
    }
    for outcome in &detail.outcomes {
        words.value("outcome", &format!("{outcome} ({:+})", outcome.impact()));
    }
    words.heading("What it said");
    for field in &detail.unreadable {
        words.value("not read", &field.reason);
    }
    if item.payload.is_empty() {
        words.muted("Nothing but that it happened.");
    } else {
        let text = serde_json::to_string_pretty(&item.payload).unwrap_or_default();
        let cut = crate::domain::text::clean_block(&text, MAX_PAYLOAD);
        words.text(&cut);
        if cut.len() < text.len() && text.len() > MAX_PAYLOAD {
            words.muted(&format!(
                "… {} bytes in all; `caseyos signals show {}` prints them.",
                text.len(),
                item.id
            ));
        }
    }
    words.value("sha-256", &fit(&detail.hash, 16, cx.glyphs().cut));
}

impl Screen for Signals {
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::NextFilter => return self.next_source(),
            KeyAction::NextOrder => {
                self.order = self.order.next();
                return self.read_anew();
            }
            KeyAction::Find => {
                return vec![Intent::Open(Box::new(Find::new(
                    &self.words,
                    "kinds, or an address",
                )))];
            }
            KeyAction::Match => {
                return match self.unmatched() {
                    Ok(item) => {
                        // A name on a network is nobody's name or address here.
                        let words = match whom(item) {
                            name if name.starts_with('@') => String::new(),
                            name => name,
                        };
                        Person::open(item.id, &words)
                    }
                    Err(intents) => intents,
                };
            }
            KeyAction::MakeContact => return self.make_contact(),
            KeyAction::Refresh => return vec![self.read(), Intent::Effect(Effect::Sync)],
            KeyAction::Back if !self.pair.split.opened && !self.words.is_empty() => {
                self.words.clear();
                return self.read_anew();
            }
            KeyAction::GoMove => {
                let mv = self.detail.as_ref().and_then(|d| d.moves.first());
                return vec![match mv {
                    Some(mv) if mv.status.is_standing() => Intent::Go(Target::Move(mv.id)),
                    Some(mv) => Intent::Say(
                        Tone::Plain,
                        format!("Move {} is not on the list any more: {}.", mv.id, mv.status),
                    ),
                    None => Intent::Say(Tone::Plain, "It led to no move.".into()),
                }];
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
        match message {
            Message::Changed | Message::Synced(_) => return vec![self.read()],
            _ => {}
        }
        let area = self.pair.list_area(cx);
        let mut sources = None;
        let taken = self.pair.list.take(message, area, |sight| match sight {
            Sight::Signals(slice, tallies) => {
                sources = Some(Arc::clone(tallies));
                Some(Arc::clone(slice))
            }
            _ => None,
        });
        if taken {
            if let Some(sources) = sources {
                self.sources = sources;
            }
            return self.look_closer();
        }
        match self.side.take(message) {
            Some(Ok(Sight::Signal(detail))) => self.detail = Some(Arc::clone(detail)),
            Some(Err(error)) => self.side_error = Some(error.clone()),
            Some(Ok(_)) | None => {}
        }
        Vec::new()
    }

    fn reveal(&mut self, target: Target, _cx: &Context) -> Vec<Intent> {
        let Target::Signal(id) = target else {
            return Vec::new();
        };
        self.named = Some(id);
        self.pair.split.opened = true;
        self.pair.pane.reset();
        self.look_closer()
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
            KeyAction::Match,
            KeyAction::MakeContact,
            KeyAction::GoMove,
            KeyAction::NextFilter,
            KeyAction::NextOrder,
            KeyAction::Find,
            KeyAction::Palette,
            KeyAction::Help,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (list, side) = self.pair.split.areas(area);
        let opened = self.pair.split.opened;
        if let Some(list) = list {
            let heading = match self.words.as_str() {
                "" => "Signals".to_owned(),
                words => format!("Signals: {}", fit(&clean(words), 24, cx.glyphs().cut)),
            };
            let framing = Framing {
                heading: &heading,
                note: Some(self.note(list.width, cx)),
                focused: !opened,
            };
            let inner = self
                .pair
                .list
                .draw(frame, list, framing, cx, |item, state, cells| {
                    vec![row(item, state, cells, cx)]
                });
            if let Some(inner) = inner {
                self.empty().draw(frame, inner, cx);
            }
        }
        if let Some(side) = side {
            let (cells, _) = TextPane::room(side);
            let heading = match self.wanted() {
                Some(id) => format!("Signal {id}"),
                None => "Signal".to_owned(),
            };
            let lines = self.text(cells, cx);
            self.pair
                .pane
                .draw(frame, side, &heading, opened, lines, cx);
        }
    }
}
