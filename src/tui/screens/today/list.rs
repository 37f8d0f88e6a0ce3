//! The list: a score with its bar, what to do with whom, and why now.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, Today};
use crate::engine::queries::today::TodayItem;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
use crate::tui::text::{clean, fit, width};
use crate::tui::times;
use crate::tui::widgets::frame::{block, title};
use crate::tui::widgets::{bar, scroll};

/// Below this width of the list its lines are kept brief.
const NARROW: usize = 64;

/// Cells of the bar behind a score, where there is room and where there is not.
const BAR: (usize, usize) = (8, 5);

impl Today {
    pub(super) fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let focused = self.focus == Focus::List;
        let mut frame_of_list = block(title("Today's Moves", cx), focused, cx);
        if let Some(note) = self.note(cx) {
            frame_of_list = frame_of_list.title(note.alignment(Alignment::Right));
        }
        let inner = frame_of_list.inner(area);
        frame.render_widget(frame_of_list, area);
        if self.items.is_empty() {
            self.draw_empty(frame, inner, cx);
            return;
        }
        let rows = self.rows_in_view(cx);
        let mut lines = Vec::with_capacity(rows * 2);
        for (index, item) in self.items.iter().enumerate().skip(self.top).take(rows) {
            let [first, second] = self.row(item, index == self.selected, inner, cx);
            lines.push(first);
            lines.push(second);
        }
        frame.render_widget(Paragraph::new(lines), inner);
        scroll::bar(frame, inner, self.items.len() * 2, self.top * 2, cx);
    }

    /// What the frame says at the right: how many are marked, what the list is narrowed by, how much of it is there.
    fn note(&self, cx: &Context) -> Option<Line<'static>> {
        let styles = cx.styles();
        let mut spans = Vec::new();
        if !self.marks.is_empty() {
            spans.push(Span::styled(
                format!(" {} {} marked ", cx.glyphs().mark, self.marks.len()),
                styles.mark,
            ));
        }
        if !self.query.search.is_empty() {
            spans.push(Span::styled(
                format!(
                    " /{} ",
                    fit(&clean(&self.query.search), 20, cx.glyphs().cut)
                ),
                styles.matched,
            ));
            spans.push(Span::styled(
                format!(" {} found ", self.items.len()),
                styles.muted,
            ));
        } else if self.loaded && !self.items.is_empty() {
            spans.push(Span::styled(
                format!(
                    " {}/{} ",
                    self.selected + 1,
                    cx.status.open_here().max(self.items.len() as u64)
                ),
                styles.muted,
            ));
        }
        (!spans.is_empty()).then(|| Line::from(spans))
    }

    fn row(
        &self,
        item: &TodayItem,
        selected: bool,
        inner: Rect,
        cx: &Context,
    ) -> [Line<'static>; 2] {
        let (styles, glyphs) = (cx.styles(), cx.glyphs());
        let cells = usize::from(inner.width);
        let cells_of_bar = if cells < NARROW { BAR.1 } else { BAR.0 };
        let marked = self.marks.contains(&item.id);
        let pending = self.pending.get(&item.id);
        let back = if selected {
            styles.selected
        } else {
            Style::new()
        };
        let on = |style: Style| style.patch(back);
        let points = item.score.points();

        let cursor = Span::styled(
            if selected { glyphs.cursor } else { " " },
            on(styles.cursor),
        );
        let mark = Span::styled(if marked { glyphs.mark } else { " " }, on(styles.mark));
        let score = Span::styled(
            format!("{points:>3.0} "),
            on(styles.text.patch(Style::new().bold())),
        );
        let gauge = Span::styled(
            bar(points / 100.0, cells_of_bar, glyphs.bar),
            on(theme_score(points, cx)),
        );
        let indent = 1 + 1 + 4 + cells_of_bar + 1;
        let room = cells.saturating_sub(indent);

        let what = fit(&clean(&item.title), room, glyphs.cut);
        let mut first = vec![cursor.clone(), mark, score, gauge, Span::styled(" ", back)];
        let mut used = width(&what);
        first.push(Span::styled(
            what,
            on(if pending.is_some() {
                styles.faint
            } else {
                styles.text.patch(Style::new().bold())
            }),
        ));
        let whom = whom(item);
        let left = room.saturating_sub(used);
        if !whom.is_empty() && left > 6 {
            let text = fit(&format!(" {} {whom}", glyphs.dot), left, glyphs.cut);
            used += width(&text);
            first.push(Span::styled(text, on(styles.text)));
        }
        first.push(Span::styled(" ".repeat(room.saturating_sub(used)), back));

        let mut second = vec![cursor, Span::styled(" ".repeat(indent - 1), back)];
        // The domain stands in a column of its own at the right, where all of them are shown together.
        let tag = if self.query.domain.is_none() {
            format!(" {} ", item.domain)
        } else {
            String::new()
        };
        let room = room.saturating_sub(width(&tag));
        let mut used = 0;
        let mut add = |spans: &mut Vec<Span<'static>>, text: String, style: Style| {
            let text = fit(&text, room.saturating_sub(used), glyphs.cut);
            used += width(&text);
            spans.push(Span::styled(text, on(style)));
        };
        if let Some(pending) = pending {
            add(
                &mut second,
                format!("{} {}", cx.spinner(), pending.word),
                styles.accent,
            );
        } else {
            let (due, style) = due(item.due_at, cells < NARROW, cx);
            add(&mut second, due, style);
            if !item.because.is_empty() {
                add(
                    &mut second,
                    format!(" {} {}", glyphs.dot, clean(&item.because)),
                    styles.muted,
                );
            }
        }
        second.push(Span::styled(" ".repeat(room.saturating_sub(used)), back));
        second.push(Span::styled(tag, on(styles.faint)));
        [Line::from(first), Line::from(second)]
    }

    fn draw_empty(&self, frame: &mut Frame<'_>, inner: Rect, cx: &Context) {
        let styles = cx.styles();
        let key = |action| cx.keymap.key(KeyContext::Today, action);
        let say = |text: String| Line::from(Span::styled(text, styles.muted));
        let head = |text: &str| Line::from(Span::styled(text.to_owned(), styles.heading));
        let mut lines = vec![Line::default()];
        let with_key = |action, text: &str| {
            Line::from(vec![
                Span::styled(format!("{:>3}", key(action)), styles.key),
                Span::styled(format!("  {text}"), styles.text),
            ])
        };
        if let Some(error) = &self.error {
            lines.push(head("The list could not be read"));
            for line in crate::tui::text::wrap(error, usize::from(inner.width.saturating_sub(2))) {
                lines.push(Line::from(Span::styled(line, styles.bad)));
            }
            lines.push(say("Nothing was changed.".into()));
            lines.push(Line::default());
            lines.push(with_key(KeyAction::Refresh, "try again"));
        } else if !self.loaded {
            lines.push(say("Reading…".into()));
        } else if !self.query.search.is_empty() {
            lines.push(head("Nothing found"));
            lines.push(say(format!(
                "No open move has all the words \"{}\".",
                fit(&clean(&self.query.search), 40, cx.glyphs().cut)
            )));
            lines.push(Line::default());
            lines.push(with_key(KeyAction::Back, "show everything again"));
            lines.push(with_key(KeyAction::Find, "look for something else"));
        } else if cx.status.open.all > 0 {
            lines.push(head("Nothing in this domain"));
            lines.push(say(format!("{} open in the others.", cx.status.open.all)));
            lines.push(Line::default());
            lines.push(with_key(KeyAction::DomainAll, "show all domains"));
        } else {
            lines.push(head("All done for now"));
            lines.push(say("New moves come up with new signals.".into()));
            lines.push(Line::default());
            lines.push(with_key(KeyAction::Refresh, "look at the sources now"));
            lines.push(with_key(KeyAction::UndoList, "see what was done"));
            lines.push(Line::default());
            for (command, what) in [
                ("caseyos contacts import FILE", "bring your contacts"),
                ("caseyos mail add maildir PATH", "add a mailbox"),
                ("caseyos signals add --file FILE", "add signals"),
            ] {
                lines.push(Line::from(vec![
                    Span::styled(format!("  {command}"), styles.accent),
                    Span::styled(format!("  {what}"), styles.muted),
                ]));
            }
        }
        frame.render_widget(
            Paragraph::new(lines),
            Rect {
                x: inner.x + 1,
                width: inner.width.saturating_sub(1),
                ..inner
            },
        );
    }
}

fn theme_score(points: f64, cx: &Context) -> Style {
    cx.theme.score(points)
}

/// Returns the person and the firm, as far as they are known.
pub(super) fn whom(item: &TodayItem) -> String {
    let person = if item.contact.is_empty() {
        clean(&item.email)
    } else {
        clean(&item.contact)
    };
    let firm = clean(&item.company);
    match (person.is_empty(), firm.is_empty()) {
        (true, _) => firm,
        (false, true) => person,
        (false, false) => format!("{person}, {firm}"),
    }
}

/// Returns when it is due in words, and how urgent that looks.
fn due(at: Timestamp, brief: bool, cx: &Context) -> (String, Style) {
    let styles = cx.styles();
    let ahead = at.duration_since(cx.now).as_secs();
    if ahead < 0 {
        return (
            format!(
                "{} overdue {}",
                cx.glyphs().alert,
                times::span(cx.now.duration_since(at))
            ),
            styles.bad,
        );
    }
    let text = if ahead < 7_200 && brief {
        format!("due {}", times::away(at, cx.now))
    } else if ahead < 7_200 {
        format!("due {}", times::both(at, cx.now, &cx.zone))
    } else {
        format!("due {}", times::at(at, cx.now, &cx.zone))
    };
    (
        text,
        if ahead < 7_200 {
            styles.warning
        } else {
            styles.muted
        },
    )
}
