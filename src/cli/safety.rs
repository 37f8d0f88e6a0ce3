//! `caseyos stop|resume|pause|mode|suppress`: the brakes on sending.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment, when};
use crate::config::edit::{edit, set};
use crate::domain::guard::Mode;
use crate::engine::command::{Command, Done};
use crate::engine::{Engine, EngineError};

/// Stop sending: no mail, booking or record leaves any process until `caseyos resume`.
///
/// It waits for nobody: the file caseyos.stop in the data directory is in force at once, also while another process holds the database, and
/// the database notes it as soon as it can. Making that file by hand stops everything too.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  caseyos stop on holiday")]
pub(super) struct StopArgs {
    /// Reason.
    reason: Vec<String>,
}

pub(super) fn stop(run: &mut Run<'_>, args: &StopArgs) -> Result<Ending, EngineError> {
    let done = Engine::stop_at(&run.env, &run.paths, &args.reason.join(" "))?;
    finish(run, &done)
}

/// Resume sending, after a look at what would go next.
///
/// You first see the waiting effects with their times. On a terminal you are asked; elsewhere --yes is needed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  caseyos resume\n  caseyos resume --yes")]
pub(super) struct ResumeArgs {
    /// Don't ask.
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn resume(run: &mut Run<'_>, args: &ResumeArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    if engine.is_running()? {
        return finish(run, &engine.run(Command::Resume)?);
    }
    let waiting = engine.outbox_if_resumed()?;
    if !waiting.is_empty() && !args.yes {
        if run.out.is_json() {
            run.out.json(&waiting)?;
        } else {
            run.out.heading("Would leave, if everything runs again")?;
            super::outbox::print_list(run.out, &waiting, engine.now(), &engine.zone())?;
        }
        let asked = run.is_in_terminal() && super::outbox::ask(run.out, "Resume sending?")?;
        if !asked {
            return Err(EngineError::Input(
                "Everything stays stopped. `caseyos resume --yes` lets effects out; `caseyos outbox drop` takes back what must not go.".into(),
            ));
        }
    }
    finish(run, &engine.run(Command::Resume)?)
}

/// Pause sending until a date, such as for holidays; waiting mail is rescheduled after it.
///
/// Reading goes on. Approvals that expire meanwhile come back for another look, due times move on by the length of the pause, and its days do not
/// count as silence. After it, mail leaves at the usual pace. Without options, the pause in force is shown.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos pause --until 2027-01-04 --reason holidays\n  caseyos pause --for 3d\n  caseyos pause --off"
)]
pub(super) struct PauseArgs {
    /// A day or an instant: 2027-01-04, monday, 'tomorrow 9:00'. A day alone means its beginning.
    #[arg(long, value_name = "WHEN", conflicts_with = "span")]
    until: Option<String>,
    /// Length of the pause: 3d, 2w, 8h.
    #[arg(long = "for", value_name = "SPAN", id = "span")]
    span: Option<String>,
    /// Reason.
    #[arg(long, default_value = "")]
    reason: String,
    /// End the pause now.
    #[arg(long, conflicts_with_all = ["until", "span", "reason"])]
    off: bool,
}

pub(super) fn pause(run: &mut Run<'_>, args: &PauseArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    if args.off {
        return finish(run, &engine.run(Command::EndPause)?);
    }
    let Some(text) = args.until.as_ref().or(args.span.as_ref()) else {
        let pause = engine.limits(None)?.pause;
        if run.out.is_json() {
            run.out.json(&pause)?;
        } else if let Some(pause) = &pause {
            let until = moment(pause.until, engine.now(), &engine.zone());
            run.out
                .line(&format!("Paused until {until}. {}", pause.reason))?;
        } else {
            run.out.line("No pause is in force.")?;
        }
        return Ok(if pause.is_some() {
            Ending::Done
        } else {
            Ending::Nothing
        });
    };
    let midnight = jiff::civil::time(0, 0, 0, 0);
    let until = when(text, &engine, midnight).map_err(|e| EngineError::Input(e.to_string()))?;
    let reason = args.reason.clone();
    finish(run, &engine.run(Command::Pause { until, reason })?)
}

/// Show or set the mode of approval: draft (nothing is sent), dry-run (nothing is written) or live.
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

/// List addresses, domains and firms that are never emailed; add or lift one.
#[derive(Debug, Args)]
pub(super) struct SuppressArgs {
    #[command(subcommand)]
    command: SuppressCommand,
}

#[derive(Debug, Subcommand)]
enum SuppressCommand {
    /// Never email a person, anybody at a domain and below it, or anybody at a firm; in force at once, also while another process holds the database.
    #[command(
        after_help = "Examples:\n  caseyos suppress add ann@acme.example\n  caseyos suppress add acme.example --reason 'asked by phone'\n  caseyos suppress add 'firm:Acme GmbH'\n\nAn address stands for its mailbox, however it is spelled (ann+news@, ANN@, \"ann\"@), and for the person: none of their addresses is written to. A domain that many firms share (co.uk) is refused, and that of a mail provider (gmail.com) needs --yes."
    )]
    Add {
        /// ann@acme.example for a person; acme.example, @acme.example or *@acme.example for a domain; firm:Acme for a firm, however its name is spelled.
        value: String,
        /// Reason.
        #[arg(long, default_value = "")]
        reason: String,
        /// Bar everybody at a mail provider such as gmail.com.
        #[arg(long)]
        yes: bool,
    },
    /// Lift a suppression.
    Remove {
        /// The address, domain or firm, as `suppress list` has it or under another spelling.
        value: String,
    },
    /// List all suppressions.
    List,
}

pub(super) fn suppress(run: &mut Run<'_>, args: &SuppressArgs) -> Result<Ending, EngineError> {
    match &args.command {
        SuppressCommand::Add { value, reason, yes } => {
            let done = Engine::suppress_at(&run.env, &run.paths, value, *yes, reason)?;
            finish(run, &done)
        }
        SuppressCommand::Remove { value } => {
            let done = run.engine()?.run(Command::Unsuppress {
                value: value.clone(),
            })?;
            finish(run, &done)
        }
        SuppressCommand::List => {
            let engine = run.engine()?;
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
