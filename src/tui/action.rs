//! The meanings of keys. The keymap binds keys to them, the palette lists them and the help is made from them.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::ids::ScreenId;
use crate::domain::UnknownWord;

/// The place of an action in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Getting about.
    Move,
    /// Doing something with a move.
    Act,
    /// Choosing what is shown.
    Look,
    /// The program itself.
    Program,
}

impl Group {
    /// Every group, in the order of the help.
    pub const ALL: &'static [Self] = &[Self::Act, Self::Move, Self::Look, Self::Program];

    /// Returns the heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Getting about",
            Self::Act => "Moves",
            Self::Look => "What is shown",
            Self::Program => "Program",
        }
    }
}

/// The palette's use of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// The palette lists it.
    Offered,
    /// The action makes sense as a key at hand only.
    KeyOnly,
}

/// Declares the actions, a row each: the keymap's word, the footer's word, the sentence of help and palette, the group, the palette.
macro_rules! actions {
    ($($action:ident = $word:literal, $short:literal, $title:literal, $group:ident, $offer:ident;)*) => {
        /// The meaning of a key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum KeyAction {
            $(#[doc = $title] $action,)*
            /// Go to a screen.
            Go(ScreenId),
        }

        impl KeyAction {
            /// Every action but going to a screen.
            const ROWS: &'static [Self] = &[$(Self::$action,)*];

            /// Returns the word of the keymap file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $word,)*
                    Self::Go(screen) => screen.go_word(),
                }
            }

            /// Returns a word or two for the footer.
            #[must_use]
            pub const fn short(self) -> &'static str {
                match self {
                    $(Self::$action => $short,)*
                    Self::Go(screen) => screen.word(),
                }
            }

            /// Returns a sentence for the help and the palette.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$action => $title,)*
                    Self::Go(screen) => screen.go_title(),
                }
            }

            /// Returns the group of the help.
            #[must_use]
            pub const fn group(self) -> Group {
                match self {
                    $(Self::$action => Group::$group,)*
                    Self::Go(_) => Group::Look,
                }
            }

            const fn offer(self) -> Offer {
                match self {
                    $(Self::$action => Offer::$offer,)*
                    Self::Go(_) => Offer::Offered,
                }
            }
        }
    };
}

actions! {
    Down = "down", "down", "One line down", Move, KeyOnly;
    Up = "up", "up", "One line up", Move, KeyOnly;
    Top = "top", "first", "To the first line", Move, Offered;
    Bottom = "bottom", "last", "To the last line", Move, Offered;
    HalfPageDown = "half_page_down", "half down", "Half a page down", Move, KeyOnly;
    HalfPageUp = "half_page_up", "half up", "Half a page up", Move, KeyOnly;
    PageDown = "page_down", "page down", "A page down", Move, KeyOnly;
    PageUp = "page_up", "page up", "A page up", Move, KeyOnly;
    NextPane = "next_pane", "next", "Next pane", Move, Offered;
    PreviousPane = "previous_pane", "previous", "Previous pane", Move, Offered;
    Open = "open", "open", "Open what is selected", Move, Offered;
    Back = "back", "back", "Back", Move, KeyOnly;
    Mark = "mark", "mark", "Mark, to act on several at once", Act, Offered;
    Approve = "approve", "approve", "Approve (shows it first)", Act, Offered;
    DryRun = "dry_run", "dry-run", "Dry run: show the exact message", Act, Offered;
    Edit = "edit", "edit", "Edit the draft here", Act, Offered;
    EditOutside = "edit_outside", "editor", "Edit the draft in $EDITOR", Act, Offered;
    ResetDraft = "reset_draft", "reset", "Throw the edit away", Act, Offered;
    Snooze = "snooze", "snooze", "Snooze until a time", Act, Offered;
    MeetingTime = "meeting_time", "meeting time", "Say when a meeting begins, so that approval books it", Act, Offered;
    Skip = "skip", "skip", "Skip with a reason", Act, Offered;
    OptedOut = "opted_out", "opted out", "They opted out: suppress them", Act, Offered;
    NotOptedOut = "not_opted_out", "did not", "They did not opt out", Act, Offered;
    Outcome = "outcome", "outcome", "Record an outcome", Act, Offered;
    Undo = "undo", "undo", "Undo the newest change", Act, Offered;
    UndoList = "undo_list", "undo list", "List what can be undone", Act, Offered;
    CopyAddress = "copy_address", "copy", "Copy the address", Act, Offered;
    CopyMessage = "copy_message", "copy", "Copy the message", Act, Offered;
    Suppress = "suppress", "never write", "Never write to them again", Act, Offered;
    GoMove = "go_move", "its move", "Go to its move on Today", Move, Offered;
    Left = "left", "left", "One column to the left", Move, KeyOnly;
    Right = "right", "right", "One column to the right", Move, KeyOnly;
    Pause = "pause", "pause", "Pause sending until a time, or end the pause", Program, Offered;
    Cancel = "cancel", "cancel", "Stop the work in progress", Program, Offered;
    Import = "import", "import", "Import contacts from a file", Act, Offered;
    KeepBoth = "keep_both", "keep both", "Keep both people where a row has somebody else's address or id", Act, KeyOnly;
    LeaveOut = "leave_out", "skip", "Leave out rows with somebody else's address or id", Act, KeyOnly;
    FillIn = "fill_in", "fill", "Fill in what known records lack", Act, KeyOnly;
    Replace = "replace", "replace", "Let the file replace known records", Act, KeyOnly;
    Refresh = "refresh", "sync", "Sync now", Program, Offered;
    KillSwitch = "kill_switch", "stop", "Stop everything, or resume", Program, Offered;
    DomainAll = "domain_all", "all", "All domains", Look, Offered;
    DomainSales = "domain_sales", "sales", "Sales only", Look, Offered;
    DomainMarketing = "domain_marketing", "marketing", "Marketing only", Look, Offered;
    DomainCs = "domain_cs", "cs", "Customer success only", Look, Offered;
    Find = "find", "find", "Find in the list", Look, Offered;
    Palette = "palette", "command", "All commands", Program, KeyOnly;
    Help = "help", "help", "Keys", Program, Offered;
    Problems = "problems", "problems", "What went wrong", Look, Offered;
    Screens = "screens", "screens", "Choose a screen", Look, Offered;
    Widen = "widen", "widen", "Wider list", Look, Offered;
    Narrow = "narrow", "narrow", "Narrower list", Look, Offered;
    NextTheme = "next_theme", "theme", "Next theme", Look, Offered;
    NextFilter = "next_filter", "filter", "Next source or event", Look, Offered;
    NextOrder = "next_order", "order", "Unmatched first, newest, or only unmatched", Look, Offered;
    Match = "match", "match", "Say whom the signal is about", Act, Offered;
    MakeContact = "make_contact", "new contact", "Make a contact of the signal", Act, Offered;
    Retry = "retry", "retry", "Try the dead letter again", Act, Offered;
    Drop = "drop", "drop", "Drop the dead letter", Act, Offered;
    Verify = "verify", "check", "Check the log's chain", Program, Offered;
    NextWindow = "next_window", "days", "Other days: 7, 30, 90", Look, Offered;
    Redraw = "redraw", "redraw", "Draw everything again", Program, Offered;
    Suspend = "suspend", "shell", "Suspend to the shell", Program, Offered;
    Quit = "quit", "quit", "Quit", Program, Offered;
    Confirm = "confirm", "confirm", "Yes, do it", Act, KeyOnly;
    Save = "save", "save", "Save", Act, KeyOnly;
}

impl KeyAction {
    /// Lists every action in the order of the help; the screens stand before the choice of one.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ROWS.iter().flat_map(|action| {
            let screens: &[ScreenId] = match action {
                Self::Screens => ScreenId::ALL,
                _ => &[],
            };
            let screens = screens.iter().copied().map(Self::Go);
            screens.chain(std::iter::once(*action))
        })
    }

    /// Tells whether the palette offers the action.
    #[must_use]
    pub const fn in_palette(self) -> bool {
        matches!(self.offer(), Offer::Offered)
    }
}

impl fmt::Display for KeyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The words of all actions.
static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| KeyAction::all().map(KeyAction::as_str).collect());

impl FromStr for KeyAction {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::all()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| UnknownWord::new("a key action", text, WORDS.as_slice()))
    }
}
