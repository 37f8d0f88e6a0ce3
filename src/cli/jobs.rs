//! `caseyos jobs`: what runs by the clock, when, and what became of it.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment};
use crate::domain::words::counted;
use crate::engine::command::Command;
use crate::engine::queries::jobs::{JobItem, JobState};
use crate::engine::{Engine, EngineError, JobOutcome, PassControl, PassScope, SyncReport};

/// Jobs: list what runs by the clock or in every pass, run one, give one that failed another try.
///
/// A job that fails does not hold up the others. Reading, deciding and sending are tried again for as long as it takes; upkeep is given up after
/// tries 1, 5 and 30 minutes apart, and `retry` revives it.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 a job failed, 2 no such job, 5 nothing was due (with --fail-on-empty).\n\nExamples:\n  caseyos jobs list\n  caseyos jobs run mail:work\n  caseyos jobs retry audit"
)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List the jobs in the order in which a pass runs them.
    #[command(after_help = "Examples:\n  caseyos jobs list\n  caseyos jobs list --json")]
    List,
    /// Run one job now, due or not; without a name, every job that is due by the clock.
    ///
    /// A job that sends or decides runs only after those that it rests on: the mailbox that mail leaves from is read first.
    #[command(
        after_help = "Examples:\n  caseyos jobs run\n  caseyos jobs run hubspot\n  caseyos jobs run outbox --json"
    )]
    Run {
        /// The job's name, as the list shows it.
        name: Option<String>,
    },
    /// Give a job that failed or was given up another try at the next pass.
    #[command(after_help = "Example:\n  caseyos jobs retry audit")]
    Retry {
        /// The job's name, as the list shows it.
        name: String,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &JobsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        JobsCommand::List => list(run, &engine),
        JobsCommand::Run { name: Some(name) } => run_one(run, &engine, name),
        JobsCommand::Run { name: None } => run_due(run, &engine),
        JobsCommand::Retry { name } => {
            let name = name.clone();
            let done = engine.run(Command::RetryJob { name })?;
            finish(run, &done)
        }
    }
}

fn list(run: &mut Run<'_>, engine: &Engine) -> Result<Ending, EngineError> {
    let jobs = engine.jobs()?;
    if run.out.is_json() {
        run.out.json(&jobs)?;
        return Ok(Ending::Done);
    }
    for job in &jobs {
        print_job(run, engine, job)?;
    }
    Ok(Ending::Done)
}

fn print_job(run: &mut Run<'_>, engine: &Engine, job: &JobItem) -> Result<(), EngineError> {
    let shown = |at| moment(at, engine.now(), &engine.zone());
    let next = match (job.state, job.next_due_at) {
        (JobState::Dead, _) => "dead".into(),
        (JobState::Waiting, Some(at)) => shown(at),
        (JobState::Waiting, None) => "next pass".into(),
    };
    let last = job.last_run_at.map_or_else(|| "never".into(), shown);
    run.out.line(&format!(
        "{}  next {}  last {}  {}",
        fit(&job.name, 20),
        fit(&next, 16),
        fit(&last, 16),
        job.about
    ))?;
    if !job.error.is_empty() {
        let times = counted(job.tries, "time", "times");
        run.out
            .line(&format!("    failed {times} in a row: {}", job.error))?;
    }
    if !job.hindrance.is_empty() {
        run.out.line(&format!("    {}", job.hindrance))?;
    }
    if job.state == JobState::Dead {
        run.out.line(&format!(
            "    given up; `caseyos jobs retry {}` revives it",
            job.name
        ))?;
    }
    Ok(())
}

fn scope(run: &Run<'_>) -> PassScope {
    super::listen_for_interrupt(&run.interrupt);
    PassScope {
        control: PassControl::stopped_by(Arc::clone(&run.interrupt)),
        ..PassScope::default()
    }
}

fn run_one(run: &mut Run<'_>, engine: &Engine, name: &str) -> Result<Ending, EngineError> {
    crate::demo::pulse(engine)?;
    let report = engine.run_job(name, &scope(run))?;
    if run.out.is_json() {
        run.out.json(&report)?;
    } else if report.outcome == JobOutcome::Done {
        run.out
            .line(&format!("{} ran. {}", report.name, report.pass.summary))?;
    }
    match report.outcome {
        JobOutcome::Done => {
            talk(run, &report.pass)?;
            Ok(Ending::Done)
        }
        JobOutcome::Skipped => {
            run.out
                .talk(&format!("{} did not run: {}.", report.name, report.problem))?;
            Ok(Ending::Nothing)
        }
        JobOutcome::Failed => Err(EngineError::Outside(format!(
            "{} failed: {}",
            report.name, report.problem
        ))),
    }
}

fn run_due(run: &mut Run<'_>, engine: &Engine) -> Result<Ending, EngineError> {
    crate::demo::pulse(engine)?;
    let due = engine.run_due_jobs(&scope(run))?;
    let is_idle = due.ran.is_empty() && due.pass.is_idle();
    if run.out.is_json() {
        run.out.json(&due)?;
    } else if is_idle {
        run.out.line("Nothing was due.")?;
    } else {
        let ran = match due.ran.as_slice() {
            [] => String::new(),
            names => format!("{} ran. ", names.join(", ")),
        };
        run.out.line(&format!("{ran}{}", due.pass.summary))?;
    }
    talk(run, &due.pass)?;
    if due.pass.problems.is_empty() {
        Ok(if is_idle {
            Ending::Nothing
        } else {
            Ending::Done
        })
    } else {
        Err(EngineError::Outside(
            "Not every job ran well. The others did, and nothing of theirs was lost.".into(),
        ))
    }
}

fn talk(run: &mut Run<'_>, pass: &SyncReport) -> Result<(), EngineError> {
    for problem in &pass.problems {
        run.out.talk(problem)?;
    }
    Ok(())
}
