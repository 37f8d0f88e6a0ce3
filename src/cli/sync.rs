//! `caseyos sync`: one headless pass, fit for cron.

use clap::Args;

use super::Run;
use super::output::Ending;
use crate::engine::EngineError;

/// Make one pass: read the mailboxes, ask the timers, send what is approved and may go.
///
/// Prints one line. Two passes at once do no harm: the second waits for the first. Exit code 3 means that a source failed and the others went on.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos sync\n  */5 * * * * caseyos sync --json >> ~/caseyos-sync.log    (crontab)"
)]
pub(super) struct SyncArgs {
    /// Prints nothing unless something went wrong.
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(run: &mut Run<'_>, args: &SyncArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    crate::demo::pulse(&engine)?;
    let report = engine.sync()?;
    if run.out.is_json() {
        run.out.json(&report)?;
    } else {
        if !args.quiet {
            run.out.line(&report.summary)?;
        }
        for problem in &report.problems {
            run.out.talk(problem)?;
        }
    }
    let idle = report.new + report.sent + report.closed + report.outcomes == 0;
    Ok(match (report.problems.is_empty(), idle) {
        (false, _) => Ending::Partly,
        (true, true) => Ending::Nothing,
        (true, false) => Ending::Done,
    })
}
