//! One deal: what is known of it, its moves and its history.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Pipeline;
use super::layout::areas;
use crate::tui::context::Context;
use crate::tui::parts::TextPane;
use crate::tui::text::{clean, fit};
use crate::tui::times;
use crate::tui::widgets::{body, columns};

impl Pipeline {
    pub(super) fn draw_deal(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (facts, history) = areas(body(cx.size).intersection(area));
        let (cells, _) = TextPane::room(facts);
        let lines = self.deal_lines(cells, cx);
        TextPane::default().draw(frame, facts, "Deal", false, lines, cx);
        self.history.draw(frame, history, true, cx);
    }

    fn deal_lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let styles = cx.styles();
        let Some(deal) = self.current() else {
            return Vec::new();
        };
        let mut lines = vec![Line::from(Span::styled(
            fit(&clean(&deal.name), cells, cx.glyphs().cut),
            styles.text.patch(Style::new().bold()),
        ))];
        let at = |at: jiff::Timestamp| times::both(at, cx.now, &cx.zone);
        let stage = self
            .deal
            .as_ref()
            .map_or_else(|| deal.stage.clone(), |card| card.stage_title.clone());
        let stage = if deal.pipeline == "default" {
            stage
        } else {
            format!("{stage}, {}", deal.pipeline)
        };
        let amount = deal.amount.map_or_else(
            || "unknown".to_owned(),
            |amount| format!("{amount:.2} {}", deal.currency),
        );
        for (label, value) in [
            ("amount", amount),
            ("stage", stage),
            ("person", deal.contact.clone()),
            ("mail", deal.email.clone()),
            ("firm", deal.company.clone()),
            ("changed", at(deal.changed_at)),
            ("expires", deal.expires_at.map(at).unwrap_or_default()),
            ("renewal", deal.renewal_at.map(at).unwrap_or_default()),
        ] {
            if !value.is_empty() {
                lines.extend(columns(
                    label,
                    10,
                    styles.muted,
                    &clean(&value),
                    styles.text,
                    cells,
                ));
            }
        }
        let moves = self.deal.as_ref().map(|card| card.moves.as_slice());
        for mv in moves.unwrap_or_default() {
            let style = if mv.status.is_standing() {
                styles.accent
            } else {
                styles.faint
            };
            lines.extend(columns(
                &format!("#{}", mv.id),
                10,
                style,
                &format!(
                    "{} {} {}{}",
                    clean(&mv.title),
                    cx.glyphs().dot,
                    mv.status,
                    if mv.status.is_standing() {
                        format!(", due {}", times::at(mv.due_at, cx.now, &cx.zone))
                    } else {
                        String::new()
                    }
                ),
                style,
                cells,
            ));
        }
        lines
    }
}
