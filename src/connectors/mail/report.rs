//! Delivery reports (RFC 3464) as a mail server writes them, for the worlds in which nobody else does: the demo and the tests.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::compose::ComposeError;
use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::message_id::MessageId;

/// A report that a message could not be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct BounceReport<'a> {
    /// The server that says so.
    pub host: &'a str,
    /// The sender of the message.
    pub to: &'a Mailbox,
    /// The report's date.
    pub date: Timestamp,
    /// The report's own id.
    pub message_id: &'a MessageId,
    /// The person who could not be reached.
    pub recipient: &'a EmailAddress,
    /// The status code (RFC 3463), such as `5.1.1`.
    pub status: &'a str,
    /// The other server's answer, in one line.
    pub diagnostic: &'a str,
    /// The id of the message that did not arrive.
    pub original_id: &'a MessageId,
    /// Its subject.
    pub original_subject: &'a str,
    /// The message's date.
    pub original_date: Timestamp,
}

/// Returns the report as bytes; the same input makes the same bytes.
///
/// # Errors
/// Fails if the library cannot write it.
pub fn compose_bounce(report: &BounceReport<'_>) -> Result<Vec<u8>, ComposeError> {
    let wrong = |error: &dyn std::fmt::Display| ComposeError::Write(error.to_string());
    let date = |at: Timestamp| {
        jiff::fmt::rfc2822::to_string(&at.to_zoned(TimeZone::UTC)).map_err(|e| wrong(&e))
    };
    let written = date(report.date)?;
    let human = format!(
        "This is the mail system at {host}.\n\nYour message could not be delivered to the recipient below. It is not tried again.\n\n\
         <{recipient}>: {said}\n",
        host = report.host,
        recipient = report.recipient,
        said = report.diagnostic,
    );
    let fields = format!(
        "Reporting-MTA: dns; {host}\r\nArrival-Date: {written}\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n\
         Action: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n",
        host = report.host,
        recipient = report.recipient,
        status = report.status,
        said = report.diagnostic,
    );
    let mut returned = Vec::new();
    MessageBuilder::new()
        .header("Date", Raw::new(date(report.original_date)?))
        .message_id(report.original_id.as_str())
        .from(Address::new_address(
            Some(report.to.name.as_str()).filter(|n| !n.is_empty()),
            report.to.address.as_str(),
        ))
        .to(Address::new_address(
            None::<&str>,
            report.recipient.as_str(),
        ))
        .subject(report.original_subject)
        .text_body("")
        .write_to(&mut returned)
        .map_err(|e| wrong(&e))?;
    let boundary = format!("report.{}", report.message_id.as_str().replace('@', "."));
    let body = MimePart::new(
        ContentType::new("multipart/report")
            .attribute("report-type", "delivery-status")
            .attribute("boundary", boundary),
        vec![
            MimePart::new("text/plain; charset=utf-8", human),
            MimePart::raw(plain_part("message/delivery-status", &fields)),
            MimePart::raw(plain_part(
                "text/rfc822-headers",
                &String::from_utf8_lossy(&returned),
            )),
        ],
    );
    MessageBuilder::new()
        .header("Date", Raw::new(written))
        .header("Return-Path", Raw::new("<>"))
        .message_id(report.message_id.as_str())
        .from(Address::new_address(
            Some("Mail Delivery System"),
            format!("mailer-daemon@{}", report.host),
        ))
        .to(Address::new_address(
            Some(report.to.name.as_str()).filter(|n| !n.is_empty()),
            report.to.address.as_str(),
        ))
        .subject("Undelivered Mail Returned to Sender")
        .header("Auto-Submitted", Raw::new("auto-replied"))
        .body(body)
        .write_to_vec()
        .map_err(|e| wrong(&e))
}

/// A part that must stay as it is: RFC 3464 allows no encoding of its fields.
fn plain_part(kind: &str, text: &str) -> String {
    format!("Content-Type: {kind}\r\n\r\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::mail::parse::parse;

    #[test]
    fn a_report_reads_as_a_hard_bounce_of_the_message_that_it_names() {
        let original = MessageId::find("<caseyos.1@tidewell.example>").unwrap();
        let report = BounceReport {
            host: "mx.kite.example",
            to: &Mailbox {
                name: "Mara Lindqvist".into(),
                address: EmailAddress::parse("mara@tidewell.example").unwrap(),
            },
            date: "2026-03-04T10:00:00Z".parse().unwrap(),
            message_id: &MessageId::find("<b1@kite.example>").unwrap(),
            recipient: &EmailAddress::parse("bo@kite.example").unwrap(),
            status: "5.1.1",
            diagnostic: "550 5.1.1 <bo@kite.example>: user unknown",
            original_id: &original,
            original_subject: "Früh am Morgen",
            original_date: "2026-03-04T09:59:00Z".parse().unwrap(),
        };
        let bytes = compose_bounce(&report).unwrap();
        assert_eq!(bytes, compose_bounce(&report).unwrap());
        let mail = parse(&bytes);
        assert_eq!(mail.report_type.as_deref(), Some("delivery-status"));
        assert!(mail.defects.is_empty(), "{:?}", mail.defects);
        let context =
            crate::connectors::mail::reading::lone_context(std::slice::from_ref(&original));
        let understood = crate::domain::email::understand(&mail, &context);
        assert_eq!(
            understood.class,
            crate::domain::email::MailClass::BounceHard
        );
        assert_eq!(
            crate::domain::email::bounce::reported_id(&mail).as_ref(),
            Some(&original)
        );
    }
}
