//! The log: what was decided and done, and whether the chain of it holds.

use std::cmp::Reverse;
use std::sync::Arc;

use ratatui::text::{Line, Span};

use crate::domain::id::{ContactId, DealId, MoveId, SignalId};
use crate::domain::text::clean_block;
use crate::engine::queries::log::{AuditCheck, AuditEntry};
use crate::engine::queries::page::{Page, Slice};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Part, ScreenId, Target, Tone};
use crate::tui::intent::Intent;
use crate::tui::keymap::KeyContext;
use crate::tui::looks::{Look, Sight};
use crate::tui::message::Message;
use crate::tui::parts::listing::row_line;
use crate::tui::parts::{Empty, Item, Listed, Listing, Meaning, Pair, RowState, TextPane, Words};
use crate::tui::reader::Reader;
use crate::tui::text::{clean, fit, pad};
use crate::tui::times;

/// The most bytes of an entry's particulars that are shown.
const MAX_DETAIL: usize = 16 * 1024;

impl Item for AuditEntry {
    /// The newest come first.
    type Key = Reverse<i64>;

    fn key(&self) -> Self::Key {
        Reverse(self.seq)
    }
}

/// The log.
#[derive(Debug)]
pub struct Log {
    checker: Reader,
    /// The result of the last check.
    check: Option<Result<AuditCheck, String>>,
    events: Arc<[String]>,
    event: Option<String>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            checker: Reader::new(ScreenId::Log, Part::Inner),
            check: None,
            events: Arc::new([]),
            event: None,
        }
    }
}

impl Log {
    fn verify(&mut self) -> Vec<Intent> {
        vec![self.checker.ask(Look::LogCheck)]
    }

    fn next_event(&mut self) {
        let next = match &self.event {
            None => self.events.first(),
            Some(now) => self.events.iter().find(|event| *event > now),
        };
        self.event = next.cloned();
    }

    /// Says in a few words how the chain is; a sign stands before it, as colour alone says nothing to some.
    fn chain(&self, newest: i64, cx: &Context) -> Span<'static> {
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
                None if newest > check.entries => Span::styled(
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
}

/// Returns the target that a subject names, if a screen shows it.
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

impl Listed for Log {
    type Row = AuditEntry;

    const SCREEN: ScreenId = ScreenId::Log;
    const SHARE: u16 = 58;
    const ROWS: &'static str = "The log";
    const FINDS: Option<&'static str> = Some("events, or a subject such as move:12");
    const HINTS: &'static [KeyAction] = &[
        KeyAction::Open,
        KeyAction::Verify,
        KeyAction::NextFilter,
        KeyAction::Find,
        KeyAction::GoMove,
        KeyAction::Palette,
        KeyAction::Help,
    ];

    fn look(&self, words: &str, page: Page<Reverse<i64>>) -> Look {
        Look::Log {
            event: self.event.clone(),
            words: words.to_owned(),
            page,
        }
    }

    fn rows(&mut self, sight: &Sight) -> Option<Arc<Slice<AuditEntry>>> {
        let Sight::Log(slice, events) = sight else {
            return None;
        };
        self.events = Arc::clone(events);
        Some(Arc::clone(slice))
    }

    fn outdates(&self, message: &Message) -> bool {
        matches!(message, Message::Changed)
    }

    fn act(&mut self, action: KeyAction, pair: &Pair<AuditEntry>, _cx: &Context) -> Meaning {
        match action {
            KeyAction::Verify => Meaning::Own(self.verify()),
            KeyAction::NextFilter => {
                self.next_event();
                Meaning::Anew
            }
            KeyAction::GoMove => {
                let found = pair.list.current().and_then(|e| target(&e.subject));
                Meaning::Own(vec![found.map_or_else(
                    || {
                        Intent::Say(
                            Tone::Plain,
                            "No other screen shows what this entry is about.".into(),
                        )
                    },
                    Intent::Go,
                )])
            }
            _ => Meaning::Common,
        }
    }

    fn shown(&mut self) -> Vec<Intent> {
        self.verify()
    }

    fn refresh(&mut self) -> Vec<Intent> {
        self.verify()
    }

    fn receive(&mut self, message: &Message, pane: &mut TextPane) {
        match self.checker.take(message) {
            Some(Ok(Sight::LogCheck(check))) => {
                if check.broken_at.is_some() {
                    pane.reset();
                }
                self.check = Some(Ok(check.clone()));
            }
            Some(Err(error)) => self.check = Some(Err(error.clone())),
            Some(Ok(_)) | None => {}
        }
    }

    fn heading(&self, words: &str, cx: &Context) -> String {
        let narrowed = match (&self.event, words) {
            (Some(event), _) => format!("Log: {event}"),
            (None, "") => "Log".to_owned(),
            (None, words) => format!("Log: {words}"),
        };
        fit(&clean(&narrowed), 30, cx.glyphs().cut)
    }

    fn note(
        &self,
        list: &Listing<AuditEntry>,
        _words: &str,
        _width: u16,
        cx: &Context,
    ) -> Option<Line<'static>> {
        let newest = list.rows().first().map_or(0, |entry| entry.seq);
        Some(Line::from(self.chain(newest, cx)))
    }

    fn empty(&self, words: &str, loaded: bool) -> Empty {
        if !loaded {
            return Empty::reading();
        }
        if !words.is_empty() {
            return Empty::nothing_found(
                "No entry has such an event or subject; try sent, suppression or move:12.",
            );
        }
        Empty::new("Nothing was decided yet")
            .say("Every approval, every message that left, every change of a rule is written down here and chained, so that no line can be altered unseen.")
            .gap()
            .key(KeyAction::Go(ScreenId::Today), "see what is to be decided")
            .command("caseyos audit list", "the same as text")
    }

    fn row(
        &self,
        entry: &AuditEntry,
        state: RowState,
        cells: usize,
        cx: &Context,
    ) -> Line<'static> {
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

    fn side_heading(&self, _row: Option<&AuditEntry>) -> String {
        "Entry".to_owned()
    }

    fn describe(&self, row: Option<&AuditEntry>, text: &mut Words<'_>, cx: &Context) {
        let styles = cx.styles();
        if let Some(Ok(check)) = &self.check
            && let Some(at) = check.broken_at
        {
            text.styled(
                &format!("The chain is broken at entry {at}: {}.", check.reason),
                styles.bad,
            );
            text.text(&format!(
                "The {} entries before it hold. Whoever changed the file did it outside of CaseyOS; a backup lies in the data folder.",
                check.entries
            ));
            text.line(Line::default());
        }
        if let Some(Err(error)) = &self.check {
            text.styled(error, styles.bad);
        }
        let Some(entry) = row else { return };
        text.styled(&clean(&entry.event), styles.heading);
        text.value("when", &times::both(entry.at, cx.now, &cx.zone));
        text.value("who", &entry.actor);
        text.value("what", &entry.subject);
        text.value("place", &entry.seq.to_string());
        if target(&entry.subject).is_some() {
            let key = cx
                .keymap
                .key(KeyContext::On(ScreenId::Log), KeyAction::GoMove);
            text.line(Line::from(vec![
                Span::styled(format!(" {key}"), styles.key),
                Span::styled(" shows it", styles.text),
            ]));
        }
        text.heading("Particulars");
        let detail = serde_json::to_string_pretty(&entry.detail).unwrap_or_default();
        text.text(&clean_block(&detail, MAX_DETAIL));
    }
}
