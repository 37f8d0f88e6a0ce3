//! Signals about nobody known, given to somebody.

use serde_json::json;

use crate::domain::by::By;
use crate::domain::id::SignalId;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::{Done, MatchTo};
use crate::engine::handle::Engine;
use crate::engine::road::intake::{assign, person_of};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::store::{Durability, people, signals};

impl Engine {
    pub(in crate::engine) fn match_signal(&self, id: SignalId, to: MatchTo) -> Result<Done> {
        self.write(Durability::Full, move |tx, core, now| {
            let contact = match &to {
                MatchTo::Contact(contact) => *contact,
                MatchTo::New {
                    name,
                    email,
                    company,
                } => {
                    let signal = signals::find(tx, id)?
                        .ok_or_else(|| EngineError::NotFound(format!("There is no signal {id}.")))?;
                    let person = person_of(&signal.draft, (name, email, company))?;
                    match people::find_by_email(tx, &person.email)? {
                        Some(known) => known,
                        None => {
                            let made = people::add(tx, &person, now)?;
                            tx.emit(now, "contact.added", format!("contact:{made}"))?;
                            made
                        }
                    }
                }
            };
            let assigned = assign(tx, core, id, contact, now)?;
            let name = assigned.person.name();
            let summary = format!("Matched signal {id} to {name}");
            let promise = "The signal is about nobody known again; the move and the outcomes that came of it are withdrawn. A contact that was made for it stays.";
            let step = Step::Signal {
                id,
                contact,
                matched: true,
                closed: assigned.closed,
            };
            let mv = assigned.mv.as_ref().map(|mv| mv.id);
            let matched = Change {
                by: &By::Operator,
                event: "signal.matched",
                about: vec![format!("signal:{id}")],
                detail: json!({"contact": contact, "move": mv}),
                tells: Tells::Nothing,
                back: Back::Entry(&summary, promise, step),
            };
            let undo = change(tx, matched, now)?;
            let led = match assigned.mv {
                Some(mv) => format!("{summary}: move {}, {}.", mv.id, mv.title),
                None => format!("{summary}."),
            };
            Ok(Done::Changed {
                summary: led,
                undo,
            })
        })
    }
}
