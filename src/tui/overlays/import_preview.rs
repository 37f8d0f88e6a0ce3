//! The look at a file before it is imported: whom it would add, fill in, change, suppress or leave out.

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::engine::import::{ImportReport, OnConflict, grouped};
use crate::env::file::Mark;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Job, Tone};
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::message::{Effect, ImportWish, Message};
use crate::tui::text::{clean, wrap};
use crate::tui::widgets::frame::middle;
use crate::tui::widgets::{popup, scroll};

const WIDTH: u16 = 100;
/// Lines below the report: a blank one, the choices, the keys.
const BELOW: u16 = 3;
/// All people whom a report names.
const PEOPLE: usize = 200;

/// The choices with their keys, in the order in which they are offered.
const CHOICES: [(KeyAction, OnConflict); 4] = [
    (KeyAction::KeepBoth, OnConflict::KeepBoth),
    (KeyAction::LeaveOut, OnConflict::Skip),
    (KeyAction::FillIn, OnConflict::Fill),
    (KeyAction::Replace, OnConflict::Replace),
];

/// The look at a file.
#[derive(Debug)]
pub struct Preview {
    wish: ImportWish,
    /// The report of the present choice; None while the file is looked at.
    found: Option<Result<Box<ImportReport>, String>>,
    top: usize,
}

impl Preview {
    /// Awaits the report of a wish.
    #[must_use]
    pub fn new(wish: ImportWish) -> Self {
        Self {
            wish,
            found: None,
            top: 0,
        }
    }

    fn choose(&mut self, on_conflict: OnConflict) -> Vec<Intent> {
        if self.wish.on_conflict == on_conflict {
            return Vec::new();
        }
        self.wish.on_conflict = on_conflict;
        self.found = None;
        self.top = 0;
        vec![Intent::Effect(Effect::Rehearse(self.wish.clone()))]
    }

    fn confirm(&mut self) -> Vec<Intent> {
        match &self.found {
            // What was seen is no more what would be imported.
            Some(Ok(report)) if report.mark != Mark::of(&self.wish.path) => {
                self.found = None;
                self.top = 0;
                let said = "The file was changed since you looked. Here is what it says now.";
                vec![
                    Intent::Say(Tone::Warning, said.into()),
                    Intent::Effect(Effect::Rehearse(self.wish.clone())),
                ]
            }
            Some(Ok(_)) => vec![
                Intent::Close,
                Intent::Effect(Effect::Import(self.wish.clone())),
            ],
            // What was not seen yet is not imported.
            None => Vec::new(),
            Some(Err(_)) => vec![Intent::Close],
        }
    }

    fn outer(area: Rect) -> Rect {
        middle(area, WIDTH, area.height.saturating_sub(2).max(6))
    }

    fn room(area: Rect) -> (usize, usize) {
        let outer = Self::outer(area);
        (
            usize::from(outer.width.saturating_sub(4)),
            usize::from(outer.height.saturating_sub(2 + BELOW)),
        )
    }

    fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let styles = cx.styles();
        let report = match &self.found {
            None => {
                let share = cx.status.jobs.get(&Job::Look).and_then(|progress| {
                    let of = progress.of.filter(|of| *of > 0)?;
                    Some((progress.done.min(of) * 100) / of)
                });
                let share = share.map_or_else(String::new, |share| format!(" {share}%"));
                let text = format!("Looking at the file…{share}");
                return vec![Line::from(Span::styled(text, styles.muted))];
            }
            Some(Err(error)) => {
                let lines = wrap(error, cells).into_iter();
                return lines
                    .map(|line| Line::from(Span::styled(line, styles.bad)))
                    .collect();
            }
            Some(Ok(report)) => report,
        };
        let mut lines = Vec::new();
        for said in report.said(PEOPLE) {
            let style = if said.trim_start().starts_with("LOOK") {
                styles.warning
            } else {
                styles.text
            };
            let indent = said.len() - said.trim_start().len();
            let text = clean(&said);
            for (place, line) in wrap(text.trim_start(), cells.saturating_sub(indent + 2))
                .into_iter()
                .enumerate()
            {
                let blanks = " ".repeat(indent + if place > 0 { 2 } else { 0 });
                lines.push(Line::from(Span::styled(format!("{blanks}{line}"), style)));
            }
        }
        lines
    }

    fn choices(&self, cx: &Context) -> Line<'static> {
        let styles = cx.styles();
        let mut spans = vec![Span::styled("Somebody else's address: ", styles.muted)];
        for (action, choice) in CHOICES {
            let is_chosen = self.wish.on_conflict == choice;
            let style = if is_chosen {
                styles.accent
            } else {
                styles.text
            };
            let (open, close) = if is_chosen { ("[", "]") } else { (" ", " ") };
            spans.push(Span::styled(open, style));
            spans.push(Span::styled(
                cx.keymap.key(KeyContext::Import, action),
                styles.key,
            ));
            spans.push(Span::styled(format!(" {}{close} ", action.short()), style));
        }
        Line::from(spans)
    }

    fn keys(&self, cx: &Context) -> Line<'static> {
        let styles = cx.styles();
        let key = |action| Span::styled(cx.keymap.key(KeyContext::Import, action), styles.key);
        let mut spans = Vec::new();
        if let Some(Ok(report)) = &self.found {
            spans.push(key(KeyAction::Confirm));
            let rows = report.rows.saturating_sub(report.rejected);
            spans.push(Span::styled(
                format!(" imports {} rows    ", grouped(rows)),
                styles.text,
            ));
        }
        spans.push(key(KeyAction::Back));
        spans.push(Span::styled(" imports nothing", styles.text));
        Line::from(spans)
    }

    fn scroll(&mut self, by: isize, cx: &Context) {
        let (cells, height) = Self::room(cx.size);
        let total = self.lines(cells, cx).len();
        self.top = scroll::moved(self.top, by, total, height);
    }
}

impl Overlay for Preview {
    fn context(&self) -> KeyContext {
        KeyContext::Import
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        let page = isize::try_from(Self::room(cx.size).1).unwrap_or(10);
        match action {
            KeyAction::Confirm => return self.confirm(),
            KeyAction::Back => {
                return vec![Intent::Close, Intent::Effect(Effect::CancelRehearsal)];
            }
            KeyAction::Down => self.scroll(1, cx),
            KeyAction::Up => self.scroll(-1, cx),
            KeyAction::HalfPageDown => self.scroll(page / 2, cx),
            KeyAction::HalfPageUp => self.scroll(-page / 2, cx),
            KeyAction::PageDown => self.scroll(page, cx),
            KeyAction::PageUp => self.scroll(-page, cx),
            KeyAction::Top => self.scroll(isize::MIN, cx),
            KeyAction::Bottom => self.scroll(isize::MAX, cx),
            action => {
                let choice = CHOICES.iter().find(|(known, _)| *known == action);
                if let Some((_, choice)) = choice {
                    return self.choose(*choice);
                }
            }
        }
        Vec::new()
    }

    fn receive(&mut self, message: &Message, _cx: &Context) -> Vec<Intent> {
        if let Message::Rehearsed { wish, result } = message
            && *wish == self.wish
            && self.found.is_none()
            && !result.as_ref().is_ok_and(|report| report.cancelled)
        {
            self.found = Some(result.clone());
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
        &[KeyAction::Confirm, KeyAction::Back, KeyAction::Down]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let name = self.wish.path.file_name().unwrap_or_default();
        let heading = format!("Import {}", clean(&name.to_string_lossy()));
        let outer = Self::outer(area);
        let inner = popup(frame, area, outer.width, outer.height, &heading, cx);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(1),
            ..inner
        };
        let (cells, _) = Self::room(area);
        let below = BELOW.min(inner.height);
        let text = Rect {
            height: inner.height - below,
            ..inner
        };
        scroll::lines(frame, text, self.lines(cells, cx), self.top, cx);
        let rest = Rect {
            y: inner.y + text.height,
            height: below,
            ..inner
        };
        let lines = vec![Line::default(), self.choices(cx), self.keys(cx)];
        frame.render_widget(Paragraph::new(lines), rest);
    }
}
