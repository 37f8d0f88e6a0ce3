//! Upkeep: cutting off the old end of the audit trail and of the events, keeping the providers' usage, and warning of a sign-in that ends.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::job::{Every, Patience};
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Context, Job, JobRun, Plan, Stage};
use crate::store::{Durability, audit};

/// Events kept: hints for faces that were not looking.
const KEPT_EVENTS: u32 = 10_000;
const HOUR: u32 = 3_600;

/// Returns the plan of a job of every hour.
const fn hourly() -> Plan {
    Plan {
        every: Every::Seconds(HOUR),
        patience: Patience::Limited,
        ..Plan::of(Stage::Keep)
    }
}

/// Warns of a sign-in that ends soon.
#[derive(Debug)]
pub(in crate::engine) struct SignInEnd;

impl Job for SignInEnd {
    fn name(&self) -> String {
        "sign-in".into()
    }

    fn about(&self) -> String {
        "Warns of a sign-in that ends soon".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan::of(Stage::Keep)
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        Ok(JobRun {
            notices: engine.ending_sign_in()?.into_iter().collect(),
            ..JobRun::default()
        })
    }
}

/// Cuts off audit entries older than the configuration keeps.
#[derive(Debug)]
pub(in crate::engine) struct AuditCut;

impl Job for AuditCut {
    fn name(&self) -> String {
        "audit".into()
    }

    fn about(&self) -> String {
        "Cuts off the old end of the audit trail".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        hourly()
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        let days = i64::from(engine.config().audit.keep_days);
        if days == 0 {
            return Ok(JobRun::default());
        }
        let back = |days: i64| {
            engine
                .now()
                .checked_sub(SignedDuration::from_hours(24 * days))
                .unwrap_or(Timestamp::MIN)
        };
        let first = engine
            .store()
            .read(|tx| Ok::<_, EngineError>(audit::first(tx)?))?;
        // A day more than is kept: each cut leaves an entry, and one a day is enough.
        if first.is_some_and(|(_, first)| first < back(days + 1)) {
            let before = back(days);
            engine.write(Durability::Full, move |tx, _, now| {
                audit::prune(tx, before, now)?;
                Ok(())
            })?;
        }
        Ok(JobRun::default())
    }
}

/// Writes down the calls made to providers since the last time.
#[derive(Debug)]
pub(in crate::engine) struct Usage;

impl Job for Usage {
    fn name(&self) -> String {
        "usage".into()
    }

    fn about(&self) -> String {
        "Writes down the calls made to providers".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            patience: Patience::Limited,
            ..Plan::of(Stage::Keep)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        if engine.outside().has_usage() {
            let outside = Arc::clone(engine.outside());
            engine.write(Durability::Normal, move |tx, _, now| {
                Ok(outside.note_usage(tx, now)?)
            })?;
        }
        Ok(JobRun::default())
    }
}

/// Forgets events that every face has seen.
#[derive(Debug)]
pub(in crate::engine) struct EventCut;

impl Job for EventCut {
    fn name(&self) -> String {
        "events".into()
    }

    fn about(&self) -> String {
        "Forgets old events".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        hourly()
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        engine.write(Durability::Normal, |tx, _, _| {
            Ok(tx.prune_events(KEPT_EVENTS)?)
        })?;
        Ok(JobRun::default())
    }
}
