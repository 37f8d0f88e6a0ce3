//! What was written with somebody, as the provider knows it: also what is older than anything here.

use jiff::Timestamp;
use serde::Serialize;

use crate::config::MailKind;
use crate::connectors::google::gmail;
use crate::domain::email::address::EmailAddress;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::lookup::find_person;
use crate::engine::handle::Engine;
use crate::engine::outside::google::failed;

/// The headers of a message that are asked for.
const HEADERS: &[&str] = &["From", "Subject"];

/// A thread with somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Correspondence {
    /// The provider's name for it.
    pub thread: String,
    /// The subject of its first message.
    pub subject: String,
    /// How many messages it holds.
    pub messages: usize,
    /// When the first of them came or left.
    pub first_at: Option<Timestamp>,
    /// When the last one did.
    pub last_at: Option<Timestamp>,
    /// Who wrote the last one.
    pub last_from: String,
    /// Whether that was the operator.
    pub last_is_ours: bool,
}

impl Engine {
    /// Lists the threads with somebody as Gmail has them, the newest first, at most `most`: a contact, or any address.
    ///
    /// # Errors
    /// If no mailbox is at Gmail, nobody is known by that, or Gmail does not answer.
    pub fn correspondence(&self, who: &str, most: u8) -> Result<Vec<Correspondence>> {
        let accounts = &self.config().mail.accounts;
        if !accounts.iter().any(|a| a.kind == MailKind::Gmail) {
            return Err(EngineError::Input(
                "Only Gmail can be asked for threads, and no mailbox is there; `caseyos contacts timeline WHO` shows what is known here.".into(),
            ));
        }
        let address = match EmailAddress::parse(who.trim()) {
            Ok(address) => address.as_str().to_owned(),
            Err(_) => self.store().read(|tx| find_person(tx, who))?.email,
        };
        let is_plain = |c: char| c.is_alphanumeric() || "@.+-_'".contains(c);
        if address.is_empty() || !address.chars().all(is_plain) {
            return Err(EngineError::Input(format!(
                "\"{}\" is no address that a search can be made for.",
                clean_line(&address, 120)
            )));
        }
        let call = |request| self.outside().call(&request).map_err(|e| failed(&e));
        let listed = call(gmail::list_threads(&address, u32::from(most)))?;
        let threads = gmail::read_threads(&listed).map_err(|e| failed(&e))?;
        let mut found = Vec::new();
        for thread in threads.into_iter().take(usize::from(most)) {
            let answer = call(gmail::get_thread(&thread, HEADERS))?;
            let messages = gmail::read_thread(&answer).map_err(|e| failed(&e))?;
            let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
                continue;
            };
            found.push(Correspondence {
                thread: clean_line(&thread, 80),
                subject: clean_line(first.header("Subject"), 250),
                messages: messages.len(),
                first_at: first.at(),
                last_at: last.at(),
                last_from: clean_line(last.header("From"), 250),
                last_is_ours: last.is_labelled("SENT"),
            });
        }
        found.sort_by_key(|thread| std::cmp::Reverse(thread.last_at));
        Ok(found)
    }
}
