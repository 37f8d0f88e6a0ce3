//! Every command by its name, with its key.

use super::picker::{Picker, Picking, Row};
use crate::tui::action::{Group, KeyAction};
use crate::tui::context::Context;
use crate::tui::ids::{ScreenId, Target};
use crate::tui::intent::Intent;
use crate::tui::keymap::KeyContext;

/// A command, and the screen that it belongs to if it is another one.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    action: KeyAction,
    on: Option<ScreenId>,
}

/// The choice of a command.
#[derive(Debug)]
pub struct Palette {
    picker: Picker<Chosen>,
}

impl Palette {
    /// Offers every command: those that hold in `below` with their keys, and those of the other screens, which lead there.
    #[must_use]
    pub fn new(below: KeyContext, cx: &Context) -> Self {
        let mut rows: Vec<Row<Chosen>> = Vec::new();
        let all = || {
            Group::ALL
                .iter()
                .flat_map(|group| KeyAction::all().filter(|a| a.group() == *group))
                .filter(|action| action.in_palette())
        };
        for action in all() {
            let keys = cx.keymap.keys(below, action);
            if keys.is_empty() && elsewhere(action, cx).is_some() {
                continue;
            }
            let label = match action {
                KeyAction::KillSwitch if cx.status.stopped() => {
                    "Resume: let effects out again".to_owned()
                }
                other => other.title().to_owned(),
            };
            rows.push(Row {
                value: Chosen { action, on: None },
                label,
                detail: keys.join(", "),
            });
        }
        for action in all() {
            if !cx.keymap.keys(below, action).is_empty() {
                continue;
            }
            if let Some((screen, keys)) = elsewhere(action, cx) {
                rows.push(Row {
                    value: Chosen {
                        action,
                        on: Some(screen),
                    },
                    label: format!("{}: {}", screen.name(), action.title()),
                    detail: keys,
                });
            }
        }
        Self {
            picker: Picker::new("Commands".into(), "type to find", rows),
        }
    }
}

/// Returns the first screen on which an action has keys of its own, and the keys.
fn elsewhere(action: KeyAction, cx: &Context) -> Option<(ScreenId, String)> {
    ScreenId::ALL.iter().find_map(|screen| {
        let keys = cx.keymap.own_keys(KeyContext::On(*screen), action);
        (!keys.is_empty()).then(|| (*screen, keys.join(", ")))
    })
}

impl Picking for Palette {
    type Value = Chosen;

    fn picker(&self) -> &Picker<Chosen> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<Chosen> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        let Some(Chosen { action, on }) = self.picker.chosen().copied() else {
            return Vec::new();
        };
        let mut intents = vec![Intent::Close];
        // On a screen that was not read yet there is nothing to act on: one is led there and sees.
        intents.extend(on.map(|screen| Intent::Go(Target::Screen(screen))));
        if on.is_none() || action == KeyAction::Import {
            intents.push(Intent::Perform(action));
        }
        intents
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
        let rows = ScreenId::ALL
            .iter()
            .map(|screen| Row {
                value: *screen,
                label: screen.name().to_owned(),
                detail: cx.keymap.key(KeyContext::Screen, KeyAction::Go(*screen)),
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
