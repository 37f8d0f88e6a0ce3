//! `caseyos doctor`: one screen about the installation's health.

use clap::Args;

use super::Run;
use super::output::{Ending, fit};
use crate::engine::EngineError;
use crate::engine::queries::doctor::{Health, examine};

/// Check the installation: configuration, permissions, database, clock, secrets, accounts, mailboxes and your domain's mail records, each with its fix.
///
/// Exit code 0 if all is well, 3 if there are warnings, 1 if something does not work. The command asks the network for the time (at a provider that
/// you are signed in to) and for the MX, SPF and DMARC records of your address's domain; --offline asks nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  caseyos doctor\n  caseyos doctor --offline --json")]
pub(super) struct DoctorArgs {
    /// Don't use the network.
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(run: &mut Run<'_>, args: &DoctorArgs) -> Result<Ending, EngineError> {
    let report = examine(&run.env, &run.paths, args.offline);
    if run.out.is_json() {
        run.out.json(&report)?;
    } else {
        run.out.heading(&format!("CaseyOS {}", report.version))?;
        let width = report
            .checks
            .iter()
            .map(|c| c.name.chars().count())
            .max()
            .unwrap_or(0)
            .min(28);
        for check in &report.checks {
            let word = match check.health {
                Health::Skipped => "-",
                other => other.as_str(),
            };
            run.out.line(&format!(
                "{word:<4}  {}  {}",
                fit(&check.name, width),
                check.found
            ))?;
            if !check.fix.is_empty() {
                run.out
                    .line(&format!("      {:width$}  fix: {}", "", check.fix))?;
            }
        }
    }
    match (report.failures, report.warnings) {
        (0, 0) => Ok(Ending::Done),
        (0, _) => Ok(Ending::Partly),
        (1, _) => Err(EngineError::Outside("One thing does not work.".into())),
        (n, _) => Err(EngineError::Outside(format!("{n} things do not work."))),
    }
}
