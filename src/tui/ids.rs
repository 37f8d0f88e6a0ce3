//! The names that the whole terminal shares: screens, their parts, the questions they ask, tones of voice.

use crate::domain::id::{ContactId, DealId, MoveId, SignalId};

/// Declares the screens in the order of the tabs: the keymap's word, the tab's name, the full name.
macro_rules! screens {
    ($($screen:ident = $word:literal, $tab:literal, $full:literal;)*) => {
        /// A screen. A new one is a row here and a line in `screens::make`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ScreenId {
            $(#[doc = $full] $screen,)*
        }

        impl ScreenId {
            /// Every screen, in the order of the tabs.
            pub const ALL: &'static [Self] = &[$(Self::$screen,)*];

            /// Returns the screen's word in the keymap file.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$screen => $word,)* }
            }

            /// Returns the name on the tab.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$screen => $tab,)* }
            }

            /// Returns the keymap's word for going to the screen.
            #[must_use]
            pub const fn go_word(self) -> &'static str {
                match self { $(Self::$screen => concat!("go_", $word),)* }
            }

            /// Returns the sentence of help and palette for going to the screen.
            #[must_use]
            pub const fn go_title(self) -> &'static str {
                match self { $(Self::$screen => concat!("Go to ", $full),)* }
            }
        }
    };
}

screens! {
    Today = "today", "Today", "Today's Moves";
    Signals = "signals", "Signals", "Signals";
    Contacts = "contacts", "Contacts", "Contacts";
    Pipeline = "pipeline", "Pipeline", "Pipeline";
    Metrics = "metrics", "Metrics", "Metrics";
    Sync = "sync", "Sync", "Sync";
    Log = "log", "Log", "Log";
    Rules = "rules", "Rules", "Rules and limits";
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
    /// Returns the screen that shows the target.
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

/// A part of a screen that is read on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The list.
    List,
    /// The selected line in full.
    Side,
    /// A list within the side.
    Inner,
    /// The selected entry of the inner list.
    Entry,
}

/// The question that an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The screen that asked.
    pub screen: ScreenId,
    /// The part of the screen; its newest question replaces one that has not begun.
    pub part: Part,
    /// The question's number within the part.
    pub generation: u64,
}

/// Work that takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// A pass over the sources.
    Sync,
    /// An import of people from a file.
    Import,
    /// A look at a file that may be imported.
    Look,
}

/// The progress of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The source or file in work.
    pub what: String,
    /// The amount done.
    pub done: u64,
    /// The whole amount, if known.
    pub of: Option<u64>,
}

/// The tone of a sentence to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Good news.
    Good,
    /// Neutral news.
    Plain,
    /// A call for care.
    Warning,
    /// A failure.
    Bad,
}
