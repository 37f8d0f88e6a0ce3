//! Asking the operator at the terminal: a line, or a secret without echo.

use std::io::{BufRead, IsTerminal, Read, Write};

use super::Run;
use crate::engine::EngineError;
use crate::secrets::Secret;

/// A longer line is no secret.
const MAX_BYTES: u64 = 64 * 1024;

fn failed(error: &std::io::Error) -> EngineError {
    EngineError::Outside(format!("The terminal cannot be read: {error}."))
}

/// Tells whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks for a line; the default stands if it is empty.
pub(super) fn ask_line(
    run: &mut Run<'_>,
    what: &str,
    default: &str,
) -> Result<String, EngineError> {
    let hint = if default.is_empty() {
        String::new()
    } else {
        format!(" [{default}]")
    };
    write!(run.out, "{what}{hint}: ")
        .and_then(|()| run.out.flush())
        .map_err(|e| failed(&e))?;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| failed(&e))?;
    let line = line.trim();
    Ok(if line.is_empty() { default } else { line }.to_owned())
}

/// Asks for a secret without showing it.
pub(super) fn ask_secret(what: &str) -> Result<Secret, EngineError> {
    if !can_ask() {
        return Err(EngineError::Input(format!(
            "{what} cannot be asked for without a terminal. Give it on standard input (--token-stdin, --password-stdin) or by an environment variable."
        )));
    }
    rpassword::prompt_password(format!("{what} (not shown): "))
        .map(|text| Secret::new(text).trimmed())
        .map_err(|e| failed(&e))
}

/// Reads a secret from standard input: everything that is there, without white space at its ends.
pub(super) fn secret_from_stdin(what: &str) -> Result<Secret, EngineError> {
    let mut text = String::new();
    let read = std::io::stdin()
        .lock()
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text);
    let secret = Secret::new(text).trimmed();
    read.map_err(|e| failed(&e))?;
    if secret.is_empty() || secret.expose().len() as u64 > MAX_BYTES {
        return Err(EngineError::Input(format!(
            "{what} on standard input is empty or too long. Nothing was changed."
        )));
    }
    Ok(secret)
}

/// Asks for the passphrase of the file of secrets, twice if it is made now.
pub(super) fn ask_passphrase(is_new: bool) -> Option<Secret> {
    if !can_ask() {
        return None;
    }
    let ask = |what: &str| ask_secret(what).ok().filter(|s| !s.is_empty());
    if !is_new {
        return ask("Passphrase of the file of secrets");
    }
    for _ in 0..3 {
        let first = ask("New passphrase for the file of secrets, at least 8 characters")?;
        if first.expose().chars().count() < 8 {
            continue;
        }
        if ask("Once more")? == first {
            return Some(first);
        }
    }
    None
}
