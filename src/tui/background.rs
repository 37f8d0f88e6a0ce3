//! The terminal's answer to the question for its background (OSC 11), found in the input.
//!
//! The answer comes as keys: Alt-], the letters of `11;rgb:1e1e/1e1e/2e2e`, and Alt-\\ or Ctrl-G at its end. Nothing is waited for: the keys
//! that may be the answer are held back while they fit, and go on as keys as soon as they don't.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// The time for an answer to come, and for its letters to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most events of an answer.
const LONGEST: usize = 40;

/// The watch for the answer.
#[derive(Debug, Default)]
pub struct Background {
    asked_at: Option<Duration>,
    held: Vec<Event>,
    letters: String,
}

/// The verdict on an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Watched {
    /// Events of the operator.
    Events(Vec<Event>),
    /// A part of the answer, perhaps.
    Held,
    /// The answer: true for a light background.
    Light(bool),
}

impl Background {
    /// Notes that the question was asked.
    pub fn asked(&mut self, elapsed: Duration) {
        self.asked_at = Some(elapsed);
    }

    /// Looks at an event.
    pub fn watch(&mut self, event: Event, elapsed: Duration) -> Watched {
        let Some(at) = self.asked_at else {
            return Watched::Events(vec![event]);
        };
        let late = elapsed.saturating_sub(at) > PATIENCE;
        let key = match &event {
            Event::Key(key) if !late => Some(*key),
            _ => None,
        };
        let begins = key == Some(KeyEvent::new(KeyCode::Char(']'), KeyModifiers::ALT));
        if self.held.is_empty() && !begins {
            if late {
                self.asked_at = None;
            }
            return Watched::Events(vec![event]);
        }
        self.held.push(event);
        if self.held.len() == 1 {
            return Watched::Held;
        }
        let ends = key.is_some_and(|key| {
            key == KeyEvent::new(KeyCode::Char('\\'), KeyModifiers::ALT)
                || key == KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)
        });
        if ends && let Some(light) = is_light(&self.letters) {
            *self = Self::default();
            return Watched::Light(light);
        }
        match key.map(|key| (key.code, key.modifiers)) {
            Some((KeyCode::Char(c), KeyModifiers::NONE | KeyModifiers::SHIFT))
                if self.held.len() < LONGEST && fits(&self.letters, c) =>
            {
                self.letters.push(c);
                Watched::Held
            }
            _ => Watched::Events(self.release()),
        }
    }

    /// Returns the events that were held back for too long.
    pub fn overdue(&mut self, elapsed: Duration) -> Vec<Event> {
        let late = self
            .asked_at
            .is_some_and(|at| elapsed.saturating_sub(at) > PATIENCE);
        if late && !self.held.is_empty() {
            self.release()
        } else {
            Vec::new()
        }
    }

    fn release(&mut self) -> Vec<Event> {
        self.letters.clear();
        std::mem::take(&mut self.held)
    }
}

/// Tells whether an answer can go on with `c`.
fn fits(so_far: &str, c: char) -> bool {
    const BEGINNING: &str = "11;rgb:";
    match BEGINNING.chars().nth(so_far.chars().count()) {
        Some(expected) => c == expected,
        None => c == '/' || c == 'a' || c.is_ascii_hexdigit(),
    }
}

/// Reads `11;rgb:ffff/ffff/ffff`; the parts have one to four digits.
fn is_light(letters: &str) -> Option<bool> {
    let mut parts = letters.strip_prefix("11;rgb:")?.split('/');
    let mut next = || -> Option<f64> {
        let part = parts.next()?;
        let digits = u32::try_from(part.len())
            .ok()
            .filter(|n| (1..=4).contains(n))?;
        let value = u32::from_str_radix(part, 16).ok()?;
        Some(f64::from(value) / f64::from(16_u32.pow(digits) - 1))
    };
    let (red, green, blue) = (next()?, next()?, next()?);
    // Rec. 601's weights of brightness.
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str, end: Option<KeyEvent>) -> Vec<Event> {
        let first = KeyEvent::new(KeyCode::Char(']'), KeyModifiers::ALT);
        let letters = text
            .chars()
            .map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        std::iter::once(first)
            .chain(letters)
            .chain(end)
            .map(Event::Key)
            .collect()
    }

    fn run(events: Vec<Event>) -> (Vec<Event>, Option<bool>) {
        let mut background = Background::default();
        background.asked(Duration::ZERO);
        let (mut passed, mut light) = (Vec::new(), None);
        for event in events {
            match background.watch(event, Duration::from_millis(20)) {
                Watched::Events(mut events) => passed.append(&mut events),
                Watched::Held => {}
                Watched::Light(is) => light = Some(is),
            }
        }
        passed.append(&mut background.overdue(Duration::from_secs(9)));
        (passed, light)
    }

    #[test]
    fn an_answer_is_read_and_keys_are_never_lost() {
        let st = Some(KeyEvent::new(KeyCode::Char('\\'), KeyModifiers::ALT));
        let bell = Some(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL));
        let check = |text: &str, end, light: Option<bool>| {
            let events = keys(text, end);
            let all = events.len();
            let (passed, found) = run(events);
            assert_eq!(found, light, "{text}");
            assert_eq!(
                passed.len(),
                if light.is_some() { 0 } else { all },
                "{text}"
            );
        };
        check("11;rgb:ffff/ffff/ffff", st, Some(true));
        check("11;rgb:1e1e/1e1e/2e2e", bell, Some(false));
        check("11;rgb:f/f/f", st, Some(true));
        check("11;rgb:1e1e/1e1e", st, None);
        check("12;rgb:1e1e/1e1e/2e2e", st, None);
        check("jjk", None, None);
        check("11;rgb:", None, None);
        let plain = vec![Event::FocusGained, Event::Resize(3, 4)];
        assert_eq!(run(plain.clone()), (plain, None));
    }
}
