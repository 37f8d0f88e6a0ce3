//! What became of drafts in their mailbox: the operator opens one there, changes it, and sends it by hand or throws it away.

use jiff::Timestamp;

use crate::domain::effect::Ended;
use crate::domain::email::ParsedMail;
use crate::domain::email::left::LostDraft;
use crate::domain::guard::Mode;
use crate::engine::effects::kind::{Delivered, Undelivered};
use crate::engine::effects::kinds::mail::post::Post;
use crate::engine::effects::kinds::mail::render::{content_of, is_as_rendered};
use crate::engine::error::{EngineError, Result};
use crate::store::executions::ExecutionRow;

/// A message that may be a draft of ours, sent.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct LeftDraft {
    /// The Message-IDs that it carries or carried, with angle brackets; the one that it carries now comes first.
    pub ids: Vec<String>,
    /// The provider's name for it; empty where it has none.
    pub remote_id: String,
    /// The provider's name for its thread; empty where it has none.
    pub thread: String,
    /// When it left.
    pub at: Timestamp,
    /// Where it lies now.
    pub location: String,
    /// The message as it left.
    pub mail: ParsedMail,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum DraftFate {
    /// It lies there.
    Lies,
    /// It is gone, and these may be it, the likeliest first; none means that nothing among what was sent is.
    Gone(Vec<LeftDraft>),
    /// It is gone, and there is no place where what was sent could be seen.
    Unseen,
}

impl Post<'_> {
    /// Looks what became of drafts, in their order.
    pub fn draft_fates(&self, rows: &[ExecutionRow]) -> Result<Vec<DraftFate>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Maildir(post) => post.draft_fates(rows),
            Self::Imap(post) => post.draft_fates(rows),
            Self::Gmail(post) => post.draft_fates(rows),
        }
    }

    /// Returns a draft's message as it lies there; none if it does not.
    pub fn lying_draft(&self, row: &ExecutionRow) -> Result<Option<ParsedMail>> {
        match self {
            Self::Maildir(post) => post.lying_draft(row),
            Self::Imap(post) => post.lying_draft(row),
            Self::Gmail(post) => post.lying_draft(row),
        }
    }

    /// Tells whether the draft that an execution is carried out from certainly lies there yet, where sending takes it away by itself: then it
    /// has not left, and giving it its words again does no harm.
    pub fn still_lies(&self, row: &ExecutionRow) -> bool {
        match self {
            Self::Gmail(post) if row.is_of_draft() => {
                post.lying_draft(row).is_ok_and(|mail| mail.is_some())
            }
            Self::Gmail(_) | Self::Maildir(_) | Self::Imap(_) => false,
        }
    }

    /// Looks, before a lying draft is sent, whether it still says what was approved; where sending names the draft, that look is part of it.
    /// Returns where it went if it was sent by hand meanwhile.
    pub(super) fn before_sending_draft(
        &self,
        row: &ExecutionRow,
        message: &[u8],
    ) -> Result<Option<Delivered>, Undelivered> {
        if !row.is_of_draft() || row.mode != Mode::Live || matches!(self, Self::Gmail(_)) {
            return Ok(None);
        }
        let not_sent = |reason: String, is_final: bool| Undelivered::NotSent {
            reason,
            ended: is_final.then_some(Ended::Refused),
            retry_after: None,
        };
        let failed = |e: EngineError| not_sent(e.to_string(), false);
        match self.lying_draft(row).map_err(failed)? {
            Some(mail) if is_as_rendered(message, &mail) => return Ok(None),
            Some(_) => {
                let why = "The draft was changed in the mailbox since it was approved.";
                return Err(not_sent(why.into(), true));
            }
            None => {}
        }
        let fates = self
            .draft_fates(std::slice::from_ref(row))
            .map_err(failed)?;
        match fates.into_iter().next() {
            Some(DraftFate::Gone(found)) if !found.is_empty() => Ok(found
                .into_iter()
                .next()
                .map(|left| Delivered::at(left.location))),
            _ => {
                let why = "The draft is no longer in the mailbox: it was sent by hand or deleted.";
                Err(not_sent(why.into(), true))
            }
        }
    }

    /// Removes the draft of a message that left, where sending does not do so.
    pub fn clear_draft(&self, row: &ExecutionRow) -> Result<()> {
        match self {
            Self::Gmail(_) => Ok(()),
            Self::Maildir(_) | Self::Imap(_) => self.remove_draft(row).map(drop),
        }
    }
}

/// Returns what an execution's draft is known by.
pub(super) fn sought(row: &ExecutionRow) -> Result<LostDraft> {
    Ok(LostDraft {
        message_id: row.message_id.clone(),
        to: row.to_key.clone(),
        subject: row.subject.clone(),
        in_reply_to: content_of(row)?.in_reply_to,
        since: row.settled_at.unwrap_or(row.approved_at),
    })
}

/// Puts the message that carries the draft's own Message-ID before those that are merely like it.
pub(super) fn likeliest_first(found: &mut [LeftDraft], message_id: &str) {
    found.sort_by_key(|left| !left.ids.iter().any(|id| id == message_id));
}
