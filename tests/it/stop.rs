//! Orders that wait for no lock: `stop` and `suppress add` beside whoever holds the database.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use caseyos::env::monotonic;
use serde_json::Value;

use crate::home::{Home, Ran, form, poll};

/// A generous bound for "about a second" on a machine that does other things too.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A home with a move to each address.
fn with_moves(addresses: &[&str]) -> Home {
    let home = Home::live();
    let lines: Vec<String> = addresses
        .iter()
        .map(|address| form(address, "2026-11-23T09:40:00Z", "What does it cost?"))
        .collect();
    home.signals(&lines).exits(0);
    home
}

/// Runs a command that must not wait for anybody.
#[track_caller]
fn at_once(home: &Home, line: &str) -> Ran {
    let began = monotonic();
    let ran = home.run(line.split_whitespace());
    let took = monotonic() - began;
    assert!(took < AT_ONCE, "{line} took {took:?}");
    ran
}

#[track_caller]
fn events(home: &Home, event: &str) -> usize {
    let log = home.json("audit list --limit 1000");
    let all = log.as_array().unwrap();
    all.iter().filter(|entry| entry["event"] == event).count()
}

/// Checks that a stop beside a holder is in force at once, and in the database as soon as the holder is gone.
#[track_caller]
fn stops_beside(how: &str, hold: &[&str]) {
    let home = with_moves(&["ann@acme.example"]);
    let holder = home.database();
    for sql in hold {
        holder.execute_batch(sql).unwrap();
    }
    let ran = at_once(&home, "stop on fire").exits(0);
    for part in [
        "Stopped:",
        "is held by process",
        "in force all the same",
        "caseyos.stop",
    ] {
        assert!(
            ran.out.contains(part),
            "{how}: {:?} lacks {part:?}",
            ran.out
        );
    }
    let own = format!("process {}", std::process::id());
    assert!(
        ran.out.contains(&own),
        "{how}: {} is not in {:?}",
        own,
        ran.out
    );
    let again = at_once(&home, "stop --json").exits(0);
    assert_eq!(again.json()["result"], "changed", "{how}");
    drop(holder);
    assert_eq!(
        home.json("today")["kill_switch"]["reason"],
        "on fire",
        "{how}"
    );
    home.run(["approve", "1", "--now"]).exits(4);
    assert_eq!(home.outbox().len(), 0, "{how}");
    assert_eq!(events(&home, "kill_switch.stopped"), 1, "{how}");
    assert_eq!(
        home.json("undo --list")[0]["summary"],
        "Stop everything",
        "{how}"
    );
    home.ok("resume");
    assert!(!home.path().join("caseyos.stop").exists(), "{how}");
    home.ok("approve 1 --now");
    assert_eq!(home.outbox().len(), 1, "{how}");
    home.audit_holds();
}

#[test]
fn a_stop_is_in_force_beside_every_holder_of_the_database() {
    stops_beside("a write transaction", &["BEGIN IMMEDIATE"]);
    stops_beside("an exclusive transaction", &["BEGIN EXCLUSIVE"]);
    stops_beside(
        "somebody who keeps the file to himself",
        &[
            "PRAGMA locking_mode = EXCLUSIVE",
            "BEGIN IMMEDIATE; CREATE TABLE theirs (a); COMMIT",
        ],
    );
}

#[test]
fn a_suppression_is_in_force_beside_a_holder_of_the_database() {
    let home = with_moves(&["ann@acme.example", "bo@kite.example"]);
    let holder = home.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ran = at_once(&home, "suppress add acme.example --reason asked").exits(0);
    for part in [
        "Suppressed acme.example",
        "is held by process",
        "in force all the same",
    ] {
        assert!(ran.out.contains(part), "{:?} lacks {part:?}", ran.out);
    }
    let listed = home.json("suppress list");
    assert_eq!(listed[0]["value"], "acme.example");
    assert_eq!(listed[0]["reason"], "asked");
    at_once(&home, "suppress add nobody").exits(2);
    holder.execute_batch("ROLLBACK").unwrap();
    let ann = home.find_move("ann@acme.example", "email_follow_up");
    let bo = home.find_move("bo@kite.example", "email_follow_up");
    home.run(["approve", &ann.to_string(), "--now"]).exits(4);
    home.ok(&format!("approve {bo} --now"));
    assert_eq!(home.outbox().len(), 1);
    assert_eq!(home.outbox()[0].to, "bo@kite.example");
    assert!(!home.path().join("caseyos.suppress").exists());
    assert_eq!(events(&home, "suppression.added"), 1);
    home.ok("suppress remove acme.example");
    assert_eq!(home.json("suppress list"), Value::Array(Vec::new()));
    home.audit_holds();
}

/// Tells whether every thread of a process stands still; true where the system does not say.
fn is_suspended(pid: &str) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return !fs::exists("/proc/self").unwrap_or_default();
    };
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|s| s.starts_with('T'))
    })
}

#[test]
fn a_stop_names_the_import_that_is_suspended_with_the_lock() {
    let home = Home::live();
    let mut rows = String::from("Email,First Name\n");
    for n in 0..60_000 {
        rows.push_str(&format!("p{n}@firm{n}.example,Pat\n"));
    }
    let file = home.write("big.csv", rows);
    let mut import = home
        .command(["contacts".as_ref(), "import".as_ref(), file.as_os_str()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = import.id().to_string();
    let signal = |name: &str| {
        let status = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(status.success());
    };
    let lock = home.database();
    lock.busy_timeout(Duration::ZERO).unwrap();
    // Suspended again and again until it is so within a transaction.
    let note = home.path().join("caseyos.writer");
    poll(
        Duration::from_secs(60),
        "the import in a transaction",
        || {
            signal("-STOP");
            let text = fs::read_to_string(&note).unwrap_or_default();
            // The note stands for a moment after the lock is gone, and a signal needs one to take effect.
            let holds = text.trim().starts_with(&pid)
                && is_suspended(&pid)
                && lock.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err()
                && import.try_wait().unwrap().is_none();
            if !holds {
                signal("-CONT");
            }
            holds || import.try_wait().unwrap().is_some()
        },
    );
    assert!(
        import.try_wait().unwrap().is_none(),
        "the import was too fast"
    );
    drop(lock);
    let ran = at_once(&home, "stop").exits(0);
    signal("-CONT");
    let named = format!("process {pid} (`caseyos contacts import ");
    assert!(ran.out.contains(&named), "{:?} lacks {named:?}", ran.out);
    assert!(import.wait().unwrap().success());
    home.ok("sync");
    assert_eq!(events(&home, "kill_switch.stopped"), 1);
    assert_eq!(home.json("today")["kill_switch"]["state"], "stopped");
}

#[test]
fn a_file_made_by_hand_stops_and_one_that_cannot_be_read_does_too() {
    let check = |how: &str, make: &dyn Fn(&Home), state: &str| {
        let home = with_moves(&["ann@acme.example"]);
        make(&home);
        assert_eq!(home.json("today")["kill_switch"]["state"], state, "{how}");
        home.run(["approve", "1", "--now"]).exits(4);
        assert_eq!(home.outbox().len(), 0, "{how}");
        home.ok("resume --yes");
        home.ok("approve 1 --now");
        assert_eq!(home.outbox().len(), 1, "{how}");
    };
    let flag = |home: &Home| home.path().join("caseyos.stop");
    check(
        "empty",
        &|home| fs::write(flag(home), "").unwrap(),
        "stopped",
    );
    check(
        "words",
        &|home| fs::write(flag(home), "by hand").unwrap(),
        "stopped",
    );
    check(
        "a folder",
        &|home| fs::create_dir(flag(home)).unwrap(),
        "unreadable",
    );
    #[cfg(unix)]
    check(
        "a link that leads nowhere",
        &|home| std::os::unix::fs::symlink("nowhere", flag(home)).unwrap(),
        "unreadable",
    );
}

#[test]
fn an_order_beside_a_lock_holds_what_was_claimed() {
    // The order comes beside a lock, after a program died with its claim and before anybody looks that up.
    let check = |order: &str| {
        let home = with_moves(&["ann@acme.example"]);
        assert!(home.crashes_at("after-claim", "approve 1 --now"));
        let holder = home.database();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        at_once(&home, order).exits(0);
        drop(holder);
        home.ok("sync");
        assert_eq!(home.outbox().len(), 0, "{order}");
    };
    check("stop");
    check("suppress add ann@acme.example");
}

#[test]
fn undoing_a_stop_and_resuming_take_the_flag_away_and_bring_it_back() {
    let home = with_moves(&["ann@acme.example"]);
    let flag = home.path().join("caseyos.stop");
    home.ok("stop first");
    assert!(flag.exists());
    home.ok("undo");
    assert!(!flag.exists());
    home.ok("stop second");
    home.ok("resume");
    assert!(!flag.exists());
    home.ok("undo");
    assert!(flag.exists());
    assert_eq!(home.json("today")["kill_switch"]["reason"], "second");
    // A database that says so raises the flag that was lost; an older database beside a flag stays stopped.
    fs::remove_file(&flag).unwrap();
    assert_eq!(home.json("today")["kill_switch"]["state"], "stopped");
    home.ok("sync");
    assert!(flag.exists());
    home.ok("resume");
    home.audit_holds();
}

#[test]
fn a_stop_without_a_database_that_opens_is_in_force() {
    let home = with_moves(&["ann@acme.example"]);
    home.edit_config(|config| format!("{config}\nmode = 7\n"));
    let ran = at_once(&home, "stop").exits(0);
    assert!(ran.out.contains("in force all the same"), "{:?}", ran.out);
    assert!(home.path().join("caseyos.stop").exists());
    let nothing = Home::empty();
    at_once(&nothing, "stop").exits(1);
    assert!(!nothing.path().join("caseyos.stop").exists());
}
