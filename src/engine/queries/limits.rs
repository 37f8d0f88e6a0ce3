//! The limits: how much of each is used, which one decides, and when each has room again.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::email::MailboxKey;
use crate::domain::guard::{KillSwitch, Mode, Pause};
use crate::domain::id::ContactId;
use crate::domain::limits::{self, LimitKind, LimitVerdict};
use crate::domain::outbox::SendClass;
use crate::engine::effects::forecast::{Outlook, Wish};
use crate::engine::effects::gate;
use crate::engine::error::Result;
use crate::engine::ground::lookup::find_person;
use crate::engine::ground::reach::Reach;
use crate::engine::handle::Engine;
use crate::store::control::HoldKind;
use crate::store::people::Person;
use crate::store::{control, executions, sends};

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitRow {
    /// Which limit.
    pub limit: LimitKind,
    /// Its name, in a few words.
    pub title: &'static str,
    /// Messages that count against it: those that left or may have left.
    pub used: u32,
    /// Approved messages that wait and will count against it once they leave.
    pub queued: u32,
    /// The most that may; for bounces and complaints, as many as pause sending.
    pub cap: u32,
    /// Set while it has no room.
    pub is_full: bool,
    /// Set for the one that decides: of those without room, the one that clears last.
    pub is_binding: bool,
    /// The instant at which it has room again.
    pub clears_at: Option<Timestamp>,
    /// Its state, as a sentence.
    pub detail: String,
}

/// Sending that too many bounces or complaints paused. Answers to people still leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliverabilityHold {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
    /// The instant at which it ends by itself.
    pub clears_at: Option<Timestamp>,
}

/// The contact that the table is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitsContact {
    /// The person.
    pub id: ContactId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Other contacts that are the same person: whoever shares an address or is a duplicate. Their mail counts too.
    pub also: Vec<ContactId>,
}

/// The table of limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitsView {
    /// The instant that it holds for.
    pub now: Timestamp,
    /// The contact that was asked about.
    pub contact: Option<LimitsContact>,
    /// The limits, in a fixed order. The contact's and the domain's are there only if a contact was asked about.
    pub limits: Vec<LimitRow>,
    /// The one that decides.
    pub binding: Option<LimitKind>,
    /// The instant at which the limits alone next let a message out, a first one unless a contact was asked about; none if none ever will.
    pub next_room: Option<Timestamp>,
    /// Approved messages that wait.
    pub queued: u32,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// The pause in force.
    pub pause: Option<Pause>,
    /// The automatic pause in force.
    pub deliverability: Option<DeliverabilityHold>,
}

impl Engine {
    /// Returns how much mail is dated more than a day ahead, with the latest date.
    pub(super) fn mail_ahead(&self) -> Result<Option<(u64, Timestamp)>> {
        let now = self.now();
        self.store().read(|tx| Ok(sends::ahead(tx, now)?))
    }

    /// Returns the table of limits, optionally as they are for one contact: an address, a number or an external id.
    ///
    /// # Errors
    /// If nobody is known by that.
    pub fn limits(&self, who: Option<&str>) -> Result<LimitsView> {
        let (core, now) = (self.core(), self.now());
        self.store().read(|tx| {
            let person = who.map(|who| find_person(tx, who)).transpose()?;
            let to_key = person.as_ref().map(Person::address_key).unwrap_or_default();
            let same = match &person {
                Some(person) => Reach::of(tx, Some(person.contact_id()), &to_key)?,
                None => Reach::default(),
            };
            let history = gate::history(tx, &same, &to_key, now)?;
            let mut verdicts = limits::check(&core.limits(), &history, now);
            let mut outlook = Outlook::new(tx, core, now);
            let class = match &person {
                Some(person) => gate::class_of(tx, Some(person.contact_id()), &to_key, "")?,
                None => SendClass::FirstTouch,
            };
            let mut results = gate::deliverability(tx, core, now)?;
            if person.is_none() {
                let personal = [LimitKind::PerContactWeek, LimitKind::PerDomainDay];
                verdicts.retain(|v| !personal.contains(&v.limit));
            }
            // An answer that leaves meanwhile may end the hold sooner.
            for refusal in results.iter_mut().filter(|v| !v.passed) {
                refusal.clears_at = outlook.hold_clears_at()?.or(refusal.clears_at);
            }
            let held = limits::binding(&results).cloned();
            verdicts.extend(results);
            let wish = Wish {
                person: person.as_ref(),
                to_key: &to_key,
                class,
            };
            let mut next_room = Some(now);
            if verdicts.iter().all(|v| v.passed) {
                let ready = executions::ready_before(tx, class, now)?;
                if let Some(mut kept) = limits::reserve(&verdicts, &ready, now) {
                    next_room = outlook.room(wish)?.leaves_at();
                    kept.clears_at = next_room;
                    verdicts.push(kept);
                }
            } else {
                next_room = outlook.room(wish)?.leaves_at();
            }
            let waiting: Vec<_> = outlook
                .queue()?
                .iter()
                .filter(|row| row.mode == Mode::Live)
                .collect();
            let domain = MailboxKey::of(&to_key).domain();
            let queued = |limit: LimitKind| {
                let counts = waiting.iter().filter(|row| match limit {
                    LimitKind::PerContactWeek => same.includes(row.contact_id, &row.to_key),
                    LimitKind::PerDomainDay => MailboxKey::of(&row.to_key).domain() == domain,
                    LimitKind::PerDay
                    | LimitKind::Ramp
                    | LimitKind::PerHour
                    | LimitKind::MinGap => true,
                    LimitKind::Bounces | LimitKind::Complaints | LimitKind::Reserved => false,
                });
                u32::try_from(counts.count()).unwrap_or(u32::MAX)
            };
            let binding = limits::binding(&verdicts).cloned();
            let rows = verdicts
                .iter()
                .map(|v| row(v, queued(v.limit), binding.as_ref()))
                .collect();
            let hold = control::hold(tx, HoldKind::Deliverability)?;
            Ok(LimitsView {
                now,
                contact: person.map(|person| LimitsContact {
                    id: person.contact_id(),
                    name: person.name(),
                    email: person.email.clone(),
                    also: same
                        .ids
                        .iter()
                        .copied()
                        .filter(|id| *id != person.contact_id())
                        .collect(),
                }),
                limits: rows,
                next_room,
                binding: binding.map(|v| v.limit),
                queued: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
                kill_switch: control::kill_switch(tx),
                pause: control::pause(tx, now)?,
                deliverability: held.map(|verdict| DeliverabilityHold {
                    since: hold.as_ref().map_or(now, |hold| hold.since),
                    reason: verdict.sentence(),
                    clears_at: verdict.clears_at,
                }),
            })
        })
    }
}

fn row(verdict: &LimitVerdict, queued: u32, binding: Option<&LimitVerdict>) -> LimitRow {
    LimitRow {
        limit: verdict.limit,
        title: verdict.limit.title(),
        used: verdict.used,
        queued,
        cap: verdict.cap,
        is_full: !verdict.passed,
        is_binding: binding.is_some_and(|b| b.limit == verdict.limit),
        clears_at: verdict.clears_at,
        detail: verdict.sentence(),
    }
}
