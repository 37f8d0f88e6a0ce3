//! The answers of `caseyos mail read` and `caseyos mail threads`: messages understood and grouped, ready for JSON.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::domain::email::address::Mailbox;
use crate::domain::email::bounce::Bounce;
use crate::domain::email::calendar::CalendarAnswer;
use crate::domain::email::classify::{ObjectionKind, ReplyLabel};
use crate::domain::email::message_id::MessageId;
use crate::domain::email::parsed::{Defect, ParsedMail};
use crate::domain::email::quote::QuoteRule;
use crate::domain::email::subject::base_subject;
use crate::domain::email::thread::{ThreadItem, reply_headers, thread};
use crate::domain::email::understand::{MailClass, MailContext, OurIds, understand};
use crate::domain::email::wish::OptOut;

use super::parse;

/// One message, understood. Message-IDs stand in angle brackets, as in headers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MailReading {
    /// Its class.
    pub class: MailClass,
    /// Its label; null unless a person or an absent person's program wrote it.
    pub label: Option<ReplyLabel>,
    /// The subject of an objection.
    pub objection: Option<ObjectionKind>,
    /// Confidence in class and label, 0..1.
    pub confidence: f64,
    /// True if the operator should check the label.
    pub check_label: bool,
    /// The person's own words, without quotes and signature.
    pub text: String,
    /// The matching contact; filled in by the layer that has the contacts.
    pub contact: Option<serde_json::Value>,
    /// The message that it answers: ours if one is, else the nearest named.
    pub in_reply_to: Option<String>,
    /// True if that message is known to be ours.
    pub answers_ours: bool,
    /// True if one of the operator's own addresses sent it.
    pub from_us: bool,
    /// Reasons, the deciding one first.
    pub because: Vec<String>,
    /// The author.
    pub from: Option<Mailbox>,
    /// The recipients of To and Cc.
    pub to: Vec<Mailbox>,
    /// The subject, decoded.
    pub subject: String,
    /// The base subject of RFC 5256.
    pub base_subject: String,
    /// The message's own id.
    pub message_id: Option<String>,
    /// The ids of References.
    pub references: Vec<String>,
    /// Its date, RFC 3339 in UTC.
    pub date: Option<Timestamp>,
    /// The quoted text taken away.
    pub quoted_removed: QuotedRemoved,
    /// The signature.
    pub signature: Option<String>,
    /// The delivery report.
    pub bounce: Option<Bounce>,
    /// The day on which the author is back, or up to which they are away.
    pub out_of_office_until: Option<Date>,
    /// The answer to an invitation.
    pub calendar: Option<CalendarAnswer>,
    /// The wish to be left alone.
    pub opt_out: OptOut,
    /// The headers that an answer to this message carries.
    pub reply: ReplyReading,
    /// Defects of the bytes.
    pub defects: Vec<Defect>,
}

/// The quoted text taken away: its size, and its marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotedRemoved {
    /// Lines that are not blank.
    pub lines: usize,
    /// The marks found.
    pub rules: Vec<QuoteRule>,
}

/// The headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplyReading {
    /// In-Reply-To.
    pub in_reply_to: Option<String>,
    /// References, as they stand in the header.
    pub references: String,
    /// Subject.
    pub subject: String,
}

/// Files that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadGroup {
    /// The Message-ID of the first message, without brackets, or its file's name.
    pub id: String,
    /// The base subject of the first message.
    pub subject: String,
    /// The files' names, by date, then name.
    pub files: Vec<String>,
    /// Reasons for the grouping.
    pub because: Vec<String>,
}

/// Returns how the message in `bytes` is understood.
#[must_use]
pub fn read_message(bytes: &[u8], context: &MailContext) -> MailReading {
    reading(&parse::parse(bytes), context)
}

/// Returns how a message already parsed is understood.
#[must_use]
pub fn reading(mail: &ParsedMail, context: &MailContext) -> MailReading {
    let understood = understand(mail, context);
    let headers = reply_headers(mail);
    let shown = |id: &MessageId| id.to_string();
    MailReading {
        class: understood.class,
        label: understood.label,
        objection: understood.objection,
        confidence: understood.confidence,
        check_label: understood.check_label,
        text: understood.stripped.text,
        contact: None,
        in_reply_to: understood.in_reply_to.as_ref().map(shown),
        answers_ours: understood.answers_ours,
        from_us: understood.from_us,
        because: understood.because,
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        base_subject: base_subject(&mail.subject).text,
        message_id: mail.message_id.as_ref().map(shown),
        references: mail.references.iter().map(shown).collect(),
        date: mail.date,
        quoted_removed: QuotedRemoved {
            lines: understood.stripped.quoted_lines,
            rules: understood.stripped.rules,
        },
        signature: understood.stripped.signature,
        bounce: understood.bounce,
        out_of_office_until: understood.out_of_office_until,
        calendar: understood.calendar,
        opt_out: understood.opt_out,
        reply: ReplyReading {
            in_reply_to: headers.in_reply_to.as_ref().map(shown),
            references: headers
                .references
                .iter()
                .map(shown)
                .collect::<Vec<_>>()
                .join(" "),
            subject: headers.subject,
        },
        defects: mail.defects.clone(),
    }
}

/// Returns the context of a lone file: only that `ours` are ids of messages we sent, if any are given.
#[must_use]
pub fn lone_context(ours: &[MessageId]) -> MailContext {
    let ours: HashSet<MessageId> = ours.iter().cloned().collect();
    MailContext {
        ours: if ours.is_empty() {
            OurIds::Unknown
        } else {
            OurIds::Known(ours)
        },
        ..MailContext::default()
    }
}

/// Returns the groups among messages given as (name, bytes), oldest first; only headers are read.
#[must_use]
pub fn thread_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<ThreadGroup> {
    let items: Vec<ThreadItem> = files
        .into_iter()
        .map(|(name, bytes)| thread_item(name, &bytes))
        .collect();
    thread(&items)
        .into_iter()
        .map(|group| ThreadGroup {
            id: group.id,
            subject: base_subject(&group.subject).text,
            files: group
                .members
                .iter()
                .filter_map(|&m| items.get(m))
                .map(|item| item.name.clone())
                .collect(),
            because: group.because,
        })
        .collect()
}

/// Returns what threading needs of one message; its header suffices as `bytes`.
#[must_use]
pub fn thread_item(name: String, bytes: &[u8]) -> ThreadItem {
    let mail = parse::parse_header(bytes);
    ThreadItem {
        name,
        message_id: mail.message_id,
        in_reply_to: mail.in_reply_to,
        references: mail.references,
        subject: mail.subject,
        from: mail.from.map(|from| from.address.key().to_string()),
        to: mail
            .to
            .iter()
            .map(|to| to.address.key().to_string())
            .collect(),
        date: mail.date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::message_id::parse_list;
    use crate::domain::email::thread::reply_headers_to;

    fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
        table
            .lines()
            .skip(1)
            .filter(|l| !l.is_empty())
            .map(|line| line.split('\t').collect())
    }

    fn message(headers: &str, body: &str) -> Vec<u8> {
        let headers: serde_json::Value = serde_json::from_str(headers).unwrap();
        let body: String = serde_json::from_str(body).unwrap();
        let mut text = String::new();
        for (name, value) in headers.as_object().unwrap() {
            text.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap()));
        }
        format!("{text}\r\n{body}\r\n").into_bytes()
    }

    #[test]
    fn inbound_cases_have_their_classes() {
        let ours = [MessageId::find("<seq1@casey>").unwrap()];
        for row in rows(include_str!("../../../tests/data/mail/reply_classify.tsv")) {
            let bytes = message(row[1], row[2]);
            for context in [lone_context(&ours), lone_context(&[])] {
                let got = read_message(&bytes, &context);
                assert_eq!(got.class.as_str(), row[3], "{}: {got:#?}", row[0]);
            }
        }
    }

    #[test]
    fn reply_header_cases_have_their_headers() {
        for row in rows(include_str!("../../../tests/data/mail/reply_headers.tsv")) {
            let references = row[3].replace("\\r\\n", "\r\n");
            let got = reply_headers_to(
                MessageId::find(row[1]).as_ref(),
                &parse_list(row[2]),
                &parse_list(&references),
                row[4],
            );
            let shown: Vec<String> = got.references.iter().map(ToString::to_string).collect();
            assert_eq!(got.in_reply_to.unwrap().to_string(), row[5], "{}", row[0]);
            assert_eq!(shown.join(" "), row[6], "{}", row[0]);
            assert_eq!(got.subject, row[7], "{}", row[0]);
        }
    }

    #[test]
    fn subject_cases_have_their_base_subjects() {
        for row in rows(include_str!("../../../tests/data/mail/base_subject.tsv")) {
            let bytes = format!("Subject: {}\r\n\r\n", row[1]);
            let got = read_message(bytes.as_bytes(), &MailContext::default());
            assert_eq!(
                got.base_subject,
                row.get(2).copied().unwrap_or_default(),
                "{}",
                row[0]
            );
        }
    }

    #[test]
    fn files_are_grouped_by_their_headers() {
        let file = |name: &str, headers: &str| {
            (
                name.to_owned(),
                format!("{headers}\r\n\r\nbody").into_bytes(),
            )
        };
        let groups = thread_files([
            file(
                "c.eml",
                "Message-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\nSubject: Re: Hi\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000",
            ),
            file(
                "a.eml",
                "Message-ID: <a@x>\r\nSubject: Hi\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000",
            ),
            file("z.eml", "Message-ID: <z@x>\r\nSubject: Other"),
        ]);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].files, ["a.eml", "c.eml"]);
        assert_eq!(
            (groups[0].id.as_str(), groups[0].subject.as_str()),
            ("a@x", "Hi")
        );
        assert_eq!(groups[1].files, ["z.eml"]);
    }
}
