//! An account of the operator's at a provider: where its secret is kept, which rights it was given, and for how long they last.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::service::{Consent, Provider, Scope, Testing};
use super::words::words;

words! {
    /// The operator's choice of a place for secrets.
    #[derive(Default)]
    pub enum SecretChoice ("a place for secrets") {
        /// The system's keyring; an error where there is none.
        #[default]
        Auto = "auto",
        /// The system's keyring.
        Keyring = "keyring",
        /// The Linux kernel's keyring, which forgets at a restart.
        Keyutils = "keyutils",
        /// A file with a passphrase.
        File = "file",
        /// Nowhere: they come from the environment alone.
        Environment = "environment",
    }
}

words! {
    /// The place of a secret.
    pub enum SecretPlace ("a place for secrets") {
        /// In an environment variable or a systemd credential.
        Environment = "environment",
        /// In the system's keyring.
        Keyring = "keyring",
        /// In the Linux kernel's keyring.
        Keyutils = "keyutils",
        /// In the file with a passphrase.
        File = "file",
    }
}

impl SecretPlace {
    /// Returns the place's name for a sentence.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Environment => "the environment",
            Self::Keyring => "the system's keyring",
            Self::Keyutils => "the kernel's keyring, which forgets at a restart",
            Self::File => "the encrypted file",
        }
    }
}

words! {
    /// The way in which an account was signed in to.
    pub enum AccountKind ("a kind of sign-in") {
        /// By OAuth, with a token that is refreshed.
        Oauth = "oauth",
        /// With a token that lasts until it is withdrawn.
        Token = "token",
        /// With a password.
        Password = "password",
    }
}

words! {
    /// The publishing status of the operator's app, as the operator gave it.
    #[derive(Default)]
    pub enum AppStatus ("an app's status") {
        /// Not said.
        #[default]
        Unknown = "unknown",
        /// Testing: sign-ins end after seven days.
        Testing = "testing",
        /// In production: sign-ins last.
        Production = "production",
    }
}

/// Returns the rights that everything needs; with `mail_server` also those of the provider's mail servers.
#[must_use]
pub fn wanted(provider: Provider, mail_server: bool) -> Vec<Scope> {
    let row = provider.row();
    let more = row.mail_server.filter(|_| mail_server);
    more.into_iter().chain(row.scopes).copied().collect()
}

/// Returns the rights to ask for: those wanted, less those that a broader one of them covers.
#[must_use]
pub fn to_ask(provider: Provider, mail_server: bool) -> Vec<&'static str> {
    let all = wanted(provider, mail_server);
    all.iter()
        .filter(|s| !all.iter().any(|other| s.covered_by.contains(&other.name)))
        .map(|s| s.name)
        .collect()
}

/// Returns the rights wanted but not granted.
#[must_use]
pub fn missing(provider: Provider, given: &[String], mail_server: bool) -> Vec<Scope> {
    let has = |name: &str| given.iter().any(|g| g == name);
    let mut all = wanted(provider, mail_server);
    all.retain(|s| !has(s.name) && !s.covered_by.iter().any(|c| has(c)));
    all
}

/// Adds to an instant; one at the end of time stays there.
fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

/// Shortest remaining life at which a token is still used without a refresh.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Life of a token; one without an end lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Instant of the grant, by our clock.
    pub given_at: Timestamp,
    /// End of the token.
    pub expires_at: Option<Timestamp>,
}

impl Span {
    /// Tells whether the token should be refreshed before use: at four fifths of its life, a minute before its end, or when the
    /// clock stands before the instant of the grant, as its age is unknown then.
    #[must_use]
    pub fn is_due(self, now: Timestamp) -> bool {
        let Some(end) = self.expires_at else {
            return false;
        };
        let life = end.duration_since(self.given_at);
        let due = later(self.given_at, life / 5 * 4).min(later(end, -SKEW));
        now >= due || now < later(self.given_at, -SKEW)
    }

    /// Tells whether the token still holds.
    #[must_use]
    pub fn holds(self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// Time before the end at which the operator is warned.
const WARNING: SignedDuration = SignedDuration::from_hours(2 * 24);

impl Testing {
    /// Returns the life of a sign-in to an app in Testing.
    #[must_use]
    pub fn life(&self) -> SignedDuration {
        SignedDuration::from_hours(self.days * 24)
    }
}

/// The near end of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NearEnd {
    /// The instant.
    pub at: Timestamp,
    /// True if the end is certain; else it holds only for an app in Testing.
    pub is_certain: bool,
}

/// Returns the end of a sign-in if it is near: the instant that the provider named, or some days after the sign-in if the app is, or may
/// be, in Testing. A sign-in that has outlived these days is not of a Testing app.
#[must_use]
pub fn near_end(
    testing: &Testing,
    status: AppStatus,
    granted_at: Timestamp,
    refresh_expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<NearEnd> {
    let (at, is_certain) = match (refresh_expires_at, status) {
        (Some(at), _) => (at, true),
        (None, AppStatus::Production) => return None,
        (None, AppStatus::Testing) => (later(granted_at, testing.life()), true),
        (None, AppStatus::Unknown) => (later(granted_at, testing.life()), false),
    };
    let is_near = now >= later(at, -WARNING) && (is_certain || now < at);
    is_near.then_some(NearEnd { at, is_certain })
}

/// A provider's final refusal of a refresh.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// The provider's word, such as `invalid_grant`.
    pub word: &'a str,
    /// The provider's explanation.
    pub more: &'a str,
    /// Instant of the sign-in, if known.
    pub granted_at: Option<Timestamp>,
    /// The app's status, as the operator gave it.
    pub app_status: AppStatus,
}

impl Refused<'_> {
    /// Tells whether a provider's word means that asking again is useless.
    #[must_use]
    pub fn is_final(word: &str) -> bool {
        matches!(
            word,
            "invalid_grant"
                | "invalid_client"
                | "unauthorized_client"
                | "invalid_request"
                | "invalid_scope"
                | "unsupported_grant_type"
                | "deleted_client"
                | "disabled_client"
        )
    }
}

/// Explains why a sign-in no longer works, and the fix.
#[must_use]
pub fn explain(
    provider: Provider,
    consent: &Consent,
    refused: &Refused<'_>,
    now: Timestamp,
) -> String {
    let said = if refused.more.is_empty() {
        refused.word.to_owned()
    } else {
        format!("{}: {}", refused.word, refused.more.trim_end_matches('.'))
    };
    if refused.word != "invalid_grant" {
        return format!(
            "{provider} does not accept the app that you sign in with ({said}). Check its client id in [{provider}] and its secret, then `caseyos auth login {provider}`"
        );
    }
    let others = consent.lost;
    let causes = match (&consent.testing, refused.app_status) {
        (None, _) | (Some(_), AppStatus::Production) => format!("Likely {others}"),
        (Some(testing), AppStatus::Testing) => {
            format!("Very likely {}; else {others}", testing.said)
        }
        (Some(testing), AppStatus::Unknown) => {
            let age = refused.granted_at.map(|at| now.duration_since(at));
            // A sign-in may be found dead only at the next pass, and clocks differ by minutes.
            let least = testing.life() - SignedDuration::from_hours(1);
            if age.is_some_and(|age| age >= least && age <= testing.life() * 3) {
                format!(
                    "Very likely {}, as this one is about a week old; else {others}",
                    testing.said
                )
            } else {
                format!("Likely {}, {others}", testing.said)
            }
        }
    };
    format!(
        "{provider} no longer accepts the sign-in ({said}). {causes}. What was read so far is kept; `caseyos auth login {provider}` mends it"
    )
}

#[cfg(test)]
mod tests {
    use super::super::service::MAIL_SERVER;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_is_refreshed_at_four_fifths_of_its_life_or_a_minute_before_its_end() {
        let check = |life: i64, age: i64, due: bool| {
            let given_at = at("2026-11-23T10:00:00Z");
            let span = Span {
                given_at,
                expires_at: Some(given_at + SignedDuration::from_secs(life)),
            };
            assert_eq!(
                span.is_due(given_at + SignedDuration::from_secs(age)),
                due,
                "{life} {age}"
            );
        };
        check(3600, 0, false);
        check(3600, 2879, false);
        check(3600, 2880, true);
        check(100, 39, false);
        check(100, 40, true);
        check(30, 0, true);
        check(3600, -30, false);
        check(3600, -3600, true);
        let forever = Span {
            given_at: at("2026-11-23T10:00:00Z"),
            expires_at: None,
        };
        assert!(!forever.is_due(at("2036-11-23T10:00:00Z")));
    }

    #[test]
    fn a_broader_right_holds_the_narrower() {
        let names = |given: &[&str]| -> Vec<&str> {
            let given: Vec<String> = given.iter().map(|s| (*s).to_owned()).collect();
            missing(Provider::Google, &given, false)
                .iter()
                .map(|s| s.name.rsplit('/').next().unwrap())
                .collect()
        };
        assert_eq!(
            names(&[]),
            ["gmail.modify", "calendar.events", "calendar.freebusy"]
        );
        assert!(
            names(&[
                "https://mail.google.com/",
                "https://www.googleapis.com/auth/calendar"
            ])
            .is_empty()
        );
    }

    #[test]
    fn what_mail_servers_want_is_asked_for_instead_of_what_it_holds() {
        assert_eq!(
            to_ask(Provider::Google, true)[0],
            "https://mail.google.com/"
        );
        assert_eq!(to_ask(Provider::Google, true).len(), 3);
        assert_eq!(to_ask(Provider::Google, false).len(), 3);
        assert_eq!(
            to_ask(Provider::Hubspot, true),
            to_ask(Provider::Hubspot, false)
        );
        let given: Vec<String> = to_ask(Provider::Google, false)
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(
            missing(Provider::Google, &given, true),
            [MAIL_SERVER],
            "{given:?}"
        );
        let given = vec![MAIL_SERVER.name.to_owned()];
        let missing = missing(Provider::Google, &given, true);
        assert!(missing.iter().all(|s| s.name.contains("calendar")));
    }

    #[test]
    fn the_end_of_a_testing_sign_in_is_told_two_days_before() {
        let granted = at("2026-11-01T10:00:00Z");
        let google = Provider::Google.row().consent().unwrap();
        let testing = google.testing.as_ref().unwrap();
        let check = |status, ends: Option<&str>, now: &str, expect: Option<(&str, bool)>| {
            let found = near_end(testing, status, granted, ends.map(at), at(now));
            assert_eq!(
                found.map(|n| (n.at, n.is_certain)),
                expect.map(|(t, c)| (at(t), c)),
                "{now}"
            );
        };
        let seventh = Some(("2026-11-08T10:00:00Z", false));
        check(AppStatus::Unknown, None, "2026-11-05T10:00:00Z", None);
        check(AppStatus::Unknown, None, "2026-11-06T10:00:00Z", seventh);
        check(AppStatus::Unknown, None, "2026-11-08T10:00:00Z", None);
        check(
            AppStatus::Testing,
            None,
            "2026-11-09T10:00:00Z",
            Some(("2026-11-08T10:00:00Z", true)),
        );
        check(AppStatus::Production, None, "2026-11-07T10:00:00Z", None);
        check(
            AppStatus::Production,
            Some("2026-11-03T10:00:00Z"),
            "2026-11-02T10:00:00Z",
            Some(("2026-11-03T10:00:00Z", true)),
        );
    }

    #[test]
    fn the_likely_reason_of_a_lost_sign_in_depends_on_the_apps_status_and_its_age() {
        let now = at("2026-11-23T10:00:00Z");
        let check = |provider: Provider, app_status, days: i64, expect: &str| {
            let consent = provider.row().consent().unwrap();
            let refused = Refused {
                word: "invalid_grant",
                more: "",
                granted_at: Some(now - SignedDuration::from_hours(24 * days)),
                app_status,
            };
            let said = explain(provider, consent, &refused, now);
            let (_, said) = said.split_once("(invalid_grant). ").unwrap();
            let (said, _) = said.split_once(". What was read").unwrap();
            assert_eq!(said, expect);
        };
        let testing = "the app is in Testing status, where Google ends each sign-in after 7 days (publish it: set its status to In production)";
        let others =
            "the password was changed, access was withdrawn, or it was not used for six months";
        let google = Provider::Google;
        check(
            google,
            AppStatus::Production,
            7,
            &format!("Likely {others}"),
        );
        check(
            google,
            AppStatus::Testing,
            1,
            &format!("Very likely {testing}; else {others}"),
        );
        check(
            google,
            AppStatus::Unknown,
            7,
            &format!("Very likely {testing}, as this one is about a week old; else {others}"),
        );
        for days in [1, 40] {
            let expect = format!("Likely {testing}, {others}");
            check(google, AppStatus::Unknown, days, &expect);
        }
        let hubspot =
            "Likely the app was uninstalled or access was withdrawn in HubSpot's settings";
        check(Provider::Hubspot, AppStatus::Unknown, 7, hubspot);
    }
}
