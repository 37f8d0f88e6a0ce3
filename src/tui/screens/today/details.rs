//! The moves that were read in full: kept while they are near, shown while newer ones are on their way.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::id::MoveId;
use crate::engine::queries::show::MoveDetail;
use crate::tui::looks::Answer;

/// The most details that are kept; the rest can be read again.
const KEPT: usize = 128;

#[derive(Debug)]
struct Slot {
    detail: Option<Arc<MoveDetail>>,
    error: Option<String>,
    /// Newer than the last change.
    fresh: bool,
    /// Asked for since the last change.
    asked: bool,
}

/// The moves that were read in full.
#[derive(Debug, Default)]
pub(super) struct Details {
    slots: BTreeMap<MoveId, Slot>,
}

impl Details {
    pub(super) fn get(&self, id: MoveId) -> Option<&Arc<MoveDetail>> {
        self.slots.get(&id)?.detail.as_ref()
    }

    pub(super) fn error(&self, id: MoveId) -> Option<&str> {
        self.slots.get(&id)?.error.as_deref()
    }

    pub(super) fn put(&mut self, id: MoveId, answer: Answer<Arc<MoveDetail>>) {
        if self.slots.len() >= KEPT && !self.slots.contains_key(&id) {
            self.slots.retain(|_, slot| slot.asked && !slot.fresh);
        }
        let slot = self.slots.remove(&id);
        // An answer to a question from before the last change is shown, but asked again.
        let fresh = slot.as_ref().is_some_and(|slot| slot.asked);
        let old = slot.and_then(|slot| slot.detail);
        let (detail, error) = match answer {
            Ok(detail) => (Some(detail), None),
            Err(error) => (old, Some(error)),
        };
        self.slots.insert(
            id,
            Slot {
                detail,
                error,
                fresh,
                asked: fresh,
            },
        );
    }

    /// Notes that something changed, so that everything has to be read again when it is looked at.
    pub(super) fn make_stale(&mut self) {
        for slot in self.slots.values_mut() {
            slot.fresh = false;
            slot.asked = false;
        }
    }

    /// Returns those of `ids` that have to be asked for, and notes that they are.
    pub(super) fn wanted(&mut self, ids: impl Iterator<Item = MoveId>) -> Vec<MoveId> {
        let mut wanted = Vec::new();
        for id in ids {
            let slot = self.slots.entry(id).or_insert(Slot {
                detail: None,
                error: None,
                fresh: false,
                asked: false,
            });
            if !slot.fresh && !slot.asked {
                slot.asked = true;
                wanted.push(id);
            }
        }
        wanted
    }
}
