//! The terminal as a whole: the screens, the overlays on the one that is shown, and what the operator is told. It takes messages and says what the loop shall
//! do; it knows no engine and waits for nothing, so that tests can drive it message by message.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEvent, MouseEventKind};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::action::KeyAction;
use super::context::Context;
use super::keymap::{Chord, KeyContext, Resolution};
use super::message::{Answer, Effect, Intent, Message, Tone};
use super::overlays::Overlay;
use super::overlays::confirm::kill_switch;
use super::overlays::help::Help;
use super::overlays::palette::{Palette, Screens};
use super::overlays::undo::UndoList;
use super::overlays::viewer::Viewer;
use super::screens::{SCREENS, Screen, ScreenId, Target};
use super::text::clean;
use super::theme::{Surroundings, Theme};
use super::times;
use super::widgets::{footer, status};
use crate::engine::command::{Command, Done};

/// Below this there is no room to work.
const LEAST: (u16, u16) = (60, 15);
/// How long a sentence stays; one that tells of a failure stays longer.
const STAYS: Duration = Duration::from_secs(6);
const FAILURE_STAYS: Duration = Duration::from_secs(20);
/// So many failures are kept to be read again.
const KEPT_FAILURES: usize = 50;

#[derive(Debug)]
struct Said {
    tone: Tone,
    text: String,
    /// The key that does something about it.
    hint: String,
    until: Duration,
}

/// Commands that were asked for together, so that they are reported together.
#[derive(Debug, Default)]
struct Batch {
    total: usize,
    done: usize,
    held: usize,
    refused: Vec<String>,
}

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
    said: Option<Said>,
    failures: Vec<String>,
    batch: Batch,
}

/// Returns the part of the screen between the line at the top and the line at the bottom.
#[must_use]
pub fn body(size: Rect) -> Rect {
    Rect {
        y: size.y + 1,
        height: size.height.saturating_sub(2),
        ..size
    }
}

impl App {
    /// Makes the terminal with its first screen; `themes` is the folder of the operator's own.
    #[must_use]
    pub fn new(mut cx: Context, around: Surroundings, themes: PathBuf) -> Self {
        cx.screen = ScreenId::Today;
        let first: Box<dyn Screen> = Box::new(super::screens::today::Today::new());
        Self {
            cx,
            around,
            themes,
            screens: BTreeMap::from([(ScreenId::Today, first)]),
            overlays: Vec::new(),
            pressed: Vec::new(),
            continuations: Vec::new(),
            said: None,
            failures: Vec::new(),
            batch: Batch::default(),
        }
    }

    /// Returns what every part may look at.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Tells whether something turns, so that frames are wanted without messages.
    #[must_use]
    pub fn animates(&self) -> bool {
        self.cx.status.running > 0 || self.cx.status.syncing
    }

    /// Returns how many overlays lie on the screen.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.overlays.len()
    }

    /// Takes a message and says what the loop shall do.
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
                        let intents = self.to_screens(&message);
                        self.follow(intents, &mut effects);
                    }
                    Event::Key(_) | Event::FocusGained | Event::FocusLost => {}
                }
                return effects;
            }
            Message::Tick { now, elapsed } => {
                self.cx.now = *now;
                self.cx.elapsed = *elapsed;
                if self
                    .said
                    .as_ref()
                    .is_some_and(|said| said.until <= *elapsed)
                {
                    self.said = None;
                }
            }
            Message::Listed { result, .. } => {
                if let Ok(list) = result {
                    self.cx.status.take(list);
                }
            }
            Message::Ran { command, result } => {
                self.cx.status.running = self.cx.status.running.saturating_sub(1);
                let more = self.report(command, result);
                self.follow(more, &mut effects);
            }
            Message::SyncStarted => self.cx.status.syncing = true,
            Message::Synced(result) => {
                self.cx.status.syncing = false;
                self.synced(result);
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
            Message::Problem(text) => self.fail(text),
            Message::Terminate => {
                // Nobody can be asked any more; what was written is kept as a draft, which is harmless and can be undone.
                let kept: Vec<Command> = self.overlays.iter().filter_map(|o| o.unsaved()).collect();
                effects.extend(kept.into_iter().map(Effect::Run));
                effects.push(Effect::Quit);
            }
            Message::MailCame => effects.push(Effect::Sync),
            Message::Changed
            | Message::Read { .. }
            | Message::Shown { .. }
            | Message::Previewed { .. }
            | Message::UndoListed(_) => {}
        }
        let mut intents = Vec::new();
        for overlay in &mut self.overlays {
            intents.extend(overlay.receive(&message, &self.cx));
        }
        intents.extend(self.to_screens(&message));
        self.follow(intents, &mut effects);
        effects
    }

    /// Hands a message to the screens that it concerns. Today hears everything, since its list feeds the line at the top.
    fn to_screens(&mut self, message: &Message) -> Vec<Intent> {
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
        let Some(entry) = SCREENS.iter().find(|entry| entry.id == id) else {
            return Vec::new();
        };
        let moved = self.cx.screen != id;
        self.cx.screen = id;
        self.screens.entry(id).or_insert_with(entry.make);
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
            .map_or_else(|| self.cx.screen.context(), |top| top.context())
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
                        self.hush();
                        self.perform(action)
                    }
                };
                self.follow(intents, effects);
            }
            Resolution::Prefix(next) => {
                self.hush();
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

    /// A key on the screen shows that what was said has been seen, after it had its time.
    fn hush(&mut self) {
        let seen = self.said.as_ref().is_some_and(|said| {
            let stays = if said.tone == Tone::Bad {
                FAILURE_STAYS
            } else {
                STAYS
            };
            said.until.saturating_sub(self.cx.elapsed) + Duration::from_secs(2) < stays
        });
        if seen {
            self.said = None;
        }
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
        } else if down && event.row + 1 == size.height && self.said.is_none() {
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

    /// Does what a key means on the screen: what concerns the whole terminal here, the rest on the screen itself.
    fn perform(&mut self, action: KeyAction) -> Vec<Intent> {
        let place = self.cx.screen.context();
        if let Some(entry) = SCREENS.iter().find(|entry| entry.id.go() == action) {
            return self.go(Target::Screen(entry.id));
        }
        match action {
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
                    if self.cx.status.running == 0 {
                        self.batch = Batch::default();
                    }
                    self.batch.total += 1;
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
        let stays = if tone == Tone::Bad {
            FAILURE_STAYS
        } else {
            STAYS
        };
        self.said = Some(Said {
            tone,
            text: clean(text),
            hint: String::new(),
            until: self.cx.elapsed + stays,
        });
    }

    fn fail(&mut self, text: &str) {
        self.say(Tone::Bad, text);
        self.keep_failure(text);
    }

    fn keep_failure(&mut self, text: &str) {
        self.failures.push(format!(
            "{}  {}",
            times::clock(self.cx.now, &self.cx.zone),
            clean(text)
        ));
        if self.failures.len() > KEPT_FAILURES {
            self.failures.remove(0);
        }
    }

    /// Tells how a command ended; several that were asked for together end as one.
    fn report(&mut self, command: &Command, result: &Answer<Done>) -> Vec<Intent> {
        let undo = self.cx.keymap.key(KeyContext::Screen, KeyAction::Undo);
        let mut hint = String::new();
        let mut intents = Vec::new();
        let (tone, text) = match result {
            Ok(done) => {
                let summary = done.summary();
                match done {
                    Done::Changed { undo: Some(_), .. }
                    | Done::Sent { undo: Some(_), .. }
                    | Done::Queued { undo: Some(_), .. }
                    | Done::Recorded { undo: Some(_), .. } => {
                        if !undo.is_empty() {
                            hint = format!("{undo} undoes");
                        }
                        (Tone::Good, summary.to_owned())
                    }
                    Done::Changed { .. }
                    | Done::Sent { .. }
                    | Done::Queued { .. }
                    | Done::Recorded { .. } => (Tone::Good, summary.to_owned()),
                    Done::Held { undo: taken, .. } => {
                        if taken.is_some() && !undo.is_empty() {
                            hint = format!("{undo} undoes");
                        }
                        (Tone::Warning, summary.to_owned())
                    }
                    Done::Blocked { .. } => (Tone::Bad, summary.to_owned()),
                    Done::Shown { .. } => {
                        if self.batch.total == 1 {
                            intents.push(Intent::Open(Box::new(Viewer::of_answer(done))));
                        }
                        (Tone::Plain, summary.to_owned())
                    }
                    Done::Nothing { .. } => (Tone::Plain, summary.to_owned()),
                }
            }
            Err(error) => (Tone::Bad, error.clone()),
        };
        if matches!(result, Ok(Done::Sent { .. } | Done::Held { .. }))
            || (matches!(command, Command::Resume) && result.is_ok())
        {
            intents.push(Intent::Effect(Effect::Sync));
        }
        match tone {
            Tone::Bad => self.batch.refused.push(text.clone()),
            Tone::Warning => self.batch.held += 1,
            Tone::Good | Tone::Plain => self.batch.done += 1,
        }
        if self.batch.total <= 1 {
            if tone == Tone::Bad {
                self.fail(&text);
            } else {
                self.say(tone, &text);
                if let Some(said) = &mut self.said {
                    said.hint = hint;
                }
            }
            return intents;
        }
        if tone == Tone::Bad {
            self.fail(&text);
        }
        let Batch {
            total, done, held, ..
        } = self.batch;
        let refused = self.batch.refused.len();
        let mut sentence = format!("{done} of {total} done");
        if held > 0 {
            sentence.push_str(&format!(", {held} waiting"));
        }
        if let Some(first) = self.batch.refused.first() {
            sentence.push_str(&format!(", {refused} refused: {first}"));
        }
        let tone = if refused > 0 {
            Tone::Bad
        } else if held > 0 {
            Tone::Warning
        } else {
            Tone::Good
        };
        self.say(tone, &sentence);
        intents
    }

    fn synced(&mut self, result: &Answer<crate::engine::SyncReport>) {
        match result {
            Ok(report) => {
                let nothing = report.new + report.proposed + report.closed + report.sent == 0;
                // A pass that found nothing says so only where it was asked for; the line at the top tells its age.
                if !nothing && !report.summary.is_empty() && self.said.is_none() {
                    self.say(Tone::Plain, &report.summary);
                }
                // The line at the top counts what is wrong with the sources for as long as it is; here it is only kept to be read.
                for problem in &report.problems {
                    let problem = clean(problem);
                    if !self.failures.iter().any(|f| f.ends_with(&problem)) {
                        self.keep_failure(&problem);
                    }
                }
            }
            Err(error) => {
                let text = format!("The sync failed: {error} Nothing was lost; it is tried again.");
                if !self.failures.last().is_some_and(|f| f.ends_with(&text)) {
                    self.fail(&text);
                }
            }
        }
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
        if !self.failures.is_empty() {
            text.push_str("What went wrong since the program began, newest first:\n\n");
            for failure in self.failures.iter().rev() {
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

    fn too_small(&self) -> bool {
        self.cx.size.width < LEAST.0 || self.cx.size.height < LEAST.1
    }

    /// Draws everything.
    pub fn view(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let cx = &self.cx;
        if self.too_small() || area.width < LEAST.0 || area.height < LEAST.1 {
            let lines: Vec<Line<'static>> = [
                "The window is too small.".to_owned(),
                format!("{} by {} at least,", LEAST.0, LEAST.1),
                format!("it has {} by {}.", area.width, area.height),
            ]
            .into_iter()
            .map(Line::from)
            .collect();
            frame.render_widget(Paragraph::new(lines), area);
            return;
        }
        frame.buffer_mut().set_style(area, cx.styles().text);
        let top = Rect { height: 1, ..area };
        let bottom = Rect {
            y: area.bottom() - 1,
            height: 1,
            ..area
        };
        status::draw(frame, top, cx);
        if let Some(screen) = self.screen() {
            screen.draw(frame, body(area), cx);
        }
        let content = if !self.pressed.is_empty() {
            footer::Content::Pending(&self.pressed, &self.continuations)
        } else if let Some(said) = &self.said {
            footer::Content::Said(said.tone, &said.text, &said.hint)
        } else {
            match self.overlays.last() {
                Some(top) => footer::Content::Keys(top.context(), top.hints()),
                None => footer::Content::Keys(
                    cx.screen.context(),
                    self.screen().map_or(&[], Screen::hints),
                ),
            }
        };
        footer::draw(frame, bottom, &content, cx);
        for overlay in &self.overlays {
            overlay.draw(frame, area, cx);
        }
        // An overlay may cover the line at the bottom with its own field; what was said lies above it then.
        if let (Some(said), Some(KeyContext::Find)) =
            (&self.said, self.overlays.last().map(|o| o.context()))
        {
            let above = Rect {
                y: bottom.y.saturating_sub(1),
                ..bottom
            };
            frame.render_widget(Clear, above);
            frame.render_widget(
                Paragraph::new(Line::from(Span::raw(format!(" {}", said.text)))),
                above,
            );
        }
    }
}
