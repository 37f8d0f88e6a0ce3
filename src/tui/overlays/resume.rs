//! The question before a resume: the mail that would leave, with its times.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::confirm::keys;
use crate::domain::guard::KillSwitch;
use crate::engine::command::Command;
use crate::engine::queries::outbox::OutboxItem;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::looks::Answer;
use crate::tui::message::{Effect, Message};
use crate::tui::text::{clean, fit, wrap};
use crate::tui::times;
use crate::tui::widgets::popup;
use crate::tui::widgets::status::stopped_because;

const WIDTH: u16 = 76;
/// Messages that are named; the rest is counted.
const NAMED: usize = 8;

/// The question before a resume.
#[derive(Debug, Default)]
pub struct Resume {
    waiting: Option<Answer<Vec<OutboxItem>>>,
}

/// Returns the wishes of the kill switch's key: a stop takes one key, a resume is asked first.
#[must_use]
pub fn kill_switch(cx: &Context) -> Vec<Intent> {
    if !cx.status.known {
        return Vec::new();
    }
    if matches!(cx.status.kill_switch, KillSwitch::Running) {
        return vec![Intent::run(Command::Stop {
            reason: "stopped in the terminal".into(),
        })];
    }
    vec![
        Intent::Open(Box::new(Resume::default())),
        Intent::Effect(Effect::Waiting),
    ]
}

impl Resume {
    fn lines(&self, cells: usize, cx: &Context) -> Vec<Line<'static>> {
        let styles = cx.styles();
        let plain =
            |text: String, style: Style| Line::from(Span::styled(format!(" {text}"), style));
        let mut lines: Vec<Line<'static>> = wrap(&stopped_because(cx), cells)
            .into_iter()
            .map(|line| plain(line, styles.text))
            .collect();
        lines.push(Line::default());
        match &self.waiting {
            None => lines.push(plain("What waits is being read.".into(), styles.muted)),
            Some(Err(error)) => lines.extend(
                wrap(
                    &format!("What waits could not be read: {}", clean(error)),
                    cells,
                )
                .into_iter()
                .map(|line| plain(line, styles.bad)),
            ),
            Some(Ok(items)) if items.is_empty() => {
                lines.push(plain("Nothing waits.".into(), styles.muted));
            }
            Some(Ok(items)) => {
                lines.push(plain(
                    format!("{} approved and waiting. Then leaves:", items.len()),
                    styles.text,
                ));
                for item in items.iter().take(NAMED) {
                    let when = item.leaves_at.map_or_else(
                        || "not yet".to_owned(),
                        |at| times::both(at, cx.now, &cx.zone),
                    );
                    let whom = if item.to.is_empty() {
                        &item.contact
                    } else {
                        &item.to
                    };
                    let text = format!("{}: {}", clean(whom), clean(&item.subject));
                    lines.push(Line::from(vec![
                        Span::styled(
                            format!(" {:<20} ", fit(&when, 20, cx.glyphs().cut)),
                            styles.muted,
                        ),
                        Span::styled(
                            fit(&text, cells.saturating_sub(22), cx.glyphs().cut),
                            styles.text,
                        ),
                    ]));
                }
                if let Some(more) = items.len().checked_sub(NAMED).filter(|more| *more > 0) {
                    lines.push(plain(format!("and {more} more"), styles.muted));
                }
            }
        }
        lines
    }
}

impl Overlay for Resume {
    fn context(&self) -> KeyContext {
        KeyContext::Confirm
    }

    fn act(&mut self, action: KeyAction, _cx: &Context) -> Vec<Intent> {
        match action {
            // Nobody consents to what was not shown.
            KeyAction::Confirm if self.waiting.is_none() => vec![Intent::Say(
                Tone::Plain,
                "What waits is still being read; nothing was let out.".into(),
            )],
            KeyAction::Confirm => vec![Intent::Close, Intent::run(Command::Resume)],
            KeyAction::Back => vec![Intent::Close],
            _ => Vec::new(),
        }
    }

    fn receive(&mut self, message: &Message, _cx: &Context) -> Vec<Intent> {
        match message {
            Message::Waits(answer) => {
                self.waiting = Some(answer.clone());
                Vec::new()
            }
            Message::Changed => vec![Intent::Effect(Effect::Waiting)],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let cells = usize::from(WIDTH.min(area.width).saturating_sub(4));
        let mut lines = self.lines(cells, cx);
        let height = u16::try_from(lines.len()).unwrap_or(8) + 4;
        let inner = popup(frame, area, WIDTH, height, "Resume sending", cx);
        lines.push(Line::default());
        lines.push(keys("yes", "leave it as it is", cx));
        frame.render_widget(Paragraph::new(lines), inner);
    }
}
