//! The form of the rows about providers and services. All that differs between two providers and is data stands in a row; code asks the row, and
//! where providers differ in what they do, it matches on the way that the row names, never on the provider.

use super::{Provider, Service};

/// A provider's row. The environment's variables need no place in it: they follow from the provider's name, as in `CASEYOS_GOOGLE_TOKEN`.
#[derive(Debug)]
pub struct ProviderRow {
    /// The provider's name as the operator knows it.
    pub label: &'static str,
    /// The service that stands for the provider where one is enough: `doctor` compares clocks with it.
    pub api: Service,
    /// The ways to sign in; the first is the usual one.
    pub ways: &'static [Way],
    /// The rights that everything needs.
    pub scopes: &'static [Scope],
    /// The right that the provider's mail servers want of a token; none where they take no token.
    pub mail_server: Option<&'static Scope>,
    /// Waits between tries, unless the configuration sets others.
    pub backoff: Backoff,
    /// The day that its daily budgets count by.
    pub day: Day,
    /// The headers that say how much of a budget is left.
    pub quotas: &'static [QuotaHeaders],
}

impl ProviderRow {
    /// Returns the consent in the browser, where that is a way to sign in.
    #[must_use]
    pub fn consent(&self) -> Option<&'static Consent> {
        self.ways.iter().find_map(|way| match way {
            Way::Consent(consent) => Some(consent),
            Way::Token(_) => None,
        })
    }

    /// Returns the token to paste, where that is a way to sign in.
    #[must_use]
    pub fn token(&self) -> Option<&'static PastedToken> {
        self.ways.iter().find_map(|way| match way {
            Way::Token(token) => Some(token),
            Way::Consent(_) => None,
        })
    }
}

/// A way to sign in.
#[derive(Debug)]
pub enum Way {
    /// Consent in the browser: OAuth with an app of the operator's own, answered on an address of this machine.
    Consent(Consent),
    /// A token that was made at the provider and is pasted.
    Token(PastedToken),
}

/// A sign-in by OAuth.
#[derive(Debug)]
pub struct Consent {
    /// The service that grants and refreshes tokens.
    pub tokens: Service,
    /// The page on which the operator consents, unless the configuration names another (`authorize_url`).
    pub page: &'static str,
    /// Further parameters that the page wants.
    pub more: &'static [(&'static str, &'static str)],
    /// The address that the browser is sent back to.
    pub redirect: RedirectTo,
    /// The proof that whoever redeems the code is who asked for it.
    pub proof: Proof,
    /// The fields that a withdrawal takes.
    pub withdrawal: Withdrawal,
    /// The places in the provider's answer about an account that say whose it is, best first.
    pub whose: &'static [Whose],
    /// Manners of the answers with a token.
    pub answers: TokenAnswers,
    /// The early end of sign-ins to an app that is not published; none where they last.
    pub testing: Option<Testing>,
    /// Usual reasons for the end of a sign-in, for a sentence that begins with "Likely".
    pub lost: &'static str,
    /// The message for an app that is not known yet: how to make one.
    pub no_client: &'static str,
}

/// The address that the browser is sent back to after consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectTo {
    /// Any free port of 127.0.0.1: the provider knows installed programs.
    AnyPort,
    /// The address that is registered with the app, unless the configuration names another (`redirect_uri`).
    Registered(&'static str),
}

/// The proof that goes with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// None: the provider's token endpoint knows no verifier and would not redeem a code that needs one.
    None,
    /// PKCE with SHA-256 (RFC 7636).
    S256,
}

/// The fields of a request that withdraws a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The token alone.
    TokenAlone,
    /// The token, its type and the app.
    WithApp,
}

/// A place in an answer that says whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose {
    /// The place, as a JSON pointer.
    pub pointer: &'static str,
    /// Words before the value, with their space.
    pub before: &'static str,
}

/// Manners of a provider's answers with a token. The program reads any; the practice world answers just so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAnswers {
    /// Life of an access token, in seconds.
    pub seconds: i64,
    /// True if the answer names the rights that were given.
    pub names_scopes: bool,
    /// True if a refresh hands out the refresh token again.
    pub repeats_refresh: bool,
}

/// The early end of sign-ins to an app in Testing status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Testing {
    /// Days from the sign-in to its end.
    pub days: i64,
    /// The explanation, for the middle of a sentence.
    pub said: &'static str,
}

/// A token that the operator makes at the provider; it lasts until it is withdrawn there.
#[derive(Debug)]
pub struct PastedToken {
    /// The token's name for a prompt, after the provider's.
    pub noun: &'static str,
    /// The thing at the provider that the token comes from.
    pub source: &'static str,
}

/// A right that a provider grants, and the feature that needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Its name on the wire.
    pub name: &'static str,
    /// Broader rights that hold it.
    pub covered_by: &'static [&'static str],
    /// The sentence for a missing right: the feature that does not work.
    pub without: &'static str,
}

/// Waits before a failed request is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Longest first wait in milliseconds; each further one is twice as long.
    pub millis: u32,
    /// Longest wait of all, in seconds.
    pub most_seconds: u32,
}

impl Backoff {
    /// The waits for a service that belongs to no provider.
    pub const USUAL: Self = Self {
        millis: 1_000,
        most_seconds: 30,
    };
}

/// The day that a provider's daily budgets count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// The day of an IANA zone.
    Zone(&'static str),
    /// The account's own day, which is taken to be the operator's.
    Operators,
}

/// The headers of an answer that tell a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaHeaders {
    /// The budget's name, as it is kept and shown.
    pub name: &'static str,
    /// The header with the whole budget.
    pub most: &'static str,
    /// The header with the rest.
    pub left: &'static str,
}

/// A service's row.
#[derive(Debug)]
pub struct ServiceRow {
    /// The service's name as the operator knows it.
    pub label: &'static str,
    /// The account that the service belongs to; none if nobody signs in there.
    pub provider: Option<Provider>,
    /// The service's place on the network.
    pub base: Base,
    /// The limits on requests; without a row there is none.
    pub budgets: &'static [BudgetRow],
    /// The source that reads the service, by its name.
    pub source: Option<&'static str>,
}

/// The base URL of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// A URL of its own: the key in the provider's table that sets it, and its default.
    Own(&'static str, &'static str),
    /// The URL of another service.
    Of(Service),
    /// None: each request brings its own.
    Elsewhere,
}

/// The budget of a service that a request draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    /// The service's own.
    General,
    /// The tighter one of searches.
    Search,
}

/// One budget of a service.
#[derive(Debug)]
pub struct BudgetRow {
    /// The requests that draw on it.
    pub budget: Budget,
    /// The limits, which all hold at once.
    pub limits: &'static [Limit],
}

/// A limit on the units in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The key in the provider's table that sets it; none if it is fixed.
    pub key: Option<&'static str>,
    /// Maximum number of units, unless the key says otherwise; 0 lifts the limit.
    pub most: u32,
    /// The window.
    pub window: Window,
}

/// The window of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A second.
    Second,
    /// Ten seconds.
    TenSeconds,
    /// A minute, spread over six parts.
    Minute,
}
