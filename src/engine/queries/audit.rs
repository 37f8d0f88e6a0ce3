//! The audit trail: looked at, checked, and taken along.

use std::io::{BufRead, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::audit::{Broken, Link, Walk, hex, unhex};
use crate::domain::text::json_escaped;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::store::audit;

pub use crate::store::audit::{AuditCheck, AuditEntry, AuditFilter};

/// The most bytes of one line of an export.
const MAX_LINE_BYTES: u64 = 4 * 1024 * 1024;

/// One entry in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditDetail {
    /// The entry.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// The hash of the entry before it, in hexadecimal digits; empty for the first.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

/// A line of an export: the entry with exactly the texts that its hash covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ExportedLine {
    seq: i64,
    at: Timestamp,
    at_ms: i64,
    actor: String,
    event: String,
    subject: String,
    /// The particulars as the text that was hashed.
    detail: String,
    previous: String,
    hash: String,
}

/// The last line of an export, by which a cut-off end is seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ExportedEnd {
    end: bool,
    entries: i64,
    last: i64,
    head: String,
}

impl Engine {
    /// Lists the newest entries of the audit trail, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn list_audit(&self, subject: Option<&str>, limit: usize) -> Result<Vec<AuditEntry>> {
        self.filter_audit(&AuditFilter {
            subject: subject.map(str::to_owned),
            limit,
            ..AuditFilter::default()
        })
    }

    /// Lists the newest entries of the audit trail that a filter lets through, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn filter_audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(audit::list(tx, filter)?))
    }

    /// Returns one entry of the audit trail in full.
    ///
    /// # Errors
    /// If there is none of that number.
    pub fn audit_entry(&self, seq: i64) -> Result<AuditDetail> {
        let found = self
            .store()
            .read(|tx| Ok::<_, EngineError>(audit::load(tx, seq)?))?;
        let (entry, previous, hash) = found.ok_or_else(|| {
            EngineError::NotFound(format!("There is no entry {seq} in the audit trail."))
        })?;
        Ok(AuditDetail {
            entry,
            previous,
            hash,
        })
    }

    /// Checks the audit trail's chain. Linear in its length.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn verify_audit(&self) -> Result<AuditCheck> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(audit::verify(tx)?))
    }

    /// Writes the audit trail as JSON lines that an outsider can check, from an instant on. Returns how many entries went out.
    ///
    /// # Errors
    /// If the database cannot be read or the lines cannot be written.
    pub fn export_audit(&self, since: Option<Timestamp>, out: &mut dyn Write) -> Result<i64> {
        let mut end = ExportedEnd {
            end: true,
            entries: 0,
            last: 0,
            head: String::new(),
        };
        let mut lines = Vec::new();
        // The lines are written when the reader is given back: whoever reads them slowly must not hold up the screen.
        self.store().read(|tx| {
            audit::each(tx, since, |link| {
                let line = ExportedLine {
                    seq: link.seq,
                    at: Timestamp::from_millisecond(link.at).unwrap_or_default(),
                    at_ms: link.at,
                    actor: link.actor.to_owned(),
                    event: link.event.to_owned(),
                    subject: link.subject.to_owned(),
                    detail: link.detail.to_owned(),
                    previous: hex(link.previous),
                    hash: hex(link.hash),
                };
                end.entries += 1;
                end.last = line.seq;
                end.head.clone_from(&line.hash);
                write_line(&mut lines, &line)
            })
        })?;
        write_line(&mut lines, &end)?;
        out.write_all(&lines)
            .and_then(|()| out.flush())
            .map_err(|e| EngineError::Outside(format!("The export cannot be written: {e}.")))?;
        Ok(end.entries)
    }
}

fn write_line(out: &mut Vec<u8>, line: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(line)
        .map_err(|e| EngineError::Outside(format!("The JSON could not be made: {e}.")))?;
    out.extend_from_slice(json_escaped(&text).as_bytes());
    out.push(b'\n');
    Ok(())
}

/// Checks an export by itself: its chain, and its end. What came before its first entry is not asked about.
///
/// # Errors
/// If it cannot be read, or a line is none of an export.
pub fn verify_export(mut reader: impl BufRead) -> Result<AuditCheck> {
    let mut walk = Walk::default();
    let mut end: Option<ExportedEnd> = None;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = std::io::Read::take(&mut reader, MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(|e| EngineError::Outside(format!("The export cannot be read: {e}.")))?;
        if read == 0 {
            break;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if end.is_some() {
            return Err(EngineError::Input(format!(
                "Line {number}: the export goes on after its end."
            )));
        }
        if let Ok(last) = serde_json::from_slice::<ExportedEnd>(text) {
            end = Some(last);
            continue;
        }
        let entry: ExportedLine = serde_json::from_slice(text).map_err(|e| {
            EngineError::Input(format!(
                "Line {number} is no line of an export of the audit trail: {e}."
            ))
        })?;
        let hashes = unhex(&entry.previous).zip(unhex(&entry.hash));
        let (previous, hash) = hashes.unwrap_or_default();
        let link = Link {
            seq: entry.seq,
            at: entry.at_ms,
            actor: &entry.actor,
            event: &entry.event,
            subject: &entry.subject,
            detail: &entry.detail,
            previous: &previous,
            hash: &hash,
        };
        let mut stepped = walk.step(&link);
        // The readable instant is not hashed, so it is held against the one that is.
        if stepped.is_ok() && entry.at.as_millisecond() != entry.at_ms {
            stepped = Err(Broken {
                at: entry.seq,
                reason: "this entry was changed: its two instants differ".into(),
            });
        }
        if let Err(broken) = stepped {
            return Ok(AuditCheck::of(&walk, Some(broken)));
        }
    }
    let (last, head) = walk
        .last()
        .map_or((0, String::new()), |(seq, hash)| (seq, hex(&hash)));
    let broken = match end {
        None => Some("the end of the export is missing: entries may have been removed".to_owned()),
        Some(end) if end.last == last && end.head == head && end.entries == walk.entries() => None,
        Some(end) => Some(format!(
            "entries at the end were removed: the export says that it ends with entry {}",
            end.last
        )),
    };
    Ok(AuditCheck::of(
        &walk,
        broken.map(|reason| Broken {
            at: last + 1,
            reason,
        }),
    ))
}
