//! The terminal's look.

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// A set of colours.
    pub enum UiTheme ("a theme") {
        /// Chosen by what the terminal says of itself.
        Auto = "auto",
        /// For dark backgrounds.
        Dark = "dark",
        /// For light backgrounds.
        Light = "light",
        /// The terminal's own sixteen colours.
        Ansi = "ansi",
        /// No colour at all.
        Mono = "mono",
    }
}

/// The terminal's look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ui {
    /// The colours.
    pub theme: UiTheme,
    /// True if the mouse is used.
    pub mouse: bool,
    /// Seconds between two looks at which sources are due while the TUI is open; see [`super::SyncConfig`]. 0 for none.
    pub sync_seconds: u32,
    /// True if the terminal's title shows the number of due moves.
    pub title: bool,
    /// True if urgent news is also shown on the desktop.
    pub notify: bool,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: UiTheme::Auto,
            mouse: true,
            sync_seconds: 60,
            title: true,
            notify: false,
        }
    }
}
