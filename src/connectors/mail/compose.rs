//! Outgoing messages, built by the mail library: plain text in UTF-8, the same bytes for the same input.
//!
//! Nothing here is taken from a clock or from chance: the date and the Message-ID are given, and a single text part needs no boundary.
//! A value with a line break or a control character is refused and not cleaned, because a header injected by a contact's name is
//! an attack or a bug, and in both cases the message should not go.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::message_id::MessageId as MessageIdHeader;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::message_id::MessageId;

/// The longest subject or display name, in bytes.
const MAX_LINE_BYTES: usize = 2000;
/// The longest body, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundMail {
    /// The author.
    pub from: Mailbox,
    /// The recipients; at least one.
    pub to: Vec<Mailbox>,
    /// The subject.
    pub subject: String,
    /// The text, with `\n` line ends.
    pub body: String,
    /// The date of writing.
    pub date: Timestamp,
    /// The zone that the Date header is shown in; UTC if none.
    pub zone: Option<TimeZone>,
    /// The message's own id.
    pub message_id: MessageId,
    /// The message that it answers.
    pub in_reply_to: Option<MessageId>,
    /// The thread so far, oldest first.
    pub references: Vec<MessageId>,
    /// The address for unsubscribing by mail (RFC 2369).
    pub list_unsubscribe_mailto: Option<EmailAddress>,
    /// An https address that unsubscribes by one click; adds List-Unsubscribe-Post (RFC 8058).
    pub list_unsubscribe_url: Option<String>,
    /// Further fields, unstructured.
    pub extra_headers: Vec<(String, String)>,
}

/// A reason that a message was not built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// There is nobody to send it to.
    #[error("the message has no recipient")]
    NoRecipient,
    /// A value has a line break or a control character.
    #[error("{0} has a line break or a control character")]
    ControlCharacter(String),
    /// A value is too long.
    #[error("{0} is too long")]
    TooLong(String),
    /// A further field's name is not one, or is one that is set by its own means.
    #[error("{0:?} cannot be given as a further header field")]
    BadField(String),
    /// The one-click address is not an https URL.
    #[error("the unsubscribe address is not an https URL")]
    BadUrl,
    /// An id that a header cannot hold.
    #[error("a Message-ID has characters that a header cannot hold")]
    BadMessageId,
    /// An address with letters outside ASCII, which this transport cannot carry.
    #[error("an address has letters outside ASCII")]
    AddressNotAscii,
    /// The library could not write it.
    #[error("the message could not be written: {0}")]
    Write(String),
}

/// Fields that have their own place in [`OutboundMail`], lower case.
const OWN_FIELDS: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "bcc",
];

/// Returns the message as bytes with CRLF line ends, no line longer than 998 bytes.
///
/// # Errors
/// See [`ComposeError`]; nothing is repaired silently.
pub fn compose(mail: &OutboundMail) -> Result<Vec<u8>, ComposeError> {
    check(mail)?;
    let zone = mail.zone.clone().unwrap_or(TimeZone::UTC);
    let date = jiff::fmt::rfc2822::to_string(&mail.date.to_zoned(zone))
        .map_err(|error| ComposeError::Write(error.to_string()))?;
    let mut builder = MessageBuilder::new()
        .header("Date", Raw::new(date))
        .message_id(mail.message_id.as_str())
        .from(address(&mail.from))
        .to(Address::new_list(mail.to.iter().map(address).collect()))
        .subject(mail.subject.trim());
    if let Some(parent) = &mail.in_reply_to {
        builder = builder.in_reply_to(parent.as_str());
    }
    if !mail.references.is_empty() {
        builder = builder.references(MessageIdHeader::new_list(
            mail.references.iter().map(MessageId::as_str),
        ));
    }
    let mut unsubscribe = Vec::new();
    unsubscribe.extend(
        mail.list_unsubscribe_url
            .as_ref()
            .map(|url| format!("<{url}>")),
    );
    unsubscribe.extend(
        mail.list_unsubscribe_mailto
            .as_ref()
            .map(|to| format!("<mailto:{to}?subject=unsubscribe>")),
    );
    if !unsubscribe.is_empty() {
        builder = builder.header("List-Unsubscribe", Raw::new(unsubscribe.join(",\r\n ")));
    }
    if mail.list_unsubscribe_url.is_some() {
        builder = builder.header(
            "List-Unsubscribe-Post",
            Raw::new("List-Unsubscribe=One-Click"),
        );
    }
    for (name, value) in &mail.extra_headers {
        builder = builder.header(name.as_str(), HeaderType::Text(Text::new(value.as_str())));
    }
    let body = mail.body.replace("\r\n", "\n").replace('\r', "\n");
    builder
        .text_body(format!("{}\n", body.trim_end_matches('\n')))
        .write_to_vec()
        .map_err(|error| ComposeError::Write(error.to_string()))
}

fn address(mailbox: &Mailbox) -> Address<'_> {
    let name = mailbox.name.trim();
    Address::new_address((!name.is_empty()).then_some(name), mailbox.address.as_str())
}

fn check(mail: &OutboundMail) -> Result<(), ComposeError> {
    if mail.to.is_empty() {
        return Err(ComposeError::NoRecipient);
    }
    line("the subject", &mail.subject)?;
    for mailbox in std::iter::once(&mail.from).chain(&mail.to) {
        line("a name", &mailbox.name)?;
        if !mailbox.address.as_str().is_ascii() {
            return Err(ComposeError::AddressNotAscii);
        }
    }
    for id in std::iter::once(&mail.message_id)
        .chain(&mail.in_reply_to)
        .chain(&mail.references)
    {
        if id.as_str().len() > 900
            || !id
                .as_str()
                .bytes()
                .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
        {
            return Err(ComposeError::BadMessageId);
        }
    }
    if let Some(url) = &mail.list_unsubscribe_url {
        let clean = url.len() <= 900
            && url
                .bytes()
                .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b','));
        if !url.starts_with("https://") || !clean {
            return Err(ComposeError::BadUrl);
        }
    }
    for (name, value) in &mail.extra_headers {
        let valid = !name.is_empty()
            && name.len() <= 70
            && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        if !valid || OWN_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(ComposeError::BadField(name.clone()));
        }
        line(name, value)?;
    }
    if mail.body.len() > MAX_BODY_BYTES {
        return Err(ComposeError::TooLong("the text".to_owned()));
    }
    if mail
        .body
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(ComposeError::ControlCharacter("the text".to_owned()));
    }
    Ok(())
}

fn line(what: &str, value: &str) -> Result<(), ComposeError> {
    if value
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err(ComposeError::ControlCharacter(what.to_owned()));
    }
    if value.len() > MAX_LINE_BYTES {
        return Err(ComposeError::TooLong(what.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use proptest::prelude::*;

    fn mailbox(name: &str, address: &str) -> Mailbox {
        Mailbox {
            name: name.to_owned(),
            address: EmailAddress::parse(address).unwrap(),
        }
    }

    fn mail() -> OutboundMail {
        OutboundMail {
            from: mailbox("Casey Jones", "casey@us.example"),
            to: vec![mailbox("Jörg \"Yo\" Müller, Dr.", "joerg@acme.de")],
            subject: "Größe & Preis — für Ihr Team".to_owned(),
            body: "Guten Tag,\n\nGrüße\n.\nFrom here on\n".to_owned(),
            date: "2026-03-02T10:00:00Z".parse().unwrap(),
            zone: Some(TimeZone::get("Europe/Madrid").unwrap()),
            message_id: MessageId::from_parts("m1", "us.example"),
            in_reply_to: MessageId::find("<p@acme.de>"),
            references: crate::domain::email::message_id::parse_list("<r@acme.de> <p@acme.de>"),
            list_unsubscribe_mailto: EmailAddress::parse("out@us.example").ok(),
            list_unsubscribe_url: None,
            extra_headers: vec![],
        }
    }

    #[test]
    fn what_is_built_is_read_back() {
        let bytes = compose(&mail()).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(
            text.contains("Date: Mon, 2 Mar 2026 11:00:00 +0100\r\n"),
            "{text}"
        );
        assert!(
            text.contains("List-Unsubscribe: <mailto:out@us.example?subject=unsubscribe>\r\n"),
            "{text}"
        );
        assert!(!text.contains("List-Unsubscribe-Post"));
        assert_eq!(text.matches("Message-ID:").count(), 1);
        assert_eq!(
            bytes,
            compose(&mail()).unwrap(),
            "the same input gives the same bytes"
        );
        let back = parse(&bytes);
        assert_eq!(back.defects, []);
        assert_eq!(back.subject, mail().subject);
        assert_eq!(back.to, mail().to);
        assert_eq!(back.message_id, Some(mail().message_id));
        assert_eq!(back.references, mail().references);
        assert_eq!(back.date, Some(mail().date));
        assert_eq!(back.text.trim_end(), mail().body.trim_end());
    }

    #[test]
    fn one_click_needs_an_https_address() {
        let mut with = mail();
        with.list_unsubscribe_url = Some("https://us.example/u/1".to_owned());
        let text = String::from_utf8(compose(&with).unwrap()).unwrap();
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        with.list_unsubscribe_url = Some("http://us.example".to_owned());
        assert_eq!(compose(&with), Err(ComposeError::BadUrl));
    }

    #[test]
    fn injections_are_refused() {
        let check = |change: &dyn Fn(&mut OutboundMail)| {
            let mut bad = mail();
            change(&mut bad);
            assert!(compose(&bad).is_err(), "{bad:?}");
        };
        check(&|m| m.subject = "a\r\nBcc: x@y.example".to_owned());
        check(&|m| m.subject = "a\nb".to_owned());
        check(&|m| m.from.name = "a\rb".to_owned());
        check(&|m| m.to.clear());
        check(&|m| m.body = "a\u{1b}[2J".to_owned());
        check(&|m| m.extra_headers = vec![("X-A\r\nBcc".to_owned(), "x".to_owned())]);
        check(&|m| m.extra_headers = vec![("X-A".to_owned(), "x\ny".to_owned())]);
        check(&|m| m.extra_headers = vec![("Bcc".to_owned(), "x@y.example".to_owned())]);
        check(&|m| m.in_reply_to = MessageId::find("<é@x>"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_goes_through_unchanged(subject in "[^\\p{C}\\p{Zl}\\p{Zp}]{0,120}", name in "[^\\p{C}\\p{Zl}\\p{Zp}<>]{0,60}", body in "([^\\p{C}\\p{Zl}\\p{Zp}]{0,300}\n){0,4}") {
            let mut mail = mail();
            mail.subject = subject.clone();
            mail.to[0].name = name.clone();
            mail.body = body.clone();
            let bytes = compose(&mail).unwrap();
            for line in bytes.split(|b| *b == b'\n') {
                prop_assert!(line.len() <= 999);
            }
            prop_assert!(bytes.is_ascii());
            let back = parse(&bytes);
            let clean = |text: &str| crate::domain::text::clean_line(text, 1000);
            prop_assert_eq!(back.subject, clean(&subject));
            prop_assert_eq!(clean(&back.text), clean(&body));
        }
    }
}
