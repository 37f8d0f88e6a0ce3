//! The message of an execution, built from what was approved.

use jiff::Timestamp;

use crate::connectors::mail::compose::{OutboundMail, compose};
use crate::connectors::mail::parse::parse;
use crate::domain::email::ParsedMail;
use crate::domain::email::address::{EmailAddress, Mailbox};
use crate::domain::email::message_id::{MessageId, parse_list};
use crate::engine::effects::kinds::mail::draft::Content;
use crate::engine::error::{EngineError, Result};
use crate::store::executions::ExecutionRow;

/// Returns what was approved.
pub(in crate::engine) fn content_of(row: &ExecutionRow) -> Result<Content> {
    Ok(serde_json::from_str(&row.content).map_err(|e| {
        crate::store::StoreError::Invalid(format!("the content of execution {}: {e}", row.id))
    })?)
}

/// Builds a message.
pub(in crate::engine) fn render_content(
    content: &Content,
    message_id: &str,
    now: Timestamp,
) -> Result<Vec<u8>> {
    let refused = |why: String| {
        EngineError::Input(format!(
            "The message cannot be built: {why}. Nothing was sent; edit the draft or the address."
        ))
    };
    let mailbox = |name: &str, address: &str| {
        EmailAddress::parse(address)
            .map(|address| Mailbox {
                name: name.to_owned(),
                address,
            })
            .map_err(|e| refused(e.to_string()))
    };
    let mail = OutboundMail {
        from: mailbox(&content.from_name, &content.from)?,
        to: vec![mailbox(&content.to_name, &content.to)?],
        subject: content.subject.clone(),
        body: content.body.clone(),
        date: now,
        zone: None,
        message_id: MessageId::find(message_id)
            .ok_or_else(|| refused("it has no Message-ID".into()))?,
        in_reply_to: MessageId::find(&content.in_reply_to),
        references: content
            .references
            .iter()
            .flat_map(|id| parse_list(id))
            .collect(),
        list_unsubscribe_mailto: None,
        list_unsubscribe_url: None,
        extra_headers: Vec::new(),
    };
    compose(&mail).map_err(|e| refused(e.to_string()))
}

/// Tells whether a message in a mailbox still says what was put there. Programs fold and flow text as they like, so blanks do not count.
pub(in crate::engine) fn is_as_rendered(rendered: &[u8], mail: &ParsedMail) -> bool {
    let ours = parse(rendered);
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let addresses = |mail: &ParsedMail| -> Vec<String> {
        mail.to.iter().map(|to| to.address.to_string()).collect()
    };
    words(&ours.text) == words(&mail.text)
        && words(&ours.subject) == words(&mail.subject)
        && addresses(&ours) == addresses(mail)
        && mail.attachments == 0
}
