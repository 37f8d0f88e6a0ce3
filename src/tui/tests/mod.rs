//! The terminal driven message by message, on values.

mod behaviour;
mod console;
pub mod fixtures;
mod real;
mod screens;
mod sights;
mod soak;
mod views;

use std::collections::VecDeque;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::app::App;
use super::message::{Effect, Message};
use crate::engine::command::{Command, Done};
use crate::engine::queries::today::TodayList;

/// The terminal with an engine made of values: every read is answered at once, commands are kept for the test to look at.
struct Bench {
    app: App,
    terminal: Terminal<TestBackend>,
    list: TodayList,
    commands: Vec<Command>,
    other: Vec<Effect>,
    /// True if reads of moves are answered.
    answers_details: bool,
    /// The world of the other screens.
    world: sights::World,
    /// The looks that they asked for.
    looks: Vec<super::looks::Look>,
}

impl Bench {
    fn new(width: u16, height: u16, list: TodayList) -> Self {
        let mut bench = Self {
            app: fixtures::app(width, height),
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
            list,
            commands: Vec::new(),
            other: Vec::new(),
            answers_details: true,
            world: sights::World::Full,
            looks: Vec::new(),
        };
        let first = Message::Listed {
            generation: 0,
            result: Ok(Arc::new(bench.list.clone())),
        };
        bench.tell(first);
        bench
    }

    fn tell(&mut self, message: Message) {
        let mut waiting: VecDeque<Effect> = self.app.update(message).into();
        while let Some(effect) = waiting.pop_front() {
            let answers = match effect {
                Effect::List { generation, query } => {
                    let mut list = self.list.clone();
                    list.moves.retain(|m| {
                        query.domain.is_none_or(|d| d == m.domain)
                            && format!("{} {} {}", m.title, m.contact, m.company)
                                .to_lowercase()
                                .contains(&query.search.to_lowercase())
                    });
                    list.moves.truncate(query.limit);
                    vec![Message::Listed {
                        generation,
                        result: Ok(Arc::new(list)),
                    }]
                }
                Effect::Show(ids) if self.answers_details => ids
                    .into_iter()
                    .map(|id| Message::Shown {
                        id,
                        result: Ok(fixtures::detail(usize::try_from(id.0 - 101).unwrap())),
                    })
                    .collect(),
                Effect::Preview(id) => vec![Message::Previewed {
                    id,
                    result: Ok(Done::Shown {
                        summary: "This would be sent to dana@northwind.example.".into(),
                        message: "From: Casey Rivera <casey@rivera.example>\r\nTo: Dana Ruiz <dana@northwind.example>\r\nSubject: Re: Proposal for Q1\r\nMIME-Version: 1.0\r\n\r\nHi Dana,\r\n".into(),
                        verdicts: fixtures::verdicts(false),
                    }),
                }],
                Effect::Read { asked, look } => {
                    let result = sights::see(self.world, &look);
                    self.looks.push(look.clone());
                    match result {
                        Some(result) => vec![Message::Read { asked, result }],
                        None => {
                            self.other.push(Effect::Read { asked, look });
                            Vec::new()
                        }
                    }
                }
                Effect::Waiting => vec![Message::Waits(Ok(vec![console::dead_letter()]))],
                Effect::UndoList => vec![Message::UndoListed(Ok(fixtures::undo_items()))],
                Effect::Run(command) => {
                    self.commands.push(command);
                    Vec::new()
                }
                other => {
                    self.other.push(other);
                    Vec::new()
                }
            };
            for answer in answers {
                waiting.extend(self.app.update(answer));
            }
        }
    }

    /// Presses keys as the keymap file writes them, with spaces between.
    fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let (modifiers, key) = match key.strip_prefix("ctrl-") {
                Some(rest) => (KeyModifiers::CONTROL, rest),
                None => (KeyModifiers::NONE, key),
            };
            let code = match key {
                "enter" => KeyCode::Enter,
                "esc" => KeyCode::Esc,
                "tab" => KeyCode::Tab,
                "space" => KeyCode::Char(' '),
                "down" => KeyCode::Down,
                "up" => KeyCode::Up,
                one => KeyCode::Char(one.chars().next().unwrap()),
            };
            self.tell(Message::Input(Event::Key(KeyEvent::new(code, modifiers))));
        }
    }

    fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.tell(Message::Input(Event::Key(KeyEvent::new(
                KeyCode::Char(c),
                KeyModifiers::NONE,
            ))));
        }
    }

    /// Draws and returns the screen as lines, without the spaces at their ends.
    fn screen(&mut self) -> String {
        let app = &self.app;
        // A fresh one each time: the test backend keeps what lies under the second cell of a wide character, as no terminal does.
        let size = app.context().size;
        self.terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        self.terminal.draw(|frame| app.view(frame)).unwrap();
        let buffer = self.terminal.backend().buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}
