//! The log: a file in the data directory, for the times when something went wrong.
//!
//! The log records attempts and their failures, never addresses, texts or secrets. `CASEYOS_LOG` sets the level (`error`, `warn`, `info`,
//! `debug`, `trace`; `warn` if it is not set). The file is opened when the first line is written, so a quiet run costs nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::domain::text::clean_block;
use crate::env;

/// Most bytes of one line.
const MAX_LINE_BYTES: usize = 16 * 1024;
/// From this size on, the log is moved aside when a process begins to write to it.
const MAX_LOG_BYTES: u64 = 5 * 1024 * 1024;

/// Sends what the program logs to `path`. Only the first call in a process counts.
pub fn init(path: &Path) {
    let level = env::variable("CASEYOS_LOG")
        .and_then(|word| word.parse().ok())
        .unwrap_or(Level::WARN);
    let log = Log {
        path: path.to_owned(),
        file: Arc::default(),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(log)
        .finish();
    if tracing::subscriber::set_global_default(subscriber).is_ok() {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::error!(place, "the program panicked");
            previous(panic);
        }));
    }
}

/// The log file, opened when it is first written to.
#[derive(Debug, Clone)]
struct Log {
    path: PathBuf,
    file: Arc<Mutex<Option<File>>>,
}

impl Log {
    fn open(&self) -> io::Result<File> {
        if std::fs::metadata(&self.path).is_ok_and(|m| m.len() > MAX_LOG_BYTES) {
            std::fs::rename(&self.path, self.path.with_extension("log.old"))?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }
}

impl Log {
    fn append(&self, line: &str) -> io::Result<()> {
        let mut slot = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match slot.take() {
            Some(file) => file,
            None => self.open()?,
        };
        slot.insert(file).write_all(line.as_bytes())
    }
}

/// Returns an event as one line without anything that acts on a terminal: whoever reads the log does so on one.
fn harmless(event: &[u8]) -> String {
    let text = clean_block(&String::from_utf8_lossy(event), MAX_LINE_BYTES);
    text.trim_end().replace('\n', " ") + "\n"
}

impl Write for Log {
    /// Writes an event, which the subscriber hands over whole. A log that cannot be written (the disk is full) is done without: a failure of it must
    /// neither stop the work nor be told on a terminal that the console has.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        drop(self.append(&harmless(event)));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_harmless_line() {
        let check = |event: &str, expect: &str| assert_eq!(harmless(event.as_bytes()), expect);
        check(
            "WARN  a template cannot be used mistake=x\u{1b}[2J\u{202e}.j2\n",
            "WARN  a template cannot be used mistake=x.j2\n",
        );
        check("one\ntwo\u{9b}31m\r\n", "one two\n");
        assert_eq!(harmless(b"a\xff\n"), "a\u{fffd}\n");
        assert!(harmless(&[b'x'; 100_000]).len() <= MAX_LINE_BYTES + 1);
    }

    #[test]
    fn the_file_appears_with_the_first_line_and_is_moved_aside_when_it_is_large() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("caseyos.log");
        let log = || Log {
            path: path.clone(),
            file: Arc::default(),
        };
        let mut first = log();
        assert!(!path.exists());
        first.write_all(b"one\n").unwrap();
        first.write_all(b"two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        std::fs::write(
            &path,
            vec![b'x'; usize::try_from(MAX_LOG_BYTES).unwrap() + 1],
        )
        .unwrap();
        log().write_all(b"three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three\n");
        assert!(folder.path().join("caseyos.log.old").exists());
    }
}
