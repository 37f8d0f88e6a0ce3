//! The interface of a source.

use super::scope::PassScope;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::road::intake::Taken;
use crate::store::sources::SourceCounts;

/// What one reading of a source brought. What it took in is committed with its cursor already.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct SourceRun {
    /// Events looked at, new, matched, dropped.
    pub counts: SourceCounts,
    /// What became of them.
    pub taken: Taken,
    /// Drafts that were found to have been sent by hand.
    pub sent_by_hand: u64,
    /// What could not be read though the rest could; empty if all could.
    pub problem: String,
    /// Whether a part of what is there was left out that may hold anything, such as a folder or the rest of a list; one unreadable message
    /// is no such part. While it is, nothing leaves: an opt-out may lie there.
    pub is_partial: bool,
}

/// Something that a pass reads. Sources are read side by side, each on a thread of its own, so one must not wait for another.
pub(in crate::engine) trait SignalSource: Send + Sync + std::fmt::Debug {
    /// Returns its name, such as `mail:work`, `calendar` or `hubspot`: the key of its cursor and counts.
    fn name(&self) -> String;

    /// Returns its purpose in a few words.
    fn about(&self) -> String;

    /// Tells whether reading it asks a server. One that does is left alone after repeated failures, between its times, and over a
    /// metered link.
    fn is_remote(&self) -> bool {
        true
    }

    /// Reads what is new beyond `cursor`, batch by batch, each batch with its cursor in one transaction.
    fn read(&self, engine: &Engine, scope: &PassScope, cursor: &str) -> Result<SourceRun>;
}
