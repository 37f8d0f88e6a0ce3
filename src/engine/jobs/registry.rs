//! The list of jobs.

use crate::domain::nearest;
use crate::domain::text::clean_line;
use crate::engine::commands::pause::PauseEnd;
use crate::engine::effects::job::{Outbox, Reconcile};
use crate::engine::effects::kinds::record::job::HubspotWrites;
use crate::engine::error::{EngineError, Result};
use crate::engine::features::approvals::Approvals;
use crate::engine::features::upkeep::{AuditCut, EventCut, SignInEnd, Usage};
use crate::engine::handle::Engine;
use crate::engine::jobs::job::{Job, Lane};
use crate::engine::road::refresh::Scores;
use crate::engine::road::sources::job::{Timers, readings};

/// Returns every job. Those of one stage run in the order of this list.
pub(in crate::engine) fn all(engine: &Engine) -> Vec<Box<dyn Job>> {
    let mut all: Vec<Box<dyn Job>> =
        vec![Box::new(PauseEnd), Box::new(Reconcile), Box::new(Scores)];
    all.extend(readings(engine));
    let rest: [Box<dyn Job>; 8] = [
        Box::new(HubspotWrites),
        Box::new(Timers),
        Box::new(Approvals),
        Box::new(Outbox),
        Box::new(SignInEnd),
        Box::new(AuditCut),
        Box::new(Usage),
        Box::new(EventCut),
    ];
    all.extend(rest);
    // A job beside one that is not set up has nothing to go with.
    let names: Vec<String> = all.iter().map(|job| job.name()).collect();
    all.retain(|job| match job.plan(engine).lane {
        Lane::Own => true,
        Lane::After(lead) => names.iter().any(|name| name == lead),
    });
    all
}

/// Finds a job by its name.
///
/// # Errors
/// If there is none; the sentence has the nearest name.
pub(in crate::engine) fn find<'a>(jobs: &'a [Box<dyn Job>], name: &str) -> Result<&'a dyn Job> {
    let name = name.trim();
    if let Some(job) = jobs.iter().find(|job| job.name() == name) {
        return Ok(job.as_ref());
    }
    let names: Vec<String> = jobs.iter().map(|job| job.name()).collect();
    let meant = nearest(name, names.iter().map(String::as_str));
    let meant = meant.map_or(String::new(), |name| format!(" Did you mean \"{name}\"?"));
    Err(EngineError::NotFound(format!(
        "There is no job \"{}\".{meant} `caseyos jobs list` shows all. Nothing was done.",
        clean_line(name, 60)
    )))
}
