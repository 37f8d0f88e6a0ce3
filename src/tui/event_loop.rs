//! The loop: messages to the terminal, what it asks for to the jobs, and a frame when nothing is left to take in.
//!
//! Nothing else is awaited here, so that no disk and no network can hold a key up.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::StreamExt;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::app::App;
use super::background::{Background, Watched};
use super::jobs::{Jobs, Pass, Pulse};
use super::message::{Effect, Message};
use super::terminal::{Host, Input};
use super::{outside, screens};
use crate::domain::id::MoveId;
use crate::engine::Engine;
use crate::env;

/// Answers that wait for the loop; whoever sends more waits.
const QUEUE: usize = 256;
/// Input that is taken in before a frame is drawn.
const MAX_INPUT: usize = 512;
/// Between two frames of what turns, and between two of a clock.
const FAST: Duration = Duration::from_millis(100);
const SLOW: Duration = Duration::from_secs(1);
/// The first pass over the sources begins when the first frame has been seen.
const FIRST_SYNC: Duration = Duration::from_millis(500);
/// For so long after the editor an interrupt is taken for one that was meant for it.
const LATE_INTERRUPT: Duration = Duration::from_millis(40);
/// The patience at the end for commands under way.
const LAST_COMMANDS: Duration = Duration::from_secs(5);

/// The settings of the loop.
pub struct Settings {
    /// Between two passes over the sources; none for no passes but those asked for.
    pub sync_every: Option<Duration>,
    /// Called before each pass.
    pub pulse: Option<Pulse>,
    /// The folder for the file of the operator's own editor.
    pub folder: PathBuf,
    /// Problems from before the loop began.
    pub problems: Vec<String>,
    /// True if the title counts the moves that are due.
    pub title: bool,
    /// True if the desktop is told of urgent news.
    pub notify: bool,
    /// True if the terminal is asked for its background.
    pub ask_background: bool,
}

/// The request of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// To end.
    End,
    /// To end, or, while the operator's editor is open, something that the editor is to deal with: Ctrl-C reaches both.
    Interrupt,
}

/// Signals that end a program. Each that would end this one on the spot ends it in order instead, so that the terminal is given back.
struct Signals {
    #[cfg(unix)]
    all: Vec<(Asked, tokio::signal::unix::Signal)>,
}

impl Signals {
    fn new() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let all = [
                (Asked::End, SignalKind::terminate()),
                (Asked::End, SignalKind::hangup()),
                (Asked::End, SignalKind::alarm()),
                (Asked::End, SignalKind::user_defined1()),
                (Asked::End, SignalKind::user_defined2()),
                (Asked::Interrupt, SignalKind::interrupt()),
                (Asked::Interrupt, SignalKind::quit()),
            ];
            let all = all
                .into_iter()
                .filter_map(|(asked, kind)| Some((asked, signal(kind).ok()?)))
                .collect();
            Self { all }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) -> Asked {
        #[cfg(unix)]
        return std::future::poll_fn(|cx| {
            for (asked, signal) in &mut self.all {
                if let Poll::Ready(Some(())) = signal.poll_recv(cx) {
                    return Poll::Ready(*asked);
                }
            }
            Poll::Pending
        })
        .await;
        #[cfg(not(unix))]
        std::future::pending().await
    }
}

struct Loop<'a, B: Backend, H: Host> {
    app: App,
    jobs: Jobs,
    engine: Engine,
    terminal: &'a mut Terminal<B>,
    host: &'a mut H,
    input: Input,
    messages: Receiver<Message>,
    signals: Signals,
    folder: PathBuf,
    /// The last time that the outbox was asked for what is due.
    asked_due: Duration,
    background: Background,
    titled: Option<String>,
    has_title: bool,
    notifies: bool,
    ended: bool,
    /// Words for the operator once the terminal is given back.
    farewell: Option<String>,
}

/// Runs the terminal until it ends. Returns what is to be said after it.
///
/// # Errors
/// Fails once the terminal can no longer be drawn on.
pub async fn run<B, H>(
    engine: Engine,
    app: App,
    terminal: &mut Terminal<B>,
    host: &mut H,
    settings: Settings,
) -> anyhow::Result<Option<String>>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    H: Host,
{
    let (answers, messages) = channel(QUEUE);
    let jobs = Jobs::new(engine.clone(), answers, settings.pulse);
    let input = host.input();
    let mut this = Loop {
        app,
        jobs,
        engine,
        terminal,
        host,
        input,
        messages,
        signals: Signals::new(),
        folder: settings.folder,
        asked_due: Duration::ZERO,
        background: Background::default(),
        titled: None,
        has_title: settings.title,
        notifies: settings.notify,
        ended: false,
        farewell: None,
    };
    let area = this.terminal.size()?;
    this.hand(Message::Input(Event::Resize(area.width, area.height)))
        .await?;
    this.tick().await?;
    // The list is read here, before the first frame: it costs a few milliseconds and saves an empty one.
    let version = this.engine.data_version().ok();
    let first = this
        .engine
        .today(&screens::today::Today::first_query())
        .map(Arc::new)
        .map_err(|e| e.to_string());
    this.hand(Message::Listed {
        generation: 0,
        result: first,
    })
    .await?;
    for problem in settings.problems {
        this.hand(Message::Problem(problem)).await?;
    }
    this.draw()?;
    if settings.ask_background {
        this.background.asked(env::monotonic());
        this.host.ask_background()?;
    }
    this.jobs.watch(version);
    if settings.sync_every.is_some() {
        this.jobs.watch_mailboxes();
    }

    let mut next_sync = settings.sync_every.map(|_| Instant::now() + FIRST_SYNC);
    let mut next_tick = Instant::now() + SLOW;
    while !this.ended {
        let never = Instant::now() + Duration::from_secs(86_400);
        tokio::select! {
            // Answers first: a key that follows one must meet what it changed. Input before the clock, so that no tick delays a key.
            biased;
            Some(message) = this.messages.recv() => this.hand(message).await?,
            event = this.input.next() => this.take_event(event).await?,
            _ = this.signals.next() => this.hand(Message::Terminate).await?,
            () = sleep_until(next_sync.unwrap_or(never)) => {
                this.jobs.sync(Pass::Due);
                next_sync = settings.sync_every.map(|every| Instant::now() + every);
            }
            () = sleep_until(next_tick) => {}
        }
        this.drain().await?;
        if this.ended {
            break;
        }
        let due = Instant::now();
        let pace = if this.app.animates() { FAST } else { SLOW };
        if due >= next_tick || next_tick > due + pace {
            this.tick().await?;
            next_tick = due + pace;
        }
        this.draw()?;
    }
    this.host.ending();
    this.finish().await;
    Ok(this.farewell)
}

impl<B, H> Loop<'_, B, H>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    H: Host,
{
    fn draw(&mut self) -> anyhow::Result<()> {
        let app = &self.app;
        self.terminal.draw(|frame| app.view(frame))?;
        if self.has_title {
            let title = app.title();
            if self.titled.as_ref() != Some(&title) {
                self.host.title(&title)?;
                self.titled = Some(title);
            }
        }
        Ok(())
    }

    /// Empties the screen, so that the next frame draws every cell. `Terminal::clear` would ask the terminal where its cursor is and wait
    /// for the answer.
    fn draw_anew(&mut self) -> anyhow::Result<()> {
        let size = self.terminal.size()?;
        Ok(self.terminal.resize(Rect::from((Position::ORIGIN, size)))?)
    }

    async fn tick(&mut self) -> anyhow::Result<()> {
        let message = Message::Tick {
            now: self.engine.now(),
            elapsed: env::monotonic(),
        };
        self.hand(message).await?;
        let now = env::monotonic();
        for event in self.background.overdue(now) {
            self.hand(Message::Input(event)).await?;
        }
        if now.saturating_sub(self.asked_due) >= SLOW / 2 {
            self.asked_due = now;
            self.jobs.run_due();
        }
        Ok(())
    }

    async fn take_event(&mut self, event: Option<std::io::Result<Event>>) -> anyhow::Result<()> {
        match event {
            Some(Ok(event)) => match self.background.watch(event, env::monotonic()) {
                Watched::Held => Ok(()),
                Watched::Light(light) => self.hand(Message::Background { light }).await,
                Watched::Events(events) => {
                    for event in events {
                        self.hand(Message::Input(event)).await?;
                    }
                    Ok(())
                }
            },
            // Input that has ended means that the terminal is gone.
            Some(Err(_)) | None => self.hand(Message::Terminate).await,
        }
    }

    /// Takes in everything that is there already, so that a burst of keys costs one frame.
    async fn drain(&mut self) -> anyhow::Result<()> {
        for _ in 0..MAX_INPUT {
            if self.ended {
                return Ok(());
            }
            if let Ok(message) = self.messages.try_recv() {
                self.hand(message).await?;
                continue;
            }
            // Polled with the loop's own waker: crossterm's stream keeps the waker of the last poll and would never wake the loop after
            // one with another.
            let input = &mut self.input;
            let next = std::future::poll_fn(|cx| {
                Poll::Ready(match input.as_mut().poll_next(cx) {
                    Poll::Ready(event) => Some(event),
                    Poll::Pending => None,
                })
            })
            .await;
            match next {
                Some(event) => self.take_event(event).await?,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    async fn hand(&mut self, message: Message) -> anyhow::Result<()> {
        self.jobs.answered(&message);
        let effects = self.app.update(message);
        for effect in effects {
            self.carry_out(effect).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Quit => self.ended = true,
            Effect::Copy(text) => self.host.copy(&text)?,
            Effect::Notify(text) if self.notifies => self.host.notify(&text)?,
            Effect::Notify(_) => {}
            Effect::Redraw => self.draw_anew()?,
            Effect::Suspend => {
                self.lend()?;
                self.host.stop();
                self.take_back()?;
            }
            Effect::EditOutside { id, subject, body } => {
                self.lend()?;
                let (edited, is_ending) = self.edit_outside(id, subject, body).await;
                // A terminal whose program ends is not taken back: the editor may still have it.
                if !is_ending {
                    self.take_back()?;
                }
                match edited {
                    Some(Err(why)) if is_ending => self.farewell = Some(why),
                    Some(result) => {
                        let effects = self.app.update(Message::EditedOutside { id, result });
                        for effect in effects {
                            self.jobs.take(effect);
                        }
                    }
                    None => {
                        self.farewell = Some(outside::left_alone(&self.folder));
                    }
                }
                self.ended |= is_ending;
            }
            other => self.jobs.take(other),
        }
        Ok(())
    }

    /// Waits for the operator's editor. Returns what came of it, none if it did not end although it was asked to, and whether this program was asked
    /// to end.
    async fn edit_outside(
        &mut self,
        id: MoveId,
        subject: String,
        body: String,
    ) -> (Option<Result<Option<(String, String)>, String>>, bool) {
        let (folder, ender) = (self.folder.clone(), outside::Ender::default());
        let (done, mut edited) = tokio::sync::oneshot::channel();
        let asked = ender.clone();
        // A thread of its own: the runtime would wait at its end for an editor that goes on.
        let editing = std::thread::Builder::new().spawn(move || {
            drop(done.send(outside::edit(&folder, id, &subject, &body, &asked)));
        });
        if editing.is_err() {
            let why = "The editor could not be started; the draft is unchanged.";
            return (Some(Err(why.into())), false);
        }
        let not_run = || Err("The editor could not be run; the draft is unchanged.".into());
        // Answers still come in while the editor is open; they must not fill the queue.
        let mut patience = None;
        let result = loop {
            let never = Instant::now() + Duration::from_secs(86_400);
            tokio::select! {
                result = &mut edited => break result.unwrap_or_else(|_| not_run()),
                asked = self.signals.next() => {
                    if asked == Asked::End && patience.is_none() {
                        ender.end();
                        patience = Some(Instant::now() + outside::PATIENCE);
                    }
                }
                () = sleep_until(patience.unwrap_or(never)) => {
                    if patience.is_some() {
                        return (None, true);
                    }
                }
                Some(message) = self.messages.recv() => {
                    self.jobs.answered(&message);
                    for effect in self.app.update(message) {
                        self.jobs.take(effect);
                    }
                }
            }
        };
        // A Ctrl-C just before the editor closed reaches this program a moment after.
        let late = async { while self.signals.next().await == Asked::Interrupt {} };
        let is_late = timeout(LATE_INTERRUPT, late).await.is_ok();
        (Some(result), patience.is_some() || is_late)
    }

    /// Gives the terminal away; the input is dropped first, since it would read what is meant for the other program.
    fn lend(&mut self) -> anyhow::Result<()> {
        self.input = Box::pin(futures_util::stream::pending());
        Ok(self.host.lend()?)
    }

    fn take_back(&mut self) -> anyhow::Result<()> {
        self.host.take_back()?;
        self.titled = None;
        self.draw_anew()?;
        self.input = self.host.input();
        let size = self.terminal.size()?;
        drop(
            self.app
                .update(Message::Input(Event::Resize(size.width, size.height))),
        );
        Ok(())
    }

    /// Waits for commands that were given: what the operator saw confirmed must happen.
    async fn finish(&mut self) {
        let wait = async {
            while self.jobs.commanding() {
                match self.messages.recv().await {
                    Some(message) => self.jobs.answered(&message),
                    None => return,
                }
            }
        };
        if timeout(LAST_COMMANDS, wait).await.is_err() {
            tracing::warn!("a command was still under way at the end");
        }
    }
}
