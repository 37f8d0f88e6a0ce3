//! The list: a score with its bar, what to do with whom, and why now.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, Today};
use crate::engine::queries::news::FirstSteps;
use crate::engine::queries::today::TodayItem;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::ScreenId;
use crate::tui::parts::Empty;
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
            self.empty(cx).draw(frame, inner, cx);
            return;
        }
        let rows = self.rows_in_view(cx);
        let mut lines = Vec::with_capacity(rows * 2);
        for (index, item) in self
            .items
            .iter()
            .enumerate()
            .skip(self.cursor.top())
            .take(rows)
        {
            let [first, second] = self.row(item, index == self.cursor.selected(), inner, cx);
            lines.push(first);
            lines.push(second);
        }
        frame.render_widget(Paragraph::new(lines), inner);
        scroll::bar(
            frame,
            inner,
            self.items.len() * 2,
            self.cursor.top() * 2,
            cx,
        );
    }

    /// Returns the note on the frame: the number of marks, the words that narrow the list, its length.
    fn note(&self, cx: &Context) -> Option<Line<'static>> {
        let styles = cx.styles();
        let mut spans = Vec::new();
        // What was approved and can still be taken back counts down where the eyes are.
        if let Some(first) = cx.status.leaving.first() {
            let left = first.leaves_at.duration_since(cx.now).as_secs().max(0);
            spans.push(Span::styled(
                format!(" {} leaving, next in {left} s ", cx.status.leaving.len()),
                styles.accent,
            ));
        }
        let marks = self.cursor.marks();
        if !marks.is_empty() {
            spans.push(Span::styled(
                format!(" {} {} marked ", cx.glyphs().mark, marks.len()),
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
                    self.cursor.selected() + 1,
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
        let marked = self.cursor.marks().contains(&item.id);
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

    fn empty(&self, cx: &Context) -> Empty {
        if let Some(error) = &self.error {
            return Empty::failed("The list", error);
        }
        if !self.loaded {
            return Empty::reading();
        }
        if !self.query.search.is_empty() {
            return Empty::nothing_found(&format!(
                "No open move has all the words \"{}\".",
                fit(&clean(&self.query.search), 40, cx.glyphs().cut)
            ));
        }
        if cx.status.open.all > 0 {
            return Empty::new("Nothing in this domain")
                .say(&format!("{} open in the others.", cx.status.open.all))
                .gap()
                .key(KeyAction::DomainAll, "show all domains");
        }
        match self.steps {
            Some(steps) if !(steps.people && steps.mailbox && steps.synced && steps.approved) => {
                tour(steps)
            }
            _ => Empty::new("All done for now")
                .say("New moves come up with new signals.")
                .gap()
                .key(KeyAction::Refresh, "look at the sources now")
                .key(KeyAction::UndoList, "see what was done")
                .gap()
                .command("caseyos contacts import FILE", "bring your contacts")
                .command("caseyos mail add maildir PATH", "add a mailbox")
                .command("caseyos signals add --file FILE", "add signals"),
        }
    }
}

/// The way from an empty installation to the first approved mail. What was done is ticked off; the next step is the first that is not.
fn tour(steps: FirstSteps) -> Empty {
    let mut empty = Empty::new("Five steps to the first answer")
        .say("Here stands what to do next and why. It fills from what happens: mails, forms, deals, meetings.")
        .gap()
        .step(1, true, "caseyos init", "an installation; done")
        .step(
            2,
            steps.people,
            "caseyos contacts import FILE",
            "whom you know: a CRM's export or vCards",
        )
        .step(
            3,
            steps.mailbox,
            "caseyos mail add maildir PATH",
            "where your mail is",
        );
    empty = empty
        .step_key(
            4,
            steps.synced,
            KeyAction::Refresh,
            "look at the sources: moves come up here",
        )
        .step_key(
            5,
            steps.approved,
            KeyAction::Approve,
            "approve the first move; it is shown before it goes, and can be taken back",
        );
    empty
        .gap()
        .key(
            KeyAction::Go(ScreenId::Contacts),
            "the people, once they are in",
        )
        .key(KeyAction::Palette, "everything that can be done")
        .command("caseyos demo", "try all of it on an invented world")
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

/// Returns the due time in words, with the style of its urgency.
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
