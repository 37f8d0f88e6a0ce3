//! The screens: one line of the registry each, so that a new one touches nothing else here.

pub mod contacts;
pub mod log;
pub mod metrics;
pub mod parts;
pub mod pipeline;
pub mod rules;
pub mod signals;
pub mod sync;
pub mod today;

use crossterm::event::MouseEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::action::KeyAction;
use super::context::Context;
use super::keymap::KeyContext;
use super::message::{Intent, Message};
use crate::domain::id::{ContactId, DealId, MoveId, SignalId};
use crate::domain::signal::Domain;
use crate::engine::command::Command;

/// The name of a screen, in the order of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScreenId {
    /// Today's Moves.
    Today,
    /// Signals.
    Signals,
    /// Contacts.
    Contacts,
    /// Pipeline.
    Pipeline,
    /// Metrics.
    Metrics,
    /// Sync.
    Sync,
    /// The log.
    Log,
    /// Rules and limits.
    Rules,
}

impl ScreenId {
    /// Returns what the tab says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Signals => "Signals",
            Self::Contacts => "Contacts",
            Self::Pipeline => "Pipeline",
            Self::Metrics => "Metrics",
            Self::Sync => "Sync",
            Self::Log => "Log",
            Self::Rules => "Rules",
        }
    }

    /// Returns the place of the keymap that holds on it.
    #[must_use]
    pub const fn context(self) -> KeyContext {
        match self {
            Self::Today => KeyContext::Today,
            Self::Signals => KeyContext::Signals,
            Self::Contacts => KeyContext::Contacts,
            Self::Pipeline => KeyContext::Pipeline,
            Self::Metrics => KeyContext::Metrics,
            Self::Sync => KeyContext::Sync,
            Self::Log => KeyContext::Log,
            Self::Rules => KeyContext::Rules,
        }
    }

    /// Returns what leads to it.
    #[must_use]
    pub const fn go(self) -> KeyAction {
        match self {
            Self::Today => KeyAction::GoToday,
            Self::Signals => KeyAction::GoSignals,
            Self::Contacts => KeyAction::GoContacts,
            Self::Pipeline => KeyAction::GoPipeline,
            Self::Metrics => KeyAction::GoMetrics,
            Self::Sync => KeyAction::GoSync,
            Self::Log => KeyAction::GoLog,
            Self::Rules => KeyAction::GoRules,
        }
    }
}

/// Something that one screen shows and another one names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A screen, as it was left.
    Screen(ScreenId),
    /// A move, on Today.
    Move(MoveId),
    /// A person, on Contacts.
    Contact(ContactId),
    /// A deal, on Pipeline.
    Deal(DealId),
    /// A signal, on Signals.
    Signal(SignalId),
}

impl Target {
    /// Returns the screen that shows it.
    #[must_use]
    pub const fn screen(self) -> ScreenId {
        match self {
            Self::Screen(screen) => screen,
            Self::Move(_) => ScreenId::Today,
            Self::Contact(_) => ScreenId::Contacts,
            Self::Deal(_) => ScreenId::Pipeline,
            Self::Signal(_) => ScreenId::Signals,
        }
    }
}

/// One screen. It changes itself upon messages and says what it wants done; it never waits.
pub trait Screen: std::fmt::Debug {
    /// Does what a key means.
    fn act(&mut self, action: KeyAction, cx: &Context) -> Vec<Intent>;

    /// Takes a message other than input. [`Message::Changed`], [`Message::Synced`] and [`Message::Tick`] come only while it is shown.
    fn receive(&mut self, message: &Message, cx: &Context) -> Vec<Intent>;

    /// Hears that it is shown now, for the first time or again: what it shows is to be read anew.
    fn shown(&mut self, cx: &Context) -> Vec<Intent> {
        self.receive(&Message::Changed, cx)
    }

    /// Shows something that another screen named.
    fn reveal(&mut self, target: Target, cx: &Context) -> Vec<Intent> {
        let _ = (target, cx);
        Vec::new()
    }

    /// Takes a click, a drag or a turn of the wheel within `area`, which is what it draws on.
    fn mouse(&mut self, event: MouseEvent, area: Rect, cx: &Context) -> Vec<Intent>;

    /// Hears that a command goes out, so that it can show it at once.
    fn started(&mut self, command: &Command, cx: &Context) {
        let _ = (command, cx);
    }

    /// Narrows what it shows by words.
    fn filter(&mut self, words: &str, cx: &Context) -> Vec<Intent> {
        let _ = (words, cx);
        Vec::new()
    }

    /// Returns the words that it is narrowed by.
    fn filtered_by(&self) -> &str {
        ""
    }

    /// Returns the domain that it shows; none for all.
    fn domain(&self) -> Option<Domain> {
        None
    }

    /// Returns the actions that the footer names, the most wanted first.
    fn hints(&self) -> &'static [KeyAction];

    /// Draws it.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, cx: &Context);
}

/// A line of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub id: ScreenId,
    /// Makes it.
    pub make: fn() -> Box<dyn Screen>,
}

/// Every screen that is built, in the order of the tabs; the first is where one starts.
pub const SCREENS: &[Entry] = &[
    Entry {
        id: ScreenId::Today,
        make: || Box::new(today::Today::new()),
    },
    Entry {
        id: ScreenId::Signals,
        make: || Box::new(signals::Signals::new()),
    },
    Entry {
        id: ScreenId::Contacts,
        make: || Box::new(contacts::Contacts::new()),
    },
    Entry {
        id: ScreenId::Pipeline,
        make: || Box::new(pipeline::Pipeline::new()),
    },
    Entry {
        id: ScreenId::Metrics,
        make: || Box::new(metrics::Metrics::new()),
    },
    Entry {
        id: ScreenId::Sync,
        make: || Box::new(sync::Sync::new()),
    },
    Entry {
        id: ScreenId::Log,
        make: || Box::new(log::Log::new()),
    },
    Entry {
        id: ScreenId::Rules,
        make: || Box::new(rules::Rules::new()),
    },
];
