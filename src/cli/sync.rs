//! `caseyos sync`: one pass without a terminal, fit for cron.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Run;
use super::output::Ending;
use crate::domain::when_text::parse_span;
use crate::engine::{Engine, EngineError, PassControl, PassScope, PassStep, PassWatcher};

/// Run one sync: fetch all sources, check the timers, send approved mail that may go.
///
/// Prints one line; failures go to stderr. A failing source does not hold up the others, and everything read is kept. A source that fails
/// repeatedly is left alone (1, 5, 30 minutes) unless you name it. Two passes at once do no harm: no source is read twice.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 the database cannot be used, 2 no such source, 3 a source failed or rests and the others went on, 5 nothing new (with --fail-on-empty).\n\nExamples:\n  caseyos sync\n  caseyos sync --source hubspot --full\n  caseyos sync --source mail --since 30d\n  caseyos sync --dry-run --json\n  */5 * * * * caseyos sync --json >> ~/caseyos-sync.log    (crontab)"
)]
pub(super) struct SyncArgs {
    /// Print nothing unless something fails.
    #[arg(long, short)]
    quiet: bool,
    /// Read only this source: a name such as `hubspot` or `mail:work`, or a kind such as `mail`.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    source: String,
    /// Read from the beginning. Known items add nothing.
    #[arg(long)]
    full: bool,
    /// Start of a first or full reading: `30d`, `12h`, `2026-11-01`.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Ask the sources and show what would come in; keep and send nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(run: &mut Run<'_>, args: &SyncArgs) -> Result<Ending, EngineError> {
    super::listen_for_interrupt(&run.interrupt);
    let engine = run.engine()?;
    let since = args
        .since
        .as_deref()
        .map(|text| parse_since(&engine, text))
        .transpose()?;
    let bar = spinner(run);
    let scope = PassScope {
        only: args.source.trim().to_owned(),
        full: args.full,
        since,
        control: PassControl::stopped_by(Arc::clone(&run.interrupt)).watched(watcher(&bar)),
        ..PassScope::default()
    };
    let ended = if args.dry_run {
        engine.rehearse_sync(&scope)
    } else {
        crate::demo::pulse(&engine)?;
        engine.sync_with(&scope)
    };
    bar.finish_and_clear();
    let report = ended?;
    if run.out.is_json() {
        run.out.json(&report)?;
    } else {
        if !args.quiet {
            run.out.line(&report.summary)?;
            if args.dry_run {
                for source in &report.sources {
                    run.out.line(&format!(
                        "{:<20} {}  seen {}  new {}  matched {}  dropped {}",
                        source.name,
                        source.outcome,
                        source.seen,
                        source.new,
                        source.matched,
                        source.dropped
                    ))?;
                }
            }
        }
        for problem in &report.problems {
            run.out.talk(problem)?;
        }
    }
    Ok(match (report.problems.is_empty(), report.is_idle()) {
        (false, _) => Ending::Partly,
        (true, true) => Ending::Nothing,
        (true, false) => Ending::Done,
    })
}

/// Reads how far back to go: a length of time, or a day.
fn parse_since(engine: &Engine, text: &str) -> Result<Timestamp, EngineError> {
    let (now, zone) = (engine.now(), engine.zone());
    let wrong = |why: String| EngineError::Input(format!("--since: {why} Nothing was done."));
    let since = if let Ok(date) = text.trim().parse::<Date>() {
        date.to_zoned(zone).map(|day| day.timestamp())
    } else {
        let span = parse_span(text).map_err(|e| wrong(e.to_string()))?;
        now.to_zoned(zone)
            .checked_sub(span)
            .map(|at| at.timestamp())
    };
    match since {
        Ok(since) if since < now => Ok(since),
        Ok(_) => Err(wrong("it lies in the future.".into())),
        Err(error) => Err(wrong(format!("{error}."))),
    }
}

/// Shows on a terminal that something goes on; nothing anywhere else.
fn spinner(run: &Run<'_>) -> ProgressBar {
    if !run.is_in_terminal() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Keeps the spinner's line: every source that is being read, with how far it is.
fn watcher(bar: &ProgressBar) -> PassWatcher {
    let (bar, reading) = (bar.clone(), Mutex::new(BTreeMap::new()));
    Arc::new(move |source: &str, step: PassStep| {
        let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
        match step {
            PassStep::Reading { seen: 0, .. } => {
                reading.insert(source.to_owned(), source.to_owned());
            }
            PassStep::Reading { seen, of } => {
                let of = of.map_or(String::new(), |of| format!(" of {of}"));
                reading.insert(source.to_owned(), format!("{source} {seen}{of}"));
            }
            PassStep::Read | PassStep::Failed | PassStep::Skipped => {
                reading.remove(source);
            }
        }
        let names: Vec<&str> = reading.values().map(String::as_str).collect();
        bar.set_message(format!("reading {}", names.join(", ")));
        bar.tick();
    })
}
