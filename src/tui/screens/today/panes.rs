//! The three panes beside the list: why, the draft, and what stands before it goes.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, Today, gate, why};
use crate::domain::action::{ActionKind, Means};
use crate::engine::queries::show::MoveDetail;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::ScreenId;
use crate::tui::keymap::KeyContext;
use crate::tui::text::{clean, fit, wrap};
use crate::tui::widgets::frame::{block, title};
use crate::tui::widgets::scroll;
use crate::tui::widgets::verdicts::deed_lines;

impl Today {
    /// Returns the lines of the three panes at this width.
    pub(super) fn contents(
        &self,
        detail: &MoveDetail,
        width: u16,
        cx: &Context,
    ) -> [Vec<Line<'static>>; 3] {
        let cells = usize::from(width.saturating_sub(4));
        [
            why::lines(detail, cells, cx),
            draft_lines(detail, cells, cx),
            gate::lines(detail, cells, cx),
        ]
    }

    pub(super) fn draw_panes(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let Some(detail) = self.current_detail().cloned() else {
            self.draw_without_detail(frame, area, cx);
            return;
        };
        let contents = self.contents(&detail, area.width, cx);
        let rects = self.stack(
            area,
            [0, 1, 2].map(|i: usize| contents.get(i).map_or(0, Vec::len)),
        );
        let titles = [
            format!("Why {}", detail.item.score),
            match &detail.draft {
                Some(draft) if draft.edited => format!("{}, edited by you", detail.heading),
                _ => detail.heading.to_owned(),
            },
            "Before it goes".to_owned(),
        ];
        let all = contents.into_iter().zip(rects).zip(titles);
        for ((focus, ((lines, rect), heading)), top) in
            Focus::PANES.into_iter().zip(all).zip(self.scroll)
        {
            let mut outer = block(title(&heading, cx), self.focus == focus, cx);
            if focus == Focus::Why {
                outer = outer.title(
                    Line::from(Span::styled(
                        format!(" #{} {} ", detail.item.id, detail.status),
                        cx.styles().muted,
                    ))
                    .alignment(Alignment::Right),
                );
            }
            let inner = outer.inner(rect);
            frame.render_widget(outer, rect);
            let inner = Rect {
                x: inner.x + 1,
                width: inner.width.saturating_sub(1),
                ..inner
            };
            scroll::lines(frame, inner, lines, top, cx);
        }
    }

    /// While a move is being read, what the list knows of it is shown; a frame without words would look like an error.
    fn draw_without_detail(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let styles = cx.styles();
        let outer = block(title("Why", cx), self.focus != Focus::List, cx);
        let inner = outer.inner(area);
        frame.render_widget(outer, area);
        let Some(item) = self.current() else {
            return;
        };
        let cells = usize::from(inner.width.saturating_sub(2));
        let mut lines = vec![
            Line::from(Span::styled(
                fit(&super::list::whom(item), cells, cx.glyphs().cut),
                styles.text.patch(Style::new().bold()),
            )),
            Line::from(Span::styled(
                fit(&clean(&item.because), cells, cx.glyphs().cut),
                styles.muted,
            )),
        ];
        if let Some(error) = self.details.error(item.id) {
            lines.push(Line::default());
            for line in wrap(&format!("It could not be read: {error}"), cells) {
                lines.push(Line::from(Span::styled(line, styles.bad)));
            }
            lines.push(Line::from(Span::styled(
                format!(
                    "{} tries again.",
                    cx.keymap
                        .key(KeyContext::On(ScreenId::Today), KeyAction::Refresh)
                ),
                styles.muted,
            )));
        }
        frame.render_widget(
            Paragraph::new(lines),
            Rect {
                x: inner.x + 1,
                width: inner.width.saturating_sub(2),
                ..inner
            },
        );
    }
}

/// Returns the draft as lines: its head, then its text.
pub(super) fn draft_lines(detail: &MoveDetail, cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let key = |action| cx.keymap.key(KeyContext::On(ScreenId::Today), action);
    if detail.means == Means::ByHand {
        let mut lines = vec![Line::from(Span::styled(
            fit(&clean(&detail.item.title), cells, cx.glyphs().cut),
            styles.text.patch(Style::new().bold()),
        ))];
        for line in wrap(&detail.item.because, cells) {
            lines.push(Line::from(Span::styled(line, styles.text)));
        }
        if let Some(why) = &detail.draft_problem {
            lines.push(Line::default());
            for line in wrap(&format!("Not from here: {}.", clean(why)), cells) {
                lines.push(Line::from(Span::styled(line, styles.muted)));
            }
        }
        lines.push(Line::default());
        if detail.item.action == ActionKind::ConfirmOptOut {
            lines.push(Line::from(vec![
                Span::styled(key(KeyAction::OptedOut), styles.key),
                Span::styled(" they opted out   ", styles.muted),
                Span::styled(key(KeyAction::NotOptedOut), styles.key),
                Span::styled(" they did not", styles.muted),
            ]));
            return lines;
        }
        lines.push(Line::from(vec![
            Span::styled(key(KeyAction::Approve), styles.key),
            Span::styled(" ticks it off   ", styles.muted),
            Span::styled(key(KeyAction::Outcome), styles.key),
            Span::styled(" records what came of it", styles.muted),
        ]));
        return lines;
    }
    if let Some(deed) = &detail.deed {
        return deed_lines(deed, cells, cx);
    }
    let Some(draft) = &detail.draft else {
        let problem = detail
            .draft_problem
            .as_deref()
            .unwrap_or("no draft was made");
        let what = detail.missing;
        let mut lines: Vec<Line<'static>> = wrap(&format!("{what}: {problem}"), cells)
            .into_iter()
            .map(|line| Line::from(Span::styled(line, styles.bad)))
            .collect();
        if detail.not_edited.is_empty() {
            lines.push(Line::from(vec![
                Span::styled(key(KeyAction::Edit), styles.key),
                Span::styled(" writes one", styles.muted),
            ]));
        }
        return lines;
    };
    let head = |name: &str, value: &str, style: Style| {
        Line::from(vec![
            Span::styled(format!("{name:<9}"), styles.muted),
            Span::styled(
                fit(&clean(value), cells.saturating_sub(9), cx.glyphs().cut),
                style,
            ),
        ])
    };
    let mut lines = vec![
        head("To", &draft.to, styles.text),
        head(
            "Subject",
            &draft.subject,
            styles.text.patch(Style::new().bold()),
        ),
    ];
    if draft.in_reply_to.is_some() {
        lines.push(head("", "in their thread", styles.faint));
    }
    lines.push(Line::default());
    for line in wrap(&draft.body, cells) {
        let style = if line.starts_with('>') {
            styles.muted
        } else {
            styles.text
        };
        lines.push(Line::from(Span::styled(line, style)));
    }
    lines
}
