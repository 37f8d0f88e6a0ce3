//! How a message is understood, with what the records know of its sender and thread; nothing is stored.

use serde_json::json;

use crate::connectors::mail::parse::parse;
use crate::connectors::mail::reading::{MailReading, lone_context, reading};
use crate::domain::email::MessageId;
use crate::domain::email::understand::{Correspondent, OurIds};
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::road::sources::mailbox::{Beside, context};
use crate::store::{executions, people};

pub use crate::connectors::mail::reading::{ThreadGroup, thread_files};

/// Reads a message on its own, with no records to ask; `ours` are Message-IDs to be taken as ours.
#[must_use]
pub fn read_alone(bytes: &[u8], ours: &[MessageId]) -> MailReading {
    reading(&parse(bytes), &lone_context(ours))
}

impl Engine {
    /// Reads a message with what the records know; `ours` are further Message-IDs to be taken as ours.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read_mail(&self, bytes: &[u8], ours: &[MessageId]) -> Result<MailReading> {
        let now = self.now();
        let mail = parse(bytes);
        self.store().read(|tx| {
            let beside = Beside { ours, thread: None };
            let (mut known, contact) = context(tx, self.core(), &mail, beside, now)?;
            let person = contact.map(|c| people::load(tx, c)).transpose()?.flatten();
            // Records of no mail at all know no more than a lone file does; any others know what `sync` knows.
            if person.is_none() && executions::first_sent(tx, now)?.is_none() {
                if ours.is_empty() {
                    known.ours = OurIds::Unknown;
                }
                known.correspondent = Correspondent::Unknown;
                known.written = None;
            }
            let mut reading = reading(&mail, &known);
            reading.contact = person.map(
                |p| json!({"id": p.id, "name": p.name(), "email": p.email, "company": p.company}),
            );
            Ok(reading)
        })
    }
}
