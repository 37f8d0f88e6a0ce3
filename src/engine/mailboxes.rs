//! Mailboxes on servers, as the engine reaches them: where they are, who asks, and the folders in them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

mod find;

use super::core::Core;
use super::{Engine, EngineError, Result};
use crate::config::{MailAccount, MailAuth, MailKind, MailServer, Security};
use crate::connectors::mail::imap::{ImapError, ImapSession};
use crate::connectors::mail::smtp::{SmtpError, SmtpSession};
use crate::connectors::mail::{Endpoint, Login, Protection};

pub use find::{FoundSettings, Needed, SettingsSource};

impl Core {
    /// Connects to an account's IMAP server.
    pub fn imap(&self, account: &MailAccount) -> Result<ImapSession, ImapError> {
        let refused = |reason: String| ImapError::SignIn {
            server: account.name.clone(),
            reason,
        };
        let server = account
            .imap
            .as_ref()
            .ok_or_else(|| refused("no IMAP server is set".into()))?;
        let login = self.login(account).map_err(refused)?;
        let endpoint = endpoint(account, server, (993, 143)).map_err(refused)?;
        match ImapSession::connect(&endpoint, &login) {
            Err(ImapError::SignIn { server, reason }) => match self.other_login(&login) {
                Some(login) => ImapSession::connect(&endpoint, &login),
                None => Err(ImapError::SignIn { server, reason }),
            },
            other => other,
        }
    }

    /// Connects to an account's SMTP server.
    pub fn smtp(&self, account: &MailAccount) -> Result<SmtpSession, SmtpError> {
        let server = account
            .smtp
            .as_ref()
            .ok_or_else(|| SmtpError::SignIn("no SMTP server is set".into()))?;
        let login = self.login(account).map_err(SmtpError::SignIn)?;
        // The host's name in the greeting tells the world about the operator's machine; the mail's own domain says enough.
        let domain = self
            .config
            .operator
            .address
            .rsplit_once('@')
            .map_or("localhost", |(_, domain)| domain);
        let endpoint = endpoint(account, server, (465, 587)).map_err(SmtpError::NotYet)?;
        match SmtpSession::connect(&endpoint, &login, domain) {
            Err(SmtpError::SignIn(reason)) => match self.other_login(&login) {
                Some(login) => SmtpSession::connect(&endpoint, &login, domain),
                None => Err(SmtpError::SignIn(reason)),
            },
            other => other,
        }
    }

    /// Returns what to try after a refusal: a token may have been withdrawn before its time, and is worth one refresh.
    fn other_login(&self, refused: &Login) -> Option<Login> {
        match refused {
            Login::Password { .. } => None,
            Login::Token { user, token } => Some(Login::Token {
                user: user.clone(),
                token: self.other_mail_token(token)?,
            }),
        }
    }

    fn login(&self, account: &MailAccount) -> Result<Login, String> {
        let user = if account.user.is_empty() {
            self.config.operator.address.clone()
        } else {
            account.user.clone()
        };
        match account.auth {
            MailAuth::Password => self
                .mail_password(&account.name)
                .map(|password| Login::Password { user, password })
                .map_err(|e| e.message),
            MailAuth::OAuth2 => self
                .mail_token()
                .map(|token| Login::Token { user, token })
                .map_err(|e| e.message),
        }
    }
}

fn endpoint(
    account: &MailAccount,
    server: &MailServer,
    (tls, plain): (u16, u16),
) -> Result<Endpoint, String> {
    let extra_roots = match account.ca_file.as_str() {
        "" => Vec::new(),
        path => std::fs::read(path)
            .map_err(|e| format!("the certificates in {path} cannot be read: {e}"))?,
    };
    Ok(Endpoint {
        host: server.host.clone(),
        port: match (server.port, server.security) {
            (0, Security::Tls) => tls,
            (0, Security::StartTls | Security::None) => plain,
            (port, _) => port,
        },
        protection: match server.security {
            Security::Tls => Protection::Tls,
            Security::StartTls => Protection::StartTls,
            Security::None => Protection::None,
        },
        extra_roots,
    })
}

/// What a mailbox on a server offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailboxReport {
    /// Its name.
    pub name: String,
    /// Messages in the inbox.
    pub messages: u32,
    /// The folder for copies of what was sent.
    pub sent: String,
    /// The folder for drafts.
    pub drafts: String,
    /// Whether the server tells of new mail by itself.
    pub tells_news: bool,
    /// Whether the SMTP server is asked to report what could not be delivered.
    pub reports: bool,
}

impl Engine {
    /// Reaches both servers of a mailbox and signs in; nothing is sent or changed.
    ///
    /// # Errors
    /// What does not work, and what mends it.
    pub fn check_mailbox(&self, name: &str) -> Result<MailboxReport> {
        let account = self
            .watchable()
            .into_iter()
            .find(|a| a.name == name)
            .ok_or_else(|| {
                EngineError::NotFound(format!(
                    "There is no mailbox \"{name}\" on a server; `caseyos mail list` shows all."
                ))
            })?;
        let failed = |e: ImapError| imap_failed(&account, &e);
        let mut session = self.core().imap(&account).map_err(failed)?;
        let state = session.examine(inbox_of(&account)).map_err(failed)?;
        let special = session.special_folders().map_err(failed)?;
        let tells_news = session.tells_news().map_err(failed)?;
        session.close();
        let smtp = self.core().smtp(&account).map_err(|e| match e {
            SmtpError::SignIn(reason) => {
                EngineError::Outside(format!("{reason}. {}", mend_sign_in(&account)))
            }
            other => EngineError::Outside(format!("{other}.")),
        })?;
        let reports = smtp.offers_reports();
        smtp.close();
        Ok(MailboxReport {
            name: name.to_owned(),
            messages: state.exists,
            sent: special.sent.unwrap_or_else(|| "Sent".into()),
            drafts: special.drafts.unwrap_or_else(|| "Drafts".into()),
            tells_news,
            reports,
        })
    }
}

/// Returns the folder that mail comes into.
pub(in crate::engine) fn inbox_of(account: &MailAccount) -> &str {
    if account.inbox.is_empty() {
        "INBOX"
    } else {
        &account.inbox
    }
}

/// Waits that follow one another after failures, in seconds.
const PATIENCE: [u64; 5] = [5, 15, 60, 180, 300];
const NAP: Duration = Duration::from_millis(250);

impl Engine {
    /// Lists the mailboxes that may tell of new mail by themselves.
    #[must_use]
    pub fn watchable(&self) -> Vec<MailAccount> {
        let accounts = &self.config().mail.accounts;
        accounts
            .iter()
            .filter(|a| a.kind == MailKind::Imap)
            .cloned()
            .collect()
    }

    /// Waits at a mailbox until `stop` is set, and calls `news` whenever something came into its inbox. Ends earlier if the server does not
    /// offer to tell, or refuses the sign-in: passes go on reading it, and say what is wrong.
    pub fn watch_mailbox(&self, account: &MailAccount, stop: &AtomicBool, news: &dyn Fn()) {
        let inbox = inbox_of(account);
        let mut failures = 0_usize;
        while !stop.load(Ordering::Relaxed) {
            let watched = self.core().imap(account).and_then(|mut session| {
                session.examine(inbox)?;
                failures = 0;
                while let Some(is_news) = session.wait_for_news(stop)? {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if is_news {
                        news();
                    }
                }
                session.close();
                Ok(())
            });
            match watched {
                Ok(()) | Err(ImapError::SignIn { .. }) => return,
                Err(error) => {
                    tracing::info!(account = account.name, %error, "the watch on a mailbox broke off")
                }
            }
            let seconds = PATIENCE
                .get(failures)
                .or(PATIENCE.last())
                .copied()
                .unwrap_or(300);
            failures += 1;
            let mut waited = Duration::ZERO;
            while waited < Duration::from_secs(seconds) && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(NAP);
                waited += NAP;
            }
        }
    }
}

/// Says what mends a sign-in that a mailbox's servers refuse.
pub(in crate::engine) fn mend_sign_in(account: &MailAccount) -> String {
    match account.auth {
        MailAuth::Password => format!(
            "`caseyos auth login mail {}` takes the password anew.",
            account.name
        ),
        MailAuth::OAuth2 => "`caseyos auth login google --mail-server` begins a new sign-in; the mailbox must be the account's own, with IMAP switched on.".into(),
    }
}

/// Says what went wrong with a mailbox and what mends it.
pub(in crate::engine) fn imap_failed(account: &MailAccount, error: &ImapError) -> EngineError {
    let mend = match error {
        ImapError::SignIn { .. } => format!(" {}", mend_sign_in(account)),
        ImapError::Network { .. } | ImapError::Refused { .. } => String::new(),
    };
    EngineError::Outside(format!("{error}.{mend}"))
}
