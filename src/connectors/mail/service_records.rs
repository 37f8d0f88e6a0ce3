//! Mail servers by SRV records (RFC 6186, RFC 8314), and the trust that they deserve.
//!
//! Answers of name servers are not signed, so a host outside the domain is only as good as the operator's own eye: RFC 6186, section 6,
//! wants it confirmed before anything connects.

use std::net::SocketAddr;
use std::time::Duration;

use super::wire::Protection;
use crate::connectors::dns::{self, DnsError, Kind, Record, ServiceRecord};

/// A domain's offer of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// No record about it.
    Silent,
    /// A record that the domain does not offer it.
    Refused,
    /// The place of the service.
    At(String, u16, Protection),
}

/// A domain's offers of mail servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    /// Reading by IMAP.
    pub imap: Offer,
    /// Handing in by SMTP.
    pub smtp: Offer,
}

/// Asks a domain's name servers. `draw` is chance for the choice among equals.
///
/// # Errors
/// Fails if they do not answer properly.
pub fn ask(
    servers: &[SocketAddr],
    domain: &str,
    draw: u64,
    limit: Duration,
) -> Result<Offers, DnsError> {
    let names = ["_imaps", "_imap", "_submissions", "_submission"];
    let answers = std::thread::scope(|threads| {
        let asked = names.map(|name| {
            let name = format!("{name}._tcp.{domain}");
            threads.spawn(move || dns::ask(servers, &name, Kind::Srv, limit))
        });
        asked.map(|thread| thread.join().unwrap_or(Err(DnsError::Broken)))
    });
    let services = |records: Vec<Record>| -> Vec<ServiceRecord> {
        let service = |record| match record {
            Record::Service(service) => Some(service),
            Record::Exchanger { .. } | Record::Text(_) => None,
        };
        records.into_iter().filter_map(service).collect()
    };
    let [imaps, imap, submissions, submission] = answers;
    Ok(Offers {
        imap: choose(&services(imaps?), &services(imap?), draw),
        smtp: choose(&services(submissions?), &services(submission?), draw),
    })
}

/// Chooses among the records of a service with TLS from the first byte and of the one with STARTTLS: the lowest priority, there TLS from the
/// first byte (RFC 8314, 5.1), there by weight (RFC 2782).
#[must_use]
pub fn choose(tls: &[ServiceRecord], start_tls: &[ServiceRecord], draw: u64) -> Offer {
    let all: Vec<(&ServiceRecord, Protection)> = tls
        .iter()
        .map(|r| (r, Protection::Tls))
        .chain(start_tls.iter().map(|r| (r, Protection::StartTls)))
        .collect();
    if all.is_empty() {
        return Offer::Silent;
    }
    let mut usable: Vec<(ServiceRecord, Protection)> = all
        .iter()
        .map(|(record, protection)| {
            let host = record.host.trim_end_matches('.').to_lowercase();
            let record = ServiceRecord {
                host,
                ..(*record).clone()
            };
            (record, *protection)
        })
        .filter(|(record, _)| record.port > 0 && is_plausible_host(&record.host))
        .collect();
    let rank = |record: &ServiceRecord, protection: Protection| {
        (record.priority, protection != Protection::Tls)
    };
    let Some(best) = usable.iter().map(|(r, p)| rank(r, *p)).min() else {
        // A root alone is the domain's own word that there is none; anything else that cannot be a host is as good as nothing.
        let is_refused = all.iter().all(|(record, _)| record.host.is_empty());
        return if is_refused {
            Offer::Refused
        } else {
            Offer::Silent
        };
    };
    usable.retain(|(r, p)| rank(r, *p) == best);
    // RFC 2782: those without weight stand first, so that they have a small chance.
    usable.sort_by_key(|(r, _)| r.weight);
    let sum: u64 = usable.iter().map(|(r, _)| u64::from(r.weight)).sum();
    let wanted = draw % (sum + 1);
    let mut running = 0;
    let chosen = usable.into_iter().find(|(record, _)| {
        running += u64::from(record.weight);
        running >= wanted
    });
    chosen.map_or(Offer::Silent, |(record, protection)| {
        Offer::At(record.host, record.port, protection)
    })
}

/// Tells whether a host is the domain or below it.
#[must_use]
pub fn is_inside(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_lowercase(), domain.to_lowercase());
    host == domain
        || host
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// Tells whether a text can be the name of a host on the internet: two labels or more, and no bare address, for which no certificate
/// would speak.
#[must_use]
pub fn is_plausible_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let ends_in_letters = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    host.len() <= 253 && host.contains('.') && ends_in_letters && host.split('.').all(is_label)
}

/// Returns a domain as name servers know it: in ASCII, small letters.
#[must_use]
pub fn ascii_domain(domain: &str) -> Option<String> {
    let url = reqwest::Url::parse(&format!("https://{domain}/")).ok()?;
    let host = url.domain()?.trim_end_matches('.').to_owned();
    is_plausible_host(&host).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, port: u16, host: &str) -> ServiceRecord {
        ServiceRecord {
            priority,
            weight,
            port,
            host: host.into(),
        }
    }

    fn at(host: &str, port: u16, protection: Protection) -> Offer {
        Offer::At(host.into(), port, protection)
    }

    #[test]
    fn priority_goes_before_protection_and_protection_before_weight() {
        let tls = [
            record(10, 5, 993, "second.firm.example"),
            record(0, 1, 993, "Imap.Firm.Example."),
        ];
        let plain = [record(0, 100, 143, "plain.firm.example")];
        assert_eq!(
            choose(&tls, &plain, 7),
            at("imap.firm.example", 993, Protection::Tls)
        );
        let preferred = [record(0, 0, 143, "plain.firm.example")];
        let later = [record(1, 9, 993, "imap.firm.example")];
        assert_eq!(
            choose(&later, &preferred, 7),
            at("plain.firm.example", 143, Protection::StartTls)
        );
    }

    #[test]
    fn among_equals_each_has_its_weight() {
        let tls = [
            record(0, 30, 993, "c.firm.example"),
            record(0, 0, 993, "a.firm.example"),
            record(0, 10, 993, "b.firm.example"),
        ];
        let mut counts = std::collections::BTreeMap::new();
        for draw in 0..41 {
            let Offer::At(host, ..) = choose(&tls, &[], draw) else {
                panic!("nothing chosen")
            };
            *counts.entry(host).or_insert(0) += 1;
        }
        let counts: Vec<_> = counts.into_iter().collect();
        let expect = [("a", 1), ("b", 10), ("c", 30)];
        assert_eq!(
            counts,
            expect.map(|(name, n)| (format!("{name}.firm.example"), n))
        );
        // A lone record without weight is chosen all the same.
        let lone = [record(0, 0, 993, "a.firm.example")];
        assert_eq!(
            choose(&lone, &[], u64::MAX),
            at("a.firm.example", 993, Protection::Tls)
        );
    }

    #[test]
    fn a_root_says_no_and_nonsense_says_nothing() {
        let no = [record(0, 0, 0, "")];
        let yes = [record(0, 0, 143, "imap.firm.example")];
        assert_eq!(choose(&no, &[], 0), Offer::Refused);
        assert_eq!(choose(&no, &no, 0), Offer::Refused);
        assert_eq!(
            choose(&no, &yes, 0),
            at("imap.firm.example", 143, Protection::StartTls)
        );
        assert_eq!(choose(&[], &[], 0), Offer::Silent);
        let nonsense = [
            record(0, 0, 993, "localhost"),
            record(0, 0, 0, "imap.firm.example"),
            record(0, 0, 993, "10.0.0.1"),
        ];
        assert_eq!(choose(&nonsense, &[], 0), Offer::Silent);
    }

    #[test]
    fn a_host_is_inside_its_domain_by_whole_labels() {
        let check =
            |host: &str, expect| assert_eq!(is_inside(host, "firm.example"), expect, "{host}");
        check("firm.example", true);
        check("IMAP.firm.EXAMPLE", true);
        check("a.b.firm.example", true);
        check("evilfirm.example", false);
        check("firm.example.evil.example", false);
        check("example", false);
    }

    #[test]
    fn a_domain_is_asked_for_in_ascii() {
        assert_eq!(
            ascii_domain("Müller.example").unwrap(),
            "xn--mller-kva.example"
        );
        for bad in ["", "127.0.0.1", "[::1]", "a b", "localhost", "x/y.example"] {
            assert_eq!(ascii_domain(bad), None, "{bad}");
        }
    }
}
