//! What became of drafts in their mailbox: the operator opens one there, changes it, and sends it by hand or throws it away.

use jiff::Timestamp;

use super::Post;
use crate::domain::email::ParsedMail;
use crate::domain::email::left::LostDraft;
use crate::engine::Result;
use crate::engine::execute::render::content_of;
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
