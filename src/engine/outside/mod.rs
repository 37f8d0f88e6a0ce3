//! The providers as the engine uses them: a request goes out with the account's token, within its budget, and is tried again where that is safe.
//!
//! What a service has done of late is a row that all processes share: its circuit, and until when it asked to be left alone. Budgets are
//! files that they share ([`budget`]): a source is read by one process at a time, but what is sent, booked and written adds to it.

pub(in crate::engine) mod auth;
mod budget;
pub(in crate::engine) mod google;
pub(in crate::engine) mod maildir;
pub(in crate::engine) mod sessions;
pub mod sign_in;
pub(in crate::engine) mod standing;
pub(in crate::engine) mod wait;

use std::sync::Arc;
use std::time::Duration;

use budget::Budgets;
use jiff::{SignedDuration, Timestamp};
use standing::Meter;

use crate::config::{Config, NetworkConfig};
use crate::connectors::classify;
use crate::connectors::transport::{
    CallError, CallErrorKind, Fate, HttpSettings, HttpTransport, Proxy, RecordingTransport,
    Request, Response, Transport, fate,
};
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::service::{Day, Service};
use crate::engine::ground::core::Core;
use crate::engine::ground::say::clock;
use crate::env::{monotonic, uptime};
use crate::secrets::Secret;
use crate::store::{StoreError, control};

use crate::env::file;
use auth::SignIns;

/// The providers as this process reaches them: its transport, budgets, tokens and mail servers.
#[derive(Debug)]
pub(in crate::engine) struct Outside {
    /// The ground that it stands on.
    pub core: Arc<Core>,
    transport: Box<dyn Transport>,
    budgets: Budgets,
    meter: Meter,
    sign_ins: SignIns,
}

/// Returns the limits that the configuration sets.
pub(in crate::engine) fn settings(network: &NetworkConfig) -> HttpSettings {
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    let roots = (!network.ca_file.is_empty()).then(|| {
        // A file that cannot be read holds no certificate, which is said when a connection is made.
        let pem = file::read(network.ca_file.as_ref(), file::SETTINGS_BYTES)
            .unwrap_or_else(|_| b"unreadable".to_vec());
        (network.ca_file.clone(), pem)
    });
    HttpSettings {
        connect: seconds(network.connect_seconds),
        read: seconds(network.read_seconds),
        whole: seconds(network.whole_seconds),
        max_bytes: usize::try_from(network.max_megabytes).unwrap_or(usize::MAX) * 1024 * 1024,
        proxy: match network.proxy.as_str() {
            "environment" => Proxy::Environment,
            "none" => Proxy::None,
            url => Proxy::Url(url.to_owned()),
        },
        roots,
    }
}

/// How a service's requests are tried again.
#[derive(Debug, Clone, Copy)]
struct Backoff {
    base: Duration,
    most: Duration,
}

impl Backoff {
    fn of(config: &Config, service: Service) -> Self {
        let waits = config.backoff(service);
        Self {
            base: Duration::from_millis(u64::from(waits.millis)),
            most: Duration::from_secs(u64::from(waits.most_seconds)),
        }
    }

    /// Returns a wait with full jitter: anything between nothing and twice as long as the last one could be.
    fn wait(self, tries: u32, chance: u64) -> Duration {
        let ceiling = self
            .base
            .saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX))
            .min(self.most);
        // 53 bits of chance fill a float's mantissa: a number from 0 up to 1.
        #[expect(clippy::cast_precision_loss, reason = "the upper 53 bits fit")]
        let share = (chance >> 11) as f64 / (1_u64 << 53) as f64;
        ceiling.mul_f64(share)
    }
}

/// No service is left alone for longer, whatever it asks.
const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3600);

/// Tries after the first one for what somebody at the terminal waits for and could do without.
const FEW: u32 = 1;

/// Whose token goes with a request.
#[derive(Debug, Clone, Copy)]
enum Bearer<'a> {
    /// The account's. If it is refused, it is refreshed once.
    Account,
    /// One that is not kept yet.
    Given(&'a Secret),
    /// Nobody's: the request itself shows who asks.
    None,
}

impl Outside {
    /// Makes the way out that the configuration describes; nothing is connected yet.
    pub fn new(core: Arc<Core>) -> Self {
        // Times in a shared file must mean the same in every process.
        let shared = uptime().map(|_| core.paths.data.as_path());
        Self {
            transport: Box::new(HttpTransport::new(settings(&core.config.network), classify)),
            budgets: Budgets::new(&core.config, shared),
            meter: Meter::default(),
            sign_ins: SignIns::default(),
            core,
        }
    }

    /// Sends a request with the account's token and returns the answer. What may be repeated is tried again a few times; a token that is
    /// refused is refreshed once. In mode dry-run, what would change something is recorded instead.
    ///
    /// Must not be called from a write transaction: it may wait.
    pub fn call(&self, request: &Request) -> Result<Response, CallError> {
        self.carry(request, Bearer::Account, self.core.config.network.retries)
    }

    /// Sends a request within its service's budget and circuit, and again up to `retries` times where that is safe.
    ///
    /// The kill switch and mode dry-run concern what leaves with the account's token: nobody is kept from signing in, and a token is refreshed
    /// also where only reading is left.
    fn carry(
        &self,
        request: &Request,
        bearer: Bearer<'_>,
        retries: u32,
    ) -> Result<Response, CallError> {
        let mut in_doubt = false;
        self.carry_until_known(request, bearer, retries, &mut in_doubt)
            .map_err(|error| match in_doubt {
                // An earlier try may have been heard: what came of the last one says nothing about it.
                true => CallError {
                    fate: Fate::Unknown,
                    ..error
                },
                false => error,
            })
    }

    fn carry_until_known(
        &self,
        request: &Request,
        bearer: Bearer<'_>,
        retries: u32,
        in_doubt: &mut bool,
    ) -> Result<Response, CallError> {
        let service = request.service;
        let account = match bearer {
            Bearer::Account => service.provider(),
            Bearer::Given(_) | Bearer::None => None,
        };
        let mut token = match (bearer, account) {
            (Bearer::Given(token), _) => Some(token.clone()),
            (_, Some(provider)) => Some(self.access_token(provider)?),
            (_, None) => None,
        };
        if account.is_some() && !request.reads && self.core.mode() == Mode::DryRun {
            let recording = RecordingTransport {
                reads: self.transport.as_ref(),
            };
            return recording.send(self.core.config.base_url(service), token.as_ref(), request);
        }
        let backoff = Backoff::of(&self.core.config, service);
        let patience = Duration::from_secs(u64::from(self.core.config.network.patience_seconds));
        let mut is_refreshed = false;
        let mut tries = 0;
        loop {
            self.may_call(service)?;
            self.await_budget(request)?;
            if account.is_some() {
                self.refuse_if_stopped(request)?;
            }
            let base = self.core.config.base_url(service);
            let result = self.transport.send(base, token.as_ref(), request);
            self.meter
                .count(service, request.cost, result.is_err(), tries > 0);
            let error = match result {
                Ok(response) => {
                    self.meter.read(service, &response, self.core.env.now());
                    self.went_well(service);
                    if !request.reads {
                        self.flush_usage();
                    }
                    return Ok(response);
                }
                Err(error) => error,
            };
            *in_doubt |= matches!(error.fate, Fate::Unknown | Fate::Sent);
            if let (Some(provider), CallErrorKind::Unauthorized, false, Some(stale)) =
                (account, error.kind, is_refreshed, &token)
            {
                token = Some(self.refresh_token(provider, stale)?);
                is_refreshed = true;
                continue;
            }
            self.went_badly(service, &error);
            if !fate::may_repeat(request.repeat, &error) || tries >= retries {
                return Err(self.given_up(service, error, tries));
            }
            let wait = match error.retry_after {
                Some(asked) if asked > patience => {
                    return Err(self.given_up(service, error, tries));
                }
                // All who were sent away at once must not come back at once.
                Some(asked) => asked + backoff.base.min(asked / 4).mul_f64(0.5),
                None => backoff.wait(tries, self.core.env.draw()),
            };
            tracing::info!(
                operation = request.operation,
                tries,
                wait_millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "it is tried again"
            );
            if !wait::pause(wait) {
                return Err(stopped());
            }
            tries += 1;
        }
    }

    /// Asks the kill switch directly before something leaves: a refresh, a budget or a retry may have taken a minute since it was asked
    /// last. A draft may be taken back all the same.
    fn refuse_if_stopped(&self, request: &Request) -> Result<(), CallError> {
        if request.reads || request.takes_back {
            return Ok(());
        }
        let switch = self
            .core
            .store
            .read(|tx| Ok::<_, StoreError>(control::kill_switch(tx)));
        match switch {
            Ok(KillSwitch::Running) => Ok(()),
            _ => Err(CallError {
                message: "everything is stopped; `caseyos resume` lifts it".into(),
                ..stopped()
            }),
        }
    }

    /// Waits until the request's budget allows it.
    fn await_budget(&self, request: &Request) -> Result<(), CallError> {
        loop {
            if wait::is_stopped() {
                return Err(stopped());
            }
            let taken = self.budgets.take(
                request.service,
                request.budget,
                request.cost,
                uptime().unwrap_or_else(monotonic),
            );
            match taken {
                Ok(()) => return Ok(()),
                Err(long) => {
                    if !wait::pause(long) {
                        return Err(stopped());
                    }
                }
            }
        }
    }

    /// Adds to a failure what was tried and when it is worth trying again.
    fn given_up(&self, service: Service, mut error: CallError, tries: u32) -> CallError {
        if tries > 0 {
            error
                .message
                .push_str(&format!(" (after {} tries)", tries + 1));
        }
        let until = match error.kind {
            CallErrorKind::QuotaExhausted => Some(self.next_midnight(service)),
            _ => error
                .retry_after
                // One broken header must not close a service for months.
                .map(|wait| wait.min(LONGEST_HOLD))
                .and_then(|wait| SignedDuration::try_from(wait).ok())
                .and_then(|wait| self.core.env.now().checked_add(wait).ok()),
        };
        if let Some(until) = until {
            let at = clock(
                until,
                self.core.env.now(),
                &self.core.config.operator.zone(),
            );
            error
                .message
                .push_str(&format!("; it may be asked again at {at}"));
            self.leave_alone(service, until, &error.message);
        }
        error
    }

    /// Returns when a budget of the day begins anew.
    fn next_midnight(&self, service: Service) -> Timestamp {
        let now = self.core.env.now();
        let day = service.provider().map_or(Day::Operators, |p| p.row().day);
        let zone = match day {
            Day::Zone(name) => jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC),
            Day::Operators => self.core.config.operator.zone(),
        };
        now.to_zoned(zone)
            .tomorrow()
            .and_then(|day| day.start_of_day())
            .map_or(now, |midnight| midnight.timestamp())
    }
}

fn stopped() -> CallError {
    CallError::of(CallErrorKind::Stopped, Fate::NotSent, "it was stopped")
}

/// Logs a store that cannot keep what a service did: the request itself is not to fail for it.
fn noted(result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "how a service stands could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_cap_and_chance_fills_them() {
        let backoff = Backoff {
            base: Duration::from_secs(1),
            most: Duration::from_secs(30),
        };
        let longest = |tries| backoff.wait(tries, u64::MAX);
        for (tries, seconds) in [(0, 1.0), (1, 2.0), (2, 4.0), (5, 30.0), (40, 30.0)] {
            let wait = longest(tries).as_secs_f64();
            assert!(wait <= seconds && wait > seconds * 0.999, "{tries}: {wait}");
            assert_eq!(backoff.wait(tries, 0), Duration::ZERO);
        }
        let half = backoff.wait(0, u64::MAX / 2).as_secs_f64();
        assert!((half - 0.5).abs() < 0.001, "{half}");
    }
}
