//! The report of an import in the operator's words, for every face alike.

use super::{Fate, ImportReport, OrderCause, ReportedDates, ReportedPerson, ReportedSuspicion};
use crate::domain::date_order::DateOrder;
use crate::domain::text::clean_line;

impl ImportReport {
    /// Says in lines what was done or would be, the most important first. At most `people` of the people are named.
    #[must_use]
    pub fn said(&self, people: usize) -> Vec<String> {
        let report = self;
        let mut lines = Vec::new();
        let out = &mut lines;
        let did = match (report.dry_run, report.cancelled) {
            (true, _) => "looked at; nothing was kept, as you asked",
            (false, true) => {
                "imported before you stopped it; they are kept, and the same import again goes on from there"
            }
            (false, false) => "imported",
        };
        let vendor = match report.vendor.as_str() {
            "unknown" => String::new(),
            vendor => format!(" ({vendor} export)"),
        };
        out.push(format!(
            "{}{vendor}: {} {did}.",
            report.file,
            counted(report.rows, "row", "rows")
        ));
        out.push(format!(
            "  {} new, {} updated, {} unchanged, {} rejected",
            grouped(report.new),
            grouped(report.updated),
            grouped(report.unchanged),
            grouped(report.rejected)
        ));
        let read: Vec<String> = report
            .columns
            .iter()
            .filter_map(|c| Some(format!("{} → {}", c.header, c.field.as_deref()?)))
            .collect();
        if !read.is_empty() {
            out.push(format!("  read: {}", some_of(&read)));
        }
        let ignored: Vec<&str> = report
            .columns
            .iter()
            .filter(|c| c.field.is_none() && !c.header.is_empty())
            .map(|c| c.header.as_str())
            .collect();
        if !ignored.is_empty() {
            out.push(format!(
                "  not read: {} (--map reads them)",
                some_of(&ignored)
            ));
        }
        out.extend(
            report
                .suspicious
                .iter()
                .map(|odd| format!("  {}", odd.said())),
        );
        name_wishes(report, out);
        let people_and_values = [
            (
                report.other_people,
                ("row has", "rows have"),
                "the address or id of somebody with another name: nobody's record was changed",
            ),
            (
                report.overwritten,
                ("row replaced", "rows replaced"),
                "a value of a known record",
            ),
            (
                report.second_numbers,
                ("cell had", "cells had"),
                "more than one phone number: all were kept",
            ),
            (
                report.continued,
                ("line has", "lines have"),
                "no id and no name: addresses and numbers went to the row before",
            ),
        ];
        for (n, (one, many), what) in people_and_values {
            if n > 0 {
                out.push(format!("  {} {what}", counted(n, one, many)));
            }
        }
        name_people(report, people, out);
        for dates in &report.dates {
            out.push(format!("  {}", dates.said()));
        }
        for dropped in &report.dropped {
            out.push(match dropped.count {
                1 => format!(
                    "  left out: 1 value of {}, {}",
                    dropped.column, dropped.reason
                ),
                n => format!(
                    "  left out: {} values of {}, each {}",
                    grouped(n),
                    dropped.column,
                    dropped.reason
                ),
            });
        }
        if report.padded > 0 {
            out.push(format!(
                "  {} shorter than the header; what is missing was left as it is",
                counted(report.padded, "row was", "rows were")
            ));
        }
        if report.taken > 0 {
            out.push(format!(
                "  {} an address or an id that another contact has; it stays with that one",
                counted(report.taken, "row has", "rows have")
            ));
        }
        let skipped = report.skipped;
        for (n, one, many) in [
            (
                skipped.preamble,
                "line before the header",
                "lines before the header",
            ),
            (skipped.blank, "blank line", "blank lines"),
            (
                skipped.repeated_header,
                "repeated header",
                "repeated headers",
            ),
            (skipped.footer, "line of a footer", "lines of a footer"),
            (skipped.groups, "card of a group", "cards of groups"),
        ] {
            if n > 0 {
                out.push(format!("  passed over: {}", counted(n, one, many)));
            }
        }
        for reject in report.rejects.iter().take(10) {
            let column = reject
                .column
                .as_ref()
                .map(|c| format!("{c}: "))
                .unwrap_or_default();
            out.push(format!(
                "  row {} (line {}): {column}{}",
                reject.row, reject.line, reject.reason
            ));
        }
        if report.rejected > 10 {
            out.push(format!("  and {} more", grouped(report.rejected - 10)));
        }
        if let Some(file) = &report.rejects_file {
            let file = file.display();
            out.push(format!(
                "The rejected rows are in {file}: mend them there and import that file."
            ));
        }
        if let Some(error) = &report.rejects_error {
            out.push(format!("The rejected rows are nowhere else: {error}."));
        }
        lines
    }
}

/// Says whom the file's wishes bar, and of which of them nobody can be barred.
fn name_wishes(report: &ImportReport, out: &mut Vec<String>) {
    if report.not_held > 0 {
        let lines: Vec<String> = report.not_held_lines.iter().map(|n| grouped(*n)).collect();
        let (say, them, lines_of) = match report.not_held {
            1 => ("row says, or may say", "it", "line"),
            _ => ("rows say, or may say", "them", "lines"),
        };
        out.push(format!(
            "  LOOK: {} {say}, that somebody opted out or that mail comes back, without an address to suppress: nothing was done for \
             {them} ({lines_of} {}). Find the address and run `caseyos suppress add ADDRESS`",
            grouped(report.not_held),
            some_of(&lines)
        ));
    }
    if report.lifted > 0 {
        out.push(format!(
            "  LOOK: {} so of somebody whose suppression was lifted since; it stays lifted. `caseyos suppress add ADDRESS` suppresses one again",
            counted(report.lifted, "row says", "rows say")
        ));
    }
    let (get, is) = if report.dry_run {
        ("would get no mail", "would be suppressed")
    } else {
        ("get no mail", "is suppressed")
    };
    if report.opted_out > 0 {
        out.push(format!(
            "  {} that the person opted out: they {get}",
            counted(report.opted_out, "row says", "rows say")
        ));
    }
    if report.bounced > 0 {
        out.push(format!(
            "  {} that mail comes back, or that the person left the firm: the address {is}",
            counted(report.bounced, "row says", "rows say")
        ));
    }
}

impl ReportedSuspicion {
    /// Says that cells of a column may be wishes and were not followed, and how to follow them.
    #[must_use]
    pub fn said(&self) -> String {
        let column = &self.column;
        let lines: Vec<String> = self.lines.iter().map(|n| grouped(*n)).collect();
        let lines = lines.join(", ");
        let (cells, them, lines) = match self.count {
            1 => ("1 cell".to_owned(), "it", format!("line {lines}")),
            n if n > self.lines.len() as u64 => (
                format!("{} cells", grouped(n)),
                "them",
                format!("lines {lines} …"),
            ),
            n => (
                format!("{} cells", grouped(n)),
                "them",
                format!("lines {lines}"),
            ),
        };
        match self.map {
            Some(field) => format!(
                "LOOK: {cells} of “{column}” ({lines}) may be an opt-out or a bounce; nobody was suppressed for {them}. Import again with \
                 --map {field}=\"{column}\" to suppress {them}, before you write to anybody"
            ),
            None => format!(
                "LOOK: {cells} of “{column}” ({lines}) may be an opt-out or a bounce, and nobody was suppressed for {them}. Look at {them} before you \
                 write to anybody; `caseyos suppress add ADDRESS` suppresses one"
            ),
        }
    }
}

/// Names the people whom a file meets: all that there is room for in a rehearsal, in an import only those who were kept apart.
fn name_people(report: &ImportReport, most: usize, out: &mut Vec<String>) {
    let is_shown = |fate: Fate| report.dry_run || fate == Fate::KeepBoth;
    let shown = report.people.iter().filter(|p| is_shown(p.fate));
    for person in shown.clone().take(most) {
        out.push(format!("  {}", person.said()));
    }
    if shown.count() > most {
        out.push("  and more; --json names the first 200".into());
    }
}

impl ReportedPerson {
    /// Says in a sentence what becomes of the row.
    #[must_use]
    pub fn said(&self) -> String {
        let called = |name: &str| match name {
            "" => "no name".to_owned(),
            name => format!("“{name}”"),
        };
        let known = self.contact.map_or_else(String::new, |id| {
            format!("contact {id}, {}", called(&self.known))
        });
        let name = called(&self.name);
        let did = match self.fate {
            Fate::Merge => format!("{name} fills in {known}"),
            Fate::Overwrite => format!("{name} changes {known}"),
            Fate::KeepBoth => format!("{name} is kept beside {known}, who has the address or id"),
            Fate::LeaveOut => format!("{name} is left out: {known} has the address or id"),
            Fate::Add => format!("{name} is new"),
        };
        let mut text = format!("row {} (line {}): {did}", self.row, self.line);
        for change in &self.overwritten {
            text.push_str(&format!(
                "; {}: “{}” → “{}”",
                change.field.replace('_', " "),
                clean_line(&change.old, 60),
                clean_line(&change.new, 60)
            ));
        }
        if let Some(cause) = self.suppressed {
            text.push_str(&format!("; suppressed ({})", cause.replace('_', " ")));
        }
        text
    }
}

impl ReportedDates {
    /// Says in which order the column's dates were read, and why.
    #[must_use]
    pub fn said(&self) -> String {
        let column = &self.column;
        let line = |place: usize| {
            let line = self.lines.get(place).copied().unwrap_or_default();
            grouped(line)
        };
        let Some(order) = self.order else {
            return format!(
                "LOOK: “{column}” contradicts itself: lines {} and {} can't both be right in one order of day and month. Its dates of that \
             form were left out ({}); fix the file, or name the order with --dates dmy or --dates mdy",
                line(0),
                line(1),
                grouped(self.count)
            );
        };
        let why = match self.cause {
            OrderCause::Told => "as you asked".to_owned(),
            OrderCause::Values | OrderCause::Contradiction => format!("as line {} shows", line(0)),
            OrderCause::Habit => {
                let other = match order {
                    DateOrder::DayFirst => DateOrder::MonthFirst,
                    DateOrder::MonthFirst | DateOrder::YearFirst => DateOrder::DayFirst,
                };
                format!(
                    "as is usual in your country, for all of them fit more than one order; --dates {other} reads them {}",
                    other.label()
                )
            }
        };
        format!("dates of “{column}” were read {}, {why}", order.label())
    }
}

/// Lists columns, the first of them if there are very many.
fn some_of<S: AsRef<str>>(columns: &[S]) -> String {
    const MOST: usize = 60;
    let shown: Vec<&str> = columns.iter().take(MOST).map(AsRef::as_ref).collect();
    let list = shown.join(", ");
    match columns.len().saturating_sub(MOST) {
        0 => list,
        more => format!("{list} and {} more", grouped(more as u64)),
    }
}

/// Writes a count with its noun, and a comma between thousands.
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Writes a number with a comma between its thousands.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
