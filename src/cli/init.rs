//! `caseyos init`: the first step with one's own data.

use std::io::IsTerminal;

use clap::Args;
use serde::Serialize;

use super::Run;
use super::output::Ending;
use super::prompt::ask_line;
use crate::config::check_address;
use crate::config::edit::{edit, set};
use crate::domain::schedule::parse_zone;
use crate::engine::{Engine, EngineError};

/// Set up your data directory and a commented configuration; asks for your name, address and time zone.
///
/// Existing files stay. Without a terminal, or with --yes, nothing is asked.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos init\n  caseyos init --yes --name 'Casey Ruiz' --address casey@ruiz.example --time-zone Europe/Madrid"
)]
pub(super) struct InitArgs {
    /// Use defaults for everything not given.
    #[arg(long, short)]
    yes: bool,
    /// Your name.
    #[arg(long)]
    name: Option<String>,
    /// Your mail address.
    #[arg(long)]
    address: Option<String>,
    /// IANA time zone, such as Europe/Madrid.
    #[arg(long)]
    time_zone: Option<String>,
}

#[derive(Serialize)]
struct Made {
    config: String,
    data: String,
    name: String,
    address: String,
    time_zone: String,
    is_new: bool,
}

pub(super) fn run(run: &mut Run<'_>, args: &InitArgs) -> Result<Ending, EngineError> {
    let is_new = !Engine::exists(&run.paths);
    let known = crate::config::Config::load(&run.paths.config)?.operator;
    let ask = !args.yes
        && !run.out.is_json()
        && std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal();
    let keep = |text: String| (!text.is_empty()).then_some(text);
    let name = answer(run, args.name.clone(), ask, "Your name", known.name)?;
    let address = loop {
        let address = answer(
            run,
            args.address.clone(),
            ask,
            "Your mail address",
            known.address.clone(),
        )?;
        match check_address(&address) {
            Ok(()) => break address,
            // Only this is asked again; the answers before it stay.
            Err(why) if ask && args.address.is_none() => run.out.talk(&why)?,
            Err(why) => return Err(EngineError::Input(format!("{why} Nothing was written."))),
        }
    };
    let default_zone = if known.time_zone == "UTC" {
        crate::env::system_zone()
            .filter(|name| parse_zone(name).is_ok())
            .unwrap_or_else(|| "UTC".into())
    } else {
        known.time_zone
    };
    let time_zone = loop {
        let zone = answer(
            run,
            args.time_zone.clone(),
            ask,
            "Your time zone",
            default_zone.clone(),
        )?;
        match parse_zone(&zone) {
            Ok(_) => break zone,
            Err(e) if ask && args.time_zone.is_none() => run.out.talk(&e.to_string())?,
            Err(e) => return Err(EngineError::Input(e.to_string())),
        }
    };
    let config = edit(&run.paths.config, |document| {
        for (key, text) in [
            ("name", keep(name)),
            ("address", keep(address)),
            ("time_zone", keep(time_zone)),
        ] {
            if let Some(text) = text {
                set(document, "operator", key, &text);
            }
        }
    })?;
    Engine::create(run.env.clone(), run.paths.clone())?;
    let made = Made {
        config: run.paths.config.display().to_string(),
        data: run.paths.data.display().to_string(),
        name: config.operator.name,
        address: config.operator.address,
        time_zone: config.operator.time_zone,
        is_new,
    };
    if run.out.is_json() {
        run.out.json(&made)?;
    } else {
        run.out.line(&format!("Configuration: {}", made.config))?;
        run.out.line(&format!("Data:          {}", made.data))?;
        if made.address.is_empty() {
            run.out.line("No address is set yet: mail cannot be drafted before [operator] address is in the configuration.")?;
        }
        run.out.block(
            "Mode is draft: nothing leaves until `caseyos mode live`.\n\
             Next: caseyos contacts import FILE · caseyos mail add maildir PATH · caseyos signals add --file FILE · caseyos sync · caseyos today",
        )?;
    }
    Ok(Ending::Done)
}

fn answer(
    run: &mut Run<'_>,
    given: Option<String>,
    ask: bool,
    what: &str,
    default: String,
) -> Result<String, EngineError> {
    if let Some(given) = given {
        return Ok(given.trim().to_owned());
    }
    if !ask {
        return Ok(default);
    }
    ask_line(run, what, &default)
}
