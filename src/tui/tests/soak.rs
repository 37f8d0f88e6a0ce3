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

/// A full world behind the terminal: every look is answered by an engine on the demo's data, once, since nothing changes there.
struct Full {
    app: App,
    terminal: Terminal<TestBackend>,
    engine: crate::engine::Engine,
    seen: std::collections::HashMap<String, Message>,
    commands: VecDeque<Command>,
    _home: tempfile::TempDir,
    _demo: crate::demo::Demo,
}

impl Full {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let env = crate::env::Env::new(
            Arc::new(crate::env::FixedClock(
                "2026-11-24T10:00:00Z".parse().unwrap(),
            )),
            7,
        );
        let paths = crate::config::Paths::in_folder(home.path());
        let request = crate::demo::DemoRequest {
            folder: Some(home.path().join("world")),
            ..crate::demo::DemoRequest::default()
        };
        let demo = crate::demo::open(&env, &paths, &request).unwrap();
        Self {
            app: fixtures::app(120, 40),
            terminal: Terminal::new(TestBackend::new(120, 40)).unwrap(),
            engine: demo.engine.clone(),
            seen: std::collections::HashMap::new(),
            commands: VecDeque::new(),
            _home: home,
            _demo: demo,
        }
    }

    fn answer(&mut self, effect: Effect) -> Vec<Message> {
        let engine = self.engine.clone();
        let said = |e: crate::engine::EngineError| e.to_string();
        match effect {
            Effect::List { generation, query } => {
                let key = format!("{query:?}");
                let listed = self.seen.entry(key).or_insert_with(|| Message::Listed {
                    generation,
                    result: engine.today(&query).map(Arc::new).map_err(said),
                });
                match listed {
                    Message::Listed { result, .. } => vec![Message::Listed {
                        generation,
                        result: result.clone(),
                    }],
                    _ => Vec::new(),
                }
            }
            Effect::Show(ids) => {
                ids.into_iter()
                    .filter_map(|id| {
                        let shown = self.seen.entry(format!("show {id}")).or_insert_with(|| {
                            Message::Shown {
                                id,
                                result: engine.show(id).map(Arc::new).map_err(said),
                            }
                        });
                        match shown {
                            Message::Shown { id, result } => Some(Message::Shown {
                                id: *id,
                                result: result.clone(),
                            }),
                            _ => None,
                        }
                    })
                    .collect()
            }
            Effect::Read { asked, look } => {
                // Words that were typed at random are of no use a second time.
                if self.seen.len() > 5_000 {
                    self.seen.clear();
                }
                let seen = self
                    .seen
                    .entry(format!("{look:?}"))
                    .or_insert_with(|| Message::Read {
                        asked,
                        result: crate::tui::looks::answer(&engine, &look),
                    });
                match seen {
                    Message::Read { result, .. } => vec![Message::Read {
                        asked,
                        result: result.clone(),
                    }],
                    _ => Vec::new(),
                }
            }
            Effect::Run(command) => {
                self.commands.push_back(command);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn tell(&mut self, message: Message) {
        let mut waiting: VecDeque<Effect> = self.app.update(message).into();
        while let Some(effect) = waiting.pop_front() {
            for answer in self.answer(effect) {
                waiting.extend(self.app.update(answer));
            }
        }
    }

    fn key(&mut self, code: KeyCode) {
        self.tell(Message::Input(Event::Key(KeyEvent::new(
            code,
            KeyModifiers::NONE,
        ))));
    }

    fn draw(&mut self) -> String {
        let size = self.app.context().size;
        if self.terminal.size().unwrap() != size.as_size() {
            self.terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        }
        let app = &self.app;
        self.terminal.draw(|frame| app.view(frame)).unwrap();
        let cells = self.terminal.backend().buffer().content();
        cells.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    /// Presses Esc until nothing lies on the screen; a question whether an edit is thrown away is answered with yes.
    fn leave(&mut self, seed: u64, step: usize) {
        self.tell(Message::Input(Event::Resize(120, 40)));
        for _ in 0..20 {
            self.key(KeyCode::Esc);
            if self.draw().contains("Throw the edit away?") {
                self.key(KeyCode::Enter);
            }
        }
        assert_eq!(self.app.depth(), 0, "seed {seed}, step {step}");
        self.key(KeyCode::Char('g'));
        self.key(KeyCode::Char('t'));
        let screen = self.draw();
        assert!(
            screen.contains("Today's M"),
            "seed {seed}, step {step}: {screen}"
        );
    }
}

/// Returns the memory of this process in MiB, where the system tells it.
fn resident() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096.0 / 1_048_576.0)
}

fn soak(seed: u64, steps: usize) {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
    let mut size = (120, 40);
    let mut full = Full::new();
    full.tell(Message::Changed);
    let mut warm = None;
    let places = ["gt", "gs", "gc", "gp", "gm", "gy", "gl", "gr"];
    for step in 0..steps {
        if dice.below(40) == 0 {
            // To another screen, unless something takes the keys as text.
            for c in places[usize::try_from(dice.below(8)).unwrap()].chars() {
                full.key(KeyCode::Char(c));
            }
        }
        let event = event(&mut dice, &mut size);
        full.tell(Message::Input(event));
        if dice.below(4) == 0
            && let Some(command) = full.commands.pop_front()
        {
            let result = if dice.below(3) == 0 {
                Err("It failed.".into())
            } else {
                Ok(Done::Changed {
                    summary: "Changed.".into(),
                    undo: None,
                })
            };
            full.tell(Message::Ran { command, result });
        }
        full.commands.truncate(100);
        match dice.below(200) {
            0 => full.tell(Message::Changed),
            1 => {
                let now = full.engine.now();
                let elapsed = std::time::Duration::from_millis(100 * step as u64);
                full.tell(Message::Tick { now, elapsed });
            }
            _ => {}
        }
        if step % 5 == 0 {
            full.draw();
        }
        if step % 1_000 == 999 {
            full.leave(seed, step);
            size = (120, 40);
        }
        if step == steps / 5 {
            warm = resident();
        }
    }
    full.leave(seed, steps);
    if let (Some(before), Some(after)) = (warm, resident()) {
        eprintln!(
            "soak: {steps} events, resident {before:.1} MiB after a fifth, {after:.1} MiB at the end"
        );
        if steps >= 50_000 {
            assert!(
                after < before + 24.0,
                "{before:.1} MiB became {after:.1} MiB"
            );
        }
    }
}

#[test]
fn random_keys_on_every_screen_of_a_full_world_do_no_harm() {
    soak(11, 2_000);
}

/// `cargo test --lib soak -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes; the short one runs always"]
fn a_hundred_thousand_random_keys_on_every_screen_do_no_harm() {
    soak(12, 100_000);
}
