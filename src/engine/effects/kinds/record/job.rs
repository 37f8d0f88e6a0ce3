//! HubSpot's outbox as a job: it follows the reading, as a portal that cannot be read is not written to.

use crate::domain::job::Patience;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Context, Job, JobRun, Lane, Plan, Reach, Rehearsal, Stage};
use crate::engine::road::sources::hubspot;

/// Writes queued changes to HubSpot.
#[derive(Debug)]
pub(in crate::engine) struct HubspotWrites;

impl Job for HubspotWrites {
    fn name(&self) -> String {
        "hubspot-writes".into()
    }

    fn about(&self) -> String {
        "Writes queued changes to HubSpot".into()
    }

    fn plan(&self, _: &Engine) -> Plan {
        Plan {
            patience: Patience::Resting,
            reach: Reach::Server,
            rehearsal: Rehearsal::LeftOut,
            lane: Lane::After(hubspot::NAME),
            ..Plan::of(Stage::Read)
        }
    }

    fn run(&self, engine: &Engine, _: &Context<'_>) -> Result<JobRun> {
        Ok(JobRun {
            sent: engine.drain_through(hubspot::CARRIER)?.sent,
            ..JobRun::default()
        })
    }
}
