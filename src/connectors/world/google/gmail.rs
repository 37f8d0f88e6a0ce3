//! A mailbox of Gmail: messages with their labels, threads and history, drafts, and mail that leaves.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is read by a name answers null for what it has not, and what is written to are objects made here"
)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Answer, holds_only, invalid, knows, not_found, page_size, refusal};
use crate::connectors::google::{decode, encode};
use crate::connectors::mail::compose::{OutboundMail, compose};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::connectors::world::{WorldRequest, WorldResponse};
use crate::domain::email::ParsedMail;
use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::message_id::{MessageId, parse_list};
use crate::domain::email::subject::thread_subject;

/// Ids look like Gmail's: sixteen hexadecimal digits.
const FIRST_ID: u64 = 0x18c0_0000_0000_0001;
const SEARCH: &[&str] = &[
    "q",
    "labelIds",
    "maxResults",
    "pageToken",
    "includeSpamTrash",
];

/// Returns what an operation costs in quota units.
pub(super) fn cost(method: &str, path: &[&str]) -> u32 {
    match (method, path) {
        ("POST", ["messages", "send"] | ["drafts", "send"]) => 100,
        ("GET", ["threads", _]) => 40,
        ("GET", ["threads"]) => 10,
        ("GET", ["messages", _]) => 20,
        ("PUT", ["drafts", _]) => 15,
        ("POST" | "DELETE", ["drafts", ..]) => 10,
        ("GET", ["messages"] | ["drafts", ..]) => 5,
        ("GET", ["history"]) => 2,
        _ => 1,
    }
}

#[derive(Debug, Clone)]
struct Stored {
    thread: u64,
    raw: Vec<u8>,
    labels: Vec<String>,
    at: Timestamp,
    history: u64,
}

#[derive(Debug, Clone)]
enum Change {
    Added(u64),
    Deleted(u64),
    Labelled(u64, Vec<String>),
}

/// A mailbox.
#[derive(Debug)]
pub struct MailboxWorld {
    /// The account's address.
    pub address: String,
    /// Further addresses that it writes from.
    pub aliases: Vec<String>,
    /// True if sent mail gets another Message-ID, as in some accounts.
    pub rewrites_ids: bool,
    /// True if the search lags so far behind that it does not know sent mail.
    pub search_lags: bool,
    /// Results on a page at most, whatever size is asked for.
    pub page_limit: usize,
    /// Messages to remove, one with each page of a list that is asked for: what changes while somebody pages.
    pub vanishing: Vec<String>,
    messages: BTreeMap<u64, Stored>,
    drafts: BTreeMap<String, u64>,
    history: Vec<(u64, Change)>,
    history_starts: u64,
    next_id: u64,
    next_history: u64,
}

impl MailboxWorld {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            aliases: Vec::new(),
            rewrites_ids: false,
            search_lags: false,
            page_limit: 500,
            vanishing: Vec::new(),
            messages: BTreeMap::new(),
            drafts: BTreeMap::new(),
            history: Vec::new(),
            history_starts: 0,
            next_id: FIRST_ID,
            next_history: 1000,
        }
    }

    pub(super) fn answer(
        &mut self,
        request: &WorldRequest,
        path: &[&str],
        now: Timestamp,
    ) -> Answer {
        match (request.method.as_str(), path) {
            ("GET", ["profile"]) => {
                knows(request, &[])?;
                Ok(WorldResponse::json(
                    200,
                    &json!({
                        "emailAddress": self.address,
                        "messagesTotal": self.messages.len(),
                        "threadsTotal": self.messages.len(),
                        "historyId": self.next_history.to_string(),
                    }),
                ))
            }
            ("GET", ["settings", "sendAs"]) => {
                knows(request, &[])?;
                let all: Vec<Value> = std::iter::once(&self.address)
                    .chain(&self.aliases)
                    .map(|a| json!({"sendAsEmail": a, "isDefault": *a == self.address, "verificationStatus": "accepted"}))
                    .collect();
                Ok(WorldResponse::json(200, &json!({ "sendAs": all })))
            }
            ("GET", ["messages"]) => self.list(request, now),
            ("GET", ["history"]) => self.list_history(request),
            ("POST", ["messages", "send"]) => {
                knows(request, &[])?;
                let (raw, thread) = self.outgoing(&request.json())?;
                self.send(raw, thread, now)
            }
            ("GET", ["messages", id]) => {
                knows(request, &["format", "metadataHeaders"])?;
                let (id, stored) = self.stored(id)?;
                Ok(WorldResponse::json(200, &shown(id, stored, request)?))
            }
            ("GET", ["threads"]) => self.list_threads(request, now),
            ("GET", ["threads", id]) => self.thread(request, id),
            (_, ["drafts", ..]) => self.answer_draft(request, path, now),
            _ => Err(not_found()),
        }
    }

    fn stored(&self, id: &str) -> Result<(u64, &Stored), WorldResponse> {
        let number = u64::from_str_radix(id, 16).map_err(|_| invalid("Invalid id value"))?;
        let stored = self.messages.get(&number).ok_or_else(not_found)?;
        Ok((number, stored))
    }

    fn list(&mut self, request: &WorldRequest, now: Timestamp) -> Answer {
        knows(request, SEARCH)?;
        let (ids, next) = self.search(request, now)?;
        let messages: Vec<Value> = ids
            .iter()
            .filter_map(|id| self.messages.get(id).map(|m| (id, m)))
            .map(|(id, m)| json!({"id": named(*id), "threadId": named(m.thread)}))
            .collect();
        let mut body = json!({"resultSizeEstimate": messages.len()});
        if !messages.is_empty() {
            body["messages"] = json!(messages);
        }
        if let Some(next) = next {
            body["nextPageToken"] = json!(next);
        }
        if let Some(id) = self.vanishing.pop() {
            self.delete(&id);
        }
        Ok(WorldResponse::json(200, &body))
    }

    /// Returns a page of what a search finds, newest first. A page goes on below the last id of the one before, so what comes or goes meanwhile
    /// shifts nothing.
    fn search(
        &self,
        request: &WorldRequest,
        now: Timestamp,
    ) -> Result<(Vec<u64>, Option<String>), WorldResponse> {
        let below = match request.param("pageToken") {
            None => u64::MAX,
            Some(token) => token
                .strip_prefix('p')
                .and_then(|t| u64::from_str_radix(t, 16).ok())
                .ok_or_else(|| invalid("Invalid pageToken"))?,
        };
        let size = page_size(request, 100, self.page_limit.min(500))?;
        let query = request.param("q").unwrap_or_default();
        let everywhere = request.param("includeSpamTrash") == Some("true")
            || query.contains("in:anywhere")
            || query.contains("in:spam")
            || query.contains("in:trash");
        let found: Vec<u64> = self
            .messages
            .range(..below)
            .rev()
            .filter(|(_, m)| everywhere || !m.labels.iter().any(|l| l == "SPAM" || l == "TRASH"))
            .filter(|(_, m)| {
                request
                    .params("labelIds")
                    .all(|wanted| m.labels.iter().any(|l| l == wanted))
            })
            .filter(|(_, m)| self.fits_all(m, query, now))
            .map(|(id, _)| *id)
            .take(size + 1)
            .collect();
        let next = (found.len() > size)
            .then(|| found.get(size - 1).map(|last| format!("p{last:x}")))
            .flatten();
        Ok((found.into_iter().take(size).collect(), next))
    }

    fn list_threads(&mut self, request: &WorldRequest, now: Timestamp) -> Answer {
        knows(request, SEARCH)?;
        let (ids, next) = self.search(request, now)?;
        let mut threads: Vec<u64> = Vec::new();
        for id in ids {
            if let Some(m) = self.messages.get(&id)
                && !threads.contains(&m.thread)
            {
                threads.push(m.thread);
            }
        }
        let threads: Vec<Value> = threads.iter().map(|t| json!({"id": named(*t)})).collect();
        let mut body = json!({ "threads": threads });
        if let Some(next) = next {
            body["nextPageToken"] = json!(next);
        }
        Ok(WorldResponse::json(200, &body))
    }

    /// Tells whether a message fits a whole search; of the terms in braces one is enough.
    fn fits_all(&self, stored: &Stored, query: &str, now: Timestamp) -> bool {
        let (outside, inside) = match query.split_once('{') {
            Some((before, rest)) => {
                let (inside, after) = rest.split_once('}').unwrap_or((rest, ""));
                (format!("{before} {after}"), inside)
            }
            None => (query.to_owned(), ""),
        };
        outside
            .split_whitespace()
            .all(|term| self.fits(stored, term, now))
            && (inside.trim().is_empty()
                || inside
                    .split_whitespace()
                    .any(|term| self.fits(stored, term, now)))
    }

    fn fits(&self, stored: &Stored, term: &str, now: Timestamp) -> bool {
        if let Some(unwanted) = term.strip_prefix('-') {
            return !self.fits(stored, unwanted, now);
        }
        let Some((name, value)) = term.split_once(':') else {
            let text = String::from_utf8_lossy(&stored.raw).to_lowercase();
            return text.contains(&term.to_lowercase());
        };
        let mail = parse_header(&stored.raw);
        let is_labelled = |label: &str| stored.labels.iter().any(|l| l == label);
        match name {
            "rfc822msgid" => {
                let lags = self.search_lags && is_labelled("SENT");
                !lags && mail.message_id.is_some_and(|id| id.as_str() == value)
            }
            "in" => match value {
                "anywhere" => true,
                "sent" => is_labelled("SENT") && !self.search_lags,
                "drafts" => is_labelled("DRAFT"),
                "chats" => is_labelled("CHAT"),
                other => is_labelled(&other.to_uppercase()),
            },
            "after" => instant(value).is_some_and(|at| stored.at >= at),
            "before" => instant(value).is_some_and(|at| stored.at < at),
            "newer_than" => {
                span(value).is_some_and(|seconds| now.duration_since(stored.at).as_secs() < seconds)
            }
            "from" => mail.sender_lower().contains(&value.to_lowercase()),
            "to" => mail
                .to
                .iter()
                .any(|t| t.address.as_str() == value.to_lowercase()),
            "subject" => mail.subject.to_lowercase().contains(&value.to_lowercase()),
            _ => true,
        }
    }

    fn list_history(&self, request: &WorldRequest) -> Answer {
        knows(
            request,
            &[
                "startHistoryId",
                "historyTypes",
                "labelId",
                "maxResults",
                "pageToken",
            ],
        )?;
        let start: u64 = request
            .param("startHistoryId")
            .and_then(|t| t.parse().ok())
            .ok_or_else(|| invalid("Missing or invalid startHistoryId"))?;
        if start < self.history_starts {
            return Err(not_found());
        }
        let from = match request.param("pageToken") {
            None => start,
            Some(token) => token
                .strip_prefix('h')
                .and_then(|t| t.parse().ok())
                .ok_or_else(|| invalid("Invalid pageToken"))?,
        };
        let size = page_size(request, 100, self.page_limit.min(500))?;
        let types: Vec<&str> = request.params("historyTypes").collect();
        let wanted = |word: &str| types.is_empty() || types.contains(&word);
        let changes: Vec<(u64, Value)> = self
            .history
            .iter()
            .filter(|(at, _)| *at > from)
            .filter_map(|(at, change)| {
                let one = |id: &u64| {
                    self.messages
                        .get(id)
                        .map_or_else(|| json!({"id": named(*id)}), |m| brief(*id, m))
                };
                let record = match change {
                    Change::Added(id) if wanted("messageAdded") => {
                        json!({"id": at.to_string(), "messagesAdded": [{"message": one(id)}]})
                    }
                    Change::Deleted(id) if wanted("messageDeleted") => {
                        json!({"id": at.to_string(), "messagesDeleted": [{"message": one(id)}]})
                    }
                    Change::Labelled(id, labels) if wanted("labelAdded") => {
                        json!({"id": at.to_string(), "labelsAdded": [{"message": one(id), "labelIds": labels}]})
                    }
                    _ => return None,
                };
                Some((*at, record))
            })
            .take(size + 1)
            .collect();
        let mut body = json!({"historyId": self.next_history.to_string()});
        if changes.len() > size
            && let Some((last, _)) = changes.get(size - 1)
        {
            body["nextPageToken"] = json!(format!("h{last}"));
        }
        let records: Vec<Value> = changes.into_iter().take(size).map(|(_, r)| r).collect();
        if !records.is_empty() {
            body["history"] = json!(records);
        }
        Ok(WorldResponse::json(200, &body))
    }

    fn thread(&self, request: &WorldRequest, id: &str) -> Answer {
        knows(request, &["format", "metadataHeaders"])?;
        let thread = u64::from_str_radix(id, 16).map_err(|_| invalid("Invalid id value"))?;
        let messages = self
            .messages
            .iter()
            .filter(|(_, m)| m.thread == thread)
            .map(|(id, m)| shown(*id, m, request))
            .collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() {
            return Err(not_found());
        }
        Ok(WorldResponse::json(
            200,
            &json!({"id": id, "messages": messages}),
        ))
    }

    /// Reads a message that is handed in, with the thread that it wants to join.
    fn outgoing(&self, message: &Value) -> Result<(Vec<u8>, Option<u64>), WorldResponse> {
        holds_only(message, &["raw", "threadId", "id", "labelIds"])?;
        let raw = message["raw"]
            .as_str()
            .and_then(decode)
            .filter(|raw| !raw.is_empty())
            .ok_or_else(|| invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required"))?;
        let thread = match message["threadId"].as_str() {
            None => None,
            Some(text) => {
                let thread = u64::from_str_radix(text, 16).map_err(|_| not_found())?;
                if !self.messages.values().any(|m| m.thread == thread) {
                    return Err(not_found());
                }
                let mail = parse_header(&raw);
                Some(thread).filter(|t| self.belongs(*t, &mail))
            }
        };
        Ok((raw, thread))
    }

    /// Tells whether a message joins a thread: it answers one of its messages under the same subject.
    fn belongs(&self, thread: u64, mail: &ParsedMail) -> bool {
        self.messages
            .values()
            .filter(|m| m.thread == thread)
            .any(|m| {
                let other = parse_header(&m.raw);
                let answers = mail
                    .ancestors()
                    .any(|id| Some(id) == other.message_id.as_ref());
                answers && thread_subject(&mail.subject) == thread_subject(&other.subject)
            })
    }

    fn send(&mut self, raw: Vec<u8>, thread: Option<u64>, now: Timestamp) -> Answer {
        let mail = parse_header(&raw);
        if mail.to.is_empty() {
            return Err(invalid("Recipient address required"));
        }
        let raw = if self.rewrites_ids {
            self.rewritten(&raw)
        } else {
            raw
        };
        let mut labels = vec!["SENT".to_owned()];
        if mail.to.iter().any(|t| t.address.as_str() == self.address) {
            labels.push("INBOX".to_owned());
        }
        let id = self.add(raw, labels, thread, now);
        let (id, stored) = self.stored(&named(id))?;
        Ok(WorldResponse::json(
            200,
            &json!({"id": named(id), "threadId": named(stored.thread), "labelIds": stored.labels}),
        ))
    }

    /// Puts Gmail's own Message-ID in the place of ours.
    fn rewritten(&self, raw: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(raw);
        let mut out = String::new();
        for line in text.split_inclusive("\r\n") {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("message-id")
            {
                out.push_str(&format!(
                    "Message-ID: <CAF+{}@mail.gmail.com>\r\nX-Google-Original-Message-ID:{value}",
                    self.next_id
                ));
            } else {
                out.push_str(line);
            }
        }
        out.into_bytes()
    }

    fn add(
        &mut self,
        raw: Vec<u8>,
        labels: Vec<String>,
        thread: Option<u64>,
        at: Timestamp,
    ) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.next_history += 7;
        let stored = Stored {
            thread: thread.unwrap_or(id),
            raw,
            labels,
            at,
            history: self.next_history,
        };
        self.messages.insert(id, stored);
        self.history.push((self.next_history, Change::Added(id)));
        id
    }

    fn label(&mut self, id: u64, add: &[String], remove: &[String]) {
        self.next_history += 3;
        if let Some(stored) = self.messages.get_mut(&id) {
            stored.labels.retain(|l| !remove.contains(l));
            stored.labels.extend(add.iter().cloned());
            stored.history = self.next_history;
            let change = Change::Labelled(id, add.to_vec());
            self.history.push((self.next_history, change));
        }
    }

    /// Removes a message for good.
    pub fn delete(&mut self, id: &str) {
        if let Ok(id) = u64::from_str_radix(id, 16)
            && self.messages.remove(&id).is_some()
        {
            self.next_history += 3;
            self.history.push((self.next_history, Change::Deleted(id)));
        }
    }

    /// Forgets the history up to now.
    pub fn expire_history(&mut self) {
        self.next_history += 1;
        self.history_starts = self.next_history;
    }

    /// Takes in a message as it came over the wire; returns its id.
    pub fn receive_raw(&mut self, raw: &[u8], labels: &[&str], now: Timestamp) -> String {
        let mail = parse_header(raw);
        let thread = self
            .messages
            .values()
            .filter(|m| {
                let other = parse_header(&m.raw).message_id;
                other.is_some() && mail.ancestors().any(|id| Some(id) == other.as_ref())
            })
            .map(|m| m.thread)
            .next();
        let labels = labels.iter().map(|l| (*l).to_owned()).collect();
        named(self.add(raw.to_vec(), labels, thread, now))
    }

    /// Returns the messages that left, oldest first, as they went over the wire.
    #[must_use]
    pub fn sent(&self) -> Vec<Vec<u8>> {
        self.labelled("SENT")
    }

    /// Returns the drafts' messages, oldest first.
    #[must_use]
    pub fn drafts(&self) -> Vec<Vec<u8>> {
        self.labelled("DRAFT")
    }

    fn labelled(&self, label: &str) -> Vec<Vec<u8>> {
        self.messages
            .values()
            .filter(|m| m.labels.iter().any(|l| l == label))
            .map(|m| m.raw.clone())
            .collect()
    }

    fn answer_draft(&mut self, request: &WorldRequest, path: &[&str], now: Timestamp) -> Answer {
        let body = request.json();
        match (request.method.as_str(), path) {
            ("GET", ["drafts"]) => {
                knows(
                    request,
                    &["q", "maxResults", "pageToken", "includeSpamTrash"],
                )?;
                let (ids, _) = self.search(request, now)?;
                let found: Vec<Value> = self
                    .drafts
                    .iter()
                    .filter(|(_, id)| ids.contains(id))
                    .filter_map(|(draft, id)| Some((draft, id, self.messages.get(id)?)))
                    .map(|(draft, id, m)| {
                        json!({"id": draft, "message": {"id": named(*id), "threadId": named(m.thread)}})
                    })
                    .collect();
                Ok(WorldResponse::json(200, &json!({ "drafts": found })))
            }
            ("POST", ["drafts"]) => {
                knows(request, &[])?;
                holds_only(&body, &["id", "message"])?;
                let (raw, thread) = self.outgoing(&body["message"])?;
                let id = self.add(raw, vec!["DRAFT".into()], thread, now);
                let draft = format!("r{}", id - FIRST_ID + 1);
                self.drafts.insert(draft.clone(), id);
                self.shown_draft(&draft, request)
            }
            ("POST", ["drafts", "send"]) => {
                knows(request, &[])?;
                holds_only(&body, &["id", "message"])?;
                self.send_draft(body["id"].as_str().unwrap_or_default(), now)
            }
            ("GET", ["drafts", draft]) => {
                knows(request, &["format"])?;
                self.shown_draft(draft, request)
            }
            ("PUT", ["drafts", draft]) => {
                knows(request, &[])?;
                holds_only(&body, &["id", "message"])?;
                let (raw, thread) = self.outgoing(&body["message"])?;
                let old = self.drafts.get(*draft).copied().ok_or_else(not_found)?;
                self.messages.remove(&old);
                let id = self.add(raw, vec!["DRAFT".into()], thread, now);
                self.drafts.insert((*draft).to_owned(), id);
                self.shown_draft(draft, request)
            }
            ("DELETE", ["drafts", draft]) => {
                knows(request, &[])?;
                let id = self.drafts.remove(*draft).ok_or_else(not_found)?;
                self.messages.remove(&id);
                Ok(WorldResponse::empty(204))
            }
            _ => Err(not_found()),
        }
    }

    /// Sends a draft as it is: the draft is gone, and a message with another id is in its thread.
    fn send_draft(&mut self, draft: &str, now: Timestamp) -> Answer {
        let id = self.drafts.get(draft).copied().ok_or_else(not_found)?;
        let stored = self.messages.get(&id).cloned().ok_or_else(not_found)?;
        let answer = self.send(stored.raw, Some(stored.thread), now)?;
        self.drafts.remove(draft);
        self.messages.remove(&id);
        Ok(answer)
    }

    fn chosen_draft(&self, to: &str) -> Option<String> {
        let mut fitting: Vec<(u64, String)> = self
            .drafts
            .iter()
            .filter(|(_, id)| {
                self.messages.get(id).is_some_and(|m| {
                    let mail = parse_header(&m.raw);
                    to.is_empty() || mail.to.iter().any(|t| t.address.as_str() == to)
                })
            })
            .map(|(draft, id)| (*id, draft.clone()))
            .collect();
        fitting.sort();
        fitting.pop().map(|(_, draft)| draft)
    }

    /// Writes a draft anew with what the operator changed. Gmail gives it a Message-ID of its own.
    fn edited(&self, raw: &[u8], given: &Value) -> Result<Vec<u8>, String> {
        let mail = parse(raw);
        let or = |key: &str, old: &str| given[key].as_str().unwrap_or(old).to_owned();
        let from = mail.from.ok_or("the draft has no sender")?;
        let to = match given["recipient"].as_str() {
            Some(address) => vec![Mailbox {
                name: String::new(),
                address: EmailAddress::parse(address).map_err(|e| e.to_string())?,
            }],
            None => mail.to,
        };
        let kept = mail.message_id.filter(|_| given["keep_id"] == true);
        let edited = OutboundMail {
            message_id: kept.unwrap_or_else(|| {
                MessageId::from_parts(&format!("CAF+{}", self.next_id), "mail.gmail.com")
            }),
            from,
            to,
            subject: or("subject", &mail.subject),
            body: or("text", &mail.text),
            date: mail.date.unwrap_or_default(),
            zone: None,
            in_reply_to: mail.in_reply_to.into_iter().next(),
            references: mail.references,
            list_unsubscribe_mailto: None,
            list_unsubscribe_url: None,
            extra_headers: Vec::new(),
        };
        compose(&edited).map_err(|e| e.to_string())
    }

    fn shown_draft(&self, draft: &str, request: &WorldRequest) -> Answer {
        let id = self.drafts.get(draft).ok_or_else(not_found)?;
        let stored = self.messages.get(id).ok_or_else(not_found)?;
        let message = if request.method == "GET" {
            shown(*id, stored, request)?
        } else {
            brief(*id, stored)
        };
        Ok(WorldResponse::json(
            200,
            &json!({"id": draft, "message": message}),
        ))
    }

    pub(super) fn show(&self) -> Value {
        let list = |raws: Vec<Vec<u8>>| -> Vec<Value> {
            raws.iter()
                .map(|raw| {
                    let mail = parse(raw);
                    json!({
                        "to": mail.to.first().map(|t| t.address.to_string()),
                        "subject": mail.subject,
                        "message_id": mail.message_id.map(|id| id.to_string()),
                        "in_reply_to": mail.in_reply_to.first().map(ToString::to_string),
                        "text": mail.text,
                    })
                })
                .collect()
        };
        json!({
            "address": self.address,
            "messages": self.messages.len(),
            "history": self.next_history,
            "sent": list(self.sent()),
            "drafts": list(self.drafts()),
        })
    }

    pub(super) fn happen(
        &mut self,
        what: &str,
        given: &Value,
        now: Timestamp,
    ) -> Result<Value, String> {
        let text = |key: &str| given[key].as_str().unwrap_or_default();
        match what {
            "receive" => {
                let raw = match given["raw"].as_str() {
                    Some(raw) => raw.as_bytes().to_vec(),
                    None => self.written(given, now)?,
                };
                let labels = words(&given["labels"]);
                let labels: Vec<&str> = if labels.is_empty() {
                    vec!["INBOX", "UNREAD"]
                } else {
                    labels.iter().map(String::as_str).collect()
                };
                Ok(json!({"id": self.receive_raw(&raw, &labels, now)}))
            }
            "reply" => {
                let sent = self.sent();
                let ours = sent
                    .iter()
                    .rev()
                    .map(|raw| parse_header(raw))
                    .find(|m| {
                        text("to").is_empty()
                            || m.to.iter().any(|t| t.address.as_str() == text("to"))
                    })
                    .ok_or("nothing was sent that this could answer")?;
                let id = ours.message_id.map(|id| id.to_string()).unwrap_or_default();
                let author = ours.to.first().map(|t| t.address.to_string());
                let answer = json!({
                    "from": if text("from").is_empty() { author.unwrap_or_default() } else { text("from").to_owned() },
                    "subject": format!("Re: {}", ours.subject),
                    "text": text("text"),
                    "in_reply_to": id,
                });
                let raw = self.written(&answer, now)?;
                Ok(json!({"id": self.receive_raw(&raw, &["INBOX", "UNREAD"], now)}))
            }
            // What the operator does with a draft in Gmail's own window: the one to `to`, else the newest.
            "send_draft" | "edit_draft" | "delete_draft" => {
                let draft = self
                    .chosen_draft(text("to"))
                    .ok_or("there is no such draft")?;
                let id = self.drafts.get(&draft).copied().unwrap_or_default();
                match what {
                    "send_draft" => {
                        let sent = self.send_draft(&draft, now);
                        sent.map_err(|_| "the draft cannot be sent")?;
                    }
                    "edit_draft" => {
                        let stored = self.messages.remove(&id).ok_or("there is no such draft")?;
                        let raw = self.edited(&stored.raw, given)?;
                        let thread = (stored.thread != id).then_some(stored.thread);
                        let new = self.add(raw, vec!["DRAFT".into()], thread.or(Some(id)), now);
                        self.drafts.insert(draft, new);
                    }
                    _ => {
                        self.drafts.remove(&draft);
                        self.messages.remove(&id);
                    }
                }
                Ok(json!({}))
            }
            "expire_history" => {
                self.expire_history();
                Ok(json!({}))
            }
            "rewrite_message_ids" => {
                self.rewrites_ids = given["on"] != false;
                Ok(json!({}))
            }
            "delete" => {
                self.delete(text("id"));
                Ok(json!({}))
            }
            "label" => {
                let (id, _) = self
                    .stored(text("id"))
                    .map_err(|_| "there is no such message")?;
                self.label(id, &words(&given["add"]), &words(&given["remove"]));
                Ok(json!({}))
            }
            _ => Err(format!("nothing called \"{what}\" happens here")),
        }
    }

    /// Writes a message to the account.
    fn written(&self, given: &Value, now: Timestamp) -> Result<Vec<u8>, String> {
        let text = |key: &str| given[key].as_str().unwrap_or_default();
        let mailbox = |address: &str, name: &str| {
            EmailAddress::parse(address)
                .map(|address| Mailbox {
                    name: name.to_owned(),
                    address,
                })
                .map_err(|e| e.to_string())
        };
        let from = mailbox(text("from"), text("name"))?;
        let to = if text("to").is_empty() {
            &self.address
        } else {
            text("to")
        };
        let answered = MessageId::find(text("in_reply_to"));
        let mail = OutboundMail {
            message_id: MessageId::from_parts(
                &format!("world.{}", self.next_id),
                from.address.domain(),
            ),
            from,
            to: vec![mailbox(to, "")?],
            subject: text("subject").to_owned(),
            body: text("text").to_owned(),
            date: text("at").parse().unwrap_or(now),
            zone: None,
            references: match text("references") {
                "" => answered.iter().cloned().collect(),
                list => parse_list(list),
            },
            in_reply_to: answered,
            list_unsubscribe_mailto: None,
            list_unsubscribe_url: None,
            extra_headers: Vec::new(),
        };
        compose(&mail).map_err(|e| e.to_string())
    }
}

fn named(id: u64) -> String {
    format!("{id:016x}")
}

fn words(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

fn brief(id: u64, stored: &Stored) -> Value {
    json!({"id": named(id), "threadId": named(stored.thread), "labelIds": stored.labels})
}

/// Shows a message in the format that is asked for.
fn shown(id: u64, stored: &Stored, request: &WorldRequest) -> Result<Value, WorldResponse> {
    let mut message = brief(id, stored);
    message["historyId"] = json!(stored.history.to_string());
    message["internalDate"] = json!(stored.at.as_millisecond().to_string());
    message["sizeEstimate"] = json!(stored.raw.len());
    match request.param("format").unwrap_or("full") {
        "minimal" => {}
        "raw" => message["raw"] = json!(encode(&stored.raw)),
        format @ ("full" | "metadata") => {
            let wanted: Vec<String> = request
                .params("metadataHeaders")
                .map(str::to_lowercase)
                .collect();
            let text = String::from_utf8_lossy(&stored.raw);
            let head = text.split("\r\n\r\n").next().unwrap_or_default();
            let headers: Vec<Value> = head
                .replace("\r\n ", " ")
                .replace("\r\n\t", " ")
                .split("\r\n")
                .filter_map(|line| line.split_once(':'))
                .filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.to_lowercase()))
                .map(|(name, value)| json!({"name": name, "value": value.trim()}))
                .collect();
            message["payload"] = json!({"mimeType": "text/plain", "headers": headers});
            if format == "full" {
                let body = parse(&stored.raw).text;
                message["payload"]["body"] =
                    json!({"size": body.len(), "data": encode(body.as_bytes())});
            }
        }
        _ => return Err(refusal(400, "invalidArgument", "Invalid value for format")),
    }
    Ok(message)
}

fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let date: Date = text.replace('/', "-").parse().ok()?;
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    jiff::tz::TimeZone::UTC.to_timestamp(midnight).ok()
}

/// Reads `30d`, `12h` as seconds.
fn span(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok()?;
    match unit {
        "h" => Some(number * 3600),
        "d" => Some(number * 86_400),
        "m" => Some(number * 30 * 86_400),
        "y" => Some(number * 365 * 86_400),
        _ => None,
    }
}
