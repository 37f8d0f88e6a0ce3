//! The line at the bottom: the keys that help most here, or what was just done; at its end what goes on in the background.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Job, Tone};
use crate::tui::keymap::{Chord, KeyContext};
use crate::tui::text::{clean, fit, width};
use crate::tui::widgets::bar;

/// The content of the line.
#[derive(Debug)]
pub enum Content<'a> {
    /// Keys and what they mean here.
    Keys(KeyContext, &'a [KeyAction]),
    /// Keys pressed so far and what may follow.
    Pending(&'a [Chord], &'a [(Chord, KeyAction)]),
    /// A sentence, and what can be done about it, which is never cut.
    Said(Tone, &'a str, &'a str),
}

fn hints(
    context: KeyContext,
    actions: &[KeyAction],
    cx: &Context,
) -> Vec<(Vec<Span<'static>>, KeyAction)> {
    actions
        .iter()
        .filter_map(|action| {
            let key = cx.keymap.key(context, *action);
            let word = match action {
                KeyAction::KillSwitch if cx.status.stopped() => "resume",
                other => other.short(),
            };
            (!key.is_empty()).then(|| {
                (
                    vec![
                        Span::styled(format!(" {key}"), cx.styles().key),
                        Span::styled(format!(" {word} "), cx.styles().muted),
                    ],
                    *action,
                )
            })
        })
        .collect()
}

fn background(cx: &Context) -> Vec<Span<'static>> {
    let (styles, status) = (cx.styles(), &cx.status);
    let busy = |text: String| {
        vec![
            Span::styled(format!(" {} ", cx.spinner()), styles.accent),
            Span::styled(format!("{text} "), styles.muted),
        ]
    };
    // Work whose extent is known has a gauge, with the key that stops it.
    if let Some((job, progress)) = status.jobs.iter().next() {
        let word = match job {
            Job::Sync => "syncing",
            Job::Import => "importing",
            Job::Look => "reading",
        };
        let gauge = match progress.of.filter(|of| *of > 0) {
            Some(of) => {
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a few cells long")]
                let share = progress.done as f64 / of as f64;
                format!(
                    "[{}] {:>3.0}%",
                    bar(share, 8, cx.glyphs().bar),
                    (share * 100.0).min(100.0)
                )
            }
            None if progress.done > 0 => progress.done.to_string(),
            None => String::new(),
        };
        let what = fit(&clean(&progress.what), 16, cx.glyphs().cut);
        let mut spans = busy(
            [word, what.as_str(), gauge.as_str()]
                .join(" ")
                .trim_end()
                .to_owned(),
        );
        let key = cx.keymap.key(KeyContext::Screen, KeyAction::Cancel);
        spans.push(Span::styled(key, styles.key));
        spans.push(Span::styled(" stops ", styles.muted));
        return spans;
    }
    match (status.running, status.syncing) {
        (0, false) => vec![
            Span::styled(format!(" {} ", cx.glyphs().idle), styles.good),
            Span::styled("idle ", styles.muted),
        ],
        (0, true) => busy("syncing".into()),
        (n, syncing) => busy(format!(
            "{n} running{}",
            if syncing { ", syncing" } else { "" }
        )),
    }
}

fn wide(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|s| width(&s.content)).sum()
}

/// Draws the line.
pub fn draw(frame: &mut Frame<'_>, area: Rect, content: &Content<'_>, cx: &Context) {
    let styles = cx.styles();
    let end = background(cx);
    let room = usize::from(area.width).saturating_sub(wide(&end));
    let mut line = Vec::new();
    match content {
        Content::Keys(context, actions) => {
            let mut used = 0;
            for (spans, _) in hints(*context, actions, cx) {
                used += wide(&spans);
                if used > room {
                    break;
                }
                line.extend(spans);
            }
        }
        Content::Pending(pressed, next) => {
            let pressed = pressed
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ");
            line.push(Span::styled(
                format!(" {pressed} {}", cx.glyphs().cut),
                styles.heading,
            ));
            // In full where all of it fits, else in a word each.
            let told = |word: fn(KeyAction) -> &'static str| -> Vec<Span<'static>> {
                next.iter()
                    .flat_map(|(key, action)| {
                        [
                            Span::styled(format!("  {key}"), styles.key),
                            Span::styled(format!(" {}", word(*action)), styles.muted),
                        ]
                    })
                    .collect()
            };
            let used = wide(&line);
            let full = told(KeyAction::title);
            line.extend(if used + wide(&full) <= room {
                full
            } else {
                told(KeyAction::short)
            });
        }
        Content::Said(tone, text, hint) => {
            let (sign, style) = match tone {
                Tone::Good => (cx.glyphs().pass, styles.good),
                Tone::Plain => (cx.glyphs().dot, styles.text),
                Tone::Warning => (cx.glyphs().wait, styles.warning),
                Tone::Bad => (cx.glyphs().refuse, styles.bad),
            };
            let hint = if hint.is_empty() {
                String::new()
            } else {
                format!("  {hint}")
            };
            let room = room.saturating_sub(width(&hint));
            line.push(Span::styled(
                fit(&format!(" {sign} {text}"), room, cx.glyphs().cut),
                style,
            ));
            line.push(Span::styled(hint, styles.muted));
        }
    }
    frame.render_widget(Paragraph::new(Line::from(line)), area);
    let length = u16::try_from(wide(&end)).unwrap_or(0).min(area.width);
    frame.render_widget(
        Paragraph::new(Line::from(end)),
        Rect {
            x: area.right() - length,
            width: length,
            ..area
        },
    );
}

/// Returns the action under a click at `column` of the keys.
#[must_use]
pub fn clicked(
    column: u16,
    area: Rect,
    context: KeyContext,
    actions: &[KeyAction],
    cx: &Context,
) -> Option<KeyAction> {
    let room = usize::from(area.width).saturating_sub(wide(&background(cx)));
    let mut x = 0;
    for (spans, action) in hints(context, actions, cx) {
        let end = x + wide(&spans);
        if end > room {
            return None;
        }
        if (x..end).contains(&usize::from(column.saturating_sub(area.x))) {
            return Some(action);
        }
        x = end;
    }
    None
}
