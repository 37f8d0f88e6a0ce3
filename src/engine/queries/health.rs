//! How the sources and the services behind them are: lag, cursor, counts, circuits, what is left of their budgets, and when they are asked next.

use jiff::Timestamp;
use serde::Serialize;

use crate::config::{Config, MailKind};
use crate::domain::circuit::Position;
use crate::domain::service::Service;
use crate::domain::text::clean_line;
use crate::domain::words::words;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::store::providers::{self, Quota, Usage};
use crate::store::sources::{self, SourceRunRow, SourceState};
use crate::store::{ReadTx, StoreError};

/// A source whose last clean run is younger is healthy.
const HEALTHY_SECONDS: i64 = 5 * 60;
/// One whose last clean run is older fails.
const DEGRADED_SECONDS: i64 = 15 * 60;
/// This share of failed runs or used budget is worth a warning.
const FAILED_PERCENT: u64 = 5;
const USED_PERCENT: u64 = 80;
/// Runs that the share of failures is taken over.
const RECENT_RUNS: u32 = 50;
/// What is shown of a cursor.
const CURSOR_BYTES: usize = 500;

words! {
    /// How a source or a service is.
    pub enum Grade ("a grade") {
        /// As it should be.
        Healthy = "healthy",
        /// Late, or it fails now and then, or little is left of a budget.
        Degraded = "degraded",
        /// It has brought nothing for a quarter of an hour, or its circuit is open.
        Failing = "failing",
        /// It was never asked, or is fed by hand: nothing can be said of it.
        Unknown = "unknown",
    }
}

/// How a source is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceHealth {
    /// Name, times, counts, cursor.
    #[serde(flatten)]
    pub state: SourceState,
    /// How it is.
    pub grade: Grade,
    /// Why it is not healthy; empty if it is.
    pub why: String,
    /// Seconds since the last clean run.
    pub lag_seconds: Option<i64>,
    /// Whether passes read it; others are fed by hand, or were set up once.
    pub is_read: bool,
    /// Of the newest runs, how many there were and how many failed.
    pub recent_runs: u64,
    /// See `recent_runs`.
    pub recent_failures: u64,
    /// The newest runs, newest first.
    #[serde(skip)]
    pub runs: Vec<SourceRunRow>,
    /// The service that it asks; none for what lies on this machine.
    pub service: Option<ServiceHealth>,
}

/// How a service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceHealth {
    /// Which.
    pub service: Service,
    /// How it is.
    pub grade: Grade,
    /// How its circuit stands.
    pub circuit: Position,
    /// Failures in a row.
    pub failures: u32,
    /// What failed last; empty if nothing did of late.
    pub reason: String,
    /// When its circuit opened.
    pub opened_at: Option<Timestamp>,
    /// When it is asked next; none if it may be asked now.
    pub next_try_at: Option<Timestamp>,
    /// What it says is left of its budgets.
    pub quotas: Vec<Quota>,
    /// What was asked of it today (UTC).
    pub today: Usage,
}

/// Everything about the sources and services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// As of when.
    pub at: Timestamp,
    /// The worst grade of what is read.
    pub grade: Grade,
    /// The sources by name.
    pub sources: Vec<SourceHealth>,
    /// The services that were ever asked.
    pub services: Vec<ServiceHealth>,
}

impl Engine {
    /// Says how the sources and the services behind them are.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn health(&self) -> Result<Health> {
        let now = self.now();
        let read: Vec<String> = crate::engine::road::sources::names(self);
        self.store().read(|tx| {
            let mut found = Vec::new();
            let mut states = sources::list(tx)?;
            for name in &read {
                if !states.iter().any(|state| state.name == *name) {
                    states.push(SourceState::never(name));
                }
            }
            states.sort_by(|a, b| a.name.cmp(&b.name));
            for state in states {
                let is_read = read.contains(&state.name);
                found.push(source_health(tx, self.config(), state, is_read, now)?);
            }
            let mut services = Vec::new();
            for service in Service::ALL {
                let health = service_health(tx, *service, now)?;
                let is_used = found.iter().any(|s| {
                    s.is_read && s.service.as_ref().is_some_and(|v| v.service == *service)
                });
                if is_used || health.grade != Grade::Unknown {
                    services.push(health);
                }
            }
            let grade = found
                .iter()
                .filter(|source| source.is_read)
                .map(|source| source.grade)
                .max_by_key(|grade| severity(*grade))
                .unwrap_or(Grade::Unknown);
            Ok(Health {
                at: now,
                grade,
                sources: found,
                services,
            })
        })
    }
}

const fn severity(grade: Grade) -> u8 {
    match grade {
        Grade::Unknown => 0,
        Grade::Healthy => 1,
        Grade::Degraded => 2,
        Grade::Failing => 3,
    }
}

/// Returns the service that a source asks.
fn service_of(config: &Config, source: &str) -> Option<Service> {
    match source.split_once(':') {
        Some(("mail", account)) => config
            .mail
            .accounts
            .iter()
            .find(|a| a.name == account)
            .and_then(|a| match a.kind {
                MailKind::Gmail => Some(Service::Gmail),
                MailKind::Maildir | MailKind::Imap => None,
            }),
        _ => Service::of_source(source.split(':').next().unwrap_or(source)),
    }
}

fn source_health(
    tx: &ReadTx<'_>,
    config: &Config,
    mut state: SourceState,
    is_read: bool,
    now: Timestamp,
) -> Result<SourceHealth, StoreError> {
    state.cursor = clean_line(&state.cursor, CURSOR_BYTES);
    let runs = sources::runs(tx, &state.name, RECENT_RUNS)?;
    let service = match service_of(config, &state.name) {
        Some(service) if is_read => Some(service_health(tx, service, now)?),
        _ => None,
    };
    let failed = runs.iter().filter(|run| !run.error.is_empty()).count();
    let lag_seconds = state
        .last_clean_at
        .map(|at| now.as_second().saturating_sub(at.as_second()).max(0));
    let (recent_runs, recent_failures) = (runs.len() as u64, failed as u64);
    let (grade, why) = if is_read {
        grade(&state, lag_seconds, recent_runs, recent_failures)
    } else {
        (Grade::Unknown, String::new())
    };
    Ok(SourceHealth {
        state,
        grade,
        why,
        lag_seconds,
        is_read,
        recent_runs,
        recent_failures,
        runs,
        service,
    })
}

/// Grades a source: by the age of its last clean run, by its last run, and by how many of the newest runs failed.
fn grade(state: &SourceState, lag: Option<i64>, runs: u64, failed: u64) -> (Grade, String) {
    let failing = !state.last_error.is_empty();
    let Some(lag) = lag else {
        return if state.last_run_at.is_none() {
            (Grade::Unknown, "never read yet".into())
        } else {
            (Grade::Failing, "no run has ended well yet".into())
        };
    };
    if lag >= DEGRADED_SECONDS {
        return (
            Grade::Failing,
            format!("the last clean run was {} minutes ago", lag / 60),
        );
    }
    if failing {
        return (Grade::Degraded, "the last run failed".into());
    }
    if lag >= HEALTHY_SECONDS {
        return (
            Grade::Degraded,
            format!("the last clean run was {} minutes ago", lag / 60),
        );
    }
    if failed * 100 >= runs * FAILED_PERCENT && failed > 0 {
        return (
            Grade::Degraded,
            format!("{failed} of the last {runs} runs failed"),
        );
    }
    (Grade::Healthy, String::new())
}

/// Says how a service is.
fn service_health(
    tx: &ReadTx<'_>,
    service: Service,
    now: Timestamp,
) -> Result<ServiceHealth, StoreError> {
    let state = providers::state(tx, service)?;
    let quotas = providers::quotas(tx, service)?;
    let today = providers::usage(tx, service, now)?;
    let ahead = |at: Option<Timestamp>| at.filter(|at| *at > now);
    let held = ahead(state.held_until);
    let barred = match state.circuit.position {
        Position::Closed => None,
        Position::Open | Position::Trial => ahead(state.circuit.next_try_at),
    };
    let scarce = quotas
        .iter()
        .any(|q| q.most > 0 && q.most.saturating_sub(q.left) * 100 >= q.most * USED_PERCENT);
    let grade = if state.circuit.position != Position::Closed {
        Grade::Failing
    } else if held.is_some() || scarce || state.circuit.failures > 0 {
        Grade::Degraded
    } else if today.calls > 0 || !quotas.is_empty() {
        Grade::Healthy
    } else {
        Grade::Unknown
    };
    let reason = if held.is_some() {
        state.held_reason
    } else {
        state.reason
    };
    Ok(ServiceHealth {
        service,
        grade,
        circuit: state.circuit.position,
        failures: state.circuit.failures,
        reason,
        opened_at: state.circuit.opened_at,
        next_try_at: held.max(barred),
        quotas,
        today,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_graded_by_age_by_its_last_run_and_by_its_failures() {
        let check = |lag: Option<i64>, error: &str, runs: u64, failed: u64, expect: Grade| {
            let state = SourceState {
                last_run_at: lag.map(|_| Timestamp::UNIX_EPOCH),
                last_error: error.into(),
                ..SourceState::never("mail:work")
            };
            assert_eq!(
                grade(&state, lag, runs, failed).0,
                expect,
                "{lag:?} {error}"
            );
        };
        check(None, "", 0, 0, Grade::Unknown);
        check(Some(10), "", 50, 0, Grade::Healthy);
        check(Some(10), "", 50, 2, Grade::Healthy);
        check(Some(10), "", 50, 3, Grade::Degraded);
        check(Some(10), "refused", 1, 1, Grade::Degraded);
        check(Some(299), "", 1, 0, Grade::Healthy);
        check(Some(300), "", 1, 0, Grade::Degraded);
        check(Some(900), "", 1, 0, Grade::Failing);
    }
}
