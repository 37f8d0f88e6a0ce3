//! Maildir as a source: mail that came in, understood and tied to contacts.
//!
//! Every file is looked at once, read or unread, new or years old; which ones were is kept by the unique name that a Maildir file keeps for life.
//! The operator's own mail, mass mail and strangers' mail make no signal and are counted with the reason.

use crate::config::MailAccount;
use crate::connectors::mail::maildir::{MailEntry, MaildirFolder};
use crate::connectors::mail::parse::parse;
use crate::domain::text::clean_line;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::engine::outside::maildir::layout;
use crate::engine::road::intake::Taken;
use crate::engine::road::sources::mailbox::{source_name, take_messages};
use crate::store::Durability;
use crate::store::sources::{self, SourceCounts};

/// Messages in one transaction.
const BATCH: usize = 50;
/// A longer file is read up to here.
const MAX_MESSAGE_BYTES: u64 = 32 * 1024 * 1024;

impl Engine {
    /// Reads what came into an account's inbox since the last time. A message that cannot be read does not hold the others back: it is named
    /// in the third part and tried again next time.
    pub(in crate::engine) fn read_maildir(
        &self,
        account: &MailAccount,
    ) -> Result<(SourceCounts, Taken, String)> {
        let inbox = layout(account).inbox;
        let failed = |e: crate::connectors::mail::maildir::MaildirError| {
            EngineError::Outside(format!("{e}."))
        };
        let folder = MaildirFolder::open(&inbox).map_err(failed)?;
        let source = source_name(account);
        let unseen = {
            let entries: Vec<MailEntry> = folder.list().map_err(failed)?.collect();
            let mut unseen = self.store().read(|tx| {
                let mut unseen = Vec::new();
                for entry in entries {
                    if !sources::has_seen_file(tx, &source, &entry.unique)? {
                        unseen.push(entry);
                    }
                }
                Ok::<_, EngineError>(unseen)
            })?;
            // A file system lists in any order; names begin with the time of delivery.
            unseen.sort_by(|a, b| a.unique.cmp(&b.unique));
            unseen
        };
        let (mut counts, mut taken) = (SourceCounts::default(), Taken::default());
        let (mut unreadable, mut first_reason) = (0_u64, String::new());
        for batch in unseen.chunks(BATCH) {
            let mut read = Vec::with_capacity(batch.len());
            for entry in batch {
                // A file that is gone was moved by another program while we looked: it is seen under its new name next time.
                match folder.read(entry, MAX_MESSAGE_BYTES) {
                    Ok(Some(bytes)) => read.push((entry.unique.clone(), parse(&bytes))),
                    Ok(None) => {}
                    Err(error) => {
                        unreadable += 1;
                        if first_reason.is_empty() {
                            first_reason = clean_line(&error.to_string(), 300);
                        }
                    }
                }
            }
            let account = account.clone();
            let (c, t) = self.write(Durability::Full, move |tx, core, now| {
                take_messages(tx, core, &source_name(&account), read, now)
            })?;
            counts.add(&c);
            taken.add(&t);
        }
        let problem = match unreadable {
            0 => String::new(),
            1 => format!("1 message cannot be read and is tried again next time: {first_reason}."),
            n => format!(
                "{n} messages cannot be read and are tried again next time: {first_reason}."
            ),
        };
        Ok((counts, taken, problem))
    }
}
