//! The next mail to somebody: when it may go, and what decides it.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::action::ActionKind;
use crate::domain::guard::{self, KillSwitch};
use crate::domain::limits::LimitKind;
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::SendClass;
use crate::domain::schedule::{Reason, ReasonKind, zone_name};
use crate::engine::effects::forecast::{Outlook, Wish};
use crate::engine::effects::gate;
use crate::engine::effects::kind::Way;
use crate::engine::effects::make;
use crate::engine::error::Result;
use crate::engine::ground::clock as wrong_clock;
use crate::engine::ground::core::Core;
use crate::engine::ground::lookup::find_person;
use crate::engine::ground::reach::Reach;
use crate::engine::ground::say::{capital, clock, sentence};
use crate::engine::handle::Engine;
use crate::store::people::Person;
use crate::store::{ReadTx, control, moves};

/// The next mail to somebody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextSendView {
    /// The instant, with all that waits counted; none if there is none within 45 days or nothing may be sent at all.
    pub at: Option<Timestamp>,
    /// The class of that mail, which decides what leaves before it.
    pub class: SendClass,
    /// The reasons, in order.
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
            let wish = Wish {
                person: Some(&person),
                to_key: &to_key,
                class: class_of_next(tx, core, &person, now)?,
            };
            let (found, mut because) = Outlook::new(tx, core, now).next(wish)?;
            if let Some(pause) = control::pause(tx, now)? {
                let until = clock(pause.until, now, &core.config.operator.zone());
                let text = format!("Paused until {until}.");
                because.insert(0, Reason::new(ReasonKind::Blocked, text));
            }
            let at = found.leaves_at();
            let mut view = NextSendView {
                local: at.map(|at| {
                    at.to_zoned(zone)
                        .strftime("%a %-d %b %Y %H:%M:%S")
                        .to_string()
                }),
                at,
                class: wish.class,
                because,
                limit: found.held.map(|held| held.verdict.limit),
                zone: label,
            };
            let stopped = match control::kill_switch(tx) {
                KillSwitch::Running => None,
                KillSwitch::Stopped { .. } | KillSwitch::Unreadable => {
                    Some("Everything is stopped; `caseyos resume` lifts it.".to_owned())
                }
            };
            let contact = Some(person.contact_id());
            let reach = Reach::of(tx, contact, &to_key)?;
            let refused = gate::suppressed(tx, &reach, contact, &to_key)?
                .map(|reason| format!("Never: {reason}."));
            let asked = gate::asked(tx, &reach, &to_key)?
                .map(|id| format!("Held: {}.", guard::asked_first(id)));
            let by_clock = wrong_clock::warning(tx, core, now)?.map(|why| capital(&sentence(&why)));
            let refused = refused.or(asked).or(stopped).or(by_clock);
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

/// Returns the class of the next mail to somebody: an answer if an open move answers them.
fn class_of_next(
    tx: &ReadTx<'_>,
    core: &Core,
    person: &Person,
    now: Timestamp,
) -> Result<SendClass> {
    let (id, to_key) = (person.contact_id(), person.address_key());
    for mv in moves::of_contact(tx, id)? {
        let is_open = matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed);
        if !is_open || mv.action != ActionKind::Reply {
            continue;
        }
        match make::make(tx, core, &mv, now)? {
            Way::Effect(made) => {
                let class = gate::class_of(tx, Some(id), &to_key, &made.in_reply_to)?;
                if class == SendClass::Reply {
                    return Ok(class);
                }
            }
            Way::ByHand(_) | Way::Lacks(_) => {}
        }
    }
    gate::class_of(tx, Some(id), &to_key, "")
}
