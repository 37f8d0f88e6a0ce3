//! Drafts that lie in mailboxes are looked after: one that the operator sends there by hand is recorded as sent, as it really left; one that is
//! deleted there ends its execution, and its move can be opened again.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::config::MailAccount;
use crate::domain::by::By;
use crate::domain::effect::Ended;
use crate::domain::email::{MailboxKey, ParsedMail};
use crate::domain::id::{ContactId, ExecutionId};
use crate::domain::moves::MoveStatus;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::effects::kinds::mail::draft::{Content, hex};
use crate::engine::effects::kinds::mail::post::{DraftFate, LeftDraft, Post};
use crate::engine::effects::kinds::mail::render::content_of;
use crate::engine::effects::kinds::mail::sent::record_left;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::ground::reach::Reach;
use crate::engine::handle::Engine;
use crate::engine::road::sources::SourceRun;
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::env::crash_point;
use crate::store::drafts::LeftAs;
use crate::store::executions::{End, ExecutionRow, ExecutionStatus};
use crate::store::moves::MoveState;
use crate::store::remotes::RemoteMessage;
use crate::store::{
    Durability, ReadTx, WriteTx, drafts, executions, messages, moves, people, remotes, undo,
};

/// Older drafts are the operator's own business.
const WATCHED: SignedDuration = SignedDuration::from_hours(90 * 24);
/// So long a draft must be gone before that counts as deleted: what was sent may be filed a little later, and mail programs let a send be
/// taken back for half a minute.
const GRACE: SignedDuration = SignedDuration::from_mins(10);
/// What is kept of the text.
const MAX_TEXT_BYTES: usize = 32 * 1024;

/// What was found out about one draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Found {
    /// It lies there, or nothing can be said.
    Lies,
    /// It is gone, and nothing shows that it left.
    Gone,
    /// It left by hand, and is recorded as sent.
    Left,
}

impl Engine {
    /// Looks what became of the drafts in a mailbox. What cannot be found out is said and holds nothing up.
    pub(in crate::engine) fn watch_drafts(&self, account: &MailAccount, run: &mut SourceRun) {
        match self.look_after_drafts(&account.name) {
            Ok(left) => {
                run.sent_by_hand += left;
                run.taken.outcomes += left;
            }
            Err(error) => {
                tracing::warn!(account = account.name, %error, "what became of the drafts could not be found out");
                run.problem =
                    format!("what became of the drafts in it could not be found out: {error}");
            }
        }
    }

    fn look_after_drafts(&self, account: &str) -> Result<u64> {
        let since = self
            .now()
            .checked_sub(WATCHED)
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let rows = self
            .store()
            .read(|tx| Ok::<_, EngineError>(drafts::lying(tx, account, since)?))?;
        if rows.is_empty() {
            return Ok(0);
        }
        let fates = Post::of(self.outside(), account)?.draft_fates(&rows)?;
        let mut found: Vec<_> = rows.iter().zip(fates).collect();
        // Of two drafts that one sent message may be, the one that it is most like takes it.
        found.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        let (mut left, mut taken) = (0, HashSet::new());
        for (row, fate) in found {
            let found = self.note_fate(row, fate, &mut taken)?;
            left += u64::from(found == Found::Left);
        }
        Ok(left)
    }

    /// Looks what became of one draft now, before anything is done with it.
    pub(in crate::engine) fn look_after_draft(&self, row: &ExecutionRow) -> Result<Found> {
        let post = Post::of(self.outside(), &row.transport)?;
        let fate = post
            .draft_fates(std::slice::from_ref(row))?
            .into_iter()
            .next();
        self.note_fate(row, fate.unwrap_or(DraftFate::Unseen), &mut HashSet::new())
    }

    fn note_fate(
        &self,
        row: &ExecutionRow,
        fate: DraftFate,
        taken: &mut HashSet<String>,
    ) -> Result<Found> {
        let candidates = match fate {
            DraftFate::Gone(candidates) => candidates,
            DraftFate::Lies | DraftFate::Unseen => {
                if row.check_at.is_some() {
                    let id = row.id;
                    self.write(Durability::Normal, move |tx, _, _| {
                        Ok(executions::note_held(tx, id, "", None)?)
                    })?;
                }
                return Ok(Found::Lies);
            }
        };
        let free = self.store().read(|tx| {
            let mut free = None;
            for left in candidates {
                if free.is_none() && is_free(tx, row.id, &left, taken)? {
                    free = Some(left);
                }
            }
            Ok::<_, EngineError>(free)
        })?;
        let row = row.clone();
        let Some(left) = free else {
            self.write(Durability::Full, move |tx, _, now| note_gone(tx, &row, now))?;
            return Ok(Found::Gone);
        };
        taken.extend(left.ids.iter().cloned());
        crash_point("draft-left");
        let is_new = self.write(Durability::Full, move |tx, core, now| {
            settle_by_hand(tx, core, &row, &left, now)
        })?;
        Ok(if is_new { Found::Left } else { Found::Lies })
    }
}

/// Returns how much the likeliest message is like a draft: more than 1 if it carries its Message-ID, else the share of words in common.
fn likeness((row, fate): &(&ExecutionRow, DraftFate)) -> f64 {
    let DraftFate::Gone(candidates) = fate else {
        return 0.0;
    };
    let Some(left) = candidates.first() else {
        return 0.0;
    };
    if left.ids.contains(&row.message_id) {
        return 2.0;
    }
    let words = |text: &str| -> HashSet<String> {
        text.split_whitespace().map(str::to_lowercase).collect()
    };
    let ours = content_of(row).map(|c| words(&format!("{} {}", c.subject, c.body)));
    let ours = ours.unwrap_or_default();
    let theirs = words(&format!("{} {}", left.mail.subject, left.mail.text));
    let all = ours.union(&theirs).count();
    ours.intersection(&theirs).count() as f64 / all.max(1) as f64
}

/// Tells whether a message is not known to be another one's: of an execution, or of another draft in this look.
fn is_free(
    tx: &ReadTx<'_>,
    id: ExecutionId,
    left: &LeftDraft,
    taken: &HashSet<String>,
) -> Result<bool> {
    for known in &left.ids {
        if taken.contains(known)
            || executions::by_message_id(tx, known)?.is_some_and(|other| other.id != id)
            || messages::find(tx, known)?
                .is_some_and(|m| !m.inbound && m.execution_id.is_some_and(|other| other != id))
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Notes that a draft is gone; after a while that it was deleted.
fn note_gone(tx: &WriteTx<'_>, row: &ExecutionRow, now: Timestamp) -> Result<()> {
    let id = row.id;
    match row.check_at {
        None => {
            let again = now.checked_add(GRACE).unwrap_or(now);
            let why =
                "The draft is no longer in the mailbox, and nothing shows yet that it was sent.";
            return Ok(executions::note_held(tx, id, why, Some(again))?);
        }
        Some(at) if at > now => return Ok(()),
        Some(_) => {}
    }
    let why = "its draft was deleted in the mailbox";
    let end = End {
        to: ExecutionStatus::Cancelled,
        ended: Ended::Deleted,
        location: "",
        because: why,
    };
    if !executions::settle(tx, id, ExecutionStatus::Drafted, end, now)? {
        return Ok(());
    }
    if let Some(mv) = row.move_id {
        let reason = format!("{why}; `caseyos reopen {mv}` brings the move back");
        close_as(tx, row, &reason, now)?;
    }
    if let Some(entry) = undo::of_execution(tx, id)? {
        undo::mark(tx, entry, now)?;
    }
    let subject = format!("execution:{id}");
    let detail = json!({"move": row.move_id, "because": why});
    let gone = Change {
        by: &By::Engine,
        event: "execution.cancelled",
        about: vec![subject],
        detail,
        tells: Tells::Same,
        back: Back::None,
    };
    change(tx, gone, now).map(|_| ())
}

/// Says anew why a move is done, if it still is.
fn close_as(tx: &WriteTx<'_>, row: &ExecutionRow, reason: &str, now: Timestamp) -> Result<()> {
    let Some(id) = row.move_id else {
        return Ok(());
    };
    let Some(mv) = moves::load(tx, id)?.filter(|mv| mv.status == MoveStatus::Done) else {
        return Ok(());
    };
    let state = MoveState {
        close_reason: reason.to_owned(),
        ..mv.state()
    };
    moves::set_state(tx, &state, now)?;
    Ok(tx.emit(now, "move.changed", format!("move:{}", mv.id))?)
}

/// Records that a draft left by hand, as it really left. Returns whether that was news.
fn settle_by_hand(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    left: &LeftDraft,
    now: Timestamp,
) -> Result<bool> {
    let id = row.id;
    // By the provider's clock, but never before it was made or ahead of ours: limits and the wait for an answer count from it.
    let at = left
        .at
        .max(row.settled_at.unwrap_or(row.approved_at))
        .min(now);
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(now);
    let end = End {
        to: ExecutionStatus::Sent,
        ended: Ended::ByHand,
        location: &left.location,
        because: "",
    };
    if !executions::settle(tx, id, ExecutionStatus::Drafted, end, at)? {
        return Ok(false);
    }
    let approved = content_of(row)?;
    let content = content_as_left(&approved, &left.mail);
    let (to_key, contact) = recipient(tx, row, &content)?;
    let as_left = LeftAs {
        subject: &content.subject,
        to_key: &to_key,
        contact,
    };
    drafts::set_left_as(tx, id, &as_left)?;
    let real = left.ids.first().filter(|real| **real != row.message_id);
    remotes::set(
        tx,
        id,
        &RemoteMessage {
            message_id: real.cloned().unwrap_or_default(),
            remote_id: left.remote_id.clone(),
            thread: left.thread.clone(),
        },
    )?;
    let is_changed = (&content.subject, content.body.trim())
        != (&approved.subject, approved.body.trim())
        || to_key != row.to_key;
    let Some(row) = executions::load(tx, id)? else {
        return Ok(false);
    };
    record_left(tx, core, &row, content, at)?;
    // Their answer may have been read before it was known that this left.
    if let Some(contact) = row.contact_id {
        let theirs = messages::of_contact(tx, contact, 50)?;
        let answered = theirs.iter().filter(|m| m.inbound && m.sent_at >= at);
        if let Some(answered) = answered.map(|m| m.sent_at).max() {
            for contact in Reach::contacts(tx, contact)? {
                executions::mark_answered(tx, contact, answered)?;
            }
        }
    }
    close_as(tx, &row, "sent by hand", now)?;
    let subject = format!("execution:{id}");
    let detail = json!({
        "move": row.move_id,
        "action": row.action,
        "message_id": left.ids.first().unwrap_or(&row.message_id),
        "content_hash": hex(&row.content_hash),
        "location": left.location,
        "by_hand": true,
        "changed": is_changed,
    });
    let sent = Change {
        by: &By::Operator,
        event: "execution.sent",
        about: vec![subject],
        detail,
        tells: Tells::As("execution.settled"),
        back: Back::None,
    };
    change(tx, sent, now)?;
    Ok(true)
}

/// Returns the address that a draft goes to as it lies or left, and whose it is.
pub(in crate::engine) fn recipient(
    tx: &ReadTx<'_>,
    row: &ExecutionRow,
    content: &Content,
) -> Result<(String, Option<ContactId>)> {
    let to_key = content.to.trim().to_lowercase();
    let contact = if MailboxKey::of(&to_key) == MailboxKey::of(&row.to_key) {
        row.contact_id
    } else {
        people::find_by_email(tx, &to_key)?
    };
    Ok((to_key, contact))
}

/// Returns the content that really left: the approved one with what the operator changed.
pub(in crate::engine) fn content_as_left(approved: &Content, mail: &ParsedMail) -> Content {
    let to = mail
        .to
        .iter()
        .find(|to| to.address.key() == MailboxKey::of(&approved.to))
        .or(mail.to.first());
    let text = clean_block(&mail.text, MAX_TEXT_BYTES);
    Content {
        from: mail
            .from
            .as_ref()
            .map_or_else(|| approved.from.clone(), |from| from.address.to_string()),
        to: to.map_or_else(|| approved.to.clone(), |to| to.address.to_string()),
        subject: clean_line(&mail.subject, 300),
        body: text,
        in_reply_to: mail
            .in_reply_to
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        references: mail.references.iter().map(ToString::to_string).collect(),
        ..approved.clone()
    }
}
