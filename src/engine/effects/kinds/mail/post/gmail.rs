//! Gmail as the post: drafts lie among the account's drafts, mail leaves through it into the right thread.
//!
//! What became of a message whose answer did not come is asked by its Message-ID. Gmail may have put another one in its place, so mail that
//! was sent to the same address since is looked at too, and is ours if it says so or has our subject and date. The search lags behind what was
//! sent, so not finding a message says little in the first minutes; how long to go on asking is decided above.

mod drafts;

use jiff::SignedDuration;

use crate::connectors::google::gmail::{self, Message};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::connectors::transport::{CallError, CallErrorKind, Fate, Request};
use crate::domain::effect::Ended;
use crate::domain::email::message_id::MessageId;
use crate::domain::guard::Mode;
use crate::engine::effects::kind::{Delivered, Undelivered};
use crate::engine::effects::kinds::mail::draft::Content;

use crate::engine::effects::kinds::mail::render::{content_of, is_as_rendered, render_content};
use crate::engine::error::{EngineError, Result};
use crate::engine::outside::Outside;
use crate::engine::outside::google::{Stop, failed, sentence};
use crate::store::executions::ExecutionRow;
use crate::store::remotes::{self, RemoteMessage};
use crate::store::{Durability, executions, messages};

/// The headers by which a message of ours is known.
const HEADERS: &[&str] = &[
    "Message-ID",
    "X-Google-Original-Message-ID",
    "Subject",
    "Date",
    "To",
];
/// How far two clocks may lie apart where mail is looked for by time.
const SKEW: SignedDuration = SignedDuration::from_mins(15);
const DRAFTS: &str = "gmail:drafts/";
const MESSAGES: &str = "gmail:messages/";

/// A mailbox at Gmail.
#[derive(Debug, Clone)]
pub(in crate::engine) struct GmailPost<'a> {
    outside: &'a Outside,
}

impl<'a> GmailPost<'a> {
    /// Returns the post of the account that is signed in.
    pub const fn of(outside: &'a Outside) -> Self {
        Self { outside }
    }

    /// Delivers a message, unless `stopped` says in the last moment why it must not leave.
    pub fn deliver(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        stopped: &dyn Fn() -> Option<String>,
    ) -> Result<Delivered, Undelivered> {
        let kept = |e: EngineError| Undelivered::for_now(e.to_string());
        let thread = self.thread_of(row).map_err(kept)?;
        if let Some(reason) = stopped() {
            return Err(Undelivered::Stopped { reason });
        }
        match row.mode {
            Mode::Live => self.send(row, message, &thread),
            Mode::Draft | Mode::DryRun => self.make_draft(row, message, &thread),
        }
    }

    fn send(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        thread: &str,
    ) -> Result<Delivered, Undelivered> {
        let sent = if row.is_of_draft() {
            self.send_draft(row, message)?
        } else {
            let answer = self.in_thread(thread, |thread| gmail::send(message, thread))?;
            gmail::read_message(&answer).unwrap_or_default()
        };
        // It has left; whatever cannot be learned about it now must not look as if it had not.
        let known = self
            .look_at(&sent.id)
            .inspect_err(|error| tracing::warn!(execution = row.id.0, %error, "the Message-ID of a sent message is not known"))
            .unwrap_or_default();
        let named = Message {
            id: sent.id,
            thread_id: sent.thread_id,
            ..known
        };
        Ok(self.sent(row, &named))
    }

    fn make_draft(
        &self,
        row: &ExecutionRow,
        message: &[u8],
        thread: &str,
    ) -> Result<Delivered, Undelivered> {
        // What lies there already, of this very execution, gets the new words in place: there are never two.
        let kept = self.draft_id(row).map_err(|e| match e {
            Stop::Call(error) => undelivered(&error),
            Stop::Engine(error) => Undelivered::Unknown {
                reason: error.to_string(),
            },
        })?;
        if let Some(id) = kept {
            match self.in_thread(thread, |thread| gmail::update_draft(&id, message, thread)) {
                Ok(answer) => {
                    let draft = gmail::read_draft(&answer).unwrap_or_default();
                    return Ok(self.drafted(row, &id, &draft.message));
                }
                // It was removed meanwhile, here or there.
                Err(Undelivered::NotSent { .. }) if matches!(self.lying_draft(row), Ok(None)) => {}
                Err(error) => return Err(error),
            }
        }
        let answer = self.in_thread(thread, |thread| gmail::create_draft(message, thread))?;
        let draft = gmail::read_draft(&answer).unwrap_or_default();
        Ok(self.drafted(row, &draft.id, &draft.message))
    }

    /// Makes a request in a thread; if that is there no more, outside of any.
    fn in_thread(
        &self,
        thread: &str,
        request: impl Fn(&str) -> Request,
    ) -> Result<crate::connectors::transport::Response, Undelivered> {
        match self.outside.call(&request(thread)) {
            Err(error) if error.kind == CallErrorKind::NotFound && !thread.is_empty() => {
                self.outside.call(&request("")).map_err(|e| undelivered(&e))
            }
            answer => answer.map_err(|e| undelivered(&e)),
        }
    }

    /// Returns the thread that the message answers in.
    fn thread_of(&self, row: &ExecutionRow) -> Result<String> {
        let content: Content = serde_json::from_str(&row.content).map_err(|e| {
            crate::store::StoreError::Invalid(format!("the content of execution {}: {e}", row.id))
        })?;
        if content.in_reply_to.is_empty() {
            return Ok(String::new());
        }
        self.outside.core.store.read(|tx| {
            let parent = messages::find(tx, &content.in_reply_to)?;
            Ok(parent.map(|m| m.remote_thread).unwrap_or_default())
        })
    }

    fn look_at(&self, id: &str) -> Result<Message, CallError> {
        gmail::read_message(&self.outside.call(&gmail::get_headers(id, HEADERS))?)
    }

    fn sent(&self, row: &ExecutionRow, message: &Message) -> Delivered {
        self.remember(row, &message.id, message);
        Delivered::at(format!("{MESSAGES}{}", message.id))
    }

    fn drafted(&self, row: &ExecutionRow, draft: &str, message: &Message) -> Delivered {
        self.remember(row, draft, message);
        Delivered::draft_at(format!("{DRAFTS}{draft}"))
    }

    /// Keeps Gmail's names for a message. Without them an answer is still known by its headers, so this may fail.
    fn remember(&self, row: &ExecutionRow, remote_id: &str, message: &Message) {
        let real = MessageId::find(message.header("Message-ID"));
        let remote = RemoteMessage {
            message_id: real.map(|id| id.to_string()).unwrap_or_default(),
            remote_id: remote_id.to_owned(),
            thread: message.thread_id.clone(),
        };
        self.keep(row, remote);
    }

    fn keep(&self, row: &ExecutionRow, remote: RemoteMessage) {
        let id = row.id;
        let kept = self.outside.core.store.write(Durability::Full, move |tx| {
            Ok::<_, EngineError>(remotes::set(tx, id, &remote)?)
        });
        if let Err(error) = kept {
            tracing::warn!(execution = id.0, %error, "Gmail's names for a message could not be kept");
        }
    }

    /// Asks what became of a message; none if Gmail does not know it, which says little while its search lags.
    pub fn find(&self, row: &ExecutionRow) -> Result<Option<Delivered>> {
        Ok(match row.mode {
            Mode::Live if row.is_of_draft() => self.find_sent_draft(row)?,
            Mode::Live => self.find_sent(row)?,
            // It may have been sent by hand before it was known to be there.
            Mode::Draft | Mode::DryRun => match self.find_draft(row)? {
                None if !row.is_of_draft() => self.find_sent(row)?,
                found => found,
            },
        })
    }

    fn find_sent(&self, row: &ExecutionRow) -> Result<Option<Delivered>, Stop> {
        let listed = self.outside.call(&gmail::find_message(&row.message_id))?;
        for message in gmail::read_messages(&listed)?.messages {
            let message = self.look_at(&message.id)?;
            if is_named(&message, &row.message_id)
                && !message.is_labelled("DRAFT")
                && self.says_the_same(row, &message.id)?
            {
                return Ok(Some(self.sent(row, &message)));
            }
        }
        // It cannot have left before it was approved.
        let begin = row.claimed_at.unwrap_or(row.approved_at);
        let from = begin.checked_sub(SKEW).unwrap_or(begin).as_second();
        let search = format!("in:sent to:{} after:{from}", row.to_key);
        let listed = self.outside.call(&gmail::list_messages(&search, ""))?;
        let rendered = self
            .outside
            .core
            .store
            .read(|tx| Ok::<_, EngineError>(executions::rendered(tx, row.id)?))?;
        let ours = parse_header(&rendered);
        for message in gmail::read_messages(&listed)?.messages.iter().take(10) {
            let message = self.look_at(&message.id)?;
            let header = format!(
                "To: {}\r\nSubject: {}\r\nDate: {}\r\n\r\n",
                message.header("To"),
                message.header("Subject"),
                message.header("Date")
            );
            let theirs = parse_header(header.as_bytes());
            let is_same = ours.date.is_some()
                && theirs.date == ours.date
                && theirs.subject == ours.subject
                && theirs.to == ours.to;
            let is_ours = is_named(&message, &row.message_id) || is_same;
            if is_ours && self.says_the_same(row, &message.id)? {
                return Ok(Some(self.sent(row, &message)));
            }
        }
        Ok(None)
    }

    /// Tells whether a message goes to the same person with the same words: one of our id may be from before the database was restored.
    fn says_the_same(&self, row: &ExecutionRow, id: &str) -> Result<bool, Stop> {
        let ours = render_content(&content_of(row)?, &row.message_id, row.approved_at)?;
        let there = gmail::read_message(&self.outside.call(&gmail::get_message(id))?)?;
        Ok(is_as_rendered(
            &ours,
            &parse(&there.bytes().unwrap_or_default()),
        ))
    }

    /// Finds the draft as it was to be made: one that still says something else has not got its new words yet.
    fn find_draft(&self, row: &ExecutionRow) -> Result<Option<Delivered>, Stop> {
        let rendered = self
            .outside
            .core
            .store
            .read(|tx| Ok::<_, EngineError>(executions::rendered(tx, row.id)?))?;
        let Some(draft) = self.named_draft(row)? else {
            return Ok(None);
        };
        let mail = parse(&draft.message.bytes().unwrap_or_default());
        Ok(is_as_rendered(&rendered, &mail).then(|| self.drafted(row, &draft.id, &draft.message)))
    }

    /// Removes a draft; returns whether it was still there.
    pub fn remove_draft(&self, row: &ExecutionRow) -> Result<bool> {
        let Some(id) = self.draft_id(row)? else {
            return Ok(false);
        };
        match self.outside.call(&gmail::delete_draft(&id)) {
            Ok(_) => Ok(true),
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => Ok(false),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Tells whether a message carries a Message-ID, or carried it when it was handed over.
fn is_named(message: &Message, message_id: &str) -> bool {
    ["Message-ID", "X-Google-Original-Message-ID"]
        .into_iter()
        .any(|name| message.header(name) == message_id)
}

fn undelivered(error: &CallError) -> Undelivered {
    let reason = sentence(error);
    match error.fate {
        // That it left is certain, but not as what: it is asked for by its Message-ID.
        Fate::Unknown | Fate::Sent => Undelivered::Unknown { reason },
        Fate::NotSent | Fate::Answered => Undelivered::NotSent {
            reason,
            // A message that is refused as it is will be refused again.
            ended: (error.fate == Fate::Answered && error.kind == CallErrorKind::Invalid)
                .then_some(Ended::Refused),
            retry_after: error.retry_after,
        },
    }
}
