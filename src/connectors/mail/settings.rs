//! Settings of well-known mail hosts, by the domain of an address or by its mail exchanger.

use super::wire::Protection;

/// A host's servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// IMAP: host, port, protection.
    pub imap: (String, u16, Protection),
    /// SMTP: host, port, protection.
    pub smtp: (String, u16, Protection),
    /// Advice on signing in there.
    pub note: &'static str,
}

const MICROSOFT_NOTE: &str = "Microsoft's hosts take no passwords any more, only OAuth 2 tokens of its own, which CaseyOS cannot ask for yet.";
const GOOGLE_NOTE: &str = "Google wants an app password, which its account settings make, or its token: --oauth2, after `caseyos auth login google --mail-server`.";
const APP_PASSWORD: &str = "This host wants an app password, which its account settings make; the usual password is refused.";

/// Domain suffix, IMAP host, SMTP host, SMTP port, note. IMAP is on 993 with TLS everywhere here.
const KNOWN: &[(&[&str], &str, &str, u16, &str)] = &[
    (
        &["gmail.com", "googlemail.com"],
        "imap.gmail.com",
        "smtp.gmail.com",
        465,
        GOOGLE_NOTE,
    ),
    (
        &["outlook.com", "hotmail.com", "live.com", "msn.com"],
        "outlook.office365.com",
        "smtp-mail.outlook.com",
        587,
        MICROSOFT_NOTE,
    ),
    (
        &["icloud.com", "me.com", "mac.com"],
        "imap.mail.me.com",
        "smtp.mail.me.com",
        587,
        APP_PASSWORD,
    ),
    (
        &[
            "yahoo.com",
            "ymail.com",
            "yahoo.co.uk",
            "yahoo.de",
            "yahoo.fr",
        ],
        "imap.mail.yahoo.com",
        "smtp.mail.yahoo.com",
        465,
        APP_PASSWORD,
    ),
    (
        &["aol.com"],
        "imap.aol.com",
        "smtp.aol.com",
        465,
        APP_PASSWORD,
    ),
    (
        &["fastmail.com", "fastmail.fm"],
        "imap.fastmail.com",
        "smtp.fastmail.com",
        465,
        APP_PASSWORD,
    ),
    (
        &["gmx.de", "gmx.net", "gmx.at", "gmx.ch"],
        "imap.gmx.net",
        "mail.gmx.net",
        465,
        "IMAP must be switched on in the account's settings first.",
    ),
    (
        &["gmx.com"],
        "imap.gmx.com",
        "mail.gmx.com",
        465,
        "IMAP must be switched on in the account's settings first.",
    ),
    (
        &["web.de"],
        "imap.web.de",
        "smtp.web.de",
        465,
        "IMAP must be switched on in the account's settings first.",
    ),
    (
        &["t-online.de"],
        "secureimap.t-online.de",
        "securesmtp.t-online.de",
        465,
        "",
    ),
    (
        &["mailbox.org"],
        "imap.mailbox.org",
        "smtp.mailbox.org",
        465,
        "",
    ),
    (
        &["posteo.de", "posteo.net"],
        "posteo.de",
        "posteo.de",
        465,
        "",
    ),
    (
        &["zoho.com"],
        "imap.zoho.com",
        "smtp.zoho.com",
        465,
        APP_PASSWORD,
    ),
    (
        &["zoho.eu"],
        "imap.zoho.eu",
        "smtp.zoho.eu",
        465,
        APP_PASSWORD,
    ),
    (
        &["yandex.com", "yandex.ru"],
        "imap.yandex.com",
        "smtp.yandex.com",
        465,
        APP_PASSWORD,
    ),
    (
        &["migadu.com"],
        "imap.migadu.com",
        "smtp.migadu.com",
        465,
        "",
    ),
    (
        &["runbox.com"],
        "mail.runbox.com",
        "mail.runbox.com",
        465,
        "",
    ),
    (
        &["orange.fr", "wanadoo.fr"],
        "imap.orange.fr",
        "smtp.orange.fr",
        465,
        "",
    ),
    (&["free.fr"], "imap.free.fr", "smtp.free.fr", 465, ""),
    (
        &["libero.it"],
        "imapmail.libero.it",
        "smtp.libero.it",
        465,
        "",
    ),
    (
        &["bluewin.ch"],
        "imaps.bluewin.ch",
        "smtpauths.bluewin.ch",
        465,
        "",
    ),
    (
        &["comcast.net"],
        "imap.comcast.net",
        "smtp.comcast.net",
        465,
        "",
    ),
];

/// Returns the settings for a domain that is known to belong to a mail host.
#[must_use]
pub fn known(domain: &str) -> Option<MailSettings> {
    let domain = domain.to_ascii_lowercase();
    let (_, imap, smtp, port, note) = KNOWN
        .iter()
        .find(|(domains, ..)| domains.contains(&domain.as_str()))?;
    Some(MailSettings {
        imap: ((*imap).to_owned(), 993, Protection::Tls),
        smtp: ((*smtp).to_owned(), *port, submission(*port)),
        note,
    })
}

/// The suffix of a mail exchanger, and the domain in the table above whose servers its customers use.
const EXCHANGERS: &[(&str, &str)] = &[
    ("google.com", "gmail.com"),
    ("googlemail.com", "gmail.com"),
    ("olc.protection.outlook.com", "outlook.com"),
    ("mail.icloud.com", "icloud.com"),
    ("messagingengine.com", "fastmail.com"),
    ("mailbox.org", "mailbox.org"),
    ("migadu.com", "migadu.com"),
    ("zoho.com", "zoho.com"),
    ("zoho.eu", "zoho.eu"),
    ("yandex.net", "yandex.com"),
    ("runbox.com", "runbox.com"),
];
/// Domains of Microsoft's exchangers for its customers.
const MICROSOFT: [&str; 2] = ["protection.outlook.com", "mx.microsoft"];

/// Returns the settings that a mail exchanger implies: a domain whose mail goes to Google or Microsoft signs in there.
#[must_use]
pub fn by_exchanger(exchanger: &str) -> Option<MailSettings> {
    let host = exchanger.trim_end_matches('.').to_ascii_lowercase();
    let of = |suffix: &str| {
        host.strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if let Some((_, domain)) = EXCHANGERS.iter().find(|(suffix, _)| of(suffix)) {
        return known(domain);
    }
    // Firms hand mail in elsewhere than owners of an address at outlook.com.
    MICROSOFT.into_iter().any(of).then(|| MailSettings {
        imap: ("outlook.office365.com".into(), 993, Protection::Tls),
        smtp: ("smtp.office365.com".into(), 587, Protection::StartTls),
        note: MICROSOFT_NOTE,
    })
}

/// Returns how the connection is protected on a usual port of submission (RFC 8314).
#[must_use]
pub const fn submission(port: u16) -> Protection {
    match port {
        465 => Protection::Tls,
        _ => Protection::StartTls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_host_is_found_by_domain_or_by_exchanger() {
        assert_eq!(known("GMX.de").unwrap().imap.0, "imap.gmx.net");
        assert_eq!(
            known("icloud.com").unwrap().smtp,
            ("smtp.mail.me.com".into(), 587, Protection::StartTls)
        );
        assert!(known("acme.example").is_none());
        assert_eq!(
            by_exchanger("aspmx.l.google.com.").unwrap().imap.0,
            "imap.gmail.com"
        );
        assert_eq!(
            by_exchanger("acme-example.mail.protection.outlook.com")
                .unwrap()
                .smtp,
            ("smtp.office365.com".into(), 587, Protection::StartTls)
        );
        assert_eq!(
            by_exchanger("outlook-com.olc.protection.outlook.com")
                .unwrap()
                .smtp
                .0,
            "smtp-mail.outlook.com"
        );
        for (_, domain) in EXCHANGERS {
            assert!(known(domain).is_some(), "{domain}");
        }
        assert_eq!(
            by_exchanger("mx1.mailbox.org").unwrap().imap.0,
            "imap.mailbox.org"
        );
        assert!(by_exchanger("mx.notgoogle.com").is_none());
    }

    #[test]
    fn no_domain_stands_twice() {
        let mut seen = std::collections::HashSet::new();
        for (domains, ..) in KNOWN {
            for domain in *domains {
                assert!(seen.insert(domain), "{domain}");
            }
        }
    }
}
