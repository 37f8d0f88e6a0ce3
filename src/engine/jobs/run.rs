//! One step of a pass: the jobs of one stage that are due, each in its turn and under its lease.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;

use crate::connectors::link;
use crate::domain::job::{Occasion, Standing, Turn};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::jobs::books;
use crate::engine::jobs::ending::{Ended, Ending};
use crate::engine::jobs::job::{Books, Context, IfBusy, Job, JobRun, Lane, Plan, Reach, Stage};
use crate::engine::outside::wait;
use crate::engine::road::sources::{PassScope, PassStep};
use crate::store::jobs::JobRow;
use crate::store::lease::{self, Lease};

/// The longest wait for another process.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(25);
/// The most that is kept of a failure.
const MAX_PROBLEM: usize = 500;
/// The lease of every stage that one process has at a time.
const PASS: &str = "pass";

/// A job chosen for a pass.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Chosen<'a> {
    pub job: &'a dyn Job,
    pub name: String,
    pub plan: Plan,
    pub occasion: Occasion,
}

impl Chosen<'_> {
    /// Returns the name of the job that leads its lane.
    pub fn lane(&self) -> &str {
        match self.plan.lane {
            Lane::Own => &self.name,
            Lane::After(lead) => lead,
        }
    }

    fn load(&self, engine: &Engine) -> Result<JobRow> {
        engine
            .store()
            .read(|tx| Ok(books::load(tx, &self.name, self.plan.books)?))
    }

    fn ends(&self, ended: Ended) -> Ending {
        Ending {
            name: self.name.clone(),
            plan: self.plan,
            ended,
            standing: None,
        }
    }
}

/// Runs the chosen jobs of one stage that are due, and records their ends.
///
/// # Errors
/// If another process holds the stage for too long, or the database cannot be used.
pub(in crate::engine) fn run_due(
    engine: &Engine,
    stage: Stage,
    chosen: &[Chosen<'_>],
    scope: &PassScope,
) -> Result<Vec<Ending>> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    match stage {
        Stage::Settle | Stage::Act => {
            let _lease = take_lease(engine, PASS, "been making a pass")?;
            in_turn(engine, chosen, scope)
        }
        Stage::Read => side_by_side(engine, chosen, scope),
        Stage::Keep => {
            let is_asked_for = chosen.iter().any(|one| one.occasion == Occasion::ByName);
            let patience = if is_asked_for {
                PATIENCE
            } else {
                Duration::ZERO
            };
            match wait_for_lease(engine, PASS, patience)? {
                Some(_lease) => in_turn(engine, chosen, scope),
                None => Ok(chosen.iter().map(|one| one.ends(is_busy())).collect()),
            }
        }
    }
}

fn is_busy() -> Ended {
    Ended::LeftOut {
        why: "another CaseyOS is at it".into(),
        until: None,
    }
}

/// Runs jobs one after another; the caller holds their lease.
fn in_turn(engine: &Engine, chosen: &[Chosen<'_>], scope: &PassScope) -> Result<Vec<Ending>> {
    let mut endings = Vec::with_capacity(chosen.len());
    for one in chosen {
        let JobRow {
            standing, cursor, ..
        } = one.load(engine)?;
        let ended = match passed_over(&standing, one, engine.now()) {
            Some(ended) => ended,
            None => run(engine, one, &Context { scope, cursor }),
        };
        // Nothing goes on over a store that has just failed.
        let is_over = matches!(ended, Ended::Unusable(_));
        endings.push(one.ends(ended));
        if is_over {
            break;
        }
    }
    books::close(engine, &mut endings, scope)?;
    Ok(endings)
}

/// Runs lanes side by side, each on a thread of its own.
fn side_by_side(engine: &Engine, chosen: &[Chosen<'_>], scope: &PassScope) -> Result<Vec<Ending>> {
    let may_be_metered = scope.timed
        && engine.config().sync.pause_on_metered
        && chosen.iter().any(|one| one.plan.reach == Reach::Server);
    let is_metered = may_be_metered && link::is_metered() == Some(true);
    let mut endings = std::thread::scope(|threads| {
        let running: Vec<_> = lanes(chosen)
            .into_iter()
            .map(|lane| {
                threads.spawn(move || {
                    let flag = scope.control.flag();
                    wait::stoppable(flag, || run_lane(engine, &lane, scope, is_metered))
                })
            })
            .collect();
        let mut endings = Vec::new();
        for lane in running {
            endings.extend(lane.join().unwrap_or_else(|_| Err(broke_off()))?);
        }
        Ok::<_, EngineError>(endings)
    })?;
    books::close(engine, &mut endings, scope)?;
    Ok(endings)
}

/// Returns the lanes in the order of their leaders, and in each lane its jobs in the order in which they run.
fn lanes<'c, 'j>(chosen: &'c [Chosen<'j>]) -> Vec<Vec<&'c Chosen<'j>>> {
    let mut lanes: Vec<Vec<&Chosen<'_>>> = Vec::new();
    for one in chosen {
        match lanes
            .iter_mut()
            .find(|lane| lane.first().is_some_and(|first| first.lane() == one.lane()))
        {
            Some(lane) => lane.push(one),
            None => lanes.push(vec![one]),
        }
    }
    for lane in &mut lanes {
        lane.sort_by_key(|one| one.plan.lane != Lane::Own);
    }
    lanes
}

/// Runs the jobs of a lane, if the one that leads it is due, may be asked, and is not running elsewhere.
fn run_lane(
    engine: &Engine,
    lane: &[&Chosen<'_>],
    scope: &PassScope,
    is_metered: bool,
) -> Result<Vec<Ending>> {
    let lead = lane.iter().find(|one| one.plan.lane == Lane::Own);
    let Some(first) = lead.or(lane.first()) else {
        return Ok(Vec::new());
    };
    let tell = |one: &Chosen<'_>, step| {
        if one.plan.books == Books::Sources {
            scope.control.tell(&one.name, step);
        }
    };
    let left_out = |ended: Ended| {
        if matches!(ended, Ended::LeftOut { .. }) {
            tell(first, PassStep::Skipped);
        }
        Ok(vec![first.ends(ended)])
    };
    if let Some(lead) = lead {
        let standing = lead.load(engine)?.standing;
        if let Some(ended) = passed_over(&standing, lead, engine.now()) {
            return left_out(ended);
        }
        if is_metered && lead.plan.reach == Reach::Server && lead.occasion != Occasion::ByName {
            return left_out(Ended::LeftOut {
                why: "the link is metered".into(),
                until: None,
            });
        }
    }
    tell(first, PassStep::Reading { seen: 0, of: None });
    let waits = first.occasion == Occasion::ByName || first.plan.if_busy == IfBusy::Wait;
    let patience = if waits { PATIENCE } else { Duration::ZERO };
    let Some(_lease) = wait_for_lease(engine, &lease_name(first.lane()), patience)? else {
        return left_out(Ended::LeftOut {
            why: "another CaseyOS is reading it".into(),
            until: None,
        });
    };
    let mut endings: Vec<Ending> = Vec::with_capacity(lane.len());
    for one in lane {
        let is_cut_off = matches!(one.plan.lane, Lane::After(lead)
            if endings.iter().any(|ending| ending.name == lead && !ending.is_complete()));
        if is_cut_off {
            continue;
        }
        let JobRow {
            standing, cursor, ..
        } = one.load(engine)?;
        let passed =
            passed_over(&standing, one, engine.now()).filter(|_| one.plan.lane != Lane::Own);
        let ended = match passed {
            Some(ended) => ended,
            None => run(engine, one, &Context { scope, cursor }),
        };
        tell(
            one,
            match &ended {
                Ended::Ran { run, .. } if run.problem.is_empty() => PassStep::Read,
                _ => PassStep::Failed,
            },
        );
        endings.push(one.ends(ended));
    }
    Ok(endings)
}

/// Returns why it is not a job's turn; none if it is.
fn passed_over(standing: &Standing, one: &Chosen<'_>, now: Timestamp) -> Option<Ended> {
    match standing.turn(one.plan.every, one.plan.patience, one.occasion, now) {
        Turn::Due => None,
        Turn::NotYet => Some(Ended::NotDue),
        Turn::Rests(until) => Some(Ended::LeftOut {
            why: format!("it failed {} times in a row and rests", standing.failures),
            until: Some(until),
        }),
        Turn::Dead => Some(Ended::LeftOut {
            why: "it was given up".into(),
            until: None,
        }),
    }
}

fn broke_off() -> EngineError {
    EngineError::Outside("it broke off (see the log)".into())
}

/// Runs a job. A failure becomes the run's problem, and so does a panic.
fn run(engine: &Engine, one: &Chosen<'_>, context: &Context<'_>) -> Ended {
    let started = engine.now();
    let ran = catch_unwind(AssertUnwindSafe(|| one.job.run(engine, context)));
    if ran.is_err() {
        tracing::error!(job = one.name, "a job broke off");
    }
    let run = match ran.unwrap_or_else(|_| Err(broke_off())) {
        Ok(run) => run,
        Err(EngineError::Store(error)) if one.plan.books == Books::Sources => {
            return Ended::Unusable(error);
        }
        Err(error) => JobRun {
            problem: error.to_string(),
            is_partial: true,
            ..JobRun::default()
        },
    };
    let problem = clean_line(&run.problem, MAX_PROBLEM);
    Ended::Ran {
        started,
        run: JobRun { problem, ..run },
    }
}

/// Takes a lease, and waits a minute for it at most.
///
/// # Errors
/// If another process keeps it; the sentence says what that has `doing`.
pub(in crate::engine) fn take_lease(engine: &Engine, name: &str, doing: &str) -> Result<Lease> {
    wait_for_lease(engine, name, PATIENCE)?.ok_or_else(|| {
        EngineError::Outside(format!(
            "Another CaseyOS has {doing} for more than a minute. Nothing was changed here; try again later."
        ))
    })
}

fn wait_for_lease(engine: &Engine, name: &str, patience: Duration) -> Result<Option<Lease>> {
    let mut waited = Duration::ZERO;
    loop {
        let lease = lease::try_take(engine.store().directory(), name)?;
        if lease.is_some() || waited >= patience || !wait::pause(POLL) {
            return Ok(lease);
        }
        waited += POLL;
    }
}

/// Returns the lease of a lane: a name for a file.
fn lease_name(lane: &str) -> String {
    let plain: String = lane
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(60)
        .collect();
    format!("source-{plain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_a_name_for_a_file() {
        assert_eq!(lease_name("mail:../../x"), "source-mail-------x");
    }
}
