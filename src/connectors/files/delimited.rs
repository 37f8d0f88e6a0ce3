//! Cuts delimited text into records without reading more of it than one record at a time.
//!
//! The scanner reads RFC 4180 and exporters' real files: any of `\n`, `\r\n` and `\r` ends a record, quotes
//! may stand unescaped inside a quoted field, spaces may surround it. A quote that is opened and never rightly
//! closed would swallow the records after it; such a record ends at the end of its first line, is marked
//! [`Fault::OpenQuote`], and the next line is read afresh.

use super::encoding::TextReader;
use std::borrow::Cow;
use std::io;
use std::ops::Range;

/// The longest field that is accepted, in bytes.
pub const MAX_FIELD: usize = 64 * 1024;
/// The longest record that is accepted, in bytes.
pub const MAX_RECORD: usize = 1024 * 1024;
/// Bytes after which an open quote is taken for a mistake.
const MAX_LOOK_AHEAD: usize = 8 * 1024 * 1024;
/// The most fields that a record may have.
pub const MAX_FIELDS: usize = 4_096;

/// A fault in a record's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A quote is opened and not rightly closed; only the first line belongs to the record.
    OpenQuote,
    /// The record or one of its fields is longer than is accepted.
    TooLong,
}

/// One field: its range, and whether it must be unescaped.
#[derive(Debug, Clone)]
struct Field {
    range: Range<usize>,
    doubled: bool,
}

/// One record, as ranges of the scanner's buffer.
#[derive(Debug, Default)]
pub struct Record {
    fields: Vec<Field>,
    range: Range<usize>,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// Its fault, if it has one.
    pub fault: Option<Fault>,
    lines: u64,
    first_line_end: usize,
}

impl Record {
    /// Returns how many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Tells whether the record is a blank line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Reads records one after another.
#[derive(Debug)]
pub struct Scanner {
    source: TextReader,
    buffer: Vec<u8>,
    at: usize,
    line: u64,
    ended: bool,
    delimiter: u8,
}

enum Step {
    Done { next: usize },
    More,
}

impl Scanner {
    /// Returns a scanner at the start of `source`.
    #[must_use]
    pub fn new(source: TextReader) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            ended: false,
            delimiter: b',',
        }
    }

    /// Returns the text from here on, at least `wanted` bytes of it unless the file ends before.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.at < wanted && !self.ended {
            self.ended = !self.source.fill(&mut self.buffer)?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// Sets the delimiter of the records that follow.
    pub fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Returns the delimiter.
    #[must_use]
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns the line on which the next record starts, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Sets the line on which the next record starts, for text that is not a whole file.
    pub fn set_line(&mut self, line: u64) {
        self.line = line;
    }

    /// Returns how many bytes of the file have been read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// Reads the next record into `record`; a blank line is a record without fields. Returns false at the end.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        if self.at > 256 * 1024 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        if self.peek(1)?.is_empty() {
            return Ok(false);
        }
        record.line = self.line;
        let next = loop {
            let step = scan(&self.buffer, self.at, self.ended, self.delimiter, record);
            match step {
                Step::Done { next } => break next,
                Step::More if self.buffer.len() - self.at > MAX_LOOK_AHEAD => {
                    break self.give_up(record)?;
                }
                Step::More => {
                    let wanted = (self.buffer.len() - self.at) * 2;
                    self.peek(wanted.max(4096))?;
                }
            }
        };
        if record.fault != Some(Fault::OpenQuote)
            && (next - self.at > MAX_RECORD
                || record.fields.iter().any(|f| f.range.len() > MAX_FIELD)
                || record.fields.len() > MAX_FIELDS)
        {
            record.fault = Some(Fault::TooLong);
        }
        self.line += record.lines;
        self.at = next;
        Ok(true)
    }

    /// Reads one line, without its end; of a line longer than `max` bytes, its first `max`. None at the end.
    ///
    /// # Errors
    /// Fails if reading the file fails.
    pub fn read_line(&mut self, max: usize) -> io::Result<Option<Vec<u8>>> {
        if self.peek(1)?.is_empty() {
            return Ok(None);
        }
        let mut line = Vec::new();
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let found = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let text = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
            line.extend_from_slice(
                text.get(..text.len().min(max - line.len()))
                    .unwrap_or_default(),
            );
            self.at += text.len();
            if found.is_some() {
                let rest = self.peek(2)?;
                self.at += line_end(rest).unwrap_or(0);
                break;
            }
            self.buffer.clear();
            self.at = 0;
            if self.peek(1)?.is_empty() {
                break;
            }
        }
        if self.at > 256 * 1024 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.line += 1;
        Ok(Some(line))
    }

    /// Takes a record back to its first line, so that the lines after it are read afresh: for a record of several
    /// lines that turns out not to fit its neighbours. Only right after [`Scanner::read`] returned that record.
    pub fn keep_first_line(&mut self, record: &mut Record) {
        if record.lines > 1 {
            self.line = record.line + 1;
            self.at = record.first_line_end;
            record.range.end = record.first_line_end;
            record.fault = Some(Fault::OpenQuote);
        }
    }

    /// Tells whether `record`, just read, spans several lines, and the line after its first one is a record of `width`
    /// fields by itself: the sign of a quote that swallowed its neighbours.
    #[must_use]
    pub fn swallowed_a_record(&self, record: &Record, width: usize) -> bool {
        if record.lines < 2 {
            return false;
        }
        let mut probe = Record::default();
        matches!(
            scan(&self.buffer, record.first_line_end, self.ended, self.delimiter, &mut probe),
            Step::Done { .. } if probe.fields.len() == width && probe.lines == 1
        )
    }

    /// Ends a record that goes on beyond all reason: at its first line's end if a quote runs away, else at its end.
    fn give_up(&mut self, record: &mut Record) -> io::Result<usize> {
        record.fault = Some(Fault::TooLong);
        record.lines = 1;
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        if let Some(end) = line_end(rest) {
            record.fault = Some(Fault::OpenQuote);
            record.range = self.at..self.at + end;
            return Ok(self.at + end);
        }
        // One line without an end: its rest is skipped, not kept.
        record.fields.truncate(1);
        if let Some(field) = record.fields.first_mut() {
            field.range = self.at..self.at + 256;
        }
        let keep = self.at + 1024;
        loop {
            self.buffer.truncate(keep);
            if !self.source.fill(&mut self.buffer)? {
                self.ended = true;
                return Ok(self.buffer.len());
            }
            let tail = self.buffer.get(keep..).unwrap_or_default();
            if let Some(end) = line_end(tail) {
                return Ok(keep + end);
            }
        }
    }

    /// Returns the bytes of a field of the record last read, unescaped; empty beyond the last.
    #[must_use]
    pub fn field(&self, record: &Record, index: usize) -> Cow<'_, [u8]> {
        let Some(field) = record.fields.get(index) else {
            return Cow::Borrowed(&[]);
        };
        let raw = self.buffer.get(field.range.clone()).unwrap_or_default();
        if field.doubled {
            Cow::Owned(undouble(raw))
        } else {
            Cow::Borrowed(raw)
        }
    }

    /// Returns the bytes of the whole record last read.
    #[must_use]
    pub fn raw(&self, record: &Record) -> &[u8] {
        self.buffer.get(record.range.clone()).unwrap_or_default()
    }
}

fn undouble(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(b) = bytes.next() {
        out.push(b);
        if b == b'"' {
            bytes.next_if_eq(&b'"');
        }
    }
    out
}

/// Returns the offset behind the first line end.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let at = bytes.iter().position(|b| matches!(b, b'\n' | b'\r'))?;
    let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
    Some(at + 1 + usize::from(crlf))
}

fn scan(buffer: &[u8], start: usize, ended: bool, delimiter: u8, record: &mut Record) -> Step {
    record.fields.clear();
    record.fault = None;
    record.lines = 1;
    record.first_line_end = 0;
    record.range = start..start;
    let mut at = start;
    loop {
        // A field begins here.
        let mut open = at;
        while buffer.get(open) == Some(&b' ') {
            open += 1;
        }
        let field = if buffer.get(open) == Some(&b'"') {
            match quoted(buffer, open + 1, ended, delimiter, record) {
                Quoted::Closed {
                    content,
                    doubled,
                    next,
                } => {
                    at = next;
                    Field {
                        range: content,
                        doubled,
                    }
                }
                Quoted::More => return Step::More,
                Quoted::Runaway => {
                    let rest = buffer.get(start..).unwrap_or_default();
                    let end = line_end(rest).map_or(buffer.len(), |n| start + n);
                    record.fault = Some(Fault::OpenQuote);
                    record.range = start..end;
                    record.lines = 1;
                    return Step::Done { next: end };
                }
            }
        } else {
            let rest = buffer.get(at..).unwrap_or_default();
            let length = rest
                .iter()
                .position(|b| *b == delimiter || *b == b'\n' || *b == b'\r')
                .unwrap_or(rest.len());
            let field = Field {
                range: at..at + length,
                doubled: false,
            };
            at += length;
            field
        };
        if at >= buffer.len() && !ended {
            return Step::More;
        }
        if record.fields.len() <= MAX_FIELDS {
            record.fields.push(field);
        }
        match buffer.get(at) {
            Some(b) if *b == delimiter => at += 1,
            ending => {
                record.range = start..at;
                let next = match ending {
                    None => at,
                    Some(b'\r') => match buffer.get(at + 1) {
                        Some(b'\n') => at + 2,
                        None if !ended => return Step::More,
                        _ => at + 1,
                    },
                    Some(_) => at + 1,
                };
                if record.lines == 1 {
                    record.first_line_end = next;
                }
                let blank = |f: &Field| {
                    buffer
                        .get(f.range.clone())
                        .is_some_and(|b| b.trim_ascii().is_empty())
                };
                if let [only] = record.fields.as_slice()
                    && blank(only)
                {
                    record.fields.clear();
                }
                return Step::Done { next };
            }
        }
    }
}

enum Quoted {
    Closed {
        content: Range<usize>,
        doubled: bool,
        next: usize,
    },
    Runaway,
    More,
}

/// Follows a quoted field from behind its opening quote.
fn quoted(buffer: &[u8], start: usize, ended: bool, delimiter: u8, record: &mut Record) -> Quoted {
    let mut at = start;
    let mut doubled = false;
    let mut stray = false;
    let mut lines = 0;
    let mut first_line_end = None;
    loop {
        let rest = buffer.get(at..).unwrap_or_default();
        let Some(found) = rest.iter().position(|b| matches!(b, b'"' | b'\n' | b'\r')) else {
            return if ended { Quoted::Runaway } else { Quoted::More };
        };
        at += found;
        if buffer.get(at) != Some(&b'"') {
            let rest = buffer.get(at..).unwrap_or_default();
            if rest.len() < 2 && !ended {
                return Quoted::More;
            }
            at += line_end(rest).unwrap_or(1);
            lines += 1;
            first_line_end.get_or_insert(at);
            if stray {
                return Quoted::Runaway;
            }
            continue;
        }
        let close = at;
        at += 1;
        match buffer.get(at) {
            None if !ended => return Quoted::More,
            Some(b'"') => {
                doubled = true;
                at += 1;
                continue;
            }
            _ => {}
        }
        let mut after = at;
        while buffer.get(after) == Some(&b' ') {
            after += 1;
        }
        match buffer.get(after) {
            None if !ended => return Quoted::More,
            Some(b) if *b != delimiter && !matches!(b, b'\n' | b'\r') => {
                // A quote inside the text that was not doubled; if lines have passed, it is the next record's.
                if lines > 0 {
                    return Quoted::Runaway;
                }
                stray = true;
            }
            _ => {
                if record.lines == 1
                    && let Some(end) = first_line_end
                {
                    record.first_line_end = end;
                }
                record.lines += lines;
                return Quoted::Closed {
                    content: start..close,
                    doubled,
                    next: after,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &[u8], delimiter: u8) -> Vec<(u64, Option<Fault>, Vec<String>)> {
        let source = TextReader::open(Box::new(io::Cursor::new(text.to_vec()))).unwrap();
        let mut scanner = Scanner::new(source);
        scanner.set_delimiter(delimiter);
        let mut record = Record::default();
        let mut all = Vec::new();
        while scanner.read(&mut record).unwrap() {
            let fields = (0..record.len())
                .map(|i| String::from_utf8_lossy(&scanner.field(&record, i)).into_owned())
                .collect();
            all.push((record.line, record.fault, fields));
        }
        all
    }

    fn check(text: &str, expect: &[(u64, Option<Fault>, &[&str])]) {
        let expect: Vec<(u64, Option<Fault>, Vec<String>)> = expect
            .iter()
            .map(|(line, fault, fields)| {
                (
                    *line,
                    *fault,
                    fields.iter().map(|f| (*f).to_owned()).collect(),
                )
            })
            .collect();
        let found = records(text.as_bytes(), b',');
        let faultless = |r: Vec<(u64, Option<Fault>, Vec<String>)>| -> Vec<_> {
            r.into_iter()
                .map(|(l, f, v)| (l, f, if f.is_some() { vec![] } else { v }))
                .collect()
        };
        assert_eq!(faultless(found), faultless(expect), "{text:?}");
    }

    const OPEN: Option<Fault> = Some(Fault::OpenQuote);

    #[test]
    fn records_are_cut_as_the_standard_says() {
        check("", &[]);
        check("a,b", &[(1, None, &["a", "b"])]);
        check("a,b\n", &[(1, None, &["a", "b"])]);
        check(
            "a,\r\nb,\rc,\n",
            &[
                (1, None, &["a", ""]),
                (2, None, &["b", ""]),
                (3, None, &["c", ""]),
            ],
        );
        check(
            "a\n\n \nb\n",
            &[
                (1, None, &["a"]),
                (2, None, &[]),
                (3, None, &[]),
                (4, None, &["b"]),
            ],
        );
        check("\"a,b\",\"c\"\"d\"\"\"\n", &[(1, None, &["a,b", "c\"d\""])]);
        check(
            "\"a\r\nb\nc\",d\ne\n",
            &[(1, None, &["a\r\nb\nc", "d"]), (4, None, &["e"])],
        );
        check("\"\",\"\"\n", &[(1, None, &["", ""])]);
        check(" \"a, b\" , c \n", &[(1, None, &["a, b", " c "])]);
    }

    #[test]
    fn stray_quotes_are_text() {
        check(
            "Bob \"The Rock\" Lee,x\n",
            &[(1, None, &["Bob \"The Rock\" Lee", "x"])],
        );
        check(
            "\"Bob \"The Rock\" Lee\",x\n",
            &[(1, None, &["Bob \"The Rock\" Lee", "x"])],
        );
        check("5\",x\n", &[(1, None, &["5\"", "x"])]);
    }

    #[test]
    fn an_open_quote_costs_one_line() {
        check(
            "1,\"Foo,x\n2,\"Baz, Inc\",x\n3,y,z\n",
            &[
                (1, OPEN, &[]),
                (2, None, &["2", "Baz, Inc", "x"]),
                (3, None, &["3", "y", "z"]),
            ],
        );
        check(
            "1,\"Foo\n2,b\n3,c",
            &[
                (1, OPEN, &[]),
                (2, None, &["2", "b"]),
                (3, None, &["3", "c"]),
            ],
        );
        check(
            "1,\"a \"b\" c\n2,b\n",
            &[(1, OPEN, &[]), (2, None, &["2", "b"])],
        );
        check("\"", &[(1, OPEN, &[])]);
        let many = "x,\"5 inch\n".repeat(20_000);
        let found = records(many.as_bytes(), b',');
        assert_eq!(found.len(), 20_000);
        assert!(found.iter().all(|r| r.1 == OPEN));
    }

    #[test]
    fn long_fields_are_faults_and_the_next_record_is_read() {
        for (text, lines) in [
            ("y".repeat(MAX_FIELD + 1), 1),
            ("y\n".repeat(MAX_FIELD), MAX_FIELD as u64 + 1),
        ] {
            let text = format!("1,\"{text}\"\n2,b\n");
            let found = records(text.as_bytes(), b',');
            assert_eq!(found.len(), 2);
            assert_eq!(found[0].1, Some(Fault::TooLong));
            assert_eq!(found[1], (lines + 1, None, vec!["2".into(), "b".into()]));
        }
        let endless = format!("1,{}\n2,b\n", "z".repeat(MAX_LOOK_AHEAD * 2));
        let found = records(endless.as_bytes(), b',');
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, Some(Fault::TooLong));
        assert_eq!(found[1].2, ["2", "b"]);
    }

    #[test]
    fn a_million_fields_are_bounded() {
        let found = records(format!("{}\na,b", ",".repeat(100_000)).as_bytes(), b',');
        assert_eq!(found[0].1, Some(Fault::TooLong));
        assert_eq!(found[1].2, ["a", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(rows in proptest::collection::vec(proptest::collection::vec("[a-z\", \n\ré;]{0,8}", 2..5), 1..12)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let found = records(&writer.into_inner().unwrap(), b',');
            let fields: Vec<_> = found.into_iter().map(|r| r.2).collect();
            proptest::prop_assert_eq!(fields, rows);
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::prelude::prop_oneof![
            proptest::prelude::Just(b'"'), proptest::prelude::Just(b','), proptest::prelude::Just(b'\n'),
            proptest::prelude::Just(b'\r'), proptest::prelude::any::<u8>()], 0..200)) {
            let found = records(&bytes, b',');
            let lines = found.iter().map(|r| r.0).collect::<Vec<_>>();
            proptest::prop_assert!(lines.windows(2).all(|w| w[0] < w[1]));
        }
    }
}
