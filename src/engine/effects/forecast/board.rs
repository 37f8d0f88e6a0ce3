//! The facts of the forecast, read in one transaction, with places to find things by.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Wish, ends};
use crate::domain::effect::EffectKind;
use crate::domain::email::address::firm_domain;
use crate::domain::email::{DomainKey, MailboxKey};
use crate::domain::forecast::{
    Asks, Carrier, Facts, Fate, Forecast, Foreseen, Message, Place, Question, Recipient, play,
};
use crate::domain::guard::{InDraft, KillSwitch, Mode};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::limits::MailResults;
use crate::domain::schedule::{SendPolicy, zone_name};
use crate::engine::effects::drain::queue;
use crate::engine::effects::gate;
use crate::engine::effects::kinds;
use crate::engine::error::Result;
use crate::engine::ground::clock;
use crate::engine::ground::core::Core;
use crate::engine::ground::reach::Reach;
use crate::store::executions::ExecutionRow;
use crate::store::people::Person;
use crate::store::sends::{self, Sent};
use crate::store::{ReadTx, control, executions};

/// Returns the stricter of the approved mode and the one that is set: a live approval does not leave after the mode was turned down.
const fn stricter(approved: Mode, set: Mode) -> Mode {
    match (approved, set) {
        (Mode::Live, Mode::Live) => Mode::Live,
        // An approved draft stays a draft; an approved live mail is held while the mode says draft.
        (Mode::Draft, Mode::Draft | Mode::Live) => Mode::Draft,
        (Mode::DryRun, _) | (_, Mode::DryRun) | (Mode::Live, Mode::Draft) => Mode::DryRun,
    }
}

fn carrier(
    tx: &ReadTx<'_>,
    core: &Core,
    kind: EffectKind,
    transport: &str,
    now: Timestamp,
) -> Result<Carrier> {
    Ok(match kinds::of(kind).readiness(tx, core, transport, now)? {
        Ok(_) => Carrier::Well,
        Err((_, Some(at))) => Carrier::From(at),
        Err((_, None)) => Carrier::Broken,
    })
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) is_stopped: bool,
    pub(super) rows: Vec<ExecutionRow>,
    pub(super) facts: Facts,
    /// The places of live mail in the facts.
    pub(super) places: HashMap<ExecutionId, usize>,
    /// Queued effects that draw on no limits and wait for no window.
    pub(super) others: HashMap<ExecutionId, Foreseen>,
    forecast: Option<Forecast>,
    windows: HashMap<String, usize>,
    domains: HashMap<DomainKey, usize>,
    sent: Mails,
    waiting: Mails,
}

/// Mail by whom it goes to.
#[derive(Debug, Default)]
struct Mails {
    at: Vec<Timestamp>,
    by_contact: HashMap<ContactId, Vec<usize>>,
    by_mailbox: HashMap<MailboxKey, Vec<usize>>,
    by_domain: HashMap<DomainKey, Vec<usize>>,
}

impl Mails {
    fn add(&mut self, at: Timestamp, contact: Option<ContactId>, to_key: &str) {
        let place = self.at.len();
        self.at.push(at);
        if let Some(contact) = contact {
            self.by_contact.entry(contact).or_default().push(place);
        }
        let mailbox = MailboxKey::of(to_key);
        if let Some(firm) = firm_domain(&mailbox.domain()) {
            self.by_domain.entry(firm).or_default().push(place);
        }
        self.by_mailbox.entry(mailbox).or_default().push(place);
    }

    /// Returns the places of what goes to somebody.
    fn to(&self, reach: &Reach) -> Vec<usize> {
        let by_contact = reach.ids.iter().filter_map(|id| self.by_contact.get(id));
        let by_mailbox = reach
            .mailboxes
            .iter()
            .filter_map(|key| self.by_mailbox.get(key));
        let mut found: Vec<usize> = by_contact.chain(by_mailbox).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn times(&self, places: impl IntoIterator<Item = usize>) -> Vec<Timestamp> {
        places
            .into_iter()
            .filter_map(|i| self.at.get(i).copied())
            .collect()
    }
}

impl Board {
    pub(super) fn read(
        tx: &ReadTx<'_>,
        core: &Core,
        is_resumed: bool,
        now: Timestamp,
    ) -> Result<Self> {
        let switch = control::kill_switch(tx);
        let is_running = switch == KillSwitch::Running;
        let by_clock = core.mode() == Mode::Live && clock::refusal(tx, core, now)?.is_some();
        let sent = sends::of_week(tx, now)?;
        let mut board = Self {
            is_stopped: (!is_running || by_clock) && !is_resumed,
            rows: queue(tx)?,
            facts: Facts {
                now,
                paused_until: control::pause(tx, now)?.map(|pause| pause.until),
                limits: core.limits(),
                sent: sent.iter().map(|sent| sent.at).collect(),
                first_send: executions::first_sent(tx, now)?,
                // Where nothing is stopped, `resume` lets out what bounces hold back.
                results: if is_resumed && is_running {
                    MailResults::default()
                } else {
                    gate::results(tx, core, now)?
                },
                ..Facts::default()
            },
            ..Self::default()
        };
        for Sent {
            at,
            contact,
            to_key,
        } in &sent
        {
            board.sent.add(*at, *contact, to_key);
        }
        board.add_queue(tx, core, now)?;
        Ok(board)
    }

    fn add_queue(&mut self, tx: &ReadTx<'_>, core: &Core, now: Timestamp) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let everybody = sends::queued_people(tx)?;
        let mut carriers: HashMap<&str, Carrier> = HashMap::new();
        let mut live = Vec::new();
        for row in &rows {
            let carrier = match carriers.get(row.transport.as_str()) {
                Some(known) => *known,
                None => {
                    let found = carrier(tx, core, row.kind, &row.transport, now)?;
                    carriers.insert(&row.transport, found);
                    found
                }
            };
            let person = row.contact_id.and_then(|id| everybody.get(&id));
            let asks = kinds::of(row.kind).asks();
            let contact = person.map(Person::contact_id);
            let reach = Reach::of(tx, contact, &row.to_key)?;
            let is_refused =
                asks.suppression && gate::suppressed(tx, &reach, contact, &row.to_key)?.is_some();
            // Only the operator's answer lets it go, and that is not foreseen.
            let is_held = asks.suppression && gate::asked(tx, &reach, &row.to_key)?.is_some();
            let carrier = if is_held { Carrier::Broken } else { carrier };
            let mode = stricter(row.mode, core.mode());
            if mode == Mode::Live && asks.limits {
                self.places.insert(row.id, live.len());
                self.waiting
                    .add(row.not_before, row.contact_id, &row.to_key);
                live.push((row, (person, reach), carrier, is_refused));
            } else {
                let found = self.other(row, mode, carrier, is_refused);
                self.others.insert(row.id, found);
            }
        }
        for (row, (person, reach), carrier, is_refused) in live {
            let to = self.recipient(core, person, &row.to_key, &reach)?;
            self.facts.messages.push(Message {
                class: row.class,
                not_before: row.not_before,
                check_at: row.check_at,
                expires_at: row.approval_expires_at,
                is_refused,
                carrier,
                to,
            });
        }
        self.rows = rows;
        Ok(())
    }

    /// Foresees a draft, an invitation or a record: only mail draws on the limits and waits for a window.
    fn other(
        &self,
        row: &ExecutionRow,
        mode: Mode,
        carrier: Carrier,
        is_refused: bool,
    ) -> Foreseen {
        let has_draft = matches!(kinds::of(row.kind).asks().in_draft, InDraft::Makes(_));
        let is_held = mode == Mode::DryRun || mode == Mode::Draft && !has_draft;
        let pause = self.facts.paused_until.filter(|_| mode == Mode::Live);
        let from = row
            .not_before
            .max(pause.unwrap_or(self.facts.now))
            .max(self.facts.now);
        ends(match carrier.takes(from) {
            _ if is_refused => Fate::Refused,
            None => Fate::Never,
            Some(_) if is_held => Fate::Never,
            Some(at) if at >= row.approval_expires_at => Fate::Expires(row.approval_expires_at),
            Some(at) => Fate::Leaves(at),
        })
    }

    pub(super) fn forecast(&mut self) -> &Forecast {
        let facts = &self.facts;
        self.forecast.get_or_insert_with(|| play(facts, &[]))
    }

    pub(super) fn question(
        &mut self,
        tx: &ReadTx<'_>,
        core: &Core,
        wish: Wish<'_>,
        asks: Asks,
        place: Place,
    ) -> Result<Question> {
        let reach = Reach::of(tx, wish.person.map(Person::contact_id), wish.to_key)?;
        let to = match (wish.person, wish.to_key) {
            (None, "") => Recipient {
                window: self.window(core, core.config.operator.zone())?,
                ..Recipient::default()
            },
            _ => self.recipient(core, wish.person, wish.to_key, &reach)?,
        };
        Ok(Question {
            class: wish.class,
            asks,
            place,
            carrier: Carrier::Well,
            to,
        })
    }

    fn recipient(
        &mut self,
        core: &Core,
        person: Option<&Person>,
        to_key: &str,
        reach: &Reach,
    ) -> Result<Recipient> {
        let zone = person.map_or_else(|| core.config.operator.zone(), |p| core.zone_of(p));
        let firm = firm_domain(&MailboxKey::of(to_key).domain());
        Ok(Recipient {
            window: self.window(core, zone)?,
            domain: firm.map(|firm| self.domain(&firm)),
            sent: self.sent.times(self.sent.to(reach)).into(),
            same: self.waiting.to(reach),
        })
    }

    fn window(&mut self, core: &Core, zone: TimeZone) -> Result<usize> {
        let name = zone_name(&zone);
        if let Some(known) = self.windows.get(&name) {
            return Ok(*known);
        }
        let policy: SendPolicy = core.send_policy(zone)?;
        self.facts.windows.push(policy);
        let place = self.facts.windows.len() - 1;
        self.windows.insert(name, place);
        Ok(place)
    }

    fn domain(&mut self, domain: &DomainKey) -> usize {
        if let Some(known) = self.domains.get(domain) {
            return *known;
        }
        let places = self.sent.by_domain.get(domain);
        let times = self.sent.times(places.into_iter().flatten().copied());
        self.facts.domains.push(times.into());
        let place = self.facts.domains.len() - 1;
        self.domains.insert(domain.clone(), place);
        place
    }
}
