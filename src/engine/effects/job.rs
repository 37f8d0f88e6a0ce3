//! The outbox's jobs: looking up what was broken off, before anything is read, and letting out what may go, at the end.

use super::strays::Depth;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Bars, Context, Job, JobRun, Plan, Rehearsal, Stage};
use crate::store::{Durability, jobs};

/// Settles messages that a process left half done, and asks about those in doubt.
#[derive(Debug)]
pub(in crate::engine) struct Reconcile;

impl Job for Reconcile {
    fn name(&self) -> String {
        "reconcile".into()
    }

    fn about(&self) -> String {
        "Looks up messages that were broken off".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            bars: Bars::Acting(
                "What became of messages that were broken off could not be found out, so nothing was sent and no silence was counted.",
            ),
            rehearsal: Rehearsal::LeftOut,
            ..Plan::of(Stage::Settle)
        }
    }

    fn run(&self, engine: &Engine, context: &Context<'_>) -> Result<JobRun> {
        let now = engine.now();
        let sent = engine.reconcile_with(Depth::Headers(context.cursor.parse().ok()))?;
        let name = self.name();
        let is_later = context.cursor != now.to_string();
        if is_later {
            engine.write(Durability::Normal, move |tx, _, now| {
                Ok(jobs::set_cursor(tx, &name, &now.to_string())?)
            })?;
        }
        Ok(JobRun {
            sent,
            notices: engine.strays_in_words()?,
            ..JobRun::default()
        })
    }
}

fn changed_in_words(n: u64) -> String {
    let what = match n {
        1 => "1 approved message was changed since, and not by CaseyOS, so it was not sent. Its move is open again".to_owned(),
        n => format!("{n} approved messages were changed since, and not by CaseyOS, so they were not sent. Their moves are open again"),
    };
    format!("{what}; `caseyos audit list --event execution.cancelled` shows which.")
}

/// Lets out approved messages whose time has come.
#[derive(Debug)]
pub(in crate::engine) struct Outbox;

impl Job for Outbox {
    fn name(&self) -> String {
        "outbox".into()
    }

    fn about(&self) -> String {
        "Sends what is approved and may go".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            rehearsal: Rehearsal::LeftOut,
            ..Plan::of(Stage::Act)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        let report = engine.drain()?;
        let notices = match report.changed {
            0 => Vec::new(),
            n => vec![changed_in_words(n)],
        };
        Ok(JobRun {
            sent: report.sent,
            waiting: Some(report.waiting),
            notices,
            ..JobRun::default()
        })
    }
}
