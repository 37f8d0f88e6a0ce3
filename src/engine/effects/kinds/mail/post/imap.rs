//! A mailbox on a server as the post: drafts go to its drafts folder, mail to its SMTP server, with a copy among what was sent.
//!
//! An SMTP server keeps no list of what it was handed, so only a copy in a folder shows that a message left; where there is none, nobody can
//! say, and the operator decides.

mod drafts;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::MailAccount;
use crate::connectors::mail::imap::{FetchedMail, ImapError, ImapSession, SpecialFolders};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::connectors::mail::smtp::SmtpError;
use crate::domain::effect::Ended;
use crate::domain::email::ParsedMail;
use crate::domain::email::address::EmailAddress;
use crate::domain::email::message_id::MessageId;
use crate::domain::guard::Mode;
use crate::engine::effects::kind::{Delivered, Undelivered};
use crate::engine::effects::kinds::mail::draft::Content;

use crate::engine::effects::kinds::mail::render::{content_of, is_as_rendered, render_content};
use crate::engine::error::{EngineError, Result};
use crate::engine::outside::Outside;
use crate::engine::outside::sessions::{imap_failed, mend_sign_in};
use crate::store::executions::ExecutionRow;

/// What is read of a message to know its id.
const HEADER_BYTES: u32 = 16 * 1024;
/// What is read of a message to compare it with another.
const MESSAGE_BYTES: u32 = 1024 * 1024;

/// A mailbox on a server.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ImapPost<'a> {
    outside: &'a Outside,
    account: MailAccount,
}

impl<'a> ImapPost<'a> {
    /// Returns the post of an account.
    pub fn of(outside: &'a Outside, account: &MailAccount) -> Self {
        Self {
            outside,
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
        let mut session = self.outside.imap(&self.account).map_err(not_sent)?;
        let folder = self.drafts(session.special_folders().map_err(not_sent)?);
        session.ensure_folder(&folder).map_err(not_sent)?;
        last_word().map_err(|reason| Undelivered::Stopped { reason })?;
        self.place_draft(&mut session, &folder, row, message)
            .map_err(|e| {
                let reason = imap_failed(&self.account, &e).to_string();
                match e {
                    ImapError::Network { .. } => Undelivered::Unknown { reason },
                    ImapError::Refused { .. } | ImapError::SignIn { .. } => later(reason),
                }
            })?;
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
            SmtpError::NoSuchAddress(reason) => {
                Undelivered::for_good(format!("{reason}."), Ended::NoSuchAddress)
            }
            SmtpError::Unknown(reason) => Undelivered::Unknown {
                reason: format!("{reason}."),
            },
        };
        let mut session = self.outside.smtp(&self.account).map_err(fate)?;
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
        Ok(Delivered::at(location))
    }

    /// Puts a copy among what was sent, unless the server has done so itself.
    fn keep_copy(&self, row: &ExecutionRow, message: &[u8]) -> Result<Option<String>, ImapError> {
        if !self.account.keep_sent {
            return Ok(None);
        }
        let mut session = self.outside.imap(&self.account)?;
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
        let mut session = self.outside.imap(&self.account).map_err(failed)?;
        let special = session.special_folders().map_err(failed)?;
        if row.mode != Mode::Live {
            let folder = self.drafts(special);
            let is_there = self.has_draft(&mut session, &folder, row)?;
            session.close();
            return Ok(is_there.then(|| self.delivered(&folder, true)));
        }
        let folder = self.sent(special);
        let found = match self.search(&mut session, &folder, row) {
            Ok(found) => found,
            // A folder that is not there holds nothing.
            Err(ImapError::Refused { .. }) => None,
            Err(error) => return Err(failed(error)),
        };
        session.close();
        if found.is_some() {
            return Ok(Some(self.delivered(&folder, false)));
        }
        Err(EngineError::Outside(format!(
            "There is no copy in \"{folder}\", and an SMTP server cannot be asked what it was handed. If your provider shows that it left, `caseyos outbox drop {0}` ends the matter; if not, `caseyos outbox retry {0} --force` sends it.",
            row.id
        )))
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
        let named = session.find_message_id(&id)?;
        // A message of that id may be this installation's from before it was restored, to somebody else.
        let ours = content_of(row)
            .and_then(|content| render_content(&content, &row.message_id, row.approved_at))
            .unwrap_or_default();
        let there = session.fetch(&named, MESSAGE_BYTES)?;
        let is_it = |mail: &&FetchedMail| is_as_rendered(&ours, &parse(&mail.bytes));
        Ok(there.iter().filter(is_it).map(|mail| mail.uid).next_back())
    }

    /// Returns the messages among what was sent whose Message-ID begins so and is none of those that `is_known` knows, since an instant.
    pub fn sent_as(
        &self,
        prefix: &str,
        since: Option<Timestamp>,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(String, ParsedMail)>> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let mut session = self.outside.imap(&self.account).map_err(failed)?;
        let folder = self.sent(session.special_folders().map_err(failed)?);
        match session.examine(&folder) {
            Ok(_) => {}
            // A folder that is not there holds nothing.
            Err(ImapError::Refused { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        }
        // The server's own calendar may be a day behind.
        let day = since.map(|at| at.to_zoned(TimeZone::UTC).date());
        let day = day.map(|day| day.yesterday().unwrap_or(day));
        let uids = session.uids_named(prefix, day).map_err(failed)?;
        let heads = session.fetch(&uids, HEADER_BYTES).map_err(failed)?;
        let is_new = |mail: &FetchedMail| {
            let id = parse_header(&mail.bytes).message_id;
            id.is_some_and(|id| id.as_str().starts_with(prefix) && !is_known(id.as_str()))
        };
        let new: Vec<u32> = heads.iter().filter(|m| is_new(m)).map(|m| m.uid).collect();
        let whole = session.fetch(&new, MESSAGE_BYTES).map_err(failed)?;
        session.close();
        let place = self.delivered(&folder, false).location;
        Ok(whole
            .iter()
            .map(|mail| (place.clone(), parse(&mail.bytes)))
            .collect())
    }

    fn sent(&self, special: SpecialFolders) -> String {
        chosen(&self.account.sent, special.sent, "Sent")
    }

    fn drafts(&self, special: SpecialFolders) -> String {
        chosen(&self.account.drafts, special.drafts, "Drafts")
    }

    fn delivered(&self, folder: &str, is_draft: bool) -> Delivered {
        Delivered {
            is_draft,
            ..Delivered::at(format!("{}/{folder}", self.account.name))
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
    Undelivered::for_now(reason)
}

fn never(reason: String) -> Undelivered {
    Undelivered::for_good(reason, Ended::Refused)
}
