//! The report of an import in the operator's words, for every face alike.

use super::{Fate, ImportReport, OrderCause, ReportedDates, ReportedPerson};
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
            "{}{vendor}: {} rows {did}.",
            report.file,
            grouped(report.rows)
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
        for odd in &report.suspicious {
            let column = report.columns.iter().find(|c| c.header == odd.column);
            let is_read = column.is_some_and(|column| column.field.is_some());
            // Cards have no columns that could be mapped.
            if is_read || report.columns.is_empty() {
                out.push(format!(
                    "  LOOK: {} cells of “{}” may be an opt-out or a bounce, and nobody was suppressed for them. Look at them before you write to \
                     anybody; `caseyos suppress add ADDRESS` suppresses one",
                    grouped(odd.count),
                    odd.column
                ));
                continue;
            }
            out.push(format!(
                "  LOOK: “{}” is not read, but {} of its cells look like an opt-out or a bounce; nobody was suppressed for it. Import again with \
                 --map mail_status=\"{}\" to suppress them, before you write to anybody",
                odd.column,
                grouped(odd.count),
                odd.column
            ));
        }
        if report.not_held > 0 {
            let lines: Vec<String> = report.not_held_lines.iter().map(|n| grouped(*n)).collect();
            out.push(format!(
                "  LOOK: {} rows say, or may say, that somebody opted out or that mail comes back, without an address to suppress: nothing was done for \
                 them (lines {}). Find the address and run `caseyos suppress add ADDRESS`",
                grouped(report.not_held),
                some_of(&lines)
            ));
        }
        if report.lifted > 0 {
            out.push(format!(
                "  LOOK: {} rows say so of people whose suppression was lifted since; it stays lifted. `caseyos suppress add ADDRESS` suppresses one again",
                grouped(report.lifted)
            ));
        }
        for (n, what) in [
            (
                report.opted_out,
                "rows say that the person opted out: they are suppressed",
            ),
            (
                report.bounced,
                "rows say that mail comes back: the address is suppressed",
            ),
            (
                report.other_people,
                "rows have the address or id of somebody with another name: nobody's record was changed by them",
            ),
            (
                report.overwritten,
                "rows replaced a value of a known record",
            ),
            (
                report.second_numbers,
                "cells had more than one phone number: all were kept",
            ),
            (
                report.continued,
                "lines have no id and no name: their addresses and numbers went to the row before them",
            ),
        ] {
            if n > 0 {
                out.push(format!("  {} {what}", grouped(n)));
            }
        }
        name_people(report, people, out);
        for dates in &report.dates {
            out.push(format!("  {}", dates.said()));
        }
        for dropped in &report.dropped {
            let n = grouped(dropped.count);
            out.push(format!(
                "  left out: {n} values of {}, each {}",
                dropped.column, dropped.reason
            ));
        }
        if report.padded > 0 {
            out.push(format!(
                "  {} rows were shorter than the header; what they lack was left as it is",
                grouped(report.padded)
            ));
        }
        if report.taken > 0 {
            let n = grouped(report.taken);
            out.push(format!(
                "  {n} rows have an address or an id that another contact has; it stays with that one"
            ));
        }
        let skipped = report.skipped;
        for (n, what) in [
            (skipped.preamble, "lines before the header"),
            (skipped.blank, "blank lines"),
            (skipped.repeated_header, "repeated headers"),
            (skipped.footer, "lines of a footer"),
            (skipped.groups, "cards of groups"),
        ] {
            if n > 0 {
                out.push(format!("  passed over: {} {what}", grouped(n)));
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
                "LOOK: “{column}” contradicts itself: lines {} and {} can't both be right in one order of day and month. Its {} dates of that \
             form were left out; fix the file, or name the order with --dates dmy or --dates mdy",
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
