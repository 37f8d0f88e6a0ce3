//! Drafts at Gmail that the operator changed, sent or deleted there.
//!
//! Gmail keeps a draft's own name while its message is replaced with each change, and when it is sent the draft is gone and a message with
//! another name lies in the same thread. The thread is asked first: unlike the search it does not lag.

use std::collections::HashSet;

use crate::connectors::google::gmail::{self, Draft, Message};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::connectors::transport::{CallError, CallErrorKind};
use crate::domain::effect::Ended;
use crate::domain::email::ParsedMail;
use crate::domain::email::left::LostDraft;
use crate::domain::email::message_id::MessageId;
use crate::engine::effects::kind::{Delivered, Undelivered};
use crate::engine::effects::kinds::mail::post::drafts::{
    DraftFate, LeftDraft, likeliest_first, sought,
};
use crate::engine::effects::kinds::mail::post::gmail::{GmailPost, HEADERS, SKEW, undelivered};
use crate::engine::effects::kinds::mail::render::is_as_rendered;
use crate::engine::error::{EngineError, Result};
use crate::engine::outside::google::{Stop, failed, sentence};
use crate::store::executions::ExecutionRow;
use crate::store::remotes::{self, RemoteMessage};

/// The headers that tell whether a message is a draft of ours.
const TELLING: &[&str] = &[
    "Message-ID",
    "X-Google-Original-Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "To",
    "Cc",
];
/// Pages of drafts that are read; what lies on none of them is asked for by name.
const MAX_PAGES: usize = 4;
/// Messages that are looked at for one draft.
const MAX_CANDIDATES: usize = 20;

impl GmailPost<'_> {
    /// Looks what became of drafts: one list tells of all that still lie there.
    pub fn draft_fates(&self, rows: &[ExecutionRow]) -> Result<Vec<DraftFate>> {
        let lying = self.lying_drafts()?;
        rows.iter()
            .map(|row| Ok(self.draft_fate(row, &lying)?))
            .collect()
    }

    fn lying_drafts(&self) -> Result<HashSet<String>, Stop> {
        let (mut lying, mut page) = (HashSet::new(), String::new());
        for _ in 0..MAX_PAGES {
            let (drafts, next) =
                gmail::read_drafts(&self.outside.call(&gmail::list_drafts(&page))?)?;
            lying.extend(drafts.into_iter().map(|draft| draft.id));
            if next.is_empty() || next == page {
                break;
            }
            page = next;
        }
        Ok(lying)
    }

    fn draft_fate(&self, row: &ExecutionRow, lying: &HashSet<String>) -> Result<DraftFate, Stop> {
        let kept = self
            .outside
            .core
            .store
            .read(|tx| Ok::<_, EngineError>(remotes::load(tx, row.id)?))?
            .unwrap_or_default();
        let is_there = match kept.remote_id.as_str() {
            "" => self.named_draft(row)?.is_some(),
            id => lying.contains(id) || self.has_draft(id)?,
        };
        if is_there {
            return Ok(DraftFate::Lies);
        }
        let sought = sought(row)?;
        let mut found = self.sent_in_thread(&sought, &kept)?;
        if found.is_empty() {
            found = self.sent_by_search(row, &sought)?;
        }
        likeliest_first(&mut found, &sought.message_id);
        Ok(DraftFate::Gone(found))
    }

    fn has_draft(&self, id: &str) -> Result<bool, Stop> {
        Ok(self.fetch_draft(id)?.is_some())
    }

    fn fetch_draft(&self, id: &str) -> Result<Option<Message>, CallError> {
        match self.outside.call(&gmail::get_draft(id)) {
            Ok(answer) => Ok(Some(gmail::read_draft(&answer)?.message)),
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns a draft's message as it lies there; none if it does not.
    pub fn lying_draft(&self, row: &ExecutionRow) -> Result<Option<ParsedMail>> {
        let Some(id) = self.draft_id(row)? else {
            return Ok(None);
        };
        let message = self.fetch_draft(&id).map_err(|e| failed(&e))?;
        Ok(message.map(|message| parse(&message.bytes().unwrap_or_default())))
    }

    /// Returns Gmail's name for the draft of an execution: the one that is kept, else the one that is found by the Message-ID.
    pub(super) fn draft_id(&self, row: &ExecutionRow) -> Result<Option<String>, Stop> {
        let kept = self
            .outside
            .core
            .store
            .read(|tx| Ok::<_, EngineError>(remotes::load(tx, row.id)?))?;
        if let Some(kept) = kept.filter(|kept| !kept.remote_id.is_empty()) {
            return Ok(Some(kept.remote_id));
        }
        Ok(self.named_draft(row)?.map(|draft| draft.id))
    }

    /// Finds the draft that carries an execution's Message-ID.
    pub(super) fn named_draft(&self, row: &ExecutionRow) -> Result<Option<Draft>, Stop> {
        let listed = self.outside.call(&gmail::find_draft(&row.message_id))?;
        for draft in gmail::read_drafts(&listed)?.0.into_iter().take(10) {
            let draft = gmail::read_draft(&self.outside.call(&gmail::get_draft(&draft.id))?)?;
            let header = parse_header(&draft.message.bytes().unwrap_or_default());
            if header
                .message_id
                .is_some_and(|id| id.to_string() == row.message_id)
            {
                return Ok(Some(draft));
            }
        }
        Ok(None)
    }

    /// Sends the draft that lies there, if it says what was approved.
    pub(super) fn send_draft(
        &self,
        row: &ExecutionRow,
        message: &[u8],
    ) -> Result<Message, Undelivered> {
        let gone = || Undelivered::Unknown {
            reason: "The draft is no longer at Gmail: it was sent by hand or deleted.".into(),
        };
        let id = match self.draft_id(row) {
            Ok(Some(id)) => id,
            Ok(None) => return Err(gone()),
            Err(Stop::Call(error)) => return Err(undelivered_read(&error)),
            Err(Stop::Engine(error)) => return Err(not_sent(error.to_string(), false)),
        };
        let lying = self.fetch_draft(&id).map_err(|e| undelivered_read(&e))?;
        let lying = lying.ok_or_else(gone)?;
        if !is_as_rendered(message, &parse(&lying.bytes().unwrap_or_default())) {
            return Err(not_sent(
                "The draft was changed at Gmail since it was approved.".into(),
                true,
            ));
        }
        match self.outside.call(&gmail::send_draft(&id)) {
            Ok(answer) => Ok(gmail::read_message(&answer).unwrap_or_default()),
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => {
                Err(gone())
            }
            Err(error) => Err(undelivered(&error)),
        }
    }

    /// Finds the message that a draft became.
    pub(super) fn find_sent_draft(&self, row: &ExecutionRow) -> Result<Option<Delivered>> {
        let fate = self
            .draft_fates(std::slice::from_ref(row))?
            .into_iter()
            .next();
        let Some(DraftFate::Gone(found)) = fate else {
            return Ok(None);
        };
        Ok(found.into_iter().next().map(|left| {
            let remote = RemoteMessage {
                message_id: left.ids.first().cloned().unwrap_or_default(),
                remote_id: left.remote_id,
                thread: left.thread,
            };
            self.keep(row, remote);
            Delivered::at(left.location)
        }))
    }

    fn sent_in_thread(
        &self,
        sought: &LostDraft,
        kept: &RemoteMessage,
    ) -> Result<Vec<LeftDraft>, Stop> {
        if kept.thread.is_empty() {
            return Ok(Vec::new());
        }
        let messages = match self.outside.call(&gmail::get_thread(&kept.thread, TELLING)) {
            Ok(answer) => gmail::read_thread(&answer)?,
            // It held nothing but the draft.
            Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        self.chosen(sought, messages, true)
    }

    /// Looks outside of the thread: a changed subject may have begun another one.
    fn sent_by_search(
        &self,
        row: &ExecutionRow,
        sought: &LostDraft,
    ) -> Result<Vec<LeftDraft>, Stop> {
        let listed = self.outside.call(&gmail::find_message(&row.message_id))?;
        let mut messages = gmail::read_messages(&listed)?.messages;
        let from = sought.since.checked_sub(SKEW).unwrap_or(sought.since);
        let search = format!("in:sent to:{} after:{}", sought.to, from.as_second());
        let listed = self.outside.call(&gmail::list_messages(&search, ""))?;
        messages.extend(gmail::read_messages(&listed)?.messages);
        messages.truncate(MAX_CANDIDATES);
        let mut looked_at = Vec::with_capacity(messages.len());
        for message in messages {
            match self.outside.call(&gmail::get_headers(&message.id, TELLING)) {
                Ok(answer) => looked_at.push(gmail::read_message(&answer)?),
                Err(e) if matches!(e.kind, CallErrorKind::NotFound | CallErrorKind::Gone) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.chosen(sought, looked_at, false)
    }

    /// Fetches those of some messages that are the draft, sent.
    fn chosen(
        &self,
        sought: &LostDraft,
        messages: Vec<Message>,
        in_thread: bool,
    ) -> Result<Vec<LeftDraft>, Stop> {
        let mut found: Vec<LeftDraft> = Vec::new();
        for message in messages {
            let ids = ids_of(&message);
            let is_known = found.iter().any(|left| left.remote_id == message.id);
            if is_known || !message.is_labelled("SENT") || message.is_labelled("DRAFT") {
                continue;
            }
            let at = message.at().unwrap_or(sought.since);
            if !sought.is(&header_of(&message), &ids, in_thread, at) {
                continue;
            }
            let answer = self.outside.call(&gmail::get_message(&message.id))?;
            let whole = gmail::read_message(&answer)?;
            let Some(bytes) = whole.bytes() else {
                continue;
            };
            found.push(LeftDraft {
                ids,
                location: format!(
                    "{}{}",
                    crate::engine::effects::kinds::mail::post::gmail::MESSAGES,
                    message.id
                ),
                remote_id: message.id,
                thread: whole.thread_id,
                at,
                mail: parse(&bytes),
            });
        }
        Ok(found)
    }
}

fn not_sent(reason: String, is_final: bool) -> Undelivered {
    Undelivered::NotSent {
        reason,
        ended: is_final.then_some(Ended::Refused),
        retry_after: None,
    }
}

/// Says why nothing was sent: what failed was a look.
fn undelivered_read(error: &CallError) -> Undelivered {
    Undelivered::NotSent {
        reason: sentence(error),
        ended: None,
        retry_after: error.retry_after,
    }
}

fn ids_of(message: &Message) -> Vec<String> {
    HEADERS
        .iter()
        .filter(|name| name.ends_with("Message-ID"))
        .filter_map(|name| MessageId::find(message.header(name)))
        .map(|id| id.to_string())
        .collect()
}

/// Reads the headers that came without the message.
fn header_of(message: &Message) -> ParsedMail {
    let lines: String = TELLING
        .iter()
        .filter(|name| !message.header(name).is_empty())
        .map(|name| format!("{name}: {}\r\n", message.header(name)))
        .collect();
    parse_header(format!("{lines}\r\n").as_bytes())
}
