//! Recognizes a draft of ours that somebody sent by hand.
//!
//! A mail program that sends a draft may replace its Message-ID, and the operator may change its words first. The recipient stays,
//! and one of three ties: the message that it answers, its thread, or its subject.

use jiff::{SignedDuration, Timestamp};

use super::identity::MailboxKey;
use super::parsed::ParsedMail;
use super::subject::thread_subject;

/// The beginning of our own Message-IDs.
pub const OUR_IDS: &str = "<caseyos.";
/// Returns the beginning of the Message-IDs of one installation, without an angle bracket.
#[must_use]
pub fn own_prefix(instance: &str) -> String {
    format!("caseyos.{instance}.")
}

/// Largest difference between two clocks.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// A draft that is no longer in its mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostDraft {
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// The recipient's address, in lower case.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The Message-ID that it answers, with angle brackets; empty for a first message.
    pub in_reply_to: String,
    /// Instant of its making: it cannot have been sent before.
    pub since: Timestamp,
}

impl LostDraft {
    /// Tells whether a message is this draft, sent. `ids` are its Message-IDs, present and former, `in_thread` is true if the provider
    /// keeps it in the draft's thread, and `at` is the instant of sending.
    #[must_use]
    pub fn is(&self, mail: &ParsedMail, ids: &[String], in_thread: bool, at: Timestamp) -> bool {
        if ids.contains(&self.message_id) {
            return true;
        }
        // Another message of ours is another draft's.
        if ids.iter().any(|id| id.starts_with(OUR_IDS)) {
            return false;
        }
        let earliest = self.since.checked_sub(SKEW).unwrap_or(self.since);
        let wanted = MailboxKey::of(&self.to);
        if at < earliest || !mail.to.iter().any(|to| to.address.key() == wanted) {
            return false;
        }
        let answers = !self.in_reply_to.is_empty()
            && mail
                .ancestors()
                .any(|id| id.to_string() == self.in_reply_to);
        let subject = thread_subject(&self.subject);
        let is_named_so =
            !subject.is_empty() && subject.eq_ignore_ascii_case(&thread_subject(&mail.subject));
        in_thread || answers || is_named_so
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::{EmailAddress, Mailbox, MessageId};

    fn draft() -> LostDraft {
        LostDraft {
            message_id: "<ours@x.example>".into(),
            to: "ann@acme.example".into(),
            subject: "Pricing".into(),
            in_reply_to: "<theirs@acme.example>".into(),
            since: "2026-11-23T10:00:00Z".parse().unwrap(),
        }
    }

    fn mail(to: &str, subject: &str, answers: &str) -> ParsedMail {
        ParsedMail {
            to: vec![Mailbox {
                name: String::new(),
                address: EmailAddress::parse(to).unwrap(),
            }],
            subject: subject.into(),
            in_reply_to: MessageId::find(answers).into_iter().collect(),
            ..ParsedMail::default()
        }
    }

    #[test]
    fn a_draft_is_known_by_its_id_or_by_whom_it_goes_to_and_one_more_tie() {
        let check = |mail: &ParsedMail, id: &str, in_thread, at: &str, expect| {
            let ids = [id.to_owned()];
            assert_eq!(
                draft().is(mail, &ids, in_thread, at.parse().unwrap()),
                expect,
                "{mail:?} {id} {in_thread} {at}"
            );
        };
        let (ann, later) = ("ann@acme.example", "2026-11-23T10:20:00Z");
        check(
            &mail("bob@x.example", "Else", ""),
            "<ours@x.example>",
            false,
            later,
            true,
        );
        check(
            &mail(ann, "Re: pricing", ""),
            "<new@x.example>",
            false,
            later,
            true,
        );
        check(
            &mail(ann, "Else", "<theirs@acme.example>"),
            "<new@x.example>",
            false,
            later,
            true,
        );
        check(&mail(ann, "Else", ""), "<new@x.example>", true, later, true);
        check(
            &mail(ann, "Else", ""),
            "<new@x.example>",
            false,
            later,
            false,
        );
        check(
            &mail(ann, "Pricing", ""),
            "<caseyos.1.2@x.example>",
            true,
            later,
            false,
        );
        check(
            &mail("bob@x.example", "Pricing", ""),
            "<new@x.example>",
            true,
            later,
            false,
        );
        check(
            &mail(ann, "Pricing", ""),
            "<new@x.example>",
            true,
            "2026-11-23T09:00:00Z",
            false,
        );
    }

    #[test]
    fn a_draft_without_subject_or_parent_has_no_tie_by_them() {
        let bare = LostDraft {
            subject: String::new(),
            in_reply_to: String::new(),
            ..draft()
        };
        let at = "2026-11-23T10:20:00Z".parse().unwrap();
        assert!(!bare.is(&mail("ann@acme.example", "", ""), &[], false, at));
    }
}
