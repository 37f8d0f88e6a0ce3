//! Before it goes: what approval would lead to now, what each guard says, and what was carried out already.

use ratatui::text::{Line, Span};

use crate::domain::action::Means;
use crate::domain::guard::{GuardKind, Verdict};
use crate::engine::queries::show::MoveDetail;
use crate::tui::context::Context;
use crate::tui::text::clean;
use crate::tui::times;
use crate::tui::widgets::columns;
use crate::tui::widgets::verdicts::{Outlook, is_ahead, verdict_lines, yours_to_give};

/// Returns the lines of the pane.
pub(super) fn lines(detail: &MoveDetail, cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let mut lines = Outlook::of(detail, cx).lines(cells, cx);
    if detail.means != Means::ByHand {
        // What passes and has nothing to say shares a line; what counts, waits or refuses has its own.
        let verdicts = if is_ahead(detail.status) {
            yours_to_give(&detail.verdicts, cx)
        } else {
            detail.verdicts.clone()
        };
        let (plain, telling): (Vec<Verdict>, Vec<Verdict>) = verdicts.into_iter().partition(|v| {
            v.passed && !matches!(v.guard, GuardKind::RateLimits | GuardKind::SendWindow)
        });
        lines.extend(verdict_lines(&telling, cells, cx));
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut used = 0;
        for verdict in plain {
            let text = format!("{} {}  ", cx.glyphs().pass, verdict.guard.words());
            let wide = crate::tui::text::width(&text);
            if used + wide > cells && used > 0 {
                lines.push(Line::from(std::mem::take(&mut spans)));
                used = 0;
            }
            used += wide;
            spans.push(Span::styled(format!("{} ", cx.glyphs().pass), styles.good));
            spans.push(Span::styled(
                format!("{}  ", verdict.guard.words()),
                styles.muted,
            ));
        }
        if !spans.is_empty() {
            lines.push(Line::from(spans));
        }
    }
    for execution in &detail.executions {
        let at = execution.settled_at.unwrap_or(execution.approved_at);
        let text = format!(
            "{}{}{}",
            times::both(at, cx.now, &cx.zone),
            if execution.location.is_empty() {
                String::new()
            } else {
                format!(" {} {}", cx.glyphs().dot, clean(&execution.location))
            },
            if execution.error.is_empty() {
                String::new()
            } else {
                format!(" {} {}", cx.glyphs().dot, clean(&execution.error))
            },
        );
        lines.extend(columns(
            &format!("{} ", clean(&execution.status)),
            15,
            styles.accent,
            &text,
            styles.muted,
            cells,
        ));
    }
    lines
}
