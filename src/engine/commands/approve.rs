//! Approval: consent to one content, kept as an execution, and carried out if the guards let it: at once, or when the time is over in which it
//! can be taken back.

use crate::engine::ground::lookup::find_move;
use crate::engine::ground::say::{capital, clock, sentence};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::action::Means;
use crate::domain::email::message_id::MessageId;
use crate::domain::forecast::{Fate, Foreseen};
use crate::domain::guard::{ApprovalFacts, EffectKind, Mode, Verdict, binding};
use crate::domain::id::{ExecutionId, MoveId, UndoId};
use crate::domain::moves::MoveStatus;
use crate::domain::outbox::{SendClass, WaitsFor};
use crate::engine::effects::Outcome;
use crate::engine::effects::deed::{self, CALENDAR, Deed, HUBSPOT, Way, named};
use crate::engine::effects::forecast::{Outlook, Wish};
use crate::engine::effects::gate::{self, Effect};
use crate::engine::effects::kinds::mail::draft::hex;
use crate::engine::effects::kinds::mail::post::account;
use crate::engine::effects::kinds::mail::render::render_content;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::command::Done;
use crate::engine::ground::core::{Core, instance};
use crate::engine::handle::Engine;
use crate::engine::undo::{Step, remember};
use crate::env::crash_point;
use crate::store::executions::{ExecutionRow, ExecutionStatus};
use crate::store::moves::{MoveRow, MoveState};
use crate::store::people::Person;
use crate::store::{Durability, ReadTx, WriteTx, audit, executions, moves, people, undo};

const NO_ACCOUNT: &str = "no mailbox is set up; `caseyos mail add maildir PATH` adds one";

/// How long an approval that leaves at once waits for another message of the same mailbox.
const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(25);

pub(super) enum Approved {
    Queued(ExecutionId, UndoId),
    Waits(Box<ExecutionRow>, UndoId, Vec<Verdict>),
    Answered(Box<Done>),
}

impl Engine {
    pub(in crate::engine) fn approve(
        &self,
        id: MoveId,
        content_hash: Option<[u8; 32]>,
        by: String,
    ) -> Result<Done> {
        // A claim that an earlier process left behind may be of this very move.
        self.reconcile()?;
        let now = self.now();
        let is_by_hand = self.store().read(|tx| {
            let mv = find_move(tx, id)?;
            // What was approved once has its answer, whatever approval would come to today.
            let is_new = executions::of_move(tx, id)?.is_empty();
            let means = deed::means_of(tx, self.core(), &mv, now)?;
            Ok::<_, EngineError>(is_new && means == Means::ByHand)
        })?;
        // Who looked at something else consents to that alone.
        if is_by_hand && content_hash.is_none() {
            return self.tick_off(id, String::new());
        }
        if !by.starts_with("rule:")
            && let Some(row) = self.drafted_of(id)?
        {
            if self.core().mode() == Mode::Live {
                return self.send_lying_draft(&row, content_hash, by);
            }
            if let Some(done) = self.no_more_a_draft(&row)? {
                return Ok(done);
            }
        }
        crash_point("before-approval");
        let approved = self.write(Durability::Full, move |tx, core, now| {
            approve_in(tx, core, id, content_hash, &by, now)
        })?;
        crash_point("after-approval");
        self.carry_out(approved)
    }

    /// Carries out what was approved, or says what it waits for.
    pub(super) fn carry_out(&self, approved: Approved) -> Result<Done> {
        let (execution, undo) = match approved {
            Approved::Queued(execution, undo) => (execution, undo),
            Approved::Waits(row, undo, verdicts) => return self.waits(&row, undo, verdicts),
            Approved::Answered(done) => return Ok(*done),
        };
        let outcome = self.execute_in_turn(execution)?;
        self.answer(execution, Some(undo), outcome)
    }

    /// Carries out a queued execution now and says how it went.
    pub(super) fn finish_in_turn(&self, id: ExecutionId) -> Result<Done> {
        let undo = self
            .store()
            .read(|tx| Ok::<_, EngineError>(undo::of_execution(tx, id)?))?;
        let outcome = self.execute_in_turn(id)?;
        self.answer(id, undo, outcome)
    }

    /// Carries out an execution as soon as no other message is on its way through its mailbox.
    pub(super) fn execute_in_turn(&self, id: ExecutionId) -> Result<Outcome> {
        let mut waited = Duration::ZERO;
        loop {
            let outcome = self.execute(id)?;
            if outcome != Outcome::NotYet || waited >= PATIENCE {
                return Ok(outcome);
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }

    /// Says until when a message can be taken back, or what will hold it beyond that.
    fn waits(&self, row: &ExecutionRow, undo: UndoId, verdicts: Vec<Verdict>) -> Result<Done> {
        if binding(&verdicts).is_some() {
            return self.held(row.id, Some(undo), verdicts);
        }
        let foreseen = self.foresee(row.id)?;
        if let Some(leaves_at) = foreseen.as_ref().and_then(Foreseen::leaves_at) {
            return Ok(queued(self.core(), row, leaves_at, Some(undo)));
        }
        let rest = match foreseen.map(|f| f.fate) {
            Some(Fate::Expires(ends)) => format!(
                "leaves after those before it, and there is no room before its approval ends at {}. Then the move will be open again, to be approved anew.",
                self.clock(ends)
            ),
            _ => "leaves after those before it; `caseyos outbox` shows when.".to_owned(),
        };
        Ok(Done::Held {
            summary: format!("{} is queued and {rest}", capital(&named(row))),
            execution: row.id,
            clears_at: None,
            verdicts: Vec::new(),
            undo: Some(undo),
        })
    }

    /// Returns the forecast of a queued message.
    fn foresee(&self, id: ExecutionId) -> Result<Option<Foreseen>> {
        let now = self.now();
        self.store()
            .read(|tx| Outlook::new(tx, self.core(), now).of(id))
    }

    fn clock(&self, at: Timestamp) -> String {
        clock(at, self.now(), &self.zone())
    }

    /// Says what holds a message, when that clears, and when the message leaves then.
    fn held(
        &self,
        id: ExecutionId,
        undo: Option<UndoId>,
        mut verdicts: Vec<Verdict>,
    ) -> Result<Done> {
        let now = self.now();
        let foreseen = self.store().read(|tx| {
            let mut outlook = Outlook::new(tx, self.core(), now);
            outlook.say_of(id, &mut verdicts)?;
            outlook.of(id)
        })?;
        let clears = binding(&verdicts).and_then(|v| v.clears_at);
        let ending = match foreseen.map(|f| f.fate) {
            // A promise that the approval's own end would break must not be made.
            Some(Fate::Expires(ends)) => format!(
                "The approval {}: the move will be open again, to be approved anew.",
                match clears {
                    Some(clears) if clears >= ends => "expires before that".to_owned(),
                    _ => format!("expires at {}, before it could leave", self.clock(ends)),
                }
            ),
            Some(Fate::Leaves(at)) if clears.is_some_and(|clears| at > clears) => format!(
                "The approval is kept, and it leaves at {}, after those before it.",
                self.clock(at)
            ),
            _ => "The approval is kept; a sync after that sends it.".to_owned(),
        };
        Ok(Done::Held {
            summary: self.refusal_sentence(&verdicts, &ending),
            execution: id,
            clears_at: clears,
            verdicts,
            undo,
        })
    }

    fn refusal_sentence(&self, verdicts: &[Verdict], ending: &str) -> String {
        let Some(v) = binding(verdicts) else {
            return ending.to_owned();
        };
        let until = v.clears_at.map(|at| {
            let zone = at.to_zoned(self.zone());
            format!(" It clears at {} {}.", self.clock(at), zone.strftime("%Z"))
        });
        format!(
            "Held by {}: {}{} {ending}",
            v.guard,
            sentence(&v.detail),
            until.unwrap_or_default()
        )
    }

    /// Says how an execution went, in words for the operator.
    pub(super) fn answer(
        &self,
        id: ExecutionId,
        undo: Option<UndoId>,
        outcome: Outcome,
    ) -> Result<Done> {
        Ok(match outcome {
            Outcome::Settled(row) => sent(&row, undo),
            Outcome::Held(verdicts) => self.held(id, undo, verdicts)?,
            Outcome::Cancelled(verdicts) => {
                let row = self
                    .store()
                    .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))?;
                let ending = match row.map(|row| row.status) {
                    Some(ExecutionStatus::Drafted) => {
                        "Nothing was sent, and the draft lies where it was."
                    }
                    _ => "Nothing was sent, and the move is open again.",
                };
                Done::Blocked {
                    summary: self.refusal_sentence(&verdicts, ending),
                    verdicts,
                }
            }
            Outcome::Failed(reason) | Outcome::Uncertain(reason) => {
                return Err(EngineError::Outside(reason));
            }
            Outcome::NotYet => Done::Held {
                summary: "Another message is on its way through this mailbox. This one stays approved and follows with the next sync.".into(),
                execution: id,
                clears_at: None,
                verdicts: Vec::new(),
                undo,
            },
            Outcome::Gone => {
                let row = self
                    .store()
                    .read(|tx| Ok::<_, EngineError>(executions::load(tx, id)?))?;
                match row {
                    Some(row)
                        if matches!(
                            row.status,
                            ExecutionStatus::Sent | ExecutionStatus::Drafted
                        ) =>
                    {
                        sent(&row, undo)
                    }
                    _ => Done::Nothing {
                        summary: format!("Execution {id} is in another process's hands."),
                    },
                }
            }
        })
    }

    /// Returns what approval would send, without doing it: the same code with nothing written.
    pub(in crate::engine) fn preview_move(&self, id: MoveId) -> Result<Done> {
        let now = self.now();
        if self.core().mode() == Mode::Live
            && let Some(row) = self.drafted_of(id)?
        {
            return self.preview_lying_draft(&row);
        }
        self.store().read(|tx| {
            let mv = find_move(tx, id)?;
            let deed = match deed::make(tx, self.core(), &mv, now)? {
                Way::Deed(deed) => deed,
                Way::ByHand(why) => return Ok(Done::Nothing {
                    summary: format!("Move {id} is done by hand ({why}): approving it ticks it off. Nothing would be sent."),
                }),
            };
            let mut outlook = Outlook::new(tx, self.core(), now);
            let verdicts = would_be(tx, self.core(), &mv, &deed, &mut outlook, now)?;
            show(tx, self.core(), &mv, &deed, verdicts, now)
        })
    }
}

/// Returns the guards' answers as they would be if the operator consented now.
pub(in crate::engine) fn would_be(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    deed: &Deed,
    outlook: &mut Outlook<'_, '_>,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let person = mv
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    let mut asked = verdicts(tx, core, mv, deed, person.as_ref(), "operator", now)?;
    if deed.kind() == EffectKind::Mail && asked.iter().any(|v| !v.passed) {
        let to_key = deed.to_key();
        let wish = Wish {
            person: person.as_ref(),
            to_key: &to_key,
            class: gate::class_of(tx, mv.contact_id, &to_key, deed.in_reply_to())?,
        };
        outlook.say(wish, &mut asked)?;
    }
    Ok(asked)
}

fn verdicts(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    deed: &Deed,
    person: Option<&Person>,
    by: &str,
    now: Timestamp,
) -> Result<Vec<Verdict>> {
    let earlier = executions::of_move(tx, mv.id)?
        .into_iter()
        .find(|e| {
            !matches!(
                e.status,
                ExecutionStatus::Cancelled | ExecutionStatus::Failed
            )
        })
        .map(|e| (e.id, e.status.as_str()));
    let hash = deed.hash()?;
    let to_key = deed.to_key();
    let effect = Effect {
        kind: deed.kind(),
        person,
        to_key: &to_key,
        content_hash: hash,
        approval: Some(ApprovalFacts {
            by: by.into(),
            expires_at: expiry(core, now),
            content_hash: hash,
        }),
        earlier,
        mode: core.mode(),
        class: gate::class_of(tx, mv.contact_id, &to_key, deed.in_reply_to())?,
        transport: carrier(core, deed.kind()).and_then(|name| match deed.kind() {
            EffectKind::Mail => account(core, &name)
                .map(|_| name)
                .map_err(|e| e.to_string()),
            EffectKind::Meeting | EffectKind::Record => Ok(name),
        }),
    };
    gate::ask(tx, core, effect, now)
}

/// Returns what an effect leaves through.
fn carrier(core: &Core, kind: EffectKind) -> Result<String, String> {
    match kind {
        EffectKind::Mail => {}
        EffectKind::Meeting => return Ok(CALENDAR.into()),
        EffectKind::Record => return Ok(HUBSPOT.into()),
    }
    core.config
        .mail
        .accounts
        .first()
        .map(|a| a.name.clone())
        .ok_or_else(|| NO_ACCOUNT.to_owned())
}

pub(super) fn expiry(core: &Core, now: Timestamp) -> Timestamp {
    let hours = i64::from(core.config.limits.approval_hours);
    now.checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MAX)
}

fn approve_in(
    tx: &WriteTx<'_>,
    core: &Core,
    id: MoveId,
    content_hash: Option<[u8; 32]>,
    by: &str,
    now: Timestamp,
) -> Result<Approved> {
    let mv = find_move(tx, id)?;
    let answered = |done| Ok(Approved::Answered(Box::new(done)));
    let attempts = executions::of_move(tx, id)?;
    // Asked a second time, the same approval has the same answer and no second effect.
    if let Some(row) = attempts.iter().find(|e| {
        !matches!(
            e.status,
            ExecutionStatus::Cancelled | ExecutionStatus::Failed
        )
    }) {
        return answered(match row.status {
            ExecutionStatus::Sent | ExecutionStatus::Drafted => sent(row, None),
            _ if row.waits_for == WaitsFor::UndoWindow
                && row.not_before > now
                && row.error.is_empty() =>
            {
                let undo = undo::of_execution(tx, row.id)?;
                queued(core, row, row.not_before, undo)
            }
            _ => Done::Held {
                summary: format!(
                    "Move {id} is approved already and waits ({}).",
                    if row.error.is_empty() {
                        "for the next sync"
                    } else {
                        &row.error
                    }
                ),
                execution: row.id,
                clears_at: None,
                verdicts: executions::verdicts(tx, row.id)?,
                undo: None,
            },
        });
    }
    // The operator may approve what was put off; a rule decided before that must not.
    let may = mv.status == MoveStatus::Open
        || (mv.status == MoveStatus::Snoozed && !by.starts_with("rule:"));
    if !may {
        return answered(Done::Nothing {
            summary: format!("Move {id} is {} already ({}).", mv.status, mv.close_reason),
        });
    }
    let deed = match deed::make(tx, core, &mv, now)? {
        Way::Deed(deed) => deed,
        Way::ByHand(why) => {
            return Err(EngineError::Input(format!(
                "Move {id} is done by hand now ({why}); `caseyos done {id}` ticks it off. Nothing was approved."
            )));
        }
    };
    let hash = deed.hash()?;
    if content_hash.is_some_and(|seen| seen != hash) {
        return Err(EngineError::Input(format!(
            "What move {id} would do has changed since you looked at it. Nothing was approved; look again."
        )));
    }
    let person = mv
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    let asked = verdicts(tx, core, &mv, &deed, person.as_ref(), by, now)?;
    if core.mode() == Mode::DryRun {
        return answered(show(tx, core, &mv, &deed, asked, now)?);
    }
    if let Some(refusal) = binding(&asked).filter(|v| v.clears_at.is_none()) {
        let detail = json!({"guard": refusal.guard, "because": refusal.detail, "verdicts": asked});
        audit::append(
            tx,
            now,
            by,
            "approval.refused",
            &format!("move:{id}"),
            &detail,
        )?;
        tx.emit(now, "approval.refused", format!("move:{id}"))?;
        let summary = format!(
            "Blocked by {}: {}. Nothing was approved or sent.",
            refusal.guard,
            refusal.detail.trim_end_matches('.')
        );
        return answered(Done::Blocked {
            summary,
            verdicts: asked,
        });
    }
    if core.mode() == Mode::Live && deed.kind() == EffectKind::Mail {
        gate::review_deliverability(tx, core, now)?;
    }
    let row = queue(tx, core, &mv, &deed, attempts.len(), by, now)?;
    executions::save_verdicts(tx, row.id, "approval", &asked)?;
    // What clears within the undo window holds nothing up.
    let beyond = binding(&asked).filter(|v| v.clears_at.is_some_and(|at| at > row.not_before));
    if let (Some(refusal), true) = (beyond, row.not_before > now) {
        let sentence = format!("{}: {}", refusal.guard, refusal.detail);
        executions::note_held(tx, row.id, &sentence, refusal.clears_at)?;
    }
    let approved = MoveState {
        status: MoveStatus::Approved,
        snoozed_until: None,
        ..mv.state()
    };
    moves::set_state(tx, &approved, now)?;
    let summary = match row.to_key.as_str() {
        "" => format!("Approve {}", mv.title),
        to => format!("Approve {} ({to})", mv.title),
    };
    let promise = match (core.mode(), row.kind) {
        (Mode::Live, EffectKind::Mail) => {
            "Until it leaves, the mail is withdrawn and the move comes back. Once it has left it cannot be unsent."
        }
        (Mode::Draft | Mode::DryRun, EffectKind::Mail) => {
            "The draft is removed from the Drafts folder and the move comes back."
        }
        (_, EffectKind::Meeting | EffectKind::Record) => deed.promise(),
    };
    let undo = remember(tx, &summary, promise, &Step::Execution { id: row.id }, now)?;
    let detail =
        json!({"move": id, "content_hash": hex(&hash), "mode": core.mode(), "verdicts": asked});
    audit::append(
        tx,
        now,
        by,
        "approval.given",
        &format!("execution:{}", row.id),
        &detail,
    )?;
    tx.emit(now, "approval.given", format!("move:{id}"))?;
    if row.not_before <= now {
        return Ok(Approved::Queued(row.id, undo));
    }
    let held = beyond.is_some();
    Ok(Approved::Waits(
        Box::new(row),
        undo,
        if held { asked } else { Vec::new() },
    ))
}

/// Returns until when a message that is approved now can be taken back before it leaves. Drafts are made at once: they do not leave.
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

fn queue(
    tx: &WriteTx<'_>,
    core: &Core,
    mv: &MoveRow,
    deed: &Deed,
    attempt: usize,
    by: &str,
    now: Timestamp,
) -> Result<ExecutionRow> {
    let id = executions::next_id(tx)?;
    let to_key = deed.to_key();
    let message_id = message_id(tx, core, id)?;
    let (not_before, waits_for) = match deed.kind() {
        EffectKind::Mail | EffectKind::Meeting => undo_window(core, core.mode(), now),
        // It can be taken back after it was written, so nothing is gained by waiting.
        EffectKind::Record => (now, WaitsFor::Turn),
    };
    let class = match deed.kind() {
        EffectKind::Mail => gate::class_of(tx, mv.contact_id, &to_key, deed.in_reply_to())?,
        // It takes no mail's place, so it waits for none.
        EffectKind::Meeting | EffectKind::Record => SendClass::Reply,
    };
    let row = ExecutionRow {
        id,
        move_id: mv.id,
        contact_id: mv.contact_id,
        action: mv.action,
        kind: deed.kind(),
        idempotency_key: format!("move:{}:{attempt}", mv.id),
        status: ExecutionStatus::Queued,
        mode: core.mode(),
        transport: carrier(core, deed.kind()).map_err(EngineError::Input)?,
        to_domain: to_key
            .rsplit_once('@')
            .map_or_else(String::new, |(_, domain)| domain.to_owned()),
        to_key,
        subject: deed.subject(core),
        message_id: message_id.to_string(),
        content_hash: deed.hash()?,
        content: deed.content()?,
        approved_by: by.to_owned(),
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
        class,
        waits_for,
        check_at: None,
        asks: 0,
    };
    // A message that cannot be built must be refused now, while the operator looks, not when it is claimed.
    if let Deed::Mail(draft) = deed {
        render_content(&draft.content, &row.message_id, now)?;
    }
    executions::insert(tx, &row)?;
    Ok(row)
}

/// Returns the Message-ID of an execution.
fn message_id(tx: &ReadTx<'_>, core: &Core, id: ExecutionId) -> Result<MessageId> {
    let address = &core.config.operator.address;
    let own_domain = address
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    Ok(MessageId::from_parts(
        &format!("caseyos.{}.{id}", instance(tx)?),
        own_domain,
    ))
}

fn show(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    deed: &Deed,
    verdicts: Vec<Verdict>,
    now: Timestamp,
) -> Result<Done> {
    let id = executions::next_id(tx)?;
    let message = match deed {
        Deed::Mail(draft) => {
            let message_id = message_id(tx, core, id)?;
            let message = render_content(&draft.content, &message_id.to_string(), now)?;
            String::from_utf8_lossy(&message).into_owned()
        }
        Deed::Meeting(_) | Deed::Record(_) => deed.request(tx, core, id)?.unwrap_or_default(),
    };
    let to = match deed {
        Deed::Mail(draft) => draft.content.to.clone(),
        Deed::Meeting(invitation) => invitation.to.clone(),
        Deed::Record(_) => "HubSpot".into(),
    };
    let summary = match (core.mode(), binding(&verdicts)) {
        (_, Some(refusal)) if refusal.guard != crate::domain::guard::GuardKind::Mode => {
            format!(
                "Would be held by {}: {} Nothing was sent.",
                refusal.guard,
                sentence(&refusal.detail)
            )
        }
        (Mode::Draft, Some(refusal)) if deed.kind() != EffectKind::Mail => format!(
            "Would be refused by {}: {} Nothing was sent.",
            refusal.guard,
            sentence(&refusal.detail)
        ),
        (Mode::Live | Mode::Draft, _) if deed.kind() == EffectKind::Meeting => {
            format!("Would put this into the calendar and invite {to}. Nothing was sent.")
        }
        (Mode::Live, _) => format!("Would send this to {to}. Nothing was sent."),
        (Mode::Draft, _) => {
            format!("Would put this into Drafts, for {to} (mode is draft). Nothing was written.")
        }
        (Mode::DryRun, _) => format!(
            "This is what would go to {to} (mode is dry-run). Move {} stays open.",
            mv.id
        ),
    };
    Ok(Done::Shown {
        summary,
        message,
        verdicts,
    })
}

pub(super) fn sent(row: &ExecutionRow, undo: Option<UndoId>) -> Done {
    let summary = match (row.status, row.kind) {
        (_, EffectKind::Meeting) => format!(
            "Put into the calendar and invited {}: {}. `caseyos undo` takes it out again.",
            row.to_key, row.subject
        ),
        (_, EffectKind::Record) => {
            format!("Written to HubSpot: {} ({}).", row.subject, row.location)
        }
        (ExecutionStatus::Drafted, _) => format!(
            "A draft to {} is in {} (mode is draft; nothing left).",
            row.to_key, row.location
        ),
        _ => format!("Sent to {}: {}.", row.to_key, row.location),
    };
    Done::Sent {
        summary,
        execution: row.id,
        status: row.status.as_str().into(),
        location: row.location.clone(),
        message_id: row.message_id.clone(),
        // A mail that has left cannot be unsent, so nothing is promised.
        undo: undo
            .filter(|_| row.status == ExecutionStatus::Drafted || row.kind != EffectKind::Mail),
    }
}

fn queued(core: &Core, row: &ExecutionRow, leaves_at: Timestamp, undo: Option<UndoId>) -> Done {
    let at = clock(leaves_at, core.env.now(), &core.config.operator.zone());
    Done::Queued {
        summary: format!(
            "{} is queued, leaves at {at}; `caseyos undo` takes it back until then.",
            capital(&named(row))
        ),
        execution: row.id,
        leaves_at,
        undo,
    }
}
