//! Mailboxes on servers, as the engine reaches them: where they are, who asks, and the folders in them.

use super::core::Core;
use super::{EngineError, Result};
use crate::config::{MailAccount, MailAuth, MailServer, Security};
use crate::connectors::mail::imap::{ImapError, ImapSession};
use crate::connectors::mail::smtp::{SmtpError, SmtpSession};
use crate::connectors::mail::{Endpoint, Login, Protection};
use crate::secrets::Secret;

/// Returns the name under which the vault keeps a mailbox's password.
#[must_use]
pub fn password_name(account: &str) -> String {
    format!("mail:{account}:password")
}

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
        ImapSession::connect(&endpoint, &login)
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
        SmtpSession::connect(&endpoint, &login, domain)
    }

    fn login(&self, account: &MailAccount) -> Result<Login, String> {
        let user = if account.user.is_empty() {
            self.config.operator.address.clone()
        } else {
            account.user.clone()
        };
        match account.auth {
            MailAuth::Password => crate::env::variable(&format!("CASEYOS_MAIL_{}_PASSWORD", account.name.to_ascii_uppercase()))
                .map(|password| Login::Password { user, password: Secret::new(password) })
                .ok_or_else(|| format!("no password is known for mailbox \"{0}\"; `caseyos auth login mail --name {0}` takes it", account.name)),
            MailAuth::OAuth2 => Err("no token".into()),
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

/// Says what went wrong with a mailbox and what mends it.
pub(in crate::engine) fn imap_failed(account: &MailAccount, error: &ImapError) -> EngineError {
    let mend = match error {
        ImapError::SignIn { .. } => format!(
            " `caseyos auth login mail --name {}` takes the password anew.",
            account.name
        ),
        ImapError::Network { .. } | ImapError::Refused { .. } => String::new(),
    };
    EngineError::Outside(format!("{error}.{mend}"))
}
