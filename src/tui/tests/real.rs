//! The loop itself, with an engine on a database of its own: keys go in, frames come out, and the engine is asked for the result.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::Event;
use futures_util::stream;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::config::Paths;
use crate::engine::Engine;
use crate::engine::queries::today::TodayQuery;
use crate::env::{Clock, Env, FixedClock, ShiftedClock};
use crate::tui::event_loop::{self, Settings};
use crate::tui::terminal::{Host, Input};

/// A backend that tells of each frame.
struct Watched {
    inner: TestBackend,
    frames: watch::Sender<String>,
}

type Never = std::convert::Infallible;

impl Backend for Watched {
    type Error = Never;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Never>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Never> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Never> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Never> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Never> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Never> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Never> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, Never> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Never> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Never> {
        self.inner.flush()?;
        let buffer = self.inner.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            for x in 0..buffer.area.width {
                text.push_str(buffer[(x, y)].symbol());
            }
            text.push('\n');
        }
        self.frames.send_replace(text);
        Ok(())
    }
}

/// A terminal whose keys come from a channel.
struct Fake {
    keys: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>>,
    copied: Arc<Mutex<Vec<String>>>,
    lent: Arc<Mutex<u32>>,
}

impl Host for Fake {
    fn input(&mut self) -> Input {
        let keys = Arc::clone(&self.keys);
        Box::pin(stream::unfold(keys, |keys| async move {
            let event = keys.lock().await.recv().await?;
            Some((Ok(event), keys))
        }))
    }

    fn lend(&mut self) -> io::Result<()> {
        *self.lent.lock().unwrap() += 1;
        Ok(())
    }

    fn take_back(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn stop(&mut self) {}

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.copied.lock().unwrap().push(text.to_owned());
        Ok(())
    }
}

/// The hands of a test while the loop runs.
struct Operator {
    keys: mpsc::UnboundedSender<Event>,
    frames: watch::Receiver<String>,
    engine: Engine,
    copied: Arc<Mutex<Vec<String>>>,
}

impl Operator {
    fn press(&self, keys: &str) {
        for key in keys.split(' ') {
            let code = match key {
                "enter" => KeyCode::Enter,
                "esc" => KeyCode::Esc,
                "tab" => KeyCode::Tab,
                "space" => KeyCode::Char(' '),
                one => KeyCode::Char(one.chars().next().unwrap()),
            };
            self.keys
                .send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
                .unwrap();
        }
    }

    fn type_text(&self, text: &str) {
        for c in text.chars() {
            self.keys
                .send(Event::Key(KeyEvent::new(
                    KeyCode::Char(c),
                    KeyModifiers::NONE,
                )))
                .unwrap();
        }
    }

    async fn until(&mut self, what: &str, seen: impl Fn(&str) -> bool) -> String {
        let wait = async {
            loop {
                let frame = self.frames.borrow_and_update().clone();
                if seen(&frame) {
                    return frame;
                }
                if self.frames.changed().await.is_err() {
                    panic!("the loop ended before {what}; last frame:\n{frame}");
                }
            }
        };
        match tokio::time::timeout(Duration::from_secs(20), wait).await {
            Ok(frame) => frame,
            Err(_) => panic!("no frame with {what}; last:\n{}", *self.frames.borrow()),
        }
    }

    async fn see(&mut self, text: &str) -> String {
        let wanted = text.to_owned();
        self.until(text, move |frame| frame.contains(&wanted)).await
    }

    async fn see_gone(&mut self, text: &str) -> String {
        let unwanted = text.to_owned();
        self.until(&format!("no {text}"), move |frame| {
            !frame.contains(&unwanted)
        })
        .await
    }
}

const NOW: &str = "2026-11-24T10:00:00Z";

fn engine_in(home: &Path) -> Engine {
    let now: Timestamp = NOW.parse().unwrap();
    engine_with(home, Arc::new(FixedClock(now)))
}

fn engine_with(home: &Path, clock: Arc<dyn Clock>) -> Engine {
    let env = Env::new(clock, 7);
    Engine::create(env, Paths::in_folder(home)).unwrap()
}

fn installation(home: &Path) -> Engine {
    let mail = home.join("mail");
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(mail.join("inbox").join(part)).unwrap();
    }
    std::fs::write(
        home.join("config.toml"),
        format!(
            "mode = \"live\"\n[operator]\nname = \"Casey Rivera\"\naddress = \"casey@rivera.example\"\n\
             time_zone = \"Europe/Madrid\"\n[[mail.accounts]]\nname = \"work\"\nkind = \"maildir\"\npath = \"{}\"\n",
            mail.display()
        ),
    )
    .unwrap();
    let engine = engine_in(home);
    let lines: String = ["ann", "ben", "cleo", "dan"]
        .iter()
        .enumerate()
        .map(|(i, name)| {
            format!(
                "{{\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-24T09:{:02}:00Z\",\
                 \"email\":\"{name}@{name}co.example\",\"name\":\"{name} Smith\",\"message\":\"please send pricing\"}}\n",
                10 + i
            )
        })
        .collect();
    let report = engine.add_signals(lines.as_bytes(), None).unwrap();
    assert_eq!(report.proposed, 4, "{report:?}");
    engine
}

/// Runs the loop over an installation of four moves while `test` acts as the operator.
fn with_loop<F>(home: &Path, width: u16, height: u16, test: impl FnOnce(Operator) -> F)
where
    F: Future<Output = Operator>,
{
    with_engine(installation(home), home, width, height, test);
}

/// As [`with_loop`], over an engine that is open already.
fn with_engine<F>(
    engine: Engine,
    home: &Path,
    width: u16,
    height: u16,
    test: impl FnOnce(Operator) -> F,
) where
    F: Future<Output = Operator>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (keys, events) = mpsc::unbounded_channel();
    let (frames, seen) = watch::channel(String::new());
    let copied = Arc::new(Mutex::new(Vec::new()));
    let mut host = Fake {
        keys: Arc::new(tokio::sync::Mutex::new(events)),
        copied: Arc::clone(&copied),
        lent: Arc::default(),
    };
    let mut terminal = Terminal::new(Watched {
        inner: TestBackend::new(width, height),
        frames,
    })
    .unwrap();
    let mut cx = fixtures::context(width, height);
    cx.zone = engine.zone();
    let app = App::new(cx, fixtures::surroundings(), home.join("themes"));
    let settings = Settings {
        sync_every: None,
        pulse: None,
        folder: home.to_owned(),
        problems: Vec::new(),
        title: false,
        notify: false,
        ask_background: false,
    };
    let operator = Operator {
        keys: keys.clone(),
        frames: seen,
        engine: engine.clone(),
        copied,
    };
    runtime.block_on(async {
        let console = event_loop::run(engine, app, &mut terminal, &mut host, settings);
        let acting = async {
            let operator = test(operator).await;
            // Whatever is open is left, then the program.
            operator.press("esc esc esc esc q");
        };
        let (ended, ()) = tokio::join!(console, acting);
        ended.unwrap();
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
}

fn messages_in(folder: &Path) -> usize {
    let mut count = 0;
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            count += messages_in(&path);
        } else {
            count += 1;
        }
    }
    count
}

#[test]
fn a_file_is_looked_at_and_then_imported_with_the_choice() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("people.csv");
    std::fs::write(
        &file,
        "email,name,title\nann@annco.example,Zed Other,Buyer\nnew@new.example,Nina Berg,\n",
    )
    .unwrap();
    let path = file.display().to_string();
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("1/4").await;
        let total = |engine: &Engine| engine.list_contacts(None, None, 1).unwrap().total;
        let before = total(&operator.engine);
        operator.press("g c I");
        operator.type_text(&path);
        operator.press("enter");
        operator.see("is left out").await;
        // Nothing is kept by looking, and leaving imports nothing.
        operator.press("esc");
        operator.see_gone("imports nothing").await;
        assert_eq!(total(&operator.engine), before);
        operator.press("I");
        operator.type_text(&path);
        operator.press("enter");
        operator.see("is left out").await;
        operator.press("r");
        operator.see("“Zed Other” changes contact").await;
        operator.press("enter");
        operator.see_gone("imports nothing").await;
        operator.see("1 new, 1 updated").await;
        assert_eq!(total(&operator.engine), before + 1);
        let card = operator.engine.contact_card("ann@annco.example").unwrap();
        assert_eq!(card.item.title, "Buyer");
        operator
    });
}

#[test]
fn a_move_is_approved_and_its_message_lies_in_the_outbox() {
    let home = tempfile::tempdir().unwrap();
    let mail = home.path().join("mail");
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("1/4").await;
        operator.see("Before it goes").await;
        operator.press("a");
        operator.see("a or Enter approves").await;
        operator.press("a");
        operator.see_gone("1/4").await;
        operator.see("All 3").await;
        let left = operator.engine.today(&TodayQuery::default()).unwrap();
        assert_eq!(left.moves.len(), 3);
        assert_eq!(left.leaving.len(), 1);
        operator
    });
    assert_eq!(messages_in(&mail), 0, "its undo window is open");
    let engine = engine_with(
        home.path(),
        Arc::new(FixedClock("2026-11-24T10:00:20Z".parse().unwrap())),
    );
    assert_eq!(engine.run_due().unwrap().sent, 1);
    assert_eq!(engine.run_due().unwrap().sent, 0);
    assert_eq!(messages_in(&mail), 1);
}

#[test]
fn the_console_itself_lets_out_what_is_due_without_a_pass() {
    let home = tempfile::tempdir().unwrap();
    drop(installation(home.path()));
    let config = home.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}[outbox]\nundo_seconds = 1\n")).unwrap();
    let begin: Timestamp = NOW.parse().unwrap();
    let shift = begin.duration_since(crate::env::SystemClock.now());
    let clock = ShiftedClock::new(Arc::new(crate::env::SystemClock), shift);
    let engine = engine_with(home.path(), Arc::new(clock));
    with_engine(engine, home.path(), 120, 40, async |mut operator| {
        operator.see("Before it goes").await;
        operator.press("a");
        operator.see("a or Enter approves").await;
        operator.press("a");
        // No pass is made in this test, so only the timer can have sent it.
        operator.see("sent 1/20").await;
        operator
    });
    assert_eq!(messages_in(&home.path().join("mail")), 1);
}

#[test]
fn skipping_snoozing_and_undoing_reach_the_database_and_come_back() {
    let home = tempfile::tempdir().unwrap();
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("All 4").await;
        operator.press("x enter");
        operator.see("All 3").await;
        operator.press("s enter");
        operator.see("All 2").await;
        operator.press("u");
        operator.see("All 3").await;
        operator.press("U");
        operator.see("Enter takes the selected change back").await;
        operator
    });
}

#[test]
fn a_draft_is_edited_in_place_and_shown_as_edited() {
    let home = tempfile::tempdir().unwrap();
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("Subject").await;
        operator.press("e");
        operator.see("Edit the draft").await;
        operator.type_text("Dear all, ");
        operator.see("Dear all,").await;
        operator
            .keys
            .send(Event::Key(KeyEvent::new(
                KeyCode::Char('s'),
                KeyModifiers::CONTROL,
            )))
            .unwrap();
        operator.see("Draft, edited by you").await;
        let list = operator.engine.today(&TodayQuery::default()).unwrap();
        let detail = operator.engine.show(list.moves[0].id).unwrap();
        let draft = detail.draft.unwrap();
        assert!(draft.edited && draft.body.starts_with("Dear all, "));
        operator
    });
}

#[test]
fn what_another_process_does_shows_without_a_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_owned();
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("All 4").await;
        // A second handle on the same files, as `caseyos sync` from cron would have.
        let other = Engine::open(
            Env::new(Arc::new(FixedClock(NOW.parse().unwrap())), 9),
            Paths::in_folder(&path),
        )
        .unwrap();
        let line = "{\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-24T09:50:00Z\",\
                    \"email\":\"eve@eveco.example\",\"name\":\"Eve Stone\",\"message\":\"pricing\"}\n";
        other.add_signals(line.as_bytes(), None).unwrap();
        operator.see("All 5").await;
        operator.see("Eve").await;
        operator
    });
}

#[test]
fn the_kill_switch_stops_at_once_and_resumes_when_asked() {
    let home = tempfile::tempdir().unwrap();
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see(" LIVE ").await;
        operator.press("K");
        operator.see(" STOPPED ").await;
        operator.press("a");
        operator.see("Refused by kill switch").await;
        operator.press("esc K");
        operator.see("Nothing waits.").await;
        operator.press("a");
        operator.see(" LIVE ").await;
        operator
    });
}

#[test]
fn a_dry_run_sends_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mail = home.path().join("mail");
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("1/4").await;
        operator.press("d");
        operator.see("Message-ID").await;
        operator.press("esc y");
        operator.see("is on the clipboard").await;
        assert!(operator.copied.lock().unwrap()[0].contains('@'));
        operator
    });
    assert_eq!(messages_in(&mail), 0);
}

#[test]
fn a_sync_that_is_asked_for_reports_itself() {
    let home = tempfile::tempdir().unwrap();
    with_loop(home.path(), 120, 40, async |mut operator| {
        operator.see("never synced").await;
        operator.press("r");
        operator.see("synced just now").await;
        operator
    });
}

#[test]
fn random_keys_on_a_real_database_neither_panic_nor_hang() {
    let home = tempfile::tempdir().unwrap();
    with_loop(home.path(), 100, 30, async |mut operator| {
        operator.see("All 4").await;
        let mut dice = soak::Dice(11);
        let mut size = (100, 30);
        for _ in 0..600 {
            let event = soak::event(&mut dice, &mut size);
            // What leaves the program or gives the terminal away is not what is tried here.
            let leaves = matches!(
                &event,
                Event::Key(key) if matches!(key.code, KeyCode::Char('q' | 'E' | 'c' | 'z' | 'Q'))
            ) || matches!(&event, Event::Resize(..) | Event::Paste(_));
            if !leaves {
                operator.keys.send(event).unwrap();
            }
            tokio::task::yield_now().await;
        }
        for _ in 0..12 {
            operator.press("esc");
            operator.press("enter");
            operator.press("esc");
        }
        operator.press("esc esc");
        operator.see("Today's Moves").await;
        operator
    });
}
