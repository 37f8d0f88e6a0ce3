//! The audit trail: looked at, checked, and taken along.

use std::io::{BufRead, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::audit::{Broken, Link, Walk, hex, unhex};
use crate::domain::effect::EffectKind;
use crate::domain::seal::{self, Said};
use crate::domain::text::json_escaped;
use crate::engine::effects::kinds;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::instance;
use crate::engine::ground::output;
use crate::engine::handle::Engine;
use crate::env::file;
use crate::store::{ReadTx, audit};

pub use crate::domain::seal::{Judgement, MAX_FILE_BYTES as MAX_SEALS_BYTES, Seal};
pub use crate::domain::trail::{Finding, Findings};
pub use crate::store::audit::{AuditCheck, AuditEntry, AuditFilter, DeepCheck};

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

    /// Checks the audit trail's chain and holds the executions, approvals and suppressions against it. Linear in the length of both.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn verify_audit_deep(&self) -> Result<DeepCheck> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(audit::verify_deep(tx, &hash_of)?))
    }

    /// Returns the number of entries of the audit trail.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn audit_length(&self) -> Result<i64> {
        self.store()
            .read(|tx| Ok::<_, EngineError>(audit::length(tx)?))
    }

    /// Makes a seal of the trail as it ends now, and holds it against the seals that a file has already.
    ///
    /// # Errors
    /// If the chain is broken, or the file holds anything else than seals of this trail; nothing is to be written then.
    pub fn seal_audit(&self, known: Option<&str>) -> Result<Seal> {
        let now = self.now();
        self.store().read(|tx| {
            let instance = instance(tx)?;
            let check = audit::verify(tx)?;
            if let Some(at) = check.broken_at {
                return Err(EngineError::Outside(format!(
                    "The audit trail is broken at entry {at}: {}. It was not sealed.",
                    check.reason
                )));
            }
            if let Some(text) = known {
                let seals = seal::parse(text, &instance).map_err(not_sealed)?;
                let held = held(
                    tx,
                    &seals,
                    &DeepCheck {
                        check: check.clone(),
                        ..DeepCheck::default()
                    },
                )?;
                if let Some(fault) = held.fault {
                    return Err(EngineError::Outside(format!("{fault} It was not sealed.")));
                }
            }
            Ok(Seal::new(&instance, now, check.last, &check.head))
        })
    }

    /// Checks the trail and the tables, and holds the trail against the seals of a file's text.
    ///
    /// # Errors
    /// If the text holds anything else than seals of this installation.
    pub fn verify_audit_against(&self, text: &str) -> Result<SealedCheck> {
        self.store().read(|tx| {
            let seals = seal::parse(text, &instance(tx)?).map_err(|why| {
                EngineError::Input(format!("The file of seals cannot be used: {why}."))
            })?;
            let deep = audit::verify_deep(tx, &hash_of)?;
            let seals = held(tx, &seals, &deep)?;
            Ok(SealedCheck { deep, seals })
        })
    }

    /// Writes the audit trail to a file, which takes its place only when it is whole. `force` lets it replace any file that is not the program's own.
    /// Returns how many entries went out.
    ///
    /// # Errors
    /// As [`Engine::export_audit`]; [`EngineError::Input`] if the file may not be replaced.
    pub fn export_audit_to_file(
        &self,
        since: Option<Timestamp>,
        path: &Path,
        force: bool,
    ) -> Result<i64> {
        let failed = |e: std::io::Error| {
            EngineError::Outside(format!(
                "{} cannot be written: {}.",
                path.display(),
                file::said(&e)
            ))
        };
        let place = output::place(self.paths(), path, None, force)?;
        let mut out = BufWriter::new(place.create().map_err(failed)?);
        let entries = self.export_audit(since, &mut out)?;
        let whole = out.into_inner().map_err(|e| failed(e.into_error()))?;
        whole.keep().map_err(failed)?;
        Ok(entries)
    }

    /// Refuses a file that nothing may be added to: one of the program's own, a folder, a device.
    ///
    /// # Errors
    /// [`EngineError::Input`] with the reason.
    pub fn may_write_to(&self, path: &Path) -> Result<()> {
        output::may_be_touched(self.paths(), path, None).map(drop)
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
            .map_err(|e| {
                EngineError::Outside(format!("The export cannot be written: {}.", file::said(&e)))
            })?;
        Ok(end.entries)
    }
}

fn hash_of(kind: EffectKind, content: &str) -> [u8; 32] {
    kinds::of(kind).hash(content)
}

fn not_sealed(why: String) -> EngineError {
    EngineError::Input(format!(
        "The file of seals cannot be used: {why}. Nothing was written; name a new file."
    ))
}

/// The trail held against seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldSeals {
    /// Number of seals.
    pub seals: usize,
    /// Number of those whose entry is there as sealed.
    pub held: usize,
    /// Number of those whose entry was cut off with the old ones, so that nothing can be said.
    pub cut_off: usize,
    /// Number of the newest sealed entry.
    pub last: i64,
    /// Instant of the newest seal.
    pub at: Timestamp,
    /// The judgement.
    pub judgement: Judgement,
    /// The judgement as a sentence; none if the trail is as sealed.
    pub fault: Option<String>,
}

/// The check of the trail, of the tables beside it, and of the seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealedCheck {
    /// The trail and the tables.
    #[serde(flatten)]
    pub deep: DeepCheck,
    /// The seals.
    pub seals: HeldSeals,
}

fn held(tx: &ReadTx<'_>, seals: &[Seal], deep: &DeepCheck) -> Result<HeldSeals> {
    let check = &deep.check;
    let mut said = Vec::with_capacity(seals.len());
    for seal in seals {
        said.push(if seal.last > check.last && check.intact {
            Said::Beyond
        } else if seal.last == 0 {
            Said::Same
        } else {
            match audit::load(tx, seal.last)? {
                Some((_, _, hash)) if hash == seal.head => Said::Same,
                Some((entry, _, _)) => Said::Other(entry.at),
                None if seal.last < check.first => Said::CutOff,
                None => Said::Beyond,
            }
        });
    }
    let judgement = seal::judge(seals, &said, deep.tables.found > 0);
    let count = |what: Said| said.iter().filter(|one| **one == what).count();
    let (last, at) = seals
        .last()
        .map_or((0, Timestamp::UNIX_EPOCH), |seal| (seal.last, seal.at));
    // The first seal that the trail contradicts, and what it has instead.
    let torn = seals
        .iter()
        .zip(&said)
        .find(|(_, said)| matches!(said, Said::Other(_) | Said::Beyond))
        .map(|(seal, _)| format!("entry {} as it was sealed on {}", seal.last, seal.at))
        .unwrap_or_default();
    let ends = check.last;
    let fault = match judgement {
        Judgement::Holds | Judgement::TooOld => None,
        Judgement::CutOff => Some(format!(
            "The end of the trail was cut off: it ends with entry {ends}, the seal knows {torn}, and the tables still know what the missing entries told of."
        )),
        Judgement::PutBack => Some(format!(
            "An older database was put back, or the end of the trail was cut off without a trace: it ends with entry {ends}, and the seal knows {torn}."
        )),
        Judgement::WentOn => Some(format!(
            "An older database was put back and went on from there: the trail does not have {torn}, but a later one under its number."
        )),
        Judgement::Rewritten => Some(format!(
            "The chain was rewritten: the trail does not have {torn}, but another one under its number."
        )),
    };
    Ok(HeldSeals {
        seals: seals.len(),
        held: count(Said::Same),
        cut_off: count(Said::CutOff),
        last,
        at,
        judgement,
        fault,
    })
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
