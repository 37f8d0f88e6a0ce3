//! Harsh surroundings: streams that nobody reads, a disk without room, files without end, arguments that act on a terminal.

use std::path::Path;
use std::process::Stdio;

use caseyos::domain::text::is_hostile;

use crate::home::{Home, form};

fn busy() -> Home {
    let home = Home::live();
    home.contacts("Email,First Name\nann@a.example,Ann\nben@b.example,Ben\n");
    home.signals(&[form("ann@a.example", "2026-11-23T09:00:00Z", "Prices?")])
        .exits(0);
    home
}

const COMMANDS: &[&str] = &[
    "",
    "--help",
    "--version",
    "today",
    "today --json",
    "show 1",
    "why 1",
    "when ann@a.example",
    "approve 1 --dry-run",
    "contacts list",
    "contacts export",
    "deals list",
    "signals list",
    "signals health",
    "outbox",
    "outbox strays",
    "limits",
    "jobs list",
    "outcome list",
    "suppress list",
    "undo --list",
    "rules list",
    "rules check",
    "audit list",
    "audit export",
    "audit verify --deep",
    "audit seal",
    "config example",
    "config paths",
    "metrics",
    "mail list",
    "doctor --offline",
    "completions bash",
    "sync",
    "nonsense",
    "today --limit x",
];

#[test]
fn a_reader_that_left_ends_no_command_with_a_panic() {
    let home = busy();
    for line in COMMANDS {
        let mut child = home
            .command(line.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        let status = child.wait().unwrap();
        assert!(
            status.code().is_some_and(|code| code <= 5),
            "{line}: {status:?}"
        );
    }
    let log = std::fs::read_to_string(home.path().join("caseyos.log")).unwrap_or_default();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn arguments_are_quoted_without_what_acts_on_a_terminal() {
    let home = busy();
    let hostile = "\u{1b}[2Jx\u{9b}31m\u{9d}0;t\u{202e}gpj\u{2066}\u{feff}\u{e0041}\u{3164}";
    let option = format!("--{hostile}");
    for args in [
        vec![hostile],
        vec!["today", &option],
        vec!["approve", hostile],
        vec!["approve", "1", "--now", hostile],
        vec!["mode", hostile],
        vec!["undo", hostile],
        vec!["outbox", "retry", hostile],
        vec!["auth", "login", hostile],
        vec!["mail", "add", "imap", hostile],
        vec!["completions", hostile],
        vec!["signals", "list", "--kind", hostile],
        vec!["contacts", "add", hostile],
        vec!["contacts", "show", hostile],
        vec!["suppress", "add", hostile],
        vec!["audit", "list", "--since", hostile],
        vec!["audit", "verify", "--against", hostile],
        vec!["rules", "check", hostile],
    ] {
        let ran = home.run(&args);
        assert_ne!(ran.code, Some(0), "{args:?}: {}", ran.out);
        for text in [&ran.out, &ran.err] {
            let found = text
                .chars()
                .find(|c| *c != '\n' && *c != '\t' && is_hostile(*c));
            assert_eq!(found, None, "{args:?}: {text:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_log_runs_nothing_where_it_is_read() {
    let home = busy();
    let name = "templates/x\u{1b}[2J\u{202e}.j2";
    home.write(name, "Subject: {{ unknown_variable }}\n\n{% broken");
    home.run(["show", "1"]);
    let log = std::fs::read_to_string(home.path().join("caseyos.log")).unwrap();
    assert!(log.contains("a template cannot be used"), "{log}");
    assert!(!log.chars().any(|c| c != '\n' && is_hostile(c)), "{log:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_called_that() {
    let home = busy();
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    for line in ["today", "today --json", "contacts export", "audit export"] {
        let output = home
            .command(line.split_whitespace())
            .stdout(full())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains("the disk is full"), "{line}: {said}");
    }
    // What was done is not taken back by an output that fails, and nobody is told to try it again.
    let output = home
        .command(["pause", "--for", "2d"])
        .stdout(full())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("what was done stands. Paused until"),
        "{said}"
    );
    assert!(!said.contains("try again"), "{said}");
    home.ok("pause --off");
    let export = home
        .run(["audit", "export", "--output", "/dev/full"])
        .exits(1);
    assert!(export.err.contains("the disk is full"), "{}", export.err);
    // A log that cannot be written is done without, and nobody is told where there is no room.
    let log = home.path().join("caseyos.log");
    drop(std::fs::remove_file(&log));
    std::os::unix::fs::symlink("/dev/full", &log).unwrap();
    home.write("templates/own.j2", "{% broken");
    let shown = home.run(["show", "1"]).exits(0);
    assert_eq!(shown.err, "");
}

#[cfg(target_os = "linux")]
#[test]
fn files_without_end_and_things_that_are_no_files_are_refused() {
    let home = busy();
    let check = |args: &[&str]| {
        for (path, expect) in [("/dev/zero", "device"), ("/tmp", "directory")] {
            let args: Vec<&str> = args
                .iter()
                .map(|a| if *a == "FILE" { path } else { a })
                .collect();
            let ran = home.run(&args);
            assert!(
                ran.code.is_some_and(|code| code == 1 || code == 2),
                "{args:?}: {ran:?}"
            );
            assert!(ran.err.contains(expect), "{args:?}: {}", ran.err);
        }
    };
    check(&["signals", "add", "--file", "FILE"]);
    check(&["rules", "check", "FILE"]);
    check(&["--config", "FILE", "today"]);
    check(&["edit", "1", "--body-file", "FILE"]);
    check(&["mail", "read", "FILE"]);
    check(&["audit", "verify", "FILE"]);
    check(&["audit", "verify", "--against", "FILE"]);
    check(&["audit", "seal", "FILE"]);
    check(&["contacts", "import", "FILE"]);
    let large = home.write("large.toml", vec![b'#'; 2 * 1024 * 1024]);
    let ran = home
        .run(["rules".as_ref(), "check".as_ref(), large.as_os_str()])
        .exits(2);
    assert!(ran.err.contains("larger than 1 MB"), "{}", ran.err);
    // What lies where the program looks by itself.
    let put = |name: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(Path::new("/dev/zero"), &path).unwrap();
        path
    };
    for (name, line) in [
        ("rules.toml", "rules check"),
        ("approval.toml", "rules check"),
        ("rules.toml", "sync"),
        ("templates/form_follow_up.j2", "show 1"),
    ] {
        let path = put(name);
        let ran = home.run(line.split_whitespace());
        assert!(
            ran.err.contains("device") || ran.out.contains("device"),
            "{name}, {line}: {ran:?}"
        );
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn an_input_that_goes_on_is_cut_off() {
    let home = busy();
    let ran = home
        .run_with_input(["signals", "add", "--file", "-"], &b"x\n".repeat(20_000))
        .exits(2);
    assert!(
        ran.err.contains("More than 10000 lines are no signals"),
        "{}",
        ran.err
    );
}

#[cfg(unix)]
#[test]
fn data_that_others_may_change_is_named_where_something_may_leave() {
    use std::os::unix::fs::PermissionsExt;
    let home = busy();
    let set = |name: &str, mode| {
        let path = home.path().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set("", 0o777);
    set("caseyos.db", 0o666);
    let said = home.run(["sync"]).err;
    assert!(
        said.contains("may change") && said.contains("chmod 600"),
        "{said}"
    );
    assert_eq!(said.matches("chmod 700").count(), 1, "{said}");
    assert!(!home.run(["today"]).err.contains("chmod"));
    set("", 0o700);
    set("caseyos.db", 0o600);
    assert!(!home.run(["sync"]).err.contains("chmod"));
}

#[cfg(unix)]
#[test]
fn a_command_that_is_ended_ends_its_editor_and_keeps_what_that_saved() {
    use std::io::{BufRead, BufReader, Read};
    let home = busy();
    let script = home.write(
        "editor.sh",
        "printf 'Subject: Half\\n\\nHalf done.\\n' > \"$1\"\necho open\nexec tail -f /dev/null\n",
    );
    let mut child = home
        .command(["edit", "1"])
        .env("EDITOR", format!("sh {}", script.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "open\n");
    let process = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &process])
        .status();
    assert!(killed.unwrap().success());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
    let (_, path) = said.split_once("is kept in ").unwrap();
    let (path, _) = path.split_once(';').unwrap();
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept.contains("Half done."), "{kept}");
    let draft = home.json("show 1")["draft"].to_string();
    assert!(!draft.contains("Half done."), "{draft}");
}
