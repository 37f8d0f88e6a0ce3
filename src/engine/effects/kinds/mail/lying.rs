//! A draft that lies in its mailbox, taken up again from here: its words are changed in place, or it is sent once the mode is live.
//!
//! Either way the draft as it lies there is looked at first. What the operator changed there is never overwritten, and consent is bound to what
//! the draft says now. The execution is queued again and goes the common road: guards, claim, delivery, settling. Until it is delivered its
//! `location` says where the draft lies, so that an approval that is taken back leaves the draft where it was.

use jiff::Timestamp;
use serde_json::json;

use super::draft::{Content, hex};
use super::drafts::{Found, content_as_left, recipient};
use super::post::Post;
use super::render::{content_of, is_as_rendered, render_content};
use super::written;
use crate::domain::by::By;
use crate::domain::effect::EffectKind;
use crate::domain::guard::{Mode, Verdict, binding};
use crate::domain::id::{ExecutionId, MoveId};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::WaitsFor;
use crate::domain::text::clean_line;
use crate::engine::effects::answer::sent;
use crate::engine::effects::ask::{Asked, expiry, undo_window};
use crate::engine::effects::forecast::{Outlook, Wish};
use crate::engine::effects::gate::{self, Candidate, Consent};
use crate::engine::effects::outcome::sentence_of;
use crate::engine::effects::take_back::set_move;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::Core;
use crate::engine::ground::lookup::find_message;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::env::crash_point;
use crate::store::drafts::{LeftAs, Requeued};
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::DraftRow;
use crate::store::{Durability, ReadTx, WriteTx, drafts, executions, moves, people, undo};

/// A draft as it lies in its mailbox.
enum Lying {
    /// As it was put there.
    AsMade,
    /// Changed there.
    Changed(Box<Content>),
}

impl Engine {
    /// Returns the execution of a move whose draft lies in a mailbox.
    pub(in crate::engine) fn drafted_of(&self, id: MoveId) -> Result<Option<ExecutionRow>> {
        let rows = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::of_move(tx, id)?))?;
        Ok(rows
            .into_iter()
            .find(|row| row.status == ExecutionStatus::Drafted))
    }

    /// Looks at a draft as it lies there; the error says why nothing can be done with it.
    fn look_at_draft(&self, row: &ExecutionRow) -> Result<Option<Lying>> {
        let gone = || {
            EngineError::Input(format!(
                "The draft to {} is no longer in \"{}\". Nothing was done; the next sync tells what became of it, and `caseyos undo --list` has the entry that opens the move again.",
                row.to_key, row.transport
            ))
        };
        match self.look_after_draft(row)? {
            Found::Left => return Ok(None),
            Found::Gone => return Err(gone()),
            Found::Lies => {}
        }
        let mail = Post::of(self.outside(), &row.transport)?
            .lying_draft(row)?
            .ok_or_else(gone)?;
        let rendered = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::rendered(tx, row.id)?))?;
        if is_as_rendered(&rendered, &mail) {
            return Ok(Some(Lying::AsMade));
        }
        if mail.attachments > 0 {
            return Err(EngineError::Input(format!(
                "The draft to {} has attachments since it was changed in \"{}\", which cannot be sent from here. Nothing was done; send it there, and the next sync notes it.",
                row.to_key, row.transport
            )));
        }
        let content = content_as_left(&content_of(row)?, &mail);
        Ok(Some(Lying::Changed(Box::new(content))))
    }

    /// Gives a draft that lies in a mailbox other words, in place; none if the move has no such draft.
    pub(in crate::engine) fn edit_lying_draft(
        &self,
        id: MoveId,
        draft: &DraftRow,
    ) -> Result<Option<Done>> {
        let Some(row) = self.drafted_of(id)? else {
            return Ok(None);
        };
        match self.look_at_draft(&row)? {
            None => {
                return Ok(Some(Done::Blocked {
                    summary: format!(
                        "The mail to {} was sent by hand meanwhile. Nothing was changed.",
                        row.to_key
                    ),
                    verdicts: Vec::new(),
                }));
            }
            Some(Lying::Changed(_)) => {
                return Err(EngineError::Input(format!(
                    "The draft to {} was changed in \"{}\" since it was made, and those words would be lost. Nothing was changed; edit it there, or take it back with `caseyos undo` first.",
                    row.to_key, row.transport
                )));
            }
            Some(Lying::AsMade) => {}
        }
        let (draft, execution) = (draft.clone(), row.id);
        let is_new = self.write(Durability::Full, move |tx, core, now| {
            let content = Content {
                subject: draft.subject.clone(),
                body: draft.body.clone(),
                ..content_of(&row)?
            };
            if content.hash() == row.content_hash {
                return Ok(false);
            }
            render_content(&content, &row.message_id, now)?;
            moves::set_draft(tx, id, Some(&draft), now)?;
            let anew = Requeued {
                not_before: now,
                waits_for: WaitsFor::Turn,
                ..requeued(&row, &content, &By::Operator, expiry(core, now), now)?
            };
            queue_again(
                tx,
                &row,
                (&anew, &content),
                "execution.redrafted",
                Back::None,
                now,
            )
        })?;
        if !is_new {
            return Ok(Some(Done::Nothing {
                summary: format!("The draft of move {id} already says that."),
            }));
        }
        crash_point("draft-edited");
        self.finish_in_turn(execution).map(Some)
    }

    /// Sends a draft that lies in a mailbox, as it lies there, if the guards let it.
    pub(in crate::engine) fn send_lying_draft(
        &self,
        row: &ExecutionRow,
        seen: Option<[u8; 32]>,
        by: By,
    ) -> Result<Done> {
        let content = match self.look_at_draft(row)? {
            None => {
                let row = self.store().read(|tx| find_message(tx, row.id))?;
                return Ok(sent(self.core(), &row, None));
            }
            Some(Lying::AsMade) => content_of(row)?,
            Some(Lying::Changed(content)) if seen == Some(content.hash()) => {
                self.adopt(row, &content)?;
                *content
            }
            Some(Lying::Changed(content)) => {
                self.adopt(row, &content)?;
                return Ok(Done::Blocked {
                    summary: format!(
                        "The draft to {} was changed in \"{}\" since it was made. Nothing was sent. It says now, under \"{}\": {} Approve it again to send that.",
                        content.to,
                        row.transport,
                        content.subject,
                        clean_line(&content.body, 2000)
                    ),
                    verdicts: Vec::new(),
                });
            }
        };
        if seen.is_some_and(|seen| seen != content.hash()) {
            return Err(EngineError::Input(format!(
                "The draft to {} has changed since you looked at it. Nothing was approved; look again.",
                row.to_key
            )));
        }
        let id = row.id;
        let approved = self.write(Durability::Full, move |tx, core, now| {
            approve_lying(tx, core, id, &content, &by, now)
        })?;
        crash_point("draft-approved");
        self.carry_out(approved)
    }

    /// Says what became of a draft that was approved before, if it lies there no more.
    pub(in crate::engine) fn no_more_a_draft(&self, row: &ExecutionRow) -> Result<Option<Done>> {
        // Where the mailbox cannot be asked, what was known last is the answer.
        let found = self.look_after_draft(row).unwrap_or(Found::Lies);
        Ok(match found {
            Found::Lies => None,
            Found::Left => {
                let row = self.store().read(|tx| find_message(tx, row.id))?;
                Some(sent(self.core(), &row, None))
            }
            Found::Gone => Some(Done::Nothing {
                summary: format!(
                    "The draft to {} is no longer in \"{}\", and nothing shows yet that it was sent. The next sync tells what became of it.",
                    row.to_key, row.transport
                ),
            }),
        })
    }

    /// Shows what sending a lying draft would send: what it says now.
    pub(in crate::engine) fn preview_lying_draft(&self, row: &ExecutionRow) -> Result<Done> {
        let content = match self.look_at_draft(row)? {
            None => {
                return Ok(Done::Nothing {
                    summary: format!(
                        "The draft to {} was sent by hand. Nothing would be sent.",
                        row.to_key
                    ),
                });
            }
            Some(Lying::AsMade) => content_of(row)?,
            Some(Lying::Changed(content)) => *content,
        };
        let now = self.now();
        let message = render_content(&content, &row.message_id, now)?;
        let verdicts = self.store().read(|tx| {
            let person = row.contact_id.map(|c| people::load(tx, c)).transpose()?;
            let person = person.flatten();
            let mut asked = verdicts(tx, self.core(), row, &content, &By::Operator, now)?;
            let wish = Wish {
                person: person.as_ref(),
                to_key: &row.to_key,
                class: row.class,
            };
            Outlook::new(tx, self.core(), now).say(wish, &mut asked)?;
            Ok::<_, EngineError>(asked)
        })?;
        let summary = match binding(&verdicts) {
            Some(refusal) => format!(
                "Would be held by {}: {}. Nothing was sent.",
                refusal.guard.words(),
                refusal.detail.trim_end_matches('.')
            ),
            None => format!(
                "Would send the draft to {} as it lies. Nothing was sent.",
                content.to
            ),
        };
        Ok(Done::Shown {
            summary,
            message: String::from_utf8_lossy(&message).into_owned(),
            verdicts,
        })
    }

    /// Takes over what the operator wrote in the mailbox, so that the next approval is bound to it.
    fn adopt(&self, row: &ExecutionRow, content: &Content) -> Result<()> {
        let (row, content) = (row.clone(), content.clone());
        self.write(Durability::Full, move |tx, _, now| {
            let rendered = render_content(&content, &row.message_id, now)?;
            let text = written(&content)?;
            if !drafts::adopt(
                tx,
                row.id,
                &text,
                content.hash(),
                &content.subject,
                &rendered,
            )? {
                return Ok(());
            }
            let words = DraftRow {
                subject: content.subject.clone(),
                body: content.body.clone(),
            };
            if let Some(mv) = row.move_id {
                moves::set_draft(tx, mv, Some(&words), now)?;
            }
            let detail = json!({"move": row.move_id, "content_hash": hex(&content.hash())});
            let subject = format!("execution:{}", row.id);
            let changed = Change {
                by: &By::Operator,
                event: "execution.draft_changed",
                about: vec![subject],
                detail,
                tells: Tells::Of("move.changed", about(&row)),
                back: Back::None,
            };
            change(tx, changed, now).map(|_| ())
        })
    }
}

/// Names the move of an execution, or the execution itself, for an event.
fn about(row: &ExecutionRow) -> String {
    row.move_id.map_or_else(
        || format!("execution:{}", row.id),
        |id| format!("move:{id}"),
    )
}

fn requeued(
    row: &ExecutionRow,
    content: &Content,
    by: &By,
    expires: Timestamp,
    now: Timestamp,
) -> Result<Requeued> {
    Ok(Requeued {
        mode: row.mode,
        content: written(content)?,
        content_hash: content.hash(),
        subject: content.subject.clone(),
        approved_by: by.clone(),
        approved_at: now,
        approval_expires_at: expires,
        not_before: now,
        waits_for: WaitsFor::Turn,
        class: row.class,
    })
}

/// Queues the execution of a lying draft again; returns whether its draft was still known to lie there.
fn queue_again(
    tx: &WriteTx<'_>,
    row: &ExecutionRow,
    (anew, content): (&Requeued, &Content),
    event: &'static str,
    back: Back<'_>,
    now: Timestamp,
) -> Result<bool> {
    if !drafts::queue_again(tx, row.id, anew)? {
        return Ok(false);
    }
    let (to_key, contact) = recipient(tx, row, content)?;
    let as_it_lies = LeftAs {
        subject: &content.subject,
        to_key: &to_key,
        contact,
    };
    drafts::set_left_as(tx, row.id, &as_it_lies)?;
    set_move(tx, row, MoveStatus::Approved, None, "", now)?;
    let detail =
        json!({"move": row.move_id, "content_hash": hex(&anew.content_hash), "mode": anew.mode});
    let queued = Change {
        by: &anew.approved_by,
        event,
        about: vec![format!("execution:{}", row.id)],
        detail,
        tells: Tells::Of("approval.given", about(row)),
        back,
    };
    change(tx, queued, now)?;
    Ok(true)
}

fn verdicts(
    tx: &ReadTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    content: &Content,
    by: &By,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    // The operator may have given the draft another recipient where it lies.
    let (to_key, contact) = recipient(tx, row, content)?;
    let person = contact.map(|c| people::load(tx, c)).transpose()?.flatten();
    let text = written(content)?;
    let candidate = Candidate {
        kind: EffectKind::Mail,
        content: &text,
        person: person.as_ref(),
        to_key: &to_key,
        content_hash: content.hash(),
        consent: Consent {
            by: by.clone(),
            expires_at: expiry(core, now),
            content_hash: content.hash(),
        },
        earlier: None,
        approved: Mode::Live,
        class: row.class,
        carrier: Ok(row.transport.clone()),
    };
    gate::ask(tx, core, candidate, now)
}

fn approve_lying(
    tx: &WriteTx<'_>,
    core: &Core,
    id: ExecutionId,
    content: &Content,
    by: &By,
    now: Timestamp,
) -> Result<Asked> {
    let row = find_message(tx, id)?;
    let answered = |done| Ok(Asked::Answered(Box::new(done)));
    if row.status != ExecutionStatus::Drafted {
        return answered(Done::Nothing {
            summary: format!("Message {id} is {} since. Nothing was done.", row.status),
        });
    }
    gate::review_deliverability(tx, core, now)?;
    let asked = verdicts(tx, core, &row, content, by, now)?;
    if let Some(refusal) = binding(&asked).filter(|v| v.clears_at.is_none()) {
        let detail = json!({"guard": refusal.guard, "because": refusal.detail, "verdicts": asked});
        let refused = Change {
            by,
            event: "approval.refused",
            about: vec![about(&row)],
            detail,
            tells: Tells::Same,
            back: Back::None,
        };
        change(tx, refused, now)?;
        let summary = format!(
            "Blocked by {}: {}. The draft lies where it was; nothing was sent.",
            refusal.guard.words(),
            refusal.detail.trim_end_matches('.')
        );
        return answered(Done::Blocked {
            summary,
            verdicts: asked,
        });
    }
    let (not_before, waits_for) = undo_window(core, Mode::Live, now);
    let anew = Requeued {
        mode: Mode::Live,
        not_before,
        waits_for,
        ..requeued(&row, content, by, expiry(core, now), now)?
    };
    let earlier = undo::of_execution(tx, id)?;
    let title = format!("Send the draft to {}", row.to_key);
    let promise =
        "Until it leaves, the draft stays where it lies. Once it has left it cannot be unsent.";
    let back = Back::Entry(&title, promise, Step::Execution { id });
    if !queue_again(tx, &row, (&anew, content), "approval.given", back, now)? {
        return answered(Done::Nothing {
            summary: format!("Message {id} was taken up elsewhere. Nothing was done."),
        });
    }
    executions::save_verdicts(tx, id, "approval", &asked)?;
    // The newest entry says what can be taken back now; the one of the draft comes back with the draft.
    if let Some(entry) = earlier {
        undo::mark(tx, entry, now)?;
    }
    let undo = undo::of_execution(tx, id)?;
    let row = find_message(tx, id)?;
    let beyond = binding(&asked).filter(|v| v.clears_at.is_some_and(|at| at > not_before));
    if let (Some(refusal), true) = (beyond, not_before > now) {
        executions::note_held(tx, id, &sentence_of(refusal), refusal.clears_at)?;
    }
    if not_before <= now {
        return Ok(Asked::Go(id, undo));
    }
    let held = if beyond.is_some() { asked } else { Vec::new() };
    Ok(Asked::Waits(Box::new(row), undo, held))
}
