//! The pass: the stages of the registered jobs, one after another, and the report of what they did.
//!
//! A pass knows no job by name. Which jobs are due, which bar the stage that acts, and which take part in a rehearsal is data of the jobs.

use crate::domain::job::Occasion;
use crate::domain::nearest;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::say::sentence;
use crate::engine::handle::Engine;
use crate::engine::jobs::ending::{Ended, Ending};
use crate::engine::jobs::job::{Bars, Books, Job, Lane, Plan, Rehearsal, Stage};
use crate::engine::jobs::registry;
use crate::engine::jobs::report::{DueJobs, JobOutcome, JobReport, SyncReport};
use crate::engine::jobs::run::{Chosen, run_due, take_lease};
use crate::engine::road::sources::PassScope;
use crate::store::executions;

/// The stages of a pass, in order.
const STAGES: [Stage; 4] = [Stage::Settle, Stage::Read, Stage::Act, Stage::Keep];

impl Engine {
    /// Makes one pass: runs every job that is due. Blocks for as long as the pass takes.
    ///
    /// # Errors
    /// If the database cannot be used; a job that fails is part of the report.
    pub fn sync(&self) -> Result<SyncReport> {
        self.sync_with(&PassScope::default())
    }

    /// Makes a pass on a copy of the database and throws the copy away: the sources are really asked, nothing is kept, nothing leaves.
    ///
    /// # Errors
    /// If the database cannot be copied.
    pub fn rehearse_sync(&self, scope: &PassScope) -> Result<SyncReport> {
        let name = "rehearsal";
        let _lease = take_lease(self, name, "made a rehearsal")?;
        let folder = self.store().directory().join(name);
        // A killed rehearsal left it.
        drop(std::fs::remove_dir_all(&folder));
        let copied = self.over_copy(&folder);
        let report = copied.and_then(|copy| {
            copy.sync_with(&PassScope {
                rehearsal: true,
                timed: false,
                ..scope.clone()
            })
        });
        drop(std::fs::remove_dir_all(&folder));
        report
    }

    /// Makes the pass that `scope` describes.
    ///
    /// # Errors
    /// If the database cannot be used, or no source is called so.
    pub fn sync_with(&self, scope: &PassScope) -> Result<SyncReport> {
        let jobs = registry::all(self);
        if !scope.only.is_empty() {
            check_source(self, &scope.only, &jobs)?;
        }
        let (report, _) = Pass::new(self, &jobs, scope, None).make()?;
        Ok(report)
    }

    /// Runs one job now, due or not, and before it those without which it must not run.
    ///
    /// # Errors
    /// If no job is called so, or the database cannot be used; a job that fails is part of the report.
    pub fn run_job(&self, name: &str, scope: &PassScope) -> Result<JobReport> {
        let jobs = registry::all(self);
        let job = registry::find(&jobs, name)?;
        let (pass, endings) = Pass::new(self, &jobs, scope, Some(job)).make()?;
        let name = job.name();
        let ending = endings.iter().find(|ending| ending.name == name);
        let (outcome, problem) = match ending.map(|ending| &ending.ended) {
            Some(Ended::Ran { run, .. }) if run.problem.is_empty() => {
                (JobOutcome::Done, String::new())
            }
            Some(Ended::Ran { run, .. }) => (JobOutcome::Failed, run.problem.clone()),
            Some(Ended::LeftOut { why, .. }) => (JobOutcome::Skipped, why.clone()),
            // Its turn never came: a job that must go before it failed.
            Some(Ended::NotDue | Ended::Unusable(_)) | None => {
                (JobOutcome::Failed, pass.problems.join(" "))
            }
        };
        Ok(JobReport {
            name,
            outcome,
            problem,
            pass,
        })
    }

    /// Runs every job that is due by the clock, as a timed pass.
    ///
    /// # Errors
    /// If the database cannot be used; a job that fails is part of the report.
    pub fn run_due_jobs(&self, scope: &PassScope) -> Result<DueJobs> {
        let jobs = registry::all(self);
        let scope = PassScope {
            timed: true,
            ..scope.clone()
        };
        let (pass, endings) = Pass::new(self, &jobs, &scope, None).make()?;
        let has_run = |ending: &Ending| {
            let has_own_time = ending.plan.every.seconds().is_some();
            let ran = has_own_time && matches!(ending.ended, Ended::Ran { .. });
            ran.then(|| ending.name.clone())
        };
        Ok(DueJobs {
            ran: endings.iter().filter_map(has_run).collect(),
            pass,
        })
    }
}

/// A pass under way.
struct Pass<'a> {
    engine: &'a Engine,
    scope: &'a PassScope,
    /// The one job that was asked for; all if none.
    target: Option<&'a dyn Job>,
    registered: Vec<Chosen<'a>>,
    endings: Vec<Ending>,
    report: SyncReport,
}

impl<'a> Pass<'a> {
    fn new(
        engine: &'a Engine,
        jobs: &'a [Box<dyn Job>],
        scope: &'a PassScope,
        target: Option<&'a dyn Job>,
    ) -> Self {
        let occasion = if scope.timed {
            Occasion::Timed
        } else {
            Occasion::Pass
        };
        let registered = jobs.iter().map(|job| Chosen {
            job: job.as_ref(),
            name: job.name(),
            plan: job.plan(engine),
            occasion,
        });
        Self {
            engine,
            scope,
            target,
            registered: registered
                .filter(|one| !scope.rehearsal || one.plan.rehearsal == Rehearsal::Same)
                .collect(),
            endings: Vec::new(),
            report: SyncReport {
                dry_run: scope.rehearsal,
                ..SyncReport::default()
            },
        }
    }

    fn make(mut self) -> Result<(SyncReport, Vec<Ending>)> {
        // A mistake in the rules would hide moves, so it is found before anything is read.
        self.engine.core().rules()?;
        // What a clock ends, or counts as silence, does not come back when the clock does.
        if let Some(doubt) = self.engine.doubted_clock()? {
            let doubt = sentence(&format!("Nothing was done: {doubt}"));
            self.report.problems.push(doubt);
            self.report.summarise();
            return Ok((self.report, self.endings));
        }
        let zone = self.engine.zone();
        let mut counted = None;
        for stage in STAGES {
            let chosen = self.chosen(stage);
            if stage == Stage::Act && !chosen.is_empty() && !self.may_act() {
                continue;
            }
            for ending in run_due(self.engine, stage, &chosen, self.scope)? {
                self.report.add(&ending, self.engine.now(), &zone);
                if let Ended::Ran { run, .. } = &ending.ended {
                    counted = run.waiting.or(counted);
                }
                self.endings.push(ending);
            }
        }
        self.report.waiting = match counted {
            Some(waiting) => waiting,
            None => self
                .engine
                .store()
                .read(|tx| Ok::<_, EngineError>(executions::count_queued(tx)?))?,
        };
        self.report.summarise();
        Ok((self.report, self.endings))
    }

    /// Returns the jobs of a stage that this pass is about.
    fn chosen(&self, stage: Stage) -> Vec<Chosen<'a>> {
        let of_stage = self.registered.iter().filter(|one| one.plan.stage == stage);
        let by_name = |one: &Chosen<'a>| Chosen {
            occasion: Occasion::ByName,
            ..one.clone()
        };
        match self.target {
            Some(target) => {
                let (name, plan) = (target.name(), target.plan(self.engine));
                of_stage
                    .filter_map(|one| {
                        if one.name == name {
                            Some(by_name(one))
                        } else {
                            goes_before(&one.name, one.plan, plan).then(|| one.clone())
                        }
                    })
                    .collect()
            }
            None if stage == Stage::Read && !self.scope.only.is_empty() => of_stage
                .filter(|one| self.scope.asks_for(one.lane()))
                .map(by_name)
                .collect(),
            None => of_stage.cloned().collect(),
        }
    }

    /// Tells whether every job that bars the stage that acts came to its end, and says why not.
    fn may_act(&mut self) -> bool {
        let is_whole = self.scope.only.is_empty();
        let (mut is_free, mut is_read) = (true, is_whole);
        let is_stopped = self.scope.control.is_stopped();
        for one in &self.registered {
            let Bars::Acting(sentence) = one.plan.bars else {
                continue;
            };
            is_read |= one.plan.stage == Stage::Read;
            let ending = self.endings.iter().find(|ending| ending.name == one.name);
            if ending.is_some_and(Ending::is_complete) {
                continue;
            }
            is_free = false;
            let was_due = ending.is_some_and(|ending| !matches!(ending.ended, Ended::NotDue));
            if is_whole && was_due && !is_stopped {
                self.report.problems.push(sentence.into());
            }
        }
        if is_stopped {
            self.report.problems.push("It was stopped. What was read is kept, nothing was sent, and the next pass goes on from there.".into());
        }
        // A reading of some sources acts only if those that bar it are among them.
        is_free && is_read && !is_stopped
    }
}

/// Tells whether a job must go before another that was asked for alone.
fn goes_before(name: &str, plan: Plan, target: Plan) -> bool {
    let bars = target.stage == Stage::Act && plan.bars != Bars::Nothing;
    bars || matches!(target.lane, Lane::After(lead) if lead == name)
}

/// Refuses the name of a source that there is none of.
fn check_source(engine: &Engine, only: &str, jobs: &[Box<dyn Job>]) -> Result<()> {
    let names: Vec<String> = jobs
        .iter()
        .filter(|job| {
            let plan = job.plan(engine);
            plan.stage == Stage::Read && plan.books == Books::Sources
        })
        .map(|job| job.name())
        .collect();
    let scope = PassScope {
        only: only.to_owned(),
        ..PassScope::default()
    };
    if names.iter().any(|name| scope.asks_for(name)) {
        return Ok(());
    }
    let given = clean_line(only, 60);
    let known = if names.is_empty() {
        "no source is set up; `caseyos mail add` and `caseyos auth login` do that".to_owned()
    } else {
        let meant = nearest(only, names.iter().map(String::as_str));
        let meant = meant.map_or(String::new(), |name| format!("; did you mean \"{name}\"?"));
        format!("there is {}{meant}", names.join(", "))
    };
    Err(EngineError::Input(format!(
        "No source is called \"{given}\": {known}. Nothing was done."
    )))
}

#[cfg(test)]
mod tests;
