//! Mailboxes.

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// The way to a mailbox.
    #[derive(Default)]
    pub enum MailKind ("a kind of mailbox") {
        /// Folders on this machine.
        #[default]
        Maildir = "maildir",
        /// A server that speaks IMAP and SMTP.
        Imap = "imap",
        /// Gmail, by its API.
        Gmail = "gmail",
    }
}

words! {
    /// The protection of a connection.
    #[derive(Default)]
    pub enum Security ("a kind of protection") {
        /// TLS from the first byte.
        #[default]
        Tls = "tls",
        /// Plain at first, then TLS; a server that does not offer it is refused.
        StartTls = "starttls",
        /// None: only to a server on this machine.
        None = "none",
    }
}

words! {
    /// The credentials for a mail server.
    #[derive(Default)]
    pub enum MailAuth ("a way to sign in") {
        /// A password, which the vault keeps.
        #[default]
        Password = "password",
        /// An access token of the Google account (XOAUTH2).
        OAuth2 = "oauth2",
    }
}

/// A mail server's place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// The host's name.
    pub host: String,
    /// The port; the usual one of the protocol and protection if it is 0.
    #[serde(default)]
    pub port: u16,
    /// The protection of the connection.
    #[serde(default)]
    pub security: Security,
}

impl MailServer {
    fn check(&self, account: &str, what: &str) -> Result<(), String> {
        if self.host.is_empty() || self.host.contains(char::is_whitespace) {
            return Err(format!(
                "{what} of mail account \"{account}\" needs a host."
            ));
        }
        let is_local = self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if self.security == Security::None && !is_local {
            return Err(format!(
                "{what} of mail account \"{account}\": security \"none\" is for servers on this machine only; use \"tls\" or \"starttls\"."
            ));
        }
        Ok(())
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailAccount {
    /// Its name here.
    pub name: String,
    /// The way to it.
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
    /// The name that the servers know the operator by; the operator's address if it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The credentials for its servers.
    #[serde(default)]
    pub auth: MailAuth,
    /// The IMAP server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imap: Option<MailServer>,
    /// The SMTP server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<MailServer>,
    /// A file with further certificates in PEM that these servers may show, for servers of one's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// Further folders that are read, such as one that a filter moves answers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<String>,
    /// The folder for copies of what was sent, if it is not the one that the server names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sent: String,
    /// True if a copy of sent mail is put there; servers that do so themselves are noticed.
    #[serde(default = "yes")]
    pub keep_sent: bool,
    /// Days that the first reading goes back.
    #[serde(default = "backfill")]
    pub backfill_days: u32,
}

const fn yes() -> bool {
    true
}

const fn backfill() -> u32 {
    30
}

impl MailAccount {
    /// Returns an account of a kind with nothing set but its name.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: MailKind) -> Self {
        Self {
            name: name.into(),
            kind,
            keep_sent: true,
            backfill_days: backfill(),
            ..Self::default()
        }
    }
}

impl MailConfig {
    /// Tells whether a mailbox shows its servers the Google account's token.
    #[must_use]
    pub fn shows_google_tokens(&self) -> bool {
        self.accounts
            .iter()
            .any(|a| a.kind == MailKind::Imap && a.auth == MailAuth::OAuth2)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (i, account) in self.accounts.iter().enumerate() {
            if account.name.is_empty() {
                return Err("a mail account needs a name.".into());
            }
            if account.kind == MailKind::Maildir && account.path.is_empty() {
                return Err(format!("the Maildir \"{}\" needs a path.", account.name));
            }
            if account.kind == MailKind::Imap {
                match (&account.imap, &account.smtp) {
                    (Some(imap), Some(smtp)) => {
                        imap.check(&account.name, "imap")?;
                        smtp.check(&account.name, "smtp")?;
                    }
                    _ => {
                        return Err(format!(
                            "the mail account \"{}\" needs imap = {{ host = … }} and smtp = {{ host = … }}.",
                            account.name
                        ));
                    }
                }
            }
            if !(1..=3650).contains(&account.backfill_days) && account.kind != MailKind::Maildir {
                return Err(format!(
                    "backfill_days of mail account \"{}\" must be between 1 and 3650.",
                    account.name
                ));
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
