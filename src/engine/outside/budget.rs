//! Token buckets: how fast a service may be asked.
//!
//! A bucket gives each token back exactly one window after it was taken. A bucket that fills at a steady rate would let a burst and the
//! rate through together, more than the service allows in its window; this one never does, and wastes nothing either. A budget may have
//! several buckets (ten in a second and a hundred in ten); a request takes from all of them or waits.
//!
//! The service counts what all processes ask, and two run: the console and a pass by cron. So what was taken stands in a file that they share.

mod ledger;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use self::ledger::{Ledger, Taken};
use crate::config::Config;
use crate::domain::service::{Budget, Service, Window};

/// One limit on one window.
#[derive(Debug, Clone, Copy)]
struct Limit {
    most: u32,
    window: Duration,
}

impl Limit {
    /// Returns how long it takes until so many units are there.
    fn wait(self, taken: &Taken, units: u32, now: Duration) -> Duration {
        // What costs more than the whole bucket waits for a full one.
        let units = units.min(self.most);
        let in_window = || {
            taken
                .iter()
                .filter(|(at, _)| *at + self.window > now)
                .map(|(at, units)| (*at, (*units).min(self.most)))
        };
        let in_use = in_window().fold(0_u32, |sum, (_, units)| sum.saturating_add(units));
        let mut free = self.most.saturating_sub(in_use);
        let mut until = now;
        for (at, given) in in_window() {
            if free >= units {
                break;
            }
            free += given;
            until = at + self.window;
        }
        until.saturating_sub(now)
    }
}

/// What was taken, the limits on it, and the file that other processes see it in.
#[derive(Debug)]
struct Purse {
    limits: Vec<Limit>,
    taken: Taken,
    ledger: Option<Ledger>,
}

impl Purse {
    fn take(&mut self, units: u32, now: Duration) -> Result<(), Duration> {
        let Self {
            limits,
            taken,
            ledger,
        } = self;
        let decide = |taken: &mut Taken| {
            let longest = limits.iter().map(|l| l.window).max().unwrap_or_default();
            while taken.front().is_some_and(|(at, _)| *at + longest <= now) {
                taken.pop_front();
            }
            let wait = limits
                .iter()
                .map(|limit| limit.wait(taken, units, now))
                .max()
                .unwrap_or_default();
            if !wait.is_zero() {
                return Err(wait);
            }
            taken.push_back((now, units));
            Ok(())
        };
        let shared = ledger.as_mut().and_then(|ledger| {
            ledger.change(now, taken, |taken| {
                let decided = decide(taken);
                (decided, decided.is_ok())
            })
        });
        // A file that cannot be used must not keep anybody from working; this process at least keeps to the budget.
        shared.unwrap_or_else(|| decide(taken))
    }
}

/// The buckets of every budget.
#[derive(Debug)]
pub(super) struct Budgets {
    all: BTreeMap<(Service, Budget), Mutex<Purse>>,
}

const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);

/// Returns the limits that keep to a maximum in a window.
fn limits_of(window: Window, most: u32) -> Vec<Limit> {
    let limit = |most, window| Limit { most, window };
    match window {
        Window::Second => vec![limit(most, SECOND)],
        Window::TenSeconds => vec![limit(most, TEN_SECONDS)],
        // A minute's budget is spread over six parts, so that a mail that is to be sent does not wait a minute behind what is read.
        Window::Minute => vec![limit(most, MINUTE), limit(most.div_ceil(6), TEN_SECONDS)],
    }
}

impl Budgets {
    /// Makes the budgets that the configuration names; a limit of 0 is none. All processes with the same `directory` share them.
    pub fn new(config: &Config, directory: Option<&Path>) -> Self {
        let all = Service::ALL
            .iter()
            .flat_map(|service| service.row().budgets.iter().map(|row| (*service, row)))
            .map(|(service, row)| {
                let limits = row
                    .limits
                    .iter()
                    .flat_map(|limit| limits_of(limit.window, config.most(service, limit)))
                    .filter(|limit| limit.most > 0)
                    .collect();
                let name = match row.budget {
                    Budget::General => format!("budget-{service}"),
                    Budget::Search => format!("budget-{service}-search"),
                };
                let ledger = directory.map(|data| Ledger::new(data.join("locks").join(name)));
                let purse = Purse {
                    limits,
                    taken: Taken::new(),
                    ledger,
                };
                ((service, row.budget), Mutex::new(purse))
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
        let purse = |budget| self.all.get(&(service, budget));
        let own = match budget {
            Budget::Search => purse(Budget::Search).or_else(|| purse(Budget::General)),
            Budget::General => purse(Budget::General),
        };
        let Some(purse) = own else {
            return Ok(());
        };
        let mut purse = purse.lock().unwrap_or_else(PoisonError::into_inner);
        if purse.limits.is_empty() {
            return Ok(());
        }
        purse.take(units, now)
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
        let budgets = Budgets::new(&Config::default(), None);
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
        let budgets = Budgets::new(&Config::default(), None);
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
        let budgets = Budgets::new(&Config::default(), None);
        let sent = paced(&budgets, Service::Gmail, Budget::General, 20, 301);
        assert_eq!(sent[299], Duration::from_secs(50));
        assert_eq!(sent[300], MINUTE);
        let budgets = Budgets::new(&Config::default(), None);
        let read = paced(&budgets, Service::Gmail, Budget::General, 20, 50);
        let wait = budgets.take(Service::Gmail, Budget::General, 100, *read.last().unwrap());
        assert!(wait.unwrap_err() <= TEN_SECONDS);
    }

    #[test]
    fn a_budget_of_nought_is_no_limit_and_one_dear_request_waits_for_a_full_bucket() {
        let mut config = Config::default();
        config.hubspot.per_second = 0;
        config.hubspot.per_ten_seconds = 0;
        let budgets = Budgets::new(&config, None);
        let sent = paced(&budgets, Service::Hubspot, Budget::General, 1, 10_000);
        assert_eq!(sent.last(), Some(&Duration::ZERO));
        budgets
            .take(Service::Calendar, Budget::General, 1_000, Duration::ZERO)
            .unwrap();
        let wait = budgets.take(Service::Calendar, Budget::General, 1, Duration::ZERO);
        assert_eq!(wait, Err(MINUTE));
    }

    #[test]
    fn two_processes_share_a_budget_and_one_that_died_leaves_it_usable() {
        let folder = tempfile::tempdir().unwrap();
        let process = || Budgets::new(&Config::default(), Some(folder.path()));
        let (one, other) = (process(), process());
        let take = |budgets: &Budgets, now| {
            budgets.take(
                Service::Hubspot,
                Budget::General,
                1,
                Duration::from_millis(now),
            )
        };
        for n in 0..10 {
            take(if n % 2 == 0 { &one } else { &other }, 500_000 + n).unwrap();
        }
        // Whoever asks next waits for the first of them, whoever that was.
        for budgets in [&one, &other, &process()] {
            assert_eq!(take(budgets, 500_010), Err(Duration::from_millis(990)));
        }
        drop(one);
        take(&other, 501_000).unwrap();
        assert!(take(&process(), 501_000).is_err());
        // Searches and other services are budgets of their own.
        let search = |n| other.take(Service::Hubspot, Budget::Search, n, Duration::from_secs(6));
        search(4).unwrap();
        other
            .take(Service::Gmail, Budget::General, 5, Duration::from_secs(6))
            .unwrap();
        // A machine that was started anew counts from nought.
        take(&process(), 10).unwrap();
    }

    #[test]
    fn however_many_processes_ask_at_once_no_window_holds_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.hubspot.per_second = 100;
        config.hubspot.per_ten_seconds = 0;
        let now = Duration::from_secs(7);
        let taken: usize = std::thread::scope(|threads| {
            let asked: Vec<_> = (0..8)
                .map(|_| {
                    let budgets = Budgets::new(&config, Some(folder.path()));
                    threads.spawn(move || {
                        (0..50)
                            .filter(|_| {
                                budgets
                                    .take(Service::Hubspot, Budget::General, 1, now)
                                    .is_ok()
                            })
                            .count()
                    })
                })
                .collect();
            asked.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(taken, 100);
    }
}
