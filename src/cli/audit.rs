//! `caseyos audit`: the append-only trail.

use clap::{Args, Subcommand};

use super::Run;
use super::output::{Ending, fit, moment};
use crate::engine::EngineError;

/// The append-only trail of decisions and effects.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check the chain: an entry that was edited, removed or moved is named.
    ///
    /// Exit code 1 if it is broken.
    Verify,
    /// List the newest entries.
    List {
        /// Only of one subject, such as move:12 or execution:7.
        subject: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

pub(super) fn run(run: &mut Run<'_>, args: &AuditArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    match &args.command {
        AuditCommand::Verify => {
            let check = engine.verify_audit()?;
            if run.out.is_json() {
                run.out.json(&check)?;
            }
            match check.broken_at {
                None => {
                    if !run.out.is_json() {
                        run.out
                            .line(&format!("The chain holds: {} entries.", check.entries))?;
                    }
                    Ok(Ending::Done)
                }
                Some(at) => Err(EngineError::Outside(format!(
                    "The audit trail is broken at entry {at}: {}. Everything before it holds ({} entries).",
                    check.reason, check.entries
                ))),
            }
        }
        AuditCommand::List { subject, limit } => {
            let entries = engine.list_audit(subject.as_deref(), *limit)?;
            if run.out.is_json() {
                run.out.json(&entries)?;
            } else {
                for e in &entries {
                    let when = fit(&moment(e.at, engine.now(), &engine.zone()), 16);
                    run.out.line(&format!(
                        "{:>6}  {when}  {}  {}  {}",
                        e.seq,
                        fit(&e.actor, 10),
                        fit(&e.event, 22),
                        e.subject
                    ))?;
                }
            }
            Ok(if entries.is_empty() {
                Ending::Nothing
            } else {
                Ending::Done
            })
        }
    }
}
