//! `caseyos stop|resume|mode|suppress`: what keeps mail in.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment};
use crate::config::edit::{edit, set};
use crate::domain::guard::Mode;
use crate::engine::EngineError;
use crate::engine::command::{Command, Done};

/// Stop every outward effect at once, in every process, until `caseyos resume`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  caseyos stop on holiday")]
pub(super) struct StopArgs {
    /// Why.
    reason: Vec<String>,
}

pub(super) fn stop(run: &mut Run<'_>, args: &StopArgs) -> Result<Ending, EngineError> {
    let done = run.engine()?.run(Command::Stop {
        reason: args.reason.join(" "),
    })?;
    finish(run, &done)
}

/// Let effects out again.
#[derive(Debug, Args)]
pub(super) struct ResumeArgs {}

pub(super) fn resume(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    let done = run.engine()?.run(Command::Resume)?;
    finish(run, &done)
}

/// Show or set what approval leads to: draft (nothing leaves), dry-run (nothing is written) or live.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  caseyos mode\n  caseyos mode live")]
pub(super) struct ModeArgs {
    /// draft, dry-run or live.
    mode: Option<Mode>,
}

pub(super) fn mode(run: &mut Run<'_>, args: &ModeArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let mode = match args.mode {
        Some(mode) => {
            edit(&run.paths.config, |document| {
                set(document, "", "mode", mode.as_str())
            })?;
            engine.note_mode(mode)?;
            mode
        }
        None => engine.config().mode,
    };
    let summary = match mode {
        Mode::Draft => "Mode is draft: approved mail goes to Drafts, nothing leaves.",
        Mode::DryRun => "Mode is dry-run: approved mail is shown, nothing is written.",
        Mode::Live => "Mode is live: approved mail is sent.",
    };
    if run.out.is_json() {
        run.out.json(&serde_json::json!({"result": "changed", "summary": summary, "undo": null, "mode": mode}))?;
        return Ok(Ending::Done);
    }
    finish(
        run,
        &Done::Changed {
            summary: summary.into(),
            undo: None,
        },
    )
}

/// Addresses and domains that are never written to.
#[derive(Debug, Args)]
pub(super) struct SuppressArgs {
    #[command(subcommand)]
    command: SuppressCommand,
}

#[derive(Debug, Subcommand)]
enum SuppressCommand {
    /// Never write to an address, or to a domain and all below it.
    #[command(
        after_help = "Examples:\n  caseyos suppress add ann@acme.example\n  caseyos suppress add acme.example --reason 'asked by phone'"
    )]
    Add {
        /// ann@acme.example or acme.example.
        value: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lift a suppression.
    Remove {
        /// The address or domain.
        value: String,
    },
    /// List all suppressions.
    List,
}

pub(super) fn suppress(run: &mut Run<'_>, args: &SuppressArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        SuppressCommand::Add { value, reason } => {
            let done = engine.run(Command::Suppress {
                value: value.clone(),
                reason: reason.clone(),
            })?;
            finish(run, &done)
        }
        SuppressCommand::Remove { value } => {
            let done = engine.run(Command::Unsuppress {
                value: value.clone(),
            })?;
            finish(run, &done)
        }
        SuppressCommand::List => {
            let all = engine.list_suppressions()?;
            if run.out.is_json() {
                run.out.json(&all)?;
            } else {
                for s in &all {
                    let since = moment(s.created_at, engine.now(), &engine.zone());
                    run.out.line(&format!(
                        "{}  {}  {} ({})",
                        fit(&s.value, 36),
                        fit(&since, 16),
                        s.reason,
                        s.source
                    ))?;
                }
            }
            Ok(if all.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
    }
}
