//! The sources and the timers as jobs.

use crate::domain::job::{Every, Patience};
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Bars, Books, Context, IfBusy, Job, JobRun, Plan, Reach, Stage};
use crate::engine::road::sources::mailbox::source_name;
use crate::engine::road::sources::{SignalSource, all, timer};

/// Returns the reading of every source that is set up.
pub(in crate::engine) fn readings(engine: &Engine) -> impl Iterator<Item = Box<dyn Job>> {
    all(engine)
        .into_iter()
        .map(|source| Box::new(Reading(source)) as Box<dyn Job>)
}

/// The reading of one source.
#[derive(Debug)]
struct Reading(Box<dyn SignalSource>);

impl Job for Reading {
    fn name(&self) -> String {
        self.0.name()
    }

    fn about(&self) -> String {
        self.0.about()
    }

    fn plan(&self, engine: &Engine) -> Plan {
        let name = self.name();
        let mut mailboxes = engine.config().mail.accounts.iter().map(source_name);
        let is_first = mailboxes.next().as_ref() == Some(&name);
        let is_mailbox = is_first || mailboxes.any(|mailbox| mailbox == name);
        let (every, patience, reach) = if self.0.is_remote() {
            let pace = engine.config().sync.seconds(&name);
            (Every::Paced(pace), Patience::Resting, Reach::Server)
        } else {
            (Every::Pass, Patience::Endless, Reach::Here)
        };
        Plan {
            every,
            patience,
            reach,
            // An answer or an opt-out may lie in it.
            bars: if is_first {
                Bars::Acting(
                    "The mailbox that mail leaves from could not be read, so nothing was sent and no silence was counted.",
                )
            } else {
                Bars::Nothing
            },
            if_busy: if is_mailbox {
                IfBusy::Wait
            } else {
                IfBusy::LeaveOut
            },
            books: Books::Sources,
            ..Plan::of(Stage::Read)
        }
    }

    fn run(&self, engine: &Engine, context: &Context<'_>) -> Result<JobRun> {
        let run = self.0.read(engine, context.scope, &context.cursor)?;
        Ok(JobRun {
            counts: run.counts,
            taken: run.taken,
            sent_by_hand: run.sent_by_hand,
            problem: run.problem,
            is_partial: run.is_partial,
            ..JobRun::default()
        })
    }
}

/// The timers: silence, meetings, renewals and tasks that time has made worth a look.
#[derive(Debug)]
pub(in crate::engine) struct Timers;

impl Job for Timers {
    fn name(&self) -> String {
        timer::NAME.into()
    }

    fn about(&self) -> String {
        "Notices silence, near meetings, renewals and late tasks".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            books: Books::Sources,
            ..Plan::of(Stage::Act)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        let (counts, taken) = engine.run_timers()?;
        Ok(JobRun {
            counts,
            taken,
            ..JobRun::default()
        })
    }
}
