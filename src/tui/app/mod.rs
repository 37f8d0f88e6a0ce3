//! The terminal as a whole: the screens, the overlays on top, and the sentences to the operator. It takes messages and returns effects for the
//! loop; it knows no engine and waits for nothing, so that tests can drive it message by message.

mod view;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::config::UiTheme;
use crate::engine::command::Command;
use crate::engine::import::ImportReport;
use crate::engine::queries::news::Mark;
use crate::tui::action::KeyAction;
use crate::tui::context::Context;
use crate::tui::ids::{Job, Part, ScreenId, Target, Tone};
use crate::tui::intent::{Intent, Overlay};
use crate::tui::keymap::{Chord, KeyContext, Resolution};
use crate::tui::looks::{Answer, Look, Sight};
use crate::tui::message::{Effect, Message};
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::help::Help;
use crate::tui::overlays::import::Import;
use crate::tui::overlays::palette::{Palette, Screens};
use crate::tui::overlays::resume::kill_switch;
use crate::tui::overlays::snooze::Snooze;
use crate::tui::overlays::undo::UndoList;
use crate::tui::overlays::viewer::Viewer;
use crate::tui::reader::Reader;
use crate::tui::screen::Screen;
use crate::tui::text::clean;
use crate::tui::theme::{Surroundings, Theme};
use crate::tui::toasts::Toasts;
use crate::tui::widgets::{body, footer, status};
use crate::tui::{screens, times};

/// The terminal as a whole.
#[derive(Debug)]
pub struct App {
    cx: Context,
    around: Surroundings,
    themes: PathBuf,
    /// The screens that were visited, each as it was left.
    screens: BTreeMap<ScreenId, Box<dyn Screen>>,
    overlays: Vec<Box<dyn Overlay>>,
    pressed: Vec<Chord>,
    continuations: Vec<(Chord, KeyAction)>,
    toasts: Toasts,
    news: Reader,
    /// The newest event that the operator was told of.
    told: Option<Mark>,
    due: u64,
}

impl App {
    /// Makes the terminal with its first screen; `themes` is the folder of the operator's own.
    #[must_use]
    pub fn new(mut cx: Context, around: Surroundings, themes: PathBuf) -> Self {
        cx.screen = ScreenId::Today;
        Self {
            cx,
            around,
            themes,
            screens: BTreeMap::from([(ScreenId::Today, screens::make(ScreenId::Today))]),
            overlays: Vec::new(),
            pressed: Vec::new(),
            continuations: Vec::new(),
            toasts: Toasts::default(),
            news: Reader::new(ScreenId::Today, Part::Entry),
            told: None,
            due: 0,
        }
    }

    /// Returns the context.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Tells whether something turns, so that frames are wanted without messages.
    #[must_use]
    pub fn animates(&self) -> bool {
        self.cx.status.running > 0 || self.cx.status.syncing || !self.cx.status.jobs.is_empty()
    }

    /// Returns how many overlays lie on the screen.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.overlays.len()
    }

    /// Takes a message and returns the effects for the loop.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match &message {
            Message::Input(event) => {
                match event {
                    Event::Key(key) if key.kind != KeyEventKind::Release => {
                        self.key(*key, &mut effects);
                    }
                    Event::Mouse(mouse) => self.mouse(*mouse, &mut effects),
                    Event::Paste(text) => {
                        if let Some(top) = self.overlays.last_mut() {
                            let intents = top.paste(text, &self.cx);
                            self.follow(intents, &mut effects);
                        }
                    }
                    Event::Resize(width, height) => {
                        self.cx.size = Rect::new(0, 0, *width, *height);
                        let intents = self.tell_screens(&message);
                        self.follow(intents, &mut effects);
                    }
                    Event::Key(_) | Event::FocusGained | Event::FocusLost => {}
                }
                return effects;
            }
            Message::Tick { now, elapsed } => {
                self.cx.now = *now;
                self.cx.elapsed = *elapsed;
                self.toasts.tick(*elapsed);
            }
            Message::Listed { result, .. } => {
                if let Ok(list) = result {
                    let stopped = self.cx.status.known && !self.cx.status.stopped();
                    self.cx.status.take(list);
                    if stopped && self.cx.status.stopped() && self.cx.status.running == 0 {
                        // Not by a key here: another process did it.
                        let text = status::stopped_because(&self.cx);
                        effects.push(Effect::Notify(text));
                    }
                }
            }
            Message::Ran { command, result } => {
                self.cx.status.running = self.cx.status.running.saturating_sub(1);
                let more = self.toasts.report(command, result, &self.cx);
                self.follow(more, &mut effects);
            }
            Message::SyncStarted => self.cx.status.syncing = true,
            Message::Synced(result) => {
                self.cx.status.syncing = false;
                self.cx.status.jobs.remove(&Job::Sync);
                self.toasts.synced(result, &self.cx);
            }
            Message::EditedOutside { id, result } => match result {
                Ok(Some((subject, body))) => {
                    let command = Command::EditDraft {
                        id: *id,
                        subject: subject.clone(),
                        body: body.clone(),
                    };
                    self.follow(vec![Intent::run(command)], &mut effects);
                }
                Ok(None) => self.say(Tone::Plain, "The draft was not changed."),
                Err(error) => self.fail(error),
            },
            Message::Background { light } => self.background(*light),
            Message::Progress(job, progress) => {
                self.cx.status.jobs.insert(*job, progress.clone());
            }
            Message::Rehearsed { .. } => {
                self.cx.status.jobs.remove(&Job::Look);
            }
            Message::Imported(result) => {
                self.cx.status.jobs.remove(&Job::Import);
                self.imported(result);
            }
            Message::Read { .. } => {
                if let Some(Ok(Sight::News(news))) = self.news.take(&message) {
                    self.told = Some(news.mark);
                    self.due = news.due;
                    effects.extend(news.sentences.iter().cloned().map(Effect::Notify));
                }
            }
            Message::Changed => {
                let ask = self.news.ask(Look::News(self.told));
                self.follow(vec![ask], &mut effects);
            }
            Message::Problem(text) => self.fail(text),
            Message::Terminate => {
                // Nobody can be asked any more; what was written is kept as a draft, which is harmless and can be undone.
                let kept: Vec<Command> = self.overlays.iter().filter_map(|o| o.unsaved()).collect();
                effects.extend(kept.into_iter().map(Effect::Run));
                effects.push(Effect::Quit);
            }
            Message::MailCame => effects.push(Effect::Sync),
            Message::Shown { .. }
            | Message::Previewed { .. }
            | Message::UndoListed(_)
            | Message::Waits(_) => {}
        }
        let mut intents = Vec::new();
        for overlay in &mut self.overlays {
            intents.extend(overlay.receive(&message, &self.cx));
        }
        intents.extend(self.tell_screens(&message));
        self.follow(intents, &mut effects);
        effects
    }

    /// Hands a message to the screens that it concerns. Today hears everything, since its list feeds the line at the top.
    fn tell_screens(&mut self, message: &Message) -> Vec<Intent> {
        let here = self.cx.screen;
        let only_shown = matches!(
            message,
            Message::Changed | Message::Synced(_) | Message::SyncStarted | Message::Tick { .. }
        );
        let mut intents = Vec::new();
        for (id, screen) in &mut self.screens {
            let concerns = match message {
                Message::Read { asked, .. } => asked.screen == *id,
                _ => *id == here || *id == ScreenId::Today || !only_shown,
            };
            if concerns {
                intents.extend(screen.receive(message, &self.cx));
            }
        }
        intents
    }

    fn with_screen<T>(&mut self, does: impl FnOnce(&mut dyn Screen, &Context) -> T) -> Option<T> {
        self.screens
            .get_mut(&self.cx.screen)
            .map(|screen| does(screen.as_mut(), &self.cx))
    }

    fn screen(&self) -> Option<&dyn Screen> {
        self.screens.get(&self.cx.screen).map(AsRef::as_ref)
    }

    fn go(&mut self, target: Target) -> Vec<Intent> {
        let id = target.screen();
        let moved = self.cx.screen != id;
        self.cx.screen = id;
        self.screens.entry(id).or_insert_with(|| screens::make(id));
        self.with_screen(|screen, cx| {
            let mut intents = if moved { screen.shown(cx) } else { Vec::new() };
            if !matches!(target, Target::Screen(_)) {
                intents.extend(screen.reveal(target, cx));
            }
            intents
        })
        .unwrap_or_default()
    }

    fn place(&self) -> KeyContext {
        self.overlays
            .last()
            .map_or_else(|| KeyContext::On(self.cx.screen), |top| top.context())
    }

    fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if self.too_small() {
            // What cannot be seen must not be acted on; leaving is always possible.
            let chord = Chord::of(key);
            if self.cx.keymap.resolve(KeyContext::Screen, &[chord])
                == Resolution::Action(KeyAction::Quit)
                && self.overlays.is_empty()
            {
                effects.push(Effect::Quit);
            }
            return;
        }
        let chord = Chord::of(key);
        let first = self.pressed.is_empty();
        self.pressed.push(chord);
        match self.cx.keymap.resolve(self.place(), &self.pressed) {
            Resolution::Action(action) => {
                self.clear_pressed();
                let intents = match self.overlays.last_mut() {
                    Some(top) => top.act(action, &self.cx),
                    None => {
                        self.toasts.hush(self.cx.elapsed);
                        self.perform(action)
                    }
                };
                self.follow(intents, effects);
            }
            Resolution::Prefix(next) => {
                self.toasts.hush(self.cx.elapsed);
                self.continuations = next;
            }
            Resolution::Unbound => {
                self.clear_pressed();
                if !first {
                    return;
                }
                if let Some(top) = self.overlays.last_mut() {
                    let intents = top.enter(key, &self.cx);
                    self.follow(intents, effects);
                }
            }
        }
    }

    fn clear_pressed(&mut self) {
        self.pressed.clear();
        self.continuations.clear();
    }

    fn mouse(&mut self, event: MouseEvent, effects: &mut Vec<Effect>) {
        if self.too_small() {
            return;
        }
        let size = self.cx.size;
        if let Some(top) = self.overlays.last_mut() {
            let intents = top.mouse(event, size, &self.cx);
            self.follow(intents, effects);
            return;
        }
        let down = matches!(event.kind, MouseEventKind::Down(_));
        let at = Position::new(event.column, event.row);
        let action = if down && event.row == 0 {
            status::clicked(event.column, Rect { height: 1, ..size }, &self.cx)
        } else if down && event.row + 1 == size.height && self.toasts.newest().is_none() {
            footer::clicked(
                event.column,
                size,
                self.place(),
                self.screen().map_or(&[], Screen::hints),
                &self.cx,
            )
        } else {
            None
        };
        let intents = match action {
            Some(action) => self.perform(action),
            None if body(size).contains(at) || !down => self
                .with_screen(|screen, cx| screen.mouse(event, body(size), cx))
                .unwrap_or_default(),
            None => Vec::new(),
        };
        self.follow(intents, effects);
    }

    /// Performs an action: here if it concerns the whole terminal, else on the screen.
    fn perform(&mut self, action: KeyAction) -> Vec<Intent> {
        let place = KeyContext::On(self.cx.screen);
        match action {
            KeyAction::Go(screen) => self.go(Target::Screen(screen)),
            KeyAction::Help => vec![Intent::Open(Box::new(Help::new(place)))],
            KeyAction::Palette => {
                vec![Intent::Open(Box::new(Palette::new(place, &self.cx)))]
            }
            KeyAction::Screens => vec![Intent::Open(Box::new(Screens::new(&self.cx)))],
            KeyAction::Undo => vec![Intent::run(Command::Undo { id: None })],
            KeyAction::UndoList => vec![
                Intent::Open(Box::new(UndoList::new())),
                Intent::Effect(Effect::UndoList),
            ],
            KeyAction::KillSwitch => kill_switch(&self.cx),
            KeyAction::Pause => self.pause(),
            KeyAction::Cancel => self.cancel(),
            KeyAction::Import => vec![Intent::Open(Box::new(Import::new()))],
            KeyAction::Problems => vec![Intent::Open(Box::new(self.problems()))],
            KeyAction::NextTheme => {
                self.next_theme();
                Vec::new()
            }
            KeyAction::Redraw => vec![Intent::Effect(Effect::Redraw)],
            KeyAction::Suspend => vec![Intent::Effect(Effect::Suspend)],
            KeyAction::Quit => vec![Intent::Effect(Effect::Quit)],
            other => self
                .with_screen(|screen, cx| screen.act(other, cx))
                .unwrap_or_default(),
        }
    }

    fn follow(&mut self, intents: Vec<Intent>, effects: &mut Vec<Effect>) {
        let mut waiting: std::collections::VecDeque<Intent> = intents.into();
        while let Some(intent) = waiting.pop_front() {
            match intent {
                Intent::Effect(Effect::Run(command)) => {
                    self.toasts.begin(self.cx.status.running);
                    self.cx.status.running += 1;
                    for screen in self.screens.values_mut() {
                        screen.started(&command, &self.cx);
                    }
                    effects.push(Effect::Run(command));
                }
                Intent::Effect(effect) => effects.push(effect),
                Intent::All(intents) => {
                    for intent in intents.into_iter().rev() {
                        waiting.push_front(intent);
                    }
                }
                Intent::Open(overlay) => self.overlays.push(overlay),
                Intent::Close => {
                    self.overlays.pop();
                }
                Intent::Perform(action) => waiting.extend(self.perform(action)),
                Intent::Go(target) => waiting.extend(self.go(target)),
                Intent::Filter(words) => waiting.extend(
                    self.with_screen(|screen, cx| screen.filter(&words, cx))
                        .unwrap_or_default(),
                ),
                Intent::Say(Tone::Bad, text) => self.fail(&text),
                Intent::Say(tone, text) => self.say(tone, &text),
            }
        }
        self.cx.status.domain = self.screen().and_then(Screen::domain);
    }

    fn say(&mut self, tone: Tone, text: &str) {
        self.toasts.say(tone, text, &self.cx);
    }

    fn fail(&mut self, text: &str) {
        self.toasts.fail(text, &self.cx);
    }

    fn imported(&mut self, result: &Answer<Box<ImportReport>>) {
        match result {
            Ok(report) => {
                let text = format!(
                    "{}: {} new, {} updated, {} unchanged, {} rejected{}.",
                    report.file,
                    report.new,
                    report.updated,
                    report.unchanged,
                    report.rejected,
                    if report.cancelled {
                        "; stopped, what was read is kept"
                    } else {
                        ""
                    }
                );
                let tone = if report.rejected > 0 || report.cancelled {
                    Tone::Warning
                } else {
                    Tone::Good
                };
                self.say(tone, &text);
            }
            Err(error) => self.fail(error),
        }
    }

    /// Takes the theme that suits the terminal's background.
    fn background(&mut self, light: bool) {
        self.around.light = light;
        let name = Theme::choose(UiTheme::Auto, self.around);
        if name != self.cx.theme.name
            && let Ok(theme) = Theme::load(name, &self.themes, self.around)
        {
            self.cx.theme = theme;
        }
    }

    /// Pauses sending, or ends the pause.
    fn pause(&self) -> Vec<Intent> {
        match &self.cx.status.pause {
            Some(pause) => vec![Intent::Open(Box::new(Confirm::new(
                "End the pause",
                &format!(
                    "Sending is paused until {}. What waits is let out again by the rules that hold.",
                    times::both(pause.until, self.cx.now, &self.cx.zone)
                ),
                Intent::run(Command::EndPause),
            )))],
            None => vec![Intent::Open(Box::new(Snooze::pause(&self.cx)))],
        }
    }

    fn cancel(&mut self) -> Vec<Intent> {
        if self.cx.status.jobs.is_empty() && !self.cx.status.syncing {
            return vec![Intent::Say(Tone::Plain, "Nothing is in progress.".into())];
        }
        vec![
            Intent::Effect(Effect::CancelJobs),
            Intent::Say(
                Tone::Plain,
                "It stops as soon as it can; what was done is kept.".into(),
            ),
        ]
    }

    fn problems(&self) -> Viewer {
        let mut text = String::new();
        if self.cx.status.stopped() {
            let key = self
                .cx
                .keymap
                .key(KeyContext::Screen, KeyAction::KillSwitch);
            text.push_str(&format!(
                "{} {key} lets effects out again.\n\n",
                status::stopped_because(&self.cx)
            ));
        }
        if !self.cx.status.problems.is_empty() {
            text.push_str(
                "Sources whose last pass failed (they are tried again with each sync):\n\n",
            );
            for problem in &self.cx.status.problems {
                text.push_str(&format!("  {}\n", clean(problem)));
            }
            text.push('\n');
        }
        if !self.toasts.failures().is_empty() {
            text.push_str("What went wrong since the program began, newest first:\n\n");
            for failure in self.toasts.failures().iter().rev() {
                text.push_str(&format!("  {failure}\n"));
            }
        }
        if text.is_empty() {
            text.push_str("Nothing went wrong.");
        }
        Viewer::new("Problems", text)
    }

    fn next_theme(&mut self) {
        let names = Theme::names(&self.themes);
        let here = names
            .iter()
            .position(|n| *n == self.cx.theme.name)
            .unwrap_or(0);
        let next = names
            .get((here + 1).checked_rem(names.len()).unwrap_or(0))
            .cloned()
            .unwrap_or_else(|| "dark".into());
        match Theme::load(&next, &self.themes, self.around) {
            Ok(theme) => {
                self.cx.theme = theme;
                self.say(Tone::Plain, &format!("Theme: {next}."));
            }
            Err(error) => {
                let (theme, message) = *error;
                self.cx.theme = theme;
                self.fail(&message);
            }
        }
    }
}
