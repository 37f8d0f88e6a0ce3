//! A mailbox on a server as the post: drafts go to its drafts folder, mail to its SMTP server, with a copy among what was sent.
//!
//! An SMTP server keeps no list of what it was handed, so only a copy in a folder shows that a message left; where there is none, nobody can
//! say, and the operator decides.

use super::{Delivered, Undelivered};
use crate::config::MailAccount;
use crate::connectors::mail::imap::{ImapError, ImapSession, SpecialFolders};
use crate::connectors::mail::smtp::SmtpError;
use crate::domain::email::address::EmailAddress;
use crate::domain::email::message_id::MessageId;
use crate::domain::guard::Mode;
use crate::engine::core::Core;
use crate::engine::draft::Content;
use crate::engine::mailboxes::{imap_failed, mend_sign_in};
use crate::engine::{EngineError, Result};
use crate::store::executions::ExecutionRow;

/// A mailbox on a server.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ImapPost<'a> {
    core: &'a Core,
    account: MailAccount,
}

impl<'a> ImapPost<'a> {
    /// Returns the post of an account.
    pub fn of(core: &'a Core, account: &MailAccount) -> Self {
        Self {
            core,
            account: account.clone(),
        }
    }

    /// Delivers a message.
    pub fn deliver(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<Delivered, Undelivered> {
        match row.mode {
            Mode::Live => self.hand_in(row, message, last_word),
            Mode::Draft | Mode::DryRun => self.put_draft(row, message, last_word),
        }
    }

    fn put_draft(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<Delivered, Undelivered> {
        let not_sent = |e: ImapError| later(imap_failed(&self.account, &e).to_string());
        let mut session = self.core.imap(&self.account).map_err(not_sent)?;
        let folder = self.drafts(session.special_folders().map_err(not_sent)?);
        session.ensure_folder(&folder).map_err(not_sent)?;
        if self
            .search(&mut session, &folder, row)
            .map_err(not_sent)?
            .is_none()
        {
            last_word().map_err(|reason| Undelivered::Stopped { reason })?;
            session
                .append(&folder, r"(\Draft \Seen)", message)
                .map_err(|e| match e {
                    ImapError::Network { .. } => Undelivered::Unknown {
                        reason: e.to_string(),
                    },
                    ImapError::Refused { .. } | ImapError::SignIn { .. } => later(e.to_string()),
                })?;
        }
        session.close();
        Ok(self.delivered(&folder, true))
    }

    fn hand_in(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<Delivered, Undelivered> {
        let content: Content =
            serde_json::from_str(&row.content).map_err(|e| never(e.to_string()))?;
        let address = |text: &str| EmailAddress::parse(text).map_err(|e| never(e.to_string()));
        let (from, to) = (address(&content.from)?, address(&content.to)?);
        let fate = |e: SmtpError| match e {
            SmtpError::NotYet(reason) => later(format!("{reason}.")),
            SmtpError::Stopped(reason) => Undelivered::Stopped { reason },
            SmtpError::SignIn(reason) => {
                later(format!("{reason}. {}", mend_sign_in(&self.account)))
            }
            SmtpError::Refused(reason) => never(format!("{reason}.")),
            SmtpError::Unknown(reason) => Undelivered::Unknown {
                reason: format!("{reason}."),
            },
        };
        let mut session = self.core.smtp(&self.account).map_err(fate)?;
        let answer = session
            .send(&from, &[to], &row.message_id, message, last_word)
            .map_err(fate)?;
        session.close();
        // It has left; whatever goes wrong with the copy must not look as if it had not.
        let location = match self.keep_copy(row, message) {
            Ok(Some(folder)) => self.delivered(&folder, false).location,
            Ok(None) => format!("{}: {answer}", self.account.name),
            Err(error) => {
                tracing::warn!(execution = row.id.0, %error, "no copy of a sent message could be kept");
                format!("{}: {answer}", self.account.name)
            }
        };
        Ok(Delivered {
            location,
            is_draft: false,
        })
    }

    /// Puts a copy among what was sent, unless the server has done so itself.
    fn keep_copy(&self, row: &ExecutionRow, message: &[u8]) -> Result<Option<String>, ImapError> {
        if !self.account.keep_sent {
            return Ok(None);
        }
        let mut session = self.core.imap(&self.account)?;
        let folder = self.sent(session.special_folders()?);
        session.ensure_folder(&folder)?;
        if self.search(&mut session, &folder, row)?.is_none() {
            session.append(&folder, r"(\Seen)", message)?;
        }
        session.close();
        Ok(Some(folder))
    }

    /// Finds out what became of a message.
    pub fn find(&self, row: &ExecutionRow) -> Result<Option<Delivered>> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let is_draft = row.mode != Mode::Live;
        let mut session = self.core.imap(&self.account).map_err(failed)?;
        let special = session.special_folders().map_err(failed)?;
        let folder = if is_draft {
            self.drafts(special)
        } else {
            self.sent(special)
        };
        let found = match self.search(&mut session, &folder, row) {
            Ok(found) => found,
            // A folder that is not there holds nothing.
            Err(ImapError::Refused { .. }) => None,
            Err(error) => return Err(failed(error)),
        };
        session.close();
        match (found, is_draft) {
            (Some(_), _) => Ok(Some(self.delivered(&folder, is_draft))),
            (None, true) => Ok(None),
            (None, false) => Err(EngineError::Outside(format!(
                "There is no copy in \"{folder}\", and an SMTP server cannot be asked what it was handed. If your provider shows that it left, `caseyos outbox drop {0}` ends the matter; if not, `caseyos outbox retry {0} --force` sends it.",
                row.id
            ))),
        }
    }

    /// Removes a draft; returns whether it was still there.
    pub fn remove_draft(&self, row: &ExecutionRow) -> Result<bool> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let mut session = self.core.imap(&self.account).map_err(failed)?;
        let folder = self.drafts(session.special_folders().map_err(failed)?);
        let found = self.search(&mut session, &folder, row).map_err(failed)?;
        if let Some(uid) = found {
            session.delete(&folder, uid).map_err(failed)?;
        }
        session.close();
        Ok(found.is_some())
    }

    fn search(
        &self,
        session: &mut ImapSession,
        folder: &str,
        row: &ExecutionRow,
    ) -> Result<Option<u32>, ImapError> {
        session.examine(folder)?;
        let Some(id) = MessageId::find(&row.message_id) else {
            return Ok(None);
        };
        Ok(session.find_message_id(&id)?.last().copied())
    }

    fn sent(&self, special: SpecialFolders) -> String {
        chosen(&self.account.sent, special.sent, "Sent")
    }

    fn drafts(&self, special: SpecialFolders) -> String {
        chosen(&self.account.drafts, special.drafts, "Drafts")
    }

    fn delivered(&self, folder: &str, is_draft: bool) -> Delivered {
        Delivered {
            location: format!("{}/{folder}", self.account.name),
            is_draft,
        }
    }
}

fn chosen(own: &str, special: Option<String>, usual: &str) -> String {
    if own.is_empty() {
        special.unwrap_or_else(|| usual.to_owned())
    } else {
        own.to_owned()
    }
}

fn later(reason: String) -> Undelivered {
    Undelivered::NotSent {
        reason,
        is_final: false,
        retry_after: None,
    }
}

fn never(reason: String) -> Undelivered {
    Undelivered::NotSent {
        reason,
        is_final: true,
        retry_after: None,
    }
}
