//! The command line: one file for each subcommand, thin over the engine.
//!
//! stdout is data and stderr is talk. Exit codes: 0 done, 1 error, 2 bad usage or input, 3 partly done, 4 blocked by a guard, 5
//! nothing to do (with `--fail-on-empty`).

pub mod contacts;

mod approve;
mod audit;
mod auth;
mod browser;
mod clock;
mod completions;
mod config;
mod consent;
mod deals;
mod demo;
mod doctor;
mod hubspot;
mod init;
mod jobs;
mod limits;
mod mail;
mod meetings;
mod metrics;
mod moves;
mod outbox;
mod outcome;
mod output;
mod prompt;
mod rules;
mod run;
mod safety;
mod serve;
mod show;
mod signals;
mod slots;
mod sync;
mod today;
mod undo;
mod when;
mod why;
mod world;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Parser, Subcommand};

use crate::config::Paths;
use crate::engine::{Engine, EngineError};
use crate::env::Env;
use output::complain;
pub use output::{Ending, Out};
use run::{Run, listen_for_interrupt};

/// A chief of staff in a terminal: what matters today, why, and the work behind guardrails.
///
/// Without a subcommand the console opens, or, where there is no terminal, today's list is printed.
#[derive(Debug, Parser)]
#[command(name = "caseyos", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Use this configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Exit with 5 if there was nothing to do or to show.
    #[arg(long, global = true)]
    fail_on_empty: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  caseyos demo                          a world to try, with no account
  caseyos init                          begin with your own data
  caseyos contacts import export.csv    bring your people in
  caseyos sync && caseyos today         one pass, then the ranked list
  caseyos show 12                       why move 12 is where it is, and its draft
  caseyos approve 12 --dry-run          the exact message that would go

Exit codes: 0 done, 1 error, 2 bad usage or input, 3 partly done, 4 blocked by a guard,
5 nothing to do (with --fail-on-empty). Data and configuration: `caseyos config paths`.";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Today(today::TodayArgs),
    Show(show::ShowArgs),
    Approve(approve::ApproveArgs),
    Edit(moves::EditArgs),
    Snooze(moves::SnoozeArgs),
    Skip(moves::SkipArgs),
    Done(moves::DoneArgs),
    Reopen(moves::ReopenArgs),
    Outcome(outcome::OutcomeArgs),
    Undo(undo::UndoArgs),
    Why(why::WhyArgs),
    When(when::WhenArgs),
    Sync(sync::SyncArgs),
    Jobs(jobs::JobsArgs),
    Meetings(meetings::MeetingsArgs),
    Slots(slots::SlotsArgs),
    Contacts(contacts::ContactsArgs),
    Deals(deals::DealsArgs),
    Hubspot(hubspot::HubspotArgs),
    Serve(serve::ServeArgs),
    Signals(signals::SignalsArgs),
    Mail(mail::MailArgs),
    Metrics(metrics::MetricsArgs),
    Consent(consent::ConsentArgs),
    Suppress(safety::SuppressArgs),
    Stop(safety::StopArgs),
    Resume(safety::ResumeArgs),
    Pause(safety::PauseArgs),
    Outbox(outbox::OutboxArgs),
    Limits(limits::LimitsArgs),
    Clock(clock::ClockArgs),
    Mode(safety::ModeArgs),
    Rules(rules::RulesArgs),
    Audit(audit::AuditArgs),
    Auth(auth::AuthArgs),
    Doctor(doctor::DoctorArgs),
    Config(config::ConfigArgs),
    World(world::WorldArgs),
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Tells whether it may let something out.
    const fn sends(&self) -> bool {
        matches!(
            self,
            Self::Approve(_)
                | Self::Sync(_)
                | Self::Jobs(_)
                | Self::Outbox(_)
                | Self::Meetings(_)
                | Self::Hubspot(_)
                | Self::Mode(_)
                | Self::Resume(_)
        )
    }
}

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            return usage(&error);
        }
    };
    let mut out = Out::new(cli.json);
    let fail_on_empty = cli.fail_on_empty;
    let ended = run(cli, &mut out);
    let flushed = out.flush();
    match (ended, flushed) {
        (Ok(Ending::Done), Ok(())) => ExitCode::SUCCESS,
        (Ok(Ending::Partly), Ok(())) => ExitCode::from(3),
        (Ok(Ending::Blocked), Ok(())) => ExitCode::from(4),
        (Ok(Ending::Nothing), Ok(())) => ExitCode::from(if fail_on_empty { 5 } else { 0 }),
        (Ok(_), Err(error)) => {
            complain(&out.failed(&error));
            ExitCode::from(1)
        }
        (Err(error), _) => {
            complain(&error.to_string());
            ExitCode::from(code_of(&error))
        }
    }
}

/// Prints what clap says about the arguments. It quotes them, and they may come from anywhere.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let text = crate::domain::text::clean_block(&error.render().to_string(), 16 * 1024);
        drop(write!(std::io::stderr(), "{text}"));
        return ExitCode::from(2);
    }
    // Help and version are our own words; a closed stream is nobody's loss.
    drop(error.print());
    ExitCode::SUCCESS
}

fn code_of(error: &EngineError) -> u8 {
    match error {
        EngineError::Input(_) | EngineError::NotFound(_) | EngineError::Config(_) => 2,
        EngineError::Store(_) | EngineError::Outside(_) | EngineError::Unrendered { .. } => 1,
    }
}

fn run(cli: Cli, out: &mut Out) -> Result<Ending, EngineError> {
    let env = Env::from_process().map_err(EngineError::Input)?;
    let paths = Paths::find(cli.config.as_deref())?;
    // The list must appear at once and has nothing to log.
    if !matches!(cli.command, Some(Command::Today(_))) {
        crate::telemetry::init(&paths.log());
    }
    let mut run = Run {
        env: match &cli.command {
            // It shifts the clock itself.
            Some(Command::Demo(_)) => env,
            _ => crate::demo::clock_for(&paths, env),
        },
        paths,
        out,
        interrupt: Arc::new(AtomicBool::new(false)),
        warned: AtomicBool::new(false),
    };
    if cli.command.as_ref().is_none_or(Command::sends) {
        for warning in crate::engine::queries::doctor::open_to_others(&run.paths) {
            complain(&warning);
        }
    }
    let Some(command) = cli.command else {
        return open_console(&mut run);
    };
    match command {
        Command::Demo(args) => demo::run(&mut run, &args),
        Command::Init(args) => init::run(&mut run, &args),
        Command::Today(args) => today::run(&mut run, &args),
        Command::Show(args) => show::run(&mut run, &args),
        Command::Approve(args) => approve::run(&mut run, &args),
        Command::Edit(args) => moves::edit(&mut run, &args),
        Command::Snooze(args) => moves::snooze(&mut run, &args),
        Command::Skip(args) => moves::skip(&mut run, &args),
        Command::Done(args) => moves::done(&mut run, &args),
        Command::Reopen(args) => moves::reopen(&mut run, &args),
        Command::Outcome(args) => outcome::run(&mut run, &args),
        Command::Undo(args) => undo::run(&mut run, &args),
        Command::Why(args) => why::run(&mut run, &args),
        Command::When(args) => when::run(&mut run, &args),
        Command::Sync(args) => sync::run(&mut run, &args),
        Command::Jobs(args) => jobs::run(&mut run, &args),
        Command::Meetings(args) => meetings::run(&mut run, &args),
        Command::Slots(args) => slots::run(&mut run, &args),
        Command::Contacts(args) => {
            listen_for_interrupt(&run.interrupt);
            let engine = run.engine()?;
            let json = run.out.is_json();
            let interrupt = Arc::clone(&run.interrupt);
            contacts::run(&engine, &args, json, run.out, &interrupt)
        }
        Command::Deals(args) => deals::run(&mut run, &args),
        Command::Hubspot(args) => hubspot::run(&mut run, &args),
        Command::Serve(args) => serve::run(&mut run, &args),
        Command::Signals(args) => signals::run(&mut run, &args),
        Command::Mail(args) => mail::run(&mut run, &args),
        Command::Metrics(args) => metrics::run(&mut run, &args),
        Command::Consent(args) => consent::run(&mut run, &args),
        Command::Suppress(args) => safety::suppress(&mut run, &args),
        Command::Stop(args) => safety::stop(&mut run, &args),
        Command::Resume(args) => safety::resume(&mut run, &args),
        Command::Pause(args) => safety::pause(&mut run, &args),
        Command::Outbox(args) => outbox::run(&mut run, &args),
        Command::Limits(args) => limits::run(&mut run, &args),
        Command::Clock(args) => clock::run(&mut run, &args),
        Command::Mode(args) => safety::mode(&mut run, &args),
        Command::Rules(args) => rules::run(&mut run, &args),
        Command::Audit(args) => audit::run(&mut run, &args),
        Command::Auth(args) => auth::run(&mut run, &args),
        Command::Doctor(args) => doctor::run(&mut run, &args),
        Command::Config(args) => config::run(&mut run, &args),
        Command::World(args) => world::run(&mut run, &args),
        Command::Completions(args) => completions::run(&mut run, &args),
    }
}

/// Opens the console on a terminal; prints today's list where there is none.
fn open_console(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    if !run.is_in_terminal() {
        return today::run(run, &today::TodayArgs::default());
    }
    show_console(run.engine()?)
}

/// Opens the console on an engine; if that is a demo's, its people act before each pass.
fn show_console(engine: Engine) -> Result<Ending, EngineError> {
    let pulse = crate::demo::is_demo(&engine.paths().data).then(|| {
        let engine = engine.clone();
        let pulse: crate::tui::Pulse = Arc::new(move || {
            if let Err(error) = crate::demo::pulse(&engine) {
                tracing::warn!(%error, "the demo's people could not act");
            }
        });
        pulse
    });
    let options = crate::tui::TuiOptions {
        pulse,
        ..crate::tui::TuiOptions::default()
    };
    let farewell = crate::tui::run(engine, options)
        .map_err(|e| EngineError::Outside(format!("The console ended: {e:#}.")))?;
    if let Some(words) = farewell {
        complain(&words);
    }
    Ok(Ending::Done)
}
