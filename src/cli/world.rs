//! `caseyos world`: the providers in memory, to practise and to test against.

use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;

use super::Run;
use super::output::{Ending, unwritten};
use crate::config::edit;
use crate::engine::EngineError;
use crate::engine::world;

/// Interval between looks at the stop flag.
const LOOK: Duration = Duration::from_millis(50);

/// Serve a practice world: Google and HubSpot in memory, on this machine, with faults on demand.
///
/// Prints its address and the settings that point CaseyOS at it, and serves until Ctrl-C. Nothing in it is real, nothing leaves
/// the machine, and its state is gone when it ends. docs/providers.md describes the faults and the events of each provider.
#[derive(Debug, Args)]
#[command(
    after_help = "The world's own door:\n  GET    /__world                what it is, and its settings\n  POST   /__world/faults         add a fault: {\"path\":\"/crm\",\"after\":2,\"times\":3,\"fault\":\"status\",\"status\":429,\"retry_after\":\"7\"}\n                                 faults: status, hang, cut (when: before, after, body), malformed, huge, redirect, repeat_page, skew, latency\n  GET    /__world/faults         those that stand; DELETE takes them away\n  GET    /__world/requests       what came in, tokens as hashes; DELETE forgets it\n  POST   /__world/clock          {\"advance_seconds\": 3600}\n  GET    /__world/NAME           a provider's state; POST /__world/NAME/WHAT makes something happen in it\n\nExamples:\n  caseyos world\n  caseyos world --port 8899 --contacts 5000 --write-config\n  caseyos world --json | head -1"
)]
pub(super) struct WorldArgs {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Random seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of contacts in the CRM.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    contacts: u32,
    /// Point the configuration at it; it stays so afterwards.
    #[arg(long)]
    write_config: bool,
}

pub(super) fn run(run: &mut Run<'_>, args: &WorldArgs) -> Result<Ending, EngineError> {
    super::listen_for_interrupt(&run.interrupt);
    let contacts = usize::try_from(args.contacts).unwrap_or(usize::MAX);
    let world = world::start(&run.env, args.port, args.seed, contacts)?;
    if args.write_config {
        edit::edit(&run.paths.config, |document| {
            for (table, key, value) in world.settings() {
                edit::set(document, table, key, &value);
            }
        })?;
    }
    let described = world.described();
    if run.out.is_json() {
        // One line, so that a script can read it while the world goes on.
        run.out.line(&described.to_string())?;
    } else {
        run.out.heading(&format!(
            "The practice world is at {}. Ctrl-C ends it.",
            world.base()
        ))?;
        if args.write_config {
            run.out.line(&format!(
                "\n{} points at it now.",
                run.paths.config.display()
            ))?;
        } else {
            run.out
                .line("\nSet in config.toml (or use --write-config):")?;
            run.out.block(&world.config_lines())?;
        }
        let variables = described.get("environment").and_then(|v| v.as_object());
        if let Some(variables) = variables.filter(|v| !v.is_empty()) {
            run.out
                .line("\nTo be signed in without `caseyos auth login`:")?;
            for (name, value) in variables {
                let value = value.as_str().unwrap_or("");
                run.out.line(&format!("export {name}={value}"))?;
            }
        }
        run.out.line(&format!(
            "\nFaults: POST {0}/__world/faults; what came in: GET {0}/__world/requests; more: caseyos world --help.",
            world.base()
        ))?;
    }
    run.out.flush().map_err(|e| unwritten(&e))?;
    while !run.interrupt.load(Ordering::SeqCst) {
        std::thread::park_timeout(LOOK);
    }
    Ok(Ending::Done)
}
