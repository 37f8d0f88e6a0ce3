//! Sign-in at a provider in memory, with the manners that its row names: a page that consents at once, codes that can be redeemed once, tokens that end.
//!
//! The grants are shared with the doubles that the tokens are for: those ask [`Grants::scopes_of`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Double, Setting, WorldRequest, WorldResponse};
use crate::connectors::oauth::Endpoint;
use crate::connectors::transport::segment;
use crate::domain::account::to_ask;
use crate::domain::service::{Base, Consent, HubspotVersion, Proof, Provider};

/// The secret of every app here.
const CLIENT_SECRET: &str = "world-client-secret";
/// The place where a mail server asks about a token.
const TOKEN_INFO: &str = "/oauth2/v2/tokeninfo";
/// Life of an access token in seconds, where nobody consents and none is handed out.
const USUAL_LIFE: i64 = 3_600;

#[derive(Debug, Clone)]
struct Consented {
    client_id: String,
    redirect_uri: String,
    challenge: Option<String>,
    scopes: Vec<String>,
}

#[derive(Debug)]
struct Book {
    provider: Provider,
    consent: Option<&'static Consent>,
    minted: Vec<String>,
    codes: BTreeMap<String, Consented>,
    access: BTreeMap<String, (Timestamp, Vec<String>)>,
    refresh: BTreeMap<String, Vec<String>>,
    refreshed: u64,
    revoked: u64,
    life: SignedDuration,
    refresh_life: Option<i64>,
    rotates: bool,
    denies: bool,
    address: String,
    granted: Option<Vec<String>>,
}

/// The grants of a provider, shared by its doubles.
#[derive(Debug, Clone)]
pub struct Grants(Arc<Mutex<Book>>);

impl Grants {
    /// Begins without any.
    #[must_use]
    pub fn new(provider: Provider) -> Self {
        let consent = provider.row().consent();
        let seconds = consent.map_or(USUAL_LIFE, |consent| consent.answers.seconds);
        Self(Arc::new(Mutex::new(Book {
            provider,
            consent,
            minted: Vec::new(),
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            refreshed: 0,
            revoked: 0,
            life: SignedDuration::from_secs(seconds),
            refresh_life: None,
            rotates: false,
            denies: false,
            address: "casey@ruiz.example".into(),
            granted: None,
        })))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the token that is always good and needs no sign-in.
    #[must_use]
    pub fn standing_token(&self) -> String {
        format!("world-{}-token", self.book().provider)
    }

    /// Returns the rights of an access token; none if it is not good.
    #[must_use]
    pub fn scopes_of(&self, token: &str, now: Timestamp) -> Option<Vec<String>> {
        if token == self.standing_token() {
            return Some(all_scopes(self.book().provider));
        }
        let book = self.book();
        let (until, scopes) = book.access.get(token)?;
        (now < *until).then(|| scopes.clone())
    }

    /// Ends every access token, as if its time had come.
    pub fn expire_all(&self) {
        self.book().access.clear();
    }

    /// Revokes everything, as the operator can at the provider.
    pub fn withdraw_all(&self) {
        let mut book = self.book();
        book.access.clear();
        book.refresh.clear();
        book.codes.clear();
    }

    /// Hands out a new refresh token with each refresh, and takes the old one back.
    pub fn rotate(&self, on: bool) {
        self.book().rotates = on;
    }

    /// Consents to these rights only.
    pub fn grant_only(&self, scopes: &[&str]) {
        self.book().granted = Some(scopes.iter().map(|s| (*s).to_owned()).collect());
    }

    /// Hands out an access token with these rights, as if somebody had signed in elsewhere.
    #[must_use]
    pub fn mint_access(&self, scopes: &[&str], until: Timestamp) -> String {
        let mut book = self.book();
        let token = book.mint("access");
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        book.access.insert(token.clone(), (until, scopes));
        token
    }

    /// Says whose account it is.
    pub fn belong_to(&self, address: &str) {
        self.book().address = address.to_owned();
    }

    /// Says no on the page of consent.
    pub fn deny(&self, on: bool) {
        self.book().denies = on;
    }

    /// Lets access tokens last for so long from now on.
    pub fn last(&self, life: SignedDuration) {
        self.book().life = life;
    }

    /// Says how long a sign-in lasts, as Google does for apps in Testing.
    pub fn name_end(&self, seconds: Option<i64>) {
        self.book().refresh_life = seconds;
    }

    /// Counts the refreshes that were answered with a token.
    #[must_use]
    pub fn refreshes(&self) -> u64 {
        self.book().refreshed
    }

    /// Counts the tokens withdrawn by `revoke`.
    #[must_use]
    pub fn revocations(&self) -> u64 {
        self.book().revoked
    }

    /// Returns every secret ever made, for a search through the files that the program left behind.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut all = self.book().minted.clone();
        all.push(CLIENT_SECRET.to_owned());
        all
    }
}

fn all_scopes(provider: Provider) -> Vec<String> {
    to_ask(provider, true)
        .into_iter()
        .chain(to_ask(provider, false))
        .map(str::to_owned)
        .collect()
}

impl Book {
    /// Makes a token that looks like one and is another each time.
    fn mint(&mut self, what: &str) -> String {
        let text = format!("{} {what} {}", self.provider, self.minted.len());
        let digest = Sha256::digest(text.as_bytes());
        let token = format!("world.{what}.{}", URL_SAFE_NO_PAD.encode(digest));
        self.minted.push(token.clone());
        token
    }

    fn consent(&mut self, request: &WorldRequest) -> WorldResponse {
        let param = |name: &str| request.param(name).unwrap_or_default().to_owned();
        let (redirect_uri, state) = (param("redirect_uri"), param("state"));
        let wrong = |why: &str| {
            WorldResponse::text(
                400,
                "text/html; charset=utf-8",
                format!("<!doctype html><title>Error 400</title><p>{why}</p>"),
            )
        };
        let is_loopback = ["http://127.0.0.1:", "http://localhost:"]
            .iter()
            .any(|start| redirect_uri.starts_with(start));
        if !is_loopback || param("client_id").is_empty() || param("response_type") != "code" {
            return wrong("invalid_request: client_id, redirect_uri or response_type");
        }
        if self.consent.is_some_and(|c| c.proof == Proof::S256)
            && (param("code_challenge").is_empty() || param("code_challenge_method") != "S256")
        {
            return wrong("invalid_request: code_challenge");
        }
        let query = if self.denies {
            "error=access_denied".to_owned()
        } else {
            let asked: Vec<String> = param("scope").split(' ').map(str::to_owned).collect();
            let scopes = match &self.granted {
                Some(only) => asked.into_iter().filter(|s| only.contains(s)).collect(),
                None => asked,
            };
            let code = self.mint("code");
            self.codes.insert(
                code.clone(),
                Consented {
                    client_id: param("client_id"),
                    redirect_uri: redirect_uri.clone(),
                    challenge: Some(param("code_challenge")).filter(|c| !c.is_empty()),
                    scopes,
                },
            );
            format!("code={}", segment(&code))
        };
        WorldResponse::empty(302).with(
            "location",
            format!("{redirect_uri}?{query}&state={}", segment(&state)),
        )
    }

    fn token(&mut self, form: &BTreeMap<String, String>, now: Timestamp) -> WorldResponse {
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        if field("client_secret") != CLIENT_SECRET {
            return refused(401, "invalid_client", "The OAuth client was not found.");
        }
        match field("grant_type") {
            "authorization_code" => {
                // A code is spent by the first who tries it.
                let consented = self.codes.remove(field("code"));
                let Some(consented) = consented.filter(|c| {
                    c.client_id == field("client_id")
                        && c.redirect_uri == field("redirect_uri")
                        && c.challenge.as_ref().is_none_or(|challenge| {
                            let digest = Sha256::digest(field("code_verifier").as_bytes());
                            *challenge == URL_SAFE_NO_PAD.encode(digest)
                        })
                }) else {
                    return refused(400, "invalid_grant", "Malformed auth code.");
                };
                let refresh = self.mint("refresh");
                self.refresh
                    .insert(refresh.clone(), consented.scopes.clone());
                self.answer(consented.scopes, Some(refresh), now)
            }
            "refresh_token" => {
                let old = field("refresh_token");
                let Some(scopes) = self.refresh.get(old).cloned() else {
                    return refused(400, "invalid_grant", "Token has been expired or revoked.");
                };
                self.refreshed += 1;
                let refresh = self.rotates.then(|| {
                    self.refresh.remove(old);
                    let new = self.mint("refresh");
                    self.refresh.insert(new.clone(), scopes.clone());
                    new
                });
                let repeats = self.consent.is_some_and(|c| c.answers.repeats_refresh);
                let refresh = refresh.or(repeats.then(|| old.to_owned()));
                self.answer(scopes, refresh, now)
            }
            _ => refused(400, "unsupported_grant_type", "Invalid grant_type."),
        }
    }

    fn answer(
        &mut self,
        scopes: Vec<String>,
        refresh: Option<String>,
        now: Timestamp,
    ) -> WorldResponse {
        let access = self.mint("access");
        let until = now.checked_add(self.life).unwrap_or(now);
        self.access.insert(access.clone(), (until, scopes.clone()));
        let mut answer = json!({
            "access_token": access,
            "expires_in": self.life.as_secs(),
            "token_type": "Bearer",
        });
        if let Some(fields) = answer.as_object_mut() {
            if let Some(refresh) = refresh {
                fields.insert("refresh_token".into(), refresh.into());
            }
            if self.consent.is_some_and(|c| c.answers.names_scopes) {
                fields.insert("scope".into(), scopes.join(" ").into());
            }
            if let Some(seconds) = self.refresh_life {
                fields.insert("refresh_token_expires_in".into(), seconds.into());
            }
        }
        WorldResponse::json(200, &answer)
    }

    fn token_info(&self, token: &str, now: Timestamp) -> WorldResponse {
        match self.access.get(token).filter(|(until, _)| now < *until) {
            Some((until, scopes)) => WorldResponse::json(
                200,
                &json!({
                    "issued_to": "world-client",
                    "audience": "world-client",
                    "user_id": "100000000000000000001",
                    "scope": scopes.join(" "),
                    "expires_in": until.as_second() - now.as_second(),
                    "email": self.address,
                    "verified_email": true,
                }),
            ),
            None => refused(400, "invalid_token", "Invalid Value"),
        }
    }

    fn revoke(&mut self, token: &str) -> WorldResponse {
        let known = self.access.remove(token).is_some() | self.refresh.remove(token).is_some();
        if !known {
            return refused(400, "invalid_token", "Token expired or revoked");
        }
        // What was made from it goes with it.
        self.access.clear();
        self.revoked += 1;
        WorldResponse::json(200, &json!({}))
    }
}

fn refused(status: u16, error: &str, description: &str) -> WorldResponse {
    WorldResponse::json(
        status,
        &json!({"error": error, "error_description": description}),
    )
}

/// Returns the path of the page of consent, without its first slash.
fn page_path(consent: &Consent) -> &'static str {
    let (_, place) = consent.page.split_once("://").unwrap_or_default();
    place.split_once('/').map_or("", |(_, path)| path)
}

/// The sign-in of a provider.
#[derive(Debug)]
pub struct OauthDouble {
    grants: Grants,
}

impl OauthDouble {
    /// Makes the sign-in over grants that other doubles share.
    #[must_use]
    pub const fn new(grants: Grants) -> Self {
        Self { grants }
    }
}

impl Double for OauthDouble {
    fn name(&self) -> &'static str {
        let consent = self.grants.book().consent;
        consent.map_or("", |consent| consent.tokens.as_str())
    }

    fn serves(&self, path: &str) -> bool {
        let (provider, consent) = {
            let book = self.grants.book();
            (book.provider, book.consent)
        };
        consent.is_some_and(|consent| path.strip_prefix('/') == Some(page_path(consent)))
            || (path == TOKEN_INFO && provider.row().mail_server.is_some())
            || Endpoint::of(provider, HubspotVersion::default())
                .is_some_and(|endpoint| endpoint.serves(path))
    }

    fn handle(&mut self, request: &WorldRequest, now: Timestamp) -> WorldResponse {
        let form: BTreeMap<String, String> = request.form().into_iter().collect();
        let mut book = self.grants.book();
        let last = request.path.rsplit('/').next().unwrap_or_default();
        match (request.method.as_str(), last) {
            ("GET", "auth" | "authorize") => book.consent(request),
            ("POST", "token") => book.token(&form, now),
            // What a mail server asks about a token that it was shown.
            (_, "tokeninfo") => {
                book.token_info(request.param("access_token").unwrap_or_default(), now)
            }
            ("POST", "revoke") => book.revoke(form.get("token").map_or("", String::as_str)),
            ("POST", "introspect") => {
                let token = form.get("token").map_or("", String::as_str);
                match book.access.get(token) {
                    Some((_, scopes)) => WorldResponse::json(
                        200,
                        &json!({"active": true, "hub_id": 8801, "hub_domain": "ruiz.example", "scopes": scopes}),
                    ),
                    None => WorldResponse::json(200, &json!({"active": false})),
                }
            }
            _ => refused(404, "not_found", "There is nothing here."),
        }
    }

    fn settings(&self, base: &str) -> Vec<Setting> {
        let book = self.grants.book();
        let Some(consent) = book.consent else {
            return Vec::new();
        };
        let table = book.provider.as_str();
        let page = format!("{base}/{}", page_path(consent));
        let mut settings = vec![
            (table, "client_id", "world-client".to_owned()),
            (table, "authorize_url", page),
        ];
        // Where the tokens' server has no URL of its own, the double of the service sets it.
        if let Base::Own(key, _) = consent.tokens.row().base {
            settings.push((table, key, base.to_owned()));
        }
        settings
    }

    fn show(&self) -> Value {
        let book = self.grants.book();
        json!({
            "access_tokens": book.access.len(),
            "refresh_tokens": book.refresh.len(),
            "refreshes": book.refreshed,
            "revocations": book.revoked,
            "client_secret": CLIENT_SECRET,
        })
    }

    fn happen(&mut self, what: &str, given: &Value, _: Timestamp) -> Result<Value, String> {
        let on = given.get("on").and_then(Value::as_bool).unwrap_or(true);
        match what {
            "expire" => self.grants.expire_all(),
            "withdraw" => self.grants.withdraw_all(),
            "rotate" => self.grants.rotate(on),
            "deny" => self.grants.deny(on),
            "grant_only" => {
                let scopes: Vec<&str> = given
                    .get("scopes")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                self.grants.grant_only(&scopes);
            }
            _ => {
                return Err(
                    "expire, withdraw, rotate, deny and grant_only ({\"scopes\": […]}) happen here"
                        .into(),
                );
            }
        }
        Ok(json!({}))
    }
}
