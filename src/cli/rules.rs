//! `caseyos rules`: the rules that make moves, and the rules that approve them.

mod approval;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Run;
use super::output::{Ending, fit};
use crate::domain::approval::{ApprovalRules, BUILTIN as APPROVAL};
use crate::domain::rule::{BUILTIN, Effect, Rules};
use crate::domain::template::Templates;
use crate::engine::EngineError;
use crate::env::file;

/// List and test the rules that make moves and the rules that approve them.
///
/// There are two files beside config.toml: rules.toml makes moves from signals, approval.toml approves moves. `check` looks at both.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

const EXAMPLES: &str = "\
Examples:
  caseyos rules list                                     rules that make moves
  caseyos rules approval                                 rules that approve moves, and what they did
  caseyos rules set replied-before on                    let one act
  caseyos rules test approval.toml cases.jsonl           unit tests for rules of approval
  caseyos rules replay --file changed.toml --since 30d   what a changed file would have done";

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Check rules files: every mistake is named with its line.
    ///
    /// Without a file, your rules.toml and your approval.toml. The kind of a file is detected. Exit code 2 if there is a mistake.
    #[command(
        after_help = "Examples:\n  caseyos rules check            your rules.toml and approval.toml, beside config.toml\n  caseyos rules check new.toml"
    )]
    Check {
        /// File; your own two by default.
        file: Option<PathBuf>,
    },
    /// List the rules that make moves, in order.
    List,
    /// List the rules that approve moves, in order, with their decisions so far.
    Approval,
    /// Turn an approval rule off, to shadow, or on.
    ///
    /// This edits approval.toml in place; comments stay.
    #[command(
        after_help = "Examples:\n  caseyos rules set replied-before on\n  caseyos rules set replied-before shadow"
    )]
    Set(approval::SetArgs),
    /// Test approval rules against cases with a known decision.
    ///
    /// A case is a line such as {"name": "answered", "facts": {"history": {"replies": 1, "days_since_reply": 3}}, "expect": "allow", "rule": "replied-before"}. Facts
    /// not given are those of a person mailed before, a clean draft to one address, and mode live. Exit code 1 if a case fails.
    #[command(
        after_help = "Examples:\n  caseyos rules test approval.toml cases.jsonl\n  caseyos rules test approval.toml cases.jsonl --acting --json"
    )]
    Test(approval::TestArgs),
    /// Replay approval rules on past decisions, with the facts of the time: what they would have approved and denied differently.
    #[command(
        after_help = "Examples:\n  caseyos rules replay --as-if-on                  what turning on those in shadow would have done\n  caseyos rules replay --file changed.toml --since 30d"
    )]
    Replay(approval::ReplayArgs),
    /// List the variables for conditions of approval rules.
    Variables,
    /// Print the built-in rules as a file to start from.
    Builtin {
        /// The rules that approve moves, instead of those that make them.
        #[arg(long)]
        approval: bool,
    },
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

/// One file as it always was; with a second, that stands in `approval`.
#[derive(Serialize)]
struct CheckedAll {
    #[serde(flatten)]
    first: Option<Checked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Checked>,
}

impl CheckedAll {
    fn of(all: Vec<Checked>) -> Self {
        let mut all = all.into_iter();
        Self {
            first: all.next(),
            approval: all.next(),
        }
    }
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
        RulesCommand::Approval => approval::overview(run),
        RulesCommand::Set(args) => approval::set(run, args),
        RulesCommand::Test(args) => approval::test(run, args),
        RulesCommand::Replay(args) => approval::replay(run, args),
        RulesCommand::Variables => approval::variables(run),
        RulesCommand::Builtin { approval } => {
            let text = if *approval { APPROVAL } else { BUILTIN };
            run.out.text(text).map(|()| Ending::Done)
        }
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

/// A file of rules of either kind, as it was found.
struct Found {
    name: String,
    text: String,
    approves: bool,
}

fn find(own: &Path, builtin: &str, approves: bool) -> Result<Found, EngineError> {
    match file::read_text(own, file::SETTINGS_BYTES) {
        Ok(text) => Ok(Found {
            name: own.display().to_string(),
            text,
            approves,
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Found {
            name: if approves {
                "built-in rules of approval".into()
            } else {
                "built-in rules".into()
            },
            text: builtin.to_owned(),
            approves,
        }),
        Err(e) => Err(EngineError::Outside(format!(
            "{} cannot be read: {e}.",
            own.display()
        ))),
    }
}

/// Tells whether a file holds rules of approval: they have names and effects where the others have ids and signals.
fn approves(path: &Path, text: &str) -> bool {
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim()))
        .collect();
    if keys.contains(&"effect") {
        return true;
    }
    !keys.contains(&"signal")
        && !keys.contains(&"id")
        && path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains("approval"))
}

fn check(run: &mut Run<'_>, file: Option<PathBuf>) -> Result<Ending, EngineError> {
    let files = match file {
        Some(path) => {
            let text = file::read_text(&path, file::SETTINGS_BYTES).map_err(|e| {
                EngineError::Input(format!("{} cannot be read: {e}.", path.display()))
            })?;
            vec![Found {
                name: path.display().to_string(),
                approves: approves(&path, &text),
                text,
            }]
        }
        None => vec![
            find(&run.paths.rules(), BUILTIN, false)?,
            find(&run.paths.approval(), APPROVAL, true)?,
        ],
    };
    let templates = own_templates(run);
    let names: Vec<&str> = templates.iter().map(String::as_str).collect();
    let mut all = Vec::new();
    for found in files {
        let checked = if found.approves {
            ApprovalRules::parse(&found.text, &found.name).map(|rules| rules.rules().len())
        } else {
            Rules::parse(&found.text, &found.name, &names).map(|rules| rules.rules().len())
        };
        let (rules, mistakes) = match checked {
            Ok(rules) => (rules, Vec::new()),
            Err(mistakes) => (0, mistakes),
        };
        if !run.out.is_json() {
            if mistakes.is_empty() {
                let kind = if found.approves { " of approval" } else { "" };
                run.out
                    .line(&format!("{}: {rules} rules{kind}, no mistake.", found.name))?;
            }
            for mistake in &mistakes {
                run.out.line(&mistake.to_string())?;
            }
        }
        all.push(Checked {
            file: found.name,
            rules,
            mistakes: mistakes
                .into_iter()
                .map(|m| Mistake {
                    file: m.file,
                    line: m.line,
                    column: m.column,
                    message: m.message,
                })
                .collect(),
        });
    }
    let mistakes: usize = all.iter().map(|checked| checked.mistakes.len()).sum();
    if run.out.is_json() {
        run.out.json(&CheckedAll::of(all))?;
    }
    match mistakes {
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
