//! Mailboxes.

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// How a mailbox is reached.
    pub enum MailKind ("a kind of mailbox") {
        /// Folders on this machine.
        Maildir = "maildir",
        /// A server that speaks IMAP and SMTP.
        Imap = "imap",
        /// Gmail, by its API.
        Gmail = "gmail",
    }
}

/// The mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// All of them; the first is the one that mail leaves from.
    pub accounts: Vec<MailAccount>,
}

/// A mailbox to read and to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailAccount {
    /// Its name here.
    pub name: String,
    /// How it is reached.
    pub kind: MailKind,
    /// The Maildir's root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The inbox's folder below the root, if it is not the usual one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub inbox: String,
    /// The outbox's folder below the root, if it is not the usual one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outbox: String,
    /// The drafts' folder below the root, if it is not the usual one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub drafts: String,
}

impl MailConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        for (i, account) in self.accounts.iter().enumerate() {
            if account.name.is_empty() {
                return Err("a mail account needs a name.".into());
            }
            if account.kind == MailKind::Maildir && account.path.is_empty() {
                return Err(format!("the Maildir \"{}\" needs a path.", account.name));
            }
            if self
                .accounts
                .iter()
                .skip(i + 1)
                .any(|other| other.name == account.name)
            {
                return Err(format!("two mail accounts are named \"{}\".", account.name));
            }
        }
        Ok(())
    }
}
