//! Random keys, clicks, sizes and answers: nothing panics, and Esc always leads back to the list.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;

/// A small generator with a fixed seed, so that a failure repeats (xorshift64, Marsaglia 2003).
pub struct Dice(pub u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn key(dice: &mut Dice) -> KeyEvent {
    let code = match dice.below(12) {
        0 => KeyCode::Enter,
        1 => KeyCode::Esc,
        2 => KeyCode::Tab,
        3 => KeyCode::BackTab,
        4 => [KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right]
            [usize::try_from(dice.below(4)).unwrap()],
        5 => [
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::F(1),
        ][usize::try_from(dice.below(7)).unwrap()],
        6 => {
            KeyCode::Char(char::from_u32(0x3040 + u32::try_from(dice.below(60)).unwrap()).unwrap())
        }
        _ => KeyCode::Char(char::from(b' ' + u8::try_from(dice.below(95)).unwrap())),
    };
    let modifiers = match dice.below(8) {
        0 => KeyModifiers::CONTROL,
        1 if dice.below(4) == 0 => KeyModifiers::ALT,
        _ => KeyModifiers::NONE,
    };
    KeyEvent::new(code, modifiers)
}

pub fn event(dice: &mut Dice, size: &mut (u16, u16)) -> Event {
    match dice.below(30) {
        0 => {
            *size = (
                u16::try_from(1 + dice.below(220)).unwrap(),
                u16::try_from(1 + dice.below(70)).unwrap(),
            );
            Event::Resize(size.0, size.1)
        }
        1 | 2 => Event::Mouse(MouseEvent {
            kind: [
                MouseEventKind::Down(MouseButton::Left),
                MouseEventKind::Drag(MouseButton::Left),
                MouseEventKind::Up(MouseButton::Left),
                MouseEventKind::ScrollDown,
                MouseEventKind::ScrollUp,
            ][usize::try_from(dice.below(5)).unwrap()],
            column: u16::try_from(dice.below(u64::from(size.0))).unwrap(),
            row: u16::try_from(dice.below(u64::from(size.1))).unwrap(),
            modifiers: KeyModifiers::NONE,
        }),
        3 => Event::Paste("pasted \u{1b}[31m text\nと more\t".repeat(3)),
        _ => Event::Key(key(dice)),
    }
}

#[test]
fn thousands_of_random_keys_do_no_harm() {
    for seed in 1..=3 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let mut size = (120, 40);
        let mut bench = Bench::new(120, 40, fixtures::list(40));
        for step in 0..1_500 {
            let event = event(&mut dice, &mut size);
            bench.tell(Message::Input(event));
            // Commands are answered late, in order, well and badly.
            if dice.below(4) == 0 && !bench.commands.is_empty() {
                let command = bench.commands.remove(0);
                let result = match dice.below(3) {
                    0 => Err("It failed.".into()),
                    1 => Ok(Done::Nothing {
                        summary: "Nothing to do.".into(),
                    }),
                    _ => Ok(Done::Changed {
                        summary: "Changed.".into(),
                        undo: None,
                    }),
                };
                bench.tell(Message::Ran { command, result });
            }
            if dice.below(10) == 0 {
                let count = usize::try_from(dice.below(60)).unwrap();
                bench.list = fixtures::list(count);
                bench.tell(Message::Changed);
            }
            if step % 5 == 0 {
                bench.screen();
            }
        }
        if size.0 < 60 || size.1 < 15 {
            bench.tell(Message::Input(Event::Resize(120, 40)));
        }
        // Esc in the editor asks once; the second Esc goes on editing, so the question is answered with yes.
        for _ in 0..20 {
            bench.press("esc");
            if bench.screen().contains("Throw the edit away?") {
                bench.press("enter");
            }
        }
        assert_eq!(bench.app.depth(), 0);
        let screen = bench.screen();
        assert!(screen.contains("Today's Moves"), "seed {seed}:\n{screen}");
    }
}
