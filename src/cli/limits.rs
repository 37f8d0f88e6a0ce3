//! `caseyos limits`: the use of each limit, and when it clears.

use clap::{Args, Subcommand};

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment};
use crate::domain::guard::KillSwitch;
use crate::engine::EngineError;
use crate::engine::command::Command;
use crate::engine::queries::limits::LimitsView;

/// Show every limit: used, cap, which one decides now, and when it clears.
///
/// All windows are rolling. Mail being sent counts as sent; approved mail still waiting is listed separately.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos limits\n  caseyos limits --contact lead@example.com\n  caseyos limits clear                 lets mail out that bounces keep in",
    args_conflicts_with_subcommands = true
)]
pub(super) struct LimitsArgs {
    #[command(subcommand)]
    command: Option<LimitsCommand>,
    /// Include the limits for one person and their domain: an address, a contact's number, or an external id.
    #[arg(long, value_name = "WHO")]
    contact: Option<String>,
}

#[derive(Debug, Subcommand)]
enum LimitsCommand {
    /// Resume sending after too many bounces or complaints; only new ones count from now on.
    #[command(after_help = "Example:\n  caseyos limits clear")]
    Clear,
}

pub(super) fn run(run: &mut Run<'_>, args: &LimitsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    if let Some(LimitsCommand::Clear) = args.command {
        return finish(run, &engine.run(Command::ClearDeliverability)?);
    }
    let view = engine.limits(args.contact.as_deref())?;
    if run.out.is_json() {
        run.out.json(&view)?;
    } else {
        print(run, &view, &engine.zone())?;
    }
    Ok(Ending::Done)
}

fn print(
    run: &mut Run<'_>,
    view: &LimitsView,
    zone: &jiff::tz::TimeZone,
) -> Result<(), EngineError> {
    if let Some(contact) = &view.contact {
        run.out
            .heading(&format!("{} <{}>", contact.name, contact.email))?;
        if !contact.also.is_empty() {
            let also: Vec<String> = contact.also.iter().map(ToString::to_string).collect();
            run.out
                .line(&format!("the same person as contact {}", also.join(", ")))?;
        }
    }
    match &view.kill_switch {
        KillSwitch::Running => {}
        KillSwitch::Stopped { reason, .. } => run
            .out
            .line(format!("STOPPED: nothing leaves until `caseyos resume`. {reason}").trim_end())?,
        KillSwitch::Unreadable => run
            .out
            .line("STOPPED: the kill switch cannot be read, which counts as stopped.")?,
    }
    if let Some(pause) = &view.pause {
        let until = moment(pause.until, view.now, zone);
        run.out
            .line(format!("PAUSED until {until}. {}", pause.reason).trim_end())?;
    }
    if let Some(hold) = &view.deliverability {
        let since = moment(hold.since, view.now, zone);
        run.out.line(&format!(
            "HELD BACK since {since}: {} Answers to people still leave; `caseyos limits clear` lets the rest out.",
            hold.reason
        ))?;
    }
    run.out.line(&format!(
        "{}  {:>5} {:>7} {:>6}  {}",
        fit("limit", 28),
        "used",
        "queued",
        "cap",
        "clears"
    ))?;
    for row in &view.limits {
        let clears = match (row.is_full, row.clears_at) {
            (false, _) => "room now".to_owned(),
            (true, Some(at)) => moment(at, view.now, zone),
            (true, None) => "never by itself".to_owned(),
        };
        let mark = if row.is_binding { "  <- decides" } else { "" };
        run.out.line(&format!(
            "{}  {:>5} {:>7} {:>6}  {clears}{mark}",
            fit(row.title, 28),
            row.used,
            row.queued,
            row.cap
        ))?;
    }
    Ok(())
}
