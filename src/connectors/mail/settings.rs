//! The settings of well-known mail hosts, by the domain of an address; and what is worth trying for another.

use super::wire::Protection;

/// Where a host's servers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// IMAP: host, port, protection.
    pub imap: (String, u16, Protection),
    /// SMTP: host, port, protection.
    pub smtp: (String, u16, Protection),
    /// What the operator should know of signing in there.
    pub note: &'static str,
}

const APP_PASSWORD: &str = "This host wants an app password, which its account settings make; the usual password is refused.";

/// Domain suffix, IMAP host, SMTP host, SMTP port, note. IMAP is on 993 with TLS everywhere here.
const KNOWN: &[(&[&str], &str, &str, u16, &str)] = &[
    (
        &["gmail.com", "googlemail.com"],
        "imap.gmail.com",
        "smtp.gmail.com",
        465,
        APP_PASSWORD,
    ),
    (
        &["outlook.com", "hotmail.com", "live.com", "msn.com"],
        "outlook.office365.com",
        "smtp-mail.outlook.com",
        587,
        "Microsoft's hosts take no passwords any more, only OAuth 2 tokens.",
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

/// Returns the settings that mail exchangers give away: whose mail goes to Google or Microsoft signs in there.
#[must_use]
pub fn by_exchanger(exchanger: &str) -> Option<MailSettings> {
    let host = exchanger.trim_end_matches('.').to_ascii_lowercase();
    let of = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    if of("google.com") || of("googlemail.com") {
        return known("gmail.com");
    }
    if of("outlook.com") {
        return known("outlook.com");
    }
    if of("messagingengine.com") {
        return known("fastmail.com");
    }
    if of("mailbox.org") || of("migadu.com") || of("zoho.com") || of("zoho.eu") || of("yandex.net")
    {
        let domain = host.rsplitn(3, '.').take(2).collect::<Vec<_>>();
        return known(&domain.into_iter().rev().collect::<Vec<_>>().join("."))
            .or_else(|| known("yandex.com").filter(|_| of("yandex.net")));
    }
    None
}

/// Returns the settings that most hosts of their own have: `imap.` and `smtp.` before the domain.
#[must_use]
pub fn usual(domain: &str) -> MailSettings {
    MailSettings {
        imap: (format!("imap.{domain}"), 993, Protection::Tls),
        smtp: (format!("smtp.{domain}"), 465, Protection::Tls),
        note: "",
    }
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
                .smtp
                .1,
            587
        );
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
