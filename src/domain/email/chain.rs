//! The servers that a message names on its way, and whether a delivery report comes from those that should know.
//!
//! Anybody can write "your mail to Ann failed" and sign it as a mail system. What a report says is believed if it names a message of ours, whose id
//! a stranger does not know, or if each server that it names is the recipient's or our own provider's.

use super::address::EmailAddress;
use super::bounce::{Bounce, BounceKind, RecipientReport};
use super::parsed::ParsedMail;

/// Days within which a report about a mail of ours comes; servers try for five (RFC 5321, 4.5.4.1).
pub const REPORT_DAYS: i64 = 7;

/// The records about the addresses of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Those of its addresses that we wrote to in the days before it, in lower case.
    pub to: Vec<String>,
    /// The domains of our own addresses and mail servers.
    pub own_hosts: Vec<String>,
}

/// Tells whether a report without an id of ours is to be believed about every address of `written`.
#[must_use]
pub fn is_borne_out(mail: &ParsedMail, written: &Written) -> bool {
    !written.to.is_empty()
        && written
            .to
            .iter()
            .all(|to| comes_from(mail, to, &written.own_hosts))
}

/// Returns the addresses of a report that say which of our recipients it means, the one that we wrote to first, and those who failed before the rest.
pub fn named(bounce: &Bounce) -> impl Iterator<Item = &EmailAddress> {
    let rest = bounce.recipients.iter().filter(|report| !failed(report));
    reported(bounce).chain(rest.flat_map(addresses))
}

/// Returns the addresses that a report says failed for good: mail to the others of the same report arrived, or is still tried.
pub fn reported(bounce: &Bounce) -> impl Iterator<Item = &EmailAddress> {
    let failed = bounce.recipients.iter().filter(|report| failed(report));
    failed.flat_map(addresses)
}

/// Returns those of the failed addresses whose refusal is about the address itself.
pub fn dead(bounce: &Bounce) -> impl Iterator<Item = &EmailAddress> {
    let dead = bounce
        .recipients
        .iter()
        .filter(|report| failed(report) && !report.policy);
    dead.flat_map(addresses)
}

fn failed(report: &RecipientReport) -> bool {
    report.kind == BounceKind::Hard
}

fn addresses(report: &RecipientReport) -> impl Iterator<Item = &EmailAddress> {
    report.original_recipient.iter().chain(&report.recipient)
}

/// Tells whether every server that the message names is the recipient's or one of `own`.
fn comes_from(mail: &ParsedMail, to: &str, own: &[String]) -> bool {
    let theirs = to.rsplit('@').next().unwrap_or_default();
    let fits = |host: &str| {
        let base = organisation(host);
        !base.is_empty()
            && (base == organisation(theirs) || own.iter().any(|o| organisation(o) == base))
    };
    let sender = mail.from.as_ref().map(|from| from.address.domain());
    let reporter = mail.delivery_status.as_deref().and_then(reporting_host);
    let hop = first_hop(&mail.received);
    let named: Vec<&str> = [sender, reporter.as_deref(), hop.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    !named.is_empty() && named.iter().all(|host| fits(host))
}

/// Returns one name for a provider that goes by several.
fn organisation(host: &str) -> String {
    let base = registrable_domain(host);
    match base.as_str() {
        "googlemail.com" | "google.com" => "gmail.com".to_owned(),
        "hotmail.com" | "live.com" | "msn.com" | "office365.com" => "outlook.com".to_owned(),
        _ => base,
    }
}

/// Returns the part of a host's name that its owner registered, in lower case; empty for an address literal.
fn registrable_domain(host: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    psl::domain_str(&host).unwrap_or_default().to_owned()
}

/// Returns the host of `Reporting-MTA: dns; mx.acme.example`.
fn reporting_host(fields: &str) -> Option<String> {
    fields.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if !name.trim().eq_ignore_ascii_case("reporting-mta") {
            return None;
        }
        let host = value.rsplit(';').next().unwrap_or_default().trim();
        (!host.is_empty()).then(|| host.to_ascii_lowercase())
    })
}

/// Returns the host that handed the message to our provider: the first hop from the top between two organisations. Those below it are what the sender
/// says. Empty if our provider could not name it.
fn first_hop(received: &[String]) -> Option<String> {
    for line in received {
        let lower = line.to_ascii_lowercase();
        let Some(rest) = lower.trim_start().strip_prefix("from ") else {
            // Google's own hops say only "by".
            continue;
        };
        let (from, by) = rest.split_once(" by ").unwrap_or((rest, ""));
        let by = by.split_whitespace().next().unwrap_or_default();
        let said = from.split_whitespace().next().unwrap_or_default();
        // "from HELO (reverse.name [ip])": the server itself looked the second up.
        let looked_up = from
            .split_once('(')
            .map(|(_, inner)| {
                inner
                    .split(|c: char| c.is_whitespace() || matches!(c, ')' | '['))
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('.')
            })
            .filter(|name| name.contains('.') || *name == "unknown");
        let host = match looked_up {
            Some("unknown") => "",
            Some(name) if !name.starts_with("helo") => name,
            _ => said,
        };
        let inside = host.is_empty() && said == "localhost"
            || host == "localhost"
            || (!host.is_empty() && registrable_domain(host) == registrable_domain(by));
        if !inside {
            return Some(host.trim_end_matches('.').to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::address::Mailbox;
    use super::super::{bounce, machine};
    use super::*;

    fn report(from: &str, reporter: &str, received: &[&str]) -> ParsedMail {
        ParsedMail {
            from: EmailAddress::parse(from).ok().map(|address| Mailbox {
                name: String::new(),
                address,
            }),
            delivery_status: (!reporter.is_empty())
                .then(|| format!("Reporting-MTA: dns; {reporter}\n\nAction: failed")),
            received: received.iter().map(|line| (*line).to_owned()).collect(),
            ..ParsedMail::default()
        }
    }

    #[test]
    fn a_report_is_believed_from_the_recipients_server_or_our_own() {
        let written = Written {
            to: vec!["rd@four.example".into()],
            own_hosts: vec!["rivera.example".into(), "mail.host.example".into()],
        };
        let check = |from: &str, reporter: &str, received: &[&str], expect| {
            let mail = report(from, reporter, received);
            assert_eq!(
                is_borne_out(&mail, &written),
                expect,
                "{from} {reporter} {received:?}"
            );
        };
        check("mailer-daemon@four.example", "", &[], true);
        check(
            "mailer-daemon@mx.four.example",
            "mx.four.example",
            &[],
            true,
        );
        check(
            "mailer-daemon@rivera.example",
            "out.host.example",
            &[],
            true,
        );
        check("mailer-daemon@evil.example", "", &[], false);
        check("mailer-daemon@evil.example", "mx.four.example", &[], false);
        check("mailer-daemon@four.example", "mx.evil.example", &[], false);
        check("mailer-daemon@googlemail.com", "", &[], false);
        check("none", "", &[], false);
        check("none", "mx.four.example", &[], true);
        let hop =
            "from mx.four.example (mx.four.example [192.0.2.1]) by mx.host.example with ESMTP";
        let inner = "from mx.host.example (localhost [127.0.0.1]) by store.host.example with LMTP";
        check("mailer-daemon@four.example", "", &[inner, hop], true);
        let lie =
            "from mx.four.example (dyn.evil.example [192.0.2.9]) by mx.host.example with ESMTP";
        check(
            "mailer-daemon@four.example",
            "mx.four.example",
            &[inner, lie],
            false,
        );
        let nobody = "from mx.four.example (unknown [192.0.2.9]) by mx.host.example with ESMTP";
        check(
            "mailer-daemon@four.example",
            "mx.four.example",
            &[nobody],
            false,
        );
        check(
            "mailer-daemon@four.example",
            "",
            &["by 2002:a05:1 with SMTP id x", hop, lie],
            true,
        );
    }

    #[test]
    fn only_who_failed_for_good_is_reported() {
        let group = |to: &str, action: &str, status: &str| {
            format!(
                "Final-Recipient: rfc822; {to}@four.example\nAction: {action}\nStatus: {status}\n\n"
            )
        };
        let mail = ParsedMail {
            report_type: Some("delivery-status".to_owned()),
            delivery_status: Some(
                [
                    group("in", "delivered", "2.0.0"),
                    group("on", "relayed", "2.1.0"),
                    group("many", "expanded", "2.0.0"),
                    group("slow", "delayed", "4.4.1"),
                    group("full", "failed", "4.2.2"),
                    group("spam", "failed", "5.7.1"),
                    group("rd", "failed", "5.1.1"),
                    group("ed", "failed", "5.1.10"),
                ]
                .concat(),
            ),
            ..report("mailer-daemon@four.example", "", &[])
        };
        let bounce = bounce::read(&mail, &machine::signs(&mail)).unwrap();
        let local = |list: Vec<&EmailAddress>| {
            let parts = list.into_iter().map(|a| a.local_part().to_owned());
            parts.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(local(reported(&bounce).collect()), "spam rd ed");
        assert_eq!(local(dead(&bounce).collect()), "rd ed");
        assert_eq!(
            local(named(&bounce).collect()),
            "spam rd ed in on many slow full"
        );
        for (action, status) in [
            ("delivered", "2.0.0"),
            ("delayed", "5.0.0"),
            ("relayed", ""),
        ] {
            let mail = ParsedMail {
                delivery_status: Some(group("rd", action, status)),
                ..mail.clone()
            };
            let bounce = bounce::read(&mail, &machine::signs(&mail)).unwrap();
            assert_eq!(reported(&bounce).count(), 0, "{action}");
        }
    }

    #[test]
    fn a_report_about_nobody_we_wrote_to_proves_nothing() {
        let mail = report("mailer-daemon@four.example", "", &[]);
        assert!(!is_borne_out(&mail, &Written::default()));
    }
}
