//! `caseyos signals health`: the health of the sources and of the services behind them.

use crate::cli::Run;
use crate::cli::output::{Ending, fit, moment};
use crate::domain::circuit::Position;
use crate::engine::queries::health::{ServiceHealth, SourceHealth};
use crate::engine::{Engine, EngineError};

/// Characters of a cursor that are shown.
const CURSOR: usize = 60;

pub(super) fn run(run: &mut Run<'_>, engine: &Engine) -> Result<Ending, EngineError> {
    let health = engine.health()?;
    if run.out.is_json() {
        run.out.json(&health.sources)?;
    } else {
        for source in &health.sources {
            print_source(run, engine, source)?;
        }
        for service in &health.services {
            print_service(run, engine, service)?;
        }
    }
    Ok(if health.sources.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn print_source(
    run: &mut Run<'_>,
    engine: &Engine,
    source: &SourceHealth,
) -> Result<(), EngineError> {
    let shown = |at| moment(at, engine.now(), &engine.zone());
    let state = &source.state;
    let clean = state.last_clean_at.map_or_else(|| "never".into(), shown);
    let grade = if source.is_read {
        source.grade.as_str()
    } else {
        "by hand"
    };
    let lag = source
        .lag_seconds
        .filter(|_| source.is_read)
        .map_or(String::new(), |seconds| {
            format!("  lag {}", length(seconds))
        });
    run.out.line(&format!(
        "{}  {}  clean {}{lag}  in {}  new {}  matched {}  dropped {}",
        fit(&state.name, 20),
        fit(grade, 8),
        fit(&clean, 16),
        state.seen,
        state.new,
        state.matched,
        state.dropped
    ))?;
    if !source.why.is_empty() {
        run.out.line(&format!("    {}", source.why))?;
    }
    if !state.last_error.is_empty() {
        let times = if state.failures == 1 { "time" } else { "times" };
        run.out.line(&format!(
            "    failed {} {times} in a row: {}",
            state.failures, state.last_error
        ))?;
    }
    if let Some(at) = state.next_try_at {
        run.out.line(&format!("    next try {}", shown(at)))?;
    }
    if !state.cursor.is_empty() {
        run.out.line(&format!(
            "    cursor {}",
            fit(&state.cursor, CURSOR).trim_end()
        ))?;
    }
    for (reason, n) in &state.drop_reasons {
        run.out.line(&format!("    {n} × {reason}"))?;
    }
    Ok(())
}

fn print_service(
    run: &mut Run<'_>,
    engine: &Engine,
    service: &ServiceHealth,
) -> Result<(), EngineError> {
    let shown = |at| moment(at, engine.now(), &engine.zone());
    let today = service.today;
    run.out.line(&format!(
        "{}  {}  circuit {}  today {} calls, {} failed, {} tried again, {} units",
        fit(service.service.label(), 20),
        fit(service.grade.as_str(), 8),
        service.circuit,
        today.calls,
        today.failed,
        today.retried,
        today.units
    ))?;
    for quota in &service.quotas {
        run.out.line(&format!(
            "    {}: {} of {} left ({})",
            quota.name,
            quota.left,
            quota.most,
            shown(quota.seen_at)
        ))?;
    }
    if !service.reason.is_empty() {
        run.out.line(&format!("    {}", service.reason))?;
    }
    if let Some(at) = service.next_try_at {
        run.out.line(&format!("    asked again {}", shown(at)))?;
    } else if service.circuit != Position::Closed {
        run.out.line("    the next request is its trial")?;
    }
    Ok(())
}

/// Returns a length of time in its largest unit.
fn length(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
