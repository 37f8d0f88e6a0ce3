//! A message as the domain sees it: cleaned, bounded text with no trace of the wire.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::address::Mailbox;
use super::message_id::MessageId;

/// A defect in a message's bytes. A defect never loses the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// There was nothing to read.
    Empty,
    /// No header was found; all of it is taken as text.
    NoHeaders,
    /// No From header, or none with a valid address.
    NoSender,
    /// No Message-ID header.
    NoMessageId,
    /// No Date header that names an instant.
    NoDate,
    /// The text was longer than is kept.
    TextCut,
    /// More header fields than are looked at.
    TooManyHeaders,
    /// More MIME parts than are looked at, or deeper nesting.
    TooManyParts,
    /// The message was longer than is read.
    MessageCut,
    /// A transfer encoding or charset could not be decoded cleanly.
    BadEncoding,
    /// A multipart type without the parts that it promises.
    BrokenMultipart,
    /// A header held control characters or escape sequences, which were removed.
    HostileHeader,
}

/// One message, read. Every text is cleaned of control characters and bounded in size.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedMail {
    /// The message's own id.
    pub message_id: Option<MessageId>,
    /// The ids of In-Reply-To, in order.
    pub in_reply_to: Vec<MessageId>,
    /// The ids of References, oldest first.
    pub references: Vec<MessageId>,
    /// The author, where the header has a valid address.
    pub from: Option<Mailbox>,
    /// The From header as it was shown, for machines whose address is no address (`MAILER-DAEMON`).
    pub from_text: String,
    /// The recipients of To and Cc, in order.
    pub to: Vec<Mailbox>,
    /// Address for answers, if not the author's.
    pub reply_to: Option<Mailbox>,
    /// The subject, decoded.
    pub subject: String,
    /// The message's own date.
    pub date: Option<Timestamp>,
    /// The same on the writer's calendar: the day that "Monday" in the text is counted from.
    pub written_on: Option<Date>,
    /// The header fields that tell machine mail from human mail: lower-case name, trimmed value, in order.
    pub signs: Vec<(String, String)>,
    /// The Received fields, the last server's first; at most 20.
    pub received: Vec<String>,
    /// The type of the whole message, lower case, such as `multipart/report`.
    pub content_type: String,
    /// The `report-type` of a multipart/report, lower case.
    pub report_type: Option<String>,
    /// The `method` parameter of a text/calendar type, upper case.
    pub calendar_method: Option<String>,
    /// The readable text: the text parts, or the HTML made into text, quotes marked by `>`.
    pub text: String,
    /// The fields of a message/delivery-status part.
    pub delivery_status: Option<String>,
    /// The fields of a message/disposition-notification part.
    pub disposition: Option<String>,
    /// The fields of a message/feedback-report part.
    pub feedback: Option<String>,
    /// The header of the message that a report returns.
    pub returned_header: Option<String>,
    /// The first calendar object.
    pub calendar: Option<String>,
    /// Number of attachments.
    pub attachments: usize,
    /// Defects of the bytes, each kind once, in a fixed order.
    pub defects: Vec<Defect>,
}

impl ParsedMail {
    /// Returns the first value of the header field `name` (lower case), if it is one of those kept in `signs`.
    #[must_use]
    pub fn sign(&self, name: &str) -> Option<&str> {
        self.signs
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the ids that tie this message to earlier ones, the nearest first: In-Reply-To, then References backwards.
    pub fn ancestors(&self) -> impl Iterator<Item = &MessageId> {
        self.in_reply_to.iter().chain(self.references.iter().rev())
    }

    /// Returns all that a reader sees of the author, in lower case: name and address, valid or not.
    #[must_use]
    pub fn sender_lower(&self) -> String {
        let mut text = self.from_text.to_lowercase();
        if let Some(from) = &self.from {
            text.push(' ');
            text.push_str(from.address.as_str());
        }
        text
    }
}
