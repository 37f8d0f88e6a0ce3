//! One press of a key, as the keymap file writes it and as the help prints it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One press of a key with its modifiers. A capital letter is itself, without a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Chord {
    /// Returns the chord of a key event. Terminals differ in whether they report the shift of a capital letter or of Shift-Tab; it is
    /// dropped.
    #[must_use]
    pub fn of(event: KeyEvent) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT;
        match event.code {
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => Self {
                code: KeyCode::Char(c.to_ascii_lowercase()),
                modifiers: event.modifiers & kept,
            },
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => Self {
                code: KeyCode::Char(c.to_uppercase().next().unwrap_or(c)),
                modifiers: event.modifiers & kept,
            },
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Self {
                code: KeyCode::BackTab,
                modifiers: KeyModifiers::NONE,
            },
            KeyCode::BackTab => Self {
                code: KeyCode::BackTab,
                modifiers: KeyModifiers::NONE,
            },
            code @ KeyCode::Char(_) => Self {
                code,
                modifiers: event.modifiers & kept,
            },
            code => Self {
                code,
                modifiers: event.modifiers & (kept | KeyModifiers::SHIFT),
            },
        }
    }

    /// Tells whether the chord writes a character where text is entered.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

/// The names of keys that are not characters: as the file writes them, as the help prints them.
const NAMED: &[(&str, &str, KeyCode)] = &[
    ("space", "Space", KeyCode::Char(' ')),
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("tab", "Tab", KeyCode::Tab),
    ("backtab", "Shift-Tab", KeyCode::BackTab),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("delete", "Del", KeyCode::Delete),
    ("insert", "Ins", KeyCode::Insert),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("pageup", "PgUp", KeyCode::PageUp),
    ("pagedown", "PgDn", KeyCode::PageDown),
];

impl FromStr for Chord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            let (modifier, after) = if let Some(after) = rest.strip_prefix("ctrl-") {
                (KeyModifiers::CONTROL, after)
            } else if let Some(after) = rest.strip_prefix("alt-") {
                (KeyModifiers::ALT, after)
            } else if let Some(after) = rest.strip_prefix("shift-") {
                (KeyModifiers::SHIFT, after)
            } else {
                break;
            };
            if after.is_empty() {
                break;
            }
            modifiers |= modifier;
            rest = after;
        }
        let unknown = || {
            format!(
                "\"{text}\" is not a key; write a character, or one of ctrl-x, alt-x, f1 to f12, {}",
                NAMED
                    .iter()
                    .map(|(name, ..)| *name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        };
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => KeyCode::Char(c),
            (Some('f'), Some(_)) if rest.get(1..).is_some_and(|n| n.parse::<u8>().is_ok()) => {
                let number = rest
                    .get(1..)
                    .and_then(|n| n.parse().ok())
                    .filter(|n| (1..=12).contains(n))
                    .ok_or_else(unknown)?;
                KeyCode::F(number)
            }
            _ => NAMED
                .iter()
                .find(|(name, ..)| *name == rest)
                .map(|(_, _, code)| *code)
                .ok_or_else(unknown)?,
        };
        Ok(Self::of(KeyEvent::new(code, modifiers)))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "Shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        if let Some((_, shown, _)) = NAMED.iter().find(|(_, _, code)| *code == self.code) {
            return f.write_str(shown);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_printed() {
        let check = |text: &str, shown: &str| {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), shown, "{text}");
        };
        check("j", "j");
        check("G", "G");
        check("ctrl-d", "Ctrl-d");
        check("ctrl-D", "Ctrl-d");
        check("shift-tab", "Shift-Tab");
        check("f10", "F10");
        check("f", "f");
        check("-", "-");
        check("space", "Space");
        check("alt-enter", "Alt-Enter");
        for bad in ["", "ctrl-", "f13", "f0", "hyper-x", "escape", " ", "jj"] {
            assert!(bad.parse::<Chord>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_capital_is_the_same_key_with_or_without_a_reported_shift() {
        let with = Chord::of(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT));
        let without = Chord::of(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE));
        let kitty = Chord::of(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::SHIFT));
        assert_eq!(with, without);
        assert_eq!(with, kitty);
    }
}
