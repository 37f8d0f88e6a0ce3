//! `caseyos slots`: meeting times that suit both.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::Run;
use super::output::{Ending, fit};
use crate::domain::when_text::parse_span;
use crate::engine::EngineError;

/// Find meeting times that suit both: inside both working hours, each in their own zone, and outside of the busy times of your
/// calendars.
///
/// Hours, days and holidays come from `send_window`, calendars from `google.calendars`. At most three times a day are offered.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos slots --with ann@acme.com\n  caseyos slots --with ann@acme.com --for 45m --within 5d --json"
)]
pub(super) struct SlotsArgs {
    /// Contact: an address, a number, or an external id.
    #[arg(long)]
    with: String,
    /// Length of the meeting.
    #[arg(long = "for", default_value = "30m", value_parser = length)]
    length: SignedDuration,
    /// Time to look ahead.
    #[arg(long, default_value = "10d", value_parser = length)]
    within: SignedDuration,
    /// Maximum number of times to show.
    #[arg(long, default_value_t = 8)]
    limit: usize,
}

/// Reads a length such as `30m`, `1h30m` or `10d`.
pub(super) fn length(text: &str) -> Result<SignedDuration, String> {
    let span = parse_span(text).map_err(|e| e.to_string())?;
    let begin = Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    let end = begin.checked_add(span).map_err(|e| e.to_string())?;
    let length = end.timestamp().duration_since(begin.timestamp());
    if length < SignedDuration::from_mins(1) || length > SignedDuration::from_hours(24 * 90) {
        return Err("must be between a minute and 90 days".into());
    }
    Ok(length)
}

pub(super) fn run(run: &mut Run<'_>, args: &SlotsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let list = engine.free_slots(&args.with, args.length, args.within, args.limit)?;
    if run.out.is_json() {
        run.out.json(&list)?;
    } else {
        for slot in &list.slots {
            let there = if list.our_zone == list.their_zone {
                String::new()
            } else {
                format!("  {} there", fit(&slot.there, 16))
            };
            run.out.line(&format!("{}{there}", fit(&slot.here, 16)))?;
        }
        if list.slots.is_empty() {
            run.out
                .talk("No time suits both; `--within` looks further ahead.")?;
        }
    }
    for (calendar, why) in &list.unknown {
        run.out.talk(&format!(
            "The calendar {calendar} could not be asked ({why}); what is in it may collide."
        ))?;
    }
    Ok(match (list.slots.is_empty(), list.unknown.is_empty()) {
        (_, false) => Ending::Partly,
        (true, true) => Ending::Nothing,
        (false, true) => Ending::Done,
    })
}
