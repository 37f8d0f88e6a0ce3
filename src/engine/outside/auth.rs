//! The accounts' tokens: had from the vault, refreshed ahead of their end by one process at a time, and given up for good when the provider
//! says so.
//!
//! A new token is kept before it is used, as the old one may be worthless by then. A refusal is remembered, so that nothing asks again and
//! again for what only the operator can mend.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connectors::oauth::{self, Client, Endpoint, Tokens};
use crate::connectors::transport::{CallError, CallErrorKind, Fate};
use crate::domain::account::{AccountKind, Refused, SecretPlace, Span, explain};
use crate::domain::service::{MAIL_SERVER, Provider};
use crate::engine::ground::core::INSTANCE;
use crate::engine::outside::{Bearer, FEW, Outside, stopped, wait};
use crate::secrets::{Places, Secret, Vault, VaultError, credential, variable_of};
use crate::store::lease::{self, Lease};
use crate::store::{Durability, ReadTx, StoreError, accounts, control};

/// How long one waits for another process's refresh.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(25);

/// The vault and the tokens that this process holds.
#[derive(Debug, Default)]
pub(in crate::engine) struct SignIns {
    vault: OnceLock<Vault>,
    held: Mutex<BTreeMap<Provider, Grant>>,
    refused: Mutex<BTreeMap<Provider, (Secret, CallError)>>,
    useless: Mutex<Option<Secret>>,
}

/// What one is signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Grant {
    pub access: Secret,
    pub refresh: Option<Secret>,
    pub span: Span,
    pub place: SecretPlace,
}

/// A grant as the vault holds it.
#[derive(Serialize, Deserialize)]
struct Kept<S> {
    access: S,
    #[serde(default)]
    refresh: Option<S>,
    given_at: i64,
    #[serde(default)]
    expires_at: Option<i64>,
}

impl Grant {
    fn seal(&self) -> Result<Secret, VaultError> {
        let kept = Kept {
            access: self.access.expose(),
            refresh: self.refresh.as_ref().map(Secret::expose),
            given_at: self.span.given_at.as_millisecond(),
            expires_at: self.span.expires_at.map(Timestamp::as_millisecond),
        };
        serde_json::to_string(&kept)
            .map(Secret::new)
            .map_err(|_| VaultError::File("the token cannot be written".into()))
    }

    fn open(text: &Secret, place: SecretPlace) -> Option<Self> {
        let kept: Kept<String> = serde_json::from_str(text.expose()).ok()?;
        let at = |ms: i64| Timestamp::from_millisecond(ms).ok();
        Some(Self {
            access: Secret::new(kept.access),
            refresh: kept.refresh.map(Secret::new),
            span: Span {
                given_at: at(kept.given_at)?,
                expires_at: kept.expires_at.and_then(at),
            },
            place,
        })
    }
}

/// The name of a provider's tokens in the vault.
pub(in crate::engine) fn grant_name(provider: Provider) -> String {
    format!("{provider}:grant")
}

/// The name of a mailbox's password in the vault.
pub(in crate::engine) fn password_name(mailbox: &str) -> String {
    format!("mail:{mailbox}:password")
}

/// The name of an app's secret in the vault.
pub(in crate::engine) fn client_secret_name(provider: Provider) -> String {
    format!("{provider}:client_secret")
}

fn token_name(provider: Provider) -> String {
    format!("{provider}:token")
}

fn refresh_name(provider: Provider) -> String {
    format!("{provider}:refresh_token")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signed_out(message: String) -> CallError {
    CallError {
        kind: CallErrorKind::SignedOut,
        fate: Fate::NotSent,
        status: None,
        message,
        retry_after: None,
        body: serde_json::Value::Null,
    }
}

fn nobody(provider: Provider) -> CallError {
    signed_out(format!(
        "nobody is signed in to {provider}; `caseyos auth login {provider}` does that"
    ))
}

fn locked(error: &VaultError) -> CallError {
    let fix = error.fix().trim_end_matches('.');
    signed_out(format!("{error}. {fix}"))
}

/// Tells the same within a transaction.
pub(in crate::engine) fn is_signed_in_by(
    tx: &ReadTx<'_>,
    provider: Provider,
) -> Result<bool, StoreError> {
    let name = provider.as_str();
    let is_supplied = ["token", "refresh_token"]
        .iter()
        .any(|what| credential(&format!("{name}:{what}")).is_some());
    Ok(is_supplied || accounts::find(tx, name)?.is_some())
}

impl Outside {
    /// Returns the way to the secrets. The first call reads the installation's name; nothing else is touched until a secret is asked for.
    pub fn vault(&self) -> Result<&Vault, StoreError> {
        if let Some(vault) = self.sign_ins.vault.get() {
            return Ok(vault);
        }
        let owner = self
            .core
            .store
            .read(|tx| control::meta(tx, INSTANCE))?
            .unwrap_or_default();
        let vault = Vault::new(Places {
            choice: self.core.config.secrets.backend,
            directory: self.core.paths.data.clone(),
            owner,
        });
        Ok(self.sign_ins.vault.get_or_init(|| vault))
    }

    /// Returns the program as a provider knows it.
    pub fn oauth_client(&self, provider: Provider) -> Result<Client, CallError> {
        let secret = self
            .vault()
            .map_err(broken)?
            .get(&client_secret_name(provider))
            .map_err(|e| locked(&e))?;
        Ok(Client {
            id: self.core.config.client_id(provider).to_owned(),
            secret: secret.map_or_else(|| Secret::new(""), |(secret, _)| secret),
        })
    }

    /// Returns a token that holds, refreshed if its end is near.
    ///
    /// # Errors
    /// With `SignedOut` if only the operator can mend it; the message says how.
    pub(in crate::engine) fn access_token(&self, provider: Provider) -> Result<Secret, CallError> {
        if let Some(token) = credential(&token_name(provider)) {
            return Ok(token);
        }
        let now = self.core.env.now();
        let held = lock(&self.sign_ins.held).get(&provider).cloned();
        if let Some(grant) = held.filter(|g| !g.span.is_due(now)) {
            return Ok(grant.access);
        }
        let grant = self.load(provider)?;
        if !grant.span.is_due(now) {
            return Ok(self.hold(provider, grant));
        }
        self.renew(provider, None)
    }

    /// Returns another token than `stale`, which the provider has refused.
    ///
    /// # Errors
    /// With `SignedOut` if only the operator can mend it; the message says how.
    pub(super) fn refresh_token(
        &self,
        provider: Provider,
        stale: &Secret,
    ) -> Result<Secret, CallError> {
        if credential(&token_name(provider)).is_some() {
            return Err(signed_out(format!(
                "{provider} refuses the token in {}; put a new one there, or unset it and `caseyos auth login {provider}`",
                variable_of(&token_name(provider))
            )));
        }
        self.renew(provider, Some(stale))
    }

    /// Tells whether somebody has signed in to an account, whatever has become of that since.
    pub fn is_signed_in(&self, provider: Provider) -> bool {
        credential(&token_name(provider)).is_some() || self.account(provider).is_some()
    }

    /// Tells why the account's tokens cannot be had, if so; asks no provider.
    ///
    /// # Errors
    /// Why, with what to do.
    pub fn look_for_grant(&self, provider: Provider) -> Result<(), String> {
        self.load(provider).map(drop).map_err(|e| e.message)
    }

    /// Returns the password of a mailbox.
    ///
    /// # Errors
    /// With `SignedOut` if there is none or it cannot be had; the message says what to do.
    pub fn mail_password(&self, mailbox: &str) -> Result<Secret, CallError> {
        let name = password_name(mailbox);
        match self.vault().map_err(broken)?.get(&name) {
            Ok(Some((password, _))) => Ok(password),
            Ok(None) => Err(signed_out(format!(
                "no password is kept for the mailbox {mailbox}; `caseyos auth login mail {mailbox}` keeps one"
            ))),
            Err(error) => Err(locked(&error)),
        }
    }

    /// Returns the token that Google's mail servers are shown.
    ///
    /// # Errors
    /// Why there is none, with what to do.
    pub fn mail_token(&self) -> Result<Secret, CallError> {
        let google = Provider::Google;
        let token = self.access_token(google)?;
        let is_ours = credential(&token_name(google)).is_none()
            && credential(&refresh_name(google)).is_none();
        let lacks = |account: accounts::Account| {
            account.kind == AccountKind::Oauth
                && !account.scopes.iter().any(|s| s == MAIL_SERVER.name)
        };
        if is_ours && self.account(google).is_some_and(lacks) {
            return Err(signed_out(format!(
                "the sign-in to google was not given the right {}, without which {}; `caseyos auth login google --mail-server` asks for it",
                MAIL_SERVER.name, MAIL_SERVER.without
            )));
        }
        Ok(token)
    }

    /// Returns another token after a mail server has refused this one; none if that would not help. A token that was fresh is not replaced
    /// again: the refusal then has another reason, and each pass would ask for a new one.
    pub fn other_mail_token(&self, refused: &Secret) -> Option<Secret> {
        if lock(&self.sign_ins.useless).as_ref() == Some(refused) {
            return None;
        }
        let fresh = self.refresh_token(Provider::Google, refused).ok()?;
        *lock(&self.sign_ins.useless) = Some(fresh.clone());
        Some(fresh)
    }

    /// Asks the provider to withdraw the sign-in.
    ///
    /// # Errors
    /// Why it could not, in a few words.
    pub(super) fn withdraw(&self, provider: Provider) -> Result<(), String> {
        let grant = self.load(provider).map_err(|e| e.message)?;
        let client = self.oauth_client(provider).map_err(|e| e.message)?;
        let token = grant.refresh.unwrap_or(grant.access);
        let endpoint = self.endpoint(provider).map_err(|e| e.message)?;
        let request = endpoint.revoke(&client, &token);
        // It is removed here in any case, and the operator waits for it.
        match self.carry(&request, Bearer::None, FEW) {
            Ok(_) => Ok(()),
            // It was withdrawn before.
            Err(e) if oauth::refusal(&e).is_some_and(|(word, _)| word == "invalid_token") => Ok(()),
            Err(e) => Err(e.message),
        }
    }

    /// Forgets what this process holds, so that the vault is asked next time.
    pub fn forget_grant(&self, provider: Provider) {
        lock(&self.sign_ins.held).remove(&provider);
        lock(&self.sign_ins.refused).remove(&provider);
    }

    /// Reads the account's grant; from the environment first.
    fn load(&self, provider: Provider) -> Result<Grant, CallError> {
        if let Some(refresh) = credential(&refresh_name(provider)) {
            let held = lock(&self.sign_ins.held).get(&provider).cloned();
            let fresh = Grant {
                access: Secret::new(""),
                refresh: Some(refresh),
                // Long over: the first use refreshes it.
                span: Span {
                    given_at: Timestamp::UNIX_EPOCH,
                    expires_at: Some(Timestamp::UNIX_EPOCH),
                },
                place: SecretPlace::Environment,
            };
            return Ok(held
                .filter(|g| g.place == SecretPlace::Environment)
                .unwrap_or(fresh));
        }
        let vault = self.vault().map_err(broken)?;
        match vault.get(&grant_name(provider)) {
            Ok(Some((text, place))) => Grant::open(&text, place).ok_or_else(|| {
                signed_out(format!(
                    "what is kept for {provider} cannot be read; `caseyos auth login {provider}` mends it"
                ))
            }),
            Ok(None) => Err(self.without_grant(provider)),
            Err(VaultError::NoKeyring(reason)) => Err(match self.account(provider) {
                Some(account)
                    if matches!(account.place, SecretPlace::Keyring | SecretPlace::Keyutils) =>
                {
                    locked(&VaultError::NoKeyring(reason))
                }
                _ => nobody(provider),
            }),
            Err(error) => Err(locked(&error)),
        }
    }

    /// Says why there is no grant: a locked keyring looks like one without the entry.
    fn without_grant(&self, provider: Provider) -> CallError {
        match self.account(provider) {
            Some(account) if account.place == SecretPlace::Keyring => signed_out(format!(
                "the keyring does not give out the token for {provider}: it is locked, or the entry was removed. Unlock it, or `caseyos auth login {provider}`"
            )),
            Some(account) if account.place == SecretPlace::Keyutils => signed_out(format!(
                "the kernel's keyring holds no token for {provider} any more: it forgets at a restart and after some days without use; `caseyos auth login {provider}` keeps a new one"
            )),
            Some(account) => signed_out(format!(
                "the token for {provider} was kept in {} and is not there; `caseyos auth login {provider}` mends it",
                account.place.describe()
            )),
            None => nobody(provider),
        }
    }

    fn account(&self, provider: Provider) -> Option<accounts::Account> {
        self.core
            .store
            .read(|tx| accounts::find(tx, provider.as_str()))
            .ok()
            .flatten()
    }

    fn hold(&self, provider: Provider, grant: Grant) -> Secret {
        let access = grant.access.clone();
        lock(&self.sign_ins.held).insert(provider, grant);
        access
    }

    fn take_refresh(&self, provider: Provider) -> Result<Lease, CallError> {
        let name = format!("refresh-{provider}");
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lease) = lease::try_take(&self.core.paths.data, &name).map_err(broken)? {
                return Ok(lease);
            }
            if waited >= PATIENCE {
                return Err(CallError {
                    kind: CallErrorKind::TimedOut,
                    ..signed_out(format!(
                        "another CaseyOS has been refreshing the token for {provider} for more than {} seconds",
                        PATIENCE.as_secs()
                    ))
                });
            }
            if !wait::pause(POLL) {
                return Err(stopped());
            }
            waited += POLL;
        }
    }

    /// Refreshes the token unless another process has done so meanwhile. One process at a time.
    fn renew(&self, provider: Provider, stale: Option<&Secret>) -> Result<Secret, CallError> {
        let _lease = self.take_refresh(provider)?;
        let now = self.core.env.now();
        let grant = self.load(provider)?;
        let is_other = stale.is_none_or(|stale| *stale != grant.access);
        if is_other && !grant.span.is_due(now) {
            return Ok(self.hold(provider, grant));
        }
        let Some(refresh) = grant.refresh.clone() else {
            return Err(self.give_up(
                provider,
                &grant.access,
                format!(
                    "{provider} refuses the token that is kept: it was withdrawn or has ended. Make a new one and `caseyos auth login {provider}`"
                ),
            ));
        };
        let refused = lock(&self.sign_ins.refused).get(&provider).cloned();
        if let Some((_, error)) = refused.filter(|(token, _)| *token == refresh) {
            return Err(error);
        }
        if let Some(account) = self
            .account(provider)
            .filter(|a| !a.problem.is_empty() && grant.place != SecretPlace::Environment)
        {
            return Err(signed_out(account.problem));
        }
        let client = self.oauth_client(provider)?;
        let endpoint = self.endpoint(provider)?;
        let request = endpoint.refresh(&client, &refresh);
        // While the old token is good nobody should wait for a new one.
        let is_spare = stale.is_none() && grant.span.holds(now);
        let retries = match is_spare {
            true => 0,
            false => self.core.config.network.retries,
        };
        let answer = self
            .carry(&request, Bearer::None, retries)
            .and_then(|response| oauth::read_tokens(&response, now));
        match answer {
            Ok(tokens) => Ok(self.take_tokens(provider, &grant, tokens)),
            Err(error) => match oauth::refusal(&error) {
                Some((word, more)) if Refused::is_final(&word) => {
                    let account = self.account(provider);
                    let refused = Refused {
                        word: &word,
                        more: &more,
                        granted_at: account.map(|a| a.granted_at),
                        app_status: self.core.config.app_status(provider),
                    };
                    let why = explain(provider, endpoint.consent, &refused, now);
                    Err(self.give_up(provider, &refresh, why))
                }
                // What failed for now need not stop what still holds.
                _ if is_spare => Ok(self.hold(provider, grant)),
                _ => Err(CallError {
                    message: format!(
                        "refreshing the token for {provider} failed: {}",
                        error.message
                    ),
                    // Whatever was to be sent with the token has not left.
                    fate: Fate::NotSent,
                    body: serde_json::Value::Null,
                    ..error
                }),
            },
        }
    }

    /// Keeps new tokens, then uses them.
    fn take_tokens(&self, provider: Provider, old: &Grant, tokens: Tokens) -> Secret {
        let is_new_refresh = tokens.refresh.is_some() && tokens.refresh != old.refresh;
        let grant = Grant {
            access: tokens.access,
            refresh: tokens.refresh.or_else(|| old.refresh.clone()),
            span: tokens.span,
            place: old.place,
        };
        crate::env::crash_point("token-refreshed");
        if old.place != SecretPlace::Environment {
            let kept = self.vault().map_err(|e| e.to_string()).and_then(|vault| {
                let text = grant.seal().map_err(|e| e.to_string())?;
                vault
                    .set(&grant_name(provider), &text)
                    .map_err(|e| e.to_string())
            });
            if let Err(error) = kept {
                // The token works all the same until this process ends.
                tracing::warn!(%provider, %error, rotated = is_new_refresh, "a refreshed token could not be kept");
            }
            let (now, expires_at, ends) = (
                self.core.env.now(),
                grant.span.expires_at,
                tokens.refresh_expires_at,
            );
            let noted = self.core.store.write(Durability::Normal, move |tx| {
                accounts::note_refresh(tx, provider.as_str(), now, expires_at, ends)
            });
            if let Err(error) = noted {
                let _: StoreError = error;
                tracing::warn!(%provider, "a refresh could not be recorded");
            }
        }
        self.hold(provider, grant)
    }

    /// Remembers that only the operator can mend it, here and for every other process.
    fn give_up(&self, provider: Provider, token: &Secret, why: String) -> CallError {
        let error = signed_out(why.clone());
        lock(&self.sign_ins.held).remove(&provider);
        lock(&self.sign_ins.refused).insert(provider, (token.clone(), error.clone()));
        let now = self.core.env.now();
        let noted: Result<(), StoreError> = self.core.store.write(Durability::Normal, move |tx| {
            accounts::note_problem(tx, provider.as_str(), &why, now)?;
            tx.emit(now, "account.problem", provider.as_str())
        });
        if let Err(error) = noted {
            tracing::warn!(%provider, %error, "a lost sign-in could not be recorded");
        }
        error
    }

    /// Returns a provider's server of tokens.
    ///
    /// # Errors
    /// With `SignedOut` if nobody consents there: a token that is pasted has no such server.
    pub(super) fn endpoint(&self, provider: Provider) -> Result<Endpoint, CallError> {
        Endpoint::of(provider, self.core.config.hubspot.api_version).ok_or_else(|| {
            signed_out(format!(
                "{provider} takes a token that you paste, and nothing else; `caseyos auth login {provider}` asks for it"
            ))
        })
    }
}

fn broken(error: impl std::fmt::Display) -> CallError {
    signed_out(format!("the account cannot be looked up: {error}"))
}

/// Makes what the vault keeps of a sign-in.
pub(in crate::engine) fn sealed(
    access: Secret,
    refresh: Option<Secret>,
    span: Span,
) -> Result<Secret, VaultError> {
    Grant {
        access,
        refresh,
        span,
        place: SecretPlace::Keyring,
    }
    .seal()
}

#[cfg(test)]
mod tests;
