//! The sources, one file each. A source brings signals; what becomes of them is intake's.

pub(in crate::engine) mod calendar;
pub(in crate::engine) mod gmail;
pub(in crate::engine) mod hubspot;
pub(in crate::engine) mod imap;
pub(in crate::engine) mod job;
pub(in crate::engine) mod lines;
pub(in crate::engine) mod mailbox;
pub(in crate::engine) mod maildir;
mod scope;
pub(in crate::engine) mod timer;

use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::road::intake::Taken;
use crate::store::sources::SourceCounts;

pub use scope::{PassControl, PassScope, PassStep, PassWatcher};

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

/// A mailbox in folders on this machine.
#[derive(Debug)]
struct MaildirSource(crate::config::MailAccount);

impl SignalSource for MaildirSource {
    fn name(&self) -> String {
        mailbox::source_name(&self.0)
    }

    fn about(&self) -> String {
        mailbox::about(&self.0)
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn read(&self, engine: &Engine, _: &PassScope, _: &str) -> Result<SourceRun> {
        let mut run = SourceRun::default();
        engine.watch_drafts(&self.0, &mut run);
        let (counts, taken, problem) = engine.read_maildir(&self.0)?;
        run.counts.add(&counts);
        run.taken.add(&taken);
        if !problem.is_empty() {
            run.problem = problem;
        }
        Ok(run)
    }
}

/// Returns every source that is set up, in the order in which the summary names them.
pub(in crate::engine) fn all(engine: &Engine) -> Vec<Box<dyn SignalSource>> {
    use crate::config::MailKind;
    let mut all: Vec<Box<dyn SignalSource>> = Vec::new();
    for account in &engine.config().mail.accounts {
        match account.kind {
            MailKind::Maildir => all.push(Box::new(MaildirSource(account.clone()))),
            MailKind::Imap => all.push(Box::new(imap::ImapSource(account.clone()))),
            MailKind::Gmail => all.push(Box::new(gmail::GmailSource(account.clone()))),
        }
    }
    if engine
        .outside()
        .is_signed_in(crate::domain::service::Provider::Google)
        && !engine.config().google.calendars.is_empty()
    {
        all.push(Box::new(calendar::CalendarSource));
    }
    if hubspot::is_set_up(engine) {
        all.push(Box::new(hubspot::HubspotSource));
    }
    all
}

/// Returns the names of what a pass reads, the timers among them.
pub(in crate::engine) fn names(engine: &Engine) -> Vec<String> {
    let mut names: Vec<String> = all(engine).iter().map(|source| source.name()).collect();
    names.push(timer::NAME.to_owned());
    names
}
