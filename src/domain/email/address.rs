//! Addresses: one spelling for each mailbox, and what its domain tells about the company behind it.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::DomainKey;
use super::identity::{as_typed, of_link};

/// The longest address that SMTP can carry (RFC 5321 §4.5.3.1.3, less the brackets).
const MAX_ADDRESS_BYTES: usize = 254;

static FREE_MAIL: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../../../assets/free_mail_domains.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// A valid e-mail address in its key form: trimmed and lower case.
///
/// Local parts are case-sensitive by the letter of RFC 5321, but no provider of note tells `Ann@` from `ann@`, and treating
/// them apart would let a suppressed person be mailed again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// A text that is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address: {0}")]
pub struct AddressError(String);

impl EmailAddress {
    /// Returns the address in `text`, which may carry spaces around it, `mailto:` before it or angle brackets.
    ///
    /// # Errors
    /// Anything that is not one valid address by RFC 5321 with a dotted domain.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        fn bare(text: &str) -> &str {
            let text = text.trim();
            let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
            inner.unwrap_or(text).trim()
        }
        let text = as_typed(text);
        let text = of_link(bare(&text));
        let text = bare(&text);
        // The root of all domains may be written, and nobody means it.
        let text = text.strip_suffix('.').unwrap_or(text);
        let reject = |why: &str| Err(AddressError(why.to_owned()));
        if text.is_empty() {
            return reject("it is empty");
        }
        if text.len() > MAX_ADDRESS_BYTES {
            return reject("it is longer than 254 bytes");
        }
        if text
            .chars()
            .any(|c| crate::domain::text::is_hostile(c) || c == ' ')
        {
            return reject("it has a space or a control character");
        }
        let options = email_address::Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        match email_address::EmailAddress::parse_with_options(text, options) {
            Ok(address) => Ok(Self(address.as_str().to_lowercase())),
            Err(error) => Err(AddressError(error.to_string())),
        }
    }

    /// Returns the address as it is kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what stands before the last `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
    }

    /// Returns what stands after the last `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Returns the domain that was registered, by the public suffix list: `acme.co.uk` for `ann@mail.acme.co.uk`. The whole
    /// domain stands in where the list knows none.
    #[must_use]
    pub fn registrable_domain(&self) -> &str {
        registrable(self.domain())
    }

    /// Tells whether anyone can have a mailbox at this domain, so that sharing it does not make two people colleagues.
    #[must_use]
    pub fn is_free_mail(&self) -> bool {
        is_free_mail_domain(self.domain())
    }

    /// Returns the identity of its mailbox, for comparing only, never for sending.
    #[must_use]
    pub fn key(&self) -> super::MailboxKey {
        super::MailboxKey::of(&self.0)
    }
}

/// Hosts under which each customer has a domain of their own and that the public suffix list lacks, the longest first.
const TENANT_HOSTS: [&str; 3] = ["mail.onmicrosoft.com", "onmicrosoft.com", "onmicrosoft.us"];

/// Returns the part of a domain that was registered, by the public suffix list, or that a customer of a host has; all of it where neither is known.
#[must_use]
pub fn registrable(domain: &str) -> &str {
    let tenant = TENANT_HOSTS.iter().find_map(|host| {
        let below = domain.strip_suffix(host)?.strip_suffix('.')?;
        domain.get(below.rfind('.').map_or(0, |dot| dot + 1)..)
    });
    tenant.or_else(|| psl::domain_str(domain)).unwrap_or(domain)
}

/// Tells whether many firms have their domains under a domain, so that it is nobody's own.
#[must_use]
pub fn is_registry(domain: &str) -> bool {
    TENANT_HOSTS.contains(&domain) || psl::domain_str(domain).is_none()
}

/// Tells whether `domain` (in any spelling), or one above it, is a public mailbox provider or a relay.
#[must_use]
pub fn is_free_mail_domain(domain: &str) -> bool {
    let domain = DomainKey::of(domain);
    domain.and_above().enumerate().any(|(above, name)| {
        FREE_MAIL.contains(name) || (above > 0 && FREE_MAIL.contains(&*format!("*.{name}")))
    })
}

/// Returns the registered domain that a domain is under, by which a firm is known; none where anybody can have a mailbox.
#[must_use]
pub fn firm_domain(domain: &DomainKey) -> Option<DomainKey> {
    let registered = DomainKey::of(registrable(domain.as_str()));
    (!registered.as_str().is_empty() && !is_free_mail_domain(domain.as_str())).then_some(registered)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

/// A person's name beside the address; the name may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The display name, cleaned; empty when none was given.
    pub name: String,
    /// The address.
    pub address: EmailAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_spelling() {
        let check = |input: &str, expect: Option<&str>| {
            let got = EmailAddress::parse(input).ok();
            assert_eq!(got.as_ref().map(EmailAddress::as_str), expect, "{input:?}");
        };
        check(" Ann@Acme.IO ", Some("ann@acme.io"));
        check("<ann@acme.io>", Some("ann@acme.io"));
        check("mailto:ann@acme.io", Some("ann@acme.io"));
        check("ann+x@acme.co.uk", Some("ann+x@acme.co.uk"));
        check("o'brien@acme.ie", Some("o'brien@acme.ie"));
        check("ann＠acme.io", Some("ann@acme.io"));
        check("JO\u{308}RG@acme.io", Some("jörg@acme.io"));
        check("mailto:ann@acme.io?subject=Hi", Some("ann@acme.io"));
        check("jörg@müller.de", Some("jörg@müller.de"));
        check("", None);
        check("ann", None);
        check("ann@", None);
        check("@acme.io", None);
        check("ann@acme", None);
        check("ann@@acme.io", None);
        check("ann@acme..io", None);
        check("ann@acme.io\r\nBcc: x@y.z", None);
        check("ann@acme.io.", Some("ann@acme.io"));
        check("mailto:ann%2Bx@acme.io", Some("ann+x@acme.io"));
        check("<mailto:ann%40acme.io>", Some("ann@acme.io"));
        check("ａｎｎ＠ａｃｍｅ．ｉｏ", Some("ann@acme.io"));
        check("ann@acme。io", Some("ann@acme.io"));
        check("ann@acme.io, bob@acme.io", None);
        check("Ann <ann@acme.io>", None);
        check(&format!("{}@acme.io", "a".repeat(300)), None);
    }

    #[test]
    fn domains_tell_companies() {
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        assert_eq!(
            address("ann@mail.acme.co.uk").registrable_domain(),
            "acme.co.uk"
        );
        assert!(address("ann@GMAIL.com").is_free_mail());
        assert!(!address("ann@acme.io").is_free_mail());
    }

    #[test]
    fn a_firm_is_known_by_what_it_registered() {
        let check = |domain: &str, expect: Option<&str>| {
            let found = firm_domain(&DomainKey::of(domain));
            assert_eq!(found.as_ref().map(DomainKey::as_str), expect, "{domain}");
        };
        check("mail.acme.example", Some("acme.example"));
        check("mail.acme.co.uk.", Some("acme.co.uk"));
        check("contoso.onmicrosoft.com", Some("contoso.onmicrosoft.com"));
        check("x.contoso.onmicrosoft.com", Some("contoso.onmicrosoft.com"));
        check(
            "contoso.mail.onmicrosoft.com",
            Some("contoso.mail.onmicrosoft.com"),
        );
        check("zendesk.com", Some("zendesk.com"));
        for nobodys in [
            "",
            "gmail.com",
            "GoogleMail.com",
            "privaterelay.appleid.com",
            "duck.com",
            "mozmail.com",
            "ann.mozmail.com",
            "simplelogin.com",
            "ann.aleeas.com",
            "acme.zendesk.com",
            "guest.booking.com",
        ] {
            check(nobodys, None);
        }
    }

    #[test]
    fn an_address_is_read_as_it_was_pasted() {
        let check = |text: &str, expect: Option<&str>| {
            let got = EmailAddress::pasted(text).ok();
            assert_eq!(got.as_ref().map(EmailAddress::as_str), expect, "{text:?}");
        };
        for text in [
            "ann@acme.io",
            "Ann Acker <ANN@acme.io>",
            "\"Acker, Ann\" <ann@acme.io>",
            "\"ann@acme.io\"",
            "'ann@acme.io'",
            "“ann@acme.io”",
            "ann@acme.io.",
            "<ann@acme.io>",
            "Mailto:Ann@acme.io?cc=bo@acme.io",
            "Ann <mailto:ann%40acme.io>",
            "Ann＜ann＠acme．io＞",
            "\u{200B}ann@acme.io\u{FEFF}",
        ] {
            check(text, Some("ann@acme.io"));
        }
        check("ann@acme.io bo@acme.io", None);
        check("mailto:ann@acme.io,bo@acme.io", None);
        check("an\u{200B}n@acme.io", None);
        check("\"ann\"@acme.io", Some("\"ann\"@acme.io"));
    }
}
