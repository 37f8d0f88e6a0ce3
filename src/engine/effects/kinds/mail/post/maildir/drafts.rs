//! Drafts in a folder of this machine that the operator changed, sent or deleted with a mail program.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::connectors::mail::maildir::{MailEntry, MaildirError, MaildirFolder};
use crate::connectors::mail::parse::{parse, parse_header};
use crate::domain::email::ParsedMail;
use crate::domain::email::left::LostDraft;
use crate::engine::effects::kinds::mail::post::drafts::{
    DraftFate, LeftDraft, likeliest_first, sought,
};
use crate::engine::effects::kinds::mail::post::maildir::{MaildirPost, unique_name};
use crate::engine::error::{EngineError, Result};
use crate::store::executions::ExecutionRow;

/// What is read of a message to know it, and of one that left.
const HEADER_BYTES: u64 = 64 * 1024;
const MESSAGE_BYTES: u64 = 1024 * 1024;
/// A file's name begins with the second in which it was delivered; clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

impl MaildirPost {
    /// Looks what became of drafts: in the drafts folder, then in the outbox and the folder for sent mail.
    pub fn draft_fates(&self, rows: &[ExecutionRow]) -> Result<Vec<DraftFate>> {
        rows.iter().map(|row| self.draft_fate(row)).collect()
    }

    /// Returns a draft's message as it lies there; none if it does not.
    pub fn lying_draft(&self, row: &ExecutionRow) -> Result<Option<ParsedMail>> {
        let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
        let path = &self.layout.drafts;
        if !path.is_dir() {
            return Ok(None);
        }
        let folder = MaildirFolder::open(path).map_err(failed)?;
        if let Some(entry) = folder.find(&unique_name(row)).map_err(failed)?
            && let Some(bytes) = folder.read(&entry, MESSAGE_BYTES).map_err(failed)?
        {
            return Ok(Some(parse(&bytes)));
        }
        let found = find(path, &sought(row)?)?.into_iter().next();
        Ok(found.map(|left| left.mail))
    }

    /// Removes a draft, also one that a mail program saved anew; returns whether it was still there.
    pub fn remove_draft(&self, row: &ExecutionRow) -> Result<bool> {
        let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
        let path = &self.layout.drafts;
        if !path.is_dir() {
            return Ok(false);
        }
        let folder = MaildirFolder::open(path).map_err(failed)?;
        let mut was_there = folder.remove(&unique_name(row)).map_err(failed)?;
        for left in find(path, &sought(row)?)? {
            was_there |= folder.remove(&left.remote_id).map_err(failed)?;
        }
        Ok(was_there)
    }

    fn draft_fate(&self, row: &ExecutionRow) -> Result<DraftFate> {
        let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
        let sought = sought(row)?;
        if !self.layout.drafts.is_dir() {
            return Ok(DraftFate::Unseen);
        }
        let drafts = MaildirFolder::open(&self.layout.drafts).map_err(failed)?;
        if drafts.find(&unique_name(row)).map_err(failed)?.is_some()
            || !find(&self.layout.drafts, &sought)?.is_empty()
        {
            return Ok(DraftFate::Lies);
        }
        let mut found = find(&self.layout.outbox, &sought)?;
        let mut is_seen = !found.is_empty();
        if let Some(sent) = self.layout.sent.as_deref().filter(|sent| sent.is_dir()) {
            is_seen = true;
            found.extend(find(sent, &sought)?);
        }
        likeliest_first(&mut found, &sought.message_id);
        Ok(if is_seen {
            DraftFate::Gone(found)
        } else {
            DraftFate::Unseen
        })
    }
}

/// Finds the messages of a folder that are a draft, sent; only headers are read of the others.
fn find(folder: &Path, sought: &LostDraft) -> Result<Vec<LeftDraft>> {
    let failed = |e: MaildirError| EngineError::Outside(format!("{e}."));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let folder = MaildirFolder::open(folder).map_err(failed)?;
    let since = sought.since.checked_sub(SKEW).unwrap_or(sought.since);
    let mut found = Vec::new();
    for entry in folder.list().map_err(failed)? {
        if delivered_at(&entry).is_some_and(|at| at < since) {
            continue;
        }
        let Some(bytes) = folder.read(&entry, HEADER_BYTES).map_err(failed)? else {
            continue;
        };
        let header = parse_header(&bytes);
        let ids: Vec<String> = header.message_id.iter().map(ToString::to_string).collect();
        let at = header.date.unwrap_or(sought.since);
        if !sought.is(&header, &ids, false, at) {
            continue;
        }
        let Some(bytes) = folder.read(&entry, MESSAGE_BYTES).map_err(failed)? else {
            continue;
        };
        found.push(LeftDraft {
            ids,
            remote_id: entry.unique.clone(),
            thread: String::new(),
            at,
            location: entry.path.display().to_string(),
            mail: parse(&bytes),
        });
    }
    Ok(found)
}

fn delivered_at(entry: &MailEntry) -> Option<Timestamp> {
    let seconds = entry.unique.split('.').next()?;
    Timestamp::from_second(seconds.parse().ok()?).ok()
}
