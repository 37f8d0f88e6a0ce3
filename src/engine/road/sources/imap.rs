//! A mailbox on a server as a source: what came into its folders since the last time, by UID.
//!
//! A folder's cursor says up to which UID everything newer was looked at, and down to which UID the first reading has come: that one goes from
//! the newest message back, so that today's answers are there first and an interrupted reading goes on where it was. When the server says that
//! UIDs mean other messages now, the folder is read anew; what is known already makes nothing twice.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::MailAccount;
use crate::connectors::mail::imap::{FolderState, ImapError, ImapSession};
use crate::connectors::mail::parse::parse;
use crate::engine::error::Result;
use crate::engine::handle::Engine;
use crate::engine::outside::sessions::{imap_failed, inbox_of};
use crate::engine::road::sources::mailbox::{about, source_name, take_messages};
use crate::engine::road::sources::{PassScope, SignalSource, SourceRun};
use crate::store::{Durability, sources};

/// Messages in one transaction. With the limit below, what is held at once stays small.
const BATCH: usize = 20;
/// A longer message is read up to here: text and invitation stand before what is attached.
const MAX_MESSAGE_BYTES: u32 = 1024 * 1024;

/// A mailbox on a server.
#[derive(Debug)]
pub(in crate::engine) struct ImapSource(pub MailAccount);

/// The point up to which a folder was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct FolderCursor {
    uid_validity: u32,
    /// Every UID above `first` up to here was looked at.
    last: u32,
    /// The first reading still has to look at what lies below; 0 when it is done.
    below: u32,
    /// As the server said when nothing was left to read.
    uid_next: u32,
    mod_sequence: u64,
}

/// The points up to which folders were read, by their names.
type Cursor = BTreeMap<String, FolderCursor>;

impl SignalSource for ImapSource {
    fn name(&self) -> String {
        source_name(&self.0)
    }

    fn about(&self) -> String {
        about(&self.0)
    }

    fn read(&self, engine: &Engine, scope: &PassScope, cursor: &str) -> Result<SourceRun> {
        let account = &self.0;
        let failed = |e: ImapError| imap_failed(account, &e);
        let mut cursor: Cursor = serde_json::from_str(cursor).unwrap_or_default();
        let mut run = SourceRun::default();
        engine.watch_drafts(account, &mut run);
        let mut session = engine.outside().imap(account).map_err(failed)?;
        let inbox = inbox_of(account);
        for folder in std::iter::once(inbox).chain(account.folders.iter().map(String::as_str)) {
            match session.examine(folder) {
                Ok(state) => self.read_folder(
                    engine,
                    &mut session,
                    (folder, state),
                    scope,
                    (&mut cursor, &mut run),
                )?,
                // A folder that was renamed must not keep the others from being read; the connection is still good.
                Err(ImapError::Refused { reason, .. }) if folder != inbox => {
                    run.is_partial = true;
                    run.problem = format!("the folder \"{folder}\" cannot be read: {reason}.");
                }
                Err(error) => return Err(failed(error)),
            }
        }
        session.close();
        Ok(run)
    }
}

impl ImapSource {
    fn read_folder(
        &self,
        engine: &Engine,
        session: &mut ImapSession,
        (folder, state): (&str, FolderState),
        scope: &PassScope,
        (cursor, run): (&mut Cursor, &mut SourceRun),
    ) -> Result<()> {
        let failed = |e: ImapError| imap_failed(&self.0, &e);
        let known = cursor
            .get(folder)
            .copied()
            .filter(|c| c.uid_validity == state.uid_validity);
        let again = scope.full || scope.since.is_some();
        let mut at = known.unwrap_or_else(|| FolderCursor {
            uid_validity: state.uid_validity,
            last: state.uid_next.saturating_sub(1),
            below: u32::MAX,
            ..FolderCursor::default()
        });
        let unchanged = state.uid_next != 0
            && state.uid_next == at.uid_next
            && state.mod_sequence == at.mod_sequence;
        if unchanged && at.below == 0 && !again {
            return Ok(());
        }
        if known.is_some() {
            for batch in session
                .uids_from(at.last.saturating_add(1))
                .map_err(failed)?
                .chunks(BATCH)
            {
                at.last = batch.last().copied().unwrap_or(at.last);
                self.take(engine, session, (folder, batch), (cursor, at), run)?;
            }
        }
        let usual = first_day(engine.now(), self.0.backfill_days);
        // A first reading that is not done yet still goes back as far as it was to go.
        let since = match scope.since {
            Some(since) if at.below == 0 => since,
            Some(since) => since.min(usual),
            None => usual,
        };
        if again {
            at.below = u32::MAX;
        }
        if at.below != 0 {
            let zone = engine.zone();
            let uids = session
                .uids_since(since.to_zoned(zone).date())
                .map_err(failed)?;
            let uids: Vec<u32> = uids
                .into_iter()
                .filter(|uid| *uid < at.below && *uid <= at.last.max(1))
                .collect();
            // A server that does not say what the next UID is has told it now.
            for batch in uids.rchunks(BATCH) {
                at.below = batch.first().copied().unwrap_or(0);
                self.take(engine, session, (folder, batch), (cursor, at), run)?;
            }
            at.below = 0;
        }
        at.uid_next = state.uid_next;
        at.mod_sequence = state.mod_sequence;
        self.take(engine, session, (folder, &[]), (cursor, at), run)
    }

    /// Fetches messages and takes them in with the cursor, in one transaction.
    fn take(
        &self,
        engine: &Engine,
        session: &mut ImapSession,
        (folder, uids): (&str, &[u32]),
        (cursor, at): (&mut Cursor, FolderCursor),
        run: &mut SourceRun,
    ) -> Result<()> {
        let fetched = session
            .fetch(uids, MAX_MESSAGE_BYTES)
            .map_err(|e| imap_failed(&self.0, &e))?;
        let read = fetched
            .into_iter()
            .map(|mail| {
                (
                    format!("{folder}.{}.{}", at.uid_validity, mail.uid),
                    parse(&mail.bytes),
                )
            })
            .collect();
        cursor.insert(folder.to_owned(), at);
        let text = serde_json::json!(cursor).to_string();
        let source = self.name();
        let (counts, taken) = engine.write(Durability::Full, move |tx, core, now| {
            let taken = take_messages(tx, core, &source, read, now)?;
            sources::set_cursor(tx, &source, &text)?;
            Ok(taken)
        })?;
        run.counts.add(&counts);
        run.taken.add(&taken);
        Ok(())
    }
}

fn first_day(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}
