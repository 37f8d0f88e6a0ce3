//! An approval ahead, in lines: the outlook, the guards' verdicts, the parts of the deed.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::status::mode_word;
use crate::domain::action::Means;
use crate::domain::guard::{GuardKind, Mode, Verdict, binding};
use crate::domain::moves::MoveStatus;
use crate::engine::queries::show::{DeedView, MoveDetail};
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{ScreenId, Tone};
use crate::tui::keymap::KeyContext;
use crate::tui::text::{clean, fit, wrap};
use crate::tui::times;

/// The outlook of an approval given now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The tone.
    pub tone: Tone,
    /// True if the operator does it; then no mode has a say.
    pub is_by_hand: bool,
    /// The mode, as a word.
    pub word: String,
    /// A sentence.
    pub sentence: String,
}

impl Outlook {
    /// Looks at a move as the guards see it now.
    #[must_use]
    pub fn of(detail: &MoveDetail, cx: &Context) -> Self {
        let is_by_hand = detail.means == Means::ByHand;
        let make = |tone, word: &str, sentence: String| Self {
            tone,
            is_by_hand,
            word: word.into(),
            sentence,
        };
        if is_by_hand {
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
                    format!("Refused by {}: {detail}.", refusal.guard.words()),
                ),
            };
        }
        let what = Some(detail.after).filter(|after| !after.is_empty());
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

    /// Returns the word and the sentence as lines.
    #[must_use]
    pub fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let badge = if self.is_by_hand {
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
                        .chain([Span::styled(line, cx.tone(self.tone))])
                        .collect::<Vec<_>>(),
                )
            })
            .collect()
    }
}

/// Tells whether a move's approval is still to be given.
#[must_use]
pub const fn is_ahead(status: MoveStatus) -> bool {
    matches!(status, MoveStatus::Open | MoveStatus::Snoozed)
}

/// Returns the verdicts about an approval that is still to be given: where consent is missing, the key that gives it is named.
#[must_use]
pub fn yours_to_give(verdicts: &[Verdict], cx: &Context) -> Vec<Verdict> {
    let key = cx
        .keymap
        .key(KeyContext::On(ScreenId::Today), KeyAction::Approve);
    let mut verdicts = verdicts.to_vec();
    for verdict in &mut verdicts {
        if verdict.guard == GuardKind::Approval && !verdict.passed {
            verdict.detail = format!("yours to give: {key}");
        }
    }
    verdicts
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
        if let Some(at) = verdict.clears_at {
            detail.push_str(&format!("; clears {}", times::both(at, cx.now, &cx.zone)));
        }
        let text = if verdict.passed { styles.muted } else { style };
        let room = cells.saturating_sub(15).max(8);
        for (i, line) in wrap(&detail, room).into_iter().enumerate() {
            lines.push(if i == 0 {
                Line::from(vec![
                    Span::styled(format!("{sign} "), style),
                    Span::styled(format!("{:<13}", verdict.guard.words()), styles.text),
                    Span::styled(line, text),
                ])
            } else {
                Line::from(vec![Span::raw(" ".repeat(15)), Span::styled(line, text)])
            });
        }
    }
    lines
}

/// Returns the deed of an approval without mail, a line or more for each part.
pub fn deed_lines(deed: &DeedView, cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let bold = styles.text.patch(Style::new().bold());
    let mut lines: Vec<Line<'static>> = wrap(&clean(&deed.summary), cells)
        .into_iter()
        .map(|line| Line::from(Span::styled(line, bold)))
        .collect();
    lines.push(Line::default());
    let room = cells.saturating_sub(10).max(8);
    let undo = ("undo".to_owned(), deed.undo.clone(), styles.muted);
    let parts = deed
        .parts
        .iter()
        .map(|part| (part.name.clone(), part.value.clone(), styles.text));
    for (name, value, style) in parts.chain([undo]) {
        for (i, line) in wrap(&value, room).into_iter().enumerate() {
            let head = if i == 0 { clean(&name) } else { String::new() };
            let head = fit(&head, 9, cx.glyphs().cut);
            lines.push(Line::from(vec![
                Span::styled(format!("{head:<10}"), styles.muted),
                Span::styled(line, style),
            ]));
        }
    }
    lines
}
