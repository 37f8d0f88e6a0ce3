//! Confirming the clock after a jump: by the operator, or by the date of a server that is asked anyway.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::connectors;
use crate::domain::by::By;
use crate::domain::service::Provider;
use crate::engine::error::Result;
use crate::engine::ground::clock;
use crate::engine::ground::command::Done;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::env::variable;
use crate::secrets::variable_of;
use crate::store::{Durability, accounts};

/// How long a server is asked for the time.
const PATIENCE: Duration = Duration::from_secs(3);
/// A server's date that is this near to the clock confirms it.
const AGREES: SignedDuration = SignedDuration::from_hours(1);

/// The clock, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockView {
    /// The instant by the clock.
    pub now: Timestamp,
    /// The last instant that the clock was believed at; none before the first write.
    pub known: Option<Timestamp>,
    /// Reason that nothing leaves or ends by this clock; none if it is believed.
    pub problem: Option<String>,
}

impl Engine {
    /// Returns how the clock stands.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn clock(&self) -> Result<ClockView> {
        let now = self.now();
        self.store().read(|tx| {
            Ok(ClockView {
                now,
                known: clock::known(tx)?,
                problem: clock::refusal(tx, self.core(), now)?,
            })
        })
    }

    /// Says what is wrong with the clock of an installation that is live; none where nothing is.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn clock_warning(&self) -> Result<Option<String>> {
        let now = self.now();
        self.store().read(|tx| clock::warning(tx, self.core(), now))
    }

    pub(in crate::engine) fn confirm_clock(&self, by: &By) -> Result<Done> {
        let by = by.clone();
        self.write(Durability::Full, move |tx, core, now| {
            if !clock::is_in_doubt(tx, core, now)? && !clock::is_set_back(tx, now)? {
                return Ok(Done::Nothing {
                    summary: match clock::refusal(tx, core, now)? {
                        Some(why) => format!(
                            "The clock is confirmed already, and that is not enough: {why}."
                        ),
                        None => "The clock is believed already.".into(),
                    },
                });
            }
            let known = clock::known(tx)?;
            clock::confirm(tx, now)?;
            let confirmed = Change {
                by: &by,
                event: "clock.confirmed",
                about: vec!["clock".into()],
                detail: json!({"from": known, "to": now}),
                tells: Tells::Same,
                back: Back::None,
            };
            change(tx, confirmed, now)?;
            let summary = match clock::refusal(tx, core, now)? {
                Some(why) => format!(
                    "The clock is confirmed. What ended meanwhile ends at the next pass. Nothing leaves yet: {why}."
                ),
                None => "The clock is believed. What ended meanwhile ends at the next pass, and what is approved leaves again.".into(),
            };
            Ok(Done::Changed {
                summary,
                undo: None,
            })
        })
    }

    /// Says why nothing may be ended by the clock, after a server that somebody is signed in to was asked for the time; none if nothing is wrong.
    pub(in crate::engine) fn doubted_clock(&self) -> Result<Option<String>> {
        let now = self.now();
        let doubt = self.store().read(|tx| clock::doubt(tx, self.core(), now))?;
        let Some(doubt) = doubt else {
            return Ok(None);
        };
        if !self.is_time_elsewhere(now) {
            return Ok(Some(doubt));
        }
        self.confirm_clock(&By::Engine)?;
        Ok(None)
    }

    /// Tells whether the first server that somebody is signed in to has the same time.
    fn is_time_elsewhere(&self, now: Timestamp) -> bool {
        let signed_in = self.store().read(accounts::all).unwrap_or_default();
        let is_signed_in = |provider: &&Provider| {
            let token = variable_of(&format!("{provider}:token"));
            signed_in.iter().any(|a| a.name == provider.as_str()) || variable(&token).is_some()
        };
        let provider = Provider::ALL.iter().find(is_signed_in);
        let Some(provider) = provider else {
            return false;
        };
        let base = self.config().base_url(provider.row().api);
        connectors::clock::date_of(base, PATIENCE)
            .is_ok_and(|there| now.duration_since(there).abs() <= AGREES)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::guard::GuardKind;
    use crate::engine::ground::command::Command;
    use crate::engine::jobs::tests::{HandClock, paths};
    use crate::env::Env;

    const DAY: i64 = 24 * 3_600;

    #[test]
    fn by_a_clock_that_jumped_nothing_leaves_until_it_is_confirmed() {
        let (home, clock) = (tempfile::TempDir::new().unwrap(), HandClock::new());
        let paths = paths(home.path());
        std::fs::write(&paths.config, "mode = \"live\"\n").unwrap();
        let engine = Engine::create(Env::new(Arc::new(clock.clone()), 1), paths).unwrap();
        let problem = || engine.clock().unwrap().problem.unwrap_or_default();
        let refuses = || match engine.must_be_free().unwrap() {
            Some(Done::Blocked { verdicts, .. }) => Some(verdicts[0].guard),
            _ => None,
        };
        let check = |turn: i64, expect: &str| {
            clock.turn(turn);
            assert!(problem().contains(expect), "{}", problem());
            let refused = (!expect.is_empty()).then_some(GuardKind::KillSwitch);
            assert_eq!(refuses(), refused, "{expect}");
            assert_eq!(
                engine.sync().unwrap().problems.is_empty(),
                expect.is_empty()
            );
        };
        let confirm = || matches!(engine.run(Command::ConfirmClock), Ok(Done::Changed { .. }));
        check(0, "");
        check(20 * DAY, "");
        check(365 * DAY, "jumped 365 days ahead");
        // Without confirmation, the clock that comes back is right.
        check(-365 * DAY, "");
        check(365 * DAY, "jumped 365 days ahead");
        assert!(confirm());
        check(0, "");
        check(-2 * DAY, "jumped 2 days back");
        assert!(confirm());
        check(0, "");
        assert!(!confirm());
    }
}
