//! Understanding a message: its class, its label, the person's own words, and the reasons.
//!
//! The rules in order; the first that fits decides the class:
//! 1. our own mail is never an answer: `unrelated`, with `from_us`;
//! 2. a delivery report of a failure: `bounce_hard` or `bounce_soft`; one of success is `unrelated`. Where the records are known, a report that names no
//!    message of ours and comes from none of the servers that should know is `bounce_doubtful`;
//! 3. a read receipt: `read_receipt`;
//! 4. an answer to an invitation: `meeting_reply`, though calendars send it automatically;
//! 5. a message of an unsubscribe link, by its subject or recipient: `opt_out`, even from a machine, but not from a mass mailing;
//! 6. machine mail: `auto_reply`, or `unrelated` for newsletters and notices outside our threads. A mailing list's message in our thread is a person's;
//! 7. a person's opt-out: `opt_out`, if it answers us, comes from someone we wrote to, or is nobody else's thread;
//! 8. an answer by its threading headers: `reply`;
//! 9. without them, from someone we wrote to, or under a subject that we sent: `probable_reply`;
//! 10. anything else: `unrelated`.
//!
//! Words count as theirs only after quotes, signatures and small print are taken away, and whatever we sent ourselves. The subject speaks where
//! the text does not.
//!
//! For a lone file, without records of our mail, any In-Reply-To is taken as an answer to us, and a reply's subject as a probable one.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use serde::Serialize;

use super::bounce::{self, Bounce, BounceKind};
use super::calendar::{self, CalendarAnswer, Participation};
use super::chain::{self, Written};
use super::classify::{self, Classification, ObjectionKind, ReplyLabel};
use super::complaint::{self, Complaint};
use super::dates::return_date;
use super::identity::MailboxKey;
use super::judged::{judge, judge_absence};
use super::machine::{self, MachineSigns};
use super::message_id::MessageId;
use super::own_words::OwnWords;
use super::parsed::ParsedMail;
use super::quote::{self, Stripped};
use super::subject;
use super::trained;
use super::unread::{self, is_unread};
use super::wish::{self, OptOut};
use crate::domain::words::words;

words! {
    /// The class of a message, from our side.
    pub enum MailClass ("a class of mail") {
        /// A person answers us.
        Reply = "reply",
        /// A person seems to answer us, without threading headers.
        ProbableReply = "probable_reply",
        /// A machine answers us.
        AutoReply = "auto_reply",
        /// A report of a permanent failure.
        BounceHard = "bounce_hard",
        /// A report of a temporary failure.
        BounceSoft = "bounce_soft",
        /// A report of a permanent failure that nothing ties to a mail of ours: anybody may have written it.
        BounceDoubtful = "bounce_doubtful",
        /// A report that our mail was opened, or deleted unread.
        ReadReceipt = "read_receipt",
        /// An invitation was answered.
        MeetingReply = "meeting_reply",
        /// A person wants no more mail.
        OptOut = "opt_out",
        /// None of our business.
        Unrelated = "unrelated",
    }
}

impl MailClass {
    /// Tells whether writing back is an answer to a person: no machine wrote it, and nobody who wants no more mail.
    #[must_use]
    pub const fn may_be_answered(self) -> bool {
        match self {
            Self::Reply | Self::ProbableReply | Self::MeetingReply | Self::Unrelated => true,
            Self::AutoReply
            | Self::BounceHard
            | Self::BounceSoft
            | Self::BounceDoubtful
            | Self::ReadReceipt
            | Self::OptOut => false,
        }
    }
}

/// The Message-IDs that are ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OurIds {
    /// Unknown; any thread may be ours.
    #[default]
    Unknown,
    /// These, among the ids that the message refers to, and no others.
    Known(HashSet<MessageId>),
}

impl OurIds {
    fn contains(&self, id: &MessageId) -> bool {
        match self {
            Self::Unknown => false,
            Self::Known(ids) => ids.contains(id),
        }
    }
}

/// Our past with the author.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Correspondent {
    /// Unknown: there is no database to ask.
    #[default]
    Unknown,
    /// We never wrote to this address.
    Stranger,
    /// We wrote to this address.
    Known,
}

/// The context of a message.
#[derive(Debug, Clone, Default)]
pub struct MailContext {
    /// The ids in it that are ours.
    pub ours: OurIds,
    /// The operator's own addresses.
    pub own_addresses: Vec<MailboxKey>,
    /// Our past with the author.
    pub correspondent: Correspondent,
    /// The keys of the subjects that we sent (see [`subject::thread_subject`]) to the author or, for a stranger, to anyone.
    pub sent_subjects: BTreeSet<String>,
    /// The day that dates in the text are counted from, if the message has no date of its own.
    pub today: Option<Date>,
    /// Our sent words, in its thread and to its author, which are never theirs.
    pub own_words: OwnWords,
    /// The records about the addresses of a delivery report; none if there are no records.
    pub written: Option<Written>,
    /// Our last sentence that asks something, in the mail that it answers ([`asked_in`](super::asked_in)); empty if that mail is unknown.
    pub asked: String,
}

/// A message, understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Understanding {
    /// Its class.
    pub class: MailClass,
    /// Its label, where a person or an absent person's program wrote it.
    pub label: Option<ReplyLabel>,
    /// The subject of an objection.
    pub objection: Option<ObjectionKind>,
    /// Confidence in class and label, 0..1.
    pub confidence: f64,
    /// True if the operator should check the label.
    pub check_label: bool,
    /// The text, split into the person's own words and the rest.
    #[serde(flatten)]
    pub stripped: Stripped,
    /// The reasons, the deciding one first.
    pub because: Vec<String>,
    /// The message that it answers or reports on: one of ours if there is one, else the nearest that it names.
    pub in_reply_to: Option<MessageId>,
    /// True if `in_reply_to` is known to be ours.
    pub answers_ours: bool,
    /// The delivery report.
    pub bounce: Option<Bounce>,
    /// The day on which the author is back, or up to which they are away.
    pub out_of_office_until: Option<Date>,
    /// The calendar object's answer.
    pub calendar: Option<CalendarAnswer>,
    /// True if one of the operator's own addresses sent it.
    pub from_us: bool,
    /// The wish to be left alone, if they have it.
    pub opt_out: OptOut,
    /// The complaint that a provider reports.
    #[serde(skip)]
    pub complaint: Option<Complaint>,
    /// True if a person wrote in a language that is not read.
    #[serde(skip)]
    pub is_unread: bool,
}

/// The tie between a message and our mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// A reference to a message of ours.
    Ours,
    /// A reference to some message, with our own messages unknown.
    Presumed,
    /// References to other people's messages only.
    Others,
    /// No reference.
    None,
}

/// Understands `mail`.
#[must_use]
pub fn understand(mail: &ParsedMail, context: &MailContext) -> Understanding {
    let signs = machine::signs(mail);
    let stripped = quote::strip_knowing(&mail.text, &context.own_words);
    let calendar = mail
        .calendar
        .as_deref()
        .map(|text| calendar::read(text, mail.calendar_method.as_deref()));
    let bounce = bounce::read(mail, &signs);
    let report = bounce.as_ref().and_then(|b| b.original_message_id.clone());
    let reported = report.or_else(|| {
        signs
            .read_receipt
            .as_ref()
            .or(signs.feedback_report.as_ref())
            .and_then(|_| bounce::reported_id(mail))
    });
    let referred: Vec<&MessageId> = reported.iter().chain(mail.ancestors()).collect();
    let ours = referred
        .iter()
        .find(|id| context.ours.contains(id))
        .copied();
    let tie = match (ours, referred.is_empty(), &context.ours) {
        (Some(_), _, _) => Tie::Ours,
        (None, true, _) => Tie::None,
        (None, false, OurIds::Unknown) => Tie::Presumed,
        (None, false, OurIds::Known(_)) => Tie::Others,
    };
    let mut out = Understanding {
        class: MailClass::Unrelated,
        label: None,
        objection: None,
        confidence: 0.9,
        check_label: false,
        because: Vec::new(),
        in_reply_to: ours.or_else(|| referred.first().copied()).cloned(),
        answers_ours: ours.is_some(),
        bounce,
        out_of_office_until: None,
        calendar,
        from_us: mail
            .from
            .as_ref()
            .is_some_and(|from| context.own_addresses.contains(&from.address.key()))
            || mail
                .message_id
                .as_ref()
                .is_some_and(|id| context.ours.contains(id)),
        opt_out: OptOut::default(),
        complaint: None,
        is_unread: false,
        stripped,
    };
    let view = View {
        mail,
        context,
        signs: &signs,
        tie,
    };
    decide(&mut out, &view);
    out.check_label = out.label.is_some() && out.confidence < classify::CHECK_BELOW;
    if let Some(id) = ours {
        out.because.push(format!("it refers to our {id}"));
    }
    out
}

struct View<'a> {
    mail: &'a ParsedMail,
    context: &'a MailContext,
    signs: &'a MachineSigns,
    tie: Tie,
}

impl View<'_> {
    fn known(&self) -> bool {
        self.context.correspondent == Correspondent::Known
    }

    fn in_our_thread(&self) -> bool {
        matches!(self.tie, Tie::Ours | Tie::Presumed)
    }

    /// Tells whether the message is mass mail outside our threads.
    fn is_mass_mail(&self) -> bool {
        (self.signs.bulk.is_some() || self.signs.list.is_some()) && self.tie != Tie::Ours
    }
}

fn decide(out: &mut Understanding, view: &View<'_>) {
    if out.from_us {
        out.because
            .push("it is our own message, by its address or Message-ID".to_owned());
        return;
    }
    if decide_report(out, view) {
        return;
    }
    if decide_calendar(out, view) {
        // "Declined. Please take me off your list": an answer and a wish.
        out.opt_out = judge("", &out.stripped.text, "");
        return;
    }
    let sent_to_link = view.mail.to.iter().any(|to| {
        let local = to.address.local_part();
        local.starts_with("unsubscribe")
            || local.starts_with("opt-out")
            || local.starts_with("optout")
    });
    if (classify::is_opt_out_subject(&view.mail.subject) || sent_to_link)
        && !view.is_mass_mail()
        && view.signs.daemon.is_none()
        && view.signs.subject.is_none()
    {
        let why = if sent_to_link {
            "it was sent to an unsubscribe address".to_owned()
        } else {
            format!("the subject is \"{}\"", view.mail.subject)
        };
        let sure = 0.97;
        set(
            out,
            MailClass::OptOut,
            Some(ReplyLabel::Unsubscribe),
            sure,
            why.clone(),
        );
        out.opt_out = OptOut::certain(sure, why);
        return;
    }
    let meaning = classify::classify(&out.stripped.text);
    if decide_machine(out, view, &meaning) {
        return;
    }
    decide_person(out, view, said_in_subject(view, out, meaning));
}

/// Returns the meaning of the subject's own words where the text has none, or where they opt out and the text says nothing of note.
fn said_in_subject(
    view: &View<'_>,
    out: &Understanding,
    meaning: Classification,
) -> Classification {
    if meaning.label != ReplyLabel::Unclear {
        return meaning;
    }
    let Some(words) = own_subject(&view.mail.subject, &view.context.sent_subjects) else {
        return meaning;
    };
    let mut said = classify::classify(words);
    let counts = match said.label {
        ReplyLabel::Unclear => false,
        ReplyLabel::Unsubscribe => true,
        _ => out.stripped.text.is_empty(),
    };
    if !counts {
        return meaning;
    }
    said.because.push(format!("the subject says \"{words}\""));
    said
}

/// Returns the part of a subject that its author wrote: what stands before the mark of a reply, or all of one that answers nothing of ours.
fn own_subject<'s>(subject: &'s str, sent: &BTreeSet<String>) -> Option<&'s str> {
    const MARKS: &[&str] = &[
        " re: ",
        " aw: ",
        " sv: ",
        " antw: ",
        " odp: ",
        " vs: ",
        " re：",
        " 回复: ",
        " 答复: ",
        " res: ",
        " rif: ",
        " fw: ",
        " fwd: ",
    ];
    let lower = subject.to_lowercase();
    let head = MARKS
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min()
        .and_then(|at| subject.get(..at));
    match head {
        Some(head) if !subject::is_reply_or_forward(subject) => Some(head.trim()),
        Some(_) => None,
        None => (!subject::is_reply_or_forward(subject)
            && !sent.contains(&subject::thread_subject(subject)))
        .then_some(subject.trim()),
    }
    .filter(|words| !words.is_empty())
}

fn set(
    out: &mut Understanding,
    class: MailClass,
    label: Option<ReplyLabel>,
    confidence: f64,
    why: String,
) {
    out.class = class;
    out.label = label;
    out.confidence = confidence;
    out.because.insert(0, why);
}

fn decide_report(out: &mut Understanding, view: &View<'_>) -> bool {
    if let (Some(why), None) = (&view.signs.read_receipt, &out.bounce) {
        set(out, MailClass::ReadReceipt, None, 0.97, why.clone());
        return true;
    }
    if let Some(why) = &view.signs.feedback_report {
        // A provider's complaint loop: the recipient pressed "spam".
        out.complaint = complaint::read(view.mail);
        if out.complaint.is_none() {
            set(out, MailClass::Unrelated, None, 0.9, why.clone());
            out.because
                .push("it reports no complaint of a person".to_owned());
            return true;
        }
        out.opt_out = OptOut::certain(0.9, why.clone());
        set(
            out,
            MailClass::OptOut,
            Some(ReplyLabel::Complaint),
            0.9,
            why.clone(),
        );
        return true;
    }
    if let Some(bounce) = &out.bounce {
        let (kind, mut because, policy) = (bounce.kind, bounce.because.clone(), bounce.policy);
        let unproven = kind == BounceKind::Hard
            && view.tie != Tie::Ours
            && view
                .context
                .written
                .as_ref()
                .is_some_and(|written| !chain::is_borne_out(view.mail, written));
        if unproven {
            because.push(
                "it names no message of ours, and the servers that it names are not those of an address that we wrote to lately"
                    .to_owned(),
            );
        }
        let class = match kind {
            BounceKind::Hard if unproven => MailClass::BounceDoubtful,
            BounceKind::Hard => MailClass::BounceHard,
            BounceKind::Soft => MailClass::BounceSoft,
            BounceKind::None => MailClass::Unrelated,
        };
        if policy {
            because
                .push("it was refused by policy, which says nothing about the address".to_owned());
        }
        if kind == BounceKind::None {
            because.push("a report of success is no bounce".to_owned());
        }
        because.extend(
            view.signs
                .delivery_report
                .clone()
                .or_else(|| view.signs.daemon.clone()),
        );
        out.class = class;
        out.label = (kind != BounceKind::None).then_some(ReplyLabel::Bounce);
        out.confidence = if unproven {
            0.4
        } else if view.signs.delivery_report.is_some() {
            0.97
        } else {
            0.85
        };
        out.because = because;
        return true;
    }
    // Exchange's receipts without a report.
    let subject = view.mail.subject.to_lowercase();
    let receipt = [
        "read: ",
        "gelesen: ",
        "lu : ",
        "lu: ",
        "leído: ",
        "letto: ",
        "lida: ",
        "gelezen: ",
        "not read: ",
        "ungelesen gelöscht: ",
    ];
    if receipt.iter().any(|start| subject.starts_with(start))
        && (view.signs.null_return_path || out.stripped.text.contains("was read on"))
    {
        set(
            out,
            MailClass::ReadReceipt,
            None,
            0.85,
            "the subject is a read receipt's".to_owned(),
        );
        return true;
    }
    false
}

fn decide_calendar(out: &mut Understanding, view: &View<'_>) -> bool {
    let class_header = view
        .mail
        .sign("content-class")
        .is_some_and(|v| v.to_ascii_lowercase().contains("calendarmessage"));
    if let Some(answer) = out.calendar.as_ref().filter(|c| c.is_reply()) {
        let label = match answer.answer {
            Participation::Accepted => ReplyLabel::MeetingConfirmed,
            Participation::Countered => ReplyLabel::MeetingRequest,
            Participation::Declined => ReplyLabel::NotInterested,
            Participation::Tentative | Participation::Delegated | Participation::NeedsAction => {
                ReplyLabel::Unclear
            }
        };
        let why = format!("a calendar object with METHOD {}", answer.method);
        set(out, MailClass::MeetingReply, Some(label), 0.95, why);
        return true;
    }
    let answered = CALENDAR_SUBJECTS
        .iter()
        .find(|(start, _)| view.mail.subject.to_lowercase().starts_with(start));
    if let Some((start, label)) = answered
        && out.calendar.is_none()
        && (class_header
            || out.stripped.text.is_empty()
            || out.stripped.text.contains("this invitation"))
    {
        let confidence = if class_header { 0.9 } else { 0.65 };
        set(
            out,
            MailClass::MeetingReply,
            Some(*label),
            confidence,
            format!("the subject starts with \"{start}\" as a calendar's answer does"),
        );
        return true;
    }
    false
}

const CALENDAR_SUBJECTS: &[(&str, ReplyLabel)] = &[
    ("accepted:", ReplyLabel::MeetingConfirmed),
    ("declined:", ReplyLabel::NotInterested),
    ("tentative:", ReplyLabel::Unclear),
    ("tentatively accepted:", ReplyLabel::Unclear),
    ("new time proposed:", ReplyLabel::MeetingRequest),
    ("zugesagt:", ReplyLabel::MeetingConfirmed),
    ("angenommen:", ReplyLabel::MeetingConfirmed),
    ("abgelehnt:", ReplyLabel::NotInterested),
    ("abgesagt:", ReplyLabel::NotInterested),
    ("mit vorbehalt:", ReplyLabel::Unclear),
    ("accepté", ReplyLabel::MeetingConfirmed),
    ("refusé", ReplyLabel::NotInterested),
    ("provisoire", ReplyLabel::Unclear),
    ("aceptada:", ReplyLabel::MeetingConfirmed),
    ("aceptado:", ReplyLabel::MeetingConfirmed),
    ("rechazada:", ReplyLabel::NotInterested),
    ("accettato:", ReplyLabel::MeetingConfirmed),
    ("rifiutato:", ReplyLabel::NotInterested),
    ("aceito:", ReplyLabel::MeetingConfirmed),
    ("recusado:", ReplyLabel::NotInterested),
    ("geaccepteerd:", ReplyLabel::MeetingConfirmed),
    ("geweigerd:", ReplyLabel::NotInterested),
];

fn decide_machine(out: &mut Understanding, view: &View<'_>, meaning: &Classification) -> bool {
    let signs = view.signs;
    let answers = signs.auto_reply.as_ref().or(signs.subject.as_ref());
    if view.is_mass_mail()
        && view.tie != Tie::Ours
        && answers.is_none_or(|_| signs.subject.is_none() && !view.in_our_thread())
    {
        let why = signs
            .bulk
            .clone()
            .or_else(|| signs.list.clone())
            .unwrap_or_default();
        set(out, MailClass::Unrelated, None, 0.9, why);
        out.because
            .push("it went to many, and is in no thread of ours".to_owned());
        return true;
    }
    let why = answers
        .cloned()
        .or_else(|| signs.auto_generated.clone())
        // Old vacation programs say bulk; a list's message in our thread is a person's, and so is one sent through a
        // sales tool that adds List-Unsubscribe.
        .or_else(|| {
            signs
                .bulk
                .clone()
                .filter(|why| signs.list.is_none() && why.contains("precedence"))
        })
        .or_else(|| {
            signs
                .null_return_path
                .then(|| "Return-Path is empty".to_owned())
        })
        .or_else(|| signs.daemon.clone());
    if let Some(why) = why {
        let notice = answers.is_none()
            && signs.auto_generated.is_some()
            && signs.no_reply
            && !view.in_our_thread();
        let other = view.tie == Tie::Others && !view.known();
        if notice || other {
            set(out, MailClass::Unrelated, None, 0.85, why);
            out.because
                .push("a machine's notice outside our threads".to_owned());
            return true;
        }
        auto_reply(out, view, meaning, 0.95, why);
        return true;
    }
    // A program without a header: its text is the usual one of absence, and it is nobody's conversation.
    let template = meaning.label == ReplyLabel::OutOfOffice && meaning.because.len() >= 3;
    if template && view.tie != Tie::Others {
        let why = format!(
            "the text is an absence notice: {}",
            meaning.because.join(", ")
        );
        auto_reply(out, view, meaning, 0.75, why);
        return true;
    }
    if signs.no_reply && !view.in_our_thread() && !view.known() {
        set(
            out,
            MailClass::Unrelated,
            None,
            0.8,
            "the sender takes no answers".to_owned(),
        );
        return true;
    }
    false
}

fn auto_reply(
    out: &mut Understanding,
    view: &View<'_>,
    meaning: &Classification,
    confidence: f64,
    why: String,
) {
    set(out, MailClass::AutoReply, None, confidence, why);
    out.out_of_office_until = back_on(out, view);
    out.opt_out = judge_absence(&out.stripped.text);
    let moved_on = matches!(
        meaning.label,
        ReplyLabel::WrongPerson | ReplyLabel::Referral
    ) && meaning.confidence >= 0.7
        && out.out_of_office_until.is_none();
    let away = view.signs.auto_reply.is_some()
        || view.signs.subject.is_some()
        || out.out_of_office_until.is_some()
        || meaning.label == ReplyLabel::OutOfOffice;
    // "I no longer work here, ask Bob" is worth more than that a machine said it; a ticket's receipt is no absence.
    out.label = Some(match (moved_on, away) {
        (true, _) => meaning.label,
        (false, true) => ReplyLabel::OutOfOffice,
        (false, false) => ReplyLabel::Unclear,
    });
}

fn back_on(out: &Understanding, view: &View<'_>) -> Option<Date> {
    let written = view.mail.written_on.or(view.context.today)?;
    return_date(&out.stripped.text, written).or_else(|| return_date(&view.mail.subject, written))
}

fn decide_person(out: &mut Understanding, view: &View<'_>, meaning: Classification) {
    let known = view.known();
    let subject_key = subject::thread_subject(&view.mail.subject);
    let is_reply = subject::is_reply_or_forward(&view.mail.subject);
    let sent = !subject_key.is_empty() && view.context.sent_subjects.contains(&subject_key);
    let nothing_known = view.context.correspondent == Correspondent::Unknown
        && view.context.sent_subjects.is_empty();
    let (class, sure, why) = match view.tie {
        Tie::Ours => (
            MailClass::Reply,
            1.0,
            "its threading headers answer our message".to_owned(),
        ),
        Tie::Presumed => (
            MailClass::Reply,
            0.9,
            "its threading headers answer a message, presumed ours".to_owned(),
        ),
        Tie::Others if known && sent => (
            MailClass::ProbableReply,
            0.8,
            "someone we wrote to, under a subject that we sent".to_owned(),
        ),
        Tie::Others if known => (
            MailClass::ProbableReply,
            0.6,
            "someone we wrote to, in a thread that we do not know".to_owned(),
        ),
        Tie::Others => (
            MailClass::Unrelated,
            0.9,
            "it answers someone else's message".to_owned(),
        ),
        Tie::None if known && sent => (
            MailClass::ProbableReply,
            0.9,
            "no threading headers, but the same sender and base subject".to_owned(),
        ),
        Tie::None if known => (
            MailClass::ProbableReply,
            0.6,
            "no threading headers, but someone we wrote to".to_owned(),
        ),
        Tie::None if sent && is_reply => (
            MailClass::ProbableReply,
            0.6,
            "no threading headers, but a reply to a subject that we sent".to_owned(),
        ),
        Tie::None if nothing_known && is_reply => (
            MailClass::ProbableReply,
            0.7,
            "no threading headers, but the subject is a reply's".to_owned(),
        ),
        Tie::None => (
            MailClass::Unrelated,
            0.8,
            "a person's message that answers nothing of ours".to_owned(),
        ),
    };
    let mut label_confidence = meaning.confidence;
    let mut label = meaning.label;
    let mut evidence = format!(
        "label {}: {}",
        label_name(label),
        meaning.because.join(", ")
    );
    if view.tie != Tie::Others || known {
        let quoted = trained::asked_in_quote(&view.mail.text);
        let asked = Some(&view.context.asked).filter(|asked| !asked.is_empty());
        let subject = own_subject(&view.mail.subject, &view.context.sent_subjects);
        out.opt_out = judge(
            subject.unwrap_or_default(),
            &out.stripped.text,
            asked.unwrap_or(&quoted),
        );
    }
    if out.opt_out.decision != wish::Decision::Yes && is_unread(&out.stripped.text) {
        // What the lexicon found in it is a chance likeness.
        (label, label_confidence) = (ReplyLabel::Unclear, 0.3);
        evidence = unread::REASON.to_owned();
        out.is_unread = true;
    }
    if out.opt_out.decision == wish::Decision::No && label == ReplyLabel::Unsubscribe {
        // Words of leaving a list, about another matter.
        (label, label_confidence) = (ReplyLabel::Unclear, 0.3);
        evidence = format!(
            "no wish to be left alone, in spite of: {}",
            meaning.because.join(", ")
        );
    }
    if out.opt_out.decision == wish::Decision::Yes {
        set(
            out,
            MailClass::OptOut,
            Some(ReplyLabel::Unsubscribe),
            out.opt_out.probability,
            format!("it opts out: {}", out.opt_out.because.join(", ")),
        );
        out.because.push(why);
        return;
    }
    out.objection = meaning.objection.filter(|_| !out.is_unread);
    if label == ReplyLabel::OutOfOffice {
        out.out_of_office_until = back_on(out, view);
    }
    let confidence = if class == MailClass::Unrelated {
        sure
    } else {
        (label_confidence * sure * 100.0).round() / 100.0
    };
    set(
        out,
        class,
        (class != MailClass::Unrelated).then_some(label),
        confidence,
        why,
    );
    if class == MailClass::Unrelated {
        out.objection = None;
    } else {
        out.because.push(evidence);
    }
}

fn label_name(label: ReplyLabel) -> String {
    serde_json::to_value(label)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::address::EmailAddress;
    use super::super::address::Mailbox;
    use super::super::message_id::parse_list;
    use super::*;
    use MailClass::*;

    fn mail(subject: &str, in_reply_to: &str, text: &str, signs: &[(&str, &str)]) -> ParsedMail {
        ParsedMail {
            subject: subject.to_owned(),
            in_reply_to: parse_list(in_reply_to),
            text: text.to_owned(),
            from: EmailAddress::parse("ann@acme.io")
                .ok()
                .map(|address| Mailbox {
                    name: String::new(),
                    address,
                }),
            signs: signs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            written_on: Some(jiff::civil::date(2026, 2, 23)),
            ..ParsedMail::default()
        }
    }

    fn lone(ours: &str) -> MailContext {
        MailContext {
            ours: OurIds::Known(parse_list(ours).into_iter().collect()),
            ..MailContext::default()
        }
    }

    fn with(correspondent: Correspondent) -> MailContext {
        MailContext {
            correspondent,
            sent_subjects: ["quick question".to_owned()].into(),
            own_addresses: vec![MailboxKey::of("casey@us.example")],
            ..lone("<seq1@casey>")
        }
    }

    fn check(mail: &ParsedMail, context: &MailContext, class: MailClass) -> Understanding {
        let got = understand(mail, context);
        assert_eq!(got.class, class, "{mail:#?}\n{got:#?}");
        assert!(!got.because.is_empty());
        got
    }

    #[test]
    fn an_opt_out_in_an_automatic_reply_is_a_doubt() {
        let decision = |text: &str| {
            let mail = mail(
                "Automatic reply: Quick question",
                "<seq1@casey>",
                text,
                &[("auto-submitted", "auto-replied")],
            );
            check(&mail, &with(Correspondent::Known), AutoReply)
                .opt_out
                .decision
        };
        for text in [
            "I am away until Monday.\n\nPS: remove me from your list.",
            "I have left the company. Please do not send further mail to this address.",
            "I am out of office. Please stop emailing me.",
            "Ich bin im Urlaub. Bitte nehmen Sie mich aus Ihrem Verteiler.",
            "Bob no longer works here. Please remove this address from your mailing list.",
            "I am on leave. Do not contact me again.",
        ] {
            assert_eq!(decision(text), wish::Decision::Ask, "{text}");
        }
        for text in [
            "I am out of office until Monday. Please contact bob@acme.io for urgent matters.",
            "I am away and will not read your mail. It will not be forwarded.",
            "This is an automatic reply. Please do not reply to this email.",
            "This mailbox is not monitored. Please do not send mail here; use support@acme.io.",
            "I have left the company. Please contact bob@acme.io instead.",
            "I no longer work at Acme. Please update your records and write to bob@acme.io.",
            "Ich bin bis Montag nicht im Haus. Ihre E-Mail wird nicht weitergeleitet.",
            "Je suis absent jusqu'au 3 mars. Merci de ne pas répondre à ce message.",
            "Thank you for your message. We received your request and will answer within two days.",
            "I am on parental leave until May. My mail is deleted, please write again then.",
            "Thanks for your mail. I am travelling with limited access to mail.",
            "This email address is no longer in use. Please use ann@acme.com.",
            "Bob no longer works here. Please direct all mail to ann@acme.com.",
            "ฉันไม่อยู่ที่สำนักงาน",
        ] {
            assert_eq!(decision(text), wish::Decision::No, "{text}");
        }
    }

    #[test]
    fn a_spam_report_is_the_complaint_of_whom_it_names() {
        let mut report = mail("FW: Quick question", "", "This is a spam report.", &[]);
        report.report_type = Some("feedback-report".to_owned());
        report.feedback = Some("Feedback-Type: abuse\nOriginal-Rcpt-To: <bo@kite.io>".to_owned());
        report.returned_header = Some("Message-ID: <seq1@casey>".to_owned());
        let got = check(&report, &lone("<seq1@casey>"), OptOut);
        let complaint = got.complaint.unwrap();
        assert_eq!(complaint.recipients[0].as_str(), "bo@kite.io");
        assert!(got.answers_ours);
        report.feedback = Some("Feedback-Type: not-spam".to_owned());
        check(&report, &lone("<seq1@casey>"), Unrelated);
    }

    #[test]
    fn threading_headers_decide_before_subjects() {
        let ours = lone("<seq1@casey>");
        check(
            &mail("Re: Quick question", "<seq1@casey>", "Sure", &[]),
            &ours,
            Reply,
        );
        check(
            &mail("Re: Quick question", "<other@x>", "Sure", &[]),
            &ours,
            Unrelated,
        );
        check(
            &mail("Re: Quick question", "", "Sure", &[]),
            &ours,
            ProbableReply,
        );
        check(
            &mail("AW: Quick question", "", "Sure", &[]),
            &ours,
            ProbableReply,
        );
        check(&mail("Lunch?", "", "Sure", &[]), &ours, Unrelated);
        let mut by_references = mail("x", "<other@x>", "Sure", &[]);
        by_references.references = parse_list("<a@x> <seq1@casey> <b@x>");
        let got = check(&by_references, &ours, Reply);
        assert_eq!(got.in_reply_to.unwrap().as_str(), "seq1@casey");
        check(
            &mail("Re: x", "<any@x>", "Sure", &[]),
            &MailContext::default(),
            Reply,
        );
    }

    #[test]
    fn a_database_knows_who_may_answer() {
        check(
            &mail("Re: Quick question", "", "ok", &[]),
            &with(Correspondent::Known),
            ProbableReply,
        );
        check(
            &mail("New topic", "", "hello", &[]),
            &with(Correspondent::Known),
            ProbableReply,
        );
        check(
            &mail("Re: Quick question", "", "ok", &[]),
            &with(Correspondent::Stranger),
            ProbableReply,
        );
        check(
            &mail("Re: Something", "", "ok", &[]),
            &with(Correspondent::Stranger),
            Unrelated,
        );
        check(
            &mail("Re: Something", "<o@x>", "ok", &[]),
            &with(Correspondent::Stranger),
            Unrelated,
        );
        let mut own = mail("Re: Quick question", "<seq1@casey>", "bumping this", &[]);
        own.from = EmailAddress::parse("Casey@us.example")
            .ok()
            .map(|address| Mailbox {
                name: String::new(),
                address,
            });
        assert!(check(&own, &with(Correspondent::Known), Unrelated).from_us);
    }

    #[test]
    fn machines_are_told_from_people() {
        let ours = lone("<seq1@casey>");
        let re = "Re: Quick question";
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Away",
                &[("auto-submitted", "auto-replied")],
            ),
            &ours,
            AutoReply,
        );
        check(
            &mail(re, "<seq1@casey>", "Hi", &[("auto-submitted", "no")]),
            &ours,
            Reply,
        );
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Ticket 1",
                &[("auto-submitted", "auto-generated")],
            ),
            &ours,
            AutoReply,
        );
        check(
            &mail(re, "<seq1@casey>", "Away", &[("precedence", "bulk")]),
            &ours,
            AutoReply,
        );
        check(
            &mail(re, "<seq1@casey>", "Away", &[("precedence", "auto_reply")]),
            &ours,
            AutoReply,
        );
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Hi",
                &[("precedence", "list"), ("list-id", "<l.x>")],
            ),
            &ours,
            Reply,
        );
        check(
            &mail("[l] topic", "<o@x>", "Hi", &[("list-id", "<l.x>")]),
            &ours,
            Unrelated,
        );
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Hi",
                &[("list-unsubscribe", "<mailto:x@y.z>")],
            ),
            &ours,
            Reply,
        );
        let mut sent_by_us = mail(re, "<seq1@casey>", "bump", &[]);
        sent_by_us.message_id = MessageId::find("<seq1@casey>");
        assert!(check(&sent_by_us, &ours, Unrelated).from_us);
        let gone = "I no longer work at Acme. Please contact bob@acme.io.";
        let got = check(
            &mail("Automatic reply: x", "<seq1@casey>", gone, &[]),
            &ours,
            AutoReply,
        );
        assert!(matches!(
            got.label,
            Some(ReplyLabel::Referral | ReplyLabel::WrongPerson)
        ));
        check(
            &mail(
                "Our news",
                "",
                "To unsubscribe click here",
                &[("list-unsubscribe", "<mailto:x@y.z>")],
            ),
            &ours,
            Unrelated,
        );
        check(
            &mail(re, "<seq1@casey>", "Away", &[("return-path", "<>")]),
            &ours,
            AutoReply,
        );
        check(
            &mail(
                "Automatic reply: Quick question",
                "",
                "Away",
                &[("x-auto-response-suppress", "All")],
            ),
            &ours,
            AutoReply,
        );
        check(
            &mail("Abwesenheitsnotiz: Frage", "", "weg", &[]),
            &ours,
            AutoReply,
        );
        let notice = "Thank you for your email. I am out of the office with limited access to email until 3 March. For urgent matters please contact Bob.";
        let got = check(&mail(re, "<seq1@casey>", notice, &[]), &ours, AutoReply);
        assert_eq!(got.out_of_office_until, Some(jiff::civil::date(2026, 3, 3)));
        assert_eq!(got.label, Some(ReplyLabel::OutOfOffice));
    }

    #[test]
    fn an_opt_out_beats_the_reply_but_only_in_the_persons_own_words() {
        let ours = lone("<seq1@casey>");
        let re = "Re: Quick question";
        check(
            &mail(re, "<seq1@casey>", "Not interested, please remove me", &[]),
            &ours,
            OptOut,
        );
        check(&mail(re, "", "STOP", &[]), &ours, OptOut);
        check(&mail("unsubscribe", "", "", &[]), &ours, OptOut);
        check(
            &mail(
                "Unsubscribe",
                "",
                "This mail was sent by a program",
                &[("auto-submitted", "auto-generated")],
            ),
            &ours,
            OptOut,
        );
        check(
            &mail(
                "Unsubscribe",
                "",
                "news",
                &[("list-id", "<n.x>"), ("precedence", "bulk")],
            ),
            &ours,
            Unrelated,
        );
        check(
            &mail(re, "<other@x>", "unsubscribe me", &[]),
            &ours,
            Unrelated,
        );
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Great!\n\nOn 2 Mar 2026 Casey <c@us.example> wrote:\n> Hi\n> Reply STOP to unsubscribe",
                &[],
            ),
            &ours,
            Reply,
        );
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Great!\n\nFrom: Casey\nSent: Monday\nTo: Ann\nSubject: x\n\nunsubscribe me here",
                &[],
            ),
            &ours,
            Reply,
        );
        check(
            &mail(re, "<seq1@casey>", "I wouldn't unsubscribe, love this", &[]),
            &ours,
            Reply,
        );
        check(
            &mail(
                "Automatic reply",
                "<seq1@casey>",
                "stop sending me mail",
                &[("auto-submitted", "auto-replied")],
            ),
            &ours,
            AutoReply,
        );
    }

    #[test]
    fn the_subject_speaks_where_the_text_does_not() {
        let ours = lone("<seq1@casey>");
        for subject in [
            "STOP Re: Quick question",
            "Please unsubscribe me Re: Quick question",
        ] {
            check(&mail(subject, "<seq1@casey>", "", &[]), &ours, OptOut);
        }
        check(
            &mail("Please unsubscribe me", "<seq1@casey>", "Ann Hill", &[]),
            &ours,
            OptOut,
        );
        check(
            &mail(
                "Re: Please unsubscribe me",
                "<seq1@casey>",
                "Yes, call me",
                &[],
            ),
            &ours,
            Reply,
        );
    }

    #[test]
    fn small_print_below_a_yes_is_no_wish() {
        let ours = lone("<seq1@casey>");
        let mut wrong = Vec::new();
        for footer in [
            "--\nTo stop receiving our newsletter click here",
            "To stop receiving our newsletter click here",
            "To stop receiving mail from ACME click unsubscribe",
            "Unsubscribe | Manage preferences",
            "Unsubscribe",
            "Click here to unsubscribe: https://acme.example/u",
            "You can unsubscribe at any time using the link below.",
            "If you no longer want to hear from us, reply STOP.",
            "If you do not wish to receive further emails from us, please reply with \"unsubscribe\".",
            "Sent from my iPhone",
            "Sent from Outlook for Android",
            "CONFIDENTIAL: This email is for the addressee only. If you are not the intended recipient, delete it and do not contact the sender again.",
            "This message and any attachment are confidential. If you have received it in error, please delete it and remove it from your system.",
            "Acme Ltd, 1 High Street. To opt out of marketing emails, visit https://acme.example/optout",
            "_______________________________________________\nplanning mailing list\nTo unsubscribe send an email to planning-leave@acme.example",
            "Sent with Mailchimp. Unsubscribe from this list",
            "You received this message because you are subscribed to the Google Groups \"x\" group.\nTo unsubscribe from this group and stop receiving emails from it, send an email to x+unsubscribe@googlegroups.com.",
            "Um unseren Newsletter abzubestellen, klicken Sie hier.",
            "Wenn Sie keine weiteren E-Mails erhalten möchten, klicken Sie bitte hier.",
            "Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind, löschen Sie diese E-Mail bitte.",
            "Pour vous désabonner, cliquez ici.",
            "Se désinscrire de la newsletter",
            "Para darse de baja, haga clic aquí.",
            "Per cancellarti dalla newsletter clicca qui.",
            "Para cancelar a subscrição, clique aqui.",
            "Klik hier om u uit te schrijven.",
            "Avregistrera dig här",
            "Afmeld nyhedsbrev",
            "Meld deg av her",
            "Aby zrezygnować z subskrypcji, kliknij tutaj.",
            "Pro odhlášení z odběru klikněte zde.",
            "A leiratkozáshoz kattintson ide.",
            "Pentru dezabonare faceți clic aici.",
            "Отписаться от рассылки",
            "Abonelikten çıkmak için tıklayın.",
            "配信停止はこちら",
            "退订请点击这里",
            "수신거부를 원하시면 여기를 클릭하세요.",
        ] {
            for gap in ["\n", "\n\n", "\n\nAnn Hill\n\n"] {
                let text = format!("Yes, Tuesday works, see you at ten.{gap}{footer}");
                let got = understand(
                    &mail("Re: Quick question", "<seq1@casey>", &text, &[]),
                    &ours,
                );
                // A line that says nothing but the word may be the writer's own.
                let is_word =
                    footer == "Unsubscribe" && got.opt_out.decision == wish::Decision::Ask;
                if got.class != Reply || got.opt_out.decision != wish::Decision::No && !is_word {
                    wrong.push(format!("{text:?}: {:?} {:?}", got.class, got.opt_out));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn plain_business_is_neither_a_wish_nor_a_question_of_one() {
        let ours = lone("<seq1@casey>");
        let mut wrong = Vec::new();
        for text in [
            "Could you tell me more about pricing?",
            "Can you send me more details?",
            "Could you call me?",
            "And when?",
            "Are you there?",
            "How does it work?",
            "And what does it cost?",
            "What does the small plan cost for ten people?",
            "Do you work with HubSpot?",
            "Sounds good, let's talk on Tuesday.",
            "Yes please, send the proposal.",
            "Thanks, I'll read it tonight.",
            "Can we move the call to Friday at three?",
            "Who else in our field uses it?",
            "Please send the contract to our legal team.",
            "We have no budget this year. Ask me again in March.",
            "Was kostet das für zehn Personen?",
            "Können Sie mir mehr zu den Preisen sagen?",
            "Gern, am Dienstag um zehn.",
            "Quel est le prix pour dix utilisateurs ?",
            "Pouvez-vous m'en dire plus sur les tarifs ?",
            "¿Cuánto cuesta para diez personas?",
            "¿Me puede contar más sobre los precios?",
            "Quanto costa per dieci persone?",
            "Quanto custa para dez pessoas?",
            "Wat kost het voor tien mensen?",
            "Vad kostar det för tio personer?",
            "Ile to kosztuje dla dziesięciu osób?",
            "Сколько это стоит на десять человек?",
            "10人だといくらですか？",
            "十个人多少钱？",
            "열 명이면 얼마인가요?",
        ] {
            for subject in ["Re: Quick question", "Question 0"] {
                let got = understand(&mail(subject, "<seq1@casey>", text, &[]), &ours);
                if got.opt_out.decision != wish::Decision::No {
                    wrong.push(format!("{subject}: {text:?}: {:?}", got.opt_out));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn mail_that_is_refused_is_not_answered_by_mail() {
        let ours = lone("<seq1@casey>");
        let mut wrong = Vec::new();
        for text in [
            "Please don't email me, call me: +49 30 123.",
            "Don't mail me, phone me.",
            "Please use WhatsApp, no mail.",
            "Pas de mail svp, appelez-moi.",
            "If you write once more I report you as spam.",
            "Don't bother writing back, I won't read it.",
            "I have reported this as phishing.",
            "Don't chase me.",
        ] {
            let got = understand(
                &mail("Re: Quick question", "<seq1@casey>", text, &[]),
                &ours,
            );
            if got.opt_out.decision == wish::Decision::No {
                wrong.push(format!("{text:?}: {:?}", got.opt_out));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn warm_words_bar_nobody() {
        let ours = lone("<seq1@casey>");
        let mut wrong = Vec::new();
        for text in [
            "Drop by any time.",
            "Basta! Compro!",
            "Everyone here wants to hug you.",
            "My office manager wants to hug you.",
            "Our team wants to hear from you again.",
            "Nobody here wants to wait any longer, send it today.",
            "Je vous rappelle la semaine prochaine.\n\nCordialement",
            "Oui, cela nous intéresse. Pouvez-vous envoyer les tarifs ?\n\nCordialement,\nThibault",
            "Με εκτίμηση",
        ] {
            let got = understand(
                &mail("Re: Quick question", "<seq1@casey>", text, &[]),
                &ours,
            );
            if got.opt_out.decision == wish::Decision::Yes {
                wrong.push(format!("{text:?}: {:?}", got.opt_out));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_language_that_is_not_read_is_asked_about_and_a_machine_is_still_one() {
        let ours = lone("<seq1@casey>");
        let re = "Re: Quick question";
        for text in ["ไม่สนใจ ขอบคุณ", "Не, благодаря, нямам интерес към това"]
        {
            let got = check(&mail(re, "<seq1@casey>", text, &[]), &ours, Reply);
            assert_eq!(got.label, Some(ReplyLabel::Unclear), "{text}");
            assert!(got.check_label && got.is_unread, "{text}");
            assert_eq!(got.opt_out.decision, wish::Decision::Ask, "{text}");
            let away = [("auto-submitted", "auto-replied")];
            let got = check(&mail(re, "<seq1@casey>", text, &away), &ours, AutoReply);
            assert_eq!(got.label, Some(ReplyLabel::OutOfOffice), "{text}");
            assert_eq!(got.opt_out.decision, wish::Decision::No, "{text}");
        }
    }

    #[test]
    fn what_we_sent_decides_nothing() {
        let body = "Hi Ann,\n\nShall I show you how Acme could plan its shifts in twenty minutes? Reply STOP or unsubscribe me and I will not write again.\n\nCasey";
        let context = MailContext {
            own_words: OwnWords::new([body]),
            ..lone("<seq1@casey>")
        };
        let text = format!("Thursday works.\n\n| {}", body.replace('\n', "\n| "));
        let got = check(
            &mail("Re: Quick question", "<seq1@casey>", &text, &[]),
            &context,
            Reply,
        );
        assert!(!got.stripped.text.contains("unsubscribe"), "{got:?}");
        check(
            &mail("Re: Quick question", "<seq1@casey>", "unsubscribe me", &[]),
            &context,
            OptOut,
        );
    }

    #[test]
    fn a_report_that_nothing_ties_to_us_is_doubtful() {
        let report = |from: &str, id: &str| {
            let mut bounce = mail("Undeliverable", "", "", &[("return-path", "<>")]);
            bounce.from = EmailAddress::parse(from).ok().map(|address| Mailbox {
                name: String::new(),
                address,
            });
            bounce.report_type = Some("delivery-status".to_owned());
            bounce.delivery_status = Some(
                "Final-Recipient: rfc822; ann@acme.io\nAction: failed\nStatus: 5.1.1".to_owned(),
            );
            bounce.returned_header = Some(format!("Message-ID: {id}"));
            bounce
        };
        let context = |to: &[&str]| MailContext {
            written: Some(Written {
                to: to.iter().map(|t| (*t).to_owned()).collect(),
                own_hosts: vec!["us.example".to_owned()],
            }),
            ..with(Correspondent::Stranger)
        };
        let (evil, theirs) = ("mailer-daemon@evil.example", "mailer-daemon@mx.acme.io");
        check(&report(evil, "<seq1@casey>"), &context(&[]), BounceHard);
        check(
            &report(evil, "<x@y>"),
            &context(&["ann@acme.io"]),
            BounceDoubtful,
        );
        check(
            &report(theirs, "<x@y>"),
            &context(&["ann@acme.io"]),
            BounceHard,
        );
        check(&report(theirs, "<x@y>"), &context(&[]), BounceDoubtful);
        check(&report(evil, "<x@y>"), &lone("<seq1@casey>"), BounceHard);
    }

    #[test]
    fn reports_come_first() {
        let ours = lone("<seq1@casey>");
        let mut receipt = mail("Read: Quick question", "<seq1@casey>", "", &[]);
        receipt.report_type = Some("disposition-notification".to_owned());
        receipt.disposition = Some("Original-Message-ID: <seq1@casey>\nDisposition: manual-action/MDN-sent-manually; displayed".to_owned());
        let got = check(&receipt, &ours, ReadReceipt);
        assert!(got.answers_ours);
        let mut bounce = mail("Undeliverable", "", "", &[("return-path", "<>")]);
        bounce.report_type = Some("delivery-status".to_owned());
        bounce.delivery_status =
            Some("Final-Recipient: rfc822; ann@acme.io\nAction: failed\nStatus: 5.7.1".to_owned());
        bounce.returned_header = Some("Message-ID: <seq1@casey>".to_owned());
        let got = check(&bounce, &ours, BounceHard);
        assert!(got.bounce.unwrap().policy && got.answers_ours);
        bounce.delivery_status = Some("Action: delivered\nStatus: 2.0.0".to_owned());
        check(&bounce, &ours, Unrelated);
        let mut answer = mail(
            "Accepted: Intro",
            "",
            "",
            &[("auto-submitted", "auto-generated")],
        );
        answer.calendar =
            Some("METHOD:REPLY\nATTENDEE;PARTSTAT=DECLINED:mailto:ann@acme.io".to_owned());
        assert_eq!(
            check(&answer, &ours, MeetingReply).label,
            Some(ReplyLabel::NotInterested)
        );
    }

    #[test]
    fn notices_lists_and_refusals_are_told_apart() {
        let ours = lone("<seq1@casey>");
        let re = "Re: Quick question";
        // A machine's notice to nobody in particular, and one from a no-reply sender.
        let mut notice = mail(
            "Your invoice",
            "",
            "Invoice 7",
            &[("auto-submitted", "auto-generated")],
        );
        notice.from = EmailAddress::parse("no-reply@shop.example")
            .ok()
            .map(|address| Mailbox {
                name: String::new(),
                address,
            });
        check(&notice, &ours, Unrelated);
        let got = check(
            &mail(
                re,
                "<seq1@casey>",
                "Sure, send it",
                &[("precedence", "list")],
            ),
            &ours,
            Reply,
        );
        assert_eq!(got.label, Some(ReplyLabel::Interested));
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Hi",
                &[("x-auto-response-suppress", "All")],
            ),
            &ours,
            AutoReply,
        );
        let report = |status: &str| {
            let mut bounce = mail(
                "Delivery Status Notification",
                "",
                "",
                &[("return-path", "<>")],
            );
            bounce.report_type = Some("delivery-status".to_owned());
            bounce.delivery_status =
                Some(format!("Final-Recipient: rfc822; ann@acme.io\n{status}"));
            bounce.returned_header = Some("Message-ID: <seq1@casey>".to_owned());
            bounce
        };
        check(&report("Action: delayed\nStatus: 4.4.1"), &ours, BounceSoft);
        check(&report("Action: delayed\nStatus: 5.0.0"), &ours, BounceSoft);
        check(&report("Action: failed\nStatus: 4.2.2"), &ours, BounceSoft);
        let got = check(&report("Action: failed\nStatus: 5.1.1"), &ours, BounceHard);
        assert!(!got.bounce.is_some_and(|b| b.policy));
        check(&report("Action: relayed\nStatus: 2.0.0"), &ours, Unrelated);
        let mut text_only = mail(
            "Undelivered Mail Returned to Sender",
            "",
            "<ann@acme.io>: host mx.acme.io said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
            &[("return-path", "<>")],
        );
        text_only.from = EmailAddress::parse("mailer-daemon@mx.example")
            .ok()
            .map(|address| Mailbox {
                name: String::new(),
                address,
            });
        check(&text_only, &ours, BounceHard);
        check(
            &mail(
                "Read: Quick question",
                "<seq1@casey>",
                "Your message was read on Monday, 2 March 2026.",
                &[],
            ),
            &ours,
            ReadReceipt,
        );
        for (subject, label) in [
            ("Accepted: Intro call", ReplyLabel::MeetingConfirmed),
            ("Declined: Intro call", ReplyLabel::NotInterested),
            ("Zugesagt: Erstgespräch", ReplyLabel::MeetingConfirmed),
        ] {
            let got = check(&mail(subject, "", "", &[]), &ours, MeetingReply);
            assert_eq!(got.label, Some(label), "{subject}");
        }
        check(
            &mail(
                "Re: Accepted: Intro call",
                "<seq1@casey>",
                "See you then",
                &[],
            ),
            &ours,
            Reply,
        );
        for text in [
            "Please don't stop writing, I was away. Send me the deck.",
            "Please remove me from cc, Bob will carry on.",
        ] {
            check(&mail(re, "<seq1@casey>", text, &[]), &ours, Reply);
        }
        check(
            &mail(
                re,
                "<seq1@casey>",
                "Under GDPR I request the erasure of my personal data.",
                &[],
            ),
            &ours,
            OptOut,
        );
    }
}
