//! The scope of a pass, and how it tells of itself and is stopped.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

/// The scope of a pass.
#[derive(Debug, Clone, Default)]
pub struct PassScope {
    /// Only this source, by its name or by what stands before the colon in it; all if empty.
    pub only: String,
    /// From the beginning, whatever the cursor says.
    pub full: bool,
    /// A first reading goes back to here.
    pub since: Option<Timestamp>,
    /// Only sources that are due, and no servers over a metered link: the console's own passes.
    pub timed: bool,
    /// On a copy of the database: nothing is kept and nothing leaves. [`crate::engine::handle::Engine::rehearse_sync`] sets it.
    pub rehearsal: bool,
    /// The means to watch and stop it.
    pub control: PassControl,
}

impl PassScope {
    /// Tells whether a source is one of those asked for.
    #[must_use]
    pub fn asks_for(&self, source: &str) -> bool {
        self.only.is_empty()
            || self.only == source
            || source
                .split_once(':')
                .is_some_and(|(kind, _)| kind == self.only)
    }
}

/// The state of a source in a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassStep {
    /// Being read.
    Reading {
        /// Events looked at so far in this pass.
        seen: u64,
        /// Their number in all, if that is known.
        of: Option<u64>,
    },
    /// Read.
    Read,
    /// Not readable.
    Failed,
    /// Left out.
    Skipped,
}

/// Told of each step of each source, from its thread.
pub type PassWatcher = Arc<dyn Fn(&str, PassStep) + Send + Sync>;

/// A pass's handle: what it does is told to a watcher, and it can be stopped. Clones share both.
#[derive(Clone, Default)]
pub struct PassControl {
    stopped: Arc<AtomicBool>,
    watcher: Option<PassWatcher>,
}

impl fmt::Debug for PassControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassControl")
            .field("stopped", &self.is_stopped())
            .finish_non_exhaustive()
    }
}

impl PassControl {
    /// Makes a handle that `flag` stops too.
    #[must_use]
    pub fn stopped_by(flag: Arc<AtomicBool>) -> Self {
        Self {
            stopped: flag,
            watcher: None,
        }
    }

    /// Sets who is told.
    #[must_use]
    pub fn watched(mut self, watcher: PassWatcher) -> Self {
        self.watcher = Some(watcher);
        self
    }

    /// Stops the pass at the next request or wait. What was committed stays; the next pass goes on from there.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Tells whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Tells how far a source is. A source calls it between its batches.
    pub fn tell(&self, source: &str, step: PassStep) {
        if let Some(watcher) = &self.watcher {
            watcher(source, step);
        }
    }

    pub(in crate::engine) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_asked_for_by_name_or_by_kind() {
        let check = |only: &str, source: &str, expect: bool| {
            let scope = PassScope {
                only: only.into(),
                ..PassScope::default()
            };
            assert_eq!(scope.asks_for(source), expect, "{only} {source}");
        };
        check("", "hubspot", true);
        check("hubspot", "hubspot", true);
        check("mail", "mail:work", true);
        check("mail:work", "mail:work", true);
        check("mail:home", "mail:work", false);
        check("mai", "mail:work", false);
    }
}
