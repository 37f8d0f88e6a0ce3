//! `caseyos config`: places and settings.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Run;
use super::output::Ending;
use crate::config::{Config, EXAMPLE};
use crate::engine::EngineError;

/// Show where files are and what is set.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the paths of configuration and data.
    Paths,
    /// Print all settings as TOML, defaults included.
    Show,
    /// Check the configuration; a mistake is named with its line.
    Check,
    /// Print the commented example.
    Example,
}

pub(super) fn run(run: &mut Run<'_>, args: &ConfigArgs) -> Result<Ending, EngineError> {
    let paths = run.paths.clone();
    match &args.command {
        ConfigCommand::Paths => {
            let all = [
                ("config", &paths.config),
                ("data", &paths.data),
                ("rules", &paths.rules()),
                ("approval", &paths.approval()),
                ("templates", &paths.templates()),
                ("keymap", &paths.keymap()),
                ("themes", &paths.themes()),
                ("log", &paths.log()),
            ]
            .map(|(name, path)| (name, path.display().to_string()));
            if run.out.is_json() {
                run.out.json(&json!(
                    all.into_iter()
                        .collect::<std::collections::BTreeMap<_, _>>()
                ))?;
            } else {
                for (name, path) in all {
                    run.out.line(&format!("{name:<10} {path}"))?;
                }
            }
        }
        ConfigCommand::Show => {
            let config = Config::load(&paths.config)?;
            if run.out.is_json() {
                run.out.json(&config)?;
            } else {
                let text =
                    toml::to_string(&config).map_err(|e| EngineError::Outside(e.to_string()))?;
                run.out.block(&text)?;
            }
        }
        ConfigCommand::Check => {
            Config::load(&paths.config)?;
            let file = paths.config.display().to_string();
            if run.out.is_json() {
                run.out.json(&json!({"file": file, "mistakes": []}))?;
            } else {
                run.out.line(&format!("{file}: no mistake."))?;
            }
        }
        ConfigCommand::Example => run.out.text(EXAMPLE)?,
    }
    Ok(Ending::Done)
}
