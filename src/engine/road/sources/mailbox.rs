//! The common part of all mailboxes: a message that came in, understood, tied to a contact, and its consequences.
//!
//! The operator's own mail, mass mail and strangers' mail make no signal and are counted with the reason.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::config::{MailAccount, MailKind};
use crate::domain::consent::sentence_of;
use crate::domain::email::EmailAddress;
use crate::domain::email::address::firm_domain;
use crate::domain::email::calendar::Participation;
use crate::domain::email::chain::{self, REPORT_DAYS, Written};
use crate::domain::email::complaint::Complaint;
use crate::domain::email::machine;
use crate::domain::email::message_id::MessageId;
use crate::domain::email::own_words::OwnWords;
use crate::domain::email::subject::thread_subject;
use crate::domain::email::understand::{Correspondent, OurIds};
use crate::domain::email::{
    Decision, MailClass, MailContext, MailboxKey, ParsedMail, Scope, Understanding, asked_in,
    understand,
};
use crate::domain::id::{ContactId, SignalId};
use crate::domain::outcome::{OutcomeKind, OutcomeSource};
use crate::domain::schedule::first_business_instant_after;
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::domain::text::{clean_block, clean_line};
use crate::engine::error::Result;
use crate::engine::ground::clock::LONGEST_ABSENCE_DAYS;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::{Arrived, Happened, Returned};
use crate::engine::ground::reach::Reach;
use crate::engine::road::intake::{self, Taken};
use crate::engine::road::outcomes::{Observed, record};
use crate::store::executions::ExecutionRow;
use crate::store::messages::MessageRow;
use crate::store::sources::{self, SourceCounts};
use crate::store::{ReadTx, WriteTx, executions, messages, people, remotes};

/// The most bytes of a message's text that are kept.
const MAX_TEXT_BYTES: usize = 32 * 1024;
/// The most bytes of it that a signal keeps.
const MAX_EXCERPT_BYTES: usize = 4 * 1024;
/// Days of pause after an auto reply that names no date.
const DEFAULT_PAUSE_DAYS: i64 = 14;
/// The most messages of ours whose words are held against an answer.
const MAX_OWN_TEXTS: usize = 30;

/// Returns an account's name as a source.
pub(in crate::engine) fn source_name(account: &MailAccount) -> String {
    format!("mail:{}", account.name)
}

/// Returns the purpose of reading an account, in a few words.
pub(in crate::engine) fn about(account: &MailAccount) -> String {
    format!("Reads the mailbox {}", account.name)
}

/// A message as its mailbox gave it.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Incoming {
    /// A name that it keeps for life in its mailbox.
    pub unique: String,
    /// The message.
    pub mail: ParsedMail,
    /// The provider's name for its thread; empty where it has none.
    pub remote_thread: String,
    /// Why the mailbox says that it is none that came in.
    pub not_inbound: Option<&'static str>,
}

/// Takes in messages, each with a name that it keeps for life in its mailbox.
pub(in crate::engine) fn take_messages(
    tx: &WriteTx<'_>,
    core: &Core,
    source: &str,
    read: Vec<(String, ParsedMail)>,
    now: Timestamp,
) -> Result<(SourceCounts, Taken)> {
    let read = read.into_iter().map(|(unique, mail)| Incoming {
        unique,
        mail,
        ..Incoming::default()
    });
    take_incoming(tx, core, source, read.collect(), now)
}

/// Takes in messages, in the order in which they were written.
pub(in crate::engine) fn take_incoming(
    tx: &WriteTx<'_>,
    core: &Core,
    source: &str,
    mut read: Vec<Incoming>,
    now: Timestamp,
) -> Result<(SourceCounts, Taken)> {
    let (mut counts, mut taken) = (SourceCounts::default(), Taken::default());
    read.sort_by(|a, b| (a.mail.date, &a.unique).cmp(&(b.mail.date, &b.unique)));
    for incoming in read {
        if !sources::see_file(tx, source, &incoming.unique)? {
            continue;
        }
        counts.seen += 1;
        if let Some(reason) = incoming.not_inbound {
            counts.drop_one(reason);
            continue;
        }
        let arrival = Arrival::understand(tx, core, source, incoming, now)?;
        match arrival.take(tx, core, now)? {
            Ok(one) => {
                counts.new += one.new;
                counts.matched += one.matched;
                if one.new == 0 {
                    counts.drop_one("known already");
                }
                taken.add(&one);
            }
            Err(reason) => counts.drop_one(reason),
        }
    }
    sources::count(tx, source, &counts)?;
    Ok((counts, taken))
}

/// Knowledge of a message besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Beside<'a> {
    /// Message-IDs that somebody says are ours.
    pub ours: &'a [MessageId],
    /// A message of the provider's thread.
    pub thread: Option<&'a MessageRow>,
}

/// Gathers what is known around a message, so that it can be understood.
pub(in crate::engine) fn context(
    tx: &ReadTx<'_>,
    core: &Core,
    mail: &ParsedMail,
    beside: Beside<'_>,
    now: Timestamp,
) -> Result<(MailContext, Option<ContactId>)> {
    let operator = &core.config.operator;
    let told = remotes::own_addresses(tx)?;
    let own: Vec<MailboxKey> = std::iter::once(&operator.address)
        .chain(&operator.aliases)
        .chain(&told)
        .map(|a| MailboxKey::of(a))
        .collect();
    let mut ours: HashSet<MessageId> = beside.ours.iter().cloned().collect();
    let mut threads: BTreeSet<i64> = beside.thread.iter().map(|m| m.thread_id).collect();
    let mut texts: Vec<String> = Vec::new();
    // The nearest mail of ours that it refers to is the one that it answers.
    let mut answered: Option<String> = None;
    let reported = crate::domain::email::bounce::reported_id(mail);
    for id in mail
        .ancestors()
        .chain(&reported)
        .chain(beside.ours)
        .take(600)
    {
        let id_text = id.to_string();
        let message = messages::find(tx, &id_text)?;
        threads.extend(message.as_ref().map(|m| m.thread_id));
        // A draft that the operator sent from another program keeps its Message-ID, and has no message of its own here.
        let execution = match &message {
            Some(message) if !message.inbound => None,
            _ => executions::by_message_id(tx, &id_text)?,
        };
        let ours_said = match (&execution, &message) {
            (Some(row), _) => body_of(row),
            (None, Some(message)) if !message.inbound => Some(message.text.clone()),
            (None, _) => None,
        };
        if answered.is_none() {
            answered.clone_from(&ours_said);
        }
        if execution.is_some() {
            texts.extend(ours_said);
        }
        if execution.is_some() || message.is_some_and(|m| !m.inbound) {
            ours.insert(id.clone());
        }
    }
    for thread in threads.into_iter().take(10) {
        texts.extend(messages::sent_in_thread(tx, thread, MAX_OWN_TEXTS)?);
    }
    let contact = sender(tx, mail)?;
    let written_at = mail.date.unwrap_or(now);
    let (mut correspondent, mut subjects) = (Correspondent::Stranger, BTreeSet::new());
    if let Some(contact) = contact {
        correspondent = Correspondent::Known;
        for message in messages::of_contact(tx, contact, 200)?
            .into_iter()
            .filter(|m| !m.inbound)
        {
            subjects.insert(thread_subject(&message.subject));
            // An answer without headers: to what they had from us last.
            if answered.is_none() && message.sent_at <= written_at {
                answered = Some(message.text.clone());
            }
            if texts.len() < 2 * MAX_OWN_TEXTS {
                texts.push(message.text);
            }
        }
    }
    texts.truncate(2 * MAX_OWN_TEXTS);
    let written = written(tx, core, mail, &own, now)?;
    let context = MailContext {
        ours: OurIds::Known(ours),
        own_addresses: own,
        correspondent,
        sent_subjects: subjects,
        today: Some(now.to_zoned(operator.zone()).date()),
        own_words: OwnWords::new(texts.iter().map(String::as_str)),
        written: Some(written),
        asked: asked_in(answered.as_deref().unwrap_or_default()),
    };
    Ok((context, contact))
}

/// Returns the words of a mail that was approved; none of an effect of another kind.
fn body_of(row: &ExecutionRow) -> Option<String> {
    let content: Value = serde_json::from_str(&row.content).ok()?;
    Some(content.get("body")?.as_str()?.to_owned())
}

/// Looks up which of a delivery report's addresses we wrote to in the days before it.
fn written(
    tx: &ReadTx<'_>,
    core: &Core,
    mail: &ParsedMail,
    own: &[MailboxKey],
    now: Timestamp,
) -> Result<Written> {
    let mut out = Written::default();
    let Some(bounce) = crate::domain::email::bounce::read(mail, &machine::signs(mail)) else {
        return Ok(out);
    };
    let at = mail.date.filter(|date| *date <= now).unwrap_or(now);
    let window = SignedDuration::from_hours(24 * REPORT_DAYS);
    let since = at.checked_sub(window).unwrap_or(at);
    // Two clocks differ, and the report of a refusal comes within the second.
    let until = at.checked_add(SignedDuration::from_hours(1)).unwrap_or(at);
    for address in chain::reported(&bounce) {
        if !out.to.iter().any(|known| known == address.as_str())
            && executions::has_sent_to_between(tx, &address.key(), since, until)?
        {
            out.to.push(address.to_string());
        }
    }
    out.own_hosts = own.iter().map(|a| a.domain().to_string()).collect();
    for account in &core.config.mail.accounts {
        let servers = [&account.imap, &account.smtp].into_iter().flatten();
        out.own_hosts
            .extend(servers.map(|server| server.host.clone()));
        if account.kind == MailKind::Gmail {
            out.own_hosts.push("gmail.com".into());
        }
    }
    Ok(out)
}

/// Notes that a person answered, whichever of their contacts was written to.
fn mark_answered(tx: &WriteTx<'_>, contact: ContactId, at: Timestamp) -> Result<()> {
    for contact in Reach::contacts(tx, contact)? {
        executions::mark_answered(tx, contact, at)?;
    }
    Ok(())
}

/// Finds the author among the contacts.
fn sender(tx: &ReadTx<'_>, mail: &ParsedMail) -> Result<Option<ContactId>> {
    let Some(from) = &mail.from else {
        return Ok(None);
    };
    Ok(people::find_by_email(tx, from.address.as_str())?)
}

/// The messages known in the provider's thread.
struct ThreadMates {
    message: Option<MessageRow>,
    execution: Option<ExecutionRow>,
}

impl ThreadMates {
    fn of(tx: &ReadTx<'_>, thread: &str) -> Result<Self> {
        let execution = remotes::in_thread(tx, thread)?
            .map(|id| executions::load(tx, id))
            .transpose()?
            .flatten();
        Ok(Self {
            message: messages::in_remote_thread(tx, thread)?,
            execution,
        })
    }

    fn holds_ours(&self) -> bool {
        self.execution.is_some() || self.message.as_ref().is_some_and(|m| !m.inbound)
    }
}

/// A message with everything that was found out about it.
struct Arrival {
    source: String,
    unique: String,
    remote_thread: String,
    mail: ParsedMail,
    understood: Understanding,
    /// The execution whose message it answers or reports on.
    answered: Option<ExecutionRow>,
    contact: Option<ContactId>,
    thread_id: i64,
    /// The addresses of a delivery report that we wrote to in the days before it.
    written: Vec<String>,
    /// The address of ours to which a complaint belongs.
    complained: Option<String>,
}

impl Arrival {
    fn understand(
        tx: &WriteTx<'_>,
        core: &Core,
        source: &str,
        incoming: Incoming,
        now: Timestamp,
    ) -> Result<Self> {
        let Incoming {
            unique,
            mail,
            remote_thread,
            ..
        } = incoming;
        let in_thread = ThreadMates::of(tx, &remote_thread)?;
        let beside = Beside {
            thread: in_thread.message.as_ref(),
            ..Beside::default()
        };
        let (mut context, author) = context(tx, core, &mail, beside, now)?;
        // A provider that rewrites Message-IDs leaves the thread as the only tie to what we wrote.
        if in_thread.holds_ours()
            && let OurIds::Known(ours) = &mut context.ours
        {
            ours.extend(mail.ancestors().take(600).cloned());
        }
        let mut understood = understand(&mail, &context);
        let written = context.written.map(|w| w.to).unwrap_or_default();
        let mut answered = None;
        let mut thread = None;
        let referred = understood.in_reply_to.iter().chain(mail.ancestors());
        for id in referred.take(600) {
            let id = id.to_string();
            if thread.is_none() {
                thread = messages::find(tx, &id)?;
            }
            if answered.is_none() {
                answered = executions::by_message_id(tx, &id)?;
            }
            if thread.is_some() && answered.is_some() {
                break;
            }
        }
        let answered = answered.or(in_thread.execution);
        let thread = thread.or(in_thread.message);
        // By the thread first: they may answer from another address.
        let contact = answered
            .as_ref()
            .and_then(|e| e.contact_id)
            .or_else(|| thread.as_ref().and_then(|m| m.contact_id))
            .or(author);
        let complained = match &understood.complaint {
            Some(complaint) => complainer(tx, complaint)?,
            None => None,
        };
        // The provider who reports it is nobody's contact.
        let contact = match (contact, &understood.bounce) {
            _ if understood.complaint.is_some() => complained.as_ref().map(|(id, _)| *id),
            (None, Some(bounce)) => bounced_contact(tx, bounce)?,
            (contact, _) => contact,
        };
        let answered =
            answered.filter(|row| understood.complaint.is_none() || row.contact_id == contact);
        if let Some(contact) = contact
            && is_for_others(tx, contact, &mail, &understood)?
        {
            doubt(&mut understood);
        }
        Ok(Self {
            source: source.to_owned(),
            unique,
            remote_thread,
            mail,
            understood,
            answered,
            contact,
            thread_id: thread.map_or(0, |m| m.thread_id),
            written,
            complained: complained.map(|(_, address)| address),
        })
    }

    /// Returns the address of the person who speaks: the author, or who complained to the reporting provider.
    fn speaker(&self) -> Option<String> {
        match &self.understood.complaint {
            Some(_) => self.complained.clone(),
            None => self.mail.from.as_ref().map(|from| from.address.to_string()),
        }
    }

    /// Stores the message and what follows from it; the error is why it makes no signal.
    fn take(
        self,
        tx: &WriteTx<'_>,
        core: &Core,
        now: Timestamp,
    ) -> Result<Result<Taken, &'static str>> {
        if self.understood.from_us {
            return Ok(Err("our own mail"));
        }
        let kind = match self.understood.class {
            MailClass::Reply | MailClass::ProbableReply => SignalKind::ReplyReceived,
            MailClass::OptOut => SignalKind::OptedOut,
            MailClass::AutoReply => SignalKind::AutoReply,
            MailClass::BounceHard | MailClass::BounceSoft | MailClass::BounceDoubtful => {
                SignalKind::Bounced
            }
            MailClass::ReadReceipt => SignalKind::ReadReceipt,
            MailClass::MeetingReply => self.meeting_kind(),
            MailClass::Unrelated => return Ok(Err("not about us")),
        };
        let about_stranger = self.contact.is_none();
        if about_stranger && self.understood.complaint.is_some() {
            return Ok(Err("a spam report about nobody we wrote to"));
        }
        if about_stranger && !matches!(self.understood.class, MailClass::Reply | MailClass::OptOut)
        {
            return Ok(Err("from nobody known"));
        }
        let at = self.occurred_at(now);
        let draft = self.signal(kind, at);
        let (signal, mut taken) = intake::take(tx, core, &draft, self.contact, now)?;
        let Some(signal) = signal else {
            return Ok(Ok(taken));
        };
        let contact = match self.contact {
            Some(contact) => Some(contact),
            None => self
                .mail
                .from
                .as_ref()
                .map(|f| people::find_by_email(tx, f.address.as_str()))
                .transpose()?
                .flatten(),
        };
        self.store_message(tx, contact, signal, at)?;
        taken.outcomes += self.consequences(tx, core, contact, signal, at, now)?;
        Ok(Ok(taken))
    }

    fn meeting_kind(&self) -> SignalKind {
        match self.understood.calendar.as_ref().map(|c| c.answer) {
            Some(Participation::Declined) => SignalKind::MeetingDeclined,
            Some(Participation::Countered) => SignalKind::ReplyReceived,
            _ => SignalKind::MeetingBooked,
        }
    }

    /// A message's own date, unless it lies ahead of the clock.
    fn occurred_at(&self, now: Timestamp) -> Timestamp {
        let at = self.mail.date.filter(|d| *d <= now).unwrap_or(now);
        // An answer cannot be older than what it answers: their clock is wrong.
        let sent = self
            .answered
            .as_ref()
            .and_then(|e| e.settled_at)
            .filter(|sent| *sent <= now);
        let at = sent.map_or(at, |sent| at.max(sent));
        Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(now)
    }

    fn signal(&self, kind: SignalKind, at: Timestamp) -> SignalDraft {
        let u = &self.understood;
        let mut payload = Map::new();
        let mut put = |key: &str, value: Value| {
            if !value.is_null() && value != json!("") {
                payload.insert(key.into(), value);
            }
        };
        put("class", json!(u.class));
        put("label", json!(u.label));
        put("objection", json!(u.objection));
        put("confidence", json!((u.confidence * 100.0).round() / 100.0));
        put(
            "check_label",
            if u.check_label {
                json!(true)
            } else {
                Value::Null
            },
        );
        put("because", json!(u.because));
        put("subject", json!(clean_line(&self.mail.subject, 300)));
        put(
            "text",
            json!(clean_block(&u.stripped.text, MAX_EXCERPT_BYTES)),
        );
        put(
            "message_id",
            json!(self.mail.message_id.as_ref().map(ToString::to_string)),
        );
        put(
            "in_reply_to",
            json!(u.in_reply_to.as_ref().map(ToString::to_string)),
        );
        let author = self.mail.from.as_ref().filter(|_| u.complaint.is_none());
        put("from_name", json!(author.map(|f| f.name.clone())));
        put("out_of_office_until", json!(u.out_of_office_until));
        if kind == SignalKind::AutoReply && self.is_long_absence(at) {
            put("absence", json!("long"));
        }
        if let Some(bounce) = &u.bounce {
            let named: Vec<&str> = chain::named(bounce).map(EmailAddress::as_str).collect();
            if !named.is_empty() {
                put("reported", json!(named));
            }
        }
        let wish = &u.opt_out;
        if wish.decision != Decision::No {
            put("opt_out", json!(wish.decision));
            if u.is_unread {
                put("opt_out_language", json!("unread"));
            }
            put("opt_out_scope", json!(wish.scope.as_str()));
            match &wish.scope {
                Scope::Addresses(named) | Scope::MeAnd(named) => {
                    put("opt_out_addresses", json!(named))
                }
                Scope::Domain(named) => put("opt_out_domain", json!(named)),
                Scope::Me | Scope::Firm => {}
            }
            let said = if u.stripped.text.trim().is_empty() {
                &self.mail.subject
            } else {
                &u.stripped.text
            };
            put("opt_out_sentence", json!(sentence_of(said, &wish.because)));
        }
        put("demand", json!(wish.demand));
        if let Some(calendar) = &u.calendar {
            put("uid", json!(calendar.uid));
            put("starts_at", json!(calendar.start));
            put("title", json!(calendar.summary));
        }
        let message_id = self.mail.message_id.as_ref().map(ToString::to_string);
        SignalDraft::new(Source::Mail, kind, at, payload)
            .with_id(message_id.unwrap_or_default(), 0)
            .with_email(self.speaker())
    }

    fn store_message(
        &self,
        tx: &WriteTx<'_>,
        contact: Option<ContactId>,
        signal: SignalId,
        at: Timestamp,
    ) -> Result<()> {
        let u = &self.understood;
        let message_id = self.mail.message_id.as_ref().map_or_else(
            || format!("<none.{}@caseyos.invalid>", signal.0),
            ToString::to_string,
        );
        let ids = |ids: &[MessageId]| {
            ids.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        messages::insert(
            tx,
            &MessageRow {
                inbound: true,
                message_id,
                thread_id: self.thread_id,
                contact_id: contact,
                execution_id: None,
                signal_id: Some(signal),
                from_address: self.speaker().unwrap_or_default(),
                to_address: self
                    .mail
                    .to
                    .first()
                    .map(|t| t.address.to_string())
                    .unwrap_or_default(),
                subject: clean_line(&self.mail.subject, 300),
                base_subject: thread_subject(&self.mail.subject),
                sent_at: at,
                in_reply_to: ids(&self.mail.in_reply_to),
                references: ids(&self.mail.references),
                text: clean_block(&u.stripped.text, MAX_TEXT_BYTES),
                class: Some(u.class),
                label: u.label,
                confidence: u.confidence.clamp(0.0, 1.0),
                source: self.source.clone(),
                file: self.unique.clone(),
                remote_thread: self.remote_thread.clone(),
            },
        )?;
        Ok(())
    }

    /// Records the consequences of a message besides moves: outcomes, suppressions, pauses, mails that must not go any more.
    fn consequences(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        contact: Option<ContactId>,
        signal: SignalId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<u64> {
        let Some(contact) = contact else { return Ok(0) };
        let mut recorded = 0;
        let mut outcome = |kind: OutcomeKind, confidence: f64| -> Result<()> {
            let observed = Observed {
                contact: Some(contact),
                execution: self.answered.as_ref().map(|e| e.id),
                signal: Some(signal),
                confidence,
                ..Observed::new(
                    kind,
                    OutcomeSource::Mail,
                    at,
                    format!("signal:{signal}:{kind}"),
                )
            };
            recorded += u64::from(record(tx, observed, now)?.is_some());
            Ok(())
        };
        let tell = |what| core.tell(tx, &Happened { contact, what }, now);
        let confidence = self.understood.confidence;
        match self.understood.class {
            MailClass::Reply | MailClass::ProbableReply => {
                outcome(
                    OutcomeKind::EmailReplied,
                    if self.understood.class == MailClass::Reply {
                        1.0
                    } else {
                        confidence
                    },
                )?;
                if let Some(kind) = self.response() {
                    outcome(kind, confidence)?;
                }
                mark_answered(tx, contact, at)?;
                people::pause(tx, contact, None, "")?;
                // What waits for them is held, and ends as after every answer once the operator says that this is one.
                if !intake::is_in_question(tx, signal)? {
                    tell(Arrived::Reply)?;
                }
            }
            MailClass::OptOut => {
                outcome(OutcomeKind::EmailUnsubscribed, confidence)?;
                mark_answered(tx, contact, at)?;
            }
            MailClass::AutoReply => self.pause(tx, core, contact, at)?,
            MailClass::BounceHard if self.reached_them() => {}
            MailClass::BounceHard => {
                outcome(OutcomeKind::EmailBounced, confidence)?;
                executions::mark_answered(tx, contact, at)?;
                let policy = self.understood.bounce.as_ref().is_some_and(|b| b.policy);
                tell(if policy {
                    Arrived::Bounce {
                        because: Returned::Policy,
                        addresses: Vec::new(),
                    }
                } else {
                    Arrived::Bounce {
                        because: Returned::Address,
                        addresses: self.bounced_addresses(tx)?,
                    }
                })?;
            }
            MailClass::MeetingReply => mark_answered(tx, contact, at)?,
            MailClass::BounceSoft
            | MailClass::BounceDoubtful
            | MailClass::ReadReceipt
            | MailClass::Unrelated => {}
        }
        Ok(recorded)
    }

    fn response(&self) -> Option<OutcomeKind> {
        use crate::domain::email::classify::ReplyLabel as L;
        match self.understood.label? {
            L::Interested | L::MeetingRequest | L::MeetingConfirmed => {
                Some(OutcomeKind::PositiveResponse)
            }
            L::NotInterested | L::Complaint => Some(OutcomeKind::NegativeResponse),
            L::Question
            | L::Objection
            | L::NotNow
            | L::WrongPerson
            | L::Referral
            | L::Unsubscribe
            | L::OutOfOffice
            | L::Bounce
            | L::Thanks
            | L::Unclear => None,
        }
    }

    /// Tells whether a report about our mail to somebody says that it arrived there, and failed for others only, to whom we did not write.
    fn reached_them(&self) -> bool {
        let (Some(row), Some(bounce)) = (&self.answered, &self.understood.bounce) else {
            return false;
        };
        self.written.is_empty()
            && names(chain::named(bounce), row)
            && !names(chain::reported(bounce), row)
    }

    /// Returns the addresses that a bounce is about: all that it says failed, if we wrote to them.
    fn bounced_addresses(&self, tx: &ReadTx<'_>) -> Result<Vec<String>> {
        let mut addresses: BTreeSet<String> = BTreeSet::new();
        let Some(bounce) = &self.understood.bounce else {
            return Ok(self.answered.iter().map(|e| e.to_key.clone()).collect());
        };
        for recipient in chain::dead(bounce) {
            let is_written = self
                .written
                .iter()
                .any(|written| written == recipient.as_str());
            if is_written
                || self.understood.answers_ours && executions::has_sent_to(tx, &recipient.key())?
            {
                addresses.insert(recipient.key().to_string());
            }
        }
        // Their server may forward, and name only where it forwarded to.
        if let Some(row) = &self.answered
            && !names(chain::named(bounce), row)
        {
            addresses.insert(row.to_key.clone());
        }
        Ok(addresses.into_iter().collect())
    }

    /// Tells whether an absence lasts longer than a pause may.
    fn is_long_absence(&self, at: Timestamp) -> bool {
        let back = self.understood.out_of_office_until;
        let away = back
            .and_then(|back| back.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|back| back.timestamp().duration_since(at));
        away.is_some_and(|away| away > SignedDuration::from_hours(24 * LONGEST_ABSENCE_DAYS))
    }

    /// Out of office: nothing unasked until the day after they are back, else for a fortnight, and never for longer than a pause may last.
    fn pause(
        &self,
        tx: &WriteTx<'_>,
        core: &Core,
        contact: ContactId,
        at: Timestamp,
    ) -> Result<()> {
        let Some(person) = people::load(tx, contact)? else {
            return Ok(());
        };
        let policy = core.send_policy(core.zone_of(&person))?;
        let days = |days: i64| at.checked_add(SignedDuration::from_hours(24 * days)).ok();
        let is_long = self.is_long_absence(at);
        let until = match self.understood.out_of_office_until {
            Some(_) if is_long => days(LONGEST_ABSENCE_DAYS),
            Some(back) => first_business_instant_after(&policy, back),
            None => days(DEFAULT_PAUSE_DAYS),
        };
        let reason = match self.understood.out_of_office_until {
            Some(back) if is_long => format!(
                "out of office until {back}, as they say; held for {LONGEST_ABSENCE_DAYS} days, then you decide"
            ),
            Some(back) => format!("out of office until {back}"),
            None => format!("out of office; no date given, so {DEFAULT_PAUSE_DAYS} days"),
        };
        people::pause(tx, contact, until, &reason)?;
        Ok(())
    }
}

/// Tells whether the address that a mail went to is among some.
fn names<'a>(mut addresses: impl Iterator<Item = &'a EmailAddress>, row: &ExecutionRow) -> bool {
    addresses.any(|address| address.key() == MailboxKey::of(&row.to_key))
}

/// Finds the person who complained, with the address that we wrote to: whom the report names, else the recipient of our mail in it. None if we
/// wrote to nobody of the kind.
fn complainer(tx: &ReadTx<'_>, complaint: &Complaint) -> Result<Option<(ContactId, String)>> {
    for address in &complaint.recipients {
        if let Some(contact) = people::find_by_email(tx, address.as_str())?
            && wrote_to(tx, contact, &address.key())?
        {
            return Ok(Some((contact, address.to_string())));
        }
    }
    let Some(id) = complaint
        .original
        .as_ref()
        .filter(|_| complaint.recipients.is_empty())
    else {
        return Ok(None);
    };
    let id = id.to_string();
    let row = executions::by_message_id(tx, &id)?;
    if let Some(row) = row
        && let Some(contact) = row.contact_id
    {
        return Ok(Some((contact, row.to_key)));
    }
    let ours = messages::find(tx, &id)?.filter(|message| !message.inbound);
    Ok(ours.and_then(|message| Some((message.contact_id?, message.to_address))))
}

/// Tells whether a contact has had mail from us at an address.
fn wrote_to(tx: &ReadTx<'_>, contact: ContactId, to: &MailboxKey) -> Result<bool> {
    if executions::has_sent_to(tx, to)? {
        return Ok(true);
    }
    let known = messages::of_contact(tx, contact, 200)?;
    Ok(known
        .iter()
        .any(|message| !message.inbound && MailboxKey::of(&message.to_address) == *to))
}

/// Tells whether a sender who is neither the contact nor of their firm asks something for many.
fn is_for_others(
    tx: &ReadTx<'_>,
    contact: ContactId,
    mail: &ParsedMail,
    understood: &Understanding,
) -> Result<bool> {
    let is_wide = matches!(understood.opt_out.scope, Scope::Firm | Scope::Domain(_));
    let Some(from) = mail.from.as_ref().filter(|_| is_wide) else {
        return Ok(false);
    };
    let key = from.address.key();
    let firm = firm_domain(&key.domain());
    let is_theirs = |own: &String| {
        let own = MailboxKey::of(own);
        own == key || firm.is_some() && firm_domain(&own.domain()) == firm
    };
    Ok(!people::addresses(tx, contact)?.iter().any(is_theirs))
}

/// Makes a question of a wish.
fn doubt(understood: &mut Understanding) {
    if understood.class == MailClass::OptOut {
        understood.class = if understood.answers_ours {
            MailClass::Reply
        } else {
            MailClass::ProbableReply
        };
    }
    if understood.opt_out.decision == Decision::Yes {
        understood.opt_out.decision = Decision::Ask;
        understood
            .because
            .push("the sender asks it for a firm that is not known as theirs".to_owned());
    }
}

fn bounced_contact(
    tx: &WriteTx<'_>,
    bounce: &crate::domain::email::bounce::Bounce,
) -> Result<Option<ContactId>> {
    for recipient in chain::named(bounce) {
        if let Some(contact) = people::find_by_email(tx, recipient.as_str())? {
            return Ok(Some(contact));
        }
    }
    Ok(None)
}

/// Takes in the refusal of an address at the hand-over: the same event as the report that another server would have sent.
pub(in crate::engine) fn take_refusal(
    tx: &WriteTx<'_>,
    core: &Core,
    row: &ExecutionRow,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let Some(contact) = row.contact_id else {
        return Ok(());
    };
    let because = format!("the mail server refused it at the hand-over: {reason}");
    let payload = json!({
        "class": MailClass::BounceHard,
        "confidence": 1.0,
        "because": [because],
        "subject": row.subject,
        "reported": [row.to_key],
    });
    let Value::Object(payload) = payload else {
        return Ok(());
    };
    let draft = SignalDraft::new(Source::Mail, SignalKind::Bounced, now, payload)
        .with_id(format!("refused:{}", row.message_id), 0)
        .with_email(Some(row.to_key.clone()));
    let (signal, _) = intake::take(tx, core, &draft, Some(contact), now)?;
    let Some(signal) = signal else { return Ok(()) };
    let kind = OutcomeKind::EmailBounced;
    let observed = Observed {
        contact: Some(contact),
        execution: Some(row.id),
        signal: Some(signal),
        ..Observed::new(
            kind,
            OutcomeSource::Mail,
            now,
            format!("signal:{signal}:{kind}"),
        )
    };
    record(tx, observed, now)?;
    let what = Arrived::Bounce {
        because: Returned::Address,
        addresses: vec![row.to_key.clone()],
    };
    core.tell(tx, &Happened { contact, what }, now)
}
