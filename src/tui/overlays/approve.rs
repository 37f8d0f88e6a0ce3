//! The question before an approval: the person, the content, the mode and the guards that hold it.
//!
//! Consent is bound to the hash of what is shown here. When the content changes while it is looked at, the new content is shown and has to
//! be confirmed anew.

use std::sync::Arc;

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::confirm::keys;
use crate::domain::action::Means;
use crate::domain::guard::GuardKind;
use crate::domain::id::MoveId;
use crate::engine::command::Command;
use crate::engine::queries::show::MoveDetail;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::message::{Effect, Message};
use crate::tui::text::{clean, fit, wrap};
use crate::tui::widgets::verdicts::{Outlook, deed_lines, verdict_lines};
use crate::tui::widgets::{popup, scroll};

const WIDTH: u16 = 86;

#[derive(Debug)]
struct Item {
    id: MoveId,
    title: String,
    detail: Option<Arc<MoveDetail>>,
    error: Option<String>,
}

impl Item {
    fn hash(&self) -> Option<&str> {
        let detail = self.detail.as_ref()?;
        match (&detail.draft, &detail.deed) {
            (Some(draft), _) => Some(draft.content_hash.as_str()),
            (None, Some(deed)) => Some(deed.content_hash.as_str()),
            (None, None) => None,
        }
    }
}

/// The question before an approval.
#[derive(Debug)]
pub struct Approve {
    items: Vec<Item>,
    changed: bool,
    top: usize,
}

impl Approve {
    /// Asks for these moves, each with its title and details if known.
    #[must_use]
    pub fn new(items: Vec<(MoveId, String, Option<Arc<MoveDetail>>)>) -> Self {
        Self {
            items: items
                .into_iter()
                .map(|(id, title, detail)| Item {
                    id,
                    title,
                    detail,
                    error: None,
                })
                .collect(),
            changed: false,
            top: 0,
        }
    }

    fn missing(&self) -> Vec<MoveId> {
        self.items
            .iter()
            .filter(|item| item.detail.is_none() && item.error.is_none())
            .map(|item| item.id)
            .collect()
    }

    fn confirm(&mut self, cx: &Context) -> Vec<Intent> {
        if !self.missing().is_empty() {
            return vec![Intent::Say(
                Tone::Plain,
                "Still being read; nothing was approved.".into(),
            )];
        }
        if std::mem::take(&mut self.changed) {
            return vec![Intent::Say(
                Tone::Warning,
                format!(
                    "The content changed while you looked at it. {} again approves what is shown now.",
                    cx.keymap.key(KeyContext::Confirm, KeyAction::Confirm)
                ),
            )];
        }
        let mut intents = vec![Intent::Close];
        for item in &self.items {
            let Some(detail) = &item.detail else {
                continue;
            };
            let command = match detail.means {
                Means::ByHand => Command::Done {
                    id: item.id,
                    note: String::new(),
                },
                Means::Mail | Means::Meeting | Means::Record => match item.hash().map(parse_hash) {
                    Some(Some(hash)) => Command::Approve {
                        id: item.id,
                        content_hash: Some(hash),
                        by: "operator".into(),
                    },
                    // Consent without knowing to what is none.
                    Some(None) | None => {
                        intents.push(Intent::Say(
                            Tone::Bad,
                            format!(
                                "{} was not approved: there is nothing to carry out yet.",
                                item.title
                            ),
                        ));
                        continue;
                    }
                },
            };
            intents.push(Intent::run(command));
        }
        intents
    }

    fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        match self.items.as_slice() {
            [one] => one_lines(one, cells, cx),
            many => many_lines(many, cells, cx),
        }
    }

    fn heading(&self) -> String {
        match self.items.as_slice() {
            [one] => {
                let by_hand = one
                    .detail
                    .as_ref()
                    .is_some_and(|d| d.means == Means::ByHand);
                format!(
                    "{}: {}",
                    if by_hand { "Tick off" } else { "Approve" },
                    one.title
                )
            }
            many => {
                let count = |means: Means| {
                    many.iter()
                        .filter(|i| i.detail.as_ref().is_some_and(|d| d.means == means))
                        .count()
                };
                let several =
                    |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
                let mut parts = vec![several(count(Means::Mail), "mail")];
                for (means, word) in [(Means::Meeting, "meeting"), (Means::Record, "record")] {
                    if count(means) > 0 {
                        parts.push(several(count(means), word));
                    }
                }
                parts.push(format!("{} by hand", count(Means::ByHand)));
                format!("Approve {} moves: {}", many.len(), parts.join(", "))
            }
        }
    }

    fn view(&self, area: Rect, cx: &Context) -> (Vec<Line<'static>>, Rect) {
        let width = WIDTH.min(area.width);
        let lines = self.lines(usize::from(width.saturating_sub(4)), cx);
        let wanted = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .saturating_add(5);
        let height = wanted.min(area.height.saturating_sub(2)).max(8);
        (
            lines,
            crate::tui::widgets::frame::middle(area, width, height),
        )
    }

    fn scroll(&mut self, by: isize, cx: &Context) {
        let (lines, outer) = self.view(cx.size, cx);
        let height = usize::from(outer.height.saturating_sub(4));
        self.top = scroll::moved(self.top, by, lines.len(), height);
    }
}

fn parse_hash(hex: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (i, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

fn waiting(item: &Item, cx: &Context) -> Line<'static> {
    match &item.error {
        Some(error) => Line::from(Span::styled(
            format!("It could not be read: {}", clean(error)),
            cx.styles().bad,
        )),
        None => Line::from(Span::styled("Reading…", cx.styles().muted)),
    }
}

fn one_lines(item: &Item, cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let Some(detail) = &item.detail else {
        return vec![waiting(item, cx)];
    };
    let mut lines = Outlook::of(detail, cx).lines(cells, cx);
    if let Some(draft) = &detail.draft {
        lines.push(Line::default());
        let head = |name: &str, value: &str, style: Style| {
            Line::from(vec![
                Span::styled(format!("{name:<9}"), styles.muted),
                Span::styled(
                    fit(&clean(value), cells.saturating_sub(9), cx.glyphs().cut),
                    style,
                ),
            ])
        };
        let bold = styles.text.patch(Style::new().bold());
        lines.push(head("From", &draft.from, styles.muted));
        lines.push(head("To", &draft.to, bold));
        lines.push(head("Subject", &draft.subject, bold));
        lines.push(Line::default());
        for line in wrap(&draft.body, cells) {
            lines.push(Line::from(Span::styled(line, styles.text)));
        }
    }
    if let Some(deed) = &detail.deed {
        lines.push(Line::default());
        lines.extend(deed_lines(deed, cells, cx));
    }
    let held: Vec<_> = detail
        .verdicts
        .iter()
        .filter(|v| !v.passed && v.guard != GuardKind::Approval)
        .cloned()
        .collect();
    if detail.means != Means::ByHand && !held.is_empty() {
        lines.push(Line::default());
        lines.extend(verdict_lines(&held, cells, cx));
    }
    lines
}

fn many_lines(items: &[Item], cells: usize, cx: &Context) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let mut lines = Vec::new();
    for item in items {
        lines.push(Line::from(Span::styled(
            fit(&item.title, cells, cx.glyphs().cut),
            styles.text.patch(Style::new().bold()),
        )));
        let Some(detail) = &item.detail else {
            lines.push(waiting(item, cx));
            continue;
        };
        if let Some(draft) = &detail.draft {
            lines.push(Line::from(Span::styled(
                fit(
                    &format!("  {}: {}", clean(&draft.to), clean(&draft.subject)),
                    cells,
                    cx.glyphs().cut,
                ),
                styles.muted,
            )));
        }
        if let Some(deed) = &detail.deed {
            lines.push(Line::from(Span::styled(
                fit(
                    &format!("  {}", clean(&deed.summary)),
                    cells,
                    cx.glyphs().cut,
                ),
                styles.muted,
            )));
        }
        let outlook = Outlook::of(detail, cx);
        lines.push(Line::from(Span::styled(
            fit(&format!("  {}", outlook.sentence), cells, cx.glyphs().cut),
            cx.tone(outlook.tone),
        )));
    }
    lines
}

impl Overlay for Approve {
    fn context(&self) -> KeyContext {
        KeyContext::Confirm
    }

    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => return self.confirm(cx),
            KeyAction::Back => return vec![Intent::Close],
            KeyAction::Down => self.scroll(1, cx),
            KeyAction::Up => self.scroll(-1, cx),
            KeyAction::HalfPageDown => self.scroll(8, cx),
            KeyAction::HalfPageUp => self.scroll(-8, cx),
            _ => {}
        }
        Vec::new()
    }

    fn receive(&mut self, message: &Message, _cx: &Context) -> Vec<Intent> {
        match message {
            Message::Shown { id, result } => {
                for item in self.items.iter_mut().filter(|item| item.id == *id) {
                    match result {
                        Ok(detail) => {
                            let before = item.hash().map(str::to_owned);
                            let known = item.detail.is_some();
                            item.detail = Some(Arc::clone(detail));
                            item.error = None;
                            if known && item.hash() != before.as_deref() {
                                self.changed = true;
                            }
                        }
                        Err(error) if item.detail.is_none() => item.error = Some(error.clone()),
                        Err(_) => {}
                    }
                }
                Vec::new()
            }
            // What approval leads to must be what holds now.
            Message::Changed => vec![Intent::Effect(Effect::Show(
                self.items.iter().map(|item| item.id).collect(),
            ))],
            Message::Tick { .. } => {
                let missing = self.missing();
                if missing.is_empty() {
                    Vec::new()
                } else {
                    vec![Intent::Effect(Effect::Show(missing))]
                }
            }
            _ => Vec::new(),
        }
    }

    fn mouse(&mut self, event: MouseEvent, _area: Rect, cx: &Context) -> Vec<Intent> {
        match event.kind {
            MouseEventKind::ScrollDown => self.scroll(3, cx),
            MouseEventKind::ScrollUp => self.scroll(-3, cx),
            _ => {}
        }
        Vec::new()
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back, KeyAction::Down]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let (lines, outer) = self.view(area, cx);
        let inner = popup(frame, area, outer.width, outer.height, &self.heading(), cx);
        if inner.height < 3 {
            return;
        }
        let text = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(1),
            height: inner.height - 2,
            ..inner
        };
        scroll::lines(frame, text, lines, self.top, cx);
        let bottom = Rect {
            y: inner.bottom() - 1,
            height: 1,
            ..inner
        };
        let ask = if self.changed {
            Line::from(Span::styled(
                " The content changed just now: look again.",
                cx.styles().warning,
            ))
        } else {
            let by_hand = self.items.iter().all(|item| {
                item.detail
                    .as_ref()
                    .is_some_and(|d| d.means == Means::ByHand)
            });
            keys(
                if by_hand { "ticks off" } else { "approves" },
                "leaves it as it is",
                cx,
            )
        };
        frame.render_widget(Paragraph::new(ask), bottom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_whole_or_not_at_all() {
        assert_eq!(parse_hash(&"ab".repeat(32)), Some([0xab; 32]));
        assert_eq!(parse_hash(&"ab".repeat(31)), None);
        assert_eq!(parse_hash(&"zz".repeat(32)), None);
        assert_eq!(parse_hash(&"é".repeat(32)), None);
    }
}
