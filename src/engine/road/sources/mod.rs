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
mod source;
pub(in crate::engine) mod timer;

use crate::engine::error::Result;
use crate::engine::handle::Engine;

pub use scope::{PassControl, PassScope, PassStep, PassWatcher};
pub(in crate::engine) use source::{SignalSource, SourceRun};

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
