//! Files of contacts, in and out: delimited text as every CRM exports it, and vCards.
//!
//! Reading is streaming and forgiving, and loses nothing without a word: each row comes out either as a draft or as a
//! reject with its number, its line and the reason, and what was left out of an accepted row is counted.

mod dates;
mod delimited;
mod encoding;
mod header;
mod row;
mod values;
mod vcard;
mod write;

pub use dates::{ColumnDates, OrderCause, Survey};
pub use header::{Field, MapError, MapOverrides, MappedColumn, Mapping, Vendor};
pub use row::{Dropped, Reject};
pub use write::{ExportFormat, RejectsWriter, write_contacts};

use crate::domain::contact::ContactDraft;
use crate::domain::wishes::key_of;
use delimited::{Fault, Record, Scanner};
use encoding::{TextReader, decode};
use row::Further;
use std::io::{self, Read};
use thiserror::Error;
use vcard::CardReader;

/// Records that may stand before the header.
const MAX_PREAMBLE: usize = 40;
/// Bytes in which the header is searched for.
const HEADER_SAMPLE: usize = 64 * 1024;
/// Bytes over which dates are looked at before the first row is read, where a file can be read once only.
const LOOK_AHEAD: usize = 4 * 1024 * 1024;

/// Lines that may go on with one row.
const MAX_FURTHER: u32 = 100;

/// A reason that a file cannot be read at all.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A spreadsheet program's own format.
    #[error("this is {0}, not text; save it as “CSV UTF-8” and import that")]
    Binary(&'static str),
    /// No line names columns that are known.
    #[error(
        "no line of the file names columns that are known (the first is “{first}”); name them with --map, such as email=\"Work mail\", \
         or by number, such as email=#3"
    )]
    NoHeader {
        /// The first line, cut short.
        first: String,
    },
    /// The header names more columns than are read.
    #[error(
        "the file has more than {} columns; save it with fewer and import that",
        delimited::MAX_FIELDS
    )]
    TooManyColumns,
    /// A `--map` names columns that are not there.
    #[error("the file has no column “{}”; its columns are {}", missing.join("”, “"), columns.join(", "))]
    NoSuchColumn {
        /// The columns asked for.
        missing: Vec<String>,
        /// The file's columns.
        columns: Vec<String>,
    },
    /// Reading failed.
    #[error("reading the file failed: {0}")]
    Read(#[from] io::Error),
}

/// One row of the file.
#[derive(Debug)]
pub struct RowResult {
    /// Its number among the rows, from 1; the header and blank lines do not count.
    pub row: u64,
    /// The line of the file on which it starts, from 1.
    pub line: u64,
    /// The draft, or why there is none.
    pub outcome: Result<ContactDraft, RejectedRow>,
    /// The row as it stands in the file, for [`ContactFile::raw_cells`]; empty where the row was rejected.
    pub raw: Vec<u8>,
    /// Values left out of the draft.
    pub dropped: Vec<Dropped>,
    /// Headers of the cells that may be an opt-out or a bounce and are not followed.
    pub suspicious: Vec<String>,
}

/// A row that was rejected.
#[derive(Debug, Clone, PartialEq)]
pub struct RejectedRow {
    /// The reason.
    pub reject: Reject,
    /// Its cells as they stand in the file, for the rejects file. A vCard is one cell.
    pub raw: Vec<String>,
    /// The wish of the person, which holds although the row is not taken; without address and id nobody can say whose it is.
    pub wish: Option<Box<ContactDraft>>,
}

impl RejectedRow {
    /// Returns a rejected row that is at fault as a whole.
    #[must_use]
    pub fn whole(reason: String, raw: Vec<String>) -> Self {
        Self {
            reject: Reject::whole(reason),
            raw,
            wish: None,
        }
    }
}

/// Lines skipped because they hold no contact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Lines before the header.
    pub preamble: u64,
    /// Blank lines.
    pub blank: u64,
    /// Further copies of the header.
    pub repeated_header: u64,
    /// Lines that a report puts after its last row: a copyright, a total.
    pub footer: u64,
    /// Cards of groups, which are no people.
    pub groups: u64,
}

/// A file of contacts that is being read.
#[derive(Debug)]
pub struct ContactFile {
    body: Body,
    mapping: Mapping,
    row: u64,
    skipped: Skipped,
    padded: u64,
    second_numbers: u64,
    /// The row before, while the next line may go on with it, and the number of lines that did.
    pending: Option<(Box<RowResult>, u32)>,
    continued: u64,
}

/// A line of the file.
#[expect(
    clippy::large_enum_variant,
    reason = "it is made and taken apart once for each line"
)]
enum Line {
    Row(RowResult),
    Further(Further),
}

#[derive(Debug)]
enum Body {
    Delimited {
        scanner: Box<Scanner>,
        record: Record,
    },
    Cards(Box<CardReader>),
}

impl ContactFile {
    /// Reads enough of `reader` to know what it is. `name` is the file's name, for its extension; it may be empty.
    ///
    /// # Errors
    /// An empty or unreadable file, one that is not text, one without a header that is known, or an override that
    /// names no column of it.
    pub fn open(
        reader: impl Read + Send + 'static,
        name: &str,
        overrides: &MapOverrides,
    ) -> Result<Self, FileError> {
        let text = TextReader::open(Box::new(reader))?;
        if let Some(kind) = binary_kind(text.first_bytes()) {
            return Err(FileError::Binary(kind));
        }
        let mut scanner = Scanner::new(text);
        let start = decode(scanner.peek(HEADER_SAMPLE)?)
            .trim_start()
            .get(..11)
            .map(str::to_owned);
        let by_name = name
            .rsplit('.')
            .next()
            .is_some_and(|e| e.eq_ignore_ascii_case("vcf") || e.eq_ignore_ascii_case("vcard"));
        let is_card = start.is_some_and(|s| s.eq_ignore_ascii_case("BEGIN:VCARD"));
        if is_card || by_name {
            let mapping = vcard::mapping(overrides);
            return Ok(Self {
                body: Body::Cards(Box::new(CardReader::new(scanner))),
                mapping,
                row: 0,
                skipped: Skipped::default(),
                padded: 0,
                second_numbers: 0,
                pending: None,
                continued: 0,
            });
        }
        Self::open_delimited(scanner, overrides)
    }

    fn open_delimited(mut scanner: Scanner, overrides: &MapOverrides) -> Result<Self, FileError> {
        if scanner.peek(1)?.is_empty() {
            return Err(FileError::Empty);
        }
        let mut preamble = 0;
        let mut sample = scanner.peek(HEADER_SAMPLE)?;
        if !sample.iter().any(|b| matches!(b, b'\n' | b'\r')) {
            // A header of thousands of columns.
            sample = scanner.peek(delimited::MAX_RECORD)?;
        }
        let sample = sample.to_vec();
        let first_line = sample
            .split(|b| matches!(b, b'\n' | b'\r'))
            .next()
            .unwrap_or_default();
        let named = match first_line.trim_ascii() {
            // Excel's own way to say it.
            [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some(*delimiter),
            _ => None,
        };
        let choices: &[u8] = match &named {
            Some(delimiter) => std::slice::from_ref(delimiter),
            None => b",;\t|",
        };
        let best = choices
            .iter()
            .filter_map(|delimiter| {
                let found = find_header(&sample, *delimiter, overrides)?;
                Some((found, *delimiter))
            })
            // The first of equals wins: the comma goes before the others.
            .reduce(|best, next| {
                if next.0.score > best.0.score {
                    next
                } else {
                    best
                }
            });
        let Some((found, delimiter)) = best else {
            if overrides.needs_no_header() {
                return Self::open_headless(scanner, &sample, choices, overrides);
            }
            let text = decode(sample.trim_ascii_start());
            let first = text.lines().next().unwrap_or("");
            if first.is_empty() {
                return Err(FileError::Empty);
            }
            let most = choices.iter().map(|delimiter| {
                let found = first_line.iter().filter(|b| *b == delimiter);
                found.count()
            });
            if most.max().is_some_and(|n| n >= delimited::MAX_FIELDS) {
                return Err(FileError::TooManyColumns);
            }
            return Err(FileError::NoHeader {
                first: crate::domain::text::clean_line(first, 120),
            });
        };
        scanner.set_delimiter(delimiter);
        let mut record = Record::default();
        for _ in 0..=found.index {
            scanner.read(&mut record)?;
            preamble += u64::from(!record.is_empty());
        }
        let cells = cells_of(&scanner, &record);
        let mapping =
            Mapping::build(&cells, overrides).map_err(|missing| FileError::NoSuchColumn {
                missing,
                columns: cells
                    .iter()
                    .map(|c| crate::domain::text::clean_line(c, 60))
                    .collect(),
            })?;
        Ok(Self {
            body: Body::Delimited {
                scanner: Box::new(scanner),
                record,
            },
            mapping,
            row: 0,
            skipped: Skipped {
                preamble: preamble - 1,
                ..Skipped::default()
            },
            padded: 0,
            second_numbers: 0,
            pending: None,
            continued: 0,
        })
    }

    /// Opens a file without a header whose columns are all given by number.
    fn open_headless(
        mut scanner: Scanner,
        sample: &[u8],
        choices: &[u8],
        overrides: &MapOverrides,
    ) -> Result<Self, FileError> {
        let first_line = sample
            .split(|b| matches!(b, b'\n' | b'\r'))
            .find(|l| !l.is_empty())
            .unwrap_or_default();
        let delimiter = choices
            .iter()
            .max_by_key(|d| (first_line.iter().filter(|b| b == d).count(), **d == b','))
            .copied()
            .unwrap_or(b',');
        scanner.set_delimiter(delimiter);
        let width = first_line.iter().filter(|b| **b == delimiter).count() + 1;
        let cells: Vec<String> = (1..=width).map(|n| format!("#{n}")).collect();
        let mapping =
            Mapping::build(&cells, overrides).map_err(|missing| FileError::NoSuchColumn {
                missing,
                columns: cells,
            })?;
        Ok(Self {
            body: Body::Delimited {
                scanner: Box::new(scanner),
                record: Record::default(),
            },
            mapping,
            row: 0,
            skipped: Skipped::default(),
            padded: 0,
            second_numbers: 0,
            pending: None,
            continued: 0,
        })
    }

    /// Returns how the columns are read.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Looks over the dates of the rows that can be seen without taking one. Returns what was seen, and whether that is
    /// the whole file.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn look_ahead(&mut self) -> io::Result<(Survey, bool)> {
        let mut survey = Survey::new(&self.mapping);
        let Body::Delimited { scanner, .. } = &mut self.body else {
            return Ok((survey, true));
        };
        if survey.is_empty() {
            return Ok((survey, true));
        }
        let (line, delimiter) = (scanner.line(), scanner.delimiter());
        let ahead = scanner.peek(LOOK_AHEAD)?;
        let is_whole = ahead.len() < LOOK_AHEAD;
        // The last line may be cut.
        let end = match is_whole {
            true => ahead.len(),
            false => ahead.iter().rposition(|b| *b == b'\n').unwrap_or(0),
        };
        let ahead = ahead.get(..end).unwrap_or_default().to_vec();
        let mut scanner = Scanner::new(TextReader::open(Box::new(io::Cursor::new(ahead)))?);
        scanner.set_delimiter(delimiter);
        scanner.set_line(line);
        look_over(&mut scanner, &self.mapping, &mut survey, &|| false)?;
        Ok((survey, is_whole))
    }

    /// Looks over the dates of all rows that are left, which takes the file to its end, unless `stop` says to end.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn survey(mut self, stop: &dyn Fn() -> bool) -> io::Result<Survey> {
        let mut survey = Survey::new(&self.mapping);
        if let Body::Delimited { scanner, .. } = &mut self.body {
            look_over(scanner, &self.mapping, &mut survey, stop)?;
        }
        Ok(survey)
    }

    /// Sets the orders in which the dates of the rows to come are read.
    pub fn read_dates(&mut self, dates: Vec<ColumnDates>) {
        self.mapping.dates = dates;
    }

    /// Returns what separates the cells; None for vCards.
    #[must_use]
    pub fn delimiter(&self) -> Option<u8> {
        match &self.body {
            Body::Delimited { scanner, .. } => Some(scanner.delimiter()),
            Body::Cards(_) => None,
        }
    }

    /// Returns how many bytes of the file have been read, for a progress bar.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        match &self.body {
            Body::Delimited { scanner, .. } => scanner.bytes_read(),
            Body::Cards(cards) => cards.bytes_read(),
        }
    }

    /// Returns the lines skipped so far.
    #[must_use]
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Returns how many rows had fewer cells than the header and were read as if the missing ones were blank.
    #[must_use]
    pub fn padded(&self) -> u64 {
        self.padded
    }

    /// Returns in how many cells more than one phone number was found.
    #[must_use]
    pub fn second_numbers(&self) -> u64 {
        self.second_numbers
    }

    /// Returns how many lines went on with the row before them.
    #[must_use]
    pub fn continued(&self) -> u64 {
        self.continued
    }

    /// Takes a row as it stands in the file apart into its cells; `delimiter` is None for a vCard, which is one cell. The
    /// cells of lines that went on with it are added to those of their column.
    #[must_use]
    pub fn raw_cells(raw: &[u8], delimiter: Option<u8>) -> Vec<String> {
        let whole = || vec![decode(raw).into_owned()];
        let Some(delimiter) = delimiter else {
            return whole();
        };
        let Ok(text) = TextReader::open(Box::new(io::Cursor::new(raw.to_vec()))) else {
            return whole();
        };
        let mut scanner = Scanner::new(text);
        scanner.set_delimiter(delimiter);
        let mut record = Record::default();
        let Ok(true) = scanner.read(&mut record) else {
            return whole();
        };
        let mut cells = cells_of(&scanner, &record);
        while let Ok(true) = scanner.read(&mut record) {
            for (cell, more) in cells.iter_mut().zip(cells_of(&scanner, &record)) {
                if !cell.is_empty() && !more.is_empty() {
                    cell.push_str("; ");
                }
                cell.push_str(&more);
            }
        }
        cells
    }

    /// Reads the next row; None at the end of the file.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn next_row(&mut self) -> io::Result<Option<RowResult>> {
        loop {
            match self.next_line()? {
                None => return Ok(self.pending.take().map(|(row, _)| *row)),
                Some(Line::Row(row)) if !self.mapping.continues => return Ok(Some(row)),
                Some(Line::Row(row)) => {
                    if let Some((before, _)) = self.pending.replace((Box::new(row), 0)) {
                        return Ok(Some(*before));
                    }
                }
                Some(Line::Further(further)) => {
                    if let Some((row, lines)) = &mut self.pending
                        && let Ok(draft) = &mut row.outcome
                    {
                        further.add_to(draft, &self.mapping, &mut row.dropped);
                        *lines += 1;
                        self.continued += 1;
                    }
                }
            }
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let (scanner, record) = match &mut self.body {
            Body::Cards(cards) => {
                let card = cards.next_card()?;
                self.skipped.groups = cards.groups();
                let Some(card) = card else {
                    return Ok(None);
                };
                self.row += 1;
                return Ok(Some(Line::Row(RowResult {
                    row: self.row,
                    line: card.line,
                    outcome: card.outcome,
                    raw: card.raw,
                    dropped: card.dropped,
                    suspicious: card.suspicious,
                })));
            }
            Body::Delimited { scanner, record } => (scanner, record),
        };
        if !next_record(scanner, record, &self.mapping, &mut self.skipped)? {
            return Ok(None);
        }
        let width = self.mapping.keys.len();
        let mut fault = check_form(scanner, record, width);
        if let Some((before, lines)) = &mut self.pending
            && fault.is_none()
            && let Some(further) = Further::read(&self.mapping, |i| scanner.field(record, i))
        {
            match before.outcome {
                Ok(_) if *lines < MAX_FURTHER => {
                    before.raw.push(b'\n');
                    before.raw.extend_from_slice(scanner.raw(record));
                    return Ok(Some(Line::Further(further)));
                }
                Ok(_) => fault = Some(format!("more than {MAX_FURTHER} lines go on with one row")),
                Err(_) => fault = Some("goes on with a row that was rejected".to_owned()),
            }
        }
        self.row += 1;
        let mut dropped = Vec::new();
        let mut suspicious = Vec::new();
        let built = match fault {
            Some(reason) => {
                let mut cells = cells_of(scanner, record);
                if let [whole] = cells.as_slice() {
                    let delimiter = char::from(scanner.delimiter());
                    cells = whole.split(delimiter).map(str::to_owned).collect();
                }
                let wish = row::wish_of_spoilt(&self.mapping, &cells);
                Err((Reject::whole(reason), wish))
            }
            None => row::draft_of(
                &self.mapping,
                |index| scanner.field(record, index),
                &mut dropped,
                &mut suspicious,
            ),
        };
        if record.len() < width && built.is_ok() {
            self.padded += 1;
        }
        let outcome = built.map_err(|(reject, wish)| RejectedRow {
            reject,
            wish,
            raw: cells_of(scanner, record),
        });
        let found = dropped.len();
        dropped.retain(|one: &Dropped| one.reason != row::SECOND_NUMBER);
        self.second_numbers += (found - dropped.len()) as u64;
        let raw = if outcome.is_ok() {
            scanner.raw(record).to_vec()
        } else {
            Vec::new()
        };
        let header = |index: usize| Some(self.mapping.columns.get(index)?.header.clone());
        let suspicious = suspicious.into_iter().filter_map(header).collect();
        Ok(Some(Line::Row(RowResult {
            row: self.row,
            line: record.line,
            outcome,
            raw,
            dropped,
            suspicious,
        })))
    }
}

fn look_over(
    scanner: &mut Scanner,
    mapping: &Mapping,
    survey: &mut Survey,
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    let mut record = Record::default();
    let mut skipped = Skipped::default();
    while !stop() && next_record(scanner, &mut record, mapping, &mut skipped)? {
        if record.fault.is_none() {
            survey.note(record.line, |index| scanner.field(&record, index));
        }
    }
    Ok(())
}

/// Reads the next record that is a row; false at the end of the file.
fn next_record(
    scanner: &mut Scanner,
    record: &mut Record,
    mapping: &Mapping,
    skipped: &mut Skipped,
) -> io::Result<bool> {
    let width = mapping.keys.len();
    let mut gap = 0;
    while scanner.read(record)? {
        if record.is_empty() && record.fault.is_none() {
            skipped.blank += 1;
            gap += 1;
            continue;
        }
        if record.fault.is_none()
            && record.len() != width
            && scanner.swallowed_a_record(record, width)
        {
            scanner.keep_first_line(record);
        }
        if record.fault.is_none() && is_header_again(scanner, record, mapping) {
            skipped.repeated_header += 1;
            continue;
        }
        if is_footer_row(scanner, record, gap) {
            skipped.footer += 1;
            continue;
        }
        return Ok(true);
    }
    Ok(false)
}

fn check_form(scanner: &Scanner, record: &Record, width: usize) -> Option<String> {
    match record.fault {
        Some(Fault::OpenQuote) => return Some("a quote is opened and not closed".to_owned()),
        Some(Fault::TooLong) if record.len() > delimited::MAX_FIELDS => {
            return Some(format!("has more than {} cells", delimited::MAX_FIELDS));
        }
        Some(Fault::TooLong) => {
            return Some(format!(
                "longer than is accepted ({} KiB a cell, {} KiB a row)",
                delimited::MAX_FIELD / 1024,
                delimited::MAX_RECORD / 1024
            ));
        }
        None => {}
    }
    let is_filled = |index| !scanner.field(record, index).trim_ascii().is_empty();
    (record.len() > width && (width..record.len()).any(is_filled)).then(|| {
        format!(
            "has {} cells where the header has {width}: a cell may hold an unquoted delimiter",
            record.len()
        )
    })
}

fn is_header_again(scanner: &Scanner, record: &Record, mapping: &Mapping) -> bool {
    record.len() == mapping.keys.len()
        && mapping.keys.iter().enumerate().all(|(index, key)| {
            let cell = scanner.field(record, index);
            // Most rows differ in the first cell's length already.
            let header = mapping.columns.get(index).map_or("", |c| c.header.as_str());
            cell.as_ref() == header.as_bytes()
                || (cell.len().abs_diff(header.len()) < 4 && key_of(&decode(&cell)) == *key)
        })
}

/// Tells whether a row is a report's footer: one filled cell, or a sentence whose commas cut it into several.
fn is_footer_row(scanner: &Scanner, record: &Record, gap: u64) -> bool {
    let first = scanner.field(record, 0);
    // Nearly all rows end here.
    if !first
        .trim_ascii()
        .first()
        .is_some_and(|b| matches!(b, b'C' | b'c' | b'G' | b'g' | b'R' | b'r'))
        && gap < 2
    {
        return false;
    }
    let filled = (0..record.len()).filter(|i| !scanner.field(record, *i).trim_ascii().is_empty());
    let is_alone = filled.count() == 1;
    let has_address = (0..record.len()).any(|i| scanner.field(record, i).contains(&b'@'));
    let first = decode(&first);
    let is_sentence = [
        "Copyright (c)",
        "Copyright ©",
        "Confidential Information -",
        "Generated By:",
        "Grand Total",
    ]
    .iter()
    .any(|start| {
        first
            .trim()
            .get(..start.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(start))
    });
    !has_address && (is_alone || is_sentence) && is_footer(&first, if is_alone { gap } else { 0 })
}

/// Tells whether a row of one cell is a report's footer; its title stands after a gap.
fn is_footer(text: &str, gap: u64) -> bool {
    let text = text.trim();
    if gap >= 2 && text.ends_with("Report") {
        return true;
    }
    [
        "Copyright (c)",
        "Copyright ©",
        "Confidential Information",
        "Generated By:",
        "Generated:",
        "Grand Total",
        "Grand Summaries",
        "Report generated",
    ]
    .iter()
    .any(|start| {
        text.get(..start.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(start))
    })
}

fn cells_of(scanner: &Scanner, record: &Record) -> Vec<String> {
    if record.is_empty() || record.fault == Some(Fault::OpenQuote) {
        let raw = scanner.raw(record);
        return vec![
            decode(
                raw.get(..delimited::MAX_FIELD)
                    .unwrap_or(raw)
                    .trim_ascii_end(),
            )
            .into_owned(),
        ];
    }
    let mut room = delimited::MAX_RECORD;
    (0..record.len())
        .map(|index| {
            let cell = scanner.field(record, index);
            let end = cell.len().min(delimited::MAX_FIELD).min(room);
            room -= end;
            decode(cell.get(..end).unwrap_or_default()).into_owned()
        })
        .collect()
}

struct HeaderFound {
    score: usize,
    index: usize,
}

/// Finds the record of the sample that names the most fields.
fn find_header(sample: &[u8], delimiter: u8, overrides: &MapOverrides) -> Option<HeaderFound> {
    let source = TextReader::open(Box::new(io::Cursor::new(sample.to_vec()))).ok()?;
    let mut scanner = Scanner::new(source);
    scanner.set_delimiter(delimiter);
    let mut record = Record::default();
    let mut best: Option<HeaderFound> = None;
    // A record whose one known word is that of a column of addresses, with its place among columns that nobody knows.
    let mut lone: Option<(usize, usize)> = None;
    for index in 0..MAX_PREAMBLE {
        if !scanner.read(&mut record).ok()? {
            break;
        }
        if record.is_empty() || record.fault.is_some() {
            continue;
        }
        let cells = cells_of(&scanner, &record);
        if let Some((above, column)) = lone
            && best.is_none()
            && cells.get(column).is_some_and(|cell| cell.contains('@'))
        {
            best = Some(HeaderFound {
                score: 1,
                index: above,
            });
        }
        let score = header::score(&cells, overrides);
        if score == 1 && lone.is_none() {
            lone = header::address_column(&cells).map(|column| (index, column));
        }
        // One known word among other text is no header; one that stands alone is.
        let filled = cells.iter().filter(|c| !c.trim().is_empty()).count();
        if score >= 2 || (score == 1 && filled == 1) {
            let better = best.as_ref().is_none_or(|b| score > b.score);
            if better {
                best = Some(HeaderFound { score, index });
            }
        }
    }
    best
}

/// Names the format of a file that is not text.
fn binary_kind(first: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| first.starts_with(magic);
    if starts(b"PK\x03\x04") {
        Some("an Excel workbook or another zip file")
    } else if starts(&[0xD0, 0xCF, 0x11, 0xE0]) {
        Some("an old Excel workbook or an Outlook file")
    } else if starts(&[0x1F, 0x8B]) {
        Some("a gzip file")
    } else if starts(b"%PDF") {
        Some("a PDF")
    } else if starts(b"!BDN") {
        Some("an Outlook data file")
    } else if starts(b"SQLite format 3") {
        Some("a database")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
