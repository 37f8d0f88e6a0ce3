//! A text to be read: the exact message of a dry run, an error in full.

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::guard::Verdict;
use crate::domain::id::MoveId;
use crate::engine::command::Done;
use crate::engine::queries::show::MoveDetail;
use crate::engine::queries::timeline::{FactValue, TimelineEntry};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::message::{Effect, Message};
use crate::tui::text::{MAX_BLOCK_BYTES, clean, wrap};
use crate::tui::times;
use crate::tui::widgets::frame::{block, clear, middle, title};
use crate::tui::widgets::verdicts::{is_ahead, verdict_lines, yours_to_give};
use crate::tui::widgets::{columns, scroll};

const WIDTH: u16 = 100;

/// A text to be read.
#[derive(Debug)]
pub struct Viewer {
    heading: String,
    /// The move with the awaited message.
    awaited: Option<MoveId>,
    /// The awaited move.
    shown: Option<MoveId>,
    summary: Option<(Tone, String)>,
    verdicts: Vec<Verdict>,
    /// True if they are about an approval that is still to be given.
    is_ahead: bool,
    facts: Vec<(String, FactValue)>,
    text: String,
    top: usize,
}

impl Viewer {
    /// Shows a text.
    #[must_use]
    pub fn new(heading: &str, text: String) -> Self {
        Self {
            heading: heading.to_owned(),
            awaited: None,
            shown: None,
            summary: None,
            verdicts: Vec::new(),
            is_ahead: false,
            facts: Vec::new(),
            text,
            top: 0,
        }
    }

    /// Awaits the message that an approval would send.
    #[must_use]
    pub fn of_preview(id: MoveId, _cx: &Context) -> Self {
        Self {
            awaited: Some(id),
            ..Self::new(
                "Dry run: exactly this would go, nothing is sent",
                String::new(),
            )
        }
    }

    /// Awaits a move that is not on the list.
    #[must_use]
    pub fn of_move(id: MoveId) -> Self {
        Self {
            shown: Some(id),
            ..Self::new(&format!("Move {id}"), String::new())
        }
    }

    fn take_move(&mut self, detail: &MoveDetail) {
        self.shown = None;
        let mut fact = |name: &str, text: String| {
            if !text.is_empty() {
                self.facts.push((name.to_owned(), FactValue::Text(text)));
            }
        };
        fact("What", detail.item.title.clone());
        fact(
            "With",
            format!("{} {}", detail.item.contact, detail.item.email),
        );
        fact("Status", detail.status.to_string());
        fact("Closed because", detail.close_reason.clone());
        fact("Because", detail.item.because.clone());
        fact("Deal", detail.deal.clone());
        self.facts
            .push(("Made".into(), FactValue::At(detail.created_at)));
        for execution in &detail.executions {
            let at = execution.settled_at.unwrap_or(execution.approved_at);
            self.facts.push((
                execution.status.clone(),
                FactValue::Text(format!("{} {}", execution.location, execution.error)),
            ));
            self.facts.push((String::new(), FactValue::At(at)));
        }
        self.verdicts.clone_from(&detail.verdicts);
        self.is_ahead = is_ahead(detail.status);
        self.text = detail
            .evidence
            .iter()
            .map(|e| format!("{}  {}\n", e.occurred_at, e.summary))
            .collect();
    }

    /// Shows the answer of a dry run.
    #[must_use]
    pub fn of_answer(done: &Done) -> Self {
        let mut viewer = Self::new(
            "Dry run: exactly this would go, nothing is sent",
            String::new(),
        );
        viewer.take(done);
        viewer
    }

    /// Shows an entry of a timeline.
    #[must_use]
    pub fn of_entry(entry: &TimelineEntry) -> Self {
        Self {
            facts: entry.facts.clone(),
            verdicts: entry.verdicts.clone(),
            ..Self::new(&clean(&entry.title), entry.text.clone())
        }
    }

    fn verdict_lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        if self.is_ahead {
            verdict_lines(&yours_to_give(&self.verdicts, cx), cells, cx)
        } else {
            verdict_lines(&self.verdicts, cells, cx)
        }
    }

    fn take(&mut self, done: &Done) {
        self.awaited = None;
        let tone = match done {
            Done::Blocked { .. } => Tone::Bad,
            Done::Held { .. } => Tone::Warning,
            _ => Tone::Plain,
        };
        self.summary = Some((tone, done.summary().to_owned()));
        match done {
            Done::Shown {
                message, verdicts, ..
            } => {
                self.text.clone_from(message);
                self.verdicts.clone_from(verdicts);
                self.is_ahead = true;
            }
            Done::Held { verdicts, .. } | Done::Blocked { verdicts, .. } => {
                self.verdicts.clone_from(verdicts);
            }
            Done::Changed { .. }
            | Done::Sent { .. }
            | Done::Queued { .. }
            | Done::Nothing { .. }
            | Done::Recorded { .. } => {}
        }
    }

    fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let styles = cx.styles();
        let mut lines = Vec::new();
        if self.shown.is_some() {
            return vec![Line::from(Span::styled("Being read…", styles.muted))];
        }
        if self.awaited.is_some() {
            return vec![Line::from(Span::styled("Being made…", styles.muted))];
        }
        let rule = || {
            let sign = if cx.glyphs().ascii { "-" } else { "─" };
            Line::from(Span::styled(sign.repeat(cells), styles.border))
        };
        for (name, value) in &self.facts {
            let value = match value {
                FactValue::At(at) => times::both(*at, cx.now, &cx.zone),
                FactValue::Text(text) => clean(text),
            };
            lines.extend(columns(
                &format!("{name} "),
                16,
                styles.muted,
                &value,
                styles.text,
                cells,
            ));
        }
        if !self.facts.is_empty() {
            lines.extend(self.verdict_lines(cells, cx));
            lines.push(rule());
        }
        if let Some((tone, summary)) = &self.summary {
            let style = match tone {
                Tone::Good => styles.good,
                Tone::Plain => styles.accent,
                Tone::Warning => styles.warning,
                Tone::Bad => styles.bad,
            };
            for line in wrap(summary, cells) {
                lines.push(Line::from(Span::styled(line, style)));
            }
            lines.extend(self.verdict_lines(cells, cx));
            lines.push(rule());
        }
        let long = self.text.len() > MAX_BLOCK_BYTES;
        for line in wrap(&self.text, cells) {
            lines.push(Line::from(Span::styled(line, styles.text)));
        }
        if long {
            lines.push(Line::from(Span::styled(
                "… the rest is not shown here.",
                styles.muted,
            )));
        }
        lines
    }

    fn outer(area: Rect) -> Rect {
        middle(area, WIDTH, area.height.saturating_sub(2).max(6))
    }

    fn scroll(&mut self, by: isize, cx: &Context) {
        let outer = Self::outer(cx.size);
        let total = self
            .lines(usize::from(outer.width.saturating_sub(4)), cx)
            .len();
        self.top = scroll::moved(
            self.top,
            by,
            total,
            usize::from(outer.height.saturating_sub(2)),
        );
    }
}

impl Overlay for Viewer {
    fn context(&self) -> KeyContext {
        KeyContext::Viewer
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        let page = isize::try_from(Self::outer(cx.size).height)
            .unwrap_or(20)
            .saturating_sub(3);
        match action {
            KeyAction::Back => return vec![Intent::Close],
            KeyAction::CopyMessage => {
                return vec![
                    Intent::Effect(Effect::Copy(self.text.clone())),
                    Intent::Say(Tone::Good, "The text is on the clipboard.".into()),
                ];
            }
            KeyAction::Down => self.scroll(1, cx),
            KeyAction::Up => self.scroll(-1, cx),
            KeyAction::HalfPageDown => self.scroll(page / 2, cx),
            KeyAction::HalfPageUp => self.scroll(-page / 2, cx),
            KeyAction::PageDown => self.scroll(page, cx),
            KeyAction::PageUp => self.scroll(-page, cx),
            KeyAction::Top => self.scroll(isize::MIN, cx),
            KeyAction::Bottom => self.scroll(isize::MAX, cx),
            _ => {}
        }
        Vec::new()
    }

    fn receive(&mut self, message: &Message, _cx: &Context) -> Vec<Intent> {
        if let Message::Previewed { id, result } = message
            && self.awaited == Some(*id)
        {
            match result {
                Ok(done) => self.take(done),
                Err(error) => {
                    self.awaited = None;
                    self.summary = Some((Tone::Bad, error.clone()));
                }
            }
        }
        if let Message::Shown { id, result } = message
            && self.shown == Some(*id)
        {
            match result {
                Ok(detail) => self.take_move(detail),
                Err(error) => {
                    self.shown = None;
                    self.summary = Some((Tone::Bad, error.clone()));
                }
            }
        }
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent, _area: Rect, cx: &Context) -> Vec<Intent> {
        match event.kind {
            MouseEventKind::ScrollDown => self.scroll(3, cx),
            MouseEventKind::ScrollUp => self.scroll(-3, cx),
            _ => {}
        }
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[
            KeyAction::Back,
            KeyAction::Down,
            KeyAction::PageDown,
            KeyAction::CopyMessage,
        ]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let outer = Self::outer(area);
        clear(frame, outer);
        let block = block(title(&self.heading, cx), true, cx);
        let inner = block.inner(outer);
        frame.render_widget(block, outer);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(1),
            ..inner
        };
        let cells = usize::from(outer.width.saturating_sub(4));
        scroll::lines(frame, inner, self.lines(cells, cx), self.top, cx);
    }
}
