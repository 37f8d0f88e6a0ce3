//! The command line as scripts and cron see it: exit codes, pipes, bad configurations, and guards that refuse.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use crate::home::{Home, Ran, form, hostile};

fn with_forms(count: usize) -> Home {
    let home = Home::live();
    home.contacts(&(0..count).fold("Email,First Name\n".to_owned(), |csv, i| {
        format!("{csv}p{i}@firm{i}.example,P{i}\n")
    }));
    let lines: Vec<String> = (0..count)
        .map(|i| {
            form(
                &format!("p{i}@firm{i}.example"),
                "2026-11-23T09:00:00Z",
                "Prices?",
            )
        })
        .collect();
    home.signals(&lines).exits(0);
    home
}

#[test]
fn exit_codes_say_how_it_ended() {
    let home = with_forms(2);
    let check = |line: &str, code: i32| {
        let ran = home.run(line.split_whitespace());
        assert_eq!(ran.code, Some(code), "{line}: {ran:?}");
        if matches!(code, 1 | 2) {
            assert!(
                ran.out.is_empty() && !ran.err.trim().is_empty(),
                "{line}: what went wrong is said on stderr: {ran:?}"
            );
        }
    };
    check("today", 0);
    check("sync", 0);
    check("sync --fail-on-empty", 5);
    check("today --domain marketing --fail-on-empty", 5);
    check("today --domain marketing", 0);
    check("signals list nobody@else.example", 2);
    check("show 99", 2);
    check("approve 99", 2);
    check("approve x", 2);
    check("nonsense", 2);
    check("today --nonsense", 2);
    check("today --domain sails", 2);
    check("today --now yesterday", 2);
    check("outcome add deal_won", 2);
    check("outcome add deal_wan --move 1", 2);
    check("when --zone Europe/Madird", 2);
    check("when nobody@else.example", 2);
    check("why nobody@else.example", 2);
    check("snooze 1 sometime", 2);
    check("contacts import missing.csv", 2);
    check("signals add --file missing.jsonl", 2);
    check("mail read missing.eml", 2);
    check("suppress add nonsense", 2);
    check("undo 99", 2);
    check("mode lvie", 2);
    check("stop --fail-on-empty", 0);
    check("stop --fail-on-empty", 5);
    check("approve 1", 4);
    check("resume", 0);
    check("approve 1", 0);
    check("undo", 4);
    check("audit verify", 0);
    let partly = home.signals(&[
        "{}".into(),
        form("x@y.example", "2026-11-23T09:00:00Z", "Hi"),
    ]);
    assert_eq!(
        (partly.code, &partly.json()["rejected"][0]["line"]),
        (Some(3), &1.into())
    );
    // The table refuses to be edited, so an editor must first take that away.
    let database = home.database();
    let edit = "UPDATE audit SET actor = 'nobody' WHERE seq = 1";
    assert!(database.execute_batch(edit).is_err());
    let triggers: Vec<String> = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        database
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    database.execute_batch(edit).unwrap();
    check("audit verify", 1);
    // A mailbox that has gone is a source that failed; the rest went on.
    fs::remove_dir_all(home.inbox()).unwrap();
    check("sync", 3);
    let nothing = Home::empty();
    let ran = nothing.run(["today"]).exits(1);
    assert!(
        ran.err.contains("caseyos init") && ran.err.contains("demo"),
        "{ran:?}"
    );
}

/// Lists the commands that a help text names.
fn commands_of(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|l| *l != "Commands:")
        .skip(1)
        .take_while(|l| l.starts_with("  "))
        .filter(|l| !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_subcommand_has_help() {
    fn walk(home: &Home, path: &[String], seen: &mut usize) {
        let ran = home
            .run(path.iter().map(String::as_str).chain(["--help"]))
            .exits(0);
        assert!(
            ran.out.contains("Usage:") && ran.err.is_empty() && hostile(&ran.bytes).is_empty(),
            "{path:?}"
        );
        *seen += 1;
        for name in commands_of(&ran.out) {
            let deeper: Vec<String> = path.iter().cloned().chain([name]).collect();
            walk(home, &deeper, seen);
        }
    }
    let home = Home::empty();
    let mut seen = 0;
    walk(&home, &[], &mut seen);
    assert!(seen > 40, "{seen}");
    for line in [
        "",
        "init",
        "today",
        "show",
        "approve",
        "snooze",
        "skip",
        "sync",
        "why",
        "when",
        "undo",
        "completions",
        "mail add",
        "mail read",
        "signals add",
        "outcome add",
        "rules check",
    ] {
        let ran = home.run(line.split_whitespace().chain(["--help"])).exits(0);
        assert!(ran.out.contains("Example"), "{line}: {}", ran.out);
    }
    assert!(home.ok("--version").starts_with("caseyos "));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = with_forms(60);
    for line in [
        "today --limit 1000",
        "today --limit 1000 --json",
        "contacts export",
        "contacts export --format json",
        "signals list --json",
        "config example",
        "completions bash",
        "--help",
        "contacts list --limit 1000",
    ] {
        let mut child = home
            .command(line.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut byte = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut byte).unwrap();
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert!(ran.err.is_empty() && ran.code == Some(0), "{line}: {ran:?}");
        // Nor where nobody ever listened.
        let child = home
            .command(line.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(|mut c| {
                drop(c.stdout.take());
                c
            });
        let ran: Ran = child.unwrap().wait_with_output().unwrap().into();
        assert!(ran.err.is_empty() && ran.code == Some(0), "{line}: {ran:?}");
    }
}

#[test]
fn pipes_and_plain_terminals_get_no_escapes() {
    let home = with_forms(3);
    home.ok("approve 1");
    for line in [
        "",
        "today",
        "show 2",
        "why p1@firm1.example",
        "contacts list",
        "sync",
        "outcome list",
        "undo --list",
        "--help",
        "nonsense",
    ] {
        for set in [None, Some(("NO_COLOR", "1")), Some(("TERM", "dumb"))] {
            let mut command = home.command(line.split_whitespace());
            command.envs(set);
            let ran: Ran = command.output().unwrap().into();
            assert!(
                !ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'),
                "{line} {set:?}: {ran:?}"
            );
        }
    }
}

#[test]
fn a_bad_configuration_is_named_with_its_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/configs");
    let home = Home::init();
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let expect = fs::read_to_string(path.with_extension("expect")).unwrap();
            fs::copy(&path, home.path().join("config.toml")).unwrap();
            for line in ["today", "sync", "config check"] {
                let ran = home.run(line.split_whitespace()).exits(2);
                assert!(
                    ran.err.contains(expect.trim_end_matches('\n')),
                    "{}: {}",
                    path.display(),
                    ran.err
                );
            }
            seen += 1;
        }
    }
    assert!(seen >= 7);
}

#[test]
fn the_kill_switch_holds_and_fails_closed() {
    let home = with_forms(3);
    home.ok("stop on holiday");
    let ran = home.run(["approve", "1"]).exits(4);
    assert!(
        ran.out.contains("kill switch") && ran.out.contains("on holiday"),
        "{ran:?}"
    );
    assert!(home.outbox().is_empty() && home.json("show 1")["status"] == "open");
    home.ok("resume");
    home.ok("approve 1");
    assert_eq!(home.outbox().len(), 1);
    for damage in [
        "UPDATE control SET value = 'rnning'",
        "DELETE FROM control",
        "ALTER TABLE control RENAME TO gone",
    ] {
        home.database().execute_batch(damage).unwrap();
        let ran = home.run(["approve", "2"]).exits(4);
        assert!(ran.out.contains("cannot be read"), "{damage}: {ran:?}");
        home.run(["sync"]).exits(0);
        home.run(["today"]).exits(0);
    }
    assert_eq!(home.outbox().len(), 1, "nothing more left");
}

#[test]
fn several_moves_are_approved_in_one_go() {
    let home = with_forms(4);
    // One wrong number is a slip: nothing is approved.
    home.run(["approve", "1", "99"]).exits(2);
    home.run(["approve", "1", "2", "--hash", &"0".repeat(64)])
        .exits(2);
    assert!(home.outbox().is_empty());
    let shown = home.run(["approve", "1", "2", "--dry-run"]).exits(0);
    assert!(shown.out.contains("Move 1:") && shown.out.contains("Move 2:"));
    home.ok("stop");
    home.run(["approve", "1", "2"]).exits(4);
    home.ok("resume");
    let both = home.json("approve 1 4 4");
    let results: Vec<_> = both
        .as_array()
        .unwrap()
        .iter()
        .map(|done| (done["move"].as_i64().unwrap(), done["result"].clone()))
        .collect();
    assert_eq!(results, [(1, "sent".into()), (4, "sent".into())]);
    assert_eq!(home.outbox().len(), 2);
    // What is refused to one keeps no other back.
    let whom = home.json("show 2")["email"].as_str().unwrap().to_owned();
    home.ok(&format!("suppress add {whom}"));
    let mixed = home.run(["approve", "2", "3", "--json"]).exits(3).json();
    assert_eq!(
        (&mixed[0]["result"], &mixed[1]["result"]),
        (&"blocked".into(), &"sent".into())
    );
    assert_eq!(home.outbox().len(), 3);
    // What is done already keeps its answer.
    let again = home.run(["approve", "1", "3"]).exits(0);
    assert!(again.out.contains("Move 3:"), "{again:?}");
}

#[test]
fn what_is_queued_stays_when_everything_stops() {
    let mut home = with_forms(2);
    home.at("2026-11-23T07:00:00Z").run(["today"]);
    home.database()
        .execute_batch("UPDATE move SET due_at = due_at")
        .unwrap();
    let held = home.run(["approve", "1"]).exits(4);
    assert!(held.out.contains("send window"), "{held:?}");
    home.ok("stop");
    home.at("2026-11-23T10:00:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    home.ok("resume --yes");
    home.ok("sync");
    assert_eq!(home.outbox().len(), 1);
}

#[test]
fn suppressed_people_are_never_written_to() {
    let home = with_forms(3);
    home.ok("suppress add P0@firm0.example");
    home.ok("suppress add firm1.example");
    home.run_with_input(
        ["contacts", "import", "-"],
        b"Email,Lifecycle Stage\np2@firm2.example,do_not_contact\n",
    )
    .exits(0);
    for id in 1..=3 {
        let ran = home.run(["approve", &id.to_string()]).exits(4);
        assert!(ran.out.contains("suppression"), "{ran:?}");
    }
    // Also one that was approved before.
    assert!(home.outbox().is_empty());
    let mut home = with_forms(1);
    home.at("2026-11-23T07:00:00Z")
        .run(["approve", "1"])
        .exits(4);
    home.ok("suppress add p0@firm0.example");
    home.at("2026-11-23T10:00:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    assert_eq!(home.json("show 1")["status"], "open");
}

#[test]
fn a_template_that_lacks_a_value_sends_nothing() {
    let home = with_forms(1);
    home.write(
        "templates/form_follow_up.j2",
        "---\nsubject: Hi\n---\nHi {{ deal.name }},\n",
    );
    let ran = home.run(["approve", "1"]).exits(2);
    assert!(ran.err.contains("deal.name"), "{ran:?}");
    home.run(["approve", "1", "--dry-run"]).exits(2);
    assert!(home.outbox().is_empty());
    assert_eq!(home.json("show 1")["status"], "open");
    home.ok("show 1");
    assert!(
        home.json("show 1")["draft_problem"]
            .as_str()
            .unwrap()
            .contains("deal.name")
    );
}

#[test]
fn the_third_mail_of_a_week_waits() {
    let mut home = with_forms(1);
    home.limits("per_day = 1000\nper_hour = 1000\nper_domain_day = 1000\nmin_gap_seconds = 0\nper_contact_week = 2\n[limits.ramp]\nenabled = false");
    home.ok("approve 1");
    for (i, at) in ["2026-11-24T09:00:00Z", "2026-11-30T09:30:00Z"]
        .into_iter()
        .enumerate()
    {
        home.at(at);
        home.signals(&[format!(r#"{{"kind":"manual","at":"{at}","email":"p0@firm0.example","action":"send_email","title":"Write","note":"{i}"}}"#)]).exits(0);
        let ran = home.run(["approve", &(i + 2).to_string(), "--json"]);
        if i == 0 {
            ran.exits(0);
        } else {
            let held = ran.exits(4).json();
            assert_eq!(
                (&held["result"], &held["clears_at"]),
                (&"held".into(), &"2026-11-30T10:00:00Z".into()),
                "{held:#}"
            );
        }
    }
    home.at("2026-11-30T09:59:00Z").ok("sync");
    assert_eq!(home.outbox().len(), 2);
    home.at("2026-11-30T10:00:01Z").ok("sync");
    assert_eq!(home.outbox().len(), 3);
    assert_eq!(
        home.outcomes()
            .iter()
            .filter(|k| *k == "email_sent")
            .count(),
        3
    );
}

#[test]
fn an_approval_holds_for_a_day() {
    let mut home = with_forms(1);
    // Friday evening: the window opens on Monday, when the consent is too old.
    home.at("2026-11-27T18:00:00Z");
    let held = home.run(["approve", "1"]).exits(4);
    assert!(
        held.out.contains("expire"),
        "it says that it will not last: {}",
        held.out
    );
    home.at("2026-11-30T09:00:00Z").ok("sync");
    assert!(home.outbox().is_empty());
    let detail = home.json("show 1");
    assert_eq!(
        (&detail["status"], &detail["executions"][0]["status"]),
        (&"open".into(), &"cancelled".into()),
        "{detail:#}"
    );
    home.ok("approve 1");
    assert_eq!(home.outbox().len(), 1);
}

#[test]
fn consent_is_to_one_content() {
    let mut home = with_forms(2);
    let hash = home.json("show 1")["draft"]["content_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    home.run(["edit", "1", "--subject", "Other", "--body", "Other words."])
        .exits(0);
    let ran = home.run(["approve", "1", "--hash", &hash]).exits(2);
    assert!(
        ran.err.contains("changed") && home.outbox().is_empty(),
        "{ran:?}"
    );
    home.run(["approve", "1", "--hash", "abc"]).exits(2);
    let hash = home.json("show 1")["draft"]["content_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    // Approved and waiting, it can no longer be edited, and what was tampered with does not leave.
    home.at("2026-11-23T07:00:00Z")
        .run(["approve", "1", "--hash", &hash])
        .exits(4);
    home.run(["edit", "1", "--body", "Something else."])
        .exits(2);
    home.database()
        .execute_batch(
            "UPDATE execution SET content = replace(content, 'Other words', 'Evil words')",
        )
        .unwrap();
    home.at("2026-11-23T10:00:00Z").run(["sync"]).exits(3);
    assert!(home.outbox().is_empty());
    let detail = home.json("show 1");
    assert_eq!(detail["executions"][0]["status"], "cancelled");
    assert!(
        detail["executions"][0]["error"]
            .as_str()
            .unwrap()
            .contains("changed after it was approved"),
        "{detail:#}"
    );
}

#[test]
fn a_draft_lies_in_drafts_until_it_is_undone() {
    let home = with_forms(1);
    home.ok("mode draft");
    home.ok("approve 1");
    let [draft] = &home.drafts()[..] else {
        panic!()
    };
    let name = draft.path.file_name().unwrap().to_str().unwrap();
    assert!(name.split_once(":2,").unwrap().1.contains('D'), "{name}");
    assert!(home.outbox().is_empty() && draft.body.contains("Hi P0,"));
    assert!(home.outcomes().is_empty());
    home.ok("undo");
    assert!(home.drafts().is_empty());
    assert_eq!(home.json("show 1")["status"], "open");
    home.ok("mode dry-run");
    let shown = home.run(["approve", "1"]).exits(0);
    assert!(shown.out.contains("Message-ID:") && home.drafts().is_empty());
    assert_eq!(home.json("show 1")["status"], "open");
}

#[test]
fn a_home_that_cannot_be_written_says_so() {
    let home = Home::empty();
    let file = home.write("file", "x");
    let ran: Ran = home
        .command(["init", "--yes"])
        .env("CASEYOS_HOME", file.join("below"))
        .output()
        .unwrap()
        .into();
    assert!(
        matches!(ran.code, Some(1 | 2))
            && !ran.err.contains("panicked")
            && ran.err.contains("below"),
        "{ran:?}"
    );
    let ran: Ran = home
        .command(["today"])
        .env("CASEYOS_HOME", "/proc/nowhere")
        .output()
        .unwrap()
        .into();
    assert!(
        ran.code == Some(1) && ran.err.contains("caseyos init"),
        "{ran:?}"
    );
    let ran: Ran = home
        .command(["today"])
        .env("CASEYOS_NOW", "soon")
        .output()
        .unwrap()
        .into();
    assert!(
        ran.code == Some(2) && ran.err.contains("CASEYOS_NOW"),
        "{ran:?}"
    );
    let broken = Home::init();
    fs::write(
        broken.path().join("caseyos.db"),
        "this is no database, though it is long enough to look like one".repeat(100),
    )
    .unwrap();
    for side in ["caseyos.db-wal", "caseyos.db-shm"] {
        drop(fs::remove_file(broken.path().join(side)));
    }
    let ran = broken.run(["today"]).exits(1);
    assert!(!ran.err.contains("panicked"), "{ran:?}");
}
