//! `caseyos signals`: the feed of signals.

mod health;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Run;
use super::output::{Ending, fit, moment};
use crate::domain::amount::Decimal;
use crate::domain::id::SignalId;
use crate::domain::signal::{SignalKind, Source};
use crate::domain::text::clean_block;
use crate::domain::words::{counted, spoken};
use crate::engine::command::{Command, MatchTo};
use crate::engine::queries::signals::{SignalDetail, SignalFeed, SignalOrder, SignalQuery};
use crate::engine::{Engine, EngineError, LinesReport};
use crate::env::file;

/// Add and list signals, match them to contacts, check the sources.
#[derive(Debug, Args)]
pub(super) struct SignalsArgs {
    #[command(subcommand)]
    command: SignalsCommand,
}

#[derive(Debug, Subcommand)]
enum SignalsCommand {
    /// Add signals from JSON lines: form submissions, deals, meetings, anything that should become a move.
    ///
    /// Each line is an object with `kind` and `at` (RFC 3339), and usually `source` and `email`; the rest is kept as payload. A bad line is
    /// rejected with its number, the others go in; exit code 3 says so. A line that is known already adds nothing.
    ///
    /// An amount such as "64.000" may be 64 or 64,000. The other amounts of its column decide, then its currency; where neither does, the line
    /// is rejected until --decimal says which mark stands before decimals.
    #[command(
        after_help = "Example line:\n  {\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-23T09:30:00Z\",\"email\":\"ann@acme.example\",\"message\":\"Pricing?\"}\n\nExamples:\n  caseyos signals add --file forms.jsonl\n  caseyos signals add --file angebote.jsonl --decimal comma\n  tail -1 forms.jsonl | caseyos signals add --file -"
    )]
    Add {
        /// The file; `-` reads standard input.
        #[arg(long)]
        file: PathBuf,
        /// The mark before decimals in its amounts: comma (1.234,50) or point (1,234.50).
        #[arg(long, value_name = "MARK")]
        decimal: Option<Decimal>,
    },
    /// List signals, newest first.
    ///
    /// The last line has the number for the next page: pass it as `--before`.
    #[command(
        after_help = "Examples:\n  caseyos signals list\n  caseyos signals list --unmatched\n  caseyos signals list --source x --kind x.mention --limit 20\n  caseyos signals list ann@acme.example --json\n  caseyos signals list --before 1200"
    )]
    List {
        /// Only one person: an address, a number or an external id.
        who: Option<String>,
        /// Only one source: form, hubspot, gmail, calendar, x, mail, manual or timer.
        #[arg(long)]
        source: Option<Source>,
        /// Only one kind, such as mail.reply_received; repeatable.
        #[arg(long)]
        kind: Vec<SignalKind>,
        /// Only unmatched signals.
        #[arg(long, conflicts_with = "who")]
        unmatched: bool,
        /// Unmatched signals first, as in the console.
        #[arg(long, conflicts_with = "unmatched")]
        unmatched_first: bool,
        /// Only signals older than this one: the next page.
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// Maximum number of rows.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show one signal: its content, its contact, and the moves and outcomes it led to.
    #[command(after_help = "Example:\n  caseyos signals show 12")]
    Show {
        /// The signal's number.
        id: i64,
    },
    /// Match an unmatched signal to a contact; `caseyos undo` takes it back.
    ///
    /// From then on the signal counts as if the person had been known: records, outcomes, and a move of theirs in place of its own.
    /// With --new a contact is added, with the signal's name and address unless --name, --email or --company say otherwise; a
    /// known address is used as it is.
    #[command(
        after_help = "Examples:\n  caseyos signals match 12 ann@acme.example\n  caseyos signals match 12 hubspot:501\n  caseyos signals match 12 --new --name \"Ann Lee\" --email ann@acme.example"
    )]
    Match {
        /// The signal's number.
        id: i64,
        /// The contact: an address, a number or an external id.
        #[arg(required_unless_present = "new", conflicts_with = "new")]
        who: Option<String>,
        /// Add a new contact.
        #[arg(long)]
        new: bool,
        /// The new contact's name.
        #[arg(long, requires = "new", default_value = "")]
        name: String,
        /// The new contact's address.
        #[arg(long, requires = "new", default_value = "")]
        email: String,
        /// The new contact's firm.
        #[arg(long, requires = "new", default_value = "")]
        company: String,
    },
    /// Show the state of each source: lag, cursor, counts, dropped events with reasons, budgets, circuits, next tries.
    ///
    /// A source is healthy if its last clean run is younger than 5 minutes, degraded under 15 or if it fails now and then, and failing after
    /// that.
    #[command(
        after_help = "Examples:\n  caseyos signals health\n  caseyos signals health --json | jq '.[] | select(.grade != \"healthy\")'"
    )]
    Health,
}

/// Most bytes of one input of signals, which is held in memory.
const MAX_INPUT_BYTES: u64 = 256 * 1024 * 1024;

fn lines(input: impl Read) -> impl BufRead {
    BufReader::new(file::bounded(input, MAX_INPUT_BYTES))
}

pub(super) fn run(run: &mut Run<'_>, args: &SignalsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        SignalsCommand::Add { file, decimal } => {
            let report = if file.as_os_str() == "-" {
                engine.add_signals(lines(std::io::stdin()), *decimal)?
            } else {
                let opened = file::open(file).map_err(|e| {
                    EngineError::Input(format!(
                        "{} cannot be read: {e}. Nothing was changed.",
                        file.display()
                    ))
                })?;
                engine.add_signals(lines(opened), *decimal)?
            };
            if run.out.is_json() {
                run.out.json(&report)?;
            } else {
                print_report(run, &report, *decimal)?;
            }
            Ok(match (report.rejected.is_empty(), report.lines) {
                (false, _) => Ending::Partly,
                (true, 0) => Ending::Nothing,
                (true, _) => Ending::Done,
            })
        }
        SignalsCommand::List {
            who,
            source,
            kind,
            unmatched,
            unmatched_first,
            before,
            limit,
        } => {
            let before = before
                .map(|id| engine.signal_place(SignalId(id)))
                .transpose()?;
            let feed = engine.signal_feed(&SignalQuery {
                who: who.clone(),
                source: *source,
                kinds: (!kind.is_empty()).then(|| kind.clone()),
                order: match (unmatched, unmatched_first) {
                    (true, _) => SignalOrder::Unmatched,
                    (false, true) => SignalOrder::UnmatchedFirst,
                    (false, false) => SignalOrder::Newest,
                },
                before,
                limit: *limit,
            })?;
            if run.out.is_json() {
                run.out.json(&feed.items)?;
            } else {
                print_feed(run, &feed, &engine)?;
            }
            Ok(if feed.items.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
        SignalsCommand::Show { id } => {
            let detail = engine.show_signal(SignalId(*id))?;
            if run.out.is_json() {
                run.out.json(&detail)?;
            } else {
                print_detail(run, &detail, &engine)?;
            }
            Ok(Ending::Done)
        }
        SignalsCommand::Match {
            id,
            who,
            new: _,
            name,
            email,
            company,
        } => {
            let to = match who {
                Some(who) => MatchTo::Contact(engine.find_contact(who)?),
                None => MatchTo::New {
                    name: name.clone(),
                    email: email.clone(),
                    company: company.clone(),
                },
            };
            let done = engine.run(Command::MatchSignal {
                id: SignalId(*id),
                to,
            })?;
            super::approve::finish(run, &done)
        }
        SignalsCommand::Health => health::run(run, &engine),
    }
}

fn print_feed(run: &mut Run<'_>, feed: &SignalFeed, engine: &Engine) -> Result<(), EngineError> {
    for s in &feed.items {
        let who = match (s.contact.as_str(), &s.email) {
            ("", Some(email)) => email.clone(),
            ("", None) => "-".into(),
            (name, _) => name.to_owned(),
        };
        let mark = if s.matched { "" } else { " (unmatched)" };
        let made = s
            .move_id
            .map_or_else(String::new, |id| format!(" -> move {id}"));
        run.out.line(&format!(
            "{:>6}  {}  {}  {}  {}{made}{mark}",
            s.id,
            fit(&moment(s.at, engine.now(), &engine.zone()), 16),
            fit(&spoken(&s.kind), 22),
            fit(&who, 28),
            s.summary
        ))?;
    }
    if let Some(next) = feed.next {
        run.out
            .talk(&format!("There is more: --before {} shows it.", next.id))?;
    }
    Ok(())
}

fn print_detail(
    run: &mut Run<'_>,
    detail: &SignalDetail,
    engine: &Engine,
) -> Result<(), EngineError> {
    let item = &detail.item;
    let (now, zone) = (engine.now(), engine.zone());
    run.out.heading(&format!(
        "Signal {} · {} · {}",
        item.id,
        spoken(&item.kind),
        item.summary
    ))?;
    run.out.line(&format!(
        "happened {}, stored {}, from {}{}",
        moment(item.at, now, &zone),
        moment(item.seen_at, now, &zone),
        item.source,
        match detail.external_id.as_str() {
            "" => String::new(),
            id => format!(" as {id}"),
        }
    ))?;
    let about = match (item.contact_id, &item.email) {
        (Some(id), _) => format!(
            "about    {} (contact {id}) {} {}",
            item.contact, detail.contact_email, detail.company
        ),
        (None, Some(email)) => format!("about    {email}, who is not known"),
        (None, None) => "about    nobody known".into(),
    };
    run.out.line(&about)?;
    if let Some(deal) = item.deal_id {
        run.out
            .line(&format!("deal     {} ({deal})", detail.deal))?;
    }
    for mv in &detail.moves {
        let part = if mv.leads { "made" } else { "is evidence of" };
        run.out.line(&format!(
            "{part} move {}: {} ({}), rule {}, {} signals",
            mv.id, mv.title, mv.status, mv.rule, mv.evidence
        ))?;
    }
    if !detail.no_move.is_empty() {
        run.out.line(&format!("no move: {}", detail.no_move))?;
    }
    for outcome in &detail.outcomes {
        run.out
            .line(&format!("outcome  {outcome} ({:+})", outcome.impact()))?;
    }
    if !item.matched {
        run.out.line(&format!(
            "unmatched: `caseyos signals match {} WHO`, or --new, says whom it is about",
            item.id
        ))?;
    }
    for field in &detail.unreadable {
        run.out.line(&format!("not read: {}", field.reason))?;
    }
    let payload = serde_json::to_string_pretty(&item.payload)
        .map_err(|e| EngineError::Outside(format!("The payload cannot be shown: {e}.")))?;
    run.out.block(&clean_block(&payload, 64 * 1024))
}

fn print_report(
    run: &mut Run<'_>,
    report: &LinesReport,
    decimal: Option<Decimal>,
) -> Result<(), EngineError> {
    run.out.line(&format!(
        "{}: {} new, {} known already, {} rejected; {}, {}, {} refreshed, {} closed, {}.",
        counted(report.lines, "line", "lines"),
        report.new,
        report.known,
        report.rejected.len(),
        counted(report.contacts, "new contact", "new contacts"),
        counted(report.proposed, "new move", "new moves"),
        report.refreshed,
        report.closed,
        counted(report.outcomes, "outcome", "outcomes")
    ))?;
    if report.decided > 0 {
        let amounts = counted(report.decided, "amount", "amounts");
        let by = match decimal {
            Some(decimal) => format!("with a decimal {decimal}, as --decimal says"),
            None => "as the other amounts of their column".to_owned(),
        };
        run.out
            .talk(&format!("{amounts} with two readings read {by}."))?;
    }
    for rejected in report.rejected.iter().take(20) {
        run.out.talk(&format!(
            "line {}: {}.",
            rejected.line,
            rejected.reason.trim_end_matches('.')
        ))?;
    }
    if report.rejected.len() > 20 {
        run.out.talk(&format!(
            "… and {} more; --json lists all.",
            report.rejected.len() - 20
        ))?;
    }
    Ok(())
}
