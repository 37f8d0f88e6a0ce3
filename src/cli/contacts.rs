//! `caseyos contacts`: import, add, list, show, search, timeline, export.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{Ending, fit, json_text, moment};
use crate::domain::contact::{ContactDraft, ExternalId, LifecycleStage};
use crate::domain::date_order::DateOrder;
use crate::domain::id::ContactId;
use crate::domain::text::{clean_block, clean_line};
use crate::engine::import::{ImportReport, ImportRequest, OnConflict, grouped, write_export};
use crate::engine::queries::contacts::{ContactCard, ContactItem};
use crate::engine::{Engine, EngineError};

/// Import, add, search and export contacts.
#[derive(Debug, Clone, Args)]
pub struct ContactsArgs {
    /// The subcommand.
    #[command(subcommand)]
    pub command: ContactsCommand,
}

/// The subcommands.
#[derive(Debug, Clone, Subcommand)]
pub enum ContactsCommand {
    /// Import an export of HubSpot, Salesforce, Google, Outlook, LinkedIn or Pipedrive, any CSV with a header, or vCards.
    ///
    /// Delimiter, encoding and columns are detected. Rejected rows go into a file beside it, with their numbers and
    /// reasons: fix them there, then import that file. Importing the same file again changes nothing.
    #[command(
        after_help = "Examples:\n  caseyos contacts import crm-export.csv --dry-run\n  caseyos contacts import crm-export.csv --on-conflict fill\n  caseyos contacts import list.csv --dates dmy\n  caseyos contacts import list.csv --map email='Work mail'"
    )]
    Import(ImportArgs),
    /// Add one contact, or fill in the one with that address.
    Add(Box<AddArgs>),
    /// List contacts.
    List(ListArgs),
    /// Show one contact in full.
    Show(ShowArgs),
    /// Find contacts by the beginnings of names, addresses and companies.
    Search(SearchArgs),
    /// Show one contact's history, newest first: signals, mails, moves, approvals, meetings, outcomes, deals.
    #[command(
        after_help = "Examples:\n  caseyos contacts timeline dana@northwind.example\n  caseyos contacts timeline 17 --limit 20\n  caseyos contacts timeline 17 --limit 20 --before 1795428000000.signal.1204"
    )]
    Timeline(TimelineArgs),
    /// Write all contacts as CSV, JSON or vCards.
    #[command(
        after_help = "Examples:\n  caseyos contacts export -o contacts.csv\n  caseyos contacts export -o contacts.csv --force\n  caseyos contacts export --format vcf > all.vcf"
    )]
    Export(ExportArgs),
}

/// Arguments of `contacts import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file; `-` reads standard input.
    pub file: PathBuf,
    /// Read a column as a field, such as email="Work mail"; email=#3 means the third column. Repeatable.
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// System of the file's ids, such as hubspot; detected for known exports.
    #[arg(long, value_name = "NAME")]
    pub system: Option<String>,
    /// Show what would happen; import nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Choose what becomes of rows that have the address or id of somebody with another name: skip (reject the row), fill (fill in
    /// what is blank, in every record), replace (overwrite), keep-both (a contact of their own, if the row has an address or id of
    /// its own, else reject it).
    #[arg(long, value_name = "CHOICE", default_value = "keep-both", value_parser = parse_choice)]
    pub on_conflict: OnConflict,
    /// Order of day, month and year in dates such as 03/04/2027: dmy, mdy or ymd [default: the one that fits the whole column, else
    /// your country's].
    #[arg(long, value_name = "ORDER", value_parser = parse_order)]
    pub dates: Option<DateOrder>,
    /// File for rejected rows [default: FILE.rejects.csv, or with a number where you changed that one].
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Replace the file of --rejects even if CaseyOS didn't write it or it changed since.
    #[arg(long, requires = "rejects")]
    pub force: bool,
}

/// Arguments of `contacts add`.
#[derive(Debug, Clone, Args)]
pub struct AddArgs {
    /// E-mail address; repeat for aliases, the first is the one to write to.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Vec<String>,
    /// The whole name.
    #[arg(long)]
    pub name: Option<String>,
    /// The given name.
    #[arg(long)]
    pub first_name: Option<String>,
    /// The family name.
    #[arg(long)]
    pub last_name: Option<String>,
    /// The company.
    #[arg(long)]
    pub company: Option<String>,
    /// The company's website or domain.
    #[arg(long)]
    pub website: Option<String>,
    /// The job title.
    #[arg(long)]
    pub title: Option<String>,
    /// Work phone.
    #[arg(long)]
    pub phone: Option<String>,
    /// Mobile phone.
    #[arg(long)]
    pub mobile: Option<String>,
    /// City.
    #[arg(long)]
    pub city: Option<String>,
    /// The state or province.
    #[arg(long)]
    pub state: Option<String>,
    /// The country.
    #[arg(long)]
    pub country: Option<String>,
    /// The time zone, such as Europe/Berlin.
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// The LinkedIn profile.
    #[arg(long, value_name = "URL")]
    pub linkedin: Option<String>,
    /// The lifecycle stage.
    #[arg(long, value_parser = parse_stage)]
    pub stage: Option<LifecycleStage>,
    /// Fit to the ideal customer profile, 0 to 1.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub icp_fit: Option<f64>,
    /// Renewal date, such as 2027-01-31.
    #[arg(long, value_name = "DATE")]
    pub renewal: Option<jiff::civil::Date>,
    /// Notes.
    #[arg(long)]
    pub notes: Option<String>,
    /// The record's id in another system, such as hubspot:501.
    #[arg(long = "id", value_name = "SYSTEM:ID", value_parser = parse_external_id)]
    pub external_id: Vec<ExternalId>,
}

/// Arguments of `contacts list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Maximum number of rows.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub limit: usize,
    /// Only contacts after this number: the next page.
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<i64>,
    /// Only contacts at this stage.
    #[arg(long, value_parser = parse_stage)]
    pub stage: Option<LifecycleStage>,
}

/// Arguments of `contacts show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// A number, an address, or an id in another system such as hubspot:501.
    pub who: String,
}

/// Arguments of `contacts search`.
#[derive(Debug, Clone, Args)]
pub struct SearchArgs {
    /// Beginnings of words, in any order; accents don't matter.
    #[arg(required = true)]
    pub words: Vec<String>,
    /// Maximum number of rows.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
}

/// Arguments of `contacts timeline`.
#[derive(Debug, Clone, Args)]
pub struct TimelineArgs {
    /// A number, an address, or an id in another system such as hubspot:501.
    pub who: String,
    /// Maximum number of rows.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub limit: u16,
    /// Only entries older than this place: the `next` of the page before.
    #[arg(long, value_name = "PLACE")]
    pub before: Option<String>,
}

/// A form of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// vCard 3.0.
    #[value(alias = "vcard")]
    Vcf,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Vcf => "vcf",
        }
    }
}

/// Arguments of `contacts export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Format; by the output's extension, else CSV.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// File to write; standard output by default.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the file even if CaseyOS didn't write it or it changed since.
    #[arg(long, requires = "output")]
    pub force: bool,
}

fn parse_choice(text: &str) -> Result<OnConflict, String> {
    text.parse()
        .map_err(|_| "the choices are skip, fill, replace and keep-both".to_owned())
}

fn parse_order(text: &str) -> Result<DateOrder, String> {
    text.parse()
        .map_err(|_| "the orders are dmy, mdy and ymd".to_owned())
}

fn parse_stage(text: &str) -> Result<LifecycleStage, String> {
    match LifecycleStage::parse_lenient(text) {
        Some(LifecycleStage::Other) if !text.trim().eq_ignore_ascii_case("other") => None,
        found => found,
    }
    .ok_or_else(|| {
        format!(
            "the stages are {}",
            LifecycleStage::ALL
                .iter()
                .map(|stage| stage.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        )
    })
}

fn parse_share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "it is a number from 0 to 1".to_owned())
}

fn parse_external_id(text: &str) -> Result<ExternalId, String> {
    ExternalId::parse(text)
        .ok_or_else(|| "it has the form system:id, such as hubspot:501".to_owned())
}

/// Runs the subcommand. Data goes to `out`, as JSON if `json`; talk and the progress bar go to standard error. `interrupt`
/// is set when the operator asks to stop.
///
/// # Errors
/// Passes on the engine's error, and fails if writing fails.
pub fn run(
    engine: &Engine,
    args: &ContactsArgs,
    json: bool,
    out: &mut dyn Write,
    interrupt: &Arc<AtomicBool>,
) -> Result<Ending, EngineError> {
    match &args.command {
        ContactsCommand::Import(args) => import(engine, args, json, out, interrupt),
        ContactsCommand::Add(args) => add(engine, args, json, out),
        ContactsCommand::List(args) => {
            let list = engine.list_contacts(args.after.map(ContactId), args.stage, args.limit)?;
            if json {
                print_json(out, &list)?;
            } else {
                print_items(out, &list.contacts)?;
                if let Some(next) = list.next {
                    say(
                        out,
                        &format!(
                            "{} contacts in all; the next page: --after {next}",
                            list.total
                        ),
                    )?;
                }
            }
            Ok(if list.contacts.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
        ContactsCommand::Show(args) => {
            let card = engine.contact_card(&args.who)?;
            if json {
                print_json(out, &card)?;
            } else {
                print_card(out, &card)?;
            }
            Ok(Ending::Done)
        }
        ContactsCommand::Search(args) => {
            let found = engine.search_contacts(&args.words.join(" "), args.limit)?;
            if json {
                print_json(out, &found)?;
            } else {
                print_items(out, &found)?;
            }
            Ok(if found.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
        ContactsCommand::Timeline(args) => timeline(engine, args, json, out),
        ContactsCommand::Export(args) => export(engine, args, json, out),
    }
}

fn timeline(
    engine: &Engine,
    args: &TimelineArgs,
    json: bool,
    out: &mut dyn Write,
) -> Result<Ending, EngineError> {
    let page = engine.timeline_of(&args.who, args.before.as_deref(), usize::from(args.limit))?;
    if json {
        print_json(out, &page)?;
    } else {
        let (now, zone) = (engine.now(), engine.zone());
        for entry in &page.entries {
            let mut line = format!(
                "{}  {:<11} {}",
                fit(&moment(entry.at, now, &zone), 18),
                entry.kind.as_str().replace('_', " "),
                entry.title
            );
            for more in [&entry.state, &entry.detail] {
                if !more.is_empty() {
                    line.push_str(&format!(" · {more}"));
                }
            }
            if let Some(id) = entry.move_id {
                line.push_str(&format!("  #{id}"));
            }
            say(out, &line)?;
        }
        if let Some(next) = &page.next {
            say(out, &format!("There is more: --before {next}"))?;
        }
    }
    Ok(if page.entries.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn import(
    engine: &Engine,
    args: &ImportArgs,
    json: bool,
    out: &mut dyn Write,
    interrupt: &AtomicBool,
) -> Result<Ending, EngineError> {
    let request = ImportRequest {
        map: args.map.clone(),
        system: args.system.clone(),
        dry_run: args.dry_run,
        rejects: args.rejects.clone(),
        force: args.force,
        on_conflict: Some(args.on_conflict),
        dates: args.dates,
    };
    let is_stdin = args.file.as_os_str() == "-";
    let size = std::fs::metadata(&args.file)
        .map(|m| m.len())
        .ok()
        .filter(|_| !is_stdin);
    let bar = progress_bar(size, json);
    let mut progress = |p: crate::engine::import::ImportProgress| {
        bar.set_position(p.bytes);
        bar.set_message(format!("{} rows", grouped(p.rows)));
    };
    let report = if is_stdin {
        engine.import_reader(
            Box::new(std::io::stdin()),
            "standard input",
            &request,
            interrupt,
            &mut progress,
        )
    } else {
        engine.import_file(&args.file, &request, interrupt, &mut progress)
    };
    bar.finish_and_clear();
    let report = report?;
    if json {
        print_json(out, &report)?;
    } else {
        print_report(out, &report)?;
    }
    Ok(if report.cancelled || report.rejected > 0 {
        Ending::Partly
    } else if report.rows == 0 {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn progress_bar(size: Option<u64>, json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr_with_hz(10));
    let template = if size.is_some() {
        "{bar:30} {percent:>3}%  {msg}  {eta} left"
    } else {
        "{spinner} {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

fn print_report(out: &mut dyn Write, report: &ImportReport) -> Result<(), EngineError> {
    /// All that a terminal shows at once.
    const PEOPLE: usize = 40;
    report
        .said(PEOPLE)
        .iter()
        .try_for_each(|line| say(out, line))
}

fn add(
    engine: &Engine,
    args: &AddArgs,
    json: bool,
    out: &mut dyn Write,
) -> Result<Ending, EngineError> {
    if let Some(zone) = &args.time_zone
        && jiff::tz::TimeZone::get(zone).is_err()
    {
        return Err(EngineError::Input(format!(
            "There is no time zone “{zone}”; they are named like Europe/Berlin. Nothing was added."
        )));
    }
    let draft = ContactDraft {
        external_ids: args.external_id.clone(),
        first_name: args.first_name.clone(),
        last_name: args.last_name.clone(),
        full_name: args.name.clone(),
        emails: args.email.clone(),
        phone: args.phone.clone(),
        mobile_phone: args.mobile.clone(),
        title: args.title.clone(),
        company: args.company.clone(),
        company_domain: args.website.clone(),
        city: args.city.clone(),
        state: args.state.clone(),
        country: args.country.clone(),
        linkedin: args.linkedin.clone(),
        stage: args.stage,
        time_zone: args.time_zone.clone(),
        icp_fit: args.icp_fit,
        renewal_date: args.renewal,
        notes: args.notes.clone(),
        created_at: None,
        opted_out: false,
        bounced: false,
        suppressed: Vec::new(),
    };
    let (id, change) = engine.add_contact(draft)?;
    let card = engine.contact_card(&id.to_string())?;
    if json {
        print_json(out, &card)?;
    } else {
        let what = match change {
            crate::engine::import::Change::New => "Added",
            crate::engine::import::Change::Updated => "Updated",
            crate::engine::import::Change::Unchanged => "Already known, nothing to change",
        };
        say(
            out,
            &format!("{what}: {} {}", card.item.id, shown(&card.item)),
        )?;
    }
    Ok(Ending::Done)
}

fn export(
    engine: &Engine,
    args: &ExportArgs,
    json: bool,
    out: &mut dyn Write,
) -> Result<Ending, EngineError> {
    let by_ending = args
        .output
        .as_deref()
        .and_then(Path::extension)
        .and_then(|e| Format::from_str(&e.to_string_lossy(), true).ok());
    let fallback = if json { Format::Json } else { Format::Csv };
    let format = args.format.or(by_ending).unwrap_or(fallback).name();
    let n = match &args.output {
        None => write_export(engine, format, out)?,
        Some(path) => {
            let n = engine.export_to_file(path, format, args.force)?;
            say(
                out,
                &format!("{} contacts written to {}.", grouped(n), path.display()),
            )?;
            n
        }
    };
    Ok(if n == 0 {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

fn shown(item: &ContactItem) -> String {
    let parts = [&item.name, &item.email, &item.title, &item.company];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|p| !p.is_empty())
        .map(|p| clean_line(p, 60))
        .collect();
    if parts.is_empty() {
        // A CRM may know of somebody nothing but a number.
        return "(no name)".into();
    }
    parts.join(" · ")
}

fn print_items(out: &mut dyn Write, items: &[ContactItem]) -> Result<(), EngineError> {
    for item in items {
        say(out, &format!("{:>7}  {}", item.id.0, shown(item)))?;
    }
    Ok(())
}

fn print_card(out: &mut dyn Write, card: &ContactCard) -> Result<(), EngineError> {
    let item = &card.item;
    say(out, &format!("{} {}", item.id, shown(item)))?;
    let fit = card.icp_fit.map(|f| format!("{f:.2}")).unwrap_or_default();
    let time = |t: Option<jiff::Timestamp>| t.map(|t| t.to_string()).unwrap_or_default();
    let lines = [
        ("addresses", card.emails.join(", ")),
        ("phone", item.phone.clone()),
        ("mobile", item.mobile_phone.clone()),
        ("stage", item.lifecycle_stage.as_str().to_owned()),
        ("company", card.company_domain.clone()),
        ("place", join(&[&item.city, &card.state, &item.country])),
        ("time zone", card.time_zone.clone()),
        ("linkedin", card.linkedin.clone()),
        ("ids", card.external_ids.join(", ")),
        ("icp fit", fit),
        (
            "renewal",
            time(card.renewal_at)
                .split('T')
                .next()
                .unwrap_or("")
                .to_owned(),
        ),
        ("last contact", time(card.last_contact_at)),
        ("since", time(Some(card.created_at))),
        (
            "must not be mailed",
            card.suppressed.clone().unwrap_or_default(),
        ),
    ];
    for (name, value) in lines {
        if !value.is_empty() {
            say(out, &format!("  {name}: {}", clean_line(&value, 400)))?;
        }
    }
    if !card.notes.is_empty() {
        say(out, "  notes:")?;
        for line in clean_block(&card.notes, 4_000).lines() {
            say(out, &format!("    {line}"))?;
        }
    }
    Ok(())
}

fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
    parts.join(", ")
}

/// Returns a number with its thousands apart.
fn say(out: &mut dyn Write, line: &str) -> Result<(), EngineError> {
    writeln!(out, "{}", clean_line_keep_indent(line)).map_err(writing_failed)
}

/// Cleans a line for the terminal and keeps the spaces before it.
fn clean_line_keep_indent(line: &str) -> String {
    let body = line.trim_start_matches(' ');
    let indent = line.len() - body.len();
    format!(
        "{:indent$}{}",
        "",
        clean_block(body, 16 * 1024).replace('\n', " ")
    )
}

fn print_json<T: serde::Serialize>(out: &mut dyn Write, value: &T) -> Result<(), EngineError> {
    out.write_all(json_text(value)?.as_bytes())
        .map_err(writing_failed)
}

fn writing_failed(error: std::io::Error) -> EngineError {
    EngineError::Outside(format!("writing the answer failed: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let check = |n, expect: &str| assert_eq!(grouped(n), expect);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn stages_are_read_and_unknown_ones_refused() {
        assert_eq!(parse_stage("Customer"), Ok(LifecycleStage::Customer));
        assert_eq!(parse_stage("other"), Ok(LifecycleStage::Other));
        assert!(
            parse_stage("nurture")
                .unwrap_err()
                .contains("former_customer")
        );
    }
}
