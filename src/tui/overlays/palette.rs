//! Every command by its name, with its key.

use super::picker::{Picker, Picking, Row};
use crate::tui::action::{Group, KeyAction};
use crate::tui::context::Context;
use crate::tui::keymap::KeyContext;
use crate::tui::message::Intent;

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
            .filter(|action| action.in_palette())
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
