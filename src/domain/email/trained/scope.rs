//! Whom a wish speaks for: its writer, their firm, addresses that it names, or everybody at a domain.

use super::model::Scores;
use crate::domain::email::address::{EmailAddress, is_free_mail_domain};
use crate::domain::email::wish::Scope;

/// Addresses kept of one text.
const MAX_ADDRESSES: usize = 50;

/// Addresses and domains as a text names them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Addresses in order, each once.
    pub addresses: Vec<String>,
    /// The first domain that is named as one: `@acme.example`, `*@acme.example`.
    pub domain: Option<String>,
}

/// Returns what `text` names.
pub fn named(text: &str) -> Named {
    let mut out = Named::default();
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | ','
                    | ';'
                    | '"'
                    | '\''
                    | '„'
                    | '“'
                    | '”'
                    | '«'
                    | '»'
                    | '、'
                    | '。'
                    | '，'
                    | '：'
                    | '！'
                    | '？'
            )
    };
    for token in text.split(ends).filter(|t| t.contains('@')) {
        let token = token.trim_start_matches("mailto:");
        let token = token.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '/' | '`'));
        let Some((local, host)) = token.rsplit_once('@') else {
            continue;
        };
        // Korean and Japanese endings stand right behind a name.
        let host: String = host
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            .collect();
        let host = host.trim_matches(['.', '-']).to_ascii_lowercase();
        if !host.contains('.') || host.len() > 253 {
            continue;
        }
        if local.is_empty() || local.chars().all(|c| matches!(c, '*' | '%' | '.' | '-')) {
            if out.domain.is_none() && !is_free_mail_domain(&host) {
                out.domain = Some(host);
            }
        } else if let Ok(address) = EmailAddress::parse(&format!("{local}@{host}")) {
            let address = address.as_str().to_owned();
            if out.addresses.len() < MAX_ADDRESSES && !out.addresses.contains(&address) {
                out.addresses.push(address);
            }
        }
    }
    out
}

/// Returns the scope of a wish to be left alone.
pub fn scope(text: &str, scores: &Scores<'_>) -> Scope {
    let named = named(text);
    if let Some(domain) = named.domain
        && scores.domain > -0.2
    {
        return Scope::Domain(domain);
    }
    // A domain without its sign: every address that is named lies there.
    if scores.domain >= 0.0
        && let Some(host) = shared_host(&named.addresses)
    {
        return Scope::Domain(host);
    }
    if !named.addresses.is_empty() && scores.addresses >= 0.0 {
        return Scope::Addresses(named.addresses);
    }
    if scores.firm >= 0.0 || scores.domain >= 0.0 {
        return Scope::Firm;
    }
    Scope::Me
}

fn shared_host(addresses: &[String]) -> Option<String> {
    let host = |address: &String| address.rsplit_once('@').map(|(_, host)| host.to_owned());
    let first = addresses.first().and_then(host)?;
    (!is_free_mail_domain(&first) && addresses.iter().all(|a| host(a).as_ref() == Some(&first)))
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, addresses: &[&str], domain: Option<&str>) {
        let got = named(text);
        assert_eq!(got.addresses, addresses, "{text}");
        assert_eq!(got.domain.as_deref(), domain, "{text}");
    }

    #[test]
    fn addresses_and_domains_are_found_as_people_write_them() {
        check(
            "Delete sales@acme.example, <mailto:ann@acme.example>; and (bob@Acme.example).",
            &["sales@acme.example", "ann@acme.example", "bob@acme.example"],
            None,
        );
        check(
            "Everybody @acme.example, please.",
            &[],
            Some("acme.example"),
        );
        check("all of *@acme.example!", &[], Some("acme.example"));
        check(
            "ann@acme.example로 보내지 마세요",
            &["ann@acme.example"],
            None,
        );
        check("everyone @gmail.com", &[], None);
        check("meet @ 10, @ann", &[], None);
    }
}
