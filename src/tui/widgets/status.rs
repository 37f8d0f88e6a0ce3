//! The line at the top: which screen or which moves are shown, what approval leads to, what was sent of what may be, and how fresh it all is.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::signal::Domain;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::ScreenId;
use crate::tui::keymap::KeyContext;
use crate::tui::text::width;
use crate::tui::times;

/// One tab: the domain, its name, its count and what leads to it.
fn tabs(cx: &Context) -> [(Option<Domain>, &'static str, u64, KeyAction); 4] {
    let open = &cx.status.open;
    [
        (None, "All", open.all, KeyAction::DomainAll),
        (
            Some(Domain::Sales),
            "Sales",
            open.sales,
            KeyAction::DomainSales,
        ),
        (
            Some(Domain::Marketing),
            "Marketing",
            open.marketing,
            KeyAction::DomainMarketing,
        ),
        (Some(Domain::Cs), "CS", open.cs, KeyAction::DomainCs),
    ]
}

/// Returns the word for what approval leads to, and its style.
#[must_use]
pub fn mode_word(cx: &Context) -> (&'static str, Style) {
    let styles = cx.styles();
    if cx.status.stopped() {
        return ("STOPPED", styles.stopped);
    }
    if cx.status.clock.is_some() {
        return ("CLOCK?", styles.stopped);
    }
    match cx.status.mode {
        Mode::Live => ("LIVE", styles.live),
        Mode::Draft => ("DRAFT", styles.draft),
        Mode::DryRun => ("DRY-RUN", styles.dry_run),
    }
}

/// A piece of the line and what a click on it means.
type Piece = (Span<'static>, Option<KeyAction>);

/// From this width on the screens stand behind the domains, and below it the other screens' names are left out.
const ROOMY: u16 = 160;
const SCREENS_FIT: u16 = 110;

fn separator(cx: &Context) -> Piece {
    let sign = if cx.glyphs().ascii { "|" } else { "│" };
    (Span::styled(sign, cx.styles().border), None)
}

/// One tab. The chosen one is bold as well, for where there is no colour.
fn tab(
    key: Option<String>,
    text: String,
    chosen: bool,
    action: KeyAction,
    cx: &Context,
) -> Vec<Piece> {
    let styles = cx.styles();
    let style = if chosen {
        styles.selected
    } else {
        styles.muted
    };
    let mut spans = Vec::new();
    if let Some(key) = key {
        let key_style = if chosen {
            style.patch(styles.key)
        } else {
            styles.key
        };
        spans.push((Span::styled(format!(" {key}"), key_style), Some(action)));
    }
    let style = if chosen {
        style.patch(Style::new().bold())
    } else {
        style
    };
    spans.push((Span::styled(format!(" {text} "), style), Some(action)));
    spans
}

fn domains(cx: &Context, area: Rect) -> Vec<Piece> {
    let mut spans = Vec::new();
    for (i, (domain, name, count, action)) in tabs(cx).into_iter().enumerate() {
        if i > 0 {
            spans.push(separator(cx));
        }
        let key = cx.keymap.key(KeyContext::On(ScreenId::Today), action);
        let name = match (area.width < 90, name) {
            (true, "Marketing") => "Mktg",
            (_, name) => name,
        };
        let count = if cx.status.known {
            count.to_string()
        } else {
            cx.glyphs().cut.to_owned()
        };
        let chosen = cx.status.domain == domain;
        spans.extend(tab(
            Some(key),
            format!("{name} {count}"),
            chosen,
            action,
            cx,
        ));
    }
    spans
}

fn screens(cx: &Context, shown: impl Fn(ScreenId) -> bool) -> Vec<Piece> {
    let mut spans = Vec::new();
    for screen in ScreenId::ALL
        .iter()
        .copied()
        .filter(|screen| shown(*screen))
    {
        if !spans.is_empty() {
            spans.push(separator(cx));
        }
        let name = match screen {
            ScreenId::Today if cx.status.known => format!("Today {}", cx.status.open.all),
            other => other.name().to_owned(),
        };
        spans.extend(tab(
            None,
            name,
            cx.screen == screen,
            KeyAction::Go(screen),
            cx,
        ));
    }
    spans
}

fn left(cx: &Context, area: Rect) -> Vec<Piece> {
    let styles = cx.styles();
    let mut spans: Vec<Piece> = Vec::new();
    if area.width >= 90 {
        spans.push((
            Span::styled(" CaseyOS  ", styles.accent),
            Some(KeyAction::Screens),
        ));
    }
    if cx.screen == ScreenId::Today {
        spans.extend(domains(cx, area));
        if area.width >= ROOMY {
            spans.push((Span::raw("   "), None));
            spans.extend(screens(cx, |id| id != ScreenId::Today));
        }
    } else if area.width >= SCREENS_FIT {
        spans.extend(screens(cx, |_| true));
    } else {
        spans.extend(screens(cx, |id| id == ScreenId::Today || id == cx.screen));
        spans.push(separator(cx));
        spans.push((
            Span::styled(format!(" {} ", cx.glyphs().cut), styles.muted),
            Some(KeyAction::Screens),
        ));
    }
    spans
}

/// Returns the parts at the right; the first are dropped first where there is no room.
fn right(cx: &Context) -> Vec<Vec<Span<'static>>> {
    let (styles, status) = (cx.styles(), &cx.status);
    let mut parts = Vec::new();
    if status.known {
        if status.waiting > 0 {
            parts.push(vec![Span::styled(
                format!("{} queued", status.waiting),
                styles.warning,
            )]);
        }
        let full = status.sent >= status.sent_cap;
        parts.push(vec![Span::styled(
            format!("sent {}/{}", status.sent, status.sent_cap),
            if full { styles.warning } else { styles.muted },
        )]);
        parts.push(vec![synced(status.synced_at, cx)]);
    }
    if !status.problems.is_empty() {
        let key = cx
            .keymap
            .key(KeyContext::On(ScreenId::Today), KeyAction::Problems);
        let many = status.problems.len();
        parts.push(vec![
            Span::styled(
                format!(
                    "{} {many} problem{} ",
                    cx.glyphs().alert,
                    if many == 1 { "" } else { "s" }
                ),
                styles.bad,
            ),
            Span::styled(key, styles.key),
        ]);
    }
    if status.known {
        let (word, style) = mode_word(cx);
        parts.push(vec![Span::styled(format!(" {word} "), style)]);
    }
    parts.push(vec![Span::styled(
        times::clock(cx.now, &cx.zone),
        styles.text,
    )]);
    parts
}

fn synced(at: Option<Timestamp>, cx: &Context) -> Span<'static> {
    let styles = cx.styles();
    match at {
        None => Span::styled("never synced", styles.warning),
        Some(at) => {
            let age = cx.now.duration_since(at);
            let text = if age.as_secs() < 60 {
                "synced just now".to_owned()
            } else {
                format!("synced {} ago", times::span(age))
            };
            // Lag is healthy below five minutes and failing above fifteen.
            Span::styled(
                text,
                if age.as_secs() < 900 {
                    styles.muted
                } else {
                    styles.warning
                },
            )
        }
    }
}

/// Draws the line.
pub fn draw(frame: &mut Frame<'_>, area: Rect, cx: &Context) {
    let left: Vec<Span<'static>> = left(cx, area).into_iter().map(|(span, _)| span).collect();
    let used: usize = left.iter().map(|s| width(&s.content)).sum();
    let room = usize::from(area.width).saturating_sub(used + 2);
    let mut parts = right(cx);
    let length = |parts: &[Vec<Span<'static>>]| -> usize {
        parts
            .iter()
            .map(|p| p.iter().map(|s| width(&s.content)).sum::<usize>() + 3)
            .sum::<usize>()
            .saturating_sub(2)
    };
    // The mode is the last to go, the clock the last before it: what approval leads to must always be seen.
    while parts.len() > 2 && length(&parts) > room {
        parts.remove(0);
    }
    if length(&parts) > room && cx.status.known {
        parts.pop();
    }
    let mut line: Vec<Span<'static>> = Vec::new();
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            line.push(Span::styled(
                format!(" {} ", cx.glyphs().dot),
                cx.styles().faint,
            ));
        }
        line.extend(part);
    }
    line.push(Span::raw(" "));
    frame.render_widget(Paragraph::new(Line::from(left)), area);
    let wide: usize = line.iter().map(|s| width(&s.content)).sum();
    let wide = u16::try_from(wide).unwrap_or(0).min(area.width);
    let at = Rect {
        x: area.right() - wide,
        width: wide,
        ..area
    };
    if usize::from(wide) + used <= usize::from(area.width) {
        frame.render_widget(Paragraph::new(Line::from(line)), at);
    }
}

/// Returns the action under a click at `column` of the line.
#[must_use]
pub fn clicked(column: u16, area: Rect, cx: &Context) -> Option<KeyAction> {
    let mut x = usize::from(area.x);
    for (span, action) in left(cx, area) {
        let end = x + width(&span.content);
        if (x..end).contains(&usize::from(column)) {
            return action;
        }
        x = end;
    }
    None
}

/// Returns the reason for the stop, as a sentence.
#[must_use]
pub fn stopped_because(cx: &Context) -> String {
    match &cx.status.kill_switch {
        KillSwitch::Running => "Nothing is stopped.".into(),
        KillSwitch::Stopped { reason, since } => format!(
            "Everything outward is stopped since {}{}.",
            times::both(*since, cx.now, &cx.zone),
            if reason.is_empty() {
                String::new()
            } else {
                format!(": {}", crate::tui::text::clean(reason))
            }
        ),
        KillSwitch::Unreadable => "The kill switch cannot be read, which counts as stopped.".into(),
    }
}
