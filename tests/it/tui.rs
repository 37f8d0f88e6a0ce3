//! The console in a real terminal: what is seen, what reaches the disk, and that the terminal is given back.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const NOW: &str = "2026-11-24T10:00:00Z";

/// The program under test on an installation of its own.
fn caseyos(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caseyos"));
    command
        .env("CASEYOS_HOME", home)
        .env("CASEYOS_NOW", NOW)
        .env("CASEYOS_PRACTICE", "1");
    command
}

fn add_signal(home: &Path, name: &str) {
    let file = home.join(format!("{name}.jsonl"));
    std::fs::write(
        &file,
        format!(
            "{{\"source\":\"form\",\"kind\":\"form.submitted\",\"at\":\"2026-11-24T09:50:00Z\",\
             \"email\":\"{name}@{name}co.example\",\"name\":\"{name} Smith\",\"message\":\"pricing\"}}\n"
        ),
    )
    .unwrap();
    let output = caseyos(home)
        .args(["signals", "add", "--file"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn installation(home: &Path) {
    let config = format!(
        "mode = \"live\"\n[outbox]\nundo_seconds = 0\n[operator]\nname = \"Casey Rivera\"\naddress = \"casey@rivera.example\"\n\
         time_zone = \"Europe/Madrid\"\n[[mail.accounts]]\nname = \"work\"\nkind = \"maildir\"\npath = \"{}\"\n",
        home.join("mail").display()
    );
    let output = caseyos(home).args(["init", "--yes"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::write(home.join("config.toml"), config).unwrap();
    for name in ["ann", "ben", "cleo"] {
        add_signal(home, name);
    }
}

/// The console in a terminal of its own.
struct Console {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
}

impl Console {
    fn open(home: &Path, rows: u16, cols: u16, vars: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_caseyos"));
        command.env("CASEYOS_HOME", home);
        command.env("CASEYOS_NOW", NOW);
        command.env("CASEYOS_PRACTICE", "1");
        command.env("TERM", "xterm-256color");
        for unset in ["NO_COLOR", "VISUAL", "EDITOR", "COLORTERM", "COLORFGBG"] {
            command.env_remove(unset);
        }
        for (name, value) in vars {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 64 * 1024];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            master: pair.master,
            writer,
            bytes,
            parser: vt100::Parser::new(vt_size(rows, cols).0, vt_size(rows, cols).1, 0),
        }
    }

    fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Reads until `seen`, for some twenty seconds: a frame that differs in nothing still moves the cursor, so silence is no measure.
    fn until(&mut self, what: &str, seen: impl Fn(&vt100::Screen) -> bool) {
        let mut quiet = 0;
        loop {
            if seen(self.parser.screen()) {
                return;
            }
            match self.bytes.recv_timeout(Duration::from_millis(500)) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(RecvTimeoutError::Timeout) => {
                    quiet += 1;
                    assert!(
                        quiet < 25,
                        "waited for {what}; the screen is:\n{}",
                        self.screen()
                    );
                }
                Err(RecvTimeoutError::Disconnected) => {
                    assert!(
                        seen(self.parser.screen()),
                        "the program ended before {what}; the screen is:\n{}",
                        self.screen()
                    );
                    return;
                }
            }
        }
    }

    fn see(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits for the end and checks that the terminal is as it was.
    fn ended(mut self) -> String {
        // Whoever does not end by itself is ended, and found out below by the state of the terminal.
        let mut quiet = 0;
        loop {
            match self.bytes.recv_timeout(Duration::from_millis(500)) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(RecvTimeoutError::Timeout) if quiet < 20 => quiet += 1,
                Err(_) => break,
            }
        }
        if quiet >= 20 {
            drop(self.child.kill());
        }
        let status = self.child.wait().unwrap();
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "{status:?}");
        assert!(!screen.hide_cursor());
        assert!(!screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        screen.contents()
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_move_is_approved_in_a_real_terminal_which_is_given_back() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let mut console = Console::open(home.path(), 40, 120, &[]);
    console.see("1/3");
    console.see("Before it goes");
    assert!(console.parser.screen().alternate_screen());
    console.press("a");
    console.see("a or Enter approves");
    console.press("a");
    console.see("All 2");
    console.press("q");
    console.ended();
    assert_eq!(files_in(&home.path().join("mail")).len(), 1);
}

#[test]
fn a_sync_of_another_process_shows_without_a_key() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let mut console = Console::open(home.path(), 40, 120, &[]);
    console.see("All 3");
    add_signal(home.path(), "eve");
    console.see("All 4");
    console.press("q");
    console.ended();
}

#[test]
fn the_operators_own_editor_gets_the_terminal_and_the_draft() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let script = home.path().join("editor.sh");
    std::fs::write(
        &script,
        "#!/bin/sh\necho the editor is here\nkill -INT $PPID\nprintf 'Subject: From outside\\n\\nWritten outside.\\n' > \"$1\"\n",
    )
    .unwrap();
    let editor = format!("sh {}", script.display());
    let mut console = Console::open(home.path(), 40, 120, &[("EDITOR", &editor)]);
    console.see("Subject");
    console.press("E");
    console.see("Draft, edited by you");
    console.see("Written outside.");
    console.see("From outside");
    console.press("q");
    console.ended();
    let left: Vec<_> = files_in(home.path())
        .into_iter()
        .filter(|p| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("draft-"))
        })
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new(), "the file is removed");
}

#[test]
fn an_editor_that_is_not_there_is_named_and_nothing_changes() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let mut console = Console::open(home.path(), 40, 120, &[("EDITOR", "no-such-editor-here")]);
    console.see("Subject");
    console.press("E");
    console.see("was not found");
    console.press("q");
    console.ended();
}

#[cfg(unix)]
#[test]
fn the_terminal_is_given_back_when_the_system_ends_the_program() {
    for signal in ["TERM", "HUP", "INT", "QUIT", "ALRM", "USR1", "USR2"] {
        let home = tempfile::tempdir().unwrap();
        installation(home.path());
        let mut console = Console::open(home.path(), 40, 120, &[]);
        console.see("Before it goes");
        let process = console.child.process_id().unwrap();
        let status = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(process.to_string())
            .status()
            .unwrap();
        assert!(status.success());
        console.ended();
    }
}

/// A program that opens the console in a terminal of its own, closes that and prints the exit code. A process of its own, since any other child
/// that this one starts meanwhile may have the terminal open too.
#[cfg(unix)]
const CLOSES_THE_WINDOW: &str = "
import fcntl, os, pty, signal, struct, sys, termios
signal.alarm(60)
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1]])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
seen = b''
while b'?1049h' not in seen or len(seen) < 500:
    seen += os.read(terminal, 65536)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

#[cfg(unix)]
#[test]
fn a_window_that_is_closed_ends_the_console_without_a_word() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let ended = Command::new("python3")
        .args(["-c", CLOSES_THE_WINDOW, env!("CARGO_BIN_EXE_caseyos")])
        .env("CASEYOS_HOME", home.path())
        .env("CASEYOS_NOW", NOW)
        .env("TERM", "xterm-256color")
        .output();
    // Where there is no Python there is nothing to try.
    let Ok(ended) = ended else { return };
    let said = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(said.trim(), "0", "{ended:?}");
    let log = std::fs::read_to_string(home.path().join("caseyos.log")).unwrap_or_default();
    assert!(!log.contains("panicked"), "{log}");
}

#[cfg(unix)]
#[test]
fn the_end_of_the_program_is_the_end_of_the_editor_and_what_it_saved_is_kept() {
    let check = |ends: &str, says: &str| {
        let home = tempfile::tempdir().unwrap();
        installation(home.path());
        let script = home.path().join("editor.sh");
        std::fs::write(
            &script,
            format!(
                "#!/bin/sh\nprintf 'Subject: Half\\n\\nHalf done.\\n' > \"$1\"\n{ends}\necho the editor is here\nexec tail -f /dev/null\n"
            ),
        )
        .unwrap();
        let editor = format!("sh {}", script.display());
        let mut console = Console::open(home.path(), 40, 200, &[("EDITOR", &editor)]);
        console.see("Subject");
        console.press("E");
        console.see("the editor is here");
        let process = console.child.process_id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &process])
                .status()
                .unwrap()
                .success()
        );
        let screen = console.ended();
        assert!(screen.contains(says), "{screen}");
        let kept: Vec<_> = files_in(home.path())
            .into_iter()
            .filter(|p| {
                p.file_name()
                    .unwrap()
                    .to_string_lossy()
                    .starts_with("draft-")
            })
            .collect();
        assert_eq!(kept.len(), 1, "{screen}");
        assert!(
            std::fs::read_to_string(&kept[0])
                .unwrap()
                .contains("Half done.")
        );
    };
    check(":", "The editor was ended. What it had saved is kept in");
    check("trap '' TERM", "The editor did not end and was left alone.");
}

#[test]
fn the_window_can_change_its_size_and_colour_can_be_refused() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let mut console = Console::open(home.path(), 40, 120, &[("NO_COLOR", "1")]);
    console.see("Before it goes");
    for row in 0..40 {
        for column in 0..120 {
            let cell = console.parser.screen().cell(row, column).unwrap();
            assert_eq!(cell.fgcolor(), vt100::Color::Default, "{row} {column}");
            assert_eq!(cell.bgcolor(), vt100::Color::Default, "{row} {column}");
        }
    }
    let resize = |console: &mut Console, rows, cols| {
        console
            .parser
            .screen_mut()
            .set_size(vt_size(rows, cols).0, vt_size(rows, cols).1);
        console
            .master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    };
    resize(&mut console, 10, 50);
    console.see("The window is too small.");
    resize(&mut console, 24, 80);
    console.see("1/3");
    console.press("\r");
    console.see("Draft");
    console.press("\u{1b}q");
    console.press("q");
    console.ended();
}

#[test]
fn a_dumb_terminal_gets_the_list_as_text() {
    let home = tempfile::tempdir().unwrap();
    installation(home.path());
    let console = Console::open(home.path(), 40, 120, &[("TERM", "dumb")]);
    let screen = console.ended();
    assert!(
        screen.contains("Ann Smith") || screen.contains("ann"),
        "{screen}"
    );
}

fn vt_size(rows: u16, cols: u16) -> (std::num::NonZeroU16, std::num::NonZeroU16) {
    (rows.try_into().unwrap(), cols.try_into().unwrap())
}
