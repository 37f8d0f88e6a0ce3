//! Gmail: the requests that read a mailbox and send from it, and their answers.
//!
//! Costs are in quota units as Gmail counts them (since 1 May 2026 a user of a new project has 6,000 a minute, and `messages.get` costs 20).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{encode, id, read};
use crate::connectors::lenient::{list, or_default};
use crate::connectors::transport::{Body, CallError, Method, Request, Response, segment};
use crate::domain::service::Service;

const ME: &str = "/gmail/v1/users/me";
/// Messages in one page of a list or of the history.
pub const PAGE: u32 = 100;
/// Drafts in one page of their list.
const DRAFTS_PAGE: u32 = 500;
/// A message of Gmail has 25 MiB at most to send and 50 MiB to receive, and base64 adds a third.
const MAX_MESSAGE_BYTES: usize = 70 * 1024 * 1024;

fn get(operation: &'static str, path: &str, units: u32) -> Request {
    Request::get(Service::Gmail, operation, format!("{ME}{path}")).costing(units)
}

fn write(operation: &'static str, method: Method, path: &str, body: Body, units: u32) -> Request {
    Request::write(
        Service::Gmail,
        operation,
        method,
        format!("{ME}{path}"),
        body,
    )
    .costing(units)
}

fn paged(request: Request, page_token: &str) -> Request {
    if page_token.is_empty() {
        request
    } else {
        request.with("pageToken", page_token)
    }
}

/// Asks whose mailbox it is and where its history stands.
#[must_use]
pub fn profile() -> Request {
    get("gmail.users.getProfile", "/profile", 1)
}

/// Asks for the addresses that the account writes from.
#[must_use]
pub fn send_as() -> Request {
    get("gmail.users.settings.sendAs.list", "/settings/sendAs", 1)
}

/// Asks for a page of the messages that a search finds, newest first.
#[must_use]
pub fn list_messages(search: &str, page_token: &str) -> Request {
    let request = get("gmail.users.messages.list", "/messages", 5)
        .with("maxResults", PAGE.to_string())
        .with("q", search);
    paged(request, page_token)
}

/// Asks where a message is by its Message-ID, also in the bin.
#[must_use]
pub fn find_message(message_id: &str) -> Request {
    get("gmail.users.messages.list", "/messages", 5)
        .with("includeSpamTrash", "true")
        .with("maxResults", "10")
        .with("q", search_by_message_id(message_id))
}

fn search_by_message_id(message_id: &str) -> String {
    format!("rfc822msgid:{}", message_id.trim_matches(['<', '>']))
}

/// Asks for a whole message as it came over the wire.
#[must_use]
pub fn get_message(message: &str) -> Request {
    let mut request = get(
        "gmail.users.messages.get",
        &format!("/messages/{}", segment(message)),
        20,
    )
    .with("format", "raw");
    request.max_bytes = MAX_MESSAGE_BYTES;
    request
}

/// Asks for some headers of a message.
#[must_use]
pub fn get_headers(message: &str, names: &[&str]) -> Request {
    let request = get(
        "gmail.users.messages.get",
        &format!("/messages/{}", segment(message)),
        20,
    )
    .with("format", "metadata");
    names.iter().fold(request, |request, name| {
        request.with("metadataHeaders", *name)
    })
}

/// Asks for the threads with somebody, whoever wrote, the newest first. The address must hold nothing that a search takes for its own signs.
#[must_use]
pub fn list_threads(address: &str, most: u32) -> Request {
    get("gmail.users.threads.list", "/threads", 10)
        .with("maxResults", most.clamp(1, PAGE).to_string())
        .with("q", format!("{{from:{address} to:{address}}}"))
}

/// Asks for the messages of a thread, with some headers.
#[must_use]
pub fn get_thread(thread: &str, names: &[&str]) -> Request {
    let request = get(
        "gmail.users.threads.get",
        &format!("/threads/{}", segment(thread)),
        40,
    )
    .with("format", "metadata");
    names.iter().fold(request, |request, name| {
        request.with("metadataHeaders", *name)
    })
}

/// Asks for a page of the messages that were added, or put back into the inbox, since a point of the history.
#[must_use]
pub fn history(start: &str, page_token: &str) -> Request {
    let request = get("gmail.users.history.list", "/history", 2)
        .with("startHistoryId", start)
        .with("historyTypes", "messageAdded")
        .with("historyTypes", "labelAdded")
        .with("maxResults", PAGE.to_string());
    paged(request, page_token)
}

fn message_body(raw: &[u8], thread: &str) -> Value {
    let mut message = json!({ "raw": encode(raw) });
    if !thread.is_empty()
        && let Some(fields) = message.as_object_mut()
    {
        fields.insert("threadId".into(), json!(thread));
    }
    message
}

/// Sends a message, in a thread if one is named.
#[must_use]
pub fn send(raw: &[u8], thread: &str) -> Request {
    write(
        "gmail.users.messages.send",
        Method::Post,
        "/messages/send",
        Body::Json(message_body(raw, thread)),
        100,
    )
}

/// Makes a draft, in a thread if one is named.
#[must_use]
pub fn create_draft(raw: &[u8], thread: &str) -> Request {
    write(
        "gmail.users.drafts.create",
        Method::Post,
        "/drafts",
        Body::Json(json!({ "message": message_body(raw, thread) })),
        10,
    )
}

/// Puts another message in a draft's place.
#[must_use]
pub fn update_draft(draft: &str, raw: &[u8], thread: &str) -> Request {
    write(
        "gmail.users.drafts.update",
        Method::Put,
        &format!("/drafts/{}", segment(draft)),
        Body::Json(json!({ "message": message_body(raw, thread) })),
        15,
    )
    .repeatable()
}

/// Asks for a draft with its whole message.
#[must_use]
pub fn get_draft(draft: &str) -> Request {
    let mut request = get(
        "gmail.users.drafts.get",
        &format!("/drafts/{}", segment(draft)),
        5,
    )
    .with("format", "raw");
    request.max_bytes = MAX_MESSAGE_BYTES;
    request
}

/// Asks for a page of all drafts.
#[must_use]
pub fn list_drafts(page_token: &str) -> Request {
    let request =
        get("gmail.users.drafts.list", "/drafts", 5).with("maxResults", DRAFTS_PAGE.to_string());
    paged(request, page_token)
}

/// Asks which drafts have a Message-ID.
#[must_use]
pub fn find_draft(message_id: &str) -> Request {
    get("gmail.users.drafts.list", "/drafts", 5)
        .with("maxResults", "10")
        .with("q", search_by_message_id(message_id))
}

/// Removes a draft.
#[must_use]
pub fn delete_draft(draft: &str) -> Request {
    write(
        "gmail.users.drafts.delete",
        Method::Delete,
        &format!("/drafts/{}", segment(draft)),
        Body::Empty,
        10,
    )
    .repeatable()
    .taking_back()
}

/// Sends a draft as it lies there.
#[must_use]
pub fn send_draft(draft: &str) -> Request {
    write(
        "gmail.users.drafts.send",
        Method::Post,
        "/drafts/send",
        Body::Json(json!({ "id": draft })),
        100,
    )
}

/// The mailbox's owner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    /// The account's address.
    #[serde(deserialize_with = "or_default")]
    pub email_address: String,
    /// The history's present id.
    #[serde(deserialize_with = "id")]
    pub history_id: String,
}

/// A message as lists and single answers give it; what a list leaves out is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Message {
    /// Gmail's name for it.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Gmail's name for its thread.
    #[serde(deserialize_with = "id")]
    pub thread_id: String,
    /// The history's id at its last change.
    #[serde(deserialize_with = "id")]
    pub history_id: String,
    /// Instant of its arrival at Gmail, in milliseconds, if it was asked for; see [`Message::at`].
    #[serde(deserialize_with = "id")]
    pub internal_date: String,
    /// Its labels.
    #[serde(deserialize_with = "list")]
    pub label_ids: Vec<String>,
    /// The whole message, if it was asked for.
    #[serde(deserialize_with = "or_default")]
    pub raw: String,
    /// Its headers, if they were asked for; see [`Message::header`].
    #[serde(deserialize_with = "or_default")]
    pub payload: Payload,
}

/// A message's content besides its labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Payload {
    #[serde(deserialize_with = "list")]
    headers: Vec<Header>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
struct Header {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    value: String,
}

impl Message {
    /// Returns a header by its name in any case; empty if it is not there or was not asked for.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.payload
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map_or("", |h| h.value.trim())
    }

    /// Returns when Gmail took it in, as far as it was asked for.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.internal_date.parse().ok()?).ok()
    }

    /// Tells whether it has a label.
    #[must_use]
    pub fn is_labelled(&self, label: &str) -> bool {
        self.label_ids.iter().any(|l| l == label)
    }

    /// Returns the reason that a message is not incoming mail: the account's own, unfinished, a chat, or thrown away.
    #[must_use]
    pub fn is_not_inbound(&self) -> Option<&'static str> {
        [
            ("DRAFT", "a draft"),
            ("CHAT", "a chat"),
            ("SPAM", "in the spam folder"),
            ("TRASH", "in the bin"),
        ]
        .into_iter()
        .find(|(label, _)| self.is_labelled(label))
        .map(|(_, why)| why)
        .or_else(|| {
            // Mail to oneself carries both labels, and is ours all the same.
            self.is_labelled("SENT").then_some("our own mail")
        })
    }

    /// Returns the message's bytes; none if they did not come or cannot be read.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        super::decode(&self.raw).filter(|bytes| !bytes.is_empty())
    }
}

/// A page of messages: of a list or of the history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The messages, each once, in the order of the page.
    pub messages: Vec<Message>,
    /// The token of the next page; empty on the last one.
    pub next: String,
    /// The history's present id, if the answer has it.
    pub history_id: String,
}

/// Reads the mailbox's owner.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_profile(response: &Response) -> Result<Profile, CallError> {
    read(response)
}

/// Reads a page of a list of messages.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_messages(response: &Response) -> Result<Page, CallError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct List {
        #[serde(deserialize_with = "list")]
        messages: Vec<Message>,
        #[serde(deserialize_with = "id")]
        next_page_token: String,
    }
    let list: List = read(response)?;
    Ok(Page {
        messages: once(list.messages),
        next: list.next_page_token,
        history_id: String::new(),
    })
}

/// Reads a page of the history.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_history(response: &Response) -> Result<Page, CallError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct History {
        #[serde(deserialize_with = "list")]
        history: Vec<Record>,
        #[serde(deserialize_with = "id")]
        next_page_token: String,
        #[serde(deserialize_with = "id")]
        history_id: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Record {
        #[serde(deserialize_with = "list")]
        messages_added: Vec<Added>,
        #[serde(deserialize_with = "list")]
        labels_added: Vec<Added>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Added {
        #[serde(deserialize_with = "or_default")]
        message: Message,
        /// The labels that were added, if that is what happened.
        #[serde(rename = "labelIds", deserialize_with = "list")]
        label_ids: Vec<String>,
    }
    let history: History = read(response)?;
    let added = history.history.into_iter().flat_map(|record| {
        let back = record.labels_added.into_iter();
        let back = back.filter(|a| a.label_ids.iter().any(|l| l == "INBOX"));
        record.messages_added.into_iter().chain(back)
    });
    Ok(Page {
        messages: once(added.map(|a| a.message)),
        next: history.next_page_token,
        history_id: history.history_id,
    })
}

fn once(messages: impl IntoIterator<Item = Message>) -> Vec<Message> {
    let mut known = std::collections::HashSet::new();
    messages
        .into_iter()
        .filter(|m| !m.id.is_empty() && known.insert(m.id.clone()))
        .collect()
}

/// Reads one message.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_message(response: &Response) -> Result<Message, CallError> {
    read(response)
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Gmail's name for it.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The message in it.
    #[serde(deserialize_with = "or_default")]
    pub message: Message,
}

/// Reads one draft.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_draft(response: &Response) -> Result<Draft, CallError> {
    read(response)
}

/// Reads a list of drafts, and the token of the next page; that is empty on the last one.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_drafts(response: &Response) -> Result<(Vec<Draft>, String), CallError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct List {
        #[serde(deserialize_with = "list")]
        drafts: Vec<Draft>,
        #[serde(deserialize_with = "id")]
        next_page_token: String,
    }
    let list: List = read(response)?;
    Ok((list.drafts, list.next_page_token))
}

/// Reads the names of the threads that a search found.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_threads(response: &Response) -> Result<Vec<String>, CallError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct List {
        #[serde(deserialize_with = "list")]
        threads: Vec<Thread>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Thread {
        #[serde(deserialize_with = "id")]
        id: String,
    }
    let list: List = read(response)?;
    let names = list.threads.into_iter().map(|thread| thread.id);
    Ok(names.filter(|id| !id.is_empty()).collect())
}

/// Reads the messages of a thread, oldest first.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_thread(response: &Response) -> Result<Vec<Message>, CallError> {
    Ok(read_messages(response)?.messages)
}

/// Reads the addresses that the account writes from.
///
/// # Errors
/// Fails if the answer has another shape.
pub fn read_send_as(response: &Response) -> Result<Vec<String>, CallError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct List {
        #[serde(deserialize_with = "list")]
        send_as: Vec<Alias>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Alias {
        #[serde(deserialize_with = "or_default")]
        send_as_email: String,
    }
    let list: List = read(response)?;
    Ok(list.send_as.into_iter().map(|a| a.send_as_email).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::contract::{Vendor, assert_known, describe};

    fn every_request() -> Vec<Request> {
        vec![
            profile(),
            send_as(),
            list_messages("after:1 -in:sent", ""),
            list_messages("after:1", "token/2="),
            find_message("<a.b@c.example>"),
            get_message("18c/odd id"),
            get_headers("18c", &["Message-ID", "Date"]),
            list_threads("ann@acme.example", 20),
            get_thread("18c", &["From"]),
            history("12", ""),
            history("12", "next"),
            send(b"From: a\r\n\r\n\xff", ""),
            send(b"x", "18c"),
            create_draft(b"x", "18c"),
            update_draft("r-1", b"x", ""),
            get_draft("r-1"),
            find_draft("<a@b>"),
            list_drafts(""),
            list_drafts("next"),
            delete_draft("r-1"),
            send_draft("r-1"),
        ]
    }

    #[test]
    fn gmail_knows_every_request_that_is_built() {
        let known = assert_known(Vendor::Gmail, &every_request());
        assert_eq!(known.len(), 14, "{known:?}");
        for request in every_request() {
            assert!(known.contains(request.operation), "{}", request.operation);
        }
    }

    #[test]
    fn the_answers_of_a_mock_of_gmail_are_read() {
        let answer = |request: &Request| describe(Vendor::Gmail).example(request);
        let page = read_messages(&answer(&list_messages("", ""))).unwrap();
        assert_eq!((page.next.as_str(), page.messages.len()), ("string", 1));
        let page = read_history(&answer(&history("1", ""))).unwrap();
        assert_eq!(page.history_id, "string");
        assert_eq!(page.messages.len(), 1);
        let message = read_message(&answer(&get_message("1"))).unwrap();
        assert_eq!(message.header("STRING"), "string");
        assert!(message.bytes().is_some());
        let threads = read_threads(&answer(&list_threads("a@b.example", 5))).unwrap();
        assert_eq!(threads, ["string"]);
        read_profile(&answer(&profile())).unwrap();
        read_draft(&answer(&get_draft("1"))).unwrap();
        let (drafts, next) = read_drafts(&answer(&find_draft("1"))).unwrap();
        assert_eq!((drafts.len(), next.as_str()), (1, "string"));
        assert_eq!(
            read_thread(&answer(&get_thread("1", &[]))).unwrap().len(),
            1
        );
        assert_eq!(read_send_as(&answer(&send_as())).unwrap(), ["string"]);
    }

    #[test]
    fn missing_null_and_numeric_fields_are_survived() {
        let read = |text: &str| {
            read_history(&Response {
                status: 200,
                headers: Vec::new(),
                body: text.into(),
            })
        };
        assert_eq!(read("{}").unwrap(), Page::default());
        assert_eq!(
            read(r#"{"history":null,"historyId":7}"#)
                .unwrap()
                .history_id,
            "7"
        );
        let twice = r#"{"history":[{"messagesAdded":[{"message":{"id":1}},{"message":{"id":"1","labelIds":null}},{}]},{}],"nextPageToken":null}"#;
        assert_eq!(read(twice).unwrap().messages.len(), 1);
        let unspammed = r#"{"history":[{"labelsAdded":[{"message":{"id":"1"},"labelIds":["STARRED"]},{"message":{"id":"2"},"labelIds":["INBOX"]}]}]}"#;
        assert_eq!(read(unspammed).unwrap().messages[0].id, "2");
        for broken in ["", "[]", "nil", "{\"history\":", "\"x\""] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_did_not_come_in_is_told_by_its_labels() {
        let labelled = |labels: &[&str]| Message {
            label_ids: labels.iter().map(|l| (*l).to_owned()).collect(),
            ..Message::default()
        };
        assert_eq!(labelled(&["INBOX", "UNREAD"]).is_not_inbound(), None);
        assert_eq!(labelled(&[]).is_not_inbound(), None, "a filter archived it");
        assert_eq!(
            labelled(&["SENT", "INBOX"]).is_not_inbound(),
            Some("our own mail")
        );
        assert_eq!(
            labelled(&["SPAM"]).is_not_inbound(),
            Some("in the spam folder")
        );
    }
}
