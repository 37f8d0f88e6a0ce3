//! Killed at any boundary, then started again: exactly one message, and the books agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use caseyos::env::monotonic;

use crate::home::{Home, form, letter, poll};

/// Every place at which the program can be made to die.
const POINTS: &[&str] = &[
    "before-approval",
    "after-approval",
    "before-claim",
    "after-claim",
    "before-sync",
    "before-rename",
    "after-rename",
    "after-delivery",
    "after-settle",
    "before-commit",
    "after-commit",
];

/// Places within the talk with a provider, which need its double to be reached.
const ELSEWHERE: &[&str] = &[
    "after-ask",
    "before-ask",
    "calendar-page",
    "draft-appended",
    "draft-approved",
    "draft-edited",
    "draft-left",
    "draft-removed",
    "gmail-batch",
    "record-after-look",
    "token-refreshed",
    "undo-asked",
];

/// Passes of one place within one command, at most.
const MAX_PASSES: u32 = 200;

fn model(mode: &str) -> Home {
    static MODELS: OnceLock<[Home; 2]> = OnceLock::new();
    let [live, draft] = MODELS.get_or_init(|| {
        let live = Home::live();
        live.contacts("Email,First Name\nann@acme.example,Ann\n");
        live.signals(&[form(
            "ann@acme.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        )])
        .exits(0);
        let draft = live.copy();
        draft.ok("mode draft");
        [live, draft]
    });
    if mode == "live" {
        live.copy()
    } else {
        draft.copy()
    }
}

/// Asserts that one message is out and that everything knows it.
#[track_caller]
fn is_done_once(home: &Home, mode: &str, how: &str) {
    let (out, drafts) = (home.outbox(), home.drafts());
    let (here, elsewhere) = if mode == "live" {
        (&out, &drafts)
    } else {
        (&drafts, &out)
    };
    assert_eq!((here.len(), elsewhere.len()), (1, 0), "{how}");
    let detail = home.json("show 1");
    assert_eq!(detail["status"], "done", "{how}: {detail:#}");
    let executions = detail["executions"].as_array().unwrap();
    assert_eq!(executions.len(), 1, "{how}");
    assert_eq!(
        executions[0]["message_id"],
        here[0].message_id.as_str(),
        "{how}"
    );
    assert_eq!(
        executions[0]["status"],
        if mode == "live" { "sent" } else { "drafted" },
        "{how}"
    );
    assert_eq!(
        executions[0]["location"],
        here[0].path.to_str().unwrap(),
        "{how}"
    );
    assert_eq!(
        home.outcomes(),
        if mode == "live" {
            vec!["email_sent"]
        } else {
            vec![]
        },
        "{how}"
    );
    assert_eq!(
        home.json("undo --list").as_array().unwrap().len(),
        1,
        "{how}"
    );
    let sent = home.json("today")["sent"].as_u64().unwrap();
    assert_eq!(sent, u64::from(mode == "live"), "{how}");
    home.audit_holds();
}

/// Walks the boundaries of `command` from the state that `begin` makes; returns how many there are.
#[track_caller]
fn walk(
    command: &str,
    mode: &str,
    begin: &(dyn Fn() -> Home + Sync),
    check: &(dyn Fn(&Home, &str) + Sync),
) -> usize {
    let mut walked = 0;
    for point in POINTS {
        for pass in 1..=MAX_PASSES {
            let home = begin();
            let place = format!("{point}#{pass}");
            if !home.crashes_at(&place, command) {
                break;
            }
            walked += 1;
            check(
                &home,
                &format!("{command} killed at {place} in mode {mode}"),
            );
        }
    }
    walked
}

#[test]
fn every_crash_point_of_the_source_is_walked() {
    fn search(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                search(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.extend(
                    text.split("crash_point(\"")
                        .skip(1)
                        .map(|rest| rest.split('"').next().unwrap().to_owned()),
                );
            }
        }
    }
    let mut found = BTreeSet::new();
    search(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let known = POINTS.iter().chain(ELSEWHERE);
    assert_eq!(found, known.map(|p| (*p).to_owned()).collect());
}

#[test]
fn an_approval_killed_at_any_boundary_sends_one_message() {
    let mut walked = 0;
    for mode in ["live", "draft"] {
        walked += walk("approve 1", mode, &|| model(mode), &|home, how| {
            assert!(home.outbox().len() + home.drafts().len() <= 1, "{how}");
            home.ok("sync");
            home.ok("sync");
            if home.json("show 1")["status"] == "open" {
                // It died before the consent was kept, so the operator asks again.
                assert!(
                    home.outbox().is_empty() && home.drafts().is_empty(),
                    "{how}"
                );
                home.ok("approve 1");
            }
            is_done_once(home, mode, how);
        });
    }
    println!("boundaries of an approval: {walked}");
    assert!(walked >= 30, "{walked}");
}

#[test]
fn a_pass_killed_at_any_boundary_sends_what_waits_once() {
    let mut walked = 0;
    for mode in ["live", "draft"] {
        let queued = model(mode);
        assert!(queued.crashes_at("after-approval", "approve 1"));
        walked += walk("sync", mode, &|| queued.copy(), &|home, how| {
            home.ok("sync");
            home.ok("sync");
            is_done_once(home, mode, how);
        });
    }
    // Held by the window at first.
    let mut held = model("live");
    held.at("2026-11-23T07:00:00Z").run(["signals", "health"]);
    let mut held = {
        let home = &mut held;
        home.run(["approve", "1"]).exits(4);
        home.copy()
    };
    held.at("2026-11-23T10:00:00Z");
    walked += walk("sync", "live", &|| held.copy(), &|home, how| {
        home.ok("sync");
        home.ok("sync");
        is_done_once(home, "live", how);
    });
    println!("boundaries of a pass: {walked}");
    assert!(walked >= 40, "{walked}");
}

#[test]
fn an_approval_that_waits_to_be_taken_back_is_sent_once_wherever_it_is_killed() {
    let mut waiting = model("live");
    waiting.undo_window(20);
    let walked = walk("approve 1", "live", &|| waiting.copy(), &|home, how| {
        assert!(home.outbox().is_empty(), "{how}: it left within its window");
        home.ok("sync");
        if home.json("show 1")["status"] == "open" {
            home.ok("approve 1");
        }
        assert!(home.outbox().is_empty(), "{how}: it left within its window");
        home.at_later("2026-11-23T10:00:20Z").ok("sync");
        is_done_once(home, "live", how);
    });
    waiting.ok("approve 1");
    waiting.at("2026-11-23T10:00:20Z");
    let let_out = walk("sync", "live", &|| waiting.copy(), &|home, how| {
        home.ok("sync");
        is_done_once(home, "live", how);
    });
    println!("boundaries of an undo window: {walked} and {let_out}");
    assert!(walked >= 4 && let_out >= 10, "{walked} {let_out}");
}

#[test]
fn a_message_in_doubt_is_sent_once_wherever_its_recovery_is_killed() {
    // The outbox cannot be looked at, so nobody knows whether it left.
    let broken = model("live");
    assert!(broken.crashes_at("after-claim", "approve 1"));
    let (there, away) = (
        broken.path().join("Mail/outbox"),
        broken.path().join("away"),
    );
    fs::rename(&there, &away).unwrap();
    let mut walked = walk("sync", "live", &|| broken.copy(), &|home, how| {
        home.ok("sync");
        assert_eq!(home.json("outbox")[0]["status"], "uncertain", "{how}");
        fs::rename(home.path().join("away"), home.path().join("Mail/outbox")).unwrap();
        home.ok("sync");
        home.at_later("2026-11-23T10:05:00Z").ok("sync");
        home.at_later("2026-11-23T10:10:00Z").ok("sync");
        is_done_once(home, "live", how);
    });
    broken.ok("sync");
    fs::rename(&away, &there).unwrap();
    walked += walk("sync", "live", &|| broken.copy(), &|home, how| {
        home.ok("sync");
        home.at_later("2026-11-23T10:05:00Z").ok("sync");
        is_done_once(home, "live", how);
    });
    println!("boundaries of doubts: {walked}");
    assert!(walked >= 8, "{walked}");
}

#[test]
fn a_recovery_that_is_killed_itself_still_sends_one_message() {
    let mut walked = 0;
    for first in [
        "after-claim",
        "before-rename",
        "after-rename",
        "after-delivery",
    ] {
        let broken = model("live");
        assert!(broken.crashes_at(first, "approve 1"));
        walked += walk("sync", "live", &|| broken.copy(), &|home, how| {
            home.ok("sync");
            is_done_once(home, "live", &format!("after {first}, {how}"));
        });
    }
    println!("boundaries of recoveries: {walked}");
    assert!(walked >= 30, "{walked}");
}

#[test]
fn mail_is_taken_in_once_wherever_a_pass_is_killed() {
    let ready = model("live");
    for i in 0..120 {
        let from = format!("Person {i} <p{}@firm{}.example>", i % 40, i % 7);
        ready.deliver(
            &format!("{}.m.example", 1_795_400_000 + i),
            letter(
                &from,
                "Pricing",
                &format!("Mon, 23 Nov 2026 08:{:02}:{:02} +0000", i / 60, i % 60),
                "",
                "Could you send prices?",
            ),
        );
    }
    ready.contacts(&(0..40).fold("Email\n".to_owned(), |csv, i| {
        (0..7).fold(csv, |csv, f| format!("{csv}p{i}@firm{f}.example\n"))
    }));
    let summary = |home: &Home| {
        let mut health = home.json("signals health");
        for source in health.as_array_mut().unwrap() {
            source["failures"] = 0.into();
            // A run that was broken off is no run.
            source["recent_runs"] = 0.into();
        }
        let signals = home
            .json("signals list --limit 1000")
            .as_array()
            .unwrap()
            .len();
        (health, signals, home.today().len(), home.outcomes())
    };
    let whole = ready.copy();
    whole.ok("sync");
    whole.ok("sync");
    let expect = summary(&whole);
    let walked = walk("sync", "live", &|| ready.copy(), &|home, how| {
        home.ok("sync");
        home.ok("sync");
        assert_eq!(summary(home), expect, "{how}");
        home.audit_holds();
    });
    println!("boundaries of an intake of 120 mails: {walked}");
    assert!(walked >= 8, "{walked}");
}

#[test]
fn an_undo_killed_at_any_boundary_can_be_done_again() {
    let drafted = model("draft");
    drafted.ok("approve 1");
    let walked = walk("undo", "draft", &|| drafted.copy(), &|home, how| {
        home.run(["undo"]);
        assert!(home.drafts().is_empty(), "{how}");
        assert_eq!(home.json("show 1")["status"], "open", "{how}");
        home.ok("approve 1");
        assert_eq!(home.drafts().len(), 1, "{how}");
        home.audit_holds();
    });
    println!("boundaries of an undo: {walked}");
    assert!(walked >= 2);
}

#[test]
fn a_kill_at_any_moment_sends_one_message() {
    const KILLS: u32 = 40;
    let length = {
        let home = model("live");
        let begin = monotonic();
        home.ok("approve 1");
        monotonic() - begin
    };
    let mut at_each = [0; 3];
    for kill in 0..KILLS {
        let home = model("live");
        let delay = length * kill / KILLS;
        let mut child = home
            .command(["approve", "1"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let begin = monotonic();
        poll(Duration::from_secs(10), "the moment", || {
            monotonic() - begin >= delay
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let how = format!("killed after {delay:?}");
        home.ok("sync");
        home.ok("sync");
        if home.json("show 1")["status"] == "open" {
            assert!(home.outbox().is_empty(), "{how}");
            home.ok("approve 1");
            at_each[0] += 1;
        } else {
            at_each[1] += 1;
        }
        is_done_once(&home, "live", &how);
        at_each[2] += 1;
    }
    println!(
        "kills: {} before the consent was kept, {} after; {} in all",
        at_each[0], at_each[1], at_each[2]
    );
}
