//! `caseyos meetings`: meetings, booking, and no-shows.

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use jiff::civil::Time;
use serde::Serialize;

use super::Run;
use super::approve::{Leave, finish, finish_wish};
use super::output::{Ending, fit, moment, when};
use super::slots::length;
use crate::engine::EngineError;
use crate::engine::meetings::Booking;

/// List meetings; book, move or cancel one; record a no-show.
///
/// Without a subcommand, the meetings of the coming two weeks as the last sync saw them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos meetings\n  caseyos meetings --past 7d --json\n  caseyos meetings book ann@acme.com 'tomorrow 15:00' --for 45m --call\n  caseyos meetings no-show EVENT"
)]
pub(super) struct MeetingsArgs {
    #[command(subcommand)]
    command: Option<MeetingsCommand>,
    /// Show past meetings, back to this far.
    #[arg(long, value_parser = length)]
    past: Option<SignedDuration>,
}

#[derive(Debug, Subcommand)]
enum MeetingsCommand {
    /// Book a meeting in the first calendar and invite them. Needs mode live.
    ///
    /// The same request twice makes one meeting, however the first one ended. `caseyos undo` takes it back.
    #[command(
        after_help = "Examples:\n  caseyos meetings book ann@acme.com 2026-12-01T15:00\n  caseyos meetings book 12 'mon 10:00' --title Kickoff --place 'Room 1' --dry-run"
    )]
    Book {
        /// Contact: an address, a number, or an external id.
        who: String,
        /// Start of the meeting, in your zone unless an offset is given.
        at: String,
        /// Length of the meeting.
        #[arg(long = "for", default_value = "30m", value_parser = length)]
        length: SignedDuration,
        /// Title of the meeting.
        #[arg(long, default_value = "")]
        title: String,
        /// Place of the meeting.
        #[arg(long, default_value = "")]
        place: String,
        /// Add a video call.
        #[arg(long)]
        call: bool,
        /// Show the request to the calendar; send nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        leave: Leave,
    },
    /// Move a meeting that was booked here, and tell them. Needs mode live.
    ///
    /// The length stays, unless --for is given. `caseyos undo` puts it back.
    #[command(
        after_help = "Examples:\n  caseyos meetings move 3 'tue 15:00'\n  caseyos meetings move 3 2026-12-01T15:00 --for 45m --dry-run"
    )]
    Move {
        /// The booking's number, or its event's id.
        booking: String,
        /// New start, in your zone unless an offset is given.
        at: String,
        /// New length.
        #[arg(long = "for", value_parser = length)]
        length: Option<SignedDuration>,
        /// Show the request to the calendar; send nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        leave: Leave,
    },
    /// Cancel a meeting that was booked here, and tell them.
    Cancel {
        /// The booking's number, or its event's id.
        booking: String,
        /// Shows the exact request and what the guards say; nothing is asked of the calendar.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        leave: Leave,
    },
    /// Record that somebody did not come. A past meeting that was agreed counts as held until you do.
    NoShow {
        /// The event's id, as `caseyos meetings --past 7d --json` shows it.
        event: String,
    },
}

#[derive(Serialize)]
struct Shown {
    event: String,
    calendar: String,
    uid: String,
    title: String,
    email: String,
    starts_at: String,
    ends_at: String,
    state: String,
}

pub(super) fn run(run: &mut Run<'_>, args: &MeetingsArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let done = match &args.command {
        None => return list(run, args.past),
        Some(MeetingsCommand::Book {
            who,
            at,
            length,
            title,
            place,
            call,
            dry_run,
            leave,
        }) => {
            let nine = Time::constant(9, 0, 0, 0);
            let start = when(at, &engine, nine)
                .map_err(|e| EngineError::Input(format!("{e} Nothing was booked.")))?;
            let wish = Booking {
                who: who.clone(),
                start,
                length: *length,
                title: title.clone(),
                place: place.clone(),
                with_call: *call,
            };
            let done = engine.book_meeting(&wish, *dry_run)?;
            return finish_wish(run, &engine, done, *leave);
        }
        Some(MeetingsCommand::Move {
            booking,
            at,
            length,
            dry_run,
            leave,
        }) => {
            let nine = Time::constant(9, 0, 0, 0);
            let start = when(at, &engine, nine)
                .map_err(|e| EngineError::Input(format!("{e} Nothing was moved.")))?;
            let done = engine.move_meeting(booking, start, *length, *dry_run)?;
            return finish_wish(run, &engine, done, *leave);
        }
        Some(MeetingsCommand::Cancel {
            booking,
            dry_run,
            leave,
        }) => {
            let done = engine.cancel_meeting(booking, *dry_run)?;
            return finish_wish(run, &engine, done, *leave);
        }
        Some(MeetingsCommand::NoShow { event }) => engine.note_no_show(event)?,
    };
    finish(run, &done)
}

fn list(run: &mut Run<'_>, past: Option<SignedDuration>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let now = engine.now();
    let (from, to) = match past {
        Some(past) => (now.checked_sub(past).unwrap_or(now), now),
        None => {
            let ahead = SignedDuration::from_hours(24 * 14);
            (now, now.checked_add(ahead).unwrap_or(now))
        }
    };
    let rows: Vec<Shown> = engine
        .meetings(from, to)?
        .into_iter()
        .map(|row| Shown {
            event: row.event,
            calendar: row.calendar,
            uid: row.uid,
            title: row.title,
            email: row.email,
            starts_at: row.starts_at.to_string(),
            ends_at: row.ends_at.to_string(),
            state: row.state.to_string(),
        })
        .collect();
    if run.out.is_json() {
        run.out.json(&rows)?;
    } else {
        for row in &rows {
            let at = row
                .starts_at
                .parse()
                .map_or_else(|_| String::new(), |at| moment(at, now, &engine.zone()));
            run.out.line(&format!(
                "{at}  {}  {}  {}",
                fit(&row.state, 9),
                fit(&row.email, 28),
                row.title
            ))?;
        }
        if rows.is_empty() {
            run.out.talk("No meetings.")?;
        }
    }
    Ok(if rows.is_empty() {
        Ending::Nothing
    } else {
        Ending::Done
    })
}
