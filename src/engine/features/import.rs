//! Import of contacts: a reader thread turns the file into drafts, and each batch of them is one short write transaction.
//!
//! What was committed stays: a cancelled or failed import ends between two batches, and a second run finds those rows
//! unchanged and goes on. Every row of the file is counted once, as new, updated, unchanged or rejected.

mod said;

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

pub use self::said::grouped;
pub use crate::connectors::files::OrderCause;
use crate::connectors::files::{
    ColumnDates, ContactFile, Dropped, Field, FileError, MapOverrides, Mapping, RejectedRow,
    RejectsWriter, Skipped, Vendor,
};
use crate::domain::by::By;
use crate::domain::contact::{ContactDraft, DraftFault, DraftPart};
use crate::domain::date_order::DateOrder;
use crate::domain::text::clean_line;
use crate::domain::words::words;
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::output::{self, Output, Place};
use crate::engine::handle::Engine;
use crate::engine::undo::change::{self, Back, Tells};
use crate::env::file::{self, Mark};
pub use crate::store::contacts::{Change, OnConflict, Overwrite};
use crate::store::contacts::{
    ContactWriter, Held, Origin, RunMemory, Written, begin_bulk, end_bulk,
};
use crate::store::{Durability, HoldsStoreError, StoreError};

/// Rows in one transaction. Fewer cost more: each commit writes every touched page of the address index to the log anew.
const BATCH_ROWS: usize = 20_000;
/// Rows that the reader hands over at once, and how often it may do so before they are taken: half as many rows wait as are being written.
const PART_ROWS: usize = 2_000;
const PARTS_AHEAD: usize = BATCH_ROWS / PART_ROWS / 2;
/// Rejected rows after which the reader hands over what it has, and after which a transaction ends: they are kept whole until they are written,
/// and many huge ones must not pile up.
const PART_REJECTS: usize = 20;
const BATCH_REJECTS: usize = 200;
/// How often a batch is tried again while another process keeps the database to itself, five seconds each time.
const BUSY_TRIES: u32 = 6;
/// Bytes of rows after which the reader hands over what it has, and after which a transaction ends.
const PART_BYTES: usize = 2 * 1024 * 1024;
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Rows about known people that the report names one by one.
const REPORTED_PEOPLE: usize = 200;
/// Lines of a column's doubtful cells that the report names.
const REPORTED_LINES: usize = 20;
/// Rejected rows that the report itself names; the rejects file has all.
const REPORTED_REJECTS: usize = 100;

/// What to import and how.
#[derive(Debug, Clone, Default)]
pub struct ImportRequest {
    /// `field=column` pairs that go before the guessed ones.
    pub map: Vec<String>,
    /// The system that the file's ids belong to, such as `hubspot`; None guesses.
    pub system: Option<String>,
    /// Whether to say what would happen and keep nothing.
    pub dry_run: bool,
    /// Where rejected rows go; None puts them beside the file.
    pub rejects: Option<PathBuf>,
    /// True to let that file replace one that was not written from here.
    pub force: bool,
    /// The choice for rows that have the address or id of somebody else; None keeps both people.
    pub on_conflict: Option<OnConflict>,
    /// The order of day and month in the file's dates; None asks each column, and then the operator's country.
    pub dates: Option<DateOrder>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Rows done.
    pub rows: u64,
    /// Bytes of the file read.
    pub bytes: u64,
}

/// One rejected row, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedReject {
    /// Its number among the rows, from 1.
    pub row: u64,
    /// The line of the file on which it starts, from 1.
    pub line: u64,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// What is wrong.
    pub reason: String,
}

/// Values that rows were taken without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedDrop {
    /// The column.
    pub column: String,
    /// What was wrong with them.
    pub reason: String,
    /// How many there were.
    pub count: u64,
}

/// A column and what it was read as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedColumn {
    /// Its header.
    pub header: String,
    /// The field; None if it was left out.
    pub field: Option<String>,
}

words! {
    /// The fate of a row about somebody who is known, or who must not be written to.
    pub enum Fate ("a fate of a row") {
        /// The row fills in a known record.
        Merge = "merge",
        /// The row replaces values of a known record.
        Overwrite = "overwrite",
        /// The row names somebody else than the one who has its address or id, and both are kept.
        KeepBoth = "keep_both",
        /// The row names somebody else than the one who has its address or id, and is rejected.
        LeaveOut = "leave_out",
        /// The row is about somebody new.
        Add = "add",
    }
}

/// One row about somebody who is known, or who must not be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedPerson {
    /// Its number among the rows, from 1.
    pub row: u64,
    /// The line of the file on which it starts, from 1.
    pub line: u64,
    /// Its fate.
    pub fate: Fate,
    /// The known contact's number; None for somebody new.
    pub contact: Option<i64>,
    /// The name in the database; empty if none is known.
    pub known: String,
    /// The name in the row.
    pub name: String,
    /// The values of the known record that the row replaces.
    pub overwritten: Vec<Overwrite>,
    /// The cause for which the row stops mail, `opted_out` or `bounced`; None if it stops none.
    pub suppressed: Option<&'static str>,
}

/// A column with cells that may be opt-outs or bounces and are not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedSuspicion {
    /// The column.
    pub column: String,
    /// How many of its cells look so.
    pub count: u64,
    /// Lines of the first of these cells.
    pub lines: Vec<u64>,
    /// The field by which `--map` follows the column; None where each cell is to be looked at.
    pub map: Option<&'static str>,
}

/// The order in which a column's dates were read. Only columns with dates whose form leaves it open are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedDates {
    /// The column.
    pub column: String,
    /// The order, `dmy`, `mdy` or `ymd`; None if the column contradicts itself and such dates were left out.
    pub order: Option<DateOrder>,
    /// The cause.
    pub cause: OrderCause,
    /// The line of the file that decides, or the two that contradict each other.
    pub lines: Vec<u64>,
    /// Dates seen whose form leaves the order open.
    pub count: u64,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The file, as it was named.
    pub file: String,
    /// The state of the file when it was opened; none for what is no file.
    #[serde(skip)]
    pub mark: Option<Mark>,
    /// Whose export it seems to be.
    pub vendor: String,
    /// The system of the ids in it.
    pub system: String,
    /// Whether nothing was kept, as asked.
    pub dry_run: bool,
    /// Whether it was stopped before the end of the file.
    pub cancelled: bool,
    /// Rows taken from the file; the sum of the next four.
    pub rows: u64,
    /// People who were not known.
    pub new: u64,
    /// Records that changed.
    pub updated: u64,
    /// Records that said all that already.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub rejected: u64,
    /// Rows shorter than the header.
    pub padded: u64,
    /// Rows whose address or id belongs to another contact and stayed there.
    pub taken: u64,
    /// Rows whose person opted out: they get no mail.
    pub opted_out: u64,
    /// Rows whose address mail comes back from, or whose person left the firm: it is suppressed.
    pub bounced: u64,
    /// Rows that say so as they did before, while the suppression was lifted since.
    pub lifted: u64,
    /// Rows that say so, or may, of somebody whose address is not known: nothing was suppressed for them.
    pub not_held: u64,
    /// Lines of the first of these rows.
    pub not_held_lines: Vec<u64>,
    /// Rows that replaced a value of a known record.
    pub overwritten: u64,
    /// Rows that have the address or id of somebody with another name, and were kept beside them or rejected.
    pub other_people: u64,
    /// Cells with more than one phone number; all were kept.
    pub second_numbers: u64,
    /// Lines without an id and a name that went on with the row before them; they are no rows.
    pub continued: u64,
    /// The choice for rows of somebody else.
    pub on_conflict: OnConflict,
    /// The first rows about people who are known, or who must not be written to.
    pub people: Vec<ReportedPerson>,
    /// The order in which dates were read, for each column of them.
    pub dates: Vec<ReportedDates>,
    /// Columns with cells that may be opt-outs or bounces and are not followed.
    pub suspicious: Vec<ReportedSuspicion>,
    /// What is no row: blank lines, repeated headers, preamble, footer.
    pub skipped: Skipped,
    /// The file's columns.
    pub columns: Vec<ReportedColumn>,
    /// Values left out of rows that were taken.
    pub dropped: Vec<ReportedDrop>,
    /// The first rejected rows.
    pub rejects: Vec<ReportedReject>,
    /// Where all rejected rows are.
    pub rejects_file: Option<PathBuf>,
    /// Why the rejects file could not be written, if it could not.
    pub rejects_error: Option<String>,
}

struct Reject {
    row: u64,
    line: u64,
    rejected: RejectedRow,
}

/// One row that can be written.
struct Row {
    row: u64,
    line: u64,
    draft: ContactDraft,
    raw: Vec<u8>,
    /// True if the row is rejected, and only its wish holds.
    is_rejected: bool,
}

/// What the reader hands over at once, or several of these.
#[derive(Default)]
struct Batch {
    drafts: Vec<Vec<Row>>,
    weight: usize,
    /// Columns whose cells may be wishes, with the line.
    suspicious: Vec<(String, u64)>,
    second_numbers: u64,
    continued: u64,
    rejects: Vec<Reject>,
    dropped: Vec<Dropped>,
    bytes: u64,
    skipped: Skipped,
    padded: u64,
    /// Rows that the reader took from the file, whatever becomes of them.
    read: u64,
}

impl Batch {
    fn rows(&self) -> usize {
        self.drafts.iter().map(Vec::len).sum::<usize>() + self.rejects.len()
    }

    fn add(&mut self, mut next: Self) {
        self.drafts.append(&mut next.drafts);
        self.rejects.append(&mut next.rejects);
        self.dropped.append(&mut next.dropped);
        self.suspicious.append(&mut next.suspicious);
        self.weight += next.weight;
        self.read += next.read;
        self.second_numbers = next.second_numbers;
        self.continued = next.continued;
        // These are counted from the beginning of the file.
        (self.bytes, self.skipped, self.padded) = (next.bytes, next.skipped, next.padded);
    }
}

type Message = std::io::Result<Batch>;

/// Takes what the reader has until it is enough for one transaction. Whether the file goes on, or why it cannot be read on, comes with it.
fn gather(batches: &Receiver<Message>, cancel: &AtomicBool) -> (Batch, std::io::Result<bool>) {
    let mut batch = Batch::default();
    loop {
        match batches.recv() {
            Ok(Ok(next)) => batch.add(next),
            Ok(Err(error)) => return (batch, Err(error)),
            Err(_) => return (batch, Ok(false)),
        }
        if batch.rows() >= BATCH_ROWS
            || batch.weight >= BATCH_BYTES
            || batch.rejects.len() >= BATCH_REJECTS
            || cancel.load(Ordering::Relaxed)
        {
            return (batch, Ok(true));
        }
    }
}

#[derive(Default)]
struct Counts {
    new: u64,
    updated: u64,
    unchanged: u64,
    taken: u64,
    opted_out: u64,
    bounced: u64,
    lifted: u64,
    not_held_lines: Vec<u64>,
    overwritten: u64,
    other_people: u64,
    people: Vec<ReportedPerson>,
    refused: Vec<Reject>,
}

impl Counts {
    fn note_wish(&mut self, row: &Row, held: Option<Held>) {
        match held {
            None => {}
            Some(Held::Yes) => {
                self.opted_out += u64::from(row.draft.wants_no_mail());
                self.bounced += u64::from(row.draft.says_bounced());
            }
            Some(Held::Lifted) => self.lifted += 1,
            Some(Held::NoAddress) => self.not_held_lines.push(row.line),
        }
    }

    fn note(&mut self, row: &Row, written: Written, delimiter: Option<u8>) {
        let draft = &row.draft;
        let met = written.met.as_deref();
        let is_refused = met.is_some_and(|met| met.is_refused);
        match written.change {
            _ if is_refused => {}
            Change::New => self.new += 1,
            Change::Updated => self.updated += 1,
            Change::Unchanged => self.unchanged += 1,
        }
        self.taken += u64::from(written.taken);
        self.note_wish(row, written.held);
        let is_held = written.held == Some(Held::Yes);
        let is_apart = met
            .is_some_and(|met| met.is_other && (met.is_refused || written.change == Change::New));
        self.other_people += u64::from(is_apart);
        let overwrites = met.is_some_and(|met| !met.overwritten.is_empty());
        self.overwritten += u64::from(overwrites);
        if let Some(met) = met.filter(|met| met.is_refused) {
            let known = match met.name.as_str() {
                "" => format!("contact {}", met.id),
                name => format!("{} (contact {})", clean_line(name, 80), met.id),
            };
            let reason = format!(
                "has the address or id of {known}, who is somebody else, and nothing of its own to know the person by"
            );
            self.refused.push(Reject {
                row: row.row,
                line: row.line,
                rejected: RejectedRow::whole(reason, ContactFile::raw_cells(&row.raw, delimiter)),
            });
        }
        let suppressed = match (
            is_held && draft.wants_no_mail(),
            is_held && draft.says_bounced(),
        ) {
            (true, _) => Some("opted_out"),
            (false, true) => Some("bounced"),
            _ => None,
        };
        let changes = is_refused || is_apart || written.change == Change::Updated;
        if self.people.len() < REPORTED_PEOPLE && (changes || suppressed.is_some()) {
            let fate = match written.change {
                _ if is_refused => Fate::LeaveOut,
                Change::New if is_apart => Fate::KeepBoth,
                Change::New => Fate::Add,
                _ if overwrites => Fate::Overwrite,
                _ => Fate::Merge,
            };
            self.people.push(ReportedPerson {
                row: row.row,
                line: row.line,
                fate,
                contact: met
                    .map(|met| met.id.0)
                    .or((written.change != Change::New).then_some(written.id.0)),
                known: met.map(|met| met.name.clone()).unwrap_or_default(),
                name: draft.full_name.clone().unwrap_or_default(),
                overwritten: met.map(|met| met.overwritten.clone()).unwrap_or_default(),
                suppressed,
            });
        }
    }
}

impl Engine {
    /// Imports the contacts of a file. `cancel` stops it after the batch at hand; `progress` hears of each batch.
    ///
    /// # Errors
    /// [`EngineError::Input`] if the file cannot be read as contacts, [`EngineError::Outside`] if reading fails on the
    /// way, [`EngineError::Store`] if the database refuses. What was committed before stays.
    pub fn import_file(
        &self,
        path: &Path,
        request: &ImportRequest,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<ImportReport> {
        let name = path.display().to_string();
        let input =
            |error: std::io::Error| EngineError::Input(format!("{name} cannot be read: {error}."));
        let mark = Mark::of(path);
        let file = file::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::IsADirectory => {
                EngineError::Input(format!("{name} is a directory; name a file of contacts."))
            }
            _ => input(error),
        })?;
        let mut report =
            self.import(Box::new(file), &name, Some(path), request, cancel, progress)?;
        report.mark = mark;
        Ok(report)
    }

    /// Imports the contacts that `reader` yields; `name` is what the report calls it. Rejected rows go to the request's
    /// rejects file, or nowhere but into the report.
    ///
    /// # Errors
    /// As [`Engine::import_file`].
    pub fn import_reader(
        &self,
        reader: Box<dyn Read + Send>,
        name: &str,
        request: &ImportRequest,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<ImportReport> {
        self.import(reader, name, None, request, cancel, progress)
    }

    fn import(
        &self,
        reader: Box<dyn Read + Send>,
        name: &str,
        beside: Option<&Path>,
        request: &ImportRequest,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<ImportReport> {
        let mut overrides =
            MapOverrides::parse(&request.map).map_err(|e| EngineError::Input(format!("{e}.")))?;
        overrides.system.clone_from(&request.system);
        let failed = |error: FileError| match error {
            FileError::Read(_) => {
                EngineError::Outside(format!("{name}: {error}. Nothing was changed."))
            }
            _ => EngineError::Input(format!("{name}: {error}.")),
        };
        let mut file = ContactFile::open(reader, name, &overrides).map_err(failed)?;
        let dates = self
            .orders_of_dates(&mut file, beside, &overrides, request.dates, cancel)
            .map_err(failed)?;
        let delimiter = file.delimiter();
        let mapping = file.mapping().clone();
        let mut run = Run::new(name, &mapping, request);
        run.report.dates = reported_dates(&dates, &mapping);
        file.read_dates(dates);
        let paths = self.paths();
        run.rejects_place = match (&request.rejects, beside) {
            // Standard input may be that very file.
            (Some(path), source) => {
                let source = source.unwrap_or(Path::new("/dev/stdin"));
                Some(output::place(paths, path, Some(source), request.force)?)
            }
            (None, Some(source)) => {
                let path = rejects_path(source, &mapping);
                match output::free_place(paths, &path, Some(source)) {
                    Ok(place) => Some(place),
                    Err(error) => {
                        run.rejects_refused = Some(error.to_string());
                        None
                    }
                }
            }
            (None, None) => None,
        };
        if request.dry_run {
            run.rejects_place = None;
        }
        let stop_reader = Arc::new(AtomicBool::new(false));
        let batches = start_reader(file, Arc::clone(&stop_reader))?;
        let outcome = if request.dry_run {
            self.rehearse(&batches, &mut run, delimiter, cancel, progress)
        } else {
            self.write_batches(&batches, &mut run, &mapping, delimiter, cancel, progress)
        };
        stop_reader.store(true, Ordering::Relaxed);
        drop(batches);
        outcome.map_err(|error| run.with_what_was_kept(error))?;
        run.finish(&mapping, delimiter)
    }

    /// Decides the order of each column of dates before the first row is read: a file is looked over to its end, a stream
    /// as far as it can be kept.
    fn orders_of_dates(
        &self,
        file: &mut ContactFile,
        path: Option<&Path>,
        overrides: &MapOverrides,
        told: Option<DateOrder>,
        cancel: &AtomicBool,
    ) -> std::result::Result<Vec<ColumnDates>, FileError> {
        let (mut survey, is_whole) = file.look_ahead()?;
        let again = path.filter(|path| !is_whole && path.is_file());
        if let Some(path) = again {
            let name = path.display().to_string();
            let second = ContactFile::open(File::open(path)?, &name, overrides)?;
            survey = second.survey(&|| cancel.load(Ordering::Relaxed))?;
        }
        let zone = self.zone();
        let habit = DateOrder::habit(zone.iana_name().unwrap_or_default());
        Ok(survey.decide(told, habit))
    }

    fn write_batches(
        &self,
        batches: &Receiver<Message>,
        run: &mut Run,
        mapping: &Mapping,
        delimiter: Option<u8>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<()> {
        let memory = Arc::new(Mutex::new(RunMemory::default()));
        self.store().write(Durability::Normal, begin_bulk)?;
        let outcome = self.write_each(batches, run, mapping, delimiter, cancel, progress, &memory);
        self.store().write(Durability::Normal, end_bulk)?;
        let report = &run.report;
        if report.rows > 0 {
            let detail = serde_json::json!({"rows": report.rows, "new": report.new, "updated": report.updated, "rejected": report.rejected});
            let (file, now) = (format!("file:{}", report.file), self.now());
            self.store()
                .write::<_, EngineError>(Durability::Normal, move |tx| {
                    let imported = change::Change {
                        by: &By::Operator,
                        event: "contacts.imported",
                        about: vec![file],
                        detail,
                        tells: Tells::Nothing,
                        back: Back::None,
                    };
                    change::change(tx, imported, now).map(|_| ())
                })?;
        }
        outcome
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the run's state is lent piece by piece, each with its own use"
    )]
    fn write_each(
        &self,
        batches: &Receiver<Message>,
        run: &mut Run,
        mapping: &Mapping,
        delimiter: Option<u8>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(ImportProgress),
        memory: &Arc<Mutex<RunMemory>>,
    ) -> Result<()> {
        loop {
            // Before each batch and never inside one: what is counted is what is kept.
            if cancel.load(Ordering::Relaxed) {
                run.report.cancelled = true;
                return Ok(());
            }
            let (mut batch, goes_on) = gather(batches, cancel);
            // It may have been cancelled while the reader was waited for.
            if cancel.load(Ordering::Relaxed) {
                continue;
            }
            if batch.bytes > 0 {
                let drafts = Arc::new(std::mem::take(&mut batch.drafts));
                let how = (run.report.on_conflict, delimiter);
                let counts = self.write_batch(&drafts, memory, how)?;
                run.add(counts, batch);
                run.write_rejects(mapping, delimiter);
                progress(run.progress());
            }
            if !goes_on.map_err(reading_failed)? {
                return Ok(());
            }
        }
    }

    fn write_batch(
        &self,
        drafts: &Arc<Vec<Vec<Row>>>,
        memory: &Arc<Mutex<RunMemory>>,
        (on_conflict, delimiter): (OnConflict, Option<u8>),
    ) -> Result<Counts> {
        if drafts.iter().all(Vec::is_empty) {
            return Ok(Counts::default());
        }
        let now = self.now();
        let mut tries = 0;
        loop {
            let drafts = Arc::clone(drafts);
            let memory = Arc::clone(memory);
            let written = self
                .store()
                .write::<_, StoreError>(Durability::Normal, move |tx| {
                    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                    memory.open(tx)?;
                    let mut writer = ContactWriter::new(tx, now)?.on_conflict(on_conflict);
                    let counts = write_all(&mut writer, &drafts, &mut memory, delimiter)?;
                    writer.finish()?;
                    tx.emit(now, "contacts.imported", "contacts")?;
                    memory.seal(tx)?;
                    Ok(counts)
                });
            match written {
                // The wait is SQLite's own: it gives up only after five seconds, before anything was written.
                Err(StoreError::Busy) if tries < BUSY_TRIES => tries += 1,
                other => return Ok(other?),
            }
        }
    }

    /// Does all of it in one transaction and takes it back.
    fn rehearse(
        &self,
        batches: &Receiver<Message>,
        run: &mut Run,
        delimiter: Option<u8>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(ImportProgress),
    ) -> Result<()> {
        let on_conflict = run.report.on_conflict;
        enum Stop {
            Rehearsed,
            Store(StoreError),
        }
        impl From<StoreError> for Stop {
            fn from(error: StoreError) -> Self {
                Self::Store(error)
            }
        }
        impl HoldsStoreError for Stop {
            fn store_error(&mut self) -> Option<&mut StoreError> {
                match self {
                    Self::Store(error) => Some(error),
                    Self::Rehearsed => None,
                }
            }
        }
        let now = self.now();
        // The transaction lives on the writer's thread: drafts go there and counts come back.
        let (to_writer, drafts) = sync_channel::<Vec<Vec<Row>>>(1);
        let (answer, counts) = sync_channel::<Counts>(1);
        std::thread::scope(|scope| {
            let store = self.store().clone();
            let writing = scope.spawn(move || {
                store.write::<(), Stop>(Durability::Normal, move |tx| {
                    let mut memory = RunMemory::default();
                    let mut writer = ContactWriter::new(tx, now)?.on_conflict(on_conflict);
                    for batch in drafts {
                        let done = write_all(&mut writer, &batch, &mut memory, delimiter)?;
                        if answer.send(done).is_err() {
                            break;
                        }
                    }
                    Err(Stop::Rehearsed)
                })
            });
            let mut outcome = Ok(());
            loop {
                if cancel.load(Ordering::Relaxed) {
                    run.report.cancelled = true;
                    break;
                }
                let Ok(message) = batches.recv() else { break };
                match message {
                    Ok(mut batch) => {
                        let sent = to_writer.send(std::mem::take(&mut batch.drafts));
                        let Some(done) = sent.ok().and_then(|()| counts.recv().ok()) else {
                            break;
                        };
                        run.add(done, batch);
                        run.pending.clear();
                        progress(run.progress());
                    }
                    Err(error) => {
                        outcome = Err(reading_failed(error));
                        break;
                    }
                }
            }
            drop(to_writer);
            match writing.join() {
                Ok(Err(Stop::Store(error))) => Err(error.into()),
                Err(_) => Err(StoreError::Writer.into()),
                Ok(_) => outcome,
            }
        })
    }

    /// Writes all contacts to a file, which takes its place only when it is whole. `force` lets it replace any file that is not the program's own.
    /// Returns how many were written.
    ///
    /// # Errors
    /// As [`write_export`]; [`EngineError::Input`] if the file may not be replaced.
    pub fn export_to_file(&self, path: &Path, format: &str, force: bool) -> Result<u64> {
        let failed = |e: std::io::Error| {
            EngineError::Outside(format!(
                "{} could not be written: {}.",
                path.display(),
                file::said(&e)
            ))
        };
        let place = output::place(self.paths(), path, None, force)?;
        let mut out = BufWriter::new(place.create().map_err(failed)?);
        let n = write_export(self, format, &mut out)?;
        let whole = out.into_inner().map_err(|e| failed(e.into_error()))?;
        whole.keep().map_err(failed)?;
        Ok(n)
    }

    /// Adds or completes one contact by hand. Returns its number and whether it was new, changed or neither.
    ///
    /// # Errors
    /// [`EngineError::Input`] if the draft identifies nobody or an address in it is malformed.
    pub fn add_contact(
        &self,
        mut draft: ContactDraft,
    ) -> Result<(crate::domain::id::ContactId, Change)> {
        draft.normalize().map_err(|fault| {
            EngineError::Input(format!(
                "The contact was not added: it {}.",
                by_hand(&fault)
            ))
        })?;
        let now = self.now();
        let written = self
            .store()
            .write::<_, EngineError>(Durability::Full, move |tx| {
                let mut writer = ContactWriter::new(tx, now)?.by_operator();
                let written = writer.write(&draft, Origin::Direct, &mut RunMemory::default())?;
                writer.finish()?;
                if written.change != Change::Unchanged {
                    let saved = change::Change {
                        by: &By::Operator,
                        event: "contact.saved",
                        about: vec![format!("contact:{}", written.id)],
                        detail: serde_json::json!({"new": written.change == Change::New}),
                        tells: Tells::As("contact.changed"),
                        back: Back::None,
                    };
                    change::change(tx, saved, now)?;
                }
                Ok(written)
            })?;
        Ok((written.id, written.change))
    }
}

/// Fits a row's reason into a sentence about a contact.
fn by_hand(fault: &DraftFault) -> String {
    match fault.part {
        DraftPart::Whole => fault.reason.clone(),
        DraftPart::Email => format!("has an address that cannot be used: {}", fault.reason),
    }
}

fn reading_failed(error: std::io::Error) -> EngineError {
    EngineError::Outside(format!("reading the file failed: {error}."))
}

fn write_all(
    writer: &mut ContactWriter<'_>,
    drafts: &[Vec<Row>],
    memory: &mut RunMemory,
    delimiter: Option<u8>,
) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for row in drafts.iter().flatten() {
        if row.is_rejected {
            let held = writer.hold(&row.draft)?;
            counts.note_wish(row, Some(held));
            continue;
        }
        let written = writer.write(&row.draft, Origin::Import, memory)?;
        counts.note(row, written, delimiter);
    }
    Ok(counts)
}

/// Reads the file on a thread of its own, so that parsing and writing overlap.
fn start_reader(mut file: ContactFile, stop: Arc<AtomicBool>) -> Result<Receiver<Message>> {
    let (sender, receiver) = sync_channel(PARTS_AHEAD);
    std::thread::Builder::new()
        .name("import-reader".into())
        .spawn(move || {
            let send = |sender: &SyncSender<Message>, message| sender.send(message).is_ok();
            while !stop.load(Ordering::Relaxed) {
                match read_part(&mut file) {
                    Ok(Some(batch)) => {
                        if !send(&sender, Ok(batch)) {
                            return;
                        }
                    }
                    Ok(None) => return,
                    Err(error) => {
                        send(&sender, Err(error));
                        return;
                    }
                }
            }
        })
        .map_err(|e| StoreError::file("starting the reader thread", e))?;
    Ok(receiver)
}

fn read_part(file: &mut ContactFile) -> std::io::Result<Option<Batch>> {
    let known = file.skipped();
    let mut batch = Batch::default();
    let mut drafts = Vec::with_capacity(PART_ROWS);
    let mut rows = 0;
    while rows < PART_ROWS && batch.weight < PART_BYTES {
        let Some(row) = file.next_row()? else { break };
        rows += 1;
        batch.read += 1;
        batch.dropped.extend(row.dropped);
        let line = row.line;
        let odd = row.suspicious.into_iter().map(|column| (column, line));
        batch.suspicious.extend(odd);
        match row.outcome {
            Ok(draft) => {
                batch.weight += row.raw.len();
                drafts.push(Row {
                    row: row.row,
                    line: row.line,
                    draft,
                    raw: row.raw,
                    is_rejected: false,
                });
            }
            Err(mut rejected) => {
                if let Some(draft) = rejected.wish.take() {
                    drafts.push(Row {
                        row: row.row,
                        line: row.line,
                        draft: *draft,
                        raw: Vec::new(),
                        is_rejected: true,
                    });
                }
                batch.rejects.push(Reject {
                    row: row.row,
                    line: row.line,
                    rejected,
                });
            }
        }
        if batch.rejects.len() >= PART_REJECTS {
            break;
        }
    }
    batch.drafts.push(drafts);
    batch.skipped = file.skipped();
    batch.padded = file.padded();
    batch.second_numbers = file.second_numbers();
    batch.continued = file.continued();
    batch.bytes = file.bytes_read();
    Ok((rows > 0 || file.skipped() != known).then_some(batch))
}

fn reported_dates(dates: &[ColumnDates], mapping: &Mapping) -> Vec<ReportedDates> {
    let open = dates.iter().filter(|dates| dates.count > 0);
    open.map(|dates| ReportedDates {
        column: mapping
            .columns
            .get(dates.index)
            .map(|column| column.header.clone())
            .unwrap_or_default(),
        order: dates.order,
        cause: dates.cause,
        lines: dates.lines.clone(),
        count: dates.count,
    })
    .collect()
}

/// Returns where the rejected rows of a file go: beside it, under its own name.
fn rejects_path(path: &Path, mapping: &Mapping) -> PathBuf {
    let ending = if mapping.vendor == Vendor::Vcard {
        ".rejects.vcf"
    } else {
        ".rejects.csv"
    };
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// What a run has come to so far.
struct Run {
    report: ImportReport,
    rejects_place: Option<Place>,
    /// The reason that rejected rows have no place beside the file.
    rejects_refused: Option<String>,
    /// The file that the writer fills.
    output: Option<Output>,
    writer: Option<RejectsWriter<BufWriter<File>>>,
    pending: Vec<Reject>,
    bytes: u64,
}

impl Run {
    fn new(name: &str, mapping: &Mapping, request: &ImportRequest) -> Self {
        let columns = mapping
            .columns
            .iter()
            .map(|c| ReportedColumn {
                header: c.header.clone(),
                field: c.field.map(|f| f.as_str().to_owned()),
            })
            .collect();
        Self {
            report: ImportReport {
                file: name.to_owned(),
                mark: None,
                vendor: mapping.vendor.label().to_owned(),
                system: mapping.system.clone(),
                dry_run: request.dry_run,
                cancelled: false,
                rows: 0,
                new: 0,
                updated: 0,
                unchanged: 0,
                rejected: 0,
                padded: 0,
                taken: 0,
                opted_out: 0,
                bounced: 0,
                lifted: 0,
                not_held: 0,
                not_held_lines: Vec::new(),
                overwritten: 0,
                other_people: 0,
                second_numbers: 0,
                continued: 0,
                on_conflict: request.on_conflict.unwrap_or(OnConflict::KeepBoth),
                people: Vec::new(),
                dates: Vec::new(),
                suspicious: Vec::new(),
                skipped: Skipped::default(),
                columns,
                dropped: Vec::new(),
                rejects: Vec::new(),
                rejects_file: None,
                rejects_error: None,
            },
            rejects_place: None,
            rejects_refused: None,
            output: None,
            writer: None,
            pending: Vec::new(),
            bytes: 0,
        }
    }

    fn add(&mut self, mut counts: Counts, mut batch: Batch) {
        batch.rejects.append(&mut counts.refused);
        batch.rejects.sort_by_key(|reject| reject.row);
        let report = &mut self.report;
        report.opted_out += counts.opted_out;
        report.bounced += counts.bounced;
        report.lifted += counts.lifted;
        report.not_held += counts.not_held_lines.len() as u64;
        let room = REPORTED_REJECTS.saturating_sub(report.not_held_lines.len());
        let lines = counts.not_held_lines.iter().take(room);
        report.not_held_lines.extend(lines);
        report.overwritten += counts.overwritten;
        report.other_people += counts.other_people;
        report.second_numbers = batch.second_numbers;
        report.continued = batch.continued;
        let room = REPORTED_PEOPLE.saturating_sub(report.people.len());
        report.people.extend(counts.people.into_iter().take(room));
        for (column, line) in std::mem::take(&mut batch.suspicious) {
            match report.suspicious.iter_mut().find(|s| s.column == column) {
                Some(known) => {
                    known.count += 1;
                    if known.lines.len() < REPORTED_LINES {
                        known.lines.push(line);
                    }
                }
                None => report.suspicious.push(ReportedSuspicion {
                    column,
                    count: 1,
                    lines: vec![line],
                    map: None,
                }),
            }
        }
        report.new += counts.new;
        report.updated += counts.updated;
        report.unchanged += counts.unchanged;
        report.taken += counts.taken;
        report.rejected += batch.rejects.len() as u64;
        report.rows += batch.read;
        debug_assert_eq!(
            report.rows,
            report.new + report.updated + report.unchanged + report.rejected,
            "a row is counted once"
        );
        report.skipped = batch.skipped;
        report.padded = batch.padded;
        for dropped in batch.dropped {
            let same =
                |d: &&mut ReportedDrop| d.column == dropped.column && d.reason == dropped.reason;
            match report.dropped.iter_mut().find(same) {
                Some(known) => known.count += 1,
                None => report.dropped.push(ReportedDrop {
                    column: dropped.column,
                    reason: dropped.reason.to_owned(),
                    count: 1,
                }),
            }
        }
        for reject in &batch.rejects {
            if report.rejects.len() < REPORTED_REJECTS {
                report.rejects.push(ReportedReject {
                    row: reject.row,
                    line: reject.line,
                    column: reject.rejected.reject.column.clone(),
                    reason: reject.rejected.reject.reason.clone(),
                });
            }
        }
        self.bytes = batch.bytes;
        self.pending.extend(batch.rejects);
    }

    fn progress(&self) -> ImportProgress {
        ImportProgress {
            rows: self.report.rows,
            bytes: self.bytes,
        }
    }

    /// Writes what was rejected. A rejects file that cannot be written is said, and stops no import.
    fn write_rejects(&mut self, mapping: &Mapping, delimiter: Option<u8>) {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return;
        }
        let Some(place) = self.rejects_place.clone() else {
            if let Some(why) = self.rejects_refused.take() {
                self.report.rejects_error = Some(why.trim_end_matches('.').to_owned());
            }
            return;
        };
        let path = place.path().to_owned();
        let write = || {
            let mut writer = match self.writer.take() {
                Some(writer) => writer,
                None => {
                    let output = place.create()?;
                    let out = BufWriter::new(output.handle()?);
                    self.output = Some(output);
                    RejectsWriter::new(out, mapping, delimiter)?
                }
            };
            for reject in &pending {
                writer.write(reject.row, reject.line, &reject.rejected)?;
            }
            self.writer = Some(writer);
            Ok::<_, std::io::Error>(())
        };
        match write() {
            Ok(()) => self.report.rejects_file = Some(path),
            Err(error) => self.rejects_failed(&path, &error),
        }
    }

    fn rejects_failed(&mut self, path: &Path, error: &std::io::Error) {
        self.report.rejects_error = Some(format!(
            "{} could not be written: {}",
            path.display(),
            file::said(error)
        ));
        self.report.rejects_file = None;
        self.rejects_place = None;
        self.output = None;
    }

    /// Puts the file of rejected rows in its place.
    fn keep_rejects(&mut self) {
        let written = self.writer.take().map_or(Ok(()), |w| w.finish().map(drop));
        let kept = written.and_then(|()| self.output.take().map_or(Ok(()), Output::keep));
        if let Err(error) = kept {
            let path = self.report.rejects_file.clone().unwrap_or_default();
            self.rejects_failed(&path, &error);
        }
    }

    fn finish(mut self, mapping: &Mapping, delimiter: Option<u8>) -> Result<ImportReport> {
        self.write_rejects(mapping, delimiter);
        self.keep_rejects();
        for odd in &mut self.report.suspicious {
            odd.map = mapping.advice(&odd.column).map(Field::as_str);
        }
        Ok(self.report)
    }

    fn with_what_was_kept(&mut self, error: EngineError) -> EngineError {
        // The error at hand matters more than one about this file.
        self.keep_rejects();
        let rows = self.report.rows;
        if rows == 0 || self.report.dry_run {
            return error;
        }
        match error {
            EngineError::Outside(text) => EngineError::Outside(format!(
                "{text} {rows} rows before that were kept; the same import again goes on from there."
            )),
            other => other,
        }
    }
}

/// Writes contacts as an export to `out`. `format` is `csv`, `json`, `jsonl` or `vcf`. Returns how many were written.
///
/// # Errors
/// [`EngineError::Input`] if there is no such format, [`EngineError::Outside`] if writing fails.
pub fn write_export(engine: &Engine, format: &str, out: &mut dyn Write) -> Result<u64> {
    use crate::connectors::files::{ExportFormat, write_contacts};
    use crate::store::contacts;
    let format = ExportFormat::parse(format).ok_or_else(|| {
        EngineError::Input(format!(
            "there is no format “{format}”; csv, json, jsonl and vcf exist."
        ))
    })?;
    engine.store().read::<u64, EngineError>(|tx| {
        let mut failed = None;
        let mut after = None;
        let mut page = Vec::new().into_iter();
        // One view of the database for the whole file; a page at a time in memory.
        let all = std::iter::from_fn(|| {
            loop {
                if let Some(row) = page.next() {
                    return match contacts::export(tx, row) {
                        Ok(draft) => Some(draft),
                        Err(error) => {
                            failed = Some(error);
                            None
                        }
                    };
                }
                match contacts::list(tx, after, None, 1_000) {
                    Ok(rows) => {
                        after = Some(rows.last()?.id);
                        page = rows.into_iter();
                    }
                    Err(error) => {
                        failed = Some(error);
                        return None;
                    }
                }
            }
        });
        let written = write_contacts(out, format, all).map_err(|e| {
            EngineError::Outside(format!(
                "The export could not be written: {}.",
                file::said(&e)
            ))
        })?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(written),
        }
    })
}

#[cfg(test)]
mod tests;
