//! How the services stand: circuits and holds as rows, what was asked of them and what they say is left.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::connectors::transport::fate;
use crate::domain::circuit::{Circuit, Passage, Position};
use crate::domain::service::{QuotaHeaders, Service};
use crate::domain::text::clean_line;
use crate::engine::outside::{CallError, CallErrorKind, Fate, Outside, Response, noted};
use crate::store::providers::{self, Quota, ServiceState, Usage};
use crate::store::{Durability, ReadTx, StoreError, WriteTx};

/// What is kept of a failure.
const MAX_REASON: usize = 300;
/// What was asked of each service since it was last written down, and what its headers said.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<BTreeMap<Service, Metered>>);

#[derive(Debug, Default)]
struct Metered {
    usage: Usage,
    quotas: BTreeMap<&'static str, Quota>,
}

impl Meter {
    fn with<T>(&self, service: Service, job: impl FnOnce(&mut Metered) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        job(all.entry(service).or_default())
    }

    pub fn count(&self, service: Service, units: u32, failed: bool, again: bool) {
        self.with(service, |metered| {
            metered.usage.calls += 1;
            metered.usage.failed += u64::from(failed);
            metered.usage.retried += u64::from(again);
            metered.usage.units += u64::from(units);
        });
    }

    /// Reads what an answer's headers say is left.
    pub fn read(&self, service: Service, response: &Response, now: Timestamp) {
        let quotas = service.provider().map_or(&[][..], |p| p.row().quotas);
        for QuotaHeaders { name, most, left } in quotas {
            let number = |header| {
                response
                    .header(header)
                    .and_then(|text| text.trim().parse().ok())
            };
            if let (Some(most), Some(left)) = (number(most), number(left)) {
                let quota = Quota {
                    name: (*name).to_owned(),
                    most,
                    left,
                    seen_at: now,
                };
                self.with(service, |metered| metered.quotas.insert(name, quota));
            }
        }
    }

    fn is_empty(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.is_empty()
    }

    fn empty(&self) -> BTreeMap<Service, Metered> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says whether a service may be asked now: its name, or why not and when it may be asked again.
pub(in crate::engine) fn health(
    tx: &ReadTx<'_>,
    service: Service,
    now: Timestamp,
) -> Result<Result<String, (String, Option<Timestamp>)>, StoreError> {
    let state = providers::state(tx, service)?;
    Ok(match bar(service, &state, now) {
        None => Ok(service.label().to_owned()),
        Some((reason, until)) => Err((reason, Some(until))),
    })
}

/// Returns why a service is not asked now, and until when.
fn bar(service: Service, state: &ServiceState, now: Timestamp) -> Option<(String, Timestamp)> {
    if let Some(until) = state.held_until.filter(|until| *until > now) {
        return Some((state.held_reason.clone(), until));
    }
    match state.circuit.passage(now) {
        Passage::Free | Passage::AsTrial => None,
        Passage::Barred { until } => Some((
            format!(
                "{} failed {} times in a row and is left alone for a while; last: {}",
                service.label(),
                state.circuit.failures,
                state.reason
            ),
            until,
        )),
    }
}

impl Outside {
    /// Lets a request pass or says why not. A trial of an open circuit is claimed, so that one process makes it.
    pub(super) fn may_call(&self, service: Service) -> Result<(), CallError> {
        let now = self.core.env.now();
        // A database that cannot be read fails the request's own transaction soon enough.
        let Ok(state) = self.core.store.read(|tx| providers::state(tx, service)) else {
            return Ok(());
        };
        let mut barred = bar(service, &state, now);
        if barred.is_none() && state.circuit.passage(now) == Passage::AsTrial {
            barred = self.claim_trial(service, now);
        }
        let Some((reason, until)) = barred else {
            return Ok(());
        };
        let seconds = until.as_second().saturating_sub(now.as_second());
        let is_held = state.held_until.is_some_and(|held| held > now);
        Err(CallError {
            retry_after: u64::try_from(seconds).ok().map(Duration::from_secs),
            ..CallError::of(
                if is_held {
                    CallErrorKind::RateLimited
                } else {
                    CallErrorKind::CircuitOpen
                },
                Fate::NotSent,
                reason,
            )
        })
    }

    fn claim_trial(&self, service: Service, now: Timestamp) -> Option<(String, Timestamp)> {
        let claimed: Result<_, StoreError> = self.core.store.write(Durability::Normal, move |tx| {
            let state = providers::state(tx, service)?;
            if state.circuit.passage(now) != Passage::AsTrial {
                return Ok(bar(service, &state, now));
            }
            let circuit = state.circuit.tried(now);
            providers::set_state(tx, service, &ServiceState { circuit, ..state })?;
            Ok(None)
        });
        claimed.unwrap_or_default()
    }

    /// Takes a good answer in. Nothing is written as long as nothing was wrong.
    pub(super) fn went_well(&self, service: Service) {
        let now = self.core.env.now();
        let was_troubled = self
            .core
            .store
            .read(|tx| providers::state(tx, service))
            .is_ok_and(|state| state != ServiceState::default());
        if was_troubled {
            noted(self.core.store.write(Durability::Normal, move |tx| {
                let state = providers::state(tx, service)?;
                let circuit = state.circuit.succeeded(now);
                let is_well = circuit == Circuit::default();
                let state = ServiceState {
                    reason: if is_well { String::new() } else { state.reason },
                    circuit,
                    held_until: None,
                    held_reason: String::new(),
                };
                providers::set_state(tx, service, &state)
            }));
        }
    }

    /// Takes a failure in, if it speaks against the service.
    pub(super) fn went_badly(&self, service: Service, error: &CallError) {
        let now = self.core.env.now();
        let reason = clean_line(&error.message, MAX_REASON);
        let is_outage = fate::is_outage(error.kind);
        let is_closed = self
            .core
            .store
            .read(|tx| providers::state(tx, service))
            .is_ok_and(|state| state.circuit.position == Position::Closed);
        if is_closed && !is_outage {
            return;
        }
        noted(self.core.store.write(Durability::Normal, move |tx| {
            let state = providers::state(tx, service)?;
            let circuit = if is_outage {
                state.circuit.failed(now)
            } else if state.circuit.position == Position::Closed {
                return Ok(());
            } else {
                // It refused, so it answers again.
                state.circuit.succeeded(now)
            };
            let opened = circuit.position != state.circuit.position;
            providers::set_state(
                tx,
                service,
                &ServiceState {
                    circuit,
                    reason,
                    ..state
                },
            )?;
            if opened {
                tx.emit(now, "service.circuit", service.as_str())?;
            }
            Ok(())
        }));
    }

    /// Leaves a service alone until then.
    pub(super) fn leave_alone(&self, service: Service, until: Timestamp, reason: &str) {
        let reason = clean_line(reason, MAX_REASON);
        noted(self.core.store.write(Durability::Normal, move |tx| {
            let state = providers::state(tx, service)?;
            let state = ServiceState {
                held_until: Some(until),
                held_reason: reason,
                ..state
            };
            providers::set_state(tx, service, &state)
        }));
    }

    /// Writes down what was asked of the services, in a transaction of its own.
    pub(super) fn flush_usage(&self) {
        let metered = self.meter.empty();
        let now = self.core.env.now();
        noted(
            self.core
                .store
                .write(Durability::Normal, move |tx| keep(tx, metered, now)),
        );
    }

    /// Tells of calls to the services that are not written down yet.
    pub fn has_usage(&self) -> bool {
        !self.meter.is_empty()
    }

    /// Writes down what was asked of the services.
    pub fn note_usage(&self, tx: &WriteTx<'_>, now: Timestamp) -> Result<(), StoreError> {
        keep(tx, self.meter.empty(), now)
    }
}

fn keep(
    tx: &WriteTx<'_>,
    metered: BTreeMap<Service, Metered>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (service, metered) in metered {
        providers::add_usage(tx, service, &metered.usage, now)?;
        for quota in metered.quotas.values() {
            providers::set_quota(tx, service, quota)?;
        }
    }
    Ok(())
}
