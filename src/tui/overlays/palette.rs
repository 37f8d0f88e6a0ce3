//! Every command by its name, with its key.

use super::picker::{Picker, Picking, Row};
use crate::tui::action::{Group, KeyAction};
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
use crate::tui::message::Intent;
use crate::tui::screens::{SCREENS, ScreenId, Target};

/// Tells whether what an action leads to is there.
fn is_built(action: KeyAction) -> bool {
    !GOES.contains(&action) || SCREENS.iter().any(|entry| entry.id.go() == action)
}

const GOES: [KeyAction; 8] = [
    KeyAction::GoToday,
    KeyAction::GoSignals,
    KeyAction::GoContacts,
    KeyAction::GoPipeline,
    KeyAction::GoMetrics,
    KeyAction::GoSync,
    KeyAction::GoLog,
    KeyAction::GoRules,
];

/// The choice of a command.
#[derive(Debug)]
pub struct Palette {
    picker: Picker<KeyAction>,
}

impl Palette {
    /// Offers every command, with the keys that hold in `below`.
    #[must_use]
    pub fn new(below: KeyContext, cx: &Context) -> Self {
        let rows = Group::ALL
            .iter()
            .flat_map(|group| KeyAction::ALL.iter().filter(|a| a.group() == *group))
            .filter(|action| action.in_palette() && is_built(**action))
            .map(|action| Row {
                value: *action,
                label: match action {
                    KeyAction::KillSwitch if cx.status.stopped() => {
                        "Resume: let effects out again".to_owned()
                    }
                    other => other.title().to_owned(),
                },
                detail: cx.keymap.keys(below, *action).join(", "),
            })
            .collect();
        Self {
            picker: Picker::new("Commands".into(), "type to find", rows),
        }
    }
}

impl Picking for Palette {
    type Value = KeyAction;

    fn picker(&self) -> &Picker<KeyAction> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<KeyAction> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        match self.picker.chosen() {
            Some(action) => vec![Intent::Close, Intent::Perform(*action)],
            None => Vec::new(),
        }
    }
}

/// The choice of a screen.
#[derive(Debug)]
pub struct Screens {
    picker: Picker<ScreenId>,
}

impl Screens {
    /// Offers every screen.
    #[must_use]
    pub fn new(cx: &Context) -> Self {
        let rows = SCREENS
            .iter()
            .map(|entry| Row {
                value: entry.id,
                label: entry.id.name().to_owned(),
                detail: cx.keymap.key(KeyContext::Screen, entry.id.go()),
            })
            .collect();
        Self {
            picker: Picker::new("Screens".into(), "type to find", rows),
        }
    }
}

impl Picking for Screens {
    type Value = ScreenId;

    fn picker(&self) -> &Picker<ScreenId> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<ScreenId> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        match self.picker.chosen() {
            Some(screen) => vec![Intent::Close, Intent::Go(Target::Screen(*screen))],
            None => Vec::new(),
        }
    }
}
