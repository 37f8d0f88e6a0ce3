//! Work beside the loop: reads, commands, passes over the sources, and the watch for changes. All of it blocks, so it runs on other
//! threads and answers with messages.
//!
//! Each part of a screen is a lane of one look, in which a newer question replaces one that has not begun. Reads of Today's list and reads of
//! moves are two lanes of one job each: a newer list replaces one that has not begun, and moves are read the last asked first. Commands are a lane of their own, strictly in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::ids::{Asked, Job, Part, Progress, ScreenId};
use super::looks::{self, Look};
use super::message::{Effect, ImportWish, Message};
use crate::domain::id::MoveId;
use crate::engine::command::Command;
use crate::engine::import::{ImportProgress, ImportRequest};
use crate::engine::queries::today::TodayQuery;
use crate::engine::{Engine, EngineError, PassControl, PassScope, PassStep, PassWatcher};

/// The pace of asking whether another process changed something.
const WATCH: Duration = Duration::from_millis(250);
/// Changes that follow one another within this time are one.
const SETTLE: Duration = Duration::from_millis(30);
/// The most moves that wait to be read; older requests are forgotten.
const MAX_WAITING: usize = 512;
/// The most entries of the undo list.
const UNDO_ENTRIES: usize = 200;

/// The sources of a pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pass {
    /// The sources that are due by their own pace.
    Due,
    /// One source, by name.
    Only(String),
    /// Every source.
    Full,
}

/// Called before each pass over the sources.
pub type Pulse = Arc<dyn Fn() + Send + Sync>;

/// The jobs beside the loop.
pub struct Jobs {
    engine: Engine,
    answers: Sender<Message>,
    pulse: Option<Pulse>,
    list: Option<(u64, TodayQuery)>,
    undo_list: bool,
    waiting: bool,
    /// The looks that wait, by part, and the parts that are looking.
    looks: BTreeMap<(ScreenId, Part), (Asked, Look)>,
    looking: BTreeSet<(ScreenId, Part)>,
    listing: bool,
    previews: VecDeque<MoveId>,
    shows: VecDeque<MoveId>,
    showing: bool,
    commands: VecDeque<Command>,
    running: bool,
    syncing: bool,
    due: Arc<AtomicBool>,
    /// Set to stop the import, or the look at a file, that is under way.
    stop_jobs: Arc<AtomicBool>,
    /// The work on a file that is under way: true for a look at it, which keeps nothing.
    importing: Option<bool>,
    /// The file that comes next, and whether it is only looked at.
    import_next: Option<(ImportWish, bool)>,
    sync_again: Option<Pass>,
    /// Stops the pass that is under way, when that is asked for and when the console closes.
    passes: PassControl,
    stop: Arc<AtomicBool>,
}

fn said(error: &EngineError) -> String {
    error.to_string()
}

impl Jobs {
    /// Makes the jobs over `engine`; they answer to `answers`.
    pub fn new(engine: Engine, answers: Sender<Message>, pulse: Option<Pulse>) -> Self {
        Self {
            engine,
            answers,
            pulse,
            list: None,
            undo_list: false,
            waiting: false,
            looks: BTreeMap::new(),
            looking: BTreeSet::new(),
            listing: false,
            previews: VecDeque::new(),
            shows: VecDeque::new(),
            showing: false,
            commands: VecDeque::new(),
            running: false,
            syncing: false,
            due: Arc::new(AtomicBool::new(false)),
            stop_jobs: Arc::new(AtomicBool::new(false)),
            importing: None,
            import_next: None,
            sync_again: None,
            passes: PassControl::default(),
            stop: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Takes an effect and begins the jobs that can begin.
    pub fn take(&mut self, effect: Effect) {
        match effect {
            Effect::List { generation, query } => self.list = Some((generation, query)),
            Effect::Read { asked, look } => {
                self.looks.insert((asked.screen, asked.part), (asked, look));
            }
            Effect::UndoList => self.undo_list = true,
            Effect::Waiting => self.waiting = true,
            Effect::Show(ids) => {
                // The newest wishes come first, in their own order.
                for id in ids.into_iter().rev() {
                    self.shows.retain(|waiting| *waiting != id);
                    self.shows.push_front(id);
                }
                self.shows.truncate(MAX_WAITING);
            }
            Effect::Preview(id) => self.previews.push_back(id),
            Effect::Run(command) => self.commands.push_back(command),
            Effect::Sync => self.sync(Pass::Full),
            Effect::Rehearse(wish) => self.import(wish, true),
            Effect::Import(wish) => self.import(wish, false),
            Effect::CancelRehearsal => self.end_rehearsal(),
            Effect::CancelJobs => {
                self.stop_jobs.store(true, Ordering::SeqCst);
                self.passes.stop();
            }
            Effect::SyncOnly(source) => self.sync(Pass::Only(source)),
            Effect::Copy(_)
            | Effect::Notify(_)
            | Effect::EditOutside { .. }
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => {}
        }
        self.begin();
    }

    /// Notes an answer, so that the next job of its lane can begin.
    pub fn answered(&mut self, message: &Message) {
        match message {
            Message::Listed { .. } | Message::UndoListed(_) | Message::Waits(_) => {
                self.listing = false;
            }
            Message::Read { asked, .. } => {
                self.looking.remove(&(asked.screen, asked.part));
            }
            Message::Shown { .. } | Message::Previewed { .. } => self.showing = false,
            Message::Ran { .. } => self.running = false,
            Message::Imported(_) | Message::Rehearsed { .. } => {
                self.importing = None;
                if let Some((wish, rehearses)) = self.import_next.take() {
                    self.import(wish, rehearses);
                }
            }
            Message::Synced(_) => {
                self.syncing = false;
                if let Some(pass) = self.sync_again.take() {
                    self.sync(pass);
                }
            }
            _ => return,
        }
        self.begin();
    }

    /// Tells whether commands wait or run: the program must not end meanwhile.
    #[must_use]
    pub fn commanding(&self) -> bool {
        self.running || !self.commands.is_empty()
    }

    /// Reports the progress of each source to the terminal. A full queue drops a step; the next one replaces it.
    fn watcher(&self) -> PassWatcher {
        let answers = self.answers.clone();
        Arc::new(move |source, step| {
            if let PassStep::Reading { seen, of } = step {
                let progress = Progress {
                    what: source.to_owned(),
                    done: seen,
                    of,
                };
                drop(answers.try_send(Message::Progress(Job::Sync, progress)));
            }
        })
    }

    /// Begins a pass over the sources; one that is asked for during another follows it.
    pub fn sync(&mut self, pass: Pass) {
        if self.syncing {
            // What was asked for by hand is more than what is due.
            self.sync_again = match (self.sync_again.take(), pass) {
                (Some(Pass::Only(one)), Pass::Only(other)) if one != other => Some(Pass::Full),
                (waiting, pass) => waiting.max(Some(pass)),
            };
            return;
        }
        self.syncing = true;
        // A handle of its own for each pass: one that was stopped stays so.
        self.passes = PassControl::default().watched(self.watcher());
        let scope = PassScope {
            timed: pass == Pass::Due,
            control: self.passes.clone(),
            only: match pass {
                Pass::Only(name) => name,
                Pass::Due | Pass::Full => String::new(),
            },
            ..PassScope::default()
        };
        let (engine, pulse) = (self.engine.clone(), self.pulse.clone());
        let answers = self.answers.clone();
        tokio::spawn(async move {
            if answers.send(Message::SyncStarted).await.is_err() {
                return;
            }
            let job = tokio::task::spawn_blocking(move || {
                if let Some(pulse) = pulse {
                    pulse();
                }
                engine.sync_with(&scope).map_err(|e| said(&e))
            });
            let result = job
                .await
                .unwrap_or_else(|_| Err("the pass broke off (see the log).".into()));
            drop(answers.send(Message::Synced(result)).await);
        });
    }

    /// Brings people in from a file, or looks what that would do; one file at a time. A look that is under way ends for
    /// whatever comes after it.
    fn import(&mut self, wish: ImportWish, rehearses: bool) {
        if let Some(is_look) = self.importing {
            if is_look {
                self.stop_jobs.store(true, Ordering::SeqCst);
            }
            self.import_next = Some((wish, rehearses));
            return;
        }
        self.importing = Some(rehearses);
        self.stop_jobs.store(false, Ordering::SeqCst);
        let (engine, stop) = (self.engine.clone(), Arc::clone(&self.stop_jobs));
        let steps = self.answers.clone();
        let asked = wish.clone();
        let job = if rehearses { Job::Look } else { Job::Import };
        self.spawn(
            move || {
                let path = &wish.path;
                let facts = std::fs::metadata(path);
                // A pipe would be waited for without end.
                if facts.as_ref().is_ok_and(|facts| !facts.is_file()) {
                    return Err(format!("{} is not a file.", path.display()));
                }
                let of = facts.ok().map(|facts| facts.len());
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
                let what = name.unwrap_or_default();
                let mut told = 0;
                let mut tell = |p: ImportProgress| {
                    // As often as a gauge can show it.
                    if p.bytes.saturating_sub(told) < of.unwrap_or(0) / 100 {
                        return;
                    }
                    told = p.bytes;
                    let progress = Progress {
                        what: what.clone(),
                        done: p.bytes,
                        of,
                    };
                    drop(steps.try_send(Message::Progress(job, progress)));
                };
                let request = ImportRequest {
                    dry_run: rehearses,
                    on_conflict: Some(wish.on_conflict),
                    ..ImportRequest::default()
                };
                engine
                    .import_file(path, &request, &stop, &mut tell)
                    .map(Box::new)
                    .map_err(|e| said(&e))
            },
            move |result| match rehearses {
                true => Message::Rehearsed {
                    wish: asked,
                    result,
                },
                false => Message::Imported(result),
            },
        );
    }

    /// Ends the look at a file that is under way or to come.
    fn end_rehearsal(&mut self) {
        if self.import_next.as_ref().is_some_and(|(_, looks)| *looks) {
            self.import_next = None;
        }
        if self.importing == Some(true) {
            self.stop_jobs.store(true, Ordering::SeqCst);
        }
    }

    /// Sends the mail that is due in the outbox, unless that is under way: mail past its undo window does not wait for a pass.
    pub fn run_due(&self) {
        if self.due.swap(true, Ordering::AcqRel) {
            return;
        }
        let (engine, due) = (self.engine.clone(), Arc::clone(&self.due));
        tokio::task::spawn_blocking(move || {
            // What fails stays in the outbox, and is tried and told of by the next pass.
            if let Err(error) = engine.run_due() {
                tracing::warn!(%error, "what was due could not be let out");
            }
            due.store(false, Ordering::Release);
        });
    }

    fn begin(&mut self) {
        if !self.listing {
            if let Some((generation, query)) = self.list.take() {
                self.listing = true;
                let engine = self.engine.clone();
                self.spawn(
                    move || engine.today(&query).map(Arc::new).map_err(|e| said(&e)),
                    move |result| Message::Listed { generation, result },
                );
            } else if std::mem::take(&mut self.undo_list) {
                self.listing = true;
                let engine = self.engine.clone();
                self.spawn(
                    move || engine.undo_list(UNDO_ENTRIES).map_err(|e| said(&e)),
                    Message::UndoListed,
                );
            } else if std::mem::take(&mut self.waiting) {
                self.listing = true;
                let engine = self.engine.clone();
                self.spawn(
                    move || engine.outbox_if_resumed().map_err(|e| said(&e)),
                    Message::Waits,
                );
            }
        }
        let free: Vec<(ScreenId, Part)> = self
            .looks
            .keys()
            .filter(|part| !self.looking.contains(*part))
            .copied()
            .collect();
        for part in free {
            if let Some((asked, look)) = self.looks.remove(&part) {
                self.looking.insert(part);
                let engine = self.engine.clone();
                self.spawn(
                    move || looks::answer(&engine, &look),
                    move |result| Message::Read { asked, result },
                );
            }
        }
        if !self.showing {
            let engine = self.engine.clone();
            if let Some(id) = self.previews.pop_front() {
                self.showing = true;
                self.spawn(
                    move || engine.preview(id).map_err(|e| said(&e)),
                    move |result| Message::Previewed { id, result },
                );
            } else if let Some(id) = self.shows.pop_front() {
                self.showing = true;
                self.spawn(
                    move || engine.show(id).map(Arc::new).map_err(|e| said(&e)),
                    move |result| Message::Shown { id, result },
                );
            }
        }
        if !self.running
            && let Some(command) = self.commands.pop_front()
        {
            self.running = true;
            let engine = self.engine.clone();
            let given = command.clone();
            self.spawn(
                move || engine.run(given).map_err(|e| said(&e)),
                move |result| Message::Ran { command, result },
            );
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, String> + Send + 'static,
        answer: impl FnOnce(Result<T, String>) -> Message + Send + 'static,
    ) {
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let result = tokio::task::spawn_blocking(job)
                .await
                .unwrap_or_else(|_| Err("it broke off (see the log); nothing was changed.".into()));
            drop(answers.send(answer(result)).await);
        });
    }

    /// Starts to wait at the mailboxes whose servers tell of new mail.
    pub fn watch_mailboxes(&self) {
        for account in self.engine.watchable() {
            let engine = self.engine.clone();
            let answers = self.answers.clone();
            let stop = Arc::clone(&self.stop);
            let name = format!("mail-{}", account.name);
            let wait = move || {
                engine.watch_mailbox(&account, &stop, &|| {
                    drop(answers.blocking_send(Message::MailCame))
                });
            };
            if let Err(error) = std::thread::Builder::new().name(name).spawn(wait) {
                tracing::error!("the watch on a mailbox could not be started: {error}");
            }
        }
    }

    /// Starts the watch: this process tells of its changes, and the database is asked for those of others. `seen` is the version from
    /// before the first list was read, so that nothing between the two is missed.
    pub fn watch(&self, seen: Option<i64>) {
        let engine = self.engine.clone();
        let answers = self.answers.clone();
        let stop = Arc::clone(&self.stop);
        let watch = move || {
            let events = engine.subscribe();
            let mut seen = seen;
            while !stop.load(Ordering::Relaxed) {
                match events.recv_timeout(WATCH) {
                    Ok(_) => while events.recv_timeout(SETTLE).is_ok() {},
                    Err(RecvTimeoutError::Timeout) => {}
                    // Without events the database is still asked.
                    Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(WATCH),
                }
                // A database that cannot be read now is asked again; the reads that matter report it.
                let Ok(version) = engine.data_version() else {
                    continue;
                };
                if seen != Some(version) {
                    seen = Some(version);
                    if answers.blocking_send(Message::Changed).is_err() {
                        return;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("tui-watch".into())
            .spawn(watch);
        if let Err(error) = thread {
            tracing::error!("the watch for changes could not be started: {error}");
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.stop_jobs.store(true, Ordering::SeqCst);
        self.passes.stop();
    }
}
