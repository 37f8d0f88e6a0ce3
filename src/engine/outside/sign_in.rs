//! Signing in and out: the operator's consent in the browser, a token that was pasted, a mailbox's password.
//!
//! Before anybody is asked for anything it is made sure that the secret can be kept. An account is replaced only once the new one works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::connectors::loopback::{Knock, Loopback};
use crate::connectors::oauth::{self, Client, Endpoint, Pkce, Question, Redirect, Tokens};
use crate::connectors::transport::{CallError, CallErrorKind, Response};
use crate::connectors::wire;
use crate::domain::account::{AccountKind, SecretPlace, Span, missing, to_ask};
use crate::domain::by::By;
use crate::domain::service::{PastedToken, Proof, Provider, Service};
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::say::clock;
use crate::engine::handle::Engine;
use crate::engine::outside::auth::{client_secret_name, grant_name, password_name, sealed};
use crate::engine::outside::standing::health;
use crate::engine::outside::{Bearer, FEW, wait};
use crate::engine::undo::change::{Back, Change, Tells, change};
use crate::env;
use crate::secrets::{Secret, VaultError, variable_of};
use crate::store::Durability;
use crate::store::accounts::{self, Account};

/// How often it is asked whether to give up.
const LOOK: Duration = Duration::from_millis(50);

/// How the operator is asked.
#[derive(Debug)]
pub struct Asking<'a> {
    /// At most for so long.
    pub wait: Duration,
    /// Whether the right that Google's mail servers want is asked for too; it is in any case where a mailbox needs it.
    pub mail_server: bool,
    /// The port to listen on; none for any free one, or the configured one.
    pub port: Option<u16>,
    /// Lines that the operator pastes.
    pub pasted: Option<Receiver<String>>,
    /// Set when the operator gives up.
    pub interrupt: &'a Arc<AtomicBool>,
}

/// What is said while the operator signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Open this address.
    Open(String),
    /// Something came that was not the answer.
    Note(String),
}

/// A right that was not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingScope {
    /// The right.
    pub scope: &'static str,
    /// What does not work without it.
    pub without: &'static str,
}

/// Returns the rights that are missing, as they are shown.
pub(in crate::engine) fn missing_scopes(
    provider: Provider,
    given: &[String],
    mail_server: bool,
) -> Vec<MissingScope> {
    missing(provider, given, mail_server)
        .into_iter()
        .map(|s| MissingScope {
            scope: s.name,
            without: s.without,
        })
        .collect()
}

/// A sign-in that worked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedIn {
    /// `google`, `hubspot`, or `mail:` and a mailbox's name.
    pub account: String,
    /// How.
    pub kind: AccountKind,
    /// Whose; empty if the provider does not say.
    pub address: String,
    /// Where the secret is kept.
    pub kept_in: SecretPlace,
    /// The rights that were given.
    pub scopes: Vec<String>,
    /// Those that were not.
    pub missing: Vec<MissingScope>,
    /// When the token ends.
    pub expires_at: Option<Timestamp>,
}

/// What a sign-out did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedOut {
    /// Which account.
    pub account: String,
    /// Whether there was anything to remove here.
    pub removed: bool,
    /// Whether the provider has withdrawn the token; none if it was not asked.
    pub revoked: Option<bool>,
    /// What the operator should know.
    pub note: String,
}

fn failed(message: impl Into<String>) -> EngineError {
    EngineError::Outside(message.into())
}

/// Puts a vault's error into words for the operator.
fn unkept(error: &VaultError, kept: &str) -> EngineError {
    failed(format!(
        "{}. {kept} {}",
        capital(&error.to_string()),
        error.fix()
    ))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

impl Engine {
    /// Says whom to ask for the passphrase of the file of secrets; the argument tells whether the file is made now.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn ask_passphrase_with(
        &self,
        ask: impl Fn(bool) -> Option<Secret> + Send + Sync + 'static,
    ) -> Result<()> {
        self.outside().vault()?.ask_with(ask);
        Ok(())
    }

    /// Makes sure that a secret can be kept, and returns where.
    ///
    /// # Errors
    /// Why not, with what to do.
    pub fn ready_to_keep(&self) -> Result<SecretPlace> {
        self.outside()
            .vault()?
            .ready()
            .map_err(|e| unkept(&e, "Nothing was changed."))
    }

    /// Keeps the secret of the operator's own app.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn keep_client_secret(&self, provider: Provider, secret: &Secret) -> Result<SecretPlace> {
        self.outside()
            .vault()?
            .set(&client_secret_name(provider), secret)
            .map_err(|e| unkept(&e, "Nothing was kept."))
    }

    /// Tells whether the secret of the operator's own app is known.
    ///
    /// # Errors
    /// If the vault cannot be looked into.
    pub fn has_client_secret(&self, provider: Provider) -> Result<bool> {
        self.outside()
            .vault()?
            .get(&client_secret_name(provider))
            .map(|found| found.is_some())
            .map_err(|e| unkept(&e, "Nothing was changed."))
    }

    /// Keeps a mailbox's password.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn keep_password(
        &self,
        mailbox: &str,
        address: &str,
        password: &Secret,
    ) -> Result<SignedIn> {
        let name = format!("mail:{mailbox}");
        let place = self
            .outside()
            .vault()?
            .set(&password_name(mailbox), password)
            .map_err(|e| unkept(&e, "The password was not kept."))?;
        self.record(
            Account {
                name,
                kind: AccountKind::Password,
                address: address.to_owned(),
                scopes: Vec::new(),
                place,
                granted_at: self.now(),
                refreshed_at: None,
                expires_at: None,
                refresh_expires_at: None,
                problem: String::new(),
                problem_at: None,
            },
            false,
        )
    }

    /// Signs in by OAuth: asks for consent in a browser, waits for the answer, redeems it, and keeps what it gave.
    ///
    /// # Errors
    /// If it was refused, cancelled or not answered in time; what there was before stays.
    pub fn sign_in(
        &self,
        provider: Provider,
        asking: &Asking<'_>,
        say: &mut dyn FnMut(Said),
    ) -> Result<SignedIn> {
        let outside = self.outside();
        let client = outside
            .oauth_client(provider)
            .map_err(|e| failed(format!("{}. Nothing was changed.", capital(&e.message))))?;
        let endpoint = outside.endpoint(provider).map_err(|e| {
            EngineError::Input(format!("{}. Nothing was changed.", capital(&e.message)))
        })?;
        let consent = endpoint.consent;
        if client.id.is_empty() {
            return Err(EngineError::Input(consent.no_client.into()));
        }
        self.refuse_if_left_alone(consent.tokens)?;
        let chance = || env::unguessable().map_err(|e| failed(format!("{}.", capital(&e))));
        let pkce = match consent.proof {
            Proof::S256 => Some(Pkce::new(chance()?)),
            Proof::None => None,
        };
        let state = oauth::state(chance()?);
        let config = &self.core().config;
        let (host, port, path) = config.redirect(provider, consent);
        let port = asking.port.unwrap_or(port);
        let server = Loopback::open(host, port, path, state.clone()).map_err(|e| {
            failed(format!(
                "Port {port} of this machine cannot be listened on: {e}. Nothing was changed; choose another with --port."
            ))
        })?;
        let mail_server = asking.mail_server || config.mail.shows_google_tokens();
        let scopes = to_ask(provider, mail_server);
        let url = Question {
            page: config.consent_page(provider, consent),
            client_id: &client.id,
            redirect_uri: server.redirect_uri(),
            scopes: &scopes,
            state: &state,
            pkce: pkce.as_ref(),
            more: consent.more,
        }
        .url();
        say(Said::Open(url));
        let code = match await_answer(&server, asking, &state, say)? {
            Redirect::Code(code) => code,
            Redirect::Refused(word) => return Err(failed(refused_consent(provider, &word))),
        };
        let request = endpoint.redeem(&client, &code, server.redirect_uri(), pkce.as_ref());
        drop(server);
        let now = self.now();
        wait::stoppable(Arc::clone(asking.interrupt), || {
            let tokens = outside
                .carry(&request, Bearer::None, config.network.retries)
                .and_then(|response| oauth::read_tokens(&response, now))
                .map_err(|e| failed(unredeemed(provider, &e)))?;
            self.keep_tokens(provider, &endpoint, &client, tokens, mail_server)
        })
    }

    /// Says so before anybody consents if the service could not be asked afterwards: a code does not wait.
    fn refuse_if_left_alone(&self, service: Service) -> Result<()> {
        let now = self.now();
        let found = self
            .store()
            .read(|tx| health(tx, service, now).map_err(EngineError::from))?;
        match found {
            Ok(_) => Ok(()),
            Err((reason, until)) => {
                let when = until.map_or_else(String::new, |until| {
                    let zone = self.core().config.operator.zone();
                    format!(" after {}", clock(until, now, &zone))
                });
                Err(failed(format!(
                    "{} cannot be asked now: {}. Nothing was changed; try again{when}.",
                    service.label(),
                    reason.trim_end_matches('.')
                )))
            }
        }
    }

    fn keep_tokens(
        &self,
        provider: Provider,
        endpoint: &Endpoint,
        client: &Client,
        tokens: Tokens,
        mail_server: bool,
    ) -> Result<SignedIn> {
        let outside = self.outside();
        if tokens.refresh.is_none() {
            return Err(failed(format!(
                "{provider} gave no token to refresh with, so the sign-in would end within the hour. Nothing was changed; withdraw the app's access at {provider} and sign in again."
            )));
        }
        let asked = to_ask(provider, mail_server);
        let (address, scopes) = self.who(provider, endpoint, client, &tokens, &asked);
        let text = sealed(tokens.access, tokens.refresh, tokens.span)
            .map_err(|e| unkept(&e, "Nothing was kept."))?;
        let place = outside
            .vault()?
            .set(&grant_name(provider), &text)
            .map_err(|e| {
                unkept(
                    &e,
                    "The sign-in worked but its token was not kept, so it is as if it had not been.",
                )
            })?;
        self.record(
            Account {
                name: provider.to_string(),
                kind: AccountKind::Oauth,
                address,
                scopes,
                place,
                granted_at: self.now(),
                refreshed_at: None,
                expires_at: tokens.span.expires_at,
                refresh_expires_at: tokens.refresh_expires_at,
                problem: String::new(),
                problem_at: None,
            },
            mail_server,
        )
    }

    /// Signs in with a token that lasts, after asking the provider whether it is good.
    ///
    /// # Errors
    /// If the provider refuses it; it is not kept then.
    pub fn sign_in_with_token(
        &self,
        provider: Provider,
        way: &PastedToken,
        token: &Secret,
    ) -> Result<SignedIn> {
        let label = provider.row().label;
        let outside = self.outside();
        let token = token.trimmed();
        if token.is_empty() {
            return Err(EngineError::Input(
                "The token is empty. Nothing was changed.".into(),
            ));
        }
        if !token.expose().bytes().all(|b| b.is_ascii_graphic()) {
            return Err(EngineError::Input(
                "What was given is no token: it holds characters that none has. Nothing was changed.".into(),
            ));
        }
        let probes = (wire(provider).probes)(self.core().config.hubspot.api_version);
        // Where nothing can be tried without an effect, it is known only later: whether it may write, for one.
        let untried: Vec<String> = to_ask(provider, false)
            .into_iter()
            .filter(|name| !probes.iter().any(|(scope, _)| scope == name))
            .map(str::to_owned)
            .collect();
        let mut scopes = Vec::new();
        for (scope, request) in probes {
            match outside.carry(
                &request,
                Bearer::Given(&token),
                self.core().config.network.retries,
            ) {
                Ok(_) => scopes.push(scope.to_owned()),
                Err(e) if e.kind == CallErrorKind::Forbidden => {}
                Err(e) if e.kind == CallErrorKind::Unauthorized => {
                    return Err(failed(format!(
                        "{label} refuses the token (401). Nothing was changed; copy it again from the {}, and look whether that is still active.",
                        way.source
                    )));
                }
                Err(e) => {
                    return Err(failed(format!(
                        "{label} could not be asked whether the token is good: {}. Nothing was changed; try again.",
                        e.message
                    )));
                }
            }
        }
        scopes.extend(untried);
        let now = self.now();
        let span = Span {
            given_at: now,
            expires_at: None,
        };
        let text = sealed(token, None, span).map_err(|e| unkept(&e, "Nothing was kept."))?;
        let place = outside
            .vault()?
            .set(&grant_name(provider), &text)
            .map_err(|e| unkept(&e, "The token is good and was not kept."))?;
        self.record(
            Account {
                name: provider.to_string(),
                kind: AccountKind::Token,
                address: String::new(),
                scopes,
                place,
                granted_at: now,
                refreshed_at: None,
                expires_at: None,
                refresh_expires_at: None,
                problem: String::new(),
                problem_at: None,
            },
            false,
        )
    }

    /// Asks the provider who has signed in, and with which rights. That it does not say is no reason to refuse.
    fn who(
        &self,
        provider: Provider,
        endpoint: &Endpoint,
        client: &Client,
        tokens: &Tokens,
        asked: &[&str],
    ) -> (String, Vec<String>) {
        let outside = self.outside();
        let given = tokens.scopes.clone();
        let (request, bearer) = match wire(provider).profile {
            Some(profile) => (Some(profile()), Bearer::Given(&tokens.access)),
            None => (endpoint.introspect(client, &tokens.access), Bearer::None),
        };
        let answer = request
            .and_then(|request| outside.carry(&request, bearer, FEW).ok())
            .and_then(|response: Response| response.json::<serde_json::Value>().ok())
            .unwrap_or_default();
        let text = |pointer: &str| {
            answer
                .pointer(pointer)
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                .map(|t| clean_line(&t, 200))
        };
        let address = endpoint
            .consent
            .whose
            .iter()
            .find_map(|place| text(place.pointer).map(|t| format!("{}{t}", place.before)))
            .unwrap_or_default();
        let told = answer
            .get("scopes")
            .and_then(serde_json::Value::as_array)
            .map(|list| {
                list.iter()
                    .filter_map(serde_json::Value::as_str)
                    .take(200)
                    .map(|s| clean_line(s, 200))
                    .collect::<Vec<_>>()
            });
        // RFC 6749, 5.1: a server that gave what was asked for need not say so.
        let scopes = given
            .or(told)
            .unwrap_or_else(|| asked.iter().map(|s| (*s).to_owned()).collect());
        (address, scopes)
    }

    fn record(&self, account: Account, mail_server: bool) -> Result<SignedIn> {
        let provider: Option<Provider> = account.name.parse().ok();
        let signed_in = SignedIn {
            account: account.name.clone(),
            kind: account.kind,
            address: account.address.clone(),
            kept_in: account.place,
            scopes: account.scopes.clone(),
            missing: provider
                .map(|p| missing_scopes(p, &account.scopes, mail_server))
                .unwrap_or_default(),
            expires_at: account.expires_at,
        };
        if let Some(provider) = provider {
            self.outside().forget_grant(provider);
        }
        self.write(Durability::Full, move |tx, _, now| {
            accounts::put(tx, &account)?;
            let signed_in = Change {
                by: &By::Operator,
                event: "account.signed_in",
                about: vec![format!("account:{}", account.name)],
                detail: serde_json::json!({"kind": account.kind, "kept_in": account.place, "scopes": account.scopes}),
                tells: Tells::Of("account.signed_in", account.name),
                back: Back::None,
            };
            change(tx, signed_in, now).map(|_| ())
        })?;
        Ok(signed_in)
    }

    /// Signs out: asks the provider to withdraw the token and removes it here, also if the provider cannot be asked.
    ///
    /// # Errors
    /// If the secret could not be removed.
    pub fn sign_out(&self, name: &str) -> Result<SignedOut> {
        let outside = self.outside();
        let provider: Option<Provider> = name.parse().ok();
        let account = self
            .store()
            .read(|tx| accounts::find(tx, name).map_err(EngineError::from))?;
        let mut note = String::new();
        let mut revoked = None;
        if let (Some(provider), Some(account)) = (provider, &account)
            && account.kind == AccountKind::Oauth
        {
            match outside.withdraw(provider) {
                Ok(()) => revoked = Some(true),
                Err(why) => {
                    revoked = Some(false);
                    note = format!(
                        "The token is removed here, but {provider} was not told: {why}. Withdraw the app's access in your account's settings there to be sure."
                    );
                }
            }
        } else if let (Some(provider), Some(_)) = (provider, &account) {
            let row = provider.row();
            let source = row.token().map_or("token", |way| way.source);
            note = format!(
                "The token is removed here; it stays good until you delete the {source} in {}.",
                row.label
            );
        }
        let vault = outside.vault()?;
        let mailbox = name.strip_prefix("mail:").unwrap_or(name);
        let secret = provider.map_or_else(|| password_name(mailbox), grant_name);
        let removed = match vault.remove(&secret) {
            Ok(removed) => removed,
            Err(VaultError::NoKeyring(_)) if account.is_none() => false,
            Err(error) => return Err(unkept(&error, "The secret is still where it was.")),
        };
        if let Some(provider) = provider {
            outside.forget_grant(provider);
            let variable = variable_of(&format!("{provider}:token"));
            if env::variable(&variable).is_some() {
                let more = format!("{variable} is still set, so {provider} stays usable with it.");
                note = [note.as_str(), &more].join(" ").trim().to_owned();
            }
        }
        let signed_out = SignedOut {
            account: name.to_owned(),
            removed: removed || account.is_some(),
            revoked,
            note,
        };
        if account.is_some() {
            let name = name.to_owned();
            self.write(Durability::Full, move |tx, _, now| {
                accounts::remove(tx, &name)?;
                let signed_out = Change {
                    by: &By::Operator,
                    event: "account.signed_out",
                    about: vec![format!("account:{name}")],
                    detail: serde_json::json!({"revoked": revoked}),
                    tells: Tells::Of("account.signed_out", name),
                    back: Back::None,
                };
                change(tx, signed_out, now).map(|_| ())
            })?;
        }
        Ok(signed_out)
    }
}

fn refused_consent(provider: Provider, word: &str) -> String {
    if word == "access_denied" {
        return format!(
            "Sign-in to {provider} was cancelled in the browser. Nothing was changed; what was signed in before still is."
        );
    }
    format!("{provider} refused the sign-in ({word}). Nothing was changed.")
}

fn unredeemed(provider: Provider, error: &CallError) -> String {
    let (said, fix) = match oauth::refusal(error) {
        Some((word, more)) => {
            let fix = match word.as_str() {
                "invalid_client" | "unauthorized_client" => {
                    "Check the client id and its secret (`caseyos auth login … --client FILE` sets both)."
                }
                "redirect_uri_mismatch" => {
                    "Register the redirect address with the app, or use a client of type \"Desktop app\"."
                }
                "invalid_grant" => "The code is old or was used before: sign in again.",
                _ => "Sign in again.",
            };
            (format!("{word}: {more}"), fix)
        }
        None => (error.message.clone(), "Try again."),
    };
    let said = said.trim_end_matches([':', ' ', '.']).to_owned();
    format!("{provider} gave no token for the answer ({said}). Nothing was changed. {fix}")
}

fn await_answer(
    server: &Loopback,
    asking: &Asking<'_>,
    state: &Secret,
    say: &mut dyn FnMut(Said),
) -> Result<Redirect> {
    let begin = env::monotonic();
    let mut pasted = asking.pasted.as_ref();
    loop {
        if asking.interrupt.load(Ordering::SeqCst) {
            return Err(failed(
                "Sign-in was stopped. Nothing was changed; what was signed in before still is.",
            ));
        }
        if env::monotonic().saturating_sub(begin) >= asking.wait {
            return Err(failed(format!(
                "Nobody answered within {} seconds, so the sign-in was given up. Nothing was changed.",
                asking.wait.as_secs()
            )));
        }
        match server.next(LOOK) {
            Some(Knock::Answer(redirect)) => return Ok(redirect),
            Some(Knock::Stranger(reason)) => say(Said::Note(format!(
                "Something came back that is not the answer: {reason}. It was not used; still waiting."
            ))),
            None => {}
        }
        match pasted.map(Receiver::try_recv) {
            Some(Ok(line)) if line.trim().is_empty() => {}
            Some(Ok(line)) => match oauth::read_pasted(&line, state) {
                Ok(redirect) => return Ok(redirect),
                Err(reason) => say(Said::Note(format!(
                    "What was pasted is not the answer: {reason}. Paste the whole address, or the code."
                ))),
            },
            Some(Err(TryRecvError::Disconnected)) => pasted = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
    }
}
