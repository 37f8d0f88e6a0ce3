//! The one door: everything that leaves is asked for here, whoever asks.
//!
//! A content becomes a row with its hash, the consent to exactly that hash, the guards' answers and an entry of the undo list, in one transaction.
//! The same effect is not asked for twice: its name is unique among the rows that live.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::forecast::{Outlook, foretell};
use super::gate::{self, Candidate, Consent};
use super::kind::Made;
use super::kinds;
use super::outcome::sentence_of;

use crate::domain::action::ActionKind;
use crate::domain::audit::hex;
use crate::domain::by::By;
use crate::domain::effect::{Ended, Origin};
use crate::domain::email::left::own_prefix;
use crate::domain::email::message_id::MessageId;
use crate::domain::guard::{GuardKind, InDraft, Mode, Verdict, binding};
use crate::domain::id::{ContactId, ExecutionId, MoveId, UndoId};
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::{Core, instance};
use crate::engine::ground::say::sentence;
use crate::engine::handle::Engine;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::engine::undo::step::Step;
use crate::env::crash_point;
use crate::store::executions::{End, ExecutionRow, ExecutionStatus};
use crate::store::people::Person;
use crate::store::{Durability, ReadTx, WriteTx, executions, people};

/// An effect that is asked for.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Ask {
    /// The effect.
    pub made: Made,
    /// Its origin.
    pub origin: Origin,
    /// The move that asks for it.
    pub move_id: Option<MoveId>,
    /// The person whom it reaches or is about.
    pub contact: Option<ContactId>,
    /// The execution that it takes back.
    pub undoes: Option<ExecutionId>,
    /// The action that it stands for.
    pub action: ActionKind,
    /// Its idempotency key; one of its own if none.
    pub key: Option<String>,
    /// The one who consents.
    pub by: By,
    /// The hash of the content that was looked at; none consents to the content as it is.
    pub seen: Option<[u8; 32]>,
    /// True to keep it where a guard holds it that the operator can lift: it has nothing else to come back to.
    pub keeps: bool,
    /// True to let it go without the undo window.
    pub at_once: bool,
}

impl Ask {
    /// Returns a wish of the operator's own.
    pub fn wish(made: Made, action: ActionKind) -> Self {
        Self {
            made,
            origin: Origin::Wish,
            move_id: None,
            contact: None,
            undoes: None,
            action,
            key: None,
            by: By::Operator,
            seen: None,
            keeps: false,
            at_once: false,
        }
    }
}

/// The answer to an ask.
pub(in crate::engine) enum Asked {
    /// It is queued and may go now.
    Go(ExecutionId, Option<UndoId>),
    /// It waits: for the undo window, or for the guards that are named.
    Waits(Box<ExecutionRow>, Option<UndoId>, Vec<Verdict>),
    /// Nothing was asked for.
    Answered(Box<Done>),
}

/// A wish as its feature makes it of what is known now.
pub(in crate::engine) enum Wish {
    /// An effect.
    Ask(Box<Ask>),
    /// There is nothing to ask for.
    Answered(Done),
}

impl Engine {
    /// Asks for an effect that `make` makes of what is known now, and carries it out if the guards let it; `dry_run` shows it only.
    pub(in crate::engine) fn ask_for(
        &self,
        dry_run: bool,
        make: impl FnOnce(&ReadTx<'_>, &Core, Timestamp) -> Result<Wish> + Send + 'static,
    ) -> Result<Done> {
        if dry_run || self.core().mode() == Mode::DryRun {
            let now = self.now();
            return self.store().read(|tx| match make(tx, self.core(), now)? {
                Wish::Answered(done) => Ok(done),
                Wish::Ask(ask) => preview(tx, self.core(), &ask, now),
            });
        }
        // A claim that an earlier process left behind may be of this very effect.
        self.reconcile()?;
        crash_point("before-ask");
        let asked = self.write(Durability::Full, move |tx, core, now| {
            match make(tx, core, now)? {
                Wish::Answered(done) => Ok(Asked::Answered(Box::new(done))),
                Wish::Ask(ask) => ask_in(tx, core, *ask, now),
            }
        })?;
        crash_point("after-ask");
        let execution = match &asked {
            Asked::Go(id, _) => Some(*id),
            _ => None,
        };
        let done = self.carry_out(asked);
        match execution {
            Some(id) => self.as_wished(id, done),
            None => done,
        }
    }

    /// Says the end of a wish in its own words. One that was refused while the operator looked is not kept for later.
    fn as_wished(&self, id: ExecutionId, done: Result<Done>) -> Result<Done> {
        let row = self
            .store()
            .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))?;
        let Some(row) = row else {
            return done;
        };
        if row.status == ExecutionStatus::Failed {
            return self.drop_refused(row, done);
        }
        match done? {
            Done::Sent { summary, .. } if row.ended == Ended::SaysSo => {
                Ok(Done::Nothing { summary })
            }
            Done::Sent { summary, undo, .. } => Ok(Done::Changed { summary, undo }),
            other => Ok(other),
        }
    }

    /// Drops an effect that was refused while the operator looked, and says why.
    pub(in crate::engine) fn drop_refused(
        &self,
        row: ExecutionRow,
        done: Result<Done>,
    ) -> Result<Done> {
        let summary = format!("{}: {}", row.subject, row.error);
        let ended = row.ended;
        self.write(Durability::Full, move |tx, _, now| {
            let end = End {
                to: ExecutionStatus::Cancelled,
                ended: row.ended,
                location: "",
                because: &row.error,
            };
            Ok(executions::settle(tx, row.id, row.status, end, now)?)
        })?;
        match ended {
            Ended::Conflict => Ok(Done::Blocked {
                summary,
                verdicts: Vec::new(),
            }),
            Ended::Theirs => Ok(Done::Nothing { summary }),
            _ => done,
        }
    }

    /// Carries out what was asked for, or says what it waits for.
    pub(in crate::engine) fn carry_out(&self, asked: Asked) -> Result<Done> {
        match asked {
            Asked::Answered(done) => Ok(*done),
            Asked::Waits(row, undo, verdicts) => self.waits(&row, undo, verdicts),
            Asked::Go(id, undo) => {
                let outcome = self.execute_in_turn(id)?;
                self.answer(id, undo, outcome)
            }
        }
    }

    /// Refuses what must not wait in a queue: nothing may leave now.
    pub(in crate::engine) fn must_be_free(&self) -> Result<Option<Done>> {
        let now = self.now();
        let core = self.core();
        let refusal = self
            .store()
            .read(|tx| gate::standing_refusal(tx, core, now))?;
        Ok(refusal.map(|v| Done::Blocked {
            summary: format!(
                "Not done, by {}: {} Nothing was written.",
                v.guard.words(),
                sentence(&v.detail)
            ),
            verdicts: vec![v],
        }))
    }
}

fn person_of(tx: &ReadTx<'_>, contact: Option<ContactId>) -> Result<Option<Person>> {
    Ok(contact.map(|c| people::load(tx, c)).transpose()?.flatten())
}

/// Returns the mode that an effect is approved in: one without a draft is approved to leave, whenever it may.
fn approved_mode(core: &Core, made: &Made) -> Mode {
    match kinds::of(made.kind).asks().in_draft {
        InDraft::Makes(_) => core.mode(),
        InDraft::Refuses(_) => Mode::Live,
    }
}

/// Returns the guards' answers as they would be if `by` consented now.
pub(in crate::engine) fn verdicts(
    tx: &ReadTx<'_>,
    core: &Core,
    ask: &Ask,
    earlier: Option<(ExecutionId, &'static str)>,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let effect = kinds::of(ask.made.kind);
    let person = person_of(tx, ask.contact)?;
    let to_key = ask.made.to_key();
    let hash = effect.hash(&ask.made.content);
    let candidate = Candidate {
        kind: ask.made.kind,
        content: &ask.made.content,
        person: person.as_ref(),
        to_key: &to_key,
        content_hash: hash,
        consent: Consent {
            by: ask.by.clone(),
            expires_at: expiry(core, now),
            content_hash: hash,
        },
        earlier,
        approved: approved_mode(core, &ask.made),
        class: class_of(tx, ask, &to_key)?,
        carrier: effect.carrier(core),
    };
    gate::ask(tx, core, candidate, now)
}

fn class_of(tx: &ReadTx<'_>, ask: &Ask, to_key: &str) -> Result<SendClass> {
    if kinds::of(ask.made.kind).asks().limits {
        return gate::class_of(tx, ask.contact, to_key, &ask.made.in_reply_to);
    }
    // It takes no mail's place, so it waits for none.
    Ok(SendClass::Reply)
}

/// Returns the end of a consent that is given now.
pub(in crate::engine) fn expiry(core: &Core, now: Timestamp) -> Timestamp {
    let hours = i64::from(core.config.limits.approval_hours);
    now.checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MAX)
}

/// Returns the end of the time in which an effect that is approved now can be taken back before it leaves. Drafts are made at once.
pub(in crate::engine) fn undo_window(
    core: &Core,
    mode: Mode,
    now: Timestamp,
) -> (Timestamp, WaitsFor) {
    let seconds = i64::from(core.config.outbox.undo_seconds);
    match now.checked_add(SignedDuration::from_secs(seconds)) {
        Ok(end) if mode == Mode::Live && seconds > 0 => (end, WaitsFor::UndoWindow),
        _ => (now, WaitsFor::Turn),
    }
}

/// Asks for an effect within a transaction.
pub(in crate::engine) fn ask_in(
    tx: &WriteTx<'_>,
    core: &Core,
    ask: Ask,
    now: Timestamp,
) -> Result<Asked> {
    let answered = |done| Ok(Asked::Answered(Box::new(done)));
    let effect = kinds::of(ask.made.kind);
    let hash = effect.hash(&ask.made.content);
    if ask.seen.is_some_and(|seen| seen != hash) {
        return Err(EngineError::Input(format!(
            "{} has changed since you looked at it. Nothing was approved; look again.",
            subject_of(&ask)
        )));
    }
    let mut row = draw_up(tx, core, &ask, now)?;
    row.once = effect.once(tx, &row)?;
    if let Some(other) = effect.rival(tx, &row)? {
        if effect.may_differ() && effect.hash(&other.content) != hash {
            return Err(EngineError::Input(format!(
                "Message {0} ({1}: {2}) changes the same and says something else. Nothing was written; `caseyos outbox drop {0}` takes that one back, then ask again.",
                other.id, other.subject, other.status
            )));
        }
        return answered(Done::Nothing {
            summary: effect.said_before(tx, core, &other)?,
        });
    }
    let asked = verdicts(tx, core, &ask, None, now)?;
    if core.mode() == Mode::DryRun {
        return answered(preview(tx, core, &ask, now)?);
    }
    let refusal = binding(&asked).filter(|v| v.clears_at.is_none());
    let is_kept = |v: &Verdict| ask.keeps && !gate::is_final(v);
    if let Some(refusal) = refusal.filter(|v| !is_kept(v)) {
        return refuse(tx, &ask, refusal, &asked, now);
    }
    // A message that cannot be built must be refused now, while the operator looks, not when it is claimed.
    effect.request(core, &row, now)?;
    executions::insert(tx, &row)?;
    executions::save_verdicts(tx, row.id, "approval", &asked)?;
    if row.mode == Mode::Live && effect.asks().limits {
        gate::review_deliverability(tx, core, now)?;
    }
    // A guard that clears within the undo window holds nothing up.
    let beyond = binding(&asked).filter(|v| v.clears_at.is_none_or(|at| at > row.not_before));
    let waits = row.not_before > now || refusal.is_some();
    if let (Some(refusal), true) = (beyond, waits) {
        executions::note_held(tx, row.id, &sentence_of(refusal), refusal.clears_at)?;
    }
    let subject = format!("execution:{}", row.id);
    let detail = json!({"move": row.move_id, "origin": row.origin, "kind": row.kind, "what": row.subject,
        "content_hash": hex(&hash), "mode": core.mode(), "verdicts": asked});
    let about = row
        .move_id
        .map_or_else(|| subject.clone(), |id| format!("move:{id}"));
    let words = undo_words(tx, core, &ask, &row)?;
    let back = match &words {
        Some((summary, promise)) => Back::Entry(summary, promise, Step::Execution { id: row.id }),
        None => Back::None,
    };
    let given = Change {
        by: &ask.by,
        event: "approval.given",
        about: vec![subject],
        detail,
        tells: Tells::Of("approval.given", about),
        back,
    };
    let undo = change(tx, given, now)?;
    if !waits {
        return Ok(Asked::Go(row.id, undo));
    }
    let held = if beyond.is_some() { asked } else { Vec::new() };
    Ok(Asked::Waits(Box::new(row), undo, held))
}

fn subject_of(ask: &Ask) -> String {
    match ask.move_id {
        Some(id) => format!("What move {id} would do"),
        None => ask.made.subject.clone(),
    }
}

fn refuse(
    tx: &WriteTx<'_>,
    ask: &Ask,
    refusal: &Verdict,
    verdicts: &[Verdict],
    now: Timestamp,
) -> Result<Asked> {
    let subject = match ask.move_id {
        Some(id) => format!("move:{id}"),
        None => format!("effect:{}", ask.made.kind),
    };
    let detail = json!({"guard": refusal.guard, "because": refusal.detail, "what": ask.made.subject, "verdicts": verdicts});
    let refused = Change {
        by: &ask.by,
        event: "approval.refused",
        about: vec![subject],
        detail,
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, refused, now)?;
    Ok(Asked::Answered(Box::new(Done::Blocked {
        summary: format!(
            "Blocked by {}: {}. Nothing was approved or sent.",
            refusal.guard.words(),
            refusal.detail.trim_end_matches('.')
        ),
        verdicts: verdicts.to_vec(),
    })))
}

/// The summary and the promise of an approval's entry in the undo list. What takes something back, and what follows a change made here, has no
/// entry of its own.
fn undo_words(
    tx: &ReadTx<'_>,
    core: &Core,
    ask: &Ask,
    row: &ExecutionRow,
) -> Result<Option<(String, String)>> {
    if matches!(ask.origin, Origin::Undo | Origin::Push) {
        return Ok(None);
    }
    let effect = kinds::of(row.kind);
    let what = match ask.move_id {
        Some(id) => {
            let title = crate::store::moves::load(tx, id)?.map(|mv| mv.title);
            format!("Approve {}", title.unwrap_or_else(|| row.subject.clone()))
        }
        None => row.subject.clone(),
    };
    let summary = match row.to_key.as_str() {
        "" => what,
        to => format!("{what} ({to})"),
    };
    let promise = match (row.mode, effect.asks().in_draft) {
        (Mode::Draft | Mode::DryRun, InDraft::Makes(_)) => {
            "The draft is removed from the Drafts folder and the move comes back.".to_owned()
        }
        _ => effect.shown(core, &row.content)?.promise,
    };
    Ok(Some((summary, promise)))
}

/// Draws up the row of an effect, with everything but its name.
pub(in crate::engine) fn draw_up(
    tx: &ReadTx<'_>,
    core: &Core,
    ask: &Ask,
    now: Timestamp,
) -> Result<ExecutionRow> {
    let effect = kinds::of(ask.made.kind);
    let id = executions::next_id(tx)?;
    let to_key = ask.made.to_key();
    let salt = salt(core, ask, now);
    let mode = approved_mode(core, &ask.made);
    let (not_before, waits_for) = if effect.waits(&ask.made.content) && !ask.at_once {
        undo_window(core, mode, now)
    } else {
        (now, WaitsFor::Turn)
    };
    Ok(ExecutionRow {
        id,
        origin: ask.origin,
        move_id: ask.move_id,
        undoes: ask.undoes,
        contact_id: ask.contact,
        action: ask.action,
        kind: ask.made.kind,
        idempotency_key: ask.key.clone().unwrap_or_else(|| format!("effect:{id}")),
        once: String::new(),
        status: ExecutionStatus::Queued,
        ended: Ended::Not,
        mode,
        transport: effect.carrier(core).map_err(EngineError::Input)?,
        to_domain: to_key
            .rsplit_once('@')
            .map_or_else(String::new, |(_, domain)| domain.to_owned()),
        to_key,
        subject: ask.made.subject.clone(),
        message_id: message_id(tx, core, id, &salt)?.to_string(),
        mark: effect.mark(tx, id, &salt, &ask.made.content)?,
        content_hash: effect.hash(&ask.made.content),
        content: ask.made.content.clone(),
        carried: String::new(),
        remote_id: String::new(),
        approved_by: ask.by.clone(),
        approved_at: now,
        approval_expires_at: expiry(core, now),
        not_before,
        holder: String::new(),
        claimed_at: None,
        settled_at: None,
        tries: 0,
        location: String::new(),
        error: String::new(),
        is_staged: false,
        class: class_of(tx, ask, &ask.made.to_key())?,
        waits_for,
        check_at: None,
        asks: 0,
    })
}

/// Returns the part of an effect's names that no other approval has. Numbers alone would come again: a database that was restored, rolled back or
/// copied counts on from where it was. What is approved is part of it, so that even the same chance gives two effects two names.
fn salt(core: &Core, ask: &Ask, now: Timestamp) -> String {
    let mut hasher = Sha256::new();
    hasher.update(core.env.draw().to_le_bytes());
    hasher.update(now.as_millisecond().to_le_bytes());
    hasher.update(kinds::of(ask.made.kind).hash(&ask.made.content));
    hasher.update(ask.made.to_key());
    let digest: [u8; 32] = hasher.finalize().into();
    hex(&digest).chars().take(16).collect()
}

/// Returns the Message-ID of an execution.
fn message_id(tx: &ReadTx<'_>, core: &Core, id: ExecutionId, salt: &str) -> Result<MessageId> {
    let address = &core.config.operator.address;
    let own_domain = address
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    Ok(MessageId::from_parts(
        &format!("{}{id}.{salt}", own_prefix(&instance(tx)?)),
        own_domain,
    ))
}

/// Shows exactly what would leave, and what the guards say, without doing anything.
pub(in crate::engine) fn preview(
    tx: &ReadTx<'_>,
    core: &Core,
    ask: &Ask,
    now: Timestamp,
) -> Result<Done> {
    let effect = kinds::of(ask.made.kind);
    let row = draw_up(tx, core, ask, now)?;
    let earlier = match ask.move_id {
        Some(id) => earlier_of(tx, id)?,
        None => None,
    };
    let mut verdicts = verdicts(tx, core, ask, earlier, now)?;
    let mut outlook = Outlook::new(tx, core, now);
    foretell(tx, ask.contact, &ask.made, &mut outlook, &mut verdicts)?;
    let request = effect.request(core, &row, now)?;
    let shown = effect.shown(core, &ask.made.content)?;
    let summary = match (core.mode(), binding(&verdicts)) {
        (_, Some(refusal)) if refusal.guard != GuardKind::Mode => format!(
            "Would be held by {}: {} Nothing was sent.",
            refusal.guard.words(),
            sentence(&refusal.detail)
        ),
        (Mode::Draft, Some(refusal)) => format!(
            "Would be refused by {}: {} Nothing was sent.",
            refusal.guard.words(),
            sentence(&refusal.detail)
        ),
        (Mode::DryRun, _) => match ask.move_id {
            Some(id) => format!(
                "This is what would go to {} (mode is dry-run). Move {id} stays open.",
                shown.to
            ),
            None => format!(
                "{} The mode is dry-run.",
                effect.would(Mode::DryRun, &shown)
            ),
        },
        (mode, _) => effect.would(mode, &shown),
    };
    Ok(Done::Shown {
        summary,
        message: String::from_utf8_lossy(&request).into_owned(),
        verdicts,
    })
}

/// Returns the execution of a move whose effect is out or on its way.
pub(in crate::engine) fn earlier_of(
    tx: &ReadTx<'_>,
    id: MoveId,
) -> Result<Option<(ExecutionId, &'static str)>> {
    let found = executions::of_move(tx, id)?.into_iter().find(|e| {
        !matches!(
            e.status,
            ExecutionStatus::Cancelled | ExecutionStatus::Failed
        )
    });
    Ok(found.map(|e| (e.id, e.status.as_str())))
}
