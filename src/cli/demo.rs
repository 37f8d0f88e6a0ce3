//! `caseyos demo`: a seeded world without accounts, in the TUI, or as a list where there is no terminal.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::contacts::Ending;
use crate::config::Paths;
use crate::demo::{self, DEFAULT_SEED, Demo, DemoRequest};
use crate::domain::text::clean_line;
use crate::engine::queries::today::{TodayItem, TodayList, TodayQuery};
use crate::engine::{Engine, EngineError};
use crate::env::Env;

/// Moves that the printed list shows.
const SHOWN: usize = 30;

/// Open a seeded, fictional world: no account, no network, nothing of yours is touched.
///
/// The world lives in a folder of its own and goes on where you left it. Its people answer what you send while you watch.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Which world: the same number is the same world.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// Throw the world away that is there and make a new one.
    #[arg(long)]
    pub fresh: bool,
    /// The folder to make it in.
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub dir: Option<PathBuf>,
}

/// The demo as `--json` prints it.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    folder: String,
    seed: u64,
    is_new: bool,
    #[serde(flatten)]
    today: &'a TodayList,
}

/// Runs the subcommand: opens the demo and gives it to `show`, the TUI, if `in_terminal`; else prints Today's list and how to go on.
/// `env` is the process's own, not shifted.
///
/// # Errors
/// What the demo or the engine says, or why writing failed.
pub fn run(
    env: &Env,
    paths: &Paths,
    args: &DemoArgs,
    json: bool,
    in_terminal: bool,
    out: &mut dyn Write,
    show: impl FnOnce(&Engine) -> Result<Ending, EngineError>,
) -> Result<Ending, EngineError> {
    let request = DemoRequest {
        seed: args.seed,
        fresh: args.fresh,
        folder: args.dir.clone(),
    };
    let opened = demo::open(env, paths, &request)?;
    if in_terminal && !json {
        return show(&opened.engine);
    }
    print(&opened, args.seed, json, out)?;
    Ok(Ending::Done)
}

fn print(opened: &Demo, seed: u64, json: bool, out: &mut dyn Write) -> Result<(), EngineError> {
    let today = opened.engine.today(&TodayQuery {
        limit: SHOWN,
        ..TodayQuery::default()
    })?;
    let folder = opened.folder.display().to_string();
    let written = if json {
        let printed = Printed {
            folder,
            seed,
            is_new: opened.is_new,
            today: &today,
        };
        serde_json::to_writer_pretty(&mut *out, &printed)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
    } else {
        out.write_all(page(opened, &today, &folder).as_bytes())
    };
    written.map_err(|e| EngineError::Outside(format!("writing the answer failed: {e}.")))
}

fn page(opened: &Demo, today: &TodayList, folder: &str) -> String {
    let operator = &opened.engine.config().operator;
    let zone = opened.engine.zone();
    let now = today.now.to_zoned(zone.clone());
    let mut page = format!(
        "Today's Moves of {}, {} (a fictional world; it is {} there)\n{} open: {} sales, {} marketing, {} customer success. {} of {} mails sent in 24 hours.\n\n",
        operator.name,
        operator.company,
        now.strftime("%A %-d %B, %H:%M"),
        today.open.all,
        today.open.sales,
        today.open.marketing,
        today.open.cs,
        today.sent,
        today.sent_cap,
    );
    for item in &today.moves {
        page.push_str(&line(item, today, &zone));
    }
    let home = shell_word(folder);
    page.push_str(&format!(
        "\nHow to go on:\n  caseyos demo                              in a terminal: look, approve, and watch the answers come\n  \
         CASEYOS_HOME={home} caseyos show 1\n  CASEYOS_HOME={home} caseyos approve 1     every command works on this world\n  \
         CASEYOS_HOME={home} caseyos sync          a minute later: the answer\n  caseyos demo --fresh                      a new beginning; --seed 2 for other people\n\
         Nothing here reaches the network, and nothing of yours is touched.\n"
    ));
    page
}

fn line(item: &TodayItem, today: &TodayList, zone: &TimeZone) -> String {
    let due = item.due_at.to_zoned(zone.clone());
    let now = today.now.to_zoned(zone.clone());
    let due = match (item.due_at <= today.now, due.date() == now.date()) {
        (true, _) => "now".to_owned(),
        (false, true) => due.strftime("%H:%M").to_string(),
        (false, false) => due.strftime("%-d %b").to_string(),
    };
    let who = [item.contact.as_str(), item.company.as_str()];
    let who: Vec<&str> = who.into_iter().filter(|w| !w.is_empty()).collect();
    // Cleaned by themselves: what is between them is this line's own.
    let title = clean_line(&item.title, 80);
    let who = clean_line(&who.join(", "), 80);
    format!(
        "{:>4}  {:>6}  {:<9}  {:>6}  {title}{}{who}\n",
        item.id.0,
        item.score.to_string(),
        item.domain.as_str(),
        due,
        if who.is_empty() { "" } else { " · " },
    )
}

/// Quotes a path for a shell where it needs it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '~');
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
