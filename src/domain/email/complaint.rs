//! Reports of a feedback loop (RFC 5965): a provider tells that somebody marked a mail of ours as spam.

use super::address::EmailAddress;
use super::bounce::reported_id;
use super::message_id::MessageId;
use super::parsed::ParsedMail;

/// Recipients of one report that are looked at.
const MAX_RECIPIENTS: usize = 50;
/// Types of feedback that a person gave who wants no such mail. The others are of machines, or say that it is no spam.
const TYPES: &[&str] = &[
    "abuse",
    "fraud",
    "opt-out",
    "opt-out-list",
    "complaint",
    "spam",
];
/// Fields that name the person who complained.
const NAMES: &[&str] = &["original-rcpt-to", "removal-recipient"];

/// A complaint about a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaint {
    /// Those who complained, as the report names them; empty if it names nobody or hides the names.
    pub recipients: Vec<EmailAddress>,
    /// The mail that they complained about.
    pub original: Option<MessageId>,
}

/// Reads the report in a message that is one; none if it is no person's complaint.
#[must_use]
pub fn read(mail: &ParsedMail) -> Option<Complaint> {
    let mut recipients: Vec<EmailAddress> = Vec::new();
    for line in mail
        .feedback
        .as_deref()
        .unwrap_or_default()
        .lines()
        .take(500)
    {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name == "feedback-type" && !TYPES.contains(&value.to_ascii_lowercase().as_str()) {
            return None;
        }
        if NAMES.contains(&name.as_str())
            && let Some(address) = address(value)
            && recipients.len() < MAX_RECIPIENTS
            && !recipients.contains(&address)
        {
            recipients.push(address);
        }
    }
    Some(Complaint {
        recipients,
        original: reported_id(mail),
    })
}

/// Reads `<ann@acme.example>` or `rfc822; ann@acme.example`; none where the provider hides the name.
fn address(value: &str) -> Option<EmailAddress> {
    let value = value.rsplit(';').next()?.trim();
    let value = value.trim_matches(|c| matches!(c, '<' | '>' | '"' | ' '));
    let address = EmailAddress::parse(value).ok()?;
    let shown = address.as_str();
    let is_hidden = shown.contains("redact")
        || shown.ends_with(".invalid")
        || address.local_part().chars().all(|c| matches!(c, 'x' | '*'));
    (!is_hidden).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_who_complained_or_the_mail() {
        let read = |fields: &str| {
            let mail = ParsedMail {
                feedback: Some(fields.to_owned()),
                returned_header: Some("To: x\nMessage-ID: <ours@casey>".to_owned()),
                ..ParsedMail::default()
            };
            super::read(&mail).map(|complaint| {
                assert_eq!(complaint.original, MessageId::find("<ours@casey>"));
                let named = complaint.recipients.iter().map(EmailAddress::as_str);
                named.collect::<Vec<_>>().join(" ")
            })
        };
        let check = |fields: &str, expect: Option<&str>| {
            assert_eq!(read(fields).as_deref(), expect, "{fields}");
        };
        let ann = "Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <ann@acme.example>";
        check(ann, Some("ann@acme.example"));
        check(
            "original-rcpt-to: rfc822; Ann@Acme.example\nOriginal-Rcpt-To: bo@acme.example",
            Some("ann@acme.example bo@acme.example"),
        );
        check("Feedback-Type: Opt-Out", Some(""));
        check("Original-Rcpt-To: <redacted@acme.example>", Some(""));
        check("Original-Rcpt-To: ann", Some(""));
        check(
            "Feedback-Type: not-spam\nOriginal-Rcpt-To: ann@acme.example",
            None,
        );
        check("Feedback-Type: auth-failure", None);
    }
}
