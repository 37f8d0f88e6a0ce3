//! The books of jobs: their standing before a run and after it.

use std::sync::Arc;

use crate::domain::job::Standing;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::jobs::ending::{Ended, Ending};
use crate::engine::jobs::job::{Books, Plan};
use crate::engine::road::sources::PassScope;
use crate::store::jobs::JobRow;
use crate::store::sources::SourceRunRow;
use crate::store::{Durability, ReadTx, StoreError, jobs, sources};

/// Returns a job as it stands.
///
/// # Errors
/// If the database cannot be read.
pub(in crate::engine) fn load(
    tx: &ReadTx<'_>,
    name: &str,
    books: Books,
) -> Result<JobRow, StoreError> {
    match books {
        Books::Jobs => jobs::load(tx, name),
        Books::Sources => sources::as_job(tx, name),
    }
}

/// Records the ends of runs. One that was stopped says nothing of its job and is not recorded.
///
/// # Errors
/// If the store failed a source, once the others are recorded; if they cannot be.
pub(in crate::engine) fn close(
    engine: &Engine,
    endings: &mut [Ending],
    scope: &PassScope,
) -> Result<()> {
    let is_stopped = scope.control.is_stopped();
    let (mut unusable, mut own) = (None, Vec::new());
    for (index, ending) in endings.iter_mut().enumerate() {
        let (started, run) = match &ending.ended {
            Ended::Ran { run, .. } if is_stopped && !run.problem.is_empty() => continue,
            Ended::Ran { started, run } => (*started, run),
            Ended::NotDue | Ended::LeftOut { .. } => continue,
            Ended::Unusable(_) => {
                unusable.get_or_insert(index);
                continue;
            }
        };
        match ending.plan.books {
            Books::Sources => {
                let row = SourceRunRow {
                    started_at: started,
                    ended_at: engine.now(),
                    seen: run.counts.seen,
                    new: run.counts.new,
                    matched: run.counts.matched,
                    dropped: run.counts.dropped.values().sum(),
                    error: run.problem.clone(),
                };
                ending.standing = Some(finish_source(engine, &ending.name, ending.plan, row)?);
            }
            Books::Jobs => own.push((index, ending.name.clone(), ending.plan, run.problem.clone())),
        }
    }
    for (index, standing) in finish_jobs(engine, own)? {
        if let Some(ending) = endings.get_mut(index) {
            ending.standing = Some(standing);
        }
    }
    let unusable = unusable.and_then(|index| endings.get_mut(index));
    match unusable.map(|ending| std::mem::replace(&mut ending.ended, Ended::NotDue)) {
        Some(Ended::Unusable(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

fn finish_source(engine: &Engine, name: &str, plan: Plan, row: SourceRunRow) -> Result<Standing> {
    let name = name.to_owned();
    let outside = Arc::clone(engine.outside());
    engine.write(Durability::Normal, move |tx, _, now| {
        let before = sources::as_job(tx, &name)?.standing;
        let after = before.after_run(plan.every, plan.patience, !row.error.is_empty(), now);
        sources::finish(tx, &name, &row, after.due_at)?;
        outside.note_usage(tx, now)?;
        tx.emit(now, "source.finished", name)?;
        Ok(after)
    })
}

/// Records the runs of jobs, all in one transaction: most run in every pass, and a pass must stay cheap.
fn finish_jobs(
    engine: &Engine,
    ended: Vec<(usize, String, Plan, String)>,
) -> Result<Vec<(usize, Standing)>> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    engine.write(Durability::Normal, move |tx, _, now| {
        let mut standings = Vec::with_capacity(ended.len());
        for (index, name, plan, problem) in &ended {
            let before = jobs::load(tx, name)?.standing;
            let after = before.after_run(plan.every, plan.patience, !problem.is_empty(), now);
            jobs::finish(tx, name, &after, problem, now)?;
            standings.push((*index, after));
        }
        Ok::<_, EngineError>(standings)
    })
}
