//! The context of every part of the terminal: the keys, the colours, the time and the state of the installation.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::ids::{Job, Progress, ScreenId, Tone};
use super::keymap::Keymap;
use super::theme::{Glyphs, Styles, Theme};
use crate::domain::guard::{KillSwitch, Mode, Pause};
use crate::domain::signal::Domain;
use crate::engine::queries::today::{Leaving, OpenCounts, TodayList};

/// The line at the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// True once the rest was read.
    pub known: bool,
    /// The mode: draft, dry run or live.
    pub mode: Mode,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// Reason that nothing leaves by this clock; none if it is believed.
    pub clock: Option<String>,
    /// Open moves by domain.
    pub open: OpenCounts,
    /// Mails sent in the last 24 hours.
    pub sent: u64,
    /// The most mails in 24 hours.
    pub sent_cap: u64,
    /// Approved messages in the queue.
    pub waiting: u64,
    /// The end of the last clean pass.
    pub synced_at: Option<Timestamp>,
    /// The problems of the sources.
    pub problems: Vec<String>,
    /// The domain that is shown.
    pub domain: Option<Domain>,
    /// True during a pass over the sources.
    pub syncing: bool,
    /// Commands under way.
    pub running: usize,
    /// Long work with its progress.
    pub jobs: BTreeMap<Job, Progress>,
    /// The pause in force.
    pub pause: Option<Pause>,
    /// Messages in their undo window, the first to leave first.
    pub leaving: Vec<Leaving>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            known: false,
            mode: Mode::Draft,
            kill_switch: KillSwitch::Unreadable,
            clock: None,
            open: OpenCounts::default(),
            sent: 0,
            sent_cap: 0,
            waiting: 0,
            synced_at: None,
            problems: Vec::new(),
            domain: None,
            syncing: false,
            running: 0,
            jobs: BTreeMap::new(),
            pause: None,
            leaving: Vec::new(),
        }
    }
}

impl Status {
    /// Takes over the state of the installation from a list.
    pub fn take(&mut self, list: &TodayList) {
        self.known = true;
        self.mode = list.mode;
        self.kill_switch = list.kill_switch.clone();
        self.clock.clone_from(&list.clock);
        self.open = list.open;
        self.sent = list.sent;
        self.sent_cap = list.sent_cap;
        self.waiting = list.waiting;
        self.synced_at = list.synced_at;
        self.problems.clone_from(&list.problems);
        self.pause.clone_from(&list.pause);
        self.leaving.clone_from(&list.leaving);
    }

    /// Returns how many open moves there are in the domain that is shown.
    #[must_use]
    pub fn open_here(&self) -> u64 {
        match self.domain {
            None => self.open.all,
            Some(Domain::Sales) => self.open.sales,
            Some(Domain::Marketing) => self.open.marketing,
            Some(Domain::Cs) => self.open.cs,
        }
    }

    /// Tells whether effects are stopped.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.known && self.kill_switch != KillSwitch::Running
    }
}

/// The context of every part of the terminal.
#[derive(Debug, Clone)]
pub struct Context {
    /// Which key means what.
    pub keymap: Keymap,
    /// The colours and signs.
    pub theme: Theme,
    /// The operator's zone.
    pub zone: TimeZone,
    /// The instant, by the engine's clock.
    pub now: Timestamp,
    /// Since the program began.
    pub elapsed: Duration,
    /// The whole screen.
    pub size: Rect,
    /// The screen that is shown.
    pub screen: ScreenId,
    /// The line at the top.
    pub status: Status,
}

impl Context {
    /// Returns the styles.
    #[must_use]
    pub fn styles(&self) -> &Styles {
        &self.theme.styles
    }

    /// Returns the style of a tone.
    #[must_use]
    pub const fn tone(&self, tone: Tone) -> Style {
        let styles = &self.theme.styles;
        match tone {
            Tone::Good => styles.good,
            Tone::Plain => styles.text,
            Tone::Warning => styles.warning,
            Tone::Bad => styles.bad,
        }
    }

    /// Returns the signs.
    #[must_use]
    pub fn glyphs(&self) -> &Glyphs {
        &self.theme.glyphs
    }

    /// Returns the spinner as it stands now.
    #[must_use]
    pub fn spinner(&self) -> &'static str {
        let frames = self.theme.glyphs.spinner;
        let turn = usize::try_from(self.elapsed.as_millis() / 100).unwrap_or(0);
        frames
            .get(turn.checked_rem(frames.len()).unwrap_or(0))
            .copied()
            .unwrap_or("")
    }
}
