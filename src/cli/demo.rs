//! `caseyos demo`: a seeded world without accounts, in the console, or as a list where there is no terminal.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::Ending;
use super::{Run, show_console, today};
use crate::demo::{self, DEFAULT_SEED, DemoRequest};
use crate::engine::EngineError;
use crate::engine::queries::today::{TodayList, TodayQuery};

/// Moves that the printed list shows.
const SHOWN: usize = 30;

/// Open a seeded, fictional world: no account, no network, nothing of yours is touched.
///
/// The world has a folder of its own and goes on where you left it. Its people answer your mail while you watch.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  caseyos demo\n  caseyos demo --fresh\n  caseyos demo --seed 2\n  caseyos demo --json | jq -r .folder"
)]
pub(super) struct DemoArgs {
    /// Random seed: same seed, same world.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Reset the demo world.
    #[arg(long)]
    fresh: bool,
    /// Folder of the world.
    #[arg(long, value_name = "FOLDER", hide = true)]
    dir: Option<PathBuf>,
}

/// The demo's facts for `--json`.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    folder: &'a str,
    seed: u64,
    is_new: bool,
    #[serde(flatten)]
    today: &'a TodayList,
}

pub(super) fn run(run: &mut Run<'_>, args: &DemoArgs) -> Result<Ending, EngineError> {
    let request = DemoRequest {
        seed: args.seed,
        fresh: args.fresh,
        folder: args.dir.clone(),
    };
    let opened = demo::open(&run.env, &run.paths, &request)?;
    if run.is_in_terminal() {
        return show_console(opened.engine.clone());
    }
    let list = opened.engine.today(&TodayQuery {
        limit: SHOWN,
        ..TodayQuery::default()
    })?;
    let folder = opened.folder.display().to_string();
    if run.out.is_json() {
        run.out.json(&Printed {
            folder: &folder,
            seed: args.seed,
            is_new: opened.is_new,
            today: &list,
        })?;
        return Ok(Ending::Done);
    }
    today::print(
        run,
        &today::TodayArgs::default(),
        &list,
        &opened.engine.zone(),
    )?;
    let first = list.moves.first().map_or(1, |mv| mv.id.0);
    run.out.block(&how_to_go_on(&folder, first))?;
    Ok(Ending::Done)
}

fn how_to_go_on(folder: &str, first: i64) -> String {
    let home = shell_word(folder);
    format!(
        "\nA fictional world: nothing here reaches the network, and nothing of yours is touched. How to go on:\n\n  \
         caseyos demo                   in a terminal: look, approve, and watch the answers come\n  \
         caseyos demo --fresh           begin again; --seed 2 for other people\n\n\
         Every command works on this world:\n\n  \
         export CASEYOS_HOME={home}\n  \
         caseyos show {first}                why it is where it is, and its draft\n  \
         caseyos approve {first}             send it\n  \
         caseyos sync                   a minute later: the answer is in\n"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        let check = |path: &str, expect: &str| assert_eq!(shell_word(path), expect);
        check(
            "/home/mara/.local/share/caseyos-demo",
            "/home/mara/.local/share/caseyos-demo",
        );
        check("/tmp/it's here", r"'/tmp/it'\''s here'");
    }
}
