//! The post: the mailbox that messages leave from, as execution needs it: deliver once, and find what was delivered.

mod drafts;
mod gmail;
mod imap;
mod maildir;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::config::{MailAccount, MailKind};
use crate::domain::email::ParsedMail;
use crate::engine::effects::kind::{Delivered, Stopped, Undelivered};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::Core;
use crate::engine::outside::Outside;
use crate::engine::outside::maildir::layout;
use crate::store::executions::ExecutionRow;

pub(in crate::engine) use drafts::{DraftFate, LeftDraft};
use gmail::GmailPost;
use imap::ImapPost;
use maildir::MaildirPost;
pub use maildir::{MailFolders, mail_folders};

/// A mailbox to deliver to, and to look up what was delivered.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Post<'a> {
    /// Folders on this machine.
    Maildir(MaildirPost),
    /// A server that speaks IMAP and SMTP.
    Imap(Box<ImapPost<'a>>),
    /// Gmail.
    Gmail(GmailPost<'a>),
}

impl<'a> Post<'a> {
    /// Returns the post of an account by its name.
    pub fn of(outside: &'a Outside, name: &str) -> Result<Self> {
        let account = account(&outside.core, name)?;
        match account.kind {
            MailKind::Maildir => Ok(Self::Maildir(MaildirPost::of(account))),
            MailKind::Imap => Ok(Self::Imap(Box::new(ImapPost::of(outside, account)))),
            MailKind::Gmail => Ok(Self::Gmail(GmailPost::of(outside))),
        }
    }

    /// Delivers a message, such that what was delivered can be found again by its Message-ID. `stopped` must be asked directly before the step
    /// that lets it out, after everything that may take long, and says why it must not leave.
    pub fn deliver(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        stopped: Stopped<'_>,
    ) -> Result<Delivered, Undelivered> {
        if let Some(reason) = stopped() {
            return Err(Undelivered::Stopped { reason });
        }
        if let Some(known) = self.before_sending_draft(row, message)? {
            return Ok(known);
        }
        match self {
            Self::Maildir(post) => {
                post.deliver(row, message, &mut || stopped().map_or(Ok(()), Err))
            }
            Self::Imap(post) => post.deliver(row, message, &mut || stopped().map_or(Ok(()), Err)),
            Self::Gmail(post) => post.deliver(row, message, stopped),
        }
    }

    /// Asks the mailbox what became of a message; none if it does not know it.
    pub fn find(&self, row: &ExecutionRow, now: Timestamp) -> Result<Option<Delivered>> {
        match self {
            Self::Maildir(post) => post.find(row, now),
            Self::Imap(post) => post.find(row),
            Self::Gmail(post) => post.find(row),
        }
    }

    /// Returns the messages of ours among what a server keeps as sent, since an instant, but for those that `is_known` knows: the place and the
    /// message. A mailbox on this machine is looked into file by file, and Gmail cannot be asked by the beginning of an id.
    pub fn sent_as(
        &self,
        prefix: &str,
        since: Option<Timestamp>,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(String, ParsedMail)>> {
        match self {
            Self::Imap(post) => post.sent_as(prefix, since, is_known),
            Self::Maildir(_) | Self::Gmail(_) => Ok(Vec::new()),
        }
    }

    /// Tells whether a message that [`Self::find`] does not know has certainly not left. A provider's index may lag behind.
    pub const fn knows_at_once(&self) -> bool {
        match self {
            Self::Maildir(_) => true,
            // A draft that is not in its folder is not there; of mail, `find` says nothing rather than "no".
            Self::Imap(_) => true,
            Self::Gmail(_) => false,
        }
    }

    /// Removes a draft; returns whether it was still there.
    pub fn remove_draft(&self, row: &ExecutionRow) -> Result<bool> {
        match self {
            Self::Maildir(post) => post.remove_draft(row),
            Self::Imap(post) => post.remove_draft(row),
            Self::Gmail(post) => post.remove_draft(row),
        }
    }
}

/// Returns the folders of this machine in which mail of ours stands once it has left; none for a mailbox on a server.
pub(in crate::engine) fn own_folders(account: &MailAccount) -> Vec<PathBuf> {
    match account.kind {
        MailKind::Maildir => {
            let layout = layout(account);
            std::iter::once(layout.outbox).chain(layout.sent).collect()
        }
        MailKind::Imap | MailKind::Gmail => Vec::new(),
    }
}

/// Finds the account of a mailbox by its name.
pub(in crate::engine) fn account<'a>(core: &'a Core, name: &str) -> Result<&'a MailAccount> {
    core.config.mail.accounts.iter().find(|a| a.name == name).ok_or_else(|| {
        EngineError::Outside(format!("The mail account \"{name}\" is no longer in config.toml. Nothing was sent; put it back, or withdraw the approval."))
    })
}

/// Lays a message ready so that its delivery is one step; returns whether this kind of mailbox has such a thing.
pub(in crate::engine) fn stage(core: &Core, row: &ExecutionRow, message: &[u8]) -> Result<bool> {
    let account = account(core, &row.transport)?;
    match account.kind {
        MailKind::Maildir => MaildirPost::of(account).stage(row, message).map(|()| true),
        MailKind::Imap | MailKind::Gmail => Ok(false),
    }
}
