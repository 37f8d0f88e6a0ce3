//! A question with a yes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::KeyContext;
use crate::tui::text::wrap;
use crate::tui::widgets::popup;

const WIDTH: u16 = 64;

/// A question with a yes.
#[derive(Debug)]
pub struct Confirm {
    heading: String,
    text: String,
    /// The wishes that a yes releases; taken out, so that no second yes repeats them.
    yes: Option<Intent>,
    /// True if the overlay below closes as well.
    closes_below: bool,
}

impl Confirm {
    /// Asks `text`; a yes releases `yes`.
    #[must_use]
    pub fn new(heading: &str, text: &str, yes: Intent) -> Self {
        Self {
            heading: heading.to_owned(),
            text: text.to_owned(),
            yes: Some(yes),
            closes_below: false,
        }
    }

    /// Asks to throw the overlay below away.
    #[must_use]
    pub fn discard(text: &str) -> Self {
        Self {
            heading: "Throw the edit away?".into(),
            text: text.to_owned(),
            yes: None,
            closes_below: true,
        }
    }
}

/// Returns the line that names the keys of a question.
pub(super) fn keys(yes: &str, no: &str, cx: &Context) -> Line<'static> {
    let styles = cx.styles();
    let key = |action| cx.keymap.key(KeyContext::Confirm, action);
    let enter = cx.keymap.keys(KeyContext::Confirm, KeyAction::Confirm);
    Line::from(vec![
        Span::styled(format!(" {}", enter.join(" or ")), styles.key),
        Span::styled(format!(" {yes}    "), styles.text),
        Span::styled(key(KeyAction::Back), styles.key),
        Span::styled(format!(" {no}"), styles.text),
    ])
}

impl Overlay for Confirm {
    fn context(&self) -> KeyContext {
        KeyContext::Confirm
    }

    fn act(&mut self, action: KeyAction, _cx: &Context) -> Vec<Intent> {
        match action {
            KeyAction::Confirm => {
                let mut intents = vec![Intent::Close];
                if self.closes_below {
                    intents.push(Intent::Close);
                }
                intents.extend(self.yes.take());
                intents
            }
            KeyAction::Back => vec![Intent::Close],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> &'static [KeyAction] {
        &[KeyAction::Confirm, KeyAction::Back]
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context) {
        let text = wrap(
            &self.text,
            usize::from(WIDTH.min(area.width).saturating_sub(4)),
        );
        let height = u16::try_from(text.len()).unwrap_or(8) + 4;
        let inner = popup(frame, area, WIDTH, height, &self.heading, cx);
        let mut lines: Vec<Line<'static>> = text
            .into_iter()
            .map(|line| Line::from(Span::styled(format!(" {line}"), cx.styles().text)))
            .collect();
        lines.push(Line::default());
        let no = if self.closes_below {
            "keep editing"
        } else {
            "leave it as it is"
        };
        lines.push(keys("yes", no, cx));
        frame.render_widget(Paragraph::new(lines), inner);
    }
}
