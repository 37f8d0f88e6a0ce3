//! A signal that came about nobody known, given to somebody by the operator, and taken away again.
//!
//! The event is never edited; the person it is about is. From there the signal goes the way that it would have gone with the person known
//! from the start: records, outcomes, overtaken moves, and a move of its own in place of the one that it made alone.

use jiff::Timestamp;

use crate::domain::email::address::{EmailAddress, is_free_mail_domain};
use crate::domain::id::{ContactId, MoveId, SignalId};
use crate::domain::moves::{MoveStatus, MoveSubject};
use crate::domain::signal::{SignalDraft, split_name};
use crate::domain::text::clean_line;
use crate::engine::error::{May, Refused, Result};
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::Happened;
use crate::engine::ground::reach::Reach;
use crate::engine::road::intake::{Taken, deals, meeting_and_outcome, propose, wish_in};
use crate::engine::road::outcomes::RECORDED;
use crate::store::moves::{MoveRow, MoveState};
use crate::store::people::{NewPerson, Person};
use crate::store::signals::SignalRow;
use crate::store::{ReadTx, WriteTx, moves, outcomes, people, signals};

/// The effects of giving a signal to somebody.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct Assigned {
    /// The person.
    pub person: Person,
    /// Moves that it closed, as they stood before.
    pub closed: Vec<MoveState>,
    /// The move that it leads to.
    pub mv: Option<MoveRow>,
}

fn refused(why: String) -> Refused {
    Refused::Overtaken(format!("{why} Nothing was changed."))
}

const fn is_being_carried_out(mv: &MoveRow) -> bool {
    matches!(mv.status, MoveStatus::Approved | MoveStatus::Executing)
}

/// Refuses to give a signal to a person, unless it is about nobody and nothing of it is being carried out.
pub(in crate::engine) fn may_assign(
    tx: &ReadTx<'_>,
    id: SignalId,
    contact: ContactId,
) -> Result<May<(SignalRow, Person)>> {
    let missing = |what: String| Ok(Err(Refused::Missing(what)));
    let Some(signal) = signals::find(tx, id)? else {
        return missing(format!("There is no signal {id}."));
    };
    if signal.contact_id.is_some() {
        return Ok(Err(refused(format!(
            "Signal {id} is about somebody already."
        ))));
    }
    let Some(person) = people::load(tx, contact)? else {
        return missing(format!("There is no contact {contact}."));
    };
    let own = MoveSubject::Signal(id);
    let mut its_moves = of_signal(tx, id)?.into_iter();
    let carried_out = its_moves.find(|mv| mv.subject == own && is_being_carried_out(mv));
    Ok(match carried_out {
        Some(mv) => Err(refused(format!(
            "Move {} of signal {id} is being carried out.",
            mv.id
        ))),
        None => Ok((signal, person)),
    })
}

/// Refuses to take a signal away from a person if a move that rests on it was approved.
pub(in crate::engine) fn may_unassign(
    tx: &ReadTx<'_>,
    id: SignalId,
) -> Result<May<(SignalRow, ContactId)>> {
    let signal = signals::load(tx, id)?;
    let Some(contact) = signal.contact_id else {
        return Ok(Err(refused(format!(
            "Signal {id} is about nobody known already."
        ))));
    };
    let own = MoveSubject::Signal(id);
    let mut its_moves = of_signal(tx, id)?.into_iter();
    let carried_out = its_moves.find(|mv| mv.subject != own && is_being_carried_out(mv));
    Ok(match carried_out {
        Some(mv) => Err(refused(format!(
            "Move {} rests on signal {id} and was approved since; undo the approval first.",
            mv.id
        ))),
        None => Ok((signal, contact)),
    })
}

/// Gives a signal that is about nobody known to a person.
pub(in crate::engine) fn assign(
    tx: &WriteTx<'_>,
    core: &Core,
    id: SignalId,
    contact: ContactId,
    now: Timestamp,
) -> Result<Assigned> {
    let (signal, person) = may_assign(tx, id, contact)??;
    let draft = &signal.draft;
    let before = standing(tx, id, contact)?;
    let own = MoveSubject::Signal(id);
    let mut is_handled = false;
    for mv in before.iter().filter(|mv| mv.subject == own) {
        match mv.status {
            MoveStatus::Open | MoveStatus::Snoozed => {
                let state = closed(mv, format!("matched to {}", person.name()), now);
                moves::set_state(tx, &state, now)?;
                tx.emit(now, "move.closed", format!("move:{}", mv.id))?;
            }
            MoveStatus::Done | MoveStatus::Skipped => is_handled = true,
            // One that is being carried out was refused before.
            MoveStatus::Approved | MoveStatus::Executing | MoveStatus::Expired => {}
        }
    }
    let deal = match signal.deal_id {
        Some(deal) => Some(deal),
        None => deals::deal_of(tx, draft, Some(contact), now)?,
    };
    signals::assign(tx, id, (Some(contact), deal))?;
    tx.emit(now, "signal.matched", own.to_string())?;
    if let Some(deal) = deal {
        deals::replay(tx, core, deal, now)?;
    }
    if draft.kind().is_their_activity() {
        people::touch(tx, contact, draft.occurred_at)?;
    }
    meeting_and_outcome(tx, draft, contact, id, now)?;
    // Matched again after an undo, what it told of counts again.
    count_outcomes(tx, id, true, now)?;
    propose::close_overtaken(tx, draft, contact, now)?;
    if let Some(what) = wish_in(draft, id) {
        core.tell(tx, &Happened { contact, what }, now)?;
    }
    if !is_handled {
        let about = (id, Some(contact), deal);
        let mut taken = Taken::default();
        propose::propose(tx, core, draft, &draft.hash(), about, &mut taken, now)?;
    }
    let mut changed = Vec::new();
    for mv in before {
        if moves::load(tx, mv.id)?.is_some_and(|after| after.status != mv.status) {
            changed.push(mv.state());
        }
    }
    Ok(Assigned {
        person,
        closed: changed,
        mv: of_signal(tx, id)?
            .into_iter()
            .find(|mv| mv.contact_id == Some(contact)),
    })
}

/// Takes a signal away from whom it was given to. What only it led to goes; `closed` are the moves that it had closed.
pub(in crate::engine) fn unassign(
    tx: &WriteTx<'_>,
    core: &Core,
    id: SignalId,
    closed_then: &[MoveState],
    now: Timestamp,
) -> Result<ContactId> {
    let (signal, contact) = may_unassign(tx, id)??;
    let own = MoveSubject::Signal(id);
    for mv in of_signal(tx, id)?
        .into_iter()
        .filter(|mv| mv.subject != own)
    {
        match mv.status {
            MoveStatus::Open | MoveStatus::Snoozed => {}
            // One that is being carried out was refused before.
            MoveStatus::Approved
            | MoveStatus::Executing
            | MoveStatus::Done
            | MoveStatus::Skipped
            | MoveStatus::Expired => continue,
        }
        moves::remove_evidence(tx, mv.id, id)?;
        let newest = signals::of_move(tx, mv.id, 1)?.into_iter().next();
        match newest {
            None => moves::set_state(tx, &closed(&mv, "the match was undone".into(), now), now)?,
            Some(newest) if mv.lead_signal_id == id => {
                propose::renew(
                    tx,
                    core,
                    MoveRow {
                        lead_signal_id: newest.id,
                        ..mv.clone()
                    },
                    now,
                )?;
            }
            Some(_) => {}
        }
        tx.emit(now, "move.changed", format!("move:{}", mv.id))?;
    }
    count_outcomes(tx, id, false, now)?;
    signals::assign(tx, id, (None, None))?;
    if let Some(deal) = signal.deal_id {
        deals::replay(tx, core, deal, now)?;
    }
    for state in closed_then {
        // One that has come up anew meanwhile keeps its place.
        if let Some(mv) = moves::load(tx, state.id)?
            && mv.status == MoveStatus::Expired
            && moves::find_standing(tx, mv.subject, mv.action.family())?.is_none()
        {
            moves::set_state(tx, state, now)?;
            tx.emit(now, "move.changed", format!("move:{}", state.id))?;
        }
    }
    tx.emit(now, "signal.unmatched", own.to_string())?;
    Ok(contact)
}

fn closed(mv: &MoveRow, reason: String, now: Timestamp) -> MoveState {
    MoveState {
        id: mv.id,
        status: MoveStatus::Expired,
        snoozed_until: None,
        closed_at: Some(now),
        close_reason: clean_line(&reason, 200),
    }
}

/// Returns the moves that a signal is evidence of, newest first.
fn of_signal(tx: &ReadTx<'_>, id: SignalId) -> Result<Vec<MoveRow>> {
    let mut rows = Vec::new();
    for made in signals::moves_of(tx, id)? {
        rows.extend(moves::load(tx, made.id)?);
    }
    Ok(rows)
}

/// Returns the moves that giving a signal to a person may change: the signal's own and the person's.
fn standing(tx: &WriteTx<'_>, id: SignalId, contact: ContactId) -> Result<Vec<MoveRow>> {
    let mut rows = of_signal(tx, id)?;
    let known: Vec<MoveId> = rows.iter().map(|mv| mv.id).collect();
    for contact in Reach::contacts(tx, contact)? {
        rows.extend(
            moves::of_contact(tx, contact)?
                .into_iter()
                .filter(|mv| mv.status.is_standing() && !known.contains(&mv.id)),
        );
    }
    Ok(rows)
}

fn count_outcomes(tx: &WriteTx<'_>, id: SignalId, counts: bool, now: Timestamp) -> Result<()> {
    for told in signals::outcomes_of(tx, id)? {
        if told.is_undone == counts {
            outcomes::set_undone(tx, told.id, !counts, now)?;
            tx.emit(now, RECORDED, format!("outcome:{}", told.id))?;
        }
    }
    Ok(())
}

/// Returns what a signal, and the operator, say of a person who is to be made of it.
///
/// # Errors
/// Fails where neither a name nor an address is known, or the address cannot be one.
pub(in crate::engine) fn person_of(
    draft: &SignalDraft,
    said: (&str, &str, &str),
) -> Result<NewPerson> {
    let (name, email, company) = said;
    let who = &draft.about().who;
    let given = |said: &str, told: Option<String>| match clean_line(said, 120) {
        said if !said.is_empty() => said,
        _ => clean_line(&told.unwrap_or_default(), 120),
    };
    let name = given(name, who.called());
    let company = given(company, who.company.clone());
    let address = match email.trim() {
        "" => None,
        email => Some(EmailAddress::pasted(email).map_err(|e| {
            let email = clean_line(email, 120);
            refused(format!("\"{email}\" is no address: {e}."))
        })?),
    };
    if name.is_empty() && address.is_none() {
        return Err(refused("A new contact needs a name or an address.".into()).into());
    }
    let (first_name, last_name) = split_name(&name);
    let domain = address
        .as_ref()
        .filter(|a| !is_free_mail_domain(a.domain()))
        .map(|a| a.registrable_domain().to_owned());
    Ok(NewPerson {
        first_name,
        last_name,
        email: address.map(|a| a.as_str().to_owned()).unwrap_or_default(),
        company,
        company_domain: domain.unwrap_or_default(),
    })
}
