//! Companies: facts from an import, and keys that match two spellings of a name.

use crate::domain::contact::cell::{MAX_URL, clean};
use crate::domain::contact::{address, name};
use crate::domain::email::address::is_free_mail_domain;

mod firm;

pub use crate::domain::email::address::registrable;
pub use firm::{FirmKey, forms_in_front};

/// Hosts where many people and firms live side by side: an address there says nothing about the company.
const SHARED_HOSTS: [&str; 26] = [
    "linkedin.com",
    "facebook.com",
    "fb.com",
    "twitter.com",
    "x.com",
    "instagram.com",
    "youtube.com",
    "youtu.be",
    "tiktok.com",
    "medium.com",
    "github.com",
    "gitlab.com",
    "google.com",
    "goo.gl",
    "bit.ly",
    "linktr.ee",
    "xing.com",
    "crunchbase.com",
    "about.me",
    "calendly.com",
    "wa.me",
    "t.me",
    "t.co",
    "pinterest.com",
    "yelp.com",
    "apple.com",
];

/// Returns the domain that a company owns, read from a web address, a bare host or an e-mail address: lower case,
/// without `www.`, at most 253 bytes. None where the text holds no host name, and for hosts that many firms share.
#[must_use]
pub fn domain_of_website(text: &str) -> Option<String> {
    let cleaned = clean(text, MAX_URL)?;
    let mut host = cleaned.as_str();
    if let Some((scheme, rest)) = host.split_once("://")
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        host = rest;
    }
    host = host.trim_start_matches('/');
    host = host
        .split(['/', '?', '#', ' ', ',', ';', '\\'])
        .next()
        .unwrap_or("");
    host = address::domain(host).unwrap_or(host);
    if let Some((name, port)) = host.rsplit_once(':')
        && port.bytes().all(|b| b.is_ascii_digit())
    {
        host = name;
    }
    let mut host = host.trim_matches('.').to_lowercase();
    if let Some(bare) = host.strip_prefix("www.")
        && bare.contains('.')
    {
        host = bare.to_owned();
    }
    let is_host = host.len() <= 253
        && host.contains('.')
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && host
            .rsplit('.')
            .next()
            .is_some_and(|top| top.chars().any(char::is_alphabetic));
    let shared = |known: &&str| {
        host.strip_suffix(*known)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    (is_host && !SHARED_HOSTS.iter().any(shared) && !is_free_mail_domain(&host)).then_some(host)
}

/// Returns the key that two spellings of a company's name share: `ACME, Inc.` and `Acme Inc` give `acme inc`. Empty for
/// a name without a letter or digit.
#[must_use]
pub fn name_key(company: &str) -> String {
    name::fold(company)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_website_gives_the_companys_domain() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(domain_of_website(text).as_deref(), expect, "{text:?}");
        };
        check("https://www.Acme.com/about?x=1", Some("acme.com"));
        check("acme.co.uk", Some("acme.co.uk"));
        check("HTTP://acme.com:8080", Some("acme.com"));
        check("//acme.com/", Some("acme.com"));
        check("ann@acme.com", Some("acme.com"));
        check("www.bücher.de", Some("bücher.de"));
        check("www.com", Some("www.com"));
        check("https://www.linkedin.com/company/acme", None);
        check("gmail.com", None);
        check("n/a", None);
        check("Acme Inc", None);
        check("1.2.3.4", None);
        check("", None);
        check("-a.com", None);
    }

    #[test]
    fn hosts_are_cut_to_what_can_be_registered() {
        assert_eq!(registrable("eu.acme.co.uk"), "acme.co.uk");
        assert_eq!(registrable("acme.com"), "acme.com");
        assert_eq!(registrable("localhost"), "localhost");
    }

    #[test]
    fn spellings_of_a_company_share_their_key() {
        assert_eq!(name_key("ACME, Inc."), name_key("Acme  Inc"));
        assert_eq!(name_key("Société Générale"), "societe generale");
        assert_eq!(name_key("???"), "");
    }
}
