//! Sessions with mail servers: where they are, who asks, and what mends a refused sign-in.

use std::time::Duration;

use crate::config::{MailAccount, MailAuth, MailServer, Security};
use crate::connectors::mail::imap::{ImapError, ImapSession};
use crate::connectors::mail::smtp::{SmtpError, SmtpSession};
use crate::connectors::mail::{Endpoint, Login, Protection};
use crate::engine::error::EngineError;
use crate::engine::outside::Outside;
use crate::env::file;

impl Outside {
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
        let mut session = match ImapSession::connect(&endpoint, &login) {
            Err(ImapError::SignIn { server, reason }) => match self.other_login(&login) {
                Some(login) => ImapSession::connect(&endpoint, &login),
                None => Err(ImapError::SignIn { server, reason }),
            },
            other => other,
        }?;
        session.give_up_after(self.answers_in());
        Ok(session)
    }

    /// Returns how long a mail server may take for an answer.
    fn answers_in(&self) -> Duration {
        Duration::from_secs(u64::from(self.core.config.network.whole_seconds))
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
            .core
            .config
            .operator
            .address
            .rsplit_once('@')
            .map_or("localhost", |(_, domain)| domain);
        let endpoint = endpoint(account, server, (465, 587)).map_err(SmtpError::NotYet)?;
        let mut session = match SmtpSession::connect(&endpoint, &login, domain) {
            Err(SmtpError::SignIn(reason)) => match self.other_login(&login) {
                Some(login) => SmtpSession::connect(&endpoint, &login, domain),
                None => Err(SmtpError::SignIn(reason)),
            },
            other => other,
        }?;
        session.give_up_after(self.answers_in());
        Ok(session)
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
            self.core.config.operator.address.clone()
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
        path => file::read(path.as_ref(), file::SETTINGS_BYTES)
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

/// Returns the folder that mail comes into.
pub(in crate::engine) fn inbox_of(account: &MailAccount) -> &str {
    if account.inbox.is_empty() {
        "INBOX"
    } else {
        &account.inbox
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
