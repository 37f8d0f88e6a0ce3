//! The post: the mailbox that messages leave from, as execution needs it: deliver once, and find what was delivered.

mod imap;
mod maildir;

use crate::config::MailKind;
use crate::engine::core::Core;
use crate::engine::{EngineError, Result};
use crate::store::executions::ExecutionRow;

use imap::ImapPost;
use maildir::MaildirPost;
pub(in crate::engine) use maildir::layout;
pub use maildir::{MailFolders, mail_folders};

/// Where a message went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Delivered {
    /// The file.
    pub location: String,
    /// Whether it is a draft that has not left.
    pub is_draft: bool,
}

/// Why a message was not delivered, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Undelivered {
    /// It certainly did not leave.
    NotSent {
        /// What happened.
        reason: String,
        /// Whether another try would end the same way: the message or the address is refused.
        is_final: bool,
        /// How long the provider wants to be left alone.
        retry_after: Option<std::time::Duration>,
    },
    /// It may have left: the answer did not come. Only the provider knows.
    Unknown {
        /// What happened.
        reason: String,
    },
}

impl Undelivered {
    /// Returns what happened.
    pub fn reason(&self) -> &str {
        match self {
            Self::NotSent { reason, .. } | Self::Unknown { reason } => reason,
        }
    }
}

/// A mailbox to deliver to, and to look up what was delivered.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Post<'a> {
    /// Folders on this machine.
    Maildir(MaildirPost),
    /// A server that speaks IMAP and SMTP.
    Imap(ImapPost<'a>),
}

impl<'a> Post<'a> {
    /// Returns the post of an account by its name.
    pub fn of(core: &'a Core, name: &str) -> Result<Self> {
        let account = core.config.mail.accounts.iter().find(|a| a.name == name).ok_or_else(|| {
            EngineError::Outside(format!("The mail account \"{name}\" is no longer in config.toml. Nothing was sent; put it back, or withdraw the approval."))
        })?;
        match account.kind {
            MailKind::Maildir => Ok(Self::Maildir(MaildirPost::of(account))),
            MailKind::Imap => Ok(Self::Imap(ImapPost::of(core, account))),
            MailKind::Gmail => Err(EngineError::Outside(format!(
                "The mail account \"{name}\" cannot send yet."
            ))),
        }
    }

    /// Delivers a message, such that what was delivered can be found again by its Message-ID.
    pub fn deliver(&self, row: &ExecutionRow, message: &[u8]) -> Result<Delivered, Undelivered> {
        match self {
            // A file is in place or it is not, and looking tells.
            Self::Maildir(post) => post
                .deliver(row, message)
                .map_err(|e| Undelivered::Unknown {
                    reason: e.to_string(),
                }),
            Self::Imap(post) => post.deliver(row, message, &mut || Ok(())),
        }
    }

    /// Lays a message ready so that delivering it is one step, where the mailbox has such a thing.
    pub fn stage(&self, row: &ExecutionRow, message: &[u8]) -> Result<()> {
        match self {
            Self::Maildir(post) => post.stage(row, message),
            Self::Imap(_) => Err(EngineError::Outside(
                "Nothing can be laid ready on a server.".into(),
            )),
        }
    }

    /// Asks the mailbox what became of a message; none if it never left.
    pub fn find(&self, row: &ExecutionRow) -> Result<Option<Delivered>> {
        match self {
            Self::Maildir(post) => post.find(row),
            Self::Imap(post) => post.find(row),
        }
    }

    /// Removes a draft; returns whether it was still there.
    pub fn remove_draft(&self, row: &ExecutionRow) -> Result<bool> {
        match self {
            Self::Maildir(post) => post.remove_draft(row),
            Self::Imap(post) => post.remove_draft(row),
        }
    }
}
