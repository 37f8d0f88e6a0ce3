//! Wishes to be left alone: whom one reaches, what it suppresses and ends, and the way back.

use jiff::Timestamp;

use super::gate;
use super::kinds;
use super::take_back::{cancel, open};
use crate::domain::action::{ActionKind, Means};
use crate::domain::effect::Ended;
use crate::domain::email::address::firm_domain;
use crate::domain::email::named::FIRM;
use crate::domain::email::{DomainKey, MailboxKey, Named, Scope};
use crate::domain::id::{ContactId, MoveId};
use crate::domain::moves::{MoveStatus, MoveSubject};
use crate::domain::suppression::{Cause, Whom};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::reach::Reach;
use crate::engine::road::outcomes::RECORDED;
use crate::engine::undo::reopen::refuse_if_replaced;
use crate::engine::undo::step::{OptOut, Suppressed, Turned};
use crate::store::executions::ExecutionStatus;
use crate::store::moves::{MoveRow, MoveState};
use crate::store::suppressions::SuppressedBy;
use crate::store::{
    ReadTx, WriteTx, companies, executions, moves, outcomes, people, questions, suppressions,
};

/// The reason for which a question is closed by an opt-out.
pub(in crate::engine) const OPTED_OUT: &str = "they opted out";

/// Those whom a wish to be left alone speaks for.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Alone {
    /// Mailboxes, domains and firms, with the text that each is shown as.
    named: Vec<(Named, String)>,
    reach: Reach,
    domains: Vec<DomainKey>,
    /// Contacts who have an address at one of these domains; at another they are at that firm all the same.
    there: Vec<ContactId>,
    /// Everybody else than the writer alone, in words: "for everybody at acme.example".
    pub whom: String,
    /// Addresses and domains that it names and that are not theirs.
    pub foreign: Vec<String>,
}

impl Alone {
    /// Finds those whom the wish of a contact speaks for. Nobody speaks for addresses and domains of others.
    pub fn of(
        tx: &ReadTx<'_>,
        contact: ContactId,
        written_from: Option<&str>,
        scope: &Scope,
    ) -> Result<Self> {
        let mut own = people::addresses(tx, contact)?;
        if let Some(from) = written_from.map(str::to_lowercase)
            && !own.contains(&from)
        {
            own.push(from);
        }
        let theirs: Vec<DomainKey> = own.iter().filter_map(|a| firm_of(a)).collect();
        let is_theirs =
            |domain: &DomainKey| firm_domain(domain).is_some_and(|domain| theirs.contains(&domain));
        let mut alone = Self::default();
        match scope {
            Scope::Me => {}
            Scope::Firm => alone.add_firm(tx, contact, theirs.first())?,
            Scope::Domain(domain) if is_theirs(&DomainKey::of(domain)) => {
                alone.add_domain(tx, DomainKey::of(domain))?;
            }
            Scope::Domain(domain) => alone.foreign.push(domain.clone()),
            Scope::Addresses(addresses) | Scope::MeAnd(addresses) => {
                alone.add_named(tx, addresses, |address| {
                    let key = MailboxKey::of(address);
                    own.iter().any(|known| MailboxKey::of(known) == key) || is_theirs(&key.domain())
                })?;
                // Whom they name, and nobody else.
                if matches!(scope, Scope::Addresses(_)) && !alone.named.is_empty() {
                    return Ok(alone);
                }
                if !alone.whom.is_empty() {
                    alone.whom = format!("for them {}", alone.whom.replacen("at ", "and ", 1));
                }
            }
        }
        alone.add_person(tx, contact, written_from, &own)?;
        Ok(alone)
    }

    /// Finds those whom the operator leaves alone for a contact.
    pub fn wanted(
        tx: &ReadTx<'_>,
        contact: ContactId,
        written_from: Option<&str>,
        whom: Whom,
    ) -> Result<Self> {
        let scope = match whom {
            Whom::Me => Scope::Me,
            Whom::Firm => Scope::Firm,
            Whom::Domain => {
                let own = people::addresses(tx, contact)?;
                let domain = written_from
                    .into_iter()
                    .chain(own.iter().map(String::as_str))
                    .find_map(firm_of);
                domain.map_or(Scope::Me, |domain| {
                    Scope::Domain(domain.as_str().to_owned())
                })
            }
        };
        Self::of(tx, contact, written_from, &scope)
    }

    fn add(&mut self, named: Named, shown: &str) {
        if !self.named.iter().any(|(known, _)| *known == named) {
            self.named.push((named, shown.to_owned()));
        }
    }

    fn add_person(
        &mut self,
        tx: &ReadTx<'_>,
        contact: ContactId,
        written_from: Option<&str>,
        own: &[String],
    ) -> Result<()> {
        for address in own {
            self.add(Named::Mailbox(MailboxKey::of(address)), address);
        }
        let to = written_from.or(own.first().map(String::as_str));
        self.reach
            .join(Reach::of(tx, Some(contact), to.unwrap_or_default())?);
        Ok(())
    }

    fn add_domain(&mut self, tx: &ReadTx<'_>, domain: DomainKey) -> Result<()> {
        self.whom = format!("for everybody at {}", domain.as_str());
        self.there.extend(people::at_domain(tx, &domain)?);
        self.add(Named::Domain(domain.clone()), domain.as_str());
        self.domains.push(domain);
        Ok(())
    }

    /// Adds everybody at a contact's firm: its domain, unless many firms share it, each of its contacts, and by its name those who come to be
    /// known later. Whoever is self-employed has no firm.
    fn add_firm(
        &mut self,
        tx: &ReadTx<'_>,
        contact: ContactId,
        theirs: Option<&DomainKey>,
    ) -> Result<()> {
        let company = match people::company_of(tx, contact)? {
            Some(id) => companies::get(tx, id)?.filter(companies::is_firm),
            None => None,
        };
        let domain = company
            .as_ref()
            .and_then(|company| company.domain.as_deref())
            .and_then(|domain| firm_domain(&DomainKey::of(domain)))
            .or_else(|| theirs.cloned());
        if let Some(company) = &company {
            self.whom = format!("for everybody at {}", company.name);
            // A firm of which only the domain is known is called by it, and that names no other firm.
            let is_named = company.domain.as_deref() != Some(company.name.as_str());
            if let Some(named) = Named::firm(&company.name).filter(|_| is_named) {
                self.add(named, &format!("{FIRM}{}", company.name));
            }
            for firm in companies::same_firm(tx, company)? {
                for id in people::of_company(tx, firm)? {
                    let addresses = people::addresses(tx, id)?;
                    for address in &addresses {
                        self.add(Named::Mailbox(MailboxKey::of(address)), address);
                    }
                    self.reach.add(id, &addresses);
                }
            }
        }
        match domain {
            Some(domain) => self.add_domain(tx, domain),
            None => Ok(()),
        }
    }

    fn add_named(
        &mut self,
        tx: &ReadTx<'_>,
        addresses: &[String],
        is_theirs: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let mut shown = Vec::new();
        for address in addresses {
            if !is_theirs(address) {
                self.foreign.push(address.clone());
                continue;
            }
            self.add(Named::Mailbox(MailboxKey::of(address)), address);
            self.reach.join(Reach::of(tx, None, address)?);
            shown.push(address.as_str());
        }
        if !shown.is_empty() {
            self.whom = format!("at {}", shown.join(" and "));
        }
        Ok(())
    }

    /// Adds those whom another wish speaks for.
    pub fn join(&mut self, other: Self) {
        for (named, shown) in other.named {
            self.add(named, &shown);
        }
        self.reach.join(other.reach);
        self.domains.extend(other.domains);
        self.there.extend(other.there);
        if !other.whom.is_empty() && !self.whom.contains(&other.whom) {
            self.whom = match self.whom.as_str() {
                "" => other.whom,
                known => format!("{known}, {}", other.whom),
            };
        }
        self.foreign.extend(other.foreign);
    }

    /// Says what they asked: "they asked not to be written to, for everybody at acme.example".
    pub fn reason(&self) -> String {
        match self.whom.as_str() {
            "" => "they asked not to be written to".to_owned(),
            whom => format!("they asked not to be written to, {whom}"),
        }
    }

    /// Names whom it is about, as an object: "everybody at acme.example", or the person.
    pub fn object(&self, person: &str) -> String {
        match self
            .whom
            .trim_start_matches("for ")
            .trim_start_matches("at ")
        {
            "" => person.to_owned(),
            // Told of the person, "them" is who they are.
            whom => match whom.strip_prefix("them ") {
                Some(others) if !person.is_empty() => format!("{person} {others}"),
                _ => whom.to_owned(),
            },
        }
    }

    fn includes(&self, contact: Option<ContactId>, to: &str) -> bool {
        self.reach.includes(contact, to)
            || self.is_there(to)
            || contact.is_some_and(|id| self.there.contains(&id))
    }

    /// Tells whether an address is at one of the domains, or below it.
    fn is_there(&self, address: &str) -> bool {
        let domain = MailboxKey::of(address).domain();
        domain
            .and_above()
            .any(|above| self.domains.iter().any(|d| d.as_str() == above))
    }

    /// Returns the contacts who are not written to any more.
    fn contacts(&self) -> Vec<ContactId> {
        let mut all = self.reach.ids.clone();
        for id in &self.there {
            if !all.contains(id) {
                all.push(*id);
            }
        }
        all
    }

    /// Tells whether all of them are suppressed already, so that there is nothing to ask.
    pub fn is_suppressed(&self, tx: &ReadTx<'_>) -> Result<bool> {
        for (named, shown) in &self.named {
            let is_known = match named {
                // A bounce says nothing of the person.
                Named::Mailbox(key) => {
                    let own = suppressions::find(tx, key)?;
                    own.is_none_or(|own| own.cause.follows_person())
                        && gate::suppressed(tx, &Reach::of(tx, None, shown)?, None, shown)?
                            .is_some()
                }
                Named::Domain(_) | Named::Firm(_) => !suppressions::of(tx, named)?.is_empty(),
            };
            if !is_known {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Suppresses all of them. Returns the suppressions that are new.
    pub fn suppress(
        &self,
        tx: &WriteTx<'_>,
        source: SuppressedBy,
        now: Timestamp,
    ) -> Result<Vec<Suppressed>> {
        let reason = self.reason();
        let reason = reason.trim_start_matches("they ");
        let mut new = Vec::new();
        for (named, value) in &self.named {
            if suppressions::add(tx, (named, value), Cause::OptedOut, (reason, source), now)? {
                new.push(Suppressed {
                    value: value.clone(),
                    reason: reason.to_owned(),
                    source,
                });
            }
        }
        Ok(new)
    }

    /// Ends the open mails to all of them that came up until an instant, so that it means nothing in which order things were heard of, and takes
    /// back what waits to leave. Returns the moves as they stand again if it is taken back.
    pub fn end(&self, tx: &WriteTx<'_>, until: Timestamp, now: Timestamp) -> Result<Vec<Turned>> {
        let reason = self.reason();
        let mut turned = Vec::new();
        for id in self.contacts() {
            for mv in moves::of_contact(tx, id)? {
                let is_open = matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed);
                if is_open && mv.action.means() == Means::Mail && mv.started_at <= until {
                    turned.push(close(tx, mv.state(), MoveStatus::Expired, &reason, now)?);
                }
            }
        }
        for row in executions::waiting(tx, ExecutionStatus::Queued)? {
            // A change of records says nothing to them.
            if !kinds::of(row.kind).asks().suppression
                || !self.includes(row.contact_id, &row.to_key)
            {
                continue;
            }
            let is_of_draft = row.is_of_draft();
            let end = (Ended::Overtaken, reason.as_str());
            if cancel(tx, &row, end, MoveStatus::Expired, now)? && !is_of_draft {
                turned.extend(row.move_id.map(|id| Turned {
                    // The consent to it is over.
                    before: open(id),
                    after: MoveStatus::Expired,
                }));
            }
        }
        Ok(turned)
    }

    /// Lets a move ask about all of them: nothing is written to them until it is answered.
    pub fn ask(&self, tx: &WriteTx<'_>, id: MoveId) -> Result<()> {
        for (named, _) in &self.named {
            questions::add(tx, named, id)?;
        }
        Ok(())
    }
}

/// Returns the domain of the firm that an address is at; none where anybody can have an address.
fn firm_of(address: &str) -> Option<DomainKey> {
    firm_domain(&MailboxKey::of(address).domain())
}

/// Closes a move. Returns it as it stood.
pub(in crate::engine) fn close(
    tx: &WriteTx<'_>,
    before: MoveState,
    to: MoveStatus,
    reason: &str,
    now: Timestamp,
) -> Result<Turned> {
    let id = before.id;
    let state = MoveState {
        status: to,
        closed_at: Some(now),
        close_reason: reason.to_owned(),
        ..open(id)
    };
    moves::set_state(tx, &state, now)?;
    tx.emit(now, "move.closed", format!("move:{id}"))?;
    Ok(Turned { before, after: to })
}

/// Closes the question whether a contact opted out, if one stands: it is answered by what they say now, or by the operator.
pub(in crate::engine) fn answer_standing(
    tx: &WriteTx<'_>,
    contact: ContactId,
    step: &mut OptOut,
    now: Timestamp,
) -> Result<()> {
    let family = ActionKind::ConfirmOptOut.family();
    if let Some(mv) = moves::find_standing(tx, MoveSubject::Contact(contact), family)? {
        answer(tx, &mv, OPTED_OUT, step, now)?;
    }
    Ok(())
}

/// Closes a question with its answer.
pub(in crate::engine) fn answer(
    tx: &WriteTx<'_>,
    mv: &MoveRow,
    answer: &str,
    step: &mut OptOut,
    now: Timestamp,
) -> Result<()> {
    step.asked.push((mv.id, questions::answer(tx, mv.id)?));
    let closed = close(tx, mv.state(), MoveStatus::Done, answer, now)?;
    step.turned.push(closed);
    Ok(())
}

/// Refuses to close a question in passing: mail that waits for the answer would wait for ever.
pub(in crate::engine) fn refuse_unanswered(tx: &ReadTx<'_>, mv: &MoveRow) -> Result<()> {
    let id = mv.id;
    if questions::is_open(tx, id)? {
        return Err(EngineError::Input(format!(
            "Move {id} asks whether they opted out: answer it with `caseyos consent yes {id}` or `caseyos consent no {id}`. Nothing was changed."
        )));
    }
    Ok(())
}

/// Lifts what came of a wish, or brings it again. Returns the step that takes this back.
pub(in crate::engine) fn turn(tx: &WriteTx<'_>, step: &OptOut, now: Timestamp) -> Result<OptOut> {
    let lifts = step.in_force;
    for one in &step.suppressed {
        let named = Named::again(&one.value);
        if lifts {
            suppressions::remove_cause(tx, &named, Cause::OptedOut)?;
        } else {
            let why = (one.reason.as_str(), one.source);
            suppressions::add(tx, (&named, &one.value), Cause::OptedOut, why, now)?;
        }
        tx.emit(now, "suppression.changed", one.value.clone())?;
    }
    let mut turned = Vec::new();
    for one in &step.turned {
        turned.extend(turn_move(tx, one, now)?);
    }
    for (id, keys) in &step.asked {
        if lifts {
            let id = asking(tx, *id)?;
            for key in keys {
                questions::add_key(tx, key, id)?;
            }
        } else {
            questions::answer(tx, *id)?;
        }
    }
    if let Some(id) = outcomes::find_by_once(tx, &step.outcome)? {
        outcomes::set_undone(tx, id, lifts, now)?;
        tx.emit(now, RECORDED, format!("outcome:{id}"))?;
    }
    executions::ask_anew(tx)?;
    Ok(OptOut {
        turned,
        in_force: !lifts,
        ..step.clone()
    })
}

/// Puts a move back to where it stood, unless it has gone on since or another has taken its place.
fn turn_move(tx: &WriteTx<'_>, one: &Turned, now: Timestamp) -> Result<Option<Turned>> {
    let Some(mv) = moves::load(tx, one.before.id)?.filter(|mv| mv.status == one.after) else {
        return Ok(None);
    };
    if refuse_if_replaced(tx, &one.before).is_err() {
        return Ok(None);
    }
    moves::set_state(tx, &one.before, now)?;
    tx.emit(now, "move.changed", format!("move:{}", mv.id))?;
    Ok(Some(Turned {
        before: mv.state(),
        after: one.before.status,
    }))
}

/// Returns the move that asks what a move asked: itself, or the one that has taken its place.
fn asking(tx: &ReadTx<'_>, id: MoveId) -> Result<MoveId> {
    let Some(mv) = moves::load(tx, id)? else {
        return Ok(id);
    };
    let standing = moves::find_standing(tx, mv.subject, mv.action.family())?;
    Ok(standing.map_or(id, |mv| mv.id))
}
