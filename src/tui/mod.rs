//! The terminal's face: keys become actions, actions effects; the engine's answers become frames.
//!
//! One loop draws and decides; everything that may block runs beside it and answers with a [`message::Message`]. Screens are a registry,
//! overlays a stack, keys and colours are files.

pub mod action;
pub mod app;
mod background;
pub mod context;
mod event_loop;
pub mod ids;
mod intent;
mod jobs;
pub mod keymap;
pub mod looks;
pub mod message;
pub(crate) mod outside;
mod overlays;
mod parts;
mod reader;
mod screen;
mod screens;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod times;
mod toasts;
mod widgets;

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Context as _;
use ratatui::layout::Rect;

use crate::engine::Engine;
use crate::env::{self, file};
use app::App;
use context::{Context, Status};
use event_loop::Settings;
use keymap::Keymap;
use terminal::{Taken, is_gone};
use theme::{Surroundings, Theme};

pub use jobs::Pulse;

/// The options of a run.
#[derive(Clone, Default)]
pub struct TuiOptions {
    /// A theme by name, instead of the configured one.
    pub theme: Option<String>,
    /// The pace of the passes over the sources.
    pub sync: SyncPace,
    /// Called on another thread before each pass over the sources; the demo world delivers its replies in it.
    pub pulse: Option<Pulse>,
}

/// The pace of the passes over the sources while the terminal is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncPace {
    /// As configured by `ui.sync_seconds`.
    #[default]
    Configured,
    /// This often.
    Every(Duration),
    /// Only when it is asked for.
    Never,
}

impl std::fmt::Debug for TuiOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TuiOptions")
            .field("theme", &self.theme)
            .field("sync", &self.sync)
            .field("pulse", &self.pulse.is_some())
            .finish()
    }
}

/// Opens the console on the terminal of the process and returns when the operator leaves it, or the terminal goes away, with what is to be said
/// afterwards.
///
/// # Errors
/// Fails without a terminal, or if it cannot be drawn on. Failures of the engine are shown on the screen, not returned.
pub fn run(engine: Engine, options: TuiOptions) -> anyhow::Result<Option<String>> {
    let (app, settings) = prepare(&engine, options);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the event loop")?;
    let (mut taken, mut screen) =
        Taken::take(engine.config().ui.mouse).context("opening the console")?;
    let result = runtime.block_on(event_loop::run(
        engine,
        app,
        &mut screen,
        &mut taken,
        settings,
    ));
    drop(taken);
    // One whose cursor is still hidden shows it as it is dropped, and cannot bear that nobody sees it.
    if screen.show_cursor().is_err() {
        std::mem::forget(screen);
    }
    // A pass that is under way gets a moment to end; whatever breaks off is taken up by the next one.
    runtime.shutdown_timeout(Duration::from_secs(2));
    match result {
        // Its window was closed, and nobody is left to hear of it.
        Err(error) if is_gone() => {
            tracing::info!(%error, "the terminal went away");
            Ok(None)
        }
        result => result,
    }
}

fn prepare(engine: &Engine, options: TuiOptions) -> (App, Settings) {
    let mut problems = Vec::new();
    let paths = engine.paths();
    let own_keys = match file::read_text(&paths.keymap(), file::SETTINGS_BYTES) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => {
            let path = paths.keymap();
            problems.push(format!(
                "{} cannot be read: {e}. The built-in keys hold.",
                path.display()
            ));
            None
        }
    };
    let keymap = Keymap::load(own_keys.as_deref()).or_else(|error| {
        problems.push(format!("{error} The built-in keys hold."));
        Keymap::load(None)
    });
    let keymap = keymap.unwrap_or_default();
    let around = Surroundings::of_process();
    let ui = &engine.config().ui;
    let may_ask = options.theme.is_none() && ui.theme == crate::config::UiTheme::Auto;
    let name = options
        .theme
        .unwrap_or_else(|| Theme::choose(ui.theme, around).to_owned());
    let theme = Theme::load(&name, &paths.themes(), around).unwrap_or_else(|error| {
        let (theme, message) = *error;
        problems.push(format!("{message}. The built-in theme is used."));
        theme
    });
    let cx = Context {
        keymap,
        theme,
        zone: engine.zone(),
        now: engine.now(),
        elapsed: env::monotonic(),
        size: Rect::default(),
        screen: ids::ScreenId::Today,
        status: Status::default(),
    };
    let app = App::new(cx, around, paths.themes());
    let sync_every = match options.sync {
        SyncPace::Never => None,
        SyncPace::Every(every) => Some(every),
        SyncPace::Configured if ui.sync_seconds == 0 => None,
        SyncPace::Configured => Some(Duration::from_secs(u64::from(ui.sync_seconds))),
    };
    let settings = Settings {
        sync_every: sync_every.map(|every| every.max(Duration::from_millis(50))),
        pulse: options.pulse,
        folder: paths.data.clone(),
        problems,
        title: ui.title,
        notify: ui.notify,
        // Only where the answer would change something, and never on a console that would print the question.
        ask_background: may_ask
            && !matches!(around.depth, theme::Depth::None | theme::Depth::Sixteen)
            && !around.ascii,
    };
    (app, settings)
}
