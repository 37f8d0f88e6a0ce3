//! The accounts as the operator looks at them: who is signed in, with which rights, for how long, and what mends what.

use jiff::Timestamp;
use serde::Serialize;

use crate::config::{MailAccount, MailAuth, MailKind};
use crate::domain::account::{AccountKind, NearEnd, SecretPlace, near_end};
use crate::domain::service::{MAIL_SERVER, Provider};
use crate::domain::words::words;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::outside::auth::password_name;
use crate::engine::outside::sign_in::{MissingScope, missing_scopes};
use crate::secrets::credential;
use crate::store::accounts::{self, Account};

words! {
    /// How things stand with an account.
    pub enum AccountStanding ("a standing") {
        /// Nobody is signed in.
        SignedOut = "signed_out",
        /// It works.
        Fine = "fine",
        /// It works, and something about it should be known.
        Warning = "warning",
        /// It does not work until the operator does something.
        Broken = "broken",
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountState {
    /// `google`, `hubspot`, or `mail:` and a mailbox's name.
    pub account: String,
    /// How it stands.
    pub standing: AccountStanding,
    /// How it was signed in to.
    pub kind: Option<AccountKind>,
    /// Whose; empty if it is not known.
    pub address: String,
    /// Where the secret is kept.
    pub kept_in: Option<SecretPlace>,
    /// The rights that were given.
    pub scopes: Vec<String>,
    /// Those that were not.
    pub missing: Vec<MissingScope>,
    /// When the operator signed in.
    pub granted_at: Option<Timestamp>,
    /// When the token was last refreshed.
    pub refreshed_at: Option<Timestamp>,
    /// When the token ends; it is refreshed before.
    pub expires_at: Option<Timestamp>,
    /// When the sign-in itself ends, if that is near.
    pub ends_at: Option<Timestamp>,
    /// What is the matter; empty if nothing is.
    pub problem: String,
    /// What mends it.
    pub fix: String,
}

impl AccountState {
    fn new(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            standing: AccountStanding::SignedOut,
            kind: None,
            address: String::new(),
            kept_in: None,
            scopes: Vec::new(),
            missing: Vec::new(),
            granted_at: None,
            refreshed_at: None,
            expires_at: None,
            ends_at: None,
            problem: String::new(),
            fix: String::new(),
        }
    }

    fn of(account: &Account) -> Self {
        Self {
            standing: AccountStanding::Fine,
            kind: Some(account.kind),
            address: account.address.clone(),
            kept_in: Some(account.place),
            scopes: account.scopes.clone(),
            granted_at: Some(account.granted_at),
            refreshed_at: account.refreshed_at,
            expires_at: account.expires_at,
            ..Self::new(&account.name)
        }
    }

    fn with(mut self, standing: AccountStanding, problem: String, fix: String) -> Self {
        self.standing = self.standing.max(standing);
        if self.problem.is_empty() {
            self.problem = problem;
            self.fix = fix;
        }
        self
    }
}

/// Returns how a mailbox stands that shows its servers the Google account's token.
fn token_state(mailbox: &MailAccount, google: Option<&AccountState>) -> AccountState {
    let login = "caseyos auth login google --mail-server".to_owned();
    let base = AccountState {
        kind: Some(AccountKind::Oauth),
        address: mailbox.user.clone(),
        kept_in: google.and_then(|g| g.kept_in),
        ..AccountState::new(&format!("mail:{}", mailbox.name))
    };
    match google {
        Some(google) if google.standing != AccountStanding::SignedOut => {
            if google.missing.iter().any(|m| m.scope == MAIL_SERVER.name) {
                let problem = format!(
                    "the sign-in to google was not given the right {}",
                    MAIL_SERVER.name
                );
                return base.with(AccountStanding::Broken, problem, login);
            }
            let state = AccountState {
                standing: AccountStanding::Fine,
                ..base
            };
            match google.standing {
                AccountStanding::Broken => {
                    state.with(google.standing, google.problem.clone(), google.fix.clone())
                }
                // What is worth a warning is said of the account itself.
                _ => state,
            }
        }
        _ => base.with(
            AccountStanding::Broken,
            "it shows its servers the token of the Google account, and nobody is signed in there"
                .into(),
            login,
        ),
    }
}

impl Engine {
    /// Lists the providers and mailboxes with how their sign-in stands. The network is not asked; the place of the secrets is.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn accounts(&self) -> Result<Vec<AccountState>> {
        let rows = self
            .store()
            .read(|tx| Ok::<_, crate::engine::error::EngineError>(accounts::all(tx)?))?;
        let row = |name: &str| rows.iter().find(|a| a.name == name);
        let mut all: Vec<AccountState> = Provider::ALL
            .iter()
            .map(|&provider| self.provider_state(provider, row(provider.as_str())))
            .collect();
        let configured = self
            .config()
            .mail
            .accounts
            .iter()
            .filter(|a| a.kind == MailKind::Imap && a.auth == MailAuth::Password)
            .map(|a| format!("mail:{}", a.name));
        let kept = rows
            .iter()
            .map(|a| a.name.clone())
            .filter(|name| name.starts_with("mail:"));
        let by_token: Vec<&MailAccount> = self
            .config()
            .mail
            .accounts
            .iter()
            .filter(|a| a.kind == MailKind::Imap && a.auth == MailAuth::OAuth2)
            .collect();
        let mut mailboxes: Vec<String> = configured.chain(kept).collect();
        mailboxes.sort();
        mailboxes.dedup();
        // A password that is still kept is not what these are signed in with.
        mailboxes.retain(|name| {
            !by_token
                .iter()
                .any(|a| Some(a.name.as_str()) == name.strip_prefix("mail:"))
        });
        for name in mailboxes {
            all.push(self.mailbox_state(&name, row(&name))?);
        }
        let google = all
            .iter()
            .find(|a| a.account == Provider::Google.as_str())
            .cloned();
        all.extend(
            by_token
                .into_iter()
                .map(|mailbox| token_state(mailbox, google.as_ref())),
        );
        Ok(all)
    }

    /// Warns of a sign-in that ends soon. Looks at rows alone, as every pass asks.
    pub(in crate::engine) fn ending_sign_in(&self) -> Result<Option<String>> {
        let rows = self
            .store()
            .read(|tx| Ok::<_, crate::engine::error::EngineError>(accounts::all(tx)?))?;
        let near = Provider::ALL.iter().find_map(|&provider| {
            let row = rows.iter().find(|row| row.name == provider.as_str())?;
            let end = Some(row)
                .filter(|row| row.problem.is_empty())
                .and_then(|row| self.end_of(provider, row))?;
            Some((provider, end))
        });
        Ok(near.map(|(provider, end)| {
            let when = if end.is_certain {
                ""
            } else {
                " if your app is in Testing status"
            };
            format!(
                "{} ends its sign-in at {}{when}; `caseyos auth login {provider}` begins a new one.",
                provider.row().label,
                end.at.strftime("%d %b %Y %H:%M UTC")
            )
        }))
    }

    /// Returns the end of a sign-in to an app in Testing, if it is near.
    fn end_of(&self, provider: Provider, row: &Account) -> Option<NearEnd> {
        let testing = provider.row().consent()?.testing.as_ref()?;
        if row.kind != AccountKind::Oauth {
            return None;
        }
        let status = self.config().app_status(provider);
        let now = self.now();
        near_end(testing, status, row.granted_at, row.refresh_expires_at, now)
    }

    fn provider_state(&self, provider: Provider, row: Option<&Account>) -> AccountState {
        let name = provider.as_str();
        let from_environment = AccountState {
            standing: AccountStanding::Fine,
            kept_in: Some(SecretPlace::Environment),
            ..AccountState::new(name)
        };
        if credential(&format!("{provider}:token")).is_some() {
            return AccountState {
                kind: Some(AccountKind::Token),
                ..from_environment
            };
        }
        if credential(&format!("{provider}:refresh_token")).is_some() {
            return AccountState {
                kind: Some(AccountKind::Oauth),
                ..from_environment
            };
        }
        let Some(row) = row else {
            return AccountState::new(name);
        };
        let login = format!("caseyos auth login {provider}");
        let mut state = AccountState::of(row);
        if !row.problem.is_empty() {
            state = state.with(AccountStanding::Broken, row.problem.clone(), login.clone());
        }
        if let Err(reason) = self.outside().look_for_grant(provider) {
            state = state.with(AccountStanding::Broken, reason, login.clone());
        }
        if let Some(end) = self.end_of(provider, row) {
            state.ends_at = Some(end.at);
            let (when, more) = if end.is_certain {
                ("", String::new())
            } else {
                (
                    " if your app is in Testing status",
                    format!(", or set app_status = \"production\" in [{provider}] if it is"),
                )
            };
            state = state.with(
                AccountStanding::Warning,
                format!(
                    "{} ends this sign-in at {}{when}",
                    provider.row().label,
                    end.at.strftime("%d %b %Y %H:%M UTC")
                ),
                format!("{login} begins a new one; publishing the app makes it last{more}"),
            );
        }
        let mail_server = self.config().mail.shows_google_tokens();
        state.missing = missing_scopes(provider, &row.scopes, mail_server);
        if let Some(first) = state.missing.first() {
            let problem = format!(
                "{} of the rights that were asked for {} not given: {}",
                state.missing.len(),
                if state.missing.len() == 1 {
                    "was"
                } else {
                    "were"
                },
                first.without
            );
            state = state.with(
                AccountStanding::Warning,
                problem,
                format!("{login}, with every box ticked"),
            );
        }
        state
    }

    fn mailbox_state(&self, name: &str, row: Option<&Account>) -> Result<AccountState> {
        let mailbox = name.strip_prefix("mail:").unwrap_or(name);
        let login = format!("caseyos auth login mail {mailbox}");
        let state = row.map_or_else(
            || AccountState {
                kind: Some(AccountKind::Password),
                ..AccountState::new(name)
            },
            AccountState::of,
        );
        Ok(match self.outside().vault()?.get(&password_name(mailbox)) {
            Ok(Some((_, place))) => AccountState {
                standing: AccountStanding::Fine,
                kept_in: Some(place),
                ..state
            },
            Ok(None) => state.with(
                AccountStanding::Broken,
                "no password is kept for this mailbox".into(),
                login,
            ),
            Err(error) => state.with(
                AccountStanding::Broken,
                error.to_string(),
                error.fix().to_owned(),
            ),
        })
    }
}
