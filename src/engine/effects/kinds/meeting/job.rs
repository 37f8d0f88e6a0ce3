//! The bookings' job: asking the calendar about those that nobody answered, before its changes are read.

use crate::domain::job::Patience;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Context, Job, JobRun, Lane, Plan, Reach, Stage};
use crate::engine::road::sources::calendar;

/// Settles bookings whose answer never came.
#[derive(Debug)]
pub(in crate::engine) struct Bookings;

impl Job for Bookings {
    fn name(&self) -> String {
        "bookings".into()
    }

    fn about(&self) -> String {
        "Settles bookings that were not answered".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            patience: Patience::Resting,
            reach: Reach::Server,
            lane: Lane::Before(calendar::NAME),
            ..Plan::of(Stage::Read)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        engine.settle_bookings()?;
        Ok(JobRun::default())
    }
}
