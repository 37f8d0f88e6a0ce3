//! The operator's own editor on a draft: a private file with the subject on its first line, read back when the editor closes.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::domain::id::MoveId;
use crate::domain::text::{clean_block, clean_line};
use crate::env;

/// The largest draft that is read back.
const MAX_BYTES: usize = 256 * 1024;

/// Lets the operator's editor change a draft, waits for it to close, and returns subject and text if they changed. The file lies in
/// `folder`, which only the operator may enter, and is removed afterwards; where the editor fails it is kept and named.
///
/// # Errors
/// Says what went wrong and that the draft is unchanged.
pub fn edit(
    folder: &Path,
    id: MoveId,
    subject: &str,
    body: &str,
) -> Result<Option<(String, String)>, String> {
    let editor = env::variable("VISUAL")
        .or_else(|| env::variable("EDITOR"))
        .unwrap_or_else(|| "vi".into());
    let path = create(folder, id, &write(subject, body)).map_err(|e| {
        format!("No file for the editor could be made: {e}. The draft is unchanged.")
    })?;
    // The variable may hold arguments, as in "code --wait"; the shell splits it as it does for git and crontab. It is replaced by the
    // editor, since a Ctrl-C that the editor deals with would end a shell that waits for it.
    let status = env::program("sh")
        .arg("-c")
        .arg(format!("exec env {editor} \"$@\""))
        .arg("editor")
        .arg(&path)
        .status();
    let result = match status {
        Ok(status) if status.success() => read_file(&path).map(|text| read(&text)).map_err(|e| {
            format!("What the editor wrote cannot be read: {e}. The draft is unchanged.")
        }),
        Ok(status) if status.code() == Some(127) => Err(format!(
            "The editor \"{}\" was not found. Set VISUAL or EDITOR; the draft is unchanged.",
            clean_line(&editor, 80)
        )),
        Ok(status) => Err(format!(
            "The editor ended with {status}; the draft is unchanged."
        )),
        Err(e) => Err(format!(
            "The editor could not be started: {e}. The draft is unchanged."
        )),
    };
    drop(std::fs::remove_file(&path));
    let (new_subject, new_body) = result?;
    let same = new_subject == subject.trim() && new_body.trim_end() == body.trim_end();
    Ok((!same).then_some((new_subject, new_body)))
}

fn create(folder: &Path, id: MoveId, text: &str) -> std::io::Result<PathBuf> {
    for attempt in 0..100 {
        let path = folder.join(format!("draft-{id}-{}-{attempt}.txt", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                return Ok(path);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(std::io::Error::other("all names are taken"))
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(MAX_BYTES as u64)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn write(subject: &str, body: &str) -> String {
    format!("Subject: {subject}\n\n{}\n", body.trim_end())
}

/// Reads the file back: a first line `Subject: …`, an empty line, the text. Without the first line the whole is the text and the subject
/// is empty, which the engine refuses with a sentence.
fn read(text: &str) -> (String, String) {
    let text = clean_block(text, MAX_BYTES);
    let (first, rest) = text.split_once('\n').unwrap_or((text.as_str(), ""));
    match first.split_once(':') {
        Some((name, subject)) if name.trim().eq_ignore_ascii_case("subject") => (
            clean_line(subject, 998),
            rest.trim_start_matches('\n').trim_end().to_owned(),
        ),
        _ => (String::new(), text.trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_comes_back_as_it_went() {
        let body = "Hi Dana,\n\n  indented\n\nBest";
        assert_eq!(
            read(&write("Re: Proposal", body)),
            ("Re: Proposal".into(), body.into())
        );
    }

    #[test]
    fn a_damaged_head_loses_no_text() {
        let check = |text: &str, subject: &str, body: &str| {
            assert_eq!(
                read(text),
                (subject.to_owned(), body.to_owned()),
                "{text:?}"
            );
        };
        check("subject:x\ny", "x", "y");
        check("Hi\n\nthere", "", "Hi\n\nthere");
        check("", "", "");
        check("Subject: a\u{1b}[2Jb\r\n\r\ntext\r\n", "ab", "text");
    }

    #[test]
    fn the_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = create(folder.path(), MoveId(1), "x").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_ne!(create(folder.path(), MoveId(1), "x").unwrap(), path);
    }
}
