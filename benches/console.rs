//! The terminal: the first full frame, and a key to its painted frame, on a backend that keeps the cells. What the terminal itself takes to
//! show them is not in it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that fails shall stop with the cause"
)]

mod support;

use std::collections::VecDeque;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use caseyos::engine::Engine;
use caseyos::tui::app::App;
use caseyos::tui::context::{Context, Status};
use caseyos::tui::keymap::Keymap;
use caseyos::tui::looks;
use caseyos::tui::message::{Effect, Message};
use caseyos::tui::theme::{Depth, Surroundings, Theme};
use criterion::Criterion;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

const WIDTH: u16 = 120;
const HEIGHT: u16 = 36;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let home = tempfile::tempdir().unwrap();
    let engine = support::world(home.path(), 100_000, 10_000);
    criterion.bench_function("first full frame, 100000 contacts, 10000 open moves", |b| {
        b.iter(|| open(black_box(&engine)));
    });
    let (mut app, mut terminal) = open(&engine);
    let mut keys = ['j', 'j', 'j', 'k'].into_iter().cycle();
    criterion.bench_function("key to frame: move along the list", |b| {
        b.iter(|| press(&mut app, &mut terminal, &engine, keys.next().unwrap()));
    });
    let mut keys = ['2', '1'].into_iter().cycle();
    criterion.bench_function("key to frame: another domain, read from the store", |b| {
        b.iter(|| press(&mut app, &mut terminal, &engine, keys.next().unwrap()));
    });
    // Every screen with its reads, and every key of a search.
    for (name, letter) in [
        ("Signals", 's'),
        ("Contacts", 'c'),
        ("Pipeline", 'p'),
        ("Metrics", 'm'),
        ("Sync", 'y'),
        ("Log", 'l'),
        ("Rules", 'r'),
    ] {
        criterion.bench_function(&format!("to {name} and back to Today"), |b| {
            b.iter(|| {
                for key in ['g', letter, 'g', 't'] {
                    press(&mut app, &mut terminal, &engine, key);
                }
            });
        });
    }
    for key in ['g', 'c'] {
        press(&mut app, &mut terminal, &engine, key);
    }
    let mut keys = ['j', 'j', 'j', 'k'].into_iter().cycle();
    criterion.bench_function(
        "key to frame: along the contacts, with card and timeline",
        |b| {
            b.iter(|| press(&mut app, &mut terminal, &engine, keys.next().unwrap()));
        },
    );
    press(&mut app, &mut terminal, &engine, '/');
    let mut keys = "dana ruiz kite omar lumen ".chars().cycle();
    criterion.bench_function("search keystroke at 100000 contacts", |b| {
        b.iter(|| press(&mut app, &mut terminal, &engine, keys.next().unwrap()));
    });
    criterion.final_summary();
}

/// Makes the terminal as the program does, reads what it asks for, and draws.
fn open(engine: &Engine) -> (App, Terminal<TestBackend>) {
    let around = Surroundings {
        depth: Depth::True,
        light: false,
        ascii: false,
    };
    let context = Context {
        keymap: Keymap::load(None).unwrap(),
        theme: Theme::built_in("dark", around),
        zone: engine.zone(),
        now: engine.now(),
        elapsed: Duration::from_secs(1),
        size: Rect::new(0, 0, WIDTH, HEIGHT),
        screen: caseyos::tui::ids::ScreenId::Today,
        status: Status::default(),
    };
    let mut app = App::new(context, around, PathBuf::new());
    tell(&mut app, engine, Message::Changed);
    let mut terminal = Terminal::new(TestBackend::new(WIDTH, HEIGHT)).unwrap();
    terminal.draw(|frame| app.view(frame)).unwrap();
    let drawn: String = terminal
        .backend()
        .buffer()
        .content()
        .iter()
        .map(|c| c.symbol())
        .collect();
    assert!(drawn.contains("Open the deal"), "the list is drawn");
    (app, terminal)
}

fn press(app: &mut App, terminal: &mut Terminal<TestBackend>, engine: &Engine, key: char) {
    let event = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
    tell(app, engine, Message::Input(Event::Key(event)));
    terminal.draw(|frame| app.view(frame)).unwrap();
}

/// Hands over a message and answers every read that comes of it, as the loop's jobs do.
fn tell(app: &mut App, engine: &Engine, message: Message) {
    let mut effects: VecDeque<Effect> = app.update(message).into();
    while let Some(effect) = effects.pop_front() {
        let answers = match effect {
            Effect::List { generation, query } => vec![Message::Listed {
                generation,
                result: engine
                    .today(&query)
                    .map(Arc::new)
                    .map_err(|e| e.to_string()),
            }],
            Effect::Show(ids) => ids
                .into_iter()
                .map(|id| Message::Shown {
                    id,
                    result: engine.show(id).map(Arc::new).map_err(|e| e.to_string()),
                })
                .collect(),
            Effect::Read { asked, look } => vec![Message::Read {
                asked,
                result: looks::answer(engine, &look),
            }],
            other => panic!("nothing else is asked for: {other:?}"),
        };
        for answer in answers {
            effects.extend(app.update(answer));
        }
    }
}
