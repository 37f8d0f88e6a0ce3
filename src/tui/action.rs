//! What a key can mean. The keymap gives keys to these meanings, the palette lists them and the help is made from them.

use crate::domain::words::words;

words! {
    /// The meaning of a key.
    pub enum KeyAction ("a key action") {
        /// One line down.
        Down = "down",
        /// One line up.
        Up = "up",
        /// To the first line.
        Top = "top",
        /// To the last line.
        Bottom = "bottom",
        /// Half a page down.
        HalfPageDown = "half_page_down",
        /// Half a page up.
        HalfPageUp = "half_page_up",
        /// A page down.
        PageDown = "page_down",
        /// A page up.
        PageUp = "page_up",
        /// To the next pane or field.
        NextPane = "next_pane",
        /// To the pane or field before.
        PreviousPane = "previous_pane",
        /// Into what is selected.
        Open = "open",
        /// Out of where one is.
        Back = "back",
        /// Mark or unmark what is selected.
        Mark = "mark",
        /// Approve, or tick off what is done by hand.
        Approve = "approve",
        /// Show the exact message without sending it.
        DryRun = "dry_run",
        /// Edit the draft in place.
        Edit = "edit",
        /// Edit the draft in the operator's own editor.
        EditOutside = "edit_outside",
        /// Throw the edit of a draft away.
        ResetDraft = "reset_draft",
        /// Put off.
        Snooze = "snooze",
        /// Say when the meeting begins that a move books.
        MeetingTime = "meeting_time",
        /// Take off the list with a reason.
        Skip = "skip",
        /// Record what came of it.
        Outcome = "outcome",
        /// Take the newest change back.
        Undo = "undo",
        /// List what can be taken back.
        UndoList = "undo_list",
        /// Copy the address.
        CopyAddress = "copy_address",
        /// Copy the message.
        CopyMessage = "copy_message",
        /// Never write to them again.
        Suppress = "suppress",
        /// Go to its move on Today.
        GoMove = "go_move",
        /// One column to the left.
        Left = "left",
        /// One column to the right.
        Right = "right",
        /// Pause sending until a time, or end the pause.
        Pause = "pause",
        /// Stop the work in progress.
        Cancel = "cancel",
        /// Import contacts from a file.
        Import = "import",
        /// Look at the sources now.
        Refresh = "refresh",
        /// Stop every outward effect, or let it out again.
        KillSwitch = "kill_switch",
        /// Show all domains.
        DomainAll = "domain_all",
        /// Show sales only.
        DomainSales = "domain_sales",
        /// Show marketing only.
        DomainMarketing = "domain_marketing",
        /// Show customer success only.
        DomainCs = "domain_cs",
        /// Narrow the list by words.
        Find = "find",
        /// List every command.
        Palette = "palette",
        /// Show the keys.
        Help = "help",
        /// Show what went wrong.
        Problems = "problems",
        /// Go to Today's Moves.
        GoToday = "go_today",
        /// Go to Signals.
        GoSignals = "go_signals",
        /// Go to Contacts.
        GoContacts = "go_contacts",
        /// Go to Pipeline.
        GoPipeline = "go_pipeline",
        /// Go to Metrics.
        GoMetrics = "go_metrics",
        /// Go to Sync.
        GoSync = "go_sync",
        /// Go to Log.
        GoLog = "go_log",
        /// Go to Rules and limits.
        GoRules = "go_rules",
        /// Choose a screen.
        Screens = "screens",
        /// Give the list more room.
        Widen = "widen",
        /// Give the list less room.
        Narrow = "narrow",
        /// Take the next theme.
        NextTheme = "next_theme",
        /// To the next source, event or state.
        NextFilter = "next_filter",
        /// To the next order of the list.
        NextOrder = "next_order",
        /// Say whom a signal is about.
        Match = "match",
        /// Make a contact of a signal.
        MakeContact = "make_contact",
        /// Try again what failed.
        Retry = "retry",
        /// Give up what failed.
        Drop = "drop",
        /// Check the chain of the log.
        Verify = "verify",
        /// To the next length of time.
        NextWindow = "next_window",
        /// Draw everything again.
        Redraw = "redraw",
        /// Go to the shell for a while.
        Suspend = "suspend",
        /// Leave.
        Quit = "quit",
        /// Say yes to what is shown.
        Confirm = "confirm",
        /// Keep what was written.
        Save = "save",
    }
}

/// Where an action stands in the help.
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

impl KeyAction {
    /// Returns a word or two for the footer.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::Top => "first",
            Self::Bottom => "last",
            Self::HalfPageDown => "half down",
            Self::HalfPageUp => "half up",
            Self::PageDown => "page down",
            Self::PageUp => "page up",
            Self::NextPane => "next",
            Self::PreviousPane => "previous",
            Self::Open => "open",
            Self::Back => "back",
            Self::Mark => "mark",
            Self::Approve => "approve",
            Self::DryRun => "dry-run",
            Self::Edit => "edit",
            Self::EditOutside => "editor",
            Self::ResetDraft => "reset",
            Self::Snooze => "snooze",
            Self::MeetingTime => "meeting time",
            Self::Skip => "skip",
            Self::Outcome => "outcome",
            Self::Undo => "undo",
            Self::UndoList => "undo list",
            Self::CopyAddress | Self::CopyMessage => "copy",
            Self::Suppress => "never write",
            Self::GoMove => "its move",
            Self::Left => "left",
            Self::Right => "right",
            Self::Pause => "pause",
            Self::Cancel => "cancel",
            Self::Import => "import",
            Self::Refresh => "sync",
            Self::KillSwitch => "stop",
            Self::DomainAll => "all",
            Self::DomainSales => "sales",
            Self::DomainMarketing => "marketing",
            Self::DomainCs => "cs",
            Self::Find => "find",
            Self::Palette => "command",
            Self::Help => "help",
            Self::Problems => "problems",
            Self::GoToday => "today",
            Self::GoSignals => "signals",
            Self::GoContacts => "contacts",
            Self::GoPipeline => "pipeline",
            Self::GoMetrics => "metrics",
            Self::GoSync => "sync",
            Self::GoLog => "log",
            Self::GoRules => "rules",
            Self::Screens => "screens",
            Self::Widen => "widen",
            Self::Narrow => "narrow",
            Self::NextTheme => "theme",
            Self::NextFilter => "filter",
            Self::NextOrder => "order",
            Self::Match => "match",
            Self::MakeContact => "new contact",
            Self::Retry => "retry",
            Self::Drop => "drop",
            Self::Verify => "check",
            Self::NextWindow => "days",
            Self::Redraw => "redraw",
            Self::Suspend => "shell",
            Self::Quit => "quit",
            Self::Confirm => "confirm",
            Self::Save => "save",
        }
    }

    /// Returns what it does, for the help and the palette.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Down => "One line down",
            Self::Up => "One line up",
            Self::Top => "To the first line",
            Self::Bottom => "To the last line",
            Self::HalfPageDown => "Half a page down",
            Self::HalfPageUp => "Half a page up",
            Self::PageDown => "A page down",
            Self::PageUp => "A page up",
            Self::NextPane => "Next pane",
            Self::PreviousPane => "Previous pane",
            Self::Open => "Open what is selected",
            Self::Back => "Back",
            Self::Mark => "Mark, to act on several at once",
            Self::Approve => "Approve (shows it first)",
            Self::DryRun => "Dry run: show the exact message",
            Self::Edit => "Edit the draft here",
            Self::EditOutside => "Edit the draft in $EDITOR",
            Self::ResetDraft => "Throw the edit away",
            Self::Snooze => "Snooze until a time",
            Self::MeetingTime => "Say when a meeting begins, so that approval books it",
            Self::Skip => "Skip with a reason",
            Self::Outcome => "Record an outcome",
            Self::Undo => "Undo the newest change",
            Self::UndoList => "List what can be undone",
            Self::CopyAddress => "Copy the address",
            Self::CopyMessage => "Copy the message",
            Self::Suppress => "Never write to them again",
            Self::GoMove => "Go to its move on Today",
            Self::Left => "One column to the left",
            Self::Right => "One column to the right",
            Self::Pause => "Pause sending until a time, or end the pause",
            Self::Cancel => "Stop the work in progress",
            Self::Import => "Import contacts from a file",
            Self::Refresh => "Sync now",
            Self::KillSwitch => "Stop everything, or resume",
            Self::DomainAll => "All domains",
            Self::DomainSales => "Sales only",
            Self::DomainMarketing => "Marketing only",
            Self::DomainCs => "Customer success only",
            Self::Find => "Find in the list",
            Self::Palette => "All commands",
            Self::Help => "Keys",
            Self::Problems => "What went wrong",
            Self::GoToday => "Go to Today's Moves",
            Self::GoSignals => "Go to Signals",
            Self::GoContacts => "Go to Contacts",
            Self::GoPipeline => "Go to Pipeline",
            Self::GoMetrics => "Go to Metrics",
            Self::GoSync => "Go to Sync",
            Self::GoLog => "Go to Log",
            Self::GoRules => "Go to Rules and limits",
            Self::Screens => "Choose a screen",
            Self::Widen => "Wider list",
            Self::Narrow => "Narrower list",
            Self::NextTheme => "Next theme",
            Self::NextFilter => "Next source or event",
            Self::NextOrder => "Unmatched first, newest, or only unmatched",
            Self::Match => "Say whom the signal is about",
            Self::MakeContact => "Make a contact of the signal",
            Self::Retry => "Try the dead letter again",
            Self::Drop => "Drop the dead letter",
            Self::Verify => "Check the log's chain",
            Self::NextWindow => "Other days: 7, 30, 90",
            Self::Redraw => "Draw everything again",
            Self::Suspend => "Suspend to the shell",
            Self::Quit => "Quit",
            Self::Confirm => "Yes, do it",
            Self::Save => "Save",
        }
    }

    /// Returns where it stands in the help.
    #[must_use]
    pub const fn group(self) -> Group {
        match self {
            Self::Down
            | Self::GoMove
            | Self::Left
            | Self::Right
            | Self::Up
            | Self::Top
            | Self::Bottom
            | Self::HalfPageDown
            | Self::HalfPageUp
            | Self::PageDown
            | Self::PageUp
            | Self::NextPane
            | Self::PreviousPane
            | Self::Open
            | Self::Back => Group::Move,
            Self::Mark
            | Self::Import
            | Self::Suppress
            | Self::Approve
            | Self::DryRun
            | Self::Edit
            | Self::EditOutside
            | Self::ResetDraft
            | Self::Snooze
            | Self::MeetingTime
            | Self::Skip
            | Self::Outcome
            | Self::Undo
            | Self::UndoList
            | Self::CopyAddress
            | Self::CopyMessage
            | Self::Match
            | Self::MakeContact
            | Self::Retry
            | Self::Drop
            | Self::Confirm
            | Self::Save => Group::Act,
            Self::DomainAll
            | Self::DomainSales
            | Self::DomainMarketing
            | Self::DomainCs
            | Self::Find
            | Self::Problems
            | Self::GoToday
            | Self::GoSignals
            | Self::GoContacts
            | Self::GoPipeline
            | Self::GoMetrics
            | Self::GoSync
            | Self::GoLog
            | Self::GoRules
            | Self::Screens
            | Self::NextFilter
            | Self::NextOrder
            | Self::NextWindow
            | Self::Widen
            | Self::Narrow
            | Self::NextTheme => Group::Look,
            Self::Palette
            | Self::Cancel
            | Self::Pause
            | Self::Help
            | Self::Refresh
            | Self::KillSwitch
            | Self::Verify
            | Self::Redraw
            | Self::Suspend
            | Self::Quit => Group::Program,
        }
    }

    /// Tells whether the palette offers it: what only makes sense as a key at hand is left out.
    #[must_use]
    pub const fn in_palette(self) -> bool {
        !matches!(
            self,
            Self::Down
                | Self::Left
                | Self::Right
                | Self::Up
                | Self::HalfPageDown
                | Self::HalfPageUp
                | Self::PageDown
                | Self::PageUp
                | Self::Back
                | Self::Confirm
                | Self::Save
                | Self::Palette
        )
    }
}
