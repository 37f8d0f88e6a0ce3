//! When the next mail to somebody may go, and what decides it.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::guard::KillSwitch;
use crate::domain::limits::{LimitKind, next_send};
use crate::domain::schedule::{Reason, ReasonKind, zone_name};
use crate::engine::effects::gate;
use crate::engine::error::Result;
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::store::control;

/// When the next mail may go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextSendView {
    /// The instant; none if there is none within 45 days or nothing may be sent at all.
    pub at: Option<Timestamp>,
    /// What decides it, in order.
    pub because: Vec<Reason>,
    /// The limit that makes it later than the window alone would.
    pub limit: Option<LimitKind>,
    /// The zone in which the window is read.
    pub zone: String,
    /// The same instant on the clocks of that zone.
    pub local: Option<String>,
}

impl Engine {
    /// Returns when the next mail to a person may go.
    ///
    /// # Errors
    /// If nobody is known by that.
    pub fn when(&self, who: &str) -> Result<NextSendView> {
        let now = self.now();
        let core = self.core();
        self.store().read(|tx| {
            let person = find_person(tx, who)?;
            let zone = core.zone_of(&person);
            let label = zone_name(&zone);
            let to_key = person.address_key();
            let policy = core.send_policy(zone.clone())?;
            let history = gate::history(tx, Some(&person), &to_key, now)?;
            let pause = control::pause(tx, now)?;
            let from = pause.as_ref().map_or(now, |pause| pause.until);
            let mut next = next_send(&policy, &core.limits(), &history, from);
            if let Some(pause) = pause {
                let until = pause.until.to_zoned(core.config.operator.zone());
                let text = format!("Paused until {}.", until.strftime("%a %-d %b %H:%M"));
                next.because
                    .insert(0, Reason::new(ReasonKind::Blocked, text));
            }
            let mut view = NextSendView {
                local: next.at.map(|at| {
                    at.to_zoned(zone)
                        .strftime("%a %-d %b %Y %H:%M:%S")
                        .to_string()
                }),
                at: next.at,
                because: next.because,
                limit: next.binding,
                zone: label,
            };
            let stopped = match control::kill_switch(tx) {
                KillSwitch::Running => None,
                KillSwitch::Stopped { .. } | KillSwitch::Unreadable => {
                    Some("Everything is stopped; `caseyos resume` lifts it.".to_owned())
                }
            };
            let refused = gate::suppressed(tx, Some(&person), &to_key)?
                .map(|reason| format!("Never: {reason}."))
                .or(stopped);
            if let Some(reason) = refused {
                view.at = None;
                view.local = None;
                view.because
                    .insert(0, Reason::new(ReasonKind::Blocked, reason));
            }
            Ok(view)
        })
    }
}
