//! Consent to be written to: arrivals that end it or put it in question, and the operator's answers.
//!
//! An opt-out suppresses at once everybody whom it speaks for, and is shown as a move that says so. Where it is not clear, a move asks, and nothing is
//! sent to them until it is answered.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::action::ActionKind;
use crate::domain::aps::Points;
use crate::domain::by::By;
use crate::domain::consent::demand_words;
use crate::domain::email::unread::REASON;
use crate::domain::email::{Demand, MailboxKey, Named};
use crate::domain::id::{ContactId, MoveId, SignalId, UndoId};
use crate::domain::moves::{MoveStatus, MoveSubject};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::signal::Domain;
use crate::domain::suppression::{Cause, Whom};
use crate::domain::text::clean_line;
use crate::engine::effects::opt_out::{Alone, OPTED_OUT, answer, answer_standing};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened, Wish};
use crate::engine::ground::lookup::no_such_move;
use crate::engine::ground::say::capital;
use crate::engine::handle::Engine;
use crate::engine::road::intake::{propose_after_all, wish_in};
use crate::engine::road::outcomes::{Observed, record};
use crate::engine::road::scoring::rescore;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::{OptOut, Step, Turned};
use crate::store::moves::{MoveRow, MoveState, ScoringScope};
use crate::store::suppressions::SuppressedBy;
use crate::store::{
    Durability, WriteTx, executions, moves, people, questions, signals, suppressions,
};

/// The name under which these moves are shown where others show their rule.
const RULE: &str = "consent";
/// Time in which a question is to be answered, and a note to be read.
const SOON: SignedDuration = SignedDuration::from_hours(8);
/// Signals of one question that are looked at.
const MAX_SIGNALS: usize = 50;
/// Taking an opt-out back, as the undo list promises it.
const PROMISE: &str =
    "They may be written to again and their moves come back; mail that waited is not queued again.";

/// Acts on the arrivals that end the consent to be written to, or put it in question.
pub(in crate::engine) fn suppress(
    tx: &WriteTx<'_>,
    core: &Core,
    happened: &Happened,
    now: Timestamp,
) -> Result<()> {
    let contact = happened.contact;
    match &happened.what {
        Arrived::OptOut(wish) => opted_out(tx, core, contact, wish, now),
        Arrived::Doubt(wish) => in_doubt(tx, core, contact, wish, now),
        Arrived::Demand(wish) => {
            let Some(demand) = wish.demand else {
                return Ok(());
            };
            answer_demand(tx, core, contact, (wish, demand), "", now)
        }
        Arrived::Bounce { addresses, .. } => bounced(tx, addresses, now),
        Arrived::Reply | Arrived::Booking | Arrived::Merge | Arrived::Erasure => Ok(()),
    }
}

fn bounced(tx: &WriteTx<'_>, addresses: &[String], now: Timestamp) -> Result<()> {
    for address in addresses {
        let named = Named::Mailbox(MailboxKey::of(address));
        let why = ("the address bounced", SuppressedBy::Mail);
        if suppressions::add(tx, (&named, address), Cause::Bounced, why, now)? {
            let added = Change {
                by: &By::Engine,
                event: "suppression.added",
                about: vec![address.clone()],
                detail: json!({"because": "bounce"}),
                tells: Tells::As("suppression.changed"),
                back: Back::None,
            };
            change(tx, added, now)?;
        }
    }
    Ok(())
}

/// Suppresses those whom a wish speaks for, ends what was to be written to them, and shows it.
fn opted_out(
    tx: &WriteTx<'_>,
    core: &Core,
    contact: ContactId,
    wish: &Wish,
    now: Timestamp,
) -> Result<()> {
    let alone = Alone::of(tx, contact, wish.written_from.as_deref(), &wish.scope)?;
    let suppressed = alone.suppress(tx, SuppressedBy::Mail, now)?;
    let mut step = OptOut {
        suppressed,
        turned: alone.end(tx, wish.at, now)?,
        outcome: outcome_of(wish.signal),
        in_force: true,
        by_itself: true,
        ..OptOut::default()
    };
    // What was asked before is answered now.
    answer_standing(tx, contact, &mut step, now)?;
    executions::ask_anew(tx)?;
    if step.suppressed.is_empty() && step.turned.is_empty() {
        // Known already; a demand is a duty all the same.
        return match wish.demand {
            Some(demand) => answer_demand(tx, core, contact, (wish, demand), "", now),
            None => Ok(()),
        };
    }
    let person = name_of(tx, contact)?;
    let object = alone.object(&person);
    let note = match wish.demand {
        Some(_) => None,
        None => {
            let new = New {
                action: ActionKind::NoteOptOut,
                title: format!("Opted out: {object}"),
                why: String::new(),
                due_at: now.checked_add(SOON).unwrap_or(now),
                urgency: 0.4,
            };
            let id = make(tx, core, contact, (wish.signal, wish.at), new, now)?;
            step.turned.push(undone_with(id, MoveStatus::Open, now));
            Some(id)
        }
    };
    let summary = format!("Suppressed {object}: {}", alone.reason());
    let about = match step.suppressed.as_slice() {
        [] => vec![format!("contact:{contact}")],
        new => new.iter().map(|one| one.value.clone()).collect(),
    };
    let noted = Change {
        by: &By::Engine,
        event: "suppression.added",
        about,
        detail: json!({"because": "opt-out", "signal": wish.signal, "scope": wish.scope.as_str(), "move": note}),
        tells: Tells::As("suppression.changed"),
        back: Back::Entry(&summary, PROMISE, Step::OptOut(step)),
    };
    let entry = change(tx, noted, now)?;
    let lift = lift_words(entry);
    if let Some(demand) = wish.demand {
        return answer_demand(tx, core, contact, (wish, demand), &lift, now);
    }
    match note {
        Some(id) => {
            let mut why = format!("{}{}.", quoted(&wish.sentence), capital(&alone.reason()));
            if !alone.foreign.is_empty() {
                let foreign = alone.foreign.join(", ");
                why.push_str(&format!(
                    " They also named {foreign}, not theirs, which is not suppressed."
                ));
            }
            why.push_str(&format!(" Nothing is sent to them. {lift}"));
            explain(tx, id, &why, now)
        }
        None => Ok(()),
    }
}

/// Lets a move ask whether they opted out. Nothing is sent to those whom it may speak for until it is answered.
fn in_doubt(
    tx: &WriteTx<'_>,
    core: &Core,
    contact: ContactId,
    wish: &Wish,
    now: Timestamp,
) -> Result<()> {
    if let Some(demand) = wish.demand {
        answer_demand(tx, core, contact, (wish, demand), "", now)?;
    }
    let alone = Alone::of(tx, contact, wish.written_from.as_deref(), &wish.scope)?;
    if alone.is_suppressed(tx)? {
        return Ok(());
    }
    let new = New {
        action: ActionKind::ConfirmOptOut,
        title: "Did they opt out?".into(),
        why: String::new(),
        due_at: now.checked_add(SOON).unwrap_or(now),
        urgency: 1.0,
    };
    let id = make(tx, core, contact, (wish.signal, wish.at), new, now)?;
    alone.ask(tx, id)?;
    executions::ask_anew(tx)?;
    let whom = match alone.whom.as_str() {
        "" => String::new(),
        whom => format!(", {whom}"),
    };
    let why = format!(
        "{}{}They may have asked not to be written to{whom}; mail to them waits. `caseyos consent yes {id}`: they opted out. `caseyos consent no {id}`: they did not.",
        quoted(&wish.sentence),
        if wish.is_unread {
            format!("{}. ", capital(REASON))
        } else {
            String::new()
        }
    );
    explain(tx, id, &why, now)?;
    let asked = Change {
        by: &By::Engine,
        event: "opt_out.asked",
        about: vec![format!("move:{id}")],
        detail: json!({"signal": wish.signal, "scope": wish.scope.as_str()}),
        tells: Tells::As("move.changed"),
        back: Back::None,
    };
    change(tx, asked, now).map(|_| ())
}

/// Makes the move to answer a demand by law.
fn answer_demand(
    tx: &WriteTx<'_>,
    core: &Core,
    contact: ContactId,
    (wish, demand): (&Wish, Demand),
    lift: &str,
    now: Timestamp,
) -> Result<()> {
    let person = name_of(tx, contact)?;
    let zone = core.config.operator.zone();
    let address = wish.written_from.clone().unwrap_or_else(|| person.clone());
    let to_do = match demand {
        Demand::Erasure => format!(
            "Delete their data: `caseyos hubspot gdpr-delete {address}`, and wherever else they are kept; then confirm it to them yourself."
        ),
        Demand::Access => format!(
            "Send them what is kept: `caseyos contacts show {address}` and `caseyos contacts timeline {address}`."
        ),
        Demand::Objection | Demand::Withdrawal => format!(
            "Confirm it to them yourself; `caseyos contacts show {address}` has what is kept."
        ),
    };
    let mut why = format!(
        "{}{}, to be answered within {}. {to_do}",
        quoted(&wish.sentence),
        capital(demand_words(demand).trim_start_matches("the ")),
        wish.law.term(),
    );
    if !lift.is_empty() {
        why.push_str(&format!(" Nothing else is sent to them. {lift}"));
    }
    let new = New {
        action: ActionKind::AnswerDemand,
        title: format!("Answer {} from {person}", demand_words(demand)),
        why,
        due_at: wish.law.due(wish.at, &zone),
        urgency: 0.9,
    };
    let id = make(tx, core, contact, (wish.signal, wish.at), new, now)?;
    let noted = Change {
        by: &By::Engine,
        event: "demand.received",
        about: vec![format!("move:{id}")],
        detail: json!({"demand": demand, "law": wish.law, "signal": wish.signal}),
        tells: Tells::As("move.changed"),
        back: Back::None,
    };
    change(tx, noted, now).map(|_| ())
}

impl Engine {
    /// Answers the question whether somebody opted out.
    pub(in crate::engine) fn answer_opt_out(
        &self,
        id: MoveId,
        opted_out: bool,
        whom: Option<Whom>,
    ) -> Result<Done> {
        self.write(Durability::Full, move |tx, core, now| {
            let mv = moves::load(tx, id)?.ok_or_else(|| no_such_move(id))?;
            let Some(contact) = mv
                .contact_id
                .filter(|_| mv.action == ActionKind::ConfirmOptOut)
            else {
                return Err(EngineError::Input(format!(
                    "Move {id} ({}) does not ask whether they opted out. Nothing was changed.",
                    mv.title
                )));
            };
            if !questions::is_open(tx, id)? {
                return Ok(Done::Nothing {
                    summary: format!("Move {id} was answered already ({}).", mv.close_reason),
                });
            }
            if opted_out {
                confirm(tx, &mv, contact, whom, now)
            } else {
                deny(tx, core, &mv, contact, now)
            }
        })
    }
}

fn confirm(
    tx: &WriteTx<'_>,
    mv: &MoveRow,
    contact: ContactId,
    whom: Option<Whom>,
    now: Timestamp,
) -> Result<Done> {
    let mut alone = Alone::default();
    let mut outcome = String::new();
    for signal in signals::of_move(tx, mv.id, MAX_SIGNALS)? {
        let from = signal.draft.email.as_deref();
        alone.join(match whom {
            Some(whom) => Alone::wanted(tx, contact, from, whom)?,
            None => Alone::of(tx, contact, from, &signal.draft.scope())?,
        });
        if outcome.is_empty() {
            outcome = outcome_of(signal.id);
            let observed = Observed {
                contact: Some(contact),
                signal: Some(signal.id),
                ..Observed::new(
                    OutcomeKind::EmailUnsubscribed,
                    OutcomeSource::Manual,
                    signal.draft.occurred_at,
                    outcome.clone(),
                )
            };
            record(tx, observed, now)?;
        }
    }
    let mut step = OptOut {
        suppressed: alone.suppress(tx, SuppressedBy::Operator, now)?,
        turned: alone.end(tx, now, now)?,
        outcome,
        in_force: true,
        ..OptOut::default()
    };
    answer(tx, mv, OPTED_OUT, &mut step, now)?;
    executions::ask_anew(tx)?;
    let object = alone.object(&name_of(tx, contact)?);
    let mut about = vec![format!("move:{}", mv.id)];
    about.extend(step.suppressed.iter().map(|one| one.value.clone()));
    let summary = format!("Suppressed {object}: {}", alone.reason());
    let promise =
        "The question is open again, and mail to them waits for its answer; their moves come back.";
    let confirmed = Change {
        by: &By::Operator,
        event: "opt_out.confirmed",
        about,
        detail: json!({"move": mv.id, "scope": whom}),
        tells: Tells::As("suppression.changed"),
        back: Back::Entry(&summary, promise, Step::OptOut(step)),
    };
    let undo = change(tx, confirmed, now)?;
    Ok(Done::Changed {
        summary: format!("{summary}."),
        undo,
    })
}

fn deny(
    tx: &WriteTx<'_>,
    core: &Core,
    mv: &MoveRow,
    contact: ContactId,
    now: Timestamp,
) -> Result<Done> {
    let mut step = OptOut {
        in_force: true,
        ..OptOut::default()
    };
    answer(tx, mv, "they did not opt out", &mut step, now)?;
    let mut came = Vec::new();
    for signal in signals::of_move(tx, mv.id, MAX_SIGNALS)?.into_iter().rev() {
        let told = wish_in(&signal.draft, signal.id);
        if let Some(Arrived::Doubt(wish)) = &told
            && wish.demand.is_none()
        {
            came.extend(propose_after_all(tx, core, signal.id, now)?);
        }
    }
    let made = came.iter();
    step.turned
        .extend(made.map(|id| undone_with(*id, MoveStatus::Open, now)));
    let what = Arrived::Reply;
    core.tell(tx, &Happened { contact, what }, now)?;
    executions::ask_anew(tx)?;
    let person = name_of(tx, contact)?;
    let summary = format!("{person} did not opt out");
    let promise = "The question is open again, and mail to them waits for its answer; mail that has left cannot be unsent.";
    let denied = Change {
        by: &By::Operator,
        event: "opt_out.denied",
        about: vec![format!("move:{}", mv.id)],
        detail: json!({"moves": came}),
        tells: Tells::As("move.changed"),
        back: Back::Entry(&summary, promise, Step::OptOut(step)),
    };
    let undo = change(tx, denied, now)?;
    let next = match came.as_slice() {
        [] => String::new(),
        [id, ..] => format!(" Move {id} answers them."),
    };
    Ok(Done::Changed {
        summary: format!("{summary}: mail to them is free again.{next}"),
        undo,
    })
}

/// A move of this feature, as it is to be made.
struct New {
    action: ActionKind,
    title: String,
    why: String,
    due_at: Timestamp,
    urgency: f64,
}

/// Makes a move about a contact, or renews the one that stands.
fn make(
    tx: &WriteTx<'_>,
    core: &Core,
    contact: ContactId,
    (signal, at): (SignalId, Timestamp),
    new: New,
    now: Timestamp,
) -> Result<MoveId> {
    let subject = MoveSubject::Contact(contact);
    let standing = moves::find_standing(tx, subject, new.action.family())?;
    let row = MoveRow {
        id: standing.as_ref().map_or(MoveId(0), |mv| mv.id),
        subject,
        contact_id: Some(contact),
        deal_id: None,
        lead_signal_id: signal,
        action: new.action,
        domain: Domain::Sales,
        status: MoveStatus::Open,
        title: clean_line(&new.title, 120),
        rule: RULE.into(),
        template: String::new(),
        components: [0.5, new.urgency, 0.1, 0.8],
        why: [
            "their wish comes before money".into(),
            new.why,
            "what they ask for is a duty".into(),
        ],
        score: Points(0),
        started_at: at,
        // A duty that is due does not get more time by another letter.
        due_at: standing
            .as_ref()
            .map_or(new.due_at, |mv| mv.due_at.min(new.due_at)),
        changes_at: now,
        snoozed_until: None,
        created_at: standing.map_or(at, |mv| mv.created_at),
        closed_at: None,
        close_reason: String::new(),
    };
    let id = moves::save(tx, &row, now)?;
    moves::add_evidence(tx, id, signal)?;
    rescore(tx, core, ScoringScope::Move(id), now)?;
    tx.emit(now, "move.proposed", format!("move:{id}"))?;
    Ok(id)
}

/// Writes down why a move came up, once its own number and that of the undo entry are known.
fn explain(tx: &WriteTx<'_>, id: MoveId, why: &str, now: Timestamp) -> Result<()> {
    if let Some(mut mv) = moves::load(tx, id)? {
        let [_, reason, _] = &mut mv.why;
        why.clone_into(reason);
        moves::save(tx, &mv, now)?;
    }
    Ok(())
}

/// Returns the turn of a move that came up by a change: taken back, it goes.
fn undone_with(id: MoveId, after: MoveStatus, now: Timestamp) -> Turned {
    Turned {
        before: MoveState {
            id,
            status: MoveStatus::Expired,
            snoozed_until: None,
            closed_at: Some(now),
            close_reason: "what it came of was taken back".into(),
        },
        after,
    }
}

fn name_of(tx: &WriteTx<'_>, contact: ContactId) -> Result<String> {
    Ok(people::load(tx, contact)?.map_or_else(|| format!("contact {contact}"), |p| p.name()))
}

/// Names the outcome of an opt-out by mail.
fn outcome_of(signal: SignalId) -> String {
    format!("signal:{signal}:{}", OutcomeKind::EmailUnsubscribed)
}

fn lift_words(entry: Option<UndoId>) -> String {
    entry.map_or_else(String::new, |id| format!("`caseyos undo {id}` lifts it."))
}

fn quoted(sentence: &str) -> String {
    match sentence {
        "" => String::new(),
        sentence => format!("\"{sentence}\" "),
    }
}
