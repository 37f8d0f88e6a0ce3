//! The other end of a local mailbox: what left through it, and mail put into it.
//!
//! A Maildir has two sides. The engine writes the outbox and reads the inbox; who plays the world outside (the demo, a test) reads the one
//! and writes the other, with real messages, so that everything between them is the same code as with real mail.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::MailAccount;
use crate::connectors::mail::compose::{OutboundMail, compose};
use crate::connectors::mail::maildir::{MaildirError, MaildirFolder};
use crate::connectors::mail::parse::parse;
use crate::connectors::mail::report::{BounceReport, compose_bounce};
use crate::domain::action::ActionKind;
use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::message_id::MessageId;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::outside::maildir::layout;
use crate::store::executions;

/// A longer file in the outbox is not looked at.
const MAX_MESSAGE_BYTES: u64 = 4 * 1024 * 1024;

/// A message to put into the inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct IncomingMail {
    /// The author's name and address.
    pub from: (String, String),
    /// The recipient's name and address.
    pub to: (String, String),
    /// The subject.
    pub subject: String,
    /// The text with `\n` line ends.
    pub body: String,
    /// When it was written.
    pub at: Timestamp,
    /// The zone of its Date header; UTC if none.
    pub zone: Option<TimeZone>,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// What it answers, without angle brackets.
    pub in_reply_to: Option<String>,
    /// The thread above it, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

/// A message that left.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftMail {
    /// Its file's name in the outbox, without flags.
    pub unique: String,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// The thread above it, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// The author's name and address.
    pub from: (String, String),
    /// The recipient's name and address, in lower case.
    pub to: (String, String),
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it left, by its own Date.
    pub at: Timestamp,
    /// What it did, if it left through a move.
    pub action: Option<ActionKind>,
}

fn failed(error: MaildirError) -> EngineError {
    EngineError::Outside(format!("{error}."))
}

fn refused(what: impl std::fmt::Display) -> EngineError {
    EngineError::Input(format!("The message cannot be built: {what}."))
}

fn mailbox((name, address): &(String, String)) -> Result<Mailbox> {
    Ok(Mailbox {
        name: name.clone(),
        address: EmailAddress::parse(address).map_err(refused)?,
    })
}

fn id(text: &str) -> Result<MessageId> {
    MessageId::find(&format!("<{text}>")).ok_or_else(|| refused("a Message-ID is missing"))
}

impl Engine {
    fn first_account(&self) -> Result<&MailAccount> {
        self.config()
            .mail
            .accounts
            .first()
            .ok_or_else(|| EngineError::Input("No mailbox is set up.".into()))
    }

    /// Makes the folders of the first mailbox.
    ///
    /// # Errors
    /// If there is no mailbox or a folder cannot be made.
    pub fn make_mailbox(&self) -> Result<()> {
        layout(self.first_account()?)
            .create_missing()
            .map_err(failed)
    }

    /// Puts a message into the inbox under a file name; if that is there already, nothing is done.
    ///
    /// # Errors
    /// If the message cannot be built or the file cannot be written.
    pub fn receive(&self, unique: &str, mail: &IncomingMail) -> Result<()> {
        let message = compose(&OutboundMail {
            from: mailbox(&mail.from)?,
            to: vec![mailbox(&mail.to)?],
            subject: mail.subject.clone(),
            body: mail.body.clone(),
            date: mail.at,
            zone: mail.zone.clone(),
            message_id: id(&mail.message_id)?,
            in_reply_to: mail.in_reply_to.as_deref().map(id).transpose()?,
            references: mail
                .references
                .iter()
                .map(|r| id(r))
                .collect::<Result<_>>()?,
            list_unsubscribe_mailto: None,
            list_unsubscribe_url: None,
            extra_headers: mail.headers.clone(),
        })
        .map_err(refused)?;
        self.put(unique, &message)
    }

    /// Puts a report into the inbox that says that a message could not be delivered for good.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn receive_bounce(
        &self,
        unique: &str,
        about: &LeftMail,
        at: Timestamp,
        message_id: &str,
    ) -> Result<()> {
        let recipient = EmailAddress::parse(&about.to.1).map_err(refused)?;
        let host = format!("mx.{}", recipient.domain());
        let message = compose_bounce(&BounceReport {
            host: &host,
            to: &mailbox(&about.from)?,
            date: at,
            message_id: &id(message_id)?,
            recipient: &recipient,
            status: "5.1.1",
            diagnostic: &format!("550 5.1.1 <{recipient}>: user unknown"),
            original_id: &id(&about.message_id)?,
            original_subject: &about.subject,
            original_date: about.at,
        })
        .map_err(refused)?;
        self.put(unique, &message)
    }

    fn put(&self, unique: &str, message: &[u8]) -> Result<()> {
        let inbox = layout(self.first_account()?).inbox;
        MaildirFolder::create(&inbox)
            .and_then(|folder| folder.deliver(unique, message))
            .map(drop)
            .map_err(failed)
    }

    /// Returns the file names in the inbox, without flags.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn inbox_names(&self) -> Result<HashSet<String>> {
        let inbox = layout(self.first_account()?).inbox;
        if !inbox.is_dir() {
            return Ok(HashSet::new());
        }
        let folder = MaildirFolder::open(&inbox).map_err(failed)?;
        Ok(folder.list().map_err(failed)?.map(|e| e.unique).collect())
    }

    /// Returns the messages in the outbox whose file names `wanted` takes, in the order in which they left.
    ///
    /// # Errors
    /// If the outbox or the database cannot be read.
    pub fn left_mail(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<LeftMail>> {
        let outbox = layout(self.first_account()?).outbox;
        if !outbox.is_dir() {
            return Ok(Vec::new());
        }
        let folder = MaildirFolder::open(&outbox).map_err(failed)?;
        let mut left = Vec::new();
        for entry in folder.list().map_err(failed)? {
            if !wanted(&entry.unique) {
                continue;
            }
            // What was moved away meanwhile, or is no mail at all, is none of ours.
            let Some(bytes) = folder.read(&entry, MAX_MESSAGE_BYTES).map_err(failed)? else {
                continue;
            };
            let mail = parse(&bytes);
            let (Some(message_id), Some(at), Some(from), Some(to)) =
                (mail.message_id, mail.date, mail.from, mail.to.first())
            else {
                continue;
            };
            let action = self.store().read(|tx| {
                Ok::<_, EngineError>(executions::by_message_id(tx, &message_id.to_string())?)
            })?;
            let bare = |id: &MessageId| id.as_str().to_owned();
            left.push(LeftMail {
                unique: entry.unique,
                message_id: bare(&message_id),
                references: mail.references.iter().map(bare).collect(),
                from: (from.name, from.address.to_string()),
                to: (to.name.clone(), to.address.to_string().to_lowercase()),
                subject: mail.subject,
                text: mail.text,
                at,
                action: action.map(|row| row.action),
            });
        }
        left.sort_by(|a, b| (a.at, &a.unique).cmp(&(b.at, &b.unique)));
        Ok(left)
    }
}
