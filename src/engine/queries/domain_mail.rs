//! What the domain that mail comes from says about itself: MX, SPF and DMARC.

use std::time::Duration;

use crate::config::Config;
use crate::connectors::dns::{self, DnsError, Kind, Record};
use crate::domain::email::address::is_free_mail_domain;
use crate::engine::queries::doctor::{Check, Health};

/// How long each question may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Looks at the domain of the operator's address.
pub(super) fn check(config: &Config, offline: bool) -> Vec<Check> {
    let name = "domain";
    let domain = config
        .operator
        .address
        .rsplit_once('@')
        .map(|(_, domain)| domain.trim().to_lowercase())
        .unwrap_or_default();
    if domain.is_empty() {
        return vec![Check::new(
            name,
            Health::Warning,
            "the operator has no address, so no mail can be drafted",
            "set address in [operator]",
        )];
    }
    if is_free_mail_domain(&domain) {
        return vec![Check::ok(
            name,
            format!("{domain} is looked after by its mail provider"),
        )];
    }
    if offline {
        return vec![Check::skipped(name, "not asked (--offline)")];
    }
    let servers = match config.network.dns_server() {
        Some(server) => vec![server],
        None => dns::system_servers(),
    };
    if servers.is_empty() {
        return vec![Check::skipped(
            name,
            "no name server is known here; set dns_server in [network]",
        )];
    }
    let organisation = psl::domain_str(&domain).unwrap_or(&domain);
    let ask = |name: String, kind| {
        let records = dns::ask(&servers, &name, kind, LIMIT)?;
        Ok(records.into_iter().map(Record::into_text).collect())
    };
    let (mx, spf, dmarc) = std::thread::scope(|threads| {
        let mx = threads.spawn(|| ask(domain.clone(), Kind::Mx));
        let spf = threads.spawn(|| ask(domain.clone(), Kind::Txt));
        let dmarc = threads.spawn(|| {
            let own: Vec<String> = ask(format!("_dmarc.{domain}"), Kind::Txt)?;
            if organisation == domain || own.iter().any(|t| is_dmarc(t)) {
                return Ok(own);
            }
            ask(format!("_dmarc.{organisation}"), Kind::Txt)
        });
        let broken = |_| Err(DnsError::Broken);
        (
            mx.join().unwrap_or_else(broken),
            spf.join().unwrap_or_else(broken),
            dmarc.join().unwrap_or_else(broken),
        )
    });
    vec![
        judge("MX", &domain, mx, judge_mx),
        judge("SPF", &domain, spf, judge_spf),
        judge("DMARC", &domain, dmarc, judge_dmarc),
    ]
}

fn is_dmarc(text: &str) -> bool {
    text.trim_start().to_lowercase().starts_with("v=dmarc1")
}

fn judge(
    what: &str,
    domain: &str,
    answer: Result<Vec<String>, DnsError>,
    verdict: fn(&str, &str, &[String]) -> Check,
) -> Check {
    let name = format!("{what} {domain}");
    match answer {
        Ok(records) => verdict(&name, domain, &records),
        Err(error) => Check::new(
            &name,
            Health::Warning,
            format!("not known: {error}"),
            "look at the network connection, or set dns_server in [network]",
        ),
    }
}

fn judge_mx(name: &str, _: &str, records: &[String]) -> Check {
    if records.is_empty() {
        return Check::new(
            name,
            Health::Warning,
            "the domain takes no mail, so answers do not arrive",
            "publish the MX records of your mail provider",
        );
    }
    // RFC 7505: a single root means that the domain takes none.
    if records.iter().all(String::is_empty) {
        return Check::new(
            name,
            Health::Failure,
            "the domain says that it takes no mail at all",
            "send from a domain with a mailbox",
        );
    }
    Check::ok(name, records.join(", "))
}

fn judge_spf(name: &str, domain: &str, records: &[String]) -> Check {
    let spf: Vec<&String> = records
        .iter()
        .filter(|t| {
            let lower = t.to_lowercase();
            lower == "v=spf1" || lower.starts_with("v=spf1 ")
        })
        .collect();
    match spf.as_slice() {
        [] => Check::new(
            name,
            Health::Warning,
            "none: mail is easily taken for spam",
            format!(
                "publish a TXT record at {domain} with your provider's, such as \"v=spf1 include:_spf.google.com ~all\""
            ),
        ),
        [one]
            if one
                .to_lowercase()
                .split_whitespace()
                .any(|t| t == "+all" || t == "all") =>
        {
            Check::new(
                name,
                Health::Warning,
                format!("it lets everybody send: {one}"),
                "end it with ~all or -all",
            )
        }
        [one] => Check::ok(name, (*one).clone()),
        many => Check::new(
            name,
            Health::Failure,
            format!(
                "{} records, where only one is allowed: receivers take it as an error",
                many.len()
            ),
            "join them into one",
        ),
    }
}

fn judge_dmarc(name: &str, domain: &str, records: &[String]) -> Check {
    let found: Vec<&String> = records.iter().filter(|t| is_dmarc(t)).collect();
    match found.as_slice() {
        [one] => Check::ok(name, (*one).clone()),
        [] => Check::new(
            name,
            Health::Warning,
            "none: large providers put mail without it aside",
            format!(
                "publish a TXT record at _dmarc.{domain}, such as \"v=DMARC1; p=none; rua=mailto:you@{domain}\""
            ),
        ),
        _ => Check::new(
            name,
            Health::Failure,
            "several records: receivers take none of them",
            "keep one",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_judged() {
        let check = |verdict: fn(&str, &str, &[String]) -> Check, records: &[&str], expect| {
            let records: Vec<String> = records.iter().map(|r| (*r).to_owned()).collect();
            let found = verdict("x", "ruiz.example", &records);
            assert_eq!(found.health, expect, "{records:?}");
            assert_eq!(found.fix.is_empty(), expect == Health::Ok);
        };
        check(judge_mx, &[], Health::Warning);
        check(judge_mx, &[""], Health::Failure);
        check(judge_mx, &["mx.ruiz.example"], Health::Ok);
        check(judge_spf, &["google-site-verification=x"], Health::Warning);
        check(judge_spf, &["v=spf1 mx -all"], Health::Ok);
        check(judge_spf, &["V=SPF1 mx ~all", "other"], Health::Ok);
        check(judge_spf, &["v=spf1 +all"], Health::Warning);
        check(judge_spf, &["v=spf1 -all", "v=spf1 mx"], Health::Failure);
        check(judge_spf, &["v=spf10"], Health::Warning);
        check(judge_dmarc, &[], Health::Warning);
        check(judge_dmarc, &["v=DMARC1; p=none"], Health::Ok);
        check(judge_dmarc, &["v=DMARC1", "v=dmarc1"], Health::Failure);
    }
}
