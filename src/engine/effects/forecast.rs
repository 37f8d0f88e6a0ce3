//! The forecast's facts, gathered once, and its answers for every face: when a message leaves, when a mail to somebody may, when the limits
//! clear. It binds nobody: the claim asks the guards anew.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::drain::queue;
use super::kind::Made;
use super::kinds;
use crate::domain::effect::EffectKind;
use crate::domain::email::address::is_free_mail_domain;
use crate::domain::forecast::{
    self, Asks, Carrier, Facts, Fate, Forecast, Foreseen, Message, Place, Question, Recipient, play,
};
use crate::domain::guard::{GuardKind, InDraft, KillSwitch, Mode, Verdict};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::limits::MailResults;
use crate::domain::outbox::SendClass;
use crate::domain::schedule::{Reason, ReasonKind, SendPolicy, zone_name};
use crate::engine::effects::gate::{self, Reach};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::say::{clock, sentence};
use crate::store::executions::ExecutionRow;
use crate::store::people::Person;
use crate::store::sends::{self, Sent};
use crate::store::{ReadTx, control, executions, people};

/// A mail that nobody has approved yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Wish<'a> {
    /// The person; none for a stranger to every limit on one person.
    pub person: Option<&'a Person>,
    pub to_key: &'a str,
    pub class: SendClass,
}

/// The outbox as it stands and as it goes on. The facts are read when the first question is asked.
pub(in crate::engine) struct Outlook<'a, 'tx> {
    tx: &'a ReadTx<'tx>,
    core: &'a Core,
    now: Timestamp,
    is_resumed: bool,
    board: Option<Board>,
    clears: Vec<(String, SendClass, Option<Timestamp>)>,
}

impl<'a, 'tx> Outlook<'a, 'tx> {
    /// Looks ahead from now, as things stand.
    pub fn new(tx: &'a ReadTx<'tx>, core: &'a Core, now: Timestamp) -> Self {
        Self {
            tx,
            core,
            now,
            is_resumed: false,
            board: None,
            clears: Vec::new(),
        }
    }

    /// Looks ahead as if effects were let out now.
    pub fn resumed(tx: &'a ReadTx<'tx>, core: &'a Core, now: Timestamp) -> Self {
        Self {
            is_resumed: true,
            ..Self::new(tx, core, now)
        }
    }

    fn board(&mut self) -> Result<&mut Board> {
        let board = match self.board.take() {
            Some(board) => board,
            None => Board::read(self.tx, self.core, self.is_resumed, self.now)?,
        };
        Ok(self.board.insert(board))
    }

    /// Returns what is queued, in the order in which it is asked.
    pub fn queue(&mut self) -> Result<&[ExecutionRow]> {
        Ok(&self.board()?.rows)
    }

    /// Returns the forecast of a queued message; none while everything is stopped.
    pub fn of(&mut self, id: ExecutionId) -> Result<Option<Foreseen>> {
        let board = self.board()?;
        if board.is_stopped {
            return Ok(None);
        }
        if let Some(found) = board.others.get(&id) {
            return Ok(Some(found.clone()));
        }
        let place = board.places.get(&id).copied();
        Ok(place.and_then(|place| board.forecast().messages.get(place).cloned()))
    }

    /// Returns the limit that a queued message waits for beyond its own window, as a sentence.
    pub fn held(&mut self, id: ExecutionId) -> Result<Option<String>> {
        let now = self.now;
        let held = self.of(id)?.and_then(|found| found.held);
        let board = self.board()?;
        let policy = board.places.get(&id).and_then(|place| {
            let message = board.facts.messages.get(*place)?;
            board.facts.windows.get(message.to.window)
        });
        Ok(held
            .zip(policy)
            .map(|(held, policy)| held.sentence(policy, now)))
    }

    /// Returns when a mail to somebody may go, after all that waits, and what decides it.
    pub fn next(&mut self, wish: Wish<'_>) -> Result<(Foreseen, Vec<Reason>)> {
        let (tx, core, now) = (self.tx, self.core, self.now);
        let account = core.config.mail.accounts.first();
        let rest = match account {
            Some(account) => kinds::of(EffectKind::Mail)
                .readiness(tx, core, &account.name, now)?
                .err(),
            None => None,
        };
        let rest = rest.and_then(|(reason, at)| at.map(|at| (reason, at)));
        let board = self.board()?;
        let question = Question {
            carrier: rest
                .as_ref()
                .map_or(Carrier::Well, |(_, at)| Carrier::From(*at)),
            ..board.question(tx, core, wish, Asks::Everything, Place::Last)?
        };
        let from = board.facts.paused_until.unwrap_or(now).max(now);
        let from = question.carrier.takes(from).unwrap_or(from);
        let policy = board.facts.windows.get(question.to.window).cloned();
        let found = play(&board.facts, &[question]).questions.pop();
        let Some((found, policy)) = found.zip(policy) else {
            return Ok((ends(Fate::Never), Vec::new()));
        };
        let mut because = forecast::because(&policy, from, &found);
        if let Some((reason, at)) = rest {
            let at = clock(at, now, &core.config.operator.zone());
            let text = format!("{} It is asked again at {at}.", sentence(&reason));
            because.insert(0, Reason::new(ReasonKind::Blocked, text));
        }
        Ok((found, because))
    }

    /// Returns when the rate limits let a mail pass before everything of its class that waits.
    pub fn room(&mut self, wish: Wish<'_>) -> Result<Foreseen> {
        let (tx, core) = (self.tx, self.core);
        let board = self.board()?;
        let question = board.question(tx, core, wish, Asks::Limits, Place::First)?;
        Ok(play(&board.facts, &[question])
            .questions
            .pop()
            .unwrap_or(ends(Fate::Never)))
    }

    /// Returns when bounces and complaints hold nothing back.
    pub fn hold_clears_at(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.board()?.forecast().hold_clears_at)
    }

    /// Puts into the verdicts about a queued message when its limits clear with all that leaves before it.
    pub fn say_of(&mut self, id: ExecutionId, verdicts: &mut [Verdict]) -> Result<()> {
        let Some(refusal) = full(verdicts) else {
            return Ok(());
        };
        let clears = self.of(id)?.and_then(|found| found.limits_clear_at);
        refusal.clears_at = clears.or(refusal.clears_at);
        Ok(())
    }

    /// Puts into the verdicts about a mail that nobody has approved yet when its limits clear with all that leaves before it.
    pub fn say(&mut self, wish: Wish<'_>, verdicts: &mut [Verdict]) -> Result<()> {
        let Some(refusal) = full(verdicts) else {
            return Ok(());
        };
        let (tx, core) = (self.tx, self.core);
        let is_known =
            |(to, class, _): &&(String, SendClass, _)| to == wish.to_key && *class == wish.class;
        let known = self.clears.iter().find(is_known).map(|(_, _, at)| *at);
        let clears = match known {
            Some(clears) => clears,
            None => {
                let board = self.board()?;
                let question = board.question(tx, core, wish, Asks::Limits, Place::Last)?;
                let found = play(&board.facts, &[question]).questions.pop();
                let clears = found.and_then(|found| found.leaves_at());
                self.clears
                    .push((wish.to_key.to_owned(), wish.class, clears));
                clears
            }
        };
        refusal.clears_at = clears.or(refusal.clears_at);
        Ok(())
    }
}

/// Returns the verdict of the rate limits, if they refuse something that time lets pass.
fn full(verdicts: &mut [Verdict]) -> Option<&mut Verdict> {
    verdicts
        .iter_mut()
        .find(|v| v.guard == GuardKind::RateLimits && !v.passed && v.clears_at.is_some())
}

const fn ends(fate: Fate) -> Foreseen {
    Foreseen {
        fate,
        limits_clear_at: None,
        held: None,
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

/// Returns the stricter of the approved mode and the one that is set: a live approval does not leave after the mode was turned down.
const fn stricter(approved: Mode, set: Mode) -> Mode {
    match (approved, set) {
        (Mode::Live, Mode::Live) => Mode::Live,
        // An approved draft stays a draft; an approved live mail is held while the mode says draft.
        (Mode::Draft, Mode::Draft | Mode::Live) => Mode::Draft,
        (Mode::DryRun, _) | (_, Mode::DryRun) | (Mode::Live, Mode::Draft) => Mode::DryRun,
    }
}

/// Puts into the verdicts about an effect that nobody has consented to yet when its limits clear with all that leaves before it.
pub(in crate::engine) fn foretell(
    tx: &ReadTx<'_>,
    contact: Option<ContactId>,
    made: &Made,
    outlook: &mut Outlook<'_, '_>,
    verdicts: &mut [Verdict],
) -> Result<()> {
    if full(verdicts).is_none() {
        return Ok(());
    }
    let person = contact.map(|c| people::load(tx, c)).transpose()?.flatten();
    let wish = Wish {
        person: person.as_ref(),
        to_key: &made.to,
        class: gate::class_of(tx, contact, &made.to, &made.in_reply_to)?,
    };
    outlook.say(wish, verdicts)
}

/// Everything that was read, with places to find things by.
#[derive(Debug, Default)]
struct Board {
    is_stopped: bool,
    rows: Vec<ExecutionRow>,
    facts: Facts,
    /// The places of live mail in the facts.
    places: HashMap<ExecutionId, usize>,
    /// What draws on no limits and waits for no window.
    others: HashMap<ExecutionId, Foreseen>,
    forecast: Option<Forecast>,
    windows: HashMap<String, usize>,
    domains: HashMap<String, usize>,
    sent: Mails,
    waiting: Mails,
}

/// Mail by whom it goes to.
#[derive(Debug, Default)]
struct Mails {
    at: Vec<Timestamp>,
    by_contact: HashMap<ContactId, Vec<usize>>,
    by_address: HashMap<String, Vec<usize>>,
    by_domain: HashMap<String, Vec<usize>>,
}

impl Mails {
    fn add(&mut self, at: Timestamp, contact: Option<ContactId>, to_key: &str, domain: &str) {
        let place = self.at.len();
        self.at.push(at);
        if let Some(contact) = contact {
            self.by_contact.entry(contact).or_default().push(place);
        }
        self.by_address
            .entry(gate::canonical(to_key))
            .or_default()
            .push(place);
        self.by_domain
            .entry(domain.to_owned())
            .or_default()
            .push(place);
    }

    /// Returns the places of what goes to somebody.
    fn to(&self, reach: &Reach) -> Vec<usize> {
        let by_contact = reach.ids.iter().filter_map(|id| self.by_contact.get(id));
        let by_address = reach
            .addresses
            .iter()
            .filter_map(|key| self.by_address.get(key));
        let mut found: Vec<usize> = by_contact.chain(by_address).flatten().copied().collect();
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
    fn read(tx: &ReadTx<'_>, core: &Core, is_resumed: bool, now: Timestamp) -> Result<Self> {
        let switch = control::kill_switch(tx);
        let is_running = switch == KillSwitch::Running;
        let sent = sends::of_week(tx, now)?;
        let mut board = Self {
            is_stopped: !is_running && !is_resumed,
            rows: queue(tx)?,
            facts: Facts {
                now,
                paused_until: control::pause(tx, now)?.map(|pause| pause.until),
                limits: core.limits(),
                sent: sent.iter().map(|sent| sent.at).collect(),
                first_send: executions::first_sent(tx)?,
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
            to_domain,
            to_key,
        } in &sent
        {
            board.sent.add(*at, *contact, to_key, to_domain);
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
            let person = row.contact_id.and_then(|id| everybody.get(id));
            let asks = kinds::of(row.kind).asks();
            let is_refused =
                asks.suppression && gate::suppressed(tx, person, &row.to_key)?.is_some();
            let mode = stricter(row.mode, core.mode());
            if mode == Mode::Live && asks.limits {
                self.places.insert(row.id, live.len());
                self.waiting
                    .add(row.not_before, row.contact_id, &row.to_key, &row.to_domain);
                live.push((row, person, carrier, is_refused));
            } else {
                let found = self.other(row, mode, carrier, is_refused);
                self.others.insert(row.id, found);
            }
        }
        for (row, person, carrier, is_refused) in live {
            let mut reach = Reach::of(&row.to_key);
            if let Some(id) = person.map(Person::contact_id) {
                reach.add(id, everybody.addresses(id));
                for other in everybody.namesakes(id) {
                    reach.add(*other, everybody.addresses(*other));
                }
            }
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

    fn forecast(&mut self) -> &Forecast {
        let facts = &self.facts;
        self.forecast.get_or_insert_with(|| play(facts, &[]))
    }

    fn question(
        &mut self,
        tx: &ReadTx<'_>,
        core: &Core,
        wish: Wish<'_>,
        asks: Asks,
        place: Place,
    ) -> Result<Question> {
        let mut reach = Reach::of(wish.to_key);
        if let Some(person) = wish.person {
            for id in gate::same_person(tx, person)? {
                reach.add(id, &people::addresses(tx, id)?);
            }
        }
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
        let domain = gate::domain_of(to_key);
        Ok(Recipient {
            window: self.window(core, zone)?,
            domain: (!is_free_mail_domain(domain)).then(|| self.domain(domain)),
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

    fn domain(&mut self, domain: &str) -> usize {
        if let Some(known) = self.domains.get(domain) {
            return *known;
        }
        let places = self
            .sent
            .by_domain
            .get(domain)
            .filter(|_| !domain.is_empty());
        let times = self.sent.times(places.into_iter().flatten().copied());
        self.facts.domains.push(times.into());
        let place = self.facts.domains.len() - 1;
        self.domains.insert(domain.to_owned(), place);
        place
    }
}
