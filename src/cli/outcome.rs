//! `caseyos outcome`: outcomes.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::Run;
use super::approve::finish;
use super::output::{Ending, fit, moment};
use crate::domain::id::MoveId;
use crate::domain::outcome::OutcomeKind;
use crate::domain::words::spoken;
use crate::engine::EngineError;
use crate::engine::command::Command;

/// List outcomes, or record one by hand.
#[derive(Debug, Args)]
pub(super) struct OutcomeArgs {
    #[command(subcommand)]
    command: OutcomeCommand,
}

#[derive(Debug, Subcommand)]
enum OutcomeCommand {
    /// List outcomes, newest first.
    List {
        /// Only one person: an address, a contact's number, or an external id such as hubspot:501.
        who: Option<String>,
        /// Maximum number of rows.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Record an outcome by hand.
    #[command(
        after_help = "Examples:\n  caseyos outcome add meeting_held --move 12\n  caseyos outcome add deal_won --contact ann@acme.example --at 2026-11-20T15:00:00Z"
    )]
    Add {
        /// One of the 20 outcomes.
        kind: OutcomeKind,
        /// The move that caused it.
        #[arg(
            long = "move",
            value_name = "MOVE",
            required_unless_present = "contact"
        )]
        move_id: Option<i64>,
        /// Person: an address, a contact's number, or an external id.
        #[arg(long)]
        contact: Option<String>,
        /// Time of the outcome (RFC 3339); now if it is not given.
        #[arg(long)]
        at: Option<Timestamp>,
        /// Notes on the outcome.
        #[arg(long, default_value = "")]
        note: String,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &OutcomeArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        OutcomeCommand::List { who, limit } => {
            let rows = engine.list_outcomes(who.as_deref(), *limit)?;
            if run.out.is_json() {
                run.out.json(&rows)?;
            } else {
                for row in &rows {
                    let who = if row.contact.is_empty() {
                        &row.email
                    } else {
                        &row.contact
                    };
                    let undone = if row.undone_at.is_some() {
                        " (undone)"
                    } else {
                        ""
                    };
                    let cause = row
                        .move_id
                        .map(|id| format!(" · move {id}"))
                        .unwrap_or_default();
                    let confidence = if row.confidence < 1.0 {
                        format!(" · {:.0} %", row.confidence * 100.0)
                    } else {
                        String::new()
                    };
                    run.out.line(&format!(
                        "{}  {}  {:>+3}  {}  {}{cause}{confidence}{undone}",
                        fit(&moment(row.occurred_at, engine.now(), &engine.zone()), 16),
                        fit(&spoken(row.kind.as_str()), 20),
                        row.impact,
                        fit(who, 28),
                        row.source,
                    ))?;
                }
                if rows.is_empty() {
                    run.out.talk("No outcomes yet. They come from replies, meetings, deals and silence, or by `caseyos outcome add`.")?;
                }
            }
            Ok(if rows.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
        OutcomeCommand::Add {
            kind,
            move_id,
            contact,
            at,
            note,
        } => {
            let contact_id = contact
                .as_deref()
                .map(|who| engine.find_contact(who))
                .transpose()?;
            let done = engine.run(Command::RecordOutcome {
                kind: *kind,
                move_id: move_id.map(MoveId),
                contact_id,
                at: *at,
                note: note.clone(),
            })?;
            finish(run, &done)
        }
    }
}
