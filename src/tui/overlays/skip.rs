//! The reason for a skip: a usual one, or the operator's own words. It teaches the score.

use ratatui::text::{Line, Span};

use super::alone::Alone;
use super::picker::{Picker, Picking, Row};
use crate::domain::id::MoveId;
use crate::domain::wishes::says_do_not_contact;
use crate::engine::command::Command;
use crate::tui::context::Context;
use crate::tui::ids::Tone;
use crate::tui::intent::Intent;
use crate::tui::text::clean;

/// The usual reasons.
const REASONS: &[(&str, &str)] = &[
    ("not relevant", "the signal means nothing here"),
    ("bad timing", "right, but not now"),
    ("already done", "handled elsewhere"),
    ("wrong person", "somebody else is to be asked"),
    ("duplicate", "another move covers it"),
    ("not worth it", "too much work for too little"),
    ("do not contact", "they asked to be left alone"),
];

/// The choice of a reason.
#[derive(Debug)]
pub struct Skip {
    ids: Vec<MoveId>,
    picker: Picker<&'static str>,
}

impl Skip {
    /// Asks for the reason to skip the moves `ids`, named `what`.
    #[must_use]
    pub fn new(ids: Vec<MoveId>, what: String) -> Self {
        let rows = REASONS
            .iter()
            .map(|(reason, meaning)| Row {
                value: *reason,
                label: (*reason).to_owned(),
                detail: (*meaning).to_owned(),
            })
            .collect();
        Self {
            ids,
            picker: Picker::new(
                format!("Skip {what}"),
                "why? choose, or write your own reason",
                rows,
            ),
        }
    }

    fn reason(&self) -> String {
        let own = clean(self.picker.field.text());
        self.picker
            .chosen()
            .map_or(own, |reason| (*reason).to_owned())
    }
}

impl Picking for Skip {
    type Value = &'static str;

    fn picker(&self) -> &Picker<&'static str> {
        &self.picker
    }

    fn picker_mut(&mut self) -> &mut Picker<&'static str> {
        &mut self.picker
    }

    fn confirm(&self) -> Vec<Intent> {
        let reason = self.reason();
        if reason.is_empty() {
            return vec![Intent::Say(
                Tone::Warning,
                "A reason is needed: it teaches the score.".into(),
            )];
        }
        if says_do_not_contact(&reason) {
            let whom = Alone::new(self.ids.clone(), reason);
            return vec![Intent::Close, Intent::Open(Box::new(whom))];
        }
        vec![
            Intent::Close,
            Intent::run(Command::Skip {
                ids: self.ids.clone(),
                reason,
                suppress: None,
            }),
        ]
    }

    fn note(&self, cx: &Context) -> Option<Line<'static>> {
        let note = format!("   reason: {}", self.reason());
        Some(Line::from(Span::styled(note, cx.styles().muted)))
    }
}
