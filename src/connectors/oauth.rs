//! OAuth 2 for installed programs (RFC 6749, 8252, 7636): requests and answers, as pure functions.
//!
//! Tokens, codes and verifiers are [`Secret`]s from the first byte on. What a server says in an error goes through the text cleaner, as it ends
//! up on a terminal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::transport::{Body, CallError, CallErrorKind, Fate, Method, Request, Response, segment};
use super::{TokenPaths, wire};
use crate::domain::account::Span;
use crate::domain::service::{Consent, HubspotVersion, Provider, Withdrawal};
use crate::domain::text::clean_line;
use crate::secrets::Secret;

/// No token lasts longer than this, whatever a server says: a number beyond it is a mistake.
const LONGEST: i64 = 10 * 366 * 24 * 3600;
/// And none less: a server that says 0 or less would have a new one asked for with every request.
const SHORTEST: i64 = 300;
/// Characters of a server's words that are kept.
const WORDS: usize = 300;
/// An answer about a token is a few kilobytes.
const ANSWER_BYTES: usize = 256 * 1024;

/// The program as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret, which an installed program cannot really keep; empty if it has none.
    pub secret: Secret,
}

/// A proof that whoever redeems the code is who asked for it (RFC 7636, S256).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkce {
    verifier: Secret,
}

impl Pkce {
    /// Makes the proof from unguessable bytes.
    #[must_use]
    pub fn new(chance: [u8; 32]) -> Self {
        Self {
            verifier: Secret::new(URL_SAFE_NO_PAD.encode(chance)),
        }
    }

    /// Returns what goes with the question.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose().as_bytes()))
    }

    /// Returns what goes with the code.
    #[must_use]
    pub const fn verifier(&self) -> &Secret {
        &self.verifier
    }
}

/// Makes the single-use state from unguessable bytes.
#[must_use]
pub fn state(chance: [u8; 32]) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(chance))
}

/// The question that the operator answers in the browser.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The page.
    pub page: &'a str,
    /// The program's id.
    pub client_id: &'a str,
    /// The address that the answer goes to.
    pub redirect_uri: &'a str,
    /// The rights that are asked for.
    pub scopes: &'a [&'a str],
    /// The state.
    pub state: &'a Secret,
    /// The proof, where the provider knows it.
    pub pkce: Option<&'a Pkce>,
    /// Further parameters that the provider wants.
    pub more: &'a [(&'a str, &'a str)],
}

impl Question<'_> {
    /// Returns the address to open.
    #[must_use]
    pub fn url(&self) -> String {
        let scopes = self.scopes.join(" ");
        let challenge = self.pkce.map(Pkce::challenge);
        let mut pairs = vec![
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("response_type", "code"),
            ("scope", scopes.as_str()),
            ("state", self.state.expose()),
        ];
        if let Some(challenge) = &challenge {
            pairs.push(("code_challenge", challenge));
            pairs.push(("code_challenge_method", "S256"));
        }
        pairs.extend(self.more);
        let query: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", segment(value)))
            .collect();
        let join = if self.page.contains('?') { '&' } else { '?' };
        format!("{}{join}{}", self.page, query.join("&"))
    }
}

/// The answer from the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// The code.
    Code(Secret),
    /// The operator or the provider said no; the provider's word for it.
    Refused(String),
}

/// A reason that an answer is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// The state is missing, or is another.
    #[error("it does not belong to the sign-in that was started here")]
    State,
    /// The answer has neither a code nor an error.
    #[error("it carries neither a code nor an error")]
    Empty,
}

/// Reads the query of a redirect. The state must be ours.
///
/// # Errors
/// Fails if it does not answer our question.
pub fn read_redirect(query: &str, state: &Secret) -> Result<Redirect, NotOurs> {
    let mut code = None;
    let mut error = None;
    let mut given = None;
    // A parameter that stands twice counts once: the first.
    for pair in query.split('&').take(50) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let slot = match name {
            "code" => &mut code,
            "error" => &mut error,
            "state" => &mut given,
            _ => continue,
        };
        slot.get_or_insert_with(|| decode(value));
    }
    if given.map(Secret::new).as_ref() != Some(state) {
        return Err(NotOurs::State);
    }
    match (error, code) {
        (Some(error), _) => Ok(Redirect::Refused(clean_line(&error, WORDS))),
        (None, Some(code)) if !code.is_empty() => Ok(Redirect::Code(Secret::new(code))),
        _ => Err(NotOurs::Empty),
    }
}

/// Reads a pasted answer: the whole address that the browser was sent to, its query, or the code alone. A code alone carries no state; the
/// proof still ties it to this sign-in.
///
/// # Errors
/// Fails if it is an address that does not answer our question.
pub fn read_pasted(text: &str, state: &Secret) -> Result<Redirect, NotOurs> {
    let text = text.trim().trim_matches(['"', '\'', '<', '>']);
    if text.is_empty() {
        return Err(NotOurs::Empty);
    }
    match text.split_once('?') {
        Some((_, query)) => {
            let query = query.split('#').next().unwrap_or_default();
            read_redirect(query, state)
        }
        None if text.contains("://") => Err(NotOurs::Empty),
        None if text.contains("code=") || text.contains("error=") => read_redirect(text, state),
        None => Ok(Redirect::Code(Secret::new(decode(text)))),
    }
}

/// Decodes a value of a form; a broken escape stays as it is.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let escaped = after
            .first_chunk::<2>()
            .filter(|_| byte == b'%')
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match escaped {
            Some(value) => {
                out.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            None => out.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A provider's server of tokens: the manners of its sign-in, and its paths.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The provider's sign-in, from its row.
    pub consent: &'static Consent,
    paths: TokenPaths,
}

impl Endpoint {
    /// Returns a provider's; none where nobody consents in a browser. HubSpot's paths follow the version of its API.
    #[must_use]
    pub fn of(provider: Provider, version: HubspotVersion) -> Option<Self> {
        Some(Self {
            consent: provider.row().consent()?,
            paths: (wire(provider).tokens)(version),
        })
    }

    /// Tells whether a path is one of the server's. A server whose paths stand in a folder has the whole folder.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        let TokenPaths {
            token,
            revoke,
            introspect,
        } = &self.paths;
        match folder(token) {
            Some(own) => folder(path) == Some(own),
            None => path == token || path == revoke || Some(path) == introspect.as_deref(),
        }
    }

    fn form(
        &self,
        operation: &'static str,
        path: &str,
        client: Option<&Client>,
        fields: Vec<(&'static str, Secret)>,
    ) -> Request {
        let mut all = fields;
        if let Some(client) = client {
            all.push(("client_id", Secret::new(client.id.as_str())));
            if !client.secret.is_empty() {
                all.push(("client_secret", client.secret.clone()));
            }
        }
        Request {
            max_bytes: ANSWER_BYTES,
            ..Request::write(
                self.consent.tokens,
                operation,
                Method::Post,
                path,
                Body::Form(all),
            )
        }
    }

    /// Asks for tokens for a code. A code can be redeemed once, so the request is sent again only where it was surely not heard.
    #[must_use]
    pub fn redeem(
        &self,
        client: &Client,
        code: &Secret,
        redirect_uri: &str,
        pkce: Option<&Pkce>,
    ) -> Request {
        let mut fields = vec![
            ("grant_type", Secret::new("authorization_code")),
            ("code", code.clone()),
            ("redirect_uri", Secret::new(redirect_uri)),
        ];
        if let Some(pkce) = pkce {
            fields.push(("code_verifier", pkce.verifier().clone()));
        }
        self.form(
            "oauth.token.redeem",
            &self.paths.token,
            Some(client),
            fields,
        )
    }

    /// Asks for a new token. Where the answer is lost, asking again is all that can be done.
    #[must_use]
    pub fn refresh(&self, client: &Client, refresh: &Secret) -> Request {
        let fields = vec![
            ("grant_type", Secret::new("refresh_token")),
            ("refresh_token", refresh.clone()),
        ];
        self.form(
            "oauth.token.refresh",
            &self.paths.token,
            Some(client),
            fields,
        )
        .repeatable()
    }

    /// Asks to withdraw a token. Google wants the token alone; HubSpot also the app.
    #[must_use]
    pub fn revoke(&self, client: &Client, token: &Secret) -> Request {
        let mut fields = vec![("token", token.clone())];
        let app = match self.consent.withdrawal {
            Withdrawal::TokenAlone => None,
            Withdrawal::WithApp => {
                fields.push(("token_type_hint", Secret::new("refresh_token")));
                Some(client)
            }
        };
        self.form("oauth.token.revoke", &self.paths.revoke, app, fields)
            .repeatable()
    }

    /// Asks about a token; none where the provider has no such endpoint.
    #[must_use]
    pub fn introspect(&self, client: &Client, token: &Secret) -> Option<Request> {
        let path = self.paths.introspect.as_ref()?;
        let fields = vec![("token", token.clone())];
        let request = self.form("oauth.token.introspect", path, Some(client), fields);
        Some(request.reading())
    }
}

/// Returns the first folder of a path, if it stands in one.
fn folder(path: &str) -> Option<&str> {
    let (folder, _) = path.strip_prefix('/')?.split_once('/')?;
    Some(folder)
}

/// The tokens of a sign-in or a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The token that goes with each request.
    pub access: Secret,
    /// The token for getting a new one.
    pub refresh: Option<Secret>,
    /// Life of the access token.
    pub span: Span,
    /// End of the refresh token, if the server gives it.
    pub refresh_expires_at: Option<Timestamp>,
    /// The rights, if the server says which.
    pub scopes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<Value>,
    #[serde(default)]
    refresh_token_expires_in: Option<Value>,
    #[serde(default)]
    scope: Option<Value>,
    #[serde(default)]
    scopes: Option<Value>,
}

/// Reads the answer of a server of tokens.
///
/// # Errors
/// Fails if it holds no token. The error does not quote the answer.
pub fn read_tokens(response: &Response, now: Timestamp) -> Result<Tokens, CallError> {
    let broken = || CallError {
        kind: CallErrorKind::BadAnswer,
        fate: Fate::Answered,
        status: Some(response.status),
        message: "the answer holds no token".into(),
        retry_after: None,
        body: Value::Null,
    };
    // serde's own words may quote the value that stood in the wrong place.
    let answer: TokenAnswer = serde_json::from_slice(&response.body).map_err(|_| broken())?;
    if answer.access_token.trim().is_empty() {
        return Err(broken());
    }
    let until = |seconds: Option<Value>| {
        let seconds = match seconds? {
            Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }?;
        now.checked_add(SignedDuration::from_secs(seconds.clamp(SHORTEST, LONGEST)))
            .ok()
    };
    let words = |value: Value| -> Vec<String> {
        let text = |t: &str| clean_line(t, WORDS);
        match value {
            Value::String(line) => line.split([' ', ',']).map(text).collect(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(text).collect(),
            _ => Vec::new(),
        }
    };
    Ok(Tokens {
        access: Secret::new(answer.access_token),
        refresh: answer
            .refresh_token
            .filter(|t| !t.is_empty())
            .map(Secret::new),
        span: Span {
            given_at: now,
            expires_at: until(answer.expires_in),
        },
        refresh_expires_at: until(answer.refresh_token_expires_in),
        scopes: answer.scope.or(answer.scopes).map(|value| {
            let mut list = words(value);
            list.retain(|s| !s.is_empty());
            list.truncate(200);
            list
        }),
    })
}

/// Returns the server's word for its refusal, such as `invalid_grant`, and its explanation.
#[must_use]
pub fn refusal(error: &CallError) -> Option<(String, String)> {
    let text = |key: &str| {
        error
            .body
            .get(key)
            .and_then(Value::as_str)
            .map(|t| clean_line(t, WORDS))
    };
    // HubSpot's older answers say it in `status`: BAD_REFRESH_TOKEN.
    let word = text("error").or_else(|| {
        text("status").map(|status| match status.as_str() {
            "BAD_REFRESH_TOKEN" | "BAD_AUTH_CODE" | "BAD_GRANT" => "invalid_grant".to_owned(),
            "BAD_CLIENT_ID" | "BAD_CLIENT_SECRET" => "invalid_client".to_owned(),
            _ => status.to_lowercase(),
        })
    })?;
    let more = text("error_description")
        .or_else(|| text("message"))
        .unwrap_or_default();
    Some((word, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::connectors::contract::{Vendor, assert_known, describe};
    use crate::domain::service::Proof;

    const NOW: &str = "2026-11-23T10:00:00Z";

    /// Returns every request that can be built for a provider.
    fn all(provider: Provider, version: HubspotVersion) -> Vec<Request> {
        let endpoint = Endpoint::of(provider, version).unwrap();
        let client = Client {
            id: "id".into(),
            secret: Secret::new("secret"),
        };
        let public = Client {
            secret: Secret::new(""),
            ..client.clone()
        };
        let (code, token) = (Secret::new("4/0Ab c"), Secret::new("token"));
        let redirect = "http://127.0.0.1:4000/callback";
        let mut requests = Vec::new();
        let (clients, pkce) = match endpoint.consent.proof {
            // A proof makes up for a secret that an installed program cannot keep.
            Proof::S256 => (vec![&client, &public], Some(Pkce::new([7; 32]))),
            Proof::None => (vec![&client], None),
        };
        for client in clients {
            requests.push(endpoint.redeem(client, &code, redirect, pkce.as_ref()));
            requests.push(endpoint.refresh(client, &token));
        }
        requests.push(endpoint.revoke(&client, &token));
        requests.extend(endpoint.introspect(&client, &token));
        requests
    }

    #[test]
    fn the_vendor_knows_every_request_about_tokens() {
        let google = all(Provider::Google, HubspotVersion::default());
        assert_eq!(assert_known(Vendor::GoogleToken, &google).len(), 2);
        let hubspot = all(Provider::Hubspot, HubspotVersion::March2026);
        assert_eq!(assert_known(Vendor::HubspotMarch2026, &hubspot).len(), 3);
        // There is no description of 2026-09: it differs by the version in the path.
        let newer = all(Provider::Hubspot, HubspotVersion::September2026);
        for (old, new) in hubspot.iter().zip(newer) {
            assert_eq!(old.path.replace("2026-03", "2026-09"), new.path);
            assert_eq!(old.body, new.body);
        }
        // The oldest sign-in is gone before the other old paths are, so these go the new way.
        assert_eq!(all(Provider::Hubspot, HubspotVersion::V3), hubspot);
        for request in google.iter().chain(&hubspot) {
            assert!(request.max_bytes <= ANSWER_BYTES, "{}", request.operation);
        }
    }

    #[test]
    fn a_field_that_the_vendor_does_not_know_or_gets_twice_is_refused() {
        let check = |vendor, request: &Request, more: &'static str, expect: &str| {
            let mut request = request.clone();
            let Body::Form(fields) = &mut request.body else {
                panic!("no form")
            };
            fields.push((more, Secret::new("x")));
            let why = describe(vendor).check(&request).unwrap_err();
            assert!(why.contains(expect), "{why}");
        };
        let google = all(Provider::Google, HubspotVersion::default());
        for request in &google {
            check(Vendor::GoogleToken, request, "audience", "");
        }
        let refresh = &google[1];
        check(Vendor::GoogleToken, refresh, "client_id", "stands twice");
        for request in all(Provider::Hubspot, HubspotVersion::March2026) {
            // Its description knows no proof, which is why none goes along.
            let vendor = Vendor::HubspotMarch2026;
            check(vendor, &request, "code_verifier", "code_verifier");
        }
    }

    #[test]
    fn a_code_is_never_redeemed_again_blindly_and_a_refresh_is_repeated() {
        use crate::connectors::transport::Repeat;
        for provider in [Provider::Google, Provider::Hubspot] {
            for request in all(provider, HubspotVersion::default()) {
                let expect = match request.operation {
                    "oauth.token.redeem" => Repeat::Doubles,
                    _ => Repeat::Harmless,
                };
                assert_eq!(request.repeat, expect, "{}", request.operation);
            }
        }
    }

    #[test]
    fn whatever_an_example_answers_about_tokens_is_read() {
        let now = NOW.parse().unwrap();
        for (vendor, provider) in [
            (Vendor::GoogleToken, Provider::Google),
            (Vendor::HubspotMarch2026, Provider::Hubspot),
        ] {
            for request in all(provider, HubspotVersion::March2026) {
                let answer = describe(vendor).example(&request);
                if matches!(
                    request.operation,
                    "oauth.token.redeem" | "oauth.token.refresh"
                ) {
                    let tokens = read_tokens(&answer, now).unwrap();
                    assert!(tokens.refresh.is_some() && tokens.span.expires_at.is_some());
                }
            }
        }
    }

    fn response(body: &str) -> Response {
        Response {
            status: 200,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let pkce = Pkce {
            verifier: Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        };
        assert_eq!(
            pkce.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        let made = Pkce::new([7; 32]);
        assert!((43..=128).contains(&made.verifier().expose().len()));
    }

    #[test]
    fn the_address_of_the_question_is_encoded() {
        let state = Secret::new("s t");
        let pkce = Pkce::new([0; 32]);
        let url = Question {
            page: "https://accounts.example/auth?hl=en",
            client_id: "id&x",
            redirect_uri: "http://127.0.0.1:4000/callback",
            scopes: &["a", "b"],
            state: &state,
            pkce: Some(&pkce),
            more: &[("access_type", "offline")],
        }
        .url();
        assert_eq!(
            url,
            format!(
                "https://accounts.example/auth?hl=en&client_id=id%26x&redirect_uri=http%3A%2F%2F127.0.0.1%3A4000%2Fcallback\
                 &response_type=code&scope=a%20b&state=s%20t&code_challenge={}&code_challenge_method=S256&access_type=offline",
                pkce.challenge()
            )
        );
    }

    #[test]
    fn only_an_answer_with_our_state_is_an_answer() {
        let state = Secret::new("ours");
        let check = |query: &str, expect: Result<Redirect, NotOurs>| {
            assert_eq!(read_redirect(query, &state), expect, "{query}");
        };
        let code = |text: &str| Ok(Redirect::Code(Secret::new(text)));
        check("code=4%2F0Ab+c&state=ours&scope=x", code("4/0Ab c"));
        check("state=ours&code=a&code=b", code("a"));
        check("code=a&state=theirs", Err(NotOurs::State));
        check("code=a&state=theirs&state=ours", Err(NotOurs::State));
        check("code=a", Err(NotOurs::State));
        check("", Err(NotOurs::State));
        check("state=ours", Err(NotOurs::Empty));
        check("state=ours&code=", Err(NotOurs::Empty));
        check("error=access_denied", Err(NotOurs::State));
        check(
            "error=access_denied%1b%5b2J&state=ours&code=a",
            Ok(Redirect::Refused("access_denied".into())),
        );
    }

    #[test]
    fn an_address_or_a_code_can_be_pasted() {
        let state = Secret::new("ours");
        let check = |text: &str, expect: Result<Redirect, NotOurs>| {
            assert_eq!(read_pasted(text, &state), expect, "{text}");
        };
        let code = |text: &str| Ok(Redirect::Code(Secret::new(text)));
        check(
            "  http://127.0.0.1:1/callback?code=a&state=ours#x\n",
            code("a"),
        );
        check("code=a&state=ours", code("a"));
        check("4/0Abc", code("4/0Abc"));
        check("4%2F0Abc", code("4/0Abc"));
        check(
            "http://127.0.0.1:1/callback?code=a&state=x",
            Err(NotOurs::State),
        );
        check("http://127.0.0.1:1/callback", Err(NotOurs::Empty));
        check(" ", Err(NotOurs::Empty));
    }

    #[test]
    fn tokens_are_read_with_their_times_and_rights() {
        let now: Timestamp = NOW.parse().unwrap();
        let tokens = read_tokens(
            &response(r#"{"access_token":"a","refresh_token":"r","expires_in":3599,"scope":"x y","refresh_token_expires_in":604799,"token_type":"Bearer"}"#),
            now,
        )
        .unwrap();
        assert_eq!(tokens.access, Secret::new("a"));
        assert_eq!(tokens.refresh, Some(Secret::new("r")));
        assert_eq!(tokens.scopes.unwrap(), ["x", "y"]);
        assert_eq!(
            tokens.span.expires_at.unwrap().to_string(),
            "2026-11-23T10:59:59Z"
        );
        assert!(tokens.refresh_expires_at.is_some());
    }

    #[test]
    fn an_answer_of_another_shape_is_refused_without_being_quoted() {
        let now: Timestamp = NOW.parse().unwrap();
        let bodies = [
            "",
            "null",
            "[]",
            "<html>",
            r#"{"access_token":12345678}"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":["hunter2"]}"#,
            r#"{"refresh_token":"hunter2"}"#,
        ];
        for body in bodies {
            let error = read_tokens(&response(body), now).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{body}");
        }
        for odd in [
            "-5",
            "1e300",
            "\"3600\"",
            "\"x\"",
            "null",
            "9223372036854775807",
        ] {
            let body = format!(r#"{{"access_token":"a","expires_in":{odd}}}"#);
            read_tokens(&response(&body), now).unwrap();
        }
        // A token without a life is used for a while, so that not each request asks for a new one.
        for none in ["0", "-5", "-2147483648"] {
            let body = format!(r#"{{"access_token":"a","expires_in":{none}}}"#);
            let expires_at = read_tokens(&response(&body), now).unwrap().span.expires_at;
            assert_eq!(expires_at.unwrap().duration_since(now).as_secs(), SHORTEST);
        }
    }
}
