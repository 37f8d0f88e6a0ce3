//! `caseyos completions`: scripts that complete commands in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::output::Ending;
use super::{Cli, Run};
use crate::engine::EngineError;

/// Print a completion script for your shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos completions bash > ~/.local/share/bash-completion/completions/caseyos\n  caseyos completions zsh > ~/.zfunc/_caseyos"
)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(run: &mut Run<'_>, args: &CompletionsArgs) -> Result<Ending, EngineError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "caseyos", &mut script);
    run.out.text(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Done)
}
