//! Before it goes: what approval would lead to now, what each guard says, and what was carried out already.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::why::columns;
use crate::domain::action::Means;
use crate::domain::guard::{GuardKind, Mode, Verdict, binding};
use crate::engine::queries::show::MoveDetail;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
use crate::tui::message::Tone;
use crate::tui::text::{clean, wrap};
use crate::tui::times;
use crate::tui::widgets::status::mode_word;

/// What approval would lead to if it were given now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// How to take it.
    pub tone: Tone,
    /// The mode, as a word.
    pub word: String,
    /// A sentence.
    pub sentence: String,
}

impl Outlook {
    /// Looks at a move as the guards see it now.
    #[must_use]
    pub fn of(detail: &MoveDetail, cx: &Context) -> Self {
        let make = |tone, word: &str, sentence: String| Self {
            tone,
            word: word.into(),
            sentence,
        };
        if detail.means == Means::ByHand {
            return make(
                Tone::Plain,
                "BY HAND",
                "You do it yourself; approval ticks it off. Nothing is sent.".into(),
            );
        }
        let (word, _) = mode_word(cx);
        if detail.draft.is_none() && detail.deed.is_none() {
            let problem = detail.draft_problem.as_deref().map_or_else(
                || "There is no draft.".to_owned(),
                |p| format!("There is no draft: {}.", clean(p).trim_end_matches('.')),
            );
            return make(Tone::Bad, word, problem);
        }
        // Consent is what approval gives, so its absence holds nothing up.
        let others: Vec<Verdict> = detail
            .verdicts
            .iter()
            .filter(|v| v.guard != GuardKind::Approval)
            .filter(|v| !(v.guard == GuardKind::Mode && cx.status.mode == Mode::DryRun))
            .cloned()
            .collect();
        if let Some(refusal) = binding(&others) {
            let detail = clean(&refusal.detail);
            let detail = detail.trim_end_matches('.');
            return match refusal.clears_at {
                Some(at) => make(
                    Tone::Warning,
                    word,
                    format!(
                        "Approval is kept and it waits until {}: {detail}.",
                        times::both(at, cx.now, &cx.zone)
                    ),
                ),
                None => make(
                    Tone::Bad,
                    word,
                    format!("Refused by {}: {detail}.", name(refusal.guard)),
                ),
            };
        }
        let what = match detail.means {
            Means::Meeting => Some("The meeting is booked and they are invited; u takes it back."),
            Means::Record => Some("It is written to HubSpot; u takes it back."),
            Means::Mail | Means::ByHand => None,
        };
        match cx.status.mode {
            Mode::Live if what.is_some() => make(Tone::Good, word, what.unwrap_or_default().into()),
            Mode::Live => make(
                Tone::Good,
                word,
                "It is sent; u takes it back until it leaves.".into(),
            ),
            Mode::Draft => make(
                Tone::Good,
                word,
                "It is put into the Drafts folder; nothing leaves.".into(),
            ),
            Mode::DryRun => make(
                Tone::Plain,
                word,
                if what.is_some() {
                    "The exact request is shown; nothing is written.".into()
                } else {
                    "The exact message is shown; nothing is written.".into()
                },
            ),
        }
    }

    /// Returns the style of the sentence.
    #[must_use]
    pub fn style(&self, cx: &Context) -> Style {
        let styles = cx.styles();
        match self.tone {
            Tone::Good => styles.good,
            Tone::Plain => styles.text,
            Tone::Warning => styles.warning,
            Tone::Bad => styles.bad,
        }
    }

    /// Returns the word and the sentence as lines.
    #[must_use]
    pub fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let badge = if self.word == "BY HAND" {
            cx.styles().mark
        } else {
            mode_word(cx).1
        };
        let column = self.word.chars().count() + 3;
        let room = cells.saturating_sub(column).max(8);
        wrap(&self.sentence, room)
            .into_iter()
            .enumerate()
            .map(|(i, line)| {
                let before = if i == 0 {
                    vec![
                        Span::styled(format!(" {} ", self.word), badge),
                        Span::raw(" "),
                    ]
                } else {
                    vec![Span::raw(" ".repeat(column))]
                };
                Line::from(
                    before
                        .into_iter()
                        .chain([Span::styled(line, self.style(cx))])
                        .collect::<Vec<_>>(),
                )
            })
            .collect()
    }
}

fn name(guard: GuardKind) -> &'static str {
    match guard {
        GuardKind::Idempotency => "once only",
        GuardKind::KillSwitch => "kill switch",
        GuardKind::Approval => "approval",
        GuardKind::Suppression => "suppression",
        GuardKind::RateLimits => "rate limits",
        GuardKind::SendWindow => "send window",
        GuardKind::Mode => "mode",
        GuardKind::ConnectorHealth => "connection",
    }
}

/// Returns a line or more for each verdict: a sign, the guard and why.
pub fn verdict_lines(verdicts: &[Verdict], cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let (styles, glyphs) = (cx.styles(), cx.glyphs());
    let mut lines = Vec::new();
    for verdict in verdicts {
        let (sign, style) = if verdict.passed {
            (glyphs.pass, styles.good)
        } else if verdict.clears_at.is_some() || verdict.guard == GuardKind::Approval {
            (glyphs.wait, styles.warning)
        } else {
            (glyphs.refuse, styles.bad)
        };
        let mut detail = clean(&verdict.detail);
        if !verdict.passed && verdict.guard == GuardKind::Approval && detail == "not approved yet" {
            let key = cx.keymap.key(KeyContext::Today, KeyAction::Approve);
            detail = format!("yours to give: {key}");
        }
        if let Some(at) = verdict.clears_at {
            detail.push_str(&format!("; clears {}", times::both(at, cx.now, &cx.zone)));
        }
        let text = if verdict.passed { styles.muted } else { style };
        let room = cells.saturating_sub(15).max(8);
        for (i, line) in wrap(&detail, room).into_iter().enumerate() {
            lines.push(if i == 0 {
                Line::from(vec![
                    Span::styled(format!("{sign} "), style),
                    Span::styled(format!("{:<13}", name(verdict.guard)), styles.text),
                    Span::styled(line, text),
                ])
            } else {
                Line::from(vec![Span::raw(" ".repeat(15)), Span::styled(line, text)])
            });
        }
    }
    lines
}

/// Returns the lines of the pane.
pub(super) fn lines(detail: &MoveDetail, cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let mut lines = Outlook::of(detail, cx).lines(cells, cx);
    if detail.means != Means::ByHand {
        // What passes and has nothing to say shares a line; what counts, waits or refuses has its own.
        let (plain, telling): (Vec<Verdict>, Vec<Verdict>) =
            detail.verdicts.iter().cloned().partition(|v| {
                v.passed && !matches!(v.guard, GuardKind::RateLimits | GuardKind::SendWindow)
            });
        lines.extend(verdict_lines(&telling, cells, cx));
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut used = 0;
        for verdict in plain {
            let text = format!("{} {}  ", cx.glyphs().pass, name(verdict.guard));
            let wide = crate::tui::text::width(&text);
            if used + wide > cells && used > 0 {
                lines.push(Line::from(std::mem::take(&mut spans)));
                used = 0;
            }
            used += wide;
            spans.push(Span::styled(format!("{} ", cx.glyphs().pass), styles.good));
            spans.push(Span::styled(
                format!("{}  ", name(verdict.guard)),
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
