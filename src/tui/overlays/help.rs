//! The keys, made from the keymap, so that the help cannot drift from what the keys do.

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::action::{Group, KeyAction};
use crate::tui::context::Context;
use crate::tui::ids::ScreenId;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::text::{fit, pad, width};
use crate::tui::widgets::frame::{block, clear, middle, title};
use crate::tui::widgets::scroll;

const WIDTH: u16 = 108;
const COLUMN: usize = 52;

/// The keys.
#[derive(Debug)]
pub struct Help {
    below: KeyContext,
    top: usize,
}

/// Returns the headings with their lines: the keys, and what they do. Every binding is among them.
#[must_use]
pub fn sections(below: KeyContext, cx: &Context) -> Vec<(String, Vec<(String, String)>)> {
    let mut sections = Vec::new();
    for group in Group::ALL {
        let lines: Vec<(String, String)> = KeyAction::all()
            .filter(|action| action.group() == *group)
            .filter_map(|action| {
                let keys = cx.keymap.keys(below, action);
                (!keys.is_empty()).then(|| (keys.join(" "), action.title().to_owned()))
            })
            .collect();
        if !lines.is_empty() {
            sections.push((group.title().to_owned(), lines));
        }
    }
    // What only the other screens know.
    for screen in ScreenId::ALL {
        let context = KeyContext::On(*screen);
        if context == below {
            continue;
        }
        let lines: Vec<(String, String)> = KeyAction::all()
            .filter_map(|action| {
                let keys = cx.keymap.own_keys(context, action);
                (!keys.is_empty()).then(|| (keys.join(" "), action.title().to_owned()))
            })
            .collect();
        if !lines.is_empty() {
            sections.push((format!("On {}", screen.name()), lines));
        }
    }
    for (context, heading) in [
        (KeyContext::Confirm, "In a question"),
        (KeyContext::Viewer, "In a text"),
        (KeyContext::Import, "Before an import"),
        (KeyContext::List, "In a list of choices"),
        (KeyContext::Picker, "Where you choose by typing"),
        (KeyContext::Find, "While finding"),
        (KeyContext::Editor, "While editing"),
    ] {
        let lines: Vec<(String, String)> = KeyAction::all()
            .filter_map(|action| {
                let keys = cx.keymap.keys(context, action);
                (!keys.is_empty()).then(|| (keys.join(" "), action.title().to_owned()))
            })
            .collect();
        if !lines.is_empty() {
            sections.push((heading.to_owned(), lines));
        }
    }
    sections
}

impl Help {
    /// Shows the keys that hold in `below`.
    #[must_use]
    pub fn new(below: KeyContext) -> Self {
        Self { below, top: 0 }
    }

    fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let styles = cx.styles();
        let sections = sections(self.below, cx);
        let draw = |(heading, lines): &(String, Vec<(String, String)>)| {
            let mut out = vec![vec![Span::styled(heading.clone(), styles.heading)]];
            for (keys, what) in lines {
                out.push(vec![
                    Span::styled(pad(&format!("{keys} "), 20, cx.glyphs().cut), styles.key),
                    Span::styled(fit(what, COLUMN - 22, cx.glyphs().cut), styles.text),
                ]);
            }
            out.push(Vec::new());
            out
        };
        let all: Vec<Vec<Vec<Span<'static>>>> = sections.iter().map(draw).collect();
        if cells < COLUMN * 2 {
            return all.into_iter().flatten().map(Line::from).collect();
        }
        // Two columns: each section goes to the shorter one.
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for section in all {
            if left.len() <= right.len() {
                left.extend(section);
            } else {
                right.extend(section);
            }
        }
        let height = left.len().max(right.len());
        let mut lefts = left.into_iter();
        let mut rights = right.into_iter();
        (0..height)
            .map(|_| {
                let mut line = lefts.next().unwrap_or_default();
                let used: usize = line.iter().map(|s| width(&s.content)).sum();
                line.push(Span::styled(
                    " ".repeat(COLUMN.saturating_sub(used)),
                    Style::new(),
                ));
                line.extend(rights.next().unwrap_or_default());
                Line::from(line)
            })
            .collect()
    }

    fn outer(area: Rect) -> Rect {
        middle(area, WIDTH, area.height.saturating_sub(2).max(6))
    }

    fn scroll(&mut self, by: isize, cx: &Context) {
        let outer = Self::outer(cx.size);
        let total = self
            .lines(usize::from(outer.width.saturating_sub(3)), cx)
            .len();
        self.top = scroll::moved(
            self.top,
            by,
            total,
            usize::from(outer.height.saturating_sub(2)),
        );
    }
}

impl Overlay for Help {
    fn context(&self) -> KeyContext {
        KeyContext::Viewer
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        let page = isize::try_from(Self::outer(cx.size).height)
            .unwrap_or(20)
            .saturating_sub(3);
        match action {
            KeyAction::Back => return vec![Intent::Close],
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

    fn mouse(&mut self, event: MouseEvent, _area: Rect, cx: &Context) -> Vec<Intent> {
        match event.kind {
            MouseEventKind::ScrollDown => self.scroll(3, cx),
            MouseEventKind::ScrollUp => self.scroll(-3, cx),
            _ => {}
        }
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Back, KeyAction::Down, KeyAction::PageDown]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let outer = Self::outer(area);
        clear(frame, outer);
        let block = block(title("Keys", cx), true, cx);
        let inner = block.inner(outer);
        frame.render_widget(block, outer);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(1),
            ..inner
        };
        let lines = self.lines(usize::from(inner.width), cx);
        scroll::lines(frame, inner, lines, self.top, cx);
    }
}
