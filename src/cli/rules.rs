//! `caseyos rules`: which signal makes which move.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Run;
use super::output::{Ending, fit};
use crate::domain::rule::{BUILTIN, Effect, Rules};
use crate::domain::template::Templates;
use crate::engine::EngineError;

/// Which signal makes which move.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Check a rules file: every mistake is named with its line.
    ///
    /// Exit code 2 if there is one.
    #[command(
        after_help = "Examples:\n  caseyos rules check            your rules.toml, beside config.toml\n  caseyos rules check new.toml"
    )]
    Check {
        /// The file; your own rules if none is given.
        file: Option<PathBuf>,
    },
    /// List the rules in the order in which they are asked.
    List,
    /// Print the built-in rules as a file to begin one's own from.
    Builtin,
}

#[derive(Serialize)]
struct Mistake {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    rules: usize,
    mistakes: Vec<Mistake>,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    signals: Vec<String>,
    action: Option<String>,
    domain: Option<String>,
}

pub(super) fn run(run: &mut Run<'_>, args: &RulesArgs) -> Result<Ending, EngineError> {
    match &args.command {
        RulesCommand::Check { file } => check(run, file.clone()),
        RulesCommand::List => list(run),
        RulesCommand::Builtin => run.out.text(BUILTIN).map(|()| Ending::Done),
    }
}

fn own_templates(run: &Run<'_>) -> Vec<String> {
    let mut names: Vec<String> = Templates::builtin()
        .names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let own = std::fs::read_dir(run.paths.templates())
        .into_iter()
        .flatten()
        .flatten();
    names.extend(own.filter_map(|e| Some(e.path().file_stem()?.to_str()?.to_owned())));
    names
}

fn check(run: &mut Run<'_>, file: Option<PathBuf>) -> Result<Ending, EngineError> {
    let own = run.paths.rules();
    let (path, text) = match file {
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|e| {
                EngineError::Input(format!("{} cannot be read: {e}.", path.display()))
            })?;
            (path, text)
        }
        None => match std::fs::read_to_string(&own) {
            Ok(text) => (own, text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                (PathBuf::from("built-in rules"), BUILTIN.to_owned())
            }
            Err(e) => {
                return Err(EngineError::Outside(format!(
                    "{} cannot be read: {e}.",
                    own.display()
                )));
            }
        },
    };
    let name = path.display().to_string();
    let templates = own_templates(run);
    let names: Vec<&str> = templates.iter().map(String::as_str).collect();
    let (rules, mistakes) = match Rules::parse(&text, &name, &names) {
        Ok(rules) => (rules.rules().len(), Vec::new()),
        Err(mistakes) => (0, mistakes),
    };
    if run.out.is_json() {
        let mistakes: Vec<Mistake> = mistakes
            .iter()
            .map(|m| Mistake {
                file: m.file.clone(),
                line: m.line,
                column: m.column,
                message: m.message.clone(),
            })
            .collect();
        run.out.json(&Checked {
            file: name,
            rules,
            mistakes,
        })?;
    } else if mistakes.is_empty() {
        run.out
            .line(&format!("{name}: {rules} rules, no mistake."))?;
    } else {
        for mistake in &mistakes {
            run.out.line(&mistake.to_string())?;
        }
    }
    match mistakes.len() {
        0 => Ok(Ending::Done),
        1 => Err(EngineError::Input(
            "1 mistake. Until it is mended, nothing that needs the rules will run with this file."
                .into(),
        )),
        n => Err(EngineError::Input(format!(
            "{n} mistakes. Until they are mended, nothing that needs the rules will run with this file."
        ))),
    }
}

fn list(run: &mut Run<'_>) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let listed: Vec<Listed> = engine
        .rules()?
        .rules()
        .iter()
        .map(|rule| {
            let (action, domain) = match &rule.effect {
                Effect::Ignore => (None, None),
                Effect::Propose(recipe) => (
                    Some(recipe.action.to_string()),
                    Some(recipe.domain.to_string()),
                ),
            };
            Listed {
                id: rule.id.clone(),
                signals: rule.signals.iter().map(ToString::to_string).collect(),
                action,
                domain,
            }
        })
        .collect();
    if run.out.is_json() {
        run.out.json(&listed)?;
    } else {
        for rule in &listed {
            let effect = rule.action.clone().unwrap_or_else(|| "ignored".into());
            run.out.line(&format!(
                "{}  {}  {}",
                fit(&rule.id, 36),
                fit(&effect, 22),
                rule.signals.join(", ")
            ))?;
        }
    }
    Ok(Ending::Done)
}
