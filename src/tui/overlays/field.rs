//! A line to type in.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::context::Context;
use crate::tui::text::{clean, width};

/// The most characters that a line takes.
const MAX_CHARS: usize = 200;

/// A line to type in, with the usual keys: arrows, Home, End, Ctrl-a, Ctrl-e, Ctrl-w, Ctrl-u, Ctrl-k.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// A byte offset, always on the border of a grapheme.
    cursor: usize,
}

impl Field {
    /// Makes a line that holds `text`, with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            cursor: text.len(),
        }
    }

    /// Returns the typed text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts text in at the cursor.
    pub fn insert(&mut self, text: &str) {
        let room = MAX_CHARS.saturating_sub(self.text.chars().count());
        // Cleaning trims; a typed space must stay.
        let text: String = if text == " " {
            text.to_owned()
        } else {
            clean(text).chars().take(room).collect()
        };
        if room == 0 {
            return;
        }
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    /// Takes a key; tells whether it meant anything.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char('u') if control => self.cut(0, self.cursor),
            KeyCode::Char('k') if control => self.cut(self.cursor, self.text.len()),
            KeyCode::Char('w') if control => self.cut(self.word_before(), self.cursor),
            KeyCode::Backspace if control || alt => self.cut(self.word_before(), self.cursor),
            KeyCode::Char('h') if control => self.cut(self.before(), self.cursor),
            KeyCode::Char(c) if !control && !alt => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.cut(self.before(), self.cursor),
            KeyCode::Delete => self.cut(self.cursor, self.after()),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn head(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn before(&self) -> usize {
        self.head()
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(i, _)| i)
    }

    fn after(&self) -> usize {
        let rest = self.text.get(self.cursor..).unwrap_or_default();
        self.cursor + rest.graphemes(true).next().map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        let head = self.head().trim_end();
        head.rfind(char::is_whitespace).map_or(0, |i| {
            i + head
                .get(i..)
                .and_then(|s| s.chars().next())
                .map_or(1, char::len_utf8)
        })
    }

    /// Draws the line after `prompt`, with the cursor; a text that is too long is shown around the cursor.
    pub fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        prompt: &str,
        placeholder: &str,
        cx: &Context,
    ) {
        let styles = cx.styles();
        let prompt_cells = width(prompt);
        let room = usize::from(area.width).saturating_sub(prompt_cells + 1);
        // Cut whole graphemes at the front until the cursor is in view.
        let mut shown = self.head();
        while width(shown) > room {
            let mut rest = shown.graphemes(true);
            rest.next();
            let next = rest.as_str();
            if next.len() == shown.len() {
                break;
            }
            shown = next;
        }
        let tail = self.text.get(self.cursor..).unwrap_or_default();
        let mut line = vec![Span::styled(prompt.to_owned(), styles.key)];
        if self.text.is_empty() {
            line.push(Span::styled(placeholder.to_owned(), styles.faint));
        } else {
            line.push(Span::styled(format!("{shown}{tail}"), styles.text));
        }
        frame.render_widget(Paragraph::new(Line::from(line)), area);
        let x = usize::from(area.x) + prompt_cells + width(shown);
        let x = u16::try_from(x).unwrap_or(area.x);
        if x < area.right() && area.height > 0 {
            frame.set_cursor_position(Position::new(x, area.y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[(KeyCode, KeyModifiers)]) -> Field {
        let mut field = Field::new("one två 日本");
        for (code, modifiers) in keys {
            field.key(KeyEvent::new(*code, *modifiers));
        }
        field
    }

    #[test]
    fn keys_edit_the_line() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const CTRL: KeyModifiers = KeyModifiers::CONTROL;
        let check = |keys: &[(KeyCode, KeyModifiers)], expect: &str| {
            assert_eq!(typed(keys).text(), expect, "{keys:?}");
        };
        check(&[(KeyCode::Backspace, NONE)], "one två 日");
        check(&[(KeyCode::Char('w'), CTRL)], "one två ");
        check(
            &[(KeyCode::Char('w'), CTRL), (KeyCode::Char('w'), CTRL)],
            "one ",
        );
        check(&[(KeyCode::Char('u'), CTRL)], "");
        check(
            &[(KeyCode::Home, NONE), (KeyCode::Char('x'), NONE)],
            "xone två 日本",
        );
        check(
            &[(KeyCode::Left, NONE), (KeyCode::Delete, NONE)],
            "one två 日",
        );
        check(
            &[(KeyCode::Char('a'), CTRL), (KeyCode::Char('k'), CTRL)],
            "",
        );
        check(&[(KeyCode::Char(' '), NONE)], "one två 日本 ");
    }

    #[test]
    fn a_paste_is_one_clean_line() {
        let mut field = Field::default();
        field.insert("a\nb\u{1b}[2Jc");
        assert_eq!(field.text(), "a bc");
        field.insert(&"x".repeat(1_000));
        assert_eq!(field.text().chars().count(), MAX_CHARS);
    }
}
