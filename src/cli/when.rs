//! `caseyos when`: the next allowed send time, with its reasons.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::Run;
use super::output::Ending;
use crate::domain::schedule::{
    Reason, SendPolicy, parse_days, parse_holidays, parse_window, parse_zone, search, zone_name,
};
use crate::engine::EngineError;

/// Show when the next mail to somebody may go, and what decides it.
///
/// Instead of a person, try a what-if: a zone, with a window, days and holidays. The window's end is not included; a date's day and
/// holiday are those of the zone. The answer is null if no time within 45 days is allowed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos when lead@example.com\n  caseyos when --zone Europe/Madrid --window 09:00-17:00 --days mon,tue --holidays 2026-12-25 --now 2026-12-24T17:00:00Z --json"
)]
pub(super) struct WhenArgs {
    /// Contact: an address, a number, or an external id.
    #[arg(required_unless_present = "zone", conflicts_with_all = ["zone", "window", "days", "holidays"])]
    who: Option<String>,
    /// IANA time zone.
    #[arg(long)]
    zone: Option<String>,
    /// Hours, such as 09:00-17:00.
    #[arg(long, requires = "zone")]
    window: Option<String>,
    /// Days, such as mon,tue or mon-fri.
    #[arg(long, requires = "zone")]
    days: Option<String>,
    /// Holidays, with commas between.
    #[arg(long, requires = "zone")]
    holidays: Option<String>,
    /// As of another instant (RFC 3339).
    #[arg(long, value_name = "INSTANT")]
    now: Option<Timestamp>,
}

#[derive(Serialize)]
struct WhatIf {
    at: Option<Timestamp>,
    because: Vec<Reason>,
    zone: String,
    local: Option<String>,
}

pub(super) fn run(run: &mut Run<'_>, args: &WhenArgs) -> Result<Ending, EngineError> {
    let (at, because, local) = match (&args.who, &args.zone) {
        (Some(who), _) => {
            let engine = match args.now {
                Some(now) => {
                    let clock = std::sync::Arc::new(crate::env::FixedClock(now));
                    crate::engine::Engine::open(run.env.with_clock(clock), run.paths.clone())?
                }
                None => run.engine()?,
            };
            let view = engine.when(who)?;
            if run.out.is_json() {
                run.out.json(&view)?;
                return Ok(if view.at.is_some() {
                    Ending::Done
                } else {
                    Ending::Nothing
                });
            }
            (
                view.at,
                view.because,
                view.local.map(|local| format!("{local} {}", view.zone)),
            )
        }
        (None, Some(zone)) => {
            let bad = |e: crate::domain::schedule::ScheduleError| EngineError::Input(e.to_string());
            let zone = parse_zone(zone).map_err(bad)?;
            let policy = SendPolicy {
                window: parse_window(args.window.as_deref().unwrap_or("09:00-17:00"))
                    .map_err(bad)?,
                days: parse_days(args.days.as_deref().unwrap_or("mon-fri")).map_err(bad)?,
                holidays: parse_holidays(args.holidays.as_deref().unwrap_or_default())
                    .map_err(bad)?,
                zone: zone.clone(),
            };
            let found = search(&policy, args.now.unwrap_or_else(|| run.env.now()));
            let name = zone_name(&zone);
            let local = found.at.map(|at| {
                at.to_zoned(zone)
                    .strftime("%a %-d %b %Y %H:%M:%S")
                    .to_string()
            });
            if run.out.is_json() {
                let nothing = found.at.is_none();
                run.out.json(&WhatIf {
                    at: found.at,
                    because: found.because,
                    zone: name,
                    local,
                })?;
                return Ok(if nothing {
                    Ending::Nothing
                } else {
                    Ending::Done
                });
            }
            (
                found.at,
                found.because,
                local.map(|local| format!("{local} {name}")),
            )
        }
        (None, None) => return Err(EngineError::Input("Say for whom, or give --zone.".into())),
    };
    match (at, local) {
        (Some(at), Some(local)) => run.out.line(&format!("{at}  ({local})"))?,
        _ => run.out.line("none")?,
    }
    for reason in because {
        run.out.line(&format!("  {}", reason.text))?;
    }
    Ok(if at.is_some() {
        Ending::Done
    } else {
        Ending::Nothing
    })
}
