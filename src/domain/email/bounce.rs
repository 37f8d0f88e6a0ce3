//! Bounces: delivery reports by RFC 3464, and the many that follow no RFC, by their words.
//!
//! A failure is soft (try again) where the status class is 4, where the action is `delayed`, and for `5.2.2`: a full mailbox exists
//! and empties again, and several large providers report it as permanent only because they do not queue; suppressing an address
//! for it would lose a live customer. Every other 5.x.x is hard. Among the hard ones `5.7.x` and rejections for the message's own sake (content,
//! size, reputation) are marked `policy`: they stop a sequence but say nothing about the address, so they never suppress it.

use serde::Serialize;

use super::address::EmailAddress;
use super::machine::MachineSigns;
use super::message_id::{self, MessageId};
use super::notice;
use super::parsed::ParsedMail;
use super::words::fold;

const MAX_RECIPIENTS: usize = 50;
const MAX_DIAGNOSTIC_CHARS: usize = 300;
/// Text beyond this is the returned message, not the notice.
const MAX_SCANNED_BYTES: usize = 32 * 1024;

/// An enhanced status code of RFC 3463.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// 2 success, 4 for now, 5 for good.
    pub class: u8,
    /// The subject of the trouble: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// The detail within the subject.
    pub detail: u16,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The result of delivery to one recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryAction {
    /// Not delivered.
    Failed,
    /// Not delivered yet; the reporting system keeps trying.
    Delayed,
    /// Delivered.
    Delivered,
    /// Handed to a system that does not report.
    Relayed,
    /// Delivered and sent on to further recipients.
    Expanded,
}

/// A report's entry about one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientReport {
    /// The address that delivery was tried to.
    pub recipient: Option<EmailAddress>,
    /// The address that we wrote to, if it was another (forwarding).
    pub original_recipient: Option<EmailAddress>,
    /// The result of delivery.
    pub action: DeliveryAction,
    /// The status, from the Status field or, where that is missing or as good as (`5.0.0`), the remote server's answer.
    pub status: Option<Status>,
    /// The remote server's answer, cleaned and cut.
    pub diagnostic: Option<String>,
    /// The kind of failure for this recipient.
    #[serde(skip)]
    pub kind: BounceKind,
    /// True if the refusal is about the message or the sender.
    #[serde(skip)]
    pub policy: bool,
}

/// The kind of a failed delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceKind {
    /// Delivered, or on its way: no bounce.
    None,
    /// Temporary: a later try may succeed.
    Soft,
    /// Permanent.
    Hard,
}

/// A delivery report, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounce {
    /// The worst of the recipients.
    pub kind: BounceKind,
    /// True if the refusal is about the message or the sender, so that the address must not be suppressed.
    pub policy: bool,
    /// Each recipient reported on.
    pub recipients: Vec<RecipientReport>,
    /// The Message-ID of the message reported on.
    pub original_message_id: Option<MessageId>,
    /// The texts and fields that decided.
    pub because: Vec<String>,
}

/// Returns the delivery report in `mail`, if the signs or the sender say that it is one.
#[must_use]
pub fn read(mail: &ParsedMail, signs: &MachineSigns) -> Option<Bounce> {
    if signs.read_receipt.is_some() && !is_rejection(mail) {
        return None;
    }
    let from_system = signs.daemon.is_some() || signs.null_return_path;
    if signs.delivery_report.is_none()
        && !from_system
        && !is_rejection(mail)
        && !notice::may_be(mail)
    {
        return None;
    }
    let notice = notice(mail);
    let human = notice::human_part(&notice);
    let has_code = human.lines().any(has_smtp_code);
    let in_words = !from_system
        && signs.delivery_report.is_none()
        && (is_rejection(mail)
            || notice::is_notice(mail, human, has_code)
                && !notice::failed_addresses(mail, human).is_empty());
    if signs.delivery_report.is_none() && !from_system && !in_words {
        return None;
    }
    let mut because = Vec::new();
    let original_message_id = original_id(mail);
    let fields = mail
        .delivery_status
        .as_deref()
        .or(mail.disposition.as_deref().filter(|_| is_rejection(mail)))
        .unwrap_or(&mail.text);
    let mut recipients = if signs.delivery_report.is_some() || looks_like_fields(fields) {
        read_fields(fields)
    } else {
        Vec::new()
    };
    if recipients.is_empty() {
        let (kind, policy, report, why) = read_notice(mail, human, signs, in_words)?;
        because.push(why);
        let named = notice::failed_addresses(mail, human);
        let mut each: Vec<RecipientReport> = named
            .into_iter()
            .map(|address| RecipientReport {
                recipient: Some(address),
                kind,
                policy,
                ..report.clone()
            })
            .collect();
        if each.is_empty() {
            let recipient = mail.disposition.as_deref().and_then(final_recipient);
            each.push(RecipientReport {
                recipient,
                kind,
                policy,
                ..report
            });
        }
        return Some(Bounce {
            kind,
            policy,
            recipients: each,
            original_message_id,
            because,
        });
    }
    if recipients.iter().all(|report| report.recipient.is_none()) {
        // The fields name nobody; the words may.
        let named = notice::failed_addresses(mail, human);
        if let (Some(first), Some(report)) = (named.first(), recipients.first_mut()) {
            report.recipient = Some(first.clone());
        }
    }
    let mut kind = BounceKind::None;
    let mut policy = false;
    for report in &mut recipients {
        if report.action == DeliveryAction::Failed
            && report.status.is_none()
            && report.diagnostic.is_none()
        {
            // The fields say nothing of use; the human-readable part may.
            report.status = find_status(&notice);
        }
        let (this, this_policy) = judge(report, &notice);
        (report.kind, report.policy) = (this, this_policy);
        let name = report
            .recipient
            .as_ref()
            .map_or("a recipient", EmailAddress::as_str);
        because.push(format!(
            "{name}: {}{}",
            match report.action {
                DeliveryAction::Failed => "failed",
                DeliveryAction::Delayed => "delayed",
                DeliveryAction::Delivered => "delivered",
                DeliveryAction::Relayed => "relayed",
                DeliveryAction::Expanded => "expanded",
            },
            report
                .status
                .map(|s| format!(", status {s}"))
                .unwrap_or_default()
        ));
        if this > kind {
            policy = this_policy;
        } else if this == kind {
            policy &= this_policy;
        }
        kind = kind.max(this);
    }
    Some(Bounce {
        kind,
        policy,
        recipients,
        original_message_id,
        because,
    })
}

/// Tells whether a server's answer to a recipient says that the address itself is bad for good, and not the message, its sender or the moment.
#[must_use]
pub fn is_dead_address(answer: &str) -> bool {
    let folded = fold(answer);
    let said = HARD_WORDS
        .get(..SURE_HARD_WORDS)
        .is_some_and(|words| words.iter().any(|word| folded.contains(word)));
    match find_status(answer) {
        Some(Status {
            class: 5,
            subject: 1,
            detail,
        }) => match detail {
            1 | 2 | 3 | 6 | 10 => true,
            0 => said,
            _ => false,
        },
        Some(Status {
            class: 5,
            subject: 2,
            detail: 1,
        }) => true,
        Some(Status {
            class: 5,
            subject: 0 | 3 | 4,
            detail: 0,
        }) => said,
        Some(_) => false,
        // "550 No such user here": a code without its details.
        None => said && server_status(answer).is_some_and(|s| s.class == 5),
    }
}

fn judge(report: &RecipientReport, notice: &str) -> (BounceKind, bool) {
    match report.action {
        DeliveryAction::Delivered | DeliveryAction::Relayed | DeliveryAction::Expanded => {
            (BounceKind::None, false)
        }
        DeliveryAction::Delayed => (BounceKind::Soft, false),
        DeliveryAction::Failed => {
            let words = match &report.diagnostic {
                Some(diagnostic) => fold(diagnostic),
                None => fold(notice),
            };
            match report.status {
                Some(status) => by_status(status, &words),
                None => by_words(&words).map_or((BounceKind::Hard, false), |(kind, policy, _)| {
                    (kind, policy)
                }),
            }
        }
    }
}

fn by_status(status: Status, words: &str) -> (BounceKind, bool) {
    match (status.class, status.subject, status.detail) {
        (2, _, _) => (BounceKind::None, false),
        (4, _, _) | (_, 2, 2) => (BounceKind::Soft, false),
        // Policy; content; message too large for the mailbox or the system.
        (_, 7 | 6, _) | (_, 2 | 3, 3 | 4)
            if !matches!((status.subject, status.detail), (2, 4) | (3, 3)) =>
        {
            (BounceKind::Hard, true)
        }
        // "5.0.0", "5.1.0" and "5.3.0" say nothing; the words may say "full" or "blocked".
        (_, _, 0) => match by_words(words) {
            Some((kind, policy, _)) => (kind, policy),
            None => (BounceKind::Hard, false),
        },
        _ => (BounceKind::Hard, false),
    }
}

/// The part of the text that a person was to read, before the returned message.
fn notice(mail: &ParsedMail) -> String {
    let mut end = mail.text.len().min(MAX_SCANNED_BYTES);
    while !mail.text.is_char_boundary(end) {
        end -= 1;
    }
    mail.text.get(..end).unwrap_or_default().to_owned()
}

fn looks_like_fields(text: &str) -> bool {
    let mut action = false;
    let mut other = false;
    for line in text.lines().take(200) {
        let name = line.split(':').next().unwrap_or_default().trim();
        action |= name.eq_ignore_ascii_case("Action");
        other |=
            name.eq_ignore_ascii_case("Status") || name.eq_ignore_ascii_case("Final-Recipient");
    }
    action && other
}

fn read_fields(text: &str) -> Vec<RecipientReport> {
    #[derive(Default)]
    struct Group {
        recipient: Option<EmailAddress>,
        original: Option<EmailAddress>,
        action: Option<DeliveryAction>,
        status: Option<Status>,
        diagnostic: Option<String>,
    }
    let mut groups: Vec<Group> = vec![Group::default()];
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().take(5000) {
        if line.trim().is_empty() {
            fields.push((String::new(), String::new()));
        } else if line.starts_with([' ', '\t'])
            && let Some((_, value)) = fields.last_mut()
            && value.len() < 4096
        {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    for (name, value) in fields {
        let is_new = match (name.as_str(), groups.last()) {
            ("", Some(group)) => {
                group.action.is_some() || group.status.is_some() || group.recipient.is_some()
            }
            ("final-recipient", Some(group)) => group.recipient.is_some(),
            ("action", Some(group)) => group.action.is_some(),
            _ => false,
        };
        if is_new {
            if groups.len() >= MAX_RECIPIENTS {
                break;
            }
            groups.push(Group::default());
        }
        let Some(group) = groups.last_mut() else {
            break;
        };
        match name.as_str() {
            "final-recipient" => group.recipient = typed_address(&value),
            "original-recipient" | "x-actual-recipient" => {
                group.original = typed_address(&value).or(group.original.take());
            }
            "action" => {
                let word = value
                    .split(|c: char| !c.is_alphabetic())
                    .next()
                    .unwrap_or_default();
                group.action = match word.to_ascii_lowercase().as_str() {
                    "failed" | "failure" => Some(DeliveryAction::Failed),
                    "delayed" => Some(DeliveryAction::Delayed),
                    "delivered" => Some(DeliveryAction::Delivered),
                    "relayed" => Some(DeliveryAction::Relayed),
                    "expanded" => Some(DeliveryAction::Expanded),
                    _ => None,
                };
            }
            "status" => group.status = find_status(&value),
            "diagnostic-code" => {
                group.diagnostic = Some(crate::domain::text::clean_line(
                    &value,
                    MAX_DIAGNOSTIC_CHARS,
                ));
            }
            _ => {}
        }
    }
    groups
        .into_iter()
        .filter_map(|group| {
            let from_server = group.diagnostic.as_deref().and_then(server_status);
            let status = match (group.status, from_server) {
                // A generic status hides what the server said.
                (Some(own), Some(server)) if own.detail == 0 && own.class == server.class => {
                    Some(server)
                }
                (Some(own), _) => Some(own),
                (None, server) => server,
            };
            let action = group.action.or(match status?.class {
                2 => Some(DeliveryAction::Delivered),
                4 | 5 => Some(DeliveryAction::Failed),
                _ => None,
            })?;
            Some(RecipientReport {
                recipient: group.recipient,
                original_recipient: group.original,
                action,
                status,
                diagnostic: group.diagnostic,
                kind: BounceKind::None,
                policy: false,
            })
        })
        .collect()
}

/// Reads `rfc822; ann@acme.io`, also without the type.
fn typed_address(value: &str) -> Option<EmailAddress> {
    let address = value.rsplit(';').next().unwrap_or(value);
    EmailAddress::parse(address.trim().trim_matches(['<', '>'])).ok()
}

/// Reads the enhanced code of a server's answer, else the plain one: `550` is as good as `5.0.0`.
fn server_status(text: &str) -> Option<Status> {
    find_status(text).or_else(|| {
        text.split(|c: char| !c.is_ascii_digit())
            .find(|word| word.len() == 3 && word.starts_with(['4', '5']))
            .map(|word| match word {
                "552" | "452" => Status {
                    class: if word == "552" { 5 } else { 4 },
                    subject: 2,
                    detail: 2,
                },
                _ => Status {
                    class: if word.starts_with('4') { 4 } else { 5 },
                    subject: 0,
                    detail: 0,
                },
            })
    })
}

/// Finds the first `5.1.1` in `text` that is no part of an IP address, a version or a date.
fn find_status(text: &str) -> Option<Status> {
    for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.')) {
        let mut parts = word.trim_matches('.').split('.');
        let (Some(class), Some(subject), Some(detail), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let class = match class {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => continue,
        };
        let number = |text: &str| {
            (text.len() <= 3)
                .then(|| text.parse::<u16>().ok())
                .flatten()
        };
        if let (Some(subject), Some(detail)) = (number(subject), number(detail)) {
            return Some(Status {
                class,
                subject,
                detail,
            });
        }
    }
    None
}

const SOFT_WORDS: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "inbox is full",
    "inbox full",
    "quota",
    "storage limit",
    "out of storage",
    "insufficient storage",
    "over the limit",
    "exceeded storage",
    "not enough space",
    "temporar",
    "try again later",
    "will retry",
    "will be retried",
    "will keep trying",
    "will continue trying",
    "will continue to try",
    "still trying",
    "will try again",
    "not yet been delivered",
    "has been delayed",
    "delivery delayed",
    "delivery is delayed",
    "could not be delivered yet",
    "no need to resend",
    "do not need to resend",
    "warning message only",
    "warning: message",
    "delivery attempts will continue",
    "will continue to be made",
    "full mailbox",
    "greylist",
    "graylist",
    "connection timed out",
    "connection refused",
    "too many connections",
    "rate limit",
    "postfach voll",
    "postfach ist voll",
    "postfach des empfangers ist voll",
    "verzoger",
    "boite pleine",
    "boite aux lettres pleine",
    "buzon lleno",
    "casella piena",
    "caixa cheia",
    "postvak vol",
    "skrzynka pelna",
    "delayed",
    "brevladan ar full",
    "inkorgen ar full",
    "postkassen er fuld",
    "indbakken er fuld",
    "postboksen er full",
    "innboksen er full",
    "postilaatikko on taynna",
    "skrzynka jest pelna",
    "pelna skrzynka",
    "przepelnion",
    "przekroczon",
    "schranka je plna",
    "plna schranka",
    "preplnena",
    "prekrocena kvota",
    "prekroceny limit",
    "postafiok megtelt",
    "postafiokja megtelt",
    "megtelt",
    "casuta este plina",
    "casuta postala este plina",
    "spatiu insuficient",
    "ειναι πληρες",
    "εξαντληθηκε ο χωρος",
    "переполнен",
    "квот",
    "posta kutusu dolu",
    "kutusu dolu",
    "kotasi",
    "容量を超",
    "容量オーハー",
    "満杯",
    "邮箱已满",
    "郵箱已滿",
    "信箱已滿",
    "已满",
    "空间不足",
    "配额",
    "vorubergehend",
    "spater erneut",
    "temporairement",
    "nouvelle tentative",
    "temporalmente",
    "mas tarde",
    "temporane",
    "piu tardi",
    "tijdelijk",
    "tillfallig",
    "midlertidig",
    "valiaikai",
    "tymczasow",
    "docasn",
    "ideiglenes",
    "atmeneti",
    "προσωριν",
    "временн",
    "gecici",
    "一時的",
    "暂时",
    "暫時",
    "稍后",
    "稍後",
    "buzon esta lleno",
    "casella e piena",
    "casella postale piena",
    "caixa de correio cheia",
    "caixa postal cheia",
    "mailbox vol",
    "postvak is vol",
    "boite de reception pleine",
    "delay notification",
    "delay)",
];
const POLICY_WORDS: &[&str] = &[
    "spam",
    "blocked",
    "blacklist",
    "block list",
    "blocklist",
    "spamhaus",
    "dmarc",
    "spf check",
    "reputation",
    "message rejected due to",
    "policy",
    "content rejected",
    "message too large",
    "size limit",
    "exceeds the maximum",
    "not permitted to send",
    "sender denied",
    "relay access denied",
    "virus",
    "unsolicited",
    "banned",
];
/// Number of words of the list below, from the first, that decide alone.
const SURE_HARD_WORDS: usize = 51;
const HARD_WORDS: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "no such person",
    "no such address",
    "requested action not taken: mailbox unavailable",
    "no mailbox here by that name",
    "does not exist",
    "doesn't exist",
    "do not exist",
    "not exist",
    "mailbox unavailable",
    "mailbox not found",
    "mailbox is disabled",
    "mailbox disabled",
    "mailbox is inactive",
    "account disabled",
    "account is disabled",
    "account has been disabled",
    "account is inactive",
    "account that you tried to reach",
    "address rejected",
    "address not found",
    "wasn't found",
    "was not found",
    "couldn't be found",
    "could not be found",
    "recipient not found",
    "recipient unknown",
    "unknown recipient",
    "recipient rejected",
    "invalid recipient",
    "invalid address",
    "bad destination",
    "invalid mailbox",
    "not a valid",
    "unrouteable address",
    "unroutable address",
    "unknown address",
    "address unknown",
    "unknown local",
    "domain not found",
    "host not found",
    "host unknown",
    "unknown host",
    "name service error",
    "no longer with",
    "no longer works",
    "no longer valid",
    "no longer in use",
    "no longer available",
    "not our customer",
    "is not known",
    "permanent error",
    "permanent fatal error",
    "permanent failure",
    "permanently failed",
    "unable to deliver",
    "undeliverable",
    "delivery failed",
    "delivery to the following recipient failed",
    "delivery failure",
    "failed permanently",
    "could not be delivered",
    "couldn't be delivered",
    "wasn't delivered",
    "not delivered",
    "undelivered",
    "returned to sender",
    "failure notice",
    "delivery has failed",
    "returned mail",
    "mail delivery failed",
    "unbekannt",
    "existiert nicht",
    "unzustellbar",
    "nicht zugestellt",
    "konnte nicht zugestellt",
    "n'existe pas",
    "inconnu",
    "non remis",
    "n'a pas pu etre",
    "echec de la remise",
    "no existe",
    "desconocido",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no entregado",
    "non esiste",
    "sconosciuto",
    "non recapitato",
    "mancato recapito",
    "impossibile recapitare",
    "nao existe",
    "desconhecido",
    "nao foi possivel entregar",
    "nao entregue",
    "bestaat niet",
    "onbekend",
    "onbestelbaar",
    "niet bezorgd",
    "finns inte",
    "okand",
    "kunde inte levereras",
    "findes ikke",
    "ukendt",
    "nie istnieje",
    "nieznany",
    "nie mozna dostarczyc",
    "niedostarczona",
];

/// Judges by what a folded text says: softness first, because "could not be delivered" stands in both kinds.
fn by_words(folded: &str) -> Option<(BounceKind, bool, &'static str)> {
    let find = |words: &[&'static str]| words.iter().copied().find(|word| folded.contains(word));
    // "does not exist" decides against a footer's "temporary", yet "not delivered" alone does not.
    let certain = HARD_WORDS.get(..SURE_HARD_WORDS).and_then(find);
    if let Some(word) = certain {
        return Some((BounceKind::Hard, false, word));
    }
    if let Some(word) = find(SOFT_WORDS) {
        return Some((BounceKind::Soft, false, word));
    }
    if let Some(word) = find(POLICY_WORDS) {
        return Some((BounceKind::Hard, true, word));
    }
    find(HARD_WORDS).map(|word| (BounceKind::Hard, false, word))
}

fn read_notice(
    mail: &ParsedMail,
    notice: &str,
    signs: &MachineSigns,
    in_words: bool,
) -> Option<(BounceKind, bool, RecipientReport, String)> {
    let mut report = RecipientReport {
        recipient: None,
        original_recipient: None,
        action: DeliveryAction::Failed,
        status: None,
        diagnostic: None,
        kind: BounceKind::None,
        policy: false,
    };
    let subject = fold(&mail.subject);
    let folded = fold(notice);
    let word_of_subject = notice::subject_words(&mail.subject);
    // A subject of success or delay outweighs codes in the text.
    if [
        "delivered:",
        "relayed:",
        "successful mail delivery",
        "delivery status notification (success)",
        "delivery status notification (relay)",
    ]
    .iter()
    .any(|word| subject.contains(word))
        && !subject.contains("undelivered")
    {
        report.action = DeliveryAction::Delivered;
        return Some((
            BounceKind::None,
            false,
            report,
            "the subject says that it was delivered".to_owned(),
        ));
    }
    if [
        "(delay)", "delayed", "delay", "warning:", "verzoger", "retard",
    ]
    .iter()
    .any(|word| subject.contains(word))
    {
        report.action = DeliveryAction::Delayed;
        return Some((
            BounceKind::Soft,
            false,
            report,
            "the subject says that it is delayed".to_owned(),
        ));
    }
    let line = notice.lines().find(|line| has_smtp_code(line));
    if let Some(line) = line
        && let Some(status) = server_status(line)
        && status.class != 2
    {
        report.status = Some(status);
        report.diagnostic = Some(crate::domain::text::clean_line(line, MAX_DIAGNOSTIC_CHARS));
        let (kind, policy) = by_status(status, &folded);
        return Some((
            kind,
            policy,
            report,
            format!("the notice has the code {status}"),
        ));
    }
    if let Some((kind, policy, word)) = by_words(&folded).or_else(|| by_words(&subject)) {
        // A null return path alone is also that of a vacation program: only a system's notice is judged by words alone.
        let system = signs.daemon.is_some()
            || signs.delivery_report.is_some()
            || in_words
            || by_words(&subject).is_some();
        if system {
            return Some((kind, policy, report, format!("the notice says \"{word}\"")));
        }
    }
    if signs.delivery_report.is_some() {
        return Some((
            BounceKind::Hard,
            false,
            report,
            "it is a delivery report without a readable status".to_owned(),
        ));
    }
    if let Some(word) = word_of_subject
        && (in_words || signs.daemon.is_some())
    {
        return Some((
            BounceKind::Hard,
            false,
            report,
            format!("the subject says \"{word}\""),
        ));
    }
    if signs.daemon.is_some() && !notice::failed_addresses(mail, notice).is_empty() {
        let why = "a mail system's notice about an address".to_owned();
        return notice::is_notice(mail, notice, true).then_some((
            BounceKind::Hard,
            false,
            report,
            why,
        ));
    }
    None
}

/// Tells whether a disposition notification says that a machine refused the message: Dovecot reports a full mailbox or a filter's
/// rejection that way (RFC 5429).
fn is_rejection(mail: &ParsedMail) -> bool {
    let Some(disposition) = &mail.disposition else {
        return false;
    };
    let fields = disposition.to_ascii_lowercase();
    let by_machine = fields.contains("automatic-action")
        && ["deleted", "denied", "failed", "dispatched", "rejected"]
            .iter()
            .any(|word| fields.contains(word));
    let said = fold(&format!(
        "{} {}",
        mail.subject,
        notice::human_part(&mail.text)
    ));
    let refused = [
        "reject",
        "refus",
        "quota",
        "abgelehnt",
        "zuruckgewiesen",
        "rechaz",
        "rifiut",
        "recusad",
        "geweiger",
        "avvisa",
        "avvist",
        "afvist",
        "hylat",
        "odrzuc",
        "odmitnut",
        "visszautasit",
        "respins",
        "απορριφθηκε",
        "отклонен",
        "reddedil",
        "拒否",
        "拒绝",
        "拒絕",
        "거부",
    ];
    by_machine && refused.iter().any(|word| said.contains(word))
}

fn final_recipient(fields: &str) -> Option<EmailAddress> {
    fields.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        ["final-recipient", "original-recipient"]
            .iter()
            .any(|wanted| name.trim().eq_ignore_ascii_case(wanted))
            .then(|| typed_address(value))
            .flatten()
    })
}

/// Tells whether a line has `550 `, `550-`, `5.1.1` or `#5.1.1` in the place of a server's answer.
fn has_smtp_code(line: &str) -> bool {
    let status = find_status(line).is_some_and(|s| s.class != 2);
    let code = line
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| {
            word.len() == 3
                && matches!(
                    word.as_bytes(),
                    [b'4' | b'5', b'0' | b'2' | b'3' | b'5' | b'7', b'0'..=b'9']
                )
        });
    let said = [
        "smtp",
        "said:",
        "error",
        "reject",
        "remote",
        "host",
        "user",
        "mailbox",
        "unknown",
        "recipient",
        "rcpt",
        "address",
        "quota",
        "deny",
        "denied",
        "policy",
        "relay",
        "full",
        "spam",
    ];
    (status || code) && {
        let lower = line.to_ascii_lowercase();
        status || said.iter().any(|word| lower.contains(word))
    }
}

/// Returns the id of the message that the report is about: from its own field, from the returned header, from the text.
fn original_id(mail: &ParsedMail) -> Option<MessageId> {
    let named = ["original-message-id", "x-original-message-id"]
        .iter()
        .find_map(|field| mail.sign(field))
        .and_then(MessageId::find);
    let in_fields = |text: &str, names: &[&str]| {
        let mut lines = text.lines().take(2000).peekable();
        while let Some(line) = lines.next() {
            let Some((name, value)) = line.trim_start_matches(['>', ' ', '|']).split_once(':')
            else {
                continue;
            };
            if names
                .iter()
                .any(|wanted| name.trim().eq_ignore_ascii_case(wanted))
            {
                // The value may stand on the next, folded line.
                let value = match (value.trim().is_empty(), lines.peek()) {
                    (true, Some(next)) => next,
                    _ => value,
                };
                if let Some(id) = message_id::parse_list(value).into_iter().next() {
                    return Some(id);
                }
            }
        }
        None
    };
    let original: &[&str] = &["Original-Message-ID", "X-Original-Message-ID"];
    named
        .or_else(|| {
            mail.delivery_status
                .as_deref()
                .and_then(|text| in_fields(text, original))
        })
        .or_else(|| {
            mail.disposition
                .as_deref()
                .and_then(|text| in_fields(text, original))
        })
        .or_else(|| in_fields(&mail.text, original))
        .or_else(|| {
            mail.returned_header
                .as_deref()
                .and_then(|text| in_fields(text, &["Message-ID"]))
        })
        .or_else(|| in_fields(&mail.text, &["Message-ID"]))
        .or_else(|| mail.in_reply_to.first().cloned())
        .or_else(|| mail.references.last().cloned())
}

/// Returns the id of the message that a report of any kind, also a read receipt, is about.
#[must_use]
pub fn reported_id(mail: &ParsedMail) -> Option<MessageId> {
    original_id(mail)
}

#[cfg(test)]
mod tests {
    use super::super::machine::signs;
    use super::*;

    fn report(status: &str) -> Option<Bounce> {
        let mail = ParsedMail {
            report_type: Some("delivery-status".to_owned()),
            delivery_status: Some(status.to_owned()),
            ..ParsedMail::default()
        };
        read(&mail, &signs(&mail))
    }

    fn notice_of(subject: &str, text: &str) -> Option<Bounce> {
        let mail = ParsedMail {
            from_text: "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>".to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            ..ParsedMail::default()
        };
        read(&mail, &signs(&mail))
    }

    #[test]
    fn status_fields_decide() {
        use BounceKind::{Hard, None, Soft};
        let check = |fields: &str, kind: BounceKind, policy: bool| {
            let got = report(fields).unwrap();
            assert_eq!(
                (got.kind, got.policy),
                (kind, policy),
                "{fields:?}: {got:?}"
            );
        };
        check("Action: failed\nStatus: 5.1.1", Hard, false);
        check("Action: failed\nStatus: 4.2.2", Soft, false);
        check("Action: failed\nStatus: 5.2.2", Soft, false);
        check("Action: failed\nStatus: 5.7.1", Hard, true);
        check("Action: failed\nStatus: 5.7.26 (DMARC)", Hard, true);
        check("Action: failed\nStatus: 5.3.4", Hard, true);
        check("Action: failed\nStatus: 5.4.1", Hard, false);
        check("Action: failed\nStatus: 5.2.1", Hard, false);
        check("Action: failed\nStatus: 4.4.7", Soft, false);
        check(
            "Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: x",
            Soft,
            false,
        );
        check("Action: delivered\nStatus: 2.1.5", None, false);
        check("Action: relayed\nStatus: 2.1.9", None, false);
        check("Action: expanded\nStatus: 2.1.5", None, false);
        check(
            "action:FAILED\nstatus : 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 no such user",
            Hard,
            false,
        );
        check(
            "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 Over quota",
            Soft,
            false,
        );
        check(
            "Action: failed\nDiagnostic-Code: smtp; 550 User unknown",
            Hard,
            false,
        );
        check(
            "Action: failed\nDiagnostic-Code: smtp; 451 try later",
            Soft,
            false,
        );
        check(
            "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 blocked using spamhaus",
            Hard,
            true,
        );
        check("Action: failed\nStatus: 5.0.0", Hard, false);
    }

    #[test]
    fn a_report_of_rfc_3464_is_read_whole() {
        let got = report(
            "Reporting-MTA: dns; cs.utk.edu\nOriginal-Envelope-Id: x\n\n\
             Original-Recipient: rfc822;alias@acme.io\nFinal-Recipient: rfc822;ann@mail.acme.io\nAction: failed\nStatus: 5.0.0 (permanent failure)\n\
             Remote-MTA: dns; vnet.ibm.com\nDiagnostic-Code: smtp; 550\n 5.1.1 'ann@mail.acme.io' is not a\n registered gateway user\n\n\
             Final-Recipient: rfc822;bob@acme.io\nAction: delayed\nStatus: 4.0.0\n",
        )
        .unwrap();
        assert_eq!(got.kind, BounceKind::Hard);
        assert_eq!(got.recipients.len(), 2);
        let first = &got.recipients[0];
        assert_eq!(
            first.recipient.as_ref().unwrap().as_str(),
            "ann@mail.acme.io"
        );
        assert_eq!(
            first.original_recipient.as_ref().unwrap().as_str(),
            "alias@acme.io"
        );
        assert_eq!(first.status.unwrap().to_string(), "5.1.1");
        assert_eq!(got.recipients[1].action, DeliveryAction::Delayed);
    }

    #[test]
    fn notices_without_fields_are_read_by_their_words() {
        use BounceKind::{Hard, Soft};
        let check = |subject: &str, text: &str, kind: BounceKind, policy: bool| {
            let got = notice_of(subject, text).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!((got.kind, got.policy), (kind, policy), "{text:?}: {got:?}");
        };
        check(
            "failure notice",
            "Hi. This is the qmail-send program at x.\n<ann@acme.io>:\nSorry, no mailbox here by that name. (#5.1.1)",
            Hard,
            false,
        );
        check(
            "failure notice",
            "<ann@acme.io>:\n1.2.3.4 does not like recipient.\nRemote host said: 550 User unknown",
            Hard,
            false,
        );
        check(
            "Undeliverable: Hello",
            "Your message wasn't delivered because ann@acme.io couldn't be found",
            Hard,
            false,
        );
        check(
            "Mail delivery failed: returning message to sender",
            "ann@acme.io\n  SMTP error from remote mail server after RCPT TO:<ann@acme.io>: 550 5.1.1 unknown",
            Hard,
            false,
        );
        check(
            "Mail delivery failed",
            "ann@acme.io\n mailbox is full: retry timeout exceeded",
            Soft,
            false,
        );
        check(
            "Warning: message delayed 24 hours",
            "ann@acme.io 550 whatever",
            Soft,
            false,
        );
        check(
            "Delivery Status Notification (Delay)",
            "The recipient server did not accept",
            Soft,
            false,
        );
        check(
            "Delivery failed",
            "554 5.7.1 Message rejected as spam",
            Hard,
            true,
        );
        check(
            "Unzustellbar: Hallo",
            "Die Adresse existiert nicht.",
            Hard,
            false,
        );
        check("Undelivered Mail Returned to Sender", "", Hard, false);
        assert_eq!(
            notice_of("Delivery Status Notification (Success)", "")
                .unwrap()
                .kind,
            BounceKind::None
        );
        assert_eq!(notice_of("Lunch?", "Shall we?"), None);
    }

    #[test]
    fn the_original_message_is_found() {
        let got = notice_of(
            "failure notice",
            "user unknown\n--- Below this line is a copy\nMessage-ID:\n <seq1@casey>\n",
        )
        .unwrap();
        assert_eq!(got.original_message_id.unwrap().as_str(), "seq1@casey");
        let got =
            report("Action: failed\nStatus: 5.1.1\nOriginal-Message-ID: <seq1@casey>").unwrap();
        assert_eq!(got.original_message_id.unwrap().as_str(), "seq1@casey");
        let got = notice_of("failure notice", "<ann@acme.io>: unknown user").unwrap();
        assert_eq!(
            got.recipients[0].recipient.as_ref().unwrap().as_str(),
            "ann@acme.io"
        );
    }

    #[test]
    fn all_recipients_of_a_notice_are_named_and_nobody_for_help() {
        let check = |text: &str, expect: &[&str]| {
            let got = notice_of("Undelivered Mail Returned to Sender", text).unwrap();
            let named: Vec<&str> = got
                .recipients
                .iter()
                .filter_map(|r| r.recipient.as_ref().map(EmailAddress::as_str))
                .collect();
            assert_eq!(named, expect, "{text:?}");
        };
        check(
            "For further assistance, please contact <postmaster@us.example>.\n\n<ann@acme.io>: unknown user",
            &["ann@acme.io"],
        );
        check(
            "Unable to deliver message to the following address(es).\n\n<ann@acme.io>:\nno such user\n\n<bob@acme.io>:\nno such user",
            &["ann@acme.io", "bob@acme.io"],
        );
        check(
            "Your message\n  To: list@us.example\n  Subject: x\ndid not reach the following recipient(s):\n\ndda:SMTP=ann@acme.io; on Friday\n  Unknown Recipient",
            &["ann@acme.io"],
        );
        check(
            "Could not deliver:\n  Recipient: [SMTP:ann@acme.io]\n  Reason: 550 no such user\n\nMessage headers follow:\nTo: eve@us.example\nReceived: from x for <eve@us.example>",
            &["ann@acme.io"],
        );
    }

    #[test]
    fn notices_of_unknown_systems_are_known_by_what_they_say() {
        let check = |from: &str, subject: &str, text: &str, expect: Option<BounceKind>| {
            let mail = ParsedMail {
                from_text: from.to_owned(),
                subject: subject.to_owned(),
                text: text.to_owned(),
                signs: vec![("precedence".to_owned(), "bulk".to_owned())],
                ..ParsedMail::default()
            };
            let got = read(&mail, &signs(&mail)).map(|b| b.kind);
            assert_eq!(got, expect, "{subject:?} {text:?}");
        };
        let hard = Some(BounceKind::Hard);
        check(
            "imss@acme.io",
            "Mail could not be delivered",
            "Received >>> 550 5.1.1 unknown user.\nUnable to deliver message to <ann@acme.io>.",
            hard,
        );
        check(
            "service@acme.io",
            "RE: Quick question : non remis (delivery failed)",
            "Votre message n'a pas pu être délivré à\nann@acme.io",
            hard,
        );
        check(
            "server@acme.io",
            "Nachricht nicht zustellbar",
            "Ihre Nachricht an ann@acme.io konnte nicht zugestellt werden: existiert nicht.",
            hard,
        );
        check(
            "server@acme.io",
            "Не доставлено: вопрос",
            "Сообщение не может быть доставлено получателю ann@acme.io",
            hard,
        );
        check(
            "server@acme.io",
            "配信できませんでした",
            "以下の宛先に配信できませんでした。\nann@acme.io",
            hard,
        );
        check(
            "gateway@acme.io",
            "Delivery failure notification",
            "could not be delivered to the following recipients:\nann@acme.io\nDelivery attempts will continue to be made for 5 day(s).",
            Some(BounceKind::Soft),
        );
        // People write about such notices too.
        check(
            "Ann <ann@acme.io>",
            "Re: Undeliverable: Hello",
            "My mail could not be delivered to bob@acme.io, what is his address?",
            None,
        );
        check(
            "Ann <ann@acme.io>",
            "Re: delivery failed",
            "The parcel could not be delivered. Please write to bob@acme.io.",
            None,
        );
        check(
            "Ann <ann@acme.io>",
            "Parcel",
            "The parcel could not be delivered to bob@acme.io",
            None,
        );
        check(
            "Ann <ann@acme.io>",
            "Undeliverable mail?",
            "I tried bob@acme.io and it says user unknown",
            None,
        );
    }

    #[test]
    fn a_rejection_sent_as_a_receipt_is_a_bounce() {
        let mail = ParsedMail {
            from_text: "Mail Delivery Subsystem <admin@acme.io>".to_owned(),
            report_type: Some("disposition-notification".to_owned()),
            disposition: Some("Final-Recipient: rfc822; ann@acme.io\nDisposition: automatic-action/MDN-sent-automatically; deleted".to_owned()),
            text: "Your message to <ann@acme.io> was automatically rejected:\nQuota exceeded".to_owned(),
            ..ParsedMail::default()
        };
        let got = read(&mail, &signs(&mail)).unwrap();
        assert_eq!(got.kind, BounceKind::Soft);
        assert_eq!(
            got.recipients[0].recipient.as_ref().unwrap().as_str(),
            "ann@acme.io"
        );
        let unread = ParsedMail {
            text: "Your message was deleted without being read.".to_owned(),
            ..mail
        };
        assert_eq!(read(&unread, &signs(&unread)), None);
    }

    #[test]
    fn a_refusal_at_the_door_names_a_dead_address_or_another_reason() {
        let check =
            |answer: &str, expect| assert_eq!(is_dead_address(answer), expect, "{answer:?}");
        check(
            "550 5.1.1 <ann@acme.io>: Recipient address rejected: User unknown",
            true,
        );
        check("permanent error (550): 5.1.1 no", true);
        check("550 No such user here", true);
        check("550 5.1.10 null MX", true);
        check("550 5.7.1 relaying denied", false);
        check("550 5.1.8 bad sender", false);
        check("552 5.2.2 mailbox full", false);
        check("550 rejected", false);
        check("451 4.1.1 user unknown, try later", false);
        check("553 5.3.0 <ann@acme.io>... User unknown", true);
        check("No such user", false);
    }

    #[test]
    fn addresses_and_versions_are_no_status() {
        assert_eq!(find_status("from 5.1.1.9 by 4.12.2024x.1"), None);
        assert_eq!(
            find_status("host 10.0.0.1 said: 550-5.1.1 gone")
                .unwrap()
                .to_string(),
            "5.1.1"
        );
        assert_eq!(find_status("(#5.1.1)").unwrap().detail, 1);
        assert_eq!(find_status("5.1.1234"), None);
    }
}
