//! Token buckets: how fast a service may be asked.
//!
//! A bucket gives each token back exactly one window after it was taken. A bucket that fills at a steady rate would let a burst and the
//! rate through together, more than the service allows in its window; this one never does, and wastes nothing either. A budget may have
//! several buckets (ten in a second and a hundred in ten); a request takes from all of them or waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::config::Config;
use crate::connectors::transport::Budget;
use crate::domain::service::Service;

/// One limit on one window.
#[derive(Debug)]
struct Bucket {
    most: u32,
    window: Duration,
    taken: VecDeque<(Duration, u32)>,
    in_use: u32,
}

impl Bucket {
    fn new(most: u32, window: Duration) -> Self {
        Self {
            most,
            window,
            taken: VecDeque::new(),
            in_use: 0,
        }
    }

    /// Gives back what was taken a window ago.
    fn give_back(&mut self, now: Duration) {
        while let Some((at, units)) = self.taken.front().copied()
            && at + self.window <= now
        {
            self.taken.pop_front();
            self.in_use -= units;
        }
    }

    /// Returns how long it takes until so many units are there.
    fn wait(&self, units: u32, now: Duration) -> Duration {
        // What costs more than the whole bucket waits for a full one.
        let units = units.min(self.most);
        let mut free = self.most - self.in_use;
        let mut until = now;
        for (at, given) in &self.taken {
            if free >= units {
                break;
            }
            free += given;
            until = *at + self.window;
        }
        until.saturating_sub(now)
    }

    fn take(&mut self, units: u32, now: Duration) {
        let units = units.min(self.most);
        self.in_use += units;
        self.taken.push_back((now, units));
    }
}

/// The buckets of every budget.
#[derive(Debug)]
pub(super) struct Budgets {
    all: BTreeMap<(Service, bool), Mutex<Vec<Bucket>>>,
}

const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
/// A sign-in takes a handful of requests and a refresh comes once in half an hour: more than this in a minute is something going round in circles.
const SIGN_INS: u32 = 60;

impl Budgets {
    /// Makes the budgets that the configuration names; a limit of 0 is none.
    pub fn new(config: &Config) -> Self {
        let (google, hubspot) = (&config.google, &config.hubspot);
        // A minute's budget is spread over six parts, so that a mail that is to be sent does not wait a minute behind what is read.
        let spread = |most: u32| vec![(most, MINUTE), (most.div_ceil(6), TEN_SECONDS)];
        let budgets = [
            (Service::Gmail, false, spread(google.gmail_units_per_minute)),
            (Service::Calendar, false, spread(google.calendar_per_minute)),
            (
                Service::Hubspot,
                false,
                vec![
                    (hubspot.per_second, SECOND),
                    (hubspot.per_ten_seconds, TEN_SECONDS),
                ],
            ),
            (
                Service::Hubspot,
                true,
                vec![(hubspot.searches_per_second, SECOND)],
            ),
            (Service::GoogleAuth, false, spread(SIGN_INS)),
            (Service::HubspotAuth, false, spread(SIGN_INS)),
        ];
        let all = budgets
            .into_iter()
            .map(|(service, is_search, limits)| {
                let buckets = limits
                    .into_iter()
                    .filter(|(most, _)| *most > 0)
                    .map(|(most, window)| Bucket::new(most, window))
                    .collect();
                ((service, is_search), Mutex::new(buckets))
            })
            .collect();
        Self { all }
    }

    /// Takes units if they are there; else says how long to wait before asking again.
    pub fn take(
        &self,
        service: Service,
        budget: Budget,
        units: u32,
        now: Duration,
    ) -> Result<(), Duration> {
        let key = |is_search| self.all.get(&(service, is_search));
        let own = match budget {
            Budget::Search => key(true).or_else(|| key(false)),
            Budget::General => key(false),
        };
        let Some(buckets) = own else {
            return Ok(());
        };
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = Duration::ZERO;
        for bucket in buckets.iter_mut() {
            bucket.give_back(now);
            wait = wait.max(bucket.wait(units, now));
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        for bucket in buckets.iter_mut() {
            bucket.take(units, now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks as often as it is let, and returns when each request went out.
    fn paced(
        budgets: &Budgets,
        service: Service,
        budget: Budget,
        units: u32,
        n: usize,
    ) -> Vec<Duration> {
        let mut now = Duration::ZERO;
        let mut sent = Vec::new();
        while sent.len() < n {
            match budgets.take(service, budget, units, now) {
                Ok(()) => sent.push(now),
                Err(wait) => now += wait,
            }
        }
        sent
    }

    #[test]
    fn hubspot_gets_ten_a_second_and_never_more_in_any_window() {
        let budgets = Budgets::new(&Config::default());
        let sent = paced(&budgets, Service::Hubspot, Budget::General, 1, 305);
        let within = |window: Duration| {
            sent.iter()
                .map(|from| {
                    sent.iter()
                        .filter(|at| *at >= from && **at < *from + window)
                        .count()
                })
                .max()
                .unwrap()
        };
        assert_eq!(within(SECOND), 10);
        assert_eq!(within(TEN_SECONDS), 100);
        // And no slower than it may: 300 requests are out within half a minute.
        assert_eq!(sent[299], Duration::from_secs(29));
    }

    #[test]
    fn searches_have_a_budget_of_their_own() {
        let budgets = Budgets::new(&Config::default());
        let zero = Duration::ZERO;
        for _ in 0..10 {
            budgets
                .take(Service::Hubspot, Budget::General, 1, zero)
                .unwrap();
        }
        assert!(
            budgets
                .take(Service::Hubspot, Budget::General, 1, zero)
                .is_err()
        );
        for _ in 0..4 {
            budgets
                .take(Service::Hubspot, Budget::Search, 1, zero)
                .unwrap();
        }
        assert_eq!(
            budgets.take(Service::Hubspot, Budget::Search, 1, zero),
            Err(SECOND)
        );
    }

    #[test]
    fn gmail_counts_units_and_a_mail_waits_seconds_not_minutes() {
        let budgets = Budgets::new(&Config::default());
        let sent = paced(&budgets, Service::Gmail, Budget::General, 20, 301);
        assert_eq!(sent[299], Duration::from_secs(50));
        assert_eq!(sent[300], MINUTE);
        let budgets = Budgets::new(&Config::default());
        let read = paced(&budgets, Service::Gmail, Budget::General, 20, 50);
        let wait = budgets.take(Service::Gmail, Budget::General, 100, *read.last().unwrap());
        assert!(wait.unwrap_err() <= TEN_SECONDS);
    }

    #[test]
    fn a_budget_of_nought_is_no_limit_and_one_dear_request_waits_for_a_full_bucket() {
        let mut config = Config::default();
        config.hubspot.per_second = 0;
        config.hubspot.per_ten_seconds = 0;
        let budgets = Budgets::new(&config);
        let sent = paced(&budgets, Service::Hubspot, Budget::General, 1, 10_000);
        assert_eq!(sent.last(), Some(&Duration::ZERO));
        budgets
            .take(Service::Calendar, Budget::General, 1_000, Duration::ZERO)
            .unwrap();
        let wait = budgets.take(Service::Calendar, Budget::General, 1, Duration::ZERO);
        assert_eq!(wait, Err(MINUTE));
    }
}
