//! Why a move stands where it stands: the person, the terms that add up, what would put it first, and the evidence.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::list::whom;
use crate::domain::aps::Points;
use crate::engine::queries::show::MoveDetail;
use crate::tui::context::Context;
use crate::tui::text::{clean, fit, wrap};
use crate::tui::times;
use crate::tui::widgets::columns;

/// Returns the lines of the pane.
pub(super) fn lines(detail: &MoveDetail, cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    let mut lines = Vec::new();

    let mut who: Vec<String> = vec![whom(&detail.item)];
    who.extend([&detail.job_title, &detail.stage].map(|s| clean(s)));
    who.retain(|part| !part.is_empty());
    let between = format!(" {} ", glyphs.dot);
    if !who.is_empty() {
        lines.push(Line::from(Span::styled(
            fit(&who.join(&between), cells, glyphs.cut),
            styles.text.patch(Style::new().bold()),
        )));
    }
    let mut about = vec![
        clean(&detail.item.email),
        clean(&detail.deal),
        clean(&detail.time_zone),
    ];
    about.retain(|part| !part.is_empty());
    if !about.is_empty() {
        lines.push(Line::from(Span::styled(
            fit(&about.join(&between), cells, glyphs.cut),
            styles.muted,
        )));
    }
    if !lines.is_empty() {
        lines.push(Line::default());
    }

    // The components' column is as wide as the longest, so that the words beside them get the rest.
    let widest = detail
        .terms
        .iter()
        .filter_map(|term| term.component)
        .map(|component| short(component).len())
        .max()
        .unwrap_or(4);
    let numbers_end = 10 + widest + 14;
    let times = if glyphs.ascii { "x" } else { "×" };
    for term in &detail.terms {
        let numbers = match (term.component, term.weight) {
            (Some(component), Some(weight)) => {
                format!(
                    "{:>widest$} {times} {weight:>2.0} = {:>5}",
                    short(component),
                    term.points
                )
            }
            _ => format!(
                "{:>blank$} {:>5}",
                if term.points.0 < 0 { "-" } else { "+" },
                Points(term.points.0.abs()),
                blank = widest + 7,
            ),
        };
        let name = format!("{:<10}{numbers}  ", term.name.as_str());
        lines.extend(columns(
            &name,
            numbers_end + 1,
            styles.text,
            &term.evidence,
            styles.muted,
            cells,
        ));
    }
    if !detail.terms.is_empty() {
        lines.push(Line::from(vec![
            Span::styled(format!("{:<10}", "APS"), styles.heading),
            Span::styled(
                format!(
                    "{:>blank$}",
                    detail.item.score.to_string(),
                    blank = widest + 13
                ),
                styles.text.patch(Style::new().bold()),
            ),
            Span::styled(
                match detail.leader_score {
                    Some(leader) if leader > detail.item.score => {
                        format!("  the first has {leader}")
                    }
                    _ => String::new(),
                },
                styles.muted,
            ),
        ]));
    }
    if !detail.counterfactual.is_empty() {
        let ways: Vec<String> = detail
            .counterfactual
            .iter()
            .map(|c| c.words(|at| times::at(at, cx.now, &cx.zone)))
            .collect();
        for line in wrap(&format!("Would lead if {}.", ways.join(", or ")), cells) {
            lines.push(Line::from(Span::styled(line, styles.accent)));
        }
    }
    if !detail.evidence.is_empty() {
        lines.push(Line::default());
        for seen in &detail.evidence {
            let age = times::away(seen.occurred_at, cx.now);
            let text = if seen.summary.is_empty() {
                clean(&seen.kind)
            } else {
                format!(
                    "{} {} {}",
                    clean(&seen.kind),
                    glyphs.dot,
                    clean(&seen.summary)
                )
            };
            lines.extend(columns(
                &format!("{age:>8}  "),
                10,
                styles.muted,
                &text,
                styles.text,
                cells,
            ));
        }
    }
    let mut made = format!("{:>8}  made", times::away(detail.created_at, cx.now));
    if !detail.rule.is_empty() {
        made.push_str(&format!(" by the rule {}", clean(&detail.rule)));
    }
    lines.push(Line::from(Span::styled(
        fit(&made, cells, glyphs.cut),
        styles.faint,
    )));
    lines
}

/// Writes a component with two decimals, or as many as it has up to four, so that the line's product is what it says.
fn short(component: f64) -> String {
    let four = format!("{component:.4}");
    let trimmed = four.trim_end_matches('0');
    let decimals = trimmed
        .len()
        .saturating_sub(trimmed.find('.').unwrap_or(0) + 1);
    format!("{component:.*}", decimals.max(2))
}
