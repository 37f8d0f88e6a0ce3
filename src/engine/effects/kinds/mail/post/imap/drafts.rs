//! Drafts on a mail server that the operator changed, sent or deleted with a mail program.
//!
//! A mail program that changes a draft puts another message in its place, often with another Message-ID, and one that sends it puts what left
//! among the sent mail. Both are then known by whom they go to and what they answer, or by their subject.

use jiff::tz::TimeZone;

use crate::connectors::mail::imap::{FetchedMail, ImapError, ImapSession};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::domain::email::ParsedMail;
use crate::domain::email::address::EmailAddress;
use crate::domain::email::left::LostDraft;
use crate::domain::email::message_id::MessageId;
use crate::engine::effects::kinds::mail::post::drafts::{
    DraftFate, LeftDraft, likeliest_first, sought,
};
use crate::engine::effects::kinds::mail::post::imap::{ImapPost, imap_failed};
use crate::engine::effects::kinds::mail::render::is_as_rendered;
use crate::engine::error::{EngineError, Result};
use crate::env::crash_point;
use crate::store::executions::{self, ExecutionRow};

const DRAFT_FLAGS: &str = r"(\Draft \Seen)";
/// Messages that are looked at for one draft, the newest.
const MAX_CANDIDATES: usize = 20;
/// What is read of a message to know it.
const HEADER_BYTES: u32 = 64 * 1024;
/// What is read of one that left.
const MESSAGE_BYTES: u32 = 1024 * 1024;

impl ImapPost<'_> {
    /// Looks what became of drafts, over one connection.
    pub fn draft_fates(&self, rows: &[ExecutionRow]) -> Result<Vec<DraftFate>> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let mut session = self.outside.imap(&self.account).map_err(failed)?;
        let special = session.special_folders().map_err(failed)?;
        let (drafts, sent) = (self.drafts(special.clone()), self.sent(special));
        let mut fates = Vec::with_capacity(rows.len());
        for row in rows {
            let sought = sought(row)?;
            let fate = fate(&mut session, (&drafts, &sent), &sought).map_err(failed)?;
            fates.push(match fate {
                DraftFate::Gone(mut found) => {
                    for left in &mut found {
                        left.location = format!("{}/{}", self.account.name, left.location);
                    }
                    DraftFate::Gone(found)
                }
                other => other,
            });
        }
        session.close();
        Ok(fates)
    }

    /// Returns a draft's message as it lies there; none if it does not.
    pub fn lying_draft(&self, row: &ExecutionRow) -> Result<Option<ParsedMail>> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let mut session = self.outside.imap(&self.account).map_err(failed)?;
        let folder = self.drafts(session.special_folders().map_err(failed)?);
        let mut mail = None;
        if is_open(&mut session, &folder).map_err(failed)? {
            let uids = matching(&mut session, &sought(row)?).map_err(failed)?;
            let newest = uids.get(uids.len().saturating_sub(1)..).unwrap_or_default();
            let fetched = session.fetch(newest, MESSAGE_BYTES).map_err(failed)?;
            mail = fetched.first().map(|fetched| parse(&fetched.bytes));
        }
        session.close();
        Ok(mail)
    }

    /// Removes a draft, also one that a mail program saved anew; returns whether it was still there.
    pub fn remove_draft(&self, row: &ExecutionRow) -> Result<bool> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let mut session = self.outside.imap(&self.account).map_err(failed)?;
        let folder = self.drafts(session.special_folders().map_err(failed)?);
        let mut found = Vec::new();
        if is_open(&mut session, &folder).map_err(failed)? {
            found = matching(&mut session, &sought(row)?).map_err(failed)?;
        }
        for uid in &found {
            session.delete(&folder, *uid).map_err(failed)?;
        }
        session.close();
        Ok(!found.is_empty())
    }

    /// Tells whether a draft lies in the folder as it was to be put there, and nothing else of it.
    pub(super) fn has_draft(
        &self,
        session: &mut ImapSession,
        folder: &str,
        row: &ExecutionRow,
    ) -> Result<bool> {
        let failed = |e: ImapError| imap_failed(&self.account, &e);
        let Some(id) = MessageId::find(&row.message_id) else {
            return Ok(false);
        };
        if !is_open(session, folder).map_err(failed)? {
            return Ok(false);
        }
        let there = session.find_message_id(&id).map_err(failed)?;
        let rendered = self
            .outside
            .core
            .store
            .read(|tx| Ok::<_, EngineError>(executions::rendered(tx, row.id)?))?;
        let lying = session.fetch(&there, MESSAGE_BYTES).map_err(failed)?;
        let is_fitting = |mail: &FetchedMail| is_as_rendered(&rendered, &parse(&mail.bytes));
        Ok(lying.len() == 1 && lying.iter().all(is_fitting))
    }

    /// Puts a draft into its folder, in the place of what lies there of it already.
    pub(super) fn place_draft(
        &self,
        session: &mut ImapSession,
        folder: &str,
        row: &ExecutionRow,
        message: &[u8],
    ) -> Result<(), ImapError> {
        session.examine(folder)?;
        let Some(id) = MessageId::find(&row.message_id) else {
            return session.append(folder, DRAFT_FLAGS, message);
        };
        let there = session.find_message_id(&id)?;
        let lying = session.fetch(&there, MESSAGE_BYTES)?;
        let fitting = lying
            .iter()
            .find(|mail| is_as_rendered(message, &parse(&mail.bytes)))
            .map(|mail| mail.uid);
        if fitting.is_none() {
            session.append(folder, DRAFT_FLAGS, message)?;
        }
        // The new one is in its place before the old one goes.
        crash_point("draft-appended");
        for uid in there.into_iter().filter(|uid| Some(*uid) != fitting) {
            session.delete(folder, uid)?;
        }
        Ok(())
    }
}

fn fate(
    session: &mut ImapSession,
    (drafts, sent): (&str, &str),
    sought: &LostDraft,
) -> Result<DraftFate, ImapError> {
    // A folder that is not there holds nothing.
    if is_open(session, drafts)? && !matching(session, sought)?.is_empty() {
        return Ok(DraftFate::Lies);
    }
    if !is_open(session, sent)? {
        return Ok(DraftFate::Unseen);
    }
    let uids = matching(session, sought)?;
    let mut found: Vec<LeftDraft> = session
        .fetch(&uids, MESSAGE_BYTES)?
        .into_iter()
        .map(|mail| left(parse(&mail.bytes), sent, sought))
        .collect();
    likeliest_first(&mut found, &sought.message_id);
    Ok(DraftFate::Gone(found))
}

fn left(mail: ParsedMail, folder: &str, sought: &LostDraft) -> LeftDraft {
    LeftDraft {
        ids: mail.message_id.iter().map(ToString::to_string).collect(),
        remote_id: String::new(),
        thread: String::new(),
        at: mail.date.unwrap_or(sought.since),
        location: folder.to_owned(),
        mail,
    }
}

fn is_open(session: &mut ImapSession, folder: &str) -> Result<bool, ImapError> {
    match session.examine(folder) {
        Ok(_) => Ok(true),
        Err(ImapError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Finds the draft in the open folder: by its Message-ID, else among what goes to the same person.
fn matching(session: &mut ImapSession, sought: &LostDraft) -> Result<Vec<u32>, ImapError> {
    if let Some(id) = MessageId::find(&sought.message_id) {
        let named = session.find_message_id(&id)?;
        if !named.is_empty() {
            return Ok(named);
        }
    }
    let Ok(to) = EmailAddress::parse(&sought.to) else {
        return Ok(Vec::new());
    };
    // The server's own calendar may be a day behind.
    let since = sought.since.to_zoned(TimeZone::UTC).date();
    let day = since.yesterday().unwrap_or(since);
    let all = session.uids_to(&to, day)?;
    let newest = all.get(all.len().saturating_sub(MAX_CANDIDATES)..);
    Ok(session
        .fetch(newest.unwrap_or_default(), HEADER_BYTES)?
        .into_iter()
        .filter(|fetched| {
            let mail = parse_header(&fetched.bytes);
            let ids: Vec<String> = mail.message_id.iter().map(ToString::to_string).collect();
            sought.is(&mail, &ids, false, mail.date.unwrap_or(sought.since))
        })
        .map(|fetched| fetched.uid)
        .collect())
}
