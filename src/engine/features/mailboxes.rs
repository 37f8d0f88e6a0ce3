//! Mailboxes on servers, as the engine reaches them: where they are, who asks, and the folders in them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

mod find;

use crate::config::{MailAccount, MailKind};
use crate::connectors::mail::imap::ImapError;
use crate::connectors::mail::smtp::SmtpError;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::outside::sessions::{imap_failed, inbox_of, mend_sign_in};

pub use find::{FoundSettings, Needed, SettingsSource};

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
        let mut session = self.outside().imap(&account).map_err(failed)?;
        let state = session.examine(inbox_of(&account)).map_err(failed)?;
        let special = session.special_folders().map_err(failed)?;
        let tells_news = session.tells_news().map_err(failed)?;
        session.close();
        let smtp = self.outside().smtp(&account).map_err(|e| match e {
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
            let watched = self.outside().imap(account).and_then(|mut session| {
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
