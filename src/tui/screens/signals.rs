//! Signals: the live feed, those about nobody known first, and everything about the selected one.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use crate::domain::id::SignalId;
use crate::domain::signal::Source;
use crate::engine::command::{Command, MatchTo};
use crate::engine::queries::page::{Page, Slice};
use crate::engine::queries::signals::{
    SignalDetail, SignalItem, SignalOrder, SignalPlace, SignalQuery, SourceTally, kinds_named,
};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::keymap::KeyContext;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Message;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::person::Person;
use crate::tui::parts::listing::row_line;
use crate::tui::parts::{Empty, Item, Listed, Listing, Meaning, Pair, RowState, TextPane, Words};
use crate::tui::reader::Reader;
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

/// The feed of signals.
#[derive(Debug)]
pub struct Signals {
    side: Reader,
    detail: Option<Arc<SignalDetail>>,
    side_error: Option<String>,
    sources: Arc<[SourceTally]>,
    order: SignalOrder,
    source: Option<Source>,
    /// A signal that another screen named, maybe outside the list: shown until another line is selected.
    named: Option<SignalId>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            side: Reader::new(ScreenId::Signals, Part::Side),
            detail: None,
            side_error: None,
            sources: Arc::new([]),
            order: SignalOrder::UnmatchedFirst,
            source: None,
            named: None,
        }
    }
}

impl Signals {
    fn wanted(&self, row: Option<&SignalItem>) -> Option<SignalId> {
        self.named.or(row.map(|item| item.id))
    }

    fn next_source(&mut self) {
        let known: Vec<Source> = Source::ALL
            .iter()
            .filter(|source| self.sources.iter().any(|t| t.source == **source))
            .copied()
            .collect();
        self.source = match self.source {
            None => known.first().copied(),
            Some(now) => known.iter().find(|source| **source > now).copied(),
        };
    }

    fn go_move(&self) -> Intent {
        match self.detail.as_ref().and_then(|d| d.moves.first()) {
            Some(mv) if mv.status.is_standing() => Intent::Go(Target::Move(mv.id)),
            Some(mv) => Intent::Say(
                Tone::Plain,
                format!("Move {} is not on the list any more: {}.", mv.id, mv.status),
            ),
            None => Intent::Say(Tone::Plain, "It led to no move.".into()),
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
}

/// Tells whether the words name no kind, so that nothing need be read.
fn names_nothing(words: &str) -> bool {
    let text = words.trim();
    !text.is_empty() && !text.contains('@') && kinds_named(text).is_empty()
}

/// Returns the selected signal if it is about nobody known, else says why it cannot be matched.
fn unmatched(row: Option<&SignalItem>) -> Result<&SignalItem, String> {
    match row {
        Some(item) if !item.matched => Ok(item),
        Some(item) => {
            let who = if item.contact.is_empty() {
                "something known".to_owned()
            } else {
                clean(&item.contact)
            };
            Err(format!("This signal is about {who} already."))
        }
        None => Err("No signal is selected.".to_owned()),
    }
}

fn make_contact(item: &SignalItem) -> Intent {
    let name = clean(&item.called);
    if name.is_empty() && item.email.is_none() {
        return Intent::Say(
            Tone::Warning,
            format!(
                "It names nobody; `caseyos signals match {} --new --name NAME` makes a contact.",
                item.id
            ),
        );
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
    Intent::Open(Box::new(Confirm::new(
        "Make a contact",
        &format!(
            "{whom} becomes a contact, and signal {} is about them from now on.",
            item.id
        ),
        Intent::run(make),
    )))
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

/// Returns the time of a signal in at most seven cells: the hour today, else the date.
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
            let key = |action| cx.keymap.key(KeyContext::On(ScreenId::Signals), action);
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

impl Listed for Signals {
    type Row = SignalItem;

    const SCREEN: ScreenId = ScreenId::Signals;
    const SHARE: u16 = 52;
    const ROWS: &'static str = "The signals";
    const FINDS: Option<&'static str> = Some("kinds, or an address");
    const HINTS: &'static [KeyAction] = &[
        KeyAction::Open,
        KeyAction::Match,
        KeyAction::MakeContact,
        KeyAction::GoMove,
        KeyAction::NextFilter,
        KeyAction::NextOrder,
        KeyAction::Find,
        KeyAction::Palette,
        KeyAction::Help,
    ];

    fn look(&self, words: &str, page: Page<SignalPlace>) -> Look {
        let text = words.trim();
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
        Look::Signals { query, page }
    }

    fn rows(&mut self, sight: &Sight) -> Option<Arc<Slice<SignalItem>>> {
        let Sight::Signals(slice, tallies) = sight else {
            return None;
        };
        self.sources = Arc::clone(tallies);
        Some(Arc::clone(slice))
    }

    fn act(&mut self, action: KeyAction, pair: &Pair<SignalItem>, _cx: &Context) -> Meaning {
        let row = pair.list.current();
        match action {
            KeyAction::NextFilter => {
                self.next_source();
                Meaning::Anew
            }
            KeyAction::NextOrder => {
                self.order = self.order.next();
                Meaning::Anew
            }
            KeyAction::Match => Meaning::Own(match unmatched(row) {
                Ok(item) => {
                    // A name on a network is nobody's name or address here.
                    let words = match whom(item) {
                        name if name.starts_with('@') => String::new(),
                        name => name,
                    };
                    Person::open(item.id, &words)
                }
                Err(refusal) => vec![Intent::Say(Tone::Plain, refusal)],
            }),
            KeyAction::MakeContact => Meaning::Own(vec![match unmatched(row) {
                Ok(item) => make_contact(item),
                Err(refusal) => Intent::Say(Tone::Plain, refusal),
            }]),
            KeyAction::GoMove => Meaning::Own(vec![self.go_move()]),
            _ => Meaning::Common,
        }
    }

    fn turned(&mut self) {
        self.named = None;
    }

    fn look_closer(&mut self, row: Option<&SignalItem>) -> Vec<Intent> {
        let Some(id) = self.wanted(row) else {
            self.detail = None;
            return Vec::new();
        };
        self.side.turn();
        self.side_error = None;
        vec![self.side.ask(Look::Signal(id))]
    }

    fn receive(&mut self, message: &Message, _pane: &mut TextPane) {
        match self.side.take(message) {
            Some(Ok(Sight::Signal(detail))) => self.detail = Some(Arc::clone(detail)),
            Some(Err(error)) => self.side_error = Some(error.clone()),
            Some(Ok(_)) | None => {}
        }
    }

    fn reveal(&mut self, target: Target) -> bool {
        let Target::Signal(id) = target else {
            return false;
        };
        self.named = Some(id);
        true
    }

    fn heading(&self, words: &str, cx: &Context) -> String {
        match words {
            "" => "Signals".to_owned(),
            words => format!("Signals: {}", fit(&clean(words), 24, cx.glyphs().cut)),
        }
    }

    fn note(
        &self,
        _list: &Listing<SignalItem>,
        words: &str,
        width: u16,
        cx: &Context,
    ) -> Option<Line<'static>> {
        let styles = cx.styles();
        let (n, unmatched) = self.count();
        let order = match self.order {
            SignalOrder::UnmatchedFirst => "unmatched first",
            SignalOrder::Newest => "newest first",
            SignalOrder::Unmatched => "unmatched only",
        };
        let source = self.source.map_or("all sources", Source::as_str);
        // The heading and the counts come first where the frame is short.
        let wide = width >= 64;
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
        if !words.contains('@') {
            spans.push(Span::styled(format!("{} ", thousands(n)), styles.text));
        }
        if unmatched > 0 {
            spans.push(Span::styled(
                format!("{} {} unmatched ", cx.glyphs().alert, thousands(unmatched)),
                styles.warning,
            ));
        }
        Some(Line::from(spans))
    }

    fn empty(&self, words: &str, loaded: bool) -> Empty {
        if names_nothing(words) {
            return Empty::nothing_found(
                "No kind of signal has these words; try form, deal, reply, meeting or a person's address.",
            );
        }
        if !loaded {
            return Empty::reading();
        }
        if !words.is_empty() {
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

    fn row(&self, item: &SignalItem, state: RowState, cells: usize, cx: &Context) -> Line<'static> {
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

    fn side_heading(&self, row: Option<&SignalItem>) -> String {
        match self.wanted(row) {
            Some(id) => format!("Signal {id}"),
            None => "Signal".to_owned(),
        }
    }

    fn describe(&self, row: Option<&SignalItem>, text: &mut Words<'_>, cx: &Context) {
        let Some(id) = self.wanted(row) else { return };
        match &self.detail {
            Some(detail) if detail.item.id == id => describe(detail, text, cx),
            _ => match &self.side_error {
                Some(error) => text.styled(error, cx.styles().bad),
                None => text.muted("Reading…"),
            },
        }
    }
}
