//! The operator's own editor on a draft: a private file with the subject on its first line, read back when the editor closes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::id::MoveId;
use crate::domain::text::{clean_block, clean_line};
use crate::env;

/// The largest draft that is read back.
const MAX_BYTES: usize = 256 * 1024;

/// Asks an editor that is open to end, from another thread.
#[derive(Debug, Clone, Default)]
pub struct Ender(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The editor's process while it runs.
    process: Option<u32>,
    is_asked: bool,
}

impl Ender {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the editor to end, as the system does when it shuts down. It is never killed: what it has not saved would be lost.
    pub fn end(&self) {
        let mut state = self.state();
        state.is_asked = true;
        if let Some(process) = state.process {
            ask_to_end(process);
        }
    }

    fn is_asked(&self) -> bool {
        self.state().is_asked
    }

    /// Waits for the end of an editor. It can be asked to end until the moment before its number is free for another process.
    fn wait(&self, editor: &mut Child) -> std::io::Result<ExitStatus> {
        let process = editor.id();
        {
            let mut state = self.state();
            state.process = Some(process);
            if state.is_asked {
                ask_to_end(process);
            }
        }
        wait_unreaped(process);
        self.state().process = None;
        editor.wait()
    }
}

#[cfg(unix)]
fn ask_to_end(process: u32) {
    let process = i32::try_from(process)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(process) = process {
        // An editor that has just ended needs no asking.
        let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
    }
}

#[cfg(unix)]
fn wait_unreaped(process: u32) {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) else {
        return;
    };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(
        waitid(WaitId::Pid(process), options),
        Err(rustix::io::Errno::INTR)
    ) {}
}

#[cfg(not(unix))]
fn ask_to_end(_: u32) {}

#[cfg(not(unix))]
fn wait_unreaped(_: u32) {}

/// The patience with an editor that was asked to end because the program was.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at whether the program was asked to end.
const LOOK: Duration = Duration::from_millis(100);

/// Says that an editor that was asked to end did not.
pub fn left_alone(folder: &Path) -> String {
    format!(
        "The editor did not end and was left alone. Its file is in {}; the draft is unchanged.",
        folder.display()
    )
}

/// Lets the operator's editor change a draft as [`edit`] does, where there is no console. Once `asked` is set the editor is asked to end, and waited for
/// a second more.
///
/// # Errors
/// As [`edit`], and if the editor did not end.
pub fn edit_alone(
    folder: &Path,
    id: MoveId,
    subject: &str,
    body: &str,
    asked: &AtomicBool,
) -> Result<Option<(String, String)>, String> {
    let (done, edited) = sync_channel(1);
    let ender = Ender::default();
    let editing = {
        let (ender, folder) = (ender.clone(), folder.to_owned());
        let (subject, body) = (subject.to_owned(), body.to_owned());
        move || drop(done.send(edit(&folder, id, &subject, &body, &ender)))
    };
    std::thread::Builder::new()
        .spawn(editing)
        .map_err(|e| format!("The editor could not be started: {e}. The draft is unchanged."))?;
    let mut until: Option<Duration> = None;
    loop {
        match edited.recv_timeout(LOOK) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => {
                return Err("The editor could not be run; the draft is unchanged.".into());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        match until {
            Some(until) if env::monotonic() > until => return Err(left_alone(folder)),
            None if asked.load(Ordering::Relaxed) => {
                ender.end();
                until = Some(env::monotonic() + PATIENCE);
            }
            _ => {}
        }
    }
}

/// Lets the operator's editor change a draft, waits for it to close, and returns subject and text if they changed. The file lies in
/// `folder`, which only the operator may enter, and is removed afterwards; if the editor was asked to end and did not end well, what it saved
/// is kept and named.
///
/// # Errors
/// Says what went wrong and that the draft is unchanged.
pub fn edit(
    folder: &Path,
    id: MoveId,
    subject: &str,
    body: &str,
    ender: &Ender,
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
        .spawn()
        .and_then(|mut child| ender.wait(&mut child));
    let mut is_kept = false;
    let result = match status {
        Ok(status) if status.success() => read_file(&path).map(|text| read(&text)).map_err(|e| {
            format!("What the editor wrote cannot be read: {e}. The draft is unchanged.")
        }),
        Ok(_) if ender.is_asked() => {
            is_kept = read_file(&path).is_ok_and(|text| text != write(subject, body));
            Err(if is_kept {
                format!(
                    "The editor was ended. What it had saved is kept in {}; the draft is unchanged.",
                    path.display()
                )
            } else {
                "The editor was ended before it saved anything; the draft is unchanged.".into()
            })
        }
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
    if !is_kept {
        drop(std::fs::remove_file(&path));
    }
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
    let bytes = env::file::read(path, MAX_BYTES as u64)?;
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
