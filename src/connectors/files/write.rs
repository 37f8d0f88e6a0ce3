//! Contacts out: CSV, JSON, JSON lines and vCard, in forms that the reader takes back without a change; and the file
//! of rejected rows.
//!
//! A cell that a spreadsheet would run as a formula (it begins with `=` or `@`, or with `+` or `-` and is no phone
//! number) is written with an apostrophe before it, which the reader takes off again. Phone numbers such as
//! `+49 30 12345` are left as they are.

use super::header::Mapping;
use super::values::looks_like_formula;
use super::{RejectedRow, Vendor};
use crate::domain::contact::{ContactDraft, ExternalId};
use serde::Serialize;
use std::io::{self, Write};

/// A form in which contacts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Comma-separated, UTF-8, with a header.
    Csv,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    JsonLines,
    /// vCard 3.0, the version that most programs read.
    Vcard,
}

impl ExportFormat {
    /// Returns the format of a name such as `csv`, `json`, `jsonl` or `vcf`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "json" => Self::Json,
            "jsonl" | "ndjson" | "json-lines" => Self::JsonLines,
            "vcf" | "vcard" => Self::Vcard,
            _ => return None,
        })
    }
}

const COLUMNS: [&str; 23] = [
    "first_name",
    "last_name",
    "full_name",
    "email",
    "other_emails",
    "phone",
    "mobile_phone",
    "title",
    "company",
    "company_domain",
    "city",
    "state",
    "country",
    "linkedin",
    "lifecycle_stage",
    "time_zone",
    "icp_fit",
    "renewal_date",
    "opted_out",
    "caseyos_suppressed",
    "created_at",
    "external_ids",
    "notes",
];

#[derive(Serialize)]
struct JsonContact<'a> {
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    full_name: Option<&'a str>,
    emails: &'a [String],
    phone: Option<&'a str>,
    mobile_phone: Option<&'a str>,
    title: Option<&'a str>,
    company: Option<&'a str>,
    company_domain: Option<&'a str>,
    city: Option<&'a str>,
    state: Option<&'a str>,
    country: Option<&'a str>,
    linkedin: Option<&'a str>,
    lifecycle_stage: Option<&'static str>,
    time_zone: Option<&'a str>,
    icp_fit: Option<f64>,
    renewal_date: Option<String>,
    opted_out: bool,
    suppressed: Vec<String>,
    created_at: Option<String>,
    external_ids: Vec<String>,
    notes: Option<&'a str>,
}

impl<'a> From<&'a ContactDraft> for JsonContact<'a> {
    fn from(c: &'a ContactDraft) -> Self {
        Self {
            first_name: c.first_name.as_deref(),
            last_name: c.last_name.as_deref(),
            full_name: c.full_name.as_deref(),
            emails: &c.emails,
            phone: c.phone.as_deref(),
            mobile_phone: c.mobile_phone.as_deref(),
            title: c.title.as_deref(),
            company: c.company.as_deref(),
            company_domain: c.company_domain.as_deref(),
            city: c.city.as_deref(),
            state: c.state.as_deref(),
            country: c.country.as_deref(),
            linkedin: c.linkedin.as_deref(),
            lifecycle_stage: c.stage.map(|s| s.as_str()),
            time_zone: c.time_zone.as_deref(),
            icp_fit: c.icp_fit,
            renewal_date: c.renewal_date.map(|d| d.to_string()),
            opted_out: c.opted_out,
            suppressed: c.suppressed.iter().map(ToString::to_string).collect(),
            created_at: c.created_at.map(|t| t.to_string()),
            external_ids: c.external_ids.iter().map(ToString::to_string).collect(),
            notes: c.notes.as_deref(),
        }
    }
}

/// Writes `contacts` to `out`. Returns how many were written.
///
/// # Errors
/// Fails if writing to `out` fails.
pub fn write_contacts<I>(out: &mut dyn Write, format: ExportFormat, contacts: I) -> io::Result<u64>
where
    I: IntoIterator<Item = ContactDraft>,
{
    let mut n = 0;
    match format {
        ExportFormat::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(COLUMNS)?;
            for contact in contacts {
                write_csv(&mut writer, &contact)?;
                n += 1;
            }
            writer.flush()?;
        }
        ExportFormat::Json => {
            out.write_all(b"[")?;
            for contact in contacts {
                out.write_all(if n == 0 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut *out, &JsonContact::from(&contact))?;
                n += 1;
            }
            out.write_all(b"\n]\n")?;
        }
        ExportFormat::JsonLines => {
            for contact in contacts {
                serde_json::to_writer(&mut *out, &JsonContact::from(&contact))?;
                out.write_all(b"\n")?;
                n += 1;
            }
        }
        ExportFormat::Vcard => {
            for contact in contacts {
                out.write_all(vcard(&contact).as_bytes())?;
                n += 1;
            }
        }
    }
    Ok(n)
}

fn guard(text: &str) -> String {
    if looks_like_formula(text.trim_start_matches('\'')) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn write_csv<W: Write>(writer: &mut csv::Writer<W>, c: &ContactDraft) -> io::Result<()> {
    let text = |t: &Option<String>| t.as_deref().map(guard).unwrap_or_default();
    let (primary, others) = c
        .emails
        .split_first()
        .map_or(("", &[][..]), |(p, o)| (p.as_str(), o));
    let suppressed: Vec<String> = c.suppressed.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = c.external_ids.iter().map(ToString::to_string).collect();
    writer
        .write_record([
            text(&c.first_name),
            text(&c.last_name),
            text(&c.full_name),
            guard(primary),
            guard(&others.join("; ")),
            text(&c.phone),
            text(&c.mobile_phone),
            text(&c.title),
            text(&c.company),
            text(&c.company_domain),
            text(&c.city),
            text(&c.state),
            text(&c.country),
            text(&c.linkedin),
            c.stage.map(|s| s.as_str().to_owned()).unwrap_or_default(),
            text(&c.time_zone),
            c.icp_fit.map(|f| f.to_string()).unwrap_or_default(),
            c.renewal_date.map(|d| d.to_string()).unwrap_or_default(),
            if c.opted_out {
                "true".to_owned()
            } else {
                String::new()
            },
            guard(&suppressed.join("; ")),
            c.created_at.map(|t| t.to_string()).unwrap_or_default(),
            guard(&ids.join("; ")),
            text(&c.notes),
        ])
        .map_err(io::Error::from)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | ',' | ';' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

/// Appends a content line, folded at 75 bytes between characters.
fn line(out: &mut String, name: &str, value: &str) {
    let mut width = 0;
    for c in name.chars().chain([':']).chain(value.chars()) {
        if width + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
}

fn vcard(c: &ContactDraft) -> String {
    let mut out = String::from("BEGIN:VCARD\r\nVERSION:3.0\r\n");
    let text = |t: &Option<String>| escape(t.as_deref().unwrap_or(""));
    let shown = c
        .full_name
        .as_deref()
        .or(c.emails.first().map(String::as_str))
        .or(c.company.as_deref())
        .unwrap_or("");
    if c.first_name.is_some() || c.last_name.is_some() {
        line(
            &mut out,
            "N",
            &format!("{};{};;;", text(&c.last_name), text(&c.first_name)),
        );
    } else {
        line(&mut out, "N", ";;;;");
    }
    line(&mut out, "FN", &escape(shown));
    for (n, email) in c.emails.iter().enumerate() {
        let name = if n == 0 && c.emails.len() > 1 {
            "EMAIL;TYPE=INTERNET,PREF"
        } else {
            "EMAIL;TYPE=INTERNET"
        };
        line(&mut out, name, &escape(email));
    }
    let mut optional = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            line(&mut out, name, &escape(value));
        }
    };
    optional("TEL;TYPE=WORK,VOICE", &c.phone);
    optional("TEL;TYPE=CELL", &c.mobile_phone);
    optional("ORG", &c.company);
    optional("TITLE", &c.title);
    let site = c.company_domain.as_ref().map(|d| format!("https://{d}"));
    optional("URL;TYPE=WORK", &site);
    optional(
        "X-SOCIALPROFILE;TYPE=linkedin",
        &c.linkedin.clone().filter(|l| l.contains("linkedin.com/")),
    );
    optional(
        "X-LINKEDIN",
        &c.linkedin.clone().filter(|l| !l.contains("linkedin.com/")),
    );
    optional("TZ", &c.time_zone);
    optional("NOTE", &c.notes);
    if c.city.is_some() || c.state.is_some() || c.country.is_some() {
        let place = format!(
            ";;;{};{};;{}",
            text(&c.city),
            text(&c.state),
            text(&c.country)
        );
        line(&mut out, "ADR;TYPE=WORK", &place);
    }
    for id in &c.external_ids {
        write_id(&mut out, id);
    }
    if let Some(stage) = c.stage {
        line(&mut out, "X-CASEYOS-STAGE", stage.as_str());
    }
    if let Some(fit) = c.icp_fit {
        line(&mut out, "X-CASEYOS-ICP-FIT", &fit.to_string());
    }
    if let Some(date) = c.renewal_date {
        line(&mut out, "X-CASEYOS-RENEWAL", &date.to_string());
    }
    if let Some(at) = c.created_at {
        line(&mut out, "X-CASEYOS-CREATED", &at.to_string());
    }
    if c.opted_out {
        line(&mut out, "X-CASEYOS-OPTED-OUT", "true");
    }
    for one in &c.suppressed {
        line(&mut out, "X-CASEYOS-SUPPRESSED", &escape(&one.to_string()));
    }
    out.push_str("END:VCARD\r\n");
    out
}

fn write_id(out: &mut String, id: &ExternalId) {
    if id.system == "vcard" && !out.contains("\r\nUID:") {
        line(out, "UID", &escape(&id.id));
    } else {
        line(out, "X-CASEYOS-ID", &escape(&id.to_string()));
    }
}

/// Writes rejected rows so that they can be mended and imported again: the file's own columns, then `row`, `line` and
/// `reason`, which an import leaves out. Rejected vCards are written as they stand, with an `X-CASEYOS-REJECTED` line.
#[derive(Debug)]
pub struct RejectsWriter<W: Write> {
    inner: Inner<W>,
    width: usize,
    written: u64,
}

#[derive(Debug)]
enum Inner<W: Write> {
    Delimited(Box<csv::Writer<W>>),
    Cards(W),
}

impl<W: Write> RejectsWriter<W> {
    /// Starts the file for rows of a file with this mapping and delimiter.
    ///
    /// # Errors
    /// Fails if writing to `out` fails.
    pub fn new(out: W, mapping: &Mapping, delimiter: Option<u8>) -> io::Result<Self> {
        let width = mapping.columns.len();
        let inner = if mapping.vendor == Vendor::Vcard {
            Inner::Cards(out)
        } else {
            let mut writer = csv::WriterBuilder::new()
                .flexible(true)
                .delimiter(delimiter.unwrap_or(b','))
                .from_writer(out);
            let own = ["row", "line", "reason"];
            // A file of rejects that is imported again already has these columns.
            let theirs = mapping.columns.iter().map(|c| guard(&c.header));
            writer.write_record(theirs.chain(own.map(str::to_owned)))?;
            Inner::Delimited(Box::new(writer))
        };
        Ok(Self {
            inner,
            width,
            written: 0,
        })
    }

    /// Adds one row.
    ///
    /// # Errors
    /// Fails if writing fails.
    pub fn write(&mut self, row: u64, line: u64, rejected: &RejectedRow) -> io::Result<()> {
        self.written += 1;
        let reason = rejected.reject.to_string();
        match &mut self.inner {
            Inner::Delimited(writer) => {
                // Cells beyond the header stand behind our own, so that these stay under their headers.
                let cell = |i: usize| rejected.raw.get(i).map_or("", String::as_str);
                let own = [row.to_string(), line.to_string(), guard(&reason)];
                let mut cells: Vec<String> =
                    (0..self.width).map(|i| guard(&tame(cell(i)))).collect();
                cells.extend(own);
                cells.extend(
                    rejected
                        .raw
                        .iter()
                        .skip(self.width)
                        .map(|c| guard(&tame(c))),
                );
                writer.write_record(&cells).map_err(io::Error::from)
            }
            Inner::Cards(out) => {
                let raw = tame(&rejected.raw.concat());
                let note = format!(
                    "X-CASEYOS-REJECTED:row {row}\\, line {line}: {}\r\n",
                    escape(&reason)
                );
                match raw.split_once('\n') {
                    Some((begin, rest)) if begin.trim().eq_ignore_ascii_case("BEGIN:VCARD") => {
                        write!(out, "{}\r\n{note}{rest}", begin.trim())?;
                    }
                    _ => write!(out, "{note}{raw}")?,
                }
                out.write_all(b"\r\n")
            }
        }
    }

    /// Returns how many rows were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// Fails if writing fails.
    pub fn finish(mut self) -> io::Result<u64> {
        match &mut self.inner {
            Inner::Delimited(writer) => writer.flush()?,
            Inner::Cards(out) => out.flush()?,
        }
        Ok(self.written)
    }
}

/// Takes out what could act on a terminal that shows the file; the rest of a rejected cell stays as it was.
fn tame(text: &str) -> String {
    crate::domain::text::clean_block(text, super::delimited::MAX_RECORD)
}
