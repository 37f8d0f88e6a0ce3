//! The outside services that the program talks to over HTTP, and the accounts that they belong to: one row for each.

mod row;

pub use row::{
    Backoff, Base, Budget, BudgetRow, Consent, Day, Limit, PastedToken, Proof, ProviderRow,
    QuotaHeaders, RedirectTo, Scope, ServiceRow, Testing, TokenAnswers, Way, Whose, Window,
    Withdrawal,
};

use super::words::words;

words! {
    /// An account that the operator signs in to.
    pub enum Provider ("a provider") {
        /// Google: Gmail and Calendar.
        Google = "google",
        /// HubSpot.
        Hubspot = "hubspot",
    }
}

words! {
    /// An HTTP service with a base URL, a budget and a circuit breaker of its own.
    pub enum Service ("a service") {
        /// Gmail's API.
        Gmail = "gmail",
        /// Google Calendar's API.
        Calendar = "calendar",
        /// Google's sign-in: tokens and their revocation.
        GoogleAuth = "google_auth",
        /// HubSpot's API.
        Hubspot = "hubspot",
        /// HubSpot's sign-in.
        HubspotAuth = "hubspot_auth",
        /// A mail domain's settings of its servers (autoconfig); nobody signs in there.
        MailSettings = "mail_settings",
    }
}

words! {
    /// A version of HubSpot's paths.
    #[derive(Default)]
    pub enum HubspotVersion ("a version of HubSpot's API") {
        /// The old paths, which end in September 2027.
        V3 = "v3",
        /// Of March 2026.
        #[default]
        March2026 = "2026-03",
        /// Of September 2026.
        September2026 = "2026-09",
    }
}

impl Provider {
    /// Returns everything about the provider that is data.
    #[must_use]
    pub const fn row(self) -> &'static ProviderRow {
        match self {
            Self::Google => &GOOGLE,
            Self::Hubspot => &HUBSPOT,
        }
    }
}

impl Service {
    /// Returns everything about the service that is data.
    #[must_use]
    pub const fn row(self) -> &'static ServiceRow {
        match self {
            Self::Gmail => &GMAIL,
            Self::Calendar => &CALENDAR,
            Self::GoogleAuth => &GOOGLE_AUTH,
            Self::Hubspot => &HUBSPOT_API,
            Self::HubspotAuth => &HUBSPOT_AUTH,
            Self::MailSettings => &MAIL_SETTINGS,
        }
    }

    /// Returns its name as the operator knows it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        self.row().label
    }

    /// Returns the account that the service belongs to, if it is one of an account.
    #[must_use]
    pub const fn provider(self) -> Option<Provider> {
        self.row().provider
    }

    /// Returns the base URL that holds unless the configuration names another; empty if each request brings its own.
    #[must_use]
    pub const fn usual_url(self) -> &'static str {
        match self.row().base {
            Base::Own(_, url) => url,
            Base::Of(other) => other.usual_url(),
            Base::Elsewhere => "",
        }
    }

    /// Returns the service that a source reads, by the source's name.
    #[must_use]
    pub fn of_source(name: &str) -> Option<Self> {
        let reads = |service: &&Self| service.row().source == Some(name);
        Self::ALL.iter().find(reads).copied()
    }
}

/// A sign-in takes a handful of requests and a refresh comes once in half an hour: more than this in a minute is something going round in circles.
const SIGN_INS: &[BudgetRow] = &[BudgetRow {
    budget: Budget::General,
    limits: &[Limit {
        key: None,
        most: 60,
        window: Window::Minute,
    }],
}];

static GOOGLE: ProviderRow = ProviderRow {
    label: "Google",
    api: Service::Gmail,
    ways: &[Way::Consent(Consent {
        tokens: Service::GoogleAuth,
        page: "https://accounts.google.com/o/oauth2/v2/auth",
        more: &[("access_type", "offline"), ("prompt", "consent")],
        redirect: RedirectTo::AnyPort,
        proof: Proof::S256,
        withdrawal: Withdrawal::TokenAlone,
        whose: &[Whose {
            pointer: "/emailAddress",
            before: "",
        }],
        answers: TokenAnswers {
            seconds: 3_599,
            names_scopes: true,
            repeats_refresh: false,
        },
        testing: Some(Testing {
            days: 7,
            said: "the app is in Testing status, where Google ends each sign-in after 7 days (publish it: set its status to In production)",
        }),
        lost: "the password was changed, access was withdrawn, or it was not used for six months",
        no_client: "Google wants to know which app asks, and there is no client id yet. Make one at console.cloud.google.com: a project with the Gmail and Calendar APIs, a consent screen, and an OAuth client of type \"Desktop app\"; then `caseyos auth login google --client FILE` with the file that it lets you download. docs/sign-in.md shows it step by step.",
    })],
    scopes: &[
        Scope {
            name: "https://www.googleapis.com/auth/gmail.modify",
            covered_by: &["https://mail.google.com/"],
            without: "Gmail is neither read nor sent from",
        },
        Scope {
            name: "https://www.googleapis.com/auth/calendar.events",
            covered_by: &["https://www.googleapis.com/auth/calendar"],
            without: "meetings are neither seen nor booked",
        },
        Scope {
            name: "https://www.googleapis.com/auth/calendar.freebusy",
            covered_by: &[
                "https://www.googleapis.com/auth/calendar",
                "https://www.googleapis.com/auth/calendar.readonly",
            ],
            without: "free times are not found",
        },
    ],
    mail_server: Some(&MAIL_SERVER),
    backoff: Backoff {
        millis: 2_000,
        most_seconds: 60,
    },
    day: Day::Zone("America/Los_Angeles"),
    quotas: &[],
};

/// Full access to Gmail, which Google's IMAP and SMTP servers require of a token.
pub static MAIL_SERVER: Scope = Scope {
    name: "https://mail.google.com/",
    covered_by: &[],
    without: "Google's IMAP and SMTP servers take no token: mailboxes with auth = \"oauth2\" are neither read nor sent from",
};

static GMAIL: ServiceRow = ServiceRow {
    label: "Gmail",
    provider: Some(Provider::Google),
    base: Base::Own("gmail_url", "https://gmail.googleapis.com"),
    budgets: &[BudgetRow {
        budget: Budget::General,
        limits: &[Limit {
            key: Some("gmail_units_per_minute"),
            most: 6_000,
            window: Window::Minute,
        }],
    }],
    source: Some("gmail"),
};

static CALENDAR: ServiceRow = ServiceRow {
    label: "Google Calendar",
    provider: Some(Provider::Google),
    base: Base::Own("calendar_url", "https://www.googleapis.com"),
    budgets: &[BudgetRow {
        budget: Budget::General,
        limits: &[Limit {
            key: Some("calendar_per_minute"),
            most: 600,
            window: Window::Minute,
        }],
    }],
    source: Some("calendar"),
};

static GOOGLE_AUTH: ServiceRow = ServiceRow {
    label: "Google's sign-in",
    provider: Some(Provider::Google),
    base: Base::Own("auth_url", "https://oauth2.googleapis.com"),
    budgets: SIGN_INS,
    source: None,
};

static HUBSPOT: ProviderRow = ProviderRow {
    label: "HubSpot",
    api: Service::Hubspot,
    ways: &[
        Way::Token(PastedToken {
            noun: "service key or private-app token",
            source: "service key or private app",
        }),
        Way::Consent(Consent {
            tokens: Service::HubspotAuth,
            page: "https://app.hubspot.com/oauth/authorize",
            more: &[],
            redirect: RedirectTo::Registered("http://localhost:8765/callback"),
            proof: Proof::None,
            withdrawal: Withdrawal::WithApp,
            whose: &[
                Whose {
                    pointer: "/hub_domain",
                    before: "",
                },
                Whose {
                    pointer: "/hub_id",
                    before: "portal ",
                },
            ],
            answers: TokenAnswers {
                seconds: 1_800,
                names_scopes: false,
                repeats_refresh: true,
            },
            testing: None,
            lost: "the app was uninstalled or access was withdrawn in HubSpot's settings",
            no_client: "HubSpot wants to know which app asks, and there is no client id yet. Set client_id and redirect_uri in [hubspot] to those of your app; or use a service key: `caseyos auth login hubspot`.",
        }),
    ],
    scopes: &[
        Scope {
            name: "crm.objects.contacts.read",
            covered_by: &[],
            without: "contacts are not read",
        },
        Scope {
            name: "crm.objects.contacts.write",
            covered_by: &[],
            without: "contacts, tasks and notes are not written",
        },
        Scope {
            name: "crm.objects.companies.read",
            covered_by: &[],
            without: "companies are not read",
        },
        Scope {
            name: "crm.objects.companies.write",
            covered_by: &[],
            without: "companies are not written",
        },
        Scope {
            name: "crm.objects.deals.read",
            covered_by: &[],
            without: "deals and their stages are not read",
        },
        Scope {
            name: "crm.objects.deals.write",
            covered_by: &[],
            without: "deals are not written",
        },
        Scope {
            name: "crm.objects.owners.read",
            covered_by: &[],
            without: "owners are not known by name",
        },
    ],
    mail_server: None,
    backoff: Backoff {
        millis: 1_000,
        most_seconds: 30,
    },
    day: Day::Operators,
    quotas: &[
        QuotaHeaders {
            name: "daily",
            most: "x-hubspot-ratelimit-daily",
            left: "x-hubspot-ratelimit-daily-remaining",
        },
        QuotaHeaders {
            name: "interval",
            most: "x-hubspot-ratelimit-max",
            left: "x-hubspot-ratelimit-remaining",
        },
        QuotaHeaders {
            name: "second",
            most: "x-hubspot-ratelimit-secondly",
            left: "x-hubspot-ratelimit-secondly-remaining",
        },
    ],
};

static HUBSPOT_API: ServiceRow = ServiceRow {
    label: "HubSpot",
    provider: Some(Provider::Hubspot),
    base: Base::Own("url", "https://api.hubapi.com"),
    budgets: &[
        BudgetRow {
            budget: Budget::General,
            limits: &[
                Limit {
                    key: Some("per_second"),
                    most: 10,
                    window: Window::Second,
                },
                Limit {
                    key: Some("per_ten_seconds"),
                    most: 100,
                    window: Window::TenSeconds,
                },
            ],
        },
        BudgetRow {
            budget: Budget::Search,
            limits: &[Limit {
                key: Some("searches_per_second"),
                most: 4,
                window: Window::Second,
            }],
        },
    ],
    source: Some("hubspot"),
};

static HUBSPOT_AUTH: ServiceRow = ServiceRow {
    label: "HubSpot's sign-in",
    provider: Some(Provider::Hubspot),
    base: Base::Of(Service::Hubspot),
    budgets: SIGN_INS,
    source: None,
};

static MAIL_SETTINGS: ServiceRow = ServiceRow {
    label: "the domain's mail settings",
    provider: None,
    // Each domain has its own.
    base: Base::Elsewhere,
    budgets: &[],
    source: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_names_services_of_its_own_and_a_way_to_sign_in() {
        for &provider in Provider::ALL {
            let row = provider.row();
            assert_eq!(row.api.provider(), Some(provider));
            assert!(!row.ways.is_empty(), "{provider}");
            if let Some(consent) = row.consent() {
                assert_eq!(consent.tokens.provider(), Some(provider));
                assert!(consent.answers.seconds > 0 && !consent.lost.is_empty());
            }
        }
    }

    #[test]
    fn a_source_reads_one_service() {
        for service in Service::ALL {
            if let Some(source) = service.row().source {
                assert_eq!(Service::of_source(source), Some(*service));
            }
        }
        assert_eq!(Service::of_source("timer"), None);
    }

    #[test]
    fn a_service_of_another_place_has_its_url() {
        assert_eq!(
            Service::HubspotAuth.usual_url(),
            Service::Hubspot.usual_url()
        );
        assert_eq!(Service::MailSettings.usual_url(), "");
    }
}
