//! `caseyos today`: the ranked list.

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Run;
use super::output::{Ending, Out, fit, moment};
use crate::domain::guard::{KillSwitch, Mode};
use crate::domain::signal::Domain;
use crate::engine::EngineError;
use crate::engine::queries::today::{TodayList, TodayQuery};

/// List Today's Moves, best first.
///
/// The number in front is the move's own; `show`, `approve` and the others take it. `--now` shows the list for any instant
/// without changing anything.
#[derive(Debug, Args, Default)]
#[command(
    after_help = "Examples:\n  caseyos today\n  caseyos today --domain cs --limit 5\n  caseyos today --find northwind --json\n  caseyos today --now 2026-12-01T09:00:00Z\n  caseyos today --plain"
)]
pub(super) struct TodayArgs {
    /// Only one domain: sales, marketing or cs.
    #[arg(long)]
    domain: Option<Domain>,
    /// Only moves whose title, person, address or company has all these words.
    #[arg(long, value_name = "WORDS")]
    find: Option<String>,
    /// Maximum number of moves.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// As of another instant (RFC 3339).
    #[arg(long, value_name = "INSTANT")]
    now: Option<Timestamp>,
    /// Describe each move in sentences instead of columns, for a screen reader.
    #[arg(long, conflicts_with = "json")]
    plain: bool,
}

pub(super) fn run(run: &mut Run<'_>, args: &TodayArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let query = TodayQuery {
        domain: args.domain,
        search: args.find.clone().unwrap_or_default(),
        limit: if args.limit == 0 { 20 } else { args.limit },
    };
    let list = match args.now {
        Some(at) => engine.today_at(&query, at)?,
        None => engine.today(&query)?,
    };
    if run.out.is_json() {
        run.out.json(&list)?;
    } else {
        print(run, args, &list, &engine.zone())?;
    }
    Ok(if list.moves.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}

/// Prints the list.
pub(super) fn print(
    run: &mut Run<'_>,
    args: &TodayArgs,
    list: &TodayList,
    zone: &TimeZone,
) -> Result<(), EngineError> {
    let out = &mut *run.out;
    out.heading(&header(list, zone))?;
    for problem in &list.problems {
        out.line(&format!("! {problem}"))?;
    }
    if list.moves.is_empty() && list.open.all > 0 {
        return out.line("No open move fits; `caseyos today` lists all.");
    }
    if list.moves.is_empty() {
        return out.block(
            "Nothing to do. Moves come from signals: `caseyos contacts import FILE`, `caseyos signals add --file FILE`,\n\
             `caseyos mail add maildir PATH`, then `caseyos sync`.",
        );
    }
    if args.plain {
        return sentences(out, list, zone);
    }
    for mv in &list.moves {
        let who = match (mv.contact.as_str(), mv.company.as_str()) {
            ("", "") if mv.email.is_empty() => mv.because.clone(),
            ("", "") => mv.email.clone(),
            ("", company) => company.to_owned(),
            (contact, "") => contact.to_owned(),
            (contact, company) => format!("{contact}, {company}"),
        };
        out.line(&format!(
            "{:>5}  {:>6}  {}  {}  {}  {}",
            mv.id,
            mv.score,
            fit(&mv.title, 26),
            fit(&who, 36),
            fit(mv.domain.as_str(), 9),
            moment(mv.due_at, list.now, zone),
        ))?;
    }
    let of_domain = match args.domain {
        None => list.open.all,
        Some(Domain::Sales) => list.open.sales,
        Some(Domain::Marketing) => list.open.marketing,
        Some(Domain::Cs) => list.open.cs,
    };
    // How many more would match a search is not known without looking at all of them.
    let counted = if args.find.is_some() { 0 } else { of_domain };
    let more = counted.saturating_sub(list.moves.len() as u64);
    if more > 0 {
        out.line(&format!("       … {more} more open; --limit shows them."))?;
    }
    Ok(())
}

/// Says each move in sentences: nothing rests on columns, signs or colours.
fn sentences(out: &mut Out, list: &TodayList, zone: &TimeZone) -> Result<(), EngineError> {
    for mv in &list.moves {
        let who = [&mv.contact, &mv.company]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" at ");
        let who = match who.as_str() {
            "" if mv.email.is_empty() => String::new(),
            "" => format!(", {}", mv.email),
            who => format!(", {who}"),
        };
        let late = if mv.due_at < list.now {
            "Overdue since"
        } else {
            "Due"
        };
        out.line(&format!(
            "{}. {}{who}. Score {}. {late} {}. {}. Because: {}. Move {}.",
            mv.rank,
            mv.title,
            mv.score,
            moment(mv.due_at, list.now, zone),
            mv.domain,
            mv.because,
            mv.id
        ))?;
    }
    Ok(())
}

fn header(list: &TodayList, zone: &TimeZone) -> String {
    let mode = match (&list.kill_switch, list.mode) {
        (KillSwitch::Running, Mode::Live) if list.pause.is_some() => "LIVE, PAUSED",
        (KillSwitch::Running, Mode::Draft) => "DRAFT",
        (KillSwitch::Running, Mode::DryRun) => "DRY-RUN",
        (KillSwitch::Running, Mode::Live) => "LIVE",
        (KillSwitch::Stopped { .. } | KillSwitch::Unreadable, _) => "STOPPED",
    };
    let synced = list.synced_at.map_or_else(
        || "never synced".to_owned(),
        |at| format!("synced {}", moment(at, list.now, zone)),
    );
    let waiting = if list.waiting > 0 {
        format!(" · {} waiting", list.waiting)
    } else {
        String::new()
    };
    format!(
        "Today's Moves · {} open (sales {}, marketing {}, cs {}) · sends {}/{}{waiting} · {mode} · {synced} · {}",
        list.open.all,
        list.open.sales,
        list.open.marketing,
        list.open.cs,
        list.sent,
        list.sent_cap,
        list.now.to_zoned(zone.clone()).strftime("%a %-d %b %H:%M"),
    )
}
