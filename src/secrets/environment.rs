//! Secrets from the environment: variables, and the files that systemd puts into `$CREDENTIALS_DIRECTORY`.
//!
//! `google:token` is `CASEYOS_GOOGLE_TOKEN`, or the credential `caseyos_google_token`.

use std::io::Read;
use std::path::Path;

use super::Secret;
use crate::env;

/// A longer credential is none.
const MAX_BYTES: u64 = 64 * 1024;

/// Returns the variable that a secret's name stands for.
#[must_use]
pub fn variable_of(name: &str) -> String {
    let mut out = String::from("CASEYOS_");
    for c in name.chars() {
        out.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    out
}

/// Returns the secret of a name, if the environment supplies it.
#[must_use]
pub fn credential(name: &str) -> Option<Secret> {
    let variable = variable_of(name);
    env::variable(&variable)
        .map(|text| Secret::new(text).trimmed())
        .or_else(|| {
            let folder = env::variable_os("CREDENTIALS_DIRECTORY")?;
            read(&Path::new(&folder).join(variable.to_ascii_lowercase())).ok()
        })
        .filter(|secret| !secret.is_empty())
}

/// Reads a file that holds one secret; white space at its ends is not part of it.
pub(super) fn read(path: &Path) -> std::io::Result<Secret> {
    let mut text = String::new();
    let read = std::fs::File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text);
    let secret = Secret::new(text);
    match read {
        Ok(n) if n as u64 > MAX_BYTES => Err(std::io::Error::other("it is too long for a secret")),
        Ok(_) => Ok(secret.trimmed()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_variable() {
        let check = |name: &str, expect: &str| assert_eq!(variable_of(name), expect);
        check("google:token", "CASEYOS_GOOGLE_TOKEN");
        check("google:client_secret", "CASEYOS_GOOGLE_CLIENT_SECRET");
        check("mail:work-2:password", "CASEYOS_MAIL_WORK_2_PASSWORD");
    }

    #[test]
    fn a_file_of_a_secret_is_read_without_its_last_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "hunter2\r\n").unwrap();
        assert_eq!(read(&path).unwrap().expose(), "hunter2");
        std::fs::write(&path, vec![b'x'; 70_000]).unwrap();
        assert!(read(&path).is_err());
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(read(&path).is_err());
    }
}
