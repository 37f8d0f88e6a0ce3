//! The words of an empty screen: its subject, the reason for the emptiness, and the next step.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
use crate::tui::text::wrap;

#[derive(Debug)]
enum Piece {
    Say(String),
    Bad(String),
    Key(KeyAction, String),
    Command(String, String),
    Step(u8, bool, Result<KeyAction, String>, String),
    Gap,
}

/// The words of an empty screen.
#[derive(Debug)]
pub struct Empty {
    heading: String,
    pieces: Vec<Piece>,
}

impl Empty {
    /// Begins with a heading.
    #[must_use]
    pub fn new(heading: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            pieces: Vec::new(),
        }
    }

    /// Makes the words before the first answer.
    #[must_use]
    pub fn reading() -> Self {
        Self::new("").say("Reading…")
    }

    /// Makes the words for `what` that could not be read.
    #[must_use]
    pub fn failed(what: &str, error: &str) -> Self {
        Self::new(&format!("{what} could not be read"))
            .bad(error)
            .say("Nothing was changed.")
            .gap()
            .key(KeyAction::Refresh, "try again")
    }

    /// Makes the words for a search without results.
    #[must_use]
    pub fn nothing_found(sentence: &str) -> Self {
        Self::new("Nothing found")
            .say(sentence)
            .gap()
            .key(KeyAction::Back, "show everything again")
            .key(KeyAction::Find, "look for something else")
    }

    /// Adds a sentence.
    #[must_use]
    pub fn say(mut self, text: &str) -> Self {
        self.pieces.push(Piece::Say(text.to_owned()));
        self
    }

    /// Adds a failure.
    #[must_use]
    pub fn bad(mut self, text: &str) -> Self {
        self.pieces.push(Piece::Bad(text.to_owned()));
        self
    }

    /// Adds a key and its effect.
    #[must_use]
    pub fn key(mut self, action: KeyAction, what: &str) -> Self {
        self.pieces.push(Piece::Key(action, what.to_owned()));
        self
    }

    /// Adds a command of the shell and its effect.
    #[must_use]
    pub fn command(mut self, command: &str, what: &str) -> Self {
        self.pieces
            .push(Piece::Command(command.to_owned(), what.to_owned()));
        self
    }

    /// Adds a numbered step that is a command of the shell.
    #[must_use]
    pub fn step(mut self, number: u8, done: bool, command: &str, what: &str) -> Self {
        self.pieces.push(Piece::Step(
            number,
            done,
            Err(command.to_owned()),
            what.to_owned(),
        ));
        self
    }

    /// Adds a numbered step that is a key.
    #[must_use]
    pub fn step_key(mut self, number: u8, done: bool, action: KeyAction, what: &str) -> Self {
        self.pieces
            .push(Piece::Step(number, done, Ok(action), what.to_owned()));
        self
    }

    /// Adds an empty line.
    #[must_use]
    pub fn gap(mut self) -> Self {
        self.pieces.push(Piece::Gap);
        self
    }

    /// Draws it inside a frame.
    pub fn draw(&self, frame: &mut Frame<'_>, inner: Rect, cx: &Context) {
        let styles = cx.styles();
        let context = KeyContext::On(cx.screen);
        let cells = usize::from(inner.width.saturating_sub(2));
        let mut lines = vec![Line::default()];
        if !self.heading.is_empty() {
            lines.push(Line::from(Span::styled(
                self.heading.clone(),
                styles.heading,
            )));
        }
        for piece in &self.pieces {
            match piece {
                Piece::Say(text) => lines.extend(
                    wrap(text, cells)
                        .into_iter()
                        .map(|line| Line::from(Span::styled(line, styles.muted))),
                ),
                Piece::Bad(text) => lines.extend(
                    wrap(text, cells)
                        .into_iter()
                        .map(|line| Line::from(Span::styled(line, styles.bad))),
                ),
                Piece::Key(action, what) => lines.push(Line::from(vec![
                    Span::styled(
                        format!("{:>3}", cx.keymap.key(context, *action)),
                        styles.key,
                    ),
                    Span::styled(format!("  {what}"), styles.text),
                ])),
                Piece::Command(command, what) => lines.push(Line::from(vec![
                    Span::styled(format!("  {command}"), styles.accent),
                    Span::styled(format!("  {what}"), styles.muted),
                ])),
                Piece::Step(number, done, how, what) => {
                    let (how, style) = match how {
                        Ok(action) => (cx.keymap.key(context, *action), styles.key),
                        Err(command) => (command.clone(), styles.accent),
                    };
                    let sign = if *done { cx.glyphs().pass } else { " " };
                    lines.push(Line::from(vec![
                        Span::styled(format!("{sign} {number}. "), styles.good),
                        Span::styled(how, if *done { styles.faint } else { style }),
                    ]));
                    lines.extend(wrap(what, cells.saturating_sub(5)).into_iter().map(|line| {
                        Line::from(Span::styled(format!("     {line}"), styles.muted))
                    }));
                }
                Piece::Gap => lines.push(Line::default()),
            }
        }
        frame.render_widget(
            Paragraph::new(lines),
            Rect {
                x: inner.x + 1,
                width: inner.width.saturating_sub(1),
                ..inner
            },
        );
    }
}
